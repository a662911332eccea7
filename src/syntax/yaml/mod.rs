//! YAML as CloudFormation reads it: granit's events become the tree, scalars are decoded and resolved by our own rules.
//!
//! [`parse`] gives the tree. What stands in it is read through the accessors here, which work for JSON trees too:
//! [`entries`] (merge keys applied), [`items`], [`text`] (decoded), [`scalar`] (resolved), [`tag`], [`resolve`].

mod access;
mod build;
mod decode;
mod recover;
mod repair;
mod resolve;
mod slip;

pub use access::{Entry, entries, find, is_damaged, items, resolve, scalar, tag, text, untagged};
pub use resolve::{Scalar, resolve_json, resolve_plain};

use std::sync::Arc;

use granit_parser::{Options, Parser};

use crate::source::SourceFile;

use super::{Kind, Language, Tree};
use build::Builder;

/// The deepest nesting of block or flow collections that is read.
pub const NESTING_LIMIT: usize = 200;

/// How many nodes aliases may stand for in one file, all together. The largest hand-written templates have some
/// thousands; an alias bomb has billions.
pub const ALIAS_BUDGET: u64 = 100_000;

/// The sections of a template, which stand in its first column (AWS CloudFormation user guide, "Template anatomy"; AWS
/// SAM developer guide, "Template anatomy").
pub const TEMPLATE_SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Parses YAML. Never fails: what could not be understood is in [`Tree::errors`], and if anything was not, the file is
/// read again in pieces, by indentation, so that everything else is there with its exact place.
pub fn parse(file: Arc<SourceFile>) -> Tree {
    let text = Arc::clone(&file.text);
    let tree = match strict(&file, &text) {
        Ok(tree) => tree,
        Err((first, read)) => repair::repair(&file, &text, &first, read)
            .unwrap_or_else(|| recover::recover(&file, &text, first)),
    };
    tree.finish(file, Language::Yaml)
}

pub(super) fn options() -> Options {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = NESTING_LIMIT;
    options.block_nesting_limit = NESTING_LIMIT;
    // CloudFormation accepts longer keys than YAML's 1024 characters, in JSON at least
    options.simple_key_max_lookahead = 4096;
    options
}

/// The whole file at once; the first thing that is wrong ends it. With the error comes the offset that was reached
/// before.
fn strict(file: &SourceFile, text: &str) -> Result<super::TreeBuilder, (granit_parser::ScanError, usize)> {
    let mut reached = 0;
    let mut builder = Builder::new(file.id, text);
    let root = builder.tree.open(Kind::File, 0);
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| (error, reached))?;
        reached = span.start.byte_offset().unwrap_or(reached);
        builder.event(event, span);
    }
    builder.tree.close(root, text.len() as u32);
    Ok(builder.tree)
}

#[cfg(test)]
mod tests;
