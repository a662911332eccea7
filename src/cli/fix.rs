//! `masugata fix`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Str;
use crate::check::{Session, shown_path};
use crate::fix::{self, Case, Outcomes, Wanted};
use crate::policy::Applicability;
use crate::report;
use crate::source::{Diagnostic, Severity as ProblemSeverity};

use super::args::FixArgs;
use super::{Error, FAILED, FOUND, output};

/// Lines around a change in a diff.
const CONTEXT: usize = 3;

pub(super) fn run(args: FixArgs) -> Result<u8, Error> {
    let (session, stdin) = super::open(args.scope, |_| {})?;
    if stdin.is_some() && args.interactive {
        let message = "`-i` asks on standard input, so that can't be what is fixed too: name a file";
        return Err(Error::Usage(message.to_owned()));
    }
    let mut wanted =
        Wanted { unsafe_fixes: args.unsafe_fixes, generated: args.out.is_some(), ..Wanted::default() };
    if args.interactive {
        wanted.only = Some(ask(&session, args.unsafe_fixes)?);
    }
    let outcomes = fix::fix(&session, wanted);
    let errors: Vec<Diagnostic> =
        outcomes.diagnostics.iter().filter(|d| d.severity == ProblemSeverity::Error).cloned().collect();
    if !errors.is_empty() {
        output::complain(&report::text_diagnostics(&errors, session.loader.sources(), output::error_style()));
    }
    let failed = !errors.is_empty();
    if args.diff {
        let color = output::style().color;
        let mut text = String::new();
        for (path, before, after) in &outcomes.files {
            text.push_str(&diff(&shown_path(&session.loader.display(path)), before, after, color));
        }
        output::print(&text).map_err(Error::Print)?;
        if !text.is_empty() || failed {
            output::complain(&summary(&outcomes, true));
        }
        return Ok(code(failed, !outcomes.files.is_empty()));
    }
    if let (Some(path), None) = (&stdin, &args.out) {
        let changed = outcomes.files.iter().find(|(p, ..)| p == path).map(|(.., after)| Arc::clone(after));
        let text = match changed {
            Some(text) => text,
            None => match session.loader.load(path) {
                Ok(file) => Arc::clone(&file.text),
                Err(diagnostic) => return Err(Error::Usage(diagnostic.message)),
            },
        };
        output::print(&text).map_err(Error::Print)?;
        // What is beside it in another file can't be written to standard output.
        for (other, ..) in outcomes.files.iter().filter(|(p, ..)| p != path) {
            let shown = session.loader.display(other);
            output::complain(&format!(
                "`{}` would have to change too: it was not written\n",
                shown.display()
            ));
        }
        output::complain(&summary(&outcomes, false));
        return Ok(code(failed, !remaining(&outcomes).is_empty()));
    }
    let mut written = Vec::new();
    let mut refused = false;
    for (path, before, after) in &outcomes.files {
        let shown = session.loader.display(path);
        let target = args.out.as_ref().map_or_else(|| shown.clone(), |out| out.join(inside(&shown)));
        let done = match &args.out {
            Some(_) => write_new(&target, after).map_err(|error| error.to_string()),
            None => replace(path, before, after),
        };
        match done {
            Ok(()) => written.push(target),
            Err(why) => {
                refused = true;
                output::complain(&format!("`{}` was not written: {why}\n", target.display()));
            }
        }
    }
    output::print(&told(&written, &outcomes)).map_err(Error::Print)?;
    Ok(code(failed || refused, !remaining(&outcomes).is_empty()))
}

/// Writes a file that is still what it was when it was read. One failure leaves the others alone.
fn replace(path: &Path, before: &str, after: &str) -> Result<(), String> {
    match std::fs::read(path) {
        Err(error) => return Err(error.to_string()),
        // UTF-16 and damaged text differ from what was understood of them.
        Ok(bytes) if bytes != before.as_bytes() => {
            return Err(match std::str::from_utf8(&bytes) {
                Ok(_) => "it has changed meanwhile".to_owned(),
                Err(_) => "it is not UTF-8".to_owned(),
            });
        }
        Ok(_) => {}
    }
    output::replace_file(path, after).map_err(|error| error.to_string())
}

fn code(failed: bool, found: bool) -> u8 {
    match (failed, found) {
        (true, _) => FAILED,
        (false, true) => FOUND,
        (false, false) => 0,
    }
}

/// What is still to be mended.
fn remaining(outcomes: &Outcomes) -> Vec<&Case> {
    let lists = [&outcomes.held_back, &outcomes.manual, &outcomes.left, &outcomes.defects];
    lists.into_iter().flatten().collect()
}

/// A path below another directory: no `..`, no root.
fn inside(shown: &Path) -> PathBuf {
    shown.components().filter(|c| matches!(c, std::path::Component::Normal(_))).collect()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    output::write_file(path, text)
}

