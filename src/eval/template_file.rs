//! Template files and template strings (`templatefile`, `templatestring`), parsed when they are asked for.

use std::sync::Arc;

use crate::Str;
use crate::program::hcl::{Reader, Traversal};
use crate::program::{ExprKind, Literal, Root, TemplatePart};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::syntax;

/// What the text is wrapped in to be read as a template.
const MARKER: &str = "MASUGATA_TEMPLATE";

/// Reads a text as a template whose names are all bound by the call.
pub(super) fn parse(sources: &Sources, path: Option<&str>, text: &str) -> Result<Vec<TemplatePart>, Str> {
    if !text.contains("${") && !text.contains("%{") && !text.contains("$${") {
        return Ok(vec![TemplatePart::Text(Str::from(text), Span::new(FileId(0), 0, 0))]);
    }
    let wrapped = format!("<<{MARKER}\n{text}\n{MARKER}\n");
    let name = path.map_or_else(|| "<template>".to_owned(), |p| format!("{p} (template)"));
    let file: Arc<SourceFile> = sources.add(name, wrapped);
    let tree = syntax::hcl::parse_expression(file, 0, u32::MAX);
    if let Some(error) = tree.errors.first() {
        return Err(Str::from(format!("the template is not valid: {}", error.message)));
    }
    let mut reader = Reader::new(&tree, |t: Traversal<'_>| (Root::Bound(Str::from(t.name)), 0usize));
    let Some(node) = tree.child(tree.root(), 0) else { return Ok(Vec::new()) };
    let expr = reader.expr(node);
    let span = expr.span;
    let mut parts = match expr.kind {
        ExprKind::Template(parts) => parts,
        ExprKind::Literal(Literal::String(text)) => vec![TemplatePart::Text(text, span)],
        kind => vec![TemplatePart::Interpolation(crate::program::Expr::new(kind, span))],
    };
    // The line end before the closing marker is not the text's own.
    if let Some(TemplatePart::Text(text, _)) = parts.last_mut()
        && text.ends_with('\n')
    {
        text.pop();
    }
    Ok(parts)
}
