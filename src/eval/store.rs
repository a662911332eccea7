//! The tables of one evaluation: guards, origins, marks, unknowns, instances. Shared by all later stages of the root
//! and safe to use from several threads; handles are small and compare by identity.

use std::sync::Arc;

use crate::Str;
use crate::source::{Sources, Span};

use super::instance::InstanceId;

/// Handle of an origin; follow it with [`Store::origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(pub(super) u32);

impl Origin {
    /// No known place.
    pub const NONE: Origin = Origin(0);
}

/// One step of the chain that a value took, innermost literal last: the step says where the value stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OriginStep {
    /// Where the value is written or passed on.
    pub span: Span,
    /// How it got here.
    pub via: Via,
    /// The step before: nearer to the literal. `Origin::NONE` at the literal itself.
    pub from: Origin,
}

/// How a value crossed a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// It is written here: a literal, a constructor, a block.
    Literal,
    /// It is computed here from others (the span is the expression's).
    Computed,
    /// The default of a variable or parameter (span: the default's expression).
    InputDefault,
    /// A tfvars or parameters file, `--var`.
    Supplied,
    /// An argument of a module call or nested stack (span: the argument).
    Argument,
    /// A local, condition or mapping (span: the reference to it).
    Local,
    /// A variable or parameter (span: the reference to it).
    Input,
    /// An output of a module (span: the reference to it).
    Output,
    /// An attribute of a resource (span: the reference to it).
    Attribute,
    /// A documented default of the provider or the registry: not written. The span is where it would be.
    Default,
    /// Contributed by a companion resource (span: the companion's header).
    Companion,
}

/// Handle of a set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Marks(pub(super) u32);

impl Marks {
    /// None.
    pub const NONE: Marks = Marks(0);
}

/// That a value was made from something of a resource instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The instance.
    pub instance: InstanceId,
    /// The attribute as its language names it (`arn`, `Ref`, `Endpoint.Address`); empty for the whole object.
    pub attribute: Str,
}

/// Handle of an unknown: equal handles are the same unknown value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub(super) u32);

/// What an unknown is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnknownKind {
    /// An input that nobody supplied. The name with its module path: `var.env`, `module.a.var.env`, `Env`.
    Input(Str),
    /// An attribute of a resource or data source that only the provider knows.
    Attribute(Reference),
    /// `AWS::Region`, `terraform.workspace`, `path.cwd` and the like, by name and scope.
    Named(Str),
    /// The result of an expression over unknowns: interned by its canonical text, so that the same expression over the
    /// same unknowns is the same unknown.
    Derived {
        /// Canonical text.
        text: Str,
        /// What it depends on.
        on: Vec<UnknownId>,
    },
    /// A part of another unknown: `.name` or `[0]`.
    Part {
        /// The whole.
        of: UnknownId,
        /// The step.
        step: Str,
    },
    /// Could not be found out, and why: damaged source, a missing module, a budget.
    Reason {
        /// Where.
        span: Option<Span>,
        /// Why.
        reason: Str,
    },
}

/// An unknown with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownInfo {
    /// What it is.
    pub kind: UnknownKind,
    /// Whether it is known not to be null.
    pub not_null: bool,
}

/// The tables of one root's evaluation.
#[derive(Debug)]
pub struct Store {
    /// The files that spans point into.
    pub sources: Arc<Sources>,
}

impl Store {
    /// Empty tables.
    pub fn new(sources: Arc<Sources>) -> Self {
        Store { sources }
    }
}
