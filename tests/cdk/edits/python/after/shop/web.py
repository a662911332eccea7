import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class WebStack(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=0)
        vpc.node.find_child("PublicSubnet1").node.find_child("Subnet").add_property_override("MapPublicIpOnLaunch", False)
        vpc.node.find_child("PublicSubnet2").node.find_child("Subnet").add_property_override("MapPublicIpOnLaunch", False)
        ec2.Instance(
            self,
            "Host",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            instance_type=ec2.InstanceType("t3.micro"),
            machine_image=ec2.AmazonLinuxImage(generation=ec2.AmazonLinuxGeneration.AMAZON_LINUX_2023),
            block_devices=[
                ec2.BlockDevice(device_name="/dev/xvda", volume=ec2.BlockDeviceVolume.ebs(
                    8,
                    encrypted=True,
                )),
                ec2.BlockDevice(
                    device_name="/dev/xvdb", volume=ec2.BlockDeviceVolume.ebs(20, encrypted=True)
                ),
            ],
        )
        lb = elbv2.ApplicationLoadBalancer(
            self,
            "Lb",
            vpc=vpc,
            internet_facing=True,
            drop_invalid_header_fields=True,
            deletion_protection=True,
        )
        lb.add_listener(
            "Http",
            port=80,
            default_action=elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
        )
        lb.add_listener(
            "Https",
            port=443,
            certificates=[
                elbv2.ListenerCertificate.from_arn("arn:aws:acm:eu-west-1:111122223333:certificate/1")
            ],
            default_action=elbv2.ListenerAction.fixed_response(200),
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
        )
        handler = lambda_.Function(
            self,
            "Handler",
            runtime=lambda_.Runtime.PYTHON_3_12,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): return {'statusCode': 200}"),
            tracing=lambda_.Tracing.ACTIVE,
        )
        handler.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
        apigateway.LambdaRestApi(
            self,
            "Api",
            handler=handler,
            deploy_options=apigateway.StageOptions(tracing_enabled=True),
        )
        ecs.Cluster(self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENABLED)
        cloudfront.Distribution(
            self,
            "Site",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin("www.example.org"),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors={
                "/api/*": cloudfront.BehaviorOptions(
                    origin=origins.HttpOrigin("api.example.org"),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                ),
            },
        )
