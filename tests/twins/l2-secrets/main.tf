resource "aws_secretsmanager_secret" "token" {
  kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
}
resource "aws_secretsmanager_secret" "plain" {}
resource "aws_ssm_parameter" "setting" {
  name  = "setting"
  type  = "String"
  value = "on"
}
