//! Writing YAML and JSON: templates, and Terraform in JSON.

use crate::Str;
use crate::eval::Reference;
use crate::source::Edit;
use crate::syntax::{Kind, Language, NodeId, flags, yaml};

use super::document::Document;
use super::literal::{Literal, Piece};
use super::why::Why;

/// How a reference is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// `!Ref NAME`.
    Ref(Str),
    /// `!GetAtt NAME.ATTRIBUTE`.
    Attribute(Str, Str),
    /// A Terraform expression, in Terraform's JSON.
    Template(String),
}

/// How an attribute of an instance is written.
pub(super) type Names<'n> = &'n dyn Fn(&Reference) -> Option<Named>;

fn named(names: Names<'_>, reference: &Reference) -> Result<Named, Why> {
    names(reference).ok_or_else(|| Why::new("what it refers to has no name here"))
}

/// A JSON string.
fn json_string(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// A text with references, as one function or a plain string.
enum Joined {
    Plain(String),
    Ref(Str),
    Attribute(Str, Str),
    Sub(String),
}

fn joined(pieces: &[Piece], names: Names<'_>) -> Result<Joined, Why> {
    if let [Piece::Reference(reference)] = pieces {
        return Ok(match named(names, reference)? {
            Named::Ref(name) => Joined::Ref(name),
            Named::Attribute(name, attribute) => Joined::Attribute(name, attribute),
            Named::Template(text) => Joined::Plain(format!("${{{text}}}")),
        });
    }
    let mut text = String::new();
    let mut refers = false;
    for piece in pieces {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Reference(reference) => match named(names, reference)? {
                Named::Ref(name) => {
                    refers = true;
                    text.push_str(&format!("${{{name}}}"));
                }
                Named::Attribute(name, attribute) => {
                    refers = true;
                    text.push_str(&format!("${{{name}.{attribute}}}"));
                }
                Named::Template(inner) => text.push_str(&format!("${{{inner}}}")),
            },
        }
    }
    Ok(if refers { Joined::Sub(text) } else { Joined::Plain(text) })
}

// JSON

/// The layout of a JSON file.
#[derive(Clone, Copy)]
struct Layout<'l> {
    eol: &'l str,
    unit: &'l str,
    colon: &'l str,
    one_line: bool,
    /// Whether small objects and lists stand on one line.
    compact: bool,
}

/// Whether a file has objects on one line within others: looked for in its beginning.
fn compact(doc: &Document) -> bool {
    (0..doc.tree.len().min(MAX_LOOKED_AT) as u32).map(NodeId).any(|id| {
        doc.kind(id) == Kind::Mapping && doc.tree.child(id, 0).is_some() && !doc.slice(id).contains('\n')
    })
}

/// Nodes of a file that are asked how they are written.
const MAX_LOOKED_AT: usize = 2_000;

fn json_value(value: &Literal, names: Names<'_>, indent: &str, layout: Layout<'_>) -> Result<String, Why> {
    let deeper = format!("{indent}{}", layout.unit);
    let group = |open: &str, close: &str, items: Vec<String>| {
        if items.is_empty() {
            return format!("{open}{close}");
        }
        let short = layout.compact
            && items.iter().map(|i| i.len() + 2).sum::<usize>() + indent.len() <= 70
            && (open == "[" || items.len() == 1)
            && items.iter().all(|i| !i.contains('\n'));
        if layout.one_line || short {
            return format!("{open}{}{close}", items.join(", "));
        }
        let eol = layout.eol;
        let body = items.iter().map(|i| format!("{deeper}{i}")).collect::<Vec<_>>().join(&format!(",{eol}"));
        format!("{open}{eol}{body}{eol}{indent}{close}")
    };
    let pair = |key: &str, value: String| format!("{}{}{value}", json_string(key), layout.colon);
    Ok(match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(b) => b.to_string(),
        Literal::Number(n) => n.clone(),
        Literal::Text(pieces) => match joined(pieces, names)? {
            Joined::Plain(text) => json_string(&text),
            Joined::Ref(name) => group("{", "}", vec![pair("Ref", json_string(&name))]),
            Joined::Attribute(name, attribute) => {
                let parts = format!("[{}, {}]", json_string(&name), json_string(&attribute));
                group("{", "}", vec![pair("Fn::GetAtt", parts)])
            }
            Joined::Sub(text) => group("{", "}", vec![pair("Fn::Sub", json_string(&text))]),
        },
        Literal::List(items) => group(
            "[",
            "]",
            items.iter().map(|i| json_value(i, names, &deeper, layout)).collect::<Result<_, _>>()?,
        ),
        Literal::Map(entries) => group(
            "{",
            "}",
            entries
                .iter()
                .map(|(k, v)| Ok(pair(k, json_value(v, names, &deeper, layout)?)))
                .collect::<Result<_, Why>>()?,
        ),
        Literal::Json(inner) => json_value(inner, names, indent, layout)?,
    })
}

