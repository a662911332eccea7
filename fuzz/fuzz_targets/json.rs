#![no_main]

#[path = "../law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::tree(&masugata::syntax::json::parse(law::file(data)));
});
