resource "aws_ebs_volume" "plain" {
  availability_zone = "eu-west-1a"
  size              = 10
}
resource "aws_ebs_volume" "good" {
  availability_zone = "eu-west-1a"
  size              = 10
  encrypted         = true
}
resource "aws_instance" "old" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
}
resource "aws_instance" "new" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  metadata_options {
    http_tokens = "required"
  }
  root_block_device {
    encrypted = true
  }
}
resource "aws_launch_template" "template" {
  image_id = "ami-12345678"
}
