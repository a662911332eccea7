//! A source file that is edited: its tree, what it imports, and how its author writes.

use tree_sitter::{Node, Parser, Tree};

use crate::Str;
use crate::source::Edit;

use super::super::language::Language;
use super::names;
use super::table::Term;

/// Why there is no edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// The source says it already.
    Already,
    Because(String),
}

pub(super) fn because<T>(text: impl Into<String>) -> Result<T, No> {
    Err(No::Because(text.into()))
}

/// An edit, and what it writes into: two edits with the same one exclude each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) edit: Edit,
    pub(super) slot: Option<(u32, Str)>,
}

/// Family of languages that are edited alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    TypeScript,
    JavaScript,
    Python,
}

/// A file.
pub(super) struct Code<'t> {
    pub(super) family: Family,
    pub(super) text: &'t str,
    pub(super) eol: &'static str,
    pub(super) quote: char,
    pub(super) imports: Vec<Import>,
    /// Behind the last import; where the file begins if there is none.
    pub(super) imports_end: Option<usize>,
}

/// What one import brings.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// `aws-s3`, `core`.
    pub(super) module: String,
    pub(super) brings: Brings,
}

#[derive(Clone, Debug)]
pub(super) enum Brings {
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

pub(super) fn parse(language: Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    parser.parse(text, None)
}

impl<'t> Code<'t> {
    pub(super) fn new(language: Language, text: &'t str, root: Node<'_>) -> Option<Self> {
        let family = match language {
            Language::TypeScript | Language::Tsx => Family::TypeScript,
            Language::JavaScript => Family::JavaScript,
            Language::Python => Family::Python,
            Language::Java | Language::CSharp | Language::Go => return None,
        };
        let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut code = Code { family, text, eol, quote: '\'', imports: Vec::new(), imports_end: None };
        code.quote = code.usual_quote();
        match family {
            Family::Python => super::python::imports(&mut code, root),
            Family::TypeScript | Family::JavaScript => super::script::imports(&mut code, root),
        }
        Some(code)
    }

    fn usual_quote(&self) -> char {
        let count = |c: char| self.text.matches(c).count();
        let (single, double) = (count('\''), count('"'));
        if double > single || (double == single && self.family == Family::Python) { '"' } else { '\'' }
    }

    pub(super) fn slice(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    /// A byte range's text.
    pub(super) fn range(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The white space that the line of a place begins with.
    pub(super) fn indent(&self, at: usize) -> &'t str {
        let before = self.range(0, at);
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = self.text.get(start..).unwrap_or("");
        let end = line.find(|c: char| c != ' ' && c != '\t').unwrap_or(line.len());
        line.get(..end).unwrap_or("")
    }

    /// One step of indentation in this file.
    pub(super) fn step(&self) -> &'static str {
        indentation(self.text, self.family == Family::Python)
    }

    /// The end of the line of a place, if nothing but separators and a comment follows there.
    pub(super) fn end_of_line(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let line = rest.split('\n').next().unwrap_or("");
        let line = line.strip_suffix('\r').unwrap_or(line);
        let inner = line.trim_start_matches([' ', '\t', ',', ';', ')']).trim_end();
        let comment = match self.family {
            Family::Python => inner.starts_with('#'),
            _ => inner.starts_with("//") || (inner.starts_with("/*") && inner.ends_with("*/")),
        };
        (inner.is_empty() || comment).then_some(at + line.len())
    }

    /// Text as a literal.
    pub(super) fn quoted(&self, text: &str) -> String {
        let mut out = String::new();
        out.push(self.quote);
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c == self.quote => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        out.push(self.quote);
        out
    }

    /// A name as a member of something is called: methods and props are in snake case in Python.
    pub(super) fn spelled(&self, name: &str) -> String {
        match self.family {
            Family::Python if name.starts_with(|c: char| c.is_ascii_lowercase()) => names::snake(name),
            _ => name.to_owned(),
        }
    }

