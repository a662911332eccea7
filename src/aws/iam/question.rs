//! The questions that are asked of policy documents. The answers are statements, each with the truth of being one of
//! those that were asked for; nobody is accused of what is not known.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Data, Entry, Guard, List, ListKind, Map, MapKind, Member, Origin, Store, Truth, UnknownId, Value,
};

use super::super::read::{field, members};
use super::super::sets::{Pattern, Symbol, covers};
use super::actions::{self, Action};
use super::document::{PolicyDocument, Statement, action_query, document};
use super::principal::{PrincipalKind, Principals};

/// A statement that is, or may be, one of those that were asked for.
#[derive(Clone, Debug)]
pub struct StatementHit {
    /// Its index in the document; none for what the document may say beyond what is known of it.
    pub index: Option<usize>,
    /// Its `Sid`.
    pub sid: Option<Str>,
    /// Where it is written.
    pub origin: Origin,
    /// When it is there and is one of those asked for (yes), when not (no); where neither, it can't be told.
    pub truth: Truth,
    /// Where it can't be told: an unknown that would help.
    pub because: Option<UnknownId>,
    /// The statement in one form: see [`normalised`].
    pub value: Value,
}

/// Whether any of the hits is one.
pub fn any(store: &Store, hits: &[StatementHit]) -> Truth {
    hits.iter().fold(Truth::NO, |all, hit| store.truth_or(all, hit.truth))
}

/// Hits as a list of statements: each there when it is one of those asked for, and open where that can't be told.
pub fn as_list(store: &Store, hits: &[StatementHit]) -> Value {
    let members = hits
        .iter()
        .filter(|hit| hit.index.is_some() && !hit.truth.yes.is_false())
        .map(|hit| Member { guard: hit.truth.yes, value: hit.value.clone() })
        .collect();
    let rest =
        hits.iter().filter(|hit| !store.truth_unknown(hit.truth).is_false()).find_map(|hit| hit.because);
    Value::new(Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest })), Origin::NONE)
}

/// A statement as `{ Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition }` with
/// one-or-many members as lists and principals as a map of lists (`"*"` is `{ AWS = ["*"] }`).
pub fn normalised(store: &Store, statement: &Value) -> Value {
    let Some(map) = statement.as_map() else { return statement.clone() };
    let list = |key_value: &Value| -> Value {
        let whole = [super::super::read::Guarded { guard: Guard::TRUE, value: key_value.clone() }];
        let all = members(store, &whole);
        let rest = all.open.first().map(|open| open.value);
        let members = all.items.into_iter().map(|m| Member { guard: m.guard, value: m.value }).collect();
        Value {
            data: Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest })),
            ..key_value.clone()
        }
    };
    let entries = map.entries.iter().map(|entry| {
        let value = match entry.key.as_str() {
            "Action" | "NotAction" | "Resource" | "NotResource" => list(&entry.value),
            "Principal" | "NotPrincipal" => store.map_arms(&entry.value, |value| match &value.data {
                Data::Map(map) => {
                    let entries = map
                        .entries
                        .iter()
                        .map(|e| Entry { value: list(&e.value), ..e.clone() })
                        .collect::<Vec<_>>();
                    Value { data: Data::Map(Arc::new(Map { entries, ..(**map).clone() })), ..value.clone() }
                }
                Data::String(_) | Data::List(_) => {
                    let entry = Entry {
                        key: "AWS".into(),
                        key_origin: value.origin,
                        guard: Guard::TRUE,
                        value: list(value),
                    };
                    let map = Map { kind: MapKind::Object, entries: vec![entry], rest: None };
                    Value { data: Data::Map(Arc::new(map)), ..value.clone() }
                }
                _ => value.clone(),
            }),
            _ => entry.value.clone(),
        };
        Entry { value, ..entry.clone() }
    });
    let map = Map { kind: MapKind::Object, entries: entries.collect(), rest: map.rest };
    Value { data: Data::Map(Arc::new(map)), ..statement.clone() }
}

