import * as cdk from 'aws-cdk-lib';
import { aws_backup as backup } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class BackupStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new backup.CfnBackupVault(this, 'Vault', {
      backupVaultName: 'vault',
      accessPolicy: {
        version: '2012-10-17',
        statement: [{
          effect: 'Allow',
          principal: '*',
          action: 'backup:*',
          resource: '*',
        }],
      },
    });
  }
}

const app = new cdk.App();
new BackupStack(app, 'Twin');
app.synth();
