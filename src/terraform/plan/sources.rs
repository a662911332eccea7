//! From a plan back to the configuration that it was made of: what the plan says stands where the source says it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{
    Attribute, Block, Call, CallSource, Expr, ExprKind, Input, Literal, Mode, Module, ModuleId, Program,
    Quantity, Resource, Root,
};
use crate::source::Span;

/// How deep values are followed.
const MAX_DEPTH: usize = 300;

/// A plan's program with the places of its configuration's: headers, arguments, nested blocks, calls. A value that a
/// module hands on to a resource as it is goes through the same arguments of calls. What the sources do not have keeps
/// its place in the plan; a plan of another configuration stays as it is. The configuration goes along: evaluating it
/// tells what the plan leaves open.
#[must_use]
pub fn located(plan: Program, configuration: Program) -> Program {
    let sources = &configuration;
    let pairs = pairs(&plan, sources);
    let known = pairs.iter().any(|pair| {
        let (Some(own), Some(source)) = (plan.module(pair.own), sources.module(pair.source)) else {
            return false;
        };
        own.resources.iter().any(|r| source.resources.iter().any(|s| is_same(r, s)))
    });
    if !known {
        return plan;
    }
    let Program { modules, root, diagnostics, constructs, environment, .. } = plan;
    let modules = modules.into_iter().map(|m| Arc::try_unwrap(m).unwrap_or_else(|m| Module::clone(&m)));
    let mut locator = Locator { modules: modules.collect(), sources, pairs, hidden: 0 };
    for at in 0..locator.pairs.len() {
        locator.module(at);
    }
    let modules = locator.modules.into_iter().map(Arc::new).collect();
    let configuration = Some(Box::new(configuration));
    Program { modules, root, diagnostics, constructs, environment, configuration }
}

fn is_same(a: &Resource, b: &Resource) -> bool {
    a.mode == b.mode && a.type_name == b.type_name && a.name == b.name
}

/// A module instance of the plan and the module of the sources that it is one of.
struct Pair {
    own: ModuleId,
    source: ModuleId,
    /// The pair that calls it, and the names of the call there: in the plan, in the sources.
    caller: Option<(usize, Str, Str)>,
}

fn pairs(plan: &Program, sources: &Program) -> Vec<Pair> {
    let mut pairs = vec![Pair { own: plan.root, source: sources.root, caller: None }];
    let mut at = 0;
    while let Some(pair) = pairs.get(at) {
        let (own, source) = (pair.own, pair.source);
        if let (Some(own), Some(source)) = (plan.module(own), sources.module(source)) {
            for (name, call) in &own.calls {
                let plain = name.split('[').next().unwrap_or(name);
                if let (CallSource::Loaded(target), Some(written)) = (&call.source, source.calls.get(plain))
                    && let CallSource::Loaded(inner) = written.source
                {
                    let caller = Some((at, name.clone(), Str::from(plain)));
                    pairs.push(Pair { own: *target, source: inner, caller });
                }
            }
        }
        at += 1;
        if at > MAX_DEPTH * 1_000 {
            break;
        }
    }
    pairs
}

struct Locator<'s> {
    modules: Vec<Module>,
    sources: &'s Program,
    pairs: Vec<Pair>,
    /// How many inputs were made up.
    hidden: usize,
}

impl<'s> Locator<'s> {
    fn module(&mut self, at: usize) {
        let Some(pair) = self.pairs.get(at) else { return };
        let (own, source) = (pair.own.0 as usize, pair.source);
        let sources = self.sources;
        let Some(source) = sources.module(source) else { return };
        let by_name: FxHashMap<(Mode, &str, &str), &'s Resource> =
            source.resources.iter().map(|r| ((r.mode, r.type_name.as_str(), r.name.as_str()), r)).collect();
        let Some(module) = self.modules.get_mut(own) else { return };
        for input in module.inputs.values_mut() {
            if let Some(written) = source.inputs.get(&input.name) {
                input.name_span = written.name_span;
                input.span = written.span;
                if let (Some(default), Some(place)) = (&mut input.default, &written.default) {
                    relocate(default, place, 0);
                }
            }
        }
        for (name, call) in &mut module.calls {
            let plain = name.split('[').next().unwrap_or(name);
            if let Some(written) = source.calls.get(plain) {
                locate_call(call, written);
            }
        }
        let mut resources = std::mem::take(&mut module.resources);
        for resource in &mut resources {
            let key = (resource.mode, resource.type_name.as_str(), resource.name.as_str());
            if let Some(written) = by_name.get(&key) {
                self.resource(resource, written, at);
            }
        }
        if let Some(module) = self.modules.get_mut(own) {
            module.resources = resources;
        }
    }

    fn resource(&mut self, own: &mut Resource, written: &'s Resource, at: usize) {
        own.name_span = written.name_span;
        own.header = written.header;
        own.span = written.span;
        own.body.span = written.body.span;
        for attribute in &mut own.body.attributes {
            self.attribute(attribute, &written.body.attributes, &written.body.blocks, written.header, at);
        }
        for block in &mut own.body.blocks {
            block.header = written.header;
            block.span = written.span;
        }
    }

