//! A plan over the configuration that it was made of: what the plan knows, said in the places and with the references of
//! the source, and what the plan leaves open as the source says it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::program::Program;

use super::compare::same_data;
use super::guard::Guard;
use super::instance::{Inputs, Instance, InstanceId};
use super::json::try_decode_json;
use super::store::{Store, UnknownKind};
use super::value::{Data, Entry, List, Map, Member, Part, Value};

/// How deep values are followed.
const MAX_DEPTH: usize = 300;
/// Up to how many members of a list are paired by what they say; longer ones are paired in order.
const MAX_PAIRED: usize = 128;

/// What a plan's variables were, for evaluating its configuration.
pub(super) fn inputs(plan: &Program) -> Inputs {
    let mut inputs = Inputs::default();
    if let Some(root) = plan.module(plan.root) {
        for input in root.inputs.values().filter(|input| !input.name.contains(' ')) {
            if let Some(value) = &input.default {
                inputs.values.insert(input.name.clone(), value.clone());
            }
        }
    }
    inputs
}

/// Lays a plan's instances over those of its configuration, which are evaluated in the same store.
pub(super) fn lay(store: &Store, planned: &mut [Instance], written: Vec<Instance>) {
    let mut by_id: FxHashMap<InstanceId, Instance> = written.into_iter().map(|i| (i.id, i)).collect();
    let overlay = Overlay { store };
    for own in planned {
        let Some(written) = by_id.remove(&own.id) else { continue };
        if own.header != written.header {
            continue;
        }
        own.values = overlay.body(&own.values, &written.values);
        own.unset = written.unset;
        own.unset.retain(|name| own.values.as_map().is_none_or(|m| m.get(name).is_none()));
        own.meta = written.meta;
        own.scope = written.scope;
        own.depends_on.extend(written.depends_on);
        own.depends_on.sort_unstable();
        own.depends_on.dedup();
    }
}

struct Overlay<'s> {
    store: &'s Store,
}

