//! Finding the references inside a value, with the property path that carries each and the guard on the way to it.

use rustc_hash::FxHashMap;

use crate::Str;
use crate::eval::{Data, Guard, InstanceId, Marks, Part, Store, UnknownId, UnknownKind, Value};
use crate::model::ResourceId;

use super::identity::Identities;

/// Values nest no deeper than the evaluator's budgets allow; a walk gives up beyond this depth in any case.
const MAX_DEPTH: usize = 200;

/// A reference found in a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Found {
    /// To whom.
    pub target: InstanceId,
    /// Which attribute of it.
    pub attribute: Str,
    /// Under which property, without indices.
    pub property: Str,
}

/// The references of one value in order of appearance, each once, with the guards of its appearances joined.
#[derive(Debug, Default)]
pub(super) struct References {
    pub all: Vec<(Found, Guard)>,
    index: FxHashMap<Found, usize>,
    /// Unknowns that are nobody's attribute, with the property that they stand in: what might refer to anything.
    pub open: Vec<(Str, UnknownId)>,
    /// Resources that are named rather than referred to, with the property that names them.
    pub named: Vec<(ResourceId, Str, Guard)>,
    /// Resources of which one is named, but nobody can tell which: several have that name.
    pub maybe: Vec<(ResourceId, Str, UnknownId)>,
}

/// Walks one value after another; keeps what it has found out about unknowns and marks between them.
pub(super) struct Collector<'s> {
    store: &'s Store,
    names: &'s Identities,
    unknowns: FxHashMap<UnknownId, Base>,
    marks: FxHashMap<Marks, std::sync::Arc<[(InstanceId, Str)]>>,
    path: String,
}

/// What an unknown comes from.
#[derive(Clone, Debug, Default)]
struct Base {
    references: std::sync::Arc<[(InstanceId, Str)]>,
    open: bool,
}

impl<'s> Collector<'s> {
    pub(super) fn new(store: &'s Store, names: &'s Identities) -> Self {
        let (unknowns, marks) = (FxHashMap::default(), FxHashMap::default());
        Collector { store, names, unknowns, marks, path: String::new() }
    }

    /// Adds the references inside a value.
    pub(super) fn collect(&mut self, value: &Value, into: &mut References) {
        self.path.clear();
        self.walk(value, Guard::TRUE, 0, into);
    }

    fn walk(&mut self, value: &Value, guard: Guard, depth: usize, into: &mut References) {
        if depth > MAX_DEPTH || guard.is_false() {
            return;
        }
        match &value.data {
            Data::Map(map) => {
                for entry in &map.entries {
                    let length = self.path.len();
                    if length > 0 {
                        self.path.push('.');
                    }
                    self.path.push_str(&entry.key);
                    let guard = self.store.and(guard, entry.guard);
                    self.walk(&entry.value, guard, depth + 1, into);
                    self.path.truncate(length);
                }
                self.rest(map.rest, guard, into);
                if map.entries.is_empty() {
                    self.marked(value.marks, guard, into);
                }
                return;
            }
            Data::List(list) => {
                for member in &list.members {
                    let guard = self.store.and(guard, member.guard);
                    self.walk(&member.value, guard, depth + 1, into);
                }
                self.rest(list.rest, guard, into);
                if list.members.is_empty() {
                    self.marked(value.marks, guard, into);
                }
                return;
            }
            Data::Choice(arms) => {
                for arm in arms.iter() {
                    let guard = self.store.and(guard, arm.guard);
                    self.walk(&arm.value, guard, depth + 1, into);
                }
                return;
            }
            Data::Json(inner) => return self.walk(inner, guard, depth + 1, into),
            Data::Text(parts) => {
                for part in parts.iter() {
                    if let Part::Term(term) = part {
                        self.walk(term, guard, depth + 1, into);
                    }
                }
            }
            Data::Unknown(id) => self.unknown(*id, guard, into),
            Data::Instance(id) => self.add(*id, &Str::new(), guard, into),
            Data::Absent | Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
        }
        let known = into.all.len();
        self.marked(value.marks, guard, into);
        if into.all.len() == known && value.marks.is_none() {
            self.named(value, guard, into);
        }
    }

    /// A name that is written out leads to what has it.
    fn named(&mut self, value: &Value, guard: Guard, into: &mut References) {
        if !matches!(value.data, Data::String(_) | Data::Text(_) | Data::Unknown(_)) {
            return;
        }
        let (found, ambiguous) = self.names.named(self.store, value, &self.path);
        if ambiguous {
            let name = self.store.text_of(value);
            let place = self.store.literal(value.origin);
            let reason = self.store.reason(place, ecow::eco_format!("several resources are named `{name}`"));
            into.maybe.extend(found.into_iter().map(|(id, _)| (id, self.path.as_str().into(), reason)));
            return;
        }
        for (id, when) in found {
            let guard = self.store.and(guard, when);
            if guard.is_false() {
                continue;
            }
            // Only the latest: what is there twice after all is told once by those who ask.
            let latest = into.named.iter_mut().rev().take(16);
            match latest.into_iter().find(|(to, path, _)| *to == id && *path == self.path) {
                Some((_, _, known)) => *known = self.store.or(*known, guard),
                None => into.named.push((id, self.path.as_str().into(), guard)),
            }
        }
    }

    fn rest(&mut self, rest: Option<UnknownId>, guard: Guard, into: &mut References) {
        if let Some(id) = rest {
            self.unknown(id, guard, into);
        }
    }

    fn unknown(&mut self, id: UnknownId, guard: Guard, into: &mut References) {
        let base = self.base(id);
        for (instance, attribute) in base.references.iter() {
            self.add(*instance, attribute, guard, into);
        }
        if base.open {
            into.open.push((self.path.as_str().into(), id));
        }
    }

    fn base(&mut self, id: UnknownId) -> Base {
        if let Some(base) = self.unknowns.get(&id) {
            return base.clone();
        }
        let mut references = Vec::new();
        let mut open = false;
        for id in self.store.inputs_of(id) {
            match self.store.unknown_info(id).kind {
                UnknownKind::Attribute(reference) => {
                    references.push((reference.instance, reference.attribute))
                }
                UnknownKind::Named(_) => {}
                // What does not exist is none of these resources.
                UnknownKind::Reason { .. } if self.store.is_undeclared_resource(id) => {}
                _ => open = true,
            }
        }
        let base = Base { references: references.into(), open };
        self.unknowns.insert(id, base.clone());
        base
    }

    fn marked(&mut self, marks: Marks, guard: Guard, into: &mut References) {
        if marks.is_none() {
            return;
        }
        let store = self.store;
        let references = self.marks.entry(marks).or_insert_with(|| {
            store.references(marks).into_iter().map(|r| (r.instance, r.attribute)).collect()
        });
        let references = std::sync::Arc::clone(references);
        for (instance, attribute) in references.iter() {
            self.add(*instance, attribute, guard, into);
        }
    }

    fn add(&mut self, target: InstanceId, attribute: &Str, guard: Guard, into: &mut References) {
        let found = Found { target, attribute: attribute.clone(), property: self.path.as_str().into() };
        match into.index.get(&found).and_then(|at| into.all.get_mut(*at)) {
            Some((_, known)) => *known = self.store.or(*known, guard),
            None => {
                into.index.insert(found.clone(), into.all.len());
                into.all.push((found, guard));
            }
        }
    }
}
