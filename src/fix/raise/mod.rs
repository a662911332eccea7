//! From a page's fix to edits: which resource says the property, which of its arguments, which characters.

mod add;
mod append;
mod put;
mod remove;
mod sam;

use crate::Str;
use crate::check::Judged;
use crate::eval::{Guard, Value, Via};
use crate::model::{Presence, Resource, registry};
use crate::policy::{Applicability, Change, FixPlan, Path, Subject};

use super::path::{Step, same_place, way_to};
use super::proposal::Proposal;
use super::why::Why;
use super::write::{Writer, resource, unset};
use put::Pending;

/// The index of an element that is not there yet.
const NEW: usize = u16::MAX as usize;

/// One resource that is mended by one plan of a page.
struct Raise<'r, 'w> {
    writer: &'r Writer<'w>,
    fail: Guard,
    subject: &'r Resource,
    each: Option<&'r Value>,
    out: Proposal,
    pending: Vec<Pending>,
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
        return Err(Why::new("an input is mended by hand"));
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
        out: Proposal::new(plan),
        pending: Vec::new(),
    };
    for change in &plan.changes {
        if let Change::Set { value, .. } | Change::Append { value, .. } = change
            && unset(value)
        {
            return Err(Why::new("the fix does not apply here"));
        }
        match change {
            Change::Set { path, value } => raise.put(&raise.steps(path)?, value)?,
            Change::Append { path, value } => raise.append(path, value)?,
            Change::Remove { value } => raise.remove(value)?,
            Change::Add { type_name, properties } => raise.add(type_name, properties)?,
        }
    }
    raise.settle()?;
    raise.out.assumed = matches!(raise.subject.presence, Presence::Assumed | Presence::Implied);
    raise.out.finish()
}

impl Raise<'_, '_> {
    /// The steps of a page's path, from the subject.
    fn steps(&self, path: &Path) -> Result<Vec<Step>, Why> {
        let mut steps = Vec::new();
        if path.from_element {
            let each = self.each.ok_or_else(|| Why::new("there is no element"))?;
            steps = way_to(&self.subject.properties, &|v| same_place(v, each))
                .ok_or_else(|| Why::new("the element is not a part of the resource as it is written"))?;
        }
        steps.extend(path.steps.iter().cloned().map(Step::Name));
        Ok(steps)
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

    /// The fix may do harm, whatever the page says.
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

/// Whether a value is written somewhere: neither absent nor a default.
fn written(writer: &Writer<'_>, value: &Value) -> bool {
    !unset(value) && writer.store().origin_step(value.origin).is_some_and(|s| s.via != Via::Default)
}
