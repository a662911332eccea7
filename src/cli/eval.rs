//! `masugata eval`: what an expression comes to in a configuration, and why.

use std::io::Read;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::check::{Location, RootKind, Session};
use crate::eval::{Data, Store, Value, Via};
use crate::program::{Dialect, Expr, ExprKind, Module, TypeExpr};
use crate::report;
use crate::source::{Diagnostic, Loader, MAX_FILE_BYTES, Severity, Span};
use crate::{cloudformation, syntax, terraform};

use super::args::{EvalArgs, ListFormat};
use super::{Error, FAILED, output};

/// Steps of a value's way that are told.
const MAX_STEPS: usize = 6;

pub(super) fn run(args: EvalArgs) -> Result<u8, Error> {
    let texts = expressions(&args.expressions)?;
    let session = Session::open(super::loader()?, super::options(vec![args.root.clone()], args.input));
    let (roots, discovery) = session.roots();
    let mut problems: Vec<Diagnostic> = session.diagnostics.clone();
    problems.extend(discovery.diagnostics);
    let directory = session.loader.absolute(&args.root);
    let root = roots.iter().find(|r| r.path == directory).or(match roots.as_slice() {
        [one] => Some(one),
        _ => None,
    });
    let (program, root) = match root {
        Some(root) => {
            let (mut programs, wrong) = session.programs(root);
            problems.extend(wrong);
            if programs.is_empty() {
                return Err(Error::Usage(format!("`{}` is no configuration", args.root.display())));
            }
            (programs.remove(0), root.clone())
        }
        None if roots.is_empty() => {
            // an empty directory is a configuration without anything in it: functions can be tried there
            let root = crate::check::Root::new(&session.loader, RootKind::Terraform, directory);
            let (mut programs, wrong) = session.programs(&root);
            problems.extend(wrong.into_iter().filter(|d| d.code == "unreadable"));
            if programs.is_empty() {
                return Err(Error::Usage(format!("`{}` can't be read", args.root.display())));
            }
            (programs.remove(0), root)
        }
        None => {
            let names: Vec<String> = roots.iter().map(|r| format!("`{}`", r.shown().display())).collect();
            let message =
                format!("there are several configurations, name one with --root: {}", names.join(", "));
            return Err(Error::Usage(message));
        }
    };
    problems.extend(program.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned());
    let Some(module) = program.module(program.root).cloned() else {
        return Err(Error::Usage(format!("`{}` can't be read", args.root.display())));
    };
    let read: Vec<(Expr, Option<String>)> =
        texts.iter().map(|text| expression(&session.loader, &module, text)).collect();
    let exprs: Vec<Expr> = read.iter().map(|(expr, _)| expr.clone()).collect();
    let (evaluation, outcomes, wrong) = session.evaluate_exprs(&root, &program, &exprs);
    problems.extend(wrong);
    problems.extend(evaluation.diagnostics.iter().filter(|d| d.severity == Severity::Error).cloned());

    let mut out = String::new();
    for ((text, (_, unreadable)), outcome) in texts.iter().zip(&read).zip(outcomes) {
        let outcome = match unreadable {
            Some(message) => Err(message.clone()),
            None => outcome.map_err(|failure| failure.message().to_owned()),
        };
        match args.format {
            ListFormat::Json => out.push_str(&json_line(&evaluation.store, text, outcome)),
            ListFormat::Text => out.push_str(&text_lines(&evaluation.store, &session, outcome)),
        }
    }
    output::print(&out).map_err(Error::Print)?;
    if !problems.is_empty() {
        let sources = session.loader.sources();
        output::complain(&report::text_diagnostics(&problems, sources, output::error_style()));
    }
    Ok(if problems.iter().any(|d| d.severity == Severity::Error) { FAILED } else { 0 })
}

/// The expressions: arguments, and the lines of standard input for `-`.
fn expressions(args: &[String]) -> Result<Vec<String>, Error> {
    let mut out = Vec::new();
    for arg in args {
        if arg == "-" {
            let mut text = String::new();
            let mut input = std::io::stdin().lock().take(MAX_FILE_BYTES);
            input.read_to_string(&mut text).map_err(Error::StandardInput)?;
            out.extend(text.lines().filter(|l| !l.trim().is_empty()).map(str::to_owned));
        } else {
            out.push(arg.clone());
        }
    }
    Ok(out)
}

/// Reads an expression in the module's language; the first error, if it can't be.
fn expression(loader: &Loader, module: &Module, text: &str) -> (Expr, Option<String>) {
    let file = loader.sources().add("<expression>", text);
    let (expr, diagnostics) = match module.dialect {
        Dialect::CloudFormation => {
            let tree = syntax::yaml::parse(Arc::clone(&file));
            let mut diagnostics: Vec<Diagnostic> = tree.errors.iter().map(|e| e.to_diagnostic()).collect();
            let node = tree
                .children(tree.root())
                .find(|n| tree.kind(*n) == syntax::Kind::Document)
                .and_then(|document| tree.child(document, 0));
            let expr = match node {
                Some(node) => {
                    let (expr, mut wrong) = cloudformation::expression_in(&tree, node, module);
                    diagnostics.append(&mut wrong);
                    expr
                }
                None => Expr::new(ExprKind::Unknown("nothing is written".into()), Span::new(file.id, 0, 0)),
            };
            (expr, diagnostics)
        }
        Dialect::Terraform | Dialect::Policy => terraform::expression(&file, module),
    };
    let message = diagnostics.into_iter().next().map(|d| d.message);
    (expr, message)
}

