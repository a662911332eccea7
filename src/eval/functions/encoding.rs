//! JSON, YAML, base64, URLs and character sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::Str;
use crate::program::Dialect;
use crate::source::Sources;
use crate::syntax::yaml::{self, Scalar};
use crate::syntax::{Kind, NodeId, Tree};

use super::super::compare::is_known;
use super::super::guard::Guard;
use super::super::json::try_decode_json;
use super::super::number::Number;
use super::super::store::Origin;
use super::super::value::{Data, Entry, ListKind, MapKind, Value};
use super::{Cx, Function, Look, MAX_RESULT, Returns, map_data, nullable, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    nullable("jsonencode", (1, 1), Look::Raw, Returns::String, jsonencode),
    nullable("jsondecode", (1, 1), Look::Raw, Returns::Any, jsondecode),
    nullable("yamlencode", (1, 1), Look::Deep, Returns::String, |cx, args| {
        let Some(value) = args.first() else { return cx.fail("an argument is missing") };
        let mut out = String::new();
        write_yaml(cx, value, 0, Place::Top, &mut out);
        cx.string(out)
    }),
    pure("yamldecode", (1, 1), Look::Shallow, Returns::Any, yamldecode),
    pure("base64encode", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(BASE64.encode(cx.arg_str(args, 0)?.as_bytes()))
    }),
    pure("base64decode", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let text = cx.arg_str(args, 0)?;
        let Ok(bytes) = BASE64.decode(text.as_bytes()) else { return cx.fail("this is no base64") };
        match String::from_utf8(bytes) {
            Ok(text) => cx.string(text),
            Err(_) => cx.fail("what the base64 stands for is not UTF-8"),
        }
    }),
    pure("base64gzip", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(BASE64.encode(gzip(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("textencodebase64", (2, 2), Look::Shallow, Returns::String, |cx, args| {
        let (text, name) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        let bytes = match utf16(&name) {
            Some(big) => text
                .encode_utf16()
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect(),
            None => match encoding_rs::Encoding::for_label(name.as_bytes()) {
                Some(encoding) => match encoding.encode(&text) {
                    (bytes, _, false) => bytes.into_owned(),
                    _ => return cx.fail(format!("the text has characters that {name} lacks")),
                },
                None => return cx.fail(format!("\"{name}\" is no known encoding")),
            },
        };
        cx.string(BASE64.encode(bytes))
    }),
    pure("textdecodebase64", (2, 2), Look::Shallow, Returns::String, |cx, args| {
        let (text, name) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
        let Ok(bytes) = BASE64.decode(text.as_bytes()) else { return cx.fail("this is no base64") };
        match utf16(&name) {
            Some(big) => {
                let units: Vec<u16> = bytes
                    .chunks(2)
                    .map(|pair| match *pair {
                        [a, b] if big => u16::from_be_bytes([a, b]),
                        [a, b] => u16::from_le_bytes([a, b]),
                        _ => 0xfffd,
                    })
                    .collect();
                cx.string(String::from_utf16_lossy(&units))
            }
            None => match encoding_rs::Encoding::for_label(name.as_bytes()) {
                Some(encoding) => cx.string(encoding.decode_without_bom_handling(&bytes).0.into_owned()),
                None => cx.fail(format!("\"{name}\" is no known encoding")),
            },
        }
    }),
    pure("urlencode", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let mut out = String::new();
        for b in cx.arg_str(args, 0)?.bytes() {
            match b {
                b' ' => out.push('+'),
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(char::from(b))
                }
                b => out.push_str(&format!("%{b:02X}")),
            }
        }
        cx.string(out)
    }),
    pure("urldecode", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let text = cx.arg_str(args, 0)?;
        let mut out = Vec::with_capacity(text.len());
        let mut bytes = text.bytes();
        while let Some(b) = bytes.next() {
            match b {
                b'+' => out.push(b' '),
                b'%' => {
                    let digits = [bytes.next().unwrap_or(b'?'), bytes.next().unwrap_or(b'?')];
                    let digits = std::str::from_utf8(&digits).unwrap_or("?");
                    match u8::from_str_radix(digits, 16) {
                        Ok(b) => out.push(b),
                        Err(_) => return cx.fail("an escape is wrong"),
                    }
                }
                b => out.push(b),
            }
        }
        match String::from_utf8(out) {
            Ok(text) => cx.string(text),
            Err(_) => cx.fail("the decoded text is not UTF-8"),
        }
    }),
];

