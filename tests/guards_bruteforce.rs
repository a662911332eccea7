//! The proof of the guards: evaluating a program under every valuation of its open inputs gives exactly the instances
//! and values that the guarded run reports under that valuation. For random small programs in both languages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use std::path::Path;
use std::sync::Arc;

use masugata::eval::{
    Data, Evaluation, Guard, Inputs, Instance, List, Map, Store, UnknownKind, Valuation, Value, evaluate,
};
use masugata::program::{Expr, ExprKind, Literal, Program};
use masugata::source::{Loader, Span};
use masugata::{cloudformation, terraform};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

// The programs

/// Whether everything must be known under a valuation, or only nothing may be wrong.
#[derive(Clone, Copy, PartialEq)]
enum Demand {
    Exact,
    Sound,
}

fn pick(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned).boxed()
}

/// Strings that comparisons decide exactly: literals, inputs, conditionals between them.
fn simple_text(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["\"x\"", "\"y\"", "\"p\"", "\"q\"", "\"\"", "var.e", "var.n", "var.n"]);
    if depth == 0 {
        return leaf;
    }
    prop_oneof![
        3 => leaf,
        1 => (condition(depth - 1), simple_text(depth - 1), simple_text(depth - 1))
            .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
    ]
    .boxed()
}

fn condition(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        pick(&["var.a", "var.b", "!var.a", "local.c", "true"]),
        (pick(&["var.e", "var.n", "var.k"]), pick(&["==", "!="]), 0usize..3).prop_map(|(v, op, i)| {
            let literal = match v.as_str() {
                "var.k" => ["1", "2", "\"1\""][i].to_owned(),
                "var.e" => ["\"x\"", "\"y\"", "\"\""][i].to_owned(),
                _ => ["\"p\"", "\"q\"", "\"never\""][i].to_owned(),
            };
            format!("{v} {op} {literal}")
        }),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    prop_oneof![
        3 => leaf,
        1 => condition(depth - 1).prop_map(|a| format!("!({a})")),
        2 => (condition(depth - 1), pick(&["&&", "||"]), condition(depth - 1))
            .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (condition(depth - 1), condition(depth - 1), condition(depth - 1))
            .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        1 => simple_text(depth - 1).prop_map(|b| format!("contains([\"x\", \"p\"], {b})")),
        1 => (condition(depth - 1), condition(depth - 1)).prop_map(|(a, b)| format!("anytrue([{a}, {b}])")),
        1 => (condition(depth - 1), condition(depth - 1)).prop_map(|(a, b)| format!("({a}) == ({b})")),
    ]
    .boxed()
}

fn text(depth: u32, demand: Demand) -> BoxedStrategy<String> {
    if depth == 0 {
        return simple_text(0);
    }
    let exact = prop_oneof![
        2 => simple_text(depth),
        2 => (condition(depth - 1), text(depth - 1, demand), text(depth - 1, demand))
            .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
        2 => (text(depth - 1, demand), text(depth - 1, demand)).prop_map(|(a, b)| format!("\"${{{a}}}-${{{b}}}\"")),
        1 => (condition(depth - 1), text(depth - 1, demand))
            .prop_map(|(c, a)| format!("\"<%{{ if {c} }}${{{a}}}%{{ else }}z%{{ endif }}>\"")),
        1 => (text(depth - 1, demand), text(depth - 1, demand)).prop_map(|(a, b)| {
            format!("lookup({{ p = {a}, q = \"Q\" }}, var.n, {b})")
        }),
        1 => (list(depth - 1, demand)).prop_map(|l| format!("join(\",\", {l})")),
        1 => (list(depth - 1, demand), 0..3).prop_map(|(l, i)| format!("try({l}[{i}], \"none\")")),
        1 => (condition(depth - 1), text(depth - 1, demand)).prop_map(|(c, a)| {
            format!("coalesce({c} ? \"\" : \"c\", {a}, \"last\")")
        }),
        1 => Just("{ p = \"P\", q = \"Q\", r = \"R\" }[var.n]".to_owned()),
    ];
    if demand == Demand::Exact {
        return exact.boxed();
    }
    prop_oneof![
        4 => exact,
        1 => text(depth - 1, demand).prop_map(|a| format!("upper({a})")),
        1 => (text(depth - 1, demand), text(depth - 1, demand), text(depth - 1, demand))
            .prop_map(|(a, b, c)| format!("({a} == {b} ? {c} : \"no\")")),
        1 => list(depth - 1, demand).prop_map(|l| format!("element(concat({l}, [\"e\"]), 1)")),
        1 => text(depth - 1, demand).prop_map(|a| format!("replace({a}, \"x\", \"yy\")")),
        1 => list(depth - 1, demand).prop_map(|l| format!("one(slice(concat({l}, [\"s\"]), 0, 1))")),
        1 => text(depth - 1, demand).prop_map(|a| format!("(startswith({a}, \"x\") ? \"sx\" : {a})")),
        1 => list(depth - 1, demand).prop_map(|l| format!("(length({l}) > 1 ? \"many\" : \"few\")")),
    ]
    .boxed()
}

