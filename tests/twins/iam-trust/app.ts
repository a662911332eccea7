import * as cdk from 'aws-cdk-lib';
import { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class IamTrustStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new iam.CfnRole(this, 'Open', {
      assumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Principal: {
            AWS: '*',
          },
          Action: 'sts:AssumeRole',
        }],
      },
    });
    new iam.CfnUser(this, 'Person');
    new iam.CfnUserPolicy(this, 'Own', {
      userName: cdk.Fn.ref('Person'),
      policyName: 'own',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Action: 'iam:PassRole',
          Resource: '*',
        }],
      },
    });
  }
}

const app = new cdk.App();
new IamTrustStack(app, 'Twin');
app.synth();
