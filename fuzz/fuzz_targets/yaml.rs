#![no_main]

#[path = "../check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(&masugata::syntax::yaml::parse(check::file(data)));
});
