//! Terraform plans (`terraform show -json`): resource instances with known values, and the references that the plan's
//! configuration part still tells for what is only known after apply.
//!
//! Format: Terraform documentation, "JSON Output Format". Every module *instance* becomes a module of the program, so
//! a call is named with its key (`a["x"]`); every resource instance becomes a resource with [`Repeat::Key`].

mod document;
mod reference;
mod sources;
mod values;

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{
    Attribute, Body, Call, CallSource, Constructs, Dialect, Expr, Input, Literal, Mode, Module, ModuleId,
    Output, Program, ProviderConfig, Quantity, Repeat, Resource,
};
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId, Tree};

use super::{computed_blocks, schema};

use document::Json;
use reference::{key_text, split_last_call};
use values::{Context, after_apply};

pub use sources::located;

/// How deep values may nest.
const MAX_DEPTH: usize = 300;

/// Whether a JSON document is a plan in Terraform's JSON output format.
pub fn is_plan(tree: &Tree) -> bool {
    let json = Json { tree };
    json.top().is_some_and(|top| {
        json.get(top, "format_version").is_some()
            && (json.get(top, "planned_values").is_some() || json.get(top, "resource_changes").is_some())
    })
}

/// Reads a plan.
pub fn read(tree: &Tree) -> Program {
    let json = Json { tree };
    let diagnostics: Vec<Diagnostic> = tree.errors.iter().map(|e| e.to_diagnostic()).collect();
    let Some(top) = json.top() else {
        return Program {
            modules: Vec::new(),
            root: ModuleId(0),
            diagnostics,
            constructs: Constructs::default(),
            environment: IndexMap::default(),
            configuration: None,
        };
    };
    let mut reader = PlanReader {
        json,
        configuration: Vec::new(),
        instances: FxHashMap::default(),
        modules: IndexMap::new(),
    };
    let root = json.path(top, &["configuration", "root_module"]);
    reader.configured(root, 0);
    reader.module("");
    reader.providers(json.path(top, &["configuration", "provider_config"]));
    reader.root_values(json.get(top, "variables"));

    let mut found = Vec::new();
    reader.prior_data(json.path(top, &["prior_state", "values", "root_module"]), "", 0, &mut found);
    for change in json.get(top, "resource_changes").into_iter().flat_map(|list| tree.children(list)) {
        found.extend(reader.change(change));
    }
    for (i, instance) in found.iter().enumerate() {
        reader.instances.insert(instance.identity(), i);
    }
    for instance in &found {
        reader.resource(instance, &found);
    }
    reader.outputs();
    let modules = reader.modules.into_values().map(|m| Arc::new(m.module)).collect();
    Program {
        modules,
        root: ModuleId(0),
        diagnostics,
        constructs: Constructs::default(),
        environment: IndexMap::default(),
        configuration: None,
    }
}

/// A module of the plan's configuration part.
#[derive(Default)]
struct Configured {
    node: Option<NodeId>,
    /// By mode, type and name.
    resources: FxHashMap<(Mode, Str, Str), NodeId>,
    /// The call's node and the called module's index.
    calls: FxHashMap<Str, (NodeId, usize)>,
}

/// A module instance while it is put together.
struct Building {
    module: Module,
    /// Index of its configuration.
    configured: Option<usize>,
}

/// A resource instance of the plan.
struct Instance {
    module: Str,
    mode: Mode,
    type_name: Str,
    name: Str,
    key: Option<Literal>,
    node: NodeId,
    address: Span,
    after: NodeId,
    unknown: Option<NodeId>,
    sensitive: Option<NodeId>,
}

/// Module address, mode, type, name, and the key as text.
type Identity = (Str, Mode, Str, Str, Str);

impl Instance {
    fn identity(&self) -> Identity {
        let key = self.key.as_ref().map(key_text).unwrap_or_default();
        (self.module.clone(), self.mode, self.type_name.clone(), self.name.clone(), key)
    }
}

struct PlanReader<'t> {
    json: Json<'t>,
    configuration: Vec<Configured>,
    instances: FxHashMap<Identity, usize>,
    modules: IndexMap<Str, Building>,
}

