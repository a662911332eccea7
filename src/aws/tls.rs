//! Which security policies by name let clients use a TLS version below 1.2.
//!
//! Sources: "Security policies for your Application Load Balancer" and "… Network Load Balancer" (Elastic Load
//! Balancing), "Predefined SSL security policies for Classic Load Balancers", "Supported protocols and ciphers between
//! viewers and CloudFront", "Choose a security policy for your custom domain" (API Gateway), "Domain endpoint options"
//! (OpenSearch Service), "Security policies" (AWS IoT Core).

/// Whether a security policy of that name allows TLS 1.0, TLS 1.1 or SSL 3; none for a name that is none of AWS's.
pub fn weak_tls_policy(name: &str) -> Option<bool> {
    let weak = match name {
        // CloudFront, by the lowest version.
        "SSLv3" | "TLSv1" | "TLSv1_2016" | "TLSv1.1_2016" => true,
        "TLSv1.2_2018" | "TLSv1.2_2019" | "TLSv1.2_2021" | "TLSv1.2_2025" | "TLSv1.3_2025" => false,
        // API Gateway and others, by version.
        "TLS_1_0" | "TLS_1_1" | "TLSv1.0" | "TLSv1.1" => true,
        "TLS_1_2" | "TLS_1_3" | "TLSv1.2" | "TLSv1.3" => false,
        // Load balancers without a version in the name.
        "ELBSecurityPolicy-2016-08"
        | "ELBSecurityPolicy-2015-05"
        | "ELBSecurityPolicy-2015-03"
        | "ELBSecurityPolicy-2015-02"
        | "ELBSecurityPolicy-2014-10"
        | "ELBSecurityPolicy-2014-01"
        | "ELBSecurityPolicy-2011-08"
        | "ELBSecurityPolicy-FS-2018-06"
        | "ELBSample-ELBDefaultNegotiationPolicy" => true,
        name => return by_version(name),
    };
    Some(weak)
}

/// Names that say their lowest version: `ELBSecurityPolicy-TLS13-1-2-Res-2021-06`, `Policy-Min-TLS-1-0-2019-07`,
/// `SecurityPolicy_TLS13_1_3_2025_09`, `IoTSecurityPolicy_TLS12_1_0_2016_01`.
fn by_version(name: &str) -> Option<bool> {
    let families =
        ["ELBSecurityPolicy-", "Policy-Min-", "SecurityPolicy_", "IoTSecurityPolicy_", "IotSecurityPolicy_"];
    let rest = families.iter().find_map(|family| name.strip_prefix(family))?;
    let words: Vec<&str> = rest.split(['-', '_']).collect();
    match words.as_slice() {
        ["TLS" | "TLS12" | "TLS13" | "FS", "1", "0" | "1", ..] => Some(true),
        ["TLS" | "TLS12" | "TLS13" | "FS", "1", "2" | "3", ..] => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::weak_tls_policy as weak;

    #[test]
    fn policies_that_aws_documents() {
        for name in [
            "ELBSecurityPolicy-2016-08",
            "ELBSecurityPolicy-TLS-1-0-2015-04",
            "ELBSecurityPolicy-TLS-1-1-2017-01",
            "ELBSecurityPolicy-FS-2018-06",
            "ELBSecurityPolicy-FS-1-1-2019-08",
            "ELBSecurityPolicy-TLS13-1-0-2021-06",
            "ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04",
            "TLSv1.1_2016",
            "TLS_1_0",
            "Policy-Min-TLS-1-0-2019-07",
            "IoTSecurityPolicy_TLS12_1_0_2016_01",
        ] {
            assert_eq!(weak(name), Some(true), "{name}");
        }
        for name in [
            "ELBSecurityPolicy-TLS-1-2-2017-01",
            "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
            "ELBSecurityPolicy-FS-1-2-Res-2020-10",
            "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
            "ELBSecurityPolicy-TLS13-1-3-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
            "TLSv1.2_2021",
            "TLS_1_2",
            "SecurityPolicy_TLS13_1_3_2025_09",
            "Policy-Min-TLS-1-2-PFS-2023-10",
        ] {
            assert_eq!(weak(name), Some(false), "{name}");
        }
        assert_eq!(weak("my-policy"), None);
    }
}
