//! JSON: what is valid, exact spans, and what survives damage.

use masugata::syntax::{Kind, Language, NodeId, Tree, json};
use proptest::prelude::*;

use super::common::corpus::corpus;
use super::common::trees::{self, Edit, Law, lost_pairs, nodes};

fn parse(text: &str) -> Tree {
    trees::parse(Language::Json, text)
}

/// What holds of every tree, and of every pair.
fn check_tree(tree: &Tree) {
    trees::check_tree(tree);
    for id in nodes(tree).filter(|&id| tree.kind(id) == Kind::Pair) {
        assert_eq!(tree.children(id).count(), 2, "{:?}", tree.file.text);
    }
}

const SAMPLES: [&str; 3] = [
    include_str!("../fixtures/sample_template.json"),
    include_str!("../fixtures/sample_stack.json"),
    "{\"Resources\":{\"A\":{\"Type\":\"AWS::S3::Bucket\"},\"B\":{\"Type\":\"AWS::SNS::Topic\",\"Properties\":{}}}}",
];

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
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn serde_json_agrees_on_a_corpus() {
    for (path, text) in corpus(&["json", "template"]) {
        // templates may be YAML too
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
            continue;
        }
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
        let tree = parse(&text);
        assert!(tree.errors.iter().any(|e| e.code == "depth-budget"), "{:?}", tree.errors);
        check_tree(&tree);
        // what is above the budget is read, what is below is one error
        assert!(tree.len() <= 4 * json::MAX_DEPTH + 8, "{} nodes", tree.len());
    }
    let text = format!("{}1{}", "[".repeat(json::MAX_DEPTH), "]".repeat(json::MAX_DEPTH));
    assert_eq!(parse(&text).errors, []);
}

const INSERTED: [char; 20] =
    ['{', '}', '[', ']', '"', '\'', ',', ':', '.', '\\', ' ', '\n', 'a', '1', '-', '/', '#', 't', 'é', '\t'];

const LAW: Law = Law { language: Language::Json, inserted: &INSERTED, lost: lost_pairs };

#[test]
fn one_edit_leaves_the_rest() {
    for text in SAMPLES {
        LAW.everywhere(text, 6, 0);
    }
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn one_edit_leaves_the_rest_of_a_corpus() {
    LAW.over_corpus(&["json", "template"], 0);
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
        let text = Edit::several(SAMPLES[sample], &edits, &INSERTED);
        check_tree(&parse(&text));
    }
}
