//! `samconfig.toml` (or `.yaml`): the parameters that `sam deploy` gives a template ("AWS SAM CLI configuration file",
//! AWS Serverless Application Model Developer Guide). Of its environments the one named `default` counts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Str;
use crate::cloudformation;
use crate::program::Expr;
use crate::source::{Diagnostic, Loader, SourceFile, Span};
use crate::syntax::{self, Kind, NodeId, Tree, yaml};

/// The commands whose settings count, later ones first.
const COMMANDS: [&str; 2] = ["deploy", "global"];

/// The templates that the SAM CLI takes when none is named.
const DEFAULT_TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// What the configuration beside a template supplies: values by parameter, pseudo parameters among them.
pub(super) fn read(
    loader: &Loader,
    template: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<Str, Expr> {
    let mut out = IndexMap::new();
    let Some(directory) = template.parent() else { return out };
    let found = ["samconfig.toml", "samconfig.yaml", "samconfig.yml"]
        .iter()
        .map(|name| directory.join(name))
        .find(|path| loader.is_file(path));
    let Some(path) = found else { return out };
    let file = match loader.load(&path) {
        Ok(file) => file,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return out;
        }
    };
    let settings = if path.extension().is_some_and(|e| e == "toml") {
        from_toml(&file, diagnostics)
    } else {
        from_yaml(&file, diagnostics)
    };
    let named = settings.templates.iter().any(|t| loader.absolute(&directory.join(t)) == *template);
    let is_default =
        template.file_name().and_then(|n| n.to_str()).is_some_and(|name| DEFAULT_TEMPLATES.contains(&name));
    if !named && !is_default {
        return out;
    }
    out.extend(settings.values);
    cloudformation::complete_environment(&mut out);
    out
}

#[derive(Default)]
struct Settings {
    templates: Vec<PathBuf>,
    values: IndexMap<Str, Expr>,
}

impl Settings {
    fn set(&mut self, name: &str, value: &str, span: Span) {
        self.values.entry(name.into()).or_insert_with(|| Expr::string(value, span));
    }

    /// A setting that is a text; whether it is one that is looked at.
    fn text(&mut self, key: &str, value: &str, span: Span) {
        match key {
            "template" | "template_file" => self.templates.push(PathBuf::from(value)),
            "region" => self.set("AWS::Region", value, span),
            "stack_name" => self.set("AWS::StackName", value, span),
            "parameter_overrides" => {
                for word in words(value) {
                    self.over(&word, span);
                }
            }
            _ => {}
        }
    }

    /// `NAME=VALUE`, or the AWS CLI's `ParameterKey=NAME,ParameterValue=VALUE`.
    fn over(&mut self, word: &str, span: Span) {
        if let Some((name, value)) =
            word.strip_prefix("ParameterKey=").and_then(|rest| rest.split_once(",ParameterValue="))
        {
            return self.set(name, value, span);
        }
        if let Some((name, value)) = word.split_once('=') {
            self.set(name, value, span);
        }
    }
}

/// Cuts a line as a shell does: at blanks, not inside quotes; a backslash takes the next character as it is.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', Some('"') | None) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => out.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

fn from_toml(file: &Arc<SourceFile>, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let mut settings = Settings::default();
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let offset = file.text.len() - text.len();
    let span = |range: std::ops::Range<usize>| {
        Span::new(file.id, (range.start + offset) as u32, (range.end + offset) as u32)
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        diagnostics.push(Diagnostic::warning(
            "bad-samconfig",
            format!("`{}` is not valid TOML: {message}", file.path.display()),
            span(error.span().unwrap_or(0..0)),
        ));
    }
    let table = table.get_ref();
    let Some(DeValue::Table(default)) = table.get("default").map(Spanned::get_ref) else { return settings };
    for command in COMMANDS {
        let Some(DeValue::Table(of)) = default.get(command).map(Spanned::get_ref) else { continue };
        let Some(DeValue::Table(parameters)) = of.get("parameters").map(Spanned::get_ref) else { continue };
        for (key, value) in parameters.iter() {
            let key = key.get_ref().as_ref();
            match value.get_ref() {
                DeValue::String(text) => settings.text(key, text, span(value.span())),
                DeValue::Array(items) if key == "parameter_overrides" => {
                    for item in items.iter() {
                        match item.get_ref() {
                            DeValue::String(text) => settings.text(key, text, span(item.span())),
                            DeValue::Table(one) => settings.table(one, &span),
                            _ => {}
                        }
                    }
                }
                DeValue::Table(one) if key == "parameter_overrides" => settings.table(one, &span),
                _ => {}
            }
        }
    }
    settings
}

