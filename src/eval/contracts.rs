//! What a configuration says must hold: rules of variables, preconditions and postconditions. Terraform refuses to plan
//! where one is known not to.

use std::rc::Rc;

use crate::program::{Dialect, Expr, Input, Mode, Resource, Validation};
use crate::source::{Diagnostic, Span};

use super::instance::InstanceId;
use super::names::Failure;
use super::run::{Each, ModuleInstance, Run};
use super::value::{Data, List, Value};

/// How deep secrets are looked for.
const MAX_DEPTH: u32 = 32;
/// The longest message of a rule that is repeated.
const MAX_MESSAGE: usize = 300;

impl<'p> Run<'p> {
    /// The rules of a module instance's variables and outputs.
    pub(super) fn module_contracts(&self, module: &Rc<ModuleInstance<'p>>) {
        let declared = module.index.module;
        if declared.dialect != Dialect::Terraform || !module.exists.is_true() {
            return;
        }
        for (at, input) in declared.inputs.values().enumerate().filter(|(_, i)| !i.validations.is_empty()) {
            let value = self.input(module, at);
            // What nobody supplied is checked when somebody does.
            if !matches!(value.data, Data::Unknown(_)) {
                input.validations.iter().for_each(|rule| self.input_rule(module, input, &value, rule));
            }
        }
        for output in declared.outputs.values() {
            for rule in &output.preconditions {
                if self.is_broken(module, &rule.condition) {
                    let why = self.rule_message(module, rule.error_message.as_ref());
                    let message = format!("a precondition of output `{}` does not hold{why}", output.name);
                    self.broken(message, rule.condition.span);
                }
            }
        }
    }

    fn input_rule(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        input: &Input,
        value: &Value,
        rule: &'p Validation,
    ) {
        if !self.is_broken(module, &rule.condition) {
            return;
        }
        let why = self.rule_message(module, rule.error_message.as_ref());
        let name = match module.address.is_empty() {
            true => format!("var.{}", input.name),
            false => format!("{}.var.{}", module.address, input.name),
        };
        // Where the value comes from is where it can be put right.
        let span = self.store.place(value.origin).unwrap_or(input.name_span);
        let failure = Failure::new(
            "invalid-value",
            format!("the value of `{name}` breaks a rule of the variable{why}"),
            span,
        );
        self.report_failure(failure.into_diagnostic().with_label(rule.condition.span, "the rule"));
    }

    /// The conditions in the `lifecycle` of a resource instance, which are evaluated with it.
    pub(super) fn resource_contracts(&self, id: InstanceId, resource: &Resource, meta: &Value) {
        if !resource
            .meta
            .blocks
            .iter()
            .any(|block| block.name == "lifecycle" && !block.body.blocks.is_empty())
        {
            return;
        }
        let members = |value: &Value, name: &str| -> Option<Vec<Value>> {
            let list: &List = value.as_map()?.get(name)?.value.as_list()?;
            Some(list.members.iter().filter(|m| m.guard.is_true()).map(|m| m.value.clone()).collect())
        };
        for lifecycle in members(meta, "lifecycle").unwrap_or_default() {
            for kind in ["precondition", "postcondition"] {
                for rule in members(&lifecycle, kind).unwrap_or_default() {
                    let Some(map) = rule.as_map() else { continue };
                    let condition = map.get("condition").map(|entry| &entry.value);
                    let Some(condition) = condition.filter(|c| c.as_bool() == Some(false)) else { continue };
                    let said = map.get("error_message").and_then(|entry| entry.value.as_str());
                    let why = said.map(|text| because(text)).unwrap_or_default();
                    let address = self.store.instance(id).map(|i| i.address).unwrap_or_default();
                    let span = self.store.place(condition.origin).unwrap_or(resource.header);
                    self.broken(format!("a {kind} of `{address}` does not hold{why}"), span);
                }
            }
        }
    }

