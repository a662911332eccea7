//! Patterns of `*` (any text) and `?` (any one character), as IAM's actions, resources and `StringLike` have them, and
//! the exact questions about their languages: inclusion in a union, emptiness of an intersection, each with a witness.
//!
//! A pattern may hold *terms*: text that is not known, by identity. A term equals itself and nothing else is known of
//! it, except that a *fixed* one is not empty and holds no wildcard (an ARN that AWS makes up). Questions about
//! patterns with terms are answered for all texts that the terms may have, or not at all.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// How many states a product of automata may have before a question is given up. Real policies need a few hundred.
pub const MAX_STATES: usize = 20_000;

/// One symbol of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any text, also none.
    Many,
    /// Text that is not known.
    Term {
        /// The same number is the same text.
        id: u32,
        /// Not empty and without wildcards.
        fixed: bool,
    },
}

/// A pattern. `**` is kept as `*`, so that equal patterns are more often equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pattern {
    symbols: Vec<Symbol>,
}

/// A letter of the alphabet that two patterns distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Letter {
    Char(char),
    Term(u32),
    /// Any character that no pattern of the question names.
    Other,
}

impl Pattern {
    /// Reads `*` and `?` as wildcards.
    pub fn parse(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_pattern(text);
        pattern
    }

    /// Reads `*` and `?` as wildcards and folds ASCII letters to lower case, as IAM compares actions.
    pub fn parse_folded(text: &str) -> Self {
        Self::parse(&text.to_ascii_lowercase())
    }

    /// Takes every character for itself.
    pub fn literal(text: &str) -> Self {
        Pattern { symbols: text.chars().map(Symbol::Char).collect() }
    }

    /// Everything.
    pub fn everything() -> Self {
        Pattern { symbols: vec![Symbol::Many] }
    }

    /// Adds text with wildcards at the end.
    pub fn push_pattern(&mut self, text: &str) {
        for c in text.chars() {
            self.push(match c {
                '*' => Symbol::Many,
                '?' => Symbol::One,
                c => Symbol::Char(c),
            });
        }
    }

    /// Adds a symbol at the end.
    pub fn push(&mut self, symbol: Symbol) {
        if symbol != Symbol::Many || self.symbols.last() != Some(&Symbol::Many) {
            self.symbols.push(symbol);
        }
    }

    /// The symbols.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Whether it is `*`.
    pub fn is_everything(&self) -> bool {
        self.symbols == [Symbol::Many]
    }

    /// Whether it has no wildcard (a term that is not fixed may bring one).
    pub fn is_literal(&self) -> bool {
        self.symbols.iter().all(|s| matches!(s, Symbol::Char(_) | Symbol::Term { fixed: true, .. }))
    }

    /// Whether part of it is not known.
    pub fn has_terms(&self) -> bool {
        self.symbols.iter().any(|s| matches!(s, Symbol::Term { .. }))
    }

    /// The text, if all of it is known.
    pub fn text(&self) -> Option<String> {
        (!self.has_terms()).then(|| self.to_string())
    }

    /// How many symbols stand before the first wildcard or open term; a fixed term counts as `weight`.
    pub fn fixed_prefix(&self, weight: usize) -> usize {
        let mut length = 0;
        for symbol in &self.symbols {
            match symbol {
                Symbol::Char(_) => length += 1,
                Symbol::Term { fixed: true, .. } => length += weight,
                _ => break,
            }
        }
        length
    }

    /// Splits at the first `count - 1` colons, as the fields of an ARN: `None` with fewer fields.
    pub fn fields(&self, count: usize) -> Option<Vec<Pattern>> {
        let mut fields: Vec<Pattern> = self
            .symbols
            .splitn(count, |s| *s == Symbol::Char(':'))
            .map(|s| Pattern { symbols: s.to_vec() })
            .collect();
        fields.truncate(count);
        (fields.len() == count).then_some(fields)
    }

