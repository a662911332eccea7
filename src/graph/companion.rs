//! Companions: resources that configure another one (`aws_s3_bucket_acl`, `AWS::S3::BucketPolicy`, …). They stay nodes;
//! their owner gets what they say as properties, under the condition that they exist, with the origin kept, so that a
//! finding about the owner points at what is written in the companion.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::Str;
use crate::eval::{
    Data, Entry, Guard, InstanceId, List, ListKind, Map, MapKind, Member, Part, Store, UnknownId,
};
use crate::eval::{Origin, Reference, UnknownKind, Value, Via};
use crate::model::companion::{self, Join};
use crate::model::{Presence, Resource, ResourceId, registry};
use crate::program::Mode;

use super::identity::Identities;
use super::link::node;
use super::{Edge, Graph};

/// What a companion says about its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The companion.
    pub companion: ResourceId,
    /// The path of the owner's property that it sets or adds to.
    pub path: Arc<[Str]>,
    /// Whether it adds a member to a list rather than setting the property.
    pub append: bool,
    /// When: the companion exists and names this owner.
    pub guard: Guard,
    /// What.
    pub value: Value,
}

/// Lets all companions contribute.
pub(super) fn apply(graph: &mut Graph, names: &Identities) {
    let store = Arc::clone(&graph.store);
    let mut owners = Owners { names, assumed: FxHashMap::default() };
    let mut all: Vec<(ResourceId, Contribution)> = Vec::new();
    for index in 0..graph.resources.len() {
        let Some(resource) = graph.resources.get(index) else { continue };
        let (id, exists) = (resource.id, resource.exists);
        let mut offers = companion::contributions(&store, resource);
        let owned = |offer: &companion::Contribution| offer.owners.iter().any(|(_, owner)| !owner.is_unset());
        if !offers.iter().any(owned) {
            // A companion that names no owner at all is one of somebody: of the first that it could have.
            let first = offers
                .iter()
                .find(|offer| !is_list(resource, &offer.argument))
                .map(|o| o.owner_types.clone());
            offers.retain(|offer| Some(&offer.owner_types) == first.as_ref());
            let nobody =
                store.reason(Some(resource.header), ecow::eco_format!("the owner of `{}`", resource.address));
            for offer in &mut offers {
                offer.owners = vec![(Guard::TRUE, Value::new(Data::Unknown(nobody), Origin::NONE))];
            }
        }
        for offer in offers {
            let path: Arc<[Str]> = offer.path.split('.').map(Str::from).collect();
            for (owner_guard, named) in &offer.owners {
                for (arm, named) in store.arms(named) {
                    let named_when = store.and(*owner_guard, arm);
                    let guard = store.and(exists, named_when);
                    if guard.is_false() || named.is_unset() {
                        continue;
                    }
                    for (owner, by_reference, own) in owners.find(graph, &store, id, &offer, &named, guard) {
                        let guard = store.and(guard, own);
                        if owner == id || guard.is_false() {
                            continue;
                        }
                        if !by_reference && graph.edges.find_edge(node(id), node(owner)).is_none() {
                            let edge = Edge {
                                property: offer.argument.clone(),
                                attribute: Str::new(),
                                guard: named_when,
                            };
                            graph.edges.add_edge(node(id), node(owner), edge);
                        }
                        for (value_guard, value) in &offer.values {
                            let guard = store.and(guard, *value_guard);
                            if guard.is_false() {
                                continue;
                            }
                            let contribution = Contribution {
                                companion: id,
                                path: Arc::clone(&path),
                                append: offer.join == Join::Append,
                                guard,
                                value: value.clone(),
                            };
                            all.push((owner, contribution));
                        }
                    }
                }
            }
        }
    }
    for (owner, contribution) in all {
        if let Some(resource) = graph.resources.get_mut(owner.0 as usize) {
            contribute(&store, &mut resource.properties, &contribution.path, &contribution);
        }
        graph.contributions.entry(owner).or_default().push(contribution);
    }
}

/// Whether an argument takes several owners; naming none of them is then no mistake.
fn is_list(resource: &Resource, argument: &str) -> bool {
    registry::get(&resource.type_name).is_some_and(|t| {
        t.property(argument).is_some_and(|p| matches!(p.shape, registry::Shape::List { .. }))
    }) || argument.ends_with('s')
}

/// What identifies an owner that is not in the graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Unknown(UnknownId),
    Instance(InstanceId),
    Text(Str),
}

/// Finds owners, and makes those that are not in the graph.
struct Owners<'n> {
    names: &'n Identities,
    assumed: FxHashMap<(Str, Identity), ResourceId>,
}

