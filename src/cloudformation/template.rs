//! The sections of a template ("Template anatomy", AWS CloudFormation User Guide).

use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::{
    Call, Dialect, Expr, ExprKind, Local, Module, Output, Repeat, Resource, Root, TemplatePart,
};
use crate::source::{Diagnostic, Span};
use crate::syntax::{Kind, Language, NodeId, SyntaxError, Tree, yaml};

use super::detect::root;
use super::foreach::Expanded;
use super::include;
use super::intrinsic;
use super::names::Names;
use super::nested::Programs;
use super::reader::Reader;
use super::sam;

/// Macros that AWS runs and that change nothing which is read here, or that are understood.
fn is_understood(transform: &str) -> bool {
    ["AWS::LanguageExtensions", "AWS::Serverless-", "AWS::SecretsManager-", "AWS::CodeDeployBlueGreen"]
        .iter()
        .any(|known| transform.starts_with(known))
}

/// Reads a template. What is wrong goes to `programs`, which also reads the nested stacks.
pub(super) fn read(tree: &Tree, programs: &mut Programs<'_>) -> Module {
    programs.diagnostics.extend(tree.errors.iter().map(SyntaxError::to_diagnostic));
    programs.diagnostics.extend(further_documents(tree));
    let mut module = Module::new(Dialect::CloudFormation, tree.language, &tree.file.path);
    let Some(root) = root(tree) else { return module };
    match tree.language {
        Language::Json => programs.diagnostics.extend(duplicates(tree)),
        _ => programs.diagnostics.extend(complex_keys(tree)),
    }
    let mut reader = Reader::new(tree, Names::default());
    let given = programs.given;
    // what is supplied is for the parameters of the root
    reader.given = given.filter(|_| programs.is_root());
    reader.loader = programs.loader;
    reader.exports = programs.exports;
    let section = |name: &str| yaml::find(tree, root, name);

    transforms(&mut reader, root);
    let parameters = section("Parameters").map(|n| yaml::entries(tree, n)).unwrap_or_default();
    reader.names.parameters = parameters.iter().map(|e| e.key.as_ref().into()).collect();
    let mappings = section("Mappings").map(|n| yaml::entries(tree, n)).unwrap_or_default();
    reader.names.mappings = mappings.iter().map(|e| e.key.as_ref().into()).collect();
    let conditions = section("Conditions").map(|n| reader.expanded(n)).unwrap_or_default();
    reader.names.conditions = conditions.iter().map(|e| e.key.clone()).collect();
    let resources = section("Resources").map(|n| reader.expanded(n)).unwrap_or_default();
    reader.names.resources = resources.iter().map(|e| e.key.clone()).collect();
    let included = included_resources(&mut reader, root);
    for (snippet, _) in &included {
        let names = yaml::entries(snippet, include::top(snippet).unwrap_or(snippet.root()));
        reader.names.resources.extend(names.iter().map(|e| Str::from(e.key.as_ref())));
    }
    let of_type = |e: &Expanded| yaml::find(tree, e.value, "Type").map(|n| yaml::text(tree, n));
    if !reader.names.sam && !reader.names.open {
        serverless_without_transform(&mut reader, &resources);
    }
    reader.names.modules = resources
        .iter()
        .filter(|e| of_type(e).is_some_and(|t| t.ends_with("::MODULE")))
        .map(|e| e.key.clone())
        .collect();
    let stacks: Vec<_> = resources.iter().map(|e| programs.source_of(tree, e.value)).collect();
    reader.names.calls = resources
        .iter()
        .zip(&stacks)
        .filter(|(_, stack)| stack.is_some())
        .map(|(e, _)| e.key.clone())
        .collect();

    for entry in &parameters {
        let input = reader.parameter(entry);
        module.inputs.insert(input.name.clone(), input);
    }
    if let Some(rules) = section("Rules") {
        reader.rules(rules, &mut module.inputs);
    }
    for entry in &mappings {
        if entry.key == "Fn::Transform" {
            continue;
        }
        let name: Str = format!("Mappings/{}", entry.key).into();
        let value = reader.expr(entry.value);
        module.locals.insert(name.clone(), Local { name, name_span: tree.span(entry.key_node), value });
    }
    let open = read_conditions(&mut reader, &conditions, &mut module);
    if let Some(rules) = section("Rules") {
        module.rules = reader.conditional_rules(rules, &open);
    }
    for (entry, stack) in resources.iter().zip(stacks) {
        let outer = std::mem::replace(&mut reader.bound, entry.bound.clone());
        if let Some(resource) = resource(&mut reader, entry) {
            if let Some(stack) = stack {
                let arguments = arguments(&mut reader, entry.value);
                let source = programs.call(&stack, &entry.key);
                let call = Call {
                    name: resource.name.clone(),
                    name_span: resource.name_span,
                    span: resource.span,
                    header: resource.header,
                    source,
                    arguments,
                    repeat: resource.repeat.clone(),
                    providers: Vec::new(),
                    depends_on: resource.depends_on.clone(),
                };
                module.calls.insert(call.name.clone(), call);
            }
            module.resources.push(resource);
        }
        reader.bound = outer;
    }
    for (snippet, _) in &included {
        let read = |reader: &mut Reader<'_>, top: NodeId| {
            let entries = reader.expanded(top);
            entries.iter().filter_map(|entry| resource(reader, entry)).collect::<Vec<_>>()
        };
        module.resources.extend(reader.with_include(snippet, read));
    }
    if let Some(outputs) = section("Outputs") {
        for entry in reader.expanded(outputs) {
            let outer = std::mem::replace(&mut reader.bound, entry.bound.clone());
            output(&mut reader, &entry, &mut module);
            reader.bound = outer;
        }
    }
    for (name, path) in std::mem::take(&mut reader.imports) {
        let span = tree.span(tree.root());
        let call = Call {
            name: name.clone(),
            name_span: span,
            span,
            header: span,
            source: programs.import(&name, &path, span),
            arguments: Vec::new(),
            repeat: Repeat::One,
            providers: Vec::new(),
            depends_on: Vec::new(),
        };
        module.calls.insert(name, call);
    }
    if reader.names.sam {
        let globals = section("Globals").map(|node| reader.expr(node));
        let left = sam::expand(&mut module, globals.as_ref());
        serverless_left(&mut reader, &module, left);
    }
    module.open = reader.names.open;
    module.made = reader.names.sam;
    unknown_sections(&mut reader, root);
    programs.diagnostics.append(&mut reader.diagnostics);
    module
}

