//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, written or implied by events: the API with the routes that
//! events add to it, its stage, domain, authorizers' permissions and usage plan.

use crate::program::{Attribute, Expr, ExprKind, ObjectItem, Repeat, Resource, TemplatePart};

use super::domain::Settled;
use super::function::{is_true, location};
use super::make::{At, Making, Props, item, literal_text, member, suffixed, tags, target_of};
use super::policies::{allow, trust};
use super::websocket;

/// The ids of the APIs that events imply.
pub(super) const IMPLICIT_REST: &str = "ServerlessRestApi";
pub(super) const IMPLICIT_HTTP: &str = "ServerlessHttpApi";

/// An API with what events have added.
#[derive(Debug)]
pub(super) struct Api {
    /// The written resource, or a stand-in for one that is implied.
    pub(super) of: Resource,
    pub(super) props: Props,
    /// An HTTP or WebSocket API.
    pub(super) http: bool,
    /// A WebSocket API.
    pub(super) socket: bool,
    pub(super) implicit: bool,
    pub(super) routes: Vec<Route>,
    /// The resource in whose place it stands; none for an implied one.
    pub(super) at: Option<usize>,
}

/// What an event adds.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: String,
    pub(super) method: String,
    /// The operation: integration, responses, security.
    pub(super) operation: Expr,
    /// Under which condition its function exists.
    pub(super) repeat: Repeat,
}

/// A path as a permission has it: parameters and a trailing slash are any text.
pub(super) fn permitted_path(path: &str) -> String {
    let trimmed = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    let mut out = String::new();
    let mut rest = trimmed;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push('*');
        rest = behind;
    }
    out + rest
}

/// The integration of a function.
pub(super) fn lambda(at: At, arn: &Expr, version: Option<Expr>) -> Expr {
    let uri = at.sub(
        "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations",
        &[("Arn", arn.clone())],
    );
    let mut integration = vec![("httpMethod", at.text("POST")), ("type", at.text("aws_proxy")), ("uri", uri)];
    integration.extend(version.map(|v| ("payloadFormatVersion", v)));
    at.object(vec![
        ("responses", at.object(Vec::new())),
        ("x-amazon-apigateway-integration", at.object(integration)),
    ])
}

/// The integration of a state machine.
pub(super) fn execution(at: At, role: Expr) -> Expr {
    let integration = at.object(vec![
        ("httpMethod", at.text("POST")),
        ("type", at.text("aws")),
        ("uri", at.sub("arn:aws:apigateway:${AWS::Region}:states:action/StartExecution", &[])),
        ("credentials", role),
    ]);
    at.object(vec![("responses", at.object(Vec::new())), ("x-amazon-apigateway-integration", integration)])
}

impl Api {
    pub(super) fn expand(&self, settled: Settled<'_>) -> Vec<Resource> {
        match (self.socket, self.http) {
            (true, _) => {
                let (mut out, stage) = websocket::expand(&self.of, &self.props);
                self.domain(&stage, settled, &mut out);
                out
            }
            (false, true) => self.http(settled),
            (false, false) => self.rest(settled),
        }
    }

