//! Random Terraform configurations: values and instances, a local module, real resources with their companions.

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use crate::expressions::{Demand, condition, list, mapping, pick, simple_text, text};
use crate::world::{Language, Source};

fn repeat(demand: Demand) -> BoxedStrategy<String> {
    prop_oneof![
        2 => Just(String::new()),
        2 => condition(2).prop_map(|c| format!("count = {c} ? 1 : 0")),
        1 => (condition(1), condition(1)).prop_map(|(a, b)| format!("count = {a} ? ({b} ? 3 : 1) : 0")),
        1 => list(1, demand).prop_map(|l| format!("count = length({l})")),
        2 => mapping(2, demand).prop_map(|m| format!("for_each = {m}")),
        1 => condition(2).prop_map(|c| format!("for_each = {c} ? toset([\"x\", var.n]) : toset([])")),
        1 => match demand {
            Demand::Exact => (condition(1), condition(1)).prop_map(|(c, d)| {
                format!("for_each = toset(concat({c} ? [\"x\"] : [], [{d} ? \"x\" : \"y\"]))")
            }).boxed(),
            Demand::Sound => list(1, demand).prop_map(|l| format!("for_each = toset({l})")).boxed(),
        },
    ]
    .boxed()
}

fn dynamic(demand: Demand) -> BoxedStrategy<String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => list(2, demand).prop_map(|l| {
            format!("dynamic \"rule\" {{\n for_each = {l}\n content {{\n v = rule.value\n i = rule.key\n }}\n}}")
        }),
        1 => condition(1).prop_map(|c| {
            format!("dynamic \"rule\" {{\n for_each = {c} ? [1] : []\n iterator = it\n content {{\n v = it.value\n }}\n}}")
        }),
        1 => (list(1, demand), list(1, demand)).prop_map(|(outer, inner)| {
            format!(
                "dynamic \"rule\" {{\n for_each = {outer}\n content {{\n v = rule.value\n dynamic \"part\" {{\n \
                 for_each = {inner}\n content {{\n w = \"${{rule.key}}${{part.value}}\"\n }}\n }}\n }}\n}}"
            )
        }),
        1 => (condition(1), mapping(1, demand)).prop_map(|(c, m)| {
            format!(
                "rule {{\n v = \"first\"\n}}\ndynamic \"rule\" {{\n for_each = {{ for k, v in {m} : k => v if {c} }}\n \
                 content {{\n v = rule.key\n }}\n}}"
            )
        }),
    ]
    .boxed()
}

/// A call of the local module, and what reads its outputs.
fn call(demand: Demand) -> BoxedStrategy<(String, &'static str)> {
    let argument = || match demand {
        Demand::Exact => simple_text(1),
        Demand::Sound => text(1, demand),
    };
    // What indexes and keys depend on is one of few.
    let named = move || match demand {
        Demand::Exact => word(&["p", "q", "x"], demand).prop_map(|w| format!("coalesce({w}, var.n)")).boxed(),
        Demand::Sound => text(1, demand),
    };
    let plain = (condition(1), named(), argument())
        .prop_map(|(a, n, e)| (String::new(), format!("  a = {a}\n  n = {n}\n  e = {e}\n"), "module.m.t"));
    let counted = (condition(1), condition(1), named()).prop_map(|(c, a, n)| {
        (format!("  count = {c} ? 1 : 0\n"), format!("  a = {a}\n  n = {n}\n"), "join(\"+\", module.m[*].t)")
    });
    let each = (mapping(1, demand), condition(1)).prop_map(|(m, a)| {
        (
            format!("  for_each = {m}\n"),
            format!("  a = {a}\n  e = each.key\n  n = var.n\n"),
            "join(\"+\", [for k, m in module.m : m.t])",
        )
    });
    let defaults = condition(1).prop_map(|a| {
        (String::new(), format!("  a = {a}\n  n = {a} ? null : \"p\"\n"), "try(module.m.t, \"none\")")
    });
    prop_oneof![2 => plain, 2 => counted, 1 => each, 1 => defaults]
        .prop_map(|(repeat, arguments, read)| {
            (format!("module \"m\" {{\n  source = \"./m\"\n{repeat}{arguments}}}\n"), read)
        })
        .boxed()
}

