//! Corrected source: from a page's fix to the characters that a person would edit, proved before anyone sees it.
//!
//! A page says which registry property should have which value (`policy`). `raise` finds the resource that says
//! it (the subject, a companion, a new companion), lets the tables tell which source arguments lower to it
//! (`model::lower::put`), compares those with the arguments as they are, and follows the origin of each value that is
//! different to the place where it is written: that is where the edit is made. The engine makes all edits that do not
//! conflict, evaluates and checks every root that reads the files again, and keeps what holds its promises: the finding
//! passes, no verdict is worse, nothing but the named properties is different.

mod align;
mod app;
mod change;
mod data;
mod document;
mod engine;
mod hcl;
mod literal;
mod offer;
mod path;
mod plan;
mod proposal;
mod prove;
mod raise;
mod rewrite;
mod snapshot;
mod statement;
mod trial;
mod why;
mod wrap;
mod write;

pub use engine::{Case, Outcomes, Wanted, fix};
pub use offer::{Identity, MAX_OFFERED, check_with_offers, identity};
