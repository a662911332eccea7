//! From a page's fix to edits: which resource says the property, which of its arguments, which characters.

use crate::Str;
use crate::check::Judged;
use crate::eval::{Data, Guard, Origin, UnknownKind, Value};
use crate::model::lower::{self, NoWay};
use crate::model::registry::{self, Shape, ShapeId};
use crate::model::{Presence, Resource, ResourceId, companion};
use crate::policy::{Applicability, Change, FixPlan, Path, Subject};

use super::change::{Step, path_names, path_text, put_plain, same_data};
use super::why::Why;
use super::write::{Held, Op, Writer, resource, unset};

/// The index of an element that is not there yet.
const NEW: usize = u16::MAX as usize;

/// A property that a fix is meant to change, by address and names; no names: all of the resource.
pub(super) type Touched = (Str, Vec<Str>);

/// A way to mend one finding, as edits that are not proved yet.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    pub(super) title: Str,
    pub(super) applicability: Applicability,
    /// What a careful person should know first.
    pub(super) warning: Option<Str>,
    pub(super) ops: Vec<Op>,
    pub(super) touched: Vec<Touched>,
    /// Resources that are new.
    pub(super) added: Vec<Str>,
    /// Resources that are gone.
    pub(super) removed: Vec<Str>,
    /// Something is taken away: there may be nothing left that the policy is about.
    pub(super) takes_away: bool,
    /// The resource is not declared here: what else it says is never known.
    pub(super) assumed: bool,
}

impl Proposal {
    /// Tells its resources from those of other stacks.
    pub(super) fn prefix(&mut self, prefix: &str) {
        let all = self.touched.iter_mut().map(|(address, _)| address);
        for address in all.chain(&mut self.added).chain(&mut self.removed) {
            *address = super::app::prefixed(prefix, address);
        }
    }
}

struct Raise<'r, 'w> {
    writer: &'r Writer<'w>,
    fail: Guard,
    subject: &'r Resource,
    each: Option<&'r Value>,
    out: Proposal,
    pending: Vec<Pending>,
}

/// Arguments of one resource, as they are and as they will be: all changes of a fix to it together.
struct Pending {
    whose: Whose,
    old: Value,
    new: Value,
}

#[derive(Clone, Debug, PartialEq)]
enum Whose {
    Resource(ResourceId),
    /// A companion that is not there yet, and the argument of it that names the owner.
    Companion(Str, Str),
}

/// The first of a finding's fixes that can be written, or why there is none.
pub(super) fn raise(writer: &Writer<'_>, judged: &Judged) -> Result<Proposal, Why> {
    let none = || Why::new("the page offers no automatic fix");
    let Some(found) = &judged.verdict.finding else { return Err(none()) };
    let mut why = None;
    for plan in &found.fixes {
        if plan.applicability == Applicability::Manual {
            continue;
        }
        match one(writer, judged, plan, found.each.as_ref()) {
            Ok(proposal) => return Ok(proposal),
            Err(other) => why = why.or(Some(other)),
        }
    }
    Err(why.unwrap_or_else(none))
}

/// What to do by hand, with the text to fill in where the page has one and it can be written.
pub(super) fn by_hand(writer: &Writer<'_>, judged: &Judged) -> Option<(Str, Str)> {
    let found = judged.verdict.finding.as_ref()?;
    let plan = found.fixes.iter().find(|plan| plan.steps.is_some())?;
    let steps = plan.steps.clone()?;
    if plan.applicability != Applicability::Manual || plan.changes.is_empty() {
        return Some((plan.title.clone(), steps));
    }
    let text = match one(writer, judged, plan, found.each.as_ref()) {
        Ok(proposal) => {
            let mut text = String::new();
            let mut last = String::new();
            for (place, lines) in proposal.ops.iter().filter_map(|op| writer.shown(op)) {
                if place != last {
                    text.push_str(&format!("\n  at {place}:"));
                }
                text.push_str(&lines);
                last = place;
            }
            text
        }
        Err(_) => String::new(),
    };
    Some((plan.title.clone(), format!("{steps}{text}").into()))
}

