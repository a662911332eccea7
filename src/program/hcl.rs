//! From HCL syntax trees to expressions, bodies and blocks: for Terraform files and policy pages alike. What names
//! mean is the caller's business (the [`Names`] trait); everything else about the language is here.

use smallvec::SmallVec;

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, NodeId, Tree, flags};

use super::expr::{BinaryOp, Expr, ExprKind, ForExpr, Literal, ObjectItem, Quantity, Root, UnaryOp};
use super::module::{Attribute, Block, Body, Dynamic};

/// How deep expressions may nest and how many steps one traversal may have; deeper ones are unknown, with a
/// diagnostic.
pub const MAX_DEPTH: usize = 300;

/// How many operands one chain of binary operators may have.
pub const MAX_OPERANDS: usize = 1_000;

/// A reference whose first name is not bound by a `for` or an iterator: `aws_s3_bucket.logs.id` has the name
/// `aws_s3_bucket` and the steps `logs`, `id`.
#[derive(Clone, Copy, Debug)]
pub struct Traversal<'a> {
    /// The first name.
    pub name: &'a str,
    /// The attribute names that follow it directly (up to the first index, splat or other step).
    pub steps: &'a [&'a str],
    /// The place of the name with these steps.
    pub span: Span,
    /// The place of the first name alone.
    pub name_span: Span,
}

/// Gives names their meaning.
pub trait Names {
    /// What the reference means, and how many of its steps belong to that meaning: `var.env.name` is
    /// `Root::Input("env")` and 1. A name that nothing declares is `Root::Undeclared`; reporting it is up to the
    /// implementation.
    fn resolve(&mut self, traversal: Traversal<'_>) -> (Root, usize);
}

impl<F: FnMut(Traversal<'_>) -> (Root, usize)> Names for F {
    fn resolve(&mut self, traversal: Traversal<'_>) -> (Root, usize) {
        self(traversal)
    }
}

/// Where the bytes of a text that was taken out of another file (a JSON string) come from.
#[derive(Clone, Debug, Default)]
pub struct SpanMap {
    /// For ranges of the taken text, in order: their first offset, and the offset it has in the real file.
    pub segments: Vec<(u32, u32)>,
    /// The span that everything lies in; offsets are clamped to it.
    pub within: Option<Span>,
}

impl SpanMap {
    /// The real place of a place in the taken text.
    pub fn map(&self, span: Span) -> Span {
        let Some(within) = self.within else { return span };
        let at = |offset: u32| {
            let i = self.segments.partition_point(|&(virtual_start, _)| virtual_start <= offset);
            let real = match i.checked_sub(1).and_then(|i| self.segments.get(i)) {
                Some(&(from, to)) => to + (offset - from),
                None => within.start,
            };
            real.clamp(within.start, within.end)
        };
        Span::new(within.file, at(span.start), at(span.end))
    }
}

/// Reads expressions, bodies and blocks of one tree.
#[derive(Debug)]
pub struct Reader<'t, N> {
    /// The tree.
    pub tree: &'t Tree,
    /// What names mean.
    pub names: N,
    /// What was wrong so far, beside the tree's own syntax errors.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether `dynamic` blocks are understood (Terraform) or are blocks like any other.
    pub dynamic: bool,
    pub(super) map: Option<SpanMap>,
    scope: Vec<Str>,
    depth: usize,
}

/// A block's pieces before its body is read.
#[derive(Clone, Debug)]
pub struct BlockParts<'t> {
    /// The block's node.
    pub node: NodeId,
    /// Its type: `resource`.
    pub kind: &'t str,
    /// The type's place.
    pub kind_span: Span,
    /// Its labels with their places (quotes included).
    pub labels: SmallVec<[(Str, Span); 2]>,
    /// Its body; none only where the source is damaged.
    pub body: Option<NodeId>,
    /// From the type to the last label.
    pub header: Span,
    /// The whole block.
    pub span: Span,
}

/// An attribute's pieces before its value is read.
#[derive(Clone, Copy, Debug)]
pub struct AttributeParts<'t> {
    /// Its name.
    pub name: &'t str,
    /// The name's place.
    pub name_span: Span,
    /// The value's node; none only where the source is damaged.
    pub value: Option<NodeId>,
    /// The whole attribute.
    pub span: Span,
}

