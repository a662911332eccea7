terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "orders", Environment = var.environment }
  }
}

locals {
  name = "orders-${var.environment}"

  # Buckets that the application writes to. "exports" is read by partners.
  buckets = {
    uploads = { acl = "private", versioning = true }
    exports = { acl = "public-read", versioning = false }
  }
}

module "bucket" {
  source   = "./modules/bucket"
  for_each = local.buckets

  name       = "${local.name}-${each.key}"
  acl        = each.value.acl
  versioning = each.value.versioning
}

resource "aws_kms_key" "database" {
  description             = "${local.name} database"
  deletion_window_in_days = 30
}

resource "aws_db_instance" "orders" {
  identifier                  = local.name
  engine                      = "postgres"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true
  publicly_accessible         = true
  storage_encrypted           = var.encrypt_database
  kms_key_id                  = aws_kms_key.database.arn
  vpc_security_group_ids      = [aws_security_group.database.id]
  skip_final_snapshot         = var.environment != "prod"
}
