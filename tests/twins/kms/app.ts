import * as cdk from 'aws-cdk-lib';
import { aws_kms as kms } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class KmsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new kms.CfnKey(this, 'Plain');
    new kms.CfnKey(this, 'Rotated', {
      enableKeyRotation: true,
    });
    new kms.CfnKey(this, 'Open', {
      enableKeyRotation: true,
      keyPolicy: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Principal: '*',
          Action: 'kms:*',
          Resource: '*',
        }],
      },
    });
  }
}

const app = new cdk.App();
new KmsStack(app, 'Twin');
app.synth();
