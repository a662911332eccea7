resource "aws_sns_topic" "topic" {}
resource "aws_sns_topic_policy" "anyone" {
  arn = aws_sns_topic.topic.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = aws_sns_topic.topic.arn }]
  })
}
resource "aws_sqs_queue" "queue" {
  sqs_managed_sse_enabled = false
}
resource "aws_sqs_queue_policy" "everyone" {
  queue_url = aws_sqs_queue.queue.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = aws_sqs_queue.queue.arn }]
  })
}
