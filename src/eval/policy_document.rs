//! The document that an `aws_iam_policy_document` data source makes, as a structured value.
//!
//! Terraform AWS provider documentation, "Data Source: aws_iam_policy_document".

use std::sync::Arc;

use crate::Str;
use crate::program::{Mode, Resource};
use crate::source::Span;

use super::guard::Guard;
use super::instance::InstanceId;
use super::json::decode_json;
use super::resources::Slot;
use super::run::Run;
use super::store::{Origin, UnknownId};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// Whether a resource is such a data source.
pub(super) fn is_one(resource: &Resource) -> bool {
    resource.mode == Mode::Data && resource.type_name == "aws_iam_policy_document"
}

/// The attributes `json` and `minified_json`; none for others.
pub(super) fn attribute(
    run: &Run<'_>,
    id: InstanceId,
    resource: &Resource,
    name: &str,
    span: Span,
) -> Option<Value> {
    if !matches!(name, "json" | "minified_json") {
        return None;
    }
    let _ = span;
    let body = run.plain_body(id)?;
    let document = document(run, &body, resource);
    let origin = document.origin;
    Some(Value::new(Data::Json(Arc::new(document)), origin))
}

struct Statements {
    members: Vec<Member>,
    rest: Option<UnknownId>,
}

fn document(run: &Run<'_>, body: &Value, resource: &Resource) -> Value {
    let origin = run.store.literal_origin(resource.span);
    let map = body.as_map();
    let get = |name: &str| map.and_then(|m| m.get(name));
    let mut all = Statements { members: Vec::new(), rest: None };
    let mut version = None;
    let mut id = None;
    // Documents it starts from, then its own statements, then documents that replace statements of the same id.
    for name in ["source_json", "source_policy_documents"] {
        for source in get(name).map(|e| documents(run, e)).unwrap_or_default() {
            merge(run, &mut all, &source, true, &mut version, &mut id);
        }
    }
    if let Some(list) = get("statement").and_then(|e| e.value.as_list()) {
        for member in &list.members {
            all.members.push(Member { guard: member.guard, value: statement(run, &member.value) });
        }
        all.rest = all.rest.or(list.rest);
    }
    for name in ["override_json", "override_policy_documents"] {
        for source in get(name).map(|e| documents(run, e)).unwrap_or_default() {
            merge(run, &mut all, &source, true, &mut version, &mut id);
        }
    }
    let own = |name: &str| get(name).map(|e| e.value.clone());
    let version = own("version").or(version).unwrap_or(Value { origin, ..Value::string("2012-10-17") });
    let mut entries = vec![plain("Version", origin, version)];
    if let Some(id) = own("policy_id").or(id) {
        entries.push(plain("Id", origin, id));
    }
    let list = List { kind: ListKind::Tuple, members: all.members, rest: all.rest };
    entries.push(plain("Statement", origin, Value::new(Data::List(Arc::new(list)), origin)));
    Value::new(Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: None })), origin)
}

fn plain(key: &str, key_origin: Origin, value: Value) -> Entry {
    Entry { key: Str::from(key), key_origin, guard: Guard::TRUE, value }
}

/// The documents that an argument names: one text, or a list of them. Each with the condition of its being there.
fn documents(run: &Run<'_>, entry: &Entry) -> Vec<(Guard, Value)> {
    match &entry.value.data {
        Data::List(list) => {
            let mut all: Vec<(Guard, Value)> = list
                .members
                .iter()
                .filter(|m| !m.value.is_unset())
                .map(|m| (run.store.and(entry.guard, m.guard), decode_json(&m.value, run.store)))
                .collect();
            if let Some(rest) = list.rest {
                all.push((Guard::TRUE, Value::new(Data::Unknown(rest), entry.value.origin)));
            }
            all
        }
        Data::Choice(arms) => arms
            .iter()
            .flat_map(|arm| {
                let guard = run.store.and(entry.guard, arm.guard);
                documents(run, &Entry { guard, value: arm.value.clone(), ..entry.clone() })
            })
            .collect(),
        Data::Null | Data::Absent => Vec::new(),
        _ => vec![(entry.guard, decode_json(&entry.value, run.store))],
    }
}

