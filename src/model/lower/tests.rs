//! Lowering of small resources, written as JSON with blocks as lists.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::eval::{Data, InstanceInfo, InstanceKey, Scope as Account, UnknownKind};
use crate::model::companion;
use crate::program::TypeExpr;
use crate::source::{Sources, Span};

use super::*;

pub(super) struct World {
    pub(super) store: Store,
    span: Span,
}

impl World {
    pub(super) fn new() -> World {
        let sources = Arc::new(Sources::new());
        let file = sources.add("main.tf", "resource \"x\" \"y\" {}");
        World { store: Store::new(sources), span: Span::new(file.id, 0, 5) }
    }

    fn unknown(&self, name: &str) -> Value {
        let id = self.store.unknown(UnknownKind::Input(name.into()), false, TypeExpr::Any);
        Value::new(Data::Unknown(id), Origin::NONE)
    }

    pub(super) fn instance(&self, declared: &str, values: Value) -> Instance {
        let info = InstanceInfo {
            address: format!("{declared}.y").into(),
            module: Str::new(),
            mode: Mode::Managed,
            type_name: declared.into(),
            name: "y".into(),
            key: InstanceKey::None,
        };
        Instance {
            id: self.store.intern_instance(info.clone()),
            info,
            exists: Guard::TRUE,
            values,
            unset: Vec::new(),
            meta: Value::absent(),
            header: self.span,
            span: self.span,
            calls: Vec::new(),
            foreign: None,
            depends_on: Vec::new(),
            scope: Arc::new(Account { provider_major: (3, 6), ..Account::default() }),
        }
    }

    fn lower(&self, declared: &str, values: Value) -> Json {
        let instance = self.instance(declared, values);
        self.json(&properties(&self.store, &instance))
    }

    fn lower_json(&self, declared: &str, values: Json) -> Json {
        self.lower(declared, conform::from_json(&values, Origin::NONE))
    }

    fn contributions(&self, declared: &str, values: Json) -> Vec<(String, String, Vec<Json>)> {
        let instance = self.instance(declared, conform::from_json(&values, Origin::NONE));
        let made = resource(&self.store, &instance, ResourceId(0));
        companion::contributions(&self.store, &made)
            .into_iter()
            .map(|c| {
                let owners: Vec<String> = c.owners.iter().map(|(_, v)| self.json(v).to_string()).collect();
                (
                    format!("{} {}", c.owner_types.join("|"), owners.join(",")),
                    c.path.to_string(),
                    c.values.iter().map(|(g, v)| self.guarded(*g, self.json(v))).collect(),
                )
            })
            .collect()
    }

    fn guarded(&self, guard: Guard, value: Json) -> Json {
        if guard.is_true() { value } else { json!({ "when": self.store.describe(guard), "value": value }) }
    }

    pub(super) fn json(&self, value: &Value) -> Json {
        match &value.data {
            Data::Absent => json!("<absent>"),
            Data::Null => Json::Null,
            Data::Bool(b) => json!(b),
            Data::Number(n) => serde_json::from_str(&n.to_string()).unwrap(),
            Data::String(s) => json!(s.as_str()),
            Data::Text(parts) => parts
                .iter()
                .map(|p| match p {
                    crate::eval::Part::Text(t) => json!(t.as_str()),
                    crate::eval::Part::Term(t) => self.json(t),
                })
                .collect(),
            Data::Json(inner) => self.json(inner),
            Data::List(list) => {
                let mut out: Vec<Json> =
                    list.members.iter().map(|m| self.guarded(m.guard, self.json(&m.value))).collect();
                if let Some(rest) = list.rest {
                    out.push(json!(format!("…{}", self.store.unknown_name(rest))));
                }
                Json::Array(out)
            }
            Data::Map(map) => {
                let mut out = Map::new();
                for entry in &map.entries {
                    let key = if entry.guard.is_true() {
                        entry.key.to_string()
                    } else {
                        format!("{} if {}", entry.key, self.store.describe(entry.guard))
                    };
                    out.insert(key, self.json(&entry.value));
                }
                out.sort_keys();
                Json::Object(out)
            }
            Data::Unknown(id) => json!(format!("?{}", self.store.unknown_name(*id))),
            Data::Choice(arms) => arms.iter().map(|a| self.guarded(a.guard, self.json(&a.value))).collect(),
            Data::Instance(_) => json!("<instance>"),
        }
    }
}

#[test]
fn a_block_becomes_an_object_and_true_a_word() {
    let world = World::new();
    let lowered = world.lower_json(
        "aws_s3_bucket",
        json!({ "bucket": "b", "acl": "public-read", "versioning": [{ "enabled": "true" }], "tags": { "a": "b" } }),
    );
    assert_eq!(
        lowered,
        json!({
            "AccessControl": "PublicRead", "BucketName": "b", "Tags": [{ "Key": "a", "Value": "b" }],
            "VersioningConfiguration": { "Status": "Enabled" },
        })
    );
}

