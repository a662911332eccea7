//! Rounds of edits, each proved before it counts; nothing is written before.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustc_hash::FxHashMap;

use crate::Str;
use crate::check::{Checked, Examined, Finding, Quiet, Root, Session};
use crate::policy::Applicability;
use crate::source::{Diagnostic, Discovery};

use super::plan::{self, Candidate, Group, Key, State};
use super::proposal::Proposal;
use super::prove::Failure;
use super::snapshot::Snapshot;
use super::trial::{Bench, Texts, Tried};

/// Rounds; conflicting edits wait for the next one.
pub(super) const MAX_ROUNDS: usize = 10;

/// What is to be mended.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Also what may cut off intended use or replaces a resource.
    pub unsafe_fixes: bool,
    /// Also edit the templates of cloud assemblies: right for copies only, since the app would generate them anew.
    pub generated: bool,
    /// Only findings of these fingerprints.
    pub only: Option<Vec<Str>>,
}

/// A finding and how it fared.
#[derive(Clone, Debug)]
pub struct Case {
    /// The finding, as it was when it was found.
    pub finding: Finding,
    /// What the page calls the fix; empty where there is none.
    pub title: Str,
    /// How safe it is.
    pub applicability: Applicability,
    /// What to know before applying it, or what to do by hand.
    pub note: Option<Str>,
}

/// What a run of fixes comes to.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The files that change: absolute path, text before, text after.
    pub files: Vec<(PathBuf, Arc<str>, Arc<str>)>,
    /// What is mended.
    pub fixed: Vec<Case>,
    /// What could be mended with `--unsafe`.
    pub held_back: Vec<Case>,
    /// What is for a person to do: the steps are the note.
    pub manual: Vec<Case>,
    /// What can't be mended here; the note says why.
    pub left: Vec<Case>,
    /// Edits that did not keep their promise: mistakes of a page or of masugata.
    pub defects: Vec<Case>,
    /// What was wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
}

/// The engine of one run.
struct Engine<'s> {
    session: &'s Session,
    wanted: Wanted,
    roots: Vec<Root>,
    discovery: Discovery,
    states: Vec<State>,
    /// Texts that differ from the disk's.
    texts: Texts,
    given_up: FxHashMap<(usize, Key), (Failure, Case)>,
    fixed: Vec<Case>,
}

/// Mends what can be mended. Nothing is written: the texts are in the outcome.
pub fn fix(session: &Session, wanted: Wanted) -> Outcomes {
    let generated = wanted.generated;
    let room = Room::default();
    let visit = |root: &Root, examined: Examined| room.keep(session, root, &examined, generated);
    let Checked { outcome, roots, discovery } = session.check_with(&Quiet, &visit);
    let (roots, states) = roots.into_iter().unzip();
    let mut engine = Engine {
        session,
        wanted,
        roots,
        discovery,
        states,
        texts: Texts::new(),
        given_up: FxHashMap::default(),
        fixed: Vec::new(),
    };
    for _ in 0..MAX_ROUNDS {
        if !engine.round() {
            break;
        }
    }
    engine.finish(outcome.diagnostics)
}

/// How many resources are kept as they were before the edits; beyond it a root is evaluated a second time when its edits
/// are proved.
const MAX_KEPT: usize = 200_000;

/// The room for what roots come to before the edits.
#[derive(Default)]
pub(super) struct Room {
    taken: AtomicUsize,
}

impl Room {
    /// What is kept of a root for the edits: what it comes to only where it has any.
    pub(super) fn keep(&self, session: &Session, root: &Root, examined: &Examined, generated: bool) -> State {
        let state = State::of(session, root, examined, generated);
        let resources: usize = examined.parts.iter().map(|(linked, _)| linked.graph.resources.len()).sum();
        if state.has_edits() && self.taken.fetch_add(resources, Ordering::Relaxed) + resources <= MAX_KEPT {
            let _ = state.snapshot.set(Snapshot::of(examined, &Default::default()));
        }
        state
    }
}

