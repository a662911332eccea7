//! Cloud assemblies: stacks, stages, nested stacks, and the way back to the app's own lines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use std::path::{Path, PathBuf};

use masugata::cdk;
use masugata::model::registry;
use masugata::source::Loader;

/// Template, logical id, construct and the app's line of every resource.
fn map(loader: &Loader, assembly: &cdk::Assembly) -> Vec<(String, String, String, Option<String>, String)> {
    let mut out = Vec::new();
    for stack in &assembly.stacks {
        for resource in stack.program.modules.iter().flat_map(|m| &m.resources) {
            let template = loader.sources().get(resource.header.file).unwrap();
            let construct = stack.program.constructs.get(resource.header.file, &resource.name);
            let source = construct.and_then(|c| c.source).map(|span| {
                let file = loader.sources().get(span.file).unwrap();
                let at = file.position(span.start);
                format!("{}:{}:{} {}", file.path.display(), at.line, at.column, file.slice(span))
            });
            out.push((
                stack.name.to_string(),
                resource.name.to_string(),
                construct.map(|c| c.path.to_string()).unwrap_or_default(),
                source,
                template.path.display().to_string(),
            ));
        }
    }
    out
}

#[test]
fn an_assembly_leads_back_to_the_app() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk");
    let loader = Loader::new(&root);
    let assembly = cdk::read(&loader, &root.join("app/cdk.out"));
    assert_eq!(assembly.diagnostics, []);
    let stacks: Vec<_> = assembly
        .stacks
        .iter()
        .map(|s| (s.name.as_str(), s.account.as_deref(), s.region.as_deref(), s.program.modules.len()))
        .collect();
    assert_eq!(stacks, [("Store", Some("111122223333"), Some("eu-north-1"), 2), ("Prod/Net", None, None, 1)]);
    assert!(assembly.stacks.iter().all(|s| s.program.diagnostics.is_empty()));
    insta::assert_debug_snapshot!(map(&loader, &assembly));
}

#[test]
fn a_broken_assembly_is_a_diagnostic() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let codes = || {
        let loader = Loader::new(directory.path());
        let assembly = cdk::read(&loader, directory.path());
        let codes: Vec<_> = assembly.diagnostics.iter().map(|d| d.code).collect();
        (assembly.stacks.len(), codes)
    };
    write("manifest.json", "{\"version\": \"36.0.0\", ");
    assert_eq!(codes(), (0, vec!["bad-manifest"]));
    write("manifest.json", "{\"version\": \"36.0.0\"}");
    assert_eq!(codes(), (0, vec!["bad-manifest"]));
    // a stage that is its own stage, a template that is not there, one that is
    write(
        "manifest.json",
        "{\"artifacts\": {\"a\": {\"type\": \"cdk:cloud-assembly\", \"properties\": {\"directoryName\": \".\"}}, \
         \"b\": {\"type\": \"aws:cloudformation:stack\", \"properties\": {\"templateFile\": \"b.json\"}}, \
         \"c\": {\"type\": \"aws:cloudformation:stack\", \"properties\": {\"templateFile\": \"c.json\"}, \
         \"metadata\": {\"/c\": 5, \"d\": [5, {\"type\": \"aws:cdk:logicalId\", \"trace\": [\"(:::)\", 7]}]}}}}",
    );
    write("c.json", "{\"Resources\": {}}");
    let (stacks, codes) = codes();
    assert_eq!((stacks, codes.len()), (1, 1), "{codes:?}");
}

