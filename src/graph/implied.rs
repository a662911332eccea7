//! What AWS makes with a VPC although nobody writes it: the default security group, the default network ACL and the
//! main route table.
//!
//! They are nodes like others, with what AWS documents as their content, and they are what an attribute of the VPC
//! refers to (`aws_vpc.main.default_security_group_id`, `!GetAtt Vpc.DefaultNetworkAcl`). Where the configuration takes
//! one over (`aws_default_security_group`), the resource that does is it, and there is no implied one beside it.
//! A default VPC (`aws_default_vpc`) was there before: nobody knows what its parts have become.

use std::sync::Arc;

use petgraph::Direction;
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::Str;
use crate::eval::{Data, Guard, Reference, Store, UnknownId, UnknownKind, Value};
use crate::model::{Presence, Resource, ResourceId, lower};
use crate::program::{Mode, TypeExpr};

use super::link::node;
use super::{Edge, Graph};

/// Properties by name.
type Content = Vec<(&'static str, Value)>;

/// Resources that exclude each other, each with its condition.
type Holders = SmallVec<[(ResourceId, Guard); 1]>;

/// A kind of thing that a VPC has from the start.
#[derive(Debug)]
struct Part {
    type_name: &'static str,
    /// The Terraform type that takes it over.
    adopter: &'static str,
    /// The attributes of the VPC that are its id. The first is Terraform's name of it, the last CloudFormation's.
    attributes: &'static [&'static str],
    name: &'static str,
    /// What it has, as AWS documents it.
    content: fn(&Store, &Resource, &Value, Guard) -> Content,
}

const VPC: &str = "AWS::EC2::VPC";

const PARTS: [Part; 3] = [
    Part {
        type_name: "AWS::EC2::SecurityGroup",
        adopter: "aws_default_security_group",
        attributes: &["default_security_group_id", "DefaultSecurityGroup"],
        name: "default",
        content: group,
    },
    Part {
        type_name: "Masugata::EC2::DefaultNetworkAcl",
        adopter: "aws_default_network_acl",
        attributes: &["default_network_acl_id", "DefaultNetworkAcl"],
        name: "default",
        content: acl,
    },
    Part {
        type_name: "Masugata::EC2::DefaultRouteTable",
        adopter: "aws_default_route_table",
        attributes: &["main_route_table_id", "default_route_table_id", "MainRouteTable"],
        name: "main",
        content: routes,
    },
];

/// What CDK writes for `restrictDefaultSecurityGroup`: a function that takes the group's first rules away.
const RESTRICTED: &str = "Custom::VpcRestrictDefaultSG";

