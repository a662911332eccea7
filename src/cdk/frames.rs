//! From the frames of a stack trace to places in the app's source.
//!
//! The traces are Node's (`new Net (/app/lib/x.ts:9:16)`); with host stack traces (`JSII_HOST_STACK_TRACES`) those of
//! Python (`__init__ (/app/x.py:7)`), Java (`com.shop.Net.<init> (Net.java:18)`), C# and Go follow them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::source::{Loader, SourceFile, Span};

use super::source_map::SourceMap;

/// How far above the assembly the app's source is looked for.
const LEVELS_UP: usize = 8;

/// The same where neither a repository nor an app is recognised: one directory further up than the assembly's own.
const LEVELS_ALONE: usize = 1;

/// How many files of an app are looked up.
const MAX_FILES: usize = 10_000;

/// How deep maps of maps are followed.
const MAX_MAPS: usize = 4;

/// A frame's place: file, line and column as the trace has them, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame<'f> {
    file: &'f str,
    line: u32,
    /// In UTF-16 units; none where the language does not know.
    column: Option<u32>,
    /// What is called, with its class.
    function: &'f str,
}

/// Finds the app's files.
pub(super) struct Frames<'l> {
    loader: &'l Loader,
    /// Directories that the app's source may lie in: those around the assembly, nearest first.
    bases: Vec<PathBuf>,
    /// Files of traces that were looked for.
    known: FxHashMap<Str, Option<PathBuf>>,
    /// Maps of compiled files.
    maps: FxHashMap<PathBuf, Option<Arc<SourceMap>>>,
}

impl<'l> Frames<'l> {
    pub(super) fn new(loader: &'l Loader, assembly: &Path) -> Self {
        let assembly = loader.absolute(assembly);
        // not beyond the repository: another checkout on this machine may well have the trace's path
        let above: Vec<&Path> = assembly.ancestors().skip(1).take(LEVELS_UP).collect();
        let has =
            |name: &str| above.iter().position(|d| loader.is_file(&d.join(name)) || d.join(name).is_dir());
        let last = has(".git").or(has("cdk.json")).unwrap_or(LEVELS_ALONE);
        let bases = above.into_iter().take(last + 1).map(Path::to_path_buf).collect();
        Frames { loader, bases, known: FxHashMap::default(), maps: FxHashMap::default() }
    }

    /// The first frame of a trace that is the app's own, if its file is there.
    pub(super) fn first_of_app(&mut self, trace: &[Str]) -> Option<Span> {
        let frame = trace.iter().filter_map(|f| parse(f)).find(is_of_app)?;
        let path = self.find(&frame)?;
        self.place(&path, frame.line, frame.column, 0)
    }

    fn place(&mut self, path: &Path, line: u32, column: Option<u32>, maps: usize) -> Option<Span> {
        // of an edited file the trace tells the lines before: its constructs are found by following the app
        if self.loader.is_patched(path) {
            return None;
        }
        let file = self.loader.load(path).ok()?;
        if maps < MAX_MAPS
            && let Some(map) = self.map_of(path, &file)
            && let Some(place) = map.find(line, column.unwrap_or(1))
        {
            let source = place.source.trim_start_matches("file://");
            let source = path.parent().unwrap_or(path).join(source);
            // a map may name what is not in this checkout under that name
            let parts = source.to_string_lossy().into_owned();
            let found = if self.loader.is_file(&source) { Some(source) } else { self.find_file(&parts) };
            if let Some(found) = found.filter(|found| found != path) {
                return self.place(&found, place.line, Some(place.column), maps + 1);
            }
        }
        let start = file.lines().line_start(line)?;
        let text = file.text.get(start as usize..)?.lines().next().unwrap_or("");
        let mut offset = 0;
        match column.filter(|c| *c > 0) {
            Some(column) => {
                let mut units = 1;
                for c in text.chars() {
                    if units >= column {
                        break;
                    }
                    units += c.len_utf16() as u32;
                    offset += c.len_utf8();
                }
            }
            None => offset = text.len() - text.trim_start().len(),
        }
        let width = text.get(offset..).map_or(0, |rest| rest.trim_end().len());
        let at = start + offset as u32;
        Some(Span::new(file.id, at, at + width as u32))
    }

