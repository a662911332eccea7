//! Operators.

use crate::program::{BinaryOp, Dialect, Expr, TypeExpr, UnaryOp};
use crate::source::Span;

use super::access::kind_word;
use super::evaluator::Evaluator;
use super::guard::Truth;
use super::names::{Env, Failure, Outcome};
use super::number::Number;
use super::store::{Marks, UnknownId};
use super::value::{Data, Value};

impl Evaluator<'_> {
    pub(super) fn unary(&self, op: UnaryOp, operand: &Expr, span: Span, env: Env<'_>) -> Outcome {
        let value = self.eval(operand, env)?;
        match op {
            UnaryOp::Not => self.not(&value, span),
            UnaryOp::Neg => self.each_number(&value, span, &|n| Some(n.neg()), "-"),
        }
    }

    /// The negation of a truth value.
    pub(super) fn not(&self, value: &Value, span: Span) -> Outcome {
        self.operand(value, span)?;
        let truth = self.boolean(value, span)?;
        let marks = value.marks;
        Ok(self.truth_at(!truth, span, marks, &|| format!("!{}", self.store.text_of(value)), &[value]))
    }

    /// Null is no operand (outside policies).
    fn operand(&self, value: &Value, span: Span) -> Result<(), Failure> {
        if value.is_unset() && self.dialect != Dialect::Policy {
            return Err(Failure::new("invalid-operand", "null is no operand", span));
        }
        Ok(())
    }

    /// A value as a truth: an unknown becomes an opaque condition (in policies it stays unknown).
    fn boolean(&self, value: &Value, span: Span) -> Result<Truth, Failure> {
        self.condition(value, span)
    }

    /// A truth as a value at a place.
    fn truth_at(
        &self,
        truth: Truth,
        span: Span,
        marks: Marks,
        text: &dyn Fn() -> String,
        operands: &[&Value],
    ) -> Value {
        // Where it is neither: it failed there, or nobody knows.
        let rest = || -> UnknownId {
            for operand in operands {
                let failed = match &operand.data {
                    Data::Unknown(id) => self.store.is_failed(*id).then_some(*id),
                    Data::Choice(arms) => arms.iter().find_map(|a| match a.value.data {
                        Data::Unknown(id) if self.store.is_failed(id) => Some(id),
                        _ => None,
                    }),
                    _ => None,
                };
                if let Some(id) = failed {
                    return id;
                }
            }
            let origin = self.computed(span);
            match self.store.derived(&text(), operands, TypeExpr::Bool, origin).data {
                Data::Unknown(id) => id,
                _ => self.store.reason(Some(span), "not known"),
            }
        };
        let v = self.store.truth_value(truth, self.computed(span), marks, rest);
        self.located(v, span)
    }

    pub(super) fn binary(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        let a = self.eval(left, env)?;
        match op {
            BinaryOp::And | BinaryOp::Or => self.logical(op, &a, left, right, span, env),
            BinaryOp::Eq | BinaryOp::Ne => {
                let b = self.eval(right, env)?;
                Ok(self.equality(op == BinaryOp::Ne, &a, &b, span))
            }
            _ => {
                let b = self.eval(right, env)?;
                self.arithmetic(op, &a, &b, span)
            }
        }
    }

    /// `a == b` or `a != b` as a value.
    pub(super) fn equality(&self, negate: bool, a: &Value, b: &Value, span: Span) -> Value {
        let truth = self.store.equal(a, b, self.dialect);
        let truth = if negate { !truth } else { truth };
        let marks = self.store.union_marks(self.deep_secrecy(a), self.deep_secrecy(b));
        let op = if negate { "!=" } else { "==" };
        let text = || {
            // An equation is the same unknown whichever side is written first.
            let (mut x, mut y) = (self.store.text_of(a), self.store.text_of(b));
            if x > y {
                std::mem::swap(&mut x, &mut y);
            }
            format!("{x} {op} {y}")
        };
        self.truth_at(truth, span, marks, &text, &[a, b])
    }

    /// Secrecy of primitives; of collections it is not looked for, that would be quadratic.
    fn deep_secrecy(&self, value: &Value) -> Marks {
        self.secrecy(value)
    }

    fn logical(
        &self,
        op: BinaryOp,
        a: &Value,
        left: &Expr,
        right: &Expr,
        span: Span,
        env: Env<'_>,
    ) -> Outcome {
        self.operand(a, left.span)?;
        let x = self.boolean(a, left.span)?;
        let and = op == BinaryOp::And;
        // Decided by the left side, whatever the right side is.
        let deciding = if and { Truth::NO } else { Truth::YES };
        if x == deciding {
            let v = Value { data: Data::Bool(!and), origin: self.computed(span), marks: self.secrecy(a) };
            return Ok(v);
        }
        // A right side that fails only matters where the left side does not decide.
        let open = x.known().is_none();
        let b = match self.eval(right, if open { env.strictly() } else { env }) {
            Err(failure) if open && !failure.is_budget() => self.failing(&failure),
            outcome => outcome?,
        };
        let y = match self.operand(&b, right.span).and_then(|()| self.boolean(&b, right.span)) {
            Err(failure) if open && !failure.is_budget() => {
                let failed = self.failing(&failure);
                let truth = if and {
                    self.store.truth_and(x, Truth::UNKNOWN)
                } else {
                    self.store.truth_or(x, Truth::UNKNOWN)
                };
                let marks = self.secrecy(a);
                return Ok(self.truth_at(truth, span, marks, &String::new, &[&failed]));
            }
            outcome => outcome?,
        };
        let truth = if and { self.store.truth_and(x, y) } else { self.store.truth_or(x, y) };
        let marks = self.store.union_marks(self.secrecy(a), self.secrecy(&b));
        let text = || {
            let word = if and { "&&" } else { "||" };
            format!("{} {word} {}", self.store.text_of(a), self.store.text_of(&b))
        };
        Ok(self.truth_at(truth, span, marks, &text, &[a, &b]))
    }

    /// Applies a function to a number, or to each alternative of one.
    pub(super) fn each_number(
        &self,
        value: &Value,
        span: Span,
        f: &dyn Fn(&Number) -> Option<Number>,
        word: &str,
    ) -> Outcome {
        let zero = Value::new(Data::Number(Number::Int(0)), super::store::Origin::NONE);
        self.numbers(value, &zero, span, &|a, _| f(a).map(Data::Number), TypeExpr::Number, &|x, _| {
            format!("{word}{x}")
        })
    }

    pub(super) fn arithmetic(&self, op: BinaryOp, a: &Value, b: &Value, span: Span) -> Outcome {
        if self.dialect == Dialect::Policy && (a.is_unset() || b.is_unset()) {
            let data = match op {
                BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => Data::Bool(false),
                _ => Data::Absent,
            };
            return Ok(Value::new(data, super::store::Origin::NONE));
        }
        let (word, type_expr) = match op {
            BinaryOp::Add => ("+", TypeExpr::Number),
            BinaryOp::Sub => ("-", TypeExpr::Number),
            BinaryOp::Mul => ("*", TypeExpr::Number),
            BinaryOp::Div => ("/", TypeExpr::Number),
            BinaryOp::Mod => ("%", TypeExpr::Number),
            BinaryOp::Lt => ("<", TypeExpr::Bool),
            BinaryOp::Le => ("<=", TypeExpr::Bool),
            BinaryOp::Gt => (">", TypeExpr::Bool),
            BinaryOp::Ge => (">=", TypeExpr::Bool),
            _ => ("?", TypeExpr::Any),
        };
        let compute = |x: &Number, y: &Number| -> Option<Data> {
            Some(match op {
                BinaryOp::Add => Data::Number(x.add(y)?),
                BinaryOp::Sub => Data::Number(x.sub(y)?),
                BinaryOp::Mul => Data::Number(x.mul(y)?),
                BinaryOp::Div => Data::Number(x.div(y)?),
                BinaryOp::Mod => Data::Number(x.rem(y)?),
                BinaryOp::Lt => Data::Bool(x < y),
                BinaryOp::Le => Data::Bool(x <= y),
                BinaryOp::Gt => Data::Bool(x > y),
                BinaryOp::Ge => Data::Bool(x >= y),
                _ => return None,
            })
        };
        self.numbers(a, b, span, &compute, type_expr, &|x, y| format!("{x} {word} {y}"))
    }

    fn numbers(
        &self,
        a: &Value,
        b: &Value,
        span: Span,
        compute: &dyn Fn(&Number, &Number) -> Option<Data>,
        type_expr: TypeExpr,
        text: &dyn Fn(&str, &str) -> String,
    ) -> Outcome {
        let (left, right) = (self.store.arms(a), self.store.arms(b));
        if left.len().saturating_mul(right.len()) > super::algebra::MAX_ARMS {
            let text = text(&self.store.text_of(a), &self.store.text_of(b));
            return Ok(self.store.derived(&text, &[a, b], type_expr, self.computed(span)));
        }
        let single = left.len() == 1 && right.len() == 1;
        let mut arms = Vec::new();
        let mut problem = None;
        let mut worked = false;
        for (g, x) in &left {
            for (h, y) in &right {
                let guard = self.store.and(*g, *h);
                if guard.is_false() {
                    continue;
                }
                let marks = self.store.union_marks(x.marks, y.marks);
                let v = match (self.number(x, span), self.number(y, span)) {
                    (Ok(Some(m)), Ok(Some(n))) => match compute(&m, &n) {
                        Some(data) => Ok(Value { data, origin: self.computed(span), marks }),
                        None => Err(Failure::new(
                            "invalid-operand",
                            "there is no result: zero or infinity divided by itself",
                            span,
                        )),
                    },
                    (Err(failure), _) | (_, Err(failure)) => Err(failure),
                    _ => {
                        let failed = [x, y]
                            .into_iter()
                            .find(|v| matches!(v.data, Data::Unknown(id) if self.store.is_failed(id)));
                        Ok(match failed {
                            Some(v) => v.clone(),
                            None => {
                                let text = text(&self.store.text_of(x), &self.store.text_of(y));
                                self.store.derived(&text, &[x, y], type_expr.clone(), self.computed(span))
                            }
                        })
                    }
                };
                match v {
                    Ok(v) => {
                        worked = true;
                        arms.push((guard, v));
                    }
                    Err(failure) if single => return Err(failure),
                    Err(failure) => {
                        arms.push((guard, self.failing(&failure)));
                        problem.get_or_insert(failure);
                    }
                }
            }
        }
        if let (Some(failure), false) = (problem, worked) {
            return Err(failure);
        }
        let v = self.store.choice(arms);
        Ok(self.located(v, span))
    }

    /// The number that a value is: none if it is not known.
    pub(super) fn number(&self, value: &Value, span: Span) -> Result<Option<Number>, Failure> {
        let fail = |what: &str| {
            Err(Failure::new("invalid-operand", format!("a number is needed here, but this is {what}"), span))
        };
        match &value.data {
            Data::Number(n) => Ok(Some(n.clone())),
            Data::String(s) => match Number::parse(s) {
                Some(n) => Ok(Some(n)),
                None if self.dialect == Dialect::Policy => Ok(None),
                None => fail("a string that is no number"),
            },
            Data::Unknown(_) | Data::Text(_) | Data::Json(_) | Data::Choice(_) => Ok(None),
            _ if self.dialect == Dialect::Policy => Ok(None),
            Data::Null | Data::Absent => fail("null"),
            _ => fail(&format!("a {}", kind_word(value))),
        }
    }
}
