//! Resources and inputs as values of page expressions.
//!
//! A resource is a `Data::Instance` whose handle stands for the [`ResourceId`]: also resources that nobody wrote have
//! one. Its attributes are read from the registry properties when an expression asks.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Data, Env, Evaluator, Failure, Guard, InstanceId, List, Map, Names, Origin, Reference, Store,
    UnknownKind, Value,
};
use crate::graph::Graph;
use crate::model::{Presence, Resource, ResourceId};
use crate::program::{self, Dialect, Mode, Root, TypeExpr};
use crate::source::Span;

/// Handles from here on stand for resources of the graph; instances of the program are numbered from 0.
const RESOURCES: u32 = 0x8000_0000;

/// A resource as a value.
pub(super) fn resource_value(id: ResourceId) -> Value {
    Value::new(Data::Instance(InstanceId(id.0 | RESOURCES)), Origin::NONE)
}

/// The resource that a value of kind instance means.
pub(super) fn resource_of(graph: &Graph, instance: InstanceId) -> Option<ResourceId> {
    if instance.0 & RESOURCES != 0 {
        return Some(ResourceId(instance.0 & !RESOURCES));
    }
    graph.by_instance.get(&instance).copied()
}

/// A value for the source: resources in it are the instances that the source declares.
pub(super) fn declared(graph: &Graph, value: &Value) -> Value {
    let data = match &value.data {
        Data::Instance(instance) => {
            match resource_of(graph, *instance).and_then(|id| graph.resource(id)?.instance) {
                Some(instance) => Data::Instance(instance),
                None => return Value::absent(),
            }
        }
        Data::List(list) => {
            let mut list = List::clone(list);
            for member in &mut list.members {
                member.value = declared(graph, &member.value);
            }
            Data::List(Arc::new(list))
        }
        Data::Map(map) => {
            let mut map = Map::clone(map);
            for entry in &mut map.entries {
                entry.value = declared(graph, &entry.value);
            }
            Data::Map(Arc::new(map))
        }
        _ => return value.clone(),
    };
    Value { data, ..value.clone() }
}

/// A reference to an attribute of a resource, by its registry name; absent for what nobody declares.
pub(super) fn reference(graph: &Graph, store: &Store, id: ResourceId, name: &str) -> Value {
    let Some(instance) = graph.resource(id).and_then(|r| r.instance) else { return Value::absent() };
    let kind = UnknownKind::Attribute(Reference { instance, attribute: Str::from(name) });
    Value::new(Data::Unknown(store.unknown(kind, false, TypeExpr::Any)), Origin::NONE)
}

/// An attribute of a resource: a lower-case member or a registry property.
pub(super) fn attribute(graph: &Graph, store: &Store, instance: InstanceId, name: &str) -> Value {
    let Some(resource) = resource_of(graph, instance).and_then(|id| graph.resource(id)) else {
        return Value::absent();
    };
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return member(store, resource, name);
    }
    property(store, &resource.properties, name)
}

/// All properties of a resource.
pub(super) fn object(graph: &Graph, instance: InstanceId) -> Value {
    match resource_of(graph, instance).and_then(|id| graph.resource(id)) {
        Some(resource) => resource.properties.clone(),
        None => Value::absent(),
    }
}

fn member(store: &Store, resource: &Resource, name: &str) -> Value {
    match name {
        "name" => Value::string(resource.name.clone()),
        "address" => Value::string(resource.address.clone()),
        "type" => Value::string(resource.type_name.clone()),
        "declared_as" => Value::string(resource.declared_as.clone()),
        "managed" => Value::bool(resource.mode == Mode::Managed),
        "presence" => Value::string(match resource.presence {
            Presence::Written => "written",
            Presence::Elsewhere => "elsewhere",
            Presence::Implied => "implied",
            Presence::Assumed => "assumed",
        }),
        "exists" => {
            let no = store.not(resource.exists);
            store.choice([(resource.exists, Value::bool(true)), (no, Value::bool(false))])
        }
        "region" => crate::aws::scope::region(resource).cloned().unwrap_or_else(Value::absent),
        "meta" => resource.meta.clone(),
        "values" => resource.values.clone(),
        _ => Value::absent(),
    }
}

