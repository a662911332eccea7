//! A plan (`terraform show -json`) beside the configuration that it was made of.

use std::path::Path;

use serde_json::Value;

use super::common::command::{run, write};

/// `policy address path:line` of every finding, and how many were suppressed.
fn findings(root: &Path, path: &str) -> (Vec<String>, u64) {
    let output = run(root, &["check", "--format", "json", "--pack", "all", path]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["errors"].as_array().unwrap().len(), 0, "{}", value["errors"]);
    let mut all: Vec<String> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let (l, address) = (&f["location"], f["resource"]["address"].as_str().unwrap());
            let (policy, path) = (f["policy"].as_str().unwrap(), l["path"].as_str().unwrap());
            format!("{policy} {address} {path}:{}", l["start"]["line"])
        })
        .collect();
    all.sort();
    (all, value["summary"]["suppressed"].as_u64().unwrap())
}

#[test]
fn a_plan_and_its_sources_give_the_same_findings() {
    let (main, module) = (include_str!("../plan_beside/main.tf"), include_str!("../plan_beside/m/main.tf"));
    let plan = include_str!("../plan_beside/plan.json");
    let sources = tempfile::tempdir().unwrap();
    write(sources.path(), "main.tf", main);
    write(sources.path(), "m/main.tf", module);
    let (expected, suppressed) = findings(sources.path(), ".");
    assert!(expected.len() >= 12 && suppressed == 1, "{expected:?} {suppressed}");
    write(sources.path(), "plan.json", plan);
    assert_eq!(findings(sources.path(), "plan.json"), (expected.clone(), suppressed));
    // Together they say it once.
    assert_eq!(findings(sources.path(), ".").0, expected);
}

#[test]
fn the_configuration_of_a_plan_may_lie_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "infra/main.tf", include_str!("../plan_beside/main.tf"));
    write(dir.path(), "infra/m/main.tf", include_str!("../plan_beside/m/main.tf"));
    write(dir.path(), "build/plan.json", include_str!("../plan_beside/plan.json"));
    let (expected, suppressed) = findings(dir.path(), "infra");
    let (alone, _) = findings(dir.path(), "build/plan.json");
    assert!(alone.iter().all(|f| f.contains(" build/plan.json:")), "{alone:?}");
    write(dir.path(), "masugata.toml", "[plans]\n\"build/*.json\" = \"infra\"\n");
    assert_eq!(findings(dir.path(), "build/plan.json"), (expected, suppressed));
}

#[test]
fn a_plan_alone_has_its_own_places() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "plan.json", include_str!("../plan_beside/plan.json"));
    let (alone, _) = findings(dir.path(), "plan.json");
    assert!(alone.len() >= 12, "{alone:?}");
    assert!(alone.iter().all(|f| f.contains(" plan.json:")), "{alone:?}");
    // A configuration that has nothing to do with it changes nothing.
    write(dir.path(), "main.tf", "resource \"aws_sqs_queue\" \"q\" {\n  kms_master_key_id = \"k\"\n}\n");
    let beside = findings(dir.path(), "plan.json").0;
    assert_eq!(beside, alone);
}

/// The recorded plan against what the compiler understood of the sources: the same addresses, and every argument that
/// both know has the same value.
#[test]
fn the_graph_of_the_sources_is_what_terraform_planned() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", include_str!("../plan_beside/main.tf"));
    write(dir.path(), "m/main.tf", include_str!("../plan_beside/m/main.tf"));
    let graph: Value =
        serde_json::from_slice(&run(dir.path(), &["graph", "--format", "json", "."]).stdout).unwrap();
    let plan: Value = serde_json::from_str(include_str!("../plan_beside/plan.json")).unwrap();
    let changes = plan["resource_changes"].as_array().unwrap();
    let mut compared = 0;
    let mut addresses: Vec<&str> = Vec::new();
    for resource in graph["resources"].as_array().unwrap() {
        if resource["mode"] != "managed" || resource.get("presence").is_some() {
            continue;
        }
        let address = resource["address"].as_str().unwrap();
        addresses.push(address);
        assert_eq!(resource["exists"], "yes", "{address}");
        let change = changes.iter().find(|c| c["address"] == address).expect(address);
        let after = &change["change"]["after"];
        for (name, value) in resource["values"].as_object().unwrap() {
            compared += usize::from(agrees(value, &after[name]).unwrap_or_else(|| {
                panic!("{address}.{name}: {value} is not {}", after[name]);
            }));
        }
    }
    addresses.sort_unstable();
    let mut planned: Vec<&str> = changes.iter().map(|c| c["address"].as_str().unwrap()).collect();
    planned.sort_unstable();
    assert_eq!(addresses, planned);
    assert!(compared >= 23, "{compared}");
}

