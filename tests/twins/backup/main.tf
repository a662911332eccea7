resource "aws_backup_vault" "vault" {
  name = "vault"
}
resource "aws_backup_vault_policy" "open" {
  backup_vault_name = aws_backup_vault.vault.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "backup:*", Resource = "*" }]
  })
}
