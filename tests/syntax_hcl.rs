//! HCL: agreement with Terraform and hcl-edit, exact spans, and what survives damage.
//!
//! The laws run on texts that stand here; with `MASUGATA_CORPUS=DIR[:DIR]` in the environment they also run on every
//! `.tf` file below those directories.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use std::path::PathBuf;

use masugata::source::Sources;
use masugata::syntax::{Kind, Node, NodeId, Tree, hcl};
use proptest::prelude::*;

fn parse(text: &str) -> Tree {
    hcl::parse(Sources::new().add("main.tf", text))
}

const SAMPLES: [&str; 4] = [
    include_str!("fixtures/sample_bucket.tf"),
    include_str!("fixtures/sample_network.tf"),
    include_str!("fixtures/sample_module.tf"),
    include_str!("fixtures/sample_templates.tf"),
];

/// All `.tf` files of the corpora that the environment names.
fn corpus() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let Ok(directories) = std::env::var("MASUGATA_CORPUS") else { return files };
    let mut stack: Vec<PathBuf> = directories.split(':').map(PathBuf::from).collect();
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            stack.extend(entries.map(|e| e.path()).filter(|p| !p.is_symlink()));
        } else if path.extension().is_some_and(|e| e == "tf" || e == "tfvars") {
            files.extend(std::fs::read_to_string(&path).ok().map(|text| (path, text)));
        }
    }
    files.sort();
    files
}

fn texts() -> Vec<(PathBuf, String)> {
    let samples =
        SAMPLES.iter().enumerate().map(|(i, s)| (PathBuf::from(format!("sample {i}")), (*s).to_owned()));
    samples.chain(corpus()).collect()
}

