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
    new rds.DatabaseInstance(this, 'Instance', {
      engine: rds.DatabaseInstanceEngine.MYSQL,
      vpc: props.vpc,
      storageEncrypted: props.encrypted,
    });
  }
}

export class DatabaseStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props: cdk.StackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    new dynamodb.Table(this, 'Orders', {
      partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    });
    const common = { vpc, engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }) };
    new rds.DatabaseInstance(this, 'Primary', common);
    new rds.DatabaseInstance(this, 'Public', {
      ...common,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      publiclyAccessible: true,
      backupRetention: cdk.Duration.days(0),
      autoMinorVersionUpgrade: false,
    });
    new Replica(this, 'One', { vpc, encrypted: false });
    new Replica(this, 'Two', { vpc, encrypted: true });
    new rds.DatabaseCluster(this, 'Aurora', {
      engine: rds.DatabaseClusterEngine.AURORA_MYSQL,
      writer: rds.ClusterInstance.serverlessV2('writer'),
      vpc,
    });
    new docdb.DatabaseCluster(this, 'Documents', {
      masterUser: { username: 'owner' },
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.R5, ec2.InstanceSize.LARGE),
      vpc,
      storageEncrypted: false,
    });
    new efs.FileSystem(this, 'Files', { vpc, encrypted: false });
    new opensearch.Domain(this, 'Search', { version: opensearch.EngineVersion.OPENSEARCH_2_17 });
    new cognito.UserPool(this, 'Users');
    new elasticache.CfnReplicationGroup(this, 'Cache', {
      replicationGroupDescription: 'sessions',
      cacheNodeType: 'cache.t3.micro',
      engine: 'redis',
    });
    const table = new dynamodb.CfnTable(this, 'Low', {
      keySchema: [{ attributeName: 'id', keyType: 'HASH' }],
      attributeDefinitions: [{ attributeName: 'id', attributeType: 'S' }],
      billingMode: 'PAY_PER_REQUEST',
    });
    table.addPropertyOverride('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', false);
  }
}
