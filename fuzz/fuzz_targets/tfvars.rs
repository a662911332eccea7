#![no_main]

#[path = "../law.rs"]
mod law;

const MAIN: &[u8] = b"variable \"acl\" {}
variable \"names\" {
  type = map(object({ open = optional(bool, false), ports = list(number) }))
}
resource \"aws_s3_bucket\" \"b\" {
  for_each = var.names
  bucket   = each.key
  acl      = each.value.open ? var.acl : \"private\"
}
";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let name = if law::is_json(data) { "x.auto.tfvars.json" } else { "terraform.tfvars" };
    law::check(&[("main.tf", MAIN), (name, data)]);
});
