//! Edits of an app's source: what gives a resource's property another value, inside the props of the construct that
//! makes it, or behind its statement as an override of the template's property.

mod code;
mod names;
mod python;
mod script;
mod table;

use serde_json::Value as Json;
use tree_sitter::Node;

use crate::Str;
use crate::source::{Edit, FileId, Span};

use super::App;
use super::language::Language;
use super::place::Wanted;
use super::value::same_name;
pub use code::indentation;
use code::{Code, Family, No, Piece, because};
use table::{Prop, Term};

/// How many properties one fix may change.
const MAX_CHANGES: usize = 40;

/// A resource whose properties are to be different.
#[derive(Clone, Copy, Debug)]
pub struct Remake<'r> {
    /// The construct's path.
    pub path: &'r str,
    /// Where the app's first own frame of its creation stack points, if there is one.
    pub frame: Option<Span>,
    /// The registry type of the resource.
    pub type_name: &'r str,
    /// Its properties in the template as they are.
    pub before: &'r Json,
    /// Its properties in the template as they should be.
    pub after: &'r Json,
}

/// One edit of the app's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEdit {
    /// The file.
    pub file: FileId,
    /// What is different in it.
    pub edit: Edit,
    /// What it writes into: two edits with the same one exclude each other.
    pub slot: Option<(u32, Str)>,
}

/// Edits of the app's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// In order of writing.
    pub edits: Vec<SourceEdit>,
    /// Whether synthesis is known to make of it exactly the wanted template.
    pub exact: bool,
}

/// What in the source makes a resource: the expression, and the rest of the construct's path that a library adds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Maker {
    /// The expression.
    pub site: Span,
    /// Path below the construct.
    pub below: Vec<Str>,
}

/// What makes a resource, and how that is known.
struct Made {
    maker: Maker,
    node: super::NodeId,
    /// A method without an id made it.
    method: Option<Str>,
    /// By the trace of its making.
    traced: bool,
}

/// A change of a property: its path, and the value it is to have; none: it goes.
pub type Change = (Vec<Str>, Option<Json>);

/// The topmost differences of two values: paths, numbers for elements of lists, and what is there then.
pub fn differences(before: &Json, after: &Json) -> Vec<Change> {
    let mut out = Vec::new();
    compare(Some(before), Some(after), &mut Vec::new(), &mut out);
    out
}

impl App {
    /// The expression that makes the construct of a path, if it is told.
    pub fn maker(&self, path: &str, frame: Option<Span>) -> Option<Maker> {
        self.made_by(path, frame).ok().map(|made| made.maker)
    }

    fn made_by(&self, path: &str, frame: Option<Span>) -> Result<Made, String> {
        match self.made_at(path, frame) {
            Err(_) if frame.is_some() => self.made_at(path, None),
            made => made,
        }
    }

    fn made_at(&self, path: &str, frame: Option<Span>) -> Result<Made, String> {
        let wanted = Wanted { path, frame, ..Wanted::default() };
        let unknown = || "it is not told which expression of the app makes it".to_owned();
        let candidate = self.candidate(&wanted).ok_or_else(unknown)?;
        let node = self.tree.get(candidate.node).ok_or_else(unknown)?;
        if node.id.is_any() && frame.is_none() {
            return Err(unknown());
        }
        // a trace may be older than the source: the path has to lead to the same construct
        let segments: Vec<&str> = path.split('/').collect();
        let found = self.tree.find(&segments).filter(|m| m.node == candidate.node).ok_or_else(unknown)?;
        let below: Vec<Str> = segments.iter().skip(found.consumed).map(|s| Str::from(*s)).collect();
        if let Some(call) = candidate.call {
            let maker = Maker { site: call.site.span, below };
            return Ok(Made { maker, node: candidate.node, method: Some(call.name.clone()), traced: true });
        }
        let site = match (node.class, node.base_site) {
            (_, Some(base)) => base,
            (None, None) => node.site,
            (Some(_), None) => return Err(unknown()),
        };
        let maker = Maker { site: site.span, below };
        Ok(Made { maker, node: candidate.node, method: None, traced: frame.is_some() })
    }

