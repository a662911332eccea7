//! Resources and module calls: their instances, what a reference to them means, and evaluating all of them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, Expr, Resource, TypeExpr};
use crate::source::Span;

use super::data_sources;
use super::guard::Guard;
use super::instance::{Instance, InstanceId, InstanceInfo, InstanceKey};
use super::names::Env;
use super::order::{Part, order};
use super::repeat::Shape;
use super::run::{Caller, Each, Frame, ModuleInstance, Run, State, resource_address};
use super::site::Site;
use super::store::{Reference, UnknownId, UnknownKind};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// The key under which a mapping holds what stands for all members with unknown keys.
pub(super) const SYMBOLIC: &str = "[*]";

/// What an instance handle stands for.
#[derive(Clone)]
pub(super) enum Slot<'p> {
    /// An instance of a resource.
    Resource { module: Rc<ModuleInstance<'p>>, resource: &'p Resource, one: Rc<One> },
    /// An instance of a called module.
    Module(Rc<ModuleInstance<'p>>),
    /// A called module that is not there, and why.
    Missing(UnknownId),
}

/// One instance of a block.
pub(super) struct One {
    pub(super) id: InstanceId,
    pub(super) key: InstanceKey,
    /// When it exists, given that its module does.
    pub(super) guard: Guard,
    pub(super) each: Each,
    /// Attributes and groups of blocks that were asked for alone.
    pub(super) attributes: RefCell<Vec<State<Value>>>,
    /// All of it.
    pub(super) body: OnceCell<Value>,
}

/// The instances of a resource or call.
pub(super) struct Expansion<'p> {
    pub(super) ones: Vec<Rc<One>>,
    /// The instances of a module call, by the same numbers.
    pub(super) modules: Vec<Option<Rc<ModuleInstance<'p>>>>,
    /// What a reference to the block means.
    pub(super) value: Value,
    /// What `count` or `for_each` was read from.
    pub(super) reads: Vec<Reference>,
}

