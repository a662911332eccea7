//! What people and programs see, as snapshots.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::check::{Finding, Location, Outcome, Related, Resource, Rule, Summary, Unknown};
use crate::policy::Severity;
use crate::source::{Diagnostic, Sources, Span};

use super::{Style, annotations, json, sarif, text};

const MAIN: &str = "module \"logs\" {\n  source    = \"./logs\"\n  encrypted = var.encrypted\n  acl       = \"public-read\"\n}\n\n\
    variable \"encrypted\" {\n  default = false\n}\n";
const INNER: &str = "resource \"aws_s3_bucket\" \"this\" {\n  bucket = \"b\"\n}\n\nresource \"aws_s3_bucket_acl\" \"this\" {\n  \
    bucket = aws_s3_bucket.this.id\n  acl    = var.acl\n}\n";

fn at(sources: &Sources, path: &str, what: &str) -> Span {
    let mut id = 0;
    while let Some(file) = sources.get(crate::source::FileId(id)) {
        if file.path.to_string_lossy() == path {
            let start = file.text.find(what).unwrap() as u32;
            return Span::new(file.id, start, start + what.len() as u32);
        }
        id += 1;
    }
    panic!("no file {path}");
}

fn outcome() -> Outcome {
    let sources = Arc::new(Sources::new());
    sources.add("main.tf", MAIN);
    sources.add("logs/main.tf", INNER);
    sources.add("odd name,100%.yaml", "Resources: [\n");
    let place = |path: &str, what: &str| Location::of(&sources, at(&sources, path, what)).unwrap();
    let related = |address: Option<&str>, path: &str, what: &str, message: &str| Related {
        address: address.map(Str::from),
        location: Some(place(path, what)),
        message: message.into(),
    };
    let resource = |address: &str, type_name: &str, declared_as: &str| Resource {
        address: address.into(),
        type_name: type_name.into(),
        declared_as: declared_as.into(),
        construct: None,
        generated: None,
    };
    let findings = vec![
        Finding {
            policy: "s3-public-acl".into(),
            severity: Severity::High,
            message: "bucket `this` lets everyone read through its ACL `public-read`".into(),
            condition: Some("`IsProd` is false".into()),
            resource: resource("module.logs.aws_s3_bucket.this[0]", "AWS::S3::Bucket", "aws_s3_bucket"),
            location: place("main.tf", "acl       = \"public-read\""),
            related: vec![
                related(
                    Some("module.logs.aws_s3_bucket_acl.this"),
                    "logs/main.tf",
                    "acl    = var.acl",
                    "used here",
                ),
                related(None, "main.tf", "module \"logs\"", "the module is called here"),
            ],
            because: Vec::new(),
            fingerprint: "00112233445566778899aabbccddeeff".into(),
            fix: None,
        },
        Finding {
            policy: "s3-no-encryption".into(),
            severity: Severity::Low,
            message: "bucket `this` is 100% readable, a: b\nand more".into(),
            condition: None,
            resource: Resource {
                construct: Some("Prod/Bucket/Resource".into()),
                generated: Some(place("logs/main.tf", "bucket = \"b\"")),
                ..resource("module.logs.aws_s3_bucket.this[0]", "AWS::S3::Bucket", "aws_s3_bucket")
            },
            location: place("main.tf", "encrypted = var.encrypted"),
            related: vec![related(
                None,
                "main.tf",
                "default = false",
                "set by `var.encrypted`, default here",
            )],
            because: vec!["not set: this is the provider's default".into()],
            fingerprint: "ffeeddccbbaa99887766554433221100".into(),
            fix: None,
        },
    ];
    let rules: IndexMap<Str, Rule> = [("s3-no-encryption", Severity::Low), ("s3-public-acl", Severity::High)]
        .into_iter()
        .map(|(id, severity)| {
            let rule = Rule {
                id: id.into(),
                title: format!("Title of {id}").into(),
                help: "First paragraph\nof prose.\n\nSecond paragraph.".into(),
                severity,
                aliases: vec!["CKV_AWS_20".into(), "AVD-AWS-0092".into()],
                controls: [("fsbp".into(), vec!["S3.2".into()])].into_iter().collect(),
            };
            (rule.id.clone(), rule)
        })
        .collect();
    Outcome {
        summary: Summary { files: 3, resources: 2, policies: 5, fail: 2, pass: 7, unknown: 1, suppressed: 1 },
        worst: Some(Severity::High),
        unknowns: vec![Unknown {
            policy: "s3-no-versioning".into(),
            severity: Severity::Low,
            resource: resource("module.logs.aws_s3_bucket.this[0]", "AWS::S3::Bucket", "aws_s3_bucket"),
            location: place("logs/main.tf", "resource \"aws_s3_bucket\" \"this\""),
            needs: vec!["var.versioning".into()],
            reason: None,
        }],
        diagnostics: vec![
            Diagnostic::error(
                "unclosed",
                "this bracket is never closed",
                at(&sources, "odd name,100%.yaml", "["),
            )
            .with_help("close it"),
            Diagnostic::file_error(
                "file-too-large",
                "`big.tf` has 65 MiB; the limit for one file is 64 MiB",
                "big.tf",
            ),
            Diagnostic::warning(
                "undeclared-reference",
                "there is no variable `encrypte`",
                at(&sources, "main.tf", "var.encrypted"),
            )
            .with_label(at(&sources, "main.tf", "variable \"encrypted\""), "did you mean this one?"),
        ],
        findings,
        rules,
        sources,
    }
}

