//! The values that the AWS provider gives to arguments that nobody sets, from `grammars/terraform/defaults.txt`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

static TEXT: &str = include_str!("../../grammars/terraform/defaults.txt");
static LINES: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    TEXT.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, arguments)| (name.trim(), arguments.trim()))
        .collect()
});

/// The arguments of a resource type that have a value when nobody sets them, with that value as JSON text.
pub fn of(type_name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let line = LINES.get(type_name).copied().unwrap_or_default();
    line.split("; ").filter_map(|pair| pair.split_once(" = "))
}

/// The value of one argument, as JSON text.
pub fn get(type_name: &str, argument: &str) -> Option<&'static str> {
    of(type_name).find(|(name, _)| *name == argument).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::schema::{self, Kind, ObjectId};

    #[test]
    fn every_default_is_of_an_argument_and_of_its_type() {
        let mut seen = 0;
        for type_name in LINES.keys() {
            let known = schema::get(type_name).unwrap_or_else(|| panic!("{type_name}"));
            for (name, value) in of(type_name) {
                let attribute = known.attribute(ObjectId(0), name).unwrap_or_else(|| panic!("{name}"));
                let value: serde_json::Value = serde_json::from_str(value).unwrap();
                let fits = match attribute.kind {
                    Kind::String => value.is_string(),
                    Kind::Number => value.is_number(),
                    Kind::Bool => value.is_boolean(),
                    _ => false,
                };
                assert!(fits && attribute.optional, "{type_name}.{name}");
                seen += 1;
            }
        }
        assert!(seen > 80, "{seen}");
        assert_eq!(get("aws_iam_role", "path"), Some("\"/\""));
        assert_eq!(get("aws_iam_role", "name"), None);
    }
}
