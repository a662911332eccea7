//! What the provider makes of the values that a resource is given: an argument has the type that the schema says, so
//! `port = "80"` is a number from there on, and a list where a string belongs is a mistake.

use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, Mode, Resource};
use crate::source::Span;
use crate::terraform::schema::{self, Kind, ObjectId};

use super::access::kind_word;
use super::guard::Guard;
use super::names::Failure;
use super::number::Number;
use super::run::Run;
use super::store::Origin;
use super::value::{Arm, Data, Entry, List, Map, Member, Value};

/// How deep values are followed.
const MAX_DEPTH: u32 = 64;

impl<'p> Run<'p> {
    /// The schema of a resource of the AWS provider.
    pub(super) fn schema(&self, resource: &'p Resource) -> Option<Arc<schema::Resource>> {
        if self.evaluator.dialect != Dialect::Terraform || !resource.type_name.starts_with("aws_") {
            return None;
        }
        let key = (resource.mode, resource.type_name.as_str());
        if let Some(known) = self.schemas.borrow().get(&key) {
            return known.clone();
        }
        let found = match resource.mode {
            Mode::Managed => schema::get(&resource.type_name),
            Mode::Data => schema::get(&format!("data.{}", resource.type_name)),
        };
        self.schemas.borrow_mut().insert(key, found.clone());
        found
    }

    /// An argument or group of blocks as the schema has it.
    pub(super) fn typed(&self, of: Option<&schema::Resource>, name: &str, value: Value) -> Value {
        let Some(attribute) = of.and_then(|of| of.attribute(ObjectId(0), name)) else { return value };
        let Some(of) = of else { return value };
        let typing = Typing { run: self, of };
        typing.value(&attribute.kind, &value, name, 0).unwrap_or(value)
    }

    /// All arguments of a body as the schema has them.
    pub(super) fn typed_body(&self, of: Option<&schema::Resource>, body: Value) -> Value {
        let (Some(of), Data::Map(map)) = (of, &body.data) else { return body };
        let typing = Typing { run: self, of };
        match typing.object(ObjectId(0), map, "", 0) {
            Some(entries) => Value { data: Data::Map(Arc::new(Map { entries, ..(**map).clone() })), ..body },
            None => body,
        }
    }
}

struct Typing<'t, 'p> {
    run: &'t Run<'p>,
    of: &'t schema::Resource,
}

