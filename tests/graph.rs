//! From source text to the graph and to what AWS makes of it: references, companions, networks and policies, in both
//! languages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

#[path = "common/loader.rs"]
mod common;

use std::path::Path;
use std::sync::Arc;

use masugata::aws::network::{Direction, acl_exposes, exposes, open_to_world, rules};
use masugata::aws::scope::in_scope;
use masugata::aws::{iam, secrets};
use masugata::eval::{Evaluation, Guard, Inputs, Store, Truth, Value, evaluate, evaluate_with};
use masugata::graph::{Graph, link};
use masugata::model::{Presence, ResourceId, lower};
use masugata::{cloudformation, terraform};

use common::loader;

fn linked(evaluation: &Evaluation) -> Graph {
    let store = Arc::clone(&evaluation.store);
    let lowered = evaluation
        .instances
        .iter()
        .enumerate()
        .map(|(index, instance)| lower::resource(&store, instance, ResourceId(index as u32)))
        .collect();
    link(store, lowered, &[])
}

fn modules(files: &[(&str, &str)]) -> Graph {
    let loader = loader(files);
    let program = terraform::Modules::new().program(&loader, Path::new("/p"));
    let (inputs, _) =
        terraform::inputs(&loader, Path::new("/p"), program.module(program.root).expect("a root"), &[], &[]);
    let inputs = Inputs { values: inputs };
    let evaluation = evaluate_with(&program, &inputs, Arc::clone(loader.sources()), Some(&loader), &[]).0;
    linked(&evaluation)
}

fn hcl(text: &str) -> Graph {
    modules(&[("main.tf", text)])
}

fn template(text: &str) -> Graph {
    templates(&[("t.yaml", text)])
}

fn templates(files: &[(&str, &str)]) -> Graph {
    let loader = loader(files);
    let file = loader.load(Path::new(files[0].0)).expect("a file");
    let program = cloudformation::open(&loader, &file).expect("a template");
    linked(&evaluate(&program, &Inputs::default(), Arc::clone(loader.sources())))
}

fn id(graph: &Graph, address: &str) -> ResourceId {
    let found = graph.resources.iter().find(|r| r.address == address && r.presence == Presence::Written);
    found.unwrap_or_else(|| panic!("no {address} among {:?}", addresses(graph))).id
}

fn addresses(graph: &Graph) -> Vec<&str> {
    graph.resources.iter().map(|r| r.address.as_str()).collect()
}

/// `from --property--> to`, with the condition.
fn edges(graph: &Graph) -> Vec<String> {
    let address = |id: ResourceId| graph.resource(id).expect("a resource").address.clone();
    graph
        .edges
        .edge_indices()
        .map(|edge| {
            let (from, to) = graph.edges.edge_endpoints(edge).expect("ends");
            let weight = &graph.edges[edge];
            let when = match weight.guard {
                Guard::TRUE => String::new(),
                guard => format!(" when {}", graph.store.describe(guard)),
            };
            format!(
                "{} --{}--> {}{when}",
                address(graph.edges[from]),
                weight.property,
                address(graph.edges[to])
            )
        })
        .collect()
}

fn property<'g>(graph: &'g Graph, address: &str, path: &str) -> Option<&'g Value> {
    let mut value = &graph.resource(id(graph, address))?.properties;
    for step in path.split('.') {
        value = &value.as_map()?.get(step)?.value;
    }
    Some(value)
}

fn text(store: &Store, value: Option<&Value>) -> String {
    value.and_then(|value| store.json_text(value)).unwrap_or_else(|| format!("{value:?}"))
}

/// The line (from 1) on which a value is written.
fn line(graph: &Graph, value: &Value) -> u32 {
    let span = graph.store.literal(value.origin).expect("a place");
    graph.store.sources.get(span.file).expect("a file").position(span.start).line
}