    /// A JSON value as a literal; `props`: its keys are names of props.
    pub(super) fn json(&self, value: &serde_json::Value, props: bool) -> String {
        use serde_json::Value as Json;
        let python = self.family == Family::Python;
        match value {
            Json::Null if python => "None".to_owned(),
            Json::Null => "null".to_owned(),
            Json::Bool(true) if python => "True".to_owned(),
            Json::Bool(false) if python => "False".to_owned(),
            Json::Bool(b) => b.to_string(),
            Json::Number(n) => n.to_string(),
            Json::String(s) => self.quoted(s),
            Json::Array(all) => {
                let all: Vec<String> = all.iter().map(|v| self.json(v, props)).collect();
                format!("[{}]", all.join(", "))
            }
            Json::Object(map) => {
                let members = map.iter().map(|(key, value)| {
                    let key = if props { names::camel(key).to_string() } else { key.clone() };
                    let bare = !python && is_name(&key);
                    let key = if bare { key } else { self.quoted(&key) };
                    format!("{key}: {}", self.json(value, props))
                });
                let members: Vec<String> = members.collect();
                match (members.is_empty(), python) {
                    (true, _) => "{}".to_owned(),
                    (false, true) => format!("{{{}}}", members.join(", ")),
                    (false, false) => format!("{{ {} }}", members.join(", ")),
                }
            }
        }
    }

    /// A term as text; what it needs to be imported is added to the edits.
    pub(super) fn term(&self, term: &Term, module: &str, pieces: &mut Vec<Piece>) -> Result<String, No> {
        Ok(match term {
            Term::Json(value) => self.json(value, true),
            Term::Name { module: other, names, arguments, new } => {
                let first = names.first().copied().unwrap_or("");
                let mut out = String::new();
                if *new && self.family != Family::Python {
                    out.push_str("new ");
                }
                out.push_str(&self.name(other.unwrap_or(module), first, pieces));
                for name in names.iter().skip(1) {
                    out.push('.');
                    out.push_str(&self.spelled(name));
                }
                if let Some(arguments) = arguments {
                    let all: Result<Vec<String>, No> = arguments
                        .iter()
                        .map(|a| match a {
                            Term::Props(members, _) if self.family == Family::Python => {
                                self.keywords(members, module, pieces)
                            }
                            a => self.term(a, module, pieces),
                        })
                        .collect();
                    out.push_str(&format!("({})", all?.join(", ")));
                }
                out
            }
            Term::List(all) => {
                let all: Result<Vec<String>, No> = all.iter().map(|t| self.term(t, module, pieces)).collect();
                format!("[{}]", all?.join(", "))
            }
            Term::Props(members, of) if self.family == Family::Python => {
                let Some(of) = of else { return because("it is not told which struct it is in Python") };
                let of = self.name(module, of, pieces);
                format!("{of}({})", self.keywords(members, module, pieces)?)
            }
            Term::Props(members, _) => {
                let members: Result<Vec<String>, No> = members
                    .iter()
                    .map(|(key, value)| Ok(format!("{key}: {}", self.term(value, module, pieces)?)))
                    .collect();
                format!("{{ {} }}", members?.join(", "))
            }
            Term::Given | Term::Members => return because("the table leaves a value open"),
        })
    }

    fn keywords(&self, members: &[(Str, Term)], module: &str, pieces: &mut Vec<Piece>) -> Result<String, No> {
        let all: Result<Vec<String>, No> = members
            .iter()
            .map(|(key, value)| Ok(format!("{}={}", names::snake(key), self.term(value, module, pieces)?)))
            .collect();
        Ok(all?.join(", "))
    }

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
        let (line, here) = match self.family {
            Family::Python => super::python::import_line(module, name),
            Family::TypeScript | Family::JavaScript => super::script::import_line(self, module, name),
        };
        let edit = match self.imports_end {
            Some(end) => Edit::insert(end, format!("{}{line}", self.eol)),
            None => Edit::insert(0, format!("{line}{}", self.eol)),
        };
        pieces.push(Piece { edit, slot: None });
        here
    }
}

