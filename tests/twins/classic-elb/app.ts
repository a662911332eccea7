import * as cdk from 'aws-cdk-lib';
import { aws_elasticloadbalancing as elasticloadbalancing } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class ClassicElbStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new elasticloadbalancing.CfnLoadBalancer(this, 'Front', {
      availabilityZones: ['eu-west-1a'],
      crossZone: true,
      listeners: [{
        instancePort: '80',
        instanceProtocol: 'http',
        loadBalancerPort: '80',
        protocol: 'http',
      }],
    });
  }
}

const app = new cdk.App();
new ClassicElbStack(app, 'Twin');
app.synth();
