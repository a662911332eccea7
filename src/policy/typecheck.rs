//! Type-checking a page's expressions against the registry.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::model::registry;
use crate::program::{BinaryOp, Expr, ExprKind, ForExpr, Literal, Root, TemplatePart, UnaryOp};
use crate::source::{Diagnostic, Span};

use super::signatures::{self, Returns};
use super::types::{self, Enum, NoMember, SECRET, STATEMENT, Ty};

/// What an expression is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A truth value.
    Truth,
    /// A list (or map) to go through.
    Collection,
    /// Anything.
    Value,
}

/// Checks expressions of one block for one type of `self`.
pub(super) struct Checker<'a> {
    /// What `self` is; none where there is none (`locals`).
    pub(super) subject: Option<Ty>,
    /// What `each.key` and `each.value` are; none without `for_each`.
    pub(super) each: Option<(Ty, Ty)>,
    /// The page's constants.
    pub(super) locals: &'a IndexMap<Str, Ty>,
    /// What is wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    scope: Vec<(Str, Ty)>,
}

const CODE: &str = "page-type";

impl<'a> Checker<'a> {
    /// A checker.
    pub(super) fn new(subject: Option<Ty>, locals: &'a IndexMap<Str, Ty>) -> Self {
        Checker { subject, each: None, locals, diagnostics: Vec::new(), scope: Vec::new() }
    }