/// What the `Transform` section says about names that are not written.
fn transforms(reader: &mut Reader<'_>, root: NodeId) {
    let tree = reader.tree;
    if let Some(node) = yaml::find(tree, root, "Transform") {
        let list: Vec<NodeId> = match tree.kind(yaml::untagged(tree, node)) {
            Kind::Sequence => yaml::items(tree, node).collect(),
            _ => vec![node],
        };
        for item in list {
            let name = match yaml::find(tree, item, "Name") {
                Some(name) => yaml::text(tree, name),
                None => yaml::text(tree, item),
            };
            reader.names.sam |= name.starts_with("AWS::Serverless-");
            reader.names.extended |= name == "AWS::LanguageExtensions";
            let by_name = matches!(yaml::scalar(tree, item), Some(yaml::Scalar::Null));
            if !name.is_empty() && !by_name && !is_understood(&name) {
                reader.names.open = true;
                let message = format!("what the macro `{name}` makes of this template is not known");
                reader.warn("macro", message, tree.span(item));
            }
        }
    }
    // directives of the `rain` tool are replaced before CloudFormation sees the template
    if memchr::memmem::find(tree.file.text.as_bytes(), b"Rain::").is_some() && !reader.names.open {
        reader.names.open = true;
        let message = "what the directives of `rain` put into this template is not known".to_owned();
        let at = memchr::memmem::find(tree.file.text.as_bytes(), b"Rain::").unwrap_or(0) as u32;
        reader.warn("macro", message, Span::new(tree.file.id, at, at + "Rain::".len() as u32));
    }
    let included = [Some(root), yaml::find(tree, root, "Resources"), yaml::find(tree, root, "Parameters")];
    for mapping in included.into_iter().flatten() {
        if let Some(node) = yaml::find(tree, mapping, "Fn::Transform")
            && reader.open_include(node).is_none()
        {
            reader.names.open = true;
            let message = "what `Fn::Transform` adds to this template is not known".to_owned();
            reader.warn("macro", message, tree.span(node));
        }
    }
}

