//! The Serverless Application Model: its resources become those that the transform makes of them ("AWS SAM resource and
//! property reference", "Generated CloudFormation resources", AWS Serverless Application Model Developer Guide). What the
//! transform does exactly is only told by its source (`aws-sam-translator`, Apache-2.0), with which this is compared.
//!
//! Everything works on expressions, before anything is evaluated, as the transform does; so what is made keeps its place
//! in the SAM source.

mod api;
mod auth;
mod brokers;
mod connector;
mod domain;
mod events;
mod function;
mod globals;
mod graphql;
mod link;
mod make;
mod other;
mod policies;
mod websocket;

use indexmap::IndexMap;

use crate::Str;
use crate::program::{Attribute, Expr, ExprKind, Literal, Module, Repeat, Resource, Root};

use api::Api;
use make::{At, Props};

/// A function or alias, as events need it.
pub(super) struct Target<'r> {
    /// What a permission names.
    name: Expr,
    /// What a service calls.
    arn: Expr,
    /// The function's resource.
    of: &'r Resource,
}

/// A bucket that calls a function.
struct Notification {
    bucket: String,
    permission: Str,
    function: Expr,
    events: Option<Expr>,
    filter: Option<Expr>,
    repeat: Repeat,
    at: At,
}

/// The transform at work.
pub(super) struct Sam<'m> {
    module: &'m Module,
    globals: Option<&'m Expr>,
    apis: IndexMap<String, Api>,
    /// `Function.Alias` and its like, and what they name.
    referables: IndexMap<String, Str>,
    notifications: Vec<Notification>,
    /// User pool, trigger, function.
    triggers: Vec<(String, String, Expr)>,
    /// Functions that are deployed gradually, with the roles they name.
    deployments: Vec<(Resource, Expr)>,
    /// Which functions an HTTP API calls on every path.
    defaults: Vec<(String, String)>,
}

