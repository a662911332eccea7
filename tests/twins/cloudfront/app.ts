import * as cdk from 'aws-cdk-lib';
import { aws_cloudfront as cloudfront } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class CloudfrontStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new cloudfront.CfnDistribution(this, 'Site', {
      distributionConfig: {
        enabled: true,
        origins: [{
          domainName: 'example.com',
          id: 'o',
          customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: 'https-only',
            originSslProtocols: ['TLSv1.2'],
          },
        }],
        defaultCacheBehavior: {
          allowedMethods: ['GET', 'HEAD'],
          cachedMethods: ['GET', 'HEAD'],
          targetOriginId: 'o',
          viewerProtocolPolicy: 'allow-all',
          cachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        },
        restrictions: {
          geoRestriction: {
            restrictionType: 'none',
          },
        },
        viewerCertificate: {
          acmCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/a',
          minimumProtocolVersion: 'TLSv1',
          sslSupportMethod: 'sni-only',
        },
      },
    });
  }
}

const app = new cdk.App();
new CloudfrontStack(app, 'Twin');
app.synth();
