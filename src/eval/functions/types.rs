//! Type conversion and what asks about values: `tostring`, `tolist`, `sensitive`, …

use crate::program::TypeExpr;

use super::super::convert::unify_all;
use super::super::value::{Data, Value};
use super::{Cx, Function, Look, Returns, nullable};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("tostring", (1, 1), Look::Raw, Returns::String, |cx, args| to(cx, args, &TypeExpr::String)),
    nullable("tonumber", (1, 1), Look::Raw, Returns::Number, |cx, args| to(cx, args, &TypeExpr::Number)),
    nullable("tobool", (1, 1), Look::Raw, Returns::Bool, |cx, args| to(cx, args, &TypeExpr::Bool)),
    nullable("tolist", (1, 1), Look::Raw, Returns::List, |cx, args| {
        to(cx, args, &TypeExpr::List(Box::new(TypeExpr::Any)))
    }),
    nullable("toset", (1, 1), Look::Raw, Returns::Set, |cx, args| {
        to(cx, args, &TypeExpr::Set(Box::new(TypeExpr::Any)))
    }),
    nullable("tomap", (1, 1), Look::Raw, Returns::Map, |cx, args| {
        to(cx, args, &TypeExpr::Map(Box::new(TypeExpr::Any)))
    }),
    nullable("sensitive", (1, 1), Look::Raw, Returns::Any, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("an argument is missing") };
        Ok(Value { marks: cx.store.mark_sensitive(value.marks), ..value.clone() })
    }),
    nullable("nonsensitive", (1, 1), Look::Raw, Returns::Any, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("an argument is missing") };
        Ok(Value { marks: cx.store.unmark_sensitive(value.marks), ..value.clone() })
    }),
    nullable("issensitive", (1, 1), Look::Raw, Returns::Bool, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("an argument is missing") };
        cx.bool(cx.store.is_sensitive(value.marks))
    }),
    nullable("ephemeralasnull", (1, 1), Look::Raw, Returns::Any, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("an argument is missing") };
        if cx.store.is_ephemeral(value.marks) {
            return Ok(Value { data: Data::Null, ..value.clone() });
        }
        Ok(value.clone())
    }),
];

fn to(cx: &Cx<'_, '_>, args: &[Value], t: &TypeExpr) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    if let (Data::List(list), TypeExpr::List(_) | TypeExpr::Set(_)) = (&value.data, t) {
        let types: Vec<_> =
            list.members.iter().map(|m| super::super::convert::type_of(cx.store, &m.value)).collect();
        if unify_all(types.iter()).is_none() {
            return cx.fail("the elements must have one type");
        }
    }
    if let (Data::Map(map), TypeExpr::Map(_)) = (&value.data, t) {
        let types: Vec<_> =
            map.entries.iter().map(|e| super::super::convert::type_of(cx.store, &e.value)).collect();
        if unify_all(types.iter()).is_none() {
            return cx.fail("the elements must have one type");
        }
    }
    let mut v = cx.convert(value, t)?;
    if v.origin.is_none() {
        v.origin = cx.evaluator.computed(cx.span);
    }
    Ok(v)
}
