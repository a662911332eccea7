//! Questions to the edges: who refers to a resource, and to whom it refers.

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::Str;
use crate::eval::{Guard, UnknownId};
use crate::model::ResourceId;

use super::{Contribution, Graph};

/// A resource at the other end of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The resource.
    pub id: ResourceId,
    /// When the reference and the resource are there.
    pub guard: Guard,
    /// The property that carries the (first such) reference.
    pub property: Str,
}

/// The answer to a question about references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations {
    /// Resources in the order of the graph, each once.
    pub members: Vec<Related>,
    /// The list may be incomplete: some resource of the type has an unknown in that property which may refer to anything
    /// (only told where the question names a property), or a module that is not there was handed the resource.
    pub open: Option<UnknownId>,
}

impl Graph {
    /// The resources of some types that refer to a resource, by one property (with everything inside it) or by any.
    pub fn referrers(&self, id: ResourceId, types: &[&str], property: Option<&str>) -> Relations {
        let members = self.related(id, Direction::Incoming, &|name| types.contains(&name), property);
        let open = property.and_then(|property| {
            let by_type = |name: &&str| self.open.get(&(Str::from(*name), Str::from(property))).copied();
            types.iter().find_map(by_type).or_else(|| self.maybe_named_by(id, types, property))
        });
        let open = open.or_else(|| self.handed.get(&id).copied());
        Relations { members, open }
    }

    /// The resources of some types that a resource refers to, by one property (with everything inside it) or by any.
    pub fn refers(&self, id: ResourceId, types: &[&str], property: Option<&str>) -> Relations {
        let members = self.related(id, Direction::Outgoing, &|name| types.contains(&name), property);
        let open = property.zip(self.resource(id)).and_then(|(property, resource)| {
            let mut value = Some(&resource.properties);
            for step in property.split('.') {
                value =
                    value.and_then(|v| v.as_map()).and_then(|map| map.get(step)).map(|entry| &entry.value);
            }
            self.store.unknowns_in(value?).into_iter().find(|id| self.is_open(*id))
        });
        Relations { members, open }
    }

    /// The resources of a type that AWS makes with a VPC, whoever says what they hold: its default security group
    /// (`AWS::EC2::SecurityGroup`), default network ACL (`Masugata::EC2::DefaultNetworkAcl`) and main route table
    /// (`Masugata::EC2::DefaultRouteTable`). They exclude each other; open where some resource takes over that of a VPC
    /// which nobody can tell.
    pub fn default_of(&self, vpc: ResourceId, type_name: &str) -> Relations {
        let (holders, open) = self.defaults.of(self, vpc, type_name);
        let member = |(id, guard)| Related { id, guard, property: "VpcId".into() };
        Relations { members: holders.into_iter().map(member).collect(), open }
    }

    /// What companions contributed to a resource.
    pub fn contributions_to(&self, id: ResourceId) -> &[Contribution] {
        self.contributions.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The owners that a companion contributes to.
    pub fn owners_of(&self, companion: ResourceId) -> Vec<ResourceId> {
        let mut owners: Vec<ResourceId> = self
            .edges
            .neighbors_directed(NodeIndex::new(companion.0 as usize), Direction::Outgoing)
            .map(|node| ResourceId(node.index() as u32))
            .filter(|owner| self.contributions_to(*owner).iter().any(|c| c.companion == companion))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    /// Why it can't be told whether a resource of some types names this one in a property.
    fn maybe_named_by(&self, id: ResourceId, types: &[&str], property: &str) -> Option<UnknownId> {
        self.maybe.get(&id)?.iter().find_map(|(by, path, reason)| {
            let fits = self.resource(*by).is_some_and(|r| types.contains(&r.type_name.as_str()));
            (fits && is_within(path, property)).then_some(*reason)
        })
    }

    pub(super) fn is_open(&self, id: UnknownId) -> bool {
        use crate::eval::UnknownKind;
        self.store.inputs_of(id).into_iter().any(|id| {
            !matches!(self.store.unknown_info(id).kind, UnknownKind::Attribute(_) | UnknownKind::Named(_))
                && !self.store.is_undeclared_resource(id)
        })
    }

    /// The resources of any type that a resource refers to by one property.
    pub(super) fn targets(&self, id: ResourceId, property: &str) -> Vec<Related> {
        self.related(id, Direction::Outgoing, &|_| true, Some(property))
    }

    fn related(
        &self,
        id: ResourceId,
        way: Direction,
        wanted_type: &dyn Fn(&str) -> bool,
        property: Option<&str>,
    ) -> Vec<Related> {
        let mut found: Vec<Related> = Vec::new();
        for edge in self.edges.edges_directed(NodeIndex::new(id.0 as usize), way) {
            let other = match way {
                Direction::Incoming => edge.source(),
                Direction::Outgoing => edge.target(),
            };
            let other = ResourceId(other.index() as u32);
            let Some(resource) = self.resource(other) else { continue };
            if !wanted_type(&resource.type_name) {
                continue;
            }
            if property.is_some_and(|wanted| !is_within(&edge.weight().property, wanted)) {
                continue;
            }
            let guard = self.store.and(edge.weight().guard, resource.exists);
            if guard.is_false() {
                continue;
            }
            found.push(Related { id: other, guard, property: edge.weight().property.clone() });
        }
        // petgraph lists the newest edge first; equal resources keep the order of their properties.
        found.reverse();
        found.sort_by_key(|related| related.id);
        found.dedup_by(|later, first| {
            let same = later.id == first.id;
            if same {
                first.guard = self.store.or(first.guard, later.guard);
            }
            same
        });
        found
    }
}

/// Whether a property path is the wanted one or lies inside it.
fn is_within(path: &str, wanted: &str) -> bool {
    path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