/// Whether a value of ours is a planned one; none if they contradict each other. Blocks hold what the source sets.
fn agrees(ours: &Value, planned: &Value) -> Option<bool> {
    match (ours, planned) {
        (Value::Array(a), Value::Array(b)) => {
            let found = |own: &Value| b.iter().any(|other| agrees(own, other).is_some());
            (a.len() == b.len() && a.iter().all(found)).then_some(true)
        }
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(k, v)| agrees(v, b.get(k).unwrap_or(&Value::Null)).is_some()).then_some(true)
        }
        (a, b) => (a == b).then_some(true),
    }
}

/// What a plan leaves open its configuration tells: locals, what a module makes of an object, write-only arguments.
/// Blocks that only the configuration's `dynamic` blocks tell are not taken for missing.
#[test]
fn what_a_plan_leaves_open_is_told_by_its_configuration() {
    let configuration = r#"locals {
  target = aws_sqs_queue.dead.arn
  log    = { bucket = aws_s3_bucket.logs.id }
}
resource "aws_sqs_queue" "dead" {}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = "arn:aws:iam::111122223333:role/f"
  dynamic "dead_letter_config" {
    for_each = local.target == null ? [] : [true]
    content {
      target_arn = local.target
    }
  }
}
resource "aws_s3_bucket" "logs" {}
resource "aws_s3_bucket" "data" {}
resource "aws_s3_bucket_logging" "data" {
  bucket        = aws_s3_bucket.data.id
  target_bucket = local.log["bucket"]
  target_prefix = "x"
}
resource "aws_db_instance" "d" {
  instance_class      = "db.t4g.micro"
  password_wo         = "correct-horse-battery"
  password_wo_version = 1
}
"#;
    let change = |address: &str, after: Value, unknown: Value| {
        let (kind, name) = address.split_once('.').unwrap();
        serde_json::json!({
            "address": address, "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}
        })
    };
    let written = |address: &str, expressions: Value| {
        let (kind, name) = address.split_once('.').unwrap();
        serde_json::json!({"mode": "managed", "type": kind, "name": name, "expressions": expressions})
    };
    let plan = serde_json::json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [
            change("aws_sqs_queue.dead", serde_json::json!({}), serde_json::json!({"arn": true})),
            change(
                "aws_lambda_function.f",
                serde_json::json!({"function_name": "f", "role": "arn:aws:iam::111122223333:role/f"}),
                serde_json::json!({"dead_letter_config": true, "tracing_config": true}),
            ),
            change("aws_s3_bucket.logs", serde_json::json!({}), serde_json::json!({"id": true, "logging": true})),
            change("aws_s3_bucket.data", serde_json::json!({}), serde_json::json!({"id": true, "logging": true})),
            change(
                "aws_s3_bucket_logging.data",
                serde_json::json!({"target_prefix": "x"}),
                serde_json::json!({"bucket": true, "target_bucket": true}),
            ),
            change(
                "aws_db_instance.d",
                serde_json::json!({"instance_class": "db.t4g.micro", "password_wo": null, "password_wo_version": 1}),
                serde_json::json!({"id": true}),
            ),
        ],
        "configuration": {"root_module": {"resources": [
            written("aws_sqs_queue.dead", serde_json::json!({})),
            written("aws_lambda_function.f", serde_json::json!({
                "function_name": {"constant_value": "f"},
                "role": {"constant_value": "arn:aws:iam::111122223333:role/f"}
            })),
            written("aws_s3_bucket.logs", serde_json::json!({})),
            written("aws_s3_bucket.data", serde_json::json!({})),
            written("aws_s3_bucket_logging.data", serde_json::json!({
                "bucket": {"references": ["aws_s3_bucket.data.id", "aws_s3_bucket.data"]},
                "target_bucket": {"references": ["local.log[\"bucket\"]", "local.log"]},
                "target_prefix": {"constant_value": "x"}
            })),
            written("aws_db_instance.d", serde_json::json!({
                "instance_class": {"constant_value": "db.t4g.micro"},
                "password_wo": {"constant_value": "correct-horse-battery"},
                "password_wo_version": {"constant_value": 1}
            })),
        ]}}
    });
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a/main.tf", configuration);
    let (expected, _) = findings(dir.path(), "a");
    assert!(expected.iter().any(|f| f.starts_with("rds-plaintext-password")), "{expected:?}");
    write(dir.path(), "a/plan.json", plan.to_string());
    assert_eq!(findings(dir.path(), "a/plan.json").0, expected);
    // Alone it says less, and nothing else.
    write(dir.path(), "alone/plan.json", plan.to_string());
    let addresses = |all: &[String]| -> Vec<String> {
        all.iter().map(|f| f.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let (alone, expected) = (addresses(&findings(dir.path(), "alone/plan.json").0), addresses(&expected));
    assert!(alone.len() > 5 && alone.iter().all(|f| expected.contains(f)), "{alone:?} {expected:?}");
}
