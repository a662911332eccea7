//! A page's front matter.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::Str;
use crate::source::{Diagnostic, FileId, Span};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Info,
    /// Should be better.
    Low,
    /// Should be mended.
    Medium,
    /// Should be mended now.
    High,
    /// Open to attack as it stands.
    Critical,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The name that pages and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn from_name(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.name() == name)
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// How safe a fix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// Protection grows, nothing that worked stops working, nothing is replaced.
    Safe,
    /// May cut off intended use, or replaces the resource.
    Unsafe,
    /// The steps are shown.
    Manual,
}

impl Applicability {
    /// The name that pages and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Manual => "manual",
        }
    }

    /// The applicability of that name.
    pub fn from_name(name: &str) -> Option<Applicability> {
        [Applicability::Safe, Applicability::Unsafe, Applicability::Manual]
            .into_iter()
            .find(|a| a.name() == name)
    }
}

/// The tools whose ids a page may name.
pub const TOOLS: [&str; 7] = ["checkov", "trivy", "tfsec", "cfn_nag", "cdk-nag", "cfn-lint", "guard"];
/// The packs that a page may name itself; standards become packs through `controls`.
pub const PACKS: [&str; 2] = ["recommended", "strict"];

/// What stands above a page, as the tool uses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Meta {
    /// The id: the file's stem.
    pub id: Str,
    /// The first heading.
    pub title: Str,
    /// How bad a finding is.
    pub severity: Severity,
    /// `recommended`, `strict`.
    pub packs: Vec<Str>,
    /// Standard → its control ids.
    pub controls: IndexMap<Str, Vec<Str>>,
    /// Other tool → its ids for the same check.
    pub aliases: IndexMap<Str, Vec<Str>>,
    /// Language (`terraform`, `cloudformation`) → why the page has no examples for it.
    pub without: IndexMap<Str, Str>,
}

impl Meta {
    /// Whether the page belongs to a pack: one that it names, a standard that it has controls of, or `all`.
    pub fn in_pack(&self, pack: &str) -> bool {
        pack == "all" || self.packs.iter().any(|p| p == pack) || self.controls.contains_key(pack)
    }

    /// All other tools' ids, flat, by tool.
    pub fn flat_aliases(&self) -> impl Iterator<Item = &Str> {
        self.aliases.values().flatten()
    }
}

/// The front matter as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    severity: Option<String>,
    packs: Option<Vec<String>>,
    #[serde(default)]
    controls: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    without: BTreeMap<String, String>,
}

