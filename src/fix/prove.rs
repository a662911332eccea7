//! The proof: with edits made, every root that reads the files is evaluated and checked again, from memory. What was to be
//! turned passes, no verdict is worse, nothing is different but what the edits name.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;

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

/// What edits name, to be looked up.
struct Index<'g> {
    /// By root.
    claims: FxHashMap<usize, Vec<(&'g Claim, usize)>>,
    /// What may be unknown afterwards, by policy and address.
    assumed: FxHashSet<(&'g Str, &'g Str)>,
    removed: FxHashSet<&'g Str>,
    /// By address without keys.
    added: FxHashMap<String, Vec<usize>>,
    /// By address.
    touched: FxHashMap<&'g str, Vec<(&'g [Str], usize)>>,
}

impl<'g> Index<'g> {
    fn of(groups: &[&'g Group]) -> Self {
        let mut index = Index {
            claims: FxHashMap::default(),
            assumed: FxHashSet::default(),
            removed: FxHashSet::default(),
            added: FxHashMap::default(),
            touched: FxHashMap::default(),
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
            for (address, names) in &group.touched {
                index.touched.entry(address).or_default().push((names, number));
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
                fail(format!("`{address}` is gone then"), self.about(address));
            }
        }
        let mut changed = Vec::new();
        for (address, told) in &now.resources {
            match before.resources.get(address) {
                Some(old) => {
                    changed.extend(self.unnamed(address, old, told).map(|path| (address, told, path)));
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
                fail(format!("`{policy}` fails on `{address}` then"), self.about(address));
            } else if is.unknown > was.unknown && !self.assumed.contains(&(policy, address)) {
                fail(format!("`{policy}` can't be decided on `{address}` then"), self.about(address));
            }
        }
    }

    /// The edits that name a resource.
    fn about(&self, address: &str) -> Vec<usize> {
        let touched = self.touched.get(address).into_iter().flatten().map(|(_, number)| *number);
        let added = self.added.get(&without_keys(address)).into_iter().flatten().copied();
        let mut out: Vec<usize> = touched.chain(added).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// What is different of a resource without being named.
    fn unnamed(&self, address: &str, old: &Told, new: &Told) -> impl Iterator<Item = Vec<Str>> {
        let named = self.touched.get(address);
        let is_named =
            move |path: &Vec<Str>| named.is_some_and(|all| all.iter().any(|(names, _)| meets(names, path)));
        differences(old, new).into_iter().filter(move |path| !is_named(path))
    }

    /// Another instance of the same declaration, or another resource that the same value feeds, may change with what is
    /// named; anything else may not.
    fn spills(&self, pair: &Pair<'_>, changed: &[(&Str, &Told, Vec<Str>)], proof: &mut Proof) {
        if changed.is_empty() {
            return;
        }
        // What is named, by type (none: of a resource that is not in this root) and path.
        let mut named: FxHashMap<(Option<&Str>, &[Str]), Vec<usize>> = FxHashMap::default();
        for (address, all) in &self.touched {
            let type_name = pair.before.resources.get(*address).map(|told| &told.type_name);
            for (names, number) in all {
                named.entry((type_name, names)).or_default().push(*number);
            }
        }
        let mut told: FxHashSet<Vec<usize>> = FxHashSet::default();
        for (address, new, path) in changed {
            let text = format!("it changes `{}` of `{address}` too", path.join("."));
            let mut suspects: Vec<usize> = named
                .iter()
                .filter(|((of, names), _)| of.is_none_or(|of| *of == new.type_name) && meets(names, path))
                .flat_map(|(_, numbers)| numbers.iter().copied())
                .collect();
            if suspects.is_empty() {
                let suspects = self.about(address);
                proof.failures.push(Failure { text, only_unsafe: false, suspects });
                continue;
            }
            suspects.sort_unstable();
            suspects.dedup();
            if told.insert(suspects.clone()) {
                proof.spills.push(Spill { text, suspects });
            }
        }
    }
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
