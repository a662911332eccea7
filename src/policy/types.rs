//! The types that expressions of a page have: from the registry's shapes, with the values that a property allows.

use std::sync::Arc;

use crate::Str;
use crate::model::registry::{self, Shape, ShapeId, Type};

/// A type.
#[derive(Clone, Debug)]
pub(super) enum Ty {
    /// Anything: JSON, results that are not known more exactly.
    Any,
    /// `null`, something absent.
    Null,
    /// A truth value.
    Bool,
    /// A number.
    Number,
    /// A string.
    String(Option<Arc<Enum>>),
    /// A list.
    List(Box<Ty>),
    /// A map.
    Map(Box<Ty>),
    /// An object of a registry type.
    Object(Arc<Type>, ShapeId),
    /// An object with fixed fields, of a function's result.
    Struct(&'static Record),
    /// A resource of one of these types; none: of any.
    Resource(Arc<[Arc<Type>]>),
    /// A Terraform variable or template parameter.
    Input,
}

/// A string property with a fixed set of values.
#[derive(Debug)]
pub(super) struct Enum {
    /// The property's name, for messages.
    pub(super) property: Str,
    /// The values.
    pub(super) values: Vec<Str>,
}

/// An object that a function returns.
#[derive(Debug)]
pub(super) struct Record {
    /// What it is, for messages: `a statement`.
    pub(super) what: &'static str,
    /// Its fields.
    pub(super) fields: &'static [(&'static str, Simple)],
}

/// A field's type in a [`Record`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Simple {
    Any,
    Bool,
    String,
    Strings,
    StringLists,
}

impl Simple {
    fn ty(self) -> Ty {
        match self {
            Simple::Any => Ty::Any,
            Simple::Bool => Ty::Bool,
            Simple::String => Ty::String(None),
            Simple::Strings => Ty::List(Box::new(Ty::String(None))),
            Simple::StringLists => Ty::Map(Box::new(Ty::List(Box::new(Ty::String(None))))),
        }
    }
}

/// A statement as `statements(…)` and its kin return it.
pub(super) static STATEMENT: Record = Record {
    what: "a statement",
    fields: &[
        ("Action", Simple::Strings),
        ("Condition", Simple::Any),
        ("Effect", Simple::String),
        ("NotAction", Simple::Strings),
        ("NotPrincipal", Simple::StringLists),
        ("NotResource", Simple::Strings),
        ("Principal", Simple::StringLists),
        ("Resource", Simple::Strings),
        ("Sid", Simple::String),
    ],
};

/// An entry as `plaintext_secrets(…)` returns it.
pub(super) static SECRET: Record =
    Record { what: "an entry", fields: &[("key", Simple::String), ("value", Simple::Any)] };

/// The lower-case members of a resource.
pub(super) const RESOURCE_MEMBERS: [(&str, Simple); 10] = [
    ("name", Simple::String),
    ("address", Simple::String),
    ("type", Simple::String),
    ("declared_as", Simple::String),
    ("exists", Simple::Bool),
    ("managed", Simple::Bool),
    ("presence", Simple::String),
    ("region", Simple::String),
    ("meta", Simple::Any),
    ("values", Simple::Any),
];

/// The members of an input.
pub(super) const INPUT_MEMBERS: [(&str, Simple); 8] = [
    ("name", Simple::String),
    ("address", Simple::String),
    ("type", Simple::String),
    ("default", Simple::Any),
    ("sensitive", Simple::Bool),
    ("description", Simple::String),
    ("declared_as", Simple::String),
    ("value", Simple::Any),
];

