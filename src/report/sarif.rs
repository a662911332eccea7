//! SARIF 2.1.0, within the limits of GitHub's code scanning: a file over one of them would be refused as a whole.

use serde_json::{Map, Value, json};

use crate::check::{Finding, Fix, Location, Outcome, Rule, shown_path};
use crate::policy::Severity;
use crate::source::Severity as ProblemSeverity;

use super::level;

/// Results in a run that GitHub accepts.
const MAX_RESULTS: usize = 25_000;
/// Characters of a rule's description that GitHub accepts.
const MAX_DESCRIPTION: usize = 1024;
/// Tags of a rule that GitHub shows.
const MAX_TAGS: usize = 10;
/// Related locations of a result that GitHub shows.
const MAX_RELATED: usize = 100;
/// Notifications are not shown; a flood of them would only make the file large.
const MAX_NOTIFICATIONS: usize = 1000;

/// Writes an outcome as SARIF, with a line end.
pub fn sarif(outcome: &Outcome) -> String {
    let mut shown: Vec<&Finding> = outcome.findings.iter().collect();
    let mut left_out = 0;
    if shown.len() > MAX_RESULTS {
        shown.sort_by_key(|f| std::cmp::Reverse(f.severity));
        left_out = shown.len() - MAX_RESULTS;
        shown.truncate(MAX_RESULTS);
    }
    let rules: Vec<Value> = outcome.rules.values().map(rule).collect();
    let results: Vec<Value> = shown.iter().map(|f| result(f, outcome)).collect();
    let mut notifications: Vec<Value> =
        outcome.diagnostics.iter().take(MAX_NOTIFICATIONS).map(|d| notification(d, outcome)).collect();
    if left_out > 0 {
        let text = format!("{left_out} findings were left out: code scanning accepts {MAX_RESULTS}");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    let failed = outcome.diagnostics.iter().any(|d| d.severity == ProblemSeverity::Error);
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "masugata",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": { "id": "masugata/" },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": !failed, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// GitHub's scale: over 9.0 critical, from 7.0 high, from 4.0 medium, from 0.1 low.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

fn rule(rule: &Rule) -> Value {
    let mut tags = vec!["security".to_owned()];
    tags.extend(
        rule.controls.iter().flat_map(|(standard, ids)| ids.iter().map(move |id| format!("{standard}/{id}"))),
    );
    tags.truncate(MAX_TAGS);
    let problem = match level(rule.severity) {
        "note" => "recommendation",
        other => other,
    };
    let mut properties = Map::new();
    properties.insert("tags".to_owned(), json!(tags));
    properties.insert("precision".to_owned(), json!("high"));
    properties.insert("problem.severity".to_owned(), json!(problem));
    if let Some(number) = security_severity(rule.severity) {
        properties.insert("security-severity".to_owned(), json!(number));
    }
    let first =
        rule.help.split("\n\n").find(|p| !p.trim().is_empty() && !p.starts_with('#')).unwrap_or(&rule.title);
    json!({
        "id": rule.id.as_str(),
        "shortDescription": { "text": shortened(&rule.title) },
        "fullDescription": { "text": shortened(&first.split_whitespace().collect::<Vec<_>>().join(" ")) },
        "help": { "text": rule.help.as_str(), "markdown": rule.help.as_str() },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": properties,
    })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    text.chars().take(MAX_DESCRIPTION - 1).chain(['…']).collect()
}

fn result(finding: &Finding, outcome: &Outcome) -> Value {
    let related: Vec<_> =
        finding.related.iter().filter_map(|r| Some((r, r.location.as_ref()?))).take(MAX_RELATED).collect();
    let mut message = finding.message.to_string();
    if let Some(condition) = &finding.condition {
        message.push_str(&format!("\nfails when {condition}"));
    }
    for line in &finding.because {
        message.push_str(&format!("\n{line}"));
    }
    // a related place is only linked where the message says so
    for (index, (beside, _)) in related.iter().enumerate() {
        let id = index + 1;
        message.push_str(&format!("\n{}: [{id}]({id})", beside.message));
    }
    let mut first = Map::new();
    first.insert("physicalLocation".to_owned(), physical(&finding.location));
    first.insert(
        "logicalLocations".to_owned(),
        json!([{ "fullyQualifiedName": finding.resource.address.as_str(), "kind": "resource" }]),
    );
    let mut out = Map::new();
    out.insert("ruleId".to_owned(), json!(finding.policy.as_str()));
    if let Some(index) = outcome.rules.get_index_of(&finding.policy) {
        out.insert("ruleIndex".to_owned(), json!(index));
    }
    out.insert("level".to_owned(), json!(level(finding.severity)));
    out.insert("message".to_owned(), json!({ "text": message }));
    out.insert("locations".to_owned(), json!([first]));
    if !related.is_empty() {
        let related: Vec<Value> = related
            .iter()
            .enumerate()
            .map(|(index, (beside, location))| {
                json!({
                    "id": index + 1,
                    "physicalLocation": physical(location),
                    "message": { "text": beside.message.as_str() },
                })
            })
            .collect();
        out.insert("relatedLocations".to_owned(), json!(related));
    }
    if let Some(fix) = finding.fix.as_ref().filter(|f| !f.edits.is_empty()) {
        out.insert("fixes".to_owned(), json!([mend(fix)]));
    }
    out.insert(
        "partialFingerprints".to_owned(),
        json!({ "primaryLocationLineHash": finding.fingerprint.as_str() }),
    );
    Value::Object(out)
}

/// A fix with its replacements by file. Regions count characters, as `columnKind` says.
fn mend(fix: &Fix) -> Value {
    let mut changes: Vec<Value> = Vec::new();
    let mut paths: Vec<&str> = Vec::new();
    for edit in &fix.edits {
        if !paths.contains(&edit.location.path.as_str()) {
            paths.push(&edit.location.path);
        }
    }
    for path in paths {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .filter(|edit| edit.location.path == path)
            .map(|edit| {
                let region = physical(&edit.location);
                json!({
                    "deletedRegion": region.get("region"),
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        changes.push(json!({ "artifactLocation": { "uri": uri(path) }, "replacements": replacements }));
    }
    json!({
        "description": { "text": format!("{} ({})", fix.title, fix.applicability.name()) },
        "artifactChanges": changes,
    })
}

fn physical(location: &Location) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&location.path) },
        "region": {
            "startLine": location.start.line,
            "startColumn": location.start.column,
            "endLine": location.end.line,
            "endColumn": location.end.column,
        },
    })
}

/// A path as a relative URI: every byte that a path segment can't have is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn notification(diagnostic: &crate::source::Diagnostic, outcome: &Outcome) -> Value {
    let level = match diagnostic.severity {
        ProblemSeverity::Error => "error",
        ProblemSeverity::Warning => "warning",
    };
    let mut out = Map::new();
    out.insert("level".to_owned(), json!(level));
    out.insert("descriptor".to_owned(), json!({ "id": diagnostic.code }));
    out.insert("message".to_owned(), json!({ "text": diagnostic.message }));
    if let Some(location) = diagnostic.span.and_then(|span| Location::of(&outcome.sources, span)) {
        out.insert("locations".to_owned(), json!([{ "physicalLocation": physical(&location) }]));
    } else if let Some(path) = &diagnostic.path {
        let place = json!({ "artifactLocation": { "uri": uri(&shown_path(path)) } });
        out.insert("locations".to_owned(), json!([{ "physicalLocation": place }]));
    }
    Value::Object(out)
}
