//! What templates mean.

use super::support::{property, resources, world};

#[test]
fn a_group_without_outbound_rules_lets_everything_out() {
    let linked = world(&[(
        "t.yaml",
        "Parameters: {E: {Type: String}}
Conditions: {C: !Equals [!Ref E, x]}
Resources:
  None: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
  Empty: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, SecurityGroupEgress: []}}
  Inline:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: d, SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}]}
  Apart: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
  ApartRule:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !GetAtt Apart.GroupId, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}
  Some: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
  SomeRule:
    Type: AWS::EC2::SecurityGroupEgress
    Condition: C
    Properties: {GroupId: !GetAtt Some.GroupId, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}
",
    )])
    .linked("t.yaml");
    let egress = |of: &str| property(&linked.graph, of, "SecurityGroupEgress");
    let all = r#"[{"CidrIp":"0.0.0.0/0","IpProtocol":"-1"},{"CidrIpv6":"::/0","IpProtocol":"-1"}]"#;
    assert_eq!(egress("None"), all);
    assert_eq!(egress("Empty"), all);
    for one in ["Inline", "Apart"] {
        assert!(egress(one).contains("10.0.0.0/8") && !egress(one).contains("0.0.0.0/0"), "{}", egress(one));
    }
    assert!(egress("Some").contains("10.0.0.0/8") && egress("Some").contains("0.0.0.0/0"));
}

const CONDITIONAL: &str = "Parameters: {Env: {Type: String, Default: dev}}
Conditions:
  Public: !And [!Equals [!Ref Env, dev], !Equals [!Ref AWS::Region, eu-west-1], !Equals [!Ref AWS::Partition, aws]]
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties: {AccessControl: !If [Public, PublicRead, Private]}
";

#[test]
fn values_come_from_the_configuration_sam_and_the_command_line() {
    let policies = ["s3-public-acl"];
    let findings = |files: &[(&str, &str)], given: &[&str]| {
        world(files).policies(&policies).parameters(given).findings(&["."])
    };
    let template = ("template.yaml", CONDITIONAL);
    assert_eq!(findings(&[template], &[]).len(), 1);
    assert!(findings(&[template], &[])[0].starts_with("s3-public-acl B: "));
    let stack = ("masugata.toml", "[stack]\nregion = 'eu-west-1'\n");
    assert_eq!(findings(&[template, stack], &["Env=dev"]), ["s3-public-acl B"]);
    assert_eq!(findings(&[template, stack], &["Env=prod"]), [""; 0]);
    assert_eq!(findings(&[template, stack], &["Env=dev", "AWS::Region=cn-north-1"]), [""; 0]);
    let sam = ("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 'Env=prod'\n");
    assert_eq!(findings(&[template, stack, sam], &[]), [""; 0]);
    // the command line wins
    assert_eq!(findings(&[template, stack, sam], &["Env=dev"]), ["s3-public-acl B"]);
    let pipeline = ("params.json", r#"{"Parameters": {"Env": "prod"}, "Tags": {"a": "b"}}"#);
    assert_eq!(findings(&[template, stack, pipeline], &["params.json"]), [""; 0]);
}

#[test]
fn loops_run_over_what_is_given_and_over_mappings() {
    let template = "Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList}, Env: {Type: String, Default: prod}}
Mappings: {Sizes: {prod: {Names: [x, y]}, dev: {Names: [z]}}}
Resources:
  Fn::ForEach::Given: [N, !Ref Names, {'Given${N}': {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref N}}}]
  Fn::ForEach::Mapped:
    - N
    - !FindInMap [Sizes, !Ref Env, Names]
    - 'Mapped${N}':
        Type: AWS::SNS::Topic
        Properties: {TopicName: !GetAtt [!Sub 'Given${N}', TopicName], DisplayName: !Join [',', !FindInMap [!Join ['', [Si, zes]], !Ref Env, Names]]}
Outputs:
  Fn::ForEach::Out: [N, !Ref Names, {'Out${N}': {Value: !Ref {'Fn::Sub': 'Given${N}'}}}]
";
    let world = world(&[("t.yaml", template)]).parameters(&["Names=x,y"]);
    let linked = world.linked("t.yaml");
    assert_eq!(
        resources(&linked.graph),
        [
            "Givenx AWS::SNS::Topic",
            "Giveny AWS::SNS::Topic",
            "Mappedx AWS::SNS::Topic",
            "Mappedy AWS::SNS::Topic"
        ]
    );
    assert_eq!(property(&linked.graph, "Mappedy", "TopicName"), "\"y\"");
    assert_eq!(property(&linked.graph, "Mappedy", "DisplayName"), "\"x,y\"");
    assert_eq!(world.said("t.yaml"), [""; 0]);
}

