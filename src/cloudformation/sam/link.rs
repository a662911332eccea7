//! Names that were read before what they mean was made.

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::{Body, Expr, ExprKind, Module, Repeat, Root, TemplatePart};
use crate::source::Span;

use super::super::intrinsic::resource;

/// Lets references to resources that the transform made mean them. What still means nothing is returned.
pub(super) fn link(module: &mut Module, referables: &IndexMap<String, Str>) -> Vec<(Str, Span)> {
    let made: FxHashSet<Str> = module.resources.iter().map(|r| r.name.clone()).collect();
    let mut links = Links { made: &made, referables, left: Vec::new() };
    for resource in &mut module.resources {
        links.body(&mut resource.body);
        links.body(&mut resource.meta);
        if let Repeat::Condition(condition) = &mut resource.repeat {
            links.expr(condition);
        }
        resource.depends_on.iter_mut().for_each(|e| links.expr(e));
    }
    for call in module.calls.values_mut() {
        call.arguments.iter_mut().for_each(|a| links.expr(&mut a.value));
    }
    for output in module.outputs.values_mut() {
        links.expr(&mut output.value);
        if let Some(export) = &mut output.export {
            links.expr(export);
        }
    }
    links.left
}

struct Links<'l> {
    made: &'l FxHashSet<Str>,
    referables: &'l IndexMap<String, Str>,
    left: Vec<(Str, Span)>,
}

impl Links<'_> {
    fn body(&mut self, body: &mut Body) {
        body.attributes.iter_mut().for_each(|a| self.expr(&mut a.value));
    }

    /// What expressions nest is bounded where they are read.
    fn expr(&mut self, expr: &mut Expr) {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Attr(inner, attribute) => {
                if let ExprKind::Root(Root::Undeclared(name) | Root::Resource { name, .. }) = &inner.kind {
                    let name = name.clone();
                    if let Some((id, rest)) = self.referable(&name, attribute) {
                        let root = Expr::new(ExprKind::Root(resource(&id)), span);
                        expr.kind = ExprKind::Attr(Box::new(root), rest);
                        return;
                    }
                    if matches!(inner.kind, ExprKind::Root(Root::Undeclared(_))) {
                        if self.made.contains(&name) {
                            inner.kind = ExprKind::Root(resource(&name));
                        } else {
                            self.left.push((name, span));
                        }
                    }
                    return;
                }
                self.expr(inner);
            }
            ExprKind::Root(Root::Undeclared(name)) => {
                let name = name.clone();
                let id = match (self.made.contains(&name), self.referables.get(name.as_str())) {
                    (true, _) => name,
                    (false, Some(id)) => id.clone(),
                    (false, None) => {
                        if !name.contains('/') {
                            self.left.push((name, span));
                        }
                        return;
                    }
                };
                let root = Expr::new(ExprKind::Root(resource(&id)), span);
                expr.kind = ExprKind::Attr(Box::new(root), "Ref".into());
            }
            ExprKind::List(items) => items.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Call { args, .. } => args.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Object(items) => items.iter_mut().for_each(|i| self.expr(&mut i.value)),
            ExprKind::Index(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|e| self.expr(e)),
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Interpolation(inner) = part {
                        self.expr(inner);
                    }
                }
            }
            _ => {}
        }
    }

    /// What `Function.Alias`, `Function.DestinationQueue.Arn` mean: a resource and its attribute.
    fn referable(&self, name: &str, attribute: &str) -> Option<(Str, Str)> {
        let (property, rest) = attribute.split_once('.').unwrap_or((attribute, "Ref"));
        let id = self.referables.get(&format!("{name}.{property}"))?;
        Some((id.clone(), rest.into()))
    }
}
