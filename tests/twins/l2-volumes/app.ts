import * as cdk from 'aws-cdk-lib';
import { aws_ec2 as ec2, Size } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2VolumesStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ec2.Volume(this, 'Data', { availabilityZone: 'eu-west-1a', size: Size.gibibytes(20), encrypted: true });
    new ec2.Volume(this, 'Scratch', { availabilityZone: 'eu-west-1a', size: Size.gibibytes(20), encrypted: false });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2VolumesStack(app, 'Twin');
app.synth();
