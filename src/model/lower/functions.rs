//! What tables can't say: functions that lower a part of a resource, named by `function NAME`.

use super::Context;
use super::build::Object;
use crate::eval::{Guard, Value};

/// A function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    /// Its name in tables.
    pub(super) name: &'static str,
    /// The arguments that it takes care of.
    pub(super) arguments: &'static [&'static str],
    /// Writes what it makes of the source.
    pub(super) lower: fn(&Context<'_>, &Value, Guard, &mut Object),
}

static ALL: &[Function] = &[];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<Function> {
    ALL.iter().find(|f| f.name == name).copied()
}
