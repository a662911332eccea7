resource "aws_efs_file_system" "shared" {
  encrypted = true
}
resource "aws_efs_backup_policy" "shared" {
  file_system_id = aws_efs_file_system.shared.id
  backup_policy {
    status = "ENABLED"
  }
}
resource "aws_efs_mount_target" "shared_efs_mount_target1" {
  file_system_id  = aws_efs_file_system.shared.id
  security_groups = ["sg-0a1b2c3d"]
  subnet_id       = "subnet-0a1b2c3d"
}
resource "aws_efs_mount_target" "shared_efs_mount_target2" {
  file_system_id  = aws_efs_file_system.shared.id
  security_groups = ["sg-0a1b2c3d"]
  subnet_id       = "subnet-1a2b3c4d"
}
resource "aws_efs_file_system" "scratch" {
  encrypted = false
}
resource "aws_efs_mount_target" "scratch_efs_mount_target1" {
  file_system_id  = aws_efs_file_system.scratch.id
  security_groups = ["sg-0a1b2c3d"]
  subnet_id       = "subnet-0a1b2c3d"
}
resource "aws_efs_mount_target" "scratch_efs_mount_target2" {
  file_system_id  = aws_efs_file_system.scratch.id
  security_groups = ["sg-0a1b2c3d"]
  subnet_id       = "subnet-1a2b3c4d"
}
