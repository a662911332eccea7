//! The document that an `aws_iam_policy_document` data source makes, as a structured value.
//!
//! Terraform AWS provider documentation, "Data Source: aws_iam_policy_document".

use std::sync::Arc;

use crate::Str;
use crate::program::Resource;

use super::compare::same_data;
use super::guard::Guard;
use super::instance::InstanceId;
use super::json::decode_json;
use super::run::Run;
use super::store::{Origin, UnknownId};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Part, Value};

/// The attributes `json` and `minified_json`; none for others.
pub(super) fn attribute(run: &Run<'_>, id: InstanceId, resource: &Resource, name: &str) -> Option<Value> {
    let kind = match name {
        "json" => MapKind::Document,
        "minified_json" => MapKind::MinifiedDocument,
        _ => return None,
    };
    let body = run.plain_body(id)?;
    let document = document(run, &body, resource, kind);
    let origin = document.origin;
    Some(Value::new(Data::Json(Arc::new(document)), origin))
}

struct Statements {
    members: Vec<Member>,
    rest: Option<UnknownId>,
}

fn document(run: &Run<'_>, body: &Value, resource: &Resource, kind: MapKind) -> Value {
    let origin = run.store.literal_origin(resource.span);
    let map = body.as_map();
    let get = |name: &str| map.and_then(|m| m.get(name));
    let mut all = Statements { members: Vec::new(), rest: None };
    let mut head = Head { version: None, id: None };
    // Documents it starts from, then its own statements, then documents that replace statements of the same id.
    for name in ["source_json", "source_policy_documents"] {
        for source in get(name).map(|e| documents(run, e)).unwrap_or_default() {
            merge_document(run, &mut all, &source, &mut head);
        }
    }
    let own = |name: &str| get(name).map(|e| e.value.clone()).filter(|v| !says_nothing(v));
    head.version(own("version").unwrap_or(Value { origin, ..Value::string("2012-10-17") }));
    head.id(own("policy_id"));
    if let Some(list) = get("statement").and_then(|e| e.value.as_list()) {
        for member in &list.members {
            merge_statement(run, &mut all, member.guard, statement(run, &member.value));
        }
        all.rest = all.rest.or(list.rest);
    }
    for name in ["override_json", "override_policy_documents"] {
        for source in get(name).map(|e| documents(run, e)).unwrap_or_default() {
            merge_document(run, &mut all, &source, &mut head);
        }
    }
    let mut entries = Vec::with_capacity(3);
    entries.extend(head.version.map(|version| plain("Version", origin, version)));
    entries.extend(head.id.map(|id| plain("Id", origin, id)));
    if !all.members.is_empty() || all.rest.is_some() {
        let list = List { kind: ListKind::Tuple, members: all.members, rest: all.rest };
        entries.push(plain("Statement", origin, Value::new(Data::List(Arc::new(list)), origin)));
    }
    Value::new(Data::Map(Arc::new(Map { kind, entries, rest: None })), origin)
}

/// The most conditions that are told apart in how a list is written.
const MAX_CASES: usize = 16;

/// What a document says of itself. Merging takes the later version (of two, the greater) and the last id.
struct Head {
    version: Option<Value>,
    id: Option<Value>,
}

impl Head {
    fn version(&mut self, new: Value) {
        let older = match (&self.version, new.as_str()) {
            (Some(own), Some(new)) => own.as_str().is_some_and(|own| own >= new),
            (Some(_), None) => new.is_unset(),
            (None, _) => new.is_unset(),
        };
        if !older {
            self.version = Some(new);
        }
    }

    fn id(&mut self, new: Option<Value>) {
        if let Some(new) = new.filter(|v| !says_nothing(v)) {
            self.id = Some(new);
        }
    }
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
fn merge_document(run: &Run<'_>, all: &mut Statements, (guard, source): &(Guard, Value), head: &mut Head) {
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
            _ => continue,
        };
        if let Some(rest) = map.rest {
            all.rest.get_or_insert(rest);
        }
        if let Some(entry) = map.get("Version") {
            head.version(entry.value.clone());
        }
        head.id(map.get("Id").map(|e| e.value.clone()));
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
                merge_statement(run, all, guard, normal_statement(run, &member.value));
            }
        }
    }
}