#[test]
fn snippets_beside_the_template_are_included() {
    let world = world(&[
        (
            "t.yaml",
            "Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/resources.yaml}}
  A:
    Type: AWS::S3::Bucket
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: ./parts/encryption.json}}
      Tags: !Transform {Name: AWS::Include, Parameters: {Location: parts/tags.yaml}}
",
        ),
        ("parts/resources.yaml", "B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${A}-logs'}}\n"),
        ("parts/encryption.json", r#"{"VersioningConfiguration": {"Status": "Enabled"}}"#),
        ("parts/tags.yaml", "- {Key: a, Value: !Ref AWS::Region}\n"),
    ]);
    let linked = world.linked("t.yaml");
    assert_eq!(resources(&linked.graph), ["A AWS::S3::Bucket", "B AWS::S3::Bucket"]);
    assert_eq!(property(&linked.graph, "A", "VersioningConfiguration.Status"), "\"Enabled\"");
    assert_eq!(world.said("t.yaml"), [""; 0]);
}

#[test]
fn what_can_not_be_known_is_said_once() {
    let said = |text: &str| world(&[("t.yaml", text)]).said("t.yaml");
    // a module's resources are named after it
    assert_eq!(
        said(
            "Resources:\n  M: {Type: My::Org::Bucket::MODULE}\n  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref MBucket}}\n"
        ),
        [""; 0]
    );
    // a macro's own properties are not judged
    assert_eq!(
        said("Transform: Mine\nResources:\n  T: {Type: AWS::SNS::Topic, Properties: {Whatever: 1}}\n"),
        ["macro: what the macro `Mine` makes of this template is not known"]
    );
    // a reference to a resource that is never made
    assert_eq!(
        said(
            "Conditions: {Never: !Equals [a, b]}
Resources:
  Q: {Type: AWS::SQS::Queue, Condition: Never}
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !GetAtt Q.QueueName, DisplayName: !If [Never, !Ref Q, x]}}
Outputs: {O: {Condition: Never, Value: !Ref Q}}
"
        ),
        ["missing-resource: `QueueName` is asked of a resource that does not exist here"]
    );
}

/// A value that is one of hundreds is unknown, and says why; all else is as without it.
#[test]
fn an_image_of_many_versions_and_regions_costs_only_itself() {
    let versions: Vec<String> = (0..18).map(|v| format!("v{v}")).collect();
    let mut text = format!(
        "Parameters: {{Version: {{Type: String, AllowedValues: [{}]}}}}\nMappings:\n  Versions:\n",
        versions.join(", ")
    );
    for version in &versions {
        text.push_str(&format!("    {version}: {{Map: Of{version}}}\n"));
    }
    for version in &versions {
        text.push_str(&format!("  Of{version}:\n"));
        (0..29).for_each(|r| text.push_str(&format!("    r-{r}: {{Image: ami-{version}{r}}}\n")));
    }
    text.push_str(
        "Resources:
  I:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: !FindInMap [!FindInMap [Versions, !Ref Version, Map], !Ref AWS::Region, Image]
      MetadataOptions: {HttpTokens: optional}
",
    );
    let world = world(&[("t.yaml", &text)]).policies(&["ec2-imdsv1"]);
    assert_eq!(world.said("t.yaml"), [""; 0]);
    assert_eq!(world.findings(&["t.yaml"]), ["ec2-imdsv1 I"]);
    let image = property(&world.linked("t.yaml").graph, "I", "ImageId");
    assert!(image.contains("more than 128 alternatives"), "{image}");
}

