//! Dates and times.

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::super::value::Value;
use super::{Cx, Failure, Function, Look, Returns, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("timestamp", (0, 0), Look::Raw, Returns::String, |cx, args| {
        Ok(cx.evaluator.unknown_call("timestamp", args, Returns::String, cx.span))
    }),
    pure("plantimestamp", (0, 0), Look::Raw, Returns::String, |cx, args| {
        Ok(cx.evaluator.unknown_call("plantimestamp", args, Returns::String, cx.span))
    }),
    pure("timeadd", (2, 2), Look::Shallow, Returns::String, timeadd),
    pure("timecmp", (2, 2), Look::Shallow, Returns::Number, |cx, args| {
        let a = read(cx, &cx.arg_str(args, 0)?)?;
        let b = read(cx, &cx.arg_str(args, 1)?)?;
        cx.int(match a.at.cmp(&b.at) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        })
    }),
    pure("formatdate", (2, 2), Look::Shallow, Returns::String, formatdate),
];

/// A moment, and the offset that it was written with.
struct Moment {
    at: Timestamp,
    offset: Offset,
}

/// Reads an RFC 3339 timestamp.
fn read(cx: &Cx<'_, '_>, text: &str) -> Result<Moment, Failure> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let strict = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
    let pieces = PARSER.parse_pieces(text).ok().filter(|_| strict);
    let at = PARSER.parse_timestamp(text).ok().filter(|_| strict);
    match (pieces, at) {
        (Some(pieces), Some(at)) => {
            let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
            Ok(Moment { at, offset })
        }
        _ => cx.fail(format!("\"{text}\" is no RFC 3339 timestamp")),
    }
}

/// A duration as Go writes it: `1h30m`, `-1.5h`, `300ms`.
fn duration(cx: &Cx<'_, '_>, text: &str) -> Result<SignedDuration, Failure> {
    let wrong = || cx.fail(format!("\"{text}\" is no duration"));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return wrong();
    }
    let mut nanos = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return wrong(),
        };
        match number.parse::<f64>() {
            Ok(n) => nanos += n * scale,
            Err(_) => return wrong(),
        }
        rest = tail;
    }
    if nanos > i64::MAX as f64 {
        return wrong();
    }
    let nanos = nanos as i64;
    Ok(SignedDuration::from_nanos(if negative { -nanos } else { nanos }))
}

fn timeadd(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let moment = read(cx, &cx.arg_str(args, 0)?)?;
    let duration = duration(cx, &cx.arg_str(args, 1)?)?;
    let Ok(at) = moment.at.checked_add(duration) else { return cx.fail("the time is out of range") };
    let local = moment.offset.to_datetime(at);
    let date = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second()
    );
    let zone = if moment.offset == Offset::UTC { "Z".to_owned() } else { offset_text(moment.offset, true) };
    cx.string(date + &zone)
}

/// `+01:00` or `+0100`.
fn offset_text(offset: Offset, colon: bool) -> String {
    let seconds = offset.seconds();
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let colon = if colon { ":" } else { "" };
    format!("{sign}{hours:02}{colon}{minutes:02}")
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Terraform documentation, "formatdate Function": the verbs.
fn formatdate(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let format = cx.arg_str(args, 0)?;
    let moment = read(cx, &cx.arg_str(args, 1)?)?;
    let local = moment.offset.to_datetime(moment.at);
    let month = MONTHS.get(local.month() as usize - 1).copied().unwrap_or("");
    let day = DAYS.get(local.weekday().to_monday_zero_offset() as usize).copied().unwrap_or("");
    let hour12 = match local.hour() % 12 {
        0 => 12,
        n => n,
    };
    let short = |name: &str| name.get(..3).unwrap_or(name).to_owned();
    let zone = |utc: &str, colon: bool| {
        if moment.offset == Offset::UTC { utc.to_owned() } else { offset_text(moment.offset, colon) }
    };
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            // Quoted text; a doubled quote is a quote.
            loop {
                match chars.next() {
                    Some('\'') if chars.peek() == Some(&'\'') => {
                        chars.next();
                        out.push('\'');
                    }
                    Some('\'') => break,
                    Some(c) => out.push(c),
                    None => return cx.fail("a quote is not closed"),
                }
            }
            continue;
        }
        if !c.is_ascii_alphabetic() {
            out.push(c);
            continue;
        }
        let mut n = 1;
        while chars.peek() == Some(&c) {
            chars.next();
            n += 1;
        }
        let piece = match (c, n) {
            ('Y', 4) => format!("{:04}", local.year()),
            ('Y', 2) => format!("{:02}", local.year() % 100),
            ('M', 4) => month.to_owned(),
            ('M', 3) => short(month),
            ('M', 2) => format!("{:02}", local.month()),
            ('M', 1) => local.month().to_string(),
            ('D', 2) => format!("{:02}", local.day()),
            ('D', 1) => local.day().to_string(),
            ('E', 4) => day.to_owned(),
            ('E', 3) => short(day),
            ('h', 2) => format!("{:02}", local.hour()),
            ('h', 1) => local.hour().to_string(),
            ('H', 2) => format!("{hour12:02}"),
            ('H', 1) => hour12.to_string(),
            ('A', 1 | 2) => (if local.hour() < 12 { "AM" } else { "PM" }).to_owned(),
            ('a', 1 | 2) => (if local.hour() < 12 { "am" } else { "pm" }).to_owned(),
            ('m', 2) => format!("{:02}", local.minute()),
            ('m', 1) => local.minute().to_string(),
            ('s', 2) => format!("{:02}", local.second()),
            ('s', 1) => local.second().to_string(),
            ('Z', 5) => offset_text(moment.offset, true),
            ('Z', 4) => offset_text(moment.offset, false),
            ('Z', 3) => zone("UTC", false),
            ('Z', 1) => zone("Z", true),
            _ => {
                let verb: String = std::iter::repeat_n(c, n).collect();
                return cx.fail(format!("\"{verb}\" is no date verb"));
            }
        };
        out.push_str(&piece);
    }
    cx.string(out)
}
