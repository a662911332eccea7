//! CDK cloud assemblies: the stacks of an app as `cdk synth` wrote them, and for every resource its construct and the
//! line of the app that made it.
//!
//! What is read: `manifest.json` (artifacts of type `aws:cloudformation:stack`, and `cdk:cloud-assembly` for a Stage
//! with a manifest of its own), the templates, and per construct path the creation stack: in the artifact's
//! `metadata` (up to schema 40 or so, there only with `--debug`) or in its `additionalMetadataFile` (schema 50 and up).

mod app;
mod frames;
mod source_map;
mod way;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::Str;
use crate::cloudformation::{self, Exports};
use crate::program::{Construct, Constructs, Expr, Program};
use crate::source::{Diagnostic, Loader, Span};

use frames::Frames;

pub use way::Way;

pub use app::language::Language;
pub use app::{App, Change, Found, Maker, Remade, Remake, SourceEdit, Wanted, differences, indentation};

/// How many assemblies (stages within stages) one app may have.
const MAX_ASSEMBLIES: usize = 1_000;

/// What a cloud assembly holds.
#[derive(Debug, Default)]
pub struct Assembly {
    /// The stacks in the manifest's order, those of stages after those of the app itself.
    pub stacks: Vec<Stack>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// One stack of an app.
#[derive(Debug)]
pub struct Stack {
    /// Its name in the app: `Prod/Network`.
    pub name: Str,
    /// The account it is for, if the app says so.
    pub account: Option<Str>,
    /// The region it is for, if the app says so.
    pub region: Option<Str>,
    /// Its template and those of its nested stacks, with the constructs behind the resources.
    pub program: Program,
}

/// Reads the assembly in a directory (`cdk.out`), stages and nested stacks included.
pub fn read(loader: &Loader, directory: &Path) -> Assembly {
    // stacks of an app export what others of it import
    let exports = Exports::default();
    let mut assembly = Assembly::default();
    let mut frames = Frames::new(loader, directory);
    let mut todo = vec![loader.absolute(directory)];
    let mut seen: FxHashSet<PathBuf> = FxHashSet::default();
    while let Some(directory) = todo.pop() {
        if !seen.insert(directory.clone()) {
            continue;
        }
        if seen.len() > MAX_ASSEMBLIES {
            let message =
                format!("more than {MAX_ASSEMBLIES} stages in this cloud assembly; the rest is left out");
            assembly.diagnostics.push(Diagnostic::file_error(
                "stage-budget",
                message,
                loader.display(&directory),
            ));
            break;
        }
        let Some(manifest) = json(loader, &directory.join("manifest.json"), &mut assembly.diagnostics) else {
            continue;
        };
        let Some(artifacts) = manifest.get("artifacts").and_then(Value::as_object) else {
            let message = "this manifest has no `artifacts`: not a cloud assembly of the CDK";
            let path = loader.display(&directory.join("manifest.json"));
            assembly.diagnostics.push(Diagnostic::file_error("bad-manifest", message, path));
            continue;
        };
        let mut stages = Vec::new();
        for (id, artifact) in artifacts {
            let property =
                |name: &str| artifact.get("properties").and_then(|p| p.get(name)).and_then(Value::as_str);
            match artifact.get("type").and_then(Value::as_str) {
                Some("aws:cloudformation:stack") => {
                    if let Some(template) = property("templateFile") {
                        let place = Place { loader, directory: &directory, exports: &exports };
                        stack(&place, id, artifact, template, &mut frames, &mut assembly);
                    }
                }
                Some("cdk:cloud-assembly") => {
                    stages.extend(property("directoryName").map(|d| directory.join(d)))
                }
                _ => {}
            }
        }
        todo.extend(stages.into_iter().rev().map(|d| loader.absolute(&d)));
    }
    assembly
}

/// A JSON file of the assembly.
fn json(loader: &Loader, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<Value> {
    let file = match loader.load(path) {
        Ok(file) => file,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return None;
        }
    };
    match serde_json::from_str(file.text.trim_start_matches('\u{feff}')) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(1);
            let start = file.lines().line_start(line).unwrap_or(0);
            let at = (start + error.column().saturating_sub(1) as u32).min(file.text.len() as u32);
            let message = format!("`{}` is not valid JSON: {error}", file.path.display());
            diagnostics.push(
                Diagnostic::error("bad-manifest", message, Span::new(file.id, at, at))
                    .with_help("run `cdk synth` again"),
            );
            None
        }
    }
}

/// Where stacks are read.
struct Place<'l> {
    loader: &'l Loader,
    directory: &'l Path,
    exports: &'l Exports,
}

