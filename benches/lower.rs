//! Lowering: reading a type's tables for the first time, and instances by the thousand in both languages.

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

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use masugata::Str;
use masugata::eval::{Guard, Instance, InstanceId, InstanceInfo, InstanceKey, Scope, Store, Value};
use masugata::model::{ResourceId, companion, lower, registry, terraform_schema};
use masugata::program::Mode;
use masugata::source::{Sources, Span};

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::object(entries.into_iter().map(|(k, v)| (Str::from(k), v)))
}

fn text(value: &str) -> Value {
    Value::string(value)
}

fn group(cidr: &str) -> Value {
    let rule = object(vec![
        ("from_port", text("443")),
        ("to_port", text("443")),
        ("protocol", text("tcp")),
        ("cidr_blocks", Value::list([text(cidr), text("192.168.0.0/16")])),
    ]);
    object(vec![
        ("name", text("web")),
        ("vpc_id", text("vpc-1")),
        ("ingress", Value::list([rule.clone(), rule])),
    ])
}

fn bucket() -> Value {
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}";
    object(vec![
        ("bucket", text("logs")),
        ("policy", text(policy)),
        ("versioning", Value::list([object(vec![("enabled", Value::bool(true))])])),
        ("tags", object(vec![("Team", text("a")), ("Stage", text("prod"))])),
    ])
}

fn template_bucket() -> Value {
    object(vec![
        ("BucketName", text("logs")),
        ("VersioningConfiguration", object(vec![("Status", text("Enabled"))])),
        ("PublicAccessBlockConfiguration", object(vec![("BlockPublicAcls", text("true"))])),
    ])
}

fn instances(store: &Store, declared: &str, values: &Value, count: u32) -> Vec<Instance> {
    let file = store.sources.add("main.tf", "resource");
    let span = Span::new(file.id, 0, 8);
    (0..count)
        .map(|n| Instance {
            id: InstanceId(n),
            info: InstanceInfo {
                address: format!("{declared}.r{n}").into(),
                module: Str::new(),
                mode: Mode::Managed,
                type_name: declared.into(),
                name: format!("r{n}").into(),
                key: InstanceKey::None,
            },
            exists: Guard::TRUE,
            values: values.clone(),
            unset: Vec::new(),
            meta: Value::absent(),
            header: span,
            span,
            calls: Vec::new(),
            foreign: None,
            depends_on: Vec::new(),
            scope: Arc::new(Scope::default()),
        })
        .collect()
}

fn lowering(c: &mut Criterion) {
    let mut bench = c.benchmark_group("lower");
    for (name, declared, values) in [
        ("terraform buckets", "aws_s3_bucket", bucket()),
        ("terraform security groups", "aws_security_group", group("10.0.0.0/8")),
        ("template buckets", "AWS::S3::Bucket", template_bucket()),
    ] {
        let store = Store::new(Arc::new(Sources::new()));
        let made = instances(&store, declared, &values, 1_000);
        bench.throughput(Throughput::Elements(1_000));
        bench.bench_function(name, |b| {
            b.iter(|| {
                for (n, instance) in made.iter().enumerate() {
                    let resource = lower::resource(&store, instance, ResourceId(n as u32));
                    black_box(companion::contributions(&store, &resource));
                    black_box(resource);
                }
            });
        });
    }
    bench.finish();
}

/// Every type once: what a run pays for the first resource of a type. Reading is cached, so each iteration takes the
/// next types until all have been read; later ones measure the cache.
fn tables(c: &mut Criterion) {
    let mut bench = c.benchmark_group("tables");
    bench.bench_function("registry type, cached", |b| {
        b.iter(|| black_box(registry::get(black_box("AWS::EC2::Instance"))))
    });
    let mut names = registry::names().collect::<Vec<_>>().into_iter();
    bench.sample_size(10).bench_function("registry type, first", |b| {
        b.iter_batched(
            || names.next().unwrap_or_default(),
            |name| black_box(registry::get(&name)),
            BatchSize::NumIterations(1),
        );
    });
    let mut names = terraform_schema::names();
    bench.bench_function("terraform type, first", |b| {
        b.iter_batched(
            || names.next().unwrap_or_default(),
            |name| black_box(terraform_schema::get(name)),
            BatchSize::NumIterations(1),
        );
    });
    bench.finish();
}

criterion_group!(benches, lowering, tables);
criterion_main!(benches);
