//! Reading a directory into a module: every file once, declarations first, then what they say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::suggest::closest;
use crate::program::{CallSource, Dialect, Mode, Module, ModuleId};
use crate::source::{Diagnostic, Loader, Span};
use crate::syntax::{Language, Tree, hcl, json};

use super::blocks;
use super::file::{BLOCK_TYPES, FileReader, RawBlock, top_level};
use super::files::config_files;
use super::names::{Declared, OutputUse, TerraformNames};
use super::overrides;
use super::wiring::Wiring;

/// A directory's module before its calls are followed.
#[derive(Debug)]
pub(super) struct ReadModule {
    /// The module; its calls' sources are all [`CallSource::Missing`] with the address as written.
    pub(super) module: Arc<Module>,
    /// Where the calls with a local source lead, by call name.
    pub(super) local_calls: IndexMap<Str, PathBuf>,
    /// The outputs of called modules that are used.
    pub(super) outputs_used: Vec<OutputUse>,
    /// What was wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether some of it could not be read: what it seems to lack may be there.
    pub(super) incomplete: bool,
    /// How many configuration files it has.
    pub(super) files: usize,
}

/// A parsed file of the directory.
struct ParsedFile {
    tree: Tree,
    overrides: bool,
    blocks: Vec<RawBlock>,
}

/// Reads the module of a directory.
pub(super) fn read(loader: &Loader, directory: &Path) -> ReadModule {
    let mut diagnostics = Vec::new();
    let mut declared = Declared::default();
    let files = parse_files(loader, directory, &mut diagnostics, &mut declared.incomplete);
    for file in &files {
        declare(file, &mut declared);
    }
    let mut builder = Builder::new(directory, &files);
    let mut names = TerraformNames::new(&declared);
    for file in &files {
        let mut reader = FileReader::new(&file.tree, names);
        for block in &file.blocks {
            builder.block(&mut reader, block, file.overrides);
        }
        let (given_back, found) = reader.finish();
        names = given_back;
        builder.diagnostics.extend(found);
    }
    diagnostics.append(&mut builder.diagnostics);
    diagnostics.append(&mut names.diagnostics);
    let outputs_used = std::mem::take(&mut names.outputs_used);
    let mut module = builder.module;
    diagnostics.extend(builder.wiring.check(&module, declared.incomplete));
    for input in module.inputs.values_mut() {
        input.domain = super::types::domain(
            &input.name,
            input.type_expr.as_ref(),
            input.nullable,
            input.default.as_ref(),
            &input.validations,
        );
    }
    diagnostics.extend(super::usage::check(&module, declared.incomplete, &builder.wiring.providers));
    let local_calls = module
        .calls
        .iter()
        .filter_map(|(name, call)| match &call.source {
            CallSource::Missing { address, .. } => Some((name.clone(), local_source(directory, address)?)),
            CallSource::Loaded(_) | CallSource::Imported(_) => None,
        })
        .collect();
    ReadModule {
        module: Arc::new(module),
        local_calls,
        outputs_used,
        diagnostics,
        incomplete: declared.incomplete,
        files: files.len(),
    }
}

/// The directory that a module source means, if it is a local one: `./x`, `../x`, an absolute path.
pub(super) fn local_source(directory: &Path, address: &str) -> Option<PathBuf> {
    let local = address.starts_with("./")
        || address.starts_with("../")
        || matches!(address, "." | "..")
        || Path::new(address).is_absolute();
    local.then(|| directory.join(address))
}

