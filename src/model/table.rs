//! The tables under `grammars/terraform/`: how Terraform says what the registry says, and what Masugata adds to the
//! registry. The language is described in `grammars/terraform/README.md`.
//!
//! The files are in the binary as text. An index of their headers is made on first use (a scan for lines that begin in
//! the first column); one type's lines are parsed when a resource of that type is lowered.

use std::sync::{Arc, LazyLock};

use parking_lot::RwLock;
use rustc_hash::FxHashMap;

use crate::Str;

use super::registry::{self, Field, Shape, ShapeId, Type};
use super::terraform_schema;

/// Types that Masugata adds for what Terraform has and the registry lacks begin with this.
pub(super) const OWN_PREFIX: &str = "Masugata::";

/// The files, by name.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../grammars/terraform/", $name, ".table")))),*]
    };
}

static FILES: &[(&str, &str)] = files![
    "analytics",
    "compute",
    "data",
    "ec2",
    "edge",
    "elb",
    "iam",
    "kms",
    "logging",
    "messaging",
    "rds",
    "s3",
    "storage",
    "vpc",
];

/// Where a mistake in a table is, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// The file, without folder and extension.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// One header and its lines.
#[derive(Clone, Copy, Debug)]
struct Block {
    file: &'static str,
    line: u32,
    /// The header and all lines below it.
    text: &'static str,
}

/// The headers of all files.
#[derive(Debug, Default)]
struct Index {
    /// By Terraform type.
    sources: FxHashMap<&'static str, Block>,
    /// Headers that are a registry type: companions and additional properties.
    targets: FxHashMap<&'static str, Vec<Block>>,
    /// Terraform type of each own type, and the registry type that it is built like.
    own: FxHashMap<&'static str, (&'static str, Option<&'static str>)>,
    /// Headers that say nothing useful.
    errors: Vec<TableError>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for &(file, text) in FILES {
        let mut start = None;
        let mut offset = 0;
        let mut number = 0;
        for line in text.split_inclusive('\n') {
            number += 1;
            let first = line.as_bytes().first().copied().unwrap_or(b'#');
            if !matches!(first, b' ' | b'#' | b'\n' | b'\r') {
                if let Some((at, line)) = start {
                    index.add(Block { file, line, text: text.get(at..offset).unwrap_or("") });
                }
                start = Some((offset, number));
            }
            offset += line.len();
        }
        if let Some((at, line)) = start {
            index.add(Block { file, line, text: text.get(at..).unwrap_or("") });
        }
    }
    index
});

impl Index {
    fn add(&mut self, block: Block) {
        let header = block.text.lines().next().unwrap_or("");
        let header = header.split('#').next().unwrap_or("").trim_end();
        let Some((sources, target)) = header.split_once("->") else {
            self.targets.entry(header).or_default().push(block);
            return;
        };
        let (target, like) = match target.split_once(" like ") {
            Some((target, like)) => (target.trim(), Some(like.trim())),
            None => (target.trim(), None),
        };
        for source in sources.split(',').map(str::trim) {
            if target.starts_with(OWN_PREFIX) {
                self.own.entry(target).or_insert((source, like));
            }
            if self.sources.insert(source, block).is_some() {
                let message = format!("`{source}` has a second table");
                self.errors.push(TableError { file: block.file, line: block.line, message });
            }
        }
    }
}

/// The Terraform types that have a table, sorted.
pub fn terraform_types() -> Vec<&'static str> {
    let mut all: Vec<_> = INDEX.sources.keys().copied().collect();
    all.sort_unstable();
    all
}

/// The registry types that a table adds properties or companions to, sorted.
pub fn registry_types() -> Vec<&'static str> {
    let mut all: Vec<_> = INDEX.targets.keys().copied().collect();
    all.sort_unstable();
    all
}

/// Mistakes in headers.
pub fn header_errors() -> &'static [TableError] {
    &INDEX.errors
}