/// What one level is in a file: the indentation of the first indented member relative to its parent's.
fn unit(doc: &Document) -> String {
    let mut indents = doc.text().lines().filter(|l| !l.trim().is_empty()).map(|l| {
        let end = l.find(|c| c != ' ' && c != '\t').unwrap_or(0);
        l.get(..end).unwrap_or("")
    });
    indents.find(|i| !i.is_empty() && i.len() <= 8).map_or_else(|| "  ".to_owned(), str::to_owned)
}

fn colon(doc: &Document, pair: Option<NodeId>) -> &str {
    let nodes = pair.and_then(|p| Some((doc.tree.child(p, 0)?, doc.tree.child(p, 1)?)));
    let between = nodes
        .and_then(|(k, v)| doc.text().get(doc.node(k).end as usize..doc.node(v).start as usize))
        .filter(|b| b.contains(':') && !b.contains('\n') && b.len() <= 3);
    between.unwrap_or(": ")
}

fn json_insert(
    doc: &Document,
    container: NodeId,
    key: Option<&str>,
    value: &Literal,
    names: Names<'_>,
) -> Result<Edit, Why> {
    let node = doc.node(container);
    let (start, end) = (node.start as usize, node.end as usize);
    let unit = unit(doc);
    let last = doc.tree.children(container).last();
    let sample =
        if key.is_some() { last } else { doc.parent(container).filter(|p| doc.kind(*p) == Kind::Pair) };
    let one_line = match last {
        Some(last) => !doc.text().get(start..doc.node(last).end as usize).unwrap_or("").contains('\n'),
        None => doc.text().lines().nth(1).is_none(),
    };
    let layout =
        Layout { eol: doc.eol, unit: &unit, colon: colon(doc, sample), one_line, compact: compact(doc) };
    let text = |indent: &str| -> Result<String, Why> {
        let value = json_value(value, names, indent, layout)?;
        Ok(match key {
            Some(key) => format!("{}{}{value}", json_string(key), layout.colon),
            None => value,
        })
    };
    let Some(last) = last else {
        let outer = doc.indent(start).to_owned();
        let (open, close) = if key.is_some() { ("{", "}") } else { ("[", "]") };
        if one_line {
            return Ok(Edit::new(start..end, format!("{open}{}{close}", text(&outer)?)));
        }
        let indent = format!("{outer}{unit}");
        let eol = doc.eol;
        return Ok(Edit::new(
            start..end,
            format!("{open}{eol}{indent}{}{eol}{outer}{close}", text(&indent)?),
        ));
    };
    let at = doc.node(last).end as usize;
    if one_line {
        return Ok(Edit::insert(at, format!(", {}", text(doc.indent(start))?)));
    }
    let indent = doc.indent(doc.node(last).start as usize).to_owned();
    // `[{ …` and `}, {`: the next one begins where this one ends.
    if key.is_none() && !doc.begins_line(doc.node(last).start as usize) {
        return Ok(Edit::insert(at, format!(", {}", text(&indent)?)));
    }
    Ok(Edit::insert(at, format!(",{}{indent}{}", doc.eol, text(&indent)?)))
}

