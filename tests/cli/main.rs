//! The program as its users meet it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod faces;
mod mend;
mod missing_module;
mod mutated;
mod plans;
mod sarif;
