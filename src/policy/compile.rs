//! From the logic block of a page to a [`Policy`]: parsing, resolving names, checking types.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use crate::Str;
use crate::model::registry;
use crate::program::hcl::{self, AttributeParts, BlockParts, Reader, Traversal};
use crate::program::{Expr, ExprKind, ObjectItem, Root};
use crate::source::{Diagnostic, Severity, SourceFile, Span};
use crate::syntax;

use super::constants::{Constants, MAX_FILLED};
use super::meta::Applicability;
use super::typecheck::{self, Checker, Use};
use super::types::{self, Ty};
use super::verdict::Path;

/// A compiled page.
#[derive(Debug)]
pub struct Policy {
    /// Its blocks in order.
    pub(super) blocks: Vec<Block>,
}

/// One `resource` or `input` block.
#[derive(Debug)]
pub(super) struct Block {
    /// The registry types; none for an `input` block.
    pub(super) types: Option<Vec<Str>>,
    pub(super) when: Option<Expr>,
    pub(super) for_each: Option<Expr>,
    pub(super) fail: Expr,
    pub(super) at: Vec<Expr>,
    pub(super) message: Expr,
    pub(super) related: Vec<Expr>,
    pub(super) fixes: Vec<Fix>,
}

/// A `fix` block.
#[derive(Debug)]
pub(super) struct Fix {
    pub(super) title: Str,
    pub(super) applicability: Applicability,
    /// Whether it applies; it does where nothing is said.
    pub(super) when: Option<Expr>,
    /// The resources that it changes; the subject where nothing is said.
    pub(super) on: Option<Expr>,
    pub(super) changes: Vec<FixChange>,
    pub(super) steps: Option<Expr>,
}

/// One change of a fix, not yet evaluated.
#[derive(Debug)]
pub(super) enum FixChange {
    /// With the path's place.
    Set(Path, Span, Expr),
    Remove(Expr),
    /// With the path's place.
    Append(Path, Span, Expr),
    Add(Str, Expr),
}

impl Policy {
    /// The registry types that it looks at, in the page's order; an `input` block is `Input`.
    pub fn types(&self) -> Vec<Str> {
        let mut types: Vec<Str> = Vec::new();
        for block in &self.blocks {
            let of_block = match &block.types {
                Some(types) => types.clone(),
                None => vec!["Input".into()],
            };
            for name in of_block {
                if !types.contains(&name) {
                    types.push(name);
                }
            }
        }
        types
    }

    /// The best fix that the page can offer.
    pub fn best_fix(&self) -> Option<Applicability> {
        let of_block = |block: &Block| {
            let types: Vec<Str> = block.types.clone().unwrap_or_else(|| vec!["Input".into()]);
            let of_fix = |fix: &Fix| types.iter().map(|name| fix.applicability_for(name)).min();
            block.fixes.iter().filter_map(of_fix).min()
        };
        self.blocks.iter().filter_map(of_block).min()
    }
}

impl Fix {
    /// How safe the fix is on a resource of a type: at best unsafe where it sets a create-only property.
    pub(super) fn applicability_for(&self, type_name: &str) -> Applicability {
        if self.applicability != Applicability::Safe || self.on.is_some() {
            return self.applicability;
        }
        let Some(of) = registry::get(type_name) else { return self.applicability };
        let replaces = self.changes.iter().any(|change| match change {
            FixChange::Set(path, ..) | FixChange::Append(path, ..) => {
                !path.from_element && of.is_create_only(&path.steps.join("."))
            }
            FixChange::Remove(_) | FixChange::Add(..) => false,
        });
        if replaces { Applicability::Unsafe } else { self.applicability }
    }
}

const BLOCK_ATTRIBUTES: [&str; 6] = ["when", "for_each", "fail", "at", "message", "related"];
const FIX_ATTRIBUTES: [&str; 7] = ["applicability", "when", "on", "set", "remove", "append", "steps"];

