//! References, companions and questions on resources made by hand.

use std::sync::Arc;

use super::*;
use crate::eval::{
    Data, Guard, InstanceInfo, InstanceKey, List, ListKind, Member, Origin, Part, Reference, UnknownKind,
    Value,
};
use crate::model::Presence;
use crate::program::{Mode, TypeExpr};
use crate::source::{FileId, Sources, Span};

struct Made {
    store: Arc<Store>,
    resources: Vec<Resource>,
}

impl Made {
    fn new() -> Made {
        Made { store: Arc::new(Store::new(Arc::new(Sources::new()))), resources: Vec::new() }
    }

    fn instance(&self, address: &str, mode: Mode, key: InstanceKey) -> InstanceId {
        let (type_name, name) = address.split_once('.').unwrap_or((address, ""));
        self.store.intern_instance(InstanceInfo {
            address: address.into(),
            module: Str::new(),
            mode,
            type_name: type_name.into(),
            name: name.into(),
            key,
        })
    }

    fn attribute(&self, address: &str, attribute: &str) -> Value {
        let instance = self.instance(address, Mode::Managed, InstanceKey::None);
        let kind = UnknownKind::Attribute(Reference { instance, attribute: attribute.into() });
        Value::new(Data::Unknown(self.store.unknown(kind, true, TypeExpr::String)), Origin::NONE)
    }

    fn input(&self, name: &str) -> Value {
        let id = self.store.unknown(UnknownKind::Input(name.into()), true, TypeExpr::String);
        Value::new(Data::Unknown(id), Origin::NONE)
    }

    fn condition(&self, name: &str) -> Guard {
        let id = self.store.unknown(UnknownKind::Input(name.into()), true, TypeExpr::Bool);
        self.store.equals(id, &"true".into())
    }

    fn add(&mut self, address: &str, type_name: &str, properties: &[(&str, Value)]) -> &mut Resource {
        let instance = self.instance(address, Mode::Managed, InstanceKey::None);
        let span = Span::new(FileId(0), self.resources.len() as u32, self.resources.len() as u32 + 1);
        let properties = object(properties);
        self.resources.push(Resource {
            id: ResourceId(0),
            instance: Some(instance),
            address: address.into(),
            type_name: type_name.into(),
            declared_as: address.split('.').next().unwrap_or(address).into(),
            name: address.into(),
            mode: Mode::Managed,
            exists: Guard::TRUE,
            values: Value::absent(),
            unset: Vec::new(),
            properties,
            meta: Value::absent(),
            depends_on: Vec::new(),
            header: span,
            span,
            calls: Vec::new(),
            presence: Presence::Written,
            construct: None,
            scope: Arc::default(),
        });
        self.resources.last_mut().unwrap()
    }

    fn link(self) -> Graph {
        link(self.store, self.resources, &[])
    }
}

fn object(entries: &[(&str, Value)]) -> Value {
    Value::object(entries.iter().map(|(key, value)| (Str::from(*key), value.clone())))
}

impl Graph {
    fn id(&self, address: &str) -> ResourceId {
        self.resources.iter().find(|r| r.address == address && r.instance.is_some()).unwrap().id
    }

    fn edge_list(&self) -> Vec<String> {
        let name = |id| self.resource(id).map(|r| r.address.to_string()).unwrap_or_default();
        let edge = |e: &petgraph::graph::Edge<Edge>| {
            let (from, to) = (ResourceId(e.source().index() as u32), ResourceId(e.target().index() as u32));
            format!("{} --{}({})--> {}", name(from), e.weight.property, e.weight.attribute, name(to))
        };
        self.edges.raw_edges().iter().map(edge).collect()
    }
}

