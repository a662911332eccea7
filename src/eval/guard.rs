//! Guards: interned binary decision diagrams over canonical input conditions, and three-valued truth made of two.
//!
//! An atom is `input == value` (for inputs whose conditions are recognised) or an opaque named condition. Atoms are
//! ordered by input and then by value, and are kept canonical: on the true branch of `Env == "prod"` every other atom
//! of `Env` is false, and the last value of a closed domain is the negation of the others.

use crate::Str;

use super::store::UnknownId;

/// A condition under which something exists or holds. Handles into the table of a [`super::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guard(pub(super) u32);

impl Guard {
    /// Never.
    pub const FALSE: Guard = Guard(0);
    /// Always.
    pub const TRUE: Guard = Guard(1);
}

/// What an atom of a guard says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A recognised input equals a literal (its JSON text: `"prod"`, `true`, `3`, `null`).
    Equals {
        /// The input's identity.
        input: UnknownId,
        /// The literal's JSON text.
        value: Str,
    },
    /// Anything else that is true or false but not known: its source text and what it depends on.
    Opaque {
        /// Interned identity of the unknown truth value.
        unknown: UnknownId,
    },
}

/// Three-valued truth: two disjoint guards; what neither covers is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Truth {
    /// When it is true.
    pub yes: Guard,
    /// When it is false.
    pub no: Guard,
}

impl Truth {
    /// Always true.
    pub const YES: Truth = Truth { yes: Guard::TRUE, no: Guard::FALSE };
    /// Always false.
    pub const NO: Truth = Truth { yes: Guard::FALSE, no: Guard::TRUE };
    /// Never known.
    pub const UNKNOWN: Truth = Truth { yes: Guard::FALSE, no: Guard::FALSE };

    /// Of a known truth value.
    pub fn of(value: bool) -> Truth {
        if value { Truth::YES } else { Truth::NO }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        Truth { yes: self.no, no: self.yes }
    }
}
