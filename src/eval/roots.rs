//! The references that expressions make, without evaluating them.

use crate::program::{Body, Expr, ExprKind, Module, Root, TemplatePart};

/// The locals that an expression names directly.
pub(super) fn locals_in(expr: &Expr, module: &Module, found: &mut Vec<usize>) {
    each_root(expr, &mut |root| {
        if let Root::Local(name) = root
            && let Some(at) = module.locals.get_index_of(name)
        {
            found.push(at);
        }
    });
    found.sort_unstable();
    found.dedup();
}

/// Visits the roots of all references in a body.
pub(super) fn each_root_of_body(body: &Body, visit: &mut dyn FnMut(&Root)) {
    each_expr_of_body(body, &mut |expr| {
        if let ExprKind::Root(root) = &expr.kind {
            visit(root);
        }
        true
    });
}

/// Visits all expressions in a body, outer ones first, as [`each_expr`] does.
pub(super) fn each_expr_of_body(body: &Body, visit: &mut dyn FnMut(&Expr) -> bool) {
    body.attributes.iter().for_each(|a| each_expr(&a.value, visit));
    for block in &body.blocks {
        if let Some(dynamic) = &block.dynamic {
            each_expr(&dynamic.for_each, visit);
        }
        each_expr_of_body(&block.body, visit);
    }
}

/// Visits the roots of all references in an expression.
fn each_root(expr: &Expr, visit: &mut dyn FnMut(&Root)) {
    each_expr(expr, &mut |expr| {
        if let ExprKind::Root(root) = &expr.kind {
            visit(root);
        }
        true
    });
}

/// Visits an expression and those inside it, outer ones first; not those inside one for which `visit` says no.
pub(super) fn each_expr(expr: &Expr, visit: &mut dyn FnMut(&Expr) -> bool) {
    fn parts(all: &[TemplatePart], visit: &mut dyn FnMut(&Expr) -> bool) {
        for part in all {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Interpolation(expr) => each_expr(expr, visit),
                TemplatePart::If(condition, yes, no) => {
                    each_expr(condition, visit);
                    parts(yes, visit);
                    parts(no, visit);
                }
                TemplatePart::For(head, body) => {
                    each_expr(&head.2, visit);
                    parts(body, visit);
                }
            }
        }
    }
    if !visit(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Unknown(_) | ExprKind::Root(_) => {}
        ExprKind::Template(all) => parts(all, visit),
        ExprKind::List(items) => items.iter().for_each(|e| each_expr(e, visit)),
        ExprKind::Object(items) => items.iter().for_each(|item| {
            each_expr(&item.key, visit);
            each_expr(&item.value, visit);
        }),
        ExprKind::Attr(inner, _) | ExprKind::Unary(_, inner) => each_expr(inner, visit),
        ExprKind::Index(a, b) | ExprKind::Splat(a, b) | ExprKind::Binary(_, a, b) => {
            each_expr(a, visit);
            each_expr(b, visit);
        }
        ExprKind::Conditional(a, b, c) => {
            each_expr(a, visit);
            each_expr(b, visit);
            each_expr(c, visit);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|e| each_expr(e, visit)),
        ExprKind::For(inner) => {
            each_expr(&inner.collection, visit);
            inner.key.iter().chain(inner.condition.iter()).for_each(|e| each_expr(e, visit));
            each_expr(&inner.value, visit);
        }
    }
}
