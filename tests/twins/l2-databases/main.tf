locals {
  subnet_group = "private"
  groups       = ["sg-0a1b2c3d"]
}
data "aws_secretsmanager_secret_version" "orders" {
  secret_id = "orders"
}
data "aws_secretsmanager_secret_version" "reports" {
  secret_id = "reports"
}
resource "aws_db_instance" "orders" {
  allocated_storage                   = 100
  backup_retention_period             = 14
  copy_tags_to_snapshot               = true
  instance_class                      = "db.m5.large"
  db_subnet_group_name                = local.subnet_group
  deletion_protection                 = true
  iam_database_authentication_enabled = true
  engine                              = "postgres"
  engine_version                      = "16"
  password                            = data.aws_secretsmanager_secret_version.orders.secret_string
  username                            = "admin1"
  multi_az                            = true
  storage_encrypted                   = true
  storage_type                        = "gp2"
  vpc_security_group_ids              = local.groups
}
resource "aws_db_instance" "reports" {
  allocated_storage          = 100
  auto_minor_version_upgrade = false
  backup_retention_period    = 0
  copy_tags_to_snapshot      = true
  instance_class             = "db.m5.large"
  db_subnet_group_name       = local.subnet_group
  engine                     = "postgres"
  engine_version             = "16"
  password                   = data.aws_secretsmanager_secret_version.reports.secret_string
  username                   = "admin1"
  publicly_accessible        = true
  storage_type               = "gp2"
  vpc_security_group_ids     = local.groups
}
