import * as cdk from 'aws-cdk-lib';
import { aws_cloudtrail as cloudtrail } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class CloudtrailStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new cloudtrail.CfnTrail(this, 'Plain', {
      trailName: 'plain',
      s3BucketName: 'trail-logs',
      isLogging: true,
      includeGlobalServiceEvents: true,
    });
    new cloudtrail.CfnTrail(this, 'Good', {
      trailName: 'good',
      s3BucketName: 'trail-logs',
      isLogging: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/a',
    });
  }
}

const app = new cdk.App();
new CloudtrailStack(app, 'Twin');
app.synth();