fn one(writer: &Writer<'_>, judged: &Judged, plan: &FixPlan, each: Option<&Value>) -> Result<Proposal, Why> {
    let Subject::Resource(id) = &judged.verdict.subject else {
        return input(writer, judged, plan);
    };
    let subject = resource(writer.linked, *id)?;
    let Some(on) = &plan.on else { return changes(writer, judged, plan, subject, each) };
    let mut why = None;
    for id in on {
        match changes(writer, judged, plan, resource(writer.linked, *id)?, each) {
            Ok(proposal) => return Ok(proposal),
            Err(other) => why = why.or(Some(other)),
        }
    }
    Err(why.unwrap_or_else(|| Why::new("what would be changed is not there")))
}

/// A plan's changes of one resource.
fn changes(
    writer: &Writer<'_>,
    judged: &Judged,
    plan: &FixPlan,
    subject: &Resource,
    each: Option<&Value>,
) -> Result<Proposal, Why> {
    let mut raise = Raise {
        writer,
        fail: judged.verdict.condition,
        subject,
        each,
        out: proposal(plan),
        pending: Vec::new(),
    };
    for change in &plan.changes {
        if let Change::Set { value, .. } | Change::Append { value, .. } = change
            && unset(value)
        {
            return Err(Why::new("the fix does not apply here"));
        }
        match change {
            Change::Set { path, value } => raise.set(path, value)?,
            Change::Append { path, value } => raise.append(path, value)?,
            Change::Remove { value } => raise.remove(value)?,
            Change::Add { type_name, properties } => raise.add(type_name, properties)?,
        }
    }
    raise.settle()?;
    raise.out.assumed = matches!(raise.subject.presence, Presence::Assumed | Presence::Implied);
    finish(raise.out)
}

fn proposal(plan: &FixPlan) -> Proposal {
    Proposal {
        title: plan.title.clone(),
        applicability: plan.applicability,
        warning: None,
        ops: Vec::new(),
        touched: Vec::new(),
        added: Vec::new(),
        removed: Vec::new(),
        takes_away: false,
        assumed: false,
    }
}

fn finish(mut out: Proposal) -> Result<Proposal, Why> {
    let mut seen: Vec<Op> = Vec::new();
    for op in out.ops.drain(..) {
        if !seen.contains(&op) {
            seen.push(op);
        }
    }
    out.ops = seen;
    if out.ops.is_empty() {
        return Err(Why::new("it is written so already"));
    }
    Ok(out)
}

/// Fixes of inputs: `set = { sensitive = true }` and the like are written into the declaration.
fn input(writer: &Writer<'_>, judged: &Judged, plan: &FixPlan) -> Result<Proposal, Why> {
    let _ = (writer, judged, plan);
    Err(Why::new("an input is mended by hand"))
}

impl Raise<'_, '_> {
    /// The steps of a page's path, from the subject.
    fn steps(&self, path: &Path) -> Result<Vec<Step>, Why> {
        let mut steps = Vec::new();
        if path.from_element {
            let each = self.each.ok_or_else(|| Why::new("there is no element"))?;
            let mut way = Vec::new();
            if !find(&self.subject.properties, each, &mut way, 0) {
                return Err(Why::new("the element is not a part of the resource as it is written"));
            }
            steps = way;
        }
        steps.extend(path.steps.iter().cloned().map(Step::Name));
        Ok(steps)
    }

    fn set(&mut self, path: &Path, value: &Value) -> Result<(), Why> {
        let steps = self.steps(path)?;
        self.put(&steps, value)
    }