#[test]
fn references_are_found_wherever_they_stand() {
    let mut made = Made::new();
    let arn = |made: &Made| made.attribute("aws_kms_key.k", "arn");
    let nested = Value::list([object(&[("Key", arn(&made))])]);
    let text = Value::new(
        Data::Text(
            vec![Part::Term(made.attribute("aws_s3_bucket.b", "arn")), Part::Text("/*".into())].into(),
        ),
        Origin::NONE,
    );
    let json = Value::new(Data::Json(Arc::new(object(&[("Resource", text)]))), Origin::NONE);
    let mut marked = Value::string("computed");
    let key = made.instance("aws_kms_key.k", Mode::Managed, InstanceKey::None);
    marked.marks = made
        .store
        .mark_reference(crate::eval::Marks::NONE, Reference { instance: key, attribute: "id".into() });
    made.add("aws_kms_key.k", "AWS::KMS::Key", &[]);
    made.add("aws_s3_bucket.b", "AWS::S3::Bucket", &[]);
    made.add("aws_x.x", "AWS::X::X", &[("Rules", nested), ("Policy", json), ("Tag", marked)]).depends_on =
        vec![key];
    let graph = made.link();
    assert_eq!(
        graph.edge_list(),
        [
            "aws_x.x --Rules.Key(arn)--> aws_kms_key.k",
            "aws_x.x --Policy.Resource(arn)--> aws_s3_bucket.b",
            "aws_x.x --Tag(id)--> aws_kms_key.k",
            "aws_x.x --DependsOn()--> aws_kms_key.k",
        ]
    );
    let keys = graph.refers(graph.id("aws_x.x"), &["AWS::KMS::Key"], Some("Rules"));
    assert_eq!(keys.members.len(), 1);
    assert!(graph.refers(graph.id("aws_x.x"), &["AWS::KMS::Key"], Some("Rule")).members.is_empty());
    let users = graph.referrers(graph.id("aws_kms_key.k"), &["AWS::X::X", "AWS::Y::Y"], None);
    assert_eq!(users.members.iter().map(|m| m.id).collect::<Vec<_>>(), [graph.id("aws_x.x")]);
}

#[test]
fn guards_of_the_way_and_of_the_end_are_joined() {
    let mut made = Made::new();
    let (here, there) = (made.condition("var.here"), made.condition("var.there"));
    let list = List {
        kind: ListKind::Tuple,
        members: vec![Member { guard: here, value: made.attribute("aws_lb.l", "arn") }],
        rest: None,
    };
    let list = Value::new(Data::List(Arc::new(list)), Origin::NONE);
    made.add("aws_lb.l", "AWS::LB", &[]);
    made.add("aws_waf.w", "AWS::WAF", &[("Arns", list)]).exists = there;
    let graph = made.link();
    let found = graph.referrers(graph.id("aws_lb.l"), &["AWS::WAF"], Some("Arns"));
    assert_eq!(found.members.len(), 1);
    assert_eq!(found.members[0].guard, graph.store.and(here, there));
    assert_eq!(found.open, None);
}

#[test]
fn what_may_refer_to_anything_leaves_the_question_open() {
    let mut made = Made::new();
    let arn = made.input("var.arn");
    made.add("aws_lb.l", "AWS::LB", &[]);
    made.add("aws_waf.w", "AWS::WAF", &[("ResourceArn", arn), ("Name", Value::string("n"))]);
    let graph = made.link();
    let ask = |property| graph.referrers(graph.id("aws_lb.l"), &["AWS::WAF"], Some(property));
    assert!(ask("ResourceArn").open.is_some());
    assert!(ask("Name").open.is_none());
    assert!(graph.refers(graph.id("aws_waf.w"), &["AWS::LB"], Some("ResourceArn")).open.is_some());
}

/// A bucket policy, whose owner is named by a value.
fn policy(made: &mut Made, address: &str, bucket: Value, text: &str) {
    let document = Value::string(text);
    made.add(address, "AWS::S3::BucketPolicy", &[("Bucket", bucket), ("PolicyDocument", document)]);
}

fn policies(graph: &Graph, id: ResourceId) -> Vec<(Guard, String)> {
    let Some(map) = graph.resource(id).and_then(|r| r.properties.as_map()) else { return Vec::new() };
    let Some(list) = map.get("BucketPolicies").and_then(|e| e.value.as_list()) else { return Vec::new() };
    list.members
        .iter()
        .map(|m| (m.guard, m.value.as_str().map(ToString::to_string).unwrap_or_default()))
        .collect()
}

