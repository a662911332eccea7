resource "aws_opensearch_domain" "plain" {
  domain_name = "plain"
  domain_endpoint_options {
    enforce_https = false
  }
}
resource "aws_opensearch_domain" "good" {
  domain_name = "good"
  encrypt_at_rest {
    enabled = true
  }
  node_to_node_encryption {
    enabled = true
  }
  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-2019-07"
  }
}
