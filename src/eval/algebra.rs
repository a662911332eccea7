//! Values under guards: choices, what is left of a value under a condition, truth of values, strings known in part.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::TypeExpr;

use super::guard::{Guard, MAX_DOMAIN, Truth, Valuation};
use super::number::Number;
use super::store::{Marks, Origin, Reference, Store, UnknownId, UnknownKind};
use super::value::{Arm, Data, Entry, List, Map, MapKind, Member, Part, Value};

/// The most arms of one choice.
pub(super) const MAX_ARMS: usize = 128;
/// The most characters of a derived unknown's text; longer ones are cut and told apart by a digest.
const MAX_TEXT: usize = 240;

impl Truth {
    /// Whether a value is true. A choice is true under the guards of its true arms; an unknown is unknown, unless it is
    /// an input with a closed domain or a condition that the source itself has made. Strings `"true"` and `"false"`
    /// count, and what is absent or null is false. Anything else is no truth value: unknown.
    pub fn from_value(store: &Store, value: &Value) -> Truth {
        match &value.data {
            Data::Bool(b) => Truth::of(*b),
            Data::Absent | Data::Null => Truth::NO,
            Data::String(s) if s == "true" => Truth::YES,
            Data::String(s) if s == "false" => Truth::NO,
            Data::Choice(arms) => {
                let mut truth = Truth::UNKNOWN;
                for arm in arms.iter() {
                    let t = store.truth_under(Truth::from_value(store, &arm.value), arm.guard);
                    truth = Truth { yes: store.or(truth.yes, t.yes), no: store.or(truth.no, t.no) };
                }
                truth
            }
            Data::Unknown(id) => {
                if store.domain(*id).is_some() {
                    let t = store.equals_known(*id, &Str::from("true"));
                    let s = store.equals_known(*id, &Str::from("\"true\""));
                    let f = store.equals_known(*id, &Str::from("false"));
                    let g = store.equals_known(*id, &Str::from("\"false\""));
                    return Truth { yes: store.or(t.yes, s.yes), no: store.or(f.yes, g.yes) };
                }
                match store.opaque_known(*id) {
                    Some(guard) => store.truth_when(guard),
                    None => Truth::UNKNOWN,
                }
            }
            _ => Truth::UNKNOWN,
        }
    }
}

impl Store {
    /// An unknown value.
    pub fn unknown_value(&self, id: UnknownId, origin: Origin) -> Value {
        Value::new(Data::Unknown(id), origin)
    }

    /// A derived unknown: the text says how, the marks and what it depends on come from the operands.
    pub fn derived(&self, text: &str, operands: &[&Value], type_expr: TypeExpr, origin: Origin) -> Value {
        let mut on = Vec::new();
        let mut seen = FxHashSet::default();
        for operand in operands {
            self.collect_unknowns(operand, &mut on, &mut seen);
        }
        let marks = self.union_all_marks(operands.iter().map(|v| self.deep_marks(v)));
        let text = self.shorten(text);
        let id = self.unknown(UnknownKind::Derived { text, on }, false, type_expr);
        Value { data: Data::Unknown(id), origin, marks }
    }

    /// A text of bounded length that stays distinct.
    fn shorten(&self, text: &str) -> Str {
        if text.len() <= MAX_TEXT {
            return Str::from(text);
        }
        let mut end = MAX_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        use sha1::Digest;
        let digest = sha1::Sha1::digest(text.as_bytes());
        let tail: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Str::from(format!("{}… #{tail}", text.get(..end).unwrap_or("")))
    }

    /// What the unknown of a value's text would be called: its source-like text.
    pub fn text_of(&self, value: &Value) -> String {
        let mut out = String::new();
        self.write_text(value, &mut out, 0);
        out
    }

