//! The parser's state: position, newline mode, depth, errors, and the lexical rules of HCL.

use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, SyntaxError, TreeBuilder};

/// Levels of nesting (blocks, brackets, templates, operands, chained operators and traversal steps) that are read.
/// Terraform itself has no limit; nothing that people write comes near this one, and everything behind the parser
/// may recurse over a tree that is no deeper.
pub const MAX_DEPTH: u32 = 200;

/// Nodes that may be moved for each byte of the file, and for any file, to put operators around their operands.
const MOVES: (usize, usize) = (16, 1 << 20);

/// A parse failed; the parser holds the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed;

/// The result of a grammar rule.
pub(super) type Parsed<T = ()> = Result<T, Failed>;

/// Which newlines are tokens, and where the reading is.
pub(super) struct Parser<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// Offset of the next token.
    pub(super) pos: usize,
    /// Offset behind the last token.
    pub(super) last: usize,
    /// Nothing is read at or behind this offset.
    pub(super) limit: usize,
    /// Whether a newline is a token here.
    pub(super) newlines: bool,
    pub(super) depth: u32,
    pub(super) tree: TreeBuilder,
    /// The brackets that are open, innermost last: the character and its offset.
    pub(super) open: Vec<(u8, usize)>,
    /// The last search for the end of a comment: from where, to which limit, and what it found.
    comment: Option<(usize, usize, Option<usize>)>,
    /// What ends at the limit, for messages.
    pub(super) end_name: &'static str,
    /// What stopped the parse.
    pub(super) failure: Option<SyntaxError>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(file: &'a SourceFile, start: usize, limit: usize) -> Self {
        let text: &str = &file.text;
        let limit = limit.min(text.len());
        Parser {
            file,
            text,
            bytes: text.as_bytes(),
            pos: start,
            last: start,
            limit,
            newlines: true,
            depth: 0,
            tree: TreeBuilder::for_bytes(limit.saturating_sub(start)),
            open: Vec::new(),
            comment: None,
            end_name: if limit == text.len() { "file" } else { "text" },
            failure: None,
        }
    }

    /// Behind the `*/` of a comment whose text starts at `from`. What was searched before is not searched again.
    pub(super) fn comment_end(&mut self, from: usize, limit: usize) -> Option<usize> {
        if let Some((start, searched, found)) = self.comment
            && from >= start
        {
            match found {
                Some(end) if from + 2 <= end => return Some(end).filter(|&end| end <= limit),
                None if limit <= searched => return None,
                _ => {}
            }
        }
        let rest = self.bytes.get(from..limit).unwrap_or(&[]);
        let found = memchr::memmem::find(rest, b"*/").map(|i| from + i + 2);
        self.comment = Some((from, limit, found));
        found
    }

    /// The byte at an offset; 0 at the end (a NUL in the text is no token either).
    #[inline]
    pub(super) fn at(&self, offset: usize) -> u8 {
        if offset < self.limit { self.bytes.get(offset).copied().unwrap_or(0) } else { 0 }
    }

    /// The next token's first byte.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.at(self.pos)
    }

    /// Whether the text goes on with `what`.
    #[inline]
    pub(super) fn looking_at(&self, what: &[u8]) -> bool {
        self.bytes.get(self.pos..self.limit).is_some_and(|rest| rest.starts_with(what))
    }

    #[inline]
    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.limit
    }

    /// Whether a newline token is next.
    #[inline]
    pub(super) fn at_newline(&self) -> bool {
        match self.peek() {
            b'\n' => true,
            b'\r' => self.at(self.pos + 1) == b'\n',
            _ => false,
        }
    }

    /// Takes a token of `len` bytes and the white space and comments behind it.
    #[inline]
    pub(super) fn bump(&mut self, len: usize) {
        self.last = self.pos + len;
        self.pos = self.last;
        self.skip();
    }

    /// Skips white space and comments; newlines too, where they are not tokens.
    #[inline]
    pub(super) fn skip(&mut self) {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.pos += 1,
                b'\n' if !self.newlines => self.pos += 1,
                b'\r' if !self.newlines && self.at(self.pos + 1) == b'\n' => self.pos += 2,
                b'#' => self.skip_line(),
                b'/' => match self.at(self.pos + 1) {
                    b'/' => self.skip_line(),
                    b'*' => {
                        match self.comment_end(self.pos + 2, self.limit) {
                            Some(end) => self.pos = end,
                            // An unclosed comment is no token: the rule that meets it fails.
                            None => return,
                        }
                    }
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Goes to the newline that ends the line.
    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.pos..self.limit).unwrap_or(&[]);
        self.pos = match memchr::memchr(b'\n', rest) {
            Some(i) => {
                let end = self.pos + i;
                if i > 0 && self.bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
            }
            None => self.limit,
        };
    }

    /// The length of the identifier at an offset; 0 where there is none.
    #[inline]
    pub(super) fn identifier_len(&self, offset: usize) -> usize {
        let first = self.at(offset);
        if !(first.is_ascii_alphabetic() || first == b'_' || first >= 0x80) {
            return 0;
        }
        let mut end = offset;
        while end < self.limit {
            let byte = self.at(end);
            if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
                end += 1;
            } else if byte >= 0x80 {
                let Some(c) = self.text.get(end..).and_then(|t| t.chars().next()) else { break };
                let ok = if end == offset {
                    unicode_ident::is_xid_start(c)
                } else {
                    unicode_ident::is_xid_continue(c)
                };
                if !ok {
                    break;
                }
                end += c.len_utf8();
            } else {
                break;
            }
        }
        end - offset
    }

    /// The length of the number at an offset, as HCL's scanner cuts it: digits, dots and exponents, not ending with
    /// a dot. What is cut need not be a valid number (`1.2.3`).
    pub(super) fn number_len(&self, offset: usize) -> usize {
        let mut end = offset;
        let mut last_good = offset;
        loop {
            match self.at(end) {
                b'0'..=b'9' => {
                    end += 1;
                    last_good = end;
                }
                b'.' => end += 1,
                b'e' | b'E' => {
                    let sign = usize::from(matches!(self.at(end + 1), b'+' | b'-'));
                    if !self.at(end + 1 + sign).is_ascii_digit() {
                        break;
                    }
                    end += 2 + sign;
                    last_good = end;
                }
                _ => break,
            }
        }
        last_good - offset
    }

    /// Whether the identifier `word` is next.
    pub(super) fn keyword(&self, word: &str) -> bool {
        self.looking_at(word.as_bytes()) && self.identifier_len(self.pos) == word.len()
    }

    /// Takes an identifier as a node of that kind.
    pub(super) fn identifier(&mut self, kind: Kind, expected: &str) -> Parsed {
        let len = self.identifier_len(self.pos);
        if len == 0 {
            return self.expected(expected);
        }
        self.tree.leaf(kind, self.pos as u32, (self.pos + len) as u32);
        self.bump(len);
        Ok(())
    }

    /// One level deeper, or the error that names the budget.
    pub(super) fn enter(&mut self, height: u32) -> Parsed {
        self.depth += 1;
        self.check_depth(height)
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Fails when a subtree of that height would go below the budget.
    pub(super) fn check_depth(&mut self, height: u32) -> Parsed {
        if self.tree.moved > self.bytes.len() * MOVES.0 + MOVES.1 {
            let at = self.pos;
            let message = "long chains of operators or steps behind very large operands are over the budget";
            return self.fail(
                "chain-budget",
                message,
                at,
                at + 1,
                Some("name the operands with `locals`".to_owned()),
            );
        }
        if self.depth + height > MAX_DEPTH {
            let at = self.pos;
            return self.fail(
                "depth-budget",
                format!("nested deeper than the budget of {MAX_DEPTH} levels"),
                at,
                at + 1,
                Some("split the expression with `locals`".to_owned()),
            );
        }
        Ok(())
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let end = end.min(self.text.len());
        Span::new(self.file.id, start.min(end) as u32, end as u32)
    }

    /// Fails with an error; the first one stays.
    #[cold]
    pub(super) fn fail<T>(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        start: usize,
        end: usize,
        help: Option<String>,
    ) -> Parsed<T> {
        if self.failure.is_none() {
            let mut end = end.min(self.text.len());
            while !self.text.is_char_boundary(end) {
                end += 1;
            }
            let span = self.span(start, end);
            self.failure = Some(SyntaxError { help, ..SyntaxError::new(code, message, span) });
        }
        Err(Failed)
    }

    /// Records an error that does not disturb the structure: the parse goes on.
    #[cold]
    pub(super) fn report(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        start: usize,
        end: usize,
        help: Option<String>,
    ) {
        let span = self.span(start, end);
        self.tree.error(SyntaxError { help, ..SyntaxError::new(code, message, span) });
    }

    /// Fails with "expected …, found …" at the next token.
    #[cold]
    pub(super) fn expected<T>(&mut self, what: &str) -> Parsed<T> {
        let (found, len) = self.found();
        if self.looking_at(b"/*") {
            let help = Some("end the comment with `*/`".to_owned());
            return self.fail("unclosed-comment", "this comment is not closed", self.pos, self.pos + 2, help);
        }
        let opened = self.open.last().copied();
        let failed = self.fail(
            "unexpected-token",
            format!("expected {what}, found {found}"),
            self.pos,
            self.pos + len,
            None,
        );
        if let (Some((bracket, offset)), Some(failure)) = (opened, self.failure.as_mut()) {
            let (close, opening) = match bracket {
                b'(' => (")", "("),
                b'[' => ("]", "["),
                b'$' => ("}", "${"),
                b'%' => ("}", "%{"),
                _ => ("}", "{"),
            };
            let span = Span::new(self.file.id, offset as u32, (offset + opening.len()) as u32);
            failure.related = Some((span, format!("`{opening}` opened here")));
            if found.starts_with("the end") {
                failure.help = Some(format!("close it with `{close}`"));
            }
        }
        if found == "`'`"
            && let Some(failure) = self.failure.as_mut()
        {
            failure.help = Some("strings are written in double quotes".to_owned());
        }
        failed
    }

    /// How to call the next token, and its length.
    fn found(&self) -> (String, usize) {
        if self.at_end() {
            return (format!("the end of the {}", self.end_name), 0);
        }
        if self.at_newline() {
            return ("the end of the line".to_owned(), 0);
        }
        let mut len = self.identifier_len(self.pos);
        if len == 0 {
            len = match self.peek() {
                b'0'..=b'9' => self.number_len(self.pos),
                b'"' => return ("a quoted string".to_owned(), 1),
                _ => self.text.get(self.pos..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8),
            };
        }
        let token = self.text.get(self.pos..self.pos + len).unwrap_or("");
        match token.chars().next() {
            Some(c) if c.is_control() || c == '\u{feff}' => {
                (format!("the character U+{:04X}", c as u32), len)
            }
            _ if token.len() > 40 => ("a long name".to_owned(), len),
            _ => (format!("`{token}`"), len),
        }
    }
}
