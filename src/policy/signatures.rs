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

const fn of(name: &'static str, least: usize, most: usize, returns: Returns) -> Signature {
    Signature { name, least, most, returns }
}

/// The questions of pages, sorted by name.
#[rustfmt::skip]
pub(super) static OWN: &[Signature] = &[
    of("absent", 1, 1, Returns::Bool),
    of("all_ports", 1, 1, Returns::Bool),
    of("attribute", 2, 2, Returns::Any),
    of("cross_account", 1, 1, Returns::Statements),
    of("default_of", 2, 2, Returns::Resources(1)),
    of("escalating", 1, 1, Returns::Statements),
    of("explicit", 1, 1, Returns::Bool),
    of("exposes", 2, 2, Returns::Bool),
    of("exposing_credentials", 1, 1, Returns::Statements),
    of("exposing_data", 1, 1, Returns::Statements),
    of("granting", 3, 3, Returns::Statements),
    of("imdsv2_image", 1, 1, Returns::Bool),
    of("in_scope", 2, 2, Returns::Resources(1)),
    of("known", 1, 1, Returns::Bool),
    of("looks_secret", 2, 2, Returns::Bool),
    of("managed_policy", 2, 2, Returns::Bool),
    of("nacl_exposes", 2, 2, Returns::List),
    of("open_to_world", 1, 1, Returns::Bool),
    of("open_web_identity", 1, 1, Returns::Statements),
    of("own_key", 1, 1, Returns::Bool),
    of("passing_any_role", 1, 1, Returns::Statements),
    of("plaintext_secrets", 1, 1, Returns::Secrets),
    of("plaintext_value", 1, 1, Returns::Bool),
    of("public_statements", 1, 1, Returns::Statements),
    of("referrers", 2, 3, Returns::Resources(1)),
    of("refers", 2, 3, Returns::Resources(1)),
    of("requires_tls", 1, 1, Returns::Bool),
    of("resources", 1, 1, Returns::Resources(0)),
    of("rules", 2, 2, Returns::Rules),
    of("statements", 1, 1, Returns::Statements),
    of("unrestricted", 2, 2, Returns::Statements),
    of("weak_tls_policy", 1, 1, Returns::Bool),
    of("wildcard_actions", 1, 1, Returns::Statements),
    of("wildcard_resources", 1, 1, Returns::Statements),
];

/// Terraform's functions that pages have, sorted by name.
#[rustfmt::skip]
pub(super) static PURE: &[Signature] = &[
    of("abs", 1, 1, Returns::Number),
    of("alltrue", 1, 1, Returns::Bool),
    of("anytrue", 1, 1, Returns::Bool),
    of("base64decode", 1, 1, Returns::String),
    of("base64encode", 1, 1, Returns::String),
    of("can", 1, 1, Returns::Bool),
    of("ceil", 1, 1, Returns::Number),
    of("chomp", 1, 1, Returns::String),
    of("chunklist", 2, 2, Returns::List),
    of("cidrhost", 2, 2, Returns::String),
    of("cidrnetmask", 1, 1, Returns::String),
    of("cidrsubnet", 3, 3, Returns::String),
    of("coalesce", 1, MANY, Returns::Common),
    of("coalescelist", 1, MANY, Returns::Common),
    of("compact", 1, 1, Returns::Strings),
    of("concat", 1, MANY, Returns::SameList),
    of("contains", 2, 2, Returns::Bool),
    of("distinct", 1, 1, Returns::Same),
    of("element", 2, 2, Returns::Element),
    of("endswith", 2, 2, Returns::Bool),
    of("flatten", 1, 1, Returns::List),
    of("floor", 1, 1, Returns::Number),
    of("format", 1, MANY, Returns::String),
    of("indent", 2, 2, Returns::String),
    of("index", 2, 2, Returns::Number),
    of("join", 2, MANY, Returns::String),
    of("jsondecode", 1, 1, Returns::Any),
    of("jsonencode", 1, 1, Returns::String),
    of("keys", 1, 1, Returns::Strings),
    of("length", 1, 1, Returns::Number),
    of("log", 2, 2, Returns::Number),
    of("lookup", 2, 3, Returns::Element),
    of("lower", 1, 1, Returns::String),
    of("matchkeys", 3, 3, Returns::SameList),
    of("max", 1, MANY, Returns::Number),
    of("merge", 0, MANY, Returns::Common),
    of("min", 1, MANY, Returns::Number),
    of("one", 1, 1, Returns::Element),
    of("parseint", 2, 2, Returns::Number),
    of("pow", 2, 2, Returns::Number),
    of("range", 1, 3, Returns::List),
    of("regex", 2, 2, Returns::Any),
    of("regexall", 2, 2, Returns::List),
    of("replace", 3, 3, Returns::String),
    of("reverse", 1, 1, Returns::Same),
    of("setintersection", 1, MANY, Returns::Common),
    of("setproduct", 1, MANY, Returns::List),
    of("setsubtract", 2, 2, Returns::Same),
    of("setunion", 1, MANY, Returns::Common),
    of("signum", 1, 1, Returns::Number),
    of("slice", 3, 3, Returns::Same),
    of("sort", 1, 1, Returns::Strings),
    of("split", 2, 2, Returns::Strings),
    of("startswith", 2, 2, Returns::Bool),
    of("strcontains", 2, 2, Returns::Bool),
    of("strrev", 1, 1, Returns::String),
    of("substr", 3, 3, Returns::String),
    of("sum", 1, 1, Returns::Number),
    of("title", 1, 1, Returns::String),
    of("tobool", 1, 1, Returns::Bool),
    of("tolist", 1, 1, Returns::Any),
    of("tomap", 1, 1, Returns::Any),
    of("tonumber", 1, 1, Returns::Number),
    of("toset", 1, 1, Returns::Any),
    of("tostring", 1, 1, Returns::String),
    of("transpose", 1, 1, Returns::Any),
    of("trim", 2, 2, Returns::String),
    of("trimprefix", 2, 2, Returns::String),
    of("trimspace", 1, 1, Returns::String),
    of("trimsuffix", 2, 2, Returns::String),
    of("try", 1, MANY, Returns::Common),
    of("upper", 1, 1, Returns::String),
    of("urlencode", 1, 1, Returns::String),
    of("values", 1, 1, Returns::List),
    of("zipmap", 2, 2, Returns::Any),
];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Signature> {
    [OWN, PURE].into_iter().find_map(|table| {
        let at = table.binary_search_by(|f| f.name.cmp(name)).ok()?;
        table.get(at)
    })
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OWN.iter().chain(PURE).map(|f| f.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_has_the_functions_that_pages_take_from_it() {
        for Signature { name, .. } in PURE {
            assert!(crate::eval::is_function(name), "{name}");
        }
    }

    /// Editors colour the functions that pages have beside Terraform's.
    #[test]
    fn the_highlighting_grammar_knows_the_functions_of_pages() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/grammars/policy/policy.tmLanguage.json");
        let grammar: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let rules = grammar["repository"]["words"]["patterns"].as_array().unwrap();
        let pattern = rules.iter().find(|r| r.to_string().contains("support.function")).unwrap()["match"]
            .as_str()
            .unwrap();
        for Signature { name, .. } in OWN {
            assert!(pattern.contains(name), "`{name}` is missing in {path}");
        }
    }

    #[test]
    fn sorted_so_that_they_are_found() {
        for table in [OWN, PURE] {
            assert!(table.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
        assert!(find("referrers").is_some());
        assert!(find("timestamp").is_none());
    }
}
