//! CloudFormation's intrinsic functions ("Intrinsic function reference", AWS CloudFormation Template Reference).
//! `Fn::If` is a conditional, `Fn::Sub` a template, `Ref` and `Fn::GetAtt` are references: they never get here.

use base64::Engine;

use crate::program::TypeExpr;

use super::super::access::MAX_POSITIONS;
use super::super::compare::same_data;
use super::super::guard::{Guard, Truth};
use super::super::number::Number;
use super::super::store::{Store, UnknownKind};
use super::super::value::{Data, List, ListKind, Map, Part, Value};
use super::{Cx, Failure, Function, Look, MANY, Returns, nullable, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("Fn::Equals", (2, 2), Look::Raw, Returns::Bool, |cx, args| {
        let [a, b] = args else { return cx.fail("2 values are needed") };
        Ok(cx.evaluator.equality(false, a, b, cx.span))
    }),
    nullable("Fn::And", (1, MANY), Look::Raw, Returns::Bool, |cx, args| connect(cx, args, true)),
    nullable("Fn::Or", (1, MANY), Look::Raw, Returns::Bool, |cx, args| connect(cx, args, false)),
    nullable("Fn::Not", (1, 1), Look::Raw, Returns::Bool, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("a condition is needed") };
        cx.evaluator.not(value, cx.span)
    }),
    nullable("Fn::Join", (2, 2), Look::Raw, Returns::String, |cx, args| {
        let [separator, list] = args else { return cx.fail("a delimiter and a list are needed") };
        let list = as_list(cx.store, list);
        super::strings::join_lists(cx, separator, std::slice::from_ref(&list), args)
    }),
    nullable("Fn::Select", (2, 2), Look::Raw, Returns::Any, select),
    nullable("Fn::Split", (2, 2), Look::Raw, Returns::Strings, split),
    // A fifth argument says that it stands in a condition.
    nullable("Fn::FindInMap", (3, 5), Look::Raw, Returns::Any, find_in_map),
    pure("Fn::Base64", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let text = cx.arg_str(args, 0)?;
        cx.string(base64::engine::general_purpose::STANDARD.encode(text.as_bytes()))
    }),
    pure("Fn::Cidr", (2, 3), Look::Shallow, Returns::Strings, cidr),
    nullable("Fn::GetAZs", (1, 1), Look::Raw, Returns::Strings, zones),
    // What one template of the directory exports has been resolved; a second argument is the reason why this was not.
    nullable("Fn::ImportValue", (1, 2), Look::Raw, Returns::Any, |cx, args| {
        if args.is_empty() {
            return cx.fail("a name is needed");
        }
        Ok(cx.evaluator.unknown_call("Fn::ImportValue", args, Returns::Any, cx.span))
    }),
    pure("Fn::Length", (1, 1), Look::Shallow, Returns::Number, |cx, args| {
        let list = cx.arg_list(args, 0)?;
        if list.rest.is_some() {
            return Ok(cx.evaluator.unknown_call("Fn::Length", args, Returns::Number, cx.span));
        }
        let guards = list.members.iter().map(|m| m.guard);
        let Some(counts) = super::collections::counts(cx, guards) else {
            return Ok(cx.evaluator.unknown_call("Fn::Length", args, Returns::Number, cx.span));
        };
        let number = |n: usize| cx.computed(Data::Number(Number::Int(n as i64)));
        Ok(cx.store.choice(counts.into_iter().map(|(g, n)| (g, number(n))).collect::<Vec<_>>()))
    }),
    nullable("Fn::ToJsonString", (1, 1), Look::Raw, Returns::String, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("a value is needed") };
        let mut v = cx.computed(Data::Json(std::sync::Arc::new(value.clone())));
        v.marks = cx.evaluator.secrecy(value);
        Ok(v)
    }),
];

/// `Fn::And` and `Fn::Or`: all conditions are asked, Kleene's way.
fn connect(cx: &Cx<'_, '_>, args: &[Value], and: bool) -> Outcome {
    let mut truth = if and { Truth::YES } else { Truth::NO };
    let mut marks = super::super::store::Marks::NONE;
    for arg in args {
        let t = cx.evaluator.condition(arg, cx.span)?;
        truth = if and { cx.store.truth_and(truth, t) } else { cx.store.truth_or(truth, t) };
        marks = cx.store.union_marks(marks, cx.evaluator.secrecy(arg));
    }
    let rest = || match cx.evaluator.unknown_call(cx.name, args, Returns::Bool, cx.span).data {
        Data::Unknown(id) => id,
        _ => cx.store.reason(Some(cx.span), "not known"),
    };
    let v = cx.store.truth_value(truth, cx.evaluator.computed(cx.span), marks, rest);
    Ok(cx.evaluator.located(v, cx.span))
}