#[test]
fn what_stands_behind_the_first_document_is_told() {
    let bucket = "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}\n";
    let several = format!("{bucket}---\n{bucket}...\n---\n{bucket}");
    let world = world(&[("one.yaml", &format!("---\n{bucket}...\n")), ("several.yaml", &several)])
        .policies(&["s3-public-acl"]);
    assert_eq!(world.said("one.yaml"), [""; 0]);
    assert_eq!(
        world.said("several.yaml"),
        ["several-documents: a template is one YAML document: this one and what follows it are not read"]
    );
    assert_eq!(world.findings(&["several.yaml"]), ["s3-public-acl A"]);
}

#[test]
fn a_nested_stack_named_alone_is_read_as_its_parent_calls_it() {
    let child = "Parameters: {Acl: {Type: String, Default: PublicRead}}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {AccessControl: !Ref Acl}}
  Open: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
";
    let parent = "Resources:
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested/child.yaml, Parameters: {Acl: Private}}}
  Own: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
";
    let files = [("main.yaml", parent), ("nested/child.yaml", child), ("nested/other.yaml", child)];
    let world = world(&files).policies(&["s3-public-acl"]);
    assert_eq!(world.findings(&["nested/child.yaml"]), ["s3-public-acl One.Open"]);
    // the call is a related place of what is in the nested stack
    assert_eq!(world.findings(&["main.yaml"]), ["s3-public-acl Own", "s3-public-acl One.Open"]);
    assert_eq!(world.findings(&["nested/other.yaml"]), ["s3-public-acl B", "s3-public-acl Open"]);
    let mut all = world.findings(&["."]);
    all.sort_unstable();
    assert_eq!(all, ["s3-public-acl B", "s3-public-acl One.Open", "s3-public-acl Open", "s3-public-acl Own"]);
}

#[test]
fn errors_of_use_are_told_once_and_with_a_guess() {
    let text = "Resources:
  A:
    Type: AWS::SQS::Queue
    Properties: {DelaySecond: 3, SqsManagedSseEnabled: maybe, VisibilityTimeout: 'x', Tags: {a: b}}
  B: {Type: AWS::Lambda::Permission, Properties: {Action: !Ref Nam}}
  C: {Type: AWS::SQS::Queue, Properties: {SqsManagedSseEnabled: 'true', VisibilityTimeout: '30', QueueName: 17}}
  Name: {Type: AWS::SNS::Topic}
";
    let mut said = world(&[("t.yaml", text)]).said("t.yaml");
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "missing-property: `AWS::Lambda::Permission` needs `FunctionName`",
            "missing-property: `AWS::Lambda::Permission` needs `Principal`",
            "undeclared-reference: `Nam` is neither a parameter nor a resource of this template",
            "unknown-property: `AWS::SQS::Queue` has no property `DelaySecond`",
            "wrong-type: `SqsManagedSseEnabled` of `AWS::SQS::Queue` wants true or false",
            "wrong-type: `Tags` of `AWS::SQS::Queue` wants a list",
            "wrong-type: `VisibilityTimeout` of `AWS::SQS::Queue` wants a number",
        ]
    );
}

