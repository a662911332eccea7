use std::fmt::Write as _;

use super::*;
use crate::program::{
    Body, CallSource, Domain, Expr, ExprKind, Literal, Module, Program, Quantity, Repeat, Root, TemplatePart,
};
use crate::source::{Loader, Sources};
use crate::syntax::Tree;

fn tree(text: &str) -> Tree {
    parse(Sources::new().add("t.yaml", text))
}

/// Expressions as one reads them.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => "null".into(),
        ExprKind::Literal(Literal::NoValue) => "NoValue".into(),
        ExprKind::Literal(Literal::Bool(b)) => b.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Int(n))) => n.to_string(),
        ExprKind::Literal(Literal::Number(Quantity::Decimal(d))) => d.to_string(),
        ExprKind::Literal(Literal::String(s)) => format!("{s:?}"),
        ExprKind::Template(parts) => {
            let mut out = String::from("`");
            for part in parts {
                match part {
                    TemplatePart::Text(text, _) => out.push_str(text),
                    TemplatePart::Interpolation(e) => {
                        let _ = write!(out, "${{{}}}", show(e));
                    }
                    _ => out.push('?'),
                }
            }
            out + "`"
        }
        ExprKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        ExprKind::Object(items) => {
            let items: Vec<_> =
                items.iter().map(|i| format!("{}: {}", show(&i.key), show(&i.value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        ExprKind::Root(root) => match root {
            Root::Input(n) => format!("input.{n}"),
            Root::Local(n) => format!("local.{n}"),
            Root::Resource { name, .. } => format!("resource.{name}"),
            Root::Module(n) => format!("module.{n}"),
            Root::Named(n) => format!("<{n}>"),
            Root::Undeclared(n) => format!("undeclared.{n}"),
            other => format!("{other:?}"),
        },
        ExprKind::Attr(e, name) => format!("{}.{name}", show(e)),
        ExprKind::Index(a, b) => format!("{}[{}]", show(a), show(b)),
        ExprKind::Conditional(c, a, b) => format!("({} ? {} : {})", show(c), show(a), show(b)),
        ExprKind::Call { name, args, .. } => {
            format!("{name}({})", args.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Unknown(why) => format!("unknown({why})"),
        other => format!("{other:?}"),
    }
}

fn show_body(out: &mut String, body: &Body) {
    for attribute in &body.attributes {
        let _ = writeln!(out, "    {} = {}", attribute.name, show(&attribute.value));
    }
}

fn show_module(module: &Module) -> String {
    let mut out = String::new();
    for input in module.inputs.values() {
        let default = input.default.as_ref().map_or("none".into(), show);
        let domain = match &input.domain {
            Domain::Open => String::new(),
            Domain::OneOf(values) => format!(" of {values:?}"),
        };
        let _ = writeln!(
            out,
            "input {}: {:?} = {default}{}{}{domain}",
            input.name,
            input.type_expr.as_ref().unwrap(),
            if input.fold_default { "" } else { " (open)" },
            if input.sensitive { " (sensitive)" } else { "" },
        );
    }
    for local in module.locals.values() {
        let _ = writeln!(out, "{} = {}", local.name, show(&local.value));
    }
    for resource in &module.resources {
        let repeat = match &resource.repeat {
            Repeat::Condition(e) => format!(" if {}", show(e)),
            _ => String::new(),
        };
        let _ = writeln!(out, "{} {}{repeat}", resource.type_name, resource.name);
        show_body(&mut out, &resource.body);
        for e in &resource.depends_on {
            let _ = writeln!(out, "    after {}", show(e));
        }
        for a in &resource.meta.attributes {
            let _ = writeln!(out, "    @{} = {}", a.name, show(&a.value));
        }
    }
    for call in module.calls.values() {
        let source = match &call.source {
            CallSource::Loaded(id) => format!("module {}", id.0),
            CallSource::Missing { address, .. } => format!("missing {address}"),
        };
        let args: Vec<_> = call.arguments.iter().map(|a| format!("{}={}", a.name, show(&a.value))).collect();
        let _ = writeln!(out, "call {} {source} {}", call.name, args.join(" "));
    }
    for output in module.outputs.values() {
        let export = output.export.as_ref().map_or(String::new(), |e| format!(" as {}", show(e)));
        let condition = output.condition.as_ref().map_or(String::new(), |e| format!(" if {}", show(e)));
        let _ = writeln!(out, "output {} = {}{export}{condition}", output.name, show(&output.value));
    }
    out
}

fn show_program(tree: &Tree, program: &Program) -> String {
    let mut out = String::new();
    for (i, module) in program.modules.iter().enumerate() {
        if program.modules.len() > 1 {
            let _ = writeln!(out, "-- {i} {}", module.path.display());
        }
        out.push_str(&show_module(module));
    }
    for d in &program.diagnostics {
        let at = d.span.map_or(String::new(), |s| tree.file.slice(s).lines().next().unwrap_or("").to_owned());
        let help = d.help.as_ref().map_or(String::new(), |h| format!(" ({h})"));
        let _ = writeln!(out, "{:?} {}: {}{help} at `{at}`", d.severity, d.code, d.message);
    }
    out
}

fn shown(text: &str) -> String {
    let tree = tree(text);
    show_program(&tree, &read(&tree, None))
}

/// Run by hand: `MASUGATA_CFN_CORPUS=dir cargo test --release -- --ignored cloudformation_corpus --nocapture`.
#[test]
#[ignore = "needs a directory of templates"]
fn cloudformation_corpus() {
    let Ok(root) = std::env::var("MASUGATA_CFN_CORPUS") else { return };
    let root = std::path::PathBuf::from(root);
    let loader = Loader::new(&root);
    let (mut files, mut bytes, mut templates, mut resources, mut said) = (0, 0, 0, 0, 0);
    let start = std::time::Instant::now();
    for entry in ignore::WalkBuilder::new(&root).hidden(false).build().flatten() {
        if !entry.file_type().is_some_and(|t| t.is_file()) {
            continue;
        }
        let Ok(file) = loader.load(entry.path()) else { continue };
        files += 1;
        bytes += file.text.len();
        let Some(program) = open(&loader, &file) else { continue };
        templates += 1;
        resources += program.modules.iter().map(|m| m.resources.len()).sum::<usize>();
        for d in &program.diagnostics {
            said += 1;
            let at = d.span.map(|s| {
                let file = loader.sources().get(s.file).unwrap();
                let at = file.position(s.start);
                format!("{}:{}:{}", file.path.display(), at.line, at.column)
            });
            println!("{} {:?} {} {} {:?}", at.unwrap_or_default(), d.severity, d.code, d.message, d.help);
        }
    }
    println!(
        "{files} files, {bytes} bytes, {templates} templates, {resources} resources, {said} diagnostics, {:?}",
        start.elapsed()
    );
}
