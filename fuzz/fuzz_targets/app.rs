#![no_main]

#[path = "../law.rs"]
mod law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::check(&[
        ("cdk.out/manifest.json", include_bytes!("../../tests/cdk/app/cdk.out/manifest.json")),
        ("cdk.out/Store.template.json", include_bytes!("../../tests/cdk/app/cdk.out/Store.template.json")),
        ("cdk.out/StoreArchive.nested.template.json", include_bytes!("../../tests/cdk/app/cdk.out/StoreArchive.nested.template.json")),
        ("cdk.json", b"{\"app\": \"npx ts-node bin/app.ts\"}"),
        ("lib/store.ts", data),
    ]);
});
