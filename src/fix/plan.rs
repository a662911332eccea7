//! What could be edited: the failing verdicts of a root with the edits that would mend them, in groups that stand or fall
//! together and in layers of edits that leave each other alone.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::check::{Examined, Finding, Linked, Root, RootKind, Session};
use crate::policy::{Applicability, Outcome, Subject, Verdict};
use crate::source::{Edit, FileId, SourceFile};

use super::app;
use super::proposal::{Proposal, Touched};
use super::raise;
use super::snapshot::Snapshot;
use super::write::Writer;

/// An edit of a file by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileOp {
    pub(super) path: PathBuf,
    pub(super) file: FileId,
    pub(super) edit: Edit,
    pub(super) slot: Option<(u32, Str)>,
}

/// What tells a finding of a root from others, whatever else changes: policy, address and element.
pub(super) type Key = (Str, Str, Str);

/// A finding in a root, with its proposal.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) key: Key,
    pub(super) finding: Finding,
    /// What the page says to do by hand: title and steps.
    pub(super) steps: Option<(Str, Str)>,
    pub(super) proposal: Result<(Proposal, Vec<FileOp>), Str>,
}

/// What is known of a root as its files are now.
#[derive(Debug)]
pub(super) struct State {
    /// What its verdicts and properties are; made again where it was not kept.
    pub(super) snapshot: OnceLock<Snapshot>,
    pub(super) candidates: Vec<Candidate>,
    /// The files that it was read from, and those that its edits are in.
    pub(super) files: Vec<(PathBuf, Arc<SourceFile>)>,
}

impl State {
    /// Finds the edits that would mend what fails in a root.
    pub(super) fn of(session: &Session, root: &Root, examined: &Examined, generated: bool) -> State {
        let mut candidates = Vec::new();
        let in_assembly = root.kind == RootKind::Assembly;
        let prefixes = app::prefixes(&examined.parts);
        let parts = examined.parts.iter();
        let writers: Vec<Writer<'_>> = parts
            .map(|(linked, _)| Writer::new(linked, &session.loader, root, generated || in_assembly))
            .collect();
        let way = session.way(root);
        let source = OnceCell::new();
        let of_app = || {
            let way = way.as_deref()?;
            let new = || app::Source::new(way, &session.loader, &examined.parts, &writers, &prefixes);
            Some(source.get_or_init(new))
        };
        for (part, (((linked, judged), writer), prefix)) in
            examined.parts.iter().zip(&writers).zip(&prefixes).enumerate()
        {
            for one in judged {
                let (Outcome::Fail, Some(finding)) = (one.verdict.outcome, &one.finding) else { continue };
                let proposal = raise::raise(writer, one).and_then(|mut proposal| {
                    let Some(source) = of_app() else { return Ok(proposal) };
                    proposal.prefix(prefix);
                    match source.raise(part, one, proposal.clone()) {
                        Err(_) if generated => Ok(proposal),
                        raised => raised,
                    }
                });
                let proposal = proposal.map(|proposal| {
                    let path = |id| {
                        let file = session.loader.sources().get(id);
                        file.map(|f| session.loader.absolute(&f.path)).unwrap_or_default()
                    };
                    let ops = proposal
                        .ops
                        .iter()
                        .map(|op| FileOp {
                            path: path(op.file),
                            file: op.file,
                            edit: op.edit.clone(),
                            slot: op.slot.clone(),
                        })
                        .collect();
                    (proposal, ops)
                });
                let found = one.verdict.finding.as_ref();
                let steps = match &proposal {
                    Ok(_) => None,
                    Err(_) => raise::by_hand(writer, one),
                };
                let element = found.map(|f| f.element.clone()).unwrap_or_default();
                candidates.push(Candidate {
                    key: (
                        one.policy.clone(),
                        app::prefixed(prefix, &subject_address(linked, &one.verdict)),
                        element,
                    ),
                    finding: finding.clone(),
                    steps,
                    proposal: proposal.map_err(|why| why.0),
                });
            }
        }
        let mut files = examined.files.clone();
        let mut known: FxHashSet<PathBuf> = files.iter().map(|(p, _)| p.clone()).collect();
        for (_, ops) in candidates.iter().filter_map(|c| c.proposal.as_ref().ok()) {
            for op in ops {
                if !known.contains(&op.path)
                    && let Ok(file) = session.loader.load(&op.path)
                {
                    known.insert(op.path.clone());
                    files.push((op.path.clone(), file));
                }
            }
        }
        State { snapshot: OnceLock::new(), candidates, files }
    }

    /// Whether any finding has edits.
    pub(super) fn has_edits(&self) -> bool {
        self.candidates.iter().any(|c| c.proposal.is_ok())
    }
}

fn subject_address(linked: &Linked, verdict: &Verdict) -> Str {
    match &verdict.subject {
        Subject::Resource(id) => linked.graph.resource(*id).map(|r| r.address.clone()).unwrap_or_default(),
        Subject::Input(name) => name.clone(),
    }
}

