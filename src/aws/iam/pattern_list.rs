//! Lists of patterns, members of which may be there: a statement's actions, resources, or one type of principals.

use crate::eval::{Guard, Origin, Store, Truth, UnknownId, Value};

use super::super::read::{Guarded, Members, by_cases, pattern, spelled_out};
use super::super::sets::{self, Pattern};

/// One pattern of a list.
#[derive(Clone, Debug)]
pub struct Item {
    /// When it is in the list (the statement's condition not included).
    pub guard: Guard,
    /// The pattern.
    pub pattern: Pattern,
    /// Where it is written.
    pub origin: Origin,
}

/// A list of patterns.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    /// Known patterns.
    pub items: Vec<Item>,
    /// When there may be others nobody knows, and the unknown that would tell.
    pub open: Vec<Guarded<UnknownId>>,
}

impl Patterns {
    /// Reads members as patterns. `fold` compares without case, as actions are.
    pub fn read(store: &Store, members: &Members, fold: bool) -> Patterns {
        let mut patterns = Patterns { items: Vec::new(), open: members.open.clone() };
        for member in &members.items {
            patterns.push(store, member.guard, &member.value, fold);
        }
        patterns
    }

    /// Adds one text.
    pub fn push(&mut self, store: &Store, guard: Guard, value: &Value, fold: bool) {
        for case in spelled_out(store, value) {
            let guard = store.and(guard, case.guard);
            if guard == Guard::FALSE {
                continue;
            }
            if let Some(pattern) = pattern(store, &case.value, fold, false) {
                self.items.push(Item { guard, pattern, origin: value.origin });
            }
        }
    }

    /// Whether the list says anything at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.open.is_empty()
    }

    /// When the list is there with at least one member.
    pub fn present(&self, store: &Store) -> Truth {
        let mut truth = Truth::NO;
        for item in &self.items {
            truth = store.truth_or(truth, store.truth_when(item.guard));
        }
        for open in &self.open {
            truth = store.truth_or(truth, Truth { yes: Guard::FALSE, no: store.not(open.guard) });
        }
        truth
    }

    fn guards(&self) -> Vec<Guard> {
        self.items.iter().map(|i| i.guard).chain(self.open.iter().map(|o| o.guard)).collect()
    }

    /// Whether every text of `query` matches at least one pattern of the list.
    pub fn cover(&self, store: &Store, query: &Pattern) -> Truth {
        self.by_members(store, &|patterns| sets::covers(patterns, query), true)
    }

    /// Whether some text of `query` matches a pattern of the list.
    pub fn meet(&self, store: &Store, query: &Pattern) -> Truth {
        let meets = |patterns: &[&Pattern]| {
            let mut answer = Some(false);
            for pattern in patterns {
                match sets::intersects(pattern, query) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => answer = None,
                }
            }
            answer
        };
        self.by_members(store, &meets, true)
    }

    /// Whether some member passes a test, by condition.
    pub fn any(&self, store: &Store, test: &dyn Fn(&Item) -> Option<bool>) -> Truth {
        let mut truth = Truth::NO;
        for item in &self.items {
            let holds = match test(item) {
                Some(true) => store.truth_when(item.guard),
                Some(false) => Truth::NO,
                None => Truth { yes: Guard::FALSE, no: store.not(item.guard) },
            };
            truth = store.truth_or(truth, holds);
        }
        for open in &self.open {
            truth = store.truth_or(truth, Truth { yes: Guard::FALSE, no: store.not(open.guard) });
        }
        truth
    }

    /// Asks about the patterns that are there, in every case. `monotone`: more patterns can only make it true.
    fn by_members(&self, store: &Store, ask: &dyn Fn(&[&Pattern]) -> Option<bool>, monotone: bool) -> Truth {
        let known = self.items.len();
        by_cases(store, &self.guards(), &|holds| {
            let there: Vec<&Pattern> = self
                .items
                .iter()
                .enumerate()
                .filter(|(i, _)| holds(*i))
                .map(|(_, item)| &item.pattern)
                .collect();
            let open = (known..known + self.open.len()).any(holds);
            match ask(&there) {
                Some(true) if monotone || !open => Some(true),
                Some(false) if !open => Some(false),
                _ => None,
            }
        })
    }
}
