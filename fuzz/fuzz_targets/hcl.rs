#![no_main]

#[path = "../law.rs"]
mod law;

use masugata::syntax::hcl;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let file = law::file(data);
    law::tree(&hcl::parse(file.clone()));
    law::tree(&hcl::parse_expression(file.clone(), 0, file.text.len() as u32));
});
