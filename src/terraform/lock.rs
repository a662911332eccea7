//! `.terraform.lock.hcl`: which provider versions a root really uses.

use std::path::Path;

use crate::Str;
use crate::program::hcl::{self, literal_text};
use crate::source::Loader;
use crate::syntax;

/// The locked provider versions of a root by provider type (`aws`). A broken lock file locks nothing: Terraform will
/// say so, and nothing but the choice of defaults depends on it here.
pub(super) fn versions(loader: &Loader, root: &Path) -> Vec<(Str, Str)> {
    let path = root.join(".terraform.lock.hcl");
    if !loader.is_file(&path) {
        return Vec::new();
    }
    let Ok(file) = loader.load(&path) else { return Vec::new() };
    let tree = syntax::hcl::parse(file);
    let mut out = Vec::new();
    for block in hcl::blocks(&tree, tree.root()).filter(|b| b.kind == "provider") {
        let (Some((source, _)), Some(body)) = (block.labels.first(), block.body) else { continue };
        let version = hcl::attributes(&tree, body)
            .find(|a| a.name == "version")
            .and_then(|a| literal_text(&tree, a.value?));
        if let (Some(version), Some(name)) = (version, source.rsplit('/').next()) {
            out.push((name.into(), version));
        }
    }
    out
}
