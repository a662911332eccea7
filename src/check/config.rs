//! `masugata.toml`: what a repository wants checked, and how.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Str;
use crate::cloudformation;
use crate::policy::Severity;
use crate::program::{Expr, ExprKind, Literal, ObjectItem, Quantity};
use crate::source::{Diagnostic, Loader, SourceFile, Span};

/// The name of the file.
pub const FILE_NAME: &str = "masugata.toml";

/// What a repository wants checked, and how.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The directory that paths in the file are relative to (absolute); none without a file.
    pub directory: Option<PathBuf>,
    /// Packs instead of `recommended`.
    pub packs: Option<Vec<Str>>,
    /// Only these policies (ids, or other tools' ids); none: all of the packs.
    pub select: Option<Vec<Str>>,
    /// Policies beside those of the packs.
    pub extend_select: Vec<Str>,
    /// Not these policies.
    pub ignore: Vec<Str>,
    /// Severities other than the pages'.
    pub severity: IndexMap<Str, Severity>,
    /// From which severity on findings fail the run.
    pub fail_on: Option<Severity>,
    /// What may be suppressed in the source.
    pub suppressions: Suppressing,
    /// Whether suppressions written for other tools count (`compat`).
    pub compat: bool,
    /// Directories with a team's own pages (absolute).
    pub policies: Vec<PathBuf>,
    /// Directories with copies of modules from registries and repositories (absolute).
    pub modules: Vec<PathBuf>,
    /// Which plans were made of which configuration's directory (absolute), where that is not the plan's own.
    pub plans: Vec<(GlobMatcher, PathBuf)>,
    /// Files that are not looked at at all.
    pub exclude: Vec<GlobMatcher>,
    /// Exceptions by path, in the file's order.
    pub overrides: Vec<Override>,
    /// Values for inputs of roots, and for data sources (`data.TYPE.NAME`), as expressions.
    pub inputs: IndexMap<Str, Expr>,
}

/// What may be suppressed in the source.
#[derive(Clone, Debug)]
pub struct Suppressing {
    /// Whether comments and metadata count at all.
    pub inline: bool,
    /// Whether a suppression without a reason is refused.
    pub require_reason: bool,
    /// Policies that can't be suppressed in the source.
    pub forbidden: Vec<Str>,
}

impl Default for Suppressing {
    fn default() -> Self {
        Suppressing { inline: true, require_reason: true, forbidden: Vec::new() }
    }
}

/// Exceptions for some files.
#[derive(Clone, Debug)]
pub struct Override {
    /// Which files.
    pub paths: Vec<GlobMatcher>,
    /// Which constructs of CDK apps, by their paths (`Prod/*/Bucket`); with `paths` both must fit.
    pub constructs: Vec<GlobMatcher>,
    /// Not these policies there.
    pub ignore: Vec<Str>,
    /// Other severities there.
    pub severity: IndexMap<Str, Severity>,
}

impl Override {
    /// Whether the path (relative to the configuration's directory) and the construct's path, if there is one, are meant.
    /// A construct is also meant by the path of one around it.
    pub fn applies(&self, relative: &Path, construct: Option<&str>) -> bool {
        if !self.constructs.is_empty() {
            let around = construct
                .into_iter()
                .flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at)).chain([path]));
            let mut around = around.filter(|path| self.constructs.iter().any(|glob| glob.is_match(path)));
            if around.next().is_none() {
                return false;
            }
        }
        let anywhere = self.paths.is_empty() && !self.constructs.is_empty();
        anywhere || self.paths.iter().any(|glob| glob.is_match(relative))
    }
}

impl Config {
    /// The configuration of a run without a file.
    pub fn new() -> Self {
        Config { compat: true, ..Config::default() }
    }

    /// Finds the file for some paths: in their common directory or above it, not above a git repository's top.
    pub fn find(loader: &Loader, paths: &[PathBuf]) -> Option<PathBuf> {
        Self::nearest(loader, paths, &[FILE_NAME])
    }

