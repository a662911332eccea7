//! The proof: with edits made, every root that reads the files is evaluated and checked again, from memory. What was to be
//! turned passes, no verdict is worse, nothing is different but what the edits name.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::source::Span;

use super::plan::{Claim, Group};
use super::snapshot::{Snapshot, Tally, Told, differences};

/// A promise that edits did not keep.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) text: String,
    /// It would be right with `--unsafe`.
    pub(super) only_unsafe: bool,
    /// Which edits may be the reason, by number; empty: any.
    pub(super) suspects: Vec<usize>,
}

/// What edits change besides: another resource that the same value feeds.
#[derive(Clone, Debug)]
pub(super) struct Spill {
    pub(super) text: String,
    /// Which edits may be the reason, by number.
    pub(super) suspects: Vec<usize>,
}

/// What a proof has shown.
#[derive(Debug, Default)]
pub(super) struct Proof {
    pub(super) failures: Vec<Failure>,
    pub(super) spills: Vec<Spill>,
}

/// A root before and after.
pub(super) struct Pair<'p> {
    pub(super) root: usize,
    pub(super) before: &'p Snapshot,
    pub(super) after: &'p Snapshot,
    /// The files that it reads.
    pub(super) files: FxHashSet<&'p Path>,
}

/// The verdicts that edits are to turn: of these also a pass is to be told afterwards.
pub(super) fn asked<'g>(groups: impl Iterator<Item = &'g Group>) -> FxHashSet<(Str, Str)> {
    groups.flat_map(|g| &g.claims).map(|c| (c.policy.clone(), c.address.clone())).collect()
}

/// Looks whether edits keep every promise, in every root that reads them.
pub(super) fn prove(groups: &[&Group], pairs: &[Pair<'_>]) -> Proof {
    let index = Index::of(groups);
    let mut proof = Proof::default();
    for pair in pairs {
        index.root(pair, &mut proof);
    }
    proof
}

/// A path that an edit names, and the number of the edit.
type Named<'g> = (&'g [Str], usize);

/// What edits name, to be looked up.
struct Index<'g> {
    /// By root.
    claims: FxHashMap<usize, Vec<(&'g Claim, usize)>>,
    /// What may be unknown afterwards, by policy and address.
    assumed: FxHashSet<(&'g Str, &'g Str)>,
    removed: FxHashSet<&'g Str>,
    /// By address without keys.
    added: FxHashMap<String, Vec<usize>>,
    /// By root and address.
    touched: FxHashMap<(usize, &'g str), Vec<Named<'g>>>,
    groups: &'g [&'g Group],
}