/// The pieces of a `Kind::Block` node.
pub fn block_parts(tree: &Tree, node: NodeId) -> Option<BlockParts<'_>> {
    if tree.kind(node) != Kind::Block {
        return None;
    }
    let mut children = tree.children(node);
    let name = children.next().filter(|&n| tree.kind(n) == Kind::Identifier)?;
    let mut parts = BlockParts {
        node,
        kind: tree.text(name),
        kind_span: tree.span(name),
        labels: SmallVec::new(),
        body: None,
        header: tree.span(name),
        span: tree.span(node),
    };
    for child in children {
        match tree.kind(child) {
            Kind::Identifier => parts.labels.push((tree.text(child).into(), tree.span(child))),
            Kind::Template => {
                parts.labels.push((tree.string_value(child).unwrap_or_default(), tree.span(child)))
            }
            Kind::Body => {
                parts.body = Some(child);
                continue;
            }
            _ => continue,
        }
        parts.header = parts.header.to(tree.span(child));
    }
    Some(parts)
}

/// The pieces of a `Kind::Attribute` node.
pub fn attribute_parts(tree: &Tree, node: NodeId) -> Option<AttributeParts<'_>> {
    if tree.kind(node) != Kind::Attribute {
        return None;
    }
    let mut children = tree.children(node);
    let name = children.next().filter(|&n| tree.kind(n) == Kind::Identifier)?;
    Some(AttributeParts {
        name: tree.text(name),
        name_span: tree.span(name),
        value: children.next(),
        span: tree.span(node),
    })
}

/// The blocks directly in a body (or in the `File` node's body).
pub fn blocks(tree: &Tree, body: NodeId) -> impl Iterator<Item = BlockParts<'_>> {
    tree.children(body_of(tree, body)).filter_map(|n| block_parts(tree, n))
}

/// The attributes directly in a body (or in the `File` node's body).
pub fn attributes(tree: &Tree, body: NodeId) -> impl Iterator<Item = AttributeParts<'_>> {
    tree.children(body_of(tree, body)).filter_map(|n| attribute_parts(tree, n))
}

/// The body of a `File` node; any other node itself.
fn body_of(tree: &Tree, node: NodeId) -> NodeId {
    match tree.kind(node) {
        Kind::File => tree.children(node).find(|&n| tree.kind(n) == Kind::Body).unwrap_or(node),
        _ => node,
    }
}

/// The text of a literal: a quoted string or heredoc without interpolation, or a bare name.
pub fn literal_text(tree: &Tree, node: NodeId) -> Option<Str> {
    tree.string_value(node)
}

impl<'t, N: Names> Reader<'t, N> {
    /// A reader of a tree.
    pub fn new(tree: &'t Tree, names: N) -> Self {
        Reader { tree, names, diagnostics: Vec::new(), dynamic: true, map: None, scope: Vec::new(), depth: 0 }
    }

    /// A reader of a text that was taken out of another file.
    pub fn mapped(tree: &'t Tree, names: N, map: SpanMap) -> Self {
        Reader { map: Some(map), ..Self::new(tree, names) }
    }

    /// Makes names known as bound ones while `read` runs.
    pub fn with_bound<T>(
        &mut self,
        names: impl IntoIterator<Item = Str>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.scope.len();
        self.scope.extend(names);
        let result = read(self);
        self.scope.truncate(before);
        result
    }

    /// A node's place in the real file.
    pub fn span(&self, id: NodeId) -> Span {
        let span = self.tree.span(id);
        match &self.map {
            Some(map) => map.map(span),
            None => span,
        }
    }

    /// Reads an expression node. A damaged one is [`ExprKind::Unknown`].
    pub fn expr(&mut self, id: NodeId) -> Expr {
        if self.depth >= MAX_DEPTH {
            return self.too_deep(id);
        }
        self.depth += 1;
        let expr = self.expr_at(id);
        self.depth -= 1;
        expr
    }

