//! Templates of HCL: escapes, trim markers, heredoc indentation.

use crate::Str;
use crate::source::Span;
use crate::syntax::{Kind, NodeId, Tree, flags};

use super::expr::{Expr, ExprKind, TemplatePart};
use super::hcl::{Names, Reader, damaged};

/// What a template consists of before it is put together: HCL trims and un-indents on this flat level, across the
/// borders of directives.
enum Token {
    /// Literal text of one `TemplateText`; of a heredoc, of one line.
    Text { node: NodeId, text: String },
    /// `${ … }` or `%{ … }`.
    Marker { trim_left: bool, trim_right: bool },
}

/// The text of a template without interpolations (a block's label, a plain string).
pub(super) fn label(tree: &Tree, id: NodeId) -> Str {
    let mut tokens = Vec::new();
    collect(tree, id, tree.kind(id) == Kind::Heredoc, &mut tokens);
    if tree.kind(id) == Kind::Heredoc {
        shape_heredoc(tree, id, &mut tokens);
    }
    let mut label = Str::new();
    for token in &tokens {
        if let Token::Text { text, .. } = token {
            label.push_str(text);
        }
    }
    label
}

impl<N: Names> Reader<'_, N> {
    /// Reads a quoted string or heredoc. One that is a single interpolation is that expression.
    pub(super) fn template(&mut self, id: NodeId) -> Expr {
        let tree = self.tree;
        let span = self.span(id);
        let heredoc = tree.kind(id) == Kind::Heredoc;
        if !heredoc && let Some(text) = plain_text(tree, id) {
            return Expr::string(text, span);
        }
        let mut tokens = Vec::new();
        collect(tree, id, heredoc, &mut tokens);
        trim(&mut tokens);
        if heredoc {
            shape_heredoc(tree, id, &mut tokens);
            if self.map.is_some() {
                // The text was wrapped into a heredoc to be parsed: its last line end is not its own.
                strip_final_newline(&mut tokens);
            }
        }
        let single = matches!(tokens.as_slice(), [Token::Marker { .. }]);
        let mut tokens = tokens.into_iter().peekable();
        let mut parts = self.parts(id, &mut tokens);
        if single
            && let [TemplatePart::Interpolation(_)] = parts.as_slice()
            && let Some(TemplatePart::Interpolation(mut inner)) = parts.pop()
        {
            inner.span = span;
            return inner;
        }
        match parts.as_mut_slice() {
            [] => Expr::string("", span),
            [TemplatePart::Text(text, _)] => Expr::string(std::mem::take(text), span),
            _ => Expr::new(ExprKind::Template(parts), span),
        }
    }

    fn parts(
        &mut self,
        parent: NodeId,
        tokens: &mut std::iter::Peekable<std::vec::IntoIter<Token>>,
    ) -> Vec<TemplatePart> {
        let tree = self.tree;
        let mut parts: Vec<TemplatePart> = Vec::new();
        for child in tree.children(parent) {
            let span = self.span(child);
            match tree.kind(child) {
                Kind::TemplateText => {
                    while let Some(Token::Text { text, .. }) =
                        tokens.next_if(|t| matches!(t, Token::Text { node, .. } if *node == child))
                    {
                        push_text(&mut parts, &text, span);
                    }
                }
                Kind::Interpolation => {
                    tokens.next();
                    let inner = match tree.child(child, 0) {
                        Some(inner) => self.expr(inner),
                        None => damaged(span),
                    };
                    parts.push(TemplatePart::Interpolation(inner));
                }
                Kind::TemplateIf => {
                    tokens.next();
                    let branches: Vec<NodeId> = branches(tree, child).collect();
                    let condition = match tree.child(child, 0) {
                        Some(node) if tree.kind(node) != Kind::TemplateBranch => self.expr(node),
                        _ => damaged(span),
                    };
                    let mut read = branches.into_iter().map(|branch| {
                        let parts = self.parts(branch, tokens);
                        tokens.next();
                        parts
                    });
                    let (yes, no) = (read.next().unwrap_or_default(), read.next().unwrap_or_default());
                    parts.push(TemplatePart::If(Box::new(condition), yes, no));
                }
                Kind::TemplateFor => {
                    tokens.next();
                    let part = self.template_for(child, tokens);
                    parts.push(part.unwrap_or_else(|| TemplatePart::Interpolation(damaged(span))));
                }
                _ => parts.push(TemplatePart::Interpolation(damaged(span))),
            }
        }
        parts
    }

    fn template_for(
        &mut self,
        id: NodeId,
        tokens: &mut std::iter::Peekable<std::vec::IntoIter<Token>>,
    ) -> Option<TemplatePart> {
        let tree = self.tree;
        let mut children = tree.children(id).peekable();
        let first = children.next_if(|&n| tree.kind(n) == Kind::Identifier).map(|n| Str::from(tree.text(n)));
        let second = children.next_if(|&n| tree.kind(n) == Kind::Identifier).map(|n| Str::from(tree.text(n)));
        let collection = children.next_if(|&n| tree.kind(n) != Kind::TemplateBranch).map(|n| self.expr(n));
        let branch = branches(tree, id).next();
        let names = first.iter().chain(&second).cloned().collect::<Vec<_>>();
        let body = self.with_bound(names, |reader| match branch {
            Some(branch) => {
                let parts = reader.parts(branch, tokens);
                tokens.next();
                parts
            }
            None => Vec::new(),
        });
        let (key, value) = match (first, second) {
            (Some(key), Some(value)) => (Some(key), value),
            (Some(value), None) => (None, value),
            _ => return None,
        };
        Some(TemplatePart::For(Box::new((key, value, collection?)), body))
    }
}