    /// A list gets an element; one of the same name is set instead.
    fn append(&mut self, path: &Path, value: &Value) -> Result<(), Why> {
        let steps = self.steps(path)?;
        let list = follow(&self.writer.store().given(&self.subject.properties, self.fail), &steps);
        let names = path_names(&steps);
        if let Some((document, [_, ..])) = names.split_first()
            && registry::get(&self.subject.type_name)
                .and_then(|of| {
                    of.field(ShapeId(0), document).map(|f| matches!(of.shape(f.shape), Some(Shape::Json)))
                })
                .unwrap_or(false)
        {
            return self.append_to_document(names, list.as_ref(), value);
        }
        let name = |v: &Value| {
            let map = v.as_map()?;
            let key = ["Key", "Name", "ParameterKey"].into_iter().find_map(|k| map.get(k))?;
            key.value.as_str().cloned()
        };
        let members = list.as_ref().and_then(|l| l.as_list()).map_or(&[][..], |l| l.members.as_slice());
        let same = name(value)
            .and_then(|wanted| members.iter().position(|m| name(&m.value).as_ref() == Some(&wanted)));
        let mut steps = steps;
        if let Some(at) = same
            && let Some(old) = members.get(at)
            && written(self.writer, &old.value)
        {
            // Where it is written the element is told by its place.
            if self.subject.declared_as.contains("::") {
                steps.push(Step::Index(at));
                if let (Some(old), Some(new)) = (old.value.as_map(), value.as_map()) {
                    let changed = new
                        .entries
                        .iter()
                        .filter(|e| !old.get(&e.key).is_some_and(|o| same_data(&o.value, &e.value)));
                    for entry in changed.cloned().collect::<Vec<_>>() {
                        let mut steps = steps.clone();
                        steps.push(Step::Name(entry.key));
                        self.put(&steps, &entry.value)?;
                    }
                    return Ok(());
                }
            } else {
                steps.push(Step::Index(0));
                return self.put(&steps, value);
            }
        }
        steps.push(Step::Index(NEW));
        self.put(&steps, value)
    }

    /// What a companion says, its owners say too.
    fn owners_too(&mut self) {
        let graph = &self.writer.linked.graph;
        for owner in graph.owners_of(self.subject.id) {
            let said = graph.contributions_to(owner).iter().filter(|c| c.companion == self.subject.id);
            if let Some(resource) = graph.resource(owner) {
                self.out.touched.extend(said.map(|c| (resource.address.clone(), c.path.to_vec())));
            }
        }
    }

    /// A list in a policy document gets an element where the document is written.
    fn append_to_document(
        &mut self,
        names: Vec<Str>,
        list: Option<&Value>,
        value: &Value,
    ) -> Result<(), Why> {
        let Some(list) = list.filter(|l| !unset(l)) else {
            return Err(Why::new(format!("`{}` is not written here", names.join("."))));
        };
        if self.subject.presence != Presence::Written {
            return Err(Why::new("the resource is not declared here"));
        }
        let path = names.iter().cloned().map(Step::Name).collect::<Vec<_>>();
        let same = |id: &ResourceId| {
            let other = self.writer.linked.graph.resource(*id)?;
            let list = follow(&other.properties, &path)?;
            Some((other.span, list.origin))
        };
        let graph = &self.writer.linked.graph;
        let shared = graph.of_type(&self.subject.type_name).iter().filter_map(same).any(|(span, origin)| {
            span != self.subject.span
                && self.writer.store().literal(origin) == self.writer.store().literal(list.origin)
        });
        if shared {
            return Err(Why::new("several resources have the same document"));
        }
        self.unsafe_because("it may cut off intended use");
        self.out.touched.push((self.subject.address.clone(), names));
        self.owners_too();
        let held = Held::new(self.subject);
        self.out.ops.push(self.writer.append(held.target(), list, value)?);
        Ok(())
    }