    /// The edits that make a resource's properties what they should be; else why there are none.
    pub fn remake(&self, remake: &Remake<'_>) -> Result<Remade, Str> {
        let Made { mut maker, node, mut method, traced } = self.made_by(remake.path, remake.frame)?;
        let node = self.tree.get(node).ok_or("the construct is gone")?;
        // a policy that a method made is what a prop of its construct adds to
        let adds = |b: &table::Block| b.classes.iter().any(|c| same_name(c, &node.class_name));
        if method.is_some() && table::blocks(remake.type_name).iter().any(adds) {
            maker.site = node.base_site.unwrap_or(node.site).span;
            method = None;
        }
        let file = self.files.get(&maker.site.file).ok_or("its source is not read")?;
        let language = Language::of(&file.path).ok_or("its language is not known")?;
        let known = self.syntax.lock().get(&file.id).cloned();
        let tree = match known {
            Some(tree) => tree,
            None => {
                let tree = code::parse(language, &file.text).ok_or("its source can't be parsed")?;
                self.syntax.lock().insert(file.id, tree.clone());
                tree
            }
        };
        if tree.root_node().has_error() {
            return Err(format!("`{}` has syntax errors", file.path.display()).into());
        }
        let code = Code::new(language, &file.text, tree.root_node());
        let Some(code) = code else {
            return Err(format!("apps in {} are edited by hand", language.name()).into());
        };
        let (start, end) = (maker.site.start as usize, maker.site.end as usize);
        let call = code::at(tree.root_node(), start, end).ok_or("its expression is not found again")?;
        let last = maker.below.last().map(Str::as_str);
        let overridden = |path: &str| {
            node.calls.iter().rev().find(|call| {
                let name = ["addPropertyOverride", "addOverride"].iter().any(|n| same_name(&call.name, n));
                let given = call.first.as_ref().and_then(|p| p.as_literal());
                let given = given.map(|g| g.strip_prefix("Properties.").unwrap_or(g));
                name && given == Some(path) && call.site.span.file == file.id
            })
        };
        let job = Job {
            code: &code,
            call,
            class: method.clone().unwrap_or_else(|| class_name(&code, call, &node.class_name)),
            by_method: method.is_some(),
            traced,
            calls: node.calls.iter().map(|c| c.name.as_str()).collect(),
            id: node.id.as_literal().unwrap_or("construct"),
            below: &maker.below,
            is_default: maker.below.len() == 1 && matches!(last, Some("Resource" | "Default")),
            schema: self.schema,
            overridden: &|path| {
                overridden(path).map(|c| (c.site.span.start as usize, c.site.span.end as usize))
            },
            root: tree.root_node(),
        };
        let (pieces, exact) = match job.run(remake) {
            Ok(done) => done,
            Err(No::Already) => {
                return Err("the app's source says so already: synthesize it anew".into());
            }
            Err(No::Because(why)) => return Err(why.into()),
        };
        let mut edits: Vec<_> = Vec::new();
        for piece in pieces {
            let edit = SourceEdit { file: file.id, edit: piece.edit, slot: piece.slot };
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
        // What is written can be parsed.
        let plain: Vec<Edit> = edits.iter().map(|e: &SourceEdit| e.edit.clone()).collect();
        let (text, _) = crate::source::apply(&file.text, &plain).ok_or("its edits overlap")?;
        if code::parse(language, &text).is_none_or(|tree| tree.root_node().has_error()) {
            return Err("the edited source could not be parsed".into());
        }
        Ok(Remade { edits, exact })
    }
}

impl Language {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Language::TypeScript | Language::Tsx => "TypeScript",
            Language::JavaScript => "JavaScript",
            Language::Python => "Python",
            Language::Java => "Java",
            Language::CSharp => "C#",
            Language::Go => "Go",
        }
    }
}

/// A prop and what it is to be.
type Setting = (Vec<Prop>, Term);

/// What is written for one resource.
#[derive(Default)]
struct Plan {
    pieces: Vec<Piece>,
    sets: Vec<Setting>,
    /// The module that what is set is from.
    module: &'static str,
    /// Registry paths that are said.
    covered: Vec<Vec<Str>>,
    exact: bool,
}

/// One resource and the call that makes it.
struct Job<'j> {
    code: &'j Code<'j>,
    root: Node<'j>,
    call: Node<'j>,
    /// The class, or the method that makes it.
    class: Str,
    id: &'j str,
    below: &'j [Str],
    /// It is the construct's `defaultChild`.
    is_default: bool,
    /// A method without an id makes it: only the method's options are written.
    by_method: bool,
    /// A stack trace says that it is made by this very expression.
    traced: bool,
    /// The methods that are called on it.
    calls: Vec<&'j str>,
    /// The assembly's schema version.
    schema: u32,
    overridden: &'j dyn Fn(&str) -> Option<(usize, usize)>,
}

