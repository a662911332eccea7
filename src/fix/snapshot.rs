//! What a root comes to, in words that can be compared across evaluations: verdicts, and every property of every
//! resource.

use std::collections::BTreeMap;

use crate::Str;
use crate::check::Examined;
use crate::eval::{Data, Guard, Store, Value, Via};
use crate::model::Presence;
use crate::policy::{Outcome, Subject};
use crate::program::Mode;
use crate::source::Severity;

/// How deep values are compared; deeper parts are compared as text.
const MAX_DEPTH: usize = 24;

/// A root's state.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// By policy and address.
    pub(super) verdicts: BTreeMap<(Str, Str), Tally>,
    /// By address.
    pub(super) resources: BTreeMap<Str, (Str, Digest)>,
    /// Diagnostics that are errors.
    pub(super) errors: Vec<String>,
}

/// The verdicts of one policy on one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) pass: usize,
    pub(super) fail: usize,
    pub(super) unknown: usize,
    /// Of the fails, those under no condition.
    pub(super) always: usize,
}

/// A value in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    /// Text, and whether nobody wrote it.
    Leaf(String, bool),
    Map(BTreeMap<Str, Digest>),
    List(Vec<Digest>),
}

impl Snapshot {
    pub(super) fn of(examined: &Examined) -> Self {
        let mut out = Snapshot::default();
        let errors = |d: &&crate::source::Diagnostic| d.severity == Severity::Error;
        out.errors = examined.diagnostics.iter().filter(errors).map(|d| d.message.clone()).collect();
        for (linked, judged) in &examined.parts {
            let graph = &linked.graph;
            let store = &graph.store;
            for one in judged {
                let address = match &one.verdict.subject {
                    Subject::Resource(id) => match graph.resource(*id) {
                        Some(r) => r.address.clone(),
                        None => continue,
                    },
                    Subject::Input(name) => name.clone(),
                };
                let tally = out.verdicts.entry((one.policy.clone(), address)).or_default();
                match one.verdict.outcome {
                    Outcome::Pass => tally.pass += 1,
                    Outcome::Unknown => tally.unknown += 1,
                    Outcome::Fail => {
                        tally.fail += 1;
                        tally.always += usize::from(one.verdict.condition == one.verdict.exists);
                    }
                }
            }
            for resource in &graph.resources {
                if resource.presence != Presence::Written || resource.mode == Mode::Data {
                    continue;
                }
                let mut digest = digest(store, &resource.properties, 0);
                if let Digest::Map(map) = &mut digest
                    && !resource.exists.is_true()
                {
                    map.insert("(exists)".into(), Digest::Leaf(store.describe(resource.exists), false));
                }
                out.resources.insert(resource.address.clone(), (resource.type_name.clone(), digest));
            }
        }
        out
    }
}

fn guarded(store: &Store, guard: Guard, digest: Digest) -> Digest {
    if guard.is_true() {
        return digest;
    }
    Digest::Map(BTreeMap::from([(format!("(when {})", store.describe(guard)).into(), digest)]))
}

fn digest(store: &Store, value: &Value, depth: usize) -> Digest {
    let default = store.origin_step(value.origin).is_some_and(|s| s.via == Via::Default);
    if depth > MAX_DEPTH {
        return Digest::Leaf(store.text_of(value), default);
    }
    match &value.data {
        Data::Map(map) => {
            let mut out: BTreeMap<Str, Digest> = BTreeMap::new();
            for entry in &map.entries {
                if matches!(entry.value.data, Data::Absent | Data::Null) {
                    continue;
                }
                let inner = guarded(store, entry.guard, digest(store, &entry.value, depth + 1));
                match out.get_mut(&entry.key) {
                    Some(Digest::Map(known)) => {
                        if let Digest::Map(more) = inner {
                            known.extend(more);
                        }
                    }
                    _ => {
                        out.insert(entry.key.clone(), inner);
                    }
                }
            }
            if let Some(rest) = map.rest {
                out.insert("(rest)".into(), Digest::Leaf(store.unknown_name(rest).to_string(), false));
            }
            Digest::Map(out)
        }
        Data::List(list) => {
            let mut out: Vec<Digest> = list
                .members
                .iter()
                .map(|m| guarded(store, m.guard, digest(store, &m.value, depth + 1)))
                .collect();
            if let Some(rest) = list.rest {
                out.push(Digest::Leaf(format!("…{}", store.unknown_name(rest)), false));
            }
            Digest::List(out)
        }
        Data::Choice(arms) => Digest::Map(
            arms.iter()
                .map(|arm| {
                    let key = format!("(when {})", store.describe(arm.guard));
                    (Str::from(key), digest(store, &arm.value, depth + 1))
                })
                .collect(),
        ),
        Data::Json(inner) => digest(store, inner, depth + 1),
        _ => Digest::Leaf(store.text_of(value), default),
    }
}

impl Digest {
    /// Whether nobody wrote any of it.
    fn is_default(&self) -> bool {
        match self {
            Digest::Leaf(_, default) => *default,
            Digest::Map(map) => map.values().all(Digest::is_default),
            Digest::List(items) => items.iter().all(Digest::is_default),
        }
    }
}

/// The paths (names only) at which two values differ. What nobody wrote is as good as absent.
pub(super) fn differences(before: Option<&Digest>, after: Option<&Digest>) -> Vec<Vec<Str>> {
    let mut out = Vec::new();
    differ(before, after, &mut Vec::new(), &mut out);
    out.sort();
    out.dedup();
    out
}

fn differ(before: Option<&Digest>, after: Option<&Digest>, path: &mut Vec<Str>, out: &mut Vec<Vec<Str>>) {
    match (before, after) {
        (None, None) => {}
        (Some(one), None) | (None, Some(one)) if one.is_default() => {}
        (Some(Digest::Map(a)), Some(Digest::Map(b))) => {
            let mut keys: Vec<&Str> = a.keys().chain(b.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let name = !key.starts_with('(');
                if name {
                    path.push(key.clone());
                }
                differ(a.get(key), b.get(key), path, out);
                if name {
                    path.pop();
                }
            }
        }
        (Some(Digest::List(a)), Some(Digest::List(b))) if a.len() == b.len() => {
            for (a, b) in a.iter().zip(b) {
                differ(Some(a), Some(b), path, out);
            }
        }
        (Some(Digest::Leaf(a, _)), Some(Digest::Leaf(b, _))) if a == b => {}
        _ => out.push(path.clone()),
    }
}
