//! SARIF as code scanning takes it: valid against the standard, within GitHub's limits, and pointing where the findings
//! are. GitHub refuses a file as a whole for one mistake.

use std::path::Path;

use serde_json::Value;

use super::common::command::{run, write};

/// The run's outcome as SARIF, and as our own JSON to compare it with.
fn both(root: &Path, args: &[&str]) -> (Value, Value) {
    let all =
        [&["check", "--format", "sarif", "--output", "s.out", "--format", "json", "--output", "j.out"], args];
    run(root, &all.concat());
    let read = |name: &str| serde_json::from_str(&std::fs::read_to_string(root.join(name)).unwrap()).unwrap();
    (read("s.out"), read("j.out"))
}

fn validate(schema: &Value, document: &Value) {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{} at {}", e, e.instance_path())).take(10).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

fn check(root: &Path, args: &[&str]) {
    let (sarif, json) = both(root, args);
    validate(&serde_json::from_str(include_str!("../fixtures/sarif.schema.json")).unwrap(), &sarif);
    // by hand also against the standard's own schema, which is not ours to copy
    if let Ok(path) = std::env::var("MASUGATA_SARIF_SCHEMA") {
        validate(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), &sarif);
    }
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    let mut prints = std::collections::HashSet::new();
    for (result, finding) in results.iter().zip(findings) {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], finding["policy"]);
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.starts_with(finding["message"].as_str().unwrap()), "{text}");
        let print = &result["partialFingerprints"]["primaryLocationLineHash"];
        assert_eq!(print, &finding["fingerprint"]);
        assert!(prints.insert(print.clone()), "{print} is there twice");
        let place = &result["locations"][0]["physicalLocation"];
        for (ours, theirs) in [("start", "start"), ("end", "end")] {
            let region = &place["region"];
            assert_eq!(region[format!("{theirs}Line")], finding["location"][ours]["line"]);
            assert_eq!(region[format!("{theirs}Column")], finding["location"][ours]["column"]);
        }
        // a related place that no text links to is not shown
        for related in result["relatedLocations"].as_array().into_iter().flatten() {
            let id = related["id"].as_u64().unwrap();
            assert!(text.contains(&format!("[{id}]({id})")), "{text}");
        }
    }
    let failed = json["errors"].as_array().unwrap().iter().any(|e| e["severity"] == "error");
    assert_eq!(run["invocations"][0]["executionSuccessful"], !failed);
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(told.len(), json["errors"].as_array().unwrap().len());
}

#[test]
fn it_is_valid_whatever_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "empty/readme", "");
    check(root, &["empty"]);
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"日本 😀 \\\"x\\\"\"\n}\n\n\
        resource \"aws_s3_bucket_acl\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  acl    = var.acl\n}\n\n\
        variable \"acl\" {\n  default = \"public-read\"\n}\n";
    write(root, "odd name, 100% [é]/main.tf", bucket);
    write(root, "odd name, 100% [é]/broken #1.tf", "a = [\n");
    write(
        root,
        "calls/main.tf",
        "module \"m\" {\n  source = \"../m\"\n  for_each = toset([\"a\", \"b\"])\n  acl = \"public-read\"\n}\n",
    );
    write(root, "m/main.tf", bucket);
    write(root, "binary.yaml", b"AWSTemplateFormatVersion: 2010-09-09\0\xff\xfe\x01");
    write(
        root,
        "t.yaml",
        "Parameters:\n  Env:\n    Type: String\nConditions:\n  Prod: !Equals [!Ref Env, prod]\nResources:\n  B:\n    \
         Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: !If [Prod, Private, PublicRead]\n",
    );
    check(root, &["--pack", "all"]);
    check(root, &["--pack", "all", "t.yaml"]);
    check(&root.join("calls"), &["--pack", "all"]);
}

#[test]
fn it_is_valid_for_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let dir = tempfile::tempdir().unwrap();
    for entry in ignore::Walk::new(&examples).flatten().filter(|e| e.file_type().is_some_and(|t| t.is_file()))
    {
        let name = entry.path().strip_prefix(&examples).unwrap().to_string_lossy().into_owned();
        write(dir.path(), &name, std::fs::read(entry.path()).unwrap());
    }
    check(dir.path(), &["--pack", "all"]);
}

/// Real code: `MASUGATA_CORPUS` names a directory.
#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn it_is_valid_for_a_corpus() {
    for root in std::env::var("MASUGATA_CORPUS").unwrap().split(':') {
        let dir = tempfile::tempdir().unwrap();
        let files = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let (s, j) = (files("s.out"), files("j.out"));
        let args = [
            "check", ".", "--pack", "all", "--format", "sarif", "--output", &s, "--format", "json",
            "--output", &j,
        ];
        run(Path::new(root), &args);
        let read = |name: &str| -> Value {
            serde_json::from_str(&std::fs::read_to_string(dir.path().join(name)).unwrap()).unwrap()
        };
        let (sarif, json) = (read("s.out"), read("j.out"));
        validate(&serde_json::from_str(include_str!("../fixtures/sarif.schema.json")).unwrap(), &sarif);
        if let Ok(path) = std::env::var("MASUGATA_SARIF_SCHEMA") {
            validate(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(), &sarif);
        }
        let results = sarif["runs"][0]["results"].as_array().unwrap().len();
        assert_eq!(results, json["findings"].as_array().unwrap().len());
        assert!(results > 0);
    }
}
