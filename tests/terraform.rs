//! Terraform configurations from disk to programs: what is read, what is reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use masugata::program::{
    CallSource, Domain, Expr, ExprKind, Literal, Mode, Program, Quantity, Repeat, Root, TemplatePart,
    TypeExpr,
};
use masugata::source::{Diagnostic, Loader};
use masugata::terraform::{Modules, Supplied, inputs, major_range, plan};

/// A loader over files that only exist in memory, under `/repo`.
fn loader(files: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new("/repo");
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    loader
}

fn program(files: &[(&str, &str)]) -> (Loader, Program) {
    let loader = loader(files);
    let program = Modules::new().program(&loader, Path::new("/repo"));
    (loader, program)
}

/// `path:line: code: message [help]`.
fn shown(loader: &Loader, diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| {
            let place = d.span.and_then(|s| {
                let file = loader.sources().get(s.file)?;
                Some(format!("{}:{}", file.path.display(), file.position(s.start).line))
            });
            let help = d.help.as_ref().map(|h| format!(" [{h}]")).unwrap_or_default();
            format!("{}: {}: {}{help}", place.unwrap_or_default(), d.code, d.message)
        })
        .collect()
}

/// A program's expression as text: what matters of it, without places.
fn text(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(text).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(Literal::String(s)) => format!("{:?}", s.as_str()),
        ExprKind::Literal(Literal::Bool(b)) => b.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Int(n))) => n.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Decimal(d))) => d.to_string(),
        ExprKind::Literal(other) => format!("{other:?}"),
        ExprKind::Template(parts) => format!("T[{}]", template(parts)),
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::Object(items) => {
            let items: Vec<_> =
                items.iter().map(|i| format!("{} = {}", text(&i.key), text(&i.value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        ExprKind::Root(root) => match root {
            Root::Input(n) => format!("var.{n}"),
            Root::Local(n) => format!("local.{n}"),
            Root::Resource { mode: Mode::Managed, type_name, name } => format!("{type_name}.{name}"),
            Root::Resource { type_name, name, .. } => format!("data.{type_name}.{name}"),
            Root::Module(n) => format!("module.{n}"),
            Root::Bound(n) => format!("<{n}>"),
            Root::Named(n) => format!("named {n}"),
            Root::Undeclared(n) => format!("undeclared {n}"),
            other => format!("{other:?}"),
        },
        ExprKind::Attr(of, name) => format!("{}.{name}", text(of)),
        ExprKind::Index(of, index) => format!("{}[{}]", text(of), text(index)),
        ExprKind::Splat(of, each) => format!("splat({}, {})", text(of), text(each)),
        ExprKind::Conditional(c, a, b) => format!("({} ? {} : {})", text(c), text(a), text(b)),
        ExprKind::Binary(op, a, b) => format!("({op:?} {} {})", text(a), text(b)),
        ExprKind::Unary(op, a) => format!("({op:?} {})", text(a)),
        ExprKind::Call { name, args, expand, .. } => {
            format!("{name}({}{})", list(args), if *expand { "..." } else { "" })
        }
        ExprKind::For(f) => {
            let key = f.key_name.as_ref().map(|k| format!("{k}, ")).unwrap_or_default();
            let out = match &f.key {
                Some(k) => {
                    format!("{} => {}{}", text(k), text(&f.value), if f.grouping { "..." } else { "" })
                }
                None => text(&f.value),
            };
            let condition = f.condition.as_ref().map(|c| format!(" if {}", text(c))).unwrap_or_default();
            format!("for({key}{} in {} : {out}{condition})", f.value_name, text(&f.collection))
        }
        ExprKind::Unknown(why) => format!("unknown({why})"),
    }
}

fn template(parts: &[TemplatePart]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(t, _) => format!("{:?}", t.as_str()),
            TemplatePart::Interpolation(e) => text(e),
            TemplatePart::If(c, yes, no) => format!("if {} [{}] [{}]", text(c), template(yes), template(no)),
            TemplatePart::For(head, body) => {
                let key = head.0.as_ref().map(|k| format!("{k}, ")).unwrap_or_default();
                format!("for {key}{} in {} [{}]", head.1, text(&head.2), template(body))
            }
        })
        .collect();
    parts.join(" ")
}

/// The locals of a single file.
fn locals(source: &str) -> BTreeMap<String, String> {
    let (_, program) = program(&[("main.tf", &format!("locals {{\n{source}\n}}\n"))]);
    let root = program.module(program.root).unwrap();
    root.locals.iter().map(|(n, l)| (n.to_string(), text(&l.value))).collect()
}

fn local(source: &str) -> String {
    locals(&format!("x = {source}"))["x"].clone()
}

