//! The text that a scalar stands for: quotes and escapes, folded lines, block scalars.

use std::borrow::Cow;

use crate::syntax::{Node, flags};

/// Decodes a scalar from the file's text and its node.
pub(super) fn decode<'t>(file: &'t str, node: Node) -> Cow<'t, str> {
    let raw = file.get(node.start as usize..node.end as usize).unwrap_or("");
    if node.flags & (flags::LITERAL | flags::FOLDED) != 0 {
        return Cow::Owned(block(file, raw, node));
    }
    let inner = if node.flags & flags::DOUBLE_QUOTED != 0 {
        let inner = raw.strip_prefix('"').unwrap_or(raw);
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        if memchr::memchr3(b'\\', b'\n', b'\r', inner.as_bytes()).is_none() {
            return Cow::Borrowed(inner);
        }
        return Cow::Owned(double_quoted(&unix(inner)));
    } else if node.flags & flags::SINGLE_QUOTED != 0 {
        let inner = raw.strip_prefix('\'').unwrap_or(raw);
        inner.strip_suffix('\'').unwrap_or(inner)
    } else {
        raw
    };
    let folded = if memchr::memchr2(b'\n', b'\r', inner.as_bytes()).is_none() {
        Cow::Borrowed(inner)
    } else {
        Cow::Owned(fold(&unix(inner)))
    };
    if node.flags & flags::SINGLE_QUOTED != 0 && folded.contains("''") {
        return Cow::Owned(folded.replace("''", "'"));
    }
    folded
}

/// Line ends as `\n`.
fn unix(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Folds the lines of a plain or single-quoted scalar: a line end is a space, an empty line a line end.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.matches('\n').count();
    let mut empty = 0;
    for (i, line) in text.split('\n').enumerate() {
        let line = if i > 0 { line.trim_start_matches(BLANKS) } else { line };
        let line = if i < last { line.trim_end_matches(BLANKS) } else { line };
        if i > 0 {
            if line.is_empty() && i < last {
                empty += 1;
                continue;
            }
            push_break(&mut out, empty);
            empty = 0;
        }
        out.push_str(line);
    }
    out
}

fn push_break(out: &mut String, empty_lines: usize) {
    if empty_lines == 0 {
        out.push(' ');
    } else {
        out.extend(std::iter::repeat_n('\n', empty_lines));
    }
}

/// Consumes line ends and the white space behind each; says how many there were.
fn skip_breaks(mut text: &str) -> (usize, &str) {
    let mut breaks = 0;
    while let Some(rest) = text.strip_prefix('\n') {
        breaks += 1;
        text = rest.trim_start_matches(BLANKS);
    }
    (breaks, text)
}

/// The inside of double quotes, of YAML and JSON alike.
fn double_quoted(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    // what an escape made is not trimmed before a line end
    let mut hard = 0;
    let mut rest = inner;
    while let Some(at) = memchr::memchr2(b'\\', b'\n', rest.as_bytes()) {
        let (text, tail) = rest.split_at(at);
        out.push_str(text);
        if tail.starts_with('\n') {
            while out.len() > hard && out.ends_with(BLANKS) {
                out.pop();
            }
            let (breaks, after) = skip_breaks(tail);
            push_break(&mut out, breaks - 1);
            rest = after;
        } else {
            rest = escape(tail.get(1..).unwrap_or(""), &mut out);
        }
        hard = out.len();
    }
    out.push_str(rest);
    out
}

/// Decodes one escape (without its backslash) and returns what follows.
fn escape<'t>(text: &'t str, out: &mut String) -> &'t str {
    if text.starts_with('\n') {
        let (breaks, after) = skip_breaks(text);
        out.extend(std::iter::repeat_n('\n', breaks - 1));
        return after;
    }
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        out.push('\\');
        return text;
    };
    let rest = chars.as_str();
    let plain = match first {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        ' ' | '"' | '/' | '\\' => first,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        'x' | 'u' | 'U' => {
            let digits = match first {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let Some(code) = hex(rest, digits) else {
                out.push('\\');
                return text;
            };
            let mut rest = rest.get(digits..).unwrap_or("");
            let mut decoded = char::from_u32(code);
            // a pair of surrogates is one character
            if (0xd800..0xdc00).contains(&code)
                && let Some(low) = rest.strip_prefix("\\u").and_then(|r| hex(r, 4))
                && (0xdc00..0xe000).contains(&low)
            {
                decoded = char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
                rest = rest.get(6..).unwrap_or("");
            }
            out.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
            return rest;
        }
        _ => {
            out.push('\\');
            return text;
        }
    };
    out.push(plain);
    rest
}

fn hex(text: &str, digits: usize) -> Option<u32> {
    let text = text.get(..digits)?;
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()
}

/// A block scalar; the column of its content is in `aux`.
fn block(file: &str, raw: &str, node: Node) -> String {
    let header_end = raw.find(['\n', '\r']).unwrap_or(raw.len());
    let (header, content) = raw.split_at(header_end);
    let header = header.split([' ', '\t', '#']).next().unwrap_or("");
    let strip = header.contains('-');
    let keep = header.contains('+');
    let indent = usize::from(node.aux);
    let content = unix(content);
    // the line end of the header
    let content = content.strip_prefix('\n').unwrap_or(&content);
    // Only blank lines: there is no content, and its last line break is none that clipping keeps.
    let content = if content.bytes().all(|b| b == b' ') { "" } else { content };
    let mut out = String::with_capacity(content.len());
    let lines = content.split('\n').map(|line| {
        let spaces = line.bytes().take(indent).take_while(|&b| b == b' ').count();
        line.get(spaces..).unwrap_or("")
    });
    if content.is_empty() {
        // nothing but, perhaps, blank lines that are kept
    } else if node.flags & flags::LITERAL != 0 {
        for (i, line) in lines.enumerate() {
            if i > 0 {
                out.push('\n');
            }
            out.push_str(line);
        }
    } else {
        let mut empty = 0;
        let mut before: Option<bool> = None;
        for line in lines {
            if line.is_empty() {
                empty += 1;
                continue;
            }
            let spaced = line.starts_with(BLANKS);
            match before {
                None => out.extend(std::iter::repeat_n('\n', empty)),
                Some(true) => out.extend(std::iter::repeat_n('\n', empty + 1)),
                Some(false) if spaced => out.extend(std::iter::repeat_n('\n', empty + 1)),
                Some(false) => push_break(&mut out, empty),
            }
            out.push_str(line);
            before = Some(spaced);
            empty = 0;
        }
    }
    if !strip && !content.is_empty() {
        out.push('\n');
    }
    if keep {
        let tail = unix(file.get(node.end as usize..).unwrap_or(""));
        let tail = tail.strip_prefix('\n').unwrap_or("");
        for line in tail.split_inclusive('\n') {
            if !line.ends_with('\n') || !line.trim_end_matches('\n').bytes().all(|b| b == b' ') {
                break;
            }
            out.push('\n');
        }
    }
    out
}
