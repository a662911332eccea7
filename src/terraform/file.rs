//! One configuration file, native or JSON: its blocks, their members, expressions.

use smallvec::SmallVec;

use crate::Str;
use crate::program::hcl::{self, Reader};
use crate::program::{Block, Body, Expr, ExprKind, Literal, TypeExpr};
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId, Tree};

use super::json::{JsonReader, decode_string, parse_embedded};
use super::names::TerraformNames;
use super::types;

/// A block whose members have not been read yet.
#[derive(Clone, Debug)]
pub(super) struct RawBlock {
    pub(super) kind: Str,
    pub(super) labels: SmallVec<[(Str, Span); 2]>,
    pub(super) body: Option<NodeId>,
    /// What to point at when the whole block is meant.
    pub(super) header: Span,
    pub(super) span: Span,
}

/// An attribute or nested block of a body.
#[derive(Clone, Debug)]
pub(super) struct Member<'t> {
    pub(super) name: Str,
    pub(super) name_span: Span,
    pub(super) span: Span,
    /// The value of an attribute.
    pub(super) value: Option<NodeId>,
    /// Set if this is a block of native syntax.
    pub(super) block: Option<hcl::BlockParts<'t>>,
}

/// The block types of a file's top level, with their number of labels.
pub(super) const BLOCK_TYPES: [(&str, usize); 16] = [
    ("resource", 2),
    ("data", 2),
    ("variable", 1),
    ("output", 1),
    ("locals", 0),
    ("module", 1),
    ("provider", 1),
    ("terraform", 0),
    ("moved", 0),
    ("removed", 0),
    ("import", 0),
    ("check", 1),
    ("ephemeral", 2),
    ("action", 2),
    ("list", 2),
    ("language", 0),
];

/// The top-level blocks of a file in order, and what does not belong there (name and place).
pub(super) fn top_level(tree: &Tree) -> (Vec<RawBlock>, Vec<(Str, Span)>) {
    let labels_of =
        |kind: &str| BLOCK_TYPES.iter().find(|(name, _)| *name == kind).map(|&(_, labels)| labels);
    let mut blocks = Vec::new();
    let mut odd = Vec::new();
    if tree.language == Language::Hcl {
        for parts in hcl::blocks(tree, tree.root()) {
            if labels_of(parts.kind).is_some() {
                blocks.push(raw(parts));
            } else {
                odd.push((parts.kind.into(), parts.kind_span));
            }
        }
        odd.extend(hcl::attributes(tree, tree.root()).map(|a| (Str::from(a.name), a.name_span)));
    } else {
        let declared = super::names::Declared::default();
        let reader = JsonReader::new(tree, TerraformNames::new(&declared));
        for member in reader.root().map(|root| reader.members(root)).unwrap_or_default() {
            match labels_of(&member.name) {
                Some(labels) => blocks.extend(reader.nested(&member, labels)),
                None => odd.push((member.name, member.name_span)),
            }
        }
    }
    (blocks, odd)
}

fn raw(parts: hcl::BlockParts<'_>) -> RawBlock {
    RawBlock {
        kind: parts.kind.into(),
        labels: parts.labels,
        body: parts.body,
        header: parts.header,
        span: parts.span,
    }
}

/// Reads the insides of blocks of one file.
#[derive(Debug)]
pub(super) enum FileReader<'t, 'd> {
    Native(Reader<'t, TerraformNames<'d>>),
    Json(JsonReader<'t, 'd>),
}

impl<'t, 'd> FileReader<'t, 'd> {
    pub(super) fn new(tree: &'t Tree, names: TerraformNames<'d>) -> Self {
        match tree.language {
            Language::Hcl => FileReader::Native(Reader::new(tree, names)),
            _ => FileReader::Json(JsonReader::new(tree, names)),
        }
    }

    /// The names, to go on with in the next file, and the diagnostics.
    pub(super) fn finish(self) -> (TerraformNames<'d>, Vec<Diagnostic>) {
        match self {
            FileReader::Native(reader) => (reader.names, reader.diagnostics),
            FileReader::Json(reader) => (reader.names, reader.diagnostics),
        }
    }

