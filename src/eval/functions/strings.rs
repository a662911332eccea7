//! Functions of strings.

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use crate::Str;

use super::super::compare::{prefix, suffix};
use super::super::guard::{Guard, Truth};
use super::super::store::Origin;
use super::super::value::{Data, Entry, ListKind, MapKind, Part, Value};
use super::collections::members_of;
use super::{Cx, Function, Look, MANY, MAX_RESULT, Returns, map_data, nullable, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("chomp", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let s = cx.arg_str(args, 0)?;
        cx.string(s.trim_end_matches(['\n', '\r']))
    }),
    pure("lower", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let lower: String = cx.arg_str(args, 0)?.chars().map(|c| single(c, c.to_lowercase())).collect();
        cx.string(lower)
    }),
    pure("upper", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        // One character for one, as Go does it: `ß` stays.
        let upper: String = cx.arg_str(args, 0)?.chars().map(|c| single(c, c.to_uppercase())).collect();
        cx.string(upper)
    }),
    pure("title", (1, 1), Look::Shallow, Returns::String, title),
    pure("strrev", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let s = cx.arg_str(args, 0)?;
        cx.string(s.graphemes(true).rev().collect::<String>())
    }),
    pure("substr", (3, 3), Look::Shallow, Returns::String, substr),
    pure("trim", (2, 2), Look::Shallow, Returns::String, |cx, args| {
        let (s, cut) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        cx.string(s.trim_matches(|c| cut.contains(c)))
    }),
    nullable("trimprefix", (2, 2), Look::Raw, Returns::String, |cx, args| trim_affix(cx, args, true)),
    nullable("trimsuffix", (2, 2), Look::Raw, Returns::String, |cx, args| trim_affix(cx, args, false)),
    pure("trimspace", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let s = cx.arg_str(args, 0)?;
        cx.string(s.trim())
    }),
    nullable("startswith", (2, 2), Look::Raw, Returns::Bool, |cx, args| affix(cx, args, true)),
    nullable("endswith", (2, 2), Look::Raw, Returns::Bool, |cx, args| affix(cx, args, false)),
    nullable("strcontains", (2, 2), Look::Raw, Returns::Bool, strcontains),
    nullable("join", (1, MANY), Look::Raw, Returns::String, join),
    pure("split", (2, 2), Look::Shallow, Returns::Strings, |cx, args| {
        let (separator, s) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        if separator.is_empty() {
            return cx.strings(s.chars().map(|c| Str::from(c.to_string())));
        }
        cx.strings(s.split(separator.as_str()).map(Str::from))
    }),
    pure("indent", (2, 2), Look::Shallow, Returns::String, |cx, args| {
        let n = cx.arg_int(args, 0)?;
        let s = cx.arg_str(args, 1)?;
        let lines = s.matches('\n').count();
        if n < 0 || (n as usize).saturating_mul(lines + 1) > MAX_RESULT {
            return cx.budget("characters");
        }
        cx.string(s.replace("\n", &format!("\n{}", " ".repeat(n as usize))))
    }),
    pure("replace", (3, 3), Look::Shallow, Returns::String, replace),
    pure("regex", (2, 2), Look::Shallow, Returns::Any, |cx, args| {
        let (pattern, s) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        let regex = compile(cx, &pattern)?;
        match regex.captures(&s) {
            Some(captures) => captured(cx, &regex, &captures),
            None => cx.fail("the pattern does not match any part of the string"),
        }
    }),
    pure("regexall", (2, 2), Look::Shallow, Returns::List, |cx, args| {
        let (pattern, s) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        let regex = compile(cx, &pattern)?;
        let all: Vec<Value> =
            regex.captures_iter(&s).map(|c| captured(cx, &regex, &c)).collect::<Result<_, _>>()?;
        cx.list_of(ListKind::List, all)
    }),
];

