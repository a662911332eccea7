# Policy documents of every form. `expected.json` is what Terraform 1.11.4 planned for the outputs (`record.sh`).
variable "buckets" {
  type    = list(string)
  default = ["logs", "data", "audit"]
}
variable "tls" {
  type    = bool
  default = true
}
variable "nothing" {
  type    = string
  default = null
}
locals {
  accounts = ["111122223333", "444455556666"]
  conditions = {
    "aws:SourceAccount" = ["444455556666", "111122223333"]
    "aws:SourceArn"     = ["arn:aws:s3:::a"]
  }
}

data "aws_iam_policy_document" "d01_one_of_each" {
  statement {
    sid       = "One"
    effect    = "Allow"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::b/*"]
  }
}
data "aws_iam_policy_document" "d02_several_actions" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "ec2:DescribeInstances"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d03_several_resources" {
  statement {
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::a", "arn:aws:s3:::c/*", "arn:aws:s3:::b"]
  }
}
data "aws_iam_policy_document" "d04_duplicates" {
  statement {
    actions   = ["s3:GetObject", "s3:GetObject"]
    resources = ["b", "a", "b", "c"]
  }
}
data "aws_iam_policy_document" "d05_not_actions" {
  statement {
    effect      = "Deny"
    not_actions = ["iam:*", "sts:*"]
    resources   = ["*"]
  }
}
data "aws_iam_policy_document" "d06_not_resources" {
  statement {
    effect        = "Deny"
    actions       = ["s3:*"]
    not_resources = ["arn:aws:s3:::ours", "arn:aws:s3:::ours/*"]
  }
}
data "aws_iam_policy_document" "d07_service_principal" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d08_service_principals" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d09_everyone" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "d10_every_aws_principal" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "d11_mixed_principals" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]
    }
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d12_same_type_single" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::444455556666:root"]
    }
  }
}
data "aws_iam_policy_document" "d13_same_type_many" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["z", "a"]
    }
    principals {
      type        = "AWS"
      identifiers = ["m", "b", "y"]
    }
  }
}
data "aws_iam_policy_document" "d14_not_principals" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
    not_principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:role/admin"]
    }
  }
}
data "aws_iam_policy_document" "d15_condition_one" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
data "aws_iam_policy_document" "d16_condition_many_values" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["*"]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["home/", "", "home/&{aws:username}/*"]
    }
  }
}
data "aws_iam_policy_document" "d17_conditions_of_one_operator" {
  statement {
    actions   = ["sts:AssumeRoleWithWebIdentity"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "oidc:sub"
      values   = ["system:serviceaccount:a:b"]
    }
    condition {
      test     = "StringEquals"
      variable = "oidc:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d18_conditions_of_one_key" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-2"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-1"]
    }
  }
}
data "aws_iam_policy_document" "d19_condition_operators" {
  statement {
    actions   = ["*"]
    resources = ["*"]
    condition {
      test     = "NumericLessThan"
      variable = "aws:MultiFactorAuthAge"
      values   = [3600]
    }
    condition {
      test     = "Bool"
      variable = "aws:MultiFactorAuthPresent"
      values   = [true]
    }
    condition {
      test     = "IpAddress"
      variable = "aws:SourceIp"
      values   = ["10.0.0.0/8", "192.168.0.0/16"]
    }
    condition {
      test     = "ForAllValues:StringEquals"
      variable = "aws:TagKeys"
      values   = ["team", "app"]
    }
  }
}
data "aws_iam_policy_document" "d20_condition_without_values" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/x"
      values   = []
    }
  }
}
data "aws_iam_policy_document" "d21_variables" {
  statement {
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::home/&{aws:username}", "arn:aws:s3:::home/&{aws:username}/*"]
  }
}
data "aws_iam_policy_document" "d22_escaped_variables" {
  statement {
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::home/$${aws:username}/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:user/&{aws:username}"]
    }
  }
}
data "aws_iam_policy_document" "d23_version_2008" {
  version = "2008-10-17"
  statement {
    actions   = ["sqs:*"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d24_policy_id" {
  policy_id = "__default_policy_ID"
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d25_no_statements" {}
data "aws_iam_policy_document" "d26_empty_strings" {
  policy_id = ""
  statement {
    sid       = ""
    actions   = ["s3:GetObject"]
    resources = [""]
  }
}
data "aws_iam_policy_document" "d27_empty_lists" {
  statement {
    actions       = []
    not_actions   = ["s3:*"]
    resources     = []
    not_resources = ["a"]
  }
}
data "aws_iam_policy_document" "d28_nulls" {
  policy_id = var.nothing
  statement {
    sid         = var.nothing
    effect      = var.nothing
    actions     = ["s3:*"]
    not_actions = null
    resources   = ["*"]
  }
}
data "aws_iam_policy_document" "d29_escapes" {
  statement {
    sid       = "Angle"
    actions   = ["a<b>&c"]
    resources = ["quote\"back\\slash", "tab\tnewline\n", "ünïcode 漢字 😀"]
  }
}
data "aws_iam_policy_document" "d30_several_statements" {
  statement {
    sid       = "B"
    actions   = ["s3:ListBucket"]
    resources = ["*"]
  }
  statement {
    sid       = "A"
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["*"]
  }
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d31_source_document" {
  source_policy_documents = [data.aws_iam_policy_document.d30_several_statements.json]
}
data "aws_iam_policy_document" "d32_source_and_own" {
  source_policy_documents = [data.aws_iam_policy_document.d30_several_statements.json]
  statement {
    sid       = "Own"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d33_own_takes_the_place" {
  source_policy_documents = [data.aws_iam_policy_document.d30_several_statements.json]
  statement {
    sid       = "A"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d34_two_sources" {
  source_policy_documents = [
    data.aws_iam_policy_document.d01_one_of_each.json,
    data.aws_iam_policy_document.d30_several_statements.json,
  ]
}
data "aws_iam_policy_document" "d35_override" {
  override_policy_documents = [data.aws_iam_policy_document.d30_several_statements.json]
  statement {
    sid       = "A"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d36_override_twice" {
  override_policy_documents = [
    data.aws_iam_policy_document.d30_several_statements.json,
    data.aws_iam_policy_document.d33_own_takes_the_place.json,
  ]
}
data "aws_iam_policy_document" "d37_override_new_sid" {
  override_policy_documents = [data.aws_iam_policy_document.d01_one_of_each.json]
  statement {
    sid       = "Other"
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d38_override_without_sid" {
  override_policy_documents = [data.aws_iam_policy_document.d02_several_actions.json]
  statement {
    actions   = ["s3:PutObject"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d39_source_and_override" {
  source_policy_documents   = [data.aws_iam_policy_document.d30_several_statements.json]
  override_policy_documents = [data.aws_iam_policy_document.d01_one_of_each.json, data.aws_iam_policy_document.d33_own_takes_the_place.json]
  statement {
    sid       = "B"
    not_actions = ["s3:*"]
    resources = ["x", "y"]
  }
}
data "aws_iam_policy_document" "d40_chain" {
  source_policy_documents = [data.aws_iam_policy_document.d32_source_and_own.json]
  statement {
    sid       = "Last"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "d41_sources_with_nulls" {
  source_policy_documents = compact([var.nothing, data.aws_iam_policy_document.d01_one_of_each.json, ""])
}
data "aws_iam_policy_document" "d42_jsonencode_source" {
  source_policy_documents = [jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Enc", Effect = "Allow", Action = "s3:GetObject", Resource = "*" }]
  })]
}
data "aws_iam_policy_document" "d43_heredoc_source" {
  source_policy_documents = [<<-JSON
    {
      "Version": "2012-10-17",
      "Statement": {
        "Sid": "Here",
        "Effect": "Deny",
        "Action": ["s3:PutObject"],
        "Resource": ["*"]
      }
    }
  JSON
  ]
}
data "aws_iam_policy_document" "d44_dynamic_statements" {
  dynamic "statement" {
    for_each = var.buckets
    content {
      sid       = "Bucket${title(statement.value)}"
      actions   = ["s3:GetObject", "s3:ListBucket"]
      resources = ["arn:aws:s3:::${statement.value}", "arn:aws:s3:::${statement.value}/*"]
    }
  }
}
data "aws_iam_policy_document" "d45_dynamic_conditions" {
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
    dynamic "condition" {
      for_each = local.conditions
      content {
        test     = "ArnLike"
        variable = condition.key
        values   = condition.value
      }
    }
  }
}
data "aws_iam_policy_document" "d46_dynamic_principals" {
  statement {
    actions = ["sts:AssumeRole"]
    dynamic "principals" {
      for_each = { AWS = [for a in local.accounts : "arn:aws:iam::${a}:root"], Service = ["ec2.amazonaws.com"] }
      iterator = who
      content {
        type        = who.key
        identifiers = who.value
      }
    }
  }
}
data "aws_iam_policy_document" "d47_conditional_statement" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
  dynamic "statement" {
    for_each = var.tls ? [1] : []
    content {
      effect    = "Deny"
      actions   = ["s3:*"]
      resources = ["*"]
      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}
data "aws_iam_policy_document" "d48_counted" {
  count = 2
  statement {
    sid       = "N${count.index}"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.buckets[count.index]}/*"]
  }
}
data "aws_iam_policy_document" "d49_merged_counted" {
  source_policy_documents = data.aws_iam_policy_document.d48_counted[*].json
}
data "aws_iam_policy_document" "d50_for_each" {
  for_each = toset(var.buckets)
  statement {
    sid       = title(each.key)
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${each.value}/*"]
  }
}
data "aws_iam_policy_document" "d51_merged_for_each" {
  source_policy_documents = [for d in data.aws_iam_policy_document.d50_for_each : d.json]
}
data "aws_iam_policy_document" "d52_from_minified" {
  source_policy_documents = [data.aws_iam_policy_document.d19_condition_operators.minified_json]
}
data "aws_iam_policy_document" "d53_kms_key" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.accounts[0]}:root"]
    }
  }
  statement {
    sid       = "Use"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = formatlist("arn:aws:iam::%s:root", local.accounts)
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d54_oidc_trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:org/b:*", "repo:org/a:ref:refs/heads/main"]
    }
  }
}
data "aws_iam_policy_document" "d55_sets" {
  statement {
    actions   = toset(["b:B", "a:A", "c:C"])
    resources = setunion(["x"], ["w", "x"])
  }
}
data "aws_iam_policy_document" "d56_case_order" {
  statement {
    actions   = ["s3:getobject", "S3:GetObject", "s3:GetObject", "s3:Get*"]
    resources = ["b", "B", "a", "A", "*", "-", "~"]
  }
}
data "aws_iam_policy_document" "d57_condition_keys_sorted" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
    condition {
      test     = "StringNotEquals"
      variable = "z"
      values   = ["1"]
    }
    condition {
      test     = "StringEquals"
      variable = "y"
      values   = ["2"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "a"
      values   = ["3", "4"]
    }
  }
}
data "aws_iam_policy_document" "d58_condition_duplicate_values" {
  statement {
    actions   = ["s3:*"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["b", "a", "b"]
    }
  }
}
data "aws_iam_policy_document" "d59_canonical_user" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "CanonicalUser"
      identifiers = ["79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"]
    }
  }
}
data "aws_iam_policy_document" "d60_star_type_with_more" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "d61_not_principals_mixed" {
  statement {
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
    not_principals {
      type        = "AWS"
      identifiers = ["b", "a"]
    }
    not_principals {
      type        = "Service"
      identifiers = ["x.amazonaws.com"]
    }
  }
}
data "aws_iam_policy_document" "d62_override_of_override" {
  source_policy_documents   = [data.aws_iam_policy_document.d35_override.json]
  override_policy_documents = [data.aws_iam_policy_document.d36_override_twice.json]
}
data "aws_iam_policy_document" "d63_policy_id_of_own" {
  policy_id                 = "Mine"
  override_policy_documents = [data.aws_iam_policy_document.d01_one_of_each.json]
}
data "aws_iam_policy_document" "d64_many_statements" {
  dynamic "statement" {
    for_each = range(12)
    content {
      sid       = "S${statement.value}"
      effect    = statement.value % 2 == 0 ? "Allow" : "Deny"
      actions   = [for i in range(statement.value + 1) : "svc${i}:Do${statement.value}"]
      resources = statement.value > 5 ? ["*"] : ["arn:aws:x:::${statement.value}", "arn:aws:x:::0"]
    }
  }
}
data "aws_iam_policy_document" "d65_nested_dynamic" {
  dynamic "statement" {
    for_each = { Read = ["s3:GetObject"], Write = ["s3:PutObject", "s3:DeleteObject"] }
    iterator = st
    content {
      sid       = st.key
      actions   = st.value
      resources = ["*"]
      dynamic "condition" {
        for_each = st.key == "Write" ? { "aws:MultiFactorAuthPresent" = "true" } : {}
        content {
          test     = "Bool"
          variable = condition.key
          values   = [condition.value]
        }
      }
    }
  }
}
data "aws_iam_policy_document" "d66_decoded_and_encoded" {
  source_policy_documents = [jsonencode(jsondecode(data.aws_iam_policy_document.d11_mixed_principals.json))]
}

output "documents" {
  value = {
    d01 = data.aws_iam_policy_document.d01_one_of_each.json
    d02 = data.aws_iam_policy_document.d02_several_actions.json
    d03 = data.aws_iam_policy_document.d03_several_resources.json
    d04 = data.aws_iam_policy_document.d04_duplicates.json
    d05 = data.aws_iam_policy_document.d05_not_actions.json
    d06 = data.aws_iam_policy_document.d06_not_resources.json
    d07 = data.aws_iam_policy_document.d07_service_principal.json
    d08 = data.aws_iam_policy_document.d08_service_principals.json
    d09 = data.aws_iam_policy_document.d09_everyone.json
    d10 = data.aws_iam_policy_document.d10_every_aws_principal.json
    d11 = data.aws_iam_policy_document.d11_mixed_principals.json
    d12 = data.aws_iam_policy_document.d12_same_type_single.json
    d13 = data.aws_iam_policy_document.d13_same_type_many.json
    d14 = data.aws_iam_policy_document.d14_not_principals.json
    d15 = data.aws_iam_policy_document.d15_condition_one.json
    d16 = data.aws_iam_policy_document.d16_condition_many_values.json
    d17 = data.aws_iam_policy_document.d17_conditions_of_one_operator.json
    d18 = data.aws_iam_policy_document.d18_conditions_of_one_key.json
    d19 = data.aws_iam_policy_document.d19_condition_operators.json
    d20 = data.aws_iam_policy_document.d20_condition_without_values.json
    d21 = data.aws_iam_policy_document.d21_variables.json
    d22 = data.aws_iam_policy_document.d22_escaped_variables.json
    d23 = data.aws_iam_policy_document.d23_version_2008.json
    d24 = data.aws_iam_policy_document.d24_policy_id.json
    d25 = data.aws_iam_policy_document.d25_no_statements.json
    d26 = data.aws_iam_policy_document.d26_empty_strings.json
    d27 = data.aws_iam_policy_document.d27_empty_lists.json
    d28 = data.aws_iam_policy_document.d28_nulls.json
    d29 = data.aws_iam_policy_document.d29_escapes.json
    d30 = data.aws_iam_policy_document.d30_several_statements.json
    d31 = data.aws_iam_policy_document.d31_source_document.json
    d32 = data.aws_iam_policy_document.d32_source_and_own.json
    d33 = data.aws_iam_policy_document.d33_own_takes_the_place.json
    d34 = data.aws_iam_policy_document.d34_two_sources.json
    d35 = data.aws_iam_policy_document.d35_override.json
    d36 = data.aws_iam_policy_document.d36_override_twice.json
    d37 = data.aws_iam_policy_document.d37_override_new_sid.json
    d38 = data.aws_iam_policy_document.d38_override_without_sid.json
    d39 = data.aws_iam_policy_document.d39_source_and_override.json
    d40 = data.aws_iam_policy_document.d40_chain.json
    d41 = data.aws_iam_policy_document.d41_sources_with_nulls.json
    d42 = data.aws_iam_policy_document.d42_jsonencode_source.json
    d43 = data.aws_iam_policy_document.d43_heredoc_source.json
    d44 = data.aws_iam_policy_document.d44_dynamic_statements.json
    d45 = data.aws_iam_policy_document.d45_dynamic_conditions.json
    d46 = data.aws_iam_policy_document.d46_dynamic_principals.json
    d47 = data.aws_iam_policy_document.d47_conditional_statement.json
    d48 = data.aws_iam_policy_document.d48_counted[1].json
    d49 = data.aws_iam_policy_document.d49_merged_counted.json
    d50 = data.aws_iam_policy_document.d50_for_each["data"].json
    d51 = data.aws_iam_policy_document.d51_merged_for_each.json
    d52 = data.aws_iam_policy_document.d52_from_minified.json
    d53 = data.aws_iam_policy_document.d53_kms_key.json
    d54 = data.aws_iam_policy_document.d54_oidc_trust.json
    d55 = data.aws_iam_policy_document.d55_sets.json
    d56 = data.aws_iam_policy_document.d56_case_order.json
    d57 = data.aws_iam_policy_document.d57_condition_keys_sorted.json
    d58 = data.aws_iam_policy_document.d58_condition_duplicate_values.json
    d59 = data.aws_iam_policy_document.d59_canonical_user.json
    d60 = data.aws_iam_policy_document.d60_star_type_with_more.json
    d61 = data.aws_iam_policy_document.d61_not_principals_mixed.json
    d62 = data.aws_iam_policy_document.d62_override_of_override.json
    d63 = data.aws_iam_policy_document.d63_policy_id_of_own.json
    d64 = data.aws_iam_policy_document.d64_many_statements.json
    d65 = data.aws_iam_policy_document.d65_nested_dynamic.json
    d66 = data.aws_iam_policy_document.d66_decoded_and_encoded.json
    m19 = data.aws_iam_policy_document.d19_condition_operators.minified_json
    m29 = data.aws_iam_policy_document.d29_escapes.minified_json
    m53 = data.aws_iam_policy_document.d53_kms_key.minified_json
    len = length(data.aws_iam_policy_document.d53_kms_key.json)
    sha = sha256(data.aws_iam_policy_document.d64_many_statements.json)
  }
}
