//! From a table's lines to rules that are checked against both schemas, with everything that matches by name alone.

use std::sync::Arc;

use crate::Str;

use super::super::registry::{self, Shape, ShapeId, Type, closest};
use super::super::table::{CodecText, Item, Majors, Step, TableError, When};
use super::super::terraform_schema::{self, Kind, ObjectId, Resource};
use super::codec::Codec;
use super::functions::{self, Function};

/// What one object of the source becomes.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) rules: Vec<Rule>,
    pub(super) constants: Vec<(Vec<Step>, Str)>,
    pub(super) defaults: Vec<(Vec<Step>, Str, Majors)>,
    pub(super) functions: Vec<Function>,
}

/// What one argument becomes.
#[derive(Debug)]
pub(super) struct Rule {
    /// Names from the scope's object; empty for the object itself.
    pub(super) source: Vec<Str>,
    /// From the scope's target; ends with an element when each source element makes one.
    pub(super) target: Vec<Step>,
    pub(super) codecs: Vec<Codec>,
    /// One element of the scope for each member of the argument.
    pub(super) expand: bool,
    pub(super) when: Option<When>,
    /// Rules for what the argument holds.
    pub(super) below: Option<Scope>,
    /// What the argument holds is taken by name when it is met: nothing says how it is built.
    pub(super) named: bool,
    /// The shape of what is written.
    pub(super) shape: ShapeId,
    /// For each name of the source whether it is a block or another collection of objects.
    pub(super) blocks: Vec<bool>,
    /// The argument is a collection of scalars.
    pub(super) collection: bool,
}

/// What a resource contributes to another.
#[derive(Debug)]
pub(super) struct Companion {
    pub(super) owners: Vec<Str>,
    /// The argument that names the owner.
    pub(super) argument: Vec<Str>,
    /// Where the contribution goes.
    pub(super) path: Vec<Step>,
    pub(super) append: bool,
    pub(super) when: Option<When>,
    pub(super) scope: Scope,
}

/// What an attribute of a resource is in the registry's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// `Ref`.
    Ref,
    /// `Fn::GetAtt` with this name, `Endpoint.Address`.
    Attribute(Str),
    /// The same as the property at this path, which somebody sets.
    Property(Str),
}

/// Where something that is not written would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry path.
    pub target: Str,
    /// An argument's path, or a companion's type, a space and its argument's path.
    pub source: Str,
    /// The provider's first and last major version for which this holds.
    pub majors: (u32, u32),
}

/// A table, ready to lower with.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) target: Str,
    pub(super) root: Scope,
    pub(super) outputs: Vec<(Str, Output)>,
    pub(super) places: Vec<Place>,
    pub(super) irreversible: Vec<(Str, Str)>,
    pub(super) absent: Vec<(Vec<Step>, Majors)>,
    pub(super) companions: Vec<Companion>,
    pub(super) errors: Vec<TableError>,
    /// Arguments that go nowhere.
    pub(super) unmatched: Vec<Str>,
}

/// Where a scope's arguments are described.
#[derive(Clone, Copy)]
enum Source<'s> {
    Terraform(&'s Resource, ObjectId),
    Registry(&'s Type, ShapeId),
    /// Nothing is known: any name is right.
    Any,
}

/// How an argument is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Bool,
    Json,
    /// A list of scalars.
    List,
    /// A map of scalars.
    Map,
    /// One object.
    Object,
    /// Several objects.
    Objects,
}

#[derive(Clone)]
struct Argument<'s> {
    name: Str,
    form: Form,
    inner: Source<'s>,
    settable: bool,
    /// It holds objects in a list or set, be it of one.
    several: bool,
}

