//! What a new member writes: an argument or block of HCL, a key of an object, a property of a template's resource.

use crate::Str;
use crate::eval::{Reference, Value};
use crate::program::Dialect;
use crate::source::Edit;
use crate::syntax::{Kind, Language, NodeId, yaml};

use super::super::data;
use super::super::document::Document;
use super::super::hcl;
use super::super::literal::Literal;
use super::super::why::Why;
use super::typed::{lacking, typed};
use super::{Op, Target, Writer};

impl Writer<'_> {
    /// A member becomes part of an object, block or mapping.
    pub(in crate::fix) fn insert(
        &self,
        target: Target<'_>,
        container: &Value,
        path: &[Str],
        value: &Value,
    ) -> Result<Op, Why> {
        let span = self.written(container.origin)?;
        let wanted = |k| matches!(k, Kind::Block | Kind::Object | Kind::Mapping | Kind::Pair | Kind::Body);
        // Of a resource the whole is meant, not a mapping that holds nothing but it.
        let whole = |k| matches!(k, Kind::Block | Kind::Pair);
        let place = if path.len() == 1 { self.node(span, &whole) } else { self.node(span, &wanted) };
        let (document, mut node) = place.or_else(|_| self.node(span, &wanted))?;
        let key = path.last().cloned().unwrap_or_default();
        let literal = typed(self.literal(value)?, target, path);
        if let Some(name) = lacking(target, path, &literal) {
            let text = path.join(".");
            return Err(Why::new(format!(
                "`{text}` can't be written without `{name}`, which is for a person to say"
            )));
        }
        let names = |reference: &Reference| self.hcl_name(target.resource, reference);
        let data_names = |reference: &Reference| self.data_name(target.resource, reference);
        let op = |edit, node: NodeId| Op {
            file: span.file,
            edit,
            slot: Some((document.node(node).start, key.clone())),
        };
        if document.language() == Language::Hcl {
            if let Some(child) = member(&document, node, &key) {
                // It is written, and says nothing: `x = null`, or a condition's branch.
                return Ok(op(hcl::replace(&document, nothing(&document, child), &literal, &names)?, node));
            }
            let schema = target.schema.map(|schema| (schema, path));
            let block = target.schema.and_then(|s| s.property(&path.join("."))).is_some_and(|a| a.block);
            if block && in_dynamic(&document, node) {
                return Err(Why::new("a `dynamic` block makes what it belongs to"));
            }
            let member = hcl::Member { key: &key, value: &literal, schema, names: &names };
            let edit = hcl::insert(&document, node, &member)?;
            return Ok(op(edit, node));
        }
        if document.kind(node) == Kind::Pair {
            node = document.tree.child(node, 1).ok_or_else(|| Why::new("the resource is damaged"))?;
            node = yaml::untagged(&document.tree, node);
            if self.dialect() == Dialect::CloudFormation {
                match yaml::find(&document.tree, node, "Properties") {
                    Some(properties) => node = properties,
                    None => {
                        let all = Literal::Map(vec![(key.clone(), literal)]);
                        let edit = self.properties(&document, node, all, &data_names)?;
                        return Ok(Op {
                            slot: Some((document.node(node).start, "Properties".into())),
                            ..op(edit, node)
                        });
                    }
                }
            }
        }
        if let Some(old) = yaml::find(&document.tree, node, &key)
            && document.parent(old).is_some_and(|pair| document.parent(pair) == Some(node))
        {
            let edit = data::replace(&document, nothing(&document, old), &literal, &data_names)?;
            return Ok(op(edit, node));
        }
        let edit = data::insert(&document, node, Some(&key), &literal, &data_names)?;
        let empty = document.tree.child(node, 0).is_none();
        let slot = if empty { Str::new() } else { key.clone() };
        Ok(Op { slot: Some((document.node(node).start, slot)), ..op(edit, node) })
    }

    /// Several members of something that has none yet are written at once.
    pub(in crate::fix) fn fill(
        &self,
        target: Target<'_>,
        container: &Value,
        path: &[Str],
        entries: &[(Str, Value)],
    ) -> Result<Option<Op>, Why> {
        let span = self.written(container.origin)?;
        let wanted = |k| matches!(k, Kind::Block | Kind::Object | Kind::Mapping | Kind::Pair);
        let whole = |k| matches!(k, Kind::Block | Kind::Pair);
        let place = if path.is_empty() { self.node(span, &whole) } else { self.node(span, &wanted) };
        let (document, mut node) = place.or_else(|_| self.node(span, &wanted))?;
        let mut all = Vec::new();
        for (key, value) in entries {
            let path: Vec<Str> = path.iter().chain([key]).cloned().collect();
            let literal = typed(self.literal(value)?, target, &path);
            if let Some(name) = lacking(target, &path, &literal) {
                let text = path.join(".");
                return Err(Why::new(format!(
                    "`{text}` can't be written without `{name}`, which is for a person to say"
                )));
            }
            all.push((key.clone(), literal));
        }
        let names = |reference: &Reference| self.hcl_name(target.resource, reference);
        let data_names = |reference: &Reference| self.data_name(target.resource, reference);
        let edit = if document.language() == Language::Hcl {
            let schema = target.schema.map(|schema| (schema, path));
            hcl::fill(&document, node, &all, schema, &names)?
        } else {
            let mut missing = None;
            if document.kind(node) == Kind::Pair {
                node = document.tree.child(node, 1).ok_or_else(|| Why::new("the resource is damaged"))?;
                node = yaml::untagged(&document.tree, node);
                if self.dialect() == Dialect::CloudFormation {
                    match yaml::find(&document.tree, node, "Properties") {
                        Some(properties) => node = properties,
                        None => missing = Some("Properties"),
                    }
                }
            }
            match missing {
                Some(_) => Some(self.properties(&document, node, Literal::Map(all), &data_names)?),
                None if document.kind(node) == Kind::Mapping && document.tree.child(node, 0).is_none() => {
                    Some(data::replace(&document, node, &Literal::Map(all), &data_names)?)
                }
                None => None,
            }
        };
        let slot = Some((document.node(node).start, "Properties".into()));
        Ok(edit.map(|edit| Op { file: span.file, edit, slot }))
    }

    /// The properties of a template's resource that has none.
    fn properties(
        &self,
        document: &Document,
        resource: NodeId,
        all: Literal,
        names: data::Names<'_>,
    ) -> Result<Edit, Why> {
        let type_pair = yaml::find(&document.tree, resource, "Type")
            .and_then(|value| document.parent(value))
            .filter(|pair| document.parent(*pair) == Some(resource));
        match type_pair {
            Some(pair) => data::insert_after(document, pair, "Properties", &all, names),
            None => data::insert(document, resource, Some("Properties"), &all, names),
        }
    }
}

