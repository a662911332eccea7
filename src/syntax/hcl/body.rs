//! Attributes and blocks: the strict rules.

use rustc_hash::FxHashMap;

use crate::syntax::{Kind, NodeId, SyntaxError, flags};

use super::parser::{Parsed, Parser};

impl Parser<'_> {
    /// Items up to the end of the text or to a `}`, which is not taken.
    pub(super) fn items(&mut self) -> Parsed {
        loop {
            while self.at_newline() {
                self.pos += if self.peek() == b'\r' { 2 } else { 1 };
                self.skip();
            }
            if self.at_end() || self.peek() == b'}' {
                return Ok(());
            }
            self.item()?;
        }
    }

    /// One attribute or block with the newline behind it.
    pub(super) fn item(&mut self) -> Parsed {
        let mark = self.tree.mark();
        let start = self.pos;
        let len = self.identifier_len(start);
        if len == 0 {
            if self.peek() == b'"' {
                return self.fail(
                    "unexpected-token",
                    "expected an argument or a block, found a quoted string",
                    start,
                    start + 1,
                    Some("names of arguments and blocks are written without quotes".to_owned()),
                );
            }
            return self.expected("an argument or a block");
        }
        let node = self.tree.open(Kind::Attribute, start as u32);
        self.tree.leaf(Kind::Identifier, start as u32, (start + len) as u32);
        self.bump(len);
        if self.peek() == b'=' && self.at(self.pos + 1) != b'=' {
            self.bump(1);
            self.expression()?;
            self.tree.close(node, self.last as u32);
            return self.end_of_item("a new line behind the argument");
        }
        if self.peek() != b'"' && self.peek() != b'{' && self.identifier_len(self.pos) == 0 {
            return self.expected("`=` and a value, or the labels and `{` of a block");
        }
        if let Some(node) = self.tree.node_mut(NodeId(mark as u32)) {
            node.kind = Kind::Block;
        }
        self.labels()?;
        if self.peek() != b'{' {
            return self.expected("a label or `{` on the line of the block's type");
        }
        self.block_body(node)?;
        self.end_of_item("a new line behind the block")
    }

    /// The labels of a block.
    pub(super) fn labels(&mut self) -> Parsed {
        loop {
            if self.peek() == b'"' {
                let mark = self.tree.mark();
                let start = self.pos;
                self.quoted()?;
                self.check_label(mark, start);
            } else {
                let len = self.identifier_len(self.pos);
                if len == 0 {
                    return Ok(());
                }
                self.tree.leaf(Kind::Identifier, self.pos as u32, (self.pos + len) as u32);
                self.bump(len);
            }
        }
    }

    /// A label may hold text only.
    fn check_label(&mut self, mark: usize, start: usize) {
        let computed = self
            .tree
            .nodes
            .iter()
            .skip(mark)
            .any(|n| matches!(n.kind, Kind::Interpolation | Kind::TemplateIf | Kind::TemplateFor));
        if computed {
            let help = "a label is plain text; write `$${` for a literal `${`";
            let end = self.last;
            self.report(
                "computed-label",
                "a block label can't be computed",
                start,
                end,
                Some(help.to_owned()),
            );
        }
    }

    /// The braces and what is in them; closes the block's node.
    pub(super) fn block_body(&mut self, block: NodeId) -> Parsed {
        self.enter(0)?;
        let open = self.pos;
        self.open.push((b'{', open));
        let body = self.tree.open(Kind::Body, (open + 1) as u32);
        self.bump(1);
        let single = !self.at_newline() && !self.at_end() && self.peek() != b'}';
        if single {
            self.single_item()?;
        } else {
            self.items()?;
        }
        if self.peek() != b'}' || self.at_end() {
            return self.expected("`}` to close the block");
        }
        self.tree.close(body, self.pos as u32);
        self.check_duplicates(body);
        self.close_bracket(true);
        self.tree.close(block, self.last as u32);
        self.leave();
        Ok(())
    }

    /// The one argument of a block on a single line.
    fn single_item(&mut self) -> Parsed {
        let start = self.pos;
        let len = self.identifier_len(start);
        if len == 0 {
            return self.expected("an argument, or a new line behind `{`");
        }
        let node = self.tree.open(Kind::Attribute, start as u32);
        self.tree.leaf(Kind::Identifier, start as u32, (start + len) as u32);
        self.bump(len);
        if self.peek() != b'=' || self.at(self.pos + 1) == b'=' {
            return self.expected("`=`: a block on one line holds one argument and no block");
        }
        self.bump(1);
        self.expression()?;
        self.tree.close(node, self.last as u32);
        if self.peek() != b'}' {
            return self.expected("`}`: a block on one line holds a single argument");
        }
        Ok(())
    }

    /// An item ends with its line, or with the text.
    pub(super) fn end_of_item(&mut self, expected: &str) -> Parsed {
        if self.at_newline() {
            self.pos += if self.peek() == b'\r' { 2 } else { 1 };
            self.skip();
            return Ok(());
        }
        if self.at_end() { Ok(()) } else { self.expected(expected) }
    }

    /// Reports arguments that a body sets twice. Both stay in the tree.
    pub(super) fn check_duplicates(&mut self, body: NodeId) {
        let mut names: Vec<(u32, u32)> = Vec::new();
        let mut at = body.0 as usize + 1;
        while let Some(node) = self.tree.nodes.get(at) {
            if node.kind == Kind::Attribute
                && let Some(name) = self.tree.nodes.get(at + 1)
            {
                names.push((name.start, name.end));
            }
            at = (node.next as usize).max(at + 1);
        }
        let text = self.text;
        let name = |(start, end): (u32, u32)| text.get(start as usize..end as usize).unwrap_or("");
        let mut twice = Vec::new();
        if names.len() <= 12 {
            for (i, &span) in names.iter().enumerate() {
                let first = names.iter().take(i).find(|&&other| name(other) == name(span));
                twice.extend(first.map(|&first| (first, span)));
            }
        } else {
            let mut seen: FxHashMap<&str, (u32, u32)> = FxHashMap::default();
            for &span in &names {
                if let Some(&first) = seen.get(name(span)) {
                    twice.push((first, span));
                } else {
                    seen.insert(name(span), span);
                }
            }
        }
        for (first, (start, end)) in twice {
            let message = format!("the argument `{}` is set twice", name((start, end)));
            let span = self.span(start as usize, end as usize);
            let related = self.span(first.0 as usize, first.1 as usize);
            self.tree.error(
                SyntaxError::new("duplicate-argument", message, span)
                    .with_related(related, "set first here")
                    .with_help("remove one of them"),
            );
        }
    }

    /// Marks a node as recovered from damage.
    pub(super) fn mark_recovered(&mut self, node: NodeId) {
        if let Some(node) = self.tree.node_mut(node) {
            node.flags |= flags::RECOVERED;
        }
    }
}
