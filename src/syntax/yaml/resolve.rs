//! What a scalar without quotes means.

use std::borrow::Cow;

/// A scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that reads the same when it is printed again.
    Int(i64),
    /// Any other number, as written: `1.10`, `1e100`, `123456789012345678901234567890`.
    Decimal(&'t str),
    /// A string.
    String(Cow<'t, str>),
}

/// Resolves a plain YAML scalar the way CloudFormation does, which reads YAML 1.1: `yes` and `on` are truth values.
///
/// Where 1.1 would change digits that somebody wrote, the text stays a string, which is what CloudFormation's
/// properties take anyway: a leading zero (account ids, `0644`), sexagesimals (`22:22`), underscores, dates.
pub fn resolve_plain(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => match text {
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
            _ => Scalar::String(Cow::Borrowed(text)),
        },
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(text),
        _ => Scalar::String(Cow::Borrowed(text)),
    }
}

fn number(text: &str) -> Scalar<'_> {
    let string = Scalar::String(Cow::Borrowed(text));
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at).unwrap_or(""), digits.get(at + 1..)),
        None => (digits, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole)
        || fraction.is_some_and(|f| !all_digits(f))
        || (whole.len() > 1 && whole.starts_with('0'))
    {
        return string;
    }
    match (fraction, exponent) {
        (None, None) => match text.parse::<i64>() {
            // `+5` and `-0` would be printed differently
            Ok(n) if !text.starts_with('+') && text != "-0" => Scalar::Int(n),
            Ok(_) => string,
            Err(_) if whole.is_empty() => string,
            Err(_) => Scalar::Decimal(text),
        },
        // YAML 1.1 wants a dot before an exponent, and a sign behind it
        (None, Some(_)) => string,
        (Some(fraction), exponent) => {
            if (whole.is_empty() && fraction.is_empty()) || whole.is_empty() {
                return string;
            }
            match exponent {
                None => Scalar::Decimal(text),
                Some(e)
                    if e.len() > 1 && e.starts_with(['+', '-']) && all_digits(e.get(1..).unwrap_or("")) =>
                {
                    Scalar::Decimal(text)
                }
                Some(_) => string,
            }
        }
    }
}

/// Resolves a JSON token that is not a string.
pub fn resolve_json(text: &str) -> Scalar<'_> {
    match text {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(n) if text != "-0" => Scalar::Int(n),
            _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Scalar::Decimal(text),
            _ => Scalar::String(Cow::Borrowed(text)),
        },
    }
}
