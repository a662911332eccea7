//! The session: what was asked for, what it reads, and the run over all roots. The command line and an editor are two
//! faces of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use parking_lot::Mutex;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::cdk;
use crate::cloudformation;
use crate::policy::Library;
use crate::program::Expr;
use crate::source::{self, Diagnostic, Discovery, Loader, Severity, SourceFile};
use crate::terraform::{self, Supplied};

use super::config::Config;
use super::finding::{Finding, Outcome, Rule, Summary, Unknown};
use super::foreign::Foreign;
use super::ledger::Ledger;
use super::locate::Back;
use super::root::{Root, RootKind, RootOutcome};
use super::select::{Selection, Wanted};

/// The stack of a worker thread, in bytes. Budgets bound the depth of every recursion to far less.
const WORKER_STACK: usize = 16 << 20;

/// What a session is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directories and files.
    pub paths: Vec<PathBuf>,
    /// Which policies.
    pub wanted: Wanted,
    /// The configuration to use instead of looking for one.
    pub config: Option<PathBuf>,
    /// `--var` and `--var-file`.
    pub supplied: Vec<Supplied>,
    /// `TF_VAR_NAME` of the environment, without the prefix.
    pub environment: Vec<(String, String)>,
    /// Values for template parameters: files, or `NAME=VALUE`.
    pub parameters: Vec<String>,
    /// Whether suppressions in the source are not looked at.
    pub no_inline_suppressions: bool,
    /// Whether undecided verdicts are listed.
    pub unknowns: bool,
    /// How many findings are listed at most; 0: all.
    pub max_findings: usize,
    /// Worker threads; 0: as many as there are processors.
    pub threads: usize,
    /// The day, as `YYYY-MM-DD`, for suppressions that end.
    pub today: String,
}

/// Is told how far a run has come.
pub trait Progress: Sync {
    /// So many roots of so many are done.
    fn done(&self, roots: usize, of: usize);
}

/// Tells nobody.
#[derive(Debug)]
pub struct Quiet;

impl Progress for Quiet {
    fn done(&self, _roots: usize, _of: usize) {}
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// What was asked for.
    pub options: Options,
    /// The files.
    pub loader: Loader,
    /// The configuration.
    pub config: Config,
    /// The policies.
    pub library: Arc<Library>,
    /// What was wrong with the configuration and a team's own pages.
    pub diagnostics: Vec<Diagnostic>,
    pub(super) parameters: IndexMap<Str, Expr>,
    pub(super) selection: Arc<Selection>,
    pub(super) ledger: Ledger,
    pub(super) modules: terraform::Modules,
    pool: Arc<OnceLock<Option<rayon::ThreadPool>>>,
    ways: Mutex<FxHashMap<PathBuf, Arc<cdk::Way>>>,
    pub(super) exports: cloudformation::Exports,
    /// Which of the supplied parameters some template has.
    pub(super) used: Mutex<FxHashSet<Str>>,
}

/// A check of everything, with what was kept of each root.
#[derive(Debug)]
pub struct Checked<T> {
    /// What it comes to.
    pub outcome: Outcome,
    /// The roots in order, and what was kept of them; without those that failed or are a part of another.
    pub roots: Vec<(Root, T)>,
    /// What was found on the disk.
    pub discovery: Discovery,
}

impl Session {
    /// Opens a session: reads the configuration and a team's own pages, nothing else.
    pub fn open(mut loader: Loader, options: Options) -> Session {
        let mut diagnostics = Vec::new();
        for path in &options.paths {
            loader.open_tree(path);
        }
        let config = match options.config.clone().or_else(|| Config::find(&loader, &options.paths)) {
            Some(path) => Config::read(&loader, &path, &mut diagnostics),
            None => Config::new(),
        };
        let mut library = Library::new(Arc::clone(loader.sources()));
        for directory in &config.policies {
            add_pages(&loader, directory, &mut library, &mut diagnostics);
        }
        let parameters = super::parameters::read(&loader, &options.parameters, &mut diagnostics);
        let selection = Selection::new(&library, &config, &options.wanted, &mut diagnostics);
        let foreign = if config.compat {
            Foreign::read(&loader, &options.paths, &mut diagnostics)
        } else {
            Foreign::default()
        };
        let ledger = Ledger::new(&config, Arc::new(foreign), !options.no_inline_suppressions, &options.today);
        let modules = terraform::Modules::new().with_vendored(config.modules.clone());
        Session {
            options,
            loader,
            config,
            library: Arc::new(library),
            diagnostics,
            parameters,
            selection: Arc::new(selection),
            ledger,
            modules,
            pool: Arc::default(),
            ways: Mutex::default(),
            exports: cloudformation::Exports::default(),
            used: Mutex::default(),
        }
    }

