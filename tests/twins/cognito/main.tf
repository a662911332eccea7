resource "aws_cognito_user_pool" "plain" {
  name = "plain"
}
resource "aws_cognito_user_pool" "good" {
  name              = "good"
  mfa_configuration = "ON"
  software_token_mfa_configuration {
    enabled = true
  }
}
