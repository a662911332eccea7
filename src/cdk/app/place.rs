//! From what a policy found in a template to the place in the app's source.

use std::sync::Arc;

use crate::Str;
use crate::source::Span;

use super::props::{Way, ways};
use super::tree::{Attached, Node, NodeId};
use super::value::{Member, Object, Value, same_name};
use super::{App, SiteOf};

/// Names under which one property is set from outside of what the construct offers.
const OVERRIDES: [&str; 4] =
    ["addPropertyOverride", "addOverride", "addPropertyDeletionOverride", "addDeletionOverride"];

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    /// The construct's path.
    pub path: &'w str,
    /// Where the app's first own frame of its creation stack points, if there is one.
    pub frame: Option<Span>,
    /// The registry type of the resource.
    pub type_name: &'w str,
    /// The property's path in the registry type, numbers for elements of lists; empty for the resource as a whole.
    pub property: &'w [Str],
    /// The texts and numbers of the value that a policy found; they tell one call of a method from another.
    pub values: &'w [Str],
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What to point at: the prop, the props where it is missing, or the beginning of the construct's expression.
    pub span: Span,
    /// The whole expression that makes the construct, or the call that made a library make it.
    pub construct: Span,
    /// Whether `span` is the place that sets the property.
    pub exact: bool,
}

/// Where one construct's properties may be set.
pub(super) struct Candidate<'a> {
    pub(super) node: NodeId,
    /// The method call that made a library make the construct.
    pub(super) call: Option<&'a Attached>,
    /// A library's class that the construct's class extends made the resource.
    of_base: bool,
}

impl App {
    /// Finds the place.
    pub fn find(&self, wanted: &Wanted<'_>) -> Option<Found> {
        let candidate = self.candidate(wanted)?;
        let node = self.tree.get(candidate.node)?;
        let own = node.base_site.filter(|_| candidate.of_base).unwrap_or(node.site);
        let construct = candidate.call.map_or(own.span, |c| c.site.span);
        if !wanted.property.is_empty() {
            if let Some(span) = self.prop_span(node, candidate.call, wanted) {
                return Some(Found { span, construct, exact: true });
            }
            if candidate.call.is_none()
                && let Some(props) = props_of(node)
                && self.are_braces(props.span)
                && construct.contains(props.span)
            {
                return Some(Found { span: props.span, construct, exact: false });
            }
        }
        Some(Found {
            span: self.head(construct, candidate.call.map(|c| c.site.name)),
            construct,
            exact: false,
        })
    }

    /// Whose properties are looked at.
    pub(super) fn candidate(&self, wanted: &Wanted<'_>) -> Option<Candidate<'_>> {
        let segments: Vec<&str> = wanted.path.split('/').collect();
        let found = self.tree.find(&segments);
        if let Some(frame) = wanted.frame {
            let found = found.map(|m| m.node);
            return self.at_frame(frame, found);
        }
        let found = found?;
        let rest = segments.get(found.consumed..).unwrap_or_default();
        if let Some(site) = rest.first().and_then(|id| self.singleton(found.node, id)) {
            return Some(self.with_call(site));
        }
        let of_base = !rest.is_empty();
        let site = SiteOf { node: found.node, call: self.policy_call(found.node, rest) };
        Some(Candidate { of_base, ..self.with_call(site) })
    }

    /// What a frame of a stack trace points at; `found` is what the construct's path led to.
    fn at_frame(&self, frame: Span, found: Option<NodeId>) -> Option<Candidate<'_>> {
        let on_path =
            |site: &SiteOf| site.call.is_none() && found.is_some_and(|m| self.is_within(m, site.node));
        let candidate = |site: &SiteOf| {
            let base = self.tree.get(site.node).and_then(|n| n.base_site);
            let of_base =
                base.is_some_and(|b| b.span.contains(Span::new(frame.file, frame.start, frame.start)));
            Candidate { of_base, ..self.with_call(*site) }
        };
        if let Some(sites) = self.sites.get(&(frame.file, frame.start)) {
            // of several at one place (a loop, a class that is used twice) the one on the construct's path
            let site = sites.iter().find(|s| on_path(s)).or_else(|| sites.iter().find(|s| s.call.is_none()));
            return site.or_else(|| sites.first()).map(candidate);
        }
        // a line without a column, or a call that is chained over lines: the smallest expression there
        let file = self.files.get(&frame.file)?;
        let line = file.position(frame.start).line;
        let around = self.by_file.get(&frame.file)?.iter().filter(|(span, _)| {
            (span.start <= frame.start && frame.start < span.end) || file.position(span.start).line == line
        });
        let best =
            around.min_by_key(|(span, site)| (!on_path(site), site.call.is_some(), span.end - span.start));
        best.map(|(_, site)| candidate(site))
    }

