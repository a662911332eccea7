//! What each type of top-level block says.

use crate::Str;
use crate::program::{
    Attribute, Body, Call, CallSource, Expr, ExprKind, Input, Local, Mode, Output, ProviderConfig, Repeat,
    Resource, Validation,
};
use crate::source::{Diagnostic, Span};

use super::file::{FileReader, Member, RawBlock};

/// `variable "NAME" { … }`.
pub(super) fn variable(
    file: &mut FileReader<'_, '_>,
    block: &RawBlock,
    (name, name_span): (Str, Span),
) -> (Input, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut input = Input::new(name, name_span, block.span);
    for member in file.members(block.body) {
        match member.name.as_str() {
            "type" => {
                input.type_expr = file.type_expr(&member);
                let tree = file.tree();
                let text = member.value.map(|v| tree.text(v)).unwrap_or_default();
                if input.type_expr.is_none() && tree.errors.is_empty() {
                    let message = format!("`{text}` is not a type constraint");
                    let help = "types are `string`, `number`, `bool`, `any`, `list(T)`, `set(T)`, `map(T)`, \
                                `tuple([T, …])` and `object({ name = T })`";
                    diagnostics.push(Diagnostic::error("invalid-type", message, member.span).with_help(help));
                }
                let value_span = member.value.map_or(member.span, |v| tree.span(v));
                input.body.attributes.push(Attribute {
                    name: member.name.clone(),
                    name_span: member.name_span,
                    value: Expr::string(text, value_span),
                    span: member.span,
                });
                continue;
            }
            "default" => input.default = Some(file.plain_value(&member)),
            "sensitive" => input.sensitive = file.flag(&member).unwrap_or(false),
            "ephemeral" => input.ephemeral = file.flag(&member).unwrap_or(false),
            "nullable" => input.nullable = file.flag(&member).unwrap_or(true),
            "validation" => {
                for raw in file.nested(&member, 0) {
                    input.validations.extend(validation(file, &raw));
                }
                continue;
            }
            _ => {}
        }
        if member.block.is_none() {
            let value = file.plain_value(&member);
            let Member { name, name_span, span, .. } = member;
            input.body.attributes.push(Attribute { name, name_span, value, span });
        } else {
            file.push(member, &mut input.body);
        }
    }
    (input, diagnostics)
}

fn validation(file: &mut FileReader<'_, '_>, block: &RawBlock) -> Option<Validation> {
    let members = file.members(block.body);
    let find = |name: &str| members.iter().find(|m| m.name == name);
    let condition = find("condition").map(|m| file.value(m))?;
    let error_message = find("error_message").map(|m| file.value(m));
    Some(Validation { condition, error_message, span: block.span })
}

/// `output "NAME" { … }`.
pub(super) fn output(
    file: &mut FileReader<'_, '_>,
    block: &RawBlock,
    (name, name_span): (Str, Span),
) -> Output {
    let mut output = Output {
        name,
        name_span,
        value: Expr::new(ExprKind::Unknown("an output without a value".into()), block.header),
        sensitive: false,
        export: None,
        condition: None,
        preconditions: Vec::new(),
        span: block.span,
    };
    for member in file.members(block.body) {
        match member.name.as_str() {
            "precondition" => {
                for raw in file.nested(&member, 0) {
                    output.preconditions.extend(validation(file, &raw));
                }
            }
            "value" => output.value = file.value(&member),
            "sensitive" => output.sensitive = file.flag(&member).unwrap_or(false),
            _ => {}
        }
    }
    output
}

/// `locals { … }`.
pub(super) fn locals(file: &mut FileReader<'_, '_>, block: &RawBlock) -> Vec<Local> {
    file.members(block.body)
        .into_iter()
        .filter(|m| m.block.is_none())
        .map(|m| Local { value: file.value(&m), name: m.name, name_span: m.name_span })
        .collect()
}

/// The meta-arguments that resources and calls share.
struct Meta {
    count: Option<Expr>,
    for_each: Option<(Expr, Span)>,
    enabled: Option<Expr>,
    depends_on: Vec<Expr>,
}

impl Meta {
    fn new() -> Self {
        Meta { count: None, for_each: None, enabled: None, depends_on: Vec::new() }
    }

