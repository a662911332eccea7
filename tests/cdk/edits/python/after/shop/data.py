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
        super().__init__(
            scope,
            construct_id,
            removal_policy=RemovalPolicy.RETAIN,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
        )


class DataStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=0)
        vpc.node.find_child("PublicSubnet1").node.find_child("Subnet").add_property_override("MapPublicIpOnLaunch", False)
        vpc.node.find_child("PublicSubnet2").node.find_child("Subnet").add_property_override("MapPublicIpOnLaunch", False)

        # everything that customers upload
        self.data = s3.Bucket(
            self,
            "Data",
            removal_policy=RemovalPolicy.RETAIN,  # they would miss it
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED
        )
        s3.Bucket(
            self,
            "Archive",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
        )
        TeamBucket(self, "Team")
        for name in ["orders", "refunds"]:
            sqs.Queue(self, f"Queue-{name}", encryption=sqs.QueueEncryption.SQS_MANAGED)
        sqs.CfnQueue(self, "LowQueue", sqs_managed_sse_enabled=True)
        alarms = sns.Topic(self, "Alarms")
        alarms.node.default_child.add_property_override("KmsMasterKeyId", "alias/aws/sns")
        Key(self, "Key", description="for the trail", enable_key_rotation=True)
        kinesis.Stream(self, "Clicks", encryption=kinesis.StreamEncryption.MANAGED)
        ecr.Repository(self, "Images", image_scan_on_push=True)
        cloudtrail.Trail(
            self, "Trail",
            bucket=self.data,
            enable_file_validation=True,
            is_multi_region_trail=True)
        common = dict(vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))
        rds.DatabaseInstance(
            self,
            "Primary",
            engine=rds.DatabaseInstanceEngine.MYSQL,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            publicly_accessible=False,
            backup_retention=Duration.days(7),
            deletion_protection=True,
            cloudwatch_logs_exports=["audit", "error", "general", "slowquery"],
            storage_encrypted=True,
        )
        second = rds.DatabaseInstance(self, "Second", engine=rds.DatabaseInstanceEngine.MYSQL, **common)
        second.node.default_child.add_property_override("DeletionProtection", True)
        second.node.default_child.add_property_override("EnableCloudwatchLogsExports", ["audit", "error", "general", "slowquery"])
        second.node.default_child.add_property_override("PubliclyAccessible", False)
        second.node.default_child.add_property_override("StorageEncrypted", True)
        dynamodb.Table(
            self,
            "Orders",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
        )
        efs.FileSystem(self, "Files", vpc=vpc, encrypted=True)
        opensearch.Domain(
            self,
            "Search",
            version=opensearch.EngineVersion.OPENSEARCH_2_17,
            enforce_https=True,
            node_to_node_encryption=True,
            encryption_at_rest=opensearch.EncryptionAtRestOptions(enabled=True),
        )
        cognito.UserPool(
            self,
            "Users",
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
        )
        elasticache.CfnReplicationGroup(
            self,
            "Cache",
            replication_group_description="sessions",
            cache_node_type="cache.t3.micro",
            engine="redis",
            snapshot_retention_limit=5,
            transit_encryption_enabled=True,
            at_rest_encryption_enabled=True,
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
                point_in_time_recovery_enabled=True
            ),
        )
