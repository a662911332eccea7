resource "aws_secretsmanager_secret" "plain" {
  name = "plain"
}
resource "aws_secretsmanager_secret" "rotated" {
  name       = "rotated"
  kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/a"
}
resource "aws_secretsmanager_secret_rotation" "rotation" {
  secret_id           = aws_secretsmanager_secret.rotated.id
  rotation_lambda_arn = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"
  rotation_rules {
    automatically_after_days = 30
  }
}
