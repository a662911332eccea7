//! Suppressions in the metadata of templates.

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, NodeId, flags};

use super::{Scanner, Suppression, Tool};

const METADATA_HELP: &str = "write `ignore: [{ policy: s3-public-acl, reason: why it is fine here }]`";

impl Scanner<'_, '_> {
    pub(super) fn top(&self) -> Option<NodeId> {
        let document = self.tree.children(self.tree.root()).next()?;
        let value =
            if self.tree.kind(document) == Kind::Document { self.tree.child(document, 0)? } else { document };
        (self.tree.kind(value) == Kind::Mapping).then_some(value)
    }

    /// The value of a key in a mapping.
    pub(super) fn pair(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        if self.tree.kind(mapping) != Kind::Mapping {
            return None;
        }
        self.tree.children(mapping).find_map(|pair| {
            let name = self.tree.child(pair, 0)?;
            (self.scalar(name)? == key).then(|| self.tree.child(pair, 1))?
        })
    }

    /// The text of a scalar, escapes of JSON strings decoded.
    fn scalar(&self, id: NodeId) -> Option<String> {
        let node = self.tree.node(id);
        if node.kind != Kind::Scalar {
            return None;
        }
        let text = self.tree.text(id);
        if node.flags & flags::DOUBLE_QUOTED != 0 {
            return Some(serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches('"').to_owned()));
        }
        if node.flags & flags::SINGLE_QUOTED != 0 {
            return Some(text.trim_matches('\'').replace("''", "'"));
        }
        let text = text.trim_start_matches(['|', '>', '-', '+']);
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub(super) fn metadata(&mut self) {
        let Some(top) = self.top() else { return };
        let whole = self.span(0, self.text.len());
        if let Some(metadata) = self.pair(top, "Metadata") {
            self.metadata_of(metadata, whole);
        }
        let Some(resources) = self.pair(top, "Resources") else { return };
        let resources: Vec<NodeId> = self.tree.children(resources).collect();
        for resource in resources {
            let Some(body) = self.tree.child(resource, 1) else { continue };
            if let Some(metadata) = self.pair(body, "Metadata") {
                self.metadata_of(metadata, self.tree.span(resource));
            }
        }
    }

    fn metadata_of(&mut self, metadata: NodeId, scope: Span) {
        if let Some(own) = self.pair(metadata, "masugata") {
            match self.pair(own, "ignore") {
                Some(list) => self.own_metadata(list, scope),
                None => {
                    let message = "`masugata` metadata has no `ignore`";
                    let span = self.tree.span(own);
                    self.diagnostics
                        .push(Diagnostic::warning("bad-suppression", message, span).with_help(METADATA_HELP));
                }
            }
        }
        if !self.compat {
            return;
        }
        for (tool, list) in [
            ("checkov", &["skip"][..]),
            ("cfn-lint", &["config", "ignore_checks"]),
            ("cfn_nag", &["rules_to_suppress"]),
            ("cdk_nag", &["rules_to_suppress"]),
            ("guard", &["SuppressedRules"]),
        ] {
            let Some(mut node) = self.pair(metadata, tool) else { continue };
            let found = list.iter().all(|step| match self.pair(node, step) {
                Some(next) => {
                    node = next;
                    true
                }
                None => false,
            });
            if found {
                self.tool_metadata(node, scope);
            }
        }
    }

    /// A list of ids, or of `{ id, reason }` (`comment` for checkov).
    fn tool_metadata(&mut self, list: NodeId, scope: Span) {
        if self.tree.kind(list) != Kind::Sequence {
            return;
        }
        let items: Vec<NodeId> = self.tree.children(list).collect();
        for item in items {
            let (id, reason) = match self.tree.kind(item) {
                Kind::Mapping => {
                    (self.pair(item, "id"), self.pair(item, "reason").or_else(|| self.pair(item, "comment")))
                }
                _ => (Some(item), None),
            };
            let Some((id, text)) = id.and_then(|id| Some((id, self.scalar(id)?))) else { continue };
            let ids = vec![(Str::from(text), self.tree.span(id))];
            let mut suppression = Suppression::new(Tool::Other, ids, scope, self.tree.span(item));
            suppression.reason = reason.and_then(|r| self.scalar(r)).map(Str::from).filter(|r| !r.is_empty());
            let applies = self.pair(item, "applies_to").or_else(|| self.pair(item, "appliesTo"));
            if let Some(applies) = applies.filter(|a| self.tree.kind(*a) == Kind::Sequence) {
                // `Action::s3:*`, `Resource::arn:aws:s3:::logs/*`; a regular expression is an object and covers nothing
                let texts = self.tree.children(applies).map(|text| self.scalar(text).unwrap_or_default());
                let texts = texts.map(|text| match text.split_once("::") {
                    Some(("Action" | "Resource" | "Policy", what)) => Str::from(what),
                    _ => Str::from(text),
                });
                suppression.texts = texts.collect();
            }
            self.out.push(suppression);
        }
    }

    fn own_metadata(&mut self, list: NodeId, scope: Span) {
        let items: Vec<NodeId> = match self.tree.kind(list) {
            Kind::Sequence => self.tree.children(list).collect(),
            _ => vec![list],
        };
        for item in items {
            let span = self.tree.span(item);
            let mut ids = Vec::new();
            if let Some(policy) = self.pair(item, "policy").or_else(|| self.pair(item, "policies")) {
                let named: Vec<NodeId> = match self.tree.kind(policy) {
                    Kind::Sequence => self.tree.children(policy).collect(),
                    _ => vec![policy],
                };
                for id in named {
                    ids.extend(self.scalar(id).map(|text| (Str::from(text), self.tree.span(id))));
                }
            } else if let Some(text) = self.scalar(item) {
                ids.push((Str::from(text), span));
            }
            if ids.is_empty() {
                let message = "the suppression names no policies";
                self.diagnostics
                    .push(Diagnostic::warning("bad-suppression", message, span).with_help(METADATA_HELP));
                continue;
            }
            let text_of = |key: &str| {
                self.pair(item, key).and_then(|r| self.scalar(r)).map(Str::from).filter(|r| !r.is_empty())
            };
            let (reason, until) = (text_of("reason"), text_of("until"));
            let mut suppression = Suppression::new(Tool::Masugata, ids, scope, span);
            suppression.reason = reason;
            suppression.until = until;
            self.out.push(suppression);
        }
    }
}
