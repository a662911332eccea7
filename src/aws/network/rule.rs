//! Rules of security groups: inline ones, separate resources (which have become properties of their group), and rule
//! resources by themselves.

use std::sync::Arc;

use ipnet::IpNet;

use crate::Str;
use crate::eval::{
    Data, Entry, Guard, List, ListKind, Map, Member, Origin, Store, Truth, UnknownId, UnknownKind, Value,
};
use crate::graph::Graph;
use crate::model::Resource;

use super::super::read::{Guarded, arms, by_cases, field, integer, members, scalar_text};
use super::super::sets::{AddressSet, PortSet, Protocol, parse_cidr};

/// Which way traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Into what the group protects.
    Ingress,
    /// Out of it.
    Egress,
}

impl Direction {
    /// `ingress` or `egress`.
    pub fn parse(text: &str) -> Option<Direction> {
        match text {
            "ingress" => Some(Direction::Ingress),
            "egress" => Some(Direction::Egress),
            _ => None,
        }
    }

    fn property(self) -> &'static str {
        match self {
            Direction::Ingress => "SecurityGroupIngress",
            Direction::Egress => "SecurityGroupEgress",
        }
    }
}

/// The entry of a rule that holds the blocks of other rules for the same protocol and ports that only together with it
/// cover the internet.
const TOGETHER: &str = "TogetherWith";

/// The rules of a security group, or the one rule that a rule resource is, as a list of objects in the form of
/// `AWS::EC2::SecurityGroup`'s `Ingress` and `Egress`. Where rules of the same protocol and ports cover the internet
/// only together (`0.0.0.0/1` and `128.0.0.0/1`), each carries the others' blocks as `TogetherWith`.
pub fn rules(store: &Store, resource: &Resource, direction: Direction) -> Value {
    let mut all: Vec<Guarded<Value>> = Vec::new();
    let mut rest: Option<UnknownId> = None;
    match (resource.type_name.as_str(), direction) {
        ("AWS::EC2::SecurityGroupIngress", Direction::Ingress)
        | ("AWS::EC2::SecurityGroupEgress", Direction::Egress) => {
            all.push(Guarded { guard: Guard::TRUE, value: resource.properties.clone() });
        }
        _ => {
            let found = members(store, &field(store, &resource.properties, direction.property()));
            rest = found.open.first().map(|open| open.value);
            all = found.items;
        }
    }
    let together = blocks_together(store, &all);
    let members = all.into_iter().zip(together).map(|(rule, others)| {
        let mut value = rule.value;
        if !others.is_empty()
            && let Data::Map(map) = &mut value.data
        {
            let entry = Entry {
                key: TOGETHER.into(),
                key_origin: Origin::NONE,
                guard: Guard::TRUE,
                value: Value::new(
                    Data::List(Arc::new(List { kind: ListKind::List, members: others, rest: None })),
                    Origin::NONE,
                ),
            };
            let mut entries = map.entries.clone();
            entries.push(entry);
            *map = Arc::new(Map { kind: map.kind, entries, rest: map.rest });
        }
        Member { guard: rule.guard, value }
    });
    let list = List { kind: ListKind::List, members: members.collect(), rest };
    Value::new(Data::List(Arc::new(list)), resource.properties.origin)
}

/// The entry of a rule that holds the blocks of the prefix list that it names.
const LISTED: &str = "PrefixListCidrs";

/// The rules of a resource of a graph, as [`rules`] gives them; one that names a prefix list of the graph carries the
/// list's blocks as `PrefixListCidrs`. What is in a list elsewhere (AWS's own, for its services) nobody knows here: it is
/// taken for somebody in particular.
pub fn rules_in(graph: &Graph, resource: &Resource, direction: Direction) -> Value {
    let store = &*graph.store;
    let mut value = rules(store, resource, direction);
    if graph.of_type(PREFIX_LIST).is_empty() {
        return value;
    }
    let key = match direction {
        Direction::Ingress => "SourcePrefixListId",
        Direction::Egress => "DestinationPrefixListId",
    };
    let Data::List(list) = &mut value.data else { return value };
    for member in &mut Arc::make_mut(list).members {
        let listed = blocks_of_list(graph, &field(store, &member.value, key));
        if listed.is_empty() {
            continue;
        }
        if let Data::Map(map) = &mut member.value.data {
            let list = List { kind: ListKind::List, members: listed, rest: None };
            let value = Value::new(Data::List(Arc::new(list)), Origin::NONE);
            let entry = Entry { key: LISTED.into(), key_origin: Origin::NONE, guard: Guard::TRUE, value };
            Arc::make_mut(map).entries.push(entry);
        }
    }
    value
}

