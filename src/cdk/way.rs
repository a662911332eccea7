//! The way from a place in a generated template back to the app's source.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::{Diagnostic, FileId, Loader, Span};
use crate::syntax::{self, Kind, NodeId, Tree, flags};

use super::app::{App, Found, Wanted};

/// How many texts of a value are compared with the app's source.
const MAX_VALUES: usize = 40;

/// The way back for one assembly. The app's source and the templates are read when something is first asked.
#[derive(Debug)]
pub struct Way {
    assembly: PathBuf,
    threads: usize,
    app: OnceLock<App>,
    templates: Mutex<FxHashMap<FileId, Option<Arc<Template>>>>,
}

/// A template, to find what lies at a place of it.
#[derive(Debug)]
struct Template {
    tree: Tree,
    /// The pairs of `Resources`, in order.
    resources: Vec<NodeId>,
}

/// What a place of a template is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spot {
    /// The path of the property, from the resource's properties.
    property: Vec<Str>,
    /// Texts and numbers there.
    values: Vec<Str>,
}

impl Way {
    /// The way back for the assembly in a directory. `threads` may parse the app's files; 0 for as many as there are
    /// processors.
    pub fn new(assembly: &Path, threads: usize) -> Way {
        Way { assembly: assembly.to_path_buf(), threads, app: OnceLock::new(), templates: Mutex::default() }
    }

    /// The app's source.
    pub fn app(&self, loader: &Loader) -> &App {
        self.app.get_or_init(|| App::open(loader, &self.assembly, self.threads))
    }

    /// What was wrong with the app's source, if it was read.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.app.get().map(|app| app.diagnostics.as_slice()).unwrap_or_default()
    }

    /// The place in the app's source for a place in the template. `path` and `frame` are the construct's, `missing` is the property to look for where
    /// `template` is not within the properties of the resource.
    pub fn find(
        &self,
        loader: &Loader,
        path: &str,
        frame: Option<Span>,
        type_name: &str,
        template: Option<Span>,
        missing: &[Str],
    ) -> Option<Found> {
        let spot = template.and_then(|span| self.spot(loader, span)).unwrap_or_default();
        let property = if spot.property.is_empty() { missing } else { &spot.property };
        let wanted = Wanted { path, frame, type_name, property, values: &spot.values };
        self.app(loader).find(&wanted)
    }

    fn template(&self, loader: &Loader, file: FileId) -> Option<Arc<Template>> {
        if let Some(known) = self.templates.lock().get(&file) {
            return known.clone();
        }
        let made = loader.sources().get(file).and_then(|source| {
            let tree = syntax::json::parse(source);
            let document = tree.children(tree.root()).next()?;
            let top = if tree.kind(document) == Kind::Document { tree.child(document, 0)? } else { document };
            let resources = member(&tree, top, "Resources")?;
            let resources = tree.children(resources).filter(|id| tree.kind(*id) == Kind::Pair).collect();
            Some(Arc::new(Template { tree, resources }))
        });
        self.templates.lock().entry(file).or_insert(made).clone()
    }

    fn spot(&self, loader: &Loader, span: Span) -> Option<Spot> {
        let template = self.template(loader, span.file)?;
        let tree = &template.tree;
        let after = template.resources.partition_point(|id| tree.span(*id).start <= span.start);
        let resource = *template.resources.get(after.checked_sub(1)?)?;
        let body = tree.child(resource, 1)?;
        let mut at = member(tree, body, "Properties").filter(|p| tree.span(*p).contains(span))?;
        let mut property: Vec<Str> = Vec::new();
        'down: while tree.span(at) != span {
            for (index, child) in tree.children(at).enumerate() {
                if !tree.span(child).contains(span) {
                    continue;
                }
                if tree.kind(child) != Kind::Pair {
                    property.push(index.to_string().into());
                    at = child;
                    continue 'down;
                }
                let (Some(key), Some(value)) = (tree.child(child, 0), tree.child(child, 1)) else {
                    break 'down;
                };
                property.push(text(tree, key).into());
                at = value;
                // a key alone, or key and value, stand for the value
                if tree.span(value).contains(span) {
                    continue 'down;
                }
                break 'down;
            }
            break;
        }
        // what an intrinsic function chooses from is still the property around it
        if let Some(function) = property.iter().position(|step| step.starts_with("Fn::") || step == "Ref") {
            property.truncate(function);
        }
        let mut values = Vec::new();
        scalars(tree, at, &mut values);
        Some(Spot { property, values })
    }
}

fn member(tree: &Tree, mapping: NodeId, key: &str) -> Option<NodeId> {
    if tree.kind(mapping) != Kind::Mapping {
        return None;
    }
    tree.children(mapping).find_map(|pair| {
        let name = tree.child(pair, 0)?;
        (text(tree, name) == key).then(|| tree.child(pair, 1))?
    })
}

/// The text of a JSON string, or a number as it is written.
fn text(tree: &Tree, id: NodeId) -> String {
    let written = tree.text(id);
    if tree.node(id).flags & flags::DOUBLE_QUOTED != 0 {
        return serde_json::from_str(written).unwrap_or_else(|_| written.trim_matches('"').to_owned());
    }
    written.to_owned()
}

/// The scalars at or below a node.
fn scalars(tree: &Tree, node: NodeId, out: &mut Vec<Str>) {
    let mut todo = vec![node];
    while let Some(id) = todo.pop() {
        if out.len() >= MAX_VALUES {
            return;
        }
        match tree.kind(id) {
            Kind::Scalar => out.push(text(tree, id).into()),
            Kind::Pair => todo.extend(tree.child(id, 1)),
            _ => {
                let mut inner: Vec<NodeId> = tree.children(id).collect();
                inner.reverse();
                todo.extend(inner);
            }
        }
    }
}
