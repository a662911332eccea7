//! The command line as its users meet it: exit codes, filters, formats, suppressions, configuration.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::common::command::{code, command, run, write};

/// A public bucket ACL and a closed bucket beside it.
const OPEN: &str = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"b\"\n}\n\n\
    resource \"aws_s3_bucket_acl\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  acl    = \"public-read\"\n}\n";
const OPEN_TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    \
    Properties:\n      AccessControl: PublicRead\n";
const POLICY: &str = "s3-public-acl";

fn json(root: &Path, args: &[&str]) -> (i32, Value) {
    let output = run(root, &[&["check", "--format", "json", "--select", POLICY], args].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), value)
}

/// `path:line address` of every finding.
fn places(value: &Value) -> Vec<String> {
    value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let l = &f["location"];
            format!(
                "{}:{} {}",
                l["path"].as_str().unwrap(),
                l["start"]["line"],
                f["resource"]["address"].as_str().unwrap()
            )
        })
        .collect()
}

fn said(value: &Value) -> Vec<String> {
    value["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| format!("{}: {}", e["severity"].as_str().unwrap(), e["message"].as_str().unwrap()))
        .collect()
}

#[test]
fn exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let (rc, value) = json(root, &["."]);
    assert_eq!(
        (rc, places(&value).len(), value["summary"]["files"].as_u64()),
        (0, 0, Some(0)),
        "nothing is nothing"
    );
    write(root, "main.tf", OPEN);
    let (rc, value) = json(root, &["."]);
    assert_eq!((rc, places(&value)), (1, vec!["main.tf:7 aws_s3_bucket.b".to_owned()]));
    assert_eq!(value["version"], 1);
    assert_eq!(json(root, &[".", "--fail-on", "critical"]).0, 0);
    assert_eq!(json(root, &[".", "--exit-zero"]).0, 0);
    write(root, "broken/main.tf", "resource \"aws_s3_bucket\" {{{\n");
    let (rc, value) = json(root, &["."]);
    assert_eq!(rc, 2, "an error wins over findings");
    assert_eq!(places(&value).len(), 1, "the rest goes on");
    assert_eq!(json(root, &[".", "--exit-zero"]).0, 2);
    let missing = json(root, &["no-such-directory"]);
    assert_eq!(
        (missing.0, said(&missing.1)),
        (2, vec!["error: can't read `no-such-directory`: no such file or directory".to_owned()])
    );
    assert_eq!(code(&run(root, &["check", "--no-such-option"])), 2);
    assert_eq!(code(&run(root, &["--help"])), 0);
    assert_eq!(code(&run(root, &["--version"])), 0);
    assert_eq!(code(&run(root, &[])), 2);
}

