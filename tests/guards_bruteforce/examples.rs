//! The examples of the built-in pages with some of their values opened: what a policy says while an input is not known
//! must hold whatever value the input then gets. Real types, real pages, both languages.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use masugata::policy::builtin;
use masugata::policy::page::{self, ExampleLanguage};
use masugata::program::{Literal, Quantity};
use masugata::source::Sources;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use regex::Regex;

use crate::expressions::Demand;
use crate::world::{Case, Language, Source};

/// An example in which some values can be opened.
struct Example {
    language: Language,
    lines: Vec<String>,
    /// Line, indentation and key, the literal.
    places: Vec<(usize, String, String)>,
    /// All literals of the example, to put in each other's place.
    literals: Vec<String>,
}

/// What takes no expression, or has nothing to do with a resource.
const FIXED: &[&str] = &[
    "source",
    "version",
    "default",
    "type",
    "Type",
    "Version",
    "AWSTemplateFormatVersion",
    "Default",
    "Condition",
    "DependsOn",
    "Ref",
    "provider",
    "Description",
    "Key",
    "LogicalId",
];

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let sources = Arc::new(Sources::new());
    let hcl = Regex::new(r#"^(\s*(\w+)\s*=\s*)("[^"$\\%]*"|true|false|\d+)\s*(?:#.*)?$"#).expect("a pattern");
    let yaml = Regex::new(
        r#"^(\s*(?:- )?(\w+):\s+)("[^"$]*"|'[^'$]*'|[\w./-]+|\d+\.\d+\.\d+\.\d+/\d+)\s*(?:#.*)?$"#,
    )
    .expect("a pattern");
    let mut all = Vec::new();
    for entry in builtin::index().pages() {
        let (page, _) = page::read(&sources.add(Path::new(entry.path), entry.text));
        for example in &page.examples {
            let text = &example.text;
            let (language, pattern) = match example.language {
                ExampleLanguage::Terraform => (Language::Terraform, &hcl),
                ExampleLanguage::Yaml => (Language::CloudFormation, &yaml),
                ExampleLanguage::Json => continue,
            };
            if text.lines().any(|l| {
                l.starts_with("Parameters:") || l.starts_with("Conditions:") || l.starts_with("Transform:")
            }) {
                continue;
            }
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let mut places = Vec::new();
            for (at, line) in lines.iter().enumerate() {
                let Some(found) = pattern.captures(line) else { continue };
                if !FIXED.contains(&&found[2]) {
                    places.push((at, found[1].to_owned(), found[3].to_owned()));
                }
            }
            let literals: BTreeSet<String> = places.iter().map(|(_, _, l)| l.clone()).collect();
            if !places.is_empty() {
                all.push(Example { language, lines, places, literals: literals.into_iter().collect() });
            }
        }
    }
    assert!(all.len() > 200, "{} examples", all.len());
    all
});

/// How a value is opened.
#[derive(Clone, Copy, Debug)]
enum How {
    /// It is an input.
    Input,
    /// It is the one or the other, by an input.
    Choice,
    /// It is there or not, by an input.
    Absence,
}

fn literal(text: &str, language: Language) -> Literal {
    let bare = text.trim_matches(['"', '\'']);
    if language == Language::CloudFormation || bare.len() < text.len() {
        return Literal::String(bare.into());
    }
    match text {
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        _ => Literal::Number(Quantity::Int(text.parse().expect("a number"))),
    }
}

/// Other values for a literal: its opposite, others of the example, some that mean something to many policies.
fn others(example: &Example, own: &str, pick: usize) -> String {
    let quoted = own.starts_with(['"', '\'']) || example.language == Language::CloudFormation;
    let bare = own.trim_matches(['"', '\'']);
    let mut all: Vec<String> = match bare {
        "true" => vec!["false".to_owned()],
        "false" => vec!["true".to_owned()],
        "Allow" => return own.replace("Allow", "Deny"),
        "Deny" => return own.replace("Deny", "Allow"),
        _ if quoted => ["\"other\"", "\"*\"", "\"0.0.0.0/0\"", "\"\""].map(str::to_owned).to_vec(),
        _ => vec!["0".to_owned(), "22".to_owned(), "65535".to_owned()],
    };
    all.extend(example.literals.iter().filter(|l| l.starts_with('"') == own.starts_with('"')).cloned());
    all.retain(|l| l != own);
    let n = all.len();
    if n == 0 { own.to_owned() } else { all.swap_remove(pick % n) }
}

