import * as cdk from 'aws-cdk-lib';
import { aws_elasticache as elasticache } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class ElasticacheStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new elasticache.CfnReplicationGroup(this, 'Plain', {
      replicationGroupId: 'plain',
      replicationGroupDescription: 'plain',
      automaticFailoverEnabled: false,
    });
    new elasticache.CfnReplicationGroup(this, 'Good', {
      replicationGroupId: 'good',
      replicationGroupDescription: 'good',
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      snapshotRetentionLimit: 7,
    });
  }
}

const app = new cdk.App();
new ElasticacheStack(app, 'Twin');
app.synth();
