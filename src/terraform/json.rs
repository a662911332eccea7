//! JSON configuration syntax: strings are templates, nesting stands for labels and blocks.
//!
//! Source: Terraform documentation, "JSON Configuration Syntax".

use std::sync::Arc;

use smallvec::SmallVec;

use crate::Str;
use crate::program::hcl::{MAX_DEPTH, Names, Reader, SpanMap, Traversal};
use crate::program::{Attribute, Block, Body, Dynamic, Expr, ExprKind, Literal, ObjectItem, Quantity, Root};
use crate::source::{Diagnostic, SourceFile, Span};
use crate::syntax::{Kind, NodeId, Tree, flags, hcl};

use super::file::{Member, RawBlock};
use super::names::TerraformNames;

/// Reads blocks and expressions of one `.tf.json` file.
#[derive(Debug)]
pub(super) struct JsonReader<'t, 'd> {
    pub(super) tree: &'t Tree,
    pub(super) names: TerraformNames<'d>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Iterators of the `dynamic` blocks around.
    scope: Vec<Str>,
    depth: usize,
}

/// The member that holds a comment.
const COMMENT: &str = "//";

/// A JSON string's text, and where its bytes come from.
pub(super) fn decode_string(tree: &Tree, node: NodeId) -> Option<(String, SpanMap)> {
    let data = tree.node(node);
    if data.kind != Kind::Scalar || data.flags & flags::DOUBLE_QUOTED == 0 {
        return None;
    }
    let raw = tree.text(node);
    let raw = raw.strip_prefix('"').unwrap_or(raw);
    let raw = raw.strip_suffix('"').unwrap_or(raw);
    let start = data.start + 1;
    let within = Span::new(tree.file.id, start, start + raw.len() as u32);
    let mut map = SpanMap { segments: vec![(0, start)], within: Some(within) };
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let (decoded, used) = decode_escape(from);
        text.push(decoded);
        rest = from.get(used..).unwrap_or("");
        map.segments.push((text.len() as u32, start + (raw.len() - rest.len()) as u32));
    }
    text.push_str(rest);
    Some((text, map))
}

