//! The arena tree: flat preorder nodes with `u32` byte spans into the original bytes.

use std::sync::Arc;

use crate::source::{Diagnostic, SourceFile, Span};

/// The language of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// HCL native syntax (Terraform, policy pages).
    Hcl,
    /// JSON.
    Json,
    /// YAML 1.1/1.2 as CloudFormation reads it.
    Yaml,
}

/// What a node is. Trivia (white space, comments, punctuation) are the gaps between leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[rustfmt::skip]
pub enum Kind {
    /// The whole file. HCL: one `Body`. YAML, JSON: one `Document` each.
    File,
    /// Bytes that could not be understood. Has a `SyntaxError`.
    Error,

    // HCL structure
    /// HCL: attributes and blocks in order.
    Body,
    /// HCL: `name = expression`. Children: `Identifier`, expression (an `Error` where it could not be understood).
    Attribute,
    /// HCL: `type "label" … { … }`. Children: `Identifier`, labels (`Identifier` or `Template`), `Body` (which spans
    /// the inside of the braces). With the flag `RECOVERED` its header or its end was damaged: labels may be missing.
    Block,
    /// HCL: a name (leaf).
    Identifier,

    // HCL expressions
    /// HCL: a number literal (leaf).
    Number,
    /// HCL: `true` or `false` (leaf).
    Bool,
    /// HCL: `null` (leaf). YAML, JSON: a null (leaf; in YAML possibly empty).
    Null,
    /// HCL: `"…"`. Children: `TemplateText`, `Interpolation`, `TemplateIf`, `TemplateFor`.
    Template,
    /// HCL: `<<EOT … EOT` or `<<-EOT … EOT`. Children as of `Template`; `<<-` strips common indentation when read.
    Heredoc,
    /// HCL: literal text of a template, escapes not yet decoded (leaf).
    TemplateText,
    /// HCL: `${ expression }`. Child: expression. Flags: `TRIM_LEFT`, `TRIM_RIGHT`.
    Interpolation,
    /// HCL: `%{ if }…%{ else }…%{ endif }`. Children: condition, `TemplateBranch`, and with an else a second one.
    /// Flags: `TRIM_LEFT` of the `if` marker, `TRIM_RIGHT` of the `endif` marker (what lies outside).
    TemplateIf,
    /// HCL: `%{ for k, v in x }…%{ endfor }`. Children: one or two `Identifier`, collection, `TemplateBranch`.
    /// Flags as of `TemplateIf`.
    TemplateFor,
    /// HCL: the body of a template directive. Children as of `Template`. Flags: `TRIM_LEFT` when the marker before it
    /// ends with `~}`, `TRIM_RIGHT` when the marker behind it begins with `%{~`.
    TemplateBranch,
    /// HCL: `[a, b]`. Children: expressions.
    Tuple,
    /// HCL: `{ k = v }`. Children: `ObjectItem`.
    Object,
    /// HCL: `key = value` or `key : value`. Children: key expression (a bare name is a `Variable`), value expression.
    ObjectItem,
    /// HCL: `[for k, v in x : v if c]`. Children: one or two `Identifier`, collection, value, optional condition
    /// (flag `HAS_CONDITION`).
    ForTuple,
    /// HCL: `{for k, v in x : k => v... if c}`. Children: one or two `Identifier`, collection, key, value, optional
    /// condition. Flags: `HAS_CONDITION`, `GROUPING`.
    ForObject,
    /// HCL: `name(args)`. Children: `Identifier` (spans `provider::a::f` too), arguments. Flag `EXPAND`: last is `…`.
    Call,
    /// HCL: the root name of a traversal (leaf).
    Variable,
    /// HCL: `a.name` or legacy `a.0`. Children: object expression, `Identifier` or `Number`.
    GetAttr,
    /// HCL: `a[i]`. Children: collection, index.
    Index,
    /// HCL: `a.*` — children: collection; what follows (`.b.c`, attributes only) wraps it from outside.
    AttrSplat,
    /// HCL: `a[*]` — children: collection; what follows wraps it from outside.
    FullSplat,
    /// HCL: `!a`, `-a`. Child: operand. `aux` holds the operator's first byte.
    Unary,
    /// HCL: `a + b`. Children: operands. `aux` holds the operator, see [`super::tree::Node::aux`].
    Binary,
    /// HCL: `c ? a : b`. Children: condition, yes, no.
    Conditional,
    /// HCL: `( a )`. Child: expression.
    Paren,

