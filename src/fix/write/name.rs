//! How source says an attribute of an instance, seen from a resource.

use std::rc::Rc;

use crate::eval::Reference;
use crate::model::Resource;
use crate::model::lower::{self, Output};
use crate::model::terraform_schema;
use crate::program::Dialect;
use crate::syntax::{Kind, NodeId};

use super::super::data::Named;
use super::super::document::Document;
use super::Writer;

impl Writer<'_> {
    /// How HCL says an attribute of an instance, seen from a resource.
    pub(in crate::fix) fn hcl_name(&self, from: &Resource, reference: &Reference) -> Option<String> {
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

    pub(super) fn data_name(&self, from: &Resource, reference: &Reference) -> Option<Named> {
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
}
