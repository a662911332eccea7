import * as cdk from 'aws-cdk-lib';
import { aws_certificatemanager as certificatemanager } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class AcmStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new certificatemanager.CfnCertificate(this, 'Mail', {
      domainName: 'example.com',
      validationMethod: 'EMAIL',
    });
    new certificatemanager.CfnCertificate(this, 'Dns', {
      domainName: 'example.com',
      validationMethod: 'DNS',
    });
  }
}

const app = new cdk.App();
new AcmStack(app, 'Twin');
app.synth();
