//! Resources and module calls: how many instances there are and when, and what is in them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Attribute, Block, Body, Dialect, Expr, Repeat, Resource, TypeExpr};
use crate::source::Span;

use super::evaluator::literal_data;
use super::guard::Guard;
use super::instance::{Instance, InstanceId, InstanceInfo, InstanceKey};
use super::names::{BUDGET, Binding, Env, Failure};
use super::number::Number;
use super::policy_document;
use super::run::{Caller, Each, Frame, ModuleInstance, Run, Site, State, resource_address};
use super::store::{Origin, Reference, UnknownId, UnknownKind, Via};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// The most instances that one `count` makes.
const MAX_COUNT: i64 = 10_000;
/// The most instances of one root.
const MAX_INSTANCES: usize = 400_000;
/// The most references that a value inherits when it is read through a resource's attribute.
const MAX_INHERITED: usize = 32;
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
    attributes: RefCell<Vec<State<Value>>>,
    /// All of it.
    body: OnceCell<Value>,
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

/// One instance to be, before it has a handle.
struct Plan {
    key: InstanceKey,
    guard: Guard,
    each: Each,
}

/// All instances to be.
struct Plans {
    plans: Vec<Plan>,
    /// There may be others that nobody knows.
    rest: Option<UnknownId>,
    shape: Shape,
    reads: Vec<Reference>,
}

enum Shape {
    One,
    List,
    Map,
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
            || self.expand_resource(module, at),
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
        self.once(frame, span, &module.called, at, || self.expand_call(module, at), |v| Rc::new(dead(v)))
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
            calls.push(call.header);
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

    // How many

    fn plans(&self, module: &Rc<ModuleInstance<'p>>, repeat: &'p Repeat, base: &str, header: Span) -> Plans {
        let none = Each::default();
        let single = |key: InstanceKey, guard: Guard| Plans {
            plans: vec![Plan { key, guard, each: Each::default() }],
            rest: None,
            shape: Shape::One,
            reads: Vec::new(),
        };
        let mut plans = match repeat {
            Repeat::One => single(InstanceKey::None, Guard::TRUE),
            Repeat::Key(literal) => match literal_data(literal) {
                Data::Number(n) => single(InstanceKey::Index(n.as_i64().unwrap_or(0)), Guard::TRUE),
                Data::String(s) => single(InstanceKey::Name(s), Guard::TRUE),
                _ => single(InstanceKey::None, Guard::TRUE),
            },
            Repeat::Condition(expr) => {
                let decided = self.bind_in(module, &none, expr);
                single(InstanceKey::None, self.guard_of(&decided, expr.span))
            }
            Repeat::Count(expr) => {
                let value = self.bind_in(module, &none, expr);
                let mut plans = self.count_plans(&value, expr, base);
                plans.reads = self.store.deep_references(&value);
                plans
            }
            Repeat::ForEach(expr) => {
                let value = self.bind_in(module, &none, expr);
                let mut plans = self.for_each_plans(&value, expr);
                plans.reads = self.store.deep_references(&value);
                plans
            }
        };
        plans.plans.retain(|plan| !plan.guard.is_false());
        let total = self.instance_count.get() + plans.plans.len();
        if total > MAX_INSTANCES {
            self.report(
                Failure::new(
                    BUDGET,
                    format!("evaluation budget exceeded: more than {MAX_INSTANCES} instances of resources"),
                    header,
                )
                .into_diagnostic(),
            );
            plans.plans.truncate(MAX_INSTANCES.saturating_sub(self.instance_count.get()).max(1));
        }
        self.instance_count.set(total);
        plans
    }

