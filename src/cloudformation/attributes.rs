//! What `Fn::GetAtt` gives that the template itself says: attributes that are properties too ("Resource and property
//! types reference", the *Return values* of each type).

use std::str::FromStr;

use ipnet::IpNet;

/// Ports that an attribute tells and a property sets. Where nobody sets it, it is the engine's.
const PORTS: [(&str, &str, &str); 12] = [
    ("AWS::RDS::DBInstance", "Endpoint.Port", "Port"),
    ("AWS::RDS::DBCluster", "Endpoint.Port", "Port"),
    ("AWS::RDS::DBCluster", "ReadEndpoint.Port", "Port"),
    ("AWS::DocDB::DBCluster", "Port", "Port"),
    ("AWS::Neptune::DBCluster", "Port", "DBPort"),
    ("AWS::Redshift::Cluster", "Endpoint.Port", "Port"),
    ("AWS::MemoryDB::Cluster", "ClusterEndpoint.Port", "Port"),
    ("AWS::ElastiCache::CacheCluster", "RedisEndpoint.Port", "Port"),
    ("AWS::ElastiCache::CacheCluster", "ConfigurationEndpoint.Port", "Port"),
    ("AWS::ElastiCache::ReplicationGroup", "PrimaryEndPoint.Port", "Port"),
    ("AWS::ElastiCache::ReplicationGroup", "ReaderEndPoint.Port", "Port"),
    ("AWS::ElastiCache::ReplicationGroup", "ConfigurationEndPoint.Port", "Port"),
];

/// Services that keep the names and identifiers of their resources in lower case.
const LOWER: [&str; 6] = ["RDS", "DocDB", "Neptune", "ElastiCache", "Redshift", "MemoryDB"];

/// What becomes of a property's text before an attribute gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is given back as it is.
    Whole,
    /// A block of addresses, which EC2 brings to its canonical form (`100.68.0.18/18` becomes `100.68.0.0/18`,
    /// "AWS::EC2::VPC").
    Network,
    /// A name that the service writes in lower case.
    Lower,
}

/// The property that an attribute of a type gives back where the template sets it, and how. None where the attribute is
/// the service's own, or where the service may make something else of the property.
pub fn attribute_property<'a>(type_name: &str, attribute: &'a str) -> Option<(&'a str, Kept)> {
    let port = PORTS.iter().find(|(of, name, _)| *of == type_name && *name == attribute);
    if let Some((_, _, property)) = port {
        return Some((property, Kept::Whole));
    }
    let service = type_name.strip_prefix("AWS::")?.split("::").next()?;
    // a custom resource and a nested stack answer with what they like, a module's attributes are its resources'
    if matches!(service, "CloudFormation" | "Serverless") || type_name.ends_with("::MODULE") {
        return None;
    }
    match (type_name, attribute) {
        // addresses that are made of what the property wishes for
        ("AWS::MediaLive::Input", "Destinations" | "Sources") => None,
        // `8.0` becomes `8.0.35`
        (_, "EngineVersion") => None,
        (_, "CidrBlock" | "Ipv6CidrBlock") => Some((attribute, Kept::Network)),
        (_, name)
            if LOWER.contains(&service) && ["Identifier", "Id", "Name"].iter().any(|e| name.ends_with(e)) =>
        {
            Some((attribute, Kept::Lower))
        }
        _ => Some((attribute, Kept::Whole)),
    }
}

impl Kept {
    /// The text that the attribute gives for a property's text; none where it is the same.
    pub fn changed(self, text: &str) -> Option<String> {
        let given = match self {
            Kept::Whole => return None,
            Kept::Network => IpNet::from_str(text).ok()?.trunc().to_string(),
            Kept::Lower => text.to_lowercase(),
        };
        (given != text).then_some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_are_properties_are_told_from_the_services_own() {
        assert_eq!(attribute_property("AWS::EC2::VPC", "CidrBlock"), Some(("CidrBlock", Kept::Network)));
        assert_eq!(attribute_property("AWS::SQS::Queue", "QueueName"), Some(("QueueName", Kept::Whole)));
        assert_eq!(attribute_property("AWS::RDS::DBInstance", "Endpoint.Port"), Some(("Port", Kept::Whole)));
        assert_eq!(attribute_property("AWS::Neptune::DBCluster", "Port"), Some(("DBPort", Kept::Whole)));
        assert_eq!(attribute_property("AWS::RDS::DBCluster", "EngineVersion"), None);
        assert_eq!(attribute_property("Custom::Lookup", "CidrBlock"), None);
        assert_eq!(attribute_property("AWS::CloudFormation::CustomResource", "CidrBlock"), None);
        assert_eq!(attribute_property("My::Vpc::Small::MODULE", "CidrBlock"), None);
    }

    #[test]
    fn what_a_service_makes_of_a_text() {
        assert_eq!(Kept::Network.changed("100.68.0.18/18").as_deref(), Some("100.68.0.0/18"));
        assert_eq!(Kept::Network.changed("10.0.0.0/16"), None);
        assert_eq!(Kept::Network.changed("no block"), None);
        assert_eq!(Kept::Lower.changed("MyDb").as_deref(), Some("mydb"));
        assert_eq!(Kept::Whole.changed("MyDb"), None);
    }
}
