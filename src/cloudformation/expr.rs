//! From nodes to expressions.

use crate::Str;
use crate::program::{Attribute, Body, Expr, ExprKind, Literal, Module, ObjectItem, Quantity};
use crate::source::Diagnostic;
use crate::syntax::yaml::Scalar;
use crate::syntax::{Kind, NodeId, Tree, yaml};

use super::names::Names;
use super::reader::Reader;

/// Reads one expression on its own, as `eval` and parameter files need it: no name is declared, none is reported.
pub fn expression(tree: &Tree, node: NodeId) -> Expr {
    let mut reader = Reader::new(tree, Names { open: true, ..Names::default() });
    reader.expr(node)
}

/// Reads one expression in the names of a template: what `eval` is asked. What is wrong with it stands beside it.
pub fn expression_in(tree: &Tree, node: NodeId, module: &Module) -> (Expr, Vec<Diagnostic>) {
    let local =
        |prefix: &str| module.locals.keys().filter_map(|k| k.strip_prefix(prefix)).map(Str::from).collect();
    let names = Names {
        parameters: module.inputs.keys().cloned().collect(),
        mappings: local("Mappings/"),
        conditions: local("Conditions/"),
        resources: module
            .resources
            .iter()
            .map(|r| r.name.clone())
            .chain(module.calls.keys().cloned())
            .collect(),
        calls: module.calls.keys().cloned().collect(),
        // what the template's transforms are is not asked here
        extended: true,
        ..Names::default()
    };
    let mut reader = Reader::new(tree, names);
    let expr = reader.expr(node);
    (expr, reader.diagnostics)
}

/// A scalar as a literal.
pub(super) fn literal(scalar: Scalar<'_>) -> Literal {
    match scalar {
        Scalar::Null => Literal::Null,
        Scalar::Bool(b) => Literal::Bool(b),
        Scalar::Int(n) => Literal::Number(Quantity::Int(n)),
        Scalar::Decimal(text) => Literal::Number(Quantity::Decimal(text.into())),
        Scalar::String(text) => Literal::String(text.as_ref().into()),
    }
}

/// How many choices of whole bodies may nest: each doubles what is read.
const MAX_CHOICES: usize = 8;

