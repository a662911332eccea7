//! Edits on trial: they are made together, proved together, and told apart where the proof fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::check::{Root, Session};
use crate::policy::Applicability;
use crate::source::{Edit, SourceFile};

use super::plan::{Group, State};
use super::prove::{Failure, Pair, Proof, asked, prove};
use super::rewrite::Sheet;
use super::snapshot::Snapshot;

/// How often the edits of roots that share files are tried in one round; what is not told apart by then is given up.
const MAX_TRIALS: usize = 64;

/// The texts of files that differ from the disk's.
pub(super) type Texts = BTreeMap<PathBuf, Arc<str>>;

/// A way to try edits on roots.
pub(super) struct Bench<'b> {
    pub(super) session: &'b Session,
    pub(super) roots: &'b [Root],
    pub(super) states: &'b [State],
    /// The texts that the states were made with, where they differ from the disk's.
    pub(super) texts: &'b Texts,
    /// Whether what is generated may be edited.
    pub(super) generated: bool,
    /// Whether a safe edit may change nothing but what it names.
    pub(super) strict: bool,
    /// Whether the states of the roots with the accepted edits are wanted.
    pub(super) onward: bool,
    /// Edited files, for what is asked of them more than once.
    pub(super) sheets: Mutex<FxHashMap<PathBuf, Arc<Sheet>>>,
}

/// Roots that share files, and edits of these files that leave each other alone.
struct Case<'c> {
    roots: &'c [usize],
    files: FxHashMap<&'c Path, &'c Arc<SourceFile>>,
    queue: Vec<Vec<Group>>,
    accepted: Vec<Group>,
    trials: usize,
}

/// What trials come to.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) accepted: Vec<Group>,
    pub(super) given_up: Vec<(Group, Failure)>,
    /// The files with all that is accepted.
    pub(super) texts: Texts,
    /// The roots with all that is accepted, where wanted.
    pub(super) states: Vec<(usize, State)>,
}

/// One trial: some of a case's edits and what has been accepted before.
struct Trial {
    case: usize,
    groups: Vec<Group>,
    texts: Texts,
    roots: Vec<usize>,
}

