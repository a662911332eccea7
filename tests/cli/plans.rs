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
