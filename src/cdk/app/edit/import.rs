//! What a file imports of the library, and how a name of the library is said there.

use tree_sitter::Node;

use crate::source::Edit;

use super::code::{Code, Family, Piece, children};

/// One import of a module of the library.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// `aws-s3`, `core`.
    module: String,
    brings: Brings,
}

/// What one import brings.
#[derive(Clone, Debug)]
enum Brings {
    /// All of it, under a name.
    All(String),
    /// Some of its names: as they are there, as they are here.
    Some {
        names: Vec<(String, String)>,
        /// Behind the last of them.
        end: usize,
        /// It stands on a line of its own, with that indentation.
        own_line: Option<String>,
    },
}

/// Reads what a file imports.
pub(super) fn read(code: &mut Code<'_>, root: Node<'_>) {
    for statement in children(root) {
        match code.family {
            Family::Python => read_python(code, statement),
            Family::TypeScript | Family::JavaScript => read_script(code, statement),
        }
    }
}

/// `import aws_cdk.aws_s3 as s3`, `from aws_cdk import aws_s3 as s3, Stack`.
fn read_python(code: &mut Code<'_>, statement: Node<'_>) {
    let kind = statement.kind();
    if !matches!(kind, "import_statement" | "import_from_statement") {
        return;
    }
    code.imports_end = Some(code.end_of_line(statement.end_byte()).unwrap_or(statement.end_byte()));
    if kind == "import_statement" {
        for name in children(statement) {
            let (source, alias) = match name.kind() {
                "aliased_import" => (name.child_by_field_name("name"), name.child_by_field_name("alias")),
                _ => (Some(name), None),
            };
            let Some(source) = source.map(|n| code.slice(n)) else { continue };
            let alias = alias.map_or(source, |n| code.slice(n)).to_owned();
            if let Some(module) = python_module(source) {
                code.imports.push(Import { module, brings: Brings::All(alias) });
            }
        }
        return;
    }
    let source = statement.child_by_field_name("module_name");
    let Some(module) = source.and_then(|n| python_module(code.slice(n))) else { return };
    let mut cursor = statement.walk();
    let members: Vec<Node<'_>> = statement.children_by_field_name("name", &mut cursor).collect();
    read_names(code, &module, &members);
}