/// Serverless resources are refused without their transform; what they mean is plain all the same.
fn serverless_without_transform(reader: &mut Reader<'_>, resources: &[Expanded]) {
    let tree = reader.tree;
    let types = resources.iter().filter_map(|e| yaml::find(tree, e.value, "Type"));
    let first =
        types.map(|node| (yaml::text(tree, node), node)).find(|(t, _)| t.starts_with("AWS::Serverless::"));
    let Some((type_name, node)) = first else { return };
    reader.names.sam = true;
    let message =
        format!("CloudFormation refuses `{type_name}` in a template without the serverless transform");
    reader.diagnostics.push(
        Diagnostic::warning("missing-transform", message, tree.span(node))
            .with_help("add `Transform: AWS::Serverless-2016-10-31` to the template"),
    );
}

/// Names in a SAM template that the transform could have made and did not.
fn serverless_left(reader: &mut Reader<'_>, module: &Module, left: Vec<(Str, Span)>) {
    let unknown = |r: &Resource| r.type_name.starts_with("AWS::Serverless::");
    if reader.names.open || module.resources.iter().any(unknown) {
        return;
    }
    let told: Vec<Span> = reader.diagnostics.iter().filter_map(|d| d.span).collect();
    for (name, span) in left {
        // the ids of versions, deployments and layers end in a hash of what is packaged
        let tail = name.len().checked_sub(10).and_then(|at| name.get(at..)).unwrap_or("");
        let hashed = tail.len() == 10 && tail.bytes().all(|b| b.is_ascii_hexdigit());
        let within = |t: &Span| t.file == span.file && span.start <= t.start && t.end <= span.end;
        if !hashed && !told.iter().any(within) {
            let message = format!("`{name}` is neither a parameter nor a resource of this template");
            reader.undeclared(message, &name, Names::references, span);
        }
    }
}

/// The snippets that are included among the resources, with the place where.
fn included_resources(reader: &mut Reader<'_>, root: NodeId) -> Vec<(Tree, Span)> {
    let tree = reader.tree;
    let Some(resources) = yaml::find(tree, root, "Resources") else { return Vec::new() };
    let nodes = yaml::entries(tree, resources);
    let nodes = nodes.iter().filter(|e| e.key == "Fn::Transform").map(|e| e.value);
    let nodes: Vec<NodeId> = nodes.collect();
    nodes.into_iter().filter_map(|node| Some((reader.open_include(node)?, tree.span(node)))).collect()
}

/// Reads the conditions; the parameters that feed them stay open, and are returned.
fn read_conditions(reader: &mut Reader<'_>, conditions: &[Expanded], module: &mut Module) -> FxHashSet<Str> {
    let tree = reader.tree;
    let mut feeding = FxHashSet::default();
    reader.in_condition = true;
    for entry in conditions {
        if entry.key == "Fn::Transform" {
            continue;
        }
        let outer = std::mem::replace(&mut reader.bound, entry.bound.clone());
        let value = reader.expr(entry.value);
        reader.bound = outer;
        inputs_of(&value, &mut feeding);
        let name: Str = format!("Conditions/{}", entry.key).into();
        module.locals.insert(name.clone(), Local { name, name_span: tree.span(entry.key_node), value });
    }
    reader.in_condition = false;
    for name in &feeding {
        if let Some(input) = module.inputs.get_mut(name) {
            input.fold_default = false;
        }
    }
    feeding
}

/// The inputs that an expression reads.
fn inputs_of(expr: &Expr, out: &mut FxHashSet<Str>) {
    match &expr.kind {
        ExprKind::Root(Root::Input(name)) => {
            out.insert(name.clone());
        }
        ExprKind::List(items) => items.iter().for_each(|e| inputs_of(e, out)),
        ExprKind::Call { args, .. } => args.iter().for_each(|e| inputs_of(e, out)),
        ExprKind::Object(items) => items.iter().for_each(|i| inputs_of(&i.value, out)),
        ExprKind::Attr(inner, _) => inputs_of(inner, out),
        ExprKind::Index(a, b) => {
            inputs_of(a, out);
            inputs_of(b, out);
        }
        ExprKind::Conditional(a, b, c) => [a, b, c].into_iter().for_each(|e| inputs_of(e, out)),
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Interpolation(inner) = part {
                    inputs_of(inner, out);
                }
            }
        }
        _ => {}
    }
}

