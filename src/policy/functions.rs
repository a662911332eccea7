//! The questions that pages ask beside Terraform's functions: about values, about references, about what AWS means.

use crate::Str;
use crate::aws::scope;
use crate::eval::{Data, Failure, Marks, Member, Origin, Store, Truth, UnknownId, UnknownKind, Value, Via};
use crate::graph::Relations;
use crate::model::ResourceId;
use crate::program::{Mode, TypeExpr};
use crate::source::Span;

use super::aws_functions;
use super::constants::HAS_MEMBERS;
use super::run::{PageNames, list_of};
use super::subject;

type Answer = Result<Value, Failure>;

/// Answers a call, if it is one of the pages' own functions.
pub(super) fn call(names: &PageNames<'_>, name: &str, args: &[Value], span: Span) -> Option<Answer> {
    let store = names.store;
    Some(Ok(match (name, args) {
        ("absent", [x]) => truth(store, absent(store, x), name, args),
        ("explicit", [x]) => truth(store, explicit(store, x), name, args),
        (HAS_MEMBERS, [x]) => truth(store, has_members(store, x), "length", args),
        ("attribute", [of, attribute]) => {
            let Some(id) = resource_arg(names, of) else { return Some(Err(not_a_resource(name, span))) };
            subject::reference(names.graph, store, id, attribute.as_str().map_or("", Str::as_str))
        }
        ("known", [x]) => Value::bool(known(store, x)),
        ("referrers" | "refers", [of, types, path @ ..]) => {
            let Some(id) = resource_arg(names, of) else { return Some(Err(not_a_resource(name, span))) };
            let types = texts(types);
            let types: Vec<&str> = types.iter().map(Str::as_str).collect();
            let path = path.first().and_then(Value::as_str).map(Str::as_str);
            let relations = match name {
                "referrers" => names.graph.referrers(id, &types, path),
                _ => names.graph.refers(id, &types, path),
            };
            resources_value(relations)
        }
        ("default_of", [of, type_name]) => {
            let Some(id) = resource_arg(names, of) else { return Some(Err(not_a_resource(name, span))) };
            resources_value(names.graph.default_of(id, type_name.as_str().map_or("", Str::as_str)))
        }
        ("in_scope", [of, type_name]) => {
            let Some(id) = resource_arg(names, of) else { return Some(Err(not_a_resource(name, span))) };
            let type_name = type_name.as_str().map_or("", Str::as_str);
            resources_value(scope::in_scope(names.graph, id, type_name))
        }
        ("resources", [types]) => {
            let mut members = Vec::new();
            for name in texts(types) {
                for id in names.graph.of_type(&name) {
                    if let Some(resource) = names.graph.resource(*id).filter(|r| r.mode == Mode::Managed) {
                        members.push(Member { guard: resource.exists, value: subject::resource_value(*id) });
                    }
                }
            }
            list_of(members, None)
        }
        _ => return aws_functions::call(names, name, args, span),
    }))
}

pub(super) fn not_a_resource(name: &str, span: Span) -> Failure {
    Failure::new("page-type", format!("`{name}` asks about a resource"), span)
}

pub(super) fn resource_arg(names: &PageNames<'_>, value: &Value) -> Option<ResourceId> {
    match value.data {
        Data::Instance(instance) => subject::resource_of(names.graph, instance),
        _ => None,
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Vec<Str> {
    match &value.data {
        Data::String(text) => vec![text.clone()],
        Data::List(list) => list.members.iter().filter_map(|m| m.value.as_str().cloned()).collect(),
        _ => Vec::new(),
    }
}

fn resources_value(relations: Relations) -> Value {
    let members = relations
        .members
        .into_iter()
        .map(|related| Member { guard: related.guard, value: subject::resource_value(related.id) })
        .collect();
    list_of(members, relations.open)
}

/// A truth as a value; where it is not known, an unknown that says which question was asked and depends on what the
/// arguments do.
pub(super) fn truth(store: &Store, truth: Truth, name: &str, args: &[Value]) -> Value {
    store.truth_value(truth, Origin::NONE, Marks::NONE, || open(store, name, args))
}

/// The unknown answer of a question.
pub(super) fn open(store: &Store, name: &str, args: &[Value]) -> UnknownId {
    let mut on = Vec::new();
    for arg in args {
        for id in store.unknowns_in(arg) {
            if !on.contains(&id) {
                on.push(id);
            }
        }
    }
    let text = match args.first() {
        Some(arg) => format!("{name}({})", store.text_of(arg)),
        None => format!("{name}()"),
    };
    let text: Str = text.chars().take(200).collect::<String>().into();
    store.unknown(UnknownKind::Derived { text, on }, true, TypeExpr::Bool)
}

/// Nobody set it, and there is no documented default. An unknown that may be null may be absent.
fn absent(store: &Store, value: &Value) -> Truth {
    match &value.data {
        Data::Absent | Data::Null => Truth::YES,
        Data::Choice(arms) => {
            store.truth_any(arms.iter().map(|arm| (arm.guard, absent(store, &arm.value))), false)
        }
        Data::Unknown(_) => store.equal(value, &Value::absent(), crate::program::Dialect::Policy),
        _ => Truth::NO,
    }
}

/// It is written somewhere.
fn explicit(store: &Store, value: &Value) -> Truth {
    match &value.data {
        Data::Choice(arms) => {
            store.truth_any(arms.iter().map(|arm| (arm.guard, explicit(store, &arm.value))), false)
        }
        Data::Absent | Data::Null => Truth::NO,
        _ if store.origin_step(value.origin).is_some_and(|step| step.via == Via::Default) => Truth::NO,
        Data::Unknown(_) => !absent(store, value),
        _ => Truth::YES,
    }
}

/// Whether a collection has a member; a text, a character.
fn has_members(store: &Store, value: &Value) -> Truth {
    let any = |guards: &mut dyn Iterator<Item = crate::eval::Guard>, rest: bool| {
        store.truth_any(guards.map(|guard| (guard, Truth::YES)), rest)
    };
    match &value.data {
        Data::List(list) => any(&mut list.members.iter().map(|m| m.guard), list.rest.is_some()),
        Data::Map(map) => any(&mut map.entries.iter().map(|e| e.guard), map.rest.is_some()),
        Data::String(text) => Truth::of(!text.is_empty()),
        Data::Choice(arms) => {
            store.truth_any(arms.iter().map(|arm| (arm.guard, has_members(store, &arm.value))), false)
        }
        Data::Absent | Data::Null => Truth::NO,
        _ => Truth::UNKNOWN,
    }
}

fn known(store: &Store, value: &Value) -> bool {
    store.unknowns_in(value).is_empty()
}
