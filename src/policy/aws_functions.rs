//! The names that pages have for the questions of [`crate::aws`].

use crate::aws::network::Direction;
use crate::aws::{iam, images, keys, network, secrets, tls};
use crate::eval::{Data, Failure, Number, Store, Truth, Value};
use crate::source::Span;

use super::functions::{not_a_resource, resource_arg, truth};
use super::run::PageNames;

/// Answers a call, if it asks about AWS.
pub(super) fn call(
    names: &PageNames<'_>,
    name: &str,
    args: &[Value],
    span: Span,
) -> Option<Result<Value, Failure>> {
    let store = names.store;
    let resource = |value: &Value| resource_arg(names, value).and_then(|id| names.graph.resource(id));
    Some(Ok(match (name, args) {
        ("statements", [doc]) => found(names, iam::statements(store, doc)),
        ("public_statements", [doc]) => found(names, iam::public_statements(store, doc)),
        ("wildcard_actions", [doc]) => found(names, iam::wildcard_action_statements(store, doc)),
        ("cross_account", [doc]) => found(names, iam::cross_account(store, doc)),
        ("granting", [doc, action, resource]) => match (action.as_str(), resource.as_str()) {
            (Some(action), Some(resource)) => found(names, iam::granting(store, doc, action, resource)),
            _ => {
                return Some(Err(Failure::new(
                    "page-type",
                    "`granting` needs an action and a resource",
                    span,
                )));
            }
        },
        ("wildcard_resources", [doc]) => found(names, iam::wildcard_resource_statements(store, doc)),
        ("passing_any_role", [doc]) => found(names, iam::passrole_on_any(store, doc)),
        ("escalating", [doc]) => found(names, iam::escalating(store, doc)),
        ("exposing_credentials", [doc]) => found(names, iam::exposing_credentials(store, doc)),
        ("exposing_data", [doc]) => found(names, iam::exposing_data(store, doc)),
        ("open_web_identity", [doc]) => found(names, iam::open_web_identity(store, doc)),
        ("unrestricted", [doc, level]) => {
            match level.as_str().and_then(|level| iam::actions::Level::parse(level)) {
                Some(level) => found(names, iam::unrestricted(store, doc, level)),
                None => {
                    let message = "`unrestricted` needs a level: list, read, tagging, write or permissions";
                    return Some(Err(Failure::new("page-type", message, span)));
                }
            }
        }
        ("requires_tls", [doc]) => truth(store, iam::requires_tls(store, doc), name, args),
        ("rules", [of, direction]) => {
            match (resource(of), direction.as_str().and_then(|d| Direction::parse(d))) {
                (Some(resource), Some(direction)) => network::rules_in(names.graph, resource, direction),
                _ => return Some(Err(not_a_resource(name, span))),
            }
        }
        ("open_to_world", [rule]) => truth(store, network::open_to_world(store, rule), name, args),
        ("exposes", [rule, ports]) => {
            truth(store, network::exposes(store, rule, &port_list(ports)), name, args)
        }
        ("all_ports", [rule]) => truth(store, network::all_ports(store, rule), name, args),
        ("nacl_exposes", [of, ports]) => match resource(of) {
            Some(resource) => network::acl_exposes(store, resource, Direction::Ingress, &port_list(ports)),
            None => return Some(Err(not_a_resource(name, span))),
        },
        ("plaintext_secrets", [map]) => {
            let (hits, rest) = secrets::plaintext_secrets(store, map);
            secrets::as_list(&hits, rest)
        }
        // Under a name that is not known, a value can still be a secret by its form.
        ("looks_secret", [key, value]) => {
            let key = match &key.data {
                Data::String(key) => Some(key.as_str()),
                Data::Absent | Data::Null => Some(""),
                _ => None,
            };
            truth(store, secrets::looks_secret(store, key, value), name, args)
        }
        ("imdsv2_image", [image]) => truth(store, images::demands_imdsv2(names.graph, image), name, args),
        ("managed_policy", [policy, wanted]) => match wanted.as_str() {
            Some(wanted) => truth(store, iam::is_managed_policy(names.graph, policy, wanted), name, args),
            None => {
                let message = "`managed_policy` needs the name of a policy of AWS";
                return Some(Err(Failure::new("page-type", message, span)));
            }
        },
        ("own_key", [key]) => truth(store, keys::own_key(names.graph, key), name, args),
        ("plaintext_value", [value]) => {
            let readable = secrets::readable(store, value, names.graph.is_template());
            truth(store, readable, name, args)
        }
        ("weak_tls_policy", [policy]) => {
            let weak = over_arms(store, policy, &|policy| match &policy.data {
                Data::String(text) => tls::weak_tls_policy(text).map_or(Truth::UNKNOWN, Truth::of),
                Data::Absent | Data::Null => Truth::NO,
                _ => Truth::UNKNOWN,
            });
            truth(store, weak, name, args)
        }
        _ => return None,
    }))
}

fn over_arms(store: &Store, value: &Value, test: &dyn Fn(&Value) -> Truth) -> Truth {
    let arms = store.arms(value);
    let each = arms.iter().map(|(guard, value)| store.truth_under(test(value), *guard));
    each.fold(Truth::UNKNOWN, |all, one| Truth {
        yes: store.or(all.yes, one.yes),
        no: store.or(all.no, one.no),
    })
}

/// The ports that a page lists.
fn port_list(ports: &Value) -> Vec<u16> {
    let number = |value: &Value| match &value.data {
        Data::Number(Number::Int(port)) => u16::try_from(*port).ok(),
        Data::String(text) => text.parse().ok(),
        _ => None,
    };
    match &ports.data {
        Data::List(list) => list.members.iter().filter_map(|m| number(&m.value)).collect(),
        _ => number(ports).into_iter().collect::<Vec<_>>(),
    }
}

/// The statements that a question found. What is beyond the subject's own existence is no question: values are known
/// only where their resource exists.
fn found(names: &PageNames<'_>, mut hits: Vec<iam::StatementHit>) -> Value {
    let store = names.store;
    let nowhere = store.not(names.exists);
    for hit in &mut hits {
        hit.truth.no = store.or(hit.truth.no, store.and_not(nowhere, hit.truth.yes));
    }
    iam::as_list(store, &hits)
}
