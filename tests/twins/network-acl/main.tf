resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_network_acl" "edge" {
  vpc_id = aws_vpc.main.id
}
resource "aws_network_acl_rule" "ssh" {
  network_acl_id = aws_network_acl.edge.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "0.0.0.0/0"
  from_port      = 0
  to_port        = 65535
}
