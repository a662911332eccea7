//! Types of values, their unification and conversion, as Terraform has them.

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use crate::Str;
use crate::program::{ObjectField, TypeExpr};

use super::guard::Guard;
use super::number::Number;
use super::store::{Store, UnknownKind};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// The type of a value, as far as it is known.
pub fn type_of(store: &Store, value: &Value) -> TypeExpr {
    match &value.data {
        Data::Bool(_) => TypeExpr::Bool,
        Data::Number(_) => TypeExpr::Number,
        Data::String(_) | Data::Text(_) | Data::Json(_) => TypeExpr::String,
        Data::List(list) => match list.kind {
            ListKind::Tuple if list.rest.is_none() => {
                TypeExpr::Tuple(list.members.iter().map(|m| type_of(store, &m.value)).collect())
            }
            ListKind::Set => {
                TypeExpr::Set(Box::new(element_type(store, list.members.iter().map(|m| &m.value))))
            }
            _ => TypeExpr::List(Box::new(element_type(store, list.members.iter().map(|m| &m.value)))),
        },
        Data::Map(map) => match map.kind {
            kind if kind.is_object() && map.rest.is_none() => TypeExpr::Object(
                map.entries
                    .iter()
                    .map(|e| ObjectField {
                        name: e.key.clone(),
                        type_expr: type_of(store, &e.value),
                        optional: false,
                        default: None,
                    })
                    .collect(),
            ),
            _ => TypeExpr::Map(Box::new(element_type(store, map.entries.iter().map(|e| &e.value)))),
        },
        Data::Unknown(id) => store.unknown_info(*id).type_expr,
        Data::Choice(arms) => element_type(store, arms.iter().map(|a| &a.value)),
        Data::Absent | Data::Null | Data::Instance(_) => TypeExpr::Any,
    }
}

/// The type that all of some values have.
fn element_type<'v>(store: &Store, values: impl Iterator<Item = &'v Value>) -> TypeExpr {
    let mut all = TypeExpr::Any;
    for value in values {
        let one = type_of(store, value);
        match unify(&all, &one) {
            Some(both) => all = both,
            None => return TypeExpr::Any,
        }
    }
    all
}

/// The type that values of both types can be converted to without loss: strings win over numbers and truth values,
/// tuples of different lengths are lists, objects with different attributes are maps. None if there is none.
pub fn unify(a: &TypeExpr, b: &TypeExpr) -> Option<TypeExpr> {
    use TypeExpr::{Any, Bool, List, Map, Number, Object, Set, String, Tuple};
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (Any, other) | (other, Any) => other.clone(),
        (String, Number | Bool) | (Number | Bool, String) => String,
        (List(x), List(y)) => List(Box::new(unify(x, y)?)),
        (Set(x), Set(y)) => Set(Box::new(unify(x, y)?)),
        (Set(x), List(y)) | (List(x), Set(y)) => List(Box::new(unify(x, y)?)),
        (Map(x), Map(y)) => Map(Box::new(unify(x, y)?)),
        (Tuple(x), Tuple(y)) if x.len() == y.len() => {
            Tuple(x.iter().zip(y).map(|(x, y)| unify(x, y)).collect::<Option<_>>()?)
        }
        (Tuple(x), Tuple(y)) => List(Box::new(unify_all(x.iter().chain(y))?)),
        (Tuple(x), List(y)) | (List(y), Tuple(x)) => List(Box::new(unify(&unify_all(x.iter())?, y)?)),
        (Tuple(x), Set(y)) | (Set(y), Tuple(x)) => Set(Box::new(unify(&unify_all(x.iter())?, y)?)),
        (Object(x), Object(y)) => {
            let same = x.len() == y.len() && x.iter().all(|f| y.iter().any(|g| g.name == f.name));
            if same {
                let fields = x.iter().map(|f| {
                    let g = y.iter().find(|g| g.name == f.name)?;
                    Some(ObjectField {
                        name: f.name.clone(),
                        type_expr: unify(&f.type_expr, &g.type_expr)?,
                        optional: false,
                        default: None,
                    })
                });
                Object(fields.collect::<Option<_>>()?)
            } else {
                Map(Box::new(unify_all(x.iter().chain(y).map(|f| &f.type_expr))?))
            }
        }
        (Object(x), Map(y)) | (Map(y), Object(x)) => {
            Map(Box::new(unify(&unify_all(x.iter().map(|f| &f.type_expr))?, y)?))
        }
        _ => return None,
    })
}

/// [`unify`] of many.
pub fn unify_all<'t>(types: impl Iterator<Item = &'t TypeExpr>) -> Option<TypeExpr> {
    let mut all = TypeExpr::Any;
    for t in types {
        all = unify(&all, t)?;
    }
    Some(all)
}

