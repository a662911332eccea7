import * as cdk from 'aws-cdk-lib';
import { aws_cognito as cognito } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class CognitoStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new cognito.CfnUserPool(this, 'Plain', {
      userPoolName: 'plain',
    });
    new cognito.CfnUserPool(this, 'Good', {
      userPoolName: 'good',
      mfaConfiguration: 'ON',
      enabledMfas: ['SOFTWARE_TOKEN_MFA'],
    });
  }
}

const app = new cdk.App();
new CognitoStack(app, 'Twin');
app.synth();
