resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  encrypted         = true
  size              = 20
  type              = "gp2"
}
resource "aws_ebs_volume" "scratch" {
  availability_zone = "eu-west-1a"
  encrypted         = false
  size              = 20
  type              = "gp2"
}
