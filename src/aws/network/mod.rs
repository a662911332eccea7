//! What security groups and network ACLs let through.
//!
//! Facts: "Security group rules" and "Control subnet traffic with network access control lists" (Amazon VPC User
//! Guide).

pub mod acl;
pub mod rule;

pub use acl::acl_exposes;
pub use rule::{Direction, all_ports, exposes, exposes_protocol, open_to_world, rules, rules_in};

#[cfg(test)]
mod tests;
