//! A template with the templates of its nested stacks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{CallSource, Construct, Constructs, Expr, ExprKind, Module, ModuleId, Program};
use crate::source::{Diagnostic, Loader, SourceFile, Span};
use crate::syntax::{Tree, yaml};

use super::detect::{is_template, looks_like_template, parse};
use super::exports::Exports;
use super::template;

/// How deep stacks may nest.
const MAX_STACK_DEPTH: usize = 32;

/// Reads a file as a template with its nested stacks; none if it is no template.
pub fn open(loader: &Loader, file: &Arc<SourceFile>) -> Option<Program> {
    open_with(loader, file, None, None)
}

/// Reads a file as [`open`] does, knowing what is supplied for its parameters (`Fn::ForEach` runs over such lists) and
/// what the templates beside it export.
pub fn open_with(
    loader: &Loader,
    file: &Arc<SourceFile>,
    given: Option<&IndexMap<Str, Expr>>,
    exports: Option<&Exports>,
) -> Option<Program> {
    if !looks_like_template(&file.text) {
        return None;
    }
    let tree = parse(Arc::clone(file));
    is_template(&tree).then(|| read_with(&tree, Some(loader), given, exports))
}

/// Reads a template; nested stacks too, if there is a loader to read their files.
pub fn read(tree: &Tree, loader: Option<&Loader>) -> Program {
    read_with(tree, loader, None, None)
}

/// Reads a template with its nested stacks and the templates beside it that it imports from.
pub fn read_importing(tree: &Tree, loader: &Loader, exports: &Exports) -> Program {
    read_with(tree, Some(loader), None, Some(exports))
}

fn read_with(
    tree: &Tree,
    loader: Option<&Loader>,
    given: Option<&IndexMap<Str, Expr>>,
    exports: Option<&Exports>,
) -> Program {
    let mut programs = Programs {
        loader,
        given,
        exports,
        modules: Vec::new(),
        known: FxHashMap::default(),
        stack: Vec::new(),
        diagnostics: Vec::new(),
    };
    let root = programs.add(tree);
    let modules: Vec<Arc<Module>> = programs.modules.into_iter().flatten().collect();
    let constructs = constructs(&modules);
    Program {
        modules,
        root,
        diagnostics: programs.diagnostics,
        constructs,
        environment: IndexMap::default(),
        configuration: None,
    }
}

/// The constructs that a template itself tells (`Metadata` › `aws:cdk:path`), without the app's lines.
fn constructs(modules: &[Arc<Module>]) -> Constructs {
    let mut constructs = Constructs::default();
    for resource in modules.iter().flat_map(|m| &m.resources) {
        let metadata = resource.meta.attributes.iter().find(|a| a.name == "Metadata");
        let Some(ExprKind::Object(items)) = metadata.map(|a| &a.value.kind) else { continue };
        let path = items.iter().find(|i| i.key.as_string().is_some_and(|k| k == "aws:cdk:path"));
        if let Some(path) = path.and_then(|i| i.value.as_string()) {
            let construct = Construct { path: path.clone(), source: None };
            constructs.insert(resource.header.file, &resource.name, construct);
        }
    }
    constructs
}

/// Where a nested stack's template is.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    /// As written.
    address: String,
    /// Where it is written.
    span: Span,
    /// Absolute, if the address was relative.
    path: PathBuf,
}

