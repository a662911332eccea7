import * as cdk from 'aws-cdk-lib';
import { aws_rds as rds } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class AuroraStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new rds.CfnDBCluster(this, 'Plain', {
      engine: 'aurora-mysql',
    });
    new rds.CfnDBCluster(this, 'Good', {
      engine: 'aurora-mysql',
      storageEncrypted: true,
      deletionProtection: true,
      enableIamDatabaseAuthentication: true,
      backupRetentionPeriod: 7,
      copyTagsToSnapshot: true,
      enableCloudwatchLogsExports: ['audit'],
    });
  }
}

const app = new cdk.App();
new AuroraStack(app, 'Twin');
app.synth();
