//! Names that the type of a resource does not have: CloudFormation refuses them, so nothing is said by them. Warnings,
//! since the rest of the resource is understood. Terraform's arguments are not judged: the provider gains new ones every
//! week, the schema at hand ends with version 6.25.

use crate::Str;
use crate::eval::{Data, Entry, Instance, Store, Value};
use crate::source::{Diagnostic, Span};

use super::super::registry::{self, Shape, ShapeId, Type, closest};

/// How deep values are followed.
const MAX_DEPTH: u32 = 50;

/// What an instance of a registry type sets that its type does not have.
pub fn unknown_names(store: &Store, instance: &Instance) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let declared = instance.info.type_name.as_str();
    if declared.contains("::")
        && let Some(of) = registry::get(declared)
    {
        let mut names = Names { store, owner: declared, span: instance.header, out: &mut out };
        names.walk(&of, ShapeId(0), &instance.values, 0);
    }
    out
}

struct Names<'n> {
    store: &'n Store,
    owner: &'n str,
    span: Span,
    out: &'n mut Vec<Diagnostic>,
}

impl Names<'_> {
    fn walk(&mut self, of: &Type, id: ShapeId, value: &Value, depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        match (of.shape(id), &value.data) {
            (_, Data::Choice(arms)) => {
                for arm in arms.iter() {
                    self.walk(of, id, &arm.value, depth + 1);
                }
            }
            (Some(Shape::Object(fields)), Data::Map(map)) => {
                for entry in &map.entries {
                    match of.field(id, &entry.key) {
                        Some(field) => self.walk(of, field.shape, &entry.value, depth + 1),
                        // Transforms leave their own keys behind.
                        None if entry.key.starts_with("Fn::") => {}
                        None => {
                            let names: Vec<Str> = fields.iter().map(|f| f.name.clone()).collect();
                            self.report(entry, &names);
                        }
                    }
                }
            }
            (Some(Shape::List { items, .. }), Data::List(list)) => {
                for member in &list.members {
                    self.walk(of, *items, &member.value, depth + 1);
                }
            }
            (Some(Shape::Map(items)), Data::Map(map)) => {
                for entry in &map.entries {
                    self.walk(of, *items, &entry.value, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn report(&mut self, entry: &Entry, names: &[Str]) {
        if entry.value.is_unset() {
            return;
        }
        let span = self.store.place(entry.key_origin).unwrap_or(self.span);
        let message = format!("`{}` has no property `{}`", self.owner, entry.key);
        let mut diagnostic = Diagnostic::warning("unknown-property", message, span);
        if let Some(like) = closest(&entry.key, names) {
            diagnostic = diagnostic.with_help(format!("did you mean `{like}`?"));
        }
        self.out.push(diagnostic);
    }
}
