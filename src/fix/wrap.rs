//! Lines of an app's source that edits have made too long: what is in the brackets that were written into gets a line
//! each.

use std::ops::Range;
use std::path::Path;

use crate::cdk::Language;

/// How the lines of one file are broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrap {
    /// The opening bracket: of object literals, or of argument lists.
    open: char,
    /// The longest line, in characters.
    limit: usize,
    /// One step of indentation.
    step: &'static str,
}

impl Wrap {
    /// How a file's author breaks lines; none for files whose lines are left alone.
    pub(super) fn of(path: &Path, text: &str) -> Option<Wrap> {
        let open = match Language::of(path)? {
            Language::TypeScript | Language::Tsx | Language::JavaScript => '{',
            Language::Python => '(',
            Language::Java | Language::CSharp | Language::Go => return None,
        };
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        Some(Wrap { open, limit: longest.clamp(80, 120), step: crate::cdk::indentation(text, open == '(') })
    }

    /// The text with the lines broken that what stands at `places` has made too long.
    pub(super) fn wrapped(self, text: String, places: &[Range<usize>]) -> String {
        let mut breaks: Vec<(Range<usize>, String)> = Vec::new();
        let mut done: Vec<usize> = Vec::new();
        for place in places.iter().filter(|p| !p.is_empty()) {
            let start = text.get(..place.start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
            let rest = text.get(start..).unwrap_or("");
            let line = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
            let end = start + line.len();
            if place.end > end || done.contains(&start) {
                continue;
            }
            done.push(start);
            let inside = |p: &&Range<usize>| start <= p.start && p.end <= end;
            let written: usize = places.iter().filter(inside).map(Range::len).sum();
            let length = line.chars().count();
            // what was as long before is how its author writes
            if length <= self.limit || length.saturating_sub(written) > self.limit {
                continue;
            }
            if let Some((range, broken)) = self.broken(line, place.start - start) {
                let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
                breaks.push((start + range.start..start + range.end, broken.replace('\n', eol)));
            }
        }
        breaks.sort_by_key(|(range, _)| range.start);
        let mut out = text;
        for (range, broken) in breaks.into_iter().rev() {
            out.replace_range(range, &broken);
        }
        out
    }

    /// What is within the innermost brackets around a place of a line, a line for each member; brackets included.
    fn broken(self, line: &str, place: usize) -> Option<(Range<usize>, String)> {
        let mut open: Vec<(char, usize, Vec<usize>)> = Vec::new();
        let mut loose = Vec::new();
        let mut quote = None;
        let mut escaped = false;
        for (at, c) in line.char_indices() {
            if let Some(q) = quote {
                match c {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    c if c == q => quote = None,
                    _ => {}
                }
                continue;
            }
            match c {
                '"' | '\'' | '`' => quote = Some(c),
                // a comment's brackets mean nothing
                '#' if self.open == '(' => return None,
                '/' if line.get(at + 1..).is_some_and(|r| r.starts_with(['/', '*'])) => return None,
                '(' | '[' | '{' => open.push((c, at, Vec::new())),
                ')' | ']' | '}' => {
                    let (opened, start, commas) = open.pop()?;
                    if opened != self.open || start >= place || at < place {
                        continue;
                    }
                    let indent: String = line.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
                    let mut members = Vec::new();
                    let mut from = start + 1;
                    for end in commas.into_iter().chain([at]) {
                        members.push(line.get(from..end)?.trim());
                        from = end + 1;
                    }
                    let mut out = opened.to_string();
                    for member in members.into_iter().filter(|m| !m.is_empty()) {
                        out.push_str(&format!("\n{indent}{}{member},", self.step));
                    }
                    out.push_str(&format!("\n{indent}{c}"));
                    return Some((start..at + 1, out));
                }
                ',' => match open.last_mut() {
                    Some((_, _, commas)) => commas.push(at),
                    None => loose.push(at),
                },
                _ => {}
            }
        }
        self.loose(line, open.is_empty().then_some(loose)?)
    }

    /// A line of members whose brackets are on other lines: a line for each.
    fn loose(self, line: &str, commas: Vec<usize>) -> Option<(Range<usize>, String)> {
        let indent = line.len() - line.trim_start().len();
        let last = line.trim_end().len();
        let mut members = Vec::new();
        let mut from = indent;
        for end in commas.iter().copied().filter(|at| at + 1 < last).chain([last]) {
            members.push(line.get(from..end)?.trim());
            from = end + 1;
        }
        if members.len() < 2 {
            return None;
        }
        let between = format!(",\n{}", line.get(..indent)?);
        Some((indent..last, members.join(&between)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(place: Range<usize>) -> Vec<Range<usize>> {
        vec![place]
    }

    #[test]
    fn a_line_that_got_too_long_is_broken_at_its_members() {
        let text = format!(
            "  const a = 1;\n    new A(this, 'x, }}', {{ b: [1, 2], {}: c(d, e) }});\n",
            "n".repeat(90)
        );
        let wrap = Wrap { open: '{', limit: 80, step: "  " };
        let place = text.find("nnn").unwrap() - 2;
        let after = wrap.wrapped(text.clone(), &one(place..place + 101));
        let expected = format!(
            "  const a = 1;\n    new A(this, 'x, }}', {{\n      b: [1, 2],\n      {}: c(d, e),\n    }});\n",
            "n".repeat(90)
        );
        assert_eq!(after, expected);
        // a comment, a line that was as long before, a short one
        let noted = text.replace("    new", "    /* { */ new");
        let after = place + 8..place + 109;
        assert_eq!(wrap.wrapped(noted.clone(), &[after]), noted);
        assert_eq!(wrap.wrapped(text.clone(), &one(place..place + 2)), text);
        assert_eq!(Wrap { limit: 200, ..wrap }.wrapped(text.clone(), &one(place..place + 101)), text);
    }

    #[test]
    fn members_between_brackets_on_other_lines_get_a_line_each() {
        let text = format!("A(\n    self, \"b\", {}=T(x, y)\n)\n", "n".repeat(90));
        let wrap = Wrap { open: '(', limit: 88, step: "    " };
        let place = text.find(", nnn").unwrap();
        let after = wrap.wrapped(text.clone(), &one(place..text.len() - 3));
        assert_eq!(after, format!("A(\n    self,\n    \"b\",\n    {}=T(x, y)\n)\n", "n".repeat(90)));
    }

    #[test]
    fn arguments_get_a_line_each() {
        let text = format!("x = A(self, \"b\", {}=True)\n", "n".repeat(90));
        let wrap = Wrap { open: '(', limit: 88, step: "    " };
        let place = text.find(", nnn").unwrap();
        let after = wrap.wrapped(text.clone(), &one(place..text.len() - 2));
        assert_eq!(after, format!("x = A(\n    self,\n    \"b\",\n    {}=True,\n)\n", "n".repeat(90)));
    }
}
