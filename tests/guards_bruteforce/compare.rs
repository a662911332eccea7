//! Whether a value of the guarded run, under a valuation, is the value of the run under that valuation.

use masugata::eval::{Data, List, Map, Store, UnknownKind, Value};

use crate::expressions::Demand;

fn is_reason(store: &Store, value: &Value) -> bool {
    matches!(value.data, Data::Unknown(id) if matches!(
        store.unknown_info(id).kind,
        UnknownKind::Reason { .. } | UnknownKind::Failed { .. }
    ))
}

/// Whether what a guarded run says of a value under a valuation is what the run under that valuation has.
pub(crate) struct Check<'e> {
    pub(crate) guarded: &'e Store,
    pub(crate) actual: &'e Store,
    pub(crate) demand: Demand,
}

impl Check<'_> {
    pub(crate) fn value(&self, guarded: &Value, actual: &Value) -> Result<(), String> {
        // Where the actual run fails, nothing is asked of the guarded one.
        if is_reason(self.actual, actual) {
            return Ok(());
        }
        let differ =
            || Err(format!("{}\n   is not\n{}", self.guarded.text_of(guarded), self.actual.text_of(actual)));
        match (&guarded.data, &actual.data) {
            (Data::Instance(_), Data::Instance(_)) => {
                if self.guarded.text_of(guarded) == self.actual.text_of(actual) { Ok(()) } else { differ() }
            }
            // What nobody knows in either run: by name.
            (Data::Unknown(_), Data::Unknown(_)) => Ok(()),
            (Data::Unknown(_) | Data::Choice(_), _) if self.demand == Demand::Sound => Ok(()),
            (Data::Text(_), Data::String(_) | Data::Text(_)) if self.demand == Demand::Sound => Ok(()),
            (Data::Text(_), Data::Text(_)) => Ok(()),
            (Data::List(g), Data::List(a)) => self.lists(g, a),
            (Data::Json(g), Data::Json(a)) => self.value(g, a),
            // In a policy document one member stands for a list of it; the data source writes it so where it can.
            (Data::List(g), Data::String(_)) if g.members.len() == 1 => {
                g.members.iter().try_for_each(|m| self.value(&m.value, actual))
            }
            (Data::Map(g), Data::Map(a)) => self.maps(g, a),
            (g, a) if g == a => Ok(()),
            // What is unset is unset.
            _ if guarded.is_unset() && actual.is_unset() => Ok(()),
            _ => differ(),
        }
    }

    fn lists(&self, guarded: &List, actual: &List) -> Result<(), String> {
        if self.demand == Demand::Exact {
            if guarded.rest.is_some() || guarded.members.iter().any(|m| !m.guard.is_true()) {
                return Err("a list is not known exactly".to_owned());
            }
            if guarded.members.len() != actual.members.len() {
                return Err(format!("{} members, not {}", guarded.members.len(), actual.members.len()));
            }
        }
        self.members(&guarded.members, &actual.members, guarded.rest.is_some())
    }

    fn members(
        &self,
        guarded: &[masugata::eval::Member],
        actual: &[masugata::eval::Member],
        rest: bool,
    ) -> Result<(), String> {
        match (guarded.split_first(), actual.split_first()) {
            (None, None) => Ok(()),
            (None, Some(_)) if rest => Ok(()),
            (None, Some(_)) => Err("members that the guarded run does not have".to_owned()),
            (Some((first, others)), _) if !first.guard.is_true() => {
                let without = self.members(others, actual, rest);
                if without.is_ok() {
                    return without;
                }
                match actual.split_first() {
                    Some((own, more)) => {
                        self.value(&first.value, &own.value)?;
                        self.members(others, more, rest)
                    }
                    None => without,
                }
            }
            (Some((first, others)), Some((own, more))) => match self.value(&first.value, &own.value) {
                Ok(()) => self.members(others, more, rest),
                Err(_) if rest => self.members(guarded, more, rest),
                Err(error) => Err(error),
            },
            (Some(_), None) => Err("members that the actual run does not have".to_owned()),
        }
    }

    fn maps(&self, guarded: &Map, actual: &Map) -> Result<(), String> {
        for entry in &actual.entries {
            if entry.value.is_unset() {
                continue;
            }
            let candidates: Vec<_> = guarded.all(&entry.key).collect();
            let mut last = match guarded.rest {
                Some(_) if self.demand == Demand::Sound => Ok(()),
                _ => Err(format!("the guarded run has no `{}`", entry.key)),
            };
            for candidate in candidates {
                last = self.value(&candidate.value, &entry.value).map_err(|e| format!("{}: {e}", entry.key));
                if last.is_ok() {
                    break;
                }
            }
            last?;
        }
        for entry in &guarded.entries {
            // A list of blocks of which there are none is the same as no block.
            let none = entry.value.as_list().is_some_and(|l| l.members.iter().all(|m| !m.guard.is_true()));
            if entry.guard.is_true() && !none && !entry.value.is_unset() && actual.get(&entry.key).is_none() {
                let failed = is_reason(self.guarded, &entry.value);
                if !failed && entry.key != "[*]" {
                    return Err(format!("the actual run has no `{}`", entry.key));
                }
            }
            if self.demand == Demand::Exact && entry.guard.is_open() {
                return Err(format!("whether there is `{}` is not known exactly", entry.key));
            }
        }
        Ok(())
    }
}