impl Engine<'_> {
    fn wants(&self, finding: &Finding) -> bool {
        if self.wanted.only.as_ref().is_some_and(|only| !only.contains(&finding.fingerprint)) {
            return false;
        }
        let wanted = |path: &str| self.discovery.wants(&self.session.loader.absolute(Path::new(path)));
        !self.discovery.is_filtered()
            || wanted(&finding.location.path)
            || finding.related.iter().filter_map(|r| r.location.as_ref()).any(|l| wanted(&l.path))
    }

    /// One round over all roots; false when nothing came of it.
    fn round(&mut self) -> bool {
        let wanted = |root: usize, candidate: &Candidate, proposal: &Proposal| {
            (proposal.applicability == Applicability::Safe || self.wanted.unsafe_fixes)
                && self.wants(&candidate.finding)
                && !self.given_up.contains_key(&(root, candidate.key.clone()))
        };
        let components = plan::components(&self.states);
        let mut cases = Vec::new();
        for roots in &components {
            let groups = plan::groups(&self.states, roots, &wanted);
            let (layers, _) = plan::layers(groups, 1);
            cases.extend(layers.into_iter().map(|layer| (roots.as_slice(), layer)));
        }
        if cases.is_empty() {
            return false;
        }
        let bench = Bench {
            session: self.session,
            roots: &self.roots,
            states: &self.states,
            texts: &self.texts,
            generated: self.wanted.generated,
            strict: !self.wanted.unsafe_fixes,
            onward: true,
            sheets: Default::default(),
        };
        let Tried { accepted, given_up, texts, states } = bench.run(cases);
        for (group, failure) in &given_up {
            self.give_up(group, failure);
        }
        for group in &accepted {
            self.count(group);
        }
        self.texts.extend(texts);
        for (root, state) in states {
            if let Some(slot) = self.states.get_mut(root) {
                *slot = state;
            }
        }
        !accepted.is_empty()
    }

    fn case(&self, root: usize, number: usize) -> Option<(Key, Case)> {
        let candidate = self.states.get(root)?.candidates.get(number)?;
        let (proposal, _) = candidate.proposal.as_ref().ok()?;
        let case = Case {
            finding: candidate.finding.clone(),
            title: proposal.title.clone(),
            applicability: proposal.applicability,
            note: proposal.warning.clone(),
        };
        Some((candidate.key.clone(), case))
    }

    fn count(&mut self, group: &Group) {
        for (root, number) in &group.cases {
            if let Some((_, mut case)) = self.case(*root, *number) {
                case.applicability = group.applicability;
                if let Some(spill) = &group.spill {
                    case.applicability = case.applicability.max(Applicability::Unsafe);
                    case.note.get_or_insert_with(|| spill.clone());
                }
                self.fixed.push(case);
            }
        }
    }

    fn give_up(&mut self, group: &Group, failure: &Failure) {
        for (root, number) in &group.cases {
            if let Some((key, mut case)) = self.case(*root, *number) {
                case.note = Some(failure.text.as_str().into());
                self.given_up.insert((*root, key), (failure.clone(), case));
            }
        }
    }

    fn finish(mut self, diagnostics: Vec<Diagnostic>) -> Outcomes {
        let fixed = std::mem::take(&mut self.fixed);
        let mut out = Outcomes { fixed, diagnostics, ..Outcomes::default() };
        for (root, state) in self.states.iter().enumerate() {
            for candidate in &state.candidates {
                if !self.wants(&candidate.finding) {
                    continue;
                }
                let case = |title: &Str, applicability, note: Option<Str>| Case {
                    finding: candidate.finding.clone(),
                    title: title.clone(),
                    applicability,
                    note,
                };
                if let Some((failure, known)) = self.given_up.get(&(root, candidate.key.clone())) {
                    let list = if failure.only_unsafe { &mut out.held_back } else { &mut out.defects };
                    list.push(known.clone());
                    continue;
                }
                match (&candidate.proposal, &candidate.steps) {
                    (Ok((p, _)), _) if p.applicability == Applicability::Safe || self.wanted.unsafe_fixes => {
                        out.left.push(case(&p.title, p.applicability, Some("too many rounds".into())));
                    }
                    (Ok((p, _)), _) => {
                        out.held_back.push(case(&p.title, p.applicability, p.warning.clone()));
                    }
                    (Err(_), Some((title, steps))) => {
                        out.manual.push(case(title, Applicability::Manual, Some(steps.clone())));
                    }
                    (Err(why), None) => {
                        out.left.push(case(&Str::new(), Applicability::Manual, Some(why.clone())));
                    }
                }
            }
        }
        for (path, text) in &self.texts {
            if !self.wanted.generated && plan::is_generated(&self.roots, path) {
                continue;
            }
            if let Ok(file) = self.session.loader.load(path)
                && *file.text != **text
            {
                out.files.push((path.clone(), Arc::clone(&file.text), Arc::clone(text)));
            }
        }
        let order = |a: &Case, b: &Case| {
            (&a.finding.location, &a.finding.policy).cmp(&(&b.finding.location, &b.finding.policy))
        };
        for list in [&mut out.fixed, &mut out.held_back, &mut out.manual, &mut out.left, &mut out.defects] {
            list.sort_by(order);
            list.dedup_by(|a, b| {
                a.finding.fingerprint == b.finding.fingerprint && a.finding.location == b.finding.location
            });
        }
        out
    }
}