impl Overlay<'_> {
    /// The arguments of a resource. A write-only one is in no plan.
    fn body(&self, own: &Value, written: &Value) -> Value {
        let (Some(map), Some(source)) = (own.as_map(), written.as_map()) else { return own.clone() };
        let mut merged = self.map(map, source, 0);
        for entry in &source.entries {
            let missing = map.get(&entry.key).is_none();
            if missing && (entry.key.ends_with("_wo") || self.has_open_members(&entry.value)) {
                merged.entries.push(entry.clone());
            }
        }
        Value { data: Data::Map(Arc::new(merged)), origin: written.origin, marks: own.marks }
    }

    /// Whether it is a group of blocks of which nobody knows how many there are.
    fn has_open_members(&self, value: &Value) -> bool {
        value
            .as_list()
            .is_some_and(|list| list.rest.is_some() || list.members.iter().any(|m| !m.guard.is_true()))
    }

    fn map(&self, own: &Map, written: &Map, depth: usize) -> Map {
        let mut entries = Vec::with_capacity(own.entries.len());
        for entry in &own.entries {
            match written.get(&entry.key) {
                Some(source) if source.guard.is_true() => {
                    let value = self.value(&entry.value, &source.value, depth + 1);
                    entries.push(Entry { key_origin: source.key_origin, value, ..entry.clone() });
                }
                // What nobody writes is the provider's to find out.
                None if written.rest.is_none() && self.is_open(&entry.value) => {}
                _ => entries.push(entry.clone()),
            }
        }
        Map { kind: own.kind, entries, rest: own.rest }
    }

    /// Whether nothing at all is known of a value.
    fn is_open(&self, value: &Value) -> bool {
        match value.data {
            Data::Unknown(id) => matches!(
                self.store.unknown_info(id).kind,
                UnknownKind::Reason { .. } | UnknownKind::Failed { .. }
            ),
            _ => false,
        }
    }

    fn value(&self, own: &Value, written: &Value, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return own.clone();
        }
        let placed = |data: Data| Value {
            data,
            origin: written.origin,
            marks: self.store.union_marks(own.marks, written.marks),
        };
        match (&own.data, &written.data) {
            (_, Data::Absent | Data::Null) => own.clone(),
            (Data::Unknown(_) | Data::Text(_) | Data::Choice(_) | Data::Instance(_), _) => {
                if self.is_open(written) { own.clone() } else { placed(written.data.clone()) }
            }
            (Data::Map(map), Data::Map(source)) => placed(Data::Map(Arc::new(self.map(map, source, depth)))),
            (Data::List(list), Data::List(source)) => match self.list(list, source, depth) {
                Some(list) => placed(Data::List(Arc::new(list))),
                None => own.clone(),
            },
            // A policy's text has what is alone without its list.
            (_, Data::List(source)) => match source.members.as_slice() {
                [only] if only.guard.is_true() && source.rest.is_none() => {
                    self.value(own, &only.value, depth + 1)
                }
                _ => own.clone(),
            },
            (Data::List(list), _) => match list.members.as_slice() {
                [only] if only.guard.is_true() && list.rest.is_none() => {
                    let value = self.value(&only.value, written, depth + 1);
                    let members = vec![Member { guard: only.guard, value }];
                    let list = List { kind: list.kind, members, rest: None };
                    Value { data: Data::List(Arc::new(list)), ..own.clone() }
                }
                _ => own.clone(),
            },
            (Data::String(_), Data::Json(source)) => match try_decode_json(own, self.store) {
                Ok(decoded) if says_same(&decoded, source) => placed(written.data.clone()),
                Ok(decoded) => placed(Data::Json(Arc::new(self.value(&decoded, source, depth + 1)))),
                Err(_) => own.clone(),
            },
            (_, Data::Choice(arms)) => match arms.iter().find(|arm| same_data(&arm.value, own)) {
                Some(arm) => self.value(own, &arm.value, depth + 1),
                None => self.with_references(own, written),
            },
            (_, Data::Unknown(_) | Data::Text(_)) => self.with_references(own, written),
            _ if says_same(own, written) => placed(own.data.clone()),
            _ => own.clone(),
        }
    }

    /// A planned value that the source takes from something that is not known there.
    fn with_references(&self, own: &Value, written: &Value) -> Value {
        let mut marks = self.store.union_marks(own.marks, written.marks);
        for reference in self.store.deep_references(written) {
            marks = self.store.mark_reference(marks, reference);
        }
        let terms: Vec<&Value> = match &written.data {
            Data::Text(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Term(term) => Some(term),
                    Part::Text(_) => None,
                })
                .collect(),
            _ => vec![written],
        };
        for term in terms {
            if let Data::Unknown(id) = term.data
                && let UnknownKind::Attribute(reference) = self.store.unknown_info(id).kind
            {
                marks = self.store.mark_reference(marks, reference);
            }
        }
        let origin = if written.origin.is_none() { own.origin } else { written.origin };
        Value { data: own.data.clone(), origin, marks }
    }

    /// Members beside their likes; none if the source does not say which there are.
    fn list(&self, own: &List, written: &List, depth: usize) -> Option<List> {
        let certain = written.rest.is_none() && written.members.iter().all(|m| m.guard.is_true());
        if !certain || own.members.len() != written.members.len() {
            return None;
        }
        let count = own.members.len();
        let mut left: Vec<Option<&Member>> = written.members.iter().map(Some).collect();
        let mut members = Vec::with_capacity(count);
        for (at, member) in own.members.iter().enumerate() {
            let mut best = at;
            if count <= MAX_PAIRED {
                let mut score = (i64::MIN, false);
                for (other, candidate) in left.iter().enumerate() {
                    let Some(candidate) = candidate else { continue };
                    let found = (likeness(&member.value, &candidate.value, 0), other == at);
                    if found > score {
                        (score, best) = (found, other);
                    }
                }
            }
            let source = left.get_mut(best).and_then(Option::take);
            let value = match source {
                Some(source) => self.value(&member.value, &source.value, depth + 1),
                None => member.value.clone(),
            };
            members.push(Member { guard: member.guard, value });
        }
        Some(List { kind: own.kind, members, rest: own.rest })
    }
}