/// The character that an escape at the start of `text` stands for, and its length. The parser has reported bad ones.
fn decode_escape(text: &str) -> (char, usize) {
    let hex = |from: usize| text.get(from..from + 4).and_then(|d| u32::from_str_radix(d, 16).ok());
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => match hex(2) {
            Some(high @ 0xd800..=0xdbff) => match (text.get(6..8), hex(8)) {
                (Some("\\u"), Some(low @ 0xdc00..=0xdfff)) => {
                    let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
                _ => (char::REPLACEMENT_CHARACTER, 6),
            },
            Some(code) => (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            None => (char::REPLACEMENT_CHARACTER, 2),
        },
        Some(&other) if other.is_ascii() => (char::from(other), 2),
        _ => ('\\', 1),
    }
}

/// Parses text that was taken out of a JSON string, as a template or as an expression, and hands the node to `read`.
/// `map` gives the text's place.
pub(super) fn parse_embedded<T>(
    file: &SourceFile,
    text: &str,
    template: bool,
    mut map: SpanMap,
    read: impl FnOnce(&Tree, Option<NodeId>, SpanMap) -> T,
) -> T {
    if !template {
        let embedded = SourceFile::detached(file.id, file.path.clone(), text);
        let tree = hcl::parse_expression(Arc::new(embedded), 0, u32::MAX);
        return read(&tree, tree.child(tree.root(), 0), map);
    }
    // In a heredoc text is as literal as it is in a template taken from JSON.
    let (prefix, suffix) = ("v = <<MASUGATA_TEMPLATE\n", "\nMASUGATA_TEMPLATE\n");
    for (from, _) in &mut map.segments {
        *from += prefix.len() as u32;
    }
    let embedded = SourceFile::detached(file.id, file.path.clone(), format!("{prefix}{text}{suffix}"));
    let tree = hcl::parse(Arc::new(embedded));
    let value = crate::program::hcl::attributes(&tree, tree.root()).next().and_then(|a| a.value);
    read(&tree, value, map)
}

impl<'t, 'd> JsonReader<'t, 'd> {
    pub(super) fn new(tree: &'t Tree, names: TerraformNames<'d>) -> Self {
        JsonReader { tree, names, diagnostics: Vec::new(), scope: Vec::new(), depth: 0 }
    }

    /// The file's top-level value.
    pub(super) fn root(&self) -> Option<NodeId> {
        let document = self.tree.children(self.tree.root()).find(|&n| self.tree.kind(n) == Kind::Document)?;
        self.tree.child(document, 0)
    }

    /// The key (text, place) and value of a pair.
    fn pair(&self, pair: NodeId) -> Option<(Str, NodeId, Option<NodeId>)> {
        if self.tree.kind(pair) != Kind::Pair {
            return None;
        }
        let mut children = self.tree.children(pair);
        let key = children.next()?;
        let (text, _) = decode_string(self.tree, key)?;
        Some((text.into(), key, children.next()))
    }

    /// The members of an object, or of all objects of an array.
    pub(super) fn members(&self, body: NodeId) -> Vec<Member<'t>> {
        let mut out = Vec::new();
        let objects: SmallVec<[NodeId; 1]> = match self.tree.kind(body) {
            Kind::Sequence => self.tree.children(body).collect(),
            _ => SmallVec::from_elem(body, 1),
        };
        for object in objects.into_iter().filter(|&n| self.tree.kind(n) == Kind::Mapping) {
            for node in self.tree.children(object) {
                let Some((name, key, value)) = self.pair(node) else { continue };
                if name == COMMENT {
                    continue;
                }
                out.push(Member {
                    name,
                    name_span: self.tree.span(key),
                    span: self.tree.span(node),
                    value,
                    block: None,
                });
            }
        }
        out
    }

    /// The blocks that a member stands for, when its name is that of a block type with so many labels.
    pub(super) fn nested(&self, member: &Member<'t>, labels: usize) -> Vec<RawBlock> {
        let mut out = Vec::new();
        if let Some(value) = member.value {
            let block = RawBlock {
                kind: member.name.clone(),
                labels: SmallVec::new(),
                body: None,
                header: member.name_span,
                span: member.span,
            };
            self.descend(value, labels, block, &mut out);
        }
        out
    }

    fn descend(&self, value: NodeId, labels: usize, block: RawBlock, out: &mut Vec<RawBlock>) {
        match self.tree.kind(value) {
            Kind::Sequence => {
                for element in self.tree.children(value).filter(|&n| self.tree.kind(n) != Kind::Sequence) {
                    let span = if labels == 0 { self.tree.span(element) } else { block.span };
                    self.descend(element, labels, RawBlock { span, ..block.clone() }, out);
                }
            }
            Kind::Mapping if labels > 0 => {
                for node in self.tree.children(value) {
                    let Some((label, key, Some(inner))) = self.pair(node) else { continue };
                    if label == COMMENT {
                        continue;
                    }
                    let mut block = block.clone();
                    block.labels.push((label, self.tree.span(key)));
                    block.header = self.tree.span(key);
                    block.span = self.tree.span(node);
                    self.descend(inner, labels - 1, block, out);
                }
            }
            Kind::Mapping => out.push(RawBlock { body: Some(value), ..block }),
            _ => {}
        }
    }

    /// An expression: strings are templates, everything else is itself.
    pub(super) fn expr(&mut self, node: NodeId) -> Expr {
        let span = self.tree.span(node);
        if self.depth >= MAX_DEPTH {
            if !self.diagnostics.iter().any(|d| d.code == "budget-depth") {
                let message = format!("this value nests deeper than the budget of {MAX_DEPTH} levels");
                self.diagnostics.push(Diagnostic::error("budget-depth", message, span));
            }
            return Expr::new(ExprKind::Unknown("budget: nested too deep".into()), span);
        }
        self.depth += 1;
        let expr = self.expr_at(node, span);
        self.depth -= 1;
        expr
    }

    fn expr_at(&mut self, node: NodeId, span: Span) -> Expr {
        let tree = self.tree;
        let kind = match tree.kind(node) {
            Kind::Null => ExprKind::Literal(Literal::Null),
            Kind::Scalar => match decode_string(tree, node) {
                Some((text, map)) => return self.template(&text, map, span),
                None => ExprKind::Literal(plain_scalar(tree.text(node))),
            },
            Kind::Sequence => ExprKind::List(tree.children(node).map(|n| self.expr(n)).collect()),
            Kind::Mapping => {
                let mut items = Vec::new();
                for pair in tree.children(node) {
                    let mut children = tree.children(pair);
                    let Some(key) = children.next().filter(|_| tree.kind(pair) == Kind::Pair) else {
                        return damaged(span);
                    };
                    let key = self.expr(key);
                    if key.as_string().is_some_and(|k| k == COMMENT) {
                        continue;
                    }
                    let value = children.next().map_or_else(|| damaged(tree.span(pair)), |n| self.expr(n));
                    items.push(ObjectItem { key, value, span: tree.span(pair) });
                }
                ExprKind::Object(items)
            }
            _ => return damaged(span),
        };
        Expr::new(kind, span)
    }

    fn template(&mut self, text: &str, map: SpanMap, span: Span) -> Expr {
        if !text.contains("${") && !text.contains("%{") {
            return Expr::string(text, span);
        }
        let mut expr = self.embedded(text, true, map, span);
        expr.span = span;
        expr
    }

    /// A string that holds a reference (`depends_on`) or another whole expression.
    pub(super) fn reference(&mut self, node: NodeId) -> Expr {
        let span = self.tree.span(node);
        match decode_string(self.tree, node) {
            Some((text, map)) if text.contains("${") => self.template(&text, map, span),
            Some((text, map)) => self.embedded(&text, false, map, span),
            None => self.expr(node),
        }
    }

    fn embedded(&mut self, text: &str, template: bool, map: SpanMap, span: Span) -> Expr {
        let Self { tree, names, diagnostics, scope, .. } = self;
        parse_embedded(&tree.file, text, template, map, |inner, value, map| {
            diagnostics.extend(inner.errors.iter().map(|error| {
                let mut diagnostic = error.to_diagnostic();
                diagnostic.span = diagnostic.span.map(|s| map.map(s));
                diagnostic.labels.clear();
                diagnostic
            }));
            let Some(value) = value else { return damaged(span) };
            let resolve = |traversal: Traversal<'_>| -> (Root, usize) { names.resolve(traversal) };
            let mut reader = Reader::mapped(inner, resolve, map);
            let expr = reader.with_bound(scope.iter().cloned(), |reader| reader.expr(value));
            diagnostics.append(&mut reader.diagnostics);
            expr
        })
    }

    /// A member as an attribute.
    pub(super) fn attribute(&mut self, member: &Member<'t>) -> Attribute {
        let value = match member.value {
            Some(value) => self.expr(value),
            None => damaged(member.span),
        };
        Attribute { name: member.name.clone(), name_span: member.name_span, value, span: member.span }
    }

    /// The `dynamic` blocks that a member of that name stands for.
    pub(super) fn dynamic(&mut self, member: &Member<'t>) -> Vec<Block> {
        let mut out = Vec::new();
        for raw in self.nested(member, 1) {
            let (Some((name, _)), Some(body)) = (raw.labels.first().cloned(), raw.body) else { continue };
            let members = self.members(body);
            let find = |wanted: &str| members.iter().find(|m| m.name == wanted);
            let for_each = match find("for_each").and_then(|m| m.value) {
                Some(value) => self.expr(value),
                None => damaged(raw.span),
            };
            let iterator = find("iterator")
                .and_then(|m| decode_string(self.tree, m.value?))
                .map_or_else(|| name.clone(), |(text, _)| text.into());
            let contents = find("content").map(|m| self.nested(m, 0)).unwrap_or_default();
            let labels = find("labels").and_then(|m| m.value);
            self.scope.push(iterator.clone());
            let labels = labels.map(|value| self.expr(value));
            let body = contents.first().and_then(|c| c.body).map(|b| self.body(b)).unwrap_or_default();
            self.scope.pop();
            let dynamic = Some(Dynamic { for_each, iterator, labels });
            out.push(Block { name, labels: Vec::new(), header: raw.header, span: raw.span, body, dynamic });
        }
        out
    }

    /// An object as a body: which members are blocks only a provider's schema tells, so all are attributes, but for
    /// `dynamic`.
    pub(super) fn body(&mut self, node: NodeId) -> Body {
        let mut body = Body { span: Some(self.tree.span(node)), ..Body::default() };
        if self.depth >= MAX_DEPTH {
            return body;
        }
        self.depth += 1;
        for member in self.members(node) {
            if member.name == "dynamic" {
                body.blocks.extend(self.dynamic(&member));
            } else {
                body.attributes.push(self.attribute(&member));
            }
        }
        self.depth -= 1;
        body
    }
}

