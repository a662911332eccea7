//! The source of a CDK app: which expression makes which construct, and where in it a property is set.
//!
//! The files are read with tree-sitter through one query a language (`grammars/cdk/*.scm`) into a form that all
//! languages share ([`ir`]); that is followed from the app's entry ([`interpret`]) into a tree of constructs whose ids
//! may be known in part ([`tree`]). A construct path is looked up there; what a library makes below it belongs to the
//! nearest call in the app's own code.

mod discover;
mod interpret;
mod ir;
pub mod language;
mod lower;
mod place;
mod props;
mod tree;
mod value;

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::source::{Diagnostic, FileId, Loader, SourceFile, Span};

use interpret::Loaded;
use tree::{NodeId, Tree};

pub use place::{Found, Insertion, Into, Prop, Wanted};

/// The largest source file that is read, in bytes.
const MAX_BYTES: usize = 2 << 20;

/// The largest app that is read, in bytes.
const MAX_TOTAL_BYTES: usize = 64 << 20;

/// From how many files on they are parsed on several threads.
const MANY_FILES: usize = 12;

/// The source of an app.
#[derive(Debug, Default)]
pub struct App {
    tree: Tree,
    files: FxHashMap<FileId, Arc<SourceFile>>,
    /// Expressions by the place that a stack trace gives.
    sites: FxHashMap<(FileId, u32), Vec<SiteOf>>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// What an expression is: a construct's making, or a method called on it.
#[derive(Clone, Copy, Debug)]
struct SiteOf {
    node: NodeId,
    call: Option<usize>,
}

impl App {
    /// Reads the source of the app that made the assembly in a directory.
    pub fn open(loader: &Loader, assembly: &Path) -> App {
        let sources = discover::sources(loader, assembly);
        let mut app = App::default();
        let mut exceeded = sources.exceeded;
        let mut texts = Vec::new();
        let mut total = 0;
        for (path, language) in sources.files {
            // what can't be read is no source of constructs; what is wrong with it is the compiler's to say
            let Ok(file) = loader.load(&path) else { continue };
            if file.text.len() > MAX_BYTES {
                continue;
            }
            total += file.text.len();
            if total > MAX_TOTAL_BYTES {
                exceeded.get_or_insert(format!("more than {} MiB of source", MAX_TOTAL_BYTES >> 20));
                break;
            }
            let inner = path.strip_prefix(&sources.root).unwrap_or(&path).with_extension("");
            let stem = inner.to_string_lossy().replace('\\', "/");
            texts.push((file, language, stem));
        }
        let read = |(file, language, stem): (Arc<SourceFile>, language::Language, String)| {
            let module = lower::read(language, &file.text)?;
            Some((Loaded { file: file.id, language, stem, module }, file))
        };
        let loaded: Vec<(Loaded, Arc<SourceFile>)> = if texts.len() >= MANY_FILES {
            texts.into_par_iter().filter_map(read).collect()
        } else {
            texts.into_iter().filter_map(read).collect()
        };
        let (modules, files): (Vec<Loaded>, Vec<Arc<SourceFile>>) = loaded.into_iter().unzip();
        let followed = interpret::follow(&modules);
        if let Some(deep) = modules.iter().find(|m| m.module.too_deep) {
            exceeded.get_or_insert(format!("expressions nested too deeply in `{}`", deep.stem));
        }
        app.files = files.into_iter().map(|file| (file.id, file)).collect();
        app.tree = followed.tree;
        if let Some(what) = exceeded.or(followed.exceeded) {
            let message = format!("the source of this CDK app is not followed to its end: {what}");
            let mut diagnostic =
                Diagnostic::file_error("app-budget", message, loader.display(&sources.root.join("cdk.json")));
            diagnostic.severity = crate::source::Severity::Warning;
            app.diagnostics.push(
                diagnostic.with_help("some findings point at the template instead of at the app's source"),
            );
        }
        app.index();
        app
    }

    fn index(&mut self) {
        for (node, known) in self.tree.nodes.iter().enumerate() {
            let mut add = |span: Span, start: u32, call: Option<usize>| {
                let sites = self.sites.entry((span.file, start)).or_default();
                // a loop or a function makes many constructs at one place: one stands for all
                if sites.len() < 64 {
                    sites.push(SiteOf { node, call });
                }
            };
            add(known.site.span, known.site.span.start, None);
            if known.site.name != known.site.span.start {
                add(known.site.span, known.site.name, None);
            }
            for (index, call) in known.calls.iter().enumerate() {
                add(call.site.span, call.site.name, Some(index));
            }
        }
    }
}
