//! Files that are nowhere on the disk.

use std::path::Path;

use masugata::source::Loader;

/// A loader of the directory `/p` with these files in it.
pub(crate) fn loader(files: &[(&str, &str)]) -> Loader {
    let mut loader = Loader::new("/p");
    for (path, text) in files {
        loader.overlay(Path::new(path), *text);
    }
    loader
}
