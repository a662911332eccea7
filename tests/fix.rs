//! Fixes from end to end: source in, corrected source out, and nothing else changed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

#[path = "fix/cdk.rs"]
mod cdk_apps;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use masugata::Str;
use masugata::check::{Options, Session};
use masugata::fix::{self, Outcomes, Wanted};
use masugata::source::Loader;
use proptest::prelude::*;

/// Where the files are that only exist in memory: a directory that no machine has, or its files would be read as well.
const ROOT: &str = "/no-such-directory";

/// Mends files with all policies of the selection; everything is allowed.
fn mend(files: &[(&str, &str)], select: &[&str]) -> (Vec<(String, String)>, Outcomes) {
    let outcomes = run(files, select, true);
    // What is mended stays mended: a second run has nothing to do.
    let mut after: Vec<(String, String)> =
        files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    for (path, _, text) in &outcomes.files {
        let name = path.strip_prefix(ROOT).unwrap().to_string_lossy().into_owned();
        after.iter_mut().find(|(p, _)| *p == name).unwrap().1 = text.to_string();
    }
    let again: Vec<(&str, &str)> = after.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let second = run(&again, select, true);
    assert!(second.files.is_empty(), "a second run changes something: {:?}", second.files);
    assert!(outcomes.defects.is_empty(), "{:#?}", outcomes.defects);
    (after, outcomes)
}

fn run(files: &[(&str, &str)], select: &[&str], unsafe_fixes: bool) -> Outcomes {
    let mut loader = Loader::new(ROOT);
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    let mut options =
        Options { paths: files.iter().map(|(p, _)| (*p).into()).collect(), ..Options::default() };
    options.wanted.select = select.iter().map(|s| (*s).into()).collect();
    let session = Session::open(loader, options);
    fix::fix(&session, Wanted { unsafe_fixes, ..Wanted::default() })
}

/// The text that one file becomes.
fn mended(path: &str, text: &str, select: &[&str]) -> String {
    let (after, outcomes) = mend(&[(path, text)], select);
    assert!(!outcomes.fixed.is_empty(), "nothing is fixed: {outcomes:#?}");
    after[0].1.clone()
}

#[test]
fn a_literal_becomes_another_and_the_rest_stays() {
    let text = "# a\r\nresource \"aws_ebs_volume\" \"v\" {\r\n\tavailability_zone = \"a\"  # b\r\n\tsize = 4\r\n\tencrypted=false /* c */\r\n}\r\n";
    assert_eq!(
        mended("main.tf", text, &["ebs-unencrypted"]),
        text.replace("encrypted=false", "encrypted=true")
    );
}

#[test]
fn an_argument_is_inserted_beside_its_siblings_and_aligned() {
    let text = r#"resource "aws_db_instance" "db" {
  engine         = "postgres"
  instance_class = "db.t3.micro" # small
  username       = "app"

  tags = {
    a = "b"
  }
}
"#;
    insta::assert_snapshot!(mended("main.tf", text, &["rds-storage-unencrypted"]), @r#"
    resource "aws_db_instance" "db" {
      engine            = "postgres"
      instance_class    = "db.t3.micro" # small
      username          = "app"
      storage_encrypted = true

      tags = {
        a = "b"
      }
    }
    "#);
}

#[test]
fn the_value_is_mended_where_it_comes_from() {
    let module = "variable \"encrypted\" {\n  default = true\n}\nresource \"aws_ebs_volume\" \"v\" {\n  availability_zone = \"a\"\n  size              = 4\n  encrypted         = var.encrypted\n}\n";
    let root = "module \"m\" {\n  source    = \"./m\"\n  encrypted = false\n}\n";
    let (after, _) = mend(&[("main.tf", root), ("m/main.tf", module)], &["ebs-unencrypted"]);
    assert_eq!(after[0].1, root.replace("false", "true"));
    assert_eq!(after[1].1, module);
    let plain = "module \"m\" {\n  source = \"./m\"\n}\n";
    let weak = module.replace("default = true", "default = false");
    let (after, _) = mend(&[("main.tf", plain), ("m/main.tf", &weak)], &["ebs-unencrypted"]);
    assert_eq!(after[0].1, plain);
    assert_eq!(after[1].1, module);
}

