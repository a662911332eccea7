//! The leaves of a tree and the gaps between them: together they are the file.

use crate::source::Span;

use super::{NodeId, Tree};

/// A stretch of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A node without children.
    Node(NodeId, Span),
    /// White space, comments and punctuation between such nodes.
    Gap(Span),
}

impl Leaf {
    /// Its place.
    pub fn span(self) -> Span {
        match self {
            Leaf::Node(_, span) | Leaf::Gap(span) => span,
        }
    }
}

impl Tree {
    /// Leaf nodes and the gaps between them, in order; their texts concatenate to the parsed text. Nodes of no bytes
    /// (an empty YAML value) are left out.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf> + '_ {
        let root = self.node(self.root());
        let mut at = root.start;
        let mut nodes = (0..self.nodes.len() as u32)
            .filter(|&i| {
                let node = self.node(NodeId(i));
                node.next == i + 1 && node.end > node.start
            })
            .peekable();
        std::iter::from_fn(move || {
            let file = self.file.id;
            let Some(&next) = nodes.peek() else {
                let gap = Span::new(file, at, root.end);
                at = root.end;
                return (gap.end > gap.start).then_some(Leaf::Gap(gap));
            };
            let span = self.span(NodeId(next));
            if span.start > at {
                let gap = Span::new(file, at, span.start);
                at = span.start;
                return Some(Leaf::Gap(gap));
            }
            nodes.next();
            at = span.end;
            Some(Leaf::Node(NodeId(next), span))
        })
    }
}