    fn write_text(&self, value: &Value, out: &mut String, depth: usize) {
        if out.len() > 16 * MAX_TEXT {
            // Far beyond what is kept; the digest must still tell values apart.
            out.push('…');
            if depth > 64 {
                return;
            }
        }
        match &value.data {
            Data::Absent => out.push_str("absent"),
            Data::Null => out.push_str("null"),
            Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Data::Number(n) => out.push_str(&n.to_string()),
            Data::String(s) => out.push_str(&json_string(s)),
            Data::Text(parts) => {
                out.push('"');
                for part in parts.iter() {
                    match part {
                        Part::Text(text) => {
                            let quoted = json_string(text);
                            out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or(""));
                        }
                        Part::Term(term) => {
                            out.push_str("${");
                            self.write_text(term, out, depth + 1);
                            out.push('}');
                        }
                    }
                }
                out.push('"');
            }
            Data::Json(inner) => {
                out.push_str("jsonencode(");
                self.write_text(inner, out, depth + 1);
                out.push(')');
            }
            Data::List(list) => {
                out.push('[');
                for (i, member) in list.members.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.write_guard(member.guard, out);
                    self.write_text(&member.value, out, depth + 1);
                }
                if let Some(rest) = list.rest {
                    out.push_str(", …");
                    out.push_str(&self.unknown_name(rest));
                }
                out.push(']');
            }
            Data::Map(map) => {
                out.push('{');
                for (i, entry) in map.entries.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.write_guard(entry.guard, out);
                    out.push_str(&entry.key);
                    out.push_str(" = ");
                    self.write_text(&entry.value, out, depth + 1);
                }
                if let Some(rest) = map.rest {
                    out.push_str(", …");
                    out.push_str(&self.unknown_name(rest));
                }
                out.push('}');
            }
            Data::Unknown(id) => out.push_str(&self.unknown_name(*id)),
            Data::Choice(arms) => {
                out.push('(');
                for (i, arm) in arms.iter().enumerate() {
                    if i > 0 {
                        out.push_str(" | ");
                    }
                    self.write_guard(arm.guard, out);
                    self.write_text(&arm.value, out, depth + 1);
                }
                out.push(')');
            }
            Data::Instance(id) => {
                out.push_str(&self.instance(*id).map(|i| i.address).unwrap_or_default());
            }
        }
    }

    fn write_guard(&self, guard: Guard, out: &mut String) {
        if !guard.is_true() {
            out.push_str(&format!("[#{}] ", guard.0));
        }
    }

    /// All unknowns inside a value, in order of appearance.
    pub fn unknowns_in(&self, value: &Value) -> Vec<UnknownId> {
        let mut found = Vec::new();
        self.collect_unknowns(value, &mut found, &mut FxHashSet::default());
        found
    }

    fn collect_unknowns(&self, value: &Value, found: &mut Vec<UnknownId>, seen: &mut FxHashSet<UnknownId>) {
        let mut add = |id: UnknownId, found: &mut Vec<UnknownId>| {
            if found.len() < MAX_ARMS && seen.insert(id) {
                found.push(id);
            }
        };
        match &value.data {
            Data::Unknown(id) => add(*id, found),
            Data::Text(parts) => {
                for part in parts.iter() {
                    if let Part::Term(term) = part {
                        self.collect_unknowns(term, found, seen);
                    }
                }
            }
            Data::Json(inner) => self.collect_unknowns(inner, found, seen),
            Data::List(list) => {
                if let Some(rest) = list.rest {
                    add(rest, found);
                }
                for member in &list.members {
                    self.collect_guard(member.guard, found, seen);
                    self.collect_unknowns(&member.value, found, seen);
                }
            }
            Data::Map(map) => {
                if let Some(rest) = map.rest {
                    add(rest, found);
                }
                for entry in &map.entries {
                    self.collect_guard(entry.guard, found, seen);
                    self.collect_unknowns(&entry.value, found, seen);
                }
            }
            Data::Choice(arms) => {
                for arm in arms.iter() {
                    self.collect_guard(arm.guard, found, seen);
                    self.collect_unknowns(&arm.value, found, seen);
                }
            }
            _ => {}
        }
    }

    fn collect_guard(&self, guard: Guard, found: &mut Vec<UnknownId>, seen: &mut FxHashSet<UnknownId>) {
        if guard.is_open() {
            for id in self.support(&[guard]) {
                if found.len() < MAX_ARMS && seen.insert(id) {
                    found.push(id);
                }
            }
        }
    }

    /// Everything that a value and what is inside it carries.
    pub fn deep_marks(&self, value: &Value) -> Marks {
        let mut all = Vec::new();
        collect_marks(value, &mut all);
        self.union_all_marks(all)
    }

    /// The resource attributes that a value and what is inside it were made from, sorted.
    pub fn deep_references(&self, value: &Value) -> Vec<Reference> {
        self.references(self.deep_marks(value))
    }

    /// One of several values: nested choices are flattened, impossible arms dropped, a single certain arm is the value
    /// itself. The marks and the origin given are added to arms that have none of their own.
    pub fn choice(&self, arms: impl IntoIterator<Item = (Guard, Value)>) -> Value {
        let mut flat: Vec<Arm> = Vec::new();
        for (guard, value) in arms {
            if guard.is_false() {
                continue;
            }
            match value.data {
                Data::Choice(inner) => {
                    for arm in inner.iter() {
                        let both = self.and(guard, arm.guard);
                        let mut v = arm.value.clone();
                        v.marks = self.union_marks(v.marks, value.marks);
                        self.push_arm(&mut flat, both, v);
                    }
                }
                _ => self.push_arm(&mut flat, guard, value),
            }
        }
        // One value is lost and says why; nothing else is, so that this is no error: an image of 18 versions in 29
        // regions is not worth one.
        if flat.len() > MAX_ARMS {
            let marks = self.union_all_marks(flat.iter().map(|a| a.value.marks));
            let origin = flat.first().map(|a| a.value.origin).unwrap_or(Origin::NONE);
            let id = self.reason(None, format!("budget: more than {MAX_ARMS} alternatives of one value"));
            return Value { data: Data::Unknown(id), origin, marks };
        }
        match flat.as_slice() {
            [] => {
                let id = self.reason(None, "no condition under which it has a value");
                Value::new(Data::Unknown(id), Origin::NONE)
            }
            [only] if only.guard.is_true() => only.value.clone(),
            _ => Value::new(Data::Choice(flat.into()), Origin::NONE),
        }
    }

    fn push_arm(&self, arms: &mut Vec<Arm>, guard: Guard, value: Value) {
        if guard.is_false() {
            return;
        }
        let same = |arm: &&mut Arm| {
            is_scalar(&arm.value)
                && arm.value.origin == value.origin
                && arm.value.marks == value.marks
                && arm.value.data == value.data
        };
        if is_scalar(&value)
            && let Some(arm) = arms.iter_mut().find(same)
        {
            arm.guard = self.or(arm.guard, guard);
            return;
        }
        arms.push(Arm { guard, value });
    }

    /// The alternatives of a value: the arms of a choice, the values of an input with a closed domain, else the value
    /// itself under [`Guard::TRUE`].
    pub fn arms(&self, value: &Value) -> Vec<(Guard, Value)> {
        match &value.data {
            Data::Choice(arms) => {
                let mut all = Vec::with_capacity(arms.len());
                for arm in arms.iter() {
                    let mut v = arm.value.clone();
                    v.marks = self.union_marks(v.marks, value.marks);
                    for (guard, v) in self.arms(&v) {
                        let both = self.and(arm.guard, guard);
                        if !both.is_false() {
                            all.push((both, v));
                        }
                    }
                }
                all
            }
            Data::Unknown(id) => match self.domain(*id) {
                Some(values) if values.len() <= MAX_DOMAIN.min(MAX_ARMS) => values
                    .iter()
                    .filter_map(|text| {
                        let data = literal_from_json(text)?;
                        let guard = self.equals_known(*id, text).yes;
                        Some((guard, Value { data, origin: value.origin, marks: value.marks }))
                    })
                    .collect(),
                _ => vec![(Guard::TRUE, value.clone())],
            },
            _ => vec![(Guard::TRUE, value.clone())],
        }
    }

    /// Applies a function to every alternative of a value that is a choice (not to the values of a closed domain).
    pub fn map_arms(&self, value: &Value, mut f: impl FnMut(&Value) -> Value) -> Value {
        match &value.data {
            Data::Choice(arms) => self.choice(arms.iter().map(|arm| {
                let mut v = f(&arm.value);
                v.marks = self.union_marks(v.marks, value.marks);
                (arm.guard, v)
            })),
            _ => f(value),
        }
    }

    /// What is left of a value where a guard holds: arms and members that can't be there are gone.
    pub fn given(&self, value: &Value, guard: Guard) -> Value {
        if guard.is_true() {
            return value.clone();
        }
        let simplify = |g: Guard| -> Guard {
            if !g.is_open() {
                return g;
            }
            if !self.compatible(g, guard) {
                Guard::FALSE
            } else if self.implies(guard, g) {
                Guard::TRUE
            } else {
                g
            }
        };
        self.rewrite(value, &simplify, &|_| None)
    }

    /// What a value is under a valuation of inputs: their own values are put in place too.
    pub fn at(&self, value: &Value, valuation: &Valuation) -> Value {
        let restrict = |g: Guard| self.restrict(g, valuation);
        self.rewrite(value, &restrict, &|id| {
            let (_, text) = valuation.iter().find(|(input, _)| *input == id)?;
            literal_from_json(text.as_ref()?)
        })
    }

    fn rewrite(
        &self,
        value: &Value,
        guard_of: &dyn Fn(Guard) -> Guard,
        known: &dyn Fn(UnknownId) -> Option<Data>,
    ) -> Value {
        let data = match &value.data {
            Data::Unknown(id) => match known(*id) {
                Some(data) => data,
                None => return value.clone(),
            },
            Data::Text(parts) => {
                let parts: Vec<Part> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(_) => part.clone(),
                        Part::Term(term) => Part::Term(self.rewrite(term, guard_of, known)),
                    })
                    .collect();
                let mut text = self.text(parts, value.origin);
                text.marks = self.union_marks(text.marks, value.marks);
                return text;
            }
            Data::Json(inner) => Data::Json(Arc::new(self.rewrite(inner, guard_of, known))),
            Data::List(list) => {
                let members = list.members.iter().filter_map(|m| {
                    let guard = guard_of(m.guard);
                    (!guard.is_false())
                        .then(|| Member { guard, value: self.rewrite(&m.value, guard_of, known) })
                });
                Data::List(Arc::new(List { kind: list.kind, members: members.collect(), rest: list.rest }))
            }
            Data::Map(map) => {
                let entries = map.entries.iter().filter_map(|e| {
                    let guard = guard_of(e.guard);
                    (!guard.is_false()).then(|| Entry {
                        key: e.key.clone(),
                        key_origin: e.key_origin,
                        guard,
                        value: self.rewrite(&e.value, guard_of, known),
                    })
                });
                Data::Map(Arc::new(Map { kind: map.kind, entries: entries.collect(), rest: map.rest }))
            }
            Data::Choice(arms) => {
                let kept = arms.iter().filter_map(|arm| {
                    let guard = guard_of(arm.guard);
                    (!guard.is_false()).then(|| (guard, self.rewrite(&arm.value, guard_of, known)))
                });
                let mut v = self.choice(kept.collect::<Vec<_>>());
                v.marks = self.union_marks(v.marks, value.marks);
                return v;
            }
            _ => return value.clone(),
        };
        Value { data, origin: value.origin, marks: value.marks }
    }

    /// A truth as a value. Where it is unknown, the value is the unknown that `rest` makes.
    pub fn truth_value(
        &self,
        truth: Truth,
        origin: Origin,
        marks: Marks,
        rest: impl FnOnce() -> UnknownId,
    ) -> Value {
        let of = |data: Data| Value { data, origin, marks };
        match truth {
            Truth::YES => return of(Data::Bool(true)),
            Truth::NO => return of(Data::Bool(false)),
            Truth::UNKNOWN => return of(Data::Unknown(rest())),
            _ => {}
        }
        let mut arms = vec![(truth.yes, of(Data::Bool(true))), (truth.no, of(Data::Bool(false)))];
        let unknown = self.truth_unknown(truth);
        if !unknown.is_false() {
            arms.push((unknown, of(Data::Unknown(rest()))));
        }
        self.choice(arms)
    }

    /// A string from pieces: neighbouring text is joined, known terms become text, and a string that is known whole is
    /// a plain string. Terms that are null or absent are left as they are. Choices stay terms.
    pub fn text(&self, parts: impl IntoIterator<Item = Part>, origin: Origin) -> Value {
        let mut done: Vec<Part> = Vec::new();
        let mut marks = Vec::new();
        let mut pending = String::new();
        let mut single: Option<Str> = None;
        let mut pieces = 0usize;
        let flush = |pending: &mut String, single: &mut Option<Str>, done: &mut Vec<Part>| {
            let text = single.take().filter(|_| pending.is_empty());
            let text = text.unwrap_or_else(|| Str::from(std::mem::take(pending).as_str()));
            pending.clear();
            if !text.is_empty() {
                done.push(Part::Text(text));
            }
        };
        let mut queue: Vec<Part> = parts.into_iter().collect();
        queue.reverse();
        while let Some(part) = queue.pop() {
            let mut push = |text: &Str| {
                if text.is_empty() {
                    return;
                }
                pieces += 1;
                match single.take() {
                    None if pending.is_empty() => single = Some(text.clone()),
                    None => pending.push_str(text),
                    Some(first) => {
                        pending.push_str(&first);
                        pending.push_str(text);
                    }
                }
            };
            match part {
                Part::Text(text) => push(&text),
                Part::Term(term) => {
                    marks.push(term.marks);
                    match term.data {
                        Data::String(text) => push(&text),
                        Data::Number(n) => push(&Str::from(n.to_string())),
                        Data::Bool(b) => push(&Str::from(if b { "true" } else { "false" })),
                        Data::Text(inner) => {
                            for part in inner.iter().rev() {
                                queue.push(part.clone());
                            }
                        }
                        _ => {
                            flush(&mut pending, &mut single, &mut done);
                            done.push(Part::Term(term));
                        }
                    }
                }
            }
        }
        flush(&mut pending, &mut single, &mut done);
        let marks = self.union_all_marks(marks);
        let data = match done.as_slice() {
            [] => Data::String(Str::new()),
            [Part::Text(text)] => Data::String(text.clone()),
            _ => Data::Text(done.into()),
        };
        Value { data, origin, marks }
    }

    /// The JSON text of a value that is known in all its parts; none otherwise. Keys are sorted, as Terraform does it,
    /// but for documents that have their own way of being written.
    pub fn json_text(&self, value: &Value) -> Option<String> {
        let mut out = String::new();
        let kind = value.as_map().map(|m| m.kind);
        let written = match kind {
            Some(MapKind::Document) => write_document(self, value, &mut out, 0, true),
            Some(MapKind::MinifiedDocument) => write_document(self, value, &mut out, 0, false),
            _ => write_json(self, value, &mut out, 0),
        };
        written.then_some(out)
    }

    /// The string that a value is, rendering JSON where it is all known.
    pub fn string_of(&self, value: &Value) -> Option<Str> {
        match &value.data {
            Data::String(s) => Some(s.clone()),
            Data::Number(n) => Some(Str::from(n.to_string())),
            Data::Bool(b) => Some(Str::from(if *b { "true" } else { "false" })),
            Data::Json(inner) => self.json_text(inner).map(Str::from),
            _ => None,
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(
        value.data,
        Data::Absent
            | Data::Null
            | Data::Bool(_)
            | Data::Number(_)
            | Data::String(_)
            | Data::Unknown(_)
            | Data::Instance(_)
    )
}

fn collect_marks(value: &Value, all: &mut Vec<Marks>) {
    if !value.marks.is_none() && all.last() != Some(&value.marks) {
        all.push(value.marks);
    }
    match &value.data {
        Data::Text(parts) => {
            for part in parts.iter() {
                if let Part::Term(term) = part {
                    collect_marks(term, all);
                }
            }
        }
        Data::Json(inner) => collect_marks(inner, all),
        Data::List(list) => list.members.iter().for_each(|m| collect_marks(&m.value, all)),
        Data::Map(map) => map.entries.iter().for_each(|e| collect_marks(&e.value, all)),
        Data::Choice(arms) => arms.iter().for_each(|a| collect_marks(&a.value, all)),
        _ => {}
    }
}

/// The JSON text of a known primitive value: what an atom of a guard compares with.
pub fn literal_json(value: &Value) -> Option<Str> {
    Some(match &value.data {
        Data::Null => Str::from("null"),
        Data::Bool(b) => Str::from(if *b { "true" } else { "false" }),
        Data::Number(n) => Str::from(n.to_string()),
        Data::String(s) => Str::from(json_string(s)),
        _ => return None,
    })
}

/// The value of an atom's JSON text.
pub fn literal_from_json(text: &str) -> Option<Data> {
    Some(match text {
        "null" => Data::Null,
        "true" => Data::Bool(true),
        "false" => Data::Bool(false),
        _ if text.starts_with('"') => Data::String(Str::from(serde_json::from_str::<String>(text).ok()?)),
        _ => Data::Number(Number::parse(text)?),
    })
}

/// A string as JSON, with the escapes that Terraform's `jsonencode` writes (`<`, `>` and `&` as `\u…`).
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// JSON in the order of the entries, indented by two blanks or without white space.
fn write_document(store: &Store, value: &Value, out: &mut String, depth: usize, indented: bool) -> bool {
    if depth > 512 {
        return false;
    }
    let line = |out: &mut String, depth: usize| {
        if indented {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        }
    };
    match &value.data {
        Data::List(list) if !list.members.is_empty() => {
            if list.rest.is_some() || list.members.iter().any(|m| !m.guard.is_true()) {
                return false;
            }
            for (i, member) in list.members.iter().enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                line(out, depth + 1);
                if !write_document(store, &member.value, out, depth + 1, indented) {
                    return false;
                }
            }
            line(out, depth);
            out.push(']');
            true
        }
        Data::Map(map) if !map.entries.is_empty() => {
            if map.rest.is_some() || map.entries.iter().any(|e| !e.guard.is_true()) {
                return false;
            }
            for (i, entry) in map.entries.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                line(out, depth + 1);
                out.push_str(&json_string(&entry.key));
                out.push_str(if indented { ": " } else { ":" });
                if !write_document(store, &entry.value, out, depth + 1, indented) {
                    return false;
                }
            }
            line(out, depth);
            out.push('}');
            true
        }
        _ => write_json(store, value, out, depth),
    }
}