#[test]
fn a_name_that_nothing_has_is_an_error_with_a_guess() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", OPEN);
    let output =
        run(dir.path(), &["check", "--format", "json", "--select", "s3-public-acls", "--pack", "recomended"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(code(&output), 2);
    assert_eq!(
        said(&value),
        ["error: there is no pack `recomended`", "error: there is no policy `s3-public-acls`"]
    );
    assert_eq!(value["errors"][1]["help"], "did you mean `s3-public-acl`?");
}

#[test]
fn policies_are_chosen_by_pack_id_alias_and_start() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", OPEN);
    let ids = |args: &[&str]| {
        let output = run(dir.path(), &[&["check", "--format", "json"], args].concat());
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut ids: Vec<String> = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["policy"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let recommended = ids(&[]);
    assert!(recommended.contains(&POLICY.to_owned()), "{recommended:?}");
    let all = ids(&["--pack", "all"]);
    assert!(all.len() > recommended.len() && recommended.iter().all(|id| all.contains(id)));
    assert_eq!(ids(&["--select", "CKV_AWS_20"]), [POLICY]);
    assert!(ids(&["--select", "s3-*"]).contains(&POLICY.to_owned()));
    assert!(!ids(&["--ignore", POLICY]).contains(&POLICY.to_owned()));
    assert!(ids(&["--select", "kms-*"]).is_empty());
}

#[test]
fn named_files_filter_but_whole_roots_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, ".git/HEAD", "ref: refs/heads/main");
    write(root, "main.tf", "module \"m\" {\n  source = \"./m\"\n  acl    = \"public-read\"\n}\n");
    write(root, "other.tf", OPEN.replace("\"b\"", "\"other\"").replace(".b.", ".other."));
    write(
        root,
        "m/main.tf",
        format!("variable \"acl\" {{}}\n{}", OPEN.replace("\"public-read\"", "var.acl")),
    );
    let address = "module.m.aws_s3_bucket.b";
    let call = format!("main.tf:3 {address}");
    let other = "other.tf:7 aws_s3_bucket.other".to_owned();
    assert_eq!(places(&json(root, &["."]).1), [call.clone(), other.clone()], "the call's argument sets it");
    assert_eq!(places(&json(root, &["main.tf"]).1), std::slice::from_ref(&call));
    assert_eq!(
        places(&json(root, &["m/main.tf"]).1),
        std::slice::from_ref(&call),
        "the inner line is related"
    );
    assert_eq!(places(&json(root, &["other.tf", "m/main.tf"]).1), [call.clone(), other]);
    let value = json(root, &["m/main.tf"]).1;
    let related = value["findings"][0]["related"].as_array().unwrap();
    assert!(
        related.iter().any(|r| r["location"]["path"] == "m/main.tf" && r["location"]["start"]["line"] == 8),
        "{related:?}"
    );
    // as a root of its own the module's variable is open
    assert_eq!(places(&json(root, &["m"]).1), Vec::<String>::new());
    assert_eq!(json(root, &["m"]).1["summary"]["unknown"], 1);
}

#[test]
fn a_member_of_what_the_call_hands_on_is_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "main.tf",
        "module \"m\" {\n  source = \"./m\"\n  buckets = {\n    a = {\n      acl = \"public-read\"\n    }\n  }\n}\n",
    );
    write(
        root,
        "m/main.tf",
        "variable \"buckets\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  for_each = var.buckets\n}\n\
         resource \"aws_s3_bucket_acl\" \"b\" {\n  for_each = var.buckets\n  bucket = aws_s3_bucket.b[each.key].id\n  \
         acl = try(each.value.acl, \"private\")\n}\n",
    );
    let value = json(root, &["."]).1;
    assert_eq!(places(&value), ["main.tf:5 module.m.aws_s3_bucket.b[\"a\"]"]);
    let related = value["findings"][0]["related"].to_string();
    assert!(related.contains("used here"), "{related}");
}

#[test]
fn what_the_serverless_transform_makes_names_what_it_is_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let template = "Transform: AWS::Serverless-2016-10-31\nResources:\n  Shop:\n    Type: AWS::Serverless::Api\n    \
                    Properties:\n      StageName: prod\n";
    write(root, "t.yaml", template);
    let output = run(root, &["check", "--format", "json", "--select", "apigateway-no-tracing"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(places(&value), ["t.yaml:3 ShopprodStage"]);
    let related = &value["findings"][0]["related"][0];
    assert_eq!(
        (related["address"].as_str(), related["message"].as_str()),
        (Some("Shop"), Some("made of `Shop`"))
    );
}

#[test]
fn of_a_block_over_several_lines_its_name_is_the_place() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "main.tf",
        "resource \"aws_eks_cluster\" \"c\" {\n  vpc_config {\n    subnet_ids = []\n  }\n}\n\
         resource \"aws_iam_user\" \"u\" {\n}\nresource \"aws_iam_user_policy\" \"u\" {\n  user   = aws_iam_user.u.name\n  \
         policy = jsonencode({ Statement = [] })\n}\n",
    );
    let template = "Resources:\n  C:\n    Type: AWS::EKS::Cluster\n    Properties:\n      ResourcesVpcConfig:\n        \
                    # public and private\n        SubnetIds:\n          - a\n";
    write(root, "t.yaml", template);
    let json_template = "{\"Resources\": {\"C\": {\"Type\": \"AWS::EKS::Cluster\", \"Properties\": {\n  \
                         \"ResourcesVpcConfig\": {\n    \"SubnetIds\": [\"a\"]\n  }\n}}}}\n";
    write(root, "t.json", json_template);
    let select = ["--select", "eks-public-endpoint-open", "--select", "iam-user-policy"];
    let output = run(root, &[&["check", "--format", "json"], select.as_slice()].concat());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let spans: Vec<String> = value["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let (start, end) = (&f["location"]["start"], &f["location"]["end"]);
            let path = f["location"]["path"].as_str().unwrap();
            format!("{path} {}:{}-{}:{}", start["line"], start["column"], end["line"], end["column"])
        })
        .collect();
    let expected = ["main.tf 2:3-2:13", "main.tf 8:1-8:35", "t.json 2:3-2:23", "t.yaml 5:7-5:25"];
    assert_eq!(spans, expected);
}

