//! A list gets one element more.

use crate::Str;
use crate::eval::Value;
use crate::model::registry::{self, Shape, ShapeId};
use crate::model::{Presence, ResourceId};
use crate::policy::Path;

use super::super::change::same_data;
use super::super::path::{Step, follow, path_names};
use super::super::why::Why;
use super::super::write::{Held, unset};
use super::{NEW, Raise, written};

impl Raise<'_, '_> {
    /// A list gets an element; one of the same name is set instead.
    pub(super) fn append(&mut self, path: &Path, value: &Value) -> Result<(), Why> {
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
}
