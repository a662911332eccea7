//! A source file that is edited: its tree, and how its author writes.

use tree_sitter::{Node, Parser, Tree};

use crate::Str;
use crate::source::Edit;

use super::super::language::Language;
use super::import::{self, Import};

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
        import::read(&mut code, root);
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

    /// Whether nothing but white space stands before a place on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.range(0, at).rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
    }

    /// A name that the file does not have yet: that one, or it with a number behind `apart`.
    pub(super) fn unused(&self, wanted: String, apart: &str, reserved: &[&str]) -> String {
        let words: Vec<&str> = self.text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let taken = |name: &str| words.contains(&name) || reserved.contains(&name);
        let mut name = wanted.clone();
        let mut n = 2;
        while taken(&name) {
            name = format!("{wanted}{apart}{n}");
            n += 1;
        }
        name
    }

    /// The class of a construct; where its class is the app's own, the library's that it extends.
    pub(super) fn class_of(&self, call: Node<'_>, known: &Str) -> Str {
        let callee = call.child_by_field_name("function").map(|f| self.slice(f)).unwrap_or_default();
        if callee != "super" && !callee.starts_with("super()") {
            return known.clone();
        }
        let mut at = Some(call);
        while let Some(node) = at {
            let base = match node.kind() {
                "class_declaration" | "abstract_class_declaration" | "class" => {
                    let heritage = children(node).into_iter().find(|n| n.kind() == "class_heritage");
                    heritage.map(|h| self.slice(h).trim_start_matches("extends").trim())
                }
                "class_definition" => {
                    let bases = node.child_by_field_name("superclasses");
                    bases.and_then(|b| children(b).first().map(|n| self.slice(*n)))
                }
                _ => None,
            };
            if let Some(base) = base {
                let base = base.split(['<', ' ', '(']).next().unwrap_or(base);
                return base.rsplit('.').next().unwrap_or(base).into();
            }
            at = node.parent();
        }
        known.clone()
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
    let own_line = code.begins_line(start);
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

/// Where the statement of an expression begins.
pub(super) fn statement_start(node: Node<'_>) -> usize {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if matches!(parent.kind(), "statement_block" | "program" | "block" | "module") {
            break;
        }
        at = parent;
    }
    at.start_byte()
}
