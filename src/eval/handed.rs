//! What is given to modules and nested stacks that are not there: they may configure every resource that they are handed.

use std::rc::Rc;

use crate::program::{Attribute, Call, Mode, Module, Resource};

use super::guard::Guard;
use super::instance::{Handed, InstanceInfo};
use super::resources::{One, Slot};
use super::run::{ModuleInstance, Run};
use super::value::Value;

impl<'p> Run<'p> {
    /// Keeps what a module that is not there is given. Only now: an argument may read another output of that module.
    pub(super) fn hand_over(&self, module: &Rc<ModuleInstance<'p>>, call: &'p Call, one: &Rc<One>) {
        let Some(Slot::Missing(_)) = self.slot(one.id) else { return };
        let exists = self.store.assumed(self.store.and(module.exists, one.guard));
        if exists.is_false() {
            return;
        }
        let argument =
            |argument: &'p Attribute| self.under(exists, || self.bind_in(module, &one.each, &argument.value));
        let arguments = Value::list(call.arguments.iter().map(argument));
        let address = self.store.instance(one.id).map(|info| info.address).unwrap_or_default();
        let reason = format!("`{address}`, which is not there, may configure it");
        let reason = self.store.reason(Some(call.header), reason);
        self.handed.borrow_mut().push(Handed { arguments, exists, reason });
    }

    /// Keeps what a nested stack is given whose template lies elsewhere.
    pub(super) fn hand_to_stack(
        &self,
        declared: &Module,
        resource: &Resource,
        info: &InstanceInfo,
        exists: Guard,
        values: &Value,
    ) {
        let parameters = match resource.type_name.as_str() {
            // the call of one whose template is at hand has its name
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application"
                if !declared.calls.contains_key(&resource.name) =>
            {
                "Parameters"
            }
            "aws_cloudformation_stack"
            | "aws_cloudformation_stack_set"
            | "aws_serverlessapplicationrepository_cloudformation_stack" => "parameters",
            _ => return,
        };
        let Some(given) = values.as_map().and_then(|map| map.get(parameters)) else { return };
        if exists.is_false() || resource.mode != Mode::Managed {
            return;
        }
        let reason = format!("`{}`, whose template is not there, may configure it", info.address);
        let reason = self.store.reason(Some(resource.header), reason);
        self.handed.borrow_mut().push(Handed { arguments: given.value.clone(), exists, reason });
    }
}