/// Small configurations with the lines where `terraform validate` 1.11.4 reports errors.
#[rustfmt::skip]
const VALIDATE: &[(&str, &str, &[u32])] = &[
    ("valid", r#"variable "a" {
  type = string
}
locals {
  b = "${var.a}-x"
}
output "c" {
  value = local.b
}
"#, &[]),
    ("undeclared variable", r#"output "c" {
  value = var.nmae
}
variable "name" {}
"#, &[2]),
    ("undeclared local", r#"locals {
  region = "x"
}
output "c" {
  value = local.regoin
}
"#, &[5]),
    ("undeclared resource", r#"output "c" {
  value = terraform_data.b.id
}
resource "terraform_data" "a" {}
"#, &[2]),
    ("undeclared data", r#"output "c" {
  value = data.terraform_remote_state.b.outputs
}
"#, &[2]),
    ("undeclared module", r#"output "c" {
  value = module.b.x
}
"#, &[2]),
    ("bare word", r#"output "c" {
  value = private
}
"#, &[2]),
    ("duplicate resource", r#"resource "terraform_data" "a" {}
resource "terraform_data" "a" {}
"#, &[2]),
    ("duplicate variable", r#"variable "a" {}
variable "a" {}
"#, &[2]),
    ("duplicate local", r#"locals {
  a = 1
}
locals {
  a = 2
}
"#, &[5]),
    ("duplicate output", r#"output "a" {
  value = 1
}
output "a" {
  value = 2
}
"#, &[4]),
    ("unknown block", r#"resuorce "terraform_data" "a" {}
"#, &[1]),
    ("missing label", r#"resource "terraform_data" {}
"#, &[1]),
    ("for names are bound", r#"output "c" {
  value = [for k, v in { a = 1 } : "${k}=${v}" if v != null]
}
"#, &[]),
    ("bound outside", r#"output "c" {
  value = [[for v in [1] : v], v]
}
"#, &[2]),
    ("template for", r#"output "c" {
  value = "%{for x in [1]}${x}%{endfor}"
}
"#, &[]),
    ("provisioner words", r#"resource "terraform_data" "a" {
  provisioner "local-exec" {
    when       = destroy
    on_failure = continue
    command    = "echo ${self.id}"
  }
}
"#, &[]),
    ("ignore all", r#"resource "terraform_data" "a" {
  lifecycle {
    ignore_changes = all
  }
}
"#, &[]),
    ("quoted depends_on", r#"resource "terraform_data" "a" {}
resource "terraform_data" "b" {
  depends_on = [terraform_data.a]
}
"#, &[]),
    ("count and for_each", r#"resource "terraform_data" "a" {
  count    = 1
  for_each = {}
}
"#, &[3]),
    ("splat", r#"resource "terraform_data" "a" {
  count = 2
}
output "c" {
  value = terraform_data.a[*].id
}
"#, &[]),
    ("resource prefix", r#"resource "terraform_data" "a" {}
output "c" {
  value = resource.terraform_data.a.id
}
"#, &[]),
    ("moved", r#"resource "terraform_data" "a" {}
moved {
  from = terraform_data.old
  to   = terraform_data.a
}
"#, &[]),
    ("removed", r#"removed {
  from = terraform_data.old
  lifecycle {
    destroy = false
  }
}
"#, &[]),
    ("import", r#"resource "terraform_data" "a" {}
import {
  to = terraform_data.a
  id = "x"
}
"#, &[]),
    ("bad type", r#"variable "a" {
  type = strng
}
"#, &[2]),
    ("optional type", r#"variable "a" {
  type = object({ x = optional(list(string), ["y"]), z = number })
}
"#, &[]),
    ("validation of itself", r#"variable "a" {
  type = string
  validation {
    condition     = contains(["x", "y"], var.a)
    error_message = "Must be x or y."
  }
}
"#, &[]),
    ("self outside", r#"output "c" {
  value = var
}
"#, &[2]),
    ("path attributes", r#"output "c" {
  value = "${path.module} ${path.root} ${path.cwd} ${terraform.workspace}"
}
"#, &[]),
    ("path unknown", r#"output "c" {
  value = path.home
}
"#, &[2]),
    ("terraform block", r#"terraform {
  required_version = ">= 1.0"
  backend "local" {}
}
"#, &[]),
    ("lifecycle words", r#"resource "terraform_data" "a" {
  input = 1
  lifecycle {
    ignore_changes        = [input, triggers_replace[0]]
    replace_triggered_by  = [terraform_data.b]
    create_before_destroy = true
  }
}
resource "terraform_data" "b" {}
"#, &[]),
];

#[test]
fn diagnostics_are_where_terraform_validate_has_errors() {
    for (name, source, lines) in VALIDATE {
        let (loader, program) = program(&[("main.tf", source)]);
        let mut found: Vec<u32> = program
            .diagnostics
            .iter()
            .map(|d| {
                let span = d.span.unwrap();
                loader.sources().get(span.file).unwrap().position(span.start).line
            })
            .collect();
        found.dedup();
        assert_eq!(found, *lines, "{name}: {:?}", program.diagnostics);
    }
}

#[test]
fn what_is_not_declared_is_named_once_with_the_nearest_name() {
    let (loader, program) = program(&[
        (
            "main.tf",
            r#"variable "environment" {}
resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.enviroment}-${var.enviroment}"
}
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bukcet.logs.id
  policy = data.aws_iam_policy_document.logs.json
}
module "a" {
  source = "./a"
  nmae   = "x"
}
module "gone" {
  source = "./gone"
}
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "~> 5.0"
}
output "x" {
  value = [module.a.idd, module.a.idd, module.vpc.anything, private]
}
"#,
        ),
        ("a/main.tf", "variable \"name\" {}\noutput \"id\" {\n  value = var.name\n}\n"),
    ]);
    insta::assert_snapshot!(shown(&loader, &program.diagnostics).join("\n"));
}

#[test]
fn expressions() {
    for (source, expected) in [
        ("var.a.b[0].c", "undeclared var.a.b[0].c"),
        ("1 + 2 * 3 - 4", "(Sub (Add 1 (Mul 2 3)) 4)"),
        ("!(true && false) ? -1 : 1.50", "((Not (And true false)) ? (Neg 1) : 1.50)"),
        (
            "{ a = 1, \"b\" : 2, (local.x) = 3, null = 4, \"${local.x}c\" = 5 }",
            "{\"a\" = 1, \"b\" = 2, local.x = 3, \"null\" = 4, T[local.x \"c\"] = 5}",
        ),
        ("[for i, v in local.x : upper(v) if i > 0]", "for(i, v in local.x : upper(<v>) if (Gt <i> 0))"),
        ("{ for v in local.x : v => 1... }", "for(v in local.x : <v> => 1...)"),
        ("[for v in [for v in local.x : v.a] : v.b]", "for(v in for(v in local.x : <v>.a) : <v>.b)"),
        ("local.x[*].a[0].b", "splat(local.x, <*>.a[0].b)"),
        ("local.x.*.a[0]", "splat(local.x, <*>.a)[0]"),
        ("local.x[*].a[*].b", "splat(local.x, splat(<*>.a, <*>.b))"),
        ("local.x[*]", "splat(local.x, <*>)"),
        ("local.x.0.a.0.1", "local.x[0].a[0][1]"),
        ("max(local.x...)", "max(local.x...)"),
        ("provider::aws::arn_parse(\"x\")", "provider::aws::arn_parse(\"x\")"),
        ("\"${local.x}\"", "local.x"),
        ("\"a$${b}%%{c}\\n\\u00e9\\\"\"", "\"a${b}%{c}\\né\\\"\""),
        ("\"a${local.x}b\"", "T[\"a\" local.x \"b\"]"),
        ("\"a ${~ local.x ~} b\"", "T[\"a\" local.x \"b\"]"),
        ("\"%{ if true }a%{ else }b%{ endif }c\"", "T[if true [\"a\"] [\"b\"] \"c\"]"),
        ("\"%{ for k, v in local.x }${k}%{ endfor }\"", "T[for k, v in local.x [<k>]]"),
        ("\"\"", "\"\""),
        ("path.module", "named path.module"),
        ("(local.x).y", "local.x.y"),
        ("each.value.a", "EachValue.a"),
        ("9223372036854775808", "9223372036854775808"),
    ] {
        assert_eq!(local(source), expected, "{source}");
    }
}

/// What `terraform console` 1.11.4 answers for these.
#[test]
fn heredocs() {
    let found = locals(
        "  a = <<-EOT\n    %{ if true ~}\n      foo\n    %{ endif ~}\n    bar\n  EOT\n  b = <<-EOT\n      x\n\n    ${1}\n      z\n    EOT\n  d = <<EOT\n  x\n${2}\nEOT\n  f = <<-EOT\n   \n    q\n   w\n    EOT\n  g = <<EOT\nEOT",
    );
    assert_eq!(found["a"], r#"T[if true ["      foo\n"] [] "    bar\n"]"#);
    assert_eq!(found["b"], r#"T["  x\n\n" 1 "\n  z\n"]"#);
    assert_eq!(found["d"], r#"T["  x\n" 2 "\n"]"#);
    assert_eq!(found["f"], r#""   \n q\nw\n""#);
    assert_eq!(found["g"], r#""""#);
}

#[test]
fn json_syntax_says_the_same_as_native_syntax() {
    let native = r#"
variable "env" {
  type      = map(object({ a = optional(string, "x") }))
  default   = {}
  sensitive = true
}
locals {
  suffix = "a\"b"
}
resource "aws_s3_bucket" "b" {
  for_each   = var.env
  provider   = aws.eu
  bucket     = "x-${each.key}-${local.suffix}"
  tags       = { Name = "${upper("n")}", n = 1 }
  depends_on = [aws_iam_role.r]
  lifecycle {
    ignore_changes = [tags, bucket]
  }
  dynamic "cors_rule" {
    for_each = each.value
    iterator = rule
    content {
      allowed_methods = rule.value
    }
  }
}
resource "aws_iam_role" "r" {}
data "aws_region" "r" {
  provider = aws.eu
}
provider "aws" {
  alias  = "eu"
  region = "eu-west-1"
}
module "m" {
  source    = "./m"
  providers = { aws = aws.eu }
  x         = [data.aws_region.r.name]
}
output "o" {
  value = module.m.y
}
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"#;
    let json = r#"{
  "//": "a comment",
  "variable": {"env": {"type": "map(object({ a = optional(string, \"x\") }))", "default": {}, "sensitive": true}},
  "locals": {"suffix": "a\"b"},
  "resource": {
    "aws_s3_bucket": {
      "b": {
        "for_each": "${var.env}",
        "provider": "aws.eu",
        "bucket": "x-${each.key}-${local.suffix}",
        "tags": {"Name": "${upper(\"n\")}", "n": 1},
        "depends_on": ["aws_iam_role.r"],
        "lifecycle": {"ignore_changes": ["tags", "bucket"]},
        "dynamic": {"cors_rule": {
          "for_each": "${each.value}", "iterator": "rule", "content": {"allowed_methods": "${rule.value}"}
        }}
      }
    },
    "aws_iam_role": {"r": {}}
  },
  "data": {"aws_region": {"r": {"provider": "aws.eu"}}},
  "provider": {"aws": [{"alias": "eu", "region": "eu-west-1"}]},
  "module": {"m": {"source": "./m", "providers": {"aws": "aws.eu"}, "x": ["${data.aws_region.r.name}"]}},
  "output": {"o": {"value": "${module.m.y}"}},
  "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.0"}}}
}"#;
    let called = ("m/main.tf", "variable \"x\" {}\noutput \"y\" {\n  value = var.x\n}\n");
    let (_, from_native) = program(&[("main.tf", native), called]);
    let (_, from_json) = program(&[("main.tf.json", json), called]);
    assert_eq!(from_native.diagnostics, []);
    assert_eq!(from_json.diagnostics, []);
    let outline = outline(&from_native);
    assert_eq!(outline, self::outline(&from_json));
    insta::assert_snapshot!(outline);
}

/// A program's root as text.
fn outline(program: &Program) -> String {
    use std::fmt::Write;
    let root = program.module(program.root).unwrap();
    let mut out = String::new();
    let repeat = |r: &Repeat| match r {
        Repeat::One => "one".to_owned(),
        Repeat::Count(e) => format!("count {}", text(e)),
        Repeat::ForEach(e) => format!("for_each {}", text(e)),
        Repeat::Condition(e) => format!("if {}", text(e)),
        Repeat::Key(k) => format!("key {k:?}"),
    };
    fn body(out: &mut String, indent: usize, of: &masugata::program::Body) {
        for a in &of.attributes {
            writeln!(out, "{:indent$}{} = {}", "", a.name, text(&a.value)).unwrap();
        }
        for b in &of.blocks {
            let dynamic = b.dynamic.as_ref().map(|d| format!(" for {} in {}", d.iterator, text(&d.for_each)));
            writeln!(out, "{:indent$}{} {:?}{}", "", b.name, b.labels, dynamic.unwrap_or_default()).unwrap();
            body(out, indent + 2, &b.body);
        }
    }
    for input in root.inputs.values() {
        let default = input.default.as_ref().map(text);
        writeln!(
            out,
            "variable {} {:?} {default:?} sensitive={} {:?}",
            input.name,
            kind(input.type_expr.as_ref()),
            input.sensitive,
            input.domain
        )
        .unwrap();
    }
    for local in root.locals.values() {
        writeln!(out, "local {} = {}", local.name, text(&local.value)).unwrap();
    }
    for r in &root.resources {
        writeln!(
            out,
            "{:?} {}.{} {} provider={:?} depends_on={:?}",
            r.mode,
            r.type_name,
            r.name,
            repeat(&r.repeat),
            r.provider,
            r.depends_on.iter().map(text).collect::<Vec<_>>()
        )
        .unwrap();
        body(&mut out, 2, &r.body);
        body(&mut out, 2, &r.meta);
    }
    for c in root.calls.values() {
        writeln!(
            out,
            "module {} {} providers={:?} loaded={}",
            c.name,
            repeat(&c.repeat),
            c.providers,
            matches!(c.source, CallSource::Loaded(_))
        )
        .unwrap();
        for a in &c.arguments {
            writeln!(out, "  {} = {}", a.name, text(&a.value)).unwrap();
        }
    }
    for o in root.outputs.values() {
        writeln!(out, "output {} = {}", o.name, text(&o.value)).unwrap();
    }
    for p in &root.providers {
        writeln!(out, "provider {} {:?}", p.name, p.alias).unwrap();
        body(&mut out, 2, &p.body);
    }
    writeln!(out, "{:?}", root.required_providers).unwrap();
    out
}

/// A type constraint without the places in its defaults.
fn kind(t: Option<&TypeExpr>) -> String {
    match t {
        None => "-".into(),
        Some(TypeExpr::List(t)) => format!("list({})", kind(Some(t))),
        Some(TypeExpr::Set(t)) => format!("set({})", kind(Some(t))),
        Some(TypeExpr::Map(t)) => format!("map({})", kind(Some(t))),
        Some(TypeExpr::Tuple(ts)) => {
            format!("tuple({})", ts.iter().map(|t| kind(Some(t))).collect::<Vec<_>>().join(", "))
        }
        Some(TypeExpr::Object(fields)) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|f| {
                    let default = f.default.as_ref().map(|d| format!(" = {}", text(d))).unwrap_or_default();
                    format!(
                        "{}{}: {}{default}",
                        f.name,
                        if f.optional { "?" } else { "" },
                        kind(Some(&f.type_expr))
                    )
                })
                .collect();
            format!("object({})", fields.join(", "))
        }
        Some(other) => format!("{other:?}").to_lowercase(),
    }
}

/// Walks a tree of real configurations (`MASUGATA_CORPUS`, several separated by `:`) and prints what is reported.
#[test]
fn corpus() {
    let Ok(corpus) = std::env::var("MASUGATA_CORPUS") else { return };
    let loader = Loader::new(std::env::current_dir().unwrap());
    let modules = Modules::new();
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut todo: Vec<PathBuf> = corpus.split(':').map(PathBuf::from).collect();
    while let Some(directory) = todo.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let mut terraform = false;
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "tf") {
                terraform = true;
            }
        }
        if terraform {
            directories.push(directory);
        }
    }
    directories.sort();
    let start = std::time::Instant::now();
    let roots = modules.roots(&loader, &directories);
    println!("{} directories, {} roots, read in {:?}", directories.len(), roots.len(), start.elapsed());
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for root in &roots {
        let program = modules.program(&loader, root);
        for diagnostic in program.diagnostics {
            if !all.contains(&diagnostic) {
                *by_code.entry(diagnostic.code).or_default() += 1;
                all.push(diagnostic);
            }
        }
    }
    println!("linked after {:?}", start.elapsed());
    all.retain(|d| d.code != "module-not-installed");
    for line in shown(&loader, &all) {
        println!("{line}");
    }
    println!("{by_code:?}");
}