impl Bench<'_> {
    /// Tries edits, the roots that share files with those of each other.
    pub(super) fn run(&self, cases: Vec<(&[usize], Vec<Group>)>) -> Tried {
        let mut tried = Tried::default();
        let mut cases: Vec<Case<'_>> = cases
            .into_iter()
            .filter(|(_, groups)| !groups.is_empty())
            .map(|(roots, groups)| Case {
                roots,
                files: self.files(roots),
                queue: vec![groups],
                accepted: Vec::new(),
                trials: 0,
            })
            .collect();
        while cases.iter().any(|c| !c.queue.is_empty()) {
            self.attempt(&mut cases, &mut tried);
        }
        tried.accepted.extend(cases.into_iter().flat_map(|c| c.accepted));
        tried
    }

    fn files(&self, roots: &[usize]) -> FxHashMap<&Path, &Arc<SourceFile>> {
        let states = roots.iter().filter_map(|r| self.states.get(*r));
        states.flat_map(|s| &s.files).map(|(path, file)| (path.as_path(), file)).collect()
    }

    /// Tries the next edits of every case at once.
    fn attempt(&self, cases: &mut [Case<'_>], tried: &mut Tried) {
        let mut trials = Vec::new();
        let mut overlay = self.texts.clone();
        for (index, case) in cases.iter_mut().enumerate() {
            let Some(groups) = case.queue.pop() else { continue };
            case.trials += 1;
            let Some(texts) = self.texts_with(case, &groups) else {
                let failure = Failure {
                    text: "the edits overlap".to_owned(),
                    only_unsafe: false,
                    suspects: Vec::new(),
                };
                case.divide(groups, vec![failure], &mut tried.given_up);
                continue;
            };
            overlay.extend(texts.iter().map(|(p, t)| (p.clone(), Arc::clone(t))));
            let reads = |r: &usize| {
                self.states.get(*r).is_some_and(|s| s.files.iter().any(|(f, _)| texts.contains_key(f)))
            };
            let roots = case.roots.iter().copied().filter(reads).collect();
            trials.push(Trial { case: index, groups, texts, roots });
        }
        if trials.is_empty() {
            return;
        }
        let affected: Vec<usize> = trials.iter().flat_map(|t| t.roots.iter().copied()).collect();
        let claims = asked(trials.iter().flat_map(|t| {
            let accepted = cases.get(t.case).map(|c| c.accepted.as_slice()).unwrap_or_default();
            accepted.iter().chain(&t.groups)
        }));
        self.remember(&affected);
        let session = self.session.overlaid(&overlay);
        let after = self.examine(&session, &affected, self.onward, &claims);
        let mut after: BTreeMap<usize, State> = after.into_iter().collect();
        for trial in trials {
            let Some(case) = cases.get_mut(trial.case) else { continue };
            let proof = self.proof(case, &trial, &after);
            self.decide(case, trial, proof, &mut after, tried);
        }
    }

    /// Makes the states before known where they were not kept.
    fn remember(&self, roots: &[usize]) {
        let missing = |r: &&usize| self.states.get(**r).is_some_and(|state| state.snapshot.get().is_none());
        let missing: Vec<usize> = roots.iter().filter(missing).copied().collect();
        if missing.is_empty() {
            return;
        }
        let session = self.session.overlaid(self.texts);
        for (root, state) in self.examine(&session, &missing, false, &FxHashSet::default()) {
            if let (Some(known), Some(made)) = (self.states.get(root), state.snapshot.into_inner()) {
                let _ = known.snapshot.set(made);
            }
        }
    }

    /// Evaluates and checks roots, in parallel where there are several.
    fn examine(
        &self,
        session: &Session,
        roots: &[usize],
        plan: bool,
        asked: &FxHashSet<(Str, Str)>,
    ) -> Vec<(usize, State)> {
        let one = |index: &usize| {
            let root = self.roots.get(*index)?;
            let examined = session.examine(root);
            let state = match plan {
                true => State::of(session, root, &examined, self.generated),
                false => State { snapshot: Default::default(), candidates: Vec::new(), files: Vec::new() },
            };
            let _ = state.snapshot.set(Snapshot::of(&examined, asked));
            Some((*index, state))
        };
        if roots.len() > 1 && session.options.threads != 1 {
            session.on_workers(|| roots.par_iter().filter_map(one).collect())
        } else {
            roots.iter().filter_map(one).collect()
        }
    }

    fn proof(&self, case: &Case<'_>, trial: &Trial, after: &BTreeMap<usize, State>) -> Proof {
        let all: Vec<&Group> = trial.groups.iter().chain(&case.accepted).collect();
        let pairs: Vec<Pair<'_>> = trial
            .roots
            .iter()
            .filter_map(|root| {
                let state = self.states.get(*root)?;
                let files = state.files.iter().map(|(path, _)| path.as_path()).collect();
                let after = after.get(root)?.snapshot.get()?;
                Some(Pair { root: *root, before: state.snapshot.get()?, after, files })
            })
            .collect();
        let mut proof = prove(&all, &pairs);
        if self.strict {
            // A safe edit must be right for whatever it changes.
            for spill in std::mem::take(&mut proof.spills) {
                let safe = |n: &usize| all.get(*n).is_some_and(|g| g.applicability == Applicability::Safe);
                let suspects: Vec<usize> = spill.suspects.iter().copied().filter(safe).collect();
                if !suspects.is_empty() {
                    proof.failures.push(Failure { text: spill.text, only_unsafe: true, suspects });
                }
            }
        }
        proof
    }

    fn decide(
        &self,
        case: &mut Case<'_>,
        trial: Trial,
        mut proof: Proof,
        after: &mut BTreeMap<usize, State>,
        tried: &mut Tried,
    ) {
        let Trial { groups, texts, roots, .. } = trial;
        if proof.failures.is_empty() {
            case.accepted.splice(0..0, groups);
            for spill in proof.spills {
                for number in spill.suspects {
                    if let Some(group) = case.accepted.get_mut(number) {
                        group.spill.get_or_insert_with(|| spill.text.as_str().into());
                    }
                }
            }
            if case.queue.is_empty() {
                tried.texts.extend(texts);
                let states = roots.into_iter().filter_map(|r| Some((r, after.remove(&r)?)));
                tried.states.extend(states.filter(|_| self.onward));
            }
            return;
        }
        // Whom was accepted before is not on trial.
        for failure in &mut proof.failures {
            failure.suspects.retain(|number| *number < groups.len());
        }
        case.divide(groups, proof.failures, &mut tried.given_up);
        // What was accepted before the last failure still has to be made true.
        if case.queue.is_empty() && !case.accepted.is_empty() && self.onward {
            case.queue.push(Vec::new());
        }
    }

    /// The texts of the files that the accepted edits of a case and some others change.
    fn texts_with(&self, case: &Case<'_>, groups: &[Group]) -> Option<Texts> {
        let mut by_file: BTreeMap<&Path, Vec<&Edit>> = BTreeMap::new();
        for op in groups.iter().chain(&case.accepted).flat_map(|g| &g.ops) {
            by_file.entry(&op.path).or_default().push(&op.edit);
        }
        let mut out = BTreeMap::new();
        for (path, edits) in by_file {
            let mut seen: FxHashSet<&Edit> = FxHashSet::default();
            let edits: Vec<Edit> = edits.into_iter().filter(|e| seen.insert(e)).cloned().collect();
            let sheet = self.sheet(path, case.files.get(path)?);
            out.insert(path.to_path_buf(), Arc::from(sheet.edited(edits)?));
        }
        Some(out)
    }

    /// A file to be edited.
    pub(super) fn sheet(&self, path: &Path, file: &Arc<SourceFile>) -> Arc<Sheet> {
        let mut sheets = self.sheets.lock();
        if let Some(known) = sheets.get(path) {
            return Arc::clone(known);
        }
        let sheet = Arc::new(Sheet::new(file));
        sheets.insert(path.to_path_buf(), Arc::clone(&sheet));
        sheet
    }
}