impl<'t> PlanReader<'t> {
    /// Takes in a module of the configuration part and those that it calls; returns its index.
    fn configured(&mut self, node: Option<NodeId>, depth: usize) -> usize {
        let index = self.configuration.len();
        let json = self.json;
        self.configuration.push(Configured { node, ..Configured::default() });
        let Some(node) = node.filter(|_| depth < MAX_DEPTH) else { return index };
        let mut resources = FxHashMap::default();
        for resource in json.elements(json.get(node, "resources")) {
            let mode = if json.text(resource, "mode").is_some_and(|m| m == "data") {
                Mode::Data
            } else {
                Mode::Managed
            };
            if let (Some(type_name), Some(name)) = (json.text(resource, "type"), json.text(resource, "name"))
            {
                resources.insert((mode, type_name, name), resource);
            }
        }
        let mut calls = FxHashMap::default();
        for (key, call) in json.get(node, "module_calls").into_iter().flat_map(|n| json.members(n)) {
            let called = self.configured(json.get(call, "module"), depth + 1);
            if let Some(name) = json.string(key) {
                calls.insert(name, (call, called));
            }
        }
        if let Some(slot) = self.configuration.get_mut(index) {
            slot.resources = resources;
            slot.calls = calls;
        }
        index
    }

    /// The index of a module instance, made with its callers on first use.
    fn module(&mut self, address: &str) -> usize {
        if let Some(index) = self.modules.get_index_of(address) {
            return index;
        }
        if address.matches("module.").count() > MAX_DEPTH {
            return 0;
        }
        let (parent, call) = split_last_call(address);
        let caller = parent.map(|parent| self.module(parent));
        let name = call.split('[').next().unwrap_or(call);
        let configured = match caller {
            None => Some(0),
            Some(caller) => self
                .modules
                .get_index(caller)
                .and_then(|(_, m)| self.configuration.get(m.configured?))
                .and_then(|c| c.calls.get(name))
                .map(|&(_, module)| module),
        };
        let module = self.new_module(configured);
        let index = self.modules.len();
        self.modules.insert(address.into(), Building { module, configured });
        if let Some(caller) = caller {
            self.call(caller, call, name, ModuleId(index as u32));
        }
        index
    }

    fn new_module(&self, configured: Option<usize>) -> Module {
        let json = self.json;
        let mut module = Module::new(Dialect::Terraform, Language::Json, &json.tree.file.path);
        let variables =
            configured.and_then(|i| self.configuration.get(i)?.node).and_then(|n| json.get(n, "variables"));
        for (key, variable) in variables.into_iter().flat_map(|n| json.members(n)) {
            let Some(name) = json.string(key) else { continue };
            let span = json.tree.span(key);
            let mut input = Input::new(name.clone(), span, span.to(json.tree.span(variable)));
            input.default = json.get(variable, "default").map(|n| self.literal(n, 0));
            input.sensitive = json.is(json.get(variable, "sensitive"), "true");
            module.inputs.insert(name, input);
        }
        module
    }

    /// Adds a call to the calling module instance.
    fn call(&mut self, caller: usize, name_with_key: &str, name: &str, target: ModuleId) {
        let json = self.json;
        let node = self
            .modules
            .get_index(caller)
            .and_then(|(_, m)| self.configuration.get(m.configured?))
            .and_then(|c| c.calls.get(name))
            .map(|&(node, _)| node);
        let span = node.map_or_else(|| json.tree.span(json.tree.root()), |n| json.tree.span(n));
        let mut arguments = Vec::new();
        let expressions = node.and_then(|n| json.get(n, "expressions"));
        for (key, value) in expressions.into_iter().flat_map(|n| json.members(n)) {
            let Some(argument) = json.string(key) else { continue };
            let value_span = json.tree.span(value);
            let value = match json.get(value, "constant_value") {
                Some(constant) => self.literal(constant, 0),
                None => self.referenced(caller, Some(value), None).unwrap_or_else(|| after_apply(value_span)),
            };
            let name_span = json.tree.span(key);
            arguments.push(Attribute { name: argument, name_span, value, span: name_span.to(value_span) });
        }
        let call = Call {
            name: name_with_key.into(),
            name_span: Span::new(span.file, span.start, span.start),
            span,
            header: Span::new(span.file, span.start, span.start),
            source: CallSource::Loaded(target),
            arguments,
            repeat: Repeat::One,
            providers: Vec::new(),
            depends_on: Vec::new(),
        };
        if let Some((_, module)) = self.modules.get_index_mut(caller) {
            module.module.calls.insert(call.name.clone(), call);
        }
    }

