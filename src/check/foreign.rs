//! Files in which other tools are told what to leave alone: `.trivyignore`, `.trivyignore.yaml`, and `skip-check` in
//! `.checkov.yaml`. They count for policies that are the same check, as comments written for these tools do.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::Str;
use crate::source::{Diagnostic, Loader, SourceFile};
use crate::syntax::{Kind, NodeId, Tree, yaml};

use super::config::Config;
use super::suppress::same_id;

/// What the files of a project say.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    rules: Vec<Rule>,
}

/// One id that is left alone.
#[derive(Debug)]
struct Rule {
    id: Str,
    /// Where: everywhere if empty, else files of which the path from `base` on matches.
    paths: Vec<GlobMatcher>,
    base: PathBuf,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    until: Option<Str>,
}

impl Foreign {
    /// Reads the nearest of each of the files, from the paths' common directory upwards. One that can't be read is a
    /// warning: whoever wrote it wanted less to be reported.
    pub(super) fn read(loader: &Loader, paths: &[PathBuf], diagnostics: &mut Vec<Diagnostic>) -> Foreign {
        let mut foreign = Foreign::default();
        type Reader = fn(&mut Foreign, &SourceFile, &Path);
        let files: [(&[&str], Reader); 3] = [
            (&[".trivyignore"], Foreign::trivy_lines),
            (&[".trivyignore.yaml", ".trivyignore.yml"], Foreign::trivy_yaml),
            (&[".checkov.yaml", ".checkov.yml"], Foreign::checkov),
        ];
        for (names, reader) in files {
            let Some(path) = Config::nearest(loader, paths, names) else { continue };
            match loader.load(&path) {
                Ok(file) => {
                    let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
                    reader(&mut foreign, &file, &base);
                }
                Err(problem) => {
                    diagnostics.push(Diagnostic { severity: crate::source::Severity::Warning, ..problem })
                }
            }
        }
        foreign
    }

