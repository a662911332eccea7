//! What data sources give without anyone being asked: documents that are made of their own arguments, and facts that
//! the provider's configuration decides. Everything else is an unknown of the right shape.
//!
//! Terraform AWS provider documentation: "Data Source: aws_iam_policy_document", "aws_region", "aws_partition",
//! "aws_caller_identity", "aws_availability_zones", "aws_default_tags"; Terraform Template provider: "template_file".

use std::rc::Rc;
use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, Mode, Resource, TypeExpr};
use crate::source::Span;

use super::guard::Guard;
use super::instance::InstanceId;
use super::names::{Env, Failure, Names};
use super::policy_document;
use super::resources::{One, Slot};
use super::run::{ModuleInstance, Run};
use super::site::Site;
use super::store::{Marks, Origin, Reference, UnknownKind, Via};
use super::value::{Data, List, ListKind, Member, Part, Value};

/// How many availability zones a region has when the configuration file does not say it.
const ZONES: usize = 3;

/// The attributes that data sources of a type give natively; asking for others gives an unknown.
fn native(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "aws_iam_policy_document" => &["json", "minified_json"],
        "aws_region" => &["name", "region", "id", "endpoint"],
        "aws_partition" => &["partition", "id", "dns_suffix", "reverse_dns_prefix"],
        "aws_caller_identity" => &["account_id", "id", "arn", "user_id"],
        "aws_availability_zones" => &["names", "zone_ids"],
        "aws_default_tags" => &["tags"],
        "template_file" => &["rendered"],
        _ => &[],
    }
}

/// Whether a resource is a data source that gives something natively.
pub(super) fn is_native(resource: &Resource) -> bool {
    resource.mode == Mode::Data && !native(&resource.type_name).is_empty()
}

/// What the data source holds beside its arguments.
pub(super) fn all(run: &Run<'_>, id: InstanceId, resource: &Resource) -> Vec<(&'static str, Value)> {
    if resource.mode != Mode::Data {
        return Vec::new();
    }
    let shown: &[&'static str] = match resource.type_name.as_str() {
        // The other form says the same.
        "aws_iam_policy_document" => &["json"],
        name => native(name),
    };
    shown
        .iter()
        .filter_map(|name| Some((*name, attribute(run, id, resource, name, resource.header)?)))
        .filter(|(_, value)| !matches!(value.data, Data::Unknown(_)))
        .collect()
}

/// An attribute that the data source gives natively, or that the configuration file says; none for others.
pub(super) fn attribute(
    run: &Run<'_>,
    id: InstanceId,
    resource: &Resource,
    name: &str,
    span: Span,
) -> Option<Value> {
    if resource.mode != Mode::Data {
        return None;
    }
    let Some(Slot::Resource { module, one, .. }) = run.slot(id) else { return None };
    if module.index.module.dialect != Dialect::Terraform {
        return None;
    }
    if let Some(value) = configured(run, &module, &one, resource, name) {
        return Some(value);
    }
    if !native(&resource.type_name).contains(&name) {
        return None;
    }
    let origin = run.store.literal_origin(span);
    let argument = |wanted: &str| run.plain_body(id)?.as_map()?.get(wanted).map(|e| e.value.clone());
    let region = || run.scope(&module, resource).region.clone().filter(|v| !v.is_unset());
    match resource.type_name.as_str() {
        "aws_iam_policy_document" => policy_document::attribute(run, id, resource, name),
        "aws_region" => {
            let region = argument("region").or_else(|| argument("name")).or_else(region)?;
            match name {
                "endpoint" => {
                    let parts = [
                        Part::Text(Str::from("ec2.")),
                        Part::Term(region.clone()),
                        Part::Text(Str::from(format!(".{}", partition(region.as_str()?).dns_suffix))),
                    ];
                    Some(run.store.text(parts, origin))
                }
                _ => Some(region),
            }
        }
        "aws_partition" => {
            let region = region()?;
            let partition = partition(region.as_str()?);
            let text = match name {
                "dns_suffix" => partition.dns_suffix,
                "reverse_dns_prefix" => partition.reverse_dns_prefix,
                _ => partition.name,
            };
            Some(Value { data: Data::String(Str::from(text)), origin: region.origin, marks: Marks::NONE })
        }
        "aws_caller_identity" => {
            let name = if name == "id" { "account_id" } else { name };
            let reference = Reference { instance: id, attribute: Str::from(name) };
            let unknown = run.store.unknown(UnknownKind::Attribute(reference), true, TypeExpr::String);
            Some(Value::new(Data::Unknown(unknown), origin))
        }
        "aws_availability_zones" => Some(zones(run, id, name, origin)),
        "aws_default_tags" => run.scope(&module, resource).default_tags.clone(),
        "template_file" => Some(template_file(run, id, &module, resource, &one, span)),
        _ => None,
    }
}

