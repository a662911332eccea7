resource "aws_cloudwatch_log_group" "plain" {}
resource "aws_cloudwatch_log_group" "good" {
  retention_in_days = 365
  kms_key_id        = "arn:aws:kms:eu-west-1:123456789012:key/a"
}
