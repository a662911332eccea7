//! The way back: which source value makes a property have a value. The law, tested for every rule of every table:
//! lowering what [`put`] writes gives the value that was put.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Entry, Guard, List, ListKind, Map, MapKind, Member, Origin, Value};

use super::super::registry;
use super::super::table::{self, Step};
use super::compile::{Rule, Scope};
use super::compiled;

/// Why a property can't be written in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// The type has no table.
    NoTable,
    /// No argument says this property.
    NoArgument,
    /// A table says why.
    Irreversible(Str),
    /// There is an argument, but no value of it means this.
    NoValue {
        /// The argument's path.
        argument: Str,
    },
}

/// The arguments of a Terraform type with a property set: `values` with the change that lowers to it. In the path an
/// element is `[0]` or `[]`; one past the last makes a new one.
///
/// # Errors
/// Why there is no such change.
pub fn put(declared: &str, values: &Value, path: &str, value: &Value) -> Result<Value, NoWay> {
    put_at(declared, values, path, None, value)
}

/// [`put`] with an element that is told by where it is written: in the path it is `[@]`. `[^]` is the last one.
///
/// # Errors
/// As for [`put`].
pub fn put_at(
    declared: &str,
    values: &Value,
    path: &str,
    element: Option<Origin>,
    value: &Value,
) -> Result<Value, NoWay> {
    let table = compiled(declared).ok_or(NoWay::NoTable)?;
    if let Some((_, reason)) = table.irreversible.iter().find(|(target, _)| target == path) {
        return Err(NoWay::Irreversible(reason.clone()));
    }
    let steps: Vec<PathStep> = registry::steps(path).map(|(_, step)| PathStep::new(step, element)).collect();
    scope(&table.root, values, &steps, value)
}

/// What a companion would say so that a property of its owner gets a value.
#[derive(Clone, Debug)]
pub struct Companion {
    /// The companion's arguments.
    pub values: Value,
    /// The argument that names the owner.
    pub by: Str,
}

/// The arguments of a companion of that owner type with a property of the owner set.
///
/// # Errors
/// Why there is no such change.
pub fn put_companion(
    type_name: &str,
    values: &Value,
    owner: &str,
    path: &str,
    value: &Value,
) -> Result<Companion, NoWay> {
    let table = compiled(type_name).ok_or(NoWay::NoTable)?;
    let steps: Vec<PathStep> = registry::steps(path).map(|(_, step)| PathStep::new(step, None)).collect();
    let mut problem = NoWay::NoArgument;
    for companion in table.companions.iter().filter(|c| c.owners.iter().any(|o| o == owner)) {
        let above = &companion.path;
        let mut rest = steps.as_slice();
        let fits = above.iter().zip(&steps).all(|(step, want)| want.fits(step));
        if !fits || steps.len() < above.len() {
            continue;
        }
        rest = rest.get(above.len()..).unwrap_or(&[]);
        match scope(&companion.scope, values, rest, value) {
            Ok(values) => return Ok(Companion { values, by: companion.argument.join(".").into() }),
            Err(other) => problem = other,
        }
    }
    Err(problem)
}

/// The Terraform types that become a registry type, in the order of the tables.
pub fn terraform_types_of(registry_type: &str) -> impl Iterator<Item = &'static str> {
    table::terraform_types().into_iter().filter(move |name| table::target_of(name) == Some(registry_type))
}

/// A step of a path in a concrete resource.
enum PathStep {
    Name(Str),
    Element(usize),
    /// The last element.
    Last,
    /// The element that is written there.
    Written(Origin),
}

impl PathStep {
    fn new(text: &str, element: Option<Origin>) -> Self {
        match text.strip_prefix('[') {
            Some("^]") => PathStep::Last,
            Some("@]") => PathStep::Written(element.unwrap_or(Origin::NONE)),
            Some(index) => PathStep::Element(index.trim_end_matches(']').parse().unwrap_or(0)),
            None => PathStep::Name(text.into()),
        }
    }

    fn fits(&self, step: &Step) -> bool {
        match (self, step) {
            (PathStep::Name(a), Step::Name(b)) => a == b,
            (PathStep::Element(_) | PathStep::Last | PathStep::Written(_), Step::Element) => true,
            _ => false,
        }
    }
}

