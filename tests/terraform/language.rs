//! What evaluation makes of small configurations, construct by construct, against what Terraform 1.11.4 planned for them
//! (`language/record.py` asks again).

use std::path::Path;

use masugata::eval::{Data, Guard, Store, evaluate_with};
use masugata::program::Mode;
use masugata::report::value_json;
use masugata::source::{Diagnostic, Loader};
use masugata::terraform::{Modules, Supplied, inputs};
use serde_json::{Map, Value as Json};

const CASES: &str = include_str!("language/cases.txt");
const ANSWERS: &str = include_str!("language/answers.json");

/// What Terraform refuses and evaluation does not, with the reason.
const ACCEPTED: &[(&str, &str)] = &[
    ("count_unknown", "what is known after apply is unknown here, as are inputs that nobody supplied"),
    ("for_each_unknown_set", "the same"),
    ("divide_by_zero", "infinity is a number until somebody writes it down"),
    ("quoted_types", "configurations for Terraform 0.11 are read"),
    ("required_version", "nothing is run"),
    ("moved_bad_type", "what becomes of the state is no part of the program"),
    ("short_circuit", "Terraform 1.12 does not look at the right side either"),
];

/// Values that differ, with the reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("terraform_data.x.input.p", "`pow` gives a float in Terraform, of which 17 digits are shown"),
    ("terraform_data.x.input.ps", "the same"),
    ("terraform_data.x.input[1]", "strings are not brought into Unicode's normal form C"),
    ("terraform_data.x.input[4]", "the same"),
    ("terraform_data.x.input[6]", "the same"),
];

/// Values that Terraform does not know before it has run, and evaluation does.
const SHARPER: &[(&str, &str)] = &[
    (
        "unknown_key_object",
        "a key that is not known is another one than the literal one, or Terraform refuses",
    ),
    ("unknown_parts", "an id is never empty"),
];

struct Case {
    name: &'static str,
    files: Vec<(&'static str, String)>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CASES.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case { name: name.trim(), files: Vec::new() });
        } else if let Some(path) = line.strip_prefix("--- ") {
            cases.last_mut().unwrap().files.push((path.trim(), String::new()));
        } else {
            cases.last_mut().unwrap().files.last_mut().unwrap().1.push_str(line);
        }
    }
    cases
}

