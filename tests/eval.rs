//! Evaluating small programs in both languages, written as source.

use std::path::Path;
use std::sync::Arc;

use masugata::eval::{Data, Evaluation, Guard, Inputs, Part, Store, Value, evaluate, evaluate_with};
use masugata::program::Program;
use masugata::source::Loader;
use masugata::{cloudformation, terraform};

fn loader(files: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new("/p");
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    loader
}

fn terraform_program(loader: &Loader) -> Program {
    terraform::Modules::new().program(loader, Path::new("/p"))
}

fn terraform(files: &[(&str, &str)]) -> Evaluation {
    let loader = loader(files);
    let program = terraform_program(&loader);
    let (inputs, _) =
        terraform::inputs(&loader, Path::new("/p"), program.module(program.root).expect("a root"), &[], &[]);
    let inputs = Inputs { values: inputs };
    evaluate_with(&program, &inputs, Arc::clone(loader.sources()), Some(&loader), &[]).0
}

fn template(text: &str) -> Evaluation {
    let loader = loader(&[("t.yaml", text)]);
    let file = loader.load(Path::new("t.yaml")).expect("a file");
    let program = cloudformation::open(&loader, &file).expect("a template");
    evaluate(&program, &Inputs::default(), Arc::clone(loader.sources()))
}

/// A value in words: choices with their conditions, unknowns with their names.
fn show(store: &Store, value: &Value) -> String {
    let when = |guard: Guard| {
        if guard.is_true() { String::new() } else { format!(" when {}", store.describe(guard)) }
    };
    match &value.data {
        Data::Absent => "absent".to_owned(),
        Data::Null => "null".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Number(n) => n.to_string(),
        Data::String(s) => format!("{s:?}"),
        Data::Text(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.to_string(),
                    Part::Term(term) => format!("${{{}}}", show(store, term)),
                })
                .collect();
            format!("\"{}\"", parts.concat())
        }
        Data::Json(inner) => format!("json {}", show(store, inner)),
        Data::List(list) => {
            let mut all: Vec<String> =
                list.members.iter().map(|m| show(store, &m.value) + &when(m.guard)).collect();
            all.extend(list.rest.map(|id| format!("more {}", store.unknown_name(id))));
            format!("[{}]", all.join(", "))
        }
        Data::Map(map) => {
            let mut all: Vec<String> = map
                .entries
                .iter()
                .map(|e| format!("{} = {}{}", e.key, show(store, &e.value), when(e.guard)))
                .collect();
            all.extend(map.rest.map(|id| format!("more {}", store.unknown_name(id))));
            format!("{{{}}}", all.join(", "))
        }
        Data::Unknown(id) => format!("?{}", store.unknown_name(*id)),
        Data::Choice(arms) => {
            let all: Vec<String> = arms.iter().map(|a| show(store, &a.value) + &when(a.guard)).collect();
            format!("({})", all.join(" | "))
        }
        Data::Instance(id) => store.instance(*id).map(|i| i.address.to_string()).unwrap_or_default(),
    }
}

/// All instances, outputs and diagnostics, one a line.
fn listing(evaluation: &Evaluation) -> String {
    let store = &evaluation.store;
    let mut out = String::new();
    for instance in &evaluation.instances {
        out.push_str(&format!("{} = {}", instance.info.address, show(store, &instance.values)));
        if !instance.exists.is_true() {
            out.push_str(&format!(" exists when {}", store.describe(instance.exists)));
        }
        out.push('\n');
    }
    for (name, value) in &evaluation.outputs {
        out.push_str(&format!("output {name} = {}\n", show(store, value)));
    }
    for diagnostic in &evaluation.diagnostics {
        out.push_str(&format!("{:?} {}: {}\n", diagnostic.severity, diagnostic.code, diagnostic.message));
    }
    out
}

#[test]
fn terraform_resources() {
    let evaluation = terraform(&[(
        "main.tf",
        r#"
variable "public" { type = bool }
variable "env" { type = string }
variable "names" { type = set(string) }
variable "rules" {
  type    = list(object({ port = number, open = optional(bool, true) }))
  default = [{ port = 80 }, { port = "443", open = false }]
}
locals {
  prefix = "x-${var.env}"
  tags   = merge({ a = 1 }, var.env == "prod" ? { critical = "yes" } : {})
}
resource "aws_s3_bucket" "b" {
  count  = var.public ? 1 : 0
  bucket = "${local.prefix}-logs"
  acl    = var.env == "prod" ? "private" : "public-read"
  tags   = local.tags
}
resource "aws_s3_bucket_policy" "p" {
  for_each = { for b in aws_s3_bucket.b : "k" => b }
  bucket   = each.value.id
  policy   = jsonencode({ Statement = [{ Resource = "${each.value.arn}/*" }] })
}
resource "aws_security_group" "g" {
  for_each = toset(["a", "b"])
  name     = each.key
  dynamic "ingress" {
    for_each = [for r in var.rules : r if r.open]
    content {
      from_port   = ingress.value.port
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
resource "aws_sns_topic" "t" {
  for_each = var.names
  name     = each.value
}
output "ids" { value = aws_s3_bucket.b[*].arn }
output "one" { value = one(aws_s3_bucket.b[*].bucket) }
output "try" { value = try(aws_s3_bucket.b[0].bucket, "none") }
output "g" { value = aws_security_group.g["a"].name }
"#,
    )]);
    insta::assert_snapshot!(listing(&evaluation));
}

#[test]
fn cloudformation_resources() {
    let evaluation = template(
        r#"
Parameters:
  Env: { Type: String, AllowedValues: [dev, prod, test], Default: dev }
  Name: { Type: String, Default: logs }
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Equals [!Ref Env, dev]
  Small: !Or [!Condition IsDev, !Equals [!Ref Env, test]]
Mappings:
  Sizes:
    dev: { Size: 1 }
    prod: { Size: 100 }
    test: { Size: 2 }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: IsProd
    Properties:
      BucketName: !Sub "${Name}-${AWS::Region}-${Env}"
      AccessControl: !If [IsProd, Private, !Ref AWS::NoValue]
      Tags:
        - !If [Small, { Key: small, Value: "1" }, !Ref AWS::NoValue]
        - { Key: size, Value: !FindInMap [Sizes, !Ref Env, Size] }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Resource: !Join ["", [!GetAtt Bucket.Arn, "/*"]]
Outputs:
  Arn: { Value: !GetAtt Bucket.Arn, Condition: IsProd }
"#,
    );
    insta::assert_snapshot!(listing(&evaluation));
}

#[test]
fn modules_and_cycles() {
    let evaluation = terraform(&[
        (
            "main.tf",
            r#"
module "m" {
  source   = "./m"
  for_each = { a = "one", b = "two" }
  name     = each.value
  next     = "n"
}
locals {
  x = local.y
  y = "${local.z}"
  z = local.x
  ok = "fine"
}
resource "aws_sns_topic" "t" {
  name   = module.m["b"].id
  policy = local.x
  display_name = local.ok
}
output "all" { value = { for k, m in module.m : k => m.upper } }
"#,
        ),
        (
            "m/main.tf",
            r#"
variable "name" {}
variable "next" { default = null }
variable "size" { default = 3 }
resource "aws_sqs_queue" "q" {
  name = "${var.name}-${var.next}"
  delay_seconds = var.size
  kms_master_key_id = null
}
output "id" { value = aws_sqs_queue.q.id }
output "upper" { value = "q ${aws_sqs_queue.q.name}" }
"#,
        ),
    ]);
    insta::assert_snapshot!(listing(&evaluation));
}
