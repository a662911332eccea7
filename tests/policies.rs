//! Every policy page is a test: its form, its types, and its examples. Pages are read from disk, so writing one compiles
//! nothing.
//!
//!     cargo test --test policies                     all pages
//!     cargo test --test policies -- s3-public-acl    those whose id contains the text
//!
//! An example is read, evaluated, lowered and linked like any input; a `fail` block must have findings of exactly this
//! page starting on exactly the marked lines, all other blocks none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]
#![expect(clippy::print_stdout, reason = "this harness prints its own results, one line a page")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use masugata::check::{Options, Session};
use masugata::eval::{self, Inputs, Value, Via};
use masugata::fix;
use masugata::graph::{self, Graph};
use masugata::model::{self, ResourceId};
use masugata::policy::page::{self, Example, ExampleLanguage, Expectation, Page};
use masugata::policy::{self, InputSubject, Outcome, Policy, Verdict};
use masugata::program::Program;
use masugata::source::{Diagnostic, Loader, Severity, Span};
use masugata::{cloudformation, terraform};

/// Where examples are, as far as they are told.
const ROOT: &str = "/example";

fn main() -> ExitCode {
    let mut filters = Vec::new();
    let mut list = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--list" => list = true,
            other if other.starts_with("--") => {}
            other => filters.push(other.to_owned()),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    find(&root.join("policies"), &mut paths);
    paths.sort();
    let mut failures = String::new();
    let (mut pages, mut blocks, mut failed) = (0, 0, 0);
    let mut aliases: BTreeMap<(String, String), String> = BTreeMap::new();
    for path in &paths {
        let shown = path.strip_prefix(root).unwrap_or(path);
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wanted = filters.is_empty() || filters.iter().any(|f| id.contains(f.as_str()));
        if list {
            println!("{id}: test");
            continue;
        }
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let _ = writeln!(failures, "{}: {error}", shown.display());
                continue;
            }
        };
        let mut check = PageCheck::new(shown, &text);
        for (tool, ids) in &check.page.meta.aliases {
            for alias in ids {
                let key = (tool.to_string(), alias.to_string());
                if let Some(other) = aliases.insert(key, id.clone()) {
                    check
                        .wrong
                        .push_str(&format!("{}:1: `{alias}` stands on `{other}` too\n", shown.display()));
                }
            }
        }
        if !wanted {
            continue;
        }
        check.run();
        pages += 1;
        blocks += check.page.examples.len();
        if check.wrong.is_empty() {
            println!("ok      {id}");
        } else {
            failed += 1;
            println!("FAILED  {id}");
            failures.push_str(&check.wrong);
        }
    }
    if list {
        return ExitCode::SUCCESS;
    }
    if !failures.is_empty() {
        println!("\n{failures}");
    }
    println!("{pages} pages with {blocks} examples, {failed} failed");
    if pages == 0 && filters.is_empty() {
        println!("no pages found");
        return ExitCode::FAILURE;
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|e| e == "md")
            && path.file_name().is_some_and(|n| n != "README.md")
        {
            paths.push(path);
        }
    }
}

/// One page under test.
struct PageCheck {
    shown: PathBuf,
    text: String,
    page: Page,
    wrong: String,
}

impl PageCheck {
    fn new(shown: &Path, text: &str) -> Self {
        let loader = Loader::new(ROOT);
        let file = loader.sources().add(shown, text);
        let (page, diagnostics) = page::read(&file);
        let mut check =
            PageCheck { shown: shown.to_path_buf(), text: text.to_owned(), page, wrong: String::new() };
        for diagnostic in &diagnostics {
            check.tell(diagnostic);
        }
        let service = shown.parent().and_then(|p| p.file_name()).unwrap_or_default().to_string_lossy();
        let id = check.page.meta.id.clone();
        if !id.starts_with(&format!("{service}-")) {
            let _ =
                writeln!(check.wrong, "{}:1: the id `{id}` should start with `{service}-`", shown.display());
        }
        check
    }

    fn tell(&mut self, diagnostic: &Diagnostic) {
        let at = diagnostic.span.map_or(0, |s| s.start as usize).min(self.text.len());
        let line = self.text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        let _ = write!(self.wrong, "{}:{line}: {}", self.shown.display(), diagnostic.message);
        if let Some(help) = &diagnostic.help {
            let _ = write!(self.wrong, " ({help})");
        }
        self.wrong.push('\n');
    }

