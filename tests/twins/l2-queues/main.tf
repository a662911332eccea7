resource "aws_sqs_queue" "dead" {
  sqs_managed_sse_enabled = true
}
resource "aws_sqs_queue" "orders" {
  kms_master_key_id = "alias/aws/sqs"
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3
  })
}
resource "aws_sqs_queue" "open" {
  sqs_managed_sse_enabled = false
}
resource "aws_sqs_queue_policy" "open_policy" {
  queue_url = aws_sqs_queue.open.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = aws_sqs_queue.open.arn }]
  })
}
resource "aws_sns_topic" "alarms" {}