fn json_remove(doc: &Document, node: NodeId) -> Edit {
    let range = doc.node(node);
    let siblings: Vec<NodeId> = doc.parent(node).map(|p| doc.tree.children(p).collect()).unwrap_or_default();
    let at = siblings.iter().position(|s| *s == node).unwrap_or(0);
    match (siblings.get(at + 1), at.checked_sub(1).and_then(|i| siblings.get(i))) {
        (Some(next), _) => Edit::new(range.start as usize..doc.node(*next).start as usize, ""),
        (None, Some(before)) => Edit::new(doc.node(*before).end as usize..range.end as usize, ""),
        (None, None) => {
            let inner = doc.parent(node).map(|p| doc.node(p));
            match inner {
                Some(p) => Edit::new(p.start as usize + 1..(p.end as usize).max(2) - 1, ""),
                None => Edit::new(range.start as usize..range.end as usize, ""),
            }
        }
    }
}

// YAML

/// Whether a plain scalar of that text is that text.
fn plain_is_text(text: &str) -> bool {
    let first = text.chars().next();
    !text.is_empty()
        && matches!(yaml::resolve_plain(text), yaml::Scalar::String(_))
        && first.is_some_and(|c| !"-?:,[]{}#&*!|>'\"%@` ".contains(c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(['\n', '\t', '\r'])
        // a date is a string to CloudFormation, but not to every reader
        && !(text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() }))
}

fn yaml_string(text: &str, flow: bool, double: bool) -> String {
    if plain_is_text(text) && !(flow && text.contains([',', '[', ']', '{', '}'])) {
        return text.to_owned();
    }
    if text.contains(['\n', '\t', '\r']) || text.chars().any(char::is_control) {
        return json_string(text);
    }
    if double { json_string(text) } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Whether a file quotes with double quotes.
fn double_quotes(doc: &Document) -> bool {
    (0..doc.tree.len() as u32)
        .map(|id| doc.node(NodeId(id)))
        .filter(|n| n.kind == Kind::Scalar)
        .find_map(|n| match n.flags & (flags::DOUBLE_QUOTED | flags::SINGLE_QUOTED) {
            flags::DOUBLE_QUOTED => Some(true),
            flags::SINGLE_QUOTED => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}

fn yaml_scalar(value: &Literal, names: Names<'_>, flow: bool, style: &Style) -> Result<Option<String>, Why> {
    Ok(Some(match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(b) => b.to_string(),
        Literal::Number(n) => n.clone(),
        Literal::Text(pieces) => match joined(pieces, names)? {
            Joined::Plain(text) => yaml_string(&text, flow, style.double),
            Joined::Ref(name) => format!("!Ref {name}"),
            Joined::Attribute(name, attribute) => format!("!GetAtt {name}.{attribute}"),
            Joined::Sub(text) => format!("!Sub {}", yaml_string(&text, flow, style.double)),
        },
        Literal::List(items) if items.is_empty() => "[]".to_owned(),
        Literal::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Literal::Json(inner) => return yaml_scalar(inner, names, flow, style),
        Literal::List(_) | Literal::Map(_) => return Ok(None),
    }))
}

fn yaml_flow(value: &Literal, names: Names<'_>, style: &Style) -> Result<String, Why> {
    if let Some(text) = yaml_scalar(value, names, true, style)? {
        return Ok(text);
    }
    Ok(match value {
        Literal::List(items) => {
            let items: Vec<String> =
                items.iter().map(|i| yaml_flow(i, names, style)).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Literal::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(k, v)| {
                    Ok(format!("{}: {}", yaml_string(k, true, style.double), yaml_flow(v, names, style)?))
                })
                .collect::<Result<_, Why>>()?;
            format!("{{{}}}", entries.join(", "))
        }
        Literal::Json(inner) => yaml_flow(inner, names, style)?,
        _ => String::new(),
    })
}

/// How block collections are indented in a file.
pub(super) struct Style {
    unit: String,
    /// Whether the dashes of a list stand deeper than its key.
    dashes: bool,
    /// Whether quotes are double.
    double: bool,
}

fn style_of(doc: &Document) -> &Style {
    doc.style.get_or_init(|| find_style(doc))
}

fn find_style(doc: &Document) -> Style {
    let unit = unit(doc);
    let unit = if unit.contains('\t') { "  ".to_owned() } else { unit };
    let mut dashes = true;
    for id in (0..doc.tree.len() as u32).map(NodeId) {
        let node = doc.node(id);
        if node.kind == Kind::Sequence && node.flags & flags::FLOW == 0 {
            let Some(pair) = doc.parent(id).filter(|p| doc.kind(*p) == Kind::Pair) else { continue };
            let item = doc.tree.child(id, 0).map_or(node.start, |c| doc.node(c).start) as usize;
            let key = doc.node(pair).start as usize;
            dashes = doc.indent(item).len() > column(doc, key);
            break;
        }
    }
    Style { unit, dashes, double: double_quotes(doc) }
}

/// The column of the dash before an element, on its line or above.
fn dash(doc: &Document, at: usize) -> usize {
    let before = doc.text().get(..at).unwrap_or("");
    before.trim_end().strip_suffix('-').map_or_else(
        || before.get(doc.line_start(at)..).and_then(|line| line.rfind('-')).unwrap_or(0),
        |head| column(doc, head.len()),
    )
}

fn column(doc: &Document, at: usize) -> usize {
    at.saturating_sub(doc.line_start(at))
}

/// What follows a key: ` value`, or lines that are deeper.
fn yaml_below(value: &Literal, names: Names<'_>, indent: &str, style: &Style) -> Result<String, Why> {
    if let Some(text) = yaml_scalar(value, names, false, style)? {
        return Ok(format!(" {text}"));
    }
    let deeper = format!("{indent}{}", style.unit);
    Ok(match value {
        Literal::List(items) => {
            let indent = if style.dashes { &deeper } else { indent };
            let items: Vec<String> =
                items.iter().map(|i| yaml_item(i, names, indent, style)).collect::<Result<_, _>>()?;
            items.into_iter().map(|i| format!("\n{i}")).collect()
        }
        Literal::Map(entries) => format!("\n{}", yaml_pairs(entries, names, &deeper, style)?),
        Literal::Json(inner) => yaml_below(inner, names, indent, style)?,
        _ => String::new(),
    })
}

fn yaml_pairs(
    entries: &[(Str, Literal)],
    names: Names<'_>,
    indent: &str,
    style: &Style,
) -> Result<String, Why> {
    let lines: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            Ok(format!(
                "{indent}{}:{}",
                yaml_string(key, false, style.double),
                yaml_below(value, names, indent, style)?
            ))
        })
        .collect::<Result<_, Why>>()?;
    Ok(lines.join("\n"))
}

