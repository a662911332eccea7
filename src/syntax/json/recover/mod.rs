//! The second pass over JSON that the strict one refused: token by token with a stack of open brackets, and with the
//! indentation as the witness of what a missing or misplaced bracket was meant to be.

mod layout;
mod level;
mod token;

use std::cell::Cell;

use crate::source::SourceFile;
use crate::syntax::{SyntaxError, TreeBuilder};

use super::Scanner;
use level::{Level, Stage, brackets};

/// How many open brackets are searched for the one that a line belongs to.
const SEARCH: usize = 64;

/// Bytes that attempts by the strict rules may read: for each byte of the text, and for any text.
const STRICT: (usize, usize) = (8, 1 << 16);

/// What is known between two tokens.
struct Recovery<'a> {
    scan: Scanner<'a>,
    text: &'a str,
    tree: TreeBuilder,
    levels: Vec<Level>,
    /// Behind the last token.
    last: usize,
    /// Where the line of the last error ended: what follows from it gets no error of its own.
    error_line_end: usize,
    /// Indentation of the members of the bracket that was closed last.
    closed_child: Option<usize>,
    /// Whether the last line held something unreadable.
    junk_line: bool,
    done: bool,
    first: usize,
    /// Bytes that attempts by the strict rules may still read.
    strict_budget: usize,
    /// The line that was looked at last: its start, its end and its indentation.
    line: Cell<(usize, usize, usize)>,
}

/// Reads `start..end` into the open document of `tree`; answers with the tree and the end of the value.
pub(super) fn recover(
    file: &SourceFile,
    tree: TreeBuilder,
    start: usize,
    end: usize,
) -> (TreeBuilder, usize) {
    let scan = Scanner::new(file, start, end);
    let mut recovery = Recovery {
        scan,
        text: &file.text,
        tree,
        levels: Vec::new(),
        last: start,
        error_line_end: 0,
        closed_child: None,
        junk_line: false,
        done: false,
        first: start,
        strict_budget: (end - start).saturating_mul(STRICT.0).saturating_add(STRICT.1),
        line: Cell::new((usize::MAX, 0, 0)),
    };
    recovery.run();
    (recovery.tree, recovery.last)
}

impl Recovery<'_> {
    fn run(&mut self) {
        loop {
            let before = self.scan.pos;
            self.scan.skip();
            let at = self.scan.pos;
            if at >= self.scan.limit {
                break;
            }
            let fresh =
                before == self.first || self.text.get(self.last..at).is_some_and(|gap| gap.contains('\n'));
            if fresh {
                self.new_line(at);
            }
            self.token(at, fresh);
            if self.scan.pos <= at {
                self.scan.pos = at + 1;
            }
        }
        let unclosed = self.levels.iter().rev().find_map(|l| l.bracket.map(|b| (b, l.object)));
        if let Some((bracket, object)) = unclosed {
            let (open, close) = brackets(object);
            let span = self.scan.span(bracket, bracket + 1);
            let error = self.cut_short(&format!("`{close}`"));
            self.tree.error(error.with_related(span, format!("`{open}` opened here")));
        } else if !self.done {
            let error = self.cut_short("a value");
            self.tree.error(error);
        }
        while !self.levels.is_empty() {
            self.close_level(self.last);
        }
    }

    /// What is expected where the text ends.
    fn cut_short(&self, what: &str) -> SyntaxError {
        let end = self.scan.limit;
        let message = format!("expected {what}, found the end of the file");
        self.scan.error("unexpected-token", message, end, end, None)
    }

    /// Reports an error, unless the same line or the one before has one already.
    fn report(&mut self, error: SyntaxError) {
        let at = error.span.start as usize;
        let quiet = self.error_line_end > 0
            && at >= self.error_line_end
            && self
                .text
                .get(self.error_line_end..at)
                .is_some_and(|gap| gap.trim().is_empty() && gap.matches('\n').count() <= 1);
        if at >= self.error_line_end && !quiet {
            self.tree.error(error);
        }
        self.error_line_end = self.line_end(at).max(1);
    }

    fn expected(&mut self, what: &str) {
        let error = self.scan.expected(what);
        self.report(error);
    }

    /// Where a token begins a line, its column tells which bracket it belongs to.
    fn new_line(&mut self, at: usize) {
        let indent = self.indent_of(at);
        let byte = self.scan.at(at);
        let junk_before = std::mem::take(&mut self.junk_line);
        if matches!(byte, b'}' | b']') {
            let object = byte == b'}';
            let fits = |l: &Level| l.multi_line && l.indent == indent && l.object == object;
            if let Some(above) = self.levels.iter().rev().take(SEARCH).position(fits)
                && !self.is_misplaced(at)
                && !(above > 0 && self.deeper_follows(at, indent))
            {
                self.close_unclosed(above);
            }
            return;
        }
        let key = self.is_key(at);
        if !key && !matches!(byte, b'{' | b'[' | b'"') {
            return;
        }
        let Some(top) = self.levels.last() else {
            if key && self.done {
                self.open_error(at, indent);
            }
            return;
        };
        if key && top.object && top.stage == Stage::Value {
            let opener = self.pair_indent();
            if indent > opener {
                // `"Properties":` and the brace is missing.
                self.expected("`{`");
                self.open(at, true, None, opener);
                return;
            }
        }
        let top_child = self.levels.last().and_then(|l| l.child);
        match top_child {
            Some(child) if indent < child => {
                let fits = |l: &Level| l.child == Some(indent) && l.object == key;
                if let Some(above) = self.levels.iter().rev().take(SEARCH).position(fits) {
                    self.close_unclosed(above);
                }
            }
            Some(child) if indent > child && key && (junk_before || self.closed_child == Some(indent)) => {
                self.open_error(at, indent);
            }
            Some(_) => {}
            None => {
                // The bracket's own line tells that this is no member of it.
                let column = |l: &Level| l.child.map_or(l.multi_line && indent > l.indent, |c| c == indent);
                let fits = |l: &Level| column(l) && l.object == key;
                if self.levels.last().is_some_and(|l| indent <= l.indent)
                    && let Some(above) = self.levels.iter().rev().take(SEARCH).position(fits)
                {
                    self.close_unclosed(above);
                }
            }
        }
        if let Some(top) = self.levels.last_mut()
            && top.child.is_none()
            && (key || !top.object)
            && (indent > top.indent || !top.multi_line)
        {
            top.child = Some(indent);
        }
    }

    fn advance(&mut self, to: usize) {
        self.scan.pos = to;
        self.last = to;
    }
}
