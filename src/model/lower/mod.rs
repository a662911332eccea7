//! Lowering: from what the source language says to what the registry says. CloudFormation is the registry's language
//! already; Terraform goes through the tables under `grammars/terraform/`.

mod build;
mod codec;
pub(super) mod companions;
mod compile;
mod conform;
mod custom;
mod default_tags;
mod functions;
mod json;
mod named;
mod put;
mod source;
mod unknown;

use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::Str;
use crate::eval::{Guard, Instance, InstanceId, Origin, Store, Truth, Value};
use crate::program::Mode;

use super::registry;
use super::resource::{Presence, Resource, ResourceId};
use super::table::{self, Majors, Step, TableError, When};

use build::Object;
use compile::{Compiled, Rule, Scope};
pub use compile::{Output, Place};
pub use put::{Companion, NoWay, put, put_at, put_companion, terraform_types_of};
use source::Element;
pub use unknown::{unknown_names, unknown_names_of_made};

/// What lowering knows beside the values.
pub(super) struct Context<'c> {
    pub(super) store: &'c Store,
    /// The type that is lowered to.
    of: Option<&'c registry::Type>,
    /// The instance that is lowered.
    pub(super) own: InstanceId,
    /// The provider's major versions that it may be of.
    pub(super) majors: (u32, u32),
    /// The instance's place: where what is not written would be.
    pub(super) origin: Origin,
}

static COMPILED: LazyLock<RwLock<FxHashMap<Str, Option<Arc<Compiled>>>>> = LazyLock::new(RwLock::default);

/// The compiled table of a Terraform type, or the companions of a registry type.
fn compiled(type_name: &str) -> Option<Arc<Compiled>> {
    if let Some(known) = COMPILED.read().get(type_name) {
        return known.clone();
    }
    let made = compile(type_name).map(Arc::new);
    COMPILED.write().entry(type_name.into()).or_insert(made).clone()
}

fn compile(type_name: &str) -> Option<Compiled> {
    if type_name.contains("::") {
        return match table::read_registry(type_name) {
            Ok(blocks) if blocks.is_empty() => None,
            Ok(blocks) => Some(compile::registry_companions(&registry::get(type_name)?, &blocks)),
            Err(error) => Some(Compiled { errors: vec![error], ..Compiled::default() }),
        };
    }
    Some(match table::read(type_name)? {
        Ok(table) => compile::terraform(type_name, table.file, &table.target, &table.items),
        Err(error) => Compiled {
            target: table::target_of(type_name)?.into(),
            errors: vec![error],
            ..Compiled::default()
        },
    })
}

/// The mistakes in the table of a Terraform type, or in what tables say about a registry type.
pub fn table_errors(type_name: &str) -> Vec<TableError> {
    compiled(type_name).map_or_else(Vec::new, |c| c.errors.clone())
}

/// The arguments of a Terraform type that its table takes nowhere.
pub fn unmatched_arguments(type_name: &str) -> Vec<Str> {
    compiled(type_name).map_or_else(Vec::new, |c| c.unmatched.clone())
}

/// What the table of a Terraform type takes where, written and by name: argument paths and registry paths.
pub fn mapped(type_name: &str) -> Vec<(Str, Str)> {
    fn collect(scope: &Scope, source: &[Str], target: &[Step], out: &mut Vec<(Str, Str)>) {
        for rule in &scope.rules {
            let source: Vec<Str> = source.iter().chain(&rule.source).cloned().collect();
            let target: Vec<Step> = target.iter().chain(&rule.target).cloned().collect();
            out.push((source.join(".").into(), compile::text(&target)));
            if let Some(below) = &rule.below {
                collect(below, &source, &target, out);
            }
        }
    }
    let mut out = Vec::new();
    if let Some(table) = compiled(type_name) {
        collect(&table.root, &[], &[], &mut out);
    }
    out
}

/// The registry type that a declared type becomes; itself when there is no table.
pub fn registry_type(declared: &str) -> Str {
    if let Some(target) = custom::stands_for(declared) {
        return target.into();
    }
    table::target_of(declared).map_or_else(|| declared.into(), Str::from)
}