impl Settings {
    fn table(&mut self, table: &DeTable<'_>, span: &dyn Fn(std::ops::Range<usize>) -> Span) {
        for (key, value) in table.iter() {
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(n) => n.as_str().to_owned(),
                DeValue::Float(n) => n.as_str().to_owned(),
                DeValue::Boolean(b) => b.to_string(),
                _ => continue,
            };
            self.set(key.get_ref(), &text, span(value.span()));
        }
    }
}

fn from_yaml(file: &Arc<SourceFile>, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let mut settings = Settings::default();
    let tree = syntax::yaml::parse(Arc::clone(file));
    diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
    let document = tree.children(tree.root()).find(|n| tree.kind(*n) == Kind::Document);
    let Some(top) = document.and_then(|d| tree.child(d, 0)) else { return settings };
    for command in COMMANDS {
        let find = |node: NodeId, key: &str| yaml::find(&tree, node, key);
        let parameters =
            find(top, "default").and_then(|d| find(d, command)).and_then(|c| find(c, "parameters"));
        let Some(parameters) = parameters else { continue };
        for entry in yaml::entries(&tree, parameters) {
            let key = entry.key.as_ref();
            match tree.kind(entry.value) {
                Kind::Scalar => settings.text(key, &yaml::text(&tree, entry.value), tree.span(entry.value)),
                Kind::Sequence if key == "parameter_overrides" => {
                    for item in yaml::items(&tree, entry.value) {
                        settings.yaml_item(&tree, item);
                    }
                }
                Kind::Mapping if key == "parameter_overrides" => settings.yaml_item(&tree, entry.value),
                _ => {}
            }
        }
    }
    settings
}

impl Settings {
    fn yaml_item(&mut self, tree: &Tree, node: NodeId) {
        match tree.kind(node) {
            Kind::Scalar => self.text("parameter_overrides", &yaml::text(tree, node), tree.span(node)),
            Kind::Mapping => {
                for entry in yaml::entries(tree, node) {
                    self.set(&entry.key, &yaml::text(tree, entry.value), tree.span(entry.value));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(words(r#"A=b C="d e" D='f "g"' E=\"h F="#), ["A=b", "C=d e", "D=f \"g\"", "E=\"h", "F="]);
        assert!(words("  ").is_empty());
    }

    fn values(name: &str, text: &str, template: &str) -> String {
        let mut loader = Loader::new("/repo");
        loader.overlay(Path::new(name), text);
        let mut diagnostics = Vec::new();
        let values = read(&loader, &loader.absolute(Path::new(template)), &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let mut all: Vec<String> = values
            .iter()
            .map(|(k, v)| format!("{k}={}", v.as_string().map_or("?", |s| s.as_str())))
            .collect();
        all.sort_unstable();
        all.join(" ")
    }

    #[test]
    fn deploy_wins_over_global_and_only_its_template_is_meant() {
        let text = r#"
version = 0.1
[default.global.parameters]
stack_name = "app"
parameter_overrides = "Env=dev Size=1"
[default.deploy.parameters]
region = "cn-north-1"
parameter_overrides = ["Env=\"prod\"", "ParameterKey=Other,ParameterValue=x,y"]
template_file = "infra/app.yaml"
[staging.deploy.parameters]
parameter_overrides = "Env=staging"
"#;
        let all =
            "AWS::Partition=aws-cn AWS::Region=cn-north-1 AWS::StackName=app AWS::URLSuffix=amazonaws.com.cn";
        let expected = format!("{all} Env=prod Other=x,y Size=1");
        assert_eq!(values("samconfig.toml", text, "template.yaml"), expected);
        assert_eq!(values("samconfig.toml", text, "other.yaml"), "");
        let text = "default: {deploy: {parameters: {parameter_overrides: {Env: prod, N: 3}}}}\n";
        assert_eq!(values("samconfig.yaml", text, "template.yml"), "Env=prod N=3");
    }
}
