//! Writing HCL: what is new is written as `terraform fmt` would have it, what is there stays.

use crate::Str;
use crate::eval::Reference;
use crate::model::terraform_schema::Resource;
use crate::source::Edit;
use crate::syntax::{Kind, NodeId};

use super::document::Document;
use super::literal::{Literal, Piece};
use super::why::Why;

/// How an attribute of an instance is written.
pub(super) type Names<'n> = &'n dyn Fn(&Reference) -> Option<String>;

/// Arguments that stand at the head of a block, apart from the others.
const HEAD: [&str; 6] = ["count", "for_each", "provider", "source", "version", "providers"];
/// What stands at the end of a block.
const TAIL: [&str; 4] = ["tags", "tags_all", "depends_on", "lifecycle"];
/// Blocks that stand behind all others.
const TAIL_BLOCKS: [&str; 5] = ["lifecycle", "provisioner", "connection", "timeouts", "tags"];
/// One level.
const UNIT: &str = "  ";

/// A new member of a body or object.
pub(super) struct Member<'m> {
    pub(super) key: &'m str,
    pub(super) value: &'m Literal,
    /// The resource's schema and the path of names to the member, to tell blocks from arguments.
    pub(super) schema: Option<(&'m Resource, &'m [Str])>,
    pub(super) names: Names<'m>,
}

fn is_block(schema: Option<(&Resource, &[Str])>) -> bool {
    schema.is_some_and(|(resource, path)| resource.property(&path.join(".")).is_some_and(|a| a.block))
}

/// A bare name, or a quoted one.
fn key_text(key: &str, quoted: bool) -> String {
    let bare = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare && !quoted { key.to_owned() } else { quote(key) }
}

/// A string literal.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    escape(text, &mut out);
    out.push('"');
    out
}

fn escape(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// An expression; lines after the first begin with `indent`.
pub(super) fn expression(value: &Literal, names: Names<'_>, indent: &str) -> Result<String, Why> {
    Ok(match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(b) => b.to_string(),
        Literal::Number(n) => n.clone(),
        Literal::Text(pieces) => match pieces.as_slice() {
            [Piece::Reference(reference)] => named(names, reference)?,
            pieces => {
                let mut out = String::from("\"");
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => escape(text, &mut out),
                        Piece::Reference(reference) => {
                            out.push_str("${");
                            out.push_str(&named(names, reference)?);
                            out.push('}');
                        }
                    }
                }
                out.push('"');
                out
            }
        },
        Literal::List(items) => {
            let deeper = format!("{indent}{UNIT}");
            let items: Vec<String> =
                items.iter().map(|item| expression(item, names, &deeper)).collect::<Result<_, _>>()?;
            let length: usize = items.iter().map(|i| i.len() + 2).sum();
            if items.iter().all(|i| !i.contains('\n')) && length + indent.len() <= 100 {
                format!("[{}]", items.join(", "))
            } else {
                let lines: String = items.iter().map(|i| format!("{deeper}{i},\n")).collect();
                format!("[\n{lines}{indent}]")
            }
        }
        Literal::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Literal::Map(entries) => {
            if let [(key, value)] = entries.as_slice() {
                let value = expression(value, names, indent)?;
                if !value.contains('\n') && value.len() + key.len() + indent.len() <= 80 {
                    return Ok(format!("{{ {} = {value} }}", key_text(key, false)));
                }
            }
            let deeper = format!("{indent}{UNIT}");
            let mut lines = Vec::new();
            for (key, value) in entries {
                lines.push((key_text(key, false), expression(value, names, &deeper)?));
            }
            format!("{{\n{}{indent}}}", aligned(&lines, &deeper))
        }
        Literal::Json(inner) => format!("jsonencode({})", expression(inner, names, indent)?),
    })
}

fn named(names: Names<'_>, reference: &Reference) -> Result<String, Why> {
    names(reference).ok_or_else(|| Why::new("what it refers to has no name here"))
}