impl<'s> Source<'s> {
    fn arguments(self) -> Vec<Argument<'s>> {
        match self {
            Source::Terraform(resource, id) => {
                resource.object(id).iter().map(|a| terraform_argument(resource, a)).collect()
            }
            Source::Registry(of, id) => match of.shape(id) {
                Some(Shape::Object(fields)) => {
                    fields.iter().map(|f| registry_argument(of, f.name.clone(), f.shape)).collect()
                }
                _ => Vec::new(),
            },
            Source::Any => Vec::new(),
        }
    }

    fn argument(self, name: &str) -> Result<Argument<'s>, Option<Str>> {
        let names = match self {
            Source::Terraform(resource, id) => match resource.attribute(id, name) {
                Some(a) => return Ok(terraform_argument(resource, a)),
                None => resource.object(id).iter().map(|a| a.name.clone()).collect::<Vec<_>>(),
            },
            Source::Registry(of, id) => match (of.field(id, name), of.shape(id)) {
                (Some(f), _) => return Ok(registry_argument(of, f.name.clone(), f.shape)),
                (None, Some(Shape::Object(fields))) => fields.iter().map(|f| f.name.clone()).collect(),
                _ => Vec::new(),
            },
            Source::Any => {
                return Ok(Argument {
                    name: name.into(),
                    form: Form::Json,
                    inner: Source::Any,
                    settable: true,
                    several: false,
                });
            }
        };
        Err(closest(name, &names).cloned())
    }
}

fn terraform_argument<'s>(resource: &'s Resource, a: &terraform_schema::Attribute) -> Argument<'s> {
    let inner = a.kind.object().map_or(Source::Any, |id| Source::Terraform(resource, id));
    let form = match &a.kind {
        Kind::String => Form::Text,
        Kind::Number => Form::Number,
        Kind::Bool => Form::Bool,
        Kind::Dynamic => Form::Json,
        Kind::Object(_) => Form::Object,
        Kind::List(k) | Kind::Set(k) => match (k.object(), a.max_one) {
            (Some(_), true) => Form::Object,
            (Some(_), false) => Form::Objects,
            (None, _) => Form::List,
        },
        Kind::Map(_) => Form::Map,
    };
    let several = matches!(&a.kind, Kind::List(k) | Kind::Set(k) if k.object().is_some());
    Argument { name: a.name.clone(), form, inner, settable: a.required || a.optional, several }
}

fn registry_argument(of: &Type, name: Str, shape: ShapeId) -> Argument<'_> {
    let (form, inner) = match of.shape(shape) {
        Some(Shape::Object(_)) => (Form::Object, Source::Registry(of, shape)),
        Some(Shape::List { items, .. }) => match of.shape(*items) {
            Some(Shape::Object(_)) => (Form::Objects, Source::Registry(of, *items)),
            _ => (Form::List, Source::Any),
        },
        Some(Shape::Map(_)) => (Form::Map, Source::Any),
        Some(Shape::String(_)) => (Form::Text, Source::Any),
        Some(Shape::Integer | Shape::Number) => (Form::Number, Source::Any),
        Some(Shape::Boolean) => (Form::Bool, Source::Any),
        Some(Shape::Json) | None => (Form::Json, Source::Any),
    };
    Argument { settable: !of.read_only.contains(&name), name, form, inner, several: form == Form::Objects }
}

/// The target of a scope: a shape of a type; none when the type is not known.
#[derive(Clone, Copy)]
struct Target<'t> {
    of: &'t Type,
    shape: ShapeId,
}

struct Compiler {
    file: &'static str,
    errors: Vec<TableError>,
    unmatched: Vec<Str>,
    /// The argument whose scope is compiled, for what is told about unmatched ones.
    at: Vec<Str>,
}

/// How deep blocks are followed by name.
const MAX_DEPTH: usize = 12;

/// Compiles a Terraform type's table.
pub(super) fn terraform(name: &str, file: &'static str, target: &str, items: &[Item]) -> Compiled {
    let mut compiler = Compiler { file, errors: Vec::new(), unmatched: Vec::new(), at: Vec::new() };
    let mut out = Compiled { target: target.into(), ..Compiled::default() };
    let Some(of) = registry::get(target) else {
        compiler.error(1, format!("there is no registry type `{target}`"));
        out.errors = compiler.errors;
        return out;
    };
    // The legacy name of a type that the schema has under its new one still lowers.
    let schema = terraform_schema::get(name);
    let source = schema.as_deref().map_or(Source::Any, |s| Source::Terraform(s, ObjectId(0)));
    if schema.is_none() {
        compiler.error(1, format!("there is no resource type `{name}`"));
    }
    out.root = compiler.scope(items, source, Target { of: &of, shape: ShapeId(0) }, 0);
    compiler.top(&mut out, items, source, &of);
    if let Some(schema) = &schema {
        outputs(&mut out, schema, &of);
    }
    out.errors = compiler.errors;
    out.unmatched = compiler.unmatched;
    out
}

