//! CDK cloud assemblies: CloudFormation plus a way back to the app's source.
