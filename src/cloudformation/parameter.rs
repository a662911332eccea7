//! Parameters ("Parameters", AWS CloudFormation Template Reference).

use crate::Str;
use crate::program::{Domain, Expr, ExprKind, Input, Literal, Quantity, TypeExpr};
use crate::source::Span;
use crate::syntax::NodeId;
use crate::syntax::yaml::{self, Entry, Scalar};

use super::reader::Reader;

/// What a parameter's `Type` says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    TextList,
    NumberList,
}

impl Form {
    fn of(name: &str) -> Form {
        match name {
            "Number" => Form::Number,
            "List<Number>" => Form::NumberList,
            "CommaDelimitedList" => Form::TextList,
            _ if name.starts_with("List<") => Form::TextList,
            _ => Form::Text,
        }
    }

    fn type_expr(self) -> TypeExpr {
        match self {
            Form::Text => TypeExpr::String,
            Form::Number => TypeExpr::Number,
            Form::TextList => TypeExpr::List(Box::new(TypeExpr::String)),
            Form::NumberList => TypeExpr::List(Box::new(TypeExpr::Number)),
        }
    }

    fn is_list(self) -> bool {
        matches!(self, Form::TextList | Form::NumberList)
    }
}

impl Reader<'_> {
    /// Reads one parameter. Whether its default folds is settled once the conditions are known.
    pub(super) fn parameter(&mut self, entry: &Entry<'_>) -> Input {
        let tree = self.tree;
        let of = |name: &str| yaml::find(tree, entry.value, name);
        let type_name = of("Type").map(|n| yaml::text(tree, n)).unwrap_or_default();
        // the value is what the named SSM parameter holds when the stack is made, the default only its name
        let inner = type_name.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|t| t.strip_suffix('>'));
        let form = Form::of(inner.unwrap_or(&type_name));
        let default = match of("Default") {
            Some(node) if inner.is_none() => self.parameter_value(node, form),
            _ => None,
        };
        let domain = match of("AllowedValues") {
            Some(values) if !form.is_list() && inner.is_none() => {
                let values =
                    yaml::items(tree, values).map(|n| self.allowed(n, form)).collect::<Option<Vec<_>>>();
                values.filter(|v| !v.is_empty()).map_or(Domain::Open, Domain::OneOf)
            }
            _ => Domain::Open,
        };
        let sensitive = of("NoEcho").is_some_and(|n| yaml::text(tree, n).eq_ignore_ascii_case("true"));
        let body = self.body(entry.value, &[]);
        Input {
            name: entry.key.as_ref().into(),
            name_span: tree.span(entry.key_node),
            span: tree.span(entry.pair),
            type_expr: Some(form.type_expr()),
            default,
            fold_default: true,
            domain,
            sensitive,
            ephemeral: false,
            nullable: false,
            validations: Vec::new(),
            body,
        }
    }

    /// One of `AllowedValues`; nothing if it is no scalar (a macro makes it).
    fn allowed(&self, node: NodeId, form: Form) -> Option<Literal> {
        let scalar = yaml::scalar(self.tree, node)?;
        Some(as_literal(scalar, &yaml::text(self.tree, node), form))
    }

    fn parameter_value(&self, node: NodeId, form: Form) -> Option<Expr> {
        let tree = self.tree;
        let span = tree.span(node);
        let scalar = yaml::scalar(tree, node)?;
        let text = yaml::text(tree, node);
        if !form.is_list() {
            return Some(Expr::new(ExprKind::Literal(as_literal(scalar, &text, form)), span));
        }
        if text.is_empty() {
            return Some(Expr::new(ExprKind::List(Vec::new()), span));
        }
        // members are where they are written, if the text is written as it is read
        let raw = tree.text(node);
        let lead = raw.find(text.as_ref()).map(|n| span.start + n as u32);
        let mut members = Vec::new();
        let mut at = 0;
        for part in text.split(',') {
            let member = part.trim();
            let from = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let place = lead.map_or(span, |lead| {
                Span::new(span.file, lead + from as u32, lead + (from + member.len()) as u32)
            });
            let element = if form == Form::NumberList { Form::Number } else { Form::Text };
            let literal = as_literal(yaml::resolve_plain(member), member, element);
            members.push(Expr::new(ExprKind::Literal(literal), place));
        }
        Some(Expr::new(ExprKind::List(members), span))
    }
}

/// A parameter's value: text unless the parameter is a number. Truth values become the text that JSON has for them,
/// numbers keep theirs.
fn as_literal(scalar: Scalar<'_>, text: &str, form: Form) -> Literal {
    let string = |text: &str| Literal::String(text.into());
    match (form, scalar) {
        (Form::Number, Scalar::Int(n)) => Literal::Number(Quantity::Int(n)),
        (Form::Number, Scalar::Decimal(d)) => Literal::Number(Quantity::Decimal(Str::from(d))),
        (Form::Number, Scalar::String(s)) => match yaml::resolve_plain(&s) {
            Scalar::Int(n) => Literal::Number(Quantity::Int(n)),
            Scalar::Decimal(d) => Literal::Number(Quantity::Decimal(Str::from(d))),
            _ => string(&s),
        },
        (_, Scalar::Bool(b)) => string(if b { "true" } else { "false" }),
        (_, Scalar::Null) => string(""),
        _ => string(text),
    }
}