fn module(demand: Demand) -> BoxedStrategy<String> {
    (condition(1), repeat(demand), text(2, demand), list(1, demand), text(2, demand))
        .prop_map(|(c, repeat, t, l, out)| {
            format!(
                r#"
variable "a" {{ type = bool }}
variable "b" {{
  type    = bool
  default = true
}}
variable "e" {{
  type    = string
  default = "x"
}}
variable "k" {{
  type    = number
  default = 1
}}
variable "n" {{
  type     = string
  default  = "q"
  nullable = false
}}
locals {{ c = {c} }}
resource "x_inner" "i" {{
  {repeat}
  text = {t}
  list = {l}
}}
output "t" {{ value = {out} }}
output "ids" {{ value = x_inner.i[*] }}
"#,
                c = c.replace("local.c", "var.a"),
            )
        })
        .boxed()
}

/// Values that a file of variables supplies.
fn supplied() -> BoxedStrategy<String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => Just("b = true\n".to_owned()),
        1 => Just("n = \"q\"\n".to_owned()),
        1 => Just("e = \"x\"\nk = \"1\"\n".to_owned()),
    ]
    .boxed()
}

const INPUTS: &str = r#"
variable "a" { type = bool }
variable "b" { type = bool }
variable "e" { type = string }
variable "k" { type = number }
variable "n" {
  type = string
  validation {
    condition     = contains(["p", "q", "r"], var.n)
    error_message = "one of them"
  }
}
"#;

/// Configurations of types that nobody knows: what matters is which instances there are and what is in them.
pub(crate) fn values(demand: Demand) -> BoxedStrategy<Source> {
    let resource = (repeat(demand), text(3, demand), list(2, demand), mapping(2, demand), dynamic(demand));
    (condition(2), resource, text(2, demand), call(demand), module(demand), supplied())
        .prop_map(move |(c, (repeat, t, l, m, dynamic), local, (call, read), module, supplied)| {
            let main = format!(
                r#"{INPUTS}
locals {{
  c = var.a || var.n == "p"
  d = {c}
  t = {local}
}}
resource "x_one" "r" {{
  {repeat}
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
  inner = {read}
}}
{call}
output "o" {{ value = "${{local.t}}!" }}
output "m" {{ value = {read} }}
"#,
            );
            Source {
                language: Language::Terraform,
                demand,
                files: vec![
                    ("main.tf".to_owned(), main),
                    ("m/main.tf".to_owned(), module),
                    ("terraform.tfvars".to_owned(), supplied),
                ],
                cases: None,
            }
        })
        .boxed()
}

// Real resources

/// A truth value that may be unset.
fn flag() -> BoxedStrategy<String> {
    prop_oneof![
        2 => pick(&["true", "false", "null"]),
        3 => condition(1),
        1 => condition(1).prop_map(|c| format!("({c} ? true : null)")),
        1 => (condition(1), condition(1)).prop_map(|(c, d)| format!("({c} ? null : {d})")),
        1 => condition(1).prop_map(|c| format!("({c} ? \"true\" : \"false\")")),
    ]
    .boxed()
}