/// A single value where a list is meant is a list of it.
fn as_list(store: &Store, value: &Value) -> Value {
    match &value.data {
        Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::Text(_) => {
            Value { origin: value.origin, ..Value::list([value.clone()]) }
        }
        Data::Unknown(id) => match store.unknown_info(*id).type_expr {
            TypeExpr::String | TypeExpr::Number => {
                Value { origin: value.origin, ..Value::list([value.clone()]) }
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn select(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let [index, list] = args else { return cx.fail("an index and a list are needed") };
    if list.is_unset() || index.is_unset() {
        return cx.fail("the arguments must not be null");
    }
    // `Fn::GetAZs` and other unknown lists have parts with an identity, whether the index is a number or its text.
    let number = index.as_str().and_then(|text| text.parse::<i64>().ok());
    match number {
        Some(n) => {
            let index = Value { data: Data::Number(Number::Int(n)), ..index.clone() };
            cx.evaluator.index(list, &index, cx.span, cx.env)
        }
        None => cx.evaluator.index(list, index, cx.span, cx.env),
    }
}

fn split(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let [delimiter, text] = args else { return cx.fail("a delimiter and a string are needed") };
    // a parameter with a closed domain is one of its values
    let one_of = match &text.data {
        Data::Unknown(id) if cx.store.domain(*id).is_some() => Some(cx.store.choice(cx.store.arms(text))),
        _ => None,
    };
    let text = one_of.as_ref().unwrap_or(text);
    cx.evaluator.each_arm(delimiter, &|delimiter| {
        cx.evaluator.each_arm(text, &|text| {
            let Some(delimiter) = cx.store.string_of(delimiter).filter(|d| !d.is_empty()) else {
                return Ok(cx.evaluator.unknown_call("Fn::Split", args, Returns::Strings, cx.span));
            };
            match &text.data {
                Data::Text(parts) => split_text(cx, parts, &delimiter, args),
                _ => match cx.store.string_of(text) {
                    Some(s) => {
                        let mut v = cx.strings(s.split(delimiter.as_str()).map(crate::Str::from))?;
                        v.marks = text.marks;
                        Ok(v)
                    }
                    None if matches!(text.data, Data::List(_) | Data::Map(_)) || text.is_unset() => {
                        cx.fail("a string is needed")
                    }
                    None => Ok(cx.evaluator.unknown_call("Fn::Split", args, Returns::Strings, cx.span)),
                },
            }
        })
    })
}

/// Splits a string known in part. A term may hold the delimiter too, so what is behind the first term is not known to
/// stand at its place; only what is before it is.
fn split_text(cx: &Cx<'_, '_>, parts: &[Part], delimiter: &str, args: &[Value]) -> Outcome {
    let mut members = Vec::new();
    if let Some(Part::Text(text)) = parts.first() {
        let mut pieces: Vec<&str> = text.split(delimiter).collect();
        pieces.pop();
        for piece in pieces {
            members.push(super::super::value::Member { guard: Guard::TRUE, value: cx.string(piece)? });
        }
    }
    let rest = match cx.evaluator.unknown_call("Fn::Split", args, Returns::Strings, cx.span).data {
        Data::Unknown(id) => Some(id),
        _ => None,
    };
    let list = List { kind: ListKind::List, members, rest };
    Ok(cx.computed(Data::List(std::sync::Arc::new(list))))
}

/// The entry of a mapping. Where a key is not known, CloudFormation deploys nothing for the values that are no key: what
/// is looked up is one of the entries.
fn find_in_map(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (Some(map), Some(first), Some(second)) = (args.first(), args.get(1), args.get(2)) else {
        return cx.fail("a mapping and two keys are needed");
    };
    // The default of the language extension: `{ DefaultValue: … }`.
    let default =
        args.get(3).filter(|d| !d.is_unset()).map(|d| match d.as_map().and_then(|m| m.get("DefaultValue")) {
            Some(entry) => entry.value.clone(),
            None => d.clone(),
        });
    if default.is_none()
        && let Some(found) = agreed(cx, map, first, second)
    {
        return Ok(found);
    }
    let look = |map: &Value, key: &Value| {
        cx.evaluator.index(&possible(cx.store, map, key), key, cx.span, cx.env.strictly())
    };
    let found = look(map, first).and_then(|inner| look(&inner, second));
    let found = match (found, &default) {
        (Ok(found), _) => found,
        (Err(failure), _) if failure.is_budget() => return Err(failure),
        (Err(_), Some(default)) => return Ok(default.clone()),
        (Err(_), None) => {
            let (a, b) = (cx.store.text_of(first), cx.store.text_of(second));
            return Err(Failure::new("invalid-index", format!("the mapping has no {a}, {b}"), cx.span));
        }
    };
    let fails = cx.evaluator.failing_when_top(&found);
    // what a condition depends on is told, even if only one of its cases can be deployed
    let in_condition = args.len() > 4;
    if fails.is_false() || (in_condition && default.is_none()) {
        return Ok(found);
    }
    let works = cx.store.not(fails);
    let v = match default {
        Some(default) => cx.store.choice([(works, cx.store.given_shallow(&found, works)), (fails, default)]),
        None => everywhere(cx.store, &found, fails),
    };
    Ok(cx.evaluator.located(v, cx.span))
}

/// The entries of a mapping that a key can mean: beside regions, keys that are none are for something else than
/// `AWS::Region`. Where nothing has the form, nothing is ruled out.
fn possible(store: &Store, map: &Value, key: &Value) -> Value {
    let Data::Unknown(id) = key.data else { return map.clone() };
    let UnknownKind::Named(name) = store.unknown_info(id).kind else { return map.clone() };
    let fits: fn(&str) -> bool = match name.as_str() {
        "AWS::Region" => is_region,
        "AWS::AccountId" => |key| key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit()),
        "AWS::Partition" => |key| key.starts_with("aws"),
        _ => return map.clone(),
    };
    store.map_arms(map, |map| match &map.data {
        Data::Map(entries) if entries.entries.iter().any(|e| fits(&e.key)) => {
            let mut entries = Map::clone(entries);
            entries.entries.retain(|e| fits(&e.key));
            Value { data: Data::Map(std::sync::Arc::new(entries)), ..map.clone() }
        }
        _ => map.clone(),
    })
}

/// Whether a name has the form of a region's: `us-gov-west-1`.
fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    parts.len() >= 3
        && (2..=4).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && !last.is_empty()
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// What all entries of a mapping say that has too many for a choice.
fn agreed(cx: &Cx<'_, '_>, map: &Value, first: &Value, second: &Value) -> Option<Value> {
    if !matches!(first.data, Data::Unknown(_) | Data::Text(_)) {
        return None;
    }
    let possible = possible(cx.store, map, first);
    let (map, second) = (possible.as_map()?, cx.store.string_of(second)?);
    if map.rest.is_some() || map.entries.len() <= MAX_POSITIONS {
        return None;
    }
    let mut found = map.entries.iter().map(|entry| entry.value.as_map()?.get(&second).map(|e| &e.value));
    let one = found.next()??;
    found.all(|other| other.is_some_and(|other| same_data(one, other))).then(|| one.clone())
}

/// A choice without its alternatives that fail. Nothing is deployed where these hold: what most of the others say may be
/// said there, too, and conditions stay short.
fn everywhere(store: &Store, value: &Value, fails: Guard) -> Value {
    let Data::Choice(arms) = &value.data else { return value.clone() };
    store.refuse(fails);
    let mut arms: Vec<_> = arms
        .iter()
        .filter(|arm| !matches!(arm.value.data, Data::Unknown(id) if store.is_failed(id)))
        .cloned()
        .collect();
    let votes = |of: &Value| arms.iter().filter(|arm| same_data(of, &arm.value)).count();
    let mut best = (0, 0);
    for (at, arm) in arms.iter().enumerate() {
        let votes = votes(&arm.value);
        if votes > best.1 {
            best = (at, votes);
        }
    }
    if let Some(arm) = arms.get_mut(best.0) {
        arm.guard = store.or(arm.guard, fails);
    }
    let mut v = store.choice(arms.into_iter().map(|arm| (arm.guard, arm.value)));
    v.marks = store.union_marks(v.marks, value.marks);
    v
}

fn cidr(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let block = cx.arg_str(args, 0)?;
    let count = cx.arg_int(args, 1)?;
    let Ok(net) = block.parse::<ipnet::IpNet>() else {
        return cx.fail(format!("`{block}` is no CIDR block"));
    };
    // By default as many bits for hosts as a /24 (IPv4) or a /64 (IPv6) has.
    let bits = match args.get(2) {
        Some(_) => cx.arg_int(args, 2)?,
        None => match net {
            ipnet::IpNet::V4(_) => 8,
            ipnet::IpNet::V6(_) => 64,
        },
    };
    if !(1..=256).contains(&count) {
        return cx.fail("from 1 to 256 blocks can be made");
    }
    let whole = i64::from(net.max_prefix_len());
    let prefix = whole - bits;
    let Ok(prefix) = u8::try_from(prefix) else { return cx.fail("the number of bits does not fit") };
    let Ok(subnets) = net.subnets(prefix) else {
        return cx.fail(format!("`{block}` has no blocks of {bits} bits"));
    };
    let blocks: Vec<crate::Str> =
        subnets.take(count as usize).map(|n| crate::Str::from(n.to_string())).collect();
    if blocks.len() < count as usize {
        return cx.fail(format!("`{block}` has fewer than {count} blocks of {bits} bits"));
    }
    cx.strings(blocks)
}

/// The zones of a region: a list nobody knows, with an identity.
fn zones(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(region) = args.first() else { return cx.fail("a region is needed") };
    let name = match &region.data {
        // An empty region is the stack's own.
        Data::Null | Data::Absent => "Fn::GetAZs(AWS::Region)".to_owned(),
        Data::String(s) if s.is_empty() => "Fn::GetAZs(AWS::Region)".to_owned(),
        _ => format!("Fn::GetAZs({})", cx.store.text_of(region)),
    };
    let kind = UnknownKind::Named(crate::Str::from(name));
    let id = cx.store.unknown(kind, true, TypeExpr::List(Box::new(TypeExpr::String)));
    Ok(cx.computed(Data::Unknown(id)))
}
