//! The principals of a statement ("AWS JSON policy elements: Principal", IAM User Guide).

use crate::Str;
use crate::eval::{Data, Guard, Origin, Store, Truth, UnknownId, Value};

use super::super::read::{Guarded, arms, members, pattern, spelled_out};
use super::super::sets::{Pattern, covers};

/// What kind of principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// `"Principal": "*"`.
    Everyone,
    /// `AWS`: accounts, users, roles, sessions.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`.
    Federated,
    /// `CanonicalUser`.
    CanonicalUser,
    /// A type that IAM does not have.
    Other(Str),
}

/// One principal.
#[derive(Clone, Debug)]
pub struct Principal {
    /// When it is named.
    pub guard: Guard,
    /// Of which kind.
    pub kind: PrincipalKind,
    /// Its text; wildcards count, as AWS reads `*` (anywhere else AWS refuses them).
    pub pattern: Pattern,
    /// Where it is written.
    pub origin: Origin,
}

/// The principals of a statement.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    /// Known ones.
    pub items: Vec<Principal>,
    /// When there may be others, and the unknown that would tell.
    pub open: Vec<Guarded<UnknownId>>,
    /// The same of services, identity providers and canonical users: whatever they are, they are not everyone.
    pub open_others: Vec<Guarded<UnknownId>>,
}

impl Principals {
    /// Reads `Principal` or `NotPrincipal`.
    pub fn read(store: &Store, cases: &[Guarded<Value>]) -> Principals {
        let mut principals = Principals::default();
        for case in cases {
            match &case.value.data {
                Data::Map(map) => {
                    for entry in &map.entries {
                        let kind = match entry.key.as_str() {
                            "AWS" => PrincipalKind::Aws,
                            "Service" => PrincipalKind::Service,
                            "Federated" => PrincipalKind::Federated,
                            "CanonicalUser" => PrincipalKind::CanonicalUser,
                            "*" => PrincipalKind::Everyone,
                            _ => PrincipalKind::Other(entry.key.clone()),
                        };
                        let guard = store.and(case.guard, entry.guard);
                        principals.add(store, guard, &kind, &entry.value);
                    }
                    if let Some(id) = map.rest {
                        principals.open.push(Guarded { guard: case.guard, value: id });
                    }
                }
                Data::List(list) => {
                    // Not in IAM's grammar, but what `Principal = ["*"]` would mean.
                    for member in &list.members {
                        let guard = store.and(case.guard, member.guard);
                        for (arm, value) in arms(store, &member.value) {
                            principals.add(store, store.and(guard, arm), &PrincipalKind::Aws, &value);
                        }
                    }
                }
                Data::Absent | Data::Null => {}
                Data::Unknown(id) => principals.open.push(Guarded { guard: case.guard, value: *id }),
                _ => {
                    let everyone = case.value.as_str().is_some_and(|text| text == "*");
                    let kind = if everyone { PrincipalKind::Everyone } else { PrincipalKind::Aws };
                    principals.add(store, case.guard, &kind, &case.value);
                }
            }
        }
        principals
    }

    fn add(&mut self, store: &Store, guard: Guard, kind: &PrincipalKind, value: &Value) {
        let all = members(store, &[Guarded { guard, value: value.clone() }]);
        match kind {
            PrincipalKind::Everyone | PrincipalKind::Aws => self.open.extend(all.open),
            _ => self.open_others.extend(all.open),
        }
        for member in all.items {
            for case in spelled_out(store, &member.value) {
                let guard = store.and(member.guard, case.guard);
                if guard == Guard::FALSE {
                    continue;
                }
                if let Some(pattern) = pattern(store, &case.value, false, false) {
                    self.items.push(Principal {
                        guard,
                        kind: kind.clone(),
                        pattern,
                        origin: member.value.origin,
                    });
                }
            }
        }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.open.is_empty() && self.open_others.is_empty()
    }

    /// Whether some principal passes a test.
    pub fn any(&self, store: &Store, test: &dyn Fn(&Principal) -> Option<bool>) -> Truth {
        let others = self.open_others.iter().map(|open| (open.guard, Truth::UNKNOWN));
        store.truth_or(self.any_listed(store, test), store.truth_any(others, false))
    }

    /// Whether everyone is among them.
    pub fn everyone(&self, store: &Store) -> Truth {
        self.any_listed(store, &Principal::is_everyone)
    }

    fn any_listed(&self, store: &Store, test: &dyn Fn(&Principal) -> Option<bool>) -> Truth {
        let items = self.items.iter().map(|item| {
            let truth = match test(item) {
                Some(answer) => Truth::of(answer),
                None => Truth::UNKNOWN,
            };
            (item.guard, truth)
        });
        let open = self.open.iter().map(|open| (open.guard, Truth::UNKNOWN));
        store.truth_any(items.chain(open), false)
    }
}

impl Principal {
    /// Whether it stands for everyone: `*`, or somebody of any account. None where an unknown text may be `*`.
    pub fn is_everyone(&self) -> Option<bool> {
        match self.kind {
            PrincipalKind::Everyone => Some(true),
            PrincipalKind::Aws => {
                // `arn:aws:iam::*:role/name`: anybody can make a role of that name in an account of theirs.
                let account = self.pattern.fields(6).and_then(|fields| fields.into_iter().nth(4));
                if account.is_some_and(|account| account.is_everything()) {
                    return Some(true);
                }
                let roots = Pattern::parse("arn:aws:iam::*:root");
                match covers(&[&self.pattern], &roots) {
                    None if !only_open_terms(&self.pattern) => Some(false),
                    answer => answer,
                }
            }
            _ => Some(false),
        }
    }

    /// The account that it is in, if its text says so: twelve digits.
    pub fn account(&self) -> Option<String> {
        if !matches!(self.kind, PrincipalKind::Aws) {
            return None;
        }
        let text = match self.pattern.fields(6) {
            Some(fields) => fields.get(4)?.text()?,
            None => self.pattern.text()?,
        };
        (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
    }
}

/// An ARN with unknown parts names somebody in particular; only a text that is unknown altogether may be `*`.
fn only_open_terms(pattern: &Pattern) -> bool {
    use super::super::sets::Symbol;
    pattern.symbols().iter().all(|s| matches!(s, Symbol::Term { fixed: false, .. }))
}
