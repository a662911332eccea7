variable "encrypted" {
  type = bool
}
variable "public" {
  type    = bool
  default = false
}
resource "aws_db_instance" "this" {
  instance_class              = "db.t3.micro"
  engine                      = "postgres"
  allocated_storage           = 10
  username                    = "app"
  manage_master_user_password = true
  storage_encrypted           = var.encrypted
  publicly_accessible         = var.public ? var.public : null
}
