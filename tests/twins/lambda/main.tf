resource "aws_iam_role" "run" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_lambda_function" "fn" {
  function_name = "fn"
  role          = aws_iam_role.run.arn
  runtime       = "python3.12"
  handler       = "a.b"
  s3_bucket     = "code"
  s3_key        = "fn.zip"
  environment {
    variables = { AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }
  }
}
resource "aws_lambda_permission" "anyone" {
  function_name = aws_lambda_function.fn.function_name
  action        = "lambda:InvokeFunction"
  principal     = "*"
}
resource "aws_lambda_function_url" "address" {
  function_name      = aws_lambda_function.fn.arn
  authorization_type = "NONE"
}
