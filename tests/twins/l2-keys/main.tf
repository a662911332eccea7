data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}
resource "aws_kms_key" "rotated" {
  enable_key_rotation = true
  policy              = local.policy
}
resource "aws_kms_key" "plain" {
  policy = local.policy
}
