//! What a new resource beside its owner writes: a block of Terraform, an entry of a template.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::eval::{Reference, Value};
use crate::model::Resource;
use crate::model::terraform_schema;
use crate::source::Edit;
use crate::syntax::{Kind, yaml};

use super::super::data;
use super::super::hcl;
use super::super::literal::{Literal, Piece};
use super::super::why::Why;
use super::typed::typed;
use super::{Op, Target, Writer};

impl Writer<'_> {
    /// A Terraform resource beside its owner.
    pub(in crate::fix) fn companion(
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
    pub(in crate::fix) fn sibling(
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
