//! A property gets a value: in a companion that says it, in the resource, or in a new companion.

use std::cell::RefCell;

use crate::Str;
use crate::eval::{Data, Value};
use crate::model::lower::{self, NoWay};
use crate::model::{Presence, ResourceId, terraform_schema};

use super::super::path::{Step, element, follow, path_names, path_text, put_plain};
use super::super::why::Why;
use super::super::write::{Held, resource};
use super::sam::as_declared;
use super::{NEW, Raise, written};

/// Arguments of one resource, as they are and as they will be: all changes of a fix to it together.
pub(super) struct Pending {
    whose: Whose,
    old: Value,
    new: Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Whose {
    Resource(ResourceId),
    /// A companion that is not there yet, and the argument of it that names the owner.
    Companion(Str, Str),
}

impl Raise<'_, '_> {
    /// Gives a property a value where it is said: in a companion that says it, in the resource, or in a new companion.
    pub(super) fn put(&mut self, steps: &[Step], value: &Value) -> Result<(), Why> {
        let names = path_names(steps);
        self.judge(self.subject, &names);
        let touched = (self.subject.address.clone(), names.clone());
        if !self.out.touched.contains(&touched) {
            self.out.touched.push(touched);
        }
        self.owners_too();
        let graph = &self.writer.linked.graph;
        let companions = self.companions(&names);
        let current = follow(&self.writer.store().given(&self.subject.properties, self.fail), steps);
        let own = current.as_ref().is_some_and(|v| {
            written(self.writer, v)
                && self.writer.store().place(v.origin).is_some_and(|s| self.subject.span.contains(s))
        });
        if !own && !companions.is_empty() {
            let mut result = Err(Why::new("no companion says this"));
            for companion in companions {
                let done = self.put_companion(companion, steps, value);
                if done.is_ok() || result.is_err() {
                    result = done;
                }
            }
            return result;
        }
        if !own
            && let Some(place) = self.place(&names)
            && let Some(declared) = place.split(' ').next()
            && terraform_schema::get(declared).is_some()
        {
            return self.new_companion(declared, steps, value);
        }
        if self.subject.presence != Presence::Written {
            return Err(Why::new("the resource is not declared here"));
        }
        let subject = self.subject;
        let at = self.pending(Whose::Resource(subject.id), &subject.values);
        let Some(pending) = self.pending.get_mut(at) else { return Ok(()) };
        let old = &pending.new;
        let element = element(steps);
        let declared = self.subject.declared_as.clone();
        let new = if declared.contains("::") {
            let written = self.writer.declared_type(subject).unwrap_or(declared);
            let steps = as_declared(subject, &written, steps)?;
            // What is made of the same declaration may change with it.
            if written != subject.type_name {
                let made = graph.resources.iter().filter(|r| r.span == subject.span && r.id != subject.id);
                self.out.touched.extend(made.map(|r| (r.address.clone(), Vec::new())));
            }
            put_plain(old, &steps, value)?
        } else {
            let put = |values: &Value, path: &str, value: &Value| {
                lower::put_at(&declared, values, path, element, value)
            };
            assign(&put, old, &path_text(steps), value)?
        };
        pending.new = new;
        Ok(())
    }

    /// The changes of a resource so far.
    fn pending(&mut self, whose: Whose, values: &Value) -> usize {
        if let Some(at) = self.pending.iter().position(|p| p.whose == whose) {
            return at;
        }
        let old = self.writer.store().given(values, self.fail);
        self.pending.push(Pending { whose, new: old.clone(), old });
        self.pending.len() - 1
    }

    /// Writes what has changed.
    pub(super) fn settle(&mut self) -> Result<(), Why> {
        for pending in std::mem::take(&mut self.pending) {
            match pending.whose {
                Whose::Resource(id) => {
                    let held = Held::new(resource(self.writer.linked, id)?);
                    let mut path = Vec::new();
                    let ops = &mut self.out.ops;
                    self.writer.change(held.target(), &pending.old, &pending.new, &mut path, ops)?;
                }
                Whose::Companion(declared, by) => {
                    let (op, address) = self.writer.companion(self.subject, &declared, &by, &pending.new)?;
                    self.out.ops.push(op);
                    self.out.added.push(address);
                }
            }
        }
        Ok(())
    }

