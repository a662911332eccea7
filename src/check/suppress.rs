//! Suppressions in the source: our own comments and metadata, and those written for other tools.
//!
//! | form | scope |
//! |---|---|
//! | `# masugata: ignore[policy, …] reason [until=DATE]` | behind code: what starts on that line; alone: what follows |
//! | `Metadata: { masugata: { ignore: [{ policy, reason }] } }` | the resource, or the template |
//! | `checkov:skip=ID:reason` (also `bridgecrew`, `cortex`) in a comment; `Metadata.checkov.skip` | the block around it |
//! | `tfsec:ignore:ID` and `trivy:ignore:ID[attr=v]:exp:DATE:ws:NAME` | as our own comment |
//! | `Metadata.cfn-lint.config.ignore_checks` | the resource, or the template |
//! | `Metadata.cfn_nag.rules_to_suppress`, `Metadata.cdk_nag.rules_to_suppress`, `Metadata.guard.SuppressedRules` | the resource, or the template |

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Str;
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId, Tree, flags};

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
    /// Which of `ids` suppressed something.
    pub used: Vec<AtomicBool>,
}

impl Suppression {
    fn new(tool: Tool, ids: Vec<(Str, Span)>, scope: Span, span: Span) -> Self {
        let used = ids.iter().map(|_| AtomicBool::new(false)).collect();
        Suppression { tool, ids, scope, span, reason: None, until: None, attributes: Vec::new(), used }
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
fn same_id(written: &str, alias: &str) -> bool {
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
    ["masugata", ":skip=", ":ignore:", "ignore_checks", "rules_to_suppress", "SuppressedRules", "checkov"]
        .iter()
        .any(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// Finds the suppressions of a file; what is wrong with ours goes to `diagnostics`.
pub fn scan(tree: &Tree, compat: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<Suppression> {
    let mut scanner =
        Scanner { tree, text: &tree.file.text, compat, items: OnceCell::new(), out: Vec::new(), diagnostics };
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
    items: OnceCell<Vec<Span>>,
    out: Vec<Suppression>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

const HELP: &str = "write `# masugata: ignore[policy] why it is fine here`";

impl<'t> Scanner<'t, '_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.tree.file.id, start as u32, end as u32)
    }

    fn comments(&mut self) {
        let text = self.text;
        for at in memchr::memmem::find_iter(text.as_bytes(), b"masugata:") {
            if let Some(comment) = self.comment_at(at) {
                self.own(at, comment);
            }
        }
        if !self.compat {
            return;
        }
        for tool in ["checkov", "bridgecrew", "cortex"] {
            let sign = format!("{tool}:skip=");
            for at in memchr::memmem::find_iter(text.as_bytes(), sign.as_bytes()) {
                if let Some(comment) = self.comment_at(at) {
                    self.checkov(at, at + sign.len(), comment.get(sign.len()..).unwrap_or(""));
                }
            }
        }
        for tool in ["tfsec", "trivy"] {
            let sign = format!("{tool}:ignore:");
            for at in memchr::memmem::find_iter(text.as_bytes(), sign.as_bytes()) {
                if let Some(comment) = self.comment_at(at) {
                    self.trivy(at, at + sign.len(), comment.get(sign.len()..).unwrap_or(""));
                }
            }
        }
    }

    /// If the offset lies in a comment: the comment's text from there to its end, and that end.
    fn comment_at(&self, at: usize) -> Option<&'t str> {
        let inside = self.innermost(at);
        if is_leaf(self.tree.kind(inside)) {
            return None;
        }
        let before = self.text.get(..at)?;
        let line = before.get(before.rfind('\n').map_or(0, |n| n + 1)..)?;
        // in a `/* … */` of several lines the sign of the comment is not on this line
        let in_block =
            before.rfind("/*").is_some_and(|open| !before.get(open..).unwrap_or("").contains("*/"));
        if !in_block && !line.contains('#') && !line.contains("//") {
            return None;
        }
        let rest = self.text.get(at..)?;
        let mut comment = rest.lines().next()?;
        if in_block && let Some(close) = comment.find("*/") {
            comment = comment.get(..close)?;
        }
        Some(comment)
    }

    /// The innermost node around an offset.
    fn innermost(&self, at: usize) -> NodeId {
        let at = at as u32;
        let mut node = self.tree.root();
        'down: loop {
            for child in self.tree.children(node) {
                let data = self.tree.node(child);
                if data.start <= at && at < data.end {
                    node = child;
                    continue 'down;
                }
            }
            return node;
        }
    }

    fn own(&mut self, at: usize, comment: &str) {
        let span = self.span(at, at + comment.trim_end().len());
        let Some(rest) = comment.strip_prefix("masugata:").map(str::trim_start) else { return };
        let Some(list) = rest.strip_prefix("ignore") else {
            let message = "this comment is not understood";
            self.diagnostics.push(Diagnostic::warning("bad-suppression", message, span).with_help(HELP));
            return;
        };
        let list = list.trim_start();
        let Some((ids, reason)) = list.strip_prefix('[').and_then(|l| l.split_once(']')) else {
            let message = "the suppression names no policies";
            self.diagnostics.push(Diagnostic::warning("bad-suppression", message, span).with_help(HELP));
            return;
        };
        let ids = self.ids(ids, at + comment.len() - list.len() + 1);
        let mut suppression = Suppression::new(Tool::Masugata, ids, self.scope_of_comment(at), span);
        let mut words: Vec<&str> = reason.split_whitespace().collect();
        words.retain(|w| match w.strip_prefix("until=") {
            Some(date) => {
                suppression.until = Some(date.into());
                false
            }
            None => true,
        });
        let reason = words.join(" ");
        let reason = reason.trim_start_matches(['-', ':', '–', '—', ' ']);
        suppression.reason = (!reason.is_empty()).then(|| reason.into());
        self.out.push(suppression);
    }

    fn ids(&self, list: &str, start: usize) -> Vec<(Str, Span)> {
        let mut at = start;
        let mut out = Vec::new();
        for piece in list.split(',') {
            let id = piece.trim();
            if !id.is_empty() {
                let from = at + (piece.len() - piece.trim_start().len());
                out.push((Str::from(id), self.span(from, from + id.len())));
            }
            at += piece.len() + 1;
        }
        out
    }

    fn checkov(&mut self, at: usize, start: usize, rest: &str) {
        let (ids, reason) = rest.split_once(':').unwrap_or((rest, ""));
        // the ids end at the first space: a reason without a colon is common
        let (ids, reason) = match ids.trim_start().split_once(char::is_whitespace) {
            Some((first, more)) if !first.ends_with(',') && !more.trim_start().starts_with(',') => {
                (first, more)
            }
            _ => (ids, reason),
        };
        let ids = self.ids(ids, start);
        let Some(scope) = self.block_around(at) else { return };
        let mut suppression =
            Suppression::new(Tool::Other, ids, scope, self.span(at, start + rest.trim_end().len()));
        suppression.reason = Some(reason.trim().into()).filter(|r: &Str| !r.is_empty());
        self.out.push(suppression);
    }

    /// `ID[attr=v,a.b=v]:exp:YYYY-MM-DD:ws:glob`; several may stand on a line, each with its own sign.
    fn trivy(&mut self, at: usize, start: usize, rest: &str) {
        let word = rest.split_whitespace().next().unwrap_or("");
        let (id, attributes, tail) = match word.split_once('[') {
            Some((id, more)) => {
                let (inside, tail) = more.split_once(']').unwrap_or((more, ""));
                (id, inside, tail)
            }
            None => {
                let (id, tail) = word.split_once(':').map_or((word, ""), |(id, tail)| (id, tail));
                (id, "", tail)
            }
        };
        let ids = vec![(Str::from(id), self.span(start, start + id.len()))];
        let span = self.span(at, start + word.len());
        let mut suppression = Suppression::new(Tool::Other, ids, self.scope_of_comment(at), span);
        for pair in attributes.split(',') {
            if let Some((path, value)) = pair.split_once('=') {
                suppression.attributes.push((path.trim().into(), value.trim().into()));
            }
        }
        let mut parts = tail.trim_start_matches(':').split(':');
        while let Some(part) = parts.next() {
            match part {
                "exp" => suppression.until = parts.next().map(Str::from),
                // which workspace is selected is not known before a run: only a rule for all of them counts
                "ws" if parts.next() != Some("*") => return,
                _ => {}
            }
        }
        self.out.push(suppression);
    }

    /// What a comment is about. Behind code: the largest thing that starts on its line, or else the smallest that ends
    /// there. Alone on its line: what follows in the same braces, or else what is around it.
    fn scope_of_comment(&self, at: usize) -> Span {
        let tree = self.tree;
        let line_start = self.text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        let before = self.text.get(line_start..at).unwrap_or("").trim_start();
        let alone = before.is_empty()
            || before.starts_with(['#', '*'])
            || before.starts_with("//")
            || before.starts_with("/*");
        let (at, line_start) = (at as u32, line_start as u32);
        let items = self.items();
        let length = |span: Span| span.end - span.start;
        if !alone {
            let here = items.iter().copied().take_while(|span| span.start <= at);
            let starts = here
                .clone()
                .filter(|span| span.start >= line_start)
                .max_by_key(|span| (length(*span), u32::MAX - span.start));
            let ends =
                here.filter(|span| (line_start..=at).contains(&span.end)).min_by_key(|span| length(*span));
            if let Some(scope) = starts.or(ends) {
                return scope;
            }
        }
        // in HCL the braces bound what can follow; in YAML the next line is meant, whatever its indentation
        let around = tree.span(self.innermost(at as usize));
        let limit = if tree.language == Language::Hcl { around.end } else { u32::MAX };
        let first = items.partition_point(|span| span.start < at);
        match items.get(first) {
            Some(next) if next.start < limit => *next,
            _ => {
                let enclosing =
                    items.iter().copied().take_while(|span| span.start <= at).filter(|span| at < span.end);
                enclosing.min_by_key(|span| length(*span)).unwrap_or_else(|| tree.span(tree.root()))
            }
        }
    }

    /// What a suppression can be about: attributes, blocks, entries and elements, in order, outer ones first.
    fn items(&self) -> &[Span] {
        self.items.get_or_init(|| {
            let tree = self.tree;
            let mut items = Vec::new();
            for id in (0..tree.len() as u32).map(NodeId) {
                match tree.kind(id) {
                    Kind::Attribute | Kind::Block | Kind::ObjectItem | Kind::Pair => {
                        items.push(tree.span(id))
                    }
                    Kind::Sequence | Kind::Tuple => {
                        items.extend(tree.children(id).map(|child| tree.span(child)))
                    }
                    _ => {}
                }
            }
            items.sort_by_key(|span| (span.start, u32::MAX - span.end));
            items
        })
    }

    /// The top-level block (Terraform) or the resource (CloudFormation) around an offset.
    fn block_around(&self, at: usize) -> Option<Span> {
        let at = at as u32;
        let tree = self.tree;
        if tree.language == Language::Hcl {
            let body = tree.children(tree.root()).next()?;
            return tree
                .children(body)
                .filter(|id| tree.kind(*id) == Kind::Block)
                .map(|id| tree.span(id))
                .find(|span| span.start <= at && at < span.end);
        }
        // a comment behind the last line of a YAML resource is outside its node: the last one that starts before it
        let resources = self.pair(self.top()?, "Resources")?;
        tree.children(resources).map(|id| tree.span(id)).take_while(|span| span.start <= at).last()
    }

    fn top(&self) -> Option<NodeId> {
        let document = self.tree.children(self.tree.root()).next()?;
        let value =
            if self.tree.kind(document) == Kind::Document { self.tree.child(document, 0)? } else { document };
        (self.tree.kind(value) == Kind::Mapping).then_some(value)
    }

    /// The value of a key in a mapping.
    fn pair(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        if self.tree.kind(mapping) != Kind::Mapping {
            return None;
        }
        self.tree.children(mapping).find_map(|pair| {
            let name = self.tree.child(pair, 0)?;
            (self.scalar(name)? == key).then(|| self.tree.child(pair, 1))?
        })
    }

    /// The text of a scalar, escapes of JSON strings decoded.
    fn scalar(&self, id: NodeId) -> Option<String> {
        let node = self.tree.node(id);
        if node.kind != Kind::Scalar {
            return None;
        }
        let text = self.tree.text(id);
        if node.flags & flags::DOUBLE_QUOTED != 0 {
            return Some(serde_json::from_str(text).unwrap_or_else(|_| text.trim_matches('"').to_owned()));
        }
        if node.flags & flags::SINGLE_QUOTED != 0 {
            return Some(text.trim_matches('\'').replace("''", "'"));
        }
        let text = text.trim_start_matches(['|', '>', '-', '+']);
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn metadata(&mut self) {
        let Some(top) = self.top() else { return };
        let whole = self.span(0, self.text.len());
        if let Some(metadata) = self.pair(top, "Metadata") {
            self.metadata_of(metadata, whole);
        }
        let Some(resources) = self.pair(top, "Resources") else { return };
        let resources: Vec<NodeId> = self.tree.children(resources).collect();
        for resource in resources {
            let Some(body) = self.tree.child(resource, 1) else { continue };
            if let Some(metadata) = self.pair(body, "Metadata") {
                self.metadata_of(metadata, self.tree.span(resource));
            }
        }
    }

    fn metadata_of(&mut self, metadata: NodeId, scope: Span) {
        if let Some(own) = self.pair(metadata, "masugata") {
            match self.pair(own, "ignore") {
                Some(list) => self.own_metadata(list, scope),
                None => {
                    let message = "`masugata` metadata has no `ignore`";
                    let span = self.tree.span(own);
                    self.diagnostics
                        .push(Diagnostic::warning("bad-suppression", message, span).with_help(METADATA_HELP));
                }
            }
        }
        if !self.compat {
            return;
        }
        for (tool, list) in [
            ("checkov", &["skip"][..]),
            ("cfn-lint", &["config", "ignore_checks"]),
            ("cfn_nag", &["rules_to_suppress"]),
            ("cdk_nag", &["rules_to_suppress"]),
            ("guard", &["SuppressedRules"]),
        ] {
            let Some(mut node) = self.pair(metadata, tool) else { continue };
            let found = list.iter().all(|step| match self.pair(node, step) {
                Some(next) => {
                    node = next;
                    true
                }
                None => false,
            });
            if found {
                self.tool_metadata(node, scope);
            }
        }
    }

    /// A list of ids, or of `{ id, reason }` (`comment` for checkov).
    fn tool_metadata(&mut self, list: NodeId, scope: Span) {
        if self.tree.kind(list) != Kind::Sequence {
            return;
        }
        let items: Vec<NodeId> = self.tree.children(list).collect();
        for item in items {
            let (id, reason) = match self.tree.kind(item) {
                Kind::Mapping => {
                    (self.pair(item, "id"), self.pair(item, "reason").or_else(|| self.pair(item, "comment")))
                }
                _ => (Some(item), None),
            };
            let Some((id, text)) = id.and_then(|id| Some((id, self.scalar(id)?))) else { continue };
            let ids = vec![(Str::from(text), self.tree.span(id))];
            let mut suppression = Suppression::new(Tool::Other, ids, scope, self.tree.span(item));
            suppression.reason = reason.and_then(|r| self.scalar(r)).map(Str::from).filter(|r| !r.is_empty());
            self.out.push(suppression);
        }
    }

    fn own_metadata(&mut self, list: NodeId, scope: Span) {
        let items: Vec<NodeId> = match self.tree.kind(list) {
            Kind::Sequence => self.tree.children(list).collect(),
            _ => vec![list],
        };
        for item in items {
            let span = self.tree.span(item);
            let mut ids = Vec::new();
            if let Some(policy) = self.pair(item, "policy").or_else(|| self.pair(item, "policies")) {
                let named: Vec<NodeId> = match self.tree.kind(policy) {
                    Kind::Sequence => self.tree.children(policy).collect(),
                    _ => vec![policy],
                };
                for id in named {
                    ids.extend(self.scalar(id).map(|text| (Str::from(text), self.tree.span(id))));
                }
            } else if let Some(text) = self.scalar(item) {
                ids.push((Str::from(text), span));
            }
            if ids.is_empty() {
                let message = "the suppression names no policies";
                self.diagnostics
                    .push(Diagnostic::warning("bad-suppression", message, span).with_help(METADATA_HELP));
                continue;
            }
            let text_of = |key: &str| {
                self.pair(item, key).and_then(|r| self.scalar(r)).map(Str::from).filter(|r| !r.is_empty())
            };
            let (reason, until) = (text_of("reason"), text_of("until"));
            let mut suppression = Suppression::new(Tool::Masugata, ids, scope, span);
            suppression.reason = reason;
            suppression.until = until;
            self.out.push(suppression);
        }
    }
}

const METADATA_HELP: &str = "write `ignore: [{ policy: s3-public-acl, reason: why it is fine here }]`";

fn is_leaf(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Identifier
            | Kind::Number
            | Kind::Bool
            | Kind::Null
            | Kind::TemplateText
            | Kind::Template
            | Kind::Heredoc
            | Kind::TemplateBranch
            | Kind::Variable
            | Kind::Scalar
            | Kind::Alias
            | Kind::Error
    )
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
                    assert_eq!(file.slice(*span).trim_matches('"'), id.as_str());
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
