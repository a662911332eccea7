import { Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** A bucket as our team makes them. */
class TeamBucket extends s3.Bucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      removalPolicy: RemovalPolicy.RETAIN,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
    });
  }
}

export class StorageStack extends Stack {
  readonly data: s3.Bucket;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);

    // everything that customers upload
    this.data = new s3.Bucket(this, 'Data', {
      removalPolicy: RemovalPolicy.RETAIN, // they would miss it
      versioned: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      encryption: s3.BucketEncryption.S3_MANAGED
    });
    new s3.Bucket(this, 'Archive', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
      enforceSSL: true,
    });
    const opened = new s3.Bucket(this, 'Opened', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      versioned: true,
      enforceSSL: true,
    });
    opened.addLifecycleRule({ prefix: 'tmp/', expiration: Duration.days(3) });
    new TeamBucket(this, 'TeamA');
    new TeamBucket(this, 'TeamB');

    for (const name of ['orders', 'refunds']) {
      new sqs.Queue(this, `Queue-${name}`, { encryption: sqs.QueueEncryption.SQS_MANAGED });
    }
    new sqs.CfnQueue(this, 'LowQueue', { sqsManagedSseEnabled: true });
    const alarms = new sns.Topic(this, 'Alarms');
    (alarms.node.defaultChild as sns.CfnTopic).addPropertyOverride('KmsMasterKeyId', 'alias/aws/sns');
    new Key(this, 'Key', { description: 'for the trail', enableKeyRotation: true });
    new kinesis.Stream(this, 'Clicks', {
      encryption: kinesis.StreamEncryption.MANAGED,
      shardCount: 2 // for now
    });
    new ecr.Repository(this, 'Images', {
      imageScanOnPush: true,
    });
    new cloudtrail.Trail(this, 'Trail', {
      bucket: this.data,
      enableFileValidation: true,
      isMultiRegionTrail: true,
    });
  }
}