    // YAML and JSON
    /// One YAML document, or the JSON value. Child: the value.
    Document,
    /// YAML mapping, JSON object. Children: `Pair`.
    Mapping,
    /// Children: key, value.
    Pair,
    /// YAML sequence, JSON array. Children: values.
    Sequence,
    /// YAML scalar or JSON string, number, boolean (leaf). Flags tell the style; JSON numbers and booleans are plain.
    Scalar,
    /// YAML `*name` (leaf). `aux` unused; the anchored node is found through [`Tree::alias_target`].
    Alias,
    /// YAML `!Tag value`. Children: `Tag`'s name as `Identifier`, the value.
    Tagged,
}

/// Flags of a node, meaningful for some kinds only.
pub mod flags {
    /// White space before the node is trimmed: `${~`, `%{~`. For a branch, see [`super::Kind::TemplateBranch`].
    pub const TRIM_LEFT: u8 = 1;
    /// White space behind the node is trimmed: `~}` of the (last) closing marker.
    pub const TRIM_RIGHT: u8 = 2;
    /// A `for` has an `if`.
    pub const HAS_CONDITION: u8 = 4;
    /// An object `for` groups with `…`.
    pub const GROUPING: u8 = 8;
    /// A call's last argument is expanded with `…`; `<<-` for a heredoc.
    pub const EXPAND: u8 = 16;
    /// A `Scalar` in single quotes.
    pub const SINGLE_QUOTED: u8 = 1;
    /// A `Scalar` in double quotes (all JSON strings).
    pub const DOUBLE_QUOTED: u8 = 2;
    /// A literal block scalar (`|`).
    pub const LITERAL: u8 = 4;
    /// A folded block scalar (`>`).
    pub const FOLDED: u8 = 8;
    /// A `Mapping` or `Sequence` in flow style (`{}`, `[]`).
    pub const FLOW: u8 = 32;
    /// Recovered from damage: the content may be incomplete.
    pub const RECOVERED: u8 = 64;
}

/// Index of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One node: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// See [`flags`].
    pub flags: u8,
    /// For `Unary` and `Binary` the operator's bytes, first in the high byte (`b"&&"` is `0x2626`, `b"+"` `0x2b00`).
    pub aux: u16,
    /// Offset of its first byte.
    pub start: u32,
    /// Offset behind its last byte.
    pub end: u32,
    /// The index behind its last descendant: the next sibling, if there is one.
    pub next: u32,
}

/// Errors that are kept of one file; one more says how many there are besides.
pub const MAX_ERRORS: usize = 100;

/// Why some bytes could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// Lower case, no full stop, says what was expected.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do, if that can be told; for example where the unclosed bracket was opened.
    pub help: Option<String>,
    /// A second place and what is there: the first of two equal keys, the bracket that was not closed.
    pub related: Option<(Span, String)>,
}

impl SyntaxError {
    /// An error without help.
    pub fn new(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        SyntaxError { code, message: message.into(), span, help: None, related: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some((span, message.into()));
        self
    }

    /// The same for people who run the tool: an error, since a part of the file was not understood.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.message.clone(), self.span);
        if let Some((span, message)) = &self.related {
            diagnostic = diagnostic.with_label(*span, message.clone());
        }
        diagnostic.help = self.help.clone();
        diagnostic
    }
}

/// A parsed file.
#[derive(Debug)]
pub struct Tree {
    /// The file that was parsed.
    pub file: Arc<SourceFile>,
    /// Its language.
    pub language: Language,
    pub(super) nodes: Vec<Node>,
    /// Errors in order of place; empty exactly for valid input.
    pub errors: Vec<SyntaxError>,
    /// YAML: alias node to anchored node, sorted by alias.
    pub(super) aliases: Vec<(NodeId, NodeId)>,
}

impl Tree {
    /// The `File` node.
    pub fn root(&self) -> NodeId {
        NodeId(0)
    }

