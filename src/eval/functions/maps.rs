//! Functions of maps and objects: `merge`, `lookup`, `keys`, `zipmap`, …

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Dialect, TypeExpr};

use super::super::convert::{type_of, unify_all};
use super::super::guard::Guard;
use super::super::store::Origin;
use super::super::store::UnknownId;
use super::super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};
use super::{Cx, Function, Look, MANY, MAX_RESULT, Returns, map_data, nullable, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("merge", (0, MANY), Look::Raw, Returns::Map, merge),
    nullable("lookup", (2, 3), Look::Raw, Returns::Any, lookup),
    pure("keys", (1, 1), Look::Shallow, Returns::Strings, keys),
    pure("values", (1, 1), Look::Shallow, Returns::List, values),
    pure("zipmap", (2, 2), Look::Shape, Returns::Map, zipmap),
    pure("transpose", (1, 1), Look::Deep, Returns::Map, transpose),
];

/// What `merge` has gathered.
struct Merged {
    entries: Vec<Entry>,
    by_key: FxHashMap<Str, Vec<usize>>,
    rest: Option<UnknownId>,
    all_maps: bool,
}

fn merge(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let mut merged = Merged { entries: Vec::new(), by_key: FxHashMap::default(), rest: None, all_maps: true };
    for arg in args {
        for (guard, v) in cx.store.arms_shallow(arg) {
            match &v.data {
                Data::Null | Data::Absent => {}
                Data::Map(map) => add_map(cx, &mut merged, guard, map, &v),
                Data::Unknown(id) if cx.store.is_failed(*id) => {
                    if guard.is_true() {
                        return Ok(v);
                    }
                }
                Data::Unknown(id) => {
                    let t = cx.store.unknown_info(*id).type_expr;
                    if super::super::convert::is_primitive(&t) {
                        return cx.fail("the arguments must be maps or objects");
                    }
                    override_all(cx, &mut merged, guard, *id, &v);
                }
                Data::Instance(id) => {
                    let object = cx.env.names.instance_object(*id, cx.span)?;
                    if let Data::Map(map) = &object.data {
                        add_map(cx, &mut merged, guard, map, &v);
                    }
                }
                _ => return cx.fail("the arguments must be maps or objects"),
            }
            if merged.entries.len() > MAX_RESULT {
                return cx.budget("entries");
            }
        }
    }
    merged.entries.retain(|e| !e.guard.is_false());
    let kind = if merged.all_maps && !args.is_empty() { MapKind::Map } else { MapKind::Object };
    let mut v = cx.computed(Data::Map(Arc::new(Map { kind, entries: merged.entries, rest: merged.rest })));
    for arg in args {
        v.marks = cx.store.union_marks(v.marks, cx.evaluator.secrecy(arg));
    }
    Ok(v)
}

fn add_map(cx: &Cx<'_, '_>, merged: &mut Merged, guard: Guard, map: &Map, value: &Value) {
    if map.kind != MapKind::Map {
        merged.all_maps = false;
    }
    if let Some(rest) = map.rest {
        override_all(cx, merged, guard, rest, value);
    }
    for entry in &map.entries {
        let guard = cx.store.and(guard, entry.guard);
        if guard.is_false() {
            continue;
        }
        let earlier = merged.by_key.entry(entry.key.clone()).or_default();
        let mut place = None;
        for &at in earlier.iter() {
            let Some(other) = merged.entries.get_mut(at) else { continue };
            other.guard = cx.store.and_not(other.guard, guard);
            if other.guard.is_false() {
                place.get_or_insert(at);
            }
        }
        let entry = Entry { guard, ..entry.clone() };
        match place.and_then(|at| merged.entries.get_mut(at)) {
            Some(slot) => *slot = entry,
            None => {
                earlier.push(merged.entries.len());
                merged.entries.push(entry);
            }
        }
    }
}

