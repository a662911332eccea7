//! CloudFormation's YAML: which scalars are truth values, numbers, nothing, text. Verified with cfn-lint 1.58.0
//! (`cfnlint.decode.cfn_yaml`), which reads YAML 1.1 with PyYAML, and with AWS's cloudformation-validate 1.14.0
//! (`TemplateModel`). They differ from one another in dates, infinity and integers beyond 64 bits; there the row says
//! what cfn-lint makes of it, and AWS's answer is the one that is taken, but for infinity (it has null).

use super::support::{property, world};

/// Written, meant, what cfn-lint makes of it where that is something else.
const SCALARS: &[(&str, &str, Option<&str>)] = &[
    ("yes", "true", None),
    ("no", "false", None),
    ("on", "true", None),
    ("off", "false", None),
    ("TRUE", "true", None),
    ("False", "false", None),
    // only whole words in one of three spellings: `y` and `n` are text
    ("y", "\"y\"", None),
    ("n", "\"n\"", None),
    ("tRUE", "\"tRUE\"", None),
    ("1.5", "1.5", None),
    ("-3", "-3", None),
    ("123456789012", "123456789012", None),
    // a leading zero with digits that are not octal: an account id
    ("012345678901", "\"012345678901\"", None),
    ("08", "\"08\"", None),
    // octal, which is why account ids with leading zeros want quotes
    ("010", "8", None),
    ("-010", "-8", None),
    ("00", "0", None),
    ("0777", "511", None),
    ("0o17", "\"0o17\"", None),
    // hexadecimal, binary, underscores, base 60, signs
    ("0x1F", "31", None),
    ("0b11", "3", None),
    ("1_000", "1000", None),
    ("12:30:45", "45045", None),
    ("22:22", "1342", None),
    ("22:62", "\"22:62\"", None),
    ("+3", "3", None),
    ("-0", "0", None),
    (".5", "0.5", None),
    ("-.5", "\"-.5\"", None),
    ("+1.5", "1.5", None),
    ("1.", "1", None),
    ("010.5", "10.5", None),
    // an exponent has a dot before it and a sign
    ("1e3", "\"1e3\"", None),
    ("1.5e3", "\"1.5e3\"", None),
    ("1.5e+3", "1500", None),
    ("1,000", "\"1,000\"", None),
    ("123456789012345678901234567890", "123456789012345678901234567890", None),
    ("2010-09-09", "\"2010-09-09\"", Some("a date, which CloudFormation writes as 2010-09-09")),
    ("2010-09-09T10:00:00Z", "\"2010-09-09T10:00:00Z\"", Some("a time")),
    (".inf", "\".inf\"", Some("infinity, which JSON does not have")),
    // quoted is text, a tag decides
    ("'yes'", "\"yes\"", None),
    ("\"10\"", "\"10\"", None),
    ("!!str 10", "\"10\"", None),
    ("!!int \"10\"", "10", None),
    ("!!bool 'yes'", "true", None),
    // nothing
    ("~", "null", None),
    ("null", "null", None),
    ("NULL", "null", None),
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

#[test]
fn a_key_is_text() {
    // cfn-lint: E0000 "Unhashable type", AWS: "Complex key not supported"
    let key = |properties: &str| {
        let text = format!("Resources:\n  B:\n    Type: Custom::Thing\n    Properties: {properties}\n");
        super::support::world(&[("t.yaml", &text)]).said("t.yaml")
    };
    let said = key("{X: [!ImportValue Fn::Sub: \"${A}-b\"]}");
    assert_eq!(said[0], "complex-key: `!ImportValue Fn::Sub` is no text, so it can't be a key", "{said:?}");
    assert!(key("{? [a, b] : c}").iter().any(|s| s.starts_with("complex-key")));
    assert_eq!(key("{!!str 10: c, X: !ImportValue {Fn::Sub: b}}"), [""; 0]);
}