impl Owners<'_> {
    /// The owners that a value names, each with whether a reference edge to it is there already, and when it is the one.
    fn find(
        &mut self,
        graph: &mut Graph,
        store: &Store,
        companion: ResourceId,
        offer: &companion::Contribution,
        named: &Value,
        guard: Guard,
    ) -> SmallVec<[(ResourceId, bool, Guard); 1]> {
        let one = |id, by_reference| smallvec![(id, by_reference, Guard::TRUE)];
        let mut identity = None;
        for Reference { instance, attribute } in referenced(store, named) {
            let known = graph.by_instance.get(&instance).and_then(|id| graph.resource(*id));
            // What AWS makes with a resource has its id among that resource's attributes.
            let parts = known.map_or(&[][..], |known| graph.defaults.named(known.id, &attribute));
            let fits = |id: ResourceId| {
                graph.resource(id).is_some_and(|part| offer.owner_types.contains(&part.type_name))
            };
            if parts.iter().any(|(id, _)| fits(*id)) {
                return parts.iter().map(|(id, guard)| (*id, true, *guard)).collect();
            }
            if let Some(resource) = known
                && offer.owner_types.contains(&resource.type_name)
            {
                if resource.mode == Mode::Managed {
                    return one(resource.id, true);
                }
                identity.get_or_insert(Identity::Instance(instance));
            }
        }
        let identity = identity.unwrap_or_else(|| match &named.data {
            Data::Unknown(id) => Identity::Unknown(*id),
            Data::String(text) => Identity::Text(text.clone()),
            _ => Identity::Text(store.text_of(named).into()),
        });
        if !matches!(identity, Identity::Instance(_))
            && let Some(id) = self.names.one(store, named, &offer.owner_types, &graph.resources)
        {
            return one(id, false);
        }
        one(self.assume(graph, store, companion, offer, identity, guard), false)
    }

    fn assume(
        &mut self,
        graph: &mut Graph,
        store: &Store,
        companion: ResourceId,
        offer: &companion::Contribution,
        identity: Identity,
        guard: Guard,
    ) -> ResourceId {
        let type_name = offer.owner_types.first().cloned().unwrap_or_default();
        if let Some(id) = self.assumed.get(&(type_name.clone(), identity.clone())) {
            if let Some(owner) = graph.resources.get_mut(id.0 as usize) {
                owner.exists = store.or(owner.exists, guard);
            }
            return *id;
        }
        let id = ResourceId(graph.resources.len() as u32);
        let Some(from) = graph.resource(companion) else { return companion };
        let words = match &identity {
            Identity::Unknown(unknown) => store.unknown_name(*unknown),
            Identity::Instance(instance) => store.instance(*instance).map(|i| i.address).unwrap_or_default(),
            Identity::Text(text) => text.clone(),
        };
        // A reason is a sentence already.
        let said = if words.contains('`') {
            words.clone()
        } else {
            ecow::eco_format!("`{words}` is not declared here")
        };
        let rest = store.reason(Some(from.header), said);
        let nothing_known = || {
            let map = Map { kind: MapKind::Object, entries: Vec::new(), rest: Some(rest) };
            Value::new(Data::Map(Arc::new(map)), Origin::NONE)
        };
        let owner = Resource {
            id,
            instance: None,
            address: from.address.clone(),
            type_name: type_name.clone(),
            declared_as: from.declared_as.clone(),
            name: words,
            mode: Mode::Managed,
            exists: guard,
            values: nothing_known(),
            unset: Vec::new(),
            properties: nothing_known(),
            meta: Value::absent(),
            depends_on: Vec::new(),
            header: from.header,
            span: from.span,
            calls: from.calls.clone(),
            presence: Presence::Assumed,
            construct: from.construct.clone(),
            scope: Arc::clone(&from.scope),
        };
        graph.resources.push(owner);
        graph.edges.add_node(id);
        graph.by_type.entry(type_name.clone()).or_default().push(id);
        self.assumed.insert((type_name, identity), id);
        id
    }
}

