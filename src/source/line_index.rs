//! From byte offsets to lines and columns.

use std::sync::OnceLock;

/// A place as people count: both numbers start at 1, the column counts Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// Where each line of a file starts.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// How many characters stand before each [`BLOCK`] of bytes; counted when a place far into a line is asked for.
    counts: OnceLock<Vec<u32>>,
}

/// Bytes that are counted anew for each place: in a line of megabytes (a plan, a minified template) not the whole line.
const BLOCK: usize = 4096;

/// The number of characters that begin in some bytes.
fn characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32
}

impl LineIndex {
    /// Finds the lines of a text; `\n` and `\r\n` end a line.
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| (i + 1) as u32));
        LineIndex { starts, counts: OnceLock::new() }
    }

    /// The number of characters before an offset.
    fn before(&self, text: &str, offset: usize) -> u32 {
        let counts = self.counts.get_or_init(|| {
            let blocks = text.as_bytes().chunks(BLOCK).scan(0, |sum, block| {
                let before = *sum;
                *sum += characters(block);
                Some(before)
            });
            blocks.collect()
        });
        let block = offset / BLOCK;
        // Behind the last whole block nothing is left to count.
        let known = counts.get(block).copied();
        let rest = |from: usize| characters(text.as_bytes().get(from..offset).unwrap_or_default());
        known.map_or_else(|| rest(0), |known| known + rest(block * BLOCK))
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let offset = offset.min(text.len() as u32);
        let line = self.starts.partition_point(|&s| s <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        if offset - start.min(offset) > BLOCK as u32 {
            let mark = u32::from(line == 1 && text.starts_with('\u{feff}'));
            let column = self.before(text, offset as usize) - self.before(text, start as usize) - mark;
            return Position { line: line as u32, column: column + 1 };
        }
        let before = text.get(start as usize..offset as usize).unwrap_or("");
        let before = if line == 1 { before.strip_prefix('\u{feff}').unwrap_or(before) } else { before };
        Position { line: line as u32, column: before.chars().count() as u32 + 1 }
    }

    /// The offset at which a line (from 1) starts.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// The number of lines.
    pub fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    /// A file has at least one line.
    pub fn is_empty(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_far_into_a_line_are_counted_from_its_start() {
        let line = "aé日😀".repeat(3_000);
        let text = format!("\u{feff}{line}\n{line}");
        let index = LineIndex::new(&text);
        let second = index.line_start(2).unwrap() as usize;
        for (line_number, start) in [(1, 3), (2, second)] {
            for (column, (at, _)) in line.char_indices().enumerate() {
                let position = index.position(&text, (start + at) as u32);
                assert_eq!(position, Position { line: line_number, column: column as u32 + 1 });
            }
        }
        assert_eq!(index.position(&text, text.len() as u32).column, 12_001);
    }
}
