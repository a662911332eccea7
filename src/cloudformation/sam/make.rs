//! Making the resources that the transform makes, from expressions that point into the SAM source.

use sha1::{Digest, Sha1};

use crate::Str;
use crate::program::{
    Attribute, Body, Expr, ExprKind, Literal, ObjectItem, Quantity, Repeat, Resource, Root, TemplatePart,
};
use crate::source::Span;

use super::super::intrinsic::resource as named;
use super::super::sub::{Piece, pieces};

/// The members of a SAM resource's `Properties`, globals merged in.
#[derive(Clone, Debug, Default)]
pub(super) struct Props(pub(super) Vec<Attribute>);

impl Props {
    /// The attribute of that name, unless it is `AWS::NoValue`.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.0
            .iter()
            .rev()
            .find(|a| a.name == name)
            .filter(|a| !matches!(a.value.kind, ExprKind::Literal(Literal::NoValue | Literal::Null)))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Expr> {
        self.attribute(name).map(|a| &a.value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of a literal string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Expr::as_string).map(Str::as_str)
    }
}

/// The member of an object expression.
pub(super) fn member<'e>(expr: &'e Expr, name: &str) -> Option<&'e Expr> {
    item(expr, name).map(|item| &item.value)
}

/// The member of an object expression, with its key.
pub(super) fn item<'e>(expr: &'e Expr, name: &str) -> Option<&'e ObjectItem> {
    let ExprKind::Object(items) = &expr.kind else { return None };
    items
        .iter()
        .rev()
        .find(|i| i.key.as_string().is_some_and(|k| k == name))
        .filter(|i| !matches!(i.value.kind, ExprKind::Literal(Literal::NoValue | Literal::Null)))
}

/// The members of an object as properties.
pub(super) fn members(expr: &Expr) -> Props {
    let ExprKind::Object(items) = &expr.kind else { return Props::default() };
    let attribute = |item: &ObjectItem| {
        let name = item.key.as_string()?.clone();
        Some(Attribute { name, name_span: item.key.span, value: item.value.clone(), span: item.span })
    };
    Props(items.iter().filter_map(attribute).collect())
}

/// The literal text of an expression.
pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    expr.as_string().map(Str::as_str)
}

/// The logical id that an expression names: `!Ref X`, or `X` itself.
pub(super) fn id_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Attr(inner, attribute) if attribute == "Ref" => match &inner.kind {
            ExprKind::Root(Root::Resource { name, .. } | Root::Undeclared(name)) => Some(name),
            _ => None,
        },
        ExprKind::Root(Root::Undeclared(name)) => Some(name),
        ExprKind::Literal(Literal::String(name)) => Some(name),
        _ => None,
    }
}

/// The resource that an expression names or takes an attribute of.
pub(super) fn target_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Attr(inner, _) => match &inner.kind {
            ExprKind::Root(Root::Resource { name, .. } | Root::Undeclared(name)) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Makes expressions that stand for one place of the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) Span);

impl At {
    pub(super) fn text(self, text: &str) -> Expr {
        Expr::string(text, self.0)
    }

    pub(super) fn flag(self, value: bool) -> Expr {
        Expr::new(ExprKind::Literal(Literal::Bool(value)), self.0)
    }

    pub(super) fn number(self, value: i64) -> Expr {
        Expr::new(ExprKind::Literal(Literal::Number(Quantity::Int(value))), self.0)
    }

    pub(super) fn list(self, items: Vec<Expr>) -> Expr {
        Expr::new(ExprKind::List(items), self.0)
    }

    pub(super) fn object(self, items: Vec<(&str, Expr)>) -> Expr {
        let items = items
            .into_iter()
            .map(|(key, value)| ObjectItem { key: self.text(key), span: value.span, value })
            .collect();
        Expr::new(ExprKind::Object(items), self.0)
    }

    pub(super) fn get_att(self, id: &str, attribute: &str) -> Expr {
        let root = Expr::new(ExprKind::Root(named(id)), self.0);
        Expr::new(ExprKind::Attr(Box::new(root), attribute.into()), self.0)
    }

    pub(super) fn reference(self, id: &str) -> Expr {
        self.get_att(id, "Ref")
    }

    pub(super) fn pseudo(self, name: &str) -> Expr {
        Expr::new(ExprKind::Root(Root::Named(name.into())), self.0)
    }

