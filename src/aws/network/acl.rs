//! Network ACLs: entries by ascending number, the first that matches decides, what no entry matches is denied.

use std::sync::Arc;

use crate::eval::{Data, Guard, List, ListKind, Member, Origin, Store, Truth, UnknownId, Value};
use crate::model::Resource;

use super::super::read::{Guarded, by_cases, field, integer, members, scalar_text};
use super::super::sets::{AddressSet, Family, PortSet, Protocol, parse_cidr};
use super::rule::Direction;

/// Where an ACL's entries are: contributed by `AWS::EC2::NetworkAclEntry`, `aws_network_acl_rule` and inline blocks.
const ENTRIES: &str = "Entries";

/// One entry in one of its cases; nothing of it is a choice any more.
#[derive(Clone, Debug)]
struct Case {
    /// The entry's index in the list.
    entry: usize,
    guard: Guard,
    number: Option<i64>,
    /// None: not known.
    allows: Option<bool>,
    /// None: not known. `Some(None)`: no protocol at all.
    protocol: Option<Option<Protocol>>,
    /// None: not known.
    ports: Option<PortSet>,
    /// None: not known.
    addresses: Option<AddressSet>,
}

/// The entries of a network ACL that let the whole internet reach one of these TCP ports (or, for egress, that let be
/// reached there), as a list of entries. An earlier entry that denies the same internet counts; one that denies a few
/// addresses does not.
pub fn acl_exposes(store: &Store, resource: &Resource, direction: Direction, ports: &[u16]) -> Value {
    let own = [Guarded { guard: Guard::TRUE, value: resource.properties.clone() }];
    let all = match resource.type_name.as_str() {
        "AWS::EC2::NetworkAclEntry" => members(store, &own),
        _ => members(store, &field(store, &resource.properties, ENTRIES)),
    };
    let mut rest: Option<UnknownId> = all.open.first().map(|open| open.value);
    let cases: Vec<Case> = all
        .items
        .iter()
        .enumerate()
        .flat_map(|(index, entry)| cases(store, index, entry, direction))
        .collect();
    let mut found = Vec::new();
    for (index, entry) in all.items.iter().enumerate() {
        let mut truth = Truth::NO;
        for case in cases.iter().filter(|case| case.entry == index) {
            for port in ports {
                truth = store.truth_or(truth, exposes(store, case, &cases, *port));
            }
        }
        if !truth.yes.is_false() {
            found.push(Member { guard: truth.yes, value: entry.value.clone() });
        }
        if !store.truth_unknown(truth).is_false() && rest.is_none() {
            rest = store.unknowns_in(&entry.value).into_iter().next().or_else(|| {
                Some(store.reason(store.literal(entry.value.origin), "an entry that is not known"))
            });
        }
    }
    let list = List { kind: ListKind::List, members: found, rest };
    Value::new(Data::List(Arc::new(list)), Origin::NONE)
}

fn exposes(store: &Store, case: &Case, all: &[Case], port: u16) -> Truth {
    let there = store.truth_when(case.guard);
    let opens = match (case.allows, reaches(case, port), &case.addresses) {
        (Some(false), _, _) | (_, Some(false), _) => return Truth::NO,
        (_, _, Some(addresses)) if !addresses.is_world() => return Truth::NO,
        (Some(true), Some(true), Some(_)) => Truth::YES,
        _ => Truth::UNKNOWN,
    };
    let mut truth = store.truth_and(there, opens);
    if truth.yes.is_false() {
        return truth;
    }
    let Some(addresses) = &case.addresses else { return truth };
    // Denials that come first. One of unknown number may come first.
    let before: Vec<&Case> = all
        .iter()
        .filter(|other| {
            other.entry != case.entry && other.allows != Some(true) && reaches(other, port) != Some(false)
        })
        .filter(|other| match (other.number, case.number) {
            (Some(other), Some(own)) => other < own,
            _ => true,
        })
        .collect();
    if before.is_empty() {
        return truth;
    }
    let internet =
        AddressSet::internet(Family::V4).union(&AddressSet::internet(Family::V6)).intersection(addresses);
    let guards: Vec<Guard> = before.iter().map(|case| case.guard).collect();
    let closed = by_cases(store, &guards, &|holds| {
        let there = || before.iter().enumerate().filter(|(index, _)| holds(*index)).map(|(_, case)| *case);
        let certain = |other: &Case| {
            other.allows == Some(false)
                && reaches(other, port) == Some(true)
                && other.number.zip(case.number).is_some_and(|(a, b)| a < b)
        };
        let covers = |only_certain: bool| {
            let mut denied = AddressSet::empty();
            for other in there().filter(|other| !only_certain || certain(other)) {
                match &other.addresses {
                    Some(set) => denied = denied.union(set),
                    None if only_certain => {}
                    None => return true,
                }
            }
            denied.includes(&internet)
        };
        if covers(true) {
            Some(true)
        } else if covers(false) {
            None
        } else {
            Some(false)
        }
    });
    truth = store.truth_and(truth, !closed);
    truth
}

