//! Tables, layers, applications, state machines.

use crate::program::{Expr, ExprKind, Resource};

use super::function::{is_true, location, propagate};
use super::make::{At, Making, Props, id_of, literal_text, member, members, tags};
use super::policies::{Role, RoleOf, allow, managed_arn, trust};
use super::{Sam, api, events};

/// `AWS::Serverless::SimpleTable`.
pub(super) fn table(of: &Resource, props: &Props) -> Vec<Resource> {
    let at = At(of.header);
    let mut made = Making::replacing(of, "AWS::DynamoDB::Table");
    let key = props.get("PrimaryKey");
    let here = key.map_or(at, |k| At(k.span));
    let name = key.and_then(|k| member(k, "Name")).cloned().unwrap_or_else(|| here.text("id"));
    let kind = match key.and_then(|k| member(k, "Type")) {
        Some(kind) => match literal_text(kind) {
            Some("Number") => At(kind.span).text("N"),
            Some("Binary") => At(kind.span).text("B"),
            Some("String") | None => At(kind.span).text("S"),
            Some(other) => At(kind.span).text(other),
        },
        None => here.text("S"),
    };
    let definition = here.object(vec![("AttributeName", name.clone()), ("AttributeType", kind)]);
    let schema = here.object(vec![("AttributeName", name), ("KeyType", here.text("HASH"))]);
    made.set("AttributeDefinitions", here.list(vec![definition]))
        .set("KeySchema", here.list(vec![schema]))
        .pass(
            props,
            &["TableName", "ProvisionedThroughput", "SSESpecification", "PointInTimeRecoverySpecification"],
        );
    if !props.has("ProvisionedThroughput") {
        made.set("BillingMode", at.text("PAY_PER_REQUEST"));
    }
    made.set_some("Tags", props.get("Tags").and_then(|t| tags(At(t.span), None, Some(t))));
    vec![made.done()]
}

/// `AWS::Serverless::LayerVersion`. The id of what is deployed ends in a hash of the packaged code.
pub(super) fn layer(of: &Resource, props: &Props) -> Vec<Resource> {
    let at = At(of.header);
    let mut made = Making::replacing(of, "AWS::Lambda::LayerVersion");
    if let Some(uri) = props.get("ContentUri") {
        made.set("Content", At(uri.span).object(location(uri, ["S3Bucket", "S3Key", "S3ObjectVersion"])));
    }
    made.pass(props, &["Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"]);
    match props.has("LayerName") {
        true => made.pass(props, &["LayerName"]),
        false => made.set("LayerName", at.text(&of.name)),
    };
    vec![made.done()]
}

/// `AWS::Serverless::Application`: a nested stack.
pub(super) fn application(of: &Resource, props: &Props) -> Vec<Resource> {
    let at = At(of.header);
    let mut made = Making::replacing(of, "AWS::CloudFormation::Stack");
    if let Some(place) = props.get("Location") {
        let url = match &place.kind {
            // of the Serverless Application Repository: where its template will lie is not known
            ExprKind::Object(_) => {
                Expr::new(ExprKind::Unknown("the template of an application".into()), place.span)
            }
            _ => place.clone(),
        };
        made.set("TemplateURL", url);
    }
    made.pass(props, &["Parameters", "NotificationARNs", "TimeoutInMinutes"]);
    made.set_some("Tags", tags(at, Some("lambda:createdBy"), props.get("Tags")));
    vec![made.done()]
}

