//! Making lists and objects: constructors and `for` expressions.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Dialect, Expr, ForExpr, ObjectItem, TypeExpr};
use crate::source::Span;

use super::access::Item;
use super::evaluator::Evaluator;
use super::guard::Guard;
use super::names::{Binding, Env, Failure, Outcome};
use super::store::{Origin, UnknownId};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// The most members that a `for` expression makes.
pub(super) const MAX_MEMBERS: usize = 200_000;

impl Evaluator<'_> {
    /// Takes what is absent out of a value: when it is there, and what it is then.
    pub(super) fn present(&self, value: Value) -> (Guard, Value) {
        match &value.data {
            Data::Absent => (Guard::FALSE, value),
            Data::Choice(arms) if arms.iter().any(|a| matches!(a.value.data, Data::Absent)) => {
                let absent = self
                    .store
                    .any(arms.iter().filter(|a| matches!(a.value.data, Data::Absent)).map(|a| a.guard));
                let kept: Vec<_> =
                    arms.iter().filter(|a| !matches!(a.value.data, Data::Absent)).cloned().collect();
                let guard = self.store.not(absent);
                let value = match kept.as_slice() {
                    [] => Value { data: Data::Absent, ..value },
                    [only] if self.store.implies(guard, only.guard) => only.value.clone(),
                    _ => Value { data: Data::Choice(kept.into()), ..value },
                };
                (guard, value)
            }
            _ => (Guard::TRUE, value),
        }
    }

    pub(super) fn list(&self, items: &[Expr], span: Span, env: Env<'_>) -> Outcome {
        let mut members = Vec::with_capacity(items.len());
        for item in items {
            let value = self.member(item, env)?;
            let (guard, value) = match self.dialect {
                Dialect::CloudFormation => self.present(value),
                _ => (Guard::TRUE, value),
            };
            if !guard.is_false() {
                members.push(Member { guard, value });
            }
        }
        let list = List { kind: ListKind::Tuple, members, rest: None };
        Ok(Value::new(Data::List(Arc::new(list)), self.written(span)))
    }

    pub(super) fn object(&self, items: &[ObjectItem], span: Span, env: Env<'_>) -> Outcome {
        let mut entries: Vec<Entry> = Vec::with_capacity(items.len());
        let mut positions: FxHashMap<Str, usize> = FxHashMap::default();
        let mut rest: Option<UnknownId> = None;
        for item in items {
            let key = self.eval(&item.key, env)?;
            let value = self.member(&item.value, env)?;
            let (present, value) = match self.dialect {
                Dialect::CloudFormation => self.present(value),
                _ => (Guard::TRUE, value),
            };
            if present.is_false() {
                continue;
            }
            let key_origin = self.written(item.span);
            for (guard, key) in self.store.arms(&key) {
                let guard = self.store.and(guard, present);
                if guard.is_false() {
                    continue;
                }
                match &key.data {
                    Data::Unknown(id) => {
                        rest.get_or_insert(*id);
                    }
                    Data::Text(_) | Data::Json(_) => {
                        let text = self.store.text_of(&key);
                        let unknown = self.store.derived(&text, &[&key], TypeExpr::String, Origin::NONE);
                        if let Data::Unknown(id) = unknown.data {
                            rest.get_or_insert(id);
                        }
                    }
                    _ => {
                        let Some(name) = self.store.string_of(&key) else {
                            return Err(Failure::new(
                                "invalid-key",
                                "the key of an object must be a string",
                                item.key.span,
                            ));
                        };
                        let entry = Entry { key: name.clone(), key_origin, guard, value: value.clone() };
                        // The last of two equal keys wins.
                        match positions.get(&name).and_then(|&at| entries.get_mut(at)) {
                            Some(earlier) if guard.is_true() => *earlier = entry,
                            Some(earlier) => {
                                earlier.guard = self.store.and_not(earlier.guard, guard);
                                entries.push(entry);
                            }
                            None => {
                                positions.insert(name, entries.len());
                                entries.push(entry);
                            }
                        }
                    }
                }
            }
        }
        entries.retain(|e| !e.guard.is_false());
        let map = Map { kind: MapKind::Object, entries, rest };
        Ok(Value::new(Data::Map(Arc::new(map)), self.written(span)))
    }

    pub(super) fn for_expr(&self, expr: &ForExpr, span: Span, env: Env<'_>) -> Outcome {
        let collection = self.eval(&expr.collection, env)?;
        self.for_value(expr, &collection, span, env)
    }

    fn for_value(&self, expr: &ForExpr, collection: &Value, span: Span, env: Env<'_>) -> Outcome {
        if matches!(collection.data, Data::Choice(_)) {
            return self.each_arm(collection, &|v| self.for_value(expr, v, span, env));
        }
        let items = self.iterate(collection, expr.key_name.is_some(), expr.collection.span)?;
        let mut members: Vec<Member> = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut positions: FxHashMap<Str, Vec<usize>> = FxHashMap::default();
        let mut groups: FxHashMap<Str, (Guard, Origin, Vec<Member>)> = FxHashMap::default();
        let mut order: Vec<Str> = Vec::new();
        let mut rest = items.rest;
        for item in items.items {
            if members.len() + entries.len() > MAX_MEMBERS {
                return Err(Failure::new(
                    super::names::BUDGET,
                    format!(
                        "evaluation budget exceeded: a `for` expression makes more than {MAX_MEMBERS} elements"
                    ),
                    span,
                ));
            }
            let Item { guard, key, value } = item;
            let value = Binding { name: &expr.value_name, value, outer: env.bindings };
            let outer = env.with(&value);
            let key_binding;
            let inner = match &expr.key_name {
                Some(name) => {
                    key_binding = Binding { name, value: key, outer: outer.bindings };
                    outer.with(&key_binding)
                }
                None => outer,
            };
            let mut guard = guard;
            if let Some(condition) = &expr.condition {
                let decided = self.eval(condition, inner)?;
                if decided.is_unset() && self.dialect != Dialect::Policy {
                    return Err(Failure::new(
                        "invalid-condition",
                        "the condition of a `for` expression is null",
                        condition.span,
                    ));
                }
                let truth = self.condition(&decided, condition.span)?;
                guard = self.store.and(guard, truth.yes);
                let undecided = self.store.truth_unknown(truth);
                if !undecided.is_false() {
                    // Whether it is there is not known.
                    let text = format!("{} for an element", self.store.text_of(&decided));
                    let v = self.store.derived(&text, &[&decided], TypeExpr::Any, Origin::NONE);
                    if let Data::Unknown(id) = v.data {
                        rest.get_or_insert(id);
                    }
                }
                if guard.is_false() {
                    continue;
                }
            }
            let inner = if guard.is_true() { inner } else { inner.strictly() };
            let made = match self.eval(&expr.value, inner) {
                Err(failure) if !guard.is_true() && !failure.is_budget() => self.failing(&failure),
                outcome => outcome?,
            };
            let made = if guard.is_open() { self.store.given_shallow(&made, guard) } else { made };
            let Some(key_expr) = &expr.key else {
                members.push(Member { guard, value: made });
                continue;
            };
            let key = self.eval(key_expr, inner)?;
            if key.is_unset() && self.dialect != Dialect::Policy {
                return Err(Failure::new("invalid-key", "the key of an element is null", key_expr.span));
            }
            for (key_guard, key) in self.store.arms(&key) {
                let guard = self.store.and(guard, key_guard);
                if guard.is_false() {
                    continue;
                }
                let name = match &key.data {
                    Data::Unknown(id) => {
                        rest.get_or_insert(*id);
                        continue;
                    }
                    Data::Text(_) | Data::Json(_) => {
                        let text = self.store.text_of(&key);
                        let v = self.store.derived(&text, &[&key], TypeExpr::String, Origin::NONE);
                        if let Data::Unknown(id) = v.data {
                            rest.get_or_insert(id);
                        }
                        continue;
                    }
                    _ => match self.store.string_of(&key) {
                        Some(name) => name,
                        None => {
                            return Err(Failure::new(
                                "invalid-key",
                                "the key of an element must be a string",
                                key_expr.span,
                            ));
                        }
                    },
                };
                if expr.grouping {
                    let group = groups.entry(name.clone()).or_insert_with(|| {
                        order.push(name.clone());
                        (Guard::FALSE, key.origin, Vec::new())
                    });
                    group.0 = self.store.or(group.0, guard);
                    group.2.push(Member { guard, value: made.clone() });
                    continue;
                }
                let mut guard = guard;
                let earlier = positions.entry(name.clone()).or_default();
                for &at in earlier.iter() {
                    let Some(other) = entries.get(at) else { continue };
                    let other: &Entry = other;
                    if guard.is_true() && other.guard.is_true() {
                        return Err(Failure::new(
                            "duplicate-key",
                            format!(
                                "two elements have the key \"{name}\"; `...` behind the value would group them"
                            ),
                            span,
                        ));
                    }
                    guard = self.store.and_not(guard, other.guard);
                }
                if guard.is_false() {
                    continue;
                }
                earlier.push(entries.len());
                entries.push(Entry { key: name, key_origin: made.origin, guard, value: made.clone() });
            }
        }
        let marks = self.secrecy(collection);
        let origin = self.computed(span);
        if expr.key.is_none() {
            let list = List { kind: ListKind::Tuple, members, rest };
            return Ok(Value { data: Data::List(Arc::new(list)), origin, marks });
        }
        for name in order {
            let Some((guard, key_origin, members)) = groups.remove(&name) else { continue };
            // Inside the group, members are there given that the group is.
            let members = members
                .into_iter()
                .map(|m| Member {
                    guard: if self.store.implies(guard, m.guard) { Guard::TRUE } else { m.guard },
                    value: m.value,
                })
                .collect();
            let list = List { kind: ListKind::Tuple, members, rest: None };
            let value = Value::new(Data::List(Arc::new(list)), origin);
            entries.push(Entry { key: name, key_origin, guard, value });
        }
        if self.dialect == Dialect::Terraform {
            entries.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let map = Map { kind: MapKind::Object, entries, rest };
        Ok(Value { data: Data::Map(Arc::new(map)), origin, marks })
    }
}