    /// The nearest file with one of these names, from the paths' common directory upwards.
    pub(super) fn nearest(loader: &Loader, paths: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
        let mut common: Option<PathBuf> = None;
        for path in paths {
            let path = loader.absolute(path);
            let directory = if loader.is_dir(&path) { path } else { path.parent()?.to_path_buf() };
            common = Some(match common {
                None => directory,
                Some(known) => known
                    .components()
                    .zip(directory.components())
                    .take_while(|(a, b)| a == b)
                    .map(|(a, _)| a)
                    .collect(),
            });
        }
        let start = common.unwrap_or_else(|| loader.working_directory().to_path_buf());
        for directory in start.ancestors() {
            if let Some(file) = names.iter().map(|name| directory.join(name)).find(|file| file.is_file()) {
                return Some(file);
            }
            if directory.join(".git").exists() {
                break;
            }
        }
        None
    }

    /// Reads a file. What is wrong with it goes to `diagnostics`; what is right is used.
    pub fn read(loader: &Loader, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Config {
        let mut config = Config::new();
        let file = match loader.load(path) {
            Ok(file) => file,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                return config;
            }
        };
        let directory = loader.absolute(path).parent().map(Path::to_path_buf).unwrap_or_default();
        let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
        let offset = file.text.len() - text.len();
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { file: &file, offset, directory: &directory, diagnostics };
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            reader.error(span, format!("`{}` is not valid TOML: {message}", file.path.display()));
        }
        reader.top(table.get_ref(), &mut config);
        config.directory = Some(directory);
        config
    }

    /// The path relative to the configuration's directory, for globs; absolute if it lies outside.
    pub fn relative<'p>(&self, absolute: &'p Path) -> &'p Path {
        self.directory.as_deref().and_then(|d| absolute.strip_prefix(d).ok()).unwrap_or(absolute)
    }

    /// The directory of the configuration that a plan was made of, if the settings say so.
    pub fn configuration_of(&self, plan: &Path) -> Option<&Path> {
        let relative = self.relative(plan);
        self.plans.iter().find(|(glob, _)| glob.is_match(relative)).map(|(_, directory)| directory.as_path())
    }

    /// Whether a file is excluded.
    pub fn excludes(&self, absolute: &Path) -> bool {
        !self.exclude.is_empty() && {
            let relative = self.relative(absolute);
            self.exclude.iter().any(|glob| relative.ancestors().any(|p| glob.is_match(p)))
        }
    }
}

struct Reader<'r> {
    file: &'r SourceFile,
    offset: usize,
    directory: &'r Path,
    diagnostics: &'r mut Vec<Diagnostic>,
}

type Key<'a, 'i> = &'a Spanned<std::borrow::Cow<'i, str>>;