/// Adds a statement. The first with the same id gives way to it, where it is there.
fn merge_statement(run: &Run<'_>, all: &mut Statements, guard: Guard, new: Value) {
    if guard.is_false() {
        return;
    }
    let sid = |value: &Value| {
        let sid = value.as_map()?.get("Sid")?.value.as_str()?.clone();
        (!sid.is_empty()).then_some(sid)
    };
    let Some(own) = sid(&new) else {
        all.members.push(Member { guard, value: new });
        return;
    };
    let Some(at) = all.members.iter().position(|m| sid(&m.value).as_ref() == Some(&own)) else {
        all.members.push(Member { guard, value: new });
        return;
    };
    let Some(earlier) = all.members.get_mut(at) else { return };
    let left = run.store.and_not(earlier.guard, guard);
    if left.is_false() {
        *earlier = Member { guard, value: new };
    } else {
        earlier.guard = left;
        all.members.insert(at + 1, Member { guard, value: new });
    }
}

/// The keys of a statement in the order in which they are written.
const KEYS: [&str; 9] = [
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
];

/// A statement of another document as it is written again: its keys in their order, empty ones left out, identifiers
/// of principals in falling order, single values of conditions without a list.
fn normal_statement(run: &Run<'_>, statement: &Value) -> Value {
    let Some(map) = statement.as_map() else { return statement.clone() };
    let mut entries: Vec<Entry> = Vec::with_capacity(map.entries.len());
    for key in KEYS {
        for entry in map.all(key).filter(|e| !says_nothing(&e.value)) {
            let value = match key {
                "Principal" | "NotPrincipal" => {
                    with_entries(&entry.value, |e| Entry { value: falling(run, &e.value), ..e.clone() })
                }
                "Condition" => with_entries(&entry.value, |operator| Entry {
                    value: with_entries(&operator.value, |e| Entry {
                        value: condition_value(run, &e.value),
                        ..e.clone()
                    }),
                    ..operator.clone()
                }),
                _ => entry.value.clone(),
            };
            entries.push(Entry { value, ..entry.clone() });
        }
    }
    // What the policy language has and the provider does not know is left out by it.
    let map = Map { kind: MapKind::Object, entries, rest: map.rest };
    Value { data: Data::Map(Arc::new(map)), ..statement.clone() }
}

fn with_entries(value: &Value, f: impl Fn(&Entry) -> Entry) -> Value {
    let Data::Map(map) = &value.data else { return value.clone() };
    let mut entries: Vec<Entry> = map.entries.iter().map(f).collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    Value { data: Data::Map(Arc::new(Map { entries, ..(**map).clone() })), ..value.clone() }
}

/// A value of another document's condition: true and false are words, one is not a list.
fn condition_value(run: &Run<'_>, value: &Value) -> Value {
    match &value.data {
        Data::Bool(b) => {
            Value { data: Data::String(Str::from(if *b { "true" } else { "false" })), ..value.clone() }
        }
        _ => one_or_many(run, value),
    }
}

/// A `statement` block in the policy language's words.
fn statement(run: &Run<'_>, block: &Value) -> Value {
    let Some(map) = block.as_map() else { return block.clone() };
    let mut entries = Vec::new();
    let mut copy = |from: &str, to: &str, change: &dyn Fn(&Value) -> Value| {
        for entry in map.all(from).filter(|e| !says_nothing(&e.value)) {
            let entry = Entry { key: Str::from(to), value: change(&entry.value), ..entry.clone() };
            entries.extend(entry_of(run, entry));
        }
    };
    copy("sid", "Sid", &Value::clone);
    copy("effect", "Effect", &Value::clone);
    let said = run.store.any(map.all("effect").filter(|e| !e.value.is_unset()).map(|e| e.guard));
    let silent = run.store.not(said);
    if !silent.is_false() {
        let effect = Value { origin: block.origin, ..Value::string("Allow") };
        entries.push(Entry { guard: silent, ..plain("Effect", block.origin, effect) });
    }
    let mut copy = |from: &str, to: &str, change: &dyn Fn(&Value) -> Value| {
        for entry in map.all(from).filter(|e| !says_nothing(&e.value)) {
            let entry = Entry { key: Str::from(to), value: change(&entry.value), ..entry.clone() };
            entries.extend(entry_of(run, entry));
        }
    };
    let several = |value: &Value| one_or_many(run, &falling(run, &strings(run, value)));
    let patterns = |value: &Value| one_or_many(run, &falling(run, &with_variables(&strings(run, value))));
    copy("actions", "Action", &several);
    copy("not_actions", "NotAction", &several);
    copy("resources", "Resource", &patterns);
    copy("not_resources", "NotResource", &patterns);
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

/// `&{aws:username}`, which Terraform can't take for an interpolation, is `${aws:username}`.
fn with_variables(value: &Value) -> Value {
    let replace = |text: &Str| Str::from(text.replace("&{", "${"));
    let data = match &value.data {
        Data::String(text) if text.contains("&{") => Data::String(replace(text)),
        Data::Text(parts) => Data::Text(
            parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => Part::Text(replace(text)),
                    term => term.clone(),
                })
                .collect(),
        ),
        Data::List(list) => {
            let mut list = List::clone(list);
            for member in &mut list.members {
                member.value = with_variables(&member.value);
            }
            Data::List(Arc::new(list))
        }
        _ => return value.clone(),
    };
    Value { data, ..value.clone() }
}