/// The hits among a document's statements, and what it may say beyond them.
pub(super) fn hits(
    store: &Store,
    document: &PolicyDocument,
    test: &dyn Fn(&Statement) -> Truth,
) -> Vec<StatementHit> {
    let mut found = Vec::new();
    for statement in &document.statements {
        let truth = test(statement);
        if truth.no.is_true() {
            continue;
        }
        let because = (!store.truth_unknown(truth).is_false()).then(|| {
            let inside = store.unknowns_in(&statement.value).into_iter().next();
            inside.unwrap_or_else(|| {
                let clause = statement.clauses.iter().find(|clause| !clause.holds_always());
                let reason = match clause {
                    Some(clause) => ecow::eco_format!("what the condition on `{}` lets through", clause.key),
                    None => "what the condition of another statement takes away".into(),
                };
                store.reason(store.literal(statement.origin), reason)
            })
        });
        found.push(StatementHit {
            index: Some(statement.index),
            sid: statement.sid.clone(),
            origin: statement.origin,
            truth,
            because,
            value: normalised(store, &statement.value),
        });
    }
    for open in &document.open {
        found.push(StatementHit {
            index: None,
            sid: None,
            origin: Origin::NONE,
            truth: Truth { yes: Guard::FALSE, no: store.not(open.guard) },
            because: Some(open.value),
            value: Value::new(Data::Unknown(open.value), Origin::NONE),
        });
    }
    found
}

fn asked(
    store: &Store,
    value: &Value,
    test: &dyn Fn(&PolicyDocument, &Statement) -> Truth,
) -> Vec<StatementHit> {
    let document = document(store, value);
    hits(store, &document, &|statement| test(&document, statement))
}

/// Every statement.
pub fn statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|_, statement| store.truth_when(statement.guard))
}

/// `Allow` statements that give something to everyone: the principal is `*`, no condition narrows who, and no `Deny`
/// takes it back from everyone but somebody in particular.
pub fn public_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|document, statement| is_public(store, document, statement))
}

fn is_public(store: &Store, document: &PolicyDocument, statement: &Statement) -> Truth {
    let mut truth = store.truth_and(statement.is_allow(store), for_everyone(store, statement));
    if truth.no.is_true() {
        return truth;
    }
    truth = store.truth_and(truth, !restricts_who(store, statement));
    for other in &document.statements {
        if truth.no.is_true() {
            break;
        }
        truth = store.truth_and(truth, !takes_back(store, other, statement));
    }
    truth
}

/// Whether a statement speaks of everyone: principal `*`, or everyone but some.
fn for_everyone(store: &Store, statement: &Statement) -> Truth {
    let named = statement.principals.everyone(store);
    if statement.not_principals.is_empty() {
        return named;
    }
    // `NotPrincipal` with `Allow` gives to all the world except those named.
    store.truth_or(named, statement.not_principals.any(store, &|_| Some(true)))
}

fn restricts_who(store: &Store, statement: &Statement) -> Truth {
    let clauses = statement.clauses.iter().map(|clause| (clause.guard, clause.restricts_who(store)));
    let open = statement.clauses_open.iter().map(|open| (open.guard, Truth::UNKNOWN));
    store.truth_any(clauses.chain(open), false)
}

/// Whether a `Deny` takes back, from everyone but somebody in particular, all that another statement gives.
fn takes_back(store: &Store, deny: &Statement, allow: &Statement) -> Truth {
    let mut truth = deny.is_deny(store);
    if truth.no.is_true() {
        return truth;
    }
    let spares_named = {
        let everyone = deny.not_principals.everyone(store);
        store.truth_and(!everyone, deny.not_principals.any(store, &|_| Some(true)))
    };
    truth = store.truth_and(truth, store.truth_or(deny.principals.everyone(store), spares_named));
    let clauses = deny.clauses.iter().map(|clause| {
        let few = store.truth_or(clause.spares_few(store), clause.spares_services(store));
        (clause.guard, few)
    });
    let open = deny.clauses_open.iter().map(|open| (open.guard, Truth::UNKNOWN));
    truth = store.truth_and(truth, store.truth_all(clauses.chain(open), false));
    let covered = allow.all_named(store, &|action| deny.speaks_of_actions(store, action), &|resource| {
        deny.speaks_of_resources(store, resource)
    });
    store.truth_and(truth, covered)
}