#[test]
fn rules_say_what_a_parameter_can_be() {
    let template = |rule: &str| {
        format!(
            "Parameters: {{Env: {{Type: String}}}}
{rule}
Conditions: {{IsProd: !Equals [!Ref Env, prod], IsDev: !Equals [!Ref Env, dev]}}
Resources:
  B: {{Type: AWS::S3::Bucket, Properties: {{AccessControl: !If [IsProd, Private, !If [IsDev, Private, PublicRead]]}}}}
"
        )
    };
    let findings = |rule: &str| {
        let text = template(rule);
        world(&[("t.yaml", &text)]).policies(&["s3-public-acl"]).findings(&["."]).len()
    };
    assert_eq!(findings(""), 1);
    let assertion = "Assertions: [{Assert: {'Fn::Contains': [[prod, dev], !Ref Env]}}]";
    assert_eq!(findings(&format!("Rules: {{R: {{{assertion}}}}}")), 0);
    // under a condition it says nothing of the parameter alone
    let condition = "RuleCondition: {'Fn::Equals': [!Ref AWS::Region, eu-west-1]}";
    assert_eq!(findings(&format!("Rules: {{R: {{{condition}, {assertion}}}}}")), 1);
}

/// What is left out in a branch is reported where it is set in the other.
#[test]
fn what_a_branch_leaves_out_has_the_place_of_the_other() {
    let text = "Parameters: {K: {Type: String}}
Conditions: {HasKey: !Equals [!Ref K, '1']}
Resources:
  V:
    Type: AWS::EC2::Volume
    Properties:
      AvailabilityZone: a
      Encrypted: !If [HasKey, true, !Ref AWS::NoValue]
  I:
    Type: AWS::EC2::Instance
    Properties:
      BlockDeviceMappings:
      - DeviceName: a
        Ebs:
          VolumeSize: 3
          Encrypted: !If [HasKey, true, !Ref AWS::NoValue]
";
    let terraform = "variable \"k\" {
  type = bool
}
resource \"aws_ebs_volume\" \"v\" {
  availability_zone = \"a\"
  encrypted         = var.k ? true : null
}
";
    let world = world(&[("t.yaml", text), ("main.tf", terraform)]).policies(&["ebs-unencrypted"]);
    let outcome = world.check(&["."]);
    let lines: Vec<_> =
        outcome.findings.iter().map(|f| (f.location.path.as_str(), f.location.start.line)).collect();
    assert_eq!(lines, [("main.tf", 6), ("t.yaml", 8), ("t.yaml", 16)]);
}

#[test]
fn rules_under_a_condition_rule_out_what_they_refuse() {
    let template = |rules: &str| {
        format!(
            "Parameters:
  Env: {{Type: String, AllowedValues: [dev, test, prod]}}
  Open: {{Type: String, AllowedValues: ['yes', 'no'], Default: 'no'}}
  Size: {{Type: String, Default: small}}
Rules:
{rules}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Equals [!Ref Env, dev]
  IsOpen: !Equals [!Ref Open, 'yes']
Resources:
  B: {{Type: AWS::S3::Bucket, Properties: {{AccessControl: !If [IsOpen, PublicRead, Private]}}}}
  Prod: {{Type: AWS::S3::Bucket, Condition: IsProd, Properties: {{AccessControl: !If [IsOpen, PublicRead, Private]}}}}
"
        )
    };
    let findings = |rules: &str| {
        let text = template(rules);
        world(&[("t.yaml", &text)]).policies(&["s3-public-acl"]).findings(&["."])
    };
    assert_eq!(
        findings("  {}"),
        ["s3-public-acl B: `IsOpen` is true", "s3-public-acl Prod: `IsProd` is true and `IsOpen` is true"]
    );
    // what is only for some environments
    let not_in_prod = "  R:
    RuleCondition: {'Fn::Equals': [!Ref Env, prod]}
    Assertions: [{Assert: {'Fn::Equals': [!Ref Open, 'no']}}]";
    let left = findings(not_in_prod);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with("s3-public-acl B: "), "{left:?}");
    let only_prod = "  R:
    RuleCondition: !Not [{'Fn::Equals': [!Ref Env, prod]}]
    Assertions: [{Assert: {'Fn::EachMemberIn': [[!Ref Open], ['no', never]]}}]";
    let left = findings(only_prod);
    assert_eq!(left[1], "s3-public-acl Prod: `IsOpen` is true");
    // never open at all
    let never = "  R: {Assertions: [{Assert: !Not [{'Fn::Contains': [['yes', maybe], !Ref Open]}]}]}";
    assert_eq!(findings(never), [""; 0]);
    // the default of a parameter that feeds no condition is no reason to rule anything out
    let sizes = "  R:
    RuleCondition: {'Fn::Equals': [!Ref Env, prod]}
    Assertions: [{Assert: {'Fn::Contains': [[large], !Ref Size]}}]";
    assert_eq!(findings(sizes).len(), 2);
}

