//! How fast text becomes a tree: bytes a second on one core, and what damage costs.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use masugata::source::{SourceFile, Sources};
use masugata::syntax::{hcl, json, yaml};

#[path = "../tests/common/hostile.rs"]
mod hostile;

type Parse = fn(Arc<SourceFile>) -> masugata::syntax::Tree;

/// Terraform as people write it: a bucket, its policy, a security group and a module call, `n` times.
fn terraform(n: usize) -> String {
    (0..n)
        .map(|i| {
            format!(
                r#"# Bucket number {i} and what belongs to it.
resource "aws_s3_bucket" "bucket_{i}" {{
  bucket = "${{var.prefix}}-bucket-{i}"

  tags = merge(local.tags, {{
    Name        = "bucket-{i}"
    Environment = var.environment == "prod" ? "production" : "test"
  }})
}}

resource "aws_s3_bucket_policy" "bucket_{i}" {{
  bucket = aws_s3_bucket.bucket_{i}.id
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.bucket_{i}.arn, "${{aws_s3_bucket.bucket_{i}.arn}}/*"]
    }}]
  }})
}}

resource "aws_security_group" "web_{i}" {{
  name        = "web-{i}"
  description = "Web servers of the application, managed by Terraform"
  vpc_id      = module.vpc.vpc_id

  dynamic "ingress" {{
    for_each = [for p in var.ports : p if p > 1024]
    content {{
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
    }}
  }}
}}

module "service_{i}" {{
  source = "../../modules/service"
  count  = var.enabled ? 1 : 0

  user_data = <<-EOT
    #!/bin/bash
    echo "starting service {i} in ${{var.region}}"
    systemctl start service-{i}
  EOT
}}

"#
            )
        })
        .collect()
}

fn template_json(n: usize) -> String {
    let resources: Vec<String> = (0..n)
        .map(|i| {
            format!(
                r#"    "Bucket{i}": {{
      "Type": "AWS::S3::Bucket",
      "Properties": {{
        "BucketName": {{ "Fn::Sub": "${{AWS::StackName}}-bucket-{i}" }},
        "PublicAccessBlockConfiguration": {{
          "BlockPublicAcls": true,
          "BlockPublicPolicy": true
        }},
        "LifecycleConfiguration": {{ "Rules": [{{ "Status": "Enabled", "ExpirationInDays": 365 }}] }},
        "Tags": [{{ "Key": "Name", "Value": "bucket \"{i}\"" }}]
      }}
    }}"#
            )
        })
        .collect();
    format!(
        "{{\n  \"AWSTemplateFormatVersion\": \"2010-09-09\",\n  \"Resources\": {{\n{}\n  }}\n}}\n",
        resources.join(",\n")
    )
}

fn template_yaml(n: usize) -> String {
    let mut out = String::from("AWSTemplateFormatVersion: \"2010-09-09\"\nResources:\n");
    for i in 0..n {
        out.push_str(&format!(
            r#"  Bucket{i}:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${{AWS::StackName}}-bucket-{i}"
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        BlockPublicPolicy: true
      LifecycleConfiguration:
        Rules:
          - Status: Enabled
            ExpirationInDays: 365
      Tags:
        - {{ Key: Name, Value: "bucket {i}" }}
"#
        ));
    }
    out
}

fn file(name: &str, text: String) -> Arc<SourceFile> {
    Sources::new().add(name, text)
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.sample_size(20);
    let damaged = terraform(600).replacen("var.environment == \"prod\"", "var.environment == \"prod", 1);
    let inputs: [(&str, Arc<SourceFile>, Parse); 4] = [
        ("hcl", file("main.tf", terraform(600)), hcl::parse),
        ("hcl damaged", file("main.tf", damaged), hcl::parse),
        ("json", file("template.json", template_json(2000)), json::parse),
        ("yaml", file("template.yaml", template_yaml(1500)), yaml::parse),
    ];
    for (name, file, run) in inputs {
        group.throughput(Throughput::Bytes(file.text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), &file, |b, file| {
            b.iter(|| black_box(run(Arc::clone(file))));
        });
    }
    group.finish();
}

/// All texts that mean harm, of each language: bytes a second that do not fall when `n` grows mean that time is linear.
fn hostile_text(c: &mut Criterion) {
    let mut group = c.benchmark_group("hostile");
    group.sample_size(10);
    for n in [250, 1000] {
        for (language, run, cases) in [
            ("hcl", hcl::parse as Parse, hostile::hcl(n)),
            ("json", json::parse, hostile::json(4 * n)),
            ("yaml", yaml::parse, hostile::yaml(2 * n)),
        ] {
            let files: Vec<_> = cases.into_iter().map(|(name, text)| file(name, text)).collect();
            let bytes = files.iter().map(|f| f.text.len() as u64).sum();
            group.throughput(Throughput::Bytes(bytes));
            group.bench_with_input(BenchmarkId::new(language, n), &files, |b, files| {
                b.iter(|| files.iter().map(|f| run(Arc::clone(f)).errors.len()).sum::<usize>());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parse, hostile_text);
criterion_main!(benches);
