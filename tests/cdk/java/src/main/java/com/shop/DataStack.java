package com.shop;

import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.rds.DatabaseInstance;
import software.amazon.awscdk.services.rds.DatabaseInstanceEngine;
import software.amazon.awscdk.services.rds.PostgresEngineVersion;
import software.amazon.awscdk.services.rds.PostgresInstanceEngineProps;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.CfnBucket;
import software.constructs.Construct;

public class DataStack extends Stack {
    private final Bucket uploads;
    private final Table table;

    public DataStack(final Construct scope, final String id, final StackProps props, final IVpc vpc) {
        super(scope, id, props);
        DatabaseInstance.Builder.create(this, "Database")
            .engine(DatabaseInstanceEngine.postgres(
                PostgresInstanceEngineProps.builder().version(PostgresEngineVersion.VER_16_3).build()))
            .vpc(vpc)
            .storageEncrypted(false)
            .publiclyAccessible(true)
            .backupRetention(Duration.days(0))
            .build();
        this.uploads = new LoggedBucket(this, "Uploads").getBucket();
        this.table = Table.Builder.create(this, "Table")
            .partitionKey(Attribute.builder().name("pk").type(AttributeType.STRING).build())
            .build();
        final CfnBucket raw = CfnBucket.Builder.create(this, "Raw").accessControl("PublicRead").build();
        raw.addPropertyOverride("VersioningConfiguration.Status", "Suspended");
    }

    public Bucket getUploads() {
        return this.uploads;
    }

    public Table getTable() {
        return this.table;
    }
}