/// Sets a property in what one scope lowers.
fn scope(rules: &Scope, source: &Value, path: &[PathStep], value: &Value) -> Result<Value, NoWay> {
    let mut problem = NoWay::NoArgument;
    // A rule that the source satisfies already comes before one whose condition would have to be made true.
    let mut fitting: Vec<&Rule> = rules.rules.iter().filter(|rule| leads(rule, path)).collect();
    fitting.sort_by_key(|rule| (!is_set(source, &rule.source), rule.when.is_some()));
    for rule in fitting {
        match by(rule, source, path, value) {
            Ok(changed) => return Ok(condition(rule, changed)),
            Err(other) => problem = other,
        }
    }
    Err(problem)
}

/// Whether a rule writes at a path, or above it.
fn leads(rule: &Rule, path: &[PathStep]) -> bool {
    rule.target.len() <= path.len() && rule.target.iter().zip(path).all(|(step, want)| want.fits(step))
}

fn is_set(source: &Value, path: &[Str]) -> bool {
    let mut at = source;
    for name in path {
        let found = match &at.data {
            Data::Map(map) => map.get(name),
            Data::List(list) => list.members.first().and_then(|m| m.value.as_map()).and_then(|m| m.get(name)),
            _ => None,
        };
        match found {
            Some(entry) => at = &entry.value,
            None => return false,
        }
    }
    !at.is_unset()
}

fn by(rule: &Rule, source: &Value, path: &[PathStep], value: &Value) -> Result<Value, NoWay> {
    let rest = path.get(rule.target.len()..).unwrap_or(&[]);
    let no_value = || NoWay::NoValue { argument: rule.source.join(".").into() };
    let Some(below) = &rule.below else {
        if !rest.is_empty() || rule.named || rule.source.is_empty() {
            return Err(no_value());
        }
        let raised = rule.codecs.iter().rev().try_fold(value.clone(), |value, codec| codec.raise(&value));
        let mut raised = raised.ok_or_else(no_value)?;
        if rule.expand && rule.collection {
            raised = list_of(raised);
        }
        return set(source, &rule.source, &rule.blocks, &mut |_| Ok(raised.clone()));
    };
    if rule.source.is_empty() {
        return scope(below, source, rest, value);
    }
    let index = match path.get(rule.target.len().wrapping_sub(1)) {
        Some(PathStep::Element(index)) => *index,
        Some(PathStep::Last) => usize::MAX,
        _ => 0,
    };
    let written = path.iter().take(rule.target.len()).find_map(|step| match step {
        PathStep::Written(origin) => Some(*origin),
        _ => None,
    });
    set(source, &rule.source, &rule.blocks, &mut |old| {
        let many = rule.blocks.last() == Some(&true);
        let mut members = match (&old.data, many) {
            (Data::List(list), true) => list.members.clone(),
            _ => Vec::new(),
        };
        let found = match (written, many) {
            (None, true) if index == usize::MAX => members.len().checked_sub(1),
            (None, _) => Some(index),
            (Some(origin), true) => members.iter().position(|m| m.value.origin == origin),
            (Some(origin), false) => (old.origin == origin).then_some(0),
        };
        let Some(index) = found else { return Err(NoWay::NoArgument) };
        let inner = if many { members.get(index).map(|m| m.value.clone()) } else { Some(old.clone()) };
        let changed = scope(below, &inner.unwrap_or_else(Value::absent), rest, value)?;
        if !many {
            return Ok(changed);
        }
        match members.get_mut(index) {
            Some(member) => member.value = changed,
            None => members.push(Member { guard: Guard::TRUE, value: changed }),
        }
        let data = Data::List(Arc::new(List { kind: ListKind::List, members, rest: None }));
        Ok(Value { data, ..old.clone() })
    })
}

/// Makes a rule's condition hold.
fn condition(rule: &Rule, source: Value) -> Value {
    let Some(when) = &rule.when else { return source };
    if when.negated || is_set(&source, &when.argument) {
        return source;
    }
    let wanted = when.value.as_ref().map_or(Value::bool(true), |text| Value::string(text.clone()));
    let block = |(at, name)| rule.source.get(at) == Some(name) && rule.blocks.get(at) == Some(&true);
    let blocks: Vec<bool> = when.argument.iter().enumerate().map(block).collect();
    set(&source, &when.argument, &blocks, &mut |_| Ok(wanted.clone())).unwrap_or(source)
}

