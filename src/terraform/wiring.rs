//! What a module says of its own parts that Terraform refuses: provider configurations that are nowhere, `moved`,
//! `removed` and `import` blocks that contradict what is declared, names that mean something else.

use rustc_hash::FxHashSet;

use crate::Str;
use crate::program::suggest::closest;
use crate::program::{Mode, Module};
use crate::source::{Diagnostic, Span};

use super::file::{FileReader, RawBlock};

/// Variables can't have the names of a call's own arguments ("Input Variables", Terraform's documentation).
const RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];
/// What can be set of a `terraform_data`.
const TERRAFORM_DATA: [&str; 2] = ["input", "triggers_replace"];

/// What blocks say that are no part of the program.
#[derive(Debug, Default)]
pub(super) struct Wiring {
    /// `from` and `to` of `moved` blocks.
    moved: Vec<(Str, Str, Span)>,
    /// `from` of `removed` blocks.
    removed: Vec<(Str, Span)>,
    /// `to` of `import` blocks.
    imports: Vec<(Str, Span)>,
    /// `configuration_aliases` of all providers.
    aliases: FxHashSet<Str>,
    /// The names in `required_providers`.
    pub(super) providers: FxHashSet<Str>,
}

impl Wiring {
    /// Takes a `moved`, `removed`, `import` or `terraform` block.
    pub(super) fn take(&mut self, file: &FileReader<'_, '_>, block: &RawBlock) {
        let members = file.members(block.body);
        let address = |name: &str| {
            let member = members.iter().find(|m| m.name == name)?;
            Some((file.keyword(member.value?)?, member.span))
        };
        match block.kind.as_str() {
            "moved" => {
                if let (Some((from, _)), Some((to, span))) = (address("from"), address("to")) {
                    self.moved.push((from, to, span));
                }
            }
            "removed" => self.removed.extend(address("from")),
            "import" => self.imports.extend(address("to")),
            _ => {
                for member in members.iter().filter(|m| m.name == "required_providers") {
                    for raw in file.nested(member, 0) {
                        for provider in file.members(raw.body) {
                            self.providers.insert(provider.name.clone());
                            for (key, value) in file.items(&provider) {
                                if file.keyword(key).is_some_and(|key| key == "configuration_aliases") {
                                    let tree = file.tree();
                                    self.aliases.extend(tree.children(value).filter_map(|n| file.keyword(n)));
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What is wrong. `incomplete`: some of the module could not be read, so what seems to be missing may be there.
    pub(super) fn check(&self, module: &Module, incomplete: bool) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for input in module.inputs.values().filter(|i| RESERVED.contains(&i.name.as_str())) {
            let message = format!(
                "a variable can't be called `{}`: in a module call that name has a meaning of its own",
                input.name
            );
            out.push(Diagnostic::warning("reserved-name", message, input.name_span));
        }
        for resource in module.resources.iter().filter(|r| r.type_name == "terraform_data") {
            for name in resource.body.attributes.iter().filter(|a| !TERRAFORM_DATA.contains(&a.name.as_str()))
            {
                let message = format!("`terraform_data` has no argument `{}`", name.name);
                let diagnostic = Diagnostic::warning("unknown-argument", message, name.name_span);
                out.push(match closest(&name.name, TERRAFORM_DATA) {
                    Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
                    None => diagnostic.with_help("it has `input` and `triggers_replace`"),
                });
            }
        }
        for (from, to, span) in self.moved.iter().filter(|(from, to, _)| from == to) {
            let message = format!("`{from}` is moved to `{to}`, where it is already");
            out.push(Diagnostic::warning("redundant-move", message, *span));
        }
        for (from, span) in self.removed.iter().filter(|(from, _)| declares(module, from) == Some(true)) {
            let message = format!("`{from}` is said to be removed, but the module declares it");
            out.push(
                Diagnostic::warning("removed-but-declared", message, *span)
                    .with_help("remove the declaration, or this block"),
            );
        }
        if incomplete {
            return out;
        }
        for (to, span) in self.imports.iter().filter(|(to, _)| declares(module, to) == Some(false)) {
            let message = format!("`{to}` is to be imported, but the module declares no such resource");
            out.push(
                Diagnostic::warning("undeclared-reference", message, *span)
                    .with_help("`terraform plan -generate-config-out=FILE` writes what is missing"),
            );
        }
        self.providers(module, &mut out);
        out
    }

    fn providers(&self, module: &Module, out: &mut Vec<Diagnostic>) {
        let mut reported: FxHashSet<Str> = FxHashSet::default();
        let mut check = |name: &Str, span: Span| {
            let Some((provider, alias)) = name.split_once('.') else { return };
            let known = |p: &crate::program::ProviderConfig| {
                p.name == provider && p.alias.as_ref().is_some_and(|a| a == alias)
            };
            let strange = alias.contains(['[', '.']);
            if strange || self.aliases.contains(name) || module.providers.iter().any(known) {
                return;
            }
            if reported.insert(name.clone()) {
                let message = format!("there is no provider configuration `{name}` in this module");
                let help = format!(
                    "declare it with `provider \"{provider}\" {{ alias = \"{alias}\" }}`, or have it passed in: \
                     `configuration_aliases = [{name}]`"
                );
                out.push(Diagnostic::warning("undeclared-provider", message, span).with_help(help));
            }
        };
        for resource in &module.resources {
            if let Some(provider) = &resource.provider {
                check(provider, resource.header);
            }
        }
        for call in module.calls.values() {
            call.providers.iter().for_each(|(_, outside)| check(outside, call.header));
        }
    }
}

/// Whether a module declares a resource or call; none where the address leads into another module.
fn declares(module: &Module, address: &str) -> Option<bool> {
    let plain = address.split('[').next().unwrap_or(address);
    let mut parts = plain.split('.');
    let (first, second) = (parts.next()?, parts.next()?);
    if address.contains("].") || parts.next().is_some() {
        return None;
    }
    if first == "module" {
        return Some(module.calls.contains_key(second));
    }
    Some(module.resources.iter().any(|r| r.mode == Mode::Managed && r.type_name == first && r.name == second))
}
