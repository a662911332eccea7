//! One root: from its files to its findings.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};

use crate::Str;
use crate::eval::{self, Data, Evaluation, Store, Value};
use crate::graph::{self, Graph};
use crate::model::{self, ResourceId};
use crate::policy::{self, Entrance, Subject, Verdict};
use crate::program::{Dialect, Expr, Literal, Program};
use crate::source::{Diagnostic, Discovery, Loader, SourceFile, Sources, is_terraform_file};
use crate::syntax;
use crate::{cdk, cloudformation, terraform};

use super::evidence::{Evidence, evidence};
use super::finding::{Finding, Location, Unknown};
use super::locate::{self, Back};
use super::session::{Session, panic_text};

/// From how many resources on a root's policies run on the worker threads.
const MANY_RESOURCES: usize = 500;

/// Something that is analysed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// Its directory or file, absolute.
    pub path: PathBuf,
    shown: PathBuf,
}

/// What a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A Terraform configuration: a directory.
    Terraform,
    /// A file that may be a CloudFormation template or a plan (`terraform show -json`): its content tells.
    Document,
    /// A cloud assembly: a directory.
    Assembly,
}

impl Root {
    /// A root at an absolute path.
    pub fn new(loader: &Loader, kind: RootKind, path: PathBuf) -> Root {
        let shown = loader.display(&path);
        Root { kind, path, shown }
    }

    /// The path as it is printed.
    pub fn shown(&self) -> &Path {
        &self.shown
    }
}

/// What one root comes to.
#[derive(Debug, Default)]
pub(super) struct RootOutcome {
    pub(super) findings: Vec<Finding>,
    pub(super) unknowns: Vec<Unknown>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) policies: FxHashSet<Str>,
    pub(super) files: Vec<(PathBuf, Arc<SourceFile>)>,
    /// It is a plan: its findings are in the configuration that lies beside it, whatever files were named.
    pub(super) plan: bool,
    /// The templates (absolute) that a template calls as nested stacks.
    pub(super) called: Vec<PathBuf>,
    pub(super) resources: usize,
    pub(super) pass: usize,
    pub(super) unknown: usize,
    pub(super) suppressed: usize,
    /// Every verdict, if they are to be kept.
    pub(super) judged: Option<Vec<Judged>>,
}

/// One verdict and the finding that it is.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The policy's id.
    pub policy: Str,
    /// What it says.
    pub verdict: Verdict,
    /// The finding of a fail; none where it is suppressed or not wanted.
    pub finding: Option<Finding>,
}

impl RootOutcome {
    pub(super) fn failed(diagnostic: Diagnostic) -> Self {
        RootOutcome { diagnostics: vec![diagnostic], ..RootOutcome::default() }
    }
}

/// Finds the roots among what was discovered, in order.
pub(super) fn find(session: &Session, found: &mut Discovery) -> Vec<Root> {
    let loader = &session.loader;
    let mut roots = Vec::new();
    let mut root = |kind, path: PathBuf| {
        roots.push(Root::new(loader, kind, path));
    };
    for directory in terraform_roots(session, found) {
        root(RootKind::Terraform, directory);
    }
    for directory in &found.assemblies {
        root(RootKind::Assembly, directory.clone());
    }
    for path in &found.documents {
        root(RootKind::Document, path.clone());
    }
    for path in super::parents::parents(loader, found) {
        root(RootKind::Document, path);
    }
    roots
}

/// Directories for which starting the workers pays off before there is anything else for them to do.
const MANY_DIRECTORIES: usize = 8;

