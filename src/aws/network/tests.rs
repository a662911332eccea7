//! Rules and ACLs, by example and against brute force.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::Str;
use crate::eval::{Data, Member, Number, Origin, Store, Truth, UnknownKind, Value};
use crate::model::{Presence, Resource, ResourceId};
use crate::program::{Mode, TypeExpr};
use crate::source::{FileId, Sources, Span};

fn store() -> Store {
    Store::new(Arc::new(Sources::new()))
}

fn number(n: i64) -> Value {
    Value::new(Data::Number(Number::from(n)), Origin::NONE)
}

fn rule(entries: &[(&str, Value)]) -> Value {
    Value::object(entries.iter().map(|(key, value)| (Str::from(*key), value.clone())))
}

fn tcp(from: i64, to: i64, cidr: &str) -> Value {
    let key = if cidr.contains(':') { "CidrIpv6" } else { "CidrIp" };
    rule(&[
        ("IpProtocol", Value::string("tcp")),
        ("FromPort", number(from)),
        ("ToPort", number(to)),
        (key, Value::string(cidr)),
    ])
}

fn resource(type_name: &str, properties: Value) -> Resource {
    let span = Span::new(FileId(0), 0, 0);
    Resource {
        id: ResourceId(0),
        instance: None,
        address: "x".into(),
        type_name: type_name.into(),
        declared_as: type_name.into(),
        name: "x".into(),
        mode: Mode::Managed,
        exists: crate::eval::Guard::TRUE,
        values: Value::absent(),
        unset: Vec::new(),
        properties,
        meta: Value::absent(),
        depends_on: Vec::new(),
        header: span,
        span,
        calls: Vec::new(),
        presence: Presence::Written,
        construct: None,
        scope: Arc::default(),
    }
}

fn group(rules: Vec<Value>) -> Resource {
    resource("AWS::EC2::SecurityGroup", rule(&[("SecurityGroupIngress", Value::list(rules))]))
}

/// Which rules of a group are open to the world.
fn open(store: &Store, group: &Resource) -> Vec<Option<bool>> {
    let list = rules(store, group, Direction::Ingress);
    list.as_list().unwrap().members.iter().map(|m| open_to_world(store, &m.value).known()).collect()
}

#[test]
fn the_world_is_seen_in_both_families_and_in_pieces() {
    let store = store();
    let all = group(vec![
        tcp(22, 22, "0.0.0.0/0"),
        tcp(22, 22, "::/0"),
        tcp(22, 22, "10.0.0.0/8"),
        tcp(80, 80, "0.0.0.0/1"),
        tcp(80, 80, "128.0.0.0/1"),
        tcp(81, 81, "128.0.0.0/1"),
        rule(&[("IpProtocol", Value::string("-1")), ("SourceSecurityGroupId", Value::string("sg-1"))]),
    ]);
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(open(&store, &all), [yes, yes, no, yes, yes, no, no]);
}

#[test]
fn a_rule_resource_is_its_own_rule() {
    let store = store();
    let alone = resource("AWS::EC2::SecurityGroupIngress", tcp(3389, 3389, "0.0.0.0/0"));
    assert_eq!(open(&store, &alone), [Some(true)]);
    assert_eq!(rules(&store, &alone, Direction::Egress).as_list().map(|l| l.members.len()), Some(0));
}

#[test]
fn ports_are_reached_by_range_and_by_protocol() {
    let store = store();
    let exposed = |value: &Value| exposes(&store, value, &[22, 3389]).known();
    assert_eq!(exposed(&tcp(22, 22, "0.0.0.0/0")), Some(true));
    assert_eq!(exposed(&tcp(0, 65_535, "::/0")), Some(true));
    assert_eq!(exposed(&tcp(1024, 4000, "0.0.0.0/0")), Some(true));
    assert_eq!(exposed(&tcp(443, 443, "0.0.0.0/0")), Some(false));
    assert_eq!(exposed(&tcp(22, 22, "192.168.0.0/16")), Some(false));
    let with = |protocol: &str, port: i64| {
        rule(&[
            ("IpProtocol", Value::string(protocol)),
            ("FromPort", number(port)),
            ("ToPort", number(port)),
            ("CidrIp", Value::string("0.0.0.0/0")),
        ])
    };
    assert_eq!(exposed(&with("-1", 443)), Some(true), "all protocols ignore the ports");
    assert_eq!(exposed(&with("all", -1)), Some(true));
    assert_eq!(exposed(&with("6", 22)), Some(true));
    assert_eq!(exposed(&with("udp", 22)), Some(false));
    assert_eq!(exposed(&with("icmp", -1)), Some(false));
    assert_eq!(exposed(&with("tcp", -1)), Some(true));
    assert_eq!(all_ports(&store, &with("-1", 0)), Truth::YES);
    assert_eq!(all_ports(&store, &tcp(0, 65_535, "0.0.0.0/0")), Truth::YES);
    assert_eq!(all_ports(&store, &tcp(1024, 65_535, "0.0.0.0/0")), Truth::NO);
    assert_eq!(all_ports(&store, &with("icmp", -1)), Truth::NO);
}