/// What an attribute of a declared type is in the registry's words: `arn` of `aws_s3_bucket` is the attribute `Arn`.
pub fn output(declared: &str, attribute: &str) -> Option<Output> {
    if declared.contains("::") {
        return Some(if attribute == "Ref" { Output::Ref } else { Output::Attribute(attribute.into()) });
    }
    compiled(declared)?.outputs.iter().find(|(name, _)| name == attribute).map(|(_, output)| output.clone())
}

/// The attribute of a declared type that is this in the registry's words.
pub fn attribute_for(declared: &str, output: &Output) -> Option<Str> {
    compiled(declared)?.outputs.iter().find(|(_, given)| given == output).map(|(name, _)| name.clone())
}

/// Where a property of a Terraform type that is not set would be written, for a provider's major version.
pub fn place(declared: &str, path: &str, major: u32) -> Option<Place> {
    let table = compiled(declared)?;
    let fits = |p: &&Place| p.target == path && p.majors.0 <= major && major <= p.majors.1;
    table.places.iter().find(fits).cloned()
}

/// Why a property of a Terraform type can't be written back, if a table says so.
pub fn irreversible(declared: &str, path: &str) -> Option<Str> {
    compiled(declared)?
        .irreversible
        .iter()
        .find(|(target, _)| target == path)
        .map(|(_, reason)| reason.clone())
}

/// A resource of the graph from an evaluated instance.
pub fn resource(store: &Store, instance: &Instance, id: ResourceId) -> Resource {
    let type_name = match instance.info.mode {
        Mode::Managed => registry_type(&instance.info.type_name),
        Mode::Data => instance.info.type_name.clone(),
    };
    Resource {
        id,
        instance: Some(instance.id),
        address: own_address(instance),
        properties: properties(store, instance),
        type_name,
        declared_as: instance.info.type_name.clone(),
        name: instance.info.name.clone(),
        mode: instance.info.mode,
        exists: instance.exists,
        values: instance.values.clone(),
        unset: instance.unset.clone(),
        meta: instance.meta.clone(),
        header: instance.header,
        span: instance.span,
        calls: instance.calls.clone(),
        presence: if instance.foreign.is_some() { Presence::Elsewhere } else { Presence::Written },
        construct: None,
        scope: Arc::clone(&instance.scope),
        depends_on: instance.depends_on.clone(),
    }
}

/// The address in the root that the instance is written in.
fn own_address(instance: &Instance) -> Str {
    let address = &instance.info.address;
    let own =
        instance.foreign.as_ref().and_then(|stack| address.strip_prefix(stack.as_str())?.strip_prefix('.'));
    own.map_or_else(|| address.clone(), Str::from)
}

/// The properties of an instance as the registry names them, documented defaults included, companions' contributions
/// not. An instance of a type without a table, and a data source, keeps its own names.
pub fn properties(store: &Store, instance: &Instance) -> Value {
    let declared = instance.info.type_name.as_str();
    if instance.info.mode == Mode::Data {
        return instance.values.clone();
    }
    let origin = store.literal_origin(instance.header);
    if let Some(of) = custom::stands_for(declared).and_then(registry::get) {
        let conform = conform::Conform { store, of: &of, absent: &[], fallback: origin };
        return conform.resource(custom::properties(&instance.values));
    }
    if let Some(of) = declared.contains("::").then(|| registry::get(declared)).flatten() {
        let conform = conform::Conform { store, of: &of, absent: &[], fallback: origin };
        return conform.resource(instance.values.clone());
    }
    let Some(table) = compiled(declared) else { return instance.values.clone() };
    let Some(of) = registry::get(&table.target) else { return instance.values.clone() };
    let context =
        Context { store, of: Some(&of), own: instance.id, majors: instance.scope.provider_major, origin };
    let mut target = Object::new(instance.values.origin);
    let values = default_tags::values(store, instance);
    context.scope(&table.root, &values, Guard::TRUE, &mut target);
    let value = target.finish(store, Guard::TRUE);
    let absent: Vec<Vec<Step>> = table
        .absent
        .iter()
        .filter(|(_, majors)| context.holds_for(*majors))
        .map(|(path, _)| path.clone())
        .collect();
    conform::Conform { store, of: &of, absent: &absent, fallback: origin }.resource(value)
}

