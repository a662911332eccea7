import * as cdk from 'aws-cdk-lib';
import { aws_iam as iam } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class IamAdminStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new iam.CfnRole(this, 'App', {
      assumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Principal: {
            Service: 'ec2.amazonaws.com',
          },
          Action: 'sts:AssumeRole',
        }],
      },
    });
    new iam.CfnRolePolicy(this, 'AppAdmin', {
      roleName: cdk.Fn.ref('App'),
      policyName: 'admin',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
        }],
      },
    });
    new iam.CfnManagedPolicy(this, 'Wide', {
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
        }],
      },
    });
  }
}

const app = new cdk.App();
new IamAdminStack(app, 'Twin');
app.synth();