/// "Default security groups for your VPCs", Amazon VPC User Guide: everything from its own members in, everything out.
fn group(store: &Store, vpc: &Resource, own: &Value, kept: Guard) -> Content {
    let known = |json: &str| lower::documented_default(store, json, Some(vpc.header));
    let mut from_itself = known(r#"{"IpProtocol": "-1"}"#);
    if let Data::Map(map) = &mut from_itself.data {
        Arc::make_mut(map).entries.push(entry("SourceSecurityGroupId", own.clone()));
    }
    let everywhere = known(r#"{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}"#);
    let rules = |rule: Value| {
        let origin = rule.origin;
        let mut rules = Value::list([rule]).with_origin(origin);
        if let Data::List(list) = &mut rules.data {
            let list = Arc::make_mut(list);
            list.members.iter_mut().for_each(|member| member.guard = kept);
            list.members.retain(|member| !member.guard.is_false());
        }
        rules
    };
    vec![
        ("GroupName", known(r#""default""#)),
        ("GroupDescription", known(r#""default VPC security group""#)),
        ("SecurityGroupIngress", rules(from_itself)),
        ("SecurityGroupEgress", rules(everywhere)),
    ]
}

/// "Default network ACL", Amazon VPC User Guide: rule 100 allows everything in both directions.
fn acl(store: &Store, vpc: &Resource, _own: &Value, _kept: Guard) -> Content {
    let entries = r#"[
        {"RuleNumber": 100, "Egress": false, "Protocol": -1, "CidrBlock": "0.0.0.0/0", "RuleAction": "allow"},
        {"RuleNumber": 100, "Egress": true, "Protocol": -1, "CidrBlock": "0.0.0.0/0", "RuleAction": "allow"}
    ]"#;
    vec![("Entries", lower::documented_default(store, entries, Some(vpc.header)))]
}

/// "Route table concepts", Amazon VPC User Guide: the local route, for what is in the VPC.
fn routes(store: &Store, vpc: &Resource, _own: &Value, _kept: Guard) -> Content {
    let mut route = lower::documented_default(store, r#"{"GatewayId": "local"}"#, Some(vpc.header));
    let origin = route.origin;
    let cidr = vpc.properties.as_map().and_then(|map| map.get("CidrBlock")).filter(|e| e.guard.is_true());
    if let (Data::Map(map), Some(cidr)) = (&mut route.data, cidr) {
        let cidr = cidr.value.clone().with_origin(origin);
        Arc::make_mut(map).entries.push(entry("DestinationCidrBlock", cidr));
    }
    vec![("Routes", Value::list([route]).with_origin(origin))]
}

fn entry(key: &str, value: Value) -> crate::eval::Entry {
    crate::eval::Entry { key: key.into(), key_origin: value.origin, guard: Guard::TRUE, value }
}

/// The part of a VPC that an attribute of it names.
fn part_of(attribute: &str) -> Option<usize> {
    PARTS.iter().position(|part| part.attributes.contains(&attribute))
}

/// Who are the parts of the VPCs of a graph.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// By VPC and part: the resources that are it.
    holders: FxHashMap<(ResourceId, usize), Holders>,
    /// Some resource takes over that part of a VPC that nobody can tell.
    open: [Option<UnknownId>; PARTS.len()],
    /// Implied resources that something written refers to.
    asked: FxHashSet<ResourceId>,
}

impl Defaults {
    /// What an attribute of a resource names, with the conditions: none for any other attribute.
    pub(super) fn named(&self, of: ResourceId, attribute: &str) -> &[(ResourceId, Guard)] {
        part_of(attribute).and_then(|part| self.holders.get(&(of, part))).map_or(&[], |all| all.as_slice())
    }

    /// Takes note that something written refers to a resource.
    pub(super) fn ask(&mut self, id: ResourceId) {
        self.asked.insert(id);
    }

    /// Whether there is no VPC.
    pub(super) fn is_empty(&self) -> bool {
        self.holders.is_empty()
    }

    pub(super) fn is_asked_for(&self, id: ResourceId) -> bool {
        self.asked.contains(&id)
    }

    /// The resources of a type that are a VPC's own, with their conditions, and what leaves that open.
    pub(super) fn of(
        &self,
        graph: &Graph,
        vpc: ResourceId,
        type_name: &str,
    ) -> (Vec<(ResourceId, Guard)>, Option<UnknownId>) {
        let Some(part) = PARTS.iter().position(|part| part.type_name == type_name) else {
            return (Vec::new(), None);
        };
        let open = self.open.get(part).copied().flatten();
        let implied = |id: ResourceId| graph.resource(id).is_some_and(|r| r.presence == Presence::Implied);
        let holders = self.holders.get(&(vpc, part)).into_iter().flatten();
        (holders.filter(|(id, _)| open.is_none() || !implied(*id)).copied().collect(), open)
    }
}

/// Makes the parts of all VPCs that nothing takes over, and lets references to them lead there.
pub(super) fn apply(graph: &mut Graph) {
    let vpcs: Vec<ResourceId> = graph
        .of_type(VPC)
        .iter()
        .copied()
        .filter(|id| graph.resource(*id).is_some_and(|r| r.mode == Mode::Managed))
        .collect();
    if vpcs.is_empty() {
        return;
    }
    let mut defaults = Defaults::default();
    for (at, part) in PARTS.iter().enumerate() {
        adopted(graph, at, part, &mut defaults);
    }
    for vpc in &vpcs {
        for (at, part) in PARTS.iter().enumerate() {
            make(graph, *vpc, at, part, &mut defaults);
        }
    }
    for vpc in vpcs {
        redirect(graph, vpc, &mut defaults);
    }
    graph.defaults = defaults;
}

/// Finds the resources that take a part over.
fn adopted(graph: &Graph, at: usize, part: &Part, defaults: &mut Defaults) {
    let store = &graph.store;
    for id in graph.of_type(part.type_name) {
        let Some(resource) = graph.resource(*id).filter(|r| r.declared_as == part.adopter) else { continue };
        let mut found = false;
        for edge in graph.edges.edges_directed(node(*id), Direction::Outgoing) {
            let of = ResourceId(edge.target().index() as u32);
            let weight = edge.weight();
            let is_vpc = graph.resource(of).is_some_and(|r| r.type_name == VPC);
            let takes = weight.property == "VpcId" || part.attributes.contains(&weight.attribute.as_str());
            if !is_vpc || !takes {
                continue;
            }
            found = true;
            let guard = store.and(resource.exists, weight.guard);
            let holders = defaults.holders.entry((of, at)).or_default();
            match holders.iter_mut().find(|(holder, _)| holder == id) {
                Some((_, when)) => *when = store.or(*when, guard),
                None => holders.push((*id, guard)),
            }
        }
        if !found && let Some(slot) = defaults.open.get_mut(at) {
            let arguments = ["vpc_id", "default_network_acl_id", "default_route_table_id"];
            let named = resource.values.as_map().and_then(|map| arguments.iter().find_map(|a| map.get(a)));
            let unknowns = named.map(|entry| store.unknowns_in(&entry.value)).unwrap_or_default();
            *slot = slot.or(unknowns.into_iter().find(|id| graph.is_open(*id)));
        }
    }
}

fn make(graph: &mut Graph, of: ResourceId, at: usize, part: &Part, defaults: &mut Defaults) {
    let store = Arc::clone(&graph.store);
    let Some(vpc) = graph.resource(of) else { return };
    let holders = defaults.holders.entry((of, at)).or_default();
    let taken = store.any(holders.iter().map(|(_, guard)| *guard));
    let exists = store.and_not(vpc.exists, taken);
    let Some(instance) = vpc.instance.filter(|_| !exists.is_false()) else { return };
    let id = ResourceId(graph.resources.len() as u32);
    let template = vpc.declared_as == VPC;
    let pick = |all: &[&'static str]| if template { all.last() } else { all.first() }.copied().unwrap_or("");
    let attribute = pick(part.attributes);
    let reference = |attribute: &str| {
        let kind = UnknownKind::Attribute(Reference { instance, attribute: attribute.into() });
        let origin = store.origin(crate::eval::OriginStep {
            span: vpc.header,
            via: crate::eval::Via::Default,
            from: crate::eval::Origin::NONE,
        });
        Value::new(Data::Unknown(store.unknown(kind, true, TypeExpr::String)), origin)
    };
    // Whether its rules are taken away by what is no resource of its own.
    let removed = graph.edges.edges_directed(node(of), Direction::Incoming).filter_map(|edge| {
        let by = graph.resource(ResourceId(edge.source().index() as u32))?;
        let takes = by.type_name == RESTRICTED && part.attributes.contains(&edge.weight().attribute.as_str());
        takes.then(|| store.and(by.exists, edge.weight().guard))
    });
    let kept = store.not(store.any(removed));
    let mut properties = vec![("VpcId", reference(if template { "Ref" } else { "id" }))];
    properties.extend((part.content)(&store, vpc, &reference(attribute), kept));
    let properties = Value::object(properties.into_iter().map(|(key, value)| (Str::from(key), value)));
    let resource = Resource {
        id,
        instance: None,
        address: ecow::eco_format!("{}.{attribute}", vpc.address),
        type_name: part.type_name.into(),
        declared_as: if template { part.type_name.into() } else { part.adopter.into() },
        name: part.name.into(),
        mode: Mode::Managed,
        exists,
        values: Value::absent(),
        unset: Vec::new(),
        properties,
        meta: Value::absent(),
        depends_on: Vec::new(),
        header: vpc.header,
        span: vpc.span,
        calls: vpc.calls.clone(),
        presence: Presence::Implied,
        construct: vpc.construct.clone(),
        scope: Arc::clone(&vpc.scope),
    };
    holders.push((id, exists));
    graph.by_type.entry(resource.type_name.clone()).or_default().push(id);
    graph.resources.push(resource);
    graph.edges.add_node(id);
    let edge = Edge { property: "VpcId".into(), attribute: Str::new(), guard: Guard::TRUE };
    graph.edges.add_edge(node(id), node(of), edge);
}

/// Who refers to an attribute of the VPC that is a part of it refers to the part.
fn redirect(graph: &mut Graph, vpc: ResourceId, defaults: &mut Defaults) {
    let mut new = Vec::new();
    for edge in graph.edges.edges_directed(node(vpc), Direction::Incoming) {
        let from = ResourceId(edge.source().index() as u32);
        let weight = edge.weight();
        for (to, guard) in defaults.named(vpc, &weight.attribute) {
            let guard = graph.store.and(weight.guard, *guard);
            if *to != from && !guard.is_false() {
                new.push((from, *to, Edge { guard, ..weight.clone() }));
            }
        }
    }
    // petgraph lists the newest edge first
    for (from, to, edge) in new.into_iter().rev() {
        defaults.ask(to);
        graph.edges.add_edge(node(from), node(to), edge);
    }
}

/// Adds who uses what AWS gives where nothing is said: subnets that no network ACL and no route table is associated
/// with have those of their VPC ("Subnet network ACLs", "Subnet route tables", Amazon VPC User Guide).
pub(super) fn subnets(graph: &mut Graph) {
    let store = Arc::clone(&graph.store);
    let kinds: [(usize, &[&str]); 2] = [
        (1, &["AWS::EC2::NetworkAcl", "Masugata::EC2::DefaultNetworkAcl"]),
        (2, &["AWS::EC2::RouteTable", "Masugata::EC2::DefaultRouteTable"]),
    ];
    if graph.defaults.is_empty() {
        return;
    }
    let main = main_tables(graph);
    let mut new = Vec::new();
    for subnet in graph.of_type("AWS::EC2::Subnet") {
        let vpcs = graph.refers(*subnet, &[VPC], Some("VpcId")).members;
        for (part, types) in kinds {
            // Who may be associated with any subnet may be with this one.
            let relations = graph.referrers(*subnet, types, Some("SubnetIds"));
            if relations.open.is_some() || graph.defaults.open.get(part).copied().flatten().is_some() {
                continue;
            }
            let taken = store.any(relations.members.iter().map(|m| m.guard));
            for vpc in &vpcs {
                let free = store.and_not(vpc.guard, taken);
                let replaced = main.get(&vpc.id).filter(|_| part == 2).map_or(&[][..], Vec::as_slice);
                let mut left = free;
                for (table, guard) in replaced {
                    new.push((*table, *subnet, store.and(left, *guard)));
                    left = store.and_not(left, *guard);
                }
                for (holder, guard) in graph.defaults.holders.get(&(vpc.id, part)).into_iter().flatten() {
                    new.push((*holder, *subnet, store.and(left, *guard)));
                }
            }
        }
    }
    for (from, to, guard) in new.into_iter().filter(|(.., guard)| !guard.is_false()) {
        let edge = Edge { property: "SubnetIds".into(), attribute: Str::new(), guard };
        graph.edges.add_edge(node(from), node(to), edge);
    }
}

/// The route tables that a VPC's main one is replaced by (`aws_main_route_table_association`).
fn main_tables(graph: &Graph) -> FxHashMap<ResourceId, Vec<(ResourceId, Guard)>> {
    let mut found: FxHashMap<ResourceId, Vec<(ResourceId, Guard)>> = FxHashMap::default();
    for id in graph.of_type("Masugata::EC2::MainRouteTableAssociation") {
        let exists = graph.resource(*id).map_or(Guard::FALSE, |r| r.exists);
        for vpc in graph.refers(*id, &[VPC], Some("VpcId")).members {
            for table in graph.refers(*id, &["AWS::EC2::RouteTable"], Some("RouteTableId")).members {
                let guard = graph.store.all([exists, vpc.guard, table.guard]);
                found.entry(vpc.id).or_default().push((table.id, guard));
            }
        }
    }
    found
}
