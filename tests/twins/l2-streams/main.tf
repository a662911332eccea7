resource "aws_kinesis_stream" "clicks" {
  name             = "clicks"
  shard_count      = 1
  retention_period = 24
  encryption_type  = "KMS"
  kms_key_id       = "alias/aws/kinesis"
}
resource "aws_kinesis_stream" "plain" {
  name             = "plain"
  shard_count      = 1
  retention_period = 24
}
resource "aws_cloudwatch_log_group" "short" {
  retention_in_days = 7
}
resource "aws_cloudwatch_log_group" "forever" {}
