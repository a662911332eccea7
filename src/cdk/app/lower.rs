//! From a file's syntax tree to the form that all languages share.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use tree_sitter::{Node, Parser};

use crate::Str;

use super::ir::{Call, Callee, Class, Entry, Expr, Function, Kind, Module, Param, Piece, Range};
use super::language::{Language, Part, Role};

/// How deeply expressions may be nested. Chains of calls count too: a builder with two hundred properties.
const MAX_DEPTH: usize = 450;

/// What is known of one node.
struct Entrance<'t> {
    role: Role,
    pattern: usize,
    parts: SmallVec<[(Part, Node<'t>); 4]>,
}

/// Reads a file; none if the parser gives up.
pub(super) fn read(language: Language, text: &str) -> Option<Module> {
    let patterns = language.patterns()?;
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    let tree = parser.parse(text, None)?;
    let mut nodes: FxHashMap<usize, Entrance<'_>> = FxHashMap::default();
    patterns.matches(tree.root_node(), text, |pattern, node, role, parts| {
        let known =
            nodes.entry(node.id()).or_insert_with(|| Entrance { role, pattern, parts: SmallVec::new() });
        if known.role != role {
            // the pattern that stands first in the file says what a node is
            if known.pattern <= pattern {
                return;
            }
            *known = Entrance { role, pattern, parts: SmallVec::new() };
        }
        known.pattern = known.pattern.min(pattern);
        for (part, node) in parts {
            if !known.parts.iter().any(|(p, n)| p == part && n.id() == node.id()) {
                known.parts.push((*part, *node));
            }
        }
    });
    let mut lowering = Lowering { language, text, nodes, imports: Vec::new(), too_deep: false };
    let body = lowering.children(tree.root_node(), 0);
    Some(Module { body, imports: lowering.imports, too_deep: lowering.too_deep })
}

struct Lowering<'t> {
    language: Language,
    text: &'t str,
    nodes: FxHashMap<usize, Entrance<'t>>,
    imports: Vec<(Str, Str)>,
    too_deep: bool,
}

fn range(node: Node<'_>) -> Range {
    Range { start: node.start_byte() as u32, end: node.end_byte() as u32 }
}

/// The part of a string literal between its quotes.
fn unquoted(text: &str) -> &str {
    // r"…", $"…", @"…"; what has no quotes is a bare key
    let Some(open) = text.find(['"', '\'', '`']).filter(|at| *at <= 3) else { return text };
    let quoted = text.get(open..).unwrap_or(text);
    let inner = ["\"\"\"", "'''", "\"", "'", "`"]
        .iter()
        .find_map(|quote| quoted.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text)
}

impl<'t> Lowering<'t> {
    fn role(&self, node: Node<'t>) -> Option<Role> {
        self.nodes.get(&node.id()).map(|e| e.role)
    }

