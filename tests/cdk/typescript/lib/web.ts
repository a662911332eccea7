import * as cdk from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { S3StaticWebsiteOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

class SiteNested extends cdk.NestedStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const site = new s3.Bucket(this, 'Site', { websiteIndexDocument: 'index.html' });
    new cloudfront.Distribution(this, 'Cdn', {
      defaultBehavior: {
        origin: new S3StaticWebsiteOrigin(site),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.ALLOW_ALL,
      },
    });
  }
}

export interface WebProps extends cdk.StackProps {
  vpc: ec2.IVpc;
  bucket: s3.IBucket;
}

export class WebStack extends cdk.Stack {
  constructor(scope: Construct, id: string, { vpc, bucket, ...props }: WebProps) {
    super(scope, id, props);
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc });
    const service = new ApplicationLoadBalancedFargateService(this, 'Service', {
      cluster,
      publicLoadBalancer: true,
      taskImageOptions: { image: ecs.ContainerImage.fromRegistry('nginx:latest') },
    });
    bucket.grantReadWrite(service.taskDefinition.taskRole);
    new SiteNested(this, 'SiteNested');
  }
}
