//! From directories to programs: module calls are followed, each directory is read once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::program::suggest::closest;
use crate::program::{Call, CallSource, Constructs, Dialect, Module, ModuleId, Program};
use crate::source::{Diagnostic, Loader, Severity};
use crate::syntax::Language;

use super::manifest::Manifest;
use super::module::{self, ReadModule};

/// How deep module calls may nest.
const MAX_MODULE_DEPTH: usize = 64;

/// How many modules one root may consist of.
const MAX_MODULES: usize = 20_000;

/// The modules of a session: each directory is read once, whatever the number of roots that use it. Safe to use from
/// several threads.
#[derive(Debug, Default)]
pub struct Modules {
    vendored: Vec<PathBuf>,
    read: Mutex<FxHashMap<PathBuf, Arc<OnceLock<Arc<ReadModule>>>>>,
}

impl Modules {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for modules of registries and repositories in these directories (absolute) too, where `terraform init`
    /// has not put them.
    #[must_use]
    pub fn with_vendored(mut self, directories: Vec<PathBuf>) -> Self {
        self.vendored = directories;
        self
    }

    /// The same with some directories (absolute) not read yet: a file there has another text now.
    #[must_use]
    pub fn without<'d>(&self, directories: impl IntoIterator<Item = &'d Path>) -> Self {
        let mut read = self.read.lock().clone();
        for directory in directories {
            read.remove(directory);
        }
        Modules { vendored: self.vendored.clone(), read: Mutex::new(read) }
    }

    fn read(&self, loader: &Loader, directory: &Path) -> Arc<ReadModule> {
        let directory = loader.absolute(directory);
        let slot = Arc::clone(self.read.lock().entry(directory.clone()).or_default());
        Arc::clone(slot.get_or_init(|| Arc::new(module::read(loader, &directory))))
    }

    /// The directories (absolute) that the module of a directory calls with a local source, in order of the calls.
    /// Reads the module if that has not happened yet.
    pub fn local_calls(&self, loader: &Loader, directory: &Path) -> Vec<PathBuf> {
        self.read(loader, directory).local_calls.values().map(|d| loader.absolute(d)).collect()
    }

    /// The directories among these (absolute, as [`Modules::local_calls`] gives them) that no other of them reaches
    /// through module calls: the roots. Members of a cycle that nothing else reaches count as roots all.
    pub fn roots(&self, loader: &Loader, directories: &[PathBuf]) -> Vec<PathBuf> {
        let called: FxHashSet<PathBuf> = directories
            .iter()
            .flat_map(|d| self.local_calls(loader, d).into_iter().filter(|c| *c != loader.absolute(d)))
            .collect();
        let roots: FxHashSet<&PathBuf> =
            directories.iter().filter(|d| !called.contains(&loader.absolute(d))).collect();
        // What only a cycle calls would never be looked at.
        let mut reached: FxHashSet<PathBuf> = FxHashSet::default();
        let mut todo: Vec<PathBuf> = roots.iter().map(|d| loader.absolute(d)).collect();
        while let Some(directory) = todo.pop() {
            if reached.insert(directory.clone()) {
                todo.extend(self.local_calls(loader, &directory));
            }
        }
        directories
            .iter()
            .filter(|d| roots.contains(d) || !reached.contains(&loader.absolute(d)))
            .cloned()
            .collect()
    }

    /// The program of a root module's directory.
    pub fn program(&self, loader: &Loader, root: &Path) -> Program {
        let mut linker = Linker {
            modules: self,
            loader,
            manifest: Manifest::read(loader, root),
            linked: Vec::new(),
            known: FxHashMap::default(),
            installed_below: FxHashMap::default(),
            diagnostics: Vec::new(),
        };
        if let Some(problem) = linker.manifest.problem.take() {
            linker.diagnostics.push(problem);
        }
        let locked = super::lock::versions(loader, root);
        let root = linker.link(&loader.absolute(root), "", &mut Vec::new()).unwrap_or(ModuleId(0));
        linker.lock(root, locked);
        let Linker { linked, mut diagnostics, .. } = linker;
        let modules: Vec<Arc<Module>> = linked
            .into_iter()
            .map(|m| m.unwrap_or_else(|| Arc::new(Module::new(Dialect::Terraform, Language::Hcl, ""))))
            .collect();
        let mut seen = FxHashSet::default();
        diagnostics.retain(|d| seen.insert((d.span, d.code, d.message.clone())));
        Program {
            modules,
            root,
            diagnostics,
            constructs: Constructs::default(),
            environment: IndexMap::default(),
            configuration: None,
        }
    }
}

/// Follows the calls of one root.
struct Linker<'a> {
    modules: &'a Modules,
    loader: &'a Loader,
    manifest: Manifest,
    linked: Vec<Option<Arc<Module>>>,
    /// By directory and, where what is below depends on it, the path of calls.
    known: FxHashMap<(PathBuf, Str), ModuleId>,
    /// Whether an installed module is called in or below a directory.
    installed_below: FxHashMap<PathBuf, bool>,
    diagnostics: Vec<Diagnostic>,
}