/// One of some words, by conditions; in a sound configuration perhaps a word that nobody knows.
fn word(words: &'static [&'static str], demand: Demand) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(words.to_vec()).prop_map(|w| format!("\"{w}\"")).boxed();
    let chosen =
        (condition(1), leaf.clone(), leaf.clone()).prop_map(|(c, a, b)| format!("({c} ? {a} : {b})"));
    let nested = (condition(1), leaf.clone(), condition(1), leaf.clone(), leaf.clone())
        .prop_map(|(c, a, d, x, y)| format!("({c} ? {a} : ({d} ? {x} : {y}))"));
    let table = (leaf.clone(), leaf.clone(), leaf.clone())
        .prop_map(|(p, q, r)| format!("{{ p = {p}, q = {q}, r = {r} }}[var.n]"));
    let unset = (condition(1), leaf.clone()).prop_map(|(c, a)| format!("({c} ? {a} : null)"));
    match demand {
        Demand::Exact => prop_oneof![2 => leaf, 3 => chosen, 1 => nested, 1 => table, 1 => unset].boxed(),
        Demand::Sound => prop_oneof![
            2 => leaf.clone(), 3 => chosen, 1 => nested, 1 => table, 1 => unset, 2 => Just("var.e".to_owned()),
            1 => (condition(1), leaf).prop_map(|(c, a)| format!("({c} ? {a} : var.e)")),
        ]
        .boxed(),
    }
}

const ACLS: &[&str] =
    &["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"];
const CIDRS: &[&str] = &["0.0.0.0/0", "10.0.0.0/8", "0.0.0.0/1", "192.168.1.1/32"];

/// A bucket with its companions: alone, counted, for each member, inside or outside a condition.
fn bucket(demand: Demand) -> BoxedStrategy<String> {
    let shape = prop_oneof![
        2 => Just((String::new(), String::new(), "aws_s3_bucket.b.id")),
        2 => condition(1).prop_map(|d| {
            (String::new(), format!("count = {d} ? 1 : 0"), "aws_s3_bucket.b.id")
        }),
        2 => (condition(1), condition(1)).prop_map(|(c, d)| {
            (format!("count = {c} ? 1 : 0"), format!("count = ({c}) && ({d}) ? 1 : 0"), "aws_s3_bucket.b[0].id")
        }),
        1 => condition(1).prop_map(|c| {
            (
                format!("for_each = toset({c} ? [\"x\", \"y\"] : [\"x\"])"),
                "for_each = aws_s3_bucket.b".to_owned(),
                "each.value.id",
            )
        }),
        1 => (condition(1), condition(1)).prop_map(|(c, d)| {
            (
                format!("for_each = {{ for k in [\"x\", \"y\"] : k => k if k != \"x\" || {c} }}"),
                format!("for_each = {{ for k, b in aws_s3_bucket.b : k => b.id if k == \"x\" || {d} }}"),
                "each.value",
            )
        }),
        1 => condition(1).prop_map(|c| {
            (
                format!("count = {c} ? 2 : 1"),
                "count = length(aws_s3_bucket.b)".to_owned(),
                "aws_s3_bucket.b[count.index].id",
            )
        }),
    ];
    let companion = (0usize..5, word(ACLS, demand), word(&["Enabled", "Suspended"], demand), flag(), flag());
    (shape, word(ACLS, demand), condition(1), companion)
        .prop_map(|((own, others, id), acl, versioned, (which, cacl, status, block, policy))| {
            let companion = match which {
                0 => format!(
                    "resource \"aws_s3_bucket_acl\" \"c\" {{\n {others}\n bucket = {id}\n acl = {cacl}\n}}"
                ),
                1 => format!(
                    "resource \"aws_s3_bucket_versioning\" \"c\" {{\n {others}\n bucket = {id}\n versioning_configuration \
                     {{\n status = {status}\n }}\n}}"
                ),
                2 => format!(
                    "resource \"aws_s3_bucket_public_access_block\" \"c\" {{\n {others}\n bucket = {id}\n \
                     block_public_acls = {block}\n block_public_policy = {policy}\n}}"
                ),
                3 => format!(
                    "resource \"aws_s3_bucket_policy\" \"c\" {{\n {others}\n bucket = {id}\n policy = jsonencode({{ \
                     Statement = [{{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", Resource = \
                     {status} == \"Enabled\" ? \"*\" : \"arn:aws:s3:::x/*\" }}] }})\n}}"
                ),
                _ => String::new(),
            };
            format!(
                "resource \"aws_s3_bucket\" \"b\" {{\n {own}\n bucket = \"name\"\n {inline}\n dynamic \"versioning\" {{\n \
                 for_each = {versioned} ? [1] : []\n content {{\n enabled = true\n }}\n }}\n}}\n{companion}\n",
                inline = if which == 0 { String::new() } else { format!("acl = {acl}") },
            )
        })
        .boxed()
}

