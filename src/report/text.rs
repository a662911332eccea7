//! Text for people, through miette: the source with the place marked, where the value comes from, what to do.

use std::fmt;

use miette::{
    Diagnostic as Shown, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as ShownSeverity,
};

use crate::check::{Outcome, Related};
use crate::policy::Severity;
use crate::source::{Diagnostic, Severity as ProblemSeverity, Sources, Span};

use super::count;
use super::excerpt::Excerpt;
use super::place::{Place, places};

/// How text is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Whether lines are drawn with Unicode's box characters.
    pub unicode: bool,
    /// The width of the terminal in columns.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Style { color: false, unicode: true, width: 100 }
    }
}

impl Style {
    fn handler(self) -> GraphicalReportHandler {
        let mut theme = match (self.unicode, self.color) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, _) => GraphicalTheme::ascii(),
        };
        if !self.color {
            theme.styles = miette::ThemeStyles::none();
        }
        GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(self.width.max(40))
            .with_context_lines(1)
            .with_wrap_lines(false)
            .with_show_related_as_nested(true)
            .without_syntax_highlighting()
    }
}

/// Related places in other files that are drawn; JSON has them all.
const MAX_DRAWN: usize = 3;

/// Writes an outcome as text: what was wrong with the input, findings, undecided verdicts, and a closing line.
pub fn text(outcome: &Outcome, style: Style) -> String {
    let mut out = String::new();
    let handler = style.handler();
    for diagnostic in &outcome.diagnostics {
        draw(&handler, &mut out, &problem(diagnostic, &outcome.sources));
    }
    for place in places(&outcome.findings) {
        draw(&handler, &mut out, &drawn(&place, outcome));
    }
    for unknown in &outcome.unknowns {
        let l = &unknown.location;
        out.push_str(&format!("{}:{}:{}: {}\n", l.path, l.start.line, l.start.column, unknown.message()));
    }
    if !outcome.unknowns.is_empty() {
        out.push('\n');
    }
    out.push_str(&closing(outcome));
    out
}

/// Writes diagnostics alone: of a configuration, of policy pages, of commands other than `check`.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut out = String::new();
    let handler = style.handler();
    for diagnostic in diagnostics {
        draw(&handler, &mut out, &problem(diagnostic, sources));
    }
    out
}

fn draw(handler: &GraphicalReportHandler, out: &mut String, drawing: &Drawing) {
    // writing to a string fails only if miette can't read an excerpt: the message is there then
    let _ = handler.render_report(out, drawing);
    out.push('\n');
}

fn closing(outcome: &Outcome) -> String {
    let s = outcome.summary;
    let mut parts = Vec::new();
    if s.fail == 0 {
        parts.push("no findings".to_owned());
    } else {
        let mut by_severity = String::new();
        for severity in Severity::ALL.iter().rev() {
            let n = outcome.findings.iter().filter(|f| f.severity == *severity).count();
            if n > 0 {
                if !by_severity.is_empty() {
                    by_severity.push_str(", ");
                }
                by_severity.push_str(&format!("{n} {severity}"));
            }
        }
        let shown = outcome.findings.len();
        let left_out = if shown < s.fail { format!(", {} not shown", s.fail - shown) } else { String::new() };
        parts.push(format!("{} ({by_severity}{left_out})", count(s.fail, "finding")));
    }
    parts.push(format!("{} passed", s.pass));
    if s.unknown > 0 {
        let hint = if outcome.unknowns.is_empty() { " (`--unknown` lists them)" } else { "" };
        parts.push(format!("{} unknown{hint}", s.unknown));
    }
    if s.suppressed > 0 {
        parts.push(format!("{} suppressed", s.suppressed));
    }
    let errors = outcome.diagnostics.iter().filter(|d| d.severity == ProblemSeverity::Error).count();
    if errors > 0 {
        parts.push(count(errors, "error"));
    }
    format!("{}; {}, {}\n", parts.join(", "), count(s.files, "file"), count(s.resources, "resource"))
}

#[derive(Debug)]
struct Drawing {
    severity: ShownSeverity,
    code: String,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    related: Vec<Drawing>,
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl Shown for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<ShownSeverity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.excerpt.as_ref().map(|e| e as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = _>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Shown> + 'a>> {
        (!self.related.is_empty())
            .then(|| Box::new(self.related.iter().map(|r| r as &dyn Shown)) as Box<dyn Iterator<Item = _>>)
    }
}

fn excerpt(sources: &Sources, span: Span) -> Option<Excerpt> {
    sources.get(span.file).map(Excerpt)
}

