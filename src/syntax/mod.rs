//! Syntax trees: one arena tree for HCL, YAML and JSON. Parsing never fails; it reports.

pub mod hcl;
pub mod json;
mod leaves;
mod text;
mod tree;
pub mod yaml;

pub use tree::flags;

pub use leaves::Leaf;
pub use text::{TemplatePiece, decode_json_string, decode_template_text};
pub use tree::{Children, Kind, Language, MAX_ERRORS, Node, NodeId, SyntaxError, Tree, TreeBuilder};
