//! The tags that a provider's `default_tags` gives to every resource that has tags: the resource's own win.
//!
//! Terraform AWS provider documentation, "default_tags Configuration Block". An Auto Scaling group, whose tags are
//! blocks of their own, does not get them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Entry, Guard, Instance, Map, MapKind, Store, Value};
use crate::program::TypeExpr;

use super::super::terraform_schema::{self, ObjectId};

/// An instance's arguments, its tags with those of its provider.
pub(super) fn values<'v>(store: &Store, instance: &'v Instance) -> Cow<'v, Value> {
    let plain = Cow::Borrowed(&instance.values);
    let Some(defaults) = instance.scope.default_tags.as_ref().filter(|v| !v.is_unset()) else { return plain };
    let Some(map) = instance.values.as_map() else { return plain };
    let tagged = terraform_schema::get(&instance.info.type_name)
        .is_some_and(|s| s.attribute(ObjectId(0), "tags_all").is_some());
    if !tagged {
        return plain;
    }
    let mut entries: Vec<Entry> = map.entries.iter().filter(|e| e.key != "tags").cloned().collect();
    let mut unset = Guard::TRUE;
    for own in map.all("tags") {
        unset = store.and_not(unset, own.guard);
        let value = store.map_arms(&own.value, |own| merged(store, defaults, own));
        entries.push(Entry { value, ..own.clone() });
    }
    if !unset.is_false() {
        let key_origin = defaults.origin;
        entries.push(Entry { key: Str::from("tags"), key_origin, guard: unset, value: defaults.clone() });
    }
    let map = Map { entries, ..map.clone() };
    Cow::Owned(Value { data: Data::Map(Arc::new(map)), ..instance.values.clone() })
}

/// Tags over default ones.
fn merged(store: &Store, defaults: &Value, own: &Value) -> Value {
    let Data::Map(base) = &defaults.data else {
        return match &own.data {
            // What the provider adds is not known.
            Data::Map(map) if map.rest.is_none() => {
                let rest = store.unknowns_in(defaults).first().copied();
                Value { data: Data::Map(Arc::new(Map { rest, ..(**map).clone() })), ..own.clone() }
            }
            _ => own.clone(),
        };
    };
    let (own_map, rest) = match &own.data {
        Data::Map(map) => (Some(map), map.rest),
        Data::Unknown(id) => (None, Some(*id)),
        _ if own.is_unset() => return defaults.clone(),
        _ => return own.clone(),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for entry in &base.entries {
        let mut guard = entry.guard;
        for own in own_map.iter().flat_map(|m| m.all(&entry.key)) {
            guard = store.and_not(guard, own.guard);
        }
        if guard.is_false() {
            continue;
        }
        let value = match rest {
            // The tag is there; whether its value is this one depends on tags that are not known.
            Some(_) => {
                let text = format!("{} or {}.{}", store.text_of(&entry.value), store.text_of(own), entry.key);
                store.derived(&text, &[&entry.value, own], TypeExpr::String, entry.value.origin)
            }
            None => entry.value.clone(),
        };
        entries.push(Entry { guard, value, ..entry.clone() });
    }
    entries.extend(own_map.iter().flat_map(|m| m.entries.iter().cloned()));
    let map = Map { kind: MapKind::Map, entries, rest: rest.or(base.rest) };
    Value { data: Data::Map(Arc::new(map)), ..own.clone() }
}
