//! Terraform plans (`terraform show -json`): resource instances with known values, and the references that the plan's
//! configuration part still tells for what is only known after apply.
//!
//! Format: Terraform documentation, "JSON Output Format". Every module *instance* becomes a module of the program, so
//! a call is named with its key (`a["x"]`); every resource instance becomes a resource with [`Repeat::Key`].

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{
    Attribute, Body, Call, CallSource, Constructs, Dialect, Domain, Expr, ExprKind, Input, Literal, Mode,
    Module, ModuleId, ObjectItem, Output, Program, ProviderConfig, Quantity, Repeat, Resource, Root,
};
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId, Tree};

use super::json::{decode_string, plain_scalar};

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
    Program { modules, root: ModuleId(0), diagnostics, constructs: Constructs::default() }
}

/// Looks into a JSON tree.
#[derive(Clone, Copy)]
struct Json<'t> {
    tree: &'t Tree,
}

impl<'t> Json<'t> {
    fn top(self) -> Option<NodeId> {
        let document = self.tree.children(self.tree.root()).find(|&n| self.tree.kind(n) == Kind::Document)?;
        self.tree.child(document, 0).filter(|&n| self.tree.kind(n) == Kind::Mapping)
    }

    /// Key node and value node of each member.
    fn members(self, mapping: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + 't {
        let tree = self.tree;
        let is_mapping = tree.kind(mapping) == Kind::Mapping;
        tree.children(mapping)
            .filter(move |_| is_mapping)
            .filter_map(move |pair| Some((tree.child(pair, 0)?, tree.child(pair, 1)?)))
    }

    fn get(self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.members(mapping).find(|&(k, _)| self.is_key(k, key)).map(|(_, v)| v)
    }

    fn is_key(self, node: NodeId, key: &str) -> bool {
        let text = self.tree.text(node);
        text.len() == key.len() + 2 && text.get(1..=key.len()) == Some(key)
    }

    fn path(self, mapping: NodeId, keys: &[&str]) -> Option<NodeId> {
        keys.iter().try_fold(mapping, |at, key| self.get(at, key))
    }

    fn string(self, node: NodeId) -> Option<Str> {
        decode_string(self.tree, node).map(|(text, _)| text.into())
    }

    fn text(self, mapping: NodeId, key: &str) -> Option<Str> {
        self.string(self.get(mapping, key)?)
    }

    fn is(self, node: Option<NodeId>, text: &str) -> bool {
        node.is_some_and(|n| self.tree.kind(n) == Kind::Scalar && self.tree.text(n) == text)
    }

