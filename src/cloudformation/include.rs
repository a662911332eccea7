//! `AWS::Include` ("AWS::Include transform", AWS CloudFormation Template Reference) of files that lie beside the
//! template, as `aws cloudformation package` accepts them. Other macros stay unknown.

use std::path::Path;
use std::sync::Arc;

use crate::program::{Expr, ExprKind, ObjectItem};
use crate::source::Span;
use crate::syntax::yaml::Entry;
use crate::syntax::{Kind, NodeId, Tree, yaml};

use super::detect::parse;
use super::reader::Reader;

/// How deep included files may include others.
const MAX_DEPTH: usize = 10;

impl Reader<'_> {
    /// The value that `Fn::Transform` makes.
    pub(super) fn transformed(&mut self, name_span: Span, value: NodeId, span: Span) -> Expr {
        match self.open_include(value) {
            Some(tree) => self.with_include(&tree, |reader, top| reader.expr(top)),
            None => {
                self.macro_value(name_span);
                self.unknown("a macro makes this value", span)
            }
        }
    }

    /// The members that `Fn::Transform` adds to the mapping it stands in.
    pub(super) fn included(&mut self, entry: &Entry<'_>) -> Vec<ObjectItem> {
        let Some(tree) = self.open_include(entry.value) else {
            self.macro_value(self.tree.span(entry.key_node));
            return Vec::new();
        };
        match self.with_include(&tree, |reader, top| reader.expr(top)).kind {
            ExprKind::Object(items) => items,
            _ => Vec::new(),
        }
    }

    /// The file of an `AWS::Include` whose location is a path.
    pub(super) fn open_include(&mut self, transform: NodeId) -> Option<Tree> {
        let tree = self.tree;
        let name = yaml::find(tree, transform, "Name")?;
        if yaml::text(tree, name) != "AWS::Include" {
            return None;
        }
        let parameters = yaml::find(tree, transform, "Parameters")?;
        let location = self.fixed(yaml::find(tree, parameters, "Location")?)?;
        let loader = self.loader?;
        if location.is_empty() || location.contains("://") || self.includes >= MAX_DEPTH {
            return None;
        }
        let path = tree.file.path.parent().unwrap_or(Path::new("")).join(location.as_ref());
        if !loader.is_file(&path) {
            return None;
        }
        match loader.load(&path) {
            Ok(file) => {
                let tree = parse(Arc::clone(&file));
                self.diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
                Some(tree)
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Reads something in an included file, in the names of this template.
    pub(super) fn with_include<T: FromInclude>(
        &mut self,
        tree: &Tree,
        read: impl FnOnce(&mut Reader<'_>, NodeId) -> T,
    ) -> T {
        let Some(top) = top(tree) else { return T::nothing(tree) };
        let mut inner = Reader::new(tree, std::mem::take(&mut self.names));
        inner.loader = self.loader;
        inner.exports = self.exports;
        inner.includes = self.includes + 1;
        inner.depth = self.depth;
        inner.bound.clone_from(&self.bound);
        inner.in_condition = self.in_condition;
        let out = read(&mut inner, top);
        self.names = std::mem::take(&mut inner.names);
        self.imports.extend(std::mem::take(&mut inner.imports));
        self.diagnostics.append(&mut inner.diagnostics);
        out
    }
}

/// What reading an included file can give; an empty file gives nothing.
pub(super) trait FromInclude {
    /// What there is in an empty file.
    fn nothing(tree: &Tree) -> Self;
}

impl FromInclude for Expr {
    fn nothing(tree: &Tree) -> Self {
        let span = tree.span(tree.root());
        Expr::new(ExprKind::Unknown("an included file that is empty".into()), span)
    }
}

impl<T> FromInclude for Vec<T> {
    fn nothing(_: &Tree) -> Self {
        Vec::new()
    }
}

/// The value of a file: a snippet is a mapping, sometimes a list.
pub(super) fn top(tree: &Tree) -> Option<NodeId> {
    let document = tree.children(tree.root()).find(|&n| tree.kind(n) == Kind::Document)?;
    tree.child(document, 0)
}
