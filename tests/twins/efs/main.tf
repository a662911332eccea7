resource "aws_efs_file_system" "plain" {}
resource "aws_efs_file_system" "good" {
  encrypted = true
}
