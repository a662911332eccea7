//! Locals, conditions and outputs of modules.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::Dialect;
use crate::source::Span;

use super::guard::{Guard, Truth};
use super::run::{Each, Frame, ModuleInstance, Run, State};
use super::value::{Data, Value};

impl<'p> Run<'p> {
    /// The value of a module instance's local. Long chains of locals are evaluated from their end.
    pub(super) fn local(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let is_new = |i: usize| matches!(module.locals.borrow().get(i), Some(State::New));
        if is_new(at) {
            let mut stack = vec![(at, 0usize)];
            let mut seen: FxHashSet<usize> = FxHashSet::default();
            let mut on_path: FxHashSet<usize> = FxHashSet::default();
            let mut order = Vec::new();
            seen.insert(at);
            on_path.insert(at);
            while let Some((local, next)) = stack.pop() {
                let uses = module.index.local_uses.get(local).map(Vec::as_slice).unwrap_or_default();
                match uses.get(next) {
                    Some(&used) => {
                        stack.push((local, next + 1));
                        let busy = matches!(module.locals.borrow().get(used), Some(State::Busy));
                        if busy || on_path.contains(&used) {
                            // A cycle: found again, with its path, by plain recursion.
                            order.clear();
                            break;
                        }
                        if is_new(used) && seen.insert(used) {
                            on_path.insert(used);
                            stack.push((used, 0));
                        }
                    }
                    None => {
                        on_path.remove(&local);
                        order.push(local);
                    }
                }
            }
            for local in order {
                self.local_now(module, local);
            }
        }
        self.local_now(module, at)
    }

    /// Evaluates one local of each cycle among those that nothing asked for: the cycle is an error all the same.
    pub(super) fn idle_cycles(&self, module: &Rc<ModuleInstance<'p>>) {
        let is_new = |i: usize| matches!(module.locals.borrow().get(i), Some(State::New));
        let count = module.index.module.locals.len();
        // not seen; on the path; done
        let mut seen = vec![0u8; count];
        for at in (0..count).filter(|&at| is_new(at)).collect::<Vec<_>>() {
            let mut path = vec![(at, 0usize)];
            while let Some((local, next)) = path.pop() {
                let Some(mark) = seen.get_mut(local).filter(|mark| next > 0 || **mark == 0) else { continue };
                let uses = module.index.local_uses.get(local).map(Vec::as_slice).unwrap_or_default();
                let Some(&used) = uses.get(next) else {
                    *mark = 2;
                    continue;
                };
                *mark = 1;
                path.push((local, next + 1));
                match seen.get(used) {
                    Some(1) if is_new(used) => drop(self.local(module, used)),
                    Some(0) if is_new(used) => path.push((used, 0)),
                    _ => {}
                }
            }
        }
    }

    fn local_now(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, local)) = module.index.module.locals.get_index(at) else { return Value::absent() };
        let frame = Frame::Local(module.number, at);
        let work = || self.under(module.exists, || self.bind_in(module, &Each::default(), &local.value));
        self.once(frame, local.name_span, &module.locals, at, work, |v| v)
    }

    /// Gives the conditions of a template their names.
    pub(super) fn name_conditions(&self, module: &Rc<ModuleInstance<'p>>) {
        if module.index.module.dialect != Dialect::CloudFormation {
            return;
        }
        for (at, name) in module.index.module.locals.keys().enumerate() {
            let Some(name) = name.strip_prefix("Conditions/") else { continue };
            let value = self.local(module, at);
            let truth = Truth::from_value(self.store, &value);
            let guard = match &value.data {
                Data::Unknown(id) if truth == Truth::UNKNOWN => self.store.opaque(*id),
                _ => truth.yes,
            };
            if guard.is_open() {
                let name = if module.address.is_empty() {
                    Str::from(name)
                } else {
                    Str::from(format!("{}.{name}", module.address))
                };
                self.store.name_condition(guard, &name);
            }
        }
    }

    // Outputs

    pub(super) fn output(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, output)) = module.index.module.outputs.get_index(at) else { return Value::absent() };
        let work = || {
            let exists = output.condition.as_ref().map(|condition| {
                let decided = self.bind_in(module, &Each::default(), condition);
                self.guard_of(&decided, condition.span)
            });
            if exists.is_some_and(Guard::is_false) {
                return Value::absent();
            }
            let mut value = self.bind_in(module, &Each::default(), &output.value);
            if output.sensitive {
                value.marks = self.store.mark_sensitive(value.marks);
            }
            if let Some(exists) = exists {
                let not = self.store.not(exists);
                value = self.store.choice([(exists, value), (not, Value::absent())]);
            }
            value
        };
        let work = || self.under(module.exists, work);
        let frame = Frame::Output(module.number, at);
        self.once(frame, output.name_span, &module.outputs, at, work, |v| v)
    }

    /// When a condition's value is true. Failing is reported and opaque.
    pub(super) fn guard_of(&self, value: &Value, span: Span) -> Guard {
        match self.evaluator.condition(value, span) {
            Ok(truth) => truth.yes,
            Err(failure) => {
                let unknown = self.give_up(failure);
                match unknown.data {
                    Data::Unknown(id) => self.store.opaque(id),
                    _ => Guard::TRUE,
                }
            }
        }
    }
}
