//! Fixes of what a CDK app has generated are made in the app's own source.

use std::path::Path;

use masugata::check::{Options, Session};
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
