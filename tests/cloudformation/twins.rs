//! Small architectures, each written in Terraform and in CloudFormation (`tests/twins/NAME/main.tf`, `template.yaml`),
//! most also as a CDK app (`app.ts`, with what aws-cdk-lib 2.276 makes of it in `cdk.out`):
//! what is found in the one is found in the other, at the resource that has the same role (the same name but for case and
//! separators), with the same verdict and as certainly.

use std::collections::BTreeSet;
use std::path::Path;

use masugata::check::{Options, Quiet, Session};
use masugata::source::Loader;

type Found = BTreeSet<(String, String, &'static str)>;

fn role(address: &str) -> String {
    let last = address.rsplit('.').next().unwrap_or(address);
    let name = last.split('[').next().unwrap_or(last);
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn found(path: &Path) -> (Found, usize) {
    let mut options =
        Options { paths: vec![path.to_path_buf()], threads: 1, unknowns: true, ..Options::default() };
    options.wanted.packs = vec!["all".into()];
    let loader = Loader::new(env!("CARGO_MANIFEST_DIR"));
    let outcome = Session::open(loader, options).check(&Quiet);
    let errors: Vec<_> = outcome.diagnostics.iter().map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    let failed = outcome.findings.iter().map(|f| {
        let verdict = if f.condition.is_some() { "fails under a condition" } else { "fails" };
        (f.policy.to_string(), role(&f.resource.address), verdict)
    });
    let unknown =
        outcome.unknowns.iter().map(|u| (u.policy.to_string(), role(&u.resource.address), "unknown"));
    (failed.chain(unknown).collect(), outcome.summary.pass)
}

#[test]
fn twins_are_judged_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twins");
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut differ = Vec::new();
    let (mut failed, mut passed, mut apps) = (0, 0, 0);
    for twin in &names {
        let (terraform, tf_pass) = found(&twin.join("main.tf"));
        let (template, cf_pass) = found(&twin.join("template.yaml"));
        if twin.join("cdk.out").is_dir() {
            apps += 1;
            let (app, app_pass) = found(&twin.join("cdk.out"));
            for one in terraform.symmetric_difference(&app) {
                let side = if terraform.contains(one) { "only in Terraform" } else { "only in the CDK app" };
                differ.push(format!("{}: {side}: {one:?}", twin.file_name().unwrap().display()));
            }
            if tf_pass != app_pass {
                differ.push(format!(
                    "{}: {tf_pass} and {app_pass} pass in the app",
                    twin.file_name().unwrap().display()
                ));
            }
        }
        failed += terraform.len();
        passed += tf_pass;
        for one in terraform.symmetric_difference(&template) {
            let side = if terraform.contains(one) { "only in Terraform" } else { "only in CloudFormation" };
            differ.push(format!("{}: {side}: {one:?}", twin.file_name().unwrap().display()));
        }
        if tf_pass != cf_pass {
            differ.push(format!("{}: {tf_pass} and {cf_pass} pass", twin.file_name().unwrap().display()));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    let high = names.iter().filter(|n| n.file_name().unwrap().to_string_lossy().starts_with("l2-")).count();
    assert!(apps >= 10 && high >= 15, "{apps} {high}");
    assert!(names.len() >= 30 && failed >= 100 && passed >= 90, "{} {failed} {passed}", names.len());
}

/// Where the findings of the apps with L2 constructs point: at the prop that says it, else at the props or the construct.
#[test]
fn findings_in_apps_point_at_props() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twins");
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|n| n.file_name().unwrap().to_string_lossy().starts_with("l2-"));
    names.sort();
    let mut shown = String::new();
    for twin in &names {
        let mut options = Options { paths: vec![twin.join("cdk.out")], threads: 1, ..Options::default() };
        options.wanted.packs = vec!["all".into()];
        let session = Session::open(Loader::new(env!("CARGO_MANIFEST_DIR")), options);
        let outcome = session.check(&Quiet);
        let name = twin.file_name().unwrap().to_string_lossy();
        for finding in &outcome.findings {
            let span = finding.location.span;
            let file = session.loader.sources().get(span.file).unwrap();
            assert_eq!(file.path.file_name().unwrap(), "app.ts", "{name}: {}", finding.policy);
            let line = file.position(span.start).line;
            let text = file.slice(span).lines().next().unwrap_or("");
            let (policy, address) = (&finding.policy, &finding.resource.address);
            shown.push_str(&format!("{name} {policy} {address}: {line} {text}\n"));
        }
    }
    insta::assert_snapshot!(shown);
}
