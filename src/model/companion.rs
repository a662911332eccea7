//! Companions: resources that configure another one. They stay nodes of the graph; what they say is contributed to
//! their owner. The tables under `grammars/terraform/` declare them, for Terraform types and for registry types alike.

use crate::Str;
use crate::eval::{Guard, Store, Value};
use crate::program::Mode;

use super::lower::companions;
use super::resource::Resource;

/// How a contribution joins what the owner has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Join {
    /// The property has one value. What the owner itself says stays where both speak; objects are joined.
    One,
    /// The value is one more element of a list.
    Append,
}

/// What one companion contributes to its owner.
#[derive(Clone, Debug)]
pub struct Contribution {
    /// The registry types that the owner can have; one, nearly always.
    pub owner_types: Vec<Str>,
    /// The values that name the owner, each with the condition under which it does: a reference, a name, an ARN,
    /// something unknown. Several where the argument is a list (`Roles` of `AWS::IAM::Policy`): each is an owner. None
    /// where it names nobody.
    pub owners: Vec<(Guard, Value)>,
    /// The companion's argument that names the owner.
    pub argument: Str,
    /// The registry path in the owner: `SecurityGroupIngress`, `VersioningConfiguration`.
    pub path: Str,
    /// How it joins.
    pub join: Join,
    /// What is contributed, each under its condition (the companion's existence not included). Several only for
    /// [`Join::Append`].
    pub values: Vec<(Guard, Value)>,
}

/// What a resource contributes to others. Empty for nearly all types, and cheap for them.
pub fn contributions(store: &Store, resource: &Resource) -> Vec<Contribution> {
    if resource.mode == Mode::Data {
        return Vec::new();
    }
    let origin = store.literal_origin(resource.header);
    let majors = resource.scope.provider_major;
    let mut out = Vec::new();
    if resource.declared_as != resource.type_name {
        out.extend(companions::declared(
            store,
            &resource.declared_as,
            resource.instance,
            &resource.values,
            majors,
            origin,
        ));
    }
    out.extend(companions::declared(
        store,
        &resource.type_name,
        resource.instance,
        &resource.properties,
        majors,
        origin,
    ));
    out.into_iter()
        .filter(|declared| !declared.values.is_empty())
        .map(|declared| Contribution {
            owner_types: declared.owners,
            owners: declared.owner,
            argument: declared.argument,
            path: declared.path,
            join: if declared.append { Join::Append } else { Join::One },
            values: declared.values,
        })
        .collect()
}

/// The properties of a registry type that some companion, of whatever type, sets as a whole.
pub fn set_by_companions(owner_type: &str) -> &'static [&'static str] {
    super::table::set_by_companions(owner_type)
}

/// The properties of an owner's type that resources of a registry type contribute to.
pub fn contributed_paths(type_name: &str, owner_type: &str) -> Vec<Str> {
    companions::paths(type_name, owner_type)
}
