//! What must hold whatever was read: of a tree, and of a whole run.

#![allow(dead_code, reason = "every target uses a part of it")]

use std::path::Path;
use std::sync::{Arc, OnceLock};

use masugata::check::{Options, Quiet, Session, Wanted};
use masugata::source::{Loader, SourceFile, Sources};
use masugata::syntax::{Kind, NodeId, Tree};
use masugata::{fix, report};

pub fn file(data: &[u8]) -> Arc<SourceFile> {
    Sources::new().add("input", String::from_utf8_lossy(data).into_owned())
}

/// Leaves concatenate to the text, children lie in their parents, and decoding does not panic.
pub fn tree(tree: &Tree) {
    let text: String = tree.leaves().map(|leaf| tree.file.slice(leaf.span())).collect();
    assert_eq!(text, &*tree.file.text);
    for id in (0..tree.len() as u32).map(NodeId) {
        let node = tree.node(id);
        let mut at = node.start;
        for child in tree.children(id) {
            let inner = tree.node(child);
            assert!(inner.start >= at && inner.end <= node.end);
            at = inner.end;
        }
        let _ = tree.string_value(id);
        if matches!(node.kind, Kind::Template | Kind::Heredoc) {
            let _ = tree.template_pieces(id);
        }
    }
}

/// A directory of this process with these files and nothing else in it. It is in memory where the system has a place
/// for that.
fn directory(files: &[(&str, &[u8])]) -> &'static Path {
    static DIRECTORY: OnceLock<std::path::PathBuf> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        parent.join(format!("masugata-fuzz-{}", std::process::id()))
    });
    let _ = std::fs::remove_dir_all(directory);
    for (name, bytes) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("it is in a directory")).expect("a place to write");
        std::fs::write(path, bytes).expect("a place to write");
    }
    directory
}

/// A file of this name is given as the values of template parameters.
pub const PARAMETERS: &str = "parameters.json";

/// Whether bytes begin as JSON objects and arrays do.
pub fn is_json(data: &[u8]) -> bool {
    matches!(data.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn session(files: &[(&str, &[u8])]) -> Session {
    let root = directory(files);
    let options = Options {
        paths: vec![root.to_path_buf()],
        wanted: Wanted { packs: vec!["all".into()], ..Wanted::default() },
        threads: 1,
        unknowns: true,
        max_findings: 1_000,
        today: "2026-01-01".to_owned(),
        parameters: files.iter().filter(|(name, _)| *name == PARAMETERS).map(|(n, _)| (*n).to_owned()).collect(),
        ..Options::default()
    };
    Session::open(Loader::new(root), options)
}

/// Every policy over a directory of these files, and every report of what was found.
pub fn check(files: &[(&str, &[u8])]) {
    let outcome = session(files).check(&Quiet);
    let _ = report::text(&outcome, report::Style::default());
    let json = report::json(&outcome);
    let sarif = report::sarif(&outcome);
    let _ = report::rdjson(&outcome);
    let _ = report::annotations(&outcome);
    assert!(json.starts_with('{') && sarif.starts_with('{'));
}

/// Every fix of what is found.
pub fn fixed(files: &[(&str, &[u8])]) {
    let session = session(files);
    let _ = fix::check_with_offers(&session, &Quiet);
    let _ = fix::fix(&session, fix::Wanted { unsafe_fixes: true, generated: true, only: None });
}