/// The attributes of instances that a value is made of, in order.
fn referenced(store: &Store, value: &Value) -> Vec<Reference> {
    let of_unknown = |id: UnknownId| {
        store.inputs_of(id).into_iter().filter_map(|id| match store.unknown_info(id).kind {
            UnknownKind::Attribute(reference) => Some(reference),
            _ => None,
        })
    };
    let mut found: Vec<Reference> = match &value.data {
        Data::Unknown(id) => of_unknown(*id).collect(),
        Data::Instance(id) => vec![Reference { instance: *id, attribute: Str::new() }],
        Data::Text(parts) => parts
            .iter()
            .flat_map(|part| match part {
                Part::Term(term) => referenced(store, term),
                Part::Text(_) => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    };
    found.extend(store.references(value.marks));
    found
}

/// Puts a contribution into an owner's properties.
pub(super) fn contribute(store: &Store, value: &mut Value, path: &[Str], what: &Contribution) {
    let Some((step, rest)) = path.split_first() else { return };
    if !matches!(value.data, Data::Map(_)) {
        let open = match value.data {
            Data::Unknown(id) => Some(id),
            _ => None,
        };
        let map = Map { kind: MapKind::Object, entries: Vec::new(), rest: open };
        *value = Value::new(Data::Map(Arc::new(map)), what.value.origin);
    }
    let Data::Map(map) = &mut value.data else { return };
    let map = Arc::make_mut(map);
    let before = map.rest.map_or_else(Value::absent, |id| Value::new(Data::Unknown(id), Origin::NONE));
    let at = map.entries.iter().position(|entry| entry.key == *step);
    let fresh = at.is_none();
    let at = at.unwrap_or_else(|| {
        map.entries.push(Entry {
            key: step.clone(),
            key_origin: what.value.origin,
            guard: Guard::TRUE,
            value: before.clone(),
        });
        map.entries.len() - 1
    });
    let Some(entry) = map.entries.get_mut(at) else { return };
    if !entry.guard.is_true() {
        // One entry for all conditions: what was there under its condition becomes an arm.
        let known = std::mem::replace(&mut entry.value, Value::absent());
        entry.value = store.choice([(entry.guard, known), (store.not(entry.guard), before)]);
        entry.guard = Guard::TRUE;
    }
    if !rest.is_empty() {
        match &entry.value.data {
            // An object that is only there because of companions is there when one of them is.
            Data::Absent | Data::Null => {
                let mut inner = Value::absent();
                contribute(store, &mut inner, rest, &Contribution { guard: Guard::TRUE, ..what.clone() });
                let none = std::mem::replace(&mut entry.value, Value::absent());
                entry.value = under(store, what.guard, inner, none);
            }
            Data::Choice(arms) => {
                let arms: Vec<_> = arms
                    .iter()
                    .flat_map(|arm| {
                        let mut inner = arm.value.clone();
                        let both = store.and(arm.guard, what.guard);
                        contribute(
                            store,
                            &mut inner,
                            rest,
                            &Contribution { guard: Guard::TRUE, ..what.clone() },
                        );
                        [(both, inner), (store.and_not(arm.guard, what.guard), arm.value.clone())]
                    })
                    .filter(|(guard, _)| !guard.is_false())
                    .collect();
                entry.value = store.choice(arms);
            }
            _ => contribute(store, &mut entry.value, rest, what),
        }
        return;
    }
    if what.append {
        append(store, &mut entry.value, what);
        return;
    }
    let before = std::mem::replace(&mut entry.value, Value::absent());
    entry.value = if fresh {
        under(store, what.guard, what.value.clone(), before)
    } else {
        joined(store, before, what.guard, &what.value)
    };
}

/// What a property is when its owner says one thing and a companion another: the owner's own word counts, objects are
/// joined, and a default is no word of the owner.
fn joined(store: &Store, own: Value, guard: Guard, new: &Value) -> Value {
    let is_default = store.origin_step(own.origin).is_some_and(|step| step.via == Via::Default);
    match (own.data, &new.data) {
        (Data::Absent | Data::Null, _) => under(store, guard, new.clone(), Value::absent()),
        (Data::Choice(arms), _) => {
            store.choice(arms.iter().map(|arm| (arm.guard, joined(store, arm.value.clone(), guard, new))))
        }
        (data, _) if is_default => {
            under(store, guard, new.clone(), Value { data, origin: own.origin, marks: own.marks })
        }
        (Data::Map(mut own_map), Data::Map(new_map)) => {
            let map = Arc::make_mut(&mut own_map);
            for entry in &new_map.entries {
                let entry_guard = store.and(guard, entry.guard);
                match map.entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        let before = std::mem::replace(&mut known.value, Value::absent());
                        known.value = joined(store, before, entry_guard, &entry.value);
                    }
                    None => map.entries.push(Entry { guard: entry_guard, ..entry.clone() }),
                }
            }
            Value { data: Data::Map(own_map), origin: own.origin, marks: own.marks }
        }
        (data, _) => Value { data, origin: own.origin, marks: own.marks },
    }
}

fn under(store: &Store, guard: Guard, value: Value, otherwise: Value) -> Value {
    if guard.is_true() {
        return value;
    }
    let not = store.not(guard);
    store.choice([(guard, value), (not, otherwise)])
}

fn append(store: &Store, value: &mut Value, what: &Contribution) {
    let new: Vec<Member> = match &what.value.data {
        Data::List(list) => list
            .members
            .iter()
            .map(|m| Member { guard: store.and(m.guard, what.guard), value: m.value.clone() })
            .collect(),
        Data::Absent | Data::Null => return,
        _ => vec![Member { guard: what.guard, value: what.value.clone() }],
    };
    let open = what.value.as_list().and_then(|list| list.rest);
    match &mut value.data {
        Data::List(list) => {
            let list = Arc::make_mut(list);
            list.members.extend(new);
            list.rest = list.rest.or(open);
        }
        Data::Choice(arms) => {
            let arms: Vec<_> = arms
                .iter()
                .map(|arm| {
                    let mut inner = arm.value.clone();
                    append(store, &mut inner, what);
                    (arm.guard, inner)
                })
                .collect();
            *value = store.choice(arms);
        }
        other => {
            let rest = match other {
                Data::Unknown(id) => Some(*id),
                _ => open,
            };
            let list = List { kind: ListKind::List, members: new, rest };
            *value = Value::new(Data::List(Arc::new(list)), what.value.origin);
        }
    }
}
