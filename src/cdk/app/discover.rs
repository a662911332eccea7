//! Where an app's source is, and in which languages.

use std::path::{Path, PathBuf};

use crate::source::Loader;

use super::language::Language;

/// How far above the assembly `cdk.json` is looked for.
const LEVELS_UP: usize = 6;

/// How many source files of an app are read.
pub(super) const MAX_FILES: usize = 3_000;

/// How many directories are looked through.
const MAX_DIRECTORIES: usize = 5_000;

/// How deep directories are looked through.
const MAX_LEVELS: usize = 24;

/// Directories in which no source of an app is: dependencies, output, tests (they make stacks of their own).
const IGNORED: [&str; 22] = [
    "node_modules",
    "cdk.out",
    "target",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "bin/Debug",
    "obj",
    "vendor",
    "dist-info",
    "coverage",
    "test",
    "tests",
    "__tests__",
    "__test__",
    "spec",
    "asset",
    "assets",
    "jspm_packages",
    "bower_components",
    "layers",
];

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The app's directory.
    pub(super) root: PathBuf,
    /// Its files in order.
    pub(super) files: Vec<(PathBuf, Language)>,
    /// Which budget was exceeded.
    pub(super) exceeded: Option<String>,
}

/// Finds the source of the app that an assembly was made by.
pub(super) fn sources(loader: &Loader, assembly: &Path) -> Sources {
    let assembly = loader.absolute(assembly);
    let root = root_of(loader, &assembly);
    let mut found = Sources { root: root.clone(), ..Sources::default() };
    let wanted = languages(loader, &root);
    let mut todo = vec![(root, 0)];
    let mut directories = 0;
    while let Some((directory, level)) = todo.pop() {
        directories += 1;
        if directories > MAX_DIRECTORIES {
            found.exceeded = Some(format!("more than {MAX_DIRECTORIES} directories"));
            break;
        }
        let Ok(names) = loader.list(&directory) else { continue };
        // an assembly is output, wherever it lies and whatever its name is
        if names.iter().any(|n| n == "manifest.json") && names.iter().any(|n| n == "cdk.out") {
            continue;
        }
        let mut inner = Vec::new();
        for name in &names {
            let path = directory.join(name);
            let language = Language::of(&path).filter(|l| wanted.is_none_or(|w| w.contains(l)));
            match language {
                Some(language) if !is_test(name) && !is_compiled(&names, name) && loader.is_file(&path) => {
                    if found.files.len() >= MAX_FILES {
                        found.exceeded = Some(format!("more than {MAX_FILES} files"));
                        break;
                    }
                    found.files.push((path, language));
                }
                _ if name.starts_with('.') || name.contains('.') || level >= MAX_LEVELS => {}
                _ if IGNORED.contains(&name.as_str()) || name.starts_with("asset.") => {}
                // `src/test/java` beside `src/main/java`
                _ if path != assembly && is_plain_directory(loader, &path) => inner.push((path, level + 1)),
                _ => {}
            }
        }
        inner.reverse();
        todo.extend(inner);
    }
    found.files.sort();
    found
}

/// A directory, and no link to one: links may lead round in circles.
fn is_plain_directory(loader: &Loader, path: &Path) -> bool {
    loader.is_dir(path) && !path.is_symlink()
}

/// The directory of `cdk.json`, or the one that the assembly lies in.
fn root_of(loader: &Loader, assembly: &Path) -> PathBuf {
    let above = || assembly.ancestors().skip(1).take(LEVELS_UP);
    let root = above().find(|directory| loader.is_file(&directory.join("cdk.json")));
    root.or_else(|| above().next()).unwrap_or(assembly).to_path_buf()
}

/// The languages that `cdk.json` says the app is in; none if it says nothing.
fn languages(loader: &Loader, root: &Path) -> Option<&'static [Language]> {
    use Language::{CSharp, Go, Java, JavaScript, Python, Tsx, TypeScript};
    let config = loader.load(&root.join("cdk.json")).ok()?;
    let config: serde_json::Value = serde_json::from_str(&config.text).ok()?;
    let app = config.get("app")?.as_str()?;
    let has = |signs: &[&str]| signs.iter().any(|sign| app.contains(sign));
    if has(&["ts-node", "tsx", ".ts", "node ", ".js", "npm ", "yarn ", "pnpm ", "bun "]) {
        Some(&[TypeScript, Tsx, JavaScript])
    } else if has(&["python", ".py", "poetry", "pipenv", "uv run"]) {
        Some(&[Python])
    } else if has(&["mvn", "gradle", "java "]) {
        Some(&[Java])
    } else if has(&["dotnet"]) {
        Some(&[CSharp])
    } else if has(&["go run", "go mod"]) {
        Some(&[Go])
    } else {
        None
    }
}

/// Whether a file holds tests.
fn is_test(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.ends_with(".test") || stem.ends_with(".spec") || stem.ends_with("_test") || name.starts_with("test_")
}

/// Whether a JavaScript file was made from the TypeScript file beside it.
fn is_compiled(names: &[String], name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".js") else { return false };
    let has = |ending: &str| names.binary_search(&format!("{stem}{ending}")).is_ok();
    has(".ts") || has(".tsx")
}
