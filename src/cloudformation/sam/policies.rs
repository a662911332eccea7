//! Execution roles and what `Policies` puts into them: documents, policy templates, names of managed policies.

use std::sync::LazyLock;

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, Resource};

use super::make::{At, Making, Props, item, literal_text, member, tags};

/// Facts of the transform (`data/sam.py`).
pub(super) static FACTS: LazyLock<serde_json::Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../data/sam.json")).unwrap_or_default());

/// What a member of `Policies` is.
enum Policy {
    /// A document, for `Policies` of the role.
    Document(Expr),
    /// An ARN, for `ManagedPolicyArns`.
    Managed(Expr),
}

/// A role while it is made: events add to it.
pub(super) struct Role {
    making: Making,
    /// Whether the transform makes it, and not only the events' wishes are noted.
    pub(super) wanted: bool,
    managed: Vec<Expr>,
    documents: Vec<Expr>,
    at: At,
}

/// What a role is made of.
pub(super) struct RoleOf<'r> {
    /// The resource that it is for.
    pub(super) of: &'r Resource,
    /// Its properties.
    pub(super) props: &'r Props,
    /// Who assumes it.
    pub(super) service: &'static str,
    /// What everyone of the kind gets, names of managed policies.
    pub(super) managed: Vec<&'static str>,
    /// The tag that the transform puts on what it makes.
    pub(super) tag: &'static str,
}

impl Role {
    /// The execution role of a function or state machine.
    pub(super) fn new(from: &RoleOf<'_>) -> Role {
        let at = At(from.of.header);
        let id = format!("{}Role", from.of.name);
        let mut making = Making::new(from.of, id.clone(), "AWS::IAM::Role", from.of.header);
        match from.props.attribute("AssumeRolePolicyDocument") {
            Some(_) => making.pass(from.props, &["AssumeRolePolicyDocument"]),
            None => making.set("AssumeRolePolicyDocument", trust(at, from.service)),
        };
        making.rename(from.props, "RolePath", "Path").pass(from.props, &["PermissionsBoundary"]);
        making.set_some("Tags", tags(at, Some(from.tag), from.props.get("Tags")));
        let mut role = Role {
            making,
            wanted: true,
            managed: from.managed.iter().map(|name| at.text(&managed_arn(name))).collect(),
            documents: Vec::new(),
            at,
        };
        let Some(policies) = from.props.get("Policies") else { return role };
        let all = match &policies.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(policies),
        };
        for (index, policy) in all.iter().enumerate() {
            match read(policy, &format!("{id}Policy{index}")) {
                Some(Policy::Document(document)) => role.documents.push(document),
                Some(Policy::Managed(arn)) => role.add_managed(arn),
                None => {}
            }
        }
        role
    }

    pub(super) fn id(&self) -> &Str {
        self.making.id()
    }

    pub(super) fn add_managed(&mut self, arn: Expr) {
        let same = |known: &Expr| known.as_string().is_some() && known.as_string() == arn.as_string();
        if !self.managed.iter().any(same) {
            self.managed.push(arn);
        }
    }

    /// Adds one of AWS's policies by its name.
    pub(super) fn add_aws(&mut self, name: &str, at: At) {
        self.add_managed(at.text(&managed_arn(name)));
    }

    /// Adds a document under a name.
    pub(super) fn add_document(&mut self, name: &str, document: Expr) {
        let at = At(document.span);
        self.documents.push(at.object(vec![("PolicyName", at.text(name)), ("PolicyDocument", document)]));
    }

    pub(super) fn only_if(&mut self, condition: Expr) {
        self.making.only_if(condition);
    }

    pub(super) fn done(mut self) -> Option<Resource> {
        if !self.wanted {
            return None;
        }
        let managed = self.at.list(self.managed);
        self.making.set("ManagedPolicyArns", managed);
        if !self.documents.is_empty() {
            let documents = self.at.list(self.documents);
            self.making.set("Policies", documents);
        }
        Some(self.making.done())
    }
}