#[test]
fn override_files_are_merged() {
    let (_, program) = program(&[
        (
            "main.tf",
            r#"
variable "env" {
  type    = string
  default = "dev"
}
locals {
  a = 1
  b = 2
}
resource "aws_instance" "web" {
  ami   = "a"
  count = 1
  ebs_block_device {
    device_name = "x"
  }
  ebs_block_device {
    device_name = "y"
  }
  root_block_device {
    encrypted = false
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [ami]
  }
}
output "o" {
  value = local.a
}
"#,
        ),
        ("b_override.tf", "resource \"aws_instance\" \"web\" {\n  instance_type = \"second\"\n}\n"),
        (
            "a_override.tf",
            r#"
variable "env" {
  default = "prod"
}
locals {
  b = 3
}
resource "aws_instance" "web" {
  ami           = "b"
  count         = 2
  instance_type = "first"
  ebs_block_device {
    device_name = "z"
  }
  lifecycle {
    prevent_destroy = false
  }
}
"#,
        ),
        ("override.tf.json", r#"{"output": {"o": {"value": "${local.b}"}}}"#),
        ("c_override.tf", "output \"p\" {\n  value = 1\n}\n"),
    ]);
    let codes: Vec<_> = program.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["nothing-to-override"]);
    insta::assert_snapshot!(outline(&program));
}

