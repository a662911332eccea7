//! Reading JSON from text that may be known only in part, such as a heredoc with `${…}` in it. Members get the place
//! where they stand in the source, as exactly as it can be told.

use std::sync::Arc;

use crate::Str;
use crate::eval::{
    Data, Entry, Guard, List, ListKind, Map, MapKind, Member, Number, Origin, Part, Store, Value, Via,
};
use crate::source::Span;

/// Deeper nesting than this is no policy.
const MAX_DEPTH: usize = 64;

/// Reads a text value as JSON; none if it is not JSON (unknown terms stand for strings inside quotes and for whole
/// values outside of them).
pub fn read(store: &Store, value: &Value) -> Option<Value> {
    let parts: Vec<Piece<'_>> = match &value.data {
        Data::String(text) => vec![Piece::Text(text)],
        Data::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Piece::Text(text),
                Part::Term(term) => Piece::Term(term),
            })
            .collect(),
        _ => return None,
    };
    let starts_as_json = parts.iter().find_map(|piece| match piece {
        Piece::Text(text) => text.chars().find(|c| !c.is_whitespace() && *c != '\u{feff}'),
        Piece::Term(_) => None,
    });
    if !matches!(starts_as_json, Some('{' | '[')) {
        return None;
    }
    let places = Places::new(store, value);
    let mut reader =
        Reader { pieces: &parts, at: 0, offset: 0, mark: Mark::default(), places, store, base: value };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    matches!(reader.peek(), Next::End).then_some(value)
}

#[derive(Clone, Copy)]
enum Piece<'v> {
    Text(&'v str),
    Term(&'v Value),
}

enum Next<'v> {
    Char(char),
    Term(&'v Value),
    End,
}

/// Where the reader is, as lines and bytes of the text.
#[derive(Clone, Copy, Default)]
struct Mark {
    line: usize,
    column: usize,
    /// A term stands earlier in the line, so columns of text and source differ.
    shifted: bool,
}

/// How lines of a heredoc or block scalar lie in the source.
struct Places {
    chain: Vec<crate::eval::OriginStep>,
    literal: Option<Span>,
    /// Start and length of each line's source and how many bytes of indentation the source has more.
    lines: Vec<(u32, u32, i64)>,
}

impl Places {
    fn new(store: &Store, value: &Value) -> Places {
        let chain: Vec<_> = store.spans(value.origin).collect();
        let literal = chain.last().map(|step| step.span);
        let lines = literal.and_then(|span| Self::align(store, span, value)).unwrap_or_default();
        Places { chain, literal, lines }
    }

    /// Matches the text's lines with the source's, if it is a heredoc or a block scalar.
    fn align(store: &Store, span: Span, value: &Value) -> Option<Vec<(u32, u32, i64)>> {
        let file = store.sources.get(span.file)?;
        let source = file.slice(span);
        let mut text = String::new();
        match &value.data {
            Data::String(whole) => text.push_str(whole),
            Data::Text(parts) => {
                for part in parts.iter() {
                    match part {
                        Part::Text(known) => text.push_str(known),
                        Part::Term(_) => text.push('\u{0}'),
                    }
                }
            }
            _ => return None,
        }
        let mut offset = 0u32;
        let mut lines = Vec::new();
        for line in source.split_inclusive('\n') {
            let length = u32::try_from(line.len()).ok()?;
            lines.push((span.start + offset, line.trim_end()));
            offset += length;
        }
        let known_start = |line: &str| line.trim_start().split('\u{0}').next().unwrap_or("").to_owned();
        let all: Vec<&str> = text.trim_end().split('\n').collect();
        let first = all.first().map(|line| known_start(line))?;
        // The line where the text begins: behind the heredoc's or the block scalar's opener.
        let skip =
            lines.iter().take(4).position(|(_, line)| line.trim_start().starts_with(first.trim_end()))?;
        let mut aligned = Vec::with_capacity(all.len());
        for (index, text_line) in all.iter().enumerate() {
            let (start, source_line) = lines.get(index + skip)?;
            let known = known_start(text_line);
            if !source_line.trim_start().starts_with(known.trim_end()) {
                return None;
            }
            let indent = |line: &str| line.len() as i64 - line.trim_start().len() as i64;
            let shift = indent(source_line) - indent(text_line);
            aligned.push((*start, u32::try_from(source_line.len()).ok()?, shift));
        }
        Some(aligned)
    }

    fn offset(&self, mark: Mark, end: bool) -> Option<u32> {
        let (start, length, shift) = *self.lines.get(mark.line)?;
        if mark.shifted {
            let indent = if end { i64::from(length) } else { shift.max(0) };
            return Some(start + u32::try_from(indent).ok()?.min(length));
        }
        let column = u32::try_from(mark.column as i64 + shift).ok()?;
        Some(start + column.min(length))
    }

    fn origin(&self, store: &Store, from: Mark, to: Mark, base: Origin) -> Origin {
        let (Some(literal), Some(start), Some(end)) =
            (self.literal, self.offset(from, false), self.offset(to, true))
        else {
            return base;
        };
        let mut origin = Origin::NONE;
        for (index, step) in self.chain.iter().rev().enumerate() {
            let mut step = *step;
            if index == 0 {
                step.span = Span::new(literal.file, start, end);
                step.via = Via::Literal;
            }
            step.from = origin;
            origin = store.origin(step);
        }
        origin
    }
}

struct Reader<'v, 's> {
    pieces: &'v [Piece<'v>],
    at: usize,
    offset: usize,
    mark: Mark,
    places: Places,
    store: &'s Store,
    base: &'v Value,
}