    /// `ID`, then perhaps `exp:YYYY-MM-DD`, a line each.
    fn trivy_lines(&mut self, file: &SourceFile, base: &Path) {
        for line in file.text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or("");
            let mut words = line.split_whitespace();
            let Some(id) = words.next() else { continue };
            let until = words.find_map(|w| w.strip_prefix("exp:")).map(Str::from);
            self.rules.push(Rule { id: id.into(), paths: Vec::new(), base: base.to_path_buf(), until });
        }
    }

    /// `misconfigurations: [{ id, paths, expired_at }]`.
    fn trivy_yaml(&mut self, file: &SourceFile, base: &Path) {
        let Some((tree, top)) = mapping(file) else { return };
        let Some(list) = yaml::find(&tree, top, "misconfigurations") else { return };
        for entry in yaml::items(&tree, list) {
            let text = |key| yaml::find(&tree, entry, key).map(|n| Str::from(yaml::text(&tree, n)));
            let Some(id) = text("id") else { continue };
            let written = yaml::find(&tree, entry, "paths");
            let globs: Vec<NodeId> = written.iter().flat_map(|n| yaml::items(&tree, *n)).collect();
            let paths: Vec<GlobMatcher> = globs.iter().filter_map(|n| glob(&yaml::text(&tree, *n))).collect();
            if paths.is_empty() && !globs.is_empty() {
                // a path that can't be read must not turn into all paths
                continue;
            }
            self.rules.push(Rule { id, paths, base: base.to_path_buf(), until: text("expired_at") });
        }
    }

    /// `skip-check: [ID, …]`, also as a text with commas, and as `{ id: … }` with a comment beside it.
    fn checkov(&mut self, file: &SourceFile, base: &Path) {
        let Some((tree, top)) = mapping(file) else { return };
        let Some(list) = yaml::find(&tree, top, "skip-check") else { return };
        let mut ids: Vec<Str> = Vec::new();
        let entries: Vec<NodeId> = match tree.kind(yaml::resolve(&tree, list)) {
            Kind::Sequence => yaml::items(&tree, list).collect(),
            _ => vec![list],
        };
        for entry in entries {
            let node = yaml::find(&tree, entry, "id").unwrap_or(entry);
            if tree.kind(yaml::resolve(&tree, node)) != Kind::Scalar {
                continue;
            }
            let text = yaml::text(&tree, node);
            ids.extend(text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Str::from));
        }
        let rule = |id| Rule { id, paths: Vec::new(), base: base.to_path_buf(), until: None };
        self.rules.extend(ids.into_iter().map(rule));
    }

    /// Whether a policy with these aliases is left alone in one of these files (absolute paths) on that day.
    pub(super) fn covers(&self, aliases: &[Str], files: &[PathBuf], today: &str) -> bool {
        self.rules.iter().any(|rule| {
            let here = || {
                files.iter().any(|file| {
                    let path = file.strip_prefix(&rule.base).unwrap_or(file);
                    rule.paths.iter().any(|glob| glob.is_match(path))
                })
            };
            rule.until.as_deref().is_none_or(|until| today <= until)
                && aliases.iter().any(|alias| same_id(&rule.id, alias))
                && (rule.paths.is_empty() || here())
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

fn mapping(file: &SourceFile) -> Option<(Tree, NodeId)> {
    let tree = yaml::parse(crate::source::Sources::new().add(&file.path, std::sync::Arc::clone(&file.text)));
    let document = tree.child(tree.root(), 0)?;
    let top = tree.child(document, 0)?;
    (tree.kind(top) == Kind::Mapping).then_some((tree, top))
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let pattern = pattern.trim_start_matches("./");
    GlobBuilder::new(pattern).literal_separator(true).build().ok().map(|glob| glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(files: &[(&str, &str)], id: &str, path: &str) -> bool {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let loader = Loader::new(dir.path());
        let mut diagnostics = Vec::new();
        let foreign = Foreign::read(&loader, &[PathBuf::from(".")], &mut diagnostics);
        assert_eq!(diagnostics, []);
        foreign.covers(&[id.into()], &[loader.absolute(Path::new(path))], "2026-06-01")
    }

    #[test]
    fn trivyignore() {
        let lines = [(
            ".trivyignore",
            "# public site\nAVD-AWS-0092\nAVD-AWS-0001 exp:2026-05-31\nAWS-0002 exp:2026-06-01 # x\n",
        )];
        assert!(covered(&lines, "AVD-AWS-0092", "main.tf"));
        assert!(!covered(&lines, "AVD-AWS-0001", "main.tf"), "it has expired");
        assert!(covered(&lines, "AVD-AWS-0002", "main.tf"));
        assert!(!covered(&lines, "AVD-AWS-0003", "main.tf"));
        let yaml = [(
            ".trivyignore.yaml",
            "misconfigurations:\n  - id: AVD-AWS-0092\n    paths: [\"web/**/*.tf\", \"./a.tf\"]\n    statement: public\n  \
             - id: AVD-AWS-0001\n    expired_at: 2026-05-31\n  - id: AVD-AWS-0002\nsecrets:\n  - id: AVD-AWS-0003\n",
        )];
        assert!(covered(&yaml, "AVD-AWS-0092", "web/x/main.tf"));
        assert!(covered(&yaml, "AVD-AWS-0092", "a.tf"));
        assert!(!covered(&yaml, "AVD-AWS-0092", "db/main.tf"));
        assert!(!covered(&yaml, "AVD-AWS-0001", "main.tf"), "it has expired");
        assert!(covered(&yaml, "AVD-AWS-0002", "main.tf"));
        assert!(!covered(&yaml, "AVD-AWS-0003", "main.tf"), "no misconfiguration");
    }

    #[test]
    fn skip_check_of_checkov() {
        for text in [
            "skip-check:\n  - CKV_AWS_20\n  - CKV_AWS_21\n",
            "skip-check: CKV_AWS_20, CKV_AWS_21\n",
            "skip-check:\n  - id: CKV_AWS_20\n    suppress_comment: public\n  - CKV_AWS_21\n",
            "quiet: true\nskip-check: ['CKV_AWS_2*']\n",
        ] {
            let files = [(".checkov.yml", text)];
            assert!(covered(&files, "CKV_AWS_20", "main.tf"), "{text}");
            assert!(covered(&files, "CKV_AWS_21", "main.tf"), "{text}");
            assert!(!covered(&files, "CKV_AWS_19", "main.tf"), "{text}");
        }
        assert!(!covered(&[(".checkov.yml", "check: [CKV_AWS_20]\n")], "CKV_AWS_20", "main.tf"));
        assert!(!covered(&[(".checkov.yml", "- a: [\n")], "CKV_AWS_20", "main.tf"));
    }
}
