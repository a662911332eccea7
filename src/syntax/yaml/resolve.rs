//! What a scalar without quotes means.

use std::borrow::Cow;

/// A scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Any other number, as written: `1.10`, `1e100`, `123456789012345678901234567890`.
    Decimal(&'t str),
    /// A string.
    String(Cow<'t, str>),
}

/// Resolves a plain YAML scalar the way CloudFormation does, which reads YAML 1.1: `yes` and `on` are truth values, a
/// leading zero means octal, `22:22` counts in sixties. A date stays the text that JSON has for it, and so do infinity,
/// what is no number, and fractions in sixties.
pub fn resolve_plain(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    let string = || Scalar::String(Cow::Borrowed(text));
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => match text {
            "~" | "null" | "Null" | "NULL" => Scalar::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Bool(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Scalar::Bool(false),
            _ => string(),
        },
        b'0'..=b'9' | b'-' | b'+' | b'.' => {
            integer(text).or_else(|| fraction(text).then_some(Scalar::Decimal(text))).unwrap_or_else(string)
        }
        _ => string(),
    }
}

/// An integer of YAML 1.1 ("Integer Language-Independent Type for YAML").
fn integer(text: &str) -> Option<Scalar<'_>> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let in_base = |digits: &str, base: u32| -> Option<i64> {
        let plain: Cow<'_, str> =
            if digits.contains('_') { digits.replace('_', "").into() } else { digits.into() };
        if !plain.chars().all(|c| c.is_digit(base)) {
            return None;
        }
        let signed: Cow<'_, str> = if negative { format!("-{plain}").into() } else { plain };
        i64::from_str_radix(&signed, base).ok()
    };
    if let Some(digits) = body.strip_prefix("0b") {
        return in_base(digits, 2).map(Scalar::Int);
    }
    if let Some(digits) = body.strip_prefix("0x") {
        return in_base(digits, 16).map(Scalar::Int);
    }
    if body.len() > 1 && body.starts_with('0') {
        return in_base(body.get(1..)?, 8).map(Scalar::Int);
    }
    if !body.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((whole, parts)) = body.split_once(':') {
        let mut value = in_base(whole, 10)?;
        for part in parts.split(':') {
            if !(1..=2).contains(&part.len())
                || (part.len() == 2 && !part.starts_with(['0', '1', '2', '3', '4', '5']))
            {
                return None;
            }
            value = value.checked_mul(60)?.checked_add(in_base(part, 10)?)?;
        }
        return Some(Scalar::Int(value));
    }
    match in_base(body, 10) {
        Some(n) => Some(Scalar::Int(n)),
        // beyond 64 bits
        None if body.bytes().all(|b| b.is_ascii_digit()) => Some(Scalar::Decimal(text)),
        None => None,
    }
}

/// Whether a text is a number with a dot: digits before it unless it has no sign, and a sign in an exponent.
fn fraction(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let Some((whole, rest)) = body.split_once('.') else { return false };
    let (decimals, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at + 1..)),
        None => (rest, None),
    };
    let signed = |e: &str| e.len() > 1 && e.starts_with(['+', '-']) && digits(e.get(1..).unwrap_or(""));
    let starts = !whole.is_empty() || (body.len() == text.len() && !decimals.is_empty());
    starts && digits(whole) && digits(decimals) && exponent.is_none_or(signed)
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