fn security_group(demand: Demand) -> BoxedStrategy<String> {
    let port = || pick(&["22", "20", "443", "3389"]);
    let rule = (port(), port(), word(&["tcp", "-1", "udp"], Demand::Exact), word(CIDRS, demand), condition(1)).prop_map(
        |(from, to, protocol, cidr, c)| {
            format!(
                " ingress {{\n  from_port = min({from}, {to})\n  to_port = max({from}, {to})\n  protocol = {protocol} == null ? \
                 \"tcp\" : {protocol}\n  cidr_blocks = {c} ? compact([{cidr}]) : [\"10.1.0.0/16\"]\n }}\n"
            )
        },
    );
    let many = (condition(1), condition(1), port()).prop_map(|(c, d, port)| {
        format!(
            " dynamic \"ingress\" {{\n  for_each = concat({c} ? [{{ port = {port}, cidr = \"0.0.0.0/0\" }}] : [], {d} ? [{{ \
             port = 22, cidr = \"10.0.0.0/8\" }}] : [])\n  content {{\n   from_port = ingress.value.port\n   to_port = \
             ingress.value.port\n   protocol = \"tcp\"\n   cidr_blocks = [ingress.value.cidr]\n  }}\n }}\n"
        )
    });
    let inline = prop_oneof![2 => rule, 1 => many, 1 => Just(String::new())];
    let separate = prop_oneof![
        1 => Just(String::new()),
        1 => (condition(1), word(CIDRS, demand), port()).prop_map(|(c, cidr, port)| format!(
            "resource \"aws_security_group_rule\" \"g\" {{\n count = {c} ? 1 : 0\n type = \"ingress\"\n security_group_id = \
             aws_security_group.g.id\n protocol = \"tcp\"\n from_port = {port}\n to_port = {port}\n cidr_blocks = [{cidr}]\n}}\n"
        )),
        1 => (condition(1), word(CIDRS, demand), port()).prop_map(|(c, cidr, port)| format!(
            "resource \"aws_vpc_security_group_ingress_rule\" \"g\" {{\n for_each = toset({c} ? [\"1\"] : [])\n \
             security_group_id = aws_security_group.g.id\n ip_protocol = \"tcp\"\n from_port = {port}\n to_port = {port}\n \
             cidr_ipv4 = {cidr}\n}}\n"
        )),
    ];
    (inline, separate)
        .prop_map(|(inline, separate)| {
            format!("resource \"aws_security_group\" \"g\" {{\n name = \"g\"\n{inline}}}\n{separate}")
        })
        .boxed()
}

