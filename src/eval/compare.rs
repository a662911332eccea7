//! Equality of values, as far as it can be known.

use crate::Str;
use crate::program::{Dialect, TypeExpr};

use super::algebra::literal_json;
use super::convert::is_primitive;
use super::guard::{Guard, Truth};
use super::store::{Store, UnknownId, UnknownKind};
use super::value::{Data, List, ListKind, Map, MapKind, Part, Value};

/// The most strings that one known in part is compared as.
const MAX_TEXT_CASES: usize = 64;

/// Whether two values are the same data, guards included, whatever their origins and marks.
pub fn same_data(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::List(x), Data::List(y)) => {
            x.kind == y.kind
                && x.rest == y.rest
                && x.members.len() == y.members.len()
                && x.members
                    .iter()
                    .zip(&y.members)
                    .all(|(m, n)| m.guard == n.guard && same_data(&m.value, &n.value))
        }
        (Data::Map(x), Data::Map(y)) => {
            x.kind.plain() == y.kind.plain()
                && x.rest == y.rest
                && x.entries.len() == y.entries.len()
                && x.entries
                    .iter()
                    .zip(&y.entries)
                    .all(|(m, n)| m.key == n.key && m.guard == n.guard && same_data(&m.value, &n.value))
        }
        (Data::Text(x), Data::Text(y)) => {
            x.len() == y.len()
                && x.iter().zip(y.iter()).all(|(p, q)| match (p, q) {
                    (Part::Text(p), Part::Text(q)) => p == q,
                    (Part::Term(p), Part::Term(q)) => same_data(p, q),
                    _ => false,
                })
        }
        (Data::Json(x), Data::Json(y)) => same_data(x, y),
        (Data::Choice(x), Data::Choice(y)) => {
            x.len() == y.len()
                && x.iter().zip(y.iter()).all(|(p, q)| p.guard == q.guard && same_data(&p.value, &q.value))
        }
        (x, y) => x == y,
    }
}

/// Whether a value depends on no condition and no unknown.
pub fn is_known(value: &Value) -> bool {
    match &value.data {
        Data::Unknown(_) | Data::Choice(_) | Data::Text(_) | Data::Instance(_) => false,
        Data::Json(inner) => is_known(inner),
        Data::List(list) => {
            list.rest.is_none() && list.members.iter().all(|m| m.guard.is_true() && is_known(&m.value))
        }
        Data::Map(map) => {
            map.rest.is_none() && map.entries.iter().all(|e| e.guard.is_true() && is_known(&e.value))
        }
        _ => true,
    }
}

impl Store {
    /// Whether two values are equal in a language. Terraform and CloudFormation: comparing an unknown with a literal makes
    /// a condition of it. Policies make none (`Dialect::Policy`): they use those that the source has made, compare
    /// primitives of different types by their text, and hold what is absent for equal to null.
    pub fn equal(&self, a: &Value, b: &Value, dialect: Dialect) -> Truth {
        self.equal_in(a, b, dialect, 0)
    }