/// Members of a list of strings as strings.
fn strings(run: &Run<'_>, value: &Value) -> Value {
    let Data::List(list) = &value.data else { return value.clone() };
    let mut list = List::clone(list);
    for member in &mut list.members {
        if matches!(member.value.data, Data::Bool(_) | Data::Number(_))
            && let Some(text) = run.store.string_of(&member.value)
        {
            member.value.data = Data::String(text);
        }
    }
    Value { data: Data::List(Arc::new(list)), ..value.clone() }
}

/// Strings of a set as the provider writes them: each once, the greatest first. With any that is not known there is no
/// telling in which order.
fn falling(run: &Run<'_>, value: &Value) -> Value {
    let Data::List(list) = &value.data else { return value.clone() };
    let mut members: Vec<Member> = Vec::with_capacity(list.members.len());
    for member in &list.members {
        for (guard, value) in run.store.arms_shallow(&member.value) {
            let guard = run.store.and(member.guard, guard);
            if !guard.is_false() && !value.is_unset() {
                members.push(Member { guard, value });
            }
        }
    }
    let known = list.rest.is_none() && members.iter().all(|m| m.value.as_str().is_some());
    members.sort_by(|a, b| match (a.value.as_str(), b.value.as_str()) {
        (Some(a), Some(b)) => b.cmp(a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    let mut distinct: Vec<Member> = Vec::with_capacity(members.len());
    for member in members {
        match distinct.last_mut() {
            Some(last) if same_data(&last.value, &member.value) => {
                last.guard = run.store.or(last.guard, member.guard);
            }
            _ => distinct.push(member),
        }
    }
    let kind = if known { ListKind::List } else { ListKind::Set };
    let list = List { kind, members: distinct, rest: list.rest };
    Value { data: Data::List(Arc::new(list)), ..value.clone() }
}

/// An argument that is null, or a list or text that is known to be empty: the provider leaves its key out.
fn says_nothing(value: &Value) -> bool {
    match &value.data {
        Data::List(list) => list.members.is_empty() && list.rest.is_none(),
        Data::String(text) => text.is_empty(),
        _ => value.is_unset(),
    }
}

/// A list with one member is that member, as the provider writes it. Where it depends on conditions how many there are,
/// a choice; nothing where there are none.
fn one_or_many(run: &Run<'_>, value: &Value) -> Value {
    let Data::List(list) = &value.data else { return value.clone() };
    if list.rest.is_some() || list.kind == ListKind::Set && list.members.len() > 1 {
        return value.clone();
    }
    if list.members.iter().all(|m| m.guard.is_true()) {
        return match list.members.as_slice() {
            [only] => only.value.clone(),
            _ => value.clone(),
        };
    }
    let Some(cases) = run.store.list_cases(list, MAX_CASES) else { return value.clone() };
    let arms = cases.into_iter().map(|(guard, list)| {
        let value = match list.members.as_slice() {
            [] => Value::absent(),
            [only] => only.value.clone(),
            _ => Value { data: Data::List(Arc::new(list)), ..value.clone() },
        };
        (guard, value)
    });
    let choice = run.store.choice(arms.collect::<Vec<_>>());
    Value { origin: value.origin, ..choice }
}

/// An entry, where its value is there.
fn entry_of(run: &Run<'_>, entry: Entry) -> Option<Entry> {
    let Data::Choice(arms) = &entry.value.data else {
        return (!entry.value.is_unset()).then_some(entry);
    };
    if !arms.iter().any(|a| a.value.is_unset()) {
        return Some(entry);
    }
    let there = run.store.any(arms.iter().filter(|a| !a.value.is_unset()).map(|a| a.guard));
    let guard = run.store.and(entry.guard, there);
    let value = run.store.given(&entry.value, there);
    (!guard.is_false()).then_some(Entry { guard, value, ..entry })
}

/// `principals` blocks: a map from type to identifiers, `"*"` for everyone.
fn principals(run: &Run<'_>, blocks: &Value) -> Value {
    let Some(list) = blocks.as_list() else { return blocks.clone() };
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = list.rest;
    for member in in_set_order(list, &["identifiers", "type"]) {
        let Some(map) = member.value.as_map() else { continue };
        let Some(ids) = map.get("identifiers") else { continue };
        let ids = falling(run, &with_variables(&strings(run, &ids.value)));
        let kind = map.get("type").map_or_else(Value::absent, |e| e.value.clone());
        for (guard, kind) in run.store.arms(&kind) {
            let guard = run.store.and(member.guard, guard);
            match &kind.data {
                Data::String(kind) => {
                    if kind == "*"
                        && member.guard.is_true()
                        && list.members.len() == 1
                        && matches!(&ids.data, Data::List(l)
                            if matches!(l.members.as_slice(), [m] if m.value.as_str().is_some_and(|s| s == "*")))
                    {
                        return one_or_many(run, &ids);
                    }
                    let same = entries.iter_mut().find(|e| e.key == *kind && e.guard == guard);
                    match same {
                        Some(same) => same.value = concat(&same.value, &ids),
                        None => entries.push(Entry {
                            key: kind.clone(),
                            key_origin: member.value.origin,
                            guard,
                            value: ids.clone(),
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
        entry.value = one_or_many(run, &entry.value);
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    Value { data: Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest })), ..blocks.clone() }
}

/// The members of a set of blocks in the order in which Terraform hands them to the provider: by their arguments, in
/// the order of their names. Blocks with anything unknown come last.
fn in_set_order<'v>(list: &'v List, names: &[&str]) -> Vec<&'v Member> {
    let key = |member: &Member| -> Option<String> {
        let map = member.value.as_map()?;
        let mut key = String::new();
        for name in names {
            let texts: Vec<&Str> = match map.get(name).map(|e| &e.value.data) {
                Some(Data::String(text)) => vec![text],
                Some(Data::List(list)) => {
                    key.push('[');
                    let mut texts =
                        list.members.iter().map(|m| m.value.as_str()).collect::<Option<Vec<_>>>()?;
                    if *name == "identifiers" {
                        texts.sort_unstable();
                        texts.dedup();
                    }
                    texts
                }
                _ => return None,
            };
            for text in texts {
                key.push_str(&super::algebra::json_string(text));
                key.push(';');
            }
            key.push_str("];");
        }
        Some(key)
    };
    let mut members: Vec<(bool, Option<String>, &Member)> = list
        .members
        .iter()
        .map(|member| {
            let key = key(member);
            (key.is_none(), key, member)
        })
        .collect();
    members.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    members.into_iter().map(|(_, _, member)| member).collect()
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
    for member in in_set_order(list, &["test", "values", "variable"]) {
        let Some(map) = member.value.as_map() else { continue };
        let text = |name: &str| map.get(name).and_then(|e| e.value.as_str().cloned());
        let (Some(test), Some(variable)) = (text("test"), text("variable")) else {
            for id in run.store.unknowns_in(&member.value) {
                rest.get_or_insert(id);
            }
            continue;
        };
        let values = map
            .get("values")
            .map_or_else(Value::absent, |e| one_or_many(run, &with_variables(&strings(run, &e.value))));
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
    operators.sort_by(|a, b| a.key.cmp(&b.key));
    for operator in &mut operators {
        operator.value = with_entries(&operator.value, Entry::clone);
    }
    let map = Map { kind: MapKind::Object, entries: operators, rest };
    Value { data: Data::Map(Arc::new(map)), ..blocks.clone() }
}
