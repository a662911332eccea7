//! The expression evaluator: one for Terraform, CloudFormation and policy pages.

use std::cell::Cell;
use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, Expr, ExprKind, Literal, Quantity, Root, TemplatePart, TypeExpr};
use crate::source::Span;

use super::convert::{self, type_of, unify};
use super::guard::{Guard, Truth};
use super::names::{BUDGET, Binding, Env, Failure, Names, Outcome};
use super::number::Number;
use super::store::{Marks, Origin, OriginStep, Store, UnknownKind, Via};
use super::value::{Data, Part, Value};

/// The deepest nesting of expressions and bindings on the evaluator's own stack.
pub(super) const DEEP: u32 = 20_000;
/// The deepest nesting on a stack that someone else made.
const SHALLOW: u32 = 200;
/// The most expressions that one root evaluates.
const MAX_STEPS: u64 = 30_000_000;
/// The most alternatives that a template's choices are multiplied out to.
const MAX_TEXTS: usize = 8;

/// Evaluates expressions. Cheap to make; stays in one thread (make one for each).
#[derive(Debug)]
pub struct Evaluator<'a> {
    /// The tables.
    pub store: &'a Store,
    /// Whose semantics.
    pub dialect: Dialect,
    depth: Cell<u32>,
    max_depth: u32,
    steps: Cell<u64>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for expressions of a language.
    pub fn new(store: &'a Store, dialect: Dialect) -> Self {
        Evaluator { store, dialect, depth: Cell::new(0), max_depth: SHALLOW, steps: Cell::new(0) }
    }

    /// An evaluator on a thread with a stack that is large enough for [`DEEP`].
    pub(super) fn on_large_stack(store: &'a Store, dialect: Dialect) -> Self {
        Evaluator { max_depth: DEEP, ..Self::new(store, dialect) }
    }

    /// Evaluates an expression.
    pub fn eval(&self, expr: &Expr, env: Env<'_>) -> Outcome {
        let depth = self.depth.get();
        let steps = self.steps.get();
        if depth >= self.max_depth {
            return Err(Failure::new(
                BUDGET,
                format!("evaluation budget exceeded: expressions refer to each other more than {depth} deep"),
                expr.span,
            ));
        }
        if steps >= MAX_STEPS {
            return Err(Failure::new(
                BUDGET,
                format!("evaluation budget exceeded: more than {MAX_STEPS} steps"),
                expr.span,
            ));
        }
        self.depth.set(depth + 1);
        self.steps.set(steps + 1);
        let outcome = self.dispatch(expr, env);
        self.depth.set(depth);
        outcome
    }

    /// Evaluates an expression as a truth. Failing is unknown.
    pub fn truth(&self, expr: &Expr, env: Env<'_>) -> Result<Truth, Failure> {
        Ok(Truth::from_value(self.store, &self.eval(expr, env)?))
    }

    /// A member of a list or object: unless the environment is strict, a failure is reported and leaves an unknown.
    pub(super) fn member(&self, expr: &Expr, env: Env<'_>) -> Outcome {
        match self.eval(expr, env) {
            Err(failure) if !env.strict => Ok(self.give_up(failure, env.names)),
            outcome => outcome,
        }
    }

    /// Reports a failure and goes on with an unknown.
    pub(super) fn give_up(&self, failure: Failure, names: &dyn Names) -> Value {
        let span = failure.span();
        let id = self.store.reason(Some(span), failure.message());
        names.report(failure.into_diagnostic());
        Value::new(Data::Unknown(id), self.written(span))
    }

    /// The origin of what is written at a place. Policies' own text is no origin.
    pub(super) fn written(&self, span: Span) -> Origin {
        match self.dialect {
            Dialect::Policy => Origin::NONE,
            _ => self.store.literal_origin(span),
        }
    }

    /// The origin of what is computed at a place.
    pub(super) fn computed(&self, span: Span) -> Origin {
        match self.dialect {
            Dialect::Policy => Origin::NONE,
            _ => self.store.origin(OriginStep { span, via: Via::Computed, from: Origin::NONE }),
        }
    }

    /// A choice has the origin of the expression that chooses; its arms have their own.
    pub(super) fn located(&self, mut value: Value, span: Span) -> Value {
        if matches!(value.data, Data::Choice(_)) && value.origin.is_none() {
            value.origin = self.computed(span);
        }
        value
    }

    fn dispatch(&self, expr: &Expr, env: Env<'_>) -> Outcome {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(self.literal(literal, expr.span)),
            ExprKind::Template(parts) => self.template(parts, expr.span, env),
            ExprKind::List(items) => self.list(items, expr.span, env),
            ExprKind::Object(items) => self.object(items, expr.span, env),
            ExprKind::Root(_) | ExprKind::Attr(..) | ExprKind::Index(..) => self.traversal(expr, env),
            ExprKind::Splat(collection, steps) => self.splat(collection, steps, expr.span, env),
            ExprKind::Conditional(condition, yes, no) => self.conditional(condition, yes, no, expr.span, env),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, expr.span, env),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr.span, env),
            ExprKind::Call { name, name_span, args, expand } => {
                self.call(name, *name_span, args, *expand, expr.span, env)
            }
            ExprKind::For(for_expr) => self.for_expr(for_expr, expr.span, env),
            ExprKind::Unknown(reason) => {
                let id = self.store.reason(Some(expr.span), reason.clone());
                Ok(Value::new(Data::Unknown(id), self.written(expr.span)))
            }
        }
    }

    /// The value of a literal.
    pub(super) fn literal(&self, literal: &Literal, span: Span) -> Value {
        Value::new(literal_data(literal), self.written(span))
    }

    /// The value of the first step of a reference, without the step of its origin.
    pub(super) fn root(&self, root: &Root, span: Span, env: Env<'_>) -> Outcome {
        match root {
            Root::Bound(name) => match env.bound(name) {
                Some(value) => Ok(value.clone()),
                None => env.names.root(root, span),
            },
            Root::Undeclared(name) => {
                let id = self.store.undeclared(Some(span), name);
                Ok(Value::new(Data::Unknown(id), self.written(span)))
            }
            _ => env.names.root(root, span),
        }
    }

    /// Notes in a value's origin that it was read through a name at a place.
    pub(super) fn read_through(&self, value: Value, root: &Root, span: Span) -> Value {
        let via = match root {
            _ if self.dialect == Dialect::Policy => return value,
            Root::Input(_) => Via::Input,
            Root::Module(_) => Via::Output,
            Root::Resource { .. } | Root::SelfObject => Via::Attribute,
            Root::Named(_) | Root::Undeclared(_) => return value,
            _ => Via::Local,
        };
        self.step(value, span, via)
    }

    /// One more step in the origin of a value (of each arm of a choice).
    pub(super) fn step(&self, mut value: Value, span: Span, via: Via) -> Value {
        if let Data::Choice(arms) = &value.data {
            let arms: Vec<_> = arms
                .iter()
                .map(|arm| super::value::Arm {
                    guard: arm.guard,
                    value: self.step(arm.value.clone(), span, via),
                })
                .collect();
            value.data = Data::Choice(arms.into());
        }
        value.origin = self.store.origin(OriginStep { span, via, from: value.origin });
        value
    }

    // Conditions

    /// When a condition's value is true and when it is false. What is neither: it fails there, or (policies) is unknown.
    pub(super) fn condition(&self, value: &Value, span: Span) -> Result<Truth, Failure> {
        if self.dialect == Dialect::Policy {
            return Ok(Truth::from_value(self.store, value));
        }
        let mut truth = Truth::UNKNOWN;
        let mut problem = None;
        let arms = self.store.arms(value);
        let single = arms.len() == 1;
        for (guard, arm) in arms {
            let t = match &arm.data {
                Data::Bool(b) => Truth::of(*b),
                Data::String(s) if s == "true" => Truth::YES,
                Data::String(s) if s == "false" => Truth::NO,
                Data::Unknown(id) if self.store.is_failed(*id) => Truth::UNKNOWN,
                Data::Unknown(id) => self.store.truth_when(self.store.opaque(*id)),
                Data::Text(_) | Data::Json(_) | Data::Instance(_) => {
                    let text = self.store.text_of(&arm);
                    let v = self.store.derived(&text, &[&arm], TypeExpr::Bool, Origin::NONE);
                    match v.data {
                        Data::Unknown(id) => self.store.truth_when(self.store.opaque(id)),
                        _ => Truth::UNKNOWN,
                    }
                }
                Data::Null | Data::Absent => {
                    problem = Some("the condition is null: it must be true or false");
                    Truth::UNKNOWN
                }
                _ => {
                    problem = Some("the condition must be true or false");
                    Truth::UNKNOWN
                }
            };
            let t = self.store.truth_under(t, guard);
            truth = Truth { yes: self.store.or(truth.yes, t.yes), no: self.store.or(truth.no, t.no) };
        }
        match problem {
            Some(message) if single || truth == Truth::UNKNOWN => {
                Err(Failure::new("invalid-condition", message, span))
            }
            _ => Ok(truth),
        }
    }

    fn conditional(&self, condition: &Expr, yes: &Expr, no: &Expr, span: Span, env: Env<'_>) -> Outcome {
        let decided = self.eval(condition, env)?;
        let truth = self.condition(&decided, condition.span)?;
        let terraform = self.dialect == Dialect::Terraform;
        let mut value = match truth.known() {
            Some(decision) => {
                let (chosen, other) = if decision { (yes, no) } else { (no, yes) };
                let value = self.eval(chosen, env)?;
                // The other branch is only asked for its type.
                if terraform && !is_null_literal(other) && converts(&value) {
                    match self.eval(other, env.strictly()) {
                        Ok(other) => self.unified(value, &other, span)?,
                        Err(failure) if failure.is_budget() => return Err(failure),
                        Err(_) => value,
                    }
                } else {
                    value
                }
            }
            None => {
                let left = self.branch(yes, truth.yes, env)?;
                let right = self.branch(no, truth.no, env)?;
                let (left, right) = if terraform {
                    let l = self.unified(left.clone(), &right, span);
                    let r = self.unified(right.clone(), &left, span);
                    (l.unwrap_or(left), r.unwrap_or(right))
                } else {
                    (left, right)
                };
                let mut arms = vec![(truth.yes, left), (truth.no, right)];
                let rest = self.store.truth_unknown(truth);
                if !rest.is_false() {
                    arms.push((rest, self.undecided(&decided, condition.span, span)));
                }
                self.store.choice(arms)
            }
        };
        value.marks = self.store.union_marks(value.marks, self.secrecy(&decided));
        Ok(self.located(value, span))
    }

    /// A branch under a condition that is open: a failure there is an alternative without a value.
    fn branch(&self, expr: &Expr, guard: Guard, env: Env<'_>) -> Outcome {
        match self.eval(expr, env.strictly()) {
            Ok(value) => Ok(self.store.given_shallow(&value, guard)),
            Err(failure) if failure.is_budget() => Err(failure),
            Err(failure) => Ok(self.failing(&failure)),
        }
    }

    /// What a conditional is where its condition is neither true nor false.
    fn undecided(&self, condition: &Value, at: Span, span: Span) -> Value {
        let failed = match &condition.data {
            Data::Choice(arms) => arms.iter().find_map(|a| match a.value.data {
                Data::Unknown(id) if self.store.is_failed(id) => Some(id),
                _ => None,
            }),
            Data::Unknown(id) if self.store.is_failed(*id) => Some(*id),
            _ => None,
        };
        match failed {
            Some(id) => Value::new(Data::Unknown(id), self.written(at)),
            None => {
                let text = format!("{} ? … : …", self.store.text_of(condition));
                self.store.derived(&text, &[condition], TypeExpr::Any, self.computed(span))
            }
        }
    }

    /// An alternative that has no value because it fails.
    pub(super) fn failing(&self, failure: &Failure) -> Value {
        let kind = UnknownKind::Failed { span: failure.span(), reason: Str::from(failure.message()) };
        let id = self.store.unknown(kind, false, TypeExpr::Any);
        Value::new(Data::Unknown(id), self.written(failure.span()))
    }

    /// The secrecy that a condition or index passes on to what it chooses, without its references.
    pub(super) fn secrecy(&self, value: &Value) -> Marks {
        if value.marks.is_none() {
            return Marks::NONE;
        }
        let mut marks = Marks::NONE;
        if self.store.is_sensitive(value.marks) {
            marks = self.store.mark_sensitive(marks);
        }
        if self.store.is_ephemeral(value.marks) {
            marks = self.store.mark_ephemeral(marks);
        }
        marks
    }

    /// Converts the chosen branch of a conditional to the type that both branches have in common.
    fn unified(&self, value: Value, other: &Value, span: Span) -> Outcome {
        if !converts(&value) || !converts(other) {
            return Ok(value);
        }
        let (own, others) = (type_of(self.store, &value), type_of(self.store, other));
        if own == others {
            return Ok(value);
        }
        let Some(both) = unify(&own, &others) else {
            let shape = |t: &TypeExpr| match t {
                TypeExpr::String | TypeExpr::Number | TypeExpr::Bool => Some(0),
                TypeExpr::List(_) | TypeExpr::Set(_) | TypeExpr::Tuple(_) => Some(1),
                TypeExpr::Map(_) | TypeExpr::Object(_) => Some(2),
                TypeExpr::Any => None,
            };
            if shape(&own).zip(shape(&others)).is_some_and(|(a, b)| a != b) {
                return Err(Failure::new(
                    "inconsistent-types",
                    format!(
                        "the branches of the conditional have different types: {} and {}",
                        convert::type_text(&own),
                        convert::type_text(&others)
                    ),
                    span,
                ));
            }
            return Ok(value);
        };
        if both == own || both == TypeExpr::Any {
            return Ok(value);
        }
        Ok(convert::convert(self.store, &value, &both, &|_| Value::absent()).unwrap_or(value))
    }

    // Templates

    fn template(&self, parts: &[TemplatePart], span: Span, env: Env<'_>) -> Outcome {
        // A single interpolation keeps its value's type.
        if let [TemplatePart::Interpolation(expr)] = parts {
            return self.eval(expr, env);
        }
        let mut pieces = Vec::with_capacity(parts.len());
        self.template_parts(parts, env, &mut pieces)?;
        Ok(self.join_text(pieces, span))
    }

    /// A string from pieces, with few choices multiplied out.
    pub(super) fn join_text(&self, pieces: Vec<Part>, span: Span) -> Value {
        let origin = self.computed(span);
        let mut combos = 1usize;
        for piece in &pieces {
            if let Part::Term(Value { data: Data::Choice(arms), .. }) = piece {
                combos = combos.saturating_mul(arms.len());
            }
        }
        if combos <= 1 || combos > MAX_TEXTS {
            return self.store.text(pieces, origin);
        }
        let mut all: Vec<(Guard, Vec<Part>)> = vec![(Guard::TRUE, Vec::with_capacity(pieces.len()))];
        for piece in pieces {
            match &piece {
                Part::Term(value @ Value { data: Data::Choice(_), .. }) => {
                    let mut next = Vec::with_capacity(all.len() * 2);
                    for (guard, so_far) in all {
                        for (g, v) in self.store.arms_shallow(value) {
                            let both = self.store.and(guard, g);
                            if !both.is_false() {
                                let mut parts = so_far.clone();
                                parts.push(Part::Term(v));
                                next.push((both, parts));
                            }
                        }
                    }
                    all = next;
                }
                _ => all.iter_mut().for_each(|(_, parts)| parts.push(piece.clone())),
            }
        }
        let arms = all.into_iter().map(|(g, parts)| (g, self.text_or_failed(parts, origin)));
        let value = self.store.choice(arms.collect::<Vec<_>>());
        self.located(value, span)
    }

    /// A string in which a term failed has failed.
    fn text_or_failed(&self, parts: Vec<Part>, origin: Origin) -> Value {
        for part in &parts {
            if let Part::Term(Value { data: Data::Unknown(id), .. }) = part
                && self.store.is_failed(*id)
            {
                return Value::new(Data::Unknown(*id), origin);
            }
        }
        self.store.text(parts, origin)
    }

    fn template_parts(
        &self,
        parts: &[TemplatePart],
        env: Env<'_>,
        out: &mut Vec<Part>,
    ) -> Result<(), Failure> {
        for part in parts {
            match part {
                TemplatePart::Text(text, _) => out.push(Part::Text(text.clone())),
                TemplatePart::Interpolation(expr) => {
                    let value = self.eval(expr, env)?;
                    out.push(Part::Term(self.stringified(value, expr.span)?));
                }
                TemplatePart::If(condition, yes, no) => {
                    let decided = self.eval(condition, env)?;
                    let truth = self.condition(&decided, condition.span)?;
                    match truth.known() {
                        Some(true) => self.template_parts(yes, env, out)?,
                        Some(false) => self.template_parts(no, env, out)?,
                        None => {
                            let mut arms = Vec::new();
                            for (guard, parts) in [(truth.yes, yes), (truth.no, no)] {
                                let mut pieces = Vec::new();
                                let v = match self.template_parts(parts, env.strictly(), &mut pieces) {
                                    Ok(()) => self.join_text(pieces, condition.span),
                                    Err(failure) => self.failing(&failure),
                                };
                                arms.push((guard, v));
                            }
                            let rest = self.store.truth_unknown(truth);
                            arms.push((rest, self.undecided(&decided, condition.span, condition.span)));
                            out.push(Part::Term(self.store.choice(arms)));
                        }
                    }
                }
                TemplatePart::For(head, body) => {
                    let (key_name, value_name, collection) = &**head;
                    let items = self.eval(collection, env)?;
                    let items = self.iterate(&items, key_name.is_some(), collection.span)?;
                    for item in items.items {
                        let value = Binding { name: value_name, value: item.value, outer: env.bindings };
                        let outer = env.with(&value);
                        let key;
                        let inner = match key_name {
                            Some(name) => {
                                key = Binding { name, value: item.key, outer: outer.bindings };
                                outer.with(&key)
                            }
                            None => outer,
                        };
                        if item.guard.is_true() {
                            self.template_parts(body, inner, out)?;
                        } else {
                            let mut pieces = Vec::new();
                            self.template_parts(body, inner, &mut pieces)?;
                            let there = self.join_text(pieces, collection.span);
                            let not = self.store.not(item.guard);
                            let v = self.store.choice([(item.guard, there), (not, Value::string(""))]);
                            out.push(Part::Term(v));
                        }
                    }
                    if let Some(rest) = items.rest {
                        out.push(Part::Term(Value::new(Data::Unknown(rest), self.written(collection.span))));
                    }
                }
            }
        }
        Ok(())
    }

    /// A value where a string is needed inside a template.
    fn stringified(&self, value: Value, span: Span) -> Outcome {
        let problem = |what: &str| {
            Err(Failure::new("invalid-template", format!("{what} can't be part of a string"), span))
        };
        match &value.data {
            Data::Null | Data::Absent if self.dialect == Dialect::Terraform => problem("null"),
            Data::Null | Data::Absent => Ok(Value { data: Data::String(Str::new()), ..value }),
            Data::List(_) if self.dialect == Dialect::Terraform => problem("a list"),
            Data::Map(_) | Data::Instance(_) if self.dialect == Dialect::Terraform => problem("an object"),
            Data::Json(inner) => match self.store.json_text(inner) {
                Some(text) => Ok(Value { data: Data::String(Str::from(text)), ..value }),
                None => Ok(value),
            },
            Data::Choice(arms) => {
                let arms: Vec<_> = arms
                    .iter()
                    .map(|arm| match self.stringified(arm.value.clone(), span) {
                        Ok(v) => (arm.guard, v),
                        Err(failure) => (arm.guard, self.failing(&failure)),
                    })
                    .collect();
                let mut v = self.store.choice(arms);
                v.marks = self.store.union_marks(v.marks, value.marks);
                Ok(v)
            }
            _ => Ok(value),
        }
    }

    /// Evaluates a parsed template file with the names bound that are given.
    pub(super) fn template_with(
        &self,
        parts: &[TemplatePart],
        vars: &[(Str, Value)],
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        fn bind(
            evaluator: &Evaluator<'_>,
            parts: &[TemplatePart],
            vars: &[(Str, Value)],
            span: Span,
            env: Env<'_>,
        ) -> Outcome {
            match vars.split_first() {
                None => evaluator.template(parts, span, env),
                Some(((name, value), rest)) => {
                    let binding = Binding { name, value: value.clone(), outer: env.bindings };
                    bind(evaluator, parts, rest, span, env.with(&binding))
                }
            }
        }
        bind(self, parts, vars, span, Env { bindings: None, ..env })
    }
}

