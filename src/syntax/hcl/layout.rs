//! What the layout of damaged text says about its structure: where people would say that a block, an argument or a
//! heredoc ends, judging by lines and indentation and not by brackets.

use std::cell::Cell;

/// A part of the text, read by lines.
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// Bytes that may still be looked at; the recovery of a file gives up when it is used up.
    fuel: Cell<usize>,
}

/// Where a block ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockExtent {
    /// Behind the body's last byte.
    pub(super) body_end: usize,
    /// The closing brace, if there is one.
    pub(super) close: Option<usize>,
    /// Where the next item can start.
    pub(super) end: usize,
    /// Whether the body has lines of its own.
    pub(super) multi_line: bool,
    /// Behind a `}` in a column of its own that may well close the block: what follows is not deeper than the block.
    pub(super) doubtful: Option<usize>,
}

/// What a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineKind {
    Blank,
    Comment,
    /// `}`.
    CloseBrace,
    /// `]` or `)`.
    CloseBracket,
    /// A name, labels and `{`.
    Header,
    /// A name and `=`.
    Argument,
    Other,
}

impl<'a> Layout<'a> {
    pub(super) fn new(text: &'a str, fuel: usize) -> Self {
        Layout { text, bytes: text.as_bytes(), fuel: Cell::new(fuel) }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Where the line of an offset starts.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let start = memchr::memrchr(b'\n', self.bytes.get(..at).unwrap_or(&[])).map_or(0, |i| i + 1);
        self.burn((at - start) / 8);
        start
    }

    /// Where the line of an offset ends: at its newline or at `to`.
    pub(super) fn line_end(&self, at: usize, to: usize) -> usize {
        let end = memchr::memchr(b'\n', self.bytes.get(at..to).unwrap_or(&[])).map_or(to, |i| at + i);
        self.burn((end - at.min(end)) / 8);
        end
    }