/// The registry type that a Terraform type becomes, without reading its table.
pub fn target_of(terraform_type: &str) -> Option<&'static str> {
    let block = INDEX.sources.get(terraform_type)?;
    let header = block.text.lines().next()?.split('#').next()?;
    let target = header.split_once("->")?.1;
    Some(target.split_once(" like ").map_or(target, |(target, _)| target).trim())
}

/// By owner: the properties that companions set as a whole (`companion OWNER by ARGUMENT into PATH one`).
static SET_BY_COMPANIONS: LazyLock<FxHashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut all: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    let lines = FILES.iter().flat_map(|(_, text)| text.lines());
    for line in lines.filter_map(|line| line.trim_start().strip_prefix("companion ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [owners, "by", _, "into", path, "one", ..] = words.as_slice() {
            for owner in owners.split('|') {
                let paths = all.entry(owner).or_default();
                if !paths.contains(path) {
                    paths.push(path);
                }
            }
        }
    }
    all
});

/// The properties of a registry type that some companion sets as a whole.
pub(super) fn set_by_companions(owner: &str) -> &'static [&'static str] {
    SET_BY_COMPANIONS.get(owner).map_or(&[], Vec::as_slice)
}

static OWN: LazyLock<RwLock<FxHashMap<Str, Arc<Type>>>> = LazyLock::new(RwLock::default);

/// A type that Masugata adds: the arguments of a Terraform resource in the registry's form.
pub(super) fn own_type(name: &str) -> Option<Arc<Type>> {
    if let Some(known) = OWN.read().get(name) {
        return Some(Arc::clone(known));
    }
    let (source, like) = *INDEX.own.get(name)?;
    let mut made = match like {
        Some(like) => Type { name: name.into(), ..(*registry::get(like)?).clone() },
        None => registry::from_terraform(name, &*terraform_schema::get(source)?),
    };
    extend(&mut made);
    let made = Arc::new(made);
    Some(Arc::clone(OWN.write().entry(name.into()).or_insert(made)))
}

/// The names of the types that Masugata adds, sorted.
pub(super) fn own_types() -> impl Iterator<Item = Str> {
    let mut all: Vec<Str> = INDEX.own.keys().map(|name| Str::from(*name)).collect();
    all.sort();
    all.into_iter()
}

/// Adds the properties that companions contribute and that the registry's type does not have.
pub(super) fn extend(of: &mut Type) {
    for block in INDEX.targets.get(of.name.as_str()).into_iter().flatten() {
        for line in Lines::new(*block) {
            let Some(rest) = line.text.strip_prefix("property ") else { continue };
            let (path, kind) = rest.trim().split_once(' ').unwrap_or((rest.trim(), "json"));
            add_property(of, path, kind.trim());
        }
    }
}

/// Adds one property, `Policies[] json` or `Entries[] like AWS::EC2::NetworkAclEntry`; objects on the way must exist.
fn add_property(of: &mut Type, path: &str, kind: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let list = name.ends_with("[]");
    let name = name.trim_end_matches("[]");
    let Some(object) = of.property(parent).map(|p| p.id) else { return };
    let copied = kind.strip_prefix("like ").and_then(|like| registry::get(like.trim()));
    let offset = of.shapes.len() as u32;
    if let Some(like) = &copied {
        of.shapes.extend(like.shapes.iter().map(|shape| shape.moved(offset)));
    }
    let mut push = |shape| {
        of.shapes.push(shape);
        ShapeId((of.shapes.len() - 1) as u32)
    };
    let mut shape = if copied.is_some() {
        ShapeId(offset)
    } else {
        push(match kind {
            "string" => Shape::String(Vec::new()),
            "integer" => Shape::Integer,
            "boolean" => Shape::Boolean,
            _ => Shape::Json,
        })
    };
    if list {
        shape = push(Shape::List { items: shape, unordered: true });
    }
    if let Some(Shape::Object(fields)) = of.shapes.get_mut(object.0 as usize)
        && let Err(at) = fields.binary_search_by(|f| f.name.as_str().cmp(name))
    {
        fields.insert(at, Field { name: name.into(), shape, required: false, default: None });
    }
}