fn yaml_item(value: &Literal, names: Names<'_>, indent: &str, style: &Style) -> Result<String, Why> {
    if let Some(text) = yaml_scalar(value, names, false, style)? {
        return Ok(format!("{indent}- {text}"));
    }
    match value {
        Literal::Map(entries) => {
            let inner = yaml_pairs(entries, names, &format!("{indent}  "), style)?;
            Ok(format!("{indent}- {}", inner.trim_start()))
        }
        _ => Ok(format!("{indent}- {}", yaml_flow(value, names, style)?)),
    }
}

/// Behind the last character of what a node says: without the white space and comments that it may end with.
fn content_end(doc: &Document, node: NodeId) -> usize {
    let range = doc.node(node);
    let text = doc.text().get(range.start as usize..range.end as usize).unwrap_or("");
    range.start as usize + text.trim_end().len()
}

fn is_flow(doc: &Document, node: NodeId) -> bool {
    doc.node(node).flags & flags::FLOW != 0
}

fn yaml_insert(
    doc: &Document,
    container: NodeId,
    key: Option<&str>,
    value: &Literal,
    names: Names<'_>,
) -> Result<Edit, Why> {
    let node = doc.node(container);
    let style = style_of(doc);
    let last = doc.tree.children(container).last();
    if is_flow(doc, container) {
        let text = match key {
            Some(key) => {
                format!("{}: {}", yaml_string(key, true, style.double), yaml_flow(value, names, style)?)
            }
            None => yaml_flow(value, names, style)?,
        };
        return Ok(match last {
            Some(last) => Edit::insert(content_end(doc, last), format!(", {text}")),
            None if key.is_some() && below_block(doc, container) => {
                let pairs = Literal::Map(vec![(key.unwrap_or("").into(), value.clone())]);
                return unfold(doc, container, &pairs, names, style);
            }
            None => {
                let (open, close) = if key.is_some() { ('{', '}') } else { ('[', ']') };
                Edit::new(node.start as usize..node.end as usize, format!("{open}{text}{close}"))
            }
        });
    }
    let Some(mut last) = last else { return Err(Why::new("there is nothing to write beside")) };
    // Tags are at the end where they are the last already.
    let pairs: Vec<NodeId> = doc.tree.children(container).collect();
    if let ([.., before, tags], Some(_)) = (pairs.as_slice(), key)
        && doc.tree.child(*tags, 0).is_some_and(|k| doc.slice(k) == "Tags")
    {
        last = *before;
    }
    let first = doc.tree.child(container, 0).unwrap_or(last);
    let at = doc.line_end(content_end(doc, last));
    let text = match key {
        Some(key) => {
            let indent = " ".repeat(column(doc, doc.node(first).start as usize));
            yaml_pairs(&[(key.into(), value.clone())], names, &indent, style)?
        }
        None => yaml_item(value, names, &" ".repeat(dash(doc, doc.node(first).start as usize)), style)?,
    };
    Ok(Edit::insert(at, format!("\n{text}").replace('\n', doc.eol)))
}