/// Why a member can't be taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoMember {
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Ty {
    /// What is in lists of lists.
    pub(super) fn innermost(self) -> Ty {
        match self {
            Ty::List(inner) => inner.innermost(),
            other => other,
        }
    }

    /// The type of a shape; `property` names it in messages.
    pub(super) fn of(of: &Arc<Type>, id: ShapeId, property: &str) -> Ty {
        Ty::of_depth(of, id, property, 0)
    }

    fn of_depth(of: &Arc<Type>, id: ShapeId, property: &str, depth: usize) -> Ty {
        if depth > 16 {
            return Ty::Any;
        }
        let inner = |id: ShapeId| Box::new(Ty::of_depth(of, id, property, depth + 1));
        match of.shape(id) {
            None | Some(Shape::Json) => Ty::Any,
            Some(Shape::Boolean) => Ty::Bool,
            Some(Shape::Integer | Shape::Number) => Ty::Number,
            Some(Shape::String(values)) if values.is_empty() => Ty::String(None),
            Some(Shape::String(values)) => {
                Ty::String(Some(Arc::new(Enum { property: property.into(), values: values.clone() })))
            }
            Some(Shape::List { items, .. }) => Ty::List(inner(*items)),
            Some(Shape::Map(items)) => Ty::Map(inner(*items)),
            Some(Shape::Object(_)) => Ty::Object(Arc::clone(of), id),
        }
    }

    /// A resource of one type.
    pub(super) fn resource(of: &Arc<Type>) -> Ty {
        Ty::Resource(Arc::from([Arc::clone(of)]))
    }

    /// What it is, for messages.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Ty::Any => "a value",
            Ty::Null => "null",
            Ty::Bool => "a truth value",
            Ty::Number => "a number",
            Ty::String(_) => "a string",
            Ty::List(_) => "a list",
            Ty::Map(_) => "a map",
            Ty::Object(..) => "an object",
            Ty::Struct(record) => record.what,
            Ty::Resource(_) => "a resource",
            Ty::Input => "an input",
        }
    }

    /// The elements of a list or map.
    pub(super) fn element(&self) -> Ty {
        match self {
            Ty::List(inner) | Ty::Map(inner) => (**inner).clone(),
            _ => Ty::Any,
        }
    }

    /// The same kind of thing, as far as comparing and combining goes.
    pub(super) fn join(self, other: Ty) -> Ty {
        match (self, other) {
            (Ty::Null, x) | (x, Ty::Null) => x,
            (Ty::Bool, Ty::Bool) => Ty::Bool,
            (Ty::Number, Ty::Number) => Ty::Number,
            (Ty::String(_), Ty::String(_)) => Ty::String(None),
            (Ty::List(a), Ty::List(b)) => Ty::List(Box::new(a.join(*b))),
            (Ty::Map(a), Ty::Map(b)) => Ty::Map(Box::new(a.join(*b))),
            (Ty::Object(a, i), Ty::Object(b, j)) if i == j && a.name == b.name => Ty::Object(a, i),
            (Ty::Struct(a), Ty::Struct(b)) if std::ptr::eq(a, b) => Ty::Struct(a),
            (Ty::Resource(a), Ty::Resource(b)) if Arc::ptr_eq(&a, &b) => Ty::Resource(a),
            _ => Ty::Any,
        }
    }

    /// The type of a member.
    pub(super) fn member(&self, name: &str) -> Result<Ty, NoMember> {
        match self {
            Ty::Any | Ty::Null => Ok(Ty::Any),
            Ty::Map(inner) => Ok((**inner).clone()),
            Ty::Object(of, id) => field(of, *id, name),
            Ty::Struct(record) => match record.fields.iter().find(|(field, _)| *field == name) {
                Some((_, simple)) => Ok(simple.ty()),
                None => Err(NoMember {
                    message: format!("{} has no member `{name}`", record.what),
                    help: suggest(name, record.fields.iter().map(|(n, _)| Str::from(*n)).collect()),
                }),
            },
            Ty::Input => match INPUT_MEMBERS.iter().find(|(member, _)| *member == name) {
                Some((_, simple)) => Ok(simple.ty()),
                None => Err(NoMember {
                    message: format!("an input has no member `{name}`"),
                    help: suggest(name, INPUT_MEMBERS.iter().map(|(n, _)| Str::from(*n)).collect()),
                }),
            },
            Ty::Resource(types) => resource_member(types, name),
            Ty::List(_) => Err(NoMember {
                message: format!("`{name}` is taken from a list"),
                help: Some(format!("take it from each element: `[*].{name}`, or use a `for` expression")),
            }),
            Ty::Bool | Ty::Number | Ty::String(_) => {
                Err(NoMember { message: format!("`{name}` is taken from {}", self.what()), help: None })
            }
        }
    }
}

fn resource_member(types: &[Arc<Type>], name: &str) -> Result<Ty, NoMember> {
    if let Some((_, simple)) = RESOURCE_MEMBERS.iter().find(|(member, _)| *member == name) {
        return Ok(simple.ty());
    }
    let mut first = None;
    for of in types {
        match field(of, ShapeId(0), name) {
            Ok(ty) => return Ok(ty),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    match first {
        None if name.starts_with(|c: char| c.is_ascii_uppercase()) => Ok(Ty::Any),
        Some(error) if name.starts_with(|c: char| c.is_ascii_uppercase()) => Err(error),
        error => Err(NoMember {
            message: format!("a resource has no member `{name}`"),
            help: suggest(name, RESOURCE_MEMBERS.iter().map(|(n, _)| Str::from(*n)).collect())
                .or(error.and_then(|e| e.help))
                .or_else(|| {
                    Some("properties are named as the CloudFormation registry does, in PascalCase".into())
                }),
        }),
    }
}

fn field(of: &Arc<Type>, id: ShapeId, name: &str) -> Result<Ty, NoMember> {
    if let Some(field) = of.field(id, name) {
        return Ok(Ty::of(of, field.shape, name));
    }
    let names: Vec<Str> = match of.shape(id) {
        Some(Shape::Object(fields)) => fields.iter().map(|f| f.name.clone()).collect(),
        _ => Vec::new(),
    };
    let message = if id == ShapeId(0) {
        format!("`{}` has no property `{name}`", of.name)
    } else {
        format!("there is no property `{name}` here in `{}`", of.name)
    };
    Err(NoMember { message, help: suggest(name, names) })
}

/// "did you mean", or what there is, if it is not much.
pub(super) fn suggest(name: &str, candidates: Vec<Str>) -> Option<String> {
    if let Some(best) = registry::closest(name, &candidates) {
        return Some(format!("did you mean `{best}`?"));
    }
    // A name that contains the other is meant often: `Encryption` for `BucketEncryption`.
    let lower = name.to_lowercase();
    let contains =
        |c: &&Str| c.to_lowercase().contains(lower.as_str()) || lower.contains(c.to_lowercase().as_str());
    if name.len() > 2
        && let Some(best) = candidates.iter().find(contains)
    {
        return Some(format!("did you mean `{best}`?"));
    }
    if candidates.is_empty() || candidates.len() > 24 {
        return None;
    }
    let list = candidates.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    Some(format!("there is {list}"))
}

/// Follows a path without indices through objects, lists and maps: `Rules.Status`.
///
/// # Errors
/// The first step that does not exist.
pub(super) fn follow(of: &Arc<Type>, path: &str) -> Result<Ty, NoMember> {
    let mut ty = Ty::resource(of);
    for step in path.split('.') {
        while let Ty::List(inner) = ty {
            ty = *inner;
        }
        let name = step.trim_end_matches("[]");
        ty = match &ty {
            Ty::Resource(types) => match types.first() {
                Some(of) => field(of, ShapeId(0), name)?,
                None => Ty::Any,
            },
            other => other.member(name)?,
        };
    }
    Ok(ty)
}