    fn error(&mut self, message: impl Into<String>, span: Span, help: Option<String>) {
        let mut diagnostic = Diagnostic::error(CODE, message, span);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// Checks an expression and that it can be used so; returns its type.
    pub(super) fn check(&mut self, expr: &Expr, used: Use) -> Ty {
        let ty = self.ty(expr);
        match (used, &ty) {
            (Use::Truth, Ty::Bool | Ty::Any | Ty::Null) | (Use::Value, _) => {}
            (Use::Truth, Ty::List(_) | Ty::Map(_)) => self.error(
                format!("{} stands where a truth value is needed", ty.what()),
                expr.span,
                Some("ask `length(…) > 0`, `anytrue([for … : …])` or `!absent(…)`".into()),
            ),
            (Use::Truth, Ty::Object(..) | Ty::Struct(_) | Ty::Resource(_) | Ty::Input) => self.error(
                format!("{} stands where a truth value is needed", ty.what()),
                expr.span,
                Some("ask `!absent(…)`, or compare one of its properties".into()),
            ),
            (Use::Truth, _) => self.error(
                format!("{} stands where a truth value is needed", ty.what()),
                expr.span,
                Some("compare it with something".into()),
            ),
            (Use::Collection, Ty::List(_) | Ty::Map(_) | Ty::Any | Ty::Null | Ty::Object(..)) => {}
            (Use::Collection, _) => {
                self.error(format!("{} stands where a list is needed", ty.what()), expr.span, None);
            }
        }
        ty
    }

    fn ty(&mut self, expr: &Expr) -> Ty {
        match &expr.kind {
            ExprKind::Literal(literal) => match literal {
                Literal::Null | Literal::NoValue => Ty::Null,
                Literal::Bool(_) => Ty::Bool,
                Literal::Number(_) => Ty::Number,
                Literal::String(_) => Ty::String(None),
            },
            ExprKind::Template(parts) => {
                self.template(parts);
                Ty::String(None)
            }
            ExprKind::List(items) => {
                let element = items.iter().map(|e| self.ty(e)).reduce(Ty::join).unwrap_or(Ty::Any);
                Ty::List(Box::new(element))
            }
            ExprKind::Object(items) => {
                let mut element = None;
                for item in items {
                    self.ty(&item.key);
                    let ty = self.ty(&item.value);
                    element = Some(match element {
                        None => ty,
                        Some(before) => Ty::join(before, ty),
                    });
                }
                Ty::Map(Box::new(element.unwrap_or(Ty::Any)))
            }
            ExprKind::Root(root) => self.root(root, expr.span),
            ExprKind::Attr(of, name) => {
                let of_ty = self.ty(of);
                match of_ty.member(name) {
                    Ok(ty) => ty,
                    Err(NoMember { message, help }) => {
                        self.error(message, last_name(expr.span, name), help);
                        Ty::Any
                    }
                }
            }
            ExprKind::Index(of, index) => {
                let of_ty = self.ty(of);
                self.ty(index);
                match of_ty {
                    Ty::List(_) | Ty::Map(_) => of_ty.element(),
                    Ty::Object(..) | Ty::Resource(_) | Ty::Struct(_) => match index.as_string() {
                        Some(name) => match of_ty.member(name) {
                            Ok(ty) => ty,
                            Err(NoMember { message, help }) => {
                                self.error(message, index.span, help);
                                Ty::Any
                            }
                        },
                        None => Ty::Any,
                    },
                    Ty::Bool | Ty::Number | Ty::String(_) => {
                        self.error(format!("{} has no elements", of_ty.what()), expr.span, None);
                        Ty::Any
                    }
                    Ty::Any | Ty::Null | Ty::Input => Ty::Any,
                }
            }
            ExprKind::Splat(of, each) => {
                let of_ty = self.ty(of);
                let element = match of_ty {
                    Ty::List(inner) => *inner,
                    // A splat over what is no list takes it as a list of one.
                    other => other,
                };
                self.scope.push(("*".into(), element));
                let ty = self.ty(each);
                self.scope.pop();
                Ty::List(Box::new(ty))
            }
            ExprKind::Conditional(condition, yes, no) => {
                self.check(condition, Use::Truth);
                let yes = self.ty(yes);
                yes.join(self.ty(no))
            }
            ExprKind::Binary(..) => self.binary(expr),
            ExprKind::Unary(UnaryOp::Not, operand) => {
                self.check(operand, Use::Truth);
                Ty::Bool
            }
            ExprKind::Unary(UnaryOp::Neg, operand) => {
                self.number(operand);
                Ty::Number
            }
            ExprKind::Call { name, name_span, args, expand } => {
                self.call(expr, name, *name_span, args, *expand)
            }
            ExprKind::For(for_expr) => self.for_expr(for_expr),
            ExprKind::Unknown(_) => Ty::Any,
        }
    }

    fn root(&mut self, root: &Root, span: Span) -> Ty {
        match root {
            Root::SelfObject => match &self.subject {
                Some(ty) => ty.clone(),
                None => {
                    self.error(
                        "`self` can't be used here: constants are the same for every resource",
                        span,
                        None,
                    );
                    Ty::Any
                }
            },
            Root::EachKey | Root::EachValue => match (&self.each, root) {
                (Some((key, _)), Root::EachKey) => key.clone(),
                (Some((_, value)), _) => value.clone(),
                (None, _) => {
                    self.error(
                        "`each` can't be used here: the block has no `for_each`, or this is inside of it",
                        span,
                        Some("use a `for` expression, or add `for_each = …` to the block".into()),
                    );
                    Ty::Any
                }
            },
            Root::Local(name) => match self.locals.get(name) {
                Some(ty) => ty.clone(),
                None => {
                    let help = types::suggest(name, self.locals.keys().cloned().collect());
                    self.error(format!("the page has no constant `local.{name}`"), span, help);
                    Ty::Any
                }
            },
            Root::Bound(name) => {
                self.scope.iter().rev().find(|(n, _)| n == name).map_or(Ty::Any, |(_, ty)| ty.clone())
            }
            Root::Undeclared(name) => {
                let help = if name.starts_with(|c: char| c.is_ascii_uppercase()) {
                    format!("did you mean `self.{name}`, or the text `\"{name}\"`?")
                } else {
                    "a page knows `self`, `each`, `local` and names bound by `for`".to_owned()
                };
                self.error(format!("nothing is called `{name}` here"), span, Some(help));
                Ty::Any
            }
            _ => Ty::Any,
        }
    }

    fn template(&mut self, parts: &[TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Interpolation(expr) => {
                    let ty = self.ty(expr);
                    if matches!(ty, Ty::Resource(_) | Ty::Input) {
                        self.error(
                            format!("{} can't be written into a text", ty.what()),
                            expr.span,
                            Some("use its `.name` or `.address`".into()),
                        );
                    }
                }
                TemplatePart::If(condition, yes, no) => {
                    self.check(condition, Use::Truth);
                    self.template(yes);
                    self.template(no);
                }
                TemplatePart::For(head, body) => {
                    let (key, value, collection) = &**head;
                    let ty = self.check(collection, Use::Collection);
                    let before = self.scope.len();
                    if let Some(key) = key {
                        self.scope.push((key.clone(), key_of(&ty)));
                    }
                    self.scope.push((value.clone(), ty.element()));
                    self.template(body);
                    self.scope.truncate(before);
                }
            }
        }
    }

