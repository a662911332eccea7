//! Values in messages: as the user would write them.

use crate::eval::{Data, Part, Store, Value};

/// The longest value in a message, in characters.
const MAX: usize = 80;

/// A value for a message: text without quotes, unknown parts by their name in the source, secrets not at all.
pub(super) fn value(store: &Store, value: &Value) -> String {
    let text = whole(store, value, 0);
    if text.chars().count() <= MAX {
        return text;
    }
    text.chars().take(MAX - 1).chain(['…']).collect()
}

fn whole(store: &Store, value: &Value, depth: usize) -> String {
    if store.is_sensitive(value.marks) {
        return "(sensitive)".to_owned();
    }
    match &value.data {
        Data::String(text) => text.to_string(),
        Data::Absent | Data::Null => "(not set)".to_owned(),
        Data::Text(parts) => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.to_string(),
                Part::Term(term) if depth < 8 => format!("${{{}}}", whole(store, term, depth + 1)),
                Part::Term(_) => "…".to_owned(),
            })
            .collect(),
        Data::Choice(arms) if depth < 8 => {
            let mut all: Vec<String> = arms.iter().map(|arm| whole(store, &arm.value, depth + 1)).collect();
            all.dedup();
            all.join(" or ")
        }
        Data::List(list) if depth < 8 => {
            let mut all: Vec<String> =
                list.members.iter().take(8).map(|m| whole(store, &m.value, depth + 1)).collect();
            if list.members.len() > 8 || list.rest.is_some() {
                all.push("…".to_owned());
            }
            all.join(", ")
        }
        _ => store.text_of(value),
    }
}
