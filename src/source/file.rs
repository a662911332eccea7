//! Source files and byte spans into them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use super::line_index::{LineIndex, Position};

/// Identifies a file of a [`Sources`]. The number depends on the order of reading: never sort output by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open byte range of one file, into its original bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span `start..end` of `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end: end.max(start) }
    }

    /// The smallest span that covers both; `other` must be in the same file, else `self` is returned.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The range as `usize`, to slice the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// One file that was read: its text is UTF-8 (UTF-16 input is transcoded when read, with a diagnostic).
#[derive(Debug)]
pub struct SourceFile {
    /// Its identity.
    pub id: FileId,
    /// The path as it is printed: relative to the working directory where possible, with `/`.
    pub path: PathBuf,
    /// The text, a byte order mark included.
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// Text that was taken out of a file to be parsed by itself; it belongs to no [`Sources`].
    pub fn detached(id: FileId, path: PathBuf, text: impl Into<Arc<str>>) -> Self {
        SourceFile { id, path, text: text.into(), lines: OnceLock::new() }
    }

    /// The line index, made on first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text of a span; empty where the span does not lie in the file or splits a character.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset)
    }
}

/// All files of a session. Append-only and shared between threads.
#[derive(Debug, Default)]
pub struct Sources {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl Sources {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file's text under a path and returns it.
    pub fn add(&self, path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> Arc<SourceFile> {
        let mut files = self.files.write();
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        let file = Arc::new(SourceFile {
            id,
            path: path.as_ref().to_path_buf(),
            text: text.into(),
            lines: OnceLock::new(),
        });
        files.push(Arc::clone(&file));
        file
    }

    /// The same files under the same identities, to which more can be added independently.
    pub fn fork(&self) -> Sources {
        Sources { files: RwLock::new(self.files.read().clone()) }
    }

    /// The file with that identity.
    pub fn get(&self, id: FileId) -> Option<Arc<SourceFile>> {
        self.files.read().get(id.0 as usize).cloned()
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.read().len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