    fn for_expr(&mut self, expr: &ForExpr) -> Ty {
        let ty = self.check(&expr.collection, Use::Collection);
        let before = self.scope.len();
        if let Some(key) = &expr.key_name {
            self.scope.push((key.clone(), key_of(&ty)));
        }
        self.scope.push((expr.value_name.clone(), ty.element()));
        if let Some(condition) = &expr.condition {
            self.check(condition, Use::Truth);
        }
        if let Some(key) = &expr.key {
            self.ty(key);
        }
        let value = self.ty(&expr.value);
        self.scope.truncate(before);
        match (&expr.key, expr.grouping) {
            (None, _) => Ty::List(Box::new(value)),
            (Some(_), false) => Ty::Map(Box::new(value)),
            (Some(_), true) => Ty::Map(Box::new(Ty::List(Box::new(value)))),
        }
    }

    fn number(&mut self, operand: &Expr) {
        let ty = self.ty(operand);
        if !matches!(ty, Ty::Number | Ty::Any | Ty::Null) {
            self.error(format!("{} stands where a number is needed", ty.what()), operand.span, None);
        }
    }

    fn binary(&mut self, expr: &Expr) -> Ty {
        // Chains lean to the left and may be long: go down without recursion.
        let mut spine = Vec::new();
        let mut at = expr;
        while let ExprKind::Binary(op, left, right) = &at.kind {
            spine.push((*op, &**left, &**right));
            at = left;
        }
        let mut left = None;
        for (op, left_expr, right) in spine.into_iter().rev() {
            left = Some(self.binary_step(op, left_expr, left, right));
        }
        left.unwrap_or(Ty::Any)
    }

