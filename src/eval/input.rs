//! Inputs of modules: what is supplied, passed by a caller, the default, or open over a domain.

use std::rc::Rc;
use std::sync::Arc;

use crate::Str;
use crate::program::{Dialect, Domain, Input, TypeExpr};

use super::algebra::literal_json;
use super::convert::{self, type_text};
use super::evaluator::literal_data;
use super::guard::Guard;
use super::names::Failure;
use super::run::{Each, Frame, ModuleInstance, Run};
use super::store::{Origin, UnknownKind, Via};
use super::value::{Data, List, ListKind, Member, Part, Value};

impl<'p> Run<'p> {
    /// The value of a module instance's input.
    pub(super) fn input(&self, module: &Rc<ModuleInstance<'p>>, at: usize) -> Value {
        let Some((_, input)) = module.index.module.inputs.get_index(at) else { return Value::absent() };
        let frame = Frame::Input(module.number, at);
        let work = || self.under(module.exists, || self.input_value(module, input));
        self.once(frame, input.name_span, &module.inputs, at, work, |v| v)
    }

    fn input_value(&self, module: &Rc<ModuleInstance<'p>>, input: &'p Input) -> Value {
        let dialect = module.index.module.dialect;
        let none = Each::default();
        let given = match &module.caller {
            Some(caller) if !caller.imports() => {
                caller.call.arguments.iter().find(|a| a.name == input.name).map(|argument| {
                    let value = self.bind_in(&caller.module, &caller.each, &argument.value);
                    self.evaluator.step(value, argument.value.span, Via::Argument)
                })
            }
            _ => self.supplied.values.get(&input.name).map(|expr| {
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
        let called = module.caller.as_ref().is_some_and(|caller| !caller.imports());
        // `AWS::NoValue` for a nested stack's parameter, and null where it may not be, mean the default.
        let unset = |v: &Value| match dialect {
            Dialect::CloudFormation => matches!(v.data, Data::Absent),
            _ => matches!(v.data, Data::Absent) || !input.nullable && v.is_unset(),
        };
        let value = match given {
            Some(value) if unset(&value) => default(self).or(Some(value)).filter(|v| !v.is_unset()),
            Some(Value { data: Data::Choice(arms), origin, marks })
                if input.default.is_some() && arms.iter().any(|arm| unset(&arm.value)) =>
            {
                let fallback = default(self);
                let value = Value { data: Data::Choice(arms), origin, marks };
                let value = self.store.map_arms(&value, |v| match &fallback {
                    Some(fallback) if unset(v) => fallback.clone(),
                    _ => v.clone(),
                });
                Some(if value.origin.is_none() { value.with_origin(origin) } else { value })
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
        let value = match (to, module.index.module.dialect) {
            // A list parameter is given as text with commas.
            (TypeExpr::List(_), Dialect::CloudFormation) => self.store.map_arms(&value, |v| self.split(v)),
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

    /// A list parameter's value from text with commas; of text that is known in part the members before the first part
    /// that is not.
    fn split(&self, value: &Value) -> Value {
        let (pieces, open) = match &value.data {
            Data::String(text) => (text.split(',').collect(), false),
            Data::Text(parts) => {
                let mut pieces: Vec<&str> = match parts.first() {
                    Some(Part::Text(text)) => text.split(',').collect(),
                    _ => Vec::new(),
                };
                pieces.pop();
                (pieces, true)
            }
            Data::Unknown(id) if self.store.unknown_info(*id).type_expr == TypeExpr::String => {
                (Vec::new(), true)
            }
            _ => return value.clone(),
        };
        let member = |piece: &str| Member {
            guard: Guard::TRUE,
            value: Value { data: Data::String(Str::from(piece.trim())), ..value.clone() },
        };
        let rest = open.then(|| {
            let text = self.store.text_of(value);
            self.store.reason(self.store.place(value.origin), format!("what {text} is split into"))
        });
        let list = List { kind: ListKind::List, members: pieces.into_iter().map(member).collect(), rest };
        Value { data: Data::List(Arc::new(list)), ..value.clone() }
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
        if dialect == Dialect::CloudFormation {
            let text = |name: &str| {
                let found = input.body.attributes.iter().find(|a| a.name == name);
                found.and_then(|a| a.value.as_string())
            };
            if text("Type").is_some_and(|t| t.starts_with("AWS::SSM::Parameter::Value<"))
                && let Some(name) = text("Default")
            {
                self.store.declare_stored(id, name.clone());
            }
        }
        Value::new(Data::Unknown(id), self.store.literal_origin(input.name_span))
    }
}