fn branches(tree: &Tree, id: NodeId) -> impl Iterator<Item = NodeId> {
    tree.children(id).filter(|&n| tree.kind(n) == Kind::TemplateBranch)
}

/// The text of a quoted template that has at most one piece, all literal: the usual case.
fn plain_text(tree: &Tree, id: NodeId) -> Option<Str> {
    let mut children = tree.children(id);
    match (children.next(), children.next()) {
        (None, _) => Some(Str::new()),
        (Some(only), None) if tree.kind(only) == Kind::TemplateText => {
            let raw = tree.text(only);
            if raw.bytes().any(|b| matches!(b, b'\\' | b'$' | b'%')) {
                Some(unescape(raw, true).into())
            } else {
                Some(raw.into())
            }
        }
        _ => None,
    }
}

fn push_text(parts: &mut Vec<TemplatePart>, text: &str, span: Span) {
    if text.is_empty() {
        return;
    }
    if let Some(TemplatePart::Text(last, last_span)) = parts.last_mut() {
        last.push_str(text);
        *last_span = last_span.to(span);
    } else {
        parts.push(TemplatePart::Text(text.into(), span));
    }
}

/// The tokens of a template, those inside directives included.
fn collect(tree: &Tree, parent: NodeId, heredoc: bool, tokens: &mut Vec<Token>) {
    for child in tree.children(parent) {
        match tree.kind(child) {
            Kind::TemplateText => {
                let raw = tree.text(child);
                if heredoc {
                    let lines = raw.split_inclusive('\n');
                    tokens.extend(lines.map(|line| Token::Text { node: child, text: unescape(line, false) }));
                } else {
                    tokens.push(Token::Text { node: child, text: unescape(raw, true) });
                }
            }
            Kind::Interpolation => tokens.push(marker(tree.text(child), tree.text(child))),
            Kind::TemplateIf | Kind::TemplateFor => {
                // The markers are the gaps around the branches: `%{ if c }` … `%{ else }` … `%{ endif }`.
                let node = tree.node(child);
                let mut from = node.start;
                for branch in branches(tree, child) {
                    let span = tree.node(branch);
                    let gap = tree.file.slice(Span::new(tree.file.id, from, span.start));
                    tokens.push(marker(gap, gap));
                    collect(tree, branch, heredoc, tokens);
                    from = span.end;
                }
                let gap = tree.file.slice(Span::new(tree.file.id, from, node.end));
                tokens.push(marker(gap, gap));
            }
            _ => {}
        }
    }
}