#[test]
fn whole_bodies_and_members_are_chosen() {
    let linked = world(&[(
        "t.yaml",
        "Parameters: {Env: {Type: String}}
Conditions: {Prod: !Equals [!Ref Env, prod], Dev: !Equals [!Ref Env, dev]}
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties: !If [Prod, {BucketName: p, AccessControl: Private}, {AccessControl: PublicRead}]
  B: {Type: AWS::S3::Bucket, Properties: !If [Prod, !If [Dev, {BucketName: never}, {BucketName: p}], !Ref AWS::NoValue]}
  C: {Type: AWS::SQS::Queue, Properties: !Ref AWS::NoValue}
  D:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !If [Prod, !Ref AWS::NoValue, d]
      Tags: [{Key: a, Value: b}, !If [Prod, {Key: c, Value: !If [Dev, x, y]}, !Ref AWS::NoValue]]
  E:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: []}
      Policies: !If [Prod, [{PolicyName: x, PolicyDocument: {Statement: []}}], !Ref AWS::NoValue]
",
    )])
    .linked("t.yaml");
    assert!(linked.diagnostics.is_empty(), "{:?}", linked.diagnostics);
    let of = |address: &str, path: &str| property(&linked.graph, address, path);
    assert!(of("A", "AccessControl").contains("Private") && of("A", "AccessControl").contains("PublicRead"));
    assert!(of("A", "BucketName").contains("\"p\""), "{}", of("A", "BucketName"));
    assert!(!of("B", "BucketName").contains("never"), "{}", of("B", "BucketName"));
    assert_eq!(of("C", "QueueName"), "-");
    let tags = of("D", "Tags");
    assert!(tags.contains("Value = \"b\"}, [#3]"), "{tags}");
    assert!(of("E", "Policies").contains("\"x\""), "{}", of("E", "Policies"));
}

#[test]
fn secrets_that_are_kept_elsewhere_are_no_findings() {
    let findings = |value: &str, parameters: &str| {
        let text = format!(
            "Parameters: {{{parameters}}}
Resources:
  D: {{Type: AWS::RDS::DBCluster, Properties: {{Engine: mysql, MasterUsername: u, MasterUserPassword: {value}}}}}
"
        );
        let world = world(&[("t.yaml", &text)]).policies(&["rds-plaintext-password"]);
        assert_eq!(world.said("t.yaml"), [""; 0]);
        world.findings(&["."]).len()
    };
    assert_eq!(findings("'hunter2hunter2'", ""), 1);
    assert_eq!(findings("'{{resolve:secretsmanager:db:SecretString:password}}'", ""), 0);
    assert_eq!(
        findings("!Sub '{{resolve:secretsmanager:${AWS::StackName}-db:SecretString:password}}'", ""),
        0
    );
    assert_eq!(findings("'{{resolve:ssm-secure:db-password:1}}'", ""), 0);
    // a plain parameter of Systems Manager is readable by whoever may read parameters, and in the stack's history
    assert_eq!(findings("'{{resolve:ssm:db-password:1}}'", ""), 1);
    assert_eq!(findings("!Ref P", "P: {Type: String, NoEcho: true}"), 0);
    assert_eq!(findings("!Ref P", "P: {Type: String, NoEcho: true, Default: hunter2hunter2}"), 1);
    // what it holds is shown with the stack's parameters, unless it is not to be echoed; the default is only its name
    let ssm = "P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /db/password";
    assert_eq!(findings("!Ref P", &format!("{ssm}}}")), 1);
    assert_eq!(findings("!Ref P", &format!("{ssm}, NoEcho: true}}")), 0);
}