/// `AWS::Serverless::CapacityProvider`.
pub(super) fn capacity_provider(of: &Resource, props: &Props) -> Vec<Resource> {
    let at = At(of.header);
    let mut made = Making::replacing(of, "AWS::Lambda::CapacityProvider");
    made.pass(props, &["CapacityProviderName", "KmsKeyArn", "LoggingConfig", "InstanceRequirements"]);
    let renamed = |from: &str, names: &[(&'static str, &'static str)]| {
        let given = props.get(from)?;
        let parts = names.iter().filter_map(|(from, to)| Some((*to, member(given, from)?.clone())));
        Some(At(given.span).object(parts.collect()))
    };
    let vpc = [("SubnetIds", "SubnetIds"), ("SecurityGroupIds", "SecurityGroupIds")];
    made.set_some("VpcConfig", renamed("VpcConfig", &vpc));
    let scaling = [
        ("MaxVCpuCount", "MaxVCpuCount"),
        ("ScalingPolicies", "ScalingPolicies"),
        ("ScalingMode", "ScalingMode"),
    ];
    made.set_some("CapacityProviderScalingConfig", renamed("ScalingConfig", &scaling));
    let mut out = Vec::new();
    let role = match props.get("OperatorRole") {
        Some(role) => role.clone(),
        None => {
            let mut role = Making::new(of, format!("{}OperatorRole", of.name), "AWS::IAM::Role", at.0);
            let arn = managed_arn("AWSLambdaManagedEC2ResourceOperator");
            role.set("AssumeRolePolicyDocument", trust(at, "lambda.amazonaws.com"))
                .set("ManagedPolicyArns", at.list(vec![at.text(&arn)]))
                .set_some("Tags", tags(at, Some("lambda:createdBy"), None));
            let arn = at.get_att(role.id(), "Arn");
            out.push(role.done());
            arn
        }
    };
    made.set("PermissionsConfig", at.object(vec![("CapacityProviderOperatorRoleArn", role)]));
    made.set_some("Tags", tags(at, Some("lambda:createdBy"), props.get("Tags")));
    out.insert(0, made.done());
    out
}

/// `AWS::Serverless::StateMachine`.
pub(super) fn state_machine(sam: &mut Sam<'_>, of: &Resource, props: &Props) -> Vec<Resource> {
    const TAG: &str = "stateMachine:createdBy";
    let at = At(of.header);
    let id = of.name.as_str();
    let mut made = Making::replacing(of, "AWS::StepFunctions::StateMachine");
    match (props.get("Definition"), props.get("DefinitionUri")) {
        (Some(definition), _) => {
            let at = At(definition.span);
            made.set("DefinitionString", at.call("Fn::ToJsonString", vec![definition.clone()]));
        }
        (None, Some(uri)) => {
            made.set(
                "DefinitionS3Location",
                At(uri.span).object(location(uri, ["Bucket", "Key", "Version"])),
            );
        }
        (None, None) => {}
    }
    made.pass(props, &["DefinitionSubstitutions"])
        .rename(props, "Logging", "LoggingConfiguration")
        .rename(props, "Name", "StateMachineName")
        .rename(props, "Type", "StateMachineType")
        .rename(props, "Tracing", "TracingConfiguration");
    made.set_some("Tags", tags(at, Some(TAG), props.get("Tags")));
    let mut out = Vec::new();
    match props.has("Role") {
        true => {
            made.rename(props, "Role", "RoleArn");
        }
        false => {
            let tracing = props.get("Tracing").and_then(|t| member(t, "Enabled")).is_some_and(is_true);
            let managed = if tracing { vec!["AWSXrayWriteOnlyAccess"] } else { Vec::new() };
            let role = Role::new(&RoleOf { of, props, service: "states.amazonaws.com", managed, tag: TAG });
            made.set("RoleArn", at.get_att(role.id(), "Arn"));
            out.extend(role.done());
        }
    }
    let mut brought = Vec::new();
    let mut target = at.reference(id);
    if let Some(alias) = props.get("AutoPublishAlias") {
        let at = At(alias.span);
        let mut version =
            Making::new(of, format!("{id}Version"), "AWS::StepFunctions::StateMachineVersion", alias.span);
        version.set("StateMachineArn", at.reference(id));
        let text = sam.settled(alias).unwrap_or_default();
        let alias_id = format!("{id}Alias{}", text.replace('-', "D").replace('_', "U"));
        let mut published =
            Making::new(of, alias_id.clone(), "AWS::StepFunctions::StateMachineAlias", alias.span);
        let preference = match props.get("DeploymentPreference").map(members) {
            Some(given) => {
                let mut parts: Vec<(&str, Expr)> =
                    vec![("StateMachineVersionArn", at.reference(version.id()))];
                for name in ["Type", "Interval", "Percentage", "Alarms"] {
                    parts.extend(given.get(name).map(|v| (name, v.clone())));
                }
                at.object(parts)
            }
            None => at.object(vec![
                ("StateMachineVersionArn", at.reference(version.id())),
                ("Type", at.text("ALL_AT_ONCE")),
            ]),
        };
        published.set("Name", alias.clone()).set("DeploymentPreference", preference);
        target = at.reference(&alias_id);
        sam.referable(id, "Version", version.id());
        sam.referable(id, "Alias", published.id());
        brought.extend([version.done(), published.done()]);
    }
    machine_events(sam, of, props, &target, &mut brought);
    if let Some(tags) = events::propagated(props) {
        propagate(tags, &mut brought);
    }
    let mut all = vec![made.done()];
    all.extend(out);
    all.extend(brought);
    all
}