fn label(excerpt: &Excerpt, span: Span, text: Option<String>, primary: bool) -> LabeledSpan {
    let (start, length) = excerpt.mark(span.start, span.end);
    if primary {
        LabeledSpan::new_primary_with_span(text, (start, length))
    } else {
        LabeledSpan::new_with_span(text, (start, length))
    }
}

fn drawn(place: &Place<'_>, outcome: &Outcome) -> Drawing {
    let finding = place.head;
    let sources = &outcome.sources;
    let here = finding.location.span;
    let excerpt = excerpt(sources, here);
    let mut labels = Vec::new();
    let mut related = Vec::new();
    if let Some(excerpt) = &excerpt {
        labels.push(label(excerpt, here, None, true));
        for beside in &finding.related {
            let Some(location) = &beside.location else { continue };
            if location.span == here {
                continue;
            }
            if location.span.file == here.file && labels.len() < 5 {
                let text = Some(beside.message.to_string());
                if !labels.iter().any(|l| l.offset() == location.span.start as usize) {
                    labels.push(label(excerpt, location.span, text, false));
                }
            } else if related.len() < MAX_DRAWN {
                related.push(beside_drawn(beside, location.span, sources));
            }
        }
    }
    let mut help = Vec::new();
    if let Some(condition) = &finding.condition {
        help.push(format!("fails when {condition}"));
    }
    help.extend(finding.because.iter().map(ToString::to_string));
    for beside in finding.related.iter().filter(|r| r.location.is_none()) {
        help.push(beside.message.to_string());
    }
    if let Some(construct) = &finding.resource.construct {
        help.push(format!("made by the construct `{construct}`"));
    }
    if let Some(generated) = &finding.resource.generated {
        help.push(format!("in the template: {}:{}", generated.path, generated.start.line));
    }
    help.extend(place.instances_line());
    help.extend(place.also_lines());
    let id = &finding.policy;
    help.push(format!("`masugata explain {id}` tells more"));
    let ids = place.policies();
    let it = if ids.len() == 1 { "it" } else { "them" };
    // JSON has no comments
    if finding.location.path.ends_with(".json") {
        let id = ids.join(r#"", ""#);
        help.push(format!(
            r#"to accept {it}: `"Metadata": {{"masugata": {{"ignore": [{{"policy": ["{id}"], "reason": "…"}}]}}}}` on the resource"#
        ));
    } else {
        help.push(format!("to accept {it}: `# masugata: ignore[{}] why it is fine here`", ids.join(", ")));
    }
    Drawing {
        severity: match finding.severity {
            Severity::Critical | Severity::High => ShownSeverity::Error,
            Severity::Medium => ShownSeverity::Warning,
            Severity::Low | Severity::Info => ShownSeverity::Advice,
        },
        code: format!("{}: {} ({})", finding.severity, finding.policy, finding.resource.address),
        message: finding.message.to_string(),
        help: Some(help.join("\n")),
        excerpt,
        labels,
        related,
    }
}

fn beside_drawn(beside: &Related, span: Span, sources: &Sources) -> Drawing {
    let excerpt = excerpt(sources, span);
    let labels = excerpt.iter().map(|e| label(e, span, None, true)).collect();
    Drawing {
        severity: ShownSeverity::Advice,
        code: String::new(),
        message: beside.message.to_string(),
        help: None,
        excerpt,
        labels,
        related: Vec::new(),
    }
}

fn problem(diagnostic: &Diagnostic, sources: &Sources) -> Drawing {
    let excerpt = diagnostic.span.and_then(|span| excerpt(sources, span));
    let mut labels = Vec::new();
    let mut related = Vec::new();
    if let (Some(excerpt), Some(span)) = (&excerpt, diagnostic.span) {
        labels.push(label(excerpt, span, None, true));
        for beside in &diagnostic.labels {
            if beside.span.file == span.file {
                labels.push(label(excerpt, beside.span, Some(beside.message.clone()), false));
            } else if related.len() < MAX_DRAWN {
                let beside =
                    Related { address: None, location: None, message: beside.message.as_str().into() };
                related.push(beside_drawn(&beside, span, sources));
            }
        }
    }
    let (severity, word) = match diagnostic.severity {
        ProblemSeverity::Error => (ShownSeverity::Error, "error"),
        ProblemSeverity::Warning => (ShownSeverity::Warning, "warning"),
    };
    Drawing {
        severity,
        code: format!("{word}: {}", diagnostic.code),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        excerpt,
        labels,
        related,
    }
}