#[test]
fn references_cross_modules_and_instances() {
    let graph = modules(&[
        (
            "main.tf",
            "module \"keys\" {\n  source = \"./keys\"\n}\nresource \"aws_sqs_queue\" \"q\" {\n  count             = 2\n  kms_master_key_id = module.keys.arn\n}\nresource \"aws_sns_topic\" \"t\" {\n  for_each          = toset([\"a\"])\n  kms_master_key_id = aws_sqs_queue.q[1].arn\n}\n",
        ),
        (
            "keys/main.tf",
            "resource \"aws_kms_key\" \"k\" {}\noutput \"arn\" {\n  value = aws_kms_key.k.arn\n}\n",
        ),
    ]);
    assert_eq!(
        edges(&graph),
        [
            "aws_sqs_queue.q[0] --KmsMasterKeyId--> module.keys.aws_kms_key.k",
            "aws_sqs_queue.q[1] --KmsMasterKeyId--> module.keys.aws_kms_key.k",
            "aws_sns_topic.t[\"a\"] --KmsMasterKeyId--> aws_sqs_queue.q[1]",
        ]
    );
    let queues = graph.referrers(
        id(&graph, "module.keys.aws_kms_key.k"),
        &["AWS::SQS::Queue"],
        Some("KmsMasterKeyId"),
    );
    assert_eq!(queues.members.len(), 2);
}

#[test]
fn references_cross_nested_stacks() {
    let graph = templates(&[
        (
            "t.yaml",
            "Resources:\n  Keys:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: keys.yaml\n  Queue:\n    Type: AWS::SQS::Queue\n    DependsOn: Keys\n    Properties:\n      KmsMasterKeyId: !GetAtt Keys.Outputs.Key\n",
        ),
        (
            "keys.yaml",
            "Resources:\n  Key:\n    Type: AWS::KMS::Key\nOutputs:\n  Key:\n    Value: !GetAtt Key.Arn\n",
        ),
    ]);
    let all = edges(&graph);
    assert!(all.contains(&"Queue --KmsMasterKeyId--> Keys.Key".to_owned()), "{all:?}");
}

#[test]
fn companions_meet_their_owner_instance_by_instance() {
    let graph = hcl(
        "variable \"on\" { type = bool }\nresource \"aws_s3_bucket\" \"b\" {\n  count = 2\n}\nresource \"aws_s3_bucket_versioning\" \"v\" {\n  count  = var.on ? 2 : 0\n  bucket = aws_s3_bucket.b[count.index].id\n  versioning_configuration {\n    status = count.index == 0 ? \"Enabled\" : \"Suspended\"\n  }\n}\n",
    );
    for (address, wanted) in [("aws_s3_bucket.b[0]", "Enabled"), ("aws_s3_bucket.b[1]", "Suspended")] {
        let value = property(&graph, address, "VersioningConfiguration").expect("contributed");
        let arms = graph.store.arms(value);
        let there: Vec<String> = arms
            .iter()
            .map(|(guard, value)| {
                format!("{} {}", graph.store.describe(*guard), text(&graph.store, Some(value)))
            })
            .collect();
        assert_eq!(
            there.first().map(String::as_str),
            Some(&*format!("`var.on` is true {{\"Status\":\"{wanted}\"}}"))
        );
        assert!(arms.get(1).is_some_and(|(_, value)| value.is_unset()), "{there:?}");
    }
}

#[test]
fn a_companion_of_a_summary_instance_meets_the_summary() {
    let graph = hcl(
        "variable \"names\" { type = set(string) }\nresource \"aws_s3_bucket\" \"b\" {\n  for_each = var.names\n  bucket   = each.value\n}\nresource \"aws_s3_bucket_versioning\" \"v\" {\n  for_each = var.names\n  bucket   = aws_s3_bucket.b[each.value].id\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n",
    );
    assert_eq!(graph.of_type("AWS::S3::Bucket").len(), 1, "no owner is assumed: {:?}", addresses(&graph));
    let value = property(&graph, "aws_s3_bucket.b[*]", "VersioningConfiguration").expect("contributed");
    assert!(graph.store.arms(value).iter().any(|(_, v)| text(&graph.store, Some(v)).contains("Enabled")));
}

#[test]
fn companions_by_name_and_of_owners_elsewhere() {
    let graph = hcl(
        "variable \"name\" {}\nresource \"aws_s3_bucket\" \"a\" {\n  bucket = \"my-logs\"\n}\nresource \"aws_s3_bucket_acl\" \"a\" {\n  bucket = \"my-logs\"\n  acl    = \"public-read\"\n}\nresource \"aws_s3_bucket_acl\" \"b\" {\n  bucket = var.name\n  acl    = \"private\"\n}\n",
    );
    let acl = property(&graph, "aws_s3_bucket.a", "AccessControl").expect("contributed");
    assert_eq!(acl.as_str().map(|s| s.as_str()), Some("PublicRead"));
    assert_eq!(line(&graph, acl), 7, "the place is the companion's");
    let assumed: Vec<_> = graph.resources.iter().filter(|r| r.presence == Presence::Assumed).collect();
    assert_eq!(assumed.len(), 1);
    assert_eq!(assumed[0].name, "var.name");
}