    fn providers(&mut self, node: Option<NodeId>) {
        let json = self.json;
        let mut providers = Vec::new();
        let mut versions = Vec::new();
        for (key, provider) in node.into_iter().flat_map(|n| json.members(n)) {
            let Some(name) = json.text(provider, "name") else { continue };
            if let Some(version) = json.text(provider, "version_constraint") {
                versions.push((name.clone(), version));
            }
            // `module.x:aws` belongs to a module.
            if json.get(provider, "module_address").is_some() {
                continue;
            }
            let mut body = Body::default();
            let expressions = json.get(provider, "expressions");
            for (key, value) in expressions.into_iter().flat_map(|n| json.members(n)) {
                let Some(argument) = json.string(key) else { continue };
                let (name_span, value_span) = (json.tree.span(key), json.tree.span(value));
                let value = self.configured_value(value, 0);
                body.attributes.push(Attribute {
                    name: argument,
                    name_span,
                    value,
                    span: name_span.to(value_span),
                });
            }
            let alias = json.text(provider, "alias");
            providers.push(ProviderConfig { name, alias, body, span: json.tree.span(key) });
        }
        if let Some((_, root)) = self.modules.get_index_mut(0) {
            root.module.providers = providers;
            root.module.required_providers.extend(versions);
        }
    }

    /// The values that the root's variables had.
    fn root_values(&mut self, variables: Option<NodeId>) {
        let json = self.json;
        for (key, variable) in variables.into_iter().flat_map(|n| json.members(n)) {
            let (Some(name), Some(value)) = (json.string(key), json.get(variable, "value")) else { continue };
            let value = self.literal(value, 0);
            if let Some((_, root)) = self.modules.get_index_mut(0)
                && let Some(input) = root.module.inputs.get_mut(&name)
            {
                input.default = Some(value);
            }
        }
    }

    /// The data sources that were read for the plan.
    fn prior_data(&mut self, module: Option<NodeId>, address: &str, depth: usize, found: &mut Vec<Instance>) {
        let json = self.json;
        let Some(module) = module.filter(|_| depth < MAX_DEPTH) else { return };
        for resource in json.elements(json.get(module, "resources")) {
            if json.text(resource, "mode").is_some_and(|m| m == "data")
                && let Some(values) = json.get(resource, "values")
            {
                let sensitive = json.get(resource, "sensitive_values");
                found.extend(self.instance(resource, address.into(), values, None, sensitive));
            }
        }
        for child in json.elements(json.get(module, "child_modules")) {
            if let Some(address) = json.text(child, "address") {
                self.prior_data(Some(child), &address, depth + 1, found);
            }
        }
    }

    /// An element of `resource_changes`; none for what will not be there.
    fn change(&mut self, node: NodeId) -> Option<Instance> {
        let json = self.json;
        let change = json.get(node, "change")?;
        let gone = json
            .elements(json.get(change, "actions"))
            .all(|n| matches!(json.tree.text(n), "\"delete\"" | "\"forget\""));
        if gone || json.get(node, "deposed").is_some() {
            return None;
        }
        let module = json.text(node, "module_address").unwrap_or_default();
        let after = json.get(change, "after")?;
        self.instance(
            node,
            module,
            after,
            json.get(change, "after_unknown"),
            json.get(change, "after_sensitive"),
        )
    }

    fn instance(
        &mut self,
        node: NodeId,
        module: Str,
        after: NodeId,
        unknown: Option<NodeId>,
        sensitive: Option<NodeId>,
    ) -> Option<Instance> {
        let json = self.json;
        let mode = if json.text(node, "mode")? == "data" { Mode::Data } else { Mode::Managed };
        let key = json.get(node, "index").and_then(|n| match json.string(n) {
            Some(text) => Some(Literal::String(text)),
            None => json.tree.text(n).parse().ok().map(|n| Literal::Number(Quantity::Int(n))),
        });
        let address = json.get(node, "address").map_or_else(|| json.tree.span(node), |n| json.tree.span(n));
        let (type_name, name) = (json.text(node, "type")?, json.text(node, "name")?);
        Some(Instance { module, mode, type_name, name, key, node, address, after, unknown, sensitive })
    }

