//! "Did you mean …": the nearest of the names that exist.

/// The candidate that `name` is most likely a misspelling of, if any is near enough (a third of its length in edits).
/// Of equally near ones the first.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.len().abs_diff(name.len()) > limit * 4 {
            continue;
        }
        let distance = strsim::damerau_levenshtein(name, candidate);
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn only_near_names_are_suggested() {
        assert_eq!(closest("bukcet", ["bucket", "basket"]), Some("bucket"));
        assert_eq!(closest("environment", ["env", "enviroment", "region"]), Some("enviroment"));
        assert_eq!(closest("x", ["y", "name"]), Some("y"));
        assert_eq!(closest("vpc_id", ["subnet_ids"]), None);
    }
}