/// The trust policy for a service.
pub(super) fn trust(at: At, service: &str) -> Expr {
    at.json(
        &serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}]
        }),
        &|_| None,
    )
}

/// A document with one statement.
pub(super) fn allow(at: At, action: &str, resource: Expr) -> Expr {
    let statement =
        at.object(vec![("Action", at.text(action)), ("Effect", at.text("Allow")), ("Resource", resource)]);
    at.object(vec![("Statement", at.list(vec![statement]))])
}

/// A policy that lets events be sent to a destination: to a bucket they are written as objects, and it is listed.
pub(super) fn send(at: At, action: &str, destination: &Expr) -> Expr {
    if action != "s3:PutObject" {
        return allow(at, action, destination.clone());
    }
    let objects = at.call("Fn::Join", vec![at.text("/"), at.list(vec![destination.clone(), at.text("*")])]);
    let statement = |action: &str, resource: Expr| {
        at.object(vec![("Action", at.text(action)), ("Effect", at.text("Allow")), ("Resource", resource)])
    };
    let statements = vec![statement(action, objects), statement("s3:ListBucket", destination.clone())];
    at.object(vec![("Statement", at.list(statements))])
}

fn read(policy: &Expr, name: &str) -> Option<Policy> {
    let at = At(policy.span);
    match &policy.kind {
        ExprKind::Literal(Literal::NoValue | Literal::Null) => None,
        ExprKind::Literal(Literal::String(text)) => {
            Some(Policy::Managed(Expr::string(managed_arn(text), policy.span)))
        }
        ExprKind::Conditional(condition, yes, no) => {
            let (yes, no) = (read(yes, name), read(no, name));
            let arms = |yes: Option<Expr>, no: Option<Expr>| {
                let or_none = |e: Option<Expr>| e.unwrap_or_else(|| at.no_value());
                at.choose((**condition).clone(), or_none(yes), or_none(no))
            };
            match (yes, no) {
                (None, None) => None,
                (Some(Policy::Managed(yes)), Some(Policy::Managed(no))) => {
                    Some(Policy::Managed(arms(Some(yes), Some(no))))
                }
                (Some(Policy::Managed(yes)), None) => Some(Policy::Managed(arms(Some(yes), None))),
                (None, Some(Policy::Managed(no))) => Some(Policy::Managed(arms(None, Some(no)))),
                (yes, no) => {
                    let document = |p: Option<Policy>| match p {
                        Some(Policy::Document(document)) => Some(document),
                        _ => None,
                    };
                    Some(Policy::Document(arms(document(yes), document(no))))
                }
            }
        }
        ExprKind::Object(items) => {
            let document = |document: Expr| {
                Some(Policy::Document(
                    at.object(vec![("PolicyName", at.text(name)), ("PolicyDocument", document)]),
                ))
            };
            if item(policy, "Statement").is_some() {
                return document(policy.clone());
            }
            let [only] = items.as_slice() else { return None };
            let template = FACTS.get("templates")?.get(only.key.as_string()?.as_str())?;
            let definition = template.get("definition")?;
            document(at.json(definition, &|parameter| member(&only.value, parameter).cloned()))
        }
        // any other function names a managed policy
        _ => Some(Policy::Managed(policy.clone())),
    }
}

/// The ARN of a managed policy of AWS; what is no name of one stays.
pub(super) fn managed_arn(name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let (path, name) = match name.rsplit_once('/') {
        Some((path, name)) => (Some(path), name),
        None => (FACTS.get("paths").and_then(|p| p.get(name)).and_then(serde_json::Value::as_str), name),
    };
    match path {
        Some(path) => format!("arn:aws:iam::aws:policy/{path}/{name}"),
        None => format!("arn:aws:iam::aws:policy/{name}"),
    }
}

/// Whether tracing is on, as `Tracing` says it.
pub(super) fn traces(props: &Props) -> bool {
    props.get("Tracing").is_some_and(|t| literal_text(t) != Some("Disabled"))
}
