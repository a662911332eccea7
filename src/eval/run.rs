//! Evaluating a whole program: inputs, locals, outputs and module calls on demand and once each, cycles found.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::program::{
    CallSource, Dialect, Domain, Expr, ExprKind, Input, Mode, Module, ModuleId, Program, Repeat, Root,
    TemplatePart, TypeExpr,
};
use crate::source::{Diagnostic, Loader, Sources, Span};

use super::algebra::literal_json;
use super::convert::{self, type_text};
use super::evaluator::{Evaluator, literal_data};
use super::guard::{Guard, Truth};
use super::instance::{Evaluation, Inputs, InstanceId, InstanceInfo, InstanceKey, Scope};
use super::names::{BUDGET, Env, Failure, Names, Outcome};
use super::resources::{Expansion, Slot};
use super::store::{Origin, OriginStep, Store, UnknownKind, Via};
use super::value::{Data, Entry, Map, MapKind, Part, Value};

/// The stack of the evaluating thread: address space, of which only what is used is ever touched.
const STACK: usize = 512 << 20;
/// The largest value that a name may have, in parts: members, entries, and 16 bytes of text each.
const MAX_VALUE_SIZE: usize = 1_000_000;
/// The most diagnostics that evaluating one root makes.
const MAX_DIAGNOSTICS: usize = 1_000;

/// Evaluates a program with what the user supplies. Files that expressions name (`file(…)`) can't be read.
pub fn evaluate(program: &Program, inputs: &Inputs, sources: Arc<Sources>) -> Evaluation {
    evaluate_with(program, inputs, sources, None, &[]).0
}

/// Evaluates a program, and expressions in its root module. With a loader, expressions can read files in and below the
/// root's directory (`file(…)`, `templatefile(…)`).
pub fn evaluate_with(
    program: &Program,
    inputs: &Inputs,
    sources: Arc<Sources>,
    loader: Option<&Loader>,
    exprs: &[Expr],
) -> (Evaluation, Vec<Outcome>) {
    let store = Store::new(sources);
    let work = || {
        let run = Run::new(program, inputs, &store, loader);
        run.evaluate(exprs)
    };
    // Programs nest as deep as their authors like: that takes a stack of its own.
    let (parts, outcomes) = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("evaluate".to_owned()).stack_size(STACK);
        match thread.spawn_scoped(scope, work) {
            Ok(handle) => match handle.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(error) => {
                let problem = Diagnostic {
                    span: None,
                    ..Diagnostic::error(
                        "out-of-resources",
                        format!("can't start the evaluating thread: {error}"),
                        Span::new(crate::source::FileId(0), 0, 0),
                    )
                };
                (Parts { diagnostics: vec![problem], ..Parts::default() }, Vec::new())
            }
        }
    });
    let Parts { instances, outputs, inputs, diagnostics } = parts;
    (Evaluation { store: Arc::new(store), instances, outputs, inputs, diagnostics }, outcomes)
}

#[derive(Default)]
struct Parts {
    instances: Vec<super::instance::Instance>,
    outputs: IndexMap<Str, Value>,
    inputs: IndexMap<Str, Value>,
    diagnostics: Vec<Diagnostic>,
}

/// What is looked up by name in a module, made once for all its instances.
pub(super) struct ModuleIndex<'p> {
    pub(super) module: &'p Module,
    /// Resources by type (empty for CloudFormation) and name.
    resources: FxHashMap<(Mode, &'p str, &'p str), usize>,
    /// The resources of a plan that are instances of the same block, by the first of them.
    pub(super) siblings: FxHashMap<usize, Vec<usize>>,
    /// Which locals each local's expression names.
    local_uses: Vec<Vec<usize>>,
}

/// The state of something that is evaluated on demand.
#[derive(Clone, Default)]
pub(super) enum State<T> {
    #[default]
    New,
    Busy,
    Done(T),
}

/// One instance of a module.
pub(super) struct ModuleInstance<'p> {
    pub(super) number: usize,
    pub(super) index: Rc<ModuleIndex<'p>>,
    /// `module.a["x"]`, `Nested`; empty for the root.
    pub(super) address: Str,
    /// The instance that calls it, and where.
    pub(super) caller: Option<Caller<'p>>,
    /// When it exists (its callers' existence included).
    pub(super) exists: Guard,
    /// The headers of the calls, outermost first.
    pub(super) calls: Vec<Span>,
    inputs: RefCell<Vec<State<Value>>>,
    locals: RefCell<Vec<State<Value>>>,
    outputs: RefCell<Vec<State<Value>>>,
    pub(super) expansions: RefCell<Vec<State<Rc<Expansion<'p>>>>>,
    /// The instances of each call.
    pub(super) called: RefCell<Vec<State<Rc<Expansion<'p>>>>>,
}