/// Compiles the logic at a range of a page's file. None only when nothing of it can be run; all that is wrong is in
/// the diagnostics, and a block with an error is left out.
pub fn compile(file: &Arc<SourceFile>, logic: Range<usize>) -> (Option<Policy>, Vec<Diagnostic>) {
    compile_with(file, logic, true)
}

/// Compiles the logic of a page whose types were checked before: a built-in one, by its tests.
pub(super) fn compile_trusted(file: &Arc<SourceFile>, logic: Range<usize>) -> Option<Policy> {
    compile_with(file, logic, false).0
}

fn compile_with(
    file: &Arc<SourceFile>,
    logic: Range<usize>,
    checked: bool,
) -> (Option<Policy>, Vec<Diagnostic>) {
    let tree = syntax::hcl::parse_range(Arc::clone(file), logic.start as u32, logic.end as u32);
    let mut diagnostics: Vec<Diagnostic> = tree.errors.iter().map(|e| e.to_diagnostic()).collect();
    let mut reader = Reader::new(&tree, resolve);
    reader.dynamic = false;

    let mut compiler = Compiler { diagnostics: Vec::new(), locals: IndexMap::new(), checked };
    for parts in hcl::attributes(&tree, tree.root()) {
        compiler.error(
            format!("`{}` stands outside of a block", parts.name),
            parts.name_span,
            Some("a page's logic has `resource`, `input` and `locals` blocks".into()),
        );
    }
    let all: Vec<BlockParts<'_>> = hcl::blocks(&tree, tree.root()).collect();
    let mut locals: IndexMap<Str, Expr> = IndexMap::new();
    for parts in all.iter().filter(|p| p.kind == "locals") {
        let Some(body) = parts.body else { continue };
        for attribute in hcl::attributes(&tree, body) {
            let attribute = reader.attribute(attribute);
            if locals.contains_key(&attribute.name) {
                compiler.error(format!("`{}` is defined twice", attribute.name), attribute.name_span, None);
            }
            locals.insert(attribute.name, attribute.value);
        }
    }
    if checked {
        compiler.check_locals(&locals);
    }
    let constants = Constants::new(locals);
    let mut blocks = Vec::new();
    for parts in all {
        match parts.kind {
            "resource" | "input" => blocks.extend(compiler.block(&mut reader, &parts)),
            "locals" => {}
            other => {
                let help = types::suggest(other, ["resource", "input", "locals"].map(Str::from).to_vec());
                compiler.error(format!("pages have no `{other}` blocks"), parts.kind_span, help);
            }
        }
    }
    for block in &mut blocks {
        if !constants.fill_block(block) {
            compiler.error(
                format!("the page's constants fill in more than the budget of {MAX_FILLED} expressions"),
                block.fail.span,
                None,
            );
        }
    }
    diagnostics.append(&mut reader.diagnostics);
    let found_error = !diagnostics.is_empty() || !compiler.diagnostics.is_empty();
    diagnostics.append(&mut compiler.diagnostics);
    if blocks.is_empty() && !found_error {
        let start = Span::new(file.id, logic.start as u32, logic.start as u32);
        diagnostics.push(
            Diagnostic::error("page-form", "the page's logic has no `resource` or `input` block", start)
                .with_help("add `resource \"AWS::…\" { fail = …, message = … }`"),
        );
    }
    // A type error in a block that is checked for several types is said once for each message.
    let mut seen = FxHashSet::default();
    diagnostics.retain(|d| seen.insert((d.span, d.message.clone())));
    let policy = (!blocks.is_empty()).then_some(Policy { blocks });
    (policy, diagnostics)
}

/// What names mean in a page.
fn resolve(traversal: Traversal<'_>) -> (Root, usize) {
    match (traversal.name, traversal.steps.first()) {
        ("self", _) => (Root::SelfObject, 0),
        ("each", Some(&"value")) => (Root::EachValue, 1),
        ("each", Some(&"key")) => (Root::EachKey, 1),
        ("local", Some(name)) => (Root::Local((*name).into()), 1),
        (name, _) => (Root::Undeclared(name.into()), 0),
    }
}

