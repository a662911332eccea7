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

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use masugata::cdk;
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

/// Run by hand on real assemblies: `MASUGATA_CDK_ORACLE=dir cargo test --test cdk -- --ignored`, where `dir` holds
/// assemblies `NAME` with their maps `NAME.map.jsonl` (one object a line: `template`, `logicalId`, `path`, `source`).
#[test]
#[ignore = "needs a directory of assemblies"]
fn real_assemblies_agree_with_their_maps() {
    let Ok(root) = std::env::var("MASUGATA_CDK_ORACLE") else { return };
    let root = PathBuf::from(root);
    let loader = Loader::new(&root);
    for entry in std::fs::read_dir(&root).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(assembly) = name.strip_suffix(".map.jsonl") else { continue };
        let read = cdk::read(&loader, &root.join(assembly));
        assert_eq!(read.diagnostics, []);
        let ours: BTreeMap<(String, String), (String, Option<String>)> = map(&loader, &read)
            .into_iter()
            .map(|(_, id, path, source, template)| ((template, id), (path, source)))
            .collect();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let (mut rows, mut lines) = (0, 0);
        for row in text.lines() {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let of = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let key = (format!("{assembly}/{}", of("template")), of("logicalId"));
            let (path, source) = ours.get(&key).unwrap_or_else(|| panic!("{key:?} is not there"));
            assert_eq!(*path, of("path"));
            let want = row["source"].as_str().map(|s| s.trim_start_matches("/").to_owned());
            let have = source.as_ref().map(|s| s.split(' ').next().unwrap().to_owned());
            assert_eq!(have, want, "{key:?}");
            rows += 1;
            lines += usize::from(want.is_some());
        }
        assert_eq!(rows, ours.len());
        println!("{assembly}: {rows} resources, {lines} with the app's line");
    }
}