    /// Gives a property a value where it is said: in a companion that says it, in the resource, or in a new companion.
    fn put(&mut self, steps: &[Step], value: &Value) -> Result<(), Why> {
        let names = path_names(steps);
        self.judge(self.subject, &names);
        let touched = (self.subject.address.clone(), names.clone());
        if !self.out.touched.contains(&touched) {
            self.out.touched.push(touched);
        }
        self.owners_too();
        let graph = &self.writer.linked.graph;
        let companions = self.companions(&names);
        let current = follow(&self.writer.store().given(&self.subject.properties, self.fail), steps);
        let own = current.as_ref().is_some_and(|v| {
            written(self.writer, v)
                && self.writer.store().place(v.origin).is_some_and(|s| self.subject.span.contains(s))
        });
        if !own && !companions.is_empty() {
            let mut result = Err(Why::new("no companion says this"));
            for companion in companions {
                let done = self.put_companion(companion, steps, value);
                if done.is_ok() || result.is_err() {
                    result = done;
                }
            }
            return result;
        }
        if !own
            && let Some(place) = self.place(&names)
            && let Some(declared) = place.split(' ').next()
            && crate::model::terraform_schema::get(declared).is_some()
        {
            return self.new_companion(declared, steps, value);
        }
        if self.subject.presence != Presence::Written {
            return Err(Why::new("the resource is not declared here"));
        }
        let subject = self.subject;
        let at = self.pending(Whose::Resource(subject.id), &subject.values);
        let Some(pending) = self.pending.get_mut(at) else { return Ok(()) };
        let old = &pending.new;
        let element = element(steps);
        let declared = self.subject.declared_as.clone();
        let new = if declared.contains("::") {
            let written = self.writer.declared_type(subject).unwrap_or(declared);
            let steps = as_declared(subject, &written, steps)?;
            // What is made of the same declaration may change with it.
            if written != subject.type_name {
                let made = graph.resources.iter().filter(|r| r.span == subject.span && r.id != subject.id);
                self.out.touched.extend(made.map(|r| (r.address.clone(), Vec::new())));
            }
            put_plain(old, &steps, value)?
        } else {
            let put = |values: &Value, path: &str, value: &Value| {
                lower::put_at(&declared, values, path, element, value)
            };
            assign(&put, old, &path_text(steps), value)?
        };
        pending.new = new;
        Ok(())
    }

    /// The changes of a resource so far.
    fn pending(&mut self, whose: Whose, values: &Value) -> usize {
        if let Some(at) = self.pending.iter().position(|p| p.whose == whose) {
            return at;
        }
        let old = self.writer.store().given(values, self.fail);
        self.pending.push(Pending { whose, new: old.clone(), old });
        self.pending.len() - 1
    }

    /// Writes what has changed.
    fn settle(&mut self) -> Result<(), Why> {
        for pending in std::mem::take(&mut self.pending) {
            match pending.whose {
                Whose::Resource(id) => {
                    let held = Held::new(resource(self.writer.linked, id)?);
                    let mut path = Vec::new();
                    let ops = &mut self.out.ops;
                    self.writer.change(held.target(), &pending.old, &pending.new, &mut path, ops)?;
                }
                Whose::Companion(declared, by) => {
                    let (op, address) = self.writer.companion(self.subject, &declared, &by, &pending.new)?;
                    self.out.ops.push(op);
                    self.out.added.push(address);
                }
            }
        }
        Ok(())
    }

    /// Companions that say the property, or something around or inside it.
    fn companions(&self, names: &[Str]) -> Vec<ResourceId> {
        let graph = &self.writer.linked.graph;
        let mut found = Vec::new();
        for contribution in graph.contributions_to(self.subject.id) {
            let meets = contribution.path.iter().zip(names).all(|(a, b)| a == b);
            if meets
                && contribution.path.len() <= names.len()
                && self.writer.store().compatible(contribution.guard, self.fail)
                && !found.contains(&contribution.companion)
            {
                found.push(contribution.companion);
            }
        }
        found
    }

    fn put_companion(&mut self, id: ResourceId, steps: &[Step], value: &Value) -> Result<(), Why> {
        let companion = resource(self.writer.linked, id)?;
        let at = self.pending(Whose::Resource(id), &companion.values);
        let Some(pending) = self.pending.get_mut(at) else { return Ok(()) };
        let (declared, owner) = (companion.declared_as.clone(), self.subject.type_name.clone());
        let put = |values: &Value, path: &str, value: &Value| {
            lower::put_companion(&declared, values, &owner, path, value).map(|c| c.values)
        };
        pending.new = assign(&put, &pending.new, &path_text(steps), value)?;
        self.out.touched.push((companion.address.clone(), Vec::new()));
        Ok(())
    }

