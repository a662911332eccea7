//! The part of tree-sitter's query language that our queries need. Its own compiler analyses whole grammars, which
//! takes 100 to 230 ms for the larger ones; this one reads a query in well under one.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use tree_sitter::{Language as Grammar, Node};

use super::language::{Capture, Part, Role, capture};

/// How many assignments of children to one pattern are tried.
const MAX_TRIES: usize = 10_000;

/// Parts of a match.
pub(super) type Parts<'t> = SmallVec<[(Part, Node<'t>); 4]>;

/// A query.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    patterns: Vec<Pattern>,
    /// The patterns of a kind of node.
    by_kind: FxHashMap<u16, Vec<usize>>,
}

#[derive(Debug)]
struct Pattern {
    role: Role,
    root: Matcher,
    /// `#eq?`: capture and text.
    equals: Vec<(String, String)>,
}

/// What a node must be.
#[derive(Debug)]
struct Matcher {
    /// None for a wildcard.
    kind: Option<u16>,
    /// Of a wildcard: whether anonymous nodes fit.
    anonymous: bool,
    field: Option<u16>,
    captures: Vec<String>,
    children: Vec<Matcher>,
    /// Nothing named may stand before it (behind the one before it).
    anchored: bool,
    /// Nothing named may stand behind the last of `children`.
    closed: bool,
}

/// Tokens of a query.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Dot,
    Word(String),
    Field(String),
    Text(String),
    Capture(String),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ';' => while chars.next_if(|c| *c != '\n').is_some() {},
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            '.' => out.push(Token::Dot),
            '"' => {
                let mut inner = String::new();
                while let Some(c) = chars.next_if(|c| *c != '"') {
                    inner.push(c);
                }
                chars.next();
                out.push(Token::Text(inner));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '#' | '?')) {
                    word.push(c);
                }
                out.push(match word.strip_prefix('@') {
                    Some(name) => Token::Capture(name.to_owned()),
                    None if chars.next_if(|c| *c == ':').is_some() => Token::Field(word),
                    None => Token::Word(word),
                });
            }
        }
    }
    out
}

struct Reader<'g> {
    grammar: &'g Grammar,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    equals: Vec<(String, String)>,
}

impl Reader<'_> {
    fn kind(&self, name: &str, named: bool) -> Result<u16, String> {
        match self.grammar.id_for_node_kind(name, named) {
            0 => Err(format!("no node is called `{name}`")),
            id => Ok(id),
        }
    }

    /// One node's pattern, captures included. None for a group's predicate.
    fn matcher(&mut self) -> Result<Option<Matcher>, String> {
        let field = match self.tokens.next_if(|t| matches!(t, Token::Field(_))) {
            Some(Token::Field(name)) => match self.grammar.field_id_for_name(&name) {
                Some(id) => Some(id.get()),
                None => return Err(format!("no field is called `{name}`")),
            },
            _ => None,
        };
        let wildcard = |anonymous| Matcher {
            kind: None,
            anonymous,
            field,
            captures: Vec::new(),
            children: Vec::new(),
            anchored: false,
            closed: false,
        };
        let mut matcher = match self.tokens.next() {
            Some(Token::Word(word)) if word == "_" => wildcard(true),
            Some(Token::Text(text)) => Matcher { kind: Some(self.kind(&text, false)?), ..wildcard(true) },
            Some(Token::Open) => match self.tokens.next() {
                Some(Token::Word(word)) if word == "_" => {
                    self.close()?;
                    wildcard(false)
                }
                Some(Token::Word(word)) if word == "#eq?" => {
                    match (self.tokens.next(), self.tokens.next()) {
                        (Some(Token::Capture(name)), Some(Token::Text(text))) => {
                            self.equals.push((name, text));
                        }
                        _ => return Err("`#eq?` needs a capture and a text".to_owned()),
                    }
                    self.close()?;
                    return Ok(None);
                }
                Some(Token::Word(word)) => {
                    let mut matcher = Matcher { kind: Some(self.kind(&word, true)?), ..wildcard(false) };
                    self.children(&mut matcher)?;
                    matcher
                }
                other => return Err(format!("a node's name is expected, not {other:?}")),
            },
            other => return Err(format!("a pattern is expected, not {other:?}")),
        };
        while let Some(Token::Capture(name)) = self.tokens.next_if(|t| matches!(t, Token::Capture(_))) {
            matcher.captures.push(name);
        }
        Ok(Some(matcher))
    }

    fn children(&mut self, matcher: &mut Matcher) -> Result<(), String> {
        let mut anchored = false;
        loop {
            match self.tokens.peek() {
                Some(Token::Close) => {
                    self.tokens.next();
                    matcher.closed = anchored;
                    return Ok(());
                }
                Some(Token::Dot) => {
                    self.tokens.next();
                    anchored = true;
                }
                Some(_) => {
                    if let Some(mut child) = self.matcher()? {
                        child.anchored = anchored;
                        matcher.children.push(child);
                    }
                    anchored = false;
                }
                None => return Err("a parenthesis is not closed".to_owned()),
            }
        }
    }

    fn close(&mut self) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Close) => Ok(()),
            other => Err(format!("a parenthesis is not closed before {other:?}")),
        }
    }
}

