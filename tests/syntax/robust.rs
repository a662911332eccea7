//! Input that means harm, or comes from half a disk: no panic, no hang, no quadratic time, in any of the languages.
//!
//! Sizes are small so that a debug build runs them quickly; `MASUGATA_SCALE=N` multiplies them. By hand the files below
//! the directories of `MASUGATA_CORPUS` are mutated too.

use std::time::{Duration, Instant};

use masugata::syntax::Language;

use super::common::corpus::{Random, corpus, number};
use super::common::trees::{check_tree, parse};

fn scale() -> usize {
    number("MASUGATA_SCALE", 1)
}

/// Parses in time proportional to the size: at most `limit` for each megabyte (debug builds are slow).
fn parses_in_time(name: &str, language: Language, text: &str) {
    let start = Instant::now();
    let tree = parse(language, text);
    let took = start.elapsed();
    check_tree(&tree);
    let per_megabyte = if cfg!(debug_assertions) { 30.0 } else { 1.0 };
    let limit = Duration::from_secs_f64(
        if cfg!(debug_assertions) { 30.0 } else { 1.0 } + per_megabyte * text.len() as f64 / 1e6,
    );
    eprintln!("{language:?} {name}: {} bytes, {took:?}, {} errors", text.len(), tree.errors.len());
    assert!(took < limit, "{language:?} {name}: {took:?}");
}

fn buckets(n: usize) -> String {
    (0..n)
        .map(|i| format!("resource \"aws_s3_bucket\" \"bucket_{i}\" {{\n  bucket = \"bucket-{i}\"\n}}\n\n"))
        .collect()
}

#[test]
fn hcl_time_is_linear() {
    let n = if cfg!(debug_assertions) { 500 } else { 2_000 } * scale();
    let good = buckets(n);
    let cases: Vec<(&str, String)> = vec![
        ("good", good.clone()),
        ("a quote missing at the start", good.replacen("\"bucket-0\"", "\"bucket-0", 1)),
        ("a quote missing at the end", good.replacen(&format!("\"bucket-{}\"", n - 1), "\"x", 1)),
        ("a brace missing at the start", good.replacen("}\n", "\n", 1)),
        ("a brace too many at the start", good.replacen("}\n", "}}\n", 1)),
        ("a header without brace", good.replacen(" {\n", "\n", 1)),
        ("no closing braces", good.replace("}\n", "")),
        ("no opening braces", good.replace(" {\n", "\n")),
        ("no quotes", good.replace('"', "")),
        ("all quotes unclosed", good.replace("\"\n", "\n")),
        ("no newlines", good.replace('\n', " ")),
        ("comments opened", "a /*\n".repeat(5 * n)),
        ("comments at lines", "/*\n".repeat(5 * n)),
        ("comments closed at the end", "a /*\n".repeat(5 * n) + "*/"),
        ("heredocs opened", "a = <<EOT\n".repeat(5 * n)),
        ("heredocs nearly closed", "a = <<EOT\nEOTX\n".repeat(5 * n)),
        ("damaged heredocs", "a = <EOT\nb\n".repeat(5 * n)),
        ("unclosed templates", "a = \"${\n".repeat(5 * n)),
        ("unclosed directives", "a = \"%{ if x }\n".repeat(5 * n)),
        ("closing braces", "}".repeat(20 * n)),
        ("closing braces on lines", "}\n".repeat(10 * n)),
        ("opening braces", "{".repeat(20 * n)),
        ("opening braces on lines", "{\n".repeat(10 * n)),
        ("names on a line", "a ".repeat(10 * n)),
        ("names on lines", "a\n".repeat(10 * n)),
        ("blocks opened", "a {\n".repeat(10 * n)),
        ("blocks opened, indented", (0..300).map(|i| format!("{}a {{\n", " ".repeat(i))).collect()),
        ("arguments in blocks opened", "a \"b\" {\n  c = 1\n".repeat(4 * n)),
        ("equals signs", "=".repeat(20 * n)),
        ("half arguments", "a =\n".repeat(10 * n)),
        ("parentheses on lines", "a = (\n".repeat(10 * n)),
        ("one argument many times", "a = 1\n".repeat(10 * n)),
        ("a large list indexed", format!("a = [{}]{}\n", "1,".repeat(10 * n), "[0]".repeat(190))),
        ("a large sum", format!("a = [{}1]\n", "1 + 1, ".repeat(10 * n))),
        ("a long sum", format!("a = 1{}\n", " + 1".repeat(10 * n))),
        ("a long traversal", format!("a = b{}\n", ".c".repeat(10 * n))),
        ("a long name", format!("{} = 1\n", "a".repeat(20 * n))),
        ("a long label", format!("a \"{}\n", "b".repeat(20 * n))),
        ("a long string", format!("a = \"{}\n", "b".repeat(20 * n))),
        ("escapes", format!("a = \"{}\"\n", "\\q".repeat(10 * n))),
        ("dollars", format!("a = \"{}\"\n", "$".repeat(20 * n))),
        ("spaces", " ".repeat(20 * n)),
        ("spaces in lines", "   a   \n".repeat(5 * n)),
        ("carriage returns", "\r".repeat(20 * n)),
        ("nul bytes", "\0".repeat(20 * n)),
        ("not ascii", "é日😀".repeat(3 * n)),
        ("numbers", "1.".repeat(10 * n)),
        ("large exponent", format!("a = 1e{}\n", "9".repeat(10 * n))),
    ];
    for (name, text) in cases {
        parses_in_time(name, Language::Hcl, &text);
    }
}

