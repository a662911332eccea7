//! What the index of built-in pages needs of each. Made by `build.rs` when the binary is built, and by a debug build
//! when it runs: this file imports nothing of the crate but the cutting of pages.

#![allow(unreachable_pub, reason = "in `build.rs` this file is a module of a program without a library")]

use std::ops::Range;

use super::slice::{Slices, is_logic};

/// The content of the first ` ```hcl policy ` block.
pub fn logic_of(slices: &Slices) -> Option<Range<usize>> {
    slices.fences.iter().find(|f| is_logic(&f.info)).map(|f| f.content.clone())
}

/// The registry types that a policy block names: the labels of its `resource` blocks, and `Input` for an `input`
/// block. Blocks stand at the start of a line.
pub fn types_of(logic: &str) -> Vec<&str> {
    let mut types = Vec::new();
    for line in logic.lines() {
        let Some(rest) = line.strip_prefix("resource") else {
            if line.strip_prefix("input").is_some_and(|r| r.trim_start().starts_with('{')) {
                types.push("Input");
            }
            continue;
        };
        let head = rest.split('{').next().unwrap_or_default();
        types.extend(head.split('"').skip(1).step_by(2));
    }
    let mut seen = Vec::new();
    types.retain(|t| {
        !seen.contains(t) && {
            seen.push(*t);
            true
        }
    });
    types
}

/// What a run asks of the front matter of every page that may be run: the severity and the packs named in it, where
/// both stand on lines of their own (`severity: high`, `packs: [recommended]`), as they do in the built-in pages.
pub fn severity_and_packs(front: &str) -> (&str, Vec<&str>) {
    let field = |name: &str| {
        let value = front.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(value.split(" #").next().unwrap_or_default().trim())
    };
    let packs = field("packs").and_then(|v| v.strip_prefix('[')?.strip_suffix(']')).unwrap_or_default();
    let packs = packs.split(',').map(|p| p.trim().trim_matches(['"', '\''])).filter(|p| !p.is_empty());
    (field("severity").unwrap_or_default(), packs.collect())
}

/// The languages that a page has examples for.
pub fn dialects_of(slices: &Slices) -> Vec<&'static str> {
    let has = |names: &[&str]| {
        slices.fences.iter().any(|f| {
            let mut words = f.info.split_whitespace();
            words.next().is_some_and(|w| names.contains(&w)) && words.next().is_some_and(|w| w != "policy")
        })
    };
    let mut dialects = Vec::new();
    if has(&["hcl"]) {
        dialects.push("terraform");
    }
    if has(&["yaml", "json"]) {
        dialects.push("cloudformation");
    }
    dialects
}
