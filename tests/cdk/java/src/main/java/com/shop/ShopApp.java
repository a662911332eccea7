package com.shop;

import software.amazon.awscdk.App;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stage;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;
import software.constructs.Construct;

public final class ShopApp {
    private static final Environment ENV = Environment.builder().account("111122223333").region("eu-west-1").build();

    private ShopApp() {
    }

    public static void main(final String[] args) {
        final App app = new App();
        final StackProps props = StackProps.builder().env(ENV).build();
        final NetworkStack network = new NetworkStack(app, "Network", props);
        final DataStack data = new DataStack(app, "Data", props, network.getVpc());
        new ApiStack(app, "Api", props, data.getTable());
        new Production(app, "Prod");
        Tags.of(app).add("app", "shop");
        app.synth();
    }

    private static final class Production extends Stage {
        Production(final Construct scope, final String id) {
            super(scope, id);
            new NetworkStack(this, "Network", StackProps.builder().env(ENV).build());
        }
    }
}
