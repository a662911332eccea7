//! Reading a damaged file: it is cut by indentation into smaller and smaller pieces until granit takes a piece, so
//! that an error costs the line it is on and nothing else.

use granit_parser::{ErrorKind, Event, Parser, ScanError, Span as GranitSpan};

use crate::source::SourceFile;
use crate::syntax::{Kind, SyntaxError, TreeBuilder, flags};

use super::build::Builder;
use super::{NESTING_LIMIT, options};

/// How deep a damaged file is cut.
const DEPTH: usize = 64;

/// A line that is not blank and no comment. The first line of a piece may begin in the middle of a real one.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// The indentation it is taken to have: that of its column, unless the line is what is damaged.
    indent: u32,
    /// The column of its first character.
    column: u32,
    /// The offset of its first character.
    start: u32,
    /// Behind its last character, without the line end and white space before it.
    end: u32,
}

struct Recovery<'t> {
    text: &'t str,
    builder: Builder<'t>,
    /// Bytes that may still be handed to granit.
    budget: usize,
}

/// The tree of a file that granit refused with `first`.
pub(super) fn recover(file: &SourceFile, text: &str, first: ScanError) -> TreeBuilder {
    let budget = text.len().saturating_mul(12).saturating_add(1 << 20);
    let mut recovery = Recovery { text, builder: Builder::new(file.id, text), budget };
    let root = recovery.builder.tree.open(Kind::File, 0);
    let mut lines = lines(text);
    recovery.settle(&mut lines);
    let mut rest: &[Line] = &lines;
    // documents are separated by lines that begin with three dashes
    while let Some(head) = rest.first().copied() {
        let body = recovery.is_document_mark(head);
        let mut head = rest;
        if body {
            head = rest.get(1..).unwrap_or(&[]);
        }
        let length = head.iter().position(|&l| recovery.is_document_mark(l)).unwrap_or(head.len());
        let (document, after) = head.split_at(length);
        let end = after.first().map_or(text.len() as u32, |l| l.start);
        if let Some(line) = document.first() {
            recovery.builder.start_document(line.start);
            recovery.block(document, end, None, 0);
            recovery.builder.end_document();
        }
        rest = after;
    }
    recovery.builder.tree.close(root, text.len() as u32);
    // the pieces may each be right although the whole is not
    let explained = |e: &SyntaxError| {
        !matches!(e.code, "duplicate-key" | "undefined-alias" | "alias-cycle" | "alias-budget")
    };
    if !recovery.builder.tree.errors.iter().any(explained) {
        let at = offset(&first, 0, 0, text.len() as u32);
        let error = SyntaxError::new(code(first.kind()), message(&first), recovery.builder.span(at, at));
        recovery.builder.error(error);
    }
    recovery.builder.tree
}

/// The lines that carry something.
fn lines(text: &str) -> Vec<Line> {
    let mut out = Vec::new();
    let mut at = 0u32;
    for line in text.split_inclusive('\n') {
        let content = if at == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let bom = (line.len() - content.len()) as u32;
        let trimmed = content.trim_start_matches(' ');
        let indent = (content.len() - trimmed.len()) as u32;
        let body = trimmed.trim_end();
        if !body.is_empty() && !body.starts_with('#') {
            let start = at + bom + indent;
            out.push(Line { indent, column: indent, start, end: start + body.len() as u32 });
        }
        at += line.len() as u32;
    }
    out
}

/// Where a piece's parser stopped, in the file.
fn offset(error: &ScanError, minus: u32, plus: u32, end: u32) -> u32 {
    let at = error.marker().byte_offset().unwrap_or(0) as u32;
    (at.saturating_sub(minus) + plus).min(end)
}

pub(super) fn code(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::RecursionLimitExceeded => "nesting-limit",
        _ => "yaml-syntax",
    }
}