/// A property of an object value; absent where it is not there, a choice where it may be.
fn property(store: &Store, of: &Value, name: &str) -> Value {
    match &of.data {
        Data::Map(map) => entry(store, map, name),
        Data::Choice(arms) => {
            let taken: Vec<_> =
                arms.iter().map(|arm| (arm.guard, property(store, &arm.value, name))).collect();
            store.choice(taken)
        }
        Data::Unknown(id) => {
            let kind = UnknownKind::Part { of: *id, step: Str::from(format!(".{name}")) };
            let part = store.unknown(kind, false, TypeExpr::Any);
            Value::new(Data::Unknown(part), of.origin)
        }
        _ => Value::absent(),
    }
}

fn entry(store: &Store, map: &Map, name: &str) -> Value {
    let mut covered = Guard::FALSE;
    let mut arms = Vec::new();
    for found in map.all(name) {
        if found.guard.is_true() {
            return found.value.clone();
        }
        covered = store.or(covered, found.guard);
        arms.push((found.guard, found.value.clone()));
    }
    let rest = match map.rest {
        None => map.left_out(name),
        Some(id) => {
            let kind = UnknownKind::Part { of: id, step: Str::from(format!(".{name}")) };
            Value::new(Data::Unknown(store.unknown(kind, false, TypeExpr::Any)), Origin::NONE)
        }
    };
    if arms.is_empty() {
        return rest;
    }
    arms.push((store.not(covered), rest));
    store.choice(arms)
}

/// A variable or parameter of a root, to run policies about inputs on.
#[derive(Clone, Copy, Debug)]
pub struct InputSubject<'a> {
    /// The declaration.
    pub input: &'a program::Input,
    /// Its language.
    pub dialect: Dialect,
    /// What it comes to, if it was evaluated.
    pub value: Option<&'a Value>,
    /// The default as a value, where it was evaluated already; else its expression is evaluated when a page asks.
    pub default: Option<&'a Value>,
}

impl InputSubject<'_> {
    /// The address as the user's own tool prints it: `var.NAME`, or the parameter's name.
    pub fn address(&self) -> Str {
        match self.dialect {
            Dialect::Terraform => Str::from(format!("var.{}", self.input.name)),
            _ => self.input.name.clone(),
        }
    }

    /// `variable` or `parameter`.
    pub fn declared_as(&self) -> &'static str {
        match self.dialect {
            Dialect::Terraform => "variable",
            _ => "parameter",
        }
    }

    /// The default: an expression without references.
    fn default_value(&self, store: &Store) -> Value {
        struct Nothing;
        impl Names for Nothing {
            fn root(&self, _root: &Root, span: Span) -> Result<Value, Failure> {
                Err(Failure::new("invalid-default", "a default refers to nothing", span))
            }
        }
        if let Some(value) = self.default {
            return value.clone();
        }
        let Some(expr) = &self.input.default else { return Value::absent() };
        match Evaluator::new(store, self.dialect).eval(expr, Env::new(&Nothing)) {
            Ok(value) => value,
            Err(failure) => {
                let id = store.reason(Some(expr.span), failure.message());
                Value::new(Data::Unknown(id), Origin::NONE)
            }
        }
    }

    pub(super) fn object(&self, store: &Store) -> Value {
        let input = self.input;
        let text = |name: &str| {
            let found = input.body.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name));
            found.and_then(|a| a.value.as_string().cloned()).map_or_else(Value::absent, Value::string)
        };
        let type_name = match self.dialect {
            Dialect::Terraform => match &input.type_expr {
                Some(of) => Value::string(type_text(of)),
                None => Value::absent(),
            },
            _ => text("Type"),
        };
        Value::object([
            ("name".into(), Value::string(input.name.clone())),
            ("address".into(), Value::string(self.address())),
            ("type".into(), type_name),
            ("default".into(), self.default_value(store)),
            ("sensitive".into(), Value::bool(input.sensitive)),
            ("description".into(), text("description")),
            ("declared_as".into(), Value::string(self.declared_as())),
            ("value".into(), self.value.cloned().unwrap_or_else(Value::absent)),
        ])
    }
}

fn type_text(of: &TypeExpr) -> &'static str {
    match of {
        TypeExpr::Any => "any",
        TypeExpr::String => "string",
        TypeExpr::Number => "number",
        TypeExpr::Bool => "bool",
        TypeExpr::List(_) => "list",
        TypeExpr::Set(_) => "set",
        TypeExpr::Map(_) => "map",
        TypeExpr::Tuple(_) => "tuple",
        TypeExpr::Object(_) => "object",
    }
}
