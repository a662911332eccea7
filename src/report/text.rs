//! Text for people, through miette: the source with the place marked, where the value comes from, what to do.

use std::fmt;
use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use miette::{
    Diagnostic as Shown, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as ShownSeverity,
};

use crate::check::{Location, Outcome};
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

/// Lines between a finding and a related place that is marked in the same excerpt; others are told in a line.
const NEAR_LINES: u32 = 3;
/// Related places that are told; JSON has them all.
const MAX_BESIDE: usize = 6;

/// Writes an outcome as text: what was wrong with the input, findings, undecided verdicts, and a closing line.
pub fn text(outcome: &Outcome, style: Style) -> String {
    let mut out = String::new();
    let handler = style.handler();
    draw_problems(&handler, &mut out, &outcome.diagnostics, &outcome.sources, style.width);
    for place in places(&outcome.findings) {
        draw(&handler, &mut out, &drawn(&place, outcome, style.width));
    }
    for unknown in &outcome.unknowns {
        let l = &unknown.location;
        out.push_str(&format!("{}:{}:{}: {}\n", l.path, l.start.line, l.start.column, unknown.message()));
    }
    if !outcome.unknowns.is_empty() {
        out.push('\n');
    }
    out.push_str(&hints(outcome));
    out.push_str(&closing(outcome));
    out
}

/// What can be done about findings, told once, by the worst of them.
fn hints(outcome: &Outcome) -> String {
    let worst = outcome.findings.iter().rev().max_by_key(|f| f.severity);
    let Some(id) = worst.map(|f| &f.policy) else { return String::new() };
    let is_json = |f: &&crate::check::Finding| f.location.path.ends_with(".json");
    let in_json = outcome.findings.iter().filter(is_json).count();
    let mut out = format!("`masugata explain {id}` tells why it matters and how it looks when it is right\n");
    if in_json < outcome.findings.len() {
        out.push_str(&format!(
            "to accept a finding: `# masugata: ignore[{id}] why it is fine here` on its line\n"
        ));
    }
    // JSON has no comments
    if in_json > 0 {
        let metadata = format!(
            r#""Metadata": {{"masugata": {{"ignore": [{{"policy": "{id}", "reason": "why it is fine here"}}]}}}}"#
        );
        out.push_str(&format!("to accept a finding in JSON: `{metadata}` on the resource\n"));
    }
    out.push('\n');
    out
}

/// Writes diagnostics alone: of a configuration, of policy pages, of commands other than `check`.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut out = String::new();
    let handler = style.handler();
    draw_problems(&handler, &mut out, diagnostics, sources, style.width);
    out
}

/// Draws each diagnostic once: where the same is wrong at several places (a module that forty roots call and none has
/// installed), the others are a line of the first.
fn draw_problems(
    handler: &GraphicalReportHandler,
    out: &mut String,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    width: usize,
) {
    let mut same: IndexMap<(ProblemSeverity, &str, &str), Vec<&Diagnostic>> = IndexMap::new();
    for diagnostic in diagnostics {
        let key = (diagnostic.severity, diagnostic.code, diagnostic.message.as_str());
        same.entry(key).or_default().push(diagnostic);
    }
    for diagnostics in same.into_values() {
        if let Some((first, others)) = diagnostics.split_first() {
            draw(handler, out, &problem(first, others, sources, width));
        }
    }
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
}

fn excerpt(sources: &Sources, span: Span, width: usize) -> Option<Excerpt> {
    sources.get(span.file).map(|file| Excerpt::new(file, width))
}

fn label(excerpt: &Excerpt, span: Span, text: Option<String>, primary: bool) -> LabeledSpan {
    let (start, length) = excerpt.mark(span.start, span.end);
    if primary {
        LabeledSpan::new_primary_with_span(text, (start, length))
    } else {
        LabeledSpan::new_with_span(text, (start, length))
    }
}

/// The marks of an excerpt, and what is told of places that are not in it.
struct Beside {
    labels: Vec<LabeledSpan>,
    told: Vec<String>,
}

impl Beside {
    fn new(excerpt: Option<&Excerpt>, here: Span) -> Self {
        Beside { labels: excerpt.iter().map(|e| label(e, here, None, true)).collect(), told: Vec::new() }
    }

