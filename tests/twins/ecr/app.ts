import * as cdk from 'aws-cdk-lib';
import { aws_ecr as ecr } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class EcrStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ecr.CfnRepository(this, 'Plain', {
      repositoryName: 'plain',
    });
    new ecr.CfnRepository(this, 'Good', {
      repositoryName: 'good',
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: {
        scanOnPush: true,
      },
      encryptionConfiguration: {
        encryptionType: 'KMS',
      },
    });
  }
}

const app = new cdk.App();
new EcrStack(app, 'Twin');
app.synth();
