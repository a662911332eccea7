//! Masugata: a compiler and policy linter for AWS infrastructure code.
//!
//! Terraform, CloudFormation and CDK are the source languages, a graph of AWS resources in the shape of the
//! CloudFormation registry is the intermediate form, security policies are the passes, findings and corrected
//! source are the output. Layers import downward only (`tests/tidy.rs` checks it):
//!
//! `source ← syntax ← program ← {terraform, cloudformation, cdk} ← eval ← model ← graph ← aws ← policy ← check
//! ← fix ← report ← cli`

pub mod aws;
pub mod cdk;
pub mod check;
pub mod cli;
pub mod cloudformation;
pub mod eval;
pub mod fix;
pub mod graph;
pub mod model;
pub mod policy;
pub mod program;
pub mod report;
pub mod source;
pub mod syntax;
pub mod terraform;

/// The string type of the whole pipeline: cheap to clone, up to 15 bytes without an allocation.
pub type Str = ecow::EcoString;
