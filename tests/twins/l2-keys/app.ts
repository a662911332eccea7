import * as cdk from 'aws-cdk-lib';
import { aws_kms as kms } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2KeysStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new kms.Key(this, 'Rotated', { enableKeyRotation: true });
    new kms.Key(this, 'Plain');
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2KeysStack(app, 'Twin');
app.synth();
