//! Reading YAML and JSON trees: aliases followed, merge keys applied, scalars decoded.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::syntax::{Kind, Language, NodeId, Tree, flags};

use super::decode::decode;
use super::resolve::{Scalar, resolve_json, resolve_plain};

/// A member of a mapping.
#[derive(Clone, Debug)]
pub struct Entry<'t> {
    /// The key, decoded.
    pub key: Cow<'t, str>,
    /// Where the key is written.
    pub key_node: NodeId,
    /// The value; may be an alias or tagged.
    pub value: NodeId,
    /// Key and value.
    pub pair: NodeId,
}

/// Follows aliases. An alias over the budget or without an anchor stays what it is: an error node.
pub fn resolve(tree: &Tree, node: NodeId) -> NodeId {
    let mut node = node;
    // an anchor can't stand on an alias, so one step is all there is; the bound is for foreign trees
    for _ in 0..8 {
        match tree.kind(node) {
            Kind::Alias => match tree.alias_target(node) {
                Some(target) => node = target,
                None => return node,
            },
            _ => return node,
        }
    }
    node
}

/// The tag's text (`!Ref`) and what is tagged. Tags of YAML's own types (`!!str`) are not told: [`scalar`] obeys them.
pub fn tag(tree: &Tree, node: NodeId) -> Option<(&str, NodeId, NodeId)> {
    if tree.kind(node) != Kind::Tagged {
        return None;
    }
    let mut children = tree.children(node);
    let (name, value) = (children.next()?, children.next()?);
    Some((tree.text(name), name, value))
}

/// Whether a tag is one of YAML's own types.
fn core_tag(text: &str) -> Option<&str> {
    text.strip_prefix("!!")
        .or_else(|| text.strip_prefix("!<tag:yaml.org,2002:").and_then(|t| t.strip_suffix('>')))
}

/// Steps over tags of YAML's own types and follows aliases.
pub fn untagged(tree: &Tree, node: NodeId) -> NodeId {
    let mut node = resolve(tree, node);
    for _ in 0..8 {
        match tag(tree, node) {
            Some((text, _, value)) if core_tag(text).is_some() => node = resolve(tree, value),
            _ => break,
        }
    }
    node
}

/// The members of a sequence; of anything else nothing.
pub fn items(tree: &Tree, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    let node = untagged(tree, node);
    let sequence = tree.kind(node) == Kind::Sequence;
    tree.children(node).filter(move |_| sequence)
}

/// The members of a mapping in order of appearance, of anything else nothing. Merge keys (`<<`) are applied: what they
/// bring comes last and loses against what is written. Of two equal keys the later counts.
pub fn entries(tree: &Tree, node: NodeId) -> Vec<Entry<'_>> {
    let mut out = Vec::new();
    collect(tree, node, &mut out, 0);
    out
}

fn collect<'t>(tree: &'t Tree, node: NodeId, out: &mut Vec<Entry<'t>>, depth: usize) {
    let node = untagged(tree, node);
    if tree.kind(node) != Kind::Mapping || depth > 16 {
        return;
    }
    let first = out.len();
    let mut merges = Vec::new();
    for pair in tree.children(node) {
        if tree.kind(pair) != Kind::Pair {
            continue;
        }
        let mut children = tree.children(pair);
        let (Some(key_node), Some(value)) = (children.next(), children.next()) else { continue };
        let key = text(tree, key_node);
        if key == "<<" && tree.language == Language::Yaml && tree.node(key_node).flags == 0 {
            merges.push(value);
        } else {
            out.push(Entry { key, key_node, value, pair });
        }
    }
    if !tree.errors.is_empty() || tree.language == Language::Json {
        drop_overwritten(out, first);
    }
    for merged in merges {
        let target = untagged(tree, merged);
        let mut brought = Vec::new();
        if tree.kind(target) == Kind::Sequence {
            for item in tree.children(target) {
                collect(tree, item, &mut brought, depth + 1);
            }
        } else {
            collect(tree, target, &mut brought, depth + 1);
        }
        let mut have: FxHashSet<Cow<'t, str>> = out.iter().skip(first).map(|e| e.key.clone()).collect();
        out.extend(brought.into_iter().filter(|e| have.insert(e.key.clone())));
    }
}

