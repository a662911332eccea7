//! Whether two resources are in the same account and region: what an account's settings (encryption by default, a
//! detector) hold for.
//!
//! Resources of one provider configuration, and all of a stack with its nested stacks, share both. Different
//! configurations are compared by what they say: the region, and who acts. Two that name no credentials take the same
//! from the environment; two different roles may be of one account, so that is not known unless their account ids tell.
//! Terraform's provider 6 lets each resource name its region.

use crate::eval::{Data, Scope, Store, Truth, UnknownId, Value};
use crate::graph::{Graph, Related, Relations};
use crate::model::{Resource, ResourceId};
use crate::program::{Dialect, Mode};

/// How far a setting reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All regions of the account.
    Account,
    /// One region of the account.
    Region,
}

impl Reach {
    /// That of a registry type: services without regions ("AWS service endpoints", AWS General Reference), and S3's
    /// settings of an account ("Configuring block public access settings for your account", Amazon S3 User Guide).
    pub fn of(type_name: &str) -> Reach {
        let service = type_name.split("::").nth(1).unwrap_or_default();
        let everywhere = matches!(
            service,
            "IAM"
                | "Organizations"
                | "Route53"
                | "Route53Domains"
                | "CloudFront"
                | "Shield"
                | "Budgets"
                | "SSO"
        );
        match everywhere || type_name == "Masugata::S3::AccountPublicAccessBlock" {
            true => Reach::Account,
            false => Reach::Region,
        }
    }
}

/// The region of a resource: its own argument, else its provider's or stack's.
pub fn region(resource: &Resource) -> Option<&Value> {
    let declared = resource.declared_as.as_str();
    // An authorisation's argument is the region of somebody else.
    let argument = declared.starts_with("aws_") && declared != "aws_config_aggregate_authorization";
    let own = resource.values.as_map().filter(|_| argument).and_then(|values| values.get("region"));
    own.map(|entry| &entry.value).filter(|value| !value.is_unset()).or(resource.scope.region.as_ref())
}

/// Whether two resources are in the same account and, where that matters, the same region.
pub fn same(store: &Store, a: &Resource, b: &Resource, reach: Reach) -> Truth {
    let account = same_account(store, &a.scope, &b.scope);
    if reach == Reach::Account {
        return account;
    }
    let region = match (region(a), region(b)) {
        (None, None) => Truth::YES,
        (Some(a), Some(b)) => store.equal(a, b, Dialect::Terraform),
        // What the environment says may be the same.
        _ => Truth::UNKNOWN,
    };
    store.truth_and(account, region)
}

fn same_account(store: &Store, a: &Scope, b: &Scope) -> Truth {
    if a.configuration == b.configuration {
        return Truth::YES;
    }
    match (&a.credentials, &b.credentials) {
        (None, None) => Truth::YES,
        (Some(one), Some(other)) => {
            let equal = store.equal(one, other, Dialect::Terraform);
            if equal.yes.is_true() {
                return Truth::YES;
            }
            match (account(store, one), account(store, other)) {
                (Some(one), Some(other)) => Truth::of(one == other),
                // Others may be of the same account.
                _ => Truth { yes: equal.yes, no: crate::eval::Guard::FALSE },
            }
        }
        _ => Truth::UNKNOWN,
    }
}

/// The account id that credentials tell: the role's that is assumed last, or the only one that is allowed.
fn account(store: &Store, credentials: &Value) -> Option<String> {
    let map = credentials.as_map()?;
    let only = |value: &Value| match &value.data {
        Data::List(list) if list.rest.is_none() => match list.members.as_slice() {
            [.., last] if last.guard.is_true() => Some(last.value.clone()),
            _ => None,
        },
        Data::Map(_) => Some(value.clone()),
        _ => None,
    };
    let roles = ["assume_role", "assume_role_with_web_identity"].into_iter().find_map(|name| map.get(name));
    if let Some(role) = roles.and_then(|entry| only(&entry.value)) {
        let arn = store.string_of(&role.as_map()?.get("role_arn")?.value)?;
        return arn.split(':').nth(4).filter(|id| !id.is_empty()).map(str::to_owned);
    }
    let allowed = &map.get("allowed_account_ids")?.value;
    let one = allowed.as_list().is_some_and(|list| list.members.len() == 1);
    only(allowed).filter(|_| one).and_then(|id| store.string_of(&id)).map(|id| id.to_string())
}

/// The managed resources of a type in a resource's account and, unless the type is of the account as a whole, region:
/// those of this root. That there is none here does not say that the account has none. Open where it can't be told
/// whether one is in the same account and region.
pub fn in_scope(graph: &Graph, of: ResourceId, type_name: &str) -> Relations {
    let store = &*graph.store;
    let mut found = Relations::default();
    let Some(subject) = graph.resource(of) else { return found };
    let reach = Reach::of(type_name);
    for id in graph.of_type(type_name) {
        let Some(resource) = graph.resource(*id).filter(|r| r.mode == Mode::Managed) else { continue };
        let truth = same(store, subject, resource, reach);
        let guard = store.and(resource.exists, truth.yes);
        if !guard.is_false() {
            found.members.push(Related { id: *id, guard, property: crate::Str::new() });
        }
        let undecided = store.and(resource.exists, store.truth_unknown(truth));
        if !undecided.is_false() {
            found.open = found.open.or_else(|| Some(reason(store, resource, subject)));
        }
    }
    found
}

fn reason(store: &Store, setting: &Resource, subject: &Resource) -> UnknownId {
    let text = ecow::eco_format!(
        "whether `{}` is in the account and region of `{}`",
        setting.address,
        subject.address
    );
    store.reason(Some(setting.header), text)
}
