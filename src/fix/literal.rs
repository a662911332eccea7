//! What is written: a value without conditions, of literals and references.

use crate::Str;
use crate::eval::{Data, Part, Reference, Store, UnknownKind, Value};

use super::why::Why;

/// Something that can be written in a source language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(String),
    /// Text and references in turn; nothing for the empty string.
    Text(Vec<Piece>),
    List(Vec<Literal>),
    Map(Vec<(Str, Literal)>),
    /// A structured value where text is expected (`jsonencode`).
    Json(Box<Literal>),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(Str),
    Reference(Reference),
}

impl Literal {
    /// What to write for a value.
    pub(super) fn of(store: &Store, value: &Value) -> Result<Literal, Why> {
        Self::at_depth(store, value, 0)
    }

    fn at_depth(store: &Store, value: &Value, depth: usize) -> Result<Literal, Why> {
        if depth > 32 {
            return Err(Why::new("the value is nested too deep to be written"));
        }
        Ok(match &value.data {
            Data::Absent | Data::Null => Literal::Null,
            Data::Bool(b) => Literal::Bool(*b),
            Data::Number(n) => Literal::Number(n.to_string()),
            Data::String(s) if s.is_empty() => Literal::Text(Vec::new()),
            Data::String(s) => Literal::Text(vec![Piece::Text(s.clone())]),
            Data::Text(parts) => {
                let mut pieces = Vec::new();
                for part in parts.iter() {
                    match part {
                        Part::Text(text) => pieces.push(Piece::Text(text.clone())),
                        Part::Term(term) => match Self::at_depth(store, term, depth + 1)? {
                            Literal::Text(inner) => pieces.extend(inner),
                            _ => return Err(Why::new("a part of the text can't be written")),
                        },
                    }
                }
                Literal::Text(pieces)
            }
            Data::Json(inner) => Literal::Json(Box::new(Self::at_depth(store, inner, depth + 1)?)),
            Data::List(list) => {
                if list.rest.is_some() || list.members.iter().any(|m| !m.guard.is_true()) {
                    return Err(Why::new("the list is known in part only"));
                }
                let members = list.members.iter().filter(|m| !m.value.is_unset());
                Literal::List(
                    members.map(|m| Self::at_depth(store, &m.value, depth + 1)).collect::<Result<_, _>>()?,
                )
            }
            Data::Map(map) => {
                if map.rest.is_some() || map.entries.iter().any(|e| !e.guard.is_true()) {
                    return Err(Why::new("the object is known in part only"));
                }
                let entries = map.entries.iter().filter(|e| !e.value.is_unset());
                Literal::Map(
                    entries
                        .map(|e| Ok((e.key.clone(), Self::at_depth(store, &e.value, depth + 1)?)))
                        .collect::<Result<_, Why>>()?,
                )
            }
            Data::Unknown(id) => match store.unknown_info(*id).kind {
                UnknownKind::Attribute(reference) => Literal::Text(vec![Piece::Reference(reference)]),
                _ => {
                    return Err(Why::new(format!("`{}` is not known", store.unknown_name(*id))));
                }
            },
            Data::Instance(id) => {
                Literal::Text(vec![Piece::Reference(Reference { instance: *id, attribute: Str::new() })])
            }
            Data::Choice(_) => return Err(Why::new("the value depends on a condition")),
        })
    }
}
