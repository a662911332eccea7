//! The built-in functions, and how they are lifted over what is not known.
//!
//! A function is written for known values. The lifting layer splits its arguments by the conditions inside them (a
//! choice of lists is one call for each list), calls it once for each case, and makes a choice of the results. Where an
//! argument is unknown as far as the function looks into it, the result is a derived unknown with the call's text.
//! Functions that can do better (`concat`, `merge`, `lookup`, …) take their arguments as they are.

mod cloudformation;
mod collections;
mod csv;
mod encoding;
mod files;
mod format;
mod hash;
mod logic;
mod maps;
mod net;
mod numeric;
mod sets;
mod strings;
mod time;
mod types;

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::Str;
use crate::program::{Dialect, Expr, ExprKind, TypeExpr};
use crate::source::Span;

use super::convert;
use super::evaluator::Evaluator;
use super::guard::Guard;
use super::names::{BUDGET, Env, Failure, Outcome};
use super::number::Number;
use super::store::Store;
use super::value::{Data, List, ListKind, Map, MapKind, Member, Part, Value};

/// The most cases that the arguments of one call are split into.
const MAX_CASES: usize = 64;
/// The most elements, characters or members that one call makes.
pub(super) const MAX_RESULT: usize = 1_000_000;

/// How far a function looks into its arguments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// It takes choices and unknowns itself.
    Raw,
    /// It needs to know what each argument is, not what is in it.
    Shallow,
    /// It needs to know which members there are, but not what they are.
    Shape,
    /// It needs to know the members of lists and mappings too.
    Members,
    /// It needs to know everything.
    Deep,
}

/// What a function returns.
#[derive(Clone, Copy)]
enum Returns {
    Any,
    String,
    Number,
    Bool,
    List,
    Strings,
    StringSet,
    Set,
    Map,
}

impl Returns {
    fn type_expr(self) -> TypeExpr {
        match self {
            Returns::Any => TypeExpr::Any,
            Returns::String => TypeExpr::String,
            Returns::Number => TypeExpr::Number,
            Returns::Bool => TypeExpr::Bool,
            Returns::List => TypeExpr::List(Box::new(TypeExpr::Any)),
            Returns::Strings => TypeExpr::List(Box::new(TypeExpr::String)),
            Returns::StringSet => TypeExpr::Set(Box::new(TypeExpr::String)),
            Returns::Set => TypeExpr::Set(Box::new(TypeExpr::Any)),
            Returns::Map => TypeExpr::Map(Box::new(TypeExpr::Any)),
        }
    }
}

type Body = fn(&Cx<'_, '_>, &[Value]) -> Outcome;

/// A built-in function.
struct Function {
    name: &'static str,
    /// The fewest and the most arguments.
    args: (usize, usize),
    look: Look,
    returns: Returns,
    /// Whether null is an argument it takes.
    nulls: bool,
    body: Body,
}

/// A function that takes no null.
const fn pure(
    name: &'static str,
    args: (usize, usize),
    look: Look,
    returns: Returns,
    body: Body,
) -> Function {
    Function { name, args, look, returns, nulls: false, body }
}

/// A function that takes null.
const fn nullable(
    name: &'static str,
    args: (usize, usize),
    look: Look,
    returns: Returns,
    body: Body,
) -> Function {
    Function { name, args, look, returns, nulls: true, body }
}

/// Any number of arguments from the first.
const MANY: usize = usize::MAX;

static FUNCTIONS: LazyLock<FxHashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let all = [
        cloudformation::FUNCTIONS,
        collections::FUNCTIONS,
        csv::FUNCTIONS,
        encoding::FUNCTIONS,
        files::FUNCTIONS,
        format::FUNCTIONS,
        hash::FUNCTIONS,
        logic::FUNCTIONS,
        maps::FUNCTIONS,
        net::FUNCTIONS,
        numeric::FUNCTIONS,
        sets::FUNCTIONS,
        strings::FUNCTIONS,
        time::FUNCTIONS,
        types::FUNCTIONS,
    ];
    all.into_iter().flatten().map(|f| (f.name, f)).collect()
});

/// Whether a language has a function of that name.
pub fn is_function(name: &str) -> bool {
    matches!(name, "try" | "can") || FUNCTIONS.contains_key(name.strip_prefix("core::").unwrap_or(name))
}

