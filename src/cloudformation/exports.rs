//! Exports and imports across the templates of one directory: which template exports the name that `Fn::ImportValue`
//! asks for ("Fn::ImportValue", AWS CloudFormation Template Reference).
//!
//! Names are seldom written out: they hold the name of the exporting stack, which is a pseudo parameter there and a
//! parameter here. So names are compared as patterns, and the best match counts if there is only one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Expr, ExprKind, Literal, Root, TemplatePart};
use crate::source::Loader;
use crate::syntax::yaml;

use super::detect::{is_template, looks_like_template, parse, root};
use super::names::Names;
use super::reader::Reader;

/// How many files of one directory are looked into.
const MAX_FILES: usize = 500;

/// Longer names are not compared: CloudFormation allows 255 characters.
const MAX_NAME: usize = 400;

/// What the templates of directories export; each directory is looked through once.
#[derive(Debug, Default)]
pub struct Exports {
    directories: Mutex<FxHashMap<PathBuf, Arc<Vec<Export>>>>,
}

/// One export.
#[derive(Debug)]
pub(super) struct Export {
    /// The template, absolute.
    pub(super) path: PathBuf,
    /// The output.
    pub(super) output: Str,
    name: Pattern,
}

/// What an import comes to.
#[derive(Debug)]
pub(super) enum Import {
    /// This template's output.
    Found(PathBuf, Str),
    /// No template of the directory exports such a name.
    Nobody,
    /// These do; which one is meant is not known.
    Several(Vec<PathBuf>),
}

impl Exports {
    /// Who exports what `name` asks for, for a template at `importer` (absolute). `value` tells what a parameter of the
    /// importing template is given, or its default.
    pub(super) fn find(
        &self,
        loader: &Loader,
        importer: &Path,
        name: &Expr,
        value: &dyn Fn(&str) -> Option<String>,
    ) -> Import {
        let Some(directory) = importer.parent() else { return Import::Nobody };
        let exports = self.of(loader, directory);
        if exports.is_empty() {
            return Import::Nobody;
        }
        let wanted = Pattern::of(name);
        let settled = wanted.settled(value);
        let mut best: (u8, Vec<&Export>) = (0, Vec::new());
        for export in exports.iter().filter(|e| e.path != importer) {
            let rank = wanted.rank(settled.as_deref(), &export.name);
            if rank > best.0 {
                best = (rank, vec![export]);
            } else if rank > 0 && rank == best.0 {
                best.1.push(export);
            }
        }
        match best.1.as_slice() {
            [] => Import::Nobody,
            [one] => Import::Found(one.path.clone(), one.output.clone()),
            several => {
                let mut paths: Vec<PathBuf> = several.iter().map(|e| e.path.clone()).collect();
                paths.dedup();
                Import::Several(paths)
            }
        }
    }

    fn of(&self, loader: &Loader, directory: &Path) -> Arc<Vec<Export>> {
        if let Some(known) = self.directories.lock().get(directory) {
            return Arc::clone(known);
        }
        let names = loader.list(directory).unwrap_or_default();
        let documents = names
            .iter()
            .filter(|n| [".yaml", ".yml", ".json", ".template"].iter().any(|ending| n.ends_with(ending)));
        let mut exports = Vec::new();
        for name in documents.take(MAX_FILES) {
            exported(loader, &directory.join(name), &mut exports);
        }
        let exports = Arc::new(exports);
        self.directories.lock().insert(directory.to_path_buf(), Arc::clone(&exports));
        exports
    }
}

/// The exports of one file.
fn exported(loader: &Loader, path: &Path, out: &mut Vec<Export>) {
    let has = |bytes: &[u8], needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    match loader.peek(path) {
        Some(bytes) if !has(&bytes, b"Export") || !has(&bytes, b"Outputs") => return,
        // an overlay's text is at hand
        None if !loader.is_overlaid(path) => return,
        _ => {}
    }
    let Ok(file) = loader.load(path) else { return };
    if !looks_like_template(&file.text) {
        return;
    }
    let tree = parse(file);
    let Some(outputs) =
        root(&tree).filter(|_| is_template(&tree)).and_then(|r| yaml::find(&tree, r, "Outputs"))
    else {
        return;
    };
    let mut reader = Reader::new(&tree, Names { open: true, ..Names::default() });
    for entry in reader.expanded(outputs) {
        let name = yaml::find(&tree, entry.value, "Export").and_then(|e| yaml::find(&tree, e, "Name"));
        let Some(name) = name else { continue };
        reader.bound.clone_from(&entry.bound);
        let name = Pattern::of(&reader.expr(name));
        out.push(Export { path: path.to_path_buf(), output: entry.key, name });
    }
}

/// A name that may be known in part.
#[derive(Clone, Debug, PartialEq, Default)]
struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// Something that is not written out: a parameter or pseudo parameter, by name; else without.
    Hole(Str),
}

