//! What names mean in one block of one module instance, and which files its expressions may read.

use std::path::Path;
use std::rc::Rc;

use crate::Str;
use crate::program::{Dialect, Root, TemplatePart, TypeExpr};
use crate::source::{Diagnostic, Loader, Span};

use super::instance::InstanceId;
use super::names::{Failure, Names, Outcome, Unread};
use super::run::{Each, ModuleInstance, Run};
use super::store::{Origin, UnknownKind, Via};
use super::value::{Data, Part, Value};

/// Names as they are in one block of one module instance.
pub(super) struct Site<'r, 'p> {
    pub(super) run: &'r Run<'p>,
    pub(super) module: &'r Rc<ModuleInstance<'p>>,
    pub(super) each: &'r Each,
}

impl<'p> Names for Site<'_, 'p> {
    fn root(&self, root: &Root, span: Span) -> Outcome {
        let (run, module) = (self.run, self.module);
        let declared = module.index.module;
        let unknown = |reason: String| {
            let id = run.store.reason(Some(span), reason);
            Ok(Value::new(Data::Unknown(id), run.store.literal_origin(span)))
        };
        match root {
            Root::Input(name) => match declared.inputs.get_index_of(name) {
                Some(at) => Ok(run.input(module, at)),
                None => unknown(format!("`{name}` is not declared")),
            },
            Root::Local(name) => match declared.locals.get_index_of(name) {
                Some(at) => Ok(run.local(module, at)),
                None => unknown(format!("`{name}` is not declared")),
            },
            Root::Resource { mode, type_name, name } => {
                match module.index.resources.get(&(*mode, type_name.as_str(), name.as_str())) {
                    Some(&at) => Ok(run.reference_value(module, at, span)),
                    None => match declared.calls.get_index_of(name) {
                        Some(at) => Ok(run.called(module, at, span).value.clone()),
                        None => unknown(format!("`{name}` is not declared")),
                    },
                }
            }
            Root::Module(name) => match declared.calls.get_index_of(name) {
                Some(at) => Ok(run.called(module, at, span).value.clone()),
                None => unknown(format!("module `{name}` is not declared")),
            },
            Root::CountIndex => match &self.each.index {
                Some(value) => Ok(value.clone()),
                None => {
                    Err(Failure::new("invalid-reference", "`count.index` needs `count` in this block", span))
                }
            },
            Root::EachKey => match &self.each.key {
                Some(value) => Ok(value.clone()),
                None => {
                    Err(Failure::new("invalid-reference", "`each.key` needs `for_each` in this block", span))
                }
            },
            Root::EachValue => match &self.each.value {
                Some(value) => Ok(value.clone()),
                None => Err(Failure::new(
                    "invalid-reference",
                    "`each.value` needs `for_each` in this block",
                    span,
                )),
            },
            Root::SelfObject => match self.each.this {
                Some(id) => Ok(Value::new(Data::Instance(id), run.store.literal_origin(span))),
                None => {
                    let message = "`self` has a meaning in provisioners, connections and postconditions only";
                    Err(Failure::new("invalid-reference", message, span))
                }
            },
            Root::Named(name) => Ok(run.named(module, name, span)),
            Root::Bound(name) => unknown(format!("`{name}` is not bound here")),
            Root::Undeclared(name) => {
                let id = run.store.undeclared(Some(span), name);
                Ok(Value::new(Data::Unknown(id), run.store.literal_origin(span)))
            }
        }
    }

    fn instance_attribute(&self, instance: InstanceId, name: &str, span: Span) -> Outcome {
        Ok(self.run.attribute(instance, name, span))
    }

    fn instance_object(&self, instance: InstanceId, span: Span) -> Outcome {
        Ok(self.run.object(instance, span))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let (loader, path) = self.run.confined(self.module, path).map_err(Unread::Refused)?;
        if !loader.is_file(&path) && !loader.is_dir(&path) {
            let shown = loader.display(&path);
            return Err(Unread::Missing(Str::from(format!("there is no file `{}`", shown.display()))));
        }
        loader.bytes(&path).map_err(|diagnostic| Unread::Refused(Str::from(diagnostic.message)))
    }

    fn files(&self, directory: &str) -> Result<Vec<Str>, Str> {
        let (loader, directory) = self.run.confined(self.module, directory)?;
        let mut found = Vec::new();
        let mut todo = vec![(directory, String::new())];
        while let Some((directory, prefix)) = todo.pop() {
            let names = loader.list(&directory).map_err(|d| Str::from(d.message))?;
            for name in names {
                if found.len() + todo.len() > 100_000 {
                    return Err(Str::from("there are more than 100000 files"));
                }
                let path = directory.join(&name);
                let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                if path.is_symlink() && loader.is_dir(&path) {
                    continue;
                }
                if loader.is_dir(&path) {
                    todo.push((path, relative));
                } else {
                    found.push(Str::from(relative));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn template(&self, path: Option<&str>, text: &str) -> Result<Vec<TemplatePart>, Str> {
        super::template_file::parse(&self.run.store.sources, path, text)
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.run.report_failure(diagnostic);
    }
}

impl<'p> Run<'p> {
    /// `path.cwd`: Terraform runs in the root's directory. Where that lies is another matter on every machine, its last
    /// name is not.
    fn working_directory(&self, root: &Path, origin: Origin) -> Value {
        let unknown = |name: &str| {
            let kind = UnknownKind::Named(Str::from(name));
            Value::new(Data::Unknown(self.store.unknown(kind, true, TypeExpr::String)), origin)
        };
        let absolute = self.loader.map_or_else(|| root.to_path_buf(), |loader| loader.absolute(root));
        match absolute.file_name().filter(|_| absolute.is_absolute()) {
            Some(last) => {
                let above = Part::Term(unknown("dirname(path.cwd)"));
                let last = Str::from(format!("/{}", last.to_string_lossy()));
                self.store.text([above, Part::Text(last)], origin)
            }
            None => unknown("path.cwd"),
        }
    }

    /// `path.module`, `AWS::Region` and the like.
    fn named(&self, module: &Rc<ModuleInstance<'p>>, name: &str, span: Span) -> Value {
        let dialect = module.index.module.dialect;
        let origin = self.store.literal_origin(span);
        if dialect == Dialect::Terraform {
            let own = module.index.module.path.as_path();
            let root = self.program.module(self.program.root).map_or(Path::new(""), |m| m.path.as_path());
            let known = match name {
                "path.root" => Some(Path::new(".")),
                "path.module" if module.caller.is_none() => Some(Path::new(".")),
                "path.module" => Some(own.strip_prefix(root).unwrap_or(own)),
                _ => None,
            };
            if let Some(path) = known {
                let text = path.to_string_lossy().replace('\\', "/");
                return Value::new(Data::String(Str::from(text)), origin);
            }
            if name == "path.cwd" {
                return self.working_directory(root, origin);
            }
        }
        let own = matches!(name, "AWS::StackName" | "AWS::StackId") && !module.address.is_empty();
        let full = if own { format!("{}.{name}", module.address) } else { name.to_owned() };
        let type_expr = match name {
            "AWS::NotificationARNs" => TypeExpr::List(Box::new(TypeExpr::String)),
            "terraform.applying" => TypeExpr::Bool,
            _ => TypeExpr::String,
        };
        if let (false, Some(expr)) = (own, self.supplied.values.get(name)) {
            let value = self.bind_in(module, &Each::default(), expr);
            return self.evaluator.step(value, expr.span, Via::Supplied);
        }
        let id = self.store.unknown(UnknownKind::Named(Str::from(full)), true, type_expr);
        Value::new(Data::Unknown(id), origin)
    }

    /// The absolute path of a file that an expression names: only in the trees that were asked about, below the root's
    /// directory, or below that of the module or of one that calls it.
    fn confined(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        path: &str,
    ) -> Result<(&'p Loader, std::path::PathBuf), Str> {
        let Some(loader) = self.loader else { return Err(Str::from("files can't be read here")) };
        let root = self.program.module(self.program.root).map_or(Path::new(""), |m| m.path.as_path());
        let absolute = loader.absolute(&root.join(path));
        // A module's own tree, and those of the modules that it is a part of.
        let mut trees = vec![root];
        let mut at = Some(module);
        while let Some(module) = at {
            trees.push(module.index.module.path.as_path());
            at = module.caller.as_ref().map(|caller| &caller.module);
        }
        if loader.within(&absolute, &trees) {
            return Ok((loader, absolute));
        }
        let shown = loader.display(&absolute);
        let shown = shown.display();
        Err(Str::from(format!("`{shown}` is outside the configuration's directory and is not read")))
    }
}