    /// The tag that the transform puts on what it makes.
    pub(super) fn tag(&self) -> &'static str {
        if self.socket { websocket::TAG } else { "httpapi:createdBy" }
    }

    /// Whether the transform writes the definition.
    pub(super) fn is_managed(&self) -> bool {
        !self.props.has("DefinitionBody") && !self.props.has("DefinitionUri")
    }

    /// The definition with the events' routes.
    fn body(&self, at: At) -> Option<Expr> {
        if self.props.has("DefinitionUri") {
            return None;
        }
        if let Some(body) = self.props.get("DefinitionBody") {
            let merge = self.props.get("MergeDefinitions").is_some_and(is_true) || self.http;
            if !merge || self.routes.is_empty() {
                return Some(self.with_authorizers(body.clone()));
            }
            return Some(self.with_authorizers(self.merged(body)));
        }
        let mut paths: Vec<ObjectItem> = Vec::new();
        self.add_routes(&mut paths, at);
        let title = at.object(vec![("version", at.text("1.0")), ("title", at.pseudo("AWS::StackName"))]);
        let version = self.props.get("OpenApiVersion").cloned();
        let version = match (version, self.http) {
            (Some(version), false) if literal_text(&version).is_none_or(|v| v.starts_with('3')) => {
                ("openapi", version)
            }
            (_, false) => ("swagger", at.text("2.0")),
            (_, true) => ("openapi", at.text("3.0.1")),
        };
        let paths = Expr::new(ExprKind::Object(paths), at.0);
        let mut body = vec![version, ("info", title), ("paths", paths)];
        if let Some(security) = self.security(at) {
            body.push(security);
        }
        Some(at.object(body))
    }

    fn merged(&self, body: &Expr) -> Expr {
        let ExprKind::Object(items) = &body.kind else { return body.clone() };
        let mut items = items.clone();
        if let Some(ExprKind::Object(paths)) = items
            .iter_mut()
            .find(|i| i.key.as_string().is_some_and(|k| k == "paths"))
            .map(|i| &mut i.value.kind)
        {
            self.add_routes(paths, At(body.span));
        }
        Expr::new(ExprKind::Object(items), body.span)
    }

    fn add_routes(&self, paths: &mut Vec<ObjectItem>, at: At) {
        for route in &self.routes {
            let here = At(route.operation.span);
            let method = if route.method == "any" { "x-amazon-apigateway-any-method" } else { &route.method };
            let operation = match &route.repeat {
                Repeat::Condition(condition) => {
                    here.choose(condition.clone(), route.operation.clone(), here.no_value())
                }
                _ => route.operation.clone(),
            };
            let entry = ObjectItem { key: here.text(method), value: operation, span: here.0 };
            let is_path = |i: &ObjectItem| i.key.as_string().is_some_and(|k| *k == route.path.as_str());
            match paths.iter_mut().find(|i| is_path(i)) {
                Some(path) => {
                    if let ExprKind::Object(methods) = &mut path.value.kind
                        && methods.iter().all(|m| m.key.as_string().is_none_or(|k| k != method))
                    {
                        methods.push(entry);
                    }
                }
                None => paths.push(ObjectItem {
                    key: here.text(&route.path),
                    value: Expr::new(ExprKind::Object(vec![entry]), here.0),
                    span: at.0,
                }),
            }
        }
    }

    fn rest(&self, settled: Settled<'_>) -> Vec<Resource> {
        let (of, props) = (&self.of, &self.props);
        let at = At(of.header);
        let id = of.name.as_str();
        let mut out = Vec::new();
        let mut api = Making::replacing(of, "AWS::ApiGateway::RestApi");
        api.set_some("Body", self.body(at));
        if let Some(uri) = props.get("DefinitionUri") {
            api.set("BodyS3Location", At(uri.span).object(location(uri, ["Bucket", "Key", "Version"])));
        }
        api.pass(
            props,
            &[
                "Name",
                "Description",
                "MinimumCompressionSize",
                "FailOnWarnings",
                "Mode",
                "ApiKeySourceType",
                "Policy",
                "SecurityPolicy",
                "EndpointAccessMode",
            ],
        );
        if let Some(types) = props.get("BinaryMediaTypes") {
            let decoded = match &types.kind {
                ExprKind::List(items) => {
                    let plain = |i: &Expr| match literal_text(i) {
                        Some(text) => Expr::string(text.replace("~1", "/"), i.span),
                        None => i.clone(),
                    };
                    Expr::new(ExprKind::List(items.iter().map(plain).collect()), types.span)
                }
                _ => types.clone(),
            };
            api.set("BinaryMediaTypes", decoded);
        }
        if let Some(flag) = props.get("DisableExecuteApiEndpoint") {
            // the transform writes it into the definition; it means this
            api.set("DisableExecuteApiEndpoint", flag.clone());
        }
        if let Some(endpoint) = props.get("EndpointConfiguration") {
            let at = At(endpoint.span);
            let configuration = match member(endpoint, "Type") {
                Some(kind) => {
                    let mut parts = vec![("Types", at.list(vec![kind.clone()]))];
                    for (from, to) in
                        [("VPCEndpointIds", "VpcEndpointIds"), ("IpAddressType", "IpAddressType")]
                    {
                        parts.extend(member(endpoint, from).map(|v| (to, v.clone())));
                    }
                    at.object(parts)
                }
                None => at.object(vec![("Types", at.list(vec![endpoint.clone()]))]),
            };
            api.set("EndpointConfiguration", configuration);
        }
        if let Some(policy) = self.resource_policy() {
            api.set("Policy", policy);
        }
        let api = api.done();
        let mut deployment =
            Making::new(of, format!("{id}Deployment"), "AWS::ApiGateway::Deployment", of.header);
        deployment.set("RestApiId", at.reference(id));
        if !props.has("OpenApiVersion") {
            deployment.set("StageName", at.text("Stage"));
        }
        let name = props.get("StageName");
        let stage_id = match name.and_then(literal_text) {
            Some(text) if text.chars().all(char::is_alphanumeric) => format!("{id}{text}Stage"),
            Some(text) => suffixed(&format!("{id}Stage"), text),
            None => format!("{id}Stage"),
        };
        let mut stage = Making::new(of, stage_id.clone(), "AWS::ApiGateway::Stage", of.header);
        stage
            .set("RestApiId", at.reference(id))
            .set("DeploymentId", at.reference(deployment.id()))
            .pass(
                props,
                &[
                    "StageName",
                    "CacheClusterEnabled",
                    "CacheClusterSize",
                    "Variables",
                    "MethodSettings",
                    "AccessLogSetting",
                    "CanarySetting",
                    "TracingEnabled",
                ],
            )
            .set_some("Tags", props.get("Tags").and_then(|t| tags(At(t.span), None, Some(t))));
        out.extend([api, deployment.done(), stage.done()]);
        self.authorizer_permissions(&mut out);
        self.domain(&stage_id, settled, &mut out);
        self.usage_plan(&stage_id, &mut out);
        out
    }

    /// The policy of `Auth.ResourcePolicy` that lists whole statements.
    fn resource_policy(&self) -> Option<Expr> {
        let policy = member(self.props.get("Auth")?, "ResourcePolicy")?;
        let statements = member(policy, "CustomStatements")?;
        let at = At(policy.span);
        let list = match &statements.kind {
            ExprKind::List(_) => statements.clone(),
            _ => at.list(vec![statements.clone()]),
        };
        Some(at.object(vec![("Version", at.text("2012-10-17")), ("Statement", list)]))
    }

    /// Lambda authorizers are called by API Gateway, which needs a permission, unless it assumes a role for it.
    fn authorizer_permissions(&self, out: &mut Vec<Resource>) {
        let authorizers = self.props.get("Auth").and_then(|a| member(a, "Authorizers"));
        let Some(ExprKind::Object(items)) = authorizers.map(|a| &a.kind) else { return };
        for item in items {
            let (Some(name), Some(arn)) = (item.key.as_string(), member(&item.value, "FunctionArn")) else {
                continue;
            };
            let wanted = member(&item.value, "EnableFunctionDefaultPermissions");
            let refused = member(&item.value, "DisableFunctionDefaultPermissions");
            let skip = match self.http {
                true => !wanted.is_some_and(is_true),
                false => refused.is_some_and(is_true),
            };
            if skip {
                continue;
            }
            let at = At(item.key.span);
            let id = format!("{}{name}AuthorizerPermission", self.of.name);
            let mut made = Making::new(&self.of, id, "AWS::Lambda::Permission", at.0);
            let source = at.sub(
                "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*",
                &[("__ApiId__", at.reference(&self.of.name))],
            );
            made.set("Action", at.text("lambda:InvokeFunction"))
                .set("FunctionName", arn.clone())
                .set("Principal", at.text("apigateway.amazonaws.com"))
                .set("SourceArn", source);
            out.push(made.done());
        }
    }

    fn usage_plan(&self, stage: &str, out: &mut Vec<Resource>) {
        let Some(plan) = self.props.get("Auth").and_then(|a| item(a, "UsagePlan")) else { return };
        let of = &self.of;
        let prefix = match member(&plan.value, "CreateUsagePlan").and_then(literal_text) {
            Some("PER_API") => of.name.as_str(),
            Some("SHARED") => "Serverless",
            _ => return,
        };
        let at = At(plan.key.span);
        let mut made = Making::new(of, format!("{prefix}UsagePlan"), "AWS::ApiGateway::UsagePlan", at.0);
        let stages = at.object(vec![("ApiId", at.reference(&of.name)), ("Stage", at.reference(stage))]);
        made.set("ApiStages", at.list(vec![stages]));
        for (from, to) in [
            ("UsagePlanName", "UsagePlanName"),
            ("Description", "Description"),
            ("Quota", "Quota"),
            ("Throttle", "Throttle"),
        ] {
            made.set_some(to, member(&plan.value, from).cloned());
        }
        let mut key = Making::new(of, format!("{prefix}ApiKey"), "AWS::ApiGateway::ApiKey", at.0);
        let stage_key =
            at.object(vec![("RestApiId", at.reference(&of.name)), ("StageName", at.reference(stage))]);
        key.set("Enabled", at.flag(true)).set("StageKeys", at.list(vec![stage_key]));
        let mut link =
            Making::new(of, format!("{prefix}UsagePlanKey"), "AWS::ApiGateway::UsagePlanKey", at.0);
        link.set("KeyId", at.reference(key.id()))
            .set("KeyType", at.text("API_KEY"))
            .set("UsagePlanId", at.reference(made.id()));
        out.extend([made.done(), key.done(), link.done()]);
    }

    /// The tags of an HTTP API: a map, the transform's own among them.
    fn http_tags(&self, at: At) -> Option<Expr> {
        let own = ObjectItem { key: at.text("httpapi:createdBy"), value: at.text("SAM"), span: at.0 };
        let mut items = match self.props.get("Tags").map(|t| &t.kind) {
            Some(ExprKind::Object(items)) => items.clone(),
            Some(_) => return self.props.get("Tags").cloned(),
            None => Vec::new(),
        };
        items.push(own);
        Some(Expr::new(ExprKind::Object(items), at.0))
    }

    fn http(&self, settled: Settled<'_>) -> Vec<Resource> {
        let (of, props) = (&self.of, &self.props);
        let at = At(of.header);
        let id = of.name.as_str();
        let mut out = Vec::new();
        let mut api = Making::replacing(of, "AWS::ApiGatewayV2::Api");
        api.set_some("Body", self.body(at));
        if let Some(uri) = props.get("DefinitionUri") {
            api.set("BodyS3Location", At(uri.span).object(location(uri, ["Bucket", "Key", "Version"])));
        }
        api.pass(props, &["FailOnWarnings", "Description", "DisableExecuteApiEndpoint"]);
        if let Some(cors) = props.get("CorsConfiguration").filter(|c| matches!(c.kind, ExprKind::Object(_))) {
            api.set("CorsConfiguration", cors.clone());
        }
        let api = api.done();
        let name = props.get("StageName");
        let (stage_id, stage_name) = match name.and_then(literal_text) {
            None if name.is_some() => (format!("{id}Stage"), name.cloned().unwrap_or_else(|| at.no_value())),
            None => (format!("{id}ApiGatewayDefaultStage"), at.text("$default")),
            Some("$default") => (format!("{id}ApiGatewayDefaultStage"), at.text("$default")),
            Some(text) if text.chars().all(char::is_alphanumeric) => {
                (format!("{id}{text}Stage"), name.cloned().unwrap_or_else(|| at.text(text)))
            }
            Some(text) => (suffixed(&format!("{id}Stage"), text), at.text(text)),
        };
        let mut stage = Making::new(of, stage_id.clone(), "AWS::ApiGatewayV2::Stage", of.header);
        stage
            .set("ApiId", at.reference(id))
            .set("StageName", stage_name)
            .set("AutoDeploy", at.flag(true))
            .pass(props, &["AccessLogSettings", "DefaultRouteSettings", "RouteSettings"])
            .pass(props, &["StageVariables"])
            .set_some("Tags", self.http_tags(at));
        out.extend([api, stage.done()]);
        self.authorizer_permissions(&mut out);
        self.domain(&stage_id, settled, &mut out);
        out
    }

    /// Whether the written definition calls a function on every path.
    pub(super) fn calls_by_default(&self, function: &str) -> bool {
        let path = self
            .props
            .get("DefinitionBody")
            .and_then(|body| member(body, "paths"))
            .and_then(|paths| member(paths, "$default"));
        let operation = path.and_then(|p| {
            member(p, "x-amazon-apigateway-any-method")
                .or_else(|| member(p, "any"))
                .or_else(|| member(p, "ANY"))
        });
        let uri = operation
            .and_then(|o| member(o, "x-amazon-apigateway-integration"))
            .and_then(|integration| member(integration, "uri"));
        let Some(ExprKind::Template(parts)) = uri.map(|u| &u.kind) else { return false };
        parts.iter().any(|part| match part {
            TemplatePart::Interpolation(inner) => target_of(inner) == Some(function),
            _ => false,
        })
    }
}

