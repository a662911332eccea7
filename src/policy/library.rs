//! All pages that a run knows: the built-in ones and a team's own. A page is read and compiled when someone asks.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::{Diagnostic, SourceFile, Sources};

use super::builtin::{self, Entry};
use super::compile::{Policy, compile, compile_trusted};
use super::meta::{self, Applicability, Meta, PACKS, Severity};
use super::page;

/// All pages. Built-in ones come first, in the order of their paths, then a team's in the order in which they were
/// added.
#[derive(Debug)]
pub struct Library {
    sources: Arc<Sources>,
    pages: Vec<Entrance>,
    team_by_type: FxHashMap<Str, Vec<usize>>,
}

/// One page of a [`Library`].
#[derive(Debug)]
pub struct Entrance {
    id: Str,
    origin: Origin,
    meta: OnceLock<Arc<Meta>>,
    policy: OnceLock<Option<Arc<Policy>>>,
}

#[derive(Debug)]
enum Origin {
    Builtin(&'static Entry),
    Team { file: Arc<SourceFile>, types: Vec<Str>, dialects: Vec<&'static str> },
}

impl Library {
    /// The built-in pages. Costs next to nothing: pages are read when they are asked for.
    pub fn new(sources: Arc<Sources>) -> Self {
        let pages = builtin::index()
            .pages()
            .iter()
            .map(|entry| Entrance {
                id: Str::from(entry.id),
                origin: Origin::Builtin(entry),
                meta: OnceLock::new(),
                policy: OnceLock::new(),
            })
            .collect();
        Library { sources, pages, team_by_type: FxHashMap::default() }
    }

    /// Adds a team's own page (a file of this library's [`Sources`]) and says what is wrong with it. A page with errors
    /// runs as far as it makes sense.
    pub fn add(&mut self, file: &Arc<SourceFile>) -> Vec<Diagnostic> {
        let (read, mut diagnostics) = page::read(file);
        let id = read.meta.id.clone();
        if let Some(other) = self.get(&id) {
            let whose = if other.is_builtin() { "a built-in policy" } else { "another page" };
            diagnostics.push(
                Diagnostic::file_error("page-id", format!("{whose} is called `{id}` already"), &file.path)
                    .with_help("rename the file: its stem is the id"),
            );
            return diagnostics;
        }
        let dialects = read.dialects();
        let meta = Arc::new(read.meta);
        let mut compiled = None;
        if let Some(logic) = read.logic {
            let (policy, mut wrong) = compile(file, logic);
            diagnostics.append(&mut wrong);
            compiled = policy.map(Arc::new);
        }
        let types = compiled.as_ref().map(|p| p.types()).unwrap_or_default();
        for name in &types {
            self.team_by_type.entry(name.clone()).or_default().push(self.pages.len());
        }
        self.pages.push(Entrance {
            id,
            origin: Origin::Team { file: Arc::clone(file), types, dialects },
            meta: OnceLock::from(meta),
            policy: OnceLock::from(compiled),
        });
        diagnostics
    }

    /// All pages.
    pub fn pages(&self) -> &[Entrance] {
        &self.pages
    }

    /// The pages that look at a registry type (`Input` for inputs), in order.
    pub fn of_type(&self, type_name: &str) -> impl Iterator<Item = &Entrance> {
        let team = self.team_by_type.get(type_name).map_or(&[] as &[usize], Vec::as_slice);
        builtin::index().of_type(type_name).iter().chain(team).filter_map(|&at| self.pages.get(at))
    }

    /// The page with that id.
    pub fn get(&self, id: &str) -> Option<&Entrance> {
        if let Some(at) = builtin::index().by_id(id) {
            return self.pages.get(at);
        }
        self.pages.iter().find(|p| !p.is_builtin() && p.id == id)
    }

    /// The pages that name another tool's id (`CKV_AWS_20`) as theirs.
    pub fn by_alias(&self, alias: &str) -> impl Iterator<Item = &Entrance> {
        self.pages.iter().filter(move |p| {
            // Reading front matter is dearer than looking for the text.
            p.text().contains(alias) && p.meta().flat_aliases().any(|a| a.eq_ignore_ascii_case(alias))
        })
    }

    /// The ids most like a name, to suggest.
    pub fn suggest(&self, id: &str) -> Option<Str> {
        let ids: Vec<Str> = self.pages.iter().map(|p| p.id.clone()).collect();
        crate::model::registry::closest(id, &ids).cloned()
    }

    /// The compiled policy of a page; none if nothing of it can be run.
    pub fn policy(&self, page: &Entrance) -> Option<Arc<Policy>> {
        page.policy
            .get_or_init(|| match &page.origin {
                Origin::Team { .. } => None,
                Origin::Builtin(entry) => {
                    let file = self.sources.add(entry.path, entry.text);
                    compile_trusted(&file, entry.logic.clone()).map(Arc::new)
                }
            })
            .clone()
    }

    /// The best fix that a page can offer.
    pub fn best_fix(&self, page: &Entrance) -> Option<Applicability> {
        self.policy(page).and_then(|policy| policy.best_fix())
    }
}

impl Entrance {
    /// Its id.
    pub fn id(&self) -> &Str {
        &self.id
    }

    /// Whether it came with the tool.
    pub fn is_builtin(&self) -> bool {
        matches!(self.origin, Origin::Builtin(_))
    }

    /// Its front matter, read on first use.
    pub fn meta(&self) -> Arc<Meta> {
        let read = || match &self.origin {
            Origin::Builtin(entry) => {
                let front = entry.text.get(entry.front.clone()).unwrap_or_default();
                let nowhere = crate::source::FileId(u32::MAX);
                // Built-in pages are without errors: the tests say so.
                meta::read(nowhere, entry.front.start, front, entry.id, entry.title.trim(), &mut Vec::new())
            }
            Origin::Team { file, .. } => page::read(file).0.meta,
        };
        Arc::clone(self.meta.get_or_init(|| Arc::new(read())))
    }

    /// How bad its findings are; cheaper than [`Self::meta`].
    pub fn severity(&self) -> Severity {
        match &self.origin {
            Origin::Builtin(entry) => Severity::from_name(entry.severity),
            Origin::Team { .. } => None,
        }
        .unwrap_or_else(|| self.meta().severity)
    }

    /// Whether it belongs to a pack, as [`Meta::in_pack`] says; cheaper for the packs that pages name themselves.
    pub fn in_pack(&self, pack: &str) -> bool {
        match &self.origin {
            _ if pack == "all" => true,
            Origin::Builtin(entry) if PACKS.contains(&pack) => entry.packs.contains(&pack),
            _ => self.meta().in_pack(pack),
        }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        match &self.origin {
            Origin::Builtin(entry) => entry.text,
            Origin::Team { file, .. } => &file.text,
        }
    }

    /// Its path: of a built-in one, within the tool's repository.
    pub fn path(&self) -> String {
        match &self.origin {
            Origin::Builtin(entry) => entry.path.to_owned(),
            Origin::Team { file, .. } => file.path.to_string_lossy().into_owned(),
        }
    }

    /// The registry types that it looks at; `Input` for inputs.
    pub fn types(&self) -> Vec<Str> {
        match &self.origin {
            Origin::Builtin(entry) => entry.types.iter().map(|t| Str::from(*t)).collect(),
            Origin::Team { types, .. } => types.clone(),
        }
    }

    /// The languages that it has examples for: `terraform`, `cloudformation`.
    pub fn dialects(&self) -> &[&'static str] {
        match &self.origin {
            Origin::Builtin(entry) => entry.dialects,
            Origin::Team { dialects, .. } => dialects,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\nseverity: low\npacks: [strict]\naliases: { checkov: [CKV_TEST_1] }\n\
        without: { terraform: \"t\", cloudformation: \"c\" }\n---\n# Title\n\n```hcl policy\n\
        resource \"AWS::S3::Bucket\" {\n  fail = self.AccessControl == \"PublicRead\"\n  message = \"m\"\n}\n```\n";

    #[test]
    fn a_team_page_is_found_like_a_built_in_one() {
        let sources = Arc::new(Sources::new());
        let mut library = Library::new(Arc::clone(&sources));
        let wrong = library.add(&sources.add("own/s3-team-rule.md", PAGE));
        assert_eq!(wrong, []);
        let page = library.get("s3-team-rule").unwrap();
        assert!(library.of_type("AWS::S3::Bucket").any(|p| p.id() == "s3-team-rule"));
        assert!(library.policy(page).is_some());
        assert_eq!(library.by_alias("ckv_test_1").count(), 0, "ids are looked up as they are written");
        assert_eq!(library.by_alias("CKV_TEST_1").map(Entrance::id).collect::<Vec<_>>(), ["s3-team-rule"]);
        assert_eq!(library.suggest("s3-team-rul").as_deref(), Some("s3-team-rule"));
        let twice = library.add(&sources.add("other/s3-team-rule.md", PAGE));
        assert!(twice[0].message.contains("another page is called"), "{twice:?}");
    }

    #[test]
    fn a_broken_team_page_says_so_and_does_no_harm() {
        let sources = Arc::new(Sources::new());
        let mut library = Library::new(Arc::clone(&sources));
        for (n, text) in
            ["", "---\n---\n", "```hcl policy\nresource \"X\" {\n```", &PAGE.replace("AccessControl", "Acl")]
                .iter()
                .enumerate()
        {
            assert!(!library.add(&sources.add(format!("own/s3-broken-{n}.md"), *text)).is_empty(), "{text}");
        }
    }

    /// Whatever a team's page looks like while it is being written: it is told what is wrong, and nothing breaks.
    #[test]
    fn a_page_cut_or_damaged_anywhere_says_so() {
        let entry = builtin::index().pages().iter().find(|p| p.id == "s3-public-acl").unwrap();
        let text = entry.text;
        let sources = Arc::new(Sources::new());
        let mut library = Library::new(Arc::clone(&sources));
        let logic_end = entry.logic.end;
        for (at, c) in text.char_indices().step_by(23) {
            let cut = text.get(..at).unwrap_or_default();
            let wrong = library.add(&sources.add(format!("own/s3-cut-{at}.md"), cut));
            assert!(at > logic_end || !wrong.is_empty(), "cut at {at}");
            for (kind, with) in [("without", ""), ("with", "{"), ("quoted", "\"")] {
                let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
                library.add(&sources.add(format!("own/s3-{kind}-{at}.md"), format!("{cut}{with}{rest}")));
            }
        }
    }
}
