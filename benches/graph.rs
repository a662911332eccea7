//! Linking: references, companions, questions. Sizes are those of a large root and of the largest generated file that
//! must still be read in seconds.

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

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use masugata::Str;
use masugata::eval::{
    Data, Guard, InstanceId, InstanceInfo, InstanceKey, Origin, Reference, Store, UnknownKind, Value,
};
use masugata::graph::{Graph, link};
use masugata::model::{Presence, Resource, ResourceId};
use masugata::program::{Mode, TypeExpr};
use masugata::source::{FileId, Sources, Span};

fn instance(store: &Store, type_name: &str, index: usize) -> InstanceId {
    store.intern_instance(InstanceInfo {
        address: format!("{type_name}.r{index}").into(),
        module: Str::new(),
        mode: Mode::Managed,
        type_name: type_name.into(),
        name: format!("r{index}").into(),
        key: InstanceKey::None,
    })
}

fn attribute(store: &Store, instance: InstanceId, attribute: &str) -> Value {
    let kind = UnknownKind::Attribute(Reference { instance, attribute: attribute.into() });
    Value::new(Data::Unknown(store.unknown(kind, true, TypeExpr::String)), Origin::NONE)
}

fn resource(
    instance: InstanceId,
    type_name: &str,
    declared_as: &str,
    values: Value,
    properties: Value,
) -> Resource {
    let span = Span::new(FileId(0), 0, 1);
    Resource {
        id: ResourceId(0),
        instance: Some(instance),
        address: format!("{declared_as}.{}", instance.0).into(),
        type_name: type_name.into(),
        declared_as: declared_as.into(),
        name: "r".into(),
        mode: Mode::Managed,
        exists: Guard::TRUE,
        values,
        unset: Vec::new(),
        properties,
        meta: Value::absent(),
        depends_on: Vec::new(),
        header: span,
        span,
        calls: Vec::new(),
        presence: Presence::Written,
        construct: None,
        scope: Arc::default(),
    }
}

/// Buckets, each with a key that it refers to and a companion that turns its versions on.
fn resources(store: &Store, buckets: usize) -> Vec<Resource> {
    let mut all = Vec::with_capacity(buckets * 2);
    let key = instance(store, "aws_kms_key", 0);
    all.push(resource(key, "AWS::KMS::Key", "aws_kms_key", Value::object([]), Value::object([])));
    for index in 0..buckets {
        let bucket = instance(store, "aws_s3_bucket", index);
        let properties = Value::object([
            ("BucketName".into(), Value::string(format!("bucket-{index}"))),
            ("Tags".into(), Value::list([Value::object([("Key".into(), Value::string("Team"))])])),
            ("KmsKeyId".into(), attribute(store, key, "arn")),
        ]);
        all.push(resource(bucket, "AWS::S3::Bucket", "aws_s3_bucket", Value::object([]), properties));
        let companion = instance(store, "aws_s3_bucket_versioning", index);
        let values = Value::object([
            ("bucket".into(), attribute(store, bucket, "id")),
            (
                "versioning_configuration".into(),
                Value::list([Value::object([("status".into(), Value::string("Enabled"))])]),
            ),
        ]);
        let type_name = "Masugata::S3::BucketVersioning";
        all.push(resource(companion, type_name, "aws_s3_bucket_versioning", values.clone(), values));
    }
    all
}

fn linked(buckets: usize) -> Graph {
    let store = Arc::new(Store::new(Arc::new(Sources::new())));
    let resources = resources(&store, buckets);
    link(store, resources, &[])
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("link");
    group.sample_size(10);
    for buckets in [1_000, 75_000] {
        group.throughput(Throughput::Elements(2 * buckets as u64 + 1));
        group.bench_with_input(BenchmarkId::from_parameter(2 * buckets), &buckets, |b, &buckets| {
            let store = Arc::new(Store::new(Arc::new(Sources::new())));
            let resources = resources(&store, buckets);
            b.iter_batched(
                || resources.clone(),
                |resources| black_box(link(Arc::clone(&store), resources, &[])),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
    let graph = linked(1_000);
    c.bench_function("referrers of every bucket", |b| {
        b.iter(|| {
            let buckets = graph.of_type("AWS::S3::Bucket").iter();
            buckets
                .map(|id| graph.referrers(*id, &["Masugata::S3::BucketVersioning"], None).members.len())
                .sum::<usize>()
        });
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
