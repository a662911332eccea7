//! Registry types, resources in their shape, and lowering from the source languages.

mod resource;

pub use resource::{Construct, Presence, Resource, ResourceId};
