//! What the Serverless transform makes. Ids, types and the properties asked here are those that `aws-sam-translator`
//! 1.115.0 makes of the same templates (without the hashes of packaged code).

use super::support::{property, resources, world};

fn made(template: &str) -> Vec<String> {
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{template}");
    let world = world(&[("template.yaml", &text)]);
    assert_eq!(world.said("template.yaml"), [""; 0]);
    resources(&world.linked("template.yaml").graph)
}

fn asked(template: &str, questions: &[(&str, &str)]) -> Vec<String> {
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{template}");
    let linked = world(&[("template.yaml", &text)]).linked("template.yaml");
    questions.iter().map(|(of, path)| property(&linked.graph, of, path)).collect()
}

const FUNCTION: &str = "Globals:
  Function: {Runtime: python3.12, Timeout: 3, Environment: {Variables: {A: global, B: global}}, VpcConfig: {SubnetIds: [s]}}
Parameters: {Table: {Type: String}}
Conditions: {Big: !Equals [!Ref Table, big]}
Resources:
  F:
    Type: AWS::Serverless::Function
    Condition: Big
    Properties:
      Handler: a.b
      CodeUri: s3://bucket/key.zip
      Tracing: Active
      Environment: {Variables: {B: own}}
      Policies:
        - AmazonS3ReadOnlyAccess
        - DynamoDBCrudPolicy: {TableName: !Ref Table}
        - Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]
        - !If [Big, AdministratorAccess, !Ref AWS::NoValue]
      Tags: {a: b}
  G:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, InlineCode: x, Role: arn:aws:iam::123456789012:role/r, AutoPublishAlias: live}
";

/// An id that hangs on a name that is not known must not hang on where the name stands: fingerprints carry it.
#[test]
fn generated_ids_do_not_depend_on_places() {
    let template = "Parameters: {Zone: {Type: String}}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Domain: {DomainName: !Sub 'api.${Zone}', CertificateArn: arn:aws:acm:eu-west-1:123456789012:certificate/c}
";
    let moved = format!("# moved\n\n{template}");
    assert_eq!(made(template), made(&moved));
    assert_ne!(made(template), made(&template.replace("api.$", "www.$")));
}

#[test]
fn functions_get_roles_and_aliases() {
    assert_eq!(
        made(FUNCTION),
        [
            "F AWS::Lambda::Function when `Big` is true",
            "FRole AWS::IAM::Role when `Big` is true",
            "G AWS::Lambda::Function",
            "GVersion AWS::Lambda::Version",
            "GAliaslive AWS::Lambda::Alias",
        ]
    );
    let questions = [
        ("F", "Code"),
        ("F", "Environment.Variables"),
        ("F", "Timeout"),
        ("F", "Tags"),
        ("F", "TracingConfig.Mode"),
        ("G", "Role"),
        ("G", "Code"),
    ];
    assert_eq!(
        asked(FUNCTION, &questions),
        [
            r#"{"S3Bucket":"bucket","S3Key":"key.zip"}"#,
            r#"{"A":"global","B":"own"}"#,
            "3",
            r#"[{"Key":"lambda:createdBy","Value":"SAM"},{"Key":"a","Value":"b"}]"#,
            "\"Active\"",
            "\"arn:aws:iam::123456789012:role/r\"",
            r#"{"ZipFile":"x"}"#,
        ]
    );
    let [managed, policies] = &asked(FUNCTION, &[("FRole", "ManagedPolicyArns"), ("FRole", "Policies")])[..]
    else {
        panic!()
    };
    for arn in [
        "policy/service-role/AWSLambdaBasicExecutionRole",
        "policy/AWSXrayWriteOnlyAccess",
        "policy/service-role/AWSLambdaVPCAccessExecutionRole",
        "policy/AmazonS3ReadOnlyAccess",
        "policy/AdministratorAccess",
    ] {
        assert!(managed.contains(arn), "{managed}");
    }
    for part in ["FRolePolicy1", "dynamodb:PutItem", "FRolePolicy2", "s3:*"] {
        assert!(policies.contains(part), "{policies}");
    }
}

