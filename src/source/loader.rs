//! Reading files: each once a session, with overlays (standard input, an editor's unsaved text) in front of the disk.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use super::encoding::{Decoded, decode};
use super::{Diagnostic, Severity, SourceFile, Sources};

/// The largest file that is read, in bytes (64 MiB): about six times the largest configuration seen in practice, and
/// far below what `u32` spans could address.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// What reading a path came to.
type Loaded = Result<Arc<SourceFile>, Box<Diagnostic>>;

/// Reads files for a session. Every path is read once; the same [`SourceFile`] is handed out to everyone who asks.
#[derive(Debug)]
pub struct Loader {
    sources: Arc<Sources>,
    working_directory: PathBuf,
    overlays: FxHashMap<PathBuf, Arc<str>>,
    /// Those of them that differ from what another loader has read.
    patched: FxHashSet<PathBuf>,
    trees: Vec<PathBuf>,
    files: Mutex<FxHashMap<PathBuf, Loaded>>,
    remarks: Mutex<Vec<Diagnostic>>,
}

impl Loader {
    /// A loader that prints paths relative to `working_directory` (absolute) and resolves relative ones against it.
    pub fn new(working_directory: impl Into<PathBuf>) -> Self {
        Loader {
            sources: Arc::new(Sources::new()),
            working_directory: normalize(&working_directory.into()),
            overlays: FxHashMap::default(),
            patched: FxHashSet::default(),
            trees: Vec::new(),
            files: Mutex::default(),
            remarks: Mutex::default(),
        }
    }

    /// Puts text in front of what the disk has at that path.
    pub fn overlay(&mut self, path: &Path, text: impl Into<Arc<str>>) {
        let path = self.absolute(path);
        self.overlays.insert(path, text.into());
    }

    /// Puts bytes in front of what the disk has at that path, decoded as a file's bytes are.
    ///
    /// # Errors
    /// The bytes are not text, or too many.
    pub fn overlay_bytes(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
        let text = self.decode(path, bytes)?;
        self.overlay(path, text);
        Ok(())
    }

    /// Says that a directory, or the git repository that it lies in, is what was asked about: what code in it names
    /// (`file(…)`) may be read anywhere in it.
    pub fn open_tree(&mut self, path: &Path) {
        let path = self.absolute(path);
        let directory =
            if path.is_file() { path.parent().map(Path::to_path_buf).unwrap_or_default() } else { path };
        let repository = directory.ancestors().find(|d| d.join(".git").exists()).map(Path::to_path_buf);
        let tree = repository.unwrap_or(directory);
        if !self.trees.contains(&tree) {
            self.trees.push(tree);
        }
    }

    /// Whether a path lies in an opened tree or below one of `others`; where it is a link, what it leads to.
    pub fn within(&self, path: &Path, others: &[&Path]) -> bool {
        let path = self.absolute(path);
        let inside = |path: &Path, resolve: bool| {
            let trees = self.trees.iter().map(PathBuf::as_path).chain(others.iter().copied());
            trees.into_iter().any(|tree| {
                let tree = self.absolute(tree);
                path.starts_with(if resolve { fs::canonicalize(&tree).unwrap_or(tree) } else { tree })
            })
        };
        inside(&path, false) && fs::canonicalize(&path).map_or(true, |real| inside(&real, true))
    }

