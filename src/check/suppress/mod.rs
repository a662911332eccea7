//! Suppressions in the source: our own comments and metadata, and those written for other tools.
//!
//! | form | scope |
//! |---|---|
//! | `# masugata: ignore[policy, …] reason [until=DATE]` | behind code: what starts on that line; alone: what follows |
//! | the same behind `//` or `#` in the source of a CDK app | its line; alone: the next line |
//! | `Metadata: { masugata: { ignore: [{ policy, reason }] } }` | the resource, or the template |
//! | `checkov:skip=ID:reason` (also `bridgecrew`, `cortex`) in a comment; `Metadata.checkov.skip` | the block around it |
//! | `tfsec:ignore:ID` and `trivy:ignore:ID[attr=v]:exp:DATE:ws:NAME` | as our own comment |
//! | `kics-scan ignore-line`, `ignore-block`; at the head of a file `ignore`, `disable=ID,…` | the next line, the next block; the file |
//! | `tflint-ignore: RULE,…`, `tflint-ignore-file: RULE,…` | its line and the next; the file |
//! | `Metadata.cfn-lint.config.ignore_checks` | the resource, or the template |
//! | `Metadata.cfn_nag.rules_to_suppress`, `Metadata.cdk_nag.rules_to_suppress`, `Metadata.guard.SuppressedRules` | the resource, or the template |

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Language, Tree};

mod code;
mod comments;
mod metadata;

use comments::Places;

pub use code::scan_code;

/// Whose suppression it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Ours: ids of policies, or aliases.
    Masugata,
    /// Another tool's: aliases only.
    Other,
}

/// One suppression.
#[derive(Debug)]
pub struct Suppression {
    /// Whose form it has.
    pub tool: Tool,
    /// The ids as written, with their places.
    pub ids: Vec<(Str, Span)>,
    /// What it covers.
    pub scope: Span,
    /// Where it is written.
    pub span: Span,
    /// The reason that is given.
    pub reason: Option<Str>,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    pub until: Option<Str>,
    /// Arguments that the resource must have: path and value.
    pub attributes: Vec<(Str, Str)>,
    /// Texts of which one must stand where the finding is: cdk-nag's `applies_to` (`Action::s3:*`).
    pub texts: Vec<Str>,
    /// Which of `ids` suppressed something.
    pub used: Vec<AtomicBool>,
}

impl Suppression {
    fn new(tool: Tool, ids: Vec<(Str, Span)>, scope: Span, span: Span) -> Self {
        let used = ids.iter().map(|_| AtomicBool::new(false)).collect();
        Suppression {
            tool,
            ids,
            scope,
            span,
            reason: None,
            until: None,
            attributes: Vec::new(),
            texts: Vec::new(),
            used,
        }
    }

    /// Takes what a comment of ours says behind the policies: the reason, and `until=DATE` anywhere in it.
    fn explain(&mut self, text: &str) {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.retain(|word| match word.strip_prefix("until=") {
            Some(date) => {
                self.until = Some(date.into());
                false
            }
            None => true,
        });
        let reason = words.join(" ");
        let reason = reason.trim_start_matches(['-', ':', '–', '—', ' ']);
        self.reason = (!reason.is_empty()).then(|| reason.into());
    }

    /// Whether it names the policy, by its id (only ours) or by one of its aliases. `mark` remembers that it did.
    pub fn names(&self, policy: &str, aliases: &[Str], mark: bool) -> bool {
        let mut named = false;
        for ((id, _), used) in self.ids.iter().zip(&self.used) {
            let hit = (self.tool == Tool::Masugata && id == policy) || aliases.iter().any(|a| same_id(id, a));
            if hit {
                named = true;
                if mark {
                    used.store(true, Ordering::Relaxed);
                }
            }
        }
        named
    }

    /// Whether it still counts on that day.
    pub fn is_current(&self, today: &str) -> bool {
        self.until.as_deref().is_none_or(|until| today <= until)
    }
}

