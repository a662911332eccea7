//! What names mean in a Terraform module, and which of them nothing declares.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::program::hcl::{Names, Traversal};
use crate::program::suggest::closest;
use crate::program::{Mode, Root};
use crate::source::{Diagnostic, Span};

/// The names that a module declares, gathered before any expression is read.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) variables: FxHashSet<Str>,
    pub(super) locals: FxHashSet<Str>,
    pub(super) modules: FxHashSet<Str>,
    /// Names by type.
    pub(super) managed: FxHashMap<Str, FxHashSet<Str>>,
    /// Names by type.
    pub(super) data: FxHashMap<Str, FxHashSet<Str>>,
    /// Names by type.
    pub(super) ephemeral: FxHashMap<Str, FxHashSet<Str>>,
    /// Something of the module could not be read: what seems undeclared may be declared there.
    pub(super) incomplete: bool,
}

/// An output of a called module that the module uses.
#[derive(Clone, Debug)]
pub(super) struct OutputUse {
    pub(super) call: Str,
    pub(super) output: Str,
    pub(super) span: Span,
}

/// Resolves the names of one module and collects what is wrong with them.
#[derive(Debug)]
pub(super) struct TerraformNames<'d> {
    declared: &'d Declared,
    reported: FxHashSet<Str>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) outputs_used: Vec<OutputUse>,
}

impl<'d> TerraformNames<'d> {
    pub(super) fn new(declared: &'d Declared) -> Self {
        TerraformNames {
            declared,
            reported: FxHashSet::default(),
            diagnostics: Vec::new(),
            outputs_used: Vec::new(),
        }
    }

    fn undeclared(&mut self, name: String, span: Span, what: &str, suggestion: Option<String>) -> Root {
        let name = Str::from(name);
        if !self.declared.incomplete && self.reported.insert(name.clone()) {
            let message = format!("`{name}` is used here, but the module declares no such {what}");
            let diagnostic = Diagnostic::warning("undeclared-reference", message, span);
            self.diagnostics.push(match suggestion {
                Some(suggestion) => diagnostic.with_help(format!("did you mean `{suggestion}`?")),
                None => diagnostic,
            });
        }
        Root::Undeclared(name)
    }

    fn invalid(&mut self, name: &str, span: Span, help: &str) -> Root {
        let name = Str::from(name);
        if self.reported.insert(name.clone()) {
            let message = format!("`{name}` is not a complete reference");
            self.diagnostics
                .push(Diagnostic::warning("undeclared-reference", message, span).with_help(help.to_owned()));
        }
        Root::Undeclared(name)
    }

    /// `TYPE.NAME` of a mode.
    fn resource(&mut self, mode: Mode, type_name: &str, name: &str, span: Span) -> Root {
        let of_mode = match mode {
            Mode::Managed => &self.declared.managed,
            Mode::Data => &self.declared.data,
        };
        let prefix = if mode == Mode::Data { "data." } else { "" };
        if of_mode.get(type_name).is_some_and(|names| names.contains(name)) {
            return Root::Resource { mode, type_name: type_name.into(), name: name.into() };
        }
        // The same name under another type, or in the other mode, is the likeliest mistake after a typo.
        let suggestion = of_mode
            .get(type_name)
            .and_then(|names| closest(name, sorted(names)))
            .map(|near| format!("{prefix}{type_name}.{near}"))
            .or_else(|| {
                let types = sorted(of_mode.iter().filter(|(_, names)| names.contains(name)).map(|(t, _)| t));
                closest(type_name, types).map(|near| format!("{prefix}{near}.{name}"))
            })
            .or_else(|| {
                let (other, other_prefix) = match mode {
                    Mode::Managed => (&self.declared.data, "data."),
                    Mode::Data => (&self.declared.managed, ""),
                };
                let there = other.get(type_name).is_some_and(|names| names.contains(name));
                there.then(|| format!("{other_prefix}{type_name}.{name}"))
            });
        let what = if mode == Mode::Data { "data source" } else { "resource" };
        self.undeclared(format!("{prefix}{type_name}.{name}"), span, what, suggestion)
    }
}