/// Compiles what tables say about companions of a registry type.
pub(super) fn registry_companions(of: &Arc<Type>, blocks: &[(&'static str, Vec<Item>)]) -> Compiled {
    let mut out = Compiled { target: of.name.clone(), ..Compiled::default() };
    for (file, items) in blocks {
        let mut compiler = Compiler { file, errors: Vec::new(), unmatched: Vec::new(), at: Vec::new() };
        compiler.top(&mut out, items, Source::Registry(of, ShapeId(0)), of);
        out.errors.extend(compiler.errors);
    }
    out
}

/// What attributes are for `Ref` and `Fn::GetAtt`, beyond what the table says.
fn outputs(out: &mut Compiled, schema: &Resource, of: &Type) {
    for attribute in schema.attributes() {
        if out.outputs.iter().any(|(name, _)| *name == attribute.name) {
            continue;
        }
        let plain = normal(&attribute.name);
        let read_only = of.read_only.iter().find(|path| normal(path) == plain);
        let output = match (attribute.name.as_str(), read_only) {
            ("id", _) => Output::Ref,
            (_, Some(path)) => Output::Attribute(path.clone()),
            (name, None) => {
                let rule = out
                    .root
                    .rules
                    .iter()
                    .find(|r| r.below.is_none() && matches!(r.source.as_slice(), [n] if n == name));
                match rule {
                    Some(rule) => Output::Property(text(&rule.target)),
                    None => continue,
                }
            }
        };
        out.outputs.push((attribute.name.clone(), output));
    }
}

/// A path as text.
pub(super) fn text(path: &[Step]) -> Str {
    let mut out = Str::new();
    for step in path {
        match step {
            Step::Name(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Element => out.push_str("[]"),
        }
    }
    out
}

/// A name without case and underscores.
fn normal(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

impl Compiler {
    fn error(&mut self, line: u32, message: String) {
        self.errors.push(TableError { file: self.file, line, message });
    }

    /// The lines that may only stand directly below a header.
    fn top(&mut self, out: &mut Compiled, items: &[Item], source: Source<'_>, of: &Type) {
        for item in items {
            match item {
                Item::Output { line, attribute, name } => {
                    if let Err(suggestion) = source.argument(attribute) {
                        self.error(*line, unknown("attribute", attribute, suggestion.as_ref()));
                    }
                    let output = if name == "Ref" { Output::Ref } else { Output::Attribute(name.clone()) };
                    out.outputs.push((attribute.clone(), output));
                }
                Item::Place { line, target, source: place, majors } => {
                    self.resolve(*line, Target { of, shape: ShapeId(0) }, target);
                    let majors = (majors.first, majors.last);
                    out.places.push(Place { target: text(target), source: place.clone(), majors });
                }
                Item::Irreversible { line, target, reason } => {
                    self.resolve(*line, Target { of, shape: ShapeId(0) }, target);
                    out.irreversible.push((text(target), reason.clone()));
                }
                Item::Absent { line, target, majors } => {
                    self.resolve(*line, Target { of, shape: ShapeId(0) }, target);
                    out.absent.push((target.clone(), *majors));
                }
                Item::Companion { line, owners, argument, target, append, when, items } => {
                    let mut from = source;
                    for name in argument {
                        match from.argument(name) {
                            Ok(found) => from = found.inner,
                            Err(suggestion) => {
                                self.error(*line, unknown("argument", name, suggestion.as_ref()));
                                from = Source::Any;
                            }
                        }
                    }
                    self.condition(*line, when.as_ref(), source);
                    let mut scope = Scope::default();
                    for (at, owner) in owners.iter().enumerate() {
                        let Some(owner_type) = registry::get(owner) else {
                            self.error(*line, format!("there is no registry type `{owner}`"));
                            continue;
                        };
                        let Some(shape) =
                            self.resolve(*line, Target { of: &owner_type, shape: ShapeId(0) }, target)
                        else {
                            continue;
                        };
                        if at == 0 {
                            let mut shape = shape;
                            if *append && let Some(Shape::List { items, .. }) = owner_type.shape(shape) {
                                shape = *items;
                            }
                            let before = self.unmatched.len();
                            scope = self.scope(items, source, Target { of: &owner_type, shape }, 0);
                            self.unmatched.truncate(before);
                        }
                    }
                    out.companions.push(Companion {
                        owners: owners.clone(),
                        argument: argument.clone(),
                        path: target.clone(),
                        append: *append,
                        when: when.clone(),
                        scope,
                    });
                }
                _ => {}
            }
        }
    }

    fn resolve(&mut self, line: u32, target: Target<'_>, path: &[Step]) -> Option<ShapeId> {
        match target.of.lookup_from(target.shape, &text(path)) {
            Ok(found) => Some(found.id),
            Err(wrong) => {
                let at =
                    if wrong.parent.is_empty() { String::new() } else { format!(" in `{}`", wrong.parent) };
                let what = format!("property of `{}`{at}", target.of.name);
                self.error(line, unknown(&what, &wrong.step, wrong.suggestion()));
                None
            }
        }
    }

    fn scope(&mut self, items: &[Item], source: Source<'_>, target: Target<'_>, depth: usize) -> Scope {
        let mut out = Scope::default();
        let mut mentioned: Vec<Str> = Vec::new();
        let mut written: Vec<Str> = Vec::new();
        let mut manual = false;
        for item in items {
            match item {
                Item::Rule { line, source: path, target: to, codecs, expand, when, items } => {
                    if let Some(first) = path.first() {
                        mentioned.push(first.clone());
                    }
                    if let [Step::Name(name)] | [Step::Name(name), Step::Element] = to.as_slice()
                        && when.is_none()
                    {
                        written.push(name.clone());
                    }
                    let rule = Written { line: *line, path, to, codecs, expand: *expand, when, items };
                    if let Some(rule) = self.rule(&rule, source, target, depth) {
                        out.rules.push(rule);
                    }
                }
                Item::Const { line, target: path, json } => {
                    self.resolve(*line, target, path);
                    if let [Step::Name(name)] = path.as_slice() {
                        written.push(name.clone());
                    }
                    out.constants.push((path.clone(), json.clone()));
                }
                Item::Default { line, target: path, json, majors } => {
                    self.resolve(*line, target, path);
                    out.defaults.push((path.clone(), json.clone(), *majors));
                }
                Item::Ignore { line, names } => {
                    for name in names {
                        if let Err(suggestion) = source.argument(name) {
                            self.error(*line, unknown("argument", name, suggestion.as_ref()));
                        }
                    }
                    mentioned.extend(names.iter().cloned());
                }
                Item::Manual => manual = true,
                Item::Function { line, name } => match functions::find(name) {
                    Some(function) => {
                        mentioned.extend(function.arguments.iter().map(|a| Str::from(*a)));
                        out.functions.push(function);
                    }
                    None => self.error(*line, format!("there is no function `{name}`")),
                },
                Item::Companion { line, .. } | Item::Output { line, .. } | Item::Place { line, .. }
                    if depth > 0 =>
                {
                    self.error(*line, "this can only stand directly below the header".into());
                }
                _ => {}
            }
        }
        if !manual && depth < MAX_DEPTH {
            self.by_name(&mut out, &mentioned, &written, source, target, depth);
        }
        out
    }

    /// The scope of what an argument holds.
    fn below(&mut self, items: &[Item], argument: &Argument<'_>, target: Target<'_>, depth: usize) -> Scope {
        self.at.push(argument.name.clone());
        let scope = self.scope(items, argument.inner, target, depth + 1);
        self.at.pop();
        scope
    }

    /// Adds rules for the arguments that nothing mentions and that the target has under the same name.
    fn by_name(
        &mut self,
        out: &mut Scope,
        mentioned: &[Str],
        written: &[Str],
        source: Source<'_>,
        target: Target<'_>,
        depth: usize,
    ) {
        let Some(Shape::Object(fields)) = target.of.shape(target.shape) else { return };
        let names: Vec<String> = fields.iter().map(|f| normal(&f.name)).collect();
        for argument in source.arguments() {
            if !argument.settable || mentioned.contains(&argument.name) || argument.name == "timeouts" {
                continue;
            }
            let found = candidates(&argument.name, (depth == 0).then_some(&target.of.name))
                .iter()
                .find_map(|candidate| names.iter().position(|n| n == candidate));
            let rule = found.and_then(|at| fields.get(at)).and_then(|field| {
                if written.contains(&field.name) || (depth == 0 && target.of.read_only.contains(&field.name))
                {
                    return None;
                }
                let mut path = vec![Step::Name(field.name.clone())];
                let (shape, codecs, element) = fit(&argument, target.of, field.shape)?;
                if element {
                    path.push(Step::Element);
                }
                let below = match argument.form {
                    Form::Object | Form::Objects => {
                        Some(self.below(&[], &argument, Target { of: target.of, shape }, depth))
                    }
                    _ => None,
                };
                Some(Rule {
                    source: vec![argument.name.clone()],
                    target: path,
                    codecs,
                    expand: false,
                    when: None,
                    below,
                    named: false,
                    shape,
                    blocks: vec![argument.several],
                    collection: argument.form == Form::List,
                })
            });
            match rule {
                Some(rule) => out.rules.push(rule),
                None => {
                    let path: Vec<&str> = self.at.iter().chain([&argument.name]).map(Str::as_str).collect();
                    self.unmatched.push(path.join(".").into());
                }
            }
        }
    }

    fn rule(
        &mut self,
        written: &Written<'_>,
        source: Source<'_>,
        target: Target<'_>,
        depth: usize,
    ) -> Option<Rule> {
        let line = written.line;
        let mut blocks = Vec::with_capacity(written.path.len());
        let mut argument =
            Argument { name: Str::new(), form: Form::Object, inner: source, settable: true, several: false };
        for (at, name) in written.path.iter().enumerate() {
            if at > 0 && argument.form != Form::Object && !matches!(argument.inner, Source::Any) {
                self.error(
                    line,
                    format!("`{}` is not a single block: write its rules below it", argument.name),
                );
                return None;
            }
            match argument.inner.argument(name) {
                Ok(found) => argument = found,
                Err(suggestion) => {
                    self.error(line, unknown("argument", name, suggestion.as_ref()));
                    return None;
                }
            }
            blocks.push(argument.several);
        }
        let mut path = written.to.to_vec();
        let mut shape = self.resolve(line, target, &path)?;
        let mut codecs = Vec::new();
        let named = written.codecs.iter().any(|c| c.name == "named");
        for text in written.codecs.iter().filter(|c| c.name != "named") {
            match Codec::new(text) {
                Ok(codec) => codecs.push(codec),
                Err(message) => self.error(line, message),
            }
        }
        let nested =
            matches!(argument.form, Form::Object | Form::Objects) && !matches!(argument.inner, Source::Any);
        let mut below = None;
        if named {
            // Nothing to compile.
        } else if !written.items.is_empty()
            || (nested && codecs.is_empty() && !matches!(target.of.shape(shape), Some(Shape::Json)))
        {
            if let Some(Shape::List { items, .. }) = target.of.shape(shape)
                && path.last() != Some(&Step::Element)
            {
                path.push(Step::Element);
                shape = *items;
            }
            if !written.items.is_empty() || matches!(target.of.shape(shape), Some(Shape::Object(_))) {
                below = Some(self.scope(
                    written.items,
                    argument.inner,
                    Target { of: target.of, shape },
                    depth + 1,
                ));
            }
        } else if codecs.is_empty() && !path.is_empty() && !written.expand {
            match fit(&argument, target.of, shape) {
                Some((_, implied, _)) => codecs = implied,
                None if path.last() == Some(&Step::Element)
                    || matches!(argument.inner, Source::Any) && argument.form == Form::Json => {}
                None => self.error(
                    line,
                    format!(
                        "`{}` and `{}` are built differently: a conversion is missing",
                        argument.name,
                        text(&path)
                    ),
                ),
            }
        }
        if let (Some(Codec::Alias(pairs)), Some(Shape::String(values))) =
            (codecs.last(), target.of.shape(shape))
        {
            self.listed(line, pairs.iter().map(|(_, b)| b), values);
        }
        if let (Some(Codec::Bool(yes, no)), Some(Shape::String(values))) =
            (codecs.last(), target.of.shape(shape))
        {
            self.listed(line, [yes, no].into_iter(), values);
        }
        self.condition(line, written.when.as_ref(), source);
        Some(Rule {
            source: written.path.to_vec(),
            target: path,
            codecs,
            expand: written.expand,
            when: written.when.clone(),
            below,
            named,
            shape,
            blocks,
            collection: argument.form == Form::List,
        })
    }

    /// A condition's argument must exist.
    fn condition(&mut self, line: u32, when: Option<&When>, source: Source<'_>) {
        let mut from = source;
        for name in when.into_iter().flat_map(|w| &w.argument) {
            match from.argument(name) {
                Ok(found) => from = found.inner,
                Err(suggestion) => {
                    self.error(line, unknown("argument", name, suggestion.as_ref()));
                    return;
                }
            }
        }
    }

    /// Values that a conversion makes must be among those that the registry lists.
    fn listed<'v>(&mut self, line: u32, made: impl Iterator<Item = &'v Str>, values: &[Str]) {
        for value in made {
            if !values.is_empty() && !values.contains(value) {
                self.error(line, unknown("value", value, closest(value, values)));
            }
        }
    }
}

/// What an argument may be called in the registry, best first: the same but for case and underscores, in the plural or
/// singular, with the word that the registry adds to objects, and the resource's own name before it (`name` of a queue
/// is `QueueName`).
pub(super) fn candidates(name: &str, of: Option<&Str>) -> Vec<String> {
    let plain = normal(name);
    let plural =
        if let Some(stem) = plain.strip_suffix('y') { format!("{stem}ies") } else { format!("{plain}s") };
    let mut out = vec![plural, plain.strip_suffix('s').unwrap_or("").to_owned()];
    for word in ["config", "configuration", "options", "specification"] {
        out.push(format!("{plain}{word}"));
    }
    if let Some(stem) = plain.strip_suffix("config") {
        out.push(format!("{stem}configuration"));
        out.push(stem.to_owned());
    }
    if let Some(stem) = plain.strip_suffix("configuration") {
        out.push(format!("{stem}config"));
    }
    if let Some(own) = of.and_then(|of| of.rsplit("::").next()) {
        out.push(format!("{}{plain}", normal(own)));
        if matches!(
            plain.as_str(),
            "clusteridentifier" | "instanceclass" | "parametergroupname" | "subnetgroupname"
        ) {
            out.push(format!("db{plain}"));
        }
    }
    out.insert(0, plain);
    out
}

/// A rule as written.
struct Written<'w> {
    line: u32,
    path: &'w [Str],
    to: &'w [Step],
    codecs: &'w [CodecText],
    expand: bool,
    when: &'w Option<When>,
    items: &'w [Item],
}

/// How an argument fits a property without being told: the shape written to, conversions, whether each makes an
/// element.
fn fit(argument: &Argument<'_>, of: &Type, shape: ShapeId) -> Option<(ShapeId, Vec<Codec>, bool)> {
    let plain = Some((shape, Vec::new(), false));
    match (argument.form, of.shape(shape)?) {
        (Form::Object, Shape::Object(_)) => plain,
        (Form::Object | Form::Objects, Shape::List { items, .. }) => {
            matches!(of.shape(*items), Some(Shape::Object(_))).then_some((*items, Vec::new(), true))
        }
        (Form::Map, Shape::Map(_)) => plain,
        (Form::Map, Shape::List { items, .. }) => {
            of.field(*items, "Key")?;
            of.field(*items, "Value")?;
            Some((shape, vec![Codec::Pairs("Key".into(), "Value".into())], false))
        }
        (Form::List, Shape::List { items, .. }) => (!matches!(
            of.shape(*items),
            Some(Shape::Object(_) | Shape::List { .. })
        ))
        .then_some((shape, Vec::new(), false)),
        (Form::Text, Shape::Json) => Some((shape, vec![Codec::Json], false)),
        (Form::Text | Form::Number, Shape::String(_) | Shape::Integer | Shape::Number) => plain,
        (Form::Text | Form::Bool, Shape::Boolean) => plain,
        (Form::Bool, Shape::String(values)) => (values.is_empty()
            || values.iter().any(|v| v.eq_ignore_ascii_case("true")))
        .then_some((shape, Vec::new(), false)),
        (Form::Json, Shape::Json) | (Form::Map | Form::List, Shape::Json) => plain,
        (Form::Json, _) => plain,
        _ => None,
    }
}

fn unknown(what: &str, name: &str, suggestion: Option<&Str>) -> String {
    match suggestion {
        Some(like) => format!("there is no {what} `{name}`: did you mean `{like}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}
