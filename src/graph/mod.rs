//! The graph of resources: any reference is an edge.

use std::sync::Arc;

use petgraph::graph::DiGraph;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::eval::{Guard, InstanceId, Store};
use crate::model::{Resource, ResourceId};

/// A reference from a property of one resource to another resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The registry path of the property that holds the reference, without indices: `Listeners.Certificates`.
    /// `DependsOn` for a dependency without a property.
    pub property: Str,
    /// The attribute of the target that is taken, as its language names it; empty for the whole object.
    pub attribute: Str,
    /// When the reference is there (the existence of both ends not included).
    pub guard: Guard,
}

/// All resources of one root and the references between them.
#[derive(Debug)]
pub struct Graph {
    /// The tables that all handles point into.
    pub store: Arc<Store>,
    /// The resources; the index is the [`ResourceId`] and the petgraph node index.
    pub resources: Vec<Resource>,
    /// References from resource to resource.
    pub edges: DiGraph<ResourceId, Edge, u32>,
    /// Resources by registry type, each list in order.
    pub by_type: FxHashMap<Str, Vec<ResourceId>>,
    /// The resource that an instance became.
    pub by_instance: FxHashMap<InstanceId, ResourceId>,
}

impl Graph {
    /// A resource. Ids come from this graph.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0 as usize)
    }
}
