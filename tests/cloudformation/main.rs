//! CloudFormation templates from text to graph and findings: what the front end, the evaluator and lowering make of them
//! together.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

mod assembly;
mod functions;
mod imports;
mod sam;
mod scalars;
mod support;
mod templates;
mod twins;
