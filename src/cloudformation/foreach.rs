//! `Fn::ForEach` (transform `AWS::LanguageExtensions`): expanded where the collection is written out.

use std::borrow::Cow;

use crate::Str;
use crate::program::Expr;
use crate::source::Span;
use crate::syntax::yaml::Entry;
use crate::syntax::{Kind, NodeId, yaml};

use super::reader::Reader;

/// A member of a mapping after expansion: its key, its nodes, and the variables that hold for it.
#[derive(Clone, Debug)]
pub(super) struct Expanded {
    pub(super) key: Str,
    pub(super) key_node: NodeId,
    pub(super) pair: NodeId,
    pub(super) value: NodeId,
    pub(super) bound: Vec<(Str, Str)>,
}

impl Reader<'_> {
    /// The members of a mapping with all loops among them expanded.
    pub(super) fn expanded(&mut self, mapping: NodeId) -> Vec<Expanded> {
        let mut out = Vec::new();
        self.expand_into(mapping, &mut out);
        out
    }

    fn expand_into(&mut self, mapping: NodeId, out: &mut Vec<Expanded>) {
        for entry in yaml::entries(self.tree, mapping) {
            if entry.key.starts_with("Fn::ForEach::") {
                self.each(&entry, |reader, template| reader.expand_into(template, out));
                continue;
            }
            let key: Str = if self.bound.is_empty() {
                entry.key.as_ref().into()
            } else {
                self.substitute(&entry.key).into()
            };
            let (key_node, pair, value) = (entry.key_node, entry.pair, entry.value);
            out.push(Expanded { key, key_node, pair, value, bound: self.bound.clone() });
        }
    }

    /// The members that a loop makes inside a value.
    pub(super) fn for_each_members(&mut self, entry: &Entry<'_>) -> Vec<(Str, Span, Expr)> {
        let mut out = Vec::new();
        self.each(entry, |reader, template| {
            for member in reader.expanded(template) {
                let outer = std::mem::replace(&mut reader.bound, member.bound);
                let value = reader.expr(member.value);
                reader.bound = outer;
                out.push((member.key, reader.span(member.pair), value));
            }
        });
        out
    }

    /// Runs `body` on the loop's template once for each member of its collection.
    fn each(&mut self, entry: &Entry<'_>, mut body: impl FnMut(&mut Self, NodeId)) {
        let tree = self.tree;
        let span = tree.span(entry.key_node);
        let parts: Vec<NodeId> = yaml::items(tree, entry.value).collect();
        let &[identifier, collection, template] = parts.as_slice() else {
            let message = format!("`{}` wants an identifier, a collection and a map", entry.key);
            self.malformed(message, span);
            return;
        };
        if self.bound.len() >= 16 || tree.kind(yaml::untagged(tree, template)) != Kind::Mapping {
            self.malformed(format!("`{}` wants a map of what is repeated", entry.key), span);
            return;
        }
        let Some(values) = self.collection(collection) else {
            let message =
                format!("`{}` runs over values that are not known; what it makes is left out", entry.key);
            self.warn("unknown-collection", message, tree.span(collection));
            return;
        };
        let name: Str = self.text(identifier).as_ref().into();
        let size = tree.node(template).next.saturating_sub(template.0) as usize;
        for value in values {
            if !self.repeat(size, span) {
                return;
            }
            self.bound.push((name.clone(), value));
            body(self, template);
            self.bound.pop();
        }
    }

    /// The values of a collection: a list of texts, or a parameter's default.
    fn collection(&mut self, node: NodeId) -> Option<Vec<Str>> {
        let tree = self.tree;
        let node = yaml::untagged(tree, node);
        match tree.kind(node) {
            Kind::Sequence => {
                let mut out = Vec::new();
                for item in yaml::items(tree, node) {
                    match self.referred(item) {
                        Some(name) => out.extend(self.default_list(&name)?),
                        None => match tree.kind(yaml::untagged(tree, item)) {
                            Kind::Scalar => out.push(self.text(item).as_ref().into()),
                            _ => return None,
                        },
                    }
                }
                Some(out)
            }
            _ => {
                let name = self.referred(node)?;
                self.default_list(&name)
            }
        }
    }

    /// The name in `!Ref NAME` or `{Ref: NAME}`.
    fn referred(&self, node: NodeId) -> Option<Cow<'_, str>> {
        let tree = self.tree;
        let node = yaml::resolve(tree, node);
        if let Some((tag, _, value)) = yaml::tag(tree, node) {
            return (tag == "!Ref").then(|| self.text(value));
        }
        let entries = yaml::entries(tree, node);
        match entries.as_slice() {
            [only] if only.key == "Ref" => Some(self.text(only.value)),
            _ => None,
        }
    }

    /// The default of a list parameter, or the value of a loop's variable.
    fn default_list(&self, name: &str) -> Option<Vec<Str>> {
        let tree = self.tree;
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Some(vec![value.clone()]);
        }
        let parameters = yaml::find(tree, super::detect::root(tree)?, "Parameters")?;
        let parameter = yaml::find(tree, parameters, name)?;
        let default = yaml::find(tree, parameter, "Default")?;
        let text = yaml::text(tree, default);
        Some(text.split(',').map(|part| part.trim().into()).collect())
    }
}
