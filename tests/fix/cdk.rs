//! Fixes of what a CDK app has generated are made in the app's own source.

use std::collections::BTreeSet;
use std::path::Path;

use masugata::check::{Options, Quiet, Session};
use masugata::fix::{self, Outcomes, Wanted};
use masugata::source::Loader;

/// An app of one stack: its source file, its template.
fn mend(path: &str, source: &str, template: &str, select: &[&str]) -> (String, Outcomes) {
    let manifest = r#"{"version": "36.0.0", "artifacts": {"Store": {"type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Store.template.json"}}}}"#;
    let files = [
        ("cdk.out/manifest.json", manifest),
        ("cdk.out/Store.template.json", template),
        ("cdk.json", "{}"),
        (path, source),
    ];
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let loader = Loader::new(&root);
    let mut options = Options { paths: vec!["cdk.out".into()], ..Options::default() };
    options.wanted.select = select.iter().map(|s| (*s).into()).collect();
    let session = Session::open(loader, options);
    let outcomes = fix::fix(&session, Wanted { unsafe_fixes: true, ..Wanted::default() });
    assert!(outcomes.defects.is_empty(), "{:#?}", outcomes.defects);
    let names: Vec<_> =
        outcomes.files.iter().map(|(p, ..)| p.strip_prefix(&root).unwrap().to_owned()).collect();
    let after = match names.as_slice() {
        [] => source.to_owned(),
        [name] if name == Path::new(path) => outcomes.files[0].2.to_string(),
        other => panic!("{other:?}"),
    };
    (after, outcomes)
}

fn resource(id: &str, type_name: &str, path: &str, properties: &str) -> String {
    format!(
        r#""{id}": {{"Type": "{type_name}", "Properties": {properties}, "Metadata": {{"aws:cdk:path": "Store/{path}"}}}}"#
    )
}

fn template(resources: &[String]) -> String {
    format!("{{\"Resources\": {{{}}}}}", resources.join(",\n"))
}

const QUEUES: [&str; 1] = ["sqs-unencrypted"];

#[test]
fn props_are_added_where_they_belong() {
    let source = r#"import { Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';

export class Store extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Queue(this, 'Orders', {
      fifo: true, // in order
    });
    new Queue(this, 'Refunds');
  }
}
new Store(new App(), 'Store');
"#;
    let bad = "{\"SqsManagedSseEnabled\": false}";
    let template = template(&[
        resource("A", "AWS::SQS::Queue", "Orders/Resource", bad),
        resource("B", "AWS::SQS::Queue", "Refunds/Resource", bad),
    ]);
    let (after, outcomes) = mend("lib/store.ts", source, &template, &QUEUES);
    assert_eq!(outcomes.fixed.len(), 2, "{outcomes:#?}");
    let expected = source
        .replace("{ Queue }", "{ Queue, QueueEncryption }")
        .replace("// in order\n", "// in order\n      encryption: QueueEncryption.SQS_MANAGED,\n")
        .replace("'Refunds');", "'Refunds', {\n      encryption: QueueEncryption.SQS_MANAGED,\n    });");
    assert_eq!(after, expected);
}

