//! Which value of which prop gives a registry property the value that a fix wants: `grammars/cdk/values.table`.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::Str;

/// The constructs that one block of the table is about.
#[derive(Debug)]
pub(super) struct Block {
    /// The module of the library that has the classes: `aws-s3`.
    pub(super) module: &'static str,
    /// Classes, and methods that make such a construct.
    pub(super) classes: Vec<&'static str>,
    pub(super) rows: Vec<Row>,
}

/// One way to say one property.
#[derive(Debug)]
pub(super) struct Row {
    path: Vec<Select>,
    wanted: Wanted,
    /// Whether the template is then as if the property had been set there, and nothing else is different.
    pub(super) exact: bool,
    /// The first schema version of cloud assemblies whose library has the prop.
    since: u32,
    /// It is only changed where it is given, never added.
    only_given: bool,
    pub(super) prop: Vec<Prop>,
    pub(super) value: Term,
}

/// A step of a registry property's path.
#[derive(Debug, PartialEq)]
enum Select {
    Name(&'static str),
    /// Any element.
    Any,
    /// The element with that member.
    With(&'static str, &'static str),
}

/// Which values a row is for.
#[derive(Debug, PartialEq)]
enum Wanted {
    Exactly(Json),
    /// Text, a number or a truth value.
    Scalar,
    /// Anything without intrinsic functions.
    Constant,
    /// Anything in which that text stands.
    With(&'static str),
}

/// A step to a prop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prop {
    /// A prop, and the struct that its value is where the language names it.
    Name(Str, Option<&'static str>),
    /// The element that [`Select::Any`] found.
    Element(usize),
    /// The options of the call that makes the value.
    Options,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Json(Json),
    /// A name of the library, perhaps called.
    Name {
        /// The module; none for the construct's own.
        module: Option<&'static str>,
        names: Vec<&'static str>,
        arguments: Option<Vec<Term>>,
        new: bool,
    },
    /// An object of props, and the struct that it is.
    Props(Vec<(Str, Term)>, Option<&'static str>),
    List(Vec<Term>),
    /// The value that the property has.
    Given,
    /// The members of the value that the property has, as props.
    Members,
}

/// A row that says a property of a resource as it should be.
#[derive(Debug)]
pub(super) struct Match {
    /// The registry path that it says, with all below.
    pub(super) path: Vec<Str>,
    pub(super) prop: Vec<Prop>,
    pub(super) value: Term,
    pub(super) exact: bool,
    pub(super) only_given: bool,
}

impl Row {
    /// The prop of a row that is about what is new in a property, references and all.
    pub(super) fn about(&self, path: &[Str], value: &Json) -> Option<(Vec<Prop>, Term)> {
        let Wanted::With(text) = &self.wanted else { return None };
        let [Select::Name(first)] = self.path.as_slice() else { return None };
        let within = path.first().is_some_and(|step| step == first);
        (within && value.to_string().contains(text)).then(|| (self.prop.clone(), self.value.clone()))
    }

    /// Where the row says something that is at or around a property.
    pub(super) fn matches(&self, properties: &Json, leaf: &[Str], schema: u32) -> Option<Match> {
        if self.since > schema {
            return None;
        }
        let mut at = properties;
        let mut path: Vec<Str> = Vec::new();
        let mut element = None;
        for (step, name) in self.path.iter().zip(leaf) {
            at = match step {
                Select::Name(wanted) if name == wanted => at.get(*wanted)?,
                Select::Name(_) => return None,
                Select::Any | Select::With(..) => {
                    let index: usize = name.parse().ok()?;
                    element = Some(index);
                    let member = at.as_array()?.get(index)?;
                    if let Select::With(key, value) = step
                        && member.get(*key).and_then(Json::as_str) != Some(*value)
                    {
                        return None;
                    }
                    member
                }
            };
            path.push(name.clone());
        }
        if path.len() < self.path.len() {
            return None;
        }
        let fits = match &self.wanted {
            Wanted::Exactly(json) => json == at,
            Wanted::Scalar => !at.is_object() && !at.is_array() && !at.is_null(),
            Wanted::Constant => is_constant(at, 0),
            Wanted::With(_) => false,
        };
        if !fits {
            return None;
        }
        let prop = self.prop.iter().map(|p| match p {
            Prop::Element(_) => Some(Prop::Element(element?)),
            other => Some(other.clone()),
        });
        Some(Match {
            path,
            prop: prop.collect::<Option<_>>()?,
            value: given(&self.value, at),
            exact: self.exact,
            only_given: self.only_given,
        })
    }
}

/// A term with the property's value in it.
fn given(term: &Term, value: &Json) -> Term {
    let inner = |t: &Term| given(t, value);
    match term {
        Term::Given => Term::Json(value.clone()),
        Term::Members => {
            let members = value.as_object().into_iter().flatten();
            let members = members.map(|(k, v)| (super::names::camel(k), Term::Json(v.clone())));
            Term::Props(members.collect(), None)
        }
        Term::Name { module, names, arguments, new } => Term::Name {
            module: *module,
            names: names.clone(),
            arguments: arguments.as_ref().map(|all| all.iter().map(inner).collect()),
            new: *new,
        },
        Term::Props(members, name) => {
            Term::Props(members.iter().map(|(k, v)| (k.clone(), inner(v))).collect(), *name)
        }
        Term::List(all) => Term::List(all.iter().map(inner).collect()),
        Term::Json(_) => term.clone(),
    }
}

/// Whether a value of a template is the same wherever it is deployed.
pub(super) fn is_constant(value: &Json, depth: usize) -> bool {
    match value {
        _ if depth > 32 => false,
        Json::Object(map) => {
            map.iter().all(|(k, v)| k != "Ref" && !k.starts_with("Fn::") && is_constant(v, depth + 1))
        }
        Json::Array(all) => all.iter().all(|v| is_constant(v, depth + 1)),
        _ => true,
    }
}

/// The blocks of a type.
pub(super) fn blocks(type_name: &str) -> &'static [Block] {
    static TABLE: OnceLock<FxHashMap<&'static str, Vec<Block>>> = OnceLock::new();
    let table =
        TABLE.get_or_init(|| read(include_str!("../../../../grammars/cdk/values.table"), &mut |_| {}));
    table.get(type_name).map(Vec::as_slice).unwrap_or_default()
}

/// Reads the table; what can't be read is told.
fn read(text: &'static str, problem: &mut dyn FnMut(&str)) -> FxHashMap<&'static str, Vec<Block>> {
    let mut table: FxHashMap<&'static str, Vec<Block>> = FxHashMap::default();
    let mut type_name = "";
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            let header = bare.split_once(" in ").and_then(|(name, rest)| {
                let (module, classes) = rest.split_once(": ")?;
                Some((name, module, classes))
            });
            let Some((name, module, classes)) = header else {
                problem(line);
                continue;
            };
            type_name = name;
            let classes = classes.split_whitespace().collect();
            table.entry(name).or_default().push(Block { module, classes, rows: Vec::new() });
            continue;
        }
        let block = table.get_mut(type_name).and_then(|blocks| blocks.last_mut());
        match (block, row(bare)) {
            (Some(block), Some(row)) => block.rows.push(row),
            _ => problem(line),
        }
    }
    table
}

fn row(text: &'static str) -> Option<Row> {
    let (exact, text) = match text.strip_prefix('~') {
        Some(rest) => (false, rest.trim_start()),
        None => (true, text),
    };
    let (since, text) = match text.strip_prefix("since ") {
        Some(rest) => {
            let (number, rest) = rest.split_once(' ')?;
            (number.parse().ok()?, rest)
        }
        None => (0, text),
    };
    let (left, right) = text.split_once(" -> ")?;
    let (path, wanted) = left.split_once(" = ")?;
    let wanted = match wanted.trim() {
        "*" => Wanted::Scalar,
        "**" => Wanted::Constant,
        text if text.starts_with('&') => Wanted::With(text.strip_prefix('&')?),
        json => Wanted::Exactly(serde_json::from_str(json).ok()?),
    };
    let (prop, value) = right.split_once(": ")?;
    let (prop, only_given) = match prop.trim().strip_suffix('!') {
        Some(prop) => (prop, true),
        None => (prop.trim(), false),
    };
    let mut terms = Terms { rest: value.trim() };
    let value = terms.term()?;
    terms.rest.trim().is_empty().then_some(())?;
    let path = selects(path.trim())?;
    Some(Row { path, wanted, exact, since, only_given, prop: props(prop)?, value })
}

/// Steps are parted by points, but for those within brackets.
fn selects(text: &'static str) -> Option<Vec<Select>> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inner, after) = inner.split_once(']')?;
            let (key, value) = inner.split_once('=')?;
            out.push(Select::With(key, value));
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = rest.get(..end)?;
        out.push(if name == "#" { Select::Any } else { Select::Name(name) });
        rest = rest.get(end..)?;
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    Some(out)
}