/// Where a function is called.
struct Cx<'c, 'a> {
    evaluator: &'c Evaluator<'a>,
    store: &'a Store,
    env: Env<'c>,
    name: &'c str,
    span: Span,
}

impl Evaluator<'_> {
    /// A call.
    pub(super) fn call(
        &self,
        name: &Str,
        name_span: Span,
        args: &[Expr],
        expand: bool,
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        let plain = name.strip_prefix("core::").unwrap_or(name);
        match plain {
            "try" => return self.try_each(args, span, env),
            "can" => return self.can(args, span, env),
            _ => {}
        }
        if plain == "templatestring"
            && let Some(ExprKind::Literal(_) | ExprKind::Template(_)) = args.first().map(|a| &a.kind)
        {
            let message = "`templatestring`: a template that is written here is evaluated already; \
                           the argument must be a reference";
            return Err(Failure::new("invalid-argument", message, span));
        }
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.eval(arg, env)?);
        }
        if expand && let Some(last) = values.pop() {
            return self.expand(plain, name_span, values, &last, span, env);
        }
        self.call_values(plain, name_span, &values, span, env)
    }

    /// The last argument is spread: a choice of lists is a choice of calls.
    fn expand(
        &self,
        name: &str,
        name_span: Span,
        values: Vec<Value>,
        last: &Value,
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        if matches!(last.data, Data::Choice(_)) {
            return self.each_arm(last, &|v| self.expand(name, name_span, values.clone(), v, span, env));
        }
        match &last.data {
            Data::List(list) if list.rest.is_none() => {
                let Some(cases) = self.store.list_cases(list, MAX_CASES) else {
                    return Ok(self.unknown_call(name, std::slice::from_ref(last), Returns::Any, span));
                };
                let single = cases.len() == 1;
                let mut arms = Vec::with_capacity(cases.len());
                for (guard, list) in cases {
                    let mut values = values.clone();
                    values.extend(list.members.into_iter().map(|m| m.value));
                    let v = match self.call_values(name, name_span, &values, span, env) {
                        Err(failure) if !single && !failure.is_budget() => self.failing(&failure),
                        outcome => outcome?,
                    };
                    arms.push((guard, v));
                }
                let v = self.store.choice(arms);
                Ok(self.located(v, span))
            }
            Data::List(_) | Data::Unknown(_) => {
                let mut values = values;
                values.push(last.clone());
                Ok(self.unknown_call(name, &values, Returns::Any, span))
            }
            _ => Err(Failure::new("invalid-argument", "only a list can be spread over arguments", span)),
        }
    }

    /// A call of a function on values.
    pub fn call_values(
        &self,
        name: &str,
        name_span: Span,
        args: &[Value],
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        if let Some(outcome) = env.names.call(name, args, span) {
            return outcome;
        }
        let Some(function) = FUNCTIONS.get(name) else {
            if name.starts_with("provider::") {
                return Ok(self.unknown_call(name, args, Returns::Any, span));
            }
            return Err(Failure::new(
                "unknown-function",
                format!("there is no function `{name}`"),
                name_span,
            ));
        };
        if args.len() < function.args.0 || args.len() > function.args.1 {
            let (least, most) = function.args;
            let wanted = if least == most {
                format!("{least}")
            } else if most == MANY {
                format!("at least {least}")
            } else {
                format!("{least} to {most}")
            };
            let message = format!("`{name}` takes {wanted} arguments, not {}", args.len());
            return Err(Failure::new("invalid-argument", message, span));
        }
        let cx = Cx { evaluator: self, store: self.store, env, name, span };
        self.lift(function, &cx, args)
    }

    fn lift(&self, function: &Function, cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
        // What failed stays failed.
        for arg in args {
            if let Data::Unknown(id) = arg.data
                && self.store.is_failed(id)
                && function.look != Look::Raw
            {
                return Ok(arg.clone());
            }
        }
        if function.look == Look::Raw {
            return (function.body)(cx, args);
        }
        let Some(cases) = cx.store.cases(args, function.look, MAX_CASES) else {
            return Ok(self.unknown_call(function.name, args, function.returns, cx.span));
        };
        if let [(_, args)] = cases.as_slice() {
            return self.call_known(function, cx, args);
        }
        let mut problem = None;
        let mut worked = false;
        let mut arms = Vec::with_capacity(cases.len());
        for (guard, args) in cases {
            match self.call_known(function, cx, &args) {
                Ok(v) => {
                    worked |= !matches!(v.data, Data::Unknown(id) if self.store.is_failed(id));
                    arms.push((guard, v));
                }
                Err(failure) if failure.is_budget() => return Err(failure),
                Err(failure) => {
                    arms.push((guard, self.failing(&failure)));
                    problem.get_or_insert(failure);
                }
            }
        }
        if let (Some(failure), false) = (problem, worked) {
            return Err(failure);
        }
        let v = self.store.choice(arms);
        Ok(self.located(v, cx.span))
    }

    fn call_known(&self, function: &Function, cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
        for (i, arg) in args.iter().enumerate() {
            if let Data::Unknown(id) = arg.data
                && self.store.is_failed(id)
            {
                return Ok(arg.clone());
            }
            if arg.is_unset() && !function.nulls {
                if self.dialect == Dialect::Policy {
                    return Ok(policy_default(function.returns));
                }
                let message = format!("argument {} of `{}` must not be null", i + 1, function.name);
                return Err(Failure::new("invalid-argument", message, cx.span));
            }
        }
        if args.iter().any(|arg| !known_to(arg, function.look)) {
            return Ok(self.unknown_call(function.name, args, function.returns, cx.span));
        }
        let mut v = (function.body)(cx, args)?;
        // A result that was computed carries what its arguments carry.
        if !matches!(v.data, Data::List(_) | Data::Map(_)) || function.look == Look::Deep {
            let marks = self.store.union_all_marks(args.iter().map(|a| self.store.deep_marks(a)));
            v.marks = self.store.union_marks(v.marks, marks);
        }
        if v.origin.is_none() {
            v.origin = self.computed(cx.span);
        }
        Ok(v)
    }

    /// The result of a call that can't be computed.
    fn unknown_call(&self, name: &str, args: &[Value], returns: Returns, span: Span) -> Value {
        let texts: Vec<String> = args.iter().map(|a| self.store.text_of(a)).collect();
        let text = format!("{name}({})", texts.join(", "));
        let operands: Vec<&Value> = args.iter().collect();
        let made = self.store.derived(&text, &operands, returns.type_expr(), self.computed(span));
        // Whoever asks what such a text says (user data) is answered from what is known of it.
        if let (Data::Unknown(id), "base64encode" | "Fn::Base64", [from]) = (&made.data, name, args)
            && matches!(from.data, Data::Text(_))
        {
            // what a text is encoded to is a text
            let id = self.store.unknown(self.store.unknown_info(*id).kind, true, TypeExpr::String);
            self.store.declare_encoded(id, from.clone());
        }
        made
    }

    // try, can

    /// The first argument that does not fail; where one fails under some conditions, the next stands in under these.
    fn try_each(&self, args: &[Expr], span: Span, env: Env<'_>) -> Outcome {
        let mut last = None;
        let mut arms: Vec<(Guard, Value)> = Vec::new();
        let mut open = Guard::TRUE;
        for arg in args {
            match self.eval(arg, env.strictly()) {
                Err(failure) if failure.is_budget() => return Err(failure),
                Err(failure) => last = Some(failure),
                Ok(value) => {
                    let fails = self.failing_when(&value);
                    let here = self.store.and_not(open, fails);
                    if !here.is_false() {
                        arms.push((here, self.store.given_shallow(&value, self.store.not(fails))));
                    }
                    open = self.store.and(open, fails);
                    if open.is_false() {
                        break;
                    }
                }
            }
        }
        if arms.is_empty() {
            return Err(last.unwrap_or_else(|| {
                Failure::new("invalid-argument", "`try` needs an argument that does not fail", span)
            }));
        }
        if !open.is_false() {
            let failure = last.unwrap_or_else(|| {
                Failure::new("invalid-argument", "all arguments of `try` fail here", span)
            });
            arms.push((open, self.failing(&failure)));
        }
        let v = self.store.choice(arms);
        Ok(self.located(v, span))
    }

    /// When a value itself fails, whatever is inside it.
    fn failing_when_top(&self, value: &Value) -> Guard {
        match &value.data {
            Data::Unknown(id) if self.store.is_failed(*id) => Guard::TRUE,
            Data::Choice(arms) => self.store.any(
                arms.iter()
                    .filter(|a| matches!(a.value.data, Data::Unknown(id) if self.store.is_failed(id)))
                    .map(|a| a.guard),
            ),
            _ => Guard::FALSE,
        }
    }

    /// When a value fails. Members inside count as the whole.
    fn failing_when(&self, value: &Value) -> Guard {
        match &value.data {
            Data::Unknown(id) if self.store.is_failed(*id) => Guard::TRUE,
            Data::Choice(arms) => self.store.any(arms.iter().map(|arm| {
                let inner = self.failing_when(&arm.value);
                self.store.and(arm.guard, inner)
            })),
            Data::Text(parts) => self.store.any(parts.iter().map(|part| match part {
                Part::Text(_) => Guard::FALSE,
                Part::Term(term) => self.failing_when(term),
            })),
            Data::List(list) if list.members.len() < 1000 => self.store.any(list.members.iter().map(|m| {
                let inner = self.failing_when(&m.value);
                self.store.and(m.guard, inner)
            })),
            Data::Map(map) if map.entries.len() < 1000 => self.store.any(map.entries.iter().map(|e| {
                let inner = self.failing_when(&e.value);
                self.store.and(e.guard, inner)
            })),
            _ => Guard::FALSE,
        }
    }

    fn can(&self, args: &[Expr], span: Span, env: Env<'_>) -> Outcome {
        let [arg] = args else {
            return Err(Failure::new("invalid-argument", "`can` takes 1 argument", span));
        };
        let origin = self.computed(span);
        match self.eval(arg, env.strictly()) {
            Err(failure) if failure.is_budget() => Err(failure),
            Err(_) => Ok(Value::new(Data::Bool(false), origin)),
            Ok(value) => {
                let fails = self.failing_when(&value);
                // Of a derived unknown it is not known whether it would fail.
                if let Data::Unknown(_) | Data::Text(_) = value.data
                    && fails.is_false()
                    && may_fail(arg)
                {
                    let text = format!("can({})", self.store.text_of(&value));
                    return Ok(self.store.derived(&text, &[&value], TypeExpr::Bool, origin));
                }
                let truth = !self.store.truth_when(fails);
                let v = self.store.truth_value(truth, origin, self.secrecy(&value), || {
                    self.store.reason(Some(span), "not known")
                });
                Ok(self.located(v, span))
            }
        }
    }
}