    pub(super) fn tree(&self) -> &'t Tree {
        match self {
            FileReader::Native(reader) => reader.tree,
            FileReader::Json(reader) => reader.tree,
        }
    }

    /// The attributes and blocks of a body in order.
    pub(super) fn members(&self, body: Option<NodeId>) -> Vec<Member<'t>> {
        let Some(body) = body else { return Vec::new() };
        match self {
            FileReader::Native(reader) => {
                let tree = reader.tree;
                tree.children(body)
                    .filter_map(|node| {
                        if let Some(a) = hcl::attribute_parts(tree, node) {
                            let value = a.value;
                            Some(Member {
                                name: a.name.into(),
                                name_span: a.name_span,
                                span: a.span,
                                value,
                                block: None,
                            })
                        } else {
                            let parts = hcl::block_parts(tree, node)?;
                            Some(Member {
                                name: parts.kind.into(),
                                name_span: parts.kind_span,
                                span: parts.span,
                                value: None,
                                block: Some(parts),
                            })
                        }
                    })
                    .collect()
            }
            FileReader::Json(reader) => reader.members(body),
        }
    }

    /// The blocks that a member is, when a block type with so many labels is expected there.
    pub(super) fn nested(&self, member: &Member<'t>, labels: usize) -> Vec<RawBlock> {
        match self {
            FileReader::Native(_) => member.block.clone().map(raw).into_iter().collect(),
            FileReader::Json(reader) => reader.nested(member, labels),
        }
    }

    /// Adds a member to a body as what it is.
    pub(super) fn push(&mut self, member: Member<'t>, body: &mut Body) {
        match self {
            FileReader::Native(reader) => {
                if let Some(parts) = member.block {
                    body.blocks.extend(reader.block(parts));
                } else {
                    let name = member.name.as_str();
                    let Member { name_span, value, span, .. } = member;
                    body.attributes.push(reader.attribute(hcl::AttributeParts {
                        name,
                        name_span,
                        value,
                        span,
                    }));
                }
            }
            FileReader::Json(reader) if member.name == "dynamic" => {
                body.blocks.extend(reader.dynamic(&member))
            }
            FileReader::Json(reader) => body.attributes.push(reader.attribute(&member)),
        }
    }

    /// A whole block's content.
    pub(super) fn body(&mut self, body: Option<NodeId>) -> Body {
        match (self, body) {
            (_, None) => Body::default(),
            (FileReader::Native(reader), Some(body)) => reader.body(body),
            (FileReader::Json(reader), Some(body)) => reader.body(body),
        }
    }

    /// A nested block with its content.
    pub(super) fn block(&mut self, raw: RawBlock) -> Block {
        Block {
            name: raw.kind,
            labels: raw.labels.into_iter().map(|(label, _)| label).collect(),
            header: raw.header,
            span: raw.span,
            body: self.body(raw.body),
            dynamic: None,
        }
    }

    /// The value of an attribute; a stand-in where the source is damaged.
    pub(super) fn value(&mut self, member: &Member<'t>) -> Expr {
        match (self, member.value) {
            (_, None) => Expr::new(ExprKind::Unknown("syntax error".into()), member.span),
            (FileReader::Native(reader), Some(value)) => reader.expr(value),
            (FileReader::Json(reader), Some(value)) => reader.expr(value),
        }
    }

    /// The value of an attribute that JSON syntax takes as it stands: a string is no template (`default`,
    /// `description`).
    pub(super) fn plain_value(&mut self, member: &Member<'t>) -> Expr {
        match (&self, member.value) {
            (FileReader::Json(reader), Some(value)) => super::json::literal(reader.tree, value),
            _ => self.value(member),
        }
    }

    /// The members of a list value that hold references (`depends_on`), quoted or not.
    pub(super) fn references(&mut self, member: &Member<'t>) -> Vec<Expr> {
        let Some(value) = member.value else { return Vec::new() };
        let tree = self.tree();
        match self {
            FileReader::Json(reader) => match tree.kind(value) {
                Kind::Sequence => tree.children(value).map(|n| reader.reference(n)).collect(),
                _ => vec![reader.reference(value)],
            },
            FileReader::Native(reader) => match tree.kind(value) {
                Kind::Tuple => tree
                    .children(value)
                    // The quoted form of Terraform 0.11 names the same resource, but it is text.
                    .filter(|&n| tree.kind(n) != Kind::Template)
                    .map(|n| reader.expr(n))
                    .collect(),
                _ => vec![reader.expr(value)],
            },
        }
    }

    /// The elements of a list value.
    pub(super) fn elements(&self, member: &Member<'t>) -> Vec<NodeId> {
        let tree = self.tree();
        match member.value {
            Some(value) if matches!(tree.kind(value), Kind::Tuple | Kind::Sequence) => {
                tree.children(value).collect()
            }
            Some(value) => vec![value],
            None => Vec::new(),
        }
    }

    /// The source text of a reference that is a name here and no value (`provider = aws.eu`), quoted or not.
    pub(super) fn keyword(&self, node: NodeId) -> Option<Str> {
        let tree = self.tree();
        match tree.kind(node) {
            Kind::Template => hcl::literal_text(tree, node),
            Kind::Scalar => decode_string(tree, node).map(|(text, _)| text.into()),
            Kind::Variable
            | Kind::Identifier
            | Kind::GetAttr
            | Kind::Index
            | Kind::FullSplat
            | Kind::AttrSplat => {
                Some(tree.text(node).chars().filter(|c| !c.is_whitespace()).collect::<String>().into())
            }
            Kind::Paren => self.keyword(tree.child(node, 0)?),
            _ => None,
        }
    }

    /// The keys and values of an object value, both as source nodes.
    pub(super) fn items(&self, member: &Member<'t>) -> Vec<(NodeId, NodeId)> {
        let tree = self.tree();
        let Some(value) = member.value else { return Vec::new() };
        tree.children(value)
            .filter(|&n| matches!(tree.kind(n), Kind::ObjectItem | Kind::Pair))
            .filter_map(|n| Some((tree.child(n, 0)?, tree.child(n, 1)?)))
            .collect()
    }

    /// A type constraint, quoted or not.
    pub(super) fn type_expr(&mut self, member: &Member<'t>) -> Option<TypeExpr> {
        let value = member.value?;
        let tree = self.tree();
        match self {
            FileReader::Native(reader) => match tree.kind(value) {
                // `type = "list"` of Terraform 0.11.
                Kind::Template => types::legacy(&hcl::literal_text(tree, value)?),
                _ => types::read(reader, value),
            },
            FileReader::Json(_) => {
                let (text, map) = decode_string(tree, value)?;
                parse_embedded(&tree.file, &text, false, map, |inner, value, map| {
                    types::read(&mut Reader::mapped(inner, types::no_names, map), value?)
                })
            }
        }
    }

    /// A literal `true` or `false`, as flags like `sensitive` must be; quoted ones convert.
    pub(super) fn flag(&mut self, member: &Member<'t>) -> Option<bool> {
        match self.value(member).kind {
            ExprKind::Literal(Literal::Bool(value)) => Some(value),
            ExprKind::Literal(Literal::String(text)) => text.parse().ok(),
            _ => None,
        }
    }
}
