//! The second pass: reads what a damaged text still holds.
//!
//! It goes item by item. Where the layout says an item ends, the strict rules are tried on just that part; if they
//! fail, on all that follows (layout may mislead in text that nobody formatted); if that fails too, a block is opened
//! and its body read in the same way, and an argument becomes its name and an `Error`.

use crate::syntax::{Kind, NodeId, SyntaxError, flags};

use super::layout::Layout;
use super::parser::{MAX_DEPTH, Parser};

/// Bytes of recovery work allowed for each byte of text, and for any text.
const FUEL: (usize, usize) = (48, 1 << 20);

pub(super) struct Recovery<'p, 'a> {
    parser: &'p mut Parser<'a>,
    layout: Layout<'a>,
    /// Bytes that attempts beyond the layout's extents may still read.
    beyond: usize,
    /// Where the last unreadable part ended: one that follows at once gets no error of its own.
    error_end: Option<usize>,
}

/// Reads `start..end` into the open body; `fallback` is reported if nothing more exact was found.
pub(super) fn recover(parser: &mut Parser<'_>, start: usize, end: usize, fallback: Option<SyntaxError>) {
    let fuel = (end - start).saturating_mul(FUEL.0) + FUEL.1;
    let layout = Layout::new(parser.text, fuel);
    let beyond = (end - start).saturating_mul(8) + FUEL.1;
    let mut recovery = Recovery { parser, layout, beyond, error_end: None };
    recovery.body(start, end);
    // An exceeded budget is always told.
    let errors = &recovery.parser.tree.errors;
    let tell =
        |e: &SyntaxError| e.code.ends_with("-budget") && errors.iter().all(|other| other.code != e.code);
    if let Some(error) = fallback
        && (errors.is_empty() || tell(&error))
    {
        recovery.parser.tree.error(error);
    }
}

