#![no_main]

#[path = "../law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let template = data.windows(10).any(|w| w == b"Resources:");
    let name = match law::is_json(data) {
        true => "stack.json",
        false if template => "stack.yaml",
        false => "main.tf",
    };
    law::fixed(&[(name, data)]);
});
