//! What a run comes to, written down: for people, for programs, for code scanning, for annotations.

mod excerpt;
mod github;
mod graph;
mod json;
mod place;
mod rdjson;
mod sarif;
mod text;
mod value;

pub use github::{Annotations, annotations};
pub use graph::{graph_dot, graph_json, graph_mermaid};
pub use json::json;
pub use rdjson::rdjson;
pub use sarif::sarif;
pub use text::{Style, diagnostics as text_diagnostics, text};
pub use value::value_json;

use crate::policy::Severity;

/// The level of a severity where there are but three: `error`, `warning`, `note`.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// `1 finding`, `2 findings`.
fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests;
