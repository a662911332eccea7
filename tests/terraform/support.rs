//! Loading configurations that only exist in memory, and showing what they became.

use std::collections::BTreeMap;
use std::path::Path;

use masugata::program::{
    CallSource, Expr, ExprKind, Literal, Mode, Program, Quantity, Repeat, Root, TemplatePart, TypeExpr,
};
use masugata::source::{Diagnostic, Loader};
use masugata::terraform::Modules;

/// A loader over files that only exist in memory, under `/repo`.
pub(crate) fn loader(files: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new("/repo");
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    loader
}

pub(crate) fn program(files: &[(&str, &str)]) -> (Loader, Program) {
    let loader = loader(files);
    let program = Modules::new().program(&loader, Path::new("/repo"));
    (loader, program)
}

/// `path:line: code: message [help]`.
pub(crate) fn shown(loader: &Loader, diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| {
            let place = d.span.and_then(|s| {
                let file = loader.sources().get(s.file)?;
                Some(format!("{}:{}", file.path.display(), file.position(s.start).line))
            });
            let help = d.help.as_ref().map(|h| format!(" [{h}]")).unwrap_or_default();
            format!("{}: {}: {}{help}", place.unwrap_or_default(), d.code, d.message)
        })
        .collect()
}

/// A program's expression as text: what matters of it, without places.
pub(crate) fn text(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(text).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(Literal::String(s)) => format!("{:?}", s.as_str()),
        ExprKind::Literal(Literal::Bool(b)) => b.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Int(n))) => n.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Decimal(d))) => d.to_string(),
        ExprKind::Literal(other) => format!("{other:?}"),
        ExprKind::Template(parts) => format!("T[{}]", template(parts)),
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::Object(items) => {
            let items: Vec<_> =
                items.iter().map(|i| format!("{} = {}", text(&i.key), text(&i.value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        ExprKind::Root(root) => match root {
            Root::Input(n) => format!("var.{n}"),
            Root::Local(n) => format!("local.{n}"),
            Root::Resource { mode: Mode::Managed, type_name, name } => format!("{type_name}.{name}"),
            Root::Resource { type_name, name, .. } => format!("data.{type_name}.{name}"),
            Root::Module(n) => format!("module.{n}"),
            Root::Bound(n) => format!("<{n}>"),
            Root::Named(n) => format!("named {n}"),
            Root::Undeclared(n) => format!("undeclared {n}"),
            other => format!("{other:?}"),
        },
        ExprKind::Attr(of, name) => format!("{}.{name}", text(of)),
        ExprKind::Index(of, index) => format!("{}[{}]", text(of), text(index)),
        ExprKind::Splat(of, each) => format!("splat({}, {})", text(of), text(each)),
        ExprKind::Conditional(c, a, b) => format!("({} ? {} : {})", text(c), text(a), text(b)),
        ExprKind::Binary(op, a, b) => format!("({op:?} {} {})", text(a), text(b)),
        ExprKind::Unary(op, a) => format!("({op:?} {})", text(a)),
        ExprKind::Call { name, args, expand, .. } => {
            format!("{name}({}{})", list(args), if *expand { "..." } else { "" })
        }
        ExprKind::For(f) => {
            let key = f.key_name.as_ref().map(|k| format!("{k}, ")).unwrap_or_default();
            let out = match &f.key {
                Some(k) => {
                    format!("{} => {}{}", text(k), text(&f.value), if f.grouping { "..." } else { "" })
                }
                None => text(&f.value),
            };
            let condition = f.condition.as_ref().map(|c| format!(" if {}", text(c))).unwrap_or_default();
            format!("for({key}{} in {} : {out}{condition})", f.value_name, text(&f.collection))
        }
        ExprKind::Unknown(why) => format!("unknown({why})"),
    }
}

pub(crate) fn template(parts: &[TemplatePart]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(t, _) => format!("{:?}", t.as_str()),
            TemplatePart::Interpolation(e) => text(e),
            TemplatePart::If(c, yes, no) => format!("if {} [{}] [{}]", text(c), template(yes), template(no)),
            TemplatePart::For(head, body) => {
                let key = head.0.as_ref().map(|k| format!("{k}, ")).unwrap_or_default();
                format!("for {key}{} in {} [{}]", head.1, text(&head.2), template(body))
            }
        })
        .collect();
    parts.join(" ")
}

