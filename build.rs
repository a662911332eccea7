//! Cuts the built-in policy pages and writes them into the binary, indexed by the resource types that they look at,
//! so that a run reads only the pages of types that its graph has.

#[path = "src/policy/slice.rs"]
mod slice;
#[path = "src/policy/slice_index.rs"]
mod slice_index;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/policy/slice.rs");
    println!("cargo::rerun-if-changed=src/policy/slice_index.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // A debug build reads the pages from disk when it runs (see `policy::builtin`): writing a page compiles nothing.
    if std::env::var("PROFILE").is_ok_and(|p| p == "release") {
        println!("cargo::rerun-if-changed=policies");
    }
    let mut paths = Vec::new();
    find(&root.join("policies"), &mut paths);
    paths.sort();

    let mut code = String::from("static PAGES: &[Entry] = &[\n");
    let mut by_type: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for (index, path) in paths.iter().enumerate() {
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("cargo::error=can't read {}", path.display());
            continue;
        };
        let slices = slice::slice(&text);
        let id = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let front = slices.front.clone().unwrap_or(0..0);
        let logic = slice_index::logic_of(&slices).unwrap_or(0..0);
        let types = text.get(logic.clone()).map(slice_index::types_of).unwrap_or_default();
        let (severity, packs) = slice_index::severity_and_packs(text.get(front.clone()).unwrap_or_default());
        let shown = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        for name in &types {
            by_type.entry((*name).to_owned()).or_default().push(index);
        }
        // A copy: what is included is watched by the compiler, and a page being written must not be.
        let copy = out.join(format!("page-{index}.md"));
        if let Err(error) = std::fs::write(&copy, &text) {
            println!("cargo::error=can't write {}: {error}", copy.display());
        }
        let _ = writeln!(
            code,
            "    Entry {{ id: {id:?}, path: {shown:?}, text: include_str!({:?}), title: {:?}, front: {}..{}, \
             logic: {}..{}, types: &{types:?}, dialects: &{:?}, severity: {severity:?}, packs: &{packs:?} }},",
            copy.to_string_lossy(),
            slices.title.clone().unwrap_or_default(),
            front.start,
            front.end,
            logic.start,
            logic.end,
            slice_index::dialects_of(&slices),
        );
        ids.insert(id, index);
    }
    code.push_str("];\n\nstatic BY_TYPE: &[(&str, &[usize])] = &[\n");
    for (name, pages) in &by_type {
        let _ = writeln!(code, "    ({name:?}, &{pages:?}),");
    }
    code.push_str("];\n\nstatic BY_ID: &[(&str, usize)] = &[\n");
    for (id, index) in &ids {
        let _ = writeln!(code, "    ({id:?}, {index}),");
    }
    code.push_str("];\n");
    if let Err(error) = std::fs::write(out.join("policies.rs"), code) {
        println!("cargo::error=can't write the index of policy pages: {error}");
    }
}

fn find(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|e| e == "md")
            && path.file_name().is_some_and(|n| n != "README.md")
        {
            paths.push(path);
        }
    }
}