impl Reader<'_> {
    /// The expression that a node is.
    pub(super) fn expr(&mut self, node: NodeId) -> Expr {
        let span = self.span(node);
        if !self.enter(span) {
            return self.unknown("nested too deep", span);
        }
        let expr = self.expr_inner(node);
        self.depth -= 1;
        expr
    }

    fn expr_inner(&mut self, node: NodeId) -> Expr {
        let tree = self.tree;
        let span = tree.span(node);
        // what an alias stands for keeps its own place: that is where it is written
        let node = yaml::resolve(tree, node);
        if let Some((tag, name, value)) = yaml::tag(tree, node)
            && yaml::untagged(tree, node) == node
        {
            return self.tagged(tag, tree.span(name), value, tree.span(node));
        }
        // `!!str 10` is text: the tag counts for scalars
        let tagged = node;
        let node = yaml::untagged(tree, node);
        match tree.kind(node) {
            Kind::Mapping => self.mapping(node),
            Kind::Sequence => {
                let items: Vec<NodeId> = yaml::items(tree, node).collect();
                let items = items.into_iter().map(|item| self.expr(item)).collect();
                Expr::new(ExprKind::List(items), tree.span(node))
            }
            Kind::Scalar | Kind::Null => self.scalar(tagged),
            _ => self.unknown("damaged source", span),
        }
    }

    pub(super) fn scalar(&mut self, node: NodeId) -> Expr {
        let literal = match yaml::scalar(self.tree, node) {
            Some(Scalar::String(text)) if !self.bound.is_empty() => {
                Literal::String(self.substitute(&text).into())
            }
            Some(scalar) => literal(scalar),
            None => Literal::Null,
        };
        Expr::new(ExprKind::Literal(literal), self.span(node))
    }

    fn mapping(&mut self, node: NodeId) -> Expr {
        let tree = self.tree;
        let span = tree.span(node);
        let entries = yaml::entries(tree, node);
        if let [only] = entries.as_slice() {
            let name = only.key.as_ref();
            let key_span = tree.span(only.key_node);
            if name == "Ref" || (name.starts_with("Fn::") && !name.starts_with("Fn::ForEach::")) {
                return self.intrinsic(name, key_span, only.value, span);
            }
            if name == "Condition" && self.in_condition {
                return self.intrinsic(name, key_span, only.value, span);
            }
        }
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.key.starts_with("Fn::ForEach::") {
                for (key, pair, value) in self.for_each_members(&entry) {
                    items.push(ObjectItem {
                        key: Expr::string(key, tree.span(entry.key_node)),
                        value,
                        span: pair,
                    });
                }
                continue;
            }
            if entry.key == "Fn::Transform" {
                items.extend(self.included(&entry));
                continue;
            }
            let key: Str = if self.bound.is_empty() {
                entry.key.as_ref().into()
            } else {
                self.substitute(&entry.key).into()
            };
            let key = Expr::string(key, tree.span(entry.key_node));
            let value = self.expr(entry.value);
            items.push(ObjectItem { key, value, span: tree.span(entry.pair) });
        }
        Expr::new(ExprKind::Object(items), span)
    }

    /// The attributes of a body that is chosen as a whole: `Fn::If` of two maps is a map of choices, `AWS::NoValue` an
    /// empty one. None for any other.
    pub(super) fn chosen_body(&mut self, node: NodeId, depth: usize) -> Option<Body> {
        let tree = self.tree;
        let (name, value) = self.function(node)?;
        let span = Some(tree.span(node));
        match name.as_ref() {
            "Ref" if yaml::text(tree, value) == "AWS::NoValue" => Some(Body { span, ..Body::default() }),
            "If" if depth < MAX_CHOICES => {
                let parts: Vec<NodeId> = yaml::items(tree, value).collect();
                let &[condition, yes, no] = parts.as_slice() else { return None };
                let condition = self.named_condition(condition);
                let mut branch = |node: NodeId| match self.chosen_body(node, depth + 1) {
                    Some(body) => body.attributes,
                    None => self.body(node, &[]).attributes,
                };
                let (yes, mut no) = (branch(yes), branch(no));
                let nothing = |at| Expr::new(ExprKind::Literal(Literal::NoValue), at);
                let mut attributes: Vec<Attribute> = Vec::new();
                for mut attribute in yes {
                    let other = no.iter().position(|a| a.name == attribute.name).map(|at| no.remove(at));
                    let other = other.map_or_else(|| nothing(attribute.span), |a| a.value);
                    let kind = ExprKind::Conditional(
                        Box::new(condition.clone()),
                        Box::new(attribute.value),
                        Box::new(other),
                    );
                    attribute.value = Expr::new(kind, attribute.span);
                    attributes.push(attribute);
                }
                for mut attribute in no {
                    let kind = ExprKind::Conditional(
                        Box::new(condition.clone()),
                        Box::new(nothing(attribute.span)),
                        Box::new(attribute.value),
                    );
                    attribute.value = Expr::new(kind, attribute.span);
                    attributes.push(attribute);
                }
                Some(Body { attributes, blocks: Vec::new(), span })
            }
            _ => None,
        }
    }

    /// The members of a mapping as attributes.
    pub(super) fn body(&mut self, node: NodeId, skip: &[&str]) -> Body {
        let tree = self.tree;
        let node = yaml::untagged(tree, node);
        let mut attributes = Vec::new();
        for entry in yaml::entries(tree, node) {
            if skip.contains(&entry.key.as_ref()) {
                continue;
            }
            if entry.key.starts_with("Fn::ForEach::") {
                for (name, span, value) in self.for_each_members(&entry) {
                    attributes.push(Attribute { name, name_span: tree.span(entry.key_node), value, span });
                }
                continue;
            }
            if entry.key == "Fn::Transform" {
                for item in self.included(&entry) {
                    if let Some(name) = item.key.as_string() {
                        let (name, name_span) = (name.clone(), item.key.span);
                        attributes.push(Attribute { name, name_span, value: item.value, span: item.span });
                    }
                }
                continue;
            }
            let name: Str = if self.bound.is_empty() {
                entry.key.as_ref().into()
            } else {
                self.substitute(&entry.key).into()
            };
            let value = self.expr(entry.value);
            attributes.push(Attribute {
                name,
                name_span: tree.span(entry.key_node),
                value,
                span: tree.span(entry.pair),
            });
        }
        let span = (tree.kind(node) == Kind::Mapping).then(|| tree.span(node));
        Body { attributes, blocks: Vec::new(), span }
    }
}