impl Recovery<'_, '_> {
    /// The items of `from..to`.
    fn body(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            if self.layout.is_spent() {
                self.give_up(at, to);
                return;
            }
            let Some(start) = self.next_item(at, to) else { return };
            at = self.item(start, to).max(start + 1);
        }
    }

    /// Stops: the rest is one error that names the budget.
    fn give_up(&mut self, at: usize, to: usize) {
        let end = self.layout.trimmed_end(at, to).max(at);
        self.parser.tree.leaf(Kind::Error, at as u32, end as u32);
        let span = self.parser.span(at, at + 1);
        let message = "too damaged: the budget for the recovery of a file is used up";
        self.parser.tree.error(SyntaxError::new("recovery-budget", message, span));
    }

    /// Skips white space and comments. Heredocs that a comment sign or other damage set free become errors here.
    fn next_item(&mut self, mut at: usize, to: usize) -> Option<usize> {
        loop {
            match self.parser.bytes.get(at) {
                _ if at >= to || self.layout.is_spent() => return None,
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(b'#') => at = self.skip_comment(at, to),
                Some(b'/') => match self.parser.bytes.get(at + 1) {
                    Some(b'/') => at = self.skip_comment(at, to),
                    Some(b'*') => match self.parser.comment_end(at + 2, to) {
                        Some(end) => at = end,
                        None => {
                            let end = self.layout.line_end(at, to);
                            let span = self.parser.span(at, at + 2);
                            let error =
                                SyntaxError::new("unclosed-comment", "this comment is not closed", span);
                            self.error_leaf(at, end, Some(error.with_help("end the comment with `*/`")));
                            at = end;
                        }
                    },
                    _ => return Some(at),
                },
                Some(0xef) if at == 0 && self.parser.text.starts_with('\u{feff}') => at = 3,
                _ => return Some(at),
            }
        }
    }

    fn skip_comment(&mut self, at: usize, to: usize) -> usize {
        let end = self.layout.line_end(at, to);
        let next = self.layout.next_line(at, to);
        if next > end + 1 {
            self.error_leaf(end + 1, next, None);
        }
        next
    }

    /// An `Error` leaf. Its error is reported unless it carries on the one before.
    fn error_leaf(&mut self, start: usize, end: usize, error: Option<SyntaxError>) {
        let end = self.layout.trimmed_end(start, end).max(start + 1);
        self.parser.tree.leaf(Kind::Error, start as u32, end as u32);
        let carries_on = self
            .error_end
            .is_some_and(|last| self.parser.text.get(last..start).is_some_and(|gap| gap.trim().is_empty()));
        self.error_end = Some(end);
        let known = self.parser.tree.errors.last().map(|e| e.span.start);
        if !carries_on
            && let Some(error) = error
            && known != Some(error.span.start)
        {
            self.parser.tree.error(error);
        }
    }

    /// Tries the strict rules on `start..limit`: answers where they got to, with the nodes and errors they made, or
    /// undoes all that and answers with the failure.
    fn attempt(&mut self, start: usize, limit: usize) -> Result<usize, Option<SyntaxError>> {
        let parser = &mut *self.parser;
        let (nodes, errors, depth) = (parser.tree.mark(), parser.tree.errors.len(), parser.depth);
        self.prepare(start, limit);
        let parser = &mut *self.parser;
        let read = parser.item();
        let reached = parser.pos;
        self.layout.burn(reached.saturating_sub(start));
        parser.depth = depth;
        match read {
            Ok(()) => Ok(reached),
            Err(_) => {
                parser.tree.truncate(nodes, errors);
                Err(parser.failure.take())
            }
        }
    }

    /// Tries the strict rules on all that follows, where the layout may mislead.
    fn attempt_beyond(&mut self, start: usize, to: usize) -> Option<usize> {
        if self.beyond == 0 {
            return None;
        }
        let read = self.attempt(start, to).ok();
        let reached = read.unwrap_or(self.parser.pos);
        self.beyond = self.beyond.saturating_sub(reached.saturating_sub(start));
        read
    }

    fn prepare(&mut self, start: usize, limit: usize) {
        let parser = &mut *self.parser;
        parser.limit = limit;
        parser.newlines = true;
        parser.open.clear();
        parser.failure = None;
        parser.pos = start;
        parser.last = start;
    }

    /// One item; answers where the next can start.
    fn item(&mut self, start: usize, to: usize) -> usize {
        self.prepare(start, to);
        let parser = &mut *self.parser;
        let name = parser.identifier_len(start);
        if name == 0 {
            return self.nameless(start, to);
        }
        parser.bump(name);
        let argument = parser.peek() == b'=' && parser.at(parser.pos + 1) != b'=';
        if argument {
            return self.argument(start, name, to);
        }
        if let Some(reached) = self.behind_junk(start, to) {
            return reached;
        }
        self.block(start, name, to)
    }

    /// An argument behind something that slipped in at the head of its line, or inside its name: `_  name = value`.
    /// Its value is trusted if the strict rules can read it.
    fn behind_junk(&mut self, start: usize, to: usize) -> Option<usize> {
        let line = self.layout.line(start, to);
        let sign = line.find('=').filter(|&at| !line.get(at..).is_some_and(|t| t.starts_with("==")))?;
        let before = line.get(..sign)?.trim_end();
        let is_part = |c: char| c == '_' || c == '-' || c.is_alphanumeric();
        let name = before.trim_end_matches(is_part).len();
        if name == 0 || name == before.len() || before.contains(['"', '{', '#', '/']) {
            return None;
        }
        let (nodes, errors, last) = (self.parser.tree.mark(), self.parser.tree.errors.len(), self.error_end);
        let failure = self.attempt(start, to).err()?;
        self.error_leaf(start, start + name, failure);
        let read = self.attempt_beyond(start + name, to);
        if read.is_none() {
            self.parser.tree.truncate(nodes, errors);
            self.error_end = last;
        }
        read
    }

    fn argument(&mut self, start: usize, name: usize, to: usize) -> usize {
        let extent = self.layout.argument(start, to);
        self.parser.end_name = "argument";
        let failure = match self.attempt(start, extent) {
            Ok(reached) => return reached,
            Err(failure) => failure,
        };
        let heredoc = failure.as_ref().is_some_and(|f| f.code == "unclosed-heredoc");
        if extent < to
            && !heredoc
            && let Some(reached) = self.attempt_beyond(start, to)
        {
            return reached;
        }
        let line_end = self.layout.line_end(start, to);
        let header = self.layout.line(start, to).trim_end();
        // The value may be whole, and only what follows on the line wrong.
        let (nodes, errors, depth) =
            (self.parser.tree.mark(), self.parser.tree.errors.len(), self.parser.depth);
        self.prepare(start, extent);
        let parser = &mut *self.parser;
        let node = parser.tree.open(Kind::Attribute, start as u32);
        parser.tree.leaf(Kind::Identifier, start as u32, (start + name) as u32);
        parser.bump(name);
        parser.bump(1);
        let value = parser.pos;
        let whole = parser.expression().is_ok();
        parser.depth = depth;
        let reached = parser.pos;
        if header.ends_with('{') {
            let behind = parser.peek();
            if whole
                && reached < line_end
                && (matches!(behind, b'"' | b'{') || parser.identifier_len(reached) > 0)
            {
                // `resource ="a" "b" {`: a sign slipped into a block's header.
                parser.tree.truncate(nodes, errors);
                return self.recover_block(start, name, to, failure);
            }
            if self.parser.at(value) == b'{' {
                // `terraform ={`: is it a block but for the sign?
                self.parser.tree.truncate(nodes, errors);
                if let Some(reached) = self.block_with_sign(start, name, value, to, &failure) {
                    return reached;
                }
                self.prepare(start, extent);
                let parser = &mut *self.parser;
                parser.tree.open(Kind::Attribute, start as u32);
                parser.tree.leaf(Kind::Identifier, start as u32, (start + name) as u32);
                return self.damaged_value(node, value, extent, failure);
            }
        }
        let parser = &mut *self.parser;
        if whole && reached > value {
            let end = parser.last;
            parser.tree.close(node, end as u32);
            parser.tree.errors.extend(failure);
            self.error_end = None;
            return reached;
        }
        parser.tree.truncate(nodes + 2, errors);
        self.damaged_value(node, value, extent, failure)
    }

    /// Closes an argument whose value can't be read.
    fn damaged_value(
        &mut self,
        node: NodeId,
        value: usize,
        extent: usize,
        failure: Option<SyntaxError>,
    ) -> usize {
        let value = value.min(extent);
        let end = self.layout.trimmed_end(value, extent).max(value);
        self.error_end = None;
        if end > value {
            self.error_leaf(value, end, failure);
        } else {
            let at = self.layout.trimmed_end(0, value.min(extent));
            let value = value.min(at);
            self.parser.tree.leaf(Kind::Error, value as u32, value as u32);
            self.parser.tree.errors.extend(failure);
        }
        let end = end.min(self.layout.trimmed_end(0, extent));
        self.parser.tree.close(node, end as u32);
        self.error_end = Some(end);
        extent
    }

    /// A block whose `{` has a `=` before it, read strictly otherwise.
    fn block_with_sign(
        &mut self,
        start: usize,
        name: usize,
        brace: usize,
        to: usize,
        failure: &Option<SyntaxError>,
    ) -> Option<usize> {
        let extent = self.layout.block(start, to);
        let (nodes, errors, depth) =
            (self.parser.tree.mark(), self.parser.tree.errors.len(), self.parser.depth);
        self.prepare(start, extent.end);
        let parser = &mut *self.parser;
        let node = parser.tree.open(Kind::Block, start as u32);
        parser.tree.leaf(Kind::Identifier, start as u32, (start + name) as u32);
        parser.pos = brace;
        let read = parser.block_body(node);
        parser.depth = depth;
        if read.is_err() {
            parser.tree.truncate(nodes, errors);
            parser.failure = None;
            return None;
        }
        let reached = parser.last;
        parser.mark_recovered(node);
        parser.tree.errors.extend(failure.clone());
        Some(reached)
    }

    fn block(&mut self, start: usize, name: usize, to: usize) -> usize {
        let extent = self.layout.block(start, to);
        let (nodes, errors) = (self.parser.tree.mark(), self.parser.tree.errors.len());
        if let Some(end) = extent.doubtful
            && let Ok(reached) = self.attempt(start, end)
        {
            return reached;
        }
        self.parser.end_name = "block";
        let failure = match self.attempt(start, extent.end) {
            Ok(reached) => {
                let rest = self.parser.text.get(reached..extent.end).unwrap_or("");
                let other_end = extent.close.is_some() || rest.contains('}');
                if rest.trim().is_empty() || self.layout_only_comments(rest) || !other_end {
                    return reached;
                }
                // It closed before its layout says so: a brace too many.
                self.parser.tree.truncate(nodes, errors);
                let span = self.parser.span(reached.saturating_sub(1), reached);
                Some(SyntaxError::new("unexpected-token", "a `}` closes this block too early", span))
            }
            Err(failure) => {
                let heredoc = failure.as_ref().is_some_and(|f| f.code == "unclosed-heredoc");
                if extent.end < to
                    && !heredoc
                    && let Some(reached) = self.attempt_beyond(start, to)
                {
                    return reached;
                }
                failure
            }
        };
        self.recover_block(start, name, to, failure)
    }

    fn layout_only_comments(&self, rest: &str) -> bool {
        rest.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line.starts_with('#') || line.starts_with("//")
        })
    }

    /// A block of which the header, the end or the inside is damaged.
    fn recover_block(&mut self, start: usize, name: usize, to: usize, failure: Option<SyntaxError>) -> usize {
        let extent = self.layout.block(start, to);
        let line_end = self.layout.line_end(start, to);
        let errors = self.parser.tree.errors.len();
        let depth = self.parser.depth;
        if depth >= MAX_DEPTH {
            let end = extent.end.max(start + 1);
            let span = self.parser.span(start, start + name);
            let message = format!("nested deeper than the budget of {MAX_DEPTH} levels");
            self.error_leaf(start, end, Some(SyntaxError::new("depth-budget", message, span)));
            return end;
        }
        self.prepare(start, line_end);
        let mark = self.parser.tree.mark();
        let node = self.parser.tree.open(Kind::Block, start as u32);
        self.parser.tree.leaf(Kind::Identifier, start as u32, (start + name) as u32);
        let mut damaged = false;
        let open = self.header(start, name, line_end, &mut damaged);
        let body_start = match open {
            Some(open) => open + 1,
            None => {
                damaged = true;
                let next = (line_end + 1).min(to);
                let header = self.layout.line(start, to);
                let implied = !header.contains('{') && extent.close.is_none();
                if !extent.multi_line || extent.body_end < next || implied {
                    // No block after all: a line that means nothing.
                    self.parser.tree.truncate(mark, errors);
                    let end = if extent.close.is_some() {
                        extent.end.max(line_end)
                    } else if header.matches(['(', '[']).count() > header.matches([')', ']']).count() {
                        self.layout.argument(start, to)
                    } else {
                        self.layout.next_line(start, to)
                    };
                    self.error_leaf(start, end, failure);
                    return end;
                }
                let own_line = self.skip_blank(next, extent.body_end);
                if self.layout.is_open_brace_line(own_line, extent.body_end) {
                    own_line + self.layout.line(own_line, to).find('{').unwrap_or(0) + 1
                } else {
                    next
                }
            }
        };
        if damaged {
            self.parser.mark_recovered(node);
            self.parser.tree.errors.extend(failure.clone());
        }
        let body_end = extent.body_end.max(body_start);
        let close = extent.close.filter(|&close| close >= body_start);
        // Nothing behind the header: the block ends with it.
        let empty = close.is_none() && self.layout.trimmed_end(body_start, body_end) <= body_start;
        let body_start = if empty { self.layout.trimmed_end(start, body_start) } else { body_start };
        let body = self.parser.tree.open(Kind::Body, body_start as u32);
        self.error_end = None;
        self.parser.depth = depth + 1;
        self.body(body_start, body_end);
        self.parser.depth = depth;
        let (end, next) = match close {
            Some(close) => (close + 1, close + 1),
            None => {
                let end = self.layout.trimmed_end(body_start, body_end).max(body_start);
                self.parser.mark_recovered(node);
                (end, extent.end.max(body_end))
            }
        };
        self.parser.tree.close(body, close.unwrap_or(end) as u32);
        self.parser.tree.close(node, end as u32);
        if !extent.multi_line && failure.is_some() {
            // What is wrong with a block on one line is best said of the whole line.
            self.parser.tree.errors.truncate(errors);
            self.parser.tree.errors.extend(failure);
        } else if close.is_none() && !damaged {
            let open = body_start.saturating_sub(1);
            let span = self.parser.span(open, open + 1);
            self.parser.tree.error(
                SyntaxError::new("unclosed-block", "this block is not closed", span)
                    .with_help("add a `}` at its end"),
            );
        } else if self.parser.tree.errors.len() == errors {
            self.parser.tree.errors.extend(failure);
        }
        self.error_end = None;
        next
    }

    fn skip_blank(&self, mut at: usize, to: usize) -> usize {
        while at < to && self.layout.line(at, to).trim().is_empty() {
            at = (self.layout.line_end(at, to) + 1).min(to);
        }
        at
    }

    /// The labels and the opening brace of a header, as far as they can be read.
    fn header(&mut self, start: usize, name: usize, line_end: usize, damaged: &mut bool) -> Option<usize> {
        let parser = &mut *self.parser;
        parser.bump(name);
        let mut good = parser.tree.mark();
        let mut good_pos = parser.pos;
        loop {
            if parser.at_end() {
                return None;
            }
            if parser.peek() == b'{' {
                return Some(parser.pos);
            }
            let errors = parser.tree.errors.len();
            let before = parser.pos;
            let len = parser.identifier_len(before);
            let read = if len > 0 {
                parser.tree.leaf(Kind::Identifier, before as u32, (before + len) as u32);
                parser.bump(len);
                true
            } else {
                parser.peek() == b'"' && parser.quoted().is_ok()
            };
            if !read {
                parser.tree.truncate(good, errors);
                break;
            }
            (good, good_pos) = (parser.tree.mark(), parser.pos);
        }
        *damaged = true;
        let line = self.parser.text.get(start..line_end).unwrap_or("");
        let open = line.trim_end().ends_with('{').then(|| start + line.trim_end().len() - 1);
        let end = self.layout.trimmed_end(good_pos, open.unwrap_or(line_end));
        if end > good_pos {
            self.parser.tree.leaf(Kind::Error, good_pos as u32, end as u32);
        }
        open.filter(|&open| open >= good_pos)
    }

    /// A part that does not begin with a name. What reads like a block's header nevertheless keeps its body, inside
    /// the error.
    fn nameless(&mut self, start: usize, to: usize) -> usize {
        // It fails, with the message that fits.
        let _ = self.parser.item();
        let failure = self.parser.failure.take();
        if self.parser.at(start) == b'}' {
            self.error_leaf(start, start + 1, failure);
            return start + 1;
        }
        if let Some(reached) = self.behind_junk(start, to) {
            return reached;
        }
        let line_end = self.layout.line_end(start, to);
        let line = self.layout.line(start, to).trim_end();
        if line.ends_with('{') && line.len() > 1 && self.parser.depth < MAX_DEPTH {
            let extent = self.layout.block(start, to);
            if extent.multi_line && extent.close.is_some() && extent.body_end > line_end {
                let node = self.parser.tree.open(Kind::Error, start as u32);
                if let Some(node) = self.parser.tree.node_mut(node) {
                    node.flags |= flags::RECOVERED;
                }
                self.parser.tree.errors.extend(failure);
                let body_start = start + line.len();
                let body = self.parser.tree.open(Kind::Body, body_start as u32);
                self.parser.depth += 1;
                self.error_end = None;
                self.body(body_start, extent.body_end);
                self.parser.depth -= 1;
                self.parser.tree.close(body, extent.body_end as u32);
                self.parser.tree.close(node, extent.end as u32);
                self.error_end = Some(extent.end);
                return extent.end;
            }
        }
        let next = self.layout.next_line(start, to);
        self.error_leaf(start, next, failure);
        next
    }
}
