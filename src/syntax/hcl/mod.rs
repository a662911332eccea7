//! HCL native syntax, as Terraform 1.11 accepts it (specification: the HCL repository's `hclsyntax/spec.md`).
//!
//! A strict pass reads the whole text. Only if it fails, a second pass resynchronises at damaged places, so that what
//! is not damaged keeps its exact place in the tree.

mod body;
mod braces;
mod expression;
mod join;
mod layout;
mod parser;
mod recover;
mod template;

use std::sync::Arc;

use crate::source::SourceFile;

use super::{Kind, Language, NodeId, SyntaxError, Tree};
pub use parser::MAX_DEPTH;
use parser::Parser;

/// Parses a file: a `File` with one `Body`.
pub fn parse(file: Arc<SourceFile>) -> Tree {
    let end = file.text.len() as u32;
    parse_range(file, 0, end)
}

/// Parses the bytes `start..end` of a file as a whole HCL file would be (a code fence of a page, for instance); spans
/// are into the file.
pub fn parse_range(file: Arc<SourceFile>, start: u32, end: u32) -> Tree {
    let (start, end) = bounds(&file, start, end);
    let tree = match strict(&file, start, end) {
        Ok(parser) if !parser.tree.errors.is_empty() && file.text.contains("<<") => {
            // An argument twice: it may be that a heredoc lost its end and took in all up to the end of the next.
            let mut again = Parser::new(&file, start, end);
            open(&mut again, start);
            recovered(&mut again, start, end, None);
            let told = |code: &str| again.tree.errors.iter().any(|e| e.code == code);
            if told("unclosed-heredoc") && !told("duplicate-argument") { again.tree } else { parser.tree }
        }
        Ok(parser) => parser.tree,
        Err(mut parser) => {
            let failure = parser.failure.take();
            let joined = failure.as_ref().and_then(|failure| join::joined(&file, start, end, failure));
            joined.unwrap_or_else(|| {
                recovered(&mut parser, start, end, failure);
                parser.tree
            })
        }
    };
    tree.finish(file, Language::Hcl)
}

/// A file and its body, open.
fn open(parser: &mut Parser<'_>, start: usize) -> NodeId {
    parser.tree.open(Kind::File, start as u32);
    parser.tree.open(Kind::Body, start as u32)
}

/// The strict pass over all of the bytes `start..end`: the parser with the whole tree, or with what stopped it.
#[expect(clippy::result_large_err, reason = "both are the parser, and neither is handed on")]
fn strict(file: &SourceFile, start: usize, end: usize) -> Result<Parser<'_>, Parser<'_>> {
    let mut parser = Parser::new(file, start, end);
    let body = open(&mut parser, start);
    if start == 0 && parser.looking_at("\u{feff}".as_bytes()) {
        parser.pos = 3;
    }
    parser.skip();
    let read = parser
        .items()
        .and_then(|()| if parser.at_end() { Ok(()) } else { parser.expected("an argument or a block") });
    if read.is_err() {
        return Err(parser);
    }
    parser.check_duplicates(body);
    close(&mut parser, end);
    Ok(parser)
}

/// Closes the file and its body.
fn close(parser: &mut Parser<'_>, end: usize) {
    parser.tree.close(NodeId(1), end as u32);
    parser.tree.close(NodeId(0), end as u32);
}

/// The second pass, in place of what the first one made.
fn recovered(parser: &mut Parser<'_>, start: usize, end: usize, error: Option<SyntaxError>) {
    let too_deep = error.as_ref().is_some_and(|e| e.code == "depth-budget");
    parser.tree.truncate(2, 0);
    parser.depth = 0;
    recover::recover(parser, start, end, error);
    if too_deep {
        // Recovery stops above what is too deep: braces whose partners stand there seem to have none.
        let matched = braces::matched(&parser.file.text, start, end);
        let file = parser.file;
        let missed = |e: &SyntaxError| {
            let brace = file.slice(e.span);
            matches!(e.code, "unclosed-block" | "unexpected-token")
                && (brace == "{" || brace == "}")
                && matched.contains(&e.span.start)
        };
        parser.tree.errors.retain(|e| !missed(e));
    }
    close(parser, end);
}

/// Parses the bytes `start..end` of a file as one expression (newlines mean nothing, as inside parentheses): a `File`
/// whose only child is the expression, or an `Error`.
pub fn parse_expression(file: Arc<SourceFile>, start: u32, end: u32) -> Tree {
    let (start, end) = bounds(&file, start, end);
    let mut parser = Parser::new(&file, start, end);
    let root = parser.tree.open(Kind::File, start as u32);
    parser.newlines = false;
    parser.skip();
    let read = parser
        .expression()
        .and_then(|_| if parser.at_end() { Ok(()) } else { parser.expected("the end of the expression") });
    if read.is_err() {
        let error: Option<SyntaxError> = parser.failure.take();
        parser.tree.truncate(root.0 as usize + 1, 0);
        parser.tree.leaf(Kind::Error, start as u32, end as u32);
        parser.tree.errors.extend(error);
    }
    parser.tree.close(root, end as u32);
    let tree = std::mem::take(&mut parser.tree);
    tree.finish(file, Language::Hcl)
}

/// A range that lies in the file and splits no character.
fn bounds(file: &SourceFile, start: u32, end: u32) -> (usize, usize) {
    let text = &file.text;
    let mut end = (end as usize).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut start = (start as usize).min(end);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    (start, end)
}

#[cfg(test)]
mod tests;
