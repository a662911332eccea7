use std::sync::Arc;

use crate::source::Sources;
use crate::syntax::{Kind, NodeId, TemplatePiece, Tree};

fn parse(text: &str) -> Tree {
    super::parse(Sources::new().add("main.tf", text))
}

/// A tree as an S-expression: `(Kind child …)`, leaves with their text.
fn shape(tree: &Tree, id: NodeId) -> String {
    let children: Vec<String> = tree.children(id).map(|c| shape(tree, c)).collect();
    let kind = format!("{:?}", tree.kind(id));
    if children.is_empty() {
        format!("{kind}:{}", tree.text(id))
    } else {
        format!("({kind} {})", children.join(" "))
    }
}

/// The shape of the value of the first attribute.
fn value(text: &str) -> String {
    let tree = parse(text);
    assert_eq!(tree.errors, [], "{text}");
    let body = tree.child(tree.root(), 0).unwrap();
    let attribute = tree.child(body, 0).unwrap();
    assert_eq!(tree.kind(attribute), Kind::Attribute);
    shape(&tree, tree.child(attribute, 1).unwrap())
}

#[test]
fn expressions_have_their_shape() {
    let cases = [
        (
            "a = b.c.0[\"x\"]",
            "(Index (GetAttr (GetAttr Variable:b Identifier:c) Number:0) (Template TemplateText:x))",
        ),
        ("a = b.*.c[0]", "(Index (GetAttr (AttrSplat Variable:b) Identifier:c) Number:0)"),
        ("a = b[*].c[0]", "(Index (GetAttr (FullSplat Variable:b) Identifier:c) Number:0)"),
        (
            "a = 1 + 2 * 3 == 7 && !x",
            "(Binary (Binary (Binary Number:1 (Binary Number:2 Number:3)) Number:7) (Unary Variable:x))",
        ),
        ("a = 1 - 2 - 3", "(Binary (Binary Number:1 Number:2) Number:3)"),
        ("a = -1 + 2", "(Binary (Unary Number:1) Number:2)"),
        (
            "a = x ? 1 : y ? 2 : 3",
            "(Conditional Variable:x Number:1 (Conditional Variable:y Number:2 Number:3))",
        ),
        ("a = provider::x::f(1, z...)", "(Call Identifier:provider::x::f Number:1 Variable:z)"),
        (
            "a = {for k, v in m : k => v... if v}",
            "(ForObject Identifier:k Identifier:v Variable:m Variable:k Variable:v Variable:v)",
        ),
        ("a = [for v in m : v.x]", "(ForTuple Identifier:v Variable:m (GetAttr Variable:v Identifier:x))"),
        (
            "a = { b = 1, \"c\" : 2 }",
            "(Object (ObjectItem Variable:b Number:1) (ObjectItem (Template TemplateText:c) Number:2))",
        ),
        ("a = \"x${y}z\"", "(Template TemplateText:x (Interpolation Variable:y) TemplateText:z)"),
        ("a = null", "Null:null"),
        ("a = true.b", "(GetAttr Bool:true Identifier:b)"),
        (
            "a = \"%{ if x }1%{ else }2%{ endif }\"",
            "(Template (TemplateIf Variable:x (TemplateBranch TemplateText:1) (TemplateBranch TemplateText:2)))",
        ),
        (
            "a = <<EOT\nb ${c}\n  EOT\n",
            "(Heredoc TemplateText:b  (Interpolation Variable:c) TemplateText:\n)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn spans_are_exact() {
    let text = "\u{feff}resource \"a\" b {\r\n  c = d . e # f\r\n  g { h = [1, ] }\r\n}\r\n";
    let tree = parse(text);
    assert_eq!(tree.errors, []);
    let all: Vec<(Kind, &str)> =
        (0..tree.len() as u32).map(|i| (tree.kind(NodeId(i)), tree.text(NodeId(i)))).collect();
    let expected = [
        (Kind::File, text),
        (Kind::Body, text),
        (Kind::Block, "resource \"a\" b {\r\n  c = d . e # f\r\n  g { h = [1, ] }\r\n}"),
        (Kind::Identifier, "resource"),
        (Kind::Template, "\"a\""),
        (Kind::TemplateText, "a"),
        (Kind::Identifier, "b"),
        (Kind::Body, "\r\n  c = d . e # f\r\n  g { h = [1, ] }\r\n"),
        (Kind::Attribute, "c = d . e"),
        (Kind::Identifier, "c"),
        (Kind::GetAttr, "d . e"),
        (Kind::Variable, "d"),
        (Kind::Identifier, "e"),
        (Kind::Block, "g { h = [1, ] }"),
        (Kind::Identifier, "g"),
        (Kind::Body, " h = [1, ] "),
        (Kind::Attribute, "h = [1, ]"),
        (Kind::Identifier, "h"),
        (Kind::Tuple, "[1, ]"),
        (Kind::Number, "1"),
    ];
    assert_eq!(all, expected);
}

/// The text of a template without interpolation.
fn text_of(source: &str) -> String {
    let tree = parse(source);
    assert_eq!(tree.errors, [], "{source}");
    let attribute = tree.child(tree.child(tree.root(), 0).unwrap(), 0).unwrap();
    let pieces = tree.template_pieces(tree.child(attribute, 1).unwrap());
    render(&tree, &pieces)
}

fn render(tree: &Tree, pieces: &[TemplatePiece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            TemplatePiece::Text(text, _) => out.push_str(text),
            TemplatePiece::Interpolation(id) => out.push_str(&format!("<{}>", tree.text(*id))),
            TemplatePiece::If { condition, yes, no, .. } => {
                let (yes, no) = (render(tree, yes), render(tree, no));
                out.push_str(&format!("<if {}|{yes}|{no}>", tree.text(*condition)));
            }
            TemplatePiece::For { value, collection, body, .. } => {
                let body = render(tree, body);
                out.push_str(&format!("<for {} in {}|{body}>", tree.text(*value), tree.text(*collection)));
            }
        }
    }
    out
}

#[test]
fn template_text_is_decoded() {
    let cases = [
        (r#"a = "x\n\t\"\\\u00e9\U0001F600$${y}%%{z}$%""#, "x\n\t\"\\é😀${y}%{z}$%"),
        (r#"a = "$$${b}""#, "$${b}"),
        (r#"a = " x ${~ b ~} y ""#, " x<b>y "),
        (r#"a = " %{~ if c ~} 1 %{~ else ~} 2 %{ endif ~} z""#, "<if c|1|2 >z"),
        ("a = <<EOT\n  x\\n\n y\n  EOT\n", "  x\\n\n y\n"),
        ("a = <<-EOT\n    x\n\n      y ${z}\n    EOT\n", "x\n\n  y <z>\n"),
        ("a = <<-EOT\n    x\n  ${z}\n   y\n  EOT\n", "  x\n<z>\n y\n"),
        (
            "a = <<-EOT\n    %{ for x in y ~}\n    item ${x}\n    %{ endfor ~}\n    EOT\n",
            "<for x in y|    item <x>\n>",
        ),
        ("a = <<EOT\nEOT\n", ""),
        ("a = <<-EOT\r\n  x\r\n  EOT\r\n", "x\r\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(text_of(text), expected, "{text}");
    }
}

#[test]
fn ranges_and_expressions_keep_the_files_spans() {
    let sources = Sources::new();
    let file = sources.add("page.md", "```hcl\na = 1\n```\nx + y\nmore");
    let tree = super::parse_range(Arc::clone(&file), 7, 13);
    assert_eq!(shape(&tree, tree.root()), "(File (Body (Attribute Identifier:a Number:1)))");
    let tree = super::parse_expression(file, 17, 23);
    assert_eq!(tree.errors, []);
    assert_eq!(shape(&tree, tree.root()), "(File (Binary Variable:x Variable:y))");
}

#[test]
fn depth_is_a_diagnostic() {
    let deep = 100_000;
    let texts = [
        format!("a = {}1", "(".repeat(deep)),
        format!("a = {}", "[".repeat(deep)),
        format!("a = {}", "{a=".repeat(deep)),
        format!("a = {}1", "-".repeat(deep)),
        format!("a = {}1", "\"${".repeat(deep)),
        format!("a = {}", "f(".repeat(deep)),
        format!("a = {}1", "b[".repeat(deep)),
        format!("a = b{}", ".c".repeat(deep)),
        format!("a = b{}", "[0]".repeat(deep)),
        format!("a = b{}", "[*]".repeat(deep)),
        format!("a = 1{}", " + 1".repeat(deep)),
        format!("a = {}1", "x ? 1 : ".repeat(deep)),
        format!("a = {}1", "x ? ".repeat(deep)),
        format!("a = {}", "[for x in ".repeat(deep)),
        format!("a = \"{}", "%{ if x }".repeat(deep)),
        format!("a = {}", "<<A\n${".repeat(deep)),
        "a {\n".repeat(deep),
        "a { ".repeat(deep),
    ];
    for text in texts {
        let tree = parse(&text);
        assert!(!tree.errors.is_empty());
        let head: String = text.chars().take(20).collect();
        assert!(
            tree.errors.iter().any(|e| e.code == "depth-budget") || head.starts_with("a {"),
            "{head}: {:?}",
            tree.errors
        );
    }
}

#[test]
fn what_is_too_deep_hides_no_other_error() {
    let deep = 1000;
    let nested = format!("{}{}", "a {\n".repeat(deep), "}\n".repeat(deep));
    let codes = |text: &str| parse(text).errors.iter().map(|e| e.code).collect::<Vec<_>>();
    assert_eq!(codes(&nested), ["depth-budget"]);
    assert_eq!(codes(&format!("{nested}b {{\n  c = 1\n")), ["depth-budget", "unclosed-block"]);
    assert_eq!(codes(&format!("b {{\n  c = 1\n\n{nested}")), ["unclosed-block", "depth-budget"]);
    let values = format!("x = {}{}\n", "[".repeat(deep), "]".repeat(deep));
    assert_eq!(codes(&format!("b {{\n  c = 1\n\nd {{\n  {values}}}\n")), ["unclosed-block", "depth-budget"]);
}

/// One line for each error: code, message, what it points at, help, the second place.
fn errors(text: &str) -> String {
    let tree = parse(text);
    let line = |e: &crate::syntax::SyntaxError| {
        let related =
            e.related.as_ref().map(|(span, what)| format!(" [{}: {what}]", span.start)).unwrap_or_default();
        let help = e.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{} at {:?}: {}{related}{help}\n", e.code, tree.file.slice(e.span), e.message)
    };
    tree.errors.iter().map(line).collect()
}

#[test]
fn errors_say_what_was_expected_and_where_it_began() {
    let texts = [
        "a = [1, 2\nb = 3\n",
        "a = \"x\n",
        "resource \"a\" \"b\" {\n  c = 1\n",
        "resource \"a\" \"b\"\n{\n  c = 1\n}\n",
        "a = f(1 2)\n",
        "a = \"${b\"\n",
        "a = { b 1 }\n",
        "x { a = 1, b = 2 }\n",
        "a = 1 b = 2\n",
        "}\n",
        "a = 'x'\n",
        "a = <<EOT\nx\n",
        "a = 1\na = 2\n",
        "a = [for x in y]\n",
        "a = b ? c\n",
        "\"a\" = 1\n",
        "a b = 1\n",
        "a = \n",
        "x {\n  a = 1\n}}\n",
        "a = \"\\q\"\n",
        "a = b.0.1\n",
        "a = 1 /* c\n",
        "a = [for k, v in x : k => v]\n",
        "a = \"%{ if x }y\"\n",
        "x \"${y}\" {}\n",
    ];
    let shown: String = texts.iter().map(|t| format!("{t:?}\n{}\n", errors(t))).collect();
    insta::assert_snapshot!(shown);
}

/// The argument and block names of a tree, in order, with the names of those that hold them.
fn names(text: &str) -> Vec<String> {
    let tree = parse(text);
    assert!(!tree.errors.is_empty(), "{text:?}");
    let named = |id: NodeId| {
        let name = tree.child(id, 0).filter(|_| matches!(tree.kind(id), Kind::Attribute | Kind::Block));
        name.map(|name| tree.text(name).to_owned())
    };
    let holds = |outer: NodeId, inner: NodeId| outer.0 < inner.0 && inner.0 < tree.node(outer).next;
    let ids = || (0..tree.len() as u32).map(NodeId);
    ids()
        .filter_map(|id| {
            let name = named(id)?;
            let outer = ids().filter(|outer| holds(*outer, id)).filter_map(named);
            Some(outer.chain([name]).collect::<Vec<_>>().join("."))
        })
        .collect()
}

#[test]
fn a_slip_costs_its_own_line() {
    let list = |head: &str| {
        format!("b \"x\" {{\n  a = 1\n{head}  l = [\n    {{ n = 1 }},\n  ]\n  z = 2\n}}\nc = 3\n")
    };
    let whole = ["b", "b.a", "b.l", "b.z", "c"];
    for junk in ["a", "_", "*", "%"] {
        assert_eq!(names(&list(junk)), whole, "{junk}");
    }
    // inside a name
    assert_eq!(names(&list("").replace("  z = 2", "  z[z = 2")), ["b", "b.a", "b.l", "b.z", "c"]);
    // a line end between tokens, and inside one
    let value = "b {\n  f = { for k, v in merge(\n    {\n      x = 1\n    },\n  ) : k => v }\n  z = 2\n}\n";
    for (from, to) in [("v in", "v i\nn"), ("merge(", "me\nrge("), ("f = ", "f =\n"), ("k => v", "k =\n> v")]
    {
        assert_eq!(names(&value.replace(from, to)), ["b", "b.f", "b.z"], "{to:?}");
    }
    // the end of a comment, and an argument behind it
    let comment = "b {\n  a = 1\n  # en\ncryption =\n  tags = {\n    x = 1\n  }\n}\n";
    assert_eq!(names(comment), ["b", "b.a", "b.tags"]);
    // a sign behind a block whose last brace is indented
    assert_eq!(names("b {\n  a = 1\n  }\n     *  "), ["b", "b.a"]);
    // a heredoc that lost its end to the next one, with the same names on both sides
    let heredocs = "b {\n  r = 1\n  p = <<-EOT\n  { EOT\n  q = 1\n}\nb {\n  p = <<-EOT\n  EOT\n  r = 1\n}\n";
    assert_eq!(names(heredocs), ["b", "b.r", "b.p", "b.q", "b", "b.p", "b.r"]);
}
