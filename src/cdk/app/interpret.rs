//! Follows an app's code from its entry as far as it makes constructs: nothing is executed, both ways of every branch
//! are taken, loops over known lists are taken element by element and others once.

mod calls;
mod constants;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Str;
use crate::source::{FileId, Span};

use super::ir::{Class, Entry, Expr, Function, Kind, Module, Piece, Range};
use super::language::Language;
use super::tree::{Node, NodeId, Parent, Pattern, Site, Tree};
use super::value::{Closure, Member, Object, Value, same_name};

/// How many expressions are followed.
const MAX_STEPS: usize = 500_000;

/// How deeply expressions and calls are nested while they are followed.
const MAX_DEPTH: usize = 900;

/// How many constructs are made.
const MAX_NODES: usize = 100_000;

/// How often a function may be within itself.
const MAX_RECURSION: usize = 3;

/// Loops over known lists: how many elements are followed.
const MAX_ELEMENTS: usize = 32;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) file: FileId,
    pub(super) language: Language,
    /// Its path without the ending, with `/`.
    pub(super) stem: String,
    pub(super) module: Module,
}

/// What an app comes to.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) tree: Tree,
    /// Which budget was exceeded.
    pub(super) exceeded: Option<String>,
}

/// Where the code that is followed stands.
#[derive(Clone, Copy, Debug)]
struct At {
    scope: usize,
    this: Option<NodeId>,
    class: Option<usize>,
    file: usize,
}

/// Variables.
#[derive(Debug, Default)]
struct Scope {
    variables: FxHashMap<Str, Value>,
    parent: Option<usize>,
}

/// Arguments of a call, followed.
#[derive(Debug, Default)]
struct Arguments {
    positional: Vec<Value>,
    named: Vec<Member>,
    /// The places of the positional ones.
    spans: Vec<Span>,
    parentheses: Option<Span>,
}

impl Arguments {
    fn named(&self, names: &[&str]) -> Option<&Value> {
        self.named.iter().find(|m| names.contains(&m.key.as_str())).map(|m| &m.value)
    }

    /// The scope by its name; where a construct comes first, that is the scope, and `scope` is a prop (web ACLs have it).
    fn named_scope(&self) -> Option<&Value> {
        let first = self.positional.first().and_then(Value::node);
        self.named(&["scope"]).filter(|_| first.is_none())
    }

    fn scope(&self) -> Option<&Value> {
        self.named_scope().or_else(|| self.positional.first())
    }

    fn id(&self) -> Option<&Value> {
        self.named(&["id", "construct_id"]).or_else(|| {
            let at = usize::from(self.named_scope().is_none());
            self.positional.get(at)
        })
    }

    /// The props: the first object behind scope and id, keyword arguments otherwise.
    fn props(&self) -> Option<Arc<Object>> {
        if let Some(object) = self.positional.iter().skip(1).find_map(Value::object) {
            return Some(Arc::clone(object));
        }
        if let Some(Value::Object(object)) = self.named(&["props"]) {
            return Some(Arc::clone(object));
        }
        let scope = self.named_scope().is_some();
        let is_prop = |m: &&Member| match m.key.as_str() {
            "scope" => !scope,
            name => !matches!(name, "id" | "construct_id"),
        };
        let entries: Vec<Member> = self.named.iter().filter(is_prop).cloned().collect();
        let span = self.parentheses?;
        (!entries.is_empty()).then(|| Arc::new(Object { span, entries }))
    }
}

struct Interpreter<'m> {
    modules: &'m [Loaded],
    classes: Vec<(usize, Arc<Class>)>,
    classes_by_name: FxHashMap<Str, Vec<usize>>,
    functions: FxHashMap<Str, Vec<(usize, Arc<Function>)>>,
    visited_classes: FxHashSet<usize>,
    visited_functions: FxHashSet<*const Function>,
    /// The functions that are being followed.
    active: Vec<*const Function>,
    scopes: Vec<Scope>,
    returns: Vec<Value>,
    tree: Tree,
    /// The call of a base class's constructor that is being followed.
    super_site: Option<Site>,
    steps: usize,
    depth: usize,
    exceeded: Option<String>,
}