    fn equal_in(&self, a: &Value, b: &Value, dialect: Dialect, depth: usize) -> Truth {
        if depth > 256 {
            return Truth::UNKNOWN;
        }
        if let (Data::Choice(_), _) | (_, Data::Choice(_)) = (&a.data, &b.data) {
            return self.by_cases(&self.arms(a), &self.arms(b), dialect, depth);
        }
        if let (Data::Unknown(_), Data::Text(_)) | (Data::Text(_), Data::Unknown(_)) = (&a.data, &b.data) {
            // Each of the strings that it can be is compared alone; so are the values of a closed domain.
            let cases = |v: &Value| match v.data {
                Data::Text(_) => self.text_cases(v).unwrap_or_default(),
                _ => self.arms(v),
            };
            let (left, right) = (cases(a), cases(b));
            if left.len() * right.len() > 1 {
                return self.by_cases(&left, &right, dialect, depth);
            }
        }
        if let Data::Unknown(x) = a.data {
            return self.equal_unknown(x, b, dialect);
        }
        if let Data::Unknown(y) = b.data {
            return self.equal_unknown(y, a, dialect);
        }
        match (&a.data, &b.data) {
            (Data::Null | Data::Absent, Data::Null | Data::Absent) => Truth::YES,
            (Data::Null | Data::Absent, _) | (_, Data::Null | Data::Absent) => Truth::NO,
            (Data::Instance(x), Data::Instance(y)) => {
                if x == y {
                    Truth::YES
                } else {
                    Truth::UNKNOWN
                }
            }
            (Data::Instance(_), _) | (_, Data::Instance(_)) => Truth::UNKNOWN,
            (Data::Json(x), Data::Json(y)) if is_known(x) && is_known(y) => {
                Truth::of(self.json_text(x) == self.json_text(y))
            }
            (Data::Json(_) | Data::Text(_), _) | (_, Data::Json(_) | Data::Text(_)) => {
                self.equal_text(a, b, dialect, depth)
            }
            (Data::List(x), Data::List(y)) => self.equal_lists(x, y, dialect, depth),
            (Data::Map(x), Data::Map(y)) => self.equal_maps(x, y, dialect, depth),
            (Data::List(_) | Data::Map(_), _) | (_, Data::List(_) | Data::Map(_)) => Truth::NO,
            (x, y) if x == y => Truth::YES,
            _ if dialect == Dialect::Terraform => Truth::NO,
            _ => Truth::of(self.string_of(a) == self.string_of(b)),
        }
    }

    fn equal_unknown(&self, x: UnknownId, other: &Value, dialect: Dialect) -> Truth {
        if let Data::Unknown(y) = other.data
            && x == y
        {
            let info = self.unknown_info(x);
            return match info.kind {
                UnknownKind::Reason { .. } | UnknownKind::Failed { .. } => Truth::UNKNOWN,
                _ => Truth::YES,
            };
        }
        if let Data::Unknown(y) = other.data {
            // The values of a closed domain can be compared one by one.
            let alone = |id: UnknownId| Value::new(Data::Unknown(id), other.origin);
            for (closed, open) in [(x, y), (y, x)] {
                if self.domain(closed).is_some() {
                    let values = self.choice(self.arms(&alone(closed)));
                    if !matches!(values.data, Data::Unknown(_)) {
                        return self.equal_in(&values, &alone(open), dialect, 1);
                    }
                }
            }
            return Truth::UNKNOWN;
        }
        let info = self.unknown_info(x);
        if matches!(info.kind, UnknownKind::Reason { .. } | UnknownKind::Failed { .. }) {
            return Truth::UNKNOWN;
        }
        if other.is_unset() && info.not_null {
            return Truth::NO;
        }
        if let (UnknownKind::Attribute(reference), Data::String(text)) = (&info.kind, &other.data)
            && text.is_empty()
            && ["Ref", "Arn", "arn", "id"].contains(&reference.attribute.as_str())
        {
            // What identifies a resource is never empty.
            return Truth::NO;
        }
        let Some(mut literal) = literal_json(&Value { data: normal(&other.data), ..other.clone() }) else {
            return match (&info.type_expr, &other.data) {
                (t, Data::List(_) | Data::Map(_)) if is_primitive(t) => Truth::NO,
                _ => Truth::UNKNOWN,
            };
        };
        // A value of another type than the input has.
        let fits = match (&info.type_expr, &other.data) {
            (TypeExpr::Any, _) | (_, Data::Null | Data::Absent) => true,
            (TypeExpr::String, Data::String(_))
            | (TypeExpr::Number, Data::Number(_))
            | (TypeExpr::Bool, Data::Bool(_)) => true,
            (TypeExpr::String, _) if dialect != Dialect::Terraform => {
                let text = self.string_of(other).unwrap_or_default();
                literal = Str::from(super::algebra::json_string(&text));
                true
            }
            (TypeExpr::Number | TypeExpr::Bool, Data::String(s)) if dialect != Dialect::Terraform => {
                literal = s.clone();
                true
            }
            _ => false,
        };
        if !fits {
            return Truth::NO;
        }
        if dialect == Dialect::Policy {
            return self.equals_known(x, &literal);
        }
        self.truth_when(self.equals(x, &literal))
    }

