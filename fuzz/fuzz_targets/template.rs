#![no_main]

#[path = "../law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = if law::is_json(data) { "stack.json" } else { "stack.yaml" };
    law::check(&[(name, data)]);
});