    /// Adds a resource instance to its module.
    fn resource(&mut self, instance: &Instance, all: &[Instance]) {
        let json = self.json;
        let module = self.module(&instance.module);
        let configured = self
            .modules
            .get_index(module)
            .and_then(|(_, m)| self.configuration.get(m.configured?))
            .and_then(|c| {
                c.resources.get(&(instance.mode, instance.type_name.clone(), instance.name.clone()))
            })
            .copied();
        let expressions = configured.and_then(|n| json.get(n, "expressions"));
        let mut body = Body { span: Some(json.tree.span(instance.after)), ..Body::default() };
        let context = Context { module, instance, all };
        for (key, value) in json.members(instance.after) {
            let Some(name) = json.string(key) else { continue };
            if json.tree.kind(value) == Kind::Null {
                continue;
            }
            let configured = expressions.and_then(|n| json.get(n, &name));
            let unknown = instance.unknown.and_then(|n| json.get(n, &name));
            let sensitive = instance.sensitive.and_then(|n| json.get(n, &name));
            let value_span = json.tree.span(value);
            let value = self.planned(value, unknown, sensitive, configured, &context, 0);
            let name_span = json.tree.span(key);
            body.attributes.push(Attribute { name, name_span, value, span: name_span.to(value_span) });
        }
        // What is only known after apply stands in `after_unknown` alone. Attributes that nobody configured are the
        // provider's: they are not arguments.
        for (key, unknown) in instance.unknown.into_iter().flat_map(|n| json.members(n)) {
            let Some(name) = json.string(key).filter(|_| json.is(Some(unknown), "true")) else { continue };
            let span = json.tree.span(key).to(json.tree.span(unknown));
            let Some(configured) = expressions.and_then(|n| json.get(n, &name)) else {
                if instance.mode == Mode::Managed && is_open_block(&instance.type_name, &name) {
                    let value = after_apply(span);
                    body.attributes.push(Attribute { name, name_span: json.tree.span(key), value, span });
                }
                continue;
            };
            let value = self
                .referenced(module, Some(configured), Some(&context))
                .or_else(|| self.identified(module, configured, &context).filter(|_| holds_identifier(&name)))
                .unwrap_or_else(|| after_apply(span));
            let value = Expr { span, ..value };
            body.attributes.push(Attribute { name, name_span: json.tree.span(key), value, span });
        }
        let provider = configured.and_then(|n| json.text(n, "provider_config_key"));
        let provider = provider.map(|p| p.rsplit(':').next().map(Str::from).unwrap_or_default());
        let resource = Resource {
            mode: instance.mode,
            type_name: instance.type_name.clone(),
            name: instance.name.clone(),
            name_span: instance.address,
            span: json.tree.span(instance.node),
            header: instance.address,
            body,
            repeat: instance.key.clone().map_or(Repeat::One, Repeat::Key),
            provider,
            depends_on: Vec::new(),
            meta: Body::default(),
        };
        if let Some((_, module)) = self.modules.get_index_mut(module) {
            module.module.resources.push(resource);
        }
    }

    /// The outputs of all module instances, as far as they are single references; others are unknown.
    fn outputs(&mut self) {
        let json = self.json;
        for index in 0..self.modules.len() {
            let node = self
                .modules
                .get_index(index)
                .and_then(|(_, m)| self.configuration.get(m.configured?)?.node)
                .and_then(|n| json.get(n, "outputs"));
            let mut outputs = IndexMap::new();
            for (key, output) in node.into_iter().flat_map(|n| json.members(n)) {
                let (Some(name), Some(value)) = (json.string(key), json.get(output, "expression")) else {
                    continue;
                };
                let span = json.tree.span(key);
                let value = match json.get(value, "constant_value") {
                    Some(constant) => self.literal(constant, 0),
                    None => self.referenced(index, Some(value), None).unwrap_or_else(|| after_apply(span)),
                };
                let sensitive = json.is(json.get(output, "sensitive"), "true");
                let (name_span, export, condition) = (span, None, None);
                let output = Output {
                    name: name.clone(),
                    name_span,
                    value,
                    sensitive,
                    export,
                    condition,
                    preconditions: Vec::new(),
                    span,
                };
                outputs.insert(name, output);
            }
            if let Some((_, module)) = self.modules.get_index_mut(index) {
                module.module.outputs = outputs;
            }
        }
    }
}

/// Whether something that no expression of the configuration sets, and that is only known after apply, is a `dynamic`
/// block of which nobody knows the members yet.
fn is_open_block(type_name: &str, name: &str) -> bool {
    let block =
        || schema::get(type_name)?.attribute(schema::ObjectId(0), name).map(|a| a.block && !a.computed);
    !computed_blocks::is_computed(type_name, name) && block() == Some(true)
}

/// Whether an argument's value is the identifier of one other resource.
fn holds_identifier(name: &str) -> bool {
    matches!(name, "bucket" | "role" | "user" | "group" | "queue_url" | "repository" | "function_name")
        || name.ends_with("_id")
        || name.ends_with("_arn")
}
