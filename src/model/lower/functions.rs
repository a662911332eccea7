//! What tables can't say: functions that lower a part of a resource, named by `function NAME`.

use super::build::Object;
use super::{Context, source};
use crate::Str;
use crate::eval::{Data, Guard, Value};
use crate::model::table::Step;

/// A function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function {
    /// Its name in tables.
    name: &'static str,
    /// The arguments that it takes care of.
    pub(super) arguments: &'static [&'static str],
    /// Writes what it makes of the source.
    pub(super) lower: fn(&Context<'_>, &Value, Guard, &mut Object),
}

static ALL: &[Function] =
    &[Function { name: "method_path", arguments: &["method_path"], lower: method_path }];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<Function> {
    ALL.iter().find(|f| f.name == name).copied()
}

/// `method_path` of `aws_api_gateway_method_settings`, `path/METHOD` or `*/*`: the resource's path (with a slash before
/// it, as CloudFormation writes it) and the method.
fn method_path(context: &Context<'_>, object: &Value, guard: Guard, target: &mut Object) {
    for found in source::get(context.store, object, "method_path", guard) {
        for (when, arm) in context.store.arms(&found.value) {
            let guard = context.store.and(found.guard, when);
            let parts = arm.as_str().and_then(|s| s.rsplit_once('/'));
            let data = |text: Option<String>| match text {
                Some(text) => Data::String(text.into()),
                None => arm.data.clone(),
            };
            let path = data(parts.map(|(path, _)| format!("/{}", path.trim_start_matches('/'))));
            let method = data(parts.map(|(_, method)| method.to_owned()));
            for (name, data) in [("ResourcePath", path), ("HttpMethod", method)] {
                let value = Value { data, ..arm.clone() };
                let step = [Step::Name(Str::from(name))];
                target.put(context.store, &step, guard, found.key_origin, value);
            }
        }
    }
}
