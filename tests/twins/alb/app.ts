import * as cdk from 'aws-cdk-lib';
import { aws_elasticloadbalancingv2 as elasticloadbalancingv2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class AlbStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new elasticloadbalancingv2.CfnLoadBalancer(this, 'Front', {
      type: 'application',
      subnets: ['subnet-1', 'subnet-2'],
    });
    new elasticloadbalancingv2.CfnListener(this, 'Plain', {
      loadBalancerArn: cdk.Fn.ref('Front'),
      port: 80,
      protocol: 'HTTP',
      defaultActions: [{
        type: 'forward',
        targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1234567890123456',
      }],
    });
    new elasticloadbalancingv2.CfnListener(this, 'Redirected', {
      loadBalancerArn: cdk.Fn.ref('Front'),
      port: 8080,
      protocol: 'HTTP',
      defaultActions: [{
        type: 'redirect',
        redirectConfig: {
          port: '443',
          protocol: 'HTTPS',
          statusCode: 'HTTP_301',
        },
      }],
    });
    new elasticloadbalancingv2.CfnListener(this, 'OldTls', {
      loadBalancerArn: cdk.Fn.ref('Front'),
      port: 443,
      protocol: 'HTTPS',
      sslPolicy: 'ELBSecurityPolicy-2015-05',
      certificates: [{
        certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/a',
      }],
      defaultActions: [{
        type: 'forward',
        targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/1234567890123456',
      }],
    });
  }
}

const app = new cdk.App();
new AlbStack(app, 'Twin');
app.synth();