#[test]
fn json_time_is_linear() {
    let n = 2_000 * scale();
    let member = |i: usize| format!("    \"B{i}\": {{\n      \"Type\": \"AWS::S3::Bucket\"\n    }}");
    let members: Vec<String> = (0..n).map(member).collect();
    let good = format!("{{\n  \"Resources\": {{\n{}\n  }}\n}}\n", members.join(",\n"));
    let small: String = good.chars().filter(|c| !c.is_whitespace()).collect();
    let cases: Vec<(&str, String)> = vec![
        ("good", good.clone()),
        ("good in one line", small.clone()),
        ("a brace missing", good.replacen("}", "", 1)),
        ("a brace missing in one line", small.replacen("}", "", 1)),
        ("the first brace missing in one line", small.replacen("{", "", 1)),
        ("a quote missing in one line", small.replacen("\"", "", 1)),
        ("no closing braces", good.replace('}', "")),
        ("no closing braces in one line", small.replace('}', "")),
        ("no commas", good.replace(',', "")),
        ("no colons", good.replace(':', "")),
        ("no colons in one line", small.replace(':', "")),
        ("no quotes", good.replace('"', "")),
        ("half the quotes", good.replace("\":", ":")),
        ("opening brackets", "[".repeat(20 * n)),
        ("opening brackets on lines", "[\n".repeat(10 * n)),
        ("closing brackets", "]".repeat(20 * n)),
        ("brackets crossed", "[}".repeat(10 * n)),
        ("braces crossed on lines", "{\n]\n".repeat(5 * n)),
        ("deep then lines", format!("{}{}", "[\n".repeat(1000), "}\n".repeat(10 * n))),
        ("deep objects then keys", format!("{}{}", "{\"a\":\n".repeat(1000), "\"b\":1,\n".repeat(5 * n))),
        ("keys without values", format!("{{{}", "\"a\":\n".repeat(5 * n))),
        ("commas", ",".repeat(20 * n)),
        ("colons", ":".repeat(20 * n)),
        ("quotes", "\"".repeat(20 * n)),
        ("quotes on lines", "\"\n".repeat(10 * n)),
        ("backslashes", format!("\"{}", "\\".repeat(20 * n))),
        ("junk", "x".repeat(20 * n)),
        ("junk words", "x ".repeat(10 * n)),
        ("spaces", " ".repeat(20 * n)),
        ("numbers", "[1 ".repeat(5 * n)),
        ("one long number", "1".repeat(20 * n)),
    ];
    for (name, text) in cases {
        parses_in_time(name, Language::Json, &text);
    }
}

#[test]
fn yaml_time_is_linear() {
    let n = 1_000 * scale();
    let members: String = (0..n).map(|i| format!("  B{i}:\n    Type: AWS::S3::Bucket\n")).collect();
    let good = format!("Resources:\n{members}");
    let cases: Vec<(&str, String)> = vec![
        ("good", good.clone()),
        ("an error at the start", good.replacen("Type: ", "Type: \"", 1)),
        ("an error at the end", good.clone() + "  X: [\n"),
        ("an error in every member", good.replace("Type: ", "Type: \"")),
        ("tabs", good.replace("    ", "\t")),
        ("opening brackets", "[".repeat(20 * n)),
        ("opening braces", "{".repeat(20 * n)),
        ("closing brackets", "]".repeat(20 * n)),
        ("dashes", "- ".repeat(10 * n)),
        ("dashes on lines", "-\n".repeat(10 * n)),
        ("colons", "a: ".repeat(10 * n)),
        ("questions", "? ".repeat(10 * n)),
        ("anchors", "&a ".repeat(5 * n)),
        ("aliases", format!("a: &a 1\nb: [{}]\n", "*a, ".repeat(5 * n))),
        ("quotes", "\"".repeat(20 * n)),
        ("quotes on lines", "\"\n".repeat(5 * n)),
        ("tags", "!a ".repeat(5 * n)),
        ("percent signs", "%\n".repeat(5 * n)),
        ("documents", "---\n".repeat(5 * n)),
        ("literals", "a: |\n".repeat(5 * n)),
        ("nested", (0..250).map(|i| format!("{}a:\n", " ".repeat(i))).collect()),
        ("half keys", "a\n".repeat(5 * n)),
        ("comments", "# a\n".repeat(5 * n)),
    ];
    for (name, text) in cases {
        parses_in_time(name, Language::Yaml, &text);
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
            let start = Instant::now();
            check_tree(&parse(*language, &text));
            assert!(start.elapsed() < Duration::from_secs(30), "{language:?} {text:?}");
        }
    }
}