#[test]
fn the_default_of_a_variable_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "variable \"acl\" {{\n  default = \"public-read\"\n}}\n{}",
        OPEN.replace("\"public-read\"", "var.acl")
    );
    write(dir.path(), "main.tf", &text);
    let (rc, value) = json(dir.path(), &["."]);
    assert_eq!((rc, places(&value)), (1, vec!["main.tf:10 aws_s3_bucket.b".to_owned()]));
    let related = value["findings"][0]["related"].to_string();
    assert!(related.contains("set by `var.acl`, default here"), "{related}");
    assert_eq!(json(dir.path(), &[".", "--var", "acl=private"]).0, 0);
    write(dir.path(), "x.tfvars", "acl = \"private\"\n");
    assert_eq!(json(dir.path(), &[".", "--var-file", "x.tfvars"]).0, 0);
    let output =
        command(dir.path(), &["check", "--select", POLICY]).env("TF_VAR_acl", "private").output().unwrap();
    assert_eq!(code(&output), 0);
}

#[test]
fn a_condition_is_told_and_parameters_decide_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = "Parameters:\n  Stage: { Type: String, Default: dev, AllowedValues: [dev, prod] }\n\
        Conditions:\n  IsProd: !Equals [!Ref Stage, prod]\nResources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      \
        AccessControl: !If [IsProd, Private, PublicRead]\n";
    write(dir.path(), "t.yaml", text);
    let (rc, value) = json(dir.path(), &["t.yaml"]);
    assert_eq!(rc, 1);
    assert_eq!(value["findings"][0]["condition"], "`IsProd` is false");
    assert_eq!(json(dir.path(), &["t.yaml", "--parameters", "Stage=prod"]).0, 0);
    let (rc, value) = json(dir.path(), &["t.yaml", "--parameters", "Stage=dev"]);
    assert_eq!((rc, &value["findings"][0]["condition"]), (1, &Value::Null));
}

#[test]
fn standard_input_stands_for_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "main.tf", OPEN);
    let piped = |text: &str, args: &[&str]| {
        use std::io::Write;
        let args = [&["check", "--format", "json", "--select", POLICY], args].concat();
        let mut child = command(root, &args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (
            output.status.code().unwrap(),
            serde_json::from_slice::<Value>(&output.stdout).unwrap_or(Value::Null),
        )
    };
    let closed = OPEN.replace("public-read", "private");
    assert_eq!(piped(&closed, &["-", "--stdin-filename", "main.tf"]).0, 0, "it stands in front of the disk");
    let (rc, value) = piped(OPEN_TEMPLATE, &["-", "--stdin-filename", "new.yaml"]);
    assert_eq!((rc, places(&value)), (1, vec!["new.yaml:6 B".to_owned()]));
    assert_eq!(piped("", &["-"]).0, 2, "a name is needed");
}

#[test]
fn formats_and_outputs_are_paired() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "main.tf", OPEN);
    let args = [
        "check", "--format", "sarif", "--output", "a.sarif", "--format", "json", "--output", "b.json",
        "--format", "github",
    ];
    let output = command(root, &args).env("GITHUB_STEP_SUMMARY", root.join("summary.md")).output().unwrap();
    assert_eq!(code(&output), 1);
    let sarif: Value = serde_json::from_slice(&fs::read(root.join("a.sarif")).unwrap()).unwrap();
    let json: Value = serde_json::from_slice(&fs::read(root.join("b.json")).unwrap()).unwrap();
    assert_eq!(
        sarif["runs"][0]["results"].as_array().unwrap().len(),
        json["findings"].as_array().unwrap().len()
    );
    let fingerprint = &sarif["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"];
    assert_eq!(fingerprint, &json["findings"][0]["fingerprint"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("::error title="), "{text}");
    assert!(fs::read_to_string(root.join("summary.md")).unwrap().contains("| `s3-public-acl` |"));
    assert_eq!(code(&run(root, &["check", "--format", "json", "--output", "no/such/dir/x.json"])), 2);
}

