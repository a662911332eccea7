//! `AWS::Serverless::Function`: the function, its role, version, alias, URL and destinations.

use std::sync::LazyLock;

use regex::Regex;

use crate::program::{Expr, ExprKind, Literal, Resource};

use super::events;
use super::make::{At, Making, Props, digest, item, literal_text, member, tags};
use super::policies::{Role, RoleOf, allow, send, traces};
use super::{Sam, Target};

/// The tag that the transform puts on functions and what comes with them.
const TAG: &str = "lambda:createdBy";

pub(super) fn expand(sam: &mut Sam<'_>, of: &Resource, props: &Props) -> Vec<Resource> {
    let at = At(of.header);
    let id = of.name.as_str();
    let mut function = Making::replacing(of, "AWS::Lambda::Function");
    function.set_some("Code", code(at, props));
    function.pass(
        props,
        &[
            "FunctionName",
            "Handler",
            "Runtime",
            "Description",
            "MemorySize",
            "Timeout",
            "VpcConfig",
            "Environment",
            "KmsKeyArn",
            "ReservedConcurrentExecutions",
            "Layers",
            "FileSystemConfigs",
            "ImageConfig",
            "PackageType",
            "Architectures",
            "SnapStart",
            "EphemeralStorage",
            "CodeSigningConfigArn",
            "RuntimeManagementConfig",
            "LoggingConfig",
            "TenancyConfig",
            "RecursiveLoop",
            "DurableConfig",
            "FunctionScalingConfig",
            "PublishToLatestPublished",
        ],
    );
    if let (true, Some(tracing)) = (traces(props), props.get("Tracing")) {
        function.set("TracingConfig", At(tracing.span).object(vec![("Mode", tracing.clone())]));
    }
    if let Some(capacity) = props.get("CapacityProviderConfig") {
        function.set("CapacityProviderConfig", managed_instances(capacity));
    }
    let dead_letters = props.get("DeadLetterQueue");
    if let Some((queue, target)) = dead_letters.and_then(|q| Some((q, member(q, "TargetArn")?))) {
        function.set("DeadLetterConfig", At(queue.span).object(vec![("TargetArn", target.clone())]));
    }
    function.set_some("Tags", tags(at, Some(TAG), props.get("Tags")));

    let mut managed = vec![match props.has("DurableConfig") {
        true => "service-role/AWSLambdaBasicDurableExecutionRolePolicy",
        false => "service-role/AWSLambdaBasicExecutionRole",
    }];
    if traces(props) {
        managed.push("AWSXrayWriteOnlyAccess");
    }
    if props.has("VpcConfig") {
        managed.push("service-role/AWSLambdaVPCAccessExecutionRole");
    }
    let mut role = Role::new(&RoleOf { of, props, service: "lambda.amazonaws.com", managed, tag: TAG });
    let mut out = Vec::new();
    if let Some((queue, target)) = dead_letters.and_then(|q| Some((q, member(q, "TargetArn")?))) {
        let action = match member(queue, "Type").and_then(literal_text) {
            Some("SNS") => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        role.add_document("DeadLetterQueuePolicy", allow(At(queue.span), action, target.clone()));
    }
    let alias = published(sam, of, props, &mut out);
    let target = match &alias {
        Some(alias) => Target { name: at.reference(alias), arn: at.reference(alias), of },
        None => Target { name: at.reference(id), arn: at.get_att(id, "Arn"), of },
    };
    if let Some(config) = props.get("FunctionUrlConfig") {
        url(of, config, &target, &mut out);
    }
    if let Some(config) = props.get("EventInvokeConfig") {
        destinations(sam, of, config, alias.as_deref(), &mut role, &mut out);
    }
    lambda_role(of, props, &mut function, &mut role);
    events::of_function(sam, props, &target, &mut role, &mut out);
    let propagated = props.get("PropagateTags").is_some_and(is_true).then(|| props.get("Tags")).flatten();
    let mut all = vec![function.done()];
    all.extend(role.done());
    if let Some(tags) = propagated {
        propagate(tags, &mut out);
    }
    all.extend(out);
    all
}

pub(super) fn is_true(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Literal::Bool(true))) || literal_text(expr) == Some("true")
}