fn resource(reader: &mut Reader<'_>, entry: &Expanded) -> Option<Resource> {
    let tree = reader.tree;
    let header = tree.span(entry.key_node);
    if entry.key == "Fn::Transform" || yaml::is_damaged(tree, entry.value) {
        return None;
    }
    let Some(type_node) = yaml::find(tree, entry.value, "Type") else {
        let message = format!("resource `{}` has no `Type`; it is left out", entry.key);
        reader.warn("resource-without-type", message, header);
        return None;
    };
    let type_name: Str = reader.text(type_node).as_ref().into();
    if type_name.is_empty() {
        if reader.names.open {
            return None;
        }
        let message = format!("the `Type` of resource `{}` is not written out; it is left out", entry.key);
        reader.warn("resource-without-type", message, tree.span(type_node));
        return None;
    }
    let body = match yaml::find(tree, entry.value, "Properties") {
        Some(node) => {
            let kind = tree.kind(yaml::untagged(tree, node));
            match reader.chosen_body(node, 0) {
                Some(body) => body,
                None => {
                    if !matches!(kind, Kind::Mapping | Kind::Null | Kind::Error) {
                        let message = format!("the `Properties` of resource `{}` are no map", entry.key);
                        reader.warn("malformed-resource", message, tree.span(node));
                    }
                    reader.body(node, &[])
                }
            }
        }
        None => crate::program::Body::default(),
    };
    let repeat = match yaml::find(tree, entry.value, "Condition") {
        Some(node) => {
            let name = reader.text(node).into_owned();
            let span = tree.span(node);
            Repeat::Condition(reader.condition(&name, span, span))
        }
        None => Repeat::One,
    };
    let depends_on = match yaml::find(tree, entry.value, "DependsOn") {
        Some(node) => depends_on(reader, node),
        None => Vec::new(),
    };
    let meta = reader.body(entry.value, &["Type", "Properties", "Condition", "DependsOn"]);
    Some(Resource {
        mode: crate::program::Mode::Managed,
        type_name,
        name: entry.key.clone(),
        name_span: header,
        span: tree.span(entry.pair),
        header,
        body,
        repeat,
        provider: None,
        depends_on,
        meta,
    })
}

fn depends_on(reader: &mut Reader<'_>, node: NodeId) -> Vec<Expr> {
    let tree = reader.tree;
    let nodes: Vec<NodeId> = match tree.kind(yaml::untagged(tree, node)) {
        Kind::Sequence => yaml::items(tree, node).collect(),
        _ => vec![node],
    };
    let mut out = Vec::new();
    for node in nodes {
        if tree.kind(yaml::untagged(tree, node)) != Kind::Scalar {
            continue;
        }
        let name = reader.text(node).into_owned();
        let span = tree.span(node);
        if reader.names.resources.contains(name.as_str()) {
            out.push(Expr::new(ExprKind::Root(intrinsic::resource(&name)), span));
        } else if !reader.names.may_appear(&name) {
            let message = format!("`{name}` is not a resource of this template");
            reader.undeclared(message, &name, |n| n.resources.iter().map(Str::as_str).collect(), span);
        }
    }
    out
}

/// The `Parameters` that a nested stack is given.
fn arguments(reader: &mut Reader<'_>, resource: NodeId) -> Vec<crate::program::Attribute> {
    let tree = reader.tree;
    let parameters = yaml::find(tree, resource, "Properties").and_then(|p| yaml::find(tree, p, "Parameters"));
    // what is wrong in them was reported when the resource was read
    let told = reader.diagnostics.len();
    let arguments = parameters.map(|n| reader.body(n, &[]).attributes).unwrap_or_default();
    reader.diagnostics.truncate(told);
    arguments
}

