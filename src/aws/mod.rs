//! What AWS means by what is written: policies, networks, secrets. Questions are answered with proofs as plain data:
//! values with origins, guards and truths, never diagnostics.
//!
//! Page functions and what answers them (`store` is the graph's, `doc`, `rule` and `map` are any value, known or not):
//!
//! | page | here |
//! |---|---|
//! | `statements(doc)` | `iam::as_list(store, &iam::statements(store, doc))` |
//! | `public_statements(doc)` | `iam::as_list(store, &iam::public_statements(store, doc))` |
//! | `granting(doc, action, resource)` | `iam::as_list(store, &iam::granting(store, doc, action, resource))` |
//! | `wildcard_actions(doc)` | `iam::as_list(store, &iam::wildcard_action_statements(store, doc))` |
//! | `cross_account(doc)` | `iam::as_list(store, &iam::cross_account(store, doc))` |
//! | `requires_tls(doc)` | `iam::requires_tls(store, doc)`, a `Truth` |
//! | `rules(self, "ingress")` | `network::rules_in(graph, resource, Direction::Ingress)`, a list value |
//! | `open_to_world(rule)` | `network::open_to_world(store, rule)`, a `Truth` |
//! | `exposes(rule, ports)` | `network::exposes(store, rule, &ports)`, a `Truth` |
//! | `all_ports(rule)` | `network::all_ports(store, rule)`, a `Truth` |
//! | `nacl_exposes(self, ports)` | `network::acl_exposes(store, resource, Direction::Ingress, &ports)`, a list value |
//! | `plaintext_secrets(map)` | `let (hits, rest) = secrets::plaintext_secrets(store, map); secrets::as_list(&hits, rest)` |
//! | `looks_secret(name, value)` | `secrets::looks_secret(store, name, value)`, a `Truth` |
//! | `plaintext_value(x)` | `secrets::readable(store, value, graph.is_template())`, a `Truth` |
//! | `managed_policy(x, name)` | `iam::is_managed_policy(graph, value, name)`, a `Truth` |
//! | `own_key(x)` | `keys::own_key(graph, value)`, a `Truth` |
//! | `imdsv2_image(x)` | `images::demands_imdsv2(graph, value)`, a `Truth` |
//! | `in_scope(self, TYPE)` | `scope::in_scope(graph, id, type_name)`, members and what leaves the list open |
//! | `weak_tls_policy(name)` | `tls::weak_tls_policy(name)`; none: no policy of AWS |
//!
//! | `wildcard_resources(doc)` | `iam::as_list(store, &iam::wildcard_resource_statements(store, doc))` |
//! | `passing_any_role(doc)` | `iam::as_list(store, &iam::passrole_on_any(store, doc))` |
//! | `unrestricted(doc, level)` | `iam::as_list(store, &iam::unrestricted(store, doc, level))` |
//! | `escalating(doc)` | `iam::as_list(store, &iam::escalating(store, doc))` |
//! | `exposing_credentials(doc)` | `iam::as_list(store, &iam::exposing_credentials(store, doc))` |
//! | `exposing_data(doc)` | `iam::as_list(store, &iam::exposing_data(store, doc))` |
//! | `open_web_identity(doc)` | `iam::as_list(store, &iam::open_web_identity(store, doc))` |
//!
//! Further questions of the same form: [`iam::wildcard_resource_statements`],
//! [`iam::not_action_statements`], [`iam::not_resource_statements`], [`iam::not_principal_statements`],
//! [`iam::passrole_on_any`], [`iam::admin_statements`]. `iam::any(store, &hits)` is the truth of "at least one".
//! A list of hits is open (`rest`) where something can't be told, so `length(…) > 0` is unknown there, not false.
//! `referrers` and `refers` are methods of [`crate::graph::Graph`].

pub mod iam;
pub mod images;
pub mod keys;
pub mod network;
pub mod read;
pub mod scope;
pub mod secrets;
pub mod sets;
pub mod tls;