    /// Strings known in part: equal if they are the same terms, not equal if what is known does not fit.
    fn equal_text(&self, a: &Value, b: &Value, dialect: Dialect, depth: usize) -> Truth {
        if same_data(a, b) {
            return Truth::YES;
        }
        if let (Some(left), Some(right)) = (self.text_cases(a), self.text_cases(b))
            && left.len() * right.len() > 1
        {
            return self.by_cases(&left, &right, dialect, depth);
        }
        if let (Data::Text(_), Data::Text(_) | Data::String(_)) | (Data::String(_), Data::Text(_)) =
            (&a.data, &b.data)
        {
            let (p, q) = (prefix(a), prefix(b));
            let n = p.len().min(q.len());
            if p.as_bytes().get(..n) != q.as_bytes().get(..n) {
                return Truth::NO;
            }
            let (s, t) = (suffix(a), suffix(b));
            let n = s.len().min(t.len());
            if s.as_bytes().get(s.len() - n..) != t.as_bytes().get(t.len() - n..) {
                return Truth::NO;
            }
            let least = |v: &Value| -> Option<usize> {
                match &v.data {
                    Data::Text(parts) => Some(
                        parts.iter().map(|p| if let Part::Text(t) = p { t.len() } else { 0 }).sum::<usize>(),
                    ),
                    _ => None,
                }
            };
            let whole = |v: &Value| v.as_str().map(|s| s.len());
            if let (Some(min), Some(len)) = (least(a), whole(b))
                && min > len
            {
                return Truth::NO;
            }
            if let (Some(min), Some(len)) = (least(b), whole(a))
                && min > len
            {
                return Truth::NO;
            }
            return match (&a.data, &b.data) {
                (Data::Text(parts), Data::String(text)) | (Data::String(text), Data::Text(parts)) => {
                    self.equal_parts(parts, text, dialect)
                }
                _ => Truth::UNKNOWN,
            };
        }
        if matches!(a.data, Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Map(_))
            || matches!(b.data, Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Map(_))
        {
            return Truth::NO;
        }
        match (self.string_of(a), self.string_of(b)) {
            (Some(x), Some(y)) => Truth::of(x == y),
            _ => Truth::UNKNOWN,
        }
    }

    /// Whether the parts of a string make up a known one: decided by the terms where there is one way to do that.
    fn equal_parts(&self, parts: &[Part], text: &str, dialect: Dialect) -> Truth {
        let (mut rest, mut parts) = (text, parts);
        while let [Part::Text(known), more @ ..] = parts {
            let Some(behind) = rest.strip_prefix(known.as_str()) else { return Truth::NO };
            (rest, parts) = (behind, more);
        }
        while let [more @ .., Part::Text(known)] = parts {
            let Some(before) = rest.strip_suffix(known.as_str()) else { return Truth::NO };
            (rest, parts) = (before, more);
        }
        match parts {
            [Part::Term(term)] => self.equal_term(term, rest, dialect),
            _ if rest.is_empty() => parts.iter().fold(Truth::YES, |all, part| {
                let empty = match part {
                    Part::Text(known) => Truth::of(known.is_empty()),
                    Part::Term(term) => self.equal_term(term, "", dialect),
                };
                self.truth_and(all, empty)
            }),
            _ => Truth::UNKNOWN,
        }
    }

