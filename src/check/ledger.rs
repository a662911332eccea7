//! The suppressions of a session: each file is scanned once, what was used is remembered.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::policy::Library;
use crate::source::{Diagnostic, FileId, Loader, SourceFile, Sources, Span};
use crate::syntax;

use super::config::{Config, Suppressing};
use super::foreign::Foreign;
use super::suppress::{self, Suppression, Tool, same_id};

/// The suppressions of a file, to be found by place: a file may have as many as it has resources.
#[derive(Debug)]
pub(super) struct OfFile {
    all: Vec<Suppression>,
    /// Their indices by where their scope starts, but for those of `wide`.
    by_start: Vec<u32>,
    /// The furthest end of a scope among the first so many of `by_start`.
    reach: Vec<u32>,
    /// Those of which the scope is a large part of the file.
    wide: Vec<u32>,
}

impl OfFile {
    fn new(all: Vec<Suppression>) -> Self {
        let length = |s: &Suppression| s.scope.end - s.scope.start;
        let extent = all.iter().map(|s| s.scope.end).max().unwrap_or(0);
        let (wide, mut by_start): (Vec<u32>, Vec<u32>) =
            (0..all.len() as u32).partition(|i| all.get(*i as usize).is_some_and(|s| length(s) > extent / 8));
        let scope = |i: &u32| all.get(*i as usize).map_or((0, 0), |s| (s.scope.start, s.scope.end));
        by_start.sort_by_key(|i| scope(i).0);
        let mut furthest = 0;
        let reach = by_start
            .iter()
            .map(|i| {
                furthest = furthest.max(scope(i).1);
                furthest
            })
            .collect();
        OfFile { all, by_start, reach, wide }
    }

    /// Those of which the scope covers an offset.
    fn around(&self, at: u32) -> impl Iterator<Item = &Suppression> {
        let get = |i: &u32| self.all.get(*i as usize);
        let starts = |i: &u32| get(i).is_some_and(|s| s.scope.start <= at);
        let first = self.by_start.partition_point(starts);
        let before = (0..first).rev().take_while(move |n| self.reach.get(*n).is_some_and(|end| *end >= at));
        let near = before.filter_map(|n| self.by_start.get(n));
        self.wide
            .iter()
            .chain(near)
            .filter_map(get)
            .filter(move |s| s.scope.start <= at && at < s.scope.end.max(s.scope.start + 1))
    }
}

/// All suppressions of a session.
#[derive(Debug)]
pub(super) struct Ledger {
    enabled: bool,
    compat: bool,
    policy: Suppressing,
    today: String,
    pub(super) foreign: Arc<Foreign>,
    files: Mutex<FxHashMap<FileId, Arc<OfFile>>>,
    diagnostics: Mutex<Vec<Diagnostic>>,
}

impl Ledger {
    pub(super) fn new(config: &Config, foreign: Arc<Foreign>, inline: bool, today: &str) -> Self {
        Ledger {
            enabled: inline && config.suppressions.inline,
            compat: config.compat,
            policy: config.suppressions.clone(),
            today: today.to_owned(),
            foreign,
            files: Mutex::default(),
            diagnostics: Mutex::default(),
        }
    }

    /// The suppressions of a file.
    pub(super) fn of(&self, file: &Arc<SourceFile>) -> Arc<OfFile> {
        if let Some(known) = self.files.lock().get(&file.id) {
            return Arc::clone(known);
        }
        let mut diagnostics = Vec::new();
        let mut found = Vec::new();
        if crate::cdk::Language::of(&file.path).is_some() {
            found = suppress::scan_code(file);
        } else if suppress::has_any(&file.text) {
            found = suppress::scan(&parse(file), self.compat, &mut diagnostics);
        }
        for suppression in found.iter().filter(|s| s.tool == Tool::Masugata) {
            if self.policy.require_reason && suppression.reason.is_none() {
                diagnostics.push(
                    Diagnostic::warning(
                        "suppression-without-reason",
                        "this suppression gives no reason, so it does not count",
                        suppression.span,
                    )
                    .with_help("say behind the brackets (in metadata: as `reason`) why it is fine here"),
                );
            } else if !suppression.is_current(&self.today) {
                let until = suppression.until.as_deref().unwrap_or_default();
                diagnostics.push(
                    Diagnostic::warning(
                        "expired-suppression",
                        format!("this suppression counted until {until}"),
                        suppression.span,
                    )
                    .with_help("mend what it suppresses, or give it another date"),
                );
            }
        }
        let mut files = self.files.lock();
        if let Some(known) = files.get(&file.id) {
            return Arc::clone(known);
        }
        self.diagnostics.lock().append(&mut diagnostics);
        Arc::clone(files.entry(file.id).or_insert_with(|| Arc::new(OfFile::new(found))))
    }