    fn count_plans(&self, value: &Value, expr: &Expr, base: &str) -> Plans {
        let mut at_least: Vec<Guard> = Vec::new();
        let mut open = Guard::FALSE;
        let mut rest = None;
        for (guard, arm) in self.store.arms(value) {
            let number = match self.evaluator.number(&arm, expr.span) {
                Ok(Some(n)) => match n.as_i64() {
                    Some(n) if n < 0 => Err("`count` is negative".to_owned()),
                    Some(n) => Ok(Some(n)),
                    None => Err(format!("`count` must be a whole number, but it is {n}")),
                },
                Ok(None) => Ok(None),
                Err(failure) => Err(failure.message().to_owned()),
            };
            let unknown = match number {
                Ok(Some(n)) if n <= MAX_COUNT => {
                    let n = n as usize;
                    if at_least.len() < n {
                        at_least.resize(n, Guard::FALSE);
                    }
                    for slot in at_least.iter_mut().take(n) {
                        *slot = self.store.or(*slot, guard);
                    }
                    continue;
                }
                Ok(Some(n)) => {
                    let message = format!(
                        "evaluation budget exceeded: `count` is {n}, at most {MAX_COUNT} instances are made"
                    );
                    let v = self.give_up(Failure::new(BUDGET, message, expr.span));
                    open = self.store.or(open, guard);
                    unknown_of(&v)
                }
                Ok(None) => {
                    let id = match arm.data {
                        Data::Unknown(id) => id,
                        _ => {
                            let text = self.store.text_of(&arm);
                            unknown_of(&self.store.derived(&text, &[&arm], TypeExpr::Number, Origin::NONE))
                                .unwrap_or_else(|| self.store.reason(Some(expr.span), "not known"))
                        }
                    };
                    if self.store.is_failed(id) {
                        continue;
                    }
                    let text = Str::from(format!("{} > 0", self.store.unknown_name(id)));
                    let some =
                        self.store.unknown(UnknownKind::Derived { text, on: vec![id] }, true, TypeExpr::Bool);
                    let both = self.store.and(guard, self.store.opaque(some));
                    open = self.store.or(open, both);
                    Some(id)
                }
                Err(message) => {
                    let v = self.give_up(Failure::new("invalid-count", message, expr.span));
                    let id = unknown_of(&v);
                    if let Some(id) = id {
                        let both = self.store.and(guard, self.store.opaque(id));
                        open = self.store.or(open, both);
                    }
                    id
                }
            };
            rest = rest.or(unknown);
        }
        let number = |n: i64| Value {
            data: Data::Number(Number::Int(n)),
            origin: self.store.literal_origin(expr.span),
            marks: super::store::Marks::NONE,
        };
        let mut plans: Vec<Plan> = at_least
            .into_iter()
            .enumerate()
            .map(|(n, guard)| Plan {
                key: InstanceKey::Index(n as i64),
                guard,
                each: Each { index: Some(number(n as i64)), ..Each::default() },
            })
            .collect();
        if !open.is_false() {
            let id = self.store.unknown(
                UnknownKind::Derived {
                    text: Str::from(format!("count.index of {base}")),
                    on: rest.into_iter().collect(),
                },
                true,
                TypeExpr::Number,
            );
            let index = Value::new(Data::Unknown(id), self.store.literal_origin(expr.span));
            plans.push(Plan {
                key: InstanceKey::Each,
                guard: open,
                each: Each { index: Some(index), ..Each::default() },
            });
        }
        Plans { plans, rest, shape: Shape::List, reads: Vec::new() }
    }

