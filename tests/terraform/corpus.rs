//! Real configurations, where there are some.

use std::collections::BTreeMap;
use std::path::PathBuf;

use masugata::source::Loader;
use masugata::terraform::Modules;

use crate::support::shown;

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
