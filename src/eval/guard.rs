//! Guards: interned binary decision diagrams over canonical input conditions, and three-valued truth made of two.
//!
//! An atom is `input == value` (for inputs whose conditions are recognised) or an opaque named condition. Atoms are
//! ordered by input and then by value, and are kept canonical: on the true branch of `Env == "prod"` every other atom
//! of `Env` is false, and the last value of a closed domain is the negation of the others. So two guards that hold
//! under the same valuations of the inputs are the same handle, and [`Guard::is_false`] is a comparison.
//!
//! The diagrams live in a [`super::Store`], which also has the operations; `describe.rs` says them in words.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::Str;

use super::store::UnknownId;

/// A condition under which something exists or holds. Handles into the table of a [`super::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guard(pub(super) u32);

impl Guard {
    /// Never.
    pub const FALSE: Guard = Guard(0);
    /// Always.
    pub const TRUE: Guard = Guard(1);

    /// Whether it can never hold.
    pub fn is_false(self) -> bool {
        self == Guard::FALSE
    }

    /// Whether it always holds.
    pub fn is_true(self) -> bool {
        self == Guard::TRUE
    }

    /// Neither always nor never.
    pub fn is_open(self) -> bool {
        self.0 > 1
    }
}

/// What an atom of a guard says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A recognised input equals a literal (its JSON text: `"prod"`, `true`, `3`, `null`).
    Equals {
        /// The input's identity.
        input: UnknownId,
        /// The literal's JSON text.
        value: Str,
    },
    /// Anything else that is true or false but not known: its source text and what it depends on.
    Opaque {
        /// Interned identity of the unknown truth value.
        unknown: UnknownId,
    },
}

/// One value for every input of a set: none stands for "any value that no condition names".
pub type Valuation = Vec<(UnknownId, Option<Str>)>;

/// Three-valued truth: two disjoint guards; what neither covers is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Truth {
    /// When it is true.
    pub yes: Guard,
    /// When it is false.
    pub no: Guard,
}

impl Truth {
    /// Always true.
    pub const YES: Truth = Truth { yes: Guard::TRUE, no: Guard::FALSE };
    /// Always false.
    pub const NO: Truth = Truth { yes: Guard::FALSE, no: Guard::TRUE };
    /// Never known.
    pub const UNKNOWN: Truth = Truth { yes: Guard::FALSE, no: Guard::FALSE };

    /// Of a known truth value.
    pub fn of(value: bool) -> Truth {
        if value { Truth::YES } else { Truth::NO }
    }

    /// The truth value, if it is the same under every condition.
    pub fn known(self) -> Option<bool> {
        match self {
            Truth::YES => Some(true),
            Truth::NO => Some(false),
            _ => None,
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        Truth { yes: self.no, no: self.yes }
    }
}

/// The most atoms that one table holds: also the deepest recursion of an operation.
const MAX_ATOMS: usize = 2_000;
/// The most nodes that one table holds; an operation that needs more answers with the budget's own opaque atom.
const MAX_NODES: usize = 500_000;
/// The most values of a closed domain that become atoms.
pub(super) const MAX_DOMAIN: usize = 256;

/// A node: `if input(group) == value(index) then hi else lo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    group: u32,
    index: u32,
    hi: u32,
    lo: u32,
}

impl Node {
    fn key(self) -> (u32, u32) {
        (self.group, self.index)
    }
}

const TERMINAL: Node = Node { group: u32::MAX, index: 0, hi: 0, lo: 0 };

/// The atoms of one input, or one opaque condition.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Whose conditions.
    pub(super) unknown: UnknownId,
    /// Values that have an atom, in order of first appearance; of a closed domain all but the last.
    pub(super) values: Vec<Str>,
    index: FxHashMap<Str, u32>,
    /// The value that is left when all atoms are false, for a closed domain.
    pub(super) last: Option<Str>,
    /// A condition of which only the name is known.
    pub(super) opaque: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Op {
    And,
    Or,
    Not,
}

