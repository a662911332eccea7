//! What resources are known by, so that a name or an ARN that somebody writes out (`DestinationBucketName: my-logs`,
//! `arn:aws:sns:*:*:alarms`) leads to the resource that has it, as a reference would.
//!
//! A resource is known by its registry type's primary identifier where people choose it, else by its name property
//! (`TopicName`, `Name`). Resources inside others (an API's stage) are known by the parent's identifier as well.
//! ARNs are `arn:partition:service:region:account:resource` ("Identify AWS resources with Amazon Resource Names",
//! IAM User Guide); the resource part ends with the name, with a kind before it in most services.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::Str;
use crate::eval::{Data, Guard, InstanceId, Part, Store, UnknownId, UnknownKind, Value};
use crate::model::{Resource, ResourceId, registry};
use crate::program::Mode;

/// One part of a name: text, or something unknown that is the same wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Text(Str),
    Unknown(UnknownId),
    Resource(InstanceId),
}

/// A resource under one of its names.
#[derive(Clone, Debug)]
struct Entry {
    id: ResourceId,
    guard: Guard,
    parents: SmallVec<[Key; 1]>,
}

/// The types that have names, by what their names are made of.
#[derive(Debug)]
struct Kind {
    /// The last word of the type in lower case: `bucket`.
    noun: String,
    /// The service as ARNs have it: `elasticloadbalancing`.
    service: String,
    name: Str,
    parents: Vec<Str>,
}

/// All names of a graph.
#[derive(Debug, Default)]
pub(super) struct Identities {
    kinds: FxHashMap<Str, Option<Arc<Kind>>>,
    by_name: FxHashMap<Key, Vec<Entry>>,
    /// The name of an instance whose reference gives it.
    of_instance: FxHashMap<InstanceId, Key>,
    /// The kind of each resource that has a name.
    kind_of: FxHashMap<ResourceId, Arc<Kind>>,
    nested: bool,
}

impl Identities {
    /// Reads the names of all managed resources.
    pub(super) fn of(store: &Store, resources: &[Resource]) -> Self {
        let mut all = Identities::default();
        let mut named: Vec<(&Resource, Arc<Kind>)> = Vec::new();
        for resource in resources.iter().filter(|r| r.mode == Mode::Managed) {
            let kind = all
                .kinds
                .entry(resource.type_name.clone())
                .or_insert_with(|| kind(&resource.type_name).map(Arc::new));
            if let Some(kind) = kind.clone() {
                named.push((resource, kind));
            }
        }
        for (resource, kind) in &named {
            if let (Some(instance), Some(name)) = (resource.instance, property(resource, &kind.name))
                && let Data::String(text) = &name.data
            {
                all.of_instance.insert(instance, Key::Text(text.clone()));
            }
        }
        for (resource, kind) in named {
            let Some(name) = property(resource, &kind.name) else { continue };
            let parents: Option<SmallVec<[Key; 1]>> =
                kind.parents.iter().map(|p| all.key(store, property(resource, p)?)).collect();
            let Some(parents) = parents else { continue };
            for (arm, name) in store.arms(name) {
                let guard = store.and(resource.exists, arm);
                let Some(key) = all.key(store, &name).filter(|_| !guard.is_false()) else { continue };
                let entry = Entry { id: resource.id, guard, parents: parents.clone() };
                all.nested |= !entry.parents.is_empty();
                all.by_name.entry(key).or_default().push(entry);
            }
            all.kind_of.insert(resource.id, kind);
        }
        all
    }

    /// The property that is the own name of resources of a type: it names nobody else.
    pub(super) fn own_name(&self, type_name: &Str) -> Option<&Str> {
        self.kinds.get(type_name)?.as_ref().map(|kind| &kind.name)
    }

    /// The one resource of some types that a value names, whatever the property: none where several have that name.
    pub(super) fn one(
        &self,
        store: &Store,
        value: &Value,
        types: &[Str],
        resources: &[Resource],
    ) -> Option<ResourceId> {
        let mut found: Option<(ResourceId, Guard)> = None;
        for (id, guard) in self.find(store, value, None) {
            let Some(resource) = resources.get(id.0 as usize).filter(|r| types.contains(&r.type_name)) else {
                continue;
            };
            match found {
                // The first of several that can't be there together stands for all of them.
                Some((first, other)) if first != resource.id && store.compatible(other, guard) => {
                    return None;
                }
                Some(_) => {}
                None => found = Some((id, guard)),
            }
        }
        found.map(|(id, _)| id)
    }

