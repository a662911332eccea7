//! From a verdict to a finding: where it is reported, what it is related to, why the value is what it is.
//!
//! A finding is reported at the line that its reader can edit. Where a value reaches a resource through an argument of
//! a module call, that is the argument of the outermost call that passes it; the line inside the module is related.

use crate::Str;
use crate::cdk;
use crate::eval::{Guard, OriginStep, Store, Via};
use crate::graph::Graph;
use crate::model::{self, Presence};
use crate::policy::{Change, Place, Subject, Verdict};
use crate::source::{Loader, Sources, Span};

use super::finding::{Location, Related, Resource};

/// A place that is still a span.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) address: Option<Str>,
    pub(super) span: Span,
    pub(super) message: Str,
}

/// Where a verdict is reported and what else is told with it, not yet resolved to lines.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) primary: Span,
    pub(super) generated: Option<Span>,
    pub(super) related: Vec<Mention>,
    pub(super) because: Vec<Str>,
    /// Everything that a suppression may stand at: the primary and related places, the resource, the calls around it.
    pub(super) covered: Vec<Span>,
}

/// The subject of a verdict, as findings name it. `generated` is set later: it depends on the place.
pub(super) fn subject(graph: &Graph, verdict: &Verdict) -> Option<Resource> {
    match &verdict.subject {
        Subject::Resource(id) => {
            let resource = graph.resource(*id)?;
            // Nobody has written an assumed owner or what AWS makes unasked, and an element that a companion adds is that companion's: the finding
            // is about the rule that is bad, not about the group that it joins.
            let finding = verdict.finding.as_ref();
            let holder = finding.and_then(|finding| finding.primary.resource);
            let is_element = finding.is_some_and(|finding| !finding.element.is_empty());
            let named = match resource.presence {
                Presence::Assumed | Presence::Implied => {
                    holder.and_then(|id| graph.resource(id)).unwrap_or(resource)
                }
                _ if is_element => holder.and_then(|id| graph.resource(id)).unwrap_or(resource),
                _ => resource,
            };
            Some(Resource {
                address: named.address.clone(),
                type_name: if is_element { named.type_name.clone() } else { resource.type_name.clone() },
                declared_as: named.declared_as.clone(),
                construct: named.construct.as_ref().map(|c| c.path.clone()),
                generated: None,
            })
        }
        Subject::Input(name) => Some(Resource {
            address: name.clone(),
            type_name: Str::from("Input"),
            declared_as: if name.starts_with("var.") { "variable".into() } else { "Parameter".into() },
            construct: None,
            generated: None,
        }),
    }
}

/// The header of the subject: where an undecided verdict is shown, and a failing one that points nowhere else.
pub(super) fn header(graph: &Graph, verdict: &Verdict) -> Option<Span> {
    match &verdict.subject {
        Subject::Resource(id) => graph.resource(*id).map(|r| r.header),
        Subject::Input(_) => None,
    }
}

/// The way from the templates of a cloud assembly to the app's source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Back<'s> {
    pub(super) way: &'s cdk::Way,
    pub(super) loader: &'s Loader,
}

impl Back<'_> {
    /// The place in the app's source for a place in a resource's properties.
    fn find(self, resource: &model::Resource, template: Option<Span>, missing: &[Str]) -> Option<cdk::Found> {
        let construct = resource.construct.as_ref()?;
        self.way.find(self.loader, &construct.path, construct.source, &resource.type_name, template, missing)
    }

    /// The line that makes a resource's construct.
    pub(super) fn line(self, resource: &model::Resource) -> Option<Span> {
        let found = self.find(resource, None, &[]).map(|found| found.span);
        found.or(resource.construct.as_ref().and_then(|c| c.source))
    }
}