    fn attribute(
        &mut self,
        own: &mut Attribute,
        attributes: &'s [Attribute],
        blocks: &'s [Block],
        header: Span,
        at: usize,
    ) {
        if let Some(written) = attributes.iter().find(|a| a.name == own.name) {
            own.name_span = written.name_span;
            own.span = written.span;
            let value =
                std::mem::replace(&mut own.value, Expr::new(ExprKind::List(Vec::new()), written.span));
            own.value = self.placed(value, &written.value, at, 0);
            return;
        }
        let of_name: Vec<&'s Block> = blocks.iter().filter(|b| b.name == own.name).collect();
        let Some(first) = of_name.first() else {
            own.name_span = header;
            own.span = header;
            everything(&mut own.value, header, 0);
            return;
        };
        own.name_span = first.header;
        own.span = first.span;
        own.value.span = first.span;
        match &mut own.value.kind {
            ExprKind::List(items) => {
                for (n, item) in items.iter_mut().enumerate() {
                    self.block(item, likeliest(item, n, &of_name).unwrap_or(first), at, 0);
                }
            }
            ExprKind::Object(_) => self.block(&mut own.value, first, at, 0),
            _ => {}
        }
    }

    /// An object of the plan that is a block in the source.
    fn block(&mut self, own: &mut Expr, written: &'s Block, at: usize, depth: usize) {
        own.span = written.span;
        let ExprKind::Object(items) = &mut own.kind else { return };
        if depth > MAX_DEPTH {
            return;
        }
        for item in items {
            let Some(name) = item.key.as_string().cloned() else { continue };
            if let Some(attribute) = written.body.attributes.iter().find(|a| a.name == name) {
                item.key.span = attribute.name_span;
                item.span = attribute.span;
                let placeholder = Expr::new(ExprKind::List(Vec::new()), attribute.span);
                let value = std::mem::replace(&mut item.value, placeholder);
                // What a `dynamic` block's iterator gives is known where the block stands.
                item.value = self.placed(value, &attribute.value, at, 0);
                continue;
            }
            let inner: Vec<&'s Block> = written.body.blocks.iter().filter(|b| b.name == name).collect();
            let Some(first) = inner.first() else {
                item.key.span = written.header;
                item.span = written.header;
                everything(&mut item.value, written.header, 0);
                continue;
            };
            item.key.span = first.header;
            item.span = first.span;
            item.value.span = first.span;
            match &mut item.value.kind {
                ExprKind::List(items) => {
                    for (n, item) in items.iter_mut().enumerate() {
                        self.block(item, likeliest(item, n, &inner).unwrap_or(first), at, depth + 1);
                    }
                }
                ExprKind::Object(_) => self.block(&mut item.value, first, at, depth + 1),
                _ => {}
            }
        }
    }

    /// A value of the plan where the source has an expression. One that the module was handed goes through the call's
    /// argument: then that is where it comes from.
    fn placed(&mut self, mut own: Expr, written: &'s Expr, at: usize, depth: usize) -> Expr {
        // `condition ? var.x : null` is the variable, where it is anything.
        let mut written = written;
        while let ExprKind::Conditional(_, yes, no) = &written.kind
            && !is_null(&own)
        {
            written = match (is_null(yes), is_null(no)) {
                (false, true) => yes,
                (true, false) => no,
                _ => break,
            };
        }
        let handed = match &written.kind {
            ExprKind::Root(Root::Input(name)) if depth < 64 => self.argument(at, name),
            _ => None,
        };
        let Some((caller, call_name, argument)) = handed else {
            if let ExprKind::Root(Root::Input(name)) = &written.kind
                && let Some(default) = self.default(at, name).filter(|default| says_same(&own, default, 0))
            {
                relocate(&mut own, default, 0);
                return self.hand_in(own, at, written.span);
            }
            relocate(&mut own, written, 0);
            return own;
        };
        let inner = self.placed(own, &argument.value, caller, depth + 1);
        let name = Str::from(format!("plan {}", self.hidden));
        self.hidden += 1;
        let caller = self.pairs.get(caller).map(|p| p.own.0 as usize);
        let call = caller.and_then(|at| self.modules.get_mut(at)).and_then(|m| m.calls.get_mut(&call_name));
        let Some(call) = call else { return inner };
        call.arguments.push(Attribute {
            name: name.clone(),
            name_span: argument.name_span,
            value: inner,
            span: argument.span,
        });
        let target = self.pairs.get(at).map(|p| p.own.0 as usize);
        if let Some(module) = target.and_then(|at| self.modules.get_mut(at)) {
            module.inputs.insert(name.clone(), Input::new(name.clone(), written.span, written.span));
        }
        Expr::new(ExprKind::Root(Root::Input(name)), written.span)
    }

    /// A made-up variable of a module instance with a default, and a reference to it.
    fn hand_in(&mut self, default: Expr, at: usize, span: Span) -> Expr {
        let name = Str::from(format!("plan {}", self.hidden));
        self.hidden += 1;
        let target = self.pairs.get(at).map(|p| p.own.0 as usize);
        let Some(module) = target.and_then(|at| self.modules.get_mut(at)) else { return default };
        let input = Input { default: Some(default), ..Input::new(name.clone(), span, span) };
        module.inputs.insert(name.clone(), input);
        Expr::new(ExprKind::Root(Root::Input(name)), span)
    }

