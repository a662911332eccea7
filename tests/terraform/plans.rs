//! Plans in Terraform's JSON output format.

use std::path::Path;

use masugata::program::{CallSource, Mode, Program};
use masugata::source::Loader;
use masugata::terraform::plan;

use crate::support::{loader, outline, text};

/// A plan as Terraform 1.11 writes it, shortened.
pub(crate) const PLAN: &str = r#"{
  "format_version": "1.2",
  "variables": {"env": {"value": "prod"}},
  "planned_values": {"root_module": {}},
  "resource_changes": [
    {"address": "aws_s3_bucket.b[\"logs\"]", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "index": "logs",
     "change": {"actions": ["create"], "before": null,
       "after": {"bucket": "my-logs", "force_destroy": null, "tags": {"a": "b"}, "password": "x"},
       "after_unknown": {"id": true, "arn": true, "tags": {}}, "after_sensitive": {"tags": {}, "password": true}}},
    {"address": "aws_s3_bucket_policy.p[\"logs\"]", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "p", "index": "logs",
     "change": {"actions": ["create"], "before": null, "after": {"bucket": "my-logs"}, "after_unknown": {"id": true, "policy": true}}},
    {"address": "aws_s3_bucket.old", "mode": "managed", "type": "aws_s3_bucket", "name": "old",
     "change": {"actions": ["delete"], "before": {"bucket": "x"}, "after": null, "after_unknown": {}}},
    {"address": "module.m[0].aws_s3_bucket_acl.a", "module_address": "module.m[0]", "mode": "managed", "type": "aws_s3_bucket_acl",
     "name": "a", "change": {"actions": ["update"], "before": {}, "after": {"acl": "public-read",
       "access_control_policy": [{"grant": [{"permission": "READ"}]}]}, "after_unknown": {"bucket": true, "id": true,
       "access_control_policy": [{"grant": [{"grantee": true}]}]}}}
  ],
  "configuration": {
    "provider_config": {"aws": {"name": "aws", "version_constraint": "~> 5.0", "expressions": {"region": {"constant_value": "eu-west-1"}}}},
    "root_module": {
      "variables": {"env": {"default": "dev"}},
      "resources": [
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "provider_config_key": "aws",
         "expressions": {"bucket": {"references": ["each.key"]}, "tags": {"constant_value": {"a": "b"}}}},
        {"mode": "managed", "type": "aws_s3_bucket_policy", "name": "p", "provider_config_key": "aws",
         "expressions": {"bucket": {"references": ["aws_s3_bucket.b[\"logs\"].bucket", "aws_s3_bucket.b[\"logs\"]", "aws_s3_bucket.b"]},
                         "policy": {"references": ["aws_s3_bucket.b[\"logs\"].arn", "aws_s3_bucket.b", "var.env"]}}}
      ],
      "module_calls": {"m": {
        "source": "./m",
        "expressions": {"bucket": {"references": ["aws_s3_bucket.b[\"logs\"].id", "aws_s3_bucket.b[\"logs\"]", "aws_s3_bucket.b"]}},
        "module": {
          "variables": {"bucket": {}},
          "outputs": {"acl": {"expression": {"references": ["aws_s3_bucket_acl.a.id", "aws_s3_bucket_acl.a"]}}},
          "resources": [{"mode": "managed", "type": "aws_s3_bucket_acl", "name": "a", "provider_config_key": "m:aws",
             "expressions": {"bucket": {"references": ["var.bucket"]}, "acl": {"constant_value": "public-read"}}}]
        }
      }}
    }
  }
}"#;

#[test]
fn a_plan_is_a_program_of_instances() {
    let loader = loader(&[("plan.json", PLAN), ("other.json", "{\"format_version\": \"1.2\"}")]);
    let parse = |path: &str| masugata::syntax::json::parse(loader.load(Path::new(path)).unwrap());
    assert!(!plan::is_plan(&parse("other.json")));
    let tree = parse("plan.json");
    assert!(plan::is_plan(&tree));
    let program = plan::read(&tree);
    assert_eq!(program.diagnostics, []);
    let CallSource::Loaded(called) = program.module(program.root).unwrap().calls["m[0]"].source else {
        panic!()
    };
    let called = Program {
        modules: vec![program.module(called).unwrap().clone()],
        root: masugata::program::ModuleId(0),
        diagnostics: Vec::new(),
        constructs: masugata::program::Constructs::default(),
        environment: indexmap::IndexMap::default(),
        configuration: None,
    };
    insta::assert_snapshot!(format!("{}-- called\n{}", outline(&program), outline(&called)));
}

/// Reads real plans (`MASUGATA_PLANS`: a directory of unpacked plans): every resource that will exist is there.
#[test]
fn plans() {
    let Ok(directory) = std::env::var("MASUGATA_PLANS") else { return };
    let mut counts = (0, 0, 0, 0);
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let loader = Loader::new(std::env::current_dir().unwrap());
        let file = loader.load(&entry.path()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
        let program = plan::read(&masugata::syntax::json::parse(file));
        assert_eq!(program.diagnostics, []);
        let none = Vec::new();
        let expected = json["resource_changes"]
            .as_array()
            .unwrap_or(&none)
            .iter()
            .filter(|c| c["change"]["actions"] != serde_json::json!(["delete"]) && c["mode"] == "managed")
            .count();
        let managed =
            |m: &masugata::program::Module| m.resources.iter().filter(|r| r.mode == Mode::Managed).count();
        let found: usize = program.modules.iter().map(|m| managed(m)).sum();
        assert_eq!(found, expected, "{}", entry.path().display());
        for module in &program.modules {
            for value in module.resources.iter().flat_map(|r| &r.body.attributes) {
                let text = text(&value.value);
                counts.1 += usize::from(text.contains("unknown(known after apply)"));
                counts.2 += usize::from(text.contains("aws_") && !text.contains('"'));
                counts.3 += 1;
            }
        }
        counts.0 += found;
    }
    println!(
        "{} resources, {} of {} attributes with unknowns, {} references",
        counts.0, counts.1, counts.3, counts.2
    );
}