/// Duplicate keys are errors; only a tree with errors can have them.
fn drop_overwritten(out: &mut Vec<Entry<'_>>, first: usize) {
    let unique = |i: usize, e: &Entry<'_>| out.iter().skip(first + i + 1).all(|later| later.key != e.key);
    if out.len() - first <= 12 && out.iter().skip(first).enumerate().all(|(i, e)| unique(i, e)) {
        return;
    }
    let mut seen = FxHashSet::default();
    let mut keep: Vec<bool> = out.iter().skip(first).rev().map(|e| seen.insert(e.key.clone())).collect();
    if keep.iter().all(|&k| k) {
        return;
    }
    keep.reverse();
    let mut at = 0;
    out.retain(|_| {
        at += 1;
        at <= first || keep.get(at - 1 - first).copied().unwrap_or(true)
    });
}

/// The member with that key.
pub fn find(tree: &Tree, node: NodeId, key: &str) -> Option<NodeId> {
    let node = untagged(tree, node);
    if tree.kind(node) != Kind::Mapping {
        return None;
    }
    let mut found = None;
    let mut merge = false;
    for pair in tree.children(node) {
        let mut children = tree.children(pair);
        if let (Some(key_node), Some(value)) = (children.next(), children.next()) {
            let name = text(tree, key_node);
            if name == key {
                found = Some(value);
            }
            merge |= name == "<<";
        }
    }
    if found.is_none() && merge {
        return entries(tree, node).into_iter().find(|e| e.key == key).map(|e| e.value);
    }
    found
}

/// The decoded text of a scalar; of anything else an empty text.
pub fn text(tree: &Tree, node: NodeId) -> Cow<'_, str> {
    let node = untagged(tree, node);
    let data = tree.node(node);
    match data.kind {
        Kind::Scalar | Kind::Null => decode(&tree.file.text, data),
        _ => Cow::Borrowed(""),
    }
}

/// What a scalar means; none where the node is no scalar.
pub fn scalar(tree: &Tree, node: NodeId) -> Option<Scalar<'_>> {
    let node = resolve(tree, node);
    if let Some((name, _, value)) = tag(tree, node) {
        let data = tree.node(value);
        return match core_tag(name) {
            Some("str" | "binary") if matches!(data.kind, Kind::Scalar | Kind::Null) => {
                Some(Scalar::String(decode(&tree.file.text, data)))
            }
            // quotes do not matter where the type is told
            Some("int" | "float" | "bool") if data.kind == Kind::Scalar => {
                match decode(&tree.file.text, data) {
                    Cow::Borrowed(text) => Some(resolve_plain(text)),
                    Cow::Owned(text) => Some(Scalar::String(Cow::Owned(text))),
                }
            }
            Some(_) => scalar(tree, value),
            None => None,
        };
    }
    let data = tree.node(node);
    let quoted = flags::SINGLE_QUOTED | flags::DOUBLE_QUOTED | flags::LITERAL | flags::FOLDED;
    match data.kind {
        Kind::Null => Some(Scalar::Null),
        Kind::Scalar if data.flags & quoted != 0 => Some(Scalar::String(decode(&tree.file.text, data))),
        Kind::Scalar if tree.language == Language::Json => Some(resolve_json(tree.text(node))),
        Kind::Scalar => match decode(&tree.file.text, data) {
            Cow::Borrowed(text) => Some(resolve_plain(text)),
            Cow::Owned(text) => Some(Scalar::String(Cow::Owned(text))),
        },
        _ => None,
    }
}

/// Whether the node, or anything that it stands for, could not be read.
pub fn is_damaged(tree: &Tree, node: NodeId) -> bool {
    matches!(tree.kind(resolve(tree, node)), Kind::Error | Kind::Alias)
}