/// A policy document, as `jsonencode` or a data source; and who carries it.
fn queue(demand: Demand) -> BoxedStrategy<String> {
    let statement = || {
        (
            word(&["Allow", "Deny"], Demand::Exact),
            word(&["*", "arn:aws:iam::123456789012:root"], demand),
            word(&["sqs:*", "sqs:SendMessage"], Demand::Exact),
        )
            .prop_map(|(effect, who, what)| {
                let set = |w: &str, other: &str| format!("coalesce({w}, \"{other}\")");
                format!(
                    "{{ Effect = {}, Principal = {{ AWS = {} }}, Action = {}, Resource = \"*\" }}",
                    set(&effect, "Deny"),
                    set(&who, "none"),
                    set(&what, "sqs:Get*")
                )
            })
    };
    let document = prop_oneof![
        2 => statement().prop_map(|s| format!("jsonencode({{ Statement = [{s}] }})")),
        2 => (condition(1), statement(), statement())
            .prop_map(|(c, s, t)| format!("jsonencode({{ Statement = concat([{s}], {c} ? [{t}] : []) }})")),
        1 => (condition(1), statement(), statement())
            .prop_map(|(c, s, t)| format!("({c} ? jsonencode({{ Statement = {s} }}) : jsonencode({{ Statement = [{t}] }}))")),
        2 => Just("data.aws_iam_policy_document.d.json".to_owned()),
    ];
    let data = (condition(1), word(&["*", "123456789012"], demand), condition(1)).prop_map(|(c, who, d)| {
        format!(
            r#"data "aws_iam_policy_document" "d" {{
  statement {{
    sid       = "one"
    effect    = {d} ? "Deny" : "Allow"
    actions   = ["sqs:SendMessage"]
    resources = ["*"]
    principals {{
      type        = "AWS"
      identifiers = compact([{who}, "123456789012"])
    }}
  }}
  dynamic "statement" {{
    for_each = {c} ? [1] : []
    content {{
      actions   = ["sqs:*"]
      resources = ["*"]
      principals {{
        type        = "*"
        identifiers = ["*"]
      }}
    }}
  }}
}}
"#
        )
    });
    let how = prop_oneof![
        1 => Just(None),
        1 => condition(1).prop_map(Some),
    ];
    (document, data, how, flag(), word(&["alias/aws/sqs", "alias/own"], demand), condition(1))
        .prop_map(|(document, data, how, sse, key, keyed)| match how {
            None => format!(
                "{data}resource \"aws_sqs_queue\" \"q\" {{\n sqs_managed_sse_enabled = {sse}\n kms_master_key_id = {keyed} ? \
                 {key} : null\n policy = {document}\n}}\n"
            ),
            Some(c) => format!(
                "{data}resource \"aws_sqs_queue\" \"q\" {{\n sqs_managed_sse_enabled = {sse}\n}}\nresource \
                 \"aws_sqs_queue_policy\" \"q\" {{\n count = {c} ? 1 : 0\n queue_url = aws_sqs_queue.q.id\n policy = \
                 {document}\n}}\n"
            ),
        })
        .boxed()
}

fn volume() -> BoxedStrategy<String> {
    (flag(), condition(1), pick(&["x", "y"]), condition(1))
        .prop_map(|(encrypted, c, tag, d)| {
            format!(
                "resource \"aws_ebs_volume\" \"v\" {{\n count = {d} ? 2 : 1\n availability_zone = \"z\"\n encrypted = \
                 {encrypted}\n size = var.k\n tags = merge({{ Name = var.n }}, {c} ? {{ Team = \"{tag}\" }} : {{}})\n}}\n"
            )
        })
        .boxed()
}

/// Configurations of real types, for policies: at the root or in a module that is called.
pub(crate) fn resources(demand: Demand) -> BoxedStrategy<Source> {
    let text = prop_oneof![
        3 => bucket(demand),
        2 => security_group(demand),
        2 => queue(demand),
        1 => volume(),
        1 => (bucket(demand), volume()).prop_map(|(a, b)| a + &b),
    ];
    (condition(2), text, condition(1), 0..3, supplied())
        .prop_map(move |(c, text, d, within, supplied)| {
            let locals = |c: &str| format!("locals {{\n  c = var.a || var.n == \"p\"\n  d = {c}\n}}\n");
            let mut files = vec![("terraform.tfvars".to_owned(), supplied)];
            if within == 0 {
                let repeat = if text.len() % 2 == 0 { format!("  count = {d} ? 1 : 0\n") } else { String::new() };
                let main = format!(
                    "{INPUTS}{}module \"m\" {{\n  source = \"./m\"\n{repeat}  a = local.d\n  b = var.b\n  e = var.e\n  k = \
                     var.k\n  n = var.n\n}}\n",
                    locals(&c)
                );
                files.push(("main.tf".to_owned(), main));
                files.push(("m/main.tf".to_owned(), format!("{INPUTS}{}{text}", locals("var.b"))));
            } else {
                files.push(("main.tf".to_owned(), format!("{INPUTS}{}{text}", locals(&c))));
            }
            Source { language: Language::Terraform, demand, files, cases: None }
        })
        .boxed()
}
