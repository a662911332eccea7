//! Quoted strings, heredocs and what stands in them.

use crate::syntax::{Kind, NodeId, flags};

use super::parser::{Parsed, Parser};

/// What ends a template.
#[derive(Clone, Copy)]
enum End {
    /// `"`.
    Quote,
    /// The line that holds this marker.
    Marker { start: usize, len: usize },
}

/// What stopped a run of template parts.
enum Stop {
    /// The end of the whole template; the parser stands on it.
    End,
    /// `%{ else }`, `%{ endif }` or `%{ endfor }`: the parser stands behind it.
    Directive(Directive),
}

struct Directive {
    word: &'static str,
    start: usize,
    end: usize,
    trim_left: bool,
    trim_right: bool,
}

impl Parser<'_> {
    /// `"…"`, the opening quote being next.
    pub(super) fn quoted(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let node = self.tree.open(Kind::Template, start as u32);
        self.pos += 1;
        let (stop, height) = self.parts(End::Quote, start)?;
        self.no_directive(stop)?;
        self.bump(1);
        self.tree.close(node, self.last as u32);
        Ok(height + 1)
    }

    /// `<<MARKER` to the line that holds the marker alone.
    pub(super) fn heredoc(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let flush = self.at(start + 2) == b'-';
        let marker = start + 2 + usize::from(flush);
        let len = self.identifier_len(marker);
        let mut body = marker + len;
        if self.at(body) == b'\r' {
            body += 1;
        }
        if len == 0 || self.at(body) != b'\n' {
            let help = "a heredoc starts with `<<` and a marker at the end of the line: `<<EOT`";
            return self.fail(
                "invalid-heredoc",
                "this is not an expression",
                start,
                start + 2,
                Some(help.to_owned()),
            );
        }
        let node = self.tree.open(Kind::Heredoc, start as u32);
        if flush && let Some(node) = self.tree.node_mut(node) {
            node.flags |= flags::EXPAND;
        }
        self.pos = body + 1;
        let (stop, height) = self.parts(End::Marker { start: marker, len }, start)?;
        self.no_directive(stop)?;
        // `parts` stops at the start of the marker's line.
        while matches!(self.peek(), b' ' | b'\t') || self.marker_space() > 0 {
            self.pos += self.marker_space().max(1);
        }
        self.bump(len);
        self.tree.close(node, self.last as u32);
        Ok(height + 1)
    }

    /// The length of a white space character (of any kind) before a heredoc's marker.
    fn marker_space(&self) -> usize {
        let c = self.text.get(self.pos..).and_then(|t| t.chars().next());
        c.filter(|c| c.is_whitespace() && *c != '\n').map_or(0, char::len_utf8)
    }

    fn no_directive(&mut self, stop: Stop) -> Parsed {
        match stop {
            Stop::End => Ok(()),
            Stop::Directive(d) => self.fail(
                "unbalanced-directive",
                format!("`%{{ {} }}` has no directive to belong to", d.word),
                d.start,
                d.end,
                None,
            ),
        }
    }

    /// Text, interpolations and directives up to the end of the template or a directive that ends a branch.
    fn parts(&mut self, end: End, opened: usize) -> Parsed<(Stop, u32)> {
        let mut height = 0;
        loop {
            let text = self.pos;
            let stop = match end {
                End::Quote => self.quoted_text(opened)?,
                End::Marker { start, len } => self.heredoc_text(start, len, opened)?,
            };
            if self.pos > text {
                self.tree.leaf(Kind::TemplateText, text as u32, self.pos as u32);
                self.check_returns(text);
                height = height.max(1);
            }
            match stop {
                TextStop::End => return Ok((Stop::End, height)),
                TextStop::Interpolation => height = height.max(self.interpolation()?),
                TextStop::Directive => match self.directive(end, opened)? {
                    (Some(directive), _) => return Ok((Stop::Directive(directive), height)),
                    (None, inner) => height = height.max(inner),
                },
            }
        }
    }

    /// Goes over the text of a quoted string.
    fn quoted_text(&mut self, opened: usize) -> Parsed<TextStop> {
        loop {
            match self.peek() {
                b'"' => return Ok(TextStop::End),
                b'\\' => self.escape()?,
                mark @ (b'$' | b'%') => {
                    if self.at(self.pos + 1) == b'{' {
                        return Ok(TextStop::of(mark));
                    }
                    self.pos += self.not_a_marker(mark);
                }
                b'\n' | b'\r' => {
                    return self.fail(
                        "unclosed-string",
                        "this string is not closed on its line",
                        opened,
                        self.pos,
                        Some(
                            "close it with `\"`; for text of several lines use a heredoc (`<<-EOT`)"
                                .to_owned(),
                        ),
                    );
                }
                0 if self.at_end() => {
                    let help = Some("close it with `\"`".to_owned());
                    return self.fail("unclosed-string", "this string is not closed", opened, self.pos, help);
                }
                _ => self.pos += 1,
            }
        }
    }

    /// `$` or `%` without a brace is text; `$${` and `%%{` are an escape of three bytes.
    fn not_a_marker(&self, mark: u8) -> usize {
        if self.at(self.pos + 1) == mark && self.at(self.pos + 2) == b'{' { 3 } else { 1 }
    }

    /// A backslash and what follows; an unknown escape is reported and stays as it is.
    fn escape(&mut self) -> Parsed {
        let start = self.pos;
        let digits = match self.at(start + 1) {
            b'n' | b'r' | b't' | b'"' | b'\\' => {
                self.pos += 2;
                return Ok(());
            }
            b'u' => 4,
            b'U' => 8,
            b'\n' | b'\r' => {
                self.pos += 1;
                return Ok(());
            }
            0 if start + 1 >= self.limit => {
                self.pos += 1;
                return Ok(());
            }
            _ => {
                let len = self.text.get(start + 1..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
                self.pos += 1 + len;
                let help = "the escapes are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \\UNNNNNNNN; write `\\\\` for a backslash";
                self.report("invalid-escape", "unknown escape", start, self.pos, Some(help.to_owned()));
                return Ok(());
            }
        };
        let hex = (0..digits).take_while(|i| self.at(start + 2 + i).is_ascii_hexdigit()).count();
        self.pos += 2 + hex;
        let code = u32::from_str_radix(self.text.get(start + 2..self.pos).unwrap_or(""), 16).unwrap_or(0);
        if hex == digits && char::from_u32(code).is_none() {
            self.report("invalid-escape", "this is not a Unicode character", start, self.pos, None);
        }
        if hex < digits {
            let message = format!("this escape needs {digits} hexadecimal digits");
            self.report("invalid-escape", message, start, self.pos, None);
        }
        Ok(())
    }

    /// Goes over the text of a heredoc, to a marker or to the start of the line that ends it.
    fn heredoc_text(&mut self, marker: usize, len: usize, opened: usize) -> Parsed<TextStop> {
        // Only where a line starts can it be the last one.
        let mut line_start = self.bytes.get(self.pos.wrapping_sub(1)) == Some(&b'\n');
        loop {
            let rest = self.bytes.get(self.pos..self.limit).unwrap_or(&[]);
            if line_start {
                let Some(i) = memchr::memchr(b'\n', rest) else {
                    return self.unclosed_heredoc(marker, len, opened);
                };
                let line = self.text.get(self.pos..self.pos + i).unwrap_or("");
                // A carriage return before the marker is none of the white space that may stand there.
                let indented = line.trim_start_matches(|c: char| c.is_whitespace() && c != '\r');
                if indented.trim_end() == self.text.get(marker..marker + len).unwrap_or("") {
                    return Ok(TextStop::End);
                }
            }
            line_start = false;
            match memchr::memchr3(b'\n', b'$', b'%', rest) {
                None => return self.unclosed_heredoc(marker, len, opened),
                Some(i) => {
                    self.pos += i;
                    match self.peek() {
                        b'\n' => {
                            self.pos += 1;
                            line_start = true;
                        }
                        mark if self.at(self.pos + 1) == b'{' => return Ok(TextStop::of(mark)),
                        mark => self.pos += self.not_a_marker(mark),
                    }
                }
            }
        }
    }

    /// Reports a carriage return that ends no line.
    fn check_returns(&mut self, from: usize) {
        let mut at = from;
        while let Some(i) = memchr::memchr(b'\r', self.bytes.get(at..self.pos).unwrap_or(&[])) {
            at += i + 1;
            if self.at(at) != b'\n' {
                let help = Some("end lines with a line feed".to_owned());
                self.report("invalid-character", "a carriage return that ends no line", at - 1, at, help);
            }
        }
    }

    fn unclosed_heredoc<T>(&mut self, marker: usize, len: usize, opened: usize) -> Parsed<T> {
        let name = self.text.get(marker..marker + len).unwrap_or("");
        let message = format!("this heredoc is not closed by a line with `{name}` alone");
        self.fail("unclosed-heredoc", message, opened, marker + len, None)
    }

    /// `${ … }`, the `$` being next.
    fn interpolation(&mut self) -> Parsed<u32> {
        let start = self.pos;
        let node = self.tree.open(Kind::Interpolation, start as u32);
        let (outer, trim_left) = self.open_marker(start);
        let height = self.expression()?;
        let trim_right = self.close_marker(outer, "`}` behind the interpolated expression")?;
        self.tree.close(node, self.pos as u32);
        self.set_trim(node, trim_left, trim_right);
        Ok(height + 1)
    }

    /// Takes `${` or `%{` with its `~`; answers with the newline mode outside.
    fn open_marker(&mut self, start: usize) -> (bool, bool) {
        let outer = self.newlines;
        let trim = self.at(start + 2) == b'~';
        self.open.push((self.peek(), start));
        self.newlines = false;
        self.bump(2 + usize::from(trim));
        (outer, trim)
    }

    /// Takes `}` or `~}`; the parser then stands on the template's text again.
    fn close_marker(&mut self, outer: bool, expected: &str) -> Parsed<bool> {
        let trim = self.peek() == b'~' && self.at(self.pos + 1) == b'}';
        if !trim && self.peek() != b'}' {
            return self.expected(expected);
        }
        self.open.pop();
        self.newlines = outer;
        self.pos += 1 + usize::from(trim);
        self.last = self.pos;
        Ok(trim)
    }

    fn set_trim(&mut self, node: NodeId, left: bool, right: bool) {
        if let Some(node) = self.tree.node_mut(node) {
            node.flags |= if left { flags::TRIM_LEFT } else { 0 } | if right { flags::TRIM_RIGHT } else { 0 };
        }
    }

    /// `%{ … }`, the `%` being next: a whole `if` or `for`, or one of the words that end a branch.
    fn directive(&mut self, end: End, opened: usize) -> Parsed<(Option<Directive>, u32)> {
        let start = self.pos;
        let (outer, trim_left) = self.open_marker(start);
        for word in ["else", "endif", "endfor"] {
            if self.keyword(word) {
                self.bump(word.len());
                let trim_right = self.close_marker(outer, &format!("`}}` behind `{word}`"))?;
                return Ok((Some(Directive { word, start, end: self.pos, trim_left, trim_right }), 0));
            }
        }
        let conditional = self.keyword("if");
        if !conditional && !self.keyword("for") {
            return self.expected("`if`, `for`, `else`, `endif` or `endfor` behind `%{`");
        }
        self.enter(0)?;
        let kind = if conditional { Kind::TemplateIf } else { Kind::TemplateFor };
        let node = self.tree.open(kind, start as u32);
        self.bump(if conditional { 2 } else { 3 });
        let mut height = if conditional { self.expression()? } else { self.for_head()? };
        let mut trim = self.close_marker(outer, "`}` behind the directive")?;
        let mut first = true;
        loop {
            let branch = self.tree.open(Kind::TemplateBranch, self.pos as u32);
            let (stop, inner) = self.parts(end, opened)?;
            height = height.max(inner + 1);
            let Stop::Directive(directive) = stop else {
                let word = if conditional { "if" } else { "for" };
                return self.fail(
                    "unbalanced-directive",
                    format!("this `%{{ {word} }}` is not closed by `%{{ end{word} }}`"),
                    start,
                    start + 2,
                    None,
                );
            };
            self.tree.close(branch, directive.start as u32);
            self.set_trim(branch, trim, directive.trim_left);
            match directive.word {
                "else" if conditional && first => {
                    first = false;
                    trim = directive.trim_right;
                }
                "endif" if conditional => {
                    self.tree.close(node, directive.end as u32);
                    self.set_trim(node, trim_left, directive.trim_right);
                    break;
                }
                "endfor" if !conditional => {
                    self.tree.close(node, directive.end as u32);
                    self.set_trim(node, trim_left, directive.trim_right);
                    break;
                }
                word => {
                    let help = if conditional {
                        "`%{ if }` ends with `%{ endif }`"
                    } else {
                        "`%{ for }` ends with `%{ endfor }`"
                    };
                    return self.fail(
                        "unbalanced-directive",
                        format!("`%{{ {word} }}` does not fit here"),
                        directive.start,
                        directive.end,
                        Some(help.to_owned()),
                    );
                }
            }
        }
        self.leave();
        Ok((None, height + 1))
    }
}

/// What ended a run of text.
enum TextStop {
    End,
    Interpolation,
    Directive,
}

impl TextStop {
    fn of(mark: u8) -> Self {
        if mark == b'$' { TextStop::Interpolation } else { TextStop::Directive }
    }
}
