//! Reading JSON out of strings, known whole or in part, so that each member knows the place where it is written.

use std::sync::Arc;

use crate::Str;
use crate::program::TypeExpr;
use crate::source::Span;

use super::guard::Guard;
use super::number::Number;
use super::store::{Marks, Origin, Store};
use super::value::{Data, Entry, List, ListKind, Map, MapKind, Member, Part, Value};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;

/// The structure that a JSON text means, with the origins of its members as fine as they can be told. Strings known in
/// part keep their terms: inside strings as strings known in part, in the place of a whole value as that value. What is
/// structured already (`jsonencode`, an inline mapping) stays as it is. Text that is no JSON is unknown with that reason.
pub fn decode_json(value: &Value, store: &Store) -> Value {
    match try_decode_json(value, store) {
        Ok(value) => value,
        Err(reason) => {
            let id = store.reason(store.place(value.origin), format!("this is not valid JSON: {reason}"));
            Value { data: Data::Unknown(id), origin: value.origin, marks: value.marks }
        }
    }
}

/// [`decode_json`], with the reason if a text is no JSON: lower case, what was expected.
pub fn try_decode_json(value: &Value, store: &Store) -> Result<Value, Str> {
    match &value.data {
        Data::Json(inner) => {
            let mut inner = (**inner).clone();
            inner.marks = store.union_marks(inner.marks, value.marks);
            // How it was written is no part of what it says.
            if let Data::Map(map) = &inner.data
                && map.kind != map.kind.plain()
            {
                inner.data = Data::Map(Arc::new(Map { kind: map.kind.plain(), ..(**map).clone() }));
            }
            Ok(inner)
        }
        Data::String(text) => {
            let parts = [Part::Text(text.clone())];
            Reader::new(store, value, &parts).read()
        }
        Data::Text(parts) => Reader::new(store, value, parts).read(),
        Data::Choice(arms) => {
            let arms = arms.iter().map(|arm| (arm.guard, decode_json(&arm.value, store)));
            let mut v = store.choice(arms.collect::<Vec<_>>());
            v.marks = store.union_marks(v.marks, value.marks);
            if matches!(v.data, Data::Choice(_)) && v.origin.is_none() {
                v.origin = value.origin;
            }
            Ok(v)
        }
        Data::Unknown(id) => {
            if store.is_failed(*id) {
                return Ok(value.clone());
            }
            let text = format!("jsondecode({})", store.unknown_name(*id));
            Ok(store.derived(&text, &[value], TypeExpr::Any, value.origin))
        }
        _ => Ok(value.clone()),
    }
}

/// Stands for a term in the text that is read; no JSON text holds it.
const TERM: char = '\0';

struct Reader<'s> {
    store: &'s Store,
    text: String,
    at: usize,
    /// Terms by the offset of their stand-in.
    terms: Vec<(usize, Value)>,
    /// Where stretches of the text are in the source: offset here, offset there.
    places: Vec<(usize, u32)>,
    whole: Option<Span>,
    /// The origin of the whole text.
    origin: Origin,
    marks: Marks,
}

impl<'s> Reader<'s> {
    fn new(store: &'s Store, value: &Value, parts: &[Part]) -> Self {
        let mut text = String::new();
        let mut terms = Vec::new();
        for part in parts {
            match part {
                Part::Text(t) => text.push_str(t),
                Part::Term(term) => {
                    terms.push((text.len(), term.clone()));
                    text.push(TERM);
                }
            }
        }
        let whole = store.literal(value.origin);
        let places = whole.and_then(|span| places(store, span, &text)).unwrap_or_default();
        Reader { store, text, at: 0, terms, places, whole, origin: value.origin, marks: value.marks }
    }

