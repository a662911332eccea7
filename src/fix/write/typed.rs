//! What the schema makes of a value that is written: its type, and what must be said with it.

use crate::Str;
use crate::model::registry::{self, Shape, ShapeId};
use crate::model::terraform_schema;

use super::super::literal::{Literal, Piece};
use super::Target;

/// What is text in the registry and a truth value or number in Terraform, as the schema has it.
pub(super) fn typed(literal: Literal, target: Target<'_>, path: &[Str]) -> Literal {
    let Some(schema) = target.schema else { return literal };
    match literal {
        // A document where the argument is text.
        Literal::Map(_) | Literal::List(_)
            if matches!(kind_of(schema, path), Some(terraform_schema::Kind::String)) =>
        {
            Literal::Json(Box::new(literal))
        }
        Literal::Map(entries) => Literal::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let path: Vec<Str> = path.iter().cloned().chain([key.clone()]).collect();
                    (key, typed(value, target, &path))
                })
                .collect(),
        ),
        Literal::List(items) => {
            Literal::List(items.into_iter().map(|item| typed(item, target, path)).collect())
        }
        Literal::Text(pieces) => {
            let kind = kind_of(schema, path);
            let text = match pieces.as_slice() {
                [Piece::Text(text)] => text.as_str(),
                _ => "",
            };
            match kind {
                Some(terraform_schema::Kind::Bool) if text == "true" => Literal::Bool(true),
                Some(terraform_schema::Kind::Bool) if text == "false" => Literal::Bool(false),
                Some(terraform_schema::Kind::Number) if text.parse::<i64>().is_ok() => {
                    Literal::Number(text.to_owned())
                }
                _ => Literal::Text(pieces),
            }
        }
        other => other,
    }
}

fn kind_of<'s>(schema: &'s terraform_schema::Resource, path: &[Str]) -> Option<&'s terraform_schema::Kind> {
    schema.property(&path.join(".")).map(|a| &a.kind)
}

/// What must be said inside of something new, and is not.
pub(super) fn lacking(target: Target<'_>, path: &[Str], literal: &Literal) -> Option<Str> {
    match literal {
        Literal::List(items) => items.iter().find_map(|item| lacking(target, path, item)),
        Literal::Map(entries) => {
            let required: Vec<Str> = match target.schema {
                Some(schema) => {
                    let of = schema.property(&path.join(".")).and_then(|a| a.kind.object());
                    let fields = of.map(|id| schema.object(id)).unwrap_or_default();
                    fields.iter().filter(|f| f.required).map(|f| f.name.clone()).collect()
                }
                None => required(&target.resource.type_name, path),
            };
            let missing = required.into_iter().find(|name| !entries.iter().any(|(key, _)| key == name));
            missing.or_else(|| {
                entries.iter().find_map(|(key, value)| {
                    let path: Vec<Str> = path.iter().cloned().chain([key.clone()]).collect();
                    lacking(target, &path, value)
                })
            })
        }
        _ => None,
    }
}

/// The required members of an object of a registry type.
fn required(type_name: &str, path: &[Str]) -> Vec<Str> {
    let Some(of) = registry::get(type_name) else { return Vec::new() };
    let mut shape = ShapeId(0);
    for name in path {
        let Some(field) = of.field(shape, name) else { return Vec::new() };
        shape = field.shape;
        if let Some(Shape::List { items, .. }) = of.shape(shape) {
            shape = *items;
        }
    }
    match of.shape(shape) {
        Some(Shape::Object(fields)) => fields.iter().filter(|f| f.required).map(|f| f.name.clone()).collect(),
        _ => Vec::new(),
    }
}
