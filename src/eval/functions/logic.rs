//! `alltrue`, `anytrue`, `contains`, `coalesce`: functions that are often decided although something is not known.

use crate::program::{Dialect, TypeExpr};

use super::super::convert::{self, type_of, unify};
use super::super::guard::{Guard, Truth};
use super::super::store::UnknownKind;
use super::super::value::{Data, Value};
use super::{Cx, Failure, Function, Look, MANY, Returns, nullable};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("alltrue", (1, 1), Look::Raw, Returns::Bool, |cx, args| quantify(cx, args, true)),
    nullable("anytrue", (1, 1), Look::Raw, Returns::Bool, |cx, args| quantify(cx, args, false)),
    nullable("contains", (2, 2), Look::Raw, Returns::Bool, contains),
    nullable("coalesce", (1, MANY), Look::Raw, Returns::Any, coalesce),
];

fn value_of(cx: &Cx<'_, '_>, truth: Truth, args: &[Value]) -> Outcome {
    let mut marks = super::super::store::Marks::NONE;
    for arg in args {
        marks = cx.store.union_marks(marks, cx.evaluator.secrecy(arg));
    }
    let origin = cx.evaluator.computed(cx.span);
    let rest = || match cx.evaluator.unknown_call(cx.name, args, Returns::Bool, cx.span).data {
        Data::Unknown(id) => id,
        _ => cx.store.reason(Some(cx.span), "not known"),
    };
    let v = cx.store.truth_value(truth, origin, marks, rest);
    Ok(cx.evaluator.located(v, cx.span))
}

fn quantify(cx: &Cx<'_, '_>, args: &[Value], all: bool) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    if value.is_unset() {
        return if cx.evaluator.dialect == Dialect::Policy {
            cx.bool(all)
        } else {
            cx.fail("the argument must not be null")
        };
    }
    let mut truth = Truth::UNKNOWN;
    for (guard, arm) in cx.store.arms_shallow(value) {
        let t = match &arm.data {
            Data::List(list) => {
                let mut members = Vec::with_capacity(list.members.len());
                for member in &list.members {
                    let t = match member.value.is_unset() {
                        true => Truth::NO,
                        false => cx.evaluator.condition(&member.value, cx.span)?,
                    };
                    members.push((member.guard, t));
                }
                if all {
                    cx.store.truth_all(members, list.rest.is_some())
                } else {
                    cx.store.truth_any(members, list.rest.is_some())
                }
            }
            Data::Unknown(_) => Truth::UNKNOWN,
            _ => return cx.fail("the argument must be a list of truth values"),
        };
        let t = cx.store.truth_under(t, guard);
        truth = Truth { yes: cx.store.or(truth.yes, t.yes), no: cx.store.or(truth.no, t.no) };
    }
    value_of(cx, truth, args)
}

fn contains(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let [list, wanted] = args else { return cx.fail("2 arguments are needed") };
    let policy = cx.evaluator.dialect == Dialect::Policy;
    if list.is_unset() || wanted.is_unset() {
        return if policy { cx.bool(false) } else { cx.fail("the arguments must not be null") };
    }
    let mut truth = Truth::UNKNOWN;
    for (guard, arm) in cx.store.arms_shallow(list) {
        let t = match &arm.data {
            Data::List(list) => {
                let members = list
                    .members
                    .iter()
                    .map(|m| (m.guard, cx.store.equal(&m.value, wanted, cx.evaluator.dialect)));
                cx.store.truth_any(members, list.rest.is_some())
            }
            Data::Unknown(id) => {
                if convert::is_primitive(&cx.store.unknown_info(*id).type_expr) && !policy {
                    return cx.fail("the first argument must be a list");
                }
                Truth::UNKNOWN
            }
            _ if policy && arm.is_unset() => Truth::NO,
            // A property that takes one value or a list of them.
            _ if policy && !matches!(arm.data, Data::Map(_)) => {
                cx.store.equal(&arm, wanted, cx.evaluator.dialect)
            }
            _ => return cx.fail("the first argument must be a list, tuple, or set"),
        };
        let t = cx.store.truth_under(t, guard);
        truth = Truth { yes: cx.store.or(truth.yes, t.yes), no: cx.store.or(truth.no, t.no) };
    }
    value_of(cx, truth, args)
}

