//! `AWS::Serverless::Connector`: the rights that a resource needs to use another one, as the transform's profiles list
//! them by the two types.

use serde_json::Value as Json;

use crate::program::{Expr, ExprKind, Resource};

use super::make::{At, Making, Props, id_of, literal_text, member, members, target_of};
use super::policies::FACTS;

/// One end of a connector.
struct End {
    type_name: String,
    arn: Option<Expr>,
    id: Option<Expr>,
    name: Option<Expr>,
    role: Option<Expr>,
    queue: Option<Expr>,
    qualifier: Option<Expr>,
}

/// What a connector looks up.
pub(super) struct Known<'k> {
    /// All resources of the template, as they are after the transform.
    pub(super) resources: &'k [Resource],
}

impl Known<'_> {
    fn end(&self, given: &Expr, at: At) -> Option<End> {
        let part = |name: &str| member(given, name).cloned();
        let Some(id) = member(given, "Id").and_then(literal_text) else {
            return Some(End {
                type_name: member(given, "Type").and_then(literal_text).map(registry_type)?.to_owned(),
                arn: part("Arn"),
                id: part("ResourceId"),
                name: part("Name"),
                role: part("RoleName"),
                queue: part("QueueUrl"),
                qualifier: part("Qualifier"),
            });
        };
        let resource = self.resources.iter().find(|r| r.name == id)?;
        let property =
            |name: &str| resource.body.attributes.iter().find(|a| a.name == name).map(|a| &a.value);
        let by_reference = ["AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"];
        let type_name = resource.type_name.to_string();
        let arn = match by_reference.contains(&type_name.as_str()) {
            true => at.reference(id),
            false => at.get_att(id, "Arn"),
        };
        let of_rule = || match property("Targets").map(|t| &t.kind) {
            Some(ExprKind::List(items)) => items.iter().find_map(|i| member(i, "RoleArn")),
            _ => None,
        };
        let role =
            ["Role", "RoleArn", "ServiceRoleArn"].iter().find_map(|name| property(name)).or_else(of_rule);
        let role = role.and_then(|r| target_of(r).or_else(|| id_of(r))).map(|id| at.reference(id));
        let queue = (type_name == "AWS::SQS::Queue").then(|| at.reference(id));
        let qualifier = match type_name.as_str() {
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => Some(at.text("*")),
            _ => None,
        };
        Some(End {
            arn: Some(arn),
            id: Some(at.reference(id)),
            name: Some(at.get_att(id, "Name")),
            role,
            queue,
            qualifier: part("Qualifier").or(qualifier),
            type_name,
        })
    }
}

fn registry_type(name: &str) -> &str {
    match name {
        "AWS::Serverless::Function" => "AWS::Lambda::Function",
        "AWS::Serverless::StateMachine" => "AWS::StepFunctions::StateMachine",
        "AWS::Serverless::Api" => "AWS::ApiGateway::RestApi",
        "AWS::Serverless::HttpApi" => "AWS::ApiGatewayV2::Api",
        "AWS::Serverless::SimpleTable" => "AWS::DynamoDB::Table",
        other => other,
    }
}

/// What a connector makes, one set for each destination.
pub(super) fn expand(known: &Known<'_>, of: &Resource, props: &Props) -> Vec<Resource> {
    let (Some(source), Some(destination)) = (props.get("Source"), props.get("Destination")) else {
        return Vec::new();
    };
    let permissions: Vec<&str> = match props.get("Permissions").map(|p| &p.kind) {
        Some(ExprKind::List(items)) => items.iter().filter_map(literal_text).collect(),
        _ => Vec::new(),
    };
    match &destination.kind {
        ExprKind::List(items) => items
            .iter()
            .enumerate()
            .flat_map(|(n, to)| one(known, of, &format!("Destination{n}"), source, to, &permissions))
            .collect(),
        _ => one(known, of, "", source, destination, &permissions),
    }
}

