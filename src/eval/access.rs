//! Reaching into values: attributes, indices, splats, iteration.

use crate::Str;
use crate::program::{Dialect, Expr, ExprKind, Root, TypeExpr};
use crate::source::Span;

use super::evaluator::Evaluator;
use super::guard::Guard;
use super::names::{Binding, Env, Failure, Outcome};
use super::number::Number;
use super::store::{Origin, Store, UnknownId, UnknownKind};
use super::value::{Data, List, ListKind, Map, MapKind, Member, Value};

/// One element that an iteration visits.
pub(super) struct Item {
    pub(super) guard: Guard,
    pub(super) key: Value,
    pub(super) value: Value,
}

/// What an iteration visits.
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    /// There may be more that nobody knows.
    pub(super) rest: Option<UnknownId>,
}

/// The most numbers that the position of a guarded list member can be, and the most entries of a mapping that is looked
/// into by an unknown key.
pub(super) const MAX_POSITIONS: usize = 64;

impl Evaluator<'_> {
    /// `root.a[b].c`, without recursion over the steps.
    pub(super) fn traversal(&self, expr: &Expr, env: Env<'_>) -> Outcome {
        let mut steps = Vec::new();
        let mut base = expr;
        while let ExprKind::Attr(inner, _) | ExprKind::Index(inner, _) = &base.kind {
            steps.push(base);
            base = inner;
        }
        let mut value = match &base.kind {
            ExprKind::Root(root) => self.root(root, base.span, env)?,
            _ => self.eval(base, env)?,
        };
        for step in steps.into_iter().rev() {
            value = match &step.kind {
                ExprKind::Attr(_, name) => self.attr(&value, name, step.span, env)?,
                ExprKind::Index(_, index) => {
                    let key = self.eval(index, env)?;
                    self.index(&value, &key, step.span, env)?
                }
                _ => value,
            };
        }
        match &base.kind {
            // The names of splats are no binding that a user sees.
            ExprKind::Root(Root::Bound(name)) if name == "*" => Ok(value),
            ExprKind::Root(root) => Ok(self.read_through(value, root, expr.span)),
            _ => Ok(value),
        }
    }

    fn policy(&self) -> bool {
        self.dialect == Dialect::Policy
    }

    /// Applies a step to each alternative of a value; alternatives that fail stay as such.
    pub(super) fn each_arm(&self, value: &Value, f: &dyn Fn(&Value) -> Outcome) -> Outcome {
        let Data::Choice(arms) = &value.data else { return f(value) };
        let mut first = None;
        let mut worked = false;
        let mut done = Vec::with_capacity(arms.len());
        for arm in arms.iter() {
            let v = match &arm.value.data {
                Data::Unknown(id) if self.store.is_failed(*id) => arm.value.clone(),
                _ => match f(&arm.value) {
                    Ok(v) => {
                        worked = true;
                        v
                    }
                    Err(failure) if failure.is_budget() => return Err(failure),
                    Err(failure) => {
                        let v = self.failing(&failure);
                        first.get_or_insert(failure);
                        v
                    }
                },
            };
            done.push((arm.guard, v));
        }
        if let (Some(failure), false) = (first, worked) {
            return Err(failure);
        }
        let mut v = self.store.choice(done);
        v.marks = self.store.union_marks(v.marks, self.secrecy(value));
        if matches!(v.data, Data::Choice(_)) && v.origin.is_none() {
            v.origin = value.origin;
        }
        Ok(v)
    }

    /// `value.name`.
    pub(super) fn attr(&self, value: &Value, name: &Str, span: Span, env: Env<'_>) -> Outcome {
        if matches!(value.data, Data::Choice(_)) {
            return self.each_arm(value, &|v| self.attr(v, name, span, env));
        }
        let fail = |message: String| Err(Failure::new("unsupported-attribute", message, span));
        match &value.data {
            Data::Map(map) => self.entry(value, map, name, span).unwrap_or_else(|| match map.kind {
                MapKind::Map => fail(format!("this map has no element `{name}`")),
                _ => fail(format!("this object has no attribute `{name}`")),
            }),
            Data::Instance(id) => env.names.instance_attribute(*id, name, span),
            Data::Unknown(id)
                if !self.policy()
                    && super::convert::is_primitive(&self.store.unknown_info(*id).type_expr)
                    && !self.store.is_failed(*id) =>
            {
                fail(format!("`{}` has no attributes", self.store.unknown_name(*id)))
            }
            Data::Unknown(id) => Ok(self.part(*id, value, &format!(".{name}"), Some(name))),
            Data::Json(inner) if self.policy() => self.attr(inner, name, span, env),
            _ if self.policy() => Ok(Value::absent()),
            Data::List(list) => match name.parse::<i64>() {
                Ok(_) => {
                    let key = Value::new(Data::String(name.clone()), Origin::NONE);
                    self.index(value, &key, span, env)
                }
                Err(_) if list.members.iter().all(|m| matches!(m.value.data, Data::Instance(_))) => {
                    Err(Failure::new(
                        "unsupported-attribute",
                        format!(
                            "there are several instances here: attribute `{name}` needs an index, `[0].{name}`"
                        ),
                        span,
                    ))
                }
                Err(_) => fail(format!("a list has no attribute `{name}`")),
            },
            // the conditions of resource and reference exclude one another: CloudFormation refuses it when it comes to it
            Data::Null | Data::Absent if self.dialect == crate::program::Dialect::CloudFormation => {
                let message = format!("`{name}` is asked of a resource that does not exist here");
                Err(Failure::warning("missing-resource", message, span))
            }
            Data::Null | Data::Absent => fail(format!("`{name}` is asked of null")),
            _ => fail(format!("a {} has no attribute `{name}`", kind_word(value))),
        }
    }

    /// The entry of a mapping under a key: a choice if it is there under conditions. None if it is never there.
    fn entry(&self, value: &Value, map: &Map, name: &str, span: Span) -> Option<Outcome> {
        let carry = |v: &Value| {
            let mut v = v.clone();
            v.marks = self.store.union_marks(v.marks, self.secrecy(value));
            v
        };
        let mut arms = Vec::new();
        let mut there = Guard::FALSE;
        for entry in map.all(name) {
            if entry.guard.is_true() {
                return Some(Ok(carry(&entry.value)));
            }
            arms.push((entry.guard, carry(&entry.value)));
            there = self.store.or(there, entry.guard);
        }
        let missing = self.store.not(there);
        if let Some(rest) = map.rest {
            arms.push((missing, self.part(rest, value, &format!(".{name}"), None)));
        } else if arms.is_empty() {
            return self.policy().then(|| Ok(Value::absent()));
        } else if self.policy() {
            arms.push((missing, map.left_out(name)));
        } else {
            let failure = Failure::new("unsupported-attribute", format!("there is no `{name}` here"), span);
            arms.push((missing, self.failing(&failure)));
        }
        let v = self.store.choice(arms);
        Some(Ok(self.located(v, span)))
    }

    /// A part of an unknown, with the type that the whole's type gives it.
    pub(super) fn part(&self, of: UnknownId, value: &Value, step: &str, name: Option<&str>) -> Value {
        let info = self.store.unknown_info(of);
        if matches!(info.kind, UnknownKind::Reason { .. } | UnknownKind::Failed { .. }) {
            return Value::new(Data::Unknown(of), value.origin);
        }
        let type_expr = match (&info.type_expr, name) {
            (TypeExpr::Object(fields), Some(name)) => {
                fields.iter().find(|f| f.name == name).map(|f| f.type_expr.clone()).unwrap_or(TypeExpr::Any)
            }
            (TypeExpr::Map(t) | TypeExpr::List(t) | TypeExpr::Set(t), _) => (**t).clone(),
            _ => TypeExpr::Any,
        };
        let id = self.store.unknown(UnknownKind::Part { of, step: Str::from(step) }, false, type_expr);
        Value { data: Data::Unknown(id), origin: value.origin, marks: value.marks }
    }

    /// `value[key]`.
    pub(super) fn index(&self, value: &Value, key: &Value, span: Span, env: Env<'_>) -> Outcome {
        if matches!(key.data, Data::Choice(_)) {
            return self.each_arm(key, &|k| self.index(value, k, span, env));
        }
        if matches!(value.data, Data::Choice(_)) {
            return self.each_arm(value, &|v| self.index(v, key, span, env));
        }
        let fail = |message: String| Err(Failure::new("invalid-index", message, span));
        if let Data::Unknown(id) = key.data {
            if self.store.is_failed(id) {
                return Ok(key.clone());
            }
            return self.index_unknown(value, key, Some(id), span, env);
        }
        if matches!(key.data, Data::Text(_) | Data::Json(_)) && !matches!(value.data, Data::Unknown(_)) {
            return self.index_unknown(value, key, None, span, env);
        }
        match &value.data {
            Data::List(list) => {
                if list.kind == ListKind::Set && !self.policy() {
                    return fail("elements of a set have no index".to_owned());
                }
                match index_number(&key.data) {
                    Some(n) => self.list_index(value, list, n, span),
                    None if self.policy() => Ok(Value::absent()),
                    None => fail("the index of a list must be a whole number".to_owned()),
                }
            }
            Data::Map(map) => match self.store.string_of(key) {
                Some(name) => match self.entry(value, map, &name, span) {
                    Some(outcome) => outcome,
                    None => fail(format!("there is no element \"{name}\" here")),
                },
                None if self.policy() => Ok(Value::absent()),
                None => fail("the key of a map must be a string".to_owned()),
            },
            Data::Instance(_) => match self.store.string_of(key) {
                Some(name) if !matches!(key.data, Data::Number(_)) => self.attr(value, &name, span, env),
                // An instance without `count` that is indexed as if it had one.
                _ => fail("this resource has no `count` or `for_each`, so it has no index".to_owned()),
            },
            Data::Unknown(id)
                if !self.policy()
                    && super::convert::is_primitive(&self.store.unknown_info(*id).type_expr) =>
            {
                fail(format!("`{}` has no elements", self.store.unknown_name(*id)))
            }
            Data::Unknown(id) => {
                let name = self.store.string_of(key);
                let step = match (&key.data, &name) {
                    (Data::Number(_), Some(n)) => format!("[{n}]"),
                    (_, Some(name)) => format!(".{name}"),
                    _ => format!("[{}]", self.store.text_of(key)),
                };
                Ok(self.part(*id, value, &step, name.as_deref()))
            }
            Data::Json(inner) if self.policy() => self.index(inner, key, span, env),
            _ if self.policy() => Ok(Value::absent()),
            Data::Null | Data::Absent => fail("null has no elements".to_owned()),
            _ => fail(format!("a {} has no elements", kind_word(value))),
        }
    }

    /// An element by an unknown key: for a mapping with few entries, a choice over them.
    fn index_unknown(
        &self,
        value: &Value,
        key: &Value,
        id: Option<UnknownId>,
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        let empty = match &value.data {
            Data::Map(map) => map.rest.is_none() && map.entries.is_empty(),
            Data::List(list) => list.rest.is_none() && list.members.is_empty(),
            _ => false,
        };
        if empty && !self.policy() {
            // Whatever the key is.
            let name = self.store.text_of(key);
            return Err(Failure::new("invalid-index", format!("there is no element for `{name}`"), span));
        }
        let domain = id.is_some_and(|id| self.store.domain(id).is_some());
        if domain {
            let arms = self.store.arms(key);
            let choice = self.store.choice(arms);
            if !matches!(choice.data, Data::Unknown(_)) {
                return self.index(value, &choice, span, env);
            }
        }
        if let (Data::Map(map), false) = (&value.data, self.policy())
            && map.rest.is_none()
            && !map.entries.is_empty()
            && map.entries.len() <= MAX_POSITIONS
        {
            let mut arms = Vec::new();
            let mut there = Guard::FALSE;
            for entry in &map.entries {
                let literal = Value::string(entry.key.clone());
                let equal = self.store.equal(key, &literal, self.dialect).yes;
                let guard = self.store.and(equal, entry.guard);
                there = self.store.or(there, guard);
                arms.push((guard, entry.value.clone()));
            }
            let name = self.store.text_of(key);
            let failure = Failure::new("invalid-index", format!("there is no element for `{name}`"), span);
            arms.push((self.store.not(there), self.failing(&failure)));
            let v = self.store.choice(arms);
            return Ok(self.located(v, span));
        }
        // The instance that stands for all of an unknown `for_each` stands for the one with this key too.
        if let Data::Map(map) = &value.data
            && let Some(all) = map.get(super::resources::SYMBOLIC)
            && matches!(all.value.data, Data::Instance(_))
        {
            return Ok(self.located(all.value.clone(), span));
        }
        let text = format!("{}[{}]", self.store.text_of(value), self.store.text_of(key));
        Ok(self.store.derived(&text, &[value, key], TypeExpr::Any, self.computed(span)))
    }

    /// The element at a position; members before it may or may not be there.
    pub(super) fn list_index(&self, value: &Value, list: &List, n: i64, span: Span) -> Outcome {
        let carry = |v: &Value| {
            let mut v = v.clone();
            v.marks = self.store.union_marks(v.marks, self.secrecy(value));
            v
        };
        let outside = || {
            let n_members = list.members.len();
            Failure::new(
                "invalid-index",
                format!(
                    "there is no element {n}: the list has {n_members} element{}",
                    if n_members == 1 { "" } else { "s" }
                ),
                span,
            )
        };
        let Ok(at) = usize::try_from(n) else {
            return if self.policy() { Ok(Value::absent()) } else { Err(outside()) };
        };
        let mut arms = Vec::new();
        let mut covered = Guard::FALSE;
        for (guard, member) in self.positions(list, at) {
            if guard.is_true() {
                return Ok(carry(&member.value));
            }
            covered = self.store.or(covered, guard);
            arms.push((guard, carry(&member.value)));
        }
        let missing = self.store.not(covered);
        if let Some(rest) = list.rest {
            arms.push((missing, self.part(rest, value, &format!("[{n}]"), None)));
        } else if self.policy() {
            arms.push((missing, Value::absent()));
        } else if arms.is_empty() {
            return Err(outside());
        } else {
            arms.push((missing, self.failing(&outside())));
        }
        let v = self.store.choice(arms);
        Ok(self.located(v, span))
    }

    /// Which members can stand at a position, and when.
    fn positions<'l>(&self, list: &'l List, at: usize) -> Vec<(Guard, &'l Member)> {
        let certain = list.members.iter().take_while(|m| m.guard.is_true()).count();
        if at < certain {
            return list.members.get(at).map(|m| (Guard::TRUE, m)).into_iter().collect();
        }
        // counts[k]: when exactly k of the members behind the certain ones were there so far.
        let mut counts = vec![Guard::TRUE];
        let mut found = Vec::new();
        for member in list.members.iter().skip(certain) {
            let before = at - certain;
            if let Some(&exactly) = counts.get(before) {
                let here = self.store.and(exactly, member.guard);
                if !here.is_false() {
                    found.push((here, member));
                }
            }
            let mut next = vec![Guard::FALSE; (counts.len() + 1).min(before + 1)];
            for (k, &count) in counts.iter().enumerate() {
                let with = self.store.and(count, member.guard);
                let without = self.store.and_not(count, member.guard);
                if let Some(slot) = next.get_mut(k) {
                    *slot = self.store.or(*slot, without);
                }
                if let Some(slot) = next.get_mut(k + 1) {
                    *slot = self.store.or(*slot, with);
                }
            }
            counts = next;
            if counts.iter().all(|g| g.is_false()) || counts.len() > MAX_POSITIONS {
                break;
            }
        }
        found
    }

    // Splats

    pub(super) fn splat(&self, collection: &Expr, steps: &Expr, span: Span, env: Env<'_>) -> Outcome {
        let value = self.eval(collection, env)?;
        self.splat_value(&value, steps, span, env)
    }

    fn splat_value(&self, value: &Value, steps: &Expr, span: Span, env: Env<'_>) -> Outcome {
        if matches!(value.data, Data::Choice(_)) {
            return self.each_arm(value, &|v| self.splat_value(v, steps, span, env));
        }
        let each = |v: &Value| -> Outcome {
            let star = Binding { name: "*", value: v.clone(), outer: env.bindings };
            self.eval(steps, env.with(&star))
        };
        let tuple = |members: Vec<Member>, rest: Option<UnknownId>| {
            let list = List { kind: ListKind::Tuple, members, rest };
            Ok(Value {
                data: Data::List(std::sync::Arc::new(list)),
                origin: self.computed(span),
                marks: self.secrecy(value),
            })
        };
        match &value.data {
            Data::Null | Data::Absent => tuple(Vec::new(), None),
            Data::List(list) => {
                let mut members = Vec::with_capacity(list.members.len());
                for member in &list.members {
                    members.push(Member { guard: member.guard, value: each(&member.value)? });
                }
                tuple(members, list.rest)
            }
            Data::Unknown(id) => {
                let info = self.store.unknown_info(*id);
                match info.type_expr {
                    TypeExpr::List(_) | TypeExpr::Set(_) | TypeExpr::Tuple(_) => {
                        let items = self.iterate(value, false, span)?;
                        let mut members = Vec::new();
                        for item in items.items {
                            members.push(Member { guard: item.guard, value: each(&item.value)? });
                        }
                        tuple(members, items.rest)
                    }
                    _ => {
                        let text = format!("{}[*]", self.store.unknown_name(*id));
                        Ok(self.store.derived(&text, &[value], TypeExpr::Any, self.computed(span)))
                    }
                }
            }
            _ => tuple(vec![Member { guard: Guard::TRUE, value: each(value)? }], None),
        }
    }

    // Iteration

    /// The elements of a collection that is no choice. Of an unknown one there is one symbolic element, which stands for
    /// all, under the condition that the collection is not empty. Without `keys`, those of lists are absent: where members
    /// may or may not be there, positions are dear.
    pub(super) fn iterate(&self, value: &Value, keys: bool, span: Span) -> Result<Items, Failure> {
        let fail = |message: String| Err(Failure::new("invalid-iteration", message, span));
        match &value.data {
            Data::List(list) => {
                let mut items = Vec::with_capacity(list.members.len());
                // When exactly k members were there so far; only kept while the position can be told.
                let mut shift: Option<Vec<Guard>> = None;
                for (i, member) in list.members.iter().enumerate() {
                    let key = match (&shift, list.kind) {
                        (_, ListKind::Set) => member.value.clone(),
                        _ if !keys => Value::absent(),
                        (None, _) => Value::new(Data::Number(Number::Int(i as i64)), Origin::NONE),
                        (Some(counts), _) => self.store.choice(counts.iter().enumerate().map(|(k, &g)| {
                            (
                                self.store.and(g, member.guard),
                                Value::new(Data::Number(Number::Int(k as i64)), Origin::NONE),
                            )
                        })),
                    };
                    items.push(Item { guard: member.guard, key, value: member.value.clone() });
                    if !keys || list.kind == ListKind::Set || member.guard.is_true() && shift.is_none() {
                        continue;
                    }
                    let counts = shift.get_or_insert_with(|| {
                        let mut counts = vec![Guard::FALSE; i];
                        counts.push(Guard::TRUE);
                        counts
                    });
                    let mut next = vec![Guard::FALSE; counts.len() + 1];
                    for (k, &count) in counts.iter().enumerate() {
                        if count.is_false() {
                            continue;
                        }
                        let with = self.store.and(count, member.guard);
                        let without = self.store.and_not(count, member.guard);
                        if let Some(slot) = next.get_mut(k) {
                            *slot = self.store.or(*slot, without);
                        }
                        if let Some(slot) = next.get_mut(k + 1) {
                            *slot = self.store.or(*slot, with);
                        }
                    }
                    *counts = next;
                }
                Ok(Items { items, rest: list.rest })
            }
            Data::Map(map) => {
                let mut entries: Vec<_> = map.entries.iter().collect();
                if self.dialect == Dialect::Terraform {
                    entries.sort_by(|a, b| a.key.cmp(&b.key));
                }
                let items = entries.into_iter().map(|e| Item {
                    guard: e.guard,
                    key: match map.rest {
                        // What stands for all members with unknown keys has an unknown key.
                        Some(rest) if e.key == super::resources::SYMBOLIC => {
                            self.symbol(rest, value, "[*].key", TypeExpr::String)
                        }
                        _ => Value::new(Data::String(e.key.clone()), e.key_origin),
                    },
                    value: e.value.clone(),
                });
                Ok(Items { items: items.collect(), rest: map.rest })
            }
            Data::Instance(_) if self.policy() => Ok(Items { items: Vec::new(), rest: None }),
            Data::Unknown(id) => {
                let info = self.store.unknown_info(*id);
                if matches!(info.type_expr, TypeExpr::String | TypeExpr::Number | TypeExpr::Bool)
                    && !self.policy()
                {
                    return fail("this is no collection".to_owned());
                }
                if matches!(info.kind, UnknownKind::Reason { .. } | UnknownKind::Failed { .. })
                    || self.policy()
                {
                    return Ok(Items { items: Vec::new(), rest: Some(*id) });
                }
                let guard = self.store.not_empty(*id);
                let element = self.part(*id, value, "[*]", None);
                let key = match info.type_expr {
                    TypeExpr::Set(_) => element.clone(),
                    TypeExpr::List(_) | TypeExpr::Tuple(_) => {
                        self.symbol(*id, value, "[*].index", TypeExpr::Number)
                    }
                    _ => self.symbol(*id, value, "[*].key", TypeExpr::Any),
                };
                Ok(Items { items: vec![Item { guard, key, value: element }], rest: Some(*id) })
            }
            Data::Null | Data::Absent if self.policy() => Ok(Items { items: Vec::new(), rest: None }),
            _ if self.policy() => Ok(Items { items: Vec::new(), rest: None }),
            Data::Null | Data::Absent => fail("null can't be iterated over".to_owned()),
            _ => fail(format!("a {} can't be iterated over", kind_word(value))),
        }
    }

    fn symbol(&self, of: UnknownId, value: &Value, step: &str, type_expr: TypeExpr) -> Value {
        let id = self.store.unknown(UnknownKind::Part { of, step: Str::from(step) }, true, type_expr);
        Value { data: Data::Unknown(id), origin: value.origin, marks: value.marks }
    }
}

impl Store {
    /// The condition that an unknown collection has an element.
    pub(super) fn not_empty(&self, id: UnknownId) -> Guard {
        let text = Str::from(format!("{} is not empty", self.unknown_name(id)));
        let unknown = self.unknown(UnknownKind::Derived { text, on: vec![id] }, true, TypeExpr::Bool);
        self.opaque(unknown)
    }
}

/// The whole number that an index is (`"1"` counts).
fn index_number(data: &Data) -> Option<i64> {
    match data {
        Data::Number(n) => n.as_i64(),
        Data::String(s) => Number::parse(s)?.as_i64(),
        _ => None,
    }
}

/// What a value is, in a word.
pub(super) fn kind_word(value: &Value) -> &'static str {
    match &value.data {
        Data::Absent | Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Number(_) => "number",
        Data::String(_) | Data::Text(_) | Data::Json(_) => "string",
        Data::List(list) => match list.kind {
            ListKind::Tuple => "tuple",
            ListKind::List => "list",
            ListKind::Set => "set",
        },
        Data::Map(map) => match map.kind {
            MapKind::Map => "map",
            _ => "object",
        },
        Data::Unknown(_) => "value that is not known",
        Data::Choice(_) => "choice",
        Data::Instance(_) => "resource",
    }
}