/// Follows an app.
pub(super) fn follow(modules: &[Loaded]) -> Followed {
    let mut interpreter = Interpreter {
        modules,
        classes: Vec::new(),
        classes_by_name: FxHashMap::default(),
        functions: FxHashMap::default(),
        visited_classes: FxHashSet::default(),
        visited_functions: FxHashSet::default(),
        active: Vec::new(),
        scopes: modules.iter().map(|_| Scope::default()).collect(),
        returns: Vec::new(),
        tree: Tree::default(),
        super_site: None,
        steps: 0,
        depth: 0,
        exceeded: None,
    };
    for (file, loaded) in modules.iter().enumerate() {
        for expr in &loaded.module.body {
            interpreter.declare(file, expr);
        }
    }
    // what is imported is there before the importing file runs
    for (file, loaded) in modules.iter().enumerate() {
        let at = At { scope: file, this: None, class: None, file };
        interpreter.constants(&loaded.module.body, at, 0);
    }
    for (file, loaded) in modules.iter().enumerate() {
        let at = At { scope: file, this: None, class: None, file };
        interpreter.block(&loaded.module.body, at);
    }
    interpreter.mains();
    interpreter.left_over();
    Followed { tree: interpreter.tree, exceeded: interpreter.exceeded }
}

impl Interpreter<'_> {
    /// Remembers the classes and functions of a file.
    fn declare(&mut self, file: usize, expr: &Expr) {
        match &expr.kind {
            Kind::Class(class) => self.declare_class(file, class),
            Kind::Function(function) => {
                if let Some(name) = &function.name {
                    self.functions.entry(name.clone()).or_default().push((file, Arc::clone(function)));
                }
                for inner in &function.body {
                    self.declare_classes_only(file, inner);
                }
            }
            Kind::Assign(target, value) => {
                if let (Kind::Name(name), Kind::Function(function)) = (&target.kind, &value.kind) {
                    self.functions.entry(name.clone()).or_default().push((file, Arc::clone(function)));
                } else if let (Kind::Name(name), Kind::Class(class)) = (&target.kind, &value.kind) {
                    self.declare_class(file, class);
                    if class.name != *name
                        && let Some(id) = self.classes.len().checked_sub(1)
                    {
                        self.classes_by_name.entry(name.clone()).or_default().push(id);
                    }
                } else if let Kind::Member(..) = &target.kind {
                    // `exports.X = class …`
                    self.declare(file, value);
                }
            }
            Kind::Block(body) => body.iter().for_each(|inner| self.declare(file, inner)),
            Kind::Return(value) => self.declare(file, value),
            _ => {}
        }
    }

    fn declare_classes_only(&mut self, file: usize, expr: &Expr) {
        match &expr.kind {
            Kind::Class(class) => self.declare_class(file, class),
            Kind::Block(body) => body.iter().for_each(|inner| self.declare_classes_only(file, inner)),
            _ => {}
        }
    }

    fn declare_class(&mut self, file: usize, class: &Arc<Class>) {
        for inner in &class.inner {
            self.declare_class(file, inner);
        }
        self.classes.push((file, Arc::clone(class)));
        let id = self.classes.len() - 1;
        self.classes_by_name.entry(class.name.clone()).or_default().push(id);
    }

    /// Programs that start in a function.
    fn mains(&mut self) {
        let mut mains: Vec<(usize, Option<usize>, Arc<Function>)> = Vec::new();
        for (id, (file, class)) in self.classes.iter().enumerate() {
            for method in &class.methods {
                if matches!(method.name.as_deref(), Some("main" | "Main")) {
                    mains.push((*file, Some(id), Arc::clone(method)));
                }
            }
        }
        let free = self.functions.get("main").into_iter().flatten();
        mains.extend(free.map(|(file, function)| (*file, None, Arc::clone(function))));
        for (file, class, function) in mains {
            if !self.visited_functions.contains(&Arc::as_ptr(&function)) {
                let at = At { scope: file, this: None, class, file };
                self.invoke(&function, at, &Arguments::default());
            }
        }
    }

    /// Classes and functions that nothing reached: their constructs are known by what is in them.
    fn left_over(&mut self) {
        for id in 0..self.classes.len() {
            let Some((file, class)) = self.classes.get(id).cloned() else { continue };
            if self.visited_classes.contains(&id) || class.base.is_none() {
                continue;
            }
            let place = class.base.as_ref().map_or(Range { start: 0, end: 0 }, |b| b.range);
            let span = self.span(file, place);
            let site = Site { span, name: span.start, parentheses: None };
            let node = self.tree.push(Node::new(site, Some(id), class.name.clone()));
            let at = At { scope: file, this: Some(node), class: Some(id), file };
            self.construct(id, &Arguments::default(), at);
            self.tree.attach(node, Parent::Unknown, Pattern::any());
        }
        let mut functions: Vec<(usize, Arc<Function>)> = self.functions.values().flatten().cloned().collect();
        functions.sort_by_key(|(file, f)| (*file, f.body.first().map_or(0, |e| e.range.start)));
        for (file, function) in functions {
            if !self.visited_functions.contains(&Arc::as_ptr(&function)) {
                let at = At { scope: file, this: None, class: None, file };
                self.invoke(&function, at, &Arguments::default());
            }
        }
    }

    fn span(&self, file: usize, range: Range) -> Span {
        let file = self.modules.get(file).map_or(FileId(0), |m| m.file);
        Span::new(file, range.start, range.end)
    }

    fn language(&self, at: At) -> Option<Language> {
        self.modules.get(at.file).map(|m| m.language)
    }

    fn block(&mut self, body: &[Expr], at: At) -> Value {
        for expr in body {
            self.eval(expr, at);
        }
        Value::Unknown
    }

    fn eval(&mut self, expr: &Expr, at: At) -> Value {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
            let what = if self.steps > MAX_STEPS {
                format!("more than {MAX_STEPS} expressions")
            } else {
                format!("calls nested more than {MAX_DEPTH} deep")
            };
            self.exceeded.get_or_insert(what);
            return Value::Unknown;
        }
        self.depth += 1;
        let value = self.eval_kind(expr, at);
        self.depth -= 1;
        value
    }

    fn eval_kind(&mut self, expr: &Expr, at: At) -> Value {
        match &expr.kind {
            Kind::Unknown | Kind::Scalar | Kind::Class(_) => Value::Unknown,
            Kind::This => at.this.map_or(Value::Unknown, Value::Node),
            Kind::Name(name) => {
                let known = self.variable(name, at).or_else(|| self.imported(name, name, at));
                known.or_else(|| self.constant_of_file(name, at)).unwrap_or(Value::Unknown)
            }
            Kind::Member(object, name, _) => {
                if let Kind::Name(namespace) = &object.kind
                    && self.variable(namespace, at).is_none()
                    && let Some(value) = self
                        .imported(namespace, name, at)
                        .or_else(|| self.constant_of_class(self.class_named(namespace, at)?, name))
                {
                    return value;
                }
                let object = self.eval(object, at);
                self.member(&object, name)
            }
            Kind::Element(object) => match self.eval(object, at) {
                Value::Node(id) | Value::Part(id) => Value::Part(id),
                Value::List(list) if list.len() == 1 => list.first().cloned().unwrap_or(Value::Unknown),
                _ => Value::Unknown,
            },
            Kind::Text(pieces) => self.text(pieces, at),
            Kind::Object(entries) => self.object(entries, expr.range, at),
            Kind::List(elements) => {
                Value::List(Arc::new(elements.iter().map(|e| self.eval(e, at)).collect()))
            }
            Kind::Call(call) => self.call(call, expr.range, at),
            Kind::Assign(target, value) => {
                let value = self.eval(value, at);
                self.bind(target, value.clone(), at, false);
                value
            }
            Kind::Return(value) => {
                let value = self.eval(value, at);
                if let Some(last) = self.returns.last_mut()
                    && last.is_unknown()
                {
                    *last = value;
                }
                Value::Unknown
            }
            Kind::Function(function) => Value::Closure(Arc::new(Closure {
                function: Arc::clone(function),
                scope: at.scope,
                this: at.this,
                class: at.class,
                file: at.file,
            })),
            Kind::Loop { bind, over, body } => {
                let elements = match self.eval(over, at) {
                    Value::List(list) => list.iter().take(MAX_ELEMENTS).cloned().collect(),
                    _ => vec![Value::Unknown],
                };
                let elements = if elements.is_empty() { vec![Value::Unknown] } else { elements };
                for element in elements {
                    let inner = At { scope: self.new_scope(at.scope), ..at };
                    self.bind(bind, element, inner, true);
                    self.block(body, inner);
                }
                Value::Unknown
            }
            Kind::Either(left, right) => {
                let left = self.eval(left, at);
                let right = self.eval(right, at);
                if left.is_unknown() { right } else { left }
            }
            Kind::Concat(left, right) => {
                let (left, right) = (self.eval(left, at), self.eval(right, at));
                if left.text().is_none() && right.text().is_none() {
                    return Value::Unknown;
                }
                let mut pattern = Pattern::empty();
                for side in [left, right] {
                    match side.text() {
                        Some(text) => pattern.extend(text),
                        None => pattern.push_any(),
                    }
                }
                Value::Text(Arc::new(pattern))
            }
            Kind::Block(body) => {
                // `a as B`, `(x)`: what is of interest is alone; statements have no value
                match body.as_slice() {
                    [only] => self.eval(only, at),
                    _ => self.block(body, at),
                }
            }
        }
    }

    fn new_scope(&mut self, parent: usize) -> usize {
        self.scopes.push(Scope { variables: FxHashMap::default(), parent: Some(parent) });
        self.scopes.len() - 1
    }

    fn variable(&self, name: &str, at: At) -> Option<Value> {
        let mut scope = Some(at.scope);
        while let Some(id) = scope {
            let known = self.scopes.get(id)?;
            if let Some(value) = known.variables.get(name) {
                return Some(value.clone());
            }
            scope = known.parent;
        }
        // Java and C# name fields without `this`
        let this = at.this?;
        match self.language(at) {
            Some(Language::Java | Language::CSharp) => self.tree.get(this)?.fields.get(name).cloned(),
            _ => None,
        }
    }

    fn member(&mut self, object: &Value, name: &str) -> Value {
        match object {
            Value::Object(object) => object.get(name).map_or(Value::Unknown, |m| m.value.clone()),
            Value::Node(id) => {
                let Some(node) = self.tree.get(*id) else { return Value::Unknown };
                if let Some(field) = node.fields.get(name) {
                    return field.clone();
                }
                let class = node.class;
                if let Some((class, getter)) = class.and_then(|c| self.method(c, name))
                    && getter.params.is_empty()
                    && let Some(file) = self.classes.get(class).map(|c| c.0)
                {
                    let at = At { scope: file, this: Some(*id), class: Some(class), file };
                    return self.invoke(&getter, at, &Arguments::default());
                }
                let node = self.tree.get(*id);
                let field = node.and_then(|n| n.fields.iter().find(|(key, _)| same_name(key, name)));
                field.map_or(Value::Part(*id), |(_, value)| value.clone())
            }
            Value::Part(id) => Value::Part(*id),
            _ => Value::Unknown,
        }
    }

    fn text(&mut self, pieces: &[Piece], at: At) -> Value {
        let mut pattern = Pattern::empty();
        for piece in pieces {
            match piece {
                Piece::Literal(text) => pattern.push(text),
                Piece::Expr(expr) => match self.eval(expr, at).text() {
                    Some(inner) => pattern.extend(inner),
                    None => pattern.push_any(),
                },
            }
        }
        Value::Text(Arc::new(pattern))
    }

    fn object(&mut self, entries: &[Entry], range: Range, at: At) -> Value {
        let span = self.span(at.file, range);
        Value::Object(Arc::new(Object { span, entries: self.members(entries, at) }))
    }

    fn members(&mut self, entries: &[Entry], at: At) -> Vec<Member> {
        let mut members = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.eval(&entry.value, at);
            match &entry.key {
                Some(key) => members.push(Member {
                    key: key.clone(),
                    span: self.span(at.file, entry.range),
                    value_span: self.span(at.file, entry.value.range),
                    value,
                }),
                None => {
                    if let Value::Object(object) = value {
                        members.extend(object.entries.iter().cloned());
                    }
                }
            }
        }
        members
    }

    /// Gives a value a name. `declares`: a new variable of this scope.
    fn bind(&mut self, target: &Expr, value: Value, at: At, declares: bool) {
        match &target.kind {
            Kind::Name(name) => {
                let mut scope = at.scope;
                if !declares {
                    // the variable may stand further out
                    let mut search = Some(at.scope);
                    while let Some(id) = search {
                        let Some(known) = self.scopes.get(id) else { break };
                        if known.variables.contains_key(name) {
                            scope = id;
                            break;
                        }
                        search = known.parent;
                    }
                    if let (Some(Language::Java | Language::CSharp), Some(this)) =
                        (self.language(at), at.this)
                        && search.is_none()
                        && let Some(node) = self.tree.get_mut(this)
                    {
                        // a field, unless it is a variable that is declared here: both at once do no harm
                        node.fields.insert(name.clone(), value.clone());
                    }
                }
                if let Some(known) = self.scopes.get_mut(scope) {
                    let keeps = value.is_unknown() && !declares && known.variables.contains_key(name);
                    if !keeps {
                        known.variables.insert(name.clone(), value);
                    }
                }
            }
            Kind::Member(object, name, start) => {
                let holder = self.eval(object, at);
                let Some(id) = holder.node() else { return };
                let span = self.span(at.file, Range { start: *start, end: target.range.end });
                let Some(node) = self.tree.get_mut(id) else { return };
                node.overrides.push((name.clone(), span));
                if let Value::Node(_) = holder
                    && !(value.is_unknown() && node.fields.contains_key(name))
                {
                    node.fields.insert(name.clone(), value);
                }
            }
            Kind::Object(entries) => {
                for entry in entries {
                    let Some(key) = &entry.key else { continue };
                    let inner = self.member(&value, key);
                    self.bind(&entry.value, inner, at, declares);
                }
            }
            Kind::List(targets) => {
                for (index, target) in targets.iter().enumerate() {
                    let inner = match &value {
                        Value::List(list) => list.get(index).cloned().unwrap_or(Value::Unknown),
                        _ => Value::Unknown,
                    };
                    self.bind(target, inner, at, declares);
                }
            }
            // `a, b` without parentheses
            Kind::Block(targets) => {
                for target in targets {
                    self.bind(target, Value::Unknown, at, declares);
                }
            }
            _ => {}
        }
    }

    fn enter(&mut self, closure: &Closure, args: &Arguments) -> Value {
        let at = At { scope: closure.scope, this: closure.this, class: closure.class, file: closure.file };
        self.invoke(&closure.function, at, args)
    }

    /// Calls a function of the app; `at.scope` is what is around it.
    fn invoke(&mut self, function: &Arc<Function>, at: At, args: &Arguments) -> Value {
        if self.depth + 8 >= MAX_DEPTH {
            self.exceeded.get_or_insert(format!("calls nested more than {MAX_DEPTH} deep"));
            return Value::Unknown;
        }
        let identity = Arc::as_ptr(function);
        self.visited_functions.insert(identity);
        if self.active.iter().filter(|f| **f == identity).count() >= MAX_RECURSION {
            return Value::Unknown;
        }
        self.active.push(identity);
        self.depth += 8;
        let inner = At { scope: self.new_scope(at.scope), ..at };
        let mut position = 0;
        let mut taken: Vec<Str> = Vec::new();
        for param in &function.params {
            let name = match &param.target.kind {
                Kind::Name(name) => Some(name.clone()),
                _ => None,
            };
            if param.rest {
                let entries: Vec<Member> =
                    args.named.iter().filter(|m| !taken.contains(&m.key)).cloned().collect();
                let span = args.parentheses.unwrap_or_else(|| self.span(at.file, param.target.range));
                let rest = Value::Object(Arc::new(Object { span, entries }));
                self.bind(&param.target, rest, inner, true);
                continue;
            }
            let by_name = name.as_ref().and_then(|n| args.named.iter().find(|m| m.key == *n));
            let value = match by_name {
                Some(member) => {
                    taken.push(member.key.clone());
                    member.value.clone()
                }
                None => {
                    position += 1;
                    args.positional.get(position - 1).cloned().unwrap_or(Value::Unknown)
                }
            };
            let value = match (&param.default, value.is_unknown()) {
                (Some(default), true) => self.eval(default, inner),
                _ => value,
            };
            if param.own
                && let (Some(name), Some(node)) = (&name, at.this.and_then(|id| self.tree.get_mut(id)))
            {
                node.fields.insert(name.clone(), value.clone());
            }
            self.bind(&param.target, value, inner, true);
        }
        self.returns.push(Value::Unknown);
        self.block(&function.body, inner);
        self.depth -= 8;
        self.active.pop();
        self.returns.pop().unwrap_or(Value::Unknown)
    }

    /// A method of a class of the app or of its bases, with the class that has it.
    fn method(&self, class: usize, name: &str) -> Option<(usize, Arc<Function>)> {
        let mut class = class;
        for _ in 0..16 {
            let (file, declared) = self.classes.get(class)?;
            if let Some(method) = declared.methods.iter().find(|m| m.name.as_deref() == Some(name)) {
                return Some((class, Arc::clone(method)));
            }
            let at = At { scope: *file, this: None, class: None, file: *file };
            let base = self.class_of(declared.base.as_ref()?, at)?;
            if base == class {
                return None;
            }
            class = base;
        }
        None
    }

    /// The app's class that an expression names.
    fn class_of(&self, expr: &Expr, at: At) -> Option<usize> {
        match &expr.kind {
            Kind::Name(name) => self.class_named(name, at),
            Kind::Member(object, name, _) => {
                if let Kind::Name(namespace) = &object.kind
                    && self.source_of(namespace, at).is_some_and(|s| is_library(&s))
                {
                    return None;
                }
                // `new software.amazon.awscdk.App()` where the app's own class is called `App`, too
                if is_library(&dotted(object)) {
                    return None;
                }
                self.class_named(name, at)
            }
            _ => None,
        }
    }

    fn class_named(&self, name: &str, at: At) -> Option<usize> {
        let known = self.classes_by_name.get(name)?;
        let source = self.source_of(name, at);
        if source.as_deref().is_some_and(is_library) {
            return None;
        }
        let files = known.iter().map(|id| self.classes.get(*id).map_or(0, |c| c.0));
        let at = self.nearest(files, source.as_deref(), at)?;
        known.get(at).copied()
    }

    fn function(&self, name: &str, at: At) -> Option<(usize, Arc<Function>)> {
        let known = self.functions.get(name)?;
        let source = self.source_of(name, at);
        if source.as_deref().is_some_and(is_library) {
            return None;
        }
        let at = self.nearest(known.iter().map(|(file, _)| *file), source.as_deref(), at)?;
        known.get(at).cloned()
    }

    /// Of several declarations of a name, the one that is meant: in the same file, in the one that is imported, the
    /// first.
    fn nearest(
        &self,
        files: impl Iterator<Item = usize> + Clone,
        source: Option<&str>,
        at: At,
    ) -> Option<usize> {
        let same_family = |file: usize| {
            let family = |language: Language| match language {
                Language::TypeScript | Language::Tsx | Language::JavaScript => 0,
                Language::Python => 1,
                Language::Java => 2,
                Language::CSharp => 3,
                Language::Go => 4,
            };
            let (a, b) = (self.modules.get(file), self.modules.get(at.file));
            a.zip(b).is_some_and(|(a, b)| family(a.language) == family(b.language))
        };
        if let Some(own) = files.clone().position(|file| file == at.file) {
            return Some(own);
        }
        if let Some(source) = source {
            let imported = self.imported_from(files.clone(), source);
            if imported.is_some() {
                return imported;
            }
        }
        files.clone().position(same_family)
    }

    /// Which of some files an import means.
    fn imported_from(&self, mut files: impl Iterator<Item = usize>, source: &str) -> Option<usize> {
        let last = source.trim_end_matches(".js").rsplit(['/', '.']).next().unwrap_or(source);
        files.position(|file| {
            self.modules.get(file).is_some_and(|m| {
                let stem = m.stem.strip_suffix("/index").or(m.stem.strip_suffix("/__init__"));
                stem.unwrap_or(&m.stem).rsplit('/').next() == Some(last)
            })
        })
    }

    /// Where a file imports a name from.
    fn source_of(&self, name: &str, at: At) -> Option<Str> {
        let imports = &self.modules.get(at.file)?.module.imports;
        imports.iter().find(|(known, _)| known == name).map(|(_, source)| source.clone())
    }
}

/// The last name of `a.b.C`.
fn last_name(expr: &Expr) -> &str {
    match &expr.kind {
        Kind::Name(name) | Kind::Member(_, name, _) => name,
        _ => "",
    }
}

/// `a.b.C` as it is written.
fn dotted(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Name(name) => name.to_string(),
        Kind::Member(object, name, _) => format!("{}.{name}", dotted(object)),
        _ => String::new(),
    }
}

/// Whether an import is of the CDK itself or of a library of constructs.
fn is_library(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    ["aws-cdk", "aws_cdk", "awscdk", "amazon.cdk", "cdk-nag", "cdk_nag"]
        .iter()
        .any(|sign| source.contains(sign))
        || matches!(source.as_str(), "constructs" | "software.constructs")
}
