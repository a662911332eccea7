//! From changes of values to edits of files: the place of each value in its tree, and what is written there.

mod beside;
mod list;
mod member;
mod name;
mod replace;
mod show;
mod typed;

use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::check::{Linked, Root, RootKind};
use crate::eval::{Data, Origin, Store, Value, Via};
use crate::model::terraform_schema;
use crate::model::{Resource, ResourceId};
use crate::program::Dialect;
use crate::source::{Edit, FileId, Loader, Span};
use crate::syntax::{self, Kind, NodeId};

use super::document::Document;
use super::literal::Literal;
use super::why::Why;

/// One edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Op {
    pub(super) file: FileId,
    pub(super) edit: Edit,
    /// What is written into: two edits that write the same member of the same thing exclude each other.
    pub(super) slot: Option<(u32, Str)>,
}

/// Writes into the files of one root.
pub(super) struct Writer<'w> {
    pub(super) linked: &'w Linked,
    pub(super) loader: &'w Loader,
    root: &'w Root,
    /// Whether what a program has generated may be edited: copies of it are.
    generated: bool,
    documents: RefCell<FxHashMap<FileId, Result<Rc<Document>, Why>>>,
    declared: OnceCell<FxHashMap<Str, Vec<Str>>>,
}

/// A resource whose arguments are written.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) resource: &'t Resource,
    pub(super) schema: Option<&'t terraform_schema::Resource>,
}

impl<'w> Writer<'w> {
    pub(super) fn new(linked: &'w Linked, loader: &'w Loader, root: &'w Root, generated: bool) -> Self {
        Writer { linked, loader, root, generated, documents: RefCell::default(), declared: OnceCell::new() }
    }

    pub(super) fn store(&self) -> &'w Store {
        &self.linked.graph.store
    }

    pub(super) fn dialect(&self) -> Dialect {
        let program = &self.linked.program;
        program.module(program.root).map_or(Dialect::Terraform, |m| m.dialect)
    }

    /// The file of a place, if it may be edited.
    pub(super) fn document(&self, file: FileId) -> Result<Rc<Document>, Why> {
        if let Some(known) = self.documents.borrow().get(&file) {
            return known.clone();
        }
        let made = self.open(file).map(Rc::new);
        self.documents.borrow_mut().insert(file, made.clone());
        made
    }

    fn open(&self, id: FileId) -> Result<Document, Why> {
        let gone = || Why::new("the value does not stand in a file");
        let file = self.loader.sources().get(id).ok_or_else(gone)?;
        let shown = file.path.display().to_string();
        if shown.starts_with('<') || !self.loader.is_file(&file.path) {
            return Err(Why::new(format!("the value comes from `{}`", shown.trim_matches(['<', '>']))));
        }
        if let Some(reason) = generated(self.root, self.dialect(), &file.path)
            && !(self.generated && self.root.kind == RootKind::Assembly)
        {
            return Err(Why::new(format!("`{shown}` {reason}")));
        }
        let document = Document::new(Arc::clone(&file));
        if !document.tree.errors.is_empty() {
            return Err(Why::new(format!("`{shown}` has syntax errors")));
        }
        Ok(document)
    }

    /// Where a value is written in the end; not where a part of the way is computed.
    fn written(&self, origin: Origin) -> Result<Span, Why> {
        let steps: Vec<_> = self.store().spans(origin).collect();
        match steps.last() {
            Some(step) if matches!(step.via, Via::Computed | Via::Attribute | Via::Output) => {
                let document = self.document(step.span.file)?;
                let text = document.tree.file.slice(step.span);
                let text: String = text.chars().take(60).collect();
                Err(Why::new(format!("`{}` computes it", text.lines().next().unwrap_or(""))))
            }
            Some(step) if step.via == Via::Default => Err(Why::new("it is nowhere written")),
            Some(step) => Ok(step.span),
            None => Err(Why::new("it is not told where the value comes from")),
        }
    }

    /// The node of a place, in the document or in a document of its own for JSON within a string.
    fn node(&self, span: Span, wanted: &dyn Fn(Kind) -> bool) -> Result<(Rc<Document>, NodeId), Why> {
        let document = self.document(span.file)?;
        if let Some(mut id) = document.at(span) {
            loop {
                if wanted(document.kind(id)) {
                    return Ok((document, id));
                }
                let inner = document.tree.child(id, 0).filter(|c| {
                    let node = document.node(*c);
                    (node.start, node.end) == (span.start, span.end)
                });
                match inner {
                    Some(inner) => id = inner,
                    None => return Err(Why::new("an expression computes it")),
                }
            }
        }
        let text = document
            .around(span, |k| matches!(k, Kind::Heredoc | Kind::Template | Kind::Scalar))
            .ok_or_else(|| Why::new("an expression computes it"))?;
        let range = document.node(text);
        let inner = document.slice(text);
        // A heredoc's first and last line are its marker; a quoted string would need its escapes written again.
        let (from, to) = match document.kind(text) {
            Kind::Heredoc => {
                (inner.find('\n').map_or(0, |i| i + 1), inner.trim_end().rfind('\n').unwrap_or(0))
            }
            Kind::Scalar if inner.starts_with(['|', '>']) => {
                (inner.find('\n').map_or(0, |i| i + 1), inner.len())
            }
            _ => return Err(Why::new("it is JSON within a string")),
        };
        let file = Arc::clone(&document.tree.file);
        let tree = syntax::json::parse_range(file, range.start + from as u32, range.start + to as u32);
        if !tree.errors.is_empty() {
            return Err(Why::new("the text around it is no JSON by itself"));
        }
        let inner = Document::of(tree);
        let found = inner.at(span).ok_or_else(|| Why::new("an expression computes it"))?;
        let mut id = found;
        while !wanted(inner.kind(id)) {
            let next = inner.tree.child(id, 0).filter(|c| {
                let node = inner.node(*c);
                (node.start, node.end) == (span.start, span.end)
            });
            id = next.ok_or_else(|| Why::new("an expression computes it"))?;
        }
        Ok((Rc::new(inner), id))
    }

    fn literal(&self, value: &Value) -> Result<Literal, Why> {
        Literal::of(self.store(), value)
    }
}

/// Why a file is not to be edited: something else makes it.
fn generated(root: &Root, dialect: Dialect, path: &Path) -> Option<&'static str> {
    if root.kind == RootKind::Assembly {
        return Some("is generated by a CDK app: change the app");
    }
    if root.kind == RootKind::Document && dialect == Dialect::Terraform {
        return Some("is a plan: change the configuration that it was made from");
    }
    let installed = path.components().any(|c| c.as_os_str() == ".terraform");
    installed.then_some("belongs to an installed module: change the module where it comes from")
}

/// A resource and its schema, held together.
pub(super) struct Held<'t> {
    resource: &'t Resource,
    schema: Option<Arc<terraform_schema::Resource>>,
}

impl<'t> Held<'t> {
    pub(super) fn new(resource: &'t Resource) -> Self {
        let terraform = !resource.declared_as.contains("::");
        let schema = if terraform { terraform_schema::get(&resource.declared_as) } else { None };
        Held { resource, schema }
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target { resource: self.resource, schema: self.schema.as_deref() }
    }
}

/// A resource of the graph.
pub(super) fn resource(linked: &Linked, id: ResourceId) -> Result<&Resource, Why> {
    linked.graph.resource(id).ok_or_else(|| Why::new("the resource is gone"))
}

/// Whether a value says nothing.
pub(super) fn unset(value: &Value) -> bool {
    matches!(value.data, Data::Absent | Data::Null)
}