fn list(depth: u32, demand: Demand) -> BoxedStrategy<String> {
    if depth == 0 {
        return pick(&["[\"x\"]", "[\"y\", \"x\"]", "[var.n]", "[]"]);
    }
    prop_oneof![
        2 => (text(depth - 1, demand), text(depth - 1, demand)).prop_map(|(a, b)| format!("[{a}, {b}]")),
        2 => (condition(depth - 1), list(depth - 1, demand)).prop_map(|(c, a)| format!("({c} ? {a} : [])")),
        2 => (list(depth - 1, demand), list(depth - 1, demand)).prop_map(|(a, b)| format!("concat({a}, {b})")),
        1 => (list(depth - 1, demand), list(depth - 1, demand)).prop_map(|(a, b)| format!("flatten([{a}, [{b}]])")),
        1 => (condition(depth - 1)).prop_map(|c| format!("[for v in [\"x\", \"y\", var.n] : v if v != \"x\" || {c}]")),
        1 => list(depth - 1, demand).prop_map(|l| format!("[for i, v in {l} : \"${{i}}${{v}}\"]")),
        1 => mapping(depth - 1, demand).prop_map(|m| format!("[for k, v in {m} : \"${{k}}=${{v}}\"]")),
        1 => mapping(depth - 1, demand).prop_map(|m| format!("values({m})")),
        1 => mapping(depth - 1, demand).prop_map(|m| format!("keys({m})")),
        1 => list(depth - 1, demand).prop_map(|l| format!("([for v in {l} : {{ a = v }}][*].a)")),
    ]
    .boxed()
}

fn mapping(depth: u32, demand: Demand) -> BoxedStrategy<String> {
    if depth == 0 {
        return pick(&["{ a = \"1\" }", "{ b = var.n, a = \"2\" }", "{}"]);
    }
    prop_oneof![
        2 => (text(depth - 1, demand), text(depth - 1, demand)).prop_map(|(a, b)| format!("{{ a = {a}, c = {b} }}")),
        2 => (mapping(depth - 1, demand), mapping(depth - 1, demand)).prop_map(|(a, b)| format!("merge({a}, {b})")),
        2 => (condition(depth - 1), mapping(depth - 1, demand)).prop_map(|(c, a)| format!("({c} ? {a} : {{}})")),
        1 => (condition(depth - 1)).prop_map(|c| format!("{{ for v in [\"x\", \"y\"] : v => upper(v) if v != \"x\" || {c} }}")),
        1 => (mapping(depth - 1, demand), condition(depth - 1))
            .prop_map(|(m, c)| format!("{{ for k, v in {m} : k => v if k != \"a\" || {c} }}")),
        1 => Just("{ (var.n) = \"key\" }".to_owned()),
    ]
    .boxed()
}

