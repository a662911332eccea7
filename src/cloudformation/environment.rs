//! The environment of a stack: what the pseudo parameters stand for ("Pseudo parameters reference", AWS CloudFormation
//! Template Reference).

use indexmap::IndexMap;

use crate::Str;
use crate::program::Expr;

use super::names::PSEUDO;

/// The partition and the DNS suffix of a region ("Amazon Resource Names", AWS General Reference).
fn partition(region: &str) -> (&'static str, &'static str) {
    const BY_PREFIX: [(&str, &str, &str); 7] = [
        ("cn-", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-", "aws-us-gov", "amazonaws.com"),
        ("us-iso-", "aws-iso", "c2s.ic.gov"),
        ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
        ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
        ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
        ("eusc-", "aws-eusc", "amazonaws.eu"),
    ];
    BY_PREFIX
        .iter()
        .find(|(prefix, ..)| region.starts_with(prefix))
        .map_or(("aws", "amazonaws.com"), |(_, partition, suffix)| (partition, suffix))
}

/// Adds the pseudo parameters that follow from the region: `AWS::Partition` and `AWS::URLSuffix`.
pub fn complete_environment(values: &mut IndexMap<Str, Expr>) {
    let Some(region) = values.get("AWS::Region") else { return };
    let Some(name) = region.as_string() else { return };
    let (partition, suffix) = partition(name);
    let span = region.span;
    for (pseudo, text) in [("AWS::Partition", partition), ("AWS::URLSuffix", suffix)] {
        values.entry(pseudo.into()).or_insert_with(|| Expr::string(text, span));
    }
}

/// Whether a name is a pseudo parameter: supplied values may set them, too.
pub fn is_pseudo_parameter(name: &str) -> bool {
    PSEUDO.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    #[test]
    fn the_region_tells_partition_and_suffix() {
        let of = |region: &str| {
            let mut values = IndexMap::new();
            let span = Span::new(FileId(0), 0, 0);
            values.insert(Str::from("AWS::Region"), Expr::string(region, span));
            complete_environment(&mut values);
            let text = |name: &str| values[name].as_string().unwrap().to_string();
            (text("AWS::Partition"), text("AWS::URLSuffix"))
        };
        assert_eq!(of("eu-west-1"), ("aws".into(), "amazonaws.com".into()));
        assert_eq!(of("cn-north-1"), ("aws-cn".into(), "amazonaws.com.cn".into()));
        assert_eq!(of("us-gov-west-1"), ("aws-us-gov".into(), "amazonaws.com".into()));
    }
}
