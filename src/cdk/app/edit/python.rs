//! Edits of Python.

use tree_sitter::Node;

use crate::source::Edit;

use super::super::value::same_name;
use super::code::{Code, No, Piece, append_entry, because, children};
use super::given::{replace, unwrapped, wrapped};
use super::names;
use super::table::{Prop, Term};

/// Sets props among the keyword arguments of a call.
pub(super) fn set_in_call(
    code: &Code<'_>,
    call: Node<'_>,
    sets: &[(Vec<Prop>, Term)],
    module: &str,
) -> Result<Vec<Piece>, No> {
    let mut pieces = Vec::new();
    for (path, value) in sets {
        pieces.extend(set(code, call, path, value, module)?);
    }
    Ok(pieces)
}

fn set(code: &Code<'_>, call: Node<'_>, path: &[Prop], value: &Term, module: &str) -> Result<Vec<Piece>, No> {
    let Some((Prop::Name(name, of), rest)) = path.split_first() else {
        return because("the table names no prop");
    };
    let arguments = call.child_by_field_name("arguments").filter(|n| n.kind() == "argument_list");
    let Some(arguments) = arguments else { return because("it has no arguments") };
    let members = children(arguments);
    let known = members.iter().find(|m| {
        m.kind() == "keyword_argument"
            && m.child_by_field_name("name").is_some_and(|n| same_name(code.slice(n), name))
    });
    if let Some(known) = known {
        let Some(old) = known.child_by_field_name("value") else { return because("it has no value") };
        return change(code, old, name, rest, value, module);
    }
    if members.iter().any(|m| matches!(m.kind(), "dictionary_splat" | "list_splat")) {
        return because(format!("`{name}` may be among the arguments that are spread"));
    }
    let mut pieces = Vec::new();
    let entry = entry(code, name, *of, rest, value, module, &mut pieces)?;
    let (open, close) = (arguments.start_byte() + 1, arguments.end_byte() - 1);
    pieces.extend(append_entry(code, open, members.last().copied(), close, name, &entry));
    Ok(pieces)
}

/// `name=value`, with the structs around it where the prop is further inside.
fn entry(
    code: &Code<'_>,
    name: &str,
    of: Option<&str>,
    rest: &[Prop],
    value: &Term,
    module: &str,
    pieces: &mut Vec<Piece>,
) -> Result<String, No> {
    let name = names::snake(name);
    match rest {
        [] => Ok(format!("{name}={}", code.term(value, module, pieces)?)),
        [Prop::Name(inner, inner_of), rest @ ..] => {
            let Some(of) = of else {
                return because(format!("`{name}` is not given, and what it is made of is not told"));
            };
            let of = code.name(module, of, pieces);
            let inner = entry(code, inner, *inner_of, rest, value, module, pieces)?;
            Ok(format!("{name}={of}({inner})"))
        }
        _ => because("what it is part of is not written here"),
    }
}

/// Sets a member of a dictionary; its keys are in snake or camel case.
fn set_in_dictionary(
    code: &Code<'_>,
    dictionary: Node<'_>,
    path: &[Prop],
    value: &Term,
    module: &str,
) -> Result<Vec<Piece>, No> {
    let Some((Prop::Name(name, _), rest)) = path.split_first() else {
        return because("the table names no prop");
    };
    let members = children(dictionary);
    let key_of = |member: &Node<'_>| {
        let key = member.child_by_field_name("key").filter(|_| member.kind() == "pair")?;
        Some(code.slice(key).trim_matches(['"', '\'']))
    };
    if let Some(known) = members.iter().find(|m| key_of(m).is_some_and(|k| same_name(k, name))) {
        let Some(old) = known.child_by_field_name("value") else { return because("it has no value") };
        return change(code, old, name, rest, value, module);
    }
    if members.iter().any(|m| m.kind() != "pair") || !rest.is_empty() {
        return because(format!("`{name}` is not written here"));
    }
    let snake = members.iter().filter_map(key_of).any(|k| k.contains('_'));
    let key = if snake { names::snake(name) } else { name.to_string() };
    let mut pieces = Vec::new();
    let entry = format!("{}: {}", code.quoted(&key), code.term(value, module, &mut pieces)?);
    let (open, close) = (dictionary.start_byte() + 1, dictionary.end_byte() - 1);
    pieces.extend(append_entry(code, open, members.last().copied(), close, name, &entry));
    Ok(pieces)
}

/// Changes what a prop is given.
fn change(
    code: &Code<'_>,
    old: Node<'_>,
    name: &str,
    rest: &[Prop],
    value: &Term,
    module: &str,
) -> Result<Vec<Piece>, No> {
    let inner = unwrapped(old);
    match rest {
        [] => replace(code, old, name, value, module),
        [Prop::Name(..), ..] => match inner.kind() {
            "call" => set(code, inner, rest, value, module),
            "dictionary" => set_in_dictionary(code, inner, rest, value, module),
            _ => because(format!("`{name}` is not written out here")),
        },
        [Prop::Element(index), more @ ..] => {
            let members = children(inner);
            let member = members.get(*index).copied();
            let element = match inner.kind() {
                "list" => member,
                "dictionary" => member.and_then(|m| m.child_by_field_name("value")),
                _ => None,
            };
            let plain_list = members.iter().all(|m| !matches!(m.kind(), "list_splat" | "dictionary_splat"));
            let Some(element) = element.filter(|_| plain_list) else {
                return because(format!("the elements of `{name}` are not written here"));
            };
            change(code, element, name, more, value, module)
        }
        [Prop::Options, more @ ..] if inner.kind() == "call" => set(code, inner, more, value, module),
        [Prop::Options, ..] => because(format!("`{name}` is not written out here")),
    }
}

/// How a construct is called behind its statement, and where that is. It gets a name if it has none.
pub(super) fn handle(
    code: &Code<'_>,
    call: Node<'_>,
    fallback: &str,
) -> Result<(String, usize, Vec<Piece>), No> {
    let mut pieces = Vec::new();
    let is_super = call.child_by_field_name("function").is_some_and(|f| code.slice(f).starts_with("super()"));
    let node = wrapped(call);
    let Some(parent) = node.parent() else { return because("it stands nowhere") };
    let (name, statement) = match parent.kind() {
        "expression_statement" if is_super => ("self".to_owned(), parent),
        "expression_statement" => {
            let name = free_name(code, fallback);
            let edit = Edit::insert(node.start_byte(), format!("{name} = "));
            pieces.push(Piece { edit, slot: None });
            (name, parent)
        }
        "assignment" => {
            let left = parent.child_by_field_name("left");
            let left = left.filter(|l| matches!(l.kind(), "identifier" | "attribute")).map(|n| code.slice(n));
            let statement = parent.parent().filter(|p| p.kind() == "expression_statement");
            match (left, statement) {
                (Some(left), Some(statement)) => (left.to_owned(), statement),
                _ => return because("it is made within another expression"),
            }
        }
        _ => return because("it is made within another expression"),
    };
    let own_line = code.begins_line(statement.start_byte());
    let end = code.end_of_line(statement.end_byte());
    match (own_line, end) {
        (true, Some(end)) => Ok((name, end, pieces)),
        _ => because("its statement shares a line with another"),
    }
}

/// A name that the file does not have yet.
fn free_name(code: &Code<'_>, wanted: &str) -> String {
    let wanted = names::snake(&names::small(wanted));
    let mut name: String = wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name = format!("construct_{name}");
    }
    let reserved = ["class", "def", "del", "from", "global", "import", "in", "is", "lambda", "pass"];
    code.unused(name, "_", &reserved)
}
