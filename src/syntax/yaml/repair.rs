//! The first thing that is tried on a damaged file: is there one line but for which all of it is YAML? Most files that
//! people are typing in are damaged in one place. What is found keeps its exact place; the line itself becomes what it
//! was probably meant to be, or an error.

use granit_parser::ScanError;

use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, SyntaxError, TreeBuilder, flags};

use super::slip::{Mended, Slip, Window, kept, likely, others, try_slip};
use super::{recover, strict};

/// Bytes that may be parsed in attempts: for each byte of the file, and at most.
const BUDGET: (usize, usize) = (96, 4 << 20);
/// The same for slips, which are many and small.
const SLIPS: (usize, usize) = (400, 6 << 20);
/// By how much reading in pieces must find more than one slip explains.
const SEVERAL: usize = 24;
/// Larger files are read in pieces at once.
const MAX_BYTES: usize = 1 << 20;

/// A line of the file that carries something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    /// The offset of its first byte.
    pub(super) at: usize,
    /// Its white space.
    pub(super) indent: usize,
    /// What is behind that, without white space at its end.
    pub(super) content: &'t str,
}

impl Line<'_> {
    pub(super) fn start(self) -> usize {
        self.at + self.indent
    }

    pub(super) fn end(self) -> usize {
        self.start() + self.content.len()
    }
}

/// Another text in place of a line (or of two).
#[derive(Debug)]
struct Attempt {
    /// What is replaced: from the first line's first byte to the last line's last one.
    from: usize,
    to: usize,
    /// The indentation of what is put there, and the text.
    indent: usize,
    text: String,
    /// Whether the text only holds the place of one that can't be read.
    placeholder: bool,
    /// Whether it is a key of which the value can't be read.
    cut: bool,
    /// Where the text's first character comes from.
    origin: usize,
}

/// The tree of the file with one line mended; nothing if one line is not enough. `read` is how far the strict pass got.
pub(super) fn repair(file: &SourceFile, text: &str, first: &ScanError, read: usize) -> Option<TreeBuilder> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let lines = lines(text);
    let failed = first.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let line_of = |at: usize| lines.partition_point(|l| l.at <= at).saturating_sub(1);
    let (failed, read) = (line_of(failed), line_of(read));
    let mut suspects: Vec<usize> = Vec::new();
    let before = |n: usize, by: usize| n.checked_sub(by);
    for suspect in [
        Some(failed),
        before(failed, 1),
        Some(read),
        Some(read + 1),
        before(read, 1),
        before(failed, 2),
        Some(failed + 1),
        odd_column(&lines, failed),
    ] {
        if let Some(suspect) = suspect.filter(|s| *s < lines.len())
            && !suspects.contains(&suspect)
        {
            suspects.push(suspect);
        }
    }
    let mut budget = text.len().saturating_mul(BUDGET.0).min(BUDGET.1);
    let step = step(&lines);
    suspects.extend(
        odd_lines(&lines, failed, step).into_iter().filter(|n| !suspects.contains(n)).collect::<Vec<_>>(),
    );
    let slip = slipped(file, text, &lines, &suspects, step);
    let (sure, slip) = match slip {
        Some(mended) if !mended.slip.is_doubtful() => (Some(mended), None),
        other => (None, other),
    };
    if let Some(slip) = sure {
        // much more is found piece by piece where the file is damaged in several places
        let pieces = recover::recover(file, text, first.clone());
        if kept(&pieces) > kept(&slip.tree) + SEVERAL {
            return Some(pieces);
        }
        return Some(slip.finish(file, text, first));
    }
    let mut best: Option<((usize, bool), TreeBuilder, Attempt, Line<'_>)> = None;
    'attempts: for placeholder in [false, true] {
        for suspect in &suspects {
            let attempts = if placeholder { placeholders(&lines, *suspect) } else { meant(&lines, *suspect) };
            for attempt in attempts {
                let mut mended = String::with_capacity(text.len() + 8);
                mended.push_str(text.get(..attempt.from)?);
                mended.extend(std::iter::repeat_n(' ', attempt.indent));
                mended.push_str(&attempt.text);
                mended.push_str(text.get(attempt.to..)?);
                let cost = match strict(file, &mended) {
                    Ok(builder) => {
                        // of two lines that could be moved to the other, the one is wrong that stands between columns
                        let score = (attempt.kept(&builder), attempt.indent.is_multiple_of(step));
                        if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                            best = Some((score, builder, attempt, lines.get(*suspect).copied()?));
                        }
                        mended.len()
                    }
                    Err((error, _)) => error.marker().byte_offset().unwrap_or(mended.len()),
                };
                match budget.checked_sub(cost) {
                    Some(left) => budget = left,
                    None => break 'attempts,
                }
            }
        }
    }
    if let Some(slip) = slip
        && best.as_ref().is_none_or(|((kept, _), ..)| slip.score >= *kept)
    {
        return Some(slip.finish(file, text, first));
    }
    let (_, builder, attempt, line) = best?;
    Some(attempt.finish(builder, file, text, first, line))
}

