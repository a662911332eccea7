//! Finding what may be infrastructure code: directories with Terraform files, documents that may be templates or
//! plans (their content decides, one layer up), cloud assemblies.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;
use ignore::gitignore::GitignoreBuilder;
use parking_lot::Mutex;

use super::loader::plain;
use super::{Diagnostic, Loader, Severity};

/// Directories that hold other people's or generated files, whatever git says. A cloud assembly is not among them.
const SKIPPED_DIRECTORIES: [&str; 16] = [
    ".git",
    ".hg",
    ".svn",
    ".terraform",
    ".terragrunt-cache",
    "node_modules",
    "bower_components",
    ".venv",
    ".tox",
    "__pycache__",
    ".mypy_cache",
    ".aws-sam",
    ".serverless",
    ".gradle",
    ".cache",
    ".idea",
];

/// Endings of files that are templates often enough for a broken one to be worth a word.
const DOCUMENT_ENDINGS: [&str; 6] = ["yaml", "yml", "json", "template", "cfn", "cform"];

/// Endings of files that are certainly not templates: they are not even opened.
#[rustfmt::skip]
const OTHER_ENDINGS: [&str; 100] = [
    "7z", "a", "avif", "bash", "bat", "bin", "bmp", "bz2", "c", "cc", "cfg", "class", "cmd", "conf", "cpp", "cs",
    "css", "csv", "db", "dll", "doc", "docx", "dylib", "env", "eot", "exe", "gif", "go", "gradle", "gz", "h", "hcl",
    "hpp", "htm", "html", "ico", "ini", "ipynb", "jar", "java", "jpeg", "jpg", "js", "jsonl", "jsx", "key", "kt",
    "less", "lock", "log", "lua", "map", "md", "mdx", "mjs", "mp3", "mp4", "o", "otf", "parquet", "pdf", "pem", "php",
    "pkl", "png", "ppt", "pptx", "proto", "ps1", "pub", "py", "pyc", "rb", "rs", "rst", "sass", "scala", "scss", "sh",
    "so", "sql", "sqlite", "svg", "swift", "tar", "tfstate", "tgz", "tif", "toml", "ts", "tsx", "ttf", "vue", "wasm",
    "webp", "whl", "woff", "woff2", "xls", "zip",
];

/// How much of a file with an unfamiliar name is looked at for signs of a template.
const PROBE_BYTES: u64 = 16 << 10;

/// What was found. All paths are absolute and sorted.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Directories with Terraform files.
    pub terraform: Vec<PathBuf>,
    /// Files whose content has to tell whether they are templates or plans.
    pub documents: Vec<PathBuf>,
    /// Directories with a cloud assembly's `manifest.json`.
    pub assemblies: Vec<PathBuf>,
    /// Directories that were named by the caller: Terraform in one of them is a root even if others call it.
    pub named_directories: BTreeSet<PathBuf>,
    /// Files that were named by the caller: only findings that touch one of them are wanted (unless `everything`).
    pub named_files: BTreeSet<PathBuf>,
    /// Directories whose contents are wanted in whole: findings below them are reported whatever files were named.
    pub wanted_directories: Vec<PathBuf>,
    /// Terraform directories around the named files that may call the named files' modules; not asked for themselves.
    pub surroundings: Vec<PathBuf>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

impl Discovery {
    /// Whether a finding that touches the (absolute) path is wanted.
    pub fn wants(&self, path: &Path) -> bool {
        self.named_files.contains(path) || self.wanted_directories.iter().any(|d| path.starts_with(d))
    }

    /// Whether only some files' findings are wanted.
    pub fn is_filtered(&self) -> bool {
        !self.named_files.is_empty()
    }
}

/// Whether a file name is one that Terraform or OpenTofu reads as configuration.
pub fn is_terraform_file(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|e| name.len() > e.len() && name.ends_with(e))
        && !is_editor_leftover(name)
}