#[test]
fn text_has_no_colours_unless_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", OPEN);
    let plain = run(dir.path(), &["check", "--select", POLICY]);
    let text = String::from_utf8(plain.stdout).unwrap();
    assert!(!text.contains('\u{1b}') && text.contains("main.tf:7"), "{text}");
    assert!(
        text.contains("masugata explain s3-public-acl") && text.contains("# masugata: ignore[s3-public-acl]")
    );
    let forced = command(dir.path(), &["check"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&forced.stdout).contains('\u{1b}'));
    let both =
        command(dir.path(), &["check"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!String::from_utf8_lossy(&both.stdout).contains('\u{1b}'));
}

#[test]
fn suppressions_in_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let with = |comment: &str| {
        write(root, "main.tf", OPEN.replace("\"public-read\"", &format!("\"public-read\" {comment}")));
        let (rc, value) = json(root, &["."]);
        (rc, value["summary"]["suppressed"].as_u64().unwrap(), said(&value))
    };
    assert_eq!(with("# masugata: ignore[s3-public-acl] a public website"), (0, 1, vec![]));
    assert_eq!(with("# masugata: ignore[CKV_AWS_20] by its alias"), (0, 1, vec![]));
    assert_eq!(
        with("# masugata: ignore[s3-public-acl]"),
        (1, 0, vec!["warning: this suppression gives no reason, so it does not count".to_owned()])
    );
    assert_eq!(
        with("# masugata: ignore[s3-public-acl] ended until=2020-01-01"),
        (1, 0, vec!["warning: this suppression counted until 2020-01-01".to_owned()])
    );
    assert_eq!(
        with("# masugata: ignore[s3-public-acl, s3-public-ac] typo"),
        (0, 1, vec!["warning: there is no policy `s3-public-ac`".to_owned()])
    );
    assert_eq!(with("# checkov:skip=CKV_AWS_20:public website"), (0, 1, vec![]));
    assert_eq!(with("# tfsec:ignore:AVD-AWS-0092").0, 0);
    assert_eq!(json(root, &[".", "--no-inline-suppressions"]).0, 1);
    write(root, "masugata.toml", "compat = false\n");
    assert_eq!(with("# checkov:skip=CKV_AWS_20:public website").0, 1);
    assert_eq!(with("# masugata: ignore[s3-public-acl] ours still count").0, 0);
    write(root, "masugata.toml", "[suppressions]\nforbidden = [\"s3-public-acl\"]\n");
    let (rc, suppressed, said) = with("# masugata: ignore[s3-public-acl] reason");
    assert_eq!((rc, suppressed), (1, 0));
    assert!(said[0].contains("does not allow `s3-public-acl`"), "{said:?}");
}

#[test]
fn ignore_files_of_other_tools_count_for_the_same_check() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "app/main.tf", OPEN);
    assert_eq!(json(root, &[]).0, 1);
    for (name, text) in [
        (".checkov.yaml", "skip-check:\n  - CKV_AWS_20\n"),
        (".trivyignore", "AVD-AWS-0092\n"),
        (".trivyignore.yaml", "misconfigurations:\n  - id: AVD-AWS-0092\n    paths: [app/*.tf]\n"),
    ] {
        write(root, name, text);
        let (code, value) = json(root, &["app"]);
        assert_eq!((code, places(&value), said(&value)), (0, vec![], vec![]), "{name}");
        assert_eq!(value["summary"]["suppressed"], 1, "{name}");
        write(root, "masugata.toml", "compat = false\n");
        assert_eq!(json(root, &["app"]).0, 1, "{name}");
        write(root, "masugata.toml", "[suppressions]\nforbidden = [\"s3-public-acl\"]\n");
        assert_eq!(json(root, &["app"]).0, 1, "{name}");
        fs::remove_file(root.join("masugata.toml")).unwrap();
        fs::remove_file(root.join(name)).unwrap();
    }
    write(root, ".trivyignore", "AVD-AWS-9999\nCVE-2020-1\n");
    let (code, value) = json(root, &["app"]);
    assert_eq!((code, said(&value)), (1, vec![]), "what we don't know makes no noise");
}

