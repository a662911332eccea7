//! Which files are templates, and in which syntax.

use std::sync::Arc;

use memchr::memmem;

use crate::source::SourceFile;
use crate::syntax::{Kind, NodeId, Tree, json, yaml};

/// Whether a text may be a template: a cheap look at its bytes. Everything that [`is_template`] accepts passes; what
/// passes still has to be parsed.
pub fn looks_like_template(text: &str) -> bool {
    let has = |needle: &str| memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    has("AWSTemplateFormatVersion") || (has("::") && (has("Resources") || has("Transform")))
}

/// Whether a tree is a template: `AWSTemplateFormatVersion`, a `Transform` of AWS, or `Resources` of which at least
/// one has a `Type` with `::`. Holds for what is left of a damaged one, too.
pub fn is_template(tree: &Tree) -> bool {
    let Some(root) = root(tree) else { return false };
    if yaml::find(tree, root, "AWSTemplateFormatVersion").is_some() {
        return true;
    }
    let names_aws = |node: NodeId| yaml::text(tree, node).starts_with("AWS::");
    if let Some(transform) = yaml::find(tree, root, "Transform")
        && (names_aws(transform) || yaml::items(tree, transform).any(names_aws))
    {
        return true;
    }
    let Some(resources) = yaml::find(tree, root, "Resources") else { return false };
    yaml::entries(tree, resources).iter().any(|entry| {
        yaml::find(tree, entry.value, "Type").is_some_and(|t| yaml::text(tree, t).contains("::"))
    })
}

/// The template's mapping: that of the first document.
pub(super) fn root(tree: &Tree) -> Option<NodeId> {
    let document = tree.children(tree.root()).find(|&n| tree.kind(n) == Kind::Document)?;
    let value = yaml::untagged(tree, tree.child(document, 0)?);
    (tree.kind(value) == Kind::Mapping).then_some(value)
}

/// Parses a template: as JSON if it begins with a brace, else as YAML. YAML in braces that is no JSON is read as YAML.
pub fn parse(file: Arc<SourceFile>) -> Tree {
    let text = file.text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with(['{', '[']) {
        return yaml::parse(file);
    }
    let tree = json::parse(Arc::clone(&file));
    if tree.errors.is_empty() {
        return tree;
    }
    let by_yaml = yaml::parse(file);
    if by_yaml.errors.is_empty() { by_yaml } else { tree }
}
