#![no_main]

#[path = "../law.rs"]
mod law;

const CONFIG: &[u8] = b"policies = \"policies\"\n";
const MAIN: &[u8] = include_bytes!("../../tests/fixtures/sample_bucket.tf");
const STACK: &[u8] = include_bytes!("../../tests/twins/s3-public/template.yaml");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::check(&[("masugata.toml", CONFIG), ("main.tf", MAIN), ("stack.yaml", STACK), ("policies/p.md", data)]);
});