/// `key = value` lines, aligned where neighbours are of one line.
fn aligned(lines: &[(String, String)], indent: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some((key, value)) = lines.get(at) {
        if value.contains('\n') {
            out.push_str(&format!("{indent}{key} = {value}\n"));
            at += 1;
            continue;
        }
        let chain: Vec<_> =
            lines.get(at..).unwrap_or(&[]).iter().take_while(|(_, v)| !v.contains('\n')).collect();
        let width = chain.iter().map(|(k, _)| k.chars().count()).max().unwrap_or(0);
        for (key, value) in &chain {
            let gap = width - key.chars().count();
            out.push_str(&format!("{indent}{key}{:gap$} = {value}\n", ""));
        }
        at += chain.len();
    }
    out
}

/// The members of a block: arguments first, then nested blocks, each after an empty line.
pub(super) fn body(
    entries: &[(Str, Literal)],
    schema: Option<(&Resource, &[Str])>,
    names: Names<'_>,
    indent: &str,
) -> Result<String, Why> {
    let mut lines = Vec::new();
    let mut blocks = Vec::new();
    for (key, value) in entries {
        let path: Vec<Str> =
            schema.iter().flat_map(|(_, p)| p.iter().cloned()).chain([key.clone()]).collect();
        let inner = schema.map(|(resource, _)| (resource, path.as_slice()));
        if is_block(inner) {
            let texts = block_texts(key, value, inner, names, indent)?;
            blocks.extend(texts.into_iter().map(|text| format!("{indent}{text}\n")));
        } else {
            lines.push((key_text(key, false), expression(value, names, indent)?));
        }
    }
    let gap = if lines.is_empty() || blocks.is_empty() { "" } else { "\n" };
    let blocks = blocks.join("\n");
    Ok(format!("{}{gap}{blocks}", aligned(&lines, indent)))
}

/// The arguments of a companion: the one that names its owner stands apart from several others.
pub(super) fn companion_body(
    by: &str,
    owner: String,
    rest: &[(Str, Literal)],
    schema: Option<(&Resource, &[Str])>,
    names: Names<'_>,
) -> Result<String, Why> {
    if let [(key, value)] = rest
        && !is_block(schema.map(|(resource, _)| (resource, std::slice::from_ref(key))))
    {
        let lines = [(by.to_owned(), owner), (key.to_string(), expression(value, names, UNIT)?)];
        return Ok(aligned(&lines, UNIT));
    }
    let body = body(rest, schema, names, UNIT)?;
    let gap = if body.is_empty() { "" } else { "\n" };
    Ok(format!("{UNIT}{by} = {owner}\n{gap}{body}"))
}

