//! `AWS::Serverless::GraphQLApi`: the AppSync API with its schema, logging role, keys, cache, domain, data sources with
//! their roles, functions and resolvers.

use rustc_hash::FxHashMap;

use crate::program::{Attribute, Expr, ExprKind, Literal, Resource};

use super::connector::{self, Known};
use super::make::{At, Making, Props, literal_text, member, members, tags};
use super::policies::{managed_arn, trust};

const SERVICE: &str = "appsync.amazonaws.com";

/// What is made while the parts of an API are read.
struct GraphQl<'r> {
    of: &'r Resource,
    at: At,
    out: Vec<Resource>,
    /// Data sources by the name that they have in the SAM source, and what functions call them.
    sources: FxHashMap<String, Expr>,
    /// Functions by the name that they have in the SAM source, and their ids.
    functions: FxHashMap<String, Expr>,
    none: Option<Resource>,
}

pub(super) fn expand(of: &Resource, props: &Props) -> Vec<Resource> {
    let mut made = GraphQl {
        of,
        at: At(of.header),
        out: Vec::new(),
        sources: FxHashMap::default(),
        functions: FxHashMap::default(),
        none: None,
    };
    made.api(props);
    made.parts(props);
    made.data_sources(props);
    made.functions(props);
    made.resolvers(props);
    made.out.extend(made.none.take());
    made.out
}

