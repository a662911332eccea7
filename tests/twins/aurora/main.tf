resource "aws_rds_cluster" "plain" {
  engine              = "aurora-mysql"
  skip_final_snapshot = true
}
resource "aws_rds_cluster" "good" {
  engine                              = "aurora-mysql"
  storage_encrypted                   = true
  deletion_protection                 = true
  iam_database_authentication_enabled = true
  backup_retention_period             = 7
  copy_tags_to_snapshot               = true
  enabled_cloudwatch_logs_exports     = ["audit"]
}
