#![no_main]

#[path = "../law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = if law::is_json(data) { "main.tf.json" } else { "main.tf" };
    law::check(&[(name, data)]);
});
