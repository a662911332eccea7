//! The references that expressions make, without evaluating them.

use crate::program::{Expr, ExprKind, Module, Root, TemplatePart};

/// The locals that an expression names directly.
pub(super) fn locals_in(expr: &Expr, module: &Module, found: &mut Vec<usize>) {
    each_root(expr, &mut |root| {
        if let Root::Local(name) = root
            && let Some(at) = module.locals.get_index_of(name)
        {
            found.push(at);
        }
    });
    found.sort_unstable();
    found.dedup();
}

/// Visits the roots of all references in a body.
pub(super) fn each_root_of_body(body: &crate::program::Body, visit: &mut dyn FnMut(&Root)) {
    body.attributes.iter().for_each(|a| each_root(&a.value, visit));
    for block in &body.blocks {
        if let Some(dynamic) = &block.dynamic {
            each_root(&dynamic.for_each, visit);
        }
        each_root_of_body(&block.body, visit);
    }
}

/// Visits the roots of all references in an expression.
fn each_root(expr: &Expr, visit: &mut dyn FnMut(&Root)) {
    fn parts(all: &[TemplatePart], visit: &mut dyn FnMut(&Root)) {
        for part in all {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Interpolation(expr) => each_root(expr, visit),
                TemplatePart::If(condition, yes, no) => {
                    each_root(condition, visit);
                    parts(yes, visit);
                    parts(no, visit);
                }
                TemplatePart::For(head, body) => {
                    each_root(&head.2, visit);
                    parts(body, visit);
                }
            }
        }
    }
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Unknown(_) => {}
        ExprKind::Root(root) => visit(root),
        ExprKind::Template(all) => parts(all, visit),
        ExprKind::List(items) => items.iter().for_each(|e| each_root(e, visit)),
        ExprKind::Object(items) => items.iter().for_each(|item| {
            each_root(&item.key, visit);
            each_root(&item.value, visit);
        }),
        ExprKind::Attr(inner, _) | ExprKind::Unary(_, inner) => each_root(inner, visit),
        ExprKind::Index(a, b) | ExprKind::Splat(a, b) | ExprKind::Binary(_, a, b) => {
            each_root(a, visit);
            each_root(b, visit);
        }
        ExprKind::Conditional(a, b, c) => {
            each_root(a, visit);
            each_root(b, visit);
            each_root(c, visit);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|e| each_root(e, visit)),
        ExprKind::For(inner) => {
            each_root(&inner.collection, visit);
            inner.key.iter().chain(inner.condition.iter()).for_each(|e| each_root(e, visit));
            each_root(&inner.value, visit);
        }
    }
}