#[test]
fn what_is_not_known_is_not_open() {
    let store = store();
    let id = store.unknown(UnknownKind::Input("var.cidr".into()), true, TypeExpr::String);
    let unknown = Value::new(Data::Unknown(id), Origin::NONE);
    let open = rule(&[
        ("IpProtocol", Value::string("tcp")),
        ("FromPort", number(22)),
        ("ToPort", number(22)),
        ("CidrIp", unknown.clone()),
    ]);
    assert_eq!(exposes(&store, &open, &[22]), Truth::UNKNOWN);
    assert_eq!(exposes(&store, &open, &[23]), Truth::NO);
    let port = rule(&[
        ("IpProtocol", Value::string("tcp")),
        ("FromPort", unknown.clone()),
        ("ToPort", number(22)),
        ("CidrIp", Value::string("0.0.0.0/0")),
    ]);
    assert_eq!(exposes(&store, &port, &[22]), Truth::UNKNOWN);
    let protocol = rule(&[
        ("IpProtocol", unknown.clone()),
        ("FromPort", number(22)),
        ("ToPort", number(22)),
        ("CidrIp", Value::string("10.0.0.0/8")),
    ]);
    assert_eq!(exposes(&store, &protocol, &[22]), Truth::NO);
    assert_eq!(open_to_world(&store, &unknown), Truth::UNKNOWN);
    // An input with a closed domain is judged value by value.
    let id = store.unknown(UnknownKind::Input("Cidr".into()), true, TypeExpr::String);
    store.declare_domain(id, &["\"0.0.0.0/0\"".into(), "\"10.0.0.0/8\"".into()]);
    let chosen = tcp(22, 22, "0.0.0.0/0");
    let Data::Map(map) = &chosen.data else { panic!("an object") };
    let mut map = (**map).clone();
    map.entries[3].value = Value::new(Data::Unknown(id), Origin::NONE);
    let chosen = Value::new(Data::Map(Arc::new(map)), Origin::NONE);
    let world = store.equals(id, &"\"0.0.0.0/0\"".into());
    assert_eq!(exposes(&store, &chosen, &[22]), Truth { yes: world, no: store.not(world) });
}