#[test]
fn what_a_variable_can_be() {
    let domain = |body: &str| {
        let (_, program) = program(&[("main.tf", &format!("variable \"x\" {{\n{body}\n}}\n"))]);
        assert_eq!(program.diagnostics, []);
        match &program.module(program.root).unwrap().inputs["x"].domain {
            Domain::Open => "open".to_owned(),
            Domain::OneOf(values) => {
                let texts = values.iter().map(|v| match v {
                    Literal::String(s) => s.to_string(),
                    Literal::Bool(b) => b.to_string(),
                    Literal::Number(Quantity::Int(n)) => n.to_string(),
                    other => format!("{other:?}").to_lowercase(),
                });
                texts.collect::<Vec<_>>().join(" ")
            }
        }
    };
    let rule = |condition: &str| {
        domain(&format!(
            "type = string\nvalidation {{\n  condition = {condition}\n  error_message = \"No.\"\n}}"
        ))
    };
    assert_eq!(domain("type = bool"), "true false");
    assert_eq!(domain("type = bool\ndefault = true"), "true false");
    assert_eq!(domain("type = bool\ndefault = null"), "true false null");
    assert_eq!(domain("type = string"), "open");
    assert_eq!(rule("contains([\"a\", \"b\"], var.x)"), "a b");
    assert_eq!(rule("contains(toset([\"a\", \"b\"]), var.x) && length(var.x) > 0"), "a b");
    assert_eq!(rule("var.x == null || contains([\"a\"], var.x)"), "null a");
    assert_eq!(rule("var.x == null ? true : contains([\"a\"], var.x)"), "null a");
    assert_eq!(rule("var.x == \"a\" || var.x == \"b\""), "a b");
    assert_eq!(rule("can(regex(\"^(dev|prod)$\", var.x))"), "dev prod");
    assert_eq!(rule("can(regex(\"^dev$|^prod$\", var.x))"), "dev prod");
    assert_eq!(rule("can(regex(\"^(dev|prod.*)$\", var.x))"), "open");
    assert_eq!(rule("can(regex(\"dev|prod\", var.x))"), "open");
    assert_eq!(rule("contains([\"a\", \"b\"], lower(var.x))"), "open");
    assert_eq!(rule("!contains([\"a\", \"b\"], var.x)"), "open");
    assert_eq!(rule("contains([\"a\"], var.x) || length(var.x) == 3"), "open");
    assert_eq!(
        domain(
            "type = list(string)\nvalidation {\n  condition = contains([\"a\"], var.x)\n  error_message = \"No.\"\n}"
        ),
        "open"
    );
}