/// One app in three languages, with the assemblies that `cdk synth` (aws-cdk-lib 2.276, of Python 2.275) made of it,
/// without what nobody reads. `constructs.tsv` has the line that makes each construct, recorded from stack traces of full
/// depth (TypeScript: `--stack-trace-limit`, else `JSII_HOST_STACK_TRACES`); the assemblies were made without them.
#[test]
fn apps_in_all_languages_are_located() {
    for (language, traced) in [("typescript", 63), ("python", 0), ("java", 0)] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk").join(language);
        let loader = Loader::new(&root);
        let assembly = cdk::read(&loader, &root.join("cdk.out"));
        assert_eq!(assembly.diagnostics, []);
        let app = cdk::App::open(&loader, &root.join("cdk.out"), 1);
        assert_eq!(app.diagnostics, []);
        let recorded = std::fs::read_to_string(root.join("constructs.tsv")).unwrap();
        let recorded: Vec<Vec<&str>> = recorded.lines().map(|line| line.split('\t').collect()).collect();
        let mut traces = 0;
        let mut missed = Vec::new();
        for stack in &assembly.stacks {
            for resource in stack.program.modules.iter().flat_map(|m| &m.resources) {
                let template = loader.sources().get(resource.header.file).unwrap();
                let template = template.path.strip_prefix("cdk.out").unwrap().display().to_string();
                let construct = stack.program.constructs.get(resource.header.file, &resource.name).unwrap();
                let row = recorded.iter().find(|r| r[0] == template && r[1] == resource.name).unwrap();
                assert_eq!(construct.path, row[2]);
                traces += usize::from(construct.source.is_some());
                for frame in [None, construct.source] {
                    let wanted = cdk::Wanted { path: &construct.path, frame, ..cdk::Wanted::default() };
                    let found = app.find(&wanted).map(|found| found.construct);
                    // a trace names any line of an expression
                    let hit = found.is_some_and(|span| {
                        let file = loader.sources().get(span.file).unwrap();
                        let mut lines = file.position(span.start).line..=file.position(span.end).line;
                        lines.any(|line| format!("{}:{line}", file.path.display()) == row[3])
                    });
                    if !hit {
                        missed.push((construct.path.clone(), frame.is_some()));
                    }
                }
            }
        }
        assert_eq!(missed, [], "{language}");
        assert_eq!(traces, traced, "{language}");
    }
}

/// Run by hand on real apps: `MASUGATA_CDK_ORACLE=dir cargo test --test cdk -- --ignored --nocapture`, where `dir`
/// holds apps `NAME/` with their assembly as `NAME/cdk.out` and a map `NAME/map.jsonl`: one object a line with
/// `template`, `logicalId`, `path` and `source` (`/app/lib/x.ts:9:16`, or null for what is not the user's).
#[test]
#[ignore = "needs a directory of apps"]
fn real_apps_agree_with_their_maps() {
    let Ok(root) = std::env::var("MASUGATA_CDK_ORACLE") else { return };
    let root = PathBuf::from(root);
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().flatten().map(|e| e.path()).collect();
    names.sort();
    for directory in names.into_iter().filter(|d| d.join("map.jsonl").is_file()) {
        let loader = Loader::new(&directory);
        let read = cdk::read(&loader, &directory.join("cdk.out"));
        assert_eq!(read.diagnostics, []);
        let app = cdk::App::open(&loader, &directory.join("cdk.out"), 2);
        assert_eq!(app.diagnostics, []);
        let text = std::fs::read_to_string(directory.join("map.jsonl")).unwrap();
        let (mut all, mut traced, mut both, mut alone) = (0, 0, 0, 0);
        for row in text.lines() {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let of = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let template = format!("cdk.out/{}", of("template"));
            let construct = read
                .stacks
                .iter()
                .flat_map(|s| s.program.modules.iter().map(move |m| (s, m)))
                .flat_map(|(s, m)| m.resources.iter().map(move |r| (s, r)))
                .find(|(_, r)| {
                    r.name == of("logicalId")
                        && loader.sources().get(r.header.file).unwrap().path.to_string_lossy() == template
                })
                .and_then(|(s, r)| s.program.constructs.get(r.header.file, &r.name))
                .unwrap_or_else(|| panic!("{row} is not there"));
            assert_eq!(construct.path.as_str(), of("path"));
            let Some(want) = row["source"].as_str() else { continue };
            let want = want.rsplit_once(':').unwrap().0.trim_start_matches("/app/").to_owned();
            // a trace names any line of an expression
            let line = |span: masugata::source::Span| {
                let file = loader.sources().get(span.file).unwrap();
                let lines = file.position(span.start).line..=file.position(span.end).line;
                let path = file.path.display();
                let wanted = lines.map(|line| format!("{path}:{line}")).find(|place| *place == want);
                wanted.unwrap_or_else(|| format!("{path}:{}", file.position(span.start).line))
            };
            let find = |frame| {
                let wanted = cdk::Wanted { path: &construct.path, frame, ..cdk::Wanted::default() };
                app.find(&wanted).map(|found| line(found.construct))
            };
            all += 1;
            let trace = construct.source.map(line);
            let without = find(None);
            let with = construct
                .source
                .and_then(|s| find(Some(s)))
                .or_else(|| trace.clone())
                .or_else(|| without.clone());
            traced += usize::from(trace.as_ref() == Some(&want));
            both += usize::from(with.as_ref() == Some(&want));
            alone += usize::from(without.as_ref() == Some(&want));
            if with.as_ref() != Some(&want) || without.as_ref() != Some(&want) {
                println!(
                    "  {} {} want {want} with {with:?} without {without:?}",
                    of("path"),
                    of("logicalId")
                );
            }
        }
        let name = directory.file_name().unwrap().to_string_lossy().into_owned();
        println!("{name}: {all} resources, {traced} by traces, {both} by both, {alone} by the source alone");
        assert!(all > 50, "{name} has a map of the user's constructs");
        assert_eq!((both, alone), (all, all), "{name}");
    }
}

