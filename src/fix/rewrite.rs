//! The text of a file with edits, what they wrote aligned as its language has it; and what a few edits change by
//! themselves, told in whole lines.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::source::{Edit, SourceFile, apply};
use crate::syntax::{Kind, Language};

use super::align;
use super::document::Document;
use super::wrap::Wrap;

/// The longest line or block, in bytes, of which the whole is told for an edit within.
const MAX_WINDOW: usize = 8 << 10;

/// A file that is edited, and what is asked of it again and again.
#[derive(Debug)]
pub(super) struct Sheet {
    file: Arc<SourceFile>,
    /// The blocks of a file in HCL, in whole lines; none of another file.
    blocks: Vec<Range<usize>>,
    hcl: bool,
    formatted: bool,
    /// How long lines of an app's source are broken.
    wrap: Option<Wrap>,
}

impl Sheet {
    pub(super) fn new(file: &Arc<SourceFile>) -> Sheet {
        let mut sheet =
            Sheet { file: Arc::clone(file), blocks: Vec::new(), hcl: false, formatted: false, wrap: None };
        if !is_hcl(file) {
            sheet.wrap = Wrap::of(&file.path, &file.text);
            return sheet;
        }
        let document = Document::new(Arc::clone(file));
        sheet.hcl = document.language() == Language::Hcl && document.tree.errors.is_empty();
        sheet.formatted = align::is_formatted(&document);
        let root = document.tree.root();
        let body = document.tree.children(root).find(|c| document.kind(*c) == Kind::Body).unwrap_or(root);
        sheet.blocks = document
            .tree
            .children(body)
            .map(|id| {
                let node = document.node(id);
                let text = document.text();
                let end = text.get(node.end as usize..).and_then(|t| t.find('\n'));
                let end = end.map_or(text.len(), |at| node.end as usize + at + 1);
                document.line_start(node.start as usize)..end
            })
            .collect();
        sheet
    }

    /// The text with edits. None if they overlap.
    pub(super) fn edited(&self, mut edits: Vec<Edit>) -> Option<String> {
        settle(&self.file.text, &mut edits);
        let (text, places) = apply(&self.file.text, &edits)?;
        Some(self.aligned(text, places, &edits))
    }

    fn aligned(&self, text: String, places: Vec<Range<usize>>, edits: &[Edit]) -> String {
        if let Some(wrap) = self.wrap {
            return wrap.wrapped(text, &places);
        }
        if !self.hcl {
            return text;
        }
        let after = SourceFile::detached(self.file.id, self.file.path.clone(), text.as_str());
        let document = Document::new(Arc::new(after));
        if document.language() != Language::Hcl || !document.tree.errors.is_empty() {
            return text;
        }
        let touched: Vec<Range<usize>> =
            places.into_iter().zip(edits).filter(|(_, e)| e.text.contains('\n')).map(|(p, _)| p).collect();
        align::aligned(&document, &touched, self.formatted)
    }

    /// What some edits change by themselves: lines, where those are not too long, aligned as they are when the whole file
    /// is written.
    pub(super) fn alone(&self, mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
        let text = &self.file.text;
        settle(text, &mut edits);
        let mut windows: BTreeMap<usize, (usize, Vec<Edit>)> = BTreeMap::new();
        for edit in edits {
            let mut window = self.window(&edit);
            let mut inside = Vec::new();
            // What a window overlaps with becomes a part of it.
            while let Some((&start, _)) = windows
                .range(..=window.end)
                .next_back()
                .filter(|(start, (end, _))| *end > window.start || **start == window.start)
            {
                let Some((end, others)) = windows.remove(&start) else { break };
                window = window.start.min(start)..window.end.max(end);
                inside.splice(0..0, others);
            }
            inside.push(edit);
            windows.insert(window.start, (window.end, inside));
        }
        let mut out = Vec::new();
        for (start, (end, edits)) in windows {
            let before = text.get(start..end)?;
            if before.len() > MAX_WINDOW {
                out.extend(edits);
                continue;
            }
            let shifted: Vec<Edit> =
                edits.into_iter().map(|e| Edit::new(e.start - start..e.end - start, e.text)).collect();
            let (after, places) = apply(before, &shifted)?;
            let after = self.aligned(after, places, &shifted);
            let moved = |e: Edit| Edit::new(e.start + start..e.end + start, e.text);
            out.extend(lines(before, &after).into_iter().map(moved));
        }
        Some(out)
    }

