from aws_cdk import NestedStack, Stack, aws_cloudfront as cloudfront, aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2, aws_ecs as ecs, aws_ecs_patterns as patterns, aws_s3 as s3
from constructs import Construct


class SiteNested(NestedStack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        site = s3.Bucket(self, "Site", website_index_document="index.html")
        cloudfront.Distribution(
            self,
            "Cdn",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3StaticWebsiteOrigin(site),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.ALLOW_ALL,
            ),
        )


class WebStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc, bucket: s3.IBucket, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        service = patterns.ApplicationLoadBalancedFargateService(
            self,
            "Service",
            cluster=cluster,
            public_load_balancer=True,
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=ecs.ContainerImage.from_registry("nginx:latest"),
            ),
        )
        bucket.grant_read_write(service.task_definition.task_role)
        SiteNested(self, "SiteNested")