fn marker(open: &str, close: &str) -> Token {
    let trim_left = open.trim_start().as_bytes().get(2) == Some(&b'~');
    Token::Marker { trim_left, trim_right: close.trim_end().ends_with("~}") }
}

/// Applies `~`: white space goes from the one token before or behind the marker.
fn trim(tokens: &mut [Token]) {
    for i in 0..tokens.len() {
        let Some(&Token::Marker { trim_left, trim_right }) = tokens.get(i) else { continue };
        if trim_left && let Some(Token::Text { text, .. }) = i.checked_sub(1).and_then(|i| tokens.get_mut(i))
        {
            text.truncate(text.trim_end().len());
        }
        if trim_right && let Some(Token::Text { text, .. }) = tokens.get_mut(i + 1) {
            *text = text.trim_start().to_owned();
        }
    }
}

/// Removes the closing marker's own indentation if it came along, and for `<<-` the indentation that all lines share.
fn shape_heredoc(tree: &Tree, id: NodeId, tokens: &mut Vec<Token>) {
    if let Some(Token::Text { text, .. }) = tokens.last()
        && !text.ends_with('\n')
        && text.chars().all(char::is_whitespace)
    {
        tokens.pop();
    }
    if tree.node(id).flags & flags::EXPAND == 0 {
        return;
    }
    let mut least = usize::MAX;
    let mut line_start = true;
    let mut starts = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            Token::Text { text, .. } => {
                if line_start {
                    let spaces = text.chars().take_while(|c| c.is_whitespace()).count();
                    let blank = text.ends_with('\n') && text.chars().all(char::is_whitespace);
                    if !blank {
                        least = least.min(spaces);
                        starts.push(i);
                    }
                }
                line_start = text.ends_with('\n');
            }
            Token::Marker { .. } => {
                if line_start {
                    least = 0;
                }
                line_start = false;
            }
        }
    }
    if least == 0 || least == usize::MAX {
        return;
    }
    for i in starts {
        if let Some(Token::Text { text, .. }) = tokens.get_mut(i) {
            *text = text.chars().skip(least).collect();
        }
    }
}

fn strip_final_newline(tokens: &mut Vec<Token>) {
    if let Some(Token::Text { text, .. }) = tokens.last_mut()
        && text.ends_with('\n')
    {
        text.pop();
        if text.is_empty() {
            tokens.pop();
        }
    }
}

/// Decodes `$${` and `%%{`, and in quoted text also the escapes with a backslash.
pub(super) fn unescape(raw: &str, quoted: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['\\', '$', '%']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let mut chars = from.chars();
        let first = chars.next().unwrap_or_default();
        if first != '\\' {
            let doubled = if first == '$' { "$${" } else { "%%{" };
            if from.starts_with(doubled) {
                out.push(first);
                out.push('{');
                rest = from.get(3..).unwrap_or("");
            } else {
                out.push(first);
                rest = chars.as_str();
            }
            continue;
        }
        if !quoted {
            out.push('\\');
            rest = chars.as_str();
            continue;
        }
        let escape = chars.next();
        rest = chars.as_str();
        match escape {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('"') => out.push('"'),
            Some('\\') => out.push('\\'),
            Some(u @ ('u' | 'U')) => {
                let digits = if u == 'u' { 4 } else { 8 };
                let decoded =
                    rest.get(..digits).and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
                match decoded {
                    Some(c) => {
                        out.push(c);
                        rest = rest.get(digits..).unwrap_or("");
                    }
                    None => out.extend(['\\', u]),
                }
            }
            // Anything else is an error that the parser has reported.
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}