    /// Where the tables say that a property which is not set is written.
    fn place(&self, names: &[Str]) -> Option<Str> {
        if self.subject.declared_as.contains("::") {
            return None;
        }
        let major = self.subject.scope.provider_major.1;
        (1..=names.len()).rev().find_map(|n| {
            let path = names.get(..n)?.join(".");
            lower::place(&self.subject.declared_as, &path, major).map(|p| p.source)
        })
    }

    fn new_companion(&mut self, declared: &str, steps: &[Step], value: &Value) -> Result<(), Why> {
        if self.subject.presence != Presence::Written {
            return Err(Why::new("the owner is not declared here"));
        }
        let owner = self.subject.type_name.clone();
        let by = std::cell::RefCell::new(Str::new());
        let put = |values: &Value, path: &str, value: &Value| {
            lower::put_companion(declared, values, &owner, path, value).map(|c| {
                *by.borrow_mut() = c.by;
                c.values
            })
        };
        let known = self
            .pending
            .iter()
            .position(|p| matches!(&p.whose, Whose::Companion(name, _) if name == declared));
        let before = known.and_then(|at| self.pending.get(at)).map_or(Value::object([]), |p| p.new.clone());
        let new = assign(&put, &before, &path_text(steps), value)?;
        match known.and_then(|at| self.pending.get_mut(at)) {
            Some(pending) => pending.new = new,
            None => {
                let whose = Whose::Companion(declared.into(), by.into_inner());
                self.pending.push(Pending { whose, old: Value::object([]), new });
            }
        }
        Ok(())
    }

    /// A new resource that refers to the subject.
    fn add(&mut self, type_name: &Str, properties: &Value) -> Result<(), Why> {
        let unsaid = properties.as_map().is_none_or(|m| m.entries.iter().any(|e| unset(&e.value)));
        if unsaid || self.subject.presence != Presence::Written {
            return Err(Why::new("the fix does not apply here"));
        }
        for path in companion::contributed_paths(type_name, &self.subject.type_name) {
            let names = path.split('.').map(Str::from).collect();
            self.out.touched.push((self.subject.address.clone(), names));
        }
        if self.subject.declared_as.contains("::") {
            let (op, address) = self.writer.sibling(self.subject, type_name, properties)?;
            self.out.ops.push(op);
            self.out.added.push(address);
            return Ok(());
        }
        let mut why = Why::new(format!("no Terraform type is `{type_name}`"));
        for declared in lower::terraform_types_of(type_name) {
            let put = |values: &Value, path: &str, value: &Value| lower::put(declared, values, path, value);
            let all = properties.as_map().map(|m| m.entries.clone()).unwrap_or_default();
            let values = all
                .iter()
                .try_fold(Value::object([]), |values, entry| assign(&put, &values, &entry.key, &entry.value));
            let values = match values {
                Ok(values) => values,
                Err(other) => {
                    why = other.into();
                    continue;
                }
            };
            let names_subject = |value: &Value| match &value.data {
                Data::Instance(id) => Some(*id) == self.subject.instance,
                Data::Unknown(id) => match self.writer.store().unknown_info(*id).kind {
                    UnknownKind::Attribute(reference) => Some(reference.instance) == self.subject.instance,
                    _ => false,
                },
                _ => false,
            };
            let entries = values.as_map().map(|m| m.entries.as_slice()).unwrap_or_default();
            let by = entries.iter().find(|e| names_subject(&e.value)).map(|e| e.key.clone());
            let by = by.ok_or_else(|| Why::new("nothing of it names the resource"))?;
            let (op, address) = self.writer.companion(self.subject, declared, &by, &values)?;
            self.out.ops.push(op);
            self.out.added.push(address);
            return Ok(());
        }
        Err(why)
    }

