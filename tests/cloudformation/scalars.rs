//! CloudFormation's YAML: which scalars are truth values, numbers, nothing, text. Verified with cfn-lint 1.58.0
//! (`cfnlint.decode.cfn_yaml`), which reads YAML 1.1 with PyYAML as CloudFormation's own reader does. Where the two differ,
//! the row says so: what 1.1 would change the digits of stays text here, because the properties that take it are text.

use super::support::{property, world};

/// Written, meant here, what cfn-lint makes of it where that is something else.
const SCALARS: &[(&str, &str, Option<&str>)] = &[
    ("yes", "true", None),
    ("no", "false", None),
    ("on", "true", None),
    ("off", "false", None),
    ("TRUE", "true", None),
    ("False", "false", None),
    // only whole words: `y` and `n` are text
    ("y", "\"y\"", None),
    ("n", "\"n\"", None),
    ("1.5", "1.5", None),
    ("-3", "-3", None),
    ("123456789012", "123456789012", None),
    // a leading zero with digits that are not octal: an account id
    ("012345678901", "\"012345678901\"", None),
    ("08", "\"08\"", None),
    ("0o17", "\"0o17\"", None),
    ("1e3", "\"1e3\"", None),
    // octal, hexadecimal, underscores, base 60, signs, dates: the text is what somebody wrote
    ("010", "\"010\"", Some("8")),
    ("0x1F", "\"0x1F\"", Some("31")),
    ("1_000", "\"1_000\"", Some("1000")),
    ("12:30:45", "\"12:30:45\"", Some("45045")),
    ("+3", "\"+3\"", Some("3")),
    (".5", "\".5\"", Some("0.5")),
    ("2010-09-09", "\"2010-09-09\"", Some("a date, which CloudFormation writes as 2010-09-09")),
    (".inf", "\".inf\"", Some("infinity, which JSON does not have")),
    // quoted is text
    ("'yes'", "\"yes\"", None),
    ("\"10\"", "\"10\"", None),
    ("!!str 10", "\"10\"", None),
    // nothing
    ("~", "null", None),
    ("null", "null", None),
    ("", "null", None),
];

#[test]
fn scalars_mean_what_cloudformation_takes_them_for() {
    let mut text = String::from("Resources:\n  A:\n    Type: Custom::Thing\n    Properties:\n");
    for (i, (written, ..)) in SCALARS.iter().enumerate() {
        text.push_str(&format!("      P{i}: {written}\n"));
    }
    let linked = world(&[("t.yaml", &text)]).linked("t.yaml");
    assert!(linked.diagnostics.is_empty(), "{:?}", linked.diagnostics);
    for (i, (written, meant, _)) in SCALARS.iter().enumerate() {
        let found = property(&linked.graph, "A", &format!("P{i}"));
        let unset = *meant == "null" && found == "-";
        assert!(found == *meant || unset, "{written}: {found}");
    }
}

#[test]
fn merge_keys_and_aliases_are_read_and_equal_keys_refused() {
    let shown = |body: &str| {
        let text = format!("Resources:\n  A: {{Type: Custom::Thing, Properties: &p {{X: 1, Y: 2}}}}\n{body}");
        let world = world(&[("t.yaml", &text)]);
        (property(&world.linked("t.yaml").graph, "B", "X"), world.said("t.yaml"))
    };
    // as cfn-lint has it: what is written beside a merged map wins
    let merged = "  B:\n    Type: Custom::Thing\n    Properties:\n      <<: *p\n      Y: 3\n";
    assert_eq!(shown(merged), ("1".to_owned(), Vec::new()));
    // cfn-lint: E0000 "Duplicate found"
    let twice = "  B: {Type: Custom::Thing, Properties: {X: 1, X: 2}}\n";
    assert_eq!(shown(twice).1, ["duplicate-key: `X` is set a second time"]);
    // cfn-lint: E0000 "found undefined alias"
    let undefined = "  B: {Type: Custom::Thing, Properties: {X: *q}}\n";
    let world = world(&[("t.yaml", &format!("Resources:\n{undefined}"))]);
    assert_eq!(world.said("t.yaml").len(), 1, "{:?}", world.said("t.yaml"));
}
