from aws_cdk import Duration, Stack, aws_dynamodb as dynamodb, aws_ec2 as ec2, aws_rds as rds, aws_s3 as s3
from constructs import Construct


class LoggedBucket(Construct):
    """A bucket and another one for its access log."""

    def __init__(self, scope: Construct, construct_id: str, **props) -> None:
        super().__init__(scope, construct_id)
        logs = s3.Bucket(self, "Logs", access_control=s3.BucketAccessControl.LOG_DELIVERY_WRITE)
        self.bucket = s3.Bucket(self, "Main", server_access_logs_bucket=logs, **props)


class DataStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._database(vpc)
        self.uploads = LoggedBucket(self, "Uploads", versioned=False).bucket
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        )
        raw = s3.CfnBucket(self, "Raw", access_control="PublicRead")
        raw.add_property_override("VersioningConfiguration.Status", "Suspended")

    def _database(self, vpc: ec2.IVpc) -> None:
        rds.DatabaseInstance(
            self,
            "Database",
            engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_16_3),
            vpc=vpc,
            storage_encrypted=False,
            publicly_accessible=True,
            backup_retention=Duration.days(0),
        )
