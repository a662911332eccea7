//! What literal text means: escapes, trimming, indentation.

use std::borrow::Cow;

use crate::Str;
use crate::source::Span;

use super::{Kind, Language, NodeId, Tree, flags};

/// A piece of a template, its text decoded.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePiece {
    /// Text: escapes decoded, trim markers and the indentation of `<<-` applied. Never empty.
    Text(Str, Span),
    /// `${ … }`: the node of the expression.
    Interpolation(NodeId),
    /// `%{ if }`.
    If {
        /// The condition's node.
        condition: NodeId,
        /// What is there when it holds.
        yes: Vec<TemplatePiece>,
        /// What is there when it does not.
        no: Vec<TemplatePiece>,
        /// The whole directive.
        span: Span,
    },
    /// `%{ for }`.
    For {
        /// The name of the key, an `Identifier`.
        key: Option<NodeId>,
        /// The name of the value, an `Identifier`.
        value: NodeId,
        /// What is iterated.
        collection: NodeId,
        /// What is repeated.
        body: Vec<TemplatePiece>,
        /// The whole directive.
        span: Span,
    },
}

impl Tree {
    /// The text that a literal stands for, if it is plain text: an HCL string or heredoc without interpolation, an
    /// identifier (its name), a JSON string, number or boolean, or the text of a YAML scalar.
    pub fn string_value(&self, id: NodeId) -> Option<Str> {
        let node = self.node(id);
        match node.kind {
            Kind::Identifier | Kind::Variable => Some(self.text(id).into()),
            Kind::Template | Kind::Heredoc => {
                let mut text = Str::new();
                for piece in self.template_pieces(id) {
                    match piece {
                        TemplatePiece::Text(t, _) if text.is_empty() => text = t,
                        TemplatePiece::Text(t, _) => text.push_str(&t),
                        _ => return None,
                    }
                }
                Some(text)
            }
            Kind::Scalar if self.language == Language::Json => {
                Some(if node.flags & flags::DOUBLE_QUOTED != 0 {
                    decode_json_string(self.text(id)).as_ref().into()
                } else {
                    self.text(id).into()
                })
            }
            _ => None,
        }
    }

    /// The pieces of a `Template`, `Heredoc` or `TemplateBranch`, as Terraform reads them. Neighbouring texts are one
    /// piece. (Ask for the whole template, not for a branch: trimming and indentation look across directives.)
    pub fn template_pieces(&self, id: NodeId) -> Vec<TemplatePiece> {
        let node = self.node(id);
        let heredoc = node.kind == Kind::Heredoc;
        let mut reader = TemplateReader { tree: self, heredoc, tokens: Vec::new(), trim_next: false };
        reader.flatten(id);
        if heredoc && node.flags & flags::EXPAND != 0 {
            reader.strip_indentation();
        }
        let mut texts = reader.tokens.into_iter();
        self.assemble(id, &mut texts)
    }