/// Who calls a module.
#[derive(Clone)]
pub(super) struct Caller<'p> {
    pub(super) module: Rc<ModuleInstance<'p>>,
    pub(super) call: &'p crate::program::Call,
    pub(super) each: Each,
}

/// What `each`, `count` and `self` mean in a block.
#[derive(Clone, Default)]
pub(super) struct Each {
    pub(super) key: Option<Value>,
    pub(super) value: Option<Value>,
    pub(super) index: Option<Value>,
    pub(super) this: Option<InstanceId>,
}

/// What is being evaluated, for the path of a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Frame {
    Input(usize, usize),
    Local(usize, usize),
    Output(usize, usize),
    Expansion(usize, usize),
    Call(usize, usize),
    Attribute(InstanceId, usize),
}

/// One evaluation of a program.
pub(super) struct Run<'p> {
    pub(super) program: &'p Program,
    supplied: &'p Inputs,
    pub(super) store: &'p Store,
    pub(super) evaluator: Evaluator<'p>,
    loader: Option<&'p Loader>,
    indices: RefCell<FxHashMap<ModuleId, Rc<ModuleIndex<'p>>>>,
    modules: RefCell<Vec<Rc<ModuleInstance<'p>>>>,
    /// What an instance handle stands for, by its number.
    pub(super) slots: RefCell<Vec<Option<Slot<'p>>>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    reported: RefCell<FxHashSet<(Option<Span>, String)>>,
    evaluating: RefCell<Vec<Frame>>,
    pub(super) instance_count: Cell<usize>,
    pub(super) scopes: RefCell<FxHashMap<(usize, Str), Arc<Scope>>>,
    /// What references to a plan's blocks with several instances mean, by module and first instance.
    pub(super) collections: RefCell<FxHashMap<(usize, usize), Value>>,
}

/// Names as they are in one block of one module instance.
pub(super) struct Site<'r, 'p> {
    pub(super) run: &'r Run<'p>,
    pub(super) module: &'r Rc<ModuleInstance<'p>>,
    pub(super) each: &'r Each,
}

impl<'p> Run<'p> {
    fn new(program: &'p Program, supplied: &'p Inputs, store: &'p Store, loader: Option<&'p Loader>) -> Self {
        let dialect = program.module(program.root).map_or(Dialect::Terraform, |m| m.dialect);
        Run {
            program,
            supplied,
            store,
            evaluator: Evaluator::on_large_stack(store, dialect),
            loader,
            indices: RefCell::default(),
            modules: RefCell::default(),
            slots: RefCell::default(),
            diagnostics: RefCell::default(),
            reported: RefCell::default(),
            evaluating: RefCell::default(),
            instance_count: Cell::new(0),
            scopes: RefCell::default(),
            collections: RefCell::default(),
        }
    }

    fn evaluate(&self, exprs: &[Expr]) -> (Parts, Vec<Outcome>) {
        let Some(root) = self.module_instance(self.program.root, Str::new(), None, Guard::TRUE, Vec::new())
        else {
            return (Parts::default(), Vec::new());
        };
        let mut parts = Parts::default();
        for (i, name) in root.index.module.inputs.keys().enumerate() {
            parts.inputs.insert(name.clone(), self.input(&root, i));
        }
        self.name_conditions(&root);
        self.instances(&root, &mut parts.instances);
        for (i, name) in root.index.module.outputs.keys().enumerate() {
            parts.outputs.insert(name.clone(), self.output(&root, i));
        }
        let each = Each::default();
        let site = Site { run: self, module: &root, each: &each };
        let outcomes = exprs.iter().map(|expr| self.evaluator.eval(expr, Env::new(&site))).collect();
        if self.store.over_budget() {
            let message = "evaluation budget exceeded: more conditions or alternatives than can be told apart; \
                           what depends on the others is unknown";
            self.report(Diagnostic {
                span: None,
                path: Some(root.index.module.path.clone()),
                ..Diagnostic::error(super::names::BUDGET, message, Span::new(crate::source::FileId(0), 0, 0))
            });
        }
        self.store.settle_domains();
        parts.diagnostics = self.diagnostics.take();
        (parts, outcomes)
    }