    /// Adds a related place: as a mark where the excerpt has it anyway, else as a line that says where it is.
    fn add(&mut self, excerpt: Option<&Excerpt>, here: Span, there: Span, message: &str, sources: &Sources) {
        let Some(location) = Location::of(sources, there) else { return };
        if there == here {
            return;
        }
        let line = |span| Location::of(sources, span).map_or(0, |l| l.start.line);
        if let Some(excerpt) = excerpt
            && there.file == here.file
            && line(here).abs_diff(location.start.line) <= NEAR_LINES
            && excerpt.shows_both(here.start, there.start)
        {
            if !self.labels.iter().any(|l| l.offset() == there.start as usize) {
                self.labels.push(label(excerpt, there, Some(message.to_owned()), false));
            }
            return;
        }
        let told = format!("{message} ({}:{}:{})", location.path, location.start.line, location.start.column);
        if self.told.len() < MAX_BESIDE && !self.told.contains(&told) {
            self.told.push(told);
        }
    }
}

fn drawn(place: &Place<'_>, outcome: &Outcome, width: usize) -> Drawing {
    let finding = place.head;
    let sources = &outcome.sources;
    let here = finding.location.span;
    let excerpt = excerpt(sources, here, width);
    let mut beside = Beside::new(excerpt.as_ref(), here);
    let mut help = Vec::new();
    if let Some(condition) = &finding.condition {
        help.push(format!("fails when {condition}"));
    }
    help.extend(finding.because.iter().map(ToString::to_string));
    for related in &finding.related {
        match &related.location {
            Some(location) if finding.resource.generated.as_ref() == Some(location) => {}
            Some(location) => {
                beside.add(excerpt.as_ref(), here, location.span, &related.message, sources);
            }
            None => help.push(related.message.to_string()),
        }
    }
    help.append(&mut beside.told);
    if let Some(construct) = &finding.resource.construct {
        help.push(format!("made by the construct `{construct}`"));
    }
    let is_told = |place: &Location| finding.related.iter().any(|r| r.location.as_ref() == Some(place));
    if let Some(generated) = finding.resource.generated.as_ref().filter(|place| !is_told(place)) {
        help.push(format!("in the template: {}:{}", generated.path, generated.start.line));
    }
    help.extend(place.instances_line());
    help.extend(place.also_lines());
    Drawing {
        severity: match finding.severity {
            Severity::Critical | Severity::High => ShownSeverity::Error,
            Severity::Medium => ShownSeverity::Warning,
            Severity::Low | Severity::Info => ShownSeverity::Advice,
        },
        code: format!("{}: {} ({})", finding.severity, finding.policy, finding.resource.address),
        message: finding.message.to_string(),
        help: (!help.is_empty()).then(|| help.join("\n")),
        excerpt,
        labels: beside.labels,
    }
}

/// A diagnostic, and in a line where `others` say the same.
fn problem(diagnostic: &Diagnostic, others: &[&Diagnostic], sources: &Sources, width: usize) -> Drawing {
    let excerpt = diagnostic.span.and_then(|span| excerpt(sources, span, width));
    let mut help = Vec::new();
    let mut labels = Vec::new();
    if let Some(here) = diagnostic.span {
        let mut beside = Beside::new(excerpt.as_ref(), here);
        for label in &diagnostic.labels {
            beside.add(excerpt.as_ref(), here, label.span, &label.message, sources);
        }
        help.append(&mut beside.told);
        labels = beside.labels;
    }
    help.extend(elsewhere(others, sources));
    let named = |path: &Path| diagnostic.message.contains(&*path.to_string_lossy());
    if let (None, Some(path)) = (diagnostic.span, diagnostic.path.as_deref().filter(|p| !named(p))) {
        help.push(format!("in `{}`", path.display()));
    }
    help.extend(diagnostic.help.clone());
    let (severity, word) = match diagnostic.severity {
        ProblemSeverity::Error => (ShownSeverity::Error, "error"),
        ProblemSeverity::Warning => (ShownSeverity::Warning, "warning"),
    };
    Drawing {
        severity,
        code: format!("{word}: {}", diagnostic.code),
        message: diagnostic.message.clone(),
        help: (!help.is_empty()).then(|| help.join("\n")),
        excerpt,
        labels,
    }
}

/// Where else: the first places by name, the rest by number.
fn elsewhere(others: &[&Diagnostic], sources: &Sources) -> Option<String> {
    let place = |diagnostic: &&Diagnostic| {
        let location = diagnostic.span.and_then(|span| Location::of(sources, span));
        let path = || diagnostic.path.as_ref().map(|path| path.display().to_string());
        location.map(|l| format!("{}:{}:{}", l.path, l.start.line, l.start.column)).or_else(path)
    };
    let places: IndexSet<String> = others.iter().filter_map(place).collect();
    if places.is_empty() {
        return None;
    }
    let told: Vec<&str> = places.iter().take(MAX_BESIDE).map(String::as_str).collect();
    let left = match places.len() - told.len() {
        0 => String::new(),
        left => format!(" and at {}", count(left, "more place")),
    };
    Some(format!("the same at {}{left}", told.join(", ")))
}