/// Set order must not show.
fn sorted<'a>(names: impl IntoIterator<Item = &'a Str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().map(Str::as_str).collect();
    names.sort_unstable();
    names
}

impl Names for TerraformNames<'_> {
    fn resolve(&mut self, traversal: Traversal<'_>) -> (Root, usize) {
        let Traversal { name, steps, span, .. } = traversal;
        let first = steps.first().copied();
        let second = steps.get(1).copied();
        match (name, first) {
            ("var", Some(variable)) => {
                if self.declared.variables.contains(variable) {
                    return (Root::Input(variable.into()), 1);
                }
                let near = closest(variable, sorted(&self.declared.variables)).map(|n| format!("var.{n}"));
                (self.undeclared(format!("var.{variable}"), span, "variable", near), 1)
            }
            ("local", Some(local)) => {
                if self.declared.locals.contains(local) {
                    return (Root::Local(local.into()), 1);
                }
                let near = closest(local, sorted(&self.declared.locals)).map(|n| format!("local.{n}"));
                (self.undeclared(format!("local.{local}"), span, "local value", near), 1)
            }
            ("module", Some(module)) => {
                if self.declared.modules.contains(module) {
                    if let Some(output) = second {
                        self.outputs_used.push(OutputUse {
                            call: module.into(),
                            output: output.into(),
                            span,
                        });
                    }
                    return (Root::Module(module.into()), 1);
                }
                let near = closest(module, sorted(&self.declared.modules)).map(|n| format!("module.{n}"));
                (self.undeclared(format!("module.{module}"), span, "module call", near), 1)
            }
            ("data", Some(type_name)) => match second {
                Some(name) => (self.resource(Mode::Data, type_name, name, span), 2),
                None => (self.invalid(name, span, "a data source is `data.TYPE.NAME`"), 0),
            },
            ("resource", Some(type_name)) => match second {
                Some(name) => (self.resource(Mode::Managed, type_name, name, span), 2),
                None => (self.invalid(name, span, "a resource is `TYPE.NAME`"), 0),
            },
            ("ephemeral", Some(type_name)) => match second {
                Some(name) => {
                    let full = format!("ephemeral.{type_name}.{name}");
                    if self.declared.ephemeral.get(type_name).is_some_and(|names| names.contains(name)) {
                        (Root::Named(full.into()), 2)
                    } else {
                        (self.undeclared(full, span, "ephemeral resource", None), 2)
                    }
                }
                None => (self.invalid(name, span, "an ephemeral resource is `ephemeral.TYPE.NAME`"), 0),
            },
            ("each", Some("key")) => (Root::EachKey, 1),
            ("each", Some("value")) => (Root::EachValue, 1),
            ("count", Some("index")) => (Root::CountIndex, 1),
            ("self", _) => (Root::SelfObject, 0),
            ("path", Some("module" | "root" | "cwd")) => {
                (Root::Named(format!("path.{}", first.unwrap_or("")).into()), 1)
            }
            ("terraform" | "tofu", Some(attribute)) => {
                (Root::Named(format!("terraform.{attribute}").into()), 1)
            }
            ("action" | "provider", Some(attribute)) => {
                (Root::Named(format!("{name}.{attribute}").into()), 1)
            }
            ("var" | "local" | "module" | "data" | "resource" | "ephemeral" | "terraform" | "tofu", None) => {
                (self.invalid(name, span, "a name must follow, as in `var.NAME`"), 0)
            }
            ("each", _) => (self.invalid(name, span, "`each` has `each.key` and `each.value`"), 0),
            ("count", _) => (self.invalid(name, span, "`count` has only `count.index`"), 0),
            ("path", _) => {
                (self.invalid(name, span, "`path` has `path.module`, `path.root` and `path.cwd`"), 0)
            }
            (type_name, Some(resource)) => (self.resource(Mode::Managed, type_name, resource, span), 1),
            (name, None) => {
                (self.invalid(name, span, "a resource is `TYPE.NAME`; a string is written in quotes"), 0)
            }
        }
    }
}