    /// The same session with other texts in front of some files (absolute paths): what it has read stays read, under the
    /// same identities; what was said about the configuration is not said again.
    pub fn overlaid(&self, texts: &BTreeMap<PathBuf, Arc<str>>) -> Session {
        let options = self.options.clone();
        let foreign = Arc::clone(&self.ledger.foreign);
        let ledger = Ledger::new(&self.config, foreign, !options.no_inline_suppressions, &options.today);
        Session {
            options,
            loader: self.loader.overlaid(texts),
            config: self.config.clone(),
            library: Arc::clone(&self.library),
            diagnostics: Vec::new(),
            parameters: self.parameters.clone(),
            selection: Arc::clone(&self.selection),
            ledger,
            modules: self.modules.without(texts.keys().filter_map(|path| path.parent())),
            pool: Arc::clone(&self.pool),
            ways: Mutex::default(),
            exports: cloudformation::Exports::default(),
            used: Mutex::default(),
        }
    }

    /// Finds the roots of the paths, in order. What could not be read is in the discovery's diagnostics.
    pub fn roots(&self) -> (Vec<Root>, Discovery) {
        let mut found = source::discover(&self.loader, &self.options.paths);
        // Copies of modules are looked at where they are called.
        if !self.config.modules.is_empty() {
            let copies =
                |d: &PathBuf| self.config.modules.iter().any(|m| d.starts_with(self.loader.absolute(m)));
            let named = std::mem::take(&mut found.named_directories);
            found.terraform.retain(|d| named.contains(d) || !copies(d));
            found.surroundings.retain(|d| !copies(d));
            found.named_directories = named;
        }
        if !self.config.exclude.is_empty() {
            let named = std::mem::take(&mut found.named_directories);
            found.terraform.retain(|d| named.contains(d) || !self.config.excludes(d));
            found.assemblies.retain(|d| named.contains(d) || !self.config.excludes(d));
            found.documents.retain(|d| !self.config.excludes(d));
            found.surroundings.retain(|d| !self.config.excludes(d));
            found.named_directories = named;
        }
        let roots = super::root::find(self, &mut found);
        (roots, found)
    }

    /// Of a cloud assembly: the way back to the app's source.
    pub(crate) fn way(&self, root: &Root) -> Option<Arc<cdk::Way>> {
        if root.kind != RootKind::Assembly {
            return None;
        }
        let mut ways = self.ways.lock();
        let new = || Arc::new(cdk::Way::new(&root.path, self.options.threads));
        Some(Arc::clone(ways.entry(root.path.clone()).or_insert_with(new)))
    }

    /// Finds the lines of the app that made the resources of a cloud assembly's stack, also where no creation stack
    /// tells.
    pub fn place_constructs(&self, root: &Root, linked: &mut super::Linked) {
        let Some(way) = self.way(root) else { return };
        let back = Back { way: &way, loader: &self.loader };
        let lines: Vec<_> = linked.graph.resources.iter().map(|r| back.line(r)).collect();
        for (resource, line) in linked.graph.resources.iter_mut().zip(lines) {
            if let Some(construct) = &mut resource.construct {
                construct.source = line.or(construct.source);
            }
        }
        linked.diagnostics.extend(way.diagnostics().iter().cloned());
    }

    /// Runs something on the worker threads, which are started when first needed; on the caller's where there is but
    /// one.
    pub fn on_workers<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let pool = self.pool.get_or_init(|| {
            let builder =
                rayon::ThreadPoolBuilder::new().stack_size(WORKER_STACK).num_threads(self.options.threads);
            builder.build().ok()
        });
        match pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Checks one root and keeps everything that was found out.
    pub fn examine(&self, root: &Root) -> super::root::Examined {
        super::root::examine(self, root).1
    }

    /// Checks everything.
    pub fn check(&self, progress: &dyn Progress) -> Outcome {
        self.over_roots(progress, &|root| (super::root::check(self, root), ())).outcome
    }

    /// Checks everything; what is found out about each root is given away before it would be dropped, on the thread
    /// that found it.
    pub fn check_with<T: Send>(
        &self,
        progress: &dyn Progress,
        visit: &(dyn Fn(&Root, super::root::Examined) -> T + Sync),
    ) -> Checked<T> {
        self.over_roots(progress, &|root| {
            let (outcome, examined) = super::root::examine(self, root);
            (outcome, visit(root, examined))
        })
    }

