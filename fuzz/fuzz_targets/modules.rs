#![no_main]

#[path = "../law.rs"]
mod law;

const MAIN: &[u8] = b"module \"a\" {
  source = \"acme/a/aws\"
  name   = \"x\"
}
module \"m\" {
  source = \"./m\"
  name   = module.a.name
}
";
const MODULE: &[u8] = b"variable \"name\" {}
resource \"aws_s3_bucket\" \"b\" {
  bucket = var.name
}
output \"name\" {
  value = aws_s3_bucket.b.id
}
";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = if law::is_json(data) { ".terraform/modules/modules.json" } else { ".terraform.lock.hcl" };
    law::check(&[("main.tf", MAIN), ("m/main.tf", MODULE), (name, data)]);
});
