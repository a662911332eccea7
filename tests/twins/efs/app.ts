import * as cdk from 'aws-cdk-lib';
import { aws_efs as efs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class EfsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new efs.CfnFileSystem(this, 'Plain');
    new efs.CfnFileSystem(this, 'Good', {
      encrypted: true,
    });
  }
}

const app = new cdk.App();
new EfsStack(app, 'Twin');
app.synth();
