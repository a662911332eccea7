//! `format` and `formatlist`.

use std::sync::Arc;

use crate::Str;
use crate::program::TypeExpr;

use super::super::algebra::json_string;
use super::super::guard::Guard;
use super::super::number::Number;
use super::super::value::{Data, List, ListKind, Member, Part, Value};
use super::{Cx, Failure, Function, Look, MANY, Returns, nullable};
use crate::eval::Outcome;

/// The widest padding.
const MAX_WIDTH: usize = 100_000;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("format", (1, MANY), Look::Raw, Returns::String, |cx, args| {
        let Some((format, args)) = args.split_first() else { return cx.fail("a format is needed") };
        cx.evaluator.each_arm(format, &|format| match (cx.store.string_of(format), format.is_unset()) {
            (Some(text), _) => formatted(cx, &text, args),
            (None, true) => cx.fail("the format must not be null"),
            (None, false) => {
                let mut all = vec![format.clone()];
                all.extend(args.iter().cloned());
                Ok(cx.evaluator.unknown_call("format", &all, Returns::String, cx.span))
            }
        })
    }),
    nullable("formatlist", (1, MANY), Look::Shape, Returns::Strings, formatlist),
];

/// One verb of a format.
struct Verb {
    /// 1-based, if given.
    index: Option<usize>,
    flags: String,
    width: Option<usize>,
    precision: Option<usize>,
    mode: char,
}

enum Piece {
    Text(String),
    Verb(Verb, String),
}

fn pieces(cx: &Cx<'_, '_>, format: &str) -> Result<Vec<Piece>, Failure> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            text.push('%');
            continue;
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        let mut raw = String::from("%");
        let mut verb = Verb { index: None, flags: String::new(), width: None, precision: None, mode: ' ' };
        let mut number: Option<usize> = None;
        let mut in_precision = false;
        loop {
            let Some(c) = chars.next() else { return cx.fail("the format ends within a verb") };
            raw.push(c);
            match c {
                '+' | '-' | ' ' | '#' | '0' if number.is_none() && !in_precision => verb.flags.push(c),
                '0'..='9' => {
                    let digit = c as usize - '0' as usize;
                    number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                }
                '.' if !in_precision => {
                    verb.width = number.take();
                    in_precision = true;
                }
                '[' => {
                    let digits: String =
                        std::iter::from_fn(|| chars.next_if(|c| c.is_ascii_digit())).collect();
                    verb.index = digits.parse().ok().filter(|&n| n > 0);
                    if chars.next() != Some(']') || verb.index.is_none() {
                        return cx.fail("an argument's number is wrong");
                    }
                    raw.push_str(&digits);
                    raw.push(']');
                }
                c if c.is_ascii_alphabetic() => {
                    if in_precision {
                        verb.precision = Some(number.take().unwrap_or(0));
                    } else {
                        verb.width = number.take();
                    }
                    verb.mode = c;
                    break;
                }
                c => return cx.fail(format!("`{c}` is unexpected in a verb")),
            }
        }
        if verb.width.max(verb.precision).unwrap_or(0) > MAX_WIDTH {
            return cx.budget("characters");
        }
        pieces.push(Piece::Verb(verb, raw));
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// Formats values; what is not known stays a term where the verb would take it as it is.
fn formatted(cx: &Cx<'_, '_>, format: &str, args: &[Value]) -> Outcome {
    let mut out = Vec::new();
    let (mut next, mut highest) = (1usize, 0usize);
    for piece in pieces(cx, format)? {
        let (verb, raw) = match piece {
            Piece::Text(text) => {
                out.push(Part::Text(Str::from(text)));
                continue;
            }
            Piece::Verb(verb, raw) => (verb, raw),
        };
        let index = verb.index.unwrap_or(next);
        next = index + 1;
        highest = highest.max(index);
        let Some(arg) = args.get(index - 1) else {
            return cx.fail(format!("there are not enough arguments for `{raw}`"));
        };
        out.push(Part::Term(one(cx, &verb, &raw, arg, format, args)?));
    }
    if highest < args.len() && !args.is_empty() {
        return cx.fail(format!("too many arguments: the format uses only {highest}"));
    }
    Ok(cx.evaluator.join_text(out, cx.span))
}