    /// Reads an attribute.
    pub fn attribute(&mut self, parts: AttributeParts<'_>) -> Attribute {
        let map = |span: Span, map: &Option<SpanMap>| map.as_ref().map_or(span, |m| m.map(span));
        let value = match parts.value {
            Some(value) => self.expr(value),
            None => damaged(map(parts.span, &self.map)),
        };
        Attribute {
            name: parts.name.into(),
            name_span: map(parts.name_span, &self.map),
            value,
            span: map(parts.span, &self.map),
        }
    }

    /// Reads a body: all its attributes and blocks.
    pub fn body(&mut self, id: NodeId) -> Body {
        self.body_where(id, |_| true)
    }

    /// Reads those attributes and blocks of a body whose name `wanted` accepts.
    pub fn body_where(&mut self, id: NodeId, mut wanted: impl FnMut(&str) -> bool) -> Body {
        let tree = self.tree;
        let id = body_of(tree, id);
        let mut body = Body { span: Some(self.span(id)), ..Body::default() };
        for child in tree.children(id) {
            if let Some(parts) = attribute_parts(tree, child) {
                if wanted(parts.name) {
                    body.attributes.push(self.attribute(parts));
                }
            } else if let Some(parts) = block_parts(tree, child)
                && wanted(parts.kind)
            {
                body.blocks.extend(self.block(parts));
            }
        }
        body
    }

    /// Reads a block; none (and a diagnostic) for a `dynamic` block that makes no sense.
    pub fn block(&mut self, parts: BlockParts<'_>) -> Option<Block> {
        if self.dynamic && parts.kind == "dynamic" {
            return self.dynamic_block(parts);
        }
        let body = match parts.body {
            Some(body) => self.nested_body(body),
            None => Body::default(),
        };
        Some(Block {
            name: parts.kind.into(),
            labels: parts.labels.into_iter().map(|(label, _)| label).collect(),
            header: parts.header,
            span: parts.span,
            body,
            dynamic: None,
        })
    }

    fn nested_body(&mut self, id: NodeId) -> Body {
        if self.depth >= MAX_DEPTH {
            self.too_deep(id);
            return Body::default();
        }
        self.depth += 1;
        let body = self.body(id);
        self.depth -= 1;
        body
    }

    fn dynamic_block(&mut self, parts: BlockParts<'_>) -> Option<Block> {
        let tree = self.tree;
        let Some((name, _)) = parts.labels.first().cloned() else {
            self.diagnostics.push(
                Diagnostic::error(
                    "invalid-block",
                    "a `dynamic` block needs the type of its blocks as a label",
                    parts.header,
                )
                .with_help("write for example `dynamic \"ingress\" { … }`"),
            );
            return None;
        };
        let body = parts.body?;
        let find = |wanted: &str| attributes(tree, body).find(|a| a.name == wanted).and_then(|a| a.value);
        let for_each = match find("for_each") {
            Some(node) => self.expr(node),
            None => {
                self.diagnostics.push(Diagnostic::error(
                    "invalid-block",
                    format!("`dynamic \"{name}\"` has no `for_each`"),
                    parts.header,
                ));
                Expr::new(ExprKind::Unknown("a `dynamic` block without `for_each`".into()), parts.header)
            }
        };
        let iterator =
            find("iterator").and_then(|node| literal_text(tree, node)).unwrap_or_else(|| name.clone());
        let content = blocks(tree, body).find(|b| b.kind == "content");
        if content.is_none() {
            self.diagnostics.push(Diagnostic::error(
                "invalid-block",
                format!("`dynamic \"{name}\"` has no `content` block"),
                parts.header,
            ));
        }
        let labels = find("labels");
        let (labels, body) = self.with_bound([iterator.clone()], |reader| {
            let labels = labels.map(|node| reader.expr(node));
            let body = content.and_then(|c| c.body).map(|b| reader.nested_body(b));
            (labels, body)
        });
        Some(Block {
            name,
            labels: Vec::new(),
            header: parts.header,
            span: parts.span,
            body: body.unwrap_or_default(),
            dynamic: Some(Dynamic { for_each, iterator, labels }),
        })
    }

