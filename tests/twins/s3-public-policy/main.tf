resource "aws_s3_bucket" "shared" {}
resource "aws_s3_bucket_policy" "shared_policy" {
  bucket = aws_s3_bucket.shared.id
  policy = <<-JSON
    {"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "${aws_s3_bucket.shared.arn}/*"}
    ]}
  JSON
}
