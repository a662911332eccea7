//! Expressions of both languages (and of policy pages).

use crate::Str;
use crate::source::Span;

use super::module::Mode;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its source text. Of an expression that was not written (a folded one), the text it stands for.
    pub span: Span,
}

/// A number as written; kept as text when it does not fit an `i64` exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// An integer.
    Int(i64),
    /// Any other decimal, in the source's own spelling (`1.5`, `1e100`).
    Decimal(Str),
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null` (Terraform), an empty YAML value.
    Null,
    /// `AWS::NoValue`: the property or member is not there.
    NoValue,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Quantity),
    /// A string, escapes decoded.
    String(Str),
}

/// The first step of a reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Root {
    /// `var.NAME`; a CloudFormation parameter by `Ref`.
    Input(Str),
    /// `local.NAME`. CloudFormation: `Conditions/NAME` and `Mappings/NAME`.
    Local(Str),
    /// `TYPE.NAME` or `data.TYPE.NAME` as an object of attributes. CloudFormation: the logical id (type empty);
    /// `!GetAtt A.B` is an attribute `B` of it and `!Ref A` the attribute `Ref`.
    Resource {
        /// Managed or data.
        mode: Mode,
        /// The type; empty for CloudFormation, where the name alone identifies.
        type_name: Str,
        /// The name or logical id.
        name: Str,
    },
    /// `module.NAME`; a nested stack's outputs are `Module` too.
    Module(Str),
    /// `count.index`.
    CountIndex,
    /// `each.key`.
    EachKey,
    /// `each.value`.
    EachValue,
    /// `self`.
    SelfObject,
    /// `path.module`, `path.root`, `path.cwd`, `terraform.workspace`, `terraform.applying`, and the pseudo parameters
    /// (`AWS::Region`), by their whole name.
    Named(Str),
    /// A name bound by `for`, `dynamic`, a template `for`, `Fn::ForEach`, or given by a policy page.
    Bound(Str),
    /// A name that nothing declares; the reader has reported it.
    Undeclared(Str),
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum TemplatePart {
    /// Text, escapes decoded, indentation and trim markers already applied.
    Text(Str, Span),
    /// `${ … }`.
    Interpolation(Expr),
    /// `%{ if … }`: the branches are templates.
    If(Box<Expr>, Vec<TemplatePart>, Vec<TemplatePart>),
    /// `%{ for k, v in … }`.
    For(Box<ForHead>, Vec<TemplatePart>),
}

/// The head of a template `for`.
pub type ForHead = (Option<Str>, Str, Expr);

/// `key = value` of an object constructor.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectItem {
    /// The key expression; a bare name is a string literal.
    pub key: Expr,
    /// The value.
    pub value: Expr,
    /// The whole item, from the key to the value's end.
    pub span: Span,
}

/// A `for` expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ForExpr {
    /// The name of the key or index.
    pub key_name: Option<Str>,
    /// The name of the value.
    pub value_name: Str,
    /// What is iterated.
    pub collection: Expr,
    /// The key of an object `for`; none for a tuple.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// The filter.
    pub condition: Option<Expr>,
    /// `…` behind the value.
    pub grouping: bool,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A quoted string or heredoc with more than one literal piece. A single interpolation keeps its value's type.
    Template(Vec<TemplatePart>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ k = v }`.
    Object(Vec<ObjectItem>),
    /// The root of a reference.
    Root(Root),
    /// `x.name`.
    Attr(Box<Expr>, Str),
    /// `x[i]`, `x.0`.
    Index(Box<Expr>, Box<Expr>),
    /// `x[*].a.b` or `x.*.a.b`: the steps are an expression over the name `*` (`Root::Bound("*")`).
    Splat(Box<Expr>, Box<Expr>),
    /// `c ? a : b`, `Fn::If`.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `!a`, `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// A call. CloudFormation intrinsics keep their full name (`Fn::Join`); `expand` is Terraform's final `…`.
    Call {
        /// The function's name.
        name: Str,
        /// The name's place.
        name_span: Span,
        /// The arguments.
        args: Vec<Expr>,
        /// Whether the last argument is spread.
        expand: bool,
    },
    /// A `for` expression.
    For(Box<ForExpr>),
    /// Something that can't be known and why: damaged syntax, a macro, `after_unknown` of a plan.
    Unknown(Str),
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[rustfmt::skip]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinaryOp { Add, Sub, Mul, Div, Mod, Eq, Ne, Lt, Le, Gt, Ge, And, Or }

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!a`.
    Not,
    /// `-a`.
    Neg,
}

impl Expr {
    /// An expression.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Expr { kind, span }
    }

    /// A string literal.
    pub fn string(text: impl Into<Str>, span: Span) -> Self {
        Expr::new(ExprKind::Literal(Literal::String(text.into())), span)
    }

    /// The string, if this is a string literal.
    pub fn as_string(&self) -> Option<&Str> {
        match &self.kind {
            ExprKind::Literal(Literal::String(s)) => Some(s),
            _ => None,
        }
    }
}
