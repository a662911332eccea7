//! The graph of resources: any reference is an edge.
//!
//! [`link`] makes it: it finds the references in every resource's properties, lets companions (`aws_s3_bucket_acl`,
//! `AWS::S3::BucketPolicy`, …) contribute to the resource that they configure, and makes a node for an owner that a
//! companion names but that is not in the graph. What AWS makes unasked (a VPC's default security group) is a node too.
//! Questions are asked of the edges ([`Graph::referrers`],
//! [`Graph::refers`]); there are no lists of "what is attached to what".

mod collect;
mod companion;
mod defaults;
mod handed;
mod identity;
mod implied;
mod link;
mod membership;
mod query;

use std::sync::Arc;

use petgraph::graph::DiGraph;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::eval::{Guard, InstanceId, Store, UnknownId};
use crate::model::{Presence, Resource, ResourceId};

pub use companion::Contribution;
pub use link::link;
pub use query::{Related, Relations};

/// A reference from a property of one resource to another resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The registry path of the property that holds the reference, without indices: `Listeners.Certificates`.
    /// `DependsOn` for a dependency without a property. Where lowering has no name for the argument, the path is the
    /// source language's own (`subnet_mapping.subnet_id`).
    pub property: Str,
    /// The attribute of the target that is taken, as its language names it; empty for the whole object and for a
    /// reference by name (`bucket = "my-logs"`).
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
    /// What companions contributed, by owner, in the order of the companions.
    pub contributions: FxHashMap<ResourceId, Vec<Contribution>>,
    /// By type and property path: an unknown that may refer to anything, the first one of any resource of that type.
    open: FxHashMap<(Str, Str), UnknownId>,
    /// Who may be named by whom: one of several that have the same name.
    maybe: FxHashMap<ResourceId, Vec<(ResourceId, Str, UnknownId)>>,
    /// What modules are given that are not there, with that reason: they may refer to it and configure it.
    handed: FxHashMap<ResourceId, UnknownId>,
    /// What AWS makes with VPCs.
    defaults: implied::Defaults,
}

impl Graph {
    /// A resource. Ids come from this graph.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0 as usize)
    }

    /// Whether a resource is to be shown: what AWS makes unasked only where something written refers to it.
    pub fn is_shown(&self, id: ResourceId) -> bool {
        self.resource(id).is_some_and(|r| r.presence != Presence::Implied) || self.defaults.is_asked_for(id)
    }

    /// Whether the root is a template of CloudFormation: its inputs are parameters. A root has one language.
    pub fn is_template(&self) -> bool {
        self.resources.first().is_some_and(|resource| resource.declared_as.contains("::"))
    }

    /// The resources of a registry type in order, data sources too.
    pub fn of_type(&self, type_name: &str) -> &[ResourceId] {
        self.by_type.get(type_name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