    /// The line from an offset, without its line end.
    pub(super) fn line(&self, at: usize, to: usize) -> &'a str {
        self.text.get(at..self.line_end(at, to)).unwrap_or("").trim_end_matches('\r')
    }

    /// The indentation of the line of an offset.
    pub(super) fn indent(&self, at: usize) -> usize {
        let start = self.line_start(at);
        let start = if start == 0 && self.text.starts_with('\u{feff}') { 3 } else { start };
        self.bytes.iter().skip(start).take_while(|b| matches!(b, b' ' | b'\t')).count()
    }

    /// Counts bytes that were looked at.
    pub(super) fn burn(&self, bytes: usize) {
        self.fuel.set(self.fuel.get().saturating_sub(bytes + 1));
    }

    /// Whether the budget is used up.
    pub(super) fn is_spent(&self) -> bool {
        self.fuel.get() == 0
    }

    /// The start of the line behind the one at `at`, or behind the heredoc that it opens.
    pub(super) fn next_line(&mut self, at: usize, to: usize) -> usize {
        let end = self.line_end(at, to);
        self.burn(end - at);
        if let Some(end) = self.heredoc_end(at, end, to) {
            return end;
        }
        (end + 1).min(to)
    }

    fn kind(&self, at: usize, to: usize) -> LineKind {
        let line = self.line(at, to).trim_start_matches([' ', '\t', '\u{feff}']);
        let mut chars = line.chars();
        let Some(first) = chars.next() else { return LineKind::Blank };
        match first {
            '#' => LineKind::Comment,
            '/' if line.starts_with("//") || line.starts_with("/*") => LineKind::Comment,
            '}' => LineKind::CloseBrace,
            ']' | ')' => LineKind::CloseBracket,
            c if c == '_' || c.is_alphabetic() => {
                let rest = line.trim_start_matches(|c: char| c == '_' || c == '-' || c.is_alphanumeric());
                let behind = rest.trim_start_matches([' ', '\t']);
                if behind.starts_with('=') && !behind.starts_with("==") {
                    LineKind::Argument
                } else if behind.starts_with('{') || (is_header(behind) && rest.len() > behind.len()) {
                    LineKind::Header
                } else {
                    LineKind::Other
                }
            }
            _ => LineKind::Other,
        }
    }

    /// The next line at or behind `at` that is neither blank nor a comment.
    fn next_code_line(&mut self, mut at: usize, to: usize) -> Option<usize> {
        while at < to {
            match self.kind(at, to) {
                LineKind::Blank => at = self.next_line(at, to),
                LineKind::Comment => at = self.skip_comment(at, to),
                _ => return Some(at),
            }
            if self.is_spent() {
                return None;
            }
        }
        None
    }

    /// Behind the comment line, or behind the last line of the `/* … */` that starts at this line.
    fn skip_comment(&mut self, at: usize, to: usize) -> usize {
        let line = self.line(at, to);
        if let Some(open) = line.find("/*")
            && line.trim_start().starts_with("/*")
        {
            let from = at + open + 2;
            let rest = self.bytes.get(from..to).unwrap_or(&[]);
            self.burn(rest.len() / 8);
            if let Some(i) = memchr::memmem::find(rest, b"*/") {
                self.burn(i);
                return (self.line_end(from + i, to) + 1).min(to);
            }
        }
        self.next_line(at, to)
    }

    /// The extent of a block whose type is at `start`, inside `start..to`.
    pub(super) fn block(&mut self, start: usize, to: usize) -> BlockExtent {
        let indent = self.indent(start);
        let header_end = self.line_end(start, to);
        let header = self.line(start, to);
        let net = net_braces(header);
        let ends_open = strip_comment(header).trim_end().ends_with('{');
        let mut at = self.next_line(start, to);
        let first = self.next_code_line(at, to);
        let deeper = first.is_some_and(|line| self.indent_at(line) > indent);
        if !ends_open && net <= 0 {
            let braces = header.contains('{');
            let own_line = first.is_some_and(|l| self.line(l, to).trim() == "{");
            if (braces && !(net == 0 && deeper && !header.trim_end().ends_with('}'))) || !(deeper || own_line)
            {
                let close = header.rfind('}').map(|i| start + i);
                return BlockExtent {
                    body_end: close.unwrap_or(header_end),
                    close,
                    end: at,
                    multi_line: false,
                    doubtful: None,
                };
            }
        }
        // A body that nobody indented.
        let loose = indent == 0 && !deeper;
        let mut doubtful = None;
        // Behind the `}` with which the last code line began.
        let mut brace = None;
        while at < to && !self.is_spent() {
            let kind = self.kind(at, to);
            if !matches!(kind, LineKind::Blank | LineKind::Comment) {
                if self.indent_at(at) <= indent {
                    doubtful = doubtful.or(brace);
                }
                brace = match kind {
                    LineKind::CloseBrace => Some(at + self.line(at, to).find('}').unwrap_or(0) + 1),
                    _ => None,
                };
            }
            let ends = match kind {
                LineKind::Blank => false,
                LineKind::Comment => {
                    at = self.skip_comment(at, to);
                    continue;
                }
                _ if self.indent_at(at) > indent => false,
                LineKind::CloseBrace => {
                    if self.indent_at(at) == indent {
                        if self.is_stray_close(at, to, indent) {
                            at = self.next_line(at, to);
                            continue;
                        }
                        let close = at + self.line(at, to).find('}').unwrap_or(0);
                        let end = close + 1;
                        return BlockExtent {
                            body_end: close,
                            close: Some(close),
                            end,
                            multi_line: true,
                            doubtful,
                        };
                    }
                    true
                }
                LineKind::CloseBracket | LineKind::Other => false,
                LineKind::Argument => !loose,
                LineKind::Header => true,
            };
            if ends {
                return BlockExtent { body_end: at, close: None, end: at, multi_line: true, doubtful };
            }
            at = self.next_line(at, to);
        }
        let doubtful = doubtful.or(brace);
        BlockExtent { body_end: to, close: None, end: to, multi_line: true, doubtful }
    }

    fn indent_at(&self, line: usize) -> usize {
        self.indent(line.max(self.line_start(line)))
    }

    /// Whether a `}` in a block's own column does not close it: the block goes on, deeper, to another such `}`.
    fn is_stray_close(&mut self, at: usize, to: usize, indent: usize) -> bool {
        let next = self.next_line(at, to);
        let Some(mut line) = self.next_code_line(next, to) else { return false };
        // A header that became a comment.
        let between = self.text.get(next..line).unwrap_or("");
        if between.lines().any(|l| is_header(l.trim_start_matches(['#', '/', ' ']))) {
            return false;
        }
        if self.indent_at(line) <= indent {
            return false;
        }
        let text = self.line(line, to).trim_start();
        if self.kind(line, to) == LineKind::Header && text.contains('"') && !text.starts_with("dynamic") {
            return false;
        }
        loop {
            if self.indent_at(line) <= indent {
                return self.kind(line, to) == LineKind::CloseBrace;
            }
            let next = self.next_line(line, to);
            match self.next_code_line(next, to) {
                Some(l) => line = l,
                None => return false,
            }
        }
    }

    /// Where an argument that starts at `start` ends: behind its line and the deeper ones, and the closers in its
    /// own column.
    pub(super) fn argument(&mut self, start: usize, to: usize) -> usize {
        let indent = self.indent(start);
        let line_end = self.line_end(start, to);
        let mut at = self.next_line(start, to);
        let mut end = at;
        if at > line_end + 1 && !self.line(start, to).contains(['(', '[', '{']) {
            // Nothing but a heredoc.
            return end;
        }
        let line = self.line(start, to);
        if line.trim_end().ends_with('=')
            && self.next_code_line(at, to).is_some_and(|next| self.kind(next, to) == LineKind::Argument)
        {
            // It lacks its value, whatever its column is.
            return end;
        }
        let mut open = has_opening(line);
        while at < to && !self.is_spent() {
            match self.kind(at, to) {
                LineKind::Blank => {
                    at = self.next_line(at, to);
                    continue;
                }
                // No value has a block in it: this one stands too deep, or the argument does not.
                LineKind::Header if !open && !self.line(at, to).trim_start().starts_with("for ") => break,
                _ if self.indent_at(at) > indent => {
                    open |= has_opening(self.line(at, to));
                    at = self.next_line(at, to);
                    end = at;
                }
                LineKind::CloseBrace | LineKind::CloseBracket if self.indent_at(at) == indent => {
                    let goes_on = self.line(at, to).trim_end().ends_with(['{', '[', '(']);
                    at = self.next_line(at, to);
                    end = at;
                    if !goes_on {
                        break;
                    }
                }
                _ => break,
            }
        }
        end
    }

    /// Behind the last line of a heredoc that the line `at..end` opens, however damaged its marker is.
    fn heredoc_end(&mut self, at: usize, end: usize, to: usize) -> Option<usize> {
        let line = self.bytes.get(at..end)?;
        memchr::memchr(b'<', line)?;
        let line = self.line(at, to);
        let word_start = line
            .trim_end()
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
            .map_or(0, |i| i + line.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
        let word = line.get(word_start..).unwrap_or("").trim();
        let before = line.get(..word_start).unwrap_or("").trim_end();
        let dash = word.starts_with('-');
        let word = word.trim_start_matches('-');
        let next = (end + 1).min(to);
        if before.ends_with("<<") && !word.is_empty() && !before.ends_with("<<<") {
            let exact = line.get(word_start..).is_some_and(|w| !w.starts_with([' ', '\t']));
            return self.terminator(word, next, to, exact || dash);
        }
        if before.ends_with("<<") || (word.is_empty() && line.trim_end().ends_with("<<")) {
            // The marker slipped to the next line.
            let marker = self.line(next, to).trim();
            let name =
                !marker.is_empty() && marker.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
            let behind = (self.line_end(next, to) + 1).min(to);
            return if name { self.terminator(marker, behind, to, false) } else { None };
        }
        // A damaged opening: `<EOT`, `<<"EOT"`, `<<EOT x`.
        let i = line.rfind('<')?;
        let rest =
            line.get(i + 1..).unwrap_or("").trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
        let marker: &str = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("");
        let doubled = line.get(..i).is_some_and(|t| t.ends_with('<'));
        if marker.len() < 2
            || !(doubled || marker.chars().all(|c| c.is_uppercase() || c == '_' || c.is_numeric()))
        {
            return None;
        }
        self.terminator(marker, next, to, false)
    }

    /// Behind the line that ends a heredoc with that marker. An exact one is preferred, unless another heredoc with
    /// the same marker opens before it and something very like the marker stands before that.
    fn terminator(&mut self, marker: &str, from: usize, to: usize, certain: bool) -> Option<usize> {
        if !marker.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
            return None;
        }
        let mut near = None;
        let mut at = from;
        let mut first = true;
        let mut joined = String::new();
        let mut reopened = false;
        while at < to && !self.is_spent() {
            let end = self.line_end(at, to);
            self.burn(end - at);
            let behind = (end + 1).min(to);
            let line = self.line(at, to);
            let word = line.trim();
            if first {
                joined = format!("{marker}{word}");
                first = false;
            }
            if word == marker {
                return if reopened { near.or(Some(behind)) } else { Some(behind) };
            }
            let before = word.strip_suffix(marker);
            if near.is_none() && marker.len() > 1 {
                let joins = before.is_some_and(|w| !w.ends_with(['<', '-']));
                let runs_on =
                    word.strip_prefix(marker).is_some_and(|w| w.starts_with([' ', '}', '#', ')', ']']));
                // a sign between the two characters of a line end
                let parted = word.contains('\r') && one_edit(&word.replace('\r', ""), marker);
                if word == joined || joins || runs_on || parted || one_edit(word, marker) {
                    near = Some(behind);
                }
            }
            if before.is_some_and(|w| w.ends_with("<<") || w.ends_with("<<-")) {
                if near.is_some() {
                    return near;
                }
                reopened = true;
                if !certain {
                    return None;
                }
            }
            at = behind;
        }
        near
    }

    /// The end of the text of `start..end` without trailing white space.
    pub(super) fn trimmed_end(&self, start: usize, end: usize) -> usize {
        start + self.text.get(start..end).unwrap_or("").trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    /// The first byte of the line, if it is not white space.
    pub(super) fn is_open_brace_line(&self, at: usize, to: usize) -> bool {
        self.byte(at) != 0 && self.line(at, to).trim() == "{"
    }
}

