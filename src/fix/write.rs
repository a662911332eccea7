//! From changes of values to edits of files: the place of each value in its tree.

use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::check::{Linked, Root, RootKind};
use crate::eval::{Data, Origin, Reference, Store, Value, Via};
use crate::model::lower::{self, Output};
use crate::model::registry::{self, Shape, ShapeId};
use crate::model::terraform_schema;
use crate::model::{Resource, ResourceId};
use crate::program::Dialect;
use crate::source::{Edit, FileId, Loader, Span};
use crate::syntax::{self, Kind, Language, NodeId, yaml};

use super::data::{self, Named};
use super::document::Document;
use super::hcl;
use super::literal::{Literal, Piece};
use super::why::Why;

/// One edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Op {
    pub(super) file: FileId,
    pub(super) edit: Edit,
    /// What is written into: two edits that write the same member of the same thing exclude each other.
    pub(super) slot: Option<(u32, Str)>,
}

/// Writes into the files of one root.
pub(super) struct Writer<'w> {
    pub(super) linked: &'w Linked,
    pub(super) loader: &'w Loader,
    root: &'w Root,
    /// Whether what a program has generated may be edited: copies of it are.
    generated: bool,
    documents: RefCell<FxHashMap<FileId, Result<Rc<Document>, Why>>>,
    declared: OnceCell<FxHashMap<Str, Vec<Str>>>,
}

/// A resource whose arguments are written.
#[derive(Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) resource: &'t Resource,
    pub(super) schema: Option<&'t terraform_schema::Resource>,
}

impl<'w> Writer<'w> {
    pub(super) fn new(linked: &'w Linked, loader: &'w Loader, root: &'w Root, generated: bool) -> Self {
        Writer { linked, loader, root, generated, documents: RefCell::default(), declared: OnceCell::new() }
    }

