//! `.terraform/modules/modules.json`: where `terraform init` put the modules of a root.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::Str;
use crate::source::{Diagnostic, Loader};

/// The installed modules of one root.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// Directory (absolute) by path of calls (`vpc`, `eks.node_group`).
    directories: FxHashMap<Str, PathBuf>,
    /// Set if the file is there and can't be understood.
    pub(super) problem: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "Modules", default)]
    modules: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

impl Manifest {
    /// Reads the manifest of a root, if it has one. Directories in it are relative to the root.
    pub(super) fn read(loader: &Loader, root: &Path) -> Self {
        let path = root.join(".terraform").join("modules").join("modules.json");
        if !loader.is_file(&path) {
            return Manifest::default();
        }
        let file = match loader.load(&path) {
            Ok(file) => file,
            Err(problem) => return Manifest { problem: Some(problem), ..Manifest::default() },
        };
        let parsed = serde_json::from_str::<File>(&file.text);
        match parsed {
            Ok(file) => Manifest {
                directories: file
                    .modules
                    .into_iter()
                    .filter(|m| !m.key.is_empty())
                    .map(|m| (Str::from(m.key), loader.absolute(&root.join(m.dir))))
                    .collect(),
                problem: None,
            },
            Err(error) => {
                let shown = loader.display(&path);
                let message = format!("can't understand `{}`: {error}", shown.display());
                let problem = Diagnostic::file_error("module-manifest", message, shown);
                Manifest {
                    problem: Some(problem.with_help("run `terraform init` again")),
                    ..Manifest::default()
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    /// The directory of the module at a path of calls.
    pub(super) fn directory(&self, path: &str) -> Option<PathBuf> {
        self.directories.get(path).cloned()
    }
}
