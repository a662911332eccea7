//! Guards in the user's words: "`IsProd` is false", "`Env` is \"prod\" or \"dev\"".

use rustc_hash::FxHashMap;

use crate::Str;

use super::guard::{Guard, GuardTable};
use super::store::UnknownId;

/// The most alternatives that are written out.
const MAX_ALTERNATIVES: usize = 4;

/// One candidate conjunct with its text.
struct Clause {
    guard: Guard,
    text: String,
}

/// Says when a guard holds. `name` gives the words for an input or opaque condition.
pub(super) fn describe(table: &mut GuardTable, guard: Guard, name: &dyn Fn(UnknownId) -> Str) -> String {
    if guard.is_true() {
        return "always".to_owned();
    }
    if guard.is_false() {
        return "never".to_owned();
    }
    if let Some(text) = whole_name(table, guard) {
        return text;
    }
    let conjunction = conjuncts(table, guard, name);
    if let Some(parts) = &conjunction
        && parts.len() == 1
    {
        return parts.concat();
    }
    let negated = table.not(guard);
    let disjunction = conjuncts_negated(table, negated, name);
    match (conjunction, disjunction) {
        (Some(a), Some(b)) if b.len() < a.len() => b.join(" or "),
        (Some(a), _) => a.join(" and "),
        (None, Some(b)) => b.join(" or "),
        (None, None) => alternatives(table, guard, name),
    }
}

fn whole_name(table: &mut GuardTable, guard: Guard) -> Option<String> {
    let negated = table.not(guard);
    for (named, name) in &table.named {
        if *named == guard {
            return Some(format!("`{name}` is true"));
        }
        if *named == negated {
            return Some(format!("`{name}` is false"));
        }
    }
    None
}

/// Named conditions and single inputs that together say exactly `guard`; none when it is no conjunction of such.
fn conjuncts(table: &mut GuardTable, guard: Guard, name: &dyn Fn(UnknownId) -> Str) -> Option<Vec<String>> {
    let clauses = implied(table, guard, name, false);
    pick(table, guard, clauses)
}

/// The same for `not guard`, each clause negated: a disjunction that says `guard`.
fn conjuncts_negated(
    table: &mut GuardTable,
    negated: Guard,
    name: &dyn Fn(UnknownId) -> Str,
) -> Option<Vec<String>> {
    let clauses = implied(table, negated, name, true);
    pick(table, negated, clauses)
}

fn pick(table: &mut GuardTable, guard: Guard, clauses: Vec<Clause>) -> Option<Vec<String>> {
    let mut chosen: Vec<Clause> = Vec::new();
    let mut so_far = Guard::TRUE;
    for clause in clauses {
        let next = table.and(so_far, clause.guard);
        if next != so_far {
            so_far = next;
            chosen.push(clause);
        }
        if so_far == guard {
            break;
        }
    }
    if so_far != guard {
        return None;
    }
    // Drop what the others already say.
    let mut i = 0;
    while chosen.len() > 1 && i < chosen.len() {
        let mut rest = Guard::TRUE;
        for (j, clause) in chosen.iter().enumerate() {
            if j != i {
                rest = table.and(rest, clause.guard);
            }
        }
        if rest == guard {
            chosen.remove(i);
        } else {
            i += 1;
        }
    }
    Some(chosen.into_iter().map(|c| c.text).collect())
}

/// What follows from a guard about each named condition and each input alone.
fn implied(
    table: &mut GuardTable,
    guard: Guard,
    name: &dyn Fn(UnknownId) -> Str,
    negate_text: bool,
) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let named = table.named.clone();
    for (condition, text) in named {
        if !condition.is_open() {
            continue;
        }
        let negated = table.not(condition);
        let holds = if table.and(guard, negated).is_false() {
            true
        } else if table.and(guard, condition).is_false() {
            false
        } else {
            continue;
        };
        let word = if holds != negate_text { "true" } else { "false" };
        clauses.push(Clause {
            guard: if holds { condition } else { negated },
            text: format!("`{text}` is {word}"),
        });
    }
    for group in table.support(&[guard]) {
        let choices = table.choices(group);
        let mut possible = Vec::with_capacity(choices.len());
        for i in 0..choices.len() {
            let index = (i + 1 < choices.len()).then_some(i as u32);
            possible.push(!table.restrict(guard, group, index).is_false());
        }
        if possible.iter().all(|&p| p) {
            continue;
        }
        let Some(info) = table.groups.get(group as usize).cloned() else { continue };
        let mut allowed = Guard::FALSE;
        for (i, &p) in possible.iter().enumerate() {
            if p {
                let exact = exactly(table, info.unknown, &choices, i);
                allowed = table.or(allowed, exact);
            }
        }
        let shown: Vec<bool> = possible.iter().map(|&p| p != negate_text).collect();
        clauses.push(Clause {
            guard: allowed,
            text: values_text(&name(info.unknown), info.opaque, &choices, &shown),
        });
    }
    clauses
}

