//! Sets of TCP or UDP ports.

use super::interval::IntervalSet;

/// A set of ports, 0 to 65535.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct PortSet(IntervalSet);

impl PortSet {
    /// No port.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every port.
    pub fn all() -> Self {
        Self::range(0, u16::MAX)
    }

    /// The ports `first..=last`; empty if `last < first`.
    pub fn range(first: u16, last: u16) -> Self {
        PortSet(IntervalSet::range(first.into(), last.into()))
    }

    /// Single ports.
    pub fn of(ports: impl IntoIterator<Item = u16>) -> Self {
        PortSet(IntervalSet::from_ranges(ports.into_iter().map(|p| (p.into(), p.into()))))
    }

    /// What a rule's `from` and `to` mean for TCP and UDP: EC2 reads -1 as every port; numbers outside 0 to 65535 are
    /// cut off.
    pub fn of_rule(from: i64, to: i64) -> Self {
        if from == -1 || to == -1 {
            return Self::all();
        }
        let (Ok(first), Ok(last)) = (u16::try_from(from.max(0)), u16::try_from(to.min(65_535))) else {
            return Self::empty();
        };
        Self::range(first, last)
    }

    /// Whether no port is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a port is in it.
    pub fn contains(&self, port: u16) -> bool {
        self.0.contains(port.into())
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        PortSet(self.0.union(&other.0))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        PortSet(self.0.intersection(&other.0))
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        PortSet(self.0.difference(&other.0))
    }

    /// Whether all of `other` is in this set.
    pub fn includes(&self, other: &Self) -> bool {
        self.0.includes(&other.0)
    }

    /// How many ports are in it.
    pub fn len(&self) -> usize {
        self.0.ranges().map(|(a, b)| (b - a + 1) as usize).sum()
    }

    /// The lowest port: a witness.
    pub fn first(&self) -> Option<u16> {
        self.0.first().and_then(|p| u16::try_from(p).ok())
    }
}

impl std::fmt::Display for PortSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (first, last)) in self.0.ranges().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_ec2_reads_them() {
        assert_eq!(PortSet::of_rule(-1, -1), PortSet::all());
        assert_eq!(PortSet::of_rule(0, 65_535), PortSet::all());
        assert_eq!(PortSet::of_rule(22, 22), PortSet::of([22]));
        assert!(PortSet::of_rule(443, 80).is_empty());
        assert!(PortSet::of_rule(70_000, 80_000).is_empty());
        assert_eq!(PortSet::of_rule(0, 0), PortSet::of([0]));
        assert_eq!(PortSet::of([80, 443, 81]).to_string(), "80-81, 443");
    }
}
