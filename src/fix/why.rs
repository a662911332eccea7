//! Why something can't be mended by a machine.

use crate::Str;
use crate::model::lower::NoWay;

/// A reason in words: lower case, no full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why(pub(super) Str);

impl Why {
    pub(super) fn new(text: impl Into<Str>) -> Self {
        Why(text.into())
    }
}

impl From<NoWay> for Why {
    fn from(no: NoWay) -> Why {
        match no {
            NoWay::NoTable => Why::new("nothing says how this resource type is written"),
            NoWay::NoArgument => Why::new("no argument says this"),
            NoWay::Irreversible(reason) => Why(reason),
            NoWay::NoValue { argument } => Why::new(format!("no value of `{argument}` says this")),
        }
    }
}