/// `import * as s3 from 'aws-cdk-lib/aws-s3'`, `import { Stack } from 'aws-cdk-lib'`, and the same with `require`.
fn read_script(code: &mut Code<'_>, statement: Node<'_>) {
    match statement.kind() {
        "import_statement" => {
            code.imports_end = Some(statement.end_byte());
            let source = statement.child_by_field_name("source").map(|n| code.slice(n));
            let clause = children(statement).into_iter().find(|n| n.kind() == "import_clause");
            let (Some(module), Some(clause)) = (source.and_then(script_module), clause) else { return };
            for part in children(clause) {
                match part.kind() {
                    "namespace_import" | "identifier" => {
                        let name = children(part).first().map_or(code.slice(part), |n| code.slice(*n));
                        let brings = Brings::All(name.to_owned());
                        code.imports.push(Import { module: module.clone(), brings });
                    }
                    "named_imports" => read_names(code, &module, &children(part)),
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
                let Some(module) = source.and_then(script_module) else { continue };
                match name.kind() {
                    "identifier" => {
                        let brings = Brings::All(code.slice(name).to_owned());
                        code.imports.push(Import { module, brings });
                    }
                    "object_pattern" => read_names(code, &module, &children(name)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// `A, B as C`, `A, B: C`; a module of the library may be among the names.
fn read_names(code: &mut Code<'_>, module: &str, members: &[Node<'_>]) {
    let mut names = Vec::new();
    for member in members {
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
    let own_line = code.begins_line(last.start_byte()).then(|| code.indent(last.start_byte()).to_owned());
    let brings = Brings::Some { names, end: last.end_byte(), own_line };
    code.imports.push(Import { module: module.to_owned(), brings });
}

/// A module of the library by the name that Python imports it by.
fn python_module(source: &str) -> Option<String> {
    match source {
        "aws_cdk" | "aws_cdk.core" => Some("core".to_owned()),
        _ => {
            let rest = source.strip_prefix("aws_cdk.")?;
            Some(rest.strip_suffix("_alpha").unwrap_or(rest).replace('_', "-"))
        }
    }
}

/// A module of the library by the name that TypeScript and JavaScript import it by.
fn script_module(source: &str) -> Option<String> {
    let source = source.trim_matches(['"', '\'', '`']);
    Some(match source {
        "aws-cdk-lib" | "aws-cdk-lib/core" | "@aws-cdk/core" | "monocdk" => "core".to_owned(),
        _ => {
            let rest = source.strip_prefix("aws-cdk-lib/").or_else(|| source.strip_prefix("@aws-cdk/"))?;
            rest.strip_suffix("-alpha").unwrap_or(rest).to_owned()
        }
    })
}

/// What a module is usually called.
fn usual_alias(module: &str) -> String {
    match module {
        "aws-elasticloadbalancingv2" => "elbv2".to_owned(),
        "aws-certificatemanager" => "acm".to_owned(),
        "aws-opensearchservice" => "opensearch".to_owned(),
        other => other.strip_prefix("aws-").unwrap_or(other).replace('-', "_"),
    }
}

impl Code<'_> {
    /// How a name of a module of the library is said here; it is imported if it is not yet.
    pub(super) fn name(&self, module: &str, name: &str, pieces: &mut Vec<Piece>) -> String {
        let of = || self.imports.iter().filter(|i| i.module == module);
        if let Some(alias) = of().find_map(|i| match &i.brings {
            Brings::All(alias) => Some(alias),
            Brings::Some { .. } => None,
        }) {
            return format!("{alias}.{name}");
        }
        let known = of().find_map(|i| match &i.brings {
            Brings::Some { names, .. } => names.iter().find(|(there, _)| there == name),
            Brings::All(_) => None,
        });
        if let Some((_, here)) = known {
            return here.clone();
        }
        // another module's names are imported one by one: so is this
        for import in of() {
            if let Brings::Some { end, own_line, .. } = &import.brings {
                let text = match own_line {
                    Some(indent) => format!(",{}{indent}{name}", self.eol),
                    None => format!(", {name}"),
                };
                pieces.push(Piece { edit: Edit::insert(*end, text), slot: None });
                return name.to_owned();
            }
        }
        let line = self.import_line(module, name);
        let edit = match self.imports_end {
            Some(end) => Edit::insert(end, format!("{}{line}", self.eol)),
            None => Edit::insert(0, format!("{line}{}", self.eol)),
        };
        pieces.push(Piece { edit, slot: None });
        match module {
            "core" => name.to_owned(),
            _ => format!("{}.{name}", usual_alias(module)),
        }
    }

    /// A new import: of a name of the core, or of a whole module under its usual name.
    fn import_line(&self, module: &str, name: &str) -> String {
        let (core, alias) = (module == "core", usual_alias(module));
        if self.family == Family::Python {
            return match core {
                true => format!("from aws_cdk import {name}"),
                false => format!("from aws_cdk import {} as {alias}", module.replace('-', "_")),
            };
        }
        let require = !self.text.contains("import ") && self.text.contains("require(");
        let end = if self.text.contains(';') || !self.text.contains('\n') { ";" } else { "" };
        let q = self.quote;
        match (core, require) {
            (true, true) => format!("const {{ {name} }} = require({q}aws-cdk-lib{q}){end}"),
            (true, false) => format!("import {{ {name} }} from {q}aws-cdk-lib{q}{end}"),
            (false, true) => format!("const {alias} = require({q}aws-cdk-lib/{module}{q}){end}"),
            (false, false) => format!("import * as {alias} from {q}aws-cdk-lib/{module}{q}{end}"),
        }
    }
}
