//! What a module says of the AWS provider's resources that their schema does not have: arguments and blocks that are
//! not there, required ones that are missing, references to attributes that nothing gives. Terraform refuses such a
//! configuration. They are warnings here: the rest is understood, and the provider gains new arguments every week.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::program::suggest::closest;
use crate::program::{Body, Expr, ExprKind, Literal, Mode, Module, Repeat, Resource, Root, TemplatePart};
use crate::source::{Diagnostic, Span};
use crate::syntax::Language;

use super::schema::{self, Attribute, Kind, ObjectId};
use super::version::{least, major_range};

/// The major versions of the provider that may be meant when nothing says which.
const ANY_MAJOR: (u32, u32) = (3, 6);
/// The first major version that the schema has.
const FIRST_MAJOR: u32 = 4;
/// The newest version that the schema has.
const NEWEST: (u32, u32) = (6, 25);
/// The same in words.
const AS_FAR_AS: &str = "as far as version 6.25 of the AWS provider";
/// How deep nested blocks are followed.
const MAX_DEPTH: usize = 32;
/// The most diagnostics about one module.
const MAX_DIAGNOSTICS: usize = 200;

/// What is wrong with a module's resources. `incomplete`: some of it could not be read, so what seems to be missing may
/// be there.
/// `providers`: the names in `required_providers`.
pub(super) fn check(module: &Module, incomplete: bool, providers: &FxHashSet<Str>) -> Vec<Diagnostic> {
    let constraint = module.required_providers.get("aws");
    let majors = constraint.map_or(ANY_MAJOR, |c| major_range(c, ANY_MAJOR));
    if majors.1 < FIRST_MAJOR {
        return Vec::new();
    }
    let newer = constraint.and_then(|c| least(c)).is_some_and(|least| least > NEWEST);
    let mut checker = Checker {
        majors,
        constrained: constraint.is_some(),
        newer,
        json: module.language == Language::Json,
        incomplete,
        out: Vec::new(),
    };
    let mut declared: FxHashMap<(Mode, &str, &str), &Resource> = FxHashMap::default();
    for resource in &module.resources {
        declared.insert((resource.mode, resource.type_name.as_str(), resource.name.as_str()), resource);
        checker.resource(resource);
    }
    let mut references = References {
        declared: &declared,
        providers,
        newer,
        reported: FxHashSet::default(),
        out: checker.out,
    };
    for resource in &module.resources {
        references.body(&resource.body);
        references.body(&resource.meta);
        match &resource.repeat {
            Repeat::Count(e) | Repeat::ForEach(e) | Repeat::Condition(e) => references.expr(e),
            Repeat::One | Repeat::Key(_) => {}
        }
    }
    module.locals.values().for_each(|local| references.expr(&local.value));
    module.outputs.values().for_each(|output| references.expr(&output.value));
    for call in module.calls.values() {
        call.arguments.iter().for_each(|a| references.expr(&a.value));
        match &call.repeat {
            Repeat::Count(e) | Repeat::ForEach(e) | Repeat::Condition(e) => references.expr(e),
            Repeat::One | Repeat::Key(_) => {}
        }
    }
    let mut out = references.out;
    out.truncate(MAX_DIAGNOSTICS);
    out
}

/// A resource's name in the schema.
fn schema_name(mode: Mode, type_name: &str) -> String {
    if mode == Mode::Data { format!("data.{type_name}") } else { type_name.to_owned() }
}

struct Checker {
    majors: (u32, u32),
    constrained: bool,
    /// The module asks for a later version than the schema has: only what looks misspelt is reported.
    newer: bool,
    json: bool,
    incomplete: bool,
    out: Vec<Diagnostic>,
}

impl Checker {
    fn resource(&mut self, resource: &Resource) {
        if !resource.type_name.starts_with("aws_") {
            return;
        }
        let name = schema_name(resource.mode, &resource.type_name);
        let Some(known) = schema::get(&name) else {
            self.unknown_type(resource);
            return;
        };
        self.body(&known, ObjectId(0), &resource.body, &resource.type_name, resource.header, 0);
    }

