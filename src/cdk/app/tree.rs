//! The tree of constructs that an app makes, as far as its source tells, and looking up construct paths in it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::Span;

use super::value::{Object, Value};

/// Index of a construct.
pub(super) type NodeId = usize;

/// How many ways through the tree are tried for one path.
const MAX_TRIES: usize = 2_000;

/// A construct's id, known in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<PatternPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternPart {
    Literal(Str),
    Any,
}

impl Pattern {
    /// Anything.
    pub(super) fn any() -> Self {
        Pattern { parts: vec![PatternPart::Any] }
    }

    /// The empty text.
    pub(super) fn empty() -> Self {
        Pattern { parts: Vec::new() }
    }

    pub(super) fn literal(text: &str) -> Self {
        let mut pattern = Pattern::empty();
        pattern.push(text);
        pattern
    }

    /// Appends known text.
    pub(super) fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(PatternPart::Literal(last)) => last.push_str(text),
            _ => self.parts.push(PatternPart::Literal(text.into())),
        }
    }

    /// Appends something unknown.
    pub(super) fn push_any(&mut self) {
        if self.parts.last() != Some(&PatternPart::Any) {
            self.parts.push(PatternPart::Any);
        }
    }

    /// Appends another pattern.
    pub(super) fn extend(&mut self, other: &Pattern) {
        for part in &other.parts {
            match part {
                PatternPart::Literal(text) => self.push(text),
                PatternPart::Any => self.push_any(),
            }
        }
    }

    /// The text, if it is known altogether.
    pub(super) fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [PatternPart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether nothing of it is known.
    pub(super) fn is_any(&self) -> bool {
        self.parts == [PatternPart::Any]
    }

    /// How well it tells what it matches.
    fn weight(&self) -> i32 {
        if self.as_literal().is_some() {
            100
        } else if self.is_any() {
            20
        } else {
            60
        }
    }

    pub(super) fn matches(&self, segment: &str) -> bool {
        let mut rest = segment;
        let mut floating = false;
        let last = self.parts.len().saturating_sub(1);
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                PatternPart::Any => floating = true,
                PatternPart::Literal(text) if index == last && floating => {
                    return rest.ends_with(text.as_str());
                }
                PatternPart::Literal(text) => {
                    let found = if floating {
                        rest.find(text.as_str())
                    } else {
                        rest.starts_with(text.as_str()).then_some(0)
                    };
                    let Some(at) = found else { return false };
                    rest = rest.get(at + text.len()..).unwrap_or("");
                    floating = false;
                }
            }
        }
        floating || rest.is_empty()
    }
}

/// Where a construct hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parent {
    /// It is the app.
    Root,
    Node(NodeId),
    /// Somewhere: its scope is not known.
    Unknown,
    /// It is no construct, or not yet.
    None,
}

/// An expression of the app's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) span: Span,
    /// Where the called name starts: stack traces point there in `a.b.c()`.
    pub(super) name: u32,
    /// The parentheses.
    pub(super) parentheses: Option<Span>,
}

/// A method called on a construct, or with one.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) name: Str,
    pub(super) site: Site,
    /// Its first argument, if that is text.
    pub(super) first: Option<Pattern>,
    /// Its arguments that are objects.
    pub(super) objects: Vec<Arc<Object>>,
}

/// A construct, or an instance of another class of the app.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: Parent,
    pub(super) id: Pattern,
    pub(super) site: Site,
    /// Where its class calls the constructor of a library's class that makes resources of its own.
    pub(super) base_site: Option<Site>,
    /// The class, if it is the app's own.
    pub(super) class: Option<usize>,
    /// The class's name as it is called.
    pub(super) class_name: Str,
    /// What the call gives it.
    pub(super) props: Option<Arc<Object>>,
    /// What its class gives to a base class of a library.
    pub(super) base_props: Option<Arc<Object>>,
    pub(super) fields: FxHashMap<Str, Value>,
    pub(super) calls: Vec<Attached>,
    /// Properties that are set afterwards.
    pub(super) overrides: Vec<(Str, Span)>,
    /// A method of a library made it: its place in the path may be further below.
    pub(super) descends: bool,
    /// A builder's calls go on.
    pub(super) building: bool,
    children: Vec<NodeId>,
    by_literal: FxHashMap<Str, Vec<NodeId>>,
}

impl Node {
    pub(super) fn new(site: Site, class: Option<usize>, class_name: Str) -> Self {
        Node {
            parent: Parent::None,
            id: Pattern::any(),
            site,
            base_site: None,
            class,
            class_name,
            props: None,
            base_props: None,
            fields: FxHashMap::default(),
            calls: Vec::new(),
            overrides: Vec::new(),
            descends: false,
            building: false,
            children: Vec::new(),
            by_literal: FxHashMap::default(),
        }
    }
}