    /// The map of a compiled file: beside it, or in it.
    fn map_of(&mut self, path: &Path, file: &SourceFile) -> Option<Arc<SourceMap>> {
        let ending = path.extension()?.to_str()?;
        if !matches!(ending, "js" | "mjs" | "cjs") {
            return None;
        }
        if let Some(known) = self.maps.get(path) {
            return known.clone();
        }
        let beside = path.with_extension(format!("{ending}.map"));
        let map = if self.loader.is_file(&beside) {
            self.loader.load(&beside).ok().and_then(|file| SourceMap::read(&file.text))
        } else {
            SourceMap::inline(&file.text)
        };
        let map = map.map(Arc::new);
        self.maps.insert(path.to_path_buf(), map.clone());
        map
    }

    /// The file of a frame in this checkout.
    fn find(&mut self, frame: &Frame<'_>) -> Option<PathBuf> {
        if !frame.file.ends_with(".java") || frame.file.contains('/') {
            return self.find_file(frame.file);
        }
        // Java names the file alone; its directory is the package
        let class = frame.function.rsplit_once('.').map_or("", |(class, _)| class);
        let package = class.rsplit_once('.').map_or("", |(package, _)| package).replace('.', "/");
        let below =
            if package.is_empty() { frame.file.to_owned() } else { format!("{package}/{}", frame.file) };
        let roots = ["src/main/java/", "src/", "app/src/main/java/", ""];
        roots.iter().find_map(|root| self.find_file(&format!("{root}{below}")))
    }

