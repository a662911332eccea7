//! The values that are supplied for a root's variables: variable files and `--var`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::Str;
use crate::program::hcl::{self, Reader, Traversal};
use crate::program::suggest::closest;
use crate::program::{Expr, ExprKind, Module, Root, TypeExpr};
use crate::source::{Diagnostic, Loader, Severity, Span};
use crate::syntax::{self, Kind, Tree};

use super::files::automatic_variable_files;
use super::json::decode_string;

/// A value that the user supplies beside the files that are read without being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supplied {
    /// `--var NAME=VALUE`.
    Value(String, String),
    /// `--var-file FILE`.
    File(PathBuf),
}

/// The supplied values of a root's variables, by name, with Terraform's precedence: `environment` (`TF_VAR_NAME`), then
/// `terraform.tfvars`, `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, then `supplied` in
/// its order. Later ones win.
pub fn inputs(
    loader: &Loader,
    directory: &Path,
    root: &Module,
    environment: &[(String, String)],
    supplied: &[Supplied],
) -> (IndexMap<Str, Expr>, Vec<Diagnostic>) {
    let mut reader = Inputs { loader, root, values: IndexMap::new(), diagnostics: Vec::new() };
    for (name, value) in environment {
        // An environment may hold values for other configurations.
        if root.inputs.contains_key(name.as_str()) {
            reader.value(name, value, "environment variable TF_VAR_");
        }
    }
    let names = loader.list(directory).unwrap_or_default();
    for name in automatic_variable_files(&names) {
        reader.file(&directory.join(name));
    }
    for item in supplied {
        match item {
            Supplied::Value(name, value) => reader.value(name, value, "--var "),
            Supplied::File(path) => reader.file(path),
        }
    }
    (reader.values, reader.diagnostics)
}

struct Inputs<'a> {
    loader: &'a Loader,
    root: &'a Module,
    values: IndexMap<Str, Expr>,
    diagnostics: Vec<Diagnostic>,
}

impl Inputs<'_> {
    fn file(&mut self, path: &Path) {
        let file = match self.loader.load(path) {
            Ok(file) => file,
            Err(error) => {
                self.diagnostics.push(error);
                return;
            }
        };
        let json = path.extension().is_some_and(|e| e == "json");
        let tree = if json { syntax::json::parse(file) } else { syntax::hcl::parse(file) };
        self.diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
        if json { self.json_file(&tree) } else { self.native_file(&tree) }
    }

    fn native_file(&mut self, tree: &Tree) {
        let mut references = Vec::new();
        let mut reader = Reader::new(tree, |t: Traversal<'_>| no_references(t, &mut references));
        let mut found = Vec::new();
        for parts in hcl::attributes(tree, tree.root()) {
            found.push(reader.attribute(parts));
        }
        let mut diagnostics = std::mem::take(&mut reader.diagnostics);
        self.diagnostics.append(&mut diagnostics);
        self.diagnostics.extend(references.into_iter().map(|span| {
            Diagnostic::error(
                "invalid-value",
                "a variable file holds only literal values, no references",
                span,
            )
        }));
        for block in hcl::blocks(tree, tree.root()) {
            let message = format!("a variable file has no blocks; `{}` is ignored", block.kind);
            self.diagnostics.push(Diagnostic::error("invalid-block", message, block.kind_span));
        }
        for attribute in found {
            if let Some(span) = first_call(&attribute.value) {
                let message = "a variable file holds only literal values, no function calls";
                self.diagnostics.push(Diagnostic::error("invalid-value", message, span));
            }
            self.supply(attribute.name, attribute.value, attribute.name_span);
        }
    }

    fn json_file(&mut self, tree: &Tree) {
        let top = tree
            .children(tree.root())
            .find(|&n| tree.kind(n) == Kind::Document)
            .and_then(|document| tree.child(document, 0));
        let Some(top) = top.filter(|&n| tree.kind(n) == Kind::Mapping) else { return };
        for pair in tree.children(top) {
            let (Some(key), Some(value)) = (tree.child(pair, 0), tree.child(pair, 1)) else { continue };
            let Some((name, _)) = decode_string(tree, key) else { continue };
            let value = super::json::literal(tree, value);
            self.supply(name.into(), value, tree.span(key));
        }
    }

    fn value(&mut self, name: &str, value: &str, source: &str) {
        let file = self.loader.sources().add(format!("<{source}{name}>"), value);
        let whole = Span::new(file.id, 0, value.len() as u32);
        let declared = self.root.inputs.get(name).and_then(|i| i.type_expr.as_ref());
        // A value for a string, or for a variable without a type, is taken as it stands.
        let literal = matches!(declared, None | Some(TypeExpr::String | TypeExpr::Number | TypeExpr::Bool));
        let expr = if literal {
            Expr::string(value, whole)
        } else {
            let tree = syntax::hcl::parse_expression(file, 0, u32::MAX);
            self.diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
            let mut references = Vec::new();
            let mut reader = Reader::new(&tree, |t: Traversal<'_>| no_references(t, &mut references));
            let expr = match tree.child(tree.root(), 0) {
                Some(node) => reader.expr(node),
                None => Expr::string(value, whole),
            };
            self.diagnostics.extend(references.into_iter().map(|span| {
                Diagnostic::error(
                    "invalid-value",
                    "a supplied value is a literal; strings need quotes here",
                    span,
                )
            }));
            expr
        };
        self.supply(name.into(), expr, whole);
    }

    fn supply(&mut self, name: Str, value: Expr, place: Span) {
        if !self.root.inputs.contains_key(&name) {
            let message = format!("the root module declares no variable `{name}`; the value is not used");
            let diagnostic = Diagnostic {
                severity: Severity::Warning,
                ..Diagnostic::warning("undeclared-variable", message, place)
            };
            self.diagnostics.push(match closest(&name, self.root.inputs.keys().map(Str::as_str)) {
                Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
            return;
        }
        self.values.shift_remove(&name);
        self.values.insert(name, value);
    }
}

/// Where a literal calls a function.
fn first_call(expr: &Expr) -> Option<Span> {
    let mut stack = vec![expr];
    while let Some(expr) = stack.pop() {
        match &expr.kind {
            ExprKind::Call { .. } => return Some(expr.span),
            ExprKind::List(items) => stack.extend(items.iter().rev()),
            ExprKind::Object(items) => stack.extend(items.iter().rev().map(|item| &item.value)),
            _ => {}
        }
    }
    None
}

fn no_references(traversal: Traversal<'_>, found: &mut Vec<Span>) -> (Root, usize) {
    found.push(traversal.span);
    (Root::Undeclared(traversal.name.into()), 0)
}
