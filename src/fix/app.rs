//! Fixes of what a CDK app has generated: the template says what is to be different, the app's own source is where it is
//! written. Both are edited, so that the proof sees what synthesis will make of the source; only the source is kept.

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::Str;
use crate::cdk::{self, Maker, Remake, differences};
use crate::check::{Judged, Linked};
use crate::eval::{Data, Number, Origin, Value};
use crate::model::{Presence, Resource, ResourceId};
use crate::policy::{Applicability, Outcome, Subject};
use crate::source::{Edit, Loader, Span};

use super::path::{Step, put_plain};
use super::proposal::Proposal;
use super::why::Why;
use super::write::{Held, Op, Writer};

/// How many resources one expression of the app may make for it to be edited.
const MAX_ALIKE: usize = 200;

/// A resource of an assembly: the part (the stack) and its place there.
type Place = (usize, ResourceId);

/// The app behind an assembly, and which of its expressions makes which resources.
pub(super) struct Source<'s> {
    way: &'s cdk::Way,
    loader: &'s Loader,
    parts: &'s [(Linked, Vec<Judged>)],
    writers: &'s [Writer<'s>],
    prefixes: &'s [Str],
    makers: FxHashMap<(Maker, Str), Vec<Place>>,
}

impl<'s> Source<'s> {
    /// The app of an assembly; `writers` are those of its parts.
    pub(super) fn new(
        way: &'s cdk::Way,
        loader: &'s Loader,
        parts: &'s [(Linked, Vec<Judged>)],
        writers: &'s [Writer<'s>],
        prefixes: &'s [Str],
    ) -> Self {
        let app = way.app(loader);
        let mut makers: FxHashMap<(Maker, Str), Vec<Place>> = FxHashMap::default();
        for (part, (linked, _)) in parts.iter().enumerate() {
            for resource in linked.graph.resources.iter().filter(|r| r.presence == Presence::Written) {
                let Some(construct) = &resource.construct else { continue };
                if let Some(maker) = app.maker(&construct.path, construct.source) {
                    let key = (maker, resource.type_name.clone());
                    makers.entry(key).or_default().push((part, resource.id));
                }
            }
        }
        Source { way, loader, parts, writers, prefixes, makers }
    }

    /// A proposal for a template with the edits of the app's source that come to it.
    pub(super) fn raise(
        &self,
        part: usize,
        judged: &Judged,
        mut proposal: Proposal,
    ) -> Result<Proposal, Why> {
        let (linked, _) = self.parts.get(part).ok_or_else(|| Why::new("the stack is gone"))?;
        if !proposal.removed.is_empty() {
            return Err(Why::new("the app has to make a construct no longer"));
        }
        let template_ops = std::mem::take(&mut proposal.ops);
        if !proposal.added.is_empty() {
            self.added(linked, judged, &template_ops, &mut proposal)?;
            proposal.ops.extend(template_ops);
            return Ok(proposal);
        }
        let mut by_resource: Vec<(&Resource, Vec<&Op>)> = Vec::new();
        for op in &template_ops {
            let at = Span::new(op.file, op.edit.start as u32, op.edit.end as u32);
            let holder = linked.graph.resources.iter().find(|r| r.span.contains(at));
            let Some(holder) = holder else {
                return Err(Why::new("what is to be changed is no part of a resource"));
            };
            match by_resource.iter_mut().find(|(r, _)| r.id == holder.id) {
                Some((_, ops)) => ops.push(op),
                None => by_resource.push((holder, vec![op])),
            }
        }
        let mut exact = true;
        for (resource, ops) in by_resource {
            exact &= self.resource(part, judged, resource, &ops, &mut proposal)?;
        }
        proposal.ops.extend(template_ops);
        if !exact && proposal.applicability == Applicability::Safe {
            proposal.applicability = Applicability::Unsafe;
            proposal.warning.get_or_insert_with(|| {
                "synthesis makes more of it than this property: compare the templates".into()
            });
        }
        Ok(proposal)
    }

    /// A prop that brings a new resource with it.
    fn added(
        &self,
        linked: &Linked,
        judged: &Judged,
        ops: &[Op],
        proposal: &mut Proposal,
    ) -> Result<(), Why> {
        let no = || Why::new("the app has to make a construct for it");
        let Subject::Resource(id) = &judged.verdict.subject else { return Err(no()) };
        let owner = linked.graph.resource(*id).ok_or_else(no)?;
        let construct = owner.construct.as_ref().ok_or_else(no)?;
        let [op] = ops else { return Err(no()) };
        let text = op.edit.text.trim().trim_matches(',');
        let whole: Json = serde_json::from_str(&format!("{{{text}}}")).map_err(|_| no())?;
        let made = whole.as_object().and_then(|o| o.values().next());
        let type_name = made.and_then(|r| r.get("Type")).and_then(Json::as_str).ok_or_else(no)?;
        let remake = Remake {
            path: &construct.path,
            frame: construct.source,
            type_name,
            before: &Json::Object(Default::default()),
            after: &properties(text)?,
        };
        let remade = self.way.app(self.loader).remake(&remake).map_err(Why)?;
        proposal.ops.extend(remade.edits.into_iter().map(|made| Op {
            file: made.file,
            edit: made.edit,
            slot: made.slot,
        }));
        proposal.applicability = proposal.applicability.max(Applicability::Unsafe);
        Ok(())
    }

    /// The source of one resource, and the templates of those that the same source makes. Says whether synthesis is known
    /// to make exactly that of it.
    fn resource(
        &self,
        part: usize,
        judged: &Judged,
        resource: &Resource,
        ops: &[&Op],
        proposal: &mut Proposal,
    ) -> Result<bool, Why> {
        let construct = resource.construct.as_ref().ok_or_else(|| Why::new("its construct is not told"))?;
        let before = self.text(resource.span)?;
        let edits: Vec<Edit> = ops
            .iter()
            .filter_map(|op| {
                let start = op.edit.start.checked_sub(resource.span.start as usize)?;
                Some(Edit::new(start..start + (op.edit.end - op.edit.start), op.edit.text.as_str()))
            })
            .collect();
        let (after, _) =
            crate::source::apply(&before, &edits).ok_or_else(|| Why::new("the edits overlap"))?;
        let (before, after) = (properties(&before)?, properties(&after)?);
        let app = self.way.app(self.loader);
        let remake = Remake {
            path: &construct.path,
            frame: construct.source,
            type_name: &resource.type_name,
            before: &before,
            after: &after,
        };
        let remade = app.remake(&remake).map_err(Why)?;
        for made in remade.edits {
            let op = Op { file: made.file, edit: made.edit, slot: made.slot };
            if !proposal.ops.contains(&op) {
                proposal.ops.push(op);
            }
        }
        let maker = app.maker(&construct.path, construct.source);
        let key = maker.map(|maker| (maker, resource.type_name.clone()));
        let alike = key.and_then(|key| self.makers.get(&key)).map(Vec::as_slice).unwrap_or_default();
        if alike.len() > MAX_ALIKE {
            return Err(Why::new(format!("the same source makes more than {MAX_ALIKE} resources")));
        }
        let others = alike.iter().filter(|place| **place != (part, resource.id));
        let mut with: Vec<Str> = Vec::new();
        for place in others {
            self.alike(*place, judged, &before, &after, proposal)?;
            with.extend(self.found(*place).and_then(|r| r.construct.as_ref()).map(|c| c.path.clone()));
        }
        if !with.is_empty() {
            let shown: Vec<String> = with.iter().take(3).map(|p| format!("`{p}`")).collect();
            let more = with.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!("the same source also makes {}{more}", shown.join(", "));
            proposal.warning = Some(match proposal.warning.take() {
                Some(known) => format!("{known}; {text}").into(),
                None => text.into(),
            });
        }
        Ok(remade.exact)
    }

    fn found(&self, (part, id): Place) -> Option<&Resource> {
        self.parts.get(part)?.0.graph.resource(id)
    }

    /// What the same source makes of another resource; it is safe only where the policy wants it there, too.
    fn alike(
        &self,
        place: Place,
        judged: &Judged,
        before: &Json,
        after: &Json,
        proposal: &mut Proposal,
    ) -> Result<(), Why> {
        let (Some(resource), Some(writer)) = (self.found(place), self.writers.get(place.0)) else {
            return Err(Why::new("what else the source makes is not told"));
        };
        let changes = differences(before, after);
        let old = &resource.values;
        let mut new = old.clone();
        for (path, value) in &changes {
            let Some(value) = value else {
                return Err(Why::new(
                    "the same source makes other resources, which may need what is taken away",
                ));
            };
            let steps: Vec<Step> = path
                .iter()
                .map(|s| match s.parse() {
                    Ok(index) => Step::Index(index),
                    Err(_) => Step::Name(s.clone()),
                })
                .collect();
            new = put_plain(&new, &steps, &value_of(value))?;
        }
        let mut ops = Vec::new();
        let held = Held::new(resource);
        writer.change(held.target(), old, &new, &mut Vec::new(), &mut ops)?;
        if ops.is_empty() {
            return Ok(());
        }
        for op in ops {
            if !proposal.ops.contains(&op) {
                proposal.ops.push(op);
            }
        }
        for (path, _) in changes {
            let names = path.into_iter().filter(|s| s.parse::<usize>().is_err()).collect();
            let prefix = self.prefixes.get(place.0).map(Str::as_str).unwrap_or_default();
            let touched = (prefixed(prefix, &resource.address), names);
            if !proposal.touched.contains(&touched) {
                proposal.touched.push(touched);
            }
        }
        let fails_too = self.parts.get(place.0).is_some_and(|(_, all)| {
            all.iter().any(|other| {
                other.policy == judged.policy
                    && other.verdict.outcome == Outcome::Fail
                    && matches!(other.verdict.subject, Subject::Resource(id) if id == resource.id)
            })
        });
        if !fails_too && proposal.applicability == Applicability::Safe {
            proposal.applicability = Applicability::Unsafe;
        }
        Ok(())
    }

    fn text(&self, span: Span) -> Result<String, Why> {
        let file = self.loader.sources().get(span.file);
        let text = file.and_then(|f| f.text.get(span.range()).map(str::to_owned));
        text.ok_or_else(|| Why::new("the template is gone"))
    }
}

