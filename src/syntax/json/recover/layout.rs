//! The layout as a witness: on which line a token stands, how deep, and what follows it there.

use super::Recovery;

impl Recovery<'_> {
    /// Start, end and indentation of the line of an offset; the end is that of its text.
    pub(super) fn line_of(&self, at: usize) -> (usize, usize, usize) {
        let known = self.line.get();
        if known.0 <= at && at <= known.1 {
            return known;
        }
        let bytes = self.scan.bytes;
        let start = memchr::memrchr(b'\n', bytes.get(..at).unwrap_or(&[])).map_or(0, |i| i + 1);
        let rest = bytes.get(at..self.scan.limit).unwrap_or(&[]);
        let end = memchr::memchr(b'\n', rest).map_or(self.scan.limit, |i| at + i);
        let end = if end > at && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        let indent = bytes.iter().skip(start).take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.line.set((start, end, indent));
        (start, end, indent)
    }

    pub(super) fn indent_of(&self, at: usize) -> usize {
        self.line_of(at).2
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        self.line_of(at).1
    }

    /// Whether nothing but white space stands behind the bracket of an offset on its line.
    pub(super) fn ends_line(&self, bracket: usize) -> bool {
        self.text.get(bracket + 1..self.line_end(bracket)).is_some_and(|rest| rest.trim().is_empty())
    }

    /// Whether a string starts at `at` and a colon follows it on its line.
    pub(super) fn is_key(&self, at: usize) -> bool {
        if self.scan.at(at) != b'"' {
            return false;
        }
        let Some(mut end) = self.string_end(at) else { return false };
        while matches!(self.scan.at(end), b' ' | b'\t') {
            end += 1;
        }
        self.scan.at(end) == b':'
    }

    /// Behind the closing quote of a string that ends on its line.
    pub(super) fn string_end(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            match self.scan.at(at) {
                b'"' => return Some(at + 1),
                b'\\' if self.scan.at(at + 1) >= 0x20 => at += 2,
                b'\n' | b'\r' => return None,
                0 if at >= self.scan.limit => return None,
                _ => at += 1,
            }
        }
    }

    /// Whether a closing bracket that begins a line has a member behind it without a comma between: it slipped in.
    pub(super) fn is_misplaced(&self, at: usize) -> bool {
        let rest = self.text.get(at + 1..self.line_end(at)).unwrap_or("").trim_start_matches([' ', '\t']);
        rest.starts_with(|c: char| c == '"' || c.is_alphanumeric())
    }

    /// Whether the line behind that of a closing bracket is deeper than `indent`: the bracket does not belong there.
    pub(super) fn deeper_follows(&self, at: usize, indent: usize) -> bool {
        let line_end = self.line_end(at);
        let rest = self.text.get(at + 1..line_end).unwrap_or("").trim();
        if rest.starts_with(',') && rest.ends_with(['{', '[']) {
            return false;
        }
        let mut next = line_end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n') {
            next += 1;
        }
        next < self.scan.limit && self.indent_of(next) > indent
    }

    /// Whether behind a closing bracket members of an indentation of at least `child` follow: it closes nothing.
    pub(super) fn goes_on(&self, at: usize, child: usize) -> bool {
        let line_end = self.line_end(at);
        let rest = self.text.get(at + 1..line_end).unwrap_or("");
        let rest = rest.trim_start_matches([' ', '\t', ',']);
        if !rest.is_empty() {
            return !rest.starts_with(['}', ']']) && self.indent_of(at) >= child;
        }
        let mut next = line_end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n') {
            next += 1;
        }
        next < self.scan.limit && self.indent_of(next) >= child
    }

    /// Whether the bracket before `end` stands where the one at `at`, on a line of that indentation, would be closed.
    pub(super) fn ends_in_place(&self, at: usize, end: usize, indent: usize) -> bool {
        let (start, close_line_end, close_indent) = self.line_of(end - 1);
        if start <= at {
            return self.text.get(end..close_line_end).is_some_and(|rest| {
                rest.trim_start_matches([' ', '\t']).starts_with([',', '}', ']']) || rest.trim().is_empty()
            });
        }
        let first = start + close_indent == end - 1;
        let placed = if first { close_indent == indent } else { close_indent > indent };
        let mut next = end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n' | b',') {
            next += 1;
        }
        let member = matches!(self.scan.at(next), b'"' | b'{' | b'[');
        placed && !self.is_misplaced(end - 1) && !(member && self.indent_of(next) > indent)
    }
}
