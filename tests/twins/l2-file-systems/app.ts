import * as cdk from 'aws-cdk-lib';
import { aws_ec2 as ec2, aws_efs as efs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2FileSystemsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
    });
    const group = ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', 'sg-0a1b2c3d');
    new efs.FileSystem(this, 'Shared', {
      vpc,
      securityGroup: group,
      enableAutomaticBackups: true,
      allowAnonymousAccess: true,
    });
    new efs.FileSystem(this, 'Scratch', {
      vpc,
      securityGroup: group,
      encrypted: false,
      allowAnonymousAccess: true,
    });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2FileSystemsStack(app, 'Twin');
app.synth();