/// All constructs of an app.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    roots: Vec<NodeId>,
    orphans: Vec<NodeId>,
    orphans_by_literal: FxHashMap<Str, Vec<NodeId>>,
}

/// What a path led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) node: NodeId,
    /// How many segments of the path are accounted for: what follows was made by a library.
    pub(super) consumed: usize,
    score: i32,
}

impl Tree {
    pub(super) fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id)
    }

    pub(super) fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Hangs a node into the tree, once.
    pub(super) fn attach(&mut self, id: NodeId, parent: Parent, name: Pattern) {
        let Some(node) = self.nodes.get_mut(id) else { return };
        if node.parent != Parent::None || parent == Parent::Node(id) {
            return;
        }
        node.parent = parent;
        let literal = name.as_literal().map(Str::from);
        node.id = name;
        match parent {
            Parent::Root => self.roots.push(id),
            Parent::Node(parent) => {
                let Some(parent) = self.nodes.get_mut(parent) else { return };
                match literal {
                    Some(literal) => parent.by_literal.entry(literal).or_default().push(id),
                    None => parent.children.push(id),
                }
                // those that may be further below are looked for at every step
                if self.nodes.get(id).is_some_and(|n| n.descends)
                    && let Some(Parent::Node(parent)) = self.nodes.get(id).map(|n| n.parent)
                    && let Some(parent) = self.nodes.get_mut(parent)
                    && !parent.children.contains(&id)
                {
                    parent.children.push(id);
                }
            }
            Parent::Unknown => match literal {
                Some(literal) => self.orphans_by_literal.entry(literal).or_default().push(id),
                None => self.orphans.push(id),
            },
            Parent::None => {}
        }
    }

    /// The construct of the app's source that made what has this path, or made what made it.
    pub(super) fn find(&self, path: &[&str]) -> Option<Match> {
        let mut best = None;
        let mut tries = 0;
        for root in &self.roots {
            self.descend(*root, path, 0, 0, &mut best, &mut tries);
        }
        for (at, segment) in path.iter().enumerate() {
            let known = self.orphans_by_literal.get(*segment).into_iter().flatten();
            let others = self.orphans.iter();
            for orphan in known.chain(others) {
                let Some(node) = self.get(*orphan) else { continue };
                if node.id.matches(segment) {
                    let score = node.id.weight() - 30 - at as i32;
                    if !node.id.is_any() {
                        offer(&mut best, Match { node: *orphan, consumed: at + 1, score });
                    }
                    self.descend(*orphan, path, at + 1, score, &mut best, &mut tries);
                }
            }
        }
        best
    }

    fn descend(
        &self,
        id: NodeId,
        path: &[&str],
        at: usize,
        score: i32,
        best: &mut Option<Match>,
        tries: &mut usize,
    ) {
        *tries += 1;
        if *tries > MAX_TRIES {
            return;
        }
        let (Some(node), Some(segment)) = (self.get(id), path.get(at)) else { return };
        // the resource of a nested stack stands beside it
        let segment = segment.strip_suffix(".NestedStack").unwrap_or(segment);
        let mut step = |child: NodeId, at: usize, weight: i32| {
            let score = score + weight;
            offer(best, Match { node: child, consumed: at + 1, score });
            self.descend(child, path, at + 1, score, best, tries);
        };
        for child in node.by_literal.get(segment).into_iter().flatten() {
            step(*child, at, 100);
        }
        for child in &node.children {
            let Some(known) = self.get(*child) else { continue };
            if known.descends {
                for (below, segment) in path.iter().enumerate().skip(at) {
                    if known.id.matches(segment) {
                        step(*child, below, known.id.weight() - 5 - (below - at) as i32);
                        break;
                    }
                }
            } else if known.id.matches(segment) {
                step(*child, at, known.id.weight());
            }
        }
    }
}

/// The better of two; the one found first if they are alike.
fn offer(best: &mut Option<Match>, candidate: Match) {
    if best.is_none_or(|b| candidate.score > b.score) {
        *best = Some(candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_ids() {
        let mut pattern = Pattern::literal("Loop");
        pattern.push_any();
        assert!(pattern.matches("Loop0") && pattern.matches("Loop") && !pattern.matches("loop1"));
        pattern.push("-x");
        assert!(pattern.matches("Loop12-x") && !pattern.matches("Loop12"));
        assert!(Pattern::any().matches("") && Pattern::literal("A").matches("A"));
        assert!(!Pattern::literal("A").matches("AB"));
        assert!(Pattern::empty().matches("") && !Pattern::empty().matches("a"));
    }
}
