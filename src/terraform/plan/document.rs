//! Looking into the JSON document of a plan.

use crate::Str;
use crate::syntax::{Kind, NodeId, Tree};

use super::super::json::decode_string;

/// Looks into a JSON tree.
#[derive(Clone, Copy)]
pub(super) struct Json<'t> {
    pub(super) tree: &'t Tree,
}

impl<'t> Json<'t> {
    pub(super) fn top(self) -> Option<NodeId> {
        let document = self.tree.children(self.tree.root()).find(|&n| self.tree.kind(n) == Kind::Document)?;
        self.tree.child(document, 0).filter(|&n| self.tree.kind(n) == Kind::Mapping)
    }

    /// Key node and value node of each member.
    pub(super) fn members(self, mapping: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + 't {
        let tree = self.tree;
        let is_mapping = tree.kind(mapping) == Kind::Mapping;
        tree.children(mapping)
            .filter(move |_| is_mapping)
            .filter_map(move |pair| Some((tree.child(pair, 0)?, tree.child(pair, 1)?)))
    }

    pub(super) fn get(self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.members(mapping).find(|&(k, _)| self.is_key(k, key)).map(|(_, v)| v)
    }

    pub(super) fn is_key(self, node: NodeId, key: &str) -> bool {
        let text = self.tree.text(node);
        text.len() == key.len() + 2 && text.get(1..=key.len()) == Some(key)
    }

    pub(super) fn path(self, mapping: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(mapping, |at, key| self.get(at, key))
    }

    pub(super) fn string(self, node: NodeId) -> Option<Str> {
        decode_string(self.tree, node).map(|(text, _)| text.into())
    }

    pub(super) fn text(self, mapping: NodeId, key: &str) -> Option<Str> {
        self.string(self.get(mapping, key)?)
    }

    pub(super) fn is(self, node: Option<NodeId>, text: &str) -> bool {
        node.is_some_and(|n| self.tree.kind(n) == Kind::Scalar && self.tree.text(n) == text)
    }

    pub(super) fn elements(self, node: Option<NodeId>) -> impl Iterator<Item = NodeId> + 't {
        let tree = self.tree;
        node.into_iter().filter(move |&n| tree.kind(n) == Kind::Sequence).flat_map(move |n| tree.children(n))
    }
}