    pub(super) fn module_instance(
        &self,
        id: ModuleId,
        address: Str,
        caller: Option<Caller<'p>>,
        exists: Guard,
        calls: Vec<Span>,
    ) -> Option<Rc<ModuleInstance<'p>>> {
        let index = self.index(id)?;
        let module = index.module;
        let number = self.modules.borrow().len();
        let instance = Rc::new(ModuleInstance {
            number,
            address,
            caller,
            exists,
            calls,
            inputs: RefCell::new(vec![State::New; module.inputs.len()]),
            locals: RefCell::new(vec![State::New; module.locals.len()]),
            outputs: RefCell::new(vec![State::New; module.outputs.len()]),
            expansions: RefCell::new(vec![State::New; module.resources.len()]),
            called: RefCell::new(vec![State::New; module.calls.len()]),
            index,
        });
        self.modules.borrow_mut().push(Rc::clone(&instance));
        Some(instance)
    }

    fn index(&self, id: ModuleId) -> Option<Rc<ModuleIndex<'p>>> {
        if let Some(index) = self.indices.borrow().get(&id) {
            return Some(Rc::clone(index));
        }
        let module: &'p Module = self.program.module(id)?;
        let mut siblings: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        let mut resources = FxHashMap::default();
        resources.reserve(module.resources.len());
        for (i, resource) in module.resources.iter().enumerate() {
            let type_name = match module.dialect {
                Dialect::CloudFormation => "",
                _ => resource.type_name.as_str(),
            };
            let key = (resource.mode, type_name, resource.name.as_str());
            let first = *resources.entry(key).or_insert(i);
            if matches!(resource.repeat, Repeat::Key(_)) {
                siblings.entry(first).or_default().push(i);
            }
        }
        let local_uses = module.locals.values().map(|local| {
            let mut uses = Vec::new();
            locals_in(&local.value, module, &mut uses);
            uses
        });
        let index = Rc::new(ModuleIndex { module, resources, siblings, local_uses: local_uses.collect() });
        self.indices.borrow_mut().insert(id, Rc::clone(&index));
        Some(index)
    }

    /// Takes a diagnostic, the same one once.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        // A budget is exceeded at many places at once: the first one is enough.
        let span = diagnostic.span.filter(|_| diagnostic.code != super::names::BUDGET);
        let key = (span, diagnostic.message.clone());
        let mut diagnostics = self.diagnostics.borrow_mut();
        if diagnostics.len() < MAX_DIAGNOSTICS && self.reported.borrow_mut().insert(key) {
            diagnostics.push(diagnostic);
        }
    }

    /// What something that failed leaves behind: an unknown, and a diagnostic.
    pub(super) fn give_up(&self, failure: Failure) -> Value {
        let span = failure.span();
        let id = self.store.reason(Some(span), failure.message());
        self.report(failure.into_diagnostic());
        Value::new(Data::Unknown(id), self.store.literal_origin(span))
    }

    /// Evaluates an expression of a module outside any block.
    pub(super) fn eval_in(&self, module: &Rc<ModuleInstance<'p>>, each: &Each, expr: &Expr) -> Outcome {
        let site = Site { run: self, module, each };
        self.evaluator.eval(expr, Env::new(&site))
    }

    /// The same at a binding: what fails is reported and leaves an unknown.
    pub(super) fn bind_in(&self, module: &Rc<ModuleInstance<'p>>, each: &Each, expr: &Expr) -> Value {
        let value = self.eval_in(module, each, expr).unwrap_or_else(|failure| self.give_up(failure));
        self.settle(self.bounded(value, expr.span))
    }

    /// A value that is too large to look at is unknown: shared parts make it cheap to build (each local twice the one
    /// before), but whoever walks it would never come to an end.
    fn bounded(&self, value: Value, span: Span) -> Value {
        let mut left = MAX_VALUE_SIZE;
        if fits(&value, &mut left) {
            return value;
        }
        let message = format!(
            "evaluation budget exceeded: this value has more than {MAX_VALUE_SIZE} parts (16 bytes of text count as one)"
        );
        self.give_up(Failure::new(BUDGET, message, span))
    }

    /// At a binding, a value that fails as a whole is reported, and is unknown from there on.
    pub(super) fn settle(&self, value: Value) -> Value {
        if let Data::Unknown(id) = value.data
            && self.store.is_failed(id)
            && let UnknownKind::Failed { span, reason } = self.store.unknown_info(id).kind
        {
            return self.give_up(Failure::new("invalid-expression", reason.to_string(), span));
        }
        value
    }

    /// Evaluates something once. Asking for it while it is being evaluated is a cycle.
    pub(super) fn once<T: Clone>(
        &self,
        frame: Frame,
        span: Span,
        table: &RefCell<Vec<State<T>>>,
        at: usize,
        work: impl FnOnce() -> T,
        unknown: impl FnOnce(Value) -> T,
    ) -> T {
        match table.borrow().get(at) {
            Some(State::Done(done)) => return done.clone(),
            Some(State::Busy) => {
                let value = self.cycle(frame, span);
                return unknown(value);
            }
            _ => {}
        }
        if let Some(slot) = table.borrow_mut().get_mut(at) {
            *slot = State::Busy;
        }
        self.evaluating.borrow_mut().push(frame);
        let done = work();
        self.evaluating.borrow_mut().pop();
        if let Some(slot) = table.borrow_mut().get_mut(at) {
            *slot = State::Done(done.clone());
        }
        done
    }

    /// Reports a cycle with its path.
    fn cycle(&self, frame: Frame, span: Span) -> Value {
        let path: Vec<Frame> = {
            let evaluating = self.evaluating.borrow();
            let start = evaluating.iter().rposition(|f| *f == frame).unwrap_or(0);
            evaluating.get(start..).unwrap_or_default().to_vec()
        };
        let mut names: Vec<String> =
            path.iter().take(20).map(|f| format!("`{}`", self.frame_name(*f).0)).collect();
        if path.len() > 20 {
            names.push("…".to_owned());
        }
        let (own, own_span) = self.frame_name(frame);
        names.push(format!("`{own}`"));
        let mut diagnostic = Diagnostic::error(
            "cycle",
            format!("`{own}` depends on itself: {}", names.join(" needs ")),
            own_span.unwrap_or(span),
        );
        for other in path.iter().skip(1).take(10) {
            let (name, span) = self.frame_name(*other);
            if let Some(span) = span {
                diagnostic = diagnostic.with_label(span, format!("`{name}` is part of the cycle"));
            }
        }
        let id = self.store.reason(own_span, format!("`{own}` depends on itself"));
        self.report(diagnostic);
        Value::new(Data::Unknown(id), self.store.literal_origin(span))
    }

    fn frame_name(&self, frame: Frame) -> (String, Option<Span>) {
        let module_of = |number: usize| self.modules.borrow().get(number).cloned();
        let name_in =
            |number: usize, name: &dyn Fn(&Module) -> Option<(String, Span)>| match module_of(number) {
                Some(m) => match name(m.index.module) {
                    Some((name, span)) if m.address.is_empty() => (name, Some(span)),
                    Some((name, span)) => (format!("{}.{name}", m.address), Some(span)),
                    None => (String::new(), None),
                },
                None => (String::new(), None),
            };
        match frame {
            Frame::Input(m, i) => name_in(m, &|m| {
                let input = m.inputs.get_index(i)?.1;
                let prefix = if m.dialect == Dialect::Terraform { "var." } else { "" };
                Some((format!("{prefix}{}", input.name), input.name_span))
            }),
            Frame::Local(m, i) => name_in(m, &|m| {
                let local = m.locals.get_index(i)?.1;
                let name = match m.dialect {
                    Dialect::Terraform => format!("local.{}", local.name),
                    _ => local.name.split_once('/').map_or(local.name.as_str(), |(_, n)| n).to_owned(),
                };
                Some((name, local.name_span))
            }),
            Frame::Output(m, i) => name_in(m, &|m| {
                let output = m.outputs.get_index(i)?.1;
                Some((format!("output.{}", output.name), output.name_span))
            }),
            Frame::Expansion(m, i) => name_in(m, &|m| {
                let resource = m.resources.get(i)?;
                Some((
                    resource_address(m.dialect, resource.mode, &resource.type_name, &resource.name),
                    resource.header,
                ))
            }),
            Frame::Call(m, i) => name_in(m, &|m| {
                let call = m.calls.get_index(i)?.1;
                Some((format!("module.{}", call.name), call.header))
            }),
            Frame::Attribute(id, i) => {
                let address = self.store.instance(id).map(|i| i.address).unwrap_or_default();
                let name = self.attribute_name(id, i);
                match name {
                    Some((name, span)) => (format!("{address}.{name}"), Some(span)),
                    None => (address.to_string(), None),
                }
            }
        }
    }

    // Inputs

    /// The value of a module instance's input.
    pub(super) fn input(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, input)) = module.index.module.inputs.get_index(at) else { return Value::absent() };
        let frame = Frame::Input(module.number, at);
        self.once(frame, input.name_span, &module.inputs, at, || self.input_value(module, input), |v| v)
    }

    fn input_value(&self, module: &Rc<ModuleInstance<'p>>, input: &'p Input) -> Value {
        let dialect = module.index.module.dialect;
        let none = Each::default();
        let given = match &module.caller {
            Some(caller) => caller.call.arguments.iter().find(|a| a.name == input.name).map(|argument| {
                let value = self.bind_in(&caller.module, &caller.each, &argument.value);
                self.evaluator.step(value, argument.value.span, Via::Argument)
            }),
            None => self.supplied.values.get(&input.name).map(|expr| {
                let value = self.bind_in(module, &none, expr);
                self.evaluator.step(value, expr.span, Via::Supplied)
            }),
        };
        let default = |run: &Self| {
            input.default.as_ref().map(|expr| {
                let value = run.bind_in(module, &none, expr);
                run.evaluator.step(value, expr.span, Via::InputDefault)
            })
        };
        let called = module.caller.is_some();
        let value = match given {
            // `AWS::NoValue` for a nested stack's parameter, and null where it may not be, mean the default.
            Some(value) if matches!(value.data, Data::Absent) || !input.nullable && value.is_unset() => {
                default(self).or(Some(value)).filter(|v| !v.is_unset())
            }
            Some(value) if !input.nullable && dialect == Dialect::Terraform && input.default.is_some() => {
                let fallback = default(self);
                Some(self.store.map_arms(&value, |v| match (&fallback, v.is_unset()) {
                    (Some(fallback), true) => fallback.clone(),
                    _ => v.clone(),
                }))
            }
            Some(value) => Some(value),
            None if input.fold_default || called => default(self),
            None => None,
        };
        let mut value = match value {
            Some(value) => self.converted(value, input, module),
            None => self.open_input(module, input),
        };
        if input.sensitive {
            value.marks = self.store.mark_sensitive(value.marks);
        }
        if input.ephemeral {
            value.marks = self.store.mark_ephemeral(value.marks);
        }
        value
    }

    fn converted(&self, value: Value, input: &Input, module: &Rc<ModuleInstance<'p>>) -> Value {
        let Some(to) = &input.type_expr else { return value };
        let value = match (&value.data, to, module.index.module.dialect) {
            // A list parameter is given as text with commas.
            (Data::String(text), TypeExpr::List(_), Dialect::CloudFormation) => {
                let members = text
                    .split(',')
                    .map(|part| Value { data: Data::String(Str::from(part.trim())), ..value.clone() });
                let members: Vec<_> = if text.is_empty() { Vec::new() } else { members.collect() };
                Value { origin: value.origin, marks: value.marks, ..Value::list(members) }
            }
            _ => value,
        };
        match self.convert_to(&value, to, module) {
            Ok(value) => value,
            Err(reason) => {
                // The place in the module that supplies it, if it is supplied.
                let span = self.store.place(value.origin).unwrap_or(input.name_span);
                let (name, t) = (&input.name, type_text(to));
                let message = format!("the value of `{name}` does not fit its type `{t}`: {reason}");
                let failure = Failure::new("invalid-type", message, span);
                self.give_up(failure)
            }
        }
    }

    /// Converts to a declared type, with the defaults of optional attributes.
    fn convert_to(
        &self,
        value: &Value,
        to: &TypeExpr,
        module: &Rc<ModuleInstance<'p>>,
    ) -> Result<Value, Str> {
        let none = Each::default();
        let default_of = |field: &crate::program::ObjectField| -> Value {
            let Some(expr) = &field.default else { return Value::new(Data::Null, Origin::NONE) };
            let value = self.bind_in(module, &none, expr);
            let value = self.evaluator.step(value, expr.span, Via::InputDefault);
            self.convert_to(&value, &field.type_expr, module).unwrap_or(value)
        };
        convert::convert(self.store, value, to, &default_of)
    }

    /// An input that nobody supplied: unknown, over its domain.
    fn open_input(&self, module: &Rc<ModuleInstance<'p>>, input: &Input) -> Value {
        let dialect = module.index.module.dialect;
        let prefix = if dialect == Dialect::Terraform { "var." } else { "" };
        let name = match module.address.is_empty() {
            true => format!("{prefix}{}", input.name),
            false => format!("{}.{prefix}{}", module.address, input.name),
        };
        let type_expr = input.type_expr.clone().unwrap_or(TypeExpr::Any);
        let not_null = !input.nullable || dialect == Dialect::CloudFormation;
        let id = self.store.unknown(UnknownKind::Input(Str::from(name)), not_null, type_expr.clone());
        let values: Vec<Str> = match &input.domain {
            Domain::OneOf(values) => values
                .iter()
                .filter_map(|literal| {
                    let value = Value::new(literal_data(literal), Origin::NONE);
                    let value =
                        convert::convert(self.store, &value, &type_expr, &|_| Value::absent()).ok()?;
                    literal_json(&value)
                })
                .collect(),
            Domain::Open if type_expr == TypeExpr::Bool => vec![Str::from("true"), Str::from("false")],
            Domain::Open => Vec::new(),
        };
        if !values.is_empty() {
            self.store.declare_domain(id, &values);
        }
        Value::new(Data::Unknown(id), self.store.literal_origin(input.name_span))
    }

    // Locals

    /// The value of a module instance's local. Long chains of locals are evaluated from their end.
    fn local(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let is_new = |i: usize| matches!(module.locals.borrow().get(i), Some(State::New));
        if is_new(at) {
            let mut stack = vec![(at, 0usize)];
            let mut seen: FxHashSet<usize> = FxHashSet::default();
            let mut on_path: FxHashSet<usize> = FxHashSet::default();
            let mut order = Vec::new();
            seen.insert(at);
            on_path.insert(at);
            while let Some((local, next)) = stack.pop() {
                let uses = module.index.local_uses.get(local).map(Vec::as_slice).unwrap_or_default();
                match uses.get(next) {
                    Some(&used) => {
                        stack.push((local, next + 1));
                        let busy = matches!(module.locals.borrow().get(used), Some(State::Busy));
                        if busy || on_path.contains(&used) {
                            // A cycle: found again, with its path, by plain recursion.
                            order.clear();
                            break;
                        }
                        if is_new(used) && seen.insert(used) {
                            on_path.insert(used);
                            stack.push((used, 0));
                        }
                    }
                    None => {
                        on_path.remove(&local);
                        order.push(local);
                    }
                }
            }
            for local in order {
                self.local_now(module, local);
            }
        }
        self.local_now(module, at)
    }

    fn local_now(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, local)) = module.index.module.locals.get_index(at) else { return Value::absent() };
        let frame = Frame::Local(module.number, at);
        let work = || self.bind_in(module, &Each::default(), &local.value);
        self.once(frame, local.name_span, &module.locals, at, work, |v| v)
    }

    /// Gives the conditions of a template their names.
    pub(super) fn name_conditions(&self, module: &Rc<ModuleInstance<'p>>) {
        if module.index.module.dialect != Dialect::CloudFormation {
            return;
        }
        for (at, name) in module.index.module.locals.keys().enumerate() {
            let Some(name) = name.strip_prefix("Conditions/") else { continue };
            let value = self.local(module, at);
            let truth = Truth::from_value(self.store, &value);
            let guard = match &value.data {
                Data::Unknown(id) if truth == Truth::UNKNOWN => self.store.opaque(*id),
                _ => truth.yes,
            };
            if guard.is_open() {
                let name = if module.address.is_empty() {
                    Str::from(name)
                } else {
                    Str::from(format!("{}.{name}", module.address))
                };
                self.store.name_condition(guard, &name);
            }
        }
    }

    // Outputs

    pub(super) fn output(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, output)) = module.index.module.outputs.get_index(at) else { return Value::absent() };
        let work = || {
            let mut value = self.bind_in(module, &Each::default(), &output.value);
            if output.sensitive {
                value.marks = self.store.mark_sensitive(value.marks);
            }
            if let Some(condition) = &output.condition {
                let decided = self.bind_in(module, &Each::default(), condition);
                let exists = self.guard_of(&decided, condition.span);
                let not = self.store.not(exists);
                value = self.store.choice([(exists, value), (not, Value::absent())]);
            }
            value
        };
        let frame = Frame::Output(module.number, at);
        self.once(frame, output.name_span, &module.outputs, at, work, |v| v)
    }

    /// When a condition's value is true. Failing is reported and opaque.
    pub(super) fn guard_of(&self, value: &Value, span: Span) -> Guard {
        match self.evaluator.condition(value, span) {
            Ok(truth) => truth.yes,
            Err(failure) => {
                let unknown = self.give_up(failure);
                match unknown.data {
                    Data::Unknown(id) => self.store.opaque(id),
                    _ => Guard::TRUE,
                }
            }
        }
    }

    fn named(&self, module: &Rc<ModuleInstance<'p>>, name: &str, span: Span) -> Value {
        let dialect = module.index.module.dialect;
        let origin = self.store.literal_origin(span);
        if dialect == Dialect::Terraform {
            let own = module.index.module.path.as_path();
            let root = self.program.module(self.program.root).map_or(Path::new(""), |m| m.path.as_path());
            let known = match name {
                "path.root" => Some(Path::new(".")),
                "path.module" if module.caller.is_none() => Some(Path::new(".")),
                "path.module" => Some(own.strip_prefix(root).unwrap_or(own)),
                _ => None,
            };
            if let Some(path) = known {
                let text = path.to_string_lossy().replace('\\', "/");
                return Value::new(Data::String(Str::from(text)), origin);
            }
        }
        let own = matches!(name, "AWS::StackName" | "AWS::StackId") && !module.address.is_empty();
        let full = if own { format!("{}.{name}", module.address) } else { name.to_owned() };
        let type_expr = match name {
            "AWS::NotificationARNs" => TypeExpr::List(Box::new(TypeExpr::String)),
            "terraform.applying" => TypeExpr::Bool,
            _ => TypeExpr::String,
        };
        let id = self.store.unknown(UnknownKind::Named(Str::from(full)), true, type_expr);
        Value::new(Data::Unknown(id), origin)
    }
}

