import * as cdk from 'aws-cdk-lib';
import { aws_apigateway as apigateway, aws_autoscaling as autoscaling, aws_ecs as ecs } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export class ComputeStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props: cdk.StackProps) {
    super(scope, id, props);
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 0, restrictDefaultSecurityGroup: false });
    (vpc.node.findChild('PublicSubnet1').node.findChild('Subnet') as cdk.CfnResource).addPropertyOverride('MapPublicIpOnLaunch', false);
    (vpc.node.findChild('PublicSubnet2').node.findChild('Subnet') as cdk.CfnResource).addPropertyOverride('MapPublicIpOnLaunch', false);

    new ec2.Instance(this, 'Host', {
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      instanceType: new ec2.InstanceType('t3.micro'),
      machineImage: new ec2.AmazonLinuxImage({ generation: ec2.AmazonLinuxGeneration.AMAZON_LINUX_2023 }),
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true }) }, {
        deviceName: '/dev/xvdb',
        volume: ec2.BlockDeviceVolume.ebs(20, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }),
      }],
    });
    new ec2.LaunchTemplate(this, 'Template', {
      instanceType: new ec2.InstanceType('t3.micro'),
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8) }],
      associatePublicIpAddress: false,
      securityGroup: new ec2.SecurityGroup(this, 'TemplateGroup', { vpc }),
      requireImdsv2: true,
    });
    new ec2.Volume(this, 'Scratch', { availabilityZone: 'eu-west-1a', size: cdk.Size.gibibytes(10), encrypted: true });

    const lb = new elbv2.ApplicationLoadBalancer(this, 'Lb', {
      vpc,
      internetFacing: true,
      dropInvalidHeaderFields: true,
      deletionProtection: true,
    });
    const http = lb.addListener('Http', {
      port: 80,
      defaultAction: elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    lb.addListener('Https', {
      port: 443,
      certificates: [elbv2.ListenerCertificate.fromArn('arn:aws:acm:eu-west-1:111122223333:certificate/1')],
      defaultAction: elbv2.ListenerAction.fixedResponse(200),
      sslPolicy: elbv2.SslPolicy.RECOMMENDED_TLS,
    });
    http.connections.allowDefaultPortFromAnyIpv4();

    const handler = new lambda.Function(this, 'Handler', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 });'),
      tracing: lambda.Tracing.ACTIVE,
    });
    handler.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });
    const api = new apigateway.LambdaRestApi(this, 'Api', { handler, deployOptions: { tracingEnabled: true } });
    api.addDomainName('Domain', {
      domainName: 'api.example.com',
      certificate: cdk.aws_certificatemanager.Certificate.fromCertificateArn(
        this,
        'ApiCertificate',
        'arn:aws:acm:eu-west-1:111122223333:certificate/2',
      ),
      securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
    });

    new ecs.Cluster(this, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
    new ecs.FargateTaskDefinition(this, 'Task', {
      volumes: [{ name: 'shared', efsVolumeConfiguration: {
        fileSystemId: 'fs-12345678',
        transitEncryption: 'ENABLED',
      } }],
    }).addContainer('web', { image: ecs.ContainerImage.fromRegistry('nginx') });
    const flow = new sfn.StateMachine(this, 'Flow', { definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Pass(this, 'Pass')), tracingEnabled: true });
    (flow.node.defaultChild as sfn.CfnStateMachine).addPropertyOverride('LoggingConfiguration', { IncludeExecutionData: true });
    new autoscaling.AutoScalingGroup(this, 'Group', {
      vpc,
      instanceType: new ec2.InstanceType('t3.micro'),
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
    });
  }
}
