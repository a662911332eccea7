#!/usr/bin/env python3
import aws_cdk as cdk

from shop.api import ApiStack
from shop.data import DataStack
from shop.network import NetworkStack
from shop.web import WebStack

ENV = cdk.Environment(account="111122223333", region="eu-west-1")

app = cdk.App()
network = NetworkStack(app, "Network", env=ENV)
data = DataStack(app, "Data", vpc=network.vpc, env=ENV)
ApiStack(app, "Api", table=data.table, env=ENV)
WebStack(app, "Web", vpc=network.vpc, bucket=data.uploads, env=ENV)


class Production(cdk.Stage):
    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        NetworkStack(self, "Network", env=ENV)


Production(app, "Prod")
cdk.Tags.of(app).add("app", "shop")
app.synth()
