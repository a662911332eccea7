//! Something is taken away: a value, an element, a statement, a rule that is a resource of its own.

use crate::eval::{Data, Value};
use crate::model::Resource;

use super::super::change::same_data;
use super::super::path::{Step, follow, list_around, path_names, same_place, way_to};
use super::super::why::Why;
use super::super::write::unset;
use super::Raise;

impl Raise<'_, '_> {
    /// Something is taken away where it is written.
    pub(super) fn remove(&mut self, value: &Value) -> Result<(), Why> {
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
        let properties = &self.subject.properties;
        let mut way = way_to(properties, &|v| same_place(v, value));
        if way.is_none() && value.as_map().is_some_and(|m| m.get("Effect").is_some()) {
            // A statement as questions give it is put in other words: its place tells it.
            let written = way_to(properties, &|v| v.origin == value.origin && matches!(v.data, Data::Map(_)))
                .ok_or_else(|| Why::new("the statement is not written in the resource"))?;
            if alone(properties, &written) {
                return Err(Why::new("it is the only statement of the document"));
            }
            way = Some(written);
        }
        let names = way.as_deref().map(path_names).unwrap_or_default();
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
        if way.is_some()
            && let Some(one) = expanded(&self.subject.properties, value)
        {
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
    let list = list_around(properties, wanted, 0)?;
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