    pub(super) fn store(&self) -> &'w Store {
        &self.linked.graph.store
    }

    pub(super) fn dialect(&self) -> Dialect {
        let program = &self.linked.program;
        program.module(program.root).map_or(Dialect::Terraform, |m| m.dialect)
    }

    /// The file of a place, if it may be edited.
    pub(super) fn document(&self, file: FileId) -> Result<Rc<Document>, Why> {
        if let Some(known) = self.documents.borrow().get(&file) {
            return known.clone();
        }
        let made = self.open(file).map(Rc::new);
        self.documents.borrow_mut().insert(file, made.clone());
        made
    }

    fn open(&self, id: FileId) -> Result<Document, Why> {
        let gone = || Why::new("the value does not stand in a file");
        let file = self.loader.sources().get(id).ok_or_else(gone)?;
        let shown = file.path.display().to_string();
        if shown.starts_with('<') || !self.loader.is_file(&file.path) {
            return Err(Why::new(format!("the value comes from `{}`", shown.trim_matches(['<', '>']))));
        }
        if let Some(reason) = generated(self.root, self.dialect(), &file.path)
            && !(self.generated && self.root.kind == RootKind::Assembly)
        {
            return Err(Why::new(format!("`{shown}` {reason}")));
        }
        let document = Document::new(Arc::clone(&file));
        if !document.tree.errors.is_empty() {
            return Err(Why::new(format!("`{shown}` has syntax errors")));
        }
        Ok(document)
    }

    // Places

    /// Where a value is written in the end; not where a part of the way is computed.
    fn written(&self, origin: Origin) -> Result<Span, Why> {
        let steps: Vec<_> = self.store().spans(origin).collect();
        match steps.last() {
            Some(step) if matches!(step.via, Via::Computed | Via::Attribute | Via::Output) => {
                let document = self.document(step.span.file)?;
                let text = document.tree.file.slice(step.span);
                let text: String = text.chars().take(60).collect();
                Err(Why::new(format!("`{}` computes it", text.lines().next().unwrap_or(""))))
            }
            Some(step) if step.via == Via::Default => Err(Why::new("it is nowhere written")),
            Some(step) => Ok(step.span),
            None => Err(Why::new("it is not told where the value comes from")),
        }
    }

    /// The node of a place, in the document or in a document of its own for JSON within a string.
    fn node(&self, span: Span, wanted: &dyn Fn(Kind) -> bool) -> Result<(Rc<Document>, NodeId), Why> {
        let document = self.document(span.file)?;
        if let Some(mut id) = document.at(span) {
            loop {
                if wanted(document.kind(id)) {
                    return Ok((document, id));
                }
                let inner = document.tree.child(id, 0).filter(|c| {
                    let node = document.node(*c);
                    (node.start, node.end) == (span.start, span.end)
                });
                match inner {
                    Some(inner) => id = inner,
                    None => return Err(Why::new("an expression computes it")),
                }
            }
        }
        let text = document
            .around(span, |k| matches!(k, Kind::Heredoc | Kind::Template | Kind::Scalar))
            .ok_or_else(|| Why::new("an expression computes it"))?;
        let range = document.node(text);
        let inner = document.slice(text);
        // A heredoc's first and last line are its marker; a quoted string would need its escapes written again.
        let (from, to) = match document.kind(text) {
            Kind::Heredoc => {
                (inner.find('\n').map_or(0, |i| i + 1), inner.trim_end().rfind('\n').unwrap_or(0))
            }
            Kind::Scalar if inner.starts_with(['|', '>']) => {
                (inner.find('\n').map_or(0, |i| i + 1), inner.len())
            }
            _ => return Err(Why::new("it is JSON within a string")),
        };
        let file = Arc::clone(&document.tree.file);
        let tree = syntax::json::parse_range(file, range.start + from as u32, range.start + to as u32);
        if !tree.errors.is_empty() {
            return Err(Why::new("the text around it is no JSON by itself"));
        }
        let inner = Document::of(tree);
        let found = inner.at(span).ok_or_else(|| Why::new("an expression computes it"))?;
        let mut id = found;
        while !wanted(inner.kind(id)) {
            let next = inner.tree.child(id, 0).filter(|c| {
                let node = inner.node(*c);
                (node.start, node.end) == (span.start, span.end)
            });
            id = next.ok_or_else(|| Why::new("an expression computes it"))?;
        }
        Ok((Rc::new(inner), id))
    }

    // References

    /// How HCL says an attribute of an instance, seen from a resource.
    pub(super) fn hcl_name(&self, from: &Resource, reference: &Reference) -> Option<String> {
        let graph = &self.linked.graph;
        let info = graph.store.instance(reference.instance)?;
        let own = from.instance.and_then(|id| graph.store.instance(id));
        if own.is_some_and(|own| own.module != info.module) {
            return None;
        }
        let attribute = match reference.attribute.as_str() {
            "" | "Ref" => "id".to_owned(),
            name => match terraform_schema::get(&info.type_name) {
                Some(schema) if schema.property(name).is_none() => {
                    lower::attribute_for(&info.type_name, &Output::Attribute(name.into()))?.to_string()
                }
                _ => name.to_owned(),
            },
        };
        let data = if info.mode == crate::program::Mode::Data { "data." } else { "" };
        let index = match &info.key {
            crate::eval::InstanceKey::None => String::new(),
            crate::eval::InstanceKey::Index(_) => match self.repeat(from) {
                Some(("count", _)) => "[count.index]".to_owned(),
                Some(_) => return None,
                None => String::new(),
            },
            crate::eval::InstanceKey::Name(_) | crate::eval::InstanceKey::Each => match self.repeat(from) {
                Some(("count", _)) => "[count.index]".to_owned(),
                Some(_) => "[each.key]".to_owned(),
                None => return None,
            },
        };
        Some(format!("{data}{}.{}{index}.{attribute}", info.type_name, info.name))
    }

    /// `count` or `for_each` of a resource's block and its expression's text.
    pub(super) fn repeat(&self, resource: &Resource) -> Option<(&'static str, String)> {
        ["count", "for_each"].into_iter().find_map(|word| {
            let (document, node) = self.argument(resource, word)?;
            let value = document.tree.child(node, 1)?;
            Some((word, document.slice(value).to_owned()))
        })
    }

    /// An attribute of a resource's block in HCL.
    pub(super) fn argument(&self, resource: &Resource, name: &str) -> Option<(Rc<Document>, NodeId)> {
        let (document, block) = self.node(resource.span, &|k| k == Kind::Block).ok()?;
        let body = document.tree.children(block).find(|c| document.kind(*c) == Kind::Body)?;
        let node = document.tree.children(body).find(|c| {
            document.kind(*c) == Kind::Attribute
                && document.tree.child(*c, 0).is_some_and(|n| document.slice(n) == name)
        })?;
        Some((document, node))
    }

    fn data_name(&self, from: &Resource, reference: &Reference) -> Option<Named> {
        if self.dialect() == Dialect::Terraform {
            return self.hcl_name(from, reference).map(Named::Template);
        }
        let info = self.store().instance(reference.instance)?;
        let attribute = reference.attribute.as_str();
        Some(match attribute {
            "" | "Ref" => Named::Ref(info.name),
            _ => Named::Attribute(info.name, attribute.into()),
        })
    }

    // Edits

    fn literal(&self, value: &Value) -> Result<Literal, Why> {
        Literal::of(self.store(), value)
    }

    /// A member becomes part of an object, block or mapping.
    pub(super) fn insert(
        &self,
        target: Target<'_>,
        container: &Value,
        path: &[Str],
        value: &Value,
    ) -> Result<Op, Why> {
        let span = self.written(container.origin)?;
        let wanted = |k| matches!(k, Kind::Block | Kind::Object | Kind::Mapping | Kind::Pair | Kind::Body);
        // Of a resource the whole is meant, not a mapping that holds nothing but it.
        let whole = |k| matches!(k, Kind::Block | Kind::Pair);
        let place = if path.len() == 1 { self.node(span, &whole) } else { self.node(span, &wanted) };
        let (document, mut node) = place.or_else(|_| self.node(span, &wanted))?;
        let key = path.last().cloned().unwrap_or_default();
        let literal = typed(self.literal(value)?, target, path);
        if let Some(name) = lacking(target, path, &literal) {
            let text = path.join(".");
            return Err(Why::new(format!(
                "`{text}` can't be written without `{name}`, which is for a person to say"
            )));
        }
        let names = |reference: &Reference| self.hcl_name(target.resource, reference);
        let data_names = |reference: &Reference| self.data_name(target.resource, reference);
        let op = |edit, node: NodeId| Op {
            file: span.file,
            edit,
            slot: Some((document.node(node).start, key.clone())),
        };
        if document.language() == Language::Hcl {
            if let Some(child) = member(&document, node, &key) {
                // It is written, and says nothing: `x = null`, or a condition's branch.
                return Ok(op(hcl::replace(&document, nothing(&document, child), &literal, &names)?, node));
            }
            let schema = target.schema.map(|schema| (schema, path));
            let block = target.schema.and_then(|s| s.property(&path.join("."))).is_some_and(|a| a.block);
            if block && in_dynamic(&document, node) {
                return Err(Why::new("a `dynamic` block makes what it belongs to"));
            }
            let member = hcl::Member { key: &key, value: &literal, schema, names: &names };
            let edit = hcl::insert(&document, node, &member)?;
            return Ok(op(edit, node));
        }
        if document.kind(node) == Kind::Pair {
            node = document.tree.child(node, 1).ok_or_else(|| Why::new("the resource is damaged"))?;
            node = yaml::untagged(&document.tree, node);
            if self.dialect() == Dialect::CloudFormation {
                match yaml::find(&document.tree, node, "Properties") {
                    Some(properties) => node = properties,
                    None => {
                        let all = Literal::Map(vec![(key.clone(), literal)]);
                        let edit = self.properties(&document, node, all, &data_names)?;
                        return Ok(Op {
                            slot: Some((document.node(node).start, "Properties".into())),
                            ..op(edit, node)
                        });
                    }
                }
            }
        }
        if let Some(old) = yaml::find(&document.tree, node, &key)
            && document.parent(old).is_some_and(|pair| document.parent(pair) == Some(node))
        {
            let edit = data::replace(&document, nothing(&document, old), &literal, &data_names)?;
            return Ok(op(edit, node));
        }
        let edit = data::insert(&document, node, Some(&key), &literal, &data_names)?;
        let empty = document.tree.child(node, 0).is_none();
        let slot = if empty { Str::new() } else { key.clone() };
        Ok(Op { slot: Some((document.node(node).start, slot)), ..op(edit, node) })
    }

    /// An edit as lines to be read: where, and what is written there.
    pub(super) fn shown(&self, op: &Op) -> Option<(String, String)> {
        let document = self.document(op.file).ok()?;
        let edit = &op.edit;
        if edit.text.trim().is_empty() {
            return None;
        }
        let file = &document.tree.file;
        let line = file.position(edit.start as u32).line;
        // What is written within a line is shown with it.
        let within = !edit.text.starts_with(['\n', '\r']) && !document.begins_line(edit.start);
        let text = match within {
            true => {
                let head = document.text().get(document.line_start(edit.start)..edit.start).unwrap_or("");
                let tail = document.text().get(edit.end..document.line_end(edit.end)).unwrap_or("");
                format!("{head}{}{tail}", edit.text)
            }
            false => edit.text.trim_matches([',', '\n', '\r']).to_owned(),
        };
        let lines: Vec<&str> = text.lines().collect();
        let indent = |l: &&str| l.len() - l.trim_start().len();
        let least = lines.iter().filter(|l| !l.trim().is_empty()).map(indent).min().unwrap_or(0);
        let shown = lines.iter().map(|l| format!("\n    {}", l.get(least..).unwrap_or("").trim_end()));
        Some((format!("{}:{line}", file.path.display()), shown.collect()))
    }

    /// The type that a template's resource is declared as: what a transform makes of it has another one.
    pub(super) fn declared_type(&self, of: &Resource) -> Option<Str> {
        if self.dialect() != Dialect::CloudFormation {
            return None;
        }
        let (document, pair) = self.node(of.span, &|k| k == Kind::Pair).ok()?;
        let body = yaml::untagged(&document.tree, document.tree.child(pair, 1)?);
        let value = yaml::find(&document.tree, body, "Type")?;
        Some(yaml::text(&document.tree, value).as_ref().into())
    }

    /// Several members of something that has none yet are written at once.
    pub(super) fn fill(
        &self,
        target: Target<'_>,
        container: &Value,
        path: &[Str],
        entries: &[(Str, Value)],
    ) -> Result<Option<Op>, Why> {
        let span = self.written(container.origin)?;
        let wanted = |k| matches!(k, Kind::Block | Kind::Object | Kind::Mapping | Kind::Pair);
        let whole = |k| matches!(k, Kind::Block | Kind::Pair);
        let place = if path.is_empty() { self.node(span, &whole) } else { self.node(span, &wanted) };
        let (document, mut node) = place.or_else(|_| self.node(span, &wanted))?;
        let mut all = Vec::new();
        for (key, value) in entries {
            let path: Vec<Str> = path.iter().chain([key]).cloned().collect();
            let literal = typed(self.literal(value)?, target, &path);
            if let Some(name) = lacking(target, &path, &literal) {
                let text = path.join(".");
                return Err(Why::new(format!(
                    "`{text}` can't be written without `{name}`, which is for a person to say"
                )));
            }
            all.push((key.clone(), literal));
        }
        let names = |reference: &Reference| self.hcl_name(target.resource, reference);
        let data_names = |reference: &Reference| self.data_name(target.resource, reference);
        let edit = if document.language() == Language::Hcl {
            let schema = target.schema.map(|schema| (schema, path));
            hcl::fill(&document, node, &all, schema, &names)?
        } else {
            let mut missing = None;
            if document.kind(node) == Kind::Pair {
                node = document.tree.child(node, 1).ok_or_else(|| Why::new("the resource is damaged"))?;
                node = yaml::untagged(&document.tree, node);
                if self.dialect() == Dialect::CloudFormation {
                    match yaml::find(&document.tree, node, "Properties") {
                        Some(properties) => node = properties,
                        None => missing = Some("Properties"),
                    }
                }
            }
            match missing {
                Some(_) => Some(self.properties(&document, node, Literal::Map(all), &data_names)?),
                None if document.kind(node) == Kind::Mapping && document.tree.child(node, 0).is_none() => {
                    Some(data::replace(&document, node, &Literal::Map(all), &data_names)?)
                }
                None => None,
            }
        };
        let slot = Some((document.node(node).start, "Properties".into()));
        Ok(edit.map(|edit| Op { file: span.file, edit, slot }))
    }

    /// The properties of a template's resource that has none.
    fn properties(
        &self,
        document: &Document,
        resource: NodeId,
        all: Literal,
        names: data::Names<'_>,
    ) -> Result<Edit, Why> {
        let type_pair = yaml::find(&document.tree, resource, "Type")
            .and_then(|value| document.parent(value))
            .filter(|pair| document.parent(*pair) == Some(resource));
        match type_pair {
            Some(pair) => data::insert_after(document, pair, "Properties", &all, names),
            None => data::insert(document, resource, Some("Properties"), &all, names),
        }
    }

    /// A list gets an element. Where one element stands for a list of one, it becomes a list; a policy document's data
    /// source gets a block.
    pub(super) fn append(&self, target: Target<'_>, list: &Value, value: &Value) -> Result<Op, Why> {
        let span = self.written(list.origin)?;
        let literal = self.literal(value)?;
        if let Some(op) = self.statement_block(span, &literal)? {
            return Ok(op);
        }
        let wanted = |k| matches!(k, Kind::Tuple | Kind::Sequence | Kind::Object | Kind::Mapping);
        let (document, node) = self.node(span, &wanted)?;
        let names = |r: &Reference| self.hcl_name(target.resource, r);
        // A file that is read as it is has no references.
        let plain = self.dialect() == Dialect::Terraform && !self.is_configuration(&document);
        let data_names = |r: &Reference| if plain { None } else { self.data_name(target.resource, r) };
        let edit = match (document.language(), document.kind(node)) {
            (Language::Hcl, Kind::Object) => hcl::listed(&document, node, &literal, &names)?,
            (Language::Hcl, _) => hcl::append(&document, node, &literal, &names)?,
            (_, Kind::Mapping) => data::listed(&document, node, &literal, &data_names)?,
            _ => data::insert(&document, node, None, &literal, &data_names)?,
        };
        // Others that write at its end wait for the next round.
        Ok(Op { file: span.file, edit, slot: Some((document.node(node).start, Str::new())) })
    }

    /// Whether a document is Terraform's own, not a file that it reads.
    fn is_configuration(&self, document: &Document) -> bool {
        let name = document.tree.file.path.to_string_lossy();
        [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| name.ends_with(end))
    }

    /// A statement as a block of the data source that makes the document, if that is what is written there.
    fn statement_block(&self, span: Span, statement: &Literal) -> Result<Option<Op>, Why> {
        let graph = &self.linked.graph;
        let made = |r: &&Resource| r.span == span && r.declared_as == "aws_iam_policy_document";
        let Some(source) = graph.resources.iter().find(made) else { return Ok(None) };
        let (document, block) = self.node(span, &|k| k == Kind::Block)?;
        if document.language() != Language::Hcl {
            return Err(Why::new("the document is made by a data source in JSON"));
        }
        let schema = terraform_schema::get("data.aws_iam_policy_document");
        let path = [Str::from("statement")];
        let value = super::statement::block(statement)?;
        let names = |reference: &Reference| self.hcl_name(source, reference);
        let schema = schema.as_deref().map(|s| (s, path.as_slice()));
        let member = hcl::Member { key: "statement", value: &value, schema, names: &names };
        let edit = hcl::insert(&document, block, &member)?;
        Ok(Some(Op { file: span.file, edit, slot: Some((document.node(block).start, "statement".into())) }))
    }

    /// A value becomes another.
    pub(super) fn replace(
        &self,
        target: Target<'_>,
        old: &Value,
        path: &[Str],
        new: &Value,
    ) -> Result<Op, Why> {
        let literal = typed(self.literal(new)?, target, path);
        let known = |k| {
            matches!(
                k,
                Kind::Number
                    | Kind::Bool
                    | Kind::Null
                    | Kind::Template
                    | Kind::Tuple
                    | Kind::Object
                    | Kind::Scalar
                    | Kind::Mapping
                    | Kind::Sequence
                    | Kind::Heredoc
            )
        };
        let place = match self.written(old.origin).and_then(|span| Ok((span, self.node(span, &known)?))) {
            Ok(place) => place,
            Err(why) => {
                // What an expression computes is replaced as a whole where the resource uses it.
                let step = self.store().origin_step(old.origin).ok_or(why.clone())?;
                let own = target.resource.span.contains(step.span);
                let node = self.node(step.span, &|_| true)?;
                let whole = node.0.parent(node.1).is_some_and(|p| {
                    matches!(node.0.kind(p), Kind::Attribute | Kind::ObjectItem | Kind::Pair)
                });
                // An expression of inputs is how others decide it: it is not overwritten.
                let decides = |id: NodeId| {
                    matches!(node.0.kind(id), Kind::Variable | Kind::Tagged)
                        || node.0.slice(id).contains("Ref\"")
                };
                if !own || !whole || node.0.inside(node.1).any(decides) {
                    return Err(why);
                }
                (step.span, node)
            }
        };
        let (span, (document, node)) = place;
        let node = whole_choice(&document, node, &literal);
        let edit = match document.language() {
            Language::Hcl => hcl::replace(&document, node, &literal, &|r| self.hcl_name(target.resource, r))?,
            _ => data::replace(&document, node, &literal, &|r| self.data_name(target.resource, r))?,
        };
        Ok(Op { file: span.file, edit, slot: None })
    }

    /// A value is taken away.
    pub(super) fn remove(&self, value: &Value) -> Result<Op, Why> {
        let span = self.written(value.origin)?;
        self.remove_at(span)
    }

    /// What stands at a place is taken away.
    pub(super) fn remove_at(&self, span: Span) -> Result<Op, Why> {
        let (document, mut node) = self.node(span, &|_| true)?;
        if let Ok((_, pair)) = self.node(span, &|k| k == Kind::Pair) {
            // A resource that is all that its template has can't go.
            let all = document.parent(pair).map(|p| document.tree.children(p).count());
            let top = self.linked.graph.resources.iter().any(|r| r.span == span);
            if top && all == Some(1) {
                return Err(Why::new("it is the only resource of the template"));
            }
            if top {
                node = pair;
            }
        }
        let edit = match document.language() {
            Language::Hcl if in_dynamic(&document, node) => {
                return Err(Why::new("a `dynamic` block makes it, for every element alike"));
            }
            Language::Hcl => hcl::remove(&document, node)?,
            _ => data::remove(&document, node)?,
        };
        Ok(Op { file: span.file, edit, slot: None })
    }

    /// A Terraform resource beside its owner.
    pub(super) fn companion(
        &self,
        owner: &Resource,
        declared: &str,
        by: &str,
        values: &Value,
    ) -> Result<(Op, Str), Why> {
        let (document, block) = self.node(owner.span, &|k| k == Kind::Block)?;
        let schema = terraform_schema::get(declared);
        let typed_for = Target { resource: owner, schema: schema.as_deref() };
        let literal = typed(self.literal(values)?, typed_for, &[]);
        let Literal::Map(given) = literal else { return Err(Why::new("it has no arguments")) };
        let names = |reference: &Reference| self.hcl_name(owner, reference);
        let instance = owner.instance.ok_or_else(|| Why::new("its owner is not declared here"))?;
        let me = match given.iter().find(|(k, _)| k == by) {
            Some((_, value)) => hcl::expression(value, &names, "  ")?,
            None => names(&Reference { instance, attribute: Str::new() })
                .ok_or_else(|| Why::new("its owner has no name here"))?,
        };
        let mut head = String::new();
        if let Some((word, text)) = self.repeat(owner) {
            head.push_str(&format!("  {word} = {text}\n"));
        }
        if let Some((document, node)) = self.argument(owner, "provider") {
            head.push_str(&format!("  {}\n", document.slice(node)));
        }
        if !head.is_empty() {
            head.push('\n');
        }
        let eol = document.eol;
        let rest: Vec<(Str, Literal)> = given.into_iter().filter(|(k, _)| k != by).collect();
        let path: &[Str] = &[];
        let of = schema.as_deref().map(|s| (s, path));
        let body = hcl::companion_body(by, me, &rest, of, &names)?;
        if let Some(there) = self.declared_for(owner, declared)? {
            return Err(Why::new(format!("`{declared}.{there}` says it, where it is there")));
        }
        let name = self.free_name(owner, declared);
        let text = format!("resource \"{declared}\" \"{name}\" {{\n{head}{body}}}");
        let end = document.line_end(document.node(block).end as usize);
        let text = format!("\n\n{text}").replace('\n', eol);
        let edit = Edit::insert(end, text);
        let slot = Some((document.node(block).start, Str::from(declared)));
        let address = match self.store().instance(instance) {
            Some(info) if !info.module.is_empty() => format!("{}.{declared}.{name}", info.module),
            _ => format!("{declared}.{name}"),
        };
        Ok((Op { file: owner.span.file, edit, slot }, address.into()))
    }

    /// A declaration of a companion's type that names the owner, though it may make no instance.
    fn declared_for(&self, owner: &Resource, declared: &str) -> Result<Option<Str>, Why> {
        let program = &self.linked.program;
        let inside = |m: &&Arc<crate::program::Module>| m.resources.iter().any(|r| r.span == owner.span);
        let Some(module) = program.modules.iter().find(inside) else { return Ok(None) };
        let named = format!("{}.{}", owner.declared_as, owner.name);
        for other in module.resources.iter().filter(|r| r.type_name == declared) {
            let text = self.document(other.span.file)?.tree.file.slice(other.span).to_owned();
            let names = |at: usize| {
                !text.get(at + named.len()..).is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
                })
            };
            if text.match_indices(&named).any(|(at, _)| names(at)) {
                return Ok(Some(other.name.clone()));
            }
        }
        Ok(None)
    }

    /// What is declared, by name: the types.
    fn declared(&self) -> &FxHashMap<Str, Vec<Str>> {
        self.declared.get_or_init(|| {
            let mut out: FxHashMap<Str, Vec<Str>> = FxHashMap::default();
            for resource in self.linked.graph.resources.iter().filter(|r| r.instance.is_some()) {
                let types = out.entry(resource.name.clone()).or_default();
                if !types.contains(&resource.declared_as) {
                    types.push(resource.declared_as.clone());
                }
            }
            out
        })
    }

    /// The owner's name, or one like it that no resource of that type has.
    fn free_name(&self, owner: &Resource, declared: &str) -> String {
        let taken = |name: &str| {
            let named = self.declared().get(name);
            named.is_some_and(|types| types.iter().any(|t| t == declared))
        };
        let mut name = owner.name.to_string();
        let mut n = 2;
        while taken(&name) {
            name = format!("{}_{n}", owner.name);
            n += 1;
        }
        name
    }

    /// A template's resource beside its owner.
    pub(super) fn sibling(
        &self,
        owner: &Resource,
        type_name: &str,
        properties: &Value,
    ) -> Result<(Op, Str), Why> {
        let (document, pair) = self.node(owner.span, &|k| k == Kind::Pair)?;
        let tail = type_name.rsplit("::").next().unwrap_or("");
        let taken = |name: &str| self.declared().contains_key(name);
        let short = tail.strip_prefix("Bucket").filter(|_| owner.name.ends_with("Bucket")).unwrap_or(tail);
        // Logical ids are letters and digits.
        let base: String = owner.name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mut name = format!("{base}{short}");
        let mut n = 2;
        while taken(&name) {
            name = format!("{base}{short}{n}");
            n += 1;
        }
        let mut entries = vec![(Str::from("Type"), Literal::Text(vec![Piece::Text(type_name.into())]))];
        let body = document.tree.child(pair, 1).map(|v| yaml::untagged(&document.tree, v));
        if let Some(condition) = body.and_then(|b| yaml::find(&document.tree, b, "Condition")) {
            let text = yaml::text(&document.tree, condition).into_owned();
            entries.push(("Condition".into(), Literal::Text(vec![Piece::Text(text.into())])));
        }
        entries.push(("Properties".into(), self.literal(properties)?));
        let edit = data::insert_after(&document, pair, &name, &Literal::Map(entries), &|r| {
            self.data_name(owner, r)
        })?;
        let slot = Some((document.node(pair).start, Str::from(type_name)));
        let address = match owner.address.rsplit_once('.') {
            Some((stack, _)) => format!("{stack}.{name}"),
            None => name,
        };
        Ok((Op { file: owner.span.file, edit, slot }, address.into()))
    }
}

