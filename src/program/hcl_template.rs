//! Templates of HCL as expressions; what their text means (escapes, trim markers, indentation) is the tree's business.

use crate::source::Span;
use crate::syntax::{Kind, NodeId, TemplatePiece, Tree};

use super::expr::{Expr, ExprKind, TemplatePart};
use super::hcl::{Names, Reader, damaged};

impl<N: Names> Reader<'_, N> {
    /// Reads a quoted string or heredoc. One that is a single interpolation is that expression.
    pub(super) fn template(&mut self, id: NodeId) -> Expr {
        let tree = self.tree;
        let span = self.span(id);
        if let Some(text) = plain(tree, id) {
            return Expr::string(text, span);
        }
        if !tree.errors.is_empty() && is_damaged(tree, id) {
            return damaged(span);
        }
        let mut pieces = tree.template_pieces(id);
        if self.map.is_some() && tree.kind(id) == Kind::Heredoc {
            strip_final_newline(&mut pieces);
        }
        match pieces.as_mut_slice() {
            [] => Expr::string("", span),
            [TemplatePiece::Text(text, _)] => Expr::string(std::mem::take(text), span),
            [TemplatePiece::Interpolation(inner)] => Expr { span, ..self.expr(*inner) },
            _ => {
                let parts = self.parts(pieces);
                Expr::new(ExprKind::Template(parts), span)
            }
        }
    }

    fn parts(&mut self, pieces: Vec<TemplatePiece>) -> Vec<TemplatePart> {
        pieces.into_iter().map(|piece| self.part(piece)).collect()
    }

    fn part(&mut self, piece: TemplatePiece) -> TemplatePart {
        match piece {
            TemplatePiece::Text(text, span) => TemplatePart::Text(text, self.real(span)),
            TemplatePiece::Interpolation(inner) => TemplatePart::Interpolation(self.expr(inner)),
            TemplatePiece::If { condition, yes, no, .. } => {
                let condition = Box::new(self.expr(condition));
                let yes = self.nested_parts(yes);
                TemplatePart::If(condition, yes, self.nested_parts(no))
            }
            TemplatePiece::For { key, value, collection, body, .. } => {
                let tree = self.tree;
                let key = key.map(|n| crate::Str::from(tree.text(n)));
                let value = crate::Str::from(tree.text(value));
                let collection = self.expr(collection);
                let names = key.iter().chain([&value]).cloned().collect::<Vec<_>>();
                let body = self.with_bound(names, |reader| reader.nested_parts(body));
                TemplatePart::For(Box::new((key, value, collection)), body)
            }
        }
    }

    /// The parts of a directive's body; directives count as levels of nesting.
    fn nested_parts(&mut self, pieces: Vec<TemplatePiece>) -> Vec<TemplatePart> {
        match self.enter() {
            true => {
                let parts = self.parts(pieces);
                self.leave();
                parts
            }
            false => vec![TemplatePart::Interpolation(damaged(self.span(self.tree.root())))],
        }
    }

    fn real(&self, span: Span) -> Span {
        self.map.as_ref().map_or(span, |map| map.map(span))
    }
}

/// The usual case, without a detour: a quoted string with nothing special in it.
fn plain(tree: &Tree, id: NodeId) -> Option<&str> {
    if tree.kind(id) != Kind::Template {
        return None;
    }
    let mut children = tree.children(id);
    let text = match (children.next(), children.next()) {
        (None, _) => return Some(""),
        (Some(only), None) if tree.kind(only) == Kind::TemplateText => tree.text(only),
        _ => return None,
    };
    let special = text.bytes().any(|b| matches!(b, b'\\' | b'$' | b'%'));
    if special { None } else { Some(text) }
}

/// Whether a part of a template could not be parsed.
fn is_damaged(tree: &Tree, id: NodeId) -> bool {
    let end = tree.node(id).next;
    (id.0 + 1..end).map(NodeId).any(|n| match tree.kind(n) {
        Kind::Error => true,
        Kind::Interpolation | Kind::TemplateIf | Kind::TemplateFor => tree.child(n, 0).is_none(),
        _ => false,
    })
}

/// Text that was wrapped into a heredoc to be parsed: the last line end is not its own.
fn strip_final_newline(pieces: &mut Vec<TemplatePiece>) {
    if let Some(TemplatePiece::Text(text, _)) = pieces.last_mut()
        && text.ends_with('\n')
    {
        text.pop();
        if text.is_empty() {
            pieces.pop();
        }
    }
}
