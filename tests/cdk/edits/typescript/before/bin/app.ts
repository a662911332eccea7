import * as cdk from 'aws-cdk-lib';
import { StorageStack } from '../lib/storage';
import { ComputeStack } from '../lib/compute';
import { DatabaseStack } from '../lib/databases';
import { EdgeStack } from '../lib/edge';

const app = new cdk.App();
const env = { account: '111122223333', region: 'eu-west-1' };
new StorageStack(app, 'Storage', { env });
new ComputeStack(app, 'Compute', { env });
new DatabaseStack(app, 'Databases', { env });
new EdgeStack(app, 'Edge', { env });
