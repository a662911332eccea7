resource "aws_docdb_cluster" "documents" {
  skip_final_snapshot = true
}
resource "aws_neptune_cluster" "graph" {
  skip_final_snapshot = true
}
