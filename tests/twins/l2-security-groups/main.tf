resource "aws_security_group" "web" {
  description = "web"
  vpc_id      = "vpc-0a1b2c3d"
  ingress {
    description = "everybody"
    cidr_blocks = ["0.0.0.0/0"]
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
  }
  egress {
    description = "database"
    cidr_blocks = ["10.0.0.0/8"]
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
  }
}
resource "aws_security_group" "bastion" {
  description = "bastion"
  vpc_id      = "vpc-0a1b2c3d"
  ingress {
    description = "ssh"
    cidr_blocks = ["0.0.0.0/0"]
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
  }
  ingress {
    description = "inside"
    cidr_blocks = ["10.0.0.0/8"]
    from_port   = 8000
    to_port     = 8100
    protocol    = "tcp"
  }
  egress {
    description = "Allow all outbound traffic by default"
    cidr_blocks = ["0.0.0.0/0"]
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
  }
}