    /// A loader that knows what this one has read, under the same identities, with other texts in front of some files.
    pub fn overlaid<'t>(&self, texts: impl IntoIterator<Item = (&'t PathBuf, &'t Arc<str>)>) -> Loader {
        let mut overlays = self.overlays.clone();
        let mut files = self.files.lock().clone();
        let mut patched = self.patched.clone();
        for (path, text) in texts {
            let path = self.absolute(path);
            files.remove(&path);
            patched.insert(path.clone());
            overlays.insert(path, Arc::clone(text));
        }
        Loader {
            sources: Arc::new(self.sources.fork()),
            working_directory: self.working_directory.clone(),
            overlays,
            patched,
            trees: self.trees.clone(),
            files: Mutex::new(files),
            remarks: Mutex::default(),
        }
    }

    /// Whether the text of a path was put in front of the disk's.
    pub fn is_overlaid(&self, path: &Path) -> bool {
        self.overlays.contains_key(&self.absolute(path))
    }

    /// Whether the text of a path is another than the one that the session began with: lines that were recorded before
    /// are not where they were.
    pub fn is_patched(&self, path: &Path) -> bool {
        self.patched.contains(&self.absolute(path))
    }

    /// The files that were read.
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// The directory that relative paths are resolved against.
    pub fn working_directory(&self) -> &Path {
        &self.working_directory
    }

    /// Absolute, without `.` and `..` (by name: links are not resolved).
    pub fn absolute(&self, path: &Path) -> PathBuf {
        normalize(&self.working_directory.join(path))
    }

    /// The path as it is printed: relative to the working directory; absolute where nothing but `/` is in common.
    pub fn display(&self, path: &Path) -> PathBuf {
        let path = self.absolute(path);
        if let Ok(inner) = path.strip_prefix(&self.working_directory) {
            return if inner.as_os_str().is_empty() { PathBuf::from(".") } else { inner.to_path_buf() };
        }
        let shared =
            self.working_directory.components().zip(path.components()).take_while(|(a, b)| a == b).count();
        if shared <= 1 {
            return path;
        }
        let up = self.working_directory.components().count() - shared;
        std::iter::repeat_n(Component::ParentDir, up).chain(path.components().skip(shared)).collect()
    }

    /// The file's text, read and decoded on first use. A diagnostic about a readable but odd file (UTF-16, bytes that
    /// are not UTF-8) is kept in [`Loader::remarks`].
    ///
    /// # Errors
    /// The file does not exist, can't be read, is no regular file (it is never opened then: a FIFO would wait for
    /// ever), is larger than [`MAX_FILE_BYTES`] or is not text. The diagnostic says which and names the file.
    pub fn load(&self, path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
        let path = self.absolute(path);
        if let Some(known) = self.files.lock().get(&path) {
            return known.clone().map_err(|d| *d);
        }
        let read = self.read(&path);
        // Another thread may have read it meanwhile: the first one stays, so that a path has one `FileId`.
        let mut files = self.files.lock();
        let known = files.entry(path.clone()).or_insert_with(|| {
            read.map(|text| self.sources.add(self.display(&path), text)).map_err(Box::new)
        });
        known.clone().map_err(|d| *d)
    }

    /// The bytes of a file as they are, text or not; an overlay's text. Nothing is kept.
    ///
    /// # Errors
    /// As [`Loader::load`], but any bytes will do.
    pub fn bytes(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        let path = self.absolute(path);
        match self.overlays.get(&path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.read_bytes(&path),
        }
    }

    /// The bytes of a small enough regular file, to look for signs in them, without keeping them. None for anything
    /// that [`Loader::load`] would refuse (it says why), and for an overlay.
    pub fn peek(&self, path: &Path) -> Option<Vec<u8>> {
        let path = self.absolute(path);
        if self.overlays.contains_key(&path) {
            return None;
        }
        let meta = fs::metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > MAX_FILE_BYTES {
            return None;
        }
        fs::read(&path).ok()
    }

    /// Whether there is a file (or an overlay) at the path; follows links.
    pub fn is_file(&self, path: &Path) -> bool {
        let path = self.absolute(path);
        self.overlays.contains_key(&path) || path.is_file()
    }

    /// Whether there is a directory at the path; follows links.
    pub fn is_dir(&self, path: &Path) -> bool {
        let path = self.absolute(path);
        path.is_dir() || self.overlays.keys().any(|p| p.parent() == Some(&path))
    }

    /// The names of what is directly in a directory, sorted, overlays included.
    ///
    /// # Errors
    /// The directory can't be read.
    pub fn list(&self, directory: &Path) -> Result<Vec<String>, Diagnostic> {
        let directory = self.absolute(directory);
        let mut names: Vec<String> = self
            .overlays
            .keys()
            .filter(|p| p.parent() == Some(&directory))
            .filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
            .collect();
        match fs::read_dir(&directory) {
            Ok(entries) => {
                names
                    .extend(entries.filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned())));
            }
            Err(error) if names.is_empty() => return Err(self.unreadable(&directory, &error)),
            Err(_) => {}
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// What was remarkable about files that could be read nevertheless, in order of their paths.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        let mut remarks = self.remarks.lock().clone();
        remarks.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.message.cmp(&b.message)));
        remarks.dedup();
        remarks
    }

    fn read(&self, path: &Path) -> Result<Arc<str>, Diagnostic> {
        if let Some(text) = self.overlays.get(path) {
            return Ok(Arc::clone(text));
        }
        match String::from_utf8(self.read_bytes(path)?) {
            // the common case without a copy; a NUL sends it the long way
            Ok(text) if memchr::memchr(0, text.as_bytes()).is_none() => Ok(Arc::from(text)),
            Ok(text) => self.decode(path, text.as_bytes()),
            Err(error) => self.decode(path, error.as_bytes()),
        }
    }

    fn read_bytes(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        let meta = fs::metadata(path).map_err(|e| self.unreadable(path, &e))?;
        if !meta.is_file() {
            return Err(self.not_regular(path, &meta));
        }
        if meta.len() > MAX_FILE_BYTES {
            return Err(self.oversized(path, meta.len()));
        }
        let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
        fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|e| self.unreadable(path, &e))?;
        Ok(bytes)
    }

    fn decode(&self, path: &Path, bytes: &[u8]) -> Result<Arc<str>, Diagnostic> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(self.oversized(path, bytes.len() as u64));
        }
        let shown = self.display(path);
        let name = shown.display();
        let (severity, code, message, text) = match decode(bytes) {
            Decoded::Utf8(text) => return Ok(Arc::from(text)),
            Decoded::Binary => {
                let message = format!("`{name}` is not text");
                return Err(Diagnostic::file_error("binary-file", message, shown)
                    .with_help("exclude the file, or give it another ending"));
            }
            Decoded::Utf16(text, false) => {
                (Severity::Warning, "utf-16", format!("`{name}` is UTF-16 and was read as that"), text)
            }
            Decoded::Utf16(text, true) => (
                Severity::Error,
                "invalid-utf-16",
                format!("`{name}` is damaged UTF-16: characters are lost"),
                text,
            ),
            Decoded::Damaged(text, at) => {
                let line = memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or(bytes)).count() + 1;
                let message = format!("`{name}` is not UTF-8: the first bad byte is on line {line}");
                (Severity::Error, "invalid-utf-8", message, text)
            }
        };
        let remark = Diagnostic { severity, ..Diagnostic::file_error(code, message, shown) };
        self.remarks.lock().push(remark.with_help("save it as UTF-8: other tools refuse it"));
        Ok(Arc::from(text))
    }

    fn unreadable(&self, path: &Path, error: &std::io::Error) -> Diagnostic {
        let shown = self.display(path);
        let message = format!("can't read `{}`: {}", shown.display(), plain(error));
        Diagnostic::file_error("unreadable", message, shown)
    }

    fn not_regular(&self, path: &Path, meta: &fs::Metadata) -> Diagnostic {
        let shown = self.display(path);
        let what =
            if meta.is_dir() { "a directory" } else { "not a regular file (a pipe, socket or device)" };
        let message = format!("can't read `{}`: it is {what}", shown.display());
        Diagnostic::file_error("not-a-file", message, shown)
    }

    fn oversized(&self, path: &Path, bytes: u64) -> Diagnostic {
        let shown = self.display(path);
        let message = format!(
            "`{}` has {} MiB; the limit for one file is {} MiB",
            shown.display(),
            bytes.div_ceil(1 << 20),
            MAX_FILE_BYTES >> 20
        );
        Diagnostic::file_error("file-too-large", message, shown)
    }
}

