//! The events of functions: what calls a function needs a permission, what it polls a mapping and a right of its role.

use crate::program::{Expr, ExprKind, ObjectItem, Resource};

use super::brokers::Wishes;
use super::make::{At, Making, Props, id_of, literal_text, member, members, suffixed, tags, target_of};
use super::policies::{Role, allow, send, trust};
use super::{Notification, Sam, Target, api, function};

/// An event while it is expanded.
struct Event<'e, 's, 'm> {
    sam: &'s mut Sam<'m>,
    /// The id of what is made: function and event.
    id: String,
    at: At,
    props: Props,
    target: &'e Target<'e>,
    role: &'e mut Role,
    out: &'e mut Vec<Resource>,
}

/// Expands the events of a function.
pub(super) fn of_function(
    sam: &mut Sam<'_>,
    props: &Props,
    target: &Target<'_>,
    role: &mut Role,
    out: &mut Vec<Resource>,
) {
    let Some(ExprKind::Object(items)) = props.get("Events").map(|e| &e.kind) else { return };
    for item in ordered(items) {
        let Some(name) = item.key.as_string() else { continue };
        let Some(kind) = member(&item.value, "Type").and_then(literal_text) else { continue };
        let event = Event {
            id: format!("{}{name}", target.of.name),
            at: At(item.key.span),
            props: member(&item.value, "Properties").map(members).unwrap_or_default(),
            target,
            role: &mut *role,
            out: &mut *out,
            sam: &mut *sam,
        };
        event.expand(kind);
    }
}

/// By path, as the transform looks at them: `$default` of an HTTP API comes before other paths.
fn ordered(items: &[ObjectItem]) -> Vec<&ObjectItem> {
    let path = |item: &ObjectItem| {
        let path = member(&item.value, "Properties").and_then(|p| member(p, "Path")).and_then(literal_text);
        let http = member(&item.value, "Type").and_then(literal_text) == Some("HttpApi");
        let path = path.or_else(|| http.then_some("$default"));
        path.or_else(|| item.key.as_string().map(|k| k.as_str())).unwrap_or_default().to_owned()
    };
    let mut out: Vec<&ObjectItem> = items.iter().collect();
    out.sort_by_key(|item| path(item));
    out
}

