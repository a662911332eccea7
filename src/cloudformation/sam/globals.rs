//! `Globals` ("Globals section of the AWS SAM template", AWS Serverless Application Model Developer Guide): maps are
//! joined, lists are put one behind the other, of other values the resource's own counts.

use crate::program::{Attribute, Expr, ExprKind, ObjectItem, Resource};

use super::make::{Props, literal_text, member, members};

/// The properties of a resource with the globals of its kind merged in.
pub(super) fn merged(resource: &Resource, globals: Option<&Expr>) -> Props {
    let mut props = Props(resource.body.attributes.clone());
    let kind = resource.type_name.strip_prefix("AWS::Serverless::").unwrap_or("");
    let Some(globals) = globals.and_then(|g| member(g, kind)) else { return props };
    let ignored = resource.meta.attributes.iter().find(|a| a.name == "IgnoreGlobals").map(|a| &a.value);
    if ignored.and_then(literal_text) == Some("*") {
        return props;
    }
    let skips = |name: &str| match ignored.map(|i| &i.kind) {
        Some(ExprKind::List(items)) => items.iter().any(|i| literal_text(i) == Some(name)),
        _ => false,
    };
    for global in members(globals).0 {
        if skips(&global.name) {
            continue;
        }
        match props.0.iter_mut().find(|a| a.name == global.name) {
            Some(own) => own.value = joined(&global.value, &own.value),
            None => props.0.push(global),
        }
    }
    props
}

fn joined(global: &Expr, own: &Expr) -> Expr {
    match (&global.kind, &own.kind) {
        (ExprKind::Object(global), ExprKind::Object(items)) => {
            let key = |item: &ObjectItem| item.key.as_string().cloned();
            let mut items = items.clone();
            for item in global {
                match items.iter_mut().find(|own| key(own) == key(item)) {
                    Some(own) => own.value = joined(&item.value, &own.value),
                    None => items.push(item.clone()),
                }
            }
            Expr::new(ExprKind::Object(items), own.span)
        }
        (ExprKind::List(first), ExprKind::List(second)) => {
            let all = first.iter().chain(second).cloned().collect();
            Expr::new(ExprKind::List(all), own.span)
        }
        _ => own.clone(),
    }
}

/// The globals of a kind, for resources that nobody writes.
pub(super) fn of_kind(globals: Option<&Expr>, kind: &str) -> Vec<Attribute> {
    globals.and_then(|g| member(g, kind)).map(|g| members(g).0).unwrap_or_default()
}