/// A type as Terraform writes it.
pub fn type_text(t: &TypeExpr) -> String {
    match t {
        TypeExpr::Any => "any".to_owned(),
        TypeExpr::String => "string".to_owned(),
        TypeExpr::Number => "number".to_owned(),
        TypeExpr::Bool => "bool".to_owned(),
        TypeExpr::List(t) => format!("list({})", type_text(t)),
        TypeExpr::Set(t) => format!("set({})", type_text(t)),
        TypeExpr::Map(t) => format!("map({})", type_text(t)),
        TypeExpr::Tuple(ts) => {
            format!("tuple([{}])", ts.iter().map(type_text).collect::<Vec<_>>().join(", "))
        }
        TypeExpr::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|f| format!("{} = {}", f.name, type_text(&f.type_expr))).collect();
            format!("object({{{}}})", fields.join(", "))
        }
    }
}

/// Gives the default of an `optional(T, default)` field, converted; none is null.
pub type DefaultOf<'d> = &'d dyn Fn(&ObjectField) -> Value;

/// Converts a value to a type. The error says what does not fit, lower case.
///
/// Unknown values keep their identity where the type does not change what they are.
pub fn convert(store: &Store, value: &Value, to: &TypeExpr, default_of: DefaultOf<'_>) -> Result<Value, Str> {
    let with = |data: Data| Value { data, origin: value.origin, marks: value.marks };
    if let (_, TypeExpr::Any) | (Data::Null | Data::Absent, _) = (&value.data, to) {
        return Ok(value.clone());
    }
    match &value.data {
        Data::Choice(arms) => {
            let mut first = None;
            let mut any = false;
            let converted = store.choice(arms.iter().map(|arm| {
                let v = convert(store, &arm.value, to, default_of).unwrap_or_else(|reason| {
                    first.get_or_insert(reason.clone());
                    failed(store, &arm.value, reason)
                });
                any |= !matches!(v.data, Data::Unknown(id) if store.is_failed(id));
                (arm.guard, v)
            }));
            return match first {
                Some(reason) if !any => Err(reason),
                _ => {
                    let mut v = converted;
                    v.marks = store.union_marks(v.marks, value.marks);
                    Ok(v)
                }
            };
        }
        Data::Unknown(id) => {
            let info = store.unknown_info(*id);
            if info.type_expr == *to
                || matches!(info.kind, UnknownKind::Reason { .. } | UnknownKind::Failed { .. })
            {
                return Ok(value.clone());
            }
            if info.type_expr == TypeExpr::Any {
                if is_primitive(to) {
                    store.unknown(info.kind, info.not_null, to.clone());
                }
                return Ok(value.clone());
            }
            if store.domain(*id).is_some() && is_primitive(to) {
                let arms = store.arms(value);
                let converted =
                    arms.into_iter().map(|(g, v)| convert(store, &v, to, default_of).map(|v| (g, v)));
                return Ok(store.choice(converted.collect::<Result<Vec<_>, _>>()?));
            }
            if is_primitive(&info.type_expr) && is_primitive(to) {
                let name = format!("to{}({})", type_text(to), store.unknown_name(*id));
                let mut v = store.derived(&name, &[value], to.clone(), value.origin);
                v.marks = store.union_marks(v.marks, value.marks);
                return Ok(v);
            }
            if is_primitive(&info.type_expr) != is_primitive(to) {
                return Err(Str::from(format!("{} required", type_text(to))));
            }
            return Ok(value.clone());
        }
        Data::Instance(_) => return Ok(value.clone()),
        _ => {}
    }
    match to {
        TypeExpr::Any => Ok(value.clone()),
        TypeExpr::String => match &value.data {
            Data::String(_) | Data::Text(_) | Data::Json(_) => Ok(value.clone()),
            Data::Number(n) => Ok(with(Data::String(Str::from(n.to_string())))),
            Data::Bool(b) => Ok(with(Data::String(Str::from(if *b { "true" } else { "false" })))),
            _ => Err(Str::from("string required")),
        },
        TypeExpr::Number => match &value.data {
            Data::Number(_) => Ok(value.clone()),
            Data::String(s) => Number::parse(s)
                .map(|n| with(Data::Number(n)))
                .ok_or_else(|| Str::from("a number is required")),
            Data::Text(_) | Data::Json(_) => Ok(store.derived(
                &format!("tonumber({})", store.text_of(value)),
                &[value],
                to.clone(),
                value.origin,
            )),
            _ => Err(Str::from("number required")),
        },
        TypeExpr::Bool => match &value.data {
            Data::Bool(_) => Ok(value.clone()),
            Data::String(s) => match s.as_str() {
                "true" | "1" => Ok(with(Data::Bool(true))),
                "false" | "0" => Ok(with(Data::Bool(false))),
                _ => Err(Str::from("a bool is required")),
            },
            Data::Text(_) | Data::Json(_) => Ok(store.derived(
                &format!("tobool({})", store.text_of(value)),
                &[value],
                to.clone(),
                value.origin,
            )),
            _ => Err(Str::from("bool required")),
        },
        TypeExpr::List(element) | TypeExpr::Set(element) => {
            let Data::List(list) = &value.data else {
                return Err(Str::from(format!("{} required", type_text(to))));
            };
            let unified;
            let element = if **element == TypeExpr::Any {
                unified = unify_all(
                    list.members.iter().map(|m| type_of(store, &m.value)).collect::<Vec<_>>().iter(),
                )
                .unwrap_or(TypeExpr::Any);
                &unified
            } else {
                &**element
            };
            let mut members = Vec::with_capacity(list.members.len());
            for (i, member) in list.members.iter().enumerate() {
                let v = convert(store, &member.value, element, default_of)
                    .map_err(|reason| Str::from(format!("element {i}: {reason}")))?;
                members.push(Member { guard: member.guard, value: v });
            }
            let list = if matches!(to, TypeExpr::Set(_)) {
                make_set(store, members, list.rest)
            } else {
                List { kind: ListKind::List, members, rest: list.rest }
            };
            Ok(with(Data::List(Arc::new(list))))
        }
        TypeExpr::Map(element) => {
            let Data::Map(map) = &value.data else {
                return Err(Str::from(format!("{} required", type_text(to))));
            };
            let unified;
            let element = if **element == TypeExpr::Any {
                unified = unify_all(
                    map.entries.iter().map(|e| type_of(store, &e.value)).collect::<Vec<_>>().iter(),
                )
                .unwrap_or(TypeExpr::Any);
                &unified
            } else {
                &**element
            };
            let mut entries = Vec::with_capacity(map.entries.len());
            for entry in &map.entries {
                let v = convert(store, &entry.value, element, default_of)
                    .map_err(|reason| Str::from(format!("element \"{}\": {reason}", entry.key)))?;
                entries.push(Entry { value: v, ..entry.clone() });
            }
            Ok(with(Data::Map(Arc::new(Map { kind: MapKind::Map, entries, rest: map.rest }))))
        }
        TypeExpr::Tuple(types) => {
            let Data::List(list) = &value.data else {
                return Err(Str::from("tuple required"));
            };
            if list.rest.is_none() && list.members.len() != types.len() {
                return Err(Str::from(format!("tuple of {} elements required", types.len())));
            }
            let mut members = Vec::with_capacity(list.members.len());
            for (i, (member, t)) in list.members.iter().zip(types).enumerate() {
                let v = convert(store, &member.value, t, default_of)
                    .map_err(|reason| Str::from(format!("element {i}: {reason}")))?;
                members.push(Member { guard: member.guard, value: v });
            }
            Ok(with(Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest: list.rest }))))
        }
        TypeExpr::Object(fields) => {
            let Data::Map(map) = &value.data else {
                return Err(Str::from("object required"));
            };
            let mut entries = Vec::with_capacity(fields.len());
            for field in fields {
                let mut there = Guard::FALSE;
                for entry in map.all(&field.name) {
                    let mut v = convert(store, &entry.value, &field.type_expr, default_of)
                        .map_err(|reason| Str::from(format!("attribute \"{}\": {reason}", field.name)))?;
                    if field.default.is_some() && may_be_null(&v) {
                        let default = default_of(field);
                        v = store.map_arms(&v, |v| if v.is_unset() { default.clone() } else { v.clone() });
                    }
                    there = store.or(there, entry.guard);
                    entries.push(Entry { value: v, ..entry.clone() });
                }
                if there.is_true() {
                    continue;
                }
                let missing = store.not(there);
                if let Some(rest) = map.rest {
                    let id = store.unknown(
                        UnknownKind::Part { of: rest, step: Str::from(format!(".{}", field.name)) },
                        false,
                        field.type_expr.clone(),
                    );
                    entries.push(entry(field, missing, store.unknown_value(id, value.origin)));
                    continue;
                }
                if !field.optional {
                    if there.is_false() {
                        return Err(Str::from(format!("attribute \"{}\" is required", field.name)));
                    }
                    continue;
                }
                let v = match field.default {
                    Some(_) => default_of(field),
                    None => Value::new(Data::Null, value.origin),
                };
                entries.push(entry(field, missing, v));
            }
            Ok(with(Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: map.rest }))))
        }
    }
}

