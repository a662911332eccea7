resource "aws_cloudtrail" "plain" {
  name           = "plain"
  s3_bucket_name = "trail-logs"
}
resource "aws_cloudtrail" "good" {
  name                          = "good"
  s3_bucket_name                = "trail-logs"
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  kms_key_id                    = "arn:aws:kms:eu-west-1:123456789012:key/a"
}
