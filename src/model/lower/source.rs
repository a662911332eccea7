//! Reading source values: every way takes guards, choices and unknown parts along.

use smallvec::SmallVec;

use crate::Str;
use crate::eval::{Arm, Data, Guard, Origin, Store, Truth, UnknownId, UnknownKind, Value};
use crate::program::TypeExpr;

/// One possible value of an argument.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// When.
    pub(super) guard: Guard,
    /// Where the argument's name is written.
    pub(super) key_origin: Origin,
    /// What.
    pub(super) value: Value,
}

/// A member of a collection of objects, or an object that stands alone.
#[derive(Debug)]
pub(super) enum Element {
    /// It is known to be possible.
    One(Guard, Value),
    /// There may be some: the unknown that would tell.
    Rest(Guard, UnknownId, Value),
}

/// The unknown part of an unknown.
pub(super) fn part(store: &Store, of: UnknownId, step: impl Into<Str>) -> UnknownId {
    store.unknown(UnknownKind::Part { of, step: step.into() }, false, TypeExpr::Any)
}

/// What an object has under a name. Nothing is returned for what is not set.
pub(super) fn get(store: &Store, object: &Value, name: &str, guard: Guard) -> SmallVec<[Found; 1]> {
    let mut out = SmallVec::new();
    match &object.data {
        Data::Map(map) => {
            let mut covered = Guard::FALSE;
            for entry in map.all(name) {
                covered = store.or(covered, entry.guard);
                push(store, &mut out, store.and(guard, entry.guard), entry.key_origin, &entry.value);
            }
            if let Some(rest) = map.rest
                && !covered.is_true()
            {
                let value =
                    Value { data: Data::Unknown(part(store, rest, format!(".{name}"))), ..object.clone() };
                push(store, &mut out, store.and_not(guard, covered), object.origin, &value);
            }
        }
        Data::Unknown(unknown) => {
            let value =
                Value { data: Data::Unknown(part(store, *unknown, format!(".{name}"))), ..object.clone() };
            push(store, &mut out, guard, object.origin, &value);
        }
        Data::Choice(arms) => {
            for arm in arms.iter() {
                out.extend(get(store, &arm.value, name, store.and(guard, arm.guard)));
            }
        }
        _ => {}
    }
    out
}

/// Adds a value without the alternatives in which nothing is set.
fn push(store: &Store, out: &mut SmallVec<[Found; 1]>, guard: Guard, key_origin: Origin, value: &Value) {
    if guard.is_false() {
        return;
    }
    match &value.data {
        Data::Absent | Data::Null => {}
        Data::Choice(arms) if arms.iter().any(|a| a.value.is_unset()) => {
            let set: Vec<&Arm> = arms.iter().filter(|a| !a.value.is_unset()).collect();
            let guard = store.and(guard, store.any(set.iter().map(|a| a.guard)));
            if guard.is_false() {
                return;
            }
            let value = match set.as_slice() {
                [] => return,
                [one] => one.value.clone(),
                many => {
                    Value { data: Data::Choice(many.iter().map(|a| (*a).clone()).collect()), ..value.clone() }
                }
            };
            out.push(Found { guard, key_origin, value });
        }
        _ => out.push(Found { guard, key_origin, value: value.clone() }),
    }
}

/// What stands at a path of names; blocks on the way are entered (there is at most one, or each counts).
pub(super) fn follow(store: &Store, object: &Value, path: &[Str], guard: Guard) -> SmallVec<[Found; 1]> {
    let Some((name, rest)) = path.split_first() else {
        let mut out = SmallVec::new();
        push(store, &mut out, guard, object.origin, object);
        return out;
    };
    let found = get(store, object, name, guard);
    if rest.is_empty() {
        return found;
    }
    let mut out = SmallVec::new();
    for step in found {
        for element in elements(store, &step.value, step.guard) {
            match element {
                Element::One(guard, value) => out.extend(follow(store, &value, rest, guard)),
                Element::Rest(guard, _, value) => out.extend(follow(store, &value, rest, guard)),
            }
        }
    }
    out
}

/// The members of a collection; something that is no collection is its own only member.
pub(super) fn elements(store: &Store, value: &Value, guard: Guard) -> Vec<Element> {
    let mut out = Vec::new();
    collect(store, value, guard, &mut out);
    out
}

fn collect(store: &Store, value: &Value, guard: Guard, out: &mut Vec<Element>) {
    match &value.data {
        Data::Absent | Data::Null => {}
        Data::Choice(arms) => {
            for arm in arms.iter() {
                let guard = store.and(guard, arm.guard);
                if !guard.is_false() {
                    collect(store, &arm.value, guard, out);
                }
            }
        }
        Data::List(list) => {
            for member in &list.members {
                let guard = store.and(guard, member.guard);
                if guard.is_false() || member.value.is_unset() {
                    continue;
                }
                out.push(Element::One(guard, member.value.clone()));
            }
            if let Some(rest) = list.rest {
                let data = Data::Unknown(part(store, rest, "[*]"));
                out.push(Element::Rest(guard, rest, Value { data, ..value.clone() }));
            }
        }
        Data::Unknown(unknown) => {
            let data = Data::Unknown(part(store, *unknown, "[*]"));
            out.push(Element::Rest(guard, *unknown, Value { data, ..value.clone() }));
        }
        _ => out.push(Element::One(guard, value.clone())),
    }
}

/// Whether a value equals a text, as Terraform would compare after conversion.
pub(super) fn equals(store: &Store, value: &Value, text: &str) -> Truth {
    match &value.data {
        Data::Absent | Data::Null => Truth::NO,
        Data::String(s) => Truth::of(s == text),
        Data::Bool(b) => Truth::of(text == if *b { "true" } else { "false" }),
        Data::Number(n) => Truth::of(n.to_string() == text),
        Data::Choice(arms) => arms.iter().fold(Truth::UNKNOWN, |truth, arm| {
            let inner = equals(store, &arm.value, text);
            Truth {
                yes: store.or(truth.yes, store.and(arm.guard, inner.yes)),
                no: store.or(truth.no, store.and(arm.guard, inner.no)),
            }
        }),
        _ => Truth::UNKNOWN,
    }
}