fn output(reader: &mut Reader<'_>, entry: &Expanded, module: &mut Module) {
    let tree = reader.tree;
    let name_span = tree.span(entry.key_node);
    let Some(value) = yaml::find(tree, entry.value, "Value") else {
        if entry.key != "Fn::Transform" && !yaml::is_damaged(tree, entry.value) {
            reader.warn("output-without-value", format!("output `{}` has no `Value`", entry.key), name_span);
        }
        return;
    };
    let value = reader.expr(value);
    let export = yaml::find(tree, entry.value, "Export").and_then(|e| yaml::find(tree, e, "Name"));
    let export = export.map(|node| reader.expr(node));
    let condition = yaml::find(tree, entry.value, "Condition").map(|node| {
        let name = reader.text(node).into_owned();
        let span = reader.span(node);
        reader.condition(&name, span, span)
    });
    let name = entry.key.clone();
    let span = tree.span(entry.pair);
    module.outputs.insert(
        name.clone(),
        Output {
            name,
            name_span,
            value,
            sensitive: false,
            export,
            condition,
            preconditions: Vec::new(),
            span,
        },
    );
}

fn unknown_sections(reader: &mut Reader<'_>, root: NodeId) {
    let tree = reader.tree;
    if reader.names.open {
        return;
    }
    for entry in yaml::entries(tree, root) {
        let name = entry.key.as_ref();
        if !yaml::TEMPLATE_SECTIONS.contains(&name) && !name.starts_with("x-") && !name.is_empty() {
            // a misspelt section hides everything in it
            if let Some(near) = super::names::closest(name, yaml::TEMPLATE_SECTIONS) {
                let message = format!("`{name}` is no section of a template, nothing in it is read");
                let diagnostic = Diagnostic::warning("unknown-section", message, tree.span(entry.key_node));
                reader.diagnostics.push(diagnostic.with_help(format!("did you mean `{near}`?")));
            }
        }
    }
}

/// A template is one document, for CloudFormation too; what stands behind it is not read, and that is told.
fn further_documents(tree: &Tree) -> Option<Diagnostic> {
    let mut documents = tree.children(tree.root()).filter(|&n| tree.kind(n) == Kind::Document);
    let second = documents.nth(1)?;
    let message = "a template is one YAML document: this one and what follows it are not read";
    let span = tree.span(tree.child(second, 0).unwrap_or(second));
    let line =
        Span {
            end: tree.file.text.get(span.start as usize..span.end as usize).map_or(span.end, |text| {
                span.start + text.lines().next().map_or(0, |line| line.len() as u32)
            }),
            ..span
        };
    Some(
        Diagnostic::error("several-documents", message, line)
            .with_help("make it a file of its own, or take the `---` away"),
    )
}

/// Keys that are no text: a function (`!Sub a: b`), a map or list (`{{ name }}: b`). CloudFormation refuses them.
fn complex_keys(tree: &Tree) -> Vec<Diagnostic> {
    let pairs = (0..tree.len() as u32).map(NodeId).filter(|&id| tree.kind(id) == Kind::Pair);
    let keys = pairs.filter_map(|pair| tree.child(pair, 0)).filter(|&key| match tree.kind(key) {
        Kind::Tagged => yaml::tag(tree, key).is_some_and(|(tag, ..)| tag != "!" && !tag.starts_with("!!")),
        kind => matches!(kind, Kind::Mapping | Kind::Sequence),
    });
    let told = keys.map(|key| {
        let message = format!("`{}` is no text, so it can't be a key", first_line(tree.text(key)));
        let help = match tree.kind(key) {
            Kind::Tagged => "write the inner function in its long form on a line of its own",
            _ => "put quotes around it, or check what is made of this template",
        };
        Diagnostic::error("complex-key", message, tree.span(key)).with_help(help)
    });
    told.take(100).collect()
}

/// The beginning of a text, for a message.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or("");
    line.char_indices().nth(60).map_or(line, |(end, _)| line.get(..end).unwrap_or(line))
}

/// JSON's own parser keeps equal keys; in a template they are a mistake.
fn duplicates(tree: &Tree) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen: rustc_hash::FxHashMap<&str, Span> = rustc_hash::FxHashMap::default();
    for id in (0..tree.len() as u32).map(NodeId).filter(|&id| tree.kind(id) == Kind::Mapping) {
        seen.clear();
        for key in tree.children(id).filter_map(|pair| tree.child(pair, 0)) {
            let (text, span) = (tree.text(key), tree.span(key));
            if let Some(first) = seen.insert(text, span)
                && out.len() < 100
            {
                let error =
                    Diagnostic::error("duplicate-key", format!("`{text}` is set a second time"), span);
                let error = error.with_label(first, "first set here");
                out.push(error.with_help("remove one of the two: the later one counts"));
            }
        }
    }
    out
}
