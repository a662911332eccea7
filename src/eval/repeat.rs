//! `count`, `for_each` and conditions: how many instances a block has, and when.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Dialect, Expr, Repeat, TypeExpr};
use crate::source::Span;

use super::evaluator::literal_data;
use super::guard::Guard;
use super::instance::InstanceKey;
use super::names::{BUDGET, Failure};
use super::number::Number;
use super::resources::SYMBOLIC;
use super::run::{Each, ModuleInstance, Run};
use super::store::{Origin, Reference, UnknownId, UnknownKind};
use super::value::{Data, ListKind, Value};

/// The most instances that one `count` makes.
const MAX_COUNT: i64 = 10_000;
/// The most instances of one root.
const MAX_INSTANCES: usize = 400_000;

/// One instance to be, before it has a handle.
pub(super) struct Plan {
    pub(super) key: InstanceKey,
    pub(super) guard: Guard,
    pub(super) each: Each,
}

/// All instances to be.
pub(super) struct Plans {
    pub(super) plans: Vec<Plan>,
    /// There may be others that nobody knows.
    pub(super) rest: Option<UnknownId>,
    pub(super) shape: Shape,
    pub(super) reads: Vec<Reference>,
}

pub(super) enum Shape {
    One,
    List,
    Map,
}

impl<'p> Run<'p> {
    /// The instances that a block is to have.
    pub(super) fn plans(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        repeat: &'p Repeat,
        base: &str,
        header: Span,
    ) -> Plans {
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
        plans.plans.retain(|plan| self.store.compatible(plan.guard, module.exists));
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
            if self.evaluator.dialect == Dialect::Terraform && arm_guard.is_true() {
                self.check_for_each(&arm, expr.span);
            }
            let known_list = list_like && self.evaluator.dialect == Dialect::Terraform;
            let items = if known_list {
                Err(Failure::new(
                    "invalid-for-each",
                    "`for_each` takes a map or a set of strings; `toset(…)` makes a set of a list",
                    expr.span,
                ))
            } else {
                self.evaluator.iterate(&arm, true, expr.span)
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
                            _ => {
                                let unknown = unknown_of(&key).or_else(|| {
                                    let text = self.store.text_of(&key);
                                    let type_expr = TypeExpr::String;
                                    unknown_of(&self.store.derived(&text, &[&key], type_expr, Origin::NONE))
                                });
                                if !unknown.is_some_and(|id| self.store.is_failed(id)) {
                                    rest = rest.or(unknown);
                                    self.symbolic(&mut symbolic, guard, &key, &item.value);
                                }
                            }
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

    /// What Terraform refuses, though it is plain what is meant.
    fn check_for_each(&self, value: &Value, span: Span) {
        let complain = |message: &str| {
            self.report_failure(Failure::new("invalid-for-each", message, span).into_diagnostic());
        };
        if self.store.is_sensitive(value.marks) {
            complain(
                "`for_each` is sensitive: its keys would show in the addresses; take them through `nonsensitive(…)`",
            );
        }
        if self.store.is_ephemeral(value.marks) {
            complain("`for_each` is ephemeral: its keys would be kept in the addresses");
        }
        if let Data::List(list) = &value.data
            && list.kind == ListKind::Set
            && list.members.iter().any(|m| {
                !matches!(
                    m.value.data,
                    Data::String(_) | Data::Text(_) | Data::Unknown(_) | Data::Choice(_) | Data::Null
                )
            })
        {
            complain(
                "`for_each` takes a map or a set of strings, and this set holds something else; `toset([for x in … : tostring(x)])` makes strings",
            );
        }
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
}

pub(super) fn unknown_of(value: &Value) -> Option<UnknownId> {
    match value.data {
        Data::Unknown(id) => Some(id),
        _ => None,
    }
}