/// The blocks of the prefix lists of a graph that a rule names.
fn blocks_of_list(graph: &Graph, named: &[Guarded<Value>]) -> Vec<Member> {
    let store = &*graph.store;
    let mut blocks = Vec::new();
    for case in named {
        let Data::Unknown(id) = case.value.data else { continue };
        let UnknownKind::Attribute(reference) = store.unknown_info(id).kind else { continue };
        let list = graph.by_instance.get(&reference.instance).and_then(|id| graph.resource(*id));
        let Some(list) = list.filter(|list| list.type_name == PREFIX_LIST) else { continue };
        for entry in members(store, &field(store, &list.properties, "Entries")).items {
            for cidr in field(store, &entry.value, "Cidr") {
                let guard = store.all([case.guard, entry.guard, cidr.guard]);
                if !guard.is_false() {
                    blocks.push(Member { guard, value: cidr.value });
                }
            }
        }
    }
    blocks
}

const PREFIX_LIST: &str = "AWS::EC2::PrefixList";

/// For each rule the blocks of others that make the internet complete with it.
fn blocks_together(store: &Store, rules: &[Guarded<Value>]) -> Vec<Vec<Member>> {
    /// Protocol and ports.
    type Traffic = (Option<Str>, Option<i64>, Option<i64>);
    let mut groups: rustc_hash::FxHashMap<Traffic, Vec<usize>> = Default::default();
    let mut blocks: Vec<Vec<(Guard, IpNet, Value)>> = Vec::with_capacity(rules.len());
    for (index, rule) in rules.iter().enumerate() {
        let known: Vec<(Guard, IpNet, Value)> = addresses(store, &rule.value)
            .into_iter()
            .filter_map(|a| Some((store.and(rule.guard, a.guard), a.value.0?, a.value.1)))
            .collect();
        // What is open by itself needs no others, and small blocks alone can't add up to anything.
        let alone = AddressSet::of(known.iter().map(|(_, net, _)| *net)).is_world();
        let wide = known.iter().any(|(_, net, _)| net.prefix_len() <= 12);
        let single = |key: &str| field(store, &rule.value, key).first().map(|case| case.value.clone());
        if !alone && wide {
            let key = (
                single("IpProtocol").and_then(|v| scalar_text(&v)),
                single("FromPort").and_then(|v| integer(&v)),
                single("ToPort").and_then(|v| integer(&v)),
            );
            groups.entry(key).or_default().push(index);
        }
        blocks.push(known);
    }
    let mut together = vec![Vec::new(); rules.len()];
    for indices in groups.into_values().filter(|indices| indices.len() > 1) {
        let all = || indices.iter().filter_map(|index| blocks.get(*index)).flatten();
        if !AddressSet::of(all().map(|(_, net, _)| *net)).is_world() {
            continue;
        }
        let members: Vec<Member> =
            all().map(|(guard, _, value)| Member { guard: *guard, value: value.clone() }).collect();
        for index in indices {
            if let Some(slot) = together.get_mut(index) {
                slot.clone_from(&members);
            }
        }
    }
    together
}

/// The blocks of a rule's source or destination; none for a text that is not known or no block.
fn addresses(store: &Store, rule: &Value) -> Vec<Guarded<(Option<IpNet>, Value)>> {
    let mut found = Vec::new();
    for key in ["CidrIp", "CidrIpv6", TOGETHER, LISTED] {
        let all = members(store, &field(store, rule, key));
        for member in all.items {
            let net = scalar_text(&member.value).and_then(|text| parse_cidr(&text));
            // A text that is known and no block lets nobody in.
            if net.is_some() || scalar_text(&member.value).is_none() {
                found.push(Guarded { guard: member.guard, value: (net, member.value) });
            }
        }
        for open in all.open {
            let value = Value::new(Data::Unknown(open.value), Origin::NONE);
            found.push(Guarded { guard: open.guard, value: (None, value) });
        }
    }
    found
}

/// Whether a rule's source or destination is the whole internet, of IPv4 or of IPv6.
pub fn open_to_world(store: &Store, rule: &Value) -> Truth {
    over_arms(store, rule, &|rule| {
        let addresses = addresses(store, rule);
        let guards: Vec<Guard> = addresses.iter().map(|a| a.guard).collect();
        by_cases(store, &guards, &|holds| {
            let there =
                || addresses.iter().enumerate().filter(|(index, _)| holds(*index)).map(|(_, a)| &a.value.0);
            if AddressSet::of(there().filter_map(|net| *net)).is_world() {
                return Some(true);
            }
            if there().any(Option::is_none) { None } else { Some(false) }
        })
    })
}

