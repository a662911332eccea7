//! Custom resources that stand for a type of the registry: the AWS CDK makes some resources with a function of its own
//! and hands the service's API request to it.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Entry, List, ListKind, Map, Member, Value};

/// The registry type that a custom resource stands for.
pub(super) fn stands_for(declared: &str) -> Option<&'static str> {
    match declared {
        // `aws-eks.Cluster` of the CDK: `Config` is the request of EKS's `CreateCluster`.
        "Custom::AWSCDK-EKS-Cluster" => Some("AWS::EKS::Cluster"),
        _ => None,
    }
}

/// Its properties as the registry has them.
pub(super) fn properties(values: &Value) -> Value {
    let config = values.as_map().and_then(|map| map.get("Config")).map(|entry| &entry.value);
    let Some(config) = config else { return values.clone() };
    let mut config = pascal(config, 0);
    if let Data::Map(map) = &mut config.data {
        for entry in &mut Arc::make_mut(map).entries {
            if entry.key == "Logging" {
                entry.value = logging(&entry.value);
            }
        }
    }
    config
}

/// The API's names as the registry has them: `roleArn` is `RoleArn`. Tags are a map of the user's own keys.
fn pascal(value: &Value, depth: usize) -> Value {
    let data = match &value.data {
        Data::Map(map) if depth < 32 => {
            let entries = map.entries.iter().map(|entry| {
                let mut letters = entry.key.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                let key: Str = first.into_iter().chain(letters).collect();
                let value = if key == "Tags" { entry.value.clone() } else { pascal(&entry.value, depth + 1) };
                Entry { key, value, ..entry.clone() }
            });
            Data::Map(Arc::new(Map { entries: entries.collect(), ..(**map).clone() }))
        }
        Data::List(list) if depth < 32 => {
            let member = |m: &Member| Member { guard: m.guard, value: pascal(&m.value, depth + 1) };
            Data::List(Arc::new(List {
                members: list.members.iter().map(member).collect(),
                ..(**list).clone()
            }))
        }
        _ => return value.clone(),
    };
    Value { data, ..value.clone() }
}

/// `clusterLogging: [{ enabled: true, types: [api] }]` of the API is `ClusterLogging: { EnabledTypes: [{ Type: api }] }`
/// in the registry.
fn logging(value: &Value) -> Value {
    let Some(setups) = value.as_map().and_then(|map| map.get("ClusterLogging")) else { return value.clone() };
    let Some(list) = setups.value.as_list() else { return value.clone() };
    let mut members = Vec::new();
    for setup in &list.members {
        let Some(map) = setup.value.as_map() else { continue };
        if map.get("Enabled").is_some_and(|e| matches!(e.value.data, Data::Bool(false))) {
            continue;
        }
        let Some(types) = map.get("Types") else { continue };
        for member in types.value.as_list().map(|l| l.members.as_slice()).unwrap_or_default() {
            let one = Value::object([("Type".into(), member.value.clone())]);
            members.push(Member { guard: member.guard, value: one.with_origin(member.value.origin) });
        }
    }
    let enabled = Value::new(
        Data::List(Arc::new(List { kind: ListKind::List, members, rest: list.rest })),
        setups.value.origin,
    );
    let inner = Value::object([("EnabledTypes".into(), enabled)]).with_origin(setups.value.origin);
    Value::object([("ClusterLogging".into(), inner)]).with_origin(value.origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_the_cdk_is_one() {
        let types = Value::list([Value::string("api"), Value::string("audit")]);
        let setup = Value::object([("enabled".into(), Value::bool(true)), ("types".into(), types)]);
        let logging = Value::object([("clusterLogging".into(), Value::list([setup]))]);
        let tags = Value::object([("owner".into(), Value::string("me"))]);
        let config = Value::object([
            ("roleArn".into(), Value::string("arn")),
            ("logging".into(), logging),
            ("tags".into(), tags),
        ]);
        let lowered = properties(&Value::object([("Config".into(), config)]));
        let get = |value: &Value, key: &str| value.as_map().unwrap().get(key).unwrap().value.clone();
        assert_eq!(get(&lowered, "RoleArn").as_str().unwrap(), "arn");
        assert_eq!(get(&get(&lowered, "Tags"), "owner").as_str().unwrap(), "me");
        let enabled = get(&get(&get(&lowered, "Logging"), "ClusterLogging"), "EnabledTypes");
        let names: Vec<Value> =
            enabled.as_list().unwrap().members.iter().map(|m| get(&m.value, "Type")).collect();
        assert_eq!(names, [Value::string("api"), Value::string("audit")]);
    }
}