/// The nodes and atoms.
#[derive(Debug, Default)]
pub(super) struct GuardTable {
    nodes: Vec<Node>,
    unique: FxHashMap<Node, u32>,
    cache: FxHashMap<(u8, u32, u32), u32>,
    pub(super) groups: Vec<Group>,
    group_of: FxHashMap<UnknownId, u32>,
    /// Closed domains of inputs that no condition has asked for yet, in order of declaration. Inputs are ordered as
    /// conditions use them, which keeps together what is used together and the diagrams small.
    pending: IndexMap<UnknownId, Vec<Str>, FxBuildHasher>,
    atoms: usize,
    /// Conditions that the source names, in order of declaration.
    pub(super) named: Vec<(Guard, Str)>,
    named_set: FxHashMap<Str, Guard>,
    /// Set when a cap was reached.
    pub(super) over_budget: bool,
    /// The atom that stands for what the budget did not allow.
    budget_atom: Option<u32>,
}

impl GuardTable {
    pub(super) fn new() -> Self {
        GuardTable { nodes: vec![TERMINAL, TERMINAL], ..Self::default() }
    }

    /// The number of nodes that were made.
    pub(super) fn size(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, id: u32) -> Node {
        self.nodes.get(id as usize).copied().unwrap_or(TERMINAL)
    }

    /// What is left of `id` when no atom of `group` holds; `id`'s top is in `group` or behind it.
    fn otherwise(&self, mut id: u32, group: u32) -> u32 {
        loop {
            let node = self.node(id);
            if node.group != group {
                return id;
            }
            id = node.lo;
        }
    }

