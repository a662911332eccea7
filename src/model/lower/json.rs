//! JSON text as a structured value: terms inside of it stay terms, members know where in the text they are written.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Arm, Data, Entry, Guard, List, ListKind, Map, MapKind, Member, Number, Origin, OriginStep, Part, Store,
    Value, Via,
};
use crate::source::Span;

/// Stands for a term in the text that is parsed; a text that has it itself is left alone.
const TERM: char = '\u{10fffe}';
/// The deepest nesting that is followed.
const MAX_DEPTH: u32 = 128;
/// How far behind the last token the next one is looked for in the source.
const WINDOW: usize = 2_000;

/// The structured value of JSON text; what is no JSON text stays what it is.
pub(super) fn structured(store: &Store, value: &Value) -> Value {
    match &value.data {
        Data::Choice(arms) => {
            let arms: Vec<Arm> = arms
                .iter()
                .map(|arm| Arm { guard: arm.guard, value: structured(store, &arm.value) })
                .collect();
            Value { data: Data::Choice(arms.into()), ..value.clone() }
        }
        Data::Json(inner) => {
            let marks = store.union_marks(value.marks, inner.marks);
            Value { marks, ..(**inner).clone() }
        }
        Data::String(text) if !text.contains(TERM) => parse(store, value, text, &[]),
        Data::Text(parts) => {
            let mut text = String::new();
            let mut terms = Vec::new();
            for part in parts.iter() {
                match part {
                    Part::Text(t) if t.contains(TERM) => return value.clone(),
                    Part::Text(t) => text.push_str(t),
                    Part::Term(term) => {
                        text.push(TERM);
                        terms.push(term);
                    }
                }
            }
            parse(store, value, &text, &terms)
        }
        _ => value.clone(),
    }
}

fn parse(store: &Store, value: &Value, text: &str, terms: &[&Value]) -> Value {
    if !text.trim_start().starts_with(['{', '[']) {
        return value.clone();
    }
    let steps: Vec<OriginStep> = store.spans(value.origin).collect();
    let file = steps.last().and_then(|s| store.sources.get(s.span.file));
    let raw = match (&file, steps.last()) {
        (Some(file), Some(step)) => file.slice(step.span),
        _ => "",
    };
    let mut parser =
        Parser { store, whole: value, text, at: 0, terms: terms.iter(), steps: &steps, raw, cursor: 0 };
    let parsed = parser.value(0);
    parser.space();
    match parsed {
        Some(parsed) if parser.at == text.len() => {
            Value { marks: store.union_marks(value.marks, parsed.marks), ..parsed }
        }
        _ => value.clone(),
    }
}

