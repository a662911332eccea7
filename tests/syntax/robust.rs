//! Input that means harm, or comes from half a disk: no panic and no hang, in any of the languages.
//!
//! Sizes are small so that a debug build runs them quickly; `MASUGATA_SCALE=N` multiplies them. By hand the files below
//! the directories of `MASUGATA_CORPUS` are mutated too.

use masugata::syntax::Language;

use super::common::corpus::{Random, corpus, number};
use super::common::hostile;
use super::common::trees::{check_tree, parse};

fn scale() -> usize {
    number("MASUGATA_SCALE", 1)
}

/// Each gives a tree over its bytes that is no larger than they are. What they cost is measured by `benches/parse.rs`.
#[test]
fn hostile_text_gives_a_tree() {
    let n = 500 * scale();
    for (language, cases) in [
        (Language::Hcl, hostile::hcl(n)),
        (Language::Json, hostile::json(4 * n)),
        (Language::Yaml, hostile::yaml(2 * n)),
    ] {
        for (name, text) in cases {
            let tree = parse(language, &text);
            check_tree(&tree);
            assert!(tree.len() <= 2 * text.len() + 8, "{language:?} {name}: {} nodes", tree.len());
            assert!(tree.errors.len() <= 1_100, "{language:?} {name}: {} errors", tree.errors.len());
        }
    }
}

/// Texts of each language that are mutated.
fn seeds() -> Vec<(Language, String)> {
    vec![
        (Language::Hcl, include_str!("../fixtures/sample_bucket.tf").to_owned()),
        (Language::Hcl, include_str!("../fixtures/sample_network.tf").to_owned()),
        (Language::Hcl, include_str!("../fixtures/sample_templates.tf").to_owned()),
        (Language::Json, include_str!("../fixtures/sample_template.json").to_owned()),
        (Language::Json, include_str!("../fixtures/sample_stack.json").to_owned()),
        (
            Language::Yaml,
            "AWSTemplateFormatVersion: 2010-09-09\nConditions:\n  IsProd: !Equals [!Ref Env, prod]\nResources:\n  \
             Bucket: &b\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub \"${AWS::StackName}-x\"\n      \
             Tags:\n        - { Key: a, Value: 'it''s' }\n        - Key: b\n          Value: |\n            text\n            \
             more\n  Other:\n    <<: *b\n    DependsOn: [Bucket] # why\n"
                .to_owned(),
        ),
    ]
}

#[test]
fn mutated_text_gives_a_tree() {
    mutate(&seeds());
}

#[test]
#[ignore = "needs MASUGATA_CORPUS"]
fn mutated_files_give_a_tree() {
    let seeds: Vec<(Language, String)> = corpus(&["tf", "json", "yaml", "yml"])
        .into_iter()
        .filter(|(_, text)| text.len() < 20_000)
        .map(|(path, text)| match path.extension().and_then(|e| e.to_str()) {
            Some("tf") => (Language::Hcl, text),
            Some("json") => (Language::Json, text),
            _ => (Language::Yaml, text),
        })
        .collect();
    mutate(&seeds);
}

/// Random mutations: bytes changed, pieces cut, doubled, moved between texts.
fn mutate(seeds: &[(Language, String)]) {
    let mut random = Random::new((scale() as u64) << 40);
    let mut next = move |below: usize| random.below(below);
    let words = [
        "{", "}", "[", "]", "(", ")", "\"", "'", "${", "%{", "<<-EOT\n", "EOT\n", "\n", " ", "\t", "=", ":",
        "-", ",", "/*", "*/", "#", "\\", "&a", "*a", "!Ref ", "|\n", ">-\n", "---\n", "? ", "\u{feff}", "\0",
        "é", "\r", "for ", "...", "~}",
    ];
    let rounds = 60 * scale();
    for (language, seed) in seeds {
        for _ in 0..rounds.min(scale() * (4_000_000 / seed.len().max(1) / seeds.len() + 20)) {
            let mut text: Vec<u8> = seed.clone().into_bytes();
            for _ in 0..1 + next(6) {
                let at = next(text.len());
                match next(6) {
                    0 => {
                        text.splice(at..at, words[next(words.len())].bytes());
                    }
                    1 => {
                        let end = (at + 1 + next(30)).min(text.len());
                        text.drain(at..end);
                    }
                    2 => {
                        let end = (at + 1 + next(80)).min(text.len());
                        let piece = text[at..end].to_vec();
                        let to = next(text.len());
                        text.splice(to..to, piece);
                    }
                    3 => text.truncate(at),
                    4 => {
                        let other = &seeds[next(seeds.len())].1;
                        let from = next(other.len());
                        let end = (from + next(60)).min(other.len());
                        text.splice(at..at, other.as_bytes()[from..end].to_vec());
                    }
                    _ => {
                        if let Some(byte) = text.get_mut(at) {
                            *byte = words[next(words.len())].as_bytes()[0];
                        }
                    }
                }
                if text.is_empty() {
                    break;
                }
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            check_tree(&parse(*language, &text));
        }
    }
}
