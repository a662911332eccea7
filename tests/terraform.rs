//! Terraform configurations from disk to programs: what is read, what is reported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use masugata::program::{CallSource, Domain, ExprKind, Literal, Mode, Program, Repeat, Root, TypeExpr};
use masugata::source::{Diagnostic, Loader};
use masugata::terraform::{Modules, Supplied, inputs, major_range};

/// A loader over files that only exist in memory, under `/repo`.
fn loader(files: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new("/repo");
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    loader
}

fn program(files: &[(&str, &str)]) -> (Loader, Program) {
    let loader = loader(files);
    let program = Modules::new().program(&loader, Path::new("/repo"));
    (loader, program)
}

/// `path:line: code: message [help]`.
fn shown(loader: &Loader, diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| {
            let place = d.span.and_then(|s| {
                let file = loader.sources().get(s.file)?;
                Some(format!("{}:{}", file.path.display(), file.position(s.start).line))
            });
            let help = d.help.as_ref().map(|h| format!(" [{h}]")).unwrap_or_default();
            format!("{}: {}: {}{help}", place.unwrap_or_default(), d.code, d.message)
        })
        .collect()
}

/// Walks a tree of real configurations (`MASUGATA_CORPUS`, several separated by `:`) and prints what is reported.
#[test]
fn corpus() {
    let Ok(corpus) = std::env::var("MASUGATA_CORPUS") else { return };
    let loader = Loader::new(std::env::current_dir().unwrap());
    let modules = Modules::new();
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut todo: Vec<PathBuf> = corpus.split(':').map(PathBuf::from).collect();
    while let Some(directory) = todo.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let mut terraform = false;
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "tf") {
                terraform = true;
            }
        }
        if terraform {
            directories.push(directory);
        }
    }
    directories.sort();
    let start = std::time::Instant::now();
    let roots = modules.roots(&loader, &directories);
    println!("{} directories, {} roots, read in {:?}", directories.len(), roots.len(), start.elapsed());
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for root in &roots {
        let program = modules.program(&loader, root);
        for diagnostic in program.diagnostics {
            if !all.contains(&diagnostic) {
                *by_code.entry(diagnostic.code).or_default() += 1;
                all.push(diagnostic);
            }
        }
    }
    println!("linked after {:?}", start.elapsed());
    all.retain(|d| d.code != "module-not-installed");
    for line in shown(&loader, &all) {
        println!("{line}");
    }
    println!("{by_code:?}");
}