    /// Takes a member if it is a meta-argument.
    fn take<'t>(&mut self, file: &mut FileReader<'t, '_>, member: &Member<'t>) -> bool {
        if member.block.is_some() {
            return false;
        }
        match member.name.as_str() {
            "count" => self.count = Some(file.value(member)),
            "for_each" => self.for_each = Some((file.value(member), member.name_span)),
            "depends_on" => self.depends_on = file.references(member),
            _ => return false,
        }
        true
    }

    fn repeat(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Repeat {
        match (self.count.take(), self.for_each.take(), self.enabled.take()) {
            (Some(count), Some((_, span)), _) => {
                let message = "`count` and `for_each` exclude each other; `for_each` is ignored";
                diagnostics.push(Diagnostic::error("invalid-block", message, span));
                Repeat::Count(count)
            }
            (Some(count), None, _) => Repeat::Count(count),
            (None, Some((for_each, _)), _) => Repeat::ForEach(for_each),
            (None, None, Some(enabled)) => Repeat::Condition(enabled),
            (None, None, None) => Repeat::One,
        }
    }
}

/// `resource "TYPE" "NAME" { … }` and `data`.
pub(super) fn resource(
    file: &mut FileReader<'_, '_>,
    block: &RawBlock,
    mode: Mode,
    type_name: Str,
    (name, name_span): (Str, Span),
) -> (Resource, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut meta = Meta::new();
    let mut resource = Resource {
        mode,
        type_name,
        name,
        name_span,
        span: block.span,
        header: block.header,
        body: Body { span: block.body.map(|b| file.tree().span(b)), ..Body::default() },
        repeat: Repeat::One,
        provider: None,
        depends_on: Vec::new(),
        meta: Body::default(),
    };
    for member in file.members(block.body) {
        if meta.take(file, &member) {
            continue;
        }
        match member.name.as_str() {
            "provider" if member.block.is_none() => {
                resource.provider = member.value.and_then(|v| file.keyword(v))
            }
            "lifecycle" => {
                for raw in file.nested(&member, 0) {
                    lifecycle(file, &raw, &mut resource.meta, &mut meta.enabled);
                }
            }
            "provisioner" | "connection" => {
                let labels = usize::from(member.name == "provisioner");
                for raw in file.nested(&member, labels) {
                    let block = provisioner(file, raw);
                    resource.meta.blocks.push(block);
                }
            }
            _ => file.push(member, &mut resource.body),
        }
    }
    resource.repeat = meta.repeat(&mut diagnostics);
    resource.depends_on = meta.depends_on;
    (resource, diagnostics)
}

/// `lifecycle`, as a block of literals: attribute names in `ignore_changes` are strings. OpenTofu's `enabled` says how
/// often the resource exists.
fn lifecycle(file: &mut FileReader<'_, '_>, raw: &RawBlock, meta: &mut Body, enabled: &mut Option<Expr>) {
    let mut body = Body { span: raw.body.map(|b| file.tree().span(b)), ..Body::default() };
    for member in file.members(raw.body) {
        match member.name.as_str() {
            "ignore_changes" => {
                let names = file
                    .elements(&member)
                    .into_iter()
                    .filter_map(|node| Some(Expr::string(file.keyword(node)?, file.tree().span(node))))
                    .collect();
                let span = member.value.map_or(member.span, |v| file.tree().span(v));
                body.attributes.push(Attribute {
                    name: member.name.clone(),
                    name_span: member.name_span,
                    value: Expr::new(ExprKind::List(names), span),
                    span: member.span,
                });
            }
            "enabled" if member.block.is_none() => *enabled = Some(file.value(&member)),
            "replace_triggered_by" => {
                let value = Expr::new(ExprKind::List(file.references(&member)), member.span);
                let (name, name_span, span) = (member.name.clone(), member.name_span, member.span);
                body.attributes.push(Attribute { name, name_span, value, span });
            }
            "create_before_destroy" | "prevent_destroy" => file.push(member, &mut body),
            "precondition" | "postcondition" => {
                for raw in file.nested(&member, 0) {
                    let block = file.block(raw);
                    body.blocks.push(block);
                }
            }
            // Names of events and actions, not values.
            _ => {}
        }
    }
    meta.blocks.push(crate::program::Block {
        name: "lifecycle".into(),
        labels: Vec::new(),
        header: raw.header,
        span: raw.span,
        body,
        dynamic: None,
    });
}

