//! Calls: of the app's own classes and functions, and of a library's, which may make constructs.

use std::sync::Arc;

use crate::Str;
use crate::source::Span;

use super::super::ir::{Call, Callee, Expr, Function, Kind, Range};
use super::super::language::Language;
use super::super::tree::{Attached, Node, NodeId, Parent, Pattern, Site};
use super::super::value::{Closure, Member, Object, Value};
use super::{
    Arguments, At, Interpreter, MAX_DEPTH, MAX_ELEMENTS, MAX_NODES, MAX_STEPS, is_library, last_name,
};

impl Interpreter<'_> {
    pub(super) fn arguments(&mut self, call: &Call, at: At) -> Arguments {
        let positional = call.args.iter().map(|arg| self.eval(arg, at)).collect();
        let spans = call.args.iter().map(|arg| self.span(at.file, arg.range)).collect();
        let named = self.members(&call.named, at);
        let parentheses = call.parentheses.map(|range| self.span(at.file, range));
        Arguments { positional, named, spans, parentheses }
    }

    pub(super) fn call(&mut self, call: &Call, range: Range, at: At) -> Value {
        let span = self.span(at.file, range);
        match &call.callee {
            Callee::Super => {
                let args = self.arguments(call, at);
                if let Some(class) = at.class {
                    self.super_site = Some(Site { span, name: span.start, parentheses: args.parentheses });
                    self.construct_base(class, &args, at);
                }
                Value::Unknown
            }
            Callee::This => {
                let args = self.arguments(call, at);
                if let Some(class) = at.class {
                    self.construct(class, &args, at);
                }
                Value::Unknown
            }
            Callee::New(class) => {
                let args = self.arguments(call, at);
                let init = call.init.as_ref().map(|init| self.eval(init, at));
                let site = Site { span, name: span.start, parentheses: args.parentheses };
                let name = class.as_ref().map_or("", last_name);
                let known = class.as_ref().and_then(|c| self.class_of(c, at));
                let made = self.instantiate(known, name, &args, site, at);
                match (made, init) {
                    (Value::Node(id), Some(Value::Object(init))) => {
                        if let Some(node) = self.tree.get_mut(id) {
                            for member in &init.entries {
                                node.fields.insert(member.key.clone(), member.value.clone());
                            }
                            node.props.get_or_insert(init);
                        }
                        Value::Node(id)
                    }
                    (Value::Unknown, Some(init)) => init,
                    (made, _) => made,
                }
            }
            Callee::Plain(callee) => self.plain_call(callee, call, span, at),
        }
    }

    pub(super) fn plain_call(&mut self, callee: &Expr, call: &Call, span: Span, at: At) -> Value {
        match &callee.kind {
            Kind::Name(name) => {
                let args = self.arguments(call, at);
                let site = Site { span, name: span.start, parentheses: args.parentheses };
                if let Some(Value::Closure(closure)) = self.variable(name, at) {
                    return self.enter(&closure, &args);
                }
                if let Some(this) = at.this
                    && let Some(class) = self.tree.get(this).and_then(|n| n.class)
                    && let Some((class, method)) = self.method(class, name)
                    && let Some(file) = self.classes.get(class).map(|c| c.0)
                {
                    // Java and C#: a method without `this`
                    let at = At { scope: file, this: Some(this), class: Some(class), file };
                    return self.invoke(&method, at, &args);
                }
                if at.this.is_none()
                    && let Some((class, method)) = at.class.and_then(|c| self.method(c, name))
                    && let Some(file) = self.classes.get(class).map(|c| c.0)
                {
                    let at = At { scope: file, this: None, class: Some(class), file };
                    return self.invoke(&method, at, &args);
                }
                if let Some((file, function)) = self.function(name, at) {
                    let at = At { scope: file, this: None, class: None, file };
                    return self.invoke(&function, at, &args);
                }
                let class = self.class_of(callee, at);
                let made = self.instantiate(class, name, &args, site, at);
                self.callbacks(&args, &[]);
                made
            }
            Kind::Member(object, name, start) => self.method_call(object, name, *start, call, span, at),
            _ => {
                let callee = self.eval(callee, at);
                let args = self.arguments(call, at);
                if let Value::Closure(closure) = callee {
                    return self.enter(&closure, &args);
                }
                self.callbacks(&args, &[]);
                Value::Unknown
            }
        }
    }

    pub(super) fn method_call(
        &mut self,
        object: &Expr,
        name: &Str,
        start: u32,
        call: &Call,
        span: Span,
        at: At,
    ) -> Value {
        let language = self.language(at);
        if language == Some(Language::Java) {
            if name == "create"
                && let Kind::Member(class, builder, _) = &object.kind
                && builder == "Builder"
            {
                let args = self.arguments(call, at);
                let site = Site { span, name: start, parentheses: args.parentheses };
                let known = self.class_of(class, at);
                let made = self.instantiate(known, last_name(class), &args, site, at);
                if let Value::Node(id) = made
                    && let Some(node) = self.tree.get_mut(id)
                {
                    node.building = true;
                }
                return made;
            }
            if name == "builder" && call.args.is_empty() {
                return Value::Object(Arc::new(Object { span, entries: Vec::new() }));
            }
        }
        // a class or package, not a value
        if let Kind::Name(namespace) = &object.kind
            && self.variable(namespace, at).is_none()
        {
            let args = self.arguments(call, at);
            return self.static_call(namespace, name, start, &args, span, at);
        }
        let holder = self.eval(object, at);
        let args = self.arguments(call, at);
        let site = Site { span, name: start, parentheses: args.parentheses };
        match &holder {
            Value::Node(id) => {
                let id = *id;
                let class = self.tree.get(id).and_then(|n| n.class);
                if let Some((class, method)) = class.and_then(|c| self.method(c, name))
                    && let Some(file) = self.classes.get(class).map(|c| c.0)
                {
                    let at = At { scope: file, this: Some(id), class: Some(class), file };
                    return self.invoke(&method, at, &args);
                }
                if let Some(node) = self.tree.get_mut(id)
                    && node.building
                {
                    // the expression goes on to `build()`
                    node.site.span.end = node.site.span.end.max(span.end);
                    if name == "build" {
                        node.building = false;
                        return Value::Node(id);
                    }
                    let member = built(name, start, span, &args);
                    let props = node.props.take();
                    let mut props = props.map_or_else(
                        || Object { span: Span::new(span.file, start, span.end), entries: Vec::new() },
                        Arc::unwrap_or_clone,
                    );
                    props.span.end = props.span.end.max(span.end);
                    props.entries.push(member);
                    node.props = Some(Arc::new(props));
                    return Value::Node(id);
                }
                if let Some(Value::Closure(closure)) =
                    self.tree.get(id).and_then(|n| n.fields.get(name)).cloned()
                {
                    return self.enter(&closure, &args);
                }
                self.attached(id, name, &args, site)
            }
            Value::Part(id) => self.attached(*id, name, &args, site),
            Value::Object(props) => {
                if let Some(Value::Closure(closure)) = props.get(name).map(|m| m.value.clone()) {
                    return self.enter(&closure, &args);
                }
                if language == Some(Language::Java) {
                    if name == "build" {
                        return Value::Object(Arc::clone(props));
                    }
                    let mut props = (**props).clone();
                    props.span.end = props.span.end.max(span.end);
                    props.entries.push(built(name, start, span, &args));
                    return Value::Object(Arc::new(props));
                }
                self.callbacks(&args, &[]);
                Value::Unknown
            }
            Value::List(list) => {
                let list = Arc::clone(list);
                self.callbacks(&args, &list);
                match name.as_str() {
                    "concat" | "filter" | "sort" | "reverse" | "slice" | "stream" | "toList" => holder,
                    _ => Value::Unknown,
                }
            }
            Value::Text(text) => {
                let text = Arc::clone(text);
                match name.as_str() {
                    "format" | "formatted" => Value::Text(Arc::new(filled(&text))),
                    "toString" | "trim" | "strip" => holder,
                    _ => Value::Unknown,
                }
            }
            Value::Closure(closure) => {
                let closure = Arc::clone(closure);
                self.enter(&closure, &args)
            }
            Value::Unknown => {
                let made = self.instantiate(None, last_name(object), &args, site, at);
                self.callbacks(&args, &[]);
                made
            }
        }
    }

    pub(super) fn static_call(
        &mut self,
        namespace: &Str,
        name: &Str,
        start: u32,
        args: &Arguments,
        span: Span,
        at: At,
    ) -> Value {
        let site = Site { span, name: start, parentheses: args.parentheses };
        // `Class.method(…)` of the app's own
        if let Some(class) = self.class_named(namespace, at)
            && let Some((class, method)) = self.method(class, name)
            && let Some(file) = self.classes.get(class).map(|c| c.0)
        {
            let at = At { scope: file, this: None, class: Some(class), file };
            return self.invoke(&method, at, args);
        }
        let library = self.source_of(namespace, at).is_some_and(|s| is_library(&s));
        if !library {
            if let Some((file, function)) = self.function(name, at)
                && self.language(at) != Some(Language::Java)
            {
                let at = At { scope: file, this: None, class: None, file };
                return self.invoke(&function, at, args);
            }
            if let Some(class) = self.class_named(name, at) {
                return self.instantiate(Some(class), name, args, site, at);
            }
        }
        match (name.as_str(), args.positional.first()) {
            // jsii.String("x"), String.valueOf(x), and the values of Go
            ("String" | "Bool" | "Number" | "valueOf", Some(value)) if args.positional.len() == 1 => {
                return value.clone();
            }
            ("Sprintf" | "format" | "Format", Some(Value::Text(text))) => {
                return Value::Text(Arc::new(filled(text)));
            }
            ("of" | "asList" | "Strings", Some(_))
                if matches!(namespace.as_str(), "List" | "Arrays" | "Set" | "jsii") =>
            {
                return Value::List(Arc::new(args.positional.clone()));
            }
            ("of", Some(_)) if namespace == "Map" => return Value::Unknown,
            _ => {}
        }
        // `s3.Bucket(…)`, `awss3.NewBucket(…)`: the class is the name; `Vpc.fromLookup(…)`: it is the namespace
        let class = match name.strip_prefix("New") {
            Some(class) if self.language(at) == Some(Language::Go) => class,
            _ if name.starts_with(|c: char| c.is_ascii_uppercase()) => name,
            _ => namespace,
        };
        let made = self.instantiate(None, class, args, site, at);
        self.callbacks(args, &[]);
        made
    }

    /// A call of a library's function or constructor, or of one of the app's classes.
    pub(super) fn instantiate(
        &mut self,
        class: Option<usize>,
        name: &str,
        args: &Arguments,
        site: Site,
        at: At,
    ) -> Value {
        if self.tree.nodes.len() >= MAX_NODES {
            self.exceeded.get_or_insert(format!("more than {MAX_NODES} constructs"));
            return Value::Unknown;
        }
        if let Some(class) = class.filter(|class| self.may_be_made(*class, args)) {
            let id = self.tree.push(Node::new(site, Some(class), name.into()));
            if let Some(node) = self.tree.get_mut(id) {
                node.props = args.props();
            }
            let file = self.classes.get(class).map_or(at.file, |c| c.0);
            self.construct(class, args, At { scope: file, this: Some(id), class: Some(class), file });
            return Value::Node(id);
        }
        if name == "App" && args.scope().is_none_or(|s| s.node().is_none()) {
            let id = self.tree.push(Node::new(site, None, name.into()));
            self.tree.attach(id, Parent::Root, Pattern::any());
            return Value::Node(id);
        }
        let scope = args.scope().and_then(Value::node);
        let id = args.id().and_then(Value::text);
        let parent = match (scope, id) {
            (Some(scope), Some(_)) => Parent::Node(scope),
            // an id that is not known, behind a scope
            (Some(scope), None)
                if args.positional.len() >= 2
                    && matches!(args.id(), Some(Value::Unknown))
                    && name.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                Parent::Node(scope)
            }
            (None, Some(id))
                if !id.is_any()
                    && matches!(args.scope(), Some(Value::Unknown))
                    && args.positional.len() + args.named.len() >= 2
                    && name.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                Parent::Unknown
            }
            _ => {
                self.mentions(args, name, site);
                return args.props_of_plain().map_or(Value::Unknown, Value::Object);
            }
        };
        let pattern = id.map_or_else(Pattern::any, in_path);
        let mut node = Node::new(site, None, name.into());
        node.props = args.props();
        let below_part = matches!(args.scope(), Some(Value::Part(_)));
        node.descends = below_part;
        let id = self.tree.push(node);
        self.tree.attach(id, parent, pattern);
        Value::Node(id)
    }

    /// Whether a class of the app can be what is made: one that extends nothing and takes no scope and id only has the
    /// name of a library's construct, as the handler of a function that is called `Function`.
    fn may_be_made(&self, class: usize, args: &Arguments) -> bool {
        let Some((_, declared)) = self.classes.get(class) else { return true };
        let made_in_scope =
            args.scope().and_then(Value::node).is_some() && args.id().and_then(Value::text).is_some();
        let takes_both =
            || declared.constructors.iter().chain(&declared.primary).any(|made| made.params.len() >= 2);
        declared.base.is_some() || !made_in_scope || takes_both()
    }

    /// Runs a constructor of a class of the app on `at.this`.
    pub(super) fn construct(&mut self, class: usize, args: &Arguments, at: At) {
        let Some((file, declared)) = self.classes.get(class).cloned() else { return };
        self.visited_classes.insert(class);
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            return;
        }
        let at = At { scope: self.new_scope(file), this: at.this, class: Some(class), file };
        self.depth += 1;
        let count = args.positional.len() + args.named.len();
        let fits = |f: &&Arc<Function>| f.params.len() == count;
        let declared_constructors = &declared.constructors;
        // `this(…)` calls another one than the one that is running
        let constructor = declared_constructors.iter().find(fits).or(declared_constructors.last()).cloned();
        for (name, value) in &declared.fields {
            let value = self.eval(value, at);
            if let Some(node) = at.this.and_then(|id| self.tree.get_mut(id)) {
                node.fields.insert(name.clone(), value);
            }
        }
        match constructor.or_else(|| declared.primary.clone()) {
            Some(constructor) => {
                self.invoke(&constructor, at, args);
            }
            None => self.construct_base(class, args, at),
        }
        self.depth -= 1;
        // what never calls its base class's constructor is a construct all the same if it has a base
        if declared.base.is_some()
            && let Some(this) = at.this
            && self.tree.get(this).is_some_and(|n| n.parent == Parent::None)
            && args.scope().and_then(Value::node).is_some()
        {
            self.hang(this, args);
        }
    }

    /// Runs the constructor of the base class on `at.this`.
    pub(super) fn construct_base(&mut self, class: usize, args: &Arguments, at: At) {
        let Some((file, declared)) = self.classes.get(class).cloned() else { return };
        let Some(base) = &declared.base else { return };
        let outside = At { scope: file, this: None, class: None, file };
        if let Some(known) = self.class_of(base, outside).filter(|known| *known != class) {
            let inner = At { scope: file, this: at.this, class: Some(known), file };
            self.construct(known, args, inner);
            return;
        }
        let Some(this) = at.this else { return };
        if last_name(base) == "App" {
            self.tree.attach(this, Parent::Root, Pattern::any());
            return;
        }
        let makes_itself = !matches!(last_name(base), "Construct" | "Stack" | "Stage" | "Resource");
        let site = self.super_site.take().filter(|_| makes_itself);
        if let Some(node) = self.tree.get_mut(this) {
            node.base_site = site;
        }
        self.hang(this, args);
    }

    /// Hangs a construct of a class of the app where the arguments of the library's constructor say.
    pub(super) fn hang(&mut self, this: NodeId, args: &Arguments) {
        let pattern = args.id().and_then(Value::text).map_or_else(Pattern::any, in_path);
        let parent = match args.scope() {
            Some(Value::Node(scope) | Value::Part(scope)) => Parent::Node(*scope),
            _ => Parent::Unknown,
        };
        if let Some(node) = self.tree.get_mut(this) {
            node.base_props = args.props();
            node.descends = matches!(args.scope(), Some(Value::Part(_)));
        }
        self.tree.attach(this, parent, pattern);
    }

    /// A method of a library on a construct: it may make constructs, and it may set properties.
    pub(super) fn attached(&mut self, id: NodeId, name: &Str, args: &Arguments, site: Site) -> Value {
        let record = record(name, args, site);
        let first = record.first.clone();
        let props = args.positional.iter().find_map(Value::object).cloned().or_else(|| args.props());
        if let Some(node) = self.tree.get_mut(id) {
            node.calls.push(record);
        }
        self.mentions(args, name, site);
        self.callbacks(args, &[]);
        let makes = ["add", "create", "new", "schedule", "configure"];
        let makes = makes.iter().any(|verb| name.to_ascii_lowercase().starts_with(verb));
        match first {
            Some(first) if makes && !first.is_any() && self.tree.nodes.len() < MAX_NODES => {
                let mut node = Node::new(site, None, name.clone());
                node.descends = true;
                node.props = props;
                let child = self.tree.push(node);
                self.tree.attach(child, Parent::Node(id), in_path(&first));
                Value::Node(child)
            }
            _ => Value::Part(id),
        }
    }

    /// Constructs among the arguments learn of the call: `table.grantRead(function)`.
    pub(super) fn mentions(&mut self, args: &Arguments, name: &str, site: Site) {
        let values = args.positional.iter().chain(args.named.iter().map(|m| &m.value));
        let nodes: Vec<NodeId> = values.filter_map(Value::node).collect();
        for id in nodes {
            let record = record(name, args, site);
            if let Some(node) = self.tree.get_mut(id) {
                node.calls.push(record);
            }
        }
    }

    /// Functions that are passed to a library are called: with the elements of a list, or with something.
    pub(super) fn callbacks(&mut self, args: &Arguments, list: &[Value]) {
        let values = args.positional.iter().chain(args.named.iter().map(|m| &m.value));
        let closures: Vec<Arc<Closure>> = values
            .filter_map(|value| match value {
                Value::Closure(closure) => Some(Arc::clone(closure)),
                _ => None,
            })
            .collect();
        for closure in closures {
            if list.is_empty() {
                self.enter(&closure, &Arguments::default());
            }
            for element in list.iter().take(MAX_ELEMENTS) {
                let args = Arguments { positional: vec![element.clone()], ..Arguments::default() };
                self.enter(&closure, &args);
            }
        }
    }
}

