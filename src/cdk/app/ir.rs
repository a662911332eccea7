//! An app's source as far as constructs are concerned: one form for all languages.

use std::sync::Arc;

use crate::Str;

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// One file.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// What stands outside classes and functions, in order; declarations are among it.
    pub(super) body: Vec<Expr>,
    /// Imported names and where from, as written.
    pub(super) imports: Vec<(Str, Str)>,
    /// Whether something was nested too deeply to be read.
    pub(super) too_deep: bool,
}

/// A class.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: Str,
    /// The expression behind `extends`.
    pub(super) base: Option<Expr>,
    /// Parameters of the class itself, and what they pass to the base (C#).
    pub(super) primary: Option<Arc<Function>>,
    pub(super) constructors: Vec<Arc<Function>>,
    pub(super) methods: Vec<Arc<Function>>,
    pub(super) fields: Vec<(Str, Expr)>,
    /// Classes declared inside.
    pub(super) inner: Vec<Arc<Class>>,
}

/// A function, method, constructor or lambda.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Option<Str>,
    pub(super) params: Vec<Param>,
    pub(super) body: Vec<Expr>,
}

/// A parameter.
#[derive(Debug)]
pub(super) struct Param {
    /// A name, or a pattern that takes an object apart.
    pub(super) target: Expr,
    pub(super) default: Option<Expr>,
    /// It is a field as well (TypeScript).
    pub(super) own: bool,
    /// It takes what is left of the named arguments (Python).
    pub(super) rest: bool,
}

/// An expression or statement.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) range: Range,
    pub(super) kind: Kind,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Anything of no interest.
    Unknown,
    This,
    Name(Str),
    /// Object, name, where the name starts.
    Member(Box<Expr>, Str, u32),
    /// Some element of it.
    Element(Box<Expr>),
    Text(Vec<Piece>),
    /// A number or a boolean.
    Scalar,
    Object(Vec<Entry>),
    List(Vec<Expr>),
    Call(Box<Call>),
    Assign(Box<Expr>, Box<Expr>),
    Return(Box<Expr>),
    Function(Arc<Function>),
    Class(Arc<Class>),
    Loop {
        bind: Box<Expr>,
        over: Box<Expr>,
        body: Vec<Expr>,
    },
    /// One or the other.
    Either(Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Block(Vec<Expr>),
}

/// A part of a string.
#[derive(Debug)]
pub(super) enum Piece {
    Literal(Str),
    Expr(Expr),
}

/// A member of an object literal, or a named argument.
#[derive(Debug)]
pub(super) struct Entry {
    /// None for `...spread`.
    pub(super) key: Option<Str>,
    pub(super) range: Range,
    pub(super) value: Expr,
}

/// Who is called.
#[derive(Debug)]
pub(super) enum Callee {
    /// `f(…)`, `a.b(…)`.
    Plain(Expr),
    /// `new X(…)`; without a name where the language finds out (C#).
    New(Option<Expr>),
    /// The constructor of the base class.
    Super,
    /// Another constructor of this class.
    This,
}

/// A call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) callee: Callee,
    pub(super) args: Vec<Expr>,
    pub(super) named: Vec<Entry>,
    /// The parentheses.
    pub(super) parentheses: Option<Range>,
    /// `{ A = b }` behind `new X(…)`: members are set.
    pub(super) init: Option<Expr>,
}
