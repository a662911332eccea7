//! What holds of every tree, whatever the text was.

use masugata::source::{SourceFile, Sources};
use masugata::syntax::{Kind, NodeId, Tree};
use std::sync::Arc;

pub fn file(data: &[u8]) -> Arc<SourceFile> {
    Sources::new().add("input", String::from_utf8_lossy(data).into_owned())
}

/// Leaves concatenate to the text, children lie in their parents, and decoding does not panic.
pub fn check(tree: &Tree) {
    let text: String = tree.leaves().map(|leaf| tree.file.slice(leaf.span())).collect();
    assert_eq!(text, &*tree.file.text);
    for id in (0..tree.len() as u32).map(NodeId) {
        let node = tree.node(id);
        let mut at = node.start;
        for child in tree.children(id) {
            let inner = tree.node(child);
            assert!(inner.start >= at && inner.end <= node.end);
            at = inner.end;
        }
        let _ = tree.string_value(id);
        if matches!(node.kind, Kind::Template | Kind::Heredoc) {
            let _ = tree.template_pieces(id);
        }
    }
}