/// Whether an id in a suppression means the alias: case does not matter, nor trivy's `AVD-`; `*` stands for anything,
/// and what cdk-nag writes behind `[` narrows the id.
pub(super) fn same_id(written: &str, alias: &str) -> bool {
    fn plain(id: &str) -> String {
        let id = id.trim().to_ascii_lowercase();
        match id.strip_prefix("avd-") {
            Some(rest) if rest.contains('-') => rest.to_owned(),
            _ => id,
        }
    }
    let written = plain(written.split('[').next().unwrap_or(written));
    let alias = plain(alias);
    match written.split_once('*') {
        None => written == alias,
        Some((start, end)) => {
            alias.len() >= start.len() + end.len() && alias.starts_with(start) && alias.ends_with(end)
        }
    }
}

/// Whether a file's text has any sign of a suppression: a cheap test before the file is parsed for them.
pub fn has_any(text: &str) -> bool {
    [
        "masugata",
        ":skip=",
        ":ignore:",
        "kics-scan",
        "tflint-ignore",
        "ignore_checks",
        "rules_to_suppress",
        "SuppressedRules",
        "checkov",
    ]
    .iter()
    .any(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// Finds the suppressions of a file; what is wrong with ours goes to `diagnostics`.
pub fn scan(tree: &Tree, compat: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Suppression> {
    let mut scanner = Scanner {
        tree,
        text: &tree.file.text,
        compat,
        places: OnceCell::new(),
        blocks: OnceCell::new(),
        out: Vec::new(),
        diagnostics,
    };
    if tree.language != Language::Json {
        scanner.comments();
    }
    if tree.language != Language::Hcl {
        scanner.metadata();
    }
    scanner.out.sort_by_key(|s| (s.span.start, s.span.end));
    scanner.out
}

struct Scanner<'t, 'd> {
    tree: &'t Tree,
    text: &'t str,
    compat: bool,
    places: OnceCell<Places>,
    /// What a comment of checkov can be about: top-level blocks, resources.
    blocks: OnceCell<Vec<Span>>,
    out: Vec<Suppression>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Scanner<'_, '_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.tree.file.id, start as u32, end as u32)
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| Places::new(self.tree))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    /// `ids => scope's text (first line…last line) => reason`.
    fn found(name: &str, text: &str) -> Vec<String> {
        let sources = Sources::new();
        let file = sources.add(name, text);
        let tree = match name.rsplit_once('.').map(|(_, e)| e) {
            Some("tf") => crate::syntax::hcl::parse(file.clone()),
            Some("json") => crate::syntax::json::parse(file.clone()),
            _ => crate::syntax::yaml::parse(file.clone()),
        };
        let mut diagnostics = Vec::new();
        let mut out: Vec<String> = scan(&tree, true, &mut diagnostics)
            .iter()
            .map(|s| {
                for (id, span) in &s.ids {
                    let text = file.slice(*span).trim_matches('"');
                    assert!(text == id.as_str() || (id == "*" && text.starts_with("kics-scan ")), "{text}");
                }
                let ids: Vec<_> = s.ids.iter().map(|(id, _)| id.as_str()).collect();
                let scope: Vec<&str> = file.slice(s.scope).lines().map(str::trim).collect();
                let scope = match scope.as_slice() {
                    [one] => (*one).to_owned(),
                    [first, .., last] => format!("{first} … {last}"),
                    [] => String::new(),
                };
                let reason = s.reason.as_deref().unwrap_or("-");
                format!("{} => {scope} => {reason}", ids.join(","))
            })
            .collect();
        out.extend(diagnostics.into_iter().map(|d| d.message));
        out
    }

    #[test]
    fn our_comments_bind_to_what_they_stand_at() {
        let text = r##"# masugata: ignore[a-a] whole block
resource "x" "y" {
  acl = "public" # masugata: ignore[a-b, a-c] trailing
  # masugata: ignore[a-d] next attribute until=2030-01-01

  # another comment
  logging {
    bucket = "b" // masugata:ignore[a-e] slashes
  }
  list = [
    "a", # masugata: ignore[a-f] an element
    "b",
  ] # masugata: ignore[a-g] behind the end
  /* masugata: ignore[a-h] block comment */
  text = "# masugata: ignore[no] text"
  heredoc = <<EOT
# masugata: ignore[no] text
EOT
  # masugata: ignore[a-i] the last thing is about what is around it
}

module "m" { # masugata: ignore[a-j] the header
  source = "./m"
}
# masugata: ignore a-k
"##;
        assert_eq!(
            found("main.tf", text),
            [
                r#"a-a => resource "x" "y" { … } => whole block"#,
                r#"a-b,a-c => acl = "public" => trailing"#,
                r#"a-d => logging { … } => next attribute"#,
                r#"a-e => bucket = "b" => slashes"#,
                r#"a-f => "a" => an element"#,
                r#"a-g => list = [ … ] => behind the end"#,
                r##"a-h => text = "# masugata: ignore[no] text" => block comment"##,
                r#"a-i => resource "x" "y" { … } => the last thing is about what is around it"#,
                r##"a-j => module "m" { # masugata: ignore[a-j] the header … } => the header"##,
                "the suppression names no policies",
            ]
        );
    }

    #[test]
    fn other_tools_in_terraform() {
        let text = r#"resource "x" "y" {
  #checkov:skip=CKV_AWS_20,CKV_AWS_21:because it is fine
  # bridgecrew:skip=CKV_AWS_22 no colon
  acl = "public" #tfsec:ignore:aws-s3-no-public-acl
  #trivy:ignore:AVD-AWS-0092[acl=public,versioning.enabled=true]:exp:2030-01-01 trivy:ignore:s3-*
  b = 1
}
#tfsec:ignore:AWS001:ws:prod
#trivy:ignore:*
module "m" {
  # checkov:skip=CKV_TF_1
}
"#;
        assert_eq!(
            found("main.tf", text),
            [
                r#"CKV_AWS_20,CKV_AWS_21 => resource "x" "y" { … } => because it is fine"#,
                r#"CKV_AWS_22 => resource "x" "y" { … } => no colon"#,
                r#"aws-s3-no-public-acl => acl = "public" => -"#,
                r#"AVD-AWS-0092 => b = 1 => -"#,
                r#"s3-* => b = 1 => -"#,
                r#"* => module "m" { … } => -"#,
                r#"CKV_TF_1 => module "m" { … } => -"#,
            ]
        );
    }

    #[test]
    fn comments_of_kics_and_tflint() {
        let text = r#"# kics-scan disable=e38a8e0a-b88b-4902-b3fe-b0fcb17d5c10,x
# tflint-ignore-file: aws_rule, all
# kics-scan ignore-block
resource "x" "y" {
  # kics-scan ignore-line
  acl = "public"
  # tflint-ignore: aws_a, aws_b
  b = 1 # tflint-ignore: all
  # kics-scan ignore
}
"#;
        assert_eq!(
            found("main.tf", text),
            [
                "e38a8e0a-b88b-4902-b3fe-b0fcb17d5c10,x => # kics-scan disable=e38a8e0a-b88b-4902-b3fe-b0fcb17d5c10,x … } => -",
                "aws_rule => # kics-scan disable=e38a8e0a-b88b-4902-b3fe-b0fcb17d5c10,x … } => -",
                r#"* => resource "x" "y" { … } => -"#,
                r#"* => acl = "public" => -"#,
                "aws_a,aws_b => # tflint-ignore: aws_a, aws_b … b = 1 # tflint-ignore: all => -",
            ]
        );
        assert_eq!(
            found("t.yaml", "# kics-scan ignore\nResources:\n  A:\n    Type: X\n"),
            ["* => # kics-scan ignore … Type: X => -"]
        );
    }

    #[test]
    fn yaml_comments_and_metadata() {
        let text = r#"Metadata:
  cfn-lint: { config: { ignore_checks: [E3002] } }
Resources:
  # masugata: ignore[a-a] the whole resource
  A:
    Type: AWS::S3::Bucket
    Metadata:
      masugata:
        ignore:
          - policy: a-b
            reason: it is "fine"
          - policies: [a-c, a-d]
          - a-e
      checkov: { skip: [{ id: CKV_AWS_20, comment: public site }] }
      cfn_nag: { rules_to_suppress: [{ id: W35, reason: no logs }] }
      cdk_nag: { rules_to_suppress: [{ id: "AwsSolutions-IAM5[Action::s3:*]", reason: r }] }
      guard: { SuppressedRules: [S3_BUCKET_LOGGING_ENABLED] }
    Properties:
      AccessControl: PublicRead # masugata: ignore[a-f] trailing
      Rules:
        # masugata: ignore[a-g] an element
        - CidrIp: 0.0.0.0/0
          Port: 22
        - CidrIp: ::/0 # checkov:skip=CKV_AWS_24:the resource
  B:
    Type: AWS::SNS::Topic
"#;
        assert_eq!(
            found("t.yaml", text),
            [
                "E3002 => Metadata: … Type: AWS::SNS::Topic => -",
                "a-a => A: … - CidrIp: ::/0 => the whole resource",
                r#"a-b => A: … - CidrIp: ::/0 => it is "fine""#,
                "a-c,a-d => A: … - CidrIp: ::/0 => -",
                "a-e => A: … - CidrIp: ::/0 => -",
                "CKV_AWS_20 => A: … - CidrIp: ::/0 => public site",
                "W35 => A: … - CidrIp: ::/0 => no logs",
                "AwsSolutions-IAM5[Action::s3:*] => A: … - CidrIp: ::/0 => r",
                "S3_BUCKET_LOGGING_ENABLED => A: … - CidrIp: ::/0 => -",
                "a-f => AccessControl: PublicRead => trailing",
                "a-g => - CidrIp: 0.0.0.0/0 … Port: 22 => an element",
                "CKV_AWS_24 => A: … - CidrIp: ::/0 => the resource",
            ]
            .map(|s| s.replace("- CidrIp: 0.0.0.0/0 …", "CidrIp: 0.0.0.0/0 …"))
        );
    }

    #[test]
    fn json_has_metadata_only() {
        let text = r##"{"Resources": {"A": {"Type": "AWS::S3::Bucket",
 "Metadata": {"masugata": {"ignore": [{"policy": "a-b", "reason": "tab\there", "until": "2030-01-01"}]},
 "x": "# masugata: ignore[no] text"}}}}"##;
        let sources = Sources::new();
        let file = sources.add("t.json", text);
        let found = scan(&crate::syntax::json::parse(file), true, &mut Vec::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reason.as_deref(), Some("tab\there"));
        assert!(found[0].is_current("2030-01-01") && !found[0].is_current("2030-01-02"));
    }

    #[test]
    fn ids_of_other_tools_are_matched_as_they_write_them() {
        for (written, alias) in [
            ("ckv_aws_20", "CKV_AWS_20"),
            ("AWS-0092", "AVD-AWS-0092"),
            ("avd-aws-0092", "AVD-AWS-0092"),
            ("AwsSolutions-IAM5[Action::s3:*]", "AwsSolutions-IAM5"),
            ("aws-s3-*", "aws-s3-no-public-acl"),
            ("*", "W35"),
        ] {
            assert!(same_id(written, alias), "{written} {alias}");
        }
        assert!(!same_id("CKV_AWS_2", "CKV_AWS_20"));
        assert!(!same_id("aws-ec2-*", "aws-s3-no-public-acl"));
    }
}
