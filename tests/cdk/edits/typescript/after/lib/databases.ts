import * as cdk from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as docdb from 'aws-cdk-lib/aws-docdb';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';

interface ReplicaProps {
  readonly vpc: ec2.IVpc;
  readonly encrypted: boolean;
}

class Replica extends Construct {
  constructor(scope: Construct, id: string, props: ReplicaProps) {
    super(scope, id);
    const instance = new rds.DatabaseInstance(this, 'Instance', {
      engine: rds.DatabaseInstanceEngine.MYSQL,
      vpc: props.vpc,
      storageEncrypted: props.encrypted,
      deletionProtection: true,
      cloudwatchLogsExports: ['audit', 'error', 'general', 'slowquery'],
    });
    (instance.node.defaultChild as rds.CfnDBInstance).addPropertyOverride('StorageEncrypted', true);
  }
}

export class DatabaseStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props: cdk.StackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    (vpc.node.findChild('PublicSubnet1').node.findChild('Subnet') as cdk.CfnResource).addPropertyOverride('MapPublicIpOnLaunch', false);
    (vpc.node.findChild('PublicSubnet2').node.findChild('Subnet') as cdk.CfnResource).addPropertyOverride('MapPublicIpOnLaunch', false);
    new dynamodb.Table(this, 'Orders', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    const common = { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }) };
    new rds.DatabaseInstance(this, 'Primary', {
      ...common,
      deletionProtection: true,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      storageEncrypted: true,
    });
    new rds.DatabaseInstance(this, 'Public', {
      ...common,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      publiclyAccessible: false,
      backupRetention: cdk.Duration.days(7),
      autoMinorVersionUpgrade: true,
      deletionProtection: true,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      storageEncrypted: true,
    });
    new Replica(this, 'One', { vpc, encrypted: false });
    new Replica(this, 'Two', { vpc, encrypted: true });
    new rds.DatabaseCluster(this, 'Aurora', {
      engine: rds.DatabaseClusterEngine.AURORA_MYSQL,
      writer: rds.ClusterInstance.serverlessV2('writer'),
      vpc,
      deletionProtection: true,
      cloudwatchLogsExports: ['audit', 'error', 'general', 'slowquery'],
      storageEncrypted: true,
    });
    new docdb.DatabaseCluster(this, 'Documents', {
      masterUser: { username: 'owner' },
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.R5, ec2.InstanceSize.LARGE),
      vpc,
      storageEncrypted: true,
      exportAuditLogsToCloudWatch: true,
    });
    new efs.FileSystem(this, 'Files', { vpc, encrypted: true });
    new opensearch.Domain(this, 'Search', {
      version: opensearch.EngineVersion.OPENSEARCH_2_17,
      enforceHttps: true,
      nodeToNodeEncryption: true,
      encryptionAtRest: { enabled: true },
    });
    new cognito.UserPool(this, 'Users', {
      mfa: cognito.Mfa.REQUIRED,
      mfaSecondFactor: { sms: false, otp: true },
    });
    new elasticache.CfnReplicationGroup(this, 'Cache', {
      replicationGroupDescription: 'sessions',
      cacheNodeType: 'cache.t3.micro',
      engine: 'redis',
      snapshotRetentionLimit: 5,
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
    });
    const table = new dynamodb.CfnTable(this, 'Low', {
      keySchema: [{ attributeName: 'id', keyType: 'HASH' }],
      attributeDefinitions: [{ attributeName: 'id', attributeType: 'S' }],
      billingMode: 'PAY_PER_REQUEST',
    });
    table.addPropertyOverride('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', true);
  }
}