impl<'g> Index<'g> {
    fn of(groups: &'g [&'g Group]) -> Self {
        let mut index = Index {
            claims: FxHashMap::default(),
            assumed: FxHashSet::default(),
            removed: FxHashSet::default(),
            added: FxHashMap::default(),
            touched: FxHashMap::default(),
            groups,
        };
        for (number, group) in groups.iter().enumerate() {
            for claim in &group.claims {
                index.claims.entry(claim.root).or_default().push((claim, number));
                if claim.assumed {
                    index.assumed.insert((&claim.policy, &claim.address));
                }
            }
            index.removed.extend(&group.removed);
            for address in &group.added {
                index.added.entry(without_keys(address)).or_default().push(number);
            }
            for (root, (address, names)) in &group.touched {
                index.touched.entry((*root, address)).or_default().push((names, number));
            }
        }
        index
    }

    fn root(&self, pair: &Pair<'_>, proof: &mut Proof) {
        let mut fail = |text: String, suspects: Vec<usize>| {
            proof.failures.push(Failure { text, only_unsafe: false, suspects });
        };
        let (before, now) = (pair.before, pair.after);
        let mut errors: Vec<&String> = now.errors.difference(&before.errors).collect();
        errors.sort_unstable();
        for error in errors {
            fail(format!("the edited source has an error: {error}"), Vec::new());
        }
        self.claims(pair, &mut fail);
        self.verdicts(pair, &mut fail);
        for address in before.resources.keys() {
            if !now.resources.contains_key(address) && !self.removed.contains(address) {
                fail(format!("`{address}` is gone then"), self.about(pair.root, address));
            }
        }
        let mut changed = Vec::new();
        for (address, told) in &now.resources {
            match before.resources.get(address) {
                Some(old) => {
                    let paths = self.unnamed(pair.root, address, old, told);
                    changed.extend(paths.into_iter().map(|path| Change { address, old, new: told, path }));
                }
                // within a module that is there several times, or one of several instances
                None if self.added.contains_key(&without_keys(address)) => {}
                None => fail(format!("`{address}` is there then"), Vec::new()),
            }
        }
        self.spills(pair, &changed, proof);
    }

    /// Findings that are to be gone are gone, and pass.
    fn claims(&self, pair: &Pair<'_>, fail: &mut dyn FnMut(String, Vec<usize>)) {
        let Some(claims) = self.claims.get(&pair.root) else { return };
        let mut by_key: FxHashMap<(&Str, &Str), (usize, bool, Vec<usize>)> = FxHashMap::default();
        let mut order = Vec::new();
        for (claim, number) in claims {
            let key = (&claim.policy, &claim.address);
            let entry = by_key.entry(key).or_insert_with(|| {
                order.push(key);
                Default::default()
            });
            entry.0 += 1;
            entry.1 |= claim.takes_away;
            entry.2.push(*number);
        }
        let none = Tally::default();
        for key in order {
            let Some((count, emptied, suspects)) = by_key.remove(&key) else { continue };
            let (policy, address) = key;
            let owned = (policy.clone(), address.clone());
            let Some(was) = pair.before.verdicts.get(&owned) else { continue };
            let is = pair.after.verdicts.get(&owned).unwrap_or(&none);
            if is.fail + count > was.fail {
                fail(format!("`{policy}` still fails on `{address}`"), suspects);
                continue;
            }
            let gone =
                self.removed.contains(address) || (is.unknown == 0 && emptied) || self.assumed.contains(&key);
            if is.fail == 0 && is.pass == 0 && !gone {
                fail(format!("`{policy}` does not pass on `{address}`"), suspects);
            }
        }
    }

    /// No verdict is worse.
    fn verdicts(&self, pair: &Pair<'_>, fail: &mut dyn FnMut(String, Vec<usize>)) {
        let none = Tally::default();
        for ((policy, address), is) in &pair.after.verdicts {
            let was = pair.before.verdicts.get(&(policy.clone(), address.clone())).unwrap_or(&none);
            if is.fail > was.fail || is.always > was.always {
                fail(format!("`{policy}` fails on `{address}` then"), self.about(pair.root, address));
            } else if is.unknown > was.unknown && !self.assumed.contains(&(policy, address)) {
                fail(
                    format!("`{policy}` can't be decided on `{address}` then"),
                    self.about(pair.root, address),
                );
            }
        }
    }

    /// The edits that name a resource.
    fn about(&self, root: usize, address: &str) -> Vec<usize> {
        let touched = self.touched.get(&(root, address)).into_iter().flatten().map(|(_, number)| *number);
        let added = self.added.get(&without_keys(address)).into_iter().flatten().copied();
        let mut out: Vec<usize> = touched.chain(added).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// What is different of a resource without being named.
    fn unnamed(&self, root: usize, address: &str, old: &Told, new: &Told) -> Vec<Vec<Str>> {
        let mut paths = differences(old, new);
        if let Some(named) = self.touched.get(&(root, address)) {
            paths.retain(|path| !named.iter().any(|(names, _)| meets(names, path)));
        }
        paths
    }

    /// Another instance of the same declaration, or another resource that the same value feeds, may change with what is
    /// named; anything else may not.
    fn spills(&self, pair: &Pair<'_>, changed: &[Change<'_>], proof: &mut Proof) {
        if changed.is_empty() {
            return;
        }
        // What is named, by type (none: of a resource that is not in this root) and path.
        let mut named: FxHashMap<(Option<&Str>, &[Str]), Vec<usize>> = FxHashMap::default();
        for ((root, address), all) in &self.touched {
            let here = pair.before.resources.get(*address).filter(|_| *root == pair.root);
            for (names, number) in all {
                named.entry((here.map(|told| &told.type_name), names)).or_default().push(*number);
            }
        }
        let mut told: FxHashSet<Vec<usize>> = FxHashSet::default();
        for Change { address, old, new, path } in changed {
            let text = format!("it changes `{}` of `{address}` too", path.join("."));
            let mut suspects: Vec<usize> = named
                .iter()
                .filter(|((of, names), _)| of.is_none_or(|of| *of == new.type_name) && meets(names, path))
                .flat_map(|(_, numbers)| numbers.iter().copied())
                .filter(|number| self.groups.get(*number).is_some_and(|g| reads(pair, g)))
                .collect();
            if suspects.is_empty() {
                let suspects = self.about(pair.root, address);
                proof.failures.push(Failure { text, only_unsafe: false, suspects });
                continue;
            }
            suspects.sort_unstable();
            suspects.dedup();
            // Who edits the place where the value was written has done it.
            let places = old.places(path);
            let here = |number: &usize| self.groups.get(*number).is_some_and(|g| edits_at(g, &places));
            if suspects.iter().any(here) {
                suspects.retain(here);
            }
            if told.insert(suspects.clone()) {
                proof.spills.push(Spill { text, suspects });
            }
        }
    }
}

/// A difference that no edit names.
struct Change<'c> {
    address: &'c Str,
    old: &'c Told,
    new: &'c Told,
    path: Vec<Str>,
}

/// Whether a root reads a file that edits are in.
fn reads(pair: &Pair<'_>, group: &Group) -> bool {
    group.ops.iter().any(|op| pair.files.contains(op.path.as_path()))
}

/// Whether edits change what stands at one of some places.
fn edits_at(group: &Group, places: &[Span]) -> bool {
    group.ops.iter().any(|op| {
        let meets = |p: &Span| op.edit.start < p.end as usize && (p.start as usize) < op.edit.end;
        places.iter().any(|p| p.file == op.file && meets(p))
    })
}

/// Whether one path leads to the other, or past it.
fn meets(names: &[Str], path: &[Str]) -> bool {
    names.iter().zip(path).all(|(a, b)| a == b)
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