fn write_json(store: &Store, value: &Value, out: &mut String, depth: usize) -> bool {
    if depth > 512 {
        return false;
    }
    match &value.data {
        Data::Null | Data::Absent => out.push_str("null"),
        Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Data::Number(n) if n.is_infinite() => return false,
        Data::Number(n) => out.push_str(&n.to_string()),
        Data::String(s) => out.push_str(&json_string(s)),
        Data::Json(inner) => match store.json_text(inner) {
            Some(text) => out.push_str(&json_string(&text)),
            None => return false,
        },
        Data::List(list) => {
            if list.rest.is_some() {
                return false;
            }
            out.push('[');
            for (i, member) in list.members.iter().enumerate() {
                if !member.guard.is_true() {
                    return false;
                }
                if i > 0 {
                    out.push(',');
                }
                if !write_json(store, &member.value, out, depth + 1) {
                    return false;
                }
            }
            out.push(']');
        }
        Data::Map(map) => {
            if map.rest.is_some() {
                return false;
            }
            // Terraform sorts the keys of what it encodes.
            let mut entries: Vec<&Entry> = map.entries.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            out.push('{');
            let mut first = true;
            for entry in entries {
                if !entry.guard.is_true() {
                    return false;
                }
                if matches!(entry.value.data, Data::Absent) {
                    continue;
                }
                if !first {
                    out.push(',');
                }
                first = false;
                out.push_str(&json_string(&entry.key));
                out.push(':');
                if !write_json(store, &entry.value, out, depth + 1) {
                    return false;
                }
            }
            out.push('}');
        }
        Data::Text(_) | Data::Unknown(_) | Data::Choice(_) | Data::Instance(_) => return false,
    }
    true
}
