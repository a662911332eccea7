//! The graph of a root, written down.

use std::fmt::Write as _;
use std::io;

use rustc_hash::FxHashSet;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

use crate::check::Location;
use crate::eval::{Guard, Store};
use crate::graph::Graph;
use crate::model::{Presence, Resource, ResourceId};
use crate::program::Mode;
use crate::source::{Sources, Span};
use crate::terraform::{defaults, schema};

use super::value::value_json;

/// Writes graphs as one JSON document, resource by resource and edge by edge: of a large configuration the text is never
/// there as a whole.
///
/// # Errors
///
/// Those of `out`.
pub fn graph_json(graphs: &[&Graph], sources: &Sources, mut out: impl io::Write) -> io::Result<()> {
    let document = Document { version: 1, resources: Resources(graphs, sources), edges: Edges(graphs) };
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'g> {
    version: u32,
    resources: Resources<'g>,
    edges: Edges<'g>,
}

struct Resources<'g>(&'g [&'g Graph], &'g Sources);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = shown(self.0);
        let resources = shown.iter().map(|(graph, r)| (&graph.store, *r));
        serializer.collect_seq(resources.map(|(store, r)| resource_json(store, r, self.1)))
    }
}

struct Edges<'g>(&'g [&'g Graph]);

/// The resources that are listed: one that is written in another root is listed there, if that is among the graphs; what
/// AWS makes unasked, where something refers to it.
fn shown<'g>(graphs: &[&'g Graph]) -> Vec<(&'g Graph, &'g Resource)> {
    let elsewhere = |r: &Resource| r.presence == Presence::Elsewhere;
    let all = || graphs.iter().flat_map(|graph| listed(graph).map(|r| (*graph, r)));
    if !all().any(|(_, r)| elsewhere(r)) {
        return all().collect();
    }
    let mut seen: FxHashSet<Span> =
        all().filter(|(_, r)| r.presence == Presence::Written).map(|(_, r)| r.header).collect();
    all().filter(|(_, r)| !elsewhere(r) || seen.insert(r.header)).collect()
}

fn listed(graph: &Graph) -> impl Iterator<Item = &Resource> {
    graph.resources.iter().filter(|r| graph.is_shown(r.id))
}

#[derive(Serialize)]
struct Edge<'g> {
    from: &'g str,
    to: &'g str,
    property: &'g str,
}

impl Serialize for Edges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter().flat_map(|graph| {
            edge_rows(graph).into_iter().map(|(from, to, property)| Edge {
                from: address(graph, from),
                to: address(graph, to),
                property,
            })
        });
        serializer.collect_seq(rows)
    }
}

fn address(graph: &Graph, index: usize) -> &str {
    graph.resources.get(index).map_or("", |r| r.address.as_str())
}

