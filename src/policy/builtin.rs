//! The built-in pages: their texts and index are in the binary. A debug build reads them from the repository instead,
//! when it is there, so that writing a page compiles nothing.

use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// One built-in page, cut when the binary was made.
#[derive(Debug)]
pub struct Entry {
    /// Its id.
    pub id: &'static str,
    /// Its path in the repository: `policies/s3/s3-public-acl.md`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The front matter within the text.
    pub front: Range<usize>,
    /// The logic within the text.
    pub logic: Range<usize>,
    /// The registry types it looks at.
    pub types: &'static [&'static str],
    /// The languages it has examples for.
    pub dialects: &'static [&'static str],
    /// The severity's name.
    pub severity: &'static str,
    /// The packs that the front matter names (standards are packs too, but not here).
    pub packs: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The built-in pages, in the order of their paths, and where to find which.
#[derive(Debug)]
pub struct Index {
    pages: &'static [Entry],
    found: Option<Found>,
}

/// The lookup tables of pages that were not indexed when the binary was made.
#[derive(Debug)]
struct Found {
    by_type: FxHashMap<&'static str, Vec<usize>>,
}

impl Index {
    /// All pages.
    pub fn pages(&self) -> &'static [Entry] {
        self.pages
    }

    /// The indices of the pages that look at a registry type, in order.
    pub fn of_type(&self, type_name: &str) -> &[usize] {
        match &self.found {
            Some(found) => found.by_type.get(type_name).map_or(&[], Vec::as_slice),
            None => match BY_TYPE.binary_search_by_key(&type_name, |(name, _)| name) {
                Ok(at) => BY_TYPE.get(at).map_or(&[], |(_, pages)| pages),
                Err(_) => &[],
            },
        }
    }

    /// The index of the page with that id.
    pub fn by_id(&self, id: &str) -> Option<usize> {
        match &self.found {
            Some(_) => self.pages.iter().position(|p| p.id == id),
            None => {
                let at = BY_ID.binary_search_by_key(&id, |(name, _)| name).ok()?;
                BY_ID.get(at).map(|(_, page)| *page)
            }
        }
    }
}

/// The built-in pages.
pub fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        #[cfg(debug_assertions)]
        if let Some(index) = from_disk() {
            return index;
        }
        Index { pages: PAGES, found: None }
    })
}

/// Reads the repository's pages. The texts live as long as the process, as those in the binary do.
#[cfg(debug_assertions)]
fn from_disk() -> Option<Index> {
    use super::{slice, slice_index};

    fn find(folder: &std::path::Path, paths: &mut Vec<std::path::PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                find(&path, paths);
            } else if path.extension().is_some_and(|e| e == "md")
                && path.file_name().is_some_and(|n| n != "README.md")
            {
                paths.push(path);
            }
        }
    }
    fn leak(text: String) -> &'static str {
        Box::leak(text.into_boxed_str())
    }

    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    find(&root.join("policies"), &mut paths);
    paths.sort();
    let mut pages = Vec::new();
    let mut by_type: FxHashMap<&'static str, Vec<usize>> = FxHashMap::default();
    for path in paths {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let text = leak(text);
        let slices = slice::slice(text);
        let logic = slice_index::logic_of(&slices).unwrap_or(0..0);
        let types = text.get(logic.clone()).map(slice_index::types_of).unwrap_or_default();
        for name in &types {
            by_type.entry(name).or_default().push(pages.len());
        }
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let (severity, packs) = slice_index::severity_and_packs(
            slices.front.clone().and_then(|f| text.get(f)).unwrap_or_default(),
        );
        pages.push(Entry {
            severity,
            packs: Vec::leak(packs),
            id: leak(path.file_stem()?.to_string_lossy().into_owned()),
            path: leak(shown.to_string_lossy().replace('\\', "/")),
            text,
            title: leak(slices.title.clone().unwrap_or_default()),
            front: slices.front.clone().unwrap_or(0..0),
            logic,
            types: Vec::leak(types),
            dialects: Vec::leak(slice_index::dialects_of(&slices)),
        });
    }
    let pages: &'static [Entry] = Vec::leak(pages);
    (!pages.is_empty()).then_some(Index { pages, found: Some(Found { by_type }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_says_what_the_front_matter_says() {
        for page in index().pages() {
            let front = page.text.get(page.front.clone()).unwrap();
            let file = crate::source::FileId(0);
            let meta = crate::policy::meta::read(file, 0, front, page.id, page.title, &mut Vec::new());
            assert_eq!(page.severity, meta.severity.name(), "{}: `severity` on a line of its own", page.path);
            assert_eq!(page.packs, meta.packs, "{}: `packs: [\u{2026}]` on a line of its own", page.path);
        }
    }

    #[test]
    fn every_page_is_found_by_id_and_by_type() {
        for index in [index(), &Index { pages: PAGES, found: None }] {
            for (at, page) in index.pages().iter().enumerate() {
                assert_eq!(index.by_id(page.id), Some(at));
                for name in page.types {
                    assert!(index.of_type(name).contains(&at), "{} {name}", page.id);
                }
            }
            assert_eq!(index.of_type("AWS::No::Such"), &[] as &[usize]);
            assert_eq!(index.by_id("no-such"), None);
        }
    }
}