    fn make(&mut self, group: u32, index: u32, hi: u32, lo: u32) -> u32 {
        if self.otherwise(lo, group) == hi {
            return lo;
        }
        let node = Node { group, index, hi, lo };
        if let Some(&id) = self.unique.get(&node) {
            return id;
        }
        if self.nodes.len() >= MAX_NODES {
            self.over_budget = true;
            return self.budget_atom.unwrap_or(0);
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(node);
        self.unique.insert(node, id);
        id
    }

    /// Both branches of `id` for the atom `key`, which is not behind its top.
    fn branches(&self, id: u32, key: (u32, u32)) -> (u32, u32) {
        let node = self.node(id);
        if node.key() == key {
            (node.hi, node.lo)
        } else if node.group == key.0 {
            (self.otherwise(id, key.0), id)
        } else {
            (id, id)
        }
    }

    fn apply(&mut self, op: Op, a: u32, b: u32) -> u32 {
        match op {
            Op::And => {
                if a == b || b == 1 {
                    return a;
                }
                if a == 1 {
                    return b;
                }
                if a == 0 || b == 0 {
                    return 0;
                }
            }
            Op::Or => {
                if a == b || b == 0 {
                    return a;
                }
                if a == 0 {
                    return b;
                }
                if a == 1 || b == 1 {
                    return 1;
                }
            }
            Op::Not => {
                if a < 2 {
                    return 1 - a;
                }
            }
        }
        let (a, b) = if a > b && op != Op::Not { (b, a) } else { (a, b) };
        let entry = (op as u8, a, b);
        if let Some(&id) = self.cache.get(&entry) {
            return id;
        }
        if self.over_budget {
            return self.budget_atom.unwrap_or(0);
        }
        let id = if op == Op::Not {
            let node = self.node(a);
            let hi = self.apply(op, node.hi, 0);
            let lo = self.apply(op, node.lo, 0);
            self.make(node.group, node.index, hi, lo)
        } else {
            let key = self.node(a).key().min(self.node(b).key());
            let (a_hi, a_lo) = self.branches(a, key);
            let (b_hi, b_lo) = self.branches(b, key);
            let hi = self.apply(op, a_hi, b_hi);
            let lo = self.apply(op, a_lo, b_lo);
            self.make(key.0, key.1, hi, lo)
        };
        if self.cache.len() > 4 * MAX_NODES {
            self.cache.clear();
        }
        self.cache.insert(entry, id);
        id
    }

    pub(super) fn and(&mut self, a: Guard, b: Guard) -> Guard {
        Guard(self.apply(Op::And, a.0, b.0))
    }

    pub(super) fn or(&mut self, a: Guard, b: Guard) -> Guard {
        Guard(self.apply(Op::Or, a.0, b.0))
    }

    pub(super) fn not(&mut self, a: Guard) -> Guard {
        let id = self.apply(Op::Not, a.0, 0);
        if id > 1 && a.0 > 1 && !self.over_budget {
            self.cache.insert((Op::Not as u8, id, 0), a.0);
        }
        Guard(id)
    }

    fn group(&mut self, unknown: UnknownId, opaque: bool) -> u32 {
        if let Some(&group) = self.group_of.get(&unknown) {
            return group;
        }
        let group = self.groups.len() as u32;
        self.groups.push(Group {
            unknown,
            values: Vec::new(),
            index: FxHashMap::default(),
            last: None,
            opaque,
        });
        self.group_of.insert(unknown, group);
        group
    }

    pub(super) fn find_group(&self, unknown: UnknownId) -> Option<&Group> {
        self.groups.get(*self.group_of.get(&unknown)? as usize)
    }

    /// Reserves the atom for everything that is over budget.
    pub(super) fn set_budget_atom(&mut self, unknown: UnknownId) {
        let guard = self.opaque(unknown);
        self.budget_atom = Some(guard.0);
    }

    /// The whole domain of an input. Ignored when the input already has atoms of its own.
    pub(super) fn declare(&mut self, input: UnknownId, values: &[Str]) {
        if values.is_empty() || values.len() > MAX_DOMAIN || self.group_of.contains_key(&input) {
            return;
        }
        self.pending.entry(input).or_insert_with(|| {
            let mut distinct: Vec<Str> = Vec::with_capacity(values.len());
            for value in values {
                if !distinct.contains(value) {
                    distinct.push(value.clone());
                }
            }
            distinct
        });
    }

    /// The closed domain of an input.
    pub(super) fn domain(&self, input: UnknownId) -> Option<Vec<Str>> {
        if let Some(values) = self.pending.get(&input) {
            return Some(values.clone());
        }
        let group = self.find_group(input)?;
        let last = group.last.clone()?;
        (!group.opaque).then(|| group.values.iter().cloned().chain(Some(last)).collect())
    }

    /// Gives an input with a declared domain its atoms.
    fn settle(&mut self, input: UnknownId) {
        let Some(values) = self.pending.shift_remove(&input) else { return };
        let Some((last, others)) = values.split_last() else { return };
        if self.atoms + others.len() > MAX_ATOMS {
            return;
        }
        self.atoms += others.len();
        let id = self.group(input, false);
        if let Some(group) = self.groups.get_mut(id as usize) {
            for value in others {
                group.index.insert(value.clone(), group.values.len() as u32);
                group.values.push(value.clone());
            }
            group.last = Some(last.clone());
        }
    }

    /// Gives all inputs their atoms: from then on the order is fixed, whoever asks.
    pub(super) fn settle_all(&mut self) {
        while let Some((&input, _)) = self.pending.first() {
            self.settle(input);
        }
    }

    fn atom(&mut self, group: u32, index: u32) -> u32 {
        self.make(group, index, 1, 0)
    }

    /// `input == value`. With `create` unset only what is already known of the input's values is used.
    pub(super) fn equals(&mut self, input: UnknownId, value: &Str, create: bool) -> Truth {
        self.settle(input);
        let known = self.group_of.get(&input).copied();
        let id = match known {
            Some(id) => id,
            None if create => self.group(input, false),
            None => return Truth::UNKNOWN,
        };
        let Some(group) = self.groups.get(id as usize) else { return Truth::UNKNOWN };
        let index = match group.index.get(value) {
            Some(&index) => index,
            None if group.last.as_ref() == Some(value) => {
                let others: Vec<u32> = (0..group.values.len() as u32).collect();
                let yes = others.into_iter().rev().fold(1, |lo, index| self.make(id, index, 0, lo));
                return Truth { yes: Guard(yes), no: self.not(Guard(yes)) };
            }
            None if group.last.is_some() => return Truth::NO,
            None if create && self.atoms < MAX_ATOMS => {
                self.atoms += 1;
                let Some(group) = self.groups.get_mut(id as usize) else { return Truth::UNKNOWN };
                let index = group.values.len() as u32;
                group.index.insert(value.clone(), index);
                group.values.push(value.clone());
                index
            }
            None => {
                self.over_budget |= create;
                // It is none of the values that have atoms where one of those holds.
                let others: Vec<u32> = (0..group.values.len() as u32).collect();
                let none = others.into_iter().rev().fold(1, |lo, index| self.make(id, index, 0, lo));
                return Truth { yes: Guard::FALSE, no: self.not(Guard(none)) };
            }
        };
        let yes = Guard(self.atom(id, index));
        Truth { yes, no: self.not(yes) }
    }

    /// A condition of which only the identity is known.
    pub(super) fn opaque(&mut self, unknown: UnknownId) -> Guard {
        self.settle(unknown);
        if let Some(&id) = self.group_of.get(&unknown) {
            let is_opaque = self.groups.get(id as usize).is_some_and(|g| g.opaque);
            if is_opaque {
                return Guard(self.atom(id, 0));
            }
            return self.equals(unknown, &Str::from("true"), true).yes;
        }
        if self.atoms >= MAX_ATOMS {
            self.over_budget = true;
            return Guard(self.budget_atom.unwrap_or(0));
        }
        self.atoms += 1;
        let id = self.group(unknown, true);
        if let Some(group) = self.groups.get_mut(id as usize) {
            group.values.push(Str::from("true"));
            group.index.insert(Str::from("true"), 0);
            group.last = Some(Str::from("false"));
        }
        Guard(self.atom(id, 0))
    }

    pub(super) fn name(&mut self, guard: Guard, name: &Str) {
        if self.named_set.insert(name.clone(), guard).is_none() {
            self.named.push((guard, name.clone()));
        }
    }

    /// The groups that a guard's value depends on, in order.
    pub(super) fn support(&self, guards: &[Guard]) -> Vec<u32> {
        let mut seen: FxHashMap<u32, ()> = FxHashMap::default();
        let mut groups = Vec::new();
        let mut stack: Vec<u32> = guards.iter().map(|g| g.0).collect();
        while let Some(id) = stack.pop() {
            if id < 2 || seen.insert(id, ()).is_some() {
                continue;
            }
            let node = self.node(id);
            groups.push(node.group);
            stack.push(node.hi);
            stack.push(node.lo);
        }
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// What is left of a guard when an input's value is given: `Some(index)` of an atom, or none of them.
    pub(super) fn restrict(&mut self, guard: Guard, group: u32, index: Option<u32>) -> Guard {
        let mut memo = FxHashMap::default();
        Guard(self.restrict_in(guard.0, group, index, &mut memo))
    }

    fn restrict_in(
        &mut self,
        id: u32,
        group: u32,
        index: Option<u32>,
        memo: &mut FxHashMap<u32, u32>,
    ) -> u32 {
        let node = self.node(id);
        if id < 2 || node.group > group {
            return id;
        }
        if node.group == group {
            let mut at = id;
            loop {
                let node = self.node(at);
                if node.group != group {
                    return at;
                }
                if Some(node.index) == index {
                    return node.hi;
                }
                at = node.lo;
            }
        }
        if let Some(&done) = memo.get(&id) {
            return done;
        }
        let hi = self.restrict_in(node.hi, group, index, memo);
        let lo = self.restrict_in(node.lo, group, index, memo);
        let made = self.make(node.group, node.index, hi, lo);
        memo.insert(id, made);
        made
    }

    /// A guard that says the same as this one wherever `care` holds, and asks for less: what can't be there needs no
    /// telling apart. False if the two exclude one another, true if this one follows.
    pub(super) fn simplify(&mut self, guard: Guard, care: Guard) -> Guard {
        let mut memo = FxHashMap::default();
        let mut simple = Guard(self.simplify_in(guard.0, care.0, &mut memo));
        // an input that what is left of the others implies need not be asked
        for group in self.support(&[simple]) {
            let inside = self.and(simple, care);
            let values = self.groups.get(group as usize).map_or(0, |g| g.values.len() as u32);
            let mut any = self.restrict(inside, group, None);
            for index in 0..values {
                let one = self.restrict(inside, group, Some(index));
                any = self.or(any, one);
            }
            let here = self.and(any, care);
            if here == inside {
                memo.clear();
                let without = Guard(self.simplify_in(any.0, care.0, &mut memo));
                if self.support(&[without]).len() < self.support(&[simple]).len() {
                    simple = without;
                }
            }
        }
        simple
    }

    fn simplify_in(&mut self, id: u32, care: u32, memo: &mut FxHashMap<(u32, u32), u32>) -> u32 {
        if id < 2 || care < 2 {
            return id;
        }
        if let Some(&done) = memo.get(&(id, care)) {
            return done;
        }
        let key = self.node(id).key().min(self.node(care).key());
        let (care_hi, care_lo) = self.branches(care, key);
        let (hi, lo) = self.branches(id, key);
        let never = Guard::FALSE.0;
        let made = if care_hi == never {
            self.simplify_in(lo, care_lo, memo)
        } else if care_lo == never {
            self.simplify_in(hi, care_hi, memo)
        } else if self.node(id).key() > key {
            let either = self.apply(Op::Or, care_hi, care_lo);
            self.simplify_in(id, either, memo)
        } else {
            let hi = self.simplify_in(hi, care_hi, memo);
            let lo = self.simplify_in(lo, care_lo, memo);
            self.make(key.0, key.1, hi, lo)
        };
        memo.insert((id, care), made);
        made
    }

    /// Index of a value among the atoms of an input: `Ok(None)` when it is none of them.
    pub(super) fn value_index(&self, input: UnknownId, value: Option<&Str>) -> Option<(u32, Option<u32>)> {
        let &id = self.group_of.get(&input)?;
        let group = self.groups.get(id as usize)?;
        Some((id, value.and_then(|v| group.index.get(v)).copied()))
    }

    /// The number of values of a group that differ for guards: its atoms, and the one that is left.
    pub(super) fn choices(&self, group: u32) -> Vec<Option<Str>> {
        let Some(group) = self.groups.get(group as usize) else { return Vec::new() };
        let mut values: Vec<Option<Str>> = group.values.iter().cloned().map(Some).collect();
        values.push(group.last.clone());
        values
    }

    /// All valuations of the inputs that the guards depend on; none when there are more than `cap`.
    pub(super) fn valuations(&self, guards: &[Guard], cap: usize) -> Option<Vec<Valuation>> {
        let mut all: Vec<Valuation> = vec![Vec::new()];
        for group in self.support(guards) {
            let unknown = self.groups.get(group as usize)?.unknown;
            let choices = self.choices(group);
            if all.len().saturating_mul(choices.len()) > cap {
                return None;
            }
            all = all
                .into_iter()
                .flat_map(|v| {
                    choices.iter().map(move |choice| {
                        let mut v = v.clone();
                        v.push((unknown, choice.clone()));
                        v
                    })
                })
                .collect();
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(n: u32) -> UnknownId {
        UnknownId(n)
    }

    #[test]
    fn one_input_has_one_value() {
        let mut t = GuardTable::new();
        let prod = t.equals(input(0), &"\"prod\"".into(), true).yes;
        let other = t.equals(input(1), &"true".into(), true).yes;
        let dev = t.equals(input(0), &"\"dev\"".into(), true).yes;
        assert!(t.and(prod, dev).is_false());
        let both = t.and(prod, other);
        let none = t.and(both, dev);
        assert!(none.is_false());
        let not_dev = t.not(dev);
        assert_eq!(t.and(prod, not_dev), prod);
        assert_eq!(t.or(not_dev, prod), not_dev);
    }

    #[test]
    fn a_closed_domain_is_exhausted() {
        let mut t = GuardTable::new();
        t.declare(input(0), &["1".into(), "2".into(), "3".into()]);
        let one = t.equals(input(0), &"1".into(), true).yes;
        let two = t.equals(input(0), &"2".into(), true).yes;
        let three = t.equals(input(0), &"3".into(), true).yes;
        let a = t.or(one, two);
        assert!(t.or(a, three).is_true());
        assert_eq!(t.equals(input(0), &"4".into(), true), Truth::NO);
        assert_eq!(t.not(a), three);
    }

    /// A formula over three inputs: one closed with three values, one open, one boolean.
    #[derive(Clone, Debug)]
    enum Formula {
        Atom(u32, u32),
        Not(Box<Formula>),
        And(Box<Formula>, Box<Formula>),
        Or(Box<Formula>, Box<Formula>),
    }

    fn formula() -> impl Strategy<Value = Formula> {
        let leaf = (0u32..3, 0u32..3).prop_map(|(i, v)| Formula::Atom(i, v));
        leaf.prop_recursive(5, 40, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|f| Formula::Not(Box::new(f))),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| Formula::And(Box::new(a), Box::new(b))),
                (inner.clone(), inner).prop_map(|(a, b)| Formula::Or(Box::new(a), Box::new(b))),
            ]
        })
    }