    fn unknown_type(&mut self, resource: &Resource) {
        let data = resource.mode == Mode::Data;
        let names = schema::names().filter_map(|n| match n.strip_prefix("data.") {
            Some(name) => data.then_some(name),
            None => (!data).then_some(n),
        });
        // Without a name that is close it may be newer than what is known here.
        if let Some(near) = suggestion(&resource.type_name, names, self.newer) {
            let what = if data { "data source" } else { "resource type" };
            let message = format!("the AWS provider has no {what} `{}`", resource.type_name);
            let diagnostic = Diagnostic::warning("unknown-type", message, resource.header);
            self.out.push(diagnostic.with_help(format!("did you mean `{near}`?")));
        }
    }

    fn body(
        &mut self,
        of: &schema::Resource,
        id: ObjectId,
        body: &Body,
        owner: &str,
        header: Span,
        depth: usize,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut strange = false;
        for attribute in &body.attributes {
            match of.attribute(id, &attribute.name) {
                None => strange |= self.unknown(of, id, &attribute.name, attribute.name_span, owner, false),
                Some(known) if known.block && !self.json && !is_attribute_too(known) => {
                    let message = format!("`{}` of `{owner}` is a block, not an argument", attribute.name);
                    let help = format!("write `{} {{ … }}`", attribute.name);
                    self.out.push(
                        Diagnostic::warning("unknown-argument", message, attribute.name_span).with_help(help),
                    );
                }
                Some(known) => {
                    self.versions(known, attribute.name_span, owner);
                    if !known.optional && !known.required && known.computed && !self.newer {
                        let message = format!(
                            "`{}` of `{owner}` is decided by the provider and can't be set",
                            attribute.name
                        );
                        self.out.push(Diagnostic::warning("unknown-argument", message, attribute.name_span));
                    }
                }
            }
        }
        let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
        for block in &body.blocks {
            let Some(known) = of.attribute(id, &block.name) else {
                if block.name != "timeouts" || depth > 0 {
                    strange |= self.unknown(of, id, &block.name, block.header, owner, true);
                }
                continue;
            };
            self.versions(known, block.header, owner);
            let Some(inner) = known.kind.object() else {
                // Blocks that nest in themselves have no shape in the schema.
                if known.kind == Kind::Dynamic {
                    continue;
                }
                let message = format!("`{}` of `{owner}` is an argument, not a block", block.name);
                let map = matches!(known.kind, Kind::Map(_));
                let form = if map { " = { … }" } else { " = …" };
                self.out.push(
                    Diagnostic::warning("unknown-block", message, block.header)
                        .with_help(format!("write `{}{form}`", block.name)),
                );
                continue;
            };
            if block.dynamic.is_none() {
                let count = seen.entry(block.name.as_str()).or_insert(0);
                *count += 1;
                if *count == 2 && known.block && known.max_one {
                    let message = format!("`{owner}` takes one `{}` block only", block.name);
                    self.out.push(Diagnostic::warning("too-many-blocks", message, block.header));
                }
            }
            self.body(of, inner, &block.body, &format!("{owner}.{}", block.name), block.header, depth + 1);
        }
        // What a newer provider calls otherwise is not missing.
        if !strange {
            self.missing(of.object(id), body, owner, header);
        }
    }

    /// Reports a name that the schema does not have. Whether it is like no other: then the provider may be newer.
    fn unknown(
        &mut self,
        of: &schema::Resource,
        id: ObjectId,
        name: &str,
        span: Span,
        owner: &str,
        block: bool,
    ) -> bool {
        let what = if block { "block" } else { "argument" };
        let code = if block { "unknown-block" } else { "unknown-argument" };
        let message = format!("`{owner}` has no {what} `{name}`");
        let settable = of.object(id).iter().filter(|a| a.optional || a.required).map(|a| a.name.as_str());
        let help = match suggestion(name, settable, self.newer) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.newer => return true,
            None => AS_FAR_AS.to_owned(),
        };
        let strange = help == AS_FAR_AS;
        self.out.push(Diagnostic::warning(code, message, span).with_help(help));
        strange
    }

    /// What only other versions of the provider have than the module asks for.
    fn versions(&mut self, known: &Attribute, span: Span, owner: &str) {
        let (first, last) = (u32::from(known.versions.first), u32::from(known.versions.last));
        if !self.constrained {
            return;
        }
        let message = if last < self.majors.0 {
            format!(
                "`{}` of `{owner}` is gone since version {} of the AWS provider, and this module asks for {} or later",
                known.name,
                last + 1,
                self.majors.0
            )
        } else if first > self.majors.1.max(FIRST_MAJOR) {
            format!(
                "`{}` of `{owner}` comes with version {first} of the AWS provider, and this module asks for {} at most",
                known.name, self.majors.1
            )
        } else {
            return;
        };
        self.out.push(Diagnostic::warning("unknown-argument", message, span));
    }

    fn missing(&mut self, object: &[Attribute], body: &Body, owner: &str, header: Span) {
        // What is required is required by the newest version.
        if self.incomplete || self.majors.1 < 6 {
            return;
        }
        let missing: Vec<String> = object
            .iter()
            .filter(|a| a.required && a.versions.last == 6)
            .filter(|a| !body.attributes.iter().any(|set| set.name == a.name))
            .filter(|a| !body.blocks.iter().any(|set| set.name == a.name))
            .map(|a| format!("`{}`", a.name))
            .collect();
        if missing.is_empty() {
            return;
        }
        let message = format!("`{owner}` needs {}", missing.join(", "));
        self.out.push(Diagnostic::warning("missing-argument", message, header));
    }
}

