//! Resource instances: what evaluation yields.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::program::{Expr, Mode};
use crate::source::{Diagnostic, Span};

use super::guard::Guard;
use super::store::{Store, UnknownId};
use super::value::Value;

/// Handle of a resource instance in the [`Store`]; exists as soon as something refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

/// The key of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceKey {
    /// No `count`, no `for_each`; a `count` that is 0 or 1 has index 0.
    None,
    /// `[0]`.
    Index(i64),
    /// `["a"]`.
    Name(Str),
    /// Stands for all instances of an unknown `for_each` or `count`: printed `[*]`.
    Each,
}

/// What names an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstanceInfo {
    /// The address as the user's tool prints it: `module.a["x"].aws_s3_bucket.b[0]`, `Nested.Bucket`.
    pub address: Str,
    /// Address of the module instance it is in; empty in the root.
    pub module: Str,
    /// Managed or data.
    pub mode: Mode,
    /// The declared type.
    pub type_name: Str,
    /// The name or logical id.
    pub name: Str,
    /// The key.
    pub key: InstanceKey,
}

/// Which account, region and provider an instance belongs to.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Scope {
    /// Provider local name and alias (`aws.eu`), or the stack's environment.
    pub provider: Str,
    /// Which configuration of the provider that is, told apart from every other one of the root: the address of the
    /// module that holds it, and its name. Empty for all resources of a stack.
    pub configuration: Str,
    /// What the configuration says about who acts, an object of its arguments (`profile`, `assume_role`, …); none where
    /// it says nothing.
    pub credentials: Option<Value>,
    /// The region, if something says so.
    pub region: Option<Value>,
    /// `default_tags` of the provider.
    pub default_tags: Option<Value>,
    /// The provider's major version range as the constraint allows it, inclusive: (3, 6) when nothing says.
    pub provider_major: (u32, u32),
}

/// One resource instance with its evaluated arguments.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its identity.
    pub id: InstanceId,
    /// Its names.
    pub info: InstanceInfo,
    /// Under which condition it exists.
    pub exists: Guard,
    /// Its arguments as the source language names them, blocks as lists of objects. The origin is its body.
    pub values: Value,
    /// The arguments that the source sets to null: the provider decides.
    pub unset: Vec<Str>,
    /// Beside the arguments: `Metadata`, `DeletionPolicy`; `lifecycle`.
    pub meta: Value,
    /// What to point at when the whole resource is meant.
    pub header: Span,
    /// The whole block.
    pub span: Span,
    /// The headers of the module calls it was made by, outermost first.
    pub calls: Vec<Span>,
    /// Of what belongs to another stack, of which outputs are imported: that stack's address, with which its own begins.
    pub foreign: Option<Str>,
    /// What else it refers to (`depends_on`, attributes read only in `count`), without a property.
    pub depends_on: Vec<InstanceId>,
    /// Account, region, provider.
    pub scope: Arc<Scope>,
}

/// What the user supplies for a root.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Values of root inputs by name, later ones win: the expression and where it is written.
    pub values: IndexMap<Str, Expr>,
}

/// What a called module that is not there is given. It may configure every resource that it is handed.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Its arguments.
    pub arguments: Value,
    /// When the call is there.
    pub exists: Guard,
    /// That it is not there.
    pub reason: UnknownId,
}

/// The evaluated root.
#[derive(Debug)]
pub struct Evaluation {
    /// The tables that all handles point into.
    pub store: Arc<Store>,
    /// All instances in a deterministic order (module path, then appearance, then key).
    pub instances: Vec<Instance>,
    /// The root module's outputs.
    pub outputs: IndexMap<Str, Value>,
    /// The root's inputs that are left open or folded from defaults, with their values, for policies about inputs.
    pub inputs: IndexMap<Str, Value>,
    /// What modules are given that are not there.
    pub handed: Vec<Handed>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}