/// The members of a map that is written out: the key, its place, the value.
fn entries(expr: Option<&Expr>) -> impl Iterator<Item = (&str, At, &Expr)> {
    let items = match expr.map(|e| &e.kind) {
        Some(ExprKind::Object(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(|i| Some((literal_text(&i.key)?, At(i.key.span), &i.value)))
}

impl GraphQl<'_> {
    fn id(&self) -> Expr {
        self.at.get_att(&self.of.name, "ApiId")
    }

    fn making(&self, suffix: &str, type_name: &str, at: At) -> Making {
        let mut making = Making::new(self.of, format!("{}{suffix}", self.of.name), type_name, at.0);
        making.set("ApiId", self.id());
        making
    }

    fn api(&mut self, props: &Props) {
        let (of, at) = (self.of, self.at);
        let mut api = Making::replacing(of, "AWS::AppSync::GraphQLApi");
        match props.has("Name") {
            true => api.pass(props, &["Name"]),
            false => api.set("Name", at.text(&of.name)),
        };
        api.pass(
            props,
            &[
                "Visibility",
                "OwnerContact",
                "XrayEnabled",
                "IntrospectionConfig",
                "QueryDepthLimit",
                "ResolverCountLimit",
            ],
        );
        let mut lambdas = Vec::new();
        if let Some(auth) = props.get("Auth") {
            let here = At(auth.span);
            api.set_some("AuthenticationType", member(auth, "Type").cloned());
            if let Some((name, config)) = authorizer(auth, false) {
                lambdas.extend(lambda_of(name, &config));
                api.set(name, config);
            }
            if let Some(ExprKind::List(items)) = member(auth, "Additional").map(|a| &a.kind) {
                let additional = items.iter().map(|one| {
                    let here = At(one.span);
                    let mut parts: Vec<(&str, Expr)> = Vec::new();
                    parts.extend(member(one, "Type").map(|t| ("AuthenticationType", t.clone())));
                    if let Some((name, config)) = authorizer(one, true) {
                        lambdas.extend(lambda_of(name, &config));
                        parts.push((name, config));
                    }
                    here.object(parts)
                });
                let additional: Vec<Expr> = additional.collect();
                api.set("AdditionalAuthenticationProviders", here.list(additional));
            }
        }
        api.set_some("Tags", tags(at, Some("graphqlapi:createdBy"), props.get("Tags")));
        let logging = props.get("Logging");
        let off = logging.is_some_and(|l| {
            matches!(l.kind, ExprKind::Literal(Literal::Bool(false))) || literal_text(l) == Some("false")
        });
        let mut role = None;
        if !off {
            let here = logging.map_or(at, |l| At(l.span));
            let get = |name: &str| logging.and_then(|l| member(l, name)).cloned();
            let mut config: Vec<(&str, Expr)> = Vec::new();
            config.extend(get("ExcludeVerboseContent").map(|v| ("ExcludeVerboseContent", v)));
            config.push(("FieldLogLevel", get("FieldLogLevel").unwrap_or_else(|| here.text("ALL"))));
            let arn = get("CloudWatchLogsRoleArn").unwrap_or_else(|| {
                let mut made =
                    Making::new(of, format!("{}CloudWatchRole", of.name), "AWS::IAM::Role", here.0);
                let arn = managed_arn("service-role/AWSAppSyncPushToCloudWatchLogs");
                made.set("AssumeRolePolicyDocument", trust(here, SERVICE))
                    .set("ManagedPolicyArns", here.list(vec![here.text(&arn)]));
                let arn = here.get_att(made.id(), "Arn");
                role = Some(made.done());
                arn
            });
            config.push(("CloudWatchLogsRoleArn", arn));
            api.set("LogConfig", here.object(config));
        }
        self.out.push(api.done());
        let mut schema = self.making("Schema", "AWS::AppSync::GraphQLSchema", at);
        schema.rename(props, "SchemaInline", "Definition").rename(props, "SchemaUri", "DefinitionS3Location");
        self.out.push(schema.done());
        for (n, arn) in lambdas.into_iter().enumerate() {
            let source = vec![
                ("Type", at.text("AWS::AppSync::GraphQLApi")),
                ("Arn", at.reference(&of.name)),
                ("ResourceId", self.id()),
            ];
            let id = format!("{}ToLambdaAuthConnector{}", of.name, n + 1);
            self.connect(&id, at, source, "AWS::Lambda::Function", arn, &["Write"]);
        }
        self.out.extend(role);
    }

    /// What a connector with these ends makes.
    fn connect(
        &mut self,
        id: &str,
        at: At,
        source: Vec<(&str, Expr)>,
        to: &str,
        arn: Expr,
        permissions: &[&str],
    ) {
        let of = Making::new(self.of, id, "AWS::Serverless::Connector", at.0).done();
        let destination = at.object(vec![("Type", at.text(to)), ("Arn", arn)]);
        let permissions = at.list(permissions.iter().map(|p| at.text(p)).collect());
        let attribute =
            |name: &str, value: Expr| Attribute { name: name.into(), name_span: at.0, span: at.0, value };
        let props = Props(vec![
            attribute("Source", at.object(source)),
            attribute("Destination", destination),
            attribute("Permissions", permissions),
        ]);
        self.out.extend(connector::expand(&Known { resources: &[] }, &of, &props));
    }

    /// Keys, cache and domain.
    fn parts(&mut self, props: &Props) {
        for (name, at, given) in entries(props.get("ApiKeys")) {
            let mut key = self.making(name, "AWS::AppSync::ApiKey", at);
            let given = members(given);
            key.pass(&given, &["ApiKeyId", "Description"]).rename(&given, "ExpiresOn", "Expires");
            self.out.push(key.done());
        }
        if let Some(given) = props.get("Cache") {
            let mut cache = self.making("ApiCache", "AWS::AppSync::ApiCache", At(given.span));
            let names =
                ["ApiCachingBehavior", "Type", "Ttl", "AtRestEncryptionEnabled", "TransitEncryptionEnabled"];
            cache.pass(&members(given), &names);
            self.out.push(cache.done());
        }
        if let Some(given) = props.get("DomainName") {
            let at = At(given.span);
            let id = format!("{}DomainName", self.of.name);
            let mut domain = Making::new(self.of, id.clone(), "AWS::AppSync::DomainName", at.0);
            domain.pass(&members(given), &["CertificateArn", "DomainName", "Description"]);
            let mut association =
                self.making("DomainNameApiAssociation", "AWS::AppSync::DomainNameApiAssociation", at);
            association.set("DomainName", at.get_att(&id, "DomainName"));
            self.out.extend([domain.done(), association.done()]);
        }
    }

    fn data_sources(&mut self, props: &Props) {
        let Some(all) = props.get("DataSources") else { return };
        for (name, at, given) in entries(member(all, "DynamoDb")) {
            let get = |part: &str| member(given, part).cloned();
            let region = get("Region").unwrap_or_else(|| at.pseudo("AWS::Region"));
            let mut config = vec![("AwsRegion", region.clone())];
            for (from, to) in [
                ("TableName", "TableName"),
                ("UseCallerCredentials", "UseCallerCredentials"),
                ("Versioned", "Versioned"),
                ("DeltaSync", "DeltaSyncConfig"),
            ] {
                config.extend(get(from).map(|v| (to, v)));
            }
            let table = get("TableArn").unwrap_or_else(|| {
                at.sub(
                    "arn:${AWS::Partition}:dynamodb:${Region}:${AWS::AccountId}:table/${Table}",
                    &[("Table", get("TableName").unwrap_or_else(|| at.text("*"))), ("Region", region)],
                )
            });
            let permissions: Vec<&str> = match member(given, "Permissions").map(|p| &p.kind) {
                Some(ExprKind::List(items)) => items.iter().filter_map(literal_text).collect(),
                _ => vec!["Read", "Write"],
            };
            let kind = Kind {
                suffix: "DynamoDB",
                name: "AMAZON_DYNAMODB",
                config: ("DynamoDBConfig", at.object(config)),
                connector: "Table",
                to: ("AWS::DynamoDB::Table", table),
            };
            self.data_source(name, at, given, kind, &permissions);
        }
        for (name, at, given) in entries(member(all, "Lambda")) {
            let arn = member(given, "FunctionArn").cloned().unwrap_or_else(|| at.no_value());
            let kind = Kind {
                suffix: "Lambda",
                name: "AWS_LAMBDA",
                config: ("LambdaConfig", at.object(vec![("LambdaFunctionArn", arn.clone())])),
                connector: "Lambda",
                to: ("AWS::Lambda::Function", arn),
            };
            self.data_source(name, at, given, kind, &["Write"]);
        }
    }

    fn data_source(&mut self, name: &str, at: At, given: &Expr, kind: Kind<'_>, permissions: &[&str]) {
        let suffix = format!("{name}{}DataSource", kind.suffix);
        let mut source = self.making(&suffix, "AWS::AppSync::DataSource", at);
        let id = source.id().to_string();
        source
            .set("Name", member(given, "Name").cloned().unwrap_or_else(|| at.text(name)))
            .set("Type", at.text(kind.name))
            .set_some("Description", member(given, "Description").cloned())
            .set(kind.config.0, kind.config.1);
        self.sources.insert(name.to_owned(), at.get_att(&id, "Name"));
        if let Some(arn) = member(given, "ServiceRoleArn") {
            source.set("ServiceRoleArn", arn.clone());
            return self.out.push(source.done());
        }
        let mut role = Making::new(self.of, format!("{id}Role"), "AWS::IAM::Role", at.0);
        role.set("AssumeRolePolicyDocument", trust(at, SERVICE));
        source.set("ServiceRoleArn", at.get_att(role.id(), "Arn"));
        let ends = vec![
            ("Type", at.text("AWS::AppSync::DataSource")),
            ("Arn", at.get_att(&id, "DataSourceArn")),
            ("RoleName", at.reference(role.id())),
        ];
        self.out.extend([source.done(), role.done()]);
        let connector = format!("{id}To{}Connector", kind.connector);
        self.connect(&connector, at, ends, kind.to.0, kind.to.1, permissions);
    }

    fn functions(&mut self, props: &Props) {
        for (name, at, given) in entries(props.get("Functions")) {
            if let Some(id) = member(given, "Id") {
                self.functions.insert(name.to_owned(), id.clone());
                continue;
            }
            let source = member(given, "DataSource").map(|source| self.source(source));
            let mut made = self.making(name, "AWS::AppSync::FunctionConfiguration", at);
            let parts = members(given);
            made.set("Name", member(given, "Name").cloned().unwrap_or_else(|| at.text(name)))
                .rename(&parts, "InlineCode", "Code")
                .rename(&parts, "CodeUri", "CodeS3Location")
                .set_some("DataSourceName", source)
                .pass(&parts, &["MaxBatchSize", "Description"])
                .set_some("Runtime", member(given, "Runtime").map(runtime))
                .rename(&parts, "Sync", "SyncConfig");
            self.functions.insert(name.to_owned(), at.get_att(made.id(), "FunctionId"));
            self.out.push(made.done());
        }
    }

    /// The name of the data source that a function has.
    fn source(&mut self, given: &Expr) -> Expr {
        let Some(name) = literal_text(given) else { return given.clone() };
        if !name.eq_ignore_ascii_case("none") {
            return self.sources.get(name).cloned().unwrap_or_else(|| given.clone());
        }
        let at = At(given.span);
        if self.none.is_none() {
            let mut made = self.making("NoneDataSource", "AWS::AppSync::DataSource", at);
            let id = made.id().to_string();
            made.set("Name", at.text(&id)).set("Type", at.text("NONE"));
            self.none = Some(made.done());
        }
        at.get_att(&format!("{}NoneDataSource", self.of.name), "Name")
    }

    fn resolvers(&mut self, props: &Props) {
        for (type_name, type_at, fields) in entries(props.get("Resolvers")) {
            for (name, at, given) in entries(Some(fields)) {
                let mut made = self.making(&format!("{type_name}{name}"), "AWS::AppSync::Resolver", at);
                let parts = members(given);
                if parts.has("InlineCode") || parts.has("CodeUri") {
                    made.rename(&parts, "InlineCode", "Code")
                        .rename(&parts, "CodeUri", "CodeS3Location")
                        .set_some("Runtime", member(given, "Runtime").map(runtime));
                } else {
                    // what the transform writes asks the functions in turn and hands on what the last one gives
                    let code = ExprKind::Unknown("the code of a pipeline".into());
                    made.set("Code", Expr::new(code, at.0)).set(
                        "Runtime",
                        at.object(vec![
                            ("Name", at.text("APPSYNC_JS")),
                            ("RuntimeVersion", at.text("1.0.0")),
                        ]),
                    );
                }
                made.set("FieldName", member(given, "FieldName").cloned().unwrap_or_else(|| at.text(name)))
                    .set("TypeName", type_at.text(type_name));
                if let Some(ExprKind::List(items)) = parts.get("Pipeline").map(|p| &p.kind) {
                    let function = |item: &Expr| {
                        literal_text(item).and_then(|name| self.functions.get(name)).unwrap_or(item).clone()
                    };
                    let functions = at.list(items.iter().map(function).collect());
                    made.set("Kind", at.text("PIPELINE"))
                        .set("PipelineConfig", at.object(vec![("Functions", functions)]));
                }
                made.rename(&parts, "Caching", "CachingConfig").pass(&parts, &["MaxBatchSize"]);
                self.out.push(made.done());
            }
        }
    }
}

/// What differs between the kinds of data sources.
struct Kind<'k> {
    suffix: &'k str,
    name: &'k str,
    config: (&'k str, Expr),
    connector: &'k str,
    to: (&'k str, Expr),
}

/// The property of the API that holds an authorizer's configuration.
fn authorizer(auth: &Expr, additional: bool) -> Option<(&'static str, Expr)> {
    let (from, to) = match member(auth, "Type").and_then(literal_text)? {
        "AWS_LAMBDA" => ("LambdaAuthorizer", "LambdaAuthorizerConfig"),
        "OPENID_CONNECT" => ("OpenIDConnect", "OpenIDConnectConfig"),
        "AMAZON_COGNITO_USER_POOLS" => ("UserPool", "UserPoolConfig"),
        _ => return None,
    };
    let mut config = member(auth, from)?.clone();
    if let (ExprKind::Object(items), true) = (&mut config.kind, additional) {
        items.retain(|i| i.key.as_string().is_none_or(|k| k != "DefaultAction"));
    }
    Some((to, config))
}

fn lambda_of(name: &str, config: &Expr) -> Option<Expr> {
    (name == "LambdaAuthorizerConfig").then(|| member(config, "AuthorizerUri").cloned()).flatten()
}

fn runtime(given: &Expr) -> Expr {
    let mut parts = Vec::new();
    for (from, to) in [("Name", "Name"), ("Version", "RuntimeVersion")] {
        parts.extend(member(given, from).map(|v| (to, v.clone())));
    }
    At(given.span).object(parts)
}