    /// The call that makes a library put something into a stack once.
    fn singleton(&self, stack: NodeId, id: &str) -> Option<SiteOf> {
        let makers = super::props::makers(id)?;
        let inside = |node: &NodeId| *node != stack && self.is_within(*node, stack);
        for (node, known) in self.tree.nodes.iter().enumerate().filter(|(node, _)| inside(node)) {
            for maker in makers {
                if let Some(method) = maker.strip_suffix("()") {
                    if let Some(call) = known.calls.iter().position(|c| same_name(&c.name, method)) {
                        return Some(SiteOf { node, call: Some(call) });
                    }
                    continue;
                }
                let (class, prop) = maker.split_once('.').map_or((*maker, None), |(c, p)| (c, Some(p)));
                let has = |prop: &str| {
                    let mut objects = known.props.iter().chain(&known.base_props);
                    objects.any(|o| o.get(prop).is_some())
                };
                if known.class_name == class && prop.is_none_or(has) {
                    return Some(SiteOf { node, call: None });
                }
            }
        }
        None
    }

    fn with_call(&self, site: SiteOf) -> Candidate<'_> {
        let call = site.call.and_then(|c| self.tree.get(site.node)?.calls.get(c));
        Candidate { node: site.node, call, of_base: false }
    }

    /// Whether a construct is another, or somewhere below it.
    fn is_within(&self, node: NodeId, outer: NodeId) -> bool {
        let mut at = node;
        for _ in 0..64 {
            if at == outer {
                return true;
            }
            match self.tree.get(at).map(|n| n.parent) {
                Some(super::tree::Parent::Node(parent)) => at = parent,
                _ => return false,
            }
        }
        false
    }

    /// A role's default policy and a resource's policy exist because of the first call that needs them.
    fn policy_call(&self, node: NodeId, rest: &[&str]) -> Option<usize> {
        let wants: &[&str] = match rest {
            [.., "DefaultPolicy"] | [.., "DefaultPolicy", "Resource"] => {
                &["grant", "addtorolepolicy", "addtopolicy", "addtoprincipalpolicy", "addtotaskrolepolicy"]
            }
            [.., "Policy", "Resource"] => &["addtoresourcepolicy"],
            [.., "FunctionUrl"] => &["addfunctionurl"],
            _ => return None,
        };
        let plain = |text: &str| text.to_ascii_lowercase().replace('_', "");
        // a service has a role for its tasks and one for the agent: a call that names one is not about the other
        let role = rest.iter().rev().find(|s| s.ends_with("Role")).map(|s| plain(s));
        let about_another = |text: &str| {
            let named = ["taskrole", "executionrole"].iter().find(|named| text.contains(**named));
            named.is_some_and(|named| role.as_deref().is_some_and(|role| role != *named))
        };
        let calls = &self.tree.get(node)?.calls;
        calls.iter().position(|call| {
            let name = plain(&call.name);
            let text = self.files.get(&call.site.span.file).map(|f| plain(f.slice(call.site.span)));
            wants.iter().any(|want| name.starts_with(want)) && !about_another(&text.unwrap_or_default())
        })
    }

    /// Where a property is set.
    fn prop_span(&self, node: &Node, call: Option<&Attached>, wanted: &Wanted<'_>) -> Option<Span> {
        if let Some(span) = overridden(node, wanted.property) {
            return Some(span);
        }
        let objects = || {
            let of_call = call.into_iter().flat_map(|c| &c.objects);
            let own: Vec<&Arc<Object>> = if call.is_some() {
                Vec::new()
            } else {
                node.base_props.iter().chain(node.props.iter()).collect()
            };
            of_call.chain(own)
        };
        if node.class_name.starts_with("Cfn") && call.is_none() {
            if let Some(member) = objects().find_map(|o| nested(o, wanted.property)) {
                return Some(member.span);
            }
            return None;
        }
        for way in ways(wanted.type_name, wanted.property) {
            match way {
                Way::Prop(path) => {
                    let steps: Vec<&str> = path.split('.').collect();
                    if let Some(member) = objects().find_map(|o| exact(o, &steps)) {
                        return Some(member.span);
                    }
                }
                Way::Method(name) => {
                    let calls = node.calls.iter().filter(|c| same_name(&c.name, name));
                    if let Some(best) = self.best(calls, wanted.values) {
                        return Some(self.head(best.site.span, Some(best.site.name)));
                    }
                }
            }
        }
        // a prop of the property's own name
        if let Some(first) = wanted.property.first()
            && let Some(member) = objects().find_map(|o| o.get(first))
        {
            return Some(member.span);
        }
        // the value itself, as text in a prop or in a call on the construct
        let telling: Vec<&Str> = wanted.values.iter().filter(|v| is_telling(v)).collect();
        if telling.is_empty() {
            return None;
        }
        for object in objects() {
            let has = |member: &&Member| telling.iter().any(|v| self.has_text(member.value_span, v));
            if let Some(member) = object.entries.iter().find(has) {
                return Some(member.span);
            }
        }
        let calls = node.calls.iter().filter(|c| telling.iter().any(|v| self.has_text(c.site.span, v)));
        let best = self.best(calls, wanted.values)?;
        Some(self.head(best.site.span, Some(best.site.name)))
    }

    /// Of several calls, the one in which most of the values are written.
    fn best<'c>(&self, calls: impl Iterator<Item = &'c Attached>, values: &[Str]) -> Option<&'c Attached> {
        let mut best: Option<(usize, &Attached)> = None;
        for call in calls {
            let place = call.site.parentheses.unwrap_or(call.site.span);
            let hits = values.iter().filter(|v| self.has_text(place, v)).count();
            if best.is_none_or(|(most, _)| hits > most) {
                best = Some((hits, call));
            }
        }
        best.map(|(_, call)| call)
    }

    /// Whether a text or number stands as such in the source there.
    fn has_text(&self, span: Span, value: &str) -> bool {
        let Some(text) = self.files.get(&span.file).map(|f| f.slice(span)) else { return false };
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let digits = value.bytes().all(|b| b.is_ascii_digit());
        text.match_indices(value).any(|(at, _)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at + value.len()..).and_then(|t| t.chars().next());
            if digits {
                !word(before) && !word(after)
            } else {
                matches!(before, Some('"' | '\'' | '`')) && matches!(after, Some('"' | '\'' | '`'))
            }
        })
    }

    /// Whether props are an object literal on one line: keyword arguments and a builder's calls are no place to point at.
    fn are_braces(&self, span: Span) -> bool {
        let text = self.files.get(&span.file).map_or("", |f| f.slice(span));
        text.starts_with('{') && !text.contains('\n')
    }

    /// The beginning of an expression: up to the end of its line. Of a chain of calls, from the called name.
    fn head(&self, span: Span, name: Option<u32>) -> Span {
        let Some(file) = self.files.get(&span.file) else { return span };
        let start = match name {
            Some(name) if span.start < name && name < span.end => {
                let chain = Span::new(span.file, span.start, name);
                if file.slice(chain).contains('\n') { name } else { span.start }
            }
            _ => span.start,
        };
        let rest = Span::new(span.file, start, span.end);
        let line = file.slice(rest).lines().next().unwrap_or("").trim_end();
        Span::new(span.file, start, start + line.len() as u32)
    }
}