#[test]
fn supplied_values_have_terraforms_precedence() {
    let main = "variable \"a\" {}\nvariable \"b\" {}\nvariable \"c\" {}\nvariable \"d\" {\n  type = list(string)\n}\nvariable \"e\" {}\n";
    let loader = loader(&[
        ("main.tf", main),
        ("terraform.tfvars", "a = 1\nb = 1\nc = 1\n"),
        ("terraform.tfvars.json", "{\"b\": \"${not a template}\", \"c\": 2}"),
        ("x.auto.tfvars", "c = { k = [true] }\nbb = 1\n"),
        ("prod.tfvars", "d = [\"file\"]\ne = var.a\n"),
    ]);
    let program = Modules::new().program(&loader, Path::new("/repo"));
    let root = program.module(program.root).unwrap();
    let environment = [("a".to_owned(), "env".to_owned()), ("e".to_owned(), "env".to_owned())];
    let supplied = [
        Supplied::Value("d".into(), "[\"flag\"]".into()),
        Supplied::File("prod.tfvars".into()),
        Supplied::Value("e".into(), "a = b".into()),
        Supplied::Value("f".into(), "x".into()),
    ];
    let (values, diagnostics) = inputs(&loader, Path::new("/repo"), root, &environment, &supplied);
    let values: BTreeMap<_, _> = values.iter().map(|(k, v)| (k.as_str(), text(v))).collect();
    let expected = [
        ("a", "1"),
        ("b", "\"${not a template}\""),
        ("c", "{\"k\" = [true]}"),
        ("d", "[\"file\"]"),
        ("e", "\"a = b\""),
    ];
    assert_eq!(values, expected.map(|(k, v)| (k, v.to_owned())).into_iter().collect());
    assert_eq!(
        shown(&loader, &diagnostics),
        [
            "x.auto.tfvars:2: undeclared-variable: the root module declares no variable `bb`; the value is not used [did you mean `b`?]",
            "prod.tfvars:2: invalid-value: a variable file holds only literal values, no references",
            "<--var f>:1: undeclared-variable: the root module declares no variable `f`; the value is not used [did you mean `a`?]",
        ]
    );
}

