//! Numbers with Terraform's precision: binary floating point with 512 bits of mantissa, rounded half to even.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dashu_base::{BitTest, Sign, UnsignedAbs};
use dashu_float::Repr;
use dashu_int::{IBig, UBig};

/// Bits of mantissa, as Terraform's numbers have them.
const PRECISION: usize = 512;
/// The largest power of ten that a literal may have; beyond it nothing useful is meant.
const MAX_EXPONENT: i64 = 20_000;

/// A number with Terraform's precision (512 bits of mantissa); small integers are kept as such.
///
/// An integer that fits an `i64` is always `Int`, so equal numbers are equal values.
#[derive(Clone)]
pub enum Number {
    /// An integer that fits.
    Int(i64),
    /// Anything else.
    Big(Arc<Repr<2>>),
}

/// `magnitude * 2^exponent` (and a little more, if `sticky`) to the nearest number of the precision, half to even, as
/// Go's `big.Float` has it by default.
fn rounded(sign: Sign, magnitude: UBig, exponent: isize, sticky: bool) -> Number {
    let bits = magnitude.bit_len();
    let Some(shift) = bits.checked_sub(PRECISION).filter(|shift| *shift > 0) else {
        return Number::from_repr(Repr::new(IBig::from_parts(sign, magnitude), exponent));
    };
    let half = magnitude.bit(shift - 1);
    let above = sticky || magnitude.trailing_zeros().is_some_and(|zeros| zeros + 1 < shift);
    let mut kept = magnitude >> shift;
    if half && (above || kept.bit(0)) {
        kept += UBig::from(1u8);
    }
    Number::from_repr(Repr::new(IBig::from_parts(sign, kept), exponent + shift as isize))
}

/// `over / under * 2^exponent`; `under` is not zero.
fn quotient(sign: Sign, over: &UBig, under: &UBig, exponent: isize) -> Number {
    let shift = (PRECISION + 2 + under.bit_len()).saturating_sub(over.bit_len());
    let over = over << shift;
    let kept = &over / under;
    let sticky = &kept * under != over;
    rounded(sign, kept, exponent - shift as isize, sticky)
}

impl Number {
    /// Reads a decimal: sign, digits, fraction, exponent. None when it is not one (or its exponent is absurd).
    pub fn parse(text: &str) -> Option<Number> {
        if let Ok(n) = text.parse::<i64>()
            && !text.starts_with('+')
        {
            return Some(Number::Int(n));
        }
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty()
            || digits.len() > MAX_EXPONENT as usize
            || !digits.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let exponent = exponent.checked_sub(fraction.len() as i64)?;
        if exponent.abs() > MAX_EXPONENT {
            return None;
        }
        let magnitude = UBig::from_str_radix(&digits, 10).ok()?;
        let scale = UBig::from(10u8).pow(exponent.unsigned_abs() as usize);
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        Some(if exponent >= 0 {
            rounded(sign, magnitude * scale, 0, false)
        } else {
            quotient(sign, &magnitude, &scale, 0)
        })
    }

    fn from_repr(repr: Repr<2>) -> Number {
        if repr.is_finite() && repr.is_int() && repr.digits() as isize + repr.exponent() <= 64 {
            let exponent = repr.exponent().max(0) as usize;
            let whole: IBig = repr.significand() << exponent;
            if let Ok(n) = i64::try_from(whole) {
                return Number::Int(n);
            }
        }
        Number::Big(Arc::new(repr))
    }

    fn repr(&self) -> Repr<2> {
        match self {
            Number::Int(n) => Repr::from(IBig::from(*n)),
            Number::Big(repr) => (**repr).clone(),
        }
    }

    /// A float; not-a-number has none.
    pub fn from_f64(value: f64) -> Option<Number> {
        if value.is_nan() {
            return None;
        }
        Repr::<2>::try_from(value).ok().map(Number::from_repr)
    }