impl Event<'_, '_, '_> {
    fn expand(self, kind: &str) {
        match kind {
            "Api" => self.rest_api(),
            "HttpApi" => self.http_api(),
            "Schedule" => self.rule("ScheduleExpression", "Schedule", "Name"),
            "CloudWatchEvent" | "EventBridgeRule" => self.rule("EventPattern", "Pattern", "RuleName"),
            "ScheduleV2" => self.schedule(),
            "S3" => self.bucket(),
            "SNS" => self.topic(),
            "AlexaSkill" => {
                let token = self.props.get("SkillId").cloned();
                let mut permission = self.permission("alexa-appkit.amazon.com", &self.id, "");
                permission.set_some("EventSourceToken", token);
                self.out.push(permission.done());
            }
            "IoTRule" => self.iot(),
            "Cognito" => self.cognito(),
            "CloudWatchLogs" => self.logs(),
            "Kinesis" => self.polled(kind, "Stream", Some("service-role/AWSLambdaKinesisExecutionRole")),
            "DynamoDB" => self.polled(kind, "Stream", Some("service-role/AWSLambdaDynamoDBExecutionRole")),
            "SQS" => self.polled(kind, "Queue", Some("service-role/AWSLambdaSQSQueueExecutionRole")),
            "MSK" => self.polled(kind, "Stream", Some("service-role/AWSLambdaMSKExecutionRole")),
            "MQ" => self.polled(kind, "Broker", None),
            "SelfManagedKafka" => self.polled(kind, "", None),
            "DocumentDB" => self.polled(kind, "Cluster", None),
            _ => {}
        }
    }

    /// The permission of a service to call the function.
    fn permission(&self, service: &str, prefix: &str, suffix: &str) -> Making {
        let id = suffixed(&format!("{prefix}Permission"), suffix);
        let mut made = Making::new(self.target.of, id, "AWS::Lambda::Permission", self.at.0);
        made.set("Action", self.at.text("lambda:InvokeFunction"))
            .set("FunctionName", self.target.name.clone())
            .set("Principal", self.at.text(service));
        made
    }

    fn rest_api(self) {
        let given = self.props.get("RestApiId").cloned();
        let api_id = given.as_ref().and_then(id_of).map(ToOwned::to_owned);
        let id = match &given {
            None => api::IMPLICIT_REST.to_owned(),
            Some(_) => api_id.unwrap_or_default(),
        };
        let Some(path) = self.props.text("Path").map(ToOwned::to_owned) else { return };
        let method = self.props.text("Method").unwrap_or("any").to_lowercase();
        let suffix = if given.is_none() { "Prod".to_owned() } else { self.sam.stage_suffix(&id) };
        let reference = given.unwrap_or_else(|| self.at.reference(&id));
        let verb = if method == "any" { "*".to_owned() } else { method.to_uppercase() };
        let arn = self.at.sub(
            &format!(
                "arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{verb}{}",
                api::permitted_path(&path)
            ),
            &[("__ApiId__", reference), ("__Stage__", self.at.text("*"))],
        );
        let mut permission = self.permission("apigateway.amazonaws.com", &self.id, &suffix);
        permission.set("SourceArn", arn);
        self.out.push(permission.done());
        let integration = api::lambda(self.at, &self.target.arn, None);
        self.sam.route(&id, self.target.of, &path, &method, integration, self.props.get("Auth"), self.at);
    }

    fn http_api(self) {
        let given = self.props.get("ApiId").cloned();
        let id = match &given {
            None => api::IMPLICIT_HTTP.to_owned(),
            Some(given) => id_of(given).unwrap_or_default().to_owned(),
        };
        let path = self.props.text("Path").unwrap_or("$default").to_owned();
        let method = match self.props.text("Method").map(str::to_lowercase) {
            Some(method) => method,
            None => "x-amazon-apigateway-any-method".to_owned(),
        };
        // what calls the function on every path needs no permission for one of them
        let known = self.sam.calls_by_default(&id, self.target.of.name.as_str());
        let reference = given.unwrap_or_else(|| self.at.reference(&id));
        let any = matches!(method.as_str(), "any" | "x-amazon-apigateway-any-method");
        if path == "$default" || !known {
            let verb = if any { "*".to_owned() } else { method.to_uppercase() };
            let permitted = if path == "$default" { String::new() } else { api::permitted_path(&path) };
            let arn = self.at.sub(
                &format!(
                    "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{verb}{permitted}"
                ),
                &[("__ApiId__", reference), ("__Stage__", self.at.text("*"))],
            );
            let mut permission = self.permission("apigateway.amazonaws.com", &self.id, "");
            permission.set("SourceArn", arn);
            self.out.push(permission.done());
        }
        let format = self.props.get("PayloadFormatVersion").cloned();
        let integration =
            api::lambda(self.at, &self.target.arn, Some(format.unwrap_or_else(|| self.at.text("2.0"))));
        let method = if any { "any" } else { &method };
        self.sam.route(&id, self.target.of, &path, method, integration, self.props.get("Auth"), self.at);
    }

    /// A rule of EventBridge.
    fn rule(self, property: &str, from: &str, name: &str) {
        let mut rule = Making::new(self.target.of, self.id.clone(), "AWS::Events::Rule", self.at.0);
        rule.rename(&self.props, from, property);
        rule.rename(&self.props, name, "Name").pass(&self.props, &["Description", "EventBusName", "State"]);
        if let Some(enabled) = self.props.get("Enabled") {
            let state = if function::is_true(enabled) { "ENABLED" } else { "DISABLED" };
            rule.set("State", At(enabled.span).text(state));
        }
        let source = self.at.get_att(&self.id, "Arn");
        let dead = dead_letters(self.target.of, &self.id, &self.props, self.at, self.out);
        let target_id =
            self.props.get("Target").and_then(|t| member(t, "Id")).cloned().unwrap_or_else(|| {
                self.at.text(&format!("{}LambdaTarget", self.id.chars().take(52).collect::<String>()))
            });
        let mut target = vec![("Arn", self.target.arn.clone()), ("Id", target_id)];
        for name in ["Input", "InputPath", "InputTransformer", "RetryPolicy"] {
            target.extend(self.props.get(name).map(|v| (name, v.clone())));
        }
        target.extend(dead.map(|arn| ("DeadLetterConfig", self.at.object(vec![("Arn", arn)]))));
        let targets = self.at.list(vec![self.at.object(target)]);
        rule.set("Targets", targets);
        let mut permission = self.permission("events.amazonaws.com", &self.id, "");
        permission.set("SourceArn", source);
        self.out.extend([rule.done(), permission.done()]);
    }

    fn schedule(self) {
        let role = |role_id: &str| {
            let mut role = Making::new(self.target.of, role_id, "AWS::IAM::Role", self.at.0);
            let document = allow(self.at, "lambda:InvokeFunction", self.target.arn.clone());
            let name = self.at.text(&format!("{}LambdaPolicy", self.id));
            role.set("AssumeRolePolicyDocument", trust(self.at, "scheduler.amazonaws.com")).set(
                "Policies",
                self.at.list(vec![self.at.object(vec![("PolicyName", name), ("PolicyDocument", document)])]),
            );
            role.rename(&self.props, "PermissionsBoundary", "PermissionsBoundary");
            role
        };
        schedule(self.target.of, &self.id, &self.props, self.at, &self.target.arn, &role, self.out);
    }

    fn bucket(self) {
        let Some(bucket) = self.props.get("Bucket").and_then(id_of).map(ToOwned::to_owned) else { return };
        let mut permission = self.permission("s3.amazonaws.com", &self.id, "");
        permission.set("SourceAccount", self.at.pseudo("AWS::AccountId"));
        self.sam.notifications.push(Notification {
            bucket,
            permission: permission.id().clone(),
            function: self.target.arn.clone(),
            events: self.props.get("Events").cloned(),
            filter: self.props.get("Filter").cloned(),
            repeat: self.target.of.repeat.clone(),
            at: self.at,
        });
        self.out.push(permission.done());
    }

    fn topic(self) {
        let Some(topic) = self.props.get("Topic").cloned() else { return };
        let of = self.target.of;
        let mut subscription = Making::new(of, self.id.clone(), "AWS::SNS::Subscription", self.at.0);
        subscription.set("TopicArn", topic.clone());
        subscription.pass(&self.props, &["Region", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy"]);
        let queue = self.props.get("SqsSubscription").cloned();
        let Some(queue) = queue.filter(|q| function::is_true(q) || matches!(q.kind, ExprKind::Object(_)))
        else {
            subscription.set("Protocol", self.at.text("lambda")).set("Endpoint", self.target.arn.clone());
            let mut permission = self.permission("sns.amazonaws.com", &self.id, "");
            permission.set("SourceArn", topic);
            self.out.extend([permission.done(), subscription.done()]);
            return;
        };
        let (arn, url, policy_id) = if let ExprKind::Object(_) = queue.kind {
            let (Some(arn), Some(url)) = (member(&queue, "QueueArn"), member(&queue, "QueueUrl")) else {
                return;
            };
            let id = member(&queue, "QueuePolicyLogicalId").and_then(literal_text);
            let id = id.map_or_else(|| format!("{}QueuePolicy", self.id), ToOwned::to_owned);
            (arn.clone(), url.clone(), id)
        } else {
            let id = format!("{}Queue", self.id);
            self.out.push(Making::new(of, id.clone(), "AWS::SQS::Queue", self.at.0).done());
            (self.at.get_att(&id, "Arn"), self.at.reference(&id), format!("{}QueuePolicy", self.id))
        };
        subscription.set("Protocol", self.at.text("sqs")).set("Endpoint", arn.clone());
        let mut policy = Making::new(of, policy_id, "AWS::SQS::QueuePolicy", self.at.0);
        let equals = self.at.object(vec![("aws:SourceArn", topic)]);
        let statement = self.at.object(vec![
            ("Action", self.at.text("sqs:SendMessage")),
            ("Effect", self.at.text("Allow")),
            ("Principal", self.at.text("*")),
            ("Resource", arn.clone()),
            ("Condition", self.at.object(vec![("ArnEquals", equals)])),
        ]);
        let document = self.at.object(vec![
            ("Version", self.at.text("2012-10-17")),
            ("Statement", self.at.list(vec![statement])),
        ]);
        policy.set("Queues", self.at.list(vec![url])).set("PolicyDocument", document);
        let mapping_id = format!("{}EventSourceMapping", self.id);
        let mut mapping = Making::new(of, mapping_id, "AWS::Lambda::EventSourceMapping", self.at.0);
        mapping
            .set("FunctionName", self.target.name.clone())
            .set("EventSourceArn", arn)
            .set("BatchSize", member(&queue, "BatchSize").cloned().unwrap_or_else(|| self.at.number(10)))
            .set("Enabled", self.at.flag(true));
        self.role.add_aws("service-role/AWSLambdaSQSQueueExecutionRole", self.at);
        self.out.extend([mapping.done(), policy.done(), subscription.done()]);
    }

    fn iot(self) {
        let mut rule = Making::new(self.target.of, self.id.clone(), "AWS::IoT::TopicRule", self.at.0);
        let action = self.at.object(vec![("FunctionArn", self.target.arn.clone())]);
        let mut payload = vec![
            ("RuleDisabled", self.at.flag(false)),
            ("Actions", self.at.list(vec![self.at.object(vec![("Lambda", action)])])),
        ];
        for name in ["Sql", "AwsIotSqlVersion"] {
            payload.extend(self.props.get(name).map(|v| (name, v.clone())));
        }
        rule.set("TopicRulePayload", self.at.object(payload));
        let arn = self.at.sub(
            "arn:aws:iot:${AWS::Region}:${AWS::AccountId}:rule/${RuleName}",
            &[("RuleName", self.at.reference(&self.id))],
        );
        let mut permission = self.permission("iot.amazonaws.com", &self.id, "");
        permission.set("SourceArn", arn).set("SourceAccount", self.at.pseudo("AWS::AccountId"));
        self.out.extend([permission.done(), rule.done()]);
    }

    fn cognito(self) {
        let Some(pool) = self.props.get("UserPool").and_then(id_of).map(ToOwned::to_owned) else { return };
        let prefix = match target_of(&self.target.name) {
            Some(id) => format!("{id}Cognito"),
            None => format!("{}Cognito", self.target.of.name),
        };
        let mut permission = self.permission("cognito-idp.amazonaws.com", &prefix, "");
        permission.set("SourceArn", self.at.get_att(&pool, "Arn"));
        let triggers = match self.props.get("Trigger").map(|t| (&t.kind, t)) {
            Some((ExprKind::List(items), _)) => {
                items.iter().filter_map(literal_text).map(str::to_owned).collect()
            }
            Some((_, one)) => literal_text(one).map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        };
        for trigger in triggers {
            self.sam.triggers.push((pool.clone(), trigger, self.target.arn.clone()));
        }
        self.out.push(permission.done());
    }

    fn logs(self) {
        let Some(group) = self.props.get("LogGroupName").cloned() else { return };
        let mut filter =
            Making::new(self.target.of, self.id.clone(), "AWS::Logs::SubscriptionFilter", self.at.0);
        filter
            .set("LogGroupName", group.clone())
            .pass(&self.props, &["FilterPattern"])
            .set("DestinationArn", self.target.arn.clone());
        filter.done_depending(&self.id, self.at, self.out);
        let arn = self.at.sub(
            "arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${__LogGroupName__}:*",
            &[("__LogGroupName__", group)],
        );
        let mut permission = self.permission("logs.amazonaws.com", &self.id, "");
        permission.set("SourceArn", arn);
        self.out.push(permission.done());
    }

    /// What the function polls.
    fn polled(self, kind: &str, source: &str, policy: Option<&str>) {
        let of = self.target.of;
        let mut mapping = Making::new(of, self.id.clone(), "AWS::Lambda::EventSourceMapping", self.at.0);
        mapping.set("FunctionName", self.target.name.clone()).rename(&self.props, source, "EventSourceArn");
        mapping.pass(
            &self.props,
            &[
                "StartingPosition",
                "StartingPositionTimestamp",
                "BatchSize",
                "Enabled",
                "MaximumBatchingWindowInSeconds",
                "MaximumRetryAttempts",
                "BisectBatchOnFunctionError",
                "MaximumRecordAgeInSeconds",
                "ParallelizationFactor",
                "Topics",
                "Queues",
                "SourceAccessConfigurations",
                "TumblingWindowInSeconds",
                "FunctionResponseTypes",
                "FilterCriteria",
                "KmsKeyArn",
                "ScalingConfig",
                "ProvisionedPollerConfig",
                "MetricsConfig",
                "LoggingConfig",
            ],
        );
        if let Some(servers) = self.props.get("KafkaBootstrapServers") {
            let at = At(servers.span);
            let servers = at.object(vec![("KafkaBootstrapServers", servers.clone())]);
            mapping.set("SelfManagedEventSource", at.object(vec![("Endpoints", servers)]));
        }
        if let Some(group) = self.props.get("ConsumerGroupId") {
            let at = At(group.span);
            let name = match source {
                "Stream" => "AmazonManagedKafkaEventSourceConfig",
                _ => "SelfManagedKafkaEventSourceConfig",
            };
            mapping.set(name, at.object(vec![("ConsumerGroupId", group.clone())]));
        }
        if source == "Cluster" {
            let mut config = Vec::new();
            for name in ["DatabaseName", "CollectionName", "FullDocument"] {
                config.extend(self.props.get(name).map(|v| (name, v.clone())));
            }
            mapping.set("DocumentDBEventSourceConfig", self.at.object(config));
        }
        if let Some(config) = self.props.get("DestinationConfig") {
            let failure = member(config, "OnFailure");
            let destination = failure.and_then(|f| member(f, "Destination"));
            let at = At(config.span);
            if let Some(destination) = destination {
                let inner = at.object(vec![("Destination", destination.clone())]);
                mapping.set("DestinationConfig", at.object(vec![("OnFailure", inner)]));
                let policy = match failure.and_then(|f| member(f, "Type")).and_then(literal_text) {
                    Some("SQS") => Some(("sqs:SendMessage", "SQSPolicy")),
                    Some("SNS") => Some(("sns:publish", "SNSPolicy")),
                    Some("S3") => Some(("s3:PutObject", "S3Policy")),
                    _ => None,
                };
                if let Some((action, name)) = policy {
                    self.role.add_document(&format!("{}{name}", self.id), send(at, action, destination));
                }
            }
        }
        if let Some(policy) = policy {
            self.role.add_aws(policy, self.at);
        }
        let wishes = Wishes { id: &self.id, props: &self.props, at: self.at };
        if let Some((name, document)) = wishes.policy(kind) {
            self.role.add_document(&name, document);
        }
        self.out.push(mapping.done());
    }
}

impl Making {
    /// Finishes a filter on logs: it waits for the permission.
    fn done_depending(self, id: &str, at: At, out: &mut Vec<Resource>) {
        let mut resource = self.done();
        let wanted = at.reference(&format!("{id}Permission"));
        if let ExprKind::Attr(root, _) = wanted.kind {
            resource.depends_on.push(*root);
        }
        out.push(resource);
    }
}

/// The queue for what a rule could not deliver: a given one, or one that is made with its policy. Its ARN.
pub(super) fn dead_letters(
    of: &Resource,
    id: &str,
    props: &Props,
    at: At,
    out: &mut Vec<Resource>,
) -> Option<Expr> {
    let config = props.get("DeadLetterConfig")?;
    if let Some(arn) = member(config, "Arn") {
        return Some(arn.clone());
    }
    let queue_id = match member(config, "QueueLogicalId").and_then(literal_text) {
        Some(given) => given.to_owned(),
        None => format!("{id}Queue"),
    };
    let arn = at.get_att(&queue_id, "Arn");
    out.push(Making::new(of, queue_id.clone(), "AWS::SQS::Queue", at.0).done());
    let mut policy = Making::new(of, format!("{id}QueuePolicy"), "AWS::SQS::QueuePolicy", at.0);
    let equals = at.object(vec![("aws:SourceArn", at.get_att(id, "Arn"))]);
    let statement = at.object(vec![
        ("Action", at.text("sqs:SendMessage")),
        ("Effect", at.text("Allow")),
        ("Principal", at.object(vec![("Service", at.text("events.amazonaws.com"))])),
        ("Resource", arn.clone()),
        ("Condition", at.object(vec![("ArnEquals", equals)])),
    ]);
    let document =
        at.object(vec![("Version", at.text("2012-10-17")), ("Statement", at.list(vec![statement]))]);
    policy.set("PolicyDocument", document).set("Queues", at.list(vec![at.reference(&queue_id)]));
    out.push(policy.done());
    Some(arn)
}

/// A schedule of EventBridge Scheduler, with its role.
pub(super) fn schedule(
    of: &Resource,
    id: &str,
    props: &Props,
    at: At,
    target: &Expr,
    role: &dyn Fn(&str) -> Making,
    out: &mut Vec<Resource>,
) {
    let mut made = Making::new(of, id, "AWS::Scheduler::Schedule", at.0);
    made.pass(
        props,
        &[
            "ScheduleExpression",
            "FlexibleTimeWindow",
            "State",
            "Description",
            "StartDate",
            "EndDate",
            "ScheduleExpressionTimezone",
            "GroupName",
            "KmsKeyArn",
        ],
    );
    if !props.has("FlexibleTimeWindow") {
        made.set("FlexibleTimeWindow", at.object(vec![("Mode", at.text("OFF"))]));
    }
    match props.has("Name") {
        true => made.pass(props, &["Name"]),
        false if props.get("OmitName").is_some_and(function::is_true) => &mut made,
        false => made.set("Name", at.text(id)),
    };
    let dead = props.get("DeadLetterConfig").map(|config| match member(config, "Arn") {
        Some(arn) => arn.clone(),
        None => {
            let queue = match member(config, "QueueLogicalId").and_then(literal_text) {
                Some(given) => given.to_owned(),
                None => format!("{id}Queue"),
            };
            out.push(Making::new(of, queue.clone(), "AWS::SQS::Queue", at.0).done());
            at.get_att(&queue, "Arn")
        }
    });
    let role_arn = match props.get("RoleArn") {
        Some(given) => given.clone(),
        None => {
            let role_id = format!("{id}Role");
            let mut role = role(&role_id);
            if let (Some(arn), Some(ExprKind::List(documents))) =
                (&dead, role.value_mut("Policies").map(|p| &mut p.kind))
            {
                let document = allow(at, "sqs:SendMessage", arn.clone());
                let name = at.text(&format!("{role_id}SQSPolicy"));
                documents.push(at.object(vec![("PolicyName", name), ("PolicyDocument", document)]));
            }
            out.push(role.done());
            at.get_att(&role_id, "Arn")
        }
    };
    let mut to = vec![("Arn", target.clone()), ("RoleArn", role_arn)];
    for name in ["Input", "RetryPolicy"] {
        to.extend(props.get(name).map(|v| (name, v.clone())));
    }
    to.extend(dead.map(|arn| ("DeadLetterConfig", at.object(vec![("Arn", arn)]))));
    made.set("Target", at.object(to));
    out.push(made.done());
}

/// The tags of what a state machine or function brings, where they are propagated.
pub(super) fn propagated(props: &Props) -> Option<&Expr> {
    let on = props.get("PropagateTags").is_some_and(function::is_true);
    on.then(|| props.get("Tags")).flatten().filter(|t| tags(At(t.span), None, Some(t)).is_some())
}
