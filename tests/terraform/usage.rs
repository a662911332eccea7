//! Errors of use: what the schema of the AWS provider does not have.

use masugata::eval::{Inputs, evaluate_with};
use std::sync::Arc;

use crate::support::{program, shown};

/// Small configurations with the lines where `terraform validate` 1.11.4 reports errors, with version 6.25 of the AWS
/// provider's schema.
#[rustfmt::skip]
const USAGE: &[(&str, &str, &[u32])] = &[
    ("unknown argument", r#"resource "aws_s3_bucket" "b" {
  bucket = "b"
  acll   = "x"
}
"#, &[3]),
    ("unknown argument in a block", r#"resource "aws_instance" "i" {
  ami           = "a"
  instance_type = "t"
  root_block_device {
    encripted = true
  }
}
"#, &[5]),
    ("unknown block", r#"resource "aws_s3_bucket" "b" {
  bucket = "b"
  verzioning {
    enabled = true
  }
}
"#, &[3]),
    ("a block as an argument", r#"resource "aws_s3_bucket" "b" {
  bucket = "b"
  website = {
    index_document = "i"
  }
}
"#, &[3]),
    ("a map argument as a block", r#"resource "aws_s3_bucket" "b" {
  bucket = "b"
  tags {
    a = "b"
  }
}
"#, &[3]),
    ("missing argument", r#"resource "aws_iam_role_policy" "p" {
  role = "r"
}
"#, &[1]),
    ("missing block", r#"resource "aws_cloudfront_distribution" "d" {
  enabled = true
  origin {
    domain_name = "d"
    origin_id   = "o"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {}
}
"#, &[1]),
    ("missing argument in a block", r#"resource "aws_security_group" "s" {
  ingress {
    from_port = 1
    to_port   = 2
  }
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = "a"
  default_action {
  }
}
"#, &[9]),
    // The provider itself refuses this one.
    ("computed argument", r#"resource "aws_s3_bucket" "b" {
  bucket = "b"
  arn    = "x"
}
"#, &[3]),
    ("too many blocks", r#"resource "aws_s3_bucket" "b" {
  versioning {
    enabled = true
  }
  versioning {
    enabled = false
  }
}
"#, &[5]),
    ("dynamic block that is not there", r#"resource "aws_s3_bucket" "b" {
  dynamic "nope" {
    for_each = []
    content {}
  }
}
"#, &[2]),
    ("a string for a list", r#"resource "aws_instance" "i" {
  ami                    = "a"
  instance_type          = "t"
  vpc_security_group_ids = "sg-1"
}
"#, &[4]),
    ("a list for a string", r#"resource "aws_s3_bucket" "b" {
  bucket = ["b"]
}
"#, &[2]),
    ("an object for a string", r#"resource "aws_s3_bucket" "b" {
  bucket = { a = 1 }
}
"#, &[2]),
    ("text for a number", r#"resource "aws_db_instance" "d" {
  instance_class    = "x"
  allocated_storage = "ten"
}
"#, &[3]),
    ("text for a truth value", r#"resource "aws_db_instance" "d" {
  instance_class    = "x"
  storage_encrypted = "yes"
}
"#, &[3]),
    ("a number for a truth value", r#"resource "aws_db_instance" "d" {
  instance_class    = "x"
  storage_encrypted = 1
}
"#, &[3]),
    ("words that convert", r#"resource "aws_db_instance" "d" {
  instance_class    = "x"
  allocated_storage = "10"
  storage_encrypted = "true"
  port              = 10
  engine            = 5
}
"#, &[]),
    ("a string for a map", r#"resource "aws_s3_bucket" "b" {
  tags = "a=b"
}
"#, &[2]),
    ("a wrong type in a block", r#"resource "aws_security_group" "s" {
  ingress {
    from_port   = "a"
    to_port     = 2
    protocol    = "tcp"
    cidr_blocks = "0.0.0.0/0"
  }
}
"#, &[3, 6]),
    ("unknown attribute", r#"resource "aws_s3_bucket" "b" {}
output "o" {
  value = aws_s3_bucket.b.arnn
}
"#, &[3]),
    // Of the splat only the plan says it.
    ("unknown attribute of an instance", r#"resource "aws_s3_bucket" "b" {
  count = 2
}
output "o" {
  value = aws_s3_bucket.b[0].nope
}
output "p" {
  value = aws_s3_bucket.b[*].nope2
}
"#, &[5, 8]),
    ("attribute of all instances", r#"resource "aws_s3_bucket" "b" {
  count = 2
}
resource "aws_s3_bucket" "c" {
  for_each = toset(["a"])
}
output "o" {
  value = aws_s3_bucket.b.arn
}
output "p" {
  value = aws_s3_bucket.c.arn
}
"#, &[8, 11]),
    ("index without count", r#"resource "aws_s3_bucket" "b" {}
output "o" {
  value = aws_s3_bucket.b[0].arn
}
"#, &[3]),
    ("unknown resource type", r#"resource "aws_s3_bukcet" "b" {}
"#, &[1]),
    ("unknown data source", r#"data "aws_iam_policy_documents" "d" {}
"#, &[1]),
    ("unknown argument of a data source", r#"data "aws_iam_policy_document" "d" {
  statment {
    actions = ["a"]
  }
}
"#, &[2]),
    ("unknown attribute of a data source", r#"data "aws_caller_identity" "d" {}
output "o" {
  value = data.aws_caller_identity.d.account
}
"#, &[3]),
    ("argument as block syntax for lists of objects", r#"resource "aws_security_group" "s" {
  ingress = [{
    from_port = 1
    to_port = 2
    protocol = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
    description = ""
    ipv6_cidr_blocks = []
    prefix_list_ids = []
    security_groups = []
    self = false
  }]
}
"#, &[]),
    ("no route in block syntax", r#"resource "aws_route_table" "r" {
  vpc_id = "v"
  route = []
}
"#, &[]),
    ("timeouts", r#"resource "aws_db_instance" "d" {
  instance_class = "x"
  timeouts {
    create = "1m"
  }
}
"#, &[]),
    ("meta-arguments", r#"resource "aws_s3_bucket" "b" {
  count      = 1
  depends_on = [aws_s3_bucket.c]
  provider   = aws
  lifecycle {
    ignore_changes = [tags]
  }
}
resource "aws_s3_bucket" "c" {}
provider "aws" {}
"#, &[]),
    ("waf statements", r#"resource "aws_wafv2_web_acl" "w" {
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name = "m"
    sampled_requests_enabled = true
  }
  rule {
    name = "r"
    priority = 1
    statement {
      geo_match_statement {
        country_codes = ["US"]
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name = "m"
      sampled_requests_enabled = true
    }
  }
}
"#, &[]),
    ("null is nothing", r#"resource "aws_iam_role_policy" "p" {
  role   = "r"
  policy = null
}
"#, &[]),
];

#[test]
fn diagnostics_are_where_terraform_refuses_what_the_schema_does_not_have() {
    for (name, source, lines) in USAGE {
        let (loader, program) = program(&[("main.tf", source)]);
        let sources = Arc::clone(loader.sources());
        let (evaluation, _) = evaluate_with(&program, &Inputs::default(), sources, Some(&loader), &[]);
        let all: Vec<_> = program.diagnostics.iter().chain(&evaluation.diagnostics).cloned().collect();
        let mut found: Vec<u32> = all
            .iter()
            .map(|d| {
                let span = d.span.unwrap();
                loader.sources().get(span.file).unwrap().position(span.start).line
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, *lines, "{name}: {all:?}");
    }
}

#[test]
fn what_the_schema_lacks_is_said_with_the_nearest_name() {
    let (loader, program) = program(&[(
        "main.tf",
        r#"terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
resource "aws_s3_bucket" "b" {
  bukcet = "x"
  versionning {
    enabled = true
  }
  region = "eu-west-1"
}
resource "aws_db_instance" "d" {
  instance_class = "db.t3.micro"
  name           = "gone since 5"
}
resource "aws_lambda_function" "f" {}
output "o" {
  value = [aws_s3_bucket.b.ran, aws_s3_bucket.b[0].arn, aws_lambda_function.f.invoke_arn]
}
"#,
    )]);
    insta::assert_snapshot!(shown(&loader, &program.diagnostics).join("\n"));
}

#[test]
fn what_may_be_newer_than_the_schema_is_only_reported_when_it_looks_misspelt() {
    let source = |version: &str| {
        format!(
            "terraform {{\n  required_providers {{\n    aws = {{\n      version = \"{version}\"\n    }}\n  }}\n}}\n\
             resource \"aws_s3_bucket\" \"b\" {{\n  bukcet = \"x\"\n  brand_new = true\n}}\n"
        )
    };
    for (version, expected) in [(">= 6.0", 2), (">= 6.28", 1), ("~> 3.0", 0)] {
        let (_, program) = program(&[("main.tf", &source(version))]);
        assert_eq!(program.diagnostics.len(), expected, "{version}: {:?}", program.diagnostics);
    }
}