impl Pattern {
    fn of(expr: &Expr) -> Pattern {
        let mut out = Pattern::default();
        out.add(expr, 0);
        out
    }

    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(before)) => before.push_str(text),
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }

    fn add(&mut self, expr: &Expr, depth: usize) {
        let hole = match &expr.kind {
            _ if depth > 8 => Str::new(),
            ExprKind::Literal(Literal::String(text)) => return self.text(text),
            ExprKind::Literal(Literal::Number(crate::program::Quantity::Int(n))) => {
                return self.text(&n.to_string());
            }
            ExprKind::Template(parts) => {
                for part in parts {
                    match part {
                        TemplatePart::Text(text, _) => self.text(text),
                        TemplatePart::Interpolation(inner) => self.add(inner, depth + 1),
                        _ => self.0.push(Piece::Hole(Str::new())),
                    }
                }
                return;
            }
            ExprKind::Call { name, args, .. } if name == "Fn::Join" => match args.as_slice() {
                [delimiter, Expr { kind: ExprKind::List(items), .. }] => {
                    for (at, item) in items.iter().enumerate() {
                        if at > 0 {
                            self.add(delimiter, depth + 1);
                        }
                        self.add(item, depth + 1);
                    }
                    return;
                }
                _ => Str::new(),
            },
            // the importing stack's own name is not the exporting one's
            ExprKind::Root(Root::Named(name)) if name != "AWS::StackName" && name != "AWS::StackId" => {
                name.clone()
            }
            ExprKind::Root(Root::Input(name) | Root::Undeclared(name)) => name.clone(),
            _ => Str::new(),
        };
        self.0.push(Piece::Hole(hole));
    }

    /// The text with parameters' values put in; none if one has none.
    fn settled(&self, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Hole(name) if name.is_empty() => None,
            Piece::Hole(name) => value(name).filter(|v| !v.is_empty()),
        };
        self.0.iter().map(piece).collect()
    }

    /// How well an export's name is what this import asks for; 0: it can't be that.
    fn rank(&self, settled: Option<&str>, export: &Pattern) -> u8 {
        let written = |p: &Pattern| {
            p.0.iter()
                .any(|piece| matches!(piece, Piece::Text(t) if t.contains(|c: char| c.is_alphanumeric())))
        };
        let named =
            |p: &Pattern| p.0.iter().all(|piece| !matches!(piece, Piece::Hole(name) if name.is_empty()));
        let skeleton = |p: &Pattern| -> Vec<Option<String>> {
            p.0.iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Some(text.clone()),
                    Piece::Hole(_) => None,
                })
                .collect()
        };
        if self == export && named(self) {
            return 5;
        }
        if let (Some(settled), [Piece::Text(text)]) = (settled, export.0.as_slice())
            && settled == text
        {
            return 4;
        }
        // nothing but a parameter could be anything
        if !written(self) {
            let Some(settled) = settled else { return 0 };
            let settled = Pattern(vec![Piece::Text(settled.to_owned())]);
            return u8::from(written(export) && settled.meets(export));
        }
        if !written(export) {
            return 0;
        }
        if skeleton(self) == skeleton(export) {
            return 3;
        }
        if let Some(settled) = settled
            && Pattern(vec![Piece::Text(settled.to_owned())]).meets(export)
        {
            return 2;
        }
        u8::from(self.meets(export))
    }

    /// Whether some name is both.
    fn meets(&self, other: &Pattern) -> bool {
        let characters = |p: &Pattern| -> Vec<Option<char>> {
            let mut out = Vec::new();
            for piece in &p.0 {
                match piece {
                    Piece::Text(text) => out.extend(text.chars().map(Some)),
                    Piece::Hole(_) => out.push(None),
                }
            }
            out
        };
        let (a, b) = (characters(self), characters(other));
        if a.len() > MAX_NAME || b.len() > MAX_NAME {
            return false;
        }
        // row by row from the end: whether the rest of `a` from i and the rest of `b` from j can be the same
        let mut below: Vec<bool> = Vec::new();
        for i in (0..=a.len()).rev() {
            let mut row = vec![false; b.len() + 1];
            for j in (0..=b.len()).rev() {
                let under = |j: usize| below.get(j).copied().unwrap_or(false);
                let beside = row.get(j + 1).copied().unwrap_or(false);
                let meets = match (a.get(i), b.get(j)) {
                    (None, None) => true,
                    (Some(None), _) if under(j) || j < b.len() && beside => true,
                    (_, Some(None)) if beside || i < a.len() && under(j) => true,
                    (Some(Some(x)), Some(Some(y))) => x == y && under(j + 1),
                    _ => false,
                };
                if let Some(cell) = row.get_mut(j) {
                    *cell = meets;
                }
            }
            below = row;
        }
        below.first().copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let mut out = Pattern::default();
        for (at, part) in text.split(['<', '>']).enumerate() {
            if at % 2 == 1 {
                out.0.push(Piece::Hole(part.into()));
            } else {
                out.text(part);
            }
        }
        out
    }

    fn rank(import: &str, settled: Option<&str>, export: &str) -> u8 {
        pattern(import).rank(settled, &pattern(export))
    }

    #[test]
    fn names_known_in_part_are_compared() {
        assert_eq!(rank("net-vpc", Some("net-vpc"), "net-vpc"), 5);
        assert_eq!(rank("<Env>-vpc", Some("dev-vpc"), "<Env>-vpc"), 5);
        assert_eq!(rank("<Net>-vpc", Some("net-vpc"), "net-vpc"), 4);
        assert_eq!(rank("<Net>-vpc", Some("net-vpc"), "other-vpc"), 1);
        assert_eq!(rank("<Net>-vpc", None, "<>-vpc"), 3);
        assert_eq!(rank("net-vpc", Some("net-vpc"), "<>-vpc"), 2);
        assert_eq!(rank("<Net>-vpc", None, "<>-peer-vpc"), 1);
        assert_eq!(rank("net-vpc", Some("net-vpc"), "<>-peer"), 0);
        assert_eq!(rank("<Name>", None, "<>-vpc"), 0);
        assert_eq!(rank("<Name>", Some("a-vpc"), "<>-vpc"), 1);
        assert_eq!(rank("<Net>-vpc", None, "<>"), 0);
        assert_eq!(rank("a-<X>-b", None, "<Y>-c-b"), 1);
        assert_eq!(rank("a-<X>-b", None, "b-<Y>"), 0);
    }
}