#[test]
fn one_expression_that_makes_several_is_changed_once() {
    let source = r#"from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs


class Store(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        for name in ["a", "b"]:
            sqs.Queue(self, f"Queue-{name}", encryption=sqs.QueueEncryption.UNENCRYPTED)


Store(App(), "Store")
"#;
    let bad = "{\"SqsManagedSseEnabled\": false}";
    let both = template(&[
        resource("A", "AWS::SQS::Queue", "Queue-a/Resource", bad),
        resource("B", "AWS::SQS::Queue", "Queue-b/Resource", bad),
    ]);
    let (after, outcomes) = mend("app.py", source, &both, &QUEUES);
    assert_eq!(outcomes.fixed.len(), 2, "{outcomes:#?}");
    assert_eq!(after, source.replace("UNENCRYPTED", "SQS_MANAGED"));
    let note = outcomes.fixed[0].note.as_deref().unwrap_or_default();
    assert_eq!(note, "the same source also makes `Store/Queue-b/Resource`");
}

/// What fails in an app: policy and construct path.
fn failing(root: &Path, select: &[&str]) -> BTreeSet<(String, String)> {
    let outcome = open(root, select).check(&Quiet);
    let path = |f: &masugata::check::Finding| f.resource.construct.clone().unwrap_or_default().to_string();
    outcome.findings.iter().map(|f| (f.policy.to_string(), path(f))).collect()
}

fn open(root: &Path, select: &[&str]) -> Session {
    let mut options = Options { paths: vec!["cdk.out".into()], threads: 1, ..Options::default() };
    options.wanted.select = select.iter().map(|s| (*s).into()).collect();
    Session::open(Loader::new(root), options)
}

fn allowed() -> Wanted {
    Wanted { unsafe_fixes: true, ..Wanted::default() }
}

/// Apps as they were, with what `cdk synth` (aws-cdk-lib 2.276, of Python 2.275) made of them, and as masugata mended
/// them, with what `cdk synth` made of that: `before` and `after`, without what nobody reads. `select.txt` names the
/// policies.
#[test]
fn mended_apps_synthesize_to_what_was_proved() {
    for (app, least) in [("typescript", 80), ("python", 50), ("javascript", 12)] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk/edits").join(app);
        let (before, after) = (root.join("before"), root.join("after"));
        let select = std::fs::read_to_string(root.join("select.txt")).unwrap();
        let select: Vec<&str> = select.lines().collect();
        let outcomes = fix::fix(&open(&before, &select), allowed());
        assert!(outcomes.defects.is_empty(), "{app}: {:#?}", outcomes.defects);
        assert!(outcomes.fixed.len() >= least, "{app}: {}", outcomes.fixed.len());
        for (path, _, text) in &outcomes.files {
            let name = path.strip_prefix(&before).unwrap();
            assert!(!name.starts_with("cdk.out"), "{app}: {}", name.display());
            let expected = std::fs::read_to_string(after.join(name)).unwrap();
            similar_asserts(&format!("{app}/{}", name.display()), &expected, text);
        }
        // Synthesized for real: what was mended passes, what was not fails as before, nothing else does.
        let (old, new) = (failing(&before, &select), failing(&after, &select));
        let appeared: Vec<_> = new.difference(&old).collect();
        assert!(appeared.is_empty(), "{app}: {appeared:?}");
        for case in &outcomes.fixed {
            let path = case.finding.resource.construct.clone().unwrap_or_default().to_string();
            let key = (case.finding.policy.to_string(), path);
            assert!(!new.contains(&key), "{app}: {key:?} is still there");
        }
        // Again: nothing to do.
        let again = fix::fix(&open(&after, &select), allowed());
        assert!(again.files.is_empty() && again.defects.is_empty(), "{app}: {again:#?}");
        // The corrected templates are what synthesis makes of the corrected app, but for what the table says.
        let wanted = Wanted { generated: true, ..allowed() };
        let copies = fix::fix(&open(&before, &select), wanted);
        for (path, _, text) in copies.files.iter().filter(|(p, ..)| p.starts_with(before.join("cdk.out"))) {
            let name = path.strip_prefix(&before).unwrap();
            let made = std::fs::read_to_string(after.join(name)).unwrap();
            let differ = different(text, &made);
            let known = [
                "AWS::IAM::Policy",
                "AWS::Lambda::Permission",
                "AWS::Lambda::Url",
                "AWS::S3::BucketPolicy",
                "AWS::CertificateManager::Certificate",
            ];
            let others: Vec<_> = differ.iter().filter(|(_, t)| !known.contains(&t.as_str())).collect();
            assert!(others.is_empty(), "{app}/{}: {others:?}", name.display());
        }
    }
}

fn similar_asserts(name: &str, expected: &str, text: &str) {
    let differ = expected.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(expected == text, "{name}: {differ:?}");
}

/// The resources of two templates that differ, with their types.
fn different(one: &str, other: &str) -> BTreeSet<(String, String)> {
    let read = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    let (one, other) = (read(one), read(other));
    let (a, b) = (one["Resources"].as_object().unwrap(), other["Resources"].as_object().unwrap());
    let properties = |r: Option<&serde_json::Value>| r.map(|r| ordered(&r["Properties"]));
    a.keys()
        .chain(b.keys())
        .filter(|id| properties(a.get(*id)) != properties(b.get(*id)))
        .map(|id| (id.clone(), a.get(id).or(b.get(id)).unwrap()["Type"].as_str().unwrap().to_owned()))
        .collect()
}

/// Without the order of members; of a load balancer's attributes without that of the list.
fn ordered(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) => {
            let members: std::collections::BTreeMap<_, _> =
                map.iter().map(|(k, v)| (k, ordered(v))).collect();
            format!("{members:?}")
        }
        serde_json::Value::Array(all) => {
            let mut all: Vec<String> = all.iter().map(ordered).collect();
            if all.iter().all(|v| v.contains("\"Key\"")) {
                all.sort();
            }
            format!("{all:?}")
        }
        other => other.to_string(),
    }
}

#[test]
fn what_the_source_says_already_is_not_said_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk/edits/javascript");
    let directory = tempfile::tempdir().unwrap();
    let stale = directory.path().canonicalize().unwrap();
    for (from, name) in [
        ("before", "cdk.out/manifest.json"),
        ("before", "cdk.out/Shop.template.json"),
        ("before", "cdk.json"),
        ("after", "app.js"),
        ("after", "lib/shop.js"),
    ] {
        std::fs::create_dir_all(stale.join(name).parent().unwrap()).unwrap();
        std::fs::copy(root.join(from).join(name), stale.join(name)).unwrap();
    }
    let select = std::fs::read_to_string(root.join("select.txt")).unwrap();
    let outcomes = fix::fix(&open(&stale, &select.lines().collect::<Vec<_>>()), allowed());
    assert!(outcomes.files.is_empty(), "{:#?}", outcomes.files);
    let already = outcomes.left.iter().filter(|c| c.note.as_deref().unwrap_or_default().contains("already"));
    assert!(already.count() >= 10, "{:#?}", outcomes.left);
}
