//! What is in a block: arguments, blocks and `dynamic` blocks, one by one on demand or all together.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::Str;
use crate::cloudformation::attribute_property;
use crate::program::{Attribute, Block, Body, Dialect, ExprKind, Mode, Repeat, Resource, Root, TypeExpr};
use crate::source::Span;
use crate::terraform::schema;

use super::data_sources;
use super::guard::Guard;
use super::instance::InstanceId;
use super::names::{Binding, Env, Failure};
use super::number::Number;
use super::repeat::unknown_of;
use super::resources::{One, Slot};
use super::run::{Frame, ModuleInstance, Run, State};
use super::site::Site;
use super::store::{Origin, OriginStep, Reference, UnknownKind, Via};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Value};

/// The most references that a value inherits when it is read through a resource's attribute.
const MAX_INHERITED: usize = 32;

/// How deep modules are looked for in a value.
const MAX_OUTPUTS_DEPTH: u32 = 8;

/// Whether there is a resource or module as such in a value.
fn holds_instance(value: &Value, depth: u32) -> bool {
    match &value.data {
        Data::Instance(_) => true,
        Data::List(list) if depth < MAX_OUTPUTS_DEPTH => {
            list.members.iter().any(|m| holds_instance(&m.value, depth + 1))
        }
        Data::Map(map) if depth < MAX_OUTPUTS_DEPTH => {
            map.entries.iter().any(|e| holds_instance(&e.value, depth + 1))
        }
        _ => false,
    }
}

impl<'p> Run<'p> {
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
            Dialect::CloudFormation => {
                let computed = || self.computed_attribute(&reference, origin, None);
                self.property_given_back(&module, resource, &one, name, span)
                    .map_or_else(computed, |value| self.or_else(&value, computed))
            }
            _ => {
                let own = data_sources::attribute(self, id, resource, name, span);
                let is_block = !resource.body.attributes.iter().any(|a| a.name == name);
                let set = own.or_else(|| {
                    let value = self.set_attribute(&module, resource, &one, name, span)?;
                    Some(if is_block { self.with_computed_members(value, &reference) } else { value })
                });
                let computed = || {
                    if resource.type_name == "terraform_data" {
                        let input = self.set_attribute(&module, resource, &one, "input", span);
                        let input = input.filter(|v| !v.is_unset());
                        return self.terraform_data(&reference, origin, input.as_ref(), span);
                    }
                    if let Some(given) = self.provider_default(&module, resource, name) {
                        return given;
                    }
                    self.computed_attribute(&reference, origin, self.schema(resource).as_deref())
                };
                set.map_or_else(computed, |value| self.or_else(&value, computed))
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

    /// A value, or another where it is not set.
    fn or_else(&self, value: &Value, other: impl Fn() -> Value) -> Value {
        self.store.map_arms(value, |v| if v.is_unset() { other() } else { v.clone() })
    }

    /// What `Fn::GetAtt` gives that the template sets itself.
    fn property_given_back(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        resource: &'p Resource,
        one: &Rc<One>,
        attribute: &str,
        span: Span,
    ) -> Option<Value> {
        let (property, kept) = attribute_property(&resource.type_name, attribute)?;
        let value = self.set_attribute(module, resource, one, property, span)?;
        Some(self.store.map_arms(&value, |v| match v.as_str().and_then(|text| kept.changed(text)) {
            Some(text) => Value { data: Data::String(Str::from(text)), ..v.clone() },
            None => v.clone(),
        }))
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

    /// What the provider makes of an argument that nobody sets, where that is known.
    fn provider_default(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        resource: &'p Resource,
        name: &str,
    ) -> Option<Value> {
        if resource.mode != Mode::Managed || matches!(resource.repeat, Repeat::Key(_)) {
            return None;
        }
        if name == "region" {
            let scope = self.scope(module, resource);
            let known = self.schema(resource)?.attribute(schema::ObjectId(0), "region").is_some();
            // Resources have a region of their own since version 6.
            return scope.region.clone().filter(|_| known && scope.provider_major.1 >= 6);
        }
        let json = crate::terraform::defaults::get(&resource.type_name, name)?;
        let step = OriginStep { span: resource.header, via: Via::Default, from: Origin::NONE };
        let data = match serde_json::from_str(json).ok()? {
            serde_json::Value::Bool(value) => Data::Bool(value),
            serde_json::Value::String(text) => Data::String(Str::from(text)),
            serde_json::Value::Number(number) => Data::Number(Number::parse(&number.to_string())?),
            _ => return None,
        };
        Some(Value::new(data, self.store.origin(step)))
    }

    fn computed_attribute(
        &self,
        reference: &Reference,
        origin: Origin,
        schema: Option<&schema::Resource>,
    ) -> Value {
        let name = reference.attribute.as_str();
        let known = schema.and_then(|s| s.attribute(schema::ObjectId(0), name)).map(|a| type_of(&a.kind));
        let type_expr = known.unwrap_or(match name {
            "Ref" | "id" | "arn" | "Arn" | "name" | "url" | "endpoint" => TypeExpr::String,
            _ => TypeExpr::Any,
        });
        let not_null = matches!(name, "Ref" | "id" | "arn" | "Arn");
        let id = self.store.unknown(UnknownKind::Attribute(reference.clone()), not_null, type_expr);
        Value::new(Data::Unknown(id), origin)
    }

    /// An attribute of a `terraform_data` that is not an argument: `output` has the type of what goes in.
    fn terraform_data(
        &self,
        reference: &Reference,
        origin: Origin,
        input: Option<&Value>,
        span: Span,
    ) -> Value {
        let type_expr = match reference.attribute.as_str() {
            "id" => TypeExpr::String,
            "output" => match input {
                Some(input) => super::convert::type_of(self.store, input),
                None => return Value::new(Data::Null, origin),
            },
            "input" | "triggers_replace" => return Value::new(Data::Null, origin),
            name => {
                let message = format!("a `terraform_data` has no attribute `{name}`");
                return self.evaluator.failing(&Failure::new("unsupported-attribute", message, span));
            }
        };
        let not_null = reference.attribute == "id";
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
                Some(attribute) => {
                    let value = self.attribute_value(attribute, env);
                    self.typed(self.schema(resource).as_deref(), name, value)
                }
                None => {
                    let blocks = body.blocks.iter().filter(|b| b.name == name);
                    let value = self.blocks_value(blocks, env).map_or_else(Value::absent, |(_, v)| v);
                    self.typed(self.schema(resource).as_deref(), name, value)
                }
            }
        };
        let exists = self.store.and(module.exists, one.guard);
        Some(self.once(frame, span, &one.attributes, at, || self.under(exists, work), |v| v))
    }

