//! What is risky to allow on every resource: becoming somebody else, reading secrets, changing permissions; and who is
//! trusted through a web identity.

use crate::eval::{Guard, Store, Truth, Value};

use super::super::read::spelled_out;
use super::super::sets::{Pattern, Symbol};
use super::actions::{self, Level};
use super::condition::Clause;
use super::document::{PolicyDocument, Statement, document};
use super::principal::PrincipalKind;
use super::question::{StatementHit, hits};

/// Actions that hand out credentials ("Actions, resources, and condition keys for AWS services": their results are
/// keys, passwords or sessions).
const CREDENTIALS: &[&str] = &[
    "chime:CreateApiKey",
    "codepipeline:PollForJobs",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "cognito-idp:AssociateSoftwareToken",
    "connect:GetFederationToken",
    "ec2:GetPasswordData",
    "gamelift:GetInstanceAccess",
    "gamelift:RequestUploadCredentials",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UpdateAccessKey",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "rds-db:connect",
    "redshift:GetClusterCredentials",
    "sso:GetRoleCredentials",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
];

/// Actions that read what an organisation keeps to itself.
const DATA: &[&str] = &[
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];

/// Ways to get more permissions than one has: all actions of a way together, on any resource. From the published
/// research on escalation in IAM ("AWS IAM privilege escalation methods", Rhino Security Labs).
const ESCALATIONS: &[&[&str]] = &[
    &["iam:CreatePolicyVersion"],
    &["iam:SetDefaultPolicyVersion"],
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
    &["iam:AttachUserPolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:AttachRolePolicy"],
    &["iam:PutUserPolicy"],
    &["iam:PutGroupPolicy"],
    &["iam:PutRolePolicy"],
    &["iam:AddUserToGroup"],
    &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    &["iam:PassRole", "glue:CreateDevEndpoint"],
    &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"],
    &["iam:PassRole", "cloudformation:CreateStack"],
    &["iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"],
    &["iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"],
    &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"],
    &["codestar:CreateProject", "iam:PassRole"],
    &["codestar:CreateProjectFromTemplate"],
    &["codestar:AssociateTeamMember"],
    &["glue:UpdateDevEndpoint"],
    &["lambda:UpdateFunctionCode"],
    &["sagemaker:CreatePresignedNotebookInstanceUrl"],
];

fn unlimited(store: &Store, statement: &Statement) -> Truth {
    let everything = Pattern::everything();
    let truth = store.truth_and(statement.is_allow(store), statement.resources.cover(store, &everything));
    if truth.no.is_true() { truth } else { store.truth_and(truth, statement.is_unconditional(store)) }
}

/// Whether some `Deny` without a condition takes every action of a pattern away on every resource: an explicit deny wins
/// over what any other statement allows.
fn denied(store: &Store, document: &PolicyDocument, action: &Pattern) -> Truth {
    let everything = Pattern::everything();
    document.statements.iter().fold(Truth::NO, |any, deny| {
        let mut taken = deny.is_deny(store);
        if taken.no.is_true() {
            return any;
        }
        taken = store.truth_and(taken, deny.resources.cover(store, &everything));
        if !taken.no.is_true() {
            taken = store.truth_and(taken, deny.is_unconditional(store));
            taken = store.truth_and(taken, deny.speaks_of_actions(store, action));
        }
        store.truth_or(any, taken)
    })
}

/// The actions that are certainly denied on every resource, as patterns.
fn certainly_denied(store: &Store, document: &PolicyDocument) -> Vec<Pattern> {
    let everything = Pattern::everything();
    let certain = |deny: &&Statement| {
        deny.is_deny(store).yes.is_true()
            && deny.resources.cover(store, &everything).yes.is_true()
            && deny.is_unconditional(store).yes.is_true()
    };
    let items = document.statements.iter().filter(certain).flat_map(|deny| &deny.actions.items);
    items.filter(|item| item.guard.is_true()).map(|item| item.pattern.clone()).collect()
}