    /// Something is taken away where it is written.
    fn remove(&mut self, value: &Value) -> Result<(), Why> {
        if unset(value) {
            return Ok(());
        }
        if let Data::List(list) = &value.data
            && value.origin.is_none()
        {
            for member in &list.members {
                self.remove(&member.value)?;
            }
            return Ok(());
        }
        self.unsafe_because("it takes something away");
        let mut way = Vec::new();
        let inside = find(&self.subject.properties, value, &mut way, 0);
        let (mut inside, mut way) = (inside, way);
        if !inside && value.as_map().is_some_and(|m| m.get("Effect").is_some()) {
            // A statement as questions give it is put in other words: its place tells it.
            way.clear();
            inside = find_written(&self.subject.properties, value.origin, &mut way, 0);
            if !inside {
                return Err(Why::new("the statement is not written in the resource"));
            }
            if alone(&self.subject.properties, &way) {
                return Err(Why::new("it is the only statement of the document"));
            }
        }
        let names = path_names(&way);
        self.out.touched.push((self.subject.address.clone(), names));
        self.owners_too();
        let place = self.writer.store().literal(value.origin);
        let graph = &self.writer.linked.graph;
        let holds = |r: &&Resource| place.is_some_and(|p| r.span.contains(p));
        let companions = graph.contributions_to(self.subject.id).iter();
        if let Some(holder) = companions.filter_map(|c| graph.resource(c.companion)).find(holds) {
            self.out.touched.push((holder.address.clone(), Vec::new()));
        }
        self.out.takes_away = true;
        // A rule that is a resource of its own goes as a whole.
        let whole = graph
            .contributions_to(self.subject.id)
            .iter()
            .filter_map(|c| graph.resource(c.companion))
            .find(|r| place.is_some_and(|p| p == r.span || p == r.header));
        if inside && let Some(one) = expanded(&self.subject.properties, value) {
            self.out.ops.push(self.writer.remove(&one)?);
            return Ok(());
        }
        if let Some(companion) = whole {
            self.out.removed.push(companion.address.clone());
            self.out.ops.push(self.writer.remove_at(companion.span)?);
            return Ok(());
        }
        let op = self.writer.remove(value)?;
        self.out.ops.push(op);
        Ok(())
    }

    fn unsafe_because(&mut self, why: &str) {
        self.out.applicability = self.out.applicability.max(Applicability::Unsafe);
        self.out.warning.get_or_insert_with(|| why.into());
    }

    /// What touching a property means, whatever the page says.
    fn judge(&mut self, of: &Resource, names: &[Str]) {
        let Some(registry) = registry::get(&of.type_name) else { return };
        let path = names.join(".");
        let below = |p: &Str| {
            p.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        };
        let plain: Vec<Str> = registry.create_only.iter().map(|p| p.replace("[]", "")).collect();
        if registry.is_create_only(&path)
            || plain.contains(&Str::from(path.as_str()))
            || plain.iter().any(below)
        {
            let text = format!("`{path}` can't be changed in place: the resource is replaced");
            self.unsafe_because(&text);
        } else if registry.primary_identifier.iter().any(|p| *p == path) {
            self.unsafe_because("it changes what the resource is called");
        }
    }
}