/// The data of a literal.
pub(super) fn literal_data(literal: &Literal) -> Data {
    match literal {
        Literal::Null => Data::Null,
        Literal::NoValue => Data::Absent,
        Literal::Bool(b) => Data::Bool(*b),
        Literal::Number(Quantity::Int(n)) => Data::Number(Number::Int(*n)),
        Literal::Number(Quantity::Decimal(text)) => match Number::parse(text) {
            Some(n) => Data::Number(n),
            None => Data::String(text.clone()),
        },
        Literal::String(s) => Data::String(s.clone()),
    }
}

fn is_null_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null | Literal::NoValue))
}

/// Whether a value's type can matter to a conditional that it is a branch of. Of large collections it is not asked.
fn converts(value: &Value) -> bool {
    match &value.data {
        Data::List(list) => list.members.len() < 1000,
        Data::Map(map) => map.entries.len() < 1000,
        Data::Null | Data::Absent | Data::Instance(_) => false,
        _ => true,
    }
}

impl Store {
    /// The arms of a choice; any other value alone.
    pub(super) fn arms_shallow(&self, value: &Value) -> Vec<(Guard, Value)> {
        match &value.data {
            Data::Choice(arms) => arms
                .iter()
                .map(|arm| {
                    let mut v = arm.value.clone();
                    v.marks = self.union_marks(v.marks, value.marks);
                    (arm.guard, v)
                })
                .collect(),
            _ => vec![(Guard::TRUE, value.clone())],
        }
    }

    /// What is left of a choice where a guard holds; other values as they are.
    pub(super) fn given_shallow(&self, value: &Value, guard: Guard) -> Value {
        match &value.data {
            Data::Choice(arms) => {
                let kept: Vec<_> = arms.iter().filter(|arm| self.compatible(arm.guard, guard)).collect();
                if let [only] = kept.as_slice() {
                    let mut v = only.value.clone();
                    v.marks = self.union_marks(v.marks, value.marks);
                    // Outside this arm, but under the guard, there must be nothing left.
                    if self.implies(guard, only.guard) {
                        return v;
                    }
                }
                if kept.len() == arms.len() {
                    return value.clone();
                }
                let arms: Arc<[_]> = kept.into_iter().cloned().collect();
                if arms.is_empty() {
                    value.clone()
                } else {
                    Value { data: Data::Choice(arms), ..value.clone() }
                }
            }
            _ => value.clone(),
        }
    }
}
