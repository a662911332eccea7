//! A resource in the shape of its CloudFormation registry type.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Guard, InstanceId, Scope, Value};
use crate::program::Mode;
use crate::source::Span;

/// Index of a resource in the graph of its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

/// Why a resource is in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is written in the source.
    Written,
    /// It is written in another root, a template that exports something which is imported here: the other root is
    /// checked by itself.
    Elsewhere,
    /// AWS makes it although nobody writes it: a VPC's default security group, an account's settings.
    Implied,
    /// A companion names it, but it is not in this graph (`bucket = var.name`): nothing else is known of it.
    Assumed,
}

/// The CDK construct that made a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Construct {
    /// `aws:cdk:path` as the template has it.
    pub path: Str,
    /// The user's own line in the app's source, if it can be told.
    pub source: Option<Span>,
    /// Rules of validations that the app acknowledges for it or a construct around it.
    pub acknowledged: Vec<Str>,
}

/// One resource of the graph.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its index.
    pub id: ResourceId,
    /// The instance that it was lowered from; none if implied or assumed.
    pub instance: Option<InstanceId>,
    /// The address as the user's own tool prints it.
    pub address: Str,
    /// The registry type, `AWS::S3::Bucket`; for a type without a table the source's own (`random_id`).
    pub type_name: Str,
    /// The type as declared.
    pub declared_as: Str,
    /// The declared name or logical id.
    pub name: Str,
    /// Managed or data.
    pub mode: Mode,
    /// Under which condition it exists.
    pub exists: Guard,
    /// Arguments as the source language names them.
    pub values: Value,
    /// The arguments that the source sets to null: the provider decides.
    pub unset: Vec<Str>,
    /// Properties as the registry names them, companions' contributions included.
    pub properties: Value,
    /// `Metadata`, `DeletionPolicy`, `lifecycle`.
    pub meta: Value,
    /// What it refers to without a property (`depends_on`, attributes read only in `count`).
    pub depends_on: Vec<InstanceId>,
    /// What to point at when the whole resource is meant.
    pub header: Span,
    /// The whole block.
    pub span: Span,
    /// The headers of the module calls it was made by, outermost first.
    pub calls: Vec<Span>,
    /// Why it is here.
    pub presence: Presence,
    /// The CDK construct.
    pub construct: Option<Construct>,
    /// Account, region, provider.
    pub scope: Arc<Scope>,
}
