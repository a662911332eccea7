//! Rounds of edits, each proved before it counts: the patched files are parsed, evaluated and checked again in every root
//! that reads them, from memory; nothing is written before.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::check::{Examined, Finding, Fix, FixEdit, Location, Root, Session};
use crate::policy::{Applicability, Outcome};
use crate::source::{Diagnostic, Discovery, Edit, Severity, SourceFile, Span, apply};
use crate::syntax::Language;

use super::align;
use super::document::Document;
use super::raise::{self, Proposal, Touched};
use super::snapshot::{Digest, Snapshot, Tally, differences};
use super::write::Writer;

/// Rounds; conflicting edits wait for the next one.
const MAX_ROUNDS: usize = 10;

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

/// An edit of a file by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FileOp {
    path: PathBuf,
    edit: Edit,
    slot: Option<(u32, Str)>,
}

/// A finding in a root, with its proposal.
#[derive(Clone, Debug)]
struct Candidate {
    policy: Str,
    address: Str,
    /// What tells it from other findings, whatever else changes.
    key: (Str, Str, Str),
    finding: Finding,
    /// What the page says to do by hand: title and steps.
    steps: Option<(Str, Str)>,
    proposal: Result<(Proposal, Vec<FileOp>), Str>,
}

/// What is known of a root as its files are now.
struct State {
    snapshot: Snapshot,
    candidates: Vec<Candidate>,
    files: Vec<PathBuf>,
    called: Vec<PathBuf>,
    diagnostics: Vec<Diagnostic>,
    texts: Vec<(PathBuf, Arc<SourceFile>)>,
}

/// Edits that stand or fall together.
#[derive(Clone, Debug)]
struct Group {
    ops: Vec<FileOp>,
    /// Root and number of the candidate.
    cases: Vec<(usize, usize)>,
    applicability: Applicability,
    touched: Vec<Touched>,
    added: Vec<Str>,
    removed: Vec<Str>,
}

/// Why a proof failed.
struct Failure {
    text: String,
    /// It would be right with `--unsafe`.
    only_unsafe: bool,
}

/// Roots that share files.
struct Component {
    roots: Vec<usize>,
    queue: Vec<Vec<Group>>,
    accepted: Vec<Group>,
}

/// A finding of a root, whatever else changes: the root, and policy, address and element.
type Key = (usize, (Str, Str, Str));

/// The engine of one run.
struct Engine<'s> {
    session: &'s Session,
    wanted: Wanted,
    roots: Vec<Root>,
    discovery: Discovery,
    states: Vec<State>,
    /// Texts that differ from the disk's.
    texts: BTreeMap<PathBuf, Arc<str>>,
    given_up: FxHashMap<Key, (Failure, Case)>,
    fixed: Vec<Case>,
}

/// Mends what can be mended. Nothing is written: the texts are in the outcome.
pub fn fix(session: &Session, wanted: Wanted) -> Outcomes {
    let mut engine = Engine::open(session, wanted);
    for _ in 0..MAX_ROUNDS {
        if !engine.round() {
            break;
        }
    }
    engine.finish()
}

/// What tells a finding from others: its fingerprint, and where it is.
pub type Identity = (Str, Str, u32);

/// How each finding would be mended by itself; the edits are proved together. Manual ones are there too.
pub fn offers(session: &Session) -> FxHashMap<Identity, Fix> {
    let mut engine = Engine::open(session, Wanted { unsafe_fixes: true, ..Wanted::default() });
    engine.offers()
}

/// Puts the fixes of findings beside them. More than [`MAX_OFFERED`] findings get none: what is returned says so.
pub fn attach(session: &Session, findings: &mut [Finding]) -> Option<Diagnostic> {
    if findings.is_empty() {
        return None;
    }
    if findings.len() > MAX_OFFERED {
        let message = format!("more than {MAX_OFFERED} findings: their fixes are left out");
        let diagnostic = Diagnostic::file_error("fix-budget", message, "");
        let help = "`masugata fix --diff` has no such limit".to_owned();
        return Some(Diagnostic { severity: Severity::Warning, path: None, help: Some(help), ..diagnostic });
    }
    let offers = offers(&session.overlaid([]));
    for finding in findings {
        finding.fix = offers.get(&identity(finding)).cloned();
    }
    None
}

