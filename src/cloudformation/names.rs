//! The names that a template declares.

use indexmap::IndexSet;

use crate::Str;
pub(super) use crate::program::suggest::closest;

/// The pseudo parameters ("Pseudo parameters reference", AWS CloudFormation User Guide); `AWS::NoValue` is a literal.
pub(super) const PSEUDO: [&str; 7] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// What a template declares, before any expression is read.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) parameters: IndexSet<Str>,
    pub(super) mappings: IndexSet<Str>,
    pub(super) conditions: IndexSet<Str>,
    pub(super) resources: IndexSet<Str>,
    /// Nested stacks that are calls.
    pub(super) calls: IndexSet<Str>,
    /// Resources that stand for all the resources of a module.
    pub(super) modules: Vec<Str>,
    /// The template is made by SAM: functions and APIs bring resources that nobody writes.
    pub(super) sam: bool,
    /// The template uses the language extensions.
    pub(super) extended: bool,
    /// A macro may add anything.
    pub(super) open: bool,
}

impl Names {
    /// Whether a name that is not declared may still be there when the template is deployed.
    pub(super) fn may_appear(&self, name: &str) -> bool {
        self.open
            || self.modules.iter().any(|m| name.starts_with(m.as_str()))
            || self.sam
                && (name.starts_with("Serverless")
                    || self.resources.iter().any(|r| name.starts_with(r.as_str())))
    }

    /// All that a `Ref` can mean.
    pub(super) fn references(&self) -> Vec<&str> {
        let declared = self.parameters.iter().chain(&self.resources).map(Str::as_str);
        declared.chain(PSEUDO).chain(["AWS::NoValue"]).collect()
    }
}
