//! Terraform configuration: files of a module directory become a [`crate::program::Program`].