    fn expr_at(&mut self, id: NodeId) -> Expr {
        let tree = self.tree;
        let node = tree.node(id);
        let span = self.span(id);
        if node.flags & flags::RECOVERED != 0 && node.kind != Kind::Paren {
            return damaged(span);
        }
        let kind = match node.kind {
            Kind::Number => ExprKind::Literal(Literal::Number(quantity(tree.text(id)))),
            Kind::Bool => ExprKind::Literal(Literal::Bool(tree.text(id) == "true")),
            Kind::Null => ExprKind::Literal(Literal::Null),
            Kind::Template | Kind::Heredoc => return self.template(id),
            Kind::Tuple => ExprKind::List(tree.children(id).map(|n| self.expr(n)).collect()),
            Kind::Object => match self.object(id) {
                Some(items) => ExprKind::Object(items),
                None => return damaged(span),
            },
            Kind::ForTuple | Kind::ForObject => match self.for_expr(id) {
                Some(for_expr) => ExprKind::For(Box::new(for_expr)),
                None => return damaged(span),
            },
            Kind::Call => match self.call(id) {
                Some(call) => call,
                None => return damaged(span),
            },
            Kind::Variable | Kind::GetAttr | Kind::Index | Kind::AttrSplat | Kind::FullSplat => {
                return self.traversal(id);
            }
            Kind::Unary => {
                let Some(operand) = tree.child(id, 0) else { return damaged(span) };
                let op = if node.aux >> 8 == u16::from(b'!') { UnaryOp::Not } else { UnaryOp::Neg };
                ExprKind::Unary(op, Box::new(self.expr(operand)))
            }
            Kind::Binary => return self.binary(id),
            Kind::Conditional => {
                let mut children = tree.children(id);
                let (Some(condition), Some(yes), Some(no)) =
                    (children.next(), children.next(), children.next())
                else {
                    return damaged(span);
                };
                let condition = Box::new(self.expr(condition));
                let yes = Box::new(self.expr(yes));
                ExprKind::Conditional(condition, yes, Box::new(self.expr(no)))
            }
            Kind::Paren => match tree.child(id, 0) {
                Some(inner) => return self.expr(inner),
                None => return damaged(span),
            },
            _ => return damaged(span),
        };
        Expr { kind, span }
    }

    /// A chain of operators that leans to the left, without recursion along it.
    fn binary(&mut self, id: NodeId) -> Expr {
        let tree = self.tree;
        let mut spine: SmallVec<[NodeId; 4]> = SmallVec::new();
        let mut at = id;
        while tree.kind(at) == Kind::Binary {
            spine.push(at);
            match tree.child(at, 0) {
                Some(left) => at = left,
                None => return damaged(self.span(id)),
            }
        }
        if spine.len() > MAX_OPERANDS {
            return self.too_deep(id);
        }
        let mut left = self.expr(at);
        for &node in spine.iter().rev() {
            let span = self.span(node);
            let (Some(op), Some(right)) = (binary_op(tree.node(node).aux), tree.child(node, 1)) else {
                left = damaged(span);
                continue;
            };
            let right = self.expr(right);
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
        }
        left
    }

    fn object(&mut self, id: NodeId) -> Option<Vec<ObjectItem>> {
        let tree = self.tree;
        let mut items = Vec::new();
        for item in tree.children(id) {
            if tree.kind(item) != Kind::ObjectItem {
                return None;
            }
            let mut children = tree.children(item);
            let key = children.next()?;
            let key = match tree.kind(key) {
                // A bare name is a string, also if it is a keyword.
                Kind::Variable | Kind::Identifier | Kind::Bool | Kind::Null => {
                    Expr::string(tree.text(key), self.span(key))
                }
                Kind::GetAttr | Kind::Index => {
                    let text = tree.text(key);
                    self.diagnostics.push(
                        Diagnostic::warning(
                            "ambiguous-key",
                            format!("`{text}` is no key of an object: a reference must stand in parentheses"),
                            self.span(key),
                        )
                        .with_help(format!("write `({text})`")),
                    );
                    self.expr(key)
                }
                _ => self.expr(key),
            };
            let value = match children.next() {
                Some(value) => self.expr(value),
                None => damaged(self.span(item)),
            };
            items.push(ObjectItem { key, value, span: self.span(item) });
        }
        Some(items)
    }

