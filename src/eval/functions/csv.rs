//! `csvdecode`.

use crate::Str;

use super::super::guard::Guard;
use super::super::store::Origin;
use super::super::value::{Data, Entry, ListKind, MapKind, Value};
use super::{Cx, Function, Look, Returns, map_data, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] =
    &[pure("csvdecode", (1, 1), Look::Shallow, Returns::List, csvdecode)];

fn csvdecode(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let text = cx.arg_str(args, 0)?;
    let mut records = match records(&text) {
        Ok(records) => records.into_iter(),
        Err(line) => return cx.fail(format!("a quote is wrong on line {line}")),
    };
    let Some((_, header)) = records.next() else { return cx.fail("the header line is missing") };
    for (i, name) in header.iter().enumerate() {
        if header.iter().take(i).any(|other| other == name) {
            return cx.fail(format!("two columns are called \"{name}\""));
        }
    }
    let mut rows = Vec::new();
    for (line, record) in records {
        if record.len() != header.len() {
            return cx.fail(format!("line {line} has {} fields, not {}", record.len(), header.len()));
        }
        let entries = header.iter().zip(record).map(|(key, field)| Entry {
            key: key.clone(),
            key_origin: Origin::NONE,
            guard: Guard::TRUE,
            value: cx.computed(Data::String(field)),
        });
        rows.push(cx.computed(map_data(MapKind::Object, entries.collect())));
    }
    cx.list_of(ListKind::List, rows)
}

/// The records of a CSV text (RFC 4180) with the lines they start on; blank lines are skipped. The error is a line.
fn records(text: &str) -> Result<Vec<(usize, Vec<Str>)>, usize> {
    let mut all = Vec::new();
    let mut record: Vec<Str> = Vec::new();
    let mut field = String::new();
    let mut chars = text.chars().peekable();
    let (mut line, mut start) = (1, 1);
    let mut quoted = false;
    let mut was_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted => {
                if chars.peek() == Some(&'"') {
                    chars.next();
                    field.push('"');
                } else {
                    quoted = false;
                    if !matches!(chars.peek(), None | Some(',' | '\n' | '\r')) {
                        return Err(line);
                    }
                }
            }
            _ if quoted => {
                line += usize::from(c == '\n');
                field.push(c);
            }
            '"' if field.is_empty() && !was_quoted => {
                quoted = true;
                was_quoted = true;
            }
            '"' => return Err(line),
            ',' => {
                record.push(Str::from(std::mem::take(&mut field)));
                was_quoted = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                line += 1;
                if !(record.is_empty() && field.is_empty() && !was_quoted) {
                    record.push(Str::from(std::mem::take(&mut field)));
                    all.push((start, std::mem::take(&mut record)));
                }
                was_quoted = false;
                start = line;
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err(line);
    }
    if !(record.is_empty() && field.is_empty() && !was_quoted) {
        record.push(Str::from(field));
        all.push((start, record));
    }
    Ok(all)
}
