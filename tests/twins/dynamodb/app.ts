import * as cdk from 'aws-cdk-lib';
import { aws_dynamodb as dynamodb, aws_kms as kms } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class DynamodbStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new dynamodb.CfnTable(this, 'Plain', {
      tableName: 'plain',
      billingMode: 'PAY_PER_REQUEST',
      keySchema: [{
        attributeName: 'id',
        keyType: 'HASH',
      }],
      attributeDefinitions: [{
        attributeName: 'id',
        attributeType: 'S',
      }],
    });
    new dynamodb.CfnTable(this, 'Good', {
      tableName: 'good',
      billingMode: 'PAY_PER_REQUEST',
      deletionProtectionEnabled: true,
      keySchema: [{
        attributeName: 'id',
        keyType: 'HASH',
      }],
      attributeDefinitions: [{
        attributeName: 'id',
        attributeType: 'S',
      }],
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
      },
      sseSpecification: {
        sseEnabled: true,
        sseType: 'KMS',
        kmsMasterKeyId: cdk.Fn.getAtt('Key', 'Arn'),
      },
    });
    new kms.CfnKey(this, 'Key', {
      enableKeyRotation: true,
    });
  }
}

const app = new cdk.App();
new DynamodbStack(app, 'Twin');
app.synth();
