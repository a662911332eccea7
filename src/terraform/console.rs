//! One expression on its own, in the names of a module: what `eval` is asked.

use std::sync::Arc;

use crate::program::hcl::Reader;
use crate::program::{Expr, ExprKind, Mode, Module};
use crate::source::{Diagnostic, SourceFile};
use crate::syntax;

use super::names::{Declared, TerraformNames};

/// Reads a file's text as one expression that may name what the module declares.
pub fn expression(file: &Arc<SourceFile>, module: &Module) -> (Expr, Vec<Diagnostic>) {
    let mut declared = Declared::default();
    declared.variables.extend(module.inputs.keys().cloned());
    declared.locals.extend(module.locals.keys().cloned());
    declared.modules.extend(module.calls.keys().cloned());
    for resource in &module.resources {
        let of_mode = match resource.mode {
            Mode::Managed => &mut declared.managed,
            Mode::Data => &mut declared.data,
        };
        of_mode.entry(resource.type_name.clone()).or_default().insert(resource.name.clone());
    }
    let tree = syntax::hcl::parse_expression(Arc::clone(file), 0, u32::MAX);
    let mut diagnostics: Vec<Diagnostic> = tree.errors.iter().map(|e| e.to_diagnostic()).collect();
    let mut names = TerraformNames::new(&declared);
    let mut reader = Reader::new(&tree, |traversal: crate::program::hcl::Traversal<'_>| {
        crate::program::hcl::Names::resolve(&mut names, traversal)
    });
    let expr = match tree.child(tree.root(), 0) {
        Some(node) if diagnostics.is_empty() => reader.expr(node),
        _ => Expr::new(ExprKind::Unknown("it is not a complete expression".into()), tree.span(tree.root())),
    };
    diagnostics.append(&mut reader.diagnostics);
    drop(reader);
    diagnostics.append(&mut names.diagnostics);
    (expr, diagnostics)
}