impl Reader<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file.id, (range.start + self.offset) as u32, (range.end + self.offset) as u32)
    }

    fn error(&mut self, range: std::ops::Range<usize>, message: String) -> &mut Diagnostic {
        let span = self.span(range);
        self.diagnostics.push(Diagnostic::error("bad-config", message, span));
        // the element was pushed just now
        let last = self.diagnostics.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "the index of the element just pushed")]
        &mut self.diagnostics[last]
    }

    fn unknown_key(&mut self, key: Key<'_, '_>, place: &str, known: &[&str]) {
        let name = key.get_ref();
        let message = format!("there is no setting `{name}`{place}");
        let help = match closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("settings{place} are {}", quoted(known)),
        };
        self.error(key.span(), message).help = Some(help);
    }

    fn wrong_type(&mut self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = value.get_ref().type_str();
        self.error(
            value.span(),
            format!("`{key}` must be {expected}, not {article}{found}", article = article(found)),
        );
    }

    fn top(&mut self, table: &DeTable<'_>, config: &mut Config) {
        const KNOWN: [&str; 16] = [
            "packs",
            "select",
            "extend-select",
            "ignore",
            "severity",
            "fail-on",
            "suppressions",
            "compat",
            "policies",
            "exclude",
            "overrides",
            "inputs",
            "stack",
            "data",
            "modules",
            "plans",
        ];
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "packs" => config.packs = Some(self.strings("packs", value)),
                "select" => config.select = Some(self.strings("select", value)),
                "extend-select" => config.extend_select = self.strings("extend-select", value),
                "ignore" => config.ignore = self.strings("ignore", value),
                "severity" => config.severity = self.severities(value),
                "fail-on" => config.fail_on = self.severity("fail-on", value),
                "suppressions" => config.suppressions = self.suppressing(value),
                "compat" => config.compat = self.boolean("compat", value).unwrap_or(true),
                "policies" => {
                    config.policies = self
                        .strings("policies", value)
                        .iter()
                        .map(|p| self.directory.join(p.as_str()))
                        .collect();
                }
                "modules" => {
                    config.modules = self
                        .strings("modules", value)
                        .iter()
                        .map(|p| self.directory.join(p.as_str()))
                        .collect();
                }
                "plans" => config.plans = self.plans(value),
                "exclude" => config.exclude = self.globs("exclude", value),
                "overrides" => config.overrides = self.overrides(value),
                "inputs" => self.inputs(value, "", &mut config.inputs),
                "stack" => self.stack(value, &mut config.inputs),
                "data" => self.data(value, &mut config.inputs),
                _ => self.unknown_key(key, "", &KNOWN),
            }
        }
    }

    /// A string or a list of strings.
    fn strings(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Vec<Str> {
        match value.get_ref() {
            DeValue::String(text) => vec![Str::from(text.as_ref())],
            DeValue::Array(items) => {
                let mut out = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => out.push(Str::from(text.as_ref())),
                        _ => self.wrong_type(name, item, "a list of strings"),
                    }
                }
                out
            }
            _ => {
                self.wrong_type(name, value, "a list of strings");
                Vec::new()
            }
        }
    }

    fn boolean(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.wrong_type(name, value, "true or false");
                None
            }
        }
    }

    fn severity(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Option<Severity> {
        let names: Vec<&str> = Severity::ALL.iter().map(|s| s.name()).collect();
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(name, value, "a severity");
            return None;
        };
        let severity = Severity::from_name(text);
        if severity.is_none() {
            let near = closest(text, names.iter().copied()).map(|n| format!("did you mean `{n}`?"));
            self.error(value.span(), format!("`{text}` is not a severity")).help =
                near.or_else(|| Some(format!("severities are {}", quoted(&names))));
        }
        severity
    }

    /// Where the configurations of plans are: globs and directories.
    fn plans(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(GlobMatcher, PathBuf)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type("plans", value, "a table of plan files and directories");
            return Vec::new();
        };
        let mut out = Vec::new();
        for (key, value) in table.iter() {
            let glob = GlobBuilder::new(key.get_ref().as_ref()).literal_separator(true).build();
            match (glob, value.get_ref()) {
                (Ok(glob), DeValue::String(path)) => {
                    out.push((glob.compile_matcher(), self.directory.join(path.as_ref())));
                }
                (Ok(_), _) => self.wrong_type("plans", value, "a directory"),
                (Err(error), _) => {
                    self.error(key.span(), format!("`{}` is not a glob: {error}", key.get_ref()));
                }
            }
        }
        out
    }

    fn severities(&mut self, value: &Spanned<DeValue<'_>>) -> IndexMap<Str, Severity> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type("severity", value, "a table of policies and severities");
            return IndexMap::new();
        };
        table
            .iter()
            .filter_map(|(key, value)| {
                Some((Str::from(key.get_ref().as_ref()), self.severity(key.get_ref(), value)?))
            })
            .collect()
    }

    fn suppressing(&mut self, value: &Spanned<DeValue<'_>>) -> Suppressing {
        let mut out = Suppressing::default();
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type("suppressions", value, "a table");
            return out;
        };
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "inline" => out.inline = self.boolean("inline", value).unwrap_or(true),
                "require-reason" => {
                    out.require_reason = self.boolean("require-reason", value).unwrap_or(true)
                }
                "forbidden" => out.forbidden = self.strings("forbidden", value),
                _ => self.unknown_key(key, " in `suppressions`", &["inline", "require-reason", "forbidden"]),
            }
        }
        out
    }

    fn globs(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> Vec<GlobMatcher> {
        let mut out = Vec::new();
        for pattern in self.strings(name, value) {
            match GlobBuilder::new(pattern.trim_end_matches('/')).literal_separator(true).build() {
                Ok(glob) => out.push(glob.compile_matcher()),
                Err(error) => {
                    self.error(value.span(), format!("`{pattern}` is not a file pattern: {}", error.kind()));
                }
            }
        }
        out
    }

    fn overrides(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Override> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type("overrides", value, "a list of tables (`[[overrides]]`)");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.wrong_type("overrides", item, "a list of tables (`[[overrides]]`)");
                continue;
            };
            let mut one = Override {
                paths: Vec::new(),
                constructs: Vec::new(),
                ignore: Vec::new(),
                severity: IndexMap::new(),
            };
            let mut has_paths = false;
            for (key, value) in table.iter() {
                match key.get_ref().as_ref() {
                    "paths" => {
                        has_paths = true;
                        one.paths = self.globs("paths", value);
                    }
                    "constructs" => {
                        has_paths = true;
                        one.constructs = self.globs("constructs", value);
                    }
                    "ignore" => one.ignore = self.strings("ignore", value),
                    "severity" => one.severity = self.severities(value),
                    _ => {
                        self.unknown_key(
                            key,
                            " in `overrides`",
                            &["paths", "constructs", "ignore", "severity"],
                        );
                    }
                }
            }
            if !has_paths {
                self.error(item.span(), "an override needs `paths`, the files that it is for, or `constructs`, the construct paths".to_owned());
            }
            out.push(one);
        }
        out
    }

    fn inputs(&mut self, value: &Spanned<DeValue<'_>>, prefix: &str, out: &mut IndexMap<Str, Expr>) {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type("inputs", value, "a table of names and values");
            return;
        };
        for (key, value) in table.iter() {
            let expr = self.expr(value);
            out.insert(Str::from(format!("{prefix}{}", key.get_ref())), expr);
        }
    }

    /// `[stack]`: the environment that templates are deployed to, as values of the pseudo parameters. Partition and DNS
    /// suffix follow from the region.
    fn stack(&mut self, value: &Spanned<DeValue<'_>>, out: &mut IndexMap<Str, Expr>) {
        const KNOWN: [&str; 7] =
            ["account", "region", "partition", "url-suffix", "name", "id", "notification-arns"];
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type("stack", value, "a table");
            return;
        };
        for (key, value) in table.iter() {
            let pseudo = match key.get_ref().as_ref() {
                "account" => "AWS::AccountId",
                "region" => "AWS::Region",
                "partition" => "AWS::Partition",
                "url-suffix" => "AWS::URLSuffix",
                "name" => "AWS::StackName",
                "id" => "AWS::StackId",
                "notification-arns" => "AWS::NotificationARNs",
                _ => {
                    self.unknown_key(key, " in `stack`", &KNOWN);
                    continue;
                }
            };
            let fits = match value.get_ref() {
                DeValue::Array(_) => pseudo == "AWS::NotificationARNs",
                DeValue::String(_) => pseudo != "AWS::NotificationARNs",
                _ => false,
            };
            if fits {
                out.insert(pseudo.into(), self.expr(value));
            } else {
                let wanted = if pseudo == "AWS::NotificationARNs" { "a list of strings" } else { "a string" };
                self.wrong_type(key.get_ref(), value, wanted);
            }
        }
        cloudformation::complete_environment(out);
    }

    /// `[data.TYPE.NAME]`: attributes of a data source.
    fn data(&mut self, value: &Spanned<DeValue<'_>>, out: &mut IndexMap<Str, Expr>) {
        let DeValue::Table(types) = value.get_ref() else {
            self.wrong_type("data", value, "a table of data sources");
            return;
        };
        for (type_name, names) in types.iter() {
            self.inputs(names, &format!("data.{}.", type_name.get_ref()), out);
        }
    }

    fn expr(&self, value: &Spanned<DeValue<'_>>) -> Expr {
        let span = self.span(value.span());
        let kind = match value.get_ref() {
            DeValue::String(text) => ExprKind::Literal(Literal::String(Str::from(text.as_ref()))),
            DeValue::Boolean(b) => ExprKind::Literal(Literal::Bool(*b)),
            DeValue::Integer(n) => {
                ExprKind::Literal(Literal::Number(match i64::from_str_radix(n.as_str(), n.radix()) {
                    Ok(n) => Quantity::Int(n),
                    Err(_) => Quantity::Decimal(Str::from(n.as_str())),
                }))
            }
            DeValue::Float(n) => ExprKind::Literal(Literal::Number(Quantity::Decimal(Str::from(n.as_str())))),
            DeValue::Datetime(when) => ExprKind::Literal(Literal::String(Str::from(when.to_string()))),
            DeValue::Array(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            DeValue::Table(table) => ExprKind::Object(
                table
                    .iter()
                    .map(|(key, value)| {
                        let key_span = self.span(key.span());
                        let value = self.expr(value);
                        let span = key_span.to(value.span);
                        ObjectItem { key: Expr::string(key.get_ref().as_ref(), key_span), value, span }
                    })
                    .collect(),
            ),
        };
        Expr::new(kind, span)
    }
}