    fn for_each_plans(&self, value: &Value, expr: &Expr) -> Plans {
        let mut plans: Vec<Plan> = Vec::new();
        let mut by_key: FxHashMap<Str, usize> = FxHashMap::default();
        let mut rest = None;
        let mut symbolic: Option<Plan> = None;
        for (arm_guard, arm) in self.store.arms(value) {
            let list_like = matches!(&arm.data, Data::List(l) if l.kind != ListKind::Set);
            let known_list = list_like && self.evaluator.dialect == Dialect::Terraform;
            let items = if known_list {
                Err(Failure::new(
                    "invalid-for-each",
                    "`for_each` takes a map or a set of strings; `toset(…)` makes a set of a list",
                    expr.span,
                ))
            } else {
                self.evaluator.iterate(&arm, expr.span)
            };
            let items = match items {
                Ok(items) => items,
                Err(failure) => {
                    let failed = matches!(arm.data, Data::Unknown(id) if self.store.is_failed(id));
                    if failed {
                        continue;
                    }
                    let v = self.give_up(failure);
                    if let Some(id) = unknown_of(&v) {
                        rest.get_or_insert(id);
                        let guard = self.store.and(arm_guard, self.store.opaque(id));
                        self.symbolic(&mut symbolic, guard, &v, &v);
                    }
                    continue;
                }
            };
            if let Some(id) = items.rest
                && !self.store.is_failed(id)
            {
                rest.get_or_insert(id);
                if items.items.is_empty() {
                    // What the members are is not known at all.
                    let unknown = Value::new(Data::Unknown(id), arm.origin);
                    let key = self.evaluator.part(id, &unknown, "[*].key", None);
                    let element = self.evaluator.part(id, &unknown, "[*]", None);
                    let guard = self.store.and(arm_guard, self.store.not_empty(id));
                    self.symbolic(&mut symbolic, guard, &key, &element);
                }
            }
            for item in items.items {
                let guard = self.store.and(arm_guard, item.guard);
                if guard.is_false() {
                    continue;
                }
                let name = match &item.key.data {
                    Data::String(name) if name != SYMBOLIC => Some(name.clone()),
                    Data::Number(n) => Some(Str::from(n.to_string())),
                    Data::Bool(b) => Some(Str::from(if *b { "true" } else { "false" })),
                    _ => None,
                };
                let Some(name) = name else {
                    if matches!(item.key.data, Data::Null) {
                        self.give_up(Failure::new(
                            "invalid-for-each",
                            "a key of `for_each` is null",
                            expr.span,
                        ));
                        continue;
                    }
                    for (key_guard, key) in self.store.arms(&item.key) {
                        let guard = self.store.and(guard, key_guard);
                        match (&key.data, guard.is_false()) {
                            (_, true) => {}
                            (Data::String(name), false) => {
                                let value = if matches!(item.value.data, Data::Choice(_)) {
                                    self.store.given(&item.value, guard)
                                } else {
                                    item.value.clone()
                                };
                                self.add_plan(
                                    &mut plans,
                                    &mut by_key,
                                    name.clone(),
                                    guard,
                                    key.clone(),
                                    value,
                                );
                            }
                            _ => self.symbolic(&mut symbolic, guard, &key, &item.value),
                        }
                    }
                    continue;
                };
                let key = Value { data: Data::String(name.clone()), ..item.key };
                self.add_plan(&mut plans, &mut by_key, name, guard, key, item.value);
            }
        }
        plans.extend(symbolic);
        Plans { plans, rest, shape: Shape::Map, reads: Vec::new() }
    }

    fn add_plan(
        &self,
        plans: &mut Vec<Plan>,
        by_key: &mut FxHashMap<Str, usize>,
        name: Str,
        guard: Guard,
        key: Value,
        value: Value,
    ) {
        let earlier = by_key.get(&name).and_then(|&at| plans.get_mut(at));
        let Some(earlier) = earlier else {
            by_key.insert(name.clone(), plans.len());
            plans.push(Plan {
                key: InstanceKey::Name(name),
                guard,
                each: Each { key: Some(key), value: Some(value), ..Each::default() },
            });
            return;
        };
        let both = match earlier.each.value.take() {
            Some(other) => {
                let own = self.store.and_not(guard, earlier.guard);
                self.store.choice([(earlier.guard, other), (own, value)])
            }
            None => value,
        };
        earlier.guard = self.store.or(earlier.guard, guard);
        // Given that it exists, the choice may be none.
        earlier.each.value = Some(self.evaluator.store.given(&both, earlier.guard));
    }

