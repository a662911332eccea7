//! Cloud assemblies: stacks that import from one another, rules that the app acknowledges, overrides by construct path.

use super::support::{property, world};

const MANIFEST: &str = r#"{"version": "55.0.0", "artifacts": {
  "Net": {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-west-1",
    "properties": {"templateFile": "Net.template.json"},
    "metadata": {
      "/Net/Logs": [{"type": "aws:cdk:acknowledged-rules", "data": {"AwsSolutions::S1": "public site"}}],
      "/Net/Other/Resource": [{"type": "aws:cdk:acknowledged-rules", "data": {"AwsSolutions::S1[Resource::nothing]": "r"}}],
      "/Net/Mine/Resource": [{"type": "aws:cdk:acknowledged-rules", "data": {"masugata::s3-no-access-log": "r"}}]}},
  "App": {"type": "aws:cloudformation:stack", "environment": "aws://123456789012/eu-west-1",
    "properties": {"templateFile": "App.template.json"}}}}"#;

fn bucket(path: &str) -> String {
    format!(
        r#"{{"Type": "AWS::S3::Bucket", "Properties": {{"AccessControl": "PublicRead"}}, "Metadata": {{"aws:cdk:path": "{path}"}}}}"#
    )
}

fn files() -> Vec<(&'static str, String)> {
    let paths = ["Net/Logs/Resource", "Net/Other/Resource", "Net/Mine/Resource", "Net/Logsmore/Resource"];
    let buckets: Vec<String> =
        paths.iter().enumerate().map(|(n, path)| format!("\"B{n}\": {}", bucket(path))).collect();
    let net = format!(
        r#"{{"Resources": {{{}}}, "Outputs": {{"Out": {{"Value": {{"Fn::GetAtt": ["B0", "Arn"]}}, "Export": {{"Name": "Net:ExportsOutputB0"}}}}}}}}"#,
        buckets.join(", ")
    );
    let app = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "Net:ExportsOutputB0"}}, "Metadata": {"aws:cdk:path": "App/Q/Resource"}}}}"#;
    vec![
        ("cdk.out/manifest.json", MANIFEST.to_owned()),
        ("cdk.out/Net.template.json", net),
        ("cdk.out/App.template.json", app.to_owned()),
    ]
}

fn findings(more: &[(&str, &str)]) -> Vec<String> {
    let files = files();
    let mut all: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    all.extend(more);
    let outcome = world(&all).policies(&["s3-no-access-log"]).check(&["."]);
    let mut found: Vec<String> = outcome.findings.iter().map(|f| f.resource.address.to_string()).collect();
    found.sort();
    found
}

#[test]
fn what_the_app_acknowledges_is_no_finding() {
    assert_eq!(findings(&[]), ["B1", "B3"]);
    let compat = "[suppressions]\ninline = false\n";
    assert_eq!(findings(&[("masugata.toml", compat)]).len(), 4);
}

#[test]
fn stacks_of_an_app_import_from_one_another() {
    let files = files();
    let all: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let world = world(&all);
    let stacks = world.all_linked("cdk.out");
    let app = stacks.iter().find(|s| s.graph.resources.iter().any(|r| r.address == "Q")).unwrap();
    assert_eq!(property(&app.graph, "Q", "QueueName"), "Net.template.json.B0.Arn");
}

/// The findings that are left with an override, with their constructs and how bad they are.
fn left(files: &[(&str, &str)], overrides: &str) -> Vec<String> {
    let mut all = files.to_vec();
    all.push(("masugata.toml", overrides));
    let outcome = world(&all).policies(&["s3-public-acl"]).check(&["."]);
    assert_eq!(outcome.diagnostics, []);
    let shown = |f: &masugata::check::Finding| {
        let path = f.resource.construct.as_deref().unwrap_or_default();
        format!("{} {path} {:?}", f.resource.address, f.severity).to_lowercase()
    };
    let mut left: Vec<String> = outcome.findings.iter().map(shown).collect();
    left.sort();
    left
}

#[test]
fn overrides_name_constructs_in_assemblies_and_in_templates() {
    let files = files();
    let all: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    // the template alone, wherever it came from: its `Metadata` tells the constructs
    let template = files.iter().find(|(name, _)| name.ends_with("Net.template.json")).unwrap();
    let alone = [("deployed/net.json", template.1.as_str())];
    for files in [all.as_slice(), alone.as_slice()] {
        let everything = left(files, "");
        assert_eq!(everything.len(), 4, "{everything:?}");
        // a construct with all that is in it; one whose name only begins alike stays
        let ignored = "[[overrides]]\nconstructs = ['Net/Logs']\nignore = ['s3-public-acl']\n";
        let found = left(files, ignored);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().any(|f| f.contains("net/logsmore")), "{found:?}");
        assert!(!found.iter().any(|f| f.contains("net/logs/")), "{found:?}");
        let less = "[[overrides]]\nconstructs = ['**/Mine', 'Net/Other/Resource']\nseverity = { s3-public-acl = 'low' }\n";
        let found = left(files, less);
        let low = found.iter().filter(|f| f.ends_with(" low")).count();
        assert_eq!((found.len(), low), (4, 2), "{found:?}");
        // where both are given both have to fit
        let elsewhere =
            "[[overrides]]\npaths = ['elsewhere/**']\nconstructs = ['Net/**']\nignore = ['s3-public-acl']\n";
        assert_eq!(left(files, elsewhere), everything);
    }
}