#[test]
fn companions_contribute_by_reference_and_by_name() {
    let mut made = Made::new();
    made.add("aws_s3_bucket.a", "AWS::S3::Bucket", &[]);
    made.add("aws_s3_bucket.b", "AWS::S3::Bucket", &[("BucketName", Value::string("my-logs"))]);
    let reference = made.attribute("aws_s3_bucket.a", "id");
    policy(&mut made, "P.a", reference, "one");
    policy(&mut made, "P.b", Value::string("my-logs"), "two");
    made.resources[3].exists = made.condition("var.b");
    let when = made.resources[3].exists;
    let graph = made.link();
    assert_eq!(graph.resources.len(), 4);
    assert_eq!(policies(&graph, graph.id("aws_s3_bucket.a")), [(Guard::TRUE, "one".to_owned())]);
    assert_eq!(policies(&graph, graph.id("aws_s3_bucket.b")), [(when, "two".to_owned())]);
    assert_eq!(
        graph.edge_list(),
        ["P.a --Bucket(id)--> aws_s3_bucket.a", "P.b --Bucket()--> aws_s3_bucket.b"]
    );
    assert_eq!(graph.owners_of(graph.id("P.b")), [graph.id("aws_s3_bucket.b")]);
    assert_eq!(graph.contributions_to(graph.id("aws_s3_bucket.a")).len(), 1);
}

#[test]
fn an_owner_elsewhere_is_assumed_once_for_each_identity() {
    let mut made = Made::new();
    let (x, y) = (made.input("var.x"), made.input("var.y"));
    let data = {
        let instance = made.instance("data.aws_s3_bucket.d", Mode::Data, InstanceKey::None);
        let kind = UnknownKind::Attribute(Reference { instance, attribute: "id".into() });
        Value::new(Data::Unknown(made.store.unknown(kind, true, TypeExpr::String)), Origin::NONE)
    };
    policy(&mut made, "P.1", x.clone(), "1");
    policy(&mut made, "P.2", x, "2");
    policy(&mut made, "P.3", y, "3");
    policy(&mut made, "P.4", data, "4");
    policy(&mut made, "P.5", Value::string("elsewhere"), "5");
    let graph = made.link();
    let assumed: Vec<_> = graph.resources.iter().filter(|r| r.presence == Presence::Assumed).collect();
    let texts = |r: &&Resource| policies(&graph, r.id).into_iter().map(|p| p.1).collect::<Vec<_>>().join(" ");
    assert_eq!(assumed.iter().map(texts).collect::<Vec<_>>(), ["1 2", "3", "4", "5"]);
    assert_eq!(assumed[0].name, "var.x");
    assert_eq!(graph.of_type("AWS::S3::Bucket").len(), 4);
    let rest = assumed[0].properties.as_map().unwrap().rest;
    assert!(rest.is_some(), "nothing else is known of it");
}

#[test]
fn one_of_two_owners_by_condition() {
    let mut made = Made::new();
    made.add("aws_s3_bucket.a", "AWS::S3::Bucket", &[]);
    made.add("aws_s3_bucket.b", "AWS::S3::Bucket", &[]);
    let when = made.condition("var.first");
    let not = made.store.not(when);
    let either = made.store.choice([
        (when, made.attribute("aws_s3_bucket.a", "id")),
        (not, made.attribute("aws_s3_bucket.b", "id")),
    ]);
    policy(&mut made, "P.p", either, "p");
    let graph = made.link();
    assert_eq!(policies(&graph, graph.id("aws_s3_bucket.a")), [(when, "p".to_owned())]);
    assert_eq!(policies(&graph, graph.id("aws_s3_bucket.b")), [(not, "p".to_owned())]);
}

#[test]
fn many_companions_of_one_owner() {
    let mut made = Made::new();
    made.add("aws_s3_bucket.a", "AWS::S3::Bucket", &[]);
    for n in 0..20_000 {
        let reference = made.attribute("aws_s3_bucket.a", "id");
        policy(&mut made, &format!("P.p{n}"), reference, "p");
    }
    let graph = made.link();
    assert_eq!(policies(&graph, graph.id("aws_s3_bucket.a")).len(), 20_000);
}

#[test]
fn a_companion_without_an_owner_is_of_somebody() {
    let mut made = Made::new();
    policy(&mut made, "P.1", Value::absent(), "1");
    made.add("R.r", "AWS::IAM::Policy", &[("PolicyDocument", Value::string("{}"))]);
    let graph = made.link();
    let assumed: Vec<_> = graph.resources.iter().filter(|r| r.presence == Presence::Assumed).collect();
    assert_eq!(assumed.len(), 1, "a policy that is attached to nobody has no owner");
    assert_eq!(policies(&graph, assumed[0].id), [(Guard::TRUE, "1".to_owned())]);
}

