//! Planned values as expressions: literals, what is sensitive, what is only known after apply and what that refers to.

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, Mode, ObjectItem, Root};
use crate::source::Span;
use crate::syntax::{Kind, NodeId};

use super::super::json::{decode_string, plain_scalar};
use super::reference::{Reference, Step, key_text, maximal};
use super::{Instance, MAX_DEPTH, PlanReader};

/// Where a value of a resource instance is read.
pub(super) struct Context<'a> {
    pub(super) module: usize,
    pub(super) instance: &'a Instance,
    pub(super) all: &'a [Instance],
}

pub(super) fn after_apply(span: Span) -> Expr {
    Expr::new(ExprKind::Unknown("known after apply".into()), span)
}

impl PlanReader<'_> {
    /// A planned value with what the parallel trees say of it.
    pub(super) fn planned(
        &self,
        value: NodeId,
        unknown: Option<NodeId>,
        sensitive: Option<NodeId>,
        configured: Option<NodeId>,
        context: &Context<'_>,
        depth: usize,
    ) -> Expr {
        let json = self.json;
        let tree = json.tree;
        let span = tree.span(value);
        if json.is(unknown, "true") || depth > MAX_DEPTH {
            let referenced = self.referenced(context.module, configured, Some(context));
            return Expr { span, ..referenced.unwrap_or_else(|| after_apply(span)) };
        }
        if json.is(sensitive, "true") {
            let inner = self.planned(value, unknown, None, configured, context, depth + 1);
            let kind = ExprKind::Call {
                name: "sensitive".into(),
                name_span: span,
                args: vec![inner],
                expand: false,
            };
            return Expr::new(kind, span);
        }
        let kind = match tree.kind(value) {
            Kind::Sequence => {
                let mut unknown = json.elements(unknown);
                let mut sensitive = json.elements(sensitive);
                let mut configured = json.elements(configured);
                let members = tree.children(value).map(|member| {
                    let (unknown, sensitive) = (unknown.next(), sensitive.next());
                    self.planned(member, unknown, sensitive, configured.next(), context, depth + 1)
                });
                ExprKind::List(members.collect())
            }
            Kind::Mapping => {
                let member = |node: Option<NodeId>, name: &str| node.and_then(|n| json.get(n, name));
                let mut items = Vec::new();
                for (key, inner) in json.members(value) {
                    let Some(name) = json.string(key) else { continue };
                    let configured = member(configured, &name);
                    let (unknown, sensitive) = (member(unknown, &name), member(sensitive, &name));
                    let value = self.planned(inner, unknown, sensitive, configured, context, depth + 1);
                    let key_span = tree.span(key);
                    items.push(ObjectItem {
                        key: Expr::string(name, key_span),
                        span: key_span.to(value.span),
                        value,
                    });
                }
                for (key, inner) in unknown.into_iter().flat_map(|n| json.members(n)) {
                    let Some(name) = json.string(key).filter(|_| json.is(Some(inner), "true")) else {
                        continue;
                    };
                    // What a block that is written out does not set is the provider's.
                    let computed = configured.is_some_and(|block| {
                        json.tree.kind(block) == Kind::Mapping
                            && json.get(block, "references").is_none()
                            && json.get(block, &name).is_none()
                    });
                    if computed || json.get(value, &name).is_some() {
                        continue;
                    }
                    let span = tree.span(key).to(tree.span(inner));
                    let configured = member(configured, &name);
                    let referenced = self.referenced(context.module, configured, Some(context));
                    let value = Expr { span, ..referenced.unwrap_or_else(|| after_apply(span)) };
                    items.push(ObjectItem { key: Expr::string(name, tree.span(key)), value, span });
                }
                ExprKind::Object(items)
            }
            _ => {
                let literal = self.literal(value, depth);
                return match (&literal.kind, configured) {
                    (ExprKind::Literal(Literal::String(text)), Some(_)) => self
                        .same_as_referenced(text, configured, context)
                        .map_or(literal, |e| Expr { span, ..e }),
                    _ => literal,
                };
            }
        };
        Expr::new(kind, span)
    }

    /// The reference that a known string was taken from, where the referenced attribute is planned to be that string.
    fn same_as_referenced(
        &self,
        text: &str,
        configured: Option<NodeId>,
        context: &Context<'_>,
    ) -> Option<Expr> {
        let json = self.json;
        let reference = self.only_reference(configured?)?;
        let reference = Reference::parse(&reference)?;
        let (mode, type_name, name, rest) = reference.resource()?;
        let (key, attribute) = match rest {
            [Step::Key(key), Step::Name(attribute)] => (key_text(key), attribute),
            [Step::Name(attribute)] => (Str::new(), attribute),
            _ => return None,
        };
        let identity = (context.instance.module.clone(), mode, type_name.clone(), name.clone(), key);
        let target = context.all.get(*self.instances.get(&identity)?)?;
        let planned = json.string(json.get(target.after, attribute)?)?;
        if planned == text { self.referenced(context.module, configured, Some(context)) } else { None }
    }

    /// The one reference of an expression of the configuration part, if it has but one.
    fn only_reference(&self, configured: NodeId) -> Option<Str> {
        let json = self.json;
        let list: Vec<Str> =
            json.elements(json.get(configured, "references")).filter_map(|n| json.string(n)).collect();
        let mut longest = maximal(&list);
        let only = longest.next()?.clone();
        longest.next().is_none().then_some(only)
    }

    /// What an expression of the configuration part refers to, if the plan tells that without doubt: it has a single
    /// reference, to something that is in the plan.
    pub(super) fn referenced(
        &self,
        module: usize,
        configured: Option<NodeId>,
        context: Option<&Context<'_>>,
    ) -> Option<Expr> {
        let json = self.json;
        let configured = configured?;
        let span = json.tree.span(configured);
        let list: Vec<Str> =
            json.elements(json.get(configured, "references")).filter_map(|n| json.string(n)).collect();
        let longest: Vec<&Str> = maximal(&list).collect();
        let (reference, with_own_key) = match longest.as_slice() {
            [only] => (Reference::parse(only)?, false),
            // `aws_s3_bucket.b[each.key].id` is told as `aws_s3_bucket.b` and `each.key`.
            [a, b] if matches!(b.as_str(), "each.key" | "count.index") => (Reference::parse(a)?, true),
            [a, b] if matches!(a.as_str(), "each.key" | "count.index") => (Reference::parse(b)?, true),
            _ => return None,
        };
        self.expression_of(module, &reference, with_own_key, context, span)
    }

    /// What an argument that holds one identifier refers to where its expression names several things, as a choice
    /// does: the only managed resource among them that is in the plan.
    pub(super) fn identified(
        &self,
        module: usize,
        configured: NodeId,
        context: &Context<'_>,
    ) -> Option<Expr> {
        let json = self.json;
        let span = json.tree.span(configured);
        let list: Vec<Str> =
            json.elements(json.get(configured, "references")).filter_map(|n| json.string(n)).collect();
        let managed = |text: &Str| {
            let reference = Reference::parse(text)?;
            let (mode, _, _, rest) = reference.resource()?;
            let own_key = rest.is_empty();
            let found = self.expression_of(module, &reference, own_key, Some(context), span)?;
            (mode == Mode::Managed).then_some(found)
        };
        let mut found = maximal(&list).filter_map(managed);
        let only = found.next()?;
        found.next().is_none().then_some(only)
    }

    /// A reference as an expression, if what it refers to is in the plan.
    fn expression_of(
        &self,
        module: usize,
        reference: &Reference,
        with_own_key: bool,
        context: Option<&Context<'_>>,
        span: Span,
    ) -> Option<Expr> {
        let address = self.modules.get_index(module).map(|(address, _)| address.clone())?;
        let expr = |kind: ExprKind| Expr::new(kind, span);
        let (base, rest): (Expr, &[Step]) = if let Some((mode, type_name, name, rest)) = reference.resource()
        {
            let own_key = context.and_then(|c| c.instance.key.clone()).filter(|_| with_own_key);
            let key = match (rest.first(), &own_key) {
                (Some(Step::Key(key)), _) | (_, Some(key)) => key_text(key),
                _ => Str::new(),
            };
            let identity = (address, mode, type_name.clone(), name.clone(), key);
            if !self.instances.contains_key(&identity) {
                return None;
            }
            let (type_name, name) = (type_name.clone(), name.clone());
            let root = expr(ExprKind::Root(Root::Resource { mode, type_name, name }));
            match own_key {
                Some(key) if rest.is_empty() => {
                    let index = Box::new(expr(ExprKind::Literal(key)));
                    let indexed = expr(ExprKind::Index(Box::new(root), index));
                    (expr(ExprKind::Attr(Box::new(indexed), "id".into())), rest)
                }
                Some(_) => return None,
                None => (root, rest),
            }
        } else {
            match (reference.steps.as_slice(), reference.root.as_str()) {
                _ if with_own_key => return None,
                ([Step::Name(name), rest @ ..], "var") => {
                    self.modules.get_index(module)?.1.module.inputs.get(name)?;
                    (expr(ExprKind::Root(Root::Input(name.clone()))), rest)
                }
                ([Step::Name(name), Step::Key(key), rest @ ..], "module") => {
                    let name = format!("{name}[{}]", key_text(key));
                    (expr(ExprKind::Root(Root::Module(name.into()))), rest)
                }
                ([Step::Name(name), rest @ ..], "module") => {
                    (expr(ExprKind::Root(Root::Module(name.clone()))), rest)
                }
                _ => return None,
            }
        };
        let whole = rest.iter().fold(base, |base, step| match step {
            Step::Name(name) => expr(ExprKind::Attr(Box::new(base), name.clone())),
            Step::Key(key) => {
                let key = Box::new(expr(ExprKind::Literal(key.clone())));
                expr(ExprKind::Index(Box::new(base), key))
            }
        });
        let certain = match reference.root.as_str() {
            "var" => 0,
            _ => 1 + usize::from(matches!(rest.first(), Some(Step::Key(_)))),
        };
        if rest.len() <= certain {
            return Some(whole);
        }
        // The expression may have reached so far under a condition or in a `try` only.
        let args = vec![whole, after_apply(span)];
        Some(expr(ExprKind::Call { name: "try".into(), name_span: span, args, expand: false }))
    }

    /// A value of the configuration part: constants as they are, everything else unknown.
    pub(super) fn configured_value(&self, node: NodeId, depth: usize) -> Expr {
        let json = self.json;
        let span = json.tree.span(node);
        if depth > MAX_DEPTH {
            return after_apply(span);
        }
        match json.tree.kind(node) {
            Kind::Sequence => {
                let members = json.tree.children(node).map(|n| self.configured_value(n, depth + 1)).collect();
                Expr::new(ExprKind::List(members), span)
            }
            Kind::Mapping => {
                if let Some(constant) = json.get(node, "constant_value") {
                    return self.literal(constant, depth);
                }
                if json.get(node, "references").is_some() {
                    return Expr::new(
                        ExprKind::Unknown("an expression that the plan does not tell".into()),
                        span,
                    );
                }
                let items = json
                    .members(node)
                    .filter_map(|(key, value)| {
                        let name = json.string(key)?;
                        let span = json.tree.span(key);
                        let value = self.configured_value(value, depth + 1);
                        Some(ObjectItem { key: Expr::string(name, span), span: span.to(value.span), value })
                    })
                    .collect();
                Expr::new(ExprKind::Object(items), span)
            }
            _ => after_apply(span),
        }
    }

    pub(super) fn literal(&self, node: NodeId, depth: usize) -> Expr {
        let tree = self.json.tree;
        let span = tree.span(node);
        if depth > MAX_DEPTH {
            return after_apply(span);
        }
        let kind = match tree.kind(node) {
            Kind::Null => ExprKind::Literal(Literal::Null),
            Kind::Scalar => match decode_string(tree, node) {
                Some((text, _)) => ExprKind::Literal(Literal::String(text.into())),
                None => ExprKind::Literal(plain_scalar(tree.text(node))),
            },
            Kind::Sequence => {
                ExprKind::List(tree.children(node).map(|n| self.literal(n, depth + 1)).collect())
            }
            Kind::Mapping => ExprKind::Object(
                self.json
                    .members(node)
                    .filter_map(|(key, value)| {
                        let name = self.json.string(key)?;
                        let span = tree.span(key).to(tree.span(value));
                        let key = Expr::string(name, tree.span(key));
                        Some(ObjectItem { key, value: self.literal(value, depth + 1), span })
                    })
                    .collect(),
            ),
            _ => ExprKind::Unknown("syntax error".into()),
        };
        Expr::new(kind, span)
    }
}