/// A line of a table without comment and indentation.
#[derive(Clone, Copy, Debug)]
struct Line {
    number: u32,
    depth: usize,
    text: &'static str,
}

/// The lines under a header that say something.
struct Lines {
    inner: std::iter::Enumerate<std::str::Lines<'static>>,
    first: u32,
}

impl Lines {
    fn new(block: Block) -> Self {
        let mut inner = block.text.lines().enumerate();
        inner.next();
        Lines { inner, first: block.line }
    }
}

impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            let (number, line) = self.inner.next()?;
            let text = without_comment(line).trim_end();
            let depth = text.len() - text.trim_start().len();
            if !text.trim_start().is_empty() {
                return Some(Line { number: self.first + number as u32, depth, text: text.trim_start() });
            }
        }
    }
}

/// A `#` outside of quotes begins a comment.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'#' if !quoted => return line.get(..at).unwrap_or(line),
            _ => {}
        }
    }
    line
}

/// A step of a target path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A property.
    Name(Str),
    /// An element: at the end of a path each source element makes one, on the way there is exactly one.
    Element,
}

/// Reads a target path.
pub(super) fn path(text: &str) -> Vec<Step> {
    registry::steps(text)
        .map(|(_, step)| if step.starts_with('[') { Step::Element } else { Step::Name(step.into()) })
        .collect()
}

/// A conversion of one value, written behind the target: `name` or `name(arguments)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodecText {
    pub(super) name: Str,
    pub(super) arguments: Vec<Str>,
}

/// `when ARGUMENT` or `when ARGUMENT = VALUE`: the rule holds only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// Its path from the scope's object.
    pub(super) argument: Vec<Str>,
    /// None: the argument must be true.
    pub(super) value: Option<Str>,
    /// `!=` instead of `=`.
    pub(super) negated: bool,
}

/// The major versions of the provider for which something holds, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Majors {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// `source -> Target codec… [expand] [when …]`, with the lines indented below it.
    Rule {
        line: u32,
        source: Vec<Str>,
        target: Vec<Step>,
        codecs: Vec<CodecText>,
        expand: bool,
        when: Option<When>,
        items: Vec<Item>,
    },
    /// `const Target = JSON`: always there.
    Const { line: u32, target: Vec<Step>, json: Str },
    /// `default Target = JSON [for 4..]`: what the provider does when nobody says.
    Default { line: u32, target: Vec<Step>, json: Str, majors: Majors },
    /// `absent Target [for 4..]`: the registry's default does not hold for the provider.
    Absent { line: u32, target: Vec<Step>, majors: Majors },
    /// `ignore a, b`: arguments without a counterpart.
    Ignore { line: u32, names: Vec<Str> },
    /// `manual`: nothing is matched by name here.
    Manual,
    /// `output attribute -> Name`: what an attribute is for `Fn::GetAtt`, or `Ref`.
    Output { line: u32, attribute: Str, name: Str },
    /// `place Target in SOURCE`: where a missing one is written: an argument path, or a companion's type and path.
    Place { line: u32, target: Vec<Step>, source: Str, majors: Majors },
    /// `irreversible Target "reason"`: why a value can't be written back.
    Irreversible { line: u32, target: Vec<Step>, reason: Str },
    /// `companion OWNER by ARGUMENT into PATH one|append`, with rules.
    Companion {
        line: u32,
        owners: Vec<Str>,
        argument: Vec<Str>,
        target: Vec<Step>,
        append: bool,
        when: Option<When>,
        items: Vec<Item>,
    },
    /// `function name`: a Rust function does the rest.
    Function { line: u32, name: Str },
    /// `property …`: read by [`extend`].
    Property,
}

/// A table as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub(super) file: &'static str,
    pub(super) target: Str,
    pub(super) items: Vec<Item>,
}

/// The table of a Terraform type.
pub(super) fn read(terraform_type: &str) -> Option<Result<Table, TableError>> {
    let block = *INDEX.sources.get(terraform_type)?;
    let target = target_of(terraform_type)?.into();
    Some(items(block).map(|items| Table { file: block.file, target, items }))
}

