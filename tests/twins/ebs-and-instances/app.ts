import * as cdk from 'aws-cdk-lib';
import { aws_ec2 as ec2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class EbsAndInstancesStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ec2.CfnVolume(this, 'Plain', {
      availabilityZone: 'eu-west-1a',
      size: 10,
    });
    new ec2.CfnVolume(this, 'Good', {
      availabilityZone: 'eu-west-1a',
      size: 10,
      encrypted: true,
    });
    new ec2.CfnInstance(this, 'Old', {
      imageId: 'ami-12345678',
      instanceType: 't3.micro',
    });
    new ec2.CfnInstance(this, 'New', {
      imageId: 'ami-12345678',
      instanceType: 't3.micro',
      metadataOptions: {
        httpTokens: 'required',
      },
      blockDeviceMappings: [{
        deviceName: '/dev/xvda',
        ebs: {
          encrypted: true,
        },
      }],
    });
    new ec2.CfnLaunchTemplate(this, 'Template', {
      launchTemplateData: {
        imageId: 'ami-12345678',
      },
    });
  }
}

const app = new cdk.App();
new EbsAndInstancesStack(app, 'Twin');
app.synth();
