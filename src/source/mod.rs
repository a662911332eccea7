//! Files, spans and diagnostics: what every other layer points into.

mod diagnostic;
mod discover;
mod edit;
mod encoding;
mod file;
mod line_index;
mod loader;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use discover::{Discovery, discover, is_assembly, is_terraform_file};
pub use edit::{Edit, apply};
pub use file::{FileId, SourceFile, Sources, Span};
pub use line_index::{LineIndex, Position};
pub use loader::{Loader, MAX_FILE_BYTES};