/// A child of a node with the field that it is in.
type Child<'t> = (Node<'t>, Option<u16>);

impl Patterns {
    /// Reads a query.
    pub(super) fn read(grammar: &Grammar, text: &str) -> Result<Patterns, String> {
        let mut reader = Reader { grammar, tokens: tokens(text).into_iter().peekable(), equals: Vec::new() };
        let mut out = Patterns::default();
        while reader.tokens.peek().is_some() {
            // a group: a pattern with its predicates
            let mut ahead = reader.tokens.clone();
            let group = ahead.next() == Some(Token::Open) && ahead.next() == Some(Token::Open);
            if group {
                reader.tokens.next();
            }
            let Some(root) = reader.matcher()? else { return Err("a predicate stands alone".to_owned()) };
            if group {
                while reader.tokens.peek() == Some(&Token::Open) {
                    reader.matcher()?;
                }
                reader.close()?;
            }
            let mut roles = Vec::new();
            for name in &root.captures {
                match capture(name) {
                    Some(Capture::Role(role)) => roles.push(role),
                    Some(_) => {}
                    None => return Err(format!("`@{name}` means nothing")),
                }
            }
            check_captures(&root.children)?;
            let &[role] = roles.as_slice() else { return Err("a pattern has not one role".to_owned()) };
            let Some(kind) = root.kind else { return Err("a pattern is of any node".to_owned()) };
            out.by_kind.entry(kind).or_default().push(out.patterns.len());
            out.patterns.push(Pattern { role, root, equals: std::mem::take(&mut reader.equals) });
        }
        Ok(out)
    }

    /// Tells every match in a tree: the pattern's number, the node, its role and parts.
    pub(super) fn matches<'t>(
        &self,
        root: Node<'t>,
        text: &str,
        mut tell: impl FnMut(usize, Node<'t>, Role, &Parts<'t>),
    ) {
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let known = self.by_kind.get(&node.kind_id()).map(Vec::as_slice).unwrap_or_default();
            for number in known {
                let Some(pattern) = self.patterns.get(*number) else { continue };
                let mut run = Run { text, pattern, tries: 0, found: Vec::new() };
                run.within(node, &pattern.root, Captured::new(), &mut |run, captured| run.accept(captured));
                for parts in run.found {
                    tell(*number, node, pattern.role, &parts);
                }
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }
}

fn check_captures(matchers: &[Matcher]) -> Result<(), String> {
    for matcher in matchers {
        for name in &matcher.captures {
            match capture(name) {
                Some(Capture::Part(_) | Capture::Helper) => {}
                _ => return Err(format!("`@{name}` is no part")),
            }
        }
        check_captures(&matcher.children)?;
    }
    Ok(())
}

/// Captures of a match under way.
type Captured<'p, 't> = SmallVec<[(&'p str, Node<'t>); 6]>;

/// What goes on when a node has matched.
type Next<'n, 'p, 't, 'r> = &'n mut dyn FnMut(&mut Run<'p, 't, 'r>, Captured<'p, 't>);

struct Run<'p, 't, 'r> {
    text: &'r str,
    pattern: &'p Pattern,
    tries: usize,
    found: Vec<Parts<'t>>,
}

impl<'p, 't, 'r> Run<'p, 't, 'r> {
    fn accept(&mut self, captured: Captured<'p, 't>) {
        let holds = self.pattern.equals.iter().all(|(name, wanted)| {
            let node = captured.iter().find(|(known, _)| known == name).map(|(_, node)| *node);
            node.and_then(|node| self.text.get(node.byte_range())) == Some(wanted)
        });
        // a capture of the root may be what the predicate is about
        if holds {
            let parts = captured.iter().filter_map(|(name, node)| match capture(name) {
                Some(Capture::Part(part)) => Some((part, *node)),
                _ => None,
            });
            self.found.push(parts.collect());
        }
    }

