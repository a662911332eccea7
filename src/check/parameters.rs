//! Values for template parameters, as the AWS CLI takes them: `NAME=VALUE`, or a file in one of the three usual shapes.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::Str;
use crate::program::{Expr, ExprKind, Literal};
use crate::source::{Diagnostic, Loader, Span};
use crate::syntax::{self, Kind, NodeId, Tree};

/// Reads `--parameters` arguments; later ones win.
pub(super) fn read(
    loader: &Loader,
    arguments: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<Str, Expr> {
    let mut out = IndexMap::new();
    for argument in arguments {
        let path = Path::new(argument.strip_prefix("file://").unwrap_or(argument));
        match argument.split_once('=') {
            Some((name, value)) if !loader.is_file(path) => {
                let file = loader.sources().add(format!("<--parameters {name}>"), value);
                let span = Span::new(file.id, 0, value.len() as u32);
                out.insert(Str::from(name.trim()), Expr::string(value, span));
            }
            _ => match loader.load(path) {
                Ok(file) => {
                    let json = file.text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
                    let tree = if json {
                        syntax::json::parse(Arc::clone(&file))
                    } else {
                        syntax::yaml::parse(Arc::clone(&file))
                    };
                    diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
                    if !values(&tree, &mut out) && tree.errors.is_empty() {
                        let message = format!("`{}` has no parameters", file.path.display());
                        diagnostics.push(Diagnostic::file_error("bad-parameters", message, &file.path).with_help(
                            "write `[{\"ParameterKey\": …, \"ParameterValue\": …}]` or `{\"Parameters\": {\"NAME\": …}}`",
                        ));
                    }
                }
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
        }
    }
    out
}

/// Takes the values of a file; whether it has the shape of one.
fn values(tree: &Tree, out: &mut IndexMap<Str, Expr>) -> bool {
    let document = tree.children(tree.root()).find(|n| tree.kind(*n) == Kind::Document);
    let Some(top) = document.and_then(|d| tree.child(d, 0)) else { return false };
    match tree.kind(top) {
        Kind::Sequence => {
            for item in tree.children(top) {
                if let Some(text) = scalar(tree, item) {
                    // the form of `aws cloudformation deploy --parameter-overrides file://…`
                    if let Some((name, value)) = text.split_once('=') {
                        out.insert(name.into(), Expr::string(value, tree.span(item)));
                    }
                    continue;
                }
                let key = get(tree, item, "ParameterKey").and_then(|n| scalar(tree, n));
                let value = get(tree, item, "ParameterValue");
                if let (Some(key), Some(value)) = (key, value) {
                    out.insert(key.into(), literal(tree, value));
                }
            }
            true
        }
        Kind::Mapping => {
            // CodePipeline's template configuration file; the deployment file of Git sync
            let inside = get(tree, top, "Parameters")
                .or_else(|| get(tree, top, "parameters").filter(|n| tree.kind(*n) == Kind::Mapping));
            let inside = inside.unwrap_or(top);
            if tree.kind(inside) != Kind::Mapping {
                return false;
            }
            for pair in tree.children(inside) {
                if let (Some(key), Some(value)) = (tree.child(pair, 0), tree.child(pair, 1))
                    && let Some(name) = scalar(tree, key)
                {
                    out.insert(name.into(), literal(tree, value));
                }
            }
            true
        }
        _ => false,
    }
}

fn get(tree: &Tree, mapping: NodeId, key: &str) -> Option<NodeId> {
    syntax::yaml::find(tree, mapping, key)
}

fn scalar(tree: &Tree, node: NodeId) -> Option<String> {
    (tree.kind(node) == Kind::Scalar).then(|| syntax::yaml::text(tree, node).into_owned())
}

/// A parameter's value is always text; a list is text with commas.
fn literal(tree: &Tree, node: NodeId) -> Expr {
    let span = tree.span(node);
    match tree.kind(node) {
        Kind::Sequence => {
            let items: Vec<String> = tree.children(node).filter_map(|item| scalar(tree, item)).collect();
            Expr::string(items.join(","), span)
        }
        Kind::Scalar => Expr::string(syntax::yaml::text(tree, node).as_ref(), span),
        _ => Expr::new(ExprKind::Literal(Literal::Null), span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shapes() {
        let mut loader = Loader::new("/repo");
        loader.overlay(Path::new("cli.json"), r#"[{"ParameterKey": "Env", "ParameterValue": "prod"}]"#);
        loader.overlay(Path::new("pipeline.json"), r#"{"Parameters": {"Env": "dev", "Zones": ["a", "b"]}}"#);
        loader.overlay(Path::new("plain.yaml"), "Env: test\nCount: 3\n");
        loader.overlay(Path::new("overrides.json"), r#"["Env=stage"]"#);
        let read = |args: &[&str]| {
            let mut diagnostics = Vec::new();
            let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
            let values = read(&loader, &args, &mut diagnostics);
            let values: Vec<String> = values
                .iter()
                .map(|(k, v)| format!("{k}={}", v.as_string().map_or("?", |s| s.as_str())))
                .collect();
            (values.join(" "), diagnostics.len())
        };
        assert_eq!(read(&["cli.json"]), ("Env=prod".into(), 0));
        assert_eq!(read(&["file://pipeline.json"]), ("Env=dev Zones=a,b".into(), 0));
        assert_eq!(read(&["plain.yaml", "Env=last"]), ("Env=last Count=3".into(), 0));
        assert_eq!(read(&["overrides.json"]), ("Env=stage".into(), 0));
        assert_eq!(read(&["missing.json"]), (String::new(), 1));
    }
}