    /// Adds to the instance that stands for all with unknown keys.
    fn symbolic(&self, symbolic: &mut Option<Plan>, guard: Guard, key: &Value, value: &Value) {
        match symbolic {
            None => {
                *symbolic = Some(Plan {
                    key: InstanceKey::Each,
                    guard,
                    each: Each { key: Some(key.clone()), value: Some(value.clone()), ..Each::default() },
                });
            }
            Some(plan) => {
                plan.guard = self.store.or(plan.guard, guard);
                // Several members that nobody can tell apart: what they have in common is not worked out.
                let merge = |a: Option<Value>, b: &Value, what: &str| {
                    let a = a.unwrap_or_else(Value::absent);
                    if super::compare::same_data(&a, b) {
                        return Some(a);
                    }
                    let text = format!("{what} of {} or {}", self.store.text_of(&a), self.store.text_of(b));
                    Some(self.store.derived(&text, &[&a, b], TypeExpr::Any, a.origin))
                };
                plan.each.key = merge(plan.each.key.take(), key, "each.key");
                plan.each.value = merge(plan.each.value.take(), value, "each.value");
            }
        }
    }

    // What is in them

    /// The name and place of an attribute or group of blocks, by the number that its frame has.
    pub(super) fn attribute_name(&self, id: InstanceId, at: usize) -> Option<(String, Span)> {
        let Slot::Resource { resource, .. } = self.slot(id)? else { return None };
        let body = &resource.body;
        if let Some(attribute) = body.attributes.get(at) {
            return Some((attribute.name.to_string(), attribute.name_span));
        }
        let name = block_names(body).into_iter().nth(at - body.attributes.len())?;
        let block = body.blocks.iter().find(|b| b.name == *name)?;
        Some((name.to_string(), block.header))
    }

    /// An attribute of an instance: its value if it is set, else what only the provider knows. Marked as a reference.
    pub(super) fn attribute(&self, id: InstanceId, name: &str, span: Span) -> Value {
        let origin = self.store.literal_origin(span);
        let (module, resource, one) = match self.slot(id) {
            Some(Slot::Resource { module, resource, one }) => (module, resource, one),
            Some(Slot::Module(module)) => {
                return match module.index.module.outputs.get_index_of(name) {
                    Some(at) => self.output(&module, at),
                    None => {
                        let name = format!("{} has no output `{name}`", module.address);
                        Value::new(Data::Unknown(self.store.reason(Some(span), name)), origin)
                    }
                };
            }
            Some(Slot::Missing(unknown)) => {
                let kind = UnknownKind::Part { of: unknown, step: Str::from(format!(".{name}")) };
                let id = self.store.unknown(kind, false, TypeExpr::Any);
                return Value::new(Data::Unknown(id), origin);
            }
            None => return Value::new(Data::Unknown(self.store.reason(Some(span), "not known")), origin),
        };
        let reference = Reference { instance: id, attribute: Str::from(name) };
        let mut value = match module.index.module.dialect {
            Dialect::CloudFormation => self.computed_attribute(&reference, origin),
            _ => {
                let own = policy_document::is_one(resource)
                    .then(|| policy_document::attribute(self, id, resource, name, span))
                    .flatten();
                let is_block = !resource.body.attributes.iter().any(|a| a.name == name);
                let set = own.or_else(|| {
                    let value = self.set_attribute(&module, resource, &one, name, span)?;
                    Some(if is_block { self.with_computed_members(value, &reference) } else { value })
                });
                match set {
                    Some(value) => self.store.map_arms(&value, |v| match v.is_unset() {
                        true => self.computed_attribute(&reference, origin),
                        false => v.clone(),
                    }),
                    None => self.computed_attribute(&reference, origin),
                }
            }
        };
        // Along a chain of resources only so much is remembered of what is behind the next one.
        if self.store.reference_count(value.marks) > MAX_INHERITED {
            value.marks = self.evaluator.secrecy(&value);
        }
        let marks = self.store.mark_reference(super::store::Marks::NONE, reference);
        value.marks = self.store.union_marks(value.marks, marks);
        if let Data::Choice(arms) = &value.data {
            let arms: Vec<_> = arms
                .iter()
                .map(|arm| {
                    let mut arm = arm.clone();
                    arm.value.marks = self.store.union_marks(arm.value.marks, marks);
                    arm
                })
                .collect();
            value.data = Data::Choice(arms.into());
        }
        value
    }