/// Whether an expression can fail once its unknowns are known; a plain reference has been resolved already.
fn may_fail(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Literal(_) | ExprKind::Template(_))
}

/// What a function of something absent is in a policy: false, zero, nothing.
fn policy_default(returns: Returns) -> Value {
    match returns {
        Returns::Bool => Value::bool(false),
        Returns::Number => Value::new(Data::Number(Number::Int(0)), super::store::Origin::NONE),
        Returns::List | Returns::Strings | Returns::StringSet | Returns::Set => Value::list([]),
        Returns::Map => Value::object([]),
        Returns::Any | Returns::String => Value::absent(),
    }
}

/// Whether a value is known as far as a function looks.
fn known_to(value: &Value, look: Look) -> bool {
    match (look, &value.data) {
        (Look::Raw, _) => true,
        (_, Data::Unknown(_) | Data::Text(_) | Data::Choice(_)) => false,
        (Look::Deep, Data::Json(inner)) => known_to(inner, Look::Deep),
        // A text is known when all of it is.
        (_, Data::Json(inner)) => super::compare::is_known(inner),
        (Look::Shallow, _) => true,
        (Look::Shape, Data::List(list)) => {
            list.rest.is_none() && list.members.iter().all(|m| m.guard.is_true())
        }
        (Look::Shape, Data::Map(map)) => map.rest.is_none() && map.entries.iter().all(|e| e.guard.is_true()),
        (Look::Members, Data::List(list)) => {
            list.rest.is_none()
                && list.members.iter().all(|m| {
                    m.guard.is_true()
                        && !matches!(m.value.data, Data::Unknown(_) | Data::Text(_) | Data::Choice(_))
                })
        }
        (Look::Members, Data::Map(map)) => {
            map.rest.is_none()
                && map.entries.iter().all(|e| {
                    e.guard.is_true()
                        && !matches!(e.value.data, Data::Unknown(_) | Data::Text(_) | Data::Choice(_))
                })
        }
        (Look::Deep, _) => super::compare::is_known(value),
        _ => true,
    }
}

