//! Functions of lists: `concat`, `flatten`, `element`, `length`, …

use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, TypeExpr};

use super::super::algebra::MAX_ARMS;
use super::super::compare::same_data;
use super::super::convert::{is_primitive, type_of, unify_all};
use super::super::guard::{Guard, Truth};
use super::super::number::Number;
use super::super::store::{UnknownId, UnknownKind, Via};
use super::super::value::{Data, List, ListKind, Member, Value};
use super::logic::{Pick, first};
use super::{Cx, Function, Look, MANY, MAX_RESULT, Returns, nullable, pure};
use crate::eval::Outcome;
use crate::eval::names::LIMIT;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("length", (1, 1), Look::Shallow, Returns::Number, length),
    pure("concat", (1, MANY), Look::Raw, Returns::List, concat),
    pure("flatten", (1, 1), Look::Raw, Returns::List, flatten),
    pure("compact", (1, 1), Look::Raw, Returns::Strings, compact),
    pure("element", (2, 2), Look::Shape, Returns::Any, element),
    pure("index", (2, 2), Look::Deep, Returns::Number, index),
    pure("reverse", (1, 1), Look::Shape, Returns::List, reverse),
    pure("slice", (3, 3), Look::Shape, Returns::List, slice),
    pure("chunklist", (2, 2), Look::Shape, Returns::List, chunklist),
    pure("distinct", (1, 1), Look::Deep, Returns::List, distinct),
    pure("sort", (1, 1), Look::Members, Returns::Strings, sort),
    pure("one", (1, 1), Look::Shape, Returns::Any, one),
    pure("matchkeys", (3, 3), Look::Deep, Returns::List, matchkeys),
    pure("range", (1, 3), Look::Shallow, Returns::List, range),
    nullable("coalescelist", (1, MANY), Look::Raw, Returns::List, coalescelist),
];

/// The members of a list or of a choice of lists, each with its condition. None if it is no list.
pub(super) fn members_of(cx: &Cx<'_, '_>, value: &Value) -> Option<List> {
    match &value.data {
        Data::List(list) => Some((**list).clone()),
        Data::Choice(arms) => {
            let mut all = List { kind: ListKind::List, members: Vec::new(), rest: None };
            for arm in arms.iter() {
                match &arm.value.data {
                    Data::Unknown(id) if cx.store.is_failed(*id) => continue,
                    Data::Unknown(id) => {
                        all.rest.get_or_insert(*id);
                        continue;
                    }
                    _ => {}
                }
                let list = members_of(cx, &arm.value)?;
                if list.kind != ListKind::List {
                    all.kind = list.kind;
                }
                all.rest = all.rest.or(list.rest);
                for member in list.members {
                    let guard = cx.store.and(arm.guard, member.guard);
                    if !guard.is_false() {
                        all.members.push(Member { guard, value: member.value });
                    }
                }
            }
            Some(all)
        }
        Data::Unknown(id) => match cx.store.unknown_info(*id).type_expr {
            t if is_primitive(&t) => None,
            _ => Some(List { kind: ListKind::List, members: Vec::new(), rest: Some(*id) }),
        },
        _ => None,
    }
}

/// A list at the call, with what is secret about the arguments.
pub(super) fn make_list(cx: &Cx<'_, '_>, list: List, args: &[Value]) -> Outcome {
    let mut v = cx.computed(Data::List(Arc::new(list)));
    for arg in args {
        v.marks = cx.store.union_marks(v.marks, cx.evaluator.secrecy(arg));
    }
    Ok(v)
}

fn absent_list(cx: &Cx<'_, '_>, value: &Value) -> bool {
    cx.evaluator.dialect == Dialect::Policy && value.is_unset()
}

/// When exactly k members are there, by k.
pub(super) fn counts(cx: &Cx<'_, '_>, members: impl Iterator<Item = Guard>) -> Option<Vec<(Guard, usize)>> {
    let mut certain = 0usize;
    let mut counts = vec![Guard::TRUE];
    for guard in members {
        if guard.is_true() {
            certain += 1;
            continue;
        }
        if counts.len() >= MAX_ARMS {
            return None;
        }
        let mut next = vec![Guard::FALSE; counts.len() + 1];
        for (k, &count) in counts.iter().enumerate() {
            let with = cx.store.and(count, guard);
            let without = cx.store.and_not(count, guard);
            if let Some(slot) = next.get_mut(k) {
                *slot = cx.store.or(*slot, without);
            }
            if let Some(slot) = next.get_mut(k + 1) {
                *slot = cx.store.or(*slot, with);
            }
        }
        counts = next;
    }
    Some(
        counts
            .into_iter()
            .enumerate()
            .filter(|(_, g)| !g.is_false())
            .map(|(k, g)| (g, certain + k))
            .collect(),
    )
}