    /// Whether a finding is suppressed: a suppression that names its policy covers one of its places. `has` answers
    /// whether the resource has an argument of that value.
    pub(super) fn suppresses(
        &self,
        loader: &Loader,
        policy: &str,
        aliases: &[Str],
        covered: &[Span],
        has: &dyn Fn(&str, &str) -> bool,
    ) -> bool {
        let sources = loader.sources();
        if !self.foreign.is_empty() && !self.is_forbidden(policy, aliases) {
            let path = |span: &Span| sources.get(span.file).map(|file| loader.absolute(&file.path));
            let files: Vec<PathBuf> = covered.iter().filter_map(path).collect();
            if self.foreign.covers(aliases, &files, &self.today) {
                return true;
            }
        }
        if !self.enabled {
            return false;
        }
        let mut hit = false;
        for place in covered {
            let Some(file) = sources.get(place.file) else { continue };
            for suppression in self.of(&file).around(place.start) {
                if !suppression.names(policy, aliases, false) {
                    continue;
                }
                let counts = suppression.is_current(&self.today)
                    && suppression.attributes.iter().all(|(path, value)| has(path, value))
                    && (suppression.texts.is_empty() || at_texts(sources, covered, &suppression.texts))
                    && (suppression.tool == Tool::Other
                        || suppression.reason.is_some()
                        || !self.policy.require_reason);
                if !counts {
                    continue;
                }
                if self.is_forbidden(policy, aliases) {
                    suppression.names(policy, aliases, true);
                    self.diagnostics.lock().push(Diagnostic::warning(
                        "forbidden-suppression",
                        format!("the configuration does not allow `{policy}` to be suppressed here"),
                        suppression.span,
                    ));
                    continue;
                }
                suppression.names(policy, aliases, true);
                hit = true;
            }
        }
        hit
    }

    /// Whether the app itself acknowledges the finding (`Validations.of(construct).acknowledge(…)`, as cdk-nag 3 reads
    /// it): `AwsSolutions::S1`, `AwsSolutions-IAM5[Action::s3:*]`, also a policy's own id.
    pub(super) fn is_acknowledged(
        &self,
        sources: &Sources,
        policy: &str,
        aliases: &[Str],
        covered: &[Span],
        rules: &[Str],
    ) -> bool {
        if rules.is_empty() || !self.enabled || !self.compat || self.is_forbidden(policy, aliases) {
            return false;
        }
        rules.iter().any(|rule| {
            let (head, narrowed) = match rule.split_once('[') {
                Some((head, rest)) => (head, Some(rest.strip_suffix(']').unwrap_or(rest))),
                None => (rule.as_str(), None),
            };
            let name = head.rsplit("::").next().unwrap_or(head);
            let joined = head.replace("::", "-");
            let named = name == policy || aliases.iter().any(|a| same_id(name, a) || same_id(&joined, a));
            let there = narrowed.is_none_or(|text| {
                let text = match text.split_once("::") {
                    Some(("Action" | "Resource" | "Policy", what)) => what,
                    _ => text,
                };
                at_texts(sources, covered, &[Str::from(text)])
            });
            named && there
        })
    }

    fn is_forbidden(&self, policy: &str, aliases: &[Str]) -> bool {
        self.policy.forbidden.iter().any(|f| f == policy || aliases.contains(f))
    }

    /// What was wrong with suppressions in these files, and which of ours suppressed nothing. `ran` says whether a
    /// policy is among those that run.
    pub(super) fn finish(
        &self,
        files: &[Arc<SourceFile>],
        library: &Library,
        ran: &dyn Fn(&crate::policy::Entrance) -> bool,
    ) -> Vec<Diagnostic> {
        if !self.enabled {
            return Vec::new();
        }
        let mut out = Vec::new();
        for file in files {
            for suppression in self.of(file).all.iter().filter(|s| s.tool == Tool::Masugata) {
                for ((id, span), used) in suppression.ids.iter().zip(&suppression.used) {
                    if used.load(Ordering::Relaxed) {
                        continue;
                    }
                    let pages: Vec<_> = match library.get(id) {
                        Some(page) => vec![page],
                        None => library.by_alias(id).collect(),
                    };
                    if pages.is_empty() {
                        let message = format!("there is no policy `{id}`");
                        let diagnostic = Diagnostic::warning("unknown-policy", message, *span);
                        out.push(match library.suggest(id) {
                            Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
                            None => diagnostic.with_help("`masugata policies` lists them"),
                        });
                    } else if suppression.is_current(&self.today)
                        && (suppression.reason.is_some() || !self.policy.require_reason)
                        && pages.iter().any(|page| ran(page))
                    {
                        out.push(
                            Diagnostic::warning(
                                "unused-suppression",
                                format!("`{id}` does not fail here, so this suppression is not needed"),
                                *span,
                            )
                            .with_help("remove it"),
                        );
                    }
                }
            }
        }
        let wanted: FxHashSet<FileId> = files.iter().map(|f| f.id).collect();
        out.extend(
            self.diagnostics
                .lock()
                .iter()
                .filter(|d| d.span.is_some_and(|s| wanted.contains(&s.file)))
                .cloned(),
        );
        out
    }
}

/// Whether one of the texts stands, quoted, where a finding is: its two first places are what it points at.
fn at_texts(sources: &Sources, covered: &[Span], texts: &[Str]) -> bool {
    covered.iter().take(2).any(|place| {
        let Some(file) = sources.get(place.file) else { return false };
        let written = file.slice(*place);
        texts.iter().any(|text| !text.is_empty() && written.contains(&format!("\"{text}\"")))
    })
}

fn parse(file: &Arc<SourceFile>) -> syntax::Tree {
    let name = file.path.to_string_lossy();
    if name.ends_with(".tf") || name.ends_with(".tofu") {
        syntax::hcl::parse(Arc::clone(file))
    } else if name.ends_with(".json")
        || file.text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
    {
        syntax::json::parse(Arc::clone(file))
    } else {
        syntax::yaml::parse(Arc::clone(file))
    }
}
