//! What reading a template carries along: the tree, the names, the variables of `Fn::ForEach`, budgets, diagnostics.

use std::borrow::Cow;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::Str;
use crate::program::{Expr, ExprKind};
use crate::source::{Diagnostic, Loader, Span};
use crate::syntax::{Kind, NodeId, Tree, yaml};

use super::exports::Exports;
use super::names::{Names, closest};

/// How deep expressions may nest.
pub(super) const MAX_DEPTH: usize = 200;

/// How many nodes may be read more than once: by `Fn::ForEach`, by variables of `Fn::Sub` that are used many times.
pub(super) const MAX_REPEATED: usize = 200_000;

/// After so many "did you mean"s nobody reads on, and looking for them costs time.
const MAX_GUESSES: usize = 50;

/// Reads the expressions of one template.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    pub(super) tree: &'t Tree,
    pub(super) names: Names,
    /// What the user supplies for parameters: loops run over it.
    pub(super) given: Option<&'t IndexMap<Str, Expr>>,
    /// Who exports what this template imports.
    pub(super) exports: Option<&'t Exports>,
    /// The templates that something is imported from, by the name of their file.
    pub(super) imports: IndexMap<Str, PathBuf>,
    /// Reads included files.
    pub(super) loader: Option<&'t Loader>,
    /// How many included files are around.
    pub(super) includes: usize,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The variables of the loops around: name and current value.
    pub(super) bound: Vec<(Str, Str)>,
    /// `{Condition: NAME}` means a condition here.
    pub(super) in_condition: bool,
    pub(super) depth: usize,
    repeated: usize,
    too_deep: bool,
    guesses: usize,
    told_macro: bool,
    /// The language extensions whose transform was missed.
    told_extensions: Vec<String>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(tree: &'t Tree, names: Names) -> Self {
        Reader {
            tree,
            names,
            given: None,
            exports: None,
            imports: IndexMap::new(),
            loader: None,
            includes: 0,
            diagnostics: Vec::new(),
            bound: Vec::new(),
            in_condition: false,
            depth: 0,
            repeated: 0,
            too_deep: false,
            guesses: 0,
            told_macro: false,
            told_extensions: Vec::new(),
        }
    }

    pub(super) fn span(&self, node: NodeId) -> Span {
        self.tree.span(node)
    }

    pub(super) fn warn(&mut self, code: &'static str, message: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::warning(code, message, span));
    }

    /// Something that could not be read; the reason has been reported.
    pub(super) fn unknown(&self, reason: impl Into<Str>, span: Span) -> Expr {
        Expr::new(ExprKind::Unknown(reason.into()), span)
    }

    /// Reports a malformed function and returns the unknown that it is.
    pub(super) fn malformed(&mut self, message: String, span: Span) -> Expr {
        let unknown = self.unknown(message.as_str(), span);
        if !self.names.open {
            self.warn("malformed-intrinsic", message, span);
        }
        unknown
    }

    /// Says, once a template, that a macro makes something that can't be known.
    pub(super) fn macro_value(&mut self, span: Span) {
        if !std::mem::replace(&mut self.told_macro, true) {
            self.diagnostics.push(
                Diagnostic::warning(
                    "macro",
                    "what the macro of `Fn::Transform` makes here is not known",
                    span,
                )
                .with_help("run the check on the template that CloudFormation makes of this one"),
            );
        }
    }

    /// Notes that something of the language extensions is used: without their transform CloudFormation refuses it. It is
    /// read all the same, since what it means is plain. Said once a template for each of them.
    pub(super) fn extension(&mut self, what: &str, span: Span) {
        if self.names.extended || self.names.open || self.told_extensions.iter().any(|told| told == what) {
            return;
        }
        self.told_extensions.push(what.to_owned());
        self.diagnostics.push(
            Diagnostic::warning(
                "missing-transform",
                format!("CloudFormation refuses {what} in a template without the language extensions"),
                span,
            )
            .with_help("add `Transform: AWS::LanguageExtensions` to the template"),
        );
    }

    /// Reports a name that nothing declares, with the nearest one that is declared.
    pub(super) fn undeclared(
        &mut self,
        message: String,
        name: &str,
        candidates: impl for<'n> FnOnce(&'n Names) -> Vec<&'n str>,
        span: Span,
    ) {
        let mut diagnostic = Diagnostic::warning("undeclared-reference", message, span);
        if self.guesses < MAX_GUESSES {
            self.guesses += 1;
            if let Some(near) = closest(name, candidates(&self.names)) {
                diagnostic = diagnostic.with_help(format!("did you mean `{near}`?"));
            }
        }
        self.diagnostics.push(diagnostic);
    }

    /// Counts nodes that are read again; false once there are too many.
    pub(super) fn repeat(&mut self, nodes: usize, span: Span) -> bool {
        let before = self.repeated;
        self.repeated = before.saturating_add(nodes);
        if self.repeated <= MAX_REPEATED {
            return true;
        }
        if before <= MAX_REPEATED {
            self.diagnostics.push(
                Diagnostic::error(
                    "expansion-budget",
                    format!(
                        "`Fn::ForEach` and `Fn::Sub` repeat more than {MAX_REPEATED} nodes in this template"
                    ),
                    span,
                )
                .with_help("the rest of the repetitions is left out"),
            );
        }
        false
    }

    /// Enters one level; false (and a diagnostic, once) if that is too deep.
    pub(super) fn enter(&mut self, span: Span) -> bool {
        if self.depth >= MAX_DEPTH {
            if !std::mem::replace(&mut self.too_deep, true) {
                self.diagnostics.push(Diagnostic::error(
                    "nesting-limit",
                    format!("nested deeper than {MAX_DEPTH} levels"),
                    span,
                ));
            }
            return false;
        }
        self.depth += 1;
        true
    }

    /// The text of a node whose text is settled without evaluation: a scalar, or `Ref`, `Fn::Sub` and `Fn::Join` of the
    /// loops' variables. That is what the language extensions accept where a name is wanted.
    pub(super) fn fixed(&self, node: NodeId) -> Option<Cow<'t, str>> {
        self.fixed_at(node, 0)
    }

    fn fixed_at(&self, node: NodeId, depth: usize) -> Option<Cow<'t, str>> {
        let tree = self.tree;
        let node = yaml::resolve(tree, node);
        if depth > 8 {
            return None;
        }
        let (function, value) = match yaml::tag(tree, node).filter(|_| yaml::untagged(tree, node) == node) {
            Some((tag, _, value)) => (Cow::Borrowed(tag.trim_start_matches('!')), value),
            None => {
                let inner = yaml::untagged(tree, node);
                match tree.kind(inner) {
                    Kind::Scalar => return Some(self.text(inner)),
                    Kind::Mapping => match yaml::entries(tree, inner).as_slice() {
                        [only] => {
                            let key = only.key.strip_prefix("Fn::").unwrap_or(&only.key);
                            (Cow::Owned(key.to_owned()), only.value)
                        }
                        _ => return None,
                    },
                    _ => return None,
                }
            }
        };
        match function.as_ref() {
            "Ref" => {
                let name = self.fixed_at(value, depth + 1)?;
                let (_, value) = self.bound.iter().rev().find(|(bound, _)| bound.as_str() == name)?;
                Some(Cow::Owned(value.to_string()))
            }
            "Sub" => {
                let inner = yaml::untagged(tree, value);
                if tree.kind(inner) != Kind::Scalar {
                    return None;
                }
                let text = self.text(inner);
                (!text.contains("${")).then_some(text)
            }
            "Join" => {
                let parts: Vec<NodeId> = yaml::items(tree, value).collect();
                let &[delimiter, list] = parts.as_slice() else { return None };
                let delimiter = self.fixed_at(delimiter, depth + 1)?;
                let items = yaml::items(tree, list).map(|item| self.fixed_at(item, depth + 1));
                Some(Cow::Owned(items.collect::<Option<Vec<_>>>()?.join(&delimiter)))
            }
            _ => None,
        }
    }

    /// A scalar's text with the loops' variables put in.
    pub(super) fn text(&self, node: NodeId) -> Cow<'t, str> {
        let text = yaml::text(self.tree, node);
        if self.bound.is_empty() { text } else { Cow::Owned(self.substitute(&text)) }
    }

    /// Puts the loops' variables into a text: `${Name}` and `&{Name}`.
    pub(super) fn substitute(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, value) in &self.bound {
            if !out.contains('{') {
                break;
            }
            let alphanumeric: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            out = out.replace(&format!("${{{name}}}"), value).replace(&format!("&{{{name}}}"), &alphanumeric);
        }
        out
    }
}