/// The most findings that are given fixes beside them.
pub const MAX_OFFERED: usize = 300;

/// What tells a finding from others. What was added to equal fingerprints is left out.
pub fn identity(finding: &Finding) -> Identity {
    let plain = finding.fingerprint.split('-').next().unwrap_or("");
    (plain.into(), finding.location.path.clone(), finding.location.span.start)
}

impl<'s> Engine<'s> {
    fn open(session: &'s Session, wanted: Wanted) -> Self {
        let (mut roots, discovery) = session.roots();
        let mut states = examine(session, roots.iter().collect(), wanted.generated);
        let called: FxHashSet<PathBuf> = states.iter().flat_map(|s| s.called.iter().cloned()).collect();
        let kept: Vec<bool> = roots
            .iter()
            .map(|r| !called.contains(&r.path) || discovery.named_files.contains(&r.path))
            .collect();
        let mut keep = kept.iter();
        roots.retain(|_| keep.next().copied().unwrap_or(true));
        let mut keep = kept.iter();
        states.retain(|_| keep.next().copied().unwrap_or(true));
        Engine {
            session,
            wanted,
            roots,
            discovery,
            states,
            texts: BTreeMap::new(),
            given_up: FxHashMap::default(),
            fixed: Vec::new(),
        }
    }

    fn wants(&self, finding: &Finding) -> bool {
        if self.wanted.only.as_ref().is_some_and(|only| !only.contains(&finding.fingerprint)) {
            return false;
        }
        let wanted = |path: &str| self.discovery.wants(&self.session.loader.absolute(Path::new(path)));
        !self.discovery.is_filtered()
            || wanted(&finding.location.path)
            || finding.related.iter().filter_map(|r| r.location.as_ref()).any(|l| wanted(&l.path))
    }

    /// Roots that share a file are one component.
    fn components(&self) -> Vec<Component> {
        let mut leader: Vec<usize> = (0..self.states.len()).collect();
        fn top(leader: &mut [usize], mut at: usize) -> usize {
            while let Some(&up) = leader.get(at).filter(|up| **up != at) {
                at = up;
            }
            at
        }
        let mut owner: FxHashMap<&PathBuf, usize> = FxHashMap::default();
        for (index, state) in self.states.iter().enumerate() {
            for file in &state.files {
                let first = *owner.entry(file).or_insert(index);
                let (a, b) = (top(&mut leader, first), top(&mut leader, index));
                let (low, high) = (a.min(b), a.max(b));
                if let Some(slot) = leader.get_mut(high) {
                    *slot = low;
                }
            }
        }
        let mut by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in 0..self.states.len() {
            by.entry(top(&mut leader, index)).or_default().push(index);
        }
        by.into_values().map(|roots| Component { roots, queue: Vec::new(), accepted: Vec::new() }).collect()
    }

    /// The edits of a component that can be made together, in order of place.
    fn choose(&self, roots: &[usize]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_ops: FxHashMap<Vec<(PathBuf, Edit)>, usize> = FxHashMap::default();
        for &root in roots {
            let Some(state) = self.states.get(root) else { continue };
            for (number, candidate) in state.candidates.iter().enumerate() {
                let Ok((proposal, ops)) = &candidate.proposal else { continue };
                if !self.wants(&candidate.finding)
                    || self.given_up.contains_key(&(root, candidate.key.clone()))
                    || (proposal.applicability != Applicability::Safe && !self.wanted.unsafe_fixes)
                {
                    continue;
                }
                let key: Vec<(PathBuf, Edit)> =
                    ops.iter().map(|op| (op.path.clone(), op.edit.clone())).collect();
                let at = *by_ops.entry(key).or_insert_with(|| {
                    groups.push(Group {
                        ops: ops.clone(),
                        cases: Vec::new(),
                        applicability: proposal.applicability,
                        touched: Vec::new(),
                        added: Vec::new(),
                        removed: Vec::new(),
                    });
                    groups.len() - 1
                });
                if let Some(group) = groups.get_mut(at) {
                    group.cases.push((root, number));
                    group.applicability = group.applicability.max(proposal.applicability);
                    group.touched.extend(proposal.touched.iter().cloned());
                    group.added.extend(proposal.added.iter().cloned());
                    group.removed.extend(proposal.removed.iter().cloned());
                }
            }
        }
        // What conflicts with an earlier one waits.
        let mut chosen: Vec<Group> = Vec::new();
        let mut taken: BTreeMap<PathBuf, Taken> = BTreeMap::new();
        for group in groups {
            let fits = group.ops.iter().all(|op| taken.get(&op.path).is_none_or(|t| t.fits(op)));
            if fits {
                for op in &group.ops {
                    taken.entry(op.path.clone()).or_default().add(op);
                }
                chosen.push(group);
            }
        }
        chosen
    }

