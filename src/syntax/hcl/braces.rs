//! Which braces of a text belong together, told by a reading that nests nothing: what is too deep for the parser is not
//! too deep for this.

use rustc_hash::FxHashSet;

/// Markers without an end that are looked for: each costs a reading of all that follows.
const MAX_MISSING: usize = 64;

/// The offsets of all braces of `start..end` that have their partner, opening and closing ones. Strings, comments and
/// heredocs are passed over as well as can be done without parsing what stands in them.
pub(super) fn matched(text: &str, start: usize, end: usize) -> FxHashSet<u32> {
    let bytes = text.as_bytes().get(..end.min(text.len())).unwrap_or(&[]);
    let mut open = Vec::new();
    let mut matched = FxHashSet::default();
    // markers that no line has from here to the end: they are not looked for again
    let mut missing = FxHashSet::default();
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        match byte {
            b'{' => open.push(at as u32),
            b'}' => {
                if let Some(partner) = open.pop() {
                    matched.insert(partner);
                    matched.insert(at as u32);
                }
            }
            b'"' => at = string_end(bytes, at + 1),
            b'#' => at = line_end(bytes, at),
            b'/' if next == b'/' => at = line_end(bytes, at),
            b'/' if next == b'*' => {
                let rest = bytes.get(at + 2..).unwrap_or(&[]);
                match memchr::memmem::find(rest, b"*/") {
                    Some(length) => at += 2 + length + 1,
                    None => return matched,
                }
            }
            b'<' if next == b'<' => at = heredoc_end(text, bytes, at, &mut missing),
            _ => {}
        }
        at += 1;
    }
    matched
}

/// At the quote that closes a string, or the end of its line.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(i) = memchr::memchr3(b'"', b'\\', b'\n', bytes.get(at..).unwrap_or(&[])) {
        at += i;
        if bytes.get(at) != Some(&b'\\') {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(from..).unwrap_or(&[])).map_or(bytes.len(), |i| from + i)
}

/// At the end of the line with a heredoc's marker; where none opens or ends here, at its first character.
fn heredoc_end<'t>(text: &'t str, bytes: &[u8], at: usize, missing: &mut FxHashSet<&'t str>) -> usize {
    let first = line_end(bytes, at);
    let marker = text.get(at + 2..first).unwrap_or("").trim_start_matches('-').trim();
    if marker.is_empty()
        || missing.len() >= MAX_MISSING
        || missing.contains(marker)
        || !marker.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        return at;
    }
    let mut line = first + 1;
    while line < bytes.len() {
        let end = line_end(bytes, line);
        if text.get(line..end).is_some_and(|l| l.trim() == marker) {
            return end;
        }
        line = end + 1;
    }
    missing.insert(marker);
    at
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn braces_in_text_count_for_nothing() {
        let text = "a { b = \"{\" # {\n/* { */ c = <<E\n{\nE\n d { } // {\n x = \"\\\"{\" }\n} {";
        let mut found: Vec<_> = matched(text, 0, text.len()).into_iter().collect();
        found.sort_unstable();
        let at = |what: &str| text.find(what).unwrap() as u32;
        assert_eq!(found, [2, at("d {") + 2, at("d {") + 4, at("\" }\n") + 2]);
    }
}