    /// Blocks as a reference sees them: beside what the source sets they have attributes that the provider computes.
    fn with_computed_members(&self, value: Value, reference: &Reference) -> Value {
        match &value.data {
            Data::List(list) => {
                let mut list = List::clone(list);
                for member in &mut list.members {
                    let value = std::mem::replace(&mut member.value, Value::absent());
                    member.value = self.with_computed_members(value, reference);
                }
                Value { data: Data::List(Arc::new(list)), ..value }
            }
            Data::Map(map) if map.rest.is_none() => {
                let mut map = Map::clone(map);
                map.rest =
                    Some(self.store.unknown(UnknownKind::Attribute(reference.clone()), false, TypeExpr::Any));
                for entry in &mut map.entries {
                    if matches!(&entry.value.data, Data::List(l) if l.members.iter().all(|m| matches!(m.value.data, Data::Map(_))))
                    {
                        let value = std::mem::replace(&mut entry.value, Value::absent());
                        entry.value = self.with_computed_members(value, reference);
                    }
                }
                Value { data: Data::Map(Arc::new(map)), ..value }
            }
            _ => value,
        }
    }

    fn computed_attribute(&self, reference: &Reference, origin: Origin) -> Value {
        let name = reference.attribute.as_str();
        let type_expr = match name {
            "Ref" | "id" | "arn" | "Arn" | "name" | "url" | "endpoint" => TypeExpr::String,
            _ => TypeExpr::Any,
        };
        let not_null = matches!(name, "Ref" | "id" | "arn" | "Arn");
        let id = self.store.unknown(UnknownKind::Attribute(reference.clone()), not_null, type_expr);
        Value::new(Data::Unknown(id), origin)
    }

    /// What an attribute or group of blocks is set to; none if the source does not set it.
    pub(super) fn set_attribute(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        resource: &'p Resource,
        one: &Rc<One>,
        name: &str,
        span: Span,
    ) -> Option<Value> {
        let body = &resource.body;
        let at = match body.attributes.iter().position(|a| a.name == name) {
            Some(at) => at,
            None => body.attributes.len() + block_names(body).into_iter().position(|n| n == name)?,
        };
        if let Some(Data::Map(map)) = one.body.get().map(|v| &v.data) {
            let entries: Vec<&Entry> = map.all(name).collect();
            return match entries.as_slice() {
                [] => None,
                [only] if only.guard.is_true() => Some(only.value.clone()),
                some => {
                    let covered = self.store.any(some.iter().map(|e| e.guard));
                    let not = self.store.not(covered);
                    let arms =
                        some.iter().map(|e| (e.guard, e.value.clone())).chain([(not, Value::absent())]);
                    Some(self.store.choice(arms))
                }
            };
        }
        {
            let mut attributes = one.attributes.borrow_mut();
            if attributes.is_empty() {
                attributes.resize_with(body.attributes.len() + body.blocks.len(), State::default);
            }
        }
        let frame = Frame::Attribute(one.id, at);
        let work = || {
            let site = Site { run: self, module, each: &one.each };
            let env = Env::new(&site);
            match body.attributes.get(at) {
                Some(attribute) => self.attribute_value(attribute, env),
                None => {
                    let blocks = body.blocks.iter().filter(|b| b.name == name);
                    self.blocks_value(blocks, env).map_or_else(Value::absent, |(_, v)| v)
                }
            }
        };
        Some(self.once(frame, span, &one.attributes, at, work, |v| v))
    }

    fn attribute_value(&self, attribute: &'p Attribute, env: Env<'_>) -> Value {
        let value =
            self.evaluator.eval(&attribute.value, env).unwrap_or_else(|failure| self.give_up(failure));
        let value = self.settle(value);
        self.placed(value, attribute.value.span)
    }