/// Whether an empty mapping `{}` stands behind a key of a block mapping.
fn below_block(doc: &Document, node: NodeId) -> bool {
    let pair = doc.parent(node).filter(|p| doc.kind(*p) == Kind::Pair);
    let outer = pair.and_then(|p| doc.parent(p));
    doc.kind(node) == Kind::Mapping && outer.is_some_and(|o| !is_flow(doc, o))
}

/// An empty mapping `{}` behind a key, as lines of their own.
fn unfold(
    doc: &Document,
    node: NodeId,
    value: &Literal,
    names: Names<'_>,
    style: &Style,
) -> Result<Edit, Why> {
    let range = doc.node(node);
    let key = doc.parent(node).map_or(range.start, |p| doc.node(p).start) as usize;
    let text = yaml_below(value, names, &" ".repeat(column(doc, key)), style)?;
    let before = doc.text().get(..range.start as usize).unwrap_or("");
    let start = before.trim_end_matches(' ').len();
    Ok(Edit::new(start..range.end as usize, text.replace('\n', doc.eol)))
}

fn yaml_remove(doc: &Document, node: NodeId) -> Result<Edit, Why> {
    let Some(parent) = doc.parent(node) else { return Err(Why::new("there is nothing around it")) };
    if is_flow(doc, parent) {
        return Ok(json_remove(doc, node));
    }
    let start = doc.node(node).start as usize;
    let text = doc.text();
    let line = doc.line_start(start);
    let before = text.get(line..start).unwrap_or("");
    let siblings: Vec<NodeId> = doc.tree.children(parent).collect();
    let at = siblings.iter().position(|s| *s == node).unwrap_or(0);
    if doc.kind(node) == Kind::Pair && !before.trim().is_empty() {
        // The first pair of a list's item: the next one takes its place behind the dash.
        return match siblings.get(at + 1) {
            Some(next) => Ok(Edit::new(start..doc.node(*next).start as usize, "")),
            None => Err(Why::new("it is all that the element says")),
        };
    }
    let end = doc.line_end(content_end(doc, node));
    let end = text.get(end..).and_then(|t| t.find('\n')).map_or(text.len(), |i| end + i + 1);
    Ok(Edit::new(line..end, ""))
}

// both

