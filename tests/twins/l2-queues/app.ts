import * as cdk from 'aws-cdk-lib';
import { aws_sns as sns, aws_sqs as sqs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2QueuesStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const dead = new sqs.Queue(this, 'Dead', { encryption: sqs.QueueEncryption.SQS_MANAGED });
    new sqs.Queue(this, 'Orders', {
      encryption: sqs.QueueEncryption.KMS_MANAGED,
      deadLetterQueue: { queue: dead, maxReceiveCount: 3 },
    });
    const open = new sqs.Queue(this, 'Open', { encryption: sqs.QueueEncryption.UNENCRYPTED });
    open.addToResourcePolicy(
      new cdk.aws_iam.PolicyStatement({
        principals: [new cdk.aws_iam.StarPrincipal()],
        actions: ['sqs:SendMessage'],
        resources: [open.queueArn],
      }),
    );
    new sns.Topic(this, 'Alarms');
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2QueuesStack(app, 'Twin');
app.synth();
