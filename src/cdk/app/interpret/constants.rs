//! Names that stand for written values: constants of the file, of others that are imported, of classes.

use super::super::ir::{Expr, Kind, Piece};
use super::super::language::Language;
use super::super::value::Value;
use super::{At, Interpreter, is_library};

impl Interpreter<'_> {
    /// Binds what stands outside of functions and is written out, in all files.
    pub(super) fn constants(&mut self, body: &[Expr], at: At, depth: usize) {
        for expr in body {
            match &expr.kind {
                Kind::Assign(target, value)
                    if matches!(target.kind, Kind::Name(_)) && is_constant(value, 0) =>
                {
                    let value = self.eval(value, at);
                    self.bind(target, value, at, false);
                }
                Kind::Block(inner) if depth < 4 => self.constants(inner, at, depth + 1),
                _ => {}
            }
        }
    }

    /// A variable of the file that a name is imported from, or that is imported under a name.
    pub(super) fn imported(&self, import: &str, name: &str, at: At) -> Option<Value> {
        let source = self.source_of(import, at).filter(|source| !is_library(source))?;
        let files = (0..self.modules.len()).filter(|file| {
            self.scopes.get(*file).is_some_and(|scope| scope.variables.contains_key(name)) && *file != at.file
        });
        let files: Vec<usize> = files.collect();
        let found = self.imported_from(files.iter().copied(), &source).or_else(|| {
            // `from . import constants`
            self.imported_from(files.iter().copied(), import)
        })?;
        self.scopes.get(*files.get(found)?)?.variables.get(name).cloned()
    }

    /// A constant of a class: `Names.TABLE`.
    pub(super) fn constant_of_class(&mut self, class: usize, name: &str) -> Option<Value> {
        let (file, declared) = self.classes.get(class).cloned()?;
        let (_, value) = declared.fields.iter().find(|(field, _)| field == name)?;
        let at = At { scope: file, this: None, class: None, file };
        is_constant(value, 0).then(|| self.eval(value, at))
    }

    /// A constant of a class around this one (Java, C#).
    pub(super) fn constant_of_file(&mut self, name: &str, at: At) -> Option<Value> {
        if !matches!(self.language(at), Some(Language::Java | Language::CSharp)) {
            return None;
        }
        // classes stand in the order of their files
        let first = self.classes.partition_point(|(file, _)| *file < at.file);
        let behind = self.classes.partition_point(|(file, _)| *file <= at.file);
        (first..behind).find_map(|class| self.constant_of_class(class, name))
    }
}

/// Whether an expression is written out: text, and lists and objects of it. Evaluating it makes nothing.
fn is_constant(expr: &Expr, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    match &expr.kind {
        Kind::Text(pieces) => pieces.iter().all(|piece| match piece {
            Piece::Literal(_) => true,
            Piece::Expr(inner) => is_constant(inner, depth + 1),
        }),
        Kind::Name(_) | Kind::Scalar => true,
        Kind::Concat(a, b) => is_constant(a, depth + 1) && is_constant(b, depth + 1),
        Kind::List(items) => items.iter().all(|item| is_constant(item, depth + 1)),
        Kind::Object(entries) => entries.iter().all(|entry| is_constant(&entry.value, depth + 1)),
        Kind::Block(body) => body.len() == 1 && body.iter().all(|inner| is_constant(inner, depth + 1)),
        _ => false,
    }
}