    /// Whether a term of a string stands for a known text. Only of what is surely a string or number that is told.
    fn equal_term(&self, term: &Value, text: &str, dialect: Dialect) -> Truth {
        let Data::Unknown(id) = term.data else { return Truth::UNKNOWN };
        let literal = match self.unknown_info(id).type_expr {
            TypeExpr::String => Value::string(text),
            TypeExpr::Number => match super::number::Number::parse(text) {
                Some(n) if n.to_string() == text => Value::new(Data::Number(n), term.origin),
                _ => return Truth::NO,
            },
            TypeExpr::Bool if matches!(text, "true" | "false") => Value::bool(text == "true"),
            TypeExpr::Bool => return Truth::NO,
            _ => return Truth::UNKNOWN,
        };
        self.equal_unknown(id, &literal, dialect)
    }

    /// The strings that a string known in part can be, as far as its terms are choices or have a closed domain. None for
    /// other values, and when there are too many.
    fn text_cases(&self, value: &Value) -> Option<Vec<(Guard, Value)>> {
        let Data::Text(parts) = &value.data else { return Some(vec![(Guard::TRUE, value.clone())]) };
        let mut cases: Vec<(Guard, Vec<Part>)> = vec![(Guard::TRUE, Vec::with_capacity(parts.len()))];
        for part in parts.iter() {
            let arms = match part {
                Part::Text(_) => vec![(Guard::TRUE, part.clone())],
                Part::Term(term) => {
                    self.arms(term).into_iter().map(|(g, v)| (g, Part::Term(v))).collect::<Vec<_>>()
                }
            };
            if cases.len() * arms.len() > MAX_TEXT_CASES {
                return None;
            }
            let mut next = Vec::with_capacity(cases.len() * arms.len());
            for (guard, so_far) in &cases {
                for (own, part) in &arms {
                    let both = self.and(*guard, *own);
                    if !both.is_false() {
                        let mut parts = so_far.clone();
                        parts.push(part.clone());
                        next.push((both, parts));
                    }
                }
            }
            cases = next;
        }
        Some(cases.into_iter().map(|(g, parts)| (g, self.text(parts, value.origin))).collect())
    }

    /// Whether two values are equal, each under its conditions.
    fn by_cases(
        &self,
        left: &[(Guard, Value)],
        right: &[(Guard, Value)],
        dialect: Dialect,
        depth: usize,
    ) -> Truth {
        let mut truth = Truth::UNKNOWN;
        for (g, v) in left {
            for (h, w) in right {
                let both = self.and(*g, *h);
                if both.is_false() {
                    continue;
                }
                let t = self.truth_under(self.equal_in(v, w, dialect, depth + 1), both);
                truth = Truth { yes: self.or(truth.yes, t.yes), no: self.or(truth.no, t.no) };
            }
        }
        truth
    }

    fn equal_lists(&self, x: &List, y: &List, dialect: Dialect, depth: usize) -> Truth {
        let tuple = |l: &List| l.kind == ListKind::Tuple;
        if dialect == Dialect::Terraform
            && (tuple(x) != tuple(y) || (x.kind == ListKind::Set) != (y.kind == ListKind::Set))
        {
            return Truth::NO;
        }
        if x.rest.is_some() || y.rest.is_some() {
            return Truth::UNKNOWN;
        }
        let plain = |l: &List| l.members.iter().all(|m| m.guard.is_true());
        if !plain(x) || !plain(y) {
            return self.equal_by_cases(x, y, dialect, depth);
        }
        if x.members.len() != y.members.len() {
            // A set may shrink when what is unknown in it becomes known.
            let known = |l: &List| l.kind != ListKind::Set || l.members.iter().all(|m| is_known(&m.value));
            return if known(x) && known(y) { Truth::NO } else { Truth::UNKNOWN };
        }
        if x.kind == ListKind::Set && !(x.members.iter().chain(&y.members).all(|m| is_known(&m.value))) {
            let same = x.members.iter().zip(&y.members).all(|(m, n)| same_data(&m.value, &n.value));
            return if same { Truth::YES } else { Truth::UNKNOWN };
        }
        x.members.iter().zip(&y.members).fold(Truth::YES, |all, (m, n)| {
            let t = self.equal_in(&m.value, &n.value, dialect, depth + 1);
            self.truth_and(all, t)
        })
    }