#[test]
fn conditions_of_templates_guard_contributions() {
    let graph = template(
        "Parameters:\n  Env:\n    Type: String\n    AllowedValues: [dev, prod]\nConditions:\n  IsProd: !Equals [!Ref Env, prod]\nResources:\n  Logs:\n    Type: AWS::S3::Bucket\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Condition: IsProd\n    Properties:\n      Bucket: !Ref Logs\n      PolicyDocument:\n        Statement:\n          - Effect: Allow\n            Principal: '*'\n            Action: s3:GetObject\n            Resource: !Sub '${Logs.Arn}/*'\n",
    );
    let policies = property(&graph, "Logs", "BucketPolicies").and_then(Value::as_list).expect("contributed");
    assert_eq!(policies.members.len(), 1);
    let when = policies.members[0].guard;
    assert_eq!(graph.store.describe(when), "`IsProd` is true");
    let hits = iam::public_statements(&graph.store, &policies.members[0].value);
    assert_eq!(iam::any(&graph.store, &hits), Truth::YES);
    assert_eq!(line(&graph, &hits[0].value), 17);
}

/// Which rules of a group expose SSH, with the line of each.
fn ssh(graph: &Graph, address: &str) -> Vec<(u32, Option<bool>)> {
    let resource = graph.resource(id(graph, address)).expect("a group");
    let list = rules(&graph.store, resource, Direction::Ingress);
    let members = &list.as_list().expect("a list").members;
    members
        .iter()
        .map(|m| {
            let cidr = ["CidrIp", "CidrIpv6"].iter().find_map(|key| {
                m.value.as_map().and_then(|map| map.get(key)).filter(|e| !e.value.is_unset())
            });
            let place = cidr.map_or(0, |entry| line(graph, &entry.value));
            (place, exposes(&graph.store, &m.value, &[22]).known())
        })
        .collect()
}

#[test]
fn rules_inline_and_separate_are_rules_of_the_group() {
    let graph = hcl(
        "resource \"aws_security_group\" \"g\" {\n  ingress {\n    protocol    = \"tcp\"\n    from_port   = 20\n    to_port     = 30\n    cidr_blocks = [\"10.0.0.0/8\", \"0.0.0.0/0\"]\n  }\n}\nresource \"aws_security_group_rule\" \"r\" {\n  security_group_id = aws_security_group.g.id\n  type              = \"ingress\"\n  protocol          = \"-1\"\n  from_port         = 0\n  to_port           = 0\n  ipv6_cidr_blocks  = [\"::/0\"]\n}\nresource \"aws_security_group_rule\" \"out\" {\n  security_group_id = aws_security_group.g.id\n  type              = \"egress\"\n  protocol          = \"-1\"\n  from_port         = 0\n  to_port           = 0\n  cidr_blocks       = [\"0.0.0.0/0\"]\n}\nresource \"aws_vpc_security_group_ingress_rule\" \"v\" {\n  security_group_id = aws_security_group.g.id\n  ip_protocol       = \"tcp\"\n  from_port         = 443\n  to_port           = 443\n  cidr_ipv4         = \"0.0.0.0/0\"\n}\n",
    );
    assert_eq!(
        ssh(&graph, "aws_security_group.g"),
        [(6, Some(false)), (6, Some(true)), (15, Some(true)), (30, Some(false))]
    );
    let group = graph.resource(id(&graph, "aws_security_group.g")).expect("a group");
    let out = rules(&graph.store, group, Direction::Egress);
    let out: Vec<_> = out
        .as_list()
        .expect("a list")
        .members
        .iter()
        .map(|m| open_to_world(&graph.store, &m.value))
        .collect();
    assert_eq!(out, [Truth::YES]);
}

#[test]
fn rules_of_templates() {
    let graph = template(
        "Resources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: x\n      SecurityGroupIngress:\n        - { IpProtocol: tcp, FromPort: '22', ToPort: 22, CidrIp: 0.0.0.0/0 }\n  Rule:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties:\n      GroupId: !GetAtt Group.GroupId\n      IpProtocol: 6\n      FromPort: 0\n      ToPort: 1024\n      CidrIpv6: ::/0\n",
    );
    assert_eq!(ssh(&graph, "Group"), [(7, Some(true)), (15, Some(true))]);
    assert_eq!(ssh(&graph, "Rule"), [(15, Some(true))]);
}