impl Store {
    /// Splits arguments by the conditions in them, as deep as a function looks: under each guard, the arguments carry
    /// none. None when there are more cases than `cap`.
    fn cases(&self, args: &[Value], look: Look, cap: usize) -> Option<Vec<(Guard, Vec<Value>)>> {
        let args: Vec<Value> = args.iter().map(|a| self.expand_domains(a, look)).collect();
        let Some(first) = args.iter().find_map(|a| self.open_guard(a, look)) else {
            return Some(vec![(Guard::TRUE, args)]);
        };
        let mut done = Vec::new();
        let mut todo = vec![(Guard::TRUE, args, Some(first))];
        while let Some((path, args, split)) = todo.pop() {
            let Some(split) = split else {
                done.push((path, args));
                if done.len() > cap {
                    return None;
                }
                continue;
            };
            for guard in [self.and_not(path, split), self.and(path, split)] {
                if guard.is_false() {
                    continue;
                }
                let args: Vec<Value> = args.iter().map(|a| self.given(a, guard)).collect();
                let next = args.iter().find_map(|a| self.open_guard(a, look));
                todo.push((guard, args, next));
            }
            if todo.len() + done.len() > cap {
                return None;
            }
        }
        Some(done)
    }

    /// Puts a choice in the place of an input with a closed domain, where a function looks.
    fn expand_domains(&self, value: &Value, look: Look) -> Value {
        match &value.data {
            Data::Unknown(id) if self.domain(*id).is_some() => {
                let arms = self.arms(value);
                if arms.len() > 16 {
                    return value.clone();
                }
                let mut v = self.choice(arms);
                v.origin = value.origin;
                v
            }
            Data::Choice(arms)
                if arms
                    .iter()
                    .any(|a| matches!(a.value.data, Data::Unknown(id) if self.domain(id).is_some())) =>
            {
                let all = self.arms(value);
                if all.len() > MAX_CASES {
                    return value.clone();
                }
                let mut v = self.choice(all);
                v.origin = value.origin;
                v
            }
            Data::List(list)
                if look >= Look::Members
                    && list.members.iter().any(|m| !super::compare::is_known(&m.value)) =>
            {
                let inner = if look == Look::Deep { Look::Deep } else { Look::Shallow };
                let members = list
                    .members
                    .iter()
                    .map(|m| Member { guard: m.guard, value: self.expand_domains(&m.value, inner) });
                let list = List { kind: list.kind, members: members.collect(), rest: list.rest };
                Value { data: Data::List(Arc::new(list)), ..value.clone() }
            }
            Data::Text(parts) => {
                let parts: Vec<Part> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(_) => part.clone(),
                        Part::Term(term) => Part::Term(self.expand_domains(term, look)),
                    })
                    .collect();
                Value { data: Data::Text(parts.into()), ..value.clone() }
            }
            _ => value.clone(),
        }
    }

    /// A condition in a value, as deep as a function looks.
    fn open_guard(&self, value: &Value, look: Look) -> Option<Guard> {
        match &value.data {
            Data::Choice(arms) => arms.iter().map(|a| a.guard).find(|g| g.is_open()),
            Data::Text(parts) => parts.iter().find_map(|part| match part {
                Part::Text(_) => None,
                Part::Term(term) => self.open_guard(term, look),
            }),
            Data::Json(inner) if look == Look::Deep => self.open_guard(inner, look),
            Data::List(list) if look == Look::Shape => {
                list.members.iter().map(|m| m.guard).find(|g| g.is_open())
            }
            Data::Map(map) if look == Look::Shape => {
                map.entries.iter().map(|e| e.guard).find(|g| g.is_open())
            }
            Data::List(list) if look >= Look::Members => {
                let inner = if look == Look::Deep { Look::Deep } else { Look::Shallow };
                list.members.iter().find_map(|m| {
                    if m.guard.is_open() { Some(m.guard) } else { self.open_guard(&m.value, inner) }
                })
            }
            Data::Map(map) if look >= Look::Members => {
                let inner = if look == Look::Deep { Look::Deep } else { Look::Shallow };
                map.entries.iter().find_map(|e| {
                    if e.guard.is_open() { Some(e.guard) } else { self.open_guard(&e.value, inner) }
                })
            }
            _ => None,
        }
    }
}

