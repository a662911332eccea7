//! Policies: reading, type-checking, compiling and running pages. A policy is one Markdown file that people read, the
//! tool runs and the tests execute; `policies/README.md` is the language reference.

pub mod builtin;
mod compile;
pub mod explain;
mod library;
pub mod meta;
pub mod page;
mod signatures;
mod slice;
mod typecheck;
mod types;
mod verdict;

pub use compile::{Policy, compile};
pub use library::{Entrance, Library};
pub use meta::{Applicability, Meta, Severity};
pub use verdict::{Change, Finding, FixPlan, Outcome, Path, Place, Related, Subject, Verdict};
