//! Suppressions in comments.

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId};

use super::{Scanner, Suppression, Tool};

const HELP: &str = "write `# masugata: ignore[policy] why it is fine here`";

impl<'t> Scanner<'t, '_> {
    pub(super) fn comments(&mut self) {
        let text = self.text;
        for at in memchr::memmem::find_iter(text.as_bytes(), b"masugata:") {
            if let Some(comment) = self.comment_at(at) {
                self.own(at, comment);
            }
        }
        if !self.compat {
            return;
        }
        for tool in ["checkov", "bridgecrew", "cortex"] {
            let sign = format!("{tool}:skip=");
            for at in memchr::memmem::find_iter(text.as_bytes(), sign.as_bytes()) {
                if let Some(comment) = self.comment_at(at) {
                    self.checkov(at, at + sign.len(), comment.get(sign.len()..).unwrap_or(""));
                }
            }
        }
        for (sign, handle) in
            [("kics-scan ", Self::kics as fn(&mut Self, usize, &str)), ("tflint-ignore", Self::tflint)]
        {
            for at in memchr::memmem::find_iter(text.as_bytes(), sign.as_bytes()) {
                if let Some(comment) = self.comment_at(at) {
                    handle(self, at, comment.get(sign.len()..).unwrap_or(""));
                }
            }
        }
        for tool in ["tfsec", "trivy"] {
            let sign = format!("{tool}:ignore:");
            for at in memchr::memmem::find_iter(text.as_bytes(), sign.as_bytes()) {
                if let Some(comment) = self.comment_at(at) {
                    self.trivy(at, at + sign.len(), comment.get(sign.len()..).unwrap_or(""));
                }
            }
        }
    }

    /// If the offset lies in a comment: the comment's text from there to its end. What is not part of any leaf of the
    /// tree, and more than a bracket, is one.
    fn comment_at(&self, at: usize) -> Option<&'t str> {
        if is_leaf(self.tree.kind(self.innermost(at as u32))) {
            return None;
        }
        let (line_start, _) = self.line_of_comment(at);
        let before = self.text.get(line_start..at)?;
        let comment = self.text.get(at..)?.lines().next()?;
        // the sign of a `/* … */` of several lines is not on this line
        let to_line_end = before.contains('#') || before.contains("//");
        let end = if to_line_end { None } else { comment.find("*/") };
        comment.get(..end.unwrap_or(comment.len()))
    }

    fn own(&mut self, at: usize, comment: &str) {
        let span = self.span(at, at + comment.trim_end().len());
        let Some(rest) = comment.strip_prefix("masugata:").map(str::trim_start) else { return };
        let Some(list) = rest.strip_prefix("ignore") else {
            let message = "this comment is not understood";
            self.diagnostics.push(Diagnostic::warning("bad-suppression", message, span).with_help(HELP));
            return;
        };
        let list = list.trim_start();
        let Some((ids, reason)) = list.strip_prefix('[').and_then(|l| l.split_once(']')) else {
            let message = "the suppression names no policies";
            self.diagnostics.push(Diagnostic::warning("bad-suppression", message, span).with_help(HELP));
            return;
        };
        let ids = self.ids(ids, at + comment.len() - list.len() + 1);
        let mut suppression = Suppression::new(Tool::Masugata, ids, self.scope_of_comment(at), span);
        suppression.explain(reason);
        self.out.push(suppression);
    }

    fn ids(&self, list: &str, start: usize) -> Vec<(Str, Span)> {
        let mut at = start;
        let mut out = Vec::new();
        for piece in list.split(',') {
            let id = piece.trim();
            if !id.is_empty() {
                let from = at + (piece.len() - piece.trim_start().len());
                out.push((Str::from(id), self.span(from, from + id.len())));
            }
            at += piece.len() + 1;
        }
        out
    }

    fn checkov(&mut self, at: usize, start: usize, rest: &str) {
        let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
        // the ids end at the first space: a reason without a colon is common
        let (ids, reason) = match ids.trim_start().split_once(char::is_whitespace) {
            Some((first, more)) if !first.ends_with(',') && !more.trim_start().starts_with(',') => {
                (first, more)
            }
            _ => (ids, reason),
        };
        let ids = self.ids(ids, start);
        let Some(scope) = self.block_around(at) else { return };
        let mut suppression =
            Suppression::new(Tool::Other, ids, scope, self.span(at, start + rest.trim_end().len()));
        suppression.reason = Some(reason.trim().into()).filter(|r: &Str| !r.is_empty());
        self.out.push(suppression);
    }

    /// `ID[attr=v,a.b=v]:exp:YYYY-MM-DD:ws:glob`; several may stand on a line, each with its own sign.
    fn trivy(&mut self, at: usize, start: usize, rest: &str) {
        let word = rest.split_whitespace().next().unwrap_or("");
        let (id, attributes, tail) = match word.split_once('[') {
            Some((id, more)) => {
                let (inside, tail) = more.split_once(']').unwrap_or((more, ""));
                (id, inside, tail)
            }
            None => {
                let (id, tail) = word.split_once(':').map_or((word, ""), |(id, tail)| (id, tail));
                (id, "", tail)
            }
        };
        let ids = vec![(Str::from(id), self.span(start, start + id.len()))];
        let span = self.span(at, start + word.len());
        let mut suppression = Suppression::new(Tool::Other, ids, self.scope_of_comment(at), span);
        for pair in attributes.split(',') {
            if let Some((path, value)) = pair.split_once('=') {
                suppression.attributes.push((path.trim().into(), value.trim().into()));
            }
        }
        let mut parts = tail.trim_start_matches(':').split(':');
        while let Some(part) = parts.next() {
            match part {
                "exp" => suppression.until = parts.next().map(Str::from),
                // which workspace is selected is not known before a run: only a rule for all of them counts
                "ws" if parts.next() != Some("*") => return,
                _ => {}
            }
        }
        self.out.push(suppression);
    }

    /// `ignore-line` (the next line), `ignore-block` (the next block), and at the head of a file `ignore` and
    /// `disable=ID,…`.
    fn kics(&mut self, at: usize, rest: &str) {
        let word = rest.split_whitespace().next().unwrap_or("");
        let span = self.span(at, at + "kics-scan ".len() + word.len());
        let all = |span| vec![(Str::from("*"), span)];
        let whole = self.span(0, self.text.len());
        let (ids, scope) = match word {
            "ignore" if self.is_at_head(at) => (all(span), whole),
            "ignore-block" => (all(span), self.scope_of_comment(at)),
            "ignore-line" => {
                let Some(line) = self.next_line(at) else { return };
                (all(span), line)
            }
            _ => match word.strip_prefix("disable=") {
                Some(list) if self.is_at_head(at) => (self.ids(list, at + "kics-scan disable=".len()), whole),
                _ => return,
            },
        };
        self.out.push(Suppression::new(Tool::Other, ids, scope, span));
    }

    /// `tflint-ignore: rule, …` (this line and the next) and `tflint-ignore-file: rule, …`. `all` is left alone: its
    /// rules are about how Terraform is written, not about what it makes.
    fn tflint(&mut self, at: usize, rest: &str) {
        let (whole_file, list) = match (rest.strip_prefix("-file:"), rest.strip_prefix(':')) {
            (Some(list), _) => (true, list),
            (_, Some(list)) => (false, list),
            _ => return,
        };
        let start = at + "tflint-ignore".len() + (rest.len() - list.len());
        let mut ids = self.ids(list, start);
        ids.retain(|(id, _)| id != "all");
        if ids.is_empty() {
            return;
        }
        let scope = if whole_file {
            self.span(0, self.text.len())
        } else {
            let line = self.line_of_comment(at).0 as u32;
            let end = self.next_line(at).map_or(self.text.len() as u32, |next| next.end);
            Span { start: line, end, ..self.span(at, at) }
        };
        let span = self.span(at, at + "tflint-ignore".len() + rest.trim_end().len());
        self.out.push(Suppression::new(Tool::Other, ids, scope, span));
    }

    /// Whether nothing but comments stands before an offset.
    fn is_at_head(&self, at: usize) -> bool {
        self.places().items.first().is_none_or(|first| at < first.start as usize)
    }

    /// The line behind that of an offset, without its indentation.
    fn next_line(&self, at: usize) -> Option<Span> {
        let start = at + self.text.get(at..)?.find('\n')? + 1;
        let line = self.text.get(start..)?.lines().next()?;
        let from = start + (line.len() - line.trim_start().len());
        Some(self.span(from, start + line.len()))
    }

    /// What a comment is about. Behind code: the largest thing that starts on its line, or else the smallest that ends
    /// there. Alone on its line: what follows in the same braces, or else what is around it.
    fn scope_of_comment(&self, at: usize) -> Span {
        let (line_start, alone) = self.line_of_comment(at);
        let (at, line_start) = (at as u32, line_start as u32);
        let items = &self.places().items;
        let length = |span: Span| span.end - span.start;
        if !alone {
            let from = items.partition_point(|span| span.start < line_start);
            let here = items.iter().skip(from).copied().take_while(|span| span.start <= at);
            let starts = here.max_by_key(|span| (length(*span), u32::MAX - span.start));
            let ends = &self.places().by_end;
            let from = ends.partition_point(|span| span.end < line_start);
            let there = ends.iter().skip(from).copied().take_while(|span| span.end <= at);
            if let Some(scope) = starts.or_else(|| there.min_by_key(|span| length(*span))) {
                return scope;
            }
        }
        self.what_follows(at).unwrap_or_else(|| self.item_around(at))
    }

    /// Where the line of a comment starts, and whether nothing but comments stands before it there.
    fn line_of_comment(&self, at: usize) -> (usize, bool) {
        let line_start = self.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let before = self.text.get(line_start..at).unwrap_or("").trim_start();
        let alone = before.is_empty() || ["#", "*", "//", "/*"].iter().any(|sign| before.starts_with(sign));
        (line_start, alone)
    }

    /// The next thing behind an offset: in HCL within the same braces, in YAML whatever its indentation.
    fn what_follows(&self, at: u32) -> Option<Span> {
        let around = self.tree.span(self.innermost(at));
        let limit = if self.tree.language == Language::Hcl { around.end } else { u32::MAX };
        let items = &self.places().items;
        items.get(items.partition_point(|span| span.start < at)).copied().filter(|next| next.start < limit)
    }

    /// The smallest thing around an offset, or the file.
    fn item_around(&self, at: u32) -> Span {
        let mut node = Some(self.innermost(at));
        while let Some(id) = node {
            let parent = self.places().parent(id);
            if is_item(self.tree.kind(id), parent.map(|p| self.tree.kind(p))) {
                return self.tree.span(id);
            }
            node = parent;
        }
        self.tree.span(self.tree.root())
    }

    /// The innermost node around an offset.
    fn innermost(&self, at: u32) -> NodeId {
        let mut node = self.places().last_before(self.tree, at);
        while let Some(id) = node {
            let data = self.tree.node(id);
            if data.start <= at && at < data.end {
                return id;
            }
            node = self.places().parent(id);
        }
        self.tree.root()
    }

    /// The top-level block (Terraform) or the resource (CloudFormation) around an offset.
    fn block_around(&self, at: usize) -> Option<Span> {
        let at = at as u32;
        let blocks = self.blocks.get_or_init(|| {
            let tree = self.tree;
            let found = if tree.language == Language::Hcl {
                tree.children(tree.root()).next()
            } else {
                self.top().and_then(|top| self.pair(top, "Resources"))
            };
            let wanted = |id: &NodeId| tree.language != Language::Hcl || tree.kind(*id) == Kind::Block;
            found
                .into_iter()
                .flat_map(|id| tree.children(id))
                .filter(wanted)
                .map(|id| tree.span(id))
                .collect()
        });
        let last = blocks.partition_point(|span| span.start <= at).checked_sub(1)?;
        // a comment behind the last line of a YAML resource is outside its node
        let inside = |span: &Span| self.tree.language != Language::Hcl || at < span.end;
        blocks.get(last).copied().filter(inside)
    }
}

