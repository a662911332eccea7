import * as cdk from 'aws-cdk-lib';
import { aws_elasticloadbalancingv2 as elasticloadbalancingv2, aws_wafv2 as wafv2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class AlbWafStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new elasticloadbalancingv2.CfnLoadBalancer(this, 'Front', {
      type: 'application',
      subnets: ['subnet-1', 'subnet-2'],
      loadBalancerAttributes: [{
        key: 'routing.http.drop_invalid_header_fields.enabled',
        value: 'true',
      }, {
        key: 'deletion_protection.enabled',
        value: 'true',
      }],
    });
    new wafv2.CfnWebACL(this, 'Acl', {
      name: 'acl',
      scope: 'REGIONAL',
      defaultAction: {
        allow: {},
      },
      visibilityConfig: {
        cloudWatchMetricsEnabled: true,
        metricName: 'acl',
        sampledRequestsEnabled: true,
      },
    });
    new wafv2.CfnWebACLAssociation(this, 'Link', {
      resourceArn: cdk.Fn.ref('Front'),
      webAclArn: cdk.Fn.getAtt('Acl', 'Arn'),
    });
  }
}

const app = new cdk.App();
new AlbWafStack(app, 'Twin');
app.synth();
