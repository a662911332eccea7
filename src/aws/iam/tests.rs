//! Documents as people write them, and what is said of them.

use std::sync::Arc;

use super::*;
use crate::Str;
use crate::eval::{Data, Guard, Origin, Part, Reference, Store, Truth, UnknownKind, Value};
use crate::program::{Mode, TypeExpr};
use crate::source::{Sources, Span};

fn store() -> Store {
    Store::new(Arc::new(Sources::new()))
}

/// A document as JSON text.
fn text(json: &str) -> Value {
    Value::string(json)
}

fn one(statement: &str) -> Value {
    text(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#))
}

fn public(statements: &[&str]) -> Truth {
    let store = store();
    any(&store, &public_statements(&store, &one(&statements.join(", "))))
}

const READ_ALL: &str = r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#;

#[test]
fn everyone_has_many_spellings() {
    for principal in [
        r#""Principal": "*""#,
        r#""Principal": {"AWS": "*"}"#,
        r#""Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]}"#,
        r#""Principal": {"AWS": "arn:aws:iam::*:root"}"#,
        r#""Principal": {"AWS": "arn:aws:iam::*:role/worker"}"#,
        r#""NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}"#,
    ] {
        assert_eq!(public(&[&format!("{{{principal}, {READ_ALL}}}")]), Truth::YES, "{principal}");
    }
    for principal in [
        r#""Principal": {"AWS": "arn:aws:iam::123456789012:root"}"#,
        r#""Principal": {"AWS": "123456789012"}"#,
        r#""Principal": {"Service": "*"}"#,
        r#""Principal": {"Service": "lambda.amazonaws.com"}"#,
        r#""Sid": "identity policy""#,
    ] {
        assert_eq!(public(&[&format!("{{{principal}, {READ_ALL}}}")]), Truth::NO, "{principal}");
    }
}

#[test]
fn conditions_that_restrict_who() {
    let with = |condition: &str| {
        public(&[&format!(r#"{{"Principal": "*", {READ_ALL}, "Condition": {condition}}}"#)])
    };
    for restricting in [
        r#"{"StringEquals": {"aws:PrincipalOrgID": "o-abc123"}}"#,
        r#"{"StringEquals": {"AWS:SourceAccount": ["123456789012", "210987654321"]}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}"#,
        r#"{"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::my-own-bucket"}}"#,
        r#"{"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/7"}, "StringEquals": {"kms:CallerAccount": "123456789012"}}"#,
        r#"{"StringEqualsIfExists": {"kms:CallerAccount": "123456789012"}}"#,
        r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc123/r-ab12/*"}}"#,
        r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
        r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:my-own-bucket"}}"#,
        r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#,
    ] {
        assert_eq!(with(restricting), Truth::NO, "{restricting}");
    }
    for open in [
        r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}}"#,
        r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}"#,
        r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#,
        r#"{"StringLike": {"aws:PrincipalOrgID": ["o-abc123", "o-*"]}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}"#,
        r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*"}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deployment"}}"#,
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:my-own-topic"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/1"]}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
        r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
        r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-abc123/r-ab12/"}}"#,
        r#"{"StringLike": {"aws:UserAgent": "secret"}}"#,
        r#"{"Null": {"aws:PrincipalOrgID": "false"}}"#,
    ] {
        assert_eq!(with(open), Truth::YES, "{open}");
    }
}

#[test]
fn a_deny_can_take_it_back() {
    let allow = format!(r#"{{"Principal": "*", {READ_ALL}}}"#);
    let outside = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}}"#;
    assert_eq!(public(&[&allow, outside]), Truth::NO);
    let other_action = outside.replace("s3:*", "s3:PutObject");
    assert_eq!(public(&[&allow, &other_action]), Truth::YES);
    let one_address = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.1/32"}}}"#;
    assert_eq!(public(&[&allow, one_address]), Truth::YES);
    let others = r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "*", "Resource": "*"}"#;
    assert_eq!(public(&[&allow, others]), Truth::NO);
}

#[test]
fn granting_is_about_every_action_on_every_resource() {
    let store = store();
    let grants = |statement: &str, action: &str, resource: &str| {
        any(&store, &granting(&store, &one(statement), action, resource)).known()
    };
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": {resource}}}"#)
    };
    assert_eq!(grants(&allow(r#""*""#, r#""*""#), "*", "*"), Some(true));
    assert_eq!(grants(&allow(r#"["s3:*", "*:*"]"#, r#"["*"]"#), "*", "*"), Some(true));
    assert_eq!(grants(&allow(r#""*""#, r#""arn:aws:s3:::b""#), "*", "*"), Some(false));
    assert_eq!(grants(&allow(r#""iam:*""#, r#""*""#), "*", "*"), Some(false));
    assert_eq!(grants(&allow(r#""iam:Pass*""#, r#""*""#), "iam:PassRole", "*"), Some(true));
    assert_eq!(
        grants(&allow(r#""IAM:passrole""#, r#""arn:aws:iam::123456789012:role/*""#), "iam:PassRole", "*"),
        Some(true)
    );
    assert_eq!(
        grants(&allow(r#""iam:PassRole""#, r#""arn:aws:iam::123456789012:role/app-*""#), "iam:PassRole", "*"),
        Some(false)
    );
    assert_eq!(
        grants(&allow(r#""s3:Get*""#, r#""arn:aws:s3:::b*""#), "s3:GetObject*", "arn:aws:s3:::bucket/*"),
        Some(true)
    );
    let but = r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#;
    assert_eq!(grants(but, "*", "*"), Some(false));
    assert_eq!(grants(but, "s3:*", "*"), Some(true));
    let denied =
        format!(r#"{}, {{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}"#, allow(r#""*""#, r#""*""#));
    assert_eq!(grants(&denied, "iam:PassRole", "*"), Some(false));
    assert_eq!(grants(&denied, "*", "*"), Some(true), "a denial of something leaves an administrator");
    let limited = r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#;
    assert_eq!(grants(limited, "iam:PassRole", "*"), Some(false));
    let with_mfa = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#;
    assert_eq!(grants(with_mfa, "*", "*"), None, "in some requests");
    let hits = granting(&store, &one(with_mfa), "*", "*");
    let because = store.unknown_name(hits[0].because.unwrap());
    assert_eq!(because, "what the condition on `aws:multifactorauthpresent` lets through");
    let always = r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringLikeIfExists": {"aws:PrincipalTag/x": "*"}}}"#;
    assert_eq!(grants(always, "*", "*"), Some(true));
    let unless_mfa = format!(
        r#"{}, {{"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#,
        allow(r#""*""#, r#""*""#)
    );
    assert_eq!(grants(&unless_mfa, "*", "*"), None);
}

#[test]
fn wildcards_among_actions_and_resources() {
    let store = store();
    let wild = |action: &str| {
        let doc = one(&format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": "*"}}"#));
        let actions = any(&store, &wildcard_action_statements(&store, &doc)).known();
        let resources = any(&store, &wildcard_resource_statements(&store, &doc)).known();
        (actions, resources)
    };
    assert_eq!(wild(r#""s3:*""#), (Some(true), Some(true)));
    assert_eq!(wild(r#""*""#), (Some(true), Some(true)));
    assert_eq!(wild(r#""s3:Get*""#), (Some(false), Some(true)));
    assert_eq!(wild(r#"["ec2:DescribeInstances", "s3:ListAllMyBuckets"]"#), (Some(false), Some(false)));
    assert_eq!(wild(r#""ec2:DescribeRegions""#), (Some(false), Some(false)));
}

#[test]
fn tls_is_required_by_a_denial_over_bucket_and_objects() {
    let store = store();
    let tls = |resources: &str, rest: &str| {
        requires_tls(
            &store,
            &one(&format!(r#"{{"Effect": "Deny", "Action": "s3:*", "Resource": {resources}, {rest}}}"#)),
        )
        .known()
    };
    const BOTH: &str = r#"["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#;
    const PLAIN: &str = r#""Condition": {"Bool": {"aws:SecureTransport": "false"}}"#;
    assert_eq!(tls(BOTH, &format!(r#""Principal": "*", {PLAIN}"#)), Some(true));
    assert_eq!(tls(r#""*""#, &format!(r#""Principal": {{"AWS": "*"}}, {PLAIN}"#)), Some(true));
    assert_eq!(tls(r#""arn:aws:s3:::b*""#, &format!(r#""Principal": "*", {PLAIN}"#)), Some(true));
    assert_eq!(tls(r#""arn:aws:s3:::b/*""#, &format!(r#""Principal": "*", {PLAIN}"#)), Some(false));
    assert_eq!(tls(r#""arn:aws:s3:::b""#, &format!(r#""Principal": "*", {PLAIN}"#)), Some(false));
    assert_eq!(tls(BOTH, &format!(r#""Principal": {{"AWS": "123456789012"}}, {PLAIN}"#)), Some(false));
    assert_eq!(
        tls(BOTH, r#""Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#),
        Some(false)
    );
    let narrowed = r#""Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": false}, "StringEquals": {"aws:x": "y"}}"#;
    assert_eq!(tls(BOTH, narrowed), Some(false));
    let queue = r#"{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:1:q",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    assert_eq!(requires_tls(&store, &one(queue)).known(), Some(true));
    assert_eq!(requires_tls(&store, &text("{}")).known(), Some(false));
}

#[test]
fn accounts_of_others() {
    let store = store();
    let cross = |principal: &str| {
        let doc = one(&format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:111111111111:q"}}"#
        ));
        any(&store, &cross_account(&store, &doc)).known()
    };
    assert_eq!(cross(r#"{"AWS": "arn:aws:iam::222222222222:root"}"#), Some(true));
    assert_eq!(cross(r#"{"AWS": ["111111111111"]}"#), Some(false));
    assert_eq!(cross(r#"{"Service": "sns.amazonaws.com"}"#), Some(false));
}

fn input(store: &Store, name: &str) -> Value {
    let id = store.unknown(UnknownKind::Input(name.into()), true, TypeExpr::String);
    Value::new(Data::Unknown(id), Origin::NONE)
}

fn attribute(store: &Store, type_name: &str, attribute: &str) -> Value {
    let instance = store.intern_instance(crate::eval::InstanceInfo {
        address: ecow::eco_format!("{type_name}.x"),
        module: Str::new(),
        mode: Mode::Managed,
        type_name: type_name.into(),
        name: "x".into(),
        key: crate::eval::InstanceKey::None,
    });
    let kind = UnknownKind::Attribute(Reference { instance, attribute: attribute.into() });
    Value::new(Data::Unknown(store.unknown(kind, true, TypeExpr::String)), Origin::NONE)
}

fn parts(parts: Vec<Part>) -> Value {
    Value::new(Data::Text(parts.into()), Origin::NONE)
}

#[test]
fn what_is_not_known_accuses_nobody() {
    let store = store();
    let statement = |principal: Value| {
        Value::object([
            ("Effect".into(), Value::string("Allow")),
            ("Principal".into(), Value::object([("AWS".into(), principal)])),
            ("Action".into(), Value::string("sqs:*")),
            ("Resource".into(), Value::string("*")),
        ])
    };
    let doc = |statement: Value| Value::object([("Statement".into(), Value::list([statement]))]);
    let public = |principal: Value| any(&store, &public_statements(&store, &doc(statement(principal))));
    assert_eq!(public(input(&store, "var.principal")), Truth::UNKNOWN);
    assert_eq!(public(attribute(&store, "aws_iam_role", "arn")), Truth::NO);
    let account = parts(vec![
        Part::Text("arn:aws:iam::".into()),
        Part::Term(input(&store, "var.account")),
        Part::Text(":root".into()),
    ]);
    assert_eq!(public(account), Truth::NO);
    let hits = public_statements(&store, &input(&store, "var.policy"));
    assert_eq!(any(&store, &hits), Truth::UNKNOWN);
    assert!(hits.iter().all(|hit| hit.index.is_none() && hit.because.is_some()));
}

#[test]
fn conditions_of_inputs_reach_the_answer() {
    let store = store();
    let id = store.unknown(UnknownKind::Input("var.open".into()), true, TypeExpr::Bool);
    let open = store.equals(id, &"true".into());
    let closed = store.not(open);
    let principal =
        store.choice([(open, Value::string("*")), (closed, Value::string("arn:aws:iam::123456789012:root"))]);
    let statement = Value::object([
        ("Effect".into(), Value::string("Allow")),
        ("Principal".into(), principal),
        ("Action".into(), Value::string("*")),
    ]);
    let doc = Value::object([("Statement".into(), Value::list([statement]))]);
    let hits = public_statements(&store, &doc);
    assert_eq!(any(&store, &hits), Truth { yes: open, no: closed });
    let list = as_list(&store, &hits);
    assert_eq!(
        list.as_list().map(|l| l.members.iter().map(|m| m.guard).collect::<Vec<_>>()),
        Some(vec![open])
    );
    assert_eq!(list.as_list().and_then(|l| l.rest), None);
}

#[test]
fn heredocs_are_read_with_their_terms_and_places() {
    let sources = Arc::new(Sources::new());
    let source = "policy = <<-EOT\n    {\n      \"Statement\": [\n        {\n          \"Effect\": \"Deny\", \"Principal\": \"*\",\n          \"Action\": \"s3:*\",\n          \"Resource\": [\"${b}\", \"${b}/*\"],\n          \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}\n        }\n      ]\n    }\n  EOT\n";
    let file = sources.add("main.tf", source);
    let store = Store::new(Arc::clone(&sources));
    let start = source.find("<<-").unwrap_or(0) as u32;
    let bucket = || Part::Term(attribute(&store, "aws_s3_bucket", "arn"));
    let pieces: Vec<&str> =
        source.split_once("EOT\n").unwrap().1.split("  EOT\n").next().unwrap().split("${b}").collect();
    let strip = |text: &str| text.replace("\n    ", "\n").trim_start_matches("    ").to_owned();
    let mut value = parts(vec![
        Part::Text(strip(pieces[0]).into()),
        bucket(),
        Part::Text(strip(pieces[1]).into()),
        bucket(),
        Part::Text(strip(pieces[2]).into()),
    ]);
    value.origin = store.literal_origin(Span::new(file.id, start, source.len() as u32 - 1));
    assert_eq!(requires_tls(&store, &value), Truth::YES);
    let document = document(&store, &value);
    assert_eq!(document.statements.len(), 1);
    let place = |origin| store.literal(origin).map(|span| file.slice(span).to_owned());
    let statement = place(document.statements[0].origin).unwrap();
    assert!(statement.starts_with("{\n          \"Effect\"") && statement.ends_with('}'), "{statement}");
    let actions = &document.statements[0].actions.items;
    assert_eq!(place(actions[0].origin).as_deref(), Some("\"s3:*\""));
    assert_eq!(actions[0].guard, Guard::TRUE);
}

#[test]
fn statements_have_one_form() {
    let store = store();
    let doc = text(
        r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ["a", "b"]}}"#,
    );
    let all = statements(&store, &doc);
    assert_eq!(all.len(), 1);
    assert_eq!(
        store.json_text(&all[0].value).as_deref(),
        Some(
            r#"{"Action":["s3:GetObject"],"Effect":"Allow","Principal":{"AWS":["*"]},"Resource":["a","b"]}"#
        )
    );
}

#[test]
fn damaged_documents_are_open() {
    let store = store();
    for damaged in [r#"{"Statement": ["#, "not json", "[", r#"{"a" 1}"#, ""] {
        let hits = public_statements(&store, &text(damaged));
        assert_eq!(any(&store, &hits), Truth::UNKNOWN, "{damaged}");
    }
    let deep = format!("{}{}", r#"{"Statement":"#.repeat(5_000), "1");
    assert_eq!(any(&store, &public_statements(&store, &text(&deep))), Truth::UNKNOWN);
}

#[test]
fn an_explicit_deny_wins() {
    use super::actions::Level;
    use super::{escalating, exposing_credentials, unrestricted};
    let store = store();
    let document = |statements: &[&str]| text(&format!(r#"{{"Statement": [{}]}}"#, statements.join(",")));
    let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let deny = |actions: &str, more: &str| {
        format!(r#"{{"Effect": "Deny", "Action": {actions}, "Resource": "*"{more}}}"#)
    };
    let asked = |deny: &str| {
        let value = document(&[all, deny]);
        [
            any(&store, &exposing_credentials(&store, &value)).known(),
            any(&store, &escalating(&store, &value)).known(),
            any(&store, &unrestricted(&store, &value, Level::Permissions)).known(),
        ]
    };
    assert_eq!(asked(&deny(r#""*""#, "")), [Some(false); 3]);
    assert_eq!(asked(&deny(r#""s3:*""#, "")), [Some(true); 3]);
    let mfa = r#", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}"#;
    assert_eq!(asked(&deny(r#""*""#, mfa)), [Some(true); 3], "some requests are not denied");
    let iam = document(&[
        r#"{"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": "*"}"#,
        &deny(r#"["IAM:*", "sts:Assume*", "sts:Get*"]"#, ""),
    ]);
    assert_eq!(any(&store, &exposing_credentials(&store, &iam)).known(), Some(false));
    assert_eq!(any(&store, &escalating(&store, &iam)).known(), Some(false));
    assert_eq!(any(&store, &unrestricted(&store, &iam, Level::Permissions)).known(), Some(false));
}
