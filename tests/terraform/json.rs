//! JSON configuration syntax.

use crate::support::{outline, program};

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
      allowed_origins = ["*"]
    }
  }
}
resource "aws_iam_role" "r" {
  assume_role_policy = "{}"
}
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
          "for_each": "${each.value}", "iterator": "rule", "content": {"allowed_methods": "${rule.value}", "allowed_origins": ["*"]}
        }}
      }
    },
    "aws_iam_role": {"r": {"assume_role_policy": "{}"}}
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
