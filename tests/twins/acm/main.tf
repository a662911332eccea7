resource "aws_acm_certificate" "mail" {
  domain_name       = "example.com"
  validation_method = "EMAIL"
}
resource "aws_acm_certificate" "dns" {
  domain_name       = "example.com"
  validation_method = "DNS"
}
