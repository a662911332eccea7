//! Policies: reading, type-checking, compiling and running pages. A policy is one Markdown file that people read, the
//! tool runs and the tests execute; `policies/README.md` is the language reference.

mod aws_functions;
pub mod builtin;
mod compile;
mod constants;
mod display;
pub mod explain;
mod functions;
mod library;
pub mod meta;
pub mod page;
mod run;
mod signatures;
mod slice;
#[cfg(any(test, debug_assertions))]
mod slice_index;
mod subject;
mod typecheck;
mod types;
mod verdict;

pub use compile::{Policy, compile};
pub use library::{Entrance, Library};
pub use meta::{Applicability, Meta, Severity};
pub use subject::InputSubject;
pub use verdict::{Change, Finding, FixPlan, Outcome, Path, Place, Related, Subject, Verdict};