/// As many suppressions as resources: each is found by its place.
#[test]
fn very_many_suppressions() {
    let dir = tempfile::tempdir().unwrap();
    let n = if cfg!(debug_assertions) { 2_000 } else { 20_000 };
    let block = |i: usize| {
        let text = OPEN.replace("\"b\"", &format!("\"b{i}\"")).replace(".b.", &format!(".b{i}."));
        if i.is_multiple_of(2) {
            text.replace("\n}", " # masugata: ignore[s3-public-acl] a public site\n}")
        } else {
            text
        }
    };
    write(dir.path(), "main.tf", (0..n).map(block).collect::<String>());
    let (code, value) = json(dir.path(), &[]);
    assert_eq!((code, places(&value).len()), (1, n / 2));
    assert_eq!(value["summary"]["suppressed"], n / 2);
}

#[test]
fn an_unused_suppression_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "main.tf",
        "# masugata: ignore[s3-public-acl] not needed\nresource \"aws_s3_bucket\" \"b\" {}\n",
    );
    let (rc, value) = json(dir.path(), &["."]);
    assert_eq!(rc, 0);
    assert_eq!(
        said(&value),
        ["warning: `s3-public-acl` does not fail here, so this suppression is not needed"]
    );
    assert_eq!(value["errors"][0]["location"]["start"]["column"], 20);
}

#[test]
fn the_configuration_decides() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "main.tf", OPEN);
    write(root, "examples/main.tf", OPEN);
    write(root, "legacy/main.tf", OPEN);
    write(
        root,
        "masugata.toml",
        "exclude = [\"legacy\"]\n[severity]\nCKV_AWS_20 = \"low\"\n[[overrides]]\npaths = [\"examples/**\"]\nignore = [\"s3-public-acl\"]\n",
    );
    let (rc, value) = json(root, &["."]);
    assert_eq!((rc, places(&value)), (1, vec!["main.tf:7 aws_s3_bucket.b".to_owned()]));
    assert_eq!(value["findings"][0]["severity"], "low");
    write(root, "masugata.toml", "fail_on = \"high\"\n");
    let (rc, value) = json(root, &["."]);
    assert_eq!((rc, said(&value)), (2, vec!["error: there is no setting `fail_on`".to_owned()]));
    assert_eq!(value["errors"][0]["help"], "did you mean `fail-on`?");
    assert_eq!(value["errors"][0]["location"]["path"], "masugata.toml");
    write(root, "other.toml", "ignore = [\"s3-public-acl\"]\n");
    let output = run(root, &["check", "--config", "other.toml", "--format", "json"]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("\"policy\": \"s3-public-acl\""));
}