/// Places a failing verdict.
pub(super) fn locate(
    graph: &Graph,
    sources: &Sources,
    back: Option<Back<'_>>,
    verdict: &Verdict,
) -> Option<Located> {
    let finding = verdict.finding.as_ref()?;
    let store = &*graph.store;
    let own = match &verdict.subject {
        Subject::Resource(id) => graph.resource(*id),
        Subject::Input(_) => None,
    };
    let Place { span: used, origin, resource } = finding.primary;
    let holder = resource.and_then(|id| graph.resource(id)).or(own);
    let steps: Vec<OriginStep> = store.spans(origin).collect();

    let mut related: Vec<Mention> = Vec::new();
    let mut because: Vec<Str> = Vec::new();
    let mut primary = used;
    // the outermost call's argument is the last one on the way to the literal
    if let Some(argument) = steps.iter().rposition(|s| s.via == Via::Argument)
        && let Some(step) = steps.get(argument)
    {
        primary = step.span;
        related.push(Mention {
            address: holder.map(|r| r.address.clone()),
            span: used,
            message: "used here".into(),
        });
    } else if let Some(step) = holder.and_then(|r| written_by_caller(sources, r, &steps)) {
        primary = step.span;
        related.push(Mention {
            address: holder.map(|r| r.address.clone()),
            span: used,
            message: "used here".into(),
        });
    }
    let place = primary;
    primary = opening(sources, holder, place);
    explain(sources, &steps, place, &mut related, &mut because);
    if let Some(holder) = holder
        && own.is_some_and(|o| o.id != holder.id && o.presence != Presence::Assumed)
        && let Some(own) = own
    {
        related.insert(
            0,
            Mention {
                address: Some(own.address.clone()),
                span: own.header,
                message: format!("configures `{}`", own.address).into(),
            },
        );
        if !related.iter().any(|m| m.address.as_ref() == Some(&holder.address)) {
            let message = format!("in `{}`", holder.address).into();
            related.push(Mention { address: Some(holder.address.clone()), span: holder.header, message });
        }
    }
    for beside in &finding.related {
        let resource = beside.resource.and_then(|id| graph.resource(id));
        // An owner that nobody declares is nowhere written: there is nothing to show.
        if resource.is_some_and(|r| r.presence == Presence::Assumed) {
            continue;
        }
        related.push(Mention {
            address: resource.map(|r| r.address.clone()),
            span: beside.span,
            message: beside.message.clone(),
        });
    }
    related.extend(holder.filter(|_| graph.is_template()).and_then(|r| made_of(sources, r)));
    if let Some(call) =
        holder.and_then(|r| r.calls.first()).filter(|call| !call.contains(primary) && **call != primary)
    {
        let in_template = holder.is_some_and(|r| r.declared_as.contains("::"));
        let message = if in_template { "the nested stack is made here" } else { "the module is called here" };
        related.push(Mention { address: None, span: *call, message: message.into() });
    }

    let mut covered = vec![primary, place, used];
    covered.extend(related.iter().map(|m| m.span));
    for resource in [own, holder].into_iter().flatten() {
        covered.push(resource.header);
        covered.extend(&resource.calls);
    }

    // In a cloud assembly the reader edits the app; the template is generated.
    let mut generated = None;
    if let Some(holder) = holder.filter(|r| r.construct.is_some()) {
        let missing = finding.fixes.iter().flat_map(|fix| &fix.changes).find_map(|change| match change {
            Change::Set { path, .. } if !path.from_element => Some(path.steps.as_slice()),
            _ => None,
        });
        let missing = missing.filter(|_| own.is_some_and(|o| o.id == holder.id)).unwrap_or_default();
        let found = back.and_then(|back| back.find(holder, Some(used), missing));
        let traced = holder.construct.as_ref().and_then(|c| c.source);
        if let Some(source) = found.map(|found| found.span).or(traced) {
            generated = Some(primary);
            covered.push(source);
            covered.extend(found.map(|found| found.construct));
            covered.extend(traced);
            related.insert(
                0,
                Mention {
                    address: Some(holder.address.clone()),
                    span: primary,
                    message: "in the template".into(),
                },
            );
            primary = source;
        }
    }
    let mut seen: Vec<(Span, Option<Str>)> = vec![(primary, None)];
    related.retain(|m| {
        let fresh = !seen
            .iter()
            .any(|(span, address)| *span == m.span && (m.address.is_none() || *address == m.address));
        seen.push((m.span, m.address.clone()));
        fresh
    });
    Some(Located { primary, generated, related, because, covered })
}

/// The resource of the template that another one was made of by the serverless transform: it stands in the source under
/// its own name.
fn made_of(sources: &Sources, resource: &model::Resource) -> Option<Mention> {
    let file = sources.get(resource.header.file)?;
    let written = file.slice(resource.header).trim_matches(['"', '\'']);
    let (path, own) = match resource.address.rfind('.') {
        Some(dot) => resource.address.split_at(dot + 1),
        None => ("", resource.address.as_str()),
    };
    let is_name = !written.is_empty() && written.chars().all(|c| c.is_ascii_alphanumeric());
    (is_name && written != own && own.starts_with(written)).then(|| Mention {
        address: Some(format!("{path}{written}").into()),
        span: resource.header,
        message: format!("made of `{written}`").into(),
    })
}

/// The literal that a caller of the module writes inside what it hands on: `behaviour = { policy = "allow-all" }`. The
/// member has come through no argument of its own.
fn written_by_caller<'s>(
    sources: &Sources,
    resource: &model::Resource,
    steps: &'s [OriginStep],
) -> Option<&'s OriginStep> {
    let directory = |span: Span| Some(sources.get(span.file)?.path.parent()?.to_path_buf());
    let own = directory(resource.header)?;
    let last = steps.last().filter(|step| step.via == Via::Literal && steps.len() > 1)?;
    let written = directory(last.span).filter(|written| *written != own)?;
    resource.calls.iter().any(|call| directory(*call).as_ref() == Some(&written)).then_some(last)
}

