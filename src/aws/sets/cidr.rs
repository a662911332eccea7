//! Sets of IPv4 and IPv6 addresses.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::interval::IntervalSet;

/// The version of the internet protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A set of addresses of both families.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct AddressSet {
    v4: IntervalSet,
    v6: IntervalSet,
}

/// IPv4 blocks that no packet from the internet has as its source (IANA IPv4 Special-Purpose Address Registry).
const NOT_GLOBAL_V4: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];

/// Reads a CIDR block or a single address (`10.0.0.1` is `10.0.0.1/32`). Host bits may be set, as EC2 accepts and
/// clears them.
pub fn parse_cidr(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)).map(|net| net.trunc())
}

fn bounds_v4(net: Ipv4Net) -> (u128, u128) {
    (u128::from(u32::from(net.network())), u128::from(u32::from(net.broadcast())))
}

fn bounds_v6(net: Ipv6Net) -> (u128, u128) {
    (u128::from(net.network()), u128::from(net.broadcast()))
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every address of a family.
    pub fn all(family: Family) -> Self {
        match family {
            Family::V4 => {
                AddressSet { v4: IntervalSet::range(0, u128::from(u32::MAX)), v6: IntervalSet::empty() }
            }
            Family::V6 => AddressSet { v4: IntervalSet::empty(), v6: IntervalSet::range(0, u128::MAX) },
        }
    }

    /// The union of CIDR blocks.
    pub fn of(nets: impl IntoIterator<Item = IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in nets {
            match net {
                IpNet::V4(net) => v4.push(bounds_v4(net)),
                IpNet::V6(net) => v6.push(bounds_v6(net)),
            }
        }
        AddressSet { v4: IntervalSet::from_ranges(v4), v6: IntervalSet::from_ranges(v6) }
    }

    /// The addresses of a family from which a packet can come over the internet: IPv4 without private, shared,
    /// loopback, documentation, multicast and reserved blocks; IPv6 the global unicast block `2000::/3`.
    pub fn internet(family: Family) -> Self {
        match family {
            Family::V4 => Self::all(Family::V4)
                .difference(&Self::of(NOT_GLOBAL_V4.iter().filter_map(|text| parse_cidr(text)))),
            Family::V6 => Self::of(parse_cidr("2000::/3")),
        }
    }

    /// Whether there is no address in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(u128::from(u32::from(a))),
            IpAddr::V6(a) => self.v6.contains(u128::from(a)),
        }
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        AddressSet { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        AddressSet { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        AddressSet { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// Whether all of `other` is in this set.
    pub fn includes(&self, other: &Self) -> bool {
        self.v4.includes(&other.v4) && self.v6.includes(&other.v6)
    }

    /// Whether it holds every address of the internet of at least one family: `0.0.0.0/0`, `::/0`, or several blocks
    /// that together leave out nothing but addresses that can't come from the internet.
    pub fn is_world(&self) -> bool {
        (!self.v4.is_empty() && self.includes(&Self::internet(Family::V4)))
            || (!self.v6.is_empty() && self.includes(&Self::internet(Family::V6)))
    }

    /// Some address in it, IPv4 first: a witness.
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.first().and_then(|n| u32::try_from(n).ok()).map(|n| IpAddr::V4(n.into()));
        v4.or_else(|| self.v6.first().map(|n| IpAddr::V6(n.into())))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> AddressSet {
        AddressSet::of(texts.iter().filter_map(|t| parse_cidr(t)))
    }

    /// Blocks inside 10.0.0.0/24, so that every address can be tried.
    fn small_nets() -> impl Strategy<Value = Vec<IpNet>> {
        prop::collection::vec((any::<u8>(), 24u8..=32), 0..6).prop_map(|all| {
            all.into_iter().filter_map(|(host, len)| parse_cidr(&format!("10.0.0.{host}/{len}"))).collect()
        })
    }

    proptest! {
        #[test]
        fn sets_agree_with_trying_every_address(a in small_nets(), b in small_nets()) {
            let (left, right) = (AddressSet::of(a.clone()), AddressSet::of(b.clone()));
            let less = left.difference(&right);
            let mut included = true;
            for host in 0..=255u8 {
                let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, host));
                let in_a = a.iter().any(|net| net.contains(&address));
                let in_b = b.iter().any(|net| net.contains(&address));
                prop_assert_eq!(left.contains(address), in_a);
                prop_assert_eq!(less.contains(address), in_a && !in_b);
                included &= !in_b || in_a;
            }
            prop_assert_eq!(left.includes(&right), included);
        }
    }

    #[test]
    fn the_world_is_known_however_it_is_spelled() {
        assert!(set(&["0.0.0.0/0"]).is_world());
        assert!(set(&["1.2.3.4/0"]).is_world(), "host bits are cleared");
        assert!(set(&["::/0"]).is_world());
        assert!(set(&["0.0.0.0/1", "128.0.0.0/1"]).is_world());
        assert!(set(&["0000:0000::/0"]).is_world());
        assert!(!set(&["0.0.0.0/1"]).is_world());
        assert!(!set(&["10.0.0.0/8", "fd00::/8"]).is_world());
        assert!(!set(&["52.10.0.0/23"]).is_world());
        assert!(!AddressSet::empty().is_world());
    }

    #[test]
    fn all_public_blocks_without_the_private_ones_are_the_world() {
        let mut rest = AddressSet::all(Family::V4).difference(&set(&["10.0.0.0/8", "192.168.0.0/16"]));
        assert!(rest.is_world());
        rest = rest.difference(&set(&["8.8.8.8/32"]));
        assert!(!rest.is_world());
    }

    #[test]
    fn what_is_no_block_is_none() {
        for text in ["", "0.0.0.0/33", "300.1.1.1/8", "sg-123", "1.2.3/8"] {
            assert_eq!(parse_cidr(text), None, "{text}");
        }
    }
}