fn terraform_roots(session: &Session, found: &Discovery) -> Vec<PathBuf> {
    let loader = &session.loader;
    let mut all: Vec<PathBuf> = found.terraform.iter().chain(&found.surroundings).cloned().collect();
    if all.is_empty() {
        return all;
    }
    all.sort_unstable();
    all.dedup();
    // Who calls whom is told when all are read: a third of the work of a run over many small roots.
    if all.len() >= MANY_DIRECTORIES && session.options.threads != 1 {
        session.on_workers(|| {
            all.par_iter().for_each(|directory| {
                session.modules.local_calls(loader, directory);
            });
        });
    }
    let mut roots = session.modules.roots(loader, &all);
    for named in &found.named_directories {
        if all.binary_search(named).is_ok() && !roots.contains(named) {
            roots.push(named.clone());
        }
    }
    roots.sort_unstable();
    if found.surroundings.is_empty() {
        return roots;
    }
    // Around named files, only what reaches them counts.
    let asked: FxHashSet<&PathBuf> = found.terraform.iter().collect();
    roots.retain(|root| {
        let mut seen: FxHashSet<PathBuf> = FxHashSet::default();
        let mut todo = vec![root.clone()];
        while let Some(directory) = todo.pop() {
            if asked.contains(&directory) {
                return true;
            }
            if seen.insert(directory.clone()) {
                todo.extend(session.modules.local_calls(loader, &directory));
            }
        }
        false
    });
    roots
}

/// The program of a document; none for one that is no infrastructure code.
fn document(session: &Session, path: &Path) -> Result<Option<Program>, Diagnostic> {
    let loader = &session.loader;
    // Most documents of a repository are neither template nor plan: those are not kept.
    let sign = match loader.peek(path) {
        Some(bytes) => evidence(&bytes),
        None => Evidence::Template,
    };
    match sign {
        Evidence::Nothing => Ok(None),
        Evidence::Plan => {
            let tree = syntax::json::parse(loader.load(path)?);
            if !terraform::plan::is_plan(&tree) {
                return Ok(None);
            }
            let plan = terraform::plan::read(&tree);
            // The configuration that lies beside it, or where the settings say, is what a reader can edit.
            let absolute = loader.absolute(path);
            let said = session.config.configuration_of(&absolute);
            let directory = said.unwrap_or_else(|| path.parent().unwrap_or(path));
            let names = loader.list(directory).unwrap_or_default();
            Ok(Some(match names.iter().any(|name| is_terraform_file(name)) {
                true => terraform::plan::located(plan, session.modules.program(loader, directory)),
                false => plan,
            }))
        }
        Evidence::Template => {
            let given = session.given(path, &mut Vec::new());
            let exports = Some(&session.exports);
            Ok(cloudformation::open_with(loader, &loader.load(path)?, Some(&given), exports))
        }
    }
}

