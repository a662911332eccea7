//! Parameters ("Parameters", AWS CloudFormation Template Reference).

use indexmap::IndexMap;

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
        let name = entry.key.as_ref().into();
        Input {
            type_expr: Some(form.type_expr()),
            default,
            domain,
            sensitive,
            nullable: false,
            body,
            ..Input::new(name, tree.span(entry.key_node), tree.span(entry.pair))
        }
    }

    /// What `Rules` say of a parameter whatever the others are: an assertion without a rule condition that it is one of
    /// some values ("Rules", AWS CloudFormation Template Reference).
    pub(super) fn rules(&self, rules: NodeId, inputs: &mut IndexMap<Str, Input>) {
        let tree = self.tree;
        for rule in yaml::entries(tree, rules) {
            if yaml::find(tree, rule.value, "RuleCondition").is_some() {
                continue;
            }
            let Some(assertions) = yaml::find(tree, rule.value, "Assertions") else { continue };
            for assertion in yaml::items(tree, assertions) {
                let Some((name, value)) =
                    yaml::find(tree, assertion, "Assert").and_then(|assert| self.function(assert))
                else {
                    continue;
                };
                let parts: Vec<NodeId> = yaml::items(tree, value).collect();
                let &[first, second] = parts.as_slice() else { continue };
                let (values, of) = match name.as_ref() {
                    "Contains" => (yaml::items(tree, first).collect(), second),
                    "Equals" if self.function(first).is_some() => (vec![second], first),
                    "Equals" => (vec![first], second),
                    _ => continue,
                };
                let parameter = self.function(of).filter(|(name, _)| name == "Ref");
                let parameter = parameter.map(|(_, node)| yaml::text(tree, node));
                let Some(input) = parameter.and_then(|name| inputs.get_mut(name.as_ref())) else { continue };
                let form = match input.type_expr {
                    Some(TypeExpr::Number) => Form::Number,
                    Some(TypeExpr::String) => Form::Text,
                    _ => continue,
                };
                let values: Option<Vec<Literal>> =
                    values.into_iter().map(|n| self.allowed(n, form)).collect();
                let Some(values) = values.filter(|v| !v.is_empty()) else { continue };
                input.domain = match &input.domain {
                    Domain::Open => Domain::OneOf(values),
                    Domain::OneOf(known) => {
                        let both: Vec<Literal> =
                            known.iter().filter(|v| values.contains(v)).cloned().collect();
                        if both.is_empty() { Domain::OneOf(known.clone()) } else { Domain::OneOf(both) }
                    }
                };
            }
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
        // an empty text is a list of one empty text, which is what templates ask for: `!Equals [!Select [0, …], '']`
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
            let literal = as_literal(Scalar::String(member.into()), member, element);
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
        // text is read as people write numbers: a leading zero means nothing
        (Form::Number, Scalar::String(s)) => match s.parse::<i64>() {
            Ok(n) => Literal::Number(Quantity::Int(n)),
            Err(_) if is_decimal(&s) => Literal::Number(Quantity::Decimal(Str::from(s.as_ref()))),
            Err(_) => string(&s),
        },
        (_, Scalar::Int(n)) => string(&n.to_string()),
        (_, Scalar::Bool(b)) => string(if b { "true" } else { "false" }),
        (_, Scalar::Null) => string(""),
        _ => string(text),
    }
}

/// Whether a text is a number with digits and at most one dot.
fn is_decimal(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    match body.split_once('.') {
        Some((whole, rest)) => digits(whole) && digits(rest) && whole.len() + rest.len() > 0,
        None => digits(body) && !body.is_empty(),
    }
}