/// Whether a rule opens one of these TCP ports to the internet.
pub fn exposes(store: &Store, rule: &Value, ports: &[u16]) -> Truth {
    exposes_protocol(store, rule, Protocol::TCP, ports)
}

/// Whether a rule opens one of these ports of a protocol to the internet.
pub fn exposes_protocol(store: &Store, rule: &Value, protocol: Protocol, ports: &[u16]) -> Truth {
    let open = open_to_world(store, rule);
    if open.no.is_true() {
        return Truth::NO;
    }
    let wanted = PortSet::of(ports.iter().copied());
    let reached = over_arms(store, rule, &|rule| {
        by_ports(store, rule, &|rule_protocol, set| {
            let of_protocol = rule_protocol.includes(protocol);
            of_protocol && (!rule_protocol.has_ports() || !set.intersection(&wanted).is_empty())
        })
    });
    store.truth_and(open, reached)
}

/// Whether a rule is for every port of its protocol: protocol `-1`, or TCP or UDP from 0 (or 1) to 65535.
pub fn all_ports(store: &Store, rule: &Value) -> Truth {
    let every = PortSet::range(1, u16::MAX);
    over_arms(store, rule, &|rule| {
        by_ports(store, rule, &|protocol, set| {
            protocol == Protocol::All || (protocol.has_ports() && set.includes(&every))
        })
    })
}

fn over_arms(store: &Store, rule: &Value, ask: &dyn Fn(&Value) -> Truth) -> Truth {
    let mut truth = Truth::UNKNOWN;
    for (guard, rule) in arms(store, rule) {
        let one = match &rule.data {
            Data::Map(_) => ask(&rule),
            Data::Unknown(_) => Truth::UNKNOWN,
            _ => Truth::NO,
        };
        truth.yes = store.or(truth.yes, store.and(guard, one.yes));
        truth.no = store.or(truth.no, store.and(guard, one.no));
    }
    truth
}

/// A test of protocol and ports in every case that they may be.
fn by_ports(store: &Store, rule: &Value, test: &dyn Fn(Protocol, &PortSet) -> bool) -> Truth {
    let mut truth = Truth::UNKNOWN;
    let (froms, tos) = (field(store, rule, "FromPort"), field(store, rule, "ToPort"));
    for protocol in field(store, rule, "IpProtocol") {
        let read = read_protocol(&protocol.value);
        if read == Some(Some(Protocol::All)) {
            let answer = test(Protocol::All, &PortSet::all());
            note(store, &mut truth, protocol.guard, Some(answer));
            continue;
        }
        for from in &froms {
            for to in &tos {
                let guard = store.and(protocol.guard, store.and(from.guard, to.guard));
                if guard.is_false() {
                    continue;
                }
                let ports = read_ports(&from.value, &to.value);
                let answer = match (read, ports) {
                    (Some(Some(protocol)), Some(ports)) => Some(test(protocol, &ports)),
                    (Some(Some(protocol)), None) if !protocol.has_ports() => {
                        Some(test(protocol, &PortSet::all()))
                    }
                    // Known to be no protocol at all.
                    (Some(None), _) => Some(false),
                    // Of any protocol the answer may be the same.
                    (None, Some(ports)) => {
                        let answers = [
                            Protocol::All,
                            Protocol::TCP,
                            Protocol::UDP,
                            Protocol::ICMP,
                            Protocol::Number(0),
                        ]
                        .map(|protocol| test(protocol, &ports));
                        answers.iter().all(|a| *a == answers[0]).then_some(answers[0])
                    }
                    _ => None,
                };
                note(store, &mut truth, guard, answer);
            }
        }
    }
    truth
}

fn note(store: &Store, truth: &mut Truth, guard: Guard, answer: Option<bool>) {
    match answer {
        Some(true) => truth.yes = store.or(truth.yes, guard),
        Some(false) => truth.no = store.or(truth.no, guard),
        None => {}
    }
}

/// A protocol: none if not known, `Some(None)` if it is none. EC2 takes a rule without protocol for all of them.
fn read_protocol(value: &Value) -> Option<Option<Protocol>> {
    if value.is_unset() {
        return Some(Some(Protocol::All));
    }
    scalar_text(value).map(|text| Protocol::parse(&text))
}

/// The ports from one to another; none if not known. Without ports a rule is for all of them.
fn read_ports(from: &Value, to: &Value) -> Option<PortSet> {
    let one = |value: &Value| if value.is_unset() { Some(None) } else { integer(value).map(Some) };
    Some(match (one(from)?, one(to)?) {
        (None, None) => PortSet::all(),
        (Some(from), Some(to)) => PortSet::of_rule(from, to),
        (Some(port), None) | (None, Some(port)) => PortSet::of_rule(port, port),
    })
}