impl Linker<'_> {
    /// Links the module of a directory that is reached by a path of calls (`a.b`). None if a budget is exceeded.
    fn link(&mut self, directory: &Path, path: &str, chain: &mut Vec<PathBuf>) -> Option<ModuleId> {
        let key_path = if self.has_installed_below(directory, 0) { Str::from(path) } else { Str::new() };
        let key = (directory.to_path_buf(), key_path);
        if let Some(&id) = self.known.get(&key) {
            return Some(id);
        }
        if self.linked.len() >= MAX_MODULES {
            if !self.diagnostics.iter().any(|d| d.code == "budget-modules") {
                self.diagnostics.push(Diagnostic::file_error(
                    "budget-modules",
                    format!("this configuration has more modules than the budget of {MAX_MODULES}"),
                    self.loader.display(directory),
                ));
            }
            return None;
        }
        let read = self.modules.read(self.loader, directory);
        let id = ModuleId(self.linked.len() as u32);
        self.linked.push(None);
        self.known.insert(key, id);
        self.diagnostics.extend(read.diagnostics.iter().cloned());
        if read.module.calls.is_empty() {
            self.set(id, Arc::clone(&read.module));
            return Some(id);
        }
        let mut module = Module::clone(&read.module);
        chain.push(directory.to_path_buf());
        for (index, (name, call)) in read.module.calls.iter().enumerate() {
            let below = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            let Some(target) = self.target(&read, call, &below) else { continue };
            if let Some(at) = chain.iter().position(|d| *d == target) {
                self.diagnostics.push(cycle(self.loader, call, chain.get(at..).unwrap_or_default()));
                continue;
            }
            if chain.len() >= MAX_MODULE_DEPTH {
                let message =
                    format!("module calls nest deeper than the budget of {MAX_MODULE_DEPTH} levels");
                self.diagnostics.push(Diagnostic::error("budget-module-depth", message, call.header));
                continue;
            }
            if let Some(called) = self.link(&target, &below, chain) {
                module::set_loaded(&mut module, index, called);
                self.check_call(call, &target, &read);
            }
        }
        chain.pop();
        self.set(id, Arc::new(module));
        Some(id)
    }

    fn set(&mut self, id: ModuleId, module: Arc<Module>) {
        if let Some(slot) = self.linked.get_mut(id.0 as usize) {
            *slot = Some(module);
        }
    }

    /// Narrows the root's provider constraints to the versions that are locked.
    fn lock(&mut self, root: ModuleId, locked: Vec<(Str, Str)>) {
        if locked.is_empty() {
            return;
        }
        let Some(Some(module)) = self.linked.get(root.0 as usize) else { return };
        let mut module = Module::clone(module);
        for (provider, version) in locked {
            let constraint = module.required_providers.entry(provider).or_default();
            if !constraint.is_empty() {
                constraint.push_str(", ");
            }
            constraint.push_str(&version);
        }
        self.set(root, Arc::new(module));
    }

    /// The directory of a called module; none (and a diagnostic) if it is not there.
    fn target(&mut self, caller: &ReadModule, call: &Call, path: &str) -> Option<PathBuf> {
        let CallSource::Missing { address, span } = &call.source else { return None };
        if address.is_empty() {
            let message = format!("module `{}` has no `source`, so nothing is known of it", call.name);
            self.diagnostics.push(Diagnostic::warning("module-not-found", message, *span));
            return None;
        }
        if let Some(directory) = caller.local_calls.get(&call.name) {
            let directory = self.loader.absolute(directory);
            if self.modules.read(self.loader, &directory).files > 0 {
                return Some(directory);
            }
            let shown = self.loader.display(&directory);
            let message = format!(
                "module `{}` should be in `{}`, where no Terraform file is",
                call.name,
                shown.display()
            );
            self.diagnostics.push(
                Diagnostic::warning("module-not-found", message, *span).with_help(
                    "without it, what the module makes is not checked and its outputs are unknown",
                ),
            );
            return None;
        }
        let installed = self.manifest.directory(path);
        if let Some(directory) = installed.filter(|d| self.modules.read(self.loader, d).files > 0) {
            return Some(directory);
        }
        let vendored = self.modules.vendored.iter().flat_map(|d| vendored_places(d, address));
        if let Some(directory) = vendored
            .map(|d| self.loader.absolute(&d))
            .find(|d| self.loader.is_dir(d) && self.modules.read(self.loader, d).files > 0)
        {
            return Some(directory);
        }
        let message = format!(
            "module `{}` (`{address}`) is not installed: what it makes is not checked, its outputs are unknown",
            call.name
        );
        self.diagnostics.push(Diagnostic::warning("module-not-installed", message, *span).with_help(
            "run `terraform init` (or `terraform get`) in the root module and check again, or name a \
                     directory of copies as `modules` in `masugata.toml`",
        ));
        None
    }

    /// Whether modules that `terraform init` installed are called in or below a directory: then its calls lead
    /// elsewhere for each way to get there.
    fn has_installed_below(&mut self, directory: &Path, depth: usize) -> bool {
        if self.manifest.is_empty() {
            return false;
        }
        if let Some(&known) = self.installed_below.get(directory) {
            return known;
        }
        if depth > MAX_MODULE_DEPTH {
            return true;
        }
        self.installed_below.insert(directory.to_path_buf(), false);
        let read = self.modules.read(self.loader, directory);
        let mut found = read.local_calls.len() < read.module.calls.len();
        for local in read.local_calls.values() {
            found |= self.has_installed_below(&self.loader.absolute(local), depth + 1);
        }
        self.installed_below.insert(directory.to_path_buf(), found);
        found
    }

    /// Compares a call with what the called module declares.
    fn check_call(&mut self, call: &Call, target: &Path, caller: &ReadModule) {
        let callee = self.modules.read(self.loader, target);
        if callee.incomplete {
            return;
        }
        let inputs = &callee.module.inputs;
        for argument in call.arguments.iter().filter(|a| !inputs.contains_key(&a.name)) {
            let message = format!("module `{}` has no variable `{}`", call.name, argument.name);
            let diagnostic = Diagnostic::warning("undeclared-argument", message, argument.name_span);
            self.diagnostics.push(match closest(&argument.name, inputs.keys().map(Str::as_str)) {
                Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
        }
        if !caller.incomplete {
            for input in inputs.values().filter(|i| i.default.is_none()) {
                if !call.arguments.iter().any(|a| a.name == input.name) {
                    let message = format!("module `{}` needs a value for `{}`", call.name, input.name);
                    self.diagnostics.push(
                        Diagnostic::warning("missing-argument", message, call.header)
                            .with_label(input.name_span, "declared here without a default"),
                    );
                }
            }
        }
        let outputs = &callee.module.outputs;
        let mut reported: FxHashSet<&str> = FxHashSet::default();
        for used in
            caller.outputs_used.iter().filter(|u| u.call == call.name && !outputs.contains_key(&u.output))
        {
            if !reported.insert(used.output.as_str()) {
                continue;
            }
            let message = format!(
                "`module.{}.{}` is used here, but the module declares no such output",
                used.call, used.output
            );
            let diagnostic = Diagnostic::warning("undeclared-reference", message, used.span);
            self.diagnostics.push(match closest(&used.output, outputs.keys().map(Str::as_str)) {
                Some(near) => diagnostic.with_help(format!("did you mean `module.{}.{near}`?", used.call)),
                None => diagnostic,
            });
        }
    }
}

/// Where a copy of a module may lie below a directory: under the whole of its source, under its last names, and by the
/// name that registries demand of repositories (`terraform-aws-vpc`).
fn vendored_places(directory: &Path, address: &str) -> Vec<PathBuf> {
    let address = address.split(['?', '#']).next().unwrap_or(address);
    let address = address.split_once("::").map_or(address, |(_, rest)| rest);
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    // `git@github.com:org/repo.git`
    let address = address.rsplit_once('@').map_or(address, |(_, rest)| rest).replacen(':', "/", 1);
    let (package, inside) = address.split_once("//").unwrap_or((&address, ""));
    let package = package.trim_end_matches('/').trim_end_matches(".git");
    let parts: Vec<&str> = package.split('/').filter(|p| !p.is_empty() && *p != "..").collect();
    let mut names: Vec<String> =
        (0..parts.len()).filter_map(|from| Some(parts.get(from..)?.join("/"))).collect();
    // namespace/name/provider, a host before it or not
    if let [.., namespace, name, provider] = parts.as_slice() {
        names.push(format!("{namespace}/terraform-{provider}-{name}"));
        names.push(format!("{namespace}/{name}"));
        names.push(format!("terraform-{provider}-{name}"));
        if !package.contains('.') {
            names.push((*name).to_owned());
        }
    }
    if inside.split('/').any(|p| p == "..") {
        return Vec::new();
    }
    names.into_iter().map(|name| directory.join(name).join(inside)).collect()
}

fn cycle(loader: &Loader, call: &Call, chain: &[PathBuf]) -> Diagnostic {
    let mut names: Vec<String> = chain.iter().map(|d| format!("`{}`", loader.display(d).display())).collect();
    names.extend(names.first().cloned());
    Diagnostic {
        severity: Severity::Error,
        ..Diagnostic::error(
            "module-cycle",
            format!("module `{}` calls itself: {}", call.name, names.join(" calls ")),
            call.header,
        )
    }
}