    fn elements(self, node: Option<NodeId>) -> impl Iterator<Item = NodeId> + 't {
        let tree = self.tree;
        node.into_iter().filter(move |&n| tree.kind(n) == Kind::Sequence).flat_map(move |n| tree.children(n))
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

fn key_text(key: &Literal) -> Str {
    match key {
        Literal::Number(Quantity::Int(n)) => n.to_string().into(),
        Literal::String(text) => format!("{text:?}").into(),
        _ => Str::new(),
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
        let mut inputs = IndexMap::new();
        let variables =
            configured.and_then(|i| self.configuration.get(i)?.node).and_then(|n| json.get(n, "variables"));
        for (key, variable) in variables.into_iter().flat_map(|n| json.members(n)) {
            let Some(name) = json.string(key) else { continue };
            let span = json.tree.span(key);
            let default = json.get(variable, "default").map(|n| self.literal(n, 0));
            let sensitive = json.is(json.get(variable, "sensitive"), "true");
            inputs.insert(
                name.clone(),
                Input {
                    name,
                    name_span: span,
                    span: span.to(json.tree.span(variable)),
                    type_expr: None,
                    default,
                    fold_default: true,
                    domain: Domain::Open,
                    sensitive,
                    ephemeral: false,
                    nullable: true,
                    validations: Vec::new(),
                    body: Body::default(),
                },
            );
        }
        Module {
            dialect: Dialect::Terraform,
            path: PathBuf::from(&json.tree.file.path),
            language: Language::Json,
            inputs,
            locals: IndexMap::new(),
            resources: Vec::new(),
            calls: IndexMap::new(),
            outputs: IndexMap::new(),
            providers: Vec::new(),
            required_providers: IndexMap::new(),
        }
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

    /// A value of the configuration part: constants as they are, everything else unknown.
    fn configured_value(&self, node: NodeId, depth: usize) -> Expr {
        let json = self.json;
        let span = json.tree.span(node);
        if depth > MAX_DEPTH {
            return after_apply(span);
        }
        match json.tree.kind(node) {
            Kind::Sequence => {
                let members = json.tree.children(node).map(|n| self.configured_value(n, depth + 1)).collect();
                Expr::new(ExprKind::List(members), span)
            }
            Kind::Mapping => {
                if let Some(constant) = json.get(node, "constant_value") {
                    return self.literal(constant, depth);
                }
                if json.get(node, "references").is_some() {
                    return Expr::new(
                        ExprKind::Unknown("an expression that the plan does not tell".into()),
                        span,
                    );
                }
                let items = json
                    .members(node)
                    .filter_map(|(key, value)| {
                        let name = json.string(key)?;
                        let span = json.tree.span(key);
                        let value = self.configured_value(value, depth + 1);
                        Some(ObjectItem { key: Expr::string(name, span), span: span.to(value.span), value })
                    })
                    .collect();
                Expr::new(ExprKind::Object(items), span)
            }
            _ => after_apply(span),
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
            let Some(configured) = expressions.and_then(|n| json.get(n, &name)) else { continue };
            let span = json.tree.span(key).to(json.tree.span(unknown));
            let value = self
                .referenced(module, Some(configured), Some(&context))
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

    /// A planned value with what the parallel trees say of it.
    fn planned(
        &self,
        value: NodeId,
        unknown: Option<NodeId>,
        sensitive: Option<NodeId>,
        configured: Option<NodeId>,
        context: &Context<'_>,
        depth: usize,
    ) -> Expr {
        let json = self.json;
        let tree = json.tree;
        let span = tree.span(value);
        if json.is(unknown, "true") || depth > MAX_DEPTH {
            let referenced = self.referenced(context.module, configured, Some(context));
            return Expr { span, ..referenced.unwrap_or_else(|| after_apply(span)) };
        }
        if json.is(sensitive, "true") {
            let inner = self.planned(value, unknown, None, configured, context, depth + 1);
            let kind = ExprKind::Call {
                name: "sensitive".into(),
                name_span: span,
                args: vec![inner],
                expand: false,
            };
            return Expr::new(kind, span);
        }
        let kind = match tree.kind(value) {
            Kind::Sequence => {
                let mut unknown = json.elements(unknown);
                let mut sensitive = json.elements(sensitive);
                let mut configured = json.elements(configured);
                let members = tree.children(value).map(|member| {
                    let (unknown, sensitive) = (unknown.next(), sensitive.next());
                    self.planned(member, unknown, sensitive, configured.next(), context, depth + 1)
                });
                ExprKind::List(members.collect())
            }
            Kind::Mapping => {
                let member = |node: Option<NodeId>, name: &str| node.and_then(|n| json.get(n, name));
                let mut items = Vec::new();
                for (key, inner) in json.members(value) {
                    let Some(name) = json.string(key) else { continue };
                    let configured = member(configured, &name);
                    let (unknown, sensitive) = (member(unknown, &name), member(sensitive, &name));
                    let value = self.planned(inner, unknown, sensitive, configured, context, depth + 1);
                    let key_span = tree.span(key);
                    items.push(ObjectItem {
                        key: Expr::string(name, key_span),
                        span: key_span.to(value.span),
                        value,
                    });
                }
                for (key, inner) in unknown.into_iter().flat_map(|n| json.members(n)) {
                    let Some(name) = json.string(key).filter(|_| json.is(Some(inner), "true")) else {
                        continue;
                    };
                    if json.get(value, &name).is_some() {
                        continue;
                    }
                    let span = tree.span(key).to(tree.span(inner));
                    let configured = member(configured, &name);
                    let referenced = self.referenced(context.module, configured, Some(context));
                    let value = Expr { span, ..referenced.unwrap_or_else(|| after_apply(span)) };
                    items.push(ObjectItem { key: Expr::string(name, tree.span(key)), value, span });
                }
                ExprKind::Object(items)
            }
            _ => {
                let literal = self.literal(value, depth);
                return match (&literal.kind, configured) {
                    (ExprKind::Literal(Literal::String(text)), Some(_)) => self
                        .same_as_referenced(text, configured, context)
                        .map_or(literal, |e| Expr { span, ..e }),
                    _ => literal,
                };
            }
        };
        Expr::new(kind, span)
    }

    /// The reference that a known string was taken from, where the referenced attribute is planned to be that string.
    fn same_as_referenced(
        &self,
        text: &str,
        configured: Option<NodeId>,
        context: &Context<'_>,
    ) -> Option<Expr> {
        let json = self.json;
        let reference = self.only_reference(configured?)?;
        let reference = Reference::parse(&reference)?;
        let (mode, type_name, name, rest) = reference.resource()?;
        let (key, attribute) = match rest {
            [Step::Key(key), Step::Name(attribute)] => (key_text(key), attribute),
            [Step::Name(attribute)] => (Str::new(), attribute),
            _ => return None,
        };
        let identity = (context.instance.module.clone(), mode, type_name.clone(), name.clone(), key);
        let target = context.all.get(*self.instances.get(&identity)?)?;
        let planned = json.string(json.get(target.after, attribute)?)?;
        if planned == text { self.referenced(context.module, configured, Some(context)) } else { None }
    }

    /// The one reference of an expression of the configuration part, if it has but one.
    fn only_reference(&self, configured: NodeId) -> Option<Str> {
        let json = self.json;
        let list: Vec<Str> =
            json.elements(json.get(configured, "references")).filter_map(|n| json.string(n)).collect();
        let mut longest = maximal(&list);
        let only = longest.next()?.clone();
        longest.next().is_none().then_some(only)
    }

    /// What an expression of the configuration part refers to, if the plan tells that without doubt: it has a single
    /// reference, to something that is in the plan.
    fn referenced(
        &self,
        module: usize,
        configured: Option<NodeId>,
        context: Option<&Context<'_>>,
    ) -> Option<Expr> {
        let json = self.json;
        let configured = configured?;
        let span = json.tree.span(configured);
        let list: Vec<Str> =
            json.elements(json.get(configured, "references")).filter_map(|n| json.string(n)).collect();
        let longest: Vec<&Str> = maximal(&list).collect();
        let (reference, with_own_key) = match longest.as_slice() {
            [only] => (Reference::parse(only)?, false),
            // `aws_s3_bucket.b[each.key].id` is told as `aws_s3_bucket.b` and `each.key`.
            [a, b] if matches!(b.as_str(), "each.key" | "count.index") => (Reference::parse(a)?, true),
            [a, b] if matches!(a.as_str(), "each.key" | "count.index") => (Reference::parse(b)?, true),
            _ => return None,
        };
        let address = self.modules.get_index(module).map(|(address, _)| address.clone())?;
        let expr = |kind: ExprKind| Expr::new(kind, span);
        let (base, rest): (Expr, &[Step]) = if let Some((mode, type_name, name, rest)) = reference.resource()
        {
            let own_key = context.and_then(|c| c.instance.key.clone()).filter(|_| with_own_key);
            let key = match (rest.first(), &own_key) {
                (Some(Step::Key(key)), _) | (_, Some(key)) => key_text(key),
                _ => Str::new(),
            };
            let identity = (address, mode, type_name.clone(), name.clone(), key);
            if !self.instances.contains_key(&identity) {
                return None;
            }
            let (type_name, name) = (type_name.clone(), name.clone());
            let root = expr(ExprKind::Root(Root::Resource { mode, type_name, name }));
            match own_key {
                Some(key) if rest.is_empty() => {
                    let index = Box::new(expr(ExprKind::Literal(key)));
                    let indexed = expr(ExprKind::Index(Box::new(root), index));
                    (expr(ExprKind::Attr(Box::new(indexed), "id".into())), rest)
                }
                Some(_) => return None,
                None => (root, rest),
            }
        } else {
            match (reference.steps.as_slice(), reference.root.as_str()) {
                _ if with_own_key => return None,
                ([Step::Name(name), rest @ ..], "var") => {
                    self.modules.get_index(module)?.1.module.inputs.get(name)?;
                    (expr(ExprKind::Root(Root::Input(name.clone()))), rest)
                }
                ([Step::Name(name), Step::Key(key), rest @ ..], "module") => {
                    let name = format!("{name}[{}]", key_text(key));
                    (expr(ExprKind::Root(Root::Module(name.into()))), rest)
                }
                ([Step::Name(name), rest @ ..], "module") => {
                    (expr(ExprKind::Root(Root::Module(name.clone()))), rest)
                }
                _ => return None,
            }
        };
        let whole = rest.iter().fold(base, |base, step| match step {
            Step::Name(name) => expr(ExprKind::Attr(Box::new(base), name.clone())),
            Step::Key(key) => {
                let key = Box::new(expr(ExprKind::Literal(key.clone())));
                expr(ExprKind::Index(Box::new(base), key))
            }
        });
        let certain = match reference.root.as_str() {
            "var" => 0,
            _ => 1 + usize::from(matches!(rest.first(), Some(Step::Key(_)))),
        };
        if rest.len() <= certain {
            return Some(whole);
        }
        // The expression may have reached so far under a condition or in a `try` only.
        let args = vec![whole, after_apply(span)];
        Some(expr(ExprKind::Call { name: "try".into(), name_span: span, args, expand: false }))
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
                let output =
                    Output { name: name.clone(), name_span, value, sensitive, export, condition, span };
                outputs.insert(name, output);
            }
            if let Some((_, module)) = self.modules.get_index_mut(index) {
                module.module.outputs = outputs;
            }
        }
    }

    fn literal(&self, node: NodeId, depth: usize) -> Expr {
        let tree = self.json.tree;
        let span = tree.span(node);
        if depth > MAX_DEPTH {
            return after_apply(span);
        }
        let kind = match tree.kind(node) {
            Kind::Null => ExprKind::Literal(Literal::Null),
            Kind::Scalar => match decode_string(tree, node) {
                Some((text, _)) => ExprKind::Literal(Literal::String(text.into())),
                None => ExprKind::Literal(plain_scalar(tree.text(node))),
            },
            Kind::Sequence => {
                ExprKind::List(tree.children(node).map(|n| self.literal(n, depth + 1)).collect())
            }
            Kind::Mapping => ExprKind::Object(
                self.json
                    .members(node)
                    .filter_map(|(key, value)| {
                        let name = self.json.string(key)?;
                        let span = tree.span(key).to(tree.span(value));
                        let key = Expr::string(name, tree.span(key));
                        Some(ObjectItem { key, value: self.literal(value, depth + 1), span })
                    })
                    .collect(),
            ),
            _ => ExprKind::Unknown("syntax error".into()),
        };
        Expr::new(kind, span)
    }
}

/// Where a value of a resource instance is read.
struct Context<'a> {
    module: usize,
    instance: &'a Instance,
    all: &'a [Instance],
}

fn after_apply(span: Span) -> Expr {
    Expr::new(ExprKind::Unknown("known after apply".into()), span)
}

/// The references that no other one of the list goes on from.
fn maximal(list: &[Str]) -> impl Iterator<Item = &Str> {
    list.iter()
        .enumerate()
        .filter(|&(i, reference)| {
            let goes_on = |other: &Str| {
                other.strip_prefix(reference.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            let repeated = list.iter().take(i).any(|earlier| earlier == reference);
            !repeated && !list.iter().any(goes_on)
        })
        .map(|(_, reference)| reference)
}

/// `module.a["x"].module.b` is `module.a["x"]` and `b`; the root's address is empty.
fn split_last_call(address: &str) -> (Option<&str>, &str) {
    let mut quoted = false;
    let mut last = None;
    let mut escaped = false;
    for (i, c) in address.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            'm' if !quoted && address.get(i..).is_some_and(|rest| rest.starts_with("module.")) => {
                let at_start = i == 0 || address.get(..i).is_some_and(|before| before.ends_with('.'));
                // `module.module.x` calls something named `module`.
                let is_name = last.is_some_and(|last: usize| last + "module.".len() == i);
                if at_start && !is_name {
                    last = Some(i);
                }
            }
            _ => {}
        }
    }
    match last {
        None => (None, ""),
        Some(at) => {
            let parent = address.get(..at).unwrap_or("").trim_end_matches('.');
            (Some(parent), address.get(at + "module.".len()..).unwrap_or(""))
        }
    }
}

/// A step of a reference.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(Str),
    Key(Literal),
}

