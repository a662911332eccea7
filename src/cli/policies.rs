//! `masugata policies` and `masugata explain`.

use serde::Serialize;

use crate::Str;
use crate::check::{Options, Session};
use crate::policy::explain::{Look, explain as render, severity_style};
use crate::policy::{Entrance, Library};
use crate::report;
use crate::source::Severity as ProblemSeverity;

use super::args::{ExplainArgs, ListFormat, PoliciesArgs};
use super::{Error, FAILED, output};

fn session(config: Option<std::path::PathBuf>) -> Result<Session, Error> {
    let options = Options { config, today: super::today(), ..Options::default() };
    Ok(Session::open(super::loader()?, options))
}

/// Tells what is wrong with the configuration and own pages; the exit code so far.
fn problems(session: &Session) -> u8 {
    if session.diagnostics.is_empty() {
        return 0;
    }
    let text =
        report::text_diagnostics(&session.diagnostics, session.loader.sources(), output::error_style());
    output::complain(&text);
    let failed = session.diagnostics.iter().any(|d| d.severity == ProblemSeverity::Error);
    if failed { FAILED } else { 0 }
}

pub(super) fn explain(args: ExplainArgs) -> Result<u8, Error> {
    let session = session(args.config)?;
    let code = problems(&session);
    let library = &session.library;
    let pages: Vec<&Entrance> = match library.get(&args.policy) {
        Some(page) => vec![page],
        None => {
            let upper = args.policy.to_ascii_uppercase();
            let exact: Vec<_> = library.by_alias(&args.policy).collect();
            if exact.is_empty() { library.by_alias(&upper).collect() } else { exact }
        }
    };
    if pages.is_empty() {
        let guess = match library.suggest(&args.policy) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`masugata policies` lists them".to_owned(),
        };
        return Err(Error::Usage(format!("there is no policy `{}`: {guess}", args.policy)));
    }
    let style = output::style();
    let look = Look { width: style.width, color: style.color };
    let texts: Vec<String> = pages.iter().map(|page| render(page, look)).collect();
    output::print(&texts.join("\n\n")).map_err(Error::Print)?;
    Ok(code)
}

#[derive(Serialize)]
struct Listing<'l> {
    policies: Vec<Row<'l>>,
}

#[derive(Serialize)]
struct Row<'l> {
    id: &'l str,
    title: String,
    severity: &'static str,
    packs: Vec<String>,
    resource: Vec<String>,
    dialects: &'l [&'static str],
    controls: serde_json::Map<String, serde_json::Value>,
    aliases: serde_json::Map<String, serde_json::Value>,
    fix: Option<&'static str>,
}

fn by_name(map: &indexmap::IndexMap<Str, Vec<Str>>) -> serde_json::Map<String, serde_json::Value> {
    map.iter()
        .map(|(name, ids)| {
            (name.to_string(), ids.iter().map(|id| serde_json::Value::from(id.as_str())).collect())
        })
        .collect()
}

fn row<'l>(library: &'l Library, page: &'l Entrance) -> Row<'l> {
    let meta = page.meta();
    Row {
        id: page.id(),
        title: meta.title.to_string(),
        severity: meta.severity.name(),
        packs: meta.packs.iter().map(Str::to_string).collect(),
        resource: page.types().iter().map(Str::to_string).collect(),
        dialects: page.dialects(),
        controls: by_name(&meta.controls),
        aliases: by_name(&meta.aliases),
        fix: library.best_fix(page).map(|fix| fix.name()),
    }
}

pub(super) fn list(args: PoliciesArgs) -> Result<u8, Error> {
    let session = session(args.config)?;
    let code = problems(&session);
    let library = &session.library;
    let text = match args.format {
        ListFormat::Json => {
            let listing =
                Listing { policies: library.pages().iter().map(|page| row(library, page)).collect() };
            let mut text = serde_json::to_string_pretty(&listing).unwrap_or_default();
            text.push('\n');
            text
        }
        ListFormat::Text => table(library),
    };
    output::print(&text).map_err(Error::Print)?;
    Ok(code)
}

fn table(library: &Library) -> String {
    let style = output::style();
    let longest = library.pages().iter().map(|page| page.id().len()).max().unwrap_or(0);
    let mut out = String::new();
    for page in library.pages() {
        let meta = page.meta();
        let severity = format!("{:<8}", meta.severity.name());
        let severity = if style.color {
            let s = severity_style(meta.severity);
            format!("{s}{severity}{s:#}")
        } else {
            severity
        };
        let packs = meta.packs.iter().map(Str::as_str).collect::<Vec<_>>().join(",");
        out.push_str(&format!("{severity}  {:<longest$}  {packs:<11}  {}\n", page.id(), meta.title));
    }
    out.push_str(&format!("{} policies; `masugata explain POLICY` tells more\n", library.pages().len()));
    out
}