    /// One round over all components; false when there was nothing to do.
    fn round(&mut self) -> bool {
        let mut components = self.components();
        let mut any = false;
        for component in &mut components {
            let groups = self.choose(&component.roots);
            if !groups.is_empty() {
                any = true;
                component.queue.push(groups);
            }
        }
        if !any {
            return false;
        }
        let mut progress = false;
        while components.iter().any(|c| !c.queue.is_empty()) {
            progress |= self.attempt(&mut components);
        }
        progress
    }

    /// Tries the next edits of every component at once.
    fn attempt(&mut self, components: &mut [Component]) -> bool {
        struct Trial {
            component: usize,
            groups: Vec<Group>,
            texts: BTreeMap<PathBuf, Arc<str>>,
            roots: Vec<usize>,
        }
        let mut trials = Vec::new();
        let mut overlay = self.texts.clone();
        for (index, component) in components.iter_mut().enumerate() {
            let Some(groups) = component.queue.pop() else { continue };
            let all: Vec<&Group> = component.accepted.iter().chain(&groups).collect();
            match self.texts_with(&all, &component.roots) {
                Some(texts) => {
                    overlay.extend(texts.iter().map(|(p, t)| (p.clone(), Arc::clone(t))));
                    let roots = component
                        .roots
                        .iter()
                        .copied()
                        .filter(|r| {
                            self.states.get(*r).is_some_and(|s| s.files.iter().any(|f| texts.contains_key(f)))
                        })
                        .collect();
                    trials.push(Trial { component: index, groups, texts, roots });
                }
                None => {
                    let failure = || Failure { text: "the edits overlap".to_owned(), only_unsafe: false };
                    split(component, groups, &mut |group| self.give_up(group, failure()));
                }
            }
        }
        let session = self.session.overlaid(&overlay);
        let affected: Vec<usize> = trials.iter().flat_map(|t| t.roots.iter().copied()).collect();
        let roots: Vec<&Root> = affected.iter().filter_map(|r| self.roots.get(*r)).collect();
        let mut after: BTreeMap<usize, State> =
            affected.iter().copied().zip(examine(&session, roots, self.wanted.generated)).collect();
        let mut progress = false;
        for trial in trials {
            let Some(component) = components.get_mut(trial.component) else { continue };
            let all: Vec<&Group> = component.accepted.iter().chain(&trial.groups).collect();
            match self.prove(&all, &trial.roots, &after) {
                Ok(()) => {
                    progress = true;
                    component.accepted.extend(trial.groups);
                    if component.queue.is_empty() {
                        self.commit(component, trial.texts, &trial.roots, &mut after);
                    }
                }
                Err(failure) => {
                    let mut failure = Some(failure);
                    split(component, trial.groups, &mut |group| {
                        if let Some(failure) = failure.take() {
                            self.give_up(group, failure);
                        }
                    });
                    // What was accepted before the last failure still has to be made true.
                    if component.queue.is_empty() && !component.accepted.is_empty() {
                        component.queue.push(Vec::new());
                    }
                }
            }
        }
        progress
    }

    /// The accepted edits of a component become what the files are.
    fn commit(
        &mut self,
        component: &mut Component,
        texts: BTreeMap<PathBuf, Arc<str>>,
        roots: &[usize],
        after: &mut BTreeMap<usize, State>,
    ) {
        for group in std::mem::take(&mut component.accepted) {
            for (root, number) in &group.cases {
                let candidate = self.states.get(*root).and_then(|s| s.candidates.get(*number));
                if let Some(candidate) = candidate
                    && let Ok((proposal, _)) = &candidate.proposal
                {
                    self.fixed.push(Case {
                        finding: candidate.finding.clone(),
                        title: proposal.title.clone(),
                        applicability: group.applicability,
                        note: proposal.warning.clone(),
                    });
                }
            }
        }
        self.texts.extend(texts);
        for root in roots {
            if let (Some(new), Some(slot)) = (after.remove(root), self.states.get_mut(*root)) {
                *slot = new;
            }
        }
    }