    fn default(&self, at: usize, name: &Str) -> Option<&'s Expr> {
        let pair = self.pairs.get(at)?;
        self.sources.module(pair.source)?.inputs.get(name)?.default.as_ref()
    }

    /// The argument that a module's variable gets: the calling pair, the call's name in the plan, the argument.
    fn argument(&self, at: usize, name: &Str) -> Option<(usize, Str, &'s Attribute)> {
        let (caller, call_name, plain) = self.pairs.get(at)?.caller.clone()?;
        let source = self.sources.module(self.pairs.get(caller)?.source)?;
        let argument = source.calls.get(&plain)?.arguments.iter().find(|a| a.name == *name)?;
        Some((caller, call_name, argument))
    }
}

/// Whether two literal expressions say the same.
fn says_same(own: &Expr, written: &Expr, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match (&own.kind, &written.kind) {
        (ExprKind::Literal(a), ExprKind::Literal(b)) => a == b,
        (ExprKind::List(a), ExprKind::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_same(a, b, depth + 1))
        }
        (ExprKind::Object(a), ExprKind::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|item| {
                    let name = item.key.as_string();
                    b.iter().any(|other| {
                        name.is_some()
                            && other.key.as_string() == name
                            && says_same(&item.value, &other.value, depth + 1)
                    })
                })
        }
        _ => false,
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null))
}

/// The block of the source that an object of the plan most probably is: blocks of a set have lost their order. The one
/// with the most literals in common; of equal ones the one in the same position, else the first.
fn likeliest<'s>(own: &Expr, n: usize, blocks: &[&'s Block]) -> Option<&'s Block> {
    let ExprKind::Object(items) = &own.kind else { return blocks.get(n).or(blocks.first()).copied() };
    let common = |block: &Block| -> isize {
        let mut score = 0;
        for attribute in &block.body.attributes {
            let given = items.iter().find(|i| i.key.as_string() == Some(&attribute.name));
            match (given.and_then(|i| literals(&i.value)), literals(&attribute.value)) {
                (Some(own), Some(written)) if own == written => score += 1,
                (Some(_), Some(_)) => score -= 1,
                _ => {}
            }
        }
        score
    };
    let best = blocks.iter().map(|b| common(b)).max()?;
    let same = blocks.get(n).filter(|b| common(b) == best);
    same.or_else(|| blocks.iter().find(|b| common(b) == best)).copied()
}

/// A literal, or a list of them, as text.
fn literals(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Literal::String(text)) => Some(text.to_string()),
        ExprKind::Literal(Literal::Bool(b)) => Some(b.to_string()),
        ExprKind::Literal(Literal::Number(Quantity::Int(n))) => Some(n.to_string()),
        ExprKind::Literal(Literal::Number(Quantity::Decimal(n))) => Some(n.to_string()),
        ExprKind::List(items) => {
            let mut all = items.iter().map(literals).collect::<Option<Vec<_>>>()?;
            all.sort_unstable();
            Some(all.join("\n"))
        }
        _ => None,
    }
}

fn locate_call(own: &mut Call, written: &Call) {
    own.name_span = written.name_span;
    own.header = written.header;
    own.span = written.span;
    for argument in &mut own.arguments {
        if let Some(place) = written.arguments.iter().find(|a| a.name == argument.name) {
            argument.name_span = place.name_span;
            argument.span = place.span;
            relocate(&mut argument.value, &place.value, 0);
        }
    }
}

/// Gives an expression the places of another: part by part where both have the same shape, else all the other's.
fn relocate(own: &mut Expr, written: &Expr, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    own.span = written.span;
    match (&mut own.kind, &written.kind) {
        (ExprKind::List(own), ExprKind::List(written)) if own.len() == written.len() => {
            for (own, written) in own.iter_mut().zip(written) {
                relocate(own, written, depth + 1);
            }
        }
        (ExprKind::Object(own), ExprKind::Object(items)) => {
            for item in own {
                let name = item.key.as_string();
                let same = items.iter().find(|i| name.is_some() && i.key.as_string() == name);
                match same {
                    Some(same) => {
                        item.key.span = same.key.span;
                        item.span = same.span;
                        relocate(&mut item.value, &same.value, depth + 1);
                    }
                    None => {
                        item.key.span = written.span;
                        item.span = written.span;
                        everything(&mut item.value, written.span, depth + 1);
                    }
                }
            }
        }
        _ => everything(own, written.span, depth),
    }
}

/// One place for all of an expression.
fn everything(own: &mut Expr, span: Span, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    own.span = span;
    match &mut own.kind {
        ExprKind::List(items) => items.iter_mut().for_each(|e| everything(e, span, depth + 1)),
        ExprKind::Object(items) => {
            for item in items {
                item.key.span = span;
                item.span = span;
                everything(&mut item.value, span, depth + 1);
            }
        }
        _ => {}
    }
}
