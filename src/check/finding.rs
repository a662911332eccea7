//! What a run comes to, as plain data: the reports print it, the editor shows it.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::policy::{Applicability, Severity};
use crate::source::{Diagnostic, Position, Sources, Span};

/// A place in a file, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The path as it is printed: relative to the working directory where possible, with `/`.
    pub path: Str,
    /// The first character.
    pub start: Position,
    /// Behind the last character.
    pub end: Position,
    /// The same as bytes.
    pub span: Span,
}

impl Location {
    /// The place of a span; none for a file that is not among the sources.
    pub fn of(sources: &Sources, span: Span) -> Option<Location> {
        let file = sources.get(span.file)?;
        Some(Location {
            path: shown_path(&file.path),
            start: file.position(span.start),
            end: file.position(span.end),
            span,
        })
    }
}

/// A path as it is printed, with `/`.
pub fn shown_path(path: &std::path::Path) -> Str {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        Str::from(text.as_ref())
    } else {
        Str::from(text.replace('\\', "/"))
    }
}

/// A resource as a finding names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The address as the user's own tool prints it.
    pub address: Str,
    /// The registry type; `Input` for a variable or parameter.
    pub type_name: Str,
    /// The type as declared.
    pub declared_as: Str,
    /// The CDK construct's path.
    pub construct: Option<Str>,
    /// In a cloud assembly the place in the template, where `location` is in the app's source.
    pub generated: Option<Location>,
}

/// Another place that has a part in a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The resource that lies there, or to which the place belongs.
    pub address: Option<Str>,
    /// Where; none for what is nowhere written.
    pub location: Option<Location>,
    /// What is there.
    pub message: Str,
}

/// How a finding would be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the page calls it.
    pub title: Str,
    /// How safe it is.
    pub applicability: Applicability,
    /// What to know before it is applied; of a manual one, what to do.
    pub note: Option<Str>,
    /// The edits, proved; none for a manual one.
    pub edits: Vec<FixEdit>,
}

/// One edit of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixEdit {
    /// What goes.
    pub location: Location,
    /// What stands there then.
    pub text: String,
}

/// One policy failing on one resource, or on one element of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The policy's id.
    pub policy: Str,
    /// How bad it is, the configuration considered.
    pub severity: Severity,
    /// What is wrong.
    pub message: Str,
    /// When it is wrong, if not always.
    pub condition: Option<Str>,
    /// On what.
    pub resource: Resource,
    /// The place to edit.
    pub location: Location,
    /// Other places, the most telling first.
    pub related: Vec<Related>,
    /// Where the value came from, in words, step by step: also among `related` where a step has a place.
    pub because: Vec<Str>,
    /// Identifies the finding whatever lines move and files are renamed.
    pub fingerprint: Str,
    /// How it would be mended, where that was asked for.
    pub fix: Option<Fix>,
}

/// A verdict that could not be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The policy's id.
    pub policy: Str,
    /// How bad it would be.
    pub severity: Severity,
    /// On what.
    pub resource: Resource,
    /// Where.
    pub location: Location,
    /// What would decide it: `var.env`, `data.aws_ami.a.id`.
    pub needs: Vec<Str>,
    /// Why, if no input would decide it.
    pub reason: Option<Str>,
}

impl Unknown {
    /// What can't be told, and what would tell it.
    pub fn message(&self) -> String {
        let what = format!("`{}` on `{}` can't be decided", self.policy, self.resource.address);
        match (&self.reason, self.needs.as_slice()) {
            (None, []) => what,
            (Some(reason), []) => format!("{what}: {reason}"),
            (None, needs) => format!("{what}: it needs {}", quoted(needs)),
            (Some(reason), needs) => format!("{what}: it needs {} ({reason})", quoted(needs)),
        }
    }
}

fn quoted(names: &[Str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// What the reports need to know of a policy that has findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: Str,
    /// Its title.
    pub title: Str,
    /// Its prose, as Markdown.
    pub help: Str,
    /// The page's own severity.
    pub severity: Severity,
    /// Other tools' ids for it.
    pub aliases: Vec<Str>,
    /// Standard → control ids.
    pub controls: IndexMap<Str, Vec<Str>>,
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were read as infrastructure code.
    pub files: usize,
    /// Resource instances.
    pub resources: usize,
    /// Policies that were run.
    pub policies: usize,
    /// Failing verdicts that count.
    pub fail: usize,
    /// Passing verdicts.
    pub pass: usize,
    /// Undecided verdicts.
    pub unknown: usize,
    /// Failing verdicts that the source suppresses.
    pub suppressed: usize,
}

/// What a run comes to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The numbers. They count everything, also what `findings` leaves out.
    pub summary: Summary,
    /// Findings in order of place.
    pub findings: Vec<Finding>,
    /// The worst severity among all findings, also those left out.
    pub worst: Option<Severity>,
    /// Undecided verdicts in order of place, if they were asked for.
    pub unknowns: Vec<Unknown>,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
    /// The policies that have findings, by id.
    pub rules: IndexMap<Str, Rule>,
    /// The files that spans point into.
    pub sources: Arc<Sources>,
}