/// What granit says, with what a person can do about the usual ones.
pub(super) fn message(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => format!("nested deeper than {NESTING_LIMIT} levels"),
        ErrorKind::UnclosedQuotedScalar => "string is not closed: its quote is missing".to_owned(),
        ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => {
            "tab in the indentation: YAML wants spaces".to_owned()
        }
        _ => {
            let info = error.info();
            let info = info.trim_end_matches('.');
            let mut chars = info.chars();
            let lower: String = chars.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
            format!("{lower}{}", chars.as_str())
        }
    }
}

/// The events of one piece, without those of stream and document.
type Events<'e> = Vec<(Event<'e>, GranitSpan)>;

impl<'t> Recovery<'t> {
    fn is_document_mark(&self, line: Line) -> bool {
        let text = self.slice(line.start, line.end);
        line.column == 0
            && (matches!(text, "---" | "...")
                || ["--- ", "%YAML ", "%TAG "].iter().any(|mark| text.starts_with(mark)))
    }

    fn slice(&self, start: u32, end: u32) -> &'t str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// Lets granit read a piece. `Ok` only if it is one whole node.
    fn read(&mut self, lines: &[Line], end: u32) -> Result<bool, (String, &'static str, u32)> {
        let Some(first) = lines.first() else { return Ok(false) };
        let length = (end - first.start.min(end)) as usize;
        if length > self.budget {
            let message = "too much of the file is damaged to read the rest piece by piece".to_owned();
            return Err((message, "yaml-recovery-budget", first.start));
        }
        self.budget -= length;
        let mut piece = " ".repeat(first.column as usize);
        piece.push_str(self.slice(first.start, end));
        let mut events: Events<'_> = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(&piece, options()) {
            match event {
                Ok((Event::DocumentStart(..), _)) => documents += 1,
                Ok((Event::StreamStart | Event::StreamEnd | Event::DocumentEnd, _)) => {}
                Ok(event) => events.push(event),
                Err(error) => {
                    // a failed piece has cost what was read of it
                    let read = error.marker().byte_offset().unwrap_or(length).min(length);
                    self.budget += length - read;
                    return Err((
                        message(&error),
                        code(error.kind()),
                        offset(&error, first.column, first.start, end),
                    ));
                }
            }
        }
        if documents != 1 {
            return Err(("a second document begins here".to_owned(), "yaml-syntax", first.start));
        }
        self.builder.shift(first.column, first.start);
        for (event, span) in events {
            self.builder.event(event, span);
        }
        Ok(true)
    }

    /// Like [`Self::read`] for a piece that must be members of a mapping: they go into the mapping that is open.
    fn read_members(&mut self, lines: &[Line], end: u32) -> Result<(), (String, &'static str, u32)> {
        let Some(first) = lines.first().copied() else { return Ok(()) };
        if end.saturating_sub(first.start) as usize > self.budget {
            let message = "too much of the file is damaged to read the rest piece by piece".to_owned();
            return Err((message, "yaml-recovery-budget", first.start));
        }
        let mut piece = " ".repeat(first.column as usize);
        piece.push_str(self.slice(first.start, end));
        let mut events: Events<'_> = Vec::new();
        for event in Parser::new_from_str_with_options(&piece, options()) {
            match event {
                Ok((
                    Event::DocumentStart(..) | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd,
                    _,
                )) => {}
                Ok(event) => events.push(event),
                Err(error) => {
                    let read = error.marker().byte_offset().unwrap_or(0).min(piece.len());
                    self.budget = self.budget.saturating_sub(read);
                    return Err((
                        message(&error),
                        code(error.kind()),
                        offset(&error, first.column, first.start, end),
                    ));
                }
            }
        }
        self.budget = self.budget.saturating_sub(piece.len());
        let block = matches!(
            events.first(),
            Some((Event::MappingStart(granit_parser::StructureStyle::Block, 0, None), _))
        );
        if !block || !matches!(events.last(), Some((Event::MappingEnd, _))) || events.len() < 4 {
            let name = self.slice(first.start, first.end);
            let message = if name.len() <= 40 {
                format!("expected `:` after `{name}`")
            } else {
                "expected a key and `:`".to_owned()
            };
            return Err((message, "yaml-expected-colon", first.end));
        }
        self.builder.shift(first.column, first.start);
        let members = events.len() - 2;
        for (event, span) in events.into_iter().skip(1).take(members) {
            self.builder.event(event, span);
        }
        Ok(())
    }

    /// One node made of these lines.
    fn block(&mut self, lines: &[Line], end: u32, tag: Option<(u32, u32)>, depth: usize) {
        let Some(first) = lines.first().copied() else { return };
        // a tag was cut off before: what is read here has to go under it
        let reason = if tag.is_none() {
            match self.read(lines, end) {
                Ok(_) => return,
                Err(reason) => Some(reason),
            }
        } else {
            None
        };
        if depth >= DEPTH {
            return self.damaged(lines, tag, reason);
        }
        let head = self.slice(first.start, first.end);
        if tag.is_none()
            && head.starts_with(['!', '&'])
            && lines.iter().skip(1).all(|l| {
                l.indent > first.indent || l.column > first.column || is_dash(self.slice(l.start, l.end))
            })
            && let Some((span, rest)) = self.properties(first)
        {
            match rest {
                Some(rest) => {
                    let mut inner = lines.to_vec();
                    if let Some(line) = inner.first_mut() {
                        *line = rest;
                    }
                    return self.block(&inner, end, Some(span), depth + 1);
                }
                None if lines.len() > 1 => {
                    return self.block(lines.get(1..).unwrap_or(&[]), end, Some(span), depth + 1);
                }
                None => {}
            }
        }
        let base = base_indent(lines);
        let is_item = |line: &Line| is_dash(self.slice(line.start, line.end));
        if lines.iter().find(|l| l.indent <= base).is_some_and(is_item) {
            self.builder.open_collection(false, first.start, tag);
            self.elements(lines, end, base, depth);
            self.builder.end_collection(0);
        } else if lines.iter().any(|l| l.indent <= base && self.key(*l).is_some()) {
            self.builder.open_collection(true, first.start, tag);
            self.members(lines, end, depth);
            self.builder.end_collection(0);
        } else {
            let reason = reason.or_else(|| self.read_error(lines, end));
            self.damaged(lines, tag, reason);
        }
    }

    /// Why granit refuses a piece.
    fn read_error(&mut self, lines: &[Line], end: u32) -> Option<(String, &'static str, u32)> {
        let first = lines.first()?;
        let mut piece = " ".repeat(first.column as usize);
        piece.push_str(self.slice(first.start, end));
        let error = Parser::new_from_str_with_options(&piece, options()).find_map(Result::err)?;
        Some((message(&error), code(error.kind()), offset(&error, first.column, first.start, end)))
    }

    /// An error node over these lines.
    fn damaged(
        &mut self,
        lines: &[Line],
        tag: Option<(u32, u32)>,
        reason: Option<(String, &'static str, u32)>,
    ) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        self.report(first.start, last.end, reason);
        self.builder.leaf(Kind::Error, first.start, last.end, tag, flags::RECOVERED);
    }

    /// Records why something between `start` and `end` is damaged.
    fn report(&mut self, start: u32, end: u32, reason: Option<(String, &'static str, u32)>) {
        let (message, code, at) =
            reason.unwrap_or_else(|| ("can't be read as YAML".to_owned(), "yaml-syntax", start));
        // an unclosed quote or bracket is noticed at the end; where it was opened says more
        let at = if at < start || at >= end { start } else { at };
        let line = self.slice(at, end).lines().next().unwrap_or("").trim_end();
        let width = line.len().max(self.slice(at, end).chars().next().map_or(0, char::len_utf8)) as u32;
        let error = SyntaxError::new(code, message, self.builder.span(at, at + width));
        self.builder.error(error);
    }

    /// The members of the mapping that is open.
    fn members(&mut self, lines: &[Line], end: u32, depth: usize) {
        let base = base_indent(lines);
        let mut rest = lines;
        while let Some(first) = rest.first().copied() {
            let length = if first.indent > base {
                // lines that stand too deep before the first one that fits
                rest.iter().position(|l| l.indent <= base).unwrap_or(rest.len())
            } else {
                self.entry_length(rest, base)
            };
            let (entry, after) = rest.split_at(length.max(1));
            let entry_end = after.first().map_or(end, |l| l.start);
            rest = after;
            match self.read_members(entry, entry_end) {
                Ok(()) => {}
                Err(reason) if depth >= DEPTH => self.damaged_member(entry, Some(reason)),
                Err(_) if first.indent > base => self.members(entry, entry_end, depth + 1),
                Err(reason) => self.member(entry, entry_end, reason, depth + 1),
            }
        }
    }

    /// How many lines belong to the entry that begins with the first.
    fn entry_length(&self, lines: &[Line], base: u32) -> usize {
        let mut length = 1;
        for line in lines.iter().skip(1) {
            let text = self.slice(line.start, line.end);
            // a sequence may stand at the indentation of its key, and so may the bracket that closes a flow collection
            if line.indent > base || is_closing(text) || (line.indent == base && is_dash(text)) {
                length += 1;
            } else {
                break;
            }
        }
        length
    }

    fn damaged_member(&mut self, lines: &[Line], reason: Option<(String, &'static str, u32)>) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        self.report(first.start, last.end, reason);
        self.builder.stray(first.start, last.end);
    }

    /// One damaged entry of a mapping.
    fn member(&mut self, lines: &[Line], end: u32, reason: (String, &'static str, u32), depth: usize) {
        let Some(first) = lines.first().copied() else { return };
        let inner = lines.get(1..).unwrap_or(&[]);
        let Some(key) = self.key(first) else {
            let word = self.slice(first.start, first.end);
            let is_name =
                word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.'));
            if let Some(name) = word.strip_suffix(':').filter(|_| !inner.is_empty()) {
                // something before a name: `}  Name:`
                let name = name.trim_end();
                let length =
                    name.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                if length > 0 {
                    let name_end = first.start + name.len() as u32;
                    let start = name_end - length as u32;
                    self.report(
                        first.start,
                        start,
                        Some(("expected a key".to_owned(), "yaml-syntax", first.start)),
                    );
                    self.builder.leaf(Kind::Scalar, start, name_end, None, flags::RECOVERED);
                    self.block(inner, end, None, depth);
                    return;
                }
            }
            if inner.is_empty() || !is_name || is_dash(word) {
                self.damaged_member(lines, Some(reason));
                return;
            }
            // a name alone with something below it lacks its colon
            let message = format!("expected `:` after `{word}`");
            let at = first.end.saturating_sub(1);
            self.report(first.start, first.end, Some((message, "yaml-expected-colon", at)));
            self.builder.leaf(Kind::Scalar, first.start, first.end, None, flags::RECOVERED);
            self.block(inner, end, None, depth);
            return;
        };
        let value = self.text.get(key.colon as usize + 1..first.end as usize).unwrap_or("");
        let blank = value.len() - value.trim_start().len();
        let value_start = key.colon + 1 + blank as u32;
        let value = value.trim_start();
        let value_line = first.from(value_start);
        let simple = value.is_empty() || value.starts_with('#');
        if simple {
            self.builder.leaf(Kind::Scalar, first.start, key.end, None, key.flags);
            if inner.is_empty() {
                self.report(first.start, first.end, Some(reason));
                self.builder.leaf(Kind::Error, key.colon + 1, key.colon + 1, None, flags::RECOVERED);
            } else {
                self.block(inner, end, None, depth);
            }
            return;
        }
        if value.starts_with(['!', '&']) && !inner.is_empty() {
            // `key: !Tag` with its value below
            if let Some((span, None)) = self.properties(value_line) {
                self.builder.leaf(Kind::Scalar, first.start, key.end, None, key.flags);
                self.block(inner, end, Some(span), depth);
                return;
            }
        }
        // what stands below may be whole although the first line is not, or stand too deep although both are
        let looks_nested =
            inner.first().is_some_and(|l| self.key(*l).is_some() || is_dash(self.slice(l.start, l.end)));
        let closed_style = value.starts_with(['[', '{', '|', '>']);
        if looks_nested && !closed_style {
            let line_end = inner.first().map_or(end, |l| l.start);
            let head = [first];
            let error = match self.read_members(&head, line_end) {
                Ok(()) => {
                    // the line itself is right: what follows is indented too far, or the line before it is joined
                    let at = inner.first().map_or(first.end, |l| l.start);
                    let message = "indented too far: it belongs to no key".to_owned();
                    let until = inner.first().map_or(at, |l| l.end);
                    self.report(at, until, Some((message, "yaml-indentation", at)));
                    self.members(inner, end, depth);
                    return;
                }
                Err(error) => error,
            };
            // two entries on one line: `Type: AWS::S3::Bucket  Properties:`
            if let Some(second) = self.joined(value_line) {
                let head = [Line { end: self.trimmed_end(first.start, second.start), ..first }];
                if self.read_members(&head, second.start).is_ok() {
                    let message = "expected a line end before this key".to_owned();
                    self.report(second.start, second.end, Some((message, "yaml-syntax", second.start)));
                    let mut rest = vec![Line { indent: first.indent, ..second }];
                    rest.extend_from_slice(inner);
                    self.member(&rest, end, error, depth);
                    return;
                }
            }
            self.builder.leaf(Kind::Scalar, first.start, key.end, None, key.flags);
            self.report(value_start, first.end, Some(error));
            self.builder.leaf(Kind::Error, value_start, first.end, None, flags::RECOVERED);
            if !value.starts_with(['"', '\'']) || inner.len() > 1 {
                self.members(inner, end, depth);
            }
            return;
        }
        let last = lines.last().map_or(first.end, |l| l.end);
        self.builder.leaf(Kind::Scalar, first.start, key.end, None, key.flags);
        self.report(value_start, last, Some(reason));
        self.builder.leaf(Kind::Error, value_start, last, None, flags::RECOVERED);
    }

    fn trimmed_end(&self, start: u32, end: u32) -> u32 {
        start + self.slice(start, end).trim_end().len() as u32
    }

    /// A key at the end of a line behind another value.
    fn joined(&self, value: Line) -> Option<Line> {
        let text = self.slice(value.start, value.end);
        let text = text.strip_suffix(':')?;
        let at = text.rfind([' ', '\t'])? + 1;
        let name = text.get(at..)?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        Some(value.from(value.start + at as u32))
    }

    /// The elements of the sequence that is open.
    fn elements(&mut self, lines: &[Line], end: u32, base: u32, depth: usize) {
        let mut rest = lines;
        while let Some(first) = rest.first().copied() {
            let length = 1 + rest.iter().skip(1).take_while(|l| l.indent > base).count();
            let (entry, after) = rest.split_at(length);
            let entry_end = after.first().map_or(end, |l| l.start);
            rest = after;
            let text = self.slice(first.start, first.end);
            if !is_dash(text) {
                self.report(
                    first.start,
                    first.end,
                    Some(("expected `- ` here".to_owned(), "yaml-syntax", first.start)),
                );
                self.builder.leaf(
                    Kind::Error,
                    first.start,
                    entry.last().map_or(first.end, |l| l.end),
                    None,
                    flags::RECOVERED,
                );
                continue;
            }
            let inner = text.get(1..).unwrap_or("").trim_start();
            if inner.is_empty() || inner.starts_with('#') {
                match entry.get(1..) {
                    Some(below) if !below.is_empty() => self.block(below, entry_end, None, depth + 1),
                    _ => {
                        self.builder.leaf(Kind::Null, first.start + 1, first.start + 1, None, 0);
                    }
                }
                continue;
            }
            let start = first.end - inner.len() as u32;
            let mut element = entry.to_vec();
            if let Some(line) = element.first_mut() {
                *line = first.from(start);
            }
            self.block(&element, entry_end, None, depth + 1);
        }
    }

    /// Tag and anchor at the head of a line: the tag's place (or nothing between) and the rest of the line.
    fn properties(&self, line: Line) -> Option<((u32, u32), Option<Line>)> {
        let mut at = line.start;
        let mut tag = None;
        loop {
            let text = self.slice(at, line.end);
            if !text.starts_with(['!', '&']) {
                break;
            }
            let length = text.find([' ', '\t']).unwrap_or(text.len());
            if text.starts_with('!') {
                tag = Some((at, at + length as u32));
            }
            let after = text.get(length..).unwrap_or("");
            at += length as u32 + (after.len() - after.trim_start().len()) as u32;
        }
        let rest = self.slice(at, line.end);
        let rest = (!rest.is_empty() && !rest.starts_with('#')).then_some(line.from(at));
        Some((tag?, rest))
    }

    /// The key that a line begins with.
    fn key(&self, line: Line) -> Option<Key> {
        let text = self.slice(line.start, line.end);
        let bytes = text.as_bytes();
        let first = *bytes.first()?;
        let (end, flags) = match first {
            b'"' | b'\'' => {
                let close = text.get(1..)?.find(char::from(first))? + 2;
                (close, if first == b'"' { flags::DOUBLE_QUOTED } else { flags::SINGLE_QUOTED })
            }
            b'[' | b'{' | b'}' | b']' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b',' | b'!' | b'&'
            | b'*' | b'?' => {
                return None;
            }
            b'-' if is_dash(text) => return None,
            _ => {
                let mut at = 0;
                loop {
                    at += memchr::memchr(b':', bytes.get(at..)?)?;
                    if bytes.get(at + 1).is_none_or(|b| matches!(b, b' ' | b'\t')) {
                        break;
                    }
                    at += 1;
                }
                // a comment or a quote before the colon means that it is none of a key
                let key = text.get(..at)?;
                if key.contains(" #") || key.is_empty() {
                    return None;
                }
                (key.trim_end().len(), 0)
            }
        };
        let after = text.get(end..)?;
        let blank = after.len() - after.trim_start().len();
        after.trim_start().starts_with(':').then_some(Key {
            end: line.start + end as u32,
            colon: line.start + (end + blank) as u32,
            flags,
        })
    }
}

/// A key's place: from the line's start to `end`, and its colon.
#[derive(Clone, Copy, Debug)]
struct Key {
    end: u32,
    colon: u32,
    flags: u8,
}

/// Whether a line only closes flow collections.
fn is_closing(text: &str) -> bool {
    text.starts_with(['}', ']']) && text.bytes().all(|b| matches!(b, b'}' | b']' | b',' | b' '))
}

fn is_dash(text: &str) -> bool {
    text == "-" || text.starts_with("- ") || text.starts_with("-\t")
}

/// The indentation of a block's entries: the smallest.
fn base_indent(lines: &[Line]) -> u32 {
    lines.iter().map(|l| l.indent).min().unwrap_or(0)
}

/// An indentation that is open while the lines are gone through.
#[derive(Clone, Copy, Debug)]
struct Level {
    indent: u32,
    /// Whether its last line begins with a dash.
    dash: bool,
    /// The index of its last line.
    last: usize,
}

/// How far ahead a line's indentation is looked for.
const LOOKAHEAD: usize = 2_000;

impl Line {
    /// The line from that offset on.
    fn from(self, start: u32) -> Line {
        let column = self.column + (start - self.start);
        Line { indent: column, column, start, end: self.end }
    }
}

impl Recovery<'_> {
    /// Finds lines that stand at an indentation which fits neither what is before nor what follows, and gives them the
    /// one that they were probably meant to have: a character too many or too few at the head of a line, or a line
    /// that was broken in two, must not end the blocks around it.
    fn settle(&self, lines: &mut [Line]) {
        let mut levels: Vec<Level> = Vec::new();
        for i in 0..lines.len() {
            let Some(line) = lines.get(i).copied() else { continue };
            if self.is_document_mark(line) {
                levels.clear();
                continue;
            }
            let next = lines.get(i + 1).filter(|l| !self.is_document_mark(**l)).map(|l| l.column);
            let text = self.slice(line.start, line.end);
            let dash = is_dash(text);
            let indent = self.settled(&levels, lines, i, text, next);
            while levels.last().is_some_and(|l| l.indent > indent) {
                levels.pop();
            }
            match levels.last_mut() {
                Some(level) if level.indent == indent => {
                    level.dash = dash;
                    level.last = i;
                }
                _ => levels.push(Level { indent, dash, last: i }),
            }
            // what stands behind a dash is a level of its own
            let mut inner = text;
            let mut column = indent;
            while is_dash(inner) && inner.len() > 1 && levels.len() < 1_000 {
                let rest = inner.get(1..).unwrap_or("").trim_start();
                column += (inner.len() - rest.len()) as u32;
                inner = rest;
                levels.push(Level { indent: column, dash: is_dash(inner), last: i });
            }
            if let Some(line) = lines.get_mut(i) {
                line.indent = indent;
            }
        }
    }

    /// The indentation of one line, from the levels that are open before it and the column of the line after it.
    fn settled(&self, levels: &[Level], lines: &[Line], i: usize, text: &str, next: Option<u32>) -> u32 {
        let Some(line) = lines.get(i).copied() else { return 0 };
        let column = line.column;
        let opens = text.ends_with(':');
        let is_key = self.key(line).is_some();
        let at = levels.iter().rposition(|l| l.indent <= column);
        let own = at.and_then(|at| levels.get(at));
        let equal = own.is_some_and(|l| l.indent == column);
        let before = i.checked_sub(1).and_then(|i| lines.get(i));
        let follower = lines.get(i + 1).map_or("", |l| self.slice(l.start, l.end));
        if let Some(next) = next.filter(|&n| n > column) {
            if opens {
                // what follows and stands less deep than the first line below is no child: it is a sibling. One such
                // line alone may itself be what is wrong
                let after = lines.iter().skip(i + 1).take(LOOKAHEAD).map(|l| l.column);
                let mut less: Vec<u32> = after.take_while(|&c| c > column).filter(|&c| c < next).collect();
                less.sort_unstable();
                let open = |column: u32| levels.iter().any(|l| l.indent == column);
                let twice = less
                    .chunk_by(|a, b| a == b)
                    .filter(|same| same.len() > 1 || same.iter().any(|&c| open(c)));
                if let Some(&least) = twice.flatten().next() {
                    return least;
                }
            }
            // the line stands where nothing deeper could follow, though something deeper is open around it
            let continued = before.filter(|b| {
                b.indent < next && column <= b.indent && self.slice(b.start, b.end).ends_with(':')
            });
            let is_open = levels.iter().any(|l| l.indent == next);
            if is_open || continued.is_some() {
                let is_name =
                    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
                let nested = is_dash(follower) || lines.get(i + 1).is_some_and(|l| self.key(*l).is_some());
                let fits = if is_dash(text) {
                    equal && own.is_some_and(|own| own.dash || own.last + 1 == i)
                } else if is_key {
                    opens || !nested
                } else {
                    let child = at.and_then(|at| levels.get(at + 1)).is_none_or(|l| l.indent == next);
                    is_name && child || is_closing(text) || text.starts_with(['"', '\'']) && !nested && !opens
                };
                if !fits && opens {
                    let above = levels.iter().rev().find(|l| l.indent < next).map_or(0, |l| l.indent);
                    return continued.map_or(above, |b| b.indent + 1);
                }
                if !fits {
                    return next;
                }
            }
        }
        // only where something deeper was open can a line stand between two levels
        let (Some(own), Some(inner)) = (own, at.and_then(|at| levels.get(at + 1))) else { return column };
        if equal {
            column
        } else if opens && next == Some(inner.indent) {
            own.indent
        } else if is_key || is_dash(text) {
            inner.indent
        } else {
            column
        }
    }
}