/// A unified diff of one file.
pub(super) fn diff(path: &str, before: &str, after: &str, color: bool) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    let text = diff
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string();
    if !color {
        return text;
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |b| (b, "\n"));
        let code = match body.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => "1",
            [b'@', ..] => "36",
            [b'-', ..] => "31",
            [b'+', ..] => "32",
            _ => "",
        };
        if code.is_empty() {
            out.push_str(line);
        } else {
            let _ = write!(out, "\u{1b}[{code}m{body}\u{1b}[0m{end}");
        }
    }
    out
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// One line on what was, or would be, done, and what else there is to do.
fn summary(outcomes: &Outcomes, would: bool) -> String {
    let mut out = String::new();
    let verb = if would { "would fix" } else { "fixed" };
    let _ = write!(
        out,
        "{verb} {} in {}",
        count(outcomes.fixed.len(), "finding"),
        count(outcomes.files.len(), "file")
    );
    if !outcomes.held_back.is_empty() {
        let _ = write!(out, "; {} more with --unsafe", outcomes.held_back.len());
    }
    let by_hand = outcomes.manual.len() + outcomes.left.len();
    if by_hand > 0 {
        let _ = write!(out, "; {by_hand} by hand");
    }
    if !outcomes.defects.is_empty() {
        let _ = write!(out, "; {} could not be proved and were dropped", outcomes.defects.len());
    }
    out.push('\n');
    out
}

/// What was done, and what is left to do with the reason or the steps, one line each.
fn told(written: &[PathBuf], outcomes: &Outcomes) -> String {
    let mut out = String::new();
    for path in written {
        let _ = writeln!(out, "fixed {}", shown_path(path));
    }
    let place = |case: &Case| {
        let l = &case.finding.location;
        format!("{}:{}:{}", l.path, l.start.line, l.start.column)
    };
    let mut lines: BTreeMap<(Str, u32, String), String> = BTreeMap::new();
    let mut tell = |case: &Case, what: String| {
        let l = &case.finding.location;
        let text = format!("{}: {} [{}]: {what}", place(case), case.finding.message, case.finding.policy);
        lines.insert((l.path.clone(), l.start.line, text.clone()), text);
    };
    for case in &outcomes.held_back {
        let why = case.note.as_deref().map(|n| format!(" ({n})")).unwrap_or_default();
        tell(case, format!("--unsafe would {}{why}", case.title));
    }
    for case in &outcomes.manual {
        tell(case, format!("by hand: {}", case.note.as_deref().unwrap_or_default()));
    }
    for case in &outcomes.left {
        tell(case, format!("not fixed: {}", case.note.as_deref().unwrap_or_default()));
    }
    for case in &outcomes.defects {
        let why = case.note.as_deref().unwrap_or_default();
        tell(
            case,
            format!("the fix was dropped, since {why}; this is a mistake of the policy or of masugata"),
        );
    }
    for line in lines.values() {
        let _ = writeln!(out, "{line}");
    }
    out.push_str(&summary(outcomes, false));
    out
}

/// Shows every edit by itself and asks; returns the fingerprints of those that are wanted.
fn ask(session: &Session, unsafe_fixes: bool) -> Result<Vec<Str>, Error> {
    let findings = fix::check_with_offers(&session.overlaid(&BTreeMap::new()), &crate::check::Quiet).findings;
    let mut wanted = Vec::new();
    let color = output::style().color;
    let terminal = io::stdin().is_terminal();
    let mut all = false;
    for finding in &findings {
        let Some(offer) = &finding.fix else { continue };
        if offer.edits.is_empty() || (offer.applicability == Applicability::Unsafe && !unsafe_fixes) {
            continue;
        }
        let identity = fix::identity(finding).0;
        if all {
            wanted.push(identity);
            continue;
        }
        let l = &finding.location;
        let mut text = format!(
            "{}:{}:{}: {} [{}]\n",
            l.path, l.start.line, l.start.column, finding.message, finding.policy
        );
        let _ = writeln!(text, "{} ({})", offer.title, offer.applicability.name());
        if let Some(note) = &offer.note {
            let _ = writeln!(text, "careful: {note}");
        }
        let mut by_file: BTreeMap<&Str, Vec<crate::source::Edit>> = BTreeMap::new();
        for edit in &offer.edits {
            let change = crate::source::Edit::new(edit.location.span.range(), edit.text.as_str());
            by_file.entry(&edit.location.path).or_default().push(change);
        }
        for (path, edits) in by_file {
            let Ok(file) = session.loader.load(Path::new(path.as_str())) else { continue };
            if let Some((after, _)) = crate::source::apply(&file.text, &edits) {
                text.push_str(&diff(path, &file.text, &after, color));
            }
        }
        text.push_str("apply? [y]es, [n]o, [a]ll from here, [q]uit: ");
        output::print(&text).map_err(Error::Print)?;
        let _ = io::stdout().flush();
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer).map_err(Error::StandardInput)?;
        if !terminal {
            output::print("\n").map_err(Error::Print)?;
        }
        match answer.trim() {
            _ if read == 0 => break,
            "y" | "yes" => wanted.push(identity),
            "a" | "all" => {
                all = true;
                wanted.push(identity);
            }
            "q" | "quit" => break,
            _ => {}
        }
    }
    Ok(wanted)
}