/// What is text in the registry and a truth value or number in Terraform, as the schema has it.
fn typed(literal: Literal, target: Target<'_>, path: &[Str]) -> Literal {
    let Some(schema) = target.schema else { return literal };
    match literal {
        // A document where the argument is text.
        Literal::Map(_) | Literal::List(_)
            if matches!(kind_of(schema, path), Some(terraform_schema::Kind::String)) =>
        {
            Literal::Json(Box::new(literal))
        }
        Literal::Map(entries) => Literal::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let path: Vec<Str> = path.iter().cloned().chain([key.clone()]).collect();
                    (key, typed(value, target, &path))
                })
                .collect(),
        ),
        Literal::List(items) => {
            Literal::List(items.into_iter().map(|item| typed(item, target, path)).collect())
        }
        Literal::Text(pieces) => {
            let kind = kind_of(schema, path);
            let text = match pieces.as_slice() {
                [Piece::Text(text)] => text.as_str(),
                _ => "",
            };
            match kind {
                Some(terraform_schema::Kind::Bool) if text == "true" => Literal::Bool(true),
                Some(terraform_schema::Kind::Bool) if text == "false" => Literal::Bool(false),
                Some(terraform_schema::Kind::Number) if text.parse::<i64>().is_ok() => {
                    Literal::Number(text.to_owned())
                }
                _ => Literal::Text(pieces),
            }
        }
        other => other,
    }
}

