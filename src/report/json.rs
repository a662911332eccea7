//! JSON, version 1: a contract that consumers rely on.

use serde::Serialize;

use crate::Str;
use crate::check::{Finding, Fix, Location, Outcome, Resource, Unknown};
use crate::source::{Diagnostic, Position, Severity, Sources};

#[derive(Serialize)]
struct Document<'o> {
    version: u32,
    summary: Numbers,
    findings: Vec<Item<'o>>,
    errors: Vec<Problem<'o>>,
}

#[derive(Serialize)]
struct Numbers {
    files: usize,
    resources: usize,
    policies: usize,
    fail: usize,
    pass: usize,
    unknown: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct Item<'o> {
    policy: &'o str,
    aliases: Vec<&'o str>,
    severity: &'static str,
    verdict: &'static str,
    message: std::borrow::Cow<'o, str>,
    condition: Option<&'o str>,
    resource: Subject<'o>,
    location: Place<'o>,
    related: Vec<Beside<'o>>,
    fix: Option<Mend<'o>>,
    fingerprint: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<&'o str>>,
}

#[derive(Serialize)]
struct Mend<'o> {
    title: &'o str,
    applicability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'o str>,
    edits: Vec<Change<'o>>,
}

/// What stands from one byte of a file to another becomes a text.
#[derive(Serialize)]
struct Change<'o> {
    path: &'o str,
    start: u32,
    end: u32,
    text: &'o str,
}

#[derive(Serialize)]
struct Subject<'o> {
    address: &'o str,
    #[serde(rename = "type")]
    type_name: &'o str,
    declared_as: &'o str,
    construct: Option<Construct<'o>>,
    generated: Option<Place<'o>>,
}

#[derive(Serialize)]
struct Construct<'o> {
    path: &'o str,
}

#[derive(Serialize)]
struct Place<'o> {
    path: std::borrow::Cow<'o, str>,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Beside<'o> {
    address: Option<&'o str>,
    location: Option<Place<'o>>,
    message: &'o str,
}

#[derive(Serialize)]
struct Problem<'o> {
    severity: &'static str,
    code: &'static str,
    path: Option<String>,
    message: &'o str,
    help: Option<&'o str>,
    location: Option<Place<'o>>,
}

fn point(position: Position) -> Point {
    Point { line: position.line, column: position.column }
}

fn place(location: &Location) -> Place<'_> {
    Place { path: location.path.as_str().into(), start: point(location.start), end: point(location.end) }
}

fn subject(resource: &Resource) -> Subject<'_> {
    Subject {
        address: &resource.address,
        type_name: &resource.type_name,
        declared_as: &resource.declared_as,
        construct: resource.construct.as_deref().map(|path| Construct { path }),
        generated: resource.generated.as_ref().map(place),
    }
}

fn mend(fix: &Fix) -> Mend<'_> {
    Mend {
        title: &fix.title,
        applicability: fix.applicability.name(),
        note: fix.note.as_deref(),
        edits: fix
            .edits
            .iter()
            .map(|edit| Change {
                path: &edit.location.path,
                start: edit.location.span.start,
                end: edit.location.span.end,
                text: &edit.text,
            })
            .collect(),
    }
}

fn aliases<'o>(policy: &str, outcome: &'o Outcome) -> Vec<&'o str> {
    outcome.rules.get(policy).map(|rule| rule.aliases.iter().map(Str::as_str).collect()).unwrap_or_default()
}

fn failed<'o>(finding: &'o Finding, outcome: &'o Outcome) -> Item<'o> {
    Item {
        policy: &finding.policy,
        aliases: aliases(&finding.policy, outcome),
        severity: finding.severity.name(),
        verdict: "fail",
        message: finding.message.as_str().into(),
        condition: finding.condition.as_deref(),
        resource: subject(&finding.resource),
        location: place(&finding.location),
        related: finding
            .related
            .iter()
            .map(|r| Beside {
                address: r.address.as_deref(),
                location: r.location.as_ref().map(place),
                message: &r.message,
            })
            .collect(),
        fix: finding.fix.as_ref().map(mend),
        fingerprint: &finding.fingerprint,
        needs: None,
    }
}

fn undecided<'o>(unknown: &'o Unknown, outcome: &'o Outcome) -> Item<'o> {
    Item {
        policy: &unknown.policy,
        aliases: aliases(&unknown.policy, outcome),
        severity: unknown.severity.name(),
        verdict: "unknown",
        message: unknown.message().into(),
        condition: None,
        resource: subject(&unknown.resource),
        location: place(&unknown.location),
        related: Vec::new(),
        fix: None,
        fingerprint: "",
        needs: Some(unknown.needs.iter().map(Str::as_str).collect()),
    }
}

fn problem<'o>(diagnostic: &'o Diagnostic, sources: &Sources) -> Problem<'o> {
    let location = diagnostic.span.and_then(|span| Location::of(sources, span));
    let path = match (&location, &diagnostic.path) {
        (Some(location), _) => Some(location.path.to_string()),
        (None, Some(path)) => Some(crate::check::shown_path(path).to_string()),
        (None, None) => None,
    };
    Problem {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: diagnostic.code,
        path,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        location: location.map(|l| Place {
            path: l.path.to_string().into(),
            start: point(l.start),
            end: point(l.end),
        }),
    }
}

/// Writes an outcome as JSON, with a line end. Undecided verdicts, if the outcome lists them, stand among the findings
/// with the verdict `unknown` and what they need.
pub fn json(outcome: &Outcome) -> String {
    let s = outcome.summary;
    let document = Document {
        version: 1,
        summary: Numbers {
            files: s.files,
            resources: s.resources,
            policies: s.policies,
            fail: s.fail,
            pass: s.pass,
            unknown: s.unknown,
            suppressed: s.suppressed,
        },
        findings: outcome
            .findings
            .iter()
            .map(|f| failed(f, outcome))
            .chain(outcome.unknowns.iter().map(|u| undecided(u, outcome)))
            .collect(),
        errors: outcome.diagnostics.iter().map(|d| problem(d, &outcome.sources)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
