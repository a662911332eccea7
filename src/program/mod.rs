//! The program: modules with inputs, locals, resources, calls and outputs, whose bodies are expressions. Terraform
//! configurations, CloudFormation templates and Terraform plans all become one.

mod construct;
mod expr;
pub mod hcl;
mod hcl_template;
mod module;
pub mod suggest;

pub use construct::{Construct, Constructs};
pub use expr::{
    BinaryOp, Expr, ExprKind, ForExpr, ForHead, Literal, ObjectItem, Quantity, Root, TemplatePart, UnaryOp,
};
pub use module::{
    Attribute, Block, Body, Call, CallSource, Dialect, Domain, Dynamic, Input, Local, Mode, Module, ModuleId,
    ObjectField, Output, Program, ProviderConfig, Repeat, Resource, TypeExpr, Validation,
};
