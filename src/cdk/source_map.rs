//! Source maps: from compiled JavaScript to what it was compiled from ("Source Map", ECMA-426).

use base64::Engine;
use serde_json::Value;

/// One mapping: a place in the generated file, the source and the place in it. Lines and columns are from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping {
    line: u32,
    column: u32,
    source: u32,
    source_line: u32,
    source_column: u32,
}

/// A source map.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SourceMap {
    /// The sources, as written, with `sourceRoot` before them.
    sources: Vec<String>,
    /// In order of the generated places.
    mappings: Vec<Mapping>,
}

/// A place in a source: lines and columns from 1, the column in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl SourceMap {
    /// Reads a map; none for what is no map of version 3. Index maps (`sections`) are not read: compilers of
    /// TypeScript write none.
    pub(super) fn read(text: &str) -> Option<SourceMap> {
        // servers put this before JSON
        let text = text.strip_prefix(")]}'").unwrap_or(text).trim_start_matches('\u{feff}');
        let json: Value = serde_json::from_str(text).ok()?;
        let root = json.get("sourceRoot").and_then(Value::as_str).unwrap_or("");
        let sources = json.get("sources")?.as_array()?;
        let sources = sources.iter().map(|source| match (root, source.as_str().unwrap_or("")) {
            ("", source) => source.to_owned(),
            (root, source) => format!("{}/{source}", root.trim_end_matches('/')),
        });
        let mappings = mappings(json.get("mappings")?.as_str()?)?;
        Some(SourceMap { sources: sources.collect(), mappings })
    }

    /// The map that a generated file carries itself: `//# sourceMappingURL=data:application/json;base64,…`.
    pub(super) fn inline(text: &str) -> Option<SourceMap> {
        let (_, url) = text.rsplit_once("//# sourceMappingURL=data:")?;
        let data = url.lines().next()?.split_once("base64,")?.1;
        let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim()).ok()?;
        SourceMap::read(std::str::from_utf8(&bytes).ok()?)
    }

    /// Where a place of the generated file comes from; lines and columns are from 1.
    pub(super) fn find(&self, line: u32, column: u32) -> Option<Place> {
        let (line, column) = (line.checked_sub(1)?, column.saturating_sub(1));
        let after = self.mappings.partition_point(|m| (m.line, m.column) <= (line, column));
        let mapping = self.mappings.get(after.checked_sub(1)?).filter(|m| m.line == line)?;
        Some(Place {
            source: self.sources.get(mapping.source as usize)?.clone(),
            line: mapping.source_line + 1,
            column: mapping.source_column + 1,
        })
    }
}

fn mappings(text: &str) -> Option<Vec<Mapping>> {
    let mut out = Vec::new();
    let (mut source, mut source_line, mut source_column) = (0_i64, 0_i64, 0_i64);
    for (line, segments) in text.split(';').enumerate() {
        let mut column = 0_i64;
        for segment in segments.split(',').filter(|s| !s.is_empty()) {
            let mut fields = [0_i64; 5];
            let count = numbers(segment, &mut fields)?;
            let [by_column, by_source, by_line, by_source_column, _] = fields;
            column = column.checked_add(by_column)?;
            // a segment of one field has no source
            if count < 4 {
                continue;
            }
            source = source.checked_add(by_source)?;
            source_line = source_line.checked_add(by_line)?;
            source_column = source_column.checked_add(by_source_column)?;
            out.push(Mapping {
                line: u32::try_from(line).ok()?,
                column: u32::try_from(column).ok()?,
                source: u32::try_from(source).ok()?,
                source_line: u32::try_from(source_line).ok()?,
                source_column: u32::try_from(source_column).ok()?,
            });
        }
    }
    out.sort_by_key(|m| (m.line, m.column));
    Some(out)
}

/// Base-64 variable-length numbers: five bits a digit, the sixth says that more follow, the lowest of all is the sign.
fn numbers(segment: &str, fields: &mut [i64; 5]) -> Option<usize> {
    let mut count = 0;
    let (mut value, mut shift) = (0_i64, 0_u32);
    for byte in segment.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        if shift > 50 {
            return None;
        }
        value |= i64::from(digit & 31) << shift;
        shift += 5;
        if digit & 32 == 0 {
            let number = value >> 1;
            *fields.get_mut(count)? = if value & 1 == 1 { -number } else { number };
            count += 1;
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_mapped_back() {
        // tsc's map of `class A {\n  f() { return new B(1); }\n}` compiled with a line of "use strict" before it
        let map = r#"{"version":3,"file":"a.js","sourceRoot":"","sources":["../lib/a.ts"],"names":[],
            "mappings":";AAAA,MAAM,CAAC;IACL,CAAC,KAAK,OAAO,IAAI,CAAC,CAAC,CAAC,CAAC,CAAC,CAAC;CACxB"}"#;
        let map = SourceMap::read(map).unwrap();
        let find = |line, column| map.find(line, column).map(|p| (p.source, p.line, p.column));
        assert_eq!(find(1, 1), None);
        assert_eq!(find(2, 1), Some(("../lib/a.ts".to_owned(), 1, 1)));
        assert_eq!(find(3, 5), Some(("../lib/a.ts".to_owned(), 2, 3)));
        assert_eq!(find(3, 18), Some(("../lib/a.ts".to_owned(), 2, 16)));
        assert_eq!(find(9, 1), None);
    }

    #[test]
    fn numbers_are_signed_and_of_any_length() {
        let read = |text| {
            let mut fields = [0; 5];
            numbers(text, &mut fields).map(|count| fields[..count].to_vec())
        };
        assert_eq!(read("AAgBC"), Some(vec![0, 0, 16, 1]));
        assert_eq!(read("D"), Some(vec![-1]));
        assert_eq!(read("2HwcqxB"), Some(vec![123, 456, 789]));
        assert_eq!(read("g"), None);
        assert_eq!(read("!"), None);
        assert_eq!(read("gggggggggggggggggg"), None);
        assert_eq!(read("AAAAAA"), None);
    }

    #[test]
    fn a_map_may_be_in_the_file_itself() {
        let map = r#"{"version":3,"sources":["a.ts"],"sourceRoot":"/src/","mappings":"AACA"}"#;
        let encoded = base64::engine::general_purpose::STANDARD.encode(map);
        let text =
            format!("x();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{encoded}\n");
        let place = SourceMap::inline(&text).unwrap().find(1, 3).unwrap();
        assert_eq!(place, Place { source: "/src/a.ts".to_owned(), line: 2, column: 1 });
        assert_eq!(SourceMap::inline("//# sourceMappingURL=a.js.map"), None);
        assert_eq!(SourceMap::read("{\"mappings\": \"!\", \"sources\": []}"), None);
    }
}
