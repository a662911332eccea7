//! The second pass over JSON that the strict one refused: token by token with a stack of open brackets, and with the
//! indentation as the witness of what a missing or misplaced bracket was meant to be.

use std::cell::Cell;

use crate::source::SourceFile;
use crate::syntax::{Kind, NodeId, SyntaxError, TreeBuilder, flags};

use super::{MAX_DEPTH, Parser, Scanner};

/// How many open brackets are searched for the one that a line belongs to.
const SEARCH: usize = 64;

/// Bytes that attempts by the strict rules may read: for each byte of the text, and for any text.
const STRICT: (usize, usize) = (8, 1 << 16);

/// What comes next in an open bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A key (object) or a value (array); a closing bracket too, unless a comma came before.
    Member,
    /// The colon behind a key.
    Colon,
    /// The value behind a colon.
    Value,
    /// A comma or the closing bracket.
    Comma,
}

/// An open bracket.
#[derive(Debug)]
struct Level {
    node: NodeId,
    object: bool,
    stage: Stage,
    pair: Option<NodeId>,
    /// Offset of the bracket; none when it is missing and was concluded from what follows.
    bracket: Option<usize>,
    /// Indentation of the bracket's line.
    indent: usize,
    /// Indentation of the first member that begins a line.
    child: Option<usize>,
    /// Whether its line ends with the bracket.
    multi_line: bool,
    after_comma: bool,
}

