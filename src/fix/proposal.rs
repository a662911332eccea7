//! A way to mend one finding: its edits, and what they are meant to do.

use crate::Str;
use crate::policy::{Applicability, FixPlan};

use super::app::prefixed;
use super::why::Why;
use super::write::Op;

/// A property that a fix is meant to change, by address and names; no names: all of the resource.
pub(super) type Touched = (Str, Vec<Str>);

/// A way to mend one finding, as edits that are not proved yet.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    pub(super) title: Str,
    pub(super) applicability: Applicability,
    /// What a careful person should know first.
    pub(super) warning: Option<Str>,
    pub(super) ops: Vec<Op>,
    pub(super) touched: Vec<Touched>,
    /// Resources that are new.
    pub(super) added: Vec<Str>,
    /// Resources that are gone.
    pub(super) removed: Vec<Str>,
    /// Something is taken away: there may be nothing left that the policy is about.
    pub(super) takes_away: bool,
    /// The resource is not declared here: what else it says is never known.
    pub(super) assumed: bool,
}

impl Proposal {
    /// What a page's plan says, without any edit yet.
    pub(super) fn new(plan: &FixPlan) -> Self {
        Proposal {
            title: plan.title.clone(),
            applicability: plan.applicability,
            warning: None,
            ops: Vec::new(),
            touched: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            takes_away: false,
            assumed: false,
        }
    }

    /// What is to be written, each edit once; an error if that is nothing.
    pub(super) fn finish(mut self) -> Result<Self, Why> {
        let mut seen: Vec<Op> = Vec::new();
        for op in self.ops.drain(..) {
            if !seen.contains(&op) {
                seen.push(op);
            }
        }
        self.ops = seen;
        if self.ops.is_empty() {
            return Err(Why::new("it is written so already"));
        }
        Ok(self)
    }

    /// Tells its resources from those of other stacks.
    pub(super) fn prefix(&mut self, prefix: &str) {
        let all = self.touched.iter_mut().map(|(address, _)| address);
        for address in all.chain(&mut self.added).chain(&mut self.removed) {
            *address = prefixed(prefix, address);
        }
    }
}
