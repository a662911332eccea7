//! Who is in a VPC's default security group without anybody saying so: what is launched into a VPC and names no group.
//!
//! Which resources those are is a fact about each service, told by its API reference ("If you don't specify a security
//! group, …"). Services that make a group of their own (EKS, EMR, Directory Service) or do without one (Network Load
//! Balancers, gateway endpoints) are not among them.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Guard, Store, Value};
use crate::model::{Resource, ResourceId};
use crate::program::Mode;

use super::defaults::has_members;
use super::link::node;
use super::{Edge, Graph};

/// A type that gets its VPC's default group.
struct Member {
    type_name: &'static str,
    /// Where groups could be named; the edge has the first.
    groups: &'static [&'static str],
    /// Where its subnets, its subnet group, or its VPC are named.
    place: &'static [&'static str],
    /// A property and the values with which it has no group.
    without: Option<(&'static str, &'static [&'static str])>,
}

const fn member(
    type_name: &'static str,
    groups: &'static [&'static str],
    place: &'static [&'static str],
) -> Member {
    Member { type_name, groups, place, without: None }
}

static MEMBERS: [Member; 17] = [
    // A launch template may name groups as well.
    member(
        "AWS::EC2::Instance",
        &["SecurityGroupIds", "SecurityGroups", "NetworkInterfaces", "LaunchTemplate"],
        &["SubnetId"],
    ),
    member("AWS::EC2::NetworkInterface", &["GroupSet"], &["SubnetId"]),
    Member {
        type_name: "AWS::EC2::VPCEndpoint",
        groups: &["SecurityGroupIds"],
        place: &["VpcId"],
        without: Some(("VpcEndpointType", &["Gateway", "GatewayLoadBalancer"])),
    },
    Member {
        type_name: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        groups: &["SecurityGroups"],
        place: &["Subnets", "SubnetMappings"],
        without: Some(("Type", &["network", "gateway"])),
    },
    member("AWS::ElasticLoadBalancing::LoadBalancer", &["SecurityGroups"], &["Subnets"]),
    member("AWS::EFS::MountTarget", &["SecurityGroups"], &["SubnetId"]),
    member("AWS::RDS::DBInstance", &["VPCSecurityGroups", "DBClusterIdentifier"], &["DBSubnetGroupName"]),
    member("AWS::RDS::DBCluster", &["VpcSecurityGroupIds"], &["DBSubnetGroupName"]),
    member("AWS::DocDB::DBCluster", &["VpcSecurityGroupIds"], &["DBSubnetGroupName"]),
    member("AWS::Neptune::DBCluster", &["VpcSecurityGroupIds"], &["DBSubnetGroupName"]),
    member("AWS::Redshift::Cluster", &["VpcSecurityGroupIds"], &["ClusterSubnetGroupName"]),
    member("AWS::ElastiCache::ReplicationGroup", &["SecurityGroupIds"], &["CacheSubnetGroupName"]),
    member("AWS::DAX::Cluster", &["SecurityGroupIds"], &["SubnetGroupName"]),
    member("AWS::DMS::ReplicationInstance", &["VpcSecurityGroupIds"], &["ReplicationSubnetGroupIdentifier"]),
    member("AWS::OpenSearchService::Domain", &["VPCOptions.SecurityGroupIds"], &["VPCOptions.SubnetIds"]),
    member(
        "AWS::MSK::Cluster",
        &["BrokerNodeGroupInfo.SecurityGroups"],
        &["BrokerNodeGroupInfo.ClientSubnets"],
    ),
    member(
        "AWS::ECS::Service",
        &["NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"],
        &["NetworkConfiguration.AwsvpcConfiguration.Subnets"],
    ),
];

const VPC: &str = "AWS::EC2::VPC";
const SUBNET: &str = "AWS::EC2::Subnet";

