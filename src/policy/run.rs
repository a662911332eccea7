//! Running a compiled policy on a resource: expressions to guards, guards to verdicts.

use std::cell::RefCell;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::Str;
use crate::eval::{
    Data, Env, Evaluator, Failure, Guard, InstanceId, List, Member, Names, Origin, Store, Truth, UnknownId,
    UnknownKind, Value, Via,
};
use crate::graph::Graph;
use crate::model::{Presence, ResourceId};
use crate::program::{Dialect, Expr, ExprKind, Root, TemplatePart};
use crate::source::{Diagnostic, Span};

use super::compile::{Block, Fix, FixChange, Policy};
use super::subject::{self, InputSubject};
use super::verdict::{Change, Finding, FixPlan, Outcome, Place, Related, Subject, Verdict};
use super::{display, functions};

impl Policy {
    /// Whether one of the page's blocks is about that type.
    pub fn is_about(&self, type_name: &str) -> bool {
        self.blocks.iter().any(|b| b.types.as_ref().is_some_and(|types| types.iter().any(|t| t == type_name)))
    }

    /// What the policy says about a resource; nothing where it does not apply. Data sources are not checked.
    pub fn run(&self, graph: &Graph, id: ResourceId) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let Some(resource) = graph.resource(id) else { return verdicts };
        // What AWS makes unasked is nobody's mistake by itself: only what the configuration adds to it is judged.
        let implied = resource.presence == Presence::Implied;
        if resource.mode == crate::program::Mode::Data || implied && graph.contributions_to(id).is_empty() {
            return verdicts;
        }
        for block in &self.blocks {
            if block.types.as_ref().is_some_and(|types| types.contains(&resource.type_name)) {
                let run = Run {
                    graph,
                    store: &graph.store,
                    subject: Subject::Resource(id),
                    value: subject::resource_value(id),
                    header: resource.header,
                    exists: resource.exists,
                    input: None,
                };
                run.block(block, &mut verdicts);
            }
        }
        if implied {
            verdicts.retain(|v| v.finding.as_ref().is_none_or(|finding| finding.primary.resource.is_some()));
        }
        verdicts
    }

    /// What the policy says about an input of the root.
    pub fn run_input(&self, graph: &Graph, input: &InputSubject<'_>) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for block in self.blocks.iter().filter(|b| b.types.is_none()) {
            let run = Run {
                graph,
                store: &graph.store,
                subject: Subject::Input(input.address()),
                value: Value::absent(),
                header: input.input.name_span,
                exists: Guard::TRUE,
                input: Some(input),
            };
            run.block(block, &mut verdicts);
        }
        verdicts
    }
}

/// One block on one subject.
struct Run<'a> {
    graph: &'a Graph,
    store: &'a Store,
    subject: Subject,
    value: Value,
    header: Span,
    exists: Guard,
    input: Option<&'a InputSubject<'a>>,
}

/// What names mean while a block runs.
pub(super) struct PageNames<'a> {
    pub(super) graph: &'a Graph,
    pub(super) store: &'a Store,
    /// When the subject exists.
    pub(super) exists: Guard,
    this: &'a Value,
    input: Option<&'a InputSubject<'a>>,
    each: Option<(Value, Value)>,
    /// What failed and was left unknown so that the rest could go on.
    failed: RefCell<Option<Str>>,
}

impl Names for PageNames<'_> {
    fn root(&self, root: &Root, span: Span) -> Result<Value, Failure> {
        match (root, &self.each) {
            (Root::SelfObject, _) => Ok(match self.input {
                Some(input) => input.object(self.store),
                None => self.this.clone(),
            }),
            (Root::EachKey, Some((key, _))) => Ok(key.clone()),
            (Root::EachValue, Some((_, value))) => Ok(value.clone()),
            _ => Err(Failure::new("page-form", "this name has no meaning in a page", span)),
        }
    }

    fn instance_attribute(&self, instance: InstanceId, name: &str, _span: Span) -> Result<Value, Failure> {
        Ok(subject::attribute(self.graph, self.store, instance, name))
    }

    fn instance_object(&self, instance: InstanceId, _span: Span) -> Result<Value, Failure> {
        Ok(subject::object(self.graph, instance))
    }

    fn call(&self, name: &str, args: &[Value], span: Span) -> Option<Result<Value, Failure>> {
        functions::call(self, name, args, span)
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.failed.borrow_mut().get_or_insert(diagnostic.message.into());
    }
}

/// An element of `for_each`.
struct Element {
    guard: Guard,
    key: Value,
    value: Value,
}

