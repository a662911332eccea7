//! What another value writes in the place of one that is written, and what a removal takes away.

use crate::Str;
use crate::eval::Value;
use crate::source::Span;
use crate::syntax::{Kind, Language, NodeId};

use super::super::data;
use super::super::document::Document;
use super::super::hcl;
use super::super::literal::{Literal, Piece};
use super::super::why::Why;
use super::member::in_dynamic;
use super::typed::typed;
use super::{Op, Target, Writer};

impl Writer<'_> {
    /// A value becomes another.
    pub(in crate::fix) fn replace(
        &self,
        target: Target<'_>,
        old: &Value,
        path: &[Str],
        new: &Value,
    ) -> Result<Op, Why> {
        let literal = typed(self.literal(new)?, target, path);
        let known = |k| {
            matches!(
                k,
                Kind::Number
                    | Kind::Bool
                    | Kind::Null
                    | Kind::Template
                    | Kind::Tuple
                    | Kind::Object
                    | Kind::Scalar
                    | Kind::Mapping
                    | Kind::Sequence
                    | Kind::Heredoc
            )
        };
        let place = match self.written(old.origin).and_then(|span| Ok((span, self.node(span, &known)?))) {
            Ok(place) => place,
            Err(why) => {
                // What an expression computes is replaced as a whole where the resource uses it.
                let step = self.store().origin_step(old.origin).ok_or(why.clone())?;
                let own = target.resource.span.contains(step.span);
                let node = self.node(step.span, &|_| true)?;
                let whole = node.0.parent(node.1).is_some_and(|p| {
                    matches!(node.0.kind(p), Kind::Attribute | Kind::ObjectItem | Kind::Pair)
                });
                // An expression of inputs is how others decide it: it is not overwritten.
                let decides = |id: NodeId| {
                    matches!(node.0.kind(id), Kind::Variable | Kind::Tagged)
                        || node.0.slice(id).contains("Ref\"")
                };
                if !own || !whole || node.0.inside(node.1).any(decides) {
                    return Err(why);
                }
                (step.span, node)
            }
        };
        let (span, (document, node)) = place;
        let node = whole_choice(&document, node, &literal);
        let edit = match document.language() {
            Language::Hcl => hcl::replace(&document, node, &literal, &|r| self.hcl_name(target.resource, r))?,
            _ => data::replace(&document, node, &literal, &|r| self.data_name(target.resource, r))?,
        };
        Ok(Op { file: span.file, edit, slot: None })
    }

    /// A value is taken away.
    pub(in crate::fix) fn remove(&self, value: &Value) -> Result<Op, Why> {
        let span = self.written(value.origin)?;
        self.remove_at(span)
    }

    /// What stands at a place is taken away.
    pub(in crate::fix) fn remove_at(&self, span: Span) -> Result<Op, Why> {
        let (document, mut node) = self.node(span, &|_| true)?;
        if let Ok((_, pair)) = self.node(span, &|k| k == Kind::Pair) {
            // A resource that is all that its template has can't go.
            let all = document.parent(pair).map(|p| document.tree.children(p).count());
            let top = self.linked.graph.resources.iter().any(|r| r.span == span);
            if top && all == Some(1) {
                return Err(Why::new("it is the only resource of the template"));
            }
            if top {
                node = pair;
            }
        }
        let edit = match document.language() {
            Language::Hcl if in_dynamic(&document, node) => {
                return Err(Why::new("a `dynamic` block makes it, for every element alike"));
            }
            Language::Hcl => hcl::remove(&document, node)?,
            _ => data::remove(&document, node)?,
        };
        Ok(Op { file: span.file, edit, slot: None })
    }
}

/// Of a branch of a condition whose other branch says the same already, the condition.
fn whole_choice(document: &Document, node: NodeId, literal: &Literal) -> NodeId {
    let says = |other: NodeId| {
        let text = document.slice(other).trim_matches(['"', '\'']);
        match literal {
            Literal::Bool(b) => text == b.to_string(),
            Literal::Number(n) => text == n,
            Literal::Text(pieces) => matches!(pieces.as_slice(), [Piece::Text(t)] if text == t.as_str()),
            _ => false,
        }
    };
    let Some(parent) = document.parent(node) else { return node };
    let (branches, whole) = match document.kind(parent) {
        Kind::Conditional => (document.tree.children(parent).skip(1).collect::<Vec<_>>(), Some(parent)),
        Kind::Sequence => {
            let holder = document.parent(parent);
            let whole = holder.and_then(|h| match document.kind(h) {
                Kind::Tagged => document.tree.child(h, 0).filter(|t| document.slice(*t) == "!If").map(|_| h),
                Kind::Pair => document
                    .tree
                    .child(h, 0)
                    .filter(|k| document.slice(*k).trim_matches('"') == "Fn::If")
                    .and_then(|_| document.parent(h)),
                _ => None,
            });
            (document.tree.children(parent).skip(1).collect(), whole)
        }
        _ => return node,
    };
    match whole {
        Some(whole) if branches.contains(&node) && branches.iter().all(|b| *b == node || says(*b)) => whole,
        _ => node,
    }
}