/// Whether a node is written in a `dynamic` block, or is one.
pub(super) fn in_dynamic(document: &Document, node: NodeId) -> bool {
    let mut at = Some(node);
    while let Some(id) = at {
        if document.kind(id) == Kind::Block
            && document.tree.child(id, 0).is_some_and(|n| document.slice(n) == "dynamic")
        {
            return true;
        }
        at = document.parent(id);
    }
    false
}

/// What is written under a name in a block, body or object of HCL.
fn member(document: &Document, container: NodeId, key: &str) -> Option<NodeId> {
    let inside = match document.kind(container) {
        Kind::Block => document.tree.children(container).find(|c| document.kind(*c) == Kind::Body)?,
        _ => container,
    };
    document
        .tree
        .children(inside)
        .filter(|c| matches!(document.kind(*c), Kind::Attribute | Kind::ObjectItem))
        .find(|c| document.tree.child(*c, 0).is_some_and(|n| document.slice(n).trim_matches('"') == key))
        .and_then(|c| document.tree.child(c, 1))
}

/// Of a written value that says nothing, the part that says so: the branch of a condition, else all of it.
fn nothing(document: &Document, node: NodeId) -> NodeId {
    if document.kind(node) == Kind::Conditional {
        let null: Vec<NodeId> =
            document.tree.children(node).skip(1).filter(|c| document.kind(*c) == Kind::Null).collect();
        if let [only] = null.as_slice() {
            return *only;
        }
    }
    let branches = match document.kind(node) {
        Kind::Tagged if yaml::tag(&document.tree, node).is_some_and(|(t, ..)| t == "!If") => {
            document.tree.child(node, 1)
        }
        Kind::Mapping => yaml::find(&document.tree, node, "Fn::If"),
        _ => None,
    };
    let no_value = |node: &NodeId| {
        let text = document.slice(*node);
        text.len() < 60 && text.contains("AWS::NoValue")
    };
    if let Some(branches) = branches {
        let none: Vec<NodeId> = document.tree.children(branches).skip(1).filter(no_value).collect();
        if let [only] = none.as_slice() {
            return *only;
        }
    }
    node
}
