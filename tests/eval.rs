//! Evaluating small programs in both languages, written as source.

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

use masugata::eval::{Data, Evaluation, Guard, Inputs, Part, Store, Value, evaluate, evaluate_with};
use masugata::program::Program;
use masugata::source::Loader;
use masugata::{cloudformation, terraform};

use common::loader;

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

/// Programs that are too deep or too large: an answer and one diagnostic that names the budget.
#[test]
fn budgets() {
    use std::fmt::Write;
    let errors = |source: &str| {
        let evaluation = terraform(&[("main.tf", source)]);
        let messages: Vec<String> = evaluation.diagnostics.iter().map(|d| d.message.clone()).collect();
        (evaluation, messages)
    };
    // Long chains of locals are no problem.
    let mut source = String::from("locals {\n  l0 = \"x\"\n");
    for i in 1..20_000 {
        writeln!(source, "  l{i} = \"${{local.l{}}}\"", i - 1).expect("a string");
    }
    source.push_str("}\noutput \"o\" { value = local.l19999 }\n");
    let (evaluation, messages) = errors(&source);
    assert_eq!(messages, Vec::<String>::new());
    assert_eq!(evaluation.outputs["o"].as_str().map(|s| s.as_str()), Some("x"));
    // Neither are long chains of resources, from the far end.
    let mut source = String::new();
    for i in 0..30_000 {
        writeln!(source, "resource \"x_y\" \"r{i}\" {{ a = x_y.r{}.a }}", i + 1).expect("a string");
    }
    source.push_str("resource \"x_y\" \"r30000\" { a = \"x\" }\n");
    let (evaluation, messages) = errors(&source);
    assert_eq!(messages, Vec::<String>::new());
    let first = evaluation.instances[0].values.as_map().and_then(|m| m.get("a")).expect("an argument");
    assert_eq!(first.value.as_str().map(|s| s.as_str()), Some("x"));
    // Those of a block's instances are: what lies beyond is unknown.
    let (evaluation, messages) = errors(
        "resource \"x_y\" \"r\" {\n  count = 9999\n  a = count.index == 9998 ? \"x\" : upper(lower(trimspace(chomp(x_y.r[count.index + 1].a))))\n}\n",
    );
    assert_eq!(evaluation.instances.len(), 9_999);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].starts_with("evaluation budget exceeded: expressions refer to each other"),
        "{messages:?}"
    );
    // Counts and products; what stands beside them is as it is alone.
    let (evaluation, messages) = errors(
        "resource \"x_y\" \"many\" {\n  count = 10000000\n  a = \"m\"\n}\nresource \"x_y\" \"ok\" { a = \"fine\" }\n",
    );
    assert_eq!(evaluation.instances.len(), 2);
    assert_eq!(
        messages,
        ["evaluation budget exceeded: `count` is 10000000, at most 10000 instances are made"]
    );
    let (_, messages) = errors(
        "locals {\n  r = range(1000)\n  p = setproduct(local.r, local.r, local.r)\n}\noutput \"o\" { value = length(local.p) }\n",
    );
    assert_eq!(messages, ["evaluation budget exceeded: `setproduct` makes more than 100000 combinations"]);
    // Many conditions on many inputs stay apart, in whatever order they are declared.
    let mut source = String::new();
    for i in 0..60 {
        writeln!(source, "variable \"v{i}\" {{ type = bool }}").expect("a string");
    }
    let pairs: Vec<String> = (0..30).map(|i| format!("(var.v{i} && var.v{})", 59 - i)).collect();
    writeln!(source, "resource \"x_y\" \"r\" {{ count = {} ? 1 : 0 }}", pairs.join(" || "))
        .expect("a string");
    let (evaluation, messages) = errors(&source);
    assert_eq!(messages, Vec::<String>::new());
    assert!(!evaluation.store.is_opaque(evaluation.instances[0].exists));
}

