resource "aws_elasticache_replication_group" "plain" {
  replication_group_id = "plain"
  description          = "plain"
}
resource "aws_elasticache_replication_group" "good" {
  replication_group_id       = "good"
  description                = "good"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  automatic_failover_enabled = true
  multi_az_enabled           = true
  snapshot_retention_limit   = 7
}
