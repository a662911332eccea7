//! Evaluating a whole program: inputs, locals, outputs and module calls on demand and once each, cycles found.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::program::{CallSource, Dialect, Expr, Mode, Module, ModuleId, Program, Repeat};
use crate::source::{Diagnostic, Loader, Sources, Span};
use crate::terraform::schema;

use super::evaluator::Evaluator;
use super::guard::Guard;
use super::instance::{Evaluation, Inputs, InstanceId, InstanceInfo, InstanceKey, Scope};
use super::names::{BUDGET, Env, Failure, Outcome};
use super::resources::{Expansion, Slot};
use super::roots::locals_in;
use super::site::Site;
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
        let (mut parts, outcomes) = run.evaluate(exprs);
        // Terraform has accepted what a plan was made of: nothing is said of that.
        if let Some(configuration) = &program.configuration {
            let inputs = super::overlay::inputs(program);
            let run = Run::new(configuration, &inputs, &store, loader);
            let written = run.evaluate(&[]).0.instances;
            super::overlay::lay(&store, &mut parts.instances, written);
        }
        (parts, outcomes)
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
    let Parts { instances, outputs, inputs, handed, diagnostics } = parts;
    (Evaluation { store: Arc::new(store), instances, outputs, inputs, handed, diagnostics }, outcomes)
}

#[derive(Default)]
struct Parts {
    instances: Vec<super::instance::Instance>,
    outputs: IndexMap<Str, Value>,
    inputs: IndexMap<Str, Value>,
    handed: Vec<super::instance::Handed>,
    diagnostics: Vec<Diagnostic>,
}

/// What is looked up by name in a module, made once for all its instances.
pub(super) struct ModuleIndex<'p> {
    pub(super) module: &'p Module,
    /// Resources by type (empty for CloudFormation) and name.
    pub(super) resources: FxHashMap<(Mode, &'p str, &'p str), usize>,
    /// The resources of a plan that are instances of the same block, by the first of them.
    pub(super) siblings: FxHashMap<usize, Vec<usize>>,
    /// Which locals each local's expression names.
    pub(super) local_uses: Vec<Vec<usize>>,
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
    /// Another stack of which outputs are imported, and what is part of it: the stack's address here.
    pub(super) foreign: Option<Str>,
    /// The headers of the calls, outermost first.
    pub(super) calls: Vec<Span>,
    pub(super) inputs: RefCell<Vec<State<Value>>>,
    pub(super) locals: RefCell<Vec<State<Value>>>,
    pub(super) outputs: RefCell<Vec<State<Value>>>,
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

impl Caller<'_> {
    /// Whether this is no call: outputs of another stack are imported.
    pub(super) fn imports(&self) -> bool {
        matches!(self.call.source, CallSource::Imported(_))
    }
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

/// The schemas of resource types, by mode and name.
type Schemas<'p> = FxHashMap<(Mode, &'p str), Option<Arc<schema::Resource>>>;