impl<'p> Run<'p> {
    /// The instances of a resource.
    pub(super) fn expansion(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        at: usize,
        span: Span,
    ) -> Rc<Expansion<'p>> {
        let frame = Frame::Expansion(module.number, at);
        self.once(
            frame,
            span,
            &module.expansions,
            at,
            || self.under(module.exists, || self.expand_resource(module, at)),
            |v| Rc::new(dead(v)),
        )
    }

    /// What a reference to a resource means. In a plan the instances of one block are resources of their own: together
    /// they are the collection.
    pub(super) fn reference_value(&self, module: &Rc<ModuleInstance<'p>>, at: usize, span: Span) -> Value {
        let Some(siblings) = module.index.siblings.get(&at) else {
            return self.expansion(module, at, span).value.clone();
        };
        if let Some(known) = self.collections.borrow().get(&(module.number, at)) {
            return known.clone();
        }
        let mut ones: Vec<Rc<One>> =
            siblings.iter().flat_map(|&at| self.expansion(module, at, span).ones.clone()).collect();
        ones.sort_by(|a, b| a.key.cmp(&b.key));
        let indexed = ones.iter().all(|one| matches!(one.key, InstanceKey::Index(_)));
        let shape = if indexed { Shape::List } else { Shape::Map };
        let value = self.expansion_value(&ones, &shape, None, span);
        self.collections.borrow_mut().insert((module.number, at), value.clone());
        value
    }

    fn expand_resource(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Rc<Expansion<'p>> {
        let Some(resource) = module.index.module.resources.get(at) else {
            return Rc::new(dead(Value::absent()));
        };
        let plain =
            resource_address(module.index.module.dialect, resource.mode, &resource.type_name, &resource.name);
        let base = join_address(&module.address, &plain);
        let plans = self.plans(module, &resource.repeat, &base, resource.header);
        let mut ones = Vec::with_capacity(plans.plans.len());
        for plan in plans.plans {
            let id = self.store.intern_instance(InstanceInfo {
                address: key_address(&base, &plan.key),
                module: module.address.clone(),
                mode: resource.mode,
                type_name: resource.type_name.clone(),
                name: resource.name.clone(),
                key: plan.key.clone(),
            });
            let one = Rc::new(One {
                id,
                key: plan.key,
                guard: plan.guard,
                each: Each { this: Some(id), ..plan.each },
                attributes: RefCell::default(),
                body: OnceCell::new(),
            });
            self.set_slot(id, Slot::Resource { module: Rc::clone(module), resource, one: Rc::clone(&one) });
            ones.push(one);
        }
        let value = self.expansion_value(&ones, &plans.shape, plans.rest, resource.header);
        Rc::new(Expansion { ones, modules: Vec::new(), value, reads: plans.reads })
    }

    /// The instances of a module call.
    pub(super) fn called(&self, module: &Rc<ModuleInstance<'p>>, at: usize, span: Span) -> Rc<Expansion<'p>> {
        let frame = Frame::Call(module.number, at);
        let work = || self.under(module.exists, || self.expand_call(module, at));
        self.once(frame, span, &module.called, at, work, |v| Rc::new(dead(v)))
    }

    fn expand_call(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Rc<Expansion<'p>> {
        let Some((_, call)) = module.index.module.calls.get_index(at) else {
            return Rc::new(dead(Value::absent()));
        };
        let dialect = module.index.module.dialect;
        let plain = match dialect {
            Dialect::Terraform => format!("module.{}", call.name),
            _ => call.name.to_string(),
        };
        let base = join_address(&module.address, &plain);
        let plans = self.plans(module, &call.repeat, &base, call.header);
        let (mut ones, mut modules) = (Vec::new(), Vec::new());
        for plan in plans.plans {
            let address = key_address(&base, &plan.key);
            let id = self.module_handle(&address, &module.address, &call.name, plan.key.clone());
            let exists = self.store.and(module.exists, plan.guard);
            let caller = Caller { module: Rc::clone(module), call, each: plan.each.clone() };
            let mut calls = module.calls.clone();
            if !caller.imports() {
                calls.push(call.header);
            }
            let made = self.call_target(call).and_then(|target| {
                self.module_instance(target, address.clone(), Some(caller), exists, calls)
            });
            let slot = match &made {
                Some(made) => Slot::Module(Rc::clone(made)),
                None => {
                    let reason = format!("{address} is not there: its outputs are unknown");
                    Slot::Missing(self.store.unknown(
                        UnknownKind::Reason { span: Some(call.header), reason: Str::from(reason) },
                        false,
                        TypeExpr::Any,
                    ))
                }
            };
            self.set_slot(id, slot);
            ones.push(Rc::new(One {
                id,
                key: plan.key,
                guard: plan.guard,
                each: plan.each,
                attributes: RefCell::default(),
                body: OnceCell::new(),
            }));
            modules.push(made);
        }
        let value = self.expansion_value(&ones, &plans.shape, plans.rest, call.header);
        Rc::new(Expansion { ones, modules, value, reads: plans.reads })
    }

    fn set_slot(&self, id: InstanceId, slot: Slot<'p>) {
        let mut slots = self.slots.borrow_mut();
        let at = id.0 as usize;
        if slots.len() <= at {
            slots.resize_with(at + 1, || None);
        }
        if let Some(place) = slots.get_mut(at) {
            *place = Some(slot);
        }
    }

    pub(super) fn slot(&self, id: InstanceId) -> Option<Slot<'p>> {
        self.slots.borrow().get(id.0 as usize).cloned().flatten()
    }

    fn expansion_value(
        &self,
        ones: &[Rc<One>],
        shape: &Shape,
        rest: Option<UnknownId>,
        header: Span,
    ) -> Value {
        let origin = self.store.literal_origin(header);
        let instance = |one: &One| Value::new(Data::Instance(one.id), origin);
        match shape {
            Shape::One => ones.first().map_or_else(Value::absent, |one| instance(one)),
            Shape::List => {
                let members = ones.iter().map(|one| Member { guard: one.guard, value: instance(one) });
                let list = List { kind: ListKind::Tuple, members: members.collect(), rest };
                Value::new(Data::List(Arc::new(list)), origin)
            }
            Shape::Map => {
                let entries = ones.iter().map(|one| Entry {
                    key: match &one.key {
                        InstanceKey::Name(name) => name.clone(),
                        _ => Str::from(SYMBOLIC),
                    },
                    key_origin: origin,
                    guard: one.guard,
                    value: instance(one),
                });
                let map = Map { kind: MapKind::Object, entries: entries.collect(), rest };
                Value::new(Data::Map(Arc::new(map)), origin)
            }
        }
    }

    // All of it

    /// Evaluates all instances of a module instance and of what it calls, in order.
    pub(super) fn instances(&self, module: &Rc<ModuleInstance<'p>>, out: &mut Vec<Instance>) {
        let declared = module.index.module;
        self.deep_first(module);
        self.module_contracts(module);
        for (at, resource) in declared.resources.iter().enumerate() {
            let expansion = self.expansion(module, at, resource.header);
            let scope = self.scope(module, resource);
            for one in &expansion.ones {
                let values = self.whole_body(module, resource, one);
                let values = self.with_given(values, resource, one);
                let Some(info) = self.store.instance(one.id) else { continue };
                let exists = self.store.assumed(self.store.and(module.exists, one.guard));
                // Only what it is where it exists matters.
                let values = if exists.is_open() { self.store.given(&values, exists) } else { values };
                self.hand_to_stack(declared, resource, &info, exists, &values);
                let unset = unset(resource, &values);
                let meta = self.meta(module, resource, one);
                if exists.is_true() {
                    self.resource_contracts(one.id, resource, &meta);
                    self.no_ephemeral(one.id, resource, &values);
                    self.policy_texts(one.id, resource, &values);
                }
                out.push(Instance {
                    id: one.id,
                    info,
                    exists,
                    values,
                    unset,
                    meta,
                    header: resource.header,
                    span: resource.span,
                    calls: module.calls.clone(),
                    foreign: module.foreign.clone(),
                    depends_on: self.depends_on(module, &resource.depends_on, one, &expansion.reads),
                    scope: Arc::clone(&scope),
                });
            }
        }
        for (at, call) in declared.calls.values().enumerate() {
            let called = self.called(module, at, call.header);
            for (one, _) in called.ones.iter().zip(&called.modules).filter(|(_, made)| made.is_none()) {
                self.hand_over(module, call, one);
            }
            for inner in called.modules.iter().flatten() {
                self.name_conditions(inner);
                self.instances(inner, out);
                // Outputs that nobody reads may still be wrong.
                for output in 0..inner.index.module.outputs.len() {
                    self.output(inner, output);
                }
            }
        }
    }

    /// A data source holds what it gives without anyone being asked.
    pub(super) fn with_given(&self, values: Value, resource: &'p Resource, one: &Rc<One>) -> Value {
        if !data_sources::is_native(resource) {
            return values;
        }
        let Some(map) = values.as_map() else { return values };
        let mut entries = map.entries.clone();
        for (name, value) in data_sources::all(self, one.id, resource) {
            entries.retain(|e| e.key != name);
            let key_origin = value.origin;
            entries.push(Entry { key: Str::from(name), key_origin, guard: Guard::TRUE, value });
        }
        let map = Map { kind: map.kind, entries, rest: map.rest };
        Value { data: Data::Map(Arc::new(map)), ..values }
    }

    /// The evaluated body of a resource instance.
    pub(super) fn plain_body(&self, id: InstanceId) -> Option<Value> {
        match self.slot(id)? {
            Slot::Resource { module, resource, one } => Some(self.whole_body(&module, resource, &one)),
            _ => None,
        }
    }

    /// Evaluates a large module's parts in an order in which each finds what it names.
    fn deep_first(&self, module: &Rc<ModuleInstance<'p>>) {
        let declared = module.index.module;
        for part in order(&module.index) {
            match part {
                Part::Local(at) => {
                    self.local(module, at);
                }
                Part::Call(at) => {
                    let Some((_, call)) = declared.calls.get_index(at) else { continue };
                    for inner in self.called(module, at, call.header).modules.iter().flatten() {
                        (0..inner.index.module.inputs.len()).for_each(|at| drop(self.input(inner, at)));
                        (0..inner.index.module.outputs.len()).for_each(|at| drop(self.output(inner, at)));
                    }
                }
                Part::Resource(at) => {
                    let Some(resource) = declared.resources.get(at) else { continue };
                    for one in &self.expansion(module, at, resource.header).ones {
                        self.whole_body(module, resource, one);
                    }
                }
            }
        }
    }

    fn meta(&self, module: &Rc<ModuleInstance<'p>>, resource: &'p Resource, one: &Rc<One>) -> Value {
        if resource.meta.attributes.is_empty() && resource.meta.blocks.is_empty() {
            return Value::object([]);
        }
        let site = Site { run: self, module, each: &one.each };
        let span = resource.meta.span.unwrap_or(resource.span);
        let exists = self.store.and(module.exists, one.guard);
        self.under(exists, || self.body_value(&resource.meta, span, Env::new(&site)))
    }

    fn depends_on(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        exprs: &'p [Expr],
        one: &Rc<One>,
        reads: &[Reference],
    ) -> Vec<InstanceId> {
        let mut ids: Vec<InstanceId> = reads.iter().map(|r| r.instance).collect();
        for expr in exprs {
            if let Ok(value) = self.eval_in(module, &one.each, expr) {
                instances_in(&value, &mut ids);
            }
        }
        ids.retain(|id| *id != one.id && matches!(self.slot(*id), Some(Slot::Resource { .. })));
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// The arguments that are set to null, which a body's value does not have.
fn unset(resource: &Resource, values: &Value) -> Vec<Str> {
    let Some(map) = values.as_map() else { return Vec::new() };
    // Mostly every argument is there, in the same order.
    let mut entries = map.entries.iter();
    let mut missing = |name: &Str| {
        let next = entries.find(|entry| entry.key == *name);
        if next.is_none() {
            entries = map.entries.iter();
            return map.get(name).is_none();
        }
        false
    };
    resource.body.attributes.iter().map(|a| &a.name).filter(|name| missing(name)).cloned().collect()
}

fn dead<'p>(value: Value) -> Expansion<'p> {
    Expansion { ones: Vec::new(), modules: Vec::new(), value, reads: Vec::new() }
}

fn instances_in(value: &Value, ids: &mut Vec<InstanceId>) {
    match &value.data {
        Data::Instance(id) => ids.push(*id),
        Data::List(list) => list.members.iter().for_each(|m| instances_in(&m.value, ids)),
        Data::Map(map) => map.entries.iter().for_each(|e| instances_in(&e.value, ids)),
        Data::Choice(arms) => arms.iter().for_each(|a| instances_in(&a.value, ids)),
        _ => {}
    }
}

fn join_address(module: &Str, name: &str) -> Str {
    if module.is_empty() { Str::from(name) } else { Str::from(format!("{module}.{name}")) }
}

fn key_address(base: &Str, key: &InstanceKey) -> Str {
    match key {
        InstanceKey::None => base.clone(),
        InstanceKey::Index(n) => Str::from(format!("{base}[{n}]")),
        InstanceKey::Name(name) => Str::from(format!("{base}[{}]", quoted(name))),
        InstanceKey::Each => Str::from(format!("{base}{SYMBOLIC}")),
    }
}

/// A key as Terraform prints it.
fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Where a template would begin.
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