/// A path as the transform's own resource type says it, where a resource is declared as one.
///
/// AWS SAM developer guide, "AWS::Serverless::Function", "AWS::Serverless::StateMachine" and the other resource types.
fn as_declared(of: &Resource, declared: &str, steps: &[Step]) -> Result<Vec<Step>, Why> {
    if declared == of.type_name {
        return Ok(steps.to_vec());
    }
    let names = path_names(steps);
    let first = names.first().map_or("", Str::as_str);
    let same = |known: &[&str]| known.contains(&first).then_some((0, ""));
    let renamed = match (declared.trim_start_matches("AWS::Serverless::"), of.type_name.as_str()) {
        ("Function", "AWS::Lambda::Function") => match names.as_slice() {
            [a, b] if a == "TracingConfig" && b == "Mode" => Some((2, "Tracing")),
            [a, ..] if a == "DeadLetterConfig" => Some((1, "DeadLetterQueue")),
            _ => same(&["VpcConfig", "KmsKeyArn", "Environment", "ReservedConcurrentExecutions", "Runtime"]),
        },
        ("StateMachine", "AWS::StepFunctions::StateMachine") => match first {
            "TracingConfiguration" => Some((1, "Tracing")),
            "LoggingConfiguration" => Some((1, "Logging")),
            _ => None,
        },
        ("Api", "AWS::ApiGateway::Stage") => {
            same(&["TracingEnabled", "AccessLogSetting", "MethodSettings", "CacheClusterEnabled"])
        }
        ("HttpApi", "AWS::ApiGatewayV2::Stage") => same(&["AccessLogSettings", "DefaultRouteSettings"]),
        ("SimpleTable", "AWS::DynamoDB::Table") => {
            same(&["SSESpecification", "PointInTimeRecoverySpecification"])
        }
        _ => None,
    };
    match renamed {
        Some((0, _)) => Ok(steps.to_vec()),
        Some((from, name)) => {
            let rest = steps.iter().skip(from).cloned();
            Ok([Step::Name(name.into())].into_iter().chain(rest).collect())
        }
        None => Err(Why::new(format!("`{declared}` says it in its own way"))),
    }
}

/// The element that a path goes through by its place.
fn element(steps: &[Step]) -> Option<Origin> {
    steps.iter().find_map(|s| match s {
        Step::Written(origin) => Some(*origin),
        _ => None,
    })
}

/// Whether a value is written somewhere: neither absent nor a default.
fn written(writer: &Writer<'_>, value: &Value) -> bool {
    !unset(value)
        && writer.store().origin_step(value.origin).is_some_and(|s| s.via != crate::eval::Via::Default)
}

/// What stands at a path.
fn follow(value: &Value, steps: &[Step]) -> Option<Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value.clone()) };
    let inner = match (&value.data, step) {
        (Data::Map(map), Step::Name(name)) => map.get(name).map(|e| e.value.clone()),
        (Data::List(list), Step::Index(at)) => list.members.get(*at).map(|m| m.value.clone()),
        (Data::List(list), Step::Written(origin)) => {
            list.members.iter().find(|m| m.value.origin == *origin).map(|m| m.value.clone())
        }
        (Data::Choice(arms), _) => {
            return arms.iter().find_map(|arm| follow(&arm.value, steps));
        }
        _ => None,
    };
    follow(&inner?, rest)
}

/// The way to a member of a value.
fn find(value: &Value, wanted: &Value, way: &mut Vec<Step>, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    match &value.data {
        Data::Map(map) => map.entries.iter().any(|entry| {
            way.push(Step::Name(entry.key.clone()));
            let found = (entry.value.origin == wanted.origin && same_data(&entry.value, wanted))
                || find(&entry.value, wanted, way, depth + 1);
            if !found {
                way.pop();
            }
            found
        }),
        Data::List(list) => list.members.iter().any(|member| {
            way.push(Step::Written(member.value.origin));
            let found = (member.value.origin == wanted.origin && same_data(&member.value, wanted))
                || find(&member.value, wanted, way, depth + 1);
            if !found {
                way.pop();
            }
            found
        }),
        Data::Choice(arms) => arms.iter().any(|arm| find(&arm.value, wanted, way, depth + 1)),
        Data::Json(inner) => find(inner, wanted, way, depth + 1),
        _ => false,
    }
}

/// The way to what is written at a place.
fn find_written(value: &Value, wanted: Origin, way: &mut Vec<Step>, depth: usize) -> bool {
    if depth > 16 {
        return false;
    }
    let enter = |step: Step, inner: &Value, way: &mut Vec<Step>| {
        way.push(step);
        let found = (inner.origin == wanted && matches!(inner.data, Data::Map(_)))
            || find_written(inner, wanted, way, depth + 1);
        if !found {
            way.pop();
        }
        found
    };
    match &value.data {
        Data::Map(map) => map.entries.iter().any(|e| enter(Step::Name(e.key.clone()), &e.value, way)),
        Data::List(list) => list.members.iter().any(|m| enter(Step::Written(m.value.origin), &m.value, way)),
        Data::Choice(arms) => arms.iter().any(|arm| find_written(&arm.value, wanted, way, depth + 1)),
        Data::Json(inner) => find_written(inner, wanted, way, depth + 1),
        _ => false,
    }
}