/// Runs the transform on a module whose resources, outputs and conditions have been read. The names that something still
/// means though nothing has them are returned.
pub(super) fn expand(module: &mut Module, globals: Option<&Expr>) -> Vec<(Str, crate::source::Span)> {
    let written = std::mem::take(&mut module.resources);
    let mut sam = Sam {
        module,
        globals,
        apis: IndexMap::new(),
        referables: IndexMap::new(),
        notifications: Vec::new(),
        triggers: Vec::new(),
        deployments: Vec::new(),
        defaults: Vec::new(),
    };
    let mut made: Vec<Vec<Resource>> = written.iter().map(|_| Vec::new()).collect();
    let mut connectors: Vec<(usize, Resource, Props)> = Vec::new();
    for (at, of) in written.iter().enumerate() {
        let kind = of.type_name.strip_prefix("AWS::Serverless::");
        if let Some(kind @ ("Api" | "HttpApi" | "WebSocketApi")) = kind {
            let (http, socket) = (kind != "Api", kind == "WebSocketApi");
            let props = globals::merged(of, globals);
            let (of, routes) = (of.clone(), Vec::new());
            sam.apis.insert(
                of.name.to_string(),
                Api { of, props, http, socket, implicit: false, routes, at: Some(at) },
            );
        }
    }
    for (at, (of, out)) in written.iter().zip(&mut made).enumerate() {
        connectors.extend(connector::embedded(of).into_iter().map(|(of, props)| (at, of, props)));
        let Some(kind) = of.type_name.strip_prefix("AWS::Serverless::") else {
            out.push(of.clone());
            continue;
        };
        let props = globals::merged(of, globals);
        match kind {
            "Function" => *out = function::expand(&mut sam, of, &props),
            "SimpleTable" => *out = other::table(of, &props),
            "LayerVersion" => *out = other::layer(of, &props),
            "CapacityProvider" => *out = other::capacity_provider(of, &props),
            "Application" => *out = other::application(of, &props),
            "StateMachine" => *out = other::state_machine(&mut sam, of, &props),
            "Connector" => connectors.push((at, of.clone(), props)),
            "GraphQLApi" => *out = graphql::expand(of, &props),
            "Api" | "HttpApi" | "WebSocketApi" => {}
            // newer than what is known here
            _ => out.push(of.clone()),
        }
    }
    let mut last = Vec::new();
    let apis = std::mem::take(&mut sam.apis);
    for (id, mut api) in apis {
        if api.implicit {
            sam.condition_of(&mut api);
        }
        let expanded = api.expand(&|expr| sam.settled(expr));
        for resource in &expanded {
            let property = match resource.type_name.as_str() {
                "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => "Stage",
                "AWS::ApiGateway::Deployment" => "Deployment",
                "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => "DomainName",
                "AWS::ApiGateway::UsagePlan" => "UsagePlan",
                "AWS::ApiGateway::ApiKey" => "ApiKey",
                "AWS::ApiGateway::UsagePlanKey" => "UsagePlanKey",
                _ => continue,
            };
            sam.referables.entry(format!("{id}.{property}")).or_insert_with(|| resource.name.clone());
        }
        match api.at.and_then(|at| made.get_mut(at)) {
            Some(out) => *out = expanded,
            None => last.extend(expanded),
        }
    }
    last.extend(sam.code_deploy());
    let mut resources: Vec<Resource> = Vec::new();
    let all: Vec<Resource> = made.iter().flatten().chain(&last).cloned().collect();
    for (at, of, props) in connectors {
        let expanded = connector::expand(&connector::Known { resources: &all }, &of, &props);
        if let Some(out) = made.get_mut(at) {
            out.extend(expanded);
        }
    }
    let mut seen = rustc_hash::FxHashMap::default();
    for resource in made.into_iter().flatten().chain(last) {
        // of two that have the same id the later one counts
        match seen.get(&resource.name) {
            Some(&at) => {
                if let Some(slot) = resources.get_mut(at)
                    && !domain::join_records(slot, &resource)
                {
                    *slot = resource;
                }
            }
            None => {
                seen.insert(resource.name.clone(), resources.len());
                resources.push(resource);
            }
        }
    }
    sam.notify(&mut resources);
    let referables = std::mem::take(&mut sam.referables);
    module.resources = resources;
    link::link(module, &referables)
}