    fn over_roots<T: Send>(
        &self,
        progress: &dyn Progress,
        run: &(dyn Fn(&Root) -> (RootOutcome, T) + Sync),
    ) -> Checked<T> {
        let (roots, discovery) = self.roots();
        let done = std::sync::atomic::AtomicUsize::new(0);
        let total = roots.len();
        let one = |root: Root| {
            let (outcome, kept) = match catch_unwind(AssertUnwindSafe(|| run(&root))) {
                Ok((outcome, kept)) => (outcome, Some(kept)),
                Err(panic) => (RootOutcome::failed(internal_error(&root, panic.as_ref())), None),
            };
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            progress.done(done, total);
            (root, outcome, kept)
        };
        let all: Vec<(Root, RootOutcome, Option<T>)> = if total > 1 && self.options.threads != 1 {
            self.on_workers(|| roots.into_par_iter().map(one).collect())
        } else {
            roots.into_iter().map(one).collect()
        };
        // A template that another one calls as a nested stack is reported there, with what it is given.
        let called: FxHashSet<PathBuf> = all.iter().flat_map(|(_, o, _)| &o.called).cloned().collect();
        let mut outcomes = Vec::new();
        let mut visited = Vec::new();
        for (root, outcome, kept) in all {
            if !called.contains(&root.path) {
                outcomes.push(outcome);
                visited.extend(kept.map(|kept| (root, kept)));
            }
        }
        let outcome = self.merge(outcomes, &discovery);
        Checked { outcome, roots: visited, discovery }
    }

    /// Parameters that are supplied and that no template has: nothing happens with them, which is seldom meant.
    fn unused_parameters(&self) -> Vec<Diagnostic> {
        let used = self.used.lock();
        let unused = self.parameters.iter().filter(|(name, _)| !used.contains(*name));
        unused
            .map(|(name, value)| {
                let message = format!("no template that is checked here has the parameter `{name}`");
                Diagnostic::warning("unused-parameter", message, value.span)
            })
            .collect()
    }

    fn merge(&self, outcomes: Vec<RootOutcome>, discovery: &Discovery) -> Outcome {
        let sources = self.loader.sources();
        let mut summary = Summary::default();
        let mut findings: Vec<Finding> = Vec::new();
        let mut unknowns: Vec<Unknown> = Vec::new();
        let mut planned: (Vec<Finding>, Vec<Unknown>) = Default::default();
        let mut diagnostics = self.diagnostics.clone();
        diagnostics.extend(discovery.diagnostics.iter().cloned());
        let mut policies: FxHashSet<Str> = FxHashSet::default();
        let mut files: FxHashMap<PathBuf, Arc<SourceFile>> = FxHashMap::default();
        for outcome in outcomes {
            summary.resources += outcome.resources;
            summary.pass += outcome.pass;
            summary.unknown += outcome.unknown;
            summary.suppressed += outcome.suppressed;
            policies.extend(outcome.policies);
            if outcome.plan {
                planned.0.extend(outcome.findings);
                planned.1.extend(outcome.unknowns);
            } else {
                findings.extend(outcome.findings);
                unknowns.extend(outcome.unknowns);
            }
            diagnostics.extend(outcome.diagnostics);
            files.extend(outcome.files);
        }
        diagnostics.extend(self.loader.remarks());
        diagnostics.extend(self.unused_parameters());
        summary.policies = policies.len();
        summary.files = files.len();

        let wanted =
            |path: &str| !discovery.is_filtered() || discovery.wants(&self.loader.absolute(Path::new(path)));
        findings.retain(|f| {
            wanted(&f.location.path)
                || f.related.iter().filter_map(|r| r.location.as_ref()).any(|l| wanted(&l.path))
        });
        unknowns.retain(|u| wanted(&u.location.path));
        // What the configuration beside a plan says already is not said again.
        let said: FxHashSet<_> = findings
            .iter()
            .map(|f| {
                (f.location.path.clone(), f.location.start.line, f.policy.clone(), f.resource.address.clone())
            })
            .collect();
        planned.0.retain(|f| {
            let place = (f.location.path.clone(), f.location.start.line);
            !said.contains(&(place.0, place.1, f.policy.clone(), f.resource.address.clone()))
        });
        findings.append(&mut planned.0);
        unknowns.append(&mut planned.1);
        let mut used: Vec<Arc<SourceFile>> =
            files.into_values().filter(|f| wanted(&f.path.to_string_lossy())).collect();
        used.sort_by(|a, b| a.path.cmp(&b.path));
        diagnostics.extend(self.ledger.finish(&used, &self.library, &|page| self.selection.includes(page)));

        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        // two blocks of a page may come to one place from either end: the policy, and the role that it is attached to
        findings.dedup_by(|a, b| {
            (&a.policy, &a.location, &a.resource.address, &a.fingerprint, &a.condition)
                == (&b.policy, &b.location, &b.resource.address, &b.fingerprint, &b.condition)
        });
        unknowns.sort_by(|a, b| {
            (&a.location, &a.policy, &a.resource.address).cmp(&(&b.location, &b.policy, &b.resource.address))
        });
        unknowns.dedup();
        distinguish(&mut findings);
        summary.fail = findings.len();
        let worst = findings.iter().map(|f| f.severity).max();
        let limit = self.options.max_findings;
        if limit > 0 && findings.len() > limit {
            let left_out = findings.len() - limit;
            findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
            findings.truncate(limit);
            findings.sort_by(|a, b| order(a).cmp(&order(b)));
            diagnostics.push(Diagnostic {
                severity: Severity::Warning,
                path: None,
                help: Some("raise `--max-findings`, or 0 for all".to_owned()),
                ..Diagnostic::file_error(
                    "findings-left-out",
                    format!("{left_out} findings are left out; the {limit} worst are listed"),
                    "",
                )
            });
        }
        sort_diagnostics(&mut diagnostics, sources);

        let mut rules: IndexMap<Str, Rule> = IndexMap::new();
        let named = findings.iter().map(|f| &f.policy).chain(unknowns.iter().map(|u| &u.policy));
        for id in named {
            if !rules.contains_key(id)
                && let Some(page) = self.library.get(id)
            {
                rules.insert(id.clone(), rule(page));
            }
        }
        rules.sort_keys();
        Outcome { summary, findings, worst, unknowns, diagnostics, rules, sources: Arc::clone(sources) }
    }
}