    /// A value stands where it is assigned: where its origin does not say so, a step is added.
    fn placed(&self, mut value: Value, span: Span) -> Value {
        if let Data::Choice(arms) = &value.data {
            let stands = |v: &Value| self.store.place(v.origin).is_some_and(|s| span.contains(s));
            if !arms.iter().all(|arm| stands(&arm.value)) {
                let arms: Vec<_> = arms
                    .iter()
                    .map(|arm| {
                        let mut arm = arm.clone();
                        if !stands(&arm.value) {
                            arm.value.origin = self.origin(span, Via::Computed, arm.value.origin);
                        }
                        arm
                    })
                    .collect();
                value.data = Data::Choice(arms.into());
            }
        }
        if !self.store.place(value.origin).is_some_and(|s| span.contains(s)) {
            value.origin = self.origin(span, Via::Computed, value.origin);
        }
        value
    }

    /// All arguments and blocks of a body as an object. What is unset is not in it.
    pub(super) fn body_value(&self, body: &'p Body, span: Span, env: Env<'_>) -> Value {
        self.body_with(body, span, env, None)
    }

    fn body_with(
        &self,
        body: &'p Body,
        span: Span,
        env: Env<'_>,
        known: Option<&RefCell<Vec<State<Value>>>>,
    ) -> Value {
        let done = |at: usize| match known?.borrow().get(at) {
            Some(State::Done(value)) => Some(value.clone()),
            _ => None,
        };
        let mut entries = Vec::with_capacity(body.attributes.len() + body.blocks.len());
        for (at, attribute) in body.attributes.iter().enumerate() {
            let value = done(at).unwrap_or_else(|| self.attribute_value(attribute, env));
            let (guard, value) = self.set_when(value);
            if !guard.is_false() {
                let key_origin = self.store.literal_origin(attribute.span);
                entries.push(Entry { key: attribute.name.clone(), key_origin, guard, value });
            }
        }
        for (at, name) in block_names(body).into_iter().enumerate() {
            let value = match done(body.attributes.len() + at) {
                Some(value) => Some((Origin::NONE, value)),
                None => self.blocks_value(body.blocks.iter().filter(|b| b.name == *name), env),
            };
            if let Some((origin, value)) = value
                && !value.is_unset()
            {
                let origin = if origin.is_none() { value.origin } else { origin };
                entries.push(Entry { key: name.clone(), key_origin: origin, guard: Guard::TRUE, value });
            }
        }
        let map = Map { kind: MapKind::Object, entries, rest: None };
        Value::new(Data::Map(Arc::new(map)), self.store.literal_origin(span))
    }

    /// When a value is set, and what it is then: null and absent are not.
    fn set_when(&self, value: Value) -> (Guard, Value) {
        match &value.data {
            Data::Absent | Data::Null => (Guard::FALSE, value),
            Data::Choice(arms) if arms.iter().any(|a| a.value.is_unset()) => {
                let kept: Vec<_> = arms.iter().filter(|a| !a.value.is_unset()).cloned().collect();
                let unset = self.store.any(arms.iter().filter(|a| a.value.is_unset()).map(|a| a.guard));
                let guard = self.store.not(unset);
                let value = match kept.as_slice() {
                    [] => return (Guard::FALSE, value),
                    [only] if self.store.implies(guard, only.guard) => {
                        let mut v = only.value.clone();
                        v.marks = self.store.union_marks(v.marks, value.marks);
                        v
                    }
                    _ => Value { data: Data::Choice(kept.into()), ..value },
                };
                (guard, value)
            }
            _ => (Guard::TRUE, value),
        }
    }