fn length(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    let unknown = || Ok(cx.evaluator.unknown_call("length", args, Returns::Number, cx.span));
    let guards: Vec<Guard> = match &value.data {
        Data::String(s) => return cx.int(super::strings::graphemes(s).count() as i64),
        Data::Json(inner) => {
            return match cx.store.json_text(inner) {
                Some(text) => cx.int(super::strings::graphemes(&text).count() as i64),
                None => unknown(),
            };
        }
        Data::List(list) => {
            let vague = list.kind == ListKind::Set
                && list.members.len() > 1
                && !list.members.iter().all(|m| super::super::compare::is_known(&m.value))
                && !all_differ(cx, list);
            if list.rest.is_some() || vague {
                return unknown();
            }
            list.members.iter().map(|m| m.guard).collect()
        }
        Data::Map(map) if map.rest.is_some() => return unknown(),
        // Entries of one key have disjoint guards.
        Data::Map(map) => map.entries.iter().map(|e| e.guard).collect(),
        _ => return cx.fail("the argument must be a string, a collection, or an object"),
    };
    let Some(counts) = counts(cx, guards.into_iter()) else { return unknown() };
    let number = |n: usize| cx.computed(Data::Number(Number::Int(n as i64)));
    Ok(cx.store.choice(counts.into_iter().map(|(g, n)| (g, number(n))).collect::<Vec<_>>()))
}

/// Whether no two members of a set can turn out to be the same one.
fn all_differ(cx: &Cx<'_, '_>, list: &List) -> bool {
    let members = &list.members;
    members.len() <= MAX_ARMS
        && members.iter().enumerate().all(|(i, m)| {
            let others = members.get(i + 1..).unwrap_or_default();
            others.iter().all(|n| cx.store.equal(&m.value, &n.value, Dialect::Policy) == Truth::NO)
        })
}

fn concat(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let mut all = List { kind: ListKind::List, members: Vec::new(), rest: None };
    let policy = cx.evaluator.dialect == Dialect::Policy;
    for (i, arg) in args.iter().enumerate() {
        if absent_list(cx, arg) {
            continue;
        }
        if let Data::Unknown(id) = arg.data
            && cx.store.is_failed(id)
        {
            return Ok(arg.clone());
        }
        let list = members_of(cx, arg).filter(|l| l.kind != ListKind::Set || policy);
        let Some(list) = list else {
            return cx.fail(format!("argument {} must be a list", i + 1));
        };
        if list.kind != ListKind::List {
            all.kind = ListKind::Tuple;
        }
        all.rest = all.rest.or(list.rest);
        all.members.extend(list.members);
        if all.members.len() > MAX_RESULT {
            return cx.budget("elements");
        }
    }
    if all.kind == ListKind::List {
        unify_members(cx, &mut all);
    }
    make_list(cx, all, args)
}

/// Converts members to the one type that a list has.
fn unify_members(cx: &Cx<'_, '_>, list: &mut List) {
    let types: Vec<TypeExpr> = list.members.iter().map(|m| type_of(cx.store, &m.value)).collect();
    if types.windows(2).all(|pair| pair.first() == pair.last()) {
        return;
    }
    if let Some(t) = unify_all(types.iter()) {
        for member in &mut list.members {
            if let Ok(v) = cx.convert(&member.value, &t) {
                member.value = v;
            }
        }
    }
}

fn flatten(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    if absent_list(cx, value) {
        return cx.list_of(ListKind::Tuple, Vec::new());
    }
    let mut all = List { kind: ListKind::Tuple, members: Vec::new(), rest: None };
    match &value.data {
        Data::List(_) => {}
        Data::Choice(_) | Data::Unknown(_) if members_of(cx, value).is_some() => {}
        _ => return cx.fail("only lists, sets and tuples can be flattened"),
    }
    flatten_into(cx, value, Guard::TRUE, &mut all, 0)?;
    make_list(cx, all, args)
}

