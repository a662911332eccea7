//! The questions against an evaluator that tries every request of a small world by the definition of the language.

use std::sync::Arc;

use proptest::prelude::*;

use super::{any as any_hit, granting, public_statements};
use crate::eval::{Store, Value};
use crate::source::Sources;

/// A condition: operator, key, value.
type Condition = (&'static str, &'static str, &'static str);

#[derive(Clone, Debug)]
struct Written {
    allow: bool,
    not_action: bool,
    actions: Vec<&'static str>,
    not_resource: bool,
    resources: Vec<&'static str>,
    conditions: Vec<Condition>,
}

impl Written {
    fn json(&self) -> String {
        let list = |items: &[&str]| {
            format!("[{}]", items.iter().map(|i| format!("{i:?}")).collect::<Vec<_>>().join(","))
        };
        let conditions: Vec<String> = self
            .conditions
            .iter()
            .map(|(operator, key, value)| format!("{operator:?}: {{{key:?}: {value:?}}}"))
            .collect();
        format!(
            r#"{{"Effect": "{}", "Principal": "*", "{}": {}, "{}": {}, "Condition": {{{}}}}}"#,
            if self.allow { "Allow" } else { "Deny" },
            if self.not_action { "NotAction" } else { "Action" },
            list(&self.actions),
            if self.not_resource { "NotResource" } else { "Resource" },
            list(&self.resources),
            conditions.join(", ")
        )
    }

    fn speaks_of(&self, action: &str, resource: &str) -> bool {
        let any = |patterns: &[&str], text: &str, fold: bool| {
            patterns.iter().any(|p| {
                let (p, t) = if fold {
                    (p.to_lowercase(), text.to_lowercase())
                } else {
                    ((*p).to_owned(), text.to_owned())
                };
                glob(&p.chars().collect::<Vec<_>>(), &t.chars().collect::<Vec<_>>())
            })
        };
        any(&self.actions, action, true) != self.not_action
            && any(&self.resources, resource, false) != self.not_resource
    }

    fn holds(&self, request: &Request) -> bool {
        self.conditions.iter().all(|(operator, key, value)| holds(operator, request.get(key), value))
    }
}

fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|n| glob(rest, &text[n..])),
        Some((p, rest)) => {
            text.split_first().is_some_and(|(t, more)| (*p == '?' || p == t) && glob(rest, more))
        }
    }
}

/// One condition by the definition of its operator; a key that is not in the request makes positive operators false,
/// negated ones and `…IfExists` true.
fn holds(operator: &str, key: Option<&str>, value: &str) -> bool {
    if operator == "Null" {
        return key.is_none() == (value == "true");
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let negated = operator.contains("Not");
    let Some(key) = key else { return negated || if_exists };
    let matched = match operator.replace("Not", "").as_str() {
        "StringEquals" | "Bool" => key == value,
        "StringLike" => glob(&value.chars().collect::<Vec<_>>(), &key.chars().collect::<Vec<_>>()),
        "IpAddress" => {
            value.parse::<ipnet::Ipv4Net>().unwrap().contains(&key.parse::<std::net::Ipv4Addr>().unwrap())
        }
        other => panic!("no operator {other}"),
    };
    matched != negated
}

/// A request of somebody who has nothing to do with the owner.
struct Request {
    organisation: Option<&'static str>,
    endpoint: Option<&'static str>,
    account: Option<&'static str>,
    tls: &'static str,
}

impl Request {
    fn get(&self, key: &str) -> Option<&'static str> {
        match key {
            "aws:PrincipalOrgID" => self.organisation,
            "aws:SourceVpce" => self.endpoint,
            "aws:SourceAccount" => self.account,
            "aws:SecureTransport" => Some(self.tls),
            "aws:SourceIp" => Some("8.8.8.8"),
            _ => None,
        }
    }
}

fn strangers() -> Vec<Request> {
    let mut all = Vec::new();
    for organisation in [None, Some("o-stranger1")] {
        for endpoint in [None, Some("vpce-99999999")] {
            for account in [None, Some("999999999999")] {
                for tls in ["true", "false"] {
                    all.push(Request { organisation, endpoint, account, tls });
                }
            }
        }
    }
    all
}

const ACTIONS: &[&str] =
    &["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:SendMessage", "S3:getbucketacl"];
const RESOURCES: &[&str] =
    &["arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:aws:s3:::b/xy", "arn:aws:sqs:eu-west-1:1:q"];

fn patterns(from: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(from), 1..=most)
}