struct Compiler {
    diagnostics: Vec<Diagnostic>,
    locals: IndexMap<Str, Ty>,
    /// Whether types are looked at.
    checked: bool,
}

/// The attributes of a block by name.
type Attributes<'t> = IndexMap<&'t str, AttributeParts<'t>>;

impl Compiler {
    fn error(&mut self, message: impl Into<String>, span: Span, help: Option<String>) {
        let mut diagnostic = Diagnostic::error("page-form", message, span);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// Constants: each may use those above it.
    fn check_locals(&mut self, locals: &IndexMap<Str, Expr>) {
        for (name, expr) in locals {
            let mut checker = Checker::new(None, &self.locals);
            let ty = checker.check(expr, Use::Value);
            self.diagnostics.append(&mut checker.diagnostics);
            self.locals.insert(name.clone(), ty);
        }
    }

    fn attributes<'t>(
        &mut self,
        tree: &'t syntax::Tree,
        parts: &BlockParts<'t>,
        known: &[&'static str],
    ) -> Attributes<'t> {
        let mut found = Attributes::new();
        let Some(body) = parts.body else { return found };
        for attribute in hcl::attributes(tree, body) {
            if !known.contains(&attribute.name) {
                let help = types::suggest(attribute.name, known.iter().copied().map(Str::from).collect());
                let message = format!("a `{}` block has no `{}`", parts.kind, attribute.name);
                self.error(message, attribute.name_span, help);
            } else if found.contains_key(attribute.name) {
                self.error(format!("`{}` is set twice", attribute.name), attribute.name_span, None);
            } else {
                found.insert(attribute.name, attribute);
            }
        }
        found
    }

