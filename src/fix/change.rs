//! What is different between the arguments as they are and as they should be, as edits.

use std::sync::Arc;

use crate::Str;
use crate::eval::{Data, Entry, List, Map, Origin, Value};

use super::why::Why;
use super::write::{Op, Target, Writer, unset};

/// Most alternatives of one value that are changed one by one.
const MAX_ARMS: usize = 16;

impl Writer<'_> {
    /// The edits that make one object of another. What is the same in both is the same in memory or equal with its
    /// origin; only where they differ anything is written.
    pub(super) fn change(
        &self,
        target: Target<'_>,
        old: &Value,
        new: &Value,
        path: &mut Vec<Str>,
        ops: &mut Vec<Op>,
    ) -> Result<(), Why> {
        if old == new {
            return Ok(());
        }
        if let Data::Choice(arms) = &old.data {
            if arms.len() > MAX_ARMS {
                return Err(Why::new("it depends on too many conditions"));
            }
            for arm in arms.iter() {
                self.change(target, &arm.value, new, path, ops)?;
            }
            return Ok(());
        }
        match (&old.data, &new.data) {
            (Data::Map(a), Data::Map(b)) => {
                let fresh: Vec<(Str, Value)> = b
                    .entries
                    .iter()
                    .filter(|e| !unset(&e.value) && a.get(&e.key).is_none_or(|e| unset(&e.value)))
                    .map(|e| (e.key.clone(), e.value.clone()))
                    .collect();
                let filled = match fresh.as_slice() {
                    [_, _, ..] => self.fill(target, old, path, &fresh)?,
                    _ => None,
                };
                let all = filled.is_some();
                ops.extend(filled);
                for entry in &b.entries {
                    if all && fresh.iter().any(|(key, _)| *key == entry.key) {
                        continue;
                    }
                    path.push(entry.key.clone());
                    self.entry(target, old, a, entry, path, ops)?;
                    path.pop();
                }
                for entry in &a.entries {
                    if b.get(&entry.key).is_none() {
                        ops.push(self.remove(&entry.value)?);
                    }
                }
                Ok(())
            }
            (Data::Json(a), Data::Json(b)) => self.change(target, a, b, path, ops),
            (Data::Json(a), _) => self.change(target, a, new, path, ops),
            (Data::List(a), Data::List(b)) => self.list(target, old, a, b, path, ops),
            _ if same_data(old, new) => Ok(()),
            _ => {
                ops.push(self.replace(target, old, path, new)?);
                Ok(())
            }
        }
    }

    fn entry(
        &self,
        target: Target<'_>,
        container: &Value,
        known: &Map,
        entry: &Entry,
        path: &mut Vec<Str>,
        ops: &mut Vec<Op>,
    ) -> Result<(), Why> {
        let Some(before) = known.get(&entry.key).filter(|e| !unset(&e.value)) else {
            if !unset(&entry.value) {
                ops.push(self.insert(target, container, path, &entry.value)?);
            }
            return Ok(());
        };
        let block = target.schema.is_some_and(|s| s.property(&path.join(".")).is_some_and(|a| a.block));
        if let (true, Data::List(a), Data::List(b)) = (block, &before.value.data, &entry.value.data) {
            for (index, member) in b.members.iter().enumerate() {
                match a.members.get(index) {
                    Some(earlier) => self.change(target, &earlier.value, &member.value, path, ops)?,
                    None => {
                        let one = Value::list([member.value.clone()]);
                        ops.push(self.insert(target, container, path, &one)?);
                    }
                }
            }
            for member in a.members.iter().skip(b.members.len()) {
                ops.push(self.remove(&member.value)?);
            }
            return Ok(());
        }
        self.change(target, &before.value, &entry.value, path, ops)
    }

    fn list(
        &self,
        target: Target<'_>,
        old: &Value,
        a: &List,
        b: &List,
        path: &mut Vec<Str>,
        ops: &mut Vec<Op>,
    ) -> Result<(), Why> {
        // A list of plain values is one thing to write, unless it only gets longer.
        let plain = |list: &List| list.members.iter().all(|m| !matches!(m.value.data, Data::Map(_)));
        let longer = a.members.iter().zip(&b.members).all(|(x, y)| same_data(&x.value, &y.value));
        let grows = longer && a.members.len() <= b.members.len() && !a.members.is_empty();
        if plain(a) && plain(b) && !grows {
            let new = Value::new(Data::List(Arc::new(b.clone())), Origin::NONE);
            ops.push(self.replace(target, old, path, &new)?);
            return Ok(());
        }
        for (index, member) in b.members.iter().enumerate() {
            match a.members.get(index) {
                Some(earlier) => self.change(target, &earlier.value, &member.value, path, ops)?,
                None => ops.push(self.append(target, old, &member.value)?),
            }
        }
        for member in a.members.iter().skip(b.members.len()) {
            ops.push(self.remove(&member.value)?);
        }
        Ok(())
    }
}

/// Equality of what is said, wherever it is written.
pub(super) fn same_data(a: &Value, b: &Value) -> bool {
    match (&a.data, &b.data) {
        (Data::List(a), Data::List(b)) => {
            a.members.len() == b.members.len()
                && a.rest == b.rest
                && a.members.iter().zip(&b.members).all(|(a, b)| same_data(&a.value, &b.value))
        }
        (Data::Map(a), Data::Map(b)) => {
            a.entries.len() == b.entries.len()
                && b.entries.iter().all(|e| a.get(&e.key).is_some_and(|f| same_data(&f.value, &e.value)))
        }
        (Data::Json(a), Data::Json(b)) => same_data(a, b),
        (a, b) => a == b,
    }
}
