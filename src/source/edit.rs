//! Edits of a text: what stands at a byte range becomes something else, everything outside stays byte for byte.

use std::ops::Range;

/// What stands at a byte range becomes another text; an empty range is an insertion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Offset of the first byte that goes.
    pub start: usize,
    /// Offset behind the last byte that goes.
    pub end: usize,
    /// What stands there then.
    pub text: String,
}

impl Edit {
    /// An edit of a range.
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Edit { start: range.start, end: range.end, text: text.into() }
    }

    /// An insertion.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Edit::new(at..at, text)
    }

    /// Whether both change the same bytes, or one inserts within what the other changes. Two insertions at one place
    /// do not overlap: the first in order stands first.
    pub fn overlaps(&self, other: &Edit) -> bool {
        match (self.start == self.end, other.start == other.end) {
            (true, true) => false,
            (true, false) => other.start < self.start && self.start < other.end,
            (false, true) => self.start < other.start && other.start < self.end,
            (false, false) => self.start < other.end && other.start < self.end,
        }
    }
}

/// The text with edits applied: in order of place, at one place in the order given. None if edits overlap or do not
/// lie on character boundaries of the text. Also says where each edit's text is then.
pub fn apply(text: &str, edits: &[Edit]) -> Option<(String, Vec<Range<usize>>)> {
    let mut order: Vec<usize> = (0..edits.len()).collect();
    order.sort_by_key(|&i| edits.get(i).map(|e| (e.start, e.end)));
    let grown: usize = edits.iter().map(|e| e.text.len()).sum();
    let mut out = String::with_capacity(text.len() + grown);
    let mut places = vec![0..0; edits.len()];
    let mut at = 0;
    for index in order {
        let edit = edits.get(index)?;
        if edit.start < at || edit.end < edit.start {
            return None;
        }
        out.push_str(text.get(at..edit.start)?);
        text.get(edit.start..edit.end)?;
        let place = out.len()..out.len() + edit.text.len();
        out.push_str(&edit.text);
        *places.get_mut(index)? = place;
        at = edit.end;
    }
    out.push_str(text.get(at..)?);
    Some((out, places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_applied_in_order_of_place() {
        let edits = [Edit::new(4..5, "E"), Edit::insert(2, "x"), Edit::insert(2, "y"), Edit::new(0..1, "")];
        let (text, places) = apply("abcdefg", &edits).unwrap();
        assert_eq!(text, "bxycdEfg");
        assert_eq!(places, [5..6, 1..2, 2..3, 0..0]);
    }

    #[test]
    fn what_overlaps_is_refused() {
        assert!(apply("abc", &[Edit::new(0..2, "x"), Edit::new(1..3, "y")]).is_none());
        assert!(apply("abc", &[Edit::new(0..9, "x")]).is_none());
        assert!(apply("aé", &[Edit::new(0..2, "x")]).is_none());
        assert!(Edit::new(0..2, "").overlaps(&Edit::new(1..3, "")));
        assert!(!Edit::new(0..2, "").overlaps(&Edit::insert(2, "")));
        assert!(Edit::new(0..2, "").overlaps(&Edit::insert(1, "")));
    }
}