/// A mapping of which not all keys are known may override anything before it.
fn override_all(cx: &Cx<'_, '_>, merged: &mut Merged, guard: Guard, id: UnknownId, value: &Value) {
    merged.rest.get_or_insert(id);
    merged.all_maps = false;
    let name = cx.store.unknown_name(id);
    for entry in &mut merged.entries {
        if entry.guard.is_false() || !cx.store.compatible(entry.guard, guard) {
            continue;
        }
        let text = format!("{name}.{} or {}", entry.key, cx.store.text_of(&entry.value));
        let maybe = cx.store.derived(
            &text,
            &[&entry.value, value],
            type_of(cx.store, &entry.value),
            entry.value.origin,
        );
        let not = cx.store.not(guard);
        entry.value = cx.store.choice([(guard, maybe), (not, entry.value.clone())]);
    }
}

fn lookup(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (Some(map), Some(key)) = (args.first(), args.get(1)) else {
        return cx.fail("a map and a key are needed");
    };
    if map.is_unset() {
        return match args.get(2) {
            Some(default) if cx.evaluator.dialect == Dialect::Policy => Ok(default.clone()),
            _ if cx.evaluator.dialect == Dialect::Policy => Ok(Value::absent()),
            _ => cx.fail("the map must not be null"),
        };
    }
    if matches!(map.data, Data::List(_) | Data::String(_) | Data::Bool(_) | Data::Number(_)) {
        return cx.fail("the first argument must be a map or object");
    }
    if let Data::Unknown(id) = map.data {
        if cx.store.is_failed(id) {
            return Ok(map.clone());
        }
        return Ok(cx.evaluator.unknown_call("lookup", args, Returns::Any, cx.span));
    }
    if let Data::Map(m) = &map.data
        && m.rest.is_some()
        && key.as_str().is_none_or(|k| !m.all(k).any(|e| e.guard.is_true()))
        && args.len() > 2
    {
        return Ok(cx.evaluator.unknown_call("lookup", args, Returns::Any, cx.span));
    }
    let found = cx.evaluator.index(map, key, cx.span, cx.env.strictly());
    let Some(default) = args.get(2) else { return found };
    // A map's default has the map's type.
    let default = match &map.data {
        Data::Map(m) if m.kind == MapKind::Map && cx.evaluator.dialect == Dialect::Terraform => {
            let types: Vec<TypeExpr> = m.entries.iter().map(|e| type_of(cx.store, &e.value)).collect();
            match unify_all(types.iter()) {
                Some(t) if !m.entries.is_empty() && !default.is_unset() => cx.convert(default, &t)?,
                _ => default.clone(),
            }
        }
        _ => default.clone(),
    };
    let found = match found {
        Ok(found) => found,
        Err(failure) if failure.is_budget() => return Err(failure),
        Err(_) => return Ok(default),
    };
    if cx.evaluator.dialect == Dialect::Policy {
        return Ok(cx.store.map_arms(&found, |v| match v.data {
            Data::Absent => default.clone(),
            _ => v.clone(),
        }));
    }
    let fails = cx.evaluator.failing_when_top(&found);
    if fails.is_false() {
        return Ok(found);
    }
    let works = cx.store.not(fails);
    let found = cx.store.given_shallow(&found, works);
    let v = cx.store.choice([(works, found), (fails, default)]);
    Ok(cx.evaluator.located(v, cx.span))
}

fn sorted<'m>(cx: &Cx<'_, '_>, map: &'m Map) -> Vec<&'m Entry> {
    let mut entries: Vec<&Entry> = map.entries.iter().collect();
    if cx.evaluator.dialect == Dialect::Terraform {
        entries.sort_by(|a, b| a.key.cmp(&b.key));
    }
    entries
}

