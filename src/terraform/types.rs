//! Type constraints of variables, and the domains that types and validation rules leave to them.

use crate::Str;
use crate::program::hcl::{MAX_DEPTH, Names, Reader, Traversal};
use crate::program::{BinaryOp, Domain, Expr, ExprKind, Literal, ObjectField, Root, TypeExpr, Validation};
use crate::syntax::{Kind, NodeId};

/// Resolves nothing: in a type constraint names are types.
pub(super) fn no_names(traversal: Traversal<'_>) -> (Root, usize) {
    (Root::Undeclared(traversal.name.into()), 0)
}

/// Reads a type constraint; none for what is none.
pub(super) fn read<N: Names>(reader: &mut Reader<'_, N>, node: NodeId) -> Option<TypeExpr> {
    read_at(reader, node, 0)
}

fn read_at<N: Names>(reader: &mut Reader<'_, N>, node: NodeId, depth: usize) -> Option<TypeExpr> {
    if depth > MAX_DEPTH {
        return None;
    }
    let tree = reader.tree;
    match tree.kind(node) {
        Kind::Variable => legacy(tree.text(node)),
        Kind::Paren => read_at(reader, tree.child(node, 0)?, depth + 1),
        Kind::Call => {
            let argument = tree.child(node, 1)?;
            let inner = |reader: &mut Reader<'_, N>| read_at(reader, argument, depth + 1).map(Box::new);
            match tree.text(tree.child(node, 0)?) {
                "list" => Some(TypeExpr::List(inner(reader)?)),
                "set" => Some(TypeExpr::Set(inner(reader)?)),
                "map" => Some(TypeExpr::Map(inner(reader)?)),
                "tuple" if tree.kind(argument) == Kind::Tuple => tree
                    .children(argument)
                    .map(|n| read_at(reader, n, depth + 1))
                    .collect::<Option<_>>()
                    .map(TypeExpr::Tuple),
                "object" if tree.kind(argument) == Kind::Object => {
                    let mut fields = Vec::new();
                    for item in tree.children(argument).filter(|&n| tree.kind(n) == Kind::ObjectItem) {
                        let (key, value) = (tree.child(item, 0)?, tree.child(item, 1)?);
                        let name = crate::program::hcl::literal_text(tree, key)?;
                        fields.push(field(reader, name, value, depth)?);
                    }
                    Some(TypeExpr::Object(fields))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn field<N: Names>(reader: &mut Reader<'_, N>, name: Str, node: NodeId, depth: usize) -> Option<ObjectField> {
    let tree = reader.tree;
    let is_optional =
        tree.kind(node) == Kind::Call && tree.child(node, 0).is_some_and(|n| tree.text(n) == "optional");
    if !is_optional {
        let type_expr = read_at(reader, node, depth + 1)?;
        return Some(ObjectField { name, type_expr, optional: false, default: None });
    }
    let type_expr = read_at(reader, tree.child(node, 1)?, depth + 1)?;
    let default = tree.child(node, 2).map(|n| reader.expr(n));
    Some(ObjectField { name, type_expr, optional: true, default })
}

/// A type that is one word; the collections of Terraform 0.11 had no element type.
pub(super) fn legacy(name: &str) -> Option<TypeExpr> {
    Some(match name {
        "any" => TypeExpr::Any,
        "string" => TypeExpr::String,
        "number" => TypeExpr::Number,
        "bool" => TypeExpr::Bool,
        "list" => TypeExpr::List(Box::new(TypeExpr::Any)),
        "set" => TypeExpr::Set(Box::new(TypeExpr::Any)),
        "map" => TypeExpr::Map(Box::new(TypeExpr::Any)),
        _ => return None,
    })
}

/// What a variable can be: the values that a validation rule lists, or those of `bool`.
pub(super) fn domain(
    name: &str,
    type_expr: Option<&TypeExpr>,
    nullable: bool,
    default: Option<&Expr>,
    validations: &[Validation],
) -> Domain {
    let scalar = matches!(
        type_expr,
        None | Some(TypeExpr::Any | TypeExpr::String | TypeExpr::Number | TypeExpr::Bool)
    );
    let listed = if scalar { validations.iter().find_map(|v| listed(&v.condition, name)) } else { None };
    if let Some(values) = listed {
        return Domain::OneOf(values);
    }
    if type_expr != Some(&TypeExpr::Bool) {
        return Domain::Open;
    }
    let mut values = vec![Literal::Bool(true), Literal::Bool(false)];
    // A flag is null only where its author meant that as a third value.
    let null_default = default.is_some_and(|d| d.kind == ExprKind::Literal(Literal::Null));
    if nullable && null_default {
        values.push(Literal::Null);
    }
    Domain::OneOf(values)
}

/// The values that make a condition true, if it says so by listing them; of a conjunction one such part suffices.
fn listed(condition: &Expr, name: &str) -> Option<Vec<Literal>> {
    match &condition.kind {
        ExprKind::Binary(BinaryOp::And, a, b) => listed(a, name).or_else(|| listed(b, name)),
        ExprKind::Binary(BinaryOp::Or, a, b) => {
            let mut values = listed(a, name)?;
            for value in listed(b, name)? {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            Some(values)
        }
        ExprKind::Binary(BinaryOp::Eq, a, b) => match (&a.kind, &b.kind) {
            (ExprKind::Literal(value), _) if is_variable(b, name) => Some(vec![value.clone()]),
            (_, ExprKind::Literal(value)) if is_variable(a, name) => Some(vec![value.clone()]),
            _ => None,
        },
        // `var.x == null ? true : contains(…)`
        ExprKind::Conditional(test, yes, no) => {
            if yes.kind != ExprKind::Literal(Literal::Bool(true)) {
                return None;
            }
            let mut values = listed(test, name)?;
            values.extend(listed(no, name)?);
            Some(values)
        }
        ExprKind::Call { name: function, args, expand: false, .. } => {
            match (function.as_str(), args.as_slice()) {
                ("contains", [list, value]) if is_variable(value, name) => {
                    let ExprKind::List(members) = &strip_collection(list).kind else { return None };
                    members
                        .iter()
                        .map(|m| match &m.kind {
                            ExprKind::Literal(literal) => Some(literal.clone()),
                            _ => None,
                        })
                        .collect()
                }
                ("can", [inner]) => listed(inner, name),
                ("regex", [pattern, value]) if is_variable(value, name) => alternatives(pattern.as_string()?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `tolist([…])`, `toset([…])`.
fn strip_collection(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call { name, args, .. } if matches!(name.as_str(), "tolist" | "toset") => {
            args.first().unwrap_or(expr)
        }
        _ => expr,
    }
}

fn is_variable(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Root(Root::Input(input)) if input == name)
}

/// The words of `^(a|b|c)$` or `^a$|^b$`; none for any other pattern.
fn alternatives(pattern: &str) -> Option<Vec<Literal>> {
    let word = |w: &str| {
        let plain =
            !w.is_empty() && w.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ' | '/'));
        plain.then(|| Literal::String(w.into()))
    };
    let anchored = |p: &str| p.strip_prefix('^').and_then(|p| p.strip_suffix('$')).map(str::to_owned);
    if let Some(inner) = anchored(pattern) {
        let group = inner.strip_prefix('(').and_then(|p| p.strip_suffix(')'));
        if let Some(group) = group.map(|g| g.strip_prefix("?:").unwrap_or(g)) {
            return group.split('|').map(word).collect();
        }
    }
    pattern.split('|').map(|part| word(&anchored(part)?)).collect()
}