/// `Allow` statements that give every action of a pattern on every resource of a pattern.
///
/// A statement with a condition gives it in some requests only, and which these are is not judged here: it can't be told
/// (`iam:PassedToService` and the like for `iam:PassRole` are limits whoever asks: it does not). A `Deny` takes it away
/// if it speaks of all of it; with a condition, it can't be told either. One that takes away a part leaves the rest.
pub fn granting(store: &Store, value: &Value, action: &str, resource: &str) -> Vec<StatementHit> {
    let action = action_query(&Pattern::parse_folded(action));
    let resource = Pattern::parse(resource);
    asked(store, value, &|document, statement| {
        let mut truth =
            store.truth_and(statement.is_allow(store), statement.speaks_of_actions(store, &action));
        if truth.no.is_true() {
            return truth;
        }
        truth = store.truth_and(truth, speaks_of_all(store, statement, &action, &resource));
        if action == Pattern::parse("iam:passrole") {
            truth = store.truth_and(truth, !limits_passing(store, statement));
        }
        truth = store.truth_and(truth, always_holds(store, statement));
        for deny in &document.statements {
            if truth.no.is_true() {
                break;
            }
            let mut taken = store.truth_and(deny.is_deny(store), always_holds(store, deny));
            taken = store.truth_and(taken, deny.speaks_of_actions(store, &action));
            taken = store.truth_and(taken, speaks_of_all(store, deny, &action, &resource));
            let named = |principals: &Principals| principals.any(store, &|_| Some(true));
            let narrowed = store.truth_or(named(&deny.principals), named(&deny.not_principals));
            taken = store.truth_and(taken, store.truth_or(!narrowed, deny.principals.everyone(store)));
            truth = store.truth_and(truth, !taken);
        }
        truth
    })
}

/// Whether a statement's conditions hold in every request: yes without any that could fail, else it can't be told.
fn always_holds(store: &Store, statement: &Statement) -> Truth {
    let clauses = statement.clauses.iter().filter(|clause| !clause.holds_always());
    let guards =
        clauses.map(|clause| clause.guard).chain(statement.clauses_open.iter().map(|open| open.guard));
    !store.truth_any(guards.map(|guard| (guard, Truth::UNKNOWN)), false)
}

/// Whether a statement speaks of every resource of a pattern. `*` means every ARN, and for actions on roles every role
/// of the account.
fn speaks_of_all(store: &Store, statement: &Statement, action: &Pattern, resource: &Pattern) -> Truth {
    let mut truth = statement.speaks_of_resources(store, resource);
    if resource.is_everything() && !truth.yes.is_true() {
        let every_arn = statement.resources.any(store, &|item| {
            if item.pattern.has_terms() {
                Some(false)
            } else {
                covers(&[&item.pattern], &Pattern::parse("arn:*:*:*:*:*"))
            }
        });
        truth = store.truth_or(truth, every_arn);
        let on_roles = action.text().is_some_and(|a| matches!(a.as_str(), "iam:passrole" | "sts:assumerole"));
        if on_roles {
            let every_role = statement.resources.any(store, &|item| Some(is_every_role(&item.pattern)));
            truth = store.truth_or(truth, every_role);
        }
    }
    truth
}

/// `arn:aws:iam::123456789012:role/*` and wider.
fn is_every_role(pattern: &Pattern) -> bool {
    let Some(fields) = pattern.fields(6) else { return false };
    let matches = |index: usize, text: &str| fields.get(index).is_some_and(|f| f.matches(text));
    matches(2, "iam") && fields.get(5).is_some_and(|f| covers(&[f], &Pattern::parse("role/*")) == Some(true))
}

fn limits_passing(store: &Store, statement: &Statement) -> Truth {
    let clauses = statement.clauses.iter().map(|clause| {
        let key = matches!(clause.key.as_str(), "iam:passedtoservice" | "iam:associatedresourcearn");
        let operator = matches!(
            clause.operator.as_str(),
            "stringequals" | "stringlike" | "stringequalsignorecase" | "arnequals" | "arnlike"
        );
        let anything = clause.values.items.iter().any(|v| v.value.as_str().is_some_and(|text| text == "*"));
        (clause.guard, Truth::of(key && operator && !anything))
    });
    let open = statement.clauses_open.iter().map(|open| (open.guard, Truth::UNKNOWN));
    store.truth_any(clauses.chain(open), false)
}

