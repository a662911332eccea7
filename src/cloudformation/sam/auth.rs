//! Who may call an API: authorizers as security schemes of the definition that the transform writes, and what each
//! operation asks for ("ApiAuth", AWS Serverless Application Model).

use crate::program::{Expr, ExprKind, ObjectItem};

use super::api::Api;
use super::function::is_true;
use super::make::{At, literal_text, member};

/// What of a path is an operation.
const METHODS: [&str; 9] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-amazon-apigateway-any-method"];
/// The scheme of signed requests.
const IAM: &str = "AWS_IAM";
/// The scheme of API keys.
const KEY: &str = "api_key";

impl Api {
    /// The authorizers as the definition has them.
    pub(super) fn security(&self, at: At) -> Option<(&'static str, Expr)> {
        let schemes = match self.http {
            true => self.http_schemes(),
            false => self.rest_schemes(),
        };
        if schemes.is_empty() {
            return None;
        }
        let schemes = at.object(schemes);
        Some(match self.http || self.is_third() {
            true => ("components", at.object(vec![("securitySchemes", schemes)])),
            false => ("securityDefinitions", schemes),
        })
    }

    /// Whether the definition is in version 3 of OpenAPI. A version that is no text is a number (`3.0`).
    fn is_third(&self) -> bool {
        let version = self.props.get("OpenApiVersion");
        version.is_some_and(|version| literal_text(version).is_none_or(|text| text.starts_with('3')))
    }

    /// A definition that is written out, with the authorizers of the API and the default one where an operation asks for
    /// none.
    pub(super) fn with_authorizers(&self, body: Expr) -> Expr {
        let Some(auth) = self.props.get("Auth").filter(|_| !self.http) else { return body };
        let span = body.span;
        let ExprKind::Object(mut items) = body.kind else { return body };
        let at = At(auth.span);
        let default = member(auth, "DefaultAuthorizer").and_then(literal_text).filter(|name| *name != "NONE");
        let key = member(auth, "ApiKeyRequired").is_some_and(is_true);
        let is = |item: &ObjectItem, name: &str| item.key.as_string().is_some_and(|key| key == name);
        if let Some(ExprKind::Object(paths)) =
            items.iter_mut().find(|item| is(item, "paths")).map(|item| &mut item.value.kind)
        {
            for path in paths {
                let ExprKind::Object(methods) = &mut path.value.kind else { continue };
                for method in
                    methods.iter_mut().filter(|method| METHODS.iter().any(|known| is(method, known)))
                {
                    let asked = member(&method.value, "security").is_some();
                    let ExprKind::Object(operation) = &mut method.value.kind else { continue };
                    let mut security = Vec::new();
                    security.extend(default.filter(|_| !asked).map(|name| self.asking(name, None, at)));
                    security.extend((key && !asked).then(|| self.asking(KEY, None, at)));
                    if !security.is_empty() {
                        let (key, value) = (at.text("security"), at.list(security));
                        operation.push(ObjectItem { key, value, span: at.0 });
                    }
                }
            }
        }
        let written = |name: &str| items.iter().any(|item| is(item, name));
        if let Some((name, schemes)) = self.security(at).filter(|(name, _)| !written(name)) {
            items.push(ObjectItem { key: at.text(name), value: schemes, span: at.0 });
        }
        Expr::new(ExprKind::Object(items), span)
    }

    /// What an operation says that asks for an authorizer.
    fn asking(&self, name: &str, scopes: Option<&Expr>, at: At) -> Expr {
        let authorizer = self.authorizers().iter().find(|i| i.key.as_string().is_some_and(|k| k == name));
        let scopes = scopes.or_else(|| member(&authorizer?.value, "AuthorizationScopes"));
        at.object(vec![(name, scopes.cloned().unwrap_or_else(|| at.list(Vec::new())))])
    }

    fn authorizers(&self) -> &[ObjectItem] {
        match self.props.get("Auth").and_then(|auth| member(auth, "Authorizers")).map(|a| &a.kind) {
            Some(ExprKind::Object(items)) => items,
            _ => &[],
        }
    }

    fn http_schemes(&self) -> Vec<(&str, Expr)> {
        let scheme = |item: &ObjectItem| {
            At(item.span).object(vec![
                ("type", At(item.span).text("oauth2")),
                ("x-amazon-apigateway-authorizer", item.value.clone()),
            ])
        };
        self.authorizers()
            .iter()
            .filter_map(|item| Some((item.key.as_string()?.as_str(), scheme(item))))
            .collect()
    }

