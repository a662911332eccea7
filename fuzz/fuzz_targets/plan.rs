#![no_main]

#[path = "../law.rs"]
mod law;

const MAIN: &[u8] = include_bytes!("../../tests/plan_beside/main.tf");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::check(&[("plan.json", data)]);
    law::check(&[("plan.json", data), ("main.tf", MAIN)]);
});
