//! Text that is whole but for a line end in the middle of something.

use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, SyntaxError, TreeBuilder};

use super::strict;

/// The tree of the bytes `start..end` if taking out one line end beside `failed`, where the strict rules stopped, makes
/// them valid. Nothing if the line end splits a token: what that token was can't be told.
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
    if begins_item(whole) {
        return None;
    }
    let mended = format!("{}{whole}", file.text.get(..cut)?);
    let mended = SourceFile::detached(file.id, file.path.clone(), mended);
    let mut tree = strict(&mended, start, end - 1).ok()?.tree;
    let place = |offset: u32, is_end: bool| {
        let moved = if is_end { offset as usize > cut } else { offset as usize >= cut };
        offset + u32::from(moved)
    };
    for node in &mut tree.nodes {
        let inside = (node.start as usize) < cut && (node.end as usize) > cut;
        let token = matches!(
            node.kind,
            Kind::Identifier | Kind::Variable | Kind::Number | Kind::Bool | Kind::Null | Kind::TemplateText
        );
        if inside && token {
            return None;
        }
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

/// Whether a line reads like the head of an argument or a block: it continues nothing.
fn begins_item(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("").trim();
    let rest = line.trim_start_matches(|c: char| c == '_' || c == '-' || c.is_alphanumeric());
    let behind = rest.trim_start();
    let sign = behind.starts_with('=') && !behind.starts_with("==");
    let header = line.ends_with('{') && (behind.starts_with(['{', '"']) || rest.len() > behind.len());
    rest.len() < line.len() && (sign || header)
}