fn one(cx: &Cx<'_, '_>, verb: &Verb, raw: &str, arg: &Value, format: &str, args: &[Value]) -> Outcome {
    let plain = verb.width.is_none() && verb.precision.is_none() && verb.flags.is_empty();
    cx.evaluator.each_arm(arg, &|arg| {
        let kept = match &arg.data {
            Data::Unknown(id) if cx.store.is_failed(*id) => return Ok(arg.clone()),
            Data::Unknown(_) | Data::Text(_) => true,
            Data::Instance(_) => true,
            // So does Terraform: with null the result is not known.
            Data::Null | Data::Absent => verb.mode != 'v',
            _ => matches!(verb.mode, 'v' | 's') && !super::super::compare::is_known(arg),
        };
        if kept {
            let string_like =
                matches!(arg.data, Data::Text(_) | Data::Json(_)) || matches!(arg.data, Data::Unknown(_));
            if string_like && plain && matches!(verb.mode, 's' | 'v' | 'd' | 't') {
                return Ok(arg.clone());
            }
            let text = format!("format({}, {})", json_string(raw), cx.store.text_of(arg));
            let _ = (format, args);
            return Ok(cx.store.derived(&text, &[arg], TypeExpr::String, cx.evaluator.computed(cx.span)));
        }
        let text = known(cx, verb, raw, arg)?;
        Ok(Value { data: Data::String(Str::from(text)), origin: arg.origin, marks: arg.marks })
    })
}

fn pad(verb: &Verb, text: String) -> String {
    let Some(width) = verb.width else { return text };
    let missing = width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text;
    }
    if verb.flags.contains('-') {
        return text + &" ".repeat(missing);
    }
    if verb.flags.contains('0') {
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(digits) => (text.get(..1).unwrap_or(""), digits),
            None => ("", text.as_str()),
        };
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + &text
}

fn signed(verb: &Verb, text: String) -> String {
    if text.starts_with('-') {
        text
    } else if verb.flags.contains('+') {
        format!("+{text}")
    } else if verb.flags.contains(' ') {
        format!(" {text}")
    } else {
        text
    }
}

fn known(cx: &Cx<'_, '_>, verb: &Verb, raw: &str, arg: &Value) -> Result<String, Failure> {
    fn refuse<T>(cx: &Cx<'_, '_>, raw: &str, why: &str) -> Result<T, Failure> {
        cx.fail(format!("`{raw}` does not take this value: {why}"))
    }
    let unsupported = |why: &str| refuse::<String>(cx, raw, why);
    let number = || -> Result<Number, Failure> {
        match &arg.data {
            Data::Number(n) => Ok(n.clone()),
            Data::String(s) => match Number::parse(s) {
                Some(n) => Ok(n),
                None => refuse(cx, raw, "a number is required"),
            },
            _ => refuse(cx, raw, "a number is required"),
        }
    };
    if arg.is_unset() && verb.mode != 'v' {
        // Terraform leaves the whole result unknown here; its value would be the text "null" nowhere.
        return unsupported("it is null");
    }
    let cut = |text: String| match verb.precision {
        Some(n) => super::strings::graphemes(&text).take(n).collect::<String>(),
        None => text,
    };
    let text = match verb.mode {
        'v' => match (&arg.data, verb.flags.contains('#')) {
            (Data::String(s), true) => json_string(s),
            (Data::String(s), false) => cut(s.to_string()),
            (Data::Number(n), _) => signed(verb, n.to_string()),
            _ => match cx.store.json_text(arg) {
                Some(text) => text,
                None => return unsupported("it can't be written"),
            },
        },
        's' => match cx.store.string_of(arg) {
            Some(text) => cut(text.to_string()),
            None => return unsupported("string required"),
        },
        'q' => match cx.store.string_of(arg) {
            Some(text) => json_string(&cut(text.to_string())),
            None => return unsupported("string required"),
        },
        't' => match &arg.data {
            Data::Bool(b) => b.to_string(),
            Data::String(s) if s == "true" || s == "false" => s.to_string(),
            _ => return unsupported("a bool is required"),
        },
        'd' | 'b' | 'o' | 'x' | 'X' => {
            let n = number()?;
            let Some(whole) = n.to_big_int().filter(|_| n.is_integer()) else {
                return unsupported("an integer is required");
            };
            let base = match verb.mode {
                'b' => 2,
                'o' => 8,
                'd' => 10,
                _ => 16,
            };
            let digits = whole.in_radix(base).to_string();
            signed(verb, if verb.mode == 'X' { digits.to_uppercase() } else { digits })
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let n = number()?;
            signed(verb, float(&n, verb.mode, verb.precision))
        }
        other => return cx.fail(format!("`{other}` is no format verb")),
    };
    Ok(pad(verb, text))
}