/// What a user takes for the characters of a string.
pub(super) fn graphemes(s: &str) -> impl Iterator<Item = &str> {
    s.graphemes(true)
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

fn title(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let s = cx.arg_str(args, 0)?;
    let mut out = String::with_capacity(s.len());
    let mut before = ' ';
    for c in s.chars() {
        // A letter after anything but a letter, a digit or an underscore begins a word.
        let starts = !(before.is_alphanumeric() || before == '_' || before == '\'');
        out.push(if starts { single(c, c.to_uppercase()) } else { c });
        before = c;
    }
    cx.string(out)
}

fn substr(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let s = cx.arg_str(args, 0)?;
    let (offset, length) = (cx.arg_int(args, 1)?, cx.arg_int(args, 2)?);
    let all: Vec<&str> = s.graphemes(true).collect();
    let n = all.len() as i64;
    let start = if offset < 0 { (n + offset).max(0) } else { offset.min(n) };
    let end = if length < 0 { n } else { start.saturating_add(length).min(n) };
    cx.string(all.get(start as usize..end.max(start) as usize).unwrap_or_default().concat())
}

fn null_check(cx: &Cx<'_, '_>, args: &[Value]) -> Result<bool, super::Failure> {
    if !args.iter().any(Value::is_unset) {
        return Ok(false);
    }
    if cx.evaluator.dialect == crate::program::Dialect::Policy {
        return Ok(true);
    }
    cx.fail("the arguments must not be null")
}

fn secret_marks(cx: &Cx<'_, '_>, args: &[Value]) -> super::super::store::Marks {
    let mut marks = super::super::store::Marks::NONE;
    for arg in args {
        marks = cx.store.union_marks(marks, cx.evaluator.secrecy(arg));
    }
    marks
}

/// A truth about strings that may be known in part.
fn about(cx: &Cx<'_, '_>, args: &[Value], test: &dyn Fn(&Value, &str) -> Truth) -> Outcome {
    if null_check(cx, args)? {
        return cx.bool(false);
    }
    let [text, wanted] = args else { return cx.fail("2 strings are needed") };
    let mut truth = Truth::UNKNOWN;
    for (g, w) in cx.store.arms(wanted) {
        let Some(w) = cx.store.string_of(&w) else {
            if matches!(w.data, Data::List(_) | Data::Map(_)) {
                return cx.fail("a string is needed");
            }
            continue;
        };
        for (h, v) in cx.store.arms(text) {
            let guard = cx.store.and(g, h);
            if guard.is_false() {
                continue;
            }
            let t = match &v.data {
                Data::Absent | Data::Null => Truth::NO,
                Data::List(_) | Data::Map(_) if cx.evaluator.dialect != crate::program::Dialect::Policy => {
                    return cx.fail("a string is needed");
                }
                Data::List(_) | Data::Map(_) => Truth::NO,
                Data::Text(_) => test(&v, &w),
                _ => match cx.store.string_of(&v) {
                    Some(s) => test(&Value::string(s), &w),
                    None => Truth::UNKNOWN,
                },
            };
            let t = cx.store.truth_under(t, guard);
            truth = Truth { yes: cx.store.or(truth.yes, t.yes), no: cx.store.or(truth.no, t.no) };
        }
    }
    let rest = || match cx.evaluator.unknown_call(cx.name, args, Returns::Bool, cx.span).data {
        Data::Unknown(id) => id,
        _ => cx.store.reason(Some(cx.span), "not known"),
    };
    let v = cx.store.truth_value(truth, cx.evaluator.computed(cx.span), secret_marks(cx, args), rest);
    Ok(cx.evaluator.located(v, cx.span))
}

fn affix(cx: &Cx<'_, '_>, args: &[Value], start: bool) -> Outcome {
    about(cx, args, &|text, wanted| {
        if let Data::String(s) = &text.data {
            return Truth::of(if start { s.starts_with(wanted) } else { s.ends_with(wanted) });
        }
        let known = if start { prefix(text) } else { suffix(text) };
        let n = known.len().min(wanted.len());
        let fits = if start {
            known.as_bytes().get(..n) == wanted.as_bytes().get(..n)
        } else {
            known.as_bytes().get(known.len() - n..) == wanted.as_bytes().get(wanted.len() - n..)
        };
        match (fits, known.len() >= wanted.len()) {
            (false, _) => Truth::NO,
            (true, true) => Truth::YES,
            (true, false) => Truth::UNKNOWN,
        }
    })
}

fn strcontains(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    about(cx, args, &|text, wanted| match &text.data {
        Data::String(s) => Truth::of(s.contains(wanted)),
        Data::Text(parts) => {
            let known = parts.iter().any(|p| matches!(p, Part::Text(t) if t.contains(wanted)));
            if known { Truth::YES } else { Truth::UNKNOWN }
        }
        _ => Truth::UNKNOWN,
    })
}

fn trim_affix(cx: &Cx<'_, '_>, args: &[Value], start: bool) -> Outcome {
    if null_check(cx, args)? {
        return Ok(Value::absent());
    }
    let [text, cut] = args else { return cx.fail("2 strings are needed") };
    let unknown = || Ok(cx.evaluator.unknown_call(cx.name, args, Returns::String, cx.span));
    cx.evaluator.each_arm(cut, &|cut| {
        cx.evaluator.each_arm(text, &|text| {
            let Some(cut) = cx.store.string_of(cut) else { return unknown() };
            if let Data::Text(parts) = &text.data {
                let known = if start { prefix(text) } else { suffix(text) };
                if known.len() < cut.len() {
                    return unknown();
                }
                let whole = cx.evaluator.computed(cx.span);
                let mut parts: Vec<Part> = parts.to_vec();
                let at = if start { 0 } else { parts.len().saturating_sub(1) };
                if let Some(Part::Text(t)) = parts.get_mut(at) {
                    let kept =
                        if start { t.strip_prefix(cut.as_str()) } else { t.strip_suffix(cut.as_str()) };
                    if let Some(kept) = kept {
                        *t = Str::from(kept);
                    }
                }
                return Ok(cx.store.text(parts, whole));
            }
            let Some(s) = cx.store.string_of(text) else {
                if matches!(text.data, Data::List(_) | Data::Map(_)) {
                    return cx.fail("a string is needed");
                }
                return unknown();
            };
            let kept = if start { s.strip_prefix(cut.as_str()) } else { s.strip_suffix(cut.as_str()) };
            let mut v = cx.string(kept.unwrap_or(&s))?;
            v.marks = text.marks;
            Ok(v)
        })
    })
}

/// Strings joined; what is not known in them stays a term.
fn join(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    if null_check(cx, args)? {
        return Ok(Value::absent());
    }
    let Some((separator, lists)) = args.split_first() else { return cx.fail("a separator is needed") };
    join_lists(cx, separator, lists, args)
}

/// `join` and `Fn::Join`.
pub(super) fn join_lists(cx: &Cx<'_, '_>, separator: &Value, lists: &[Value], args: &[Value]) -> Outcome {
    let unknown = || Ok(cx.evaluator.unknown_call(cx.name, args, Returns::String, cx.span));
    let mut members = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        if let Data::Unknown(id) = list.data
            && cx.store.is_failed(id)
        {
            return Ok(list.clone());
        }
        let Some(list) = members_of(cx, list) else {
            return cx.fail(format!("argument {} must be a list of strings", i + 2));
        };
        if list.rest.is_some() {
            return unknown();
        }
        members.extend(list.members);
    }
    if members.len() > MAX_RESULT {
        return cx.budget("elements");
    }
    let terraform = cx.evaluator.dialect == crate::program::Dialect::Terraform;
    for (i, member) in members.iter().enumerate() {
        match &member.value.data {
            Data::Null | Data::Absent if terraform && member.guard.is_true() => {
                return cx.fail(format!("element {i} is null"));
            }
            Data::List(_) | Data::Map(_) if terraform => {
                return cx.fail(format!("element {i} must be a string"));
            }
            _ => {}
        }
    }
    let guarded = members.iter().filter(|m| !m.guard.is_true()).count();
    let list = super::super::value::List { kind: ListKind::Tuple, members, rest: None };
    let cases = if guarded == 0 { Some(vec![(Guard::TRUE, list)]) } else { cx.store.list_cases(&list, 64) };
    let Some(cases) = cases else { return unknown() };
    let mut arms = Vec::with_capacity(cases.len());
    for (guard, list) in cases {
        let mut pieces = Vec::with_capacity(list.members.len() * 2);
        for (i, member) in list.members.into_iter().enumerate() {
            if i > 0 {
                pieces.push(Part::Term(separator.clone()));
            }
            pieces.push(Part::Term(member.value));
        }
        arms.push((guard, cx.evaluator.join_text(pieces, cx.span)));
    }
    let mut v = cx.store.choice(arms);
    v.marks = cx.store.union_marks(v.marks, secret_marks(cx, args));
    Ok(cx.evaluator.located(v, cx.span))
}

