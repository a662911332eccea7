//! The session: files in, findings out.

mod config;
mod finding;
pub mod suppress;

pub use config::{Config, FILE_NAME as CONFIG_FILE_NAME, Override, Suppressing};
pub use finding::{Finding, Location, Outcome, Related, Resource, Rule, Summary, Unknown, shown_path};
