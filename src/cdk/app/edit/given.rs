//! What a prop is given in the source: an expression that may be replaced, or one that is computed and is not.

use tree_sitter::Node;

use crate::source::Edit;

use super::code::{Code, Family, No, Piece, because, children};
use super::table::Term;

/// How deep inside of an expression it is looked at.
const MAX_DEPTH: usize = 24;

/// Whether a node only stands around an expression: parentheses, and casts in TypeScript.
fn only_wraps(kind: &str) -> bool {
    matches!(
        kind,
        "as_expression" | "satisfies_expression" | "parenthesized_expression" | "non_null_expression"
    )
}

/// An expression without the parentheses and casts around it.
pub(super) fn unwrapped(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while only_wraps(node.kind()) {
        match node.named_child(0) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// An expression with the parentheses and casts around it.
pub(super) fn wrapped(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while let Some(parent) = node.parent().filter(|p| only_wraps(p.kind())) {
        node = parent;
    }
    node
}

/// Puts another value in the place of what a prop is given, unless that is computed.
pub(super) fn replace(
    code: &Code<'_>,
    old: Node<'_>,
    name: &str,
    value: &Term,
    module: &str,
) -> Result<Vec<Piece>, No> {
    let inner = unwrapped(old);
    let mut pieces = Vec::new();
    let text = code.term(value, module, &mut pieces)?;
    if code.slice(old) == text || code.slice(inner) == text {
        return Err(No::Already);
    }
    if !is_constant(code, inner, 0) {
        let shown: String = code.slice(old).chars().take(60).collect();
        return because(format!("`{name}` is computed: `{}`", shown.lines().next().unwrap_or("")));
    }
    pieces.push(Piece { edit: Edit::new(old.byte_range(), text), slot: None });
    Ok(pieces)
}

/// Whether an expression says the same wherever it is evaluated: literals, members of enumerations, calls with such.
fn is_constant(code: &Code<'_>, node: Node<'_>, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let all = |node: Node<'_>| children(node).into_iter().all(|n| is_constant(code, n, depth + 1));
    let field = |node: Node<'_>, field| {
        node.child_by_field_name(field).is_some_and(|value| is_constant(code, value, depth + 1))
    };
    match node.kind() {
        "true" | "false" | "null" | "undefined" | "none" | "number" | "integer" | "float" => true,
        "string" => !children(node).iter().any(|n| n.kind() == "interpolation"),
        "identifier" => code.family != Family::Python && code.slice(node) == "undefined",
        "member_expression" | "attribute" => {
            // `s3.BucketEncryption.KMS`: a class among the names
            let text = code.slice(node);
            !text.contains(['(', '[', '?', '!'])
                && text.rsplit('.').nth(1).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
        }
        "array" | "arguments" | "unary_expression" | "list" | "argument_list" | "unary_operator" => all(node),
        "object" | "dictionary" => {
            children(node).into_iter().all(|member| member.kind() == "pair" && field(member, "value"))
        }
        "keyword_argument" => field(node, "value"),
        "call_expression" | "new_expression" | "call" => {
            let callee = node.child_by_field_name("function").or(node.child_by_field_name("constructor"));
            let named = callee.is_some_and(|c| {
                let text = code.slice(c);
                !text.contains(['(', '['])
                    && text.split('.').any(|n| n.starts_with(|c: char| c.is_ascii_uppercase()))
            });
            named && node.child_by_field_name("arguments").is_none_or(all)
        }
        _ => false,
    }
}