/// `Allow` statements without a condition on resource `*` with an action of a level that could have been limited to
/// resources.
pub fn unrestricted(store: &Store, value: &Value, level: Level) -> Vec<StatementHit> {
    let document = document(store, value);
    let denied = certainly_denied(store, &document);
    let is_denied = |service: &str, action: &str| {
        let full = format!("{service}:{}", action.to_ascii_lowercase());
        denied.iter().any(|pattern| pattern.matches(&full))
    };
    hits(store, &document, &|statement| {
        let truth = unlimited(store, statement);
        if truth.no.is_true() || denied.iter().any(Pattern::is_everything) {
            return Truth::NO;
        }
        let named = statement.actions.any(store, &|item| {
            actions::any_matching(&item.pattern, &|service, action| {
                action.has_resources
                    && action.level == level
                    && (denied.is_empty() || !is_denied(service, &action.name))
            })
        });
        store.truth_and(truth, store.truth_or(named, statement.not_actions.present(store)))
    })
}

/// `Allow` statements without a condition on resource `*` with an action that hands out credentials.
pub fn exposing_credentials(store: &Store, value: &Value) -> Vec<StatementHit> {
    allowing_one_of(store, value, CREDENTIALS)
}

/// `Allow` statements without a condition on resource `*` with an action that reads secrets or objects.
pub fn exposing_data(store: &Store, value: &Value) -> Vec<StatementHit> {
    allowing_one_of(store, value, DATA)
}

fn allowing_one_of(store: &Store, value: &Value, wanted: &[&str]) -> Vec<StatementHit> {
    let document = document(store, value);
    hits(store, &document, &|statement| {
        let truth = unlimited(store, statement);
        if truth.no.is_true() {
            return truth;
        }
        let mut any = Truth::NO;
        for action in wanted {
            let action = Pattern::parse_folded(action);
            let speaks = statement.speaks_of_actions(store, &action);
            if !speaks.no.is_true() {
                let left = store.truth_and(speaks, !denied(store, &document, &action));
                any = store.truth_or(any, left);
            }
        }
        store.truth_and(truth, any)
    })
}

/// `Allow` statements without a condition on resource `*` that have a part in a way to more permissions, where the
/// document as a whole allows all of that way.
pub fn escalating(store: &Store, value: &Value) -> Vec<StatementHit> {
    let document = document(store, value);
    let wide: Vec<Truth> = document.statements.iter().map(|statement| unlimited(store, statement)).collect();
    let allowed = |statement: &Statement, action: &str| {
        let truth = wide.get(statement.index).copied().unwrap_or(Truth::NO);
        if truth.no.is_true() {
            return truth;
        }
        store.truth_and(truth, statement.speaks_of_actions(store, &Pattern::parse_folded(action)))
    };
    let ways: Vec<(&[&str], Truth)> = ESCALATIONS
        .iter()
        .map(|way| {
            let possible = way.iter().fold(Truth::YES, |all, action| {
                if all.no.is_true() {
                    return all;
                }
                let anywhere = document
                    .statements
                    .iter()
                    .fold(Truth::NO, |any, s| store.truth_or(any, allowed(s, action)));
                if anywhere.no.is_true() {
                    return anywhere;
                }
                let left = !denied(store, &document, &Pattern::parse_folded(action));
                store.truth_and(all, store.truth_and(anywhere, left))
            });
            (*way, possible)
        })
        .filter(|(_, possible)| !possible.no.is_true())
        .collect();
    hits(store, &document, &|statement| {
        let mut truth = Truth::NO;
        for (way, possible) in &ways {
            for action in *way {
                truth = store.truth_or(truth, store.truth_and(*possible, allowed(statement, action)));
            }
        }
        truth
    })
}

/// What the subject of a token must be limited to.
enum Issuer {
    /// GitHub Actions: `repo:owner/…`.
    GitHub,
    /// Other services that issue tokens to all their customers: the subject.
    Shared,
    /// Identity providers of apps: the audience (the app) or the subject.
    Apps,
}

/// Issuers that give tokens to anybody who signs up ("Configuring a role for GitHub OIDC identity provider", "OIDC
/// federation": IAM User Guide).
fn issuer(provider: &str) -> Option<Issuer> {
    let provider = provider.rsplit("oidc-provider/").next().unwrap_or(provider);
    let host = provider.split('/').next().unwrap_or(provider);
    match host {
        "token.actions.githubusercontent.com" => Some(Issuer::GitHub),
        "gitlab.com"
        | "app.terraform.io"
        | "agent.buildkite.com"
        | "api.bitbucket.org"
        | "app.pulumi.com"
        | "api.pulumi.com"
        | "oidc.vercel.com" => Some(Issuer::Shared),
        "cognito-identity.amazonaws.com"
        | "accounts.google.com"
        | "graph.facebook.com"
        | "www.amazon.com" => Some(Issuer::Apps),
        _ => None,
    }
}