/// Where the code is.
fn code(at: At, props: &Props) -> Option<Expr> {
    let image = props.text("PackageType") == Some("Image");
    let mut code = if image {
        let image = props.get("ImageUri")?;
        vec![("ImageUri", image.clone())]
    } else if let Some(inline) = props.get("InlineCode") {
        vec![("ZipFile", inline.clone())]
    } else {
        location(props.get("CodeUri")?, ["S3Bucket", "S3Key", "S3ObjectVersion"])
    };
    if let Some(key) = props.get("SourceKMSKeyArn").filter(|_| !image) {
        code.push(("SourceKMSKeyArn", key.clone()));
    }
    let span =
        props.get("CodeUri").or(props.get("InlineCode")).or(props.get("ImageUri")).map_or(at.0, |c| c.span);
    Some(At(span).object(code))
}

/// An `s3://` address or its parts under the names that the registry has. Where the code lies once it is packaged is not
/// known of a local path.
pub(super) fn location<'n>(uri: &Expr, [bucket, key, version]: [&'n str; 3]) -> Vec<(&'n str, Expr)> {
    let at = At(uri.span);
    let unknown = || Expr::new(ExprKind::Unknown("where the package will be".into()), uri.span);
    if let ExprKind::Object(_) = &uri.kind {
        let part = |name: &str| member(uri, name).cloned();
        let mut out = vec![
            (bucket, part("Bucket").unwrap_or_else(unknown)),
            (key, part("Key").unwrap_or_else(unknown)),
        ];
        out.extend(part("Version").map(|v| (version, v)));
        return out;
    }
    match literal_text(uri).and_then(|text| text.strip_prefix("s3://")).and_then(|rest| rest.split_once('/'))
    {
        Some((name, path)) => {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let mut out = vec![(bucket, at.text(name)), (key, at.text(path))];
            out.extend(query.strip_prefix("versionId=").map(|v| (version, at.text(v))));
            out
        }
        None => vec![(bucket, unknown()), (key, unknown())],
    }
}

fn managed_instances(capacity: &Expr) -> Expr {
    let at = At(capacity.span);
    let pairs = [
        ("Arn", "CapacityProviderArn"),
        ("PerExecutionEnvironmentMaxConcurrency", "PerExecutionEnvironmentMaxConcurrency"),
        ("ExecutionEnvironmentMemoryGiBPerVCpu", "ExecutionEnvironmentMemoryGiBPerVCpu"),
    ];
    let inner = pairs.iter().filter_map(|(from, to)| Some((*to, member(capacity, from)?.clone())));
    at.object(vec![("LambdaManagedInstancesCapacityProviderConfig", at.object(inner.collect()))])
}

/// The version and the alias of `AutoPublishAlias`; the alias' id.
fn published(sam: &mut Sam<'_>, of: &Resource, props: &Props, out: &mut Vec<Resource>) -> Option<String> {
    let name = props.get("AutoPublishAlias")?;
    let at = At(name.span);
    let id = of.name.as_str();
    // its id ends in a hash of the packaged code
    let mut version = Making::new(of, format!("{id}Version"), "AWS::Lambda::Version", name.span);
    version.set("FunctionName", at.reference(id)).rename(props, "VersionDescription", "Description");
    let text = sam.settled(name).unwrap_or_default();
    let alias_id = format!("{id}Alias{}", text.replace('-', "D").replace('_', "U"));
    let mut alias = Making::new(of, alias_id.clone(), "AWS::Lambda::Alias", name.span);
    alias
        .set("Name", name.clone())
        .set("FunctionName", at.reference(id))
        .set("FunctionVersion", at.get_att(version.id(), "Version"))
        .pass(props, &["ProvisionedConcurrencyConfig"]);
    sam.referable(id, "Version", version.id());
    sam.referable(id, "Alias", alias.id());
    out.push(version.done());
    out.push(alias.done());
    if let Some(preference) = props.get("DeploymentPreference") {
        sam.deployment(of, preference);
    }
    Some(alias_id)
}