fn terraform_source(demand: Demand) -> BoxedStrategy<String> {
    let count = prop_oneof![
        Just(String::new()),
        condition(2).prop_map(|c| format!("count = {c} ? 1 : 0")),
        (condition(1), condition(1)).prop_map(|(a, b)| format!("count = {a} ? ({b} ? 3 : 1) : 0")),
        mapping(2, demand).prop_map(|m| format!("for_each = {m}")),
        condition(2).prop_map(|c| format!("for_each = {c} ? toset([\"x\", var.n]) : toset([])")),
    ];
    let dynamic = prop_oneof![
        Just(String::new()),
        list(2, demand).prop_map(|l| format!("dynamic \"rule\" {{\n for_each = {l}\n content {{\n v = rule.value\n }}\n}}")),
        condition(1).prop_map(|c| {
            format!("dynamic \"rule\" {{\n for_each = {c} ? [1] : []\n iterator = it\n content {{\n v = it.value\n }}\n}}")
        }),
    ];
    (condition(2), count, text(3, demand), list(2, demand), mapping(2, demand), dynamic, text(2, demand))
        .prop_map(|(c, count, t, l, m, dynamic, local)| {
            format!(
                r#"
variable "a" {{ type = bool }}
variable "b" {{ type = bool }}
variable "e" {{ type = string }}
variable "k" {{ type = number }}
variable "n" {{
  type = string
  validation {{
    condition     = contains(["p", "q", "r"], var.n)
    error_message = "one of them"
  }}
}}
locals {{
  c = {base}
  d = {c}
  t = {local}
}}
resource "x_one" "r" {{
  {count}
  text = {t}
  set  = local.d ? "yes" : null
  list = {l}
  map  = {m}
  local = local.t
  {dynamic}
}}
resource "x_two" "s" {{
  all   = x_one.r[*]
  first = try(x_one.r[0].text, "none")
}}
output "o" {{ value = "${{local.t}}!" }}
"#,
                base = "var.a || var.n == \"p\"",
            )
        })
        .boxed()
}

// CloudFormation, in JSON-flavoured YAML

fn cf_condition(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        pick(&["{Condition: C0}", "{\"Fn::Equals\": [{Ref: A}, \"true\"]}"]),
        (pick(&["E", "N", "K"]), pick(&["x", "y", "p", "q", "1", "2"]))
            .prop_map(|(p, v)| format!("{{\"Fn::Equals\": [{{Ref: {p}}}, \"{v}\"]}}")),
        (pick(&["E", "N"]), pick(&["N", "E"]))
            .prop_map(|(p, _)| format!("{{\"Fn::Equals\": [{{Ref: {p}}}, {{Ref: {p}}}]}}")),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    prop_oneof![
        2 => leaf,
        1 => cf_condition(depth - 1).prop_map(|a| format!("{{\"Fn::Not\": [{a}]}}")),
        1 => (cf_condition(depth - 1), cf_condition(depth - 1)).prop_map(|(a, b)| format!("{{\"Fn::And\": [{a}, {b}]}}")),
        1 => (cf_condition(depth - 1), cf_condition(depth - 1)).prop_map(|(a, b)| format!("{{\"Fn::Or\": [{a}, {b}]}}")),
    ]
    .boxed()
}

fn cf_value(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&[
        "\"x\"",
        "\"y z\"",
        "7",
        "{Ref: N}",
        "{Ref: E}",
        "{Ref: \"AWS::NoValue\"}",
        "{\"Fn::Sub\": \"s-${N}-${E}\"}",
    ]);
    if depth == 0 {
        return leaf;
    }
    let name = || pick(&["C0", "C1", "C2"]);
    prop_oneof![
        2 => leaf,
        3 => (name(), cf_value(depth - 1), cf_value(depth - 1))
            .prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
        1 => (cf_text(depth - 1), cf_text(depth - 1)).prop_map(|(a, b)| format!("{{\"Fn::Join\": [\"-\", [{a}, {b}]]}}")),
        1 => Just("{\"Fn::FindInMap\": [M, {Ref: N}, V]}".to_owned()),
        1 => (0..3, cf_text(depth - 1), cf_text(depth - 1))
            .prop_map(|(i, a, b)| format!("{{\"Fn::Select\": [{i}, [{a}, {b}, last]]}}")),
        1 => name().prop_map(|c| format!("{{\"Fn::Split\": [\",\", {{\"Fn::If\": [{c}, \"a,b\", \"c\"]}}]}}")),
        2 => (cf_value(depth - 1), cf_value(depth - 1)).prop_map(|(a, b)| format!("[{a}, {b}]")),
        2 => (cf_value(depth - 1), cf_value(depth - 1)).prop_map(|(a, b)| format!("{{P: {a}, Q: {b}}}")),
    ]
    .boxed()
}