#[test]
fn a_module_that_calls_itself_is_an_error_and_the_rest_is_there() {
    let (loader, program) = program(&[
        ("main.tf", "module \"a\" {\n  source = \"./a\"\n}\nmodule \"me\" {\n  source = \"./\"\n}\n"),
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\nresource \"terraform_data\" \"x\" {}\n"),
        ("b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
    ]);
    assert_eq!(
        shown(&loader, &program.diagnostics),
        [
            "b/main.tf:1: module-cycle: module `a` calls itself: `a` calls `b` calls `a`",
            "main.tf:4: module-cycle: module `me` calls itself: `.` calls `.`",
        ]
    );
    assert_eq!(program.modules.len(), 3);
}

#[test]
fn installed_modules_are_found_through_the_manifest() {
    let manifest = r#"{"Modules": [
        {"Key": "", "Source": "", "Dir": "."},
        {"Key": "one.inner", "Source": "registry.terraform.io/x/inner/aws", "Dir": ".terraform/modules/one.inner"},
        {"Key": "two.inner", "Source": "registry.terraform.io/x/inner/aws", "Dir": ".terraform/modules/two.inner"}
    ]}"#;
    let (_, program) = program(&[
        ("main.tf", "module \"one\" {\n  source = \"./w\"\n}\nmodule \"two\" {\n  source = \"./w\"\n}\n"),
        ("w/main.tf", "module \"inner\" {\n  source = \"x/inner/aws\"\n}\n"),
        (".terraform/modules/modules.json", manifest),
        (".terraform/modules/one.inner/main.tf", "locals {\n  version = 1\n}\n"),
        (".terraform/modules/two.inner/main.tf", "locals {\n  version = 2\n}\n"),
    ]);
    assert_eq!(program.diagnostics, []);
    let root = program.module(program.root).unwrap();
    let version = |call: &str| {
        let CallSource::Loaded(wrapper) = root.calls[call].source else { panic!() };
        let CallSource::Loaded(inner) = program.module(wrapper).unwrap().calls["inner"].source else {
            panic!()
        };
        text(&program.module(inner).unwrap().locals["version"].value)
    };
    assert_eq!((version("one"), version("two")), ("1".to_owned(), "2".to_owned()));
}

