//! `masugata check`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ArgMatches;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;

use crate::check::{Outcome, Progress};
use crate::fix;
use crate::policy::Severity;
use crate::report;
use crate::source::Severity as ProblemSeverity;

use super::args::{CheckArgs, Format};
use super::{Error, FAILED, FOUND, output};

/// How long a run must take before a bar is worth looking at.
const PATIENCE: Duration = Duration::from_millis(800);

/// Pairs every `--output` with the `--format` before it (the first one, if none is before).
pub(super) fn pair_outputs(matches: &ArgMatches) -> Vec<(Format, Option<PathBuf>)> {
    let indexed = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
    let formats: Vec<Format> = matches.get_many::<Format>("format").into_iter().flatten().copied().collect();
    let outputs: Vec<PathBuf> =
        matches.get_many::<PathBuf>("output").into_iter().flatten().cloned().collect();
    let format_at = indexed("format");
    let mut pairs: Vec<(Format, Option<PathBuf>)> = formats.into_iter().map(|f| (f, None)).collect();
    if pairs.is_empty() {
        pairs.push((Format::Text, None));
    }
    for (path, at) in outputs.into_iter().zip(indexed("output")) {
        let index = format_at.iter().rposition(|f| *f < at).unwrap_or(0);
        if let Some(pair) = pairs.get_mut(index) {
            pair.1 = Some(path);
        }
    }
    pairs
}

pub(super) fn run(args: CheckArgs, outputs: Vec<(Format, Option<PathBuf>)>) -> Result<u8, Error> {
    let (session, _) = super::open(args.scope, |options| {
        options.unknowns = args.unknown;
        options.max_findings = args.max_findings;
    })?;
    let bar = Bar::new();
    let outcome = match outputs.iter().any(|(format, _)| format.has_fixes()) {
        true => fix::check_with_offers(&session, &bar),
        false => session.check(&bar),
    };
    bar.clear();

    for (format, path) in &outputs {
        write(&outcome, *format, path.as_deref())?;
    }
    if outputs.iter().all(|(_, path)| path.is_some()) {
        tell_failures(&outcome);
    }
    let fail_on = args.fail_on.map(Severity::from).or(session.config.fail_on).unwrap_or(Severity::Low);
    Ok(exit_code(&outcome, fail_on, args.exit_zero))
}

/// 2 if something could not be done, else 1 for findings from the threshold on; `info` never fails a run.
fn exit_code(outcome: &Outcome, fail_on: Severity, exit_zero: bool) -> u8 {
    if outcome.diagnostics.iter().any(|d| d.severity == ProblemSeverity::Error) {
        return FAILED;
    }
    let found = outcome.worst.is_some_and(|worst| worst >= fail_on && worst > Severity::Info);
    if found && !exit_zero { FOUND } else { 0 }
}

fn write(outcome: &Outcome, format: Format, path: Option<&Path>) -> Result<(), Error> {
    let style = if path.is_some() { output::file_style() } else { output::style() };
    let text = match format {
        Format::Text => report::text(outcome, style),
        Format::Json => report::json(outcome),
        Format::Sarif => report::sarif(outcome),
        Format::Rdjson => report::rdjson(outcome),
        Format::Github => {
            let annotations = report::annotations(outcome);
            step_summary(&annotations.summary)?;
            annotations.commands
        }
    };
    match path {
        Some(path) => output::write_file(path, &text).map_err(|e| Error::Write(path.to_path_buf(), e)),
        None => output::print(&text).map_err(Error::Print),
    }
}

/// Appends to the summary of the workflow's step, if this is one.
fn step_summary(markdown: &str) -> Result<(), Error> {
    use std::io::Write;
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()).map(PathBuf::from)
    else {
        return Ok(());
    };
    if markdown.is_empty() {
        return Ok(());
    }
    let file = std::fs::OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(markdown.as_bytes())).map_err(|e| Error::Write(path, e))
}

/// When everything went into files, errors are said on standard error too: the exit code alone explains nothing.
fn tell_failures(outcome: &Outcome) {
    let errors: Vec<_> =
        outcome.diagnostics.iter().filter(|d| d.severity == ProblemSeverity::Error).cloned().collect();
    if !errors.is_empty() {
        output::complain(&report::text_diagnostics(&errors, &outcome.sources, output::error_style()));
    }
}

/// A bar on a terminal, for runs that take a while.
struct Bar {
    since: Instant,
    bar: Mutex<Option<ProgressBar>>,
    enabled: bool,
}

impl Bar {
    fn new() -> Self {
        Bar { since: Instant::now(), bar: Mutex::new(None), enabled: std::io::stderr().is_terminal() }
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.lock().take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn done(&self, roots: usize, of: usize) {
        if !self.enabled || self.since.elapsed() < PATIENCE {
            return;
        }
        let mut slot = self.bar.lock();
        let bar = slot.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(of as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("checking {wide_bar} {pos}/{len}") {
                bar.set_style(style);
            }
            bar
        });
        // threads finish in any order: the bar never goes back
        bar.set_position(bar.position().max(roots as u64));
    }
}