fn url(of: &Resource, config: &Expr, target: &Target<'_>, out: &mut Vec<Resource>) {
    let at = At(config.span);
    let id = of.name.as_str();
    let mut url = Making::new(of, format!("{id}Url"), "AWS::Lambda::Url", config.span);
    url.set("TargetFunctionArn", target.name.clone());
    for name in ["AuthType", "Cors", "InvokeMode"] {
        url.set_some(name, member(config, name).cloned());
    }
    out.push(url.done());
    let Some(auth) = member(config, "AuthType").filter(|a| literal_text(a) == Some("NONE")) else { return };
    let permission = |name: &str, action: &str| {
        let mut made = Making::new(of, format!("{id}{name}"), "AWS::Lambda::Permission", auth.span);
        made.set("Action", at.text(action))
            .set("FunctionName", target.name.clone())
            .set("Principal", At(auth.span).text("*"));
        made
    };
    let mut first = permission("UrlPublicPermissions", "lambda:InvokeFunctionUrl");
    first.set("FunctionUrlAuthType", auth.clone());
    let mut second = permission("URLInvokeAllowPublicAccess", "lambda:InvokeFunction");
    second.set("InvokedViaFunctionUrl", at.flag(true));
    out.extend([first.done(), second.done()]);
}

/// `EventInvokeConfig`: destinations without an ARN are made.
fn destinations(
    sam: &mut Sam<'_>,
    of: &Resource,
    config: &Expr,
    alias: Option<&str>,
    role: &mut Role,
    out: &mut Vec<Resource>,
) {
    let at = At(config.span);
    let id = of.name.as_str();
    let own = format!("{id}EventInvokeConfig");
    let mut made = Making::new(of, own.clone(), "AWS::Lambda::EventInvokeConfig", config.span);
    let qualifier = match alias {
        Some(alias) => At(of.header).text(alias.rsplit("Alias").next().unwrap_or(alias)),
        None => at.text("$LATEST"),
    };
    made.set("FunctionName", at.reference(id)).set("Qualifier", qualifier);
    for name in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
        made.set_some(name, member(config, name).cloned());
    }
    let mut destinations = Vec::new();
    if let Some(given) = member(config, "DestinationConfig") {
        for name in ["OnSuccess", "OnFailure"] {
            let Some(one) = item(given, name) else { continue };
            let at = At(one.key.span);
            let kind = member(&one.value, "Type").and_then(literal_text).unwrap_or("");
            let destination = member(&one.value, "Destination");
            let (type_name, suffix, referable) = match kind {
                "SQS" => ("AWS::SQS::Queue", "Queue", "DestinationQueue"),
                _ => ("AWS::SNS::Topic", "Topic", "DestinationTopic"),
            };
            let create = matches!(kind, "SQS" | "SNS");
            let arn_of = |id: &str| if kind == "SQS" { at.get_att(id, "Arn") } else { at.reference(id) };
            let new = format!("{own}{name}{suffix}");
            let arn = match destination.map(|d| (&d.kind, d)) {
                None if create => {
                    let queue = Making::new(of, new.clone(), type_name, one.key.span);
                    sam.referable(id, referable, queue.id());
                    out.push(queue.done());
                    arn_of(&new)
                }
                None => continue,
                // made where the condition leaves it open
                Some((ExprKind::Conditional(condition, yes, no), d)) if create => {
                    let none = |e: &Expr| matches!(e.kind, ExprKind::Literal(Literal::NoValue));
                    let when = match (none(yes), none(no)) {
                        (true, false) => Some((**condition).clone()),
                        (false, true) => Some(at.call("Fn::Not", vec![(**condition).clone()])),
                        _ => None,
                    };
                    match when {
                        Some(when) => {
                            let mut queue = Making::new(of, new.clone(), type_name, one.key.span);
                            let both = sam.both(of, when, at);
                            queue.only_if(both);
                            sam.referable(id, referable, queue.id());
                            out.push(queue.done());
                            let own = arn_of(&new);
                            let (yes, no) = match none(yes) {
                                true => (own, (**no).clone()),
                                false => ((**yes).clone(), own),
                            };
                            At(d.span).choose((**condition).clone(), yes, no)
                        }
                        None => d.clone(),
                    }
                }
                Some((_, d)) => d.clone(),
            };
            let (action, policy) = match kind {
                "SQS" => ("sqs:SendMessage", "SQSPolicy"),
                "SNS" => ("sns:publish", "SNSPolicy"),
                "EventBridge" => ("events:PutEvents", "EventBridgePolicy"),
                "Lambda" => ("lambda:InvokeFunction", "LambdaPolicy"),
                _ => ("s3:PutObject", "S3Policy"),
            };
            role.add_document(&format!("{own}{name}{policy}"), send(at, action, &arn));
            destinations.push((name, at.object(vec![("Destination", arn)])));
        }
    }
    if !destinations.is_empty() {
        made.set("DestinationConfig", at.object(destinations));
    }
    out.push(made.done());
}