fn entry(number_: i64, action: &str, protocol: &str, ports: Option<(i64, i64)>, cidr: &str) -> Value {
    let mut entries = vec![
        ("RuleNumber", number(number_)),
        ("RuleAction", Value::string(action)),
        ("Protocol", Value::string(protocol)),
        ("Egress", Value::bool(false)),
        (if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" }, Value::string(cidr)),
    ];
    if let Some((from, to)) = ports {
        entries.push(("PortRange", rule(&[("From", number(from)), ("To", number(to))])));
    }
    rule(&entries)
}

fn exposed(entries: Vec<Value>, ports: &[u16]) -> usize {
    let store = store();
    let acl = resource("AWS::EC2::NetworkAcl", rule(&[("Entries", Value::list(entries))]));
    let list = acl_exposes(&store, &acl, Direction::Ingress, ports);
    let list = list.as_list().unwrap();
    assert_eq!(list.rest, None);
    list.members.len()
}

#[test]
fn the_first_matching_entry_decides() {
    let open = || entry(100, "allow", "-1", None, "0.0.0.0/0");
    assert_eq!(exposed(vec![open()], &[22]), 1);
    assert_eq!(exposed(vec![open(), entry(90, "deny", "tcp", Some((22, 22)), "0.0.0.0/0")], &[22]), 0);
    assert_eq!(exposed(vec![open(), entry(90, "deny", "6", Some((22, 22)), "0.0.0.0/0")], &[22, 3389]), 1);
    assert_eq!(exposed(vec![open(), entry(110, "deny", "-1", None, "0.0.0.0/0")], &[22]), 1);
    assert_eq!(exposed(vec![open(), entry(90, "deny", "-1", None, "192.0.2.0/24")], &[22]), 1);
    let halves = |n: i64, cidr: &str| entry(n, "deny", "-1", None, cidr);
    assert_eq!(exposed(vec![open(), halves(10, "0.0.0.0/1"), halves(11, "128.0.0.0/1")], &[22]), 0);
    assert_eq!(exposed(vec![open(), halves(10, "0.0.0.0/1"), halves(110, "128.0.0.0/1")], &[22]), 1);
    assert_eq!(exposed(vec![entry(1, "allow", "tcp", Some((443, 443)), "0.0.0.0/0")], &[22]), 0);
    assert_eq!(exposed(vec![entry(1, "allow", "udp", Some((0, 65_535)), "0.0.0.0/0")], &[22]), 0);
    assert_eq!(exposed(vec![entry(1, "allow", "tcp", Some((0, 1024)), "::/0")], &[22]), 1);
    assert_eq!(exposed(vec![entry(1, "allow", "tcp", Some((0, 1024)), "10.0.0.0/8")], &[22]), 0);
    let denied_v6 = entry(90, "deny", "-1", None, "::/0");
    assert_eq!(exposed(vec![open(), denied_v6], &[22]), 1, "families are separate");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// An ACL lets a port be reached from everywhere but a few denied addresses exactly if the first entry that
    /// matches some public probe allows it and came from an entry for the whole internet.
    #[test]
    fn acls_agree_with_walking_the_entries(
        entries in prop::collection::vec((1i64..20, any::<bool>(), 0usize..4, 0u16..4, 0u16..4), 1..6),
        port in 0u16..4,
    ) {
        let blocks = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "8.0.0.0/8"];
        let mut seen = std::collections::HashSet::new();
        let entries: Vec<_> = entries.into_iter().filter(|e| seen.insert(e.0)).collect();
        let values: Vec<Value> = entries
            .iter()
            .map(|(n, allow, block, from, to)| {
                let action = if *allow { "allow" } else { "deny" };
                entry(*n, action, "tcp", Some((i64::from(*from), i64::from(*to))), blocks[*block])
            })
            .collect();
        let mut sorted = entries.clone();
        sorted.sort();
        // One probe in each block that the entries can tell apart.
        let probes = [Ipv4Addr::new(8, 8, 8, 8), Ipv4Addr::new(52, 1, 1, 1), Ipv4Addr::new(150, 1, 1, 1)];
        let reached = probes.iter().any(|probe| {
            let first = sorted.iter().find(|(_, _, block, from, to)| {
                let net: ipnet::IpNet = blocks[*block].parse().unwrap();
                net.contains(&IpAddr::V4(*probe)) && (*from..=*to).contains(&port)
            });
            first.is_some_and(|(_, allow, block, _, _)| *allow && *block == 0)
        });
        prop_assert_eq!(exposed(values, &[port]) > 0, reached);
    }

    #[test]
    fn exposure_agrees_with_trying_every_port(from in -1i64..70_000, to in -1i64..70_000, port in any::<u16>()) {
        let store = store();
        let inside = from == -1 || to == -1 || (from <= i64::from(port) && i64::from(port) <= to);
        let rule = tcp(from, to, "0.0.0.0/0");
        prop_assert_eq!(exposes(&store, &rule, &[port]).known(), Some(inside));
    }
}

#[test]
fn members_that_may_be_there_keep_their_condition() {
    let store = store();
    let id = store.unknown(UnknownKind::Input("Open".into()), true, TypeExpr::String);
    let when = store.equals(id, &"\"yes\"".into());
    let list = crate::eval::List {
        kind: crate::eval::ListKind::Tuple,
        members: vec![Member { guard: when, value: tcp(22, 22, "0.0.0.0/0") }],
        rest: None,
    };
    let list = Value::new(Data::List(Arc::new(list)), Origin::NONE);
    let found = rules(
        &store,
        &resource("AWS::EC2::SecurityGroup", rule(&[("SecurityGroupIngress", list)])),
        Direction::Ingress,
    );
    let guards: Vec<_> = found.as_list().unwrap().members.iter().map(|m| m.guard).collect();
    assert_eq!(guards, [when]);
}
