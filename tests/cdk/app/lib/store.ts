import { NestedStack, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';

export class Store extends Stack {
  constructor(scope: App, id: string) {
    super(scope, id);
    /* é𝄞 */ new Bucket(this, 'Files', { versioned: true });
    new Archive(this, 'Archive');
  }
}
class Archive extends NestedStack {
  constructor(scope: Stack, id: string) {
    super(scope, id);
    new Bucket(this, 'Old');
  }
}