#[test]
fn terraform_agrees_on_what_is_valid() {
    let table = include_str!("fixtures/terraform_verdicts.tsv");
    let mut wrong = Vec::new();
    let mut rows = 0;
    for row in table.lines().filter(|l| !l.starts_with('#')) {
        let mut columns = row.split('\t');
        let valid = columns.next() == Some("valid");
        let text: String = serde_json::from_str(columns.next().unwrap()).unwrap();
        let tree = parse(&text);
        rows += 1;
        if tree.errors.is_empty() != valid {
            let ours: Vec<_> = tree.errors.iter().map(|e| &e.message).collect();
            wrong.push(format!("{text:?}: Terraform says {row:?}, we say {ours:?}"));
        }
        check_tree(&tree);
    }
    assert!(rows >= 500);
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What holds of every tree: leaves and gaps concatenate to the text, children lie inside their parents in order.
fn check_tree(tree: &Tree) {
    let text: String = tree.leaves().map(|l| tree.file.slice(l.span())).collect();
    assert_eq!(text, &*tree.file.text);
    for id in (0..tree.len() as u32).map(NodeId) {
        let node = tree.node(id);
        assert!(node.start <= node.end && node.next > id.0, "{node:?}");
        assert!(tree.file.text.get(node.start as usize..node.end as usize).is_some(), "{node:?}");
        let mut at = node.start;
        for child in tree.children(id) {
            let inner = tree.node(child);
            assert!(
                inner.start >= at && inner.end <= node.end,
                "{inner:?} in {node:?} of {:?}",
                tree.file.text
            );
            at = inner.end;
        }
    }
}

/// What every token's text must look like.
fn check_tokens(tree: &Tree) {
    for id in (0..tree.len() as u32).map(NodeId) {
        let text = tree.text(id);
        let name = |t: &str| !t.is_empty() && t.chars().all(|c| c == '_' || c == '-' || c.is_alphanumeric());
        let ok = match tree.kind(id) {
            Kind::Identifier => name(&text.replace("::", "").replace([' ', '\n'], "")),
            Kind::Variable => name(text),
            Kind::Number => text.starts_with(|c: char| c.is_ascii_digit()) && !text.ends_with('.'),
            Kind::Bool => text == "true" || text == "false",
            Kind::Null => text == "null",
            Kind::Template => text.starts_with('"') && text.ends_with('"'),
            Kind::Heredoc => text.starts_with("<<"),
            Kind::Tuple | Kind::ForTuple => text.starts_with('[') && text.ends_with(']'),
            Kind::Object | Kind::ForObject => text.starts_with('{') && text.ends_with('}'),
            Kind::Paren => text.starts_with('(') && text.ends_with(')'),
            Kind::Call => text.ends_with(')'),
            Kind::Interpolation => text.starts_with("${") && text.ends_with('}'),
            Kind::Block => text.ends_with('}'),
            Kind::TemplateText => !text.is_empty(),
            _ => true,
        };
        assert!(ok, "{:?} {text:?}", tree.kind(id));
    }
}

#[test]
fn leaves_concatenate_and_tokens_are_exact() {
    for (path, text) in texts() {
        let tree = parse(&text);
        check_tree(&tree);
        if tree.errors.is_empty() {
            check_tokens(&tree);
        } else {
            eprintln!("{}: {:?}", path.display(), tree.errors.first());
        }
    }
}

#[test]
fn hcl_edit_agrees_on_what_is_valid() {
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        let ours = parse(&text).errors;
        // A byte order mark is an error for hcl-edit and none for Terraform.
        let theirs = hcl_edit::parser::parse_body(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let message = theirs.as_ref().err().map(ToString::to_string);
        let known = message.is_some_and(|m| HCL_EDIT_IS_WRONG.iter().any(|(part, _)| m.contains(part)));
        if ours.is_empty() != theirs.is_ok() && !known {
            wrong.push(format!("{}: ours {:?}, hcl-edit {:?}", path.display(), ours.first(), theirs.err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What hcl-edit says where Terraform (see `fixtures/terraform_verdicts.tsv`) says otherwise, and why.
const HCL_EDIT_IS_WRONG: [(&str, &str); 1] =
    [("redefined object key", "an object may repeat a key for Terraform: the last one wins")];

/// One edit of a text.
#[derive(Clone, Debug)]
enum Edit {
    Delete(usize),
    Insert(usize, char),
}

impl Edit {
    /// The edited text, the range of the original's lines that it touches, and by how much what is behind moves.
    fn apply(&self, text: &str) -> (String, std::ops::Range<usize>, i64) {
        let (at, removed, added) = match *self {
            Edit::Delete(at) => (at, text[at..].chars().next().map_or(0, char::len_utf8), String::new()),
            Edit::Insert(at, c) => (at, 0, c.to_string()),
        };
        let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
        let end = text[at + removed..].find('\n').map_or(text.len(), |i| at + removed + i);
        let edited = format!("{}{added}{}", &text[..at], &text[at + removed..]);
        (edited, start..end, added.len() as i64 - removed as i64)
    }
}

/// A subtree as kinds, flags and moved spans.
fn subtree(tree: &Tree, id: NodeId, moved: i64) -> Vec<Node> {
    let end = tree.node(id).next;
    (id.0..end)
        .map(|i| {
            let mut node = tree.node(NodeId(i));
            node.start = (i64::from(node.start) + moved) as u32;
            node.end = (i64::from(node.end) + moved) as u32;
            node.next -= id.0;
            node
        })
        .collect()
}

/// Checks that an edit leaves what it does not touch; answers with what it lost, and nothing where the edited text is
/// valid too (then it means something else, and Terraform would say so as well).
fn lost(tree: &Tree, edit: &Edit) -> Vec<String> {
    let text = &*tree.file.text;
    let (edited, touched, moved) = edit.apply(text);
    let damaged = parse(&edited);
    check_tree(&damaged);
    if damaged.errors.is_empty() {
        return Vec::new();
    }
    let touches = |id: NodeId| {
        let node = tree.node(id);
        (node.start as usize) <= touched.end && node.end as usize >= touched.start
    };
    let shift = |id: NodeId| if tree.node(id).start as usize > touched.end { moved } else { 0 };
    let mut found = std::collections::HashMap::new();
    for id in (0..damaged.len() as u32).map(NodeId) {
        if matches!(damaged.kind(id), Kind::Attribute | Kind::Block) {
            found.insert((damaged.kind(id), damaged.node(id).start), id);
        }
    }
    let survives = |id: NodeId, top: bool| {
        let start = (i64::from(tree.node(id).start) + shift(id)) as u32;
        let same = found.get(&(tree.kind(id), start)).copied();
        let body = damaged.child(damaged.root(), 0).unwrap();
        same.is_some_and(|other| {
            subtree(tree, id, shift(id)) == subtree(&damaged, other, 0)
                && (!top || damaged.children(body).any(|c| c == other))
        })
    };
    let mut lost = Vec::new();
    let body = tree.child(tree.root(), 0).unwrap();
    for item in tree.children(body) {
        if !touches(item) {
            if !survives(item, true) {
                lost.push(format!("top level {:?}", tree.text(item).lines().next().unwrap_or("")));
            }
            continue;
        }
        for inner in (item.0..tree.node(item).next).map(NodeId) {
            if tree.kind(inner) == Kind::Attribute && !touches(inner) && !survives(inner, false) {
                lost.push(format!("argument {:?}", tree.text(inner).lines().next().unwrap_or("")));
            }
        }
    }
    lost
}

const INSERTED: [char; 33] = [
    '{', '}', '[', ']', '(', ')', '"', '\'', '=', ',', '.', ':', '#', '/', '*', '<', '>', '$', '%', '\\',
    ' ', '\n', 'a', '1', '_', '-', '~', '!', '?', '&', '\t', '@', 'é',
];

/// Every deletion, and insertions of some characters at every place of the samples.
#[test]
fn one_edit_leaves_the_rest() {
    for text in SAMPLES {
        let tree = parse(text);
        assert_eq!(tree.errors, []);
        let mut failures = Vec::new();
        let mut edits = 0;
        for (at, _) in text.char_indices() {
            let inserts = INSERTED.iter().cycle().skip(7 * at).take(6).map(|&c| Edit::Insert(at, c));
            for edit in std::iter::once(Edit::Delete(at)).chain(inserts) {
                edits += 1;
                let lost = lost(&tree, &edit);
                if !lost.is_empty() {
                    let line = tree.file.position(at as u32).line;
                    failures.push(format!("line {line} {edit:?} {:?}: {lost:?}", tree.text_of_line(line)));
                }
            }
        }
        assert!(
            failures.is_empty(),
            "{} of {edits}:\n{}",
            failures.len(),
            failures[..failures.len().min(60)].join("\n")
        );
    }
}

trait Line {
    fn text_of_line(&self, line: u32) -> &str;
}

impl Line for Tree {
    fn text_of_line(&self, line: u32) -> &str {
        self.file.text.lines().nth(line as usize - 1).unwrap_or("")
    }
}

/// The same for some edits of each file of a corpus.
#[test]
fn one_edit_leaves_the_rest_of_a_corpus() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let edits_per_file: usize =
        std::env::var("MASUGATA_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let (mut edits, mut failures) = (0, Vec::new());
    for (path, text) in corpus() {
        let tree = parse(&text);
        if !tree.errors.is_empty() || text.is_empty() {
            continue;
        }
        for _ in 0..edits_per_file {
            let mut at = next(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let edit = match next(2) {
                0 => Edit::Delete(at),
                _ => Edit::Insert(at, INSERTED[next(INSERTED.len())]),
            };
            edits += 1;
            let lost = lost(&tree, &edit);
            if !lost.is_empty() {
                let line = tree.file.position(at as u32).line;
                failures.push(format!(
                    "{}:{line} {edit:?} {:?}: {lost:?}",
                    path.display(),
                    tree.text_of_line(line)
                ));
            }
        }
    }
    eprintln!("{edits} edits, {} lost something", failures.len());
    for failure in failures.iter().take(60) {
        eprintln!("{failure}");
    }
    assert!(failures.len() * 200 <= edits, "more than one edit in 200 lost something");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any text at all gives a tree over its bytes, and errors unless it is valid.
    #[test]
    fn anything_parses(text in "[a-c{}\\[\\]()\"=.,:\n \t$%~#/*<>E\\\\?!&|é0-9-]{0,200}") {
        check_tree(&parse(&text));
    }

    /// Several edits of a sample: still a tree over all bytes.
    #[test]
    fn many_edits_parse(sample in 0..SAMPLES.len(), edits in prop::collection::vec((0.0..1.0, 0..66usize), 1..12)) {
        let mut text = SAMPLES[sample].to_owned();
        for (place, what) in edits {
            let mut at = (place * text.len() as f64) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let edit = if what < INSERTED.len() { Edit::Insert(at, INSERTED[what]) } else { Edit::Delete(at) };
            text = edit.apply(&text).0;
        }
        check_tree(&parse(&text));
    }
}