/// What a suppression can be about: attributes, blocks, entries and elements.
fn is_item(kind: Kind, parent: Option<Kind>) -> bool {
    matches!(kind, Kind::Attribute | Kind::Block | Kind::ObjectItem | Kind::Pair)
        || matches!(parent, Some(Kind::Sequence | Kind::Tuple))
}

/// The things of a file, to find them by their place: a file may have a hundred thousand of them, and of comments.
pub(super) struct Places {
    /// Every node's parent; the root is its own.
    parents: Vec<u32>,
    /// What a suppression can be about, in order, outer ones first.
    items: Vec<Span>,
    /// The same by their ends.
    by_end: Vec<Span>,
}

impl Places {
    pub(super) fn new(tree: &crate::syntax::Tree) -> Self {
        let mut parents = vec![0; tree.len()];
        let mut items = Vec::new();
        for id in (0..tree.len() as u32).map(NodeId) {
            for child in tree.children(id) {
                if let Some(slot) = parents.get_mut(child.0 as usize) {
                    *slot = id.0;
                }
                if is_item(tree.kind(child), Some(tree.kind(id))) {
                    items.push(tree.span(child));
                }
            }
        }
        items.sort_by_key(|span| (span.start, u32::MAX - span.end));
        let mut by_end = items.clone();
        by_end.sort_by_key(|span| (span.end, span.start));
        Places { parents, items, by_end }
    }

    fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.parents.get(id.0 as usize).filter(|_| id.0 > 0).map(|p| NodeId(*p))
    }

    /// The last node that starts at an offset or before it: nodes are in order of their starts.
    fn last_before(&self, tree: &crate::syntax::Tree, at: u32) -> Option<NodeId> {
        let (mut low, mut high) = (0, tree.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if tree.node(NodeId(middle)).start <= at { low = middle + 1 } else { high = middle }
        }
        low.checked_sub(1).map(NodeId)
    }
}

fn is_leaf(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::Number
            | Kind::Bool
            | Kind::Null
            | Kind::TemplateText
            | Kind::Template
            | Kind::Heredoc
            | Kind::TemplateBranch
            | Kind::Variable
            | Kind::Scalar
            | Kind::Alias
            | Kind::Error
    )
}
