//! Our evaluation of real configurations against what Terraform planned for them.
//!
//! `MASUGATA_PLANS` is a directory of plans (`terraform show -json`) named `tam-MODULE_EXAMPLE.plan.json` or
//! `terragoat_….plan.json`; `MASUGATA_MODULES` one with the modules' sources by name, sources of calls rewritten to
//! local ones; `MASUGATA_TERRAGOAT` terragoat's `terraform/aws`. Without them there is nothing to compare and the test
//! passes. `MASUGATA_SHOW` prints the differences of the plans whose name contains it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests may fail like tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use masugata::eval::{Data, Guard, Inputs, InstanceKey, Part, Value, evaluate_with};
use masugata::program::{Mode, Program};
use masugata::source::Loader;
use masugata::terraform::{Modules, plan};
use serde_json::Value as Json;

/// How a value of ours agrees with a planned one.
#[derive(Default, Debug, Clone, Copy, PartialEq)]
struct Agreement {
    same: usize,
    unknown: usize,
    different: usize,
}

struct Report {
    name: String,
    agreement: Agreement,
    addresses: (usize, usize, usize, usize),
    lines: Vec<String>,
}

fn compare(path: &str, ours: &Value, plan: &Json, out: &mut Agreement, lines: &mut Vec<String>) {
    let mut different = |ours: String| {
        out.different += 1;
        lines.push(format!(
            "  {path}: ours {ours}, plan {}",
            plan.to_string().chars().take(160).collect::<String>()
        ));
    };
    match (&ours.data, plan) {
        (Data::Unknown(_) | Data::Choice(_) | Data::Instance(_), _) => out.unknown += 1,
        (Data::Text(parts), Json::String(text)) => {
            // The known pieces must be there in their order.
            let mut rest = text.as_str();
            for part in parts.iter() {
                if let Part::Text(known) = part {
                    match rest.find(known.as_str()) {
                        Some(at) => rest = &rest[at + known.len()..],
                        None => return different(format!("{parts:?}").chars().take(300).collect()),
                    }
                }
            }
            out.unknown += 1;
        }
        (Data::Text(_), _) => out.unknown += 1,
        (Data::Absent | Data::Null, Json::Null) => out.same += 1,
        (Data::Absent | Data::Null, _) => different("null".into()),
        (Data::List(list), Json::Null)
            if list.rest.is_some() || list.members.iter().any(|m| m.guard != Guard::TRUE) =>
        {
            out.unknown += 1;
        }
        (Data::List(list), Json::Null) if list.members.is_empty() => out.same += 1,
        (Data::Json(inner), Json::String(text)) => match serde_json::from_str::<Json>(text) {
            Ok(plan) => compare(path, inner, &plan, out, lines),
            Err(_) => different("JSON".into()),
        },
        (Data::List(list), Json::Array(plan)) => {
            if list.rest.is_some() || list.members.iter().any(|m| m.guard != Guard::TRUE) {
                out.unknown += 1;
                return;
            }
            if list.members.len() != plan.len() {
                return different(format!("{} members", list.members.len()));
            }
            // Sets have no order: every member finds its like.
            let mut left: Vec<&Json> = plan.iter().collect();
            for (i, member) in list.members.iter().enumerate() {
                let best = left
                    .iter()
                    .enumerate()
                    .map(|(at, plan)| {
                        let mut agreement = Agreement::default();
                        compare("", &member.value, plan, &mut agreement, &mut Vec::new());
                        (agreement.different, agreement.unknown, at)
                    })
                    .min();
                let Some((_, _, at)) = best else { continue };
                compare(&format!("{path}[{i}]"), &member.value, left.remove(at), out, lines);
            }
        }
        // A nested block that can occur only once is an object in ours and a list in the plan, or the reverse.
        (Data::Map(_), Json::Array(plan)) if plan.len() == 1 => compare(path, ours, &plan[0], out, lines),
        (Data::List(list), Json::Object(_)) if list.members.len() == 1 => {
            compare(path, &list.members[0].value, plan, out, lines);
        }
        (Data::Map(map), Json::Object(plan)) => {
            for entry in &map.entries {
                let path = format!("{path}.{}", entry.key);
                if entry.guard != Guard::TRUE {
                    out.unknown += 1;
                    continue;
                }
                compare(&path, &entry.value, plan.get(entry.key.as_str()).unwrap_or(&Json::Null), out, lines);
            }
        }
        (Data::Bool(a), Json::Bool(b)) if a == b => out.same += 1,
        (Data::Bool(a), Json::String(b)) if a.to_string() == *b => out.same += 1,
        (Data::String(a), Json::Bool(b)) if *a == b.to_string() => out.same += 1,
        (Data::String(a), Json::String(b)) => {
            let as_json =
                |t: &str| serde_json::from_str::<Json>(t).ok().filter(|j| j.is_object() || j.is_array());
            if a == b || as_json(a).is_some_and(|j| Some(j) == as_json(b)) {
                out.same += 1;
            } else {
                different(format!("{:?}", a.chars().take(160).collect::<String>()));
            }
        }
        (Data::String(a), Json::Number(b)) if a.parse() == Ok(b.as_f64().unwrap_or(f64::NAN)) => {
            out.same += 1
        }
        (Data::Number(a), Json::Number(b)) if Some(a.as_f64()) == b.as_f64() => out.same += 1,
        (Data::Number(a), Json::String(b)) if b.parse() == Ok(a.as_f64()) => out.same += 1,
        (data, _) => different(format!("{data:?}").chars().take(160).collect()),
    }
}