/// `Allow` statements of a trust policy that let in anybody's workload or app through a web identity: a federated
/// principal that issues tokens to everybody, without a condition that limits the subject (for GitHub: to an owner).
pub fn open_web_identity(store: &Store, value: &Value) -> Vec<StatementHit> {
    let document = document(store, value);
    hits(store, &document, &|statement| {
        let mut truth = statement.is_allow(store);
        if truth.no.is_true() {
            return truth;
        }
        let mut open = Truth::NO;
        for principal in statement.principals.items.iter().filter(|p| p.kind == PrincipalKind::Federated) {
            // An unknown account number or the like stands in front of what matters.
            let Some(issuer) = issuer(&principal.pattern.to_string()) else { continue };
            let limits =
                statement.clauses.iter().map(|clause| (clause.guard, limits(store, clause, &issuer)));
            let unknown = statement.clauses_open.iter().map(|open| (open.guard, Truth::UNKNOWN));
            let limited = store.truth_any(limits.chain(unknown), false);
            open = store.truth_or(open, store.truth_and(store.truth_when(principal.guard), !limited));
        }
        truth = store.truth_and(truth, open);
        truth
    })
}

fn limits(store: &Store, clause: &Clause, issuer: &Issuer) -> Truth {
    let positive =
        matches!(clause.operator.as_str(), "stringequals" | "stringlike" | "stringequalsignorecase");
    let last = clause.key.rsplit(':').next().unwrap_or("");
    let key = match issuer {
        Issuer::GitHub | Issuer::Shared => {
            matches!(last, "sub" | "repository" | "repository_owner" | "repository_id")
        }
        Issuer::Apps => matches!(last, "sub" | "aud" | "oaud" | "app_id"),
    };
    if !positive || !key || clause.values.items.is_empty() {
        return Truth::NO;
    }
    let mut all = Truth::YES;
    for member in &clause.values.items {
        for case in spelled_out(store, &member.value) {
            let guard = store.and(member.guard, case.guard);
            let pattern = super::super::read::pattern(store, &case.value, false, false);
            let one = match pattern.and_then(|pattern| names_subject(&pattern, issuer, last)) {
                Some(answer) => Truth::of(answer),
                None => Truth::UNKNOWN,
            };
            all = store.truth_and(all, store.truth_or(!store.truth_when(guard), one));
        }
    }
    for open in &clause.values.open {
        all = store.truth_and(all, Truth { yes: store.not(open.guard), no: Guard::FALSE });
    }
    all
}