fn machine_events(sam: &mut Sam<'_>, of: &Resource, props: &Props, target: &Expr, out: &mut Vec<Resource>) {
    let Some(ExprKind::Object(items)) = props.get("Events").map(|e| &e.kind) else { return };
    for item in items {
        let Some(name) = item.key.as_string() else { continue };
        let kind = member(&item.value, "Type").and_then(literal_text);
        let event = member(&item.value, "Properties").map(members).unwrap_or_default();
        let at = At(item.key.span);
        let id = format!("{}{name}", of.name);
        let role = |service: &str, role_id: &str| {
            let mut role = Making::new(of, role_id, "AWS::IAM::Role", at.0);
            let document = allow(at, "states:StartExecution", target.clone());
            let name = at.text(&format!("{role_id}StartExecutionPolicy"));
            let policy = at.object(vec![("PolicyName", name), ("PolicyDocument", document)]);
            role.set("AssumeRolePolicyDocument", trust(at, service)).set("Policies", at.list(vec![policy]));
            role.pass(props, &["PermissionsBoundary"]);
            role
        };
        match kind {
            Some(kind @ ("Schedule" | "CloudWatchEvent" | "EventBridgeRule")) => {
                let mut rule = Making::new(of, id.clone(), "AWS::Events::Rule", at.0);
                let (from, to, name) = match kind {
                    "Schedule" => ("Schedule", "ScheduleExpression", "Name"),
                    _ => ("Pattern", "EventPattern", "RuleName"),
                };
                rule.rename(&event, from, to).rename(&event, name, "Name");
                rule.pass(&event, &["Description", "EventBusName", "State"]);
                if let Some(enabled) = event.get("Enabled") {
                    let state = if is_true(enabled) { "ENABLED" } else { "DISABLED" };
                    rule.set("State", At(enabled.span).text(state));
                }
                let role_arn = match event.get("RoleArn") {
                    Some(given) => given.clone(),
                    None => {
                        let role = role("events.amazonaws.com", &format!("{id}Role"));
                        let arn = at.get_att(role.id(), "Arn");
                        out.push(role.done());
                        arn
                    }
                };
                let dead = events::dead_letters(of, &id, &event, at, out);
                let own = at.text(&format!("{}StepFunctionsTarget", id.chars().take(45).collect::<String>()));
                let target_id = event.get("Target").and_then(|t| member(t, "Id")).cloned().unwrap_or(own);
                let mut to = vec![("Arn", target.clone()), ("Id", target_id), ("RoleArn", role_arn)];
                for name in ["Input", "InputPath", "InputTransformer", "RetryPolicy"] {
                    to.extend(event.get(name).map(|v| (name, v.clone())));
                }
                to.extend(dead.map(|arn| ("DeadLetterConfig", at.object(vec![("Arn", arn)]))));
                rule.set("Targets", at.list(vec![at.object(to)]));
                out.push(rule.done());
            }
            Some("ScheduleV2") => {
                let role = |role_id: &str| role("scheduler.amazonaws.com", role_id);
                events::schedule(of, &id, &event, at, target, &role, out);
            }
            Some("Api") => {
                let given = event.get("RestApiId");
                let api_id = match given {
                    None => api::IMPLICIT_REST.to_owned(),
                    Some(given) => id_of(given).unwrap_or_default().to_owned(),
                };
                let role = api::execution_role(of, &id, at);
                let operation = api::execution(at, at.get_att(&role.name, "Arn"));
                out.push(role);
                if let Some(path) = event.text("Path") {
                    let method = event.text("Method").unwrap_or("any").to_lowercase();
                    sam.route(&api_id, of, path, &method, operation, event.get("Auth"), at);
                }
            }
            _ => {}
        }
    }
}