    /// A big integer from its digits in a base from 2 to 36.
    pub fn from_digits(text: &str, base: u32) -> Option<Number> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (Sign::Negative, digits),
            None => (Sign::Positive, text.strip_prefix('+').unwrap_or(text)),
        };
        let magnitude = UBig::from_str_radix(digits, base).ok()?;
        Some(rounded(sign, magnitude, 0, false))
    }

    /// A truncated integer as a big one; none for infinity.
    pub fn to_big_int(&self) -> Option<IBig> {
        let repr = match self {
            Number::Int(n) => return Some(IBig::from(*n)),
            Number::Big(repr) => repr,
        };
        if !repr.is_finite() {
            return None;
        }
        let exponent = repr.exponent();
        Some(if exponent >= 0 {
            repr.significand() << exponent as usize
        } else {
            let (sign, magnitude) = repr.significand().clone().into_parts();
            IBig::from_parts(sign, magnitude >> exponent.unsigned_abs())
        })
    }

    /// The integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Int(n) => Some(*n),
            Number::Big(_) => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match self {
            Number::Int(n) => *n as f64,
            Number::Big(repr) => match (repr.is_finite(), repr.sign()) {
                // Through the shortest decimal: the nearest float of what is read back.
                (true, _) => self.to_string().parse().unwrap_or(f64::NAN),
                (false, Sign::Positive) => f64::INFINITY,
                (false, Sign::Negative) => f64::NEG_INFINITY,
            },
        }
    }

    /// Whether it has no fraction.
    pub fn is_integer(&self) -> bool {
        match self {
            Number::Int(_) => true,
            Number::Big(repr) => repr.is_finite() && repr.is_int(),
        }
    }

    /// Whether it is infinite (`1 / 0`).
    pub fn is_infinite(&self) -> bool {
        matches!(self, Number::Big(repr) if repr.is_infinite())
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Number::Int(n) => *n < 0,
            Number::Big(repr) => repr.sign() == Sign::Negative,
        }
    }

    /// Infinity with the sign given.
    fn infinity(negative: bool) -> Number {
        Number::Big(Arc::new(if negative { Repr::neg_infinity() } else { Repr::infinity() }))
    }

    /// The sum; none for infinity minus infinity.
    pub fn add(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Number::Int(sum));
        }
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) if self.is_negative() != other.is_negative() => None,
            (true, _) => Some(self.clone()),
            (_, true) => Some(other.clone()),
            _ => {
                let (a, b) = (self.repr(), other.repr());
                let low = a.exponent().min(b.exponent());
                let align = |r: &Repr<2>| r.significand() << (r.exponent() - low).unsigned_abs();
                let (sign, magnitude) = (align(&a) + align(&b)).into_parts();
                Some(rounded(sign, magnitude, low, false))
            }
        }
    }

    /// The difference; none for infinity minus infinity.
    pub fn sub(&self, other: &Number) -> Option<Number> {
        self.add(&other.neg())
    }

    /// The product; none for zero times infinity.
    pub fn mul(&self, other: &Number) -> Option<Number> {
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(Number::Int(product));
        }
        if self.is_infinite() || other.is_infinite() {
            if self == &Number::Int(0) || other == &Number::Int(0) {
                return None;
            }
            return Some(Number::infinity(self.is_negative() != other.is_negative()));
        }
        let (a, b) = (self.repr(), other.repr());
        let (sign, magnitude) = (a.significand() * b.significand()).into_parts();
        Some(rounded(sign, magnitude, a.exponent() + b.exponent(), false))
    }

    /// The quotient; infinity for a division by zero, none for 0/0 and infinity by infinity.
    pub fn div(&self, other: &Number) -> Option<Number> {
        let (zero, by_zero) = (self == &Number::Int(0), other == &Number::Int(0));
        match (self.is_infinite(), other.is_infinite()) {
            (true, true) => return None,
            (true, false) => return Some(Number::infinity(self.is_negative() != other.is_negative())),
            (false, true) => return Some(Number::Int(0)),
            (false, false) => {}
        }
        if by_zero {
            return (!zero).then(|| Number::infinity(self.is_negative()));
        }
        if let (Number::Int(a), Number::Int(b)) = (self, other)
            && a.checked_rem(*b) == Some(0)
        {
            return Some(Number::Int(a / b));
        }
        let (a, b) = (self.repr(), other.repr());
        let (sign, other_sign) = (a.sign(), b.sign());
        let (over, under) = (a.significand().clone().unsigned_abs(), b.significand().clone().unsigned_abs());
        Some(quotient(sign * other_sign, &over, &under, a.exponent() - b.exponent()))
    }

    /// The remainder with the sign of the dividend; none for a division by zero or infinity.
    pub fn rem(&self, other: &Number) -> Option<Number> {
        if other == &Number::Int(0) || self.is_infinite() {
            return None;
        }
        if other.is_infinite() {
            return Some(self.clone());
        }
        if let (Number::Int(a), Number::Int(b)) = (self, other) {
            return a.checked_rem(*b).map(Number::Int).or(Some(Number::Int(0)));
        }
        self.sub(&other.mul(&self.div(other)?.trunc())?)
    }

    /// The negative.
    pub fn neg(&self) -> Number {
        match self {
            Number::Int(n) if *n != i64::MIN => Number::Int(-n),
            _ if self.is_infinite() => Number::infinity(!self.is_negative()),
            _ => Number::from_repr(-self.repr()),
        }
    }

    /// The integer part towards zero.
    pub fn trunc(&self) -> Number {
        match self.to_big_int() {
            Some(n) if !self.is_integer() => Number::from_repr(Repr::from(n)),
            _ => self.clone(),
        }
    }

    /// The largest integer that is not above.
    pub fn floor(&self) -> Number {
        if self.is_integer() || self.is_infinite() {
            return self.clone();
        }
        let t = self.trunc();
        if self.is_negative() { t.sub(&Number::Int(1)).unwrap_or(t) } else { t }
    }

    /// The smallest integer that is not below.
    pub fn ceil(&self) -> Number {
        self.neg().floor().neg()
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Number {
        Number::Int(n)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a == b,
            (Number::Big(a), Number::Big(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(b),
            _ => self.repr().cmp(&other.repr()),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The decimal digits of `mantissa * 2^exponent` without trailing zeros, and where the point stands behind the first.
fn decimal(mantissa: &UBig, exponent: isize) -> (Vec<u8>, isize) {
    let (whole, shift) = if exponent >= 0 {
        (mantissa << exponent as usize, 0)
    } else {
        let n = exponent.unsigned_abs();
        (mantissa * UBig::from(5u8).pow(n), n as isize)
    };
    let mut digits: Vec<u8> = whole.to_string().into_bytes();
    let point = digits.len() as isize - shift;
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    (digits, point)
}

/// The shortest decimal that reads back as the same number of that precision: the algorithm of Go's `%f` with
/// precision -1, on which Terraform's number formatting rests.
fn shortest(mantissa: &UBig, exponent: isize) -> (Vec<u8>, isize) {
    let (mut digits, mut point) = decimal(mantissa, exponent);
    let bits = mantissa.bit_len() as isize;
    let shift = bits - (PRECISION as isize + 1);
    let (half, exponent) = if shift < 0 {
        (mantissa << shift.unsigned_abs(), exponent + shift)
    } else {
        (mantissa >> shift as usize, exponent + shift)
    };
    let one = UBig::from(1u8);
    let (lower, _) = decimal(&(&half - &one), exponent);
    let (upper, _) = decimal(&(&half + &one), exponent);
    let inclusive = !half.bit(1);
    let digit = |digits: &[u8], i: usize| digits.get(i).copied().unwrap_or(b'0');
    for i in 0..digits.len() {
        let (m, l, u) = (digit(&digits, i), digit(&lower, i), digit(&upper, i));
        let down = l != m || inclusive && i + 1 == lower.len();
        let up = m != u && (inclusive || m + 1 < u || i + 1 < upper.len());
        let round_up = match (down, up) {
            (true, true) => {
                // To the nearest, half to even.
                match digits.get(i + 1) {
                    Some(&b'5') if i + 2 == digits.len() => (m - b'0') % 2 == 1,
                    Some(&next) => next >= b'5',
                    None => false,
                }
            }
            (true, false) => false,
            (false, true) => true,
            (false, false) => continue,
        };
        digits.truncate(i + 1);
        if round_up {
            while let Some(last) = digits.pop() {
                if last < b'9' {
                    digits.push(last + 1);
                    break;
                }
            }
            if digits.is_empty() {
                digits.push(b'1');
                point += 1;
            }
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        break;
    }
    (digits, point)
}

impl fmt::Display for Number {
    /// As Terraform writes it in a string or JSON: no exponent, the shortest digits that read back the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repr = match self {
            Number::Int(n) => return write!(f, "{n}"),
            Number::Big(repr) => repr,
        };
        let negative = repr.sign() == Sign::Negative;
        if !repr.is_finite() {
            return f.write_str(if negative { "-Inf" } else { "+Inf" });
        }
        let (digits, point) = shortest(&repr.significand().clone().unsigned_abs(), repr.exponent());
        let mut text = String::new();
        if negative {
            text.push('-');
        }
        if point <= 0 {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', point.unsigned_abs()));
        }
        for (i, d) in digits.iter().enumerate() {
            if i as isize == point && point > 0 {
                text.push('.');
            }
            text.push(char::from(*d));
        }
        if point > digits.len() as isize {
            text.extend(std::iter::repeat_n('0', point as usize - digits.len()));
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn arithmetic_is_terraforms() {
        assert_eq!(n("0.1").add(&n("0.2")).unwrap(), n("0.3"));
        assert_eq!(n("0.7").add(&n("0.1")).unwrap(), n("0.8"));
        assert_eq!(n("1").div(&n("3")).unwrap().as_f64(), 1.0 / 3.0);
        let third = n("1").div(&n("3")).unwrap().to_string();
        assert_eq!(third.len(), 157);
        assert!(third.starts_with("0.3333") && third.ends_with("335"), "{third}");
        let big = n("123456789012345678901234567890").add(&n("1")).unwrap();
        assert_eq!(big.to_string(), "123456789012345678901234567891");
        assert_eq!(n("1.5e-3").to_string(), "0.0015");
        assert_eq!(n("-7").rem(&n("3")).unwrap().to_string(), "-1");
        assert_eq!(n("7.5").rem(&n("2")).unwrap().to_string(), "1.5");
        assert_eq!(n("1e3"), Number::Int(1000));
        assert_eq!(n("-2.5").floor(), Number::Int(-3));
        assert_eq!(n("-2.5").ceil(), Number::Int(-2));
        assert_eq!(n("1").div(&n("0")).unwrap().to_string(), "+Inf");
        assert!(n("0").div(&n("0")).is_none());
        assert_eq!(n("1e30").to_string(), "1000000000000000000000000000000");
        assert_eq!(n("9223372036854775807").add(&n("1")).unwrap().to_string(), "9223372036854775808");
        assert!(n("2.5") < n("3") && n("2.5") > n("2"));
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "-", "a", "1.2.3", "1e", "0x10", "1e999999999", "--1", "1_000"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}
