#![no_main]

#[path = "../law.rs"]
mod law;

const MAIN: &[u8] = b"resource \"aws_s3_bucket\" \"b\" {}
resource \"aws_s3_bucket_policy\" \"b\" {
  bucket = aws_s3_bucket.b.id
  policy = file(\"policy.json\")
}
resource \"aws_iam_role\" \"r\" {
  assume_role_policy = file(\"policy.json\")
}
resource \"aws_iam_policy\" \"p\" {
  policy = file(\"policy.json\")
}
resource \"aws_kms_key\" \"k\" {
  policy = file(\"policy.json\")
}
";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    law::check(&[("main.tf", MAIN), ("policy.json", data)]);
});