pub(super) struct Recovery<'a> {
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
        if let Some((bracket, object)) =
            self.levels.iter().rev().find_map(|l| l.bracket.map(|b| (b, l.object)))
        {
            let (open, close) = if object { ('{', '}') } else { ('[', ']') };
            let span = self.scan.span(bracket, bracket + 1);
            let end = self.scan.limit;
            let error = self.scan.error(
                "unexpected-token",
                format!("expected `{close}`, found the end of the file"),
                end,
                end,
                None,
            );
            self.tree.error(error.with_related(span, format!("`{open}` opened here")));
        } else if !self.done {
            let end = self.scan.limit;
            let error = self.scan.error(
                "unexpected-token",
                "expected a value, found the end of the file",
                end,
                end,
                None,
            );
            self.tree.error(error);
        }
        while !self.levels.is_empty() {
            self.close_level(self.last);
        }
    }

    /// Start, end and indentation of the line of an offset; the end is that of its text.
    fn line_of(&self, at: usize) -> (usize, usize, usize) {
        let known = self.line.get();
        if known.0 <= at && at <= known.1 {
            return known;
        }
        let bytes = self.scan.bytes;
        let start = memchr::memrchr(b'\n', bytes.get(..at).unwrap_or(&[])).map_or(0, |i| i + 1);
        let rest = bytes.get(at..self.scan.limit).unwrap_or(&[]);
        let end = memchr::memchr(b'\n', rest).map_or(self.scan.limit, |i| at + i);
        let end = if end > at && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        let indent = bytes.iter().skip(start).take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.line.set((start, end, indent));
        (start, end, indent)
    }

    fn indent_of(&self, at: usize) -> usize {
        self.line_of(at).2
    }

    fn line_end(&self, at: usize) -> usize {
        self.line_of(at).1
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

    /// Whether a string starts at `at` and a colon follows it on its line.
    fn is_key(&self, at: usize) -> bool {
        if self.scan.at(at) != b'"' {
            return false;
        }
        let Some(mut end) = self.string_end(at) else { return false };
        while matches!(self.scan.at(end), b' ' | b'\t') {
            end += 1;
        }
        self.scan.at(end) == b':'
    }

    /// Behind the closing quote of a string that ends on its line.
    fn string_end(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            match self.scan.at(at) {
                b'"' => return Some(at + 1),
                b'\\' if self.scan.at(at + 1) >= 0x20 => at += 2,
                b'\n' | b'\r' => return None,
                0 if at >= self.scan.limit => return None,
                _ => at += 1,
            }
        }
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
                let fits = |l: &Level| l.child == Some(indent) && (l.object == key || (!key && !l.object));
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
                let fits = |l: &Level| column(l) && (l.object == key || (!key && !l.object));
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

    /// Indentation of the line on which the open pair begins.
    fn pair_indent(&mut self) -> usize {
        let pair = self.levels.last().and_then(|l| l.pair);
        let start = pair.and_then(|p| self.tree.node_mut(p).map(|n| n.start));
        start.map_or(0, |s| self.indent_of(s as usize))
    }

    /// Closes the brackets above the one that a line belongs to: their closing brackets are missing.
    fn close_unclosed(&mut self, above: usize) {
        for _ in 0..above {
            if let Some(level) = self.levels.last() {
                let (close, open) = if level.object { ('}', '{') } else { (']', '[') };
                if let Some(bracket) = level.bracket {
                    let span = self.scan.span(bracket, bracket + 1);
                    let error = self.scan.expected(&format!("`{close}`"));
                    self.report(error.with_related(span, format!("`{open}` opened here")));
                }
            }
            self.close_level(self.last);
        }
        if above > 0
            && let Some(level) = self.levels.last_mut()
            && level.stage == Stage::Comma
            && !matches!(self.scan.peek(), b'}' | b']' | b',')
        {
            // The comma went with the bracket.
            level.stage = Stage::Member;
        }
    }

    /// Members that stand where none can be, but read well: they are kept inside an `Error`.
    fn open_error(&mut self, at: usize, indent: usize) {
        self.expected("`,` or a closing bracket");
        self.finish_member();
        let node = self.tree.open(Kind::Error, at as u32);
        let parent = self.levels.last().map_or(0, |l| l.child.unwrap_or(l.indent));
        self.levels.push(Level {
            node,
            object: true,
            stage: Stage::Member,
            pair: None,
            bracket: None,
            indent: parent,
            child: Some(indent),
            multi_line: true,
            after_comma: false,
        });
    }

    fn open(&mut self, at: usize, object: bool, bracket: Option<usize>, indent: usize) {
        let kind = if object { Kind::Mapping } else { Kind::Sequence };
        let node = self.tree.open(kind, at as u32);
        if let Some(node) = self.tree.node_mut(node) {
            node.flags = flags::FLOW | if bracket.is_none() { flags::RECOVERED } else { 0 };
        }
        let multi_line = bracket.is_none()
            || self.text.get(at + 1..self.line_end(at)).is_some_and(|t| t.trim().is_empty());
        self.levels.push(Level {
            node,
            object,
            stage: Stage::Member,
            pair: None,
            bracket,
            indent,
            child: None,
            multi_line,
            after_comma: false,
        });
    }

    /// Closes the innermost bracket at `end`, and with it the value of the level below.
    fn close_level(&mut self, end: usize) {
        self.finish_member();
        let Some(level) = self.levels.pop() else { return };
        let recovered = self.tree.node_mut(level.node).map(|n| n.start).unwrap_or(0);
        self.tree.close(level.node, end.max(recovered as usize) as u32);
        self.closed_child = level.child;
        self.value_done(end);
    }

    /// A value ended: the member that it belongs to is whole.
    fn value_done(&mut self, end: usize) {
        match self.levels.last_mut() {
            Some(level) => {
                level.stage = Stage::Comma;
                level.after_comma = false;
                if let Some(pair) = level.pair.take() {
                    self.tree.close(pair, end as u32);
                }
            }
            None => self.done = true,
        }
    }

    /// Gives a pair that lacks its value an empty `Error` for one.
    fn finish_member(&mut self) {
        let last = self.last;
        if let Some(level) = self.levels.last_mut()
            && let Some(pair) = level.pair.take()
        {
            self.tree.leaf(Kind::Error, last as u32, last as u32);
            self.tree.close(pair, last as u32);
            level.stage = Stage::Comma;
        }
    }

    fn stage(&self) -> Stage {
        self.levels.last().map_or(if self.done { Stage::Comma } else { Stage::Value }, |l| l.stage)
    }

    fn object(&self) -> bool {
        self.levels.last().is_some_and(|l| l.object)
    }

    fn token(&mut self, at: usize, fresh: bool) {
        match self.scan.at(at) {
            b',' => self.comma(at),
            b':' => {
                if self.stage() == Stage::Colon {
                    self.set_stage(Stage::Value);
                    self.advance(at + 1);
                } else {
                    self.junk(at, at + 1);
                }
            }
            bracket @ (b'}' | b']') => self.close_token(at, bracket == b'}', fresh),
            bracket @ (b'{' | b'[') => self.open_token(at, bracket == b'{'),
            b'"' => self.string(at, fresh),
            _ => self.scalar(at),
        }
    }

    fn set_stage(&mut self, stage: Stage) {
        if let Some(level) = self.levels.last_mut() {
            level.stage = stage;
        }
    }

    fn advance(&mut self, to: usize) {
        self.scan.pos = to;
        self.last = to;
    }

    fn comma(&mut self, at: usize) {
        match self.stage() {
            Stage::Comma if !self.levels.is_empty() => {}
            Stage::Member | Stage::Comma => {
                let what = if self.object() { "a key in double quotes" } else { "a value" };
                self.expected(what);
            }
            Stage::Colon | Stage::Value => {
                self.expected("a value");
                self.finish_member();
            }
        }
        if let Some(level) = self.levels.last_mut() {
            level.stage = Stage::Member;
            level.after_comma = true;
        }
        self.advance(at + 1);
    }

    fn close_token(&mut self, at: usize, object: bool, fresh: bool) {
        let indent = self.indent_of(at);
        let Some(top) = self.levels.last() else {
            self.junk(at, at + 1);
            return;
        };
        if fresh && self.is_misplaced(at) {
            self.junk(at, at + 1);
            return;
        }
        if top.object != object {
            let below = self.levels.iter().rev().nth(1);
            let fits =
                below.is_some_and(|l| l.object == object && (!l.multi_line || l.indent == indent || !fresh));
            if !fits || (top.multi_line && top.child.is_some_and(|c| self.goes_on(at, c))) {
                self.junk(at, at + 1);
                return;
            }
            self.close_unclosed(1);
        } else if top.multi_line
            && !(fresh && top.indent == indent)
            && self.goes_on(at, top.child.unwrap_or(top.indent + 1))
        {
            self.junk(at, at + 1);
            return;
        }
        if let Some(top) = self.levels.last() {
            match (top.stage, top.after_comma) {
                (Stage::Member, true) => {
                    let help = "remove the comma before it";
                    let close = if object { '}' } else { ']' };
                    let message = format!("expected another member behind the `,`, found `{close}`");
                    let error =
                        self.scan.error("unexpected-token", message, at, at + 1, Some(help.to_owned()));
                    self.report(error);
                }
                (Stage::Colon | Stage::Value, _) => {
                    self.expected("a value");
                    self.finish_member();
                }
                _ => {}
            }
        }
        self.advance(at + 1);
        self.close_level(at + 1);
    }

    /// Whether a closing bracket that begins a line has a member behind it without a comma between: it slipped in.
    fn is_misplaced(&self, at: usize) -> bool {
        let rest = self.text.get(at + 1..self.line_end(at)).unwrap_or("").trim_start_matches([' ', '\t']);
        rest.starts_with(|c: char| c == '"' || c.is_alphanumeric())
    }

    /// Whether the line behind that of a closing bracket is deeper than `indent`: the bracket does not belong there.
    fn deeper_follows(&self, at: usize, indent: usize) -> bool {
        let line_end = self.line_end(at);
        let rest = self.text.get(at + 1..line_end).unwrap_or("").trim();
        if rest.starts_with(',') && rest.ends_with(['{', '[']) {
            return false;
        }
        let mut next = line_end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n') {
            next += 1;
        }
        next < self.scan.limit && self.indent_of(next) > indent
    }

    /// Whether behind a closing bracket members of an indentation of at least `child` follow: it closes nothing.
    fn goes_on(&self, at: usize, child: usize) -> bool {
        let line_end = self.line_end(at);
        let rest = self.text.get(at + 1..line_end).unwrap_or("");
        let rest = rest.trim_start_matches([' ', '\t', ',']);
        if !rest.is_empty() {
            return !rest.starts_with(['}', ']']) && self.indent_of(at) >= child;
        }
        let mut next = line_end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n') {
            next += 1;
        }
        next < self.scan.limit && self.indent_of(next) >= child
    }

    fn open_token(&mut self, at: usize, object: bool) {
        if self.levels.len() >= MAX_DEPTH {
            let message = format!("nested deeper than the budget of {MAX_DEPTH} levels");
            let error = self.scan.error("depth-budget", message, at, at + 1, None);
            self.tree.error(error);
            // What is inside can't be told apart any more.
            self.tree.leaf(Kind::Error, at as u32, self.scan.limit as u32);
            self.advance(self.scan.limit);
            self.levels.iter_mut().for_each(|l| l.bracket = None);
            self.value_done(self.scan.limit);
            self.done = true;
            return;
        }
        let indent = self.indent_of(at);
        match (self.stage(), self.object()) {
            (Stage::Comma, _) if self.levels.is_empty() => {
                self.junk(at, at + 1);
                return;
            }
            (Stage::Comma, false) => self.expected("`,`"),
            (Stage::Colon, _) => self.expected("`:`"),
            (Stage::Member | Stage::Comma, true) => {
                // A value without a key.
                self.expected("a key in double quotes");
                let node = self.tree.open(Kind::Error, at as u32);
                let child = self.levels.last().and_then(|l| l.child).unwrap_or(indent);
                let multi_line =
                    self.text.get(at + 1..self.line_end(at)).is_some_and(|t| t.trim().is_empty());
                self.levels.push(Level {
                    node,
                    object,
                    stage: Stage::Member,
                    pair: None,
                    bracket: Some(at),
                    indent: if multi_line { indent } else { child },
                    child: None,
                    multi_line,
                    after_comma: false,
                });
                self.advance(at + 1);
                return;
            }
            _ => {}
        }
        if self.whole_value(at, indent) {
            return;
        }
        self.open(at, object, Some(at), indent);
        self.advance(at + 1);
    }

    /// Takes the value that a bracket opens as the strict rules read it, if it ends where its layout says so: what is
    /// not damaged needs no guesses, however odd its columns are.
    fn whole_value(&mut self, at: usize, indent: usize) -> bool {
        if self.strict_budget == 0 {
            return false;
        }
        let mark = (self.tree.mark(), self.tree.errors.len());
        let scan = Scanner { file: self.scan.file, bytes: self.scan.bytes, pos: at, limit: self.scan.limit };
        let mut parser = Parser { scan, tree: std::mem::take(&mut self.tree), depth: self.levels.len() };
        let read = parser.value();
        let end = parser.scan.pos;
        self.tree = parser.tree;
        self.strict_budget = self.strict_budget.saturating_sub(end.saturating_sub(at) + 1);
        if read.is_ok() && self.ends_in_place(at, end, indent) {
            self.advance(end);
            self.value_done(end);
            return true;
        }
        self.tree.truncate(mark.0, mark.1);
        false
    }

    /// Whether the bracket before `end` stands where the one at `at`, on a line of that indentation, would be closed.
    fn ends_in_place(&self, at: usize, end: usize, indent: usize) -> bool {
        let (start, close_line_end, close_indent) = self.line_of(end - 1);
        if start <= at {
            return self.text.get(end..close_line_end).is_some_and(|rest| {
                rest.trim_start_matches([' ', '\t']).starts_with([',', '}', ']']) || rest.trim().is_empty()
            });
        }
        let first = start + close_indent == end - 1;
        let placed = if first { close_indent == indent } else { close_indent > indent };
        let mut next = end;
        while matches!(self.scan.at(next), b' ' | b'\t' | b'\r' | b'\n' | b',') {
            next += 1;
        }
        let member = matches!(self.scan.at(next), b'"' | b'{' | b'[');
        placed && !self.is_misplaced(end - 1) && !(member && self.indent_of(next) > indent)
    }

    fn string(&mut self, at: usize, fresh: bool) {
        let Some(end) = self.string_end(at) else {
            self.unclosed_string(at);
            return;
        };
        let blank = self.text.get(at + 1..end - 1).is_some_and(|t| t.len() > 1 && t.trim().is_empty());
        if fresh && blank && !matches!(self.scan.at(end), b',' | b' ' | b'\r' | b'\n' | b']') {
            // A quote in the white space before a string.
            self.junk(at, at + 1);
            return;
        }
        let key = self.is_key(at);
        if key && self.levels.is_empty() && !self.done {
            self.expected("`{`");
            let indent = self.indent_of(at);
            self.open(at, true, None, 0);
            if let Some(level) = self.levels.last_mut() {
                level.child = fresh.then_some(indent);
            }
        }
        match (self.stage(), self.object()) {
            (Stage::Member, true) => self.key(at, end),
            (Stage::Comma, true) => {
                self.expected("`,`");
                if key {
                    self.key(at, end);
                } else {
                    self.junk(at, end);
                }
            }
            (Stage::Colon | Stage::Value, true) if key && fresh => {
                self.expected("a value");
                self.finish_member();
                self.key(at, end);
            }
            (Stage::Value, _) if !(self.object() && key) => self.leaf(at, end),
            (Stage::Value, _) => {
                // `"a": "b": 1`: the string before was meant to be something else.
                self.expected("a value");
                self.finish_member();
                self.key(at, end);
            }
            (Stage::Colon, _) => {
                self.expected("`:`");
                self.leaf(at, end);
            }
            (Stage::Comma, false) if self.levels.is_empty() => self.junk(at, end),
            (stage, false) => {
                if key {
                    self.expected("`{`");
                    let indent = self.indent_of(at);
                    self.open(at, true, None, indent);
                    if let Some(level) = self.levels.last_mut() {
                        level.multi_line = false;
                    }
                    self.key(at, end);
                    return;
                }
                if stage == Stage::Comma {
                    self.expected("`,`");
                }
                self.leaf(at, end);
            }
        }
    }

    fn key(&mut self, at: usize, end: usize) {
        let pair = self.tree.open(Kind::Pair, at as u32);
        self.string_leaf(at, end);
        if let Some(level) = self.levels.last_mut() {
            level.pair = Some(pair);
            level.stage = Stage::Colon;
        }
        self.advance(end);
    }

    fn leaf(&mut self, at: usize, end: usize) {
        self.string_leaf(at, end);
        self.advance(end);
        self.value_done(end);
    }

    /// A string as a node; what is wrong inside it is reported.
    fn string_leaf(&mut self, at: usize, end: usize) {
        self.scan.pos = at;
        if let Err(error) = self.scan.string() {
            self.tree.error(error);
        }
        let id = self.tree.leaf(Kind::Scalar, at as u32, end as u32);
        if let Some(node) = self.tree.node_mut(id) {
            node.flags = flags::DOUBLE_QUOTED;
        }
    }

    /// A string without a closing quote: what is left of the line can't be read, but for a bracket at its end.
    fn unclosed_string(&mut self, at: usize) {
        let line_end = self.line_end(at);
        let text = self.text.get(at..line_end).unwrap_or("").trim_end();
        let error = self.scan.error(
            "unclosed-string",
            "this string is not closed on its line",
            at,
            at + text.len(),
            None,
        );
        self.report(error);
        self.junk_line = true;
        let bracket = text.len() > 1 && text.ends_with(['{', '[']);
        let text = if bracket { text.get(..text.len() - 1).unwrap_or("").trim_end() } else { text };
        let closers = text.trim_end_matches([',', '}', ']', ' ']);
        let text = if bracket || closers.len() <= 1 { text } else { closers };
        let end = at + text.len();
        if !(bracket && matches!(self.stage(), Stage::Colon | Stage::Value)) {
            self.tree.leaf(Kind::Error, at as u32, end as u32);
        }
        self.advance(end);
        match self.stage() {
            Stage::Colon | Stage::Value if bracket => self.set_stage(Stage::Value),
            Stage::Colon | Stage::Value => self.value_done(end),
            Stage::Member if self.object() => self.set_stage(Stage::Comma),
            Stage::Member => self.value_done(end),
            Stage::Comma => {}
        }
    }

    /// A number, a word, or nothing that JSON has.
    fn scalar(&mut self, at: usize) {
        self.scan.pos = at;
        let value = if matches!(self.scan.at(at), b'-' | b'0'..=b'9') {
            self.scan.number()
        } else {
            self.scan.word()
        };
        let rest = self.text.get(at..self.line_end(at)).unwrap_or("");
        let len = rest.find([',', '}', ']', '{', '[', '"', ':']).unwrap_or(rest.len());
        let end = at + rest.get(..len).unwrap_or("").trim_end().len();
        let wants_value = match self.stage() {
            Stage::Value => true,
            Stage::Colon => true,
            Stage::Member => !self.object(),
            Stage::Comma => false,
        };
        match value {
            Ok(kind) if wants_value && self.scan.pos >= end => {
                if self.stage() == Stage::Colon {
                    self.scan.pos = at;
                    self.expected("`:`");
                }
                self.tree.leaf(kind, at as u32, end as u32);
                self.advance(end);
                self.value_done(end);
            }
            Ok(kind)
                if self.stage() == Stage::Comma
                    && !self.object()
                    && !self.levels.is_empty()
                    && self.scan.pos >= end =>
            {
                self.scan.pos = at;
                self.expected("`,`");
                self.tree.leaf(kind, at as u32, end as u32);
                self.advance(end);
                self.value_done(end);
            }
            _ => {
                let end = end
                    .max(at + self.text.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
                self.scan.pos = at;
                if wants_value {
                    match value {
                        Err(error) => self.report(error),
                        Ok(_) => self.expected("a value"),
                    }
                    self.junk_line = true;
                    self.tree.leaf(Kind::Error, at as u32, end as u32);
                    self.advance(end);
                    self.value_done(end);
                } else {
                    self.junk(at, end);
                }
            }
        }
    }

    /// Bytes that fit nowhere.
    fn junk(&mut self, at: usize, end: usize) {
        self.scan.pos = at;
        let what = match (self.stage(), self.object()) {
            _ if self.levels.is_empty() && self.done => "the end of the file",
            (Stage::Member, true) => "a key in double quotes",
            (Stage::Colon, _) => "`:`",
            (Stage::Comma, true) => "`,` or `}`",
            (Stage::Comma, false) => "`,` or `]`",
            _ => "a value",
        };
        self.expected(what);
        self.junk_line = true;
        // Between a key and its value it stays a gap: a pair has two children.
        if self.levels.last().is_none_or(|l| l.pair.is_none()) {
            self.tree.leaf(Kind::Error, at as u32, end as u32);
        }
        self.advance(end);
    }
}
