from aws_cdk import (
    Stack,
    aws_apigateway as apigw,
    aws_dynamodb as dynamodb,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
)
from constructs import Construct


class ApiStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, table: dynamodb.Table, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        handler = lambda_.Function(
            self,
            "Handler",
            runtime=lambda_.Runtime.NODEJS_20_X,
            handler="index.handler",
            code=lambda_.Code.from_inline("exports.handler = async () => ({});"),
            environment={"TABLE": table.table_name, "API_KEY": "not-a-real-key"},
        )
        table.grant_read_write_data(handler)
        handler.add_to_role_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
        api = apigw.LambdaRestApi(self, "Api", handler=handler, proxy=False)
        api.root.add_resource("items").add_method("GET")
        api.root.add_method("ANY")
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(self, "Queue")))