    fn read(mut self) -> Result<Value, Str> {
        if self.text.matches(TERM).count() != self.terms.len() {
            return Err(Str::from("the text has a NUL character"));
        }
        self.skip();
        let value = self.value(0)?;
        self.skip();
        if self.at < self.text.len() {
            return Err(self.expected("the end of the text"));
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, what: &str) -> Str {
        let line = self.text.as_bytes().iter().take(self.at).filter(|&&b| b == b'\n').count() + 1;
        Str::from(format!("{what} is expected on line {line}"))
    }

    fn eat(&mut self, byte: u8, what: &str) -> Result<(), Str> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.expected(what))
        }
    }

    /// The origin of a stretch of the text: its own place if that is known, else the whole's.
    fn origin(&self, start: usize, end: usize) -> Origin {
        let Some(whole) = self.whole else { return self.origin };
        let place = |offset: usize| -> Option<u32> {
            let i = self.places.partition_point(|&(here, _)| here <= offset).checked_sub(1)?;
            let &(here, there) = self.places.get(i)?;
            Some(there + (offset - here) as u32)
        };
        match (place(start), place(end.saturating_sub(1))) {
            (Some(from), Some(to)) if from <= to && to < whole.end => {
                self.store.literal_origin(Span::new(whole.file, from, to + 1))
            }
            _ => self.origin,
        }
    }

    fn of(&self, data: Data, start: usize) -> Value {
        Value { data, origin: self.origin(start, self.at), marks: self.marks }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Str> {
        if depth > MAX_DEPTH {
            return Err(Str::from(format!("arrays and objects nest deeper than {MAX_DEPTH}")));
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string(),
            Some(0) => {
                self.at += 1;
                self.term(start)
            }
            Some(b't') => self.word("true", Data::Bool(true)),
            Some(b'f') => self.word("false", Data::Bool(false)),
            Some(b'n') => self.word("null", Data::Null),
            Some(b'-' | b'0'..=b'9') => {
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                let digits = self.text.get(start..self.at).unwrap_or("");
                let plain = digits.strip_prefix('-').unwrap_or(digits);
                let leading_zero = plain.len() > 1
                    && plain.starts_with('0')
                    && plain.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
                match Number::parse(digits) {
                    Some(n) if !leading_zero && self.peek() != Some(0) => Ok(self.of(Data::Number(n), start)),
                    _ => Err(self.expected("a number")),
                }
            }
            _ => Err(self.expected("a value")),
        }
    }

    /// A term that stands where a value does: what it is, if it is JSON itself.
    fn term(&mut self, start: usize) -> Result<Value, Str> {
        let Some((_, term)) = self.terms.iter().find(|(at, _)| *at == start) else {
            return Err(self.expected("a value"));
        };
        match self.peek() {
            None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') => {
                Ok(decode_json(term, self.store))
            }
            _ => {
                let id = self.store.reason(self.whole, "a part of this JSON text is not known");
                while !matches!(self.peek(), None | Some(b',' | b'}' | b']')) {
                    self.at += 1;
                }
                Ok(self.of(Data::Unknown(id), start))
            }
        }
    }

    fn word(&mut self, word: &str, data: Data) -> Result<Value, Str> {
        let start = self.at;
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(self.of(data, start));
        }
        Err(self.expected("a value"))
    }

    fn array(&mut self, depth: usize) -> Result<Value, Str> {
        let start = self.at;
        self.at += 1;
        let mut members = Vec::new();
        self.skip();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                self.skip();
                members.push(Member { guard: Guard::TRUE, value: self.value(depth + 1)? });
                self.skip();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.expected("`,` or `]`")),
                }
            }
        }
        let list = List { kind: ListKind::Tuple, members, rest: None };
        Ok(self.of(Data::List(Arc::new(list)), start))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Str> {
        let start = self.at;
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        let mut rest = None;
        self.skip();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                self.skip();
                let key_start = self.at;
                if self.peek() != Some(b'"') {
                    return Err(self.expected("a key in double quotes"));
                }
                let key = self.string()?;
                self.skip();
                self.eat(b':', "`:`")?;
                self.skip();
                let value = self.value(depth + 1)?;
                let key_origin = self.origin(key_start, self.at);
                for (guard, key) in self.store.arms(&key) {
                    match &key.data {
                        Data::String(name) => {
                            // The last of equal keys wins.
                            entries
                                .retain(|e| e.key != *name || self.store.and_not(e.guard, guard).is_open());
                            let (key, value) = (name.clone(), value.clone());
                            entries.push(Entry { key, key_origin, guard, value });
                        }
                        _ => {
                            let text = self.store.text_of(&key);
                            let v = self.store.derived(&text, &[&key], TypeExpr::String, Origin::NONE);
                            if let Data::Unknown(id) = v.data {
                                rest.get_or_insert(id);
                            }
                        }
                    }
                }
                self.skip();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => {
                        self.at += 1;
                        break;
                    }
                    _ => return Err(self.expected("`,` or `}`")),
                }
            }
        }
        let map = Map { kind: MapKind::Object, entries, rest };
        Ok(self.of(Data::Map(Arc::new(map)), start))
    }

    fn string(&mut self) -> Result<Value, Str> {
        let start = self.at;
        self.at += 1;
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let from = self.at;
            while self.peek().is_some_and(|b| !matches!(b, b'"' | b'\\' | 0)) {
                self.at += 1;
            }
            text.push_str(self.text.get(from..self.at).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(0) => {
                    let term = self.terms.iter().find(|(at, _)| *at == self.at).map(|(_, t)| t.clone());
                    self.at += 1;
                    if let Some(term) = term {
                        parts.push(Part::Text(Str::from(std::mem::take(&mut text).as_str())));
                        parts.push(Part::Term(term));
                    }
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut text)?;
                }
                _ => return Err(self.expected("a closing `\"`")),
            }
        }
        let origin = self.origin(start, self.at);
        let mut value = if parts.is_empty() {
            Value::new(Data::String(Str::from(text)), origin)
        } else {
            parts.push(Part::Text(Str::from(text)));
            self.store.text(parts, origin)
        };
        value.marks = self.store.union_marks(value.marks, self.own_marks());
        Ok(value)
    }

    /// Marks of the text that are not its terms' alone: where it has terms, those carry their own.
    fn own_marks(&self) -> Marks {
        if self.terms.is_empty() {
            return self.marks;
        }
        if self.store.is_sensitive(self.marks) {
            return self.store.mark_sensitive(Marks::NONE);
        }
        Marks::NONE
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Str> {
        let Some(byte) = self.peek() else { return Err(self.expected("an escape")) };
        self.at += 1;
        text.push(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let code = match unit {
                    0xd800..=0xdbff if self.text.get(self.at..self.at + 2) == Some("\\u") => {
                        self.at += 2;
                        let low = self.unit()?;
                        if (0xdc00..=0xdfff).contains(&low) {
                            0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                        } else {
                            0xfffd
                        }
                    }
                    unit => unit,
                };
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            _ => return Err(self.expected("an escape that JSON has")),
        });
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, Str> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
        match u32::from_str_radix(digits, 16) {
            Ok(unit) if digits.len() == 4 => {
                self.at += 4;
                Ok(unit)
            }
            _ => Err(self.expected("four hexadecimal digits")),
        }
    }
}

/// Finds a text line by line in the source that it was read from, where that has it verbatim (a heredoc, a block scalar,
/// a string without escapes). None if it does not.
fn places(store: &Store, span: Span, text: &str) -> Option<Vec<(usize, u32)>> {
    let file = store.sources.get(span.file)?;
    let source = file.slice(span);
    let mut places = Vec::new();
    let mut cursor = 0usize;
    let mut offset = 0usize;
    for line in text.split('\n') {
        let mut at = offset;
        for piece in line.split(TERM) {
            if !piece.is_empty() {
                let found = source.get(cursor..)?.find(piece)?;
                places.push((at, span.start + (cursor + found) as u32));
                cursor += found + piece.len();
            }
            at += piece.len() + TERM.len_utf8();
        }
        offset += line.len() + 1;
    }
    Some(places)
}
