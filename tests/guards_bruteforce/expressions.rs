//! Random Terraform expressions over the inputs `a` and `b` (truth values), `e` (any string), `n` (one of three strings)
//! and `k` (a number), and over `local.c`.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

/// Whether everything must be known under a valuation, or only nothing may be wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Demand {
    Exact,
    Sound,
}

pub(crate) fn pick(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned).boxed()
}

/// Strings that comparisons decide exactly: literals, inputs, conditionals between them.
pub(crate) fn simple_text(depth: u32) -> BoxedStrategy<String> {
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

pub(crate) fn condition(depth: u32) -> BoxedStrategy<String> {
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
        1 => (simple_text(depth - 1), simple_text(depth - 1))
            .prop_map(|(a, b)| format!("contains([\"x\", {a}], {b})")),
        1 => (simple_text(depth - 1), simple_text(depth - 1)).prop_map(|(a, b)| format!("{a} == {b}")),
        1 => (pick(&["x", "p", ""]), pick(&["var.e", "var.n"]), pick(&["x-x", "x-p", "x-", "y-y"]))
            .prop_map(|(a, b, c)| format!("\"{a}-${{{b}}}\" == \"{c}\"")),
        1 => simple_text(depth - 1).prop_map(|b| format!("contains([\"x\", \"p\"], {b})")),
        1 => (condition(depth - 1), condition(depth - 1)).prop_map(|(a, b)| format!("anytrue([{a}, {b}])")),
        1 => (condition(depth - 1), condition(depth - 1)).prop_map(|(a, b)| format!("({a}) == ({b})")),
    ]
    .boxed()
}

pub(crate) fn text(depth: u32, demand: Demand) -> BoxedStrategy<String> {
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
        1 => (text(depth - 1, demand), text(depth - 1, demand), text(depth - 1, demand))
            .prop_map(|(a, b, c)| format!("(contains([{a}, \"q\"], {b}) ? {c} : \"not in\")")),
        1 => (text(depth - 1, demand), list(depth - 1, demand))
            .prop_map(|(a, l)| format!("(contains(distinct({l}), {a}) ? \"in\" : {a})")),
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

pub(crate) fn list(depth: u32, demand: Demand) -> BoxedStrategy<String> {
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

pub(crate) fn mapping(depth: u32, demand: Demand) -> BoxedStrategy<String> {
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