    fn run(&mut self) {
        let Some(logic) = self.page.logic.clone() else { return };
        // The logic's own errors are told once, from a compilation of its own.
        let loader = Loader::new(ROOT);
        let file = loader.sources().add(&self.shown, self.text.as_str());
        let (policy, diagnostics) = policy::compile(&file, logic.clone());
        for diagnostic in &diagnostics {
            self.tell(diagnostic);
        }
        if policy.is_none() || !diagnostics.is_empty() {
            return;
        }
        let examples = std::mem::take(&mut self.page.examples);
        for example in &examples {
            for problem in run_example(&self.shown, &self.text, logic.clone(), example) {
                let _ = writeln!(
                    self.wrong,
                    "{}:{}: {}",
                    self.shown.display(),
                    example.line + problem.line.saturating_sub(1),
                    problem.message
                );
            }
        }
        for pair in examples.windows(2) {
            if let [fail, fixed] = pair
                && fail.expectation == Expectation::Fail
                && fixed.expectation == Expectation::Fixed
                && let Some(wrong) = mended(&self.page.meta.id, fail, fixed)
            {
                let _ = writeln!(self.wrong, "{}:{}: {wrong}", self.shown.display(), fixed.line);
            }
        }
        self.page.examples = examples;
    }
}

/// Whether `masugata fix` makes exactly the `fixed` block of the `fail` block; what is different if not. The page is the
/// built-in one, which is what cargo has just built from the same file.
fn mended(id: &str, fail: &Example, fixed: &Example) -> Option<String> {
    let name = match fail.language {
        ExampleLanguage::Terraform => "main.tf",
        ExampleLanguage::Yaml => "template.yaml",
        ExampleLanguage::Json => "template.json",
    };
    let path = Path::new(ROOT).join(name);
    let mut loader = Loader::new(ROOT);
    loader.overlay(&path, fail.text.as_str());
    let mut options = Options { paths: vec![path], threads: 1, ..Options::default() };
    options.wanted.select = vec![id.into()];
    let session = Session::open(loader, options);
    let outcomes = fix::fix(&session, fix::Wanted { unsafe_fixes: true, ..fix::Wanted::default() });
    if let Some(defect) = outcomes.defects.first() {
        return Some(format!("the fix was dropped, since {}", defect.note.as_deref().unwrap_or_default()));
    }
    let Some((_, _, after)) = outcomes.files.first() else {
        let left = outcomes.left.iter().chain(&outcomes.manual).next();
        let why = left.and_then(|c| c.note.as_deref()).unwrap_or("no reason is told");
        return Some(format!("`masugata fix` changes nothing: {why}"));
    };
    if **after == fixed.text {
        return None;
    }
    let mut text = String::from("`masugata fix` makes something else of the block above:\n");
    text.push_str(after);
    Some(text)
}

/// Something wrong with an example, on a line of it (from 1).
struct Problem {
    line: u32,
    message: String,
}

