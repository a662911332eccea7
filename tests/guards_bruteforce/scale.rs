//! What conditions cost: independent ones add up, they do not multiply.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use masugata::eval::{Inputs, evaluate};
use masugata::model::{self, ResourceId};
use masugata::source::Loader;
use masugata::{cloudformation, graph, terraform};

use crate::verdicts;

/// The nodes of the diagrams that evaluating, linking and judging a template with so many independent conditions makes:
/// each decides on a queue's existence and encryption, a tag of one volume and a rule of one security group.
fn nodes(conditions: usize) -> usize {
    let mut text = String::from("AWSTemplateFormatVersion: \"2010-09-09\"\nParameters:\n");
    for i in 0..conditions {
        writeln!(text, "  P{i}: {{Type: String, AllowedValues: [\"yes\", \"no\"], Default: \"no\"}}")
            .unwrap();
    }
    text += "Conditions:\n";
    for i in 0..conditions {
        writeln!(text, "  C{i}: {{\"Fn::Equals\": [{{Ref: P{i}}}, \"yes\"]}}").unwrap();
    }
    text += "Resources:\n";
    for i in 0..conditions {
        let other = (i + 1) % conditions;
        writeln!(
            text,
            "  Q{i}:\n    Type: AWS::SQS::Queue\n    Condition: C{i}\n    Properties:\n      SqsManagedSseEnabled: \
             {{\"Fn::If\": [C{other}, true, false]}}\n      QueueName: {{\"Fn::Sub\": \"${{P{i}}}-q\"}}"
        )
        .unwrap();
    }
    text += "  G:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: g\n      SecurityGroupIngress:\n";
    for i in 0..conditions {
        writeln!(
            text,
            "        - {{\"Fn::If\": [C{i}, {{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}, {{Ref: \
             \"AWS::NoValue\"}}]}}"
        )
        .unwrap();
    }
    let mut loader = Loader::new("/p");
    loader.overlay(Path::new("t.yaml"), text.as_str());
    let file = loader.load(Path::new("t.yaml")).expect("a file");
    let program = cloudformation::open(&loader, &file).expect("a template");
    assert!(program.diagnostics.is_empty(), "{:?}", program.diagnostics);
    let evaluation = evaluate(&program, &Inputs::default(), Arc::clone(loader.sources()));
    assert!(evaluation.diagnostics.is_empty(), "{:?}", evaluation.diagnostics);
    let judged = verdicts::of(&evaluation);
    let expected = "ec2-open-ssh";
    assert_eq!(judged.fails(expected), conditions, "a finding for each rule");
    assert!(!evaluation.store.over_budget());
    evaluation.store.condition_nodes()
}

#[test]
fn forty_independent_conditions_cost_ten_times_four() {
    let (four, forty) = (nodes(4), nodes(40));
    // what is gathered rule by rule (where is none of them wrong?) is a diagram of one level more each time
    assert!(forty <= 100 * four && forty < 4_000, "{four} nodes for four conditions, {forty} for forty");
}

/// Resources that read one another in a long chain, the near end or the far end first: all are known, each is joined to
/// the next one. (Chains beyond all depths are in `tests/eval.rs`.)
#[test]
fn long_chains_of_references() {
    const LENGTH: usize = 4_000;
    for backwards in [false, true] {
        let mut text = String::new();
        for i in 0..LENGTH {
            let read = match (backwards, i) {
                (false, 0) => "\"x\"".to_owned(),
                (false, _) => format!("aws_s3_bucket.b{}.bucket", i - 1),
                (true, _) if i + 1 == LENGTH => "\"x\"".to_owned(),
                (true, _) => format!("aws_s3_bucket.b{}.bucket", i + 1),
            };
            writeln!(text, "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = {read}\n}}").unwrap();
        }
        let mut loader = Loader::new("/p");
        loader.overlay(Path::new("main.tf"), text.as_str());
        let program = terraform::Modules::new().program(&loader, Path::new("/p"));
        let evaluation = evaluate(&program, &Inputs::default(), Arc::clone(loader.sources()));
        assert!(evaluation.diagnostics.is_empty(), "{:?}", evaluation.diagnostics);
        let store = Arc::clone(&evaluation.store);
        let lower = |(index, instance)| model::lower::resource(&store, instance, ResourceId(index as u32));
        let resources = evaluation.instances.iter().enumerate().map(lower).collect();
        let graph = graph::link(Arc::clone(&store), resources, &evaluation.handed);
        let last = if backwards { 0 } else { LENGTH - 1 };
        let before = if backwards { 1 } else { LENGTH - 2 };
        let bucket = graph.resources[last].values.as_map().and_then(|m| m.get("bucket")).expect("a name");
        assert_eq!(bucket.value.as_str().map(|s| s.as_str()), Some("x"));
        let joined = graph.edges.edge_indices().any(|edge| {
            let (from, to) = graph.edges.edge_endpoints(edge).expect("ends");
            (from.index(), to.index()) == (last, before)
        });
        assert!(joined, "each reads the one before");
        assert!(graph.edges.edge_count() < 50 * LENGTH, "{} edges", graph.edges.edge_count());
    }
}