/// Whether a value has at most so many parts; `left` is what remains of them.
fn fits(value: &Value, left: &mut usize) -> bool {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        let own = match &value.data {
            Data::String(text) => 1 + text.len() / 16,
            _ => 1,
        };
        match left.checked_sub(own) {
            Some(rest) => *left = rest,
            None => return false,
        }
        match &value.data {
            Data::Json(inner) => stack.push(inner),
            Data::List(list) => stack.extend(list.members.iter().map(|m| &m.value)),
            Data::Map(map) => stack.extend(map.entries.iter().map(|e| &e.value)),
            Data::Choice(arms) => stack.extend(arms.iter().map(|a| &a.value)),
            Data::Text(parts) => {
                for part in parts.iter() {
                    match part {
                        Part::Text(text) => *left = left.saturating_sub(text.len() / 16),
                        Part::Term(term) => stack.push(term),
                    }
                }
            }
            _ => {}
        }
        // what waits counts already: a list of a million members is not walked to find that out
        if stack.len() > *left {
            return false;
        }
    }
    true
}

/// An address without key, as the user's tool prints it.
pub(super) fn resource_address(dialect: Dialect, mode: Mode, type_name: &str, name: &str) -> String {
    match (dialect, mode) {
        (Dialect::Terraform, Mode::Managed) => format!("{type_name}.{name}"),
        (Dialect::Terraform, Mode::Data) => format!("data.{type_name}.{name}"),
        _ => name.to_owned(),
    }
}

