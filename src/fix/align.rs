//! `terraform fmt`'s alignment of the lines that an edit touched: where the lines around were aligned before, they are
//! aligned after, and nothing else moves.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Edit, SourceFile, apply};
use crate::syntax::{Kind, Leaf, NodeId};

use super::document::Document;

/// Edits that align what touched ranges (of this text) and their neighbours have.
fn align(doc: &Document, touched: &[Range<usize>]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut sorted: Vec<(usize, usize)> = touched.iter().map(|r| (r.start, r.end)).collect();
    sorted.sort_unstable();
    // The first touched range that begins there or later.
    let from = |at: usize| sorted.get(sorted.partition_point(|(start, _)| *start < at)).copied();
    for id in (0..doc.tree.len() as u32).map(NodeId) {
        if !matches!(doc.kind(id), Kind::Body | Kind::Object) {
            continue;
        }
        let node = doc.node(id);
        if from(node.start as usize).is_none_or(|(start, _)| start > node.end as usize) {
            continue;
        }
        for chain in chains(doc, id) {
            // Touched is what an edit has written anew: it begins before the line's name, on its line or the one above.
            let inside = |line: &Line| {
                from(line.start.saturating_sub(2 + line.columns))
                    .is_some_and(|(start, end)| start <= line.start && line.start < end)
            };
            if chain.iter().any(inside) {
                edits.extend(settle(doc, &chain, &inside));
            }
        }
    }
    edits.sort();
    edits.dedup();
    edits
}

/// One `name = value` that ends on its line.
struct Line {
    start: usize,
    name_end: usize,
    /// The `=`.
    sign: usize,
    columns: usize,
}

/// The runs of neighbouring lines with an `=`.
fn chains(doc: &Document, parent: NodeId) -> Vec<Vec<Line>> {
    let mut out: Vec<Vec<Line>> = Vec::new();
    let mut last_line = usize::MAX;
    for child in doc.tree.children(parent) {
        let node = doc.node(child);
        let (start, end) = (node.start as usize, node.end as usize);
        let (Some(name), Some(value)) = (doc.tree.child(child, 0), doc.tree.child(child, 1)) else {
            continue;
        };
        if !matches!(doc.kind(child), Kind::Attribute | Kind::ObjectItem) || !doc.begins_line(start) {
            continue;
        }
        let heredoc = doc.kind(value) == Kind::Heredoc;
        let line = doc.line_start(start);
        if !heredoc && doc.line_start(end) != line {
            continue;
        }
        let name_end = doc.node(name).end as usize;
        let between = doc.text().get(name_end..doc.node(value).start as usize).unwrap_or("");
        let Some(sign) = between.find('=').filter(|_| !between.contains('\n')) else { continue };
        let head = doc.text().get(line..name_end).unwrap_or("");
        let entry = Line { start, name_end, sign: name_end + sign, columns: head.chars().count() };
        let joined = line > 0 && doc.line_start(line - 1) == last_line;
        match out.last_mut().filter(|_| joined) {
            Some(chain) => chain.push(entry),
            None => out.push(vec![entry]),
        }
        last_line = if heredoc { usize::MAX } else { line };
    }
    out
}

fn settle(doc: &Document, chain: &[Line], touched: &dyn Fn(&Line) -> bool) -> Vec<Edit> {
    let column = |line: &Line| {
        let start = doc.line_start(line.start);
        doc.text().get(start..line.sign).unwrap_or("").chars().count()
    };
    let others: Vec<&Line> = chain.iter().filter(|l| !touched(l)).collect();
    let before = others.iter().map(|l| l.columns).max().map(|w| w + 1);
    let formatted = before.is_none_or(|want| others.iter().all(|l| column(l) == want));
    let width = chain.iter().map(|l| l.columns).max().unwrap_or(0) + 1;
    let mut edits = Vec::new();
    for line in chain {
        let want = match (formatted, others.first()) {
            (true, _) => width,
            // Lines that are in no column stay as they are; in a column of their own the new one joins them.
            (false, Some(first)) if touched(line) && others.iter().all(|l| column(l) == column(first)) => {
                column(first).max(line.columns + 1)
            }
            _ => continue,
        };
        if column(line) != want {
            let gap = want.saturating_sub(line.columns);
            edits.push(Edit::new(line.name_end..line.sign, " ".repeat(gap)));
        }
    }
    edits
}

