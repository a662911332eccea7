package com.shop;

import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketAccessControl;
import software.amazon.awscdk.services.s3.BucketProps;
import software.constructs.Construct;

/** A bucket and another one for its access log. */
public class LoggedBucket extends Construct {
    private final Bucket bucket;

    public LoggedBucket(final Construct scope, final String id) {
        super(scope, id);
        final Bucket logs = new Bucket(this, "Logs", BucketProps.builder()
            .accessControl(BucketAccessControl.LOG_DELIVERY_WRITE)
            .build());
        this.bucket = Bucket.Builder.create(this, "Main").serverAccessLogsBucket(logs).versioned(false).build();
    }

    public Bucket getBucket() {
        return this.bucket;
    }
}