#[test]
fn directories_that_others_call_are_no_roots() {
    let loader = loader(&[
        ("live/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"),
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n"),
        ("b/main.tf", ""),
        ("c/main.tf", "module \"d\" {\n  source = \"../d\"\n}\n"),
        ("d/main.tf", "module \"c\" {\n  source = \"../c\"\n}\n"),
    ]);
    let directories = ["a", "b", "c", "d", "live"].map(|d| PathBuf::from("/repo").join(d));
    let roots = Modules::new().roots(&loader, &directories);
    assert_eq!(roots, ["c", "d", "live"].map(|d| PathBuf::from("/repo").join(d)));
}

#[test]
fn versions_of_the_provider() {
    assert_eq!(major_range(">= 5.79, < 7", (3, 6)), (5, 6));
}

#[test]
fn damage_stays_where_it_is() {
    let (_, program) = program(&[(
        "main.tf",
        "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"x${\"\n  acl    = \"private\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = foo.\n  acl    = \"b\"\n}\nresource \"aws_s3_bucket\" \"c\" {\n  bucket = var.undeclared\n}\n",
    )]);
    assert!(
        program.diagnostics.iter().all(|d| d.code != "undeclared-reference"),
        "{:?}",
        program.diagnostics
    );
    assert!(!program.diagnostics.is_empty());
    let root = program.module(program.root).unwrap();
    let names: Vec<_> = root.resources.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let values: Vec<_> =
        root.resources[1].body.attributes.iter().map(|a| (a.name.as_str(), text(&a.value))).collect();
    assert_eq!(values, [("bucket", "unknown(syntax error)".to_owned()), ("acl", "\"b\"".to_owned())]);
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    for (open, close) in [("[", "]"), ("{ a = ", " }"), ("(", ")"), ("!", ""), ("\"${", "}\""), ("x(", ")")] {
        let source = format!("locals {{\n  x = {}1{}\n}}\n", open.repeat(50_000), close.repeat(50_000));
        let (_, program) = program(&[("main.tf", &source)]);
        assert!(!program.diagnostics.is_empty(), "{open}");
    }
    for chain in [".a", "[0]", "[*]", " + 1", " && true"] {
        let source = format!("locals {{\n  x = local.x{}\n  y = 1\n}}\n", chain.repeat(50_000));
        let (_, program) = program(&[("main.tf", &source)]);
        assert_eq!(
            program.diagnostics.len(),
            1,
            "{chain}: {:?}",
            program.diagnostics.iter().take(3).collect::<Vec<_>>()
        );
        let root = program.module(program.root).unwrap();
        assert!(root.locals.get("y").is_some(), "{chain}");
    }
}

/// A plan as Terraform 1.11 writes it, shortened.
const PLAN: &str = r#"{
  "format_version": "1.2",
  "variables": {"env": {"value": "prod"}},
  "planned_values": {"root_module": {}},
  "resource_changes": [
    {"address": "aws_s3_bucket.b[\"logs\"]", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "index": "logs",
     "change": {"actions": ["create"], "before": null,
       "after": {"bucket": "my-logs", "force_destroy": null, "tags": {"a": "b"}, "password": "x"},
       "after_unknown": {"id": true, "arn": true, "tags": {}}, "after_sensitive": {"tags": {}, "password": true}}},
    {"address": "aws_s3_bucket_policy.p[\"logs\"]", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "p", "index": "logs",
     "change": {"actions": ["create"], "before": null, "after": {"bucket": "my-logs"}, "after_unknown": {"id": true, "policy": true}}},
    {"address": "aws_s3_bucket.old", "mode": "managed", "type": "aws_s3_bucket", "name": "old",
     "change": {"actions": ["delete"], "before": {"bucket": "x"}, "after": null, "after_unknown": {}}},
    {"address": "module.m[0].aws_s3_bucket_acl.a", "module_address": "module.m[0]", "mode": "managed", "type": "aws_s3_bucket_acl",
     "name": "a", "change": {"actions": ["update"], "before": {}, "after": {"acl": "public-read",
       "access_control_policy": [{"grant": [{"permission": "READ"}]}]}, "after_unknown": {"bucket": true, "id": true,
       "access_control_policy": [{"grant": [{"grantee": true}]}]}}}
  ],
  "configuration": {
    "provider_config": {"aws": {"name": "aws", "version_constraint": "~> 5.0", "expressions": {"region": {"constant_value": "eu-west-1"}}}},
    "root_module": {
      "variables": {"env": {"default": "dev"}},
      "resources": [
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "provider_config_key": "aws",
         "expressions": {"bucket": {"references": ["each.key"]}, "tags": {"constant_value": {"a": "b"}}}},
        {"mode": "managed", "type": "aws_s3_bucket_policy", "name": "p", "provider_config_key": "aws",
         "expressions": {"bucket": {"references": ["aws_s3_bucket.b[\"logs\"].bucket", "aws_s3_bucket.b[\"logs\"]", "aws_s3_bucket.b"]},
                         "policy": {"references": ["aws_s3_bucket.b[\"logs\"].arn", "aws_s3_bucket.b", "var.env"]}}}
      ],
      "module_calls": {"m": {
        "source": "./m",
        "expressions": {"bucket": {"references": ["aws_s3_bucket.b[\"logs\"].id", "aws_s3_bucket.b[\"logs\"]", "aws_s3_bucket.b"]}},
        "module": {
          "variables": {"bucket": {}},
          "outputs": {"acl": {"expression": {"references": ["aws_s3_bucket_acl.a.id", "aws_s3_bucket_acl.a"]}}},
          "resources": [{"mode": "managed", "type": "aws_s3_bucket_acl", "name": "a", "provider_config_key": "m:aws",
             "expressions": {"bucket": {"references": ["var.bucket"]}, "acl": {"constant_value": "public-read"}}}]
        }
      }}
    }
  }
}"#;

