//! What a machine image asks of the instances that are made of it.
//!
//! Images of Amazon Linux 2023 are registered with `imds-support` set to `v2.0`, so that an instance whose launch says
//! nothing demands a token ("IMDSv2", Amazon Linux 2023 User Guide; "Configure the AMI", Amazon EC2 User Guide). The
//! images that ECS and EKS make of it keep that.

use crate::eval::{Data, Part, Store, Truth, UnknownId, UnknownKind, Value};
use crate::graph::Graph;
use crate::program::Mode;

/// Whether a value names an image that demands IMDSv2 by itself. What is not known to be one is none: a launch that
/// says nothing leaves it to whatever image comes.
pub fn demands_imdsv2(graph: &Graph, value: &Value) -> Truth {
    let store: &Store = &graph.store;
    let arms = store.arms(value);
    let each = arms.iter().map(|(guard, value)| store.truth_under(Truth::of(one(graph, value)), *guard));
    each.fold(Truth::UNKNOWN, |all, one| Truth {
        yes: store.or(all.yes, one.yes),
        no: store.or(all.no, one.no),
    })
}

fn one(graph: &Graph, value: &Value) -> bool {
    match &value.data {
        // `{{resolve:ssm:/aws/service/…}}`
        Data::String(text) => is_demanding(text),
        Data::Text(parts) => {
            let literal: String = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    Part::Term(_) => "*",
                })
                .collect();
            is_demanding(&literal)
        }
        Data::Unknown(id) => unknown(graph, *id),
        _ => false,
    }
}

fn unknown(graph: &Graph, id: UnknownId) -> bool {
    let store = &graph.store;
    if let Some(name) = store.stored_under(id) {
        return is_demanding(&name);
    }
    let reference = match store.unknown_info(id).kind {
        UnknownKind::Attribute(reference) => reference,
        UnknownKind::Part { of, .. } => return unknown(graph, of),
        // `nonsensitive(data.aws_ssm_parameter.al2023.value)`
        UnknownKind::Derived { on, .. } => match on.as_slice() {
            [only] => return unknown(graph, *only),
            _ => return false,
        },
        _ => return false,
    };
    let resource = graph.by_instance.get(&reference.instance).and_then(|id| graph.resource(*id));
    let Some(resource) = resource.filter(|r| r.mode == Mode::Data) else { return false };
    let field = |value: &Value, name: &str| value.as_map().and_then(|m| m.get(name)).map(|e| e.value.clone());
    match resource.declared_as.as_str() {
        "aws_ssm_parameter" => field(&resource.values, "name").is_some_and(|name| one(graph, &name)),
        "aws_ami" => {
            let Some(filters) = field(&resource.values, "filter") else { return false };
            let Data::List(filters) = &filters.data else { return false };
            filters.members.iter().any(|filter| {
                let named =
                    field(&filter.value, "name").is_some_and(|n| n.as_str().is_some_and(|n| n == "name"));
                let values = field(&filter.value, "values");
                let Some(Data::List(values)) = values.map(|v| v.data) else { return false };
                let all = values.members.iter().all(|v| v.value.as_str().is_some_and(|v| is_demanding(v)));
                named && all && !values.members.is_empty() && values.rest.is_none()
            })
        }
        _ => false,
    }
}

/// A name of an image, or of a public parameter that holds its id.
fn is_demanding(name: &str) -> bool {
    let name = name.strip_prefix("{{resolve:ssm:").unwrap_or(name);
    name.starts_with("al2023-ami-")
        || name.starts_with("/aws/service/ami-amazon-linux-latest/al2023-")
        || (name.starts_with("/aws/service/e") && name.contains("/amazon-linux-2023/"))
}

#[cfg(test)]
mod tests {
    use super::is_demanding;

    #[test]
    fn names_of_images() {
        for name in [
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64}}",
            "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
            "/aws/service/eks/optimized-ami/1.31/amazon-linux-2023/x86_64/standard/recommended/image_id",
            "al2023-ami-2023*-x86_64",
        ] {
            assert!(is_demanding(name), "{name}");
        }
        for name in [
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
            "/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id",
            "/our/images/al2023-ami-hardened",
            "amzn2-ami-hvm-*",
            "*",
            "ami-0123456789abcdef0",
        ] {
            assert!(!is_demanding(name), "{name}");
        }
    }
}
