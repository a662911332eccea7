//! The custom domain of an API: its name, what it maps to, the access of a VPC endpoint, the records in Route 53.

use crate::program::{Expr, ExprKind, Resource};

use super::api::Api;
use super::function::{hashed, is_true, spelled};
use super::make::{At, Making, digest, literal_text, member};

/// The text of an expression before deployment, if it has one.
pub(super) type Settled<'s> = &'s dyn Fn(&Expr) -> Option<String>;

/// An id that ends in the hash of a value.
fn id_of(prefix: &str, value: &Expr, settled: Settled<'_>) -> String {
    match settled(value) {
        Some(text) => format!("{prefix}{}", digest(&text)),
        None => hashed(prefix, value),
    }
}

/// An id that ends in the hash of two values.
fn id_of_both(prefix: &str, values: [&Expr; 2], settled: Settled<'_>) -> String {
    let texts = values.map(|value| settled(value).unwrap_or_else(|| spelled(value)));
    let json = serde_json::to_string(&texts).unwrap_or_default();
    format!("{prefix}{}", digest(&json))
}

impl Api {
    pub(super) fn domain(&self, stage: &str, settled: Settled<'_>, out: &mut Vec<Resource>) {
        let Some(domain) = self.props.get("Domain") else { return };
        let (Some(name), Some(certificate)) =
            (member(domain, "DomainName"), member(domain, "CertificateArn"))
        else {
            return;
        };
        let of = &self.of;
        let at = At(domain.span);
        let get = |key: &str| member(domain, key).cloned();
        let endpoint = get("EndpointConfiguration").unwrap_or_else(|| at.text("REGIONAL"));
        let kind = settled(&endpoint).unwrap_or_default();
        let private = !self.http && kind == "PRIVATE";
        let (prefix, type_name) = match (self.http, private) {
            (true, _) => ("ApiGatewayDomainNameV2", "AWS::ApiGatewayV2::DomainName"),
            (false, true) => ("ApiGatewayDomainNameV2", "AWS::ApiGateway::DomainNameV2"),
            (false, false) => ("ApiGatewayDomainName", "AWS::ApiGateway::DomainName"),
        };
        let domain_id = id_of(prefix, name, settled);
        let mut made = Making::new(of, domain_id.clone(), type_name, at.0);
        made.set("DomainName", name.clone());
        if self.http {
            let mut configuration =
                vec![("CertificateArn", certificate.clone()), ("EndpointType", endpoint.clone())];
            for name in ["SecurityPolicy", "OwnershipVerificationCertificateArn"] {
                configuration.extend(get(name).map(|v| (name, v)));
            }
            made.set("DomainNameConfigurations", at.list(vec![at.object(configuration)]))
                .set("Tags", at.object(vec![(self.tag(), at.text("SAM"))]));
        } else {
            let name = if kind == "REGIONAL" { "RegionalCertificateArn" } else { "CertificateArn" };
            let mut configuration = vec![("Types", at.list(vec![endpoint.clone()]))];
            configuration.extend(get("IpAddressType").map(|v| ("IpAddressType", v)));
            made.set(name, certificate.clone()).set("EndpointConfiguration", at.object(configuration));
            for name in
                ["SecurityPolicy", "OwnershipVerificationCertificateArn", "Policy", "EndpointAccessMode"]
            {
                made.set_some(name, get(name));
            }
        }
        made.set_some("MutualTlsAuthentication", get("MutualTlsAuthentication"));
        out.push(made.done());
        self.mappings(domain, &domain_id, stage, private, out);
        if let Some(endpoint) = get("AccessAssociation").filter(|_| private)
            && let Some(endpoint) = member(&endpoint, "VpcEndpointId")
        {
            let id = id_of_both("DomainNameAccessAssociation", [endpoint, &at.text(&domain_id)], settled);
            let at = At(endpoint.span);
            let mut made = Making::new(of, id, "AWS::ApiGateway::DomainNameAccessAssociation", at.0);
            made.set("DomainNameArn", at.reference(&domain_id))
                .set("AccessAssociationSourceType", at.text("VPCE"))
                .set("AccessAssociationSource", endpoint.clone());
            out.push(made.done());
        }
        if let Some(route53) = get("Route53") {
            self.records(&route53, name, &kind, &domain_id, settled, out);
        }
    }

