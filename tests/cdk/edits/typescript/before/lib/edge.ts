import { Stack, StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Distribution, SecurityPolicyProtocol } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    const certificate = new Certificate(this, 'Certificate', { domainName: 'www.example.com' });
    new Distribution(this, 'Site', {
      defaultBehavior: { origin: new HttpOrigin('www.example.org') },
      additionalBehaviors: {
        '/api/*': { origin: new HttpOrigin('api.example.org') },
      },
      domainNames: ['www.example.com'],
      certificate,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_1_2016,
    });
    new Bucket(this, 'Logs', { versioned: true });
  }
}
