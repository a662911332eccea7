//! Conversions of single values between Terraform's way to say something and the registry's. Each works on every arm of
//! a choice; what is unknown stays unknown, with an identity of its own where the conversion changes it.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Arm, Data, Entry, Guard, InstanceId, List, ListKind, Map, MapKind, Member, Number, Part, Reference,
    Store, UnknownKind, Value,
};
use crate::program::TypeExpr;

use super::super::table::CodecText;
use super::json;

/// One conversion.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Codec {
    /// `alias(a=A, b=B)`: other names for listed values; what is not listed stays.
    Alias(Vec<(Str, Str)>),
    /// `bool(Enabled, Disabled)`: the texts for true and false.
    Bool(Str, Str),
    /// `string`: numbers and truth values as text.
    Text,
    /// `not`.
    Not,
    /// `scale(60)`: times a whole number.
    Scale(i64),
    /// `json`: JSON text as a structured value.
    Json,
    /// `single`: a list of one as its element.
    Single,
    /// `list`: an element as a list of one.
    Wrap,
    /// `pairs(Key, Value)`: a map as a list of objects; `tags` is `pairs(Key, Value)`.
    Pairs(Str, Str),
    /// `objects(Name)`: a list of values as a list of objects that hold each under a name.
    Objects(Str),
    /// `entry("name")` or `entry("name", Key, Value)`: an object that gives one named setting its text.
    Entry(Str, Str, Str),
    /// `own(id)`: true as a reference to that attribute of this very resource, false as nothing.
    Own(Str),
    /// `this(Ref)`: a reference to that attribute of this very resource, whatever the value.
    This(Str),
    /// `upper`, `lower`: letters.
    Upper,
    /// See [`Codec::Upper`].
    Lower,
    /// `split(",")`: a text as a list.
    Split(Str),
    /// `prefix(text)`: with a text in front.
    Prefix(Str),
    /// `flag(name)`: a list of names as whether the name is among them.
    Flag(Str),
}

impl Codec {
    /// Reads a conversion.
    ///
    /// # Errors
    /// A name that does not exist, or arguments that don't fit.
    pub(super) fn new(text: &CodecText) -> Result<Codec, String> {
        let arguments = text.arguments.as_slice();
        let codec = match (text.name.as_str(), arguments) {
            ("alias", pairs) if !pairs.is_empty() => {
                let mut out = Vec::new();
                for pair in pairs {
                    let (a, b) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is not `a=B`"))?;
                    out.push((a.trim().trim_matches('"').into(), b.trim().trim_matches('"').into()));
                }
                Codec::Alias(out)
            }
            ("bool", [yes, no]) => Codec::Bool(yes.clone(), no.clone()),
            ("string", []) => Codec::Text,
            ("not", []) => Codec::Not,
            ("scale", [by]) => Codec::Scale(by.parse().map_err(|_| format!("`{by}` is not a whole number"))?),
            ("json", []) => Codec::Json,
            ("single", []) => Codec::Single,
            ("list", []) => Codec::Wrap,
            ("tags", []) => Codec::Pairs("Key".into(), "Value".into()),
            ("pairs", [key, value]) => Codec::Pairs(key.clone(), value.clone()),
            ("objects", [name]) => Codec::Objects(name.clone()),
            ("entry", [name]) => Codec::Entry(name.clone(), "Key".into(), "Value".into()),
            ("entry", [name, key, value]) => Codec::Entry(name.clone(), key.clone(), value.clone()),
            ("own", [attribute]) => Codec::Own(attribute.clone()),
            ("this", [attribute]) => Codec::This(attribute.clone()),
            ("upper", []) => Codec::Upper,
            ("lower", []) => Codec::Lower,
            ("split", [by]) => Codec::Split(by.clone()),
            ("split", [_, _]) => Codec::Split(",".into()),
            ("prefix", [text]) => Codec::Prefix(text.clone()),
            ("flag", [name]) => Codec::Flag(name.clone()),
            (name, _) => {
                return Err(format!("there is no conversion `{name}` with {} arguments", arguments.len()));
            }
        };
        Ok(codec)
    }

