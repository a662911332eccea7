//! Builds the target object of a lowering: many rules write into one tree, each under its guard.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::Str;
use crate::eval::{
    Data, Entry, Guard, List, ListKind, Map, MapKind, Marks, Member, Origin, Store, UnknownId, Value,
};

use super::super::table::Step;

/// What stands under a key.
#[derive(Debug)]
enum Node {
    Leaf(Value),
    Object(Object),
    List(Sequence),
}

/// A list that grows.
#[derive(Debug)]
struct Sequence {
    origin: Origin,
    members: Vec<(Guard, Node)>,
    rest: Option<UnknownId>,
}

/// One key with what may stand there; the guards are disjoint and absolute (not relative to the object's).
#[derive(Debug)]
struct Slot {
    key: Str,
    key_origin: Origin,
    alternatives: SmallVec<[(Guard, Node); 1]>,
}

/// An object that grows.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) origin: Origin,
    slots: Vec<Slot>,
    rest: Option<UnknownId>,
}

impl Object {
    /// An empty one.
    pub(super) fn new(origin: Origin) -> Self {
        Object { origin, slots: Vec::new(), rest: None }
    }

    fn slot(&mut self, key: &Str, key_origin: Origin) -> Option<&mut Slot> {
        let at = match self.slots.iter().position(|s| s.key == *key) {
            Some(at) => at,
            None => {
                self.slots.push(Slot { key: key.clone(), key_origin, alternatives: SmallVec::new() });
                self.slots.len() - 1
            }
        };
        self.slots.get_mut(at)
    }

    /// When something stands at a path that has no elements in it.
    pub(super) fn covered(&self, store: &Store, path: &[Step]) -> Guard {
        let Some((Step::Name(key), rest)) = path.split_first() else { return Guard::TRUE };
        let Some(slot) = self.slots.iter().find(|s| s.key == *key) else { return Guard::FALSE };
        store.any(slot.alternatives.iter().map(|(guard, node)| match node {
            Node::Object(object) if !rest.is_empty() => store.and(*guard, object.covered(store, rest)),
            _ => *guard,
        }))
    }

    /// Where what stands at a path of names is written; nowhere if nothing does.
    pub(super) fn key_origin(&self, path: &[Step]) -> Origin {
        let Some((Step::Name(key), rest)) = path.split_first() else { return Origin::NONE };
        let Some(slot) = self.slots.iter().find(|s| s.key == *key) else { return Origin::NONE };
        if rest.is_empty() {
            return slot.key_origin;
        }
        let inner = slot.alternatives.iter().find_map(|(_, node)| match node {
            Node::Object(object) => Some(object.key_origin(rest)),
            _ => None,
        });
        inner.unwrap_or(Origin::NONE)
    }

