resource "aws_cloudwatch_log_group" "kept" {
  kms_key_id        = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
  retention_in_days = 365
}
resource "aws_cloudwatch_log_group" "forever" {}
resource "aws_cloudwatch_log_group" "week" {
  retention_in_days = 7
}
