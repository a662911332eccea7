//! Policies of AWS, by their names.

use crate::eval::{Data, Part, Store, Truth, UnknownKind, Value};
use crate::graph::Graph;
use crate::program::Mode;

/// What stands before the name in the ARN of a managed policy of AWS, whatever the partition.
const OWNED_BY_AWS: &str = ":iam::aws:policy/";

/// Whether a value is the ARN of AWS's managed policy of a name. A policy of the customer's, that this root makes, is
/// none, whatever it is called.
pub fn is_managed_policy(graph: &Graph, value: &Value, name: &str) -> Truth {
    let store: &Store = &graph.store;
    let arms = store.arms(value);
    let each = arms.iter().map(|(guard, value)| store.truth_under(one(graph, value, name), *guard));
    each.fold(Truth::UNKNOWN, |all, one| Truth {
        yes: store.or(all.yes, one.yes),
        no: store.or(all.no, one.no),
    })
}

fn one(graph: &Graph, value: &Value, name: &str) -> Truth {
    let wanted = format!("{OWNED_BY_AWS}{name}");
    match &value.data {
        Data::String(text) => Truth::of(text.ends_with(&wanted)),
        Data::Text(parts) => match parts.last() {
            // `arn:${AWS::Partition}:iam::aws:policy/…`
            Some(Part::Text(text)) if text.len() >= wanted.len() => Truth::of(text.ends_with(&wanted)),
            Some(Part::Text(text)) if !wanted.ends_with(text.as_str()) => Truth::NO,
            _ => Truth::UNKNOWN,
        },
        Data::Instance(_) | Data::Absent | Data::Null => Truth::NO,
        Data::Unknown(id) => {
            let UnknownKind::Attribute(reference) = graph.store.unknown_info(*id).kind else {
                return Truth::UNKNOWN;
            };
            let resource = graph.by_instance.get(&reference.instance).and_then(|id| graph.resource(*id));
            let Some(resource) = resource else { return Truth::UNKNOWN };
            match (resource.mode, resource.type_name.as_str(), resource.declared_as.as_str()) {
                (Mode::Managed, "AWS::IAM::ManagedPolicy", _) => Truth::NO,
                // A name can be a policy of the customer's too; one of this name is AWS's.
                (Mode::Data, _, "aws_iam_policy") => {
                    let given = |argument: &str| {
                        let map = resource.values.as_map()?;
                        map.get(argument)?.value.as_str().map(|text| text.to_string())
                    };
                    match (given("name"), given("arn")) {
                        (Some(given), _) => Truth::of(given == name),
                        (None, Some(arn)) => Truth::of(arn.ends_with(&wanted)),
                        (None, None) => Truth::UNKNOWN,
                    }
                }
                _ => Truth::UNKNOWN,
            }
        }
        _ => Truth::UNKNOWN,
    }
}
