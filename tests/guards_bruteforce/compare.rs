//! Whether a value of the guarded run, under a valuation, is the value of the run under that valuation.

use masugata::eval::{Data, Guard, List, Map, Member, Store, UnknownKind, Value};

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
    /// In a policy document the order of texts does not matter, and one stands for a list of it.
    pub(crate) document: bool,
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
            (Data::List(g), Data::List(a)) if self.document && scalars(g, a) => {
                self.sets(&g.members, &a.members)
            }
            (Data::List(g), Data::List(a)) => self.lists(g, a),
            (Data::Json(g), Data::Json(a)) => Check { document: true, ..*self }.value(g, a),
            (Data::List(g), _) if self.document => {
                let single = Member { guard: Guard::TRUE, value: actual.clone() };
                self.sets(&g.members, &[single])
            }
            (_, Data::List(a)) if self.document => {
                let single = Member { guard: Guard::TRUE, value: guarded.clone() };
                self.sets(&[single], &a.members)
            }
            (Data::Map(g), Data::Map(a)) => self.maps(g, a),
            (g, a) if g == a => Ok(()),
            // An argument's type is its schema's; what an input without a type stands for is not converted before it is known.
            _ if self.demand == Demand::Sound && self.same_text(guarded, actual) => Ok(()),
            // What is unset is unset.
            _ if guarded.is_unset() && actual.is_unset() => Ok(()),
            _ => differ(),
        }
    }

    fn same_text(&self, guarded: &Value, actual: &Value) -> bool {
        self.guarded.string_of(guarded).is_some_and(|text| self.actual.string_of(actual) == Some(text))
    }

    /// Texts of a policy document, whatever their order and number.
    fn sets(&self, guarded: &[Member], actual: &[Member]) -> Result<(), String> {
        for own in actual {
            if !guarded.iter().any(|m| self.value(&m.value, &own.value).is_ok()) {
                return Err(format!("{} is not among them", self.actual.text_of(&own.value)));
            }
        }
        for member in guarded.iter().filter(|m| m.guard.is_true()) {
            if !actual.iter().any(|own| self.value(&member.value, &own.value).is_ok()) {
                return Err(format!("{} is among them", self.guarded.text_of(&member.value)));
            }
        }
        Ok(())
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

    fn members(&self, guarded: &[Member], actual: &[Member], rest: bool) -> Result<(), String> {
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
            // In a plan a block type without blocks is an empty list: of blocks that may be there none is there.
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

fn scalars(guarded: &List, actual: &List) -> bool {
    let scalar = |m: &Member| !matches!(m.value.data, Data::List(_) | Data::Map(_));
    guarded.members.iter().chain(&actual.members).all(scalar)
}