#[test]
fn text_for_people() {
    insta::assert_snapshot!(text(&outcome(), Style::default()));
    let ascii = text(&outcome(), Style { color: false, unicode: false, width: 80 });
    assert!(!ascii.contains('╭') && !ascii.contains('\u{1b}'));
    assert!(text(&outcome(), Style { color: true, unicode: true, width: 80 }).contains('\u{1b}'));
}

#[test]
fn json_for_programs() {
    insta::assert_snapshot!(json(&outcome()));
}

#[test]
fn sarif_for_code_scanning() {
    let text = sarif(&outcome());
    insta::assert_snapshot!(text);
    assert!(text.contains("odd%20name%2C100%25.yaml"));
}

#[test]
fn sarif_stays_within_the_limits() {
    let mut outcome = outcome();
    let mild = outcome.findings[1].clone();
    outcome.findings.extend(std::iter::repeat_n(mild, 30_000));
    let document: serde_json::Value = serde_json::from_str(&sarif(&outcome)).unwrap();
    let run = &document["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(run["results"][0]["ruleId"], "s3-public-acl", "the worst stay");
    let said = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(said.contains("5002 findings were left out"), "{said}");
}

#[test]
fn annotations_for_a_pull_request() {
    let annotations = annotations(&outcome());
    insta::assert_snapshot!(format!("{}---\n{}", annotations.commands, annotations.summary));
}

#[test]
fn annotations_show_the_worst_ten_of_a_level_and_sum_up_the_rest() {
    let mut outcome = outcome();
    let first = outcome.findings[0].clone();
    outcome.diagnostics.clear();
    outcome.findings = (0..25u32)
        .map(|n| {
            let mut finding = first.clone();
            finding.severity = if n == 24 { Severity::Critical } else { Severity::High };
            finding.location.start.line = n + 1;
            finding.location.end.line = n + 1;
            finding
        })
        .collect();
    // two instances of one block are one annotation, and so are two policies about one place
    for address in ["module.logs.aws_s3_bucket.this[0]", "module.logs.aws_s3_bucket.this[1]"] {
        let mut other = outcome.findings[24].clone();
        other.resource.address = address.into();
        other.policy = "s3-website".into();
        outcome.findings.push(other);
    }
    outcome.findings.push(outcome.findings[24].clone());
    outcome.findings[27].resource.address = "module.logs.aws_s3_bucket.this[1]".into();
    outcome.summary.fail = 28;
    let annotations = annotations(&outcome);
    let lines: Vec<&str> = annotations.commands.lines().collect();
    assert_eq!(lines.len(), 10);
    assert!(lines[0].contains("line=25,"), "{}", lines[0]);
    assert!(lines[0].contains("%0Athe same on `module.logs.aws_s3_bucket.this[1]`%0A"), "{}", lines[0]);
    assert!(lines[0].contains("%0Aalso critical: s3-website: bucket"), "{}", lines[0]);
    assert_eq!(annotations.summary.matches("\n- ").count(), 15);
}

#[test]
fn an_excerpt_of_a_minified_file_is_short() {
    let sources = Arc::new(Sources::new());
    let long = format!(
        "{{\"a\":\"{}\",\"acl\":\"PublicRead\",\"b\":\"{}\"}}",
        "x".repeat(100_000),
        "ü".repeat(100_000)
    );
    let file = sources.add("t.json", long.as_str());
    let start = long.find("\"acl\"").unwrap() as u32;
    let diagnostic = Diagnostic::error("c", "m", Span::new(file.id, start, start + 18));
    let text = super::text_diagnostics(&[diagnostic], &sources, Style::default());
    assert!(text.len() < 1500, "{}", text.len());
    assert!(text.contains("\"acl\":\"PublicRead\""), "{text}");
    assert!(text.contains("t.json:1:"), "{text}");
}

#[test]
fn no_excerpt_is_wider_than_the_terminal() {
    let long = "x".repeat(5000);
    for (before, after) in [("", ""), ("short\n", "\nshort\n"), (long.as_str(), ""), ("", long.as_str())] {
        for marked in ["mark", &"mark".repeat(30), &"mark".repeat(500)] {
            for lead in ["", "    ", &" lead".repeat(200)] {
                let sources = Arc::new(Sources::new());
                let text = format!("{before}{lead}{marked}{lead}{after}");
                let start = (before.len() + lead.len()) as u32;
                let file = sources.add("a.tf", text.as_str());
                let span = Span::new(file.id, start, start + marked.len() as u32);
                for width in [60, 80, 120] {
                    let style = Style { width, ..Style::default() };
                    let drawn =
                        super::text_diagnostics(&[Diagnostic::error("c", "m", span)], &sources, style);
                    let widest = drawn.lines().map(|l| l.chars().count()).max().unwrap_or(0);
                    assert!(widest <= width, "{widest} of {width}:\n{drawn}");
                    assert!(drawn.contains("mark"), "{drawn}");
                }
            }
        }
    }
}

/// What is wrong at several places is drawn once, and what has no place names its file.
#[test]
fn the_same_problem_is_told_once() {
    let sources = Sources::new();
    let mut diagnostics = Vec::new();
    for i in 0..9 {
        sources.add(format!("{i}/main.tf"), "module \"vpc\" {\n  source = \"x/vpc/aws\"\n}\n");
        let span = at(&sources, &format!("{i}/main.tf"), "\"x/vpc/aws\"");
        diagnostics.push(Diagnostic::warning("module-not-installed", "module `vpc` is not installed", span));
    }
    diagnostics.push(Diagnostic::file_error("evaluation-budget", "evaluation budget exceeded", "a/t.yaml"));
    insta::assert_snapshot!(super::text::diagnostics(&diagnostics, &sources, Style::default()));
}

#[test]
fn places_far_apart_in_one_line_are_told_beside() {
    let sources = Arc::new(Sources::new());
    let file = sources.add("plan.json", "x".repeat(200_000));
    let span = |at| Span::new(file.id, at, at + 5);
    let diagnostic = Diagnostic::warning("c", "m", span(10)).with_label(span(150_000), "there");
    let text = super::text_diagnostics(&[diagnostic], &sources, Style::default());
    assert!(text.contains("there (plan.json:1:150001)"), "{text}");
    assert!(text.len() < 1_500, "{}", text.len());
}