fn entry(field: &ObjectField, guard: Guard, value: Value) -> Entry {
    Entry { key: field.name.clone(), key_origin: value.origin, guard, value }
}

fn may_be_null(value: &Value) -> bool {
    match &value.data {
        Data::Null | Data::Absent => true,
        Data::Choice(arms) => arms.iter().any(|a| a.value.is_unset()),
        _ => false,
    }
}

/// An alternative that has no value because evaluating it fails.
pub(super) fn failed(store: &Store, value: &Value, reason: Str) -> Value {
    let span = store.place(value.origin).unwrap_or(crate::source::Span::new(crate::source::FileId(0), 0, 0));
    let id = store.unknown(UnknownKind::Failed { span, reason }, false, TypeExpr::Any);
    Value { data: Data::Unknown(id), origin: value.origin, marks: value.marks }
}

/// Whether it is one of the three simple types.
pub(super) fn is_primitive(t: &TypeExpr) -> bool {
    matches!(t, TypeExpr::String | TypeExpr::Number | TypeExpr::Bool)
}

/// A set: known members without duplicates, sorted as Terraform sorts them, those that are not known behind.
pub fn make_set(store: &Store, members: Vec<Member>, rest: Option<super::store::UnknownId>) -> List {
    let mut known: Vec<Member> = Vec::with_capacity(members.len());
    let mut whole: BTreeMap<String, Member> = BTreeMap::new();
    let mut others: Vec<Member> = Vec::new();
    for member in members {
        match member.value.data {
            Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::Null => known.push(member),
            _ => {
                let mut text = String::new();
                if set_order(&member.value, &mut text) {
                    match whole.entry(text) {
                        btree_map::Entry::Vacant(slot) => {
                            slot.insert(member);
                        }
                        btree_map::Entry::Occupied(mut same) => {
                            let same = same.get_mut();
                            same.guard = store.or(same.guard, member.guard);
                            same.value.marks = store.union_marks(same.value.marks, member.value.marks);
                        }
                    }
                    continue;
                }

                let same =
                    others.iter_mut().take(64).find(|o| super::compare::same_data(&o.value, &member.value));
                match same {
                    Some(same) => same.guard = store.or(same.guard, member.guard),
                    None => others.push(member),
                }
            }
        }
    }
    known.sort_by(|a, b| order(&a.value.data).cmp(&order(&b.value.data)));
    let mut sorted: Vec<Member> = Vec::with_capacity(known.len() + others.len());
    for member in known {
        match sorted.last_mut() {
            Some(last) if last.value.data == member.value.data => {
                last.guard = store.or(last.guard, member.guard);
                last.value.marks = store.union_marks(last.value.marks, member.value.marks);
            }
            _ => sorted.push(member),
        }
    }
    sorted.extend(whole.into_values());
    sorted.extend(others);
    List { kind: ListKind::Set, members: sorted, rest }
}