/// What is found in a directory: policy, and the text that is pointed at with its place.
fn findings(root: &Path) -> (Vec<String>, masugata::check::Outcome) {
    use masugata::check::{Options, Quiet, Session};
    let mut options = Options { paths: vec![root.join("cdk.out")], threads: 1, ..Options::default() };
    // a few: more pages are no reason for this test to change
    let some = [
        "apigateway-open-method",
        "cloudfront-plaintext-http",
        "dynamodb-no-point-in-time-recovery",
        "ec2-open-ssh",
        "elb-plaintext-listener",
        "lambda-plaintext-secret",
        "rds-public",
        "rds-storage-unencrypted",
        "s3-no-public-access-block",
        "s3-no-versioning",
        "s3-public-acl",
    ];
    options.wanted.select = some.iter().map(|id| (*id).into()).collect();
    let outcome = Session::open(Loader::new(root), options).check(&Quiet);
    let found = outcome.findings.iter().map(|f| {
        let file = outcome.sources.get(f.location.span.file).unwrap();
        let text = file.slice(f.location.span);
        let generated = f.resource.generated.as_ref().map_or("-", |g| g.path.as_str());
        format!("{} {}:{} {text} <- {generated}", f.policy, f.location.path, f.location.start.line)
    });
    (found.collect(), outcome)
}

#[test]
fn findings_point_at_the_props_of_the_app() {
    for language in ["typescript", "python", "java"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk").join(language);
        let (found, outcome) = findings(&root);
        assert_eq!(outcome.diagnostics, [], "{language}");
        let told = outcome.findings.iter().all(|f| f.related.iter().any(|r| r.message == "in the template"));
        assert!(told, "{language}");
        insta::assert_debug_snapshot!(format!("findings_{language}"), found);
    }
}

/// Copies a directory.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn findings_are_suppressed_in_the_app_and_by_construct() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk/typescript"), root);
    let count = |found: &[String], start: &str| found.iter().filter(|f| f.starts_with(start)).count();
    let (before, _) = findings(root);
    assert_eq!(count(&before, "rds-public"), 1, "{before:#?}");
    assert_eq!(count(&before, "ec2-open-ssh"), 1);
    let data = std::fs::read_to_string(root.join("lib/data.ts")).unwrap();
    let data = data.replace(
        "      publiclyAccessible: true,",
        "      // masugata: ignore[rds-public] a sandbox\n      publiclyAccessible: true,",
    );
    std::fs::write(root.join("lib/data.ts"), data).unwrap();
    std::fs::write(
        root.join("masugata.toml"),
        "[[overrides]]\nconstructs = [\"**/Bastion\"]\nignore = [\"ec2-open-ssh\"]\n",
    )
    .unwrap();
    let (after, outcome) = findings(root);
    assert_eq!(outcome.diagnostics, []);
    assert_eq!(outcome.summary.suppressed, 1);
    assert_eq!(count(&after, "rds-public") + count(&after, "ec2-open-ssh"), 0, "{after:#?}");
    assert_eq!(after.len() + 2, before.len());
}