/// A string without `AWS::NoValue`.
fn cf_text(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["\"x\"", "{Ref: N}", "{Ref: E}", "{\"Fn::Sub\": \"${N}${E}\"}"]);
    if depth == 0 {
        return leaf;
    }
    prop_oneof![
        2 => leaf,
        1 => (pick(&["C0", "C1", "C2"]), cf_text(depth - 1), cf_text(depth - 1))
            .prop_map(|(c, a, b)| format!("{{\"Fn::If\": [{c}, {a}, {b}]}}")),
    ]
    .boxed()
}

fn template_source() -> BoxedStrategy<String> {
    (
        cf_condition(2),
        cf_condition(2),
        cf_condition(2),
        cf_value(3),
        cf_value(3),
        pick(&["", "    Condition: C1\n", "    Condition: C2\n"]),
    )
        .prop_map(|(c0, c1, c2, v, w, condition)| {
            let c0 = c0.replace("{Condition: C0}", "{\"Fn::Equals\": [{Ref: A}, \"false\"]}");
            format!(
                r#"
Parameters:
  A: {{ Type: String, AllowedValues: ["true", "false"] }}
  E: {{ Type: String }}
  K: {{ Type: Number }}
  N: {{ Type: String, AllowedValues: [p, q, r], Default: q }}
Conditions:
  C0: {c0}
  C1: {c1}
  C2: {c2}
  UsesN: {{"Fn::Equals": [{{Ref: N}}, p]}}
Mappings:
  M: {{ p: {{ V: one }}, q: {{ V: two }}, r: {{ V: [1, 2] }} }}
Resources:
  R:
    Type: "X::Y::Z"
{condition}    Properties:
      V: {v}
      W: {w}
Outputs:
  O: {{ Value: {{"Fn::If": [C1, a, b]}} }}
"#
            )
        })
        .boxed()
}

// The comparison

struct Case {
    inputs: Vec<(&'static str, Literal)>,
}

fn cases(language: &str) -> Vec<Case> {
    let string = |s: &str| Literal::String(s.into());
    let number = |n: i64| Literal::Number(masugata::program::Quantity::Int(n));
    let terraform = language == "terraform";
    let mut all = Vec::new();
    for a in [true, false] {
        for e in ["x", "y", "other"] {
            for n in ["p", "q", "r"] {
                for k in [1, 9] {
                    let truth = |b: bool| if terraform { Literal::Bool(b) } else { string(&b.to_string()) };
                    let inputs = if terraform {
                        // The second truth value follows another input, so that all pairs appear.
                        let b = (n == "p") != a;
                        vec![
                            ("a", truth(a)),
                            ("b", truth(b)),
                            ("e", string(e)),
                            ("n", string(n)),
                            ("k", number(k)),
                        ]
                    } else {
                        vec![("A", truth(a)), ("E", string(e)), ("N", string(n)), ("K", number(k))]
                    };
                    all.push(Case { inputs });
                }
            }
        }
    }
    all
}

fn supplied(case: &Case, span: Span) -> Inputs {
    let values = case
        .inputs
        .iter()
        .map(|(name, literal)| ((*name).into(), Expr::new(ExprKind::Literal(literal.clone()), span)));
    Inputs { values: values.collect() }
}

/// The valuation of the guarded run's inputs that a case is.
fn valuation(guarded: &Evaluation, case: &Case) -> Valuation {
    let mut all = Vec::new();
    for (name, literal) in &case.inputs {
        if let Some(Value { data: Data::Unknown(id), .. }) = guarded.inputs.get(*name) {
            let text = match literal {
                Literal::Bool(b) => b.to_string(),
                Literal::String(s) => masugata::eval::json_string(s),
                Literal::Number(masugata::program::Quantity::Int(n)) => n.to_string(),
                other => panic!("{other:?}"),
            };
            all.push((*id, Some(text.as_str().into())));
        }
    }
    all
}

fn is_reason(store: &Store, value: &Value) -> bool {
    matches!(value.data, Data::Unknown(id) if matches!(
        store.unknown_info(id).kind,
        UnknownKind::Reason { .. } | UnknownKind::Failed { .. }
    ))
}

/// Whether what a guarded run says of a value under a valuation is what the run under that valuation has.
struct Check<'e> {
    guarded: &'e Store,
    actual: &'e Store,
    demand: Demand,
}

