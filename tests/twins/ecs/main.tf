resource "aws_ecs_cluster" "main" {
  name = "main"
}
resource "aws_ecs_task_definition" "task" {
  family = "task"
  container_definitions = jsonencode([{
    name        = "app"
    image       = "app:1"
    privileged  = true
    memory      = 128
    environment = [{ name = "DB_PASSWORD", value = "hunter2hunter2" }]
  }])
}
resource "aws_ecs_service" "service" {
  name            = "service"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.task.arn
  launch_type     = "FARGATE"
  network_configuration {
    subnets          = ["subnet-1"]
    assign_public_ip = true
  }
}