fn is_terraform_values(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Names that Terraform ignores: hidden files, `name~`, `#name#`.
fn is_editor_leftover(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// Finds what the paths hold. Directories are walked as git would see them (ignore files, hidden files included, no
/// links to directories followed); what is named is taken even if git ignores it.
pub fn discover(loader: &Loader, paths: &[PathBuf]) -> Discovery {
    let mut found = Finder {
        loader,
        out: Discovery::default(),
        terraform: BTreeSet::new(),
        documents: BTreeSet::new(),
        assemblies: BTreeSet::new(),
    };
    for path in paths {
        found.named(path);
    }
    found.surroundings();
    let mut out = found.out;
    out.terraform = found.terraform.into_iter().collect();
    out.assemblies = found.assemblies.into_iter().collect();
    out.documents = found.documents.into_iter().collect();
    let assemblies = &out.assemblies;
    out.documents.retain(|d| !assemblies.iter().any(|a| d.starts_with(a)));
    out
}

struct Finder<'l> {
    loader: &'l Loader,
    out: Discovery,
    terraform: BTreeSet<PathBuf>,
    documents: BTreeSet<PathBuf>,
    assemblies: BTreeSet<PathBuf>,
}

impl Finder<'_> {
    fn named(&mut self, path: &Path) {
        let absolute = self.loader.absolute(path);
        if self.loader.is_file(&absolute) {
            self.named_file(absolute);
        } else if absolute.is_dir() {
            self.out.named_directories.insert(absolute.clone());
            self.out.wanted_directories.push(absolute.clone());
            if is_assembly(&absolute) {
                self.assemblies.insert(absolute);
            } else {
                self.walk(&absolute);
            }
        } else if let Err(diagnostic) = self.loader.load(&absolute) {
            self.out.diagnostics.push(diagnostic);
        }
    }

    fn named_file(&mut self, path: PathBuf) {
        let name = file_name(&path);
        let parent = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if name == "manifest.json" && is_assembly(&parent) {
            self.out.wanted_directories.push(parent.clone());
            self.assemblies.insert(parent);
            return;
        }
        if is_terraform_file(&name) || is_terraform_values(&name) {
            self.terraform.insert(parent);
        } else if let Some(assembly) = path.ancestors().skip(1).take(4).filter(|d| is_assembly(d)).last() {
            self.assemblies.insert(assembly.to_path_buf());
        } else {
            self.documents.insert(path.clone());
        }
        self.out.named_files.insert(path);
    }

    /// Looks for Terraform directories that may call modules of which only files were named.
    fn surroundings(&mut self) {
        let mut done: BTreeSet<PathBuf> = BTreeSet::new();
        let named: Vec<PathBuf> = self
            .out
            .named_files
            .iter()
            .filter(|f| is_terraform_file(&file_name(f)) || is_terraform_values(&file_name(f)))
            .filter_map(|f| f.parent().map(Path::to_path_buf))
            .collect();
        for directory in named {
            let workspace = directory
                .ancestors()
                .find(|a| a.join(".git").exists())
                .or_else(|| Some(self.loader.working_directory()).filter(|w| directory.starts_with(w)))
                .unwrap_or(&directory)
                .to_path_buf();
            if !done.insert(workspace.clone()) {
                continue;
            }
            let mut around = Finder {
                loader: self.loader,
                out: Discovery::default(),
                terraform: BTreeSet::new(),
                documents: BTreeSet::new(),
                assemblies: BTreeSet::new(),
            };
            around.walk_for(&workspace, false);
            self.out
                .surroundings
                .extend(around.terraform.into_iter().filter(|d| !self.terraform.contains(d)));
        }
        self.out.surroundings.sort_unstable();
        self.out.surroundings.dedup();
    }

    fn walk(&mut self, directory: &Path) {
        self.walk_for(directory, true);
    }

    fn walk_for(&mut self, directory: &Path, documents: bool) {
        let ignored = is_ignored_by_git(directory);
        let assemblies: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let seen = Arc::clone(&assemblies);
        let walk = WalkBuilder::new(directory)
            .hidden(false)
            .parents(!ignored)
            .git_ignore(!ignored)
            .git_exclude(!ignored)
            .git_global(!ignored)
            .follow_links(false)
            .sort_by_file_name(|a, b| a.cmp(b))
            .filter_entry(move |entry| {
                if entry.depth() == 0 || !entry.file_type().is_some_and(|t| t.is_dir()) {
                    return true;
                }
                if entry.file_name().to_str().is_some_and(|n| SKIPPED_DIRECTORIES.contains(&n)) {
                    return false;
                }
                let assembly = is_assembly(entry.path());
                if assembly {
                    seen.lock().push(entry.path().to_path_buf());
                }
                !assembly
            })
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    if !entry.file_type().is_some_and(|t| t.is_dir()) {
                        self.entry(&entry, documents);
                    }
                }
                Err(error) if documents => self.walk_error(directory, &error),
                Err(_) => {}
            }
        }
        if documents {
            self.assemblies.extend(assemblies.lock().drain(..));
        }
    }

    fn entry(&mut self, entry: &ignore::DirEntry, documents: bool) {
        let name = entry.file_name().to_string_lossy();
        let terraform = is_terraform_file(&name);
        let ending = ending_of(&name);
        if !terraform && (!documents || is_editor_leftover(&name) && ending.is_none()) {
            return;
        }
        let path = self.loader.absolute(entry.path());
        let file_type = entry.file_type();
        let regular = match file_type {
            Some(t) if t.is_symlink() => match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => return,
                Ok(meta) => meta.is_file(),
                Err(_) => false,
            },
            Some(t) => t.is_file(),
            None => false,
        };
        let familiar = terraform || ending.as_deref().is_some_and(|e| DOCUMENT_ENDINGS.contains(&e));
        if !regular {
            if familiar && documents {
                self.out.diagnostics.push(self.odd_entry(&path, file_type.is_some_and(|t| t.is_symlink())));
            }
            return;
        }
        if terraform {
            if let Some(parent) = path.parent() {
                self.terraform.insert(parent.to_path_buf());
            }
        } else if familiar || looks_like_template(&path, ending.as_deref()) {
            self.documents.insert(path);
        }
    }

    fn odd_entry(&self, path: &Path, link: bool) -> Diagnostic {
        let shown = self.loader.display(path);
        let what = if link { "a link that leads nowhere" } else { "a pipe, socket or device" };
        let message = format!("`{}` was not read: it is {what}", shown.display());
        Diagnostic { severity: Severity::Warning, ..Diagnostic::file_error("not-a-file", message, shown) }
    }

    fn walk_error(&mut self, directory: &Path, error: &ignore::Error) {
        let (path, text) = describe(error);
        let shown = self.loader.display(path.unwrap_or(directory));
        let message = format!("can't read `{}`: {text}", shown.display());
        self.out.diagnostics.push(Diagnostic::file_error("unreadable", message, shown));
    }
}

