//! Policy documents as typed data, read from whatever holds them: an object, JSON text known in part, `jsonencode`.
//!
//! The grammar is that of "Grammar of the IAM JSON policy language" (IAM User Guide).

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Guard, Origin, Store, Truth, UnknownId, Value};

use super::super::read::{self, Guarded, Members, arms, field, members};
use super::super::sets::Pattern;
use super::condition::Clause;
use super::json_text;
use super::pattern_list::Patterns;
use super::principal::Principals;

/// A policy document with everything that it may say.
#[derive(Clone, Debug, Default)]
pub struct PolicyDocument {
    /// The statements that are known to be possible, in order.
    pub statements: Vec<Statement>,
    /// When the document may say something else, and the unknown that would tell.
    pub open: Vec<Guarded<UnknownId>>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its index in the document.
    pub index: usize,
    /// When it is there.
    pub guard: Guard,
    /// Where it is written.
    pub origin: Origin,
    /// Its `Sid`, if known.
    pub sid: Option<Str>,
    /// Whether it allows; false where it denies.
    pub allows: Truth,
    /// `Principal`.
    pub principals: Principals,
    /// `NotPrincipal`.
    pub not_principals: Principals,
    /// `Action`, folded to lower case.
    pub actions: Patterns,
    /// `NotAction`, folded to lower case.
    pub not_actions: Patterns,
    /// `Resource`.
    pub resources: Patterns,
    /// `NotResource`.
    pub not_resources: Patterns,
    /// `Condition`: all of them must hold.
    pub clauses: Vec<Clause>,
    /// When there may be further conditions nobody knows.
    pub clauses_open: Vec<Guarded<UnknownId>>,
    /// The statement as it is written.
    pub value: Value,
}

/// Reads a document, once for each value however many questions are asked of it. What is no document at all (a number,
/// a text that is no JSON) has no statements and is open.
pub fn document(store: &Store, value: &Value) -> Arc<PolicyDocument> {
    store.memo(value, || read_document(store, value))
}

fn read_document(store: &Store, value: &Value) -> PolicyDocument {
    let mut document = PolicyDocument::default();
    add_document(store, Guard::TRUE, value, &mut document, 0);
    for (index, statement) in document.statements.iter_mut().enumerate() {
        statement.index = index;
    }
    document
}

fn add_document(store: &Store, guard: Guard, value: &Value, document: &mut PolicyDocument, depth: usize) {
    for (arm, value) in arms(store, value) {
        let value: &Value = &value;
        let guard = store.and(guard, arm);
        if guard == Guard::FALSE || depth > 8 {
            continue;
        }
        match &value.data {
            Data::Json(inner) => add_document(store, guard, inner, document, depth + 1),
            Data::Map(_) => {
                let statements = members(store, &field(store, value, "Statement"));
                document.open.extend(under(store, guard, statements.open));
                for member in statements.items {
                    let guard = store.and(guard, member.guard);
                    match member.value.data {
                        Data::Map(_) => document.statements.push(statement(store, guard, member.value)),
                        Data::Unknown(id) => document.open.push(Guarded { guard, value: id }),
                        _ => {}
                    }
                }
            }
            Data::String(_) | Data::Text(_) => match json_text::read(store, value) {
                Some(read) => add_document(store, guard, &read, document, depth + 1),
                None => {
                    let id = store.reason(store.literal(value.origin), "a policy document that is not JSON");
                    document.open.push(Guarded { guard, value: id });
                }
            },
            Data::Unknown(id) => document.open.push(Guarded { guard, value: *id }),
            Data::Instance(_) => {
                let id =
                    store.reason(store.literal(value.origin), "a policy document that is a whole resource");
                document.open.push(Guarded { guard, value: id });
            }
            _ => {}
        }
    }
}

fn under<T>(store: &Store, guard: Guard, all: Vec<Guarded<T>>) -> impl Iterator<Item = Guarded<T>> {
    all.into_iter()
        .map(move |g| Guarded { guard: store.and(guard, g.guard), value: g.value })
        .filter(|g| g.guard != Guard::FALSE)
}

