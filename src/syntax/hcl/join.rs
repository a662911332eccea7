//! Text that is whole but for a line end in the middle of something.

use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, Node, SyntaxError, TreeBuilder};

use super::strict;

/// The tree of the bytes `start..end` if taking out one line end beside `failed`, where the strict rules stopped, makes
/// them valid.
pub(super) fn joined(
    file: &SourceFile,
    start: usize,
    end: usize,
    failure: &SyntaxError,
) -> Option<TreeBuilder> {
    let text = file.text.get(start..end)?;
    let failed = (failure.span.start as usize).checked_sub(start)?.min(text.len());
    let before = memchr::memrchr(b'\n', text.as_bytes().get(..failed)?);
    let behind = memchr::memchr(b'\n', text.as_bytes().get(failed..)?).map(|i| failed + i);
    [behind, before].into_iter().flatten().find_map(|cut| without(file, start, end, start + cut, failure))
}

fn without(
    file: &SourceFile,
    start: usize,
    end: usize,
    cut: usize,
    failure: &SyntaxError,
) -> Option<TreeBuilder> {
    let whole = file.text.get(cut + 1..).filter(|rest| !rest.trim().is_empty())?;
    let head = file.text.get(..cut)?;
    let line = head.get(head.rfind('\n').map_or(0, |i| i + 1)..)?;
    // out of the column of the comment that it may be the rest of
    let comment = line.trim_start().starts_with(['#', '/'])
        && line.starts_with([' ', '\t'])
        && !whole.starts_with([' ', '\t']);
    if begins_item(whole) && !comment {
        return None;
    }
    let mended = format!("{head}{whole}");
    let mended = SourceFile::detached(file.id, file.path.clone(), mended);
    let mut tree = strict(&mended, start, end - 1).ok()?.tree;
    let place = |offset: u32, is_end: bool| {
        let moved = if is_end { offset as usize > cut } else { offset as usize >= cut };
        offset + u32::from(moved)
    };
    let inside = |node: &Node| (node.start as usize) < cut && (node.end as usize) > cut;
    if tree.nodes.iter().any(|node| node.kind == Kind::TemplateText && inside(node)) {
        return None;
    }
    if tree.nodes.iter().any(|node| is_token(node.kind) && inside(node)) {
        // one word alone on a line slipped in: no line was broken in two
        let line = whole.lines().next().unwrap_or("");
        let code = line.split(['#', '/']).next().unwrap_or("").trim();
        if line.starts_with([' ', '\t'])
            || code.chars().count() == 1
            || code.chars().all(|c| c == '_' || c.is_alphanumeric())
        {
            return None;
        }
        forget_value(&mut tree, inside)?;
    }
    for node in &mut tree.nodes {
        (node.start, node.end) = (place(node.start, false), place(node.end, true));
    }
    if let Some(root) = tree.nodes.first_mut() {
        (root.start, root.end) = (start as u32, end as u32);
    }
    let moved = |span: Span| Span { start: place(span.start, false), end: place(span.end, true), ..span };
    for error in &mut tree.errors {
        error.span = moved(error.span);
        if let Some((span, _)) = &mut error.related {
            *span = moved(*span);
        }
    }
    tree.errors.push(failure.clone());
    Some(tree)
}

/// What has no parts.
fn is_token(kind: Kind) -> bool {
    matches!(kind, Kind::Identifier | Kind::Variable | Kind::Number | Kind::Bool | Kind::Null)
}

/// Makes an error of the value of the innermost argument in which the line end is: what the token was that it splits
/// can't be told. Nothing if it is in the argument's name or in the header of a block.
fn forget_value(tree: &mut TreeBuilder, inside: impl Fn(&Node) -> bool) -> Option<()> {
    let argument = tree.nodes.iter().rposition(|node| node.kind == Kind::Attribute && inside(node))?;
    let value = tree.nodes.get(argument + 1)?.next as usize;
    let node = tree.nodes.get_mut(value).filter(|node| inside(node))?;
    let end = node.next;
    let removed = end - (value as u32 + 1);
    *node = Node { kind: Kind::Error, flags: 0, aux: 0, next: value as u32 + 1, ..*node };
    tree.nodes.drain(value + 1..end as usize);
    for (at, node) in tree.nodes.iter_mut().enumerate() {
        if at != value && (at > value || node.next >= end) {
            node.next -= removed;
        }
    }
    Some(())
}

/// Whether a line reads like the head of an argument or a block: it continues nothing.
fn begins_item(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("").trim();
    let rest = line.trim_start_matches(|c: char| c == '_' || c == '-' || c.is_alphanumeric());
    let behind = rest.trim_start();
    let sign = behind.starts_with('=') && !behind.starts_with("==");
    let header = line.ends_with('{') && (behind.starts_with(['{', '"']) || rest.len() > behind.len());
    rest.len() < line.len() && (sign || header)
}