fn describe(error: &ignore::Error) -> (Option<&Path>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path), describe(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => describe(err),
        ignore::Error::Loop { child, .. } => (Some(child), "it is a loop of links".to_owned()),
        ignore::Error::Io(io) => (None, plain(io)),
        other => (None, other.to_string()),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}

fn ending_of(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty()).then(|| ending.to_ascii_lowercase())
}

/// Whether the directory is the output of `cdk synth`: its `manifest.json` lists artifacts.
pub fn is_assembly(directory: &Path) -> bool {
    let path = directory.join("manifest.json");
    let Ok(meta) = fs::metadata(&path) else { return false };
    if !meta.is_file() {
        return false;
    }
    let head = head_of(&path, 64 << 10);
    let has = |what: &[u8]| memchr::memmem::find(&head, what).is_some();
    has(b"\"artifacts\"") && has(b"\"version\"")
        || has(b"\"version\"") && has(b"\"cdk:") | has(b"\"aws:cloudformation:stack\"")
}

fn head_of(path: &Path, bytes: u64) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        // what can't be read is reported by whoever reads it in earnest
        let _ = file.take(bytes).read_to_end(&mut head);
    }
    head
}

/// Whether the first bytes of a file with an unfamiliar name have a sign of a template.
fn looks_like_template(path: &Path, ending: Option<&str>) -> bool {
    if ending.is_some_and(|e| OTHER_ENDINGS.binary_search(&e).is_ok()) {
        return false;
    }
    let head = head_of(path, PROBE_BYTES);
    memchr::memchr(0, &head).is_none()
        && (memchr::memmem::find(&head, b"AWSTemplateFormatVersion").is_some()
            || memchr::memmem::find(&head, b"Resources")
                .is_some_and(|_| memchr::memmem::find(&head, b"AWS::").is_some()))
}

