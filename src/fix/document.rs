//! A file to be edited: its tree, and the way from a place to the node there.

use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::{SourceFile, Span};
use crate::syntax::{self, Kind, Language, Node, NodeId, Tree};

use super::data::Style;

/// A file with its tree.
pub(super) struct Document {
    pub(super) tree: Tree,
    /// The outermost node of each range.
    by_range: FxHashMap<(u32, u32), NodeId>,
    parents: Vec<u32>,
    /// How lines end here.
    pub(super) eol: &'static str,
    /// How YAML is written here, once that was asked for.
    pub(super) style: OnceCell<Style>,
}

impl Document {
    /// Parses a file by its name: what is neither HCL nor JSON is YAML.
    pub(super) fn new(file: Arc<SourceFile>) -> Self {
        let name = file.path.to_string_lossy().into_owned();
        let hcl = [".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|e| name.ends_with(e));
        let text = &file.text;
        let json =
            name.ends_with(".json") || text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        let tree = if hcl {
            syntax::hcl::parse(file)
        } else if json {
            syntax::json::parse(file)
        } else {
            syntax::yaml::parse(file)
        };
        Self::of(tree)
    }

    /// An index over a tree.
    pub(super) fn of(tree: Tree) -> Self {
        let mut by_range = FxHashMap::default();
        let mut parents = vec![0; tree.len()];
        let mut stack: Vec<(u32, u32)> = Vec::new();
        for id in 0..tree.len() as u32 {
            let node = tree.node(NodeId(id));
            while stack.last().is_some_and(|(_, next)| *next <= id) {
                stack.pop();
            }
            if let (Some((parent, _)), Some(slot)) = (stack.last(), parents.get_mut(id as usize)) {
                *slot = *parent;
            }
            stack.push((id, node.next));
            by_range.entry((node.start, node.end)).or_insert(NodeId(id));
        }
        let text = &tree.file.text;
        let eol = match memchr::memchr(b'\n', text.as_bytes()) {
            Some(at) if at > 0 && text.as_bytes().get(at - 1) == Some(&b'\r') => "\r\n",
            _ => "\n",
        };
        Document { tree, by_range, parents, eol, style: OnceCell::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.tree.file.text
    }

    pub(super) fn language(&self) -> Language {
        self.tree.language
    }

    pub(super) fn node(&self, id: NodeId) -> Node {
        self.tree.node(id)
    }

    pub(super) fn kind(&self, id: NodeId) -> Kind {
        self.tree.kind(id)
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id.0 > 0).then(|| self.parents.get(id.0 as usize).map(|p| NodeId(*p))).flatten()
    }

    /// A node and all that is in it.
    pub(super) fn inside(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        (id.0..self.node(id).next.max(id.0 + 1)).map(NodeId)
    }

    /// The outermost node that stands exactly there.
    pub(super) fn at(&self, span: Span) -> Option<NodeId> {
        self.by_range.get(&(span.start, span.end)).copied()
    }

    /// The innermost node of some kinds around a place.
    pub(super) fn around(&self, span: Span, wanted: impl Fn(Kind) -> bool) -> Option<NodeId> {
        let mut id = self.tree.root();
        let mut found = None;
        loop {
            if wanted(self.kind(id)) {
                found = Some(id);
            }
            let inner = self.tree.children(id).find(|c| {
                let node = self.node(*c);
                node.start <= span.start && span.end <= node.end
            });
            match inner {
                Some(inner) => id = inner,
                None => return found,
            }
        }
    }

    /// The node's text.
    pub(super) fn slice(&self, id: NodeId) -> &str {
        self.tree.text(id)
    }

    /// The offset of the beginning of the line that a place is in.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text().get(..at).and_then(|t| t.rfind('\n')).map_or_else(|| self.bom(), |i| i + 1)
    }

    /// The offset behind the last character of the line that a place is in, its line end not included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let text = self.text();
        let end = text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |i| at + i);
        match text.get(..end) {
            Some(before) if before.ends_with('\r') && end > at => end - 1,
            _ => end,
        }
    }

    fn bom(&self) -> usize {
        if self.text().starts_with('\u{feff}') { 3 } else { 0 }
    }

    /// The white space that the line of a place begins with.
    pub(super) fn indent(&self, at: usize) -> &str {
        let start = self.line_start(at);
        let line = self.text().get(start..at.max(start)).unwrap_or("");
        let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
        line.get(..end).unwrap_or("")
    }

    /// Whether nothing but white space stands before a place in its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        let start = self.line_start(at);
        self.text().get(start..at.max(start)).is_some_and(|t| t.chars().all(|c| c == ' ' || c == '\t'))
    }
}