    /// A node that has the right kind: its captures and children.
    fn within(
        &mut self,
        node: Node<'t>,
        matcher: &'p Matcher,
        mut captured: Captured<'p, 't>,
        next: Next<'_, 'p, 't, 'r>,
    ) {
        captured.extend(matcher.captures.iter().map(|name| (name.as_str(), node)));
        if matcher.children.is_empty() {
            return next(self, captured);
        }
        let mut children: SmallVec<[Child<'t>; 8]> = SmallVec::new();
        let mut cursor = node.walk();
        if cursor.goto_first_child() {
            loop {
                let child = cursor.node();
                if !child.is_extra() {
                    children.push((child, cursor.field_id().map(std::num::NonZero::get)));
                }
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        self.siblings(&children, &matcher.children, matcher.closed, captured, next);
    }

    fn siblings(
        &mut self,
        children: &[Child<'t>],
        matchers: &'p [Matcher],
        closed: bool,
        captured: Captured<'p, 't>,
        next: Next<'_, 'p, 't, 'r>,
    ) {
        let Some((first, rest)) = matchers.split_first() else {
            if !(closed && children.iter().any(|(child, _)| child.is_named())) {
                next(self, captured);
            }
            return;
        };
        for (index, (child, field)) in children.iter().enumerate() {
            self.tries += 1;
            if self.tries > MAX_TRIES {
                return;
            }
            let fits = match first.kind {
                Some(kind) => child.kind_id() == kind,
                None => first.anonymous || child.is_named(),
            } && first.field.is_none_or(|wanted| *field == Some(wanted));
            if fits {
                let behind = children.get(index + 1..).unwrap_or_default();
                self.within(*child, first, captured.clone(), &mut |run, captured| {
                    run.siblings(behind, rest, closed, captured, &mut *next);
                });
            }
            if first.anchored && child.is_named() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, text: &str) -> Vec<String> {
        let grammar: Grammar = tree_sitter_python::LANGUAGE.into();
        let patterns = Patterns::read(&grammar, query).unwrap();
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&grammar).unwrap();
        let tree = parser.parse(text, None).unwrap();
        let mut out = Vec::new();
        patterns.matches(tree.root_node(), text, |number, node, role, parts| {
            let parts: Vec<_> =
                parts.iter().map(|(part, n)| format!("{part:?}={}", &text[n.byte_range()])).collect();
            out.push(format!("{number} {role:?} {} {}", &text[node.byte_range()], parts.join(" ")));
        });
        out
    }

    #[test]
    fn patterns_find_what_they_say() {
        let calls = "(call function: (_) @callee arguments: (argument_list) @args) @call";
        assert_eq!(found(calls, "f(a)"), ["0 Call f(a) Callee=f Args=(a)"]);
        let bases = "(class_definition superclasses: (argument_list (_) @base)) @class";
        let class = "class A(B, C): pass";
        assert_eq!(
            found(bases, class),
            [format!("0 Class {class} Base=B"), format!("0 Class {class} Base=C")]
        );
        let first = "(argument_list . (_) @value) @wrap (argument_list (_) @value .) @wrap";
        assert_eq!(found(first, "f(a, b)"), ["0 Wrap (a, b) Value=a", "1 Wrap (a, b) Value=b"]);
        let own = "((identifier) @this (#eq? @this \"self\"))";
        assert_eq!(found(own, "self.x"), ["0 This self "]);
        let plus = "(binary_operator left: (_) @left operator: \"+\" right: (_) @right) @concat";
        assert_eq!(found(plus, "a + b\na - b"), ["0 Concat a + b Left=a Right=b"]);
    }

    #[test]
    fn mistakes_in_queries_are_told() {
        let grammar: Grammar = tree_sitter_python::LANGUAGE.into();
        for (query, told) in [
            ("(nothing) @call", "no node is called `nothing`"),
            ("(call nothing: (_) @callee) @call", "no field is called `nothing`"),
            ("(call) @nothing", "`@nothing` means nothing"),
            ("(call function: (_) @nothing) @call", "`@nothing` is no part"),
            ("(call", "a parenthesis is not closed"),
            ("(call)", "a pattern has not one role"),
        ] {
            assert_eq!(Patterns::read(&grammar, query).unwrap_err(), told);
        }
    }
}