/// Adds a document's statements; those with an id that is there already take its place.
fn merge(
    run: &Run<'_>,
    all: &mut Statements,
    (guard, source): &(Guard, Value),
    replace: bool,
    version: &mut Option<Value>,
    id: &mut Option<Value>,
) {
    for (arm_guard, arm) in run.store.arms_shallow(source) {
        let guard = run.store.and(*guard, arm_guard);
        if guard.is_false() {
            continue;
        }
        let map = match &arm.data {
            Data::Map(map) => map,
            Data::Unknown(unknown) => {
                all.rest.get_or_insert(*unknown);
                continue;
            }
            Data::String(text) if text.is_empty() => continue,
            _ => continue,
        };
        if let Some(rest) = map.rest {
            all.rest.get_or_insert(rest);
        }
        if let Some(entry) = map.get("Version") {
            *version = Some(entry.value.clone());
        }
        if let Some(entry) = map.get("Id") {
            *id = Some(entry.value.clone());
        }
        for entry in map.all("Statement") {
            let guard = run.store.and(guard, entry.guard);
            let single;
            let (members, rest) = match &entry.value.data {
                Data::List(list) => (list.members.as_slice(), list.rest),
                Data::Map(_) => {
                    single = [Member { guard: Guard::TRUE, value: entry.value.clone() }];
                    (single.as_slice(), None)
                }
                Data::Unknown(unknown) => (&[] as &[Member], Some(*unknown)),
                _ => (&[] as &[Member], None),
            };
            all.rest = all.rest.or(rest);
            for member in members {
                let guard = run.store.and(guard, member.guard);
                let sid = |value: &Value| {
                    let sid = value.as_map()?.get("Sid")?.value.as_str()?.clone();
                    (!sid.is_empty()).then_some(sid)
                };
                if replace && let Some(own) = sid(&member.value) {
                    for earlier in &mut all.members {
                        if sid(&earlier.value).as_ref() == Some(&own) {
                            earlier.guard = run.store.and_not(earlier.guard, guard);
                        }
                    }
                }
                all.members.push(Member { guard, value: member.value.clone() });
            }
        }
    }
    all.members.retain(|m| !m.guard.is_false());
}

/// A `statement` block in the policy language's words.
fn statement(run: &Run<'_>, block: &Value) -> Value {
    let Some(map) = block.as_map() else { return block.clone() };
    let mut entries = Vec::new();
    let mut copy = |from: &str, to: &str| {
        for entry in map.all(from).filter(|e| !says_nothing(&e.value)) {
            entries.push(Entry { key: Str::from(to), value: one_or_many(&entry.value), ..entry.clone() });
        }
    };
    copy("sid", "Sid");
    copy("effect", "Effect");
    copy("actions", "Action");
    copy("not_actions", "NotAction");
    copy("resources", "Resource");
    copy("not_resources", "NotResource");
    if map.all("effect").all(|e| e.value.is_unset()) {
        entries.insert(
            0,
            plain("Effect", block.origin, Value { origin: block.origin, ..Value::string("Allow") }),
        );
    }
    for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(entry) = map.get(from).filter(|e| !says_nothing(&e.value)) {
            entries.push(Entry { key: Str::from(to), value: principals(run, &entry.value), ..entry.clone() });
        }
    }
    if let Some(entry) = map.get("condition").filter(|e| !says_nothing(&e.value)) {
        let value = conditions(run, &entry.value);
        entries.push(Entry { key: Str::from("Condition"), value, ..entry.clone() });
    }
    let map = Map { kind: MapKind::Object, entries, rest: map.rest };
    Value { data: Data::Map(Arc::new(map)), ..block.clone() }
}

/// An argument that is null, or a list that is known to be empty: the provider leaves its key out.
fn says_nothing(value: &Value) -> bool {
    match &value.data {
        Data::List(list) => list.members.is_empty() && list.rest.is_none(),
        _ => value.is_unset(),
    }
}