/// What of a place is shown: of a whole resource its header, of a block or collection over several lines its name
/// (`vpc_config`, `environment`, a template's `VpcConfig`). One without a name, as an element of a list, is shown whole.
fn opening(sources: &Sources, holder: Option<&model::Resource>, span: Span) -> Span {
    if let Some(holder) = holder.filter(|r| r.header.file == span.file && r.header.start == span.start)
        && span.end > holder.header.end
    {
        return holder.header;
    }
    let Some(file) = sources.get(span.file) else { return span };
    let Some((first, _)) = file.slice(span).split_once('\n') else { return span };
    let all = file.slice(Span::new(span.file, 0, span.start));
    let (above, before) = all.rsplit_once('\n').unwrap_or(("", all));
    // the line that ends at an offset, down to the name before its sign
    let named = |line: &str, end: u32, signs: &[char]| {
        let kept = line.trim_end();
        let name = kept.trim_end_matches(signs).trim_end();
        let start = name.trim_start_matches(['-', ' ', '\t']);
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(0);
        let end = end - length(line) + length(name);
        (kept.len() > name.len() && !start.is_empty()).then(|| Span::new(span.file, end - length(start), end))
    };
    let end_of = |text: &str| span.start - u32::try_from(all.len() - text.len()).unwrap_or(0);
    let shown = if !before.trim().is_empty() {
        // `environment = {`, `"VpcConfig": {`: the name is on the same line
        named(before, span.start, &['=', ':'])
    } else if first.trim_end().ends_with('{') {
        // `vpc_config {`
        let line = first.trim_end();
        named(line, span.start + u32::try_from(line.len()).unwrap_or(0), &['{'])
    } else {
        // a YAML mapping or sequence stands below its key
        let mut rest = above;
        loop {
            let (upper, line) = rest.rsplit_once('\n').unwrap_or(("", rest));
            let blank = line.trim().is_empty() || line.trim_start().starts_with('#');
            if !blank || upper.is_empty() {
                break named(line, end_of(rest), &[':']);
            }
            rest = upper;
        }
    };
    shown.unwrap_or(span)
}

/// Tells the way that a value took: the steps behind its use.
fn explain(
    sources: &Sources,
    steps: &[OriginStep],
    primary: Span,
    related: &mut Vec<Mention>,
    because: &mut Vec<Str>,
) {
    let written = |span: Span| {
        let file = sources.get(span.file)?;
        let text = file.slice(span).trim();
        (!text.is_empty() && text.len() <= 80 && !text.contains('\n')).then(|| text.to_owned())
    };
    let mut name: Option<String> = None;
    for (at, step) in steps.iter().enumerate() {
        let mut mention = |message: String| {
            if step.span != primary && !related.iter().any(|m| m.span == step.span) {
                related.push(Mention { address: None, span: step.span, message: message.into() });
            }
        };
        match step.via {
            Via::Input | Via::Local | Via::Output | Via::Attribute => {
                name = written(step.span).or(name);
                if step.via == Via::Output {
                    mention("through this output".to_owned());
                }
            }
            Via::Argument => mention("passed on here".to_owned()),
            Via::InputDefault => match &name {
                Some(name) => mention(format!("set by `{name}`, default here")),
                None => mention("the default is here".to_owned()),
            },
            Via::Supplied => match &name {
                Some(name) => mention(format!("`{name}` is set here")),
                None => mention("set here".to_owned()),
            },
            Via::Literal if at > 0 => match &name {
                Some(name) => mention(format!("set by `{name}`, written here")),
                None => mention("written here".to_owned()),
            },
            Via::Default => because.push("not set: this is the provider's default".into()),
            Via::Companion => mention("configured by this resource".to_owned()),
            Via::Literal | Via::Computed => {}
        }
    }
}

/// The condition under which it fails, in words; none if always.
pub(super) fn condition(store: &Store, verdict: &Verdict) -> Option<Str> {
    (verdict.condition != Guard::TRUE)
        .then(|| Str::from(store.describe(verdict.condition)))
        .filter(|text| !text.is_empty())
}

/// Resolves what is told beside a finding.
pub(super) fn resolve(sources: &Sources, mentions: &[Mention]) -> Vec<Related> {
    mentions
        .iter()
        .map(|m| Related {
            address: m.address.clone(),
            location: Location::of(sources, m.span),
            message: m.message.clone(),
        })
        .collect()
}
