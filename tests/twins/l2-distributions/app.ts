import * as cdk from 'aws-cdk-lib';
import { aws_cloudfront as cloudfront, aws_cloudfront_origins as origins } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class L2DistributionsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new cloudfront.Distribution(this, 'Site', {
      defaultBehavior: {
        origin: new origins.HttpOrigin('origin.example.com', {
          protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY,
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.ALLOW_ALL,
      },
    });
    new cloudfront.Distribution(this, 'Shop', {
      defaultBehavior: {
        origin: new origins.HttpOrigin('shop.example.com', {
          originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      },
      defaultRootObject: 'index.html',
      webAclId: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/1234abcd',
    });
  }

  // the twins are compared by name
  protected allocateLogicalId(element: cdk.CfnElement): string {
    return element.node.path.split('/').slice(1).filter((name) => name !== 'Resource').join('');
  }
}

const app = new cdk.App();
new L2DistributionsStack(app, 'Twin');
app.synth();
