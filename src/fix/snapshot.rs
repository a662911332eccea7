//! What a root comes to, as it can be compared across evaluations: verdicts, and every property of every resource. The
//! properties are those of the graph, not copies; only where two are different they are put into words.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::Str;
use crate::check::Examined;
use crate::eval::{Data, Guard, List, Map, Store, Value, Via};
use crate::model::Presence;
use crate::policy::{Outcome, Subject};
use crate::program::Mode;
use crate::source::{Severity, Span};

use super::app::{prefixed, prefixes};

/// How deep values are compared; deeper parts are compared as text.
const MAX_DEPTH: usize = 24;

type Ordered<K, V> = IndexMap<K, V, FxBuildHasher>;

/// A root's state.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// By policy and address: those that do not pass, and those that were asked for.
    pub(super) verdicts: Ordered<(Str, Str), Tally>,
    /// By address.
    pub(super) resources: Ordered<Str, Told>,
    /// Diagnostics that are errors.
    pub(super) errors: FxHashSet<String>,
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

/// What is said of one resource.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) type_name: Str,
    store: Arc<Store>,
    exists: Guard,
    properties: Value,
}

/// A value in words.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Digest {
    /// Text, and whether nobody wrote it.
    Leaf(String, bool),
    Map(BTreeMap<Str, Digest>),
    List(Vec<Digest>),
}

impl Snapshot {
    /// The state of a root. Of verdicts that pass only those asked for are told.
    pub(super) fn of(examined: &Examined, asked: &FxHashSet<(Str, Str)>) -> Self {
        let mut out = Snapshot::default();
        let errors = examined.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        out.errors = errors.map(|d| d.message.clone()).collect();
        let prefixes = prefixes(&examined.parts);
        for ((linked, judged), prefix) in examined.parts.iter().zip(&prefixes) {
            let graph = &linked.graph;
            for one in judged {
                let outcome = one.verdict.outcome;
                if outcome == Outcome::Pass && asked.is_empty() {
                    continue;
                }
                let address = match &one.verdict.subject {
                    Subject::Resource(id) => match graph.resource(*id) {
                        Some(r) => prefixed(prefix, &r.address),
                        None => continue,
                    },
                    Subject::Input(name) => name.clone(),
                };
                let key = (one.policy.clone(), address);
                if outcome == Outcome::Pass && !asked.contains(&key) {
                    continue;
                }
                let tally = out.verdicts.entry(key).or_default();
                match outcome {
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
                let told = Told {
                    type_name: resource.type_name.clone(),
                    store: Arc::clone(&graph.store),
                    exists: resource.exists,
                    properties: resource.properties.clone(),
                };
                out.resources.insert(prefixed(prefix, &resource.address), told);
            }
        }
        out
    }
}

impl Told {
    /// Where what stands at a path of names is written, and what it came through.
    pub(super) fn places(&self, path: &[Str]) -> Vec<Span> {
        let mut out = Vec::new();
        self.collect(&self.properties, path, &mut out);
        out
    }

    fn collect(&self, value: &Value, path: &[Str], out: &mut Vec<Span>) {
        match (&value.data, path.split_first()) {
            (_, None) => out.extend(self.store.spans(value.origin).map(|step| step.span)),
            (Data::Map(map), Some((name, rest))) => {
                map.all(name).for_each(|entry| self.collect(&entry.value, rest, out));
            }
            (Data::List(list), _) => list.members.iter().for_each(|m| self.collect(&m.value, path, out)),
            (Data::Choice(arms), _) => arms.iter().for_each(|arm| self.collect(&arm.value, path, out)),
            (Data::Json(inner), _) => self.collect(inner, path, out),
            _ => {}
        }
    }
}

/// The paths (names only) at which two states of a resource differ. What nobody wrote is as good as absent.
pub(super) fn differences(before: &Told, after: &Told) -> Vec<Vec<Str>> {
    let mut out = Vec::new();
    let sides = Sides { old: &before.store, new: &after.store };
    let exists = |told: &Told| match told.exists.is_true() {
        true => String::new(),
        false => told.store.describe(told.exists),
    };
    if exists(before) != exists(after) {
        out.push(Vec::new());
    }
    sides.values(&before.properties, &after.properties, 0, &mut Vec::new(), &mut out);
    out.sort();
    out.dedup();
    out
}

/// Values of two evaluations are compared part by part as long as they have the same shape, and in words where not: what
/// a handle means is known to its own store only.
struct Sides<'s> {
    old: &'s Store,
    new: &'s Store,
}

impl Sides<'_> {
    fn values(&self, old: &Value, new: &Value, depth: usize, path: &mut Vec<Str>, out: &mut Vec<Vec<Str>>) {
        if depth < MAX_DEPTH {
            match (&old.data, &new.data) {
                (Data::Bool(a), Data::Bool(b)) if a == b => return,
                (Data::Number(a), Data::Number(b)) if a == b => return,
                (Data::String(a), Data::String(b)) if a == b => return,
                (Data::Json(a), Data::Json(b)) => return self.values(a, b, depth + 1, path, out),
                (Data::Map(a), Data::Map(b)) if alike(a, b) => {
                    for (x, y) in a.entries.iter().zip(&b.entries) {
                        path.push(x.key.clone());
                        self.values(&x.value, &y.value, depth + 1, path, out);
                        path.pop();
                    }
                    return;
                }
                (Data::List(a), Data::List(b)) if equally_long(a, b) => {
                    for (x, y) in a.members.iter().zip(&b.members) {
                        self.values(&x.value, &y.value, depth + 1, path, out);
                    }
                    return;
                }
                _ => {}
            }
        }
        let words = |store, value: &Value| (!value.is_unset()).then(|| digest(store, value, depth));
        differ(words(self.old, old).as_ref(), words(self.new, new).as_ref(), path, out);
    }
}

/// Whether two maps have the same keys in the same order, all of them certain and no others.
fn alike(a: &Map, b: &Map) -> bool {
    let certain = |m: &Map| m.rest.is_none() && m.entries.iter().all(|e| e.guard.is_true());
    a.entries.len() == b.entries.len()
        && a.entries.iter().zip(&b.entries).all(|(x, y)| x.key == y.key)
        && certain(a)
        && certain(b)
}

fn equally_long(a: &List, b: &List) -> bool {
    let certain = |l: &List| l.rest.is_none() && l.members.iter().all(|m| m.guard.is_true());
    a.members.len() == b.members.len() && certain(a) && certain(b)
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
