resource "aws_apigatewayv2_api" "api" {
  name          = "api"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_stage" "prod" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "prod"
  auto_deploy = true
}
resource "aws_apigatewayv2_route" "open" {
  api_id    = aws_apigatewayv2_api.api.id
  route_key = "GET /items"
}