impl Arguments {
    /// What a call of a library's that makes no construct is given: `new PolicyStatement({…})` stands for its props.
    fn props_of_plain(&self) -> Option<Arc<Object>> {
        self.positional.iter().find_map(Value::object).cloned().or_else(|| self.props())
    }
}

/// One call of a builder: `.versioned(true)`.
fn built(name: &Str, start: u32, span: Span, args: &Arguments) -> Member {
    let value_span = args.spans.first().copied().unwrap_or(span);
    Member {
        key: name.clone(),
        span: Span::new(span.file, start, span.end),
        value_span,
        value: args.positional.first().cloned().unwrap_or(Value::Unknown),
    }
}

fn record(name: &str, args: &Arguments, site: Site) -> Attached {
    let objects = args.positional.iter().filter_map(Value::object).cloned().chain(args.props()).collect();
    let first = args.positional.first().and_then(Value::text).cloned();
    Attached { name: name.into(), site, first, objects }
}

/// As a construct path has an id.
fn in_path(id: &Pattern) -> Pattern {
    match id.as_literal() {
        Some(text) if text.contains('/') => Pattern::literal(&text.replace('/', "--")),
        _ => id.clone(),
    }
}

/// What `%s` and `{}` in a format leave unknown.
fn filled(text: &Pattern) -> Pattern {
    let Some(text) = text.as_literal() else { return Pattern::any() };
    let mut pattern = Pattern::empty();
    let mut rest = text;
    while let Some(at) = rest.find(['%', '{']) {
        pattern.push(rest.get(..at).unwrap_or(""));
        pattern.push_any();
        let hole = rest.get(at..).unwrap_or("");
        let width = if hole.starts_with('{') {
            hole.find('}').map_or(hole.len(), |n| n + 1)
        } else {
            hole.find(|c: char| c.is_ascii_alphabetic()).map_or(hole.len(), |n| n + 1)
        };
        rest = hole.get(width..).unwrap_or("");
    }
    pattern.push(rest);
    pattern
}
