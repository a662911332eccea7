//! Registry types, resources in their shape, and lowering from the source languages.

pub mod companion;
pub mod lower;
pub mod registry;
mod resource;
pub mod table;

pub use crate::terraform::schema as terraform_schema;

pub use resource::{Construct, Presence, Resource, ResourceId};
