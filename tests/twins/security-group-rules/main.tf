resource "aws_security_group" "db" {
  description = "db"
  egress {
    description = "out"
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["10.0.0.0/16"]
  }
}
resource "aws_vpc_security_group_ingress_rule" "everything" {
  security_group_id = aws_security_group.db.id
  description       = "all"
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
}