/// `provisioner` and `connection`: `when` and `on_failure` are words, not values.
fn provisioner(file: &mut FileReader<'_, '_>, raw: RawBlock) -> crate::program::Block {
    let mut body = Body { span: raw.body.map(|b| file.tree().span(b)), ..Body::default() };
    for member in file.members(raw.body) {
        match member.name.as_str() {
            "when" | "on_failure" => {
                if let Some(value) = member.value
                    && let Some(word) = file.keyword(value)
                {
                    body.attributes.push(Attribute {
                        name: member.name.clone(),
                        name_span: member.name_span,
                        value: Expr::string(word, file.tree().span(value)),
                        span: member.span,
                    });
                }
            }
            _ => file.push(member, &mut body),
        }
    }
    crate::program::Block {
        name: raw.kind,
        labels: raw.labels.into_iter().map(|(label, _)| label).collect(),
        header: raw.header,
        span: raw.span,
        body,
        dynamic: None,
    }
}

/// `module "NAME" { … }`. The source is [`CallSource::Missing`] until the call is followed.
pub(super) fn call(
    file: &mut FileReader<'_, '_>,
    block: &RawBlock,
    (name, name_span): (Str, Span),
) -> (Call, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut meta = Meta::new();
    let mut call = Call {
        name,
        name_span,
        span: block.span,
        header: block.header,
        source: CallSource::Missing { address: Str::new(), span: block.header },
        arguments: Vec::new(),
        repeat: Repeat::One,
        providers: Vec::new(),
        depends_on: Vec::new(),
    };
    for member in file.members(block.body) {
        if meta.take(file, &member) {
            continue;
        }
        match member.name.as_str() {
            "source" => {
                let value = file.value(&member);
                let address = match value.as_string() {
                    Some(address) => address.clone(),
                    // OpenTofu allows variables here.
                    None => member.value.map(|v| file.tree().text(v)).unwrap_or_default().into(),
                };
                call.source = CallSource::Missing { address, span: value.span };
            }
            "version" if member.block.is_none() => {}
            "providers" => {
                for (inside, outside) in file.items(&member) {
                    if let (Some(inside), Some(outside)) = (file.keyword(inside), file.keyword(outside)) {
                        call.providers.push((inside, outside));
                    }
                }
            }
            "lifecycle" => {
                for raw in file.nested(&member, 0) {
                    lifecycle(file, &raw, &mut Body::default(), &mut meta.enabled);
                }
            }
            _ if member.block.is_some() => {
                let message = format!("a `module` block has no `{}` blocks; it is ignored", member.name);
                diagnostics.push(
                    Diagnostic::warning("unknown-block", message, member.name_span)
                        .with_help("arguments of a module are attributes: `name = value`"),
                );
            }
            _ => {
                let mut body = Body::default();
                file.push(member, &mut body);
                call.arguments.append(&mut body.attributes);
            }
        }
    }
    call.repeat = meta.repeat(&mut diagnostics);
    call.depends_on = meta.depends_on;
    (call, diagnostics)
}

/// `provider "NAME" { … }`.
pub(super) fn provider(file: &mut FileReader<'_, '_>, block: &RawBlock, name: Str) -> ProviderConfig {
    let body = file.body(block.body);
    let alias = body.attributes.iter().find(|a| a.name == "alias").and_then(|a| a.value.as_string().cloned());
    ProviderConfig { name, alias, body, span: block.span }
}

/// The version constraint inside a `provider` block, as Terraform before 0.13 had it.
pub(super) fn provider_version(provider: &ProviderConfig) -> Option<Str> {
    provider.body.attributes.iter().find(|a| a.name == "version")?.value.as_string().cloned()
}

/// The version constraints of `terraform { required_providers { … } }`: those of the AWS provider and others that
/// give one.
pub(super) fn required_providers(file: &mut FileReader<'_, '_>, block: &RawBlock) -> Vec<(Str, Str)> {
    let mut out = Vec::new();
    for member in file.members(block.body).iter().filter(|m| m.name == "required_providers") {
        for raw in file.nested(member, 0) {
            for provider in file.members(raw.body) {
                let Some(value) = provider.value else { continue };
                let version = match file.keyword(value) {
                    Some(version) => Some(version),
                    None => file.items(&provider).into_iter().find_map(|(key, value)| {
                        let key = file.keyword(key)?;
                        if key == "version" { file.keyword(value) } else { None }
                    }),
                };
                if let Some(version) = version {
                    out.push((provider.name, version));
                }
            }
        }
    }
    out
}
