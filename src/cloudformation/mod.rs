//! CloudFormation templates, YAML or JSON, become modules: parameters are inputs, conditions and mappings are locals,
//! nested stacks are calls, intrinsic functions are expressions.

mod attributes;
mod detect;
mod environment;
mod exports;
mod expr;
mod foreach;
mod include;
mod intrinsic;
mod names;
mod nested;
mod parameter;
mod reader;
mod rules;
mod sam;
mod sub;
mod template;

pub use attributes::{Kept, attribute_property};
pub use detect::{is_template, looks_like_template, parse};
pub use environment::{complete_environment, is_pseudo_parameter};
pub use exports::Exports;
pub use expr::{expression, expression_in};
pub use nested::{open, open_with, read, read_importing};

#[cfg(test)]
mod tests;
