//! Damaged, deep and odd input.

use std::path::Path;

use masugata::terraform::plan;

use crate::plans::PLAN;
use crate::support::{loader, outline, program, text};

#[test]
fn damage_stays_where_it_is() {
    let (_, program) = program(&[(
        "main.tf",
        "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"x${\"\n  acl    = \"private\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = foo.\n  acl    = \"b\"\n}\nresource \"aws_s3_bucket\" \"c\" {\n  bucket = var.undeclared\n}\n",
    )]);
    assert!(
        program.diagnostics.iter().all(|d| d.code != "undeclared-reference"),
        "{:?}",
        program.diagnostics
    );
    assert!(!program.diagnostics.is_empty());
    let root = program.module(program.root).unwrap();
    let names: Vec<_> = root.resources.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let values: Vec<_> =
        root.resources[1].body.attributes.iter().map(|a| (a.name.as_str(), text(&a.value))).collect();
    assert_eq!(values, [("bucket", "unknown(syntax error)".to_owned()), ("acl", "\"b\"".to_owned())]);
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    for (open, close) in [("[", "]"), ("{ a = ", " }"), ("(", ")"), ("!", ""), ("\"${", "}\""), ("x(", ")")] {
        let source = format!("locals {{\n  x = {}1{}\n}}\n", open.repeat(50_000), close.repeat(50_000));
        let (_, program) = program(&[("main.tf", &source)]);
        assert!(!program.diagnostics.is_empty(), "{open}");
    }
    for chain in [".a", "[0]", "[*]", " + 1", " && true"] {
        let source = format!("locals {{\n  x = local.x{}\n  y = 1\n}}\n", chain.repeat(50_000));
        let (_, program) = program(&[("main.tf", &source)]);
        assert_eq!(
            program.diagnostics.len(),
            1,
            "{chain}: {:?}",
            program.diagnostics.iter().take(3).collect::<Vec<_>>()
        );
        let root = program.module(program.root).unwrap();
        assert!(root.locals.get("y").is_some(), "{chain}");
    }
}

/// A file with most constructs there are.
const RICH: &str = r#"variable "v" {
  type = object({ a = optional(list(string), ["x"]), b = map(any) })
  validation {
    condition     = length(var.v.a) > 0 && contains(["p", "q"], var.v.b["k"])
    error_message = "no ${var.v.a[0]}"
  }
}
locals {
  text = <<-EOT
    %{ for k, v in var.v.b ~}
    ${k} = "${v == null ? "-" : upper("${v}")}" $${x}
    %{ endfor ~}
  EOT
  list = [for i, x in var.v.a : { (x) = i, "y" : !true } if x != "z"]
  map  = { for x in local.list[*].y : x => -1.5e3... }
  old  = local.list.0.y
}
resource "aws_x" "y" {
  for_each = toset(local.list.*.y)
  dynamic "block" {
    for_each = each.value
    iterator = it
    content {
      a = max(it.value...)
      nested "label" {
        b = data.aws_z.w[each.key].id
      }
    }
  }
  lifecycle {
    ignore_changes = [tags["a"]]
  }
  provisioner "local-exec" {
    when    = destroy
    command = self.id
  }
}
data "aws_z" "w" {}
module "m" {
  source    = "./m"
  providers = { aws.x = aws.y }
  arg       = /* comment */ 1 # more
}
"#;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, ..Default::default() })]

    /// Whatever is damaged: no panic, and a program with its other blocks.
    #[test]
    fn damaged_configurations_are_read(at in 0..RICH.len(), cut in 0usize..12, put in "[\"${}%=a.\\[\\](\\n<]{0,4}") {
        let (start, end) = (at, (at + cut).min(RICH.len()));
        let source = format!("{}{put}{}", &RICH[..start], &RICH[end..]);
        let (_, damaged) = program(&[("main.tf", &source), ("b.tf", "resource \"aws_b\" \"b\" {}\n")]);
        let root = damaged.module(damaged.root).unwrap();
        assert!(root.resources.iter().any(|r| r.type_name == "aws_b"));
        let _ = outline(&damaged);
    }

    /// The same for JSON syntax.
    #[test]
    fn damaged_json_is_read(at in 0..JSON.len(), cut in 0usize..12, put in "[\"${}%:a,\\[\\]\\n]{0,4}") {
        let (start, end) = (at, (at + cut).min(JSON.len()));
        let source = format!("{}{put}{}", &JSON[..start], &JSON[end..]);
        let (_, damaged) = program(&[("main.tf.json", &source), ("b.tf", "resource \"aws_b\" \"b\" {}\n")]);
        let root = damaged.module(damaged.root).unwrap();
        assert!(root.resources.iter().any(|r| r.type_name == "aws_b"));
    }

    /// And for plans.
    #[test]
    fn damaged_plans_are_read(at in 0..PLAN.len(), cut in 0usize..40, put in "[\"${}%:a,\\[\\]\\n]{0,4}") {
        let (start, end) = (at, (at + cut).min(PLAN.len()));
        let loader = loader(&[("plan.json", &format!("{}{put}{}", &PLAN[..start], &PLAN[end..]))]);
        let tree = masugata::syntax::json::parse(loader.load(Path::new("plan.json")).unwrap());
        let _ = plan::read(&tree);
    }
}

const JSON: &str = r#"{
  "variable": {"v": {"type": "map(string)", "default": {"a": "b"}}},
  "resource": {"aws_x": {"y": [{"for_each": "${var.v}", "a": "x-${each.key}-%{ if true }\"q\\\"%{ endif }",
    "dynamic": {"b": {"for_each": [1], "content": {"c": "${b.value}"}}}, "depends_on": ["aws_b.b"]}]}},
  "module": {"m": {"source": "./m", "providers": {"aws": "aws.x"}}},
  "output": {"o": {"value": "${aws_x.y[\"a\"].a}"}}
}"#;
