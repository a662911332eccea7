//! What a new element of a list writes: of a tuple or sequence, of a value that stands for a list of one, of a policy
//! document's data source.

use crate::Str;
use crate::eval::{Reference, Value};
use crate::model::Resource;
use crate::model::terraform_schema;
use crate::program::Dialect;
use crate::source::Span;
use crate::syntax::{Kind, Language};

use super::super::data;
use super::super::document::Document;
use super::super::hcl;
use super::super::literal::Literal;
use super::super::statement;
use super::super::why::Why;
use super::{Op, Target, Writer};

impl Writer<'_> {
    /// A list gets an element. Where one element stands for a list of one, it becomes a list; a policy document's data
    /// source gets a block.
    pub(in crate::fix) fn append(&self, target: Target<'_>, list: &Value, value: &Value) -> Result<Op, Why> {
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
    fn statement_block(&self, span: Span, given: &Literal) -> Result<Option<Op>, Why> {
        let graph = &self.linked.graph;
        let made = |r: &&Resource| r.span == span && r.declared_as == "aws_iam_policy_document";
        let Some(source) = graph.resources.iter().find(made) else { return Ok(None) };
        let (document, block) = self.node(span, &|k| k == Kind::Block)?;
        if document.language() != Language::Hcl {
            return Err(Why::new("the document is made by a data source in JSON"));
        }
        let schema = terraform_schema::get("data.aws_iam_policy_document");
        let path = [Str::from("statement")];
        let value = statement::block(given)?;
        let names = |reference: &Reference| self.hcl_name(source, reference);
        let schema = schema.as_deref().map(|s| (s, path.as_slice()));
        let member = hcl::Member { key: "statement", value: &value, schema, names: &names };
        let edit = hcl::insert(&document, block, &member)?;
        Ok(Some(Op { file: span.file, edit, slot: Some((document.node(block).start, "statement".into())) }))
    }
}
