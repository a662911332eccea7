#!/usr/bin/env node
import 'source-map-support/register';
import * as cdk from 'aws-cdk-lib';
import { ApiStack } from '../lib/api';
import { DataStack } from '../lib/data';
import { NetworkStack } from '../lib/network';
import { WebStack } from '../lib/web';

const env = { account: '111122223333', region: 'eu-west-1' };

const app = new cdk.App();
const network = new NetworkStack(app, 'Network', { env });
const data = new DataStack(app, 'Data', { env, vpc: network.vpc });
new ApiStack(app, 'Api', { env, table: data.table });
new WebStack(app, 'Web', { env, vpc: network.vpc, bucket: data.uploads });

class Production extends cdk.Stage {
  constructor(scope: cdk.App, id: string, props?: cdk.StageProps) {
    super(scope, id, props);
    new NetworkStack(this, 'Network', { env });
  }
}
new Production(app, 'Prod');
cdk.Tags.of(app).add('app', 'shop');
