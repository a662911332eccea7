//! Policies: documents as typed data, and the questions that are asked of them.

pub mod condition;
pub mod document;
pub mod json_text;
pub mod pattern_list;
pub mod principal;

pub use document::{PolicyDocument, Statement, document};
