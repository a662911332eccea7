//! Terraform and OpenTofu: configuration in both syntaxes, modules, variable files, plans.

mod blocks;
mod computed_blocks;
mod console;
pub mod defaults;
mod file;
mod files;
mod inputs;
mod json;
mod load;
mod lock;
mod manifest;
mod module;
mod names;
mod overrides;
pub(crate) mod pack;
pub mod plan;
pub mod schema;
mod types;
mod usage;
mod version;
mod wiring;

pub use console::expression;
pub use files::{ConfigFile, automatic_variable_files, config_files};
pub use inputs::{Supplied, inputs};
pub use load::Modules;
pub use version::major_range;
