//! Which policies run: packs, selection, what is ignored, severities.

use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::policy::{Entrance, Library, Severity};
use crate::source::{Diagnostic, Severity as ProblemSeverity};

use super::config::{Config, closest};

/// Packs that are not a standard.
const PACKS: [&str; 3] = ["recommended", "strict", "all"];

/// What the caller asks for beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Packs; none: the configuration's, or `recommended`.
    pub packs: Vec<Str>,
    /// Only these policies, whatever their pack.
    pub select: Vec<Str>,
    /// Not these policies.
    pub ignore: Vec<Str>,
}

/// Which policies run, and how bad their findings are.
#[derive(Debug)]
pub(super) struct Selection {
    packs: Vec<Str>,
    select: Option<FxHashSet<Str>>,
    extend: FxHashSet<Str>,
    ignore: FxHashSet<Str>,
    severity: FxHashMap<Str, Severity>,
    by_path: Vec<(usize, FxHashSet<Str>, FxHashMap<Str, Severity>)>,
    known: Mutex<FxHashMap<Str, bool>>,
}

impl Selection {
    /// Resolves names to policies. A name that nothing has is an error: a typo must not switch a check off silently.
    pub(super) fn new(
        library: &Library,
        config: &Config,
        wanted: &Wanted,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut names = Names { library, config, diagnostics };
        let packs = if !wanted.packs.is_empty() {
            wanted.packs.clone()
        } else {
            config.packs.clone().unwrap_or_else(|| vec![Str::from("recommended")])
        };
        names.check_packs(&packs);
        let select = if !wanted.select.is_empty() {
            Some(names.resolve(&wanted.select))
        } else if wanted.packs.is_empty() {
            config.select.as_ref().map(|ids| names.resolve(ids))
        } else {
            None
        };
        let extend = names.resolve(&config.extend_select);
        let mut ignore = names.resolve(&wanted.ignore);
        // what is asked for by name on the command line runs, whatever the configuration ignores
        if wanted.select.is_empty() {
            ignore.extend(names.resolve(&config.ignore));
        }
        let severity = names.severities(&config.severity);
        let mut by_path = Vec::new();
        for (at, one) in config.overrides.iter().enumerate() {
            let ignored = names.resolve(&one.ignore);
            let severities = names.severities(&one.severity);
            by_path.push((at, ignored, severities));
        }
        Selection { packs, select, extend, ignore, severity, by_path, known: Mutex::default() }
    }

    /// Whether a policy runs.
    pub(super) fn includes(&self, page: &Entrance) -> bool {
        if let Some(known) = self.known.lock().get(page.id()) {
            return *known;
        }
        let id = page.id();
        let wanted = match &self.select {
            Some(selected) => selected.contains(id),
            None => self.packs.iter().any(|pack| page.in_pack(pack)),
        };
        let included = (wanted || self.extend.contains(id)) && !self.ignore.contains(id);
        self.known.lock().insert(id.clone(), included);
        included
    }

    /// How bad a policy's findings are at a place (relative to the configuration's directory); none: not wanted there.
    pub(super) fn severity(
        &self,
        policy: &Str,
        own: Severity,
        config: &Config,
        relative: &std::path::Path,
        construct: Option<&str>,
    ) -> Option<Severity> {
        let mut severity = self.severity.get(policy).copied().unwrap_or(own);
        for (at, ignored, severities) in &self.by_path {
            if !config.overrides.get(*at).is_some_and(|o| o.applies(relative, construct)) {
                continue;
            }
            if ignored.contains(policy) {
                return None;
            }
            severity = severities.get(policy).copied().unwrap_or(severity);
        }
        Some(severity)
    }
}

struct Names<'n> {
    library: &'n Library,
    config: &'n Config,
    diagnostics: &'n mut Vec<Diagnostic>,
}

impl Names<'_> {
    fn unknown(&mut self, message: String, help: Option<String>) {
        let diagnostic = match self.config.directory.as_ref() {
            Some(directory) => {
                Diagnostic::file_error("unknown-policy", message, directory.join(super::config::FILE_NAME))
            }
            None => Diagnostic { path: None, ..Diagnostic::file_error("unknown-policy", message, "") },
        };
        self.diagnostics.push(Diagnostic {
            severity: ProblemSeverity::Error,
            path: None,
            help,
            ..diagnostic
        });
    }

    fn check_packs(&mut self, packs: &[Str]) {
        for pack in packs {
            if PACKS.contains(&pack.as_str()) || self.library.pages().iter().any(|p| p.in_pack(pack)) {
                continue;
            }
            let mut known: Vec<Str> = PACKS.iter().map(|p| Str::from(*p)).collect();
            for page in self.library.pages() {
                let meta = page.meta();
                known.extend(meta.packs.iter().chain(meta.controls.keys()).cloned());
            }
            known.sort();
            known.dedup();
            let help = match closest(pack, known.iter().map(Str::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "packs are {}",
                    known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            self.unknown(format!("there is no pack `{pack}`"), Some(help));
        }
    }

    /// The policies that some names mean: ids, other tools' ids, or a start and `*`.
    fn resolve(&mut self, names: &[Str]) -> FxHashSet<Str> {
        let mut out = FxHashSet::default();
        for name in names {
            let before = out.len();
            if let Some(start) = name.strip_suffix('*') {
                out.extend(
                    self.library.pages().iter().map(|p| p.id().clone()).filter(|id| id.starts_with(start)),
                );
                if out.len() == before {
                    self.unknown(format!("no policy's id starts with `{start}`"), None);
                }
            } else if let Some(page) = self.library.get(name) {
                out.insert(page.id().clone());
            } else {
                let mut found = false;
                for page in self.library.by_alias(name) {
                    found = true;
                    out.insert(page.id().clone());
                }
                if !found {
                    let help = match self.library.suggest(name) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "`masugata policies` lists them".to_owned(),
                    };
                    self.unknown(format!("there is no policy `{name}`"), Some(help));
                }
            }
        }
        out
    }

    fn severities(&mut self, by_name: &indexmap::IndexMap<Str, Severity>) -> FxHashMap<Str, Severity> {
        let mut out = FxHashMap::default();
        for (name, severity) in by_name {
            for id in self.resolve(std::slice::from_ref(name)) {
                out.insert(id, *severity);
            }
        }
        out
    }
}