#[test]
fn a_companion_is_written_behind_its_owner() {
    let text = r#"resource "aws_s3_bucket" "logs" {
  for_each = toset(["a", "b"])
  bucket   = each.key
}

output "x" { value = 1 }
"#;
    insta::assert_snapshot!(mended("main.tf", text, &["s3-no-public-access-block"]), @r#"
    resource "aws_s3_bucket" "logs" {
      for_each = toset(["a", "b"])
      bucket   = each.key
    }

    resource "aws_s3_bucket_public_access_block" "logs" {
      for_each = toset(["a", "b"])

      bucket = aws_s3_bucket.logs[each.key].id

      block_public_acls       = true
      block_public_policy     = true
      ignore_public_acls      = true
      restrict_public_buckets = true
    }

    output "x" { value = 1 }
    "#);
}

#[test]
fn yaml_keeps_its_style() {
    let text = "Resources:\n    # the volume\n    V:\n        Type: AWS::EC2::Volume\n        Properties: {AvailabilityZone: a}\n    W:\n        Type: AWS::EC2::Volume\n        Properties:\n            Encrypted: 'false' # why\n";
    insta::assert_snapshot!(mended("t.yaml", text, &["ebs-unencrypted"]), @r"
    Resources:
        # the volume
        V:
            Type: AWS::EC2::Volume
            Properties: {AvailabilityZone: a, Encrypted: true}
        W:
            Type: AWS::EC2::Volume
            Properties:
                Encrypted: 'true' # why
    ");
}

#[test]
fn json_keeps_its_style() {
    let text = "{\n\t\"Resources\" : {\n\t\t\"V\" : {\n\t\t\t\"Type\" : \"AWS::EC2::Volume\",\n\t\t\t\"Properties\" : {\n\t\t\t\t\"AvailabilityZone\" : \"a\"\n\t\t\t}\n\t\t},\n\t\t\"W\" : { \"Type\" : \"AWS::EC2::Volume\" }\n\t}\n}\n";
    insta::assert_snapshot!(mended("t.json", text, &["ebs-unencrypted"]), @r#"
    {
    	"Resources" : {
    		"V" : {
    			"Type" : "AWS::EC2::Volume",
    			"Properties" : {
    				"AvailabilityZone" : "a",
    				"Encrypted" : true
    			}
    		},
    		"W" : { "Type" : "AWS::EC2::Volume", "Properties" : {"Encrypted" : true} }
    	}
    }
    "#);
}

#[test]
fn what_may_cut_off_use_waits_for_permission() {
    let text =
        "resource \"aws_instance\" \"i\" {\n  ami           = \"x\"\n  instance_type = \"t3.micro\"\n}\n";
    let outcomes = run(&[("main.tf", text)], &["ec2-imdsv1"], false);
    assert!(outcomes.files.is_empty());
    assert_eq!(outcomes.held_back.len(), 1);
}

#[test]
fn damaged_files_are_refused() {
    let text = "resource \"aws_kms_key\" \"k\" {}\nresource \"aws_kms_key\" \"l\" {\n  x = = 1\n}\n";
    let outcomes = run(&[("main.tf", text)], &["kms-no-rotation"], true);
    assert!(outcomes.files.is_empty());
    assert!(
        outcomes.left.iter().any(|c| c.note.as_deref().unwrap_or("").contains("syntax errors")),
        "{outcomes:#?}"
    );
}

#[test]
fn findings_carry_their_fixes() {
    let text = "resource \"aws_kms_key\" \"k\" {\n  description = \"x\"\n}\n";
    let mut loader = Loader::new(ROOT);
    loader.overlay(Path::new("main.tf"), text);
    let mut options = Options { paths: vec!["main.tf".into()], ..Options::default() };
    options.wanted.packs = vec!["all".into()];
    options.wanted.select = vec!["kms-no-rotation".into()];
    let session = Session::open(loader, options);
    let outcome = fix::check_with_offers(&session, &masugata::check::Quiet);
    let fix = outcome.findings[0].fix.as_ref().unwrap();
    assert_eq!(fix.edits.len(), 1);
    // Inserted as a line of its own, and its neighbour aligned.
    assert_eq!(fix.edits[0].text, "  description         = \"x\"\n  enable_key_rotation = true\n");
    assert!(masugata::report::json(&outcome).contains("\"applicability\": \"safe\""));
    let rdjson: serde_json::Value = serde_json::from_str(&masugata::report::rdjson(&outcome)).unwrap();
    assert_eq!(rdjson["diagnostics"][0]["suggestions"][0]["range"]["start"]["line"], 2);
    let sarif: serde_json::Value = serde_json::from_str(&masugata::report::sarif(&outcome)).unwrap();
    let replacement = &sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"]["startLine"], 2);
}

/// Whatever one character is missing: no panic, no half edit, nothing but whole findings mended; what is written parses no
/// worse than what was read.
#[test]
fn damage_leads_to_no_half_edit() {
    let sources = [
        (
            "main.tf",
            "resource \"aws_kms_key\" \"k\" {\r\n\tdescription = \"x\" # why\r\n}\r\nresource \"aws_s3_bucket\" \"b\" {}\r\n",
            &["kms-no-rotation", "s3-no-public-access-block"],
        ),
        (
            "t.yaml",
            "\u{feff}Resources:\n  K:\n    Type: AWS::KMS::Key\n    Properties: {Description: x}\n  B: {Type: 'AWS::S3::Bucket'}\n",
            &["kms-no-rotation", "s3-no-public-access-block"],
        ),
    ];
    for (path, text, select) in sources {
        let whole = run(&[(path, text)], select, true);
        assert_eq!(whole.fixed.len(), 2, "{whole:#?}");
        for at in (0..text.len()).step_by(31).filter(|at| text.is_char_boundary(*at)) {
            let mut damaged = text.to_owned();
            damaged.remove(at);
            let outcomes = run(&[(path, &damaged)], select, true);
            assert!(outcomes.defects.is_empty(), "{at}: {:#?}", outcomes.defects);
            for (_, before, after) in &outcomes.files {
                // Only lines are added or changed where a finding was mended; the others are still there, in order.
                let mut rest = after.lines();
                let kept = before.lines().filter(|line| rest.clone().any(|l| l == *line)).count();
                assert!(kept + 2 >= before.lines().count(), "{at}: {after}");
                assert!(rest.next().is_some());
                assert_eq!(before.contains('\r'), after.contains('\r'));
            }
        }
    }
}

/// A bucket with a policy that says `statements`, as HCL.
fn bucket(policy: &str) -> String {
    format!(
        "resource \"aws_s3_bucket\" \"b\" {{\n  bucket = \"b\"\n}}\n\nresource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = aws_s3_bucket.b.id\n  policy = {policy}\n}}\n"
    )
}

#[test]
fn a_statement_is_appended_where_the_document_is_written() {
    let heredoc = bucket(
        "<<EOF\n{\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"123456789012\"},\n      \"Action\": \"s3:GetObject\", \"Resource\": \"${aws_s3_bucket.b.arn}/*\"\n    }\n  ]\n}\nEOF",
    );
    let after = mended("main.tf", &heredoc, &["s3-plaintext-http"]);
    let (head, tail) = heredoc.split_once("\n  ]\n").unwrap();
    let statement = after.strip_prefix(head).unwrap().strip_suffix(&format!("\n  ]\n{tail}")).unwrap();
    insta::assert_snapshot!(statement, @r#"
    ,
        {
          "Sid": "DenyInsecureTransport",
          "Effect": "Deny",
          "Principal": "*",
          "Action": "s3:*",
          "Resource": ["${aws_s3_bucket.b.arn}", "${aws_s3_bucket.b.arn}/*"],
          "Condition": {"Bool": {"aws:SecureTransport": "false"}}
        }
    "#);
}

#[test]
fn one_statement_that_stands_for_a_list_becomes_one() {
    let encoded = bucket(
        "jsonencode({\n    Statement = {\n      Effect    = \"Allow\"\n      Principal = { AWS = \"123456789012\" }\n      Action    = \"s3:GetObject\"\n      Resource  = \"${aws_s3_bucket.b.arn}/*\"\n    }\n  })",
    );
    let after = mended("main.tf", &encoded, &["s3-plaintext-http"]);
    let policy = after.split_once("policy = ").unwrap().1;
    insta::assert_snapshot!(policy, @r#"
    jsonencode({
        Statement = [{
          Effect    = "Allow"
          Principal = { AWS = "123456789012" }
          Action    = "s3:GetObject"
          Resource  = "${aws_s3_bucket.b.arn}/*"
          }, {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [aws_s3_bucket.b.arn, "${aws_s3_bucket.b.arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        }]
      })
    }
    "#);
    let template = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n  P:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref B\n      PolicyDocument:\n        Statement:\n          # who reads\n          Effect: Allow\n          Principal: {AWS: '123456789012'}\n          Action: s3:GetObject\n          Resource: !Sub ${B.Arn}/*\n";
    let after = mended("t.yaml", template, &["s3-plaintext-http"]);
    insta::assert_snapshot!(after.split_once("Statement:\n").unwrap().1, @r"
              # who reads
              - Effect: Allow
                Principal: {AWS: '123456789012'}
                Action: s3:GetObject
                Resource: !Sub ${B.Arn}/*
              - Sid: DenyInsecureTransport
                Effect: Deny
                Principal: '*'
                Action: s3:*
                Resource:
                  - !GetAtt B.Arn
                  - !Sub ${B.Arn}/*
                Condition:
                  Bool:
                    aws:SecureTransport: 'false'
    ");
}

#[test]
fn a_document_in_an_escaped_string_or_a_plain_file_is_left_to_a_person() {
    let quoted = bucket("\"{\\\"Statement\\\":[]}\"");
    let text = "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"123456789012\"}, \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::b/*\"}]}";
    let file = bucket("file(\"${path.module}/policy.json\")");
    for files in [vec![("main.tf", quoted.as_str())], vec![("main.tf", &file), ("policy.json", text)]] {
        let outcomes = run(&files, &["s3-plaintext-http"], true);
        assert!(outcomes.files.is_empty() && outcomes.defects.is_empty(), "{outcomes:#?}");
        assert!(outcomes.manual[0].note.as_deref().unwrap().contains("aws:SecureTransport"));
    }
}

#[test]
fn a_companion_that_is_declared_and_not_there_is_not_added_again() {
    let text = format!(
        "variable \"on\" {{\n  default = false\n}}\n{}",
        bucket("jsonencode({ Statement = [] })")
            .replace("  bucket = aws", "  count  = var.on ? 1 : 0\n  bucket = aws")
    );
    let outcomes = run(&[("main.tf", &text)], &["s3-plaintext-http"], true);
    assert!(outcomes.files.is_empty() && outcomes.defects.is_empty(), "{outcomes:#?}");
    assert_eq!(outcomes.manual.len(), 1);
}

#[test]
fn a_statement_is_taken_away_unless_it_is_the_only_one() {
    let allow = |principal: &str| {
        format!(
            "      {{ Effect = \"Allow\", Principal = {principal}, Action = \"s3:GetObject\", Resource = \"arn:aws:s3:::b/*\" }},\n"
        )
    };
    let (everyone, role) = (allow("\"*\""), allow("{ AWS = \"123456789012\" }"));
    let with =
        |statements: &str| bucket(&format!("jsonencode({{\n    Statement = [\n{statements}    ]\n  }})"));
    let after = mended("main.tf", &with(&format!("{everyone}{role}")), &["s3-public-policy"]);
    assert_eq!(after, with(&role));
    let outcomes = run(&[("main.tf", &with(&everyone))], &["s3-public-policy"], true);
    assert!(outcomes.files.is_empty() && outcomes.defects.is_empty(), "{outcomes:#?}");
    assert_eq!(outcomes.manual.len(), 1);
}

#[test]
fn what_is_for_a_person_has_the_text_to_fill_in() {
    let text = "resource \"aws_sqs_queue\" \"q\" {\n  name = \"q\"\n}\n";
    let outcomes = run(&[("main.tf", text)], &["sqs-no-own-key"], true);
    let note = outcomes.manual[0].note.as_deref().unwrap();
    assert!(note.ends_with("\n  at main.tf:2:\n    kms_master_key_id = \"<key ARN>\""), "{note}");
    assert!(outcomes.files.is_empty());
}

#[test]
fn what_a_module_computes_of_its_inputs_is_not_overwritten() {
    let module = "variable \"days\" {\n  default = 0\n}\nresource \"aws_db_instance\" \"d\" {\n  engine                  = \"postgres\"\n  backup_retention_period = min(var.days, 5)\n}\n";
    let outcomes = run(&[("main.tf", module)], &["rds-no-backup"], true);
    assert!(outcomes.files.is_empty(), "{outcomes:#?}");
    assert_eq!(outcomes.left.len(), 1, "{outcomes:#?}");
}

#[test]
fn several_members_of_something_empty_are_written_at_once() {
    let terraform = "resource \"aws_lb_listener\" \"l\" {\n  load_balancer_arn = \"x\"\n  protocol          = \"HTTP\"\n\n  default_action {\n    type = \"fixed-response\"\n\n    redirect {}\n  }\n}\n";
    let after = mended("main.tf", terraform, &["elb-plaintext-listener"]);
    assert_eq!(
        after,
        terraform.replace("fixed-response", "redirect").replace(
            "redirect {}",
            "redirect {\n      protocol    = \"HTTPS\"\n      port        = \"443\"\n      status_code = \"HTTP_301\"\n    }"
        )
    );
    let template = "Resources:\n  P:\n    Type: AWS::Cognito::UserPool\n  Q:\n    Type: AWS::Cognito::UserPool\n    Properties: {}\n";
    insta::assert_snapshot!(mended("t.yaml", template, &["cognito-no-mfa"]), @r"
    Resources:
      P:
        Type: AWS::Cognito::UserPool
        Properties:
          MfaConfiguration: 'ON'
          EnabledMfas:
            - SOFTWARE_TOKEN_MFA
      Q:
        Type: AWS::Cognito::UserPool
        Properties:
          MfaConfiguration: 'ON'
          EnabledMfas:
            - SOFTWARE_TOKEN_MFA
    ");
}

#[test]
fn a_serverless_function_is_mended_in_its_own_words() {
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.13\n      Handler: app.main\n      InlineCode: x\n";
    assert_eq!(mended("t.yaml", text, &["lambda-no-tracing"]), format!("{text}      Tracing: Active\n"));
}

/// A session, opened once: reading the pages is most of what a small run costs.
fn opened(path: &str, text: &str) -> Session {
    let mut loader = Loader::new(ROOT);
    loader.overlay(Path::new(path), text);
    Session::open(loader, Options { paths: vec![path.into()], ..Options::default() })
}

/// The session with another text of its file.
fn with(session: &Session, path: &str, text: &str) -> Session {
    session.overlaid(&BTreeMap::from([(Path::new(ROOT).join(path), Arc::from(text))]))
}

/// What a file becomes, and what comes of it.
fn fixed(session: &Session, path: &str, text: &str, only: Option<Vec<Str>>) -> (String, Outcomes) {
    let outcomes =
        fix::fix(&with(session, path, text), Wanted { unsafe_fixes: true, generated: false, only });
    let after = outcomes.files.first().map_or(text.to_owned(), |(.., after)| after.to_string());
    assert!(outcomes.files.len() < 2);
    (after, outcomes)
}

const TERRAFORM: &str = r#"# what is here
variable "encrypted" {
  default = false # for all
}

resource "aws_kms_key" "k" {
  description = "x"
}

resource "aws_ebs_volume" "v" {
  availability_zone = "eu-west-1a"
  size              = 4
  encrypted         = var.encrypted
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs-of-all"
}

resource "aws_db_instance" "db" {
  engine         = "postgres"
  instance_class = "db.t3.micro"
  username       = "app"

  publicly_accessible = true /* ! */
}

resource "aws_security_group" "g" {
  vpc_id = "vpc-12345678"

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", "0.0.0.0/0"]
  }
}

resource "aws_sqs_queue" "q" { name = "q" }
"#;

const YAML: &str = r#"Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: {Description: x}
  Volume:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: eu-west-1a
      Size: 4
      Encrypted: 'false' # why
  Logs: {Type: 'AWS::S3::Bucket'}
  Queue:
    Type: AWS::SQS::Queue
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema:
      - AttributeName: a
        KeyType: HASH
      AttributeDefinitions:
      - {AttributeName: a, AttributeType: S}
      BillingMode: PAY_PER_REQUEST
"#;

const JSON: &str = r#"{
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "x"}},
        "Volume": {
            "Type": "AWS::EC2::Volume",
            "Properties": {
                "AvailabilityZone": "eu-west-1a",
                "Encrypted": false
            }
        },
        "Logs": {
            "Type": "AWS::S3::Bucket"
        }
    }
}
"#;

const SOURCES: [(&str, &str); 3] = [("main.tf", TERRAFORM), ("t.yaml", YAML), ("t.json", JSON)];

/// The number of mistakes that a text has.
fn mistakes(session: &Session, path: &str, text: &str) -> usize {
    let outcome = with(session, path, text).check(&masugata::check::Quiet);
    outcome.diagnostics.iter().filter(|d| d.severity == masugata::source::Severity::Error).count()
}

/// Where the edits that stand beside the findings of a text are.
fn offered(session: &Session, path: &str, text: &str) -> Vec<(usize, usize)> {
    let outcome = fix::check_with_offers(&with(session, path, text), &masugata::check::Quiet);
    let edits = outcome.findings.iter().filter_map(|f| f.fix.as_ref()).flat_map(|f| &f.edits);
    edits.map(|e| (e.location.span.start as usize, e.location.span.end as usize)).collect()
}

/// The ranges of lines of one text that are different in another.
fn changed(before: &str, after: &str) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(before.match_indices('\n').map(|(at, _)| at + 1));
    starts.push(before.len());
    let at = |line: usize| starts.get(line).copied().unwrap_or(before.len());
    similar::TextDiff::from_lines(before, after)
        .ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| (at(op.old_range().start), at(op.old_range().end)))
        .collect()
}