/// One step of indentation in a source file.
pub fn indentation(text: &str, python: bool) -> &'static str {
    let widths = text.lines().filter_map(|line| {
        let inner = line.trim_start();
        let width = line.len() - inner.len();
        let comment = inner.starts_with(['*', '#']) || inner.starts_with("//");
        (width > 0 && !inner.is_empty() && !comment).then(|| (line.starts_with('\t'), width))
    });
    match widths.min_by_key(|(tab, width)| if *tab { 0 } else { *width }) {
        Some((true, _)) => "\t",
        Some((_, width)) if width >= 4 => "    ",
        Some(_) => "  ",
        None if python => "    ",
        None => "  ",
    }
}

/// Whether a key needs no quotes in JavaScript.
pub(super) fn is_name(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The named children of a node, comments left out.
pub(super) fn children<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|n| n.kind() != "comment").collect()
}

/// The node of a range: the innermost that has it exactly.
pub(super) fn at<'n>(root: Node<'n>, start: usize, end: usize) -> Option<Node<'n>> {
    root.descendant_for_byte_range(start, end).filter(|node| node.byte_range() == (start..end))
}

/// An entry is added behind the last of a bracketed list: in the style of what stands there. `open` is the place
/// behind the opening bracket, `last` the last entry.
pub(super) fn append_entry(
    code: &Code<'_>,
    open: usize,
    last: Option<Node<'_>>,
    close: usize,
    key: &str,
    entry: &str,
) -> Vec<Piece> {
    let slot = |key: &str| Some((open as u32, Str::from(key)));
    let Some(last) = last else {
        let inside = code.range(open, close);
        if inside.contains('\n') {
            let indent = format!("{}{}", code.indent(close), code.step());
            let text = format!("{}{indent}{entry},", code.eol);
            return vec![Piece { edit: Edit::insert(open, text), slot: slot("") }];
        }
        let spaced = code.family != Family::Python && code.range(open.saturating_sub(1), open) == "{";
        let text = if spaced && inside.is_empty() { format!(" {entry} ") } else { entry.to_owned() };
        return vec![Piece { edit: Edit::insert(open, text), slot: slot("") }];
    };
    let (start, end) = (last.start_byte(), last.end_byte());
    let own_line = code.range(0, start).rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    let after = code.range(end, close);
    let comma = after.trim_start().starts_with(',').then(|| end + after.find(',').unwrap_or(0) + 1);
    let indent = code.indent(start);
    if !own_line || !after.contains('\n') {
        let text = match own_line {
            true => format!(",{}{indent}{entry}", code.eol),
            false => format!(", {entry}"),
        };
        return vec![Piece { edit: Edit::insert(end, text), slot: slot(key) }];
    }
    let from = comma.unwrap_or(end);
    let line_end = code.end_of_line(from).filter(|at| *at <= close);
    match (comma, line_end) {
        (Some(_), line_end) => {
            let text = format!("{}{indent}{entry},", code.eol);
            vec![Piece { edit: Edit::insert(line_end.unwrap_or(from), text), slot: slot(key) }]
        }
        (None, Some(line_end)) if code.range(end, line_end).trim().is_empty() => {
            let text = format!(",{}{indent}{entry}", code.eol);
            vec![Piece { edit: Edit::insert(end, text), slot: slot(key) }]
        }
        (None, Some(line_end)) => {
            let text = format!("{}{indent}{entry}", code.eol);
            vec![
                Piece { edit: Edit::insert(end, ","), slot: slot("") },
                Piece { edit: Edit::insert(line_end, text), slot: slot("") },
            ]
        }
        (None, None) => {
            let text = format!(",{}{indent}{entry}", code.eol);
            vec![Piece { edit: Edit::insert(end, text), slot: slot(key) }]
        }
    }
}