#[test]
fn a_suppression_of_cdk_nag_covers_what_it_applies_to() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("cdk.out");
    std::fs::create_dir(&out).unwrap();
    let manifest = r#"{"version": "36.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack",
        "properties": {"templateFile": "S.template.json"}}}}"#;
    std::fs::write(out.join("manifest.json"), manifest).unwrap();
    std::fs::write(out.join("cdk.out"), "{\"version\":\"36.0.0\"}").unwrap();
    let suppressed = |rule: &str| {
        let template = format!(
            r#"{{"Resources": {{"Data": {{"Type": "AWS::RDS::DBInstance",
              "Properties": {{"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "StorageEncrypted": false}},
              "Metadata": {{"aws:cdk:path": "S/Data", "cdk_nag": {{"rules_to_suppress": [{rule}]}}}}}}}}}}"#
        );
        std::fs::write(out.join("S.template.json"), template).unwrap();
        let (found, outcome) = findings(root.path());
        assert!(!found.is_empty() || outcome.summary.suppressed > 0);
        outcome.summary.suppressed
    };
    let reason = r#""reason": "fine""#;
    let plain = suppressed(&format!(r#"{{"id": "AwsSolutions-RDS2", {reason}}}"#));
    let other =
        suppressed(&format!(r#"{{"id": "AwsSolutions-RDS2", {reason}, "applies_to": ["Action::s3:*"]}}"#));
    assert_eq!(other, 0);
    assert_eq!(suppressed(&format!(r#"{{"id": "AwsSolutions-XX9", {reason}}}"#)), 0);
    assert_eq!(plain, 1);
}

/// A path as the tables write it, without indices, in a registry type.
fn has_property(of: &registry::Type, path: &str) -> bool {
    let mut at = String::new();
    for name in path.split('.') {
        let mut tries = match at.as_str() {
            "" => vec![name.to_owned()],
            // Elements of a list, of a list of lists.
            _ => (0..3).map(|n| format!("{at}{}.{name}", "[]".repeat(n))).collect(),
        };
        tries.retain(|path| of.property(path).is_some());
        let Some(found) = tries.into_iter().next() else { return false };
        at = found;
    }
    true
}

#[test]
fn the_table_of_props_names_what_the_registry_has() {
    let is_name = |name: &str, upper: bool| {
        let first = name.chars().next();
        first.is_some_and(|c| c.is_ascii_alphabetic() && c.is_ascii_uppercase() == upper)
            && name.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let mut wrong = Vec::new();
    let (mut of, mut type_name) = (None, "");
    let mut seen = std::collections::BTreeSet::new();
    let mut lines = 0;
    for (number, line) in include_str!("../grammars/cdk/props.table").lines().enumerate() {
        let mut say = |what: String| wrong.push(format!("grammars/cdk/props.table:{}: {what}", number + 1));
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            (of, type_name) = (registry::get(bare), bare);
            if of.is_none() {
                say(format!("there is no type `{bare}`"));
            }
            if !seen.insert((bare, "")) {
                say(format!("`{bare}` stands here twice"));
            }
            continue;
        }
        lines += 1;
        let Some((property, ways)) = bare.split_once('=') else {
            say("a line is `Property = prop …`".to_owned());
            continue;
        };
        let property = property.trim();
        let Some(of) = &of else { continue };
        if !has_property(of, property) {
            say(format!("`{}` has no property `{property}`", of.name));
        }
        if !seen.insert((type_name, property)) {
            say(format!("`{property}` stands here twice"));
        }
        for way in ways.split_whitespace() {
            let name = way.strip_suffix("()").unwrap_or(way);
            if !name.split('.').all(|step| is_name(step, false)) {
                say(format!("`{way}` is no prop and no method"));
            }
        }
    }
    for (number, line) in include_str!("../grammars/cdk/singletons.table").lines().enumerate() {
        let mut say =
            |what: String| wrong.push(format!("grammars/cdk/singletons.table:{}: {what}", number + 1));
        let Some((_, makers)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
        for maker in makers.split_whitespace() {
            let fits = match maker.strip_suffix("()") {
                Some(method) => is_name(method, false),
                None => {
                    let (class, prop) = maker.split_once('.').unwrap_or((maker, "any"));
                    is_name(class, true) && is_name(prop, false)
                }
            };
            if !fits {
                say(format!("`{maker}` is neither a class, nor a prop of one, nor a method"));
            }
        }
    }
    assert!(lines > 100, "the table is read");
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_manifest_leads_to_nothing_outside_of_its_assembly() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("cdk.out")).unwrap();
    std::fs::write(
        directory.path().join("outside.json"),
        "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}",
    )
    .unwrap();
    let manifest = r#"{"version": "36.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack",
        "properties": {"templateFile": "../outside.json"}}}}"#;
    std::fs::write(directory.path().join("cdk.out/manifest.json"), manifest).unwrap();
    let read = cdk::read(&Loader::new(directory.path()), &directory.path().join("cdk.out"));
    assert!(read.stacks.is_empty());
    let said: Vec<_> = read.diagnostics.iter().map(|d| (d.code, d.message.as_str())).collect();
    let expected =
        "the template `../outside.json` of stack `S` lies outside of the assembly and was not read";
    assert_eq!(said, [("bad-manifest", expected)]);
}