/// What must hold for whatever text: nothing is changed where no fix was offered, nothing is broken by it, what is said to
/// be fixed is, and a second run has nothing to do.
fn keeps_its_promises(session: &Session, path: &str, text: &str) {
    let (after, outcomes) = fixed(session, path, text, None);
    assert!(outcomes.defects.is_empty(), "{text}\n{:#?}", outcomes.defects);
    if outcomes.fixed.is_empty() {
        assert_eq!(after, text);
        return;
    }
    let places = offered(session, path, text);
    for (start, end) in changed(text, &after) {
        // of equal lines (blank ones) a comparison may take the one before or behind
        let (start, end) = (text[..start].trim_end().len(), text.len() - text[end..].trim_start().len());
        let told = places.iter().any(|(s, e)| start <= *e && *s <= end);
        assert!(told, "{start}..{end} is changed, which nothing offers: {places:?}\n{text}\n→\n{after}");
    }
    assert!(mistakes(session, path, &after) <= mistakes(session, path, text), "{text}\n→\n{after}");
    let (again, second) = fixed(session, path, &after, None);
    assert_eq!(again, after, "a second run changes something");
    let left: Vec<_> = second.held_back.iter().chain(&second.manual).chain(&second.left).collect();
    for case in &outcomes.fixed {
        let same = |c: &&&fix::Case| c.finding.fingerprint == case.finding.fingerprint;
        assert!(left.iter().find(same).is_none(), "{:#?} is not fixed\n{after}", case.finding);
    }
}