/// A root, evaluated and linked.
#[derive(Debug)]
pub struct Linked {
    /// The program.
    pub program: Program,
    /// What evaluation left besides instances (those went into the graph).
    pub evaluation: Evaluation,
    /// The graph.
    pub graph: Graph,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Session {
    /// Reads the programs of a root: one, or one a stack for a cloud assembly.
    pub fn programs(&self, root: &Root) -> (Vec<Program>, Vec<Diagnostic>) {
        let loader = &self.loader;
        match root.kind {
            RootKind::Terraform => (vec![self.modules.program(loader, &root.path)], Vec::new()),
            RootKind::Assembly => {
                let assembly = cdk::read(loader, &root.path);
                (assembly.stacks.into_iter().map(|stack| stack.program).collect(), assembly.diagnostics)
            }
            RootKind::Document => match document(self, &root.path) {
                Ok(program) => (program.into_iter().collect(), Vec::new()),
                Err(diagnostic) => (Vec::new(), vec![diagnostic]),
            },
        }
    }

    /// What is supplied for the parameters of a template: by the configuration, a `samconfig.toml` beside it, the
    /// command line; later ones win.
    fn given(&self, template: &Path, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<Str, Expr> {
        let mut given = self.config.inputs.clone();
        given.extend(super::samconfig::read(&self.loader, template, diagnostics));
        given.extend(self.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
        given
    }

    /// Evaluates a program with the supplied values, and expressions in its root module.
    pub fn evaluate_exprs(
        &self,
        root: &Root,
        program: &Program,
        exprs: &[Expr],
    ) -> (Evaluation, Vec<eval::Outcome>, Vec<Diagnostic>) {
        let mut inputs = eval::Inputs::default();
        let mut diagnostics = Vec::new();
        let module = program.module(program.root);
        for (name, value) in &self.config.inputs {
            if name.starts_with("data.")
                || cloudformation::is_pseudo_parameter(name)
                || module.is_some_and(|m| m.inputs.contains_key(name))
            {
                inputs.values.insert(name.clone(), value.clone());
            }
        }
        if let Some(module) = module.filter(|m| m.dialect == Dialect::CloudFormation) {
            let given = self.given(&root.path, &mut diagnostics);
            diagnostics
                .extend(given.iter().filter_map(|(name, value)| refused(module.inputs.get(name)?, value)));
            let used = self.parameters.keys().filter(|name| {
                program.modules.iter().any(|m| m.inputs.contains_key(*name))
                    || cloudformation::is_pseudo_parameter(name)
            });
            self.used.lock().extend(used.cloned());
            let declared =
                |name: &Str| module.inputs.contains_key(name) || cloudformation::is_pseudo_parameter(name);
            // what is supplied by name is for every template, also for those that this one imports from
            let named =
                |name: &Str| declared(name) || program.modules.iter().any(|m| m.inputs.contains_key(name));
            inputs.values.extend(given.into_iter().filter(|(name, _)| named(name)));
            let fixed = program.environment.iter().filter(|(name, _)| declared(name));
            inputs.values.extend(fixed.map(|(name, value)| (name.clone(), value.clone())));
        }
        if let (RootKind::Terraform, Some(module)) = (root.kind, module) {
            let options = &self.options;
            let (values, problems) =
                terraform::inputs(&self.loader, &root.path, module, &options.environment, &options.supplied);
            inputs.values.extend(values);
            diagnostics.extend(problems);
        }
        let sources = Arc::clone(self.loader.sources());
        let (evaluation, outcomes) =
            eval::evaluate_with(program, &inputs, sources, Some(&self.loader), exprs);
        (evaluation, outcomes, diagnostics)
    }

    /// Evaluates, lowers and links a program.
    pub fn link(&self, root: &Root, program: Program) -> Linked {
        let (mut evaluation, _, mut diagnostics) = self.evaluate_exprs(root, &program, &[]);
        diagnostics.extend(program.diagnostics.iter().cloned());
        diagnostics.append(&mut evaluation.diagnostics);
        // what is wrong with a template that something is imported from is told where it is a root
        let own = program.own_modules().count();
        if own < program.modules.len() {
            let foreign: FxHashSet<_> =
                evaluation.instances.iter().filter(|i| i.foreign.is_some()).map(|i| i.header.file).collect();
            diagnostics.retain(|d| d.span.is_none_or(|span| !foreign.contains(&span.file)));
        }
        let store = Arc::clone(&evaluation.store);
        let instances = std::mem::take(&mut evaluation.instances);
        let lower = |(index, instance): (usize, &eval::Instance)| {
            model::lower::resource(&store, instance, ResourceId(index as u32))
        };
        let mut resources: Vec<model::Resource> =
            if instances.len() >= MANY_RESOURCES && self.options.threads != 1 {
                self.on_workers(|| instances.par_iter().enumerate().map(lower).collect())
            } else {
                instances.iter().enumerate().map(lower).collect()
            };
        // what a macro takes in place of a type's properties is its own business
        let open: Vec<&PathBuf> = program.modules.iter().filter(|m| m.open).map(|m| &m.path).collect();
        let is_open = |i: &eval::Instance| {
            !open.is_empty()
                && self
                    .loader
                    .sources()
                    .get(i.header.file)
                    .is_some_and(|file| open.iter().any(|path| **path == file.path))
        };
        let closed = instances.iter().filter(|i| i.foreign.is_none() && !is_open(i));
        let made = program.modules.iter().any(|m| m.made);
        diagnostics.extend(closed.flat_map(|i| match made {
            true => model::lower::unknown_names_of_made(&store, i),
            false => model::lower::unknown_names(&store, i),
        }));
        drop(instances);
        for resource in &mut resources {
            if let Some(construct) = program.constructs.get(resource.header.file, &resource.name) {
                let (path, source) = (construct.path.clone(), construct.source);
                let acknowledged = program.constructs.acknowledged(&path).cloned().collect();
                resource.construct = Some(model::Construct { path, source, acknowledged });
            }
        }
        let graph = graph::link(store, resources, &evaluation.handed);
        Linked { program, evaluation, graph, diagnostics }
    }
}

/// A root with everything that was found out about it, for what works on after the verdicts.
#[derive(Debug)]
pub struct Examined {
    /// Its programs, evaluated and linked, each with its verdicts.
    pub parts: Vec<(Linked, Vec<Judged>)>,
    /// The files that it was read from: absolute path and text.
    pub files: Vec<(PathBuf, Arc<SourceFile>)>,
    /// The templates (absolute) that a template of it calls as nested stacks.
    pub called: Vec<PathBuf>,
    /// What was wrong with its source.
    pub diagnostics: Vec<Diagnostic>,
}

/// Says that a parameter is given a value that it does not allow: CloudFormation makes no such stack.
fn refused(input: &crate::program::Input, value: &Expr) -> Option<Diagnostic> {
    let crate::program::Domain::OneOf(allowed) = &input.domain else { return None };
    let text = |literal: &Literal| match literal {
        Literal::String(text) => Some(text.to_string()),
        Literal::Number(crate::program::Quantity::Int(n)) => Some(n.to_string()),
        Literal::Number(crate::program::Quantity::Decimal(text)) => Some(text.to_string()),
        Literal::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let crate::program::ExprKind::Literal(literal) = &value.kind else { return None };
    let given = text(literal)?;
    let allowed: Vec<String> = allowed.iter().filter_map(text).collect();
    if allowed.contains(&given) {
        return None;
    }
    let message = format!("`{given}` is none of the values that the parameter `{}` allows", input.name);
    let shown = allowed.iter().take(10).map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    let diagnostic = Diagnostic::warning("parameter-value", message, value.span);
    Some(diagnostic.with_label(input.name_span, "declared here").with_help(format!("it allows {shown}")))
}

/// Checks a root and keeps everything.
pub(super) fn examine(session: &Session, root: &Root) -> (RootOutcome, Examined) {
    let mut parts = Vec::new();
    let outcome = run(session, root, Some(&mut parts));
    let (files, called) = (outcome.files.clone(), outcome.called.clone());
    let diagnostics = outcome.diagnostics.clone();
    (outcome, Examined { parts, files, called, diagnostics })
}

/// Checks a root.
pub(super) fn check(session: &Session, root: &Root) -> RootOutcome {
    run(session, root, None)
}

fn run(session: &Session, root: &Root, mut keep: Option<&mut Vec<(Linked, Vec<Judged>)>>) -> RootOutcome {
    let (programs, diagnostics) = session.programs(root);
    let mut outcome = RootOutcome { diagnostics, ..RootOutcome::default() };
    for program in programs {
        files_of(session, root, &program, &mut outcome);
        let dialect = program.module(program.root).map(|m| m.dialect);
        outcome.plan |= root.kind == RootKind::Document && dialect == Some(Dialect::Terraform);
        let mut linked = session.link(root, program);
        outcome.judged = keep.is_some().then(Vec::new);
        judge(session, root, &linked, &mut outcome);
        outcome.diagnostics.append(&mut linked.diagnostics);
        if let Some(parts) = &mut keep {
            parts.push((linked, outcome.judged.take().unwrap_or_default()));
        }
    }
    if let Some(way) = session.way(root) {
        outcome.diagnostics.extend(way.diagnostics().iter().cloned());
    }
    outcome
}

/// The files that a program was read from.
fn files_of(session: &Session, root: &Root, program: &Program, outcome: &mut RootOutcome) {
    let loader = &session.loader;
    let mut files = Vec::new();
    let mut add = |path: PathBuf| {
        if let Ok(file) = loader.load(&path) {
            files.push((path, file));
        }
    };
    match root.kind {
        RootKind::Terraform => {
            for module in &program.modules {
                let directory = loader.absolute(&module.path);
                for name in loader.list(&directory).unwrap_or_default() {
                    if is_terraform_file(&name) && loader.is_file(&directory.join(&name)) {
                        add(directory.join(&name));
                    }
                }
            }
        }
        RootKind::Document | RootKind::Assembly => {
            if root.kind == RootKind::Document {
                let called = program.own_modules().map(|module| loader.absolute(&module.path));
                outcome.called.extend(called.filter(|path| *path != root.path));
            }
            for module in &program.modules {
                let path = loader.absolute(&module.path);
                if loader.is_file(&path) {
                    add(path);
                }
            }
            if root.kind == RootKind::Document {
                add(root.path.clone());
            }
        }
    }
    outcome.files.extend(files);
}

/// One policy and what it is run on.
struct Work<'s> {
    page: &'s Entrance,
    policy: Arc<policy::Policy>,
    subjects: Vec<ResourceId>,
}

fn judge(session: &Session, root: &Root, linked: &Linked, outcome: &mut RootOutcome) {
    let way = session.way(root);
    let back = way.as_deref().map(|way| Back { way, loader: &session.loader });
    let graph = &linked.graph;
    outcome.resources += graph
        .resources
        .iter()
        .filter(|r| r.presence == model::Presence::Written && r.mode == crate::program::Mode::Managed)
        .count();
    // by page and not by type: a page may look at several types
    let mut types: Vec<&Str> = graph.by_type.keys().collect();
    types.sort_unstable();
    let mut work: BTreeMap<&Str, Work<'_>> = BTreeMap::new();
    for type_name in types {
        for page in session.library.of_type(type_name).filter(|p| session.selection.includes(p)) {
            if !work.contains_key(page.id()) {
                let Some(policy) = session.library.policy(page) else { continue };
                work.insert(page.id(), Work { page, policy, subjects: Vec::new() });
            }
            if let Some(work) = work.get_mut(page.id()) {
                work.subjects.extend(graph.of_type(type_name).iter().filter(|id| is_judged(graph, **id)));
            }
        }
    }
    outcome.policies.extend(work.keys().map(|id| (*id).clone()));
    let keep = outcome.judged.is_some();
    let tasks: Vec<(&Work<'_>, &[ResourceId])> =
        work.values().flat_map(|w| w.subjects.chunks(256).map(move |chunk| (w, chunk))).collect();
    let run = |(work, subjects): &(&Work<'_>, &[ResourceId])| {
        let mut part = RootOutcome { judged: keep.then(Vec::new), ..RootOutcome::default() };
        for id in *subjects {
            match catch_unwind(AssertUnwindSafe(|| work.policy.run(graph, *id))) {
                Ok(verdicts) => take(session, back, graph, work.page, verdicts, &mut part),
                Err(panic) => part.diagnostics.push(page_failed(graph, work.page, *id, panic.as_ref())),
            }
        }
        part
    };
    let parts: Vec<RootOutcome> = if graph.resources.len() >= MANY_RESOURCES && session.options.threads != 1 {
        session.on_workers(|| tasks.par_iter().map(run).collect())
    } else {
        tasks.iter().map(run).collect()
    };
    for part in parts {
        add(outcome, part);
    }
    judge_inputs(session, linked, outcome);
}

/// Whether verdicts about a resource are this root's. Of what is written in another root, only what this one says about
/// it: a rule for a group that is imported.
fn is_judged(graph: &Graph, id: ResourceId) -> bool {
    let elsewhere = |id: ResourceId| {
        graph.resource(id).is_some_and(|resource| resource.presence == model::Presence::Elsewhere)
    };
    !elsewhere(id) || graph.contributions_to(id).iter().any(|c| c.companion != id && !elsewhere(c.companion))
}

fn add(outcome: &mut RootOutcome, part: RootOutcome) {
    outcome.findings.extend(part.findings);
    outcome.unknowns.extend(part.unknowns);
    outcome.diagnostics.extend(part.diagnostics);
    if let (Some(all), Some(more)) = (&mut outcome.judged, part.judged) {
        all.extend(more);
    }
    outcome.pass += part.pass;
    outcome.unknown += part.unknown;
    outcome.suppressed += part.suppressed;
}

/// Runs the policies about inputs on those of the root module.
fn judge_inputs(session: &Session, linked: &Linked, outcome: &mut RootOutcome) {
    let Some(module) = linked.program.module(linked.program.root) else { return };
    if module.inputs.is_empty() {
        return;
    }
    let pages: Vec<&Entrance> =
        session.library.of_type("Input").filter(|page| session.selection.includes(page)).collect();
    for page in pages {
        let Some(compiled) = session.library.policy(page) else { continue };
        outcome.policies.insert(page.id().clone());
        for input in module.inputs.values() {
            let subject = policy::InputSubject {
                input,
                dialect: module.dialect,
                value: linked.evaluation.inputs.get(&input.name),
                default: None,
            };
            let mut part =
                RootOutcome { judged: outcome.judged.is_some().then(Vec::new), ..RootOutcome::default() };
            match catch_unwind(AssertUnwindSafe(|| compiled.run_input(&linked.graph, &subject))) {
                Ok(mut verdicts) => {
                    for verdict in &mut verdicts {
                        verdict.subject = Subject::Input(subject.address());
                    }
                    take(session, None, &linked.graph, page, verdicts, &mut part);
                }
                Err(panic) => {
                    let message = format!(
                        "policy `{}` failed on `{}`: {}",
                        page.id(),
                        subject.address(),
                        panic_text(panic.as_ref())
                    );
                    part.diagnostics.push(Diagnostic::error("internal-error", message, input.name_span));
                }
            }
            add(outcome, part);
        }
    }
}

fn page_failed(
    graph: &Graph,
    page: &Entrance,
    id: ResourceId,
    panic: &(dyn std::any::Any + Send),
) -> Diagnostic {
    let (address, span) = graph.resource(id).map(|r| (r.address.as_str(), r.header)).unzip();
    let message =
        format!("policy `{}` failed on `{}`: {}", page.id(), address.unwrap_or_default(), panic_text(panic));
    let diagnostic = match span {
        Some(span) => Diagnostic::error("internal-error", message, span),
        None => Diagnostic::file_error("internal-error", message, ""),
    };
    diagnostic.with_help("this is a mistake in masugata or in the page; the other policies were checked")
}

/// Turns verdicts into findings.
fn take(
    session: &Session,
    back: Option<Back<'_>>,
    graph: &Graph,
    page: &Entrance,
    verdicts: Vec<Verdict>,
    part: &mut RootOutcome,
) {
    for verdict in verdicts {
        let findings = part.findings.len();
        if is_told_elsewhere(graph, &verdict) {
            continue;
        }
        match verdict.outcome {
            policy::Outcome::Pass => part.pass += 1,
            policy::Outcome::Unknown => {
                part.unknown += 1;
                if session.options.unknowns {
                    part.unknowns.extend(unknown(session, back, graph, page, &verdict));
                }
            }
            policy::Outcome::Fail => fail(session, back, graph, page, &verdict, part),
        }
        if let Some(judged) = &mut part.judged {
            let finding = part.findings.get(findings).cloned();
            judged.push(Judged { policy: page.id().clone(), verdict, finding });
        }
    }
}

/// Whether a verdict is about a resource of another root and points there, too.
fn is_told_elsewhere(graph: &Graph, verdict: &Verdict) -> bool {
    let Subject::Resource(id) = &verdict.subject else { return false };
    let Some(subject) = graph.resource(*id).filter(|r| r.presence == model::Presence::Elsewhere) else {
        return false;
    };
    let holder = verdict.finding.as_ref().and_then(|finding| finding.primary.resource);
    let holder = holder.and_then(|id| graph.resource(id)).unwrap_or(subject);
    holder.presence == model::Presence::Elsewhere
}

fn relative<'c>(session: &Session, location: &Location, buffer: &'c mut PathBuf) -> &'c Path {
    *buffer =
        session.config.relative(&session.loader.absolute(Path::new(location.path.as_str()))).to_path_buf();
    buffer
}

fn unknown(
    session: &Session,
    back: Option<Back<'_>>,
    graph: &Graph,
    page: &Entrance,
    verdict: &Verdict,
) -> Option<Unknown> {
    let sources: &Sources = session.loader.sources();
    let line = match &verdict.subject {
        Subject::Resource(id) => graph.resource(*id).and_then(|r| back?.line(r)),
        Subject::Input(_) => None,
    };
    let span = line
        .or_else(|| locate::header(graph, verdict))
        .or_else(|| verdict.finding.as_ref().map(|f| f.primary.span))?;
    let location = Location::of(sources, span)?;
    let mut buffer = PathBuf::new();
    let at = relative(session, &location, &mut buffer);
    let resource = locate::subject(graph, verdict)?;
    let construct = resource.construct.as_deref();
    let severity = session.selection.severity(page.id(), page.severity(), &session.config, at, construct)?;
    Some(Unknown {
        policy: page.id().clone(),
        severity,
        resource,
        location,
        needs: verdict.undecided.iter().map(|id| graph.store.unknown_name(*id)).collect(),
        reason: verdict.reason.clone(),
    })
}

fn fail(
    session: &Session,
    back: Option<Back<'_>>,
    graph: &Graph,
    page: &Entrance,
    verdict: &Verdict,
    part: &mut RootOutcome,
) {
    let Some(found) = verdict.finding.as_ref() else { return };
    let sources: &Sources = session.loader.sources();
    let (Some(mut resource), Some(located)) =
        (locate::subject(graph, verdict), locate::locate(graph, sources, back, verdict))
    else {
        return;
    };
    let place = Location::of(sources, located.primary)
        .or_else(|| locate::header(graph, verdict).and_then(|span| Location::of(sources, span)));
    let Some(location) = place else { return };
    let meta = page.meta();
    let mut buffer = PathBuf::new();
    let at = relative(session, &location, &mut buffer);
    if session.config.excludes(&session.loader.absolute(Path::new(location.path.as_str()))) {
        return;
    }
    let Some(severity) = session.selection.severity(
        page.id(),
        meta.severity,
        &session.config,
        at,
        resource.construct.as_deref(),
    ) else {
        return;
    };
    let aliases: Vec<Str> = meta.flat_aliases().cloned().collect();
    let has = |path: &str, wanted: &str| match &verdict.subject {
        Subject::Resource(id) => {
            graph.resource(*id).is_some_and(|r| has_value(&graph.store, &r.values, path, wanted))
        }
        Subject::Input(_) => false,
    };
    let rules = match &verdict.subject {
        Subject::Resource(id) => graph.resource(*id).and_then(|r| r.construct.as_ref()),
        Subject::Input(_) => None,
    };
    let rules = rules.map(|construct| construct.acknowledged.as_slice()).unwrap_or_default();
    if session.ledger.suppresses(&session.loader, page.id(), &aliases, &located.covered, &has)
        || session.ledger.is_acknowledged(sources, page.id(), &aliases, &located.covered, rules)
    {
        part.suppressed += 1;
        return;
    }
    resource.generated = located.generated.and_then(|span| Location::of(sources, span));
    part.findings.push(Finding {
        policy: page.id().clone(),
        severity,
        message: found.message.clone(),
        condition: locate::condition(&graph.store, verdict),
        fix: None,
        fingerprint: fingerprint(page.id(), &resource.type_name, &resource.address, &found.element),
        related: locate::resolve(sources, &located.related),
        because: located.because,
        location,
        resource,
    });
}

/// Whether a resource has an argument (`a.b`) of that value, written as text.
fn has_value(store: &Store, values: &Value, path: &str, wanted: &str) -> bool {
    let mut at = vec![values.clone()];
    for step in path.split('.') {
        at = at
            .iter()
            .flat_map(|value| match &value.data {
                Data::List(list) => list.members.iter().map(|m| m.value.clone()).collect(),
                _ => vec![value.clone()],
            })
            .filter_map(|value| value.as_map().and_then(|map| map.get(step)).map(|entry| entry.value.clone()))
            .collect();
    }
    at.iter().any(|value| store.string_of(value).is_some_and(|text| text == wanted))
}

/// Identifies a finding by what it is about: no path, no line.
fn fingerprint(policy: &str, type_name: &str, address: &str, element: &str) -> Str {
    let mut hash = Sha256::new();
    for part in [policy, type_name, address, element] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
