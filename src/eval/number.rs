//! Numbers.

/// A number with Terraform's precision (512 bits of mantissa); small integers are kept as such.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    /// An integer that fits.
    Int(i64),
    /// Anything else.
    Float(f64),
}