    fn block<'t, N: hcl::Names>(
        &mut self,
        reader: &mut Reader<'t, N>,
        parts: &BlockParts<'t>,
    ) -> Option<Block> {
        let before = self.diagnostics.len();
        let tree = reader.tree;
        let mut subjects: Vec<(Str, Ty)> = Vec::new();
        let mut names = Vec::new();
        if parts.kind == "input" {
            subjects.push(("Input".into(), Ty::Input));
            if let Some((_, span)) = parts.labels.first() {
                self.error("an `input` block has no label", *span, None);
            }
        } else {
            if parts.labels.is_empty() {
                self.error(
                    "a `resource` block names no type",
                    parts.kind_span,
                    Some("write for example `resource \"AWS::S3::Bucket\" { … }`".into()),
                );
            }
            for (name, span) in &parts.labels {
                if !self.checked {
                    names.push(name.clone());
                    continue;
                }
                match registry::get(name) {
                    Some(of) => subjects.push((name.clone(), Ty::resource(&of))),
                    None => {
                        let help = typecheck::suggest_type(name);
                        let message = format!("there is no resource type `{name}`");
                        self.diagnostics
                            .push(Diagnostic { help, ..Diagnostic::error("page-type", message, *span) });
                    }
                }
                names.push(name.clone());
            }
        }
        let attributes = self.attributes(tree, parts, &BLOCK_ATTRIBUTES);
        let mut read = |name: &str| attributes.get(name).map(|a| reader.attribute(*a).value);
        let when = read("when");
        let for_each = read("for_each");
        let fail = read("fail");
        let message = read("message");
        let mut at = Vec::new();
        if let Some(expr) = read("at") {
            split(expr, &mut at);
        }
        let mut related = Vec::new();
        if let Some(expr) = read("related") {
            split(expr, &mut related);
        }
        for (name, found) in [("fail", fail.is_some()), ("message", message.is_some())] {
            if !found {
                self.error(
                    format!("the block has no `{name}`"),
                    parts.header,
                    Some(format!("add `{name} = …`")),
                );
            }
        }
        let mut fixes = Vec::new();
        if let Some(body) = parts.body {
            for nested in hcl::blocks(tree, body) {
                if nested.kind == "fix" {
                    fixes.extend(self.fix(reader, &nested));
                } else {
                    let help = types::suggest(nested.kind, vec!["fix".into()]);
                    let message = format!("a `{}` block has no `{}` blocks", parts.kind, nested.kind);
                    self.error(message, nested.kind_span, help);
                }
            }
        }
        let (Some(fail), Some(message)) = (fail, message) else { return None };
        let block = Block {
            types: (parts.kind != "input").then_some(names),
            when,
            for_each,
            fail,
            at,
            message,
            related,
            fixes,
        };
        if self.checked {
            for (_, subject) in &subjects {
                self.check_block(&block, subject);
            }
        }
        let broken = self.diagnostics.iter().skip(before).any(|d| d.severity == Severity::Error);
        (!broken).then_some(block)
    }

    /// Checks the types of a block for one type of `self`.
    fn check_block(&mut self, block: &Block, subject: &Ty) {
        let mut checker = Checker::new(Some(subject.clone()), &self.locals);
        if let Some(when) = &block.when {
            checker.check(when, Use::Truth);
        }
        if let Some(for_each) = &block.for_each {
            let ty = checker.check(for_each, Use::Collection);
            let key = match ty {
                Ty::Map(_) | Ty::Object(..) => Ty::String(None),
                _ => Ty::Any,
            };
            checker.each = Some((key, ty.element()));
        }
        checker.check(&block.fail, Use::Truth);
        for expr in block.at.iter().chain(&block.related) {
            checker.check(expr, Use::Value);
        }
        let message = checker.check(&block.message, Use::Value);
        if !matches!(message, Ty::String(_) | Ty::Any) {
            let found = Diagnostic::error(
                "page-type",
                format!("the message is {}, not a text", message.what()),
                block.message.span,
            );
            checker.diagnostics.push(found);
        }
        let each = checker.each.as_ref().map(|(_, value)| value.clone());
        let mut found = Vec::new();
        for fix in &block.fixes {
            if let Some(when) = &fix.when {
                checker.check(when, Use::Truth);
            }
            let on = fix.on.as_ref().map(|on| (checker.check(on, Use::Value), on.span));
            if let Some((ty, span)) = &on
                && !matches!(ty.clone().innermost(), Ty::Resource(_) | Ty::Any)
            {
                let message = format!("`on` names the resources that are changed, this is {}", ty.what());
                found.push((*span, message, Some("write `on = referrers(self, …)`".into())));
                continue;
            }
            for change in &fix.changes {
                let (path, value) = match change {
                    FixChange::Set(path, key, value) | FixChange::Append(path, key, value) => {
                        (Some((path, *key)), value)
                    }
                    FixChange::Remove(value) | FixChange::Add(_, value) => (None, value),
                };
                checker.check(value, Use::Value);
                let Some((path, key)) = path else { continue };
                let start = match (&each, path.from_element) {
                    (Some(each), true) => each.clone(),
                    (None, true) => {
                        found.push((
                            key,
                            "the path starts with `each`, but the block has no `for_each`".to_owned(),
                            None,
                        ));
                        continue;
                    }
                    (_, false) => {
                        on.as_ref().map_or_else(|| subject.clone(), |(ty, _)| ty.clone().innermost())
                    }
                };
                if let Err(error) = follow(start, &path.steps) {
                    found.push((key, error.message, error.help));
                }
            }
            if let Some(steps) = &fix.steps {
                checker.check(steps, Use::Value);
            }
        }
        self.diagnostics.append(&mut checker.diagnostics);
        for (span, message, help) in found {
            self.diagnostics.push(Diagnostic { help, ..Diagnostic::error("page-type", message, span) });
        }
    }

    fn fix<'t, N: hcl::Names>(&mut self, reader: &mut Reader<'t, N>, parts: &BlockParts<'t>) -> Option<Fix> {
        let tree = reader.tree;
        let title = match parts.labels.as_slice() {
            [(title, _)] => title.clone(),
            _ => {
                let help = Some("write for example `fix \"make the ACL private\" { … }`".into());
                self.error("a `fix` block has one label: what it does", parts.kind_span, help);
                return None;
            }
        };
        let attributes = self.attributes(tree, parts, &FIX_ATTRIBUTES);
        let mut values: IndexMap<&str, Expr> = IndexMap::new();
        for (name, attribute) in attributes {
            values.insert(name, reader.attribute(attribute).value);
        }
        let (when, on) = (values.swap_remove("when"), values.swap_remove("on"));
        let applicability = Applicability::Unsafe;
        let mut fix = Fix { title, applicability, when, on, changes: Vec::new(), steps: None };
        if let Some(expr) = values.get("applicability") {
            match expr.as_string().and_then(|name| Applicability::from_name(name)) {
                Some(applicability) => fix.applicability = applicability,
                None => self.error(
                    "the applicability is `\"safe\"`, `\"unsafe\"` or `\"manual\"`",
                    expr.span,
                    None,
                ),
            }
        }
        for (name, make) in
            [("set", FixChange::Set as fn(Path, Span, Expr) -> FixChange), ("append", FixChange::Append)]
        {
            let Some(expr) = values.swap_remove(name) else { continue };
            let ExprKind::Object(items) = expr.kind else {
                let message = format!("`{name}` is an object from paths to values");
                self.error(message, expr.span, Some(format!("write `{name} = {{ Property = value }}`")));
                continue;
            };
            for ObjectItem { key, value, .. } in items {
                match key.as_string().and_then(|text| path_of(text)) {
                    Some(path) => fix.changes.push(make(path, key.span, value)),
                    None => {
                        self.error("a path is written out: `Property` or `\"Property.Sub\"`", key.span, None)
                    }
                }
            }
        }
        if let Some(expr) = values.swap_remove("remove") {
            let mut items = Vec::new();
            split(expr, &mut items);
            fix.changes.extend(items.into_iter().map(FixChange::Remove));
        }
        fix.steps = values.swap_remove("steps");
        if let Some(body) = parts.body {
            for nested in hcl::blocks(tree, body) {
                fix.changes.extend(self.add(reader, &nested));
            }
        }
        if fix.changes.is_empty() && fix.steps.is_none() {
            let help = Some("add `set`, `remove`, `append`, an `add` block, or `steps`".into());
            self.error("the fix changes nothing", parts.header, help);
        }
        if fix.applicability == Applicability::Manual && fix.steps.is_none() {
            self.error("a manual fix needs `steps`", parts.header, None);
        }
        Some(fix)
    }

    /// `add "TYPE" { Property = value }`.
    fn add<'t, N: hcl::Names>(
        &mut self,
        reader: &mut Reader<'t, N>,
        parts: &BlockParts<'t>,
    ) -> Option<FixChange> {
        let tree = reader.tree;
        if parts.kind != "add" {
            let help = types::suggest(parts.kind, vec!["add".into()]);
            self.error(format!("a `fix` block has no `{}` blocks", parts.kind), parts.kind_span, help);
            return None;
        }
        let [(name, span)] = parts.labels.as_slice() else {
            self.error("an `add` block has one label: the resource type", parts.kind_span, None);
            return None;
        };
        let of = if self.checked { registry::get(name) } else { None };
        if of.is_none() && self.checked {
            let help = typecheck::suggest_type(name);
            self.error(format!("there is no resource type `{name}`"), *span, help);
            return None;
        }
        let mut items = Vec::new();
        for attribute in parts.body.into_iter().flat_map(|body| hcl::attributes(tree, body)) {
            let attribute = reader.attribute(attribute);
            if let Some(of) = &of
                && let Err(error) = types::follow(of, &attribute.name)
            {
                self.error(error.message, attribute.name_span, error.help);
            }
            items.push(ObjectItem {
                key: Expr::string(attribute.name, attribute.name_span),
                value: attribute.value,
                span: attribute.span,
            });
        }
        Some(FixChange::Add(name.clone(), Expr::new(ExprKind::Object(items), parts.span)))
    }
}