/// The properties of a resource, from the text of its pair in the template.
fn properties(pair: &str) -> Result<Json, Why> {
    let whole: Json = serde_json::from_str(&format!("{{{pair}}}"))
        .map_err(|_| Why::new("its template is not the JSON that `cdk synth` writes"))?;
    let resource = whole.as_object().and_then(|o| o.values().next());
    Ok(resource
        .and_then(|r| r.get("Properties"))
        .cloned()
        .unwrap_or_else(|| Json::Object(Default::default())))
}

/// A JSON value without a place.
fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::absent(),
        Json::Bool(b) => Value::bool(*b),
        Json::String(s) => Value::string(s.as_str()),
        Json::Number(n) => Number::parse(&n.to_string())
            .map_or_else(Value::absent, |n| Value::new(Data::Number(n), Origin::NONE)),
        Json::Array(all) => Value::list(all.iter().map(value_of)),
        Json::Object(map) => Value::object(map.iter().map(|(k, v)| (Str::from(k.as_str()), value_of(v)))),
    }
}

/// An address with what tells its stack.
pub(super) fn prefixed(prefix: &str, address: &Str) -> Str {
    if prefix.is_empty() { address.clone() } else { format!("{prefix}{address}").into() }
}

/// What tells resources of one stack from those of another that have the same logical id.
pub(super) fn prefixes(parts: &[(Linked, Vec<Judged>)]) -> Vec<Str> {
    if parts.len() < 2 {
        return parts.iter().map(|_| Str::new()).collect();
    }
    let name = |(linked, _): &(Linked, Vec<Judged>)| {
        let program = &linked.program;
        let path = program.module(program.root).map(|m| m.path.display().to_string()).unwrap_or_default();
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        Str::from(format!("{}/", name.split('.').next().unwrap_or_default()))
    };
    parts.iter().map(name).collect()
}