    /// Whether a known text matches. Terms match nothing but themselves, so not a known text.
    pub fn matches(&self, text: &str) -> bool {
        // The last `*` and the text behind what it stands for: where something later does not fit, it stands for more.
        let mut retry: Option<(usize, &str)> = None;
        let (mut at, mut rest) = (0, text);
        loop {
            let mut chars = rest.chars();
            let next = chars.next();
            let fits = match (self.at(at), next) {
                (Some(Symbol::Many), _) => {
                    retry = Some((at, rest));
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Symbol::Char(wanted)), Some(c)) => wanted == c,
                (Some(Symbol::One), Some(_)) => true,
                _ => false,
            };
            if fits {
                at += 1;
                rest = chars.as_str();
                continue;
            }
            let Some((star, behind)) = retry else { return false };
            let mut behind = behind.chars();
            if behind.next().is_none() {
                return false;
            }
            rest = behind.as_str();
            retry = Some((star, rest));
            at = star + 1;
        }
    }

    /// The pattern with terms replaced by what they may be at most.
    fn widened(&self) -> Pattern {
        let mut wide = Pattern::default();
        for symbol in &self.symbols {
            match symbol {
                Symbol::Term { fixed: true, .. } => {
                    wide.push(Symbol::One);
                    wide.push(Symbol::Many);
                }
                Symbol::Term { fixed: false, .. } => wide.push(Symbol::Many),
                symbol => wide.push(*symbol),
            }
        }
        wide
    }

    /// Whether it matches finitely many texts, whatever its terms are.
    fn is_finite(&self) -> bool {
        self.symbols.iter().all(|s| !matches!(s, Symbol::Many | Symbol::Term { fixed: false, .. }))
    }

    /// Whether it is sure to match infinitely many texts.
    fn is_infinite(&self) -> bool {
        self.symbols.contains(&Symbol::Many)
    }

    fn at(&self, position: usize) -> Option<Symbol> {
        self.symbols.get(position).copied()
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        for symbol in &self.symbols {
            f.write_char(match symbol {
                Symbol::Char(c) => *c,
                Symbol::One => '?',
                Symbol::Many => '*',
                Symbol::Term { .. } => '…',
            })?;
        }
        Ok(())
    }
}

/// Whether every text of `query` matches at least one of `patterns`: for all texts that terms may have (true), for none
/// (false), or neither, or the question is too large (none).
pub fn covers(patterns: &[&Pattern], query: &Pattern) -> Option<bool> {
    if covers_as_letters(patterns, query)? {
        return Some(true);
    }
    if !query.has_terms() && patterns.iter().all(|p| !p.has_terms()) {
        return Some(false);
    }
    if query.is_infinite() && patterns.iter().all(|p| p.is_finite()) {
        return Some(false);
    }
    let wide: Vec<Pattern> = patterns.iter().map(|p| p.widened()).collect();
    if query.has_terms() {
        let query = query.widened();
        let disjoint = wide.iter().all(|p| intersects_as_letters(p, &query) == Some(false));
        return disjoint.then_some(false);
    }
    let wide: Vec<&Pattern> = wide.iter().collect();
    match covers_as_letters(&wide, query)? {
        false => Some(false),
        true => None,
    }
}

/// A shortest text of `query` that no pattern matches, with `…` for a term: the counterexample to [`covers`]. `None` if
/// there is none or the question is too large.
pub fn escaping(patterns: &[&Pattern], query: &Pattern) -> Option<String> {
    Product::new(patterns, query).escape().ok().flatten()
}

/// Whether some text matches both: for all texts that terms may have (true), for none (false), or neither (none).
pub fn intersects(a: &Pattern, b: &Pattern) -> Option<bool> {
    if intersects_as_letters(a, b)? {
        return Some(true);
    }
    if !a.has_terms() && !b.has_terms() {
        return Some(false);
    }
    match intersects_as_letters(&a.widened(), &b.widened())? {
        false => Some(false),
        true => None,
    }
}

fn covers_as_letters(patterns: &[&Pattern], query: &Pattern) -> Option<bool> {
    if patterns.iter().any(|p| p.is_everything() || *p == query) {
        return Some(true);
    }
    Product::new(patterns, query).escape().ok().map(|escape| escape.is_none())
}

/// The positions that an automaton may be in: one bit a position of all patterns together.
type Positions = SmallVec<[u64; 2]>;

/// The product of the query's automaton with the determinised automaton of all patterns.
struct Product<'p> {
    patterns: &'p [&'p Pattern],
    query: &'p Pattern,
    /// The bit of each pattern's first position.
    starts: SmallVec<[usize; 8]>,
    words: usize,
}

struct TooLarge;