/// The items of a written list, or the one expression.
fn split(expr: Expr, into: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::List(items) => into.extend(items),
        _ => into.push(expr),
    }
}

fn path_of(text: &str) -> Option<Path> {
    let mut steps: Vec<Str> = text.split('.').map(Str::from).collect();
    if steps.iter().any(|s| s.is_empty()) {
        return None;
    }
    let from_element = steps.first().is_some_and(|s| s == "each");
    if from_element {
        steps.remove(0);
        if steps.first().is_some_and(|s| s == "value") {
            steps.remove(0);
        }
    }
    Some(Path { from_element, steps })
}

fn follow(start: Ty, steps: &[Str]) -> Result<Ty, types::NoMember> {
    let mut ty = start;
    for step in steps {
        while let Ty::List(inner) = ty {
            ty = *inner;
        }
        ty = ty.member(step)?;
    }
    Ok(ty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn compiled(logic: &str) -> (Option<Policy>, Vec<String>) {
        let sources = Sources::new();
        let page = format!("prose\n{logic}\n```\n");
        let file = sources.add("p/s3-test.md", page.as_str());
        let (policy, diagnostics) = compile(&file, 6..6 + logic.len());
        let said = diagnostics
            .iter()
            .map(|d| {
                let span = d.span.unwrap();
                let help = d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
                format!("`{}`: {}{help}", file.slice(span), d.message)
            })
            .collect();
        (policy, said)
    }

    fn block(body: &str) -> String {
        compiled(&format!("resource \"AWS::S3::Bucket\" {{\n  message = \"m\"\n{body}\n}}\n")).1.join("\n")
    }

    #[test]
    fn the_page_of_the_reference() {
        let (policy, wrong) = compiled(
            r#"
locals { open = ["PublicRead", "PublicReadWrite"] }
resource "AWS::S3::Bucket" {
  when     = self.managed && !absent(self.AccessControl)
  for_each = self.LifecycleConfiguration.Rules
  fail     = contains(local.open, self.AccessControl) || each.value.Status == "Enabled"
  at       = [each.value.Status, self.AccessControl]
  message  = "bucket `${self.name}` has `${self.AccessControl}`"
  related  = referrers(self, "AWS::S3::BucketPolicy", "Bucket")
  fix "make it private" {
    set    = { AccessControl = "Private", "each.Status" = "Disabled", "VersioningConfiguration.Status" = "Enabled" }
    remove = each.value
    append = { Tags = { Key = "a", Value = "b" } }
    add "AWS::S3::BucketPolicy" { Bucket = self }
  }
  fix "by hand" {
    applicability = "manual"
    steps         = "do `${self.name}`"
  }
}
input {
  fail    = !self.sensitive && looks_secret(self.name, self.default)
  message = "`${self.name}` holds a secret"
}
"#,
        );
        assert_eq!(wrong, Vec::<String>::new());
        let policy = policy.unwrap();
        assert_eq!(policy.types(), ["AWS::S3::Bucket", "Input"]);
        assert_eq!(policy.blocks[0].fixes[0].changes.len(), 6);
        assert_eq!(policy.best_fix(), Some(Applicability::Unsafe));
        assert_eq!(policy.blocks[0].at.len(), 2);
    }

    #[test]
    fn a_create_only_property_makes_a_fix_unsafe() {
        let fix = |set: &str| {
            let (policy, wrong) = compiled(&format!(
                "resource \"AWS::RDS::DBInstance\" {{\n fail = true\n message = \"m\"\n fix \"f\" {{\n \
                 applicability = \"safe\"\n set = {{ {set} }}\n }}\n}}\n"
            ));
            assert_eq!(wrong, Vec::<String>::new());
            policy.unwrap().best_fix()
        };
        assert_eq!(fix("StorageEncrypted = true"), Some(Applicability::Unsafe));
        assert_eq!(fix("DeletionProtection = true"), Some(Applicability::Safe));
    }

    #[test]
    fn wrong_names_are_found_at_their_place() {
        insta::assert_snapshot!(block("fail = contains([\"PublicRead\"], self.AcessControl)"), @r"`AcessControl`: `AWS::S3::Bucket` has no property `AcessControl` (did you mean `AccessControl`?)");
        insta::assert_snapshot!(block("fail = self.AccessControl == \"PublicRed\""), @r#"`"PublicRed"`: `AccessControl` is never `PublicRed` (did you mean `PublicRead`?)"#);
        insta::assert_snapshot!(block("fail = contains([\"PublicRead\", \"Publik\"], self.AccessControl)"), @r#"`"Publik"`: `AccessControl` is never `Publik` (there is `AuthenticatedRead`, `AwsExecRead`, `BucketOwnerFullControl`, `BucketOwnerRead`, `LogDeliveryWrite`, `Private`, `PublicRead`, `PublicReadWrite`)"#);
        insta::assert_snapshot!(block("fail = self.VersioningConfiguration.Stat == \"Enabled\""), @r"`Stat`: there is no property `Stat` here in `AWS::S3::Bucket` (did you mean `Status`?)");
        insta::assert_snapshot!(block("fail = self.LifecycleConfiguration.Rules.Status == \"Enabled\""), @r"`Status`: `Status` is taken from a list (take it from each element: `[*].Status`, or use a `for` expression)");
        insta::assert_snapshot!(block("fail = anytrue([for r in self.LifecycleConfiguration.Rules : r.Statuss == \"Enabled\"])"), @r"`Statuss`: there is no property `Statuss` here in `AWS::S3::Bucket` (did you mean `Status`?)");
        insta::assert_snapshot!(block("fail = contains(self.LifecycleConfiguration.Rules[*].Status, \"On\")"), @r#"`"On"`: `Status` is never `On` (there is `Enabled`, `Disabled`)"#);
        insta::assert_snapshot!(block("fail = AccessControl == \"Private\""), @r#"`AccessControl`: nothing is called `AccessControl` here (did you mean `self.AccessControl`, or the text `"AccessControl"`?)"#);
        insta::assert_snapshot!(block("fail = self.nam == \"x\""), @r"`nam`: a resource has no member `nam` (did you mean `name`?)");
        insta::assert_snapshot!(block("fail = contain([], 1)"), @r"`contain`: there is no function `contain` in pages (did you mean `contains`?)");
        insta::assert_snapshot!(block("fail = length(referrers(self, \"AWS::S3::BucketPolcy\")) > 0"), @r#"`"AWS::S3::BucketPolcy"`: there is no resource type `AWS::S3::BucketPolcy` (did you mean `AWS::S3::BucketPolicy`?)"#);
        insta::assert_snapshot!(block("fail = length(referrers(self, \"AWS::S3::BucketPolicy\", \"Buckt\")) > 0"), @r#"`"Buckt"`: `AWS::S3::BucketPolicy` has no property `Buckt` (did you mean `Bucket`?)"#);
    }

    #[test]
    fn wrong_kinds_are_found() {
        insta::assert_snapshot!(block("fail = self.LifecycleConfiguration.Rules"), @r"`self.LifecycleConfiguration.Rules`: a list stands where a truth value is needed (ask `length(…) > 0`, `anytrue([for … : …])` or `!absent(…)`)");
        insta::assert_snapshot!(block("fail = !self.BucketName"), @r"`self.BucketName`: a string stands where a truth value is needed (compare it with something)");
        insta::assert_snapshot!(block("fail = self.PublicAccessBlockConfiguration.BlockPublicAcls == \"true\""), @r#"`self.PublicAccessBlockConfiguration.BlockPublicAcls == "true"`: a truth value is compared with a string: they are never equal (values have the type that the registry gives the property: write `true` or `false`)"#);
        insta::assert_snapshot!(block("fail = each.value == 1"), @r"`each.value`: `each` can't be used here: the block has no `for_each`, or this is inside of it (use a `for` expression, or add `for_each = …` to the block)");
        insta::assert_snapshot!(block("fail = local.x"), @r"`local.x`: the page has no constant `local.x`");
    }

    #[test]
    fn wrong_forms_are_found() {
        insta::assert_snapshot!(block(""), @r#"`resource "AWS::S3::Bucket"`: the block has no `fail` (add `fail = …`)"#);
        insta::assert_snapshot!(block("fail = true\nmesage = 1"), @r"`mesage`: a `resource` block has no `mesage` (did you mean `message`?)");
        insta::assert_snapshot!(block("fail = true\nfix \"x\" {\n  set = { A = 1 }\n}"), @r"`A`: `AWS::S3::Bucket` has no property `A`");
        insta::assert_snapshot!(block("fail = true\nfix \"x\" {}"), @r#"`fix "x"`: the fix changes nothing (add `set`, `remove`, `append`, an `add` block, or `steps`)"#);
        insta::assert_snapshot!(compiled("resourc \"x\" {}\n").1.join("\n"), @r"`resourc`: pages have no `resourc` blocks (did you mean `resource`?)");
        insta::assert_snapshot!(compiled("\n").1.join("\n"), @r#"``: the page's logic has no `resource` or `input` block (add `resource "AWS::…" { fail = …, message = … }`)"#);
    }

    #[test]
    fn constants_are_filled_in_and_have_a_budget() {
        let page = |locals: &str| {
            compiled(&format!(
                "locals {{\n{locals}\n}}\nresource \"AWS::S3::Bucket\" {{\n  fail = contains(local.b, self.BucketName)\n  \
                 message = \"m\"\n}}\n"
            ))
        };
        let (policy, wrong) = page("a = \"x\"\nb = [local.a]");
        assert_eq!(wrong, Vec::<String>::new());
        assert!(format!("{:?}", policy.unwrap().blocks[0].fail).contains("String(\"x\")"));
        let bomb: String = (1..40).map(|n| format!("a{n} = [local.a{m}, local.a{m}]\n", m = n - 1)).collect();
        let (_, wrong) = page(&format!("a0 = [1]\n{bomb}b = flatten(local.a39)"));
        assert!(wrong.iter().any(|w| w.contains("budget")), "{wrong:?}");
    }

    #[test]
    fn damaged_logic_is_reported_and_the_rest_is_used() {
        let (policy, wrong) = compiled(
            "resource \"AWS::S3::Bucket\" {\n  fail = (\n}\nresource \"AWS::S3::Bucket\" {\n  fail = true\n  message = \"m\"\n}\n",
        );
        assert!(!wrong.is_empty());
        assert!(policy.is_none_or(|p| p.blocks.len() <= 1));
        for broken in [
            "{",
            "}",
            "resource",
            "resource {",
            "resource \"AWS::S3::Bucket\" { fail = ",
            "\"",
            "<<A\n",
            "x = [[[[",
        ] {
            compiled(broken);
        }
    }

    #[test]
    fn built_in_pages_are_without_errors_and_indexed_by_their_types() {
        let mut wrong = String::new();
        for entry in super::super::builtin::index().pages() {
            let sources = Sources::new();
            let file = sources.add(entry.path, entry.text);
            let (page, mut diagnostics) = super::super::page::read(&file);
            let (policy, more) = compile(&file, page.logic.clone().unwrap_or(0..0));
            diagnostics.extend(more);
            for d in diagnostics {
                let line = d.span.map_or(0, |s| file.position(s.start).line);
                wrong += &format!("{}:{line}: {} ({})\n", entry.path, d.message, d.help.unwrap_or_default());
            }
            let types = entry.types.iter().map(|t| Str::from(*t)).collect();
            if policy.map(|p| p.types()) != Some(types) {
                wrong += &format!("{}: the index has other types\n", entry.path);
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}
