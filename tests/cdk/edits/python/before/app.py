#!/usr/bin/env python3
import aws_cdk as cdk

from shop.data import DataStack
from shop.web import WebStack

app = cdk.App()
env = cdk.Environment(account="111122223333", region="eu-west-1")
DataStack(app, "Data", env=env)
WebStack(app, "Web", env=env)
app.synth()
