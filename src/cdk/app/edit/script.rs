//! Edits of TypeScript and JavaScript.

use tree_sitter::Node;

use crate::source::Edit;

use super::super::value::same_name;
use super::code::{Brings, Code, Import, No, Piece, append_entry, because, children};
use super::table::{Prop, Term};

/// A module of the library by the name that it is imported by.
fn module(source: &str) -> Option<String> {
    let source = source.trim_matches(['"', '\'', '`']);
    Some(match source {
        "aws-cdk-lib" | "aws-cdk-lib/core" | "@aws-cdk/core" | "monocdk" => "core".to_owned(),
        _ => {
            let rest = source.strip_prefix("aws-cdk-lib/").or_else(|| source.strip_prefix("@aws-cdk/"))?;
            rest.strip_suffix("-alpha").unwrap_or(rest).to_owned()
        }
    })
}

/// What a file imports, by `import` or `require`.
pub(super) fn imports(code: &mut Code<'_>, root: Node<'_>) {
    for statement in children(root) {
        match statement.kind() {
            "import_statement" => {
                code.imports_end = Some(statement.end_byte());
                let source = statement.child_by_field_name("source").map(|n| code.slice(n));
                let clause = children(statement).into_iter().find(|n| n.kind() == "import_clause");
                let (Some(module), Some(clause)) = (source.and_then(module), clause) else { continue };
                for part in children(clause) {
                    match part.kind() {
                        "namespace_import" | "identifier" => {
                            let name = children(part).first().map_or(code.slice(part), |n| code.slice(*n));
                            let brings = Brings::All(name.to_owned());
                            code.imports.push(Import { module: module.clone(), brings });
                        }
                        "named_imports" => named(code, &module, part),
                        _ => {}
                    }
                }
            }
            "lexical_declaration" | "variable_declaration" => {
                for declared in children(statement) {
                    let name = declared.child_by_field_name("name");
                    let value = declared.child_by_field_name("value");
                    let (Some(name), Some(value)) = (name, value) else { continue };
                    let is_require = value.kind() == "call_expression"
                        && value.child_by_field_name("function").is_some_and(|f| code.slice(f) == "require");
                    if !is_require {
                        continue;
                    }
                    code.imports_end = Some(statement.end_byte());
                    let arguments = value.child_by_field_name("arguments");
                    let source = arguments.and_then(|a| children(a).first().map(|n| code.slice(*n)));
                    let Some(module) = source.and_then(module) else { continue };
                    match name.kind() {
                        "identifier" => {
                            let brings = Brings::All(code.slice(name).to_owned());
                            code.imports.push(Import { module, brings });
                        }
                        "object_pattern" => named(code, &module, name),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// `{ A, B as C }`, `{ A, B: C }`; a module of the library may be among the names.
fn named(code: &mut Code<'_>, module: &str, list: Node<'_>) {
    let mut names = Vec::new();
    let members = children(list);
    for member in &members {
        let there = member.child_by_field_name("name").or_else(|| member.child_by_field_name("key"));
        let here = member.child_by_field_name("alias").or_else(|| member.child_by_field_name("value"));
        let there = there.unwrap_or(*member);
        let (there, here) = (code.slice(there).to_owned(), code.slice(here.unwrap_or(there)).to_owned());
        if module == "core" && there.starts_with("aws_") {
            let module = there.replace('_', "-");
            code.imports.push(Import { module, brings: Brings::All(here) });
        } else {
            names.push((there, here));
        }
    }
    let Some(last) = members.last() else { return };
    let own = code.range(0, last.start_byte()).rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
    let own_line = own.then(|| code.indent(last.start_byte()).to_owned());
    let brings = Brings::Some { names, end: last.end_byte(), own_line };
    code.imports.push(Import { module: module.to_owned(), brings });
}

/// A new import, and how the name is said then.
pub(super) fn import_line(code: &Code<'_>, module: &str, name: &str) -> (String, String) {
    let require = !code.text.contains("import ") && code.text.contains("require(");
    let end = if code.text.contains(';') || !code.text.contains('\n') { ";" } else { "" };
    let q = code.quote;
    if module == "core" {
        return match require {
            true => (format!("const {{ {name} }} = require({q}aws-cdk-lib{q}){end}"), name.to_owned()),
            false => (format!("import {{ {name} }} from {q}aws-cdk-lib{q}{end}"), name.to_owned()),
        };
    }
    let alias = alias(module);
    let line = match require {
        true => format!("const {alias} = require({q}aws-cdk-lib/{module}{q}){end}"),
        false => format!("import * as {alias} from {q}aws-cdk-lib/{module}{q}{end}"),
    };
    (line, format!("{alias}.{name}"))
}

/// What a module is usually called.
pub(super) fn alias(module: &str) -> String {
    match module {
        "aws-elasticloadbalancingv2" => "elbv2".to_owned(),
        "aws-certificatemanager" => "acm".to_owned(),
        "aws-opensearchservice" => "opensearch".to_owned(),
        other => other.strip_prefix("aws-").unwrap_or(other).replace('-', "_"),
    }
}

/// An expression without the casts around it.
fn plain(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while matches!(
        node.kind(),
        "as_expression" | "satisfies_expression" | "parenthesized_expression" | "non_null_expression"
    ) {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

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
    match given.get(index).copied().map(plain) {
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
            let own_line =
                code.range(0, last.start_byte()).rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
            let text = match (own_line, lines) {
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
    let mut pieces = Vec::new();
    let inner = plain(old);
    match rest {
        [] => {
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
            if let ([Prop::Name(..), ..], "object") = (more, plain(element).kind()) {
                return set(code, plain(element), more, value, module);
            }
            change(code, element, name, more, value, module)
        }
        [Prop::Options, more @ ..] if matches!(inner.kind(), "call_expression" | "new_expression") => {
            let Some(arguments) = inner.child_by_field_name("arguments") else {
                return because("it has no arguments");
            };
            let given = children(arguments);
            let last = given.last().copied().map(plain).filter(|n| n.kind() == "object");
            let index = if last.is_some() { given.len() - 1 } else { given.len() };
            let sets = [(more.to_vec(), value.clone())];
            set_in_call(code, inner, index, &sets, module, false)
        }
        _ => because(format!("`{name}` is not written out here")),
    }
}

/// Whether an expression says the same wherever it is evaluated: literals, members of enumerations, calls with such.
fn is_constant(code: &Code<'_>, node: Node<'_>, depth: usize) -> bool {
    if depth > 24 {
        return false;
    }
    let all = |node: Node<'_>| children(node).into_iter().all(|n| is_constant(code, n, depth + 1));
    match node.kind() {
        "true" | "false" | "number" | "string" | "null" | "undefined" => true,
        "identifier" => code.slice(node) == "undefined",
        "member_expression" => {
            // `s3.BucketEncryption.KMS`: a class among the names
            let text = code.slice(node);
            !text.contains(['(', '[', '?', '!'])
                && text.rsplit('.').nth(1).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
        }
        "array" | "arguments" => all(node),
        "object" => children(node).into_iter().all(|m| {
            m.kind() == "pair"
                && m.child_by_field_name("value").is_some_and(|v| is_constant(code, v, depth + 1))
        }),
        "call_expression" | "new_expression" => {
            let callee = node.child_by_field_name("function").or(node.child_by_field_name("constructor"));
            let named = callee.is_some_and(|c| {
                let text = code.slice(c);
                !text.contains(['(', '['])
                    && text.split('.').any(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
            });
            named && node.child_by_field_name("arguments").is_none_or(all)
        }
        "unary_expression" => all(node),
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
    // the construct of a class that extends a library's
    let is_super = call.child_by_field_name("function").is_some_and(|f| f.kind() == "super");
    let mut node = call;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "as_expression" | "satisfies_expression" | "parenthesized_expression" | "non_null_expression" => {
                node = parent;
            }
            _ => break,
        }
    }
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
    let mut name: String =
        super::names::small(wanted).chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name = format!("construct{name}");
    }
    let words: Vec<&str> = code.text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let reserved = ["function", "default", "class", "new", "delete", "export", "import", "in", "public"];
    let taken = |name: &str| words.contains(&name) || reserved.contains(&name);
    let base = name.clone();
    let mut n = 2;
    while taken(&name) {
        name = format!("{base}{n}");
        n += 1;
    }
    name
}