fn json_line(store: &Store, text: &str, outcome: Result<Value, String>) -> String {
    let expr = Json::from(text).to_string();
    let mut line = format!("{{\"expr\": {expr}");
    match outcome {
        Err(message) => line.push_str(&format!(", \"error\": {}", Json::from(message))),
        Ok(value) => {
            let sensitive = store.is_sensitive(store.deep_marks(&value));
            let missing = store.unknowns_in(&value);
            let plain = unmarked(store, &value);
            match (missing.first(), store.json_text(&plain)) {
                // the text has all digits of a number; a JSON value of this process would not
                (None, Some(known)) => line.push_str(&format!(", \"value\": {known}")),
                (None, None) if plain.is_unset() => line.push_str(", \"value\": null"),
                (None, None) => line.push_str(&format!(", \"value\": {}", report::value_json(store, &plain))),
                (Some(first), _) => {
                    let reason = store.unknown_name(*first);
                    line.push_str(&format!(", \"unknown\": {}", Json::from(reason.as_str())));
                    line.push_str(&format!(", \"type\": {}", Json::from(type_text(store, &value))));
                    if !matches!(value.data, Data::Unknown(_)) {
                        line.push_str(&format!(", \"value\": {}", report::value_json(store, &plain)));
                    }
                }
            }
            if sensitive {
                line.push_str(", \"sensitive\": true");
            }
        }
    }
    line.push_str("}\n");
    line
}

/// The same value; its being sensitive is said beside it.
fn unmarked(store: &Store, value: &Value) -> Value {
    Value { marks: store.unmark_sensitive(value.marks), ..value.clone() }
}

/// The type of a value that is not known, in Terraform's words.
fn type_text(store: &Store, value: &Value) -> String {
    match &value.data {
        Data::Unknown(id) => type_name(&store.unknown_info(*id).type_expr),
        Data::Text(_) | Data::String(_) | Data::Json(_) => "string".to_owned(),
        Data::Bool(_) => "bool".to_owned(),
        Data::Number(_) => "number".to_owned(),
        Data::List(list) => match list.kind {
            crate::eval::ListKind::Tuple => "tuple".to_owned(),
            crate::eval::ListKind::List => "list".to_owned(),
            crate::eval::ListKind::Set => "set".to_owned(),
        },
        Data::Map(map) => match map.kind {
            crate::eval::MapKind::Map => "map".to_owned(),
            _ => "object".to_owned(),
        },
        Data::Choice(arms) => {
            arms.first().map_or_else(|| "any".to_owned(), |arm| type_text(store, &arm.value))
        }
        Data::Instance(_) => "object".to_owned(),
        Data::Absent | Data::Null => "any".to_owned(),
    }
}

fn type_name(type_expr: &TypeExpr) -> String {
    match type_expr {
        TypeExpr::Any => "any".to_owned(),
        TypeExpr::String => "string".to_owned(),
        TypeExpr::Number => "number".to_owned(),
        TypeExpr::Bool => "bool".to_owned(),
        TypeExpr::List(of) => format!("list({})", type_name(of)),
        TypeExpr::Set(of) => format!("set({})", type_name(of)),
        TypeExpr::Map(of) => format!("map({})", type_name(of)),
        TypeExpr::Tuple(of) => {
            format!("tuple([{}])", of.iter().map(type_name).collect::<Vec<_>>().join(", "))
        }
        TypeExpr::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{} = {}", f.name, type_name(&f.type_expr))).collect();
            format!("object({{{}}})", fields.join(", "))
        }
    }
}

fn text_lines(store: &Store, session: &Session, outcome: Result<Value, String>) -> String {
    let value = match outcome {
        Err(message) => return format!("error: {message}\n"),
        Ok(value) => value,
    };
    let mut out = String::new();
    if store.is_sensitive(store.deep_marks(&value)) {
        out.push_str("(sensitive) ");
    }
    match report::value_json(store, &unmarked(store, &value)) {
        Json::Object(map) if map.contains_key("$unknown") => {
            let name = map.get("$unknown").and_then(Json::as_str).unwrap_or_default();
            out.push_str(&format!("(unknown: {name})"));
        }
        other => out.push_str(&pretty(&other)),
    }
    out.push('\n');
    for step in
        store.spans(value.origin).filter(|s| s.via != Via::Literal || s.from.is_none()).take(MAX_STEPS)
    {
        let Some(location) = Location::of(session.loader.sources(), step.span) else { continue };
        if location.path.starts_with('<') {
            continue;
        }
        let how = match step.via {
            Via::Literal => "written",
            Via::Computed => "computed",
            Via::InputDefault => "the default",
            Via::Supplied => "supplied",
            Via::Argument => "passed by the call",
            Via::Local | Via::Input => "through a name",
            Via::Output => "through an output",
            Via::Attribute => "an attribute",
            Via::Default => "the provider's default",
            Via::Companion => "set by a companion resource",
        };
        out.push_str(&format!(
            "  {how} at {}:{}:{}\n",
            location.path, location.start.line, location.start.column
        ));
    }
    out
}

fn pretty(json: &Json) -> String {
    match json {
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}