#[test]
fn names_and_arns_that_are_written_out_lead_to_what_has_them() {
    let mut made = Made::new();
    let text = |parts: Vec<Part>| Value::new(Data::Text(parts.into()), Origin::NONE);
    made.add("Logs", "AWS::S3::Bucket", &[("BucketName", Value::string("my-logs"))]);
    made.add("Alarms", "AWS::SNS::Topic", &[("TopicName", Value::string("alarms"))]);
    let logging = object(&[("DestinationBucketName", Value::string("my-logs"))]);
    let topic = object(&[("Topic", Value::string("arn:aws:sns:eu-west-1:111122223333:alarms"))]);
    let tags = Value::list([object(&[("Value", Value::string("my-logs"))])]);
    let notification = object(&[("TopicConfigurations", Value::list([topic]))]);
    made.add(
        "Data",
        "AWS::S3::Bucket",
        &[("LoggingConfiguration", logging), ("NotificationConfiguration", notification), ("Tags", tags)],
    );
    // An API's stage is known by its name and its API's.
    for (api, stage) in [("ApiA", "StageA"), ("ApiB", "StageB")] {
        made.add(api, "AWS::ApiGateway::RestApi", &[]);
        let of = made.attribute(api, "Ref");
        made.add(stage, "AWS::ApiGateway::Stage", &[("RestApiId", of), ("StageName", Value::string("live"))]);
    }
    let arn = text(vec![
        Part::Text("arn:aws:apigateway:eu-west-1::/restapis/".into()),
        Part::Term(made.attribute("ApiB", "Ref")),
        Part::Text("/stages/live".into()),
    ]);
    made.add("Acl", "AWS::WAFv2::WebACLAssociation", &[("ResourceArn", arn)]);
    let graph = made.link();
    assert_eq!(
        graph.edge_list(),
        [
            "Data --LoggingConfiguration.DestinationBucketName()--> Logs",
            "Data --NotificationConfiguration.TopicConfigurations.Topic()--> Alarms",
            "StageA --RestApiId(Ref)--> ApiA",
            "StageB --RestApiId(Ref)--> ApiB",
            "Acl --ResourceArn(Ref)--> ApiB",
            "Acl --ResourceArn()--> StageB",
        ]
    );
}

#[test]
fn a_name_that_two_resources_have_names_neither() {
    let mut made = Made::new();
    made.add("A", "AWS::S3::Bucket", &[("BucketName", Value::string("same"))]);
    made.add("B", "AWS::S3::Bucket", &[("BucketName", Value::string("same"))]);
    made.add("C", "AWS::S3::Bucket", &[]);
    let logging = object(&[("DestinationBucketName", Value::string("same"))]);
    made.add("D", "AWS::S3::Bucket", &[("LoggingConfiguration", logging)]);
    policy(&mut made, "P", Value::string("same"), "p");
    let graph = made.link();
    let ask = |address: &str| {
        graph.referrers(graph.id(address), &["AWS::S3::Bucket"], Some("LoggingConfiguration"))
    };
    assert!(ask("A").members.is_empty() && ask("A").open.is_some(), "it may be A's");
    assert!(ask("B").open.is_some() && ask("C").open.is_none());
    assert!(policies(&graph, graph.id("A")).is_empty() && policies(&graph, graph.id("B")).is_empty());
    // Where they can't be there together, the name is one's own.
    let mut made = Made::new();
    let first = made.condition("var.first");
    let second = made.store.not(first);
    made.add("A", "AWS::S3::Bucket", &[("BucketName", Value::string("same"))]).exists = first;
    made.add("B", "AWS::S3::Bucket", &[("BucketName", Value::string("same"))]).exists = second;
    let logging = object(&[("DestinationBucketName", Value::string("same"))]);
    made.add("D", "AWS::S3::Bucket", &[("LoggingConfiguration", logging)]);
    assert_eq!(made.link().edge_list().len(), 2);
}

#[test]
fn a_resource_that_is_not_declared_is_none_of_these() {
    let mut made = Made::new();
    let id = made.store.undeclared(None, "aws_lb.other");
    made.add("aws_lb.l", "AWS::LB", &[]);
    let arn = Value::new(Data::Unknown(id), Origin::NONE);
    made.add("aws_waf.w", "AWS::WAF", &[("ResourceArn", arn)]);
    let graph = made.link();
    assert!(graph.referrers(graph.id("aws_lb.l"), &["AWS::WAF"], Some("ResourceArn")).open.is_none());
}