    fn give_up(&mut self, group: &Group, failure: Failure) {
        for (root, number) in &group.cases {
            let candidate = self.states.get(*root).and_then(|s| s.candidates.get(*number));
            let Some(candidate) = candidate else { continue };
            let Ok((proposal, _)) = &candidate.proposal else { continue };
            let case = Case {
                finding: candidate.finding.clone(),
                title: proposal.title.clone(),
                applicability: proposal.applicability,
                note: Some(failure.text.as_str().into()),
            };
            let again = Failure { text: failure.text.clone(), only_unsafe: failure.only_unsafe };
            self.given_up.insert((*root, candidate.key.clone()), (again, case));
        }
    }

    /// The texts of the files that some groups edit, edited.
    fn texts_with(&self, groups: &[&Group], roots: &[usize]) -> Option<BTreeMap<PathBuf, Arc<str>>> {
        let mut by_file: BTreeMap<&PathBuf, Vec<&Edit>> = BTreeMap::new();
        for op in groups.iter().flat_map(|g| &g.ops) {
            let edits = by_file.entry(&op.path).or_default();
            if !edits.contains(&&op.edit) {
                edits.push(&op.edit);
            }
        }
        let mut out = BTreeMap::new();
        for (path, edits) in by_file {
            let file = roots
                .iter()
                .filter_map(|r| self.states.get(*r))
                .find_map(|s| s.texts.iter().find(|(p, _)| p == path))
                .map(|(_, f)| f)?;
            let edits: Vec<Edit> = edits.into_iter().cloned().collect();
            out.insert(path.clone(), Arc::from(edited(file, edits)?));
        }
        Some(out)
    }

