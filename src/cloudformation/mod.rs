//! CloudFormation templates become a [`crate::program::Program`].
