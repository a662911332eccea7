import * as cdk from 'aws-cdk-lib';
import { aws_guardduty as guardduty } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class GuarddutyStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new guardduty.CfnDetector(this, 'Off', {
      enable: false,
    });
    new guardduty.CfnDetector(this, 'On', {
      enable: true,
    });
  }
}

const app = new cdk.App();
new GuarddutyStack(app, 'Twin');
app.synth();
