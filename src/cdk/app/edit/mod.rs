//! Edits of an app's source: what gives a resource's property another value, inside the props of the construct that
//! makes it, or behind its statement as an override of the template's property.

mod code;
mod difference;
mod given;
mod import;
mod job;
mod names;
mod python;
mod script;
mod table;
mod term;

use serde_json::Value as Json;

use crate::Str;
use crate::source::{Edit, FileId, Span};

use super::App;
use super::language::Language;
use super::place::Wanted;
use super::value::same_name;
use code::{Code, No};
use job::Job;

pub use code::indentation;
pub use difference::{Change, differences};

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
            class: method.clone().unwrap_or_else(|| code.class_of(call, &node.class_name)),
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
