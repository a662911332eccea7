resource "aws_s3_bucket" "site" {}
resource "aws_s3_bucket_ownership_controls" "site_controls" {
  bucket = aws_s3_bucket.site.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}
resource "aws_s3_bucket_acl" "site_acl" {
  bucket = aws_s3_bucket.site.id
  acl    = "public-read"
}