    fn mappings(&self, domain: &Expr, domain_id: &str, stage: &str, private: bool, out: &mut Vec<Resource>) {
        let of = &self.of;
        let at = At(domain.span);
        let bases: Vec<Option<Expr>> = match member(domain, "BasePath") {
            Some(Expr { kind: ExprKind::List(items), .. }) => items.iter().cloned().map(Some).collect(),
            Some(one) => vec![Some(one.clone())],
            None => vec![None],
        };
        let normalize = member(domain, "NormalizeBasePath").is_none_or(is_true);
        for base in bases {
            let (kind, suffix) = match self.http {
                true => ("AWS::ApiGatewayV2::ApiMapping", "ApiMapping"),
                false if private => ("AWS::ApiGateway::BasePathMappingV2", "BasePathMapping"),
                false => ("AWS::ApiGateway::BasePathMapping", "BasePathMapping"),
            };
            let text = base.as_ref().and_then(literal_text).unwrap_or("").to_owned();
            let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
            let mut mapping = Making::new(of, format!("{}{plain}{suffix}", of.name), kind, at.0);
            let named = if private { "DomainNameArn" } else { "DomainName" };
            mapping.set(named, at.reference(domain_id)).set("Stage", at.reference(stage));
            let api = if self.http { "ApiId" } else { "RestApiId" };
            mapping.set(api, at.reference(&of.name));
            if let Some(base) = base {
                let here = At(base.span);
                let value = match (self.http, plain.is_empty()) {
                    (_, true) => base,
                    (true, _) => here.text(text.trim_matches('/')),
                    (false, _) if normalize => here.text(&plain),
                    (false, _) => base,
                };
                mapping.set(if self.http { "ApiMappingKey" } else { "BasePath" }, value);
            }
            out.push(mapping.done());
        }
    }

    fn records(
        &self,
        route53: &Expr,
        name: &Expr,
        kind: &str,
        domain_id: &str,
        settled: Settled<'_>,
        out: &mut Vec<Resource>,
    ) {
        let get = |key: &str| member(route53, key).cloned();
        let Some(zone) = get("HostedZoneId").or_else(|| get("HostedZoneName")) else { return };
        let at = At(route53.span);
        let group_id = match member(route53, "SeparateRecordSetGroup").is_some_and(is_true) && !self.http {
            true => id_of_both("RecordSetGroup", [&zone, name], settled),
            false => id_of("RecordSetGroup", &zone, settled),
        };
        let mut group = Making::new(&self.of, group_id, "AWS::Route53::RecordSetGroup", route53.span);
        for name in ["HostedZoneId", "HostedZoneName"] {
            group.set_some(name, get(name));
        }
        let (zone, target) = match kind {
            "EDGE" if !self.http => (
                // the zone that all distributions of CloudFront are in
                Some(at.text("Z2FDTNDATAQYW2")),
                Some(
                    get("DistributionDomainName")
                        .unwrap_or_else(|| at.get_att(domain_id, "DistributionDomainName")),
                ),
            ),
            "PRIVATE" if !self.http => (get("VpcEndpointHostedZoneId"), get("VpcEndpointDomainName")),
            _ => (
                Some(at.get_att(domain_id, "RegionalHostedZoneId")),
                Some(at.get_att(domain_id, "RegionalDomainName")),
            ),
        };
        let record = |kind: &str| {
            let mut alias: Vec<(&str, Expr)> = Vec::new();
            alias.extend(get("EvaluateTargetHealth").map(|v| ("EvaluateTargetHealth", v)));
            alias.extend(zone.clone().map(|v| ("HostedZoneId", v)));
            alias.extend(target.clone().map(|v| ("DNSName", v)));
            let mut parts =
                vec![("Name", name.clone()), ("Type", at.text(kind)), ("AliasTarget", at.object(alias))];
            for name in ["Region", "SetIdentifier"] {
                parts.extend(get(name).map(|v| (name, v)));
            }
            at.object(parts)
        };
        let ipv6 = member(route53, "IpV6").is_some_and(is_true);
        let kinds = if ipv6 { vec!["A", "AAAA"] } else { vec!["A"] };
        group.set("RecordSets", at.list(kinds.into_iter().map(record).collect()));
        out.push(group.done());
    }
}

/// Of two groups of records with the same id, the records of both are one group's.
pub(super) fn join_records(known: &mut Resource, more: &Resource) -> bool {
    if known.type_name != "AWS::Route53::RecordSetGroup" || more.type_name != known.type_name {
        return false;
    }
    let records = |r: &Resource| match r.body.attributes.iter().find(|a| a.name == "RecordSets") {
        Some(attribute) => match &attribute.value.kind {
            ExprKind::List(items) => items.clone(),
            _ => Vec::new(),
        },
        None => Vec::new(),
    };
    let new = records(more);
    let own = known.body.attributes.iter_mut().find(|a| a.name == "RecordSets");
    if let Some(ExprKind::List(items)) = own.map(|a| &mut a.value.kind) {
        items.extend(new);
    }
    true
}