impl<'v> Reader<'v, '_> {
    fn peek(&mut self) -> Next<'v> {
        loop {
            match self.pieces.get(self.at) {
                None => return Next::End,
                Some(Piece::Term(term)) => return Next::Term(term),
                Some(Piece::Text(text)) => match text.get(self.offset..).and_then(|rest| rest.chars().next())
                {
                    Some(c) => return Next::Char(c),
                    None => {
                        self.at += 1;
                        self.offset = 0;
                    }
                },
            }
        }
    }

    fn bump(&mut self) {
        match self.peek() {
            Next::Char(c) => {
                self.offset += c.len_utf8();
                self.mark.column += c.len_utf8();
                if c == '\n' {
                    self.mark = Mark { line: self.mark.line + 1, column: 0, shifted: false };
                }
            }
            Next::Term(_) => {
                self.at += 1;
                self.mark.shifted = true;
            }
            Next::End => {}
        }
    }

    fn skip_space(&mut self) {
        while let Next::Char(c) = self.peek() {
            if !c.is_whitespace() && c != '\u{feff}' {
                return;
            }
            self.bump();
        }
    }

    fn eat(&mut self, wanted: char) -> Option<()> {
        self.skip_space();
        match self.peek() {
            Next::Char(c) if c == wanted => {
                self.bump();
                Some(())
            }
            _ => None,
        }
    }

    fn here(&self, from: Mark) -> Origin {
        self.places.origin(self.store, from, self.mark, self.base.origin)
    }

    fn made(&self, data: Data, from: Mark) -> Value {
        Value { data, origin: self.here(from), marks: self.base.marks }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        let from = self.mark;
        match self.peek() {
            Next::End => None,
            Next::Term(term) => {
                self.bump();
                Some(match &term.data {
                    Data::Json(inner) => (**inner).clone(),
                    _ => term.clone(),
                })
            }
            Next::Char('{') => self.object(depth, from),
            Next::Char('[') => self.array(depth, from),
            Next::Char('"') => {
                let data = self.string()?;
                Some(self.made(data, from))
            }
            Next::Char(_) => {
                let mut word = String::new();
                while let Next::Char(c) = self.peek() {
                    if !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
                        break;
                    }
                    word.push(c);
                    self.bump();
                }
                let data = match word.as_str() {
                    "true" => Data::Bool(true),
                    "false" => Data::Bool(false),
                    "null" => Data::Null,
                    number => Data::Number(Number::parse(number)?),
                };
                Some(self.made(data, from))
            }
        }
    }

    fn object(&mut self, depth: usize, from: Mark) -> Option<Value> {
        self.bump();
        let mut entries: Vec<Entry> = Vec::new();
        self.skip_space();
        if self.eat('}').is_none() {
            loop {
                self.skip_space();
                let key_from = self.mark;
                let Data::String(key) = self.string()? else { return None };
                let key_origin = self.here(key_from);
                self.eat(':')?;
                let value = self.value(depth + 1)?;
                // Of members with the same name the last counts, as in every JSON reader of AWS.
                entries.retain(|entry| entry.key != key);
                entries.push(Entry { key, key_origin, guard: Guard::TRUE, value });
                if self.eat(',').is_none() {
                    self.eat('}')?;
                    break;
                }
                if self.eat('}').is_some() {
                    break;
                }
            }
        }
        Some(self.made(Data::Map(Arc::new(Map { kind: MapKind::Object, entries, rest: None })), from))
    }

    fn array(&mut self, depth: usize, from: Mark) -> Option<Value> {
        self.bump();
        let mut members = Vec::new();
        if self.eat(']').is_none() {
            loop {
                let value = self.value(depth + 1)?;
                members.push(Member { guard: Guard::TRUE, value });
                if self.eat(',').is_none() {
                    self.eat(']')?;
                    break;
                }
                // A comma too many is an error to AWS, but what is meant is plain.
                if self.eat(']').is_some() {
                    break;
                }
            }
        }
        Some(self.made(Data::List(Arc::new(List { kind: ListKind::Tuple, members, rest: None })), from))
    }

    fn string(&mut self) -> Option<Data> {
        let Next::Char('"') = self.peek() else { return None };
        self.bump();
        let mut parts: Vec<Part> = Vec::new();
        let mut text = Str::new();
        loop {
            match self.peek() {
                Next::End => return None,
                Next::Term(term) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    parts.push(Part::Term(term.clone()));
                    self.bump();
                }
                Next::Char('"') => {
                    self.bump();
                    break;
                }
                Next::Char('\\') => {
                    self.bump();
                    text.push(self.escape()?);
                }
                Next::Char(c) => {
                    text.push(c);
                    self.bump();
                }
            }
        }
        if parts.is_empty() {
            return Some(Data::String(text));
        }
        if text.is_empty() && parts.len() == 1 {
            return match parts.pop()? {
                Part::Term(Value { data: data @ Data::Unknown(_), .. }) => Some(data),
                part => Some(Data::Text(vec![part].into())),
            };
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Some(Data::Text(parts.into()))
    }

    fn escape(&mut self) -> Option<char> {
        let Next::Char(c) = self.peek() else { return None };
        self.bump();
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.hex()?;
                if (0xd800..0xdc00).contains(&first) {
                    self.eat('\\')?;
                    self.eat('u')?;
                    let second = self.hex()?;
                    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?)?
                } else {
                    char::from_u32(first)?
                }
            }
            c => c,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let Next::Char(c) = self.peek() else { return None };
            number = number * 16 + c.to_digit(16)?;
            self.bump();
        }
        Some(number)
    }
}
