//! What is open: the brackets, and what each of them wants next.

use crate::syntax::{Kind, NodeId, flags};

use super::Recovery;

/// What comes next in an open bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
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
pub(super) struct Level {
    pub(super) node: NodeId,
    pub(super) object: bool,
    pub(super) stage: Stage,
    pub(super) pair: Option<NodeId>,
    /// Offset of the bracket; none when it is missing and was concluded from what follows.
    pub(super) bracket: Option<usize>,
    /// Indentation of the bracket's line.
    pub(super) indent: usize,
    /// Indentation of the first member that begins a line.
    pub(super) child: Option<usize>,
    /// Whether its line ends with the bracket.
    pub(super) multi_line: bool,
    pub(super) after_comma: bool,
}

/// The brackets of an object or an array.
pub(super) fn brackets(object: bool) -> (char, char) {
    if object { ('{', '}') } else { ('[', ']') }
}

impl Level {
    /// A bracket whose first member is next.
    pub(super) fn new(node: NodeId, object: bool, bracket: Option<usize>, indent: usize) -> Self {
        Level {
            node,
            object,
            stage: Stage::Member,
            pair: None,
            bracket,
            indent,
            child: None,
            multi_line: true,
            after_comma: false,
        }
    }
}

impl Recovery<'_> {
    pub(super) fn stage(&self) -> Stage {
        self.levels.last().map_or(if self.done { Stage::Comma } else { Stage::Value }, |l| l.stage)
    }

    pub(super) fn object(&self) -> bool {
        self.levels.last().is_some_and(|l| l.object)
    }

    pub(super) fn set_stage(&mut self, stage: Stage) {
        if let Some(level) = self.levels.last_mut() {
            level.stage = stage;
        }
    }

    /// Indentation of the line on which the open pair begins.
    pub(super) fn pair_indent(&mut self) -> usize {
        let pair = self.levels.last().and_then(|l| l.pair);
        let start = pair.and_then(|p| self.tree.node_mut(p).map(|n| n.start));
        start.map_or(0, |s| self.indent_of(s as usize))
    }

    /// Closes the brackets above the one that a line belongs to: their closing brackets are missing.
    pub(super) fn close_unclosed(&mut self, above: usize) {
        for _ in 0..above {
            if let Some(level) = self.levels.last() {
                let (open, close) = brackets(level.object);
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
    pub(super) fn open_error(&mut self, at: usize, indent: usize) {
        self.expected("`,` or a closing bracket");
        self.finish_member();
        let node = self.tree.open(Kind::Error, at as u32);
        let parent = self.levels.last().map_or(0, |l| l.child.unwrap_or(l.indent));
        self.levels.push(Level { child: Some(indent), ..Level::new(node, true, None, parent) });
    }

    pub(super) fn open(&mut self, at: usize, object: bool, bracket: Option<usize>, indent: usize) {
        let kind = if object { Kind::Mapping } else { Kind::Sequence };
        let node = self.tree.open(kind, at as u32);
        if let Some(node) = self.tree.node_mut(node) {
            node.flags = flags::FLOW | if bracket.is_none() { flags::RECOVERED } else { 0 };
        }
        let multi_line = bracket.is_none() || self.ends_line(at);
        self.levels.push(Level { multi_line, ..Level::new(node, object, bracket, indent) });
    }

    /// Closes the innermost bracket at `end`, and with it the value of the level below.
    pub(super) fn close_level(&mut self, end: usize) {
        self.finish_member();
        let Some(level) = self.levels.pop() else { return };
        let recovered = self.tree.node_mut(level.node).map(|n| n.start).unwrap_or(0);
        self.tree.close(level.node, end.max(recovered as usize) as u32);
        self.closed_child = level.child;
        self.value_done(end);
    }

    /// A value ended: the member that it belongs to is whole.
    pub(super) fn value_done(&mut self, end: usize) {
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
    pub(super) fn finish_member(&mut self) {
        let last = self.last;
        if let Some(level) = self.levels.last_mut()
            && let Some(pair) = level.pair.take()
        {
            self.tree.leaf(Kind::Error, last as u32, last as u32);
            self.tree.close(pair, last as u32);
            level.stage = Stage::Comma;
        }
    }
}
