//! Reading values by possibilities: choices, members that may be there, strings known in part.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::Str;
use crate::eval::{Data, Guard, Origin, Part, Store, Truth, UnknownId, UnknownKind, Value};
use crate::program::{Mode, TypeExpr};

use super::sets::{Pattern, Symbol};

/// Beyond this many possibilities of one value the rest counts as unknown.
const MAX_CASES: usize = 64;

/// How many conditions on the parts of one question are told apart exactly (two to this power cells); with more, the
/// answer may be unknown under some of them.
const MAX_SPLIT: usize = 8;

/// Something that is there under a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Guarded<T> {
    /// When.
    pub guard: Guard,
    /// What.
    pub value: T,
}

/// The members of something that may be one value or a list of them.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Known members, none of them absent or a choice.
    pub items: Vec<Guarded<Value>>,
    /// When there may be others, and the unknown that would tell.
    pub open: Vec<Guarded<UnknownId>>,
}

/// The alternatives of a value with their conditions: the arms of a choice, the values of an input with a closed domain;
/// any other value is its only alternative.
pub fn arms<'v>(store: &Store, value: &'v Value) -> SmallVec<[(Guard, Cow<'v, Value>); 2]> {
    match &value.data {
        Data::Choice(arms) => arms
            .iter()
            .flat_map(|arm| {
                let inner = match arm.value.data {
                    Data::Unknown(_) => store.arms(&arm.value),
                    _ => return vec![(arm.guard, Cow::Borrowed(&arm.value))],
                };
                let under = |(guard, value)| (store.and(arm.guard, guard), Cow::Owned(value));
                inner.into_iter().map(under).filter(|(guard, _)| !guard.is_false()).collect()
            })
            .collect(),
        Data::Unknown(_) => {
            store.arms(value).into_iter().map(|(guard, value)| (guard, Cow::Owned(value))).collect()
        }
        _ => smallvec::smallvec![(Guard::TRUE, Cow::Borrowed(value))],
    }
}

/// What an object has under a key, by condition; absent where it has nothing. A value that is not known as an object
/// gives itself back where it is unknown, and absent else.
pub fn field(store: &Store, object: &Value, key: &str) -> Vec<Guarded<Value>> {
    let mut found = Vec::new();
    for (guard, object) in arms(store, object) {
        match &object.data {
            Data::Map(map) => {
                let mut rest = guard;
                for entry in map.all(key) {
                    let there = store.and(rest, entry.guard);
                    rest = store.and(rest, store.not(entry.guard));
                    for (arm, value) in arms(store, &entry.value) {
                        let guard = store.and(there, arm);
                        if guard != Guard::FALSE && found.len() < MAX_CASES {
                            found.push(Guarded { guard, value: value.into_owned() });
                        }
                    }
                }
                if rest != Guard::FALSE {
                    let value = match map.rest {
                        Some(id) => Value::new(Data::Unknown(id), object.origin),
                        None => Value::absent(),
                    };
                    found.push(Guarded { guard: rest, value });
                }
            }
            Data::Json(inner) => found.extend(field(store, inner, key).into_iter().filter_map(|case| {
                let guard = store.and(guard, case.guard);
                (guard != Guard::FALSE).then_some(Guarded { guard, value: case.value })
            })),
            Data::Unknown(_) | Data::Text(_) => found.push(Guarded { guard, value: object.into_owned() }),
            _ => found.push(Guarded { guard, value: Value::absent() }),
        }
    }
    found
}

/// Reads one-or-many: the members of lists, or the value itself.
pub fn members(store: &Store, cases: &[Guarded<Value>]) -> Members {
    let mut all = Members::default();
    for case in cases {
        collect_members(store, case.guard, &case.value, 0, &mut all);
    }
    all
}

fn collect_members(store: &Store, guard: Guard, value: &Value, depth: usize, all: &mut Members) {
    for (arm, value) in arms(store, value) {
        let guard = store.and(guard, arm);
        if guard == Guard::FALSE {
            continue;
        }
        match &value.data {
            Data::List(list) => {
                for member in &list.members {
                    let guard = store.and(guard, member.guard);
                    if depth < 4 && guard != Guard::FALSE {
                        collect_members(store, guard, &member.value, depth + 1, all);
                    }
                }
                if let Some(id) = list.rest {
                    all.open.push(Guarded { guard, value: id });
                }
            }
            // As a member of a list it is one text; alone it may be a whole list.
            Data::Unknown(id) if depth == 0 && !is_text(store, *id) => {
                all.open.push(Guarded { guard, value: *id })
            }
            Data::Absent | Data::Null => {}
            _ => all.items.push(Guarded { guard, value: value.into_owned() }),
        }
    }
}

/// Which of the conditions hold in a case, by index.
pub type Holds<'a> = &'a dyn Fn(usize) -> bool;

/// Splits what is possible by some conditions and asks in each cell, with the conditions that hold there; the answer is
/// exact as long as no more than eight different conditions are open. Beyond that the asker must be monotone:
/// more conditions that hold never turn a true answer into a false one.
pub fn by_cases(store: &Store, guards: &[Guard], ask: &dyn Fn(Holds<'_>) -> Option<bool>) -> Truth {
    let mut open: Vec<Guard> =
        guards.iter().copied().filter(|g| *g != Guard::TRUE && *g != Guard::FALSE).collect();
    open.sort_unstable();
    open.dedup();
    let holds = |on: &[Guard], index: usize| {
        guards.get(index).is_some_and(|g| *g == Guard::TRUE || (*g != Guard::FALSE && on.contains(g)))
    };
    if open.len() > MAX_SPLIT {
        let always = ask(&|index| holds(&[], index));
        let ever = ask(&|index| holds(&open, index));
        return match (always, ever) {
            (Some(true), _) => Truth::YES,
            (_, Some(false)) => Truth::NO,
            _ => Truth::UNKNOWN,
        };
    }
    let mut truth = Truth::UNKNOWN;
    split(store, &open, Guard::TRUE, &mut Vec::new(), &mut |cell, on| match ask(&|index| holds(on, index)) {
        Some(true) => truth.yes = store.or(truth.yes, cell),
        Some(false) => truth.no = store.or(truth.no, cell),
        None => {}
    });
    truth
}

fn split(
    store: &Store,
    open: &[Guard],
    cell: Guard,
    on: &mut Vec<Guard>,
    visit: &mut dyn FnMut(Guard, &[Guard]),
) {
    if cell == Guard::FALSE {
        return;
    }
    let Some((first, rest)) = open.split_first() else {
        visit(cell, on);
        return;
    };
    on.push(*first);
    split(store, rest, store.and(cell, *first), on, visit);
    on.pop();
    split(store, rest, store.and(cell, store.not(*first)), on, visit);
}

/// What the answer about a value is when each of its alternatives has one.
pub fn ask_cases<'v>(
    store: &Store,
    cases: impl IntoIterator<Item = (Guard, &'v Value)>,
    answer: &dyn Fn(&Value) -> Option<bool>,
) -> Truth {
    let mut truth = Truth::UNKNOWN;
    for (guard, value) in cases {
        match answer(value) {
            Some(true) => truth.yes = store.or(truth.yes, guard),
            Some(false) => truth.no = store.or(truth.no, guard),
            None => {}
        }
    }
    truth
}

/// A string, number or truth value as the text that JSON and IAM see; none for anything else.
pub fn scalar_text(value: &Value) -> Option<Str> {
    match &value.data {
        Data::String(text) => Some(text.clone()),
        Data::Bool(true) => Some("true".into()),
        Data::Bool(false) => Some("false".into()),
        Data::Number(number) => Some(ecow::eco_format!("{number}")),
        _ => None,
    }
}

/// An integer, also one written as a string.
pub fn integer(value: &Value) -> Option<i64> {
    match &value.data {
        Data::Number(number) => number.as_i64(),
        Data::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether an unknown is text that the provider or AWS makes up: an ARN, an id, an account number. Such text is neither
/// empty nor does it hold a wildcard. What people may put anything into (inputs, parameters, remote state) is not.
pub fn is_fixed(store: &Store, id: UnknownId) -> bool {
    let info = store.unknown_info(id);
    if matches!(info.type_expr, TypeExpr::Bool | TypeExpr::Number) {
        return true;
    }
    match info.kind {
        UnknownKind::Attribute(reference) => {
            let managed = store.instance(reference.instance).is_some_and(|info| info.mode == Mode::Managed);
            let last = reference.attribute.rsplit(['.', '[', ']']).find(|s| !s.is_empty()).unwrap_or("");
            is_made_up(last)
                || (managed && !matches!(last, "value" | "result" | "output" | "content" | "body" | "json"))
        }
        UnknownKind::Named(name) => name != "AWS::NoValue",
        UnknownKind::Part { of, step } => {
            is_made_up(step.trim_matches(['.', '[', ']', '"'])) && has_attribute_base(store, of, 0)
        }
        _ => false,
    }
}

fn has_attribute_base(store: &Store, id: UnknownId, depth: usize) -> bool {
    match store.unknown_info(id).kind {
        UnknownKind::Attribute(_) => true,
        UnknownKind::Part { of, .. } if depth < 16 => has_attribute_base(store, of, depth + 1),
        _ => false,
    }
}

/// Whether an unknown is a single text: by its type, or because AWS makes it up as one.
fn is_text(store: &Store, id: UnknownId) -> bool {
    match store.unknown_info(id).type_expr {
        TypeExpr::String | TypeExpr::Bool | TypeExpr::Number => true,
        TypeExpr::Any => is_fixed(store, id),
        _ => false,
    }
}

/// Attributes that hold an identity, in data sources as in resources.
fn is_made_up(attribute: &str) -> bool {
    let lower = attribute.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "arn"
            | "id"
            | "ref"
            | "account_id"
            | "accountid"
            | "partition"
            | "region"
            | "name"
            | "dns_suffix"
            | "user_id"
    ) || lower.ends_with("_arn")
        || lower.ends_with("_id")
        || attribute.ends_with("Arn")
        || attribute.ends_with("Id")
}

/// The pattern that a text is; none where the value is no text at all. `literal` takes `*` and `?` for themselves,
/// `fold` compares without case.
pub fn pattern(store: &Store, value: &Value, fold: bool, literal: bool) -> Option<Pattern> {
    let mut pattern = Pattern::default();
    let push_text = |pattern: &mut Pattern, text: &str| {
        let folded = if fold { text.to_ascii_lowercase() } else { text.to_owned() };
        if literal {
            folded.chars().for_each(|c| pattern.push(Symbol::Char(c)));
        } else {
            pattern.push_pattern(&folded);
        }
    };
    match &value.data {
        Data::Text(parts) => {
            for part in parts.iter() {
                match part {
                    Part::Text(text) => push_text(&mut pattern, text),
                    Part::Term(term) => match (&term.data, scalar_text(term)) {
                        (_, Some(text)) => push_text(&mut pattern, &text),
                        (Data::Unknown(id), _) => pattern.push(term_symbol(store, *id)),
                        // A choice or an object inside a text: text, but nobody compares it with another.
                        _ => pattern.push(Symbol::Term {
                            id: u32::MAX - (pattern.symbols().len() as u32),
                            fixed: false,
                        }),
                    },
                }
            }
        }
        Data::Unknown(id) => pattern.push(term_symbol(store, *id)),
        Data::Instance(instance) => pattern.push(Symbol::Term { id: u32::MAX / 2 - instance.0, fixed: true }),
        _ => push_text(&mut pattern, &scalar_text(value)?),
    }
    Some(pattern)
}

fn term_symbol(store: &Store, id: UnknownId) -> Symbol {
    Symbol::Term { id: id.index(), fixed: is_fixed(store, id) }
}

/// Texts with choices inside, spelled out: one value a combination, up to a cap; beyond it the text as it is.
pub fn spelled_out(store: &Store, value: &Value) -> Vec<Guarded<Value>> {
    let Data::Text(parts) = &value.data else {
        return vec![Guarded { guard: Guard::TRUE, value: value.clone() }];
    };
    let mut all: Vec<Guarded<Vec<Part>>> = vec![Guarded { guard: Guard::TRUE, value: Vec::new() }];
    for part in parts.iter() {
        let Part::Term(Value { data: Data::Choice(choice), .. }) = part else {
            all.iter_mut().for_each(|case| case.value.push(part.clone()));
            continue;
        };
        if all.len() * choice.len() > MAX_CASES {
            return vec![Guarded { guard: Guard::TRUE, value: value.clone() }];
        }
        let mut next = Vec::with_capacity(all.len() * choice.len());
        for case in &all {
            for arm in choice.iter() {
                let guard = store.and(case.guard, arm.guard);
                if guard != Guard::FALSE {
                    let mut parts = case.value.clone();
                    parts.push(Part::Term(arm.value.clone()));
                    next.push(Guarded { guard, value: parts });
                }
            }
        }
        all = next;
    }
    all.into_iter()
        .map(|case| Guarded {
            guard: case.guard,
            value: Value { data: joined(case.value), origin: value.origin, marks: value.marks },
        })
        .collect()
}

/// Text parts as a string if all of them are known.
fn joined(parts: Vec<Part>) -> Data {
    let mut text = Str::new();
    for part in &parts {
        match part {
            Part::Text(t) => text.push_str(t),
            Part::Term(term) => match scalar_text(term) {
                Some(t) => text.push_str(&t),
                None => return Data::Text(parts.into()),
            },
        }
    }
    Data::String(text)
}

/// The first of some origins that is a place.
pub fn place(candidates: impl IntoIterator<Item = Origin>) -> Origin {
    candidates.into_iter().find(|o| *o != Origin::NONE).unwrap_or(Origin::NONE)
}
