//! The likeliest damage: one character too many or too few. Which one it was is found by trying: of the texts that are
//! one slip away and are YAML, the one counts that keeps most entries and the file's columns.

use granit_parser::{Parser, ScanError};

use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, SyntaxError, TreeBuilder, flags};

use super::repair::{Line, is_dash, is_entry};
use super::{TEMPLATE_SECTIONS, options, recover, strict};

/// What is done to a text at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    at: usize,
    /// Bytes that are taken out, and the text that is put there: one of them is nothing.
    out: usize,
    put: &'static str,
}

/// Characters of a line that are tried.
const MAX_LINE: usize = 200;

impl Slip {
    fn apply(self, text: &str) -> Option<String> {
        let mut mended = String::with_capacity(text.len() + 1);
        mended.push_str(text.get(..self.at)?);
        mended.push_str(self.put);
        mended.push_str(text.get(self.at + self.out..)?);
        Some(mended)
    }

    /// How likely the slip is by itself; at most 16.
    fn likelihood(self, text: &str) -> usize {
        let line_start = |at: usize| text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
        let line = |start: usize| text.get(start..).and_then(|t| t.lines().next()).unwrap_or("");
        if self.put.is_empty() && text.get(self.at..self.at + self.out) == Some("\n") {
            // What is broken off begins in the first column.
            let (before, behind) = (line(line_start(self.at)), line(self.at + 1));
            let mut signs = behind.chars();
            let word = signs.next().is_some_and(char::is_alphanumeric) && !signs.as_str().starts_with("  ");
            let section = TEMPLATE_SECTIONS
                .iter()
                .any(|name| behind.strip_prefix(name).is_some_and(|t| t.starts_with(':')));
            let broken =
                word && !section && before.starts_with([' ', '-']) && before.contains(char::is_alphanumeric);
            let has_colon = |t: &str| t.contains(": ") || t.trim_end().ends_with(':');
            let comment = before.trim_start().starts_with('#');
            let template = text.lines().any(|l| {
                TEMPLATE_SECTIONS.iter().any(|name| l.strip_prefix(name).is_some_and(|t| t.starts_with(':')))
            });
            let foreign = template && !TEMPLATE_SECTIONS.contains(&behind.trim());
            let told = has_colon(behind) && !has_colon(before.trim()) || comment || foreign;
            let name = format!("{}{}", before, behind.split(':').next().unwrap_or(""));
            if TEMPLATE_SECTIONS.contains(&name.as_str()) {
                return 16;
            }
            return match (broken, told) {
                (true, true) => 14,
                (true, false) => 3,
                _ => 1,
            };
        }
        // nothing else was on the line
        let alone = self.put.is_empty() && line(line_start(self.at)).trim().len() == self.out;
        match (alone, self.put) {
            (true, _) => 6,
            (_, "#" | " |") => 0,
            // of two columns that a line may have been meant for, the outer one leaves what is before it as it is
            (_, " ") => 2,
            _ => 3,
        }
    }

    /// Whether the slip takes away what it can't explain.
    pub(super) fn is_doubtful(self) -> bool {
        matches!(self.put, "#" | " |")
    }

    /// The place in the file of a place in the mended text.
    fn back(self, at: usize, is_end: bool) -> usize {
        let moved = if is_end { at > self.at } else { at >= self.at };
        if !moved {
            at
        } else if self.put.is_empty() {
            at + self.out
        } else {
            at.saturating_sub(self.put.len()).max(self.at)
        }
    }
}

fn out(at: usize, out: usize) -> Slip {
    Slip { at, out, put: "" }
}

fn put(at: usize, put: &'static str) -> Slip {
    Slip { at, out: 0, put }
}

