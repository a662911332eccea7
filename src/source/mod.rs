//! Files, spans and diagnostics: what every other layer points into.

mod diagnostic;
mod file;
mod line_index;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use file::{FileId, SourceFile, Sources, Span};
pub use line_index::{LineIndex, Position};
