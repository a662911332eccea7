//! What each token comes to in the bracket that is open.

use crate::syntax::{Kind, flags};

use super::super::{MAX_DEPTH, Parser, Scanner};
use super::Recovery;
use super::level::{Level, Stage, brackets};

impl Recovery<'_> {
    pub(super) fn token(&mut self, at: usize, fresh: bool) {
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
                    let (_, close) = brackets(object);
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
                let multi_line = self.ends_line(at);
                let indent = if multi_line { indent } else { child };
                self.levels.push(Level { multi_line, ..Level::new(node, object, Some(at), indent) });
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
            Stage::Value | Stage::Colon => true,
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
