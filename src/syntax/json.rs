//! JSON (RFC 8259), read without recursion into the same tree: `File` › `Document` › value.

use std::sync::Arc;

use crate::source::{SourceFile, Span};

use super::{Kind, Language, NodeId, SyntaxError, Tree, TreeBuilder, flags};

/// Levels of arrays and objects that are read.
pub const MAX_DEPTH: usize = 1024;

/// Parses a file. Duplicate keys are kept.
pub fn parse(file: Arc<SourceFile>) -> Tree {
    let end = file.text.len() as u32;
    parse_range(file, 0, end)
}

/// Parses the bytes `start..end` of a file; spans are into the file.
pub fn parse_range(file: Arc<SourceFile>, start: u32, end: u32) -> Tree {
    let text: &str = &file.text;
    let end = (end as usize).min(text.len());
    let start = (start as usize).min(end);
    let mut parser = Parser {
        file: &file,
        bytes: text.as_bytes(),
        pos: start,
        limit: end,
        tree: TreeBuilder::for_bytes(end - start),
    };
    let root = parser.tree.open(Kind::File, start as u32);
    if start == 0 && text.starts_with('\u{feff}') {
        parser.pos = 3;
    }
    parser.skip();
    let document = parser.tree.open(Kind::Document, parser.pos as u32);
    let mut last = parser.pos;
    if let Err(error) = parser.value().and_then(|()| {
        last = parser.pos;
        parser.skip();
        if parser.pos < end { Err(parser.expected("the end of the file")) } else { Ok(()) }
    }) {
        parser.tree.truncate(document.0 as usize + 1, 0);
        parser.tree.leaf(Kind::Error, parser.tree.nodes.last().map_or(0, |n| n.start), end as u32);
        last = end;
        parser.tree.error(error);
    }
    parser.tree.close(document, last as u32);
    parser.tree.close(root, end as u32);
    let tree = std::mem::take(&mut parser.tree);
    tree.finish(file, Language::Json)
}

struct Parser<'a> {
    file: &'a SourceFile,
    bytes: &'a [u8],
    pos: usize,
    limit: usize,
    tree: TreeBuilder,
}

/// An array or object that is open, with the pair that is open in it.
struct Level {
    node: NodeId,
    object: bool,
    pair: Option<NodeId>,
}