fn stack(
    place: &Place<'_>,
    id: &str,
    artifact: &Value,
    template: &str,
    frames: &mut Frames<'_>,
    assembly: &mut Assembly,
) {
    let &Place { loader, directory, exports } = place;
    let path = directory.join(template);
    if !loader.within(&path, &[directory]) {
        let message = format!(
            "the template `{template}` of stack `{id}` lies outside of the assembly and was not read"
        );
        let manifest = loader.display(&directory.join("manifest.json"));
        return assembly.diagnostics.push(Diagnostic::file_error("bad-manifest", message, manifest));
    }
    let file = match loader.load(&path) {
        Ok(file) => file,
        Err(diagnostic) => return assembly.diagnostics.push(diagnostic),
    };
    let tree = cloudformation::parse(Arc::clone(&file));
    let mut program = cloudformation::read_importing(&tree, loader, exports);
    let mut metadata = Metadata::default();
    if let Some(own) = artifact.get("metadata") {
        metadata.add(own);
    }
    let more = artifact.get("additionalMetadataFile").and_then(Value::as_str);
    if let Some(more) = more.and_then(|name| json(loader, &directory.join(name), &mut assembly.diagnostics)) {
        metadata.add(&more);
    }
    let mut constructs = Constructs::default();
    for resource in program.modules.iter().flat_map(|m| &m.resources) {
        let (file, id) = (resource.header.file, resource.name.as_str());
        let path = program
            .constructs
            .get(file, id)
            .map(|c| c.path.clone())
            .or_else(|| metadata.by_id.get(id).cloned());
        let Some(path) = path else { continue };
        let source = metadata.frames.get(&path).and_then(|stack| frames.first_of_app(stack));
        constructs.insert(file, id, Construct { path, source });
    }
    constructs.acknowledged = metadata.acknowledged;
    program.constructs = constructs;
    let name = artifact.get("displayName").and_then(Value::as_str).unwrap_or(id);
    let environment =
        artifact.get("environment").and_then(Value::as_str).and_then(|e| e.strip_prefix("aws://"));
    let (account, region) = environment.and_then(|e| e.split_once('/')).unzip();
    let known = |part: Option<&str>| part.filter(|p| !p.starts_with("unknown-")).map(Str::from);
    let (account, region) = (known(account), known(region));
    let stack_name = artifact.get("properties").and_then(|p| p.get("stackName")).and_then(Value::as_str);
    let pseudo = [
        ("AWS::AccountId", account.as_deref()),
        ("AWS::Region", region.as_deref()),
        ("AWS::StackName", stack_name),
    ];
    let nowhere = Span::new(file.id, 0, 0);
    for (name, value) in pseudo {
        program.environment.extend(value.map(|value| (Str::from(name), Expr::string(value, nowhere))));
    }
    cloudformation::complete_environment(&mut program.environment);
    let parameters = artifact.get("properties").and_then(|p| p.get("parameters")).and_then(Value::as_object);
    for (name, value) in parameters.into_iter().flatten() {
        let value = value.as_str().map(|value| (Str::from(name.as_str()), Expr::string(value, nowhere)));
        program.environment.extend(value);
    }
    assembly.stacks.push(Stack { name: name.into(), account, region, program });
}

/// What an artifact's metadata tells of its constructs.
#[derive(Default)]
struct Metadata {
    /// Construct path (without the leading `/`) to the stack trace of its making.
    frames: FxHashMap<Str, Vec<Str>>,
    /// Logical id to construct path, for templates without `aws:cdk:path`.
    by_id: FxHashMap<Str, Str>,
    /// Construct path to a rule that the app acknowledges there (`Validations.of(…).acknowledge`), in order.
    acknowledged: Vec<(Str, Str)>,
}

impl Metadata {
    fn add(&mut self, metadata: &Value) {
        for (path, entries) in metadata.as_object().into_iter().flatten() {
            let path: Str = path.strip_prefix('/').unwrap_or(path).into();
            for entry in entries.as_array().into_iter().flatten() {
                let trace = match entry.get("type").and_then(Value::as_str) {
                    Some("aws:cdk:logicalId") => {
                        if let Some(id) = entry.get("data").and_then(Value::as_str) {
                            self.by_id.entry(id.into()).or_insert_with(|| path.clone());
                        }
                        entry.get("trace")
                    }
                    Some("aws:cdk:creationStack") => entry.get("data"),
                    Some("aws:cdk:acknowledged-rules") => {
                        let rules = entry.get("data").and_then(Value::as_object);
                        let rules = rules.into_iter().flatten().map(|(id, _)| (path.clone(), id.into()));
                        self.acknowledged.extend(rules);
                        None
                    }
                    _ => None,
                };
                let trace = trace.and_then(Value::as_array);
                let trace: Vec<Str> =
                    trace.into_iter().flatten().filter_map(Value::as_str).map(Str::from).collect();
                if !trace.is_empty() {
                    self.frames.entry(path.clone()).or_insert(trace);
                }
            }
        }
    }
}
