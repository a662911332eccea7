import * as cdk from 'aws-cdk-lib';
import { aws_ec2 as ec2, aws_rds as rds, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2DatabasesStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: 'vpc-0a1b2c3d',
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      privateSubnetIds: ['subnet-0a1b2c3d', 'subnet-1a2b3c4d'],
    });
    const subnetGroup = rds.SubnetGroup.fromSubnetGroupName(this, 'Subnets', 'private');
    const group = ec2.SecurityGroup.fromSecurityGroupId(this, 'Group', 'sg-0a1b2c3d');
    const common = {
      vpc,
      subnetGroup,
      securityGroups: [group],
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
    };
    new rds.DatabaseInstance(this, 'Orders', {
      ...common,
      credentials: rds.Credentials.fromUsername('admin1', { password: cdk.SecretValue.secretsManager('orders') }),
      storageEncrypted: true,
      multiAz: true,
      deletionProtection: true,
      backupRetention: Duration.days(14),
      iamAuthentication: true,
    });
    new rds.DatabaseInstance(this, 'Reports', {
      ...common,
      credentials: rds.Credentials.fromUsername('admin1', { password: cdk.SecretValue.secretsManager('reports') }),
      publiclyAccessible: true,
      backupRetention: Duration.days(0),
      autoMinorVersionUpgrade: false,
    });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2DatabasesStack(app, 'Twin');
app.synth();