/// What a name is probably a misspelling of. Of a name that may be newer than the schema: only what is one or two
/// letters away.
fn suggestion<'a>(name: &str, names: impl Iterator<Item = &'a str>, newer: bool) -> Option<&'a str> {
    let near = closest(name, names)?;
    let typo = || name.len() >= 5 && strsim::damerau_levenshtein(name, near) <= 2;
    (!newer || typo()).then_some(near)
}

/// Blocks that the provider computes when they are not there may be written as arguments too (`ingress = []`).
fn is_attribute_too(known: &Attribute) -> bool {
    known.computed
}

/// Follows references to resources.
struct References<'m> {
    declared: &'m FxHashMap<(Mode, &'m str, &'m str), &'m Resource>,
    providers: &'m FxHashSet<Str>,
    newer: bool,
    reported: FxHashSet<Str>,
    out: Vec<Diagnostic>,
}

impl<'m> References<'m> {
    fn body(&mut self, body: &Body) {
        body.attributes.iter().for_each(|a| self.expr(&a.value));
        for block in &body.blocks {
            if let Some(dynamic) = &block.dynamic {
                self.expr(&dynamic.for_each);
            }
            self.body(&block.body);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.nested(expr, 0);
    }

    fn nested(&mut self, expr: &Expr, depth: usize) {
        if depth > 1_000 {
            return;
        }
        let depth = depth + 1;
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Unknown(_) | ExprKind::Root(_) => {}
            ExprKind::Template(parts) => self.parts(parts, depth),
            ExprKind::List(items) => items.iter().for_each(|e| self.nested(e, depth)),
            ExprKind::Object(items) => items.iter().for_each(|item| {
                self.nested(&item.key, depth);
                self.nested(&item.value, depth);
            }),
            ExprKind::Attr(inner, name) => {
                self.attribute(inner, name, expr.span);
                self.nested(inner, depth);
            }
            ExprKind::Splat(inner, steps) => {
                if let Some(name) = first_attribute(steps) {
                    self.splat(inner, name, expr.span);
                }
                self.nested(inner, depth);
                self.nested(steps, depth);
            }
            ExprKind::Unary(_, inner) => self.nested(inner, depth),
            ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
                self.nested(a, depth);
                self.nested(b, depth);
            }
            ExprKind::Conditional(a, b, c) => {
                self.nested(a, depth);
                self.nested(b, depth);
                self.nested(c, depth);
            }
            ExprKind::Call { name, args, .. } => {
                if let Some((provider, _)) = name.strip_prefix("provider::").and_then(|n| n.split_once("::"))
                    && !self.providers.contains(provider)
                    && self.reported.insert(Str::from(format!("provider::{provider}")))
                {
                    let message = format!(
                        "`{name}` is a function of provider `{provider}`, which `required_providers` does not name"
                    );
                    self.out.push(Diagnostic::warning("undeclared-provider", message, expr.span));
                }
                args.iter().for_each(|e| self.nested(e, depth));
            }
            ExprKind::For(inner) => {
                self.nested(&inner.collection, depth);
                inner.key.iter().chain(&inner.condition).for_each(|e| self.nested(e, depth));
                self.nested(&inner.value, depth);
            }
        }
    }

    fn parts(&mut self, parts: &[TemplatePart], depth: usize) {
        if depth > 1_000 {
            return;
        }
        for part in parts {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Interpolation(expr) => self.nested(expr, depth),
                TemplatePart::If(condition, yes, no) => {
                    self.nested(condition, depth);
                    self.parts(yes, depth + 1);
                    self.parts(no, depth + 1);
                }
                TemplatePart::For(head, body) => {
                    self.nested(&head.2, depth);
                    self.parts(body, depth + 1);
                }
            }
        }
    }

    /// `TYPE.NAME.attribute` or `TYPE.NAME[key].attribute`.
    fn attribute(&mut self, inner: &Expr, name: &Str, span: Span) {
        match &inner.kind {
            ExprKind::Root(root) => {
                let Some(resource) = self.resource(root) else { return };
                let (kind, example) = match resource.repeat {
                    Repeat::Count(_) => ("count", "[0]"),
                    Repeat::ForEach(_) => ("for_each", "[\"key\"]"),
                    _ => return self.known(resource, name, span),
                };
                if schema::get(&schema_name(resource.mode, &resource.type_name)).is_none() {
                    return;
                }
                let of = address(resource);
                let message = format!("`{of}` has `{kind}`: its attribute `{name}` needs an instance");
                if self.reported.insert(Str::from(format!("{of}.{name}"))) {
                    self.out.push(
                        Diagnostic::warning("invalid-reference", message, span)
                            .with_help(format!("write `{of}{example}.{name}`, or `{of}[*].{name}` for all")),
                    );
                }
            }
            ExprKind::Index(collection, key) => {
                let ExprKind::Root(root) = &collection.kind else { return };
                let Some(resource) = self.resource(root) else { return };
                if !matches!(resource.repeat, Repeat::One) {
                    self.known(resource, name, span);
                } else if !matches!(&key.kind, ExprKind::Literal(Literal::String(_))) {
                    let of = address(resource);
                    let message =
                        format!("`{of}` has no `count` or `for_each`, so it has no instances by key");
                    if self.reported.insert(Str::from(format!("{of}[]"))) {
                        self.out.push(
                            Diagnostic::warning("invalid-reference", message, span)
                                .with_help(format!("write `{of}.{name}`")),
                        );
                    }
                }
            }
            _ => {}
        }
    }

    fn splat(&mut self, inner: &Expr, name: &Str, span: Span) {
        let ExprKind::Root(root) = &inner.kind else { return };
        if let Some(resource) = self.resource(root)
            && !matches!(resource.repeat, Repeat::ForEach(_))
        {
            self.known(resource, name, span);
        }
    }

    fn resource(&self, root: &Root) -> Option<&'m Resource> {
        let Root::Resource { mode, type_name, name } = root else { return None };
        if !type_name.starts_with("aws_") {
            return None;
        }
        self.declared.get(&(*mode, type_name.as_str(), name.as_str())).copied()
    }

    /// Reports an attribute that the type does not have.
    fn known(&mut self, resource: &Resource, name: &Str, span: Span) {
        let Some(of) = schema::get(&schema_name(resource.mode, &resource.type_name)) else { return };
        if of.attribute(ObjectId(0), name).is_some() || matches!(name.as_str(), "id" | "timeouts") {
            return;
        }
        let whole = format!("{}.{name}", address(resource));
        if !self.reported.insert(Str::from(whole.as_str())) {
            return;
        }
        let message = format!("`{whole}` is used here, but `{}` has no such attribute", resource.type_name);
        let names = of.attributes().iter().map(|a| a.name.as_str());
        let help = match suggestion(name, names, self.newer) {
            None if self.newer => return,
            Some(near) => format!("did you mean `{}.{near}`?", address(resource)),
            None => AS_FAR_AS.to_owned(),
        };
        self.out.push(Diagnostic::warning("undeclared-reference", message, span).with_help(help));
    }
}

fn address(resource: &Resource) -> String {
    let prefix = if resource.mode == Mode::Data { "data." } else { "" };
    format!("{prefix}{}.{}", resource.type_name, resource.name)
}

/// The attribute that a splat takes of each element first.
fn first_attribute(steps: &Expr) -> Option<&Str> {
    let mut at = steps;
    loop {
        match &at.kind {
            ExprKind::Attr(inner, name) => {
                if matches!(&inner.kind, ExprKind::Root(Root::Bound(star)) if star == "*") {
                    return Some(name);
                }
                at = inner;
            }
            ExprKind::Index(inner, _) => at = inner,
            _ => return None,
        }
    }
}