/// One evaluation of a program.
pub(super) struct Run<'p> {
    pub(super) program: &'p Program,
    pub(super) supplied: &'p Inputs,
    pub(super) store: &'p Store,
    pub(super) evaluator: Evaluator<'p>,
    pub(super) loader: Option<&'p Loader>,
    indices: RefCell<FxHashMap<ModuleId, Rc<ModuleIndex<'p>>>>,
    modules: RefCell<Vec<Rc<ModuleInstance<'p>>>>,
    /// What an instance handle stands for, by its number.
    pub(super) slots: RefCell<Vec<Option<Slot<'p>>>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    reported: RefCell<FxHashSet<(Option<Span>, String)>>,
    evaluating: RefCell<Vec<Frame>>,
    /// When what is being evaluated is evaluated at all: a module or resource that may not be there is not wrong for sure.
    pub(super) certainty: Cell<Guard>,
    pub(super) instance_count: Cell<usize>,
    /// What modules are given that are not there.
    pub(super) handed: RefCell<Vec<super::instance::Handed>>,
    /// The schemas of resource types, by mode and name.
    pub(super) schemas: RefCell<Schemas<'p>>,
    pub(super) scopes: RefCell<FxHashMap<(usize, Str), Arc<Scope>>>,
    /// What references to a plan's blocks with several instances mean, by module and first instance.
    pub(super) collections: RefCell<FxHashMap<(usize, usize), Value>>,
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
            certainty: Cell::new(Guard::TRUE),
            instance_count: Cell::new(0),
            handed: RefCell::default(),
            schemas: RefCell::default(),
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
            // A plan's made-up ones are nobody's inputs; no name has a blank.
            if !name.contains(' ') {
                parts.inputs.insert(name.clone(), self.input(&root, i));
            }
        }
        self.name_conditions(&root);
        self.assume_rules(&root);
        self.instances(&root, &mut parts.instances);
        for (i, name) in root.index.module.outputs.keys().enumerate() {
            parts.outputs.insert(name.clone(), self.output(&root, i));
        }
        self.root_outputs(&root);
        let modules = self.modules.borrow().clone();
        for module in &modules {
            self.idle_cycles(module);
        }
        let each = Each::default();
        let site = Site { run: self, module: &root, each: &each };
        let asked = |expr: &Expr| {
            let value = self.evaluator.eval(expr, Env::new(&site).strictly())?;
            match value.data {
                Data::Unknown(id) if self.store.is_failed(id) => Err(self.failure_of(id, expr.span)),
                _ => Ok(value),
            }
        };
        let outcomes = exprs.iter().map(asked).collect();
        if self.store.over_budget() {
            let message = "evaluation budget exceeded: more conditions or alternatives than can be told apart; \
                           what depends on the others is unknown";
            let path = root.index.module.path.clone();
            self.report(Diagnostic::file_error(super::names::BUDGET, message, path));
        }
        self.store.settle_domains();
        parts.handed = self.handed.take();
        parts.diagnostics = self.diagnostics.take();
        (parts, outcomes)
    }

    /// What the rules of a template refuse is never deployed.
    fn assume_rules(&self, root: &Rc<ModuleInstance<'p>>) {
        let mut care = Guard::TRUE;
        for rule in &root.index.module.rules {
            let value = self.bind_in(root, &Each::default(), rule);
            if let Ok(truth) = self.evaluator.condition(&value, rule.span) {
                care = self.store.and_not(care, truth.no);
            }
        }
        self.store.assume(care);
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
        let foreign = caller.as_ref().and_then(|c| match c.imports() {
            true => Some(address.clone()),
            false => c.module.foreign.clone(),
        });
        let instance = Rc::new(ModuleInstance {
            number,
            address,
            caller,
            exists,
            foreign,
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

    /// What the user supplies under a name: a root's input, or a data source (`data.TYPE.NAME`).
    pub(super) fn supplied(&self, name: &str) -> Option<&'p Expr> {
        self.supplied.values.get(name)
    }

    /// The failure that left an unknown behind.
    fn failure_of(&self, id: super::store::UnknownId, span: Span) -> Failure {
        match self.store.unknown_info(id).kind {
            UnknownKind::Failed { span, reason } => {
                Failure::new("invalid-expression", reason.to_string(), span)
            }
            _ => Failure::new("invalid-expression", "there is no value", span),
        }
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

    /// Takes a diagnostic about an expression that fails. Where it is not sure that the expression is evaluated at all, it
    /// is no mistake yet: the unknown that it leaves behind has the reason.
    pub(super) fn report_failure(&self, diagnostic: Diagnostic) {
        if self.certainty.get().is_true() || diagnostic.code == BUDGET {
            self.report(diagnostic);
        }
    }

    /// Evaluates something that is there under a condition.
    pub(super) fn under<T>(&self, exists: Guard, work: impl FnOnce() -> T) -> T {
        let outer = self.certainty.replace(exists);
        let done = work();
        self.certainty.set(outer);
        done
    }

    /// What something that failed leaves behind: an unknown, and a diagnostic.
    pub(super) fn give_up(&self, failure: Failure) -> Value {
        let span = failure.span();
        let id = self.store.reason(Some(span), failure.message());
        self.report_failure(failure.into_diagnostic());
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

    /// At a binding, a value that fails as a whole, or in each of its alternatives, is reported, and is unknown from there
    /// on.
    pub(super) fn settle(&self, value: Value) -> Value {
        let failed = |value: &Value| match value.data {
            Data::Unknown(id) if self.store.is_failed(id) => Some(id),
            _ => None,
        };
        let first = match &value.data {
            Data::Choice(arms) if arms.iter().all(|arm| failed(&arm.value).is_some()) => {
                arms.first().and_then(|arm| failed(&arm.value))
            }
            _ => failed(&value),
        };
        if let Some(id) = first
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

    /// The module instances that a call makes.
    pub(super) fn call_target(&self, call: &crate::program::Call) -> Option<ModuleId> {
        match call.source {
            CallSource::Loaded(id) | CallSource::Imported(id) => Some(id),
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
