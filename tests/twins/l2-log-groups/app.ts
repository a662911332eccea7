import * as cdk from 'aws-cdk-lib';
import { aws_kms as kms, aws_logs as logs, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2LogGroupsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const key = kms.Key.fromKeyArn(this, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd');
    new logs.LogGroup(this, 'Kept', {
      encryptionKey: key,
      retention: logs.RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    new logs.LogGroup(this, 'Forever', { retention: logs.RetentionDays.INFINITE });
    new logs.LogGroup(this, 'Week', { retention: logs.RetentionDays.ONE_WEEK });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2LogGroupsStack(app, 'Twin');
app.synth();
