//! The last step of lowering for every language: leaves take the type that the registry says (`"true"` is true), and
//! what is not set takes its documented default.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Arm, Data, Entry, Guard, List, Map, Member, Number, Origin, OriginStep, Store, Value, Via,
};

use super::super::registry::{Shape, ShapeId, Type};
use super::super::table::Step;
use super::codec;

/// How deep values are followed; deeper ones stay as they are.
const MAX_DEPTH: u32 = 100;

/// What a value is in a shape of a type; none when it is that already.
pub(super) struct Conform<'c> {
    pub(super) store: &'c Store,
    pub(super) of: &'c Type,
    /// Paths whose registry default does not hold.
    pub(super) absent: &'c [Vec<Step>],
    /// Where a default would be written, when the object itself has no place.
    pub(super) fallback: Origin,
}

impl Conform<'_> {
    /// Conforms the value of a whole resource.
    pub(super) fn resource(&self, value: Value) -> Value {
        self.value(ShapeId(0), &value, &mut Vec::new(), 0).unwrap_or(value)
    }

    /// Conforms a part of a resource.
    pub(super) fn part(&self, shape: ShapeId, value: Value) -> Value {
        self.value(shape, &value, &mut Vec::new(), 0).unwrap_or(value)
    }

    fn value(&self, id: ShapeId, value: &Value, path: &mut Vec<Str>, depth: u32) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let with = |data| Some(Value { data, ..value.clone() });
        match (self.of.shape(id)?, &value.data) {
            (_, Data::Choice(arms)) => {
                let mut changed = false;
                let arms: Vec<Arm> = arms
                    .iter()
                    .map(|arm| match self.value(id, &arm.value, path, depth + 1) {
                        Some(value) => {
                            changed = true;
                            Arm { guard: arm.guard, value }
                        }
                        None => arm.clone(),
                    })
                    .collect();
                if changed { with(Data::Choice(arms.into())) } else { None }
            }
            (Shape::Boolean, Data::String(_)) => with(Data::Bool(codec::truth(value)?)),
            (Shape::Integer | Shape::Number, Data::String(s)) => with(Data::Number(Number::parse(s)?)),
            (Shape::String(_), Data::Bool(b)) => {
                with(Data::String(if *b { "true".into() } else { "false".into() }))
            }
            (Shape::String(_), Data::Number(n)) => with(Data::String(n.to_string().into())),
            (Shape::List { items, .. }, Data::List(list)) => {
                let members = self.members(*items, &list.members, path, depth)?;
                with(Data::List(Arc::new(List { members, ..(**list).clone() })))
            }
            (Shape::Map(items), Data::Map(map)) => {
                let mut changed = false;
                let entries: Vec<Entry> = map
                    .entries
                    .iter()
                    .map(|entry| match self.value(*items, &entry.value, path, depth + 1) {
                        Some(value) => {
                            changed = true;
                            Entry { value, ..entry.clone() }
                        }
                        None => entry.clone(),
                    })
                    .collect();
                if changed { with(Data::Map(Arc::new(Map { entries, ..(**map).clone() }))) } else { None }
            }
            (Shape::Object(_), Data::Map(map)) => {
                let entries = self.object(id, value, map, path, depth)?;
                with(Data::Map(Arc::new(Map { entries, ..(**map).clone() })))
            }
            _ => None,
        }
    }

    fn members(
        &self,
        items: ShapeId,
        members: &[Member],
        path: &mut Vec<Str>,
        depth: u32,
    ) -> Option<Vec<Member>> {
        let mut out: Option<Vec<Member>> = None;
        for (at, member) in members.iter().enumerate() {
            if let Some(value) = self.value(items, &member.value, path, depth + 1)
                && let Some(slot) = out.get_or_insert_with(|| members.to_vec()).get_mut(at)
            {
                slot.value = value;
            }
        }
        out
    }

    fn object(
        &self,
        id: ShapeId,
        value: &Value,
        map: &Map,
        path: &mut Vec<Str>,
        depth: u32,
    ) -> Option<Vec<Entry>> {
        let Some(Shape::Object(fields)) = self.of.shape(id) else { return None };
        let mut out: Option<Vec<Entry>> = None;
        for (at, entry) in map.entries.iter().enumerate() {
            let Some(field) = self.of.field(id, &entry.key) else { continue };
            path.push(field.name.clone());
            let conformed = self.value(field.shape, &entry.value, path, depth + 1);
            path.pop();
            if let Some(value) = conformed
                && let Some(slot) = out.get_or_insert_with(|| map.entries.clone()).get_mut(at)
            {
                slot.value = value;
            }
        }
        if map.rest.is_some() {
            return out;
        }
        for field in fields {
            let Some(default) = &field.default else { continue };
            if self.is_absent(path, &field.name) {
                continue;
            }
            let set = self.store.any(map.all(&field.name).map(|e| self.when_set(e)));
            let missing = self.store.not(set);
            if missing.is_false() {
                continue;
            }
            let place = self.store.place(value.origin).or_else(|| self.store.place(self.fallback));
            let beside = map.all(&field.name).next().map_or(Origin::NONE, |entry| entry.key_origin);
            let made = default_value(self.store, default, place, beside);
            let entries = out.get_or_insert_with(|| map.entries.clone());
            // Where it is not set, nothing stands beside the default.
            entries.retain(|e| e.key != field.name || !e.value.is_unset());
            let key_origin = made.origin;
            entries.push(Entry { key: field.name.clone(), key_origin, guard: missing, value: made });
        }
        out
    }

    fn is_absent(&self, path: &[Str], name: &str) -> bool {
        self.absent.iter().any(|steps| {
            let mut names = steps.iter().filter_map(|s| match s {
                Step::Name(n) => Some(n.as_str()),
                Step::Element => None,
            });
            path.iter().map(Str::as_str).chain([name]).all(|n| names.next() == Some(n))
                && names.next().is_none()
        })
    }

    /// When an entry sets something.
    fn when_set(&self, entry: &Entry) -> Guard {
        match &entry.value.data {
            Data::Absent | Data::Null => Guard::FALSE,
            Data::Choice(arms) if arms.iter().any(|a| a.value.is_unset()) => {
                let unset = self.store.any(arms.iter().filter(|a| a.value.is_unset()).map(|a| a.guard));
                self.store.and_not(entry.guard, unset)
            }
            _ => entry.guard,
        }
    }
}

/// A documented default: JSON text, with the place where it would be written, and where it is written what holds under
/// other conditions.
pub(super) fn default_value(
    store: &Store,
    json: &str,
    place: Option<crate::source::Span>,
    beside: Origin,
) -> Value {
    let origin =
        place.map_or(Origin::NONE, |span| store.origin(OriginStep { span, via: Via::Default, from: beside }));
    let parsed = serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
    from_json(&parsed, origin)
}

/// A value from JSON; every part has the same origin. Tables nest a handful deep.
pub(super) fn from_json(json: &serde_json::Value, origin: Origin) -> Value {
    let value = match json {
        serde_json::Value::Null => Value::absent(),
        serde_json::Value::Bool(b) => Value::bool(*b),
        serde_json::Value::Number(n) => {
            Value::new(Number::parse(&n.to_string()).map_or(Data::Absent, Data::Number), origin)
        }
        serde_json::Value::String(s) => Value::string(s.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(|i| from_json(i, origin))),
        serde_json::Value::Object(fields) => {
            Value::object(fields.iter().map(|(k, v)| (Str::from(k.as_str()), from_json(v, origin))))
        }
    };
    value.with_origin(origin)
}