fn kind_of<'s>(schema: &'s terraform_schema::Resource, path: &[Str]) -> Option<&'s terraform_schema::Kind> {
    schema.property(&path.join(".")).map(|a| &a.kind)
}

/// Why a file is not to be edited: something else makes it.
fn generated(root: &Root, dialect: Dialect, path: &Path) -> Option<&'static str> {
    if root.kind == RootKind::Assembly {
        return Some("is generated by a CDK app: change the app");
    }
    if root.kind == RootKind::Document && dialect == Dialect::Terraform {
        return Some("is a plan: change the configuration that it was made from");
    }
    let installed = path.components().any(|c| c.as_os_str() == ".terraform");
    installed.then_some("belongs to an installed module: change the module where it comes from")
}

/// What must be said inside of something new, and is not.
fn lacking(target: Target<'_>, path: &[Str], literal: &Literal) -> Option<Str> {
    match literal {
        Literal::List(items) => items.iter().find_map(|item| lacking(target, path, item)),
        Literal::Map(entries) => {
            let required: Vec<Str> = match target.schema {
                Some(schema) => {
                    let of = schema.property(&path.join(".")).and_then(|a| a.kind.object());
                    let fields = of.map(|id| schema.object(id)).unwrap_or_default();
                    fields.iter().filter(|f| f.required).map(|f| f.name.clone()).collect()
                }
                None => required(&target.resource.type_name, path),
            };
            let missing = required.into_iter().find(|name| !entries.iter().any(|(key, _)| key == name));
            missing.or_else(|| {
                entries.iter().find_map(|(key, value)| {
                    let path: Vec<Str> = path.iter().cloned().chain([key.clone()]).collect();
                    lacking(target, &path, value)
                })
            })
        }
        _ => None,
    }
}