    /// Puts the flat tokens back into the template's structure; the order of both is the same.
    fn assemble(&self, id: NodeId, tokens: &mut std::vec::IntoIter<Token>) -> Vec<TemplatePiece> {
        let mut pieces: Vec<TemplatePiece> = Vec::new();
        let branches = |node: NodeId, tokens: &mut std::vec::IntoIter<Token>| {
            let mut branches = self.children(node).filter(|&c| self.kind(c) == Kind::TemplateBranch);
            let first = branches.next().map(|b| self.assemble(b, tokens)).unwrap_or_default();
            let second = branches.next().map(|b| self.assemble(b, tokens)).unwrap_or_default();
            (first, second)
        };
        for child in self.children(id) {
            match self.kind(child) {
                Kind::TemplateText => {
                    // A text has one token a line.
                    let end = self.node(child).end;
                    while let Some(Token::Text { text, span }) = tokens.as_slice().first().cloned() {
                        if span.end > end {
                            break;
                        }
                        tokens.next();
                        if text.is_empty() {
                            continue;
                        }
                        match pieces.last_mut() {
                            Some(TemplatePiece::Text(before, at)) => {
                                before.push_str(&text);
                                *at = at.to(span);
                            }
                            _ => pieces.push(TemplatePiece::Text(Str::from(text.as_str()), span)),
                        }
                    }
                }
                Kind::Interpolation => {
                    tokens.next();
                    if let Some(expression) = self.child(child, 0) {
                        pieces.push(TemplatePiece::Interpolation(expression));
                    }
                }
                Kind::TemplateIf => {
                    tokens.next();
                    let (yes, no) = branches(child, tokens);
                    if let Some(condition) = self.child(child, 0) {
                        pieces.push(TemplatePiece::If { condition, yes, no, span: self.span(child) });
                    }
                }
                Kind::TemplateFor => {
                    tokens.next();
                    let (body, _) = branches(child, tokens);
                    let heads: Vec<NodeId> =
                        self.children(child).take_while(|&c| self.kind(c) != Kind::TemplateBranch).collect();
                    let span = self.span(child);
                    match *heads.as_slice() {
                        [key, value, collection] => {
                            pieces.push(TemplatePiece::For { key: Some(key), value, collection, body, span });
                        }
                        [value, collection] => {
                            pieces.push(TemplatePiece::For { key: None, value, collection, body, span });
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        pieces
    }
}

/// A template as Terraform's trimming sees it: flat.
#[derive(Clone)]
enum Token {
    Text { text: String, span: Span },
    Other,
}

struct TemplateReader<'t> {
    tree: &'t Tree,
    heredoc: bool,
    tokens: Vec<Token>,
    trim_next: bool,
}

impl TemplateReader<'_> {
    fn flatten(&mut self, id: NodeId) {
        for child in self.tree.children(id) {
            let node = self.tree.node(child);
            match node.kind {
                Kind::TemplateText => self.text(child),
                Kind::Interpolation => {
                    self.marker(node.flags & flags::TRIM_LEFT != 0);
                    self.tokens.push(Token::Other);
                    self.trim_next = node.flags & flags::TRIM_RIGHT != 0;
                }
                Kind::TemplateIf | Kind::TemplateFor => {
                    self.marker(node.flags & flags::TRIM_LEFT != 0);
                    self.tokens.push(Token::Other);
                    for branch in self.tree.children(child) {
                        let inner = self.tree.node(branch);
                        if inner.kind == Kind::TemplateBranch {
                            self.trim_next = inner.flags & flags::TRIM_LEFT != 0;
                            self.flatten(branch);
                            self.marker(inner.flags & flags::TRIM_RIGHT != 0);
                        }
                    }
                    self.trim_next = node.flags & flags::TRIM_RIGHT != 0;
                }
                _ => {}
            }
        }
    }

    /// A marker that trims eats the white space of the text token just before it. In a heredoc a token is a line, so
    /// it never eats a whole line before its own (Terraform's behaviour).
    fn marker(&mut self, trims: bool) {
        self.trim_next = false;
        if trims && let Some(Token::Text { text, .. }) = self.tokens.last_mut() {
            text.truncate(text.trim_end().len());
        }
    }

    fn text(&mut self, id: NodeId) {
        let span = self.tree.span(id);
        let source = self.tree.text(id);
        let mut at = span.start;
        let lines: Vec<&str> =
            if self.heredoc { source.split_inclusive('\n').collect() } else { vec![source] };
        for line in lines {
            let decoded = decode_template_text(line, !self.heredoc);
            let text = if self.trim_next { decoded.trim_start().to_owned() } else { decoded.into_owned() };
            self.trim_next = false;
            let end = at + line.len() as u32;
            self.tokens.push(Token::Text { text, span: Span::new(span.file, at, end) });
            at = end;
        }
    }

    /// `<<-`: takes the smallest indentation of all lines from every line.
    fn strip_indentation(&mut self) {
        let mut least = usize::MAX;
        let mut line_start = true;
        let mut adjust = Vec::new();
        for (i, token) in self.tokens.iter().enumerate() {
            let Token::Text { text, .. } = token else {
                if line_start {
                    least = 0;
                }
                line_start = false;
                continue;
            };
            if line_start {
                let rest = text.trim_start();
                // A blank line has no say.
                if !(rest.is_empty() && text.ends_with('\n')) {
                    let spaces = text.chars().take_while(|c| c.is_whitespace()).count();
                    least = least.min(spaces);
                    adjust.push(i);
                }
            }
            line_start = text.ends_with('\n');
        }
        for i in adjust {
            if let Some(Token::Text { text, span }) = self.tokens.get_mut(i) {
                let cut: usize = text.chars().take(least).map(char::len_utf8).sum();
                text.drain(..cut);
                span.start += cut as u32;
            }
        }
    }
}

/// Decodes `$${`, `%%{` and, in quoted templates, backslash escapes. What is not a valid escape stays as it is (the
/// parser has reported it).
pub fn decode_template_text(source: &str, quoted: bool) -> Cow<'_, str> {
    let special = |b: u8| b == b'$' || b == b'%' || (quoted && b == b'\\');
    if !source.bytes().any(special) {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(i) = rest.bytes().position(special) {
        out.push_str(rest.get(..i).unwrap_or(""));
        rest = rest.get(i..).unwrap_or("");
        let (text, len) = decode_one(rest, quoted);
        match text {
            Some(c) => out.push(c),
            None => out.push_str(rest.get(..len).unwrap_or("")),
        }
        if text.is_some() && (rest.starts_with('$') || rest.starts_with('%')) {
            out.push('{');
        }
        rest = rest.get(len..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What the special sequence at the start of `rest` stands for (none: itself) and how long it is.
fn decode_one(rest: &str, quoted: bool) -> (Option<char>, usize) {
    let bytes = rest.as_bytes();
    if rest.starts_with("$${") {
        return (Some('$'), 3);
    }
    if rest.starts_with("%%{") {
        return (Some('%'), 3);
    }
    if !quoted || bytes.first() != Some(&b'\\') {
        return (None, 1);
    }
    let hex = |len: usize| {
        let c = rest.get(2..2 + len).and_then(|h| u32::from_str_radix(h, 16).ok()).map(|n| {
            // Terraform's own reading of a surrogate or of what is beyond Unicode.
            char::from_u32(n).unwrap_or('\u{fffd}')
        });
        (c, if c.is_some() { 2 + len } else { 1 })
    };
    match bytes.get(1) {
        Some(b'n') => (Some('\n'), 2),
        Some(b'r') => (Some('\r'), 2),
        Some(b't') => (Some('\t'), 2),
        Some(b'"') => (Some('"'), 2),
        Some(b'\\') => (Some('\\'), 2),
        Some(b'u') => hex(4),
        Some(b'U') => hex(8),
        _ => (None, 1),
    }
}

/// Decodes a JSON string with its quotes (a missing closing quote is no problem). A lone surrogate becomes U+FFFD.
pub fn decode_json_string(source: &str) -> Cow<'_, str> {
    let inner = source.strip_prefix('"').unwrap_or(source);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner.strip_suffix('"').unwrap_or(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(i) = rest.find(['\\', '"']) {
        out.push_str(rest.get(..i).unwrap_or(""));
        rest = rest.get(i..).unwrap_or("");
        if rest.starts_with('"') {
            return Cow::Owned(out);
        }
        let unit = |at: usize| {
            let text = rest.get(at..)?;
            let hex = text.strip_prefix("\\u")?.get(..4)?;
            if hex.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(hex, 16).ok() } else { None }
        };
        let mut len = 2;
        let c = match rest.as_bytes().get(1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'u') => match (unit(0), unit(6)) {
                (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                    len = 12;
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('\u{fffd}')
                }
                (Some(one), _) => {
                    len = 6;
                    char::from_u32(one).unwrap_or('\u{fffd}')
                }
                (None, _) => {
                    len = 1;
                    '\\'
                }
            },
            _ => {
                len = 1;
                '\\'
            }
        };
        out.push(c);
        rest = rest.get(len..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}