/// What tables say about a registry type itself: its companions' lines.
pub(super) fn read_registry(type_name: &str) -> Result<Vec<(&'static str, Vec<Item>)>, TableError> {
    let blocks = INDEX.targets.get(type_name).map_or(&[][..], Vec::as_slice);
    blocks.iter().map(|block| Ok((block.file, items(*block)?))).collect()
}

fn items(block: Block) -> Result<Vec<Item>, TableError> {
    let lines: Vec<Line> = Lines::new(block).collect();
    let mut reader = Reader { file: block.file, lines: &lines, at: 0 };
    let depth = lines.first().map_or(2, |l| l.depth);
    let out = reader.scope(depth)?;
    match lines.get(reader.at) {
        Some(line) => Err(reader.error(line, "this line is indented less than the first one".into())),
        None => Ok(out),
    }
}

struct Reader<'l> {
    file: &'static str,
    lines: &'l [Line],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, line: &Line, message: String) -> TableError {
        TableError { file: self.file, line: line.number, message }
    }

    /// The lines of one depth. Tables are ours: their depth is a handful.
    fn scope(&mut self, depth: usize) -> Result<Vec<Item>, TableError> {
        let mut out = Vec::new();
        while let Some(&line) = self.lines.get(self.at) {
            if line.depth < depth {
                break;
            }
            if line.depth > depth {
                return Err(self.error(&line, "unexpected indentation".into()));
            }
            self.at += 1;
            let below = match self.lines.get(self.at) {
                Some(next) if next.depth > depth => self.scope(next.depth)?,
                _ => Vec::new(),
            };
            out.push(self.item(&line, below)?);
        }
        Ok(out)
    }

    fn item(&self, line: &Line, below: Vec<Item>) -> Result<Item, TableError> {
        let number = line.number;
        let (word, rest) = line.text.split_once(char::is_whitespace).unwrap_or((line.text, ""));
        let rest = rest.trim();
        if let Some(target) = rest.strip_prefix("->") {
            return self.rule(line, word, target.trim(), below);
        }
        let item = match word {
            "companion" => return self.companion(line, rest, below),
            "const" => {
                let (target, json) = self.assignment(line, rest)?;
                Item::Const { line: number, target, json }
            }
            "default" => {
                let (rest, majors) = self.majors(line, rest)?;
                let (target, json) = self.assignment(line, rest)?;
                Item::Default { line: number, target, json, majors }
            }
            "absent" => {
                let (rest, majors) = self.majors(line, rest)?;
                Item::Absent { line: number, target: path(rest), majors }
            }
            "ignore" => {
                Item::Ignore { line: number, names: rest.split(',').map(|name| name.trim().into()).collect() }
            }
            "manual" => Item::Manual,
            "output" => {
                let Some((attribute, name)) = rest.split_once("->") else {
                    return Err(self.error(line, "expected `output attribute -> Name`".into()));
                };
                Item::Output { line: number, attribute: attribute.trim().into(), name: name.trim().into() }
            }
            "place" => {
                let (rest, majors) = self.majors(line, rest)?;
                let Some((target, source)) = rest.split_once(" in ") else {
                    return Err(self.error(line, "expected `place Target in argument`".into()));
                };
                Item::Place {
                    line: number,
                    target: path(target.trim()),
                    source: source.trim().into(),
                    majors,
                }
            }
            "irreversible" => {
                let (target, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let reason = reason.trim().trim_matches('"').into();
                Item::Irreversible { line: number, target: path(target), reason }
            }
            "function" => Item::Function { line: number, name: rest.into() },
            "property" => Item::Property,
            _ => {
                return Err(self.error(
                    line,
                    format!("expected a rule `argument -> Property` or a keyword, found `{word}`"),
                ));
            }
        };
        if below.is_empty() {
            Ok(item)
        } else {
            Err(self.error(line, format!("nothing can stand below `{word}`")))
        }
    }

    fn assignment(&self, line: &Line, text: &str) -> Result<(Vec<Step>, Str), TableError> {
        let Some((target, json)) = text.split_once('=') else {
            return Err(self.error(line, "expected `Target = JSON`".into()));
        };
        let json = json.trim();
        if serde_json::from_str::<serde_json::Value>(json).is_err() {
            return Err(self.error(line, format!("`{json}` is not JSON")));
        }
        Ok((path(target.trim()), json.into()))
    }

    /// Takes `for 4..`, `for ..3`, `for 4..5` off the end.
    fn majors<'t>(&self, line: &Line, text: &'t str) -> Result<(&'t str, Majors), TableError> {
        let Some((before, range)) = text.rsplit_once(" for ") else {
            return Ok((text, Majors { first: 0, last: u32::MAX }));
        };
        let bound = |text: &str, open| if text.is_empty() { Ok(open) } else { text.parse::<u32>() };
        let parsed = range.trim().split_once("..").map(|(a, b)| (bound(a, 0), bound(b, u32::MAX)));
        match parsed {
            Some((Ok(first), Ok(last))) => Ok((before.trim(), Majors { first, last })),
            _ => {
                Err(self.error(line, format!("`{range}` is not a range of versions such as `4..` or `..3`")))
            }
        }
    }

    fn rule(&self, line: &Line, source: &str, text: &str, items: Vec<Item>) -> Result<Item, TableError> {
        let (text, when) = split_when(text);
        let mut words = Words { rest: text };
        let target = words.next().unwrap_or("");
        let mut codecs = Vec::new();
        let mut expand = false;
        for word in words {
            if word == "expand" {
                expand = true;
                continue;
            }
            codecs.push(codec_text(word));
        }
        Ok(Item::Rule {
            line: line.number,
            source: names(source),
            target: path(target),
            codecs,
            expand,
            when,
            items,
        })
    }

    fn companion(&self, line: &Line, text: &str, items: Vec<Item>) -> Result<Item, TableError> {
        let (text, when) = split_when(text);
        let words: Vec<&str> = text.split_whitespace().collect();
        let [owners, "by", argument, "into", target, mode @ ("one" | "append")] = words.as_slice() else {
            return Err(self.error(line, "expected `companion TYPE by ARGUMENT into PATH one|append`".into()));
        };
        Ok(Item::Companion {
            line: line.number,
            owners: owners.split('|').map(Str::from).collect(),
            argument: names(argument),
            target: path(target),
            append: *mode == "append",
            when,
            items,
        })
    }
}

