//! Edits of TypeScript and JavaScript.

use tree_sitter::Node;

use crate::source::Edit;

use super::super::value::same_name;
use super::code::{Code, No, Piece, append_entry, because, children};
use super::given::{replace, unwrapped, wrapped};
use super::names;
use super::table::{Prop, Term};

/// Sets props in the arguments of a call: `index` is where they stand. `lines`: new ones get lines of their own.
pub(super) fn set_in_call(
    code: &Code<'_>,
    call: Node<'_>,
    index: usize,
    sets: &[(Vec<Prop>, Term)],
    module: &str,
    lines: bool,
) -> Result<Vec<Piece>, No> {
    let Some(arguments) = call.child_by_field_name("arguments") else {
        return because("it has no arguments");
    };
    let given = children(arguments);
    let mut pieces = Vec::new();
    let entries = |pieces: &mut Vec<Piece>| {
        let all = sets.iter().map(|(path, value)| entry(code, path, value, module, pieces));
        all.collect::<Result<Vec<String>, No>>()
    };
    match given.get(index).copied().map(unwrapped) {
        Some(object) if object.kind() == "object" => {
            if children(object).is_empty() && sets.len() > 1 {
                let text = format!("{{ {} }}", entries(&mut pieces)?.join(", "));
                let slot = Some((object.start_byte() as u32 + 1, "".into()));
                pieces.push(Piece { edit: Edit::new(object.byte_range(), text), slot });
                return Ok(pieces);
            }
            for (path, value) in sets {
                pieces.extend(set(code, object, path, value, module)?);
            }
            Ok(pieces)
        }
        Some(other) if given.len() == index + 1 => {
            if other.kind() == "spread_element" {
                return because("its arguments are spread");
            }
            let text = format!("{{ ...{}, {} }}", code.slice(other), entries(&mut pieces)?.join(", "));
            let edit = Edit::new(other.byte_range(), text);
            pieces.push(Piece { edit, slot: Some((other.start_byte() as u32, "".into())) });
            Ok(pieces)
        }
        None if given.len() == index => {
            let entries = entries(&mut pieces)?;
            let Some(last) = given.last() else {
                let at = arguments.start_byte() + 1;
                let edit = Edit::insert(at, format!("{{ {} }}", entries.join(", ")));
                pieces.push(Piece { edit, slot: Some((at as u32, "".into())) });
                return Ok(pieces);
            };
            let at = last.end_byte();
            let text = match (code.begins_line(last.start_byte()), lines) {
                (true, _) => {
                    let indent = code.indent(last.start_byte());
                    format!(",{}{indent}{{ {} }}", code.eol, entries.join(", "))
                }
                (false, true) => {
                    let (outer, step, eol) = (code.indent(call.start_byte()), code.step(), code.eol);
                    let inner: String = entries.iter().map(|e| format!("{eol}{outer}{step}{e},")).collect();
                    format!(", {{{inner}{eol}{outer}}}")
                }
                (false, false) => format!(", {{ {} }}", entries.join(", ")),
            };
            pieces.push(Piece { edit: Edit::insert(at, text), slot: Some((at as u32, "".into())) });
            Ok(pieces)
        }
        _ => because("its props are not where they usually are"),
    }
}

/// `name: value`, with the objects around it where the prop is further inside and the table names what they are.
fn entry(
    code: &Code<'_>,
    path: &[Prop],
    value: &Term,
    module: &str,
    pieces: &mut Vec<Piece>,
) -> Result<String, No> {
    match path {
        [Prop::Name(name, _)] => Ok(format!("{name}: {}", code.term(value, module, pieces)?)),
        [Prop::Name(name, of), rest @ ..]
            if (of.is_some() || module == "core") && matches!(rest.first(), Some(Prop::Name(..))) =>
        {
            Ok(format!("{name}: {{ {} }}", entry(code, rest, value, module, pieces)?))
        }
        _ => because("what it is part of is not written here"),
    }
}