/// The locals of a single file.
pub(crate) fn locals(source: &str) -> BTreeMap<String, String> {
    let (_, program) = program(&[("main.tf", &format!("locals {{\n{source}\n}}\n"))]);
    let root = program.module(program.root).unwrap();
    root.locals.iter().map(|(n, l)| (n.to_string(), text(&l.value))).collect()
}

pub(crate) fn local(source: &str) -> String {
    locals(&format!("x = {source}"))["x"].clone()
}

/// A program's root as text.
pub(crate) fn outline(program: &Program) -> String {
    use std::fmt::Write;
    let root = program.module(program.root).unwrap();
    let mut out = String::new();
    let repeat = |r: &Repeat| match r {
        Repeat::One => "one".to_owned(),
        Repeat::Count(e) => format!("count {}", text(e)),
        Repeat::ForEach(e) => format!("for_each {}", text(e)),
        Repeat::Condition(e) => format!("if {}", text(e)),
        Repeat::Key(k) => format!("key {k:?}"),
    };
    fn body(out: &mut String, indent: usize, of: &masugata::program::Body) {
        for a in &of.attributes {
            writeln!(out, "{:indent$}{} = {}", "", a.name, text(&a.value)).unwrap();
        }
        for b in &of.blocks {
            let dynamic = b.dynamic.as_ref().map(|d| format!(" for {} in {}", d.iterator, text(&d.for_each)));
            writeln!(out, "{:indent$}{} {:?}{}", "", b.name, b.labels, dynamic.unwrap_or_default()).unwrap();
            body(out, indent + 2, &b.body);
        }
    }
    for input in root.inputs.values() {
        let default = input.default.as_ref().map(text);
        writeln!(
            out,
            "variable {} {:?} {default:?} sensitive={} {:?}",
            input.name,
            kind(input.type_expr.as_ref()),
            input.sensitive,
            input.domain
        )
        .unwrap();
    }
    for local in root.locals.values() {
        writeln!(out, "local {} = {}", local.name, text(&local.value)).unwrap();
    }
    for r in &root.resources {
        writeln!(
            out,
            "{:?} {}.{} {} provider={:?} depends_on={:?}",
            r.mode,
            r.type_name,
            r.name,
            repeat(&r.repeat),
            r.provider,
            r.depends_on.iter().map(text).collect::<Vec<_>>()
        )
        .unwrap();
        body(&mut out, 2, &r.body);
        body(&mut out, 2, &r.meta);
    }
    for c in root.calls.values() {
        writeln!(
            out,
            "module {} {} providers={:?} loaded={}",
            c.name,
            repeat(&c.repeat),
            c.providers,
            matches!(c.source, CallSource::Loaded(_))
        )
        .unwrap();
        for a in &c.arguments {
            writeln!(out, "  {} = {}", a.name, text(&a.value)).unwrap();
        }
    }
    for o in root.outputs.values() {
        writeln!(out, "output {} = {}", o.name, text(&o.value)).unwrap();
    }
    for p in &root.providers {
        writeln!(out, "provider {} {:?}", p.name, p.alias).unwrap();
        body(&mut out, 2, &p.body);
    }
    writeln!(out, "{:?}", root.required_providers).unwrap();
    out
}

/// A type constraint without the places in its defaults.
pub(crate) fn kind(t: Option<&TypeExpr>) -> String {
    match t {
        None => "-".into(),
        Some(TypeExpr::List(t)) => format!("list({})", kind(Some(t))),
        Some(TypeExpr::Set(t)) => format!("set({})", kind(Some(t))),
        Some(TypeExpr::Map(t)) => format!("map({})", kind(Some(t))),
        Some(TypeExpr::Tuple(ts)) => {
            format!("tuple({})", ts.iter().map(|t| kind(Some(t))).collect::<Vec<_>>().join(", "))
        }
        Some(TypeExpr::Object(fields)) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|f| {
                    let default = f.default.as_ref().map(|d| format!(" = {}", text(d))).unwrap_or_default();
                    format!(
                        "{}{}: {}{default}",
                        f.name,
                        if f.optional { "?" } else { "" },
                        kind(Some(&f.type_expr))
                    )
                })
                .collect();
            format!("object({})", fields.join(", "))
        }
        Some(other) => format!("{other:?}").to_lowercase(),
    }
}