/// Whether a file is edited for the proof only: the app behind an assembly makes it anew.
pub(super) fn is_generated(roots: &[Root], path: &Path) -> bool {
    roots.iter().any(|root| root.kind == RootKind::Assembly && path.starts_with(&root.path))
}

/// Edits that stand or fall together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) ops: Vec<FileOp>,
    /// Root and number of the candidate.
    pub(super) cases: Vec<(usize, usize)>,
    pub(super) claims: Vec<Claim>,
    pub(super) applicability: Applicability,
    /// By root.
    pub(super) touched: Vec<(usize, Touched)>,
    pub(super) added: Vec<Str>,
    pub(super) removed: Vec<Str>,
    /// What else they change, once that is known.
    pub(super) spill: Option<Str>,
}

/// A verdict that edits are to turn.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) root: usize,
    pub(super) policy: Str,
    pub(super) address: Str,
    /// There may be nothing left that the policy is about.
    pub(super) takes_away: bool,
    /// The resource is not declared here: what else it says is never known.
    pub(super) assumed: bool,
}

/// The edits of some roots, equal ones together, in order of root and finding.
pub(super) fn groups(
    states: &[State],
    roots: &[usize],
    wanted: &dyn Fn(usize, &Candidate, &Proposal) -> bool,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_ops: FxHashMap<Vec<(&Path, &Edit)>, usize> = FxHashMap::default();
    for &root in roots {
        let Some(state) = states.get(root) else { continue };
        for (number, candidate) in state.candidates.iter().enumerate() {
            let Ok((proposal, ops)) = &candidate.proposal else { continue };
            if !wanted(root, candidate, proposal) {
                continue;
            }
            let key: Vec<(&Path, &Edit)> = ops.iter().map(|op| (op.path.as_path(), &op.edit)).collect();
            let at = *by_ops.entry(key).or_insert_with(|| {
                groups.push(Group {
                    ops: ops.clone(),
                    cases: Vec::new(),
                    claims: Vec::new(),
                    applicability: proposal.applicability,
                    touched: Vec::new(),
                    added: Vec::new(),
                    removed: Vec::new(),
                    spill: None,
                });
                groups.len() - 1
            });
            let Some(group) = groups.get_mut(at) else { continue };
            group.cases.push((root, number));
            group.claims.push(Claim {
                root,
                policy: candidate.key.0.clone(),
                address: candidate.key.1.clone(),
                takes_away: proposal.takes_away,
                assumed: proposal.assumed,
            });
            group.applicability = group.applicability.max(proposal.applicability);
            group.touched.extend(proposal.touched.iter().map(|touched| (root, touched.clone())));
            group.added.extend(proposal.added.iter().cloned());
            group.removed.extend(proposal.removed.iter().cloned());
        }
    }
    groups
}

/// Lays edits into at most so many layers, each of edits that can be made together: what conflicts with an earlier one
/// goes into the next layer. What finds no place is given back.
pub(super) fn layers(groups: Vec<Group>, most: usize) -> (Vec<Vec<Group>>, Vec<Group>) {
    let mut layers: Vec<(Vec<Group>, BTreeMap<PathBuf, Taken>)> = Vec::new();
    let mut left = Vec::new();
    for group in groups {
        let fits = |taken: &BTreeMap<PathBuf, Taken>| {
            group.ops.iter().all(|op| taken.get(&op.path).is_none_or(|t| t.fits(op)))
        };
        let at = layers.iter().position(|(_, taken)| fits(taken)).unwrap_or(layers.len());
        if at >= most {
            left.push(group);
            continue;
        }
        if at == layers.len() {
            layers.push(Default::default());
        }
        let Some((layer, taken)) = layers.get_mut(at) else { continue };
        for op in &group.ops {
            taken.entry(op.path.clone()).or_default().add(op);
        }
        layer.push(group);
    }
    (layers.into_iter().map(|(layer, _)| layer).collect(), left)
}

/// Roots that share files, in order.
pub(super) fn components(states: &[State]) -> Vec<Vec<usize>> {
    let mut leader: Vec<usize> = (0..states.len()).collect();
    fn top(leader: &mut [usize], mut at: usize) -> usize {
        while let Some(&up) = leader.get(at).filter(|up| **up != at) {
            let above = leader.get(up).copied().unwrap_or(up);
            if let Some(slot) = leader.get_mut(at) {
                *slot = above;
            }
            at = up;
        }
        at
    }
    let mut owner: FxHashMap<&PathBuf, usize> = FxHashMap::default();
    for (index, state) in states.iter().enumerate() {
        for (file, _) in &state.files {
            let first = *owner.entry(file).or_insert(index);
            let (a, b) = (top(&mut leader, first), top(&mut leader, index));
            let (low, high) = (a.min(b), a.max(b));
            if let Some(slot) = leader.get_mut(high) {
                *slot = low;
            }
        }
    }
    let mut by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..states.len() {
        by.entry(top(&mut leader, index)).or_default().push(index);
    }
    by.into_values().collect()
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
