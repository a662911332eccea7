//! Lowering by name alone, where no schema of the source says how an argument is built: WAF's recursive statements,
//! container definitions as JSON. The target's shape decides.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Arm, Data, Entry, List, ListKind, Map, MapKind, Member, Value};

use super::super::registry::{Shape, ShapeId, Type};
use super::compile::candidates;

/// How deep values are followed.
const MAX_DEPTH: u32 = 60;

/// A value in a shape of a type: names become the type's, a block that is there once becomes an object.
pub(super) fn lower(of: &Type, id: ShapeId, value: &Value, depth: u32) -> Value {
    if depth > MAX_DEPTH {
        return value.clone();
    }
    let with = |data| Value { data, ..value.clone() };
    match (of.shape(id), &value.data) {
        (_, Data::Choice(arms)) => {
            let arms: Vec<Arm> = arms
                .iter()
                .map(|a| Arm { guard: a.guard, value: lower(of, id, &a.value, depth + 1) })
                .collect();
            with(Data::Choice(arms.into()))
        }
        (Some(Shape::Object(_)), Data::Map(map)) => with(object(of, id, map, depth)),
        (Some(Shape::Map(items)), Data::Map(map)) => {
            let entries = map
                .entries
                .iter()
                .map(|e| Entry { value: lower(of, *items, &e.value, depth + 1), ..e.clone() })
                .collect();
            with(Data::Map(Arc::new(Map { entries, ..(**map).clone() })))
        }
        (Some(Shape::List { items, .. }), Data::List(list)) => {
            let members = list
                .members
                .iter()
                .map(|m| Member { guard: m.guard, value: lower(of, *items, &m.value, depth + 1) })
                .collect();
            with(Data::List(Arc::new(List { members, ..(**list).clone() })))
        }
        (Some(Shape::List { items, .. }), Data::Map(_)) => {
            let member =
                Member { guard: crate::eval::Guard::TRUE, value: lower(of, *items, value, depth + 1) };
            with(Data::List(Arc::new(List { kind: ListKind::Tuple, members: vec![member], rest: None })))
        }
        (Some(Shape::Object(_) | Shape::Json), Data::List(list)) => match list.members.as_slice() {
            [one] if one.guard.is_true() && list.rest.is_none() && one.value.as_map().is_some() => {
                lower(of, id, &one.value, depth + 1)
            }
            many if list.rest.is_none() && many.iter().any(|m| !m.guard.is_true()) => {
                let arms: Vec<Arm> = many
                    .iter()
                    .map(|m| Arm { guard: m.guard, value: lower(of, id, &m.value, depth + 1) })
                    .collect();
                with(Data::Choice(arms.into()))
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn object(of: &Type, id: ShapeId, map: &Map, depth: u32) -> Data {
    let Some(Shape::Object(fields)) = of.shape(id) else { return Data::Absent };
    let mut entries = Vec::with_capacity(map.entries.len());
    for entry in &map.entries {
        // A block that is not written is an empty list.
        let empty = entry.value.as_list().is_some_and(|l| l.members.is_empty() && l.rest.is_none());
        if entry.value.is_unset() || (empty && of.field(id, &entry.key).is_none()) {
            continue;
        }
        let names = candidates(&entry.key, None);
        let same = |name: &Str| names.iter().position(|n| *n == name.to_ascii_lowercase());
        let found = fields.iter().filter_map(|f| same(&f.name).map(|at| (at, f))).min_by_key(|(at, _)| *at);
        let (key, value) = match found {
            Some((_, field)) => (field.name.clone(), lower(of, field.shape, &entry.value, depth + 1)),
            None => (entry.key.clone(), entry.value.clone()),
        };
        entries.push(Entry { key, value, ..entry.clone() });
    }
    Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: map.rest }))
}
