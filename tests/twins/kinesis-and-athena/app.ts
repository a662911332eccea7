import * as cdk from 'aws-cdk-lib';
import { aws_athena as athena, aws_kinesis as kinesis } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class KinesisAndAthenaStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new kinesis.CfnStream(this, 'Plain', {
      name: 'plain',
      shardCount: 1,
    });
    new kinesis.CfnStream(this, 'Good', {
      name: 'good',
      shardCount: 1,
      streamEncryption: {
        encryptionType: 'KMS',
        keyId: 'alias/aws/kinesis',
      },
    });
    new athena.CfnWorkGroup(this, 'Queries', {
      name: 'queries',
    });
  }
}

const app = new cdk.App();
new KinesisAndAthenaStack(app, 'Twin');
app.synth();