fn opened(example: &Example, choices: &[(usize, usize, How)]) -> Source {
    let terraform = example.language == Language::Terraform;
    let mut lines = example.lines.clone();
    let (mut inputs, mut conditions) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (number, (place, pick, how)) in choices.iter().enumerate() {
        let place = place % example.places.len();
        if !seen.insert(place) {
            continue;
        }
        let (line, before, own) = &example.places[place];
        let other = others(example, own, *pick);
        let name = format!("{}{number}", if terraform { "u" } else { "U" });
        let (expression, values) = match (how, terraform) {
            (How::Input, _) => {
                let reference = if terraform { format!("var.{name}") } else { format!("{{Ref: {name}}}") };
                (reference, vec![literal(own, example.language), literal(&other, example.language)])
            }
            (_, true) => {
                let other = if matches!(how, How::Absence) { "null".to_owned() } else { other };
                (format!("var.{name} ? {own} : {other}"), vec![Literal::Bool(true), Literal::Bool(false)])
            }
            (_, false) => {
                let other =
                    if matches!(how, How::Absence) { "{Ref: \"AWS::NoValue\"}".to_owned() } else { other };
                conditions.push(format!("  Is{name}: {{\"Fn::Equals\": [{{Ref: {name}}}, \"yes\"]}}"));
                let yes = ["yes", "no"].map(|t| Literal::String(t.into())).to_vec();
                (format!("{{\"Fn::If\": [Is{name}, {own}, {other}]}}"), yes)
            }
        };
        lines[*line] = format!("{before}{expression}");
        let is_truth = terraform && !matches!(how, How::Input);
        inputs.push((name, values, is_truth));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    if terraform {
        for (name, _, truth) in &inputs {
            let body = if *truth { " type = bool " } else { "" };
            text += &format!("variable \"{name}\" {{{body}}}\n");
        }
    } else {
        let parameters: Vec<_> =
            inputs.iter().map(|(name, ..)| format!("  {name}: {{Type: String}}")).collect();
        let mut head = format!("Parameters:\n{}\n", parameters.join("\n"));
        if !conditions.is_empty() {
            head += &format!("Conditions:\n{}\n", conditions.join("\n"));
        }
        text = match text.find("\nResources:") {
            Some(at) => format!("{}\n{head}{}", &text[..at], &text[at + 1..]),
            None => head + &text,
        };
    }
    let mut cases: Vec<Case> = vec![Vec::new()];
    for (name, values, _) in &inputs {
        cases = cases
            .into_iter()
            .flat_map(|case| {
                values.iter().map(move |value| {
                    let mut case = case.clone();
                    case.push((name.clone(), value.clone()));
                    case
                })
            })
            .collect();
    }
    let file = if terraform { "main.tf" } else { "t.yaml" };
    Source {
        language: example.language,
        demand: Demand::Sound,
        files: vec![(file.to_owned(), text)],
        cases: Some(cases),
    }
}

pub(crate) fn sources() -> BoxedStrategy<Source> {
    let how = prop_oneof![3 => Just(How::Input), 2 => Just(How::Choice), 1 => Just(How::Absence)];
    let choice =
        (any::<prop::sample::Index>(), 0usize..40, how).prop_map(|(i, p, h)| (i.index(1 << 20), p, h));
    (any::<prop::sample::Index>(), prop::collection::vec(choice, 1..4))
        .prop_map(|(which, choices)| opened(&EXAMPLES[which.index(EXAMPLES.len())], &choices))
        .boxed()
}