/// Whether a name means UTF-16, and then whether it is big-endian.
fn utf16(name: &str) -> Option<bool> {
    match name.to_ascii_uppercase().as_str() {
        "UTF-16LE" => Some(false),
        "UTF-16BE" | "UTF-16" => Some(true),
        _ => None,
    }
}

// JSON

/// The value stays structured: it becomes text only when someone needs text.
fn jsonencode(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    if let Data::Unknown(id) = value.data
        && cx.store.is_failed(id)
    {
        return Ok(value.clone());
    }
    let mut v = match &value.data {
        Data::List(_) | Data::Map(_) => cx.computed(Data::Json(Arc::new(value.clone()))),
        // A choice of structures is a choice of texts.
        Data::Choice(arms) => {
            let arms =
                arms.iter().map(|arm| (arm.guard, cx.computed(Data::Json(Arc::new(arm.value.clone())))));
            let v = cx.store.choice(arms.collect::<Vec<_>>());
            cx.evaluator.located(v, cx.span)
        }
        _ if is_known(value) => match cx.store.json_text(value) {
            Some(text) => cx.string(text)?,
            None => return cx.fail("infinity can't be written as JSON"),
        },
        Data::Instance(id) => {
            let object = cx.env.names.instance_object(*id, cx.span)?;
            cx.computed(Data::Json(Arc::new(object)))
        }
        _ => cx.computed(Data::Json(Arc::new(value.clone()))),
    };
    v.marks = cx.store.union_marks(v.marks, cx.evaluator.secrecy(value));
    Ok(v)
}

fn jsondecode(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let Some(value) = args.first() else { return cx.fail("an argument is missing") };
    let policy = cx.evaluator.dialect == Dialect::Policy;
    cx.evaluator.each_arm(value, &|value| match &value.data {
        Data::Null | Data::Absent if policy => Ok(Value::absent()),
        Data::Null | Data::Absent => cx.fail("the argument must not be null"),
        Data::List(_) | Data::Map(_) if !policy => cx.fail("a string is needed"),
        _ => try_decode_json(value, cx.store)
            .or_else(|reason| cx.fail(format!("this is not valid JSON: {reason}"))),
    })
}

// YAML

fn yamldecode(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let text = cx.arg_str(args, 0)?;
    let sources = Sources::new();
    let tree = crate::syntax::yaml::parse(sources.add("<yamldecode>", text.as_str()));
    // Of two equal keys the last counts.
    if let Some(error) = tree.errors.iter().find(|e| e.code != "duplicate-key") {
        return cx.fail(format!("this is not valid YAML: {}", error.message));
    }
    let documents: Vec<NodeId> =
        tree.children(tree.root()).filter(|&n| tree.kind(n) == Kind::Document).collect();
    let [document] = documents.as_slice() else {
        return cx.fail("the text must hold one YAML document");
    };
    let Some(node) = tree.child(*document, 0) else { return cx.fail("the text holds no value") };
    if tree.span(node).start == tree.span(node).end && tree.kind(node) == Kind::Null && text.trim().is_empty()
    {
        return cx.fail("the text holds no value");
    }
    let mut budget = MAX_RESULT;
    yaml_value(cx, &tree, node, &mut budget, 0)
}