/// The answer for the whole resource or one element, before it becomes a verdict.
struct Answer {
    fail: Guard,
    unknown: Guard,
    pass: Guard,
    undecided: Vec<Value>,
    failure: Option<Str>,
}

impl<'a> Run<'a> {
    fn names(&self, each: Option<(Value, Value)>) -> PageNames<'_> {
        PageNames {
            graph: self.graph,
            store: self.store,
            exists: self.exists,
            this: &self.value,
            input: self.input,
            each,
            failed: RefCell::new(None),
        }
    }

    fn eval(&self, names: &PageNames<'_>, expr: &Expr) -> Result<Value, Failure> {
        Evaluator::new(self.store, Dialect::Policy).eval(expr, Env::new(names))
    }

    /// An expression as a truth, with its value where that is not known.
    fn truth(&self, names: &PageNames<'_>, expr: &Expr) -> Result<(Truth, Value), Failure> {
        let value = self.eval(names, expr)?;
        Ok((Truth::from_value(self.store, &value), value))
    }

    fn block(&self, block: &Block, verdicts: &mut Vec<Verdict>) {
        let names = self.names(None);
        let (when, when_value) = match &block.when {
            None => (Truth::YES, None),
            Some(expr) => match self.truth(&names, expr) {
                Ok((truth, value)) => (truth, Some(value)),
                Err(failure) => return verdicts.extend(self.broken(failure)),
            },
        };
        if when.no == Guard::TRUE {
            return;
        }
        let Some(for_each) = &block.for_each else {
            let answer = self.answer(block, &names, when, when_value.as_ref(), self.exists);
            verdicts.extend(self.verdicts(block, &names, &answer));
            return;
        };
        let collection = match self.eval(&names, for_each) {
            Ok(value) => value,
            Err(failure) => return verdicts.extend(self.broken(failure)),
        };
        let applies = self.store.and_not(self.exists, when.no);
        let mut elements = Elements { all: Vec::new(), open: None };
        self.elements(&collection, Guard::TRUE, &mut elements);
        let mut rest = Answer {
            fail: Guard::FALSE,
            unknown: Guard::FALSE,
            pass: applies,
            undecided: Vec::new(),
            failure: None,
        };
        let mut found = false;
        for element in elements.all {
            let exists = self.store.and(self.exists, element.guard);
            if self.store.and(applies, element.guard).is_false() {
                continue;
            }
            let names = self.names(Some((element.key, element.value.clone())));
            let mut answer = self.answer(block, &names, when, when_value.as_ref(), exists);
            if !answer.fail.is_false() {
                found = true;
                verdicts.extend(self.fails(block, &names, &answer, Some(&element.value)));
            }
            rest.unknown = self.store.or(rest.unknown, answer.unknown);
            rest.undecided.append(&mut answer.undecided);
            rest.failure = rest.failure.or(answer.failure);
        }
        if let Some(open) = elements.open {
            rest.unknown = self.store.or(rest.unknown, applies);
            rest.undecided.push(open);
        }
        rest.pass = self.store.and_not(rest.pass, rest.unknown);
        verdicts.extend(self.open(&rest).or_else(|| self.passes(&rest).filter(|_| !found)));
    }

    /// Takes a collection apart into elements with their conditions.
    fn elements(&self, value: &Value, guard: Guard, into: &mut Elements) {
        match &value.data {
            Data::List(list) => {
                for (index, member) in list.members.iter().enumerate() {
                    let guard = self.store.and(guard, member.guard);
                    let key = Value::new(Data::Number(crate::eval::Number::Int(index as i64)), Origin::NONE);
                    self.element(guard, key, &member.value, into);
                }
                self.rest(list.rest, into);
            }
            Data::Map(map) => {
                for entry in &map.entries {
                    let guard = self.store.and(guard, entry.guard);
                    self.element(guard, Value::string(entry.key.clone()), &entry.value, into);
                }
                self.rest(map.rest, into);
            }
            Data::Choice(arms) => {
                for arm in arms.iter() {
                    self.elements(&arm.value, self.store.and(guard, arm.guard), into);
                }
            }
            Data::Absent | Data::Null => {}
            Data::Unknown(_) | Data::Text(_) => into.open = into.open.take().or_else(|| Some(value.clone())),
            // A single thing where a list is expected is a list of one.
            _ => self.element(
                guard,
                Value::new(Data::Number(crate::eval::Number::Int(0)), Origin::NONE),
                value,
                into,
            ),
        }
    }

    fn element(&self, guard: Guard, key: Value, value: &Value, into: &mut Elements) {
        match &value.data {
            Data::Choice(arms) => {
                for arm in arms.iter() {
                    self.element(self.store.and(guard, arm.guard), key.clone(), &arm.value, into);
                }
            }
            Data::Absent | Data::Null => {}
            _ if guard.is_false() => {}
            _ => into.all.push(Element { guard, key, value: value.clone() }),
        }
    }

    fn rest(&self, rest: Option<UnknownId>, into: &mut Elements) {
        if let Some(id) = rest {
            into.open = into.open.take().or_else(|| Some(Value::new(Data::Unknown(id), Origin::NONE)));
        }
    }

    fn answer(
        &self,
        block: &Block,
        names: &PageNames<'_>,
        when: Truth,
        when_value: Option<&Value>,
        exists: Guard,
    ) -> Answer {
        let (fail, value, failure) = match self.truth(names, &block.fail) {
            Ok((truth, value)) => (truth, Some(value), names.failed.take()),
            Err(failure) => (Truth::UNKNOWN, None, Some(failure.message().into())),
        };
        let store = self.store;
        let wrong = self.whatever_is_broken(store.and(store.and(exists, when.yes), fail.yes));
        // What is right is a pass also where it can't be told whether the policy applies: there is nothing to decide.
        let right = store.and(store.and_not(exists, when.no), fail.no);
        // Neither wrong, nor right, nor out of question: `when` or `fail` is not known there.
        let open = store.and_not(store.and_not(store.and_not(exists, when.no), fail.no), wrong);
        let mut undecided = Vec::new();
        if !open.is_false() {
            undecided.extend(value.filter(|_| fail.known().is_none()));
            undecided.extend(when_value.filter(|_| when.known().is_none()).cloned());
        }
        Answer { fail: wrong, unknown: open, pass: right, undecided, failure }
    }

    /// The part of a guard that holds whatever conditions come to that are no conditions of inputs at all (a name that
    /// is not declared, a module that is missing): nobody can make those true.
    fn whatever_is_broken(&self, guard: Guard) -> Guard {
        if !guard.is_open() {
            return guard;
        }
        let store = self.store;
        let is_broken = |id: UnknownId| {
            let inputs = store.inputs_of(id);
            inputs.iter().any(|id| {
                matches!(
                    store.unknown_info(*id).kind,
                    UnknownKind::Reason { .. } | UnknownKind::Failed { .. }
                )
            })
        };
        let broken: Vec<UnknownId> =
            store.support(&[guard]).into_iter().filter(|id| is_broken(*id)).collect();
        if broken.is_empty() {
            return guard;
        }
        let Some(valuations) = store.valuations(&[guard], 256) else { return Guard::FALSE };
        let mut certain = guard;
        for valuation in valuations {
            let only: Vec<_> = valuation.into_iter().filter(|(id, _)| broken.contains(id)).collect();
            certain = store.and(certain, store.restrict(guard, &only));
        }
        certain
    }

    fn verdict(&self, outcome: Outcome, condition: Guard) -> Verdict {
        Verdict {
            subject: self.subject.clone(),
            outcome,
            condition,
            exists: self.exists,
            undecided: Vec::new(),
            reason: None,
            finding: None,
        }
    }

    /// The verdicts of an answer: where it is wrong, and where nobody knows; else that it is right.
    fn verdicts(&self, block: &Block, names: &PageNames<'_>, answer: &Answer) -> Vec<Verdict> {
        let fails = self.fails(block, names, answer, None);
        let open = self.open(answer);
        if fails.is_none() && open.is_none() {
            return self.passes(answer).into_iter().collect();
        }
        fails.into_iter().chain(open).collect()
    }

    fn fails(
        &self,
        block: &Block,
        names: &PageNames<'_>,
        answer: &Answer,
        element: Option<&Value>,
    ) -> Option<Verdict> {
        let fail = self.store.assumed(answer.fail);
        if fail.is_false() {
            return None;
        }
        let finding = self.finding(block, names, fail, element);
        Some(Verdict { finding: Some(Box::new(finding)), ..self.verdict(Outcome::Fail, fail) })
    }

    fn passes(&self, answer: &Answer) -> Option<Verdict> {
        let pass = self.store.assumed(answer.pass);
        (!pass.is_false()).then(|| self.verdict(Outcome::Pass, pass))
    }

    /// The verdict that it is not known, with what would decide it.
    fn open(&self, answer: &Answer) -> Option<Verdict> {
        let open = self.store.assumed(answer.unknown);
        if open.is_false() {
            return None;
        }
        let mut unknown = self.verdict(Outcome::Unknown, open);
        for value in &answer.undecided {
            for id in self.store.unknowns_in(value) {
                for input in self.store.inputs_of(id) {
                    match self.store.unknown_info(input).kind {
                        UnknownKind::Reason { reason, .. } | UnknownKind::Failed { reason, .. } => {
                            unknown.reason.get_or_insert(reason);
                        }
                        _ if unknown.undecided.contains(&input) => {}
                        _ => unknown.undecided.push(input),
                    }
                }
            }
        }
        if let Some(failure) = &answer.failure {
            unknown.reason.get_or_insert_with(|| failure.clone());
        }
        Some(unknown)
    }

    /// A block that can't be evaluated here is unknown, and says why.
    fn broken(&self, failure: Failure) -> Option<Verdict> {
        (!self.exists.is_false()).then(|| Verdict {
            subject: self.subject.clone(),
            outcome: Outcome::Unknown,
            condition: self.exists,
            exists: self.exists,
            undecided: Vec::new(),
            reason: Some(failure.message().into()),
            finding: None,
        })
    }

    fn finding(&self, block: &Block, names: &PageNames<'_>, fail: Guard, element: Option<&Value>) -> Finding {
        let mut primary = None;
        for expr in &block.at {
            if let Ok(value) = self.eval(names, expr) {
                primary = self.place(&value, fail, 0);
            }
            if primary.is_some() {
                break;
            }
        }
        let primary = primary
            .or_else(|| element.and_then(|value| self.place(value, fail, 0)))
            .unwrap_or(Place { span: self.header, origin: Origin::NONE, resource: None });
        let mut related = Vec::new();
        for expr in &block.related {
            if let Ok(value) = self.eval(names, expr) {
                self.relate(&value, fail, &mut related, 0);
            }
        }
        Finding {
            message: self.message(names, &block.message, fail),
            primary,
            related,
            fixes: block.fixes.iter().filter_map(|fix| self.fix(names, fix, fail)).collect(),
            element: element.map(|value| self.store.text_of(value).into()).unwrap_or_default(),
            each: element.cloned(),
        }
    }

    /// Where a value is written: the outermost step of its origin. None for what is not written.
    fn place(&self, value: &Value, fail: Guard, depth: usize) -> Option<Place> {
        if depth > 8 {
            return None;
        }
        match &value.data {
            Data::Null => return None,
            Data::Choice(arms) => {
                return arms
                    .iter()
                    .filter(|arm| self.store.compatible(arm.guard, fail))
                    .find_map(|arm| self.place(&arm.value, fail, depth + 1));
            }
            Data::Instance(instance) => {
                let resource =
                    subject::resource_of(self.graph, *instance).and_then(|id| self.graph.resource(id))?;
                let own = self.subject == Subject::Resource(resource.id);
                let resource_id = (!own).then_some(resource.id);
                return Some(Place { span: resource.header, origin: Origin::NONE, resource: resource_id });
            }
            Data::List(list) if value.origin.is_none() => {
                // A list that a function made: its first member's place.
                return list
                    .members
                    .iter()
                    .filter(|m| self.store.compatible(m.guard, fail))
                    .find_map(|m| self.place(&m.value, fail, depth + 1));
            }
            _ => {}
        }
        let mut companion = false;
        for step in self.store.spans(value.origin) {
            match step.via {
                // a default beside a branch that sets it is told where that is written
                Via::Default if step.from.is_none() => return None,
                Via::Default => {}
                Via::Companion => companion = true,
                _ => {
                    let resource = self.foreign(step.span, companion);
                    return Some(Place { span: step.span, origin: value.origin, resource });
                }
            }
        }
        None
    }

    /// The companion of the subject in whose block a place lies.
    fn foreign(&self, span: Span, known: bool) -> Option<ResourceId> {
        let Subject::Resource(id) = self.subject else { return None };
        let own = self.graph.resource(id)?;
        if !known && own.span.contains(span) {
            return None;
        }
        let holds = |id: &ResourceId| self.graph.resource(*id).is_some_and(|r| r.span.contains(span));
        self.graph.contributions_to(id).iter().map(|c| c.companion).find(holds)
    }

    fn relate(&self, value: &Value, fail: Guard, into: &mut Vec<Related>, depth: usize) {
        if depth > 8 || into.len() >= 64 {
            return;
        }
        match &value.data {
            Data::List(list) => {
                for member in list.members.iter().filter(|m| self.store.compatible(m.guard, fail)) {
                    self.relate(&member.value, fail, into, depth + 1);
                }
            }
            Data::Choice(arms) => {
                for arm in arms.iter().filter(|a| self.store.compatible(a.guard, fail)) {
                    self.relate(&arm.value, fail, into, depth + 1);
                }
            }
            _ => {
                let Some(place) = self.place(value, fail, depth) else { return };
                let resource = place.resource.or(match self.subject {
                    Subject::Resource(id) if matches!(value.data, Data::Instance(_)) => Some(id),
                    _ => None,
                });
                let message = match resource.and_then(|id| self.graph.resource(id)) {
                    Some(resource) => format!("`{}`", resource.address),
                    None => display::value(self.store, value),
                };
                if !into.iter().any(|r| r.span == place.span) {
                    into.push(Related { resource, span: place.span, message: message.into() });
                }
            }
        }
    }

    /// The message with values filled in, as they are where it fails.
    fn message(&self, names: &PageNames<'_>, expr: &Expr, fail: Guard) -> Str {
        let parts: SmallVec<[&TemplatePart; 8]> = match &expr.kind {
            ExprKind::Template(parts) => parts.iter().collect(),
            _ => match expr.as_string() {
                Some(text) => return text.clone(),
                None => return self.shown(names, expr, fail).into(),
            },
        };
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(known, _) => text.push_str(known),
                TemplatePart::Interpolation(expr) => text.push_str(&self.shown(names, expr, fail)),
                other => {
                    let kind = ExprKind::Template(vec![other.clone()]);
                    text.push_str(&self.shown(names, &Expr::new(kind, expr.span), fail));
                }
            }
        }
        text.into()
    }

    fn shown(&self, names: &PageNames<'_>, expr: &Expr, fail: Guard) -> String {
        match self.eval(names, expr) {
            Ok(value) => display::value(self.store, &self.store.given(&value, fail)),
            Err(_) => "…".to_owned(),
        }
    }

    /// A fix with its values filled in; none where the page says that it does not apply. A value that can't be told is
    /// absent, with which the change can't be made.
    fn fix(&self, names: &PageNames<'_>, fix: &Fix, fail: Guard) -> Option<FixPlan> {
        if let Some(when) = &fix.when {
            let (truth, _) = self.truth(names, when).ok()?;
            if !self.store.and_not(fail, truth.yes).is_false() {
                return None;
            }
        }
        let value = |expr: &Expr| match self.eval(names, expr) {
            Ok(value) => subject::declared(self.graph, &self.store.given(&value, fail)),
            Err(_) => Value::absent(),
        };
        let changes = fix.changes.iter().map(|change| match change {
            FixChange::Set(path, _, expr) => Change::Set { path: path.clone(), value: value(expr) },
            FixChange::Append(path, _, expr) => Change::Append { path: path.clone(), value: value(expr) },
            FixChange::Remove(expr) => Change::Remove { value: value(expr) },
            FixChange::Add(type_name, expr) => {
                Change::Add { type_name: type_name.clone(), properties: value(expr) }
            }
        });
        let on = fix.on.as_ref().map(|expr| {
            let mut found = Vec::new();
            if let Ok(value) = self.eval(names, expr) {
                self.resources(&value, fail, &mut found, 0);
            }
            found
        });
        Some(FixPlan {
            title: fix.title.clone(),
            applicability: fix.applicability_for(match &self.subject {
                Subject::Resource(id) => self.graph.resource(*id).map_or("", |r| r.type_name.as_str()),
                Subject::Input(_) => "Input",
            }),
            on,
            changes: changes.collect(),
            steps: fix.steps.as_ref().map(|expr| self.message(names, expr, fail)),
        })
    }

    /// The resources that a value names, where it fails.
    fn resources(&self, value: &Value, fail: Guard, into: &mut Vec<ResourceId>, depth: usize) {
        if depth > 8 {
            return;
        }
        match &value.data {
            Data::Instance(instance) => into.extend(subject::resource_of(self.graph, *instance)),
            Data::List(list) => {
                for member in list.members.iter().filter(|m| self.store.compatible(m.guard, fail)) {
                    self.resources(&member.value, fail, into, depth + 1);
                }
            }
            Data::Choice(arms) => {
                for arm in arms.iter().filter(|a| self.store.compatible(a.guard, fail)) {
                    self.resources(&arm.value, fail, into, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// The elements of a collection.
struct Elements {
    all: Vec<Element>,
    /// Set when there may be others: what would tell.
    open: Option<Value>,
}

/// A list value of members that may be there, made by a function of pages.
pub(super) fn list_of(members: Vec<Member>, rest: Option<UnknownId>) -> Value {
    let list = List { kind: crate::eval::ListKind::List, members, rest };
    Value::new(Data::List(Arc::new(list)), Origin::NONE)
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