    /// The whole lines around an edit: of its block in HCL, of itself elsewhere or where that is too long.
    fn window(&self, edit: &Edit) -> Range<usize> {
        let text = &self.file.text;
        let start = text.get(..edit.start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
        let rest = edit.end.max(start);
        let end = match text.get(..rest) {
            Some(before) if before.ends_with('\n') && edit.end > edit.start => rest,
            _ => text.get(rest..).and_then(|t| t.find('\n')).map_or(text.len(), |at| rest + at + 1),
        };
        let first = self.blocks.partition_point(|b| b.end <= start);
        let mut window = start..end;
        for block in self.blocks.get(first..).unwrap_or_default() {
            if block.start >= end {
                break;
            }
            window = window.start.min(block.start)..window.end.max(block.end);
        }
        if window.len() > MAX_WINDOW {
            return if end - start > MAX_WINDOW { edit.start..edit.end } else { start..end };
        }
        window
    }
}

fn is_hcl(file: &SourceFile) -> bool {
    let name = file.path.to_string_lossy();
    [".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|e| name.ends_with(e))
}

/// Puts edits in the order in which they are written.
fn settle(text: &str, edits: &mut [Edit]) {
    // At one place: what is deeper first (it continues what stands before), arguments before blocks.
    let rank = |e: &Edit| {
        let lines = e.text.trim_start_matches(['\r', '\n', ',']);
        let indent = lines.len() - lines.trim_start_matches([' ', '\t']).len();
        let block = e.text.starts_with("\n\n") || e.text.starts_with("\r\n\r\n");
        (e.start, e.end, block, std::cmp::Reverse(indent))
    };
    // What is inserted within lines that go stands before them.
    let mut gone: Vec<(usize, usize)> =
        edits.iter().filter(|e| e.text.is_empty()).map(|e| (e.start, e.end)).collect();
    gone.sort_unstable();
    for edit in edits.iter_mut().filter(|e| e.start == e.end) {
        let before = gone.get(..gone.partition_point(|(start, _)| *start < edit.start)).unwrap_or_default();
        if let Some((start, _)) = before.last().filter(|(_, end)| edit.start < *end) {
            let before = text.get(..*start).unwrap_or("");
            let kept = before.strip_suffix('\n').map_or(before, |b| b.strip_suffix('\r').unwrap_or(b));
            edit.start = kept.len();
            edit.end = kept.len();
        }
    }
    edits.sort_by_key(rank);
    // Of neighbours that each bring their empty line, one does.
    for at in 1..edits.len() {
        let Some([before, edit]) = edits.get_mut(at - 1..=at) else { continue };
        let (start, blank) = (edit.start, edit.text.starts_with("\n\n") || edit.text.starts_with("\r\n\r\n"));
        if blank && before.start == start && before.end == start && edit.end == start {
            let eol =
                if before.text.ends_with("\r\n") { 2 } else { usize::from(before.text.ends_with('\n')) };
            before.text.truncate(before.text.len() - eol);
        }
    }
}

/// The edits that make one text of another: changed lines.
fn lines(before: &str, after: &str) -> Vec<Edit> {
    let diff = similar::TextDiff::from_lines(before, after);
    let starts = |text: &str| {
        let mut at = 0;
        let mut out = vec![0];
        for line in text.split_inclusive('\n') {
            at += line.len();
            out.push(at);
        }
        out
    };
    let (old, new) = (starts(before), starts(after));
    let at = |lines: &[usize], line: usize, end: usize| lines.get(line).copied().unwrap_or(end);
    diff.ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| {
            let (a, b) = (op.old_range(), op.new_range());
            let range = at(&old, a.start, before.len())..at(&old, a.end, before.len());
            let text =
                after.get(at(&new, b.start, after.len())..at(&new, b.end, after.len())).unwrap_or_default();
            Edit::new(range, text)
        })
        .collect()
}
