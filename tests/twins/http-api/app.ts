import * as cdk from 'aws-cdk-lib';
import { aws_apigatewayv2 as apigatewayv2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class HttpApiStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new apigatewayv2.CfnApi(this, 'Api', {
      name: 'api',
      protocolType: 'HTTP',
    });
    new apigatewayv2.CfnStage(this, 'Prod', {
      apiId: cdk.Fn.ref('Api'),
      stageName: 'prod',
      autoDeploy: true,
    });
    new apigatewayv2.CfnRoute(this, 'Open', {
      apiId: cdk.Fn.ref('Api'),
      routeKey: 'GET /items',
    });
  }
}

const app = new cdk.App();
new HttpApiStack(app, 'Twin');
app.synth();