    fn for_expr(&mut self, id: NodeId) -> Option<ForExpr> {
        let tree = self.tree;
        let node = tree.node(id);
        let mut children = tree.children(id).peekable();
        let first = tree.text(children.next().filter(|&n| tree.kind(n) == Kind::Identifier)?);
        let second = children.next_if(|&n| tree.kind(n) == Kind::Identifier).map(|n| tree.text(n));
        let (key_name, value_name) = match second {
            Some(second) => (Some(Str::from(first)), Str::from(second)),
            None => (None, Str::from(first)),
        };
        let collection = self.expr(children.next()?);
        let rest: SmallVec<[NodeId; 3]> = children.collect();
        let has_condition = node.flags & flags::HAS_CONDITION != 0;
        let is_object = node.kind == Kind::ForObject;
        if rest.len() != 1 + usize::from(has_condition) + usize::from(is_object) {
            return None;
        }
        let names = key_name.iter().chain([&value_name]).cloned().collect::<SmallVec<[Str; 2]>>();
        self.with_bound(names, |reader| {
            let mut rest = rest.into_iter();
            let key = if is_object { Some(reader.expr(rest.next()?)) } else { None };
            let value = reader.expr(rest.next()?);
            let condition = if has_condition { Some(reader.expr(rest.next()?)) } else { None };
            let grouping = node.flags & flags::GROUPING != 0;
            Some(ForExpr { key_name, value_name, collection, key, value, condition, grouping })
        })
    }

    fn call(&mut self, id: NodeId) -> Option<ExprKind> {
        let tree = self.tree;
        let mut children = tree.children(id);
        let name = children.next().filter(|&n| tree.kind(n) == Kind::Identifier)?;
        let args = children.map(|n| self.expr(n)).collect();
        Some(ExprKind::Call {
            name: tree.text(name).chars().filter(|c| !c.is_whitespace()).collect::<String>().into(),
            name_span: self.span(name),
            args,
            expand: tree.node(id).flags & flags::EXPAND != 0,
        })
    }

    /// A root or other expression with everything that is taken from it: attributes, indices, splats.
    fn traversal(&mut self, id: NodeId) -> Expr {
        let tree = self.tree;
        let mut steps: SmallVec<[NodeId; 8]> = SmallVec::new();
        let mut at = id;
        while matches!(tree.kind(at), Kind::GetAttr | Kind::Index | Kind::AttrSplat | Kind::FullSplat) {
            steps.push(at);
            match tree.child(at, 0) {
                Some(inner) => at = inner,
                None => return damaged(self.span(id)),
            }
        }
        if self.depth + steps.len() > MAX_DEPTH {
            return self.too_deep(id);
        }
        steps.reverse();
        let (base, used) = if tree.kind(at) == Kind::Variable {
            if tree.node(at).flags & flags::RECOVERED != 0 {
                return damaged(self.span(id));
            }
            self.root(at, &steps)
        } else {
            (self.expr(at), 0)
        };
        self.depth += steps.len();
        let expr = self.apply(base, steps.get(used..).unwrap_or_default());
        self.depth -= steps.len();
        expr
    }

    /// The meaning of a traversal's first name, with as many of the steps as belong to it.
    fn root(&mut self, variable: NodeId, steps: &[NodeId]) -> (Expr, usize) {
        let tree = self.tree;
        let name = tree.text(variable);
        let name_span = self.span(variable);
        if self.scope.iter().rev().any(|bound| bound == name) {
            return (Expr::new(ExprKind::Root(Root::Bound(name.into())), name_span), 0);
        }
        let mut names: SmallVec<[&str; 4]> = SmallVec::new();
        let mut span = name_span;
        for &step in steps {
            match tree.child(step, 1) {
                Some(child) if tree.kind(step) == Kind::GetAttr && tree.kind(child) == Kind::Identifier => {
                    names.push(tree.text(child));
                    span = self.span(step);
                }
                _ => break,
            }
        }
        let (root, used) = self.names.resolve(Traversal { name, steps: &names, span, name_span });
        let used = used.min(names.len());
        let span = match used.checked_sub(1).and_then(|i| steps.get(i)) {
            Some(&step) => self.span(step),
            None => name_span,
        };
        (Expr::new(ExprKind::Root(root), span), used)
    }