    fn rest_schemes(&self) -> Vec<(&str, Expr)> {
        let mut schemes: Vec<(&str, Expr)> = self
            .authorizers()
            .iter()
            .filter_map(|item| Some((item.key.as_string()?.as_str(), rest_scheme(item))))
            .collect();
        let of_api = self.props.get("Auth");
        for (name, header, kind) in [(IAM, "Authorization", Some("awsSigv4")), (KEY, "x-api-key", None)] {
            let route = self.routes.iter().find(|route| asks_for(&route.operation, name));
            let default = of_api.filter(|auth| match name {
                KEY => member(auth, "ApiKeyRequired").is_some_and(is_true),
                _ => member(auth, "DefaultAuthorizer").and_then(literal_text) == Some(name),
            });
            let Some(asks) = route.map(|route| &route.operation).or(default) else { continue };
            let at = At(asks.span);
            let mut scheme =
                vec![("type", at.text("apiKey")), ("name", at.text(header)), ("in", at.text("header"))];
            scheme.extend(kind.map(|kind| ("x-amazon-apigateway-authtype", at.text(kind))));
            schemes.push((name, at.object(scheme)));
        }
        schemes
    }

    /// An event's own authorizer, else the API's default one, and whether a key is wanted, as the operation has it.
    pub(super) fn secured(&self, operation: Expr, auth: Option<&Expr>, at: At) -> Expr {
        if !self.is_managed() && !self.http {
            return operation;
        }
        let of_api = self.props.get("Auth");
        let mut security = Vec::new();
        let own = auth.and_then(|a| member(a, "Authorizer"));
        let default = of_api.and_then(|a| member(a, "DefaultAuthorizer"));
        if let Some(name) = own.or(default).and_then(literal_text).filter(|name| *name != "NONE") {
            security.push(self.asking(name, auth.and_then(|a| member(a, "AuthorizationScopes")), at));
        }
        let key = |auth: Option<&Expr>| auth.and_then(|a| member(a, "ApiKeyRequired")).map(is_true);
        if !self.http && key(auth).or_else(|| key(of_api)).unwrap_or(false) {
            security.push(self.asking(KEY, None, at));
        }
        if security.is_empty() {
            return operation;
        }
        let ExprKind::Object(mut items) = operation.kind else { return operation };
        items.push(ObjectItem { key: at.text("security"), value: at.list(security), span: at.0 });
        Expr::new(ExprKind::Object(items), operation.span)
    }
}

/// Whether an operation asks for a scheme.
fn asks_for(operation: &Expr, scheme: &str) -> bool {
    match member(operation, "security").map(|security| &security.kind) {
        Some(ExprKind::List(all)) => all.iter().any(|one| member(one, scheme).is_some()),
        _ => false,
    }
}

/// An authorizer of a REST API: a user pool, or a function that looks at a token or at the request.
fn rest_scheme(item: &ObjectItem) -> Expr {
    let at = At(item.span);
    let of = |name: &str| member(&item.value, name);
    let identity = |name: &str| of("Identity").and_then(|identity| member(identity, name));
    let header = || identity("Header").cloned().unwrap_or_else(|| at.text("Authorization"));
    let pool = of("UserPoolArn");
    let by_request = pool.is_none() && of("FunctionPayloadType").and_then(literal_text) == Some("REQUEST");
    let mut authorizer = Vec::new();
    if let Some(pool) = pool {
        let pools = match &pool.kind {
            ExprKind::List(_) => pool.clone(),
            _ => at.list(vec![pool.clone()]),
        };
        authorizer.extend([("type", at.text("cognito_user_pools")), ("providerARNs", pools)]);
    } else {
        authorizer.push(("type", at.text(if by_request { "request" } else { "token" })));
        if let Some(function) = of("FunctionArn") {
            let uri = at.sub(
                "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations",
                &[("__FunctionArn__", function.clone())],
            );
            authorizer.push(("authorizerUri", uri));
        }
        authorizer.extend(identity("ReauthorizeEvery").map(|v| ("authorizerResultTtlInSeconds", v.clone())));
        let role = of("FunctionInvokeRole").filter(|role| literal_text(role) != Some("NONE"));
        authorizer.extend(role.map(|role| ("authorizerCredentials", role.clone())));
        if by_request {
            let mut sources = Vec::new();
            for (name, prefix) in [
                ("Headers", "method.request.header."),
                ("QueryStrings", "method.request.querystring."),
                ("StageVariables", "stageVariables."),
                ("Context", "context."),
            ] {
                let Some(ExprKind::List(names)) = identity(name).map(|list| &list.kind) else { continue };
                sources.extend(names.iter().filter_map(literal_text).map(|name| format!("{prefix}{name}")));
            }
            if !sources.is_empty() {
                authorizer.push(("identitySource", at.text(&sources.join(", "))));
            }
        }
    }
    if !by_request {
        let expression = identity("ValidationExpression");
        authorizer.extend(expression.map(|v| ("identityValidationExpression", v.clone())));
    }
    at.object(vec![
        ("type", at.text("apiKey")),
        ("name", if by_request { at.text("Unused") } else { header() }),
        ("in", at.text("header")),
        (
            "x-amazon-apigateway-authtype",
            at.text(if pool.is_some() { "cognito_user_pools" } else { "custom" }),
        ),
        ("x-amazon-apigateway-authorizer", at.object(authorizer)),
    ])
}