/// Whether an element has no others beside it, or is no element at all.
fn alone(properties: &Value, way: &[Step]) -> bool {
    match way.split_last() {
        Some((Step::Written(_) | Step::Index(_), list)) => follow(properties, list)
            .as_ref()
            .and_then(Value::as_list)
            .is_none_or(|list| list.rest.is_none() && list.members.len() < 2),
        _ => true,
    }
}

/// Of an element that is one of several made of one block, the part of the block that makes it.
fn expanded(properties: &Value, wanted: &Value) -> Option<Value> {
    let list = around(properties, wanted, 0)?;
    let Data::List(list) = &list.data else { return None };
    let others: Vec<&Value> = list
        .members
        .iter()
        .map(|m| &m.value)
        .filter(|v| v.origin == wanted.origin && !same_data(v, wanted))
        .collect();
    let own = wanted.as_map()?;
    if others.is_empty() {
        return None;
    }
    own.entries
        .iter()
        .find(|e| {
            !matches!(e.value.data, Data::Map(_) | Data::List(_))
                && others.iter().all(|o| {
                    o.as_map().and_then(|m| m.get(&e.key)).is_none_or(|x| x.value.origin != e.value.origin)
                })
        })
        .map(|e| e.value.clone())
}

/// The list that a value is a member of.
fn around<'v>(value: &'v Value, wanted: &Value, depth: usize) -> Option<&'v Value> {
    if depth > 16 {
        return None;
    }
    match &value.data {
        Data::Map(map) => map.entries.iter().find_map(|e| around(&e.value, wanted, depth + 1)),
        Data::List(list) => {
            if list.members.iter().any(|m| m.value.origin == wanted.origin && same_data(&m.value, wanted)) {
                return Some(value);
            }
            list.members.iter().find_map(|m| around(&m.value, wanted, depth + 1))
        }
        Data::Choice(arms) => arms.iter().find_map(|a| around(&a.value, wanted, depth + 1)),
        _ => None,
    }
}

/// [`lower::put`] for whole objects and lists too: member by member where no rule takes them at once.
fn assign(
    put: &dyn Fn(&Value, &str, &Value) -> Result<Value, NoWay>,
    values: &Value,
    path: &str,
    value: &Value,
) -> Result<Value, NoWay> {
    let problem = match put(values, path, value) {
        Ok(done) => return Ok(done),
        Err(problem) => problem,
    };
    match &value.data {
        Data::Map(map) if !map.entries.is_empty() => {
            // The first member makes a new element, the others belong to it.
            let new = format!("[{NEW}]");
            let last = path.strip_suffix(&new).map(|p| format!("{p}[^]"));
            map.entries.iter().enumerate().try_fold(values.clone(), |all, (at, e)| {
                let path = last.as_deref().filter(|_| at > 0).unwrap_or(path);
                assign(put, &all, &format!("{path}.{}", e.key), &e.value)
            })
        }
        Data::List(list) if !list.members.is_empty() && !path.contains(['.', '[']) => {
            // A list that is set is what it was set to and nothing else: it is made anew.
            let nothing = Value::object([]);
            let fresh =
                list.members.iter().enumerate().try_fold(nothing, |all, (at, m)| {
                    assign(put, &all, &format!("{path}[{at}]"), &m.value)
                })?;
            let mut out = values.clone();
            for entry in fresh.as_map().map(|m| m.entries.as_slice()).unwrap_or_default() {
                out = put_plain(&out, &[Step::Name(entry.key.clone())], &entry.value)?;
            }
            Ok(out)
        }
        Data::List(list) if !list.members.is_empty() => {
            list.members.iter().enumerate().try_fold(values.clone(), |all, (at, m)| {
                assign(put, &all, &format!("{path}[{at}]"), &m.value)
            })
        }
        _ => Err(problem),
    }
}