impl<'p> Product<'p> {
    fn new(patterns: &'p [&'p Pattern], query: &'p Pattern) -> Self {
        let mut starts = SmallVec::new();
        let mut bits = 0;
        for pattern in patterns {
            starts.push(bits);
            bits += pattern.symbols.len() + 1;
        }
        Product { patterns, query, starts, words: bits.div_ceil(64) }
    }

    /// Adds a position and those behind `*` from there.
    fn add(&self, positions: &mut Positions, pattern: usize, mut at: usize) {
        let (Some(symbols), Some(start)) = (self.patterns.get(pattern), self.starts.get(pattern)) else {
            return;
        };
        loop {
            let bit = start + at;
            if let Some(word) = positions.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            if symbols.at(at) != Some(Symbol::Many) {
                return;
            }
            at += 1;
        }
    }

    fn start(&self) -> Positions {
        let mut positions = smallvec::smallvec![0; self.words];
        for pattern in 0..self.patterns.len() {
            self.add(&mut positions, pattern, 0);
        }
        positions
    }

    /// The set positions as (pattern, position).
    fn each<'s>(&'s self, positions: &'s Positions) -> impl Iterator<Item = (usize, usize)> + 's {
        let bits = positions.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                if bit == 64 {
                    return None;
                }
                rest &= rest - 1;
                Some(index * 64 + bit as usize)
            })
        });
        bits.map(|bit| {
            let pattern = self.starts.partition_point(|start| *start <= bit).saturating_sub(1);
            (pattern, bit - self.starts.get(pattern).copied().unwrap_or(0))
        })
    }

    fn symbol(&self, pattern: usize, at: usize) -> Option<Symbol> {
        self.patterns.get(pattern).and_then(|p| p.at(at))
    }

    fn accepts(&self, positions: &Positions) -> bool {
        self.each(positions)
            .any(|(pattern, at)| self.patterns.get(pattern).is_some_and(|p| p.symbols.len() == at))
    }

    fn step(&self, positions: &Positions, letter: Letter) -> Positions {
        let mut next = smallvec::smallvec![0; self.words];
        for (pattern, at) in self.each(positions) {
            match self.symbol(pattern, at) {
                Some(Symbol::Many) => self.add(&mut next, pattern, at),
                Some(symbol) if consumes(symbol, letter) => self.add(&mut next, pattern, at + 1),
                _ => {}
            }
        }
        next
    }

    /// The letters on which the patterns differ from here: what they name next, and any other.
    fn letters(&self, positions: &Positions) -> Vec<Letter> {
        let mut letters: Vec<Letter> = self
            .each(positions)
            .filter_map(|(pattern, at)| match self.symbol(pattern, at) {
                Some(Symbol::Char(c)) => Some(Letter::Char(c)),
                _ => None,
            })
            .collect();
        letters.sort_unstable();
        letters.dedup();
        letters.push(Letter::Other);
        letters
    }

    /// A shortest text of the query that no pattern matches.
    fn escape(&self) -> Result<Option<String>, TooLarge> {
        type State = (usize, Positions);
        let mut seen: FxHashMap<State, ()> = FxHashMap::default();
        // The states in order of discovery, with the state and letter that led there.
        let mut found: Vec<(State, usize, Option<Letter>)> = Vec::new();
        let mut queue: VecDeque<usize> = VecDeque::new();
        let mut push = |state: State,
                        from: usize,
                        letter: Option<Letter>,
                        found: &mut Vec<_>,
                        queue: &mut VecDeque<_>| {
            if seen.insert(state.clone(), ()).is_none() {
                queue.push_back(found.len());
                found.push((state, from, letter));
            }
        };
        push((0, self.start()), 0, None, &mut found, &mut queue);
        while let Some(index) = queue.pop_front() {
            if found.len() > MAX_STATES {
                return Err(TooLarge);
            }
            let Some(((at, positions), _, _)) = found.get(index).cloned() else { break };
            let Some(symbol) = self.query.at(at) else {
                if self.accepts(&positions) {
                    continue;
                }
                return Ok(Some(self.witness(&found, index)));
            };
            match symbol {
                Symbol::Char(c) => {
                    let next = self.step(&positions, Letter::Char(c));
                    push((at + 1, next), index, Some(Letter::Char(c)), &mut found, &mut queue);
                }
                Symbol::Term { id, .. } => {
                    let next = self.step(&positions, Letter::Term(id));
                    push((at + 1, next), index, Some(Letter::Term(id)), &mut found, &mut queue);
                }
                Symbol::One | Symbol::Many => {
                    let behind = if symbol == Symbol::One { at + 1 } else { at };
                    if symbol == Symbol::Many {
                        push((at + 1, positions.clone()), index, None, &mut found, &mut queue);
                    }
                    for letter in self.letters(&positions) {
                        let next = self.step(&positions, letter);
                        push((behind, next), index, Some(letter), &mut found, &mut queue);
                    }
                }
            }
        }
        Ok(None)
    }

    fn witness(&self, found: &[((usize, Positions), usize, Option<Letter>)], mut index: usize) -> String {
        let named = |c: char| {
            let names = |p: &Pattern| p.symbols.contains(&Symbol::Char(c));
            names(self.query) || self.patterns.iter().any(|p| names(p))
        };
        let other = ('a'..='z').chain('0'..='9').find(|c| !named(*c)).unwrap_or('\u{fffd}');
        let mut text: Vec<char> = Vec::new();
        while let Some((_, from, letter)) = found.get(index) {
            match letter {
                Some(Letter::Char(c)) => text.push(*c),
                Some(Letter::Term(_)) => text.push('…'),
                Some(Letter::Other) => text.push(other),
                None => {}
            }
            if index == 0 {
                break;
            }
            index = *from;
        }
        text.iter().rev().collect()
    }
}