/// Whether an address with unknown keys (`[*]`) covers another.
fn covers(symbolic: &str, address: &str) -> bool {
    let mut rest = address;
    let mut pieces = symbolic.split("[*]").peekable();
    while let Some(piece) = pieces.next() {
        let Some(after) = rest.strip_prefix(piece) else { return false };
        rest = after;
        if pieces.peek().is_some() {
            match rest.strip_prefix('[').and_then(|r| r.find(']').map(|at| &r[at + 1..])) {
                Some(after) => rest = after,
                None => return false,
            }
        }
    }
    rest.is_empty()
}

/// Compares what a program comes to with a plan.
fn check(name: &str, plan: &Json, loader: &Loader, program: &Program, directory: Option<&Path>) -> Report {
    let root = program.module(program.root).unwrap();
    let mut problems = program.diagnostics.clone();
    let mut inputs = Inputs::default();
    if let Some(directory) = directory {
        let (values, found) = masugata::terraform::inputs(loader, directory, root, &[], &[]);
        problems.extend(found);
        inputs.values = values;
    }
    let (evaluation, _) =
        evaluate_with(program, &inputs, std::sync::Arc::clone(loader.sources()), Some(loader), &[]);
    problems.extend(evaluation.diagnostics.iter().cloned());
    let mut lines: Vec<String> = problems
        .iter()
        .filter(|d| d.code != "module-not-installed")
        .map(|d| {
            let place = d.span.and_then(|s| {
                let file = loader.sources().get(s.file)?;
                Some(format!("{}:{}", file.path.display(), file.position(s.start).line))
            });
            format!("  {:?} {}: {} ({})", d.severity, d.code, d.message, place.unwrap_or_default())
        })
        .collect();
    let planned: BTreeMap<&str, &Json> = plan["resource_changes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter(|c| c["mode"] == "managed")
        .map(|c| (c["address"].as_str().unwrap(), &c["change"]))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut addresses = (0, 0, 0, 0);
    let mut agreement = Agreement::default();
    for instance in evaluation.instances.iter().filter(|i| i.info.mode == Mode::Managed) {
        let address = instance.info.address.as_str();
        let symbolic = address.contains("[*]") || instance.info.key == InstanceKey::Each;
        match planned.get_key_value(address) {
            Some((&address, change)) => {
                seen.insert(address);
                addresses.0 += 1;
                let unknown = &change["after_unknown"];
                let mut plan = change["after"].clone();
                hide(&mut plan, unknown);
                let Some(map) = instance.values.as_map() else { continue };
                for entry in &map.entries {
                    if unknown[entry.key.as_str()] == true {
                        continue;
                    }
                    let path = format!("{address}.{}", entry.key);
                    let plan = plan.get(entry.key.as_str()).unwrap_or(&Json::Null);
                    compare(&path, &entry.value, plan, &mut agreement, &mut lines);
                }
            }
            None if symbolic || instance.exists != Guard::TRUE => {
                addresses.1 += 1;
                for (&planned, _) in planned.iter().filter(|(planned, _)| covers(address, planned)) {
                    seen.insert(planned);
                }
                let when = evaluation.store.describe(instance.exists);
                lines.push(format!("  {address}: not known to exist (when {when})"));
            }
            None => {
                addresses.2 += 1;
                lines.push(format!("  {address}: not planned"));
            }
        }
    }
    for (address, _) in planned.iter().filter(|(address, _)| !seen.contains(**address)) {
        addresses.3 += 1;
        lines.push(format!("  {address}: planned, not found"));
    }
    Report { name: name.to_owned(), agreement, addresses, lines }
}

/// Removes what is unknown in a plan, so that it is not taken for null.
fn hide(after: &mut Json, unknown: &Json) {
    match (after, unknown) {
        (Json::Object(after), Json::Object(unknown)) => {
            for (key, unknown) in unknown {
                if let Some(after) = after.get_mut(key) {
                    hide(after, unknown);
                }
            }
        }
        (Json::Array(after), Json::Array(unknown)) => {
            for (after, unknown) in after.iter_mut().zip(unknown) {
                hide(after, unknown);
            }
        }
        _ => {}
    }
}

fn source_of(name: &str) -> Option<PathBuf> {
    if name.starts_with("terragoat") {
        return std::env::var("MASUGATA_TERRAGOAT").ok().map(PathBuf::from);
    }
    let (module, example) = name.strip_prefix("tam-")?.split_once('_')?;
    Some(PathBuf::from(std::env::var("MASUGATA_MODULES").ok()?).join(module).join("examples").join(example))
}

/// Sums of all reports, printed.
fn total(reports: &[Report]) -> (Agreement, (usize, usize, usize, usize)) {
    let show = std::env::var("MASUGATA_SHOW").ok();
    let mut total = Agreement::default();
    let mut all = (0, 0, 0, 0);
    for report in reports {
        let (a, v) = (report.addresses, report.agreement);
        println!(
            "{}: addresses {} same, {} uncertain, {} too many, {} missing; values {} same, {} unknown, {} different",
            report.name, a.0, a.1, a.2, a.3, v.same, v.unknown, v.different
        );
        if show.as_ref().is_some_and(|s| report.name.contains(s.as_str())) {
            report.lines.iter().for_each(|line| println!("{line}"));
        }
        total.same += v.same;
        total.unknown += v.unknown;
        total.different += v.different;
        all = (all.0 + a.0, all.1 + a.1, all.2 + a.2, all.3 + a.3);
    }
    println!("in all: addresses {all:?} (same, uncertain, too many, missing), values {total:?}");
    (total, all)
}

fn plans() -> Vec<(String, PathBuf, Json)> {
    let Ok(directory) = std::env::var("MASUGATA_PLANS") else { return Vec::new() };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().flatten().map(|e| e.path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().replace(".plan.json", "");
            let json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            (name, path, json)
        })
        .collect()
}

#[test]
fn evaluation_agrees_with_terraforms_plans() {
    let mut reports = Vec::new();
    for (name, _, plan) in plans() {
        let Some(source) = source_of(&name).filter(|d| d.is_dir()) else { continue };
        let loader = Loader::new(std::env::current_dir().unwrap());
        let program = Modules::new().program(&loader, &source);
        reports.push(check(&name, &plan, &loader, &program, Some(&source)));
    }
    total(&reports);
}

#[test]
fn plans_evaluate_to_themselves() {
    let mut reports = Vec::new();
    for (name, path, plan) in plans() {
        let loader = Loader::new(std::env::current_dir().unwrap());
        let program = plan::read(&masugata::syntax::json::parse(loader.load(&path).unwrap()));
        reports.push(check(&format!("plan {name}"), &plan, &loader, &program, None));
    }
    let (values, addresses) = total(&reports);
    assert_eq!((addresses.1, addresses.2, addresses.3, values.different), (0, 0, 0, 0));
}