/// `Allow` statements that give full administrator access: every action on every resource.
pub fn admin_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    granting(store, value, "*", "*")
}

/// `Allow` statements with `*` or `service:*` among the actions.
pub fn wildcard_action_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|_, statement| {
        let wild = statement.actions.any(store, &|item| is_whole_service(&item.pattern));
        store.truth_and(statement.is_allow(store), wild)
    })
}

/// Whether a pattern is `*` or gives all actions of one service or more.
fn is_whole_service(pattern: &Pattern) -> Option<bool> {
    if pattern.is_everything() {
        return Some(true);
    }
    match pattern.symbols() {
        [Symbol::Term { fixed: false, .. }] => None,
        symbols => {
            let mut rest = symbols.iter().skip_while(|s| **s != Symbol::Char(':')).skip(1);
            Some(rest.next() == Some(&Symbol::Many) && rest.next().is_none())
        }
    }
}

/// `Allow` statements on resource `*` with at least one action that could have been limited to resources. In a policy
/// that is attached to a resource (KMS keys), `*` means that resource: this is not the question to ask there.
pub fn wildcard_resource_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    on_any_resource(store, value, &|_, action| action.has_resources)
}

/// `Allow` statements on resource `*` with an action that a test is true of; the test gets the
/// service's prefix and the action.
pub fn on_any_resource(
    store: &Store,
    value: &Value,
    test: &dyn Fn(&str, &Action) -> bool,
) -> Vec<StatementHit> {
    let everything = Pattern::everything();
    asked(store, value, &|_, statement| {
        let mut truth =
            store.truth_and(statement.is_allow(store), statement.resources.cover(store, &everything));
        if truth.no.is_true() {
            return truth;
        }
        let mut limited = statement.actions.any(store, &|item| actions::any_matching(&item.pattern, test));
        limited = store.truth_or(limited, statement.not_actions.present(store));
        truth = store.truth_and(truth, limited);
        truth
    })
}

/// `Allow` statements with `NotAction`: they give what AWS adds tomorrow.
pub fn not_action_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|_, s| store.truth_and(s.is_allow(store), s.not_actions.present(store)))
}

/// `Allow` statements with `NotResource`.
pub fn not_resource_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|_, s| store.truth_and(s.is_allow(store), s.not_resources.present(store)))
}

/// `Allow` statements with `NotPrincipal`: they give to everyone else, people without an account included.
pub fn not_principal_statements(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|_, s| {
        let named = s.not_principals.any(store, &|_| Some(true));
        store.truth_and(s.is_allow(store), named)
    })
}

/// `Allow` statements that let any role be passed to any service (`iam:PassRole` on `*`); full administrator access,
/// which includes it, is left to [`admin_statements`].
pub fn passrole_on_any(store: &Store, value: &Value) -> Vec<StatementHit> {
    let mut hits = granting(store, value, "iam:PassRole", "*");
    let document = document(store, value);
    hits.retain_mut(|hit| {
        let statement = hit.index.and_then(|index| document.statements.get(index));
        if let Some(statement) = statement {
            let all = statement.actions.cover(store, &Pattern::parse("*:*"));
            hit.truth = store.truth_and(hit.truth, !all);
        }
        !hit.truth.no.is_true()
    });
    hits
}

/// Whether the document denies everyone everything that is not sent over TLS: a `Deny` for all principals when
/// `aws:SecureTransport` is false. For a bucket it must be over the bucket and its objects.
pub fn requires_tls(store: &Store, value: &Value) -> Truth {
    let document = document(store, value);
    let (mut whole, mut objects) = (Truth::NO, Truth::NO);
    for statement in &document.statements {
        let mut truth = statement.is_deny(store);
        if truth.no.is_true() {
            continue;
        }
        truth = store.truth_and(truth, statement.principals.everyone(store));
        truth = store.truth_and(truth, denies_plain_text(store, statement));
        let every_action = statement.actions.any(store, &|item| {
            // SNS topics take no `sns:*` in their policies; publishing is what comes over the network.
            Some(is_whole_service(&item.pattern)? || item.pattern.text().as_deref() == Some("sns:publish"))
        });
        truth = store.truth_and(truth, every_action);
        if truth.no.is_true() {
            continue;
        }
        let bucket = statement.resources.any(store, &|item| Some(covers_bucket(&item.pattern)));
        let inside =
            statement.resources.any(store, &|item| Some(covers_objects(store, statement, &item.pattern)));
        let all = Truth::of(statement.resources.is_empty());
        whole = store.truth_or(whole, store.truth_and(truth, store.truth_or(all, bucket)));
        objects = store.truth_or(objects, store.truth_and(truth, store.truth_or(all, inside)));
    }
    let known = store.truth_and(whole, objects);
    let open = document.open.iter().map(|open| (open.guard, Truth::UNKNOWN));
    store.truth_or(known, store.truth_any(open, false))
}