impl Parser<'_> {
    #[inline]
    fn at(&self, offset: usize) -> u8 {
        if offset < self.limit { self.bytes.get(offset).copied().unwrap_or(0) } else { 0 }
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.at(self.pos)
    }

    #[inline]
    fn skip(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.pos += 1;
        }
    }

    /// One value with all that is in it.
    fn value(&mut self) -> Result<(), SyntaxError> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            // A value is next.
            match self.peek() {
                open @ (b'{' | b'[') => {
                    if levels.len() >= MAX_DEPTH {
                        let message = format!("nested deeper than the budget of {MAX_DEPTH} levels");
                        return Err(self.error("depth-budget", message, self.pos, self.pos + 1, None));
                    }
                    let object = open == b'{';
                    let kind = if object { Kind::Mapping } else { Kind::Sequence };
                    let node = self.tree.open(kind, self.pos as u32);
                    if let Some(node) = self.tree.node_mut(node) {
                        node.flags = flags::FLOW;
                    }
                    self.pos += 1;
                    self.skip();
                    let mut level = Level { node, object, pair: None };
                    if self.peek() == if object { b'}' } else { b']' } {
                        self.pos += 1;
                        self.tree.close(node, self.pos as u32);
                    } else {
                        if object {
                            level.pair = Some(self.key()?);
                        }
                        levels.push(level);
                        continue;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => self.word()?,
            }
            // Behind a value: close what ends here.
            loop {
                let Some(level) = levels.last_mut() else { return Ok(()) };
                if let Some(pair) = level.pair.take() {
                    self.tree.close(pair, self.pos as u32);
                }
                while matches!(self.bytes.get(self.pos), Some(b' ' | b'\n' | b'\r' | b'\t'))
                    && self.pos < self.limit
                {
                    self.pos += 1;
                }
                let object = level.object;
                match self.peek() {
                    b',' => {
                        self.pos += 1;
                        self.skip();
                        if object {
                            let pair = self.key()?;
                            if let Some(level) = levels.last_mut() {
                                level.pair = Some(pair);
                            }
                        }
                        break;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ => {
                        let (bracket, what) = if object { ('{', "`,` or `}`") } else { ('[', "`,` or `]`") };
                        let opened = self.tree.node_mut(level.node).map_or(0, |n| n.start);
                        let span = Span::new(self.file.id, opened, opened + 1);
                        return Err(self
                            .expected(what)
                            .with_related(span, format!("this `{bracket}` is not closed")));
                    }
                }
                self.pos += 1;
                self.tree.close(level.node, self.pos as u32);
                levels.pop();
            }
        }
    }

    /// A key and the colon behind it; the pair stays open.
    fn key(&mut self) -> Result<NodeId, SyntaxError> {
        if self.peek() != b'"' {
            return Err(self.expected("a key in double quotes"));
        }
        let pair = self.tree.open(Kind::Pair, self.pos as u32);
        self.string()?;
        self.skip();
        if self.peek() != b':' {
            return Err(self.expected("`:` behind the key"));
        }
        self.pos += 1;
        self.skip();
        Ok(pair)
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let start = self.pos;
        let mut at = start + 1;
        loop {
            match self.at(at) {
                b'"' => break,
                b'\\' => match self.at(at + 1) {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                    b'u' => {
                        if !(2..6).all(|i| self.at(at + i).is_ascii_hexdigit()) {
                            let message = "this escape needs 4 hexadecimal digits";
                            return Err(self.error("invalid-escape", message, at, at + 2, None));
                        }
                        at += 6;
                    }
                    _ => {
                        let help = "the escapes are \\\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t and \\uNNNN";
                        return Err(self.error(
                            "invalid-escape",
                            "unknown escape",
                            at,
                            at + 2,
                            Some(help.to_owned()),
                        ));
                    }
                },
                0 if at >= self.limit => {
                    return Err(self.error("unclosed-string", "this string is not closed", start, at, None));
                }
                b'\n' | b'\r' => {
                    return Err(self.error(
                        "unclosed-string",
                        "this string is not closed on its line",
                        start,
                        at,
                        None,
                    ));
                }
                control if control < 0x20 => {
                    let message =
                        format!("the control character U+{control:04X} must be written as \\u{control:04x}");
                    return Err(self.error("control-character", message, at, at + 1, None));
                }
                _ => at += 1,
            }
        }
        self.pos = at + 1;
        self.scalar(start, flags::DOUBLE_QUOTED);
        Ok(())
    }

    fn scalar(&mut self, start: usize, set: u8) {
        let id = self.tree.leaf(Kind::Scalar, start as u32, self.pos as u32);
        if let Some(node) = self.tree.node_mut(id) {
            node.flags = set;
        }
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.pos;
        let digits = |p: &Self, mut at: usize| {
            while p.at(at).is_ascii_digit() {
                at += 1;
            }
            at
        };
        let whole = start + usize::from(self.peek() == b'-');
        let mut at = digits(self, whole);
        let mut ok = at > whole && (at == whole + 1 || self.at(whole) != b'0');
        if self.at(at) == b'.' {
            let end = digits(self, at + 1);
            ok &= end > at + 1;
            at = end;
        }
        if matches!(self.at(at), b'e' | b'E') {
            let sign = usize::from(matches!(self.at(at + 1), b'+' | b'-'));
            let end = digits(self, at + 1 + sign);
            ok &= end > at + 1 + sign;
            at = end;
        }
        if !ok {
            return Err(self.error("invalid-number", "this is not a number", start, at.max(start + 1), None));
        }
        self.pos = at;
        self.scalar(start, 0);
        Ok(())
    }

    fn word(&mut self) -> Result<(), SyntaxError> {
        let start = self.pos;
        let rest = self.bytes.get(start..self.limit).unwrap_or(&[]);
        for word in ["true", "false", "null"] {
            if rest.starts_with(word.as_bytes()) && !self.at(start + word.len()).is_ascii_alphanumeric() {
                self.pos += word.len();
                if word == "null" {
                    self.tree.leaf(Kind::Null, start as u32, self.pos as u32);
                } else {
                    self.scalar(start, 0);
                }
                return Ok(());
            }
        }
        Err(self.expected("a value"))
    }

    fn error(
        &self,
        code: &'static str,
        message: impl Into<String>,
        start: usize,
        end: usize,
        help: Option<String>,
    ) -> SyntaxError {
        let text = &self.file.text;
        let mut end = end.min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        SyntaxError {
            help,
            ..SyntaxError::new(code, message, Span::new(self.file.id, start as u32, end as u32))
        }
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let next = self.file.text.get(self.pos..self.limit).and_then(|t| t.chars().next());
        let (found, len) = match next {
            None => ("the end of the file".to_owned(), 0),
            Some(c) if c.is_control() => (format!("the character U+{:04X}", c as u32), c.len_utf8()),
            Some(c) => (format!("`{c}`"), c.len_utf8()),
        };
        self.error(
            "unexpected-token",
            format!("expected {what}, found {found}"),
            self.pos,
            self.pos + len,
            None,
        )
    }
}
