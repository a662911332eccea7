const cdk = require('aws-cdk-lib');
const { ShopStack } = require('./lib/shop');

const app = new cdk.App();
new ShopStack(app, 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } });
