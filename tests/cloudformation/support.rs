//! A directory of files, and what the program says of it.

use std::path::{Path, PathBuf};

use masugata::check::{Finding, Linked, Options, Outcome, Quiet, Session};
use masugata::eval::Value;
use masugata::graph::Graph;
use masugata::model::Presence;
use masugata::source::Loader;

/// Files on disk, gone when dropped.
pub(crate) struct World {
    directory: tempfile::TempDir,
    options: Options,
}

pub(crate) fn world(files: &[(&str, &str)]) -> World {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    World { directory, options: Options { threads: 1, ..Options::default() } }
}

impl World {
    pub(crate) fn parameters(mut self, given: &[&str]) -> World {
        self.options.parameters = given.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    pub(crate) fn policies(mut self, ids: &[&str]) -> World {
        self.options.wanted.select = ids.iter().map(|p| (*p).into()).collect();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn session(&self, paths: &[&str]) -> Session {
        let paths = paths.iter().map(PathBuf::from).collect();
        Session::open(
            Loader::new(std::fs::canonicalize(self.path()).unwrap()),
            Options { paths, ..self.options.clone() },
        )
    }

    pub(crate) fn check(&self, paths: &[&str]) -> Outcome {
        self.session(paths).check(&Quiet)
    }

    /// The findings as `policy address: condition`, in order.
    pub(crate) fn findings(&self, paths: &[&str]) -> Vec<String> {
        self.check(paths).findings.iter().map(shown).collect()
    }

    pub(crate) fn linked(&self, path: &str) -> Linked {
        let session = self.session(&[path]);
        let (roots, _) = session.roots();
        let root = roots.first().expect("a root");
        let (mut programs, _) = session.programs(root);
        session.link(root, programs.remove(0))
    }

    /// All programs of the first root: the stacks of an assembly.
    pub(crate) fn all_linked(&self, path: &str) -> Vec<Linked> {
        let session = self.session(&[path]);
        let (roots, _) = session.roots();
        let root = roots.first().expect("a root");
        let (programs, _) = session.programs(root);
        programs.into_iter().map(|program| session.link(root, program)).collect()
    }

    /// What was said about one root, as `code: message`.
    pub(crate) fn said(&self, path: &str) -> Vec<String> {
        self.linked(path).diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect()
    }
}

fn shown(finding: &Finding) -> String {
    let condition = finding.condition.as_ref().map(|c| format!(": {c}")).unwrap_or_default();
    format!("{} {}{condition}", finding.policy, finding.resource.address)
}

/// The resources that are written or made: `address type`, with the condition of existence.
pub(crate) fn resources(graph: &Graph) -> Vec<String> {
    let written = graph.resources.iter().filter(|r| r.presence == Presence::Written);
    written
        .map(|r| {
            let when = match r.exists {
                g if g.is_true() => String::new(),
                g => format!(" when {}", graph.store.describe(g)),
            };
            format!("{} {}{when}", r.address, r.type_name)
        })
        .collect()
}

/// A property of a resource as JSON where it is known, else as the program prints values.
pub(crate) fn property(graph: &Graph, address: &str, path: &str) -> String {
    let resource = graph
        .resources
        .iter()
        .find(|r| r.address == address && r.presence == Presence::Written)
        .unwrap_or_else(|| panic!("no {address} among {:?}", resources(graph)));
    let mut value: &Value = &resource.properties;
    for step in path.split('.') {
        let Some(map) = value.as_map() else { return "-".into() };
        let Some(entry) = map.get(step) else { return "-".into() };
        value = &entry.value;
    }
    graph.store.json_text(value).map_or_else(|| graph.store.text_of(value), |text| text.to_string())
}