/// Whether the role is made: not where one is given, and under its condition where one is given under a condition.
fn lambda_role(of: &Resource, props: &Props, function: &mut Making, role: &mut Role) {
    let Some(given) = props.attribute("Role") else {
        let arn = At(of.header).get_att(role.id(), "Arn");
        function.set("Role", arn);
        return;
    };
    role.wanted = false;
    if let ExprKind::Conditional(condition, yes, no) = &given.value.kind {
        let at = At(given.value.span);
        let none = |e: &Expr| matches!(e.kind, ExprKind::Literal(Literal::NoValue));
        let own = at.get_att(role.id(), "Arn");
        let (value, when) = match (none(yes), none(no)) {
            (true, true) => (own, None),
            (true, false) => {
                let value = at.choose((**condition).clone(), own, (**no).clone());
                (value, Some((**condition).clone()))
            }
            (false, true) => {
                let value = at.choose((**condition).clone(), (**yes).clone(), own);
                (value, Some(at.call("Fn::Not", vec![(**condition).clone()])))
            }
            (false, false) => {
                function.pass(props, &["Role"]);
                return;
            }
        };
        role.wanted = true;
        if let Some(when) = when {
            role.only_if(when);
        }
        function.set("Role", value);
        return;
    }
    function.pass(props, &["Role"]);
}

/// `PropagateTags`: what comes with the function has its tags too.
pub(super) fn propagate(tags: &Expr, out: &mut [Resource]) {
    const TAGGED: [&str; 7] = [
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Events::Rule",
        "AWS::IAM::Role",
        "AWS::ApiGateway::Stage",
        "AWS::ApiGateway::DomainName",
    ];
    for resource in out.iter_mut().filter(|r| TAGGED.contains(&r.type_name.as_str())) {
        if resource.body.attributes.iter().all(|a| a.name != "Tags")
            && let Some(list) = super::make::tags(At(resource.header), None, Some(tags))
        {
            let span = list.span;
            resource.body.attributes.push(crate::program::Attribute {
                name: "Tags".into(),
                name_span: span,
                value: list,
                span,
            });
        }
    }
}

/// A name for what is made from a text that is not known before deployment.
pub(super) fn hashed(prefix: &str, expr: &Expr) -> String {
    match literal_text(expr) {
        Some(text) => format!("{prefix}{}", digest(text)),
        None => format!("{prefix}{}", digest(&spelled(expr))),
    }
}

/// A text that tells expressions apart, wherever they stand: places, and the numbers that files have in one run, are no
/// part of it.
pub(super) fn spelled(expr: &Expr) -> String {
    static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d+:\d+\.\.\d+\b").ok());
    let text = format!("{:?}", expr.kind);
    SPAN.as_ref().map(|span| span.replace_all(&text, "").into_owned()).unwrap_or(text)
}
