//! Policies: documents as typed data, and the questions that are asked of them.

pub mod actions;
pub mod condition;
pub mod document;
pub mod json_text;
mod managed;
pub mod pattern_list;
pub mod principal;
pub mod question;
pub mod risk;

pub use document::{PolicyDocument, Statement, document};
pub use managed::is_managed_policy;
pub use question::{
    StatementHit, admin_statements, any, as_list, cross_account, granting, normalised, not_action_statements,
    not_principal_statements, not_resource_statements, on_any_resource, passrole_on_any, public_statements,
    requires_tls, statements, wildcard_action_statements, wildcard_resource_statements,
};
pub use risk::{escalating, exposing_credentials, exposing_data, open_web_identity, unrestricted};

#[cfg(test)]
mod naive_tests;
#[cfg(test)]
mod tests;
