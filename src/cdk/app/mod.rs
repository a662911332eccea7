//! The source of a CDK app: which expression makes which construct, and where in it a property is set.
//!
//! The files are read with tree-sitter through one query a language (`grammars/cdk/*.scm`) into a form that all
//! languages share (`ir`); that is followed from the app's entry (`interpret`) into a tree of constructs whose ids may
//! be known in part (`tree`). A construct path is looked up there; what a library makes below it belongs to the
//! nearest call in the app's own code.

mod discover;
mod edit;
mod interpret;
mod ir;
pub(super) mod language;
mod lower;
mod pattern;
mod place;
mod props;
#[cfg(test)]
mod tests;
mod tree;
mod value;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::source::{Diagnostic, FileId, Loader, SourceFile, Span};

use interpret::Loaded;
use language::Language;
use tree::{NodeId, Tree};

pub use edit::{Change, Maker, Remade, Remake, SourceEdit, differences, indentation};
pub use place::{Found, Wanted};

/// The largest source file that is read, in bytes.
const MAX_BYTES: usize = 2 << 20;

/// The largest app that is read, in bytes.
const MAX_TOTAL_BYTES: usize = 64 << 20;

/// From how many files on they are parsed on several threads.
const MANY_FILES: usize = 12;

/// The stack of the threads that read an app, in bytes: budgets bound what they need to a fraction.
const STACK: usize = 32 << 20;

/// The source of an app.
#[derive(Debug, Default)]
pub struct App {
    tree: Tree,
    files: FxHashMap<FileId, Arc<SourceFile>>,
    /// Expressions by the place that a stack trace gives.
    sites: FxHashMap<(FileId, u32), Vec<SiteOf>>,
    /// All of a file, for traces without columns.
    by_file: FxHashMap<FileId, Vec<(Span, SiteOf)>>,
    /// The schema version of the assembly, which tells how old the library is; 0 if it is not told.
    schema: u32,
    /// The syntax trees of files that are edited.
    syntax: Mutex<FxHashMap<FileId, tree_sitter::Tree>>,
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
    /// Reads the source of the app that made the assembly in a directory, with so many threads (0: as many as there are
    /// processors).
    pub fn open(loader: &Loader, assembly: &Path, threads: usize) -> App {
        let sources = discover::sources(loader, assembly);
        let mut app = App { schema: schema(loader, assembly), ..App::default() };
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
        let (modules, files) = parse(texts, threads);
        let Some(followed) = on_large_stack(|| interpret::follow(&modules)) else { return app };
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
                    self.by_file.entry(span.file).or_default().push((span, SiteOf { node, call }));
                }
            };
            if let Some(base) = known.base_site {
                add(base.span, base.span.start, None);
            }
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

/// The schema version of an assembly, its first number.
fn schema(loader: &Loader, assembly: &Path) -> u32 {
    let manifest = loader.load(&assembly.join("manifest.json")).ok();
    let manifest: Option<serde_json::Value> = manifest.and_then(|m| serde_json::from_str(&m.text).ok());
    let version = manifest.as_ref().and_then(|m| m.get("version")?.as_str()?.split('.').next());
    version.and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// A file to parse: itself, its language, its path in the app without the ending.
type Text = (Arc<SourceFile>, Language, String);

/// A file that was parsed.
type Parsed = (Loaded, Arc<SourceFile>);

/// Parses files; in their order.
fn parse(texts: Vec<Text>, threads: usize) -> (Vec<Loaded>, Vec<Arc<SourceFile>>) {
    let available = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if threads == 0 { available() } else { threads };
    let threads = if texts.len() >= MANY_FILES { threads } else { 1 };
    let read = |(file, language, stem): &Text| {
        let module = lower::read(*language, &file.text)?;
        let loaded = Loaded { file: file.id, language: *language, stem: stem.clone(), module };
        Some((loaded, Arc::clone(file)))
    };
    // Threads of its own and not the workers': a worker that waits here for others could be handed another finding,
    // which waits for this.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = texts.get(index) else { return done };
            done.push((index, read(text)));
        }
    };
    let mut parsed: Vec<(usize, Option<Parsed>)> = std::thread::scope(|scope| {
        let start = || std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok();
        let started: Vec<_> = (0..threads).filter_map(|_| start()).collect();
        started.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    parsed.sort_unstable_by_key(|(index, _)| *index);
    parsed.into_iter().filter_map(|(_, loaded)| loaded).unzip()
}

/// Runs something deeply recursive, whatever stack the caller has; none if there is no thread for it.
fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Option<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}
