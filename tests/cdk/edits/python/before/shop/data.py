from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import (
    aws_cloudtrail as cloudtrail,
    aws_cognito as cognito,
    aws_dynamodb as dynamodb,
    aws_ec2 as ec2,
    aws_ecr as ecr,
    aws_efs as efs,
    aws_elasticache as elasticache,
    aws_kinesis as kinesis,
    aws_opensearchservice as opensearch,
    aws_rds as rds,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)
from aws_cdk.aws_kms import Key
from constructs import Construct


class TeamBucket(s3.Bucket):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, removal_policy=RemovalPolicy.RETAIN)


class DataStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=0)

        # everything that customers upload
        self.data = s3.Bucket(
            self,
            "Data",
            removal_policy=RemovalPolicy.RETAIN,  # they would miss it
            versioned=False
        )
        s3.Bucket(self, "Archive")
        TeamBucket(self, "Team")
        for name in ["orders", "refunds"]:
            sqs.Queue(self, f"Queue-{name}", encryption=sqs.QueueEncryption.UNENCRYPTED)
        sqs.CfnQueue(self, "LowQueue", sqs_managed_sse_enabled=False)
        sns.Topic(self, "Alarms")
        Key(self, "Key", description="for the trail")
        kinesis.Stream(self, "Clicks", encryption=kinesis.StreamEncryption.UNENCRYPTED)
        ecr.Repository(self, "Images")
        cloudtrail.Trail(
            self, "Trail",
            bucket=self.data,
            enable_file_validation=False,
            is_multi_region_trail=False)
        common = dict(vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))
        rds.DatabaseInstance(
            self,
            "Primary",
            engine=rds.DatabaseInstanceEngine.MYSQL,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            publicly_accessible=True,
            backup_retention=Duration.days(0),
        )
        rds.DatabaseInstance(self, "Second", engine=rds.DatabaseInstanceEngine.MYSQL, **common)
        dynamodb.Table(
            self, "Orders", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        )
        efs.FileSystem(self, "Files", vpc=vpc, encrypted=False)
        opensearch.Domain(self, "Search", version=opensearch.EngineVersion.OPENSEARCH_2_17)
        cognito.UserPool(self, "Users")
        elasticache.CfnReplicationGroup(
            self,
            "Cache",
            replication_group_description="sessions",
            cache_node_type="cache.t3.micro",
            engine="redis",
        )
        dynamodb.CfnTable(
            self,
            "Low",
            key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")],
            attribute_definitions=[
                dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="id", attribute_type="S")
            ],
            billing_mode="PAY_PER_REQUEST",
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=False
            ),
        )