    /// What Terraform keeps in the state may not be ephemeral.
    pub(super) fn no_ephemeral(&self, id: InstanceId, resource: &Resource, values: &Value) {
        let Some(map) = values.as_map().filter(|_| resource.mode == Mode::Managed) else { return };
        for entry in &map.entries {
            if self.store.is_ephemeral(entry.value.marks)
                && entry.guard.is_true()
                && !entry.key.ends_with("_wo")
                && entry.key != "timeouts"
            {
                let address = self.store.instance(id).map(|i| i.address).unwrap_or_default();
                let message = format!(
                    "`{}` of `{address}` is ephemeral and would be kept in the state: only write-only arguments \
                     (`…_wo`) take such values",
                    entry.key
                );
                let span = self.store.place(entry.value.origin).unwrap_or(resource.header);
                let failure = Failure::new("ephemeral-value", message, span);
                self.report_failure(failure.into_diagnostic());
            }
        }
    }

    /// Policies are JSON; the provider refuses other text before anything is planned.
    pub(super) fn policy_texts(&self, id: InstanceId, resource: &Resource, values: &Value) {
        let Some(map) = values.as_map() else { return };
        if resource.mode != Mode::Managed || !resource.type_name.starts_with("aws_") {
            return;
        }
        for entry in map.entries.iter().filter(|e| e.guard.is_true()) {
            let Some(text) = entry.value.as_str() else { continue };
            let is_policy = match entry.key.as_str() {
                "assume_role_policy" => true,
                "policy" => !text.trim().is_empty(),
                _ => false,
            };
            if !is_policy {
                continue;
            }
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
                let address = self.store.instance(id).map(|i| i.address).unwrap_or_default();
                let message = format!("`{}` of `{address}` is not JSON: {error}", entry.key);
                let span = self.store.place(entry.value.origin).unwrap_or(resource.header);
                let failure = Failure::new("invalid-json", message, span);
                self.report_failure(failure.into_diagnostic());
            }
        }
    }

    /// The root's outputs that show what is secret.
    pub(super) fn root_outputs(&self, module: &Rc<ModuleInstance<'p>>) {
        for (at, output) in module.index.module.outputs.values().enumerate() {
            if module.index.module.dialect == Dialect::Terraform
                && !output.sensitive
                && self.holds_secret(&self.output(module, at), 0)
            {
                let message = format!(
                    "output `{}` is sensitive and does not say so; Terraform shows outputs of the root module",
                    output.name
                );
                let diagnostic = Diagnostic::warning("sensitive-output", message, output.value.span);
                self.report(
                    diagnostic.with_help("add `sensitive = true`, or take it through `nonsensitive(…)`"),
                );
            }
        }
    }

    fn holds_secret(&self, value: &Value, depth: u32) -> bool {
        self.store.is_sensitive(value.marks)
            || depth < MAX_DEPTH
                && match &value.data {
                    Data::List(list) => list.members.iter().any(|m| self.holds_secret(&m.value, depth + 1)),
                    Data::Map(map) => map.entries.iter().any(|e| self.holds_secret(&e.value, depth + 1)),
                    _ => false,
                }
    }

    fn broken(&self, message: String, span: Span) {
        let diagnostic: Diagnostic = Failure::new("broken-condition", message, span).into_diagnostic();
        self.report_failure(diagnostic);
    }

    /// Whether a condition is known to be false.
    fn is_broken(&self, module: &Rc<ModuleInstance<'p>>, condition: &'p Expr) -> bool {
        self.under(module.exists, || {
            let value = self.bind_in(module, &Each::default(), condition);
            self.evaluator.condition(&value, condition.span).is_ok_and(|truth| truth.known() == Some(false))
        })
    }

    fn rule_message(&self, module: &Rc<ModuleInstance<'p>>, message: Option<&'p Expr>) -> String {
        let said = message.and_then(|expr| self.eval_in(module, &Each::default(), expr).ok());
        said.as_ref().and_then(Value::as_str).map(|text| because(text)).unwrap_or_default()
    }
}

/// What the author says of it, as the end of a message.
fn because(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(MAX_MESSAGE).collect();
    format!(": {}", short.trim_end_matches('.'))
}
