//! Damaged input through the whole run: whatever the evaluator, the tables and the policies are given, nothing panics.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use masugata::check::{Options, Quiet, Session, Wanted};
use masugata::source::Loader;

use super::common::corpus::{Random, corpus, number};

const SEEDS: [(&str, &str); 6] = [
    ("main.tf", include_str!("../fixtures/sample_bucket.tf")),
    ("main.tf", include_str!("../fixtures/sample_network.tf")),
    ("main.tf", include_str!("../fixtures/sample_templates.tf")),
    ("t.json", include_str!("../fixtures/sample_template.json")),
    ("t.json", include_str!("../fixtures/sample_stack.json")),
    ("t.yaml", include_str!("../../examples/cloudformation/service.yaml")),
];

const WORDS: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "${",
    "%{",
    "<<-EOT\n",
    "EOT\n",
    "\n",
    " ",
    "\t",
    "=",
    ":",
    "-",
    ",",
    "*/",
    "#",
    "\\",
    "&a",
    "*a",
    "!Ref ",
    "!If [A, B, C]",
    "|\n",
    "? ",
    "\u{feff}",
    "\0",
    "é",
    "\r",
    "for x in ",
    "...",
    "null",
    "true",
    "-1",
    "99999999999999999999",
    "1e400",
    "[*]",
    "count = 3\n",
    "for_each = {}\n",
    "self",
    "!GetAtt A.B",
];

/// The text with some edits: words put in, pieces cut, doubled and moved, or pieces of another text.
fn mutated(text: &str, other: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..1 + random.below(4) {
        let at = random.place(&text);
        let mut end = (at + 1 + random.below(30)).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        match random.below(5) {
            0 | 1 => text.insert_str(at, WORDS[random.below(WORDS.len())]),
            2 => text.replace_range(at..end, ""),
            3 => {
                let piece = text[at..end].to_owned();
                let to = random.place(&text);
                text.insert_str(to, &piece);
            }
            _ => {
                let from = random.place(other);
                let piece: String = other[from..].chars().take(60).collect();
                text.insert_str(at, &piece);
            }
        }
    }
    text
}

/// Checks one file as the program does.
fn check(name: &str, text: &str) {
    let mut loader = Loader::new("/nowhere");
    loader.overlay(Path::new(name), text);
    let options = Options {
        paths: vec![PathBuf::from(name)],
        wanted: Wanted { packs: vec!["all".into()], ..Wanted::default() },
        unknowns: true,
        threads: 1,
        ..Options::default()
    };
    let since = Instant::now();
    let outcome = Session::open(loader, options).check(&Quiet);
    let internal = outcome.diagnostics.iter().find(|d| d.code.contains("internal"));
    assert!(internal.is_none(), "{}\n---\n{text}", internal.unwrap().message);
    masugata::report::text(&outcome, masugata::report::Style::default());
    masugata::report::sarif(&outcome);
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}\n---\n{text}", since.elapsed());
}

fn mutate(seeds: &[(String, String)], rounds: usize) {
    let mut random = Random::new(number("MASUGATA_SEED", 0) as u64);
    for (name, text) in seeds {
        for _ in 0..rounds {
            let other = &seeds[random.below(seeds.len())].1;
            check(name, &mutated(text, other, &mut random));
        }
    }
}

#[test]
fn damaged_files_of_ours() {
    let seeds: Vec<_> = SEEDS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for (name, text) in &seeds {
        check(name, text);
    }
    mutate(&seeds, number("MASUGATA_ROUNDS", 15));
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn damaged_files_of_a_corpus() {
    let files = corpus(&["tf", "json", "yaml", "yml", "template"]);
    let seeds: Vec<_> = files
        .into_iter()
        .filter(|(_, text)| text.len() < 20_000 && !text.is_empty())
        .map(|(path, text)| match path.extension().and_then(|e| e.to_str()) {
            Some("tf") => ("main.tf".to_owned(), text),
            Some("json") => ("t.json".to_owned(), text),
            _ => ("t.yaml".to_owned(), text),
        })
        .collect();
    mutate(&seeds, number("MASUGATA_ROUNDS", 1));
}
