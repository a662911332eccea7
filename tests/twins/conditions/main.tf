variable "prod" {
  type = bool
}
resource "aws_s3_bucket" "site" {}
resource "aws_s3_bucket_acl" "site_acl" {
  bucket = aws_s3_bucket.site.id
  acl    = var.prod ? "private" : "public-read"
}
resource "aws_ebs_volume" "scratch" {
  count             = var.prod ? 0 : 1
  availability_zone = "eu-west-1a"
  size              = 1
}
