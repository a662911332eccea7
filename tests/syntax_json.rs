//! JSON: what is valid, exact spans, and what survives damage.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use masugata::source::Sources;
use masugata::syntax::{Kind, Node, NodeId, Tree, json};
use proptest::prelude::*;

fn parse(text: &str) -> Tree {
    json::parse(Sources::new().add("template.json", text))
}

const SAMPLES: [&str; 3] = [
    include_str!("fixtures/sample_template.json"),
    include_str!("fixtures/sample_stack.json"),
    "{\"Resources\":{\"A\":{\"Type\":\"AWS::S3::Bucket\"},\"B\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{}}}}",
];

/// All `.json` files of the corpora that `MASUGATA_CORPUS` names.
fn corpus() -> Vec<(std::path::PathBuf, String)> {
    let mut files = Vec::new();
    let Ok(directories) = std::env::var("MASUGATA_CORPUS") else { return files };
    let mut stack: Vec<std::path::PathBuf> = directories.split(':').map(Into::into).collect();
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            stack.extend(entries.map(|e| e.path()).filter(|p| !p.is_symlink()));
        } else if path.extension().is_some_and(|e| e == "json" || e == "template") {
            files.extend(std::fs::read_to_string(&path).ok().map(|text| (path, text)));
        }
    }
    files.sort();
    files
}

/// What holds of every tree.
fn check_tree(tree: &Tree) {
    let text: String = tree.leaves().map(|l| tree.file.slice(l.span())).collect();
    assert_eq!(text, &*tree.file.text);
    for id in (0..tree.len() as u32).map(NodeId) {
        let node = tree.node(id);
        assert!(node.start <= node.end && node.next > id.0, "{node:?}");
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
        if node.kind == Kind::Pair {
            assert_eq!(tree.children(id).count(), 2, "{:?}", tree.file.text);
        }
    }
}

/// The tree's value as serde_json has it.
fn value(tree: &Tree, id: NodeId) -> serde_json::Value {
    match tree.kind(id) {
        Kind::Mapping => tree
            .children(id)
            .map(|pair| {
                let key = tree.string_value(tree.child(pair, 0).unwrap()).unwrap();
                (key.to_string(), value(tree, tree.child(pair, 1).unwrap()))
            })
            .collect(),
        Kind::Sequence => tree.children(id).map(|c| value(tree, c)).collect(),
        Kind::Scalar if tree.text(id).starts_with('"') => tree.string_value(id).unwrap().to_string().into(),
        _ => serde_json::from_str(tree.text(id)).unwrap(),
    }
}

#[test]
fn serde_json_agrees() {
    let texts = [
        "",
        " ",
        "null",
        "true",
        "1",
        "-0",
        "01",
        "1.",
        ".5",
        "-",
        "1e5",
        "1E+5",
        "1e",
        "+1",
        "0x1",
        "1.5e-3",
        "\"a\"",
        "\"a",
        "'a'",
        "[]",
        "[1]",
        "[1,]",
        "[,]",
        "[1 2]",
        "{}",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "[1]]",
        "{}{}",
        "1 2",
        "nul",
        "nulll",
        "truefalse",
        "\"\\n\\u00e9\\ud83d\\ude00\\/\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\t\"",
        "\"\u{1}\"",
        "\"a\nb\"",
        "\u{a0}1",
        "[1,\n\t\r 2]",
        "// c\n1",
        "/* c */ 1",
        "NaN",
        "Infinity",
        "{\"a\":1,\"a\":2}",
        "\"é日😀\"",
        "[\"a\",\"b\"",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "\\",
        "{\"a\":[{\"b\":[]}]}",
        "1\u{0}",
        "\"\\\"\"",
        "\"\\\\\"",
        "-1.5E+10",
        "00",
        "-01",
        "1.0.0",
        "1e5.5",
        "[true,false,null]",
        "tru",
        "True",
    ];
    for text in texts {
        let tree = parse(text);
        check_tree(&tree);
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        assert_eq!(tree.errors.is_empty(), theirs.is_ok(), "{text:?} {:?}", tree.errors);
        if let Ok(theirs) = theirs {
            assert_eq!(
                value(&tree, tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap()),
                theirs,
                "{text:?}"
            );
        }
    }
    // Lone surrogates are valid JSON text (RFC 8259, section 8.2) that no Rust string can hold.
    assert!(parse("\"\\ud800\"").errors.is_empty());
    for (path, text) in corpus() {
        let tree = parse(&text);
        check_tree(&tree);
        let theirs = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'));
        assert_eq!(tree.errors.is_empty(), theirs.is_ok(), "{} {:?}", path.display(), tree.errors);
        if let Ok(theirs) = theirs {
            let ours = value(&tree, tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap());
            assert!(ours == theirs, "{}", path.display());
        }
    }
}

#[test]
fn depth_is_a_diagnostic() {
    for text in
        ["[".repeat(100_000), "{\"a\":".repeat(100_000), "[{\"a\":".repeat(50_000), "[\n".repeat(100_000)]
    {
        let start = std::time::Instant::now();
        let tree = parse(&text);
        assert!(tree.errors.iter().any(|e| e.code == "depth-budget"), "{:?}", tree.errors);
        check_tree(&tree);
        assert!(start.elapsed().as_secs() < 30);
    }
    let text = format!("{}1{}", "[".repeat(json::MAX_DEPTH), "]".repeat(json::MAX_DEPTH));
    assert_eq!(parse(&text).errors, []);
}