/// The slips that most damage comes from: the column of a line, its first character, the line ends around it, the
/// comments before it that may have been none, and a colon.
pub(super) fn likely(text: &str, lines: &[Line<'_>], n: usize) -> Vec<Slip> {
    let Some(line) = lines.get(n).copied() else { return Vec::new() };
    let content = line.content;
    let mut slips = vec![put(line.at, " ")];
    if line.indent > 0 {
        slips.push(out(line.at, 1));
    }
    slips.extend(content.chars().next().map(|c| out(line.start(), c.len_utf8())));
    let end = line.at + text.get(line.at..).and_then(|t| t.find('\n')).unwrap_or(0);
    if end > line.at {
        slips.push(out(end, 1));
    }
    if line.at > 0 {
        slips.push(out(line.at - 1, 1));
    }
    let from = n.checked_sub(1).and_then(|n| lines.get(n)).map_or(0, |l| l.end());
    let mut at = from;
    for raw in text.get(from..line.at).unwrap_or("").split_inclusive('\n') {
        if raw.trim_start().starts_with('#') {
            slips.extend(raw.find('#').map(|i| out(at + i, 1)));
        }
        at += raw.len();
    }
    // of one character that slipped in no key is made
    if content.len() > 1 {
        slips.push(put(line.end(), ":"));
        slips.extend(content.find(' ').map(|i| put(line.start() + i, ":")));
    }
    slips
}

/// All other slips that a line may come from.
pub(super) fn others(lines: &[Line<'_>], text: &str, n: usize) -> Vec<Slip> {
    let Some(line) = lines.get(n).copied() else { return Vec::new() };
    let opens = lines.get(n + 1).is_some_and(|next| next.indent >= line.indent);
    let content = line.content;
    let mut slips = Vec::new();
    // a character too many; of equal ones in a row any will do
    let mut last = None;
    let whole = text.get(line.at..line.end()).unwrap_or("");
    for (i, c) in whole.char_indices().take(MAX_LINE) {
        if last != Some(c) {
            slips.push(out(line.at + i, c.len_utf8()));
        }
        last = Some(c);
    }
    // one too few
    if content.starts_with('-') {
        slips.push(put(line.start() + 1, " "));
    } else if line.indent >= 2 {
        slips.push(put(line.start() - 1, "-"));
    }
    let value = content.find(": ").map_or(0, |i| i + 2);
    for quote in ["\"", "'"].into_iter().filter(|q| content.contains(*q)) {
        let element = content.find("- ").filter(|i| *i == 0).map_or(0, |_| 2);
        slips.extend([
            put(line.end(), quote),
            put(line.start() + value, quote),
            put(line.start() + element, quote),
        ]);
        slips.extend(content.find(':').map(|i| put(line.start() + i, quote)));
    }
    for (open, close) in [('[', "]"), ('{', "}")] {
        if content.contains(open) {
            slips.push(put(line.end(), close));
        }
    }
    for (close, open) in [(']', "["), ('}', "{")] {
        if content.contains(close) {
            slips.push(put(line.start() + value, open));
        }
    }
    slips.extend(content.match_indices(':').map(|(i, _)| put(line.start() + i + 1, " ")));
    slips.push(put(line.start(), "#"));
    // what stands below is text
    if opens && !lines.get(n + 1).is_some_and(|next| is_entry(next.content)) {
        slips.push(put(line.end(), " |"));
    }
    slips.push(put(line.start() + value, "!"));
    // a line end that is missing
    let closers = content.len() - content.trim_start_matches(['}', ']']).len();
    if closers > 0 && closers < content.len() {
        slips.push(put(line.start() + closers, "\n"));
    }
    let gaps = content.char_indices().filter(|(i, c)| {
        *c == ' '
            && content.get(i + 1..).is_some_and(|t| t.starts_with(' '))
            && !content.get(..*i).is_some_and(|t| t.ends_with(' '))
    });
    slips.extend(
        gaps.take(4).flat_map(|(i, _)| [put(line.start() + i, "\n"), put(line.start() + i + 1, "\n")]),
    );
    slips.extend(content.match_indices("- ").skip(1).take(2).map(|(i, _)| put(line.start() + i, "\n")));
    slips
}

/// Part of a file that can be read by itself: whole lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Window {
    /// Whether the part with a slip undone is YAML, and how many bytes were read to know.
    fn admits(self, text: &str, slip: Slip) -> (bool, usize) {
        let inside = self.start <= slip.at && slip.at + slip.out <= self.end;
        let Some(part) = text.get(self.start..self.end).filter(|_| inside) else { return (true, 0) };
        let Some(mended) = Slip { at: slip.at - self.start, ..slip }.apply(part) else { return (false, 0) };
        let error = Parser::new_from_str_with_options(&mended, options()).find_map(Result::err);
        (error.is_none(), error.map_or(mended.len(), |e| e.marker().byte_offset().unwrap_or(mended.len())))
    }
}

/// A mended text that is YAML.
pub(super) struct Mended {
    pub(super) tree: TreeBuilder,
    pub(super) slip: Slip,
    /// How much there is in it; more is better.
    pub(super) score: usize,
}

/// What a slip at a line makes of the file, if that is YAML; and how many bytes were read.
pub(super) fn try_slip(
    file: &SourceFile,
    text: &str,
    window: Window,
    slip: Slip,
    step: usize,
) -> (Option<Mended>, usize) {
    let (admitted, mut cost) = window.admits(text, slip);
    let Some(mended) = Some(slip).filter(|_| admitted).and_then(|s| s.apply(text)) else {
        return (None, cost);
    };
    cost += mended.len();
    let Ok(tree) = strict(file, &mended) else { return (None, cost) };
    let off = off_columns(&mended, slip.at, step);
    let bonus = slip.likelihood(text);
    let score = (kept(&tree) + bonus).saturating_sub(12 * tree.errors.len() + 4 * off);
    (Some(Mended { tree, slip, score }), cost)
}

/// How many entries there are, and scalars. What is in brackets counts little: text that is JSON must not be preferred
/// as structure. A key without text is none.
pub(super) fn kept(tree: &TreeBuilder) -> usize {
    let mut kept = 0;
    let mut brackets_end = 0;
    for (at, node) in tree.nodes.iter().enumerate() {
        let flow = at < brackets_end;
        if node.flags & flags::FLOW != 0 && matches!(node.kind, Kind::Mapping | Kind::Sequence) {
            brackets_end = brackets_end.max(node.next as usize);
        }
        let named = || tree.nodes.get(at + 1).is_some_and(|key| key.end > key.start);
        kept += match node.kind {
            Kind::Pair if named() && !flow => 8,
            Kind::Pair if named() => 1,
            Kind::Scalar if !flow => 1,
            _ => 0,
        };
    }
    kept
}

/// How many of the lines around a place stand between the file's columns.
fn off_columns(text: &str, at: usize, step: usize) -> usize {
    let before = text.get(..at).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let lines = text.get(start..).unwrap_or("").lines().take(2);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    lines.filter(|l| !l.trim().is_empty() && !indent(l).is_multiple_of(step)).count()
}

/// Puts nodes that have no text of their own back between their neighbours.
fn settle(tree: &mut TreeBuilder) {
    // of each open node: where it ends in the list, where its text ends, where the next child can start
    let mut open: Vec<(u32, u32, u32)> = Vec::new();
    for (at, node) in tree.nodes.iter_mut().enumerate() {
        while open.last().is_some_and(|(next, ..)| *next <= at as u32) {
            open.pop();
        }
        if let Some((_, end, from)) = open.last_mut() {
            node.start = node.start.clamp(*from, (*end).max(*from));
            node.end = node.end.clamp(node.start, (*end).max(node.start));
            *from = node.end;
        }
        open.push((node.next, node.end, node.start));
    }
}

impl Mended {
    /// The tree with its places in the file as it is.
    pub(super) fn finish(mut self, file: &SourceFile, text: &str, first: &ScanError) -> TreeBuilder {
        let slip = self.slip;
        let line_start = text.get(..slip.at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
        let rest = text.get(slip.at + slip.out..).unwrap_or("");
        let line_end = slip.at + slip.out + rest.find('\n').unwrap_or(rest.len());
        let mut keys: rustc_hash::FxHashSet<usize> = rustc_hash::FxHashSet::default();
        // the end of the last key before the slip: what stands behind it on the line is the value that slipped
        let mut key_end = usize::MAX;
        for (at, node) in self.tree.nodes.iter_mut().enumerate() {
            if node.kind == Kind::Pair {
                keys.insert(at + 1);
            }
            if keys.contains(&at) && node.end as usize <= slip.at {
                key_end = node.end as usize;
            }
            let text_touched = (node.start as usize) <= slip.at && slip.at <= node.end as usize;
            let nothing =
                node.kind == Kind::Null && key_end <= node.start as usize && node.end as usize <= slip.at;
            let touched = text_touched || nothing;
            node.start = slip.back(node.start as usize, false) as u32;
            node.end = slip.back(node.end as usize, true).max(node.start as usize) as u32;
            if (line_start..line_end).contains(&(node.start as usize)) && at > 0 {
                node.flags |= flags::RECOVERED;
                // what the value was can't be told
                if touched && matches!(node.kind, Kind::Scalar | Kind::Null) && !keys.contains(&at) {
                    node.kind = Kind::Error;
                }
            }
        }
        if let Some(root) = self.tree.nodes.first_mut() {
            (root.start, root.end) = (0, text.len() as u32);
        }
        settle(&mut self.tree);
        let place = |span: Span| Span {
            start: slip.back(span.start as usize, false) as u32,
            end: slip.back(span.end as usize, true) as u32,
            ..span
        };
        for error in &mut self.tree.errors {
            error.span = place(error.span);
            if let Some((span, _)) = &mut error.related {
                *span = place(*span);
            }
        }
        let error = self.error(file, text, first, line_start, line_end);
        self.tree.errors.insert(0, error);
        self.tree
    }

    /// What is wrong, said of the line on which the slip is.
    fn error(
        &self,
        file: &SourceFile,
        text: &str,
        first: &ScanError,
        line_start: usize,
        line_end: usize,
    ) -> SyntaxError {
        let line = text.get(line_start..line_end).unwrap_or("");
        let content = line.trim_start();
        let start = line_start + (line.len() - content.len());
        let end = start + content.trim_end().len();
        let span = |start: usize, end: usize| Span::new(file.id, start as u32, end as u32);
        if self.slip.put == ":" {
            let message = format!("expected `:` after `{}`", text.get(start..self.slip.at).unwrap_or(""));
            return SyntaxError::new("yaml-expected-colon", message, span(self.slip.at.max(1) - 1, end));
        }
        let at = first.marker().byte_offset().unwrap_or(start);
        let here = (start..end).contains(&at) && text.is_char_boundary(at);
        let from = if here && !is_dash(text.get(at..end).unwrap_or("")) { at } else { start };
        SyntaxError::new(recover::code(first.kind()), recover::message(first), span(from.min(end), end))
    }
}