fn yaml_value(cx: &Cx<'_, '_>, tree: &Tree, node: NodeId, budget: &mut usize, depth: usize) -> Outcome {
    if depth > 200 {
        return cx.fail("the YAML nests too deep");
    }
    *budget = match budget.checked_sub(1) {
        Some(left) => left,
        None => return cx.budget("nodes"),
    };
    match tree.kind(node) {
        Kind::Alias => match tree.alias_target(node) {
            Some(target) => yaml_value(cx, tree, target, budget, depth + 1),
            None => cx.fail("an alias has no anchor"),
        },
        Kind::Tagged => {
            let tag = tree.child(node, 0).map(|n| tree.text(n)).unwrap_or_default();
            let Some(inner) = tree.child(node, 1) else { return cx.fail("a tag has no value") };
            match tag {
                "!!str" => cx.string(yaml::text(tree, inner).as_ref()),
                "!!int" | "!!float" | "!!bool" | "!!null" | "!!map" | "!!seq" | "!" => {
                    yaml_value(cx, tree, inner, budget, depth + 1)
                }
                tag => cx.fail(format!("the tag \"{tag}\" is not supported")),
            }
        }
        Kind::Sequence => {
            let items: Vec<NodeId> = tree.children(node).collect();
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                values.push(yaml_value(cx, tree, item, budget, depth + 1)?);
            }
            cx.list_of(ListKind::Tuple, values)
        }
        Kind::Mapping => {
            let mut found: BTreeMap<Str, Value> = BTreeMap::new();
            for entry in yaml::entries(tree, node) {
                let value = yaml_value(cx, tree, entry.value, budget, depth + 1)?;
                // Keys are values too: `on` is true, and as a name "true".
                let plain = is_plain(tree, entry.key_node).then(|| plain_scalar(&entry.key)).flatten();
                let key = match plain {
                    Some(Data::Bool(b)) => Str::from(if b { "true" } else { "false" }),
                    Some(Data::Number(n)) => Str::from(n.to_string()),
                    Some(Data::String(text)) => text,
                    Some(Data::Null) => return cx.fail("a mapping key is null"),
                    _ => Str::from(entry.key.as_ref()),
                };
                found.insert(key, value);
            }
            let entry = |(key, value)| Entry { key, key_origin: Origin::NONE, guard: Guard::TRUE, value };
            let entries: Vec<Entry> = found.into_iter().map(entry).collect();
            Ok(cx.computed(map_data(MapKind::Object, entries)))
        }
        _ => {
            if is_plain(tree, node)
                && let Some(data) = plain_scalar(tree.text(node))
            {
                return Ok(cx.computed(data));
            }
            Ok(cx.computed(match yaml::scalar(tree, node) {
                Some(Scalar::String(text)) => Data::String(Str::from(text.as_ref())),
                Some(Scalar::Int(n)) => Data::Number(Number::Int(n)),
                Some(Scalar::Decimal(d)) => match Number::parse(d) {
                    Some(n) => Data::Number(n),
                    None => Data::String(Str::from(yaml::text(tree, node).as_ref())),
                },
                Some(Scalar::Bool(b)) => Data::Bool(b),
                Some(Scalar::Null) => Data::Null,
                None => Data::String(Str::from(yaml::text(tree, node).as_ref())),
            }))
        }
    }
}

/// Whether a scalar is neither quoted nor a block.
fn is_plain(tree: &Tree, node: NodeId) -> bool {
    tree.node(node).flags
        & (crate::syntax::flags::SINGLE_QUOTED
            | crate::syntax::flags::DOUBLE_QUOTED
            | crate::syntax::flags::LITERAL
            | crate::syntax::flags::FOLDED)
        == 0
}

/// A date as YAML 1.1 has it (`2020-1-2`), as Terraform writes it.
fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        let fits = digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if fits { part.parse::<i16>().ok() } else { None }
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    let day = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    parts.next().is_none().then(|| format!("{day}T00:00:00Z"))
}

