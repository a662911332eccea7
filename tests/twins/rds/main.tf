resource "aws_db_instance" "open" {
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  publicly_accessible = true
  skip_final_snapshot = true
}
resource "aws_db_instance" "good" {
  engine                              = "postgres"
  instance_class                      = "db.t3.micro"
  allocated_storage                   = 20
  publicly_accessible                 = false
  storage_encrypted                   = true
  multi_az                            = true
  deletion_protection                 = true
  backup_retention_period             = 7
  auto_minor_version_upgrade          = true
  iam_database_authentication_enabled = true
  copy_tags_to_snapshot               = true
}