/// Reads front matter (the text between the `---` lines, which starts at `offset` of `file`). What is wrong goes to
/// `diagnostics`, and a usable value is returned all the same.
pub(super) fn read(
    file: FileId,
    offset: usize,
    text: &str,
    id: &str,
    title: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Meta {
    let whole = Span::new(file, offset as u32, (offset + text.len()) as u32);
    // A place of a key or value, found by its text: front matter is short and says nothing twice.
    let place = |needle: &str| match text.find(needle) {
        Some(at) => Span::new(file, (offset + at) as u32, (offset + at + needle.len()) as u32),
        None => whole,
    };
    let mut meta = Meta {
        id: id.into(),
        title: title.into(),
        severity: Severity::Medium,
        packs: Vec::new(),
        controls: IndexMap::new(),
        aliases: IndexMap::new(),
        without: IndexMap::new(),
    };
    let front: Front = match serde_saphyr::from_str(text) {
        Ok(front) => front,
        Err(error) => {
            let message = error.to_string();
            let message = message.lines().next().unwrap_or_default().trim();
            diagnostics.push(
                Diagnostic::error(
                    "page-front-matter",
                    format!("front matter can't be read: {message}"),
                    whole,
                )
                .with_help("its fields are `severity`, `packs`, `controls`, `aliases` and `without`"),
            );
            return meta;
        }
    };
    match front.severity.as_deref().map(|s| (s, Severity::from_name(s))) {
        Some((_, Some(severity))) => meta.severity = severity,
        Some((name, None)) => diagnostics.push(
            Diagnostic::error("page-front-matter", format!("`{name}` is not a severity"), place(name))
                .with_help("use `info`, `low`, `medium`, `high` or `critical`"),
        ),
        None => diagnostics.push(
            Diagnostic::error("page-front-matter", "the page has no `severity`", whole)
                .with_help("add one of `info`, `low`, `medium`, `high`, `critical`"),
        ),
    }
    match front.packs {
        None => diagnostics.push(
            Diagnostic::error("page-front-matter", "the page has no `packs`", whole)
                .with_help("add `packs: [recommended]`, or `[strict]` for an opinion"),
        ),
        Some(packs) => {
            for pack in packs {
                if !kebab(&pack) {
                    diagnostics.push(
                        Diagnostic::error(
                            "page-front-matter",
                            format!("`{pack}` is not a pack's name"),
                            place(&pack),
                        )
                        .with_help("names are kebab-case, such as `recommended` and `strict`"),
                    );
                }
                meta.packs.push(pack.into());
            }
        }
    }
    for (standard, ids) in front.controls {
        if !kebab(&standard.replace('.', "-")) {
            diagnostics.push(Diagnostic::error(
                "page-front-matter",
                format!("`{standard}` is not a standard's name: it should be like `cis-5.0`"),
                place(&standard),
            ));
        }
        meta.controls.insert(standard.into(), ids.into_iter().map(Str::from).collect());
    }
    for (tool, ids) in front.aliases {
        if !TOOLS.contains(&tool.as_str()) {
            let known = TOOLS.map(|t| format!("`{t}`")).join(", ");
            diagnostics.push(
                Diagnostic::error(
                    "page-front-matter",
                    format!("`{tool}` is not a tool known here"),
                    place(&tool),
                )
                .with_help(format!("aliases may name {known}")),
            );
        }
        meta.aliases.insert(tool.into(), ids.into_iter().map(Str::from).collect());
    }
    for (language, reason) in front.without {
        if !["terraform", "cloudformation"].contains(&language.as_str()) {
            diagnostics.push(Diagnostic::error(
                "page-front-matter",
                format!("`{language}` is not a language: `without` may name `terraform` or `cloudformation`"),
                place(&language),
            ));
        }
        if reason.trim().is_empty() {
            diagnostics.push(Diagnostic::error(
                "page-front-matter",
                format!("no reason is given why there are no examples for `{language}`"),
                place(&language),
            ));
        }
        meta.without.insert(language.into(), reason.into());
    }
    meta
}

/// Whether a name is kebab-case: lower-case letters and digits in words joined by `-`.
pub(super) fn kebab(name: &str) -> bool {
    !name.is_empty()
        && name.split('-').all(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(text: &str) -> (Meta, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let meta = read(FileId(0), 4, text, "s3-public-acl", "t", &mut diagnostics);
        (meta, diagnostics)
    }

    #[test]
    fn reads_all_fields() {
        let (meta, diagnostics) = meta(
            "severity: high\npacks: [recommended]\ncontrols: { fsbp: [S3.2], cis-5.0: [\"2.1.4\"] }\n\
             aliases:\n  checkov: [CKV_AWS_20]\nwithout: { cloudformation: no such thing }\n",
        );
        assert_eq!(diagnostics, []);
        assert_eq!(meta.severity, Severity::High);
        assert!(meta.in_pack("recommended") && meta.in_pack("cis-5.0") && meta.in_pack("all"));
        assert!(!meta.in_pack("strict"));
        assert_eq!(meta.flat_aliases().collect::<Vec<_>>(), ["CKV_AWS_20"]);
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        let (_, diagnostics) = meta("severity: hihg\npacks: [Recommended]\naliases: { chekov: [A] }\n");
        let said: Vec<_> = diagnostics.iter().map(|d| (d.message.as_str(), d.span.unwrap().start)).collect();
        assert_eq!(
            said,
            [
                ("`hihg` is not a severity", 14),
                ("`Recommended` is not a pack's name", 27),
                ("`chekov` is not a tool known here", 51),
            ]
        );
    }

    #[test]
    fn broken_yaml_and_unknown_fields_are_one_diagnostic() {
        for text in ["severity: [", "severity: high\npacks: []\ncolour: red\n", "- a\n", "", "\t\t:\n&a *a"] {
            let (_, diagnostics) = meta(text);
            assert!(!diagnostics.is_empty(), "{text:?}");
        }
    }
}