#[test]
fn unknowns_and_choices_pass_through() {
    let world = World::new();
    let input = world.unknown("var.env");
    let Data::Unknown(id) = input.data else { panic!() };
    let prod = world.store.equals(id, &"\"prod\"".into());
    let arm = |guard, value| crate::eval::Arm { guard, value };
    let acl = Value::new(
        Data::Choice(
            [arm(prod, Value::string("private")), arm(world.store.not(prod), Value::absent())]
                .into_iter()
                .collect(),
        ),
        Origin::NONE,
    );
    let versioning = Value::list([Value::object([("enabled".into(), world.unknown("var.on"))])]);
    let values =
        Value::object([("acl".into(), acl), ("versioning".into(), versioning), ("bucket".into(), input)]);
    assert_eq!(
        world.lower("aws_s3_bucket", values),
        json!({
            "AccessControl if `var.env` is \"prod\"": "Private",
            "BucketName": "?var.env",
            "VersioningConfiguration": { "Status": "?bool(var.on)" },
        })
    );
}

#[test]
fn policies_are_read_with_the_terms_inside() {
    let world = World::new();
    let text = Value::new(
        Data::Text(
            [
                crate::eval::Part::Text(
                    "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Resource\": \"".into(),
                ),
                crate::eval::Part::Term(world.unknown("var.arn")),
                crate::eval::Part::Text("/*\", \"Effect\": \"Allow\"}]}".into()),
            ]
            .into_iter()
            .collect(),
        ),
        Origin::NONE,
    );
    let lowered = world.lower("aws_s3_bucket_policy", Value::object([("policy".into(), text)]));
    assert_eq!(
        lowered["PolicyDocument"],
        json!({ "Statement": [{ "Effect": "Allow", "Resource": ["?var.arn", "/*"] }], "Version": "2012-10-17" })
    );
}

#[test]
fn companions_say_what_they_add() {
    let world = World::new();
    let made = world.contributions(
        "aws_s3_bucket_versioning",
        json!({ "bucket": "b", "versioning_configuration": [{ "status": "Enabled" }] }),
    );
    assert_eq!(
        made,
        [(
            "AWS::S3::Bucket \"b\"".into(),
            "VersioningConfiguration".into(),
            vec![json!({ "Status": "Enabled" })]
        )]
    );
}

#[test]
fn cloudformation_stays_itself_with_types_and_defaults() {
    let world = World::new();
    let lowered = world.lower_json("AWS::KMS::Key", json!({ "EnableKeyRotation": "true" }));
    assert_eq!(lowered["EnableKeyRotation"], json!(true));
    assert_eq!(lowered["KeySpec"], json!("SYMMETRIC_DEFAULT"));
}