    fn apply(&mut self, mut base: Expr, steps: &[NodeId]) -> Expr {
        let tree = self.tree;
        let mut rest = steps;
        while let Some((&step, after)) = rest.split_first() {
            rest = after;
            let span = self.span(step);
            if tree.node(step).flags & flags::RECOVERED != 0 {
                return damaged(span);
            }
            match tree.kind(step) {
                Kind::GetAttr => {
                    let Some(name) = tree.child(step, 1) else { return damaged(span) };
                    base = match tree.kind(name) {
                        Kind::Identifier => {
                            Expr::new(ExprKind::Attr(Box::new(base), tree.text(name).into()), span)
                        }
                        Kind::Number => legacy_index(base, tree.text(name), self.span(name), span),
                        _ => return damaged(span),
                    };
                }
                Kind::Index => {
                    let Some(index) = tree.child(step, 1) else { return damaged(span) };
                    let index = self.expr(index);
                    base = Expr::new(ExprKind::Index(Box::new(base), Box::new(index)), span);
                }
                kind => {
                    // `[*]` takes all that follows for each element, `.*` the attributes directly behind it.
                    let taken = match kind {
                        Kind::FullSplat => rest.len(),
                        _ => rest.iter().take_while(|&&n| tree.kind(n) == Kind::GetAttr).count(),
                    };
                    let (inside, outside) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
                    let each = Expr::new(ExprKind::Root(Root::Bound("*".into())), span);
                    let each = self.apply(each, inside);
                    let span = span.to(each.span);
                    base = Expr::new(ExprKind::Splat(Box::new(base), Box::new(each)), span);
                    rest = outside;
                }
            }
        }
        base
    }

    /// One level deeper, if the budget allows.
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return false;
        }
        true
    }

    /// One level up again.
    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn too_deep(&mut self, id: NodeId) -> Expr {
        let span = self.span(id);
        if !self.diagnostics.iter().any(|d| d.code == "budget-depth") {
            self.diagnostics.push(
                Diagnostic::error(
                    "budget-depth",
                    format!("this expression nests deeper than the budget of {MAX_DEPTH} levels"),
                    Span::new(span.file, span.start, span.start.saturating_add(1).min(span.end)),
                )
                .with_help("split it into `locals`"),
            );
        }
        Expr::new(ExprKind::Unknown("budget: nested too deep".into()), span)
    }
}

/// The stand-in for what could not be parsed.
pub(super) fn damaged(span: Span) -> Expr {
    Expr::new(ExprKind::Unknown("syntax error".into()), span)
}

fn quantity(text: &str) -> Quantity {
    match text.parse::<i64>() {
        Ok(n) => Quantity::Int(n),
        Err(_) => Quantity::Decimal(text.into()),
    }
}

/// `x.0`, and `x.0.1`, whose number looks like a decimal.
fn legacy_index(base: Expr, number: &str, number_span: Span, span: Span) -> Expr {
    number.split('.').fold(base, |base, digits| {
        let index = Expr::new(ExprKind::Literal(Literal::Number(quantity(digits))), number_span);
        Expr::new(ExprKind::Index(Box::new(base), Box::new(index)), span)
    })
}

fn binary_op(aux: u16) -> Option<BinaryOp> {
    Some(match &aux.to_be_bytes() {
        b"+\0" => BinaryOp::Add,
        b"-\0" => BinaryOp::Sub,
        b"*\0" => BinaryOp::Mul,
        b"/\0" => BinaryOp::Div,
        b"%\0" => BinaryOp::Mod,
        b"==" => BinaryOp::Eq,
        b"!=" => BinaryOp::Ne,
        b"<\0" => BinaryOp::Lt,
        b"<=" => BinaryOp::Le,
        b">\0" => BinaryOp::Gt,
        b">=" => BinaryOp::Ge,
        b"&&" => BinaryOp::And,
        b"||" => BinaryOp::Or,
        _ => return None,
    })
}