    /// Lists whose members may be there: for every combination of what is there.
    fn equal_by_cases(&self, x: &List, y: &List, dialect: Dialect, depth: usize) -> Truth {
        let (Some(left), Some(right)) = (self.list_cases(x, 16), self.list_cases(y, 16)) else {
            return Truth::UNKNOWN;
        };
        let mut truth = Truth::UNKNOWN;
        for (g, a) in &left {
            for (h, b) in &right {
                let both = self.and(*g, *h);
                if both.is_false() {
                    continue;
                }
                let t = self.truth_under(self.equal_lists(a, b, dialect, depth + 1), both);
                truth = Truth { yes: self.or(truth.yes, t.yes), no: self.or(truth.no, t.no) };
            }
        }
        truth
    }

    /// The lists without guards that a list can be, by condition; none when there are more than `cap`.
    pub fn list_cases(&self, list: &List, cap: usize) -> Option<Vec<(Guard, List)>> {
        let mut cases: Vec<(Guard, Vec<super::value::Member>)> = vec![(Guard::TRUE, Vec::new())];
        for member in &list.members {
            if member.guard.is_true() {
                cases.iter_mut().for_each(|(_, members)| members.push(member.clone()));
                continue;
            }
            let mut next = Vec::with_capacity(cases.len() + 1);
            for (guard, members) in cases {
                let with = self.and(guard, member.guard);
                let without = self.and_not(guard, member.guard);
                if !with.is_false() {
                    let mut there = members.clone();
                    there.push(super::value::Member { guard: Guard::TRUE, value: member.value.clone() });
                    next.push((with, there));
                }
                if !without.is_false() {
                    next.push((without, members));
                }
            }
            if next.len() > cap {
                return None;
            }
            cases = next;
        }
        Some(
            cases
                .into_iter()
                .map(|(g, members)| (g, List { kind: list.kind, members, rest: list.rest }))
                .collect(),
        )
    }

    fn equal_maps(&self, x: &Map, y: &Map, dialect: Dialect, depth: usize) -> Truth {
        if dialect == Dialect::Terraform && (x.kind == MapKind::Map) != (y.kind == MapKind::Map) {
            return Truth::NO;
        }
        if x.rest.is_some() || y.rest.is_some() {
            return Truth::UNKNOWN;
        }
        let mut truth = Truth::YES;
        for (one, other) in [(x, y), (y, x)] {
            for entry in &one.entries {
                let mut there = Guard::FALSE;
                let mut t = Truth::YES;
                for e in other.all(&entry.key) {
                    there = self.or(there, e.guard);
                    let both = self.and(entry.guard, e.guard);
                    let equal = self.equal_in(&entry.value, &e.value, dialect, depth + 1);
                    // Outside `both` this pair says nothing.
                    let not_both = self.not(both);
                    let said = Truth { yes: self.or(equal.yes, not_both), no: self.and(equal.no, both) };
                    t = self.truth_and(t, said);
                }
                let missing = self.and_not(entry.guard, there);
                truth = self.truth_and(truth, t);
                truth = self.truth_and(truth, !self.truth_when(missing));
            }
        }
        truth
    }
}

/// Absent is null where literals are compared.
fn normal(data: &Data) -> Data {
    match data {
        Data::Absent => Data::Null,
        other => other.clone(),
    }
}

/// The known text that a string begins with.
pub(super) fn prefix(value: &Value) -> &str {
    match &value.data {
        Data::String(s) => s,
        Data::Text(parts) => match parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        },
        _ => "",
    }
}

/// The known text that a string ends with.
pub(super) fn suffix(value: &Value) -> &str {
    match &value.data {
        Data::String(s) => s,
        Data::Text(parts) => match parts.last() {
            Some(Part::Text(text)) => text,
            _ => "",
        },
        _ => "",
    }
}
