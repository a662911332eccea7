import { Stack, StackProps } from 'aws-cdk-lib';
import * as apigw from 'aws-cdk-lib/aws-apigateway';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { table: dynamodb.Table }) {
    super(scope, id, props);
    const { table } = props;
    const handler = new lambda.Function(this, 'Handler', {
      runtime: lambda.Runtime.NODEJS_20_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({});'),
      environment: { TABLE: table.tableName, API_KEY: 'not-a-real-key' },
    });
    table.grantReadWriteData(handler);
    handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
    const api = new apigw.LambdaRestApi(this, 'Api', { handler, proxy: false });
    api.root.addResource('items').addMethod('GET');
    api.root.addMethod('ANY');
    const topic = new Topic(this, 'Topic');
    topic.addSubscription(new SqsSubscription(new Queue(this, 'Queue')));
  }
}