#[test]
fn a_teams_own_pages_run() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let page = "---\nseverity: critical\npacks: [recommended]\nwithout: { terraform: \"short\", cloudformation: \"short\" }\n---\n\
        # Buckets need a name\n\n```hcl policy\nresource \"AWS::S3::Bucket\" {\n  fail    = self.BucketName == \"b\"\n  \
        at      = self.BucketName\n  message = \"bucket `${self.name}` is called b\"\n}\n```\n";
    write(root, "main.tf", OPEN);
    write(root, "policies/s3-named-b.md", page);
    write(root, "masugata.toml", "policies = \"policies\"\n");
    let output = run(root, &["check", "--format", "json", "--select", "s3-named-b"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), places(&value)), (1, vec!["main.tf:2 aws_s3_bucket.b".to_owned()]));
    assert_eq!(value["findings"][0]["severity"], "critical");
    assert!(String::from_utf8_lossy(&run(root, &["policies"]).stdout).contains("s3-named-b"));
    write(root, "policies/s3-named-b.md", page.replace("self.BucketName ==", "self.BucketNam =="));
    let output = run(root, &["check", "--format", "json", "--select", "s3-named-b"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(code(&output), 2, "a broken page is an error");
    assert!(value["errors"].to_string().contains("BucketName"), "{}", value["errors"]);
}

#[test]
fn fingerprints_survive_moving_and_renaming() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let print = || json(root, &["."]).1["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    write(root, "main.tf", OPEN);
    let first = print();
    fs::remove_file(root.join("main.tf")).unwrap();
    write(root, "renamed.tf", format!("# a comment\n\n\n{OPEN}"));
    assert_eq!(print(), first);
    write(root, "renamed.tf", OPEN.replace(" \"b\" {", " \"c\" {").replace("bucket.b.", "bucket.c."));
    assert_ne!(print(), first);
}

#[test]
fn max_findings_leaves_out_the_mild_ones_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let many: String = (0..20)
        .map(|n| {
            OPEN.replace(" \"b\" {", &format!(" \"b{n}\" {{")).replace("bucket.b.", &format!("bucket.b{n}."))
        })
        .collect();
    write(dir.path(), "main.tf", &many);
    let (rc, value) = json(dir.path(), &[".", "--max-findings", "5"]);
    assert_eq!((rc, places(&value).len(), value["summary"]["fail"].as_u64()), (1, 5, Some(20)));
    assert_eq!(said(&value), ["warning: 15 findings are left out; the 5 worst are listed"]);
    assert_eq!(places(&json(dir.path(), &[".", "--max-findings", "0"]).1).len(), 20);
}

#[test]
fn the_same_bytes_whatever_the_thread_count() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..12 {
        write(dir.path(), &format!("r{n}/main.tf"), OPEN);
        write(dir.path(), &format!("t{n}.yaml"), OPEN_TEMPLATE);
    }
    let one = run(dir.path(), &["check", "--pack", "all", "--format", "json", "--threads", "1"]).stdout;
    for threads in ["2", "5", "0"] {
        let many =
            run(dir.path(), &["check", "--pack", "all", "--format", "json", "--threads", threads]).stdout;
        assert!(one == many, "with {threads} threads");
    }
    assert!(one.len() > 1000);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let many: String = (0..300)
        .map(|n| {
            OPEN.replace(" \"b\" {", &format!(" \"b{n}\" {{")).replace("bucket.b.", &format!("bucket.b{n}."))
        })
        .collect();
    write(dir.path(), "main.tf", &many);
    let mut child =
        command(dir.path(), &["check"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn policies_and_explain() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["policies", "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let policies = value["policies"].as_array().unwrap();
    assert!(policies.len() >= 40, "{}", policies.len());
    for policy in policies {
        for key in ["id", "title", "severity", "packs", "resource", "dialects", "controls", "aliases", "fix"]
        {
            assert!(policy.get(key).is_some(), "{key} of {policy}");
        }
    }
    let page = String::from_utf8(run(dir.path(), &["explain", POLICY]).stdout).unwrap();
    assert!(page.contains(POLICY) && page.contains("AWS::S3::Bucket"), "{page}");
    assert_eq!(String::from_utf8(run(dir.path(), &["explain", "ckv_aws_20"]).stdout).unwrap(), page);
    let wrong = run(dir.path(), &["explain", "s3-public-acls"]);
    assert_eq!(code(&wrong), 2);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `s3-public-acl`?"));
}

#[test]
fn the_graph_is_told() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "main.tf", OPEN);
    let value: Value = serde_json::from_slice(&run(dir.path(), &["graph"]).stdout).unwrap();
    let resources = value["resources"].as_array().unwrap();
    let bucket = resources.iter().find(|r| r["address"] == "aws_s3_bucket.b").unwrap();
    assert_eq!(
        (&bucket["type"], &bucket["exists"], &bucket["mode"]),
        (&"AWS::S3::Bucket".into(), &"yes".into(), &"managed".into())
    );
    assert_eq!(bucket["values"]["bucket"], "b");
    assert_eq!(
        bucket["properties"]["AccessControl"], "PublicRead",
        "what the companion says is the bucket's"
    );
    let edge = &value["edges"][0];
    assert_eq!((&edge["from"], &edge["to"]), (&"aws_s3_bucket_acl.b".into(), &"aws_s3_bucket.b".into()));
    let dot = String::from_utf8(run(dir.path(), &["graph", "--format", "dot"]).stdout).unwrap();
    assert!(dot.contains("\"aws_s3_bucket_acl.b\" -> \"aws_s3_bucket.b\""), "{dot}");
    let mermaid = String::from_utf8(run(dir.path(), &["graph", "--format", "mermaid"]).stdout).unwrap();
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("-->"), "{mermaid}");
}