#[derive(Clone, Debug)]
enum Edit {
    Delete(usize),
    Insert(usize, char),
}

impl Edit {
    /// The edited text, the lines that it touches, and by how much what is behind moves.
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

/// The keys on the way to a pair.
fn path(tree: &Tree, id: NodeId) -> Vec<String> {
    let node = tree.node(id);
    (0..=id.0)
        .map(NodeId)
        .filter(|&i| tree.kind(i) == Kind::Pair && tree.node(i).next >= node.next)
        .filter_map(|i| tree.child(i, 0).map(|k| tree.text(k).to_owned()))
        .collect()
}

/// What an edit lost: pairs on untouched lines that are gone, and of these the resources (members of `Resources`)
/// that are no longer where they were.
fn lost(tree: &Tree, edit: &Edit) -> Vec<String> {
    let (edited, touched, moved) = edit.apply(&tree.file.text);
    let damaged = parse(&edited);
    check_tree(&damaged);
    if damaged.errors.is_empty() {
        return Vec::new();
    }
    let mut found = std::collections::HashMap::new();
    for id in (0..damaged.len() as u32).map(NodeId).filter(|&i| damaged.kind(i) == Kind::Pair) {
        found.insert(damaged.node(id).start, id);
    }
    let mut lost = Vec::new();
    for id in (0..tree.len() as u32).map(NodeId).filter(|&i| tree.kind(i) == Kind::Pair) {
        let node = tree.node(id);
        if node.start as usize <= touched.end && node.end as usize >= touched.start {
            continue;
        }
        let shift = if node.start as usize > touched.end { moved } else { 0 };
        let other = found.get(&((i64::from(node.start) + shift) as u32)).copied();
        let key = tree.text(tree.child(id, 0).unwrap());
        match other {
            Some(other) if subtree(tree, id, shift) == subtree(&damaged, other, 0) => {
                let place = path(tree, id);
                let resource = place.len() == 2 && place[0] == "\"Resources\"";
                let above = tree.file.text[..touched.start].contains("\"Resources\"");
                if resource && above && path(&damaged, other) != place {
                    lost.push(format!("resource {key} moved to {:?}", path(&damaged, other)));
                }
            }
            _ => lost.push(format!("pair {key}")),
        }
    }
    lost
}

const INSERTED: [char; 20] =
    ['{', '}', '[', ']', '"', '\'', ',', ':', '.', '\\', ' ', '\n', 'a', '1', '-', '/', '#', 't', 'é', '\t'];

fn report(failures: &[String], edits: usize) -> String {
    format!("{} of {edits}:\n{}", failures.len(), failures[..failures.len().min(60)].join("\n"))
}

#[test]
fn one_edit_leaves_the_rest() {
    for text in SAMPLES {
        let tree = parse(text);
        assert_eq!(tree.errors, []);
        let (mut failures, mut edits) = (Vec::new(), 0);
        for (at, _) in text.char_indices() {
            let inserts = INSERTED.iter().cycle().skip(7 * at).take(6).map(|&c| Edit::Insert(at, c));
            for edit in std::iter::once(Edit::Delete(at)).chain(inserts) {
                edits += 1;
                let lost = lost(&tree, &edit);
                if !lost.is_empty() {
                    let line = tree.file.position(at as u32).line;
                    let shown = text.lines().nth(line as usize - 1).unwrap_or("");
                    failures.push(format!("line {line} {edit:?} {shown:?}: {lost:?}"));
                }
            }
        }
        assert!(failures.is_empty(), "{}", report(&failures, edits));
    }
}

#[test]
fn one_edit_leaves_the_rest_of_a_corpus() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let (mut edits, mut failures) = (0, Vec::new());
    for (path, text) in corpus() {
        let tree = parse(&text);
        if !tree.errors.is_empty() || text.is_empty() || text.len() > 60_000 {
            continue;
        }
        for _ in 0..20 {
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
                let shown = text.lines().nth(line as usize - 1).unwrap_or("");
                failures.push(format!("{}:{line} {edit:?} {shown:?}: {lost:?}", path.display()));
            }
        }
    }
    eprintln!("{}", report(&failures, edits));
    assert!(failures.len() * 100 <= edits, "more than one edit in 100 lost something");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_parses(text in "[ab{}\\[\\]\":,.\\\\ \n\t0-9eut-]{0,120}") {
        let tree = parse(&text);
        check_tree(&tree);
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let number = theirs.as_ref().err().is_some_and(|e| e.to_string().contains("number out of range"));
        prop_assert!(number || tree.errors.is_empty() == theirs.is_ok(), "{text:?} {:?}", tree.errors);
    }

    #[test]
    fn many_edits_parse(sample in 0..SAMPLES.len(), edits in prop::collection::vec((0.0..1.0, 0..40usize), 1..12)) {
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
