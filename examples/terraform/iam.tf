data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "Buckets"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [for bucket in module.bucket : "${bucket.arn}/*"]
  }

  statement {
    sid       = "Roles"
    actions   = ["iam:PassRole"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "worker" {
  name               = "${local.name}-worker"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "worker" {
  name   = "worker"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

resource "aws_cloudtrail" "main" {
  name                          = local.name
  s3_bucket_name                = module.bucket["uploads"].name
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = false
}
