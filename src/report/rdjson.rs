//! Reviewdog's diagnostics (rdjson): findings with the edits that mend them as suggestions for a review.

use serde_json::{Map, Value, json};

use crate::check::{Location, Outcome};
use crate::source::Sources;

use super::level;

/// Writes an outcome as rdjson, with a line end. A suggestion is offered where all edits of a fix are in the file of the
/// finding: a review can't change others.
pub fn rdjson(outcome: &Outcome) -> String {
    let sources = &outcome.sources;
    let diagnostics: Vec<Value> = outcome
        .findings
        .iter()
        .map(|finding| {
            let severity = match level(finding.severity) {
                "error" => "ERROR",
                "warning" => "WARNING",
                _ => "INFO",
            };
            let mut out = Map::new();
            out.insert("message".to_owned(), json!(finding.message.as_str()));
            out.insert(
                "location".to_owned(),
                json!({ "path": finding.location.path.as_str(), "range": range(sources, &finding.location) }),
            );
            out.insert("severity".to_owned(), json!(severity));
            out.insert("code".to_owned(), json!({ "value": finding.policy.as_str() }));
            if let Some(fix) = &finding.fix
                && !fix.edits.is_empty()
                && fix.edits.iter().all(|e| e.location.path == finding.location.path)
            {
                let suggestions: Vec<Value> = fix
                    .edits
                    .iter()
                    .map(|e| json!({ "range": range(sources, &e.location), "text": e.text }))
                    .collect();
                out.insert("suggestions".to_owned(), json!(suggestions));
            }
            Value::Object(out)
        })
        .collect();
    let document = json!({ "source": { "name": "masugata" }, "diagnostics": diagnostics });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// A range; columns count bytes there.
fn range(sources: &Sources, location: &Location) -> Value {
    let column = |offset: u32, fallback: u32| {
        let Some(file) = sources.get(location.span.file) else { return fallback };
        let before = file.text.get(..offset as usize).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        (before.len() - line) as u32 + 1
    };
    json!({
        "start": { "line": location.start.line, "column": column(location.span.start, location.start.column) },
        "end": { "line": location.end.line, "column": column(location.span.end, location.end.column) },
    })
}