    /// What a value is in the registry's words.
    pub(super) fn lower(&self, store: &Store, own: InstanceId, value: &Value) -> Value {
        if let Data::Choice(arms) = &value.data {
            let arms: Vec<Arm> = arms
                .iter()
                .map(|arm| Arm { guard: arm.guard, value: self.lower(store, own, &arm.value) })
                .collect();
            return Value { data: Data::Choice(arms.into()), ..value.clone() };
        }
        let with = |data| Value { data, ..value.clone() };
        match (self, &value.data) {
            (Codec::Json, _) => json::structured(store, value),
            (Codec::This(attribute), _) => reference(store, own, attribute, value),
            (_, Data::Absent | Data::Null) => value.clone(),
            (Codec::Wrap, _) => with(sequence(ListKind::List, [(Guard::TRUE, value.clone())])),
            (Codec::Entry(name, key, text), _) => {
                let setting = Codec::Text.lower(store, own, value);
                let name = Value { data: Data::String(name.clone()), ..value.clone() };
                with(object(value, [(key.clone(), name), (text.clone(), setting)]))
            }
            (Codec::Alias(pairs), Data::String(s)) => {
                let found = pairs.iter().find(|(a, _)| a == s);
                found.map_or_else(|| value.clone(), |(_, b)| with(Data::String(b.clone())))
            }
            (Codec::Alias(_), Data::Bool(_) | Data::Number(_)) => {
                let text = Codec::Text.lower(store, own, value);
                self.lower(store, own, &text)
            }
            (Codec::Alias(_), Data::List(list)) => {
                let members = list
                    .members
                    .iter()
                    .map(|m| Member { guard: m.guard, value: self.lower(store, own, &m.value) })
                    .collect();
                with(Data::List(Arc::new(List { members, ..(**list).clone() })))
            }
            (Codec::Bool(yes, no), _) => match truth(value) {
                Some(b) => with(Data::String(if b { yes.clone() } else { no.clone() })),
                None => self.derived(store, value),
            },
            (Codec::Text, Data::Bool(b)) => {
                with(Data::String(if *b { "true".into() } else { "false".into() }))
            }
            (Codec::Text, Data::Number(n)) => with(Data::String(n.to_string().into())),
            (Codec::Text, _) => value.clone(),
            (Codec::Not, _) => match truth(value) {
                Some(b) => with(Data::Bool(!b)),
                None => self.derived(store, value),
            },
            (Codec::Scale(by), _) => match number(value).and_then(|n| n.mul(&Number::from(*by))) {
                Some(n) => with(Data::Number(n)),
                None => self.derived(store, value),
            },
            (Codec::Single, Data::List(list)) => match list.members.as_slice() {
                [] => list.rest.map_or_else(Value::absent, |u| {
                    with(Data::Unknown(super::source::part(store, u, "[0]")))
                }),
                [one] if one.guard.is_true() => one.value.clone(),
                many => {
                    let arms = many.iter().map(|m| Arm { guard: m.guard, value: m.value.clone() });
                    with(Data::Choice(arms.collect()))
                }
            },
            (Codec::Single, _) => value.clone(),
            (Codec::Pairs(key, text), Data::Map(map)) => {
                let members = map
                    .entries
                    .iter()
                    .map(|entry| {
                        let name = Value::new(Data::String(entry.key.clone()), entry.key_origin);
                        let pair =
                            object(&entry.value, [(key.clone(), name), (text.clone(), entry.value.clone())]);
                        Member { guard: entry.guard, value: Value { data: pair, ..entry.value.clone() } }
                    })
                    .collect();
                with(Data::List(Arc::new(List { kind: ListKind::Set, members, rest: map.rest })))
            }
            (Codec::Objects(name), Data::List(list)) => {
                let members = list
                    .members
                    .iter()
                    .map(|m| Member {
                        guard: m.guard,
                        value: Value {
                            data: object(&m.value, [(name.clone(), m.value.clone())]),
                            ..m.value.clone()
                        },
                    })
                    .collect();
                with(Data::List(Arc::new(List { members, ..(**list).clone() })))
            }
            (Codec::Own(attribute), _) => match truth(value) {
                Some(true) => reference(store, own, attribute, value),
                Some(false) => Value::absent(),
                None => self.derived(store, value),
            },
            (Codec::Upper, Data::String(s)) => with(Data::String(s.to_uppercase())),
            (Codec::Lower, Data::String(s)) => with(Data::String(s.to_lowercase())),
            (Codec::Split(by), Data::String(s)) => {
                let parts = s.split(by.as_str()).map(|p| (Guard::TRUE, with(Data::String(p.trim().into()))));
                with(sequence(ListKind::List, parts))
            }
            (Codec::Prefix(prefix), Data::String(s)) => {
                with(Data::String(crate::Str::from(format!("{prefix}{s}"))))
            }
            (Codec::Prefix(prefix), Data::Text(parts)) => {
                let first = std::iter::once(Part::Text(prefix.clone()));
                with(Data::Text(first.chain(parts.iter().cloned()).collect()))
            }
            (Codec::Prefix(prefix), Data::Unknown(_)) => with(Data::Text(
                [Part::Text(prefix.clone()), Part::Term(value.clone())].into_iter().collect(),
            )),
            (Codec::Flag(name), Data::List(list)) => {
                let truth = store.truth_any(
                    list.members.iter().map(|m| (m.guard, super::source::equals(store, &m.value, name))),
                    list.rest.is_some(),
                );
                match truth.known() {
                    Some(b) => with(Data::Bool(b)),
                    None if store.truth_unknown(truth).is_false() => {
                        let arm = |guard, b| Arm { guard, value: with(Data::Bool(b)) };
                        with(Data::Choice([arm(truth.yes, true), arm(truth.no, false)].into_iter().collect()))
                    }
                    None => with(Data::Unknown(store.reason(None, "a list known in part"))),
                }
            }
            (_, Data::Unknown(_)) => self.derived(store, value),
            // Another type than the argument has: the provider would refuse it. It stays what it is.
            _ => value.clone(),
        }
    }

