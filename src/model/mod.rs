//! Registry types, resources in their shape, and lowering from the source languages.

mod pack;
pub mod registry;
mod resource;
mod table;
pub mod terraform_schema;

pub use resource::{Construct, Presence, Resource, ResourceId};