/// A reference as the configuration part writes them: `aws_s3_bucket.b["x"].id`.
#[derive(Debug, PartialEq)]
struct Reference {
    root: Str,
    steps: Vec<Step>,
}

impl Reference {
    fn parse(text: &str) -> Option<Reference> {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (root, mut rest) = text.split_at_checked(end)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, after) = after.split_at_checked(end)?;
                steps.push(Step::Name(name.into()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("[\"") {
                let end = after.find("\"]")?;
                let (key, after) = after.split_at_checked(end)?;
                steps.push(Step::Key(Literal::String(key.replace("\\\"", "\"").into())));
                rest = after.strip_prefix("\"]")?;
            } else {
                let after = rest.strip_prefix('[')?;
                let (key, after) = after.split_once(']')?;
                steps.push(Step::Key(Literal::Number(Quantity::Int(key.parse().ok()?))));
                rest = after;
            }
        }
        Some(Reference { root: root.into(), steps })
    }

    /// Mode, type, name and what follows, if it refers to a resource.
    fn resource(&self) -> Option<(Mode, &Str, &Str, &[Step])> {
        match (self.root.as_str(), self.steps.as_slice()) {
            ("var" | "local" | "module" | "each" | "count" | "path" | "terraform" | "self", _) => None,
            ("data", [Step::Name(type_name), Step::Name(name), rest @ ..]) => {
                Some((Mode::Data, type_name, name, rest))
            }
            (_, [Step::Name(name), rest @ ..]) => Some((Mode::Managed, &self.root, name, rest)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_addresses() {
        assert_eq!(split_last_call(""), (None, ""));
        assert_eq!(split_last_call("module.a"), (Some(""), "a"));
        assert_eq!(
            split_last_call("module.a[\"x.module.y\"].module.b[0]"),
            (Some("module.a[\"x.module.y\"]"), "b[0]")
        );
        assert_eq!(split_last_call("module.module.module.m"), (Some("module.module"), "m"));
    }

    #[test]
    fn references() {
        let reference = Reference::parse("data.aws_x.y[\"a.b\"].c[0]").unwrap();
        let (mode, type_name, name, rest) = reference.resource().unwrap();
        assert_eq!((mode, type_name.as_str(), name.as_str()), (Mode::Data, "aws_x", "y"));
        let zero = Step::Key(Literal::Number(Quantity::Int(0)));
        assert_eq!(rest, [Step::Key(Literal::String("a.b".into())), Step::Name("c".into()), zero]);
        assert_eq!(Reference::parse("var.x").unwrap().resource(), None);
        let list: Vec<Str> = ["a.b.c", "a.b", "a.bc", "a.b.c"].map(Str::from).to_vec();
        assert_eq!(maximal(&list).collect::<Vec<_>>(), ["a.b.c", "a.bc"]);
    }
}
