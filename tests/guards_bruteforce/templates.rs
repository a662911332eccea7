//! Random CloudFormation templates: conditions that build on each other, `Fn::If`, `AWS::NoValue`, a nested stack, real
//! resources.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::expressions::{Demand, pick};
use crate::world::{Language, Source};

/// A condition of a template; `names` are conditions that it may build on.
fn condition(depth: u32, names: &'static [&'static str]) -> BoxedStrategy<String> {
    let equal = prop_oneof![
        Just("{\"Fn::Equals\": [{Ref: A}, \"true\"]}".to_owned()),
        (pick(&["E", "N", "K"]), pick(&["x", "y", "p", "q", "1", "2"]))
            .prop_map(|(p, v)| format!("{{\"Fn::Equals\": [{{Ref: {p}}}, \"{v}\"]}}")),
        pick(&["E", "N"]).prop_map(|p| format!("{{\"Fn::Equals\": [{{Ref: {p}}}, {{Ref: {p}}}]}}")),
        Just("{\"Fn::Equals\": [{Ref: N}, {Ref: E}]}".to_owned()),
        Just("{\"Fn::Equals\": [{\"Fn::FindInMap\": [M, {Ref: N}, F]}, \"1\"]}".to_owned()),
        (pick(&["p", "q"]), pick(&["x", "p"])).prop_map(|(n, e)| format!(
            "{{\"Fn::Equals\": [{{\"Fn::Join\": [\"\", [{{Ref: N}}, {n}]]}}, \"{e}{n}\"]}}"
        )),
    ];
    let leaf = match names {
        [] => equal.boxed(),
        names => prop_oneof![
            equal,
            prop::sample::select(names.to_vec()).prop_map(|n| format!("{{Condition: {n}}}")),
        ]
        .boxed(),
    };
    if depth == 0 {
        return leaf;
    }
    let inner = || condition(depth - 1, names);
    prop_oneof![
        2 => leaf,
        1 => inner().prop_map(|a| format!("{{\"Fn::Not\": [{a}]}}")),
        1 => (inner(), inner()).prop_map(|(a, b)| format!("{{\"Fn::And\": [{a}, {b}]}}")),
        1 => (inner(), inner(), inner()).prop_map(|(a, b, c)| format!("{{\"Fn::Or\": [{a}, {b}, {c}]}}")),
    ]
    .boxed()
}

fn name() -> BoxedStrategy<String> {
    pick(&["C0", "C1", "C2", "UsesN"])
}

/// Any value, or none.
fn value(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&[
        "\"x\"",
        "\"y z\"",
        "7",
        "{Ref: N}",
        "{Ref: E}",
        "{Ref: \"AWS::NoValue\"}",
        "{\"Fn::Sub\": \"s-${N}-${E}\"}",
        "{\"Fn::Sub\": [\"${a}/${N}\", {a: {Ref: E}}]}",
        "{\"Fn::Base64\": {Ref: N}}",
    ]);
    if depth == 0 {
        return leaf;
    }
    prop_oneof![
        2 => leaf,
        3 => (name(), value(depth - 1), value(depth - 1))
            .prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
        1 => (text(depth - 1), text(depth - 1)).prop_map(|(a, b)| format!("{{\"Fn::Join\": [\"-\", [{a}, {b}]]}}")),
        1 => (name(), text(depth - 1)).prop_map(|(c, a)| {
            format!("{{\"Fn::Join\": [\",\", [{a}, {{\"Fn::If\": [{c}, more, {{Ref: \"AWS::NoValue\"}}]}}]]}}")
        }),
        1 => Just("{\"Fn::FindInMap\": [M, {Ref: N}, V]}".to_owned()),
        1 => (0..3, text(depth - 1), text(depth - 1))
            .prop_map(|(i, a, b)| format!("{{\"Fn::Select\": [{i}, [{a}, {b}, last]]}}")),
        1 => name().prop_map(|c| format!("{{\"Fn::Split\": [\",\", {{\"Fn::If\": [{c}, \"a,b\", \"c\"]}}]}}")),
        2 => (value(depth - 1), value(depth - 1)).prop_map(|(a, b)| format!("[{a}, {b}]")),
        2 => (value(depth - 1), value(depth - 1)).prop_map(|(a, b)| format!("{{P: {a}, Q: {b}}}")),
    ]
    .boxed()
}