/// Adds an edge to the default group of its VPC for each resource that names no group.
pub(super) fn apply(graph: &mut Graph) {
    if graph.defaults.is_empty() {
        return;
    }
    let store = Arc::clone(&graph.store);
    let mut new = Vec::new();
    for kind in &MEMBERS {
        for id in graph.of_type(kind.type_name) {
            let Some(resource) = graph.resource(*id).filter(|r| r.mode == Mode::Managed) else { continue };
            let bare = names_no_group(&store, resource, kind);
            if bare.is_false() {
                continue;
            }
            for (vpc, guard) in vpcs(graph, *id, kind) {
                let found = graph.default_of(vpc, "AWS::EC2::SecurityGroup");
                for group in found.members {
                    let guard = store.all([bare, guard, group.guard]);
                    if !guard.is_false() {
                        new.push((*id, group.id, kind.groups.first().copied().unwrap_or_default(), guard));
                    }
                }
            }
        }
    }
    for (from, to, property, guard) in new {
        let edge = Edge { property: property.into(), attribute: Str::new(), guard };
        graph.edges.add_edge(node(from), node(to), edge);
    }
}

/// When a resource certainly names no group, and is of a kind that then gets the default one.
fn names_no_group(store: &Store, resource: &Resource, kind: &Member) -> Guard {
    let named = kind.groups.iter().map(|path| set(store, &resource.properties, path.split('.')));
    let without = kind.without.map_or(Guard::FALSE, |(property, values)| {
        let Some(entry) = resource.properties.as_map().and_then(|map| map.get(property)) else {
            return Guard::FALSE;
        };
        let arms = store.arms(&entry.value).into_iter().filter(|(_, value)| match &value.data {
            Data::String(text) => values.iter().any(|v| v.eq_ignore_ascii_case(text)),
            Data::Absent | Data::Null => false,
            // It may be one of them.
            _ => true,
        });
        store.and(entry.guard, store.any(arms.map(|(guard, _)| guard)))
    });
    store.not(store.or(store.any(named), without))
}

/// When something may stand at a path; an empty list and an empty text are nothing.
fn set<'s>(store: &Store, value: &Value, mut path: impl Iterator<Item = &'s str> + Clone) -> Guard {
    let Some(step) = path.next() else {
        return match &value.data {
            Data::Choice(arms) => {
                store.any(arms.iter().map(|arm| store.and(arm.guard, set(store, &arm.value, path.clone()))))
            }
            Data::String(text) if text.is_empty() => Guard::FALSE,
            _ => has_members(store, value),
        };
    };
    match &value.data {
        Data::Map(map) if map.rest.is_none() => store
            .any(map.all(step).map(|entry| store.and(entry.guard, set(store, &entry.value, path.clone())))),
        Data::Choice(arms) => {
            let path = std::iter::once(step).chain(path).collect::<Vec<_>>();
            store.any(
                arms.iter().map(|arm| store.and(arm.guard, set(store, &arm.value, path.clone().into_iter()))),
            )
        }
        Data::Absent | Data::Null => Guard::FALSE,
        _ => Guard::TRUE,
    }
}

/// The VPCs that a resource is launched into: those of its subnets, of its subnet group's subnets, or its own.
fn vpcs(graph: &Graph, id: ResourceId, kind: &Member) -> Vec<(ResourceId, Guard)> {
    let store = &graph.store;
    let mut found: Vec<(ResourceId, Guard)> = Vec::new();
    let mut add = |vpc: ResourceId, guard: Guard| match found.iter_mut().find(|(known, _)| *known == vpc) {
        Some((_, known)) => *known = store.or(*known, guard),
        None => found.push((vpc, guard)),
    };
    for path in kind.place {
        for vpc in graph.refers(id, &[VPC], Some(path)).members {
            add(vpc.id, vpc.guard);
        }
        let mut subnets = graph.refers(id, &[SUBNET], Some(path)).members;
        for edge in graph.targets(id, path) {
            if graph.resource(edge.id).is_some_and(|r| r.type_name.ends_with("SubnetGroup")) {
                for mut subnet in graph.refers(edge.id, &[SUBNET], None).members {
                    subnet.guard = store.and(subnet.guard, edge.guard);
                    subnets.push(subnet);
                }
            }
        }
        for subnet in subnets {
            for vpc in graph.refers(subnet.id, &[VPC], Some("VpcId")).members {
                add(vpc.id, store.and(subnet.guard, vpc.guard));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::registry;

    #[test]
    fn the_registry_has_these_properties() {
        for kind in &MEMBERS {
            let of = registry::get(kind.type_name).expect(kind.type_name);
            let paths = kind.groups.iter().chain(kind.place).chain(kind.without.iter().map(|(path, _)| path));
            for path in paths {
                assert!(of.property(path).is_some(), "{} has no {path}", kind.type_name);
            }
        }
    }
}
