resource "aws_lb" "front" {
  load_balancer_type         = "application"
  subnets                    = ["subnet-1", "subnet-2"]
  drop_invalid_header_fields = true
  enable_deletion_protection = true
}
resource "aws_wafv2_web_acl" "acl" {
  name  = "acl"
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "acl"
    sampled_requests_enabled   = true
  }
}
resource "aws_wafv2_web_acl_association" "link" {
  resource_arn = aws_lb.front.arn
  web_acl_arn  = aws_wafv2_web_acl.acl.arn
}