#[test]
fn entries_of_network_acls_inline_and_separate() {
    let graph = hcl(
        "resource \"aws_network_acl\" \"n\" {\n  vpc_id = \"vpc-1\"\n  ingress {\n    rule_no    = 100\n    protocol   = \"tcp\"\n    action     = \"allow\"\n    cidr_block = \"0.0.0.0/0\"\n    from_port  = 0\n    to_port    = 65535\n  }\n}\nresource \"aws_network_acl\" \"closed\" {\n  vpc_id = \"vpc-1\"\n}\nresource \"aws_network_acl_rule\" \"deny\" {\n  network_acl_id = aws_network_acl.closed.id\n  rule_number    = 10\n  protocol       = \"-1\"\n  rule_action    = \"deny\"\n  cidr_block     = \"0.0.0.0/0\"\n}\nresource \"aws_network_acl_rule\" \"allow\" {\n  network_acl_id = aws_network_acl.closed.id\n  rule_number    = 20\n  protocol       = \"-1\"\n  rule_action    = \"allow\"\n  cidr_block     = \"0.0.0.0/0\"\n}\n",
    );
    let exposed = |address: &str| {
        let acl = graph.resource(id(&graph, address)).expect("an ACL");
        let list = acl_exposes(&graph.store, acl, Direction::Ingress, &[22]);
        let list = list.as_list().expect("a list").clone();
        (list.members.len(), list.rest.is_some())
    };
    assert_eq!(exposed("aws_network_acl.n"), (1, false));
    assert_eq!(exposed("aws_network_acl.closed"), (0, false));
}

#[test]
fn policies_are_read_however_they_are_written() {
    let graph = hcl(r#"
variable "policy" { type = string }
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "data" {
  policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_policy" "text" {
  policy = <<EOT
{
  "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}
  ]
}
EOT
}
resource "aws_iam_policy" "some" {
  policy = <<EOT
{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "${aws_s3_bucket.b.arn}/*"}]}
EOT
}
resource "aws_iam_policy" "unknown" {
  policy = var.policy
}
resource "aws_s3_bucket" "b" {}
"#);
    let admin = |name: &str| {
        let document = property(&graph, name, "PolicyDocument").expect("a document");
        iam::any(&graph.store, &iam::admin_statements(&graph.store, document))
    };
    assert_eq!(admin("aws_iam_policy.data"), Truth::YES);
    assert_eq!(admin("aws_iam_policy.text"), Truth::YES);
    assert_eq!(admin("aws_iam_policy.some"), Truth::NO);
    assert_eq!(admin("aws_iam_policy.unknown"), Truth::UNKNOWN);
    let hits = iam::statements(
        &graph.store,
        property(&graph, "aws_iam_policy.text", "PolicyDocument").expect("one"),
    );
    assert_eq!(line(&graph, &hits[0].value), 16);
}

#[test]
fn secrets_in_environments() {
    let graph = hcl(
        "variable \"token\" {}\nresource \"aws_lambda_function\" \"f\" {\n  function_name = \"f\"\n  role = \"r\"\n  environment {\n    variables = {\n      DB_PASSWORD = \"hunter2hunter2\"\n      API_TOKEN   = var.token\n      LOG_LEVEL   = \"debug\"\n    }\n  }\n}\n",
    );
    let variables = property(&graph, "aws_lambda_function.f", "Environment.Variables").expect("variables");
    let (hits, rest) = secrets::plaintext_secrets(&graph.store, variables);
    assert_eq!(hits.iter().map(|hit| hit.key.as_str()).collect::<Vec<_>>(), ["DB_PASSWORD"]);
    assert!(rest.is_some(), "whether `var.token` is one is not known");
    assert_eq!(line(&graph, &hits[0].value), 7);
}

#[test]
fn what_may_be_referred_to_is_said() {
    let graph = template(
        "Parameters:\n  Arn: { Type: String }\nResources:\n  Api:\n    Type: AWS::ElasticLoadBalancingV2::LoadBalancer\n  Association:\n    Type: AWS::WAFv2::WebACLAssociation\n    Properties:\n      ResourceArn: !Ref Arn\n      WebACLArn: arn\n",
    );
    let found = graph.referrers(id(&graph, "Api"), &["AWS::WAFv2::WebACLAssociation"], Some("ResourceArn"));
    assert!(found.members.is_empty());
    assert!(found.open.is_some());
}