/// A string without `AWS::NoValue`.
fn text(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["\"x\"", "{Ref: N}", "{Ref: E}", "{\"Fn::Sub\": \"${N}${E}\"}"]);
    if depth == 0 {
        return leaf;
    }
    prop_oneof![
        2 => leaf,
        1 => (name(), text(depth - 1), text(depth - 1))
            .prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
    ]
    .boxed()
}

fn exists() -> BoxedStrategy<String> {
    pick(&["", "    Condition: C1\n", "    Condition: C2\n"])
}

/// The parameters, mappings and conditions of every template.
fn head() -> BoxedStrategy<String> {
    (condition(2, &[]), condition(2, &["C0"]), condition(2, &["C0", "C1"]))
        .prop_map(|(c0, c1, c2)| {
            format!(
                r#"Parameters:
  A: {{ Type: String, AllowedValues: ["true", "false"] }}
  E: {{ Type: String }}
  K: {{ Type: Number }}
  N: {{ Type: String, AllowedValues: [p, q, r], Default: q }}
Conditions:
  C2: {c2}
  C0: {c0}
  C1: {c1}
  UsesN: {{"Fn::Equals": [{{Ref: N}}, p]}}
Mappings:
  M: {{ p: {{ V: one, F: "1" }}, q: {{ V: two, F: "2" }}, r: {{ V: [1, 2], F: "1" }} }}
"#
            )
        })
        .boxed()
}

/// A nested stack's parameters as its parent gives them; `None` where a default is left to stand.
fn arguments() -> BoxedStrategy<String> {
    let flag = prop_oneof![
        Just("{Ref: A}".to_owned()),
        name().prop_map(|c| format!("{{\"Fn::If\": [{c}, \"true\", \"false\"]}}")),
    ];
    let word = prop_oneof![
        Just("{Ref: N}".to_owned()),
        name().prop_map(|c| format!("{{\"Fn::If\": [{c}, p, {{Ref: N}}]}}")),
        name().prop_map(|c| format!("{{\"Fn::If\": [{c}, r, {{Ref: \"AWS::NoValue\"}}]}}")),
    ];
    (flag, text(1), word)
        .prop_map(|(a, e, n)| format!("      Parameters: {{A: {a}, E: {e}, K: {{Ref: K}}, N: {n}}}\n"))
        .boxed()
}

fn stack(
    head: &str,
    rest: &str,
    files: &mut Vec<(String, String)>,
    arguments: &str,
    condition: &str,
) -> String {
    files.push(("nested.yaml".to_owned(), format!("AWSTemplateFormatVersion: \"2010-09-09\"\n{head}{rest}")));
    format!(
        "  Nested:\n    Type: AWS::CloudFormation::Stack\n{condition}    Properties:\n      TemplateURL: nested.yaml\n{arguments}"
    )
}

