//! Functions of numbers.

use super::super::number::Number;
use super::super::value::{Data, Value};
use super::{Cx, Function, Look, MANY, Returns, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("abs", (1, 1), Look::Shallow, Returns::Number, |cx, args| {
        let n = cx.arg_num(args, 0)?;
        cx.num(if n.is_negative() { n.neg() } else { n })
    }),
    pure("ceil", (1, 1), Look::Shallow, Returns::Number, |cx, args| cx.num(cx.arg_num(args, 0)?.ceil())),
    pure("floor", (1, 1), Look::Shallow, Returns::Number, |cx, args| cx.num(cx.arg_num(args, 0)?.floor())),
    pure("signum", (1, 1), Look::Shallow, Returns::Number, |cx, args| {
        let n = cx.arg_int(args, 0)?;
        cx.int(n.signum())
    }),
    pure("max", (1, MANY), Look::Shallow, Returns::Number, |cx, args| extreme(cx, args, true)),
    pure("min", (1, MANY), Look::Shallow, Returns::Number, |cx, args| extreme(cx, args, false)),
    pure("log", (2, 2), Look::Shallow, Returns::Number, |cx, args| {
        let (n, base) = (cx.arg_num(args, 0)?.as_f64(), cx.arg_num(args, 1)?.as_f64());
        float(cx, n.ln() / base.ln())
    }),
    pure("pow", (2, 2), Look::Shallow, Returns::Number, |cx, args| {
        let (n, exponent) = (cx.arg_num(args, 0)?.as_f64(), cx.arg_num(args, 1)?.as_f64());
        float(cx, n.powf(exponent))
    }),
    pure("parseint", (2, 2), Look::Shallow, Returns::Number, parseint),
    pure("sum", (1, 1), Look::Members, Returns::Number, sum),
];

fn float(cx: &Cx<'_, '_>, value: f64) -> Outcome {
    match Number::from_f64(value) {
        Some(n) => cx.num(n),
        None => cx.fail("there is no result"),
    }
}

fn extreme(cx: &Cx<'_, '_>, args: &[Value], largest: bool) -> Outcome {
    let mut found: Option<Number> = None;
    for i in 0..args.len() {
        let n = cx.arg_num(args, i)?;
        found = Some(match found {
            Some(best) if (best >= n) == largest => best,
            _ => n,
        });
    }
    match found {
        Some(n) => cx.num(n),
        None => cx.fail("at least one number is needed"),
    }
}

fn parseint(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let text = cx.arg_str(args, 0)?;
    let base = cx.arg_int(args, 1)?;
    if !(2..=62).contains(&base) {
        return cx.fail(format!("the base must be from 2 to 62, not {base}"));
    }
    let wrong = || cx.fail(format!("\"{text}\" is no number in base {base}"));
    if base <= 36 {
        return match Number::from_digits(&text, base as u32) {
            Some(n) if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'+') => cx.num(n),
            _ => wrong(),
        };
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    if digits.is_empty() {
        return wrong();
    }
    let mut n = Number::Int(0);
    for c in digits.bytes() {
        // Digits, then lower case, then upper case letters.
        let digit = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' => c - b'A' + 36,
            _ => return wrong(),
        };
        if i64::from(digit) >= base {
            return wrong();
        }
        let next = n.mul(&Number::Int(base)).and_then(|n| n.add(&Number::Int(i64::from(digit))));
        match next {
            Some(next) => n = next,
            None => return wrong(),
        }
    }
    cx.num(if negative { n.neg() } else { n })
}

fn sum(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let list = cx.arg_list(args, 0)?;
    if list.members.is_empty() {
        return cx.fail("an empty list has no sum");
    }
    let mut total = Number::Int(0);
    for member in &list.members {
        let n = match &member.value.data {
            Data::Number(n) => Some(n.clone()),
            Data::String(s) => Number::parse(s),
            _ => None,
        };
        match n.and_then(|n| total.add(&n)) {
            Some(next) => total = next,
            None => return cx.fail("the argument must be a list of numbers"),
        }
    }
    cx.num(total)
}
