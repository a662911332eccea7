resource "aws_kms_key" "plain" {}
resource "aws_kms_key" "rotated" {
  enable_key_rotation = true
}
resource "aws_kms_key" "open" {
  enable_key_rotation = true
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "kms:*", Resource = "*" }]
  })
}
