//! Resources that are handed to a module which is not there (`module "block" { bucket = aws_s3_bucket.b.id }` from a
//! registry): it may configure them, so that what nobody else has set is not known to be unset, and whoever asks for
//! their companions is told that there may be more.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Handed, Origin, UnknownKind, Value};
use crate::model::companion as companions;
use crate::program::{Mode, TypeExpr};

use super::Graph;
use super::collect::{Collector, References};
use super::companion::{Contribution, contribute};
use super::identity::Identities;

/// Opens what modules are handed.
pub(super) fn apply(graph: &mut Graph, names: &Identities, handed: &[Handed]) {
    let store = Arc::clone(&graph.store);
    let mut collector = Collector::new(&store, names);
    for call in handed {
        let mut found = References::default();
        collector.collect(&call.arguments, &mut found);
        let referred = found.all.iter().filter_map(|(reference, guard)| {
            graph.by_instance.get(&reference.target).map(|id| (*id, *guard))
        });
        let named = found.named.iter().map(|(id, _, guard)| (*id, *guard));
        let mut all: Vec<_> = referred.chain(named).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        for (id, guard) in all {
            let Some(resource) = graph.resources.get_mut(id.0 as usize) else { continue };
            if resource.mode != Mode::Managed {
                continue;
            }
            graph.handed.entry(id).or_insert(call.reason);
            for path in companions::set_by_companions(&resource.type_name) {
                let mut steps: Vec<Str> = path.split('.').map(Str::from).collect();
                // an object of which nothing is there may be missing as a whole
                let first = resource.properties.as_map().and_then(|map| map.get(steps.first()?));
                if first.is_none_or(|entry| entry.value.is_unset()) {
                    steps.truncate(1);
                }
                let part = UnknownKind::Part { of: call.reason, step: Str::from(*path) };
                let value =
                    Value::new(Data::Unknown(store.unknown(part, false, TypeExpr::Any)), Origin::NONE);
                let contribution = Contribution {
                    companion: id,
                    path: steps.into(),
                    append: false,
                    guard: store.and(guard, call.exists),
                    value,
                };
                contribute(&store, &mut resource.properties, &contribution.path, &contribution);
            }
        }
    }
}