fn flatten_into(
    cx: &Cx<'_, '_>,
    value: &Value,
    guard: Guard,
    out: &mut List,
    depth: usize,
) -> Result<(), super::Failure> {
    if out.members.len() > MAX_RESULT || depth > 256 {
        return cx.budget("elements");
    }
    match &value.data {
        Data::List(list) => {
            out.rest = out.rest.or(list.rest);
            for member in &list.members {
                let guard = cx.store.and(guard, member.guard);
                if !guard.is_false() {
                    flatten_into(cx, &member.value, guard, out, depth + 1)?;
                }
            }
        }
        Data::Choice(arms) if arms.iter().any(|a| matches!(a.value.data, Data::List(_))) => {
            for arm in arms.iter() {
                let guard = cx.store.and(guard, arm.guard);
                if !guard.is_false() {
                    flatten_into(cx, &arm.value, guard, out, depth + 1)?;
                }
            }
        }
        Data::Unknown(id) if depth == 0 || !may_be_element(cx, *id) => {
            if !cx.store.is_failed(*id) {
                out.rest.get_or_insert(*id);
            }
        }
        _ => out.members.push(Member { guard, value: value.clone() }),
    }
    Ok(())
}

/// Whether an unknown is surely no list.
fn may_be_element(cx: &Cx<'_, '_>, id: UnknownId) -> bool {
    let t = cx.store.unknown_info(id).type_expr;
    is_primitive(&t) || matches!(t, TypeExpr::Map(_) | TypeExpr::Object(_))
}

fn compact(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    if absent_list(cx, value) {
        return cx.list_of(ListKind::List, Vec::new());
    }
    let Some(list) = members_of(cx, value) else { return cx.fail("the argument must be a list of strings") };
    let mut members = Vec::new();
    for (i, member) in list.members.into_iter().enumerate() {
        for (guard, v) in cx.store.arms(&member.value) {
            let guard = cx.store.and(member.guard, guard);
            if guard.is_false() {
                continue;
            }
            let guard = match &v.data {
                Data::Null | Data::Absent => continue,
                Data::String(s) if s.is_empty() => continue,
                Data::List(_) | Data::Map(_) => return cx.fail(format!("element {i} must be a string")),
                Data::Unknown(id) => {
                    let info = cx.store.unknown_info(*id);
                    match info.kind {
                        UnknownKind::Attribute(_) if info.not_null => guard,
                        _ => cx.store.and(guard, cx.store.not_empty(*id)),
                    }
                }
                _ => guard,
            };
            let v = cx.convert(&v, &TypeExpr::String)?;
            members.push(Member { guard, value: v });
        }
    }
    make_list(cx, List { kind: ListKind::List, members, rest: list.rest }, args)
}

fn element(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let n = cx.arg_int(args, 1)?;
    if list.kind == ListKind::Set {
        return cx.fail("elements of a set have no order");
    }
    if n < 0 {
        return cx.fail("the index must not be negative");
    }
    if list.members.is_empty() {
        return cx.fail("the list is empty");
    }
    match list.members.get(n as usize % list.members.len()) {
        Some(member) => Ok(member.value.clone()),
        None => cx.fail("the list is empty"),
    }
}

fn index(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let Some(wanted) = args.get(1) else { return cx.fail("an argument is missing") };
    if list.members.is_empty() {
        return cx.fail("the list is empty");
    }
    match list.members.iter().position(|m| same_data(&m.value, wanted)) {
        Some(at) => cx.int(at as i64),
        None => cx.fail("the item is not found"),
    }
}

fn reverse(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let kind = if list.kind == ListKind::Tuple { ListKind::Tuple } else { ListKind::List };
    let members = list.members.iter().rev().cloned().collect();
    make_list(cx, List { kind, members, rest: None }, args)
}

fn slice(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let (start, end) = (cx.arg_int(args, 1)?, cx.arg_int(args, 2)?);
    if list.kind == ListKind::Set {
        return cx.fail("a set has no order");
    }
    if start < 0 || end < start || end > list.members.len() as i64 {
        return cx.fail(format!(
            "from {start} to {end} is not within the {} elements of the list",
            list.members.len()
        ));
    }
    let members = list.members.get(start as usize..end as usize).unwrap_or_default().to_vec();
    make_list(cx, List { kind: list.kind, members, rest: None }, args)
}

