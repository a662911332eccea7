//! Sets of unsigned numbers as sorted, disjoint, non-adjacent closed intervals.

use smallvec::SmallVec;

/// A set of `u128`s. Two equal sets have equal representations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct IntervalSet {
    /// Closed intervals, ascending, with a gap of at least one number between neighbours.
    parts: SmallVec<[(u128, u128); 2]>,
}

impl IntervalSet {
    /// The empty set.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The numbers `first..=last`; empty if `last < first`.
    pub fn range(first: u128, last: u128) -> Self {
        let mut parts = SmallVec::new();
        if first <= last {
            parts.push((first, last));
        }
        IntervalSet { parts }
    }

    /// The union of any intervals, in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u128, u128)>) -> Self {
        let mut all: SmallVec<[(u128, u128); 2]> = ranges.into_iter().filter(|(a, b)| a <= b).collect();
        all.sort_unstable();
        let mut parts: SmallVec<[(u128, u128); 2]> = SmallVec::new();
        for (first, last) in all {
            match parts.last_mut() {
                Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
                _ => parts.push((first, last)),
            }
        }
        IntervalSet { parts }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The intervals, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (u128, u128)> + '_ {
        self.parts.iter().copied()
    }

    /// Whether the number is in it.
    pub fn contains(&self, number: u128) -> bool {
        let at = self.parts.partition_point(|&(_, last)| last < number);
        self.parts.get(at).is_some_and(|&(first, _)| first <= number)
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges().chain(other.ranges()))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut parts = SmallVec::new();
        let (mut left, mut right) = (self.ranges().peekable(), other.ranges().peekable());
        while let (Some(&(a, b)), Some(&(c, d))) = (left.peek(), right.peek()) {
            let (first, last) = (a.max(c), b.min(d));
            if first <= last {
                parts.push((first, last));
            }
            if b < d {
                left.next();
            } else {
                right.next();
            }
        }
        IntervalSet { parts }
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut parts = SmallVec::new();
        for (first, last) in self.ranges() {
            let mut next = Some(first);
            for (c, d) in other.ranges() {
                let Some(from) = next else { break };
                if d < from {
                    continue;
                }
                if c > last {
                    break;
                }
                if c > from {
                    parts.push((from, c - 1));
                }
                next = d.checked_add(1).filter(|n| *n <= last);
            }
            if let Some(from) = next {
                parts.push((from, last));
            }
        }
        IntervalSet { parts }
    }

    /// Whether all of `other` is in this set.
    pub fn includes(&self, other: &Self) -> bool {
        other.difference(self).is_empty()
    }

    /// The smallest member: a witness that the set is not empty.
    pub fn first(&self) -> Option<u128> {
        self.parts.first().map(|p| p.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOP: u128 = 40;

    fn set() -> impl Strategy<Value = IntervalSet> {
        prop::collection::vec((0..TOP, 0..TOP), 0..6).prop_map(IntervalSet::from_ranges)
    }

    proptest! {
        #[test]
        fn operations_agree_with_membership(a in set(), b in set()) {
            let (union, both, less) = (a.union(&b), a.intersection(&b), a.difference(&b));
            for n in 0..TOP + 2 {
                prop_assert_eq!(union.contains(n), a.contains(n) || b.contains(n));
                prop_assert_eq!(both.contains(n), a.contains(n) && b.contains(n));
                prop_assert_eq!(less.contains(n), a.contains(n) && !b.contains(n));
            }
            prop_assert_eq!(a.includes(&b), (0..TOP).all(|n| !b.contains(n) || a.contains(n)));
            prop_assert_eq!(less.first(), (0..TOP).find(|n| less.contains(*n)));
        }

        #[test]
        fn equal_sets_are_equal(a in set(), b in set()) {
            let same = (0..TOP).all(|n| a.contains(n) == b.contains(n));
            prop_assert_eq!(same, a == b);
        }
    }

    #[test]
    fn the_ends_of_the_numbers_do_not_overflow() {
        let all = IntervalSet::range(0, u128::MAX);
        assert!(all.difference(&all).is_empty());
        assert_eq!(
            all.difference(&IntervalSet::range(u128::MAX, u128::MAX)),
            IntervalSet::range(0, u128::MAX - 1)
        );
        assert_eq!(all.union(&IntervalSet::range(5, 9)), all);
    }
}