fn parse_files(
    loader: &Loader,
    directory: &Path,
    diagnostics: &mut Vec<Diagnostic>,
    incomplete: &mut bool,
) -> Vec<ParsedFile> {
    let names = match loader.list(directory) {
        Ok(names) => names,
        Err(error) => {
            diagnostics.push(error);
            *incomplete = true;
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for config in config_files(&names) {
        let path = directory.join(config.name);
        let file = match loader.load(&path) {
            Ok(file) => file,
            // a pipe, or a link that leads nowhere: whoever found the directory has warned
            Err(_) if !loader.is_file(&path) => continue,
            Err(error) => {
                diagnostics.push(error);
                *incomplete = true;
                continue;
            }
        };
        if file.text.trim_start_matches('\u{feff}').trim().is_empty() {
            continue;
        }
        let tree = if config.json { json::parse(file) } else { hcl::parse(file) };
        diagnostics.extend(tree.errors.iter().map(|e| e.to_diagnostic()));
        *incomplete |= !tree.errors.is_empty();
        let (blocks, odd) = top_level(&tree);
        if tree.errors.is_empty() {
            diagnostics.extend(odd.into_iter().map(|(name, span)| unexpected(&name, span)));
        }
        files.push(ParsedFile { tree, overrides: config.overrides, blocks });
    }
    files
}

fn unexpected(name: &str, span: Span) -> Diagnostic {
    let message = format!("Terraform has no `{name}` at the top level of a configuration; it is ignored");
    let diagnostic = Diagnostic::warning("unknown-block", message, span);
    match closest(name, BLOCK_TYPES.iter().map(|&(kind, _)| kind)) {
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// Notes what a file declares.
fn declare(file: &ParsedFile, declared: &mut Declared) {
    for block in &file.blocks {
        let first = block.labels.first().map(|(label, _)| label.clone());
        let second = block.labels.get(1).map(|(label, _)| label.clone());
        match (block.kind.as_str(), first, second) {
            ("variable", Some(name), _) => {
                declared.variables.insert(name);
            }
            ("module", Some(name), _) => {
                declared.modules.insert(name);
            }
            ("resource", Some(type_name), Some(name)) => {
                declared.managed.entry(type_name).or_default().insert(name);
            }
            ("data", Some(type_name), Some(name)) => {
                declared.data.entry(type_name).or_default().insert(name);
            }
            ("ephemeral", Some(type_name), Some(name)) => {
                declared.ephemeral.entry(type_name).or_default().insert(name);
            }
            ("locals", ..) => declare_locals(&file.tree, block, declared),
            _ => {}
        }
    }
}

fn declare_locals(tree: &Tree, block: &RawBlock, declared: &mut Declared) {
    let nothing = Declared::default();
    let reader = FileReader::new(tree, TerraformNames::new(&nothing));
    declared.locals.extend(reader.members(block.body).into_iter().map(|m| m.name));
}

/// Puts a module together block by block.
struct Builder {
    module: Module,
    diagnostics: Vec<Diagnostic>,
    wiring: Wiring,
    /// Index of each resource by mode, type and name.
    resources: FxHashMap<(Mode, Str, Str), usize>,
    /// Index of each provider configuration by name and alias.
    providers: FxHashMap<(Str, Option<Str>), usize>,
}

impl Builder {
    fn new(directory: &Path, files: &[ParsedFile]) -> Self {
        let json_only = !files.is_empty() && files.iter().all(|f| f.tree.language == Language::Json);
        Builder {
            module: Module::new(
                Dialect::Terraform,
                if json_only { Language::Json } else { Language::Hcl },
                directory,
            ),
            diagnostics: Vec::new(),
            wiring: Wiring::default(),
            resources: FxHashMap::default(),
            providers: FxHashMap::default(),
        }
    }

    fn block(&mut self, file: &mut FileReader<'_, '_>, block: &RawBlock, overrides: bool) {
        let expected =
            BLOCK_TYPES.iter().find(|(kind, _)| *kind == block.kind).map_or(0, |&(_, labels)| labels);
        if block.labels.len() != expected {
            self.diagnostics.push(wrong_labels(block, expected));
            return;
        }
        let label = |n: usize| block.labels.get(n).cloned().unwrap_or((Str::new(), block.header));
        match block.kind.as_str() {
            "variable" => {
                let (input, found) = blocks::variable(file, block, label(0));
                self.diagnostics.extend(found);
                insert(&mut self.module.inputs, input, overrides, &mut self.diagnostics);
            }
            "output" => {
                let output = blocks::output(file, block, label(0));
                insert(&mut self.module.outputs, output, overrides, &mut self.diagnostics);
            }
            "locals" => {
                for local in blocks::locals(file, block) {
                    insert(&mut self.module.locals, local, overrides, &mut self.diagnostics);
                }
            }
            "module" => {
                let (call, found) = blocks::call(file, block, label(0));
                self.diagnostics.extend(found);
                insert(&mut self.module.calls, call, overrides, &mut self.diagnostics);
            }
            "resource" | "data" => {
                let mode = if block.kind == "data" { Mode::Data } else { Mode::Managed };
                let (resource, found) = blocks::resource(file, block, mode, label(0).0, label(1));
                self.diagnostics.extend(found);
                let key = (mode, resource.type_name.clone(), resource.name.clone());
                let index = self.resources.get(&key).copied();
                match index.and_then(|i| self.module.resources.get_mut(i)) {
                    None if overrides => {
                        let name = format!("{}.{}", resource.type_name, resource.name);
                        self.diagnostics.push(nothing_to_override("resource", &name, block.header));
                    }
                    None => {
                        self.resources.insert(key, self.module.resources.len());
                        self.module.resources.push(resource);
                    }
                    Some(first) if overrides => overrides::resource(first, resource),
                    Some(first) => {
                        let name = format!("{}.{}", resource.type_name, resource.name);
                        self.diagnostics.push(duplicate("resource", &name, block.header, first.header));
                    }
                }
            }
            "provider" => {
                let provider = blocks::provider(file, block, label(0).0);
                let key = (provider.name.clone(), provider.alias.clone());
                if let Some(version) = blocks::provider_version(&provider) {
                    self.module.required_providers.entry(provider.name.clone()).or_insert(version);
                }
                let index = self.providers.get(&key).copied();
                match index.and_then(|i| self.module.providers.get_mut(i)) {
                    None => {
                        self.providers.insert(key, self.module.providers.len());
                        self.module.providers.push(provider);
                    }
                    Some(first) if overrides => overrides::body(&mut first.body, provider.body),
                    Some(first) => {
                        let name = match &provider.alias {
                            Some(alias) => format!("{}.{alias}", provider.name),
                            None => provider.name.to_string(),
                        };
                        let diagnostic = duplicate("provider", &name, block.header, first.span);
                        self.diagnostics.push(diagnostic.with_help("give one of them an `alias`"));
                    }
                }
            }
            "moved" | "removed" | "import" => self.wiring.take(file, block),
            "terraform" => {
                self.wiring.take(file, block);
                for (name, version) in blocks::required_providers(file, block) {
                    self.module.required_providers.insert(name, version);
                }
            }
            // They say what becomes of state, or check what exists; nothing of the program depends on them.
            _ => {}
        }
    }
}

/// Something with a name that may be declared once and overridden.
pub(super) trait Declaration {
    const WHAT: &'static str;
    fn name(&self) -> &Str;
    fn header(&self) -> Span;
    fn merge(&mut self, over: Self);
}

fn insert<T: Declaration>(
    into: &mut IndexMap<Str, T>,
    item: T,
    overrides: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match into.entry(item.name().clone()) {
        Entry::Vacant(_) if overrides => {
            diagnostics.push(nothing_to_override(T::WHAT, item.name(), item.header()))
        }
        Entry::Vacant(slot) => {
            slot.insert(item);
        }
        Entry::Occupied(mut first) if overrides => first.get_mut().merge(item),
        Entry::Occupied(first) => {
            diagnostics.push(duplicate(T::WHAT, item.name(), item.header(), first.get().header()));
        }
    }
}

fn duplicate(what: &str, name: &str, here: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        "duplicate-declaration",
        format!("{what} `{name}` is declared twice; the first counts"),
        here,
    )
    .with_label(first, "first declared here")
    .with_help("rename or remove one of them")
}

fn nothing_to_override(what: &str, name: &str, here: Span) -> Diagnostic {
    Diagnostic::error(
        "nothing-to-override",
        format!("this override file changes {what} `{name}`, which no other file of the module declares"),
        here,
    )
    .with_help("move it to a file whose name does not end with `_override`")
}

fn wrong_labels(block: &RawBlock, expected: usize) -> Diagnostic {
    let form = match block.kind.as_str() {
        kind @ ("resource" | "data" | "ephemeral" | "action" | "list") => {
            format!("{kind} \"TYPE\" \"NAME\" {{ … }}")
        }
        kind if expected == 1 => format!("{kind} \"NAME\" {{ … }}"),
        kind => format!("{kind} {{ … }}"),
    };
    let found = block.labels.len();
    let message = format!("a `{}` block has {expected} labels, not {found}; it is ignored", block.kind);
    let message = message.replace("has 1 labels", "has one label").replace("has 0 labels", "has no labels");
    Diagnostic::error("invalid-block", message, block.header).with_help(format!("write `{form}`"))
}

/// Sets where a call leads.
pub(super) fn set_loaded(module: &mut Module, call: usize, id: ModuleId) {
    if let Some((_, call)) = module.calls.get_index_mut(call) {
        call.source = CallSource::Loaded(id);
    }
}
