//! The functions that pages may call: how many arguments they take and what they return.

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returns {
    Any,
    Bool,
    Number,
    String,
    Strings,
    List,
    /// A list of what the first argument has.
    SameList,
    /// What the first argument is.
    Same,
    /// One element of the first argument.
    Element,
    /// The arguments' common type.
    Common,
    /// Statements of a policy document.
    Statements,
    /// Rules of the security group that is the first argument.
    Rules,
    /// Resources of the type that an argument names (its index).
    Resources(usize),
    /// Entries of an environment.
    Secrets,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    /// Its name.
    pub(super) name: &'static str,
    /// The least number of arguments.
    pub(super) least: usize,
    /// The largest number of arguments.
    pub(super) most: usize,
    /// What it returns.
    pub(super) returns: Returns,
}

const MANY: usize = usize::MAX;

/// A question of pages.
const fn own(name: &'static str, least: usize, most: usize, returns: Returns) -> Signature {
    Signature { name, least, most, returns }
}

/// One of Terraform's functions.
const fn pure(name: &'static str, least: usize, most: usize, returns: Returns) -> Signature {
    Signature { name, least, most, returns }
}

/// All functions, sorted by name.
#[rustfmt::skip]
pub(super) static FUNCTIONS: &[Signature] = &[
    pure("abs", 1, 1, Returns::Number),
    own("absent", 1, 1, Returns::Bool),
    own("all_ports", 1, 1, Returns::Bool),
    pure("alltrue", 1, 1, Returns::Bool),
    pure("anytrue", 1, 1, Returns::Bool),
    pure("base64decode", 1, 1, Returns::String),
    pure("base64encode", 1, 1, Returns::String),
    pure("can", 1, 1, Returns::Bool),
    pure("ceil", 1, 1, Returns::Number),
    pure("chomp", 1, 1, Returns::String),
    pure("chunklist", 2, 2, Returns::List),
    pure("cidrhost", 2, 2, Returns::String),
    pure("cidrnetmask", 1, 1, Returns::String),
    pure("cidrsubnet", 3, 3, Returns::String),
    pure("coalesce", 1, MANY, Returns::Common),
    pure("coalescelist", 1, MANY, Returns::Common),
    pure("compact", 1, 1, Returns::Strings),
    pure("concat", 1, MANY, Returns::SameList),
    pure("contains", 2, 2, Returns::Bool),
    own("cross_account", 1, 1, Returns::Statements),
    pure("distinct", 1, 1, Returns::Same),
    pure("element", 2, 2, Returns::Element),
    pure("endswith", 2, 2, Returns::Bool),
    own("escalating", 1, 1, Returns::Statements),
    own("explicit", 1, 1, Returns::Bool),
    own("exposes", 2, 2, Returns::Bool),
    own("exposing_credentials", 1, 1, Returns::Statements),
    own("exposing_data", 1, 1, Returns::Statements),
    pure("flatten", 1, 1, Returns::List),
    pure("floor", 1, 1, Returns::Number),
    pure("format", 1, MANY, Returns::String),
    own("granting", 3, 3, Returns::Statements),
    pure("indent", 2, 2, Returns::String),
    pure("index", 2, 2, Returns::Number),
    pure("join", 2, MANY, Returns::String),
    pure("jsondecode", 1, 1, Returns::Any),
    pure("jsonencode", 1, 1, Returns::String),
    pure("keys", 1, 1, Returns::Strings),
    own("known", 1, 1, Returns::Bool),
    pure("length", 1, 1, Returns::Number),
    pure("log", 2, 2, Returns::Number),
    own("looks_secret", 2, 2, Returns::Bool),
    pure("lookup", 2, 3, Returns::Element),
    pure("lower", 1, 1, Returns::String),
    pure("matchkeys", 3, 3, Returns::SameList),
    pure("max", 1, MANY, Returns::Number),
    pure("merge", 0, MANY, Returns::Common),
    pure("min", 1, MANY, Returns::Number),
    own("nacl_exposes", 2, 2, Returns::List),
    pure("one", 1, 1, Returns::Element),
    own("open_to_world", 1, 1, Returns::Bool),
    own("open_web_identity", 1, 1, Returns::Statements),
    pure("parseint", 2, 2, Returns::Number),
    own("passing_any_role", 1, 1, Returns::Statements),
    own("plaintext_secrets", 1, 1, Returns::Secrets),
    own("plaintext_value", 1, 1, Returns::Bool),
    pure("pow", 2, 2, Returns::Number),
    own("public_statements", 1, 1, Returns::Statements),
    pure("range", 1, 3, Returns::List),
    own("referrers", 2, 3, Returns::Resources(1)),
    own("refers", 2, 3, Returns::Resources(1)),
    pure("regex", 2, 2, Returns::Any),
    pure("regexall", 2, 2, Returns::List),
    pure("replace", 3, 3, Returns::String),
    own("requires_tls", 1, 1, Returns::Bool),
    own("resources", 1, 1, Returns::Resources(0)),
    pure("reverse", 1, 1, Returns::Same),
    own("rules", 2, 2, Returns::Rules),
    pure("setintersection", 1, MANY, Returns::Common),
    pure("setproduct", 1, MANY, Returns::List),
    pure("setsubtract", 2, 2, Returns::Same),
    pure("setunion", 1, MANY, Returns::Common),
    pure("signum", 1, 1, Returns::Number),
    pure("slice", 3, 3, Returns::Same),
    pure("sort", 1, 1, Returns::Strings),
    pure("split", 2, 2, Returns::Strings),
    pure("startswith", 2, 2, Returns::Bool),
    own("statements", 1, 1, Returns::Statements),
    pure("strcontains", 2, 2, Returns::Bool),
    pure("strrev", 1, 1, Returns::String),
    pure("substr", 3, 3, Returns::String),
    pure("sum", 1, 1, Returns::Number),
    pure("title", 1, 1, Returns::String),
    pure("tobool", 1, 1, Returns::Bool),
    pure("tolist", 1, 1, Returns::Any),
    pure("tomap", 1, 1, Returns::Any),
    pure("tonumber", 1, 1, Returns::Number),
    pure("toset", 1, 1, Returns::Any),
    pure("tostring", 1, 1, Returns::String),
    pure("transpose", 1, 1, Returns::Any),
    pure("trim", 2, 2, Returns::String),
    pure("trimprefix", 2, 2, Returns::String),
    pure("trimspace", 1, 1, Returns::String),
    pure("trimsuffix", 2, 2, Returns::String),
    pure("try", 1, MANY, Returns::Common),
    own("unrestricted", 2, 2, Returns::Statements),
    pure("upper", 1, 1, Returns::String),
    pure("urlencode", 1, 1, Returns::String),
    pure("values", 1, 1, Returns::List),
    own("weak_tls_policy", 1, 1, Returns::Bool),
    own("wildcard_actions", 1, 1, Returns::Statements),
    own("wildcard_resources", 1, 1, Returns::Statements),
    pure("zipmap", 2, 2, Returns::Any),
];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Signature> {
    let at = FUNCTIONS.binary_search_by(|f| f.name.cmp(name)).ok()?;
    FUNCTIONS.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_so_that_they_are_found() {
        assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(find("referrers").is_some());
        assert!(find("timestamp").is_none());
    }
}
