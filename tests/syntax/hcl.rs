//! HCL: agreement with Terraform and hcl-edit, exact spans, and what survives damage.
//!
//! The laws run on texts that stand here; by hand also on every `.tf` file below the directories of `MASUGATA_CORPUS`:
//! `MASUGATA_CORPUS=DIR[:DIR] cargo test --release --test syntax -- --ignored hcl`.

use std::collections::HashMap;

use masugata::syntax::{Kind, Language, NodeId, Tree};
use proptest::prelude::*;

use super::common::corpus::corpus;
use super::common::trees::{self, Edit, Law, check_tree, nodes, subtree};

fn parse(text: &str) -> Tree {
    trees::parse(Language::Hcl, text)
}

const SAMPLES: [&str; 4] = [
    include_str!("../fixtures/sample_bucket.tf"),
    include_str!("../fixtures/sample_network.tf"),
    include_str!("../fixtures/sample_module.tf"),
    include_str!("../fixtures/sample_templates.tf"),
];

#[test]
fn terraform_agrees_on_what_is_valid() {
    let table = include_str!("../fixtures/terraform_verdicts.tsv");
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

/// What every token's text must look like.
fn check_tokens(tree: &Tree) {
    for id in nodes(tree) {
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

fn check_laws(name: &str, text: &str) {
    let tree = parse(text);
    check_tree(&tree);
    if tree.errors.is_empty() {
        check_tokens(&tree);
    } else {
        eprintln!("{name}: {:?}", tree.errors.first());
    }
}

#[test]
fn leaves_concatenate_and_tokens_are_exact() {
    for text in SAMPLES {
        check_laws("sample", text);
    }
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn leaves_concatenate_and_tokens_are_exact_in_a_corpus() {
    for (path, text) in corpus(&["tf", "tfvars", "hcl"]) {
        check_laws(&path.display().to_string(), &text);
    }
}

/// Whether hcl-edit judges a text otherwise than we do, and what both say.
fn hcl_edit_disagrees(text: &str) -> Option<String> {
    let ours = parse(text).errors;
    // A byte order mark is an error for hcl-edit and none for Terraform.
    let theirs = hcl_edit::parser::parse_body(text.strip_prefix('\u{feff}').unwrap_or(text));
    let message = theirs.as_ref().err().map(ToString::to_string);
    let known = message.is_some_and(|m| HCL_EDIT_IS_WRONG.iter().any(|(part, _)| m.contains(part)));
    let differs = ours.is_empty() != theirs.is_ok() && !known;
    differs.then(|| format!("ours {:?}, hcl-edit {:?}", ours.first(), theirs.err()))
}

#[test]
fn hcl_edit_agrees_on_what_is_valid() {
    for text in SAMPLES {
        assert_eq!(hcl_edit_disagrees(text), None);
    }
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn hcl_edit_agrees_on_a_corpus() {
    let mut wrong = Vec::new();
    for (path, text) in corpus(&["tf", "tfvars"]) {
        wrong.extend(hcl_edit_disagrees(&text).map(|why| format!("{}: {why}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Terraform's verdicts on real files: `MASUGATA_VERDICTS` names a table (`formatted`, `valid` or `invalid`, a tab, a
/// path), `MASUGATA_CORPUS` the one directory that the paths are relative to.
#[test]
#[ignore = "needs MASUGATA_VERDICTS and MASUGATA_CORPUS"]
fn terraform_agrees_on_real_files() {
    let table = std::env::var("MASUGATA_VERDICTS").expect("MASUGATA_VERDICTS names a table");
    let root = std::path::PathBuf::from(std::env::var("MASUGATA_CORPUS").unwrap());
    let (mut rows, mut wrong) = (0, Vec::new());
    for row in std::fs::read_to_string(table).unwrap().lines().filter(|l| !l.starts_with('#')) {
        let (verdict, path) = row.split_once('\t').unwrap();
        // the table is of more repositories than a corpus need have
        let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
        // `terraform fmt` refuses what is not UTF-8, and so does the loader, before anything is parsed
        let errors = match String::from_utf8(bytes) {
            Ok(text) => parse(&text).errors.iter().map(|e| e.message.clone()).collect(),
            Err(error) => vec![error.to_string()],
        };
        rows += 1;
        if errors.is_empty() != (verdict != "invalid") {
            wrong.push(format!("{path}: Terraform says {verdict}, we say {errors:?}"));
        }
    }
    eprintln!("{rows} files, {} disagreements", wrong.len());
    assert!(rows > 0, "none of the table's files is below {}", root.display());
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What hcl-edit says where Terraform (see `fixtures/terraform_verdicts.tsv`) says otherwise, and why.
const HCL_EDIT_IS_WRONG: [(&str, &str); 1] =
    [("redefined object key", "an object may repeat a key for Terraform: the last one wins")];

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
    let touches = |id| {
        let node = tree.node(id);
        (node.start as usize) <= touched.end && node.end as usize >= touched.start
    };
    let shift = |id| if tree.node(id).start as usize > touched.end { moved } else { 0 };
    let mut found = HashMap::new();
    for id in nodes(&damaged) {
        if matches!(damaged.kind(id), Kind::Attribute | Kind::Block) {
            found.insert((damaged.kind(id), damaged.node(id).start), id);
        }
    }
    let survives = |id, top: bool| {
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

const LAW: Law = Law { language: Language::Hcl, inserted: &INSERTED, lost };

#[test]
fn one_edit_leaves_the_rest() {
    for text in SAMPLES {
        LAW.everywhere(text, 6, 0);
    }
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn one_edit_leaves_the_rest_of_a_corpus() {
    LAW.over_corpus(&["tf"], 0);
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
        let text = Edit::several(SAMPLES[sample], &edits, &INSERTED);
        check_tree(&parse(&text));
    }
}
