//! What is read of an edit, and of a resource as it is declared.

use crate::Str;
use crate::model::Resource;
use crate::program::Dialect;
use crate::syntax::{Kind, yaml};

use super::{Op, Writer};

impl Writer<'_> {
    /// An edit as lines to be read: where, and what is written there.
    pub(in crate::fix) fn shown(&self, op: &Op) -> Option<(String, String)> {
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
    pub(in crate::fix) fn declared_type(&self, of: &Resource) -> Option<Str> {
        if self.dialect() != Dialect::CloudFormation {
            return None;
        }
        let (document, pair) = self.node(of.span, &|k| k == Kind::Pair).ok()?;
        let body = yaml::untagged(&document.tree, document.tree.child(pair, 1)?);
        let value = yaml::find(&document.tree, body, "Type")?;
        Some(yaml::text(&document.tree, value).as_ref().into())
    }
}