    /// The object at a path, made where it is not there yet; a path that ends with an element makes a new element.
    pub(super) fn descend(
        &mut self,
        store: &Store,
        path: &[Step],
        guard: Guard,
        origin: Origin,
    ) -> Option<&mut Object> {
        let Some((Step::Name(key), rest)) = path.split_first() else { return Some(self) };
        let slot = self.slot(key, origin)?;
        if let Some((Step::Element, rest)) = rest.split_first() {
            let list = slot.list(store, guard, origin)?;
            // The last step makes an element; one on the way is the only one.
            let at = match list.members.iter().position(|(_, n)| matches!(n, Node::Object(_))) {
                Some(at) if !rest.is_empty() => at,
                _ => {
                    list.members.push((Guard::FALSE, Node::Object(Object::new(origin))));
                    list.members.len() - 1
                }
            };
            let (present, node) = list.members.get_mut(at)?;
            *present = store.or(*present, guard);
            let Node::Object(object) = node else { return None };
            return object.descend(store, rest, guard, origin);
        }
        let at = match slot.alternatives.iter().position(|(_, n)| matches!(n, Node::Object(_))) {
            Some(at) => at,
            None => {
                slot.alternatives.push((Guard::FALSE, Node::Object(Object::new(origin))));
                slot.alternatives.len() - 1
            }
        };
        let others =
            store.any(slot.alternatives.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, (g, _))| *g));
        let (present, node) = slot.alternatives.get_mut(at)?;
        *present = store.and_not(store.or(*present, guard), others);
        let Node::Object(object) = node else { return None };
        object.descend(store, rest, guard, origin)
    }

    /// Writes a value at a path; where something stands already, that stays. A path that ends with an element appends.
    pub(super) fn put(
        &mut self,
        store: &Store,
        path: &[Step],
        guard: Guard,
        key_origin: Origin,
        value: Value,
    ) -> Option<()> {
        let (parent, append) = match path {
            [parent @ .., Step::Element] => (parent, true),
            _ => (path, false),
        };
        let (Step::Name(key), above) = parent.split_last()? else { return None };
        let object = self.descend(store, above, guard, key_origin)?;
        let slot = object.slot(key, key_origin)?;
        let has_list = slot.alternatives.iter().any(|(_, n)| matches!(n, Node::List(_)));
        if append {
            let origin = value.origin;
            slot.list(store, guard, origin)?.members.push((guard, Node::Leaf(value)));
            return Some(());
        }
        if has_list && let Data::List(list) = &value.data {
            let target = slot.list(store, guard, value.origin)?;
            for member in &list.members {
                target.members.push((store.and(guard, member.guard), Node::Leaf(member.value.clone())));
            }
            target.rest = target.rest.or(list.rest);
            return Some(());
        }
        let taken = store.any(slot.alternatives.iter().map(|(g, _)| *g));
        let guard = store.and_not(guard, taken);
        if !guard.is_false() {
            if slot.alternatives.is_empty() {
                slot.key_origin = key_origin;
            }
            slot.alternatives.push((guard, Node::Leaf(value)));
        }
        Some(())
    }

    /// Says that there may be elements at a path that nobody knows.
    pub(super) fn put_rest(
        &mut self,
        store: &Store,
        path: &[Step],
        guard: Guard,
        rest: UnknownId,
        value: Value,
    ) {
        let [parent @ .., Step::Element] = path else {
            self.put(store, path, guard, value.origin, value);
            return;
        };
        let Some((Step::Name(key), above)) = parent.split_last() else { return };
        let origin = value.origin;
        let Some(object) = self.descend(store, above, guard, origin) else { return };
        if let Some(list) = object.slot(key, origin).and_then(|s| s.list(store, guard, origin)) {
            list.rest = Some(rest);
        }
    }

    /// Notes that the source may have further entries nobody knows.
    pub(super) fn set_rest(&mut self, rest: UnknownId) {
        self.rest.get_or_insert(rest);
    }

    /// The value; `under` is the guard under which the object itself is there.
    pub(super) fn finish(self, store: &Store, under: Guard) -> Value {
        let mut entries = Vec::with_capacity(self.slots.len());
        for slot in self.slots {
            for (guard, node) in slot.alternatives {
                if guard.is_false() {
                    continue;
                }
                let value = node.finish(store, guard);
                entries.push(Entry {
                    key: slot.key.clone(),
                    key_origin: slot.key_origin,
                    guard: relative(store, guard, under),
                    value,
                });
            }
        }
        let data = Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: self.rest }));
        Value { data, origin: self.origin, marks: Marks::NONE }
    }
}

impl Slot {
    /// The list here, made or converted from what is here.
    fn list(&mut self, store: &Store, guard: Guard, origin: Origin) -> Option<&mut Sequence> {
        let at = match self.alternatives.iter().position(|(_, n)| matches!(n, Node::List(_))) {
            Some(at) => at,
            None => {
                let mut made = Sequence { origin, members: Vec::new(), rest: None };
                let mut present = Guard::FALSE;
                self.alternatives.retain(|(guard, node)| {
                    let Node::Leaf(Value { data: Data::List(list), origin, .. }) = node else { return true };
                    made.origin = *origin;
                    made.rest = list.rest;
                    let members = list
                        .members
                        .iter()
                        .map(|m| (store.and(*guard, m.guard), Node::Leaf(m.value.clone())));
                    made.members.extend(members);
                    present = store.or(present, *guard);
                    false
                });
                self.alternatives.push((present, Node::List(made)));
                self.alternatives.len() - 1
            }
        };
        let (present, node) = self.alternatives.get_mut(at)?;
        *present = store.or(*present, guard);
        match node {
            Node::List(list) => Some(list),
            _ => None,
        }
    }
}

impl Node {
    fn finish(self, store: &Store, under: Guard) -> Value {
        match self {
            Node::Leaf(value) => value,
            Node::Object(object) => object.finish(store, under),
            Node::List(list) => {
                let members = list
                    .members
                    .into_iter()
                    .filter(|(guard, _)| !guard.is_false())
                    .map(|(guard, node)| Member {
                        guard: relative(store, guard, under),
                        value: node.finish(store, guard),
                    })
                    .collect();
                let data = Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest: list.rest }));
                Value { data, origin: list.origin, marks: Marks::NONE }
            }
        }
    }
}

/// A guard as seen from inside of something that is there under another.
fn relative(store: &Store, guard: Guard, under: Guard) -> Guard {
    if store.implies(under, guard) { Guard::TRUE } else { guard }
}
