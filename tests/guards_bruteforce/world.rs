//! Running one program: guarded, and under every valuation of its inputs.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use masugata::eval::{Data, Evaluation, Guard, Inputs, Instance, Valuation, Value, evaluate};
use masugata::program::{Expr, ExprKind, Literal, Program, Quantity};
use masugata::source::{Loader, Severity, Span};
use masugata::{cloudformation, terraform};
use proptest::prelude::*;

use crate::compare::Check;
use crate::expressions::Demand;
use crate::verdicts::{self, Verdicts};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Language {
    Terraform,
    CloudFormation,
}

/// A program: its files, the first of which is the root's (a template) or in the root (a configuration).
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) language: Language,
    pub(crate) demand: Demand,
    pub(crate) files: Vec<(String, String)>,
    /// The valuations to try; else those of the inputs that all random programs have.
    pub(crate) cases: Option<Vec<Case>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .try_for_each(|(path, text)| writeln!(f, "\n=== {path}\n{text}"))
    }
}

pub(crate) type Case = Vec<(String, Literal)>;

/// The valuations that can differ: each input's named values and one that nobody names.
fn cases(language: Language) -> Vec<Case> {
    let string = |s: &str| Literal::String(s.into());
    let mut all = Vec::new();
    for a in [true, false] {
        for e in ["x", "y", "other"] {
            for n in ["p", "q", "r"] {
                for k in [1, 9] {
                    let k = Literal::Number(Quantity::Int(k));
                    let case = match language {
                        Language::Terraform => {
                            // The second truth value follows another input, so that all pairs appear.
                            let b = (n == "p") != a;
                            vec![
                                ("a", Literal::Bool(a)),
                                ("b", Literal::Bool(b)),
                                ("e", string(e)),
                                ("n", string(n)),
                                ("k", k),
                            ]
                        }
                        Language::CloudFormation => {
                            vec![("A", string(&a.to_string())), ("E", string(e)), ("N", string(n)), ("K", k)]
                        }
                    };
                    all.push(case.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
                }
            }
        }
    }
    all
}

fn json(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(b) => b.to_string(),
        Literal::String(s) => masugata::eval::json_string(s),
        Literal::Number(Quantity::Int(n)) => n.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The valuation of the guarded run's open inputs that a case is; none if it contradicts what was supplied.
fn valuation(guarded: &Evaluation, case: &Case) -> Option<Valuation> {
    let mut all = Vec::new();
    for (name, literal) in case {
        match guarded.inputs.get(name.as_str())? {
            Value { data: Data::Unknown(id), .. } => all.push((*id, Some(json(literal).as_str().into()))),
            known if masugata::eval::literal_json(known).is_some_and(|k| k == json(literal)) => {}
            _ => return None,
        }
    }
    Some(all)
}

fn open(source: &Source) -> Result<(Loader, Program), TestCaseError> {
    let mut loader = Loader::new("/p");
    for (path, text) in source.files.iter().filter(|(_, text)| !text.is_empty()) {
        loader.overlay(Path::new(path), text.as_str());
    }
    let program = match source.language {
        Language::Terraform => terraform::Modules::new().program(&loader, Path::new("/p")),
        Language::CloudFormation => {
            let (root, _) = source.files.first().expect("a file");
            let file = loader.load(Path::new(root)).expect("a file");
            let Some(program) = cloudformation::open(&loader, &file) else {
                return Err(TestCaseError::fail("no template"));
            };
            program
        }
    };
    let errors: Vec<_> = program.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    prop_assert!(errors.is_empty(), "{:?}", errors);
    Ok((loader, program))
}

/// What the files beside the root supply.
fn supplied(source: &Source, loader: &Loader, program: &Program) -> Result<Inputs, TestCaseError> {
    let mut inputs = Inputs::default();
    if let (Language::Terraform, Some(root)) = (source.language, program.module(program.root)) {
        let (values, problems) = terraform::inputs(loader, Path::new("/p"), root, &[], &[]);
        prop_assert!(problems.is_empty(), "{:?}", problems);
        inputs.values.extend(values);
    }
    Ok(inputs)
}

pub(crate) fn base(address: &str) -> String {
    address.split('.').map(|part| part.split('[').next().unwrap_or("")).collect::<Vec<_>>().join(".")
}

fn is_summary(instance: &Instance) -> bool {
    instance.info.address.contains("[*]")
}

/// The proof for one program.
pub(crate) fn prove(source: &Source) -> Result<(), TestCaseError> {
    let (loader, program) = open(source)?;
    let inputs = supplied(source, &loader, &program)?;
    let sources = || Arc::clone(loader.sources());
    let guarded = evaluate(&program, &inputs, sources());
    let errors: Vec<_> = guarded.diagnostics.iter().map(|d| &d.message).collect();
    let claimed = verdicts::of(&guarded);
    let span = Span::new(masugata::source::FileId(0), 0, 0);
    let mut compared = 0;
    for case in source.cases.clone().unwrap_or_else(|| cases(source.language)) {
        let Some(valuation) = valuation(&guarded, &case) else { continue };
        let given = case
            .iter()
            .map(|(name, l)| (name.as_str().into(), Expr::new(ExprKind::Literal(l.clone()), span)));
        let actual = evaluate(&program, &Inputs { values: given.collect() }, sources());
        if !actual.diagnostics.is_empty() {
            continue;
        }
        compared += 1;
        let named = case.iter().map(|(name, l)| format!("{name}={}", json(l))).collect::<Vec<_>>().join(" ");
        prop_assert!(
            errors.is_empty(),
            "the guarded run reports what this run does not: {:?}\n{}",
            errors,
            named
        );
        let told = |difference: String| TestCaseError::fail(format!("{named}: {difference}"));
        instances(&guarded, &actual, &valuation, source.demand).map_err(told)?;
        let judged = verdicts::of(&actual);
        verdicts::compare(&guarded, &claimed, &judged, &valuation, source.demand).map_err(told)?;
    }
    // A program that fails everywhere shows nothing.
    prop_assume!(compared > 0);
    report(&claimed);
    Ok(())
}

/// How many verdicts of which kind there were, for whoever runs this by hand.
fn report(claimed: &Verdicts) {
    if std::env::var_os("BRUTE_FORCE_VERBOSE").is_some() {
        eprintln!("{}", claimed.summary());
    }
}

fn instances(
    guarded: &Evaluation,
    actual: &Evaluation,
    valuation: &Valuation,
    demand: Demand,
) -> Result<(), String> {
    let check = Check { guarded: &guarded.store, actual: &actual.store, demand, document: false };
    for instance in &actual.instances {
        let address = &instance.info.address;
        if instance.exists != Guard::TRUE {
            return Err(format!("{address} exists under a condition although everything is known"));
        }
        let found = guarded.instances.iter().find(|g| g.info.address == *address);
        let exists = found.map_or(Guard::FALSE, |found| guarded.store.restrict(found.exists, valuation));
        let Some(found) = found.filter(|_| !exists.is_false()) else {
            // One that stands for all with unknown keys may stand for this one.
            let summary = guarded.instances.iter().any(|g| {
                base(&g.info.address) == base(address)
                    && is_summary(g)
                    && !guarded.store.restrict(g.exists, valuation).is_false()
            });
            if summary && demand == Demand::Sound {
                continue;
            }
            return Err(format!("{address} should exist"));
        };
        if demand == Demand::Exact && !exists.is_true() {
            return Err(format!("whether {address} exists is not decided"));
        }
        let restricted = guarded.store.at(&found.values, valuation);
        check
            .value(&restricted, &instance.values)
            .map_err(|difference| format!("{address}: {difference}"))?;
    }
    for instance in guarded.instances.iter().filter(|i| !is_summary(i)) {
        let exists = guarded.store.restrict(instance.exists, valuation);
        let there = actual.instances.iter().any(|a| a.info.address == instance.info.address);
        if exists.is_true() && !there {
            return Err(format!("{} should not exist", instance.info.address));
        }
    }
    for (name, value) in &actual.outputs {
        let Some(found) = guarded.outputs.get(name) else { continue };
        let restricted = guarded.store.at(found, valuation);
        check.value(&restricted, value).map_err(|difference| format!("output {name}: {difference}"))?;
    }
    Ok(())
}