#[test]
fn expressions_are_evaluated() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "main.tf",
        "variable \"env\" {\n  default = \"dev\"\n}\nvariable \"open\" {\n  type = string\n}\nvariable \"pw\" {\n  default   = \"x\"\n  \
         sensitive = true\n}\nlocals {\n  name = \"a-${var.env}\"\n}\n",
    );
    let eval = |args: &[&str]| {
        let output = run(root, &[&["eval", "--format", "json"], args].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(eval(&["local.name"]), "{\"expr\": \"local.name\", \"value\": \"a-dev\"}\n");
    assert_eq!(
        eval(&["1 / 8", "[true, null]"]),
        "{\"expr\": \"1 / 8\", \"value\": 0.125}\n{\"expr\": \"[true, null]\", \"value\": [true,null]}\n"
    );
    assert_eq!(
        eval(&["var.open"]),
        "{\"expr\": \"var.open\", \"unknown\": \"var.open\", \"type\": \"string\"}\n"
    );
    let partial: Value = serde_json::from_str(&eval(&["[var.open, 1]"])).unwrap();
    assert_eq!(partial["value"], serde_json::json!([{"$unknown": "var.open"}, 1]));
    let secret: Value = serde_json::from_str(&eval(&["var.pw"])).unwrap();
    assert_eq!((&secret["value"], &secret["sensitive"]), (&"x".into(), &true.into()));
    let wrong: Value = serde_json::from_str(&eval(&["1 +"])).unwrap();
    assert!(wrong["error"].is_string(), "{wrong}");
    assert_eq!(eval(&["var.env", "--var", "env=prod"]), "{\"expr\": \"var.env\", \"value\": \"prod\"}\n");
    let text = String::from_utf8(run(root, &["eval", "local.name"]).stdout).unwrap();
    assert!(text.starts_with("\"a-dev\"\n"), "{text}");
}

#[test]
fn expressions_of_templates_are_evaluated() {
    let dir = tempfile::tempdir().unwrap();
    let text = "Parameters:\n  Name: { Type: String, Default: web }\nMappings:\n  M: { a: { k: v } }\nResources:\n  \
        T: { Type: AWS::SNS::Topic }\n";
    write(dir.path(), "t.yaml", text);
    let eval = |expr: &str| -> Value {
        let output = run(dir.path(), &["eval", "--root", "t.yaml", "--format", "json", expr]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(eval("!Sub 'x-${Name}'")["value"], "x-web");
    assert_eq!(eval("!FindInMap [M, a, k]")["value"], "v");
    assert_eq!(eval("Fn::Join: ['-', [a, !Ref Name]]")["value"], "a-web");
    assert!(eval("!Ref T")["unknown"].is_string());
}

/// A page may be about the policy and about the role that has it: one place is one finding.
#[test]
fn a_policy_and_its_role_are_one_finding() {
    let dir = tempfile::tempdir().unwrap();
    let text = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = \"{}\"\n}\n\
                resource \"aws_iam_role_policy\" \"p\" {\n  role   = aws_iam_role.r.id\n  \
                policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })\n}\n";
    write(dir.path(), "main.tf", text);
    let output = run(
        dir.path(),
        &["check", "--format", "json", "--output", "o.json", "--select", "iam-full-admin-policy"],
    );
    assert_eq!(output.status.code(), Some(1));
    let value: Value = serde_json::from_str(&fs::read_to_string(dir.path().join("o.json")).unwrap()).unwrap();
    assert_eq!(value["findings"].as_array().unwrap().len(), 1, "{value}");
}