/// Adds a member to a mapping, or an element (no key) to a sequence.
pub(super) fn insert(
    doc: &Document,
    container: NodeId,
    key: Option<&str>,
    value: &Literal,
    names: Names<'_>,
) -> Result<Edit, Why> {
    let kind = if key.is_some() { Kind::Mapping } else { Kind::Sequence };
    if doc.kind(container) != kind {
        return Err(Why::new("a function computes what it would be written in"));
    }
    match doc.language() {
        Language::Json => json_insert(doc, container, key, value, names),
        _ => yaml_insert(doc, container, key, value, names),
    }
}

/// Makes a list of a mapping and another element.
pub(super) fn listed(
    doc: &Document,
    mapping: NodeId,
    value: &Literal,
    names: Names<'_>,
) -> Result<Edit, Why> {
    let node = doc.node(mapping);
    let start = node.start as usize;
    if doc.language() == Language::Json {
        let unit = unit(doc);
        let one_line = !doc.slice(mapping).contains('\n');
        let colon = colon(doc, doc.tree.child(mapping, 0));
        let layout = Layout { eol: doc.eol, unit: &unit, colon, one_line, compact: compact(doc) };
        let text = json_value(value, names, doc.indent(start), layout)?;
        return Ok(Edit::new(start..node.end as usize, format!("[{}, {text}]", doc.slice(mapping))));
    }
    let style = style_of(doc);
    if is_flow(doc, mapping) {
        let text = yaml_flow(value, names, style)?;
        return Ok(Edit::new(start..node.end as usize, format!("[{}, {text}]", doc.slice(mapping))));
    }
    let end = content_end(doc, mapping);
    let indent = " ".repeat(column(doc, start));
    let own = doc.text().get(start..end).unwrap_or("");
    // All of it one step to the right, behind a dash.
    let mut moved = String::new();
    for (number, line) in own.split_inclusive('\n').enumerate() {
        let blank = line.trim().is_empty();
        moved.push_str(if number == 0 {
            "- "
        } else if blank {
            ""
        } else {
            "  "
        });
        moved.push_str(line);
    }
    let text = yaml_item(value, names, &indent, style)?.replace('\n', doc.eol);
    Ok(Edit::new(start..end, format!("{moved}{}{text}", doc.eol)))
}

/// Takes a value away: its pair, or its element; what would be left empty goes with it.
pub(super) fn remove(doc: &Document, node: NodeId) -> Result<Edit, Why> {
    let mut node = node;
    if doc.kind(node) != Kind::Pair {
        while let Some(parent) = doc.parent(node) {
            match doc.kind(parent) {
                Kind::Tagged => node = parent,
                Kind::Pair => {
                    node = parent;
                    break;
                }
                Kind::Sequence if doc.tree.children(parent).count() == 1 => node = parent,
                Kind::Sequence => break,
                _ => return Err(Why::new("a function computes what would be taken away")),
            }
        }
    }
    match doc.language() {
        Language::Json => Ok(json_remove(doc, node)),
        _ => yaml_remove(doc, node),
    }
}