fn denies_plain_text(store: &Store, statement: &Statement) -> Truth {
    let mut insecure = Truth::NO;
    let mut others = Truth::NO;
    for clause in &statement.clauses {
        let there = store.truth_when(clause.guard);
        if clause.key == "aws:securetransport" && clause.operator == "bool" {
            insecure = store.truth_or(insecure, store.truth_and(there, clause.values_are(store, "false")));
        } else {
            others = store.truth_or(others, there);
        }
    }
    for open in &statement.clauses_open {
        others = store.truth_or(others, Truth { yes: Guard::FALSE, no: store.not(open.guard) });
    }
    store.truth_and(insecure, !others)
}

/// Whether a resource pattern reaches the bucket itself: no `/` in it, or a wildcard before the first.
fn covers_bucket(pattern: &Pattern) -> bool {
    let symbols = pattern.symbols();
    let slash = symbols.iter().position(|s| *s == Symbol::Char('/')).unwrap_or(symbols.len());
    slash == symbols.len() || symbols.get(..slash).is_some_and(|before| before.contains(&Symbol::Many))
}

/// Whether a resource pattern reaches every object; true for what is no bucket.
fn covers_objects(store: &Store, statement: &Statement, pattern: &Pattern) -> bool {
    let symbols = pattern.symbols();
    if symbols.last() == Some(&Symbol::Many) {
        let before = symbols.iter().rev().nth(1);
        return !matches!(before, Some(Symbol::Char(c)) if *c != '/' && symbols.contains(&Symbol::Char('/')));
    }
    // Something other than a bucket has nothing inside: an ARN of another service, or of a resource that is no bucket.
    let service = pattern.fields(6).and_then(|fields| fields.get(2).and_then(Pattern::text));
    if let Some(service) = service {
        return service != "s3";
    }
    let buckets_action = statement.actions.items.iter().any(|i| i.pattern.to_string().starts_with("s3:"));
    !buckets_action && !names_bucket(store, &statement.value)
}

/// Whether a statement's resources are attributes of a bucket.
fn names_bucket(store: &Store, statement: &Value) -> bool {
    field(store, statement, "Resource").iter().any(|case| {
        let unknowns = store.unknowns_in(&case.value);
        unknowns.into_iter().flat_map(|id| store.inputs_of(id)).any(|id| match store.unknown_info(id).kind {
            crate::eval::UnknownKind::Attribute(reference) => store
                .instance(reference.instance)
                .is_some_and(|info| matches!(info.type_name.as_str(), "aws_s3_bucket" | "AWS::S3::Bucket")),
            _ => false,
        })
    })
}

/// `Allow` statements that name a principal of another account and have no condition that narrows who. An account that
/// also stands in the document's resources is the document's own.
pub fn cross_account(store: &Store, value: &Value) -> Vec<StatementHit> {
    asked(store, value, &|document, statement| {
        let own = |account: &str| {
            document.statements.iter().flat_map(|s| &s.resources.items).any(|item| {
                item.pattern.fields(6).and_then(|f| f.get(4).and_then(Pattern::text)).as_deref()
                    == Some(account)
            })
        };
        let other = statement.principals.any(store, &|principal| match principal.kind {
            PrincipalKind::Aws => Some(principal.account().is_some_and(|account| !own(&account))),
            _ => Some(false),
        });
        let truth = store.truth_and(statement.is_allow(store), other);
        store.truth_and(truth, !restricts_who(store, statement))
    })
}