impl Job<'_> {
    fn run(&self, remake: &Remake<'_>) -> Result<(Vec<Piece>, bool), No> {
        let changes = whole_lists(differences(remake.before, remake.after), remake.after);
        if changes.is_empty() {
            return because("nothing is different");
        }
        if changes.len() > MAX_CHANGES {
            return because("it changes too many properties at once");
        }
        // What a prop brings in one piece, whatever else is new with it.
        if let Some(block) = self.block(remake.type_name) {
            let brings =
                |row: &table::Row| changes.iter().find_map(|(path, value)| row.about(path, value.as_ref()?));
            if let Some(set) = block.rows.iter().find_map(brings) {
                return Ok((self.set(std::slice::from_ref(&set), block.module)?, false));
            }
        }
        if matches!(self.class.as_str(), "CfnInclude" | "CfnTemplate") {
            return because("the template that it includes says it");
        }
        let mut plan = Plan { exact: true, ..Plan::default() };
        for (path, value) in &changes {
            self.one(remake, path, value.as_ref(), &mut plan)?;
        }
        let mut pieces = plan.pieces;
        if !plan.sets.is_empty() {
            // What is set together is written together: the props may be missing altogether.
            pieces.extend(self.set(&plan.sets, plan.module)?);
        }
        if pieces.is_empty() { Err(No::Already) } else { Ok((pieces, plan.exact)) }
    }

    /// What one change needs: where it is overridden already, in the props, else as an override.
    fn one(
        &self,
        remake: &Remake<'_>,
        path: &[Str],
        value: Option<&Json>,
        plan: &mut Plan,
    ) -> Result<(), No> {
        if value.is_some_and(|v| !table::is_constant(v, 0)) {
            return because("its value refers to other resources");
        }
        let done = |made: Result<Vec<Piece>, No>, plan: &mut Plan| match made {
            Ok(pieces) => {
                plan.pieces.extend(pieces);
                Ok(())
            }
            Err(No::Already) => Ok(()),
            Err(no) => Err(no),
        };
        if let Some(call) = (self.overridden)(&path.join(".")) {
            return done(self.change_override(call, value), plan);
        }
        let in_props = match value {
            Some(value) if self.below.is_empty() && self.class.starts_with("Cfn") => {
                self.set_first(path, value, plan)
            }
            Some(value) => self.set_by_table(remake, path, value, plan),
            None => because("nothing says how to take it away in the props"),
        };
        match in_props {
            Ok(()) | Err(No::Already) => Ok(()),
            Err(No::Because(why)) => {
                let made = self.add_override(remake.type_name, path, value, &mut plan.exact);
                match made {
                    Err(No::Because(other)) => because(format!("{why}, and {other}")),
                    made => done(made, plan),
                }
            }
        }
    }

    fn set(&self, sets: &[Setting], module: &str) -> Result<Vec<Piece>, No> {
        match self.code.family {
            Family::Python => python::set_in_call(self.code, self.call, sets, module),
            Family::TypeScript | Family::JavaScript => {
                // a method has no scope before the id
                let method = self.class.starts_with(|c: char| c.is_ascii_lowercase());
                let index = match (self.by_method, method) {
                    (true, _) => 0,
                    (false, true) => 1,
                    (false, false) => 2,
                };
                script::set_in_call(self.code, self.call, index, sets, module, true)
            }
        }
    }

    /// What the table says of the construct's class.
    fn block(&self, type_name: &str) -> Option<&'static table::Block> {
        let mine = |b: &&table::Block| b.classes.iter().any(|c| same_name(c, &self.class));
        table::blocks(type_name).iter().find(mine)
    }

    /// A prop of an L1 construct.
    fn set_first(&self, path: &[Str], value: &Json, plan: &mut Plan) -> Result<(), No> {
        let step = |step: &Str| match step.parse::<usize>() {
            Ok(index) => Prop::Element(index),
            Err(_) => Prop::Name(names::camel(step), None),
        };
        let props: Vec<Prop> = path.iter().map(step).collect();
        if self.code.family == Family::Python && (path.len() > 1 || value.is_object() || value.is_array()) {
            // Only what is written out already is changed there: what a new struct is called is not told.
            let Some((Prop::Name(first, _), _)) = props.split_first() else {
                return because("it is not told where");
            };
            let text = self.code.slice(self.call);
            if !text.contains(&names::snake(first)) || value.is_object() || value.is_array() {
                return because("it is not written in its props");
            }
        }
        let set = (props, Term::Json(value.clone()));
        self.set(std::slice::from_ref(&set), "core")?;
        plan.sets.push(set);
        plan.module = "core";
        Ok(())
    }

    /// A prop of an L2 construct.
    fn set_by_table(
        &self,
        remake: &Remake<'_>,
        path: &[Str],
        value: &Json,
        plan: &mut Plan,
    ) -> Result<(), No> {
        let Some(block) = self.block(remake.type_name) else {
            return because(format!("no prop of `{}` is known for it", self.class));
        };
        let mut leaves = Vec::new();
        leaf_paths(path, value, &mut leaves);
        let mut sets: Vec<Setting> = Vec::new();
        let mut why = None;
        let mut covered: Vec<Vec<Str>> = Vec::new();
        let mut all_exact = true;
        for leaf in &leaves {
            if plan.covered.iter().chain(&covered).any(|s| leaf.starts_with(s)) {
                continue;
            }
            let mut done = false;
            for row in &block.rows {
                let Some(found) = row.matches(remake.after, leaf, self.schema) else { continue };
                if found.only_given && self.calls.iter().any(|c| c.contains("Target") || c.contains("Action"))
                {
                    continue;
                }
                let set = (found.prop, found.value);
                match self.set(std::slice::from_ref(&set), block.module) {
                    Ok(made) if found.only_given && made.iter().all(|p| p.edit.start == p.edit.end) => {
                        continue;
                    }
                    Ok(_) => sets.push(set),
                    Err(No::Already) => {}
                    Err(No::Because(text)) => {
                        why.get_or_insert(text);
                        continue;
                    }
                }
                all_exact &= found.exact;
                covered.push(found.path);
                done = true;
                break;
            }
            if !done {
                let name = leaf.join(".");
                return because(why.unwrap_or_else(|| format!("no prop is known that says `{name}`")));
            }
        }
        plan.exact &= all_exact;
        plan.covered.extend(covered);
        plan.module = block.module;
        plan.sets.extend(sets);
        Ok(())
    }

    /// `construct.node.defaultChild.addPropertyOverride('Path', value)` behind the construct's statement.
    fn add_override(
        &self,
        type_name: &str,
        path: &[Str],
        value: Option<&Json>,
        exact: &mut bool,
    ) -> Result<Vec<Piece>, No> {
        let code = self.code;
        if self.by_method {
            return because("a method of a library makes it");
        }
        if self.below.len() > 1 && !self.traced && self.block(type_name).is_none() {
            return because("whether it is there yet behind its construct's statement is not told");
        }
        *exact &= self.below.len() < 2;
        let fallback = if code::is_name(self.id) { self.id } else { self.class.as_str() };
        let python = code.family == Family::Python;
        let (name, at, mut pieces) = match python {
            true => python::handle(code, self.call, fallback)?,
            false => script::handle(code, self.call, fallback)?,
        };
        let first = self.class.starts_with("Cfn") && self.below.is_empty();
        let mut child = name;
        if !first {
            match self.is_default {
                true => child.push_str(if python { ".node.default_child" } else { ".node.defaultChild" }),
                false if self.below.is_empty() => {
                    child.push_str(if python { ".node.default_child" } else { ".node.defaultChild" });
                }
                false => {
                    let method = if python { "find_child" } else { "findChild" };
                    for step in self.below {
                        child.push_str(&format!(".node.{method}({})", code.quoted(step)));
                    }
                }
            }
            if code.family == Family::TypeScript {
                let class = self.cast(type_name, &mut pieces);
                child = format!("({child} as {class})");
            }
        }
        let path = code.quoted(&path.join("."));
        let call = match value {
            Some(value) => {
                let method = if python { "add_property_override" } else { "addPropertyOverride" };
                format!("{child}.{method}({path}, {})", code.json(value, false))
            }
            None => {
                let method =
                    if python { "add_property_deletion_override" } else { "addPropertyDeletionOverride" };
                format!("{child}.{method}({path})")
            }
        };
        let statement_indent = code.indent(statement_start(self.call));
        let semicolon = if !python && code.text.contains(';') { ";" } else { "" };
        let text = format!("{}{statement_indent}{call}{semicolon}", code.eol);
        pieces.push(Piece { edit: Edit::insert(at, text), slot: None });
        Ok(pieces)
    }

    /// The L1 class to cast to.
    fn cast(&self, type_name: &str, pieces: &mut Vec<Piece>) -> String {
        let block = self.block(type_name);
        if let (Some(block), Some(tail)) = (block.filter(|_| self.is_default), type_name.rsplit("::").next())
        {
            return self.code.name(block.module, &format!("Cfn{tail}"), pieces);
        }
        self.code.name("core", "CfnResource", pieces)
    }

    /// An override that is there gets another value.
    fn change_override(&self, (start, end): (usize, usize), value: Option<&Json>) -> Result<Vec<Piece>, No> {
        let call = code::at(self.root, start, end);
        let arguments = call.and_then(|c| c.child_by_field_name("arguments"));
        let given = arguments.map(code::children).unwrap_or_default();
        let (Some(old), Some(value)) = (given.get(1), value) else {
            return because("an override of the app sets it");
        };
        let text = self.code.json(value, false);
        if self.code.slice(*old) == text {
            return Err(No::Already);
        }
        Ok(vec![Piece { edit: Edit::new(old.byte_range(), text), slot: None }])
    }
}

