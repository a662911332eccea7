//! `AWS::Serverless::WebSocketApi`: the API, for every route an integration and a permission, the stage, the domain and
//! the authorizer of `$connect`.

use crate::program::{Expr, ExprKind, ObjectItem, Resource};

use super::make::{At, Making, Props, literal_text, member};

pub(super) const TAG: &str = "websocketapi:createdBy";

/// The resources of a WebSocket API without its domain, and the id of the stage.
pub(super) fn expand(of: &Resource, props: &Props) -> (Vec<Resource>, String) {
    let at = At(of.header);
    let id = of.name.as_str();
    let mut api = Making::replacing(of, "AWS::ApiGatewayV2::Api");
    api.pass(
        props,
        &[
            "ApiKeySelectionExpression",
            "Description",
            "DisableExecuteApiEndpoint",
            "DisableSchemaValidation",
            "IpAddressType",
            "RouteSelectionExpression",
        ],
    );
    match props.has("Name") {
        true => api.pass(props, &["Name"]),
        false => api.set("Name", at.text(id)),
    };
    api.set("ProtocolType", at.text("WEBSOCKET"));
    let own = ObjectItem { key: at.text(TAG), value: at.text("SAM"), span: at.0 };
    let tags = match props.get("Tags").map(|t| &t.kind) {
        Some(ExprKind::Object(items)) => items.iter().cloned().chain([own]).collect(),
        _ => vec![own],
    };
    api.set("Tags", Expr::new(ExprKind::Object(tags), at.0));
    let mut out = vec![api.done()];

    let stage_name = props.get("StageName").cloned().unwrap_or_else(|| at.text("default"));
    let auth = props.get("Auth");
    let kind = auth.and_then(|a| member(a, "AuthType")).and_then(literal_text);
    let authorizer = format!("{id}ConnectAuthorizer");
    let empty = Vec::new();
    let routes = match props.get("Routes").map(|r| &r.kind) {
        Some(ExprKind::Object(items)) => items,
        _ => &empty,
    };
    for route in routes {
        let Some(key) = literal_text(&route.key) else { continue };
        let at = At(route.span);
        let base = format!("{id}{}", capitalized(key.trim_start_matches('$')));
        let get = |name: &str| member(&route.value, name).cloned();
        let arn = get("FunctionArn").unwrap_or_else(|| at.no_value());
        let integration_id = format!("{base}Integration");
        let mut made = Making::new(of, format!("{base}Route"), "AWS::ApiGatewayV2::Route", route.key.span);
        made.set("ApiId", at.reference(id)).set("RouteKey", route.key.clone());
        for name in [
            "ApiKeyRequired",
            "ModelSelectionExpression",
            "OperationName",
            "RequestModels",
            "RequestParameters",
            "RouteResponseSelectionExpression",
        ] {
            made.set_some(name, get(name));
        }
        let target = vec![at.text("integrations"), at.reference(&integration_id)];
        made.set("Target", at.call("Fn::Join", vec![at.text("/"), at.list(target)]));
        if key == "$connect"
            && let Some(auth) = auth
        {
            let here = At(auth.span);
            match kind {
                Some("CUSTOM") => {
                    made.set("AuthorizationType", here.text("CUSTOM"))
                        .set("AuthorizerId", here.reference(&authorizer));
                }
                Some("AWS_IAM") => drop(made.set("AuthorizationType", here.text("AWS_IAM"))),
                _ => drop(made.set("AuthorizationType", here.text("NONE"))),
            }
        }
        let mut integration =
            Making::new(of, integration_id, "AWS::ApiGatewayV2::Integration", route.key.span);
        integration
            .set("ApiId", at.reference(id))
            .set("IntegrationType", at.text("AWS_PROXY"))
            .set("IntegrationUri", invocation(at, &arn))
            .set_some("TimeoutInMillis", get("IntegrationTimeout"));
        let mut permission =
            Making::new(of, format!("{base}Permission"), "AWS::Lambda::Permission", route.key.span);
        let source =
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/${Stage}/${Key}";
        let parts = [("Api", at.get_att(id, "ApiId")), ("Stage", stage_name.clone()), ("Key", at.text(key))];
        permission
            .set("Action", at.text("lambda:InvokeFunction"))
            .set("FunctionName", arn)
            .set("Principal", at.text("apigateway.amazonaws.com"))
            .set("SourceArn", at.sub(source, &parts));
        out.extend([made.done(), integration.done(), permission.done()]);
    }
    let stage_id = match literal_text(&stage_name) {
        Some("default") => format!("{id}DefaultStage"),
        Some(name) => format!("{id}{name}Stage"),
        None => format!("{id}Stage"),
    };
    let mut stage = Making::new(of, stage_id.clone(), "AWS::ApiGatewayV2::Stage", of.header);
    stage
        .set("ApiId", at.reference(id))
        .set("StageName", stage_name)
        .set("AutoDeploy", at.flag(true))
        .set("Tags", at.object(vec![(TAG, at.text("SAM"))]))
        .pass(props, &["StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"]);
    out.push(stage.done());
    let connects = routes.iter().any(|r| literal_text(&r.key) == Some("$connect"));
    if let (Some(auth), Some("CUSTOM"), true) = (auth, kind, connects) {
        authorize(of, auth, &authorizer, &mut out);
    }
    (out, stage_id)
}

/// The function that decides who may connect, and the permission to call it unless a role is assumed for that.
fn authorize(of: &Resource, auth: &Expr, authorizer: &str, out: &mut Vec<Resource>) {
    let at = At(auth.span);
    let id = of.name.as_str();
    let get = |name: &str| member(auth, name).cloned();
    let arn = get("AuthArn");
    let mut made = Making::new(of, authorizer, "AWS::ApiGatewayV2::Authorizer", auth.span);
    made.set("ApiId", at.reference(id))
        .set("AuthorizerType", at.text("REQUEST"))
        .set("Name", get("Name").unwrap_or_else(|| at.text(authorizer)))
        .set_some("AuthorizerUri", arn.as_ref().map(|arn| invocation(at, arn)))
        .set_some("AuthorizerCredentialsArn", get("InvokeRole"))
        .set_some("IdentitySource", get("IdentitySource"));
    out.push(made.done());
    if let (Some(arn), None) = (arn, get("InvokeRole")) {
        let mut permission =
            Making::new(of, format!("{id}AuthorizerPermission"), "AWS::Lambda::Permission", auth.span);
        let source = at.sub(
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/authorizers/*",
            &[("Api", at.reference(id))],
        );
        permission
            .set("Action", at.text("lambda:InvokeFunction"))
            .set("FunctionName", arn)
            .set("Principal", at.text("apigateway.amazonaws.com"))
            .set("SourceArn", source);
        out.push(permission.done());
    }
}

fn invocation(at: At, arn: &Expr) -> Expr {
    at.sub(
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations",
        &[("Arn", arn.clone())],
    )
}

/// The first letter large, the others small.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}
