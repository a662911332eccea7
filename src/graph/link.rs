//! Making the graph from lowered resources.

use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::eval::{Guard, Handed, InstanceId, Store, UnknownId, Value};
use crate::model::{Resource, ResourceId};

use super::collect::{Collector, References};
use super::identity::Identities;
use super::{Edge, Graph};
use super::{companion, defaults, handed, implied, membership};

/// Links the resources of one root: numbers them, finds their references, lets companions contribute. Takes time
/// proportional to the size of all values.
///
/// `handed` is what modules are given that are not there.
pub fn link(store: Arc<Store>, resources: Vec<Resource>, handed: &[Handed]) -> Graph {
    let mut graph = Graph {
        store: Arc::clone(&store),
        edges: DiGraph::with_capacity(resources.len(), resources.len()),
        resources,
        by_type: FxHashMap::default(),
        by_instance: FxHashMap::default(),
        contributions: FxHashMap::default(),
        open: FxHashMap::default(),
        maybe: FxHashMap::default(),
        handed: FxHashMap::default(),
        defaults: implied::Defaults::default(),
    };
    for (index, resource) in graph.resources.iter_mut().enumerate() {
        resource.id = ResourceId(index as u32);
        graph.edges.add_node(resource.id);
        graph.by_type.entry(resource.type_name.clone()).or_default().push(resource.id);
        if let Some(instance) = resource.instance {
            graph.by_instance.entry(instance).or_insert(resource.id);
        }
    }
    let names = Identities::of(&store, &graph.resources);
    let edges =
        references(&store, &names, &graph.resources, &graph.by_instance, &mut graph.open, &mut graph.maybe);
    for (from, to, edge) in edges {
        graph.edges.add_edge(node(from), node(to), edge);
    }
    implied::apply(&mut graph);
    companion::apply(&mut graph, &names);
    defaults::apply(&mut graph);
    contributed(&mut graph, &names);
    implied::subnets(&mut graph);
    membership::apply(&mut graph);
    handed::apply(&mut graph, &names, handed);
    graph
}

/// What a companion says is the owner's own property: references in it are the owner's too, so that "whose log bucket am
/// I" and "which key encrypts me" have one answer however it is written.
fn contributed(graph: &mut Graph, names: &Identities) {
    let store = Arc::clone(&graph.store);
    let mut collector = Collector::new(&store, names);
    let mut edges = Vec::new();
    let (mut open, mut maybe) = (Vec::new(), Vec::new());
    let mut owners: Vec<_> = graph.contributions.keys().copied().collect();
    owners.sort_unstable();
    for owner in owners {
        let Some(type_name) = graph.resource(owner).map(|r| r.type_name.clone()) else { continue };
        for contribution in graph.contributions_to(owner) {
            let mut found = References::default();
            collector.collect(&contribution.value, &mut found);
            let prefix = contribution.path.join(".");
            let path = |rest: &str| match rest {
                "" => Str::from(prefix.as_str()),
                rest => Str::from(format!("{prefix}.{rest}")),
            };
            for (reference, guard) in found.all {
                if let Some(to) = graph.by_instance.get(&reference.target).filter(|to| **to != owner) {
                    let guard = store.and(guard, contribution.guard);
                    let edge =
                        Edge { property: path(&reference.property), attribute: reference.attribute, guard };
                    edges.push((owner, *to, edge));
                }
            }
            for (to, rest, guard) in found.named.into_iter().filter(|(to, ..)| *to != owner) {
                let guard = store.and(guard, contribution.guard);
                edges.push((owner, to, Edge { property: path(&rest), attribute: Str::new(), guard }));
            }
            maybe.extend(found.maybe.into_iter().map(|(to, rest, id)| (to, (owner, path(&rest), id))));
            open.extend(found.open.into_iter().map(|(rest, id)| ((type_name.clone(), path(&rest)), id)));
        }
    }
    for (from, to, edge) in edges {
        graph.edges.add_edge(node(from), node(to), edge);
    }
    for (to, by) in maybe.into_iter().filter(|(to, by)| *to != by.0) {
        graph.maybe.entry(to).or_default().push(by);
    }
    for (key, id) in open {
        graph.open.entry(key).or_insert(id);
    }
}

pub(super) fn node(id: ResourceId) -> NodeIndex<u32> {
    NodeIndex::new(id.0 as usize)
}

fn references(
    store: &Store,
    names: &Identities,
    resources: &[Resource],
    by_instance: &FxHashMap<InstanceId, ResourceId>,
    open: &mut FxHashMap<(Str, Str), UnknownId>,
    maybe: &mut FxHashMap<ResourceId, Vec<(ResourceId, Str, UnknownId)>>,
) -> Vec<(ResourceId, ResourceId, Edge)> {
    let mut edges = Vec::new();
    let mut collector = Collector::new(store, names);
    let mut carried: FxHashSet<(InstanceId, Str)> = FxHashSet::default();
    for resource in resources {
        carried.clear();
        let mut found = References::default();
        collector.collect(&resource.properties, &mut found);
        for (path, id) in found.open {
            // A path inside a property is one of the property too: `Rules.Cidr` leaves `Rules` open.
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).collect::<Vec<_>>();
            for end in ends {
                let Some(prefix) = path.get(..end) else { continue };
                open.entry((resource.type_name.clone(), prefix.into())).or_insert(id);
            }
        }
        for (reference, guard) in found.all {
            carried.insert((reference.target, reference.attribute.clone()));
            if let Some(to) = by_instance.get(&reference.target) {
                let edge = Edge { property: reference.property, attribute: reference.attribute, guard };
                edges.push((resource.id, *to, edge));
            }
        }
        let own_name = names.own_name(&resource.type_name);
        let others = |to: ResourceId, property: &Str| to != resource.id && Some(property) != own_name;
        for (to, property, guard) in found.named.into_iter().filter(|(to, p, _)| others(*to, p)) {
            edges.push((resource.id, to, Edge { property, attribute: Str::new(), guard }));
        }
        for (to, property, reason) in found.maybe.into_iter().filter(|(to, p, _)| others(*to, p)) {
            maybe.entry(to).or_default().push((resource.id, property, reason));
        }
        // What lowering has no name for still refers.
        if !same_object(&resource.properties, &resource.values) {
            let mut found = References::default();
            collector.collect(&resource.values, &mut found);
            for (reference, guard) in found.all {
                if carried.contains(&(reference.target, reference.attribute.clone())) {
                    continue;
                }
                if let Some(to) = by_instance.get(&reference.target) {
                    let edge = Edge { property: reference.property, attribute: reference.attribute, guard };
                    edges.push((resource.id, *to, edge));
                }
            }
        }
        let mut seen: FxHashSet<ResourceId> = FxHashSet::default();
        for dependency in &resource.depends_on {
            if let Some(to) = by_instance.get(dependency).filter(|to| seen.insert(**to)) {
                let edge = Edge { property: "DependsOn".into(), attribute: Str::new(), guard: Guard::TRUE };
                edges.push((resource.id, *to, edge));
            }
        }
    }
    edges
}

/// Whether two values are the same map in memory, as they are where a type has no table.
fn same_object(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (crate::eval::Data::Map(a), crate::eval::Data::Map(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}