/// Parses an expression as it would stand in the root module.
fn expression(loader: &Loader, program: &Program, text: &str) -> Option<masugata::program::Expr> {
    use masugata::program::{Mode, Root, hcl};
    let file = loader.sources().add("<console>", text);
    let tree = masugata::syntax::hcl::parse_expression(file, 0, u32::MAX);
    if !tree.errors.is_empty() {
        return None;
    }
    let module = program.module(program.root)?;
    let names = |t: hcl::Traversal<'_>| -> (Root, usize) {
        let first = t.steps.first().copied().unwrap_or("");
        match t.name {
            "var" if module.inputs.contains_key(first) => (Root::Input(first.into()), 1),
            "local" if module.locals.contains_key(first) => (Root::Local(first.into()), 1),
            "path" | "terraform" => (Root::Named(format!("{}.{first}", t.name).into()), 1),
            "each" if first == "key" => (Root::EachKey, 1),
            "count" => (Root::CountIndex, 1),
            name => {
                let declared = module.resources.iter().any(|r| r.type_name == name && r.name == first);
                let root = if declared {
                    Root::Resource { mode: Mode::Managed, type_name: name.into(), name: first.into() }
                } else {
                    Root::Undeclared(name.into())
                };
                (root, 1)
            }
        }
    };
    let mut reader = hcl::Reader::new(&tree, names);
    Some(reader.expr(tree.child(tree.root(), 0)?))
}

/// What `terraform console` 1.11.4 answers, recorded: expression, answer (JSON, `error`, `unknown`, or `text` and what
/// it prints), and whether it is sensitive.
#[test]
fn terraform_console_agrees() {
    let table = include_str!("eval_console/terraform-1.11.4.tsv");
    // Where we differ, and why.
    let exceptions: &[(&str, &str)] = &include!("eval_console/exceptions.in");
    let loader = loader(&[
        (
            "main.tf",
            r#"
variable "unset_str" {
  type    = string
  default = null
}
variable "s" {
  type    = string
  default = "hello"
}
variable "secret" {
  type      = string
  sensitive = true
  default   = "pw"
}
variable "obj" {
  type    = object({ a = string, b = optional(number, 7), c = optional(string) })
  default = { a = "x" }
}
locals {
  l    = ["a", "b", "c"]
  m    = { a = 1, b = 2 }
  objs = [{ id = "i1", n = [1, 2] }, { id = "i2", n = [3] }]
  nul  = null
}
resource "terraform_data" "u" { input = "known-input" }
resource "terraform_data" "c" {
  count = 2
  input = count.index
}
resource "terraform_data" "f" {
  for_each = toset(["x", "y"])
  input    = each.key
}
"#,
        ),
        ("f.txt", "abc\n"),
        ("t.tftpl", "Hello, ${name}!%{ for x in xs ~} ${x}%{ endfor ~}\n"),
    ]);
    let program = terraform_program(&loader);
    let rows: Vec<(String, &str, bool)> = table
        .lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let expr = serde_json::from_str(fields.next().expect("an expression")).expect("a string");
            (expr, fields.next().expect("an answer"), fields.next() == Some("sensitive"))
        })
        .collect();
    let mut failures = Vec::new();
    let mut excused = 0;
    let exprs: Vec<_> = rows.iter().map(|(text, ..)| expression(&loader, &program, text)).collect();
    let parsed: Vec<_> = exprs.iter().flatten().cloned().collect();
    let (evaluation, outcomes) =
        evaluate_with(&program, &Inputs::default(), Arc::clone(loader.sources()), Some(&loader), &parsed);
    let store = &evaluation.store;
    let mut outcomes = outcomes.into_iter();
    for ((text, answer, sensitive), expr) in rows.iter().zip(&exprs) {
        let outcome = expr.as_ref().map(|_| outcomes.next().expect("an outcome"));
        let ours = match &outcome {
            None => "error (syntax)".to_owned(),
            Some(Err(failure)) => format!("error {}", failure.message()),
            Some(Ok(value)) => {
                let failed = matches!(value.data, Data::Unknown(id) if matches!(
                    store.unknown_info(id).kind,
                    masugata::eval::UnknownKind::Reason { .. } | masugata::eval::UnknownKind::Failed { .. }
                ));
                if failed {
                    format!("error {}", show(store, value))
                } else {
                    match store.json_text(value) {
                        Some(json) => json,
                        None => format!("unknown {}", show(store, value)),
                    }
                }
            }
        };
        let agrees = match *answer {
            "error" => ours.starts_with("error"),
            // What Terraform can't tell we may know (`false && x`).
            "unknown" => !ours.starts_with("error"),
            answer if answer.starts_with("text ") => !ours.starts_with("error"),
            answer => ours == answer,
        };
        let secret =
            outcome.and_then(Result::ok).is_some_and(|value| store.is_sensitive(store.deep_marks(&value)));
        let agrees = agrees && (secret || !sensitive);
        let excuse = exceptions.iter().find(|(expr, _)| expr == text);
        match (agrees, excuse) {
            (true, None) => {}
            (false, Some(_)) => excused += 1,
            (false, None) => failures.push(format!("{text}\n  terraform: {answer}\n  masugata:  {ours}")),
            (true, Some(_)) => failures.push(format!("{text} agrees: take it off the list of exceptions")),
        }
    }
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), rows.len(), failures.join("\n"));
    assert_eq!(excused, exceptions.len());
}