/// Sets a prop in an object literal.
fn set(
    code: &Code<'_>,
    object: Node<'_>,
    path: &[Prop],
    value: &Term,
    module: &str,
) -> Result<Vec<Piece>, No> {
    let Some((Prop::Name(name, _), rest)) = path.split_first() else {
        return because("the table names no prop");
    };
    let members = children(object);
    let mut pieces = Vec::new();
    let key_of = |member: &Node<'_>| match member.kind() {
        "pair" => member.child_by_field_name("key").map(|k| code.slice(k).trim_matches(['"', '\''])),
        "shorthand_property_identifier" => Some(code.slice(*member)),
        _ => None,
    };
    let known = members.iter().rev().find(|m| key_of(m).is_some_and(|k| same_name(k, name)));
    let Some(known) = known else {
        let entry = entry(code, path, value, module, &mut pieces)?;
        let open = object.start_byte() + 1;
        let close = object.end_byte() - 1;
        pieces.extend(append_entry(code, open, members.last().copied(), close, name, &entry));
        return Ok(pieces);
    };
    // what is spread behind it wins
    if members.iter().any(|m| m.kind() == "spread_element" && m.start_byte() > known.start_byte()) {
        return because(format!("`{name}` may be set anew by what is spread behind it"));
    }
    let Some(old) = known.child_by_field_name("value") else {
        return because(format!("`{name}` is given by a variable"));
    };
    change(code, old, name, rest, value, module)
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
        [Prop::Name(..), ..] if inner.kind() == "object" => set(code, inner, rest, value, module),
        [Prop::Element(index), more @ ..] => {
            let members = children(inner);
            if members.iter().any(|m| m.kind() == "spread_element") {
                return because(format!("`{name}` is put together from others"));
            }
            let member = members.get(*index).copied();
            let element = match inner.kind() {
                "array" => member,
                "object" => member.and_then(|m| m.child_by_field_name("value")),
                _ => None,
            };
            let Some(element) = element else {
                return because(format!("the elements of `{name}` are not written here"));
            };
            if let ([Prop::Name(..), ..], "object") = (more, unwrapped(element).kind()) {
                return set(code, unwrapped(element), more, value, module);
            }
            change(code, element, name, more, value, module)
        }
        [Prop::Options, more @ ..] if matches!(inner.kind(), "call_expression" | "new_expression") => {
            let Some(arguments) = inner.child_by_field_name("arguments") else {
                return because("it has no arguments");
            };
            let given = children(arguments);
            let last = given.last().copied().map(unwrapped).filter(|n| n.kind() == "object");
            let index = if last.is_some() { given.len() - 1 } else { given.len() };
            let sets = [(more.to_vec(), value.clone())];
            set_in_call(code, inner, index, &sets, module, false)
        }
        _ => because(format!("`{name}` is not written out here")),
    }
}

/// How a construct is called behind its statement, and where that is. It gets a name if it has none.
pub(super) fn handle(
    code: &Code<'_>,
    call: Node<'_>,
    fallback: &str,
) -> Result<(String, usize, Vec<Piece>), No> {
    let mut pieces = Vec::new();
    // the construct of a class that extends a library's
    let is_super = call.child_by_field_name("function").is_some_and(|f| f.kind() == "super");
    let node = wrapped(call);
    let Some(parent) = node.parent() else { return because("it stands nowhere") };
    let (name, statement) = match parent.kind() {
        "expression_statement" if is_super => ("this".to_owned(), parent),
        "expression_statement" => {
            let name = free_name(code, fallback);
            let edit = Edit::insert(node.start_byte(), format!("const {name} = "));
            pieces.push(Piece { edit, slot: None });
            (name, parent)
        }
        "assignment_expression" => {
            let left = parent.child_by_field_name("left").map(|n| code.slice(n));
            let statement = parent.parent().filter(|p| p.kind() == "expression_statement");
            match (left, statement) {
                (Some(left), Some(statement)) => (left.to_owned(), statement),
                _ => return because("it is made within another expression"),
            }
        }
        "variable_declarator" => {
            let name = parent.child_by_field_name("name").filter(|n| n.kind() == "identifier");
            let statement = parent.parent().filter(|p| p.parent().is_some_and(|b| is_block(b.kind())));
            match (name, statement) {
                (Some(name), Some(statement)) => (code.slice(name).to_owned(), statement),
                _ => return because("it is made within another expression"),
            }
        }
        _ => return because("it is made within another expression"),
    };
    if !statement.parent().is_some_and(|b| is_block(b.kind())) {
        return because("its statement stands alone behind a condition or a loop");
    }
    let end = statement.end_byte();
    Ok((name, code.end_of_line(end).unwrap_or(end), pieces))
}

fn is_block(kind: &str) -> bool {
    matches!(kind, "statement_block" | "program" | "export_statement")
}

/// A name that the file does not have yet.
fn free_name(code: &Code<'_>, wanted: &str) -> String {
    let mut name: String = names::small(wanted).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name = format!("construct{name}");
    }
    let reserved = ["function", "default", "class", "new", "delete", "export", "import", "in", "public"];
    code.unused(name, "", &reserved)
}