#[test]
fn a_list_parameter_is_given_as_text_that_is_known_in_part() {
    let parent = "Parameters: {Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}}
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: child.yaml
      Parameters:
        All: !Join [',', !Ref Subnets]
        Some: !Join [',', [subnet-1, !Ref AWS::Region]]
  Own:
    Type: AWS::CloudFormation::CustomResource
    Properties: {ServiceToken: arn, Whatever: 1}
";
    let child = "Parameters:
  All: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Some: {Type: CommaDelimitedList}
Resources:
  B: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead, BucketName: !Select [0, !Ref Some]}}
  G: {Type: AWS::RDS::DBSubnetGroup, Properties: {DBSubnetGroupDescription: d, SubnetIds: !Ref All}}
";
    let world = world(&[("main.yaml", parent), ("child.yaml", child)]).policies(&["s3-public-acl"]);
    assert_eq!(world.said("main.yaml"), [""; 0]);
    assert_eq!(world.findings(&["main.yaml"]), ["s3-public-acl Child.B"]);
    assert_eq!(property(&world.linked("main.yaml").graph, "Child.B", "BucketName"), "\"subnet-1\"");
}

#[test]
fn parameters_that_a_template_would_refuse_are_told() {
    let text = "Parameters: {Env: {Type: String, AllowedValues: [dev, prod]}, Size: {Type: Number, AllowedValues: [1, 2]}}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Env, VisibilityTimeout: !Ref Size}}}
";
    let said = |given: &[&str]| -> Vec<String> {
        let outcome = world(&[("t.yaml", text)]).parameters(given).check(&["."]);
        outcome.diagnostics.iter().map(|d| d.message.clone()).collect()
    };
    assert_eq!(said(&["Env=prod", "Size=2", "AWS::Region=eu-west-1"]), [""; 0]);
    let mut told = said(&["Env=test", "Nope=1"]);
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "`test` is none of the values that the parameter `Env` allows",
            "no template that is checked here has the parameter `Nope`",
        ]
    );
}

#[test]
fn ingress_rules_that_name_their_group_belong_to_it() {
    let text = "Resources:
  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
  R: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupName: !Ref G, IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: 10.0.0.0/8}}
  D: {Type: AWS::RDS::DBSecurityGroup, Properties: {GroupDescription: d, DBSecurityGroupIngress: [{CIDRIP: 10.0.0.0/8}]}}
  I: {Type: AWS::RDS::DBSecurityGroupIngress, Properties: {DBSecurityGroupName: !Ref D, CIDRIP: 0.0.0.0/0}}
";
    let linked = world(&[("t.yaml", text)]).linked("t.yaml");
    let shown = property(&linked.graph, "G", "SecurityGroupIngress");
    assert!(shown.contains("10.0.0.0/8"), "{shown}");
    let shown = property(&linked.graph, "D", "DBSecurityGroupIngress");
    assert!(shown.contains("10.0.0.0/8") && shown.contains("0.0.0.0/0"), "{shown}");
}

