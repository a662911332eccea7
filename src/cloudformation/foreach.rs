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
        self.extension("`Fn::ForEach`", span);
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

    /// The values of a collection: texts, a list parameter's value, a mapping's list.
    fn collection(&mut self, node: NodeId) -> Option<Vec<Str>> {
        let tree = self.tree;
        let inner = yaml::untagged(tree, node);
        if tree.kind(inner) != Kind::Sequence || yaml::tag(tree, yaml::resolve(tree, node)).is_some() {
            return self.list(node);
        }
        let mut out = Vec::new();
        for item in yaml::items(tree, inner) {
            match self.fixed(item) {
                Some(text) => out.push(text.as_ref().into()),
                None => out.extend(self.list(item)?),
            }
        }
        Some(out)
    }

    /// What a function gives that makes a list, if that is settled before anything is evaluated.
    fn list(&self, node: NodeId) -> Option<Vec<Str>> {
        let tree = self.tree;
        let split = |text: &str, at: &str| text.split(at).map(|part| part.trim().into()).collect();
        let (name, value) = self.function(node)?;
        match name.as_ref() {
            "Ref" => {
                let name = yaml::text(tree, value);
                if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound.as_str() == name) {
                    return Some(vec![value.clone()]);
                }
                self.parameter_text(&name).map(|text| split(&text, ","))
            }
            "Split" => {
                let parts: Vec<NodeId> = yaml::items(tree, value).collect();
                let &[delimiter, text] = parts.as_slice() else { return None };
                Some(split(&self.settled(text)?, &self.fixed(delimiter)?))
            }
            "FindInMap" => {
                let parts: Vec<NodeId> = yaml::items(tree, value).collect();
                let (&map, &first, &second) = (parts.first()?, parts.get(1)?, parts.get(2)?);
                let mappings = yaml::find(tree, super::detect::root(tree)?, "Mappings")?;
                let map = yaml::find(tree, mappings, &self.settled(map)?)?;
                let second = self.settled(second)?;
                let found = match self.settled(first) {
                    Some(first) => yaml::find(tree, yaml::find(tree, map, &first)?, &second)?,
                    // one of several that all say the same
                    None => {
                        let entries = yaml::entries(tree, map);
                        let mut all = entries.iter().map(|e| yaml::find(tree, e.value, &second));
                        let one = all.next()??;
                        let same = |n: NodeId| {
                            let texts =
                                |n| yaml::items(tree, n).map(|i| yaml::text(tree, i)).collect::<Vec<_>>();
                            texts(n) == texts(one)
                        };
                        all.all(|n| n.is_some_and(same)).then_some(one)?
                    }
                };
                match tree.kind(yaml::untagged(tree, found)) {
                    Kind::Sequence => {
                        Some(yaml::items(tree, found).map(|i| yaml::text(tree, i).as_ref().into()).collect())
                    }
                    _ => Some(vec![yaml::text(tree, found).as_ref().into()]),
                }
            }
            _ => None,
        }
    }

    /// A text that is settled: a fixed one, or the value that a parameter is given or has by default.
    fn settled(&self, node: NodeId) -> Option<String> {
        if let Some(text) = self.fixed(node) {
            return Some(text.into_owned());
        }
        let (name, value) = self.function(node)?;
        (name == "Ref").then(|| self.parameter_text(&yaml::text(self.tree, value)))?
    }

    /// A function's name, without `Fn::` and `!`, and its argument.
    pub(super) fn function(&self, node: NodeId) -> Option<(Cow<'_, str>, NodeId)> {
        let tree = self.tree;
        let node = yaml::resolve(tree, node);
        if let Some((tag, _, value)) = yaml::tag(tree, node) {
            return Some((Cow::Borrowed(tag.trim_start_matches('!')), value));
        }
        match yaml::entries(tree, node).as_slice() {
            [only] => {
                let name = only.key.strip_prefix("Fn::").unwrap_or(&only.key).to_owned();
                Some((Cow::Owned(name), only.value))
            }
            _ => None,
        }
    }

    /// What a parameter is given, or its default.
    pub(super) fn parameter_text(&self, name: &str) -> Option<String> {
        let tree = self.tree;
        if let Some(given) = self.given.and_then(|g| g.get(name)).and_then(Expr::as_string) {
            return Some(given.to_string());
        }
        let parameters = yaml::find(tree, super::detect::root(tree)?, "Parameters")?;
        let parameter = yaml::find(tree, parameters, name)?;
        let default = yaml::find(tree, parameter, "Default")?;
        Some(yaml::text(tree, default).into_owned())
    }
}