struct Parser<'p> {
    store: &'p Store,
    whole: &'p Value,
    text: &'p str,
    at: usize,
    terms: std::slice::Iter<'p, &'p Value>,
    /// The chain of the whole text, its literal last.
    steps: &'p [OriginStep],
    /// The literal as it is written, and how far it has been matched.
    raw: &'p str,
    cursor: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        self.space();
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// Where a token is written: looked for behind the one before. The whole literal when it is not found, as where
    /// the source spells it with escapes.
    fn locate(&mut self, token: &str) -> Origin {
        let mut end = (self.cursor + WINDOW).min(self.raw.len());
        while !self.raw.is_char_boundary(end) {
            end -= 1;
        }
        let found = self.raw.get(self.cursor..end).and_then(|window| window.find(token));
        let (Some(offset), Some(literal)) = (found.filter(|_| !token.is_empty()), self.steps.last()) else {
            return self.whole.origin;
        };
        let start = self.cursor + offset;
        self.cursor = start + token.len();
        self.origin_of(literal.span.start + start as u32, literal.span.start + self.cursor as u32)
    }

    /// The origin of a part of the literal, with the chain of the whole around it.
    fn origin_of(&self, start: u32, end: u32) -> Origin {
        let Some((literal, outer)) = self.steps.split_last() else { return self.whole.origin };
        let span = Span::new(literal.span.file, start, end);
        let inner = self.store.origin(OriginStep { span, via: Via::Literal, from: Origin::NONE });
        outer.iter().rev().fold(inner, |from, step| self.store.origin(OriginStep { from, ..*step }))
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        let first = self.rest().chars().next()?;
        match first {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' => self.string(),
            TERM => {
                self.at += TERM.len_utf8();
                let term = self.terms.next()?;
                Some(structured(self.store, term))
            }
            _ => {
                let end =
                    self.rest().find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(self.rest().len());
                let token: Str = self.rest().get(..end)?.into();
                self.at += end;
                let data = match token.as_str() {
                    "true" => Data::Bool(true),
                    "false" => Data::Bool(false),
                    "null" => Data::Null,
                    number => Data::Number(Number::parse(number)?),
                };
                Some(Value::new(data, self.locate(&token)))
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.eat('{');
        let origin = self.locate("{");
        let start = self.cursor;
        let mut entries: Vec<Entry> = Vec::new();
        if !self.eat('}') {
            loop {
                self.space();
                let key = self.string()?;
                let Data::String(name) = key.data else { return None };
                if !self.eat(':') {
                    return None;
                }
                let value = self.value(depth + 1)?;
                // As in every JSON reader that AWS uses, the last of two equal names counts.
                entries.retain(|e| e.key != name);
                entries.push(Entry { key: name, key_origin: key.origin, guard: Guard::TRUE, value });
                if self.eat('}') {
                    break;
                }
                if !self.eat(',') {
                    return None;
                }
            }
        }
        let origin = self.close(origin, start, "}");
        Some(Value::new(Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: None })), origin))
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        self.eat('[');
        let origin = self.locate("[");
        let start = self.cursor;
        let mut members = Vec::new();
        if !self.eat(']') {
            loop {
                members.push(Member { guard: Guard::TRUE, value: self.value(depth + 1)? });
                if self.eat(']') {
                    break;
                }
                if !self.eat(',') {
                    return None;
                }
            }
        }
        let origin = self.close(origin, start, "]");
        Some(Value::new(Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest: None })), origin))
    }

    /// The origin of a container: from its opening to its closing bracket.
    fn close(&mut self, opened: Origin, start: usize, bracket: &str) -> Origin {
        let before = self.cursor;
        self.locate(bracket);
        match self.steps.last() {
            Some(literal) if opened != self.whole.origin && self.cursor > before && start > 0 => {
                self.origin_of(literal.span.start + start as u32 - 1, literal.span.start + self.cursor as u32)
            }
            _ => opened,
        }
    }

    fn string(&mut self) -> Option<Value> {
        if !self.eat('"') {
            return None;
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut text = String::new();
        let begin = self.at;
        let mut escaped = false;
        loop {
            let c = self.rest().chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => break,
                TERM => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text).into()));
                    }
                    parts.push(Part::Term((*self.terms.next()?).clone()));
                }
                '\\' => {
                    escaped = true;
                    let e = self.rest().chars().next()?;
                    self.at += e.len_utf8();
                    match e {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        'r' => text.push('\r'),
                        'b' => text.push('\u{8}'),
                        'f' => text.push('\u{c}'),
                        'u' => text.push(self.unicode()?),
                        other => text.push(other),
                    }
                }
                c => text.push(c),
            }
        }
        let token: Str = self.text.get(begin..self.at - 1)?.into();
        let first = if escaped { "" } else { token.split(TERM).find(|t| !t.is_empty()).unwrap_or("") };
        let origin = self.locate(first);
        if parts.is_empty() {
            return Some(Value::new(Data::String(text.into()), origin));
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        if let [Part::Term(term)] = parts.as_slice() {
            return Some(term.clone());
        }
        let marks = self.store.union_all_marks(parts.iter().filter_map(|p| match p {
            Part::Term(term) => Some(term.marks),
            Part::Text(_) => None,
        }));
        Some(Value { data: Data::Text(parts.into()), origin, marks })
    }

    /// The four digits behind `\u`, and a second half where there is one.
    fn unicode(&mut self) -> Option<char> {
        let mut unit = || {
            let digits = self.text.get(self.at..self.at + 4)?;
            self.at += 4;
            u16::from_str_radix(digits, 16).ok()
        };
        let first = unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let digits = self.text.get(self.at..self.at + 4)?;
            self.at += 4;
            units.push(u16::from_str_radix(digits, 16).ok()?);
        }
        char::decode_utf16(units).next()?.ok().or(Some(char::REPLACEMENT_CHARACTER))
    }
}