fn list_of(value: Value) -> Value {
    let origin = value.origin;
    Value::list([value]).with_origin(origin)
}

/// Replaces what stands at a path of arguments, making blocks on the way.
fn set(
    source: &Value,
    path: &[Str],
    blocks: &[bool],
    change: &mut dyn FnMut(&Value) -> Result<Value, NoWay>,
) -> Result<Value, NoWay> {
    let Some((name, rest)) = path.split_first() else { return change(source) };
    let mut entries = source.as_map().map_or_else(Vec::new, |map| map.entries.clone());
    let old = entries.iter().find(|e| e.key == *name).map_or_else(Value::absent, |e| e.value.clone());
    let is_block = blocks.first() == Some(&true);
    let deeper = blocks.get(1..).unwrap_or(&[]);
    let new = if rest.is_empty() {
        change(&old)?
    } else if is_block {
        let first =
            old.as_list().and_then(|l| l.members.first()).map_or_else(Value::absent, |m| m.value.clone());
        list_of(set(&first, rest, deeper, change)?)
    } else {
        set(&old, rest, deeper, change)?
    };
    match entries.iter_mut().find(|e| e.key == *name) {
        Some(entry) => entry.value = new,
        None => {
            entries.push(Entry { key: name.clone(), key_origin: new.origin, guard: Guard::TRUE, value: new })
        }
    }
    let rest = source.as_map().and_then(|map| map.rest);
    let data = Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest }));
    Ok(Value { data, ..source.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::World;
    use super::super::{codec::Codec, compile, properties};
    use super::*;
    use crate::eval::{Number, Store};
    use crate::model::registry::{Shape, ShapeId, Type};

    /// A value of a shape that is not its default.
    fn sample(of: &Type, id: ShapeId, depth: u32) -> Value {
        match of.shape(id) {
            Some(Shape::String(values)) => {
                Value::string(values.first().cloned().unwrap_or_else(|| "x".into()))
            }
            Some(Shape::Integer | Shape::Number) => Value::new(Data::Number(Number::Int(840)), Origin::NONE),
            Some(Shape::Boolean) => Value::bool(true),
            Some(Shape::List { items, .. }) => Value::list([sample(of, *items, depth + 1)]),
            Some(Shape::Map(items)) => Value::object([("k".into(), sample(of, *items, depth + 1))]),
            Some(Shape::Object(fields)) if depth < 4 => Value::object(
                fields
                    .iter()
                    .filter(|f| f.required)
                    .map(|f| (f.name.clone(), sample(of, f.shape, depth + 1))),
            ),
            _ => Value::object([("Version".into(), Value::string("2012-10-17"))]),
        }
    }

    /// Whether a value stands at a path; any element will do.
    fn stands(value: &Value, path: &[Step], wanted: &Value) -> bool {
        match (path.split_first(), &value.data) {
            (None, _) => same(value, wanted),
            (Some((Step::Name(name), rest)), Data::Map(map)) => {
                map.all(name).any(|entry| stands(&entry.value, rest, wanted))
            }
            (Some((Step::Element, rest)), Data::List(list)) => {
                list.members.iter().any(|member| stands(&member.value, rest, wanted))
            }
            _ => false,
        }
    }

    /// Equality but for origins and kinds of collections.
    fn same(a: &Value, b: &Value) -> bool {
        match (&a.data, &b.data) {
            (Data::List(a), Data::List(b)) => {
                a.members.len() == b.members.len()
                    && a.members.iter().zip(&b.members).all(|(a, b)| same(&a.value, &b.value))
            }
            (Data::Map(a), Data::Map(b)) => {
                b.entries.iter().all(|e| a.get(&e.key).is_some_and(|found| same(&found.value, &e.value)))
            }
            (a, b) => a == b,
        }
    }

    struct Count {
        held: usize,
        wrong: Vec<String>,
    }

    fn check(
        world: &World,
        store: &Store,
        name: &str,
        of: &Type,
        rules: &Scope,
        above: &[Step],
        count: &mut Count,
    ) {
        for rule in &rules.rules {
            let path: Vec<Step> = above.iter().chain(&rule.target).cloned().collect();
            if let Some(below) = &rule.below {
                check(world, store, name, of, below, &path, count);
                continue;
            }
            let one_way = |c: &Codec| matches!(c, Codec::Own(_) | Codec::This(_) | Codec::Flag(_));
            let negated = rule.when.as_ref().is_some_and(|w| w.negated);
            if rule.named || rule.codecs.iter().any(one_way) || negated || rule.source.is_empty() {
                continue;
            }
            let text = compile::text(&path);
            let mut wanted = sample(of, rule.shape, 0);
            if let Some(Codec::Entry(key, name, value)) = rule.codecs.last() {
                wanted = Value::object([
                    (name.clone(), Value::string(key.clone())),
                    (value.clone(), Value::string("x")),
                ]);
            }
            if let Some(Codec::Alias(pairs)) = rule.codecs.last() {
                wanted = match of.shape(rule.shape) {
                    Some(Shape::Integer) => {
                        Value::new(Data::Number(Number::parse(&pairs[0].1).unwrap()), Origin::NONE)
                    }
                    _ => Value::string(pairs[0].1.clone()),
                };
            }
            if let Some(Codec::Pairs(key, value)) = rule.codecs.last() {
                let pair = [(key.clone(), Value::string("k")), (value.clone(), Value::string("v"))];
                wanted = Value::list([Value::object(pair)]);
            }
            if let Some(Codec::Bool(yes, _)) = rule.codecs.last() {
                wanted = Value::string(yes.clone());
            }
            if let Some(Codec::Objects(name)) = rule.codecs.last() {
                wanted = Value::list([Value::object([(name.clone(), Value::string("x"))])]);
            }
            if let Some(Codec::Lower) = rule.codecs.last() {
                wanted = Value::string("allow");
            }
            let source = match put(name, &Value::object([]), &text, &wanted) {
                Ok(source) => source,
                Err(NoWay::Irreversible(_)) => continue,
                Err(why) => {
                    count.wrong.push(format!("{name}: {} -> {text}: {why:?}", rule.source.join(".")));
                    continue;
                }
            };
            let lowered = properties(store, &world.instance(name, source.clone()));
            if stands(&lowered, &path, &wanted) {
                count.held += 1;
            } else {
                count.wrong.push(format!(
                    "{name}: {} -> {text}: {} becomes {}",
                    rule.source.join("."),
                    world.json(&source),
                    world.json(&lowered)
                ));
            }
        }
    }

    /// `lower(put(source, value)) = value` for every rule of every table, written and by name.
    #[test]
    fn what_is_put_is_what_is_lowered() {
        let world = World::new();
        let mut count = Count { held: 0, wrong: Vec::new() };
        for name in table::terraform_types() {
            let compiled = compiled(name).unwrap();
            let of = registry::get(&compiled.target).unwrap();
            check(&world, &world.store, name, &of, &compiled.root, &[], &mut count);
        }
        assert!(
            count.wrong.is_empty(),
            "{} of {}:\n{}",
            count.wrong.len(),
            count.held,
            count.wrong.join("\n")
        );
        assert!(count.held > 5_000, "{}", count.held);
    }

    #[test]
    fn a_second_element_and_no_way() {
        let first = put(
            "aws_security_group",
            &Value::object([]),
            "SecurityGroupIngress[0].FromPort",
            &Value::string("22"),
        );
        let both = put(
            "aws_security_group",
            &first.unwrap(),
            "SecurityGroupIngress[1].CidrIp",
            &Value::string("::"),
        );
        let both = both.unwrap();
        let ingress = both.as_map().unwrap().get("ingress").unwrap().value.as_list().unwrap().members.len();
        assert_eq!(ingress, 2);
        let no =
            |path: &str| put("aws_s3_bucket", &Value::object([]), path, &Value::string("?")).unwrap_err();
        assert_eq!(no("AnalyticsConfigurations"), NoWay::NoArgument);
        assert_eq!(no("VersioningConfiguration.Status"), NoWay::NoValue { argument: "enabled".into() },);
    }
}
