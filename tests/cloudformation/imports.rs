//! Exports and imports across the templates of one directory.

use super::support::{property, world};

const NETWORK: &str = "Parameters:
  Cidr: {Type: String, Default: 10.0.0.0/16}
  Env: {Type: String, AllowedValues: [dev, prod]}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d, VpcId: !Ref Vpc}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
Outputs:
  VpcId: {Value: !Ref Vpc, Export: {Name: !Sub '${AWS::StackName}-VPCID'}}
  Group: {Value: !GetAtt Group.GroupId, Export: {Name: !Join ['-', [!Ref AWS::StackName, Group]]}}
  Port: {Value: '22', Export: {Name: port-number}}
  Range: {Value: !If [IsProd, 10.0.0.0/8, 0.0.0.0/0], Export: {Name: !Sub '${Env}-range'}}
Conditions: {IsProd: !Equals [!Ref Env, prod]}
";

const APP: &str = "Parameters:
  NetworkStack: {Type: String, Default: network}
  Env: {Type: String}
Resources:
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {CidrBlock: 10.0.1.0/24, VpcId: {'Fn::ImportValue': !Sub '${NetworkStack}-VPCID'}}
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties:
      GroupId: {'Fn::ImportValue': !Sub '${NetworkStack}-Group'}
      IpProtocol: tcp
      FromPort: !ImportValue port-number
      ToPort: 22
      CidrIp: !ImportValue {'Fn::Sub': '${Env}-range'}
  Other: {Type: AWS::SNS::Topic, Properties: {TopicName: !ImportValue nobody-has-this}}
";

fn edges(linked: &masugata::check::Linked) -> Vec<String> {
    let graph = &linked.graph;
    let name = |id: petgraph::graph::NodeIndex| graph.resources[id.index()].address.to_string();
    let mut out: Vec<String> = graph
        .edges
        .edge_indices()
        .map(|edge| {
            let (from, to) = graph.edges.edge_endpoints(edge).unwrap();
            format!("{} {} {}", name(from), graph.edges[edge].property, name(to))
        })
        .collect();
    out.sort();
    out
}

#[test]
fn an_import_is_the_export_of_the_template_beside_it() {
    let world = world(&[("network.yaml", NETWORK), ("app.yaml", APP)]);
    assert_eq!(world.said("app.yaml"), [""; 0]);
    let linked = world.linked("app.yaml");
    let edges = edges(&linked);
    for edge in ["Subnet VpcId Vpc", "Rule GroupId Group"] {
        assert!(edges.iter().any(|e| e == edge), "{edges:?}");
    }
    assert_eq!(property(&linked.graph, "Subnet", "VpcId"), "network.yaml.Vpc.Ref");
    assert_eq!(property(&linked.graph, "Rule", "FromPort"), "22");
    // a parameter of the other stack is not one of this stack that has the same name
    let range = property(&linked.graph, "Rule", "CidrIp");
    assert!(range.contains("10.0.0.0/8") && range.contains("0.0.0.0/0"), "{range}");
    assert_eq!(property(&linked.graph, "Other", "TopicName"), "Fn::ImportValue(\"nobody-has-this\")");
}

#[test]
fn what_is_imported_is_judged_where_it_is_written() {
    let policies = ["s3-public-acl", "ec2-open-ssh"];
    let world = world(&[("network.yaml", NETWORK), ("app.yaml", APP)]).policies(&policies);
    let mut all = world.findings(&["."]);
    all.sort();
    assert_eq!(all, ["ec2-open-ssh Rule: `network.yaml.IsProd` is false", "s3-public-acl Bucket"]);
    assert_eq!(world.findings(&["app.yaml"]).len(), 1);
    assert_eq!(world.findings(&["network.yaml"]), ["s3-public-acl Bucket"]);
    let outcome = world.check(&["."]);
    assert_eq!(outcome.summary.resources, 6);
}

#[test]
fn nothing_is_guessed_between_several_exports() {
    let exporter = "Resources: {T: {Type: AWS::SNS::Topic}}
Outputs: {T: {Value: !Ref T, Export: {Name: !Sub '${AWS::StackName}-topic'}}}
";
    let exact = "Resources: {T: {Type: AWS::SQS::Queue}}
Outputs: {T: {Value: !Ref T, Export: {Name: events-topic}}}
";
    let importer = |name: &str| {
        format!(
            "Resources:\n  A: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !ImportValue {name}}}}}\n"
        )
    };
    let shown = |files: &[(&str, &str)], name: &str| {
        let text = importer(name);
        let mut files = files.to_vec();
        files.push(("i.yaml", &text));
        property(&world(&files).linked("i.yaml").graph, "A", "QueueName")
    };
    let two = [("a.yaml", exporter), ("b.yaml", exporter)];
    assert_eq!(shown(&two, "x-topic"), "Fn::ImportValue(\"x-topic\", \"exported by a.yaml and b.yaml\")");
    // one that is written out is better than one that could be it
    let three = [("a.yaml", exporter), ("b.yaml", exporter), ("c.yaml", exact)];
    assert_eq!(shown(&three, "events-topic"), "c.yaml.T.Ref");
    assert_eq!(shown(&[("a.yaml", exporter)], "other"), "Fn::ImportValue(\"other\")");
    // two that import from one another
    let circle = "Resources: {T: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue own}}}
Outputs: {T: {Value: !Ref T, Export: {Name: theirs}}}
";
    let own = "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !ImportValue theirs}}}
Outputs: {A: {Value: !Ref A, Export: {Name: own}}}
";
    let world = world(&[("circle.yaml", circle), ("own.yaml", own)]);
    assert_eq!(property(&world.linked("own.yaml").graph, "A", "QueueName"), "circle.yaml.T.Ref");
    assert_eq!(world.said("own.yaml"), [""; 0]);
}
