//! Statements of policy documents as blocks of an `aws_iam_policy_document` data source.
//!
//! Terraform AWS provider documentation, "Data Source: aws_iam_policy_document".

use crate::Str;

use super::literal::{Literal, Piece};
use super::why::Why;

/// The arguments of a `statement` block that says a statement.
pub(super) fn block(statement: &Literal) -> Result<Literal, Why> {
    let Literal::Map(entries) = statement else { return Err(Why::new("a statement is an object")) };
    let mut out: Vec<(Str, Literal)> = Vec::new();
    let mut put = |name: &str, value: Literal| out.push((Str::from(name), value));
    for (key, value) in entries {
        match key.as_str() {
            "Sid" => put("sid", value.clone()),
            "Effect" => put("effect", value.clone()),
            "Action" => put("actions", many(value)),
            "NotAction" => put("not_actions", many(value)),
            "Resource" => put("resources", many(value)),
            "NotResource" => put("not_resources", many(value)),
            "Principal" => put("principals", principals(value)),
            "NotPrincipal" => put("not_principals", principals(value)),
            "Condition" => put("condition", conditions(value)?),
            other => return Err(Why::new(format!("a `statement` block has nothing for `{other}`"))),
        }
    }
    Ok(Literal::Map(out))
}

fn text(text: &str) -> Literal {
    Literal::Text(vec![Piece::Text(text.into())])
}

/// One or many as a list.
fn many(value: &Literal) -> Literal {
    match value {
        Literal::List(_) => value.clone(),
        one => Literal::List(vec![one.clone()]),
    }
}

fn object<const N: usize>(entries: [(&str, Literal); N]) -> Literal {
    Literal::Map(entries.into_iter().map(|(k, v)| (Str::from(k), v)).collect())
}

/// Blocks of a type and its identifiers; `"*"` is everyone.
fn principals(value: &Literal) -> Literal {
    let one = |kind: &str, ids: &Literal| object([("type", text(kind)), ("identifiers", many(ids))]);
    match value {
        Literal::Map(kinds) => Literal::List(kinds.iter().map(|(kind, ids)| one(kind, ids)).collect()),
        everyone => Literal::List(vec![one("*", everyone)]),
    }
}

/// Blocks of an operator, a key and its values.
fn conditions(value: &Literal) -> Result<Literal, Why> {
    let wrong = || Why::new("a condition is an object of objects");
    let Literal::Map(operators) = value else { return Err(wrong()) };
    let mut blocks = Vec::new();
    for (test, keys) in operators {
        let Literal::Map(keys) = keys else { return Err(wrong()) };
        for (variable, values) in keys {
            blocks.push(object([
                ("test", text(test)),
                ("variable", text(variable)),
                ("values", many(values)),
            ]));
        }
    }
    Ok(Literal::List(blocks))
}