fn damaged(span: Span) -> Expr {
    Expr::new(ExprKind::Unknown("syntax error".into()), span)
}

/// A JSON value as it stands: strings are no templates.
pub(super) fn literal(tree: &Tree, node: NodeId) -> Expr {
    literal_at(tree, node, 0)
}

fn literal_at(tree: &Tree, node: NodeId, depth: usize) -> Expr {
    let span = tree.span(node);
    if depth > MAX_DEPTH {
        return Expr::new(ExprKind::Unknown("budget: nested too deep".into()), span);
    }
    let kind = match tree.kind(node) {
        Kind::Null => ExprKind::Literal(Literal::Null),
        Kind::Scalar => match decode_string(tree, node) {
            Some((text, _)) => ExprKind::Literal(Literal::String(text.into())),
            None => ExprKind::Literal(plain_scalar(tree.text(node))),
        },
        Kind::Sequence => {
            ExprKind::List(tree.children(node).map(|n| literal_at(tree, n, depth + 1)).collect())
        }
        Kind::Mapping => ExprKind::Object(
            tree.children(node)
                .filter_map(|pair| {
                    let (key, value) = (tree.child(pair, 0)?, tree.child(pair, 1)?);
                    let (name, _) = decode_string(tree, key)?;
                    let key = Expr::string(name, tree.span(key));
                    Some(ObjectItem { key, value: literal_at(tree, value, depth + 1), span: tree.span(pair) })
                })
                .collect(),
        ),
        _ => return damaged(span),
    };
    Expr::new(kind, span)
}

/// `true`, `false` or a number.
pub(super) fn plain_scalar(text: &str) -> Literal {
    match text {
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        number => Literal::Number(match number.parse() {
            Ok(n) => Quantity::Int(n),
            Err(_) => Quantity::Decimal(number.into()),
        }),
    }
}
