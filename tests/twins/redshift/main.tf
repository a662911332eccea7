resource "aws_redshift_cluster" "open" {
  cluster_identifier  = "open"
  node_type           = "ra3.large"
  master_username     = "root1"
  publicly_accessible = true
  encrypted           = false
  skip_final_snapshot = true
}
