use std::borrow::Cow;

use granit_parser::{Event, Parser};
use proptest::prelude::*;

use super::*;
use crate::source::Sources;
use crate::syntax::{NodeId, Tree};

fn tree(text: &str) -> Tree {
    parse(Sources::new().add("t.yaml", text))
}

/// The tree as JSON-like text: what the accessors see.
fn show(tree: &Tree, node: NodeId) -> String {
    let node = resolve(tree, node);
    match tree.kind(node) {
        Kind::File => tree.children(node).map(|c| show(tree, c)).collect::<Vec<_>>().join("\n"),
        Kind::Document => tree.child(node, 0).map_or_else(|| "(empty)".into(), |c| show(tree, c)),
        Kind::Tagged => {
            let children: Vec<_> = tree.children(node).collect();
            format!("{} {}", tree.text(children[0]), show(tree, children[1]))
        }
        Kind::Mapping => {
            let members: Vec<_> = tree
                .children(node)
                .map(|c| match tree.kind(c) {
                    Kind::Pair => {
                        let pair: Vec<_> = tree.children(c).collect();
                        format!("{}: {}", show(tree, pair[0]), show(tree, pair[1]))
                    }
                    _ => format!("ERROR({:?})", tree.text(c)),
                })
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Kind::Sequence => {
            format!("[{}]", tree.children(node).map(|c| show(tree, c)).collect::<Vec<_>>().join(", "))
        }
        Kind::Error => format!(
            "ERROR({:?}{})",
            tree.text(node),
            tree.children(node).map(|c| show(tree, c)).collect::<String>()
        ),
        Kind::Null => "null".into(),
        _ => match scalar(tree, node) {
            Some(Scalar::String(s)) => format!("{s:?}"),
            Some(Scalar::Int(n)) => n.to_string(),
            Some(Scalar::Bool(b)) => b.to_string(),
            Some(Scalar::Decimal(d)) => d.to_owned(),
            Some(Scalar::Null) => "null".into(),
            None => "?".into(),
        },
    }
}

fn shown(text: &str) -> String {
    let tree = tree(text);
    assert_eq!(tree.errors, [], "{text}");
    check_tree(&tree);
    show(&tree, tree.root())
}

/// Every node lies in its parent, siblings do not overlap and stand in order.
fn check_tree(tree: &Tree) {
    fn walk(tree: &Tree, node: NodeId) {
        let outer = tree.node(node);
        let mut at = outer.start;
        for child in tree.children(node) {
            let inner = tree.node(child);
            assert!(
                inner.start >= at && inner.end <= outer.end && inner.start <= inner.end,
                "{:?} {:?} in {:?} {:?} of {:?}",
                inner,
                tree.text(child),
                outer,
                tree.text(node),
                tree.file.text
            );
            assert!(tree.file.text.is_char_boundary(inner.start as usize));
            assert!(tree.file.text.is_char_boundary(inner.end as usize));
            at = inner.end;
            walk(tree, child);
        }
    }
    walk(tree, tree.root());
}

/// Our decoding of every scalar is granit's.
fn check_decoding(text: &str) {
    let tree = tree(text);
    if !tree.errors.is_empty() {
        return;
    }
    let ours = (0..tree.len() as u32).map(NodeId).filter_map(|id| match tree.kind(id) {
        Kind::Scalar | Kind::Null => Some((super::text(&tree, id).into_owned(), id)),
        _ => None,
    });
    let theirs = Parser::new_from_str_with_options(text, options()).filter_map(|e| match e {
        Ok((Event::Scalar(value, ..), span)) => Some((value, span.is_empty())),
        _ => None,
    });
    let ours: Vec<_> = ours.collect();
    let theirs: Vec<(Cow<'_, str>, bool)> = theirs.collect();
    assert_eq!(ours.len(), theirs.len());
    for ((ours, id), (theirs, empty)) in ours.iter().zip(&theirs) {
        let theirs = if *empty && theirs == "~" { "" } else { theirs };
        assert_eq!(ours, theirs, "{:?} of {:?}", tree.text(*id), text);
    }
}

#[test]
fn reads_what_templates_are_made_of() {
    let text = "# c\nA: !Sub   \"x\"   # hi\nB: !GetAtt\n  - a\n  - b\nC:\nD: &x\n  e: 1\nE: *x\nF: !If [a, !Ref b, {c: d,}]\n\
                K: !Ref\nM:\n- !Foo\n- \n- x: y\n  z: !Bar &q {a: b}\n? complex\n: value\n";
    assert_eq!(
        shown(text),
        "{\"A\": !Sub \"x\", \"B\": !GetAtt [\"a\", \"b\"], \"C\": null, \"D\": {\"e\": 1}, \"E\": {\"e\": 1}, \
         \"F\": !If [\"a\", !Ref \"b\", {\"c\": \"d\"}], \"K\": !Ref null, \
         \"M\": [!Foo null, null, {\"x\": \"y\", \"z\": !Bar {\"a\": \"b\"}}], \"complex\": \"value\"}"
    );
}

#[test]
fn spans_are_exact() {
    let text = "A: !Sub &n |-  # c\n  one\n\n   two\n\n# end\nB:\n  - x: 'it''s'\n    y:\nC: [a, {b: c}]  \n";
    let tree = tree(text);
    check_tree(&tree);
    let texts: Vec<_> =
        (0..tree.len() as u32).map(|i| (tree.kind(NodeId(i)), tree.text(NodeId(i)).to_owned())).collect();
    let want = [
        (Kind::Tagged, "!Sub &n |-  # c\n  one\n\n   two"),
        (Kind::Identifier, "!Sub"),
        (Kind::Scalar, "|-  # c\n  one\n\n   two"),
        (Kind::Pair, "B:\n  - x: 'it''s'\n    y:"),
        (Kind::Sequence, "- x: 'it''s'\n    y:"),
        (Kind::Scalar, "'it''s'"),
        (Kind::Sequence, "[a, {b: c}]"),
        (Kind::Mapping, "{b: c}"),
        (Kind::Pair, "b: c"),
    ];
    for want in want {
        assert!(texts.iter().any(|(k, t)| (*k, t.as_str()) == want), "{want:?} not in {texts:#?}");
    }
}

#[test]
fn scalars_are_decoded_as_granit_does() {
    for text in [
        "A: |\n\n \n  x\n  y\n   \nB: >2\n\n    q\nC: |+\n  a\n\n# com\n\nD: |\nE: &a !Sub |-  # c\n  \n  x\nF: !!str 12\n",
        "G: >-\n  a\n  b\n\n  c\n    more\n  d\nH: |\r\n  crlf\r\n  two\r\nI: >\n\n  a\n\n\n    b\n\n  c\n",
        "L: \"a\\\n   b\"\nM: \"a  \n  b\n\n  c\\n\\t  \n d\\x41\\u00e9\\U0001F600 \\\n\n  x\"\nN: 'a\n\n  b ''q'' '\n",
        "P: plain\n  multi\n\n  line # no\nQ: \"\\uD83D\\uDE00\"\nR: |+\n  x\n\n\n",
        "- |1\n  a\n- >+\n  b\n\n- |\n",
        "key: |\n  no end",
        "a: \"\"\nb: ''\nc: ' '\nd: \"\\0\\a\\b\\e\\_\\N\\L\\P\\/\\\\\"",
        "J: {a, b: , \"c\": , ? d : e}\nK: [a: b, !Ref , c]\n",
        "text: |\n  tab\there\n  \ttab first\n",
        "--- >\n folded\n text\n",
        "--- |\nroot\n",
    ] {
        check_decoding(text);
        check_tree(&tree(text));
    }
}

#[test]
fn plain_scalars_are_those_of_yaml_1_1() {
    let text = "[012345678901, 1.10, 10, -3, yes, No, on, ON, true, null, ~, 2010-09-09, 1_000, 0x1F, 22:22, 1e3, 08, \
                123456789012345678901234567890, '5', .5, +5, 1.5e+3, 0, 0.0.0.0/0, y, n]";
    assert_eq!(
        shown(text),
        "[\"012345678901\", 1.10, 10, -3, true, false, true, true, true, null, null, \"2010-09-09\", 1000, \
         31, 1342, \"1e3\", \"08\", 123456789012345678901234567890, \"5\", .5, 5, 1.5e+3, 0, \
         \"0.0.0.0/0\", \"y\", \"n\"]"
    );
    assert_eq!(shown("[!!str 12, !!str , ! 5]"), "[!!str 12, !!str null, ! 5]");
    let tree = tree("a: !!str 12");
    let value = find(&tree, tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap(), "a").unwrap();
    assert_eq!(scalar(&tree, value), Some(Scalar::String("12".into())));
}

#[test]
fn merge_keys_bring_what_is_not_written() {
    let text =
        "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: {<<: *b, y: 5}\ntwo:\n  <<: [*m, *b]\n  w: 0\n";
    let tree = tree(text);
    assert_eq!(tree.errors, []);
    let root = tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap();
    let of = |name: &str| {
        let node = find(&tree, root, name).unwrap();
        let all = entries(&tree, node);
        all.iter().map(|e| format!("{}={}", e.key, super::text(&tree, e.value))).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("one"), "y=5 x=1");
    assert_eq!(of("two"), "w=0 y=3 z=4 x=1");
    let two = find(&tree, root, "two").unwrap();
    assert_eq!(super::text(&tree, find(&tree, two, "x").unwrap()), "1");
}

#[test]
fn duplicate_keys_are_told_with_both_places() {
    let tree = tree("a: 1\nb: {c: 1, 'c': 2}\n'a': 3\n");
    let told: Vec<_> = tree
        .errors
        .iter()
        .map(|e| (e.code, e.span.start, e.related.as_ref().map(|r| r.0.start), e.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("duplicate-key", 15, Some(9), "`'c'` is set a second time"),
            ("duplicate-key", 23, Some(0), "`'a'` is set a second time")
        ]
    );
    let root = tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap();
    assert_eq!(super::text(&tree, find(&tree, root, "a").unwrap()), "3");
    let all = entries(&tree, root);
    assert_eq!(all.iter().map(|e| e.key.as_ref()).collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn alias_bombs_and_cycles_are_answered() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..30 {
        let refs = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
    }
    let tree_ = tree(&bomb);
    assert_eq!(tree_.errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["alias-budget"]);
    assert!(show(&tree_, tree_.root()).len() < 10_000_000);

    let cycle = tree("a: &a\n  b: [*a]\n");
    assert_eq!(cycle.errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["alias-cycle"]);
    let missing = tree("a: *b\n");
    assert_eq!(missing.errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["undefined-alias"]);

    // each level is allowed, all together are not
    let mut tower = String::from("a0: &a0 x\n");
    for i in 1..50 {
        tower.push_str(&format!("a{i}: &a{i} {}*a{}{}\n", "[".repeat(100), i - 1, "]".repeat(100)));
    }
    let tower = tree(&tower);
    assert!(tower.errors.iter().all(|e| e.code == "nesting-limit") && !tower.errors.is_empty());
}

#[test]
fn deep_nesting_is_an_error() {
    for text in ["[", "{a: ", "- ", "? ", "!a ", "&a ", "a: [", "{", "[[\n"] {
        let tree = tree(&text.repeat(100_000));
        check_tree(&tree);
        assert!(!tree.errors.is_empty(), "{text}");
    }
    let mut staircase = String::new();
    for i in 0..1000 {
        staircase.push_str(&" ".repeat(i));
        staircase.push_str("a:\n");
    }
    let tree = tree(&staircase);
    assert!(tree.errors.iter().any(|e| e.code == "nesting-limit"), "{:?}", tree.errors);
}

#[test]
fn a_half_typed_template_keeps_what_is_whole() {
    let show = |text: &str| {
        let tree = tree(text);
        check_tree(&tree);
        let errors: Vec<_> =
            tree.errors.iter().map(|e| format!("{}@{}: {}", e.code, e.span.start, e.message)).collect();
        format!("{}\n{}", show(&tree, tree.root()), errors.join("\n"))
    };
    insta::assert_snapshot!(show(
        "A:\n  T: x\n  P:\n    Name: \"unclosed\n    Tags: [a\n    Buck\n    Ok: 1\nB:\n  T: y\n"
    ));
    insta::assert_snapshot!(show("A\n  T: x\nB:\n  T: y\n  Z: !Sub [a, {b: c}\n"));
    insta::assert_snapshot!(show(
        "A:\n  Type: X\n    Props:\n      a: 1\n  Next: 2\nC: - x\nD:\n- a\n- b: [\n  c: d\n- e\n"
    ));
    insta::assert_snapshot!(show("A:\n  Type: X  Props:\n    a: 1\n    b: 2\n\tT: tab\nB: {x: 1}\n"));
    insta::assert_snapshot!(show(
        "A:\n  U: !Base64\n    Fn::Sub: |\n      x: [\n      y\n    Bad: [\nB: &b 1\nC: *b\n"
    ));
    insta::assert_snapshot!(show("---\na: 1\n---\nb: [\nc: 1\n"));
}

#[test]
fn byte_order_mark_and_line_ends() {
    assert_eq!(
        shown("\u{feff}a: 1\r\nb: |\r\n  x\r\nc:\r\n- d\r\n"),
        "{\"a\": 1, \"b\": \"x\\n\", \"c\": [\"d\"]}"
    );
    let tree = tree("\u{feff}a: [\r\nb: 1\r\n");
    assert_eq!(tree.errors.len(), 1);
    assert!(show(&tree, tree.root()).contains("\"b\": 1"));
    assert_eq!(shown(""), "");
    assert_eq!(shown("# only\n"), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 20_000 }))]

    #[test]
    fn any_text_gives_a_tree(text in "([a-c:#\\-?!&*|>{}\\[\\],'\"%\\\\ \n\t~<0-1]|- |: |  |\n  |\r\n|é){0,60}") {
        let tree = tree(&text);
        check_tree(&tree);
        check_decoding(&text);
        let _ = show(&tree, tree.root());
        // valid exactly where granit has no complaint, apart from what we add
        let granit = Parser::new_from_str_with_options(&text, options()).all(|e| e.is_ok());
        let ours = tree.errors.iter().all(|e| matches!(e.code, "duplicate-key" | "undefined-alias" | "alias-cycle"));
        prop_assert_eq!(granit, ours);
    }
}
