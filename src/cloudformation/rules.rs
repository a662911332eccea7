//! `Rules` ("Rules" and "Rule-specific intrinsic functions", AWS CloudFormation Template Reference): a stack whose
//! parameters break one is never made. What they say becomes conditions that always hold.

use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, Root};
use crate::source::Span;
use crate::syntax::{NodeId, yaml};

use super::reader::Reader;

/// How deep conditions may nest in a rule.
const MAX_DEPTH: usize = 16;

impl Reader<'_> {
    /// The rules that say something about `open` parameters (those that feed conditions), each as a condition that holds
    /// in every stack. Of other parameters the default counts, which the user may well override: what is said of them
    /// can't be used.
    pub(super) fn conditional_rules(&mut self, rules: NodeId, open: &FxHashSet<Str>) -> Vec<Expr> {
        let tree = self.tree;
        let mut out = Vec::new();
        for rule in yaml::entries(tree, rules) {
            let span = tree.span(rule.key_node);
            let condition = match yaml::find(tree, rule.value, "RuleCondition") {
                Some(node) => match self.rule(node, open, 0) {
                    Some(condition) => Some(condition),
                    None => continue,
                },
                None => None,
            };
            let Some(assertions) = yaml::find(tree, rule.value, "Assertions") else { continue };
            for assertion in yaml::items(tree, assertions) {
                let assert = yaml::find(tree, assertion, "Assert");
                let Some(assert) = assert.and_then(|node| self.rule(node, open, 0)) else { continue };
                out.push(match &condition {
                    Some(condition) => {
                        let not = call("Fn::Not", vec![condition.clone()], span);
                        call("Fn::Or", vec![not, assert], span)
                    }
                    None => assert,
                });
            }
        }
        out
    }

    /// A rule's condition; none for what can't be told.
    fn rule(&mut self, node: NodeId, open: &FxHashSet<Str>, depth: usize) -> Option<Expr> {
        let tree = self.tree;
        let span = tree.span(node);
        if depth > MAX_DEPTH {
            return None;
        }
        let Some((name, value)) = self.function(node) else {
            let literal = match yaml::scalar(tree, node)? {
                yaml::Scalar::Bool(flag) => flag,
                yaml::Scalar::String(text) if text == "true" => true,
                yaml::Scalar::String(text) if text == "false" => false,
                _ => return None,
            };
            return Some(Expr::new(ExprKind::Literal(Literal::Bool(literal)), span));
        };
        let name = name.into_owned();
        let parts: Vec<NodeId> = yaml::items(tree, value).collect();
        match (name.as_str(), parts.as_slice()) {
            ("And" | "Or" | "Not", parts) => {
                let parts = parts.iter().map(|&p| self.rule(p, open, depth + 1));
                Some(call(&format!("Fn::{name}"), parts.collect::<Option<_>>()?, span))
            }
            ("Equals", &[a, b]) => {
                let (a, b) = (self.operand(a, open)?, self.operand(b, open)?);
                Some(call("Fn::Equals", vec![a, b], span))
            }
            ("Contains", &[all, one]) => {
                let one = self.operand(one, open)?;
                self.one_of(&one, all, open, span)
            }
            ("EachMemberEquals", &[members, one]) => {
                let one = self.operand(one, open)?;
                let all = self.written(members, open)?.into_iter();
                let all = all.map(|member| call("Fn::Equals", vec![member, one.clone()], span));
                Some(call("Fn::And", all.collect(), span))
            }
            ("EachMemberIn", &[members, all]) => {
                let members = self.written(members, open)?.into_iter();
                let each = members.map(|member| self.one_of(&member, all, open, span));
                Some(call("Fn::And", each.collect::<Option<_>>()?, span))
            }
            _ => None,
        }
    }

    fn one_of(&mut self, one: &Expr, all: NodeId, open: &FxHashSet<Str>, span: Span) -> Option<Expr> {
        let all = self.written(all, open)?.into_iter();
        Some(call(
            "Fn::Or",
            all.map(|value| call("Fn::Equals", vec![one.clone(), value], span)).collect(),
            span,
        ))
    }

    /// The members of a list that is written out; at least one.
    fn written(&mut self, node: NodeId, open: &FxHashSet<Str>) -> Option<Vec<Expr>> {
        if self.function(node).is_some() {
            return None;
        }
        let items: Vec<NodeId> = yaml::items(self.tree, node).collect();
        let items: Vec<Expr> =
            items.into_iter().map(|item| self.operand(item, open)).collect::<Option<_>>()?;
        (!items.is_empty()).then_some(items)
    }

    /// A literal, an open parameter or a pseudo parameter.
    fn operand(&mut self, node: NodeId, open: &FxHashSet<Str>) -> Option<Expr> {
        let expr = self.expr(node);
        let usable = match &expr.kind {
            ExprKind::Literal(_) => true,
            ExprKind::Root(Root::Input(name)) => open.contains(name),
            ExprKind::Root(Root::Named(_)) => true,
            _ => false,
        };
        usable.then_some(expr)
    }
}

fn call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    Expr::new(ExprKind::Call { name: name.into(), name_span: span, args, expand: false }, span)
}