    /// A file in this checkout. The trace has the path of the machine that synthesized: the longest tail of it that
    /// exists below a directory around the assembly is taken.
    fn find_file(&mut self, file: &str) -> Option<PathBuf> {
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

/// Whether a frame is neither a library's nor the language's own.
fn is_of_app(frame: &Frame<'_>) -> bool {
    const LIBRARIES: [&str; 9] = [
        "node_modules",
        "node:",
        "jsii-",
        "site-packages",
        "dist-packages",
        "/lib/python3",
        "<frozen",
        "/pkg/mod/",
        "/usr/local/go/",
    ];
    const PACKAGES: [&str; 7] = [
        "software.amazon.awscdk.",
        "software.amazon.jsii.",
        "software.constructs.",
        "java.",
        "jdk.",
        "Amazon.",
        "System.",
    ];
    !LIBRARIES.iter().any(|sign| frame.file.contains(sign))
        && !PACKAGES.iter().any(|package| frame.function.starts_with(package))
}

/// `new X (/app/lib/x.ts:9:16)`, `at /app/lib/x.ts:9:16`, `/app/bin/app.js:3:1`, `f (/app/x.py:7)`.
fn parse(frame: &str) -> Option<Frame<'_>> {
    let frame = frame.trim();
    // what is left out: `...aws-cdk-lib...`
    if frame.starts_with("...") {
        return None;
    }
    let (function, inner) = match frame.strip_suffix(')') {
        Some(body) => body.rsplit_once('(').unwrap_or(("", body)),
        None => ("", frame.strip_prefix("at ").unwrap_or(frame)),
    };
    // of functions without a name aws-cdk-lib 2.27x writes the place where the name should be: `/app/x.ts:20 (:)`
    let (function, inner) = if inner == ":" { ("", function.trim_end()) } else { (function, inner) };
    let function = function.trim().trim_start_matches("at ");
    let inner = inner.strip_prefix("file://").unwrap_or(inner);
    let (rest, last) = inner.rsplit_once(':')?;
    let last: u32 = last.trim_start_matches("line ").parse().ok()?;
    let (file, line, column) = match rest.rsplit_once(':').map(|(file, line)| (file, line.parse())) {
        Some((file, Ok(line))) => (file, line, Some(last)),
        _ => (rest, last, None),
    };
    // only things that look like files: `<anonymous>` and `eval at …` are none
    if file.is_empty() || file.contains(['<', '>']) || !file.contains('.') {
        return None;
    }
    Some(Frame { file, line, column, function })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_apart() {
        let read = |frame| parse(frame).map(|f| (f.file.to_owned(), f.line, f.column));
        let app = Some(("/app/lib/x.ts".to_owned(), 9, Some(16)));
        assert_eq!(read("new Net (/app/lib/x.ts:9:16)"), app);
        assert_eq!(read("at /app/lib/x.ts:9:16"), app);
        assert_eq!(read("file:///app/lib/x.ts:9:16"), app);
        assert_eq!(
            read("Object.<anonymous> (C:\\app\\x.js:1:2)"),
            Some(("C:\\app\\x.js".to_owned(), 1, Some(2)))
        );
        assert_eq!(read("__init__ (/app/shop/data.py:22)"), Some(("/app/shop/data.py".to_owned(), 22, None)));
        assert_eq!(read("com.shop.Net.<init> (Net.java:18)"), Some(("Net.java".to_owned(), 18, None)));
        assert_eq!(read("/app/lib/x.ts:20 (:)"), Some(("/app/lib/x.ts".to_owned(), 20, None)));
        assert_eq!(read("Array.forEach (:)"), None);
        assert_eq!(read("<anonymous>"), None);
        assert_eq!(read("...ts-node, ts-node..."), None);
        assert_eq!(read("(no user code in 10 frames, use --stack-trace-limit to capture more)"), None);
        let own = |frame| parse(frame).is_some_and(|f| is_of_app(&f));
        assert!(!own("new Vpc (/app/node_modules/aws-cdk-lib/aws-ec2/lib/vpc.js:1:2)"));
        assert!(!own("Module._compile (node:internal/modules/cjs/loader:1:2)"));
        assert!(!own("...aws-cdk-lib..."));
        assert!(!own("software.amazon.awscdk.services.ec2.Vpc$Builder.build (Vpc.java:904)"));
        assert!(!own("wrapped (/v/lib/python3.11/site-packages/jsii/_runtime.py:118)"));
        assert!(own("new Net (/app/lib/x.ts:9:16)") && own("com.shop.Net.<init> (Net.java:18)"));
    }

    #[test]
    fn compiled_files_lead_to_their_source() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("lib/a.ts", "class A {\n  f() { return new B(1); }\n}\n");
        write("dist/lib/a.js", "\"use strict\";\nclass A {\n    f() { return new B(1); }\n}\n");
        write(
            "dist/lib/a.js.map",
            r#"{"version":3,"sources":["../../lib/a.ts"],"mappings":";AAAA,MAAM,CAAC;IACL,CAAC,KAAK,OAAO,IAAI,CAAC,CAAC,CAAC,CAAC,CAAC,CAAC;CACxB"}"#,
        );
        write("src/main/java/com/shop/Net.java", "class Net {\n  void f() {}\n}\n");
        let loader = Loader::new(directory.path());
        let mut frames = Frames::new(&loader, Path::new("cdk.out"));
        let mut text = |trace: &[&str]| {
            let trace: Vec<Str> = trace.iter().map(|f| Str::from(*f)).collect();
            let span = frames.first_of_app(&trace)?;
            let file = loader.sources().get(span.file)?;
            Some(format!("{}: {}", file.path.display(), file.slice(span)))
        };
        let compiled = ["...aws-cdk-lib...", "A.f (/ci/build/dist/lib/a.js:3:18)"];
        assert_eq!(text(&compiled).as_deref(), Some("lib/a.ts: new B(1); }"));
        let java = ["software.constructs.X.f (X.java:1)", "com.shop.Net.<init> (Net.java:2)"];
        assert_eq!(text(&java).as_deref(), Some("src/main/java/com/shop/Net.java: void f() {}"));
        assert_eq!(text(&["f (/elsewhere/x.ts:1:1)"]), None);
    }
}