/// The modules of one program while they are read.
pub(super) struct Programs<'l> {
    pub(super) loader: Option<&'l Loader>,
    /// What is supplied for the parameters of the root.
    pub(super) given: Option<&'l IndexMap<Str, Expr>>,
    /// Finds who exports what is imported.
    pub(super) exports: Option<&'l Exports>,
    modules: Vec<Option<Arc<Module>>>,
    known: FxHashMap<PathBuf, ModuleId>,
    /// The templates that are being read.
    stack: Vec<PathBuf>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Programs<'_> {
    /// Whether the template that is being read is the outermost one.
    pub(super) fn is_root(&self) -> bool {
        self.stack.len() <= 1
    }

    fn add(&mut self, tree: &Tree) -> ModuleId {
        let id = ModuleId(self.modules.len() as u32);
        self.modules.push(None);
        let path = self.loader.map_or_else(|| tree.file.path.clone(), |l| l.absolute(&tree.file.path));
        self.known.insert(path.clone(), id);
        self.stack.push(path);
        let module = Arc::new(template::read(tree, self));
        self.stack.pop();
        if let Some(slot) = self.modules.get_mut(id.0 as usize) {
            *slot = Some(module);
        }
        id
    }

    /// The file of a nested stack: CDK's `aws:asset:path`, or a `TemplateURL` (SAM: `Location`) that is a path. None
    /// for other resources, and for templates that lie in S3.
    pub(super) fn source_of(&self, tree: &Tree, resource: crate::syntax::NodeId) -> Option<Stack> {
        let find = |node, name: &str| yaml::find(tree, node, name);
        let type_name = yaml::text(tree, find(resource, "Type")?);
        let property = match type_name.as_ref() {
            "AWS::CloudFormation::Stack" => "TemplateURL",
            "AWS::Serverless::Application" => "Location",
            _ => return None,
        };
        let asset = find(resource, "Metadata").and_then(|m| find(m, "aws:asset:path"));
        let node = match asset {
            Some(node) => node,
            None => find(find(resource, "Properties")?, property)?,
        };
        let address = match yaml::scalar(tree, node)? {
            yaml::Scalar::String(text) => text.into_owned(),
            _ => return None,
        };
        // a dynamic reference (`{{resolve:…}}`) is no path either
        if address.is_empty() || ["://", "${", "{{"].iter().any(|sign| address.contains(sign)) {
            return None;
        }
        let directory = self.stack.last().and_then(|p| p.parent()).unwrap_or(Path::new(""));
        let mut path = directory.join(&address);
        // the SAM CLI takes a directory for the template in it
        if let Some(loader) = self.loader.filter(|l| type_name.contains("Serverless") && l.is_dir(&path)) {
            let inside = ["template.yaml", "template.yml", "template.json"].map(|name| path.join(name));
            path = inside.into_iter().find(|p| loader.is_file(p)).unwrap_or(path);
        }
        Some(Stack { span: tree.span(node), path, address })
    }

    /// Reads a template that something is imported from, once. What is wrong with it is told where it is a root.
    pub(super) fn import(&mut self, name: &Str, path: &Path, span: Span) -> CallSource {
        let missing = CallSource::Missing { address: name.clone(), span };
        let Some(loader) = self.loader else { return missing };
        // two that import from one another can't both be there first
        if self.stack.iter().any(|p| p == path) || self.stack.len() >= MAX_STACK_DEPTH {
            return missing;
        }
        if let Some(&id) = self.known.get(path) {
            return CallSource::Imported(id);
        }
        let Ok(file) = loader.load(path) else { return missing };
        let told = self.diagnostics.len();
        let id = self.add(&parse(file));
        self.diagnostics.truncate(told);
        CallSource::Imported(id)
    }

    /// Reads the template of a nested stack, once.
    pub(super) fn call(&mut self, stack: &Stack, name: &str) -> CallSource {
        let missing = CallSource::Missing { address: stack.address.as_str().into(), span: stack.span };
        let Some(loader) = self.loader else { return missing };
        let path = loader.absolute(&stack.path);
        if self.stack.contains(&path) {
            let message = format!("nested stack `{name}` contains itself: `{}`", stack.address);
            self.diagnostics.push(Diagnostic::error("stack-cycle", message, stack.span));
            return missing;
        }
        if let Some(&id) = self.known.get(&path) {
            return CallSource::Loaded(id);
        }
        if self.stack.len() >= MAX_STACK_DEPTH {
            let message = format!("stacks nest deeper than {MAX_STACK_DEPTH} levels");
            self.diagnostics.push(Diagnostic::error("nesting-limit", message, stack.span));
            return missing;
        }
        if !loader.is_file(&path) {
            let message = format!("the template `{}` of nested stack `{name}` is not there", stack.address);
            self.diagnostics.push(
                Diagnostic::warning("missing-template", message, stack.span)
                    .with_help("what it makes is not checked, its outputs are not known"),
            );
            return missing;
        }
        match loader.load(&path) {
            Ok(file) => {
                let tree = parse(file);
                CallSource::Loaded(self.add(&tree))
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                missing
            }
        }
    }
}