impl Context<'_> {
    /// Whether something that holds for some versions of the provider holds here: for the newest that is allowed.
    fn holds_for(&self, majors: Majors) -> bool {
        majors.first <= self.majors.1 && self.majors.1 <= majors.last
    }

    /// When a condition holds of an object.
    fn condition(&self, when: Option<&When>, source: &Value) -> Truth {
        let Some(when) = when else { return Truth::YES };
        let found = source::follow(self.store, source, &when.argument, Guard::TRUE);
        let wanted = when.value.as_deref().unwrap_or("true");
        let set = self.store.any(found.iter().map(|f| f.guard));
        let start = Truth { yes: Guard::FALSE, no: self.store.not(set) };
        let truth = found.iter().fold(start, |truth, f| {
            let inner = source::equals(self.store, &f.value, wanted);
            Truth {
                yes: self.store.or(truth.yes, self.store.and(f.guard, inner.yes)),
                no: self.store.or(truth.no, self.store.and(f.guard, inner.no)),
            }
        });
        if when.negated { !truth } else { truth }
    }

    /// Lowers an object into a target.
    fn scope(&self, scope: &Scope, source: &Value, guard: Guard, target: &mut Object) {
        for rule in scope.rules.iter().filter(|r| !r.expand) {
            self.rule(rule, source, guard, target);
        }
        self.rest_of_scope(scope, source, guard, target);
    }

    /// Everything but the rules.
    fn rest_of_scope(&self, scope: &Scope, source: &Value, guard: Guard, target: &mut Object) {
        for function in &scope.functions {
            (function.lower)(self, source, guard, target);
        }
        for (path, json) in &scope.constants {
            let value =
                conform::default_value(self.store, json, None, Origin::NONE).with_origin(source.origin);
            target.put(self.store, path, guard, source.origin, value);
        }
        for (path, json, majors) in &scope.defaults {
            if self.holds_for(*majors) {
                let missing = self.store.and_not(guard, target.covered(self.store, path));
                if !missing.is_false() {
                    let place = self.store.place(source.origin).or_else(|| self.store.place(self.origin));
                    let beside = target.key_origin(path);
                    let value = conform::default_value(self.store, json, place, beside);
                    let origin = value.origin;
                    target.put(self.store, path, missing, origin, value);
                }
            }
        }
        if let crate::eval::Data::Map(map) = &source.data
            && let Some(rest) = map.rest
        {
            target.set_rest(rest);
        }
    }

    fn rule(&self, rule: &Rule, source: &Value, guard: Guard, target: &mut Object) {
        let truth = self.condition(rule.when.as_ref(), source);
        let undecided = self.store.truth_unknown(truth);
        let yes = self.store.and(guard, truth.yes);
        for found in source::follow(self.store, source, &rule.source, guard) {
            let unsure = self.store.and(found.guard, undecided);
            if !unsure.is_false() {
                // Whether the rule holds is not known, so neither is what stands there.
                let value = self.undecided(rule, &found.value);
                let path = self.uncovered(&rule.target, unsure, target);
                target.put(self.store, path, unsure, found.key_origin, value);
            }
            let guard = self.store.and(found.guard, yes);
            if guard.is_false() {
                continue;
            }
            let Some(below) = &rule.below else {
                let value = self.lower(rule, &found.value);
                if !value.is_unset() {
                    target.put(self.store, &rule.target, guard, found.key_origin, value);
                }
                continue;
            };
            self.nested(rule, below, &found.value, guard, target);
        }
    }

    /// The part of a path up to the first property that nothing stands at yet: where the last one may not be, those on
    /// the way to it may not be either.
    fn uncovered<'r>(&self, path: &'r [Step], guard: Guard, target: &Object) -> &'r [Step] {
        (1..path.len())
            .filter_map(|n| path.get(..n))
            .filter(|part| matches!(part.last(), Some(Step::Name(_))))
            .find(|part| !self.store.implies(guard, target.covered(self.store, part)))
            .unwrap_or(path)
    }

    /// Lowers the objects that an argument holds.
    fn nested(&self, rule: &Rule, below: &Scope, value: &Value, guard: Guard, target: &mut Object) {
        let elements = if rule.source.is_empty() {
            vec![Element::One(guard, value.clone())]
        } else {
            source::elements(self.store, value, guard)
        };
        if elements.is_empty() && rule.target.last() == Some(&Step::Element) {
            // A list that is written and empty is an empty list.
            if let Some(path) = rule.target.split_last().map(|(_, path)| path)
                && value.as_list().is_some()
            {
                let empty = Value { data: Value::list([]).data, ..value.clone() };
                target.put(self.store, path, guard, value.origin, empty);
            }
        }
        for element in elements {
            match element {
                Element::One(guard, value) => {
                    for (variant, guard) in self.variants(below, &value, guard) {
                        let Some(object) = target.descend(self.store, &rule.target, guard, value.origin)
                        else {
                            continue;
                        };
                        self.scope(below, &value, guard, object);
                        if let Some((path, key_origin, value)) = variant {
                            object.put(self.store, path, guard, key_origin, value);
                        }
                    }
                }
                Element::Rest(guard, unknown, value) => {
                    target.put_rest(self.store, &rule.target, guard, unknown, value);
                }
            }
        }
    }

    /// What a scope's `expand` rules make of an object: one variant for each member of the arguments; the object as it
    /// is when none of them is set.
    fn variants<'s>(
        &self,
        scope: &'s Scope,
        source: &Value,
        guard: Guard,
    ) -> Vec<(Option<Variant<'s>>, Guard)> {
        let mut out = Vec::new();
        let mut set = Guard::FALSE;
        let mut any = false;
        for rule in scope.rules.iter().filter(|r| r.expand) {
            any = true;
            let holds = self.condition(rule.when.as_ref(), source).yes;
            for found in source::follow(self.store, source, &rule.source, self.store.and(guard, holds)) {
                for element in source::elements(self.store, &found.value, found.guard) {
                    // Where there may be members that nobody knows, it is not said that there is none.
                    let (guard, value, covers) = match element {
                        Element::One(guard, value) => (guard, value, guard),
                        Element::Rest(guard, _, value) => (guard, value, found.guard),
                    };
                    let value = self.lower(rule, &value);
                    if !value.is_unset() {
                        out.push((Some((rule.target.as_slice(), found.key_origin, value)), guard));
                        set = self.store.or(set, covers);
                    }
                }
            }
        }
        if !any {
            return vec![(None, guard)];
        }
        let none = self.store.and_not(guard, set);
        if !none.is_false() {
            out.push((None, none));
        }
        out
    }

    fn lower(&self, rule: &Rule, value: &Value) -> Value {
        let value =
            rule.codecs.iter().fold(value.clone(), |value, codec| codec.lower(self.store, self.own, &value));
        match (rule.named, self.of) {
            (true, Some(of)) => named::lower(of, rule.shape, &value, 0),
            _ => value,
        }
    }

    /// An unknown for a rule whose condition is not known.
    fn undecided(&self, rule: &Rule, value: &Value) -> Value {
        let when = rule.when.as_ref().map_or_else(String::new, |w| w.argument.join("."));
        let reason = Str::from(format!("whether it applies depends on `{when}`"));
        let unknown = self.store.reason(self.store.place(value.origin), reason);
        Value { data: crate::eval::Data::Unknown(unknown), ..value.clone() }
    }
}

/// The property that an expanded member becomes: where, where it is written, what.
type Variant<'s> = (&'s [Step], Origin, Value);

/// A documented default, given as JSON, with the place where it would be written.
pub fn documented_default(store: &Store, json: &str, place: Option<crate::source::Span>) -> Value {
    conform::default_value(store, json, place, Origin::NONE)
}

/// One contribution's value, when it is there.
pub(super) type Contributed = (Guard, Value);

#[cfg(test)]
mod tests;