#[test]
fn events_bring_permissions_mappings_and_apis() {
    let template = "Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      CodeUri: ./src
      Events:
        Get: {Type: Api, Properties: {Path: '/items/{id}', Method: get}}
        Http: {Type: HttpApi}
        Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        B: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: 's3:ObjectCreated:*'}}
        T: {Type: SNS, Properties: {Topic: !Ref Topic}}
        S: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        V: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Url: {Value: !Sub 'https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/${ServerlessRestApi.Stage}/'}
  Role: {Value: !GetAtt FRole.Arn}
";
    let mut ids = made(template);
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "Bucket AWS::S3::Bucket",
            "F AWS::Lambda::Function",
            "FBPermission AWS::Lambda::Permission",
            "FGetPermissionProd AWS::Lambda::Permission",
            "FHttpPermission AWS::Lambda::Permission",
            "FQ AWS::Lambda::EventSourceMapping",
            "FRole AWS::IAM::Role",
            "FS AWS::Events::Rule",
            "FSPermission AWS::Lambda::Permission",
            "FT AWS::SNS::Subscription",
            "FTPermission AWS::Lambda::Permission",
            "FV AWS::Scheduler::Schedule",
            "FVRole AWS::IAM::Role",
            "Queue AWS::SQS::Queue",
            "ServerlessHttpApi AWS::ApiGatewayV2::Api",
            "ServerlessHttpApiApiGatewayDefaultStage AWS::ApiGatewayV2::Stage",
            "ServerlessRestApi AWS::ApiGateway::RestApi",
            "ServerlessRestApiDeployment AWS::ApiGateway::Deployment",
            "ServerlessRestApiProdStage AWS::ApiGateway::Stage",
            "Topic AWS::SNS::Topic",
        ]
    );
    let answers = asked(
        template,
        &[
            ("FGetPermissionProd", "SourceArn"),
            ("FBPermission", "SourceAccount"),
            ("Bucket", "NotificationConfiguration.LambdaConfigurations"),
            ("FRole", "ManagedPolicyArns"),
            ("ServerlessRestApi", "Body.paths"),
        ],
    );
    assert!(answers[0].contains("/*/GET/items/*"), "{}", answers[0]);
    assert_eq!(answers[1], "AWS::AccountId");
    assert!(answers[2].contains("s3:ObjectCreated:*") && answers[2].contains("F.Arn"), "{}", answers[2]);
    assert!(answers[3].contains("AWSLambdaSQSQueueExecutionRole"), "{}", answers[3]);
    assert!(answers[4].contains("/items/{id}"), "{}", answers[4]);
}

#[test]
fn other_resources_are_made() {
    let template = "Resources:
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: k, Type: Number}, SSESpecification: {SSEEnabled: true}}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/k, CompatibleRuntimes: [python3.12]}}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      AccessLogSetting: {DestinationArn: arn}
      EndpointConfiguration: {Type: PRIVATE}
      Auth: {Authorizers: {A: {FunctionArn: !GetAtt F.Arn}}, DefaultAuthorizer: A}
  F:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.12, CodeUri: ., Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: any}}}}
    Connectors: {C: {Properties: {Destination: {Id: Table}, Permissions: [Read]}}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: A}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref F}}]
      Logging: {Level: ALL}
      Events: {E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
  Con: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Machine}, Destination: {Id: F}, Permissions: [Write]}}