impl Check<'_> {
    fn value(&self, guarded: &Value, actual: &Value) -> Result<(), String> {
        // Where the actual run fails, nothing is asked of the guarded one.
        if is_reason(self.actual, actual) {
            return Ok(());
        }
        let differ =
            || Err(format!("{}\n   is not\n{}", self.guarded.text_of(guarded), self.actual.text_of(actual)));
        match (&guarded.data, &actual.data) {
            (Data::Instance(_), Data::Instance(_)) => {
                if self.guarded.text_of(guarded) == self.actual.text_of(actual) { Ok(()) } else { differ() }
            }
            // What nobody knows in either run: by name.
            (Data::Unknown(_), Data::Unknown(_)) => Ok(()),
            (Data::Unknown(_) | Data::Choice(_), _) if self.demand == Demand::Sound => Ok(()),
            (Data::Text(_), Data::String(_) | Data::Text(_)) if self.demand == Demand::Sound => Ok(()),
            (Data::Text(_), Data::Text(_)) => Ok(()),
            (Data::List(g), Data::List(a)) => self.lists(g, a),
            (Data::Map(g), Data::Map(a)) => self.maps(g, a),
            (g, a) if g == a => Ok(()),
            // What is unset is unset.
            _ if guarded.is_unset() && actual.is_unset() => Ok(()),
            _ => differ(),
        }
    }

    fn lists(&self, guarded: &List, actual: &List) -> Result<(), String> {
        if self.demand == Demand::Exact {
            if guarded.rest.is_some() || guarded.members.iter().any(|m| !m.guard.is_true()) {
                return Err("a list is not known exactly".to_owned());
            }
            if guarded.members.len() != actual.members.len() {
                return Err(format!("{} members, not {}", guarded.members.len(), actual.members.len()));
            }
        }
        self.members(&guarded.members, &actual.members, guarded.rest.is_some())
    }

    fn members(
        &self,
        guarded: &[masugata::eval::Member],
        actual: &[masugata::eval::Member],
        rest: bool,
    ) -> Result<(), String> {
        match (guarded.split_first(), actual.split_first()) {
            (None, None) => Ok(()),
            (None, Some(_)) if rest => Ok(()),
            (None, Some(_)) => Err("members that the guarded run does not have".to_owned()),
            (Some((first, others)), _) if !first.guard.is_true() => {
                let without = self.members(others, actual, rest);
                if without.is_ok() {
                    return without;
                }
                match actual.split_first() {
                    Some((own, more)) => {
                        self.value(&first.value, &own.value)?;
                        self.members(others, more, rest)
                    }
                    None => without,
                }
            }
            (Some((first, others)), Some((own, more))) => match self.value(&first.value, &own.value) {
                Ok(()) => self.members(others, more, rest),
                Err(_) if rest => self.members(guarded, more, rest),
                Err(error) => Err(error),
            },
            (Some(_), None) => Err("members that the actual run does not have".to_owned()),
        }
    }

    fn maps(&self, guarded: &Map, actual: &Map) -> Result<(), String> {
        for entry in &actual.entries {
            if entry.value.is_unset() {
                continue;
            }
            let candidates: Vec<_> = guarded.all(&entry.key).collect();
            let mut last = match guarded.rest {
                Some(_) if self.demand == Demand::Sound => Ok(()),
                _ => Err(format!("the guarded run has no `{}`", entry.key)),
            };
            for candidate in candidates {
                last = self.value(&candidate.value, &entry.value).map_err(|e| format!("{}: {e}", entry.key));
                if last.is_ok() {
                    break;
                }
            }
            last?;
        }
        for entry in &guarded.entries {
            // A list of blocks of which there are none is the same as no block.
            let none = entry.value.as_list().is_some_and(|l| l.members.iter().all(|m| !m.guard.is_true()));
            if entry.guard.is_true() && !none && !entry.value.is_unset() && actual.get(&entry.key).is_none() {
                let failed = is_reason(self.guarded, &entry.value);
                if !failed && entry.key != "[*]" {
                    return Err(format!("the actual run has no `{}`", entry.key));
                }
            }
            if self.demand == Demand::Exact && entry.guard.is_open() {
                return Err(format!("whether there is `{}` is not known exactly", entry.key));
            }
        }
        Ok(())
    }
}

fn base(instance: &Instance) -> String {
    instance.info.address.split('[').next().unwrap_or("").to_owned()
}

