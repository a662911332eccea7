resource "aws_sns_topic" "orders" {
  kms_master_key_id = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
}
resource "aws_sns_topic" "open" {}
resource "aws_sns_topic_policy" "open_policy" {
  arn = aws_sns_topic.open.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "0"
      Effect    = "Allow"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.open.arn
    }]
  })
}