impl Case<'_> {
    /// After a failure: what alone is to blame is given up and the others are tried again; where several may be to
    /// blame, they are halved, and whoever is not among them is tried first.
    fn divide(&mut self, groups: Vec<Group>, failures: Vec<Failure>, given_up: &mut Vec<(Group, Failure)>) {
        let Some(first) = failures.first() else { return };
        if groups.len() == 1 || self.trials >= MAX_TRIALS {
            let late = groups.len() > 1;
            for group in groups {
                let mut failure = first.clone();
                if late {
                    failure.text = format!("with others in the same files, {}", failure.text);
                }
                given_up.push((group, failure));
            }
            return;
        }
        let mut guilty: FxHashMap<usize, Failure> = FxHashMap::default();
        let mut suspected: FxHashSet<usize> = FxHashSet::default();
        let mut anyone = false;
        for failure in failures {
            match failure.suspects.as_slice() {
                [] => anyone = true,
                [one] => {
                    guilty.entry(*one).or_insert(failure);
                }
                several => suspected.extend(several),
            }
        }
        if !guilty.is_empty() {
            let mut rest = Vec::new();
            for (number, group) in groups.into_iter().enumerate() {
                match guilty.remove(&number) {
                    Some(failure) => given_up.push((group, failure)),
                    None => rest.push(group),
                }
            }
            if !rest.is_empty() {
                self.queue.push(rest);
            }
            return;
        }
        let everyone = anyone || suspected.is_empty() || suspected.len() >= groups.len();
        let (mut doubtful, mut clear) = (Vec::new(), Vec::new());
        for (number, group) in groups.into_iter().enumerate() {
            match everyone || suspected.contains(&number) {
                true => doubtful.push(group),
                false => clear.push(group),
            }
        }
        let second = doubtful.split_off(doubtful.len() / 2);
        for part in [second, doubtful, clear] {
            if !part.is_empty() {
                self.queue.push(part);
            }
        }
    }
}
