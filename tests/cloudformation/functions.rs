//! Intrinsic functions, nested at random, and what AWS's own cloudformation-validate 1.14.0 resolves them to
//! (`functions.tsv`: an expression, a value). The template around them declares what they name.

use serde_json::{Value, json};

use super::support::world;

/// Texts, as CloudFormation passes numbers and truth values on; lists and maps member by member.
fn texts(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), texts(value))).collect(),
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    }
}

#[test]
fn functions_give_what_aws_resolves_them_to() {
    let rows: Vec<(Value, Value)> = include_str!("functions.tsv")
        .lines()
        .map(|line| {
            let (expr, value) = line.split_once('\t').unwrap();
            (serde_json::from_str(expr).unwrap(), serde_json::from_str(value).unwrap())
        })
        .collect();
    assert!(rows.len() >= 200, "{}", rows.len());
    let properties: serde_json::Map<String, Value> =
        rows.iter().enumerate().map(|(at, (expr, _))| (format!("P{at}"), expr.clone())).collect();
    let template = json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {
            "P": {"Type": "String", "Default": "pv"},
            "N": {"Type": "Number", "Default": 7},
            "PL": {"Type": "CommaDelimitedList", "Default": "u, v,w"},
        },
        "Mappings": {"M": {
            "k1": {"s": "m1", "t": "m-2", "l": ["la", "lb"]},
            "k2": {"s": "n1", "t": "n-2", "l": ["lc"]},
        }},
        "Conditions": {"T": {"Fn::Equals": ["a", "a"]}, "F": {"Fn::Not": [{"Condition": "T"}]}},
        "Resources": {"A": {"Type": "Custom::Thing", "Properties": properties}},
    });
    let world = world(&[("t.json", &template.to_string())]);
    assert_eq!(world.said("t.json"), [""; 0]);
    let linked = world.linked("t.json");
    let resource = linked.graph.resources.iter().find(|r| r.address == "A").unwrap();
    let properties = resource.properties.as_map().unwrap();
    for (at, (expr, wanted)) in rows.iter().enumerate() {
        let found = &properties.get(&format!("P{at}")).unwrap().value;
        let found = masugata::report::value_json(&linked.graph.store, found);
        assert_eq!(texts(&found), texts(wanted), "{expr}");
    }
}
