//! Which provider configuration a resource has: account, region, default tags.

use std::rc::Rc;
use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, ProviderConfig, Resource};
use crate::terraform::major_range;

use super::instance::Scope;
use super::names::Env;
use super::run::{Each, ModuleInstance, Run};
use super::site::Site;
use super::value::Value;

/// The provider's major versions that are known of.
const KNOWN_MAJORS: (u32, u32) = (3, 6);

/// The arguments and blocks of the provider's configuration that decide which account it acts in ("Authentication and
/// Configuration", documentation of the AWS provider).
const WHO: [&str; 10] = [
    "access_key",
    "allowed_account_ids",
    "assume_role",
    "assume_role_with_web_identity",
    "profile",
    "secret_key",
    "shared_config_files",
    "shared_credentials_file",
    "shared_credentials_files",
    "token",
];

impl<'p> Run<'p> {
    /// The scope of a resource: what its provider configuration says.
    pub(super) fn scope(&self, module: &Rc<ModuleInstance<'p>>, resource: &Resource) -> Arc<Scope> {
        let provider = match (&resource.provider, module.index.module.dialect) {
            (Some(provider), _) => provider.clone(),
            (None, Dialect::Terraform) => {
                let name = resource.type_name.split('_').next().unwrap_or("");
                Str::from(name)
            }
            _ => Str::new(),
        };
        let key = (module.number, provider);
        if let Some(scope) = self.scopes.borrow().get(&key) {
            return Arc::clone(scope);
        }
        let scope = Arc::new(self.scope_of(module, &key.1));
        self.scopes.borrow_mut().insert(key, Arc::clone(&scope));
        scope
    }

    fn scope_of(&self, module: &Rc<ModuleInstance<'p>>, provider: &Str) -> Scope {
        let mut scope =
            Scope { provider: provider.clone(), provider_major: KNOWN_MAJORS, ..Scope::default() };
        if module.index.module.dialect != Dialect::Terraform {
            let names = super::run::Each::default();
            let site = Site { run: self, module, each: &names };
            let region = crate::program::Root::Named(Str::from("AWS::Region"));
            let span = crate::source::Span::new(crate::source::FileId(0), 0, 0);
            scope.region = super::names::Names::root(&site, &region, span).ok();
            return scope;
        }
        let local_name = provider.split('.').next().unwrap_or("");
        // The narrowest range that the module and its callers allow.
        let mut at = Some(Rc::clone(module));
        while let Some(m) = at {
            if let Some(constraint) = m.index.module.required_providers.get(local_name) {
                scope.provider_major = major_range(constraint, scope.provider_major);
            }
            at = m.caller.as_ref().map(|c| Rc::clone(&c.module));
        }
        // The configuration: in the module itself, or handed in by its callers.
        let mut name = provider.clone();
        let mut at = Rc::clone(module);
        loop {
            if let Some(config) = find(&at.index.module.providers, &name) {
                scope.configuration = ecow::eco_format!("{} {name}", at.address);
                scope.provider = name;
                self.read_config(&at, config, &mut scope);
                return scope;
            }
            let Some(caller) = at.caller.clone() else { break };
            if let Some((_, outer)) = caller.call.providers.iter().find(|(inner, _)| *inner == name) {
                name = outer.clone();
            }
            at = Rc::clone(&caller.module);
        }
        scope.configuration = ecow::eco_format!("{name}");
        scope.provider = name;
        scope
    }

    fn read_config(&self, module: &Rc<ModuleInstance<'p>>, config: &'p ProviderConfig, scope: &mut Scope) {
        let none = Each::default();
        let attribute = config.body.attributes.iter().find(|a| a.name == "region");
        scope.region = attribute.map(|a| self.bind_in(module, &none, &a.value)).filter(|v| !v.is_unset());
        let mut who: Vec<(Str, Value)> = Vec::new();
        for attribute in config.body.attributes.iter().filter(|a| WHO.contains(&a.name.as_str())) {
            let value = self.bind_in(module, &none, &attribute.value);
            if !value.is_unset() {
                who.push((attribute.name.clone(), value));
            }
        }
        for block in config.body.blocks.iter().filter(|b| WHO.contains(&b.name.as_str())) {
            let site = Site { run: self, module, each: &none };
            who.push((block.name.clone(), self.body_value(&block.body, block.span, Env::new(&site))));
        }
        if !who.is_empty() {
            who.sort_by(|a, b| a.0.cmp(&b.0));
            scope.credentials = Some(Value::object(who));
        }
        let tags = config.body.blocks.iter().find(|b| b.name == "default_tags");
        if let Some(block) = tags {
            let site = Site { run: self, module, each: &none };
            let body = self.body_value(&block.body, block.span, Env::new(&site));
            scope.default_tags = body.as_map().and_then(|m| m.get("tags")).map(|e| e.value.clone());
        }
    }
}

/// The configuration that `aws` or `aws.eu` names.
fn find<'p>(configs: &'p [ProviderConfig], provider: &str) -> Option<&'p ProviderConfig> {
    let (name, alias) = match provider.split_once('.') {
        Some((name, alias)) => (name, Some(alias)),
        None => (provider, None),
    };
    configs.iter().find(|c| c.name == name && c.alias.as_deref() == alias)
}
