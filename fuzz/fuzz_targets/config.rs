#![no_main]

#[path = "../law.rs"]
mod law;

const MAIN: &[u8] = include_bytes!("../../tests/fixtures/sample_bucket.tf");
const PAGE: &[u8] = include_bytes!("../../policies/s3/s3-public-acl.md");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::check(&[("masugata.toml", data), ("main.tf", MAIN), ("policies/p.md", PAGE)]);
});
