import * as cdk from 'aws-cdk-lib';
import { aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class LogsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new logs.CfnLogGroup(this, 'Plain');
    new logs.CfnLogGroup(this, 'Good', {
      retentionInDays: 365,
      kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/a',
    });
  }
}

const app = new cdk.App();
new LogsStack(app, 'Twin');
app.synth();
