//! JSON (RFC 8259), read without recursion into the same tree: `File` › `Document` › value.
//!
//! A strict pass reads the whole text; only if it fails a second one recovers what is not damaged.

mod recover;

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
    let mut parser =
        Parser { scan: Scanner::new(&file, start, end), tree: TreeBuilder::for_bytes(end - start), depth: 0 };
    let root = parser.tree.open(Kind::File, start as u32);
    if start == 0 && text.starts_with('\u{feff}') {
        parser.scan.pos = 3;
    }
    parser.scan.skip();
    let first = parser.scan.pos;
    let document = parser.tree.open(Kind::Document, first as u32);
    let mut last = first;
    let read = parser.value().and_then(|()| {
        last = parser.scan.pos;
        parser.scan.skip();
        if parser.scan.pos < end { Err(parser.scan.expected("the end of the file")) } else { Ok(()) }
    });
    let mut tree = parser.tree;
    if let Err(error) = read {
        tree.truncate(document.0 as usize + 1, 0);
        (tree, last) = recover::recover(&file, tree, first, end);
        if tree.errors.is_empty() {
            tree.error(error);
        }
    }
    tree.close(document, last as u32);
    tree.close(root, end as u32);
    tree.finish(file, Language::Json)
}

/// The strict pass.
struct Parser<'a> {
    scan: Scanner<'a>,
    tree: TreeBuilder,
    /// Levels that are open around what is read.
    depth: usize,
}

/// An array or object that is open, with the pair that is open in it.
struct Level {
    node: NodeId,
    object: bool,
    pair: Option<NodeId>,
}

impl<'a> Parser<'a> {
    /// One value with all that is in it.
    fn value(&mut self) -> Result<(), SyntaxError> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            // A value is next.
            match self.scan.peek() {
                open @ (b'{' | b'[') => {
                    if self.depth + levels.len() >= MAX_DEPTH {
                        let message = format!("nested deeper than the budget of {MAX_DEPTH} levels");
                        return Err(self.scan.error(
                            "depth-budget",
                            message,
                            self.scan.pos,
                            self.scan.pos + 1,
                            None,
                        ));
                    }
                    let object = open == b'{';
                    let kind = if object { Kind::Mapping } else { Kind::Sequence };
                    let node = self.tree.open(kind, self.scan.pos as u32);
                    if let Some(node) = self.tree.node_mut(node) {
                        node.flags = flags::FLOW;
                    }
                    self.scan.pos += 1;
                    self.scan.skip();
                    let mut level = Level { node, object, pair: None };
                    if self.scan.peek() == if object { b'}' } else { b']' } {
                        self.scan.pos += 1;
                        self.tree.close(node, self.scan.pos as u32);
                    } else {
                        if object {
                            level.pair = Some(self.key()?);
                        }
                        levels.push(level);
                        continue;
                    }
                }
                b'"' => self.scalar(Scanner::string)?,
                b'-' | b'0'..=b'9' => self.scalar(Scanner::number)?,
                _ => self.scalar(Scanner::word)?,
            }
            // Behind a value: close what ends here.
            loop {
                let Some(level) = levels.last_mut() else { return Ok(()) };
                if let Some(pair) = level.pair.take() {
                    self.tree.close(pair, self.scan.pos as u32);
                }
                while matches!(self.scan.bytes.get(self.scan.pos), Some(b' ' | b'\n' | b'\r' | b'\t'))
                    && self.scan.pos < self.scan.limit
                {
                    self.scan.pos += 1;
                }
                let object = level.object;
                match self.scan.peek() {
                    b',' => {
                        self.scan.pos += 1;
                        self.scan.skip();
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
                        let span = Span::new(self.scan.file.id, opened, opened + 1);
                        return Err(self
                            .scan
                            .expected(what)
                            .with_related(span, format!("`{bracket}` opened here")));
                    }
                }
                self.scan.pos += 1;
                self.tree.close(level.node, self.scan.pos as u32);
                levels.pop();
            }
        }
    }

    /// A key and the colon behind it; the pair stays open.
    fn key(&mut self) -> Result<NodeId, SyntaxError> {
        if self.scan.peek() != b'"' {
            return Err(self.scan.expected("a key in double quotes"));
        }
        let pair = self.tree.open(Kind::Pair, self.scan.pos as u32);
        self.scalar(Scanner::string)?;
        self.scan.skip();
        if self.scan.peek() != b':' {
            return Err(self.scan.expected("`:` behind the key"));
        }
        self.scan.pos += 1;
        self.scan.skip();
        Ok(pair)
    }

    /// A string, number or word as a leaf.
    #[inline]
    fn scalar(
        &mut self,
        rule: impl Fn(&mut Scanner<'a>) -> Result<Kind, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        let start = self.scan.pos;
        let kind = rule(&mut self.scan)?;
        let quoted = self.scan.bytes.get(start) == Some(&b'"');
        let id = self.tree.leaf(kind, start as u32, self.scan.pos as u32);
        if quoted && let Some(node) = self.tree.node_mut(id) {
            node.flags = flags::DOUBLE_QUOTED;
        }
        Ok(())
    }
}

/// Position and lexical rules.
struct Scanner<'a> {
    file: &'a SourceFile,
    bytes: &'a [u8],
    pos: usize,
    limit: usize,
}

impl<'a> Scanner<'a> {
    fn new(file: &'a SourceFile, pos: usize, limit: usize) -> Self {
        Scanner { file, bytes: file.text.as_bytes(), pos, limit }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file.id, start as u32, end as u32)
    }

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

    fn string(&mut self) -> Result<Kind, SyntaxError> {
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
        Ok(Kind::Scalar)
    }

    fn number(&mut self) -> Result<Kind, SyntaxError> {
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
        Ok(Kind::Scalar)
    }

    fn word(&mut self) -> Result<Kind, SyntaxError> {
        let start = self.pos;
        let rest = self.bytes.get(start..self.limit).unwrap_or(&[]);
        for word in ["true", "false", "null"] {
            if rest.starts_with(word.as_bytes()) && !self.at(start + word.len()).is_ascii_alphanumeric() {
                self.pos += word.len();
                return Ok(if word == "null" { Kind::Null } else { Kind::Scalar });
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
