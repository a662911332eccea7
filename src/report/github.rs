//! GitHub's workflow commands: annotations on the lines of a pull request. At most ten of a level are shown for a step,
//! so the worst come first and the rest is summed up for the step's summary.

use std::fmt::Write;

use indexmap::IndexMap;

use crate::Str;
use crate::check::{Location, Outcome, shown_path};
use crate::policy::Severity;
use crate::source::{Diagnostic, Severity as ProblemSeverity};

use super::count;
use super::place::{Place, places};

/// Annotations of a level that GitHub shows for a step.
const MAX_OF_LEVEL: usize = 10;
/// Findings that the summary lists one by one: a summary may have a mebibyte.
const MAX_LISTED: usize = 500;

/// What is printed, and what goes to the file that `$GITHUB_STEP_SUMMARY` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotations {
    /// Workflow commands, one a line.
    pub commands: String,
    /// Markdown; empty when there is nothing to tell.
    pub summary: String,
}

/// Writes an outcome as annotations.
pub fn annotations(outcome: &Outcome) -> Annotations {
    let mut places = places(&outcome.findings);
    places.sort_by_key(|p| std::cmp::Reverse(p.head.severity));

    let mut commands = String::new();
    let mut used = [0usize; 3];
    let mut room = |level: &'static str| {
        let Some(slot) = ["error", "warning", "notice"].iter().position(|l| *l == level) else {
            return false;
        };
        let Some(used) = used.get_mut(slot) else { return false };
        *used += 1;
        *used <= MAX_OF_LEVEL
    };
    let mut rest: Vec<&Place<'_>> = Vec::new();
    let mut problems_left = 0;
    for diagnostic in &outcome.diagnostics {
        let level = match diagnostic.severity {
            ProblemSeverity::Error => "error",
            ProblemSeverity::Warning => "warning",
        };
        if diagnostic.severity == ProblemSeverity::Error && room(level) {
            problem(&mut commands, level, diagnostic, outcome);
        } else if diagnostic.severity == ProblemSeverity::Error {
            problems_left += 1;
        }
    }
    for one in &places {
        let level = level_of(one.head.severity);
        if room(level) {
            annotation(&mut commands, level, one);
        } else {
            rest.push(one);
        }
    }
    for diagnostic in outcome.diagnostics.iter().filter(|d| d.severity == ProblemSeverity::Warning) {
        if room("warning") {
            problem(&mut commands, "warning", diagnostic, outcome);
        } else {
            problems_left += 1;
        }
    }
    Annotations { commands, summary: summary(outcome, &rest, problems_left) }
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn annotation(out: &mut String, level: &str, place: &Place<'_>) {
    let finding = place.head;
    let mut message = finding.message.to_string();
    if let Some(condition) = &finding.condition {
        message.push_str(&format!("\nfails when {condition}"));
    }
    for line in &finding.because {
        message.push_str(&format!("\n{line}"));
    }
    message.push_str(&format!("\n{} ({})", finding.resource.address, finding.severity));
    for line in place.instances_line().into_iter().chain(place.also_lines()) {
        message.push_str(&format!("\n{line}"));
    }
    command(out, level, &finding.policy, Some(&finding.location), None, &message);
}

fn problem(out: &mut String, level: &str, diagnostic: &Diagnostic, outcome: &Outcome) {
    let location = diagnostic.span.and_then(|span| Location::of(&outcome.sources, span));
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\n{help}"));
    }
    let path = diagnostic.path.as_deref().map(shown_path);
    command(out, level, diagnostic.code, location.as_ref(), path.as_deref(), &message);
}

fn command(
    out: &mut String,
    level: &str,
    title: &str,
    location: Option<&Location>,
    path: Option<&str>,
    message: &str,
) {
    let mut properties = format!("title={}", property(title));
    if let Some(l) = location {
        // writing to a string can't fail
        let _ =
            write!(properties, ",file={},line={},endLine={}", property(&l.path), l.start.line, l.end.line);
        // columns are refused on a region of several lines
        if l.start.line == l.end.line {
            let _ = write!(properties, ",col={},endColumn={}", l.start.column, l.end.column);
        }
    } else if let Some(path) = path {
        let _ = write!(properties, ",file={}", property(path));
    }
    let _ = writeln!(out, "::{level} {properties}::{}", data(message));
}

/// Escapes what stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn summary(outcome: &Outcome, rest: &[&Place<'_>], problems_left: usize) -> String {
    let s = outcome.summary;
    if s.fail == 0 && outcome.diagnostics.is_empty() {
        return String::new();
    }
    let mut out = String::from("## masugata\n\n");
    let _ = writeln!(
        out,
        "{}, {} passed, {} unknown, {} suppressed, in {} and {}.\n",
        count(s.fail, "finding"),
        s.pass,
        s.unknown,
        s.suppressed,
        count(s.files, "file"),
        count(s.resources, "resource"),
    );
    let mut by_policy: IndexMap<&Str, (Severity, usize)> = IndexMap::new();
    for finding in &outcome.findings {
        let entry = by_policy.entry(&finding.policy).or_insert((finding.severity, 0));
        entry.0 = entry.0.max(finding.severity);
        entry.1 += 1;
    }
    by_policy.sort_by(|_, a, _, b| b.cmp(a));
    if !by_policy.is_empty() {
        out.push_str("| policy | severity | findings |\n| --- | --- | ---: |\n");
        for (policy, (severity, n)) in &by_policy {
            let _ = writeln!(out, "| `{policy}` | {severity} | {n} |");
        }
    }
    if !rest.is_empty() {
        out.push_str("\nNot annotated:\n\n");
        let rest = || rest.iter().flat_map(|p| std::iter::once(&p.head).chain(&p.also));
        for f in rest().take(MAX_LISTED) {
            let _ = writeln!(
                out,
                "- {} `{}` at `{}:{}`: {}",
                f.severity,
                f.policy,
                f.location.path,
                f.location.start.line,
                f.message.as_str().replace('\n', " ")
            );
        }
        let left_out = rest().skip(MAX_LISTED).count();
        if left_out > 0 {
            let _ = writeln!(out, "- and {left_out} more");
        }
    }
    if problems_left > 0 {
        let _ = writeln!(out, "\n{} with the input are not annotated.", count(problems_left, "problem"));
    }
    out
}