    /// The unknown that this conversion makes of an unknown.
    fn derived(&self, store: &Store, value: &Value) -> Value {
        let Data::Unknown(unknown) = &value.data else { return value.clone() };
        let name = match self {
            Codec::Alias(_) => "alias",
            Codec::Bool(..) => "bool",
            Codec::Not => "!",
            Codec::Scale(_) => "scale",
            Codec::Own(_) => "own",
            Codec::Upper => "upper",
            Codec::Lower => "lower",
            Codec::Split(_) => "split",
            Codec::Flag(_) => "contains",
            _ => return value.clone(),
        };
        let text = crate::Str::from(format!("{name}({})", store.unknown_name(*unknown)));
        let made = store.unknown(UnknownKind::Derived { text, on: vec![*unknown] }, false, TypeExpr::Any);
        Value { data: Data::Unknown(made), ..value.clone() }
    }

    /// The source value that lowers to a value; none where there is none.
    pub(super) fn raise(&self, value: &Value) -> Option<Value> {
        let with = |data| Some(Value { data, ..value.clone() });
        match (self, &value.data) {
            (Codec::Alias(pairs), Data::String(s)) => {
                let found = pairs.iter().find(|(_, b)| b == s).map(|(a, _)| a);
                // A name that the source means differently can't be written.
                if found.is_none() && pairs.iter().any(|(a, _)| a == s) {
                    return None;
                }
                with(Data::String(found.unwrap_or(s).clone()))
            }
            // The registry counts what Terraform names: the protocol of a network ACL.
            (Codec::Alias(_), Data::Number(n)) => {
                let text = Value { data: Data::String(n.to_string().into()), ..value.clone() };
                self.raise(&text)
            }
            (Codec::Alias(_), Data::List(list)) => {
                let members: Option<Vec<Member>> = list
                    .members
                    .iter()
                    .map(|m| Some(Member { guard: m.guard, value: self.raise(&m.value)? }))
                    .collect();
                with(Data::List(Arc::new(List { members: members?, ..(**list).clone() })))
            }
            (Codec::Bool(yes, _), Data::String(s)) if s == yes => with(Data::Bool(true)),
            (Codec::Bool(_, no), Data::String(s)) if s == no => with(Data::Bool(false)),
            (Codec::Text | Codec::Json, _) => Some(value.clone()),
            (Codec::Not, Data::Bool(b)) => with(Data::Bool(!b)),
            (Codec::Scale(by), Data::Number(n)) => {
                let quotient = n.div(&Number::from(*by))?;
                if quotient.is_integer() { with(Data::Number(quotient)) } else { None }
            }
            (Codec::Single, _) => with(sequence(ListKind::List, [(Guard::TRUE, value.clone())])),
            (Codec::Wrap, Data::List(list)) => match list.members.as_slice() {
                [one] => Some(one.value.clone()),
                _ => None,
            },
            (Codec::Pairs(key, text), Data::List(list)) => {
                let entries: Option<Vec<Entry>> = list
                    .members
                    .iter()
                    .map(|m| {
                        let pair = m.value.as_map()?;
                        let name = pair.get(key)?.value.as_str()?.clone();
                        let value = pair.get(text)?.value.clone();
                        Some(Entry { key: name, key_origin: m.value.origin, guard: m.guard, value })
                    })
                    .collect();
                with(Data::Map(Arc::new(Map { kind: MapKind::Map, entries: entries?, rest: list.rest })))
            }
            (Codec::Objects(name), Data::List(list)) => {
                let members: Option<Vec<Member>> = list
                    .members
                    .iter()
                    .map(|m| {
                        Some(Member { guard: m.guard, value: m.value.as_map()?.get(name)?.value.clone() })
                    })
                    .collect();
                with(Data::List(Arc::new(List { members: members?, ..(**list).clone() })))
            }
            (Codec::Entry(name, key, text), Data::Map(map)) => {
                (map.get(key)?.value.as_str()? == name).then(|| map.get(text).map(|e| e.value.clone()))?
            }
            (Codec::Upper, Data::String(s)) => with(Data::String(s.to_lowercase())),
            (Codec::Lower, Data::String(_)) => Some(value.clone()),
            (Codec::Split(by), Data::List(list)) => {
                let parts: Option<Vec<&str>> =
                    list.members.iter().map(|m| m.value.as_str().map(Str::as_str)).collect();
                with(Data::String(parts?.join(by).into()))
            }
            (Codec::Prefix(prefix), Data::String(s)) => {
                with(Data::String(s.strip_prefix(prefix.as_str())?.into()))
            }
            _ => None,
        }
    }
}