fn exactly(table: &mut GuardTable, unknown: UnknownId, choices: &[Option<Str>], at: usize) -> Guard {
    if at + 1 < choices.len() {
        let Some(Some(value)) = choices.get(at) else { return Guard::FALSE };
        return table.equals(unknown, value, true).yes;
    }
    let mut none = Guard::TRUE;
    for value in choices.iter().take(at).flatten() {
        let no = table.equals(unknown, value, true).no;
        none = table.and(none, no);
    }
    none
}

/// "`Env` is \"a\" or \"b\"", "`Env` is not \"c\"": which values of one input are meant.
fn values_text(name: &str, opaque: bool, choices: &[Option<Str>], shown: &[bool]) -> String {
    if opaque {
        let yes = shown.first().copied().unwrap_or(false);
        // A name that is a sentence of its own ("`var.names` is not empty").
        if name.ends_with(" is not empty") {
            let subject = name.trim_end_matches(" is not empty");
            return if yes { format!("`{subject}` is not empty") } else { format!("`{subject}` is empty") };
        }
        return format!("`{name}` is {}", if yes { "true" } else { "false" });
    }
    let open_end = choices.last().is_some_and(Option::is_none);
    let end_shown = shown.last().copied().unwrap_or(false);
    let (is, want) = if open_end && end_shown { ("is not", false) } else { ("is", true) };
    let values: Vec<&str> =
        choices.iter().zip(shown).filter(|(_, s)| **s == want).filter_map(|(v, _)| v.as_deref()).collect();
    // `is not true` reads better as a value where there are only two.
    let joiner = if is == "is" { " or " } else { " nor " };
    let is = if is == "is not" && values.len() > 1 { "is neither" } else { is };
    format!("`{name}` {is} {}", values.join(joiner))
}

/// The paths of the diagram, as long as there are few.
fn alternatives(table: &mut GuardTable, guard: Guard, name: &dyn Fn(UnknownId) -> Str) -> String {
    let mut texts = Vec::new();
    let mut rest = guard;
    let mut words: FxHashMap<u32, Str> = FxHashMap::default();
    while !rest.is_false() && texts.len() <= MAX_ALTERNATIVES {
        // Fix one input after the other to the values that leave the most of it, then widen.
        let mut at = rest;
        let mut path = Guard::TRUE;
        for group in table.support(&[rest]) {
            let choices = table.choices(group);
            let Some(info) = table.groups.get(group as usize).cloned() else { continue };
            words.entry(group).or_insert_with(|| name(info.unknown));
            let mut picked = None;
            for i in 0..choices.len() {
                let index = (i + 1 < choices.len()).then_some(i as u32);
                let left = table.restrict(at, group, index);
                if !left.is_false() {
                    picked = Some((i, left));
                    break;
                }
            }
            let Some((i, left)) = picked else { continue };
            if left == at {
                continue;
            }
            // All values of this input that leave the same.
            let mut allowed = Guard::FALSE;
            for j in 0..choices.len() {
                let index = (j + 1 < choices.len()).then_some(j as u32);
                if j == i || table.restrict(at, group, index) == left {
                    let exact = exactly(table, info.unknown, &choices, j);
                    allowed = table.or(allowed, exact);
                }
            }
            path = table.and(path, allowed);
            at = left;
        }
        match conjuncts(table, path, name) {
            Some(parts) if !parts.is_empty() => texts.push(parts.join(" and ")),
            _ => break,
        }
        let not_path = table.not(path);
        rest = table.and(rest, not_path);
    }
    if rest.is_false() && texts.len() <= MAX_ALTERNATIVES {
        return texts.join(", or ");
    }
    let mut inputs: Vec<String> = Vec::new();
    for group in table.support(&[guard]) {
        if let Some(info) = table.groups.get(group as usize) {
            inputs.push(format!("`{}`", name(info.unknown)));
        }
    }
    format!("under some values of {}", inputs.join(", "))
}