/// Edits that put every `=` of a file in the column that `terraform fmt` gives it.
fn signs(doc: &Document) -> Vec<Edit> {
    let mut edits = Vec::new();
    for id in (0..doc.tree.len() as u32).map(NodeId) {
        if matches!(doc.kind(id), Kind::Body | Kind::Object) {
            for chain in chains(doc, id) {
                edits.extend(settle(doc, &chain, &|_| true));
            }
        }
    }
    edits
}

/// Edits that put every comment behind code in the column that `terraform fmt` gives it: neighbouring lines with one
/// have them in one column.
fn comments(doc: &Document) -> Vec<Edit> {
    let text = doc.text();
    // Begin of the line, end of its code, begin of its comment.
    let mut lines: Vec<(usize, usize, usize)> = Vec::new();
    for leaf in doc.tree.leaves() {
        let Leaf::Gap(span) = leaf else { continue };
        let gap = text.get(span.range()).unwrap_or("");
        let mut at = 0;
        while let Some(found) = gap.get(at..).and_then(|g| g.find(['#', '/'])) {
            let begin = at + found;
            let rest = gap.get(begin..).unwrap_or("");
            if rest.starts_with("/*") {
                at = rest.find("*/").map_or(gap.len(), |end| begin + end + 2);
                continue;
            }
            if rest.starts_with('/') && !rest.starts_with("//") {
                at = begin + 1;
                continue;
            }
            let place = span.start as usize + begin;
            let line = doc.line_start(place);
            let code = text.get(line..place).unwrap_or("").trim_end();
            if !code.trim().is_empty() {
                lines.push((line, line + code.len(), place));
            }
            at = rest.find('\n').map_or(gap.len(), |end| begin + end + 1);
        }
    }
    let columns = |from: usize, to: usize| text.get(from..to).unwrap_or("").chars().count();
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some((first, ..)) = lines.get(at) {
        let mut end = at + 1;
        let mut last = *first;
        while let Some((line, ..)) = lines.get(end).filter(|(line, ..)| doc.line_start(line - 1) == last) {
            last = *line;
            end += 1;
        }
        let chain = lines.get(at..end).unwrap_or(&[]);
        let width = chain.iter().map(|(line, code, _)| columns(*line, *code)).max().unwrap_or(0);
        for (line, code, comment) in chain {
            let want = width - columns(*line, *code) + 1;
            if columns(*code, *comment) != want || text.get(*code..*comment).is_some_and(|g| g.contains('\t'))
            {
                edits.push(Edit::new(*code..*comment, " ".repeat(want)));
            }
        }
        at = end;
    }
    edits
}

/// Whether the columns of a file are those of `terraform fmt`.
pub(super) fn is_formatted(doc: &Document) -> bool {
    signs(doc).is_empty() && comments(doc).is_empty()
}

/// The text with what was touched aligned; `formatted`: the file was, and is to be so again.
pub(super) fn aligned(doc: &Document, touched: &[Range<usize>], formatted: bool) -> String {
    let settled = |doc: &Document, edits: &[Edit]| match apply(doc.text(), edits) {
        Some((text, _)) => text,
        None => doc.text().to_owned(),
    };
    if !formatted {
        return settled(doc, &align(doc, touched));
    }
    let text = settled(doc, &signs(doc));
    let file = SourceFile::detached(doc.tree.file.id, doc.tree.file.path.clone(), text.as_str());
    let doc = Document::new(Arc::new(file));
    settled(&doc, &comments(&doc))
}
