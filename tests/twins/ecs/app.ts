import * as cdk from 'aws-cdk-lib';
import { aws_ecs as ecs } from 'aws-cdk-lib';
import { Construct } from 'constructs';

class EcsStack extends cdk.Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new ecs.CfnCluster(this, 'Main', {
      clusterName: 'main',
    });
    new ecs.CfnTaskDefinition(this, 'Task', {
      family: 'task',
      containerDefinitions: [{
        name: 'app',
        image: 'app:1',
        privileged: true,
        memory: 128,
        environment: [{
          name: 'DB_PASSWORD',
          value: 'hunter2hunter2',
        }],
      }],
    });
    new ecs.CfnService(this, 'Service', {
      serviceName: 'service',
      cluster: cdk.Fn.ref('Main'),
      taskDefinition: cdk.Fn.ref('Task'),
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ['subnet-1'],
          assignPublicIp: 'ENABLED',
        },
      },
    });
  }
}

const app = new cdk.App();
new EcsStack(app, 'Twin');
app.synth();