impl Sam<'_> {
    /// Notes what `Function.Alias` means.
    fn referable(&mut self, of: &str, property: &str, id: &Str) {
        self.referables.insert(format!("{of}.{property}"), id.clone());
    }

    /// A text as it is before deployment: literal, or a parameter's default.
    fn settled(&self, expr: &Expr) -> Option<String> {
        if let Some(text) = expr.as_string() {
            return Some(text.to_string());
        }
        let ExprKind::Root(Root::Input(name)) = &expr.kind else { return None };
        let default = self.module.inputs.get(name)?.default.as_ref()?;
        Some(default.as_string()?.to_string())
    }

    /// What the stage of an API adds to the id of a permission.
    fn stage_suffix(&self, api: &str) -> String {
        match self.apis.get(api) {
            Some(api) => match api.props.text("StageName") {
                Some(name) => name.to_owned(),
                None => "Stage".to_owned(),
            },
            None => "AllStages".to_owned(),
        }
    }

    /// Whether the API calls the function on every path already.
    fn calls_by_default(&self, api: &str, function: &str) -> bool {
        self.defaults.iter().any(|(a, f)| a == api && f == function)
            || self.apis.get(api).is_some_and(|api| api.calls_by_default(function))
    }

    /// Adds a route to an API, which is implied if nothing declares it.
    #[expect(clippy::too_many_arguments, reason = "an event has that many parts")]
    fn route(
        &mut self,
        id: &str,
        of: &Resource,
        path: &str,
        method: &str,
        operation: Expr,
        auth: Option<&Expr>,
        at: At,
    ) {
        let http = id == api::IMPLICIT_HTTP;
        if !self.apis.contains_key(id) && (http || id == api::IMPLICIT_REST) {
            let kind = if http { "HttpApi" } else { "Api" };
            let globals: Vec<Attribute> = globals::of_kind(self.globals, kind);
            self.apis.insert(id.to_owned(), api::implied(http, of, globals, at));
        }
        if path == "$default" {
            self.defaults.push((id.to_owned(), of.name.to_string()));
        }
        if let Some(api) = self.apis.get_mut(id) {
            let operation = api.secured(operation, auth, at);
            api.routes.push(api::Route {
                path: path.to_owned(),
                method: method.to_owned(),
                operation,
                repeat: of.repeat.clone(),
            });
        }
    }

    /// An implied API exists when one of its functions does.
    fn condition_of(&self, api: &mut Api) {
        let mut conditions: Vec<Expr> = Vec::new();
        for route in &api.routes {
            match &route.repeat {
                Repeat::Condition(condition) if !conditions.contains(condition) => {
                    conditions.push(condition.clone());
                }
                Repeat::Condition(_) => {}
                _ => return,
            }
        }
        let at = At(api.of.header);
        api.of.repeat = match conditions.as_slice() {
            [] => return,
            [one] => Repeat::Condition(one.clone()),
            _ => Repeat::Condition(at.call("Fn::Or", conditions)),
        };
    }

    /// The condition of a resource and another one.
    fn both(&self, of: &Resource, other: Expr, at: At) -> Expr {
        match &of.repeat {
            Repeat::Condition(own) => at.call("Fn::And", vec![own.clone(), other]),
            _ => other,
        }
    }

    fn deployment(&mut self, of: &Resource, preference: &Expr) {
        let enabled = make::member(preference, "Enabled");
        let off = enabled.is_some_and(|e| {
            matches!(e.kind, ExprKind::Literal(Literal::Bool(false)))
                || make::literal_text(e) == Some("false")
        });
        if !off {
            self.deployments.push((of.clone(), preference.clone()));
        }
    }

    /// The application, role and groups of CodeDeploy.
    fn code_deploy(&self) -> Vec<Resource> {
        let Some((first, _)) = self.deployments.first() else { return Vec::new() };
        let at = At(first.header);
        let mut plain = first.clone();
        plain.repeat = Repeat::One;
        plain.meta.attributes.clear();
        let mut out = Vec::new();
        let mut application = make::Making::new(
            &plain,
            "ServerlessDeploymentApplication",
            "AWS::CodeDeploy::Application",
            at.0,
        );
        application.set("ComputePlatform", at.text("Lambda"));
        out.push(application.done());
        if self.deployments.iter().any(|(_, p)| make::member(p, "Role").is_none()) {
            let mut role = make::Making::new(&plain, "CodeDeployServiceRole", "AWS::IAM::Role", at.0);
            let arn = policies::managed_arn("service-role/AWSCodeDeployRoleForLambda");
            role.set("AssumeRolePolicyDocument", policies::trust(at, "codedeploy.amazonaws.com"))
                .set("ManagedPolicyArns", at.list(vec![at.text(&arn)]));
            out.push(role.done());
        }
        for (of, preference) in &self.deployments {
            let at = At(preference.span);
            let id = format!("{}DeploymentGroup", of.name);
            let mut group = make::Making::new(of, id, "AWS::CodeDeploy::DeploymentGroup", preference.span);
            let role = match make::member(preference, "Role") {
                Some(role) => role.clone(),
                None => at.get_att("CodeDeployServiceRole", "Arn"),
            };
            let style = at.object(vec![
                ("DeploymentType", at.text("BLUE_GREEN")),
                ("DeploymentOption", at.text("WITH_TRAFFIC_CONTROL")),
            ]);
            group
                .set("ApplicationName", at.reference("ServerlessDeploymentApplication"))
                .set("DeploymentStyle", style)
                .set("ServiceRoleArn", role);
            if let Some(kind) = make::member(preference, "Type").and_then(make::literal_text) {
                let name = match kind {
                    "AllAtOnce" => "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
                    kind => format!("CodeDeployDefault.Lambda{kind}"),
                };
                group.set("DeploymentConfigName", at.text(&name));
            }
            if let Some(alarms) =
                make::member(preference, "Alarms").filter(|a| matches!(a.kind, ExprKind::List(_)))
            {
                group.set(
                    "AlarmConfiguration",
                    at.object(vec![("Enabled", at.flag(true)), ("Alarms", alarms.clone())]),
                );
            }
            let events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
            let events = at.list(events.iter().map(|e| at.text(e)).collect());
            group.set(
                "AutoRollbackConfiguration",
                at.object(vec![("Enabled", at.flag(true)), ("Events", events)]),
            );
            group.set_some(
                "TriggerConfigurations",
                make::member(preference, "TriggerConfigurations").cloned(),
            );
            out.push(group.done());
        }
        out
    }

    /// Buckets and user pools say which functions they call.
    fn notify(&self, resources: &mut [Resource]) {
        for one in &self.notifications {
            let Some(bucket) = resources.iter_mut().find(|r| r.name == one.bucket.as_str()) else { continue };
            let events: Vec<Expr> = match one.events.as_ref().map(|e| (&e.kind, e)) {
                Some((ExprKind::List(items), _)) => items.clone(),
                Some((_, event)) => vec![event.clone()],
                None => Vec::new(),
            };
            let wait = one.at.reference(&one.permission);
            if let ExprKind::Attr(root, _) = wait.kind {
                bucket.depends_on.push(*root);
            }
            for event in events {
                let mut entry = vec![("Event", event), ("Function", one.function.clone())];
                entry.extend(one.filter.clone().map(|f| ("Filter", f)));
                let mut entry = one.at.object(entry);
                if let Repeat::Condition(condition) = &one.repeat {
                    entry = one.at.choose(condition.clone(), entry, one.at.no_value());
                }
                let configuration = attribute_of(bucket, "NotificationConfiguration", one.at);
                let list = entry_of(configuration, "LambdaConfigurations", one.at.list(Vec::new()));
                if let Some(ExprKind::List(items)) = list.map(|l| &mut l.kind) {
                    items.push(entry);
                }
            }
        }
        for (pool, trigger, function) in &self.triggers {
            let Some(pool) = resources.iter_mut().find(|r| r.name == pool.as_str()) else { continue };
            let at = At(function.span);
            entry_of(attribute_of(pool, "LambdaConfig", at), trigger, function.clone());
        }
    }
}

/// The value of an attribute, an empty object if it is not there.
fn attribute_of<'r>(resource: &'r mut Resource, name: &str, at: At) -> &'r mut Expr {
    let attributes = &mut resource.body.attributes;
    let index = attributes.iter().position(|a| a.name == name).unwrap_or_else(|| {
        let value = at.object(Vec::new());
        attributes.push(Attribute { name: name.into(), name_span: at.0, span: at.0, value });
        attributes.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "found or pushed just now")]
    &mut attributes[index].value
}

/// The value of an object's member, which is added if it is not there. None for what is no object.
fn entry_of<'e>(object: &'e mut Expr, name: &str, otherwise: Expr) -> Option<&'e mut Expr> {
    let at = At(object.span);
    let ExprKind::Object(items) = &mut object.kind else { return None };
    let index =
        items.iter().position(|i| i.key.as_string().is_some_and(|k| k == name)).unwrap_or_else(|| {
            items.push(crate::program::ObjectItem {
                key: at.text(name),
                span: otherwise.span,
                value: otherwise,
            });
            items.len() - 1
        });
    items.get_mut(index).map(|item| &mut item.value)
}
