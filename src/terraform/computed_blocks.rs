//! Blocks that the provider fills in when nobody writes them, from `grammars/terraform/computed_blocks.txt`.

static TEXT: &str = include_str!("../../grammars/terraform/computed_blocks.txt");

/// Whether the provider fills in a block of a resource type when nobody writes it.
pub(super) fn is_computed(type_name: &str, block: &str) -> bool {
    TEXT.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| *name == type_name)
        .is_some_and(|(_, blocks)| blocks.split(", ").any(|name| name == block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::schema::{self, ObjectId};

    #[test]
    fn every_line_is_of_a_type_and_its_blocks() {
        let mut seen = 0;
        for (type_name, blocks) in
            TEXT.lines().filter(|l| !l.starts_with('#')).map(|l| l.split_once(": ").unwrap())
        {
            let known = schema::get(type_name).unwrap_or_else(|| panic!("{type_name}"));
            for name in blocks.split(", ") {
                let block =
                    known.attribute(ObjectId(0), name).unwrap_or_else(|| panic!("{type_name}.{name}"));
                assert!(block.kind.object().is_some(), "{type_name}.{name}");
                seen += 1;
            }
        }
        assert!(seen > 70, "{seen}");
        assert!(is_computed("aws_instance", "metadata_options"));
        assert!(!is_computed("aws_lambda_function", "dead_letter_config"));
    }
}