/// Removes `.` and `..` by name.
fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    out.push(component);
                }
            }
            other => out.push(other),
        }
    }
    out
}

/// An I/O error without the operating system's number.
pub(super) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_printed_relative_to_the_working_directory() {
        let loader = Loader::new("/repo/app");
        let shown = |p: &str| loader.display(Path::new(p)).display().to_string();
        assert_eq!(shown("a/./b/../main.tf"), "a/main.tf");
        assert_eq!(shown("/repo/app"), ".");
        assert_eq!(shown("../modules/x/main.tf"), "../modules/x/main.tf");
        assert_eq!(shown("/etc/x.tf"), "/etc/x.tf");
    }

    #[test]
    fn a_file_is_read_once_and_an_overlay_wins() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.tf"), "disk").unwrap();
        let mut loader = Loader::new(dir.path());
        loader.overlay(Path::new("b.tf"), "memory");
        let a = loader.load(Path::new("a.tf")).unwrap();
        assert_eq!(&*a.text, "disk");
        assert_eq!(a.id, loader.load(&dir.path().join("x/../a.tf")).unwrap().id);
        assert_eq!(&*loader.load(Path::new("b.tf")).unwrap().text, "memory");
        assert_eq!(loader.list(Path::new(".")).unwrap(), ["a.tf", "b.tf"]);
        assert_eq!(loader.sources().len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let loader = Loader::new(dir.path());
        let big = std::fs::File::create(dir.path().join("big.tf")).unwrap();
        big.set_len(MAX_FILE_BYTES + 1).unwrap();
        std::fs::write(dir.path().join("bin.tf"), b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0").unwrap();
        std::fs::write(dir.path().join("latin.tf"), b"# caf\xe9 au lait, and a lot of other text\n").unwrap();
        let fails = |p: &str| {
            let d = loader.load(Path::new(p)).unwrap_err();
            assert!(d.message.contains(p), "{}", d.message);
            d.code
        };
        assert_eq!(fails("big.tf"), "file-too-large");
        assert_eq!(fails("bin.tf"), "binary-file");
        assert_eq!(fails("none.tf"), "unreadable");
        assert_eq!(loader.load(Path::new(".")).unwrap_err().code, "not-a-file");
        assert!(loader.load(Path::new("latin.tf")).is_ok());
        assert_eq!(loader.remarks().len(), 1);
        assert_eq!(loader.remarks()[0].severity, Severity::Error);
    }
}