fn compare(program: &Program, loader: &Loader, language: &str, demand: Demand) -> Result<(), TestCaseError> {
    let span = Span::new(masugata::source::FileId(0), 0, 0);
    let guarded = evaluate(program, &Inputs::default(), Arc::clone(loader.sources()));
    let errors: Vec<_> = guarded.diagnostics.iter().map(|d| &d.message).collect();
    let mut compared = 0;
    for case in cases(language) {
        let actual = evaluate(program, &supplied(&case, span), Arc::clone(loader.sources()));
        if !actual.diagnostics.is_empty() {
            continue;
        }
        compared += 1;
        prop_assert!(errors.is_empty(), "the guarded run reports what this run does not: {:?}", errors);
        let valuation = valuation(&guarded, &case);
        let check = Check { guarded: &guarded.store, actual: &actual.store, demand };
        let named = || format!("{:?}", case.inputs);
        for instance in &actual.instances {
            prop_assert_eq!(instance.exists, Guard::TRUE, "{} {}", named(), instance.info.address);
            let found = guarded.instances.iter().find(|g| g.info.address == instance.info.address);
            let Some(found) = found else {
                let summary = guarded
                    .instances
                    .iter()
                    .any(|g| base(g) == base(instance) && g.info.address.ends_with("[*]"));
                prop_assert!(
                    summary && demand == Demand::Sound,
                    "{} {} is missing",
                    named(),
                    instance.info.address
                );
                continue;
            };
            let exists = guarded.store.restrict(found.exists, &valuation);
            prop_assert!(!exists.is_false(), "{} {} should exist", named(), instance.info.address);
            if demand == Demand::Exact {
                prop_assert!(exists.is_true(), "{} {} is not decided", named(), instance.info.address);
            }
            let restricted = guarded.store.at(&found.values, &valuation);
            if let Err(difference) = check.value(&restricted, &instance.values) {
                return Err(TestCaseError::fail(format!(
                    "{} {}: {difference}",
                    named(),
                    instance.info.address
                )));
            }
        }
        for instance in &guarded.instances {
            let exists = guarded.store.restrict(instance.exists, &valuation);
            let there = actual.instances.iter().any(|a| a.info.address == instance.info.address);
            if exists.is_true() && !instance.info.address.ends_with("[*]") {
                prop_assert!(there, "{} {} should not exist", named(), instance.info.address);
            }
        }
        for (name, value) in &actual.outputs {
            let Some(found) = guarded.outputs.get(name) else { continue };
            let restricted = guarded.store.at(found, &valuation);
            if let Err(difference) = check.value(&restricted, value) {
                return Err(TestCaseError::fail(format!("{} output {name}: {difference}", named())));
            }
        }
    }
    // A program that fails everywhere shows nothing.
    prop_assume!(compared > 0);
    Ok(())
}

fn run_terraform(source: &str, demand: Demand) -> Result<(), TestCaseError> {
    let mut loader = Loader::new("/p");
    loader.overlay(Path::new("main.tf"), source);
    let program = terraform::Modules::new().program(&loader, Path::new("/p"));
    prop_assert!(program.diagnostics.is_empty(), "{:?}", program.diagnostics);
    compare(&program, &loader, "terraform", demand)
}

fn run_template(source: &str) -> Result<(), TestCaseError> {
    let mut loader = Loader::new("/p");
    loader.overlay(Path::new("t.yaml"), source);
    let file = loader.load(Path::new("t.yaml")).expect("a file");
    let Some(program) = cloudformation::open(&loader, &file) else {
        return Err(TestCaseError::fail("no template"));
    };
    let errors: Vec<_> =
        program.diagnostics.iter().filter(|d| d.severity == masugata::source::Severity::Error).collect();
    prop_assert!(errors.is_empty(), "{:?}", errors);
    compare(&program, &loader, "cloudformation", Demand::Exact)
}

fn cases_to_run() -> u32 {
    std::env::var("BRUTE_FORCE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::with_cases(cases_to_run()) })]

    #[test]
    fn terraform_is_exact(source in terraform_source(Demand::Exact)) {
        run_terraform(&source, Demand::Exact)?;
    }

    #[test]
    fn terraform_is_sound(source in terraform_source(Demand::Sound)) {
        run_terraform(&source, Demand::Sound)?;
    }

    #[test]
    fn cloudformation_is_exact(source in template_source()) {
        run_template(&source)?;
    }
}