/// Templates of types that nobody knows, with a nested stack.
pub(crate) fn values() -> BoxedStrategy<Source> {
    let nested = (head(), value(2), exists(), text(2), arguments(), exists());
    (head(), value(3), value(3), exists(), any::<bool>(), nested)
        .prop_map(|(own, v, w, condition, with_nested, (inner, iv, icondition, out, arguments, when))| {
            let mut files = Vec::new();
            let (call, read) = if with_nested {
                let rest = format!(
                    "Resources:\n  I:\n    Type: \"X::Y::Inner\"\n{icondition}    Properties:\n      V: {iv}\nOutputs:\n  O: {{ \
                     Value: {out} }}\n"
                );
                let call = stack(&inner, &rest, &mut files, &arguments, &when);
                let read = if when.is_empty() {
                    "{\"Fn::GetAtt\": [Nested, Outputs.O]}".to_owned()
                } else {
                    let c = when.trim().trim_start_matches("Condition: ").to_owned();
                    format!("{{\"Fn::If\": [{c}, {{\"Fn::GetAtt\": [Nested, Outputs.O]}}, none]}}")
                };
                (call, read)
            } else {
                (String::new(), "plain".to_owned())
            };
            let main = format!(
                r#"AWSTemplateFormatVersion: "2010-09-09"
{own}Resources:
  R:
    Type: "X::Y::Z"
{condition}    Properties:
      V: {v}
      W: {w}
      N: {read}
{call}Outputs:
  O: {{ Value: {{"Fn::If": [C1, a, b]}} }}
  X: {{ Condition: C2, Value: {{Ref: N}} }}
"#
            );
            files.insert(0, ("t.yaml".to_owned(), main));
            Source { language: Language::CloudFormation, demand: Demand::Exact, files, cases: None }
        })
        .boxed()
}

// Real resources

/// One of some words, by conditions, perhaps unset.
fn word(words: &'static [&'static str]) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        5 => prop::sample::select(words.to_vec()).prop_map(|w| format!("\"{w}\"")),
        1 => Just("{Ref: \"AWS::NoValue\"}".to_owned()),
    ]
    .boxed();
    prop_oneof![
        1 => leaf.clone(),
        3 => (name(), leaf.clone(), leaf.clone()).prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
        1 => (name(), leaf.clone(), name(), leaf.clone(), leaf)
            .prop_map(|(c, a, d, x, y)| format!("{{\"Fn::If\": [{c}, {a}, {{\"Fn::If\": [{d}, {x}, {y}]}}]}}")),
    ]
    .boxed()
}

/// The same, but always a word.
fn certain(words: &'static [&'static str]) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(words.to_vec()).prop_map(|w| format!("\"{w}\"")).boxed();
    prop_oneof![
        1 => leaf.clone(),
        2 => (name(), leaf.clone(), leaf).prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
    ]
    .boxed()
}

const FLAGS: &[&str] = &["true", "false"];
const ACLS: &[&str] = &["Private", "PublicRead", "PublicReadWrite", "AuthenticatedRead"];

fn bucket() -> BoxedStrategy<String> {
    (word(ACLS), word(FLAGS), word(FLAGS), word(&["Enabled", "Suspended"]), name(), exists(), any::<bool>(), statement())
        .prop_map(|(acl, block, policy, status, c, condition, whole, statement)| {
            let block = format!("{{BlockPublicAcls: {block}, BlockPublicPolicy: {policy}}}");
            let block = if whole {
                format!("{{\"Fn::If\": [{c}, {block}, {{Ref: \"AWS::NoValue\"}}]}}")
            } else {
                block
            };
            format!(
                "  B:\n    Type: AWS::S3::Bucket\n{condition}    Properties:\n      AccessControl: {acl}\n      \
                 PublicAccessBlockConfiguration: {block}\n      VersioningConfiguration: {{Status: {status}}}\n  P:\n    Type: \
                 AWS::S3::BucketPolicy\n{condition}    Properties:\n      Bucket: {{Ref: B}}\n      PolicyDocument: {{Statement: \
                 [{statement}]}}\n"
            )
        })
        .boxed()
}

fn statement() -> BoxedStrategy<String> {
    (
        certain(&["Allow", "Deny"]),
        certain(&["*", "arn:aws:iam::123456789012:root"]),
        certain(&["s3:GetObject", "sqs:*"]),
    )
        .prop_map(|(effect, who, what)| {
            format!("{{Effect: {effect}, Principal: {{AWS: {who}}}, Action: {what}, Resource: \"*\"}}")
        })
        .boxed()
}

