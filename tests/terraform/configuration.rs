//! What configurations mean and what is reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use masugata::program::{CallSource, Domain, Literal, Quantity};
use masugata::terraform::{Modules, Supplied, inputs, major_range};

use crate::support::{loader, local, locals, outline, program, shown, text};
use crate::verdicts::VALIDATE;

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
fn copies_of_modules_are_found_in_vendored_directories() {
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
    for (source, place) in [
        ("terraform-aws-modules/vpc/aws", "vendor/terraform-aws-modules/vpc/aws/main.tf"),
        ("terraform-aws-modules/vpc/aws", "vendor/terraform-aws-vpc/main.tf"),
        ("terraform-aws-modules/vpc/aws", "vendor/vpc/main.tf"),
        ("app.terraform.io/team/vpc/aws", "vendor/team/vpc/main.tf"),
        ("terraform-aws-modules/s3-bucket/aws//modules/object", "vendor/s3-bucket/modules/object/main.tf"),
        ("git::https://example.com/team/network.git//vpc?ref=v1", "vendor/network/vpc/main.tf"),
        ("git@github.com:team/network.git", "vendor/github.com/team/network/main.tf"),
        ("github.com/team/network", "vendor/team/network/main.tf"),
    ] {
        let loader = loader(&[("main.tf", &call(source)), (place, "output \"o\" {\n  value = 1\n}\n")]);
        let modules = Modules::new().with_vendored(vec![PathBuf::from("/repo/vendor")]);
        let program = modules.program(&loader, Path::new("/repo"));
        assert!(program.diagnostics.is_empty(), "{source} in {place}: {:?}", program.diagnostics);
    }
    let outside = loader(&[("main.tf", &call("a/b/aws//../../x")), ("x/main.tf", "")]);
    let modules = Modules::new().with_vendored(vec![PathBuf::from("/repo/vendor")]);
    assert_eq!(modules.program(&outside, Path::new("/repo")).diagnostics.len(), 1);
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
fn locked_versions_narrow_the_constraints() {
    let (_, program) = program(&[
        (
            "main.tf",
            "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\", version = \">= 4.0\" }\n  }\n}\n",
        ),
        (
            ".terraform.lock.hcl",
            "provider \"registry.terraform.io/hashicorp/aws\" {\n  version     = \"5.31.0\"\n  constraints = \">= 4.0\"\n}\n",
        ),
    ]);
    let constraint = &program.module(program.root).unwrap().required_providers["aws"];
    assert_eq!(constraint, ">= 4.0, 5.31.0");
    assert_eq!(major_range(constraint, (3, 6)), (5, 5));
}