/// A reference to an attribute of an instance, written where a value is.
fn reference(store: &Store, instance: InstanceId, attribute: &Str, at: &Value) -> Value {
    let reference = Reference { instance, attribute: attribute.clone() };
    let marks = store.mark_reference(at.marks, reference.clone());
    let unknown = store.unknown(UnknownKind::Attribute(reference), true, TypeExpr::String);
    Value { data: Data::Unknown(unknown), origin: at.origin, marks }
}

/// A truth value, also one written as a string.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Bool(b) => Some(*b),
        Data::String(s) => match s.as_str() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number, also one written as a string.
pub(super) fn number(value: &Value) -> Option<Number> {
    match &value.data {
        Data::Number(n) => Some(n.clone()),
        Data::String(s) => Number::parse(s),
        _ => None,
    }
}

fn sequence(kind: ListKind, members: impl IntoIterator<Item = (Guard, Value)>) -> Data {
    let members = members.into_iter().map(|(guard, value)| Member { guard, value }).collect();
    Data::List(Arc::new(List { kind, members, rest: None }))
}

fn object(at: &Value, entries: impl IntoIterator<Item = (Str, Value)>) -> Data {
    let entries = entries
        .into_iter()
        .map(|(key, value)| Entry { key, key_origin: at.origin, guard: Guard::TRUE, value })
        .collect();
    Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: None }))
}
