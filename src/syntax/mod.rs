//! Syntax trees: one arena tree for HCL, YAML and JSON. Parsing never fails; it reports.

mod tree;

pub use tree::flags;

pub use tree::{Children, Kind, Language, Node, NodeId, SyntaxError, Tree, TreeBuilder};
