//! IP protocols as security groups and network ACLs name them.

/// What a rule's protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// `-1` or `all`: every protocol, and every port whatever the rule's ports say.
    All,
    /// One protocol by its IANA number.
    Number(u8),
}

impl Protocol {
    /// TCP.
    pub const TCP: Protocol = Protocol::Number(6);
    /// UDP.
    pub const UDP: Protocol = Protocol::Number(17);
    /// ICMP.
    pub const ICMP: Protocol = Protocol::Number(1);
    /// ICMP for IPv6.
    pub const ICMPV6: Protocol = Protocol::Number(58);

    /// Reads a name (`tcp`, in any case) or a number (`6`, `-1`), as EC2's `IpProtocol` takes them.
    pub fn parse(text: &str) -> Option<Protocol> {
        let text = text.trim();
        let number = match text.to_ascii_lowercase().as_str() {
            "-1" | "all" => return Some(Protocol::All),
            "icmp" => 1,
            "igmp" => 2,
            "ipv4" | "ipip" => 4,
            "tcp" => 6,
            "udp" => 17,
            "rdp" => 27,
            "gre" => 47,
            "esp" => 50,
            "ah" => 51,
            "icmpv6" => 58,
            "sctp" => 132,
            _ => return text.parse().ok().map(Protocol::Number),
        };
        Some(Protocol::Number(number))
    }

    /// Whether every packet of `other` is one of this.
    pub fn includes(self, other: Protocol) -> bool {
        self == Protocol::All || self == other
    }

    /// Whether the ports of a rule mean something: TCP and UDP only (for ICMP they are type and code, and for every
    /// other protocol, and for all, EC2 ignores them).
    pub fn has_ports(self) -> bool {
        matches!(self, Protocol::TCP | Protocol::UDP)
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Protocol::All => f.write_str("all protocols"),
            Protocol::TCP => f.write_str("TCP"),
            Protocol::UDP => f.write_str("UDP"),
            Protocol::ICMP => f.write_str("ICMP"),
            Protocol::ICMPV6 => f.write_str("ICMPv6"),
            Protocol::Number(n) => write!(f, "protocol {n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_same() {
        assert_eq!(Protocol::parse("TCP"), Some(Protocol::TCP));
        assert_eq!(Protocol::parse("6"), Some(Protocol::TCP));
        assert_eq!(Protocol::parse("-1"), Some(Protocol::All));
        assert_eq!(Protocol::parse("256"), None);
        assert!(Protocol::All.includes(Protocol::UDP) && !Protocol::TCP.includes(Protocol::UDP));
    }
}