/// What a case comes to: address to values, and what was said.
fn evaluated(case: &Case) -> (Vec<(String, Json)>, Vec<Diagnostic>) {
    // On disk: `fileset` lists directories.
    let folder = tempfile::tempdir().unwrap();
    let root: &Path = folder.path();
    let loader = Loader::new(root);
    let mut supplied = Vec::new();
    for (path, text) in &case.files {
        if *path == "args" {
            supplied.extend(text.split_whitespace().map(|arg| match arg.strip_prefix("-var-file=") {
                Some(file) => Supplied::File(root.join(file)),
                None => {
                    let (name, value) = arg.strip_prefix("-var=").unwrap().split_once('=').unwrap();
                    Supplied::Value(name.to_owned(), value.to_owned())
                }
            }));
        } else {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let program = Modules::new().program(&loader, root);
    let mut problems = program.diagnostics.clone();
    let module = program.module(program.root).unwrap();
    let (values, found) = inputs(&loader, root, module, &[], &supplied);
    problems.extend(found);
    let given = masugata::eval::Inputs { values };
    let sources = std::sync::Arc::clone(loader.sources());
    let (evaluation, _) = evaluate_with(&program, &given, sources, Some(&loader), &[]);
    problems.extend(evaluation.diagnostics.iter().cloned());
    let instances = evaluation.instances.iter().filter(|i| i.info.mode == Mode::Managed);
    let shown = instances.map(|instance| {
        let entries = match &instance.values.data {
            Data::Map(map) => map.entries.as_slice(),
            _ => &[],
        };
        let store: &Store = &evaluation.store;
        let values: Map<String, Json> =
            entries.iter().map(|e| (e.key.to_string(), value_json(store, &e.value))).collect();
        let sure = if instance.exists == Guard::TRUE { "" } else { " (perhaps)" };
        (format!("{}{sure}", instance.info.address), Json::Object(values))
    });
    (shown.collect(), problems)
}

fn is_unknown(value: &Json) -> bool {
    ["$unknown", "$choice", "$string"].iter().any(|key| value.get(key).is_some())
}

/// Our value against a planned one; `unknown` is the plan's `after_unknown` there.
fn compare(path: &str, ours: &Json, plan: &Json, unknown: &Json, out: &mut Vec<String>) {
    if let Some(inner) = ours.get("$sensitive") {
        return compare(path, inner, plan, unknown, out);
    }
    if is_unknown(ours) || *unknown == true {
        match (is_unknown(ours), *unknown == true) {
            (true, false) => out.push(format!("unknown {path}: {ours}, planned {plan}")),
            (false, true) => out.push(format!("sharper {path}: {ours}")),
            _ => {}
        }
        return;
    }
    match (ours, plan) {
        (Json::Array(ours), Json::Array(plan)) if ours.len() == plan.len() => {
            let compared = |i: usize, at: usize| {
                let mut found = Vec::new();
                compare(&format!("{path}[{i}]"), &ours[i], &plan[at], &unknown[at], &mut found);
                found
            };
            // Blocks of a provider may be sets, of which the plan has another order.
            let blocks = ours.iter().all(Json::is_object) && !path.contains("terraform_data");
            let mut left: Vec<usize> = (0..plan.len()).collect();
            for i in 0..ours.len() {
                let order = left.iter().position(|at| compared(i, *at).is_empty()).filter(|_| blocks);
                out.extend(compared(i, left.remove(order.unwrap_or(0))));
            }
        }
        (Json::Object(ours), Json::Object(plan)) => {
            for (key, value) in ours {
                let path = format!("{path}.{key}");
                compare(&path, value, plan.get(key).unwrap_or(&Json::Null), &unknown[key], out);
            }
            for (key, value) in plan.iter().filter(|(key, _)| !ours.contains_key(*key)) {
                let nothing = [Json::Null, Json::Bool(false), Json::Array(Vec::new()), Json::from("")];
                let matters = path.contains("terraform_data") || !nothing.contains(value);
                if matters && unknown[key] != true {
                    out.push(format!("missing {path}.{key}: planned {value}"));
                }
            }
        }
        // JSON numbers are floats for most readers.
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if ours == plan => {}
        _ => out.push(format!("different {path}: {ours}, planned {plan}")),
    }
}

#[test]
fn evaluation_is_terraforms_construct_by_construct() {
    let answers: Json = serde_json::from_str(ANSWERS).unwrap();
    let mut wrong: Vec<String> = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 140, "{}", cases.len());
    for case in &cases {
        let answer = &answers[case.name];
        let (mut instances, problems) = evaluated(case);
        let problems: Vec<String> = problems
            .iter()
            .filter(|d| d.code != "undeclared-variable")
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect();
        let mut found: Vec<String> = Vec::new();
        if let Some(error) = answer.get("error") {
            let accepted = ACCEPTED.iter().any(|(name, _)| *name == case.name);
            if problems.is_empty() != accepted {
                found.push(format!("Terraform says {error}; here {problems:?}"));
            }
        } else {
            found.extend(problems);
            for (address, plan) in answer["resources"].as_object().unwrap() {
                let Some(at) = instances.iter().position(|(ours, _)| ours == address) else {
                    found.push(format!("{address} is missing"));
                    continue;
                };
                let (_, ours) = instances.swap_remove(at);
                for (name, value) in ours.as_object().unwrap() {
                    let unknown = &plan["unknown"][name];
                    compare(&format!("{address}.{name}"), value, &plan["after"][name], unknown, &mut found);
                }
                if plan["after"].get("input").is_some() && ours.get("input").is_none() {
                    found.push(format!("{address}.input is missing"));
                }
            }
            found.extend(instances.into_iter().map(|(address, _)| format!("{address} is not planned")));
        }
        found.retain(|line| {
            let excused = |list: &[(&str, &str)], key: &str| list.iter().any(|(name, _)| *name == key);
            let path = line.split([' ', ':']).nth(1).unwrap_or_default();
            let known = (case.name == "big_numbers" || case.name == "long_strings_unicode")
                && line.starts_with("different")
                && excused(DIFFERENT, path);
            let sharper = line.starts_with("sharper") && excused(SHARPER, case.name);
            !known && !sharper
        });
        wrong.extend(found.into_iter().map(|line| format!("{}: {line}", case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