/// Whether two known values say the same: lists and sets of the same members, mappings with the same entries in
/// whatever order, null and absent alike.
fn says_same(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::List(x), Data::List(y)) => {
            x.rest.is_none()
                && y.rest.is_none()
                && x.members.len() == y.members.len()
                && x.members
                    .iter()
                    .zip(&y.members)
                    .all(|(m, n)| m.guard.is_true() && n.guard.is_true() && says_same(&m.value, &n.value))
        }
        (Data::Map(x), Data::Map(y)) => {
            let certain = |m: &Map| m.rest.is_none() && m.entries.iter().all(|e| e.guard == Guard::TRUE);
            let set = |m: &Map| m.entries.iter().filter(|e| !e.value.is_unset()).count();
            certain(x)
                && certain(y)
                && set(x) == set(y)
                && x.entries
                    .iter()
                    .filter(|e| !e.value.is_unset())
                    .all(|e| y.get(&e.key).is_some_and(|other| says_same(&e.value, &other.value)))
        }
        (Data::String(_), Data::Json(inner)) => a.as_str().is_some_and(|text| {
            super::algebra::literal_json(&Value { data: Data::Json(Arc::clone(inner)), ..b.clone() })
                .is_some_and(|other| other == *text)
        }),
        (Data::Null | Data::Absent, Data::Null | Data::Absent) => true,
        (x, y) => x == y,
    }
}

/// How much two values have in common: literals that are the same, less those that are not.
fn likeness(own: &Value, written: &Value, depth: usize) -> i64 {
    if depth > MAX_DEPTH {
        return 0;
    }
    match (&own.data, &written.data) {
        (Data::Map(own), Data::Map(written)) => own
            .entries
            .iter()
            .map(|entry| match written.get(&entry.key) {
                Some(other) => likeness(&entry.value, &other.value, depth + 1),
                None => 0,
            })
            .sum(),
        (Data::List(own), Data::List(written)) => {
            let same = own.members.len() == written.members.len();
            let pairs = own.members.iter().zip(&written.members);
            let inner: i64 = pairs.map(|(a, b)| likeness(&a.value, &b.value, depth + 1)).sum();
            inner - i64::from(!same)
        }
        (_, Data::List(list)) | (Data::List(list), _) => match list.members.as_slice() {
            [only] => match &own.data {
                Data::List(_) => likeness(&only.value, written, depth + 1),
                _ => likeness(own, &only.value, depth + 1),
            },
            _ => -1,
        },
        (Data::Unknown(_) | Data::Text(_) | Data::Choice(_), _) => 0,
        (_, Data::Unknown(_) | Data::Text(_) | Data::Choice(_)) => 0,
        (Data::Null | Data::Absent, _) | (_, Data::Null | Data::Absent) => 0,
        _ if says_same(own, written) => 1,
        _ => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Str;

    fn object(entries: &[(&str, Value)]) -> Value {
        Value::object(entries.iter().map(|(k, v)| (Str::from(*k), v.clone())))
    }

    #[test]
    fn order_and_nulls_make_no_difference() {
        let a = object(&[("x", Value::bool(true)), ("y", Value::string("s"))]);
        let b = object(&[("y", Value::string("s")), ("z", Value::absent()), ("x", Value::bool(true))]);
        assert!(says_same(&a, &b) && says_same(&b, &a));
        let c = object(&[("y", Value::string("t")), ("x", Value::bool(true))]);
        assert!(!says_same(&a, &c));
        assert!(likeness(&a, &b, 0) > likeness(&a, &c, 0));
    }
}
