//! Paths inside of a value in the registry's own words: what stands at one, the way to a part, and the value with another
//! one put there.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Entry, Guard, List, ListKind, Map, MapKind, Member, Origin, Value};
use crate::model::lower::NoWay;

use super::change::same_data;

/// How deep inside of a value a part of it is looked for.
const MAX_DEPTH: usize = 16;

/// A step of a path in the registry's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(Str),
    /// The element that is written there.
    Written(Origin),
    /// The element with that number; one past the last makes a new one.
    Index(usize),
}

/// The text of a path as tables take it.
pub(super) fn path_text(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Name(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Written(_) => out.push_str("[@]"),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}

/// Only the names of a path.
pub(super) fn path_names(steps: &[Step]) -> Vec<Str> {
    steps
        .iter()
        .filter_map(|s| match s {
            Step::Name(name) => Some(name.clone()),
            _ => None,
        })
        .collect()
}

/// The element that a path goes through by its place.
pub(super) fn element(steps: &[Step]) -> Option<Origin> {
    steps.iter().find_map(|s| match s {
        Step::Written(origin) => Some(*origin),
        _ => None,
    })
}

/// What stands at a path.
pub(super) fn follow(value: &Value, steps: &[Step]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    let inner = match (&value.data, step) {
        (Data::Map(map), Step::Name(name)) => map.get(name).map(|e| e.value.clone()),
        (Data::List(list), Step::Index(at)) => list.members.get(*at).map(|m| m.value.clone()),
        (Data::List(list), Step::Written(origin)) => {
            list.members.iter().find(|m| m.value.origin == *origin).map(|m| m.value.clone())
        }
        (Data::Choice(arms), _) => {
            return arms.iter().find_map(|arm| follow(&arm.value, steps));
        }
        _ => None,
    };
    follow(&inner?, rest)
}

/// The way to the first member, at any depth, that is the one.
pub(super) fn way_to(value: &Value, is: &dyn Fn(&Value) -> bool) -> Option<Vec<Step>> {
    let mut way = Vec::new();
    enter(value, is, &mut way, 0).then_some(way)
}

fn enter(value: &Value, is: &dyn Fn(&Value) -> bool, way: &mut Vec<Step>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let mut member = |step: Step, inner: &Value| {
        way.push(step);
        let found = is(inner) || enter(inner, is, way, depth + 1);
        if !found {
            way.pop();
        }
        found
    };
    match &value.data {
        Data::Map(map) => map.entries.iter().any(|e| member(Step::Name(e.key.clone()), &e.value)),
        Data::List(list) => list.members.iter().any(|m| member(Step::Written(m.value.origin), &m.value)),
        Data::Choice(arms) => arms.iter().any(|arm| enter(&arm.value, is, way, depth + 1)),
        Data::Json(inner) => enter(inner, is, way, depth + 1),
        _ => false,
    }
}

/// Whether a value is that very one: the same, written at the same place.
pub(super) fn same_place(value: &Value, wanted: &Value) -> bool {
    value.origin == wanted.origin && same_data(value, wanted)
}

/// The list that a value is a member of; `depth` is how deep the search is already.
pub(super) fn list_around<'v>(value: &'v Value, wanted: &Value, depth: usize) -> Option<&'v Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match &value.data {
        Data::Map(map) => map.entries.iter().find_map(|e| list_around(&e.value, wanted, depth + 1)),
        Data::List(list) => {
            if list.members.iter().any(|m| same_place(&m.value, wanted)) {
                return Some(value);
            }
            list.members.iter().find_map(|m| list_around(&m.value, wanted, depth + 1))
        }
        Data::Choice(arms) => arms.iter().find_map(|a| list_around(&a.value, wanted, depth + 1)),
        _ => None,
    }
}

/// An object with a property set, where the source names things as the registry does.
pub(super) fn put_plain(old: &Value, path: &[Step], value: &Value) -> Result<Value, NoWay> {
    let Some((step, rest)) = path.split_first() else { return Ok(value.clone()) };
    let no = || NoWay::NoValue { argument: path_text(path).into() };
    match step {
        Step::Name(name) => {
            let mut entries = match &old.data {
                Data::Map(map) => map.entries.clone(),
                Data::Absent | Data::Null => Vec::new(),
                Data::Json(inner) => return put_plain(inner, path, value),
                _ => return Err(no()),
            };
            let at = entries.iter().position(|e| e.key == *name);
            let before = at.and_then(|i| entries.get(i)).map_or_else(Value::absent, |e| e.value.clone());
            let after = put_plain(&before, rest, value)?;
            match at.and_then(|i| entries.get_mut(i)) {
                Some(entry) => entry.value = after,
                None => entries.push(Entry {
                    key: name.clone(),
                    key_origin: Origin::NONE,
                    guard: Guard::TRUE,
                    value: after,
                }),
            }
            let rest = old.as_map().and_then(|m| m.rest);
            let map = Map { kind: MapKind::Object, entries, rest };
            Ok(Value { data: Data::Map(Arc::new(map)), ..old.clone() })
        }
        Step::Written(_) | Step::Index(_) => {
            let (mut members, open) = match &old.data {
                Data::List(list) => (list.members.clone(), list.rest),
                Data::Absent | Data::Null => (Vec::new(), None),
                _ => return Err(no()),
            };
            let at = match step {
                Step::Written(origin) => {
                    members.iter().position(|m| m.value.origin == *origin).ok_or_else(no)?
                }
                Step::Index(index) => *index,
                Step::Name(_) => 0,
            };
            match members.get_mut(at) {
                Some(member) => member.value = put_plain(&member.value.clone(), rest, value)?,
                None => members
                    .push(Member { guard: Guard::TRUE, value: put_plain(&Value::absent(), rest, value)? }),
            }
            let list = List { kind: ListKind::Tuple, members, rest: open };
            Ok(Value { data: Data::List(Arc::new(list)), ..old.clone() })
        }
    }
}
