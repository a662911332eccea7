import * as cdk from 'aws-cdk-lib';
import { aws_cognito as cognito } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2UserPoolsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new cognito.UserPool(this, 'Strict', {
      mfa: cognito.Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: { minLength: 14, requireDigits: true, requireLowercase: true, requireSymbols: true, requireUppercase: true },
    });
    new cognito.UserPool(this, 'Lax', {
      mfa: cognito.Mfa.OFF,
      passwordPolicy: { minLength: 6, requireDigits: false, requireLowercase: false, requireSymbols: false, requireUppercase: false },
    });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2UserPoolsStack(app, 'Twin');
app.synth();
