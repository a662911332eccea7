//! Evaluation: many resources, chains of references, modules called again and again, conditions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]
#![expect(missing_docs, reason = "criterion makes functions without documentation")]

#[path = "../tests/common/loader.rs"]
mod common;

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use masugata::eval::{Inputs, evaluate};
use masugata::program::Program;
use masugata::source::Loader;
use masugata::{cloudformation, terraform};

use common::loader;

fn configuration(files: &[(&str, &str)]) -> (Loader, Program) {
    let loader = loader(files);
    let program = terraform::Modules::new().program(&loader, Path::new("/p"));
    assert!(program.diagnostics.is_empty(), "{:?}", program.diagnostics);
    (loader, program)
}

fn template(text: &str) -> (Loader, Program) {
    let loader = loader(&[("t.yaml", text)]);
    let file = loader.load(Path::new("t.yaml")).expect("a file");
    let program = cloudformation::open(&loader, &file).expect("a template");
    (loader, program)
}

fn run(c: &mut Criterion, name: &str, elements: u64, (loader, program): (Loader, Program)) {
    let mut group = c.benchmark_group("evaluate");
    group.throughput(Throughput::Elements(elements)).sample_size(20);
    group.bench_function(name, |b| {
        b.iter(|| {
            let evaluation = evaluate(black_box(&program), &Inputs::default(), Arc::clone(loader.sources()));
            assert!(evaluation.diagnostics.is_empty());
            evaluation.instances.len()
        });
    });
    group.finish();
}

/// Buckets that say what they are.
fn flat(c: &mut Criterion) {
    let mut text = String::new();
    for i in 0..5_000 {
        writeln!(
            text,
            "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = \"b-{i}\"\n  acl = \"private\"\n}}"
        )
        .unwrap();
    }
    run(c, "5,000 resources", 5_000, configuration(&[("main.tf", &text)]));
}

/// Each bucket and each local reads the one before.
fn chains(c: &mut Criterion) {
    let mut text = String::from("resource \"aws_s3_bucket\" \"b0\" {\n  bucket = \"x\"\n}\n");
    for i in 1..5_000 {
        let before = i - 1;
        writeln!(
            text,
            "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = aws_s3_bucket.b{before}.id\n  tags = {{ of = \
             aws_s3_bucket.b{before}.bucket }}\n}}"
        )
        .unwrap();
    }
    run(c, "a chain of 5,000 resources", 5_000, configuration(&[("main.tf", &text)]));
    let mut text = String::from("locals {\n  l0 = \"x\"\n");
    for i in 1..5_000 {
        writeln!(text, "  l{i} = local.l{}", i - 1).unwrap();
    }
    text += "}\noutput \"o\" {\n  value = local.l4999\n}\n";
    run(c, "a chain of 5,000 locals", 5_000, configuration(&[("main.tf", &text)]));
}

/// One module, called 200 times with 30 resources each.
fn modules(c: &mut Criterion) {
    let mut module = String::from("variable \"name\" {}\nvariable \"open\" {\n  type = bool\n}\n");
    for i in 0..10 {
        writeln!(
            module,
            "resource \"aws_s3_bucket\" \"b{i}\" {{\n  bucket = \"${{var.name}}-{i}\"\n}}\nresource \
             \"aws_s3_bucket_public_access_block\" \"b{i}\" {{\n  bucket = aws_s3_bucket.b{i}.id\n  block_public_acls = \
             !var.open\n}}\nresource \"aws_security_group\" \"g{i}\" {{\n  name = \"${{var.name}}-{i}\"\n  dynamic \"ingress\" {{\n    \
             for_each = var.open ? [22, 443] : [443]\n    content {{\n      from_port = ingress.value\n      to_port = \
             ingress.value\n      protocol = \"tcp\"\n    }}\n  }}\n}}"
        )
        .unwrap();
    }
    let mut main = String::from("variable \"open\" {\n  type = bool\n}\n");
    for i in 0..200 {
        writeln!(main, "module \"m{i}\" {{\n  source = \"./m\"\n  name = \"n{i}\"\n  open = var.open\n}}")
            .unwrap();
    }
    run(
        c,
        "6,000 resources in 200 modules",
        6_000,
        configuration(&[("main.tf", &main), ("m/main.tf", &module)]),
    );
}

/// A template with as many conditions as CloudFormation lets one have parameters.
fn conditions(c: &mut Criterion) {
    let mut text = String::from("AWSTemplateFormatVersion: \"2010-09-09\"\nParameters:\n");
    for i in 0..200 {
        writeln!(text, "  P{i}: {{Type: String, AllowedValues: [\"yes\", \"no\"]}}").unwrap();
    }
    text += "Conditions:\n";
    for i in 0..200 {
        writeln!(text, "  C{i}: {{\"Fn::Equals\": [{{Ref: P{i}}}, \"yes\"]}}").unwrap();
    }
    text += "Resources:\n";
    for i in 0..200 {
        writeln!(
            text,
            "  Q{i}:\n    Type: AWS::SQS::Queue\n    Condition: C{i}\n    Properties:\n      SqsManagedSseEnabled: \
             {{\"Fn::If\": [C{}, true, false]}}",
            (i + 1) % 200
        )
        .unwrap();
    }
    run(c, "200 conditions", 200, template(&text));
}

criterion_group!(benches, flat, chains, modules, conditions);
criterion_main!(benches);
