//! What a module that is not there is handed may be configured by it: what nobody else has set is unknown then.

use std::path::Path;

use serde_json::Value;

use super::common::command::{run, write};

/// `policy address verdict` of what does not pass.
fn verdicts(root: &Path, policies: &str) -> Vec<String> {
    let arguments = ["check", ".", "--format", "json", "--pack", "all", "--unknown", "--select", policies];
    let value: Value = serde_json::from_slice(&run(root, &arguments).stdout).unwrap();
    let shown = |finding: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let [policy, verdict, message] = ["policy", "verdict", "message"].map(|name| text(&finding[name]));
        let reason = message.split_once("can't be decided: ").map(|(_, reason)| format!(": {reason}"));
        format!("{policy} {} {verdict}{}", text(&finding["resource"]["address"]), reason.unwrap_or_default())
    };
    let mut verdicts: Vec<String> = value["findings"].as_array().unwrap().iter().map(shown).collect();
    verdicts.sort();
    verdicts
}

#[test]
fn terraform() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "main.tf",
        r#"
resource "aws_s3_bucket" "handed" {
  bucket = "example-handed"
}

resource "aws_s3_bucket" "said" {
  bucket = "example-said"
}

resource "aws_s3_bucket_versioning" "said" {
  bucket = aws_s3_bucket.said.id
  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_s3_bucket" "own" {
  bucket = "example-own"
}

module "guard" {
  source  = "example/guard/aws"
  buckets = [aws_s3_bucket.handed.id, aws_s3_bucket.said.arn]
  again   = module.guard.something
}

resource "aws_s3_bucket" "off" {
  bucket = "example-off"
}

module "off" {
  count   = 0
  source  = "example/guard/aws"
  buckets = [aws_s3_bucket.off.id]
}

resource "aws_lb" "handed" {
  name = "handed"
}

resource "aws_lb" "own" {
  name = "own"
}

module "wall" {
  source    = "example/waf/aws"
  resources = { a = aws_lb.handed.arn }
}
"#,
    );
    let verdicts = verdicts(root, "s3-no-versioning,s3-plaintext-http,elb-no-waf");
    insta::assert_debug_snapshot!(verdicts, @r#"
    [
        "elb-no-waf aws_lb.handed unknown: `module.wall`, which is not there, may configure it",
        "elb-no-waf aws_lb.own fail",
        "s3-no-versioning aws_s3_bucket.handed unknown: `module.guard`, which is not there, may configure it",
        "s3-no-versioning aws_s3_bucket.off fail",
        "s3-no-versioning aws_s3_bucket.own fail",
        "s3-no-versioning aws_s3_bucket.said fail",
        "s3-plaintext-http aws_s3_bucket.handed unknown: `module.guard`, which is not there, may configure it",
        "s3-plaintext-http aws_s3_bucket.off fail",
        "s3-plaintext-http aws_s3_bucket.own fail",
        "s3-plaintext-http aws_s3_bucket.said unknown: `module.guard`, which is not there, may configure it",
    ]
    "#);
}

#[test]
fn cloudformation() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "app.yaml",
        r#"
Resources:
  Handed: {Type: AWS::S3::Bucket}
  Own: {Type: AWS::S3::Bucket}
  Guard:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://example.s3.amazonaws.com/guard.yaml
      Parameters: {Bucket: !Ref Handed}
"#,
    );
    let verdicts = verdicts(root, "s3-no-versioning,s3-plaintext-http");
    insta::assert_debug_snapshot!(verdicts, @r#"
    [
        "s3-no-versioning Handed unknown: `Guard`, whose template is not there, may configure it",
        "s3-no-versioning Own fail",
        "s3-plaintext-http Handed unknown: `Guard`, whose template is not there, may configure it",
        "s3-plaintext-http Own fail",
    ]
    "#);
}