/// A float as C and Go write it.
fn float(n: &Number, mode: char, precision: Option<usize>) -> String {
    let value = n.as_f64();
    if value.is_infinite() {
        return (if value < 0.0 { "-Inf" } else { "+Inf" }).to_owned();
    }
    let exponential = |precision: usize| {
        let text = format!("{value:.precision$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        (mantissa.to_owned(), exponent)
    };
    let written = |mantissa: &str, exponent: i32| {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    };
    let text = match mode {
        'f' => format!("{value:.*}", precision.unwrap_or(6)),
        'e' | 'E' => {
            let (mantissa, exponent) = exponential(precision.unwrap_or(6));
            written(&mantissa, exponent)
        }
        _ => {
            // The shortest that reads back the same, or so many digits.
            let shortest = format!("{value:e}");
            let digits =
                shortest.split('e').next().unwrap_or("").chars().filter(char::is_ascii_digit).count();
            let wanted = precision.map_or(digits, |p| p.max(1));
            let (mantissa, exponent) = exponential(wanted.saturating_sub(1));
            let limit = precision.map_or(21, |p| p.max(1) as i32);
            let trim = |text: String| {
                if text.contains('.') {
                    text.trim_end_matches('0').trim_end_matches('.').to_owned()
                } else {
                    text
                }
            };
            if exponent < -4 || exponent >= limit {
                written(&trim(mantissa), exponent)
            } else {
                let places = (wanted as i32 - 1 - exponent).max(0) as usize;
                trim(format!("{value:.places$}"))
            }
        }
    };
    if mode.is_ascii_uppercase() { text.to_uppercase() } else { text }
}

fn formatlist(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some((format, rest)) = args.split_first() else { return cx.fail("a format is needed") };
    let mut count: Option<usize> = None;
    for (i, arg) in rest.iter().enumerate() {
        if let Data::List(list) = &arg.data {
            let n = list.members.len();
            if count.is_some_and(|c| c != n) {
                return cx.fail(format!("argument {} has another length than the lists before it", i + 2));
            }
            count = Some(n);
        }
    }
    let Some(text) = cx.store.string_of(format) else {
        return cx.fail("the format must be a string");
    };
    let mut members = Vec::new();
    for i in 0..count.unwrap_or(1) {
        let row: Vec<Value> = rest
            .iter()
            .map(|arg| match &arg.data {
                Data::List(list) => list.members.get(i).map_or_else(Value::absent, |m| m.value.clone()),
                _ => arg.clone(),
            })
            .collect();
        members.push(Member { guard: Guard::TRUE, value: formatted(cx, &text, &row)? });
    }
    let list = List { kind: ListKind::List, members, rest: None };
    Ok(cx.computed(Data::List(Arc::new(list))))
}