    /// Whether some edits keep every promise.
    fn prove(
        &self,
        groups: &[&Group],
        roots: &[usize],
        after: &BTreeMap<usize, State>,
    ) -> Result<(), Failure> {
        let broken = |text: String| Failure { text, only_unsafe: false };
        let mut wanted: BTreeMap<(usize, &Str, &Str), usize> = BTreeMap::new();
        let mut emptied: FxHashSet<(&Str, &Str)> = FxHashSet::default();
        let mut assumed: FxHashSet<(&Str, &Str)> = FxHashSet::default();
        for (root, number) in groups.iter().flat_map(|g| &g.cases) {
            let candidate = self.states.get(*root).and_then(|s| s.candidates.get(*number));
            if let Some(candidate) = candidate {
                *wanted.entry((*root, &candidate.policy, &candidate.address)).or_default() += 1;
                if candidate.proposal.as_ref().is_ok_and(|(p, _)| p.takes_away) {
                    emptied.insert((&candidate.policy, &candidate.address));
                }
                if candidate.proposal.as_ref().is_ok_and(|(p, _)| p.assumed) {
                    assumed.insert((&candidate.policy, &candidate.address));
                }
            }
        }
        let removed: FxHashSet<&Str> = groups.iter().flat_map(|g| &g.removed).collect();
        let added: Vec<&Str> = groups.iter().flat_map(|g| &g.added).collect();
        let mut touched: FxHashMap<&str, Vec<&Vec<Str>>> = FxHashMap::default();
        for (address, names) in groups.iter().flat_map(|g| &g.touched) {
            touched.entry(address.as_str()).or_default().push(names);
        }
        let none = Tally::default();
        for root in roots {
            let (Some(before), Some(now)) = (self.states.get(*root), after.get(root)) else { continue };
            let (before, now) = (&before.snapshot, &now.snapshot);
            if let Some(error) = now.errors.iter().find(|e| !before.errors.contains(e)) {
                return Err(broken(format!("the edited source has an error: {error}")));
            }
            // Findings that are to be gone are gone, and pass.
            for ((_, policy, address), count) in wanted.iter().filter(|((r, ..), _)| r == root) {
                let key = ((*policy).clone(), (*address).clone());
                let (was, is) =
                    (before.verdicts.get(&key).unwrap_or(&none), now.verdicts.get(&key).unwrap_or(&none));
                if !before.verdicts.contains_key(&key) {
                    continue;
                }
                if is.fail + count > was.fail {
                    return Err(broken(format!("`{policy}` still fails on `{address}`")));
                }
                let gone = removed.contains(address)
                    || (is.unknown == 0 && emptied.contains(&(*policy, *address)))
                    || assumed.contains(&(*policy, *address));
                if is.fail == 0 && is.pass == 0 && !gone {
                    return Err(broken(format!("`{policy}` does not pass on `{address}`")));
                }
            }
            // No verdict is worse.
            for (key, is) in &now.verdicts {
                let was = before.verdicts.get(key).unwrap_or(&none);
                if is.fail > was.fail || is.always > was.always {
                    return Err(broken(format!("`{}` fails on `{}` then", key.0, key.1)));
                }
                if is.unknown > was.unknown && !assumed.contains(&(&key.0, &key.1)) {
                    return Err(broken(format!("`{}` can't be decided on `{}` then", key.0, key.1)));
                }
            }
            // Nothing but what the fixes name is different.
            for address in before.resources.keys() {
                if !now.resources.contains_key(address) && !removed.contains(address) {
                    return Err(broken(format!("`{address}` is gone then")));
                }
            }
            for (address, (type_name, digest)) in &now.resources {
                let Some((_, old)) = before.resources.get(address) else {
                    let expected = added.iter().any(|a| {
                        address == *a
                            || address.strip_prefix(a.as_str()).is_some_and(|rest| rest.starts_with('['))
                            // within a module that is there several times
                            || without_keys(address) == without_keys(a)
                    });
                    if !expected {
                        return Err(broken(format!("`{address}` is there then")));
                    }
                    continue;
                };
                self.unchanged(address, type_name, old, digest, &touched, before, groups)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the proof, over its tables")]
    fn unchanged(
        &self,
        address: &Str,
        type_name: &Str,
        old: &Digest,
        new: &Digest,
        touched: &FxHashMap<&str, Vec<&Vec<Str>>>,
        before: &Snapshot,
        groups: &[&Group],
    ) -> Result<(), Failure> {
        if old == new {
            return Ok(());
        }
        let meets = |names: &[Str], path: &[Str]| names.iter().zip(path).all(|(a, b)| a == b);
        for path in differences(Some(old), Some(new)) {
            let named = touched.get(address.as_str());
            if named.is_some_and(|all| all.iter().any(|names| meets(names, &path))) {
                continue;
            }
            let shown = path.join(".");
            // Another instance of the same declaration, or another resource that the same value feeds.
            let alike = touched.iter().any(|(other, all)| {
                before.resources.get(*other).is_none_or(|(t, _)| t == type_name)
                    && all.iter().any(|names| meets(names, &path))
            });
            let text = format!("it changes `{shown}` of `{address}` too");
            if !alike {
                return Err(Failure { text, only_unsafe: false });
            }
            if !self.wanted.unsafe_fixes && groups.iter().any(|g| g.applicability == Applicability::Safe) {
                return Err(Failure { text, only_unsafe: true });
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Outcomes {
        let mut out = Outcomes { fixed: std::mem::take(&mut self.fixed), ..Outcomes::default() };
        out.diagnostics = self.session.diagnostics.clone();
        out.diagnostics.extend(self.discovery.diagnostics.iter().cloned());
        out.diagnostics.extend(self.session.loader.remarks());
        for (root, state) in self.states.iter().enumerate() {
            out.diagnostics.extend(state.diagnostics.iter().cloned());
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

    /// Proves all proposals of the first round, and gives each by itself.
    fn offers(&mut self) -> FxHashMap<Identity, Fix> {
        let mut offers: FxHashMap<Identity, Fix> = FxHashMap::default();
        for state in &self.states {
            for candidate in &state.candidates {
                let fix = match (&candidate.proposal, &candidate.steps) {
                    (Ok((proposal, ops)), _) => Fix {
                        title: proposal.title.clone(),
                        applicability: proposal.applicability,
                        note: proposal.warning.clone(),
                        edits: self.alone(state, ops),
                    },
                    (Err(_), Some((title, steps))) => Fix {
                        title: title.clone(),
                        applicability: Applicability::Manual,
                        note: Some(steps.clone()),
                        edits: Vec::new(),
                    },
                    _ => continue,
                };
                offers.insert(identity(&candidate.finding), fix);
            }
        }
        for _ in 0..MAX_ROUNDS {
            if !self.round() {
                break;
            }
        }
        // A place may have moved by the second round: there the fingerprint has to do.
        let mended: FxHashSet<Str> = self.fixed.iter().map(|c| c.finding.fingerprint.clone()).collect();
        offers.retain(|identity, fix| {
            fix.applicability == Applicability::Manual || mended.contains(&identity.0)
        });
        offers
    }

    /// What one proposal changes in the files as they are, alignment included.
    fn alone(&self, state: &State, ops: &[FileOp]) -> Vec<FixEdit> {
        let mut by_file: BTreeMap<&PathBuf, Vec<Edit>> = BTreeMap::new();
        for op in ops {
            by_file.entry(&op.path).or_default().push(op.edit.clone());
        }
        let mut out = Vec::new();
        for (path, edits) in by_file {
            let Some((_, file)) = state.texts.iter().find(|(p, _)| p == path) else { continue };
            let Some(after) = edited(file, edits) else { continue };
            for edit in minimal(&file.text, &after) {
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
        out
    }
}

/// An address without the keys of its instances.
fn without_keys(address: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    for c in address.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// What is taken in a file by edits that were chosen.
#[derive(Default)]
struct Taken {
    /// Replaced ranges, by start.
    ranges: BTreeMap<usize, (usize, String)>,
    inserts: BTreeSet<usize>,
    slots: FxHashMap<(u32, Str), Edit>,
}

impl Taken {
    fn fits(&self, op: &FileOp) -> bool {
        let edit = &op.edit;
        if let Some(slot) = &op.slot
            && let Some(known) = self.slots.get(slot)
        {
            return known == edit;
        }
        if self.ranges.get(&edit.start).is_some_and(|(end, text)| *end == edit.end && *text == edit.text) {
            return true;
        }
        let before = self.ranges.range(..edit.end.max(edit.start + 1)).next_back();
        let overlaps = before.is_some_and(|(start, (end, _))| {
            if edit.start == edit.end { *start < edit.start && edit.start < *end } else { edit.start < *end }
        });
        let splits = edit.start < edit.end
            && self.inserts.range(edit.start..edit.end).any(|at| *at > edit.start || edit.text.is_empty());
        !overlaps && !splits
    }

    fn add(&mut self, op: &FileOp) {
        if let Some(slot) = &op.slot {
            self.slots.insert(slot.clone(), op.edit.clone());
        }
        if op.edit.start == op.edit.end {
            self.inserts.insert(op.edit.start);
        } else {
            self.ranges.insert(op.edit.start, (op.edit.end, op.edit.text.clone()));
        }
    }
}

/// Halves what failed; a single group is given up.
fn split(component: &mut Component, mut groups: Vec<Group>, give_up: &mut dyn FnMut(&Group)) {
    match groups.as_slice() {
        [] => {}
        [one] => give_up(one),
        _ => {
            let second = groups.split_off(groups.len() / 2);
            component.queue.push(second);
            component.queue.push(groups);
        }
    }
}

/// A file's text with edits, what they wrote aligned as its language has it.
fn edited(file: &Arc<SourceFile>, mut edits: Vec<Edit>) -> Option<String> {
    // At one place: what is deeper first (it continues what stands before), arguments before blocks.
    let rank = |e: &Edit| {
        let lines = e.text.trim_start_matches(['\r', '\n', ',']);
        let indent = lines.len() - lines.trim_start_matches([' ', '\t']).len();
        let block = e.text.starts_with("\n\n") || e.text.starts_with("\r\n\r\n");
        (e.start, e.end, block, std::cmp::Reverse(indent))
    };
    // What is inserted within lines that go stands before them.
    let gone: Vec<(usize, usize)> =
        edits.iter().filter(|e| e.text.is_empty()).map(|e| (e.start, e.end)).collect();
    for edit in edits.iter_mut().filter(|e| e.start == e.end) {
        if let Some((start, _)) = gone.iter().find(|(start, end)| *start < edit.start && edit.start < *end) {
            let before = file.text.get(..*start).unwrap_or("");
            let kept = before.strip_suffix('\n').map_or(before, |b| b.strip_suffix('\r').unwrap_or(b));
            edit.start = kept.len();
            edit.end = kept.len();
        }
    }
    edits.sort_by_key(rank);
    let (text, places) = apply(&file.text, &edits)?;
    let after = SourceFile::detached(file.id, file.path.clone(), text.as_str());
    let name = file.path.to_string_lossy();
    if ![".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|e| name.ends_with(e)) {
        return Some(text);
    }
    let document = Document::new(Arc::new(after));
    if document.language() != Language::Hcl || !document.tree.errors.is_empty() {
        return Some(text);
    }
    let touched: Vec<Range<usize>> =
        places.into_iter().zip(&edits).filter(|(_, e)| e.text.contains('\n')).map(|(p, _)| p).collect();
    let formatted = align::is_formatted(&Document::new(Arc::clone(file)));
    Some(align::aligned(&document, &touched, formatted))
}

/// The edits that make one text of another: changed lines.
fn minimal(before: &str, after: &str) -> Vec<Edit> {
    let diff = similar::TextDiff::from_lines(before, after);
    let starts = |text: &str| {
        let mut at = 0;
        let mut out = vec![0];
        for line in text.split_inclusive('\n') {
            at += line.len();
            out.push(at);
        }
        out
    };
    let (old, new) = (starts(before), starts(after));
    let at = |lines: &[usize], line: usize, end: usize| lines.get(line).copied().unwrap_or(end);
    diff.ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| {
            let (a, b) = (op.old_range(), op.new_range());
            let range = at(&old, a.start, before.len())..at(&old, a.end, before.len());
            let text =
                after.get(at(&new, b.start, after.len())..at(&new, b.end, after.len())).unwrap_or_default();
            Edit::new(range, text)
        })
        .collect()
}

/// Examines roots, in parallel where there are several.
fn examine(session: &Session, roots: Vec<&Root>, generated: bool) -> Vec<State> {
    if roots.len() > 1 && session.options.threads != 1 {
        session.on_workers(|| roots.par_iter().map(|root| state(session, root, generated)).collect())
    } else {
        roots.iter().map(|root| state(session, root, generated)).collect()
    }
}

fn state(session: &Session, root: &Root, generated: bool) -> State {
    let examined = session.examine(root);
    let mut candidates = Vec::new();
    for (linked, judged) in &examined.parts {
        let writer = Writer::new(linked, &session.loader, root, generated);
        for one in judged {
            let (Outcome::Fail, Some(finding)) = (one.verdict.outcome, &one.finding) else { continue };
            let proposal = raise::raise(&writer, one).map(|proposal| {
                let path = |id| {
                    let file = session.loader.sources().get(id);
                    file.map(|f| session.loader.absolute(&f.path)).unwrap_or_default()
                };
                let ops = proposal
                    .ops
                    .iter()
                    .map(|op| FileOp { path: path(op.file), edit: op.edit.clone(), slot: op.slot.clone() })
                    .collect();
                (proposal, ops)
            });
            let found = one.verdict.finding.as_ref();
            let steps = found.and_then(|f| {
                f.fixes.iter().find_map(|plan| Some((plan.title.clone(), plan.steps.clone()?)))
            });
            let element = found.map(|f| f.element.clone()).unwrap_or_default();
            let address = subject_address(linked, &one.verdict);
            candidates.push(Candidate {
                policy: one.policy.clone(),
                key: (one.policy.clone(), address.clone(), element),
                address,
                finding: finding.clone(),
                steps,
                proposal: proposal.map_err(|why| why.0),
            });
        }
    }
    let snapshot = Snapshot::of(&examined);
    let Examined { files, called, diagnostics, .. } = examined;
    let mut paths: Vec<PathBuf> = files.iter().map(|(p, _)| p.clone()).collect();
    let mut texts = files;
    for candidate in &candidates {
        if let Ok((_, ops)) = &candidate.proposal {
            for op in ops {
                if !paths.contains(&op.path)
                    && let Ok(file) = session.loader.load(&op.path)
                {
                    paths.push(op.path.clone());
                    texts.push((op.path.clone(), file));
                }
            }
        }
    }
    let diagnostics = diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
    State { snapshot, candidates, files: paths, called, diagnostics, texts }
}

fn subject_address(linked: &crate::check::Linked, verdict: &crate::policy::Verdict) -> Str {
    match &verdict.subject {
        crate::policy::Subject::Resource(id) => {
            linked.graph.resource(*id).map(|r| r.address.clone()).unwrap_or_default()
        }
        crate::policy::Subject::Input(name) => name.clone(),
    }
}