/// Whether an entry speaks of a TCP port.
fn reaches(case: &Case, port: u16) -> Option<bool> {
    match case.protocol {
        Some(None) => Some(false),
        Some(Some(Protocol::All)) => Some(true),
        Some(Some(Protocol::TCP)) => case.ports.as_ref().map(|ports| ports.contains(port)),
        Some(Some(_)) => Some(false),
        None => None,
    }
}

fn cases(store: &Store, index: usize, entry: &Guarded<Value>, direction: Direction) -> Vec<Case> {
    let mut found = Vec::new();
    let value = &entry.value;
    let one = |key: &str| field(store, value, key);
    let egress = super::super::read::ask_cases(
        store,
        one("Egress").iter().map(|case| (case.guard, &case.value)),
        &|value| match scalar_text(value) {
            Some(text) => Some(text.eq_ignore_ascii_case("true")),
            None if value.is_unset() => Some(false),
            None => None,
        },
    );
    let other_way = match direction {
        Direction::Ingress => egress.yes,
        Direction::Egress => egress.no,
    };
    let here = store.and_not(entry.guard, other_way);
    let port_ranges: Vec<(Guard, Option<PortSet>)> = one("PortRange")
        .iter()
        .flat_map(|range| {
            if range.value.is_unset() {
                return vec![(range.guard, Some(PortSet::all()))];
            }
            let mut all = Vec::new();
            for from in field(store, &range.value, "From") {
                for to in field(store, &range.value, "To") {
                    let guard = store.and(range.guard, store.and(from.guard, to.guard));
                    let ports =
                        integer(&from.value).zip(integer(&to.value)).map(|(a, b)| PortSet::of_rule(a, b));
                    all.push((guard, ports));
                }
            }
            all
        })
        .collect();
    let addresses: Vec<(Guard, Option<AddressSet>)> = one("CidrBlock")
        .into_iter()
        .flat_map(|v4| one("Ipv6CidrBlock").into_iter().map(move |v6| (v4.clone(), v6)).collect::<Vec<_>>())
        .map(|(v4, v6)| {
            let read = |value: &Value| {
                if value.is_unset() {
                    return Some(AddressSet::empty());
                }
                scalar_text(value).map(|text| AddressSet::of(parse_cidr(&text)))
            };
            let set = read(&v4.value).zip(read(&v6.value)).map(|(a, b)| a.union(&b));
            (store.and(v4.guard, v6.guard), set)
        })
        .collect();
    for number in one("RuleNumber") {
        for action in one("RuleAction") {
            for protocol in one("Protocol") {
                for (port_guard, ports) in &port_ranges {
                    for (address_guard, addresses) in &addresses {
                        let guard = store.all([
                            here,
                            number.guard,
                            action.guard,
                            protocol.guard,
                            *port_guard,
                            *address_guard,
                        ]);
                        if guard.is_false() {
                            continue;
                        }
                        let allows =
                            scalar_text(&action.value).map(|text| text.eq_ignore_ascii_case("allow"));
                        found.push(Case {
                            entry: index,
                            guard,
                            number: integer(&number.value),
                            allows,
                            protocol: scalar_text(&protocol.value).map(|text| Protocol::parse(&text)),
                            ports: ports.clone(),
                            addresses: addresses.clone(),
                        });
                    }
                }
            }
        }
    }
    found
}