impl<'p> Names for Site<'_, 'p> {
    fn root(&self, root: &Root, span: Span) -> Outcome {
        let (run, module) = (self.run, self.module);
        let declared = module.index.module;
        let unknown = |reason: String| {
            let id = run.store.reason(Some(span), reason);
            Ok(Value::new(Data::Unknown(id), run.store.literal_origin(span)))
        };
        match root {
            Root::Input(name) => match declared.inputs.get_index_of(name) {
                Some(at) => Ok(run.input(module, at)),
                None => unknown(format!("`{name}` is not declared")),
            },
            Root::Local(name) => match declared.locals.get_index_of(name) {
                Some(at) => Ok(run.local(module, at)),
                None => unknown(format!("`{name}` is not declared")),
            },
            Root::Resource { mode, type_name, name } => {
                match module.index.resources.get(&(*mode, type_name.as_str(), name.as_str())) {
                    Some(&at) => Ok(run.reference_value(module, at, span)),
                    None => match declared.calls.get_index_of(name) {
                        Some(at) => Ok(run.called(module, at, span).value.clone()),
                        None => unknown(format!("`{name}` is not declared")),
                    },
                }
            }
            Root::Module(name) => match declared.calls.get_index_of(name) {
                Some(at) => Ok(run.called(module, at, span).value.clone()),
                None => unknown(format!("module `{name}` is not declared")),
            },
            Root::CountIndex => match &self.each.index {
                Some(value) => Ok(value.clone()),
                None => {
                    Err(Failure::new("invalid-reference", "`count.index` needs `count` in this block", span))
                }
            },
            Root::EachKey => match &self.each.key {
                Some(value) => Ok(value.clone()),
                None => {
                    Err(Failure::new("invalid-reference", "`each.key` needs `for_each` in this block", span))
                }
            },
            Root::EachValue => match &self.each.value {
                Some(value) => Ok(value.clone()),
                None => Err(Failure::new(
                    "invalid-reference",
                    "`each.value` needs `for_each` in this block",
                    span,
                )),
            },
            Root::SelfObject => match self.each.this {
                Some(id) => Ok(Value::new(Data::Instance(id), run.store.literal_origin(span))),
                None => unknown("`self` has no meaning here".to_owned()),
            },
            Root::Named(name) => Ok(run.named(module, name, span)),
            Root::Bound(name) => unknown(format!("`{name}` is not bound here")),
            Root::Undeclared(name) => unknown(format!("`{name}` is not declared")),
        }
    }

    fn instance_attribute(&self, instance: InstanceId, name: &str, span: Span) -> Outcome {
        Ok(self.run.attribute(instance, name, span))
    }

    fn instance_object(&self, instance: InstanceId, span: Span) -> Outcome {
        Ok(self.run.object(instance, span))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Str> {
        let (loader, path) = self.run.confined(self.module, path)?;
        match loader.load(&path) {
            Ok(file) => Ok(file.text.as_bytes().to_vec()),
            Err(diagnostic) => Err(Str::from(diagnostic.message)),
        }
    }

    fn files(&self, directory: &str) -> Result<Vec<Str>, Str> {
        let (loader, directory) = self.run.confined(self.module, directory)?;
        let mut found = Vec::new();
        let mut todo = vec![(directory, String::new())];
        while let Some((directory, prefix)) = todo.pop() {
            let names = loader.list(&directory).map_err(|d| Str::from(d.message))?;
            for name in names {
                if found.len() + todo.len() > 100_000 {
                    return Err(Str::from("there are more than 100000 files"));
                }
                let path = directory.join(&name);
                let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                if path.is_symlink() && loader.is_dir(&path) {
                    continue;
                }
                if loader.is_dir(&path) {
                    todo.push((path, relative));
                } else {
                    found.push(Str::from(relative));
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn template(&self, path: Option<&str>, text: &str) -> Result<Vec<TemplatePart>, Str> {
        super::template_file::parse(&self.run.store.sources, path, text)
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.run.report(diagnostic);
    }
}

impl<'p> Run<'p> {
    /// The absolute path of a file that an expression names: only below the root's or the module's own directory.
    fn confined(
        &self,
        module: &Rc<ModuleInstance<'p>>,
        path: &str,
    ) -> Result<(&'p Loader, std::path::PathBuf), Str> {
        let Some(loader) = self.loader else { return Err(Str::from("files can't be read here")) };
        let root = self.program.module(self.program.root).map_or(Path::new(""), |m| m.path.as_path());
        let root = loader.absolute(root);
        let own = loader.absolute(&module.index.module.path);
        let absolute = loader.absolute(&root.join(path));
        if absolute.starts_with(&root) || absolute.starts_with(&own) {
            return Ok((loader, absolute));
        }
        Err(Str::from(format!("`{path}` is outside the configuration's directory and is not read")))
    }

    /// The module instances that a call makes.
    pub(super) fn call_target(&self, call: &crate::program::Call) -> Option<ModuleId> {
        match call.source {
            CallSource::Loaded(id) => Some(id),
            CallSource::Missing { .. } => None,
        }
    }

    /// A handle for a module instance, so that `module.x["a"].out` reads its output on demand.
    pub(super) fn module_handle(
        &self,
        address: &Str,
        within: &Str,
        name: &Str,
        key: InstanceKey,
    ) -> InstanceId {
        self.store.intern_instance(InstanceInfo {
            address: address.clone(),
            module: within.clone(),
            mode: Mode::Managed,
            type_name: Str::from("module"),
            name: name.clone(),
            key,
        })
    }

    /// All outputs of a module instance as an object.
    pub(super) fn outputs_object(&self, module: &Rc<ModuleInstance<'p>>, span: Span) -> Value {
        let entries = module.index.module.outputs.iter().enumerate().map(|(at, (name, output))| Entry {
            key: name.clone(),
            key_origin: self.store.literal_origin(output.span),
            guard: Guard::TRUE,
            value: self.output(module, at),
        });
        let map = Map { kind: MapKind::Object, entries: entries.collect(), rest: None };
        Value::new(Data::Map(Arc::new(map)), self.store.literal_origin(span))
    }

    /// One more step in an origin.
    pub(super) fn origin(&self, span: Span, via: Via, from: Origin) -> Origin {
        self.store.origin(OriginStep { span, via, from })
    }
}

/// The locals that an expression names directly.
fn locals_in(expr: &Expr, module: &Module, found: &mut Vec<usize>) {
    each_root(expr, &mut |root| {
        if let Root::Local(name) = root
            && let Some(at) = module.locals.get_index_of(name)
        {
            found.push(at);
        }
    });
    found.sort_unstable();
    found.dedup();
}

/// Visits the roots of all references in a body.
pub(super) fn each_root_of_body(body: &crate::program::Body, visit: &mut dyn FnMut(&Root)) {
    body.attributes.iter().for_each(|a| each_root(&a.value, visit));
    for block in &body.blocks {
        if let Some(dynamic) = &block.dynamic {
            each_root(&dynamic.for_each, visit);
        }
        each_root_of_body(&block.body, visit);
    }
}

/// Visits the roots of all references in an expression.
fn each_root(expr: &Expr, visit: &mut dyn FnMut(&Root)) {
    fn parts(all: &[TemplatePart], visit: &mut dyn FnMut(&Root)) {
        for part in all {
            match part {
                TemplatePart::Text(..) => {}
                TemplatePart::Interpolation(expr) => each_root(expr, visit),
                TemplatePart::If(condition, yes, no) => {
                    each_root(condition, visit);
                    parts(yes, visit);
                    parts(no, visit);
                }
                TemplatePart::For(head, body) => {
                    each_root(&head.2, visit);
                    parts(body, visit);
                }
            }
        }
    }
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Unknown(_) => {}
        ExprKind::Root(root) => visit(root),
        ExprKind::Template(all) => parts(all, visit),
        ExprKind::List(items) => items.iter().for_each(|e| each_root(e, visit)),
        ExprKind::Object(items) => items.iter().for_each(|item| {
            each_root(&item.key, visit);
            each_root(&item.value, visit);
        }),
        ExprKind::Attr(inner, _) | ExprKind::Unary(_, inner) => each_root(inner, visit),
        ExprKind::Index(a, b) | ExprKind::Splat(a, b) | ExprKind::Binary(_, a, b) => {
            each_root(a, visit);
            each_root(b, visit);
        }
        ExprKind::Conditional(a, b, c) => {
            each_root(a, visit);
            each_root(b, visit);
            each_root(c, visit);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|e| each_root(e, visit)),
        ExprKind::For(inner) => {
            each_root(&inner.collection, visit);
            inner.key.iter().chain(inner.condition.iter()).for_each(|e| each_root(e, visit));
            each_root(&inner.value, visit);
        }
    }
}
