#![no_main]

#[path = "../law.rs"]
mod law;

const STACK: &[u8] = include_bytes!("../../tests/twins/conditions/template.yaml");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = if law::is_json(data) { law::PARAMETERS } else { "samconfig.toml" };
    law::check(&[("stack.yaml", STACK), (name, data)]);
});