    /// The resources that a value in a property names, each with the condition under which it has that name; and
    /// whether it names one of them only, because several that can be there together have it.
    pub(super) fn named(
        &self,
        store: &Store,
        value: &Value,
        property: &str,
    ) -> (Vec<(ResourceId, Guard)>, bool) {
        if self.by_name.is_empty() {
            return (Vec::new(), false);
        }
        let found = self.find(store, value, Some(property));
        let ambiguous = found.iter().enumerate().any(|(index, (id, guard))| {
            found.iter().skip(index + 1).any(|(other, with)| id != other && store.compatible(*guard, *with))
        });
        (found, ambiguous)
    }

    fn find(&self, store: &Store, value: &Value, property: Option<&str>) -> Vec<(ResourceId, Guard)> {
        let mut found = Vec::new();
        if let Some(key) = self.key(store, value) {
            for entry in self.by_name.get(&key).into_iter().flatten().filter(|e| e.parents.is_empty()) {
                let fits = property
                    .is_none_or(|p| self.kind_of.get(&entry.id).is_some_and(|kind| speaks_of(p, &kind.noun)));
                if fits {
                    found.push((entry.id, entry.guard));
                }
            }
        }
        let is_arn = match &value.data {
            Data::String(text) => text.starts_with("arn:"),
            Data::Text(parts) => {
                matches!(parts.first(), Some(Part::Text(text)) if text.starts_with("arn:"))
            }
            _ => false,
        };
        if is_arn || self.nested {
            self.by_path(store, value, is_arn, &mut found);
        }
        found
    }

    /// Adds what an ARN, or a path that ends like one, names.
    fn by_path(&self, store: &Store, value: &Value, is_arn: bool, found: &mut Vec<(ResourceId, Guard)>) {
        let segments = match &value.data {
            Data::String(text) if text.contains('/') || is_arn => {
                self.segments(store, std::slice::from_ref(&Part::Text(text.clone())))
            }
            Data::Text(parts) => self.segments(store, parts),
            _ => return,
        };
        let text = |at: usize| match segments.get(at) {
            Some(Key::Text(text)) => text.as_str(),
            _ => "",
        };
        let s3 = is_arn && text(2) == "s3";
        // `arn:aws:s3:::bucket/key`: the bucket is first. A log group's ARN may end with `:*`.
        let at = match segments.len() {
            _ if s3 => 5,
            n if n > 7 && text(n - 1) == "*" => n - 2,
            n => n.wrapping_sub(1),
        };
        let Some(name) = segments.get(at) else { return };
        for entry in self.by_name.get(name).into_iter().flatten() {
            let Some(kind) = self.kind_of.get(&entry.id) else { continue };
            let before = segments.get(..at).unwrap_or(&[]);
            if !entry.parents.iter().all(|parent| before.contains(parent)) {
                continue;
            }
            let fits = if is_arn {
                let bare = at == 5;
                text(2) == kind.service && (bare || !entry.parents.is_empty() || is_kind(text(5), &kind.noun))
            } else {
                !entry.parents.is_empty()
            };
            if fits {
                found.push((entry.id, entry.guard));
            }
        }
    }

    /// A text cut at `:` and `/`.
    fn segments(&self, store: &Store, parts: &[Part]) -> Vec<Key> {
        let mut all = Vec::new();
        let mut open: SmallVec<[Key; 2]> = SmallVec::new();
        let close = |open: &mut SmallVec<[Key; 2]>, all: &mut Vec<Key>| {
            let key = match open.as_slice() {
                [] => Key::Text(Str::new()),
                [one] => one.clone(),
                several => Key::Text(ecow::eco_format!("{several:?}")),
            };
            all.push(key);
            open.clear();
        };
        for part in parts {
            match part {
                Part::Text(text) => {
                    for (index, piece) in text.split([':', '/']).enumerate() {
                        if index > 0 {
                            close(&mut open, &mut all);
                        }
                        if !piece.is_empty() {
                            open.push(Key::Text(piece.into()));
                        }
                    }
                }
                Part::Term(term) => {
                    open.push(self.key(store, term).unwrap_or_else(|| Key::Text(store.text_of(term).into())));
                }
            }
        }
        close(&mut open, &mut all);
        all
    }

