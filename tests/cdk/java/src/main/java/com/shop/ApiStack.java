package com.shop;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.apigateway.LambdaRestApi;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sns.subscriptions.SqsSubscription;
import software.amazon.awscdk.services.sqs.Queue;
import software.constructs.Construct;

public class ApiStack extends Stack {
    public ApiStack(final Construct scope, final String id, final StackProps props, final Table table) {
        super(scope, id, props);
        final Function handler = Function.Builder.create(this, "Handler")
            .runtime(Runtime.NODEJS_20_X)
            .handler("index.handler")
            .code(Code.fromInline("exports.handler = async () => ({});"))
            .environment(Map.of("TABLE", table.getTableName(), "API_KEY", "not-a-real-key"))
            .build();
        table.grantReadWriteData(handler);
        handler.addToRolePolicy(PolicyStatement.Builder.create()
            .actions(List.of("s3:*"))
            .resources(List.of("*"))
            .build());
        final LambdaRestApi api = LambdaRestApi.Builder.create(this, "Api").handler(handler).proxy(false).build();
        api.getRoot().addResource("items").addMethod("GET");
        api.getRoot().addMethod("ANY");
        final Topic topic = new Topic(this, "Topic");
        topic.addSubscription(new SqsSubscription(new Queue(this, "Queue")));
    }
}