fn statement(store: &Store, guard: Guard, value: Value) -> Statement {
    let list = |key: &str| -> Members { members(store, &field(store, &value, key)) };
    let effect = field(store, &value, "Effect");
    let allows =
        read::ask_cases(store, effect.iter().map(|c| (c.guard, &c.value)), &|effect| match &effect.data {
            Data::String(text) => Some(text == "Allow"),
            Data::Unknown(_) | Data::Text(_) => None,
            _ => Some(false),
        });
    let (clauses, clauses_open) = super::condition::read(store, &field(store, &value, "Condition"));
    Statement {
        index: 0,
        guard,
        origin: value.origin,
        sid: field(store, &value, "Sid").first().and_then(|case| case.value.as_str().cloned()),
        allows,
        principals: Principals::read(store, &field(store, &value, "Principal")),
        not_principals: Principals::read(store, &field(store, &value, "NotPrincipal")),
        actions: Patterns::read(store, &list("Action"), true),
        not_actions: Patterns::read(store, &list("NotAction"), true),
        resources: Patterns::read(store, &list("Resource"), false),
        not_resources: Patterns::read(store, &list("NotResource"), false),
        clauses,
        clauses_open,
        value,
    }
}

impl Statement {
    /// Whether it is there and allows.
    pub fn is_allow(&self, store: &Store) -> Truth {
        store.truth_and(store.truth_when(self.guard), self.allows)
    }

    /// Whether it is there and denies.
    pub fn is_deny(&self, store: &Store) -> Truth {
        store.truth_and(store.truth_when(self.guard), !self.allows)
    }

    /// Whether it speaks of every action of a pattern (lower case).
    pub fn speaks_of_actions(&self, store: &Store, query: &Pattern) -> Truth {
        let listed = self.actions.cover(store, query);
        if self.not_actions.is_empty() {
            return listed;
        }
        let spared = self.not_actions.meet(store, query);
        store.truth_or(listed, store.truth_and(self.not_actions.present(store), !spared))
    }

    /// Whether it speaks of every resource of a pattern. A trust policy has no `Resource`: it speaks of its role.
    pub fn speaks_of_resources(&self, store: &Store, query: &Pattern) -> Truth {
        if self.resources.is_empty() && self.not_resources.is_empty() {
            return Truth::YES;
        }
        // What names none where its members are not there speaks of its role there too.
        let named = store.truth_or(self.resources.present(store), self.not_resources.present(store));
        let listed = store.truth_or(!named, self.resources.cover(store, query));
        if self.not_resources.is_empty() {
            return listed;
        }
        let spared = self.not_resources.meet(store, query);
        store.truth_or(listed, store.truth_and(self.not_resources.present(store), !spared))
    }

    /// Whether no condition stands in it.
    pub fn is_unconditional(&self, store: &Store) -> Truth {
        let mut conditioned = Truth::NO;
        for clause in &self.clauses {
            conditioned = store.truth_or(conditioned, store.truth_when(clause.guard));
        }
        for open in &self.clauses_open {
            conditioned = store.truth_or(conditioned, Truth { yes: Guard::FALSE, no: store.not(open.guard) });
        }
        !conditioned
    }

    /// Whether all actions and resources that it names pass a test, each where it is named; everything is asked where it
    /// names those that it spares. What it may name besides passes only if everything does.
    pub fn all_named(
        &self,
        store: &Store,
        action: &dyn Fn(&Pattern) -> Truth,
        resource: &dyn Fn(&Pattern) -> Truth,
    ) -> Truth {
        let actions =
            all_named(store, &self.actions, &self.not_actions, &Pattern::parse("*:*"), &|pattern| {
                action(&action_query(pattern))
            });
        let resources =
            all_named(store, &self.resources, &self.not_resources, &Pattern::everything(), resource);
        store.truth_and(actions, resources)
    }
}

fn all_named(
    store: &Store,
    named: &Patterns,
    spared: &Patterns,
    everything: &Pattern,
    test: &dyn Fn(&Pattern) -> Truth,
) -> Truth {
    if named.is_empty() || !spared.is_empty() {
        return test(everything);
    }
    let items = named.items.iter().map(|item| (item.guard, test(&item.pattern)));
    let open = named.open.iter().map(|open| (open.guard, Truth { no: Guard::FALSE, ..test(everything) }));
    let all = store.truth_all(items.chain(open), false);
    store.truth_and(all, store.truth_or(named.present(store), test(everything)))
}

/// `*` as an action means every `service:name`, so that `*:*` covers it.
pub fn action_query(pattern: &Pattern) -> Pattern {
    if pattern.is_everything() { Pattern::parse("*:*") } else { pattern.clone() }
}