/// Whether a subject names somebody. GitHub's subjects may be customised, but other claims than the repository come
/// under the control of whoever runs a workflow.
fn names_subject(pattern: &Pattern, issuer: &Issuer, claim: &str) -> Option<bool> {
    let symbols = pattern.symbols();
    match issuer {
        Issuer::GitHub if claim == "sub" => {
            let prefixes =
                ["repo:", "repository:", "repository_owner:", "repository_id:", "job_workflow_ref:"];
            let literal: String = symbols
                .iter()
                .map_while(|s| match s {
                    Symbol::Char(c) => Some(*c),
                    _ => None,
                })
                .collect();
            let rest = prefixes.iter().find_map(|prefix| literal.strip_prefix(prefix));
            match rest {
                Some(rest) if literal.starts_with("repository_") => Some(!rest.is_empty()),
                Some(rest) if rest.find('/').is_some_and(|at| at > 0) => Some(true),
                _ if symbols
                    .get(literal.chars().count())
                    .is_some_and(|s| matches!(s, Symbol::Term { .. })) =>
                {
                    if literal.is_empty() || rest.is_some() { None } else { Some(false) }
                }
                _ => Some(false),
            }
        }
        _ => match symbols.first() {
            None | Some(Symbol::Many | Symbol::One) => Some(false),
            Some(Symbol::Term { fixed: false, .. }) => None,
            _ => Some(pattern.is_literal() || pattern.fixed_prefix(6) >= 6),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::aws::iam::any;
    use crate::source::Sources;

    fn ask(question: &dyn Fn(&Store, &Value) -> Vec<StatementHit>, statements: &str) -> Option<bool> {
        let store = Store::new(Arc::new(Sources::new()));
        let document = Value::string(format!(r#"{{"Statement": [{statements}]}}"#));
        any(&store, &question(&store, &document)).known()
    }

    fn allow(actions: &str) -> String {
        format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}"#)
    }

    #[test]
    fn levels_on_every_resource() {
        let permissions = |statements: &str| ask(&|s, v| unrestricted(s, v, Level::Permissions), statements);
        assert_eq!(permissions(&allow(r#""iam:ChangePassword""#)), Some(true));
        assert_eq!(permissions(&allow(r#""s3:Get*""#)), Some(false));
        assert_eq!(permissions(&allow(r#""*""#)), Some(true));
        let denied = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;
        assert_eq!(permissions(denied), Some(false));
        let write = |statements: &str| ask(&|s, v| unrestricted(s, v, Level::Write), statements);
        assert_eq!(write(&allow(r#""s3:*""#)), Some(true));
        assert_eq!(write(&allow(r#""xray:PutTraceSegments", "xray:PutTelemetryRecords""#)), Some(false));
        let conditioned = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": "123456789012"}}}"#;
        assert_eq!(write(conditioned), Some(false));
    }

    #[test]
    fn escalations_need_all_of_a_way() {
        let escalates = |statements: &str| ask(&|s, v| escalating(s, v), statements);
        assert_eq!(escalates(&allow(r#""iam:PassRole""#)), Some(false));
        assert_eq!(
            escalates(&allow(r#""lambda:CreateFunction", "lambda:CreateEventSourceMapping""#)),
            Some(false)
        );
        let split = format!(
            "{}, {}",
            allow(r#""iam:PassRole""#),
            allow(r#""lambda:CreateFunction", "lambda:CreateEventSourceMapping""#)
        );
        assert_eq!(escalates(&split), Some(true));
        assert_eq!(escalates(&allow(r#""iam:*""#)), Some(true));
    }

    #[test]
    fn credentials_and_data() {
        let credentials = |statements: &str| ask(&|s, v| exposing_credentials(s, v), statements);
        assert_eq!(credentials(&allow(r#""ecr:GetAuthorizationToken""#)), Some(false));
        assert_eq!(credentials(&allow(r#""s3:GetObject", "iam:CreateAccessKey""#)), Some(true));
        let data = |statements: &str| ask(&|s, v| exposing_data(s, v), statements);
        assert_eq!(data(&allow(r#""ssm:Get*""#)), Some(true));
        assert_eq!(data(&allow(r#""lambda:CreateFunction""#)), Some(false));
    }

    #[test]
    fn web_identities_must_name_their_subject() {
        let open = |provider: &str, condition: &str| {
            let statement = format!(
                r#"{{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {{"Federated": "{provider}"}}, "Condition": {condition}}}"#
            );
            ask(&|s, v| open_web_identity(s, v), &statement)
        };
        const GITHUB: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
        let subject = |text: &str| {
            format!(r#"{{"StringLike": {{"token.actions.githubusercontent.com:sub": "{text}"}}}}"#)
        };
        for text in
            ["repo:org/name:*", "repo:org/*", "repo:org/name:ref:refs/heads/main", "repository_owner:org"]
        {
            assert_eq!(open(GITHUB, &subject(text)), Some(false), "{text}");
        }
        for text in ["*", "repo:*", "repo:org*", "workflow:x:repo:org/name", "ref:refs/heads/main"] {
            assert_eq!(open(GITHUB, &subject(text)), Some(true), "{text}");
        }
        assert_eq!(open(GITHUB, "{}"), Some(true));
        let audience =
            r#"{"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}"#;
        assert_eq!(open(GITHUB, audience), Some(true));
        assert_eq!(
            open("arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A", "{}"),
            Some(false)
        );
        let pool = r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234-abcd"}}"#;
        assert_eq!(open("cognito-identity.amazonaws.com", pool), Some(false));
        assert_eq!(open("cognito-identity.amazonaws.com", "{}"), Some(true));
    }
}
