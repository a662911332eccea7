//! Where generated resources come from: the constructs of a CDK app.

use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::{FileId, Span};

/// A construct of a CDK app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Construct {
    /// `aws:cdk:path` as the template has it.
    pub path: Str,
    /// The app's own line that made it, where the app's source is there to be read.
    pub source: Option<Span>,
}

/// The constructs of a program's resources; empty for what people wrote themselves.
#[derive(Clone, Debug, Default)]
pub struct Constructs {
    by_resource: FxHashMap<(FileId, Str), Construct>,
    /// Rules of validations that the app acknowledges: the construct, the rule.
    pub acknowledged: Vec<(Str, Str)>,
}

impl Constructs {
    /// Tells the construct of a resource: the template it is written in and its logical id.
    pub fn insert(&mut self, template: FileId, logical_id: &str, construct: Construct) {
        self.by_resource.insert((template, logical_id.into()), construct);
    }

    /// The construct of a resource.
    pub fn get(&self, template: FileId, logical_id: &str) -> Option<&Construct> {
        if self.by_resource.is_empty() {
            return None;
        }
        self.by_resource.get(&(template, logical_id.into()))
    }

    /// The rules that the app acknowledges for a construct: at it, or at one around it.
    pub fn acknowledged<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c Str> {
        let around = move |at: &str| {
            at.is_empty()
                || path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.acknowledged.iter().filter(move |(at, _)| around(at)).map(|(_, rule)| rule)
    }

    /// The number of resources whose construct is known.
    pub fn len(&self) -> usize {
        self.by_resource.len()
    }

    /// Whether no construct is known.
    pub fn is_empty(&self) -> bool {
        self.by_resource.is_empty()
    }
}