#[test]
fn a_plan_is_a_program_of_instances() {
    let loader = loader(&[("plan.json", PLAN), ("other.json", "{\"format_version\": \"1.2\"}")]);
    let parse = |path: &str| masugata::syntax::json::parse(loader.load(Path::new(path)).unwrap());
    assert!(!plan::is_plan(&parse("other.json")));
    let tree = parse("plan.json");
    assert!(plan::is_plan(&tree));
    let program = plan::read(&tree);
    assert_eq!(program.diagnostics, []);
    let CallSource::Loaded(called) = program.module(program.root).unwrap().calls["m[0]"].source else {
        panic!()
    };
    let called = Program {
        modules: vec![program.module(called).unwrap().clone()],
        root: masugata::program::ModuleId(0),
        diagnostics: Vec::new(),
    };
    insta::assert_snapshot!(format!("{}-- called\n{}", outline(&program), outline(&called)));
}

/// Reads real plans (`MASUGATA_PLANS`: a directory of unpacked plans): every resource that will exist is there.
#[test]
fn plans() {
    let Ok(directory) = std::env::var("MASUGATA_PLANS") else { return };
    let mut counts = (0, 0, 0, 0);
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let loader = Loader::new(std::env::current_dir().unwrap());
        let file = loader.load(&entry.path()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
        let program = plan::read(&masugata::syntax::json::parse(file));
        assert_eq!(program.diagnostics, []);
        let none = Vec::new();
        let expected = json["resource_changes"]
            .as_array()
            .unwrap_or(&none)
            .iter()
            .filter(|c| c["change"]["actions"] != serde_json::json!(["delete"]) && c["mode"] == "managed")
            .count();
        let managed =
            |m: &masugata::program::Module| m.resources.iter().filter(|r| r.mode == Mode::Managed).count();
        let found: usize = program.modules.iter().map(|m| managed(m)).sum();
        assert_eq!(found, expected, "{}", entry.path().display());
        for module in &program.modules {
            for value in module.resources.iter().flat_map(|r| &r.body.attributes) {
                let text = text(&value.value);
                counts.1 += usize::from(text.contains("unknown(known after apply)"));
                counts.2 += usize::from(text.contains("aws_") && !text.contains('"'));
                counts.3 += 1;
            }
        }
        counts.0 += found;
    }
    println!(
        "{} resources, {} of {} attributes with unknowns, {} references",
        counts.0, counts.1, counts.3, counts.2
    );
}
