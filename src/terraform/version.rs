//! Version constraints, as far as anything here depends on them: the major versions that they allow.

/// The range of major versions that a constraint such as `~> 5.0` or `>= 4.9, < 7.0.0` allows, both ends included,
/// within `known`. What can't be read, or allows none of the known ones, does not narrow the range.
///
/// Constraint syntax: Terraform documentation, "Version Constraints".
pub fn major_range(constraint: &str, known: (u32, u32)) -> (u32, u32) {
    let (mut low, mut high) = known;
    for part in constraint.split(',') {
        let part = part.trim();
        let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (operator, version) = part.split_at_checked(digits).unwrap_or((part, ""));
        let version = version.split(['-', '+']).next().unwrap_or("");
        let mut numbers = version.trim().split('.').map(|n| n.parse::<u32>());
        let Some(Ok(major)) = numbers.next() else { continue };
        let rest_is_zero = numbers.all(|n| n.is_ok_and(|n| n == 0));
        match operator.trim().trim_end_matches('v') {
            "" | "=" | "~>" => {
                low = low.max(major);
                high = high.min(major);
            }
            ">=" | ">" => low = low.max(major),
            "<=" => high = high.min(major),
            "<" if rest_is_zero => high = high.min(major.saturating_sub(1)),
            "<" => high = high.min(major),
            _ => {}
        }
    }
    if low > high { known } else { (low, high) }
}

/// The least version that a constraint allows, as major and minor number; none when it has no lower bound.
pub(super) fn least(constraint: &str) -> Option<(u32, u32)> {
    let mut least = None;
    for part in constraint.split(',') {
        let part = part.trim();
        let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (operator, version) = part.split_at_checked(digits).unwrap_or((part, ""));
        if !matches!(operator.trim().trim_end_matches('v'), "" | "=" | "~>" | ">=" | ">") {
            continue;
        }
        let mut numbers = version.split(['.', '-', '+']).map(|n| n.trim().parse::<u32>().ok());
        let Some(Some(major)) = numbers.next() else { continue };
        least = least.max(Some((major, numbers.next().flatten().unwrap_or(0))));
    }
    least
}

#[cfg(test)]
mod tests {
    use super::{least, major_range};

    #[test]
    fn constraints_have_a_least_version() {
        for (constraint, expected) in [
            (">= 6.28", Some((6, 28))),
            ("~> 5.31.0", Some((5, 31))),
            (">= 4.9, >= 5, < 7", Some((5, 0))),
            ("< 7", None),
            ("6.1.0-beta1", Some((6, 1))),
            ("", None),
        ] {
            assert_eq!(least(constraint), expected, "{constraint}");
        }
    }

    #[test]
    fn constraints_narrow_the_major_versions() {
        let all = (2, 6);
        for (constraint, expected) in [
            ("~> 5.0", (5, 5)),
            ("~> 5", (5, 5)),
            ("~>4.16.1", (4, 4)),
            (">= 4.9", (4, 6)),
            (">= 4.9, < 6.0.0", (4, 5)),
            (">= 3.0, < 5.1", (3, 5)),
            ("5.31.0", (5, 5)),
            ("= 5.31.0", (5, 5)),
            ("v5.31.0-beta1", (5, 5)),
            ("!= 5.2.0", all),
            ("> 3, <= 4", (3, 4)),
            (">= 7.0", all),
            ("", all),
            ("latest", all),
        ] {
            assert_eq!(major_range(constraint, all), expected, "{constraint}");
        }
    }
}