fn one(
    known: &Known<'_>,
    of: &Resource,
    suffix: &str,
    source: &Expr,
    destination: &Expr,
    permissions: &[&str],
) -> Vec<Resource> {
    let at = At(of.header);
    let id = of.name.as_str();
    let (Some(from), Some(to)) = (known.end(source, at), known.end(destination, at)) else {
        return Vec::new();
    };
    let profile =
        FACTS.get("connectors").and_then(|c| c.get(&from.type_name)).and_then(|c| c.get(&to.type_name));
    let Some(profile) = profile else { return Vec::new() };
    let Some(properties) = profile.get("Properties") else { return Vec::new() };
    let categories: Vec<&Json> = permissions
        .iter()
        .filter_map(|name| properties.get("AccessCategories").and_then(|c| c.get(*name)))
        .collect();
    let statements = || {
        let all = categories.iter().filter_map(|c| c.get("Statement")).filter_map(Json::as_array).flatten();
        at.list(all.map(|s| filled(at, s, &from, &to)).collect())
    };
    let document = || at.object(vec![("Version", at.text("2012-10-17")), ("Statement", statements())]);
    match profile.get("Type").and_then(Json::as_str) {
        Some("AWS_IAM_ROLE_MANAGED_POLICY") => {
            let by_source = properties.get("SourcePolicy").and_then(Json::as_bool).unwrap_or(true);
            let Some(role) = (if by_source { &from.role } else { &to.role }).clone() else {
                return Vec::new();
            };
            let mut made = Making::new(of, format!("{id}Policy{suffix}"), "AWS::IAM::ManagedPolicy", at.0);
            made.set("PolicyDocument", document()).set("Roles", at.list(vec![role]));
            vec![made.done()]
        }
        Some("AWS_SQS_QUEUE_POLICY") => {
            let mut made = Making::new(of, format!("{id}QueuePolicy{suffix}"), "AWS::SQS::QueuePolicy", at.0);
            let queue = to.queue.clone().or_else(|| to.id.clone());
            made.set("PolicyDocument", document()).set("Queues", at.list(queue.into_iter().collect()));
            vec![made.done()]
        }
        Some("AWS_SNS_TOPIC_POLICY") => {
            let mut made = Making::new(of, format!("{id}TopicPolicy{suffix}"), "AWS::SNS::TopicPolicy", at.0);
            let topic = to.arn.clone();
            made.set("PolicyDocument", document()).set("Topics", at.list(topic.into_iter().collect()));
            vec![made.done()]
        }
        Some("AWS_LAMBDA_PERMISSION") => permissions
            .iter()
            .filter_map(|name| {
                let category = properties.get("AccessCategories")?.get(*name)?.as_object()?;
                let id = format!("{id}{name}LambdaPermission{suffix}");
                let mut made = Making::new(of, id, "AWS::Lambda::Permission", at.0);
                made.set_some("FunctionName", to.arn.clone());
                for (key, value) in category {
                    made.set(key, filled(at, value, &from, &to));
                }
                Some(made.done())
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A part of a profile with `%{Source.Arn}` and its like filled in. Profiles nest a handful deep.
fn filled(at: At, json: &Json, from: &End, to: &End) -> Expr {
    match json {
        Json::String(text) => {
            let variables: Vec<(String, Expr)> = [("Source", from), ("Destination", to)]
                .into_iter()
                .flat_map(|(side, end)| {
                    [
                        ("Arn", &end.arn),
                        ("ResourceId", &end.id),
                        ("Name", &end.name),
                        ("Qualifier", &end.qualifier),
                        ("QueueUrl", &end.queue),
                    ]
                    .into_iter()
                    .filter_map(move |(part, value)| Some((format!("{side}.{part}"), value.clone()?)))
                })
                .collect();
            let variables: Vec<(&str, Expr)> =
                variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let text = text.replace("%{", "${");
            match variables.iter().find(|(name, _)| text == format!("${{{name}}}")) {
                Some((_, value)) => value.clone(),
                None => at.sub(&text, &variables),
            }
        }
        Json::Array(items) => at.list(items.iter().map(|i| filled(at, i, from, to)).collect()),
        Json::Object(fields) => match fields.get("Fn::Sub").and_then(Json::as_str) {
            Some(text) => filled(at, &Json::String(text.to_owned()), from, to),
            None => at.object(fields.iter().map(|(k, v)| (k.as_str(), filled(at, v, from, to))).collect()),
        },
        other => at.json(other, &|_| None),
    }
}

/// The connectors that stand in a resource itself, as connectors of their own.
pub(super) fn embedded(resource: &Resource) -> Vec<(Resource, Props)> {
    let attribute = resource.meta.attributes.iter().find(|a| a.name == "Connectors");
    let Some(ExprKind::Object(items)) = attribute.map(|a| &a.value.kind) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| {
            let id = format!("{}{}", resource.name, item.key.as_string()?);
            let mut props = members(member(&item.value, "Properties")?);
            let at = At(item.key.span);
            let mut source = vec![("Id", at.text(&resource.name))];
            if let Some(given) = props.get("SourceReference") {
                source.extend(member(given, "Qualifier").map(|q| ("Qualifier", q.clone())));
            }
            let value = at.object(source);
            let span = value.span;
            props.0.push(crate::program::Attribute { name: "Source".into(), name_span: span, span, value });
            let mut of = Making::new(resource, id, "AWS::Serverless::Connector", at.0).done();
            of.meta.attributes.clear();
            Some((of, props))
        })
        .collect()
}