/// The stand-in for an API that events imply.
pub(super) fn implied(http: bool, like: &Resource, globals: Vec<Attribute>, at: At) -> Api {
    let id = if http { IMPLICIT_HTTP } else { IMPLICIT_REST };
    let type_name = if http { "AWS::Serverless::HttpApi" } else { "AWS::Serverless::Api" };
    let mut of = Making::new(like, id, type_name, at.0).done();
    of.repeat = Repeat::One;
    of.meta.attributes.clear();
    of.span = at.0;
    let mut props = Props(globals);
    if !http {
        props.0.retain(|a| a.name != "StageName");
        let value = at.text("Prod");
        props.0.push(Attribute { name: "StageName".into(), name_span: at.0, span: at.0, value });
    }
    Api { of, props, http, socket: false, implicit: true, routes: Vec::new(), at: None }
}

/// The role with which API Gateway starts a state machine.
pub(super) fn execution_role(of: &Resource, id: &str, at: At) -> Resource {
    let role_id = format!("{id}Role");
    let mut role = Making::new(of, role_id.clone(), "AWS::IAM::Role", at.0);
    let document = allow(at, "states:StartExecution", at.reference(&of.name));
    let name = at.text(&format!("{role_id}StartExecutionPolicy"));
    let policy = at.object(vec![("PolicyName", name), ("PolicyDocument", document)]);
    role.set("AssumeRolePolicyDocument", trust(at, "apigateway.amazonaws.com"))
        .set("Policies", at.list(vec![policy]));
    role.done()
}
