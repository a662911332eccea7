//! Names that the type of a resource does not have, values of a wrong type, required properties that are not there:
//! CloudFormation refuses them, so nothing is said by them. Warnings, since the rest of the resource is understood.
//! Terraform's arguments are not judged: the provider gains new ones every week, the schema at hand ends with version
//! 6.25.

use crate::Str;
use crate::eval::{Data, Entry, Instance, Map, Number, Store, Value};
use crate::source::{Diagnostic, Span};

use super::super::registry::{self, Field, Shape, ShapeId, Type, closest};

/// How deep values are followed.
const MAX_DEPTH: u32 = 50;

/// What an instance of a registry type sets that its type does not have, and what it sets wrongly.
pub fn unknown_names(store: &Store, instance: &Instance) -> Vec<Diagnostic> {
    checked(store, instance, true)
}

/// As [`unknown_names`], without what is missing: for a resource that was made of another one.
pub fn unknown_names_of_made(store: &Store, instance: &Instance) -> Vec<Diagnostic> {
    checked(store, instance, false)
}

fn checked(store: &Store, instance: &Instance, missing: bool) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let declared = instance.info.type_name.as_str();
    // The Serverless types are what a transform takes, not what the registry does; a custom resource has the properties
    // that its own provider wants (the registry has `AWS::CloudFormation::CustomResource` with a token alone).
    if declared.contains("::")
        && !declared.starts_with("AWS::Serverless::")
        && declared != "AWS::CloudFormation::CustomResource"
        && let Some(of) = registry::get(declared)
    {
        let mut names = Names { store, owner: declared, missing, out: &mut out };
        names.walk(&of, ShapeId(0), At { property: "", span: instance.header }, &instance.values, 0);
    }
    out
}

struct Names<'n> {
    store: &'n Store,
    owner: &'n str,
    /// Whether required properties are asked for.
    missing: bool,
    out: &'n mut Vec<Diagnostic>,
}

/// What a value is the value of.
#[derive(Clone, Copy)]
struct At<'a> {
    /// The name of the property, empty for the resource itself.
    property: &'a str,
    /// Where that is written: a whole map or list is too much to point at.
    span: Span,
}

impl Names<'_> {
    fn walk(&mut self, of: &Type, id: ShapeId, at: At<'_>, value: &Value, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        match (of.shape(id), &value.data) {
            (_, Data::Choice(arms)) => {
                for arm in arms.iter() {
                    self.walk(of, id, at, &arm.value, depth + 1);
                }
            }
            (Some(Shape::Object(fields)), Data::Map(map)) => {
                if self.missing
                    && map.rest.is_none()
                    && !map.entries.iter().any(|e| e.key.starts_with("Fn::"))
                {
                    self.required(fields, map, at);
                }
                for entry in &map.entries {
                    let inside = self.inside(at, entry);
                    match of.field(id, &entry.key) {
                        Some(field) => self.walk(of, field.shape, inside, &entry.value, depth + 1),
                        // Transforms leave their own keys behind.
                        None if entry.key.starts_with("Fn::") => {}
                        None => {
                            let names: Vec<Str> = fields.iter().map(|f| f.name.clone()).collect();
                            self.report(entry, inside.span, &names);
                        }
                    }
                }
            }
            (Some(Shape::List { items, .. }), Data::List(list)) => {
                for member in &list.members {
                    let first = member.value.as_map().and_then(|map| map.entries.first());
                    let span = first.map_or(at.span, |entry| self.inside(at, entry).span);
                    self.walk(of, *items, At { span, ..at }, &member.value, depth + 1);
                }
            }
            (Some(Shape::Map(items)), Data::Map(map)) => {
                for entry in &map.entries {
                    self.walk(of, *items, self.inside(at, entry), &entry.value, depth + 1);
                }
            }
            (Some(shape), _) => self.wrong_type(shape, at, value),
            _ => {}
        }
    }

    /// An entry of what stands at a place.
    fn inside<'e>(&self, at: At<'_>, entry: &'e Entry) -> At<'e> {
        At { property: &entry.key, span: self.store.place(entry.key_origin).unwrap_or(at.span) }
    }

    fn required(&mut self, fields: &[Field], map: &Map, at: At<'_>) {
        for field in fields.iter().filter(|f| f.required && f.default.is_none()) {
            if map.get(&field.name).is_some_and(|e| !matches!(e.value.data, Data::Absent)) {
                continue;
            }
            let message = match at.property {
                "" => format!("`{}` needs `{}`", self.owner, field.name),
                property => format!("`{property}` of `{}` needs `{}`", self.owner, field.name),
            };
            self.out.push(Diagnostic::warning("missing-property", message, at.span));
        }
    }

    fn wrong_type(&mut self, shape: &Shape, at: At<'_>, value: &Value) {
        let text = || self.store.string_of(value);
        let wanted = match (shape, &value.data) {
            // a path that `aws cloudformation package` puts into a bucket
            (Shape::Object(fields), Data::String(_))
                if fields.iter().any(|f| matches!(f.name.as_str(), "S3Bucket" | "Bucket")) =>
            {
                return;
            }
            (Shape::List { .. }, Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::Map(_)) => {
                "a list"
            }
            (Shape::Object(_), Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::List(_)) => "a map",
            (Shape::String(_), Data::List(_) | Data::Map(_)) => "a string",
            (Shape::Boolean, Data::List(_) | Data::Map(_) | Data::Number(_)) => "true or false",
            (Shape::Boolean, Data::String(_))
                if !text().is_some_and(|t| ["true", "false"].contains(&t.to_lowercase().as_str())) =>
            {
                "true or false"
            }
            (Shape::Integer | Shape::Number, Data::List(_) | Data::Map(_) | Data::Bool(_)) => "a number",
            (Shape::Integer | Shape::Number, Data::String(_))
                if text().is_some_and(|t| Number::parse(t.trim()).is_none() && !t.contains("{{")) =>
            {
                "a number"
            }
            _ => return,
        };
        let Some(span) = self.store.place(value.origin) else { return };
        let message = match at.property {
            "" => format!("`{}` wants {wanted} here", self.owner),
            property => format!("`{property}` of `{}` wants {wanted}", self.owner),
        };
        self.out.push(Diagnostic::warning("wrong-type", message, span));
    }

    fn report(&mut self, entry: &Entry, span: Span, names: &[Str]) {
        if entry.value.is_unset() {
            return;
        }
        let message = format!("`{}` has no property `{}`", self.owner, entry.key);
        let mut diagnostic = Diagnostic::warning("unknown-property", message, span);
        if let Some(like) = closest(&entry.key, names) {
            diagnostic = diagnostic.with_help(format!("did you mean `{like}`?"));
        }
        self.out.push(diagnostic);
    }
}
