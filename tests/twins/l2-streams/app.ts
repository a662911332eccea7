import * as cdk from 'aws-cdk-lib';
import { aws_kinesis as kinesis, aws_logs as logs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2StreamsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new kinesis.Stream(this, 'Clicks', { shardCount: 1, encryption: kinesis.StreamEncryption.MANAGED });
    new kinesis.Stream(this, 'Plain', { shardCount: 1, encryption: kinesis.StreamEncryption.UNENCRYPTED });
    new logs.LogGroup(this, 'Short', { retention: logs.RetentionDays.ONE_WEEK });
    new logs.LogGroup(this, 'Forever', { retention: logs.RetentionDays.INFINITE });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2StreamsStack(app, 'Twin');
app.synth();