fn consumes(symbol: Symbol, letter: Letter) -> bool {
    match (symbol, letter) {
        (Symbol::Char(a), Letter::Char(b)) => a == b,
        (Symbol::One, Letter::Char(_) | Letter::Other) | (Symbol::Many, _) => true,
        (Symbol::Term { id, .. }, Letter::Term(other)) => id == other,
        _ => false,
    }
}

/// Whether some text matches both, terms being letters of their own: a walk over pairs of positions.
fn intersects_as_letters(a: &Pattern, b: &Pattern) -> Option<bool> {
    let width = b.symbols.len() + 1;
    let mut seen = vec![false; (a.symbols.len() + 1).checked_mul(width).filter(|n| *n <= 64 * MAX_STATES)?];
    let mut stack = vec![(0, 0)];
    while let Some((i, j)) = stack.pop() {
        match seen.get_mut(i * width + j) {
            Some(mark @ false) => *mark = true,
            _ => continue,
        }
        match (a.at(i), b.at(j)) {
            (None, None) => return Some(true),
            (Some(Symbol::Many), Some(_)) => stack.extend([(i + 1, j), (i, j + 1)]),
            (Some(_), Some(Symbol::Many)) => stack.extend([(i, j + 1), (i + 1, j)]),
            (Some(Symbol::Many), None) => stack.push((i + 1, j)),
            (None, Some(Symbol::Many)) => stack.push((i, j + 1)),
            (Some(x), Some(y)) => {
                let meet = match (x, y) {
                    (Symbol::Char(x), Symbol::Char(y)) => x == y,
                    (Symbol::Term { id: x, .. }, Symbol::Term { id: y, .. }) => x == y,
                    (Symbol::Term { .. }, _) | (_, Symbol::Term { .. }) => false,
                    _ => true,
                };
                if meet {
                    stack.push((i + 1, j + 1));
                }
            }
            _ => {}
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn small() -> impl Strategy<Value = String> {
        "[ab*?]{0,5}"
    }

    /// Matching by definition.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            Some((p, rest)) => {
                text.split_first().is_some_and(|(t, more)| (*p == '?' || p == t) && naive(rest, more))
            }
        }
    }

    fn matches(pattern: &str, text: &str) -> bool {
        naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
    }

    /// All texts over `a`, `b` and a third letter up to a length that tells any two of these small patterns apart.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|t| ["a", "b", "z"].map(|c| format!("{t}{c}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_match_is_a_match(pattern in small(), text in "[abz]{0,6}") {
            prop_assert_eq!(Pattern::parse(&pattern).matches(&text), matches(&pattern, &text));
        }

        #[test]
        fn inclusion_agrees_with_trying_every_text(left in prop::collection::vec(small(), 0..3), right in small()) {
            let patterns: Vec<Pattern> = left.iter().map(|p| Pattern::parse(p)).collect();
            let patterns: Vec<&Pattern> = patterns.iter().collect();
            let query = Pattern::parse(&right);
            let outside = |t: &String| matches(&right, t) && !left.iter().any(|p| matches(p, t));
            let escaped = texts(6).into_iter().find(outside);
            match escaping(&patterns, &query) {
                Some(witness) => {
                    prop_assert!(outside(&witness.replace(|c| !"ab".contains(c), "z")), "{witness}");
                    prop_assert_eq!(covers(&patterns, &query), Some(false));
                }
                None => {
                    prop_assert_eq!(escaped, None);
                    prop_assert_eq!(covers(&patterns, &query), Some(true));
                }
            }
        }

        #[test]
        fn intersection_agrees_with_trying_every_text(left in small(), right in small()) {
            let both = texts(7).iter().any(|t| matches(&left, t) && matches(&right, t));
            prop_assert_eq!(intersects(&Pattern::parse(&left), &Pattern::parse(&right)), Some(both));
        }

        /// With terms the answer must hold for every text that the term may have.
        #[test]
        fn terms_are_answered_for_all_their_texts(left in "[abT*?]{0,5}", right in "[abT*?]{0,5}") {
            let read = |text: &str| {
                let mut pattern = Pattern::default();
                for c in text.chars() {
                    if c == 'T' {
                        pattern.push(Symbol::Term { id: 1, fixed: false });
                    } else {
                        pattern.push_pattern(&c.to_string());
                    }
                }
                pattern
            };
            let covered = covers(&[&read(&left)], &read(&right));
            let met = intersects(&read(&left), &read(&right));
            for text in ["", "a", "b", "ab", "zz", "*", "a*"] {
                let (l, r) = (Pattern::parse(&left.replace('T', text)), Pattern::parse(&right.replace('T', text)));
                if let Some(covered) = covered {
                    prop_assert_eq!(covers(&[&l], &r), Some(covered), "{} {} T={}", left, right, text);
                }
                if let Some(met) = met {
                    prop_assert_eq!(intersects(&l, &r), Some(met), "{} {} T={}", left, right, text);
                }
            }
        }
    }

    fn term(id: u32, rest: &str) -> Pattern {
        let mut pattern = Pattern::default();
        pattern.push(Symbol::Term { id, fixed: true });
        pattern.push_pattern(rest);
        pattern
    }

    #[test]
    fn a_union_can_cover_what_no_member_covers() {
        let (a, b) = (Pattern::parse("s3:?"), Pattern::parse("s3:??*"));
        let empty = Pattern::parse("s3:");
        assert_eq!(covers(&[&a, &b, &empty], &Pattern::parse("s3:*")), Some(true));
        assert_eq!(covers(&[&a, &b], &Pattern::parse("s3:*")), Some(false));
        assert_eq!(escaping(&[&a, &b], &Pattern::parse("s3:*")).as_deref(), Some("s3:"));
    }

    #[test]
    fn an_arn_that_only_aws_knows_is_one_resource() {
        let everything = Pattern::everything();
        assert_eq!(covers(&[&term(1, "")], &everything), Some(false));
        assert_eq!(covers(&[&term(1, "/*")], &everything), Some(false));
        assert_eq!(covers(&[&term(1, "*")], &term(1, "/*")), Some(true));
        assert_eq!(covers(&[&term(1, "/*")], &term(2, "/*")), None);
        assert_eq!(covers(&[&everything], &term(2, "/*")), Some(true));
    }

    #[test]
    fn an_open_term_may_be_a_star() {
        let mut open = Pattern::default();
        open.push(Symbol::Term { id: 1, fixed: false });
        assert_eq!(covers(&[&open], &Pattern::everything()), None);
        open.push_pattern(":x");
        assert_eq!(covers(&[&open], &Pattern::everything()), Some(false));
    }

    #[test]
    fn long_policies_stay_cheap_and_huge_ones_are_given_up() {
        let many: Vec<Pattern> = (0..400).map(|n| Pattern::parse(&format!("service{n}:Action*"))).collect();
        let many: Vec<&Pattern> = many.iter().collect();
        assert_eq!(covers(&many, &Pattern::parse("service17:ActionList*")), Some(true));
        assert_eq!(covers(&many, &Pattern::everything()), Some(false));
        let hard: Vec<Pattern> = (0..24).map(|n| Pattern::parse(&format!("*a{}", "?".repeat(n)))).collect();
        let hard: Vec<&Pattern> = hard.iter().collect();
        assert_ne!(covers(&hard, &Pattern::parse("*b*a*a*")), Some(true));
    }
}