fn run_example(shown: &Path, text: &str, logic: std::ops::Range<usize>, example: &Example) -> Vec<Problem> {
    let mut loader = Loader::new(ROOT);
    let name = match example.language {
        ExampleLanguage::Terraform => "main.tf",
        ExampleLanguage::Yaml => "template.yaml",
        ExampleLanguage::Json => "template.json",
    };
    let path = Path::new(ROOT).join(name);
    loader.overlay(&path, example.text.as_str());
    let program = match example.language {
        ExampleLanguage::Terraform => terraform::Modules::new().program(&loader, Path::new(ROOT)),
        ExampleLanguage::Yaml | ExampleLanguage::Json => match loader.load(&path) {
            Ok(file) => cloudformation::read(&cloudformation::parse(file), Some(&loader)),
            Err(diagnostic) => return vec![Problem { line: 1, message: diagnostic.message }],
        },
    };
    let file = loader.sources().add(shown, text);
    let (Some(policy), _) = policy::compile(&file, logic) else { return Vec::new() };

    let mut problems = Vec::new();
    let line_of = |span: Span| match loader.sources().get(span.file) {
        Some(file) => file.position(span.start).line,
        None => 0,
    };
    let evaluation = eval::evaluate(&program, &Inputs::default(), Arc::clone(loader.sources()));
    for diagnostic in program.diagnostics.iter().chain(&evaluation.diagnostics) {
        if diagnostic.severity == Severity::Error {
            let line = diagnostic.span.map_or(1, line_of);
            problems
                .push(Problem { line, message: format!("the example has an error: {}", diagnostic.message) });
        }
    }
    let store = Arc::clone(&evaluation.store);
    let lower = |(index, instance)| model::lower::resource(&store, instance, ResourceId(index as u32));
    let resources = evaluation.instances.iter().enumerate().map(lower).collect();
    let graph = graph::link(Arc::clone(&store), resources, &evaluation.handed);
    let verdicts = verdicts(&policy, &graph, &program, &evaluation.inputs);

    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let (mut passed, mut unknown) = (0, Vec::new());
    for verdict in &verdicts {
        match verdict.outcome {
            Outcome::Pass => passed += 1,
            Outcome::Unknown => unknown.push(why(&graph, verdict)),
            Outcome::Fail => {
                let Some(finding) = &verdict.finding else { continue };
                let steps: Vec<_> = graph.store.spans(finding.primary.origin).collect();
                // What a module's caller sets is reported at the call, as the tool does.
                let argument = steps.iter().rev().find(|s| s.via == Via::Argument).map(|s| s.span);
                let line = line_of(argument.unwrap_or(finding.primary.span));
                let condition = match verdict.condition.is_true() {
                    true => String::new(),
                    false => graph.store.describe(verdict.condition),
                };
                found.entry(line).or_default().push(condition);
                if finding.message.contains('…') || finding.message.trim().is_empty() {
                    problems.push(Problem {
                        line,
                        message: format!("the message can't be made: {}", finding.message),
                    });
                }
            }
        }
    }
    let wanted = example.expectation;
    for mark in &example.marks {
        let Some(conditions) = found.remove(&mark.line) else {
            let mut message = "a finding is marked here, and there is none".to_owned();
            if !unknown.is_empty() {
                let _ = write!(message, " (unknown: {})", unknown.join("; "));
            }
            problems.push(Problem { line: mark.line, message });
            continue;
        };
        let said = conditions.iter().find(|c| !c.is_empty());
        match (&mark.condition, said) {
            (None, None) => {}
            (Some(wanted), Some(said)) if wanted == said => {}
            (None, Some(said)) if conditions.iter().all(|c| !c.is_empty()) => problems.push(Problem {
                line: mark.line,
                message: format!("it fails only under a condition: mark it `# ← finding when {said}`"),
            }),
            (None, Some(_)) => {}
            (Some(wanted), said) => problems.push(Problem {
                line: mark.line,
                message: match said {
                    Some(said) => format!("it fails when {said}, not when {wanted}"),
                    None => format!("it fails always, not only when {wanted}"),
                },
            }),
        }
    }
    for (line, _) in found {
        problems.push(Problem {
            line,
            message: match wanted {
                Expectation::Fail => "there is a finding here that is not marked".to_owned(),
                other => format!("there is a finding here in a `{}` block", other.name()),
            },
        });
    }
    match wanted {
        Expectation::Pass | Expectation::Fixed
            if (passed == 0 || !unknown.is_empty())
                && !verdicts.iter().any(|v| v.outcome == Outcome::Fail) =>
        {
            let message = match unknown.as_slice() {
                [] => format!("nothing passes: {}", types_in(&graph)),
                all => format!("this can't be decided: {}", all.join("; ")),
            };
            problems.push(Problem { line: 1, message });
        }
        Expectation::Unknown if unknown.is_empty() => {
            problems.push(Problem { line: 1, message: "nothing is unknown here".to_owned() });
        }
        Expectation::Inapplicable if !verdicts.is_empty() => {
            problems.push(Problem { line: 1, message: "the policy applies to something here".to_owned() });
        }
        _ => {}
    }
    problems
}

fn verdicts(
    policy: &Policy,
    graph: &Graph,
    program: &Program,
    inputs: &indexmap::IndexMap<masugata::Str, Value>,
) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for resource in &graph.resources {
        verdicts.extend(policy.run(graph, resource.id));
    }
    let Some(module) = program.module(program.root) else { return verdicts };
    for input in module.inputs.values() {
        let value = inputs.get(&input.name);
        let subject = InputSubject { input, dialect: module.dialect, value, default: None };
        verdicts.extend(policy.run_input(graph, &subject));
    }
    verdicts
}

fn why(graph: &Graph, verdict: &Verdict) -> String {
    let subject = match &verdict.subject {
        policy::Subject::Resource(id) => {
            graph.resource(*id).map(|r| r.address.to_string()).unwrap_or_default()
        }
        policy::Subject::Input(name) => name.to_string(),
    };
    let needs: Vec<String> =
        verdict.undecided.iter().map(|id| format!("`{}`", graph.store.unknown_name(*id))).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(" needs {}", needs.join(", ")) };
    let reason = verdict.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    format!("`{subject}`{needs}{reason}")
}

fn types_in(graph: &Graph) -> String {
    let all: Vec<String> =
        graph.resources.iter().map(|r| format!("`{}` is a `{}`", r.address, r.type_name)).collect();
    if all.is_empty() { "there are no resources".to_owned() } else { all.join(", ") }
}
