//! Terraform configurations from disk to programs: what is read, what is reported.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests may fail like tests"
)]

mod configuration;
mod corpus;
mod damage;
mod json;
mod language;
mod plans;
mod support;
mod usage;
mod verdicts;