/// `tests/policy_documents`: what Terraform planned for 66 documents, to the byte.
#[test]
fn policy_documents_are_rendered_as_the_provider_does() {
    let loader = loader(&[("main.tf", include_str!("policy_documents/main.tf"))]);
    let program = terraform_program(&loader);
    let (evaluation, _) =
        evaluate_with(&program, &Inputs::default(), Arc::clone(loader.sources()), Some(&loader), &[]);
    let messages: Vec<_> = evaluation.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, Vec::<&str>::new());
    let expected: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(include_str!("policy_documents/expected.json")).expect("JSON");
    let ours = evaluation.outputs.get("documents").and_then(Value::as_map).expect("an object");
    let mut failures = Vec::new();
    for (name, expected) in &expected {
        let ours = &ours.get(name).expect("a document").value;
        let text = evaluation.store.string_of(ours).map(|t| t.to_string());
        let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
        // The provider writes statements of foreign documents in its own order; what recorded this kept theirs.
        let foreign = ["d42", "d43", "d66"].contains(&name.as_str());
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let same_content = || foreign && text.as_deref().and_then(parsed) == parsed(&expected);
        if text.as_deref() != Some(expected.as_str()) && !same_content() {
            let text = text.unwrap_or_else(|| show(&evaluation.store, ours));
            failures.push(format!("{name}\n  terraform: {expected}\n  masugata:  {text}"));
        }
    }
    assert!(expected.len() >= 66);
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

/// What data sources give by themselves.
#[test]
fn data_sources_give_what_the_configuration_decides() {
    let evaluation = terraform(&[
        (
            "main.tf",
            r#"
provider "aws" {
  region = "eu-west-1"
  default_tags { tags = { team = "a" } }
}
provider "aws" {
  alias  = "cn"
  region = "cn-north-1"
}
provider "aws" { alias = "open" }
data "aws_region" "r" {}
data "aws_region" "cn" { provider = aws.cn }
data "aws_region" "open" { provider = aws.open }
data "aws_partition" "p" {}
data "aws_partition" "cn" { provider = aws.cn }
data "aws_partition" "open" { provider = aws.open }
data "aws_caller_identity" "me" {}
data "aws_availability_zones" "z" { state = "available" }
data "aws_default_tags" "t" {}
data "template_file" "t" {
  template = file("t.tpl")
  vars     = { name = "x", id = data.aws_caller_identity.me.account_id }
}
locals { zones = slice(data.aws_availability_zones.z.names, 0, 2) }
output "region" { value = [data.aws_region.r.name, data.aws_region.r.region, data.aws_region.cn.id, data.aws_region.open.name] }
output "partition" { value = [data.aws_partition.p.partition, data.aws_partition.p.dns_suffix, data.aws_partition.cn.partition, data.aws_partition.open.partition] }
output "arn" { value = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
output "same" { value = data.aws_caller_identity.me.account_id == data.aws_caller_identity.me.id }
output "zones" { value = length(local.zones) }
output "subnets" { value = [for i, z in local.zones : cidrsubnet("10.0.0.0/16", 8, i)] }
output "tags" { value = data.aws_default_tags.t.tags }
output "rendered" { value = data.template_file.t.rendered }
output "cwd" { value = [basename(path.cwd), basename(abspath(path.module)), abspath(path.root) == path.cwd] }
output "code" { value = filebase64sha256("missing.zip") }
"#,
        ),
        ("t.tpl", "hello ${name} of ${id}"),
    ]);
    insta::assert_snapshot!(listing(&evaluation));
}

#[test]
fn a_cycle_that_nobody_asks_for_is_an_error_too() {
    let evaluation = terraform(&[(
        "main.tf",
        "locals {\n  a = local.b\n  b = \"${local.a}\"\n  c = local.a\n  d = local.d\n  e = \"fine\"\n}\n",
    )]);
    let said: Vec<_> = evaluation.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "`local.a` depends on itself: `local.a` needs `local.b` needs `local.a`",
            "`local.d` depends on itself: `local.d` needs `local.d`"
        ]
    );
}