const ACTION_PATTERNS: &[&str] =
    &["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "sqs:*", "s3:GetObject?cl", "s3:*Acl"];
const RESOURCE_PATTERNS: &[&str] = &["*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/?", "arn:*"];

fn statement(allow: bool, negated: bool, conditions: &'static [Condition]) -> impl Strategy<Value = Written> {
    (
        any::<bool>(),
        patterns(ACTION_PATTERNS, 3),
        any::<bool>(),
        patterns(RESOURCE_PATTERNS, 2),
        prop::collection::vec(prop::sample::select(conditions), 0..3),
    )
        .prop_map(move |(not_action, actions, not_resource, resources, mut conditions)| {
            // An object has each operator once; conditions on one key could contradict each other.
            let mut seen = Vec::new();
            conditions.retain(|c| {
                !seen.contains(&c.0) && !seen.contains(&c.1) && {
                    seen.extend([c.0, c.1]);
                    true
                }
            });
            Written {
                allow,
                not_action: negated && not_action,
                actions,
                not_resource: negated && not_resource,
                resources,
                conditions,
            }
        })
}

const ALLOW_CONDITIONS: &[Condition] = &[
    ("StringEquals", "aws:PrincipalOrgID", "o-own1234"),
    ("StringEquals", "aws:SourceVpce", "*"),
    ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-own1234"),
    ("StringNotEquals", "aws:PrincipalOrgID", "o-own1234"),
    ("StringLike", "aws:SourceVpce", "vpce-*"),
    ("StringLike", "aws:SourceAccount", "*"),
    ("StringLike", "aws:SourceAccount", "111111111111"),
    ("StringNotLike", "aws:SourceVpce", "*"),
    ("Bool", "aws:SecureTransport", "true"),
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("Null", "aws:SourceVpce", "true"),
    ("Null", "aws:PrincipalOrgID", "false"),
];

const DENY_CONDITIONS: &[Condition] = &[
    ("StringNotEquals", "aws:PrincipalOrgID", "o-own1234"),
    ("StringNotEqualsIfExists", "aws:SourceVpce", "vpce-1a2b3c4d"),
    ("StringNotLike", "aws:SourceAccount", "*"),
    ("StringNotLike", "aws:SourceAccount", "111111111111"),
    ("StringEquals", "aws:SourceVpce", "vpce-1a2b3c4d"),
    ("Bool", "aws:SecureTransport", "false"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("Null", "aws:PrincipalOrgID", "true"),
];

fn document_of(statements: &[&Written]) -> Value {
    let all: Vec<String> = statements.iter().map(|s| s.json()).collect();
    Value::string(format!(r#"{{"Statement": [{}]}}"#, all.join(", ")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A statement is public exactly if some stranger may do something because of it.
    #[test]
    fn public_is_what_a_stranger_may_do(
        allow in statement(true, false, ALLOW_CONDITIONS),
        deny in prop::option::of(statement(false, false, DENY_CONDITIONS)),
    ) {
        let all: Vec<&Written> = std::iter::once(&allow).chain(&deny).collect();
        let mut reached = false;
        for request in strangers() {
            for action in ACTIONS {
                for resource in RESOURCES {
                    reached |= allow.speaks_of(action, resource)
                        && allow.holds(&request)
                        && !deny.as_ref().is_some_and(|d| d.speaks_of(action, resource) && d.holds(&request));
                }
            }
        }
        // The small world has no request that `vpce-*` with an absent endpoint, say, could tell apart from nobody: the
        // question is only asked where the statement reaches something in it.
        let alone = ACTIONS.iter().any(|a| RESOURCES.iter().any(|r| allow.speaks_of(a, r)));
        prop_assume!(alone);
        let store = Store::new(Arc::new(Sources::new()));
        let answer = any_hit(&store, &public_statements(&store, &document_of(&all))).known();
        if reached {
            prop_assert_eq!(answer, Some(true), "{}", document_of(&all).as_str().unwrap());
        } else if deny.is_none() {
            prop_assert_eq!(answer, Some(false), "{}", document_of(&all).as_str().unwrap());
        }
    }

    /// Granting is by statement; a denial counts if it takes all of it away; what depends on conditions is not known.
    #[test]
    fn granting_is_what_the_definition_grants(
        allow in statement(true, true, ALLOW_CONDITIONS),
        deny in prop::option::of(statement(false, true, &[("Bool", "aws:SecureTransport", "false")])),
        action in prop::sample::select(&["s3:GetObject", "s3:Get*", "s3:*", "*"][..]),
        resource in prop::sample::select(&["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b"][..]),
    ) {
        let matching = |pattern: &str, text: &str| {
            glob(&pattern.to_lowercase().chars().collect::<Vec<_>>(), &text.to_lowercase().chars().collect::<Vec<_>>())
        };
        // Requests that no pattern of the world names, so that "every" means more than the named ones.
        let actions = ACTIONS.iter().copied().chain(["s3:zzz", "s3:GetZzz", "zzz:zzz", "s3:GetObjectZcl", "s3:zAcl"]);
        let resources = RESOURCES.iter().copied().chain(["arn:aws:s3:::b/zzzz", "arn:zzz:zzz:zzz:zzz:zzz", "arn:aws:s3:::b/z"]);
        let requests: Vec<(&str, &str)> = actions
            .filter(|a| matching(action, a))
            .flat_map(|a| resources.clone().filter(|r| matching(resource, r)).map(move |r| (a, r)).collect::<Vec<_>>())
            .collect();
        let granted = requests.iter().all(|(a, r)| allow.speaks_of(a, r));
        let denied = deny.as_ref().filter(|d| requests.iter().all(|(a, r)| d.speaks_of(a, r)));
        let sometimes = |w: &Written| w.conditions.iter().any(|(o, _, v)| !(*o == "StringLikeIfExists" && *v == "*"));
        let expected = match denied {
            _ if !granted => Some(false),
            Some(deny) if !sometimes(deny) => Some(false),
            Some(_) => None,
            None if sometimes(&allow) => None,
            None => Some(true),
        };
        let all: Vec<&Written> = std::iter::once(&allow).chain(&deny).collect();
        let store = Store::new(Arc::new(Sources::new()));
        let doc = document_of(&all);
        let hits = granting(&store, &doc, action, resource);
        prop_assert_eq!(
            any_hit(&store, &hits).known(), expected,
            "{} {} in {}", action, resource, doc.as_str().unwrap()
        );
    }
}
