//! Named files that are templates of nested stacks: the templates that give them their parameters are analysed with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use memchr::memmem;

use crate::cloudformation;
use crate::source::{Discovery, Loader};

/// How many directories above a named file may hold a template that calls it.
const LEVELS: usize = 3;

/// How many files of one directory are looked into.
const MAX_FILES: usize = 500;

/// The templates (absolute) beside and above named files that call one of them as a nested stack.
pub(super) fn parents(loader: &Loader, found: &Discovery) -> Vec<PathBuf> {
    let named: Vec<&PathBuf> = found.documents.iter().filter(|d| found.named_files.contains(*d)).collect();
    let mut known: BTreeSet<PathBuf> = found.documents.iter().cloned().collect();
    let mut out = Vec::new();
    let mut todo: Vec<PathBuf> = named.into_iter().cloned().collect();
    let mut done: BTreeSet<PathBuf> = BTreeSet::new();
    while let Some(child) = todo.pop() {
        if !done.insert(child.clone()) || !is_template(loader, &child) {
            continue;
        }
        let Some(name) = child.file_name().map(|n| n.to_string_lossy().into_owned()) else { continue };
        for directory in child.ancestors().skip(1).take(LEVELS) {
            for candidate in callers(loader, directory, &name, &child) {
                if known.insert(candidate.clone()) {
                    out.push(candidate.clone());
                    // it may be nested itself
                    todo.push(candidate);
                }
            }
            if directory == loader.working_directory() || directory.join(".git").exists() {
                break;
            }
        }
    }
    out.sort_unstable();
    out
}

fn is_template(loader: &Loader, path: &Path) -> bool {
    loader.peek(path).is_some_and(|bytes| memmem::find(&bytes, b"Resources").is_some())
}

/// The templates of a directory that call the child.
fn callers(loader: &Loader, directory: &Path, name: &str, child: &Path) -> Vec<PathBuf> {
    let names = loader.list(directory).unwrap_or_default();
    let documents = names
        .iter()
        .filter(|n| [".yaml", ".yml", ".json", ".template"].iter().any(|ending| n.ends_with(ending)));
    documents
        .take(MAX_FILES)
        .map(|n| directory.join(n))
        .filter(|path| path != child && calls(loader, path, name, child))
        .collect()
}

fn calls(loader: &Loader, path: &Path, name: &str, child: &Path) -> bool {
    let Some(bytes) = loader.peek(path) else { return false };
    let has = |needle: &[u8]| memmem::find(&bytes, needle).is_some();
    if !has(name.as_bytes()) || !(has(b"TemplateURL") || has(b"Location")) {
        return false;
    }
    let program = loader.load(path).ok().and_then(|file| cloudformation::open(loader, &file));
    program.is_some_and(|p| p.modules.iter().any(|m| loader.absolute(&m.path) == *child))
}