impl Typing<'_, '_> {
    /// The value in its type; none when it has that already.
    fn value(&self, kind: &Kind, value: &Value, name: &str, depth: u32) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let with = |data| Some(Value { data, ..value.clone() });
        match (kind, &value.data) {
            (_, Data::Choice(arms)) => {
                let mut changed = false;
                let arms: Vec<Arm> = arms
                    .iter()
                    .map(|arm| match self.value_under(arm.guard, kind, &arm.value, name, depth + 1) {
                        Some(value) => {
                            changed = true;
                            Arm { guard: arm.guard, value }
                        }
                        None => arm.clone(),
                    })
                    .collect();
                if changed { with(Data::Choice(arms.into())) } else { None }
            }
            (Kind::String, Data::Bool(b)) => with(Data::String(Str::from(if *b { "true" } else { "false" }))),
            (Kind::String, Data::Number(n)) => with(Data::String(Str::from(n.to_string()))),
            (Kind::Number, Data::String(text)) => match Number::parse(text) {
                Some(number) => with(Data::Number(number)),
                None => Some(self.wrong(value, name, "a number", &format!("\"{text}\""))),
            },
            (Kind::Bool, Data::String(text)) => match text.as_str() {
                "true" | "1" => with(Data::Bool(true)),
                "false" | "0" => with(Data::Bool(false)),
                _ => Some(self.wrong(value, name, "true or false", &format!("\"{text}\""))),
            },
            (Kind::String, Data::List(_) | Data::Map(_)) => Some(self.wrong_kind(value, name, "a string")),
            (Kind::Number, Data::List(_) | Data::Map(_) | Data::Bool(_)) => {
                Some(self.wrong_kind(value, name, "a number"))
            }
            (Kind::Bool, Data::List(_) | Data::Map(_) | Data::Number(_)) => {
                Some(self.wrong_kind(value, name, "true or false"))
            }
            (Kind::List(inner) | Kind::Set(inner), Data::List(list)) => {
                let members = self.members(inner, &list.members, name, depth)?;
                with(Data::List(Arc::new(List { members, ..(**list).clone() })))
            }
            (Kind::List(inner) | Kind::Set(inner), Data::String(_) | Data::Number(_) | Data::Bool(_))
                if inner.object().is_none() =>
            {
                Some(self.wrong_kind(value, name, "a list"))
            }
            // One block may be an object in JSON syntax.
            (Kind::List(inner) | Kind::Set(inner), Data::Map(_)) if inner.object().is_some() => {
                self.value(inner, value, name, depth + 1)
            }
            (Kind::List(_) | Kind::Set(_), Data::Map(_)) => Some(self.wrong_kind(value, name, "a list")),
            (Kind::Map(inner), Data::Map(map)) if inner.object().is_none() => {
                let mut changed = false;
                let entries: Vec<Entry> = map
                    .entries
                    .iter()
                    .map(|entry| {
                        match self.value_under(entry.guard, inner, &entry.value, &entry.key, depth + 1) {
                            Some(value) => {
                                changed = true;
                                Entry { value, ..entry.clone() }
                            }
                            None => entry.clone(),
                        }
                    })
                    .collect();
                if changed { with(Data::Map(Arc::new(Map { entries, ..(**map).clone() }))) } else { None }
            }
            (Kind::Map(inner), Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::List(_))
                if inner.object().is_none() =>
            {
                Some(self.wrong_kind(value, name, "a map"))
            }
            (Kind::Object(id), Data::Map(map)) => {
                let entries = self.object(*id, map, name, depth)?;
                with(Data::Map(Arc::new(Map { entries, ..(**map).clone() })))
            }
            // A single block is a list of one.
            (Kind::Object(_), Data::List(list)) => {
                let members = self.members(kind, &list.members, name, depth)?;
                with(Data::List(Arc::new(List { members, ..(**list).clone() })))
            }
            _ => None,
        }
    }

    /// The same for what is there under a condition: it is not wrong for sure.
    fn value_under(&self, guard: Guard, kind: &Kind, value: &Value, name: &str, depth: u32) -> Option<Value> {
        if guard.is_true() {
            return self.value(kind, value, name, depth);
        }
        let there = self.run.store.and(self.run.certainty.get(), guard);
        self.run.under(there, || self.value(kind, value, name, depth))
    }

    fn members(&self, kind: &Kind, members: &[Member], name: &str, depth: u32) -> Option<Vec<Member>> {
        let mut out: Option<Vec<Member>> = None;
        for (at, member) in members.iter().enumerate() {
            if let Some(value) = self.value_under(member.guard, kind, &member.value, name, depth + 1)
                && let Some(slot) = out.get_or_insert_with(|| members.to_vec()).get_mut(at)
            {
                slot.value = value;
            }
        }
        out
    }

    fn object(&self, id: ObjectId, map: &Map, owner: &str, depth: u32) -> Option<Vec<Entry>> {
        let mut out: Option<Vec<Entry>> = None;
        for (at, entry) in map.entries.iter().enumerate() {
            let Some(attribute) = self.of.attribute(id, &entry.key) else { continue };
            let name =
                if owner.is_empty() { entry.key.to_string() } else { format!("{owner}.{}", entry.key) };
            if let Some(value) =
                self.value_under(entry.guard, &attribute.kind, &entry.value, &name, depth + 1)
                && let Some(slot) = out.get_or_insert_with(|| map.entries.clone()).get_mut(at)
            {
                slot.value = value;
            }
        }
        out
    }

    fn wrong_kind(&self, value: &Value, name: &str, wanted: &str) -> Value {
        let found = match kind_word(value) {
            "object" => "an object".to_owned(),
            word => format!("a {word}"),
        };
        self.wrong(value, name, wanted, &found)
    }

    /// A value that can't be in its place: reported, and unknown.
    fn wrong(&self, value: &Value, name: &str, wanted: &str, found: &str) -> Value {
        let store = self.run.store;
        let nowhere = Span::new(crate::source::FileId(0), 0, 0);
        let span = store.place(value.origin).unwrap_or(nowhere);
        let of = self.of.name.strip_prefix("data.").unwrap_or(&self.of.name);
        let message = format!("`{name}` of `{of}` must be {wanted}, but it is {found}");
        if value.origin == Origin::NONE {
            return value.clone();
        }
        self.run.give_up(Failure::new("invalid-type", message, span))
    }
}