/// Whether ignore files above a directory that was named make git ignore it as a whole.
fn is_ignored_by_git(directory: &Path) -> bool {
    let Some(top) = directory.ancestors().find(|a| a.join(".git").exists()) else { return false };
    if top == directory {
        return false;
    }
    directory.ancestors().skip(1).take_while(|a| a.starts_with(top)).any(|above| {
        let file = above.join(".gitignore");
        if !file.is_file() {
            return false;
        }
        let mut builder = GitignoreBuilder::new(above);
        // a bad pattern is git's to report
        let _ = builder.add(&file);
        builder.build().is_ok_and(|rules| rules.matched_path_or_any_parents(directory, true).is_ignore())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn relative(root: &Path, paths: &[PathBuf]) -> Vec<String> {
        paths.iter().map(|p| p.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn other_endings_are_sorted() {
        assert!(OTHER_ENDINGS.is_sorted());
    }

    #[test]
    fn a_tree_is_sorted_into_kinds() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "main.tf", "");
        write(root, "modules/a/x.tf.json", "{}");
        write(root, ".terraform/modules/m/main.tf", "");
        write(root, "node_modules/m/template.yaml", "");
        write(root, "app/node_modules/m/template.yaml", "");
        write(root, "cfn/stack", "AWSTemplateFormatVersion: '2010-09-09'");
        write(root, "cfn/notes", "nothing of interest");
        write(root, "cfn/web.yaml", "Resources: {}");
        write(root, "cfn/code.py", "AWSTemplateFormatVersion");
        write(root, "cdk.out/manifest.json", r#"{"version":"36.0.0","artifacts":{}}"#);
        write(root, "cdk.out/S.template.json", "{}");
        write(root, "web/manifest.json", r#"{"name":"app"}"#);
        let found = discover(&Loader::new(root), &[PathBuf::from(".")]);
        assert_eq!(relative(root, &found.terraform), ["", "modules/a"]);
        assert_eq!(relative(root, &found.documents), ["cfn/stack", "cfn/web.yaml", "web/manifest.json"]);
        assert_eq!(relative(root, &found.assemblies), ["cdk.out"]);
        assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    }

    #[test]
    fn git_decides_what_is_seen_but_not_what_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, ".git/HEAD", "ref: refs/heads/main");
        write(root, ".gitignore", "build/\nsecret.yaml\n");
        write(root, "build/main.tf", "");
        write(root, "secret.yaml", "");
        write(root, ".hidden/main.tf", "");
        let found = discover(&Loader::new(root), &[PathBuf::from(".")]);
        assert_eq!(relative(root, &found.terraform), [".hidden"]);
        assert!(found.documents.is_empty());
        let found = discover(&Loader::new(root), &[PathBuf::from("build"), PathBuf::from("secret.yaml")]);
        assert_eq!(relative(root, &found.terraform), ["build"]);
        assert_eq!(relative(root, &found.documents), ["secret.yaml"]);
    }

    #[test]
    fn a_named_file_brings_its_surroundings() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, ".git/HEAD", "ref: refs/heads/main");
        write(root, "main.tf", "");
        write(root, "modules/a/main.tf", "");
        write(root, "modules/b/main.tf", "");
        let found = discover(&Loader::new(root), &[PathBuf::from("modules/a/main.tf")]);
        assert_eq!(relative(root, &found.terraform), ["modules/a"]);
        assert_eq!(relative(root, &found.surroundings), ["", "modules/b"]);
        assert!(found.is_filtered());
        assert!(found.wants(&root.join("modules/a/main.tf")));
        assert!(!found.wants(&root.join("modules/a/other.tf")));
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_what_is_not_there() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        write(root, "main.tf", "");
        write(root, "other/template.yaml", "");
        symlink(root, root.join("other/loop")).unwrap();
        symlink("self.tf", root.join("self.tf")).unwrap();
        symlink("template.yaml", root.join("other/link.yaml")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.join("socket.yaml")).unwrap();
        let found = discover(&Loader::new(root), &[PathBuf::from("."), PathBuf::from("missing")]);
        assert_eq!(relative(root, &found.terraform), [""]);
        assert_eq!(relative(root, &found.documents), ["other/link.yaml", "other/template.yaml"]);
        let said: Vec<_> = found.diagnostics.iter().map(|d| (d.severity, d.message.as_str())).collect();
        assert_eq!(
            said,
            [
                (Severity::Warning, "`self.tf` was not read: it is a link that leads nowhere"),
                (Severity::Warning, "`socket.yaml` was not read: it is a pipe, socket or device"),
                (Severity::Error, "can't read `missing`: no such file or directory"),
            ]
        );
    }
}
