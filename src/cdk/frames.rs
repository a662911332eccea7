//! From the frames of a JavaScript stack trace to places in the app's source.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::{Loader, Span};

/// How far above the assembly the app's source is looked for.
const LEVELS_UP: usize = 8;

/// How many files of an app are looked up.
const MAX_FILES: usize = 10_000;

/// A frame's place: file, line and column as the trace has them, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame<'f> {
    file: &'f str,
    line: u32,
    /// In UTF-16 units.
    column: u32,
}

/// Finds the app's files.
pub(super) struct Frames<'l> {
    loader: &'l Loader,
    /// Directories that the app's source may lie in: those around the assembly, nearest first.
    bases: Vec<PathBuf>,
    /// Files of traces that were looked for.
    known: FxHashMap<Str, Option<PathBuf>>,
}

impl<'l> Frames<'l> {
    pub(super) fn new(loader: &'l Loader, assembly: &Path) -> Self {
        let assembly = loader.absolute(assembly);
        let bases = assembly.ancestors().skip(1).take(LEVELS_UP).map(Path::to_path_buf).collect();
        Frames { loader, bases, known: FxHashMap::default() }
    }

    /// The first frame of a trace that is the app's own, if its file is there.
    pub(super) fn first_of_app(&mut self, trace: &[Str]) -> Option<Span> {
        let frame = trace.iter().filter(|f| is_of_app(f)).find_map(|f| parse(f))?;
        let path = self.find(frame.file)?;
        let file = self.loader.load(&path).ok()?;
        let start = file.lines().line_start(frame.line)?;
        let line = file.text.get(start as usize..)?.lines().next().unwrap_or("");
        let mut units = 1;
        let mut offset = 0;
        for c in line.chars() {
            if units >= frame.column {
                break;
            }
            units += c.len_utf16() as u32;
            offset += c.len_utf8();
        }
        let width = line.get(offset..).map_or(0, |rest| rest.trim_end().len());
        let at = start + offset as u32;
        Some(Span::new(file.id, at, at + width as u32))
    }

    /// The file of a trace in this checkout. The trace has the path of the machine that synthesized: the longest tail
    /// of it that exists below a directory around the assembly is taken.
    fn find(&mut self, file: &str) -> Option<PathBuf> {
        if let Some(known) = self.known.get(file) {
            return known.clone();
        }
        if self.known.len() >= MAX_FILES {
            return None;
        }
        let parts: Vec<&str> =
            file.split(['/', '\\']).filter(|p| !p.is_empty() && *p != "." && !p.ends_with(':')).collect();
        // a path with `..` would leave the checkout
        let tails = (0..parts.len()).filter_map(|from| parts.get(from..)).filter(|t| !t.contains(&".."));
        let mut found = None;
        'search: for tail in tails {
            for base in &self.bases {
                let candidate = base.join(tail.iter().collect::<PathBuf>());
                if self.loader.is_file(&candidate) {
                    found = Some(candidate);
                    break 'search;
                }
            }
        }
        self.known.insert(file.into(), found.clone());
        found
    }
}

/// Whether a frame is neither a library's nor Node's own.
fn is_of_app(frame: &str) -> bool {
    let frame = frame.trim();
    !frame.contains("node_modules")
        && !frame.contains("node:")
        && !frame.starts_with("...")
        && !frame.contains("jsii-")
}

/// `new X (/app/lib/x.ts:9:16)`, `at /app/lib/x.ts:9:16`, `/app/bin/app.js:3:1`, `file:///app/x.mjs:1:1`.
fn parse(frame: &str) -> Option<Frame<'_>> {
    let frame = frame.trim();
    let inner = match frame.strip_suffix(')') {
        Some(body) => body.rsplit_once('(').map_or(body, |(_, place)| place),
        None => frame.strip_prefix("at ").unwrap_or(frame),
    };
    let inner = inner.strip_prefix("file://").unwrap_or(inner);
    let (rest, column) = inner.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    // only things that look like files: `<anonymous>` and `eval at …` are none
    if file.is_empty() || file.contains(['<', '>']) || !file.contains('.') {
        return None;
    }
    Some(Frame { file, line: line.parse().ok()?, column: column.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::{is_of_app, parse};

    #[test]
    fn frames_are_taken_apart() {
        let read = |frame| parse(frame).map(|f| (f.file.to_owned(), f.line, f.column));
        let app = Some(("/app/lib/x.ts".to_owned(), 9, 16));
        assert_eq!(read("new Net (/app/lib/x.ts:9:16)"), app);
        assert_eq!(read("at /app/lib/x.ts:9:16"), app);
        assert_eq!(read("file:///app/lib/x.ts:9:16"), app);
        assert_eq!(read("Object.<anonymous> (C:\\app\\x.js:1:2)"), Some(("C:\\app\\x.js".to_owned(), 1, 2)));
        assert_eq!(read("<anonymous>"), None);
        assert_eq!(read("...ts-node, ts-node..."), None);
        assert!(!is_of_app("new Vpc (/app/node_modules/aws-cdk-lib/aws-ec2/lib/vpc.js:1:2)"));
        assert!(!is_of_app("Module._compile (node:internal/modules/cjs/loader:1:2)"));
        assert!(!is_of_app("...aws-cdk-lib..."));
        assert!(is_of_app("new Net (/app/lib/x.ts:9:16)"));
    }
}
