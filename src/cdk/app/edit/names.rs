//! Names as each language writes them.

use crate::Str;

/// A registry property's name as a prop of an L1 construct: `KMSKeyId` is `kmsKeyId`, `EnforceHTTPS` is `enforceHttps`.
pub(super) fn camel(name: &str) -> Str {
    let chars: Vec<char> = name.chars().collect();
    let mut out = Str::new();
    for (at, c) in chars.iter().enumerate() {
        let upper = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_ascii_uppercase());
        let lower = |i: usize| chars.get(i).is_some_and(|c| c.is_ascii_lowercase());
        let after_upper = at == 0 || upper(at.checked_sub(1));
        // the last capital of a run begins the next word
        if c.is_ascii_uppercase() && after_upper && !(at > 0 && lower(at + 1) && !is_plural(&chars, at)) {
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(*c);
        }
    }
    out
}

/// `ARNs`: the capital belongs to the run, the `s` is its plural.
fn is_plural(chars: &[char], at: usize) -> bool {
    chars.get(at + 1) == Some(&'s')
        && chars.get(at + 2).is_none_or(|c| c.is_ascii_uppercase())
        && at > 0
        && chars.get(at - 1).is_some_and(char::is_ascii_uppercase)
}

/// `enforceSSL` is `enforce_ssl`, `s3BucketName` is `s3_bucket_name`.
pub(super) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() {
            let before = at.checked_sub(1).and_then(|i| chars.get(i));
            let starts = before.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let next = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
            let ends_run = before.is_some_and(char::is_ascii_uppercase) && next;
            if starts || ends_run {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(*c);
        }
    }
    out
}

/// With a small first letter.
pub(super) fn small(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or(String::new(), |c| c.to_ascii_lowercase().to_string() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_library() {
        let camels = [
            ("KmsKeyId", "kmsKeyId"),
            ("KMSKeyId", "kmsKeyId"),
            ("EnforceHTTPS", "enforceHttps"),
            ("TLSSecurityPolicy", "tlsSecurityPolicy"),
            ("MultiAZ", "multiAz"),
            ("EnableIAMDatabaseAuthentication", "enableIamDatabaseAuthentication"),
            ("S3BucketName", "s3BucketName"),
            ("VPCSecurityGroups", "vpcSecurityGroups"),
            ("SSESpecification", "sseSpecification"),
            ("Enable", "enable"),
        ];
        for (name, expected) in camels {
            assert_eq!(camel(name), expected);
        }
        let snakes = [
            ("enforceSSL", "enforce_ssl"),
            ("s3BucketName", "s3_bucket_name"),
            ("requireImdsv2", "require_imdsv2"),
        ];
        for (name, expected) in snakes {
            assert_eq!(snake(name), expected);
        }
    }
}
