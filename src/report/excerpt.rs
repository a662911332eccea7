//! A file as miette reads it: an excerpt around a span costs the excerpt and not the file, and a line of a megabyte
//! (minified JSON) is cut to what stands near the span.

use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::check::shown_path;
use crate::source::{LineIndex, SourceFile};

/// Columns that line numbers and the frame take.
const FRAME: usize = 10;

/// The most bytes between places in different lines of one excerpt.
const MAX_BETWEEN: usize = 4_000;

/// A file to excerpt.
#[derive(Debug, Clone)]
pub(super) struct Excerpt {
    file: Arc<SourceFile>,
    /// The longest line that is shown whole, in bytes.
    long_line: usize,
    /// Bytes of a longer line that are shown before and behind a span.
    near: usize,
}

impl Excerpt {
    /// An excerpt for a terminal of so many columns.
    pub(super) fn new(file: Arc<SourceFile>, width: usize) -> Self {
        let long_line = width.saturating_sub(FRAME).max(40);
        Excerpt { file, long_line, near: long_line / 3 }
    }

    /// Whether two places can be marked in one excerpt: what is between them is shown with them.
    pub(super) fn shows_both(&self, here: u32, there: u32) -> bool {
        let same_line = self.file.position(here).line == self.file.position(there).line;
        here.abs_diff(there) as usize <= if same_line { self.long_line } else { MAX_BETWEEN }
    }

    /// The part of a span that is worth marking: a block of many lines is pointed at by its first line.
    pub(super) fn mark(&self, start: u32, end: u32) -> (usize, usize) {
        let text = &*self.file.text;
        let (start, end) = (start as usize, (end as usize).min(text.len()));
        let Some(inside) = text.get(start..end) else { return (start.min(text.len()), 0) };
        let lines = memchr::memchr_iter(b'\n', inside.as_bytes()).take(6).count();
        let shown = if lines > 4 { inside.lines().next().unwrap_or("") } else { inside };
        let shown = shown.trim_end();
        let line = self.file.position(start as u32).line as usize - 1;
        let (from, to) = line_bounds(self.file.lines(), text, line);
        let most = if to - from > self.long_line + 1 { self.near } else { shown.len() };
        let length = if shown.len() > most { floor(shown, most) } else { shown.len() };
        (start, length)
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The bounds (0-based line) of a line, without its line end.
fn line_bounds(lines: &LineIndex, text: &str, line: usize) -> (usize, usize) {
    let start = lines.line_start(line as u32 + 1).map_or(text.len(), |s| s as usize);
    let end = lines.line_start(line as u32 + 2).map_or(text.len(), |s| s as usize);
    (start, end)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let file = &self.file;
        let text = &*file.text;
        let lines = file.lines();
        let start = span.offset().min(text.len());
        let end = (span.offset() + span.len()).min(text.len());
        let first = file.position(start as u32).line as usize - 1;
        let last = (file.position(end as u32).line as usize - 1).max(first);
        let name = shown_path(&file.path).to_string();
        if before == 0 && after == 0 {
            let column = file.position(start as u32).column as usize - 1;
            let data = text.get(start..end).unwrap_or("").as_bytes();
            let contents = MietteSpanContents::new_named(name, data, *span, first, column, last - first + 1);
            return Ok(Box::new(contents));
        }
        let long = |line: usize| {
            let (from, to) = line_bounds(lines, text, line);
            to - from > self.long_line + 1
        };
        // a long line of the span itself is cut, and stands alone then; context that is too long is left away
        let mut top = first;
        while top > 0 && first - top < before && !long(first) && !long(top - 1) {
            top -= 1;
        }
        let mut bottom = last;
        while bottom + 1 < lines.len() as usize && bottom - last < after && !long(last) && !long(bottom + 1) {
            bottom += 1;
        }
        let mut from = line_bounds(lines, text, top).0;
        let mut column = 0;
        if top == first && long(first) && start - from > self.near {
            let cut = floor(text, start - self.near).max(from);
            column = file.position(cut as u32).column as usize - 1;
            from = cut;
        }
        let mut to = line_bounds(lines, text, bottom).1;
        if bottom == last && long(last) && to > end + self.near {
            to = floor(text, end + self.near).max(end);
        }
        let data = text.get(from..to).unwrap_or("").as_bytes();
        let shown = SourceSpan::new(from.into(), to - from);
        Ok(Box::new(MietteSpanContents::new_named(name, data, shown, top, column, bottom - top + 1)))
    }
}
