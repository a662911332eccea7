//! The tables under `grammars/terraform/`: what they add to the registry.

use std::sync::Arc;

use crate::Str;

use super::registry::Type;

/// Types that Masugata adds for what Terraform has and the registry lacks begin with this.
pub(super) const OWN_PREFIX: &str = "Masugata::";

/// A type that Masugata adds.
pub(super) fn own_type(_: &str) -> Option<Arc<Type>> {
    None
}

/// The names of the types that Masugata adds.
pub(super) fn own_types() -> impl Iterator<Item = Str> {
    std::iter::empty()
}

/// Adds the properties that companions contribute and that the registry's type does not have.
pub(super) fn extend(_: &mut Type) {}