fn security_group() -> BoxedStrategy<String> {
    let rule = || {
        (
            certain(&["22", "443", "20"]),
            certain(&["tcp", "-1"]),
            certain(&["0.0.0.0/0", "10.0.0.0/8", "0.0.0.0/1"]),
        )
            .prop_map(|(port, protocol, cidr)| {
                format!("{{IpProtocol: {protocol}, FromPort: {port}, ToPort: {port}, CidrIp: {cidr}}}")
            })
    };
    let rules = prop_oneof![
        (rule(), name(), rule()).prop_map(|(a, c, b)| {
            format!("[{a}, {{\"Fn::If\": [{c}, {b}, {{Ref: \"AWS::NoValue\"}}]}}]")
        }),
        (name(), rule(), rule(), rule())
            .prop_map(|(c, x, y, z)| format!("{{\"Fn::If\": [{c}, [{x}, {y}], [{z}]]}}")),
        (name(), rule())
            .prop_map(|(c, x)| format!("{{\"Fn::If\": [{c}, [{x}], {{Ref: \"AWS::NoValue\"}}]}}")),
    ];
    (rules, rule(), exists())
        .prop_map(|(rules, separate, condition)| {
            let separate = separate.trim_start_matches('{').to_owned();
            format!(
                "  G:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: g\n      SecurityGroupIngress: \
                 {rules}\n  S:\n    Type: AWS::EC2::SecurityGroupIngress\n{condition}    Properties: {{GroupId: {{\"Fn::GetAtt\": [G, \
                 GroupId]}}, {separate}\n"
            )
        })
        .boxed()
}

fn queue() -> BoxedStrategy<String> {
    (word(FLAGS), word(&["alias/aws/sqs", "alias/own"]), statement(), name(), statement(), exists())
        .prop_map(|(sse, key, one, c, other, condition)| {
            format!(
                "  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      SqsManagedSseEnabled: {sse}\n      KmsMasterKeyId: {key}\n  \
                 QP:\n    Type: AWS::SQS::QueuePolicy\n{condition}    Properties:\n      Queues: [{{Ref: Q}}]\n      PolicyDocument: \
                 {{Statement: [{one}, {{\"Fn::If\": [{c}, {other}, {{Ref: \"AWS::NoValue\"}}]}}]}}\n"
            )
        })
        .boxed()
}

fn volume() -> BoxedStrategy<String> {
    (word(FLAGS), certain(&["x", "y"]), name(), exists())
        .prop_map(|(encrypted, tag, c, condition)| {
            format!(
                "  V:\n    Type: AWS::EC2::Volume\n{condition}    Properties:\n      AvailabilityZone: z\n      Encrypted: {encrypted}\n      \
                 Tags: [{{Key: Name, Value: n}}, {{\"Fn::If\": [{c}, {{Key: Team, Value: {tag}}}, {{Ref: \"AWS::NoValue\"}}]}}]\n"
            )
        })
        .boxed()
}

/// Templates of real types, in the root or in a nested stack.
pub(crate) fn resources() -> BoxedStrategy<Source> {
    let body = prop_oneof![
        2 => bucket(),
        2 => security_group(),
        2 => queue(),
        1 => volume(),
    ];
    (head(), body, 0..3, head(), arguments(), exists())
        .prop_map(|(own, body, within, outer, arguments, when)| {
            let mut files = Vec::new();
            let main = if within == 0 {
                let call = stack(&own, &format!("Resources:\n{body}"), &mut files, &arguments, &when);
                format!("AWSTemplateFormatVersion: \"2010-09-09\"\n{outer}Resources:\n{call}")
            } else {
                format!("AWSTemplateFormatVersion: \"2010-09-09\"\n{own}Resources:\n{body}")
            };
            files.insert(0, ("t.yaml".to_owned(), main));
            Source { language: Language::CloudFormation, demand: Demand::Exact, files, cases: None }
        })
        .boxed()
}