/// A list with one certain member is that member, as the provider writes it.
fn one_or_many(value: &Value) -> Value {
    match &value.data {
        Data::List(list) if list.rest.is_none() => match list.members.as_slice() {
            [only] if only.guard.is_true() => only.value.clone(),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// `principals` blocks: a map from type to identifiers, `"*"` for everyone.
fn principals(run: &Run<'_>, blocks: &Value) -> Value {
    let Some(list) = blocks.as_list() else { return blocks.clone() };
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = list.rest;
    for member in &list.members {
        let Some(map) = member.value.as_map() else { continue };
        let Some(ids) = map.get("identifiers") else { continue };
        let kind = map.get("type").map_or_else(Value::absent, |e| e.value.clone());
        for (guard, kind) in run.store.arms(&kind) {
            let guard = run.store.and(member.guard, guard);
            match &kind.data {
                Data::String(kind) => {
                    if kind == "*"
                        && member.guard.is_true()
                        && list.members.len() == 1
                        && matches!(&ids.value.data, Data::List(l)
                            if matches!(l.members.as_slice(), [m] if m.value.as_str().is_some_and(|s| s == "*")))
                    {
                        return one_or_many(&ids.value);
                    }
                    let same = entries.iter_mut().find(|e| e.key == *kind && e.guard == guard);
                    match same {
                        Some(same) => same.value = concat(&same.value, &ids.value),
                        None => entries.push(Entry {
                            key: kind.clone(),
                            key_origin: member.value.origin,
                            guard,
                            value: ids.value.clone(),
                        }),
                    }
                }
                Data::Unknown(id) => {
                    rest.get_or_insert(*id);
                }
                _ => {}
            }
        }
    }
    for entry in &mut entries {
        entry.value = one_or_many(&entry.value);
    }
    Value { data: Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest })), ..blocks.clone() }
}

fn concat(a: &Value, b: &Value) -> Value {
    match (&a.data, &b.data) {
        (Data::List(x), Data::List(y)) => {
            let members = x.members.iter().chain(&y.members).cloned().collect();
            let list = List { kind: ListKind::Tuple, members, rest: x.rest.or(y.rest) };
            Value { data: Data::List(Arc::new(list)), ..a.clone() }
        }
        _ => a.clone(),
    }
}

/// `condition` blocks: a map from operator to a map from key to values.
fn conditions(run: &Run<'_>, blocks: &Value) -> Value {
    let Some(list) = blocks.as_list() else { return blocks.clone() };
    let mut operators: Vec<Entry> = Vec::new();
    let mut rest = list.rest;
    for member in &list.members {
        let Some(map) = member.value.as_map() else { continue };
        let text = |name: &str| map.get(name).and_then(|e| e.value.as_str().cloned());
        let (Some(test), Some(variable)) = (text("test"), text("variable")) else {
            for id in run.store.unknowns_in(&member.value) {
                rest.get_or_insert(id);
            }
            continue;
        };
        let values = map.get("values").map_or_else(Value::absent, |e| one_or_many(&e.value));
        let entry =
            Entry { key: variable, key_origin: member.value.origin, guard: member.guard, value: values };
        let at = operators.iter().position(|e| e.key == test);
        match at.and_then(|at| operators.get_mut(at)) {
            Some(operator) => {
                if let Data::Map(inner) = &operator.value.data {
                    let mut inner = (**inner).clone();
                    match inner.entries.iter_mut().find(|e| e.key == entry.key && e.guard == entry.guard) {
                        Some(same) => {
                            let list = |v: &Value| match &v.data {
                                Data::List(_) => v.clone(),
                                _ => Value { origin: v.origin, ..Value::list([v.clone()]) },
                            };
                            same.value = concat(&list(&same.value), &list(&entry.value));
                        }
                        None => inner.entries.push(entry),
                    }
                    operator.guard = run.store.or(operator.guard, member.guard);
                    operator.value.data = Data::Map(Arc::new(inner));
                }
            }
            None => {
                let inner = Map { kind: MapKind::Object, entries: vec![entry], rest: None };
                operators.push(Entry {
                    key: test,
                    key_origin: member.value.origin,
                    guard: member.guard,
                    value: Value::new(Data::Map(Arc::new(inner)), member.value.origin),
                });
            }
        }
    }
    let map = Map { kind: MapKind::Object, entries: operators, rest };
    Value { data: Data::Map(Arc::new(map)), ..blocks.clone() }
}

impl Run<'_> {
    /// The evaluated body of a resource instance.
    fn plain_body(&self, id: InstanceId) -> Option<Value> {
        match self.slot(id)? {
            Slot::Resource { module, resource, one } => Some(self.whole_body(&module, resource, &one)),
            _ => None,
        }
    }
}
