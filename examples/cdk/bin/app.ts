import { App } from "aws-cdk-lib";
import { OrdersStack } from "../lib/orders-stack";

const app = new App({ analyticsReporting: false });
new OrdersStack(app, "Orders", { description: "The order service", env: { region: "eu-west-1" } });
