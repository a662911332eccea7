import * as cdk from 'aws-cdk-lib';
import { aws_ec2 as ec2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2SecurityGroupsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
    });
    const web = new ec2.SecurityGroup(this, 'Web', { vpc, description: 'web', allowAllOutbound: false });
    web.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'everybody');
    web.addEgressRule(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcp(5432), 'database');
    const bastion = new ec2.SecurityGroup(this, 'Bastion', { vpc, description: 'bastion' });
    bastion.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22), 'ssh');
    bastion.addIngressRule(ec2.Peer.ipv4('10.0.0.0/8'), ec2.Port.tcpRange(8000, 8100), 'inside');
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2SecurityGroupsStack(app, 'Twin');
app.synth();
