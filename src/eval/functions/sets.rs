//! Functions of sets.

use std::sync::Arc;

use super::super::compare::same_data;
use super::super::convert::{make_set, type_of, unify_all};
use super::super::guard::Guard;
use super::super::value::{Data, List, ListKind, Member, Value};
use super::collections::{make_list, members_of};
use super::{Cx, Function, Look, MANY, Returns, pure};
use crate::eval::Outcome;

/// The most combinations that `setproduct` makes.
const MAX_PRODUCT: usize = 100_000;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("setunion", (1, MANY), Look::Raw, Returns::Set, setunion),
    pure("setintersection", (1, MANY), Look::Deep, Returns::Set, setintersection),
    pure("setsubtract", (2, 2), Look::Deep, Returns::Set, setsubtract),
    pure("setsymmetricdifference", (1, MANY), Look::Deep, Returns::Set, setsymmetricdifference),
    pure("sethaselement", (2, 2), Look::Deep, Returns::Bool, sethaselement),
    pure("setproduct", (2, MANY), Look::Shape, Returns::List, setproduct),
];

/// Members converted to the one type that a set has.
fn unified(cx: &Cx<'_, '_>, lists: &[List]) -> Result<Vec<Vec<Member>>, super::Failure> {
    let types: Vec<_> = lists.iter().flat_map(|l| &l.members).map(|m| type_of(cx.store, &m.value)).collect();
    let Some(t) = unify_all(types.iter()) else {
        return cx.fail("all elements must have the same type");
    };
    lists
        .iter()
        .map(|list| {
            list.members
                .iter()
                .map(|m| Ok(Member { guard: m.guard, value: cx.convert(&m.value, &t)? }))
                .collect()
        })
        .collect()
}

fn lists(cx: &Cx<'_, '_>, args: &[Value]) -> Result<Vec<List>, super::Failure> {
    let mut all = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        match members_of(cx, arg) {
            Some(list) => all.push(list),
            None => return cx.fail(format!("argument {} must be a set", i + 1)),
        }
    }
    Ok(all)
}

fn setunion(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let lists = lists(cx, args)?;
    let rest = lists.iter().find_map(|l| l.rest);
    let members = unified(cx, &lists)?.concat();
    make_list(cx, make_set(cx.store, members, rest), args)
}

fn finish(cx: &Cx<'_, '_>, members: Vec<Member>, args: &[Value]) -> Outcome {
    make_list(cx, make_set(cx.store, members, None), args)
}

fn has(list: &[Member], value: &Value) -> bool {
    list.iter().any(|m| same_data(&m.value, value))
}

fn setintersection(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let lists = unified(cx, &lists(cx, args)?)?;
    let Some((first, others)) = lists.split_first() else { return cx.fail("an argument is missing") };
    let members = first.iter().filter(|m| others.iter().all(|o| has(o, &m.value))).cloned().collect();
    finish(cx, members, args)
}

fn setsubtract(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let lists = unified(cx, &lists(cx, args)?)?;
    let [first, second] = lists.as_slice() else { return cx.fail("2 sets are needed") };
    let members = first.iter().filter(|m| !has(second, &m.value)).cloned().collect();
    finish(cx, members, args)
}

fn setsymmetricdifference(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let lists = unified(cx, &lists(cx, args)?)?;
    let mut all: Vec<Member> = Vec::new();
    for list in lists {
        let (gone, new): (Vec<Member>, Vec<Member>) = list.into_iter().partition(|m| has(&all, &m.value));
        all.retain(|m| !has(&gone, &m.value));
        all.extend(new);
    }
    finish(cx, all, args)
}

fn sethaselement(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    let Some(value) = args.get(1) else { return cx.fail("an argument is missing") };
    cx.bool(has(&list.members, value))
}

fn setproduct(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let lists = lists(cx, args)?;
    let total = lists.iter().try_fold(1usize, |n, l| n.checked_mul(l.members.len()));
    match total {
        Some(total) if total.saturating_mul(lists.len()) <= MAX_PRODUCT => {}
        _ => {
            return Err(super::Failure::new(
                super::BUDGET,
                format!(
                    "evaluation budget exceeded: `setproduct` makes more than {MAX_PRODUCT} combinations"
                ),
                cx.span,
            ));
        }
    }
    // Each set's elements have one type.
    let lists: Vec<List> = lists
        .into_iter()
        .map(|list| {
            let members = unified(cx, std::slice::from_ref(&list))?.concat();
            Ok(List { members, ..list })
        })
        .collect::<Result<_, super::Failure>>()?;
    let ordered = lists.iter().any(|l| l.kind != ListKind::Set);
    let mut all: Vec<Vec<Member>> = vec![Vec::new()];
    for list in &lists {
        let mut next = Vec::with_capacity(all.len() * list.members.len());
        for start in &all {
            for member in &list.members {
                let mut combination = start.clone();
                combination.push(member.clone());
                next.push(combination);
            }
        }
        all = next;
    }
    let members: Vec<Member> = all
        .into_iter()
        .map(|members| {
            let list = List { kind: ListKind::Tuple, members, rest: None };
            Member { guard: Guard::TRUE, value: cx.computed(Data::List(Arc::new(list))) }
        })
        .collect();
    let list = match ordered {
        true => List { kind: ListKind::List, members, rest: None },
        false => super::super::convert::make_set(cx.store, members, None),
    };
    make_list(cx, list, args)
}