    /// A value as a part of a name; none for what is no single text, or may be any.
    fn key(&self, store: &Store, value: &Value) -> Option<Key> {
        match &value.data {
            Data::String(text) if !text.is_empty() => Some(Key::Text(text.clone())),
            Data::Number(number) => Some(Key::Text(ecow::eco_format!("{number}"))),
            Data::Text(_) => Some(Key::Text(store.text_of(value).into())),
            Data::Instance(id) => Some(Key::Resource(*id)),
            Data::Unknown(id) => match store.unknown_info(*id).kind {
                UnknownKind::Attribute(reference)
                    if matches!(reference.attribute.as_str(), "Ref" | "id" | "Id" | "name" | "Name") =>
                {
                    let known = self.of_instance.get(&reference.instance).cloned();
                    Some(known.unwrap_or(Key::Resource(reference.instance)))
                }
                UnknownKind::Reason { .. } | UnknownKind::Failed { .. } => None,
                _ => Some(Key::Unknown(*id)),
            },
            _ => None,
        }
    }
}

fn property<'r>(resource: &'r Resource, name: &str) -> Option<&'r Value> {
    resource.properties.as_map()?.get(name).filter(|e| e.guard.is_true()).map(|e| &e.value)
}

/// How a type is named; none for what nobody names.
fn kind(type_name: &Str) -> Option<Kind> {
    let mut words = type_name.split("::");
    let (service, noun) = (words.nth(1)?, words.next()?);
    if type_name.starts_with("Masugata::") {
        return None;
    }
    let registry = registry::get(type_name)?;
    let last = |path: &Str| Str::from(path.rsplit('/').next().unwrap_or(path));
    let identifiers: Vec<Str> = registry.primary_identifier.iter().map(last).collect();
    let chosen = |name: &str| registry.property(name).is_some() && !registry.is_read_only(name);
    let (name, parents) = match identifiers.split_last() {
        Some((name, parents)) if identifiers.iter().all(|n| chosen(n)) => (name.clone(), parents.to_vec()),
        _ => {
            let own = ecow::eco_format!("{noun}Name");
            (["Name".into(), own].into_iter().rev().find(|n: &Str| chosen(n))?, Vec::new())
        }
    };
    // A companion of another resource is not named by the owner's name.
    let is_name = name == "Name" || name.to_ascii_lowercase().contains(&noun.to_ascii_lowercase());
    if parents.is_empty() && !is_name && !name.ends_with("Identifier") {
        return None;
    }
    let service = match service {
        "ElasticLoadBalancing" | "ElasticLoadBalancingV2" => "elasticloadbalancing".to_owned(),
        "ApiGatewayV2" => "apigateway".to_owned(),
        "OpenSearchService" | "Elasticsearch" => "es".to_owned(),
        "KinesisFirehose" => "firehose".to_owned(),
        "StepFunctions" => "states".to_owned(),
        "Cognito" => "cognito-idp".to_owned(),
        "EFS" => "elasticfilesystem".to_owned(),
        "DocDB" | "Neptune" => "rds".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    Some(Kind { noun: noun.to_ascii_lowercase(), service, name, parents })
}

/// Whether a property speaks of things of a kind: `LoggingConfiguration.DestinationBucketName` of buckets.
fn speaks_of(property: &str, noun: &str) -> bool {
    let last = property.rsplit('.').next().unwrap_or(property);
    let mut word: String = last.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    for end in ["names", "name", "arns", "arn", "ids", "id", "identifiers", "identifier", "s"] {
        if let Some(rest) = word.strip_suffix(end).filter(|rest| !rest.is_empty()) {
            word.truncate(rest.len());
            break;
        }
    }
    word == noun || (noun.len() > 4 && !matches!(noun, "group" | "policy") && word.ends_with(noun))
}

/// Whether the kind that an ARN tells is that of a type: `log-group`, `db`, `userpool`.
fn is_kind(kind: &str, noun: &str) -> bool {
    let kind: String = kind.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    !kind.is_empty() && (noun.ends_with(&kind) || kind.starts_with(noun) || noun.starts_with(&kind))
}