/// The required members of an object of a registry type.
fn required(type_name: &str, path: &[Str]) -> Vec<Str> {
    let Some(of) = registry::get(type_name) else { return Vec::new() };
    let mut shape = ShapeId(0);
    for name in path {
        let Some(field) = of.field(shape, name) else { return Vec::new() };
        shape = field.shape;
        if let Some(Shape::List { items, .. }) = of.shape(shape) {
            shape = *items;
        }
    }
    match of.shape(shape) {
        Some(Shape::Object(fields)) => fields.iter().filter(|f| f.required).map(|f| f.name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Whether a node is written in a `dynamic` block, or is one.
fn in_dynamic(document: &Document, node: NodeId) -> bool {
    let mut at = Some(node);
    while let Some(id) = at {
        if document.kind(id) == Kind::Block
            && document.tree.child(id, 0).is_some_and(|n| document.slice(n) == "dynamic")
        {
            return true;
        }
        at = document.parent(id);
    }
    false
}

/// What is written under a name in a block, body or object of HCL.
fn member(document: &Document, container: NodeId, key: &str) -> Option<NodeId> {
    let inside = match document.kind(container) {
        Kind::Block => document.tree.children(container).find(|c| document.kind(*c) == Kind::Body)?,
        _ => container,
    };
    document
        .tree
        .children(inside)
        .filter(|c| matches!(document.kind(*c), Kind::Attribute | Kind::ObjectItem))
        .find(|c| document.tree.child(*c, 0).is_some_and(|n| document.slice(n).trim_matches('"') == key))
        .and_then(|c| document.tree.child(c, 1))
}

/// Of a written value that says nothing, the part that says so: the branch of a condition, else all of it.
fn nothing(document: &Document, node: NodeId) -> NodeId {
    if document.kind(node) == Kind::Conditional {
        let null: Vec<NodeId> =
            document.tree.children(node).skip(1).filter(|c| document.kind(*c) == Kind::Null).collect();
        if let [only] = null.as_slice() {
            return *only;
        }
    }
    let branches = match document.kind(node) {
        Kind::Tagged if yaml::tag(&document.tree, node).is_some_and(|(t, ..)| t == "!If") => {
            document.tree.child(node, 1)
        }
        Kind::Mapping => yaml::find(&document.tree, node, "Fn::If"),
        _ => None,
    };
    let no_value = |node: &NodeId| {
        let text = document.slice(*node);
        text.len() < 60 && text.contains("AWS::NoValue")
    };
    if let Some(branches) = branches {
        let none: Vec<NodeId> = document.tree.children(branches).skip(1).filter(no_value).collect();
        if let [only] = none.as_slice() {
            return *only;
        }
    }
    node
}

/// Of a branch of a condition whose other branch says the same already, the condition.
fn whole_choice(document: &Document, node: NodeId, literal: &Literal) -> NodeId {
    let says = |other: NodeId| {
        let text = document.slice(other).trim_matches(['"', '\'']);
        match literal {
            Literal::Bool(b) => text == b.to_string(),
            Literal::Number(n) => text == n,
            Literal::Text(pieces) => matches!(pieces.as_slice(), [Piece::Text(t)] if text == t.as_str()),
            _ => false,
        }
    };
    let Some(parent) = document.parent(node) else { return node };
    let (branches, whole) = match document.kind(parent) {
        Kind::Conditional => (document.tree.children(parent).skip(1).collect::<Vec<_>>(), Some(parent)),
        Kind::Sequence => {
            let holder = document.parent(parent);
            let whole = holder.and_then(|h| match document.kind(h) {
                Kind::Tagged => document.tree.child(h, 0).filter(|t| document.slice(*t) == "!If").map(|_| h),
                Kind::Pair => document
                    .tree
                    .child(h, 0)
                    .filter(|k| document.slice(*k).trim_matches('"') == "Fn::If")
                    .and_then(|_| document.parent(h)),
                _ => None,
            });
            (document.tree.children(parent).skip(1).collect(), whole)
        }
        _ => return node,
    };
    match whole {
        Some(whole) if branches.contains(&node) && branches.iter().all(|b| *b == node || says(*b)) => whole,
        _ => node,
    }
}

/// A resource and its schema, held together.
pub(super) struct Held<'t> {
    resource: &'t Resource,
    schema: Option<Arc<terraform_schema::Resource>>,
}

impl<'t> Held<'t> {
    pub(super) fn new(resource: &'t Resource) -> Self {
        let terraform = !resource.declared_as.contains("::");
        let schema = if terraform { terraform_schema::get(&resource.declared_as) } else { None };
        Held { resource, schema }
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target { resource: self.resource, schema: self.schema.as_deref() }
    }
}

/// A resource of the graph.
pub(super) fn resource(linked: &Linked, id: ResourceId) -> Result<&Resource, Why> {
    linked.graph.resource(id).ok_or_else(|| Why::new("the resource is gone"))
}

/// Whether a value says nothing.
pub(super) fn unset(value: &Value) -> bool {
    matches!(value.data, Data::Absent | Data::Null)
}
