import { Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import { aws_dynamodb as dynamodb, aws_ec2 as ec2, aws_rds as rds, aws_s3 as s3 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** A bucket and another one for its access log. */
export class LoggedBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: s3.BucketProps = {}) {
    super(scope, id);
    const logs = new s3.Bucket(this, 'Logs', { accessControl: s3.BucketAccessControl.LOG_DELIVERY_WRITE });
    this.bucket = new s3.Bucket(this, 'Main', { serverAccessLogsBucket: logs, ...props });
  }
}

export interface DataProps extends StackProps {
  vpc: ec2.IVpc;
}

export class DataStack extends Stack {
  readonly uploads: s3.Bucket;
  readonly table: dynamodb.Table;

  constructor(scope: Construct, id: string, props: DataProps) {
    super(scope, id, props);
    this.database(props.vpc);
    this.uploads = new LoggedBucket(this, 'Uploads', {
      versioned: false,
      autoDeleteObjects: true,
      removalPolicy: RemovalPolicy.DESTROY,
    }).bucket;
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    });
    const raw = new s3.CfnBucket(this, 'Raw', { accessControl: 'PublicRead' });
    raw.addPropertyOverride('VersioningConfiguration.Status', 'Suspended');
  }

  private database(vpc: ec2.IVpc): rds.DatabaseInstance {
    return new rds.DatabaseInstance(this, 'Database', {
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16_3 }),
      vpc,
      storageEncrypted: false,
      publiclyAccessible: true,
      backupRetention: Duration.days(0),
    });
  }
}
