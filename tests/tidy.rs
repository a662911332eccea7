//! The repository's own rules: layers import downward only, files have one subject, nothing of a machine is in them,
//! every table can be made again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of a test may fail as the test may"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The layers from left to right. A layer may import itself and what is left of it; those in one group may not import
/// each other.
const LAYERS: [&[&str]; 13] = [
    &["source"],
    &["syntax"],
    &["program"],
    &["terraform", "cloudformation"],
    &["cdk"],
    &["eval"],
    &["model"],
    &["graph"],
    &["aws"],
    &["policy"],
    &["check"],
    &["fix"],
    &["report"],
];

/// The faces: may import everything; nothing imports them.
const FACES: [&str; 1] = ["cli"];

/// Lines of a file that is not generated.
const MAX_LINES: usize = 1200;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Tracked files, and untracked ones that are not ignored. Outside of a repository (a published package): all files.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|o| o.status.success() && !o.stdout.is_empty());
    let mut out: Vec<PathBuf> = match listed {
        Some(output) => String::from_utf8(output.stdout)
            .unwrap()
            .split('\0')
            .filter(|p| !p.is_empty())
            .map(|p| root().join(p))
            .collect(),
        None => {
            let mut out = Vec::new();
            let mut todo = vec![root().to_path_buf()];
            while let Some(directory) = todo.pop() {
                for entry in fs::read_dir(directory).unwrap().flatten() {
                    let path = entry.path();
                    if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
                        todo.push(path);
                    } else if path.is_file() {
                        out.push(path);
                    }
                }
            }
            out
        }
    };
    out.retain(|p| p.is_file());
    out.sort();
    out
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

/// The code of a Rust file: comments away, and the test module at its end (tests may look at anything).
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The layers that a file names: `crate::x`, also in braces (`use crate::{a, b::c}`).
fn imports(code: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // not the end of a longer name, and not the `$crate` of a macro
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(inside) = rest.strip_prefix('{') {
            let mut depth = 0usize;
            let mut name = String::new();
            let mut head = true;
            for c in inside.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        out.push(std::mem::take(&mut name));
                        head = true;
                    }
                    ':' if depth == 0 => head = false,
                    c if depth == 0 && head && (c.is_alphanumeric() || c == '_') => name.push(c),
                    _ => {}
                }
            }
            out.push(name);
        } else {
            out.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    out.retain(|name| !name.is_empty());
    out
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS
        .iter()
        .position(|group| group.contains(&layer))
        .or_else(|| FACES.contains(&layer).then_some(LAYERS.len()))
}

#[test]
fn layers_import_downward_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files() {
        let name = shown(&path);
        let Some(inside) = name.strip_prefix("src/").filter(|n| n.ends_with(".rs")) else { continue };
        let Some((layer, _)) = inside.split_once('/') else { continue };
        // a file of tests beside the code may look at anything
        if inside.ends_with("/tests.rs") || inside.contains("/tests/") {
            continue;
        }
        let Some(own) = rank(layer) else {
            wrong.push(format!("{name}: `{layer}` is no layer: add it to this test and to ARCHITECTURE.md"));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for import in imports(&code(&text)) {
            if import == layer || import == "Str" {
                continue;
            }
            seen += 1;
            match rank(&import) {
                Some(other) if other < own => {}
                Some(_) => wrong.push(format!("{name}: `{layer}` must not import `{import}`")),
                None => wrong.push(format!("{name}: `crate::{import}` is no layer")),
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were found: is the test blind?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_all_forms_of_imports() {
    let code = code(
        "use crate::source::{Span, Loader};\nuse crate::{\n    eval::{Value, crate_x},\n    graph,\n};\n\
         fn f() -> crate::model::X { mycrate::no() } // crate::comment\n",
    );
    assert_eq!(imports(&code), ["source", "eval", "graph", "model"]);
}

#[test]
fn only_the_faces_print_and_read_the_environment() {
    let mut wrong = Vec::new();
    for path in files() {
        let name = shown(&path);
        if !name.starts_with("src/")
            || !name.ends_with(".rs")
            || FACES.iter().any(|f| name.starts_with(&format!("src/{f}/")))
        {
            continue;
        }
        if name.ends_with("/tests.rs") || name.contains("/tests/") {
            continue;
        }
        let text = code(&fs::read_to_string(&path).unwrap());
        for sign in [
            "println!",
            "eprintln!",
            "print!(",
            "env::var",
            "env::args",
            "env::current_dir",
            "stdout()",
            "stderr()",
            "process::exit",
        ] {
            if text.contains(sign) {
                wrong.push(format!("{name}: `{sign}` belongs into the command line"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_have_one_subject() {
    let mut wrong = Vec::new();
    for path in files() {
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        if text.lines().next().is_some_and(|l| l.contains("@generated")) {
            continue;
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!(
                "{}: {lines} lines; split it at its subjects ({MAX_LINES} are the limit)",
                shown(&path)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_of_a_machine_is_in_a_file() {
    // written apart so that this file does not name them
    let signs: Vec<String> =
        [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"], ["/Us", "ers/"], ["C:\\\\Us", "ers"]]
            .iter()
            .map(|parts| parts.concat())
            .collect();
    let mut wrong = Vec::new();
    for path in files() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            for sign in &signs {
                let Some(at) = line.find(sign.as_str()) else { continue };
                // `network/`, `https://host/home/x` and the like: only a path that starts there counts
                let before = line[..at].chars().next_back();
                if before
                    .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '}' | '_' | '-' | '*' | ')'))
                {
                    wrong.push(format!(
                        "{}:{}: names a path of a machine (`{sign}…`)",
                        shown(&path),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_table_has_its_script() {
    let readme = fs::read_to_string(root().join("data/README.md")).unwrap();
    let mut wrong = Vec::new();
    let mut tables: BTreeMap<String, u64> = BTreeMap::new();
    for path in files() {
        let name = shown(&path);
        if let Some(inside) = name.strip_prefix("data/")
            && !inside.ends_with(".py")
            && !inside.ends_with(".md")
        {
            tables.insert(inside.to_owned(), fs::metadata(&path).unwrap().len());
        }
    }
    assert!(!tables.is_empty(), "there are tables under data/");
    for (table, bytes) in &tables {
        let Some(row) = readme.lines().find(|line| line.contains(table.as_str())) else {
            wrong.push(format!(
                "data/{table}: data/README.md does not tell its script, source, version and licence"
            ));
            continue;
        };
        let script = row
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/')))
            .find(|w| w.ends_with(".py"));
        match script {
            Some(script) if root().join("data").join(script).is_file() => {}
            Some(script) => wrong.push(format!("data/{table}: its script data/{script} is not there")),
            None => wrong.push(format!("data/{table}: the row in data/README.md names no script")),
        }
        if *bytes > 1 << 20 {
            wrong.push(format!("data/{table}: {bytes} bytes are more than a table may have (1 MiB)"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