    fn attribute_value(&self, attribute: &'p Attribute, env: Env<'_>) -> Value {
        let value =
            self.evaluator.eval(&attribute.value, env).unwrap_or_else(|failure| self.give_up(failure));
        let value = self.with_outputs(self.settle(value), 0);
        self.placed(value, attribute.value.span)
    }

    /// Modules in a value are what they give.
    fn with_outputs(&self, value: Value, depth: u32) -> Value {
        if depth > MAX_OUTPUTS_DEPTH {
            return value;
        }
        match &value.data {
            Data::Instance(id) => match self.slot(*id) {
                Some(Slot::Module(module)) => {
                    let nowhere = Span::new(crate::source::FileId(0), 0, 0);
                    let span = self.store.place(value.origin).unwrap_or(nowhere);
                    let outputs = self.outputs_object(&module, span);
                    self.with_outputs(Value { data: outputs.data, ..value }, depth + 1)
                }
                _ => value,
            },
            Data::List(list) if list.members.iter().any(|m| holds_instance(&m.value, depth)) => {
                let mut list = List::clone(list);
                for member in &mut list.members {
                    let inner = std::mem::replace(&mut member.value, Value::absent());
                    member.value = self.with_outputs(inner, depth + 1);
                }
                Value { data: Data::List(Arc::new(list)), ..value }
            }
            Data::Map(map) if map.entries.iter().any(|e| holds_instance(&e.value, depth)) => {
                let mut map = Map::clone(map);
                for entry in &mut map.entries {
                    let inner = std::mem::replace(&mut entry.value, Value::absent());
                    entry.value = self.with_outputs(inner, depth + 1);
                }
                Value { data: Data::Map(Arc::new(map)), ..value }
            }
            _ => value,
        }
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
                    if arm_guard.is_true() && matches!(arm.data, Data::Null) {
                        let message = "`for_each` of this block is null; an empty list makes no blocks";
                        self.give_up(Failure::new("invalid-for-each", message, dynamic.for_each.span));
                    }
                    continue;
                }
                let items = match self.evaluator.iterate(
                    &arm,
                    reads_key(&block.body, &dynamic.iterator),
                    dynamic.for_each.span,
                ) {
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
                    let there = self.store.and(self.certainty.get(), guard);
                    let value =
                        self.under(there, || self.body_value(&block.body, block.span, env.with(&binding)));
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
        let exists = self.store.and(module.exists, one.guard);
        let value = if one.attributes.borrow().is_empty() && !reads_itself(resource) {
            self.under(exists, || self.body_with(&resource.body, resource.span, Env::new(&site), None))
        } else {
            // Something was asked for alone before, or asks its own block: each part once, with cycles found.
            let names = resource.body.attributes.iter().map(|a| &a.name);
            for name in names.chain(block_names(&resource.body)) {
                self.set_attribute(module, resource, one, name, resource.header);
            }
            let known = Some(&one.attributes);
            self.under(exists, || self.body_with(&resource.body, resource.span, Env::new(&site), known))
        };
        let value = self.under(exists, || self.typed_body(self.schema(resource).as_deref(), value));
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
                let body = self.with_given(body, resource, &one);
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
}

/// The type of an attribute as far as evaluation asks for it.
fn type_of(kind: &schema::Kind) -> TypeExpr {
    use schema::Kind;
    match kind {
        Kind::String => TypeExpr::String,
        Kind::Number => TypeExpr::Number,
        Kind::Bool => TypeExpr::Bool,
        Kind::List(inner) if inner.object().is_none() => TypeExpr::List(Box::new(type_of(inner))),
        Kind::Set(inner) if inner.object().is_none() => TypeExpr::Set(Box::new(type_of(inner))),
        Kind::Map(inner) if inner.object().is_none() => TypeExpr::Map(Box::new(type_of(inner))),
        _ => TypeExpr::Any,
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
    super::roots::each_root_of_body(&resource.body, &mut visit);
    found
}

/// Whether a dynamic block's content may read the key of its iterator: it names the iterator other than as
/// `iterator.value`.
fn reads_key(body: &Body, iterator: &str) -> bool {
    let mut found = false;
    super::roots::each_expr_of_body(body, &mut |expr| match &expr.kind {
        ExprKind::Attr(inner, name) if name == "value" => {
            let own = matches!(&inner.kind, ExprKind::Root(Root::Bound(bound)) if bound == iterator);
            !own
        }
        ExprKind::Root(Root::Bound(bound)) => {
            found |= bound == iterator;
            true
        }
        _ => true,
    });
    found
}