    /// A node's data. Ids come from this tree; a foreign id answers with the root.
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes.get(id.0 as usize).or_else(|| self.nodes.first()).copied().unwrap_or(Node {
            kind: Kind::Error,
            flags: 0,
            aux: 0,
            start: 0,
            end: 0,
            next: 1,
        })
    }

    /// A node's kind.
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind
    }

    /// A node's span.
    pub fn span(&self, id: NodeId) -> Span {
        let node = self.node(id);
        Span::new(self.file.id, node.start, node.end)
    }

    /// A node's source text.
    pub fn text(&self, id: NodeId) -> &str {
        self.file.slice(self.span(id))
    }

    /// The direct children in order.
    pub fn children(&self, id: NodeId) -> Children<'_> {
        Children { tree: self, at: id.0 + 1, end: self.node(id).next }
    }

    /// The `n`th child.
    pub fn child(&self, id: NodeId, n: usize) -> Option<NodeId> {
        self.children(id).nth(n)
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes (never, after a parse).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node that a YAML alias stands for.
    pub fn alias_target(&self, alias: NodeId) -> Option<NodeId> {
        let i = self.aliases.binary_search_by_key(&alias, |&(a, _)| a).ok()?;
        self.aliases.get(i).map(|&(_, target)| target)
    }
}

/// Iterator over direct children.
#[derive(Clone, Debug)]
pub struct Children<'t> {
    tree: &'t Tree,
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.at >= self.end {
            return None;
        }
        let id = NodeId(self.at);
        self.at = self.tree.node(id).next.max(self.at + 1);
        Some(id)
    }
}

/// Builds a tree in preorder: open a node, build its children, close it.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    pub(super) nodes: Vec<Node>,
    pub(super) errors: Vec<SyntaxError>,
    pub(super) aliases: Vec<(NodeId, NodeId)>,
    /// How many nodes [`Self::wrap`] has moved.
    pub(super) moved: usize,
}

impl TreeBuilder {
    /// A builder with room for a file of that many bytes.
    pub fn for_bytes(len: usize) -> Self {
        TreeBuilder { nodes: Vec::with_capacity(len / 8 + 8), ..Self::default() }
    }

    /// Opens a node; close it with [`Self::close`].
    pub fn open(&mut self, kind: Kind, start: u32) -> NodeId {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node { kind, flags: 0, aux: 0, start, end: start, next: id + 1 });
        NodeId(id)
    }

    /// Closes a node at `end`; everything pushed since is its subtree.
    pub fn close(&mut self, id: NodeId, end: u32) {
        let next = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.end = end;
            node.next = next;
        }
    }

    /// Number of nodes so far: the mark that [`Self::wrap`] takes.
    pub fn mark(&self) -> usize {
        self.nodes.len()
    }

    /// Puts a new, open node around everything pushed since `mark` (which must be closed nodes). This is how a
    /// parser that sees the operator after the left operand keeps the preorder.
    pub fn wrap(&mut self, mark: usize, kind: Kind) -> NodeId {
        let mark = mark.min(self.nodes.len());
        self.moved += self.nodes.len() - mark;
        let start = self.nodes.get(mark).map_or(0, |n| n.start);
        self.nodes.insert(mark, Node { kind, flags: 0, aux: 0, start, end: start, next: 0 });
        for node in self.nodes.iter_mut().skip(mark + 1) {
            node.next += 1;
        }
        NodeId(mark as u32)
    }

    /// Forgets nodes and errors pushed since the marks (a failed attempt).
    pub fn truncate(&mut self, nodes: usize, errors: usize) {
        self.nodes.truncate(nodes);
        self.errors.truncate(errors);
    }

    /// Adds a leaf.
    pub fn leaf(&mut self, kind: Kind, start: u32, end: u32) -> NodeId {
        let id = self.open(kind, start);
        self.close(id, end);
        id
    }

    /// A node that was pushed, to set its flags or kind.
    pub fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id.0 as usize)
    }

    /// Records an error.
    pub fn error(&mut self, error: SyntaxError) {
        self.errors.push(error);
    }

    /// The tree.
    pub fn finish(mut self, file: Arc<SourceFile>, language: Language) -> Tree {
        self.aliases.sort_unstable();
        self.errors.sort_by_key(|e| (e.span.start, e.span.end));
        if self.errors.len() > MAX_ERRORS
            && let Some(first) = self.errors.get(MAX_ERRORS).map(|e| e.span)
        {
            let message = format!("{} more syntax errors in this file", self.errors.len() - MAX_ERRORS);
            // An exceeded budget is what explains the others: it is told in any case.
            let budget = self.errors.iter().skip(MAX_ERRORS).find(|e| e.code.ends_with("-budget")).cloned();
            self.errors.truncate(MAX_ERRORS);
            self.errors.extend(budget);
            self.errors.push(SyntaxError::new("more-errors", message, first));
        }
        Tree { file, language, nodes: self.nodes, errors: self.errors, aliases: self.aliases }
    }
}
