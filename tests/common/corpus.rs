//! Directories of real files, which the environment names for runs by hand, and numbers that look random.

use std::path::PathBuf;

/// Every file with one of the extensions below the directories of `MASUGATA_CORPUS` (separated by `:`), in order; files
/// that are not UTF-8 are left out.
pub(crate) fn corpus(extensions: &[&str]) -> Vec<(PathBuf, String)> {
    let directories =
        std::env::var("MASUGATA_CORPUS").expect("MASUGATA_CORPUS names directories of real files");
    let mut files = Vec::new();
    let mut stack: Vec<PathBuf> = directories.split(':').map(PathBuf::from).collect();
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            stack.extend(entries.map(|e| e.path()).filter(|p| !p.is_symlink()));
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            files.extend(std::fs::read_to_string(&path).ok().map(|text| (path, text)));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no {extensions:?} below {directories}");
    files
}

/// A number of the environment, for runs by hand that go further.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Numbers that look random, the same at every run (Marsaglia's xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `limit`; 0 if that is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// An offset of a text at which a character starts.
    pub(crate) fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}