#[test]
fn an_attribute_that_is_a_property_is_that_property() {
    let linked = world(&[(
        "t.yaml",
        "Parameters: {E: {Type: String}}
Conditions: {Own: !Equals [!Ref E, own]}
Resources:
  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.18/16}}
  D:
    Type: AWS::RDS::DBInstance
    Properties: {DBInstanceClass: db.t3.micro, DBInstanceIdentifier: Orders, Port: !If [Own, 5433, !Ref AWS::NoValue]}
  C: {Type: Custom::Net, Properties: {ServiceToken: t, CidrBlock: 10.0.0.0/8}}
  G:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: d
      VpcId: !Ref V
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: !GetAtt D.Endpoint.Port, ToPort: 1, CidrIp: !GetAtt V.CidrBlock}
        - {IpProtocol: tcp, FromPort: 1, ToPort: 1, CidrIp: !GetAtt C.CidrBlock}
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub '${D.DBInstanceIdentifier}-topic', DisplayName: !GetAtt G.VpcId}}
",
    )])
    .linked("t.yaml");
    let of = |address: &str, path: &str| property(&linked.graph, address, path);
    assert_eq!(of("T", "TopicName"), "\"orders-topic\"");
    assert_eq!(of("T", "DisplayName"), "V.Ref");
    let ingress = of("G", "SecurityGroupIngress");
    assert!(ingress.contains("CidrIp = \"10.0.0.0/16\"") && ingress.contains("5433"), "{ingress}");
    assert!(ingress.contains("D.Endpoint.Port"), "the engine's port where nobody sets one: {ingress}");
    assert!(ingress.contains("CidrIp = C.CidrBlock"), "a custom resource answers what it likes: {ingress}");
    // folded, and still a reference
    let edges: Vec<_> = linked.graph.edges.edge_weights().map(|e| e.property.to_string()).collect();
    assert!(edges.iter().filter(|e| *e == "SecurityGroupIngress.CidrIp").count() >= 2, "{edges:?}");
}

#[test]
fn a_lookup_by_region_is_one_of_the_entries_for_regions() {
    let template = "Mappings:
  M:
    us-east-1: {Encrypted: true, Open: 10.0.0.0/8, Az: a}
    eu-west-1: {Encrypted: true, Open: 0.0.0.0/0, Az: b}
    Default: {Encrypted: false, Open: 0.0.0.0/0, Az: c}
Resources:
  V:
    Type: AWS::EC2::Volume
    Properties: {AvailabilityZone: !FindInMap [M, !Ref AWS::Region, Az], Size: 1, Encrypted: !FindInMap [M, !Ref AWS::Region, Encrypted]}
  G:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: d
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !FindInMap [M, !Ref AWS::Region, Open]}]
";
    let world = world(&[("t.yaml", template)]).policies(&["ebs-unencrypted", "ec2-open-ssh"]);
    let outcome = world.check(&["t.yaml"]);
    assert_eq!(world.findings(&["t.yaml"]), ["ec2-open-ssh G: `AWS::Region` is \"eu-west-1\""]);
    // every region that is deployed to is decided
    assert_eq!((outcome.summary.pass, outcome.summary.unknown), (1, 0), "{:?}", outcome.summary);
    let linked = world.linked("t.yaml");
    let mut out = Vec::new();
    masugata::report::graph_json(&[&linked.graph], &linked.graph.store.sources, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let of = |at: usize, name: &str| json["resources"][at]["properties"][name].to_string();
    assert_eq!(of(0, "Encrypted"), "true");
    assert_eq!(
        of(0, "AvailabilityZone"),
        r#"{"$choice":[{"when":"`AWS::Region` is \"us-east-1\"","value":"a"},{"when":"`AWS::Region` is \"eu-west-1\"","value":"b"}]}"#
    );
    // a condition says what it depends on, though nothing is deployed elsewhere
    let condition = "Mappings: {M: {us-east-1: {Primary: 'yes'}}}
Conditions: {C: !Equals [!FindInMap [M, !Ref AWS::Region, Primary], 'yes']}
Resources:
  Z: {Type: AWS::EC2::Subnet, Condition: C, Properties: {VpcId: v, AvailabilityZone: !Select ['0', !GetAZs '']}}
  Y: {Type: AWS::EC2::Subnet, Properties: {VpcId: v, AvailabilityZone: !Select [0, !GetAZs {Ref: AWS::Region}]}}
";
    let linked = super::support::world(&[("t.yaml", condition)]).linked("t.yaml");
    assert_eq!(resources(&linked.graph), ["Z AWS::EC2::Subnet when `C` is true", "Y AWS::EC2::Subnet"]);
    let zone = |of: &str| property(&linked.graph, of, "AvailabilityZone");
    assert_eq!((zone("Z"), zone("Y")), (zone("Y"), "Fn::GetAZs(AWS::Region)[0]".to_owned()));
    // names that nobody knows may all be meant
    let never = template.replace("us-east-1:", "one:").replace("eu-west-1:", "two:");
    let world = super::support::world(&[("t.yaml", &never)]).policies(&["ebs-unencrypted"]);
    assert_eq!(world.findings(&["t.yaml"]), ["ebs-unencrypted V: `AWS::Region` is \"Default\""]);
}

