//! Fixes beside findings: what each edit changes by itself, proved without being made.

use std::collections::BTreeMap;
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::check::{Checked, Examined, Finding, Fix, FixEdit, Location, Outcome, Progress, Root, Session};
use crate::policy::Applicability;
use crate::source::{Diagnostic, Edit, Severity, Span};

use super::engine::{MAX_ROUNDS, Room};
use super::plan::{self, Candidate, Group, State};
use super::trial::{Bench, Texts};

/// The most findings whose edits are proved in one run of `check`.
pub const MAX_OFFERED: usize = 5_000;

/// What tells a finding from others: its fingerprint, and where it is.
pub type Identity = (Str, Str, u32);

/// What tells a finding from others. What was added to equal fingerprints is left out.
pub fn identity(finding: &Finding) -> Identity {
    let plain = finding.fingerprint.split('-').next().unwrap_or("");
    (plain.into(), finding.location.path.clone(), finding.location.span.start)
}

/// Checks everything and puts beside each finding how it would be mended. Edits that leave each other alone are proved
/// together, from what the check has found out; a root is evaluated again only where an edit changes what it reads. Of
/// more than [`MAX_OFFERED`] findings that have edits the others get none, and a warning says so.
pub fn check_with_offers(session: &Session, progress: &dyn Progress) -> Outcome {
    let room = Room::default();
    let visit = |root: &Root, examined: Examined| room.keep(session, root, &examined, false);
    let Checked { mut outcome, roots, .. } = session.check_with(progress, &visit);
    let (roots, states): (Vec<Root>, Vec<State>) = roots.into_iter().unzip();
    let listed: FxHashSet<Identity> = outcome.findings.iter().map(identity).collect();
    let mut chosen: FxHashSet<Identity> = FxHashSet::default();
    let mut left_out: FxHashSet<Identity> = FxHashSet::default();
    let mut fixes: FxHashMap<Identity, Fix> = FxHashMap::default();
    for candidate in states.iter().flat_map(|s| &s.candidates) {
        let identity = identity(&candidate.finding);
        if !listed.contains(&identity) {
            continue;
        }
        match (&candidate.proposal, &candidate.steps) {
            (Ok(_), _) if chosen.len() < MAX_OFFERED || chosen.contains(&identity) => {
                chosen.insert(identity);
            }
            (Ok(_), _) => {
                left_out.insert(identity);
            }
            (Err(_), Some((title, steps))) => {
                let manual = Fix {
                    title: title.clone(),
                    applicability: Applicability::Manual,
                    note: Some(steps.clone()),
                    edits: Vec::new(),
                };
                fixes.insert(identity, manual);
            }
            (Err(_), None) => {}
        }
    }
    if !left_out.is_empty() {
        outcome.diagnostics.push(too_many(left_out.len()));
    }
    if !chosen.is_empty() {
        proved(session, &roots, &states, &chosen, &mut fixes);
    }
    for finding in &mut outcome.findings {
        finding.fix = fixes.get(&identity(finding)).cloned();
    }
    outcome
}

fn too_many(left_out: usize) -> Diagnostic {
    let message = format!(
        "the budget of {MAX_OFFERED} proved fixes is exceeded: {left_out} findings are without theirs"
    );
    let diagnostic = Diagnostic::file_error("fix-budget", message, "");
    let help = "`masugata fix --diff` has no such limit".to_owned();
    Diagnostic { severity: Severity::Warning, path: None, help: Some(help), ..diagnostic }
}

/// Proves the edits of findings; those that hold get into the table.
fn proved(
    session: &Session,
    roots: &[Root],
    states: &[State],
    chosen: &FxHashSet<Identity>,
    fixes: &mut FxHashMap<Identity, Fix>,
) {
    let texts = Texts::new();
    let bench = Bench {
        session,
        roots,
        states,
        texts: &texts,
        generated: false,
        strict: false,
        onward: false,
        sheets: Default::default(),
    };
    let components = plan::components(states);
    // The layers of all roots, one after the other: each is tried on the files as they are.
    let mut rounds: Vec<Vec<(&[usize], Vec<Group>)>> = Vec::new();
    for component in &components {
        let wanted = |_: usize, candidate: &Candidate, _: &_| chosen.contains(&identity(&candidate.finding));
        let groups = plan::groups(states, component, &wanted);
        let (layers, _) = plan::layers(groups, MAX_ROUNDS);
        for (number, layer) in layers.into_iter().enumerate() {
            if rounds.len() <= number {
                rounds.push(Vec::new());
            }
            if let Some(round) = rounds.get_mut(number) {
                round.push((component, layer));
            }
        }
    }
    for cases in rounds {
        for group in bench.run(cases).accepted {
            let Some(edits) = edits(&bench, &group) else { continue };
            for (root, number) in &group.cases {
                let candidate = states.get(*root).and_then(|s| s.candidates.get(*number));
                let Some(candidate) = candidate else { continue };
                let Ok((proposal, _)) = &candidate.proposal else { continue };
                let mut fix = Fix {
                    title: proposal.title.clone(),
                    applicability: group.applicability,
                    note: proposal.warning.clone(),
                    edits: edits.clone(),
                };
                if let Some(spill) = &group.spill {
                    fix.applicability = fix.applicability.max(Applicability::Unsafe);
                    fix.note.get_or_insert_with(|| spill.clone());
                }
                fixes.entry(identity(&candidate.finding)).or_insert(fix);
            }
        }
    }
}

/// What edits change in the files as they are, alignment included.
fn edits(bench: &Bench<'_>, group: &Group) -> Option<Vec<FixEdit>> {
    let mut by_file: BTreeMap<&Path, Vec<Edit>> = BTreeMap::new();
    for op in group.ops.iter().filter(|op| !plan::is_generated(bench.roots, &op.path)) {
        by_file.entry(&op.path).or_default().push(op.edit.clone());
    }
    let state = group.cases.first().and_then(|(root, _)| bench.states.get(*root))?;
    let mut out = Vec::new();
    for (path, edits) in by_file {
        let (_, file) = state.files.iter().find(|(p, _)| p == path)?;
        for edit in bench.sheet(path, file).alone(edits)? {
            let (start, end) = (edit.start as u32, edit.end as u32);
            let location = Location {
                path: crate::check::shown_path(&file.path),
                start: file.position(start),
                end: file.position(end),
                span: Span::new(file.id, start, end),
            };
            out.push(FixEdit { location, text: edit.text });
        }
    }
    Some(out)
}