    fn truth(f: &Formula, values: [u32; 3]) -> bool {
        match f {
            Formula::Atom(i, v) => values[*i as usize] == *v,
            Formula::Not(f) => !truth(f, values),
            Formula::And(a, b) => truth(a, values) && truth(b, values),
            Formula::Or(a, b) => truth(a, values) || truth(b, values),
        }
    }

    fn build(t: &mut GuardTable, f: &Formula) -> Guard {
        match f {
            Formula::Atom(i, v) => t.equals(input(*i), &Str::from(v.to_string()), true).yes,
            Formula::Not(f) => {
                let g = build(t, f);
                t.not(g)
            }
            Formula::And(a, b) => {
                let (a, b) = (build(t, a), build(t, b));
                t.and(a, b)
            }
            Formula::Or(a, b) => {
                let (a, b) = (build(t, a), build(t, b));
                t.or(a, b)
            }
        }
    }

    fn all_valuations() -> Vec<[u32; 3]> {
        // Input 0 is one of 0, 1, 2; input 1 can be anything (9: none that is named); input 2 is 0 or 1.
        let mut all = Vec::new();
        for a in 0..3 {
            for b in [0, 1, 2, 9] {
                for c in 0..2 {
                    all.push([a, b, c]);
                }
            }
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
        #[test]
        fn diagrams_are_canonical_truth_tables(f in formula(), g in formula()) {
            let mut t = GuardTable::new();
            t.declare(input(0), &["0".into(), "1".into(), "2".into()]);
            t.declare(input(2), &["0".into(), "1".into()]);
            let (a, b) = (build(&mut t, &f), build(&mut t, &g));
            let table = |f: &Formula| all_valuations().into_iter().map(|v| truth(f, v)).collect::<Vec<_>>();
            prop_assert_eq!(a == b, table(&f) == table(&g));
            prop_assert_eq!(a.is_true(), table(&f).iter().all(|&x| x));
            prop_assert_eq!(a.is_false(), table(&f).iter().all(|&x| !x));
            for v in all_valuations() {
                let mut r = a;
                for i in 0..3u32 {
                    let value = Str::from(v[i as usize].to_string());
                    if let Some((group, index)) = t.value_index(input(i), Some(&value)) {
                        r = t.restrict(r, group, index);
                    }
                }
                prop_assert!(!r.is_open());
                prop_assert_eq!(r.is_true(), truth(&f, v));
            }
            let back = t.not(a);
            prop_assert_eq!(t.not(back), a);
        }
    }
}
