//! Override files: what they say is merged into what the other files declare.
//!
//! Source: Terraform documentation, "Override Files": arguments replace arguments, nested blocks replace all blocks of
//! their type, `lifecycle` is merged argument by argument, locals one by one.

use crate::Str;
use crate::program::{Attribute, Body, Call, CallSource, Input, Local, Output, Repeat, Resource};
use crate::source::Span;

use super::module::Declaration;

/// Merges arguments and blocks.
pub(super) fn body(base: &mut Body, over: Body) {
    attributes(&mut base.attributes, over.attributes);
    if !over.blocks.is_empty() {
        base.blocks.retain(|b| !over.blocks.iter().any(|o| o.name == b.name));
        base.blocks.extend(over.blocks);
    }
}

fn attributes(base: &mut Vec<Attribute>, over: Vec<Attribute>) {
    for attribute in over {
        match base.iter_mut().find(|a| a.name == attribute.name) {
            Some(slot) => *slot = attribute,
            None => base.push(attribute),
        }
    }
}

/// Merges a resource or data source.
pub(super) fn resource(base: &mut Resource, over: Resource) {
    body(&mut base.body, over.body);
    if over.repeat != Repeat::One {
        base.repeat = over.repeat;
    }
    if over.provider.is_some() {
        base.provider = over.provider;
    }
    if !over.depends_on.is_empty() {
        base.depends_on = over.depends_on;
    }
    base.meta.attributes.extend(over.meta.attributes);
    for block in over.meta.blocks {
        match base.meta.blocks.iter_mut().find(|b| b.name == "lifecycle" && block.name == "lifecycle") {
            Some(lifecycle) => body(&mut lifecycle.body, block.body),
            None => base.meta.blocks.push(block),
        }
    }
}

impl Declaration for Input {
    const WHAT: &'static str = "variable";

    fn name(&self) -> &Str {
        &self.name
    }

    fn header(&self) -> Span {
        self.name_span
    }

    fn merge(&mut self, over: Self) {
        let says = |name: &str| over.body.attributes.iter().any(|a| a.name == name);
        if says("type") {
            self.type_expr = over.type_expr;
        }
        if says("sensitive") {
            self.sensitive = over.sensitive;
        }
        if says("ephemeral") {
            self.ephemeral = over.ephemeral;
        }
        if says("nullable") {
            self.nullable = over.nullable;
        }
        if over.default.is_some() {
            self.default = over.default;
        }
        if !over.validations.is_empty() {
            self.validations = over.validations;
        }
        body(&mut self.body, over.body);
    }
}

impl Declaration for Local {
    const WHAT: &'static str = "local value";

    fn name(&self) -> &Str {
        &self.name
    }

    fn header(&self) -> Span {
        self.name_span
    }

    fn merge(&mut self, over: Self) {
        *self = over;
    }
}

impl Declaration for Output {
    const WHAT: &'static str = "output";

    fn name(&self) -> &Str {
        &self.name
    }

    fn header(&self) -> Span {
        self.name_span
    }

    fn merge(&mut self, over: Self) {
        if !matches!(over.value.kind, crate::program::ExprKind::Unknown(_)) {
            self.value = over.value;
        }
        self.sensitive |= over.sensitive;
    }
}

impl Declaration for Call {
    const WHAT: &'static str = "module";

    fn name(&self) -> &Str {
        &self.name
    }

    fn header(&self) -> Span {
        self.header
    }

    fn merge(&mut self, over: Self) {
        if !matches!(&over.source, CallSource::Missing { address, .. } if address.is_empty()) {
            self.source = over.source;
        }
        attributes(&mut self.arguments, over.arguments);
        if over.repeat != Repeat::One {
            self.repeat = over.repeat;
        }
        if !over.providers.is_empty() {
            self.providers = over.providers;
        }
        if !over.depends_on.is_empty() {
            self.depends_on = over.depends_on;
        }
    }
}