fn chunklist(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let size = cx.arg_int(args, 1)?;
    if size < 0 {
        return cx.fail("the size must not be negative");
    }
    let size = if size == 0 { list.members.len().max(1) } else { size as usize };
    let chunks = list.members.chunks(size).map(|chunk| {
        let list = List { kind: ListKind::List, members: chunk.to_vec(), rest: None };
        cx.computed(Data::List(Arc::new(list)))
    });
    cx.list_of(ListKind::List, chunks.collect())
}

fn distinct(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let mut list = cx.arg_list(args, 0)?.clone();
    unify_members(cx, &mut list);
    let mut seen = rustc_hash::FxHashSet::default();
    list.members.retain(|m| match &m.value.data {
        Data::String(s) => seen.insert((false, s.clone())),
        _ => seen.insert((true, Str::from(cx.store.text_of(&m.value)))),
    });
    make_list(cx, List { kind: ListKind::List, members: list.members, rest: None }, args)
}

fn sort(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let mut values = Vec::with_capacity(list.members.len());
    for (i, member) in list.members.iter().enumerate() {
        if member.value.is_unset() {
            return cx.fail(format!("element {i} is null"));
        }
        let value = cx.convert(&member.value, &TypeExpr::String)?;
        match cx.store.string_of(&value) {
            Some(text) => values.push((text, value)),
            None => return cx.fail(format!("element {i} must be a string")),
        }
    }
    values.sort_by(|a, b| a.0.cmp(&b.0));
    cx.list_of(ListKind::List, values.into_iter().map(|(_, v)| v).collect())
}

fn one(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    match list.members.as_slice() {
        [] => Ok(cx.computed(Data::Null)),
        [only] => Ok(only.value.clone()),
        _ => cx.fail("the list has more than one element"),
    }
}

fn matchkeys(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (values, keys, wanted) = (cx.arg_list(args, 0)?, cx.arg_list(args, 1)?, cx.arg_list(args, 2)?);
    if values.members.len() != keys.members.len() {
        return cx.fail("there must be as many keys as values");
    }
    let members = values
        .members
        .iter()
        .zip(&keys.members)
        .filter(|(_, key)| wanted.members.iter().any(|w| same_data(&w.value, &key.value)))
        .map(|(value, _)| value.clone());
    make_list(cx, List { kind: ListKind::List, members: members.collect(), rest: None }, args)
}

fn range(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let numbers = (0..args.len()).map(|i| cx.arg_num(args, i)).collect::<Result<Vec<_>, _>>()?;
    let zero = Number::Int(0);
    let one = |down: bool| Number::Int(if down { -1 } else { 1 });
    let (start, end, step) = match numbers.as_slice() {
        [end] => (zero.clone(), end.clone(), one(*end < zero)),
        [start, end] => (start.clone(), end.clone(), one(end < start)),
        [start, end, step] => (start.clone(), end.clone(), step.clone()),
        _ => return cx.fail("1 to 3 numbers are needed"),
    };
    let down = step < zero;
    if down && end > start {
        return cx.fail("the end must be less than the start when the step is negative");
    }
    if !down && end < start {
        return cx.fail("the end must be greater than the start when the step is positive");
    }
    let mut values = Vec::new();
    let mut at = start;
    while if down { at > end } else { at < end } {
        if values.len() >= 1024 {
            let message = "`range` makes more than 1024 values, the limit that Terraform has";
            return Err(super::Failure::new(LIMIT, message, cx.span));
        }
        values.push(cx.computed(Data::Number(at.clone())));
        let Some(next) = at.add(&step) else { return cx.fail("infinity is no end") };
        at = next;
    }
    cx.list_of(ListKind::List, values)
}

fn coalescelist(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let arms = first(cx, args, "all lists are empty", |v| match &v.data {
        Data::List(list) if list.rest.is_none() => {
            Ok(Pick::When(cx.store.any(list.members.iter().map(|m| m.guard))))
        }
        Data::List(_) | Data::Unknown(_) => {
            Ok(Pick::Instead(cx.evaluator.unknown_call("coalescelist", args, Returns::List, cx.span)))
        }
        // A null that has a type is passed over (`optional(list(string))`), a `null` written here has none.
        Data::Null | Data::Absent => {
            let step = cx.store.origin_step(v.origin);
            if step.is_some_and(|s| s.via == Via::Literal && cx.span.contains(s.span)) {
                return cx.fail("an argument is null");
            }
            Ok(Pick::Pass)
        }
        _ => cx.fail("all arguments must be lists"),
    })?;
    let v = cx.store.choice(arms);
    Ok(cx.evaluator.located(v, cx.span))
}
