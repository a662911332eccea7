//! What AWS gives a resource where nothing of the kind is written, in either of the forms in which it could be: so it is
//! asked after companions have contributed.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Guard, Store, Value};
use crate::model::{Presence, lower};
use crate::program::Mode;

use super::Graph;
use super::companion::{Contribution, contribute};

/// The rules of a group that has no outbound rule of its own ("AWS::EC2::SecurityGroup", AWS CloudFormation Template
/// Reference: "If you don't specify an egress rule, we add egress rules that allow IPv4 and IPv6 traffic on all ports and
/// protocols to any destination"). Terraform's provider removes them.
const EGRESS: &str =
    r#"[{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1", "CidrIpv6": "::/0"}]"#;

/// Adds what AWS adds.
pub(super) fn apply(graph: &mut Graph) {
    let store = Arc::clone(&graph.store);
    let groups = graph.by_type.get("AWS::EC2::SecurityGroup").cloned().unwrap_or_default();
    for id in groups {
        let Some(resource) = graph.resources.get_mut(id.0 as usize) else { continue };
        let written = matches!(resource.presence, Presence::Written | Presence::Elsewhere)
            && resource.mode == Mode::Managed;
        if !written || resource.declared_as != resource.type_name {
            continue;
        }
        let Some(map) = resource.properties.as_map().filter(|map| map.rest.is_none()) else { continue };
        let some = map
            .get("SecurityGroupEgress")
            .map_or(Guard::FALSE, |entry| store.and(entry.guard, has_members(&store, &entry.value)));
        let none = store.not(some);
        if none.is_false() {
            continue;
        }
        let contribution = Contribution {
            companion: id,
            path: [Str::from("SecurityGroupEgress")].into(),
            append: true,
            guard: none,
            value: lower::documented_default(&store, EGRESS, Some(resource.header)),
        };
        contribute(&store, &mut resource.properties, &contribution.path, &contribution);
    }
}

/// When a list has a member, or may have one.
pub(super) fn has_members(store: &Store, value: &Value) -> Guard {
    match &value.data {
        Data::Absent | Data::Null => Guard::FALSE,
        Data::List(list) if list.rest.is_none() => store.any(list.members.iter().map(|m| m.guard)),
        Data::Choice(arms) => {
            store.any(arms.iter().map(|arm| store.and(arm.guard, has_members(store, &arm.value))))
        }
        _ => Guard::TRUE,
    }
}