    /// Companions that say the property, or something around or inside it.
    fn companions(&self, names: &[Str]) -> Vec<ResourceId> {
        let graph = &self.writer.linked.graph;
        let mut found = Vec::new();
        for contribution in graph.contributions_to(self.subject.id) {
            let meets = contribution.path.iter().zip(names).all(|(a, b)| a == b);
            if meets
                && contribution.path.len() <= names.len()
                && self.writer.store().compatible(contribution.guard, self.fail)
                && !found.contains(&contribution.companion)
            {
                found.push(contribution.companion);
            }
        }
        found
    }

    fn put_companion(&mut self, id: ResourceId, steps: &[Step], value: &Value) -> Result<(), Why> {
        let companion = resource(self.writer.linked, id)?;
        let at = self.pending(Whose::Resource(id), &companion.values);
        let Some(pending) = self.pending.get_mut(at) else { return Ok(()) };
        let (declared, owner) = (companion.declared_as.clone(), self.subject.type_name.clone());
        let put = |values: &Value, path: &str, value: &Value| {
            lower::put_companion(&declared, values, &owner, path, value).map(|c| c.values)
        };
        pending.new = assign(&put, &pending.new, &path_text(steps), value)?;
        self.out.touched.push((companion.address.clone(), Vec::new()));
        Ok(())
    }

    /// Where the tables say that a property which is not set is written.
    fn place(&self, names: &[Str]) -> Option<Str> {
        if self.subject.declared_as.contains("::") {
            return None;
        }
        let major = self.subject.scope.provider_major.1;
        (1..=names.len()).rev().find_map(|n| {
            let path = names.get(..n)?.join(".");
            lower::place(&self.subject.declared_as, &path, major).map(|p| p.source)
        })
    }

    fn new_companion(&mut self, declared: &str, steps: &[Step], value: &Value) -> Result<(), Why> {
        if self.subject.presence != Presence::Written {
            return Err(Why::new("the owner is not declared here"));
        }
        let owner = self.subject.type_name.clone();
        let by = RefCell::new(Str::new());
        let put = |values: &Value, path: &str, value: &Value| {
            lower::put_companion(declared, values, &owner, path, value).map(|c| {
                *by.borrow_mut() = c.by;
                c.values
            })
        };
        let known = self
            .pending
            .iter()
            .position(|p| matches!(&p.whose, Whose::Companion(name, _) if name == declared));
        let before = known.and_then(|at| self.pending.get(at)).map_or(Value::object([]), |p| p.new.clone());
        let new = assign(&put, &before, &path_text(steps), value)?;
        match known.and_then(|at| self.pending.get_mut(at)) {
            Some(pending) => pending.new = new,
            None => {
                let whose = Whose::Companion(declared.into(), by.into_inner());
                self.pending.push(Pending { whose, old: Value::object([]), new });
            }
        }
        Ok(())
    }
}

/// [`lower::put`] for whole objects and lists too: member by member where no rule takes them at once.
pub(super) fn assign(
    put: &dyn Fn(&Value, &str, &Value) -> Result<Value, NoWay>,
    values: &Value,
    path: &str,
    value: &Value,
) -> Result<Value, NoWay> {
    let problem = match put(values, path, value) {
        Ok(done) => return Ok(done),
        Err(problem) => problem,
    };
    match &value.data {
        Data::Map(map) if !map.entries.is_empty() => {
            // The first member makes a new element, the others belong to it.
            let new = format!("[{NEW}]");
            let last = path.strip_suffix(&new).map(|p| format!("{p}[^]"));
            map.entries.iter().enumerate().try_fold(values.clone(), |all, (at, e)| {
                let path = last.as_deref().filter(|_| at > 0).unwrap_or(path);
                assign(put, &all, &format!("{path}.{}", e.key), &e.value)
            })
        }
        Data::List(list) if !list.members.is_empty() && !path.contains(['.', '[']) => {
            // A list that is set is what it was set to and nothing else: it is made anew.
            let nothing = Value::object([]);
            let fresh =
                list.members.iter().enumerate().try_fold(nothing, |all, (at, m)| {
                    assign(put, &all, &format!("{path}[{at}]"), &m.value)
                })?;
            let mut out = values.clone();
            for entry in fresh.as_map().map(|m| m.entries.as_slice()).unwrap_or_default() {
                out = put_plain(&out, &[Step::Name(entry.key.clone())], &entry.value)?;
            }
            Ok(out)
        }
        Data::List(list) if !list.members.is_empty() => {
            list.members.iter().enumerate().try_fold(values.clone(), |all, (at, m)| {
                assign(put, &all, &format!("{path}[{at}]"), &m.value)
            })
        }
        _ => Err(problem),
    }
}