    /// `Fn::Sub` with variables; other names are pseudo parameters and resources.
    pub(super) fn sub(self, text: &str, variables: &[(&str, Expr)]) -> Expr {
        let mut parts: Vec<TemplatePart> = Vec::new();
        for (piece, _) in pieces(text) {
            let part = match piece {
                Piece::Text(text) => TemplatePart::Text(text.into(), self.0),
                Piece::Escaped(name) => TemplatePart::Text(format!("${{{name}}}").into(), self.0),
                Piece::Name(name) => {
                    let value = match variables.iter().find(|(known, _)| *known == name) {
                        Some((_, value)) => value.clone(),
                        None if name.contains("::") => self.pseudo(name),
                        None => match name.split_once('.') {
                            Some((id, attribute)) => self.get_att(id, attribute),
                            None => self.reference(name),
                        },
                    };
                    match value.as_string() {
                        Some(text) => TemplatePart::Text(text.clone(), value.span),
                        None => TemplatePart::Interpolation(value),
                    }
                }
            };
            match (parts.last_mut(), part) {
                (Some(TemplatePart::Text(before, _)), TemplatePart::Text(text, _)) => before.push_str(&text),
                (_, part) => parts.push(part),
            }
        }
        match parts.as_slice() {
            [] => self.text(""),
            [TemplatePart::Text(text, _)] => self.text(text),
            _ => Expr::new(ExprKind::Template(parts), self.0),
        }
    }

    /// An expression from JSON with `Ref`, `Fn::Sub` and `Fn::GetAtt`; `variables` are what `Ref` may name beside pseudo
    /// parameters and resources. Tables nest a handful deep.
    pub(super) fn json(self, json: &serde_json::Value, variables: &dyn Fn(&str) -> Option<Expr>) -> Expr {
        use serde_json::Value as Json;
        let literal = |literal| Expr::new(ExprKind::Literal(literal), self.0);
        match json {
            Json::Null => literal(Literal::Null),
            Json::Bool(b) => self.flag(*b),
            Json::Number(n) => match n.as_i64() {
                Some(n) => self.number(n),
                None => literal(Literal::Number(Quantity::Decimal(n.to_string().into()))),
            },
            Json::String(text) => self.text(text),
            Json::Array(items) => self.list(items.iter().map(|i| self.json(i, variables)).collect()),
            Json::Object(fields) => {
                let mut entries = fields.iter();
                if let (Some((name, value)), None) = (entries.next(), entries.next()) {
                    match (name.as_str(), value) {
                        ("Ref", Json::String(name)) => {
                            return variables(name).unwrap_or_else(|| match name.contains("::") {
                                true => self.pseudo(name),
                                false => self.reference(name),
                            });
                        }
                        ("Fn::Sub", Json::String(text)) => return self.sub(text, &[]),
                        ("Fn::Sub", Json::Array(parts)) => {
                            if let [Json::String(text), Json::Object(values)] = parts.as_slice() {
                                let values: Vec<(&str, Expr)> = values
                                    .iter()
                                    .map(|(name, value)| (name.as_str(), self.json(value, variables)))
                                    .collect();
                                return self.sub(text, &values);
                            }
                        }
                        ("Fn::GetAtt", Json::Array(parts)) => {
                            if let [Json::String(id), Json::String(attribute)] = parts.as_slice() {
                                return self.get_att(id, attribute);
                            }
                        }
                        ("Fn::Join", Json::Array(parts)) => {
                            if let [delimiter, list] = parts.as_slice() {
                                let args = vec![self.json(delimiter, variables), self.json(list, variables)];
                                return self.call("Fn::Join", args);
                            }
                        }
                        _ => {}
                    }
                }
                self.object(fields.iter().map(|(k, v)| (k.as_str(), self.json(v, variables))).collect())
            }
        }
    }

    pub(super) fn call(self, name: &str, args: Vec<Expr>) -> Expr {
        let kind = ExprKind::Call { name: name.into(), name_span: self.0, args, expand: false };
        Expr::new(kind, self.0)
    }

    /// `Fn::If`.
    pub(super) fn choose(self, condition: Expr, yes: Expr, no: Expr) -> Expr {
        Expr::new(ExprKind::Conditional(Box::new(condition), Box::new(yes), Box::new(no)), self.0)
    }

