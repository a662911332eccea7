//! A new resource that refers to the subject.

use crate::Str;
use crate::eval::{Data, UnknownKind, Value};
use crate::model::{Presence, companion, lower};

use super::super::why::Why;
use super::super::write::unset;
use super::Raise;
use super::put::assign;

impl Raise<'_, '_> {
    /// A new resource that refers to the subject.
    pub(super) fn add(&mut self, type_name: &Str, properties: &Value) -> Result<(), Why> {
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
}