#[test]
fn the_language_extensions_want_their_transform() {
    let template = "Mappings: {M: {a: {b: c}}}
Resources:
  Fn::ForEach::T: [N, [A, B], {'T${N}': {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref N}}}]
  Q:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: !Length [1, 2], QueueName: !FindInMap [M, x, y, {DefaultValue: z}]}
";
    let without = world(&[("t.yaml", template)]);
    let refused = |what: &str| {
        format!(
            "missing-transform: CloudFormation refuses {what} in a template without the language extensions"
        )
    };
    assert_eq!(
        without.said("t.yaml"),
        [refused("`Fn::ForEach`"), refused("`Fn::Length`"), refused("`DefaultValue` in `Fn::FindInMap`")]
    );
    // what it means is plain
    let linked = without.linked("t.yaml");
    assert_eq!(resources(&linked.graph), ["TA AWS::SNS::Topic", "TB AWS::SNS::Topic", "Q AWS::SQS::Queue"]);
    assert_eq!(property(&linked.graph, "Q", "QueueName"), "\"z\"");
    let with = format!("Transform: [AWS::LanguageExtensions]\n{template}");
    assert_eq!(world(&[("t.yaml", &with)]).said("t.yaml"), [""; 0]);
    // a macro of one's own may make anything
    let with = format!("Transform: [Mine]\n{template}");
    assert_eq!(world(&[("t.yaml", &with)]).said("t.yaml").len(), 1);
}

#[test]
fn what_a_parameter_can_be_is_split() {
    let linked = world(&[(
        "t.yaml",
        "Parameters: {Nets: {Type: String, AllowedValues: ['10.0.0.0/8|192.168.0.0/16', '0.0.0.0/0|::/0']}}
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Select [0, !Split ['|', !Ref Nets]]}}
",
    )])
    .linked("t.yaml");
    let name = property(&linked.graph, "T", "TopicName");
    assert!(name.contains("\"10.0.0.0/8\"") && name.contains("\"0.0.0.0/0\""), "{name}");
}

#[test]
fn an_empty_list_parameter_has_one_empty_member() {
    // cfn-lint and AWS's validator split the text as well; templates rely on it
    let template = "Parameters: {L: {Type: CommaDelimitedList, Default: ''}}
Conditions: {Has: !Not [!Equals [!Select [0, !Ref L], '']]}
Resources:
  T: {Type: AWS::SNS::Topic, Condition: Has}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join [',', !Ref L]}}
";
    let shown = |given: &[&str]| {
        let linked = world(&[("t.yaml", template)]).parameters(given).linked("t.yaml");
        assert_eq!(linked.diagnostics, []);
        resources(&linked.graph)
    };
    assert_eq!(shown(&["L="]), ["Q AWS::SQS::Queue"]);
    assert_eq!(shown(&["L=a,b"]), ["T AWS::SNS::Topic", "Q AWS::SQS::Queue"]);
}

#[test]
fn serverless_resources_want_their_transform() {
    let template = "Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b, InlineCode: pass}}
";
    let world = world(&[("t.yaml", template)]);
    assert_eq!(
        world.said("t.yaml"),
        [
            "missing-transform: CloudFormation refuses `AWS::Serverless::Function` in a template without the serverless transform"
        ]
    );
    assert_eq!(resources(&world.linked("t.yaml").graph), ["F AWS::Lambda::Function", "FRole AWS::IAM::Role"]);
}