/// Lines before the one at which reading failed that look as if something had slipped: the nearest that stands between
/// the file's columns, that begins with a sign or a single character, and that is deeper than a key's value stands.
fn odd_lines(lines: &[Line<'_>], failed: usize, step: usize) -> Vec<usize> {
    let before = lines.get(..=failed).unwrap_or(lines);
    let sign = |line: &Line<'_>| {
        let mut chars = line.content.chars();
        let first = chars.next().unwrap_or(' ');
        let gap = chars.as_str().starts_with("  ");
        (gap && first != '-')
            || (!first.is_alphanumeric() && !"-\"'[{}]<_".contains(first) && !line.content.starts_with("!"))
            || (first == '!' && chars.as_str().starts_with(' '))
    };
    let deep = |pair: &[Line<'_>]| matches!(pair, [a, b] if b.indent > a.indent + step);
    let nearest = [
        before.iter().rposition(|line| !line.indent.is_multiple_of(step)),
        before.iter().rposition(sign),
        before.windows(2).rposition(deep).map(|n| n + 1),
        before.windows(2).rposition(deep),
    ];
    nearest.into_iter().flatten().collect()
}

/// The best of the texts that are one slip at one of these lines away from the file.
fn slipped(
    file: &SourceFile,
    text: &str,
    lines: &[Line<'_>],
    suspects: &[usize],
    step: usize,
) -> Option<Mended> {
    let window = window(text, lines, suspects);
    let mut budget = text.len().saturating_mul(SLIPS.0).min(SLIPS.1);
    let mut tried: Vec<Slip> = Vec::new();
    let mut best: Option<Mended> = None;
    let first = suspects.iter().flat_map(|n| likely(text, lines, *n));
    let then = suspects.iter().flat_map(|n| others(lines, text, *n));
    for slip in first.chain(then) {
        if tried.contains(&slip) {
            continue;
        }
        tried.push(slip);
        let (mended, cost) = try_slip(file, text, window, slip, step);
        let better = |mended: &Mended| best.as_ref().is_none_or(|best| mended.score > best.score);
        if mended.as_ref().is_some_and(better) {
            best = mended;
        }
        match budget.checked_sub(cost) {
            Some(left) => budget = left,
            None => break,
        }
    }
    best
}

/// The entries of the smallest depth around the suspects, with one more on either side; all if that is not clear.
fn window(text: &str, lines: &[Line<'_>], suspects: &[usize]) -> Window {
    let (first, last) = suspects.iter().fold((usize::MAX, 0), |(a, b), n| (a.min(*n), b.max(*n)));
    let depth = lines.iter().map(|l| l.indent).filter(|indent| *indent > 0).min().unwrap_or(0);
    let entry = |line: &Line<'_>| line.indent == depth && !is_dash(line.content);
    let before = lines.get(..first.min(lines.len())).unwrap_or(&[]);
    let start = before.iter().enumerate().rev().filter(|(_, l)| entry(l)).nth(1).map(|(n, _)| n);
    let end = lines.iter().enumerate().skip(last + 2).find(|(_, l)| l.indent <= depth).map(|(n, _)| n);
    let inside = start.and_then(|start| lines.get(start..end.unwrap_or(lines.len())));
    match inside.filter(|inside| inside.iter().all(|l| l.indent >= depth)) {
        Some([first, ..]) => {
            let end = end.and_then(|n| lines.get(n)).map_or(text.len(), |l| l.at);
            Window { start: first.at, end }
        }
        _ => Window { start: 0, end: text.len() },
    }
}

/// By how much lines are indented from the ones that they are inside of: the commonest difference.
fn step(lines: &[Line<'_>]) -> usize {
    let mut count = [0usize; 9];
    for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
        if let Some(n) =
            next.indent.checked_sub(line.indent).filter(|by| *by > 0).and_then(|by| count.get_mut(by))
        {
            *n += 1;
        }
    }
    let most = (2..count.len()).rev().max_by_key(|by| count.get(*by).copied());
    most.filter(|by| count.get(*by).is_some_and(|n| *n > 0)).unwrap_or(2)
}

/// The last line before one (and it) that stands in a column of its own.
fn odd_column(lines: &[Line<'_>], n: usize) -> Option<usize> {
    let mut count: rustc_hash::FxHashMap<usize, usize> = rustc_hash::FxHashMap::default();
    for line in lines {
        *count.entry(line.indent).or_insert(0) += 1;
    }
    (0..=n).rev().find(|n| lines.get(*n).is_some_and(|l| count.get(&l.indent) == Some(&1)))
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut out = Vec::new();
    for line in text.get(at..).unwrap_or("").split_inclusive('\n') {
        let inside = line.trim_start_matches([' ', '\t']);
        let content = inside.trim_end();
        if !content.is_empty() && !content.starts_with('#') {
            out.push(Line { at, indent: line.len() - inside.len(), content });
        }
        at += line.len();
    }
    out
}

pub(super) fn is_dash(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Whether a line looks like a key, or like an element.
pub(super) fn is_entry(text: &str) -> bool {
    let key = text.split(": ").next().unwrap_or(text).trim_end_matches(':');
    is_dash(text)
        || (key.len() < text.len()
            && !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b)))
}

/// Texts that a line may have been meant to be.
fn meant(lines: &[Line<'_>], n: usize) -> Vec<Attempt> {
    let Some(line) = lines.get(n).copied() else { return Vec::new() };
    let next = lines.get(n + 1).copied();
    let before = n.checked_sub(1).and_then(|n| lines.get(n)).copied();
    let opens = next.is_some_and(|l| {
        l.indent > line.indent || (l.indent == line.indent && is_dash(l.content) && !is_dash(line.content))
    });
    // how many other lines stand in a column
    let popular =
        |column: usize| lines.iter().filter(|l| l.indent == column && l.at != line.at).take(50).count();
    let mut out = Vec::new();
    let one = |indent: usize, text: &str, origin: usize| Attempt {
        from: line.at,
        to: line.end(),
        indent,
        text: text.to_owned(),
        placeholder: false,
        cut: false,
        origin,
    };
    // a sign that slipped in, before a name or inside it; a colon that is not there
    if opens {
        let plain: String =
            line.content.chars().filter(|c| c.is_alphanumeric() || "_-.: /".contains(*c)).collect();
        let plain = plain.trim();
        let plain =
            if is_dash(plain) { plain } else { plain.trim_start_matches(|c: char| !c.is_alphanumeric()) };
        let name = plain.trim_end_matches(':').trim_end();
        let inner = name.strip_prefix("- ").unwrap_or(name);
        if !inner.is_empty() && !inner.contains([' ', ':']) && inner.starts_with(char::is_alphanumeric) {
            let found = line.content.find(name).or_else(|| line.content.find(char::is_alphanumeric));
            let origin = line.start() + found.unwrap_or(0);
            let wanted = format!("{name}:");
            // its first character may have pushed it out of its column
            let own = origin - line.at;
            let mut columns = vec![line.indent, own, own.saturating_sub(1)];
            columns.extend(before.map(|b| b.indent));
            columns.dedup();
            if wanted != line.content {
                out.extend(columns.into_iter().filter(|c| popular(*c) > 0).map(|c| one(c, &wanted, origin)));
            }
        }
    }
    // something before an entry
    let junk = line.content.find(|c: char| c.is_alphanumeric() || c == '"' || c == '\'').unwrap_or(0);
    let first_dash = line.content.find("- ").filter(|at| (1..4).contains(at)).map(|at| at + 2);
    for (from, dashed) in
        [(first_dash, true), (Some(junk), line.content.starts_with('-')), (Some(junk), false)]
    {
        let Some(rest) = from.filter(|f| *f > 0).and_then(|f| line.content.get(f..)) else { continue };
        if !is_entry(rest) || (is_dash(line.content) && dashed && first_dash.is_none()) {
            continue;
        }
        let origin = line.end() - rest.len();
        let own = origin - line.at;
        let mut columns: Vec<usize> = next.iter().chain(&before).map(|l| l.indent).collect();
        columns.extend([own, own.saturating_sub(1)]);
        for column in columns {
            match (dashed, column.checked_sub(2)) {
                (true, Some(column)) => {
                    let origin = origin.saturating_sub(2).max(line.start());
                    out.push(one(column, &format!("- {rest}"), origin));
                }
                (false, _) => out.push(one(column, rest, origin)),
                _ => {}
            }
        }
    }
    // the colon behind the first word
    let (dashes, rest) =
        line.content.split_at(line.content.len() - line.content.trim_start_matches("- ").len());
    if let Some((name, value)) = rest.split_once([' ', ':'])
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        let value = value.trim_start_matches([':', ' ']);
        out.push(one(line.indent, &format!("{dashes}{name}: {value}"), line.start()));
    }
    // a value that can't be read
    if let Some((key, _)) = line.content.split_once(": ").filter(|_| is_entry(line.content)) {
        out.push(Attempt { cut: true, ..one(line.indent, &format!("{key}:"), line.start()) });
    }
    // the right text in the wrong column
    if is_entry(line.content) {
        let mut columns: Vec<usize> = Vec::new();
        let around = [before, next].into_iter().flatten().map(|l| l.indent);
        let above = lines.get(..n).unwrap_or(&[]).iter().rev().take(200).map(|l| l.indent);
        let near = above.filter(|i| i.abs_diff(line.indent) <= 2);
        for column in [line.indent.saturating_sub(1), line.indent + 1]
            .into_iter()
            .filter(|c| near.clone().any(|i| i == *c))
            .chain(around)
        {
            if column != line.indent
                && !columns.contains(&column)
                && columns.len() < 4
                && popular(column) > popular(line.indent)
            {
                columns.push(column);
            }
        }
        out.extend(columns.into_iter().map(|column| one(column, line.content, line.start())));
    }
    // two entries on one line: the second is the one with something below it
    if let Some(at) = line.content.rfind("  ").or_else(|| line.content.rfind(' '))
        && let Some(second) = line.content.get(at..).map(str::trim_start)
        && opens
        && second.ends_with(':')
    {
        out.push(one(line.indent, second, line.end() - second.len()));
    }
    // one entry on two lines
    if let Some(next) = next {
        for between in ["", " "] {
            out.push(Attempt {
                to: next.end(),
                ..one(line.indent, &format!("{}{between}{}", line.content, next.content), line.start())
            });
        }
    }
    out
}

/// Texts that hold the place of a line, so that what is around it can be read.
fn placeholders(lines: &[Line<'_>], n: usize) -> Vec<Attempt> {
    let Some(line) = lines.get(n).copied() else { return Vec::new() };
    let next = lines.get(n + 1).copied();
    let before = n.checked_sub(1).and_then(|n| lines.get(n)).copied();
    let opens = next.is_some_and(|l| l.indent >= line.indent);
    let mut columns = vec![line.indent];
    for other in [before, next].into_iter().flatten() {
        if !columns.contains(&other.indent) {
            columns.push(other.indent);
        }
    }
    let mut out = Vec::new();
    let mut put = |indent: usize, text: &str| {
        out.push(Attempt {
            from: line.at,
            to: line.end(),
            indent,
            text: text.to_owned(),
            placeholder: true,
            cut: false,
            origin: line.start(),
        });
    };
    let dash = is_dash(line.content) || line.content.starts_with('-');
    for column in columns {
        // with something below it the line was a key, or the first of an element's members
        let texts: &[&str] = match (opens, dash) {
            (true, true) => &["- x:", "- x: 1", "-", "x:"],
            (true, false) => &["x:", "x: 1", "- x: 1", "-"],
            (false, true) => &["-", "- x:", "x:"],
            (false, false) => &["x:", "-"],
        };
        for text in texts {
            put(column, text);
        }
    }
    // what stands below is text
    if opens && line.content.contains(['|', '>']) {
        put(line.indent, if dash { "- x: |" } else { "x: |" });
    }
    put(0, "");
    out
}

impl Attempt {
    /// How much of a tree does not depend on what was put in: the more, the likelier it is that the line was the damaged
    /// one. What is in the line counts little: any line can be made to fit.
    fn kept(&self, builder: &TreeBuilder) -> usize {
        let new_end = self.from + self.indent + self.text.len();
        let weigh = |node: &crate::syntax::Node| {
            let here = (self.from..=new_end).contains(&(node.start as usize));
            match (node.kind, here) {
                (_, true) if self.placeholder => 0,
                (Kind::Pair, false) => 8,
                (Kind::Pair, true) => 2,
                (Kind::Scalar, _) => 1,
                _ => 0,
            }
        };
        // an entry that became part of a text around it is no entry any more
        let is_entry = |n: &crate::syntax::Node| {
            n.kind == Kind::Pair && (self.from..=new_end).contains(&(n.start as usize))
        };
        let swallowed = !self.placeholder && !builder.nodes.iter().any(is_entry);
        let kept: usize = builder.nodes.iter().map(weigh).sum();
        kept.saturating_sub(12 * builder.errors.len() + usize::from(swallowed))
    }

    /// The tree with its places in the file as it is.
    fn finish(
        &self,
        mut builder: TreeBuilder,
        file: &SourceFile,
        text: &str,
        first: &ScanError,
        line: Line<'_>,
    ) -> TreeBuilder {
        let new_start = self.from + self.indent;
        let new_end = new_start + self.text.len();
        let (old_start, old_end) = (line.start().min(self.to), self.to);
        let behind = |x: usize| x + self.to - new_end;
        let inside = |x: usize| {
            let mut at = (x.saturating_sub(new_start) + self.origin).clamp(old_start, old_end);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let mut key = false;
        if let Some(root) = builder.nodes.first_mut() {
            root.end = text.len() as u32;
        }
        for node in builder.nodes.iter_mut().skip(1) {
            let (start, end) = (node.start as usize, node.end as usize);
            let here = start >= self.from
                && start <= new_end
                && !(start == new_end && end > new_end && self.text.is_empty());
            let mut mapped = match (here, self.placeholder) {
                (false, _) if start < self.from => (start, 0),
                (false, _) => (behind(start), 0),
                (true, false) => (inside(start), 0),
                (true, true) => (old_start, old_end),
            };
            mapped.1 = if end > new_end {
                behind(end)
            } else if end <= self.from {
                end
            } else if self.placeholder || (self.cut && end == new_end) {
                old_end
            } else {
                inside(end)
            };
            if here {
                node.flags |= flags::RECOVERED;
                if self.cut && node.kind == Kind::Null {
                    node.kind = Kind::Error;
                    let value = text.get(mapped.0..old_end).unwrap_or("");
                    mapped.0 = old_end - value.trim_start().len();
                }
                if self.placeholder {
                    match node.kind {
                        // the key is the line; what stands for its value is nothing, behind it
                        Kind::Scalar | Kind::Null if key => {
                            mapped.0 = old_end;
                            node.kind = Kind::Error;
                        }
                        Kind::Scalar | Kind::Null => {
                            key = true;
                            node.kind = Kind::Error;
                        }
                        Kind::Pair => node.kind = Kind::Error,
                        _ => {}
                    }
                }
            }
            node.start = mapped.0 as u32;
            node.end = mapped.1.max(mapped.0) as u32;
        }
        let place = |span: Span| {
            let map = |x: u32| {
                let x = x as usize;
                let x = if x <= self.from {
                    x
                } else if x > new_end {
                    behind(x)
                } else {
                    inside(x)
                };
                x as u32
            };
            Span::new(span.file, map(span.start), map(span.end))
        };
        for error in &mut builder.errors {
            error.span = place(error.span);
            if let Some((span, _)) = &mut error.related {
                *span = place(*span);
            }
        }
        let span = Span::new(file.id, old_start as u32, line.end() as u32);
        let at = first.marker().byte_offset().unwrap_or(old_start);
        let lacks_colon = !self.placeholder && self.text.strip_suffix(':') == Some(line.content);
        let error = if lacks_colon {
            let message = format!("expected `:` after `{}`", line.content);
            SyntaxError::new(
                "yaml-expected-colon",
                message,
                Span { start: span.end.saturating_sub(1), ..span },
            )
        } else {
            let here = (old_start..=self.to).contains(&at);
            let rest = text.get(at..line.end()).filter(|rest| here && !rest.trim().is_empty());
            let start = rest.map_or(span.start, |_| at as u32);
            SyntaxError::new(recover::code(first.kind()), recover::message(first), Span { start, ..span })
        };
        builder.errors.insert(0, error);
        builder
    }
}