/// A resource or a mapping of them read as a whole.
fn as_map(cx: &Cx<'_, '_>, args: &[Value]) -> Result<Value, super::Failure> {
    match args.first().map(|v| &v.data) {
        Some(Data::Instance(id)) => cx.env.names.instance_object(*id, cx.span),
        _ => {
            cx.arg_map(args, 0)?;
            args.first().map_or_else(|| cx.fail("an argument is missing"), |v| Ok(v.clone()))
        }
    }
}

fn keys(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let value = as_map(cx, args)?;
    let Some(map) = value.as_map() else { return cx.fail("the argument must be a map or object") };
    let mut members: Vec<(Str, Member)> = Vec::new();
    for entry in sorted(cx, map) {
        match members.iter_mut().rev().take(1).find(|(key, _)| *key == entry.key) {
            Some((_, member)) => member.guard = cx.store.or(member.guard, entry.guard),
            None => {
                let value = Value::new(Data::String(entry.key.clone()), entry.key_origin);
                members.push((entry.key.clone(), Member { guard: entry.guard, value }));
            }
        }
    }
    let kind = if map.kind == MapKind::Map { ListKind::List } else { ListKind::Tuple };
    let list = List { kind, members: members.into_iter().map(|(_, m)| m).collect(), rest: map.rest };
    super::collections::make_list(cx, list, args)
}

fn values(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let value = as_map(cx, args)?;
    let Some(map) = value.as_map() else { return cx.fail("the argument must be a map or object") };
    let members =
        sorted(cx, map).into_iter().map(|e| Member { guard: e.guard, value: e.value.clone() }).collect();
    let kind = if map.kind == MapKind::Map { ListKind::List } else { ListKind::Tuple };
    super::collections::make_list(cx, List { kind, members, rest: map.rest }, args)
}

fn zipmap(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (keys, values) = (cx.arg_list(args, 0)?, cx.arg_list(args, 1)?);
    if keys.members.len() != values.members.len() {
        return cx.fail(format!(
            "the number of keys ({}) is not the number of values ({})",
            keys.members.len(),
            values.members.len()
        ));
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(keys.members.len());
    let mut by_key: FxHashMap<Str, usize> = FxHashMap::default();
    for (key, value) in keys.members.iter().zip(&values.members) {
        let name = match &key.value.data {
            Data::Unknown(_) | Data::Choice(_) | Data::Text(_) => {
                return Ok(cx.evaluator.unknown_call("zipmap", args, Returns::Map, cx.span));
            }
            _ => match cx.store.string_of(&key.value) {
                Some(name) => name,
                None => return cx.fail("the keys must be strings"),
            },
        };
        let entry = Entry {
            key: name.clone(),
            key_origin: key.value.origin,
            guard: Guard::TRUE,
            value: value.value.clone(),
        };
        match by_key.get(&name).and_then(|&at| entries.get_mut(at)) {
            Some(slot) => *slot = entry,
            None => {
                by_key.insert(name, entries.len());
                entries.push(entry);
            }
        }
    }
    let kind = if values.kind == ListKind::Tuple { MapKind::Object } else { MapKind::Map };
    Ok(cx.computed(map_data(kind, entries)))
}

fn transpose(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let map = cx.arg_map(args, 0)?;
    let mut out: std::collections::BTreeMap<Str, Vec<Value>> = std::collections::BTreeMap::new();
    for entry in sorted(cx, map) {
        let Data::List(list) = &entry.value.data else {
            return cx.fail("the argument must be a map of lists of strings");
        };
        for member in &list.members {
            let Some(name) = cx.store.string_of(&member.value) else {
                return cx.fail("the argument must be a map of lists of strings");
            };
            out.entry(name).or_default().push(Value::new(Data::String(entry.key.clone()), entry.key_origin));
        }
    }
    let entries = out.into_iter().map(|(key, values)| Entry {
        key,
        key_origin: Origin::NONE,
        guard: Guard::TRUE,
        value: cx.list_of(ListKind::List, values).unwrap_or_else(|_| Value::absent()),
    });
    Ok(cx.computed(map_data(MapKind::Map, entries.collect())))
}
