//! What a policy says about a resource: plain data for the layers above.

use crate::Str;
use crate::eval::{Guard, Origin, UnknownId, Value};
use crate::model::ResourceId;
use crate::source::Span;

use super::meta::Applicability;

/// What a verdict is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A resource of the graph.
    Resource(ResourceId),
    /// An input of the root by its address: `var.env`, `DbPassword`.
    Input(Str),
}

/// The answer, all conditions considered. A fail under an undecided condition is a fail, with its condition; where
/// nobody knows beside that, there is an unknown of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// There are circumstances under which it exists and is wrong.
    Fail,
    /// It can't be told whether it is wrong.
    Unknown,
    /// Under no circumstances is it wrong, and under some the policy applies.
    Pass,
}

/// One answer of one policy on one resource, or on one element of it. A resource to which the policy does not apply
/// has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it is about.
    pub subject: Subject,
    /// The answer.
    pub outcome: Outcome,
    /// Under which condition that is the outcome, the resource's existence included: [`Guard::TRUE`] if always.
    pub condition: Guard,
    /// Under which condition the subject exists at all; a `condition` equal to it means "whenever it exists".
    pub exists: Guard,
    /// Of an unknown: what would decide it, in order, without duplicates. Inputs and attributes, not expressions.
    pub undecided: Vec<UnknownId>,
    /// Why it is unknown, for a reason that no input decides (a budget, damaged source), in words.
    pub reason: Option<Str>,
    /// Of a fail: the finding.
    pub finding: Option<Box<Finding>>,
}

/// Where something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// What to point at: where the value is *used* (the outermost step of its origin), or a resource's header.
    pub span: Span,
    /// The origin of the value there, to follow to where it can be edited; [`Origin::NONE`] for a resource.
    pub origin: Origin,
    /// The resource in which the place lies, if it is another than the subject: a companion.
    pub resource: Option<ResourceId>,
}

/// What a failing verdict tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The message, with values filled in.
    pub message: Str,
    /// Where it points.
    pub primary: Place,
    /// Other places and resources that have a part in it, as the page names them.
    pub related: Vec<Related>,
    /// How to mend it, the best way first.
    pub fixes: Vec<FixPlan>,
    /// What identifies the element among others of its resource by content (not by index): empty without `for_each`.
    pub element: Str,
    /// The element itself.
    pub each: Option<Value>,
}

/// Another resource or place that has a part in a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The resource, if it is one.
    pub resource: Option<ResourceId>,
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: Str,
}

/// A way to mend a finding, before it is turned into edits.
#[derive(Clone, Debug, PartialEq)]
pub struct FixPlan {
    /// What it does.
    pub title: Str,
    /// How safe it is; a create-only property makes it at best unsafe.
    pub applicability: Applicability,
    /// The resources that are changed instead of the subject.
    pub on: Option<Vec<ResourceId>>,
    /// The changes, in the page's order.
    pub changes: Vec<Change>,
    /// What to do by hand.
    pub steps: Option<Str>,
}

/// One change of a fix.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The property gets this value.
    Set {
        /// The registry path from the subject, or from the element.
        path: Path,
        /// The value.
        value: Value,
    },
    /// The value is taken away: where it stands.
    Remove {
        /// The value to remove, with its origin.
        value: Value,
    },
    /// A list gets one element more.
    Append {
        /// The list's registry path.
        path: Path,
        /// The element.
        value: Value,
    },
    /// A companion resource is added.
    Add {
        /// Its registry type.
        type_name: Str,
        /// Its properties; a reference to the subject is the subject's own resource value.
        properties: Value,
    },
}

/// A registry path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Whether it starts at the element of `for_each` (else at the subject).
    pub from_element: bool,
    /// The names.
    pub steps: Vec<Str>,
}
