import { Stack, StackProps, aws_ec2 as ec2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export class NetworkStack extends Stack {
  readonly vpc: ec2.Vpc;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const bastion = new ec2.SecurityGroup(this, 'Bastion', {
      vpc: this.vpc,
      description: 'ssh from anywhere',
    });
    bastion.addIngressRule(
      ec2.Peer.anyIpv4(),
      ec2.Port.tcp(22),
      'open ssh',
    );
    [8080, 8443].forEach((port, index) => {
      new ec2.CfnSecurityGroupIngress(this, `Loop${index}`, {
        groupId: bastion.securityGroupId,
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIp: '0.0.0.0/0',
      });
    });
  }
}