/// The props to point at when something is missing in them.
fn props_of(node: &Node) -> Option<&Arc<Object>> {
    node.props.as_ref().or(node.base_props.as_ref())
}

/// Whether a text says enough to be looked for on its own.
fn is_telling(value: &str) -> bool {
    value.len() >= 4
        && !matches!(
            value,
            "Allow" | "Deny" | "true" | "false" | "2012-10-17" | "default" | "Enabled" | "Disabled"
        )
}

/// The place where a property is overridden behind the construct's back.
fn overridden(node: &Node, property: &[Str]) -> Option<Span> {
    let steps: Vec<&str> =
        property.iter().map(Str::as_str).filter(|s| !s.bytes().all(|b| b.is_ascii_digit())).collect();
    for call in node.calls.iter().rev().filter(|c| OVERRIDES.iter().any(|o| same_name(&c.name, o))) {
        let Some(path) = call.first.as_ref().and_then(|p| p.as_literal()) else { continue };
        let path = path.strip_prefix("Properties.").unwrap_or(path);
        let named: Vec<&str> = path.split('.').filter(|s| !s.bytes().all(|b| b.is_ascii_digit())).collect();
        let common = named.iter().zip(&steps).take_while(|(a, b)| a == b).count();
        if common > 0 && (common == named.len() || common == steps.len()) {
            return Some(call.site.span);
        }
    }
    let first = steps.first()?;
    node.overrides.iter().rev().find(|(name, _)| same_name(name, first)).map(|(_, span)| *span)
}

/// The member at the end of a path.
fn exact<'o>(object: &'o Object, steps: &[&str]) -> Option<&'o Member> {
    let (first, rest) = steps.split_first()?;
    let member = object.get(first)?;
    match (rest, &member.value) {
        ([], _) => Some(member),
        (_, Value::Object(inner)) => exact(inner, rest),
        _ => None,
    }
}

/// The innermost member on the way along a registry path.
fn nested<'o>(object: &'o Object, path: &[Str]) -> Option<&'o Member> {
    let (first, rest) = path.split_first()?;
    let member = object.get(first)?;
    let mut rest = rest;
    let mut value = &member.value;
    loop {
        match value {
            Value::Object(inner) => return nested(inner, rest).or(Some(member)),
            Value::List(list) => {
                let Some((index, more)) = rest.split_first() else { return Some(member) };
                let Some(element) = index.parse::<usize>().ok().and_then(|i| list.get(i)) else {
                    return Some(member);
                };
                value = element;
                rest = more;
            }
            _ => return Some(member),
        }
    }
}