    pub(super) fn no_value(self) -> Expr {
        Expr::new(ExprKind::Literal(Literal::NoValue), self.0)
    }
}

/// A resource while it is made.
#[derive(Debug)]
pub(super) struct Making {
    resource: Resource,
}

impl Making {
    /// A resource that `of` brings with it: it exists when that does.
    pub(super) fn new(of: &Resource, id: impl Into<Str>, type_name: &str, at: Span) -> Making {
        let id = id.into();
        let passed = ["DeletionPolicy", "UpdateReplacePolicy"];
        let meta = Body {
            attributes: of
                .meta
                .attributes
                .iter()
                .filter(|a| passed.contains(&a.name.as_str()))
                .cloned()
                .collect(),
            blocks: Vec::new(),
            span: of.meta.span,
        };
        Making {
            resource: Resource {
                type_name: type_name.into(),
                name: id,
                name_span: at,
                span: if at == of.header { of.span } else { at },
                header: at,
                body: Body { attributes: Vec::new(), blocks: Vec::new(), span: of.body.span },
                depends_on: Vec::new(),
                meta,
                ..of.clone()
            },
        }
    }

    /// The resource that takes the place of `of`: what stands beside its properties stays.
    pub(super) fn replacing(of: &Resource, type_name: &str) -> Making {
        let mut making = Making::new(of, of.name.clone(), type_name, of.header);
        making.resource.depends_on.clone_from(&of.depends_on);
        making.resource.meta = of.meta.clone();
        making
    }

    pub(super) fn id(&self) -> &Str {
        &self.resource.name
    }

    pub(super) fn set(&mut self, name: &str, value: Expr) -> &mut Making {
        let span = value.span;
        let attribute = Attribute { name: name.into(), name_span: span, value, span };
        self.resource.body.attributes.push(attribute);
        self
    }

    pub(super) fn set_some(&mut self, name: &str, value: Option<Expr>) -> &mut Making {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }

    /// Takes attributes as they are.
    pub(super) fn pass(&mut self, props: &Props, names: &[&str]) -> &mut Making {
        for name in names {
            self.rename(props, name, name);
        }
        self
    }

    /// Takes an attribute under another name.
    pub(super) fn rename(&mut self, props: &Props, from: &str, to: &str) -> &mut Making {
        if let Some(attribute) = props.attribute(from) {
            let attribute = Attribute { name: to.into(), ..attribute.clone() };
            self.resource.body.attributes.push(attribute);
        }
        self
    }

    /// The value of an attribute that was set.
    pub(super) fn value_mut(&mut self, name: &str) -> Option<&mut Expr> {
        self.resource.body.attributes.iter_mut().find(|a| a.name == name).map(|a| &mut a.value)
    }

    /// Gives the resource another condition of existence.
    pub(super) fn only_if(&mut self, condition: Expr) -> &mut Making {
        self.resource.repeat = Repeat::Condition(condition);
        self
    }

    pub(super) fn done(self) -> Resource {
        self.resource
    }
}

/// Ten digits of a hash, as generated ids end.
pub(super) fn digest(text: &str) -> String {
    let digest = Sha1::digest(text.as_bytes());
    digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// An id with a suffix: as it is if it is only letters and digits, else its hash.
pub(super) fn suffixed(prefix: &str, suffix: &str) -> String {
    let plain = !suffix.is_empty() && suffix.chars().all(char::is_alphanumeric);
    match (plain, suffix.is_empty()) {
        (true, _) => format!("{prefix}{suffix}"),
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}{}", digest(suffix)),
    }
}

/// A map of tags as the list that the registry wants, with the transform's own first.
pub(super) fn tags(at: At, own: Option<&str>, tags: Option<&Expr>) -> Option<Expr> {
    let pair = |key: Expr, value: Expr| at.object(vec![("Key", key), ("Value", value)]);
    let mut out: Vec<Expr> = own.iter().map(|name| pair(at.text(name), at.text("SAM"))).collect();
    match tags.map(|t| &t.kind) {
        Some(ExprKind::Object(items)) => {
            for item in items {
                let span = item.span;
                let mut made = pair(item.key.clone(), item.value.clone());
                made.span = span;
                out.push(made);
            }
        }
        // made by a function: which they are is not known
        Some(ExprKind::List(items)) => out.extend(items.iter().cloned()),
        _ => {}
    }
    (!out.is_empty()).then(|| at.list(out))
}