    fn part(&self, node: Node<'t>, part: Part) -> Option<Node<'t>> {
        self.nodes.get(&node.id())?.parts.iter().find(|(p, _)| *p == part).map(|(_, n)| *n)
    }

    fn parts(&self, node: Node<'t>, part: Part) -> Vec<Node<'t>> {
        let parts = self.nodes.get(&node.id()).map(|e| e.parts.as_slice()).unwrap_or_default();
        parts.iter().filter(|(p, _)| *p == part).map(|(_, n)| *n).collect()
    }

    fn slice(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    fn named(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        let children: Vec<Node<'t>> = node.named_children(&mut cursor).collect();
        children.into_iter().filter(|n| self.role(*n) != Some(Role::Skip)).collect()
    }

    fn children(&mut self, node: Node<'t>, depth: usize) -> Vec<Expr> {
        self.named(node).into_iter().filter_map(|child| self.statement(child, depth)).collect()
    }

    /// Nodes in which nothing of interest is are left out.
    fn statement(&mut self, node: Node<'t>, depth: usize) -> Option<Expr> {
        let expr = self.expr(node, depth);
        (!matches!(&expr.kind, Kind::Unknown | Kind::Name(_) | Kind::Scalar)).then_some(expr)
    }

    fn boxed(&mut self, node: Node<'t>, depth: usize) -> Box<Expr> {
        Box::new(self.expr(node, depth))
    }

    /// A part of a node, lowered.
    fn expr_of(&mut self, node: Node<'t>, part: Part, depth: usize) -> Option<Box<Expr>> {
        let part = self.part(node, part)?;
        Some(self.boxed(part, depth))
    }

    fn expr(&mut self, node: Node<'t>, depth: usize) -> Expr {
        // parentheses, statements: what is inside is meant
        let mut node = node;
        while self.role(node).is_none() {
            match self.named(node).as_slice() {
                [only] => node = *only,
                _ => break,
            }
        }
        let kind = if depth > MAX_DEPTH {
            self.too_deep = true;
            Kind::Unknown
        } else {
            match self.role(node) {
                Some(role) => self.with_role(node, role, depth + 1),
                None => self.plain(node, depth + 1),
            }
        };
        Expr { range: range(node), kind }
    }

    /// What has no meaning of its own: blocks, branches, statements.
    fn plain(&mut self, node: Node<'t>, depth: usize) -> Kind {
        let body = self.children(node, depth);
        if body.is_empty() { Kind::Unknown } else { Kind::Block(body) }
    }

    fn with_role(&mut self, node: Node<'t>, role: Role, depth: usize) -> Kind {
        let kind = match role {
            Role::This => Some(Kind::This),
            Role::Ident => Some(Kind::Name(self.slice(node).into())),
            Role::Scalar => Some(Kind::Scalar),
            Role::Text => Some(self.text_of(node, depth)),
            Role::List => {
                Some(Kind::List(self.named(node).into_iter().map(|n| self.expr(n, depth)).collect()))
            }
            Role::Object => Some(self.object(node, depth)),
            Role::Member => self.member(node, depth),
            Role::Index => self.expr_of(node, Part::Object, depth).map(Kind::Element),
            Role::Call | Role::New | Role::SuperCall | Role::ThisCall => Some(self.call(node, role, depth)),
            Role::Assign => self
                .expr_of(node, Part::Target, depth)
                .and_then(|target| Some(Kind::Assign(target, self.expr_of(node, Part::Value, depth)?))),
            Role::Return => self.expr_of(node, Part::Value, depth).map(Kind::Return),
            Role::Wrap | Role::Piece | Role::Spread => {
                self.expr_of(node, Part::Value, depth).map(|inner| inner.kind)
            }
            Role::Either => self
                .expr_of(node, Part::Left, depth)
                .and_then(|left| Some(Kind::Either(left, self.expr_of(node, Part::Right, depth)?))),
            Role::Concat => self
                .expr_of(node, Part::Left, depth)
                .and_then(|left| Some(Kind::Concat(left, self.expr_of(node, Part::Right, depth)?))),
            Role::Loop => self.looped(node, depth),
            Role::Function | Role::Constructor => {
                let function = self.function(node, depth);
                Some(Kind::Function(Arc::new(function)))
            }
            Role::Class => Some(Kind::Class(Arc::new(self.class(node, depth)))),
            Role::Import => {
                self.import(node);
                Some(Kind::Unknown)
            }
            Role::Field => self.expr_of(node, Part::Value, depth).map(|inner| inner.kind),
            Role::Fragment | Role::Skip => Some(Kind::Unknown),
            Role::Param | Role::Rest | Role::Argument | Role::Entry | Role::Shorthand => None,
        };
        kind.unwrap_or_else(|| self.plain(node, depth))
    }

    fn import(&mut self, node: Node<'t>) {
        let Some(source) = self.part(node, Part::Source).map(|n| unquoted(self.slice(n))) else { return };
        let names = self.parts(node, Part::Name);
        if names.is_empty() {
            // Go: the package's name is the path's last part
            let name = source.rsplit('/').find(|part| !is_version(part)).unwrap_or(source);
            self.imports.push((name.into(), source.into()));
        }
        for name in names {
            self.imports.push((self.slice(name).into(), source.into()));
        }
    }

    fn text_of(&mut self, node: Node<'t>, depth: usize) -> Kind {
        let mut pieces = Vec::new();
        for child in self.named(node) {
            match self.role(child) {
                Some(Role::Fragment) => pieces.push(Piece::Literal(self.slice(child).into())),
                Some(Role::Piece) => pieces.push(Piece::Expr(self.expr(child, depth))),
                _ => {}
            }
        }
        if pieces.is_empty() && self.named(node).iter().all(|n| self.role(*n) != Some(Role::Piece)) {
            let inner = unquoted(self.slice(node));
            pieces.push(Piece::Literal(inner.into()));
        }
        Kind::Text(pieces)
    }

    fn object(&mut self, node: Node<'t>, depth: usize) -> Kind {
        let members = self.named(node);
        let mut entries = Vec::new();
        let mut elements = Vec::new();
        for member in members {
            let place = range(member);
            match self.role(member) {
                Some(Role::Entry) => {
                    let Some(key) = self.part(member, Part::Key) else { continue };
                    let value = match self.part(member, Part::Value) {
                        Some(value) => self.expr(value, depth),
                        None => self.expr(key, depth),
                    };
                    let key = unquoted(self.slice(key)).into();
                    entries.push(Entry { key: Some(key), range: place, value });
                }
                Some(Role::Assign) => {
                    let (Some(key), Some(value)) =
                        (self.part(member, Part::Target), self.part(member, Part::Value))
                    else {
                        continue;
                    };
                    let value = self.expr(value, depth);
                    let key = self.slice(key).trim_matches(['[', ']']);
                    entries.push(Entry { key: Some(unquoted(key).into()), range: place, value });
                }
                Some(Role::Shorthand) => {
                    let name: Str = self.slice(member).into();
                    let value = Expr { range: place, kind: Kind::Name(name.clone()) };
                    entries.push(Entry { key: Some(name), range: place, value });
                }
                Some(Role::Spread) => {
                    let Some(value) = self.part(member, Part::Value) else { continue };
                    let value = self.expr(value, depth);
                    entries.push(Entry { key: None, range: place, value });
                }
                Some(Role::Function) => {
                    let name = self.part(member, Part::Name).map(|n| Str::from(self.slice(n)));
                    let value = self.expr(member, depth);
                    entries.push(Entry { key: name, range: place, value });
                }
                _ => elements.push(self.expr(member, depth)),
            }
        }
        // `[]T{a, b}` and `new[] { a, b }` have the braces of an object
        if entries.is_empty() && !elements.is_empty() { Kind::List(elements) } else { Kind::Object(entries) }
    }

    fn member(&mut self, node: Node<'t>, depth: usize) -> Option<Kind> {
        let name = self.part(node, Part::Name)?;
        let of = self.expr_of(node, Part::Object, depth)?;
        Some(Kind::Member(of, plain_name(self.slice(name)), name.start_byte() as u32))
    }

    fn call(&mut self, node: Node<'t>, role: Role, depth: usize) -> Kind {
        let callee = match role {
            Role::SuperCall => Callee::Super,
            Role::ThisCall => Callee::This,
            Role::New => Callee::New(self.part(node, Part::Callee).map(|n| self.type_name(n, depth))),
            _ => match self.part(node, Part::Callee) {
                Some(callee) => Callee::Plain(self.expr(callee, depth)),
                None => {
                    let Some(name) = self.part(node, Part::Name) else { return Kind::Unknown };
                    let (text, start) = (plain_name(self.slice(name)), name.start_byte() as u32);
                    let kind = match self.expr_of(node, Part::Object, depth) {
                        Some(object) => Kind::Member(object, text, start),
                        None => Kind::Name(text),
                    };
                    Callee::Plain(Expr { range: range(name), kind })
                }
            },
        };
        let parentheses = self.part(node, Part::Args);
        let (args, named) = match parentheses {
            Some(parentheses) => self.arguments(parentheses, depth),
            None => (Vec::new(), Vec::new()),
        };
        let init = self.part(node, Part::Init).map(|n| self.expr(n, depth));
        Kind::Call(Box::new(Call { callee, args, named, parentheses: parentheses.map(range), init }))
    }

    fn arguments(&mut self, parentheses: Node<'t>, depth: usize) -> (Vec<Expr>, Vec<Entry>) {
        let (mut args, mut named) = (Vec::new(), Vec::new());
        for arg in self.named(parentheses) {
            let place = range(arg);
            match self.role(arg) {
                Some(Role::Argument) => {
                    let (Some(name), Some(value)) = (self.part(arg, Part::Name), self.part(arg, Part::Value))
                    else {
                        continue;
                    };
                    let value = self.expr(value, depth);
                    named.push(Entry { key: Some(self.slice(name).into()), range: place, value });
                }
                Some(Role::Spread) if self.language == Language::Python => {
                    let value = self.expr(arg, depth);
                    named.push(Entry { key: None, range: place, value });
                }
                _ => args.push(self.expr(arg, depth)),
            }
        }
        (args, named)
    }

    /// The class behind `new`.
    fn type_name(&mut self, node: Node<'t>, depth: usize) -> Expr {
        match self.role(node) {
            Some(Role::Ident | Role::Member) => self.expr(node, depth),
            _ if matches!(self.language, Language::Java | Language::CSharp) => {
                let text = plain_name(self.slice(node));
                let text = text.rsplit('.').next().unwrap_or(&text);
                Expr { range: range(node), kind: Kind::Name(text.into()) }
            }
            _ => self.expr(node, depth),
        }
    }

    fn looped(&mut self, node: Node<'t>, depth: usize) -> Option<Kind> {
        let bind = self.expr_of(node, Part::Bind, depth)?;
        let over = self.expr_of(node, Part::Over, depth)?;
        let body = self.part(node, Part::Body)?;
        let body = self.body(body, depth);
        Some(Kind::Loop { bind, over, body })
    }

    /// A block's statements, or the single one.
    fn body(&mut self, node: Node<'t>, depth: usize) -> Vec<Expr> {
        if self.role(node).is_some() {
            return vec![self.expr(node, depth)];
        }
        self.children(node, depth)
    }

    fn function(&mut self, node: Node<'t>, depth: usize) -> Function {
        let name = self.part(node, Part::Name).map(|n| Str::from(self.slice(n)));
        let params = self.part(node, Part::Params).map(|n| self.params(n, depth)).unwrap_or_default();
        let mut body = Vec::new();
        for (part, callee) in [(Part::SuperArgs, Callee::Super), (Part::ThisArgs, Callee::This)] {
            if let Some(parentheses) = self.part(node, part) {
                body.push(self.passed_on(parentheses, callee, depth));
            }
        }
        if let Some(statements) = self.part(node, Part::Body) {
            body.extend(self.body(statements, depth));
        }
        if self.part(node, Part::Body).is_none()
            && let Some(result) = self.part(node, Part::Result)
        {
            let value = self.boxed(result, depth);
            body.push(Expr { range: value.range, kind: Kind::Return(value) });
        }
        Function { name, params, body }
    }

    fn passed_on(&mut self, parentheses: Node<'t>, callee: Callee, depth: usize) -> Expr {
        let (args, named) = self.arguments(parentheses, depth);
        let place = range(parentheses);
        let call = Call { callee, args, named, parentheses: Some(place), init: None };
        Expr { range: place, kind: Kind::Call(Box::new(call)) }
    }

    fn params(&mut self, node: Node<'t>, depth: usize) -> Vec<Param> {
        if self.role(node) == Some(Role::Ident) {
            let target = self.expr(node, depth);
            return vec![Param { target, default: None, own: false, rest: false }];
        }
        let mut params = Vec::new();
        for param in self.named(node) {
            match self.role(param) {
                Some(role @ (Role::Param | Role::Rest)) => {
                    let default = self.part(param, Part::Default).map(|n| self.expr(n, depth));
                    let own = self.part(param, Part::Own).is_some();
                    // Go: `a, b string`
                    for name in self.parts(param, Part::Name) {
                        let target = self.pattern(name, depth);
                        params.push(Param { target, default: None, own, rest: role == Role::Rest });
                    }
                    if let Some(last) = params.last_mut() {
                        last.default = default;
                    }
                }
                Some(Role::This) => {}
                Some(_) => {
                    let target = self.expr(param, depth);
                    params.push(Param { target, default: None, own: false, rest: false });
                }
                // `*` alone, `/`, `params object[] more`
                None => {}
            }
        }
        params
    }

    /// What a parameter binds; in grammars that have an own kind of node for the name it is a name all the same.
    fn pattern(&mut self, node: Node<'t>, depth: usize) -> Expr {
        match self.role(node) {
            Some(Role::Object | Role::Ident | Role::List) => self.expr(node, depth),
            _ => Expr { range: range(node), kind: Kind::Name(self.slice(node).into()) },
        }
    }

    fn class(&mut self, node: Node<'t>, depth: usize) -> Class {
        let name = self.part(node, Part::Name).map(|n| Str::from(self.slice(n))).unwrap_or_default();
        let base = self.part(node, Part::Base).map(|n| self.type_name(n, depth));
        let primary = self.part(node, Part::Params).map(|params| {
            let params = self.params(params, depth);
            let passed = self.part(node, Part::SuperArgs);
            let body = passed.map(|p| self.passed_on(p, Callee::Super, depth)).into_iter().collect();
            Arc::new(Function { name: None, params, body })
        });
        let mut class = Class {
            name,
            base,
            primary,
            constructors: Vec::new(),
            methods: Vec::new(),
            fields: Vec::new(),
            inner: Vec::new(),
        };
        if let Some(body) = self.part(node, Part::Body) {
            self.members(body, &mut class, depth);
        }
        class
    }

    fn members(&mut self, body: Node<'t>, class: &mut Class, depth: usize) {
        if depth > MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        for member in self.named(body) {
            match self.role(member) {
                Some(Role::Constructor) => {
                    class.constructors.push(Arc::new(self.function(member, depth)));
                }
                Some(Role::Function) => {
                    let function = Arc::new(self.function(member, depth));
                    let name = function.name.as_deref();
                    if name == Some("constructor") || name == Some("__init__") {
                        class.constructors.push(function);
                    } else {
                        class.methods.push(function);
                    }
                }
                Some(Role::Field | Role::Assign) => {
                    let name = self.part(member, Part::Name).or_else(|| self.part(member, Part::Target));
                    let Some(value) = self.part(member, Part::Value) else { continue };
                    let value = self.expr(value, depth);
                    if let Some(name) = name {
                        class.fields.push((self.slice(name).into(), value));
                    }
                }
                Some(Role::Class) => class.inner.push(Arc::new(self.class(member, depth + 1))),
                Some(_) => {}
                // decorators, wrappers
                None => self.members(member, class, depth + 1),
            }
        }
    }
}

/// A name without type arguments.
fn plain_name(text: &str) -> Str {
    text.split('<').next().unwrap_or(text).trim().into()
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