/// What a plain scalar is in Terraform's YAML (YAML 1.1's words, decimal and hexadecimal numbers). None: as usual.
fn plain_scalar(text: &str) -> Option<Data> {
    let number = |n: Option<Number>| n.map(Data::Number);
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Some(Data::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Some(Data::Bool(false))
        }
        "" | "~" | "null" | "Null" | "NULL" => Some(Data::Null),
        ".inf" | ".Inf" | ".INF" | "+.inf" => number(Number::from_f64(f64::INFINITY)),
        "-.inf" | "-.Inf" => number(Number::from_f64(f64::NEG_INFINITY)),
        _ => {
            let clean = text.replace('_', "");
            let digits = clean.strip_prefix(['+', '-']).unwrap_or(&clean);
            if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
                return None;
            }
            if let Some(hex) = digits.strip_prefix("0x") {
                return number(Number::from_digits(hex, 16));
            }
            if let Some(octal) = digits.strip_prefix("0o") {
                return number(Number::from_digits(octal, 8));
            }
            if let Some(binary) = digits.strip_prefix("0b") {
                return number(Number::from_digits(binary, 2));
            }
            match date(text) {
                Some(date) => Some(Data::String(Str::from(date))),
                None => number(Number::parse(&clean)),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Item,
    Value,
}

/// YAML as Terraform writes it: keys and strings quoted, text with line ends as block scalars.
fn write_yaml(cx: &Cx<'_, '_>, value: &Value, indent: usize, place: Place, out: &mut String) {
    let pad = |out: &mut String, n: usize| out.extend(std::iter::repeat_n(' ', n));
    match &value.data {
        Data::List(list) if list.members.is_empty() => {
            out.push_str(if place == Place::Value { " []\n" } else { "[]\n" })
        }
        Data::Map(map) if map.entries.is_empty() => {
            out.push_str(if place == Place::Value { " {}\n" } else { "{}\n" })
        }
        Data::List(list) => {
            if place == Place::Value {
                out.push('\n');
            }
            // A sequence in a mapping is not indented further.
            for (i, member) in list.members.iter().enumerate() {
                if i > 0 || place != Place::Item {
                    pad(out, indent);
                }
                out.push_str("- ");
                write_yaml(cx, &member.value, indent + 2, Place::Item, out);
            }
        }
        Data::Map(map) => {
            if place == Place::Value {
                out.push('\n');
            }
            let indent = if place == Place::Value { indent + 2 } else { indent };
            let mut entries: Vec<&Entry> = map.entries.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            for (i, entry) in entries.into_iter().enumerate() {
                if i > 0 || place != Place::Item {
                    pad(out, indent);
                }
                out.push_str(&quoted_yaml(&entry.key));
                out.push(':');
                write_yaml(cx, &entry.value, indent, Place::Value, out);
            }
        }
        other => {
            if place == Place::Value {
                out.push(' ');
            }
            match other {
                Data::String(s) if s.contains('\n') && !s.starts_with(' ') => {
                    let end = match (s.ends_with("\n\n"), s.ends_with('\n')) {
                        (true, _) => "+",
                        (_, true) => "",
                        _ => "-",
                    };
                    out.push_str(&format!("|{end}\n"));
                    let indent = if place == Place::Item { indent } else { indent + 2 };
                    for line in s.strip_suffix('\n').unwrap_or(s).split('\n') {
                        if !line.is_empty() {
                            pad(out, indent);
                        }
                        out.push_str(line);
                        out.push('\n');
                    }
                    return;
                }
                Data::String(s) => out.push_str(&quoted_yaml(s)),
                Data::Json(_) => {
                    let text = cx.store.string_of(value).unwrap_or_default();
                    out.push_str(&quoted_yaml(&text));
                }
                Data::Number(n) => out.push_str(&n.to_string()),
                Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
                _ => out.push_str("null"),
            }
            out.push('\n');
        }
    }
}

fn quoted_yaml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\x{:02X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A gzip file (RFC 1952) of some bytes, flushed and then ended with an empty block as Terraform does it. Of long texts
/// the compressed bytes need not be those that another compressor makes.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let flags = miniz_oxide::deflate::core::create_comp_flags_from_zip_params(6, 0, 0);
    let mut compressor = miniz_oxide::deflate::core::CompressorOxide::new(flags);
    let mut rest = bytes;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let done = miniz_oxide::deflate::stream::deflate(
            &mut compressor,
            rest,
            &mut buffer,
            miniz_oxide::MZFlush::Sync,
        );
        out.extend(buffer.iter().take(done.bytes_written));
        rest = rest.get(done.bytes_consumed..).unwrap_or_default();
        if done.bytes_written < buffer.len() || done.status.is_err() {
            break;
        }
    }
    out.extend([1, 0, 0, 0xff, 0xff]);
    let mut crc = !0u32;
    for &b in bytes {
        crc ^= u32::from(b);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend((!crc).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}
