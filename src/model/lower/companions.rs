//! What resources contribute to others: the part of companions that needs the tables.

use super::{Context, Contributed, Element, Guard, Object, SmallVec, Store, Str, Value};
use super::{compile, compiled, conform, registry, source};
use crate::eval::{Data, InstanceId, Origin};

/// A declared contribution of one resource, without the owner.
pub(in crate::model) struct Declared {
    pub(in crate::model) owners: Vec<Str>,
    pub(in crate::model) owner: Vec<Contributed>,
    pub(in crate::model) argument: Str,
    pub(in crate::model) path: Str,
    pub(in crate::model) append: bool,
    pub(in crate::model) values: Vec<Contributed>,
}

/// What the tables of a type declare for a resource with these values.
pub(in crate::model) fn declared(
    store: &Store,
    type_name: &str,
    own: Option<InstanceId>,
    values: &Value,
    majors: (u32, u32),
    origin: Origin,
) -> Vec<Declared> {
    let Some(table) = compiled(type_name) else { return Vec::new() };
    let own = own.unwrap_or(InstanceId(u32::MAX));
    let context = Context { store, of: None, own, majors, origin };
    table.companions.iter().filter_map(|companion| one(&context, companion, values)).collect()
}

/// The properties of a type that resources of another contribute to.
pub(in crate::model) fn paths(type_name: &str, owner: &str) -> Vec<Str> {
    let Some(table) = compiled(type_name) else { return Vec::new() };
    let to_owner = table.companions.iter().filter(|c| c.owners.iter().any(|o| o == owner));
    to_owner.map(|c| Str::from(compile::text(&c.path).trim_end_matches("[]"))).collect()
}

fn one(context: &Context<'_>, companion: &compile::Companion, values: &Value) -> Option<Declared> {
    let store = context.store;
    let holds = context.condition(companion.when.as_ref(), values).yes;
    if holds.is_false() {
        return None;
    }
    let mut owner: Vec<Contributed> = Vec::new();
    for found in source::follow(store, values, &companion.argument, holds) {
        for element in source::elements(store, &found.value, found.guard) {
            match element {
                Element::One(guard, value) => owner.push((guard, value)),
                // A list nobody knows may name anything; a single unknown is the owner itself.
                Element::Rest(guard, _, part) => {
                    let whole = matches!(found.value.data, Data::Unknown(_) | Data::Choice(_));
                    owner.push((guard, if whole { found.value.clone() } else { part }));
                }
            }
        }
    }
    let owner_type = companion.owners.first().and_then(|o| registry::get(o));
    let shape = owner_type.as_ref().and_then(|of| {
        let text = compile::text(&companion.path);
        let text =
            if companion.append { format!("{}[]", text.trim_end_matches("[]")) } else { text.to_string() };
        of.property(&text).map(|p| p.id)
    });
    let mut out = Vec::new();
    let scope = &companion.scope;
    let whole: SmallVec<[&compile::Rule; 1]> = scope.rules.iter().filter(|r| r.target.is_empty()).collect();
    if whole.is_empty() {
        for (variant, guard) in context.variants(scope, values, holds) {
            let mut object = Object::new(values.origin);
            context.scope(scope, values, guard, &mut object);
            if let Some((path, key_origin, value)) = variant {
                object.put(store, path, guard, key_origin, value);
            }
            out.push((guard, object.finish(store, guard)));
        }
    }
    for rule in whole {
        let holds = store.and(holds, context.condition(rule.when.as_ref(), values).yes);
        for found in source::follow(store, values, &rule.source, holds) {
            let members = match rule.expand || rule.below.is_some() {
                true => source::elements(store, &found.value, found.guard),
                false => vec![Element::One(found.guard, found.value)],
            };
            for member in members {
                let (Element::One(guard, value) | Element::Rest(guard, _, value)) = member;
                let value = match &rule.below {
                    Some(below) => {
                        let mut object = Object::new(value.origin);
                        context.scope(below, &value, guard, &mut object);
                        object.finish(store, guard)
                    }
                    None => context.lower(rule, &value),
                };
                if !value.is_unset() {
                    out.push((guard, value));
                }
            }
        }
    }
    if let (Some(of), Some(shape)) = (&owner_type, shape) {
        let conform = conform::Conform { store, of, absent: &[], fallback: context.origin };
        for (_, value) in &mut out {
            *value = conform.part(shape, std::mem::replace(value, Value::absent()));
        }
    }
    out.retain(|(guard, _): &(Guard, Value)| !guard.is_false());
    Some(Declared {
        owners: companion.owners.clone(),
        owner,
        argument: companion.argument.join(".").into(),
        path: compile::text(&companion.path),
        append: companion.append,
        values: out,
    })
}
