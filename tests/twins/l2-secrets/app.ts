import * as cdk from 'aws-cdk-lib';
import { aws_kms as kms, aws_secretsmanager as secretsmanager, aws_ssm as ssm } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2SecretsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const key = kms.Key.fromKeyArn(this, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd');
    new secretsmanager.Secret(this, 'Token', { encryptionKey: key });
    new secretsmanager.Secret(this, 'Plain');
    new ssm.StringParameter(this, 'Setting', { stringValue: 'on' });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2SecretsStack(app, 'Twin');
app.synth();