";
    let mut ids = made(template);
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "Api AWS::ApiGateway::RestApi",
            "ApiAAuthorizerPermission AWS::Lambda::Permission",
            "ApiDeployment AWS::ApiGateway::Deployment",
            "Apiv1Stage AWS::ApiGateway::Stage",
            "ConPolicy AWS::IAM::ManagedPolicy",
            "F AWS::Lambda::Function",
            "FCPolicy AWS::IAM::ManagedPolicy",
            "FEPermissionv1 AWS::Lambda::Permission",
            "FRole AWS::IAM::Role",
            "Layer AWS::Lambda::LayerVersion",
            "Machine AWS::StepFunctions::StateMachine",
            "MachineE AWS::Events::Rule",
            "MachineERole AWS::IAM::Role",
            "MachineRole AWS::IAM::Role",
            "Table AWS::DynamoDB::Table",
        ]
    );
    let answers = asked(
        template,
        &[
            ("Table", "AttributeDefinitions"),
            ("Table", "SSESpecification.SSEEnabled"),
            ("Layer", "LayerName"),
            ("Apiv1Stage", "AccessLogSetting.DestinationArn"),
            ("Api", "EndpointConfiguration.Types"),
            ("Machine", "LoggingConfiguration.Level"),
            ("FCPolicy", "PolicyDocument"),
        ],
    );
    assert_eq!(answers[0], r#"[{"AttributeName":"k","AttributeType":"N"}]"#);
    assert_eq!(&answers[1..6], ["true", "\"Layer\"", "\"arn\"", r#"["PRIVATE"]"#, "\"ALL\""]);
    assert!(answers[6].contains("dynamodb:GetItem"), "{}", answers[6]);
}

#[test]
fn findings_are_in_the_sam_source() {
    let text = "Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      CodeUri: .
      FunctionUrlConfig:
        AuthType: NONE
      Policies:
        - Statement:
            - {Effect: Allow, Action: '*', Resource: '*'}
";
    let outcome = world(&[("template.yaml", text)]).check(&["."]);
    let found: Vec<_> = outcome
        .findings
        .iter()
        .map(|f| (f.policy.as_str(), f.resource.address.as_str(), f.location.start.line))
        .collect();
    assert!(found.contains(&("iam-full-admin-policy", "FRole", 13)), "{found:?}");
}

#[test]
fn websocket_and_graphql_apis_are_made() {
    let template = "Parameters: {Domain: {Type: String, Default: sam.example.com}}
Resources:
  Fn: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Role: r}}
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Fn.Arn}
      Domain: {DomainName: !Ref Domain, CertificateArn: arn, Route53: {HostedZoneId: Z1}}
      Routes:
        $connect: {FunctionArn: !GetAtt Fn.Arn}
        sendMessage: {FunctionArn: !GetAtt Fn.Arn, IntegrationTimeout: 30}
  Graph:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      SchemaInline: 'type Query { a: String }'
      Auth: {Type: AWS_LAMBDA, LambdaAuthorizer: {AuthorizerUri: !GetAtt Fn.Arn}, Additional: [{Type: API_KEY}]}
      ApiKeys: {Key: {}}
      DataSources: {DynamoDb: {Notes: {TableName: notes, Permissions: [Read]}}, Lambda: {Call: {FunctionArn: !GetAtt Fn.Arn, ServiceRoleArn: r}}}
      Functions:
        first: {Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, DataSource: Notes, InlineCode: x}
        second: {Runtime: {Name: APPSYNC_JS, Version: 1.0.0}, DataSource: NONE, InlineCode: x}
      Resolvers: {Query: {a: {Pipeline: [first, second]}}}
