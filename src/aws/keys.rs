//! Whose a KMS key is.
//!
//! AWS managed keys are those with an alias that begins with `alias/aws/` ("AWS KMS concepts", AWS Key Management
//! Service Developer Guide): nobody can change their policy, rotate or disable them. AWS owned keys are what a service
//! uses when no key is named.

use crate::eval::{Data, Part, Store, Truth, UnknownKind, Value};
use crate::graph::Graph;
use crate::program::Mode;

/// Whether a value names a key of the customer's own: neither absent nor an AWS managed key.
pub fn own_key(graph: &Graph, value: &Value) -> Truth {
    let store: &Store = &graph.store;
    let arms = store.arms(value);
    let each = arms.iter().map(|(guard, value)| store.truth_under(one(graph, value, 0), *guard));
    each.fold(Truth::UNKNOWN, |all, one| Truth {
        yes: store.or(all.yes, one.yes),
        no: store.or(all.no, one.no),
    })
}

fn one(graph: &Graph, value: &Value, depth: usize) -> Truth {
    let store = &graph.store;
    match &value.data {
        Data::Absent | Data::Null => Truth::NO,
        Data::String(text) => Truth::of(!text.is_empty() && !is_managed(text)),
        Data::Text(parts) => {
            let text = |part: &Part| match part {
                Part::Text(text) => Some(is_managed(text)),
                Part::Term(_) => None,
            };
            if parts.iter().any(|part| text(part) == Some(true)) {
                return Truth::NO;
            }
            // `arn:…:key/${…}` is a key's own id; `alias/${…}` may be `alias/aws/…`.
            let literal: String = parts
                .iter()
                .filter_map(|part| match part {
                    Part::Text(text) => Some(text.as_str()),
                    Part::Term(_) => None,
                })
                .collect();
            if literal.contains("key/") { Truth::YES } else { Truth::UNKNOWN }
        }
        Data::Instance(_) => Truth::YES,
        Data::Unknown(id) => {
            let UnknownKind::Attribute(reference) = store.unknown_info(*id).kind else {
                return Truth::UNKNOWN;
            };
            let Some(resource) =
                graph.by_instance.get(&reference.instance).and_then(|id| graph.resource(*id))
            else {
                return Truth::UNKNOWN;
            };
            if resource.mode == Mode::Managed {
                // A key, an alias or a grant of this root; what else has such an attribute hands on somebody's key.
                return match resource.type_name.starts_with("AWS::KMS::") {
                    true => Truth::YES,
                    false => Truth::UNKNOWN,
                };
            }
            let named =
                resource.values.as_map().and_then(|map| map.get("name").or_else(|| map.get("key_id")));
            match named {
                Some(entry) if depth < 4 => one(graph, &entry.value, depth + 1),
                _ => Truth::UNKNOWN,
            }
        }
        _ => Truth::UNKNOWN,
    }
}

fn is_managed(text: &str) -> bool {
    text.starts_with("alias/aws/") || text.starts_with("aws/") || text.contains(":alias/aws/")
}