/// Nested blocks of one type; the first line has no indentation.
fn block_texts(
    key: &str,
    value: &Literal,
    schema: Option<(&Resource, &[Str])>,
    names: Names<'_>,
    indent: &str,
) -> Result<Vec<String>, Why> {
    let deeper = format!("{indent}{UNIT}");
    let one = |value: &Literal| match value {
        Literal::Map(entries) if entries.is_empty() => Ok(format!("{key} {{}}")),
        Literal::Map(entries) => {
            Ok(format!("{key} {{\n{}{indent}}}", body(entries, schema, names, &deeper)?))
        }
        _ => Err(Why::new(format!("`{key}` is a block"))),
    };
    match value {
        Literal::List(items) => items.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

/// Adds a member to a block, body or object.
pub(super) fn insert(doc: &Document, container: NodeId, member: &Member<'_>) -> Result<Edit, Why> {
    match doc.kind(container) {
        Kind::Block => {
            let mut block = container;
            let name = doc.tree.child(block, 0).map(|n| doc.slice(n));
            if name == Some("dynamic") {
                let body = doc.tree.children(block).find(|c| doc.kind(*c) == Kind::Body);
                let content = body.and_then(|b| {
                    doc.tree
                        .children(b)
                        .filter(|c| doc.kind(*c) == Kind::Block)
                        .find(|c| doc.tree.child(*c, 0).is_some_and(|n| doc.slice(n) == "content"))
                });
                block = content.ok_or_else(|| Why::new("the `dynamic` block has no `content`"))?;
            }
            let body = doc.tree.children(block).find(|c| doc.kind(*c) == Kind::Body);
            let body = body.ok_or_else(|| Why::new("the block is damaged"))?;
            into_body(doc, block, body, member)
        }
        Kind::Object => into_object(doc, container, member),
        _ => Err(Why::new("an expression computes what it would be written in")),
    }
}

fn lines_of(doc: &Document, id: NodeId) -> (usize, usize) {
    let node = doc.node(id);
    (doc.line_start(node.start as usize), doc.line_start(node.end as usize))
}

fn one_line(doc: &Document, id: NodeId) -> bool {
    let (first, last) = lines_of(doc, id);
    first == last
}

fn name_of(doc: &Document, id: NodeId) -> &str {
    doc.tree.child(id, 0).map_or("", |n| doc.slice(n))
}

/// The beginning of the lines of comment that stand directly above a place.
fn with_comments(doc: &Document, at: usize) -> usize {
    let mut start = doc.line_start(at);
    while start > 0 {
        let above = doc.line_start(start - 1);
        let line = doc.text().get(above..start).unwrap_or("").trim();
        if above < start && (line.starts_with('#') || line.starts_with("//")) {
            start = above;
        } else {
            break;
        }
    }
    start
}

fn into_body(doc: &Document, block: NodeId, body: NodeId, member: &Member<'_>) -> Result<Edit, Why> {
    let eol = doc.eol;
    let head = doc.node(block).start as usize;
    let outer = doc.indent(head).to_owned();
    let children: Vec<NodeId> =
        doc.tree.children(body).filter(|c| matches!(doc.kind(*c), Kind::Attribute | Kind::Block)).collect();
    let own_line = children.iter().find(|c| doc.begins_line(doc.node(**c).start as usize));
    let unit = if outer.contains('\t') { "\t" } else { UNIT };
    let indent = match own_line {
        Some(child) => doc.indent(doc.node(*child).start as usize).to_owned(),
        None => format!("{outer}{unit}"),
    };
    let as_block = is_block(member.schema);
    let text = if as_block {
        let texts = block_texts(member.key, member.value, member.schema, member.names, &indent)?;
        texts.join(&format!("\n\n{indent}"))
    } else {
        format!("{} = {}", key_text(member.key, false), expression(member.value, member.names, &indent)?)
    };
    let text = if eol == "\n" { text } else { text.replace('\n', eol) };
    let range = doc.node(body);
    let (start, end) = (range.start as usize, range.end as usize);
    let inner = doc.text().get(start..end).unwrap_or("");
    if !inner.contains('\n') {
        // `{}` and `{ a = 1 }`: the block gets lines of its own.
        let old = inner.trim();
        let first = if old.is_empty() { String::new() } else { format!("{eol}{indent}{old}") };
        let gap = if as_block && !old.is_empty() { eol } else { "" };
        return Ok(Edit::new(start..end, format!("{first}{gap}{eol}{indent}{text}{eol}{outer}")));
    }
    let end_of = |id: NodeId| doc.line_end(doc.node(id).end as usize);
    let attributes: Vec<NodeId> =
        children.iter().copied().filter(|c| doc.kind(*c) == Kind::Attribute).collect();
    let blocks: Vec<NodeId> = children.iter().copied().filter(|c| doc.kind(*c) == Kind::Block).collect();
    let tail = |id: &NodeId| TAIL.contains(&name_of(doc, *id));
    let first_tail = attributes.iter().find(|id| tail(id) && !one_line(doc, **id));
    if as_block {
        // An empty line stands on either side of a nested block, but not beside the braces.
        let behind = |at: usize| {
            let next = doc.text().get(at..).unwrap_or("");
            let next = next.strip_prefix("\r\n").or_else(|| next.strip_prefix('\n')).unwrap_or(next);
            let line = next.lines().next().unwrap_or("").trim();
            if line.is_empty() || line.starts_with('}') { "" } else { eol }
        };
        let after = |id: NodeId| {
            let at = end_of(id);
            Edit::insert(at, format!("{eol}{eol}{indent}{text}{}", behind(at)))
        };
        let same = blocks.iter().rev().find(|b| name_of(doc, **b) == member.key);
        let last = blocks.iter().rev().find(|b| !TAIL_BLOCKS.contains(&name_of(doc, **b)));
        if let Some(beside) = same.or(last) {
            return Ok(after(*beside));
        }
        if let Some(before) = first_tail.or(blocks.first())
            && attributes.iter().all(|a| tail(a) || doc.node(*a).start < doc.node(*before).start)
        {
            let at = with_comments(doc, doc.node(*before).start as usize);
            let above = doc.text().get(..at).unwrap_or("").lines().next_back().unwrap_or("").trim();
            let gap = if above.is_empty() || above.ends_with('{') { "" } else { eol };
            return Ok(Edit::insert(at, format!("{gap}{indent}{text}{eol}{eol}")));
        }
        if let Some(last) = attributes.last() {
            return Ok(after(*last));
        }
    } else {
        let plain = |id: &&NodeId| !tail(id) && !HEAD.contains(&name_of(doc, **id));
        let word = |name: &str| name.split('_').next().unwrap_or("").to_owned();
        let sibling = attributes
            .iter()
            .rev()
            .filter(plain)
            .find(|id| one_line(doc, **id) && word(name_of(doc, **id)) == word(member.key));
        let first_block = blocks.first().map_or(u32::MAX, |b| doc.node(*b).start);
        let before_blocks =
            attributes.iter().rev().filter(plain).filter(|id| doc.node(**id).start < first_block);
        let single = before_blocks.clone().find(|id| one_line(doc, **id));
        if let Some(after) = sibling.or(single).or_else(|| before_blocks.clone().next()) {
            return Ok(Edit::insert(end_of(*after), format!("{eol}{indent}{text}")));
        }
        let head = attributes.iter().rev().find(|id| HEAD.contains(&name_of(doc, **id)));
        if let Some(after) = head {
            let at = end_of(*after);
            let follows = children.iter().any(|c| doc.node(*c).start > doc.node(*after).start);
            let next = doc.text().get(at..).unwrap_or("").trim_start_matches('\r').trim_start_matches('\n');
            let blank = next.starts_with('\n') || next.starts_with("\r\n");
            let gap = if follows && !blank { eol } else { "" };
            return Ok(Edit::insert(at, format!("{eol}{eol}{indent}{text}{gap}")));
        }
        if let Some(before) = children.first() {
            let at = with_comments(doc, doc.node(*before).start as usize);
            let gap = if one_line(doc, *before) && doc.kind(*before) == Kind::Attribute { "" } else { eol };
            return Ok(Edit::insert(at, format!("{indent}{text}{eol}{gap}")));
        }
    }
    // Nothing but comments and white space.
    let kept = inner.trim_end();
    let at = start + kept.len();
    Ok(Edit::new(at..end, format!("{eol}{indent}{text}{eol}{outer}")))
}

/// The members of a block, or the items of an object, that has none.
pub(super) fn fill(
    doc: &Document,
    container: NodeId,
    entries: &[(Str, Literal)],
    schema: Option<(&Resource, &[Str])>,
    names: Names<'_>,
) -> Result<Option<Edit>, Why> {
    let start = doc.node(container).start as usize;
    let outer = doc.indent(start).to_owned();
    if doc.kind(container) == Kind::Object {
        if doc.tree.child(container, 0).is_some() {
            return Ok(None);
        }
        let text = expression(&Literal::Map(entries.to_vec()), names, &outer)?;
        return Ok(Some(Edit::new(start..doc.node(container).end as usize, text.replace('\n', doc.eol))));
    }
    let Some(inside) = doc.tree.children(container).find(|c| doc.kind(*c) == Kind::Body) else {
        return Ok(None);
    };
    let range = doc.node(inside);
    let (start, end) = (range.start as usize, range.end as usize);
    if name_of(doc, container) == "dynamic" || !doc.text().get(start..end).unwrap_or("x").trim().is_empty() {
        return Ok(None);
    }
    let unit = if outer.contains('\t') { "\t" } else { UNIT };
    let text = body(entries, schema, names, &format!("{outer}{unit}"))?;
    Ok(Some(Edit::new(start..end, format!("\n{text}{outer}").replace('\n', doc.eol))))
}

fn into_object(doc: &Document, object: NodeId, member: &Member<'_>) -> Result<Edit, Why> {
    let eol = doc.eol;
    let node = doc.node(object);
    let (start, end) = (node.start as usize, node.end as usize);
    let items: Vec<NodeId> = doc.tree.children(object).filter(|c| doc.kind(*c) == Kind::ObjectItem).collect();
    let Some(last) = items.last().copied() else {
        let outer = doc.indent(start).to_owned();
        let indent = format!("{outer}{UNIT}");
        let key = key_text(member.key, false);
        let value = expression(member.value, member.names, &indent)?;
        let text = format!("{{\n{indent}{key} = {value}\n{outer}}}");
        return Ok(Edit::new(start..end, text.replace('\n', eol)));
    };
    let key_node = doc.tree.child(last, 0);
    let quoted = key_node.is_some_and(|k| doc.kind(k) == Kind::Template);
    let between = match (key_node, doc.tree.child(last, 1)) {
        (Some(key), Some(value)) => {
            doc.text().get(doc.node(key).end as usize..doc.node(value).start as usize).unwrap_or(" = ")
        }
        _ => " = ",
    };
    let sign = if between.contains(':') { between.trim_start_matches(' ') } else { " = " };
    let key = key_text(member.key, quoted);
    let at = doc.node(last).end as usize;
    if one_line(doc, object) {
        let value = expression(member.value, member.names, doc.indent(start))?;
        return Ok(Edit::insert(at, format!(", {key}{sign}{value}")));
    }
    let indent = doc.indent(doc.node(last).start as usize).to_owned();
    let value = expression(member.value, member.names, &indent)?.replace('\n', eol);
    let rest = doc.text().get(at..end).unwrap_or("");
    let comma = rest.trim_start_matches([' ', '\t']).starts_with(',');
    let line_end = doc.line_end(at);
    if line_end >= end {
        return Ok(Edit::insert(at, format!(",{eol}{indent}{key}{sign}{value}{eol}{}", doc.indent(start))));
    }
    let comma = if comma { "," } else { "" };
    Ok(Edit::insert(line_end, format!("{eol}{indent}{key}{sign}{value}{comma}")))
}

/// Where the line of a closing brace that ends at a place begins.
fn closing(doc: &Document, end: usize) -> usize {
    let brace = end.saturating_sub(1);
    if doc.begins_line(brace) { doc.line_start(brace) } else { brace }
}

/// What stands before a closing brace behind which another one opens: `terraform fmt` has it one level deeper.
fn step(doc: &Document, end: usize) -> String {
    let brace = end.saturating_sub(1);
    if doc.begins_line(brace) { format!("{}{UNIT}", doc.indent(brace)) } else { String::new() }
}

/// Makes a list of an object and another element.
pub(super) fn listed(doc: &Document, object: NodeId, value: &Literal, names: Names<'_>) -> Result<Edit, Why> {
    let (start, end) = (doc.node(object).start as usize, doc.node(object).end as usize);
    let text = expression(value, names, doc.indent(start))?.replace('\n', doc.eol);
    let own = doc.slice(object);
    let (head, tail) = own.split_at(closing(doc, end).saturating_sub(start));
    Ok(Edit::new(start..end, format!("[{head}{}{}, {text}]", step(doc, end), tail.trim_start())))
}

/// Adds an element to a tuple.
pub(super) fn append(doc: &Document, tuple: NodeId, value: &Literal, names: Names<'_>) -> Result<Edit, Why> {
    if doc.kind(tuple) != Kind::Tuple {
        return Err(Why::new("an expression computes the list"));
    }
    let node = doc.node(tuple);
    let (start, end) = (node.start as usize, node.end as usize);
    let Some(last) = doc.tree.children(tuple).last() else {
        let text = expression(value, names, doc.indent(start))?;
        return Ok(Edit::new(start..end, format!("[{text}]").replace('\n', doc.eol)));
    };
    let at = doc.node(last).end as usize;
    let rest = doc.text().get(at..end).unwrap_or("");
    // `[{ …` and `}, {`: the next one begins where this one ends.
    let beside = !doc.begins_line(doc.node(last).start as usize) && !rest.contains(['\n', ',']);
    if one_line(doc, tuple) || beside {
        let text =
            expression(value, names, doc.indent(doc.node(last).start as usize))?.replace('\n', doc.eol);
        if one_line(doc, last) || doc.kind(last) != Kind::Object {
            return Ok(Edit::insert(at, format!(", {text}")));
        }
        let from = closing(doc, at);
        let brace = doc.text().get(from..at).unwrap_or("").trim_start();
        return Ok(Edit::new(from..at, format!("{}{brace}, {text}", step(doc, at))));
    }
    let indent = doc.indent(doc.node(last).start as usize).to_owned();
    let text = expression(value, names, &indent)?.replace('\n', doc.eol);
    let skipped = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        let line_end = doc.line_end(at + skipped + 1);
        if line_end < end {
            return Ok(Edit::insert(line_end, format!("{}{indent}{text},", doc.eol)));
        }
        return Ok(Edit::insert(at + skipped + 1, format!("{}{indent}{text}", doc.eol)));
    }
    Ok(Edit::insert(at, format!(",{}{indent}{text}", doc.eol)))
}

/// Puts another expression in place of one.
pub(super) fn replace(doc: &Document, node: NodeId, value: &Literal, names: Names<'_>) -> Result<Edit, Why> {
    let range = doc.node(node);
    let indent = doc.indent(range.start as usize).to_owned();
    let mut text = expression(value, names, &indent)?;
    let old = doc.slice(node);
    // What was written as a string stays one: `"false"` becomes `"true"`.
    if old.starts_with('"') && matches!(value, Literal::Bool(_) | Literal::Number(_)) {
        text = quote(&text);
    }
    Ok(Edit::new(range.start as usize..range.end as usize, text.replace('\n', doc.eol)))
}

/// Takes an argument, block, object item or element away.
pub(super) fn remove(doc: &Document, node: NodeId) -> Result<Edit, Why> {
    match doc.kind(node) {
        Kind::Attribute | Kind::Block => Ok(without_lines(doc, node)),
        Kind::ObjectItem => Ok(without_item(doc, node)),
        _ => match doc.parent(node).map(|p| (p, doc.kind(p))) {
            Some((_, Kind::Tuple)) => Ok(without_item(doc, node)),
            Some((parent, Kind::Attribute | Kind::ObjectItem)) => remove(doc, parent),
            _ => Err(Why::new("an expression computes what would be taken away")),
        },
    }
}

/// Without whole lines, and without one of the empty lines around them.
pub(super) fn without_lines(doc: &Document, node: NodeId) -> Edit {
    let range = doc.node(node);
    let (mut start, mut end) = (range.start as usize, range.end as usize);
    let text = doc.text();
    let behind = text.get(end..doc.line_end(end)).unwrap_or("").trim();
    let comment = behind.is_empty() || behind.starts_with('#') || behind.starts_with("//");
    if !doc.begins_line(start) || !comment {
        return Edit::new(start..end, "");
    }
    start = doc.line_start(start);
    end = next_line(doc, end);
    let blank_before =
        start > 0 && text.get(doc.line_start(start - 1)..start).is_some_and(|l| l.trim().is_empty());
    let after = text.get(end..).unwrap_or("");
    let next = after.lines().next().unwrap_or("").trim();
    if blank_before && (next.is_empty() || next.starts_with('}')) {
        start = doc.line_start(start - 1);
    } else if next.is_empty() && text.get(..start).is_some_and(|t| t.trim_end().ends_with('{')) {
        // The first of several leaves no empty line behind the brace.
        end = next_line(doc, end);
    }
    Edit::new(start..end, "")
}

fn next_line(doc: &Document, at: usize) -> usize {
    let text = doc.text();
    text.get(at..).and_then(|t| t.find('\n')).map_or(text.len(), |i| at + i + 1)
}

fn without_item(doc: &Document, node: NodeId) -> Edit {
    let range = doc.node(node);
    let (start, end) = (range.start as usize, range.end as usize);
    let text = doc.text();
    let parent = doc.parent(node);
    let siblings: Vec<NodeId> = parent.map(|p| doc.tree.children(p).collect()).unwrap_or_default();
    let at = siblings.iter().position(|s| *s == node).unwrap_or(0);
    let rest = text.get(end..).unwrap_or("");
    let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let comma = rest.get(gap..).is_some_and(|r| r.starts_with(','));
    let after = if comma { end + gap + 1 } else { end };
    let behind = text.get(after..doc.line_end(after)).unwrap_or("").trim();
    if doc.begins_line(start) && (behind.is_empty() || behind.starts_with('#') || behind.starts_with("//")) {
        return Edit::new(doc.line_start(start)..next_line(doc, after), "");
    }
    match (siblings.get(at + 1), at.checked_sub(1).and_then(|i| siblings.get(i))) {
        (Some(next), _) => Edit::new(start..doc.node(*next).start as usize, ""),
        (None, Some(before)) => Edit::new(doc.node(*before).end as usize..end, ""),
        (None, None) => Edit::new(start..after, ""),
    }
}
