//! The three parsers: what is valid, exact spans, what survives damage, and that nothing takes long.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod hcl;
mod json;
mod robust;
mod yaml;