    /// The blocks of one type as a list of objects, and where the first is.
    fn blocks_value(&self, blocks: impl Iterator<Item = &'p Block>, env: Env<'_>) -> Option<(Origin, Value)> {
        let mut members = Vec::new();
        let mut rest = None;
        let mut first = None;
        for block in blocks {
            first.get_or_insert(block.span);
            let Some(dynamic) = &block.dynamic else {
                members.push(Member {
                    guard: Guard::TRUE,
                    value: self.body_value(&block.body, block.span, env),
                });
                continue;
            };
            let collection =
                self.evaluator.eval(&dynamic.for_each, env).unwrap_or_else(|failure| self.give_up(failure));
            let collection = self.settle(collection);
            for (arm_guard, arm) in self.store.arms_shallow(&collection) {
                if arm.is_unset() {
                    continue;
                }
                let items = match self.evaluator.iterate(&arm, dynamic.for_each.span) {
                    Ok(items) => items,
                    Err(failure) => {
                        if !matches!(arm.data, Data::Unknown(id) if self.store.is_failed(id)) {
                            rest = rest.or(unknown_of(&self.give_up(failure)));
                        }
                        continue;
                    }
                };
                let mut items = items;
                if let Some(id) = items.rest
                    && !self.store.is_failed(id)
                {
                    rest.get_or_insert(id);
                    if items.items.is_empty() {
                        let unknown = Value::new(Data::Unknown(id), arm.origin);
                        items.items.push(super::access::Item {
                            guard: self.store.not_empty(id),
                            key: self.evaluator.part(id, &unknown, "[*].key", None),
                            value: self.evaluator.part(id, &unknown, "[*]", None),
                        });
                    }
                }
                for item in items.items {
                    let guard = self.store.and(arm_guard, item.guard);
                    if guard.is_false() {
                        continue;
                    }
                    let iterator =
                        Value::object([(Str::from("key"), item.key), (Str::from("value"), item.value)]);
                    let binding = Binding { name: &dynamic.iterator, value: iterator, outer: env.bindings };
                    let value = self.body_value(&block.body, block.span, env.with(&binding));
                    members.push(Member { guard, value });
                }
            }
        }
        let first = first?;
        if members.is_empty() && rest.is_none() {
            return None;
        }
        let origin = self.store.literal_origin(first);
        let list = List { kind: ListKind::List, members, rest };
        Some((origin, Value::new(Data::List(Arc::new(list)), origin)))
    }

    /// The whole body of an instance, once.
    pub(super) fn whole_body(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        resource: &'p Resource,
        one: &Rc<One>,
    ) -> Value {
        if let Some(value) = one.body.get() {
            return value.clone();
        }
        let site = Site { run: self, module, each: &one.each };
        let value = if one.attributes.borrow().is_empty() && !reads_itself(resource) {
            self.body_with(&resource.body, resource.span, Env::new(&site), None)
        } else {
            // Something was asked for alone before, or asks its own block: each part once, with cycles found.
            let names = resource.body.attributes.iter().map(|a| &a.name);
            for name in names.chain(block_names(&resource.body)) {
                self.set_attribute(module, resource, one, name, resource.header);
            }
            self.body_with(&resource.body, resource.span, Env::new(&site), Some(&one.attributes))
        };
        let value = one.body.get_or_init(|| value).clone();
        one.attributes.borrow_mut().clear();
        value
    }

    /// An instance as an object: what the source sets, the rest unknown.
    pub(super) fn object(&self, id: InstanceId, span: Span) -> Value {
        match self.slot(id) {
            Some(Slot::Resource { module, resource, one }) => {
                let body = self.whole_body(&module, resource, &one);
                let reference = Reference { instance: id, attribute: Str::new() };
                let kind = UnknownKind::Attribute(reference.clone());
                let rest = self.store.unknown(kind, true, TypeExpr::Any);
                let marks = self.store.mark_reference(body.marks, reference);
                let entries = body.as_map().map(|m| m.entries.clone()).unwrap_or_default();
                let map = Map { kind: MapKind::Object, entries, rest: Some(rest) };
                Value { data: Data::Map(Arc::new(map)), origin: body.origin, marks }
            }
            Some(Slot::Module(module)) => self.outputs_object(&module, span),
            Some(Slot::Missing(unknown)) => {
                Value::new(Data::Unknown(unknown), self.store.literal_origin(span))
            }
            None => Value::absent(),
        }
    }