/// What the configuration file says of a data source: an object of its attributes.
fn configured<'p>(
    run: &Run<'p>,
    module: &Rc<ModuleInstance<'p>>,
    one: &Rc<One>,
    resource: &Resource,
    name: &str,
) -> Option<Value> {
    let key = format!("data.{}.{}", resource.type_name, resource.name);
    let expr = run.supplied(&key)?;
    let value = run.bind_in(module, &one.each, expr);
    let value = value.as_map()?.get(name)?.value.clone();
    Some(run.evaluator.step(value, expr.span, Via::Supplied))
}

/// Three zones, unknown but distinct.
fn zones(run: &Run<'_>, id: InstanceId, name: &str, origin: Origin) -> Value {
    let reference = Reference { instance: id, attribute: Str::from(name) };
    let of = TypeExpr::List(Box::new(TypeExpr::String));
    let whole = run.store.unknown(UnknownKind::Attribute(reference), true, of);
    let members = (0..ZONES).map(|i| {
        let kind = UnknownKind::Part { of: whole, step: Str::from(format!("[{i}]")) };
        let zone = run.store.unknown(kind, true, TypeExpr::String);
        Member { guard: Guard::TRUE, value: Value::new(Data::Unknown(zone), origin) }
    });
    let list = List { kind: ListKind::List, members: members.collect(), rest: None };
    Value::new(Data::List(Arc::new(list)), origin)
}

/// `rendered` of a `template_file`: its text with its variables.
fn template_file<'p>(
    run: &Run<'p>,
    id: InstanceId,
    module: &Rc<ModuleInstance<'p>>,
    resource: &Resource,
    one: &Rc<One>,
    span: Span,
) -> Value {
    let unknown = || {
        let reference = Reference { instance: id, attribute: Str::from("rendered") };
        let unknown = run.store.unknown(UnknownKind::Attribute(reference), true, TypeExpr::String);
        Value::new(Data::Unknown(unknown), run.store.literal_origin(span))
    };
    let Some(body) = run.plain_body(id) else { return unknown() };
    let get = |name: &str| body.as_map().and_then(|m| m.get(name)).map(|e| e.value.clone());
    let Some(template) = get("template") else { return unknown() };
    let Some(text) = run.store.string_of(&template) else { return unknown() };
    let vars = get("vars");
    let bound: Vec<(Str, Value)> = match vars.as_ref().map(|v| &v.data) {
        None => Vec::new(),
        Some(Data::Map(map)) if map.rest.is_none() && map.entries.iter().all(|e| e.guard.is_true()) => {
            map.entries.iter().map(|e| (e.key.clone(), e.value.clone())).collect()
        }
        Some(_) => return unknown(),
    };
    let site = Site { run, module, each: &one.each };
    let rendered = site
        .template(None, &text)
        .map_err(|reason| Failure::new("invalid-template", reason, resource.header))
        .and_then(|parts| run.evaluator.template_with(&parts, &bound, resource.header, Env::new(&site)));
    match rendered {
        Ok(value) => Value { origin: template.origin, ..value },
        Err(failure) => run.give_up(failure),
    }
}

/// A partition of AWS.
struct Partition {
    name: &'static str,
    dns_suffix: &'static str,
    reverse_dns_prefix: &'static str,
}

/// The partition that a region is in (AWS General Reference, "AWS partitions"; botocore's `partitions.json`).
fn partition(region: &str) -> Partition {
    let (name, dns_suffix, reverse_dns_prefix) = if region.starts_with("cn-") {
        ("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws")
    } else if region.starts_with("us-gov-") {
        ("aws-us-gov", "amazonaws.com", "com.amazonaws")
    } else if region.starts_with("us-iso-") {
        ("aws-iso", "c2s.ic.gov", "gov.ic.c2s")
    } else if region.starts_with("us-isob-") {
        ("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s")
    } else if region.starts_with("eusc-") {
        ("aws-eusc", "amazonaws.eu", "eu.amazonaws")
    } else {
        ("aws", "amazonaws.com", "com.amazonaws")
    };
    Partition { name, dns_suffix, reverse_dns_prefix }
}