fn props(text: &'static str) -> Option<Vec<Prop>> {
    let mut out = Vec::new();
    for step in text.split('.') {
        let (step, options) = match step.strip_suffix("()") {
            Some(step) => (step, true),
            None => (step, false),
        };
        let (step, element) = match step.strip_suffix("[#]") {
            Some(step) => (step, true),
            None => (step, false),
        };
        let (name, of) = match step.split_once('<') {
            Some((name, of)) => (name, Some(of.strip_suffix('>')?)),
            None => (step, None),
        };
        out.push(Prop::Name(name.into(), of));
        if element {
            out.push(Prop::Element(0));
        }
        if options {
            out.push(Prop::Options);
        }
    }
    Some(out)
}

/// Reads terms.
struct Terms {
    rest: &'static str,
}

impl Terms {
    fn word(&mut self) -> Option<&'static str> {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let word = self.rest.get(..end).filter(|w| !w.is_empty())?;
        self.rest = self.rest.get(end..)?;
        Some(word)
    }

    /// `core:Duration`, `aws-lambda:Tracing`.
    fn module(&mut self) -> Option<&'static str> {
        let (module, rest) = self.rest.split_once(':')?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !module.chars().all(plain) || !rest.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        self.rest = rest;
        Some(module)
    }

    fn eat(&mut self, sign: &str) -> bool {
        match self.rest.trim_start().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn list(&mut self, end: &str) -> Option<Vec<Term>> {
        let mut out = Vec::new();
        while !self.eat(end) {
            if !out.is_empty() && !self.eat(",") {
                return None;
            }
            out.push(self.term()?);
        }
        Some(out)
    }

    fn term(&mut self) -> Option<Term> {
        self.rest = self.rest.trim_start();
        if self.eat("$") {
            return Some(Term::Given);
        }
        if self.eat("{*}") {
            return Some(Term::Members);
        }
        if self.eat("[") {
            return self.list("]").map(Term::List);
        }
        if self.eat("{") {
            return self.members(None);
        }
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (text, rest) = rest.split_once('"')?;
            self.rest = rest;
            return Some(Term::Json(text.into()));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(Term::Json(self.word()?.parse::<i64>().ok()?.into()));
        }
        let mut module = self.module();
        let mut word = self.word()?;
        match word {
            "true" => return Some(Term::Json(true.into())),
            "false" => return Some(Term::Json(false.into())),
            _ => {}
        }
        let new = word == "new";
        if new {
            self.rest = self.rest.trim_start();
            module = self.module();
            word = self.word()?;
        }
        let mut names = vec![word];
        while let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            names.push(self.word()?);
        }
        // a struct's name before its members
        if names.len() == 1 && self.rest.starts_with('{') {
            self.eat("{");
            return self.members(names.first().copied());
        }
        let arguments = if self.rest.starts_with('(') {
            self.eat("(");
            Some(self.list(")")?)
        } else {
            None
        };
        Some(Term::Name { module, names, arguments, new })
    }

    fn members(&mut self, name: Option<&'static str>) -> Option<Term> {
        let mut out = Vec::new();
        while !self.eat("}") {
            if !out.is_empty() && !self.eat(",") {
                return None;
            }
            self.rest = self.rest.trim_start();
            let key = self.word()?;
            if !self.eat(":") {
                return None;
            }
            out.push((key.into(), self.term()?));
        }
        Some(Term::Props(out, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let mut problems = Vec::new();
        let table = read(include_str!("../../../../grammars/cdk/values.table"), &mut |line| {
            problems.push(line.to_owned());
        });
        assert!(problems.is_empty(), "{problems:#?}");
        assert!(table.len() > 20);
    }

    #[test]
    fn registry_properties_of_the_table_exist() {
        let mut wrong = Vec::new();
        let table = read(include_str!("../../../../grammars/cdk/values.table"), &mut |_| {});
        for (type_name, blocks) in &table {
            assert!(!type_name.is_empty());
            for row in blocks.iter().flat_map(|b| &b.rows) {
                let first = row.path.first();
                assert!(matches!(first, Some(Select::Name(_))), "{row:?}");
                if row.prop.is_empty() {
                    wrong.push(format!("{type_name}: {row:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_row_is_for_its_value_only() {
        let row =
            row("A.#.B[Key=x.y].Value = \"true\" -> p<S>[#].q: new Q({a: core:Duration.days(7)})").unwrap();
        let properties = serde_json::json!({"A": [{}, {"B": [{"Key": "x.y", "Value": "true"}]}]});
        let leaf: Vec<Str> = ["A", "1", "B", "0", "Value"].map(Str::from).to_vec();
        let found = row.matches(&properties, &leaf, 0).unwrap();
        assert_eq!(found.path, leaf);
        let other = serde_json::json!({"A": [{}, {"B": [{"Key": "x.y", "Value": "false"}]}]});
        assert!(row.matches(&other, &leaf, 0).is_none());
    }
}