impl<'a> Cx<'_, 'a> {
    fn fail<T>(&self, message: impl std::fmt::Display) -> Result<T, Failure> {
        Err(Failure::new("invalid-argument", format!("`{}`: {message}", self.name), self.span))
    }

    fn budget<T>(&self, what: &str) -> Result<T, Failure> {
        Err(Failure::new(
            BUDGET,
            format!("evaluation budget exceeded: `{}` makes more than {MAX_RESULT} {what}", self.name),
            self.span,
        ))
    }

    fn computed(&self, data: Data) -> Value {
        Value::new(data, self.evaluator.computed(self.span))
    }

    fn string(&self, text: impl Into<Str>) -> Outcome {
        Ok(self.computed(Data::String(text.into())))
    }

    fn bool(&self, value: bool) -> Outcome {
        Ok(self.computed(Data::Bool(value)))
    }

    fn int(&self, value: i64) -> Outcome {
        Ok(self.computed(Data::Number(Number::Int(value))))
    }

    fn num(&self, value: Number) -> Outcome {
        Ok(self.computed(Data::Number(value)))
    }

    fn list_of(&self, kind: ListKind, members: Vec<Value>) -> Outcome {
        let members = members.into_iter().map(|value| Member { guard: Guard::TRUE, value }).collect();
        Ok(self.computed(Data::List(Arc::new(List { kind, members, rest: None }))))
    }

    fn strings(&self, texts: impl IntoIterator<Item = Str>) -> Outcome {
        let values = texts.into_iter().map(|t| self.computed(Data::String(t))).collect();
        self.list_of(ListKind::List, values)
    }

    /// An argument as a string, converted if need be.
    fn arg_str(&self, args: &[Value], i: usize) -> Result<Str, Failure> {
        let Some(value) = args.get(i) else { return self.fail("an argument is missing") };
        match self.store.string_of(value) {
            Some(s) => Ok(s),
            None => self.fail(format!("argument {} must be a string", i + 1)),
        }
    }

    /// An argument as a number, converted if need be.
    fn arg_num(&self, args: &[Value], i: usize) -> Result<Number, Failure> {
        let n = match args.get(i).map(|v| &v.data) {
            Some(Data::Number(n)) => Some(n.clone()),
            Some(Data::String(s)) => Number::parse(s),
            _ => None,
        };
        match n {
            Some(n) => Ok(n),
            None => self.fail(format!("argument {} must be a number", i + 1)),
        }
    }

    /// An argument as a whole number.
    fn arg_int(&self, args: &[Value], i: usize) -> Result<i64, Failure> {
        match self.arg_num(args, i)?.as_i64() {
            Some(n) => Ok(n),
            None => self.fail(format!("argument {} must be a whole number", i + 1)),
        }
    }

    /// An argument as a list, tuple or set.
    fn arg_list<'v>(&self, args: &'v [Value], i: usize) -> Result<&'v List, Failure> {
        match args.get(i).map(|v| &v.data) {
            Some(Data::List(list)) => Ok(list),
            _ => self.fail(format!("argument {} must be a list", i + 1)),
        }
    }

    /// An argument as a map or object.
    fn arg_map<'v>(&self, args: &'v [Value], i: usize) -> Result<&'v Map, Failure> {
        match args.get(i).map(|v| &v.data) {
            Some(Data::Map(map)) => Ok(map),
            _ => self.fail(format!("argument {} must be a map or object", i + 1)),
        }
    }

    fn convert(&self, value: &Value, to: &TypeExpr) -> Outcome {
        match convert::convert(self.store, value, to, &|_| Value::new(Data::Null, value.origin)) {
            Ok(v) => Ok(v),
            Err(reason) => self.fail(reason),
        }
    }
}

/// A mapping with entries that are all there.
fn map_data(kind: MapKind, entries: Vec<super::value::Entry>) -> Data {
    Data::Map(Arc::new(Map { kind, entries, rest: None }))
}