/// Where the statement of an expression begins.
fn statement_start(node: Node<'_>) -> usize {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if matches!(parent.kind(), "statement_block" | "program" | "block" | "module") {
            break;
        }
        at = parent;
    }
    at.start_byte()
}

/// The class of a construct; where its class is the app's own, the library's that it extends.
fn class_name(code: &Code<'_>, call: Node<'_>, known: &Str) -> Str {
    let callee = call.child_by_field_name("function").map(|f| code.slice(f)).unwrap_or_default();
    if callee != "super" && !callee.starts_with("super()") {
        return known.clone();
    }
    let mut at = Some(call);
    while let Some(node) = at {
        let base = match node.kind() {
            "class_declaration" | "abstract_class_declaration" | "class" => {
                let heritage = code::children(node).into_iter().find(|n| n.kind() == "class_heritage");
                heritage.map(|h| code.slice(h).trim_start_matches("extends").trim())
            }
            "class_definition" => {
                let bases = node.child_by_field_name("superclasses");
                bases.and_then(|b| code::children(b).first().map(|n| code.slice(*n)))
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

/// Where an element of a list becomes another thing altogether, the list is said as a whole.
fn whole_lists(changes: Vec<Change>, after: &Json) -> Vec<Change> {
    let list_of = |path: &[Str]| {
        path.iter()
            .position(|s| s.parse::<usize>().is_ok())
            .map(|at| path.iter().take(at).cloned().collect::<Vec<Str>>())
    };
    let lists: Vec<Vec<Str>> =
        changes.iter().filter(|(_, value)| value.is_none()).filter_map(|(path, _)| list_of(path)).collect();
    let mut out: Vec<Change> = Vec::new();
    for (path, value) in changes {
        let list = list_of(&path).filter(|list| lists.contains(list));
        let change = match list {
            Some(list) => {
                let whole = list.iter().try_fold(after, |at, step| at.get(step.as_str())).cloned();
                (list, whole)
            }
            None => (path, value),
        };
        if !out.contains(&change) {
            out.push(change);
        }
    }
    out
}

fn compare(before: Option<&Json>, after: Option<&Json>, path: &mut Vec<Str>, out: &mut Vec<Change>) {
    match (before, after) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Json::Object(a)), Some(Json::Object(b))) => {
            for (key, value) in b {
                path.push(key.as_str().into());
                compare(a.get(key), Some(value), path, out);
                path.pop();
            }
            for key in a.keys().filter(|k| !b.contains_key(*k)) {
                path.push(key.as_str().into());
                out.push((path.clone(), None));
                path.pop();
            }
        }
        (Some(Json::Array(a)), Some(Json::Array(b))) if a.len() <= b.len() && !a.is_empty() => {
            for (index, value) in b.iter().enumerate() {
                path.push(index.to_string().into());
                compare(a.get(index), Some(value), path, out);
                path.pop();
            }
        }
        (_, after) => out.push((path.clone(), after.cloned())),
    }
}

/// The paths of everything in a value that is no object or list.
fn leaf_paths(path: &[Str], value: &Json, out: &mut Vec<Vec<Str>>) {
    let inner = |step: Str| -> Vec<Str> { path.iter().cloned().chain([step]).collect() };
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaf_paths(&inner(key.as_str().into()), value, out);
            }
        }
        Json::Array(all) if !all.is_empty() => {
            for (index, value) in all.iter().enumerate() {
                leaf_paths(&inner(index.to_string().into()), value, out);
            }
        }
        _ => out.push(path.to_vec()),
    }
}