    fn binary_step(&mut self, op: BinaryOp, left: &Expr, left_ty: Option<Ty>, right: &Expr) -> Ty {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                if left_ty.is_none() {
                    self.check(left, Use::Truth);
                }
                self.check(right, Use::Truth);
                Ty::Bool
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                let left_ty = left_ty.unwrap_or_else(|| self.ty(left));
                let right_ty = self.ty(right);
                self.comparable(&left_ty, left, &right_ty, right);
                Ty::Bool
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                if left_ty.is_none() {
                    self.number(left);
                }
                self.number(right);
                Ty::Bool
            }
            _ => {
                if left_ty.is_none() {
                    self.number(left);
                }
                self.number(right);
                Ty::Number
            }
        }
    }

    /// Whether two things can ever be equal.
    fn comparable(&mut self, left_ty: &Ty, left: &Expr, right_ty: &Ty, right: &Expr) {
        match (left_ty, right_ty) {
            (Ty::String(Some(values)), Ty::String(_)) => self.allowed(values, right),
            (Ty::String(_), Ty::String(Some(values))) => self.allowed(values, left),
            (Ty::Any | Ty::Null, _)
            | (_, Ty::Any | Ty::Null)
            | (Ty::Bool, Ty::Bool)
            | (Ty::Number, Ty::Number)
            | (Ty::String(_), Ty::String(_))
            | (Ty::List(_), Ty::List(_))
            | (Ty::Map(_) | Ty::Object(..) | Ty::Struct(_), Ty::Map(_) | Ty::Object(..) | Ty::Struct(_))
            | (Ty::Resource(_), Ty::Resource(_)) => {}
            (a, b) => {
                let help = match (a, b) {
                    (Ty::Bool, Ty::String(_)) | (Ty::String(_), Ty::Bool) => Some(
                        "values have the type that the registry gives the property: write `true` or `false`"
                            .into(),
                    ),
                    (Ty::Number, Ty::String(_)) | (Ty::String(_), Ty::Number) => {
                        Some("values have the type that the registry gives the property".into())
                    }
                    (Ty::List(_), _) | (_, Ty::List(_)) => Some("use `contains(list, value)`".into()),
                    _ => None,
                };
                self.error(
                    format!("{} is compared with {}: they are never equal", a.what(), b.what()),
                    left.span.to(right.span),
                    help,
                );
            }
        }
    }

    /// A literal that is compared with a property must be one of the values that the property can have.
    fn allowed(&mut self, values: &Arc<Enum>, expr: &Expr) {
        if let Some(text) = expr.as_string()
            && !values.values.contains(text)
        {
            let help = types::suggest(text, values.values.clone());
            self.error(format!("`{}` is never `{text}`", values.property), expr.span, help);
        }
    }

    fn call(&mut self, expr: &Expr, name: &Str, name_span: Span, args: &[Expr], expand: bool) -> Ty {
        let Some(signature) = signatures::find(name) else {
            let names = signatures::names().map(Str::from).collect::<Vec<_>>();
            let help = match registry::closest(name, &names) {
                Some(best) => format!("did you mean `{best}`?"),
                None => "`policies/README.md` lists the functions that pages have".to_owned(),
            };
            self.error(format!("there is no function `{name}` in pages"), name_span, Some(help));
            for arg in args {
                self.ty(arg);
            }
            return Ty::Any;
        };
        if !expand && (args.len() < signature.least || args.len() > signature.most) {
            let wanted = match (signature.least, signature.most) {
                (least, usize::MAX) => format!("at least {least}"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            self.error(format!("`{name}` takes {wanted} arguments, not {}", args.len()), expr.span, None);
        }
        let tys: Vec<Ty> = args.iter().map(|arg| self.ty(arg)).collect();
        self.arguments(signature, args, &tys);
        let first = || tys.first().cloned().unwrap_or(Ty::Any);
        match signature.returns {
            Returns::Any => Ty::Any,
            Returns::Bool => Ty::Bool,
            Returns::Number => Ty::Number,
            Returns::String => Ty::String(None),
            Returns::Strings => Ty::List(Box::new(Ty::String(None))),
            Returns::List => Ty::List(Box::new(Ty::Any)),
            Returns::SameList => Ty::List(Box::new(first().element())),
            Returns::Same => first(),
            Returns::Element => match first() {
                Ty::Object(..) | Ty::Struct(_) => Ty::Any,
                other => other.element(),
            },
            Returns::Common => tys.into_iter().reduce(Ty::join).unwrap_or(Ty::Any),
            Returns::Statements => Ty::List(Box::new(Ty::Struct(&STATEMENT))),
            Returns::Secrets => Ty::List(Box::new(Ty::Struct(&SECRET))),
            Returns::Rules => rules_type(args.get(1)),
            Returns::Resources(at) => {
                let types = args.get(at).map(|arg| self.type_names(arg)).unwrap_or_default();
                if let (Some(path), true) = (args.get(2), !types.is_empty()) {
                    let of = match name.as_str() {
                        "refers" => self.subject_types(&tys),
                        _ => types.clone(),
                    };
                    self.path(&of, path);
                }
                Ty::List(Box::new(Ty::Resource(types.into())))
            }
        }
    }

    fn arguments(&mut self, signature: &signatures::Signature, args: &[Expr], tys: &[Ty]) {
        match (signature.name, args, tys) {
            ("contains", [list, value], [list_ty, value_ty]) => {
                if let Ty::String(Some(values)) = value_ty {
                    for literal in literals(list) {
                        self.allowed(values, literal);
                    }
                }
                match list_ty {
                    Ty::List(inner) => {
                        if let Ty::String(Some(values)) = &**inner {
                            self.allowed(values, value);
                        } else if !matches!(value_ty, Ty::List(_)) {
                            self.comparable_quietly(inner, value_ty, value);
                        }
                    }
                    Ty::Any | Ty::Null => {}
                    other => self.error(
                        format!("{} stands where a list is needed", other.what()),
                        list.span,
                        matches!(other, Ty::String(_)).then(|| "for texts there is `strcontains`".into()),
                    ),
                }
            }
            ("attribute" | "referrers" | "refers" | "rules" | "nacl_exposes", [of, ..], [ty, ..])
                if !matches!(ty, Ty::Resource(_) | Ty::Any) =>
            {
                self.error(
                    format!("`{}` asks about a resource, this is {}", signature.name, ty.what()),
                    of.span,
                    Some("give it `self`, or a resource that a function returned".into()),
                );
            }
            ("rules", [_, direction], _)
                if !matches!(direction.as_string().map(Str::as_str), Some("ingress" | "egress")) =>
            {
                self.error("the direction is `\"ingress\"` or `\"egress\"`", direction.span, None);
            }
            ("anytrue" | "alltrue", [list], [ty]) => {
                let bad = match ty {
                    Ty::List(inner) => !matches!(**inner, Ty::Bool | Ty::Any | Ty::Null),
                    Ty::Any | Ty::Null => false,
                    _ => true,
                };
                if bad {
                    self.error(
                        format!("`{}` needs a list of truth values", signature.name),
                        list.span,
                        Some("write `[for x in … : x.Property == …]`".into()),
                    );
                }
            }
            ("length", [of], [ty @ (Ty::Bool | Ty::Number | Ty::Resource(_) | Ty::Input)]) => {
                self.error(format!("{} has no length", ty.what()), of.span, None);
            }
            _ => {}
        }
    }

    fn comparable_quietly(&mut self, element: &Ty, value_ty: &Ty, value: &Expr) {
        let clash = matches!(
            (element, value_ty),
            (Ty::Bool, Ty::String(_) | Ty::Number)
                | (Ty::Number, Ty::String(_) | Ty::Bool)
                | (Ty::String(_), Ty::Bool | Ty::Number)
        );
        if clash {
            self.error(
                format!(
                    "a list of {}s never contains {}",
                    element.what().trim_start_matches("a "),
                    value_ty.what()
                ),
                value.span,
                None,
            );
        }
    }

    /// The registry types of the first argument.
    fn subject_types(&self, tys: &[Ty]) -> Vec<Arc<registry::Type>> {
        match tys.first() {
            Some(Ty::Resource(types)) => types.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The registry types that an argument names: a text or a list of them.
    fn type_names(&mut self, arg: &Expr) -> Vec<Arc<registry::Type>> {
        let mut types = Vec::new();
        let names: Vec<&Expr> = match &arg.kind {
            ExprKind::List(items) => items.iter().collect(),
            _ => vec![arg],
        };
        for expr in names {
            match expr.as_string() {
                Some(name) => match registry::get(name) {
                    Some(found) => types.push(found),
                    None => {
                        let help = suggest_type(name);
                        self.error(format!("there is no resource type `{name}`"), expr.span, help);
                    }
                },
                None => self.error(
                    "a resource type is written out as a text, or as a list of texts",
                    expr.span,
                    None,
                ),
            }
        }
        types
    }

    /// A path without indices that at least one of the types has.
    fn path(&mut self, of: &[Arc<registry::Type>], path: &Expr) {
        let Some(text) = path.as_string() else {
            self.error("a property is written out as a text", path.span, None);
            return;
        };
        let mut first = None;
        for one in of {
            match types::follow(one, text) {
                Ok(_) => return,
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        if let Some(NoMember { message, help }) = first {
            self.error(message, path.span, help);
        }
    }
}

/// A suggestion for a registry type's name.
pub(super) fn suggest_type(name: &str) -> Option<String> {
    let names: Vec<Str> = registry::names().collect();
    let service = name.rsplit_once("::").map_or(name, |(service, _)| service);
    registry::closest(name, &names).map(|best| format!("did you mean `{best}`?")).or_else(|| {
        let of_service: Vec<Str> =
            names.into_iter().filter(|n| n.rsplit_once("::").is_some_and(|(s, _)| s == service)).collect();
        types::suggest(name, of_service)
    })
}

fn key_of(collection: &Ty) -> Ty {
    match collection {
        Ty::Map(_) | Ty::Object(..) => Ty::String(None),
        Ty::List(_) => Ty::Number,
        _ => Ty::Any,
    }
}

fn literals(list: &Expr) -> &[Expr] {
    match &list.kind {
        ExprKind::List(items) => items,
        _ => &[],
    }
}

/// The place of a name at the end of a span.
fn last_name(span: Span, name: &str) -> Span {
    let start = span.end.saturating_sub(name.len() as u32).max(span.start);
    Span::new(span.file, start, span.end)
}

fn rules_type(direction: Option<&Expr>) -> Ty {
    let property = match direction.and_then(Expr::as_string).map(Str::as_str) {
        Some("egress") => "SecurityGroupEgress",
        _ => "SecurityGroupIngress",
    };
    let rules = registry::get("AWS::EC2::SecurityGroup").and_then(|of| types::follow(&of, property).ok());
    rules.unwrap_or_else(|| Ty::List(Box::new(Ty::Any)))
}
