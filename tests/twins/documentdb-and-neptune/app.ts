import * as cdk from 'aws-cdk-lib';
import { aws_docdb as docdb, aws_neptune as neptune } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class DocumentdbAndNeptuneStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new docdb.CfnDBCluster(this, 'Documents');
    new neptune.CfnDBCluster(this, 'Graph');
  }
}

const app = new cdk.App();
new DocumentdbAndNeptuneStack(app, 'Twin');
app.synth();
