import * as cdk from 'aws-cdk-lib';
import { aws_iam as iam, aws_kms as kms, aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2TopicsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const key = kms.Key.fromKeyArn(this, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd');
    new sns.Topic(this, 'Orders', { masterKey: key });
    const open = new sns.Topic(this, 'Open');
    open.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.StarPrincipal()],
        actions: ['sns:Publish'],
        resources: [open.topicArn],
      }),
    );
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2TopicsStack(app, 'Twin');
app.synth();