#[test]
fn a_rule_with_two_ranges_and_a_group_is_three() {
    let world = World::new();
    let lowered = world.lower_json(
        "aws_security_group",
        json!({ "name": "a", "ingress": [{
            "from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"],
            "ipv6_cidr_blocks": [], "security_groups": null, "self": true,
        }] }),
    );
    let rule = |key: &str, value: &str| {
        let mut rule = json!({ "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22 });
        rule[key] = json!(value);
        rule.as_object_mut().unwrap().sort_keys();
        rule
    };
    assert_eq!(
        lowered["SecurityGroupIngress"],
        json!([
            rule("CidrIp", "10.0.0.0/8"),
            rule("CidrIp", "0.0.0.0/0"),
            rule("SourceSecurityGroupId", "?aws_security_group.y.id"),
        ])
    );
    assert_eq!(lowered["GroupDescription"], json!("Managed by Terraform"));
}

#[test]
fn separate_rules_come_to_their_group() {
    let world = World::new();
    let made = world.contributions(
        "aws_security_group_rule",
        json!({ "security_group_id": "sg-1", "type": "ingress", "from_port": 0, "to_port": 0, "protocol": "all",
            "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"] }),
    );
    let [(owner, path, values)] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(owner, "AWS::EC2::SecurityGroup \"sg-1\"");
    assert_eq!(path, "SecurityGroupIngress");
    assert_eq!(
        values,
        &[
            json!({ "CidrIp": "0.0.0.0/0", "FromPort": 0, "IpProtocol": "-1", "ToPort": 0 }),
            json!({ "CidrIpv6": "::/0", "FromPort": 0, "IpProtocol": "-1", "ToPort": 0 }),
        ]
    );
    let made = world.contributions(
        "AWS::EC2::SecurityGroupIngress",
        json!({ "GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": "22", "ToPort": 22, "CidrIp": "0.0.0.0/0" }),
    );
    assert_eq!(
        made[0].2,
        [json!({ "CidrIp": "0.0.0.0/0", "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22 })]
    );
}

#[test]
fn one_policy_is_contributed_to_each_who_has_it() {
    let world = World::new();
    let made = world.contributions(
        "AWS::IAM::Policy",
        json!({ "PolicyName": "p", "PolicyDocument": { "Statement": [] }, "Roles": ["a", "b"], "Users": ["u"] }),
    );
    let owners: Vec<&str> = made.iter().map(|(owner, _, _)| owner.as_str()).collect();
    assert_eq!(owners, ["AWS::IAM::User \"u\"", "AWS::IAM::Role \"a\",\"b\"", "AWS::IAM::Group "]);
    assert_eq!(made[1].2, [json!({ "PolicyDocument": { "Statement": [] }, "PolicyName": "p" })]);
}

#[test]
fn attributes_have_registry_names() {
    assert_eq!(output("aws_s3_bucket", "arn"), Some(Output::Attribute("Arn".into())));
    assert_eq!(output("aws_s3_bucket", "id"), Some(Output::Ref));
    assert_eq!(output("aws_security_group", "id"), Some(Output::Attribute("GroupId".into())));
    assert_eq!(output("aws_iam_role", "name"), Some(Output::Property("RoleName".into())));
    assert_eq!(output("aws_iam_policy", "arn"), Some(Output::Attribute("PolicyArn".into())));
}

#[test]
fn statements_without_a_schema_are_taken_by_name() {
    let world = World::new();
    let lowered = world.lower_json(
        "aws_wafv2_web_acl",
        json!({ "name": "w", "rule": [{ "name": "r", "priority": 1, "override_action": [{ "none": [{}] }],
            "statement": [{ "and_statement": [{ "statement": [
                { "geo_match_statement": [{ "country_codes": ["NL"] }] },
                { "not_statement": [{ "statement": [{ "ip_set_reference_statement": [{ "arn": "a" }] }] }] },
            ] }] }] }] }),
    );
    assert_eq!(
        lowered["Rules"][0],
        json!({ "Name": "r", "OverrideAction": { "None": {} }, "Priority": 1, "Statement": { "AndStatement": { "Statements": [
            { "GeoMatchStatement": { "CountryCodes": ["NL"] } },
            { "NotStatement": { "Statement": { "IPSetReferenceStatement": { "Arn": "a" } } } },
        ] } } })
    );
    let task = world.lower_json(
        "aws_ecs_task_definition",
        json!({ "family": "f", "container_definitions":
            "[{\"name\": \"web\", \"image\": \"i\", \"environment\": [{\"name\": \"A\", \"value\": \"b\"}], \"privileged\": true}]" }),
    );
    assert_eq!(
        task["ContainerDefinitions"],
        json!([{ "Environment": [{ "Name": "A", "Value": "b" }], "Image": "i", "Name": "web", "Privileged": true,
            "VersionConsistency": "enabled" }])
    );
}

#[test]
fn settings_become_entries() {
    let world = World::new();
    let lowered =
        world.lower_json("aws_lb", json!({ "drop_invalid_header_fields": true, "internal": false }));
    assert_eq!(
        lowered["LoadBalancerAttributes"],
        json!([{ "Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true" }])
    );
    assert_eq!(lowered["Scheme"], json!("internet-facing"));
}

#[test]
fn names_that_do_not_exist_are_told() {
    let world = World::new();
    let values = json!({ "BucketNam": "b", "VersioningConfiguration": { "Statuss": "Enabled" }, "Tags": [] });
    let instance = world.instance("AWS::S3::Bucket", conform::from_json(&values, Origin::NONE));
    let told: Vec<(String, Option<String>)> =
        unknown_names(&world.store, &instance).into_iter().map(|d| (d.message, d.help)).collect();
    let expected = |name: &str, like: &str| {
        (format!("`AWS::S3::Bucket` has no property `{name}`"), Some(format!("did you mean `{like}`?")))
    };
    assert_eq!(told, [expected("BucketNam", "BucketName"), expected("Statuss", "Status")]);
}

#[test]
fn members_of_a_heredoc_know_their_place() {
    let sources = Arc::new(Sources::new());
    let text =
        "policy = <<EOT\n{\n  \"Statement\": [{ \"Effect\": \"Allow\", \"Action\": [\"s3:*\"] }]\n}\nEOT\n";
    let file = sources.add("main.tf", text);
    let start = text.find("<<EOT").unwrap() as u32;
    let store = Store::new(sources);
    let origin = store.literal_origin(Span::new(file.id, start, text.len() as u32 - 1));
    let json = text.split("EOT\n").nth(1).unwrap();
    let value = json::structured(&store, &Value::string(json).with_origin(origin));
    let action =
        value.as_map().unwrap().get("Statement").unwrap().value.as_list().unwrap().members[0].value.clone();
    let action =
        action.as_map().unwrap().get("Action").unwrap().value.as_list().unwrap().members[0].value.clone();
    assert_eq!(file.slice(store.place(action.origin).unwrap()), "s3:*");
}
