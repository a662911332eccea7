//! Terraform configurations from disk to programs: what is read, what is reported.

mod configuration;
mod corpus;
mod damage;
mod json;
mod plans;
mod support;
mod verdicts;