/// Puts another value in place of one.
pub(super) fn replace(doc: &Document, node: NodeId, value: &Literal, names: Names<'_>) -> Result<Edit, Why> {
    let range = doc.node(node);
    let (start, end) = (range.start as usize, range.end as usize);
    let scalar = match value {
        Literal::Bool(b) => Some(b.to_string()),
        Literal::Number(n) => Some(n.clone()),
        Literal::Text(pieces) => match joined(pieces, names)? {
            Joined::Plain(text) => Some(text),
            _ => None,
        },
        _ => None,
    };
    if doc.language() == Language::Json {
        let text = match &scalar {
            Some(text) if range.flags & flags::DOUBLE_QUOTED != 0 => json_string(text),
            _ => {
                let unit = unit(doc);
                let pair = doc.parent(node).filter(|p| doc.kind(*p) == Kind::Pair);
                let one_line = doc.text().lines().nth(1).is_none();
                let layout = Layout {
                    eol: doc.eol,
                    unit: &unit,
                    colon: colon(doc, pair),
                    one_line,
                    compact: compact(doc),
                };
                json_value(value, names, doc.indent(start), layout)?
            }
        };
        return Ok(Edit::new(start..end, text));
    }
    let style = style_of(doc);
    if let Some(text) = &scalar
        && doc.kind(node) == Kind::Scalar
    {
        let quoted = if range.flags & flags::DOUBLE_QUOTED != 0 {
            json_string(text)
        } else if range.flags & flags::SINGLE_QUOTED != 0 {
            format!("'{}'", text.replace('\'', "''"))
        } else if matches!(value, Literal::Text(_)) {
            yaml_string(text, doc.parent(node).is_some_and(|p| is_flow(doc, p)), style.double)
        } else if matches!(doc.slice(node), "True" | "False") && matches!(value, Literal::Bool(_)) {
            if text == "true" { "True".to_owned() } else { "False".to_owned() }
        } else {
            text.clone()
        };
        return Ok(Edit::new(start..end, quoted));
    }
    if matches!(value, Literal::Map(_)) && doc.tree.child(node, 0).is_none() && below_block(doc, node) {
        return unfold(doc, node, value, names, style);
    }
    let flow = yaml_flow(value, names, style)?;
    match yaml_scalar(value, names, true, style)? {
        Some(text) => Ok(Edit::new(start..content_end(doc, node), text)),
        // A block collection in place of another: a flow collection is right at any depth.
        None if is_flow(doc, node) || doc.kind(node) == Kind::Scalar || doc.kind(node) == Kind::Tagged => {
            Ok(Edit::new(start..content_end(doc, node), flow))
        }
        None => {
            let text = match value {
                Literal::Map(entries) => yaml_pairs(entries, names, &" ".repeat(column(doc, start)), style)?,
                Literal::List(items) => {
                    let first = doc.tree.child(node, 0).map_or(start, |c| doc.node(c).start as usize);
                    let indent = " ".repeat(dash(doc, first));
                    let items: Vec<String> = items
                        .iter()
                        .map(|i| yaml_item(i, names, &indent, style))
                        .collect::<Result<_, _>>()?;
                    items.join("\n")
                }
                _ => flow,
            };
            Ok(Edit::new(start..content_end(doc, node), text.trim_start().replace('\n', doc.eol)))
        }
    }
}

/// Adds a pair directly behind another one.
pub(super) fn insert_after(
    doc: &Document,
    pair: NodeId,
    key: &str,
    value: &Literal,
    names: Names<'_>,
) -> Result<Edit, Why> {
    let node = doc.node(pair);
    let indent = doc.indent(node.start as usize).to_owned();
    if doc.language() == Language::Json {
        let unit = unit(doc);
        let one_line = !doc.begins_line(node.start as usize);
        let layout = Layout {
            eol: doc.eol,
            unit: &unit,
            colon: colon(doc, Some(pair)),
            one_line,
            compact: compact(doc),
        };
        let text = json_value(value, names, &indent, layout)?;
        let gap = if one_line { " ".to_owned() } else { format!("{}{indent}", doc.eol) };
        return Ok(Edit::insert(
            node.end as usize,
            format!(",{gap}{}{}{text}", json_string(key), layout.colon),
        ));
    }
    let style = style_of(doc);
    if doc.parent(pair).is_some_and(|p| is_flow(doc, p)) {
        let text = format!(", {}: {}", yaml_string(key, true, style.double), yaml_flow(value, names, style)?);
        return Ok(Edit::insert(node.end as usize, text));
    }
    let end = doc.line_end(content_end(doc, pair));
    let indent = " ".repeat(column(doc, node.start as usize));
    let text = yaml_pairs(&[(key.into(), value.clone())], names, &indent, style)?;
    // Resources that are apart by an empty line stay so.
    let line = doc.line_start(node.start as usize);
    let above = if line > 0 { doc.text().get(doc.line_start(line - 1)..line).unwrap_or("") } else { "x" };
    let below = doc.text().get(end..).unwrap_or("");
    let below = below.strip_prefix("\r\n").or_else(|| below.strip_prefix('\n')).unwrap_or("x");
    let apart = above.trim().is_empty() || below.lines().next().is_some_and(|l| l.trim().is_empty());
    let gap = if apart { "\n\n" } else { "\n" };
    Ok(Edit::insert(end, format!("{gap}{text}").replace('\n', doc.eol)))
}
