//! The whole run: one small file, a tree of roots, many resources in one file. Inputs are made here.

#![expect(missing_docs, reason = "criterion makes functions without documentation")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot make its input has nothing to measure")]

use std::fmt::Write;
use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use masugata::check::{Options, Quiet, Session};
use masugata::source::Loader;

fn resources(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = writeln!(
            text,
            "resource \"aws_s3_bucket\" \"b{n}\" {{\n  bucket = \"bucket-{n}\"\n}}\n\nresource \"aws_s3_bucket_acl\" \"b{n}\" {{\n  \
             bucket = aws_s3_bucket.b{n}.id\n  acl    = \"public-read\"\n}}\n"
        );
    }
    text
}

fn template(count: usize) -> String {
    let mut text = String::from("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n");
    for n in 0..count {
        let _ = writeln!(
            text,
            "  B{n}:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: PublicRead\n      BucketName: !Sub 'b-${{AWS::Region}}-{n}'"
        );
    }
    text
}

fn findings(root: &std::path::Path, threads: usize) -> usize {
    let options = Options { paths: vec![root.to_path_buf()], threads, ..Options::default() };
    let session = Session::open(Loader::new(root), options);
    session.check(&Quiet).summary.fail
}

fn runs(c: &mut Criterion) {
    let small = tempfile::tempdir().unwrap();
    fs::write(small.path().join("main.tf"), resources(3)).unwrap();
    let tree = tempfile::tempdir().unwrap();
    for n in 0..40 {
        let root = tree.path().join(format!("root{n}"));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("main.tf"), resources(40)).unwrap();
        fs::write(tree.path().join(format!("stack{n}.yaml")), template(40)).unwrap();
    }
    let large = tempfile::tempdir().unwrap();
    fs::write(large.path().join("main.tf"), resources(5000)).unwrap();

    let mut group = c.benchmark_group("check");
    group.sample_size(10);
    for (name, root, expected) in [
        ("one small file", &small, 3),
        ("80 roots", &tree, 3200),
        ("10,000 resources in a file", &large, 5000),
    ] {
        assert!(findings(root.path(), 1) >= expected, "what is timed must also be right");
        let bytes: u64 = walk(root.path());
        group.throughput(Throughput::Bytes(bytes));
        for threads in [1, 2] {
            group.bench_function(format!("{name}, {threads} threads"), |b| {
                b.iter(|| black_box(findings(root.path(), threads)));
            });
        }
    }
    group.finish();
}

fn walk(root: &std::path::Path) -> u64 {
    fs::read_dir(root)
        .unwrap()
        .flatten()
        .map(
            |entry| if entry.path().is_dir() { walk(&entry.path()) } else { entry.metadata().unwrap().len() },
        )
        .sum()
}

criterion_group!(benches, runs);
criterion_main!(benches);