/// Whether what follows a name on its line reads like the labels and the `{` of a block, ending the line.
fn is_header(rest: &str) -> bool {
    let code = strip_comment(rest).trim_end();
    let one_line = code.ends_with('}') && code.contains('{');
    (code.ends_with('{') || one_line)
        && !rest.starts_with(['(', '[', ',', '.', ':', '?', '+', '*', '&', '|', '<', '>', '!'])
        && !code.trim_end_matches('{').trim_end().ends_with(['(', '[', ',', '=', '?', ':'])
}

/// Opening minus closing braces outside strings and comments of one line.
fn net_braces(line: &str) -> i32 {
    let mut net = 0;
    let mut quoted = false;
    let mut bytes = strip_comment(line).bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if quoted => {
                bytes.next();
            }
            b'"' => quoted = !quoted,
            b'{' if !quoted => net += 1,
            b'}' if !quoted => net -= 1,
            _ => {}
        }
    }
    net
}

/// Whether a line ends with a bracket that it opens.
fn has_opening(line: &str) -> bool {
    strip_comment(line).trim_end().ends_with(['(', '[', '{'])
}

/// The line without a comment at its end, as far as quotes tell.
fn strip_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    let bytes = line.as_bytes();
    for (i, b) in line.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'#' if !quoted => return line.get(..i).unwrap_or(line),
            b'/' if !quoted && bytes.get(i + 1) == Some(&b'/') => return line.get(..i).unwrap_or(line),
            _ => {}
        }
    }
    line
}

/// Whether two words differ by one character that was put in, taken out or changed.
fn one_edit(a: &str, b: &str) -> bool {
    if a.is_empty() || b.is_empty() || a.len().abs_diff(b.len()) > 4 {
        return false;
    }
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let rest = |s: &str, skip: usize| s.chars().skip(skip).collect::<Vec<_>>();
    let (x, y) = (rest(a, common), rest(b, common));
    x.get(1..) == Some(&y) || y.get(1..) == Some(&x) || (x.len() == y.len() && x.get(1..) == y.get(1..))
}
