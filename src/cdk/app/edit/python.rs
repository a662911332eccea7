//! Edits of Python.

use tree_sitter::Node;

use crate::source::Edit;

use super::super::value::same_name;
use super::code::{Brings, Code, Import, No, Piece, append_entry, because, children};
use super::names;
use super::table::{Prop, Term};

/// A module of the library by the name that it is imported by.
fn module(source: &str) -> Option<String> {
    match source {
        "aws_cdk" | "aws_cdk.core" => Some("core".to_owned()),
        _ => {
            let rest = source.strip_prefix("aws_cdk.")?;
            Some(rest.strip_suffix("_alpha").unwrap_or(rest).replace('_', "-"))
        }
    }
}

/// What a file imports.
pub(super) fn imports(code: &mut Code<'_>, root: Node<'_>) {
    for statement in children(root) {
        match statement.kind() {
            "import_statement" => {
                code.imports_end =
                    Some(code.end_of_line(statement.end_byte()).unwrap_or(statement.end_byte()));
                for name in children(statement) {
                    let (source, alias) = match name.kind() {
                        "aliased_import" => {
                            (name.child_by_field_name("name"), name.child_by_field_name("alias"))
                        }
                        _ => (Some(name), None),
                    };
                    let Some(source) = source.map(|n| code.slice(n)) else { continue };
                    let alias = alias.map_or(source, |n| code.slice(n)).to_owned();
                    if let Some(module) = module(source) {
                        code.imports.push(Import { module, brings: Brings::All(alias) });
                    }
                }
            }
            "import_from_statement" => {
                code.imports_end =
                    Some(code.end_of_line(statement.end_byte()).unwrap_or(statement.end_byte()));
                let source = statement.child_by_field_name("module_name");
                let Some(module) = source.and_then(|n| module(code.slice(n))) else { continue };
                let mut cursor = statement.walk();
                let members: Vec<Node<'_>> = statement.children_by_field_name("name", &mut cursor).collect();
                let mut some = Vec::new();
                for member in &members {
                    let there = member.child_by_field_name("name").unwrap_or(*member);
                    let here = member.child_by_field_name("alias").unwrap_or(there);
                    let (there, here) = (code.slice(there).to_owned(), code.slice(here).to_owned());
                    if module == "core" && there.starts_with("aws_") {
                        let module = there.replace('_', "-");
                        code.imports.push(Import { module, brings: Brings::All(here) });
                    } else {
                        some.push((there, here));
                    }
                }
                let Some(last) = members.last() else { continue };
                let own =
                    code.range(0, last.start_byte()).rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
                let own_line = own.then(|| code.indent(last.start_byte()).to_owned());
                let brings = Brings::Some { names: some, end: last.end_byte(), own_line };
                code.imports.push(Import { module, brings });
            }
            _ => {}
        }
    }
}

/// A new import, and how the name is said then.
pub(super) fn import_line(module: &str, name: &str) -> (String, String) {
    if module == "core" {
        return (format!("from aws_cdk import {name}"), name.to_owned());
    }
    let alias = super::script::alias(module);
    (format!("from aws_cdk import {} as {alias}", module.replace('-', "_")), format!("{alias}.{name}"))
}

fn plain(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while node.kind() == "parenthesized_expression" {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

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
    let inner = plain(old);
    match rest {
        [] => {
            let mut pieces = Vec::new();
            let text = code.term(value, module, &mut pieces)?;
            if code.slice(old) == text || code.slice(inner) == text {
                return Err(No::Already);
            }
            if !is_constant(code, inner, 0) {
                let shown: String = code.slice(old).chars().take(60).collect();
                return because(format!("`{name}` is computed: `{}`", shown.lines().next().unwrap_or("")));
            }
            pieces.push(Piece { edit: Edit::new(old.byte_range(), text), slot: None });
            Ok(pieces)
        }
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

fn is_constant(code: &Code<'_>, node: Node<'_>, depth: usize) -> bool {
    if depth > 24 {
        return false;
    }
    let all = |node: Node<'_>| children(node).into_iter().all(|n| is_constant(code, n, depth + 1));
    match node.kind() {
        "true" | "false" | "none" | "integer" | "float" => true,
        "string" => !children(node).iter().any(|n| n.kind() == "interpolation"),
        "attribute" => {
            let text = code.slice(node);
            !text.contains(['(', '['])
                && text.rsplit('.').nth(1).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
        }
        "list" | "argument_list" | "unary_operator" => all(node),
        "dictionary" => children(node).into_iter().all(|m| {
            m.kind() == "pair"
                && m.child_by_field_name("value").is_some_and(|v| is_constant(code, v, depth + 1))
        }),
        "keyword_argument" => {
            node.child_by_field_name("value").is_some_and(|v| is_constant(code, v, depth + 1))
        }
        "call" => {
            let named = node.child_by_field_name("function").is_some_and(|c| {
                let text = code.slice(c);
                !text.contains(['(', '['])
                    && text.split('.').any(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
            });
            named && node.child_by_field_name("arguments").is_none_or(all)
        }
        _ => false,
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
    let mut node = call;
    while let Some(parent) = node.parent().filter(|p| p.kind() == "parenthesized_expression") {
        node = parent;
    }
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
    let own_line =
        code.range(0, statement.start_byte()).rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
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
    let words: Vec<&str> = code.text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let reserved = ["class", "def", "del", "from", "global", "import", "in", "is", "lambda", "pass"];
    let taken = |name: &str| words.contains(&name) || reserved.contains(&name);
    let base = name.clone();
    let mut n = 2;
    while taken(&name) {
        name = format!("{base}_{n}");
        n += 1;
    }
    name
}
