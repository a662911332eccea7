//! What several test binaries share. Each of them uses a part.

#![allow(dead_code, reason = "every test binary compiles this for itself and uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the helpers of a test may fail as the test may"
)]

pub(crate) mod command;
pub(crate) mod corpus;
pub(crate) mod hostile;
pub(crate) mod trees;