#[test]
fn line_ends_tabs_and_marks_stay() {
    for (path, text) in SOURCES {
        let session = opened(path, text);
        let (plain, outcomes) = fixed(&session, path, text, None);
        assert!(outcomes.fixed.len() > 2, "{outcomes:#?}");
        keeps_its_promises(&session, path, text);
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(fixed(&session, path, &crlf, None).0, plain.replace('\n', "\r\n"), "{path}");
        let marked = format!("\u{feff}{text}");
        assert_eq!(fixed(&session, path, &marked, None).0, format!("\u{feff}{plain}"), "{path}");
        if path == "t.yaml" {
            continue;
        }
        let unit = if path == "main.tf" { "  " } else { "    " };
        let tabbed = |text: &str| -> String {
            let line = |line: &str| {
                let rest = line.trim_start_matches(' ');
                format!("{}{rest}", "\t".repeat((line.len() - rest.len()) / unit.len()))
            };
            text.split_inclusive('\n').map(line).collect()
        };
        let (after, _) = fixed(&session, path, &tabbed(text), None);
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(&after), squeezed(&plain), "{after}");
        keeps_its_promises(&session, path, &tabbed(text));
    }
}

/// One at a time, in any order: it comes to the same as all at once.
#[test]
fn fixes_can_be_made_in_any_order() {
    for (path, text) in SOURCES {
        let session = opened(path, text);
        let (_, all) = fixed(&session, path, text, None);
        let unfixed = |o: &Outcomes| -> Vec<Str> {
            let cases = o.held_back.iter().chain(&o.manual).chain(&o.left);
            let mut out: Vec<Str> = cases.map(|c| c.finding.fingerprint.clone()).collect();
            out.sort_unstable();
            out
        };
        let expected = unfixed(&all);
        let prints: Vec<Str> = all.fixed.iter().map(|c| c.finding.fingerprint.clone()).collect();
        let strategy = proptest::sample::subsequence(prints.clone(), prints.len()).prop_shuffle();
        let config = ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() };
        proptest::test_runner::TestRunner::new(config)
            .run(&strategy, |order| {
                let mut now = text.to_owned();
                for print in order {
                    now = fixed(&session, path, &now, Some(vec![print])).0;
                }
                let (after, rest) = fixed(&session, path, &now, None);
                prop_assert_eq!(after, now, "one by one leaves something");
                prop_assert_eq!(unfixed(&rest), expected.clone());
                Ok(())
            })
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever one character becomes: no panic, no half edit, nothing changed outside of the edits.
    #[test]
    fn damage_of_any_kind_leads_to_no_half_edit(
        places in proptest::collection::vec((any::<prop::sample::Index>(), 0..3usize, any::<prop::sample::Index>()), 2),
    ) {
        const NASTY: [&str; 16] =
            ["", "\"", "{", "}", "[", "]", ":", "=", "#", "\n", "\t", "$", "é", "'", "-", ","];
        static OPENED: OnceLock<Vec<Session>> = OnceLock::new();
        let sessions = OPENED.get_or_init(|| SOURCES.iter().map(|(path, text)| opened(path, text)).collect());
        for ((path, text), session) in SOURCES.iter().zip(sessions) {
            for (place, how, what) in &places {
                let chars: Vec<(usize, char)> = text.char_indices().collect();
                let (at, old) = chars[place.index(chars.len())];
                let mut damaged = (*text).to_owned();
                let new = NASTY[what.index(NASTY.len())];
                let end = if *how == 0 { at } else { at + old.len_utf8() };
                damaged.replace_range(at..end, if *how == 1 { "" } else { new });
                keeps_its_promises(session, path, &damaged);
            }
        }
    }
}
