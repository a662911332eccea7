//! One resource whose properties are to be different: what is written for each change, in the props of the call that makes
//! its construct or as an override behind it.

use serde_json::Value as Json;
use tree_sitter::Node;

use crate::Str;
use crate::source::Edit;

use super::super::value::same_name;
use super::code::{self, Code, Family, No, Piece, because};
use super::difference::{differences, leaf_paths, whole_lists};
use super::table::{self, Prop, Term};
use super::{Remake, names, python, script};

/// How many properties one fix may change.
const MAX_CHANGES: usize = 40;

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
pub(super) struct Job<'j> {
    pub(super) code: &'j Code<'j>,
    pub(super) root: Node<'j>,
    pub(super) call: Node<'j>,
    /// The class, or the method that makes it.
    pub(super) class: Str,
    pub(super) id: &'j str,
    pub(super) below: &'j [Str],
    /// It is the construct's `defaultChild`.
    pub(super) is_default: bool,
    /// A method without an id makes it: only the method's options are written.
    pub(super) by_method: bool,
    /// A stack trace says that it is made by this very expression.
    pub(super) traced: bool,
    /// The methods that are called on it.
    pub(super) calls: Vec<&'j str>,
    /// The assembly's schema version.
    pub(super) schema: u32,
    pub(super) overridden: &'j dyn Fn(&str) -> Option<(usize, usize)>,
}

impl Job<'_> {
    pub(super) fn run(&self, remake: &Remake<'_>) -> Result<(Vec<Piece>, bool), No> {
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
        let statement_indent = code.indent(code::statement_start(self.call));
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