/// Writes what Terraform sorts the lists and objects in a set by (cty's hash of a value, byte by byte). False when the
/// value is not known in all its parts.
fn set_order(value: &Value, out: &mut String) -> bool {
    match &value.data {
        Data::Absent | Data::Null => out.push('~'),
        Data::Bool(b) => out.push(if *b { 'T' } else { 'F' }),
        Data::Number(n) => out.push_str(&n.to_string()),
        Data::String(text) => quote(text, out),
        Data::List(list) if list.rest.is_none() => {
            let (open, close) = if list.kind == ListKind::Tuple { ('<', '>') } else { ('[', ']') };
            out.push(open);
            for member in &list.members {
                if !member.guard.is_true() || !set_order(&member.value, out) {
                    return false;
                }
                out.push(';');
            }
            out.push(close);
        }
        Data::Map(map) if map.rest.is_none() => {
            let mut entries: Vec<&Entry> = map.entries.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            let (open, close) = if map.kind.is_object() { ('<', '>') } else { ('{', '}') };
            out.push(open);
            for entry in entries {
                if !map.kind.is_object() {
                    quote(&entry.key, out);
                    out.push('=');
                }
                if !entry.guard.is_true() || !set_order(&entry.value, out) {
                    return false;
                }
                out.push(';');
            }
            out.push(close);
        }
        _ => return false,
    }
    true
}

/// A string as Go quotes it.
fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What known primitives are sorted by.
fn order(data: &Data) -> (u8, Option<&Number>, &str) {
    match data {
        Data::Bool(b) => (u8::from(*b), None, ""),
        Data::Number(n) => (2, Some(n), ""),
        Data::String(s) => (3, None, s),
        _ => (4, None, ""),
    }
}