fn replace(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (s, wanted, with) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?, cx.arg_str(args, 2)?);
    if s.len().saturating_mul(with.len() + 1) > 64 * MAX_RESULT {
        return cx.budget("characters");
    }
    match wanted.strip_prefix('/').and_then(|w| w.strip_suffix('/')).filter(|_| wanted.len() > 1) {
        Some(pattern) => {
            let regex = compile(cx, pattern)?;
            cx.string(regex.replace_all(&s, with.as_str()).into_owned())
        }
        None => cx.string(s.replace(wanted.as_str(), &with)),
    }
}

/// A regular expression in RE2's syntax, which both Go and this use.
fn compile(cx: &Cx<'_, '_>, pattern: &str) -> Result<Regex, super::Failure> {
    match regex::RegexBuilder::new(pattern).size_limit(1 << 20).build() {
        Ok(regex) => Ok(regex),
        Err(_) => cx.fail(format!("`{pattern}` is no valid regular expression")),
    }
}

/// What a match is: the whole text, a tuple of the groups, or an object of the named groups.
fn captured(cx: &Cx<'_, '_>, regex: &Regex, captures: &regex::Captures<'_>) -> Outcome {
    let group = |m: Option<regex::Match<'_>>| match m {
        Some(m) => cx.computed(Data::String(Str::from(m.as_str()))),
        None => cx.computed(Data::Null),
    };
    let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    if names.is_empty() {
        return Ok(group(captures.get(0)));
    }
    if names.iter().any(Option::is_some) {
        if names.iter().any(Option::is_none) {
            return cx.fail("named and unnamed groups can't be mixed");
        }
        let mut entries: Vec<Entry> = names
            .iter()
            .flatten()
            .map(|name| Entry {
                key: Str::from(*name),
                key_origin: Origin::NONE,
                guard: Guard::TRUE,
                value: group(captures.name(name)),
            })
            .collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        return Ok(cx.computed(map_data(MapKind::Object, entries)));
    }
    let groups = (1..=names.len()).map(|i| group(captures.get(i))).collect();
    cx.list_of(ListKind::Tuple, groups)
}