";
    let mut ids = made(template);
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "ApiGatewayDomainNameV2994fa1763a AWS::ApiGatewayV2::DomainName",
            "Fn AWS::Lambda::Function",
            "Graph AWS::AppSync::GraphQLApi",
            "GraphCallLambdaDataSource AWS::AppSync::DataSource",
            "GraphCloudWatchRole AWS::IAM::Role",
            "GraphKey AWS::AppSync::ApiKey",
            "GraphNoneDataSource AWS::AppSync::DataSource",
            "GraphNotesDynamoDBDataSource AWS::AppSync::DataSource",
            "GraphNotesDynamoDBDataSourceRole AWS::IAM::Role",
            "GraphNotesDynamoDBDataSourceToTableConnectorPolicy AWS::IAM::ManagedPolicy",
            "GraphQuerya AWS::AppSync::Resolver",
            "GraphSchema AWS::AppSync::GraphQLSchema",
            "GraphToLambdaAuthConnector1WriteLambdaPermission AWS::Lambda::Permission",
            "Graphfirst AWS::AppSync::FunctionConfiguration",
            "Graphsecond AWS::AppSync::FunctionConfiguration",
            "RecordSetGroup0cf6d58763 AWS::Route53::RecordSetGroup",
            "Socket AWS::ApiGatewayV2::Api",
            "SocketApiMapping AWS::ApiGatewayV2::ApiMapping",
            "SocketAuthorizerPermission AWS::Lambda::Permission",
            "SocketConnectAuthorizer AWS::ApiGatewayV2::Authorizer",
            "SocketConnectIntegration AWS::ApiGatewayV2::Integration",
            "SocketConnectPermission AWS::Lambda::Permission",
            "SocketConnectRoute AWS::ApiGatewayV2::Route",
            "SocketDefaultStage AWS::ApiGatewayV2::Stage",
            "SocketSendmessageIntegration AWS::ApiGatewayV2::Integration",
            "SocketSendmessagePermission AWS::Lambda::Permission",
            "SocketSendmessageRoute AWS::ApiGatewayV2::Route",
        ]
    );
    let questions = [
        ("SocketConnectRoute", "AuthorizationType"),
        ("SocketDefaultStage", "StageName"),
        ("Graph", "AdditionalAuthenticationProviders"),
        ("Graph", "LogConfig.FieldLogLevel"),
        ("Graphsecond", "DataSourceName"),
        ("GraphQuerya", "PipelineConfig.Functions"),
    ];
    assert_eq!(
        asked(template, &questions),
        [
            "\"CUSTOM\"",
            "\"default\"",
            r#"[{"AuthenticationType":"API_KEY"}]"#,
            "\"ALL\"",
            "\"GraphNoneDataSource\"",
            "[Graphfirst.FunctionId, Graphsecond.FunctionId]",
        ]
    );
}

#[test]
fn events_are_written_to_buckets_as_objects() {
    let linked = world(&[(
        "t.yaml",
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      InlineCode: pass
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: S3, Destination: 'arn:aws:s3:::failed'}}}
",
    )])
    .linked("t.yaml");
    let policies = property(&linked.graph, "HandlerRole", "Policies");
    assert!(
        policies.contains(r#""arn:aws:s3:::failed/*""#) && policies.contains("s3:PutObject"),
        "{policies}"
    );
    assert!(
        policies.contains(r#""arn:aws:s3:::failed""#) && policies.contains("s3:ListBucket"),
        "{policies}"
    );
}

#[test]
fn authorizers_of_rest_apis_are_in_the_definition() {
    let template = "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth:
        DefaultAuthorizer: Pool
        Authorizers:
          Pool: {UserPoolArn: arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p, AuthorizationScopes: [read]}
          Own: {FunctionArn: !GetAtt F.Arn, FunctionPayloadType: REQUEST, Identity: {Headers: [A], QueryStrings: [q]}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      InlineCode: pass
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get}}
        Put: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: put, Auth: {Authorizer: Own, ApiKeyRequired: true}}}
        Free: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /free, Method: get, Auth: {Authorizer: NONE}}}
  Written:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Auth: {DefaultAuthorizer: AWS_IAM}
      DefinitionBody: {swagger: '2.0', paths: {/b: {get: {responses: {}}, put: {security: [{x: []}]}}}}
";
    let found = asked(
        template,
        &[
            ("Api", "Body.paths./a.get.security"),
            ("Api", "Body.paths./a.put.security"),
            ("Api", "Body.paths./free.get.security"),
            ("Api", "Body.securityDefinitions.Pool.x-amazon-apigateway-authorizer"),
            ("Api", "Body.securityDefinitions.Own.x-amazon-apigateway-authorizer.identitySource"),
            ("Api", "Body.securityDefinitions.api_key.name"),
            ("Written", "Body.paths./b.get.security"),
            ("Written", "Body.paths./b.put.security"),
            ("Written", "Body.securityDefinitions.AWS_IAM.x-amazon-apigateway-authtype"),
        ],
    );
    assert_eq!(
        found,
        [
            r#"[{"Pool":["read"]}]"#,
            r#"[{"Own":[]},{"api_key":[]}]"#,
            "-",
            r#"{"providerARNs":["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/p"],"type":"cognito_user_pools"}"#,
            r#""method.request.header.A, method.request.querystring.q""#,
            r#""x-api-key""#,
            r#"[{"AWS_IAM":[]}]"#,
            r#"[{"x":[]}]"#,
            r#""awsSigv4""#
        ]
    );
}
