import * as cdk from 'aws-cdk-lib';
import { aws_eks as eks } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class EksStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new eks.CfnCluster(this, 'Open', {
      name: 'open',
      roleArn: 'arn:aws:iam::123456789012:role/eks',
      resourcesVpcConfig: {
        subnetIds: ['subnet-1', 'subnet-2'],
      },
    });
    new eks.CfnCluster(this, 'Closed', {
      name: 'closed',
      roleArn: 'arn:aws:iam::123456789012:role/eks',
      logging: {
        clusterLogging: {
          enabledTypes: [{
            type: 'api',
          }, {
            type: 'audit',
          }, {
            type: 'authenticator',
          }, {
            type: 'controllerManager',
          }, {
            type: 'scheduler',
          }],
        },
      },
      resourcesVpcConfig: {
        subnetIds: ['subnet-1', 'subnet-2'],
        endpointPublicAccess: false,
        endpointPrivateAccess: true,
      },
      encryptionConfig: [{
        resources: ['secrets'],
        provider: {
          keyArn: 'arn:aws:kms:eu-west-1:123456789012:key/a',
        },
      }],
    });
  }
}

const app = new cdk.App();
new EksStack(app, 'Twin');
app.synth();