/// Takes `when …` off the end of a rule.
fn split_when(text: &str) -> (&str, Option<When>) {
    let Some((before, condition)) = text.split_once(" when ") else { return (text, None) };
    let negated = condition.contains("!=");
    let (argument, value) = match condition.split_once(if negated { "!=" } else { "=" }) {
        Some((argument, value)) => (argument.trim(), Some(value.trim().trim_matches('"').into())),
        None => (condition.trim(), None),
    };
    (before.trim_end(), Some(When { argument: names(argument), value, negated }))
}

/// A source path: names; `.` alone is the object itself, `[]` says for people that there may be several.
fn names(text: &str) -> Vec<Str> {
    registry::steps(text).filter(|(_, s)| !s.starts_with('[')).map(|(_, s)| s.into()).collect()
}

fn codec_text(word: &str) -> CodecText {
    match word.split_once('(') {
        Some((name, arguments)) => CodecText {
            name: name.into(),
            arguments: arguments
                .trim_end_matches(')')
                .split(',')
                .map(|a| a.trim().trim_matches('"').into())
                .collect(),
        },
        None => CodecText { name: word.into(), arguments: Vec::new() },
    }
}

/// Words separated by spaces; a parenthesis keeps what it holds together.
struct Words<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        let mut depth = 0;
        let end = self.rest.char_indices().find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => return depth == 0 && c.is_whitespace(),
            }
            false
        });
        let (word, rest) = self.rest.split_at(end.map_or(self.rest.len(), |(at, _)| at));
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }
}