/// Edges between what is shown, by the order of their ends, each once.
fn edge_rows(graph: &Graph) -> Vec<(usize, usize, &str)> {
    let shown = |index: usize| graph.is_shown(ResourceId(index as u32));
    let mut rows: Vec<(usize, usize, &str)> = graph
        .edges
        .edge_indices()
        .filter_map(|edge| {
            let (from, to) = graph.edges.edge_endpoints(edge)?;
            let property = graph.edges.edge_weight(edge)?.property.as_str();
            (shown(from.index()) && shown(to.index())).then_some((from.index(), to.index(), property))
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn place(sources: &Sources, span: crate::source::Span) -> Json {
    match Location::of(sources, span) {
        Some(l) => json!({
            "path": l.path.as_str(),
            "start": { "line": l.start.line, "column": l.start.column },
            "end": { "line": l.end.line, "column": l.end.column },
        }),
        None => Json::Null,
    }
}

fn resource_json(store: &Store, resource: &Resource, sources: &Sources) -> Json {
    let exists = match resource.exists {
        Guard::TRUE => "yes".to_owned(),
        guard if store.is_opaque(guard) => "unknown".to_owned(),
        guard => store.describe(guard),
    };
    let source = resource.construct.as_ref().and_then(|c| c.source);
    let written = matches!(resource.presence, Presence::Written | Presence::Elsewhere);
    let template = if written { place(sources, resource.header) } else { Json::Null };
    let (location, generated) = match source {
        Some(source) => (place(sources, source), template),
        None => (template, Json::Null),
    };
    let mut out = Map::new();
    out.insert("address".to_owned(), json!(resource.address.as_str()));
    out.insert("type".to_owned(), json!(resource.type_name.as_str()));
    out.insert("declared_as".to_owned(), json!(resource.declared_as.as_str()));
    let mode = match resource.mode {
        Mode::Managed => "managed",
        Mode::Data => "data",
    };
    out.insert("mode".to_owned(), json!(mode));
    out.insert("exists".to_owned(), json!(exists));
    if let Some(presence) = presence(resource) {
        out.insert("presence".to_owned(), json!(presence));
    }
    let mut values = object(value_json(store, &resource.values));
    hide_write_only(resource, &mut values);
    if resource.mode == Mode::Managed && resource.presence == Presence::Written {
        add_provider_values(store, resource, &mut values);
    }
    out.insert("values".to_owned(), values);
    out.insert("properties".to_owned(), object(value_json(store, &resource.properties)));
    let construct = resource.construct.as_ref().map(|c| json!({ "path": c.path.as_str() }));
    out.insert("construct".to_owned(), construct.unwrap_or(Json::Null));
    out.insert("location".to_owned(), location);
    out.insert("generated".to_owned(), generated);
    Json::Object(out)
}

/// Why a resource is there that nobody wrote.
fn presence(resource: &Resource) -> Option<&'static str> {
    match resource.presence {
        Presence::Written => None,
        Presence::Elsewhere => Some("elsewhere"),
        Presence::Implied => Some("implied"),
        Presence::Assumed => Some("assumed"),
    }
}

/// Write-only arguments (`password_wo`) are null in a plan and in the state: they are meant to be seen by nobody.
fn hide_write_only(resource: &Resource, values: &mut Json) {
    if resource.mode == Mode::Managed
        && resource.declared_as.contains('_')
        && let Json::Object(values) = values
    {
        for (name, value) in values {
            if name.ends_with("_wo") {
                *value = Json::Null;
            }
        }
    }
}

/// What stands in a plan though the source sets it to null, or not at all: what the provider is documented to make of
/// it, and for arguments set to null what it decides later.
fn add_provider_values(store: &Store, resource: &Resource, values: &mut Json) {
    let Json::Object(values) = values else { return };
    for (name, value) in defaults::of(&resource.declared_as) {
        if !values.contains_key(name)
            && let Ok(value) = serde_json::from_str(value)
        {
            values.insert(name.to_owned(), value);
        }
    }
    if resource.unset.is_empty() {
        return;
    }
    let schema = schema::get(&resource.declared_as);
    for name in &resource.unset {
        if values.contains_key(name.as_str()) {
            continue;
        }
        let attribute = schema.as_ref().and_then(|s| s.attribute(schema::ObjectId(0), name));
        let region = resource.scope.region.as_ref().filter(|_| name == "region");
        let value = match (attribute.is_some_and(|a| a.computed), region) {
            (false, _) => Json::Null,
            (true, Some(region)) => value_json(store, region),
            (true, None) => json!({ "$unknown": format!("{}.{name}", resource.address) }),
        };
        values.insert(name.to_string(), value);
    }
}

/// Nothing set is an empty object.
fn object(json: Json) -> Json {
    if json.is_null() { Json::Object(Map::new()) } else { json }
}

/// Graphs for Graphviz.
pub fn graph_dot(graphs: &[&Graph]) -> String {
    let mut out = String::from("digraph masugata {\n  rankdir = LR\n  node [shape = box]\n");
    // writing to a string can't fail
    for graph in graphs {
        for resource in graph.resources.iter().filter(|r| r.mode == Mode::Managed && graph.is_shown(r.id)) {
            let style = if resource.presence == Presence::Written { "" } else { ", style = dashed" };
            let label = format!("{}\n{}", resource.address, resource.type_name);
            let _ = writeln!(out, "  {} [label = {}{style}]", quoted(&resource.address), quoted(&label));
        }
        for (from, to, property) in edge_rows(graph) {
            let (from, to) = (quoted(address(graph, from)), quoted(address(graph, to)));
            let _ = writeln!(out, "  {from} -> {to} [label = {}]", quoted(property));
        }
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Graphs for Mermaid.
pub fn graph_mermaid(graphs: &[&Graph]) -> String {
    let mut out = String::from("flowchart LR\n");
    let escape = |text: &str| {
        text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
    };
    for (at, graph) in graphs.iter().enumerate() {
        let shown = |r: &Resource| r.mode == Mode::Managed && graph.is_shown(r.id);
        for (index, resource) in graph.resources.iter().enumerate().filter(|(_, r)| shown(r)) {
            let label = format!("{}<br/>{}", escape(&resource.address), escape(&resource.type_name));
            let mark = presence(resource).map_or(String::new(), |word| format!("<br/>({word})"));
            let _ = writeln!(out, "  r{at}_{index}[\"{label}{mark}\"]");
        }
        for (from, to, property) in edge_rows(graph) {
            let _ = writeln!(out, "  r{at}_{from} -->|\"{}\"| r{at}_{to}", escape(property));
        }
    }
    out
}
