//! What a document (a YAML or JSON file) may be, by signs in its bytes: a cheap test before anything is parsed.

use memchr::memmem;

/// What the bytes have signs of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// A CloudFormation template; its parse has to say whether it is one.
    Template,
    /// `terraform show -json` of a plan.
    Plan,
    /// Neither.
    Nothing,
}

/// Looks for signs. Text in other encodings than UTF-8 counts as possibly a template.
pub(super) fn evidence(bytes: &[u8]) -> Evidence {
    let has = |sign: &str| memmem::find(bytes, sign.as_bytes()).is_some();
    if memchr::memchr(0, bytes.get(..8192).unwrap_or(bytes)).is_some() {
        return Evidence::Template;
    }
    let json = bytes.iter().find(|b| !b.is_ascii_whitespace() && **b < 0x80) == Some(&b'{');
    if json && has("\"terraform_version\"") && (has("\"planned_values\"") || has("\"resource_changes\"")) {
        return Evidence::Plan;
    }
    if has("AWSTemplateFormatVersion")
        || (has("Transform") && has("AWS::"))
        || (has("Resources") && has("Type"))
    {
        return Evidence::Template;
    }
    Evidence::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs() {
        assert_eq!(evidence(b"AWSTemplateFormatVersion: '2010-09-09'"), Evidence::Template);
        assert_eq!(evidence(b"Resources:\n  B:\n    Type: AWS::S3::Bucket"), Evidence::Template);
        assert_eq!(evidence(b"apiVersion: v1\nkind: Pod\n"), Evidence::Nothing);
        assert_eq!(
            evidence(b"{\"format_version\":\"1.2\",\"terraform_version\":\"1.9\",\"planned_values\":{}}"),
            Evidence::Plan
        );
        assert_eq!(
            evidence(&"Resources:".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            Evidence::Template
        );
        assert_eq!(evidence(b""), Evidence::Nothing);
    }
}