/// The known name that was probably meant: at most a third of its letters are wrong.
pub(crate) fn closest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_ascii_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&lower, &k.to_ascii_lowercase()), k))
        .filter(|(distance, k)| *distance * 3 <= k.len().max(name.len()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an " } else { "a " }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Config, Vec<(String, Option<String>, String)>) {
        let mut loader = Loader::new("/repo");
        loader.overlay(Path::new(FILE_NAME), text);
        let mut diagnostics = Vec::new();
        let config = Config::read(&loader, Path::new(FILE_NAME), &mut diagnostics);
        let said = diagnostics
            .into_iter()
            .map(|d| {
                let span = d.span.unwrap();
                let at = loader.sources().get(span.file).unwrap().slice(span).to_owned();
                (d.message, d.help, at)
            })
            .collect();
        (config, said)
    }

    #[test]
    fn everything_is_read() {
        let (config, said) = read(
            r#"
packs = ["recommended", "cis-5.0"]
ignore = ["s3-no-logging"]
fail-on = "medium"
compat = false
policies = "policies"
exclude = ["legacy/**"]
[severity]
s3-public-acl = "critical"
[suppressions]
require-reason = false
forbidden = ["s3-public-acl"]
[[overrides]]
paths = ["examples/**"]
ignore = ["s3-no-versioning"]
[inputs]
env = "prod"
cidrs = ["10.0.0.0/8"]
tags = { team = "a", n = 3 }
[data.aws_availability_zones.available]
names = ["a", "b"]
"#,
        );
        assert_eq!(said, []);
        assert_eq!(config.packs.as_deref().unwrap(), ["recommended", "cis-5.0"]);
        assert_eq!(config.fail_on, Some(Severity::Medium));
        assert!(!config.compat && !config.suppressions.require_reason && config.suppressions.inline);
        assert_eq!(config.policies, [PathBuf::from("/repo/policies")]);
        assert!(config.excludes(Path::new("/repo/legacy/a/main.tf")));
        assert!(!config.excludes(Path::new("/repo/app/main.tf")));
        assert!(config.overrides[0].applies(Path::new("examples/a/main.tf"), None));
        assert_eq!(
            config.inputs.keys().collect::<Vec<_>>(),
            ["data.aws_availability_zones.available", "cidrs", "env", "tags"]
        );
        assert_eq!(config.inputs["env"].as_string().unwrap(), "prod");
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_a_guess() {
        let (config, said) =
            read("pack = ['strict']\nfail-on = 'hihg'\ncompat = 'no'\n[suppressions]\nreason = true\n");
        assert!(config.compat);
        let said: Vec<_> =
            said.iter().map(|(m, h, at)| (m.as_str(), h.as_deref().unwrap_or(""), at.as_str())).collect();
        assert_eq!(
            said,
            [
                ("`compat` must be true or false, not a string", "", "'no'"),
                ("`hihg` is not a severity", "did you mean `high`?", "'hihg'"),
                ("there is no setting `pack`", "did you mean `packs`?", "pack"),
                (
                    "there is no setting `reason` in `suppressions`",
                    "settings in `suppressions` are `inline`, `require-reason`, `forbidden`",
                    "reason"
                ),
            ]
        );
    }

    #[test]
    fn broken_toml_is_one_of_the_diagnostics_and_the_rest_is_used() {
        let (config, said) = read("packs = ['strict']\nignore = [\nfail-on = 'high'\n");
        assert!(!said.is_empty());
        assert_eq!(config.packs.as_deref().unwrap(), ["strict"]);
    }
}