type Order<'f> = (&'f Str, u32, u32, &'f Str, &'f Str, &'f Str);

fn order(f: &Finding) -> Order<'_> {
    let l = &f.location;
    (&l.path, l.span.start, l.span.end, &f.policy, &f.resource.address, &f.message)
}

/// Findings of equal fingerprints (the same address in two roots) get different ones, in order of place.
fn distinguish(findings: &mut [Finding]) {
    let mut seen: FxHashMap<Str, usize> = FxHashMap::default();
    for finding in findings {
        let n = seen.entry(finding.fingerprint.clone()).or_insert(0);
        *n += 1;
        if *n > 1 {
            finding.fingerprint = Str::from(format!("{}-{n}", finding.fingerprint));
        }
    }
}

/// Errors first, then by path and place; the same is said once.
fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>, sources: &source::Sources) {
    let path = |d: &Diagnostic| -> PathBuf {
        match (d.span.and_then(|s| sources.get(s.file)), &d.path) {
            (Some(file), _) => file.path.clone(),
            (None, Some(path)) => path.clone(),
            (None, None) => PathBuf::new(),
        }
    };
    diagnostics.sort_by_cached_key(|d| {
        (d.severity, path(d), d.span.map(|s| (s.start, s.end)), d.code, d.message.clone())
    });
    diagnostics.dedup();
}

fn rule(page: &crate::policy::Entrance) -> Rule {
    let meta = page.meta();
    Rule {
        id: page.id().clone(),
        title: meta.title.clone(),
        help: prose(page.text()).into(),
        severity: meta.severity,
        aliases: meta.flat_aliases().cloned().collect(),
        controls: meta.controls.clone(),
    }
}

/// The prose of a page: what stands between its title and its first block of code.
fn prose(text: &str) -> String {
    let body = text.find("\n# ").and_then(|at| text.get(at + 1..)).unwrap_or(text);
    let body = body.split_once('\n').map_or("", |(_, rest)| rest);
    let end = body.find("\n```").unwrap_or(body.len());
    body.get(..end).unwrap_or(body).trim().to_owned()
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn internal_error(root: &Root, panic: &(dyn std::any::Any + Send)) -> Diagnostic {
    let message = format!("masugata failed on `{}`: {}", root.shown().display(), panic_text(panic));
    Diagnostic::file_error("internal-error", message, root.shown())
        .with_help("this is a mistake in masugata; the other roots were checked")
}

fn add_pages(loader: &Loader, directory: &Path, library: &mut Library, diagnostics: &mut Vec<Diagnostic>) {
    let mut paths = Vec::new();
    let walk =
        ignore::WalkBuilder::new(directory).follow_links(false).sort_by_file_name(|a, b| a.cmp(b)).build();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let path = entry.path();
                let page = path.extension().is_some_and(|e| e == "md")
                    && path.file_stem().is_none_or(|n| n != "README");
                if page && entry.file_type().is_some_and(|t| t.is_file()) {
                    paths.push(path.to_path_buf());
                }
            }
            Err(error) => {
                let shown = loader.display(directory);
                let message = format!("can't read the policies in `{}`: {error}", shown.display());
                diagnostics.push(Diagnostic::file_error("unreadable", message, shown));
            }
        }
    }
    for path in paths {
        match loader.load(&path) {
            Ok(file) => diagnostics.extend(library.add(&file)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
}
