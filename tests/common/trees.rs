//! Laws of syntax trees: what holds of every tree, and what one edit of a text may cost.

use std::ops::Range;

use masugata::source::Sources;
use masugata::syntax::{Kind, Language, Node, NodeId, Tree, hcl, json, yaml};

use super::corpus::{Random, corpus, number};

pub(crate) fn parse(language: Language, text: &str) -> Tree {
    match language {
        Language::Hcl => hcl::parse(Sources::new().add("main.tf", text)),
        Language::Json => json::parse(Sources::new().add("template.json", text)),
        Language::Yaml => yaml::parse(Sources::new().add("template.yaml", text)),
    }
}

/// All nodes, in preorder.
pub(crate) fn nodes(tree: &Tree) -> impl Iterator<Item = NodeId> + use<> {
    (0..tree.len() as u32).map(NodeId)
}

/// What holds of every tree: leaves and gaps concatenate to the text, children lie inside their parents in order.
pub(crate) fn check_tree(tree: &Tree) {
    let mut at = 0;
    for leaf in tree.leaves() {
        assert_eq!(leaf.span().start, at, "{:?}", tree.file.text);
        at = leaf.span().end;
    }
    assert_eq!(at as usize, tree.file.text.len(), "{:?}", tree.file.text);
    for id in nodes(tree) {
        let node = tree.node(id);
        assert!(node.start <= node.end && node.next > id.0 && node.next as usize <= tree.len(), "{node:?}");
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

/// One edit of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    Delete(usize),
    Insert(usize, char),
}

impl Edit {
    /// A text after several edits: each a place (from 0 to 1) and a number, of a character that is put in or, above those,
    /// for a deletion.
    pub(crate) fn several(text: &str, edits: &[(f64, usize)], inserted: &[char]) -> String {
        edits.iter().fold(text.to_owned(), |text, &(place, what)| {
            let mut at = (place * text.len() as f64) as usize;
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            inserted.get(what).map_or(Edit::Delete(at), |&c| Edit::Insert(at, c)).apply(&text).0
        })
    }

    /// The edited text, the range of the original's lines that it touches, and by how much what is behind moves.
    pub(crate) fn apply(&self, text: &str) -> (String, Range<usize>, i64) {
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
pub(crate) fn subtree(tree: &Tree, id: NodeId, moved: i64) -> Vec<Node> {
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

/// A law of damage: which characters are put in, and what an edit lost.
pub(crate) struct Law {
    pub(crate) language: Language,
    pub(crate) inserted: &'static [char],
    pub(crate) lost: fn(&Tree, &Edit) -> Vec<String>,
}

impl Law {
    fn failure(&self, tree: &Tree, edit: Edit, name: &str) -> Option<String> {
        let lost = (self.lost)(tree, &edit);
        let (Edit::Delete(at) | Edit::Insert(at, _)) = edit;
        let line = tree.file.position(at as u32).line;
        let shown = tree.file.text.lines().nth(line as usize - 1).unwrap_or("");
        let around = || {
            let edited = edit.apply(&tree.file.text).0;
            let from = (line as usize).saturating_sub(4);
            let shown: Vec<_> = edited.lines().skip(from).take(number("MASUGATA_AROUND", 0)).collect();
            shown.iter().map(|l| format!("\n    | {l}")).collect::<String>()
        };
        (!lost.is_empty()).then(|| format!("{name}:{line} {edit:?} {shown:?}: {lost:?}{}", around()))
    }

    /// Every deletion, and `inserts` insertions at every place of a text: at most `allowed` edits may lose something.
    pub(crate) fn everywhere(&self, text: &str, inserts: usize, allowed: usize) {
        let tree = parse(self.language, text);
        assert_eq!(tree.errors, []);
        let (mut edits, mut failures) = (0, Vec::new());
        for (at, _) in text.char_indices() {
            let inserts =
                self.inserted.iter().cycle().skip(7 * at).take(inserts).map(|&c| Edit::Insert(at, c));
            for edit in std::iter::once(Edit::Delete(at)).chain(inserts) {
                edits += 1;
                failures.extend(self.failure(&tree, edit, "sample"));
            }
        }
        assert!(failures.len() <= allowed, "{}", report(&failures, edits));
    }

    /// Some edits of every file of the corpus: at most `allowed` of 10,000 may lose something.
    pub(crate) fn over_corpus(&self, extensions: &[&str], allowed: usize) {
        let mut random = Random::new(number("MASUGATA_SEED", 0) as u64);
        let per_file = number("MASUGATA_EDITS", 20);
        let (mut files, mut edits, mut failures) = (0, 0, Vec::new());
        for (path, text) in corpus(extensions) {
            let tree = parse(self.language, &text);
            if !tree.errors.is_empty() || text.is_empty() || text.len() > 100_000 {
                continue;
            }
            files += 1;
            for _ in 0..per_file {
                let at = random.place(&text);
                let edit = match random.below(2) {
                    0 => Edit::Delete(at),
                    _ => Edit::Insert(at, self.inserted[random.below(self.inserted.len())]),
                };
                edits += 1;
                failures.extend(self.failure(&tree, edit, &path.display().to_string()));
            }
        }
        eprintln!("{files} files, {edits} edits, lost something: {}", report(&failures, edits));
        assert!(
            failures.len() * 10_000 <= edits * allowed,
            "more than {allowed} of 10,000 edits lost something"
        );
    }
}

fn report(failures: &[String], edits: usize) -> String {
    format!(
        "{} of {edits}:\n{}",
        failures.len(),
        failures[..failures.len().min(number("MASUGATA_SHOWN", 60))].join("\n")
    )
}

/// The keys on the way to a pair, outermost first.
pub(crate) fn path(tree: &Tree, id: NodeId) -> Vec<String> {
    let node = tree.node(id);
    (0..=id.0)
        .map(NodeId)
        .filter(|&i| tree.kind(i) == Kind::Pair && tree.node(i).next >= node.next)
        .filter_map(|i| tree.child(i, 0).map(|k| tree.text(k).trim_matches(['"', '\'']).to_owned()))
        .collect()
}

/// For JSON and YAML: pairs on untouched lines that an edit lost, and of these the resources (members of `Resources`)
/// that are no longer where they were. Nothing where the edited text is valid too: then it means something else.
pub(crate) fn lost_pairs(tree: &Tree, edit: &Edit) -> Vec<String> {
    let (edited, touched, moved) = edit.apply(&tree.file.text);
    let damaged = parse(tree.language, &edited);
    check_tree(&damaged);
    // what is YAML, though with a key twice, means what it says
    if damaged.errors.iter().all(|e| e.code == "duplicate-key") {
        return Vec::new();
    }
    let mut found = std::collections::HashMap::new();
    for id in nodes(&damaged).filter(|&i| damaged.kind(i) == Kind::Pair) {
        found.insert(damaged.node(id).start, id);
    }
    let mut lost = Vec::new();
    for id in nodes(tree).filter(|&i| tree.kind(i) == Kind::Pair) {
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
                let resource = place.len() == 2 && place[0] == "Resources";
                let above = tree.file.text[..touched.start].contains("Resources");
                if resource && above && path(&damaged, other) != place {
                    lost.push(format!("resource {key} moved to {:?}", path(&damaged, other)));
                }
            }
            _ => lost.push(format!("pair {key}")),
        }
    }
    lost
}
