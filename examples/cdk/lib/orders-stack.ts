import { RemovalPolicy, Stack, StackProps } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);

    const key = new kms.Key(this, "Key", { description: "Orders" });

    const invoices = new s3.Bucket(this, "Invoices", {
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      enforceSSL: true,
    });

    new s3.Bucket(this, "Website", {
      publicReadAccess: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS_ONLY,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    new sqs.Queue(this, "Incoming", { encryption: sqs.QueueEncryption.UNENCRYPTED });

    const vpc = new ec2.CfnVPC(this, "Vpc", { cidrBlock: "10.30.0.0/16" });
    new ec2.CfnSecurityGroup(this, "Admin", {
      groupDescription: "Administrators",
      vpcId: vpc.ref,
      securityGroupIngress: [
        { ipProtocol: "tcp", fromPort: 22, toPort: 22, cidrIp: "0.0.0.0/0", description: "SSH" },
      ],
    });

    const role = new iam.Role(this, "Worker", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    invoices.grantReadWrite(role);
    role.addToPolicy(new iam.PolicyStatement({ actions: ["iam:PassRole"], resources: ["*"] }));
  }
}