/// What is done with an argument, or one arm of it, of a function that takes the first that will do.
pub(super) enum Pick {
    /// It is taken under this condition.
    When(Guard),
    /// This is taken in its place: it is not known whether it will do.
    Instead(Value),
    /// It is passed over.
    Pass,
}

/// The first argument that will do, for every way the conditions can fall. `none` is what happens when none does: the
/// message of the error, or nothing in a policy.
pub(super) fn first(
    cx: &Cx<'_, '_>,
    args: &[Value],
    none: &str,
    pick: impl Fn(&Value) -> Result<Pick, Failure>,
) -> Result<Vec<(Guard, Value)>, Failure> {
    let mut arms: Vec<(Guard, Value)> = Vec::new();
    let mut open = Guard::TRUE;
    for arg in args {
        for (guard, v) in cx.store.arms_shallow(arg) {
            let here = cx.store.and(open, guard);
            if here.is_false() {
                continue;
            }
            let (chosen, v) = match pick(&v)? {
                Pick::When(guard) => (cx.store.and(here, guard), v),
                Pick::Instead(v) => (here, v),
                Pick::Pass => continue,
            };
            arms.push((chosen, v));
            open = cx.store.and_not(open, chosen);
        }
        if open.is_false() {
            break;
        }
    }
    arms.retain(|(g, _)| !g.is_false());
    let nothing = match cx.evaluator.dialect {
        Dialect::Policy => Ok(Value::absent()),
        _ => cx.fail(none).or_else(|failure| match arms.is_empty() {
            true => Err(failure),
            false => Ok(cx.evaluator.failing(&failure)),
        }),
    };
    if !open.is_false() {
        arms.push((open, nothing?));
    }
    Ok(arms)
}

/// The first argument that is neither null nor an empty string.
fn coalesce(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let mut arms = first(cx, args, "all arguments are null or empty", |v| {
        let empty = match &v.data {
            Data::Null | Data::Absent => Guard::TRUE,
            Data::String(s) if s.is_empty() => Guard::TRUE,
            Data::Unknown(id) => {
                let info = cx.store.unknown_info(*id);
                match info.kind {
                    UnknownKind::Attribute(_) | UnknownKind::Named(_) if info.not_null => Guard::FALSE,
                    UnknownKind::Input(_) if cx.evaluator.dialect != Dialect::Policy => {
                        let null =
                            if info.not_null { Guard::FALSE } else { cx.store.equals(*id, &"null".into()) };
                        let blank = match info.type_expr {
                            TypeExpr::String | TypeExpr::Any => cx.store.equals(*id, &"\"\"".into()),
                            _ => Guard::FALSE,
                        };
                        cx.store.or(null, blank)
                    }
                    UnknownKind::Failed { .. } => Guard::FALSE,
                    _ => {
                        let v = cx.evaluator.unknown_call("coalesce", args, Returns::Any, cx.span);
                        return Ok(Pick::Instead(v));
                    }
                }
            }
            _ => Guard::FALSE,
        };
        Ok(Pick::When(cx.store.not(empty)))
    })?;
    // All arguments have one type.
    if cx.evaluator.dialect == Dialect::Terraform {
        let mut all = TypeExpr::Any;
        for arg in args {
            match unify(&all, &type_of(cx.store, arg)) {
                Some(t) => all = t,
                None => return cx.fail("all arguments must have the same type"),
            }
        }
        if convert::is_primitive(&all) {
            for (_, v) in &mut arms {
                if let Ok(converted) = cx.convert(v, &all) {
                    *v = converted;
                }
            }
        }
    }
    let v = cx.store.choice(arms);
    Ok(cx.evaluator.located(v, cx.span))
}