/// Addresses of what AWS makes unasked, with the condition under which it is there.
fn implied(graph: &Graph) -> Vec<String> {
    let all = graph.resources.iter().filter(|r| r.presence == Presence::Implied);
    all.map(|r| match r.exists {
        Guard::TRUE => r.address.to_string(),
        guard => format!("{} when {}", r.address, graph.store.describe(guard)),
    })
    .collect()
}

fn implied_id(graph: &Graph, address: &str) -> ResourceId {
    graph
        .resources
        .iter()
        .find(|r| r.address == address && r.presence == Presence::Implied)
        .expect(address)
        .id
}

#[test]
fn a_vpc_comes_with_a_group_an_acl_and_a_route_table() {
    let graph = hcl(
        "resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n}\nresource \"aws_subnet\" \"s\" {\n  vpc_id = aws_vpc.v.id\n}\n",
    );
    let names = ["default_security_group_id", "default_network_acl_id", "main_route_table_id"];
    assert_eq!(implied(&graph), names.map(|name| format!("aws_vpc.v.{name}")));
    let [group, acl, table] = names.map(|name| implied_id(&graph, &format!("aws_vpc.v.{name}")));
    let vpc = id(&graph, "aws_vpc.v");
    for (type_name, own) in [
        ("AWS::EC2::SecurityGroup", group),
        ("Masugata::EC2::DefaultNetworkAcl", acl),
        ("Masugata::EC2::DefaultRouteTable", table),
    ] {
        let found = graph.default_of(vpc, type_name);
        assert_eq!(found.members.iter().map(|m| m.id).collect::<Vec<_>>(), [own]);
        assert_eq!(found.open, None);
        assert!(graph.referrers(vpc, &[type_name], Some("VpcId")).members.iter().any(|m| m.id == own));
        assert!(!graph.is_shown(own), "nothing written asks for it");
    }
    let store = &graph.store;
    let resource = |id| graph.resource(id).expect("a resource");
    assert_eq!(rules(store, resource(group), Direction::Ingress).as_list().map(|l| l.members.len()), Some(1));
    let egress = rules(store, resource(group), Direction::Egress);
    assert_eq!(open_to_world(store, &egress.as_list().expect("rules").members[0].value), Truth::YES);
    let ingress = rules(store, resource(group), Direction::Ingress);
    assert_eq!(open_to_world(store, &ingress.as_list().expect("rules").members[0].value), Truth::NO);
    let local =
        &resource(table).properties.as_map().expect("properties").get("Routes").expect("routes").value;
    assert_eq!(text(store, Some(local)), r#"[{"DestinationCidrBlock":"10.0.0.0/16","GatewayId":"local"}]"#);
    // The subnet has nothing else.
    let subnet = id(&graph, "aws_subnet.s");
    for (type_name, own) in
        [("Masugata::EC2::DefaultNetworkAcl", acl), ("Masugata::EC2::DefaultRouteTable", table)]
    {
        let found = graph.referrers(subnet, &[type_name], Some("SubnetIds")).members;
        assert_eq!(found.iter().map(|m| m.id).collect::<Vec<_>>(), [own]);
    }
}

#[test]
fn what_is_taken_over_is_not_implied() {
    let graph = hcl(
        "resource \"aws_vpc\" \"v\" {}\nvariable \"own\" {\n  type = bool\n}\nresource \"aws_default_security_group\" \"g\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_default_network_acl\" \"a\" {\n  count                  = var.own ? 1 : 0\n  default_network_acl_id = aws_vpc.v.default_network_acl_id\n}\nresource \"aws_default_route_table\" \"t\" {\n  default_route_table_id = aws_vpc.v.default_route_table_id\n}\nresource \"aws_security_group_rule\" \"r\" {\n  type              = \"ingress\"\n  security_group_id = aws_vpc.v.default_security_group_id\n  protocol          = \"tcp\"\n  from_port         = 22\n  to_port           = 22\n  cidr_blocks       = [\"0.0.0.0/0\"]\n}\nresource \"aws_network_acl_rule\" \"n\" {\n  network_acl_id = aws_vpc.v.default_network_acl_id\n  rule_number    = 90\n  protocol       = \"tcp\"\n  rule_action    = \"deny\"\n}\n",
    );
    assert_eq!(implied(&graph), ["aws_vpc.v.default_network_acl_id when `var.own` is false"]);
    assert!(
        graph.resources.iter().all(|r| r.presence != Presence::Assumed),
        "who refers to the VPC's default group means the one that takes it over: {:?}",
        addresses(&graph)
    );
    let group = graph.resource(id(&graph, "aws_default_security_group.g")).expect("a group");
    assert_eq!(rules(&graph.store, group, Direction::Ingress).as_list().map(|l| l.members.len()), Some(1));
    // An entry is added to the ACL that is there.
    let acl = implied_id(&graph, "aws_vpc.v.default_network_acl_id");
    assert!(graph.is_shown(acl));
    let added = |id| {
        let all = graph.contributions_to(id);
        all.iter().map(|c| graph.store.describe(c.guard)).collect::<Vec<_>>()
    };
    assert_eq!(added(acl), ["`var.own` is false"]);
    assert_eq!(added(id(&graph, "aws_default_network_acl.a[0]")), ["`var.own` is true"]);
}

#[test]
fn subnets_have_what_they_are_associated_with_and_else_the_vpcs() {
    let graph = hcl(
        "resource \"aws_vpc\" \"v\" {}\nvariable \"apart\" {\n  type = bool\n}\nresource \"aws_subnet\" \"a\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_subnet\" \"b\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_network_acl\" \"n\" {\n  count      = var.apart ? 1 : 0\n  vpc_id     = aws_vpc.v.id\n  subnet_ids = [aws_subnet.a.id]\n}\nresource \"aws_route_table\" \"main\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_main_route_table_association\" \"m\" {\n  vpc_id         = aws_vpc.v.id\n  route_table_id = aws_route_table.main.id\n}\nresource \"aws_route_table\" \"b\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_route_table_association\" \"b\" {\n  subnet_id      = aws_subnet.b.id\n  route_table_id = aws_route_table.b.id\n}\n",
    );
    let of = |subnet: &str, types: &[&str]| {
        let members = graph.referrers(id(&graph, subnet), types, Some("SubnetIds")).members;
        let address = |id| graph.resource(id).expect("a resource").address.clone();
        members
            .into_iter()
            .map(|m| match m.guard {
                Guard::TRUE => address(m.id).to_string(),
                guard => format!("{} when {}", address(m.id), graph.store.describe(guard)),
            })
            .collect::<Vec<_>>()
    };
    let acls = ["AWS::EC2::NetworkAcl", "Masugata::EC2::DefaultNetworkAcl"];
    assert_eq!(
        of("aws_subnet.a", &acls),
        [
            "aws_network_acl.n[0] when `var.apart` is true",
            "aws_vpc.v.default_network_acl_id when `var.apart` is false"
        ]
    );
    assert_eq!(of("aws_subnet.b", &acls), ["aws_vpc.v.default_network_acl_id"]);
    let tables = ["AWS::EC2::RouteTable", "Masugata::EC2::DefaultRouteTable"];
    assert_eq!(of("aws_subnet.a", &tables), ["aws_route_table.main"]);
    assert_eq!(of("aws_subnet.b", &tables), ["aws_route_table.b"]);
}

#[test]
fn a_template_names_them_too() {
    let graph = template(
        "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: { CidrBlock: 10.0.0.0/16 }\n  Rule:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties:\n      GroupId: !GetAtt Vpc.DefaultSecurityGroup\n      IpProtocol: tcp\n      FromPort: 22\n      ToPort: 22\n      CidrIp: 0.0.0.0/0\n  Machine:\n    Type: AWS::EC2::Instance\n    Properties:\n      SecurityGroupIds: [!GetAtt Vpc.DefaultSecurityGroup]\n",
    );
    let group = implied_id(&graph, "Vpc.DefaultSecurityGroup");
    assert!(graph.is_shown(group));
    assert!(!graph.is_shown(implied_id(&graph, "Vpc.DefaultNetworkAcl")));
    let resource = graph.resource(group).expect("a group");
    let ingress = rules(&graph.store, resource, Direction::Ingress);
    let open: Vec<_> = ingress
        .as_list()
        .expect("rules")
        .members
        .iter()
        .map(|m| exposes(&graph.store, &m.value, &[22]).known())
        .collect();
    assert_eq!(open, [Some(false), Some(true)]);
    let machines = graph.referrers(group, &["AWS::EC2::Instance"], Some("SecurityGroupIds")).members;
    assert_eq!(machines.iter().map(|m| m.id).collect::<Vec<_>>(), [id(&graph, "Machine")]);
}

#[test]
fn a_default_group_of_some_vpc_leaves_open_whose_it_is() {
    let graph = hcl(
        "variable \"vpc\" {}\nresource \"aws_vpc\" \"v\" {}\nresource \"aws_default_security_group\" \"g\" {\n  vpc_id = var.vpc\n}\n",
    );
    let found = graph.default_of(id(&graph, "aws_vpc.v"), "AWS::EC2::SecurityGroup");
    assert!(found.members.is_empty() && found.open.is_some());
}

/// Whether what `type_name` says holds for a resource: the settings' addresses, and whether there may be others.
fn settings(graph: &Graph, of: &str, type_name: &str) -> (Vec<String>, bool) {
    let found = in_scope(graph, id(graph, of), type_name);
    let address = |id| graph.resource(id).expect("a resource").address.clone();
    let members = found.members.into_iter().map(|m| match m.guard {
        Guard::TRUE => address(m.id).to_string(),
        guard => format!("{} when {}", address(m.id), graph.store.describe(guard)),
    });
    (members.collect(), found.open.is_some())
}

const DETECTOR: &str = "AWS::GuardDuty::Detector";

#[test]
fn a_setting_holds_in_its_account_and_region() {
    let graph = hcl(
        "provider \"aws\" {\n  region = \"eu-west-1\"\n}\nprovider \"aws\" {\n  alias  = \"same\"\n  region = \"eu-west-1\"\n}\nprovider \"aws\" {\n  alias  = \"far\"\n  region = \"us-east-1\"\n}\nprovider \"aws\" {\n  alias   = \"audit\"\n  region  = \"eu-west-1\"\n  profile = \"audit\"\n}\nresource \"aws_guardduty_detector\" \"d\" {}\nresource \"aws_iam_account_password_policy\" \"p\" {}\nresource \"aws_sqs_queue\" \"here\" {}\nresource \"aws_sqs_queue\" \"same\" {\n  provider = aws.same\n}\nresource \"aws_sqs_queue\" \"far\" {\n  provider = aws.far\n}\nresource \"aws_sqs_queue\" \"own\" {\n  region = \"us-east-1\"\n}\nresource \"aws_sqs_queue\" \"back\" {\n  provider = aws.far\n  region   = \"eu-west-1\"\n}\nresource \"aws_sqs_queue\" \"audit\" {\n  provider = aws.audit\n}\n",
    );
    let here = || (vec!["aws_guardduty_detector.d".to_owned()], false);
    let nothing = || (Vec::new(), false);
    assert_eq!(settings(&graph, "aws_sqs_queue.here", DETECTOR), here());
    assert_eq!(settings(&graph, "aws_sqs_queue.same", DETECTOR), here());
    assert_eq!(settings(&graph, "aws_sqs_queue.far", DETECTOR), nothing());
    assert_eq!(settings(&graph, "aws_sqs_queue.own", DETECTOR), nothing());
    assert_eq!(settings(&graph, "aws_sqs_queue.back", DETECTOR), here());
    assert_eq!(
        settings(&graph, "aws_sqs_queue.audit", DETECTOR),
        (Vec::new(), true),
        "it may be the account"
    );
    let passwords = "Masugata::IAM::AccountPasswordPolicy";
    assert_eq!(settings(&graph, "aws_sqs_queue.far", passwords).0, ["aws_iam_account_password_policy.p"]);
}

#[test]
fn modules_have_the_providers_that_they_are_passed() {
    let graph = modules(&[
        (
            "main.tf",
            "provider \"aws\" {\n  region = \"eu-west-1\"\n}\nprovider \"aws\" {\n  alias  = \"far\"\n  region = \"us-east-1\"\n}\nvariable \"region\" {}\nprovider \"aws\" {\n  alias  = \"asked\"\n  region = var.region\n}\nmodule \"plain\" {\n  source = \"./m\"\n}\nmodule \"far\" {\n  source    = \"./m\"\n  providers = { aws = aws.far }\n}\nmodule \"asked\" {\n  source    = \"./m\"\n  providers = { aws = aws.asked }\n}\nmodule \"asked_too\" {\n  source    = \"./outer\"\n  providers = { aws.inner = aws.asked }\n}\nresource \"aws_guardduty_detector\" \"here\" {}\nresource \"aws_guardduty_detector\" \"asked\" {\n  provider = aws.asked\n}\n",
        ),
        ("m/main.tf", "resource \"aws_sqs_queue\" \"q\" {}\n"),
        (
            "outer/main.tf",
            "terraform {\n  required_providers {\n    aws = {\n      source                = \"hashicorp/aws\"\n      configuration_aliases = [aws.inner]\n    }\n  }\n}\nmodule \"m\" {\n  source    = \"../m\"\n  providers = { aws = aws.inner }\n}\n",
        ),
    ]);
    let of = |queue: &str| {
        let (members, open) = settings(&graph, queue, DETECTOR);
        assert!(!open, "{queue}");
        members.join(", ")
    };
    let here = "aws_guardduty_detector.here";
    let asked = "aws_guardduty_detector.asked";
    let when = |region: &str| format!("{asked} when `var.region` is \"{region}\"");
    assert_eq!(of("module.plain.aws_sqs_queue.q"), format!("{here}, {}", when("eu-west-1")));
    assert_eq!(of("module.far.aws_sqs_queue.q"), when("us-east-1"));
    // The same configuration, whatever its region.
    for queue in ["module.asked.aws_sqs_queue.q", "module.asked_too.module.m.aws_sqs_queue.q"] {
        assert_eq!(of(queue), format!("{here} when `var.region` is \"eu-west-1\", {asked}"));
    }
}

#[test]
fn a_stack_and_what_it_nests_are_in_one_account_and_region() {
    let graph = templates(&[
        (
            "t.yaml",
            "Parameters:\n  On: { Type: String, AllowedValues: [\"yes\", \"no\"] }\nConditions:\n  IsOn: !Equals [!Ref On, \"yes\"]\nResources:\n  Detector:\n    Type: AWS::GuardDuty::Detector\n    Condition: IsOn\n    Properties: { Enable: true }\n  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: n.yaml }\n",
        ),
        ("n.yaml", "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"),
    ]);
    assert_eq!(
        settings(&graph, "Nested.Queue", DETECTOR),
        (vec!["Detector when `IsOn` is true".to_owned()], false)
    );
}

#[test]
fn what_names_no_group_is_in_its_vpcs_default_group() {
    let graph = hcl(
        "resource \"aws_vpc\" \"v\" {}\nresource \"aws_subnet\" \"s\" {\n  vpc_id = aws_vpc.v.id\n}\nvariable \"groups\" {}\nvariable \"bare\" {\n  type = bool\n}\nresource \"aws_security_group\" \"g\" {}\nresource \"aws_instance\" \"bare\" {\n  subnet_id = aws_subnet.s.id\n}\nresource \"aws_instance\" \"grouped\" {\n  subnet_id              = aws_subnet.s.id\n  vpc_security_group_ids = [aws_security_group.g.id]\n}\nresource \"aws_instance\" \"perhaps\" {\n  subnet_id              = aws_subnet.s.id\n  vpc_security_group_ids = var.groups\n}\nresource \"aws_lb\" \"application\" {\n  subnets         = [aws_subnet.s.id]\n  security_groups = var.bare ? [] : [aws_security_group.g.id]\n}\nresource \"aws_lb\" \"network\" {\n  load_balancer_type = \"network\"\n  subnets            = [aws_subnet.s.id]\n}\nresource \"aws_db_subnet_group\" \"d\" {\n  subnet_ids = [aws_subnet.s.id]\n}\nresource \"aws_db_instance\" \"d\" {\n  db_subnet_group_name = aws_db_subnet_group.d.name\n}\nresource \"aws_vpc_endpoint\" \"gateway\" {\n  vpc_id = aws_vpc.v.id\n}\nresource \"aws_vpc_endpoint\" \"interface\" {\n  vpc_id            = aws_vpc.v.id\n  vpc_endpoint_type = \"Interface\"\n}\n",
    );
    let group = implied_id(&graph, "aws_vpc.v.default_security_group_id");
    let found = edges(&graph)
        .into_iter()
        .filter(|edge| edge.contains(&format!("--> {}", graph.resource(group).unwrap().address)))
        .collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            "aws_instance.bare --SecurityGroupIds--> aws_vpc.v.default_security_group_id",
            "aws_vpc_endpoint.interface --SecurityGroupIds--> aws_vpc.v.default_security_group_id",
            "aws_lb.application --SecurityGroups--> aws_vpc.v.default_security_group_id when `var.bare` is true",
            "aws_db_instance.d --VPCSecurityGroups--> aws_vpc.v.default_security_group_id",
        ]
    );
    assert!(!graph.is_shown(group), "nobody has asked for it");
}