    // All of it

    /// Evaluates all instances of a module instance and of what it calls, in order.
    pub(super) fn instances(&self, module: &Rc<ModuleInstance<'p>>, out: &mut Vec<Instance>) {
        let declared = module.index.module;
        for (at, resource) in declared.resources.iter().enumerate() {
            let expansion = self.expansion(module, at, resource.header);
            let scope = self.scope(module, resource);
            for one in &expansion.ones {
                let values = self.whole_body(module, resource, one);
                let values = self.with_document(values, resource, one, module);
                let Some(info) = self.store.instance(one.id) else { continue };
                let exists = self.store.and(module.exists, one.guard);
                // Only what it is where it exists matters.
                let values = if exists.is_open() { self.store.given(&values, exists) } else { values };
                out.push(Instance {
                    id: one.id,
                    info,
                    exists,
                    values,
                    meta: self.meta(module, resource, one),
                    header: resource.header,
                    span: resource.span,
                    calls: module.calls.clone(),
                    depends_on: self.depends_on(module, &resource.depends_on, one, &expansion.reads),
                    scope: Arc::clone(&scope),
                });
            }
        }
        for (at, call) in declared.calls.values().enumerate() {
            let called = self.called(module, at, call.header);
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

    /// A policy document's data source holds the document that it makes.
    fn with_document(
        &self,
        values: Value,
        resource: &'p Resource,
        one: &Rc<One>,
        module: &Rc<ModuleInstance<'p>>,
    ) -> Value {
        if !policy_document::is_one(resource) || module.index.module.dialect != Dialect::Terraform {
            return values;
        }
        let Some(document) = policy_document::attribute(self, one.id, resource, "json", resource.header)
        else {
            return values;
        };
        let Some(map) = values.as_map() else { return values };
        let mut entries = map.entries.clone();
        entries.retain(|e| e.key != "json");
        let key_origin = document.origin;
        entries.push(Entry { key: Str::from("json"), key_origin, guard: Guard::TRUE, value: document });
        let map = Map { kind: map.kind, entries, rest: map.rest };
        Value { data: Data::Map(Arc::new(map)), ..values }
    }

    fn meta(&self, module: &Rc<ModuleInstance<'p>>, resource: &'p Resource, one: &Rc<One>) -> Value {
        if resource.meta.attributes.is_empty() && resource.meta.blocks.is_empty() {
            return Value::object([]);
        }
        let site = Site { run: self, module, each: &one.each };
        self.body_value(&resource.meta, resource.meta.span.unwrap_or(resource.span), Env::new(&site))
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

fn dead<'p>(value: Value) -> Expansion<'p> {
    Expansion { ones: Vec::new(), modules: Vec::new(), value, reads: Vec::new() }
}

fn unknown_of(value: &Value) -> Option<UnknownId> {
    match value.data {
        Data::Unknown(id) => Some(id),
        _ => None,
    }
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

/// The names of a body's block types in order of appearance.
pub(super) fn block_names(body: &Body) -> Vec<&Str> {
    let mut names: Vec<&Str> = Vec::new();
    for block in &body.blocks {
        if names.last() != Some(&&block.name) && !names.contains(&&block.name) {
            names.push(&block.name);
        }
    }
    names
}

/// Whether a resource's body names the resource itself or `self`.
fn reads_itself(resource: &Resource) -> bool {
    let mut found = false;
    let mut visit = |root: &crate::program::Root| match root {
        crate::program::Root::Resource { mode, type_name, name } => {
            found |= *mode == resource.mode && *type_name == resource.type_name && *name == resource.name;
        }
        crate::program::Root::SelfObject => found = true,
        _ => {}
    };
    super::run::each_root_of_body(&resource.body, &mut visit);
    found
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
    for c in name.chars() {
        match c {
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
